//! The minimal-risk manoeuvre, and stops on order.
//!
//! In go faults and orders; out comes a place to stop: soon, gently, out of junctions and off crossings, close to the
//! lane's right edge where there is the way for it. There it stays, hazard lights on, until the cause is gone
//! (UN R157 §5.5 has the same shape for motorways).

use crate::halt::CourseChange;
use crate::lateral::Leading;
use crate::speed::{Cause, Governor, braking_way_m};
use crate::view::View;
use vehicle::{Faults, Reason};

/// Braking of a planned stop without a need to hurry.
const BRAKING_MPS2: f64 = 1.1;
/// Braking where positioning is lost, and the way with it.
const LOST_BRAKING_MPS2: f64 = 2.5;
/// Between the body and the lane's right edge.
const EDGE_M: f64 = 0.3;

/// A stop under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fallback {
    place_m: Option<f64>,
    /// Stretches where it does not stand, to work in.
    keep_clear: Vec<(f64, f64)>,
}

impl Fallback {
    pub(crate) fn reset(&mut self) {
        self.place_m = None;
    }

    /// The hazard lights are on.
    pub(crate) fn is_active(&self) -> bool {
        self.place_m.is_some()
    }

    pub(crate) fn govern(&mut self, view: &View<'_>, governor: &mut Governor) -> Option<CourseChange> {
        let faults = view.observation.ego.faults;
        let reason = match reason(faults, view.observation.mission.stop_now) {
            Some(reason) => reason,
            None => {
                // Back to the middle, if the edge was sought.
                let sought = self.place_m.take().is_some();
                let is_aside = sought && view.course.target_m() < -0.05 && view.course.target_m() > -1.0;
                return is_aside.then_some(CourseChange {
                    target_m: 0.0,
                    length_m: 20.0,
                    leading: Leading::RearAxle,
                });
            }
        };
        let cause = Cause::of(reason);
        if faults.has(vehicle::FaultKind::Gnss) {
            self.place_m.get_or_insert(view.front_m);
            governor.ask(-LOST_BRAKING_MPS2, 0.0, cause);
            return None;
        }
        let is_new = self.place_m.is_none();
        let keep_clear = &mut self.keep_clear;
        let place_m = *self.place_m.get_or_insert_with(|| place_m(view, keep_clear));
        if view.speed_mps < 0.05 {
            governor.ask(-1.0, 0.0, cause);
            return None;
        }
        governor.stop_braking(place_m - view.front_m, BRAKING_MPS2, cause);
        let way_m = place_m - view.front_m;
        let section = view.route.sections.get(view.route.section_at(place_m))?;
        let lane = view.network.lane(view.lanes[section.active]);
        let here = view.route.at(place_m);
        let aside_m = (0.5 * (here.width_m - view.sheet.dimensions.width_m) - EDGE_M).min(0.9);
        let can_go_aside = is_new && way_m > 16.0 && lane.right.is_none() && lane.junction.is_none() && aside_m > 0.1;
        let is_in_lane = view.course.target_m().abs() < 0.3;
        (can_go_aside && is_in_lane).then_some(CourseChange {
            target_m: -aside_m,
            length_m: way_m.min(30.0),
            leading: Leading::RearAxle,
        })
    }
}

fn reason(faults: Faults, is_ordered: bool) -> Option<Reason> {
    // Without the radio it sees less far, and drives by what it sees.
    if faults.iter().any(|kind| kind.usual_rung().is_stop()) {
        Some(Reason::MinimalRisk)
    } else if is_ordered {
        Some(Reason::Ordered)
    } else {
        None
    }
}

/// Where to stand: as soon as is gentle, but before or behind junctions and crossings, not in them.
fn place_m(view: &View<'_>, keep_clear: &mut Vec<(f64, f64)>) -> f64 {
    let mut place_m = view.front_m + braking_way_m(view.speed_mps, 0.9, BRAKING_MPS2);
    let length_m = view.sheet.dimensions.length_m;
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
    for &(from_m, to_m) in keep_clear.iter() {
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
