//! Kinds of ordinary vehicles: their sizes and how their drivers drive, with the spread found on real roads.
//!
//! In goes a kind and a stream of luck, out comes one vehicle's body and habits. Desired speeds, headways and
//! accelerations follow the ranges in Treiber and Kesting, "Traffic Flow Dynamics" (2013), tables 11.2 and 12.1;
//! bicycle speeds Lin et al. (2008) for Chinese towns (bicycles about 14 km/h, electric scooters about 21 km/h).

use super::following::Habit;
use crate::frame::ActorKind;
use record::Stream;
use road::Traveller;

/// All kinds, in the order in which shares are given.
pub(crate) const KINDS: [ActorKind; 6] = [
    ActorKind::Car,
    ActorKind::Van,
    ActorKind::Truck,
    ActorKind::Bus,
    ActorKind::Bicycle,
    ActorKind::Scooter,
];

/// A box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Size {
    pub length_m: f64,
    pub width_m: f64,
    pub height_m: f64,
}

/// Which lanes a kind may use.
pub(crate) fn traveller(kind: ActorKind) -> Traveller {
    match kind {
        ActorKind::Bicycle | ActorKind::Scooter => Traveller::Bicycle,
        ActorKind::Bus => Traveller::Bus,
        _ => Traveller::Car,
    }
}

/// Two wheels: rides at the side of a lane and may be passed within it.
pub(crate) fn is_two_wheeled(kind: ActorKind) -> bool {
    matches!(kind, ActorKind::Bicycle | ActorKind::Scooter)
}

/// The kind that travels where this one cannot get round the bends: what is carried there, smaller vehicles carry.
pub(crate) fn fit_for(kind: ActorKind, bend_mps: f64) -> ActorKind {
    let is_long = matches!(kind, ActorKind::Truck | ActorKind::Bus);
    if is_long && bend_mps < LONG_MPS_MIN {
        ActorKind::Van
    } else {
        kind
    }
}

/// Long vehicles do not go where bends are so tight (9 m radius at the sideways acceleration of `roadway.rs`) that they
/// would sweep the oncoming lane.
const LONG_MPS_MIN: f64 = 4.45;

/// Draws one vehicle.
pub(crate) fn draw(kind: ActorKind, stream: &mut Stream) -> (Size, Habit) {
    // Always the same number of draws, so that one kind's taste changes nobody else's luck.
    let (size, speed, headway, vigour) = (stream.uniform(), stream.normal(), stream.uniform(), stream.uniform());
    let speed = speed.clamp(-2.0, 2.0);
    let between = |low: f64, high: f64, share: f64| low + (high - low) * share;
    let body = |length: (f64, f64), width_m, height_m| Size {
        length_m: between(length.0, length.1, size),
        width_m,
        height_m,
    };
    let size = match kind {
        ActorKind::Van => body((4.9, 6.0), 2.0, 2.3),
        ActorKind::Truck => body((7.0, 10.5), 2.5, 3.4),
        ActorKind::Bus => body((10.2, 12.0), 2.55, 3.1),
        ActorKind::Bicycle => body((1.7, 1.85), 0.6, 1.7),
        ActorKind::Scooter => body((1.7, 1.95), 0.7, 1.7),
        _ => body((4.1, 5.0), 1.82, 1.5),
    };
    let (speed_mps, limit_factor, headway_s, standstill_m, acceleration_mps2, braking_mps2) = match kind {
        ActorKind::Van => (33.0, 0.98 + 0.08 * speed, (1.1, 1.7), 2.0, (1.3, 1.8), 2.0),
        ActorKind::Truck => (25.0, 0.92 + 0.06 * speed, (1.5, 2.1), 2.5, (0.8, 1.2), 1.8),
        ActorKind::Bus => (22.0, 0.92 + 0.05 * speed, (1.4, 2.0), 2.5, (0.9, 1.2), 1.6),
        ActorKind::Bicycle => (4.1 + 0.6 * speed, 1.0, (0.8, 1.2), 1.0, (0.6, 1.0), 1.5),
        ActorKind::Scooter => (6.0 + 0.7 * speed, 1.0, (0.8, 1.2), 1.0, (1.0, 1.5), 2.0),
        _ => (38.0, 1.0 + 0.1 * speed, (0.9, 1.6), 2.0, (1.5, 2.2), 2.2),
    };
    let habit = Habit {
        speed_mps,
        limit_factor,
        headway_s: between(headway_s.0, headway_s.1, headway),
        standstill_m,
        acceleration_mps2: between(acceleration_mps2.0, acceleration_mps2.1, vigour),
        braking_mps2,
    };
    (size, habit)
}
