//! Those who come in from beside: pass them, or brake for them, and how hard.
//!
//! In go a neighbour's motion across and along our path; out comes the braking that keeps us apart, if any is needed. With
//! its lateral speed `u` it reaches our strip in `t = clearance / u`. Until then the bodies may overlap lengthways; from then
//! on they may not, for good. So either our rear is past its front by then, or braking at `b` must have
//! `w τ + w² / 2b` (all that ever closes) below the gap, or, where the speeds are level again before `t`, what has closed
//! until `t`. It is asked anew in each cycle; a leader that is on the path already is `follow`'s.

use crate::neighbour::Neighbour;
use crate::view::View;
use vehicle::ObjectKind;

/// Room kept lengthways.
const ROOM_M: f64 = 0.4;
/// Room kept sideways.
const BESIDE_M: f64 = 0.1;
/// Time kept when passing before it comes in.
const PASSES_BEFORE_S: f64 = 0.15;
/// Touching so shortly before being past costs a scratch, braking instead a collision.
const GRAZES_S: f64 = 0.12;
/// Whose front is so far behind ours would come into our side, sees it, and is not helped by our braking.
const BEHIND_M: f64 = 1.0;
/// As many can be beside at once.
const DECIDED_MAX: usize = 16;
/// From a decision until the brakes begin to act.
const LAG_S: f64 = 0.13;
/// Motion across that means coming in: far from the path, and close beside it.
const INWARD_MPS_FAR: f64 = 0.25;
const INWARD_MPS_NEAR: f64 = 0.05;
const NEAR_M: f64 = 0.6;
/// Cyclists sway.
const INWARD_MPS_CYCLIST: f64 = 0.5;
/// Who points farther to the side (37 degrees) turns or crosses: that is a junction's business.
const ALIGNED_COS: f64 = 0.8;
/// Who comes in later than this is looked at again until then.
const HORIZON_S: f64 = 8.0;

/// What a neighbour's coming in asks of us.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer {
    /// It does not come in.
    Nothing,
    /// We are past before it is in the way: braking would only bring it into our side.
    Pass,
    /// So much braking keeps us behind it; infinite if none does.
    Brake(f64),
}

/// What is remembered from cycle to cycle: what was decided about whom, so that a lateral speed that still grows changes no
/// mind, and falling back behind somebody is not taken for being overtaken.
#[derive(Clone, Debug)]
pub(crate) struct CutIns {
    decided: Vec<(u32, Decision)>,
}

