//! Docking at halts, standing there, and pulling out.
//!
//! In go the mission's first halt and the view; out come the course to the kerb, the stop, the wish for open doors, and
//! the leave to drive on. A halt is served when the mission no longer begins with it: until then, and while the mission
//! says hold, the vehicle stays.

use crate::lateral::{Course, Leading};
use crate::speed::{Cause, Governor, STANDSTILL_MPS};
use crate::view::View;
use vehicle::{Halt, Indicator, Reason};

/// Between the body's side and the kerb: as said, but never less than this.
const KERB_M: f64 = 0.05;
/// Where the way to the kerb begins, before the halt.
const DOCK_M: f64 = 48.0;
/// Straight along the kerb at the end: this share of the way, within these bounds. The rear axle needs the lower one to
/// come round.
const STRAIGHT: f64 = 0.4;
const STRAIGHT_M: (f64, f64) = (8.0, 13.0);
/// Fastest while moving to or from the kerb.
const DOCK_MPS: f64 = 7.0;
/// So near to its place the front bumper has arrived.
const ARRIVED_M: f64 = 0.6;
/// One who overshot by no more than this stops all the same: better a walk than a stop left out.
const OVERSHOOT_M: f64 = 12.0;
/// Offset from the lane's middle that makes leaving a pulling-out.
const PULL_OUT_M: f64 = 0.35;
/// Way of moving back to the lane's middle, with what a lane change after it takes.
const PULL_OUT_WAY_M: f64 = 50.0;
/// Announced for so long before moving over.
const ANNOUNCE_S: f64 = 1.5;

/// What is going on at the kerb.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Berth {
    /// No business there.
    #[default]
    None,
    /// Moving over to the halt of this visit.
    Docking(u32),
    /// Standing at it.
    Standing(u32),
    /// Doors shut, waiting for a gap, for so long.
    Leaving(f64),
    /// Moving back to the lane.
    PullingOut,
}

impl Berth {
    /// Tells the governor, and moves the course.
    pub(crate) fn govern(&mut self, view: &View<'_>, governor: &mut Governor) -> Option<CourseChange> {
        let mission = &view.observation.mission;
        let halt = mission.halts.first().and_then(|halt| {
            let at_m = view
                .route
                .station_m(view.network, view.lanes, halt.leg as usize, halt.position.s_m)?;
            at_m.is_finite().then_some((halt, at_m - view.front_m))
        });
        if let Berth::Standing(visit) = *self {
            let is_served = mission.halts.first().is_none_or(|halt| halt.visit != visit);
            if is_served && !mission.hold {
                let is_out = view.course.offset_m(view.station_m).abs() > PULL_OUT_M;
                *self = if is_out { Berth::Leaving(0.0) } else { Berth::None };
            } else {
                governor.ask(-1.0, 0.0, Cause::of(Reason::Halt));
                return None;
            }
        }
        if view.observation.ego.door_is_open {
            governor.ask(-1.0, 0.0, Cause::of(Reason::Halt));
        }
        match halt {
            Some((halt, way_m)) if way_m > -OVERSHOOT_M => self.approach(view, governor, halt, way_m),
            _ => self.leave(view, governor),
        }
    }

    /// The next halt lies ahead.
    fn approach(&mut self, view: &View<'_>, governor: &mut Governor, halt: &Halt, way_m: f64) -> Option<CourseChange> {
        let is_near =
            way_m < ARRIVED_M || way_m < 1.5 && view.speed_mps < STANDSTILL_MPS && self.is_docking(halt.visit);
        if view.speed_mps < STANDSTILL_MPS && is_near {
            *self = Berth::Standing(halt.visit);
            governor.ask(-1.0, 0.0, Cause::of(Reason::Halt));
            return None;
        }
        if way_m < DOCK_M || !matches!(self, Berth::Leaving(_) | Berth::PullingOut) {
            governor.stop(way_m.max(0.0) + 0.02, Cause::of(Reason::Halt));
        }
        if way_m > DOCK_M {
            return self.leave(view, governor);
        }
        governor.keep_speed(DOCK_MPS, 0.0, Cause::of(Reason::Halt));
        let section = view
            .route
            .section_at(view.station_m + way_m + view.sheet.dimensions.front_m());
        let is_on_lane = view
            .route
            .sections
            .get(section)
            .is_some_and(|section| section.active == halt.leg as usize);
        if self.is_docking(halt.visit) || !is_on_lane {
            return None;
        }
        *self = Berth::Docking(halt.visit);
        let target_m = berth_offset_m(view, halt);
        if (view.course.target_m() - target_m).abs() < 0.05 {
            return None;
        }
        Some(CourseChange {
            target_m,
            length_m: (way_m - (STRAIGHT * way_m).clamp(STRAIGHT_M.0, STRAIGHT_M.1)).clamp(6.0, 32.0),
            leading: Leading::FrontBumper(view.sheet.dimensions.front_m()),
        })
    }

