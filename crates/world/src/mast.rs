//! A sensor on a mast beside the road, and what it sees.
//!
//! In go a sensor of a data sheet, where it hangs, and the bodies of a moment; out come sightings: places and speeds as wrong
//! as the sensor is. The same eyes as a vehicle's: range in this weather, field of view, bodies and buildings in the way.
//! Knows nothing of what is done with it.

use crate::body::Body;
use crate::frame::{ActorId, ActorKind};
use crate::grid::Grid;
use crate::noise::bounded_normal;
use crate::sight::Walls;
use crate::view::View;
use crate::weather::Weather;
use record::{Seed, SimTime, Stream};
use vehicle::{ObjectKind, Sensor};

/// A sensor on a mast.
#[derive(Debug)]
pub struct Mast {
    sensor: Sensor,
    place_m: [f64; 3],
    half_field_cos: f64,
    stream: Stream,
    view: View,
    near: Vec<Body>,
}

/// Somebody seen from a mast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sighting {
    /// Who it is: for keeping one thing apart from another over time, as a tracker does, and for nothing else.
    pub id: ActorId,
    /// What it is taken for.
    pub kind: ObjectKind,
    /// It tells of itself by radio.
    pub is_equipped: bool,
    /// Middle of its box.
    pub x_m: f64,
    /// Middle of its box.
    pub y_m: f64,
    /// Ground height there.
    pub z_m: f64,
    /// Where it points.
    pub heading_rad: f64,
    /// Along its heading.
    pub speed_mps: f64,
    /// Box length.
    pub length_m: f64,
    /// Box width.
    pub width_m: f64,
}

/// Something that a vehicle under test is told of by radio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    /// When it was measured.
    pub made: SimTime,
    /// How it was then.
    pub sighting: Sighting,
}

/// Bodies beyond this many are too much for any tracker.
const NEAR_MAX: usize = 256;
/// A road this much above or below the mast's foot is another road.
const LEVEL_M: f64 = 8.0;

impl Mast {
    /// `sensor` at this place, its own `z_m` above the ground `place_m[2]`; `owner` tells one mast's luck from another's.
    pub fn new(sensor: Sensor, place_m: [f64; 3], seed: Seed, owner: u64) -> Mast {
        let half_field_rad = (0.5 * sensor.field_of_view_rad).min(std::f64::consts::PI);
        Mast {
            half_field_cos: libm::cos(half_field_rad),
            place_m: [place_m[0], place_m[1], place_m[2] + sensor.z_m],
            sensor,
            stream: seed.stream("world.mast", owner),
            view: View::default(),
            near: Vec::new(),
        }
    }

    /// Where it hangs.
    pub fn place_m(&self) -> [f64; 3] {
        self.place_m
    }

    /// What it is.
    pub fn sensor(&self) -> &Sensor {
        &self.sensor
    }

    pub(crate) fn look(
        &mut self,
        bodies: &[Body],
        grid: &Grid,
        walls: &Walls,
        weather: &Weather,
        seen: &mut Vec<Sighting>,
    ) {
        seen.clear();
        let range_m = weather.range_m(&self.sensor);
        let [x_m, y_m, z_m] = self.place_m;
        let foot_m = z_m - self.sensor.z_m;
        let near = &mut self.near;
        near.clear();
        grid.visit([x_m, y_m], range_m, |index| {
            let body = &bodies[index];
            let is_level = (body.z_m - foot_m).abs() < LEVEL_M;
            if is_level && body.square_distance_m2([x_m, y_m]) <= range_m * range_m {
                near.push(*body);
            }
        });
        let square = |body: &Body| body.square_distance_m2([x_m, y_m]);
        near.sort_unstable_by(|a, b| square(a).total_cmp(&square(b)).then(a.id.cmp(&b.id)));
        near.truncate(NEAR_MAX);
        self.view.look(self.place_m, near);
        let (axis_sin, axis_cos) = libm::sincos(self.sensor.yaw_rad);
        for (target, body) in self.near.iter().enumerate() {
            let ahead_m = (body.x_m - x_m) * axis_cos + (body.y_m - y_m) * axis_sin;
            let is_in_field = ahead_m >= self.half_field_cos * self.view.distance_m(target);
            if !is_in_field || !self.view.sees(target, walls) {
                continue;
            }
            if !self.stream.chance(self.sensor.detection_probability) {
                continue;
            }
            let mut wrong = |deviation: f64| deviation * bounded_normal(&mut self.stream);
            seen.push(Sighting {
                id: body.id,
                kind: body.observed,
                is_equipped: body.kind == ActorKind::TestVehicle,
                x_m: body.x_m + wrong(self.sensor.position_noise_m),
                y_m: body.y_m + wrong(self.sensor.position_noise_m),
                z_m: body.z_m,
                heading_rad: body.heading_rad,
                // Standing is seen as standing: trackers hold a zero.
                speed_mps: if body.speed_mps.abs() < 0.05 {
                    0.0
                } else {
                    body.speed_mps + wrong(self.sensor.speed_noise_mps)
                },
                length_m: 2.0 * body.half_length_m,
                width_m: 2.0 * body.half_width_m,
            });
        }
    }
}