impl Default for CutIns {
    fn default() -> CutIns {
        CutIns {
            decided: Vec::with_capacity(DECIDED_MAX),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Pass,
    Brake,
}

impl CutIns {
    /// What to do about a neighbour that is beside the path and on its way in.
    pub(crate) fn answer(&mut self, view: &View<'_>, neighbour: &Neighbour, braking_mps2_max: f64) -> Answer {
        let known = self.decided.iter().position(|(track, _)| *track == neighbour.track);
        let before = known.map(|index| self.decided[index].1);
        // Who is beside us and faster makes room by going on, and comes from behind: it has to mind us. With more than half
        // of its length ahead it is we who see it better.
        let middle_m = 0.5 * (neighbour.rear_m + neighbour.front_m);
        let overtakes = middle_m < view.front_m && neighbour.along_mps >= view.speed_mps
            || neighbour.front_m < view.front_m - BEHIND_M;
        let meeting = meeting(view, neighbour).filter(|_| !overtakes || before == Some(Decision::Brake));
        let answer = meeting.map_or(Answer::Nothing, |meeting| {
            let ego = &view.observation.ego;
            let missing_mps2 = braking_mps2_max + ego.acceleration_mps2.min(0.0);
            let lag_s = LAG_S + 0.5 * missing_mps2.max(0.0) / view.sheet.brake.jerk_mps3_max;
            meeting.answer(lag_s, braking_mps2_max, before == Some(Decision::Pass))
        });
        let decision = match answer {
            Answer::Nothing => None,
            Answer::Pass => Some(Decision::Pass),
            Answer::Brake(_) => Some(Decision::Brake),
        };
        match (known, decision) {
            (Some(index), Some(decision)) => self.decided[index].1 = decision,
            (Some(index), None) => {
                self.decided.swap_remove(index);
            }
            (None, Some(decision)) if self.decided.len() < DECIDED_MAX => {
                self.decided.push((neighbour.track, decision));
            }
            (None, _) => {}
        }
        answer
    }

    /// Forgets those who are out of sight.
    pub(crate) fn keep_only(&mut self, neighbours: &[Neighbour]) {
        self.decided
            .retain(|(track, _)| neighbours.iter().any(|neighbour| neighbour.track == *track));
    }
}

/// How it comes in, if it does.
fn meeting(view: &View<'_>, neighbour: &Neighbour) -> Option<Meeting> {
    if matches!(neighbour.kind, ObjectKind::Pedestrian | ObjectKind::Obstacle) || neighbour.alignment < ALIGNED_COS {
        return None;
    }
    let (right_m, left_m) = view.swept_m(neighbour.rear_m, BESIDE_M);
    let (edge_m, side) = if neighbour.lateral_m > 0.5 * (right_m + left_m) {
        (left_m, 1.0)
    } else {
        (right_m, -1.0)
    };
    let clearance_m = side * (neighbour.lateral_m - edge_m) - neighbour.half_width_m;
    let inward_mps = -side * neighbour.leftward_mps;
    let least_mps = match neighbour.kind {
        ObjectKind::Cyclist => INWARD_MPS_CYCLIST,
        _ if clearance_m < NEAR_M => INWARD_MPS_NEAR,
        _ => INWARD_MPS_FAR,
    };
    let comes_in = clearance_m > -BESIDE_M && inward_mps >= least_mps && clearance_m < HORIZON_S * inward_mps;
    let passing_m = neighbour.front_m - view.rear_m();
    (comes_in && passing_m > 0.0).then(|| Meeting {
        gap_m: neighbour.rear_m - view.front_m,
        passing_m,
        own_mps: view.speed_mps,
        other_mps: neighbour.along_mps,
        in_s: (clearance_m / inward_mps).max(0.0),
        touches_s: (clearance_m + BESIDE_M) / inward_mps,
    })
}

/// Two vehicles lengthways, and when the paths become one.
#[derive(Clone, Copy, Debug)]
struct Meeting {
    /// From our front to its rear.
    gap_m: f64,
    /// From our rear to its front.
    passing_m: f64,
    own_mps: f64,
    other_mps: f64,
    /// Until it is so near that we keep behind it,
    in_s: f64,
    /// and until the bodies would touch.
    touches_s: f64,
}

impl Meeting {
    fn answer(&self, lag_s: f64, braking_mps2_max: f64, is_passing: bool) -> Answer {
        let closing_mps = self.own_mps - self.other_mps;
        let passes_s = if closing_mps > 0.0 {
            self.passing_m / closing_mps
        } else {
            f64::INFINITY
        };
        let needed_mps2 = self.braking_mps2(lag_s);
        let passes = if needed_mps2 > braking_mps2_max {
            // Braking comes too late: past it by a hair's breadth, or touched at the last corner, is the lesser evil.
            passes_s < self.touches_s + GRAZES_S
        } else if is_passing {
            passes_s < self.touches_s
        } else {
            passes_s + PASSES_BEFORE_S < self.in_s
        };
        if passes {
            return Answer::Pass;
        }
        Answer::Brake(needed_mps2)
    }

    /// The least braking after which we are behind it from `in_s` on.
    fn braking_mps2(&self, lag_s: f64) -> f64 {
        let room_m = self.gap_m - ROOM_M;
        let closing_mps = self.own_mps - self.other_mps;
        let by_then_m = closing_mps * self.in_s;
        if closing_mps <= 0.0 && by_then_m <= room_m {
            return 0.0;
        }
        // For good: the speeds are level before the room is used up.
        let for_good_mps2 = if room_m > closing_mps * lag_s {
            closing_mps * closing_mps / (2.0 * (room_m - closing_mps * lag_s))
        } else {
            f64::INFINITY
        };
        if closing_mps > 0.0 && lag_s + closing_mps / for_good_mps2 >= self.in_s {
            return for_good_mps2;
        }
        // By the time it is in: they may pass one another in between, there and back.
        let left_s = self.in_s - lag_s;
        if left_s <= 0.0 {
            return f64::INFINITY;
        }
        let by_then_mps2 = (2.0 * (by_then_m - room_m) / (left_s * left_s)).max(0.0);
        if self.own_mps >= by_then_mps2 * left_s {
            return by_then_mps2.min(for_good_mps2);
        }
        // It would stand before that: all of its way counts, and the other's until then.
        let way_m = room_m + self.other_mps * self.in_s - self.own_mps * lag_s;
        if way_m > 0.0 {
            self.own_mps * self.own_mps / (2.0 * way_m)
        } else {
            f64::INFINITY
        }
    }
}
