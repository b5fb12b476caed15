//! Where the lanes of a junction come too near for two vehicles, and who goes first.
//!
//! Two bodies of 2.2 m (bicycles 0.9 m) that follow two centre lines share the stretch on which the lines are nearer
//! than the sum of half their widths; lanes on two levels share nothing. Right of way follows from, in this order: the
//! junction's priorities (the main road of a virtual junction has them over the roads that lead on to it), stop and give-way signs, the roundabout's ring, ramps giving way, the class of the roads, the
//! turn (straight on before a left turn across oncoming traffic), and otherwise from the right (from the left where
//! traffic keeps left). What still ties is decided by the lower id, so that no pair ever waits for each other or goes at
//! once.

use crate::draft::{ContactPoint, LaneKind, MapDraft, Orientation, RoadClass, RoadLink, SignalKind, TrafficRule};
use crate::lane_table::LaneTable;
use crate::{Conflict, ConflictKind, Edge, Junction, Lane, LaneId, RightOfWay, Turn};
use std::collections::{BTreeSet, HashMap};

/// Half of the widest body, mirrors in.
const HALF_BODY_M: f64 = 1.1;
/// Half of a bicycle with its rider.
const HALF_BICYCLE_M: f64 = 0.45;
/// Two lanes farther apart in height than this pass over one another.
const LEVEL_M: f64 = 3.5;
/// Distance between the points at which two lines are compared; crossings of the limit are interpolated between them.
const STEP_M: f64 = 1.0;
/// Most such points of a lane: beyond a kilometre, which no way through a junction has, they lie farther apart.
const POINTS_MAX: usize = 1_000;
/// Chords with one box around them.
const BLOCK: usize = 6;
/// Signs farther from the junction than this are for something else.
const SIGN_M_MAX: f64 = 60.0;
/// Approaches whose headings differ by more than this face each other.
const OPPOSITE_COS: f64 = -0.5;

/// What the right of way is decided on.
pub(crate) struct Rules<'a> {
    pub(crate) draft: &'a MapDraft,
    pub(crate) lanes: &'a [Lane],
    pub(crate) edges: &'a [Edge],
    pub(crate) table: &'a LaneTable,
}

/// Where a junction lane comes from, as far as the right of way depends on it.
#[derive(Clone, Debug)]
struct Approach {
    lane: LaneId,
    /// The road before the junction, if a lane leads in.
    incoming_road: Option<usize>,
    /// The road of the lane itself.
    road: usize,
    /// Unit vector at the lane's start.
    heading: [f64; 2],
    sign: Sign,
    is_on_ring: bool,
    is_ramp: bool,
    class: RoadClass,
    turn: Turn,
    keeps_left: bool,
}

/// The sign at an approach, in rising rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    Stop,
    GiveWay,
    None,
    Priority,
}

/// A lane as points to compare.
struct Track {
    points: Vec<[f64; 4]>,
    /// West, south, east, north of each [`BLOCK`] of its chords.
    blocks: Vec<[f64; 4]>,
    half_body_m: f64,
    /// West, south, east, north.
    bounds: [f64; 4],
}

/// The conflicts of every lane, by lane, each list sorted by where it begins.
pub(crate) fn find(rules: &Rules<'_>, roads: &HashMap<&str, usize>, junctions: &[Junction]) -> Vec<Vec<Conflict>> {
    let mut found = vec![Vec::new(); rules.lanes.len()];
    for (index, junction) in junctions.iter().enumerate() {
        let priorities = rules.priorities(index, roads);
        let approaches: Vec<Approach> = junction.lanes.iter().map(|&lane| rules.approach(lane, index)).collect();
        let tracks: Vec<Track> = junction.lanes.iter().map(|&lane| rules.track(lane)).collect();
        for a in 0..junction.lanes.len() {
            for b in a + 1..junction.lanes.len() {
                let (lane_a, lane_b) = (junction.lanes[a], junction.lanes[b]);
                let Some(kind) = rules.kind(lane_a, lane_b) else {
                    continue;
                };
                if !tracks[a].may_touch(&tracks[b]) {
                    continue;
                }
                let limit_m = tracks[a].half_body_m + tracks[b].half_body_m;
                let Some(on_a) = shared(&tracks[a], &tracks[b], limit_m) else {
                    continue;
                };
                let Some(on_b) = shared(&tracks[b], &tracks[a], limit_m) else {
                    continue;
                };
                let (way_a, way_b) = right_of_way(&approaches[a], &approaches[b], kind, &priorities);
                let conflict = |other, here: (f64, f64), there: (f64, f64), right_of_way| Conflict {
                    other,
                    enter_m: here.0,
                    exit_m: here.1,
                    other_enter_m: there.0,
                    other_exit_m: there.1,
                    kind,
                    right_of_way,
                };
                found[lane_a.0 as usize].push(conflict(lane_b, on_a, on_b, way_a));
                found[lane_b.0 as usize].push(conflict(lane_a, on_b, on_a, way_b));
            }
        }
    }
    for conflicts in &mut found {
        conflicts.sort_by(|a, b| a.enter_m.total_cmp(&b.enter_m).then(a.other.cmp(&b.other)));
    }
    found
}

