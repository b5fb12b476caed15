//! Ways through a junction: which lane may go where. The roads that lead there are laid in `passage`.

use super::alignment::{PlanPose, normalize_angle};
use super::cross_section::{EndLane, Role};
use super::graph::{NodeKind, Style, TurnSet};
use super::passage::{Passage, Way};
use crate::draft::{ContactPoint, JunctionDraft, LaneKind, RoadClass, RoadDraft};
use libm::fabs;

/// A road's end at a junction.
#[derive(Clone, Debug)]
pub(super) struct Arm {
    /// Index of its street; a ring's roads have none.
    pub street: Option<usize>,
    pub road_id: String,
    /// The junction lies at the road's end (or at its beginning).
    pub at_end: bool,
    /// The reference line there, along +s.
    pub pose: PlanPose,
    pub z_m: f64,
    /// Slope there, along +s.
    pub grade: f64,
    pub lanes: Vec<EndLane>,
    pub class: RoadClass,
    pub speed_mps_max: f64,
    pub turns: Vec<TurnSet>,
}

/// The three ways to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Movement {
    Left,
    Straight,
    Right,
}

/// A junction with everything inside it.
#[derive(Clone, Debug, Default)]
pub(super) struct Crossroads {
    pub junction: JunctionDraft,
    pub roads: Vec<RoadDraft>,
    pub ways: Vec<Way>,
}

impl Arm {
    /// Looking out of the junction.
    pub fn outward_rad(&self) -> f64 {
        if self.at_end {
            self.pose.reversed().heading_rad
        } else {
            self.pose.heading_rad
        }
    }

    /// Bicycles are not let on: a road with hard shoulders and nobody on foot.
    fn is_for_motor_vehicles_only(&self) -> bool {
        let has = |kind| self.lanes.iter().any(|lane| lane.kind == kind);
        has(LaneKind::Shoulder) && !has(LaneKind::Sidewalk) && !has(LaneKind::Bicycle)
    }

    fn is_incoming(&self, lane: &EndLane) -> bool {
        lane.runs_forward == self.at_end
    }

    /// Lanes into the junction that pass a filter, from left to right.
    pub fn incoming(&self, filter: impl Fn(&EndLane) -> bool) -> Vec<EndLane> {
        self.lanes
            .iter()
            .copied()
            .filter(|lane| self.is_incoming(lane) && filter(lane))
            .collect()
    }

    /// Lanes out of the junction that pass a filter, from left to right.
    pub fn outgoing(&self, filter: impl Fn(&EndLane) -> bool) -> Vec<EndLane> {
        self.lanes
            .iter()
            .copied()
            .filter(|lane| !self.is_incoming(lane) && filter(lane))
            .collect()
    }

    /// Middle of a lane where it meets the junction, in its direction of travel.
    pub fn lane_pose(&self, lane: &EndLane) -> PlanPose {
        let pose = self.pose.shifted_left(lane.t_m);
        if lane.runs_forward { pose } else { pose.reversed() }
    }

    /// The end of the road that touches the junction.
    pub fn contact(&self) -> ContactPoint {
        if self.at_end {
            ContactPoint::End
        } else {
            ContactPoint::Start
        }
    }

    pub fn motor_incoming(&self) -> Vec<EndLane> {
        self.incoming(|lane| is_motor(lane.kind))
    }

    pub fn general_outgoing(&self) -> Vec<EndLane> {
        self.outgoing(|lane| matches!(lane.kind, LaneKind::Driving | LaneKind::Ramp))
    }
}

pub(super) fn is_motor(kind: LaneKind) -> bool {
    matches!(kind, LaneKind::Driving | LaneKind::Ramp | LaneKind::Bus)
}

/// Gives out ids that no road has yet.
#[derive(Debug, Default)]
pub(super) struct Ids {
    used: std::collections::BTreeSet<String>,
}

impl Ids {
    pub fn reserve(&mut self, id: &str) {
        self.used.insert(id.to_owned());
    }

