//! Lane centre lines as one flat array of knots: what every query about a place on a lane reads.
//!
//! A lane is a run of knots, each with its distance along the lane, place, unit tangent, height, slope, curvature, half
//! width and bank. Between two knots place and height are Hermite cubics of the distance, the rest is linear; the
//! compiler sets knots so densely that this is within [`Tolerance`] of the analytic curve, and puts two knots on one
//! place where the road itself has a kink. Distance is measured in plan view, as OpenDRIVE measures s.
//!
//! Maps are larger than the processor's caches, so a query costs what it touches: the lane's head, which tells the knot,
//! and the two knots' places, a line of the cache each. What else they tell lies apart. 96 bytes a knot, about a knot for
//! 2 m of bend and 10 m of straight: 1,000 km of lanes take some 30 MB.

mod foot;

pub(crate) use foot::Foot;

use crate::Pose;
use libm::{atan, atan2, sincos};
use serde::{Deserialize, Serialize};
use std::ops::Range;

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
    pub(crate) half_width_m: f64,
    pub(crate) roll_rad: f64,
    pub(crate) road_s_m: f64,
}

/// What a pose is made of, of a knot.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[repr(align(64))]
pub(crate) struct KnotPlace {
    pub(crate) along_m: f64,
    pub(crate) x_m: f64,
    pub(crate) y_m: f64,
    pub(crate) tangent: [f64; 2],
    pub(crate) z_m: f64,
    pub(crate) grade: f64,
    pub(crate) roll_rad: f64,
}

/// What else a knot tells.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct KnotRest {
    curvature_per_m: f64,
    half_width_m: f64,
    road_s_m: f64,
    road_s_slope: f64,
}

/// All lanes' knots.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct LaneTable {
    heads: Vec<Head>,
    places: Vec<KnotPlace>,
    rests: Vec<KnotRest>,
}

/// Parts of a lane of equal length, for each of which its head names a knot.
const BUCKETS: usize = 32;
/// Lanes of more knots name every second one, or every fourth, ...
const KNOTS_NAMED: usize = 256;

/// Where a lane's knots lie: all that a query needs before it goes there, in one line of the cache.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[repr(align(64))]
struct Head {
    length_m: f64,
    buckets_per_m: f64,
    first: u32,
    /// One beyond its last knot.
    end: u32,
    /// Of each bucket the last knot at or before its start, counted from the first and shifted right by `shift`.
    buckets: [u8; BUCKETS],
    shift: u8,
}

impl Head {
    /// Of a lane whose knots lie from `first` on.
    fn new(first: usize, knots: &[Knot]) -> Head {
        let length_m = knots[knots.len() - 1].along_m;
        let buckets_per_m = if length_m > 0.0 { BUCKETS as f64 / length_m } else { 0.0 };
        let shift = knots.len().div_ceil(KNOTS_NAMED).next_power_of_two().trailing_zeros();
        let mut buckets = [0; BUCKETS];
        let mut index = 0;
        for (bucket, named) in buckets.iter_mut().enumerate() {
            let start_m = length_m * (bucket as f64 / BUCKETS as f64);
            while index + 2 < knots.len() && knots[index + 1].along_m <= start_m {
                index += 1;
            }
            *named = (index >> shift) as u8;
        }
        Head {
            length_m,
            buckets_per_m,
            first: first as u32,
            end: (first + knots.len()) as u32,
            buckets,
            shift: shift as u8,
        }
    }

    fn named(&self, bucket: usize) -> usize {
        self.first as usize + (usize::from(self.buckets[bucket]) << self.shift)
    }
}

impl LaneTable {
    /// What it takes of memory.
    pub(crate) fn bytes(&self) -> usize {
        std::mem::size_of_val(self.heads.as_slice())
            + std::mem::size_of_val(self.places.as_slice())
            + std::mem::size_of_val(self.rests.as_slice())
    }

