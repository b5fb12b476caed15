//! Bodies: the boxes that everyone on the street is made of, and how near two of them are.
//!
//! In go places, headings and sizes; out come overlap, gap and the angle a box fills as seen from a point. Boxes stand
//! upright on the ground and are oriented in the plane; two of them can touch only if their heights overlap, which is
//! what keeps a bridge apart from the road under it. Nothing here knows why anyone moves.
//!
//! The gap of two disjoint rectangles is the smallest distance from a corner of one to the other, taken both ways.

use crate::frame::{ActorId, ActorKind, ActorState};
use vehicle::{Indicator, ObjectKind, Rectangle};

/// A box on the ground at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Body {
    pub id: ActorId,
    pub kind: ActorKind,
    /// What a sensor takes it for.
    pub observed: ObjectKind,
    pub indicator: Indicator,
    pub x_m: f64,
    pub y_m: f64,
    /// Ground under its middle.
    pub z_m: f64,
    pub heading_rad: f64,
    pub cos: f64,
    pub sin: f64,
    pub speed_mps: f64,
    pub acceleration_mps2: f64,
    pub half_length_m: f64,
    pub half_width_m: f64,
    pub height_m: f64,
}

impl From<&ActorState> for Body {
    fn from(state: &ActorState) -> Body {
        let (sin, cos) = libm::sincos(state.pose.heading_rad);
        Body {
            id: state.id,
            kind: state.kind,
            observed: state.kind.as_observed(),
            indicator: state.indicator,
            x_m: state.pose.x_m,
            y_m: state.pose.y_m,
            z_m: state.pose.z_m,
            heading_rad: state.pose.heading_rad,
            cos,
            sin,
            speed_mps: state.speed_mps,
            acceleration_mps2: state.acceleration_mps2,
            half_length_m: 0.5 * state.length_m,
            half_width_m: 0.5 * state.width_m,
            height_m: state.height_m,
        }
    }
}

impl Body {
    /// Its corners: front left, rear left, rear right, front right.
    pub fn corners_m(&self) -> [[f64; 2]; 4] {
        let (lx, ly) = (self.cos * self.half_length_m, self.sin * self.half_length_m);
        let (wx, wy) = (-self.sin * self.half_width_m, self.cos * self.half_width_m);
        [
            [self.x_m + lx + wx, self.y_m + ly + wy],
            [self.x_m - lx + wx, self.y_m - ly + wy],
            [self.x_m - lx - wx, self.y_m - ly - wy],
            [self.x_m + lx - wx, self.y_m + ly - wy],
        ]
    }

    /// Radius of the circle about its middle that holds it.
    pub fn reach_m(&self) -> f64 {
        self.rectangle().reach_m()
    }

    fn rectangle(&self) -> Rectangle {
        Rectangle {
            x_m: self.x_m,
            y_m: self.y_m,
            cos: self.cos,
            sin: self.sin,
            half_length_m: self.half_length_m,
            half_width_m: self.half_width_m,
        }
    }

    /// Whether the heights of the two share anything, so that they could touch.
    pub fn is_level_with(&self, other: &Body) -> bool {
        self.z_m < other.z_m + other.height_m && other.z_m < self.z_m + self.height_m
    }

    /// Whether the two boxes share ground, whatever their heights.
    pub fn overlaps(&self, other: &Body) -> bool {
        self.rectangle().is_near(&other.rectangle(), 0.0)
    }

    /// Distance between the two boxes in the plane, 0 if they overlap.
    pub fn gap_m(&self, other: &Body) -> f64 {
        if self.overlaps(other) {
            return 0.0;
        }
        let nearest = |a: &Body, b: &Body| {
            a.corners_m()
                .iter()
                .map(|&corner| b.square_distance_m2(corner))
                .fold(f64::INFINITY, f64::min)
        };
        nearest(self, other).min(nearest(other, self)).sqrt()
    }

