//! Lane centre lines as one flat array of knots: what every query about a place on a lane reads.
//!
//! A lane is a run of knots, each with its distance along the lane, place, unit tangent, height, slope, curvature, half
//! width and bank. Between two knots place and height are Hermite cubics of the distance, the rest is linear; the
//! compiler sets knots so densely that this is within [`Tolerance`] of the analytic curve, and puts two knots on one
//! place where the road itself has a kink. Distance is measured in plan view, as OpenDRIVE measures s.
//!
//! A query finds its knot through a bucket per knot, so its cost does not grow with the lane. 96 bytes a knot, about a
//! knot for 2 m of bend and 10 m of straight: 1,000 km of lanes take some 30 MB.

use crate::Pose;
use libm::{atan, atan2, sincos};
use serde::{Deserialize, Serialize};

/// How far the knots may be from the analytic curve.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tolerance {
    pub(crate) position_m: f64,
    pub(crate) heading_rad: f64,
    pub(crate) width_m: f64,
}

impl Tolerance {
    /// For lanes that vehicles use: half of what [`RoadNetwork::lane_pose`](crate::RoadNetwork::lane_pose) promises.
    pub(crate) const VEHICLE: Tolerance = Tolerance {
        position_m: 5e-4,
        heading_rad: 5e-5,
        width_m: 5e-3,
    };
    /// For what is only drawn or walked on.
    pub(crate) const OTHER: Tolerance = Tolerance {
        position_m: 1e-2,
        heading_rad: 1e-2,
        width_m: 5e-2,
    };
}

/// A point of a lane's centre line, in its direction of travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Knot {
    pub(crate) along_m: f64,
    pub(crate) x_m: f64,
    pub(crate) y_m: f64,
    pub(crate) tangent: [f64; 2],
    pub(crate) z_m: f64,
    pub(crate) grade: f64,
    pub(crate) curvature_per_m: f64,
    pub(crate) half_width_m: f64,
    pub(crate) roll_rad: f64,
    /// s on the road's reference line.
    pub(crate) road_s_m: f64,
    /// Its derivative by `along_m`, negative where traffic runs against +s.
    pub(crate) road_s_slope: f64,
}

/// A place between two knots.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) x_m: f64,
    pub(crate) y_m: f64,
    /// Unit tangent.
    pub(crate) tangent: [f64; 2],
    pub(crate) z_m: f64,
    pub(crate) grade: f64,
    pub(crate) curvature_per_m: f64,
    pub(crate) half_width_m: f64,
    pub(crate) roll_rad: f64,
    pub(crate) road_s_m: f64,
}

/// The foot of a point on a lane's centre line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Foot {
    pub(crate) along_m: f64,
    /// Positive to the left of travel, along the surface.
    pub(crate) offset_m: f64,
    /// How far the point lies before the lane's start or beyond its end.
    pub(crate) beyond_m: f64,
}

/// All lanes' knots.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct LaneTable {
    heads: Vec<Head>,
    knots: Vec<Knot>,
    /// For each lane as many buckets as it has knots, of equal length: the last knot at or before the bucket's start.
    buckets: Vec<u32>,
}

/// Where a lane's knots lie: all that a query needs before it goes there, side by side.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Head {
    first: u32,
    /// One beyond its last knot.
    end: u32,
    length_m: f64,
    buckets_per_m: f64,
}

impl LaneTable {
    /// What it takes of memory.
    pub(crate) fn bytes(&self) -> usize {
        std::mem::size_of_val(self.heads.as_slice())
            + std::mem::size_of_val(self.knots.as_slice())
            + std::mem::size_of_val(self.buckets.as_slice())
    }