    /// Back into the lane, with a look over the shoulder.
    fn leave(&mut self, view: &View<'_>, governor: &mut Governor) -> Option<CourseChange> {
        match *self {
            Berth::Docking(_) => {
                // The halt was taken off the mission on the way to it.
                *self = Berth::PullingOut;
                Some(CourseChange {
                    target_m: 0.0,
                    length_m: 30.0,
                    leading: Leading::RearAxle,
                })
            }
            Berth::Leaving(announced_s) => {
                let announced_s = announced_s + view.period_s;
                if !view.observation.ego.door_is_open && lane_ends_soon(view) {
                    // Out of a lay-by: the change to the lane beside it is the pulling-out, with its own look around.
                    *self = Berth::None;
                    return None;
                }
                if announced_s >= ANNOUNCE_S && !view.observation.ego.door_is_open {
                    match rival_behind(view) {
                        None => {
                            *self = Berth::PullingOut;
                            return Some(CourseChange {
                                target_m: 0.0,
                                length_m: 24.0,
                                leading: Leading::RearAxle,
                            });
                        }
                        Some(track) => {
                            let cause = Cause {
                                rival: Some(track),
                                ..Cause::of(Reason::LaneChange)
                            };
                            governor.ask(-1.0, 0.0, cause);
                        }
                    }
                }
                *self = Berth::Leaving(announced_s);
                governor.ask(-1.0, 0.0, Cause::of(Reason::LaneChange));
                None
            }
            Berth::PullingOut => {
                governor.keep_speed(DOCK_MPS, 0.0, Cause::of(Reason::LaneChange));
                if !view.course.is_changing(view.station_m) {
                    *self = Berth::None;
                }
                None
            }
            Berth::None | Berth::Standing(_) => None,
        }
    }

    fn is_docking(self, visit: u32) -> bool {
        self == Berth::Docking(visit)
    }

    /// The visit of the halt at which it stands.
    pub(crate) fn visit(self) -> Option<u32> {
        match self {
            Berth::Standing(visit) => Some(visit),
            _ => None,
        }
    }

    pub(crate) fn indicator(self) -> Indicator {
        match self {
            Berth::Docking(_) => Indicator::Right,
            Berth::Leaving(_) | Berth::PullingOut => Indicator::Left,
            Berth::None | Berth::Standing(_) => Indicator::Off,
        }
    }

    /// At rest beside a lane, with somewhere to go.
    pub(crate) fn begin_beside_lane(&mut self, offset_m: f64) {
        if !matches!(self, Berth::Standing(_) | Berth::Leaving(_)) && offset_m.abs() > PULL_OUT_M {
            *self = Berth::Leaving(0.0);
        }
    }
}

/// A wish to move across the lane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CourseChange {
    pub target_m: f64,
    pub length_m: f64,
    pub leading: Leading,
}

impl CourseChange {
    pub(crate) fn apply(&self, course: &mut Course, station_m: f64) {
        course.go_to(station_m, self.target_m, self.length_m, self.leading);
    }
}

/// Where the centre line is to be: as the halt says, or [`KERB_M`] from the kerb; never on the kerb.
fn berth_offset_m(view: &View<'_>, halt: &Halt) -> f64 {
    let half_m = 0.5 * view.sheet.dimensions.width_m;
    let said_m = halt.position.offset_m;
    if !halt.kerb_m.is_finite() || halt.kerb_m <= half_m {
        return if said_m.is_finite() {
            said_m.clamp(-4.0, 4.0)
        } else {
            0.0
        };
    }
    let nearest_m = -(halt.kerb_m.min(6.0) - half_m - KERB_M);
    if said_m.is_finite() && said_m != 0.0 {
        said_m.clamp(nearest_m, 4.0)
    } else {
        nearest_m
    }
}

/// Whether the mission steps to the lane beside within the way that pulling out takes.
fn lane_ends_soon(view: &View<'_>) -> bool {
    let section = view.route.sections.get(view.route.section_at(view.station_m));
    section.is_some_and(|section| {
        section.active + 1 < section.legs.end && section.start_m + section.length_m - view.front_m < PULL_OUT_WAY_M
    })
}

/// Somebody beside or behind whom pulling out would disturb.
fn rival_behind(view: &View<'_>) -> Option<u32> {
    let half_m = 0.5 * view.sheet.dimensions.width_m;
    let found = view.neighbours.iter().find(|neighbour| {
        // The strip from our side to the far side of where we want to be.
        if !neighbour.overlaps(-half_m - 0.2, half_m + 0.4) || neighbour.alignment < 0.0 {
            return false;
        }
        let behind_m = view.rear_m() - neighbour.front_m;
        // Who stands close behind waits for us to drive off.
        let apart_m = if neighbour.along_mps.abs() < STANDSTILL_MPS {
            0.2
        } else {
            1.0
        };
        let is_beside = behind_m < apart_m && neighbour.rear_m < view.front_m + 1.0;
        // We reach walking speed and more within some seconds; it may slow down gently meanwhile.
        let closing_mps = neighbour.along_mps.max(0.0);
        let comes = behind_m >= 0.0 && closing_mps > 0.5 && behind_m < 4.0 + 3.0 * closing_mps;
        is_beside || comes
    });
    found.map(|neighbour| neighbour.track)
}
