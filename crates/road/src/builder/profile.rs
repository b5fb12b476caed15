//! Heights along a line: a C1 curve through known heights that never overshoots between them.

use crate::draft::Cubic;
use libm::fabs;

/// A known height, with its slope where that is known too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Knot {
    pub s_m: f64,
    pub z_m: f64,
    pub grade: Option<f64>,
}

/// A monotone piecewise cubic (Fritsch and Carlson's condition) through knots sorted by `s_m`.
pub(super) fn through(knots: &[Knot]) -> Vec<Cubic> {
    let mut kept: Vec<Knot> = Vec::with_capacity(knots.len());
    for &knot in knots {
        // Two heights within a metre would be a step: the one whose slope is known wins.
        match kept.last_mut() {
            Some(last) if knot.s_m - last.s_m < 1.0 => {
                if last.grade.is_none() {
                    *last = knot;
                }
            }
            _ => kept.push(knot),
        }
    }
    if kept.len() < 2 {
        let (z_m, grade) = kept
            .first()
            .map_or((0.0, 0.0), |knot| (knot.z_m, knot.grade.unwrap_or(0.0)));
        return vec![Cubic {
            s_m: 0.0,
            a: z_m,
            b: grade,
            c: 0.0,
            d: 0.0,
        }];
    }
    let secant: Vec<f64> = kept
        .windows(2)
        .map(|pair| (pair[1].z_m - pair[0].z_m) / (pair[1].s_m - pair[0].s_m))
        .collect();
    let slopes: Vec<f64> = (0..kept.len())
        .map(|at| {
            if let Some(grade) = kept[at].grade {
                return grade;
            }
            let (Some(&before), Some(&after)) = (at.checked_sub(1).and_then(|b| secant.get(b)), secant.get(at)) else {
                return secant[at.min(secant.len() - 1)];
            };
            if before * after <= 0.0 {
                return 0.0;
            }
            let (h0, h1) = (kept[at].s_m - kept[at - 1].s_m, kept[at + 1].s_m - kept[at].s_m);
            let (w0, w1) = (2.0 * h1 + h0, h1 + 2.0 * h0);
            (w0 + w1) / (w0 / before + w1 / after)
        })
        .collect();
    kept.windows(2)
        .enumerate()
        .map(|(at, pair)| {
            hermite(
                pair[0].s_m,
                pair[1].s_m - pair[0].s_m,
                [pair[0].z_m, pair[1].z_m],
                [slopes[at], slopes[at + 1]],
            )
        })
        .collect()
}

/// The cubic with given values and slopes at both ends.
pub(super) fn hermite(s_m: f64, length_m: f64, value: [f64; 2], slope: [f64; 2]) -> Cubic {
    let rise = value[1] - value[0];
    let c = (3.0 * rise / length_m - 2.0 * slope[0] - slope[1]) / length_m;
    let d = (slope[0] + slope[1] - 2.0 * rise / length_m) / (length_m * length_m);
    Cubic {
        s_m,
        a: value[0],
        b: slope[0],
        c,
        d,
    }
}

/// The record that holds at `s_m`.
fn record_at(records: &[Cubic], s_m: f64) -> Option<&Cubic> {
    records.get(records.partition_point(|record| record.s_m <= s_m).max(1) - 1)
}

/// Value and slope at `s_m`.
pub(super) fn value_at(records: &[Cubic], s_m: f64) -> [f64; 2] {
    let Some(record) = record_at(records, s_m) else {
        return [0.0, 0.0];
    };
    let ds = s_m - record.s_m;
    [
        record.a + ds * (record.b + ds * (record.c + ds * record.d)),
        record.b + ds * (2.0 * record.c + 3.0 * ds * record.d),
    ]
}

/// A record written from a later start.
fn moved_to(record: &Cubic, s_m: f64) -> Cubic {
    let ds = s_m - record.s_m;
    Cubic {
        s_m,
        a: record.a + ds * (record.b + ds * (record.c + ds * record.d)),
        b: record.b + ds * (2.0 * record.c + 3.0 * ds * record.d),
        c: record.c + 3.0 * ds * record.d,
        d: record.d,
    }
}

/// The records between two distances, counted from the first.
pub(super) fn slice(records: &[Cubic], from_m: f64, to_m: f64) -> Vec<Cubic> {
    let mut piece = Vec::new();
    if let Some(first) = record_at(records, from_m) {
        piece.push(Cubic {
            s_m: 0.0,
            ..moved_to(first, from_m)
        });
    }
    for record in records
        .iter()
        .filter(|record| record.s_m > from_m + 1e-6 && record.s_m < to_m - 1e-6)
    {
        piece.push(Cubic {
            s_m: record.s_m - from_m,
            ..*record
        });
    }
    piece
}

/// The records of a line seen from its other end.
pub(super) fn reversed(records: &[Cubic], length_m: f64) -> Vec<Cubic> {
    let mut back: Vec<Cubic> = Vec::with_capacity(records.len());
    for (at, record) in records.iter().enumerate() {
        let end_m = records.get(at + 1).map_or(length_m, |next| next.s_m);
        let end = moved_to(record, end_m);
        back.push(Cubic {
            s_m: (length_m - end_m).max(0.0),
            a: end.a,
            b: -end.b,
            c: end.c,
            d: -end.d,
        });
    }
    back.reverse();
    back
}

/// The steepest slope, without sign: each record's at its ends, or where its slope turns back.
pub(super) fn steepest(records: &[Cubic], length_m: f64) -> f64 {
    let mut steepest: f64 = 0.0;
    for (at, record) in records.iter().enumerate() {
        let end_m = records.get(at + 1).map_or(length_m, |next| next.s_m.min(length_m));
        let span_m = (end_m - record.s_m).max(0.0);
        let turn_m = (-record.c / (3.0 * record.d)).clamp(0.0, span_m);
        for ds in [0.0, turn_m, span_m] {
            // Without a turn there is no number.
            if ds.is_finite() {
                steepest = steepest.max(fabs(record.b + ds * (2.0 * record.c + 3.0 * ds * record.d)));
            }
        }
    }
    steepest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn heights_run_smoothly_and_never_overshoot(
            steps in proptest::collection::vec((5.0..200.0_f64, -8.0..8.0_f64), 2..12),
        ) {
            let mut s_m = 0.0;
            let knots: Vec<Knot> = steps.iter().map(|&(ds, z_m)| { s_m += ds; Knot { s_m: s_m - steps[0].0, z_m, grade: None } }).collect();
            let length_m = knots[knots.len() - 1].s_m;
            let curve = through(&knots);
            let (low, high) = knots.iter().fold((f64::MAX, f64::MIN), |(l, h), k| (l.min(k.z_m), h.max(k.z_m)));
            for step in 0..=400 {
                let [z, _] = value_at(&curve, length_m * f64::from(step) / 400.0);
                prop_assert!(z >= low - 1e-6 && z <= high + 1e-6);
            }
            for pair in curve.windows(2) {
                let end = moved_to(&pair[0], pair[1].s_m);
                prop_assert!(fabs(end.a - pair[1].a) < 1e-9 && fabs(end.b - pair[1].b) < 1e-9);
            }
            let back = reversed(&curve, length_m);
            let [z, grade] = value_at(&curve, 0.3 * length_m);
            let [z_back, grade_back] = value_at(&back, 0.7 * length_m);
            prop_assert!(fabs(z - z_back) < 1e-6 && fabs(grade + grade_back) < 1e-6);
        }
    }
}