    /// Adds the next lane. It has at least two knots, of rising distance.
    pub(crate) fn push(&mut self, knots: &[Knot]) {
        assert!(knots.len() >= 2, "a lane has at least two knots, found {}", knots.len());
        let first = self.knots.len();
        let length_m = knots[knots.len() - 1].along_m;
        let buckets_per_m = if length_m > 0.0 {
            knots.len() as f64 / length_m
        } else {
            0.0
        };
        let mut index = 0;
        for bucket in 0..knots.len() {
            let start_m = if buckets_per_m > 0.0 {
                bucket as f64 / buckets_per_m
            } else {
                0.0
            };
            while index + 2 < knots.len() && knots[index + 1].along_m <= start_m {
                index += 1;
            }
            self.buckets.push((first + index) as u32);
        }
        self.knots.extend_from_slice(knots);
        self.heads.push(Head {
            first: first as u32,
            end: self.knots.len() as u32,
            length_m,
            buckets_per_m,
        });
    }

    /// Whether it holds so many lanes, each with two knots or more and a bucket for each that names one of its own.
    pub(crate) fn is_sound(&self, lanes: usize) -> bool {
        let is_whole = |head: &Head| {
            let (first, end) = (head.first as usize, head.end as usize);
            first + 2 <= end
                && end <= self.knots.len()
                && self
                    .buckets
                    .get(first..end)
                    .is_some_and(|buckets| buckets.iter().all(|&knot| (first..end - 1).contains(&(knot as usize))))
        };
        self.heads.len() == lanes && self.buckets.len() == self.knots.len() && self.heads.iter().all(is_whole)
    }

    /// The lane's knots.
    pub(crate) fn knots(&self, lane: usize) -> &[Knot] {
        let Head { first, end, .. } = self.heads[lane];
        &self.knots[first as usize..end as usize]
    }

    pub(crate) fn length_m(&self, lane: usize) -> f64 {
        self.heads[lane].length_m
    }

    /// The knot at or before a distance, never the lane's last.
    fn knot_before(&self, lane: usize, along_m: f64) -> usize {
        let head = &self.heads[lane];
        let (first, end) = (head.first as usize, head.end as usize);
        // A negative or missing distance casts to 0.
        let bucket = ((along_m * head.buckets_per_m) as usize).min(end - first - 1);
        let mut index = self.buckets[first + bucket] as usize;
        // Rounding of the product may land one bucket too far.
        while index > first && self.knots[index].along_m > along_m {
            index -= 1;
        }
        while index + 2 < end && self.knots[index + 1].along_m <= along_m {
            index += 1;
        }
        index
    }

    /// The place at a distance, which is clamped to the lane.
    pub(crate) fn sample(&self, lane: usize, along_m: f64) -> Sample {
        let along_m = along_m.clamp(0.0, self.length_m(lane));
        let index = self.knot_before(lane, along_m);
        between(&self.knots[index], &self.knots[index + 1], along_m)
    }

    /// Pose at a distance and an offset, looking in the direction of travel.
    pub(crate) fn pose(&self, lane: usize, along_m: f64, offset_m: f64) -> Pose {
        let sample = self.sample(lane, along_m);
        let (mut across_m, mut up_m) = (offset_m, 0.0);
        if sample.roll_rad != 0.0 {
            let (sin, cos) = sincos(sample.roll_rad);
            (across_m, up_m) = (offset_m * cos, offset_m * sin);
        }
        Pose {
            x_m: sample.x_m - sample.tangent[1] * across_m,
            y_m: sample.y_m + sample.tangent[0] * across_m,
            z_m: sample.z_m + up_m,
            heading_rad: atan2(sample.tangent[1], sample.tangent[0]),
            pitch_rad: if sample.grade == 0.0 { 0.0 } else { -atan(sample.grade) },
            roll_rad: sample.roll_rad,
        }
    }

