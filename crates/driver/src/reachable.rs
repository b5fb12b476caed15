//! Set-based prediction: all places where others can be in the next seconds.
//!
//! In go those near the route and the junctions ahead; out comes for each an [`Occupancy`], in the route's coordinates, that
//! holds every place that it can take up, once as it may lawfully move (within the [`Assumption`](vehicle::Assumption)s) and
//! once as it can, whatever the law says. Along and across, each of its four sides moves outwards at no more than it can
//! reach with a bounded acceleration and speed; lanes bound it where the law does. Those who cross in a junction take up
//! the space that they share with us, from when they can first be there, for good.
//!
//! Over-approximation in lane coordinates as in Koschi and Althoff, "SPOT: A tool for set-based prediction of traffic
//! participants" (IEEE IV 2017) and "Set-based prediction of traffic participants considering occlusions and traffic rules"
//! (IEEE T-IV 2021); people on foot with the bounds of Koschi, Pek, Beikirch and Althoff (ITSC 2018). It does not know
//! what we will do.

use crate::junction::Occupants;
use crate::neighbour::Neighbour;
use crate::view::View;
use road::{ConflictKind, RightOfWay, SignalColour};
use vehicle::{Indicator, ObjectKind};

/// As many can be near enough to matter in a cycle; more are farther away, as they come sorted from behind.
pub(crate) const OCCUPANCIES_MAX: usize = 96;
/// As many can share space with us in the junctions ahead.
pub(crate) const WINDOWS_MAX: usize = 64;
/// Hardest braking of a vehicle, m/s².
pub(crate) const BRAKING_MPS2: f64 = 8.0;
/// Braking of one who comes into our lane meanwhile.
const MERGING_MPS2: f64 = 2.0;
/// Speeds above the limit by this factor are no longer lawful ones.
pub(crate) const SPEED_FACTOR: f64 = 1.2;
/// Faster sideways nobody changes lanes, and how fast that comes about.
const SIDEWAYS_MPS: f64 = 1.5;
const SIDEWAYS_MPS2: f64 = 1.0;
/// Whatever the law says: along and across.
const PHYSICAL_MPS2: f64 = 8.0;
const PHYSICAL_SIDEWAYS_MPS: f64 = 3.0;
const PHYSICAL_SIDEWAYS_MPS2: f64 = 4.0;
/// People on foot, walking and running.
pub(crate) const WALKING_MPS: f64 = 2.0;
const WALKING_MPS2: f64 = 0.6;
const RUNNING_MPS: f64 = 5.0;
const RUNNING_MPS2: f64 = 3.0;
/// Who points this far along our way drives along it.
pub(crate) const ALIGNED_COS: f64 = 0.7;
/// Who has turned out of its lane so far (8 degrees) is changing lanes.
const TURNED_COS: f64 = 0.99;
/// Motion across that has begun: that of a vehicle, and of one on foot.
const BEGUN_MPS: f64 = 0.3;
const STEPS_OUT_MPS: f64 = 0.4;
/// So far over the line counts as outside.
const OVER_LINE_M: f64 = 0.25;
/// A crossing's people stand so far beside it too.
const CROSSING_M: f64 = 1.5;
/// The carriageway reaches so far to the left.
const CARRIAGEWAY_M: f64 = 8.0;
/// Slower than this, one stands.
const STANDING_MPS: f64 = 0.3;

/// What is assumed of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    /// They keep to the law.
    Lawful,
    /// They do what they can.
    Physical,
}

/// One side of a body, moving outwards.
#[derive(Clone, Copy, Debug, Default)]
struct Side {
    /// Outwards now, negative inwards.
    speed_mps: f64,
    acceleration_mps2: f64,
    /// Not exceeded by acceleration; who is faster stays so.
    speed_mps_max: f64,
}

impl Side {
    const STILL: Side = Side {
        speed_mps: 0.0,
        acceleration_mps2: 0.0,
        speed_mps_max: 0.0,
    };

    /// How far it has moved outwards after a time, at most.
    fn reach_m(self, time_s: f64) -> f64 {
        let Side {
            speed_mps,
            acceleration_mps2,
            speed_mps_max,
        } = self;
        let gain_s = if acceleration_mps2 > 0.0 {
            ((speed_mps_max - speed_mps) / acceleration_mps2).clamp(0.0, time_s)
        } else {
            0.0
        };
        speed_mps * time_s + acceleration_mps2 * gain_s * (time_s - 0.5 * gain_s)
    }

