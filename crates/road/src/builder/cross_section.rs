//! Lanes of one road: strips from the centre outwards, cut into lane sections.
//!
//! A strip is a lane with a width that may swell and shrink along the road and that may begin and end on the way (turn
//! pockets, lay-bys, ramps' lanes). Sections begin wherever a strip does; widths change by cubics that are level at both
//! ends, so that a lane's centre has no kink.
//!
//! ```text
//! strip  one of them
//! paint  the marks between them
//! ```

mod paint;
mod strip;

pub(super) use strip::Role;

use super::graph::{LaneSpec, Pockets, Street};
use super::profile;
use crate::draft::{Cubic, LaneDraft, LaneHeightDraft, LaneKind, LaneSectionDraft, RoadClass};
use strip::{Strip, made_knots, merge_knots, records, value};

/// Width of an added lane.
const POCKET_WIDTH_M: f64 = 3.25;
/// Width of a lay-by for buses.
const BAY_WIDTH_M: f64 = 3.0;
/// Height of a kerb.
const KERB_M: f64 = 0.15;
/// What stays of a median beside a turn pocket.
const MEDIAN_REST_M: f64 = 0.5;
/// A bus lane opens for turning traffic this far before a junction.
const BUS_LANE_OPENS_M: f64 = 80.0;

/// What an end of a road runs into.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RoadEnd {
    /// Nothing: the map's fringe.
    Fringe,
    /// A junction where lanes are left for turns.
    Junction,
    /// A junction lane beside lane.
    Merge,
    /// Another street, without a junction.
    Joint(Joint),
}

/// What a road must look like where it joins the next street.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Joint {
    /// Width that each strip of the right side must have there; 0 where the other street lacks it.
    pub right_m: Vec<f64>,
    /// The same for the left side.
    pub left_m: Vec<f64>,
    /// Lateral place of the centre line there.
    pub offset_m: f64,
    /// Lane ids of the other road: for each strip of the right side.
    pub right_links: Vec<Option<i32>>,
    /// The same for the left side.
    pub left_links: Vec<Option<i32>>,
}

/// A lane at an end of a road.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct EndLane {
    pub id: i32,
    pub kind: LaneKind,
    /// What it is along most of the road: differs from `kind` for an opened bus lane.
    pub base_kind: LaneKind,
    pub role: Role,
    /// Middle, left of the reference line as seen along +s.
    pub t_m: f64,
    pub width_m: f64,
    /// Its traffic runs along +s.
    pub runs_forward: bool,
}

/// All strips of one road.
#[derive(Clone, Debug)]
pub(super) struct CrossSection {
    length_m: f64,
    class: RoadClass,
    is_one_way: bool,
    right: Vec<Strip>,
    left: Vec<Strip>,
    offset: Vec<(f64, f64)>,
    solid_at_start: bool,
    solid_at_end: bool,
}

/// The strips of one side that are there from end to end, from the centre outwards: half the median first.
pub(super) fn base_strips(street: &Street, is_right: bool) -> Vec<LaneSpec> {
    let lanes = if is_right { &street.forward } else { &street.backward };
    let median = (street.median_m > 0.0).then(|| LaneSpec::new(LaneKind::Median, 0.5 * street.median_m));
    median.into_iter().chain(lanes.iter().copied()).collect()
}

/// Lateral place of the centre line where nothing is added.
pub(super) fn base_offset_m(street: &Street) -> f64 {
    if is_one_way(street) {
        0.5 * street
            .forward
            .iter()
            .filter(|lane| lane.is_for_vehicles())
            .map(|lane| lane.width_m)
            .sum::<f64>()
    } else {
        0.0
    }
}

/// Whether a street has vehicle lanes along it only.
pub(super) fn is_one_way(street: &Street) -> bool {
    !street.backward.iter().any(LaneSpec::is_for_vehicles)
}

