//! The degradation ladder: slower, to the kerb, in the lane, now; and up again.
//!
//! In go faults, the fit of the operational design domain, orders, and what the remote supervisor has confirmed; out come what
//! the governor may not exceed, a place to stand, and a [`Request`] with a proposal. Going down is immediate; going up takes
//! what the rung's rule in the data sheet's domain says. In a live lane the vehicle stands for no longer than that file says, if
//! it can move at all and there is a place at the kerb ahead. UN R157 §5.5 has the same shape for motorways.

use crate::halt::{Berth, CourseChange};
use crate::lateral::Leading;
use crate::speed::{Cause, Governor, braking_way_m};
use crate::view::View;
use road::Lane;
use road::draft::LaneKind;
use vehicle::{DataSheet, LadderCause, LadderState, OddAttribute, OddFit, OddState, Proposal, Reason, Request, Rung};

/// Between the body and the lane's right edge.
const EDGE_M: f64 = 0.3;
/// Farther from the middle of the lane it does not go for that.
const ASIDE_M_MAX: f64 = 0.9;
/// Where the way to the edge begins, before the place, and the least that it takes.
const ASIDE_WAY_M: f64 = 32.0;
const ASIDE_WAY_M_MIN: f64 = 16.0;
/// Places at the edge are looked at every so many metres.
const SEEK_STEP_M: f64 = 4.0;
/// Slower than this it stands.
const STANDS_MPS: f64 = 0.05;
/// So near to its place it has arrived.
const ARRIVED_M: f64 = 2.0;
/// How strongly a difference to a rung's speed is corrected, 1/s.
const GAIN_PER_S: f64 = 0.8;
/// As many stretches to keep clear are looked at before space for more is made.
const KEEP_CLEAR: usize = 64;

/// Where it is going to stand.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// At the mission's next halt.
    Halt,
    /// At the lane's right edge, the front bumper at this station.
    Edge(f64),
    /// In a lay-by, where the lane itself is out of the way.
    LayBy(f64),
    /// In the lane.
    Lane(f64),
    /// Wherever the brakes bring it.
    Here,
}

/// A driver on its ladder.
#[derive(Clone, Debug)]
pub(crate) struct Ladder {
    state: LadderState,
    place: Option<Place>,
    /// For so long nothing has asked for this rung.
    clear_s: f64,
    /// It leaves its place in a live lane for the kerb, whatever asks for a stop.
    creeps: bool,
    /// On the way to its place it has to change lanes, as the mission does.
    changes_lanes: bool,
    /// It went to the lane's edge, and has to come back.
    is_aside: bool,
    requests: u32,
    /// Stretches where it does not stand, to work in.
    keep_clear: Vec<(f64, f64)>,
}

impl Default for Ladder {
    fn default() -> Ladder {
        Ladder {
            state: LadderState::default(),
            place: None,
            clear_s: 0.0,
            creeps: false,
            changes_lanes: false,
            is_aside: false,
            requests: 0,
            keep_clear: Vec::with_capacity(KEEP_CLEAR),
        }
    }
}

impl Ladder {
    /// Other lanes: the place that was sought is none any more.
    pub(crate) fn forget_place(&mut self) {
        self.place = None;
        self.is_aside = false;
    }

    pub(crate) fn state(&self) -> &LadderState {
        &self.state
    }

    /// It ends at a stand, or stands.
    pub(crate) fn is_stopping(&self) -> bool {
        self.state.rung.is_stop()
    }

    /// Its place is at the mission's halt, or beyond a change of lanes: what leads there is done as usual.
    pub(crate) fn drives_on(&self) -> bool {
        self.place == Some(Place::Halt) || self.changes_lanes
    }

    /// Off its way altogether: what the vehicle does then is decided elsewhere.
    pub(crate) fn lose(&mut self, period_s: f64) {
        if self.state.cause != Some(LadderCause::Lost) {
            self.enter(Rung::StopNow, Some(LadderCause::Lost));
        }
        self.state.since_s += period_s;
    }

