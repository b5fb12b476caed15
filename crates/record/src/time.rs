//! Simulated time: integer nanoseconds since the start of a run.
//!
//! In goes a tick length or a duration in a person's unit; out comes a total order that never drifts. It knows no
//! calendar and never reads the wall clock: the only place where a run's start is tied to a date is the recording's
//! metadata.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// A moment, or the span between two, in nanoseconds since the start of the run.
///
/// A whole number, because a clock that adds 0.1 s as a float is late by a millisecond within a day and different on
/// the next machine. The range is ±292 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(i64);

impl SimTime {
    /// The start of the run.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than everything that happens in a run.
    pub const MAX: SimTime = SimTime(i64::MAX);

    /// A moment `nanoseconds` after the start of the run.
    pub const fn from_nanos(nanoseconds: i64) -> SimTime {
        SimTime(nanoseconds)
    }

    /// A moment `milliseconds` after the start of the run.
    pub const fn from_millis(milliseconds: i64) -> SimTime {
        SimTime(milliseconds * 1_000_000)
    }

    /// A moment `seconds` after the start of the run.
    pub const fn from_secs(seconds: i64) -> SimTime {
        SimTime(seconds * 1_000_000_000)
    }

    /// The nanosecond nearest to `seconds`; saturates at the ends of the range, and NaN becomes zero.
    pub fn from_secs_f64(seconds: f64) -> SimTime {
        // `as` saturates and maps NaN to zero, which is the behaviour promised above.
        SimTime((seconds * 1e9).round() as i64)
    }

    /// Nanoseconds since the start of the run.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since the start of the run, rounded towards the past.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Seconds since the start of the run, for formulas and for people.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 * 1e-9
    }

    /// Whether a process that fires every `period`, first at zero, fires at this moment.
    pub const fn is_multiple_of(self, period: SimTime) -> bool {
        self.0 % period.0 == 0
    }
}

impl Add for SimTime {
    type Output = SimTime;
    fn add(self, rhs: SimTime) -> SimTime {
        SimTime(self.0 + rhs.0)
    }
}

impl AddAssign for SimTime {
    fn add_assign(&mut self, rhs: SimTime) {
        self.0 += rhs.0;
    }
}

impl Sub for SimTime {
    type Output = SimTime;
    fn sub(self, rhs: SimTime) -> SimTime {
        SimTime(self.0 - rhs.0)
    }
}

/// `hh:mm:ss.mmm`, hours running past 24 as public transport counts them.
impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.as_millis();
        let (sign, millis) = if millis < 0 { ("-", -millis) } else { ("", millis) };
        let (h, m, s) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60);
        write!(f, "{sign}{h:02}:{m:02}:{s:02}.{:03}", millis % 1000)
    }
}