    /// An id for the `index`th thing at `owner`: all digits if the owner's is, as some readers want numbers.
    pub fn next(&mut self, owner: &str, index: usize) -> String {
        let plain = if owner.bytes().all(|byte| byte.is_ascii_digit()) && !owner.is_empty() {
            format!("{owner}{index:03}")
        } else {
            format!("{owner}.{index}")
        };
        let mut id = plain.clone();
        let mut turn = 0;
        while !self.used.insert(id.clone()) {
            turn += 1;
            id = format!("{plain}0{turn}");
        }
        id
    }
}

impl Crossroads {
    pub fn new(id: &str, name: &str) -> Crossroads {
        Crossroads {
            junction: JunctionDraft {
                id: id.to_owned(),
                name: name.to_owned(),
                ..JunctionDraft::default()
            },
            ..Crossroads::default()
        }
    }
}

/// Sidewalks around the corners.
fn connect_corners<'a>(passages: &mut Vec<Passage<'a>>, arms: &'a [Arm]) {
    let is_walked = |lane: &EndLane| lane.kind == LaneKind::Sidewalk;
    // Arms without sidewalks are walked past.
    let walked: Vec<usize> = (0..arms.len())
        .filter(|&arm| arms[arm].lanes.iter().any(is_walked))
        .collect();
    for (place, &from) in walked.iter().enumerate() {
        let to = walked[(place + 1) % walked.len()];
        if to == from {
            continue;
        }
        let between_rad = normalize_angle(arms[to].outward_rad() - arms[from].outward_rad());
        let is_reflex = between_rad < 0.0 && between_rad > -2.6;
        let (Some(a), Some(b)) = (
            arms[from].incoming(is_walked).last().copied(),
            arms[to].outgoing(is_walked).last().copied(),
        ) else {
            continue;
        };
        if is_reflex {
            continue;
        }
        let way = Way {
            road_id: String::new(),
            from,
            movement: Movement::Right,
            kind: LaneKind::Sidewalk,
            is_from_own_lane: true,
        };
        passages.push(Passage {
            from: (&arms[from], a),
            to: (&arms[to], b),
            way,
        });
    }
}

/// A junction of streets: `arms` sorted anticlockwise by the way they lead out.
pub(super) fn crossroads(
    (id, name): (&str, &str),
    (kind, style): (NodeKind, Style),
    arms: &[Arm],
    ids: &mut Ids,
    is_banned: &dyn Fn(usize, usize) -> bool,
) -> Crossroads {
    let mut made = Crossroads::new(id, name);
    let mut passages = Vec::new();
    if kind == NodeKind::Merge {
        merge(&mut passages, arms, is_banned);
    } else {
        for from in 0..arms.len() {
            let targets = movements(arms, from, is_banned);
            connect_motor_lanes(&mut passages, arms, from, &targets);
            connect_bicycles(&mut passages, arms, from, &targets);
        }
        connect_corners(&mut passages, arms);
    }
    match style {
        Style::Fine => passages.iter().for_each(|passage| made.connect(ids, passage)),
        Style::Lean => made.connect_together(ids, passages),
    }
    made
}

/// Where one may go from an arm, and which way that is.
fn movements(arms: &[Arm], from: usize, is_banned: &dyn Fn(usize, usize) -> bool) -> Vec<(usize, Movement)> {
    let inward = arms[from].outward_rad() + std::f64::consts::PI;
    let mut targets: Vec<(usize, f64)> = (0..arms.len())
        .filter(|&to| to != from && !is_banned(from, to))
        .filter(|&to| {
            !arms[to]
                .outgoing(|lane| is_motor(lane.kind) || lane.kind == LaneKind::Bicycle)
                .is_empty()
        })
        .map(|to| (to, normalize_angle(arms[to].outward_rad() - inward)))
        .collect();
    if targets.is_empty() && !is_banned(from, from) && !arms[from].general_outgoing().is_empty() {
        // Nothing else is left: turn around.
        targets.push((from, std::f64::consts::PI));
    }
    let straight = targets
        .iter()
        .filter(|(_, turn_rad)| fabs(*turn_rad) < 0.87)
        .min_by(|a, b| fabs(a.1).total_cmp(&fabs(b.1)))
        .copied();
    targets
        .into_iter()
        .map(|(to, turn_rad)| {
            let movement = match straight {
                Some((ahead, _)) if ahead == to => Movement::Straight,
                Some((_, ahead_rad)) if turn_rad > ahead_rad => Movement::Left,
                None if turn_rad > 0.0 => Movement::Left,
                _ => Movement::Right,
            };
            (to, movement)
        })
        .collect()
}