    /// The farthest outwards in a span of time: speeds only grow, so it is at an end of the span.
    fn farthest_m(self, from_s: f64, to_s: f64) -> f64 {
        self.reach_m(from_s).max(self.reach_m(to_s))
    }
}

/// A box in the route's coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Extent {
    pub rear_m: f64,
    pub front_m: f64,
    pub right_m: f64,
    pub left_m: f64,
}

impl Extent {
    pub(crate) fn overlaps(&self, other: &Extent) -> bool {
        self.front_m > other.rear_m
            && self.rear_m < other.front_m
            && self.left_m > other.right_m
            && self.right_m < other.left_m
    }
}

/// Where one can be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occupancy {
    pub track: u32,
    now: Extent,
    rear: Side,
    front: Side,
    right: Side,
    left: Side,
    /// It does not come farther right or left than these.
    right_m_min: f64,
    left_m_max: f64,
}

impl Occupancy {
    /// Every place that it can take up in a span of time.
    pub(crate) fn within(&self, from_s: f64, to_s: f64) -> Extent {
        Extent {
            rear_m: self.now.rear_m - self.rear.farthest_m(from_s, to_s),
            front_m: self.now.front_m + self.front.farthest_m(from_s, to_s),
            right_m: (self.now.right_m - self.right.farthest_m(from_s, to_s)).max(self.right_m_min),
            left_m: (self.now.left_m + self.left.farthest_m(from_s, to_s)).min(self.left_m_max),
        }
    }

    /// Where a neighbour can be; nothing if it is its duty to keep clear of us.
    pub(crate) fn of(view: &View<'_>, neighbour: &Neighbour, rules: Rules) -> Option<Occupancy> {
        if follows(view, neighbour) {
            return None;
        }
        let mut occupancy = Occupancy {
            track: neighbour.track,
            now: Extent {
                rear_m: neighbour.rear_m,
                front_m: neighbour.front_m,
                right_m: neighbour.lateral_m - neighbour.half_width_m,
                left_m: neighbour.lateral_m + neighbour.half_width_m,
            },
            rear: Side::STILL,
            front: Side::STILL,
            right: Side::STILL,
            left: Side::STILL,
            right_m_min: f64::NEG_INFINITY,
            left_m_max: f64::INFINITY,
        };
        match neighbour.kind {
            ObjectKind::Obstacle => occupancy.drifts(neighbour),
            ObjectKind::Pedestrian => occupancy.walks(view, neighbour, rules),
            _ => match rules {
                Rules::Lawful => occupancy.drives(view, neighbour),
                Rules::Physical => occupancy.may_drive(neighbour),
            },
        }
        Some(occupancy)
    }

    /// A thing goes on as it does.
    fn drifts(&mut self, neighbour: &Neighbour) {
        let steady = |speed_mps: f64| Side {
            speed_mps,
            ..Side::STILL
        };
        (self.front, self.rear) = (steady(neighbour.along_mps), steady(-neighbour.along_mps));
        (self.left, self.right) = (steady(neighbour.leftward_mps), steady(-neighbour.leftward_mps));
    }

    fn walks(&mut self, view: &View<'_>, neighbour: &Neighbour, rules: Rules) {
        let (speed_mps_max, acceleration_mps2) = match rules {
            Rules::Lawful => (WALKING_MPS, WALKING_MPS2),
            Rules::Physical => (RUNNING_MPS, RUNNING_MPS2),
        };
        let side = |speed_mps: f64| Side {
            speed_mps,
            acceleration_mps2,
            speed_mps_max: speed_mps_max.max(speed_mps),
        };
        (self.front, self.rear) = (side(neighbour.along_mps), side(-neighbour.along_mps));
        (self.left, self.right) = (side(neighbour.leftward_mps), side(-neighbour.leftward_mps));
        if rules == Rules::Lawful && stays_off_the_road(view, neighbour) {
            self.keep_beside(view, neighbour);
        }
    }