/// Pairs up strips of two lists in order: the same kind best, any two motor lanes next. For each of the first list,
/// which of the second.
pub(super) fn match_strips(first: &[LaneSpec], second: &[LaneSpec]) -> Vec<Option<usize>> {
    let score = |a: &LaneSpec, b: &LaneSpec| {
        if a.kind == b.kind {
            10
        } else if a.is_for_motor_vehicles() && b.is_for_motor_vehicles() {
            6
        } else {
            0
        }
    };
    let mut best = vec![vec![0_u32; second.len() + 1]; first.len() + 1];
    for i in (0..first.len()).rev() {
        for j in (0..second.len()).rev() {
            let mut here = best[i + 1][j].max(best[i][j + 1]);
            let pair = score(&first[i], &second[j]);
            if pair > 0 {
                here = here.max(pair + best[i + 1][j + 1]);
            }
            best[i][j] = here;
        }
    }
    let mut matched = vec![None; first.len()];
    let (mut i, mut j) = (0, 0);
    while i < first.len() && j < second.len() {
        let pair = score(&first[i], &second[j]);
        if pair > 0 && best[i][j] == pair + best[i + 1][j + 1] {
            matched[i] = Some(j);
            i += 1;
            j += 1;
        } else if best[i][j] == best[i + 1][j] {
            i += 1;
        } else {
            j += 1;
        }
    }
    matched
}

/// Where a lay-by lies on the road.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bay {
    pub is_right: bool,
    pub from_m: f64,
    pub to_m: f64,
}

/// Length of the widening of a lay-by.
pub(super) const BAY_TAPER_M: f64 = 15.0;

impl CrossSection {
    pub fn new(street: &Street, length_m: f64, start: &RoadEnd, end: &RoadEnd, bays: &[Bay]) -> CrossSection {
        let mut made = CrossSection {
            length_m,
            class: street.class,
            is_one_way: is_one_way(street),
            right: Vec::new(),
            left: Vec::new(),
            offset: Vec::new(),
            solid_at_start: matches!(start, RoadEnd::Junction),
            solid_at_end: matches!(end, RoadEnd::Junction),
        };
        let offset_m = base_offset_m(street);
        let joint_m = (0.45 * length_m).min(40.0);
        made.offset = vec![(0.0, offset_m), (length_m, offset_m)];
        for is_right in [true, false] {
            let strips = base_strips(street, is_right)
                .iter()
                .enumerate()
                .map(|(index, lane)| {
                    let (mut knots, mut links) = (Vec::new(), (None, None));
                    if let RoadEnd::Joint(joint) = start {
                        knots.push((
                            0.0,
                            if is_right {
                                joint.right_m[index]
                            } else {
                                joint.left_m[index]
                            },
                        ));
                        knots.push((joint_m, lane.width_m));
                        links.0 = if is_right {
                            joint.right_links[index]
                        } else {
                            joint.left_links[index]
                        };
                    } else {
                        knots.push((0.0, lane.width_m));
                    }
                    if let RoadEnd::Joint(joint) = end {
                        knots.push((length_m - joint_m, lane.width_m));
                        knots.push((
                            length_m,
                            if is_right {
                                joint.right_m[index]
                            } else {
                                joint.left_m[index]
                            },
                        ));
                        links.1 = if is_right {
                            joint.right_links[index]
                        } else {
                            joint.left_links[index]
                        };
                    } else {
                        knots.push((length_m, lane.width_m));
                    }
                    let opens_m = BUS_LANE_OPENS_M.min(0.4 * length_m);
                    let open_m = match (lane.kind, is_right) {
                        (LaneKind::Bus, true) if matches!(end, RoadEnd::Junction) => {
                            Some((length_m - opens_m, length_m))
                        }
                        (LaneKind::Bus, false) if matches!(start, RoadEnd::Junction) => Some((0.0, opens_m)),
                        _ => None,
                    };
                    Strip {
                        kind: lane.kind,
                        role: Role::Base,
                        knots,
                        from_m: 0.0,
                        to_m: length_m,
                        open_m,
                        outer_links: links,
                    }
                })
                .collect();
            *made.side(is_right) = strips;
        }
        if let RoadEnd::Joint(joint) = start {
            made.offset[0] = (0.0, joint.offset_m);
            made.offset.insert(1, (joint_m, offset_m));
        }
        if let RoadEnd::Joint(joint) = end {
            let last = made.offset.len() - 1;
            made.offset[last] = (length_m, joint.offset_m);
            made.offset.insert(last, (length_m - joint_m, offset_m));
        }
        let is_busy = |pockets: &Pockets| pockets.end_left + pockets.end_right + pockets.start_right > 0;
        let share = if is_busy(&street.forward_pockets) && is_busy(&street.backward_pockets)
            || street.forward_pockets.start_right > 0 && street.forward_pockets.end_right > 0
        {
            0.48
        } else {
            0.85
        };
        for is_right in [true, false] {
            let pockets = if is_right {
                street.forward_pockets
            } else {
                street.backward_pockets
            };
            let (flow_start, flow_end) = if is_right { (start, end) } else { (end, start) };
            let (pocket_m, taper_m) = pocket_length_m(street, &pockets, share * length_m);
            let meets = |end: &RoadEnd| matches!(end, RoadEnd::Junction | RoadEnd::Merge);
            if meets(flow_end) && pockets.end_left > 0 {
                made.add_left_pockets(street, is_right, pockets.end_left, pocket_m, taper_m);
            }
            if meets(flow_start) {
                for _ in 0..pockets.start_right {
                    made.insert_outside(
                        is_right,
                        LaneKind::Ramp,
                        Role::StartRight,
                        made_knots(
                            is_right,
                            length_m,
                            &[
                                (0.0, POCKET_WIDTH_M),
                                (pocket_m, POCKET_WIDTH_M),
                                (pocket_m + taper_m, 0.0),
                            ],
                        ),
                    );
                }
            }
            for bay in bays.iter().filter(|bay| bay.is_right == is_right) {
                let knots = vec![
                    (bay.from_m - BAY_TAPER_M, 0.0),
                    (bay.from_m, BAY_WIDTH_M),
                    (bay.to_m, BAY_WIDTH_M),
                    (bay.to_m + BAY_TAPER_M, 0.0),
                ];
                made.insert_outside(is_right, LaneKind::Bus, Role::Bay, knots);
            }
            if meets(flow_end) {
                let kind = if matches!(flow_end, RoadEnd::Merge) {
                    LaneKind::Ramp
                } else {
                    LaneKind::Driving
                };
                for _ in 0..pockets.end_right {
                    made.insert_outside(
                        is_right,
                        kind,
                        Role::PocketRight,
                        made_knots(
                            is_right,
                            length_m,
                            &[
                                (length_m - pocket_m - taper_m, 0.0),
                                (length_m - pocket_m, POCKET_WIDTH_M),
                                (length_m, POCKET_WIDTH_M),
                            ],
                        ),
                    );
                }
            }
        }
        made
    }

