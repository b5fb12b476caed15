//! A driver's inputs that the storyboard has taken out of its hands (OpenSCENARIO 1.3, `OverrideControllerValueAction`).
//!
//! Whoever drives, the default controller too, asks for an acceleration; the pedals that are overridden say what comes of
//! it: the throttle its share of the greatest acceleration, the brakes theirs of the greatest deceleration. They act while
//! no action says the speed. The steering wheel and the gears are those of a driver with a wheel.

use super::{Player, STILL_MPS};
use crate::model::{Entity, EntityId, Input};

/// Stands for a limit that the file leaves out: as hard as tyres allow.
const UNSTATED_LIMIT_MPS2: f64 = 10.0;

/// What is out of a driver's hands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Inputs {
    /// Share of the drive, 0 to 1.
    pub throttle: Option<f64>,
    /// Share of the brake, 0 to 1.
    pub brake: Option<f64>,
    /// The same of the parking brake.
    pub parking_brake: Option<f64>,
    /// Without drive at 1.
    pub clutch: Option<f64>,
    /// Angle of the wheel, positive to the left.
    pub steering_wheel_rad: Option<f64>,
    /// Negative backwards, 0 neutral.
    pub gear: Option<f64>,
}

impl Inputs {
    /// Takes an input out of the driver's hands or gives it back. A force needs a mass; a body without is a tonne and a half.
    pub(super) fn take(&mut self, input: Input, is_overridden: bool, form: &Entity) {
        /// A car's, between a small one and a van.
        const MASS_KG: f64 = 1500.0;
        let by_force = |newtons: f64| newtons / form.mass_kg.unwrap_or(MASS_KG) / limit(form.deceleration_mps2_max);
        let (slot, value) = match input {
            Input::Throttle(share) => (&mut self.throttle, share),
            Input::Brake(share) => (&mut self.brake, share),
            Input::BrakeForce(newtons) => (&mut self.brake, by_force(newtons)),
            Input::ParkingBrake(share) => (&mut self.parking_brake, share),
            Input::ParkingBrakeForce(newtons) => (&mut self.parking_brake, by_force(newtons)),
            Input::Clutch(share) => (&mut self.clutch, share),
            Input::SteeringWheel(angle_rad) => (&mut self.steering_wheel_rad, angle_rad),
            Input::Gear(number) => (&mut self.gear, number),
        };
        *slot = is_overridden.then_some(value);
    }

    /// Share of what the engine gives that reaches the wheels.
    pub fn coupled(self) -> f64 {
        match self.gear {
            Some(0.0) => 0.0,
            _ => 1.0 - self.clutch.unwrap_or(0.0),
        }
    }
}

fn limit(of_form_mps2: f64) -> f64 {
    if of_form_mps2.is_finite() {
        of_form_mps2
    } else {
        UNSTATED_LIMIT_MPS2
    }
}

impl Player<'_> {
    /// The speed after a step in which a driver asks for another, with what is out of its hands.
    pub(super) fn pressed_mps(&self, entity: EntityId, asked_mps: f64, step_s: f64) -> f64 {
        let (inputs, form) = (self.bodies[entity].inputs, &self.entities[entity]);
        if inputs == Inputs::default() || step_s <= 0.0 {
            return asked_mps;
        }
        let now_mps = self.bodies[entity].speed_mps;
        let asked_mps2 = (asked_mps - now_mps) / step_s;
        let own =
            |share: Option<f64>, asked: f64, hardest: f64| share.map_or(asked.max(0.0), |share| share * limit(hardest));
        let drive_mps2 = own(inputs.throttle, asked_mps2, form.acceleration_mps2_max) * inputs.coupled();
        let brake_mps2 = own(inputs.brake, -asked_mps2, form.deceleration_mps2_max)
            .max(inputs.parking_brake.unwrap_or(0.0) * limit(form.deceleration_mps2_max));
        let sense = if inputs.gear.is_some_and(|gear| gear < 0.0) {
            -1.0
        } else {
            1.0
        };
        let driven_mps = now_mps + sense * drive_mps2 * step_s;
        // Brakes bring to a stop and no farther.
        let braked_mps = (driven_mps.abs() - brake_mps2 * step_s).max(0.0);
        let speed_mps = if braked_mps < STILL_MPS {
            0.0
        } else {
            braked_mps * driven_mps.signum()
        };
        self.limited_mps(entity, speed_mps)
    }
}
