//! What one eye sees of the bodies around it, and what hides behind what.
//!
//! In go a point and bodies; out comes whether enough of a body is in sight. Each body fills an interval of directions;
//! seven rays spread over it are struck out by every nearer body whose interval they meet and which is tall enough to
//! hide the target's top from the eye, so that a sensor on the roof looks over cars and one behind the bumper does not.
//! Rays that are left must pass the walls. Directions are measured in diamond angles (0..4 a turn), which are as
//! monotone as real ones and cost one division.

use crate::body::Body;
use crate::sight::Walls;

/// Bodies as seen from a point.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    eye_m: [f64; 3],
    outlines: Vec<Outline>,
}

#[derive(Clone, Copy, Debug)]
struct Outline {
    distance_m: f64,
    /// Direction of its right edge, and how far it reaches to the left from there.
    right: f64,
    extent: f64,
    right_m: [f64; 2],
    left_m: [f64; 2],
    top_m: f64,
}

/// Rays over the width of a target.
const RAYS: u32 = 7;
/// Of these must be free, for a tracker to make something of what it sees: a good quarter.
const RAYS_NEEDED: u32 = 2;
/// An eye that is nearer than this to a body's middle is not hidden by it (it is mounted on it, or collides).
const BLIND_M: f64 = 0.5;

impl View {
    /// Looks at `bodies` from `eye_m`.
    pub fn look(&mut self, eye_m: [f64; 3], bodies: &[Body]) {
        self.eye_m = eye_m;
        self.outlines.clear();
        self.outlines.extend(bodies.iter().map(|body| outline(eye_m, body)));
    }

    /// Distance from the eye to the middle of a body.
    pub fn distance_m(&self, target: usize) -> f64 {
        self.outlines[target].distance_m
    }

    /// Whether enough of a body is in sight.
    pub fn sees(&self, target: usize, walls: &Walls) -> bool {
        self.is_in_sight(&self.outlines[target], walls)
    }

    /// Whether a small thing at a point is in sight: a signal head.
    pub fn sees_point(&self, point_m: [f64; 3], walls: &Walls) -> bool {
        let (dx, dy) = (point_m[0] - self.eye_m[0], point_m[1] - self.eye_m[1]);
        let at = [point_m[0], point_m[1]];
        let point = Outline {
            distance_m: libm::hypot(dx, dy),
            right: diamond_angle(dx, dy),
            extent: 1e-6,
            right_m: at,
            left_m: at,
            top_m: point_m[2],
        };
        self.is_in_sight(&point, walls)
    }

    fn is_in_sight(&self, target: &Outline, walls: &Walls) -> bool {
        let mut free: u32 = (1 << RAYS) - 1;
        let between_rays = target.extent / f64::from(RAYS - 1);
        for other in &self.outlines {
            if other.distance_m >= target.distance_m || other.distance_m < BLIND_M {
                continue;
            }
            // Where the target's interval begins as seen from where the other's begins.
            let begin = turn(target.right - other.right);
            if begin > other.extent || begin + target.extent < 0.0 {
                continue;
            }
            let sight_line_m = self.eye_m[2] + (target.top_m - self.eye_m[2]) * (other.distance_m / target.distance_m);
            if sight_line_m > other.top_m {
                continue;
            }
            for ray in 0..RAYS {
                let at = begin + f64::from(ray) * between_rays;
                if at >= 0.0 && at <= other.extent {
                    free &= !(1 << ray);
                }
            }
            if free.count_ones() < RAYS_NEEDED {
                return false;
            }
        }
        let is_past_walls = |ray: u32| {
            let share = f64::from(ray) / f64::from(RAYS - 1);
            let lerp = |axis: usize| target.right_m[axis] + (target.left_m[axis] - target.right_m[axis]) * share;
            walls.sees([self.eye_m[0], self.eye_m[1]], [lerp(0), lerp(1)])
        };
        // The middle first: it nearly always decides. Then halfway to the edges, so that a nose past a corner is seen.
        [3, 1, 5, 2, 4]
            .into_iter()
            .filter(|ray| free & (1 << ray) != 0)
            .take(3)
            .any(is_past_walls)
            || (free & 0b011_1110 == 0 && (is_past_walls(0) || is_past_walls(RAYS - 1)))
    }
}