impl Rules<'_> {
    fn lane(&self, id: LaneId) -> &Lane {
        &self.lanes[id.0 as usize]
    }

    /// (higher, lower) roads of a junction. Its main road goes first where nothing else is said (OpenDRIVE 1.8, 12.7).
    fn priorities(&self, junction: usize, roads: &HashMap<&str, usize>) -> BTreeSet<(usize, usize)> {
        let junction = &self.draft.junctions[junction];
        let told = junction.priorities.iter();
        let mut found: BTreeSet<(usize, usize)> = told
            .filter_map(|(high, low)| Some((*roads.get(high.as_str())?, *roads.get(low.as_str())?)))
            .collect();
        if let Some(&main) = junction.main_road.as_ref().and_then(|on| roads.get(on.id.as_str())) {
            for (index, road) in self.draft.roads.iter().enumerate() {
                if road.junction.as_ref() == Some(&junction.id) && !found.contains(&(index, main)) {
                    found.insert((main, index));
                }
            }
        }
        found
    }

    /// How two lanes meet; `None` if they run side by side or one after the other.
    fn kind(&self, a: LaneId, b: LaneId) -> Option<ConflictKind> {
        let (one, other) = (self.lane(a), self.lane(b));
        if one.edge == other.edge || one.successors.contains(&b) || other.successors.contains(&a) {
            return None;
        }
        let share = |these: &[LaneId], those: &[LaneId]| these.iter().any(|lane| those.contains(lane));
        Some(if share(&one.predecessors, &other.predecessors) {
            ConflictKind::Diverge
        } else if share(&one.successors, &other.successors) {
            ConflictKind::Merge
        } else {
            ConflictKind::Cross
        })
    }

    fn track(&self, lane: LaneId) -> Track {
        let index = lane.0 as usize;
        let length_m = self.table.length_m(index);
        let steps = ((length_m / STEP_M).ceil().max(1.0) as usize).min(POINTS_MAX);
        let points: Vec<[f64; 4]> = (0..=steps)
            .map(|step| {
                let along_m = length_m * step as f64 / steps as f64;
                let at = self.table.sample(index, along_m);
                [at.x_m, at.y_m, at.z_m, along_m]
            })
            .collect();
        let around = |points: &[[f64; 4]]| {
            let empty = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
            points.iter().fold(empty, |[west, south, east, north], &[x, y, ..]| {
                [west.min(x), south.min(y), east.max(x), north.max(y)]
            })
        };
        let block = |first: usize| around(&points[first..=(first + BLOCK).min(steps)]);
        let blocks = (0..steps).step_by(BLOCK).map(block).collect();
        let bounds = around(&points);
        let is_bicycle = self.lane(lane).kind == LaneKind::Bicycle;
        Track {
            points,
            blocks,
            half_body_m: if is_bicycle { HALF_BICYCLE_M } else { HALF_BODY_M },
            bounds,
        }
    }

    fn approach(&self, id: LaneId, junction: usize) -> Approach {
        let lane = self.lane(id);
        let road = lane.road.0 as usize;
        let before = lane.predecessors.first().map(|&before| self.lane(before));
        let incoming_road = before.map(|before| before.road.0 as usize);
        let rule = self.draft.roads[road].rule;
        let is_ring = self.draft.junctions[junction].is_roundabout
            && before.is_some_and(|before| before.junction.is_some() || self.is_ring_road(before.road.0 as usize));
        let class = before
            .and_then(|before| before.edge)
            .map(|edge| self.edges[edge.0 as usize].class);
        Approach {
            lane: id,
            incoming_road,
            road,
            heading: self.table.ends(id.0 as usize)[0].tangent,
            sign: self.sign(lane, before),
            is_on_ring: is_ring,
            is_ramp: lane.kind == LaneKind::Ramp || before.is_some_and(|before| before.kind == LaneKind::Ramp),
            class: class.unwrap_or_default(),
            turn: lane.turn,
            keeps_left: rule == TrafficRule::LeftHand,
        }
    }

    /// Whether a road leads from one junction of a roundabout to the next.
    fn is_ring_road(&self, road: usize) -> bool {
        let road = &self.draft.roads[road];
        let is_roundabout = |link: &Option<RoadLink>| match link {
            Some(RoadLink::Junction { id }) => self
                .draft
                .junctions
                .iter()
                .any(|junction| junction.id == *id && junction.is_roundabout),
            _ => false,
        };
        is_roundabout(&road.predecessor) && is_roundabout(&road.successor)
    }

    /// The lowest-ranking sign that traffic passes before it enters a junction lane.
    fn sign(&self, lane: &Lane, before: Option<&Lane>) -> Sign {
        let mut found = Sign::None;
        let mut read = |of: &Lane, near: ContactPoint| {
            let road = &self.draft.roads[of.road.0 as usize];
            for signal in &road.signals {
                let sign = match signal.kind {
                    SignalKind::Stop => Sign::Stop,
                    SignalKind::GiveWay => Sign::GiveWay,
                    SignalKind::Priority => Sign::Priority,
                    _ => continue,
                };
                let is_for_us = match signal.orientation {
                    Orientation::Both => true,
                    Orientation::Forward => of.runs_forward,
                    Orientation::Backward => !of.runs_forward,
                } && signal
                    .lanes
                    .is_none_or(|(low, high)| (low.min(high)..=low.max(high)).contains(&of.opendrive_id));
                let away_m = match near {
                    ContactPoint::Start => signal.s_m,
                    ContactPoint::End => road.length_m - signal.s_m,
                };
                if is_for_us && away_m.abs() <= SIGN_M_MAX {
                    found = match found {
                        Sign::None => sign,
                        known => known.min(sign),
                    };
                }
            }
        };
        if let Some(before) = before {
            read(
                before,
                if before.runs_forward {
                    ContactPoint::End
                } else {
                    ContactPoint::Start
                },
            );
        }
        read(
            lane,
            if lane.runs_forward {
                ContactPoint::Start
            } else {
                ContactPoint::End
            },
        );
        found
    }
}

