//! The relief of a road's cross-section: how far its surface lies off the plane that heading, slope and superelevation
//! span, by `<shape>` (OpenDRIVE 1.8.1, 10.5.3), by `<crossfall>` (OpenDRIVE 1.4, 5.3.6.2) and by strips (`strips`).
//!
//! In go the records of a draft, out comes a height at (s, t) with its derivatives. Shapes at one s make a profile across
//! the road, each record a cubic of t from its own t on; between two profiles heights at one t are linear in s. The first
//! profile holds before it and the last one after it, as the innermost and outermost record do across: a surface ends
//! nowhere in a step. A crossfall is an angle that falls from the reference line outwards, on one side or both. Where a
//! road has several of them, their heights add. It does not know lanes, nor which of them stay level.

use super::strips::Strips;
use crate::draft::{Cubic, RoadDraft, Side};
use libm::tan;
use serde::{Deserialize, Serialize};

/// Steeper than this nobody builds: keeps the tangent finite.
const CROSSFALL_RAD_MAX: f64 = 1.4;

/// The relief of one road.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Relief {
    /// Profiles across the road in order of s.
    profiles: Vec<Across>,
    /// Left and right: the angle along s.
    crossfalls: [Vec<Cubic>; 2],
    strips: Option<Strips>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Across {
    s_m: f64,
    /// `s_m` of a record is its t.
    records: Vec<Cubic>,
}

/// Height off the road's plane.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Lift {
    pub(crate) height_m: f64,
    /// Derivative by s at one t.
    pub(crate) by_s: f64,
    /// Derivative by t.
    pub(crate) by_t: f64,
}

impl Relief {
    /// None of a road that is flat across everywhere.
    pub(crate) fn new(road: &RoadDraft) -> Option<Relief> {
        let RoadDraft {
            shapes,
            crossfalls,
            surface,
            ..
        } = road;
        if shapes.is_empty() && crossfalls.is_empty() && surface.is_none() {
            return None;
        }
        let mut profiles: Vec<Across> = Vec::new();
        for shape in shapes {
            let record = shape.across;
            match profiles.last_mut() {
                Some(last) if last.s_m == shape.s_m => last.records.push(record),
                _ => profiles.push(Across {
                    s_m: shape.s_m,
                    records: vec![record],
                }),
            }
        }
        let of = |side| -> Vec<Cubic> {
            let all = crossfalls.iter();
            all.filter(|fall| fall.side == side || fall.side == Side::Both)
                .map(|fall| fall.angle_rad)
                .collect()
        };
        Some(Relief {
            profiles,
            crossfalls: [of(Side::Left), of(Side::Right)],
            strips: surface.as_ref().map(Strips::new),
        })
    }

    /// Where along the road something begins.
    pub(crate) fn breaks_m(&self) -> impl Iterator<Item = f64> + '_ {
        let falls = self.crossfalls.iter().flatten().map(|record| record.s_m);
        let strips = self.strips.iter().flat_map(Strips::breaks_m);
        self.profiles
            .iter()
            .map(|profile| profile.s_m)
            .chain(falls)
            .chain(strips)
    }

    /// At a joint of records along the road `anchor_m` chooses the side.
    pub(crate) fn at(&self, s_m: f64, t_m: f64, anchor_m: f64) -> Lift {
        let shape = self.shape(s_m, t_m, anchor_m);
        let fall = self.crossfall(s_m, t_m, anchor_m);
        let strip = self
            .strips
            .as_ref()
            .map(|strips| strips.at(s_m, t_m, anchor_m))
            .unwrap_or_default();
        Lift {
            height_m: shape.height_m + fall.height_m + strip.height_m,
            by_s: shape.by_s + fall.by_s + strip.by_s,
            by_t: shape.by_t + fall.by_t + strip.by_t,
        }
    }

    fn shape(&self, s_m: f64, t_m: f64, anchor_m: f64) -> Lift {
        let next = self.profiles.partition_point(|profile| profile.s_m <= anchor_m);
        let before = &self.profiles[next.saturating_sub(1)..next];
        match (before, self.profiles.get(next)) {
            ([], None) => Lift::default(),
            ([only], None) | ([], Some(only)) => only.lift(t_m),
            ([from, ..], Some(to)) => {
                // Two profiles at one place in all but rounding are a step: its slope must stay a number.
                let length_m = (to.s_m - from.s_m).max(1e-6);
                let share = (s_m - from.s_m) / length_m;
                let (from, to) = (from.lift(t_m), to.lift(t_m));
                Lift {
                    height_m: from.height_m + share * (to.height_m - from.height_m),
                    by_s: (to.height_m - from.height_m) / length_m,
                    by_t: from.by_t + share * (to.by_t - from.by_t),
                }
            }
            ([_, _, ..], None) => unreachable!("the slice before holds one profile at most"),
        }
    }

    fn crossfall(&self, s_m: f64, t_m: f64, anchor_m: f64) -> Lift {
        let angle = super::profile::profile_at(&self.crossfalls[usize::from(t_m < 0.0)], s_m, anchor_m);
        if angle.value == 0.0 && angle.slope == 0.0 {
            return Lift::default();
        }
        let fall = tan(angle.value.clamp(-CROSSFALL_RAD_MAX, CROSSFALL_RAD_MAX));
        Lift {
            height_m: -fall * t_m.abs(),
            by_s: -(1.0 + fall * fall) * angle.slope * t_m.abs(),
            by_t: if t_m < 0.0 { fall } else { -fall },
        }
    }
}

impl Across {
    fn lift(&self, t_m: f64) -> Lift {
        let next = self.records.partition_point(|record| record.s_m <= t_m);
        let Some(record) = self.records.get(next.saturating_sub(1)) else {
            return Lift::default();
        };
        // Right of the first record its edge goes on level.
        let dt = (t_m - record.s_m).max(0.0);
        let by_t = record.b + dt * (2.0 * record.c + 3.0 * dt * record.d);
        Lift {
            height_m: record.a + dt * (record.b + dt * (record.c + dt * record.d)),
            by_s: 0.0,
            by_t: if t_m < record.s_m { 0.0 } else { by_t },
        }
    }
}
