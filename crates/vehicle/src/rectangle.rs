//! Rectangles in the plane: the ground that a body takes up, and whether two come near each other.
//!
//! By the separating-axis theorem (Gottschalk, Lin and Manocha 1996) in two dimensions.

/// A rectangle that points somewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rectangle {
    /// Of its middle.
    pub x_m: f64,
    /// Of its middle.
    pub y_m: f64,
    /// Cosine of its heading.
    pub cos: f64,
    /// Sine of its heading.
    pub sin: f64,
    /// Half of its extent along its heading.
    pub half_length_m: f64,
    /// Half of its extent across.
    pub half_width_m: f64,
}

impl Rectangle {
    /// Whether two come nearer than `room_m`: some side of one or the other parts them if not. With no room, whether they share
    /// ground; with less than none, whether they share so much.
    #[inline]
    pub fn is_near(&self, other: &Rectangle, room_m: f64) -> bool {
        let (dx, dy) = (other.x_m - self.x_m, other.y_m - self.y_m);
        let cos = (self.cos * other.cos + self.sin * other.sin).abs();
        let sin = (self.cos * other.sin - self.sin * other.cos).abs();
        let parts = |one: &Rectangle, two: &Rectangle| {
            let (along_m, across_m) = ((dx * one.cos + dy * one.sin).abs(), (dy * one.cos - dx * one.sin).abs());
            along_m > one.half_length_m + two.half_length_m * cos + two.half_width_m * sin + room_m
                || across_m > one.half_width_m + two.half_length_m * sin + two.half_width_m * cos + room_m
        };
        !parts(self, other) && !parts(other, self)
    }

    /// Radius of the circle about its middle that holds it.
    #[inline]
    pub fn reach_m(&self) -> f64 {
        (self.half_length_m * self.half_length_m + self.half_width_m * self.half_width_m).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rectangle_at(x_m: f64, y_m: f64, degrees: f64) -> Rectangle {
        let (sin, cos) = libm::sincos(degrees.to_radians());
        Rectangle {
            x_m,
            y_m,
            cos,
            sin,
            half_length_m: 3.0,
            half_width_m: 1.0,
        }
    }

    #[test]
    fn boxes_are_as_near_as_their_sides_are() {
        let own = rectangle_at(0.0, 0.0, 0.0);
        assert!(own.is_near(&rectangle_at(0.0, 2.2, 0.0), 0.3));
        assert!(!own.is_near(&rectangle_at(0.0, 2.4, 0.0), 0.3));
        // Askew, a corner comes nearer than the middle says.
        assert!(own.is_near(&rectangle_at(5.0, 2.6, 45.0), 0.3));
        assert!(!own.is_near(&rectangle_at(5.0, 3.7, -45.0), 0.3));
        // Of two that touch, it counts how deep.
        assert!(!own.is_near(&rectangle_at(0.0, 1.95, 0.0), -0.1));
    }
}
