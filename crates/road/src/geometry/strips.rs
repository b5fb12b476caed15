//! A road's surface in strips along it (OpenDRIVE 1.8, 10.5.4): up to two on each side of a line that may stray from the
//! reference line, each with a cubic height across it whose coefficients are cubics along the road.
//!
//! In go the records of a draft, out comes a height at (s, t) with its derivatives. The inner strip reaches as far as its
//! width, the outer one from there on, counted from the inner one's edge or from the road's plane. Where a side has no
//! outer strip the inner one goes on; a side without strips is level. The standard's text asks on the left for the outer
//! strip where t is less than the width; it is read as the mirror of the right side. It does not know lanes.

use super::profile::{Jet, profile_at};
use super::relief::Lift;
use crate::draft::{CrossSectionSurfaceDraft, Cubic, StripDraft};
use serde::{Deserialize, Serialize};

/// The strips of one road.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Strips {
    offset_m: Vec<Cubic>,
    /// Left and right.
    sides: [Side; 2],
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Side {
    inner: Option<Strip>,
    outer: Option<Strip>,
    outer_is_relative: bool,
    /// How far the inner strip reaches, if it ends.
    width_m: Vec<Cubic>,
}

/// Coefficients along the road: constant, linear, quadratic, cubic.
type Strip = [Vec<Cubic>; 4];

impl Strips {
    pub(super) fn new(draft: &CrossSectionSurfaceDraft) -> Strips {
        let strip = |id: i32| draft.strips.iter().find(|strip| strip.id == id);
        let terms = |strip: &StripDraft| strip.terms.clone();
        let side = |sign: i32| {
            let inner = strip(sign);
            let width_m = inner.map_or_else(Vec::new, |inner| inner.width_m.clone());
            // Without the inner strip's width nobody knows where the outer one begins.
            let outer = strip(2 * sign).filter(|_| !width_m.is_empty());
            Side {
                inner: inner.map(terms),
                outer_is_relative: outer.is_some_and(|outer| outer.is_relative),
                outer: outer.map(terms),
                width_m,
            }
        };
        Strips {
            offset_m: draft.offset_m.clone(),
            sides: [side(1), side(-1)],
        }
    }

    /// Where along the road something begins.
    pub(super) fn breaks_m(&self) -> impl Iterator<Item = f64> + '_ {
        let of_side = |side: &'_ Side| -> Vec<f64> {
            let terms = side.inner.iter().chain(&side.outer).flatten().flatten();
            terms.chain(&side.width_m).map(|record| record.s_m).collect()
        };
        let offsets = self.offset_m.iter().map(|record| record.s_m);
        offsets.chain(self.sides.iter().flat_map(of_side))
    }

    /// At a joint of records along the road `anchor_m` chooses the side.
    pub(super) fn at(&self, s_m: f64, t_m: f64, anchor_m: f64) -> Lift {
        let along = |records: &[Cubic]| profile_at(records, s_m, anchor_m);
        let offset = along(&self.offset_m);
        // How far across, and how that moves along the road at one t.
        let across = Jet {
            value: t_m - offset.value,
            slope: -offset.slope,
            second: 0.0,
        };
        let (side, sign) = if across.value > 0.0 {
            (&self.sides[0], 1.0)
        } else {
            (&self.sides[1], -1.0)
        };
        let Some(inner) = &side.inner else {
            return Lift::default();
        };
        let width = along(&side.width_m);
        let edge = Jet::default().plus(width, sign);
        match &side.outer {
            Some(outer) if sign * across.value > width.value.max(0.0) => {
                let beyond = height(outer, across.plus(edge, -1.0), along);
                if !side.outer_is_relative {
                    return beyond;
                }
                let base = height(inner, edge, along);
                Lift {
                    height_m: base.height_m + beyond.height_m,
                    by_s: base.by_s + beyond.by_s,
                    by_t: beyond.by_t,
                }
            }
            _ => height(inner, across, along),
        }
    }
}

/// The height of a strip at a distance across it that moves along the road.
fn height(strip: &Strip, across: Jet, along: impl Fn(&[Cubic]) -> Jet) -> Lift {
    let mut lift = Lift::default();
    for term in strip.iter().rev() {
        let term = along(term);
        lift.by_t = lift.by_t * across.value + lift.height_m;
        lift.by_s = lift.by_s * across.value + term.slope;
        lift.height_m = lift.height_m * across.value + term.value;
    }
    lift.by_s += lift.by_t * across.slope;
    lift
}
