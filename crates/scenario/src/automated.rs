//! Westline's own driver in the ego: the automated driver with pedals and wheel, on the dynamics of a data sheet.
//!
//! In go the states of a run; out come the ego's motions. It is told what ideal sensors would tell: everybody within
//! [`SIGHT_M`], less in fog, whom sensors may see (`VisibilityAction`) with their indicators, and the lights whose state the
//! scenario says. It takes a data sheet, the car's if none is named, with the entity's box, wishes no more than the speed at
//! which it took over, and drives to where its road leaves the map. It takes over anew wherever the storyboard has moved the ego since it was asked last. It draws nothing
//! by chance.

use crate::measures::colour_of;
use crate::model::{Entity, EntityId, EntityKind, Scenario};
use crate::play::{Body, Chauffeur, Inputs, Lights, Motion, Player};
use driver::AutomatedDriver;
use record::SimTime;
use road::{RoadNetwork, SignalId, Traveller};
use std::sync::Arc;
use vehicle::{
    Control, DataSheet, Driver, Ground, Indicator, Mission, ObjectKind, Observation, ObservedObject, ObservedSignal,
    VehicleDynamics,
};

/// Nobody farther away is told.
const SIGHT_M: f64 = 200.0;
/// Who is farther than this from where it was left has been moved by somebody else.
const MOVED_M: f64 = 0.5;
/// The same of its speed.
const HASTENED_MPS: f64 = 0.5;
/// The data sheet whose dynamics it has.
const SHEET: &str = "car";
/// Angle of the steering wheel to that of the road wheels; 15 to 20 in cars (Gillespie, Fundamentals of Vehicle Dynamics, 8).
const STEERING_RATIO: f64 = 16.0;
/// Charge of its battery when it takes over.
const CHARGE: f64 = 0.8;

/// The automated driver at the wheel of one entity.
pub struct Automated {
    network: Arc<RoadNetwork>,
    sheet: Arc<DataSheet>,
    wheel: Option<Wheel>,
}

/// The automated driver of a scenario's ego, if it is to drive.
///
/// # Errors
/// If there is no ego, or it has no roads to drive on: what is missing.
pub fn automated(
    scenario: &Scenario,
    driver: crate::play::Driver,
    sheet: Option<&DataSheet>,
) -> Result<Option<Automated>, String> {
    if driver != crate::play::Driver::Westline {
        return Ok(None);
    }
    let (Some(roads), Some(ego)) = (&scenario.roads, scenario.ego()) else {
        return Err(
            "the automated driver needs a vehicle and a map\nhint: --driver follow, or a <LogicFile>".to_owned(),
        );
    };
    let sheet = match sheet {
        Some(sheet) => sheet.clone(),
        None => DataSheet::shipped(SHEET).map_err(|error| error.to_string())?,
    };
    Ok(Some(Automated::new(roads.network(), &scenario.entities[ego], sheet)))
}

/// From when it took over.
struct Wheel {
    driver: AutomatedDriver,
    dynamics: VehicleDynamics,
    control: Control,
    mission: Arc<Mission>,
    /// Where the dynamics are in time.
    time: SimTime,
    next_cycle: SimTime,
}

impl Automated {
    /// A driver for an entity on a map, with the dynamics of a sheet.
    pub fn new(network: &Arc<RoadNetwork>, form: &Entity, mut sheet: DataSheet) -> Automated {
        let size = &mut sheet.dimensions;
        let [length_m, width_m, height_m] = form.size_m;
        // The reference point is the middle of the rear axle for both.
        let front_m = form.centre_m[0] + 0.5 * length_m;
        size.front_overhang_m = (front_m - size.wheelbase_m).max(0.0);
        size.rear_overhang_m = (0.5 * length_m - form.centre_m[0]).max(0.0);
        (size.length_m, size.width_m, size.height_m) = (length_m, width_m, height_m);
        Automated {
            network: network.clone(),
            sheet: Arc::new(sheet),
            wheel: None,
        }
    }

    fn take_over(&self, body: &Body, now: SimTime) -> Option<Wheel> {
        let pose = body.pose;
        let place = self
            .network
            .nearest_lane(pose.x_m, pose.y_m, None, Some(pose.heading_rad), Traveller::Car)?;
        let route = self.network.route_out(place.position, Traveller::Car);
        let lanes = route.map_or_else(|| vec![place.position.lane], |route| route.lanes);
        Some(Wheel {
            driver: AutomatedDriver::new(self.network.clone(), self.sheet.clone()),
            dynamics: VehicleDynamics::new(&self.sheet, pose, CHARGE).rolling(body.speed_mps.max(0.0)),
            control: Control::default(),
            mission: Arc::new(Mission {
                lanes,
                speed_mps_max: Some(body.speed_mps.max(1.0)),
                ..Mission::default()
            }),
            time: now,
            next_cycle: now,
        })
    }
}

