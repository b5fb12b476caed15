//! Pedestrian crossings.
//!
//! In goes the view; out come stops before crossings on which people are, or which they are about to enter. People
//! who only stand near (at a bus stop, say) or walk away do not count; people whom a red light holds do not either.

use crate::route::CrossingAhead;
use crate::speed::{BRAKING_MPS2, Cause, Governor, time_to_cover_s};
use crate::view::View;
use road::{CrossingId, SignalColour};
use vehicle::{ObjectKind, ObservedObject, Reason};

/// Braking up to which one who is not on the carriageway yet is let go first; if it takes more, they see us and wait.
const GENTLE_MPS2: f64 = 1.2;
/// The same, once given way.
const GENTLE_DECIDED_MPS2: f64 = 2.0;
/// Kept between a walker and our side.
const SIDE_M: f64 = 0.8;
/// The same, of one who has been standing for long.
const SIDE_STANDING_M: f64 = 0.1;
/// Kept before a crossing.
const BEFORE_M: f64 = 1.2;
/// Time kept between us and a walker who comes after us: while there is still the way to give way gently, and after.
const MARGIN_S: (f64, f64) = (2.5, 1.2);
/// Time kept to one to whom we have given way already, so that decisions do not flicker.
const MARGIN_DECIDED_S: f64 = 4.0;
/// After so long at rest, someone who stands at the kerb does not want to cross.
const PATIENCE_S: f64 = 4.0;

/// How long we have been waiting, and for which crossing.
#[derive(Debug, Default)]
pub(crate) struct Crossings {
    waits_at: Option<CrossingId>,
    waited_s: f64,
    /// The track to whom we give way.
    gives_way_to: Option<u32>,
}

impl Crossings {
    /// Tells the governor of people.
    pub(crate) fn govern(&mut self, view: &View<'_>, governor: &mut Governor, horizon_m: f64) {
        let first = view
            .route
            .crossings
            .partition_point(|crossing| crossing.exit_m < view.front_m - 20.0);
        let mut minded = None;
        let before = self.gives_way_to.take();
        for crossing in &view.route.crossings[first..] {
            let line_m = crossing.enter_m - BEFORE_M;
            if crossing.enter_m - view.front_m > horizon_m {
                break;
            }
            // The front is on it already: clear it.
            if crossing.enter_m < view.front_m - 0.3 || view.needed_mps2(line_m) > 9.0 && view.front_m > line_m + 0.8 {
                continue;
            }
            let patient = self.waits_at == Some(crossing.crossing) && self.waited_s > PATIENCE_S;
            let person = view
                .observation
                .objects
                .iter()
                .filter(|object| object.kind == ObjectKind::Pedestrian)
                .find(|person| {
                    let needed_mps2 = view.needed_mps2(line_m);
                    let manners = if before == Some(person.track) {
                        (MARGIN_DECIDED_S, needed_mps2 < GENTLE_DECIDED_MPS2)
                    } else if needed_mps2 < 0.8 * BRAKING_MPS2 {
                        (MARGIN_S.0, true)
                    } else {
                        (MARGIN_S.1, needed_mps2 < GENTLE_MPS2)
                    };
                    let (margin_s, minds_kerb) = manners;
                    is_minded(view, crossing, person, margin_s, patient, minds_kerb)
                });
            if let Some(person) = person {
                let cause = Cause {
                    reason: Reason::Crossing,
                    rival: Some(person.track),
                    crossing: Some(crossing.crossing),
                    ..Cause::default()
                };
                governor.stop(line_m - view.front_m, cause);
                minded = Some(crossing.crossing);
                self.gives_way_to = Some(person.track);
                break;
            }
        }
        match minded {
            Some(crossing) if self.waits_at == Some(crossing) => {
                if view.speed_mps < 0.2 {
                    self.waited_s += view.period_s;
                }
            }
            Some(crossing) => (self.waits_at, self.waited_s) = (Some(crossing), 0.0),
            // Patience is spent for this crossing until it lies behind us.
            None if self.waited_s > PATIENCE_S && view.speed_mps < 2.0 => {}
            None => (self.waits_at, self.waited_s) = (None, 0.0),
        }
    }
}

fn is_minded(
    view: &View<'_>,
    crossing: &CrossingAhead,
    person: &ObservedObject,
    margin_s: f64,
    patient: bool,
    minds_kerb: bool,
) -> bool {
    let (dx, dy) = (person.x_m - crossing.from_m[0], person.y_m - crossing.from_m[1]);
    let [cos, sin] = crossing.direction;
    let (along_m, across_m) = (dx * cos + dy * sin, dy * cos - dx * sin);
    let level = (person.z_m - crossing.from_m[2]).abs() < 3.0;
    if !level || across_m.abs() > 0.5 * crossing.width_m + 0.8 || along_m < -1.5 || along_m > crossing.length_m + 1.5 {
        return false;
    }
    let (heading_sin, heading_cos) = libm::sincos(person.heading_rad);
    let facing = heading_cos * cos + heading_sin * sin;
    let along_mps = person.speed_mps * facing;
    // One who stands beside our lane while we stand waits for somebody else.
    let stands = person.speed_mps.abs() < 0.1;
    let side_m = if patient && stands { SIDE_STANDING_M } else { SIDE_M };
    let (from_m, to_m) = (crossing.lane_from_m - side_m, crossing.lane_to_m + side_m);
    if along_m > from_m && along_m < to_m {
        return true;
    }
    // The way still to walk to our lane, if they walk or look that way.
    let (way_m, towards_mps, looks) = if along_m <= from_m {
        (from_m - along_m, along_mps, facing > 0.6)
    } else {
        (along_m - to_m, -along_mps, facing < -0.6)
    };
    let is_off_the_road = along_m < 0.0 || along_m > crossing.length_m;
    let is_held = crossing
        .signal
        .and_then(|signal| view.signal(signal))
        .is_some_and(|seen| matches!(seen.colour, SignalColour::Red | SignalColour::Amber));
    if is_off_the_road && (is_held || !minds_kerb) {
        return false;
    }
    let leave_s = time_to_cover_s(
        crossing.exit_m + view.sheet.dimensions.length_m - view.front_m,
        view.speed_mps,
        view.route.at(crossing.enter_m).speed_mps,
    );
    if towards_mps > 0.25 {
        return way_m / towards_mps < leave_s + margin_s;
    }
    // Standing at the kerb, looking across: about to enter. With our light green and theirs unknown they are held.
    let ours_is_green = crossing
        .vehicle_signal
        .and_then(|signal| view.signal(signal))
        .is_some_and(|seen| seen.colour == SignalColour::Green);
    let kerb_m = along_m.min(crossing.length_m - along_m);
    let at_kerb = (-0.9..=0.3).contains(&kerb_m);
    let on_road = !is_off_the_road && person.speed_mps.abs() < 0.25 && looks && way_m < 4.0;
    !patient && !ours_is_green && looks && across_m.abs() < 0.5 * crossing.width_m && (at_kerb || on_road)
}
