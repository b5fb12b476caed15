//! The automated driver: one cycle from observation to control.
//!
//! It keeps its place on the mission's route, lets each of its parts (lights, junctions, crossings, halts, lane changes,
//! the leader, faults) tell the governor what it may not exceed, and turns the lowest acceleration and the planned
//! course into pedals and wheel. It knows the map, its data sheet and what it observes; nothing else.

use crate::account;
use crate::bend;
use crate::clearance;
use crate::crosser::Crossers;
use crate::crossing::Crossings;
use crate::cut_in::CutIns;
use crate::drift::Drifts;
use crate::fail_safe::FailSafe;
use crate::follow;
use crate::halt::Berth;
use crate::hidden::Hidden;
use crate::junction::Junctions;
use crate::ladder::Ladder;
use crate::lane_change::LaneChange;
use crate::lateral::{Course, Steering, Target};
use crate::neighbour::{self, Neighbour};
use crate::odd::OddMonitor;
use crate::passing::Passing;
use crate::pedals::Pedals;
use crate::route::Route;
use crate::signal::Lights;
use crate::speed::{BRAKING_MPS2, Cause, Governor, JerkLimiter, STANDSTILL_MPS, braking_way_m};
use crate::view::View;
use record::SimTime;
use road::{LaneId, LanePosition, RoadNetwork};
use std::sync::Arc;
use vehicle::{
    Control, DataSheet, Decision, Driver, EgoState, Explanation, FaultKind, Faults, GRAVITY_MPS2, Indicator, Mission,
    Observation, Reason,
};

/// Time between cycles.
const PERIOD: SimTime = SimTime::from_millis(50);
/// Farther from the route than this, it is lost and stops.
const LOST_M: f64 = 7.0;
/// Lateral acceleration of moves across the lane.
const COURSE_MPS2_MAX: f64 = 0.8;
/// As many are near before space for more is made.
const NEIGHBOURS: usize = 256;
/// So near to the route's end, at rest, it is done.
const DONE_M: f64 = 4.0;

/// Drives by observations alone; see the crate's page.
pub struct AutomatedDriver {
    network: Arc<RoadNetwork>,
    sheet: Arc<DataSheet>,
    mission: Arc<Mission>,
    lanes: Vec<LaneId>,
    route: Route,
    place: Option<Place>,
    course: Course,
    steering: Steering,
    limiter: JerkLimiter,
    pedals: Pedals,
    lights: Lights,
    junctions: Junctions,
    crossings: Crossings,
    crossers: Crossers,
    cut_ins: CutIns,
    hidden: Hidden,
    berth: Berth,
    lane_change: LaneChange,
    passing: Passing,
    ladder: Ladder,
    odd: OddMonitor,
    neighbours: Vec<Neighbour>,
    drifts: Drifts,
    fail_safe: FailSafe,
    decision: Decision,
    time: Option<SimTime>,
}

/// Where the reference point is on the route.
#[derive(Clone, Copy, Debug)]
struct Place {
    section: usize,
    /// On the section's reference lane; may lie a little before its start or beyond its end.
    s_m: f64,
    station_m: f64,
    /// From the reference lane's centre, positive to the left.
    offset_m: f64,
    /// Against the lane's direction.
    heading_error_rad: f64,
}

impl AutomatedDriver {
    /// A driver for a vehicle of this sheet, on this map.
    pub fn new(network: Arc<RoadNetwork>, sheet: Arc<DataSheet>) -> AutomatedDriver {
        AutomatedDriver {
            steering: Steering::new(&sheet),
            pedals: Pedals::new(&sheet),
            network,
            sheet,
            mission: Arc::default(),
            lanes: Vec::new(),
            route: Route::default(),
            place: None,
            course: Course::default(),
            limiter: JerkLimiter::default(),
            lights: Lights::default(),
            junctions: Junctions::default(),
            crossings: Crossings::default(),
            crossers: Crossers::default(),
            cut_ins: CutIns::default(),
            hidden: Hidden::default(),
            berth: Berth::default(),
            lane_change: LaneChange::default(),
            passing: Passing::default(),
            ladder: Ladder::default(),
            odd: OddMonitor::default(),
            neighbours: Vec::with_capacity(NEIGHBOURS),
            drifts: Drifts::default(),
            fail_safe: FailSafe::default(),
            decision: Decision::new(idle()),
            time: None,
        }
    }

