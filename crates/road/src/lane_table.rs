//! Lane centre lines as one flat array of knots: what every query about a place on a lane reads.
//!
//! A lane is a run of knots, each with its distance along the lane, place, unit tangent, curvature, height, slope, half
//! width and bank. Between two knots the place is the Hermite quintic of the distance that has their places, tangents and
//! curvatures; height, half width and road s are Hermite cubics, curvature and bank are linear. The compiler sets knots so
//! densely that this is within [`Tolerance`] of the analytic curve, and puts two knots on one place where the road itself
//! has a kink. Distance is measured in plan view, as OpenDRIVE measures s.
//!
//! Maps are larger than the processor's caches, so a query costs what it touches: the lane's head, which tells the knot,
//! and the two knots' places, a line of the cache each. What else they tell lies apart. 88 bytes a knot, and few of them: a
//! straight has two, a bend one for half a radian of turn. With cubics it took four times as many knots, and all that is
//! made of them.

mod foot;
mod heading;

pub(crate) use foot::Foot;

use crate::Pose;
use crate::bulk::Words;
use libm::{atan, sincos};
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
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Knot {
    pub(crate) along_m: f64,
    pub(crate) x_m: f64,
    pub(crate) y_m: f64,
    pub(crate) tangent: [f64; 2],
    pub(crate) z_m: f64,
    pub(crate) grade: f64,
    pub(crate) curvature_per_m: f64,
    pub(crate) half_width_m: f64,
    /// Its derivative by `along_m`.
    pub(crate) half_width_slope: f64,
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

/// What a pose is made of, of a knot: a line of the cache. Slope and bank are told to 1e-7 of themselves.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
pub(crate) struct KnotPlace {
    pub(crate) along_m: f64,
    pub(crate) x_m: f64,
    pub(crate) y_m: f64,
    pub(crate) tangent: [f64; 2],
    pub(crate) curvature_per_m: f64,
    pub(crate) z_m: f64,
    grade: f32,
    roll_rad: f32,
}

/// What else a knot tells.
#[derive(Clone, Copy, Debug, PartialEq)]
struct KnotRest {
    road_s_m: f64,
    road_s_slope: f64,
    half_width_m: f32,
    half_width_slope: f32,
}

/// All lanes' knots.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct LaneTable {
    #[serde(with = "crate::bulk")]
    heads: Vec<Head>,
    #[serde(with = "crate::bulk")]
    places: Vec<KnotPlace>,
    #[serde(with = "crate::bulk")]
    rests: Vec<KnotRest>,
}

impl Words<8> for KnotPlace {
    fn words(&self) -> [u64; 8] {
        let slopes = u64::from(self.grade.to_bits()) | u64::from(self.roll_rad.to_bits()) << 32;
        let [tx, ty] = self.tangent;
        let numbers = [self.along_m, self.x_m, self.y_m, tx, ty, self.curvature_per_m, self.z_m];
        let [along, x, y, tx, ty, curvature, z] = numbers.map(f64::to_bits);
        [along, x, y, tx, ty, curvature, z, slopes]
    }

    fn of_words([along, x, y, tx, ty, curvature, z, slopes]: [u64; 8]) -> KnotPlace {
        KnotPlace {
            along_m: f64::from_bits(along),
            x_m: f64::from_bits(x),
            y_m: f64::from_bits(y),
            tangent: [f64::from_bits(tx), f64::from_bits(ty)],
            curvature_per_m: f64::from_bits(curvature),
            z_m: f64::from_bits(z),
            grade: f32::from_bits(slopes as u32),
            roll_rad: f32::from_bits((slopes >> 32) as u32),
        }
    }
}

impl Words<3> for KnotRest {
    fn words(&self) -> [u64; 3] {
        let widths = u64::from(self.half_width_m.to_bits()) | u64::from(self.half_width_slope.to_bits()) << 32;
        [self.road_s_m.to_bits(), self.road_s_slope.to_bits(), widths]
    }

    fn of_words([road_s, slope, widths]: [u64; 3]) -> KnotRest {
        KnotRest {
            road_s_m: f64::from_bits(road_s),
            road_s_slope: f64::from_bits(slope),
            half_width_m: f32::from_bits(widths as u32),
            half_width_slope: f32::from_bits((widths >> 32) as u32),
        }
    }
}