/// Which turns each of the incoming lanes serves.
fn turn_sets(arm: &Arm, lanes: &[EndLane], targets: &[(usize, Movement)]) -> Vec<TurnSet> {
    let has = |movement| targets.iter().any(|&(_, m)| m == movement);
    let (left, straight, right) = (has(Movement::Left), has(Movement::Straight), has(Movement::Right));
    if arm.turns.len() == lanes.len() {
        let masked: Vec<TurnSet> = arm
            .turns
            .iter()
            .map(|set| TurnSet {
                around: set.around,
                left: set.left && left,
                straight: set.straight && straight,
                right: set.right && right,
            })
            .collect();
        // Taken as given only if nothing that is allowed is out of reach.
        let serves = |pick: fn(&TurnSet) -> bool, wanted: bool| !wanted || masked.iter().any(pick);
        if serves(|s| s.left, left) && serves(|s| s.straight, straight) && serves(|s| s.right, right) {
            return masked;
        }
    }
    let mut sets = vec![TurnSet::default(); lanes.len()];
    let base: Vec<usize> = (0..lanes.len())
        .filter(|&at| {
            lanes[at].role != Role::PocketLeft
                && lanes[at].role != Role::PocketRight
                && lanes[at].base_kind != LaneKind::Bus
        })
        .collect();
    let of_role = |role| {
        (0..lanes.len())
            .filter(|&at| lanes[at].role == role)
            .collect::<Vec<usize>>()
    };
    let (pocket_left, pocket_right) = (of_role(Role::PocketLeft), of_role(Role::PocketRight));
    let bus: Vec<usize> = (0..lanes.len())
        .filter(|&at| lanes[at].base_kind == LaneKind::Bus)
        .collect();
    for &at in &pocket_left {
        if left {
            sets[at].left = true;
        } else {
            sets[at].straight = true;
        }
    }
    for &at in &pocket_right {
        if right {
            sets[at].right = true;
        } else {
            sets[at].straight = true;
        }
    }
    for &at in &bus {
        sets[at].straight = true;
        sets[at].right = right && pocket_right.is_empty();
    }
    let base = if base.is_empty() { bus.clone() } else { base };
    let right_is_served = !pocket_right.is_empty()
        || (!bus.is_empty()
            && lanes
                .iter()
                .any(|lane| lane.base_kind == LaneKind::Bus && lane.kind == LaneKind::Driving));
    if straight {
        for &at in &base {
            sets[at].straight = true;
        }
        if left
            && pocket_left.is_empty()
            && let Some(&first) = base.first()
        {
            sets[first].left = true;
            if base.len() >= 3 {
                sets[first].straight = false;
            }
        }
        if right
            && !right_is_served
            && let Some(&last) = base.last()
        {
            sets[last].right = true;
        }
    } else {
        let lefts = match (left, right) {
            (true, true) if base.len() > 1 && pocket_left.is_empty() => base.len().div_ceil(2),
            (true, true) if base.len() > 1 && !right_is_served => base.len() - 1,
            _ => base.len(),
        };
        for (order, &at) in base.iter().enumerate() {
            sets[at].left = left && order < lefts;
            sets[at].right = right && (!left || order >= lefts || base.len() == 1 && !right_is_served);
        }
        if right
            && !sets.iter().any(|set| set.right)
            && let Some(last) = sets.last_mut()
        {
            last.right = true;
        }
    }
    sets
}