    /// Hardest braking of the loaded vehicle, with what is broken.
    fn braking_mps2_max(&self, faults: Faults) -> f64 {
        let sheet = &self.sheet;
        let mass_kg = sheet.mass.empty_kg + sheet.mass.payload_kg;
        (0.9 * faults.brake_share() * sheet.brake.force_n_max / mass_kg)
            .min(0.8 * faults.grip_share() * sheet.tyres.friction * GRAVITY_MPS2)
            .max(1.5)
    }

    fn cycle(&mut self, observation: &Observation, period_s: f64) -> Control {
        self.take_mission(&observation.mission);
        let ego = &observation.ego;
        if self.place.is_none() {
            self.begin(ego);
        }
        self.place = self.place.map(|place| self.locate(place, ego));
        let Some(place) = self.place.filter(|place| place.offset_m.abs() < LOST_M) else {
            return self.stand_still(observation, period_s);
        };
        if self.course.is_empty() {
            self.course.reset(place.station_m, place.offset_m);
            if ego.speed_mps.abs() < STANDSTILL_MPS {
                self.berth.begin_beside_lane(place.offset_m);
            } else {
                self.course.return_from(place.station_m, ego.speed_mps);
            }
        }
        // With the main computer out, the second one knows the course and nobody on it.
        let knows_course_only = ego.faults.has(FaultKind::Computer);
        if knows_course_only {
            self.neighbours.clear();
        } else {
            neighbour::find(
                &self.route,
                observation,
                place.station_m,
                period_s,
                &mut self.drifts,
                &mut self.neighbours,
            );
        }
        let view = View {
            network: &self.network,
            sheet: &self.sheet,
            observation,
            route: &self.route,
            lanes: &self.lanes,
            course: &self.course,
            neighbours: &self.neighbours,
            station_m: place.station_m,
            front_m: place.station_m + self.sheet.dimensions.front_m(),
            speed_mps: ego.speed_mps.max(0.0),
            period_s,
        };
        let horizon_m = braking_way_m(view.speed_mps, 1.5, BRAKING_MPS2) + 25.0;
        let braking_mps2_max = self.braking_mps2_max(ego.faults);
        let mut governor = Governor::new(view.speed_mps, braking_mps2_max);
        limit_speed(&view, &mut governor);
        self.odd.watch(&view, &mut self.decision);
        self.ladder.climb(&view, &self.decision.odd);

        let leader = follow::leader(&view);
        let lead = leader.map(|index| &self.neighbours[index]);
        follow::govern(&view, &mut governor, leader, &mut self.cut_ins);
        let closed = self.lights.govern(&view, &mut governor, horizon_m);
        self.junctions.govern(&view, &mut governor, lead, closed, horizon_m);
        self.crossings.govern(&view, &mut governor, horizon_m);
        self.crossers.govern(&view, &mut governor);
        bend::govern(&view, &mut governor);
        if !knows_course_only {
            clearance::govern(&view, &mut governor);
        }
        let at_berth = self.berth != Berth::None;
        // Who stands at a halt on the ladder stays there, served or not.
        let stays_at_berth = self.ladder.is_stopping() && matches!(self.berth, Berth::Standing(_) | Berth::Leaving(_));
        let change = if stays_at_berth {
            None
        } else {
            self.berth.govern(&view, &mut governor)
        };
        let aside = self.ladder.govern(&view, &mut governor, &mut self.berth);
        let is_busy = at_berth || self.ladder.is_stopping() && !self.ladder.drives_on();
        let passing = self.passing.govern(&view, &mut governor, lead, is_busy);
        let moves = self
            .lane_change
            .govern(&view, &mut governor, is_busy || self.passing.is_active());
        let is_elsewhere = is_busy || self.passing.is_active() || moves.is_some();
        let over = self.hidden.govern(&view, &mut governor, is_elsewhere);
        let is_done = self.stop_at_end(&view, &mut governor);
        governor.explanation.at_halt = self.berth.visit();
        governor.explanation.is_done = is_done;
        account::write(&mut self.decision, &view, &governor, lead);
        self.decision.ladder = *self.ladder.state();
        if knows_course_only {
            self.fail_safe.leave_open(&mut self.decision);
        } else {
            self.fail_safe
                .prove(&view, governor.acceleration_mps2, braking_mps2_max, &mut self.decision);
        }
        if let Some(change) = aside.or(change).or(passing).or(over) {
            change.apply(&mut self.course, place.station_m);
        }
        let mut place = place;
        if let Some(moves) = moves {
            self.fail_safe.forget_lanes();
            self.odd.forget_lanes();
            self.route
                .activate(&self.network, &self.lanes, moves.section, moves.leg);
            self.course.shift(moves.shift_m);
            self.course
                .go_to(place.station_m, 0.0, moves.length_m, crate::lateral::Leading::RearAxle);
            place = self.locate(place, ego);
            self.place = Some(place);
        }

        let steering_angle_rad = self.steer(&place, ego, period_s);
        let grade = self.network.lane_grade(self.lane_of(&place), place.s_m.max(0.0));
        let acceleration = self.limiter.next(&governor, self.sheet.brake.jerk_mps3_max, period_s);
        let pedal = self.pedals.press(acceleration, grade, ego, &governor, period_s);
        if pedal.is_at_rest {
            self.limiter.rest();
        }
        let hazard_lights = self.ladder.hazard_lights(&self.sheet);
        Control {
            drive: pedal.drive,
            brake: pedal.brake,
            steering_angle_rad,
            reverse: false,
            indicator: if hazard_lights {
                Indicator::Hazard
            } else {
                self.indicator(&place)
            },
            hazard_lights,
            open_doors: self.opens_doors(observation),
        }
    }