    fn side(&mut self, is_right: bool) -> &mut Vec<Strip> {
        if is_right { &mut self.right } else { &mut self.left }
    }

    /// Turn lanes on the left: the median gives way first, then both sides are pushed outwards by halves, so that the
    /// lanes that go straight on still face each other across the junction.
    fn add_left_pockets(&mut self, street: &Street, is_right: bool, count: u32, pocket_m: f64, taper_m: f64) {
        let length_m = self.length_m;
        let added_m = f64::from(count) * POCKET_WIDTH_M;
        let place = |low: f64, high: f64| {
            made_knots(
                is_right,
                length_m,
                &[(length_m - pocket_m - taper_m, low), (length_m - pocket_m, high)],
            )
        };
        let taken_m = (street.median_m - MEDIAN_REST_M).clamp(0.0, added_m);
        if street.median_m > 0.0 {
            let half_m = 0.5 * street.median_m;
            for side in [true, false] {
                merge_knots(
                    &mut self.side(side)[0].knots,
                    is_right,
                    &place(half_m, half_m - 0.5 * taken_m),
                );
            }
        }
        let base_m = base_offset_m(street);
        let shift_m = if self.is_one_way { added_m } else { 0.5 * added_m };
        let shifted_m = if is_right { base_m + shift_m } else { base_m - shift_m };
        merge_knots(&mut self.offset, is_right, &place(base_m, shifted_m));
        let at = usize::from(street.median_m > 0.0);
        for _ in 0..count {
            let knots = made_knots(
                is_right,
                length_m,
                &[
                    (length_m - pocket_m - taper_m, 0.0),
                    (length_m - pocket_m, POCKET_WIDTH_M),
                    (length_m, POCKET_WIDTH_M),
                ],
            );
            let strip = Strip::between(LaneKind::Driving, Role::PocketLeft, knots);
            self.side(is_right).insert(at, strip);
        }
    }