impl Wheel {
    fn observation(&self, network: &RoadNetwork, player: &Player<'_>, own: EntityId) -> Observation {
        let ego = self.dynamics.ego();
        let sight_m = SIGHT_M.min(player.sight_m());
        let mut objects = Vec::new();
        for (number, (form, body)) in player.entities().iter().zip(player.bodies()).enumerate() {
            let (sin, cos) = libm::sincos(body.pose.heading_rad);
            let [ahead_m, left_m, _] = form.centre_m;
            let [x_m, y_m] = [
                body.pose.x_m + ahead_m * cos - left_m * sin,
                body.pose.y_m + ahead_m * sin + left_m * cos,
            ];
            let is_near = libm::hypot(x_m - ego.pose.x_m, y_m - ego.pose.y_m) < sight_m;
            if number == own || !body.is_active || !body.visibility[1] || !is_near {
                continue;
            }
            objects.push(ObservedObject {
                track: number as u32,
                kind: kind(form),
                x_m,
                y_m,
                z_m: body.pose.z_m,
                heading_rad: body.pose.heading_rad,
                heading_deviation_rad: 0.0,
                speed_mps: body.speed_mps,
                // An action may move it sideways without turning it.
                leftward_mps: body.velocity_mps[1] * cos - body.velocity_mps[0] * sin,
                acceleration_mps2: body.acceleration_mps2[0] * cos + body.acceleration_mps2[1] * sin,
                length_m: form.size_m[0],
                width_m: form.size_m[1],
                indicator: indicator(body.lights),
            });
        }
        let signals = network.signals().iter().enumerate().filter_map(|(index, signal)| {
            let state = player.signal_state(&signal.id)?;
            Some(ObservedSignal {
                signal: SignalId(index as u32),
                colour: colour_of(state),
                changes_in: None,
            })
        });
        Observation {
            time: self.time,
            ego,
            objects,
            signals: signals.collect(),
            mission: self.mission.clone(),
            visibility_m: sight_m,
            environment: vehicle::Environment {
                visibility_m: player.sight_m(),
                ..vehicle::Environment::default()
            },
        }
    }
}

impl Chauffeur for Automated {
    fn drive(&mut self, player: &Player<'_>, entity: EntityId, step_s: f64) -> Option<Motion> {
        let now = SimTime::from_secs_f64(player.time_s());
        let body = &player.bodies()[entity];
        let is_where_it_was = |wheel: &Wheel| {
            let ego = wheel.dynamics.ego();
            let lag_s = (now - wheel.time).as_secs_f64();
            libm::hypot(ego.pose.x_m - body.pose.x_m, ego.pose.y_m - body.pose.y_m)
                < MOVED_M + ego.speed_mps.abs() * lag_s.abs()
                && (ego.speed_mps - body.speed_mps).abs() < HASTENED_MPS
        };
        if !self.wheel.as_ref().is_some_and(is_where_it_was) {
            self.wheel = self.take_over(body, now);
        }
        let wheel = self.wheel.as_mut()?;
        let end = now + SimTime::from_secs_f64(step_s);
        while wheel.time + VehicleDynamics::STEP <= end {
            if wheel.time >= wheel.next_cycle {
                let observation = wheel.observation(&self.network, player, entity);
                wheel.control = overridden(wheel.driver.drive(&observation), body.inputs);
                wheel.next_cycle = wheel.time + wheel.driver.period();
            }
            let ground = Ground {
                z_m: body.pose.z_m,
                ..Ground::default()
            };
            wheel.dynamics.step(&wheel.control, &ground);
            wheel.time += VehicleDynamics::STEP;
        }
        // Steps that are no whole number of the dynamics' own: the rest is gone straight on.
        let ego = wheel.dynamics.ego();
        let rest_m = ego.speed_mps * (end - wheel.time).as_secs_f64();
        let (sin, cos) = libm::sincos(ego.pose.heading_rad);
        Some(Motion {
            x_m: ego.pose.x_m + rest_m * cos,
            y_m: ego.pose.y_m + rest_m * sin,
            heading_rad: ego.pose.heading_rad,
            speed_mps: ego.speed_mps,
        })
    }
}

/// What the driver asks for, with what is out of its hands.
fn overridden(asked: Control, inputs: Inputs) -> Control {
    Control {
        drive: inputs.throttle.unwrap_or(asked.drive) * inputs.coupled(),
        brake: inputs
            .brake
            .unwrap_or(asked.brake)
            .max(inputs.parking_brake.unwrap_or(0.0)),
        steering_angle_rad: inputs
            .steering_wheel_rad
            .map_or(asked.steering_angle_rad, |wheel_rad| wheel_rad / STEERING_RATIO),
        reverse: inputs.gear.map_or(asked.reverse, |gear| gear < 0.0),
        ..asked
    }
}

fn indicator(lights: Lights) -> Indicator {
    match (lights.warning, lights.left, lights.right) {
        (true, _, _) | (_, true, true) => Indicator::Hazard,
        (_, true, _) => Indicator::Left,
        (_, _, true) => Indicator::Right,
        _ => Indicator::Off,
    }
}

fn kind(form: &Entity) -> ObjectKind {
    match (form.kind, form.category.as_str()) {
        (EntityKind::Pedestrian, _) => ObjectKind::Pedestrian,
        (EntityKind::MiscObject, _) => ObjectKind::Obstacle,
        (_, "bus") => ObjectKind::Bus,
        (_, "truck" | "semitrailer" | "trailer" | "train" | "tram") => ObjectKind::Truck,
        (_, "bicycle" | "motorbike") => ObjectKind::Cyclist,
        _ => ObjectKind::Car,
    }
}
