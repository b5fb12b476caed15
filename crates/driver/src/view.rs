//! What one cycle looks at: the observation, the route and the vehicle's place on it.
//!
//! Made afresh each cycle and only read. Whoever decides something about the cycle takes a [`View`] and tells the
//! [`Governor`](crate::speed::Governor).

use crate::lateral::Course;
use crate::neighbour::Neighbour;
use crate::route::Route;
use road::{LaneId, RoadNetwork, SignalId};
use vehicle::{DataSheet, Observation, ObservedSignal};

/// One cycle's knowledge.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub network: &'a RoadNetwork,
    pub sheet: &'a DataSheet,
    pub observation: &'a Observation,
    pub route: &'a Route,
    pub lanes: &'a [LaneId],
    pub course: &'a Course,
    pub neighbours: &'a [Neighbour],
    /// Of the reference point.
    pub station_m: f64,
    /// Of the front bumper.
    pub front_m: f64,
    pub speed_mps: f64,
    pub period_s: f64,
}

impl View<'_> {
    /// Of the rear bumper.
    pub(crate) fn rear_m(&self) -> f64 {
        self.front_m - self.sheet.dimensions.length_m
    }

    /// The light's colour, if known.
    pub(crate) fn signal(&self, signal: SignalId) -> Option<&ObservedSignal> {
        let signals = &self.observation.signals;
        signals
            .binary_search_by_key(&signal, |seen| seen.signal)
            .ok()
            .map(|index| &signals[index])
    }

    /// Station of the mission's next halt.
    pub(crate) fn next_halt_m(&self) -> Option<f64> {
        let halt = self.observation.mission.halts.first()?;
        let at_m = self
            .route
            .station_m(self.network, self.lanes, halt.leg as usize, halt.position.s_m)?;
        at_m.is_finite().then_some(at_m)
    }

    /// Braking that stops the front bumper at a station.
    pub(crate) fn needed_mps2(&self, station_m: f64) -> f64 {
        let way_m = station_m - self.front_m;
        if self.speed_mps < 0.05 {
            0.0
        } else if way_m <= 0.05 {
            f64::INFINITY
        } else {
            self.speed_mps * self.speed_mps / (2.0 * way_m)
        }
    }

    /// Right and left edge of the band that the body will sweep at a station, `margin_m` on both sides.
    pub(crate) fn swept_m(&self, station_m: f64, margin_m: f64) -> (f64, f64) {
        let here = self.route.at(station_m);
        let offset_m = self.course.offset_m(station_m) + here.inset_m;
        let half_m = 0.5 * self.sheet.dimensions.width_m + margin_m;
        // In a tight turn the front runs outside the rear axle's path by front² κ / 2.
        let front_m = self.sheet.dimensions.front_m();
        let swing_m = (0.5 * front_m * front_m * here.curvature_per_m).clamp(-1.2, 1.2);
        (
            offset_m - half_m - swing_m.max(0.0),
            offset_m + half_m - swing_m.min(0.0),
        )
    }
}