    /// The distance along a lane at which it passes a road s, clamped to the lane.
    pub(crate) fn along_at(&self, lane: usize, road_s_m: f64) -> f64 {
        let knots = self.knots(lane);
        let forward = knots[knots.len() - 1].road_s_m >= knots[0].road_s_m;
        let is_before = |knot: &Knot| {
            if forward {
                knot.road_s_m <= road_s_m
            } else {
                knot.road_s_m >= road_s_m
            }
        };
        let index = knots.partition_point(is_before).clamp(1, knots.len() - 1) - 1;
        let (a, b) = (&knots[index], &knots[index + 1]);
        let span_m = b.road_s_m - a.road_s_m;
        if span_m == 0.0 {
            return a.along_m;
        }
        let mut along_m = a.along_m + ((road_s_m - a.road_s_m) / span_m).clamp(0.0, 1.0) * (b.along_m - a.along_m);
        for _ in 0..4 {
            let error_m = road_s_m - between(a, b, along_m).road_s_m;
            let step_m = error_m * (b.along_m - a.along_m) / span_m;
            along_m = (along_m + step_m).clamp(a.along_m, b.along_m);
            if step_m.abs() < 1e-9 {
                break;
            }
        }
        along_m
    }

    /// Linear between knots: for what changes slowly.
    pub(crate) fn linear(&self, lane: usize, along_m: f64, of: impl Fn(&Knot) -> f64) -> f64 {
        let along_m = along_m.clamp(0.0, self.length_m(lane));
        let index = self.knot_before(lane, along_m);
        let (a, b) = (&self.knots[index], &self.knots[index + 1]);
        let u = share(a, b, along_m);
        of(a) + u * (of(b) - of(a))
    }

    /// The foot of a point, the whole lane searched.
    pub(crate) fn foot(&self, lane: usize, x_m: f64, y_m: f64) -> Foot {
        let Head { first, end, .. } = self.heads[lane];
        self.foot_between(lane, first as usize, end as usize - 1, x_m, y_m)
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
            let distance2 = chord_distance2(&self.knots[index], &self.knots[index + 1], x_m, y_m);
            if distance2 < best_distance2 {
                (best, best_distance2) = (index, distance2);
            }
        }
        let lane_end = self.heads[lane].end as usize - 1;
        // As far as the neighbouring chords go; where records meet two knots may lie on one place, which is no chord.
        let (mut low, mut high) = (best.saturating_sub(1).max(from), (best + 2).min(to));
        while low > from && self.knots[low].along_m == self.knots[best].along_m {
            low -= 1;
        }
        while high < to && self.knots[high].along_m == self.knots[best + 1].along_m {
            high += 1;
        }
        let (low_m, high_m) = (self.knots[low].along_m, self.knots[high].along_m);
        let (a, b) = (&self.knots[best], &self.knots[best + 1]);
        let [dx, dy] = [b.x_m - a.x_m, b.y_m - a.y_m];
        let chord2 = dx * dx + dy * dy;
        let u = if chord2 > 0.0 {
            ((x_m - a.x_m) * dx + (y_m - a.y_m) * dy) / chord2
        } else {
            0.0
        };
        let mut along_m = a.along_m + u.clamp(0.0, 1.0) * (b.along_m - a.along_m);
        let mut index = best;
        let mut along_error_m = 0.0;
        let mut sample = between(a, b, along_m);
        for _ in 0..6 {
            while index + 2 <= to && self.knots[index + 1].along_m <= along_m && index + 2 <= lane_end {
                index += 1;
            }
            while index > from && self.knots[index].along_m > along_m {
                index -= 1;
            }
            sample = between(&self.knots[index], &self.knots[index + 1], along_m);
            let [dx, dy] = [x_m - sample.x_m, y_m - sample.y_m];
            along_error_m = dx * sample.tangent[0] + dy * sample.tangent[1];
            let left_m = dy * sample.tangent[0] - dx * sample.tangent[1];
            let scale = (1.0 - sample.curvature_per_m * left_m).max(0.2);
            let next_m = (along_m + along_error_m / scale).clamp(low_m, high_m);
            let step_m = (next_m - along_m).abs();
            along_m = next_m;
            if step_m < 1e-7 {
                break;
            }
        }
        let [dx, dy] = [x_m - sample.x_m, y_m - sample.y_m];
        let left_m = dy * sample.tangent[0] - dx * sample.tangent[1];
        let offset_m = if sample.roll_rad == 0.0 {
            left_m
        } else {
            left_m / libm::cos(sample.roll_rad).max(0.1)
        };
        // Far from a tight curve the steps may not have settled: what is left along the tangent is then part of how far
        // the point is, as it is beyond an end.
        let at_end = along_m <= 0.0 || along_m >= self.knots[lane_end].along_m || along_error_m.abs() > 1e-3;
        Foot {
            along_m,
            offset_m,
            beyond_m: if at_end { along_error_m.abs() } else { 0.0 },
        }
    }

    /// Index of a lane's first knot in the whole table.
    pub(crate) fn first_knot(&self, lane: usize) -> usize {
        self.heads[lane].first as usize
    }

    /// A knot of the whole table.
    pub(crate) fn knot(&self, index: usize) -> &Knot {
        &self.knots[index]
    }

    /// Every knot of every lane.
    pub(crate) fn all_knots(&self) -> &[Knot] {
        &self.knots
    }
}