impl Track {
    fn may_touch(&self, other: &Track) -> bool {
        let limit_m = self.half_body_m + other.half_body_m;
        self.bounds[0] <= other.bounds[2] + limit_m
            && other.bounds[0] <= self.bounds[2] + limit_m
            && self.bounds[1] <= other.bounds[3] + limit_m
            && other.bounds[1] <= self.bounds[3] + limit_m
    }

    /// Whether a point lies farther than a distance from the line's box.
    fn is_beyond(&self, [x, y, ..]: [f64; 4], distance_m: f64) -> bool {
        x < self.bounds[0] - distance_m
            || y < self.bounds[1] - distance_m
            || x > self.bounds[2] + distance_m
            || y > self.bounds[3] + distance_m
    }

    /// Distance in plan view to the nearest part of the line on the same level; infinite from `far_m` on.
    fn distance_m(&self, [x, y, z, _]: [f64; 4], far_m: f64) -> f64 {
        let mut best2 = far_m * far_m;
        let mut found2 = f64::INFINITY;
        for (block, [west, south, east, north]) in self.blocks.iter().enumerate() {
            let [bx, by] = [(west - x).max(x - east).max(0.0), (south - y).max(y - north).max(0.0)];
            if bx * bx + by * by > best2 {
                continue;
            }
            let first = block * BLOCK;
            let last = (first + BLOCK).min(self.points.len() - 1);
            for pair in self.points[first..=last].windows(2) {
                let ([ax, ay, az, _], [bx, by, bz, _]) = (pair[0], pair[1]);
                let [dx, dy] = [bx - ax, by - ay];
                let [px, py] = [x - ax, y - ay];
                let chord2 = dx * dx + dy * dy;
                let u = if chord2 > 0.0 {
                    ((px * dx + py * dy) / chord2).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                let [ex, ey] = [px - u * dx, py - u * dy];
                let distance2 = ex * ex + ey * ey;
                if distance2 < best2 && (az + u * (bz - az) - z).abs() <= LEVEL_M {
                    (best2, found2) = (distance2, distance2);
                }
            }
        }
        found2.sqrt()
    }
}

/// The stretch of `here` that is nearer than `limit_m` to `there`, from the first such point to the last.
fn shared(here: &Track, there: &Track, limit_m: f64) -> Option<(f64, f64)> {
    // Farther than this counts as far, however far: most points need no more than a look at the box of the other line.
    let far_m = limit_m + 2.0 * STEP_M;
    let distance_m = |&point: &[f64; 4]| match there.is_beyond(point, far_m) {
        true => f64::INFINITY,
        false => there.distance_m(point, far_m),
    };
    // Looked at from both ends: what lies between the first place that is near and the last one need not be known.
    let place = |outside: Option<(usize, f64)>, inside: usize, in_m: f64| match outside {
        None => here.points[inside][3],
        Some((outside, out_m)) => {
            let share = ((out_m.min(far_m) - limit_m) / (out_m.min(far_m) - in_m)).clamp(0.0, 1.0);
            here.points[outside][3] + share * (here.points[inside][3] - here.points[outside][3])
        }
    };
    let first_near = |indices: &mut dyn Iterator<Item = usize>| {
        let mut outside = None;
        for index in indices {
            let at_m = distance_m(&here.points[index]);
            if at_m < limit_m {
                return Some((outside, index, at_m));
            }
            outside = Some((index, at_m));
        }
        None
    };
    let (before, first, first_m) = first_near(&mut (0..here.points.len()))?;
    let (after, last, last_m) = first_near(&mut (first..here.points.len()).rev())?;
    Some((place(before, first, first_m), place(after, last, last_m)))
}

/// Who goes first: one of the two has priority, the other yields or stops.
fn right_of_way(
    a: &Approach,
    b: &Approach,
    kind: ConflictKind,
    priorities: &BTreeSet<(usize, usize)>,
) -> (RightOfWay, RightOfWay) {
    let yielding = |approach: &Approach| {
        if approach.sign == Sign::Stop && kind != ConflictKind::Diverge {
            RightOfWay::Stop
        } else {
            RightOfWay::Yield
        }
    };
    if goes_first(a, b, priorities) {
        (RightOfWay::Priority, yielding(b))
    } else {
        (yielding(a), RightOfWay::Priority)
    }
}

fn goes_first(a: &Approach, b: &Approach, priorities: &BTreeSet<(usize, usize)>) -> bool {
    let names = |approach: &Approach| [Some(approach.road), approach.incoming_road];
    let outranks = |high: &Approach, low: &Approach| {
        names(high).into_iter().flatten().any(|high| {
            names(low)
                .into_iter()
                .flatten()
                .any(|low| priorities.contains(&(high, low)))
        })
    };
    let same_approach = a.incoming_road.is_some() && a.incoming_road == b.incoming_road;
    let (a_outranks, b_outranks) = (outranks(a, b), outranks(b, a));
    if a_outranks != b_outranks {
        return a_outranks;
    }
    if !same_approach {
        if a.sign != b.sign {
            return a.sign > b.sign;
        }
        if a.is_on_ring != b.is_on_ring {
            return a.is_on_ring;
        }
        if a.is_ramp != b.is_ramp {
            return b.is_ramp;
        }
        if a.class != b.class {
            return a.class > b.class;
        }
    }
    let cos = a.heading[0] * b.heading[0] + a.heading[1] * b.heading[1];
    if same_approach || cos < OPPOSITE_COS || a.turn == Turn::Around || b.turn == Turn::Around {
        let (rank_a, rank_b) = (turn_rank(a), turn_rank(b));
        if rank_a != rank_b {
            return rank_a > rank_b;
        }
    }
    // Whoever comes from the right runs to the left as seen from here.
    let sin = a.heading[0] * b.heading[1] - a.heading[1] * b.heading[0];
    if !same_approach && sin.abs() > 0.2 {
        return (sin > 0.0) == a.keeps_left;
    }
    a.lane < b.lane
}

/// Among facing or common approaches: straight on, then the turn to the near side, then across, then around.
fn turn_rank(approach: &Approach) -> u8 {
    let (near, across) = if approach.keeps_left {
        (Turn::Left, Turn::Right)
    } else {
        (Turn::Right, Turn::Left)
    };
    match approach.turn {
        Turn::Straight => 3,
        turn if turn == near => 2,
        turn if turn == across => 1,
        _ => 0,
    }
}
