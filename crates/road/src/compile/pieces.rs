//! Roads cut into pieces of lanes within which nothing changes: kind, direction, limit, markings' leave to change.
//!
//! Cuts lie where a lane section begins, where a limit changes, and where other roads lead off or on at a virtual
//! junction, between whose ends a piece lies in that junction. Pieces that turn out to differ in nothing are put together
//! again by `lanes`.

use crate::JunctionId;
use crate::draft::{
    JunctionDraft, LaneChange, LaneDraft, LaneKind, LaneSectionDraft, MapDraft, Orientation, RoadClass, RoadDraft,
    RoadLink, RoadMarkDraft, RoadMarkKind, SignalKind, TrafficRule,
};
use crate::geometry::RoadGeometry;
use std::collections::BTreeMap;

/// Narrower than this everywhere, a lane is no use to cars and buses.
const WIDTH_M_MIN: f64 = 1.5;
/// The same for bicycles.
const BICYCLE_WIDTH_M_MIN: f64 = 0.6;
/// Limits closer together than this along the road are taken as one.
const LIMIT_STRETCH_M_MIN: f64 = 1.0;
/// The same for the places where other roads lead off or on.
const BRANCH_STRETCH_M_MIN: f64 = 0.05;

/// One lane of one stretch of one road.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) road: usize,
    pub(crate) section: usize,
    /// Index of the stretch within the road.
    pub(crate) stretch: usize,
    /// The junction that it crosses.
    pub(crate) junction: Option<JunctionId>,
    pub(crate) lane: i32,
    pub(crate) from_m: f64,
    pub(crate) to_m: f64,
    pub(crate) kind: LaneKind,
    pub(crate) is_forward: bool,
    pub(crate) speed_mps_max: f64,
    /// Vehicles use it.
    pub(crate) is_usable: bool,
    /// Markings allow a change to the lane on the left, looking along +s.
    pub(crate) may_change_up: bool,
    /// Markings allow a change to the lane on the right, looking along +s.
    pub(crate) may_change_down: bool,
}

/// A stretch of a road within one lane section, with one set of limits.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    pub(crate) section: usize,
    pub(crate) from_m: f64,
    pub(crate) to_m: f64,
    /// Its pieces: indices into all pieces, from right to left looking along +s.
    pub(crate) pieces: std::ops::Range<usize>,
}

/// All pieces of a map.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pieces {
    pub(crate) pieces: Vec<Piece>,
    /// For each road its stretches along s.
    pub(crate) stretches: Vec<Vec<Stretch>>,
}

impl Pieces {
    /// `road_junctions` tells the junction that each road lies in.
    pub(crate) fn cut(draft: &MapDraft, geometries: &[RoadGeometry], road_junctions: &[Option<JunctionId>]) -> Pieces {
        let mut all = Pieces::default();
        let branches = Branches::of(draft);
        for (index, (road, geometry)) in draft.roads.iter().zip(geometries).enumerate() {
            let junctions = RoadJunctions {
                whole: road_junctions[index],
                branches: branches.of_road.get(road.id.as_str()),
            };
            all.cut_road(index, road, geometry, &junctions);
        }
        all
    }

    /// Where two stretches of a road meet next to `s_m`: the one before, if any, and the one after.
    pub(crate) fn stretches_at(&self, road: usize, s_m: f64) -> [Option<usize>; 2] {
        let stretches = &self.stretches[road];
        let next = stretches.partition_point(|stretch| 0.5 * (stretch.from_m + stretch.to_m) < s_m);
        [next.checked_sub(1), (next < stretches.len()).then_some(next)]
    }

    /// The piece of a lane in one stretch of a road.
    pub(crate) fn find(&self, road: usize, stretch: usize, lane: i32) -> Option<usize> {
        let range = self.stretches.get(road)?.get(stretch)?.pieces.clone();
        range.into_iter().find(|&piece| self.pieces[piece].lane == lane)
    }

