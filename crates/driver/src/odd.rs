//! The operational design domain, watched while driving.
//!
//! In goes the view of a cycle; out come what is known of each [`OddAttribute`] and how it fits the data sheet's domain, into
//! the [`Decision`]. Scenery is looked at on the way that a stop from the present speed takes, so that the vehicle is at rest
//! before a lane that it may not use; weather and light are as it is told. Nothing is decided here, and nothing allocated.

use crate::speed::braking_way_m;
use crate::view::View;
use vehicle::{Decision, FaultKind, OddAttribute, OddState, OperationalDesignDomain};

/// Scenery is looked at every so many metres...
const STEP_M: f64 = 5.0;
/// ...anew after so many...
const ANEW_M: f64 = 2.5;
/// ...from the reference point on, over the way of a gentle stop and this.
const BEYOND_M: f64 = 10.0;
const BRAKING_MPS2: f64 = 1.1;
const REACTION_S: f64 = 1.0;

/// What has to be remembered from cycle to cycle.
#[derive(Clone, Debug, Default)]
pub(crate) struct OddMonitor {
    link_out_s: f64,
    /// Where scenery was looked at last, and what was seen; none on other lanes.
    seen: Option<(f64, Scenery)>,
}

/// The least width, the greatest slope and the sharpest bend on the way of a stop.
#[derive(Clone, Copy, Debug)]
struct Scenery {
    width_m: f64,
    grade: f64,
    bend_per_m: f64,
}

impl OddMonitor {
    /// Looks, writes and counts.
    pub(crate) fn watch(&mut self, view: &View<'_>, decision: &mut Decision) {
        let ego = &view.observation.ego;
        self.link_out_s = if ego.faults.has(FaultKind::Link) {
            self.link_out_s + view.period_s
        } else {
            0.0
        };
        let environment = &view.observation.environment;
        let seen = self.seen.filter(|(at_m, _)| (view.station_m - at_m).abs() < ANEW_M);
        let (at_m, scenery) = seen.unwrap_or_else(|| (view.station_m, Scenery::of(view)));
        self.seen = Some((at_m, scenery));
        let mut values = [0.0; OddAttribute::COUNT];
        for (attribute, value) in [
            (OddAttribute::LaneWidth, scenery.width_m),
            (OddAttribute::Grade, scenery.grade),
            (OddAttribute::CurveRadius, 1.0 / scenery.bend_per_m.max(1e-6)),
            (OddAttribute::Rainfall, environment.rainfall_mm_per_h),
            (OddAttribute::Visibility, environment.visibility_m),
            (OddAttribute::Night, f64::from(u8::from(environment.is_dark))),
            (OddAttribute::LinkOut, self.link_out_s),
            (OddAttribute::Speed, ego.speed_mps.abs()),
        ] {
            values[attribute.index()] = value;
        }
        take_down(&view.sheet.odd, values, view.period_s, decision);
    }

    /// Other lanes: what was seen is nothing any more.
    pub(crate) fn forget_lanes(&mut self) {
        self.seen = None;
    }

    /// Where there is no way to look along, nothing is known of the scenery.
    pub(crate) fn lose(&mut self, domain: &OperationalDesignDomain, period_s: f64, decision: &mut Decision) {
        let mut values = decision.odd.values;
        for attribute in [OddAttribute::LaneWidth, OddAttribute::Grade, OddAttribute::CurveRadius] {
            values[attribute.index()] = f64::NAN;
        }
        take_down(domain, values, period_s, decision);
    }
}

/// Writes down how a cycle's values fit, and counts it.
fn take_down(
    domain: &OperationalDesignDomain,
    values: [f64; OddAttribute::COUNT],
    period_s: f64,
    decision: &mut Decision,
) {
    let state = OddState {
        values,
        fits: domain.fit(&values),
    };
    decision.odd_tally.count(&state, &decision.odd, period_s);
    decision.odd = state;
}

impl Scenery {
    fn of(view: &View<'_>) -> Scenery {
        let way_m = braking_way_m(view.speed_mps, REACTION_S, BRAKING_MPS2) + BEYOND_M;
        // What lies beyond the next halt is looked at from there on: a lay-by's taper is none of a vehicle's that moves up in it.
        let halt_m = view.next_halt_m().unwrap_or(f64::INFINITY).max(view.front_m);
        let end_m = (view.front_m + way_m).min(view.route.length_m).min(halt_m);
        let (mut width_m, mut grade, mut bend_per_m) = (f64::INFINITY, 0.0_f64, 0.0_f64);
        let mut station_m = view.station_m.max(0.0);
        while station_m <= end_m {
            bend_per_m = bend_per_m.max(view.route.at(station_m).curvature_per_m.abs());
            let index = view.route.section_at(station_m);
            if let Some(section) = view.route.sections.get(index) {
                let s_m = view.route.lane_s_m(view.network, view.lanes, index, station_m);
                // Where the mission changes lanes, a lay-by that tapers off is left for the lane beside it.
                let share = (station_m - section.start_m) / section.length_m.max(0.01);
                let widths_m = view.lanes[section.legs.clone()].iter().map(|&lane| {
                    let length_m = view.network.lane(lane).length_m;
                    view.network.lane_width_m(lane, share.clamp(0.0, 1.0) * length_m)
                });
                width_m = width_m.min(widths_m.fold(0.0, f64::max));
                grade = grade.max(view.network.lane_grade(view.lanes[section.active], s_m.max(0.0)).abs());
            }
            station_m += STEP_M;
        }
        Scenery {
            width_m,
            grade,
            bend_per_m,
        }
    }
}