fn connect_motor_lanes<'a>(
    passages: &mut Vec<Passage<'a>>,
    arms: &'a [Arm],
    from: usize,
    targets: &[(usize, Movement)],
) {
    let arm = &arms[from];
    let lanes = arm.motor_incoming();
    let sets = turn_sets(arm, &lanes, targets);
    for &(to, movement) in targets {
        let serves = |set: &TurnSet| match movement {
            Movement::Left => set.left,
            Movement::Straight => set.straight,
            Movement::Right => set.right,
        };
        let chosen: Vec<usize> = (0..lanes.len()).filter(|&at| serves(&sets[at])).collect();
        let general = arms[to].general_outgoing();
        let buses = arms[to].outgoing(|lane| lane.kind == LaneKind::Bus);
        let is_for_buses = |at: usize| {
            lanes[at].kind == LaneKind::Bus || (lanes[at].base_kind == LaneKind::Bus && movement == Movement::Straight)
        };
        let cars: Vec<usize> = chosen.iter().copied().filter(|&at| !is_for_buses(at)).collect();
        let mut pairs: Vec<(usize, EndLane, LaneKind)> = Vec::new();
        let places = match movement {
            Movement::Left => (0..cars.len())
                .map(|order| order.min(general.len().saturating_sub(1)))
                .collect(),
            Movement::Right => (0..cars.len())
                .map(|order| {
                    (general.len() + order)
                        .saturating_sub(cars.len())
                        .min(general.len().saturating_sub(1))
                })
                .collect(),
            Movement::Straight => {
                let at: Vec<EndLane> = cars.iter().map(|&at| lanes[at]).collect();
                aligned(arm, &at, &arms[to], &general)
            }
        };
        for (&at, place) in cars.iter().zip(places) {
            if let Some(&lane) = general.get(place) {
                pairs.push((at, lane, LaneKind::Driving));
            } else if let Some(&lane) = buses.first() {
                pairs.push((at, lane, LaneKind::Bus));
            }
        }
        for &at in chosen.iter().filter(|&&at| is_for_buses(at)) {
            if let Some(&lane) = buses.last().or(general.last()) {
                pairs.push((at, lane, LaneKind::Bus));
            }
        }
        for (at, target, kind) in pairs {
            let set = sets[at];
            let alone = u8::from(set.left) + u8::from(set.straight) + u8::from(set.right) == 1;
            let way = Way {
                road_id: String::new(),
                from,
                movement,
                kind,
                is_from_own_lane: alone,
            };
            passages.push(Passage {
                from: (arm, lanes[at]),
                to: (&arms[to], target),
                way,
            });
        }
    }
    // Turning around, where an author says so.
    for (at, set) in sets.iter().enumerate().filter(|(_, set)| set.around) {
        if let Some(&target) = arm.general_outgoing().first() {
            let way = Way {
                road_id: String::new(),
                from,
                movement: Movement::Left,
                kind: LaneKind::Driving,
                is_from_own_lane: !(set.left || set.straight || set.right),
            };
            passages.push(Passage {
                from: (arm, lanes[at]),
                to: (arm, target),
                way,
            });
        }
    }
}

/// For lanes that go straight on: the order-keeping assignment that moves them sideways least.
fn aligned(from: &Arm, lanes: &[EndLane], to: &Arm, targets: &[EndLane]) -> Vec<usize> {
    if lanes.is_empty() || targets.is_empty() {
        return vec![0; lanes.len()];
    }
    let slack = lanes.len().abs_diff(targets.len());
    let sideways = |lane: &EndLane, target: &EndLane| {
        let start = from.lane_pose(lane);
        let end = to.lane_pose(target);
        // Against the mean of both headings, so that a bend does not favour one side.
        let turn = normalize_angle(end.heading_rad - start.heading_rad);
        let frame = PlanPose {
            heading_rad: start.heading_rad + 0.5 * turn,
            ..start
        };
        fabs(frame.to_frame(end.x_m, end.y_m)[1])
    };
    let place = |order: usize, shift: usize| {
        if lanes.len() <= targets.len() {
            order + shift
        } else {
            order.saturating_sub(shift).min(targets.len() - 1)
        }
    };
    let best = (0..=slack)
        .min_by(|&a, &b| {
            let cost = |shift| -> f64 {
                (0..lanes.len())
                    .map(|at| sideways(&lanes[at], &targets[place(at, shift)]))
                    .sum()
            };
            cost(a).total_cmp(&cost(b))
        })
        .unwrap_or(0);
    (0..lanes.len()).map(|order| place(order, best)).collect()
}

