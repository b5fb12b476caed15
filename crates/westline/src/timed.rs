//! A driver whose cycles are timed, by the clock: whatever else runs on the machine shows in the longest.

use driver::AutomatedDriver;
use record::SimTime;
use std::time::Instant;
use vehicle::{Control, Decision, Driver, Explanation, Observation};

/// Tells `each` of every cycle of how many objects it was told, and how many microseconds it took.
pub struct Timed<F> {
    pub driver: AutomatedDriver,
    pub each: F,
}

impl<F: FnMut(usize, f64) + Send> Driver for Timed<F> {
    fn name(&self) -> &str {
        self.driver.name()
    }

    fn drive(&mut self, observation: &Observation) -> Control {
        let begun = Instant::now();
        let control = self.driver.drive(observation);
        let taken_us = begun.elapsed().as_secs_f64() * 1e6;
        (self.each)(observation.objects.len(), taken_us);
        control
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
}
