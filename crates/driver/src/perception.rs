//! Perception: from what sensors measure to what a driver observes.
//!
//! [`MapPerception`] finds the vehicle's place by satellites, gyroscope, wheels and the lane lines of its map
//! (`localisation`), and makes tracks of detections (`tracking`). [`Perceiving`] puts it before any driver, which then sees
//! the world through its own vehicle's sensors and no longer through tracks that were found for it.

mod assignment;
mod gaussian;
mod gospa;
mod localisation;
mod motion;
mod tracking;

pub(crate) use gaussian::Gaussian;
pub use gospa::{Gospa, gospa};

use localisation::Localisation;
use record::SimTime;
use road::{Pose, RoadNetwork};
use std::sync::Arc;
use tracking::Tracker;
use vehicle::{Control, DataSheet, Decision, Driver, Explanation, Measurements, Observation, Perception};

/// Finds place and neighbours with the help of the map.
#[derive(Debug)]
pub struct MapPerception {
    network: Arc<RoadNetwork>,
    localisation: Localisation,
    tracker: Tracker,
}

impl MapPerception {
    /// For a vehicle of this sheet, on this map.
    pub fn new(network: Arc<RoadNetwork>, sheet: &DataSheet) -> MapPerception {
        MapPerception {
            network,
            localisation: Localisation::new(sheet),
            tracker: Tracker::new(sheet),
        }
    }
}

impl Perception for MapPerception {
    fn wake(&mut self, pose: Pose) {
        self.localisation.wake(pose);
    }

    fn perceive(&mut self, measurements: &Measurements, observation: &mut Observation) {
        self.localisation
            .update(&self.network, measurements, observation.ego.passengers);
        self.localisation.write(&mut observation.ego);
        let mut from = 0;
        for scan in &measurements.scans {
            let to = (from + scan.detections).min(measurements.detections.len());
            let moment = self.localisation.at(scan.made);
            self.tracker.take(scan, &measurements.detections[from..to], &moment);
            from = to;
        }
        self.tracker.write(observation.time, &mut observation.objects);
    }
}

/// A driver that sees through a perception of its own.
#[derive(Debug)]
pub struct Perceiving<D> {
    perception: MapPerception,
    driver: D,
}

impl<D: Driver> Perceiving<D> {
    /// Puts a perception before a driver.
    pub fn new(perception: MapPerception, driver: D) -> Perceiving<D> {
        Perceiving { perception, driver }
    }
}

impl<D: Driver> Driver for Perceiving<D> {
    fn name(&self) -> &str {
        self.driver.name()
    }

    fn drive(&mut self, observation: &Observation) -> Control {
        self.driver.drive(observation)
    }

    fn explanation(&self) -> Explanation {
        self.driver.explanation()
    }

    fn decision(&self) -> Option<&Decision> {
        self.driver.decision()
    }

    fn period(&self) -> SimTime {
        self.driver.period()
    }

    fn perception(&mut self) -> Option<&mut dyn Perception> {
        Some(&mut self.perception)
    }
}