    /// A vehicle that keeps to the law.
    fn drives(&mut self, view: &View<'_>, neighbour: &Neighbour) {
        let gain = acceleration_mps2_max(neighbour.kind);
        let speed_mps_max = limit_mps(view, neighbour.rear_m) * SPEED_FACTOR;
        let outside = is_outside_lane(view, neighbour);
        if neighbour.alignment.abs() < ALIGNED_COS {
            // It crosses or turns; whoever stands beside our lane waits there.
            let side = |speed_mps: f64| Side {
                speed_mps,
                acceleration_mps2: if speed_mps > STANDING_MPS { gain } else { 0.0 },
                speed_mps_max,
            };
            (self.front, self.rear) = (side(neighbour.along_mps), side(-neighbour.along_mps));
            (self.left, self.right) = (side(neighbour.leftward_mps), side(-neighbour.leftward_mps));
            if outside && neighbour.speed_mps.abs() < STANDING_MPS {
                self.keep_beside(view, neighbour);
            }
            return;
        }
        let onwards = |braking_mps2: f64, speed_mps: f64| {
            let ahead = Side {
                speed_mps,
                acceleration_mps2: gain,
                speed_mps_max,
            };
            // It brakes, to a stand, and does not reverse.
            let behind = Side {
                speed_mps: -speed_mps,
                acceleration_mps2: braking_mps2,
                speed_mps_max: 0.0,
            };
            (ahead, behind)
        };
        let enters = !outside || has_begun(view, neighbour);
        let is_beside = !overlaps_band(view, neighbour);
        let braking_mps2 = if enters && is_beside {
            MERGING_MPS2
        } else {
            BRAKING_MPS2
        };
        if neighbour.alignment > 0.0 {
            (self.front, self.rear) = onwards(braking_mps2, neighbour.along_mps.max(0.0));
        } else {
            // Oncoming: who is in our lane speeds up no more.
            (self.rear, self.front) = onwards(BRAKING_MPS2, (-neighbour.along_mps).max(0.0));
            if !outside {
                self.rear.acceleration_mps2 = 0.0;
            }
        }
        if enters {
            let sideways = |speed_mps: f64| Side {
                speed_mps: speed_mps.max(0.0),
                acceleration_mps2: if speed_mps > BEGUN_MPS { SIDEWAYS_MPS2 } else { 0.0 },
                speed_mps_max: SIDEWAYS_MPS,
            };
            (self.left, self.right) = (sideways(neighbour.leftward_mps), sideways(-neighbour.leftward_mps));
        } else {
            let anywhere = Side {
                speed_mps: SIDEWAYS_MPS,
                ..Side::STILL
            };
            (self.left, self.right) = (anywhere, anywhere);
            self.keep_beside(view, neighbour);
        }
    }

    /// A vehicle that does what it can.
    fn may_drive(&mut self, neighbour: &Neighbour) {
        let side = |speed_mps: f64, acceleration_mps2: f64, speed_mps_max: f64| Side {
            speed_mps,
            acceleration_mps2,
            speed_mps_max,
        };
        let along = |speed_mps: f64| side(speed_mps, PHYSICAL_MPS2, if speed_mps > 0.0 { 60.0 } else { 0.0 });
        let across = |speed_mps: f64| side(speed_mps, PHYSICAL_SIDEWAYS_MPS2, PHYSICAL_SIDEWAYS_MPS);
        (self.front, self.rear) = (along(neighbour.along_mps), along(-neighbour.along_mps));
        (self.left, self.right) = (across(neighbour.leftward_mps), across(-neighbour.leftward_mps));
    }

    /// Not over the edge of our lane.
    fn keep_beside(&mut self, view: &View<'_>, neighbour: &Neighbour) {
        let half_m = 0.5 * view.route.at(neighbour.rear_m).width_m;
        // Who is a little over the line stays there.
        if neighbour.lateral_m > 0.0 {
            self.right_m_min = half_m.min(self.now.right_m);
        } else {
            self.left_m_max = (-half_m).max(self.now.left_m);
        }
    }
}

/// The space in a junction that somebody shares with us, from when it can be there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub track: u32,
    pub enter_m: f64,
    pub exit_m: f64,
    pub from_s: f64,
    pub is_merge: bool,
    /// It is there although it would have to yield.
    pub has_to_yield: bool,
}

/// Who is ahead and beside.
pub(crate) type Occupancies = Vec<Occupancy>;
/// Who comes in junctions.
pub(crate) type Windows = Vec<Window>;

