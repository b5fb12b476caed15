//! Rewards: what is good, step by step.
//!
//! In goes what happened in a step; out comes a number of about -1 to 1, and -[`Reward::failure`] where an episode fails. Speed
//! along the lane pays up to the limit; leaving the middle of the lane, driving over the limit, lateral acceleration and jerky
//! actions cost. Every weight can be set.

use crate::Action;

/// Weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reward {
    /// For driving at the limit; in proportion below it, and twice as much less above it.
    pub progress: f64,
    /// For each squared share of half the free width beside the vehicle that it is off the middle of its lane.
    pub centring: f64,
    /// For each squared share of 3 m/s² of lateral acceleration above 1 m/s².
    pub comfort: f64,
    /// For each squared change of an action, both together.
    pub smoothness: f64,
    /// For each squared share that is missing of the gap to the leader: two metres and a second and a half.
    pub distance: f64,
    /// What a collision, leaving the lane or passing a red light costs once.
    pub failure: f64,
}

impl Default for Reward {
    fn default() -> Reward {
        Reward {
            progress: 1.0,
            centring: 0.3,
            comfort: 0.2,
            smoothness: 0.05,
            distance: 0.3,
            failure: 20.0,
        }
    }
}

/// What happened in a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Happened {
    /// Along the lane.
    pub speed_mps: f64,
    pub limit_mps: f64,
    pub offset_m: f64,
    pub free_half_width_m: f64,
    pub lateral_acceleration_mps2: f64,
    pub leader_gap_m: f64,
    pub action: Action,
    pub previous: Action,
    pub failed: bool,
}

/// The gap that is wanted at standstill, and the time gap beyond it.
const STANDING_GAP_M: f64 = 2.0;
/// Less counts as missing.
const TIME_GAP_S: f64 = 1.5;

impl Reward {
    /// The weights by name.
    pub fn named(&mut self) -> [(&'static str, &mut f64); 6] {
        [
            ("progress", &mut self.progress),
            ("centring", &mut self.centring),
            ("comfort", &mut self.comfort),
            ("smoothness", &mut self.smoothness),
            ("distance", &mut self.distance),
            ("failure", &mut self.failure),
        ]
    }

    pub(crate) fn of(&self, happened: &Happened) -> f64 {
        let share = happened.speed_mps / happened.limit_mps.max(1.0);
        let progress = if share <= 1.0 { share } else { 1.0 - 2.0 * (share - 1.0) };
        let square = |share: f64| (share * share).min(1.0);
        let aside = square(happened.offset_m / happened.free_half_width_m.max(0.3));
        let sideways = square((happened.lateral_acceleration_mps2.abs() - 1.0).max(0.0) / 3.0);
        let (action, previous) = (happened.action, happened.previous);
        let jerky = square(action.acceleration - previous.acceleration) + square(action.steering - previous.steering);
        let wanted_m = STANDING_GAP_M + TIME_GAP_S * happened.speed_mps.max(0.0);
        let missing = square((1.0 - happened.leader_gap_m / wanted_m).max(0.0));
        let failure = if happened.failed { self.failure } else { 0.0 };
        self.progress * progress.max(-1.0)
            - self.centring * aside
            - self.comfort * sideways
            - self.smoothness * jerky
            - self.distance * missing
            - failure
    }
}