fn share(a: &Knot, b: &Knot, along_m: f64) -> f64 {
    let step_m = b.along_m - a.along_m;
    if step_m > 0.0 {
        ((along_m - a.along_m) / step_m).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// Hermite cubics for place, height and road s; linear for the rest.
pub(crate) fn between(a: &Knot, b: &Knot, along_m: f64) -> Sample {
    let step_m = b.along_m - a.along_m;
    let u = share(a, b, along_m);
    if step_m <= 0.0 {
        return Sample {
            x_m: a.x_m,
            y_m: a.y_m,
            tangent: a.tangent,
            z_m: a.z_m,
            grade: a.grade,
            curvature_per_m: a.curvature_per_m,
            half_width_m: a.half_width_m,
            roll_rad: a.roll_rad,
            road_s_m: a.road_s_m,
        };
    }
    let (u2, v) = (u * u, 1.0 - u);
    // Weights of the two ends' values and slopes, and their derivatives.
    let value_b = u2 * (3.0 - 2.0 * u);
    let (slope_a, slope_b) = (step_m * u * v * v, -step_m * u2 * v);
    let rise = 6.0 * u * v / step_m;
    let (bend_a, bend_b) = (v * (1.0 - 3.0 * u), u * (3.0 * u - 2.0));
    let cubic = |pa: f64, pb: f64, ta: f64, tb: f64| pa + value_b * (pb - pa) + slope_a * ta + slope_b * tb;
    let slope = |pa: f64, pb: f64, ta: f64, tb: f64| rise * (pb - pa) + bend_a * ta + bend_b * tb;
    let tx = slope(a.x_m, b.x_m, a.tangent[0], b.tangent[0]);
    let ty = slope(a.y_m, b.y_m, a.tangent[1], b.tangent[1]);
    let norm = (tx * tx + ty * ty).sqrt();
    let tangent = if norm > 1e-9 { [tx / norm, ty / norm] } else { a.tangent };
    let linear = |pa: f64, pb: f64| pa + u * (pb - pa);
    Sample {
        x_m: cubic(a.x_m, b.x_m, a.tangent[0], b.tangent[0]),
        y_m: cubic(a.y_m, b.y_m, a.tangent[1], b.tangent[1]),
        tangent,
        z_m: cubic(a.z_m, b.z_m, a.grade, b.grade),
        grade: slope(a.z_m, b.z_m, a.grade, b.grade),
        curvature_per_m: linear(a.curvature_per_m, b.curvature_per_m),
        half_width_m: linear(a.half_width_m, b.half_width_m),
        roll_rad: linear(a.roll_rad, b.roll_rad),
        road_s_m: cubic(a.road_s_m, b.road_s_m, a.road_s_slope, b.road_s_slope),
    }
}

/// Square of the distance from a point to the chord between two knots.
pub(crate) fn chord_distance2(a: &Knot, b: &Knot, x_m: f64, y_m: f64) -> f64 {
    let [dx, dy] = [b.x_m - a.x_m, b.y_m - a.y_m];
    let [px, py] = [x_m - a.x_m, y_m - a.y_m];
    let chord2 = dx * dx + dy * dy;
    let u = if chord2 > 0.0 {
        ((px * dx + py * dy) / chord2).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let [ex, ey] = [px - u * dx, py - u * dy];
    ex * ex + ey * ey
}