/// Fills in everyone near, but for those that `windows` has.
pub(crate) fn occupancies(view: &View<'_>, occupants: &Occupants, rules: Rules, found: &mut Occupancies) {
    found.clear();
    let is_apart = |neighbour: &&Neighbour| neighbour.alignment < ALIGNED_COS && occupants.holds(neighbour.track);
    for neighbour in view.neighbours.iter().filter(|neighbour| !is_apart(neighbour)) {
        if found.len() >= OCCUPANCIES_MAX {
            return;
        }
        found.extend(Occupancy::of(view, neighbour, rules));
    }
}

/// Fills in the shared spaces of the gates up to `reach_m`.
pub(crate) fn windows(view: &View<'_>, occupants: &mut Occupants, reach_m: f64, rules: Rules, found: &mut Windows) {
    found.clear();
    occupants.forget();
    let first = view.route.next_gate(view.rear_m());
    for gate in view
        .route
        .gates
        .iter()
        .skip(first)
        .take_while(|gate| gate.start_m < reach_m)
    {
        if !gate.is_shared {
            continue;
        }
        occupants.find(view, gate);
        for rival in &gate.rivals {
            let is_merge = rival.kind == ConflictKind::Merge;
            if view.rear_m() > rival.exit_m || is_merge && view.front_m > rival.enter_m {
                continue;
            }
            let is_held = rival
                .signal
                .and_then(|signal| view.signal(signal))
                .is_some_and(|seen| matches!(seen.colour, SignalColour::Red | SignalColour::Amber));
            for occupant in occupants.iter() {
                let Some((_, chain_m)) = rival.chain.iter().find(|(approach, _)| *approach == occupant.approach) else {
                    continue;
                };
                let to_enter_m = chain_m - occupant.s_m;
                if to_enter_m + rival.length_m + occupant.length_m < 0.0 {
                    continue;
                }
                let object = &view.observation.objects[occupant.object];
                let is_inside = to_enter_m < 0.3 && gate.approaches[occupant.approach].lane == rival.lane;
                let yields = is_held || rival.right_of_way == RightOfWay::Priority;
                if rules == Rules::Lawful && yields && !is_inside {
                    continue;
                }
                let (gain, factor) = match rules {
                    Rules::Lawful => (acceleration_mps2_max(object.kind), SPEED_FACTOR),
                    Rules::Physical => (PHYSICAL_MPS2, 2.0),
                };
                let side = Side {
                    speed_mps: occupant.speed_mps.max(0.0),
                    acceleration_mps2: gain,
                    speed_mps_max: limit_mps(view, rival.enter_m) * factor,
                };
                let window = Window {
                    track: object.track,
                    enter_m: rival.enter_m,
                    exit_m: rival.exit_m,
                    from_s: time_to_reach_s(side, to_enter_m),
                    is_merge,
                    has_to_yield: yields,
                };
                if found.len() >= WINDOWS_MAX {
                    return;
                }
                found.push(window);
            }
        }
    }
}

/// The earliest time at which a side has moved so far.
fn time_to_reach_s(side: Side, way_m: f64) -> f64 {
    if way_m <= 0.0 {
        return 0.0;
    }
    let (v, a, top) = (
        side.speed_mps,
        side.acceleration_mps2,
        side.speed_mps_max.max(side.speed_mps),
    );
    let gain_s = (top - v) / a;
    let gain_m = 0.5 * (v + top) * gain_s;
    if gain_m < way_m {
        gain_s + (way_m - gain_m) / top.max(0.1)
    } else {
        ((v * v + 2.0 * a * way_m).sqrt() - v) / a
    }
}

/// As much as its kind can, about.
pub(crate) fn acceleration_mps2_max(kind: ObjectKind) -> f64 {
    match kind {
        ObjectKind::Car => 4.0,
        ObjectKind::Truck | ObjectKind::Bus => 2.5,
        ObjectKind::Cyclist => 2.0,
        ObjectKind::Pedestrian | ObjectKind::Obstacle => WALKING_MPS2,
    }
}

/// The limit of the road at a station.
pub(crate) fn limit_mps(view: &View<'_>, station_m: f64) -> f64 {
    let section = view.route.sections.get(view.route.section_at(station_m));
    section.map_or(f64::INFINITY, |section| {
        view.network.lane(view.lanes[section.active]).speed_mps_max.max(3.0)
    })
}

/// Whether it comes from behind, or from beside and behind: it sees us, and keeps clear.
fn follows(view: &View<'_>, neighbour: &Neighbour) -> bool {
    let is_vehicle = !matches!(neighbour.kind, ObjectKind::Pedestrian | ObjectKind::Obstacle);
    is_vehicle && neighbour.alignment > ALIGNED_COS && neighbour.front_m < view.front_m
}

