//! Pieces of a scene: boxes, lines and labels as Foxglove's `SceneUpdate` draws them.
//!
//! A `SceneUpdate` replaces entities by their id; what is not named stays. So the map is told once, under the id of each
//! of its parts, and the actors under one id for all, which makes those that left vanish by themselves.

use crate::schema::foxglove::{
    Color, CubePrimitive, LinePrimitive, Point3, Pose, Quaternion, SceneEntity, SceneUpdate, TextPrimitive, Timestamp,
    Vector3, line_primitive,
};

/// The frame of all scenes: the map's, x east, y north, z up.
pub const MAP_FRAME: &str = "map";

/// A colour, red, green, blue and opacity each from 0 to 1.
pub const fn colour(red: f64, green: f64, blue: f64, opacity: f64) -> Color {
    Color {
        r: red,
        g: green,
        b: blue,
        a: opacity,
    }
}

/// Foxglove's quaternion of an attitude: heading, then pitch (nose up), then roll, in radians.
///
/// Foxglove's axes are x forward, y left, z up, in which nose up is a negative turn about y.
pub fn attitude(heading_rad: f64, pitch_rad: f64, roll_rad: f64) -> Quaternion {
    let half = |angle: f64| (libm::sin(0.5 * angle), libm::cos(0.5 * angle));
    let ((sy, cy), (sp, cp), (sr, cr)) = (half(heading_rad), half(-pitch_rad), half(roll_rad));
    Quaternion {
        x: sr * cp * cy - cr * sp * sy,
        y: cr * sp * cy + sr * cp * sy,
        z: cr * cp * sy - sr * sp * cy,
        w: cr * cp * cy + sr * sp * sy,
    }
}

/// A box on the ground: the middle of its underside in metres, its attitude (heading, pitch, roll), its length, width
/// and height.
pub fn standing_box(ground_m: [f64; 3], attitude_rad: [f64; 3], size_m: [f64; 3], colour: Color) -> CubePrimitive {
    let [x, y, z] = ground_m;
    let [heading, pitch, roll] = attitude_rad;
    CubePrimitive {
        pose: Some(Pose {
            position: Some(Vector3 {
                x,
                y,
                z: z + 0.5 * size_m[2],
            }),
            orientation: Some(attitude(heading, pitch, roll)),
        }),
        size: Some(Vector3 {
            x: size_m[0],
            y: size_m[1],
            z: size_m[2],
        }),
        color: Some(colour),
    }
}

/// A line through points, of a width in metres.
pub fn line(points_m: &[[f64; 3]], width_m: f64, colour: Color) -> LinePrimitive {
    LinePrimitive {
        r#type: line_primitive::Type::LineStrip as i32,
        pose: Some(Pose {
            position: Some(Vector3::default()),
            orientation: Some(attitude(0.0, 0.0, 0.0)),
        }),
        thickness: width_m,
        scale_invariant: false,
        points: points_m.iter().map(|&[x, y, z]| Point3 { x, y, z }).collect(),
        color: Some(colour),
        ..LinePrimitive::default()
    }
}

/// A label that turns to whoever looks, its letters some metres high.
pub fn label(at_m: [f64; 3], height_m: f64, text: &str, colour: Color) -> TextPrimitive {
    let [x, y, z] = at_m;
    TextPrimitive {
        pose: Some(Pose {
            position: Some(Vector3 { x, y, z }),
            orientation: Some(attitude(0.0, 0.0, 0.0)),
        }),
        billboard: true,
        font_size: height_m,
        scale_invariant: false,
        color: Some(colour),
        text: text.to_owned(),
    }
}

/// An entity of the map's frame without anything in it yet: add to its `cubes`, `lines`, `texts`.
pub fn entity(id: &str, timestamp: Timestamp) -> SceneEntity {
    SceneEntity {
        timestamp: Some(timestamp),
        frame_id: MAP_FRAME.to_owned(),
        id: id.to_owned(),
        ..SceneEntity::default()
    }
}

/// An update that adds or replaces these entities.
pub fn update(entities: Vec<SceneEntity>) -> SceneUpdate {
    SceneUpdate {
        deletions: Vec::new(),
        entities,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Turns a vector by a quaternion, by the definition v' = q v q*.
    fn turn(q: Quaternion, v: [f64; 3]) -> [f64; 3] {
        let u = [q.x, q.y, q.z];
        let cross = |a: [f64; 3], b: [f64; 3]| {
            [
                a[1] * b[2] - a[2] * b[1],
                a[2] * b[0] - a[0] * b[2],
                a[0] * b[1] - a[1] * b[0],
            ]
        };
        let t = cross(u, v).map(|x| 2.0 * x);
        let c = cross(u, t);
        [0, 1, 2].map(|i| v[i] + q.w * t[i] + c[i])
    }

    #[test]
    fn nose_points_along_heading_and_up_with_positive_pitch() {
        let (heading, pitch) = (2.0_f64, 0.3_f64);
        let nose = turn(attitude(heading, pitch, 0.4), [1.0, 0.0, 0.0]);
        let expected = [pitch.cos() * heading.cos(), pitch.cos() * heading.sin(), pitch.sin()];
        assert!(
            nose.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12),
            "{nose:?}, expected {expected:?}"
        );
    }
}