/// Bicycles: from lane to lane where both streets have one, else to and from the kerb-side lane.
fn connect_bicycles<'a>(passages: &mut Vec<Passage<'a>>, arms: &'a [Arm], from: usize, targets: &[(usize, Movement)]) {
    let arm = &arms[from];
    let own = arm.incoming(|lane| lane.kind == LaneKind::Bicycle);
    let shared = arm.incoming(|lane| matches!(lane.kind, LaneKind::Driving));
    if arm.is_for_motor_vehicles_only() {
        return;
    }
    for &(to, movement) in targets
        .iter()
        .filter(|&&(to, _)| !arms[to].is_for_motor_vehicles_only())
    {
        let lanes = arms[to].outgoing(|lane| lane.kind == LaneKind::Bicycle);
        let (start, end) = match (own.last(), lanes.last()) {
            (Some(&start), Some(&end)) => (start, end),
            (Some(&start), None) => match arms[to].general_outgoing().last() {
                Some(&end) if to != from => (start, end),
                _ => continue,
            },
            (None, Some(&end)) => {
                let start = if movement == Movement::Left {
                    shared.first()
                } else {
                    shared.last()
                };
                match start {
                    Some(&start) => (start, end),
                    None => continue,
                }
            }
            (None, None) => continue,
        };
        let way = Way {
            road_id: String::new(),
            from,
            movement,
            kind: LaneKind::Bicycle,
            is_from_own_lane: false,
        };
        passages.push(Passage {
            from: (arm, start),
            to: (&arms[to], end),
            way,
        });
    }
}

/// Lane beside lane: all lanes in and all lanes out, each set from left to right, are matched in order.
fn merge<'a>(passages: &mut Vec<Passage<'a>>, arms: &'a [Arm], is_banned: &dyn Fn(usize, usize) -> bool) {
    let leading = arms
        .iter()
        .enumerate()
        .filter(|(_, arm)| !arm.motor_incoming().is_empty())
        .max_by(|(i, a), (j, b)| {
            (a.class, a.motor_incoming().len())
                .cmp(&(b.class, b.motor_incoming().len()))
                .then(j.cmp(i))
        });
    let Some((_, leading)) = leading else { return };
    let frame = PlanPose {
        heading_rad: leading.outward_rad() + std::f64::consts::PI,
        ..leading.pose
    };
    let collect = |is_incoming: bool| {
        let mut found: Vec<(f64, usize, EndLane)> = Vec::new();
        for (index, arm) in arms.iter().enumerate() {
            let lanes = if is_incoming {
                arm.motor_incoming()
            } else {
                arm.outgoing(|lane| is_motor(lane.kind))
            };
            for lane in lanes {
                let pose = arm.lane_pose(&lane);
                found.push((-frame.to_frame(pose.x_m, pose.y_m)[1], index, lane));
            }
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        found
    };
    let (into, out) = (collect(true), collect(false));
    if into.is_empty() || out.is_empty() {
        return;
    }
    for order in 0..into.len().max(out.len()) {
        let (_, from, start) = into[order.min(into.len() - 1)];
        let (_, to, end) = out[order.min(out.len() - 1)];
        if from == to || is_banned(from, to) {
            continue;
        }
        let kind = if start.kind == LaneKind::Bus && end.kind == LaneKind::Bus {
            LaneKind::Bus
        } else {
            LaneKind::Driving
        };
        let way = Way {
            road_id: String::new(),
            from,
            movement: Movement::Straight,
            kind,
            is_from_own_lane: true,
        };
        passages.push(Passage {
            from: (&arms[from], start),
            to: (&arms[to], end),
            way,
        });
    }
}