impl Words<8> for Head {
    fn words(&self) -> [u64; 8] {
        let ends = u64::from(self.first) | u64::from(self.end) << 32;
        let mut words = [
            self.length_m.to_bits(),
            self.buckets_per_m.to_bits(),
            ends,
            0,
            0,
            0,
            0,
            u64::from(self.shift),
        ];
        for (word, bytes) in words[3..7].iter_mut().zip(self.buckets.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        words
    }

    fn of_words(words: [u64; 8]) -> Head {
        let mut buckets = [0; BUCKETS];
        for (bytes, word) in buckets.as_chunks_mut::<8>().0.iter_mut().zip(&words[3..7]) {
            *bytes = word.to_le_bytes();
        }
        Head {
            length_m: f64::from_bits(words[0]),
            buckets_per_m: f64::from_bits(words[1]),
            first: words[2] as u32,
            end: (words[2] >> 32) as u32,
            buckets,
            shift: words[7] as u8,
        }
    }
}

/// Chords of an outline stray so far from the lane's middle.
const OUTLINE_STRAY_M: f64 = 0.01;
/// And are no longer.
const OUTLINE_M_MAX: f64 = 10.0;

/// Parts of a lane of equal length, for each of which its head names a knot.
const BUCKETS: usize = 32;
/// Lanes of more knots name every second one, or every fourth, ...
const KNOTS_NAMED: usize = 256;

/// Where a lane's knots lie: all that a query needs before it goes there, in one line of the cache.
#[derive(Clone, Copy, Debug)]
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

    /// Of so many lanes, most of which have a few knots: tables that grow are copied.
    pub(crate) fn with_room_for(lanes: usize) -> LaneTable {
        const KNOTS_A_LANE: usize = 6;
        LaneTable {
            heads: Vec::with_capacity(lanes),
            places: Vec::with_capacity(KNOTS_A_LANE * lanes),
            rests: Vec::with_capacity(KNOTS_A_LANE * lanes),
        }
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
        let roll_rad = step.linear(a.roll_rad.into(), b.roll_rad.into());
        let (mut across_m, mut up_m) = (offset_m, 0.0);
        if roll_rad != 0.0 {
            let (sin, cos) = sincos(roll_rad);
            (across_m, up_m) = (offset_m * cos, offset_m * sin);
        }
        Pose {
            x_m: plan.x_m - plan.tangent[1] * across_m,
            y_m: plan.y_m + plan.tangent[0] * across_m,
            z_m: z_m + up_m,
            heading_rad: heading::heading_rad(plan.tangent),
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
        // Steps by the mean slope: each leaves of the error what the slope differs, a tenth where a bend is tight.
        for _ in 0..16 {
            let error_m = road_s_m - between(&a, &b, along_m).road_s_m;
            let step_m = error_m * (b.along_m - a.along_m) / span_m;
            along_m = (along_m + step_m).clamp(a.along_m, b.along_m);
            if step_m.abs() < 1e-9 {
                break;
            }
        }
        along_m
    }

    /// How a lane's middle bends at a distance.
    pub(crate) fn curvature_per_m(&self, lane: usize, along_m: f64) -> f64 {
        let along_m = along_m.clamp(0.0, self.length_m(lane));
        let index = self.knot_before(lane, along_m);
        let (a, b) = (&self.places[index], &self.places[index + 1]);
        Step::between(a, b, along_m).curvature_per_m(a, b)
    }

    /// The lane's middle as points whose chords stray from it by a centimetre at most and are no longer than
    /// [`OUTLINE_M_MAX`]: every knot and what is needed between two of them.
    pub(crate) fn outline(&self, lane: usize) -> Vec<(f64, Sample)> {
        let range = self.range(lane);
        let mut points = Vec::with_capacity(2 * range.len());
        for index in range.start..range.end - 1 {
            let (a, b) = (self.knot(index), self.knot(index + 1));
            let length_m = b.along_m - a.along_m;
            let turn_rad = 0.5 * (a.curvature_per_m.abs() + b.curvature_per_m.abs()) * length_m;
            let finest = (length_m * turn_rad / (8.0 * OUTLINE_STRAY_M)).sqrt();
            let pieces = finest.max(length_m / OUTLINE_M_MAX).ceil().max(1.0) as usize;
            points.extend((0..pieces).map(|piece| {
                let along_m = a.along_m + length_m * piece as f64 / pieces as f64;
                (along_m, between(&a, &b, along_m))
            }));
        }
        let [before, last] = [self.knot(range.end - 2), self.knot(range.end - 1)];
        points.push((last.along_m, between(&before, &last, last.along_m)));
        points
    }

    /// A knot of the whole table.
    pub(crate) fn knot(&self, index: usize) -> Knot {
        Knot::of(&self.places[index], &self.rests[index])
    }

    /// Where a knot of the whole table lies.
    pub(crate) fn place(&self, index: usize) -> &KnotPlace {
        &self.places[index]
    }

    /// Calls `take` with places around which the lane's surface lies, and how far around.
    pub(crate) fn bounds_m(&self, lane: usize, mut take: impl FnMut(f64, f64, f64)) {
        let range = self.range(lane);
        for index in range.start..range.end - 1 {
            let reach_m = self.reach_m(index);
            for place in &self.places[index..=index + 1] {
                take(place.x_m, place.y_m, reach_m);
            }
        }
    }

    /// How far the lane's surface between a knot and the next may lie from their chord.
    pub(crate) fn reach_m(&self, index: usize) -> f64 {
        let [a, b] = [index, index + 1].map(|index| &self.rests[index]);
        let length_m = self.places[index + 1].along_m - self.places[index].along_m;
        // A Hermite cubic strays by 4/27 of its slopes from the straight line between its ends' greatest.
        let bulge_m = f64::from(a.half_width_slope.abs() + b.half_width_slope.abs()) * length_m * 4.0 / 27.0;
        f64::from(a.half_width_m.max(b.half_width_m)) + bulge_m + stray_m(&self.places[index], &self.places[index + 1])
    }
}

/// How far a lane's middle between two knots may lie from their chord: no farther than the control points of the quintic
/// in Bernstein's form, whose hull holds it.
fn stray_m(a: &KnotPlace, b: &KnotPlace) -> f64 {
    let length_m = b.along_m - a.along_m;
    let controls = |knot: &KnotPlace, step_m: f64| {
        let bend_m = length_m * length_m * knot.curvature_per_m / 20.0;
        let [tx, ty] = knot.tangent;
        let ahead = |steps: f64| [knot.x_m + steps * step_m * tx, knot.y_m + steps * step_m * ty];
        let [x, y] = ahead(2.0);
        [ahead(1.0), [x - bend_m * ty, y + bend_m * tx]]
    };
    let controls = [controls(a, 0.2 * length_m), controls(b, -0.2 * length_m)];
    let distances2 = controls
        .iter()
        .flatten()
        .map(|[x_m, y_m]| chord_distance2(a, b, *x_m, *y_m));
    distances2.fold(0.0, f64::max).sqrt()
}

impl Knot {
    fn of(place: &KnotPlace, rest: &KnotRest) -> Knot {
        Knot {
            along_m: place.along_m,
            x_m: place.x_m,
            y_m: place.y_m,
            tangent: place.tangent,
            z_m: place.z_m,
            grade: place.grade.into(),
            curvature_per_m: place.curvature_per_m,
            half_width_m: rest.half_width_m.into(),
            half_width_slope: rest.half_width_slope.into(),
            roll_rad: place.roll_rad.into(),
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
            curvature_per_m: self.curvature_per_m,
            z_m: self.z_m,
            grade: self.grade as f32,
            roll_rad: self.roll_rad as f32,
        }
    }

