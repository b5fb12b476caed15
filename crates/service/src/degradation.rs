//! What vehicles did on their degradation ladders: from leaving the usual rung to being back on it.
//!
//! In goes each vehicle's [`LadderState`], tick by tick; out come [`Degradation`]s. It changes nothing.

use vehicle::{LadderCause, LadderState, Proposal, Rung};

/// How many are kept with place and time; more are only counted.
pub const DEGRADATIONS_KEPT: usize = 500;

/// A fault that was planned.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedFault {
    /// What breaks.
    pub kind: vehicle::FaultKind,
    /// When, seconds after midnight.
    pub from_s: f64,
    /// When it works again.
    pub to_s: f64,
    /// On which vehicle, by its name; on all of them if none is said.
    pub vehicle: Option<String>,
}

/// One stay on the ladder.
#[derive(Clone, Debug, PartialEq)]
pub struct Degradation {
    /// Index into [`DayMeasures::vehicles`](crate::DayMeasures::vehicles).
    pub vehicle: usize,
    /// When it left the usual rung, seconds after midnight.
    pub clock_s: f64,
    /// Until it was back, or the end of what was played.
    pub duration_s: f64,
    /// It was back on the usual rung.
    pub is_over: bool,
    /// Why it gave up most.
    pub cause: LadderCause,
    /// How much it gave up.
    pub rung: Rung,
    /// Its speed when it began.
    pub speed_mps: f64,
    /// How long it took until it stood, if it had to.
    pub stood_after_s: Option<f64>,
    /// Where it stood first.
    pub stood_at_m: Option<[f64; 2]>,
    /// How long it took until it stood out of the way: at the kerb or at a stop.
    pub out_of_the_way_after_s: Option<f64>,
    /// Longest time that it stood in a live lane without a break.
    pub live_lane_s: f64,
    /// What it asked the supervisor last, and whether that was confirmed.
    pub asked: Option<(Proposal, bool)>,
}

/// All stays of a fleet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Degradations {
    /// By vehicle: its stay under way.
    open: Vec<Option<Degradation>>,
    pub(crate) kept: Vec<Degradation>,
    pub(crate) count: u32,
}

/// A vehicle at a tick.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight<'a> {
    pub(crate) clock_s: f64,
    pub(crate) ladder: &'a LadderState,
    pub(crate) speed_mps: f64,
    pub(crate) at_m: [f64; 2],
    pub(crate) is_confirmed: bool,
}

impl Degradations {
    pub(crate) fn watch(&mut self, vehicle: usize, sight: &Sight<'_>) {
        if self.open.len() <= vehicle {
            self.open.resize(vehicle + 1, None);
        }
        let ladder = sight.ladder;
        let Some(cause) = ladder.cause.filter(|_| ladder.rung != Rung::Drive) else {
            if let Some(mut over) = self.open[vehicle].take() {
                over.duration_s = sight.clock_s - over.clock_s;
                over.is_over = true;
                self.keep(over);
            }
            return;
        };
        let stay = self.open[vehicle].get_or_insert(Degradation {
            vehicle,
            clock_s: sight.clock_s,
            duration_s: 0.0,
            is_over: false,
            cause,
            rung: ladder.rung,
            speed_mps: sight.speed_mps,
            stood_after_s: None,
            stood_at_m: None,
            out_of_the_way_after_s: None,
            live_lane_s: 0.0,
            asked: None,
        });
        let now_s = sight.clock_s - stay.clock_s;
        stay.duration_s = now_s;
        if ladder.rung > stay.rung {
            (stay.rung, stay.cause) = (ladder.rung, cause);
        }
        if ladder.rung.is_stop() && sight.speed_mps.abs() < 0.05 && stay.stood_after_s.is_none() {
            stay.stood_after_s = Some(now_s);
            stay.stood_at_m = Some(sight.at_m);
        }
        if ladder.is_out_of_the_way && stay.out_of_the_way_after_s.is_none() {
            stay.out_of_the_way_after_s = Some(now_s);
        }
        stay.live_lane_s = stay.live_lane_s.max(ladder.live_lane_s);
        if let Some(request) = ladder.request {
            stay.asked = Some((request.proposal, sight.is_confirmed));
        }
    }

    /// What is under way at the end counts as it is.
    pub(crate) fn finish(&mut self) {
        for stay in std::mem::take(&mut self.open).into_iter().flatten() {
            self.keep(stay);
        }
        self.kept
            .sort_by(|a, b| a.clock_s.total_cmp(&b.clock_s).then(a.vehicle.cmp(&b.vehicle)));
    }

    fn keep(&mut self, stay: Degradation) {
        self.count += 1;
        if self.kept.len() < DEGRADATIONS_KEPT {
            self.kept.push(stay);
        }
    }
}