    /// Nothing to follow: comes to a stop, straight on.
    fn stand_still(&mut self, observation: &Observation, period_s: f64) -> Control {
        let ego = &observation.ego;
        let is_lost = !self.lanes.is_empty();
        self.forget(observation);
        if is_lost {
            self.odd.lose(&self.sheet.odd, period_s, &mut self.decision);
            self.ladder.lose(period_s);
            self.decision.ladder = *self.ladder.state();
        }
        let explanation = &mut self.decision.explanation;
        if is_lost {
            explanation.reason = Reason::MinimalRisk;
            explanation.is_done = false;
        }
        let reason = explanation.reason;
        let mut governor = Governor::new(ego.speed_mps.max(0.0), self.braking_mps2_max(ego.faults));
        governor.ask(-1.2, 0.0, Cause::of(reason));
        let acceleration = self.limiter.next(&governor, self.sheet.brake.jerk_mps3_max, period_s);
        let pedal = self.pedals.press(acceleration, 0.0, ego, &governor, period_s);
        if pedal.is_at_rest {
            self.limiter.rest();
        }
        Control {
            brake: pedal.brake,
            steering_angle_rad: self.steering.angle_rad(),
            hazard_lights: is_lost,
            open_doors: self.opens_doors(observation),
            ..Control::default()
        }
    }

    /// There is nothing to weigh in this cycle.
    fn forget(&mut self, observation: &Observation) {
        self.decision = Decision {
            time: observation.time,
            speed_mps: observation.ego.speed_mps,
            assurance: self.decision.assurance,
            odd: self.decision.odd,
            odd_tally: self.decision.odd_tally,
            ladder: self.decision.ladder,
            ..Decision::new(idle())
        };
    }

    /// A new mission: the same lanes keep their route, others are laid out afresh.
    fn take_mission(&mut self, mission: &Arc<Mission>) {
        if Arc::ptr_eq(&self.mission, mission) {
            return;
        }
        let has_new_cap = self.mission.speed_mps_max != mission.speed_mps_max;
        let has_new_lanes = self.mission.lanes != mission.lanes;
        self.mission = Arc::clone(mission);
        if !has_new_lanes && !has_new_cap {
            return;
        }
        let cap_mps = mission
            .speed_mps_max
            .filter(|cap| cap.is_finite() && *cap > 0.0)
            .unwrap_or(f64::INFINITY);
        let speed_mps_max = self.sheet.drive.speed_mps_max.min(cap_mps);
        let before = std::mem::take(&mut self.route);
        self.route = Route::new(&self.network, &mission.lanes, &self.sheet, speed_mps_max);
        if has_new_lanes {
            self.lanes.clear();
            self.lanes.extend_from_slice(&mission.lanes);
            self.place = None;
            self.course.clear();
            self.junctions.reset();
            self.passing.reset();
            self.hidden.reset();
            self.ladder.forget_place();
            self.fail_safe.forget_lanes();
            self.odd.forget_lanes();
        } else {
            for (index, section) in before
                .sections
                .iter()
                .enumerate()
                .filter(|(_, s)| s.active != s.legs.start)
            {
                self.route.activate(&self.network, &self.lanes, index, section.active);
            }
        }
    }