    /// Adds the next lane. It has at least two knots, of rising distance.
    pub(crate) fn push(&mut self, knots: &[Knot]) {
        assert!(knots.len() >= 2, "a lane has at least two knots, found {}", knots.len());
        self.heads.push(Head::new(self.places.len(), knots));
        self.places.extend(knots.iter().map(Knot::place));
        self.rests.extend(knots.iter().map(Knot::rest));
    }

    /// Whether it holds so many lanes, each with two knots or more and buckets that name its own.
    pub(crate) fn is_sound(&self, lanes: usize) -> bool {
        let is_whole = |head: &Head| {
            let (first, end) = (head.first as usize, head.end as usize);
            first + 2 <= end
                && end <= self.places.len()
                && head.shift < 32
                && (0..BUCKETS).all(|bucket| head.named(bucket) + 1 < end)
        };
        self.heads.len() == lanes && self.rests.len() == self.places.len() && self.heads.iter().all(is_whole)
    }

    /// Where a lane's knots lie in the whole table.
    pub(crate) fn range(&self, lane: usize) -> Range<usize> {
        let head = &self.heads[lane];
        head.first as usize..head.end as usize
    }

    /// The lane's knots.
    pub(crate) fn knots(&self, lane: usize) -> impl ExactSizeIterator<Item = Knot> + DoubleEndedIterator + '_ {
        let range = self.range(lane);
        let parts = self.places[range.clone()].iter().zip(&self.rests[range]);
        parts.map(|(place, rest)| Knot::of(place, rest))
    }

    /// The lane's first knot and its last.
    pub(crate) fn ends(&self, lane: usize) -> [Knot; 2] {
        let range = self.range(lane);
        [range.start, range.end - 1].map(|index| Knot::of(&self.places[index], &self.rests[index]))
    }

    pub(crate) fn length_m(&self, lane: usize) -> f64 {
        self.heads[lane].length_m
    }

    /// The knot at or before a distance, never the lane's last.
    fn knot_before(&self, lane: usize, along_m: f64) -> usize {
        let head = &self.heads[lane];
        // A negative or missing distance casts to 0.
        let bucket = ((along_m * head.buckets_per_m) as usize).min(BUCKETS - 1);
        let mut index = head.named(bucket);
        if head.shift > 0 {
            let far = if bucket + 1 < BUCKETS {
                head.named(bucket + 1) + (1 << head.shift)
            } else {
                usize::MAX
            };
            let beyond = &self.places[index + 1..far.min(head.end as usize - 1)];
            index += beyond.partition_point(|knot| knot.along_m <= along_m);
        }
        // Rounding of the product may land one bucket too far.
        self.settle(head, index, along_m)
    }

    /// The knot at or before a distance, looked for from one that is near.
    fn settle(&self, head: &Head, mut index: usize, along_m: f64) -> usize {
        while index > head.first as usize && self.places[index].along_m > along_m {
            index -= 1;
        }
        while index + 2 < head.end as usize && self.places[index + 1].along_m <= along_m {
            index += 1;
        }
        index
    }

    /// The place at a distance, which is clamped to the lane.
    pub(crate) fn sample(&self, lane: usize, along_m: f64) -> Sample {
        let along_m = along_m.clamp(0.0, self.length_m(lane));
        self.sample_at(self.knot_before(lane, along_m), along_m)
    }

    /// The place at a distance between a knot and the next.
    pub(crate) fn sample_at(&self, index: usize, along_m: f64) -> Sample {
        between(&self.knot(index), &self.knot(index + 1), along_m)
    }

    /// Pose at a distance and an offset, looking in the direction of travel.
    pub(crate) fn pose(&self, lane: usize, along_m: f64, offset_m: f64) -> Pose {
        let along_m = along_m.clamp(0.0, self.length_m(lane));
        let index = self.knot_before(lane, along_m);
        let (a, b) = (&self.places[index], &self.places[index + 1]);
        let step = Step::between(a, b, along_m);
        let (plan, [z_m, grade]) = (step.plan(a, b), step.height(a, b));
        let roll_rad = step.linear(a.roll_rad, b.roll_rad);
        let (mut across_m, mut up_m) = (offset_m, 0.0);
        if roll_rad != 0.0 {
            let (sin, cos) = sincos(roll_rad);
            (across_m, up_m) = (offset_m * cos, offset_m * sin);
        }
        Pose {
            x_m: plan.x_m - plan.tangent[1] * across_m,
            y_m: plan.y_m + plan.tangent[0] * across_m,
            z_m: z_m + up_m,
            heading_rad: atan2(plan.tangent[1], plan.tangent[0]),
            pitch_rad: if grade == 0.0 { 0.0 } else { -atan(grade) },
            roll_rad,
        }
    }

    /// The distance along a lane at which it passes a road s, clamped to the lane.
    pub(crate) fn along_at(&self, lane: usize, road_s_m: f64) -> f64 {
        let range = self.range(lane);
        let rests = &self.rests[range.clone()];
        let forward = rests[rests.len() - 1].road_s_m >= rests[0].road_s_m;
        let is_before = |knot: &KnotRest| {
            if forward {
                knot.road_s_m <= road_s_m
            } else {
                knot.road_s_m >= road_s_m
            }
        };
        let index = range.start + rests.partition_point(is_before).clamp(1, rests.len() - 1) - 1;
        let (a, b) = (self.knot(index), self.knot(index + 1));
        let span_m = b.road_s_m - a.road_s_m;
        if span_m == 0.0 {
            return a.along_m;
        }
        let mut along_m = a.along_m + ((road_s_m - a.road_s_m) / span_m).clamp(0.0, 1.0) * (b.along_m - a.along_m);
        for _ in 0..4 {
            let error_m = road_s_m - between(&a, &b, along_m).road_s_m;
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
        let (a, b) = (self.knot(index), self.knot(index + 1));
        let u = share(a.along_m, b.along_m, along_m);
        of(&a) + u * (of(&b) - of(&a))
    }

    /// A knot of the whole table.
    pub(crate) fn knot(&self, index: usize) -> Knot {
        Knot::of(&self.places[index], &self.rests[index])
    }

    /// Where a knot of the whole table lies.
    pub(crate) fn place(&self, index: usize) -> &KnotPlace {
        &self.places[index]
    }

    pub(crate) fn half_width_m(&self, index: usize) -> f64 {
        self.rests[index].half_width_m
    }

    /// Every knot of every lane.
    pub(crate) fn all_knots(&self) -> impl Iterator<Item = Knot> + '_ {
        let parts = self.places.iter().zip(&self.rests);
        parts.map(|(place, rest)| Knot::of(place, rest))
    }
}