    /// A strip between the motor lanes and what lies outside of them.
    fn insert_outside(&mut self, is_right: bool, kind: LaneKind, role: Role, knots: Vec<(f64, f64)>) {
        let side = self.side(is_right);
        let is_motor = |strip: &Strip| matches!(strip.kind, LaneKind::Driving | LaneKind::Ramp | LaneKind::Bus);
        let at = side.iter().rposition(is_motor).map_or(0, |last| last + 1);
        side.insert(at, Strip::between(kind, role, knots));
    }

    /// The lane offset along the road.
    pub fn offset_records(&self) -> Vec<Cubic> {
        records(&self.offset)
    }

    /// The lanes at one end.
    pub fn lanes_at(&self, at_end: bool) -> Vec<EndLane> {
        let s_m = if at_end { self.length_m } else { 0.0 };
        let mut found = Vec::new();
        for is_right in [true, false] {
            let sign = if is_right { -1.0 } else { 1.0 };
            let mut t_m = value(&self.offset, s_m);
            let side = if is_right { &self.right } else { &self.left };
            let present = side.iter().filter(|strip| strip.is_present(s_m));
            for (index, strip) in present.enumerate() {
                let width_m = value(&strip.knots, s_m);
                let number = i32::try_from(index + 1).expect("a road has few lanes");
                found.push(EndLane {
                    id: if is_right { -number } else { number },
                    kind: strip.kind_at(s_m),
                    base_kind: strip.kind,
                    role: strip.role,
                    t_m: t_m + sign * 0.5 * width_m,
                    width_m,
                    runs_forward: is_right,
                });
                t_m += sign * width_m;
            }
        }
        found
    }

    /// Width of everything on one side that vehicles use or that lies between such lanes, from the reference line, at
    /// `s_m`: where the kerb is.
    pub fn kerb_m(&self, is_right: bool, s_m: f64) -> f64 {
        let side = if is_right { &self.right } else { &self.left };
        let offset_m = value(&self.offset, s_m);
        let present: Vec<&Strip> = side.iter().filter(|strip| strip.is_present(s_m)).collect();
        let last = present.iter().rposition(|strip| {
            matches!(
                strip.kind,
                LaneKind::Driving | LaneKind::Ramp | LaneKind::Bus | LaneKind::Bicycle
            )
        });
        let width_m: f64 = present
            .iter()
            .take(last.map_or(0, |last| last + 1))
            .map(|s| value(&s.knots, s_m))
            .sum();
        if is_right {
            width_m - offset_m
        } else {
            width_m + offset_m
        }
    }

    /// Where a platform for buses begins, from the reference line: at the outermost motor lane, or beyond a bicycle lane
    /// that follows it without a separator to stand on.
    pub fn platform_edge_m(&self, is_right: bool, s_m: f64) -> f64 {
        let side = if is_right { &self.right } else { &self.left };
        let offset_m = value(&self.offset, s_m);
        let present: Vec<&Strip> = side.iter().filter(|strip| strip.is_present(s_m)).collect();
        let motor = present
            .iter()
            .rposition(|strip| matches!(strip.kind, LaneKind::Driving | LaneKind::Ramp | LaneKind::Bus))
            .map_or(0, |last| last + 1);
        let rides = present
            .iter()
            .skip(motor)
            .take_while(|strip| strip.kind == LaneKind::Bicycle)
            .count();
        let width_m: f64 = present
            .iter()
            .take(motor + rides)
            .map(|strip| value(&strip.knots, s_m))
            .sum();
        if is_right {
            width_m - offset_m
        } else {
            width_m + offset_m
        }
    }

