//! Values along a road: cubics of s, each from where it begins to where the next one does.
//!
//! A profile is zero before its first record; the last one holds to the end.

use crate::draft::Cubic;
use serde::{Deserialize, Serialize};

/// A value along the road with its first two derivatives by s.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Jet {
    /// The value.
    pub(crate) value: f64,
    /// By s.
    pub(crate) slope: f64,
    /// By s, twice.
    pub(crate) second: f64,
}

impl Jet {
    pub(super) fn plus(self, other: Jet, factor: f64) -> Jet {
        Jet {
            value: self.value + factor * other.value,
            slope: self.slope + factor * other.slope,
            second: self.second + factor * other.second,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Profile {
    pub(super) records: Vec<Cubic>,
}

impl Profile {
    pub(super) fn new(records: &[Cubic]) -> Profile {
        Profile {
            records: records.to_vec(),
        }
    }

    pub(super) fn at(&self, s_m: f64, anchor_m: f64) -> Jet {
        profile_at(&self.records, s_m, anchor_m)
    }
}

/// The record that holds at `anchor_m`.
pub(super) fn record_at(records: &[Cubic], anchor_m: f64) -> Option<&Cubic> {
    let next = records.partition_point(|record| record.s_m <= anchor_m);
    records.get(next.checked_sub(1)?)
}

/// The value at `s_m` of the record that holds `anchor_m`.
pub(super) fn profile_at(records: &[Cubic], s_m: f64, anchor_m: f64) -> Jet {
    jet(record_at(records, anchor_m), s_m)
}

/// The value of a record at `s_m`; zero of none.
pub(super) fn jet(record: Option<&Cubic>, s_m: f64) -> Jet {
    let Some(record) = record else {
        return Jet::default();
    };
    let ds = s_m - record.s_m;
    Jet {
        value: record.a + ds * (record.b + ds * (record.c + ds * record.d)),
        slope: record.b + ds * (2.0 * record.c + 3.0 * ds * record.d),
        second: 2.0 * record.c + 6.0 * ds * record.d,
    }
}