    /// Where the vehicle is: onwards from where it was.
    fn locate(&self, before: Place, ego: &EgoState) -> Place {
        let mut place = self.place_on(
            before.section,
            self.route.sections[before.section].active,
            Some(before.s_m),
            ego,
        );
        // Onwards over as many section ends as a cycle can pass.
        for _ in 0..8 {
            let section = &self.route.sections[place.section];
            let length_m = self.network.lane(self.lanes[section.active]).length_m;
            if place.s_m < length_m || place.section + 1 >= self.route.sections.len() {
                break;
            }
            let next = place.section + 1;
            place = self.place_on(next, self.route.sections[next].active, Some(0.0), ego);
        }
        place
    }

    /// Begins a route at the first place on it that fits position and heading, on whichever of its lanes that is.
    fn begin(&mut self, ego: &EgoState) {
        let mut best: Option<(f64, usize, Place)> = None;
        for (index, section) in self.route.sections.iter().enumerate() {
            for leg in section.legs.clone() {
                let place = self.place_on(index, leg, None, ego);
                let length_m = self.network.lane(self.lanes[leg]).length_m;
                let beyond_m = (-place.s_m).max(place.s_m - length_m).max(0.0);
                // The rear axle may still be before the first lane, when the front bumper is on it.
                let beyond_m = if index == 0 && place.s_m < 0.0 {
                    (beyond_m - 12.0).max(0.0)
                } else {
                    beyond_m
                };
                let misfit_m = place.offset_m.abs() + beyond_m + 4.0 * place.heading_error_rad.abs();
                // Earlier places win unless a later one is clearly better.
                if best.is_none_or(|(least_m, ..)| misfit_m + 1.5 < least_m) {
                    best = Some((misfit_m, leg, place));
                }
            }
        }
        if let Some((_, leg, place)) = best {
            if self.route.sections[place.section].active != leg {
                self.route.activate(&self.network, &self.lanes, place.section, leg);
            }
            self.place = Some(place);
        }
    }

    fn place_on(&self, section: usize, leg: usize, hint_s_m: Option<f64>, ego: &EgoState) -> Place {
        let lane = self.lanes[leg];
        let (x_m, y_m) = (ego.pose.x_m, ego.pose.y_m);
        let at = match hint_s_m {
            Some(hint_s_m) => self.network.project_near(lane, hint_s_m.max(0.0), x_m, y_m),
            None => self.network.project(lane, x_m, y_m),
        };
        // Measured from the lane's own direction there, so that it goes on straight beyond the ends.
        let pose = self.network.lane_pose(LanePosition {
            lane,
            s_m: at.s_m,
            offset_m: 0.0,
        });
        let (sin, cos) = libm::sincos(pose.heading_rad);
        let (dx, dy) = (x_m - pose.x_m, y_m - pose.y_m);
        let s_m = at.s_m + dx * cos + dy * sin;
        let Some(stretch) = self.route.sections.get(section) else {
            return Place {
                section,
                s_m,
                station_m: s_m,
                offset_m: 0.0,
                heading_error_rad: 0.0,
            };
        };
        let scale = stretch.length_m / self.network.lane(lane).length_m.max(0.01);
        let turn_rad = ego.pose.heading_rad - pose.heading_rad;
        Place {
            section,
            s_m,
            station_m: stretch.start_m + s_m * scale,
            offset_m: dy * cos - dx * sin,
            heading_error_rad: libm::atan2(libm::sin(turn_rad), libm::cos(turn_rad)),
        }
    }

    fn lane_of(&self, place: &Place) -> LaneId {
        self.lanes[self.route.sections[place.section].active]
    }

    fn steer(&mut self, place: &Place, ego: &EgoState, period_s: f64) -> f64 {
        let station_m = place.station_m;
        let preview_m = ego.speed_mps.max(0.0) * (self.sheet.steering.lag_s + 0.5 * period_s);
        let ahead_m = station_m + preview_m;
        let path_m = |station_m: f64| self.course.offset_m(station_m) + self.route.at(station_m).inset_m;
        let slope = self.course.slope(station_m) + self.route.inset_slope(station_m);
        let lane_per_m = self.route.bend_around_per_m(ahead_m);
        let aside = (1.0 - lane_per_m * path_m(ahead_m)).max(0.3);
        let target = Target {
            error_m: place.offset_m - path_m(station_m),
            heading_error_rad: place.heading_error_rad - libm::atan(slope),
            curvature_per_m: lane_per_m / aside
                + self.course.bend_per_m(ahead_m)
                + self.route.inset_bend_per_m(ahead_m),
        };
        self.steering.follow(&target, ego, period_s)
    }

