//! The painting of a road: between its strips, and along its middle.

use super::CrossSection;
use super::strip::{Role, Strip};
use crate::draft::{LaneChange, LaneKind, MarkColour, RoadClass, RoadMarkDraft, RoadMarkKind};

/// Lane changes end this far before a junction.
const SOLID_BEFORE_JUNCTION_M: f64 = 30.0;

impl CrossSection {
    /// The painting between a strip and the next one outwards.
    pub(super) fn marks(
        &self,
        strip: &Strip,
        outside: Option<&Strip>,
        is_right: bool,
        span: (f64, f64),
    ) -> Vec<RoadMarkDraft> {
        let is_motor = |kind| matches!(kind, LaneKind::Driving | LaneKind::Ramp | LaneKind::Bus);
        let plain = |kind, colour| RoadMarkDraft {
            s_m: 0.0,
            kind,
            colour,
            width_m: if kind == RoadMarkKind::None { 0.0 } else { 0.15 },
            lane_change: LaneChange::ByMark,
        };
        let middle_m = 0.5 * (span.0 + span.1);
        let inner = strip.kind_at(middle_m);
        let Some(outside) = outside else {
            return if is_motor(inner) {
                vec![plain(RoadMarkKind::Solid, MarkColour::White)]
            } else {
                Vec::new()
            };
        };
        let outer = outside.kind_at(middle_m);
        match (inner, outer) {
            (LaneKind::Median, _) => vec![plain(RoadMarkKind::Solid, MarkColour::Yellow)],
            (a, b) if is_motor(a) && is_motor(b) => {
                let is_for_buses = inner == LaneKind::Bus || outer == LaneKind::Bus;
                let colour = if is_for_buses {
                    MarkColour::Yellow
                } else {
                    MarkColour::White
                };
                self.broken_then_solid(is_right, span, colour)
            }
            (a, LaneKind::Bicycle) if is_motor(a) => vec![plain(RoadMarkKind::Solid, MarkColour::White)],
            (_, LaneKind::Sidewalk | LaneKind::Border) => vec![plain(RoadMarkKind::Curb, MarkColour::White)],
            _ => Vec::new(),
        }
    }

    /// Dashes, and an unbroken line before the junction that the traffic of this side runs into.
    fn broken_then_solid(&self, is_right: bool, span: (f64, f64), colour: MarkColour) -> Vec<RoadMarkDraft> {
        let mark = |s_m: f64, kind| RoadMarkDraft {
            s_m,
            kind,
            colour,
            width_m: 0.15,
            lane_change: LaneChange::ByMark,
        };
        let solid_m = SOLID_BEFORE_JUNCTION_M.min(0.25 * self.length_m);
        let ends_at_junction = if is_right {
            self.solid_at_end
        } else {
            self.solid_at_start
        };
        if !ends_at_junction {
            return vec![mark(0.0, RoadMarkKind::Broken)];
        }
        let (first, change_m, second) = if is_right {
            (RoadMarkKind::Broken, self.length_m - solid_m, RoadMarkKind::Solid)
        } else {
            (RoadMarkKind::Solid, solid_m, RoadMarkKind::Broken)
        };
        if change_m <= span.0 + 0.01 {
            vec![mark(0.0, second)]
        } else if change_m >= span.1 - 0.01 {
            vec![mark(0.0, first)]
        } else {
            vec![mark(0.0, first), mark(change_m - span.0, second)]
        }
    }

    pub(super) fn centre_marks(&self, span: (f64, f64)) -> Vec<RoadMarkDraft> {
        let mark = |s_m, kind| RoadMarkDraft {
            s_m,
            kind,
            colour: MarkColour::Yellow,
            width_m: if kind == RoadMarkKind::None { 0.0 } else { 0.15 },
            lane_change: LaneChange::ByMark,
        };
        let motor_lanes = |side: &[Strip]| {
            side.iter()
                .filter(|s| s.role == Role::Base && matches!(s.kind, LaneKind::Driving | LaneKind::Bus))
                .count()
        };
        let has_median = self.right.first().is_some_and(|strip| strip.kind == LaneKind::Median);
        if has_median {
            return Vec::new();
        }
        if self.is_one_way {
            return vec![mark(0.0, RoadMarkKind::Solid)];
        }
        if motor_lanes(&self.right) + motor_lanes(&self.left) > 2 {
            return vec![mark(0.0, RoadMarkKind::SolidSolid)];
        }
        if self.class <= RoadClass::LowSpeed {
            return Vec::new();
        }
        let solid_m = SOLID_BEFORE_JUNCTION_M.min(0.25 * self.length_m);
        let mut marks = Vec::new();
        let mut add = |from_m: f64, to_m: f64, kind| {
            if to_m > span.0 + 0.01 && from_m < span.1 - 0.01 {
                marks.push(mark((from_m - span.0).max(0.0), kind));
            }
        };
        let low_m = if self.solid_at_start { solid_m } else { 0.0 };
        let high_m = if self.solid_at_end {
            self.length_m - solid_m
        } else {
            self.length_m
        };
        add(0.0, low_m, RoadMarkKind::Solid);
        add(low_m, high_m, RoadMarkKind::Broken);
        add(high_m, self.length_m, RoadMarkKind::Solid);
        marks
    }
}