impl Knot {
    fn of(place: &KnotPlace, rest: &KnotRest) -> Knot {
        Knot {
            along_m: place.along_m,
            x_m: place.x_m,
            y_m: place.y_m,
            tangent: place.tangent,
            z_m: place.z_m,
            grade: place.grade,
            curvature_per_m: rest.curvature_per_m,
            half_width_m: rest.half_width_m,
            roll_rad: place.roll_rad,
            road_s_m: rest.road_s_m,
            road_s_slope: rest.road_s_slope,
        }
    }

    fn place(&self) -> KnotPlace {
        KnotPlace {
            along_m: self.along_m,
            x_m: self.x_m,
            y_m: self.y_m,
            tangent: self.tangent,
            z_m: self.z_m,
            grade: self.grade,
            roll_rad: self.roll_rad,
        }
    }

    fn rest(&self) -> KnotRest {
        KnotRest {
            curvature_per_m: self.curvature_per_m,
            half_width_m: self.half_width_m,
            road_s_m: self.road_s_m,
            road_s_slope: self.road_s_slope,
        }
    }
}

/// The share of the way from one knot to the next.
fn share(from_m: f64, to_m: f64, along_m: f64) -> f64 {
    let step_m = to_m - from_m;
    if step_m > 0.0 {
        ((along_m - from_m) / step_m).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// A place between two knots, as the weights of their values: Hermite cubics for place, height and road s; linear for the
/// rest.
struct Step {
    u: f64,
    /// Of the second knot's value; the first one's is what is missing to 1.
    value_b: f64,
    slope_a: f64,
    slope_b: f64,
    /// The same for the cubic's derivative.
    rise: f64,
    bend_a: f64,
    bend_b: f64,
}

/// Of a place between two knots what is seen in plan view.
struct PlanSample {
    x_m: f64,
    y_m: f64,
    tangent: [f64; 2],
}

impl Step {
    fn between(a: &KnotPlace, b: &KnotPlace, along_m: f64) -> Step {
        let step_m = b.along_m - a.along_m;
        let u = share(a.along_m, b.along_m, along_m);
        if step_m <= 0.0 {
            // Of two knots on one place the first holds.
            return Step {
                u,
                value_b: 0.0,
                slope_a: 0.0,
                slope_b: 0.0,
                rise: 0.0,
                bend_a: 1.0,
                bend_b: 0.0,
            };
        }
        let (u2, v) = (u * u, 1.0 - u);
        Step {
            u,
            value_b: u2 * (3.0 - 2.0 * u),
            slope_a: step_m * u * v * v,
            slope_b: -step_m * u2 * v,
            rise: 6.0 * u * v / step_m,
            bend_a: v * (1.0 - 3.0 * u),
            bend_b: u * (3.0 * u - 2.0),
        }
    }

    fn cubic(&self, pa: f64, pb: f64, ta: f64, tb: f64) -> f64 {
        pa + self.value_b * (pb - pa) + self.slope_a * ta + self.slope_b * tb
    }

    fn slope(&self, pa: f64, pb: f64, ta: f64, tb: f64) -> f64 {
        self.rise * (pb - pa) + self.bend_a * ta + self.bend_b * tb
    }

    fn linear(&self, pa: f64, pb: f64) -> f64 {
        pa + self.u * (pb - pa)
    }

    fn plan(&self, a: &KnotPlace, b: &KnotPlace) -> PlanSample {
        let tx = self.slope(a.x_m, b.x_m, a.tangent[0], b.tangent[0]);
        let ty = self.slope(a.y_m, b.y_m, a.tangent[1], b.tangent[1]);
        let norm = (tx * tx + ty * ty).sqrt();
        PlanSample {
            x_m: self.cubic(a.x_m, b.x_m, a.tangent[0], b.tangent[0]),
            y_m: self.cubic(a.y_m, b.y_m, a.tangent[1], b.tangent[1]),
            tangent: if norm > 1e-9 { [tx / norm, ty / norm] } else { a.tangent },
        }
    }

    /// Height and slope.
    fn height(&self, a: &KnotPlace, b: &KnotPlace) -> [f64; 2] {
        [
            self.cubic(a.z_m, b.z_m, a.grade, b.grade),
            self.slope(a.z_m, b.z_m, a.grade, b.grade),
        ]
    }
}

/// All that is told of a place between two knots.
pub(crate) fn between(a: &Knot, b: &Knot, along_m: f64) -> Sample {
    let (here, there) = (a.place(), b.place());
    let step = Step::between(&here, &there, along_m);
    let (plan, [z_m, grade]) = (step.plan(&here, &there), step.height(&here, &there));
    Sample {
        x_m: plan.x_m,
        y_m: plan.y_m,
        tangent: plan.tangent,
        z_m,
        grade,
        half_width_m: step.linear(a.half_width_m, b.half_width_m),
        roll_rad: step.linear(a.roll_rad, b.roll_rad),
        road_s_m: step.cubic(a.road_s_m, b.road_s_m, a.road_s_slope, b.road_s_slope),
    }
}

/// Square of the distance from a point to the chord between two knots.
pub(crate) fn chord_distance2(a: &KnotPlace, b: &KnotPlace, x_m: f64, y_m: f64) -> f64 {
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