fn outline(eye_m: [f64; 3], body: &Body) -> Outline {
    let (dx, dy) = (body.x_m - eye_m[0], body.y_m - eye_m[1]);
    let middle = diamond_angle(dx, dy);
    let mut right = (f64::INFINITY, [0.0; 2]);
    let mut left = (f64::NEG_INFINITY, [0.0; 2]);
    for corner in body.corners_m() {
        let off = turn(diamond_angle(corner[0] - eye_m[0], corner[1] - eye_m[1]) - middle);
        if off < right.0 {
            right = (off, corner);
        }
        if off > left.0 {
            left = (off, corner);
        }
    }
    Outline {
        distance_m: (dx * dx + dy * dy).sqrt(),
        right: middle + right.0,
        extent: left.0 - right.0,
        right_m: right.1,
        left_m: left.1,
        top_m: body.z_m + body.height_m,
    }
}

/// A direction in 0..4, rising anticlockwise from east.
fn diamond_angle(dx: f64, dy: f64) -> f64 {
    let sum = dx.abs() + dy.abs();
    if sum == 0.0 {
        return 0.0;
    }
    let share = dy / sum;
    if dx < 0.0 {
        2.0 - share
    } else if share < 0.0 {
        4.0 + share
    } else {
        share
    }
}

/// A difference of diamond angles, brought to -2..2.
fn turn(mut difference: f64) -> f64 {
    while difference > 2.0 {
        difference -= 4.0;
    }
    while difference < -2.0 {
        difference += 4.0;
    }
    difference
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::tests::body;

    fn sees(eye_z_m: f64, bodies: &[Body], target: usize) -> bool {
        let mut view = View::default();
        view.look([0.0, 0.0, eye_z_m], bodies);
        view.sees(target, &Walls::default())
    }

    #[test]
    fn who_stands_behind_a_lorry_is_hidden_and_who_steps_out_is_seen() {
        let lorry = Body {
            height_m: 3.5,
            ..body(0, 15.0, 0.0, 0.0, 8.0, 2.5)
        };
        let person = |y_m: f64| Body {
            height_m: 1.7,
            ..body(1, 22.0, y_m, 0.0, 0.5, 0.5)
        };
        assert!(!sees(2.0, &[lorry, person(0.0)], 1));
        assert!(!sees(2.0, &[lorry, person(-1.5)], 1));
        assert!(sees(2.0, &[lorry, person(3.2)], 1));
        assert!(
            sees(2.0, &[lorry, person(0.0)], 0),
            "the nearer one is never hidden by the farther"
        );
    }

    #[test]
    fn an_eye_on_the_roof_looks_over_a_car_and_one_at_the_bumper_does_not() {
        let car = body(0, 10.0, 0.0, 0.0, 4.5, 1.8);
        let person = Body {
            height_m: 1.7,
            ..body(1, 16.0, 0.0, 0.0, 0.5, 0.5)
        };
        assert!(sees(2.6, &[car, person], 1));
        assert!(!sees(0.6, &[car, person], 1));
    }

    #[test]
    fn hiding_is_the_same_in_every_direction() {
        for step in 0..32 {
            let (sin, cos) = libm::sincos(f64::from(step) * std::f64::consts::TAU / 32.0);
            let at = |id: u32, along: f64, aside: f64| Body {
                height_m: 3.0,
                ..body(id, along * cos - aside * sin, along * sin + aside * cos, 0.3, 2.0, 2.0)
            };
            let bodies = [at(0, 8.0, 0.0), at(1, 20.0, 0.0), at(2, 20.0, 6.0)];
            assert!(!sees(1.0, &bodies, 1), "direction {step}");
            assert!(sees(1.0, &bodies, 2), "direction {step}");
        }
    }
}