    fn rest(&self) -> KnotRest {
        KnotRest {
            road_s_m: self.road_s_m,
            road_s_slope: self.road_s_slope,
            half_width_m: self.half_width_m as f32,
            half_width_slope: self.half_width_slope as f32,
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

/// A place between two knots, as the weights of their values: a Hermite quintic for the place in plan view, Hermite cubics
/// for what rises, linear for the rest.
struct Step {
    length_m: f64,
    u: f64,
    /// 1 - u.
    v: f64,
}

/// Of a place between two knots what is seen in plan view.
struct PlanSample {
    x_m: f64,
    y_m: f64,
    tangent: [f64; 2],
}

impl Step {
    fn between(a: &KnotPlace, b: &KnotPlace, along_m: f64) -> Step {
        let u = share(a.along_m, b.along_m, along_m);
        Step {
            // Of two knots on one place the first holds.
            length_m: (b.along_m - a.along_m).max(0.0),
            u,
            v: 1.0 - u,
        }
    }

    fn linear(&self, pa: f64, pb: f64) -> f64 {
        pa + self.u * (pb - pa)
    }

    fn cubic(&self, pa: f64, pb: f64, ta: f64, tb: f64) -> f64 {
        let Step { length_m, u, v } = *self;
        pa + u * u * (3.0 - 2.0 * u) * (pb - pa) + length_m * u * v * (v * ta - u * tb)
    }

    fn slope(&self, pa: f64, pb: f64, ta: f64, tb: f64) -> f64 {
        let Step { length_m, u, v } = *self;
        if length_m == 0.0 {
            return ta;
        }
        6.0 * u * v * (pb - pa) / length_m + v * (1.0 - 3.0 * u) * ta + u * (3.0 * u - 2.0) * tb
    }

    fn plan(&self, a: &KnotPlace, b: &KnotPlace) -> PlanSample {
        let Step { length_m, u, v } = *self;
        if length_m == 0.0 {
            return PlanSample {
                x_m: a.x_m,
                y_m: a.y_m,
                tangent: a.tangent,
            };
        }
        let (u2, v2) = (u * u, v * v);
        let (u3, v3, uv2) = (u2 * u, v2 * v, u2 * v2);
        // Weights of the chord, of the tangents and of the curvatures; then of their derivatives by the distance.
        let chord = u3 * (10.0 - 15.0 * u + 6.0 * u2);
        let (tangent_a, tangent_b) = (
            length_m * u * v3 * (1.0 + 3.0 * u),
            -length_m * v * u3 * (1.0 + 3.0 * v),
        );
        let half_m2 = 0.5 * length_m * length_m;
        let (bend_a, bend_b) = (
            half_m2 * u2 * v3 * a.curvature_per_m,
            half_m2 * v2 * u3 * b.curvature_per_m,
        );
        let chord_rate = 30.0 * uv2 / length_m;
        let (rate_a, rate_b) = (v2 * (1.0 + u * (2.0 - 15.0 * u)), u2 * (1.0 + v * (2.0 - 15.0 * v)));
        let half_m = 0.5 * length_m;
        let (bend_rate_a, bend_rate_b) = (
            half_m * u * v2 * (2.0 - 5.0 * u) * a.curvature_per_m,
            -half_m * v * u2 * (2.0 - 5.0 * v) * b.curvature_per_m,
        );
        let [dx, dy] = [b.x_m - a.x_m, b.y_m - a.y_m];
        let ([ax, ay], [bx, by]) = (a.tangent, b.tangent);
        // A curvature turns to the left of its tangent.
        let x_m = a.x_m + chord * dx + tangent_a * ax + tangent_b * bx - bend_a * ay - bend_b * by;
        let y_m = a.y_m + chord * dy + tangent_a * ay + tangent_b * by + bend_a * ax + bend_b * bx;
        let tx = chord_rate * dx + rate_a * ax + rate_b * bx - bend_rate_a * ay - bend_rate_b * by;
        let ty = chord_rate * dy + rate_a * ay + rate_b * by + bend_rate_a * ax + bend_rate_b * bx;
        let norm = (tx * tx + ty * ty).sqrt();
        PlanSample {
            x_m,
            y_m,
            tangent: if norm > 1e-9 { [tx / norm, ty / norm] } else { a.tangent },
        }
    }

    /// By the quintic's second derivative: linear would be off by a quarter in the middle of a tight spiral.
    fn curvature_per_m(&self, a: &KnotPlace, b: &KnotPlace) -> f64 {
        let Step { length_m, u, v } = *self;
        if length_m == 0.0 {
            return a.curvature_per_m;
        }
        let [tx, ty] = self.plan(a, b).tangent;
        let uv = u * v;
        let chord = 60.0 * uv * (v - u) / (length_m * length_m);
        let (rate_a, rate_b) = (
            -12.0 * uv * (3.0 - 5.0 * u) / length_m,
            12.0 * uv * (3.0 - 5.0 * v) / length_m,
        );
        let (bend_a, bend_b) = (
            (1.0 - u * (9.0 - u * (18.0 - 10.0 * u))) * a.curvature_per_m,
            (1.0 - v * (9.0 - v * (18.0 - 10.0 * v))) * b.curvature_per_m,
        );
        let ([ax, ay], [bx, by]) = (a.tangent, b.tangent);
        let x = chord * (b.x_m - a.x_m) + rate_a * ax + rate_b * bx - bend_a * ay - bend_b * by;
        let y = chord * (b.y_m - a.y_m) + rate_a * ay + rate_b * by + bend_a * ax + bend_b * bx;
        // The tangent is a unit vector and the distance the arc length, to within what interpolation is off.
        tx * y - ty * x
    }

    /// Height and slope.
    fn height(&self, a: &KnotPlace, b: &KnotPlace) -> [f64; 2] {
        // Most maps are level.
        if a.z_m == b.z_m && a.grade == 0.0 && b.grade == 0.0 {
            return [a.z_m, 0.0];
        }
        let slopes = [f64::from(a.grade), f64::from(b.grade)];
        [
            self.cubic(a.z_m, b.z_m, slopes[0], slopes[1]),
            self.slope(a.z_m, b.z_m, slopes[0], slopes[1]),
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
        half_width_m: step.cubic(a.half_width_m, b.half_width_m, a.half_width_slope, b.half_width_slope),
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
