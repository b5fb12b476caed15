//! The lanes of a road between two changes of their number: widths, borders, heights.

use super::profile::{Jet, profile_at};
use crate::draft::{Cubic, LaneDraft, LaneHeightDraft};
use serde::{Deserialize, Serialize};

/// The lanes between two changes of their number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SectionGeometry {
    /// Where it begins on the road.
    pub(crate) start_m: f64,
    /// Where the next one begins, or the road ends.
    pub(crate) end_m: f64,
    /// From the centre outwards.
    pub(super) left: Vec<LaneShape>,
    /// From the centre outwards.
    pub(super) right: Vec<LaneShape>,
}

impl SectionGeometry {
    pub(super) fn side(&self, lane: i32) -> &[LaneShape] {
        match lane.signum() {
            1 => &self.left,
            -1 => &self.right,
            _ => &[],
        }
    }

    pub(super) fn lane(&self, lane: i32) -> Option<&LaneShape> {
        self.side(lane).iter().find(|shape| shape.id == lane)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LaneShape {
    pub(super) id: i32,
    pub(super) level: bool,
    pub(super) widths: Vec<Cubic>,
    pub(super) borders: Vec<Cubic>,
    pub(super) heights: Vec<LaneHeightDraft>,
}

impl LaneShape {
    pub(super) fn new(lane: &LaneDraft) -> LaneShape {
        LaneShape {
            id: lane.id,
            level: lane.level,
            widths: lane.widths.clone(),
            borders: if lane.widths.is_empty() {
                lane.borders.clone()
            } else {
                Vec::new()
            },
            heights: lane.heights.clone(),
        }
    }

    /// Distance of the outer border from the centre lane, given that of the inner one.
    pub(super) fn outer(&self, inner: Jet, ds_m: f64, anchor_m: f64) -> Jet {
        if self.borders.is_empty() {
            let width = profile_at(&self.widths, ds_m, anchor_m);
            // Cubics overshoot zero by a hair where a lane begins or ends.
            return if width.value > 0.0 {
                inner.plus(width, 1.0)
            } else {
                inner
            };
        }
        // Authors write right-hand borders with either sign.
        let border = profile_at(&self.borders, ds_m, anchor_m);
        let border = if border.value < 0.0 {
            Jet::default().plus(border, -1.0)
        } else {
            border
        };
        if border.value > inner.value { border } else { inner }
    }
}

pub(super) fn heights_at(records: &[LaneHeightDraft], ds_m: f64) -> [f64; 2] {
    let next = records.partition_point(|record| record.s_m <= ds_m);
    let Some(last) = next.checked_sub(1).map(|index| records[index]) else {
        return [0.0; 2];
    };
    match records.get(next) {
        Some(next) => {
            let share = (ds_m - last.s_m) / (next.s_m - last.s_m);
            [
                last.inner_m + share * (next.inner_m - last.inner_m),
                last.outer_m + share * (next.outer_m - last.outer_m),
            ]
        }
        None => [last.inner_m, last.outer_m],
    }
}