    /// Square of the distance from a point to the box, 0 inside.
    pub fn square_distance_m2(&self, [x_m, y_m]: [f64; 2]) -> f64 {
        let (dx, dy) = (x_m - self.x_m, y_m - self.y_m);
        let along = ((dx * self.cos + dy * self.sin).abs() - self.half_length_m).max(0.0);
        let across = ((dy * self.cos - dx * self.sin).abs() - self.half_width_m).max(0.0);
        along * along + across * across
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn body(id: u32, x_m: f64, y_m: f64, heading_rad: f64, length_m: f64, width_m: f64) -> Body {
        Body::from(&ActorState {
            id: ActorId(id),
            kind: ActorKind::Car,
            pose: road::Pose {
                x_m,
                y_m,
                heading_rad,
                ..road::Pose::default()
            },
            speed_mps: 0.0,
            acceleration_mps2: 0.0,
            length_m,
            width_m,
            height_m: 1.5,
            lane: None,
            indicator: Indicator::Off,
        })
    }

    #[test]
    fn gaps_and_overlaps_have_the_known_answers() {
        let still = body(0, 0.0, 0.0, 0.0, 4.0, 2.0);
        assert!(
            (still.gap_m(&body(1, 6.0, 0.0, 0.0, 4.0, 2.0)) - 2.0).abs() < 1e-12,
            "bumper to bumper"
        );
        assert!(
            (still.gap_m(&body(1, 0.0, 2.5, 3.0, 0.0, 0.0)) - 1.5).abs() < 1e-12,
            "a point beside it"
        );
        let turned = body(1, 5.0, 0.0, std::f64::consts::FRAC_PI_4, 2.0, 2.0);
        assert!(
            (still.gap_m(&turned) - (3.0 - std::f64::consts::SQRT_2)).abs() < 1e-12,
            "corner first"
        );
        // The circles about both overlap and so do their upright boxes, yet a diagonal gap remains.
        let near_corner = body(1, 2.7, 1.7, std::f64::consts::FRAC_PI_4, 0.2, 2.4);
        assert!(!still.overlaps(&near_corner) && still.gap_m(&near_corner) > 0.0);
        assert!(
            still.overlaps(&body(1, 2.9, 0.0, 0.0, 2.0, 0.5)),
            "ten centimetres into the bumper"
        );
        assert!(
            still.overlaps(&body(1, 0.0, 0.0, 1.0, 0.1, 0.1)),
            "one inside the other"
        );
    }

    #[test]
    fn a_vehicle_on_a_bridge_is_not_level_with_one_under_it() {
        let low = body(0, 0.0, 0.0, 0.0, 4.0, 2.0);
        let high = Body { z_m: 5.5, ..low };
        assert!(!low.is_level_with(&high) && !high.is_level_with(&low));
        assert!(low.is_level_with(&Body { z_m: 0.8, ..low }));
    }

    proptest! {
        #[test]
        fn gap_is_symmetric_and_zero_exactly_when_they_overlap(
            x in -8.0..8.0f64, y in -8.0..8.0f64, a in -4.0..4.0f64, b in -4.0..4.0f64, long in 0.5..9.0f64,
        ) {
            let (one, two) = (body(0, 0.0, 0.0, a, long, 2.0), body(1, x, y, b, 4.0, 1.8));
            prop_assert_eq!(one.overlaps(&two), two.overlaps(&one));
            prop_assert!((one.gap_m(&two) - two.gap_m(&one)).abs() < 1e-9);
            prop_assert_eq!(one.gap_m(&two) == 0.0, one.overlaps(&two));
        }

        #[test]
        fn gap_shrinks_by_what_one_moves_towards_the_other_at_most(
            x in -9.0..9.0f64, y in -9.0..9.0f64, a in -4.0..4.0f64, step in 0.0..2.0f64, way in -4.0..4.0f64,
        ) {
            let (one, two) = (body(0, 0.0, 0.0, 0.3, 5.0, 2.0), body(1, x, y, a, 4.0, 1.8));
            let (sin, cos) = libm::sincos(way);
            let moved = body(1, x + step * cos, y + step * sin, a, 4.0, 1.8);
            prop_assert!((one.gap_m(&two) - one.gap_m(&moved)).abs() <= step + 1e-9);
        }
    }
}