    fn cut_road(&mut self, index: usize, road: &RoadDraft, geometry: &RoadGeometry, junctions: &RoadJunctions) {
        let mut stretches = Vec::new();
        for (section_index, section) in road.sections.iter().enumerate() {
            let shape = &geometry.sections()[section_index];
            let mut cuts = limit_changes_m(road, section);
            cuts.retain(|&s| s > shape.start_m + LIMIT_STRETCH_M_MIN && s < shape.end_m - LIMIT_STRETCH_M_MIN);
            cuts.sort_by(f64::total_cmp);
            cuts.dedup_by(|b, a| *b - *a < LIMIT_STRETCH_M_MIN);
            if let Some(branches) = junctions.branches {
                let slack_m = BRANCH_STRETCH_M_MIN;
                let inside = |s: &f64| *s > shape.start_m + slack_m && *s < shape.end_m - slack_m;
                let mut places: Vec<f64> = branches.places_m.iter().copied().filter(inside).collect();
                places.sort_by(f64::total_cmp);
                places.dedup_by(|b, a| *b - *a < slack_m);
                cuts.retain(|cut| places.iter().all(|place| (place - cut).abs() >= LIMIT_STRETCH_M_MIN));
                cuts.extend(places);
                cuts.sort_by(f64::total_cmp);
            }
            cuts.insert(0, shape.start_m);
            cuts.push(shape.end_m);
            for cut in cuts.windows(2) {
                let first = self.pieces.len();
                let place = Place {
                    index,
                    road,
                    section_index,
                    stretch: stretches.len(),
                    junction: junctions.at(0.5 * (cut[0] + cut[1])),
                    from_m: cut[0],
                    to_m: cut[1],
                };
                // Right to left: -n ... -1, 1 ... m.
                for position in (0..section.right.len()).rev() {
                    self.pieces
                        .push(place.piece(section, geometry, &section.right[position]));
                }
                for lane in &section.left {
                    self.pieces.push(place.piece(section, geometry, lane));
                }
                stretches.push(Stretch {
                    section: section_index,
                    from_m: cut[0],
                    to_m: cut[1],
                    pieces: first..self.pieces.len(),
                });
            }
        }
        self.stretches.push(stretches);
    }
}

/// What virtual junctions ask of the roads that they lie on.
#[derive(Default)]
struct Branches<'a> {
    of_road: BTreeMap<&'a str, RoadBranches>,
}

/// What they ask of one road.
#[derive(Default)]
struct RoadBranches {
    /// Where other roads lead off or on.
    places_m: Vec<f64>,
    /// From where to where it crosses which junction.
    stretches: Vec<(f64, f64, JunctionId)>,
}

/// The junctions along one road.
struct RoadJunctions<'a> {
    whole: Option<JunctionId>,
    branches: Option<&'a RoadBranches>,
}

impl<'a> Branches<'a> {
    fn of(draft: &'a MapDraft) -> Branches<'a> {
        let mut branches = Branches::default();
        for road in &draft.roads {
            branches.add(road.predecessor.as_ref());
            branches.add(road.successor.as_ref());
        }
        for (index, junction) in draft.junctions.iter().enumerate() {
            for connection in &junction.virtual_connections {
                branches.add(Some(&connection.from));
                branches.add(Some(&connection.to));
            }
            if let Some(on) = &junction.main_road
                && leads_off(draft, junction)
            {
                let found = branches.of_road.entry(&on.id).or_default();
                found.places_m.extend([on.start_m, on.end_m]);
                found.stretches.push((on.start_m, on.end_m, JunctionId(index as u32)));
            }
        }
        branches
    }

    fn add(&mut self, link: Option<&'a RoadLink>) {
        if let Some(RoadLink::Along { id, s_m, .. }) = link {
            self.of_road.entry(id).or_default().places_m.push(*s_m);
        }
    }
}

/// Whether roads of a virtual junction lead off its main road or on to it: one that is only walked over is none to traffic.
fn leads_off(draft: &MapDraft, junction: &JunctionDraft) -> bool {
    let mut roads = draft
        .roads
        .iter()
        .filter(|road| road.junction.as_ref() == Some(&junction.id));
    roads.any(|road| {
        let ends = [&road.predecessor, &road.successor];
        ends.into_iter()
            .flatten()
            .any(|link| matches!(link, RoadLink::Along { .. }))
    })
}

impl RoadJunctions<'_> {
    fn at(&self, s_m: f64) -> Option<JunctionId> {
        let mut along = self.branches.into_iter().flat_map(|branches| &branches.stretches);
        self.whole.or_else(|| {
            along
                .find(|(from_m, to_m, _)| (*from_m..*to_m).contains(&s_m))
                .map(|found| found.2)
        })
    }
}