    /// Stops at the end of the route; whether it is there.
    fn stop_at_end(&self, view: &View<'_>, governor: &mut Governor) -> bool {
        let left_m = self.route.length_m - 0.5 - view.front_m;
        governor.stop(left_m, Cause::of(Reason::Idle));
        self.mission.halts.is_empty() && left_m < DONE_M && view.speed_mps < STANDSTILL_MPS
    }

    fn indicator(&self, place: &Place) -> Indicator {
        let wishes = [
            self.berth.indicator(),
            self.passing.indicator(),
            self.lane_change.indicator(),
        ];
        if let Some(wish) = wishes.into_iter().find(|wish| *wish != Indicator::Off) {
            return wish;
        }
        // A turn is announced some thirty metres before, and while it lasts.
        let front_m = place.station_m + self.sheet.dimensions.front_m();
        let gate = self.route.gates.get(self.route.next_gate(place.station_m));
        match gate {
            Some(gate) if gate.start_m - front_m < 35.0 => match self.network.lane(gate.lane).turn {
                road::Turn::Left | road::Turn::Around => Indicator::Left,
                road::Turn::Right => Indicator::Right,
                road::Turn::Straight => Indicator::Off,
            },
            _ => Indicator::Off,
        }
    }

    fn opens_doors(&self, observation: &Observation) -> bool {
        let Some(visit) = self.berth.visit() else { return false };
        let halt = observation.mission.halts.first().filter(|halt| halt.visit == visit);
        halt.is_some_and(|halt| halt.serves_passengers) || halt.is_none() && observation.mission.hold
    }
}

/// Limits, curves and the mission's cap, looked up a little ahead.
fn limit_speed(view: &View<'_>, governor: &mut Governor) {
    let look_m = 0.3 * view.speed_mps;
    let (here, there) = (
        view.route.at(view.front_m + look_m),
        view.route.at(view.front_m + look_m + 1.0),
    );
    // The rear axle is still in the curve when the front has left it.
    let behind = view.route.at(view.station_m);
    let speed_mps = here.speed_mps.min(behind.speed_mps + 0.5);
    let change = ((there.speed_mps - here.speed_mps) * view.speed_mps).clamp(-1.2, 0.0);
    let is_curve = change < -0.05 || here.curvature_per_m.abs() > 0.004;
    let reason = if is_curve { Reason::Curve } else { Reason::Cruise };
    governor.keep_speed(speed_mps, change, Cause::of(reason));
    // The planned course across the lane bends too, on top of the lane.
    for way_m in [0.0, 3.0, 6.0, 10.0, 15.0] {
        let station_m = view.station_m + way_m;
        let course_per_m = view.course.bend_per_m(station_m);
        let bend_per_m = (view.route.bend_around_per_m(station_m) + course_per_m).abs();
        if course_per_m.abs() > 1e-3 && bend_per_m > 1e-3 {
            let there_mps = (COURSE_MPS2_MAX / bend_per_m + 1.6 * way_m).sqrt();
            governor.keep_speed(there_mps, 0.0, Cause::of(Reason::LaneChange));
        }
    }
}

fn idle() -> Explanation {
    Explanation {
        reason: Reason::Idle,
        is_done: true,
        ..Explanation::default()
    }
}

impl Driver for AutomatedDriver {
    fn name(&self) -> &str {
        "automated"
    }

    fn drive(&mut self, observation: &Observation) -> Control {
        let ego = &observation.ego;
        let numbers = [
            ego.pose.x_m,
            ego.pose.y_m,
            ego.pose.z_m,
            ego.pose.heading_rad,
            ego.speed_mps,
            ego.acceleration_mps2,
            ego.steering_angle_rad,
        ];
        if !numbers.iter().all(|number| number.is_finite() && number.abs() < 1e7) {
            // It does not know where it is: straight on to a stop.
            self.forget(observation);
            self.ladder.lose(PERIOD.as_secs_f64());
            self.decision.ladder = *self.ladder.state();
            self.decision.explanation.reason = Reason::MinimalRisk;
            self.decision.explanation.is_done = false;
            return Control {
                brake: 0.5,
                hazard_lights: true,
                indicator: Indicator::Hazard,
                ..Control::default()
            };
        }
        let period_s = match self.time {
            Some(before) => (observation.time - before).as_secs_f64().clamp(0.01, 0.2),
            None => PERIOD.as_secs_f64(),
        };
        self.time = Some(observation.time);
        self.cycle(observation, period_s)
    }

    fn explanation(&self) -> Explanation {
        self.decision.explanation
    }

    fn decision(&self) -> Option<&Decision> {
        Some(&self.decision)
    }

    fn period(&self) -> SimTime {
        PERIOD
    }
}