    /// Whether people walk on both sides.
    pub fn has_sidewalks(&self) -> bool {
        let has = |side: &[Strip]| side.iter().any(|strip| strip.kind == LaneKind::Sidewalk);
        has(&self.right) && has(&self.left)
    }

    /// The lane sections.
    pub fn sections(&self) -> Vec<LaneSectionDraft> {
        let mut breaks = vec![0.0, self.length_m];
        for strip in self.right.iter().chain(&self.left) {
            breaks.extend([strip.from_m, strip.to_m]);
            if let Some((from_m, to_m)) = strip.open_m {
                breaks.extend([from_m, to_m]);
            }
        }
        breaks.sort_by(f64::total_cmp);
        breaks.retain(|&s_m| s_m >= 0.0 && s_m <= self.length_m);
        breaks.dedup_by(|b, a| *b - *a < 0.01);
        let spans: Vec<(f64, f64)> = breaks.windows(2).map(|pair| (pair[0], pair[1])).collect();
        let ids = |side: &[Strip], is_right: bool, (from_m, to_m): (f64, f64)| -> Vec<Option<i32>> {
            let mut number = 0;
            side.iter()
                .map(|strip| {
                    strip.is_present(0.5 * (from_m + to_m)).then(|| {
                        number += 1;
                        if is_right { -number } else { number }
                    })
                })
                .collect()
        };
        let mut sections = Vec::with_capacity(spans.len());
        for (index, &span) in spans.iter().enumerate() {
            let mut section = LaneSectionDraft {
                s_m: span.0,
                ..LaneSectionDraft::default()
            };
            for is_right in [true, false] {
                let side = if is_right { &self.right } else { &self.left };
                let here = ids(side, is_right, span);
                let before = index.checked_sub(1).map(|before| ids(side, is_right, spans[before]));
                let after = spans.get(index + 1).map(|&after| ids(side, is_right, after));
                let present: Vec<usize> = (0..side.len()).filter(|&at| here[at].is_some()).collect();
                let lanes = present
                    .iter()
                    .enumerate()
                    .map(|(place, &at)| {
                        let strip = &side[at];
                        let outside = present.get(place + 1).map(|&next| &side[next]);
                        LaneDraft {
                            id: here[at].expect("only present strips are listed"),
                            kind: strip.kind_at(0.5 * (span.0 + span.1)),
                            level: false,
                            widths: profile::slice(&records(&strip.knots), span.0, span.1),
                            borders: Vec::new(),
                            heights: raised(strip.kind),
                            predecessor: before.as_ref().map_or(strip.outer_links.0, |ids| ids[at]),
                            successor: after.as_ref().map_or(strip.outer_links.1, |ids| ids[at]),
                            marks: self.marks(strip, outside, is_right, span),
                            speeds_mps_max: Vec::new(),
                            direction_is_reversed: false,
                        }
                    })
                    .collect();
                if is_right {
                    section.right = lanes;
                } else {
                    section.left = lanes;
                }
            }
            section.centre_marks = self.centre_marks(span);
            sections.push(section);
        }
        sections
    }
}

/// Sidewalks and separators stand a kerb's height above the road.
fn raised(kind: LaneKind) -> Vec<LaneHeightDraft> {
    match kind {
        LaneKind::Sidewalk | LaneKind::Border | LaneKind::Median => {
            vec![LaneHeightDraft {
                s_m: 0.0,
                inner_m: KERB_M,
                outer_m: KERB_M,
            }]
        }
        _ => Vec::new(),
    }
}

/// Length at full width and length of the widening.
fn pocket_length_m(street: &Street, pockets: &Pockets, room_m: f64) -> (f64, f64) {
    let (pocket_m, taper_m) = match street.speed_mps_max {
        speed if speed > 17.0 => (120.0, 50.0),
        speed if speed > 12.0 => (60.0, 30.0),
        _ => (35.0, 20.0),
    };
    let pocket_m = if pockets.length_m > 0.0 {
        pockets.length_m
    } else {
        pocket_m
    };
    let scale = (room_m / (pocket_m + taper_m)).min(1.0);
    (pocket_m * scale, taper_m * scale)
}