    /// Which rung it is on in this cycle.
    pub(crate) fn climb(&mut self, view: &View<'_>, odd: &OddState) {
        self.state.since_s += view.period_s;
        let (mut wanted, cause) = demand(view, odd);
        if !view.observation.ego.faults.let_move() {
            self.creeps = false;
        }
        if self.creeps && wanted > Rung::Kerb {
            wanted = Rung::Kerb;
        }
        if wanted > self.state.rung {
            self.enter(wanted, cause);
        } else if wanted < self.state.rung {
            self.clear_s += view.period_s;
            if self.may_leave(view) {
                self.enter(wanted, cause);
            }
        } else {
            self.clear_s = 0.0;
            self.state.cause = cause;
        }
    }

    /// Whether the cause has been gone for long enough, and somebody has said so who has to.
    fn may_leave(&self, view: &View<'_>) -> bool {
        // Whoever gave the order has taken it back; and a vehicle that was off its way has found it.
        if matches!(self.state.cause, Some(LadderCause::Order | LadderCause::Lost)) {
            return true;
        }
        let rule = view.sheet.odd.ladder.rule(self.state.rung);
        self.clear_s >= rule.leave_after_s && (!rule.asks_to_leave || self.is_confirmed(view, Proposal::GoOn))
    }

    fn is_confirmed(&self, view: &View<'_>, proposal: Proposal) -> bool {
        let confirmed = view.observation.mission.confirmed;
        self.state
            .request
            .is_some_and(|request| request.proposal == proposal && confirmed == Some(request.number))
    }

    fn enter(&mut self, rung: Rung, cause: Option<LadderCause>) {
        let stays_stopping = rung.is_stop() && self.state.rung.is_stop();
        self.state = LadderState {
            rung,
            cause,
            since_s: 0.0,
            live_lane_s: if stays_stopping { self.state.live_lane_s } else { 0.0 },
            ..LadderState::default()
        };
        self.place = None;
        self.changes_lanes = false;
        self.clear_s = 0.0;
        if !rung.is_stop() {
            self.creeps = false;
        }
    }

    /// Tells the governor, and moves the course.
    pub(crate) fn govern(
        &mut self,
        view: &View<'_>,
        governor: &mut Governor,
        berth: &mut Berth,
    ) -> Option<CourseChange> {
        let rung = self.state.rung;
        let rule = *view.sheet.odd.ladder.rule(rung);
        match rung {
            Rung::Drive => return self.leave_edge(view, berth),
            Rung::Slow => {
                keep_below(
                    view,
                    governor,
                    rule.speed_mps_max,
                    rule.braking_mps2,
                    Cause::of(Reason::Degraded),
                );
                return self.leave_edge(view, berth);
            }
            Rung::Kerb | Rung::InLane | Rung::StopNow => {}
        }
        let reason = match self.state.cause {
            Some(LadderCause::Order) => Reason::Ordered,
            _ => Reason::MinimalRisk,
        };
        let cause = Cause::of(reason);
        let stands = view.speed_mps < STANDS_MPS;
        if rung == Rung::Kerb {
            keep_below(view, governor, rule.speed_mps_max, rule.braking_mps2, cause);
        }
        let place = match self.place {
            Some(place) => place,
            None => self.choose(view, *berth, stands),
        };
        let is_new = self.place.replace(place).is_none();
        let change = match place {
            Place::Halt => None,
            Place::Here => {
                governor.is_urgent |= !stands;
                governor.ask(-rule.braking_mps2, 0.0, cause);
                None
            }
            Place::Edge(station_m) | Place::LayBy(station_m) | Place::Lane(station_m) => {
                let way_m = station_m - view.front_m;
                if stands && way_m < ARRIVED_M {
                    governor.ask(-1.0, 0.0, cause);
                } else {
                    governor.stop_braking(way_m, rule.braking_mps2, cause);
                }
                let change = go_aside(view, place, way_m, is_new);
                self.is_aside |= change.is_some();
                change
            }
        };
        let has_arrived = stands
            && match place {
                Place::Halt => berth.visit().is_some(),
                Place::Edge(station_m) | Place::LayBy(station_m) | Place::Lane(station_m) => {
                    station_m - view.front_m < ARRIVED_M
                }
                Place::Here => true,
            };
        if place == Place::Halt && matches!(berth, Berth::Standing(_) | Berth::Leaving(_)) {
            governor.ask(-1.0, 0.0, cause);
        }
        self.stand(view, place, has_arrived);
        self.propose(view, has_arrived);
        change
    }