/// Where a piece is cut out.
struct Place<'a> {
    index: usize,
    road: &'a RoadDraft,
    section_index: usize,
    stretch: usize,
    junction: Option<JunctionId>,
    from_m: f64,
    to_m: f64,
}

impl Place<'_> {
    fn piece(&self, section: &LaneSectionDraft, geometry: &RoadGeometry, lane: &LaneDraft) -> Piece {
        let middle_m = 0.5 * (self.from_m + self.to_m);
        let right_side_is_forward = self.road.rule == TrafficRule::RightHand;
        let is_forward = ((lane.id < 0) == right_side_is_forward) != lane.direction_is_reversed;
        let is_usable = width_min_m(lane.kind).is_some_and(|least_m| {
            (0..=8).any(|step| {
                let s_m = self.from_m + (self.to_m - self.from_m) * f64::from(step) / 8.0;
                geometry.lane_width_m(self.section_index, lane.id, s_m) >= least_m
            })
        });
        let stretch_m = (self.from_m - section.s_m, self.to_m - section.s_m);
        // The border towards the higher id: of a right lane that of the next inner lane or the centre.
        let neighbour = |id: i32| section.right.iter().chain(&section.left).find(|other| other.id == id);
        let marks_of = |id: i32| neighbour(id).map_or(&[][..], |inner| &inner.marks);
        let up = match lane.id {
            -1 => &section.centre_marks,
            id if id < 0 => marks_of(id + 1),
            _ => &lane.marks,
        };
        let down = match lane.id {
            1 => &section.centre_marks,
            id if id > 0 => marks_of(id - 1),
            _ => &lane.marks,
        };
        let in_junction = self.road.junction.is_some();
        // A mark of lane n < 0 lies on its right, of lane n > 0 on its left: the inside is towards the centre.
        Piece {
            road: self.index,
            section: self.section_index,
            stretch: self.stretch,
            junction: self.junction,
            lane: lane.id,
            from_m: self.from_m,
            to_m: self.to_m,
            kind: lane.kind,
            is_forward,
            speed_mps_max: limit_mps(self.road, lane, section.s_m, middle_m, is_forward),
            is_usable,
            may_change_up: may_cross(
                up,
                stretch_m,
                Crossing {
                    to_higher_id: true,
                    outward: lane.id > 0,
                },
                in_junction,
            ),
            may_change_down: may_cross(
                down,
                stretch_m,
                Crossing {
                    to_higher_id: false,
                    outward: lane.id < 0,
                },
                in_junction,
            ),
        }
    }
}

/// The least width at which vehicles use a lane of this kind; `None` if they never do.
fn width_min_m(kind: LaneKind) -> Option<f64> {
    match kind {
        LaneKind::Driving | LaneKind::Ramp | LaneKind::Bus => Some(WIDTH_M_MIN),
        LaneKind::Bicycle => Some(BICYCLE_WIDTH_M_MIN),
        _ => None,
    }
}

/// A change of lane across a mark.
struct Crossing {
    to_higher_id: bool,
    outward: bool,
}

/// Whether some mark on a stretch of the section lets one change: a pocket is entered where its line is broken, be the
/// rest of it as long as it may.
fn may_cross(marks: &[RoadMarkDraft], (from_m, to_m): (f64, f64), crossing: Crossing, in_junction: bool) -> bool {
    // Where nothing is painted one may change, but not while turning.
    if marks.is_empty() {
        return !in_junction;
    }
    let end_m = |index: usize| marks.get(index + 1).map_or(f64::INFINITY, |next| next.s_m);
    let is_here = |index: usize| (index == 0 || marks[index].s_m < to_m) && end_m(index) > from_m;
    (0..marks.len()).any(|index| is_here(index) && lets_cross(&marks[index], &crossing, in_junction))
}

