//! One strip: where it lies along the road and how wide it is there.

use crate::builder::profile;
use crate::draft::{Cubic, LaneKind};

/// Where a strip comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::builder) enum Role {
    Base,
    PocketLeft,
    PocketRight,
    StartRight,
    Bay,
}

/// A lane with a width that may swell and shrink along the road.
#[derive(Clone, Debug)]
pub(super) struct Strip {
    pub(super) kind: LaneKind,
    pub(super) role: Role,
    /// (s, width), level at each.
    pub(super) knots: Vec<(f64, f64)>,
    pub(super) from_m: f64,
    pub(super) to_m: f64,
    /// Open for all vehicles between these: a bus lane before a junction.
    pub(super) open_m: Option<(f64, f64)>,
    /// The lane of the neighbouring road at (start, end).
    pub(super) outer_links: (Option<i32>, Option<i32>),
}

impl Strip {
    /// A strip that is there from its first to its last knot.
    pub(super) fn between(kind: LaneKind, role: Role, knots: Vec<(f64, f64)>) -> Strip {
        let (from_m, to_m) = (knots[0].0, knots[knots.len() - 1].0);
        Strip {
            kind,
            role,
            knots,
            from_m,
            to_m,
            open_m: None,
            outer_links: (None, None),
        }
    }

    pub(super) fn is_present(&self, s_m: f64) -> bool {
        s_m >= self.from_m && s_m <= self.to_m
    }

    pub(super) fn kind_at(&self, s_m: f64) -> LaneKind {
        match self.open_m {
            Some((from_m, to_m)) if s_m >= from_m && s_m <= to_m => LaneKind::Driving,
            _ => self.kind,
        }
    }
}

/// Knots given along the flow of traffic, as knots along the road.
pub(super) fn made_knots(is_right: bool, length_m: f64, along_flow: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if is_right {
        along_flow.to_vec()
    } else {
        along_flow
            .iter()
            .rev()
            .map(|&(s_m, width_m)| (length_m - s_m, width_m))
            .collect()
    }
}

/// Puts a change of width among existing knots: it holds from itself to the end that the
/// traffic of its side runs to.
pub(super) fn merge_knots(knots: &mut Vec<(f64, f64)>, is_right: bool, change: &[(f64, f64)]) {
    let (low, high) = (change[0], change[change.len() - 1]);
    let length_m = knots.last().map_or(0.0, |last| last.0);
    if is_right {
        knots.retain(|knot| knot.0 < low.0);
        knots.extend_from_slice(change);
        knots.push((length_m, high.1));
    } else {
        knots.retain(|knot| knot.0 > high.0);
        let mut merged = vec![(0.0, low.1)];
        merged.extend_from_slice(change);
        merged.append(knots);
        *knots = merged;
    }
}

/// Cubic records through level knots.
pub(super) fn records(knots: &[(f64, f64)]) -> Vec<Cubic> {
    let mut made: Vec<Cubic> = Vec::with_capacity(knots.len());
    for pair in knots.windows(2) {
        let length_m = pair[1].0 - pair[0].0;
        if length_m < 1e-6 {
            continue;
        }
        let record = profile::hermite(pair[0].0, length_m, [pair[0].1, pair[1].1], [0.0, 0.0]);
        let is_level = |cubic: &Cubic| cubic.b == 0.0 && cubic.c == 0.0 && cubic.d == 0.0;
        let repeats = made
            .last()
            .is_some_and(|last| is_level(last) && is_level(&record) && last.a == record.a);
        if !repeats {
            made.push(record);
        }
    }
    if made.is_empty() {
        made.push(Cubic {
            s_m: 0.0,
            a: knots.first().map_or(0.0, |knot| knot.1),
            ..Cubic::default()
        });
    }
    made
}

/// The width at `s_m`; before the first knot and beyond the last one theirs.
pub(super) fn value(knots: &[(f64, f64)], s_m: f64) -> f64 {
    match knots {
        [first, ..] if s_m <= first.0 => first.1,
        [.., last] if s_m >= last.0 => last.1,
        [first, others @ ..] if others.iter().all(|knot| knot.1 == first.1) => first.1,
        _ => profile::value_at(&records(knots), s_m)[0],
    }
}