    /// Where to stand.
    fn choose(&mut self, view: &View<'_>, berth: Berth, stands: bool) -> Place {
        if stands && matches!(berth, Berth::Standing(_) | Berth::Leaving(_)) {
            return Place::Halt;
        }
        fill_keep_clear(view, &mut self.keep_clear);
        match self.state.rung {
            Rung::StopNow => Place::Here,
            Rung::Kerb => {
                // Who has to leave a live lane takes the first place, however far.
                let seek_m = if self.creeps {
                    f64::INFINITY
                } else {
                    view.sheet.odd.ladder.seek_m
                };
                let seek = |changes| kerb_place(view, &self.keep_clear, seek_m, changes);
                let before_change = seek(ChangesOfLanes::None);
                let kerb = before_change.or_else(|| seek(ChangesOfLanes::Any));
                self.changes_lanes = kerb.is_some() && before_change.is_none();
                kerb.unwrap_or_else(|| Place::Lane(lane_place_m(view, &self.keep_clear)))
            }
            _ => Place::Lane(lane_place_m(view, &self.keep_clear)),
        }
    }

    /// Counts how long it stands in a live lane, and ends that where it can.
    fn stand(&mut self, view: &View<'_>, place: Place, has_arrived: bool) {
        self.state.is_out_of_the_way = has_arrived
            && match place {
                Place::Halt | Place::LayBy(_) => true,
                Place::Edge(_) => self.is_aside,
                Place::Lane(_) | Place::Here => false,
            };
        if self.state.is_out_of_the_way {
            self.state.live_lane_s = 0.0;
            return;
        }
        if view.speed_mps >= STANDS_MPS {
            self.state.live_lane_s = 0.0;
        }
        if !has_arrived || self.state.cause == Some(LadderCause::Order) {
            return;
        }
        self.state.live_lane_s += view.period_s;
        let is_too_long = self.state.live_lane_s >= view.sheet.odd.ladder.live_lane_s_max;
        let is_confirmed = self.is_confirmed(view, Proposal::ReachKerb);
        if (is_too_long || is_confirmed) && self.can_reach_kerb(view) {
            self.creeps = true;
            self.enter(Rung::Kerb, self.state.cause);
        }
    }

    /// It can move, and has not just found that there is no kerb to be reached.
    fn can_reach_kerb(&self, view: &View<'_>) -> bool {
        let found_none = self.creeps && matches!(self.place, Some(Place::Lane(_)));
        view.observation.ego.faults.let_move() && !found_none
    }

    /// What the remote supervisor is asked.
    fn propose(&mut self, view: &View<'_>, has_arrived: bool) {
        let rule = view.sheet.odd.ladder.rule(self.state.rung);
        let proposal = if self.state.cause == Some(LadderCause::Order) {
            None
        } else if self.clear_s > 0.0 {
            (self.clear_s >= rule.leave_after_s && rule.asks_to_leave).then_some(Proposal::GoOn)
        } else if !has_arrived {
            None
        } else if !self.state.is_out_of_the_way && self.can_reach_kerb(view) {
            Some(Proposal::ReachKerb)
        } else {
            Some(Proposal::SendHelp)
        };
        if proposal != self.state.request.map(|request| request.proposal) {
            self.requests += u32::from(proposal.is_some());
            self.state.request = proposal.map(|proposal| Request {
                number: self.requests,
                proposal,
            });
        }
    }