fn lets_cross(mark: &RoadMarkDraft, crossing: &Crossing, in_junction: bool) -> bool {
    match mark.lane_change {
        LaneChange::Increase => crossing.to_higher_id,
        LaneChange::Decrease => !crossing.to_higher_id,
        LaneChange::Both => true,
        LaneChange::None => false,
        LaneChange::ByMark => match mark.kind {
            RoadMarkKind::None => !in_junction,
            RoadMarkKind::Broken | RoadMarkKind::BrokenBroken => true,
            RoadMarkKind::Solid | RoadMarkKind::SolidSolid | RoadMarkKind::Curb | RoadMarkKind::Grass => false,
            // Unbroken on the inside: whoever is inside stays there.
            RoadMarkKind::SolidBroken => !crossing.outward,
            RoadMarkKind::BrokenSolid => crossing.outward,
        },
    }
}

/// Where a limit may change within a section.
fn limit_changes_m(road: &RoadDraft, section: &LaneSectionDraft) -> Vec<f64> {
    let mut cuts: Vec<f64> = road.types.iter().map(|record| record.s_m).collect();
    for lane in section.left.iter().chain(&section.right) {
        cuts.extend(lane.speeds_mps_max.iter().map(|(ds_m, _)| section.s_m + ds_m));
    }
    cuts.extend(
        road.signals
            .iter()
            .filter(|signal| is_limit(&signal.kind))
            .map(|signal| signal.s_m),
    );
    cuts
}

fn is_limit(kind: &SignalKind) -> bool {
    matches!(kind, SignalKind::SpeedLimit { .. })
}

/// The lane's own record, else the road's, else the last sign passed, else what such a road usually allows.
fn limit_mps(road: &RoadDraft, lane: &LaneDraft, section_s_m: f64, s_m: f64, is_forward: bool) -> f64 {
    let own = lane
        .speeds_mps_max
        .iter()
        .rev()
        .find(|(ds_m, _)| section_s_m + ds_m <= s_m)
        .map(|&(_, limit)| limit);
    let record = road.types.iter().rev().find(|record| record.s_m <= s_m);
    let sign = || {
        let mut passed: Option<(f64, f64)> = None;
        for signal in &road.signals {
            let SignalKind::SpeedLimit { speed_mps_max } = signal.kind else {
                continue;
            };
            let is_for_us = match signal.orientation {
                Orientation::Both => true,
                Orientation::Forward => is_forward,
                Orientation::Backward => !is_forward,
            };
            let behind_m = if is_forward { s_m - signal.s_m } else { signal.s_m - s_m };
            if is_for_us && behind_m >= 0.0 && passed.is_none_or(|(nearest_m, _)| behind_m < nearest_m) {
                passed = Some((behind_m, speed_mps_max));
            }
        }
        passed.map(|(_, limit)| limit)
    };
    let class = record.map_or(RoadClass::Unknown, |record| record.class);
    [own, record.and_then(|record| record.speed_mps_max)]
        .into_iter()
        .flatten()
        .find(|&limit| is_limit_value(limit))
        .or_else(|| sign().filter(|&limit| is_limit_value(limit)))
        .unwrap_or_else(|| usual_limit_mps(class))
}

/// Files write 0 for "not said".
fn is_limit_value(limit_mps: f64) -> bool {
    limit_mps.is_finite() && limit_mps > 0.1
}

/// What a road of a class allows where nothing is posted: rounded figures of Chinese practice (GB 5768, JTG B01).
pub(crate) fn usual_limit_mps(class: RoadClass) -> f64 {
    let km_per_h = match class {
        RoadClass::Motorway => 120.0,
        RoadClass::Expressway => 80.0,
        RoadClass::Rural => 70.0,
        RoadClass::Arterial => 60.0,
        RoadClass::Town | RoadClass::Unknown => 50.0,
        RoadClass::Collector => 40.0,
        RoadClass::Local => 30.0,
        RoadClass::LowSpeed | RoadClass::Bicycle => 20.0,
        RoadClass::Pedestrian => 10.0,
    };
    km_per_h / 3.6
}