/// Whether its near side is beyond the edge of our lane.
pub(crate) fn is_outside_lane(view: &View<'_>, neighbour: &Neighbour) -> bool {
    let half_m = 0.5 * view.route.at(neighbour.rear_m).width_m - OVER_LINE_M;
    neighbour.lateral_m.abs() - neighbour.half_width_m > half_m
}

/// Whether it moves into our lane, or says that it will.
pub(crate) fn has_begun(view: &View<'_>, neighbour: &Neighbour) -> bool {
    let side = if neighbour.lateral_m > view.course.offset_m(neighbour.rear_m) {
        1.0
    } else {
        -1.0
    };
    let announces = match neighbour.indicator {
        Indicator::Left => side < 0.0,
        Indicator::Right => side > 0.0,
        _ => false,
    };
    let is_turned = neighbour.alignment.abs() < TURNED_COS;
    announces && neighbour.alignment > 0.0 || -side * neighbour.leftward_mps > BEGUN_MPS || is_turned
}

/// Whether it is in the strip that our body sweeps.
pub(crate) fn overlaps_band(view: &View<'_>, neighbour: &Neighbour) -> bool {
    let (right_m, left_m) = view.swept_m(neighbour.rear_m, 0.0);
    neighbour.overlaps(right_m, left_m)
}

/// Whether one on foot is off the carriageway and has not begun to step onto it, where nothing lets it.
pub(crate) fn stays_off_the_road(view: &View<'_>, neighbour: &Neighbour) -> bool {
    let half_m = 0.5 * view.route.at(neighbour.rear_m).width_m;
    let is_on_road = neighbour.lateral_m > -half_m - 0.1 && neighbour.lateral_m < CARRIAGEWAY_M;
    let inward_mps = if neighbour.lateral_m > 0.0 {
        -neighbour.leftward_mps
    } else {
        neighbour.leftward_mps
    };
    if is_on_road || inward_mps > STEPS_OUT_MPS {
        return false;
    }
    let crossings = &view.route.crossings;
    let first = crossings.partition_point(|crossing| crossing.exit_m + CROSSING_M < neighbour.rear_m);
    let crossing = crossings
        .get(first)
        .filter(|crossing| crossing.enter_m - CROSSING_M < neighbour.front_m);
    crossing.is_none_or(|crossing| {
        let light = crossing.signal.and_then(|signal| view.signal(signal));
        light.is_some_and(|seen| matches!(seen.colour, SignalColour::Red | SignalColour::Amber))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever somebody does within its bounds, its side is never beyond what was predicted.
        #[test]
        fn a_side_is_never_farther_out_than_its_reach(
            speed_mps in -20.0..20.0_f64,
            speed_mps_max in 0.0..20.0_f64,
            acceleration_mps2 in 0.1..8.0_f64,
            shares in prop::collection::vec(-1.0..=1.0_f64, 40),
        ) {
            let side = Side { speed_mps, acceleration_mps2, speed_mps_max };
            let top_mps = speed_mps_max.max(speed_mps);
            let (mut v, mut way_m) = (speed_mps, 0.0);
            for (step, share) in shares.iter().enumerate() {
                let next = (v + 0.1 * share * acceleration_mps2).min(top_mps);
                way_m += 0.05 * (v + next);
                v = next;
                let time_s = 0.1 * (step + 1) as f64;
                prop_assert!(way_m <= side.reach_m(time_s) + 1e-9, "{way_m} after {time_s} s");
                prop_assert!(way_m <= side.farthest_m(time_s - 0.1, time_s) + 1e-9);
            }
        }

        /// The earliest arrival is when the reach is the way.
        #[test]
        fn nobody_arrives_before_it_can(
            speed_mps in 0.0..20.0_f64,
            over_mps in 0.0..10.0_f64,
            acceleration_mps2 in 0.1..8.0_f64,
            way_m in 0.1..150.0_f64,
        ) {
            let side = Side { speed_mps, acceleration_mps2, speed_mps_max: speed_mps + over_mps + 0.1 };
            let time_s = time_to_reach_s(side, way_m);
            prop_assert!((side.reach_m(time_s) - way_m).abs() < 1e-6, "{} m after {time_s} s", side.reach_m(time_s));
        }
    }
}