    /// Back to the middle of the lane, if the edge was sought: from a stand with a look over the shoulder.
    fn leave_edge(&mut self, view: &View<'_>, berth: &mut Berth) -> Option<CourseChange> {
        if !std::mem::take(&mut self.is_aside) || *berth != Berth::None {
            return None;
        }
        if view.speed_mps < STANDS_MPS {
            berth.begin_beside_lane(view.course.offset_m(view.station_m));
            if *berth != Berth::None {
                return None;
            }
        }
        Some(CourseChange {
            target_m: 0.0,
            length_m: 20.0,
            leading: Leading::RearAxle,
        })
    }

    /// The hazard lights are on.
    pub(crate) fn hazard_lights(&self, sheet: &DataSheet) -> bool {
        self.state.rung != Rung::Drive && sheet.odd.ladder.rule(self.state.rung).hazard_lights
    }
}

/// The greatest rung that anything asks for, and what.
fn demand(view: &View<'_>, odd: &OddState) -> (Rung, Option<LadderCause>) {
    let domain = &view.sheet.odd;
    let mut most = (Rung::Drive, None);
    let mut ask = |rung: Rung, cause: LadderCause| {
        if rung > most.0 {
            most = (rung, Some(cause));
        }
    };
    if view.observation.mission.stop_now {
        ask(Rung::InLane, LadderCause::Order);
    }
    for kind in view.observation.ego.faults.iter() {
        ask(domain.on_fault[kind.index()], LadderCause::Fault(kind));
    }
    for attribute in OddAttribute::ALL {
        let Some(bound) = &domain.bounds[attribute.index()] else {
            continue;
        };
        match odd.fits[attribute.index()] {
            OddFit::Outside => ask(bound.exit, LadderCause::Exit(attribute)),
            OddFit::Near => ask(Rung::Slow, LadderCause::Near(attribute)),
            OddFit::Inside => {}
        }
    }
    most
}

/// Comes down to a speed at a rung's braking, and keeps below it.
fn keep_below(view: &View<'_>, governor: &mut Governor, speed_mps: f64, braking_mps2: f64, cause: Cause) {
    let wanted = GAIN_PER_S * (speed_mps - view.speed_mps);
    governor.ask(wanted.max(-braking_mps2), speed_mps, cause);
}

/// Towards the lane's right edge, from where that is due: at once on the way to a place in the lane, near the place otherwise.
fn go_aside(view: &View<'_>, place: Place, way_m: f64, is_new: bool) -> Option<CourseChange> {
    let (place_m, is_due) = match place {
        Place::Edge(place_m) => (place_m, way_m < ASIDE_WAY_M + ASIDE_WAY_M_MIN),
        Place::Lane(place_m) => (place_m, is_new),
        Place::Halt | Place::LayBy(_) | Place::Here => return None,
    };
    let is_in_lane = view.course.target_m().abs() < 0.3;
    let aside_m = edge_offset_m(view, place_m)?;
    (is_due && is_in_lane && way_m > ASIDE_WAY_M_MIN).then_some(CourseChange {
        target_m: -aside_m,
        length_m: (way_m - 2.0).min(ASIDE_WAY_M),
        leading: Leading::RearAxle,
    })
}

/// How far from the middle of the lane the edge is to stand at, where the lane is the rightmost and outside junctions.
fn edge_offset_m(view: &View<'_>, place_m: f64) -> Option<f64> {
    let section = view.route.sections.get(view.route.section_at(place_m))?;
    let lane = view.network.lane(view.lanes[section.active]);
    let width_m = view.route.at(place_m).width_m;
    let aside_m = (0.5 * (width_m - view.sheet.dimensions.width_m) - EDGE_M).min(ASIDE_M_MAX);
    (is_rightmost(view, lane) && lane.junction.is_none() && aside_m > 0.1).then_some(aside_m)
}

/// No lane for motor vehicles lies to the right of it.
fn is_rightmost(view: &View<'_>, lane: &Lane) -> bool {
    lane.right.is_none_or(|right| {
        !matches!(
            view.network.lane(right).kind,
            LaneKind::Driving | LaneKind::Ramp | LaneKind::Bus
        )
    })
}

/// Which changes of lanes on the way to a place are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChangesOfLanes {
    None,
    Any,
}

