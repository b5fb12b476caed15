//! The foot of a point on a lane: where its centre line comes nearest.
//!
//! The nearest chord between two knots says where to begin, Newton's method on the curve ends within some steps.

use super::{LaneTable, Sample, Step, chord_distance2};

/// The foot of a point on a lane's centre line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Foot {
    pub(crate) along_m: f64,
    /// Positive to the left of travel, along the surface.
    pub(crate) offset_m: f64,
    /// How far the point lies before the lane's start or beyond its end.
    pub(crate) beyond_m: f64,
    /// The knot of the whole table at or before it.
    knot: usize,
}

impl LaneTable {
    /// The foot of a point, the whole lane searched.
    pub(crate) fn foot(&self, lane: usize, x_m: f64, y_m: f64) -> Foot {
        let range = self.range(lane);
        self.foot_between(lane, range.start, range.end - 1, x_m, y_m)
    }

    /// The foot of a point within `reach_m` of a distance.
    pub(crate) fn foot_near(&self, lane: usize, hint_m: f64, reach_m: f64, x_m: f64, y_m: f64) -> Foot {
        let length_m = self.length_m(lane);
        let from = self.knot_before(lane, (hint_m - reach_m).clamp(0.0, length_m));
        let to = self.knot_before(lane, (hint_m + reach_m).clamp(0.0, length_m)) + 1;
        self.foot_between(lane, from, to, x_m, y_m)
    }

    /// The foot of a point on the knots `from..=to` of the whole table.
    pub(crate) fn foot_between(&self, lane: usize, from: usize, to: usize, x_m: f64, y_m: f64) -> Foot {
        let (mut best, mut best_distance2) = (from, f64::INFINITY);
        for index in from..to {
            let distance2 = chord_distance2(&self.places[index], &self.places[index + 1], x_m, y_m);
            if distance2 < best_distance2 {
                (best, best_distance2) = (index, distance2);
            }
        }
        let lane_end = self.heads[lane].end as usize - 1;
        // As far as the neighbouring chords go; where records meet two knots may lie on one place, which is no chord.
        let (mut low, mut high) = (best.saturating_sub(1).max(from), (best + 2).min(to));
        while low > from && self.places[low].along_m == self.places[best].along_m {
            low -= 1;
        }
        while high < to && self.places[high].along_m == self.places[best + 1].along_m {
            high += 1;
        }
        let (low_m, high_m) = (self.places[low].along_m, self.places[high].along_m);
        let (a, b) = (&self.places[best], &self.places[best + 1]);
        let [dx, dy] = [b.x_m - a.x_m, b.y_m - a.y_m];
        let chord2 = dx * dx + dy * dy;
        let u = if chord2 > 0.0 {
            ((x_m - a.x_m) * dx + (y_m - a.y_m) * dy) / chord2
        } else {
            0.0
        };
        let mut along_m = a.along_m + u.clamp(0.0, 1.0) * (b.along_m - a.along_m);
        let mut index = best;
        let (mut along_error_m, mut left_m, mut roll_rad) = (0.0, 0.0, 0.0);
        for _ in 0..6 {
            while index + 2 <= to && self.places[index + 1].along_m <= along_m && index + 2 <= lane_end {
                index += 1;
            }
            while index > from && self.places[index].along_m > along_m {
                index -= 1;
            }
            let (a, b) = (&self.places[index], &self.places[index + 1]);
            let step = Step::between(a, b, along_m);
            let here = step.plan(a, b);
            let [dx, dy] = [x_m - here.x_m, y_m - here.y_m];
            along_error_m = dx * here.tangent[0] + dy * here.tangent[1];
            left_m = dy * here.tangent[0] - dx * here.tangent[1];
            roll_rad = step.linear(a.roll_rad.into(), b.roll_rad.into());
            let curvature_per_m = step.linear(a.curvature_per_m, b.curvature_per_m);
            let scale = (1.0 - curvature_per_m * left_m).max(0.2);
            let next_m = (along_m + along_error_m / scale).clamp(low_m, high_m);
            let step_m = (next_m - along_m).abs();
            along_m = next_m;
            if step_m < 1e-7 {
                break;
            }
        }
        let offset_m = if roll_rad == 0.0 {
            left_m
        } else {
            left_m / libm::cos(roll_rad).max(0.1)
        };
        // Far from a tight curve the steps may not have settled: what is left along the tangent is then part of how far
        // the point is, as it is beyond an end.
        let at_end = along_m <= 0.0 || along_m >= self.places[lane_end].along_m || along_error_m.abs() > 1e-3;
        Foot {
            along_m,
            offset_m,
            beyond_m: if at_end { along_error_m.abs() } else { 0.0 },
            knot: self.settle(&self.heads[lane], index, along_m),
        }
    }

    /// All that is told of the lane's middle at a foot.
    pub(crate) fn sample_at_foot(&self, foot: &Foot) -> Sample {
        self.sample_at(foot.knot, foot.along_m)
    }
}