/// The lay-by that it is in; the mission's next halt if it is near enough; else the first place at the edge of the rightmost
/// lane.
fn kerb_place(view: &View<'_>, keep_clear: &[(f64, f64)], seek_m: f64, changes: ChangesOfLanes) -> Option<Place> {
    let rule = view.sheet.odd.ladder.rule(Rung::Kerb);
    let way_m = braking_way_m(view.speed_mps, 0.9, rule.braking_mps2);
    let halt_m = view.next_halt_m().map(|at_m| at_m - view.front_m);
    if let Some(place_m) = lay_by_place_m(view, view.front_m + way_m) {
        return Some(Place::LayBy(place_m));
    }
    if halt_m.is_some_and(|halt_m| (way_m..way_m + seek_m).contains(&halt_m)) {
        return Some(Place::Halt);
    }
    let length_m = view.sheet.dimensions.length_m;
    let first = view.route.section_at(view.front_m);
    let sections = view.route.sections.get(first..).unwrap_or_default();
    let last = sections
        .iter()
        .find(|section| changes == ChangesOfLanes::None && section.active + 1 < section.legs.end);
    let end_m = last.map_or(view.route.length_m - 1.0, |section| {
        section.start_m + section.length_m - length_m
    });
    let from_m = view.front_m + way_m.max(ASIDE_WAY_M_MIN + 4.0);
    let to_m = end_m.min(view.front_m + way_m + seek_m);
    let mut place_m = from_m;
    while place_m <= to_m {
        let tail_m = place_m - length_m - 1.0;
        let is_clear = keep_clear
            .iter()
            .all(|&(from_m, to_m)| place_m <= from_m || tail_m >= to_m);
        if is_clear && edge_offset_m(view, place_m).is_some() && edge_offset_m(view, tail_m).is_some() {
            return Some(Place::Edge(place_m));
        }
        place_m += SEEK_STEP_M;
    }
    None
}

/// As soon as is gentle, if that is in a lane that leads nowhere by itself: a lay-by, before its taper.
fn lay_by_place_m(view: &View<'_>, place_m: f64) -> Option<f64> {
    let here = view.route.section_at(view.front_m);
    let section = view.route.sections.get(here)?;
    let lane = view.network.lane(view.lanes[section.active]);
    let is_lay_by = lane.successors.is_empty() && lane.left.is_some() && is_rightmost(view, lane);
    let is_wide = view.route.at(place_m).width_m > view.sheet.dimensions.width_m + 2.0 * EDGE_M;
    let is_within = view.route.section_at(place_m) == here && lane.junction.is_none();
    (is_lay_by && is_wide && is_within).then_some(place_m)
}

/// As soon as is gentle, but before or behind junctions and crossings, not in them.
fn lane_place_m(view: &View<'_>, keep_clear: &[(f64, f64)]) -> f64 {
    let braking_mps2 = view.sheet.odd.ladder.rule(Rung::InLane).braking_mps2;
    let mut place_m = view.front_m + braking_way_m(view.speed_mps, 0.9, braking_mps2);
    let length_m = view.sheet.dimensions.length_m;
    for &(from_m, to_m) in keep_clear {
        let is_in = place_m > from_m && place_m < to_m + length_m + 1.0;
        if !is_in {
            continue;
        }
        place_m = if view.needed_mps2(from_m) < 2.0 && view.front_m < from_m {
            from_m
        } else {
            to_m + length_m + 1.0
        };
    }
    place_m.min(view.route.length_m)
}

/// Junctions and crossings on the way, in order.
fn fill_keep_clear(view: &View<'_>, keep_clear: &mut Vec<(f64, f64)>) {
    let junctions = view
        .route
        .gates
        .iter()
        .filter(|gate| gate.is_shared)
        .map(|gate| (gate.line_m, gate.end_m));
    let crossings = view
        .route
        .crossings
        .iter()
        .map(|crossing| (crossing.enter_m - 1.0, crossing.exit_m));
    keep_clear.clear();
    keep_clear.extend(junctions.chain(crossings));
    keep_clear.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
}
