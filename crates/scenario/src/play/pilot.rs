//! Drivers of entities that no action moves along: a car-following law on the lane the entity is on.
//!
//! In go the bodies around; out comes the entity's speed. The law is the Intelligent Driver Model (Treiber, Hennecke and
//! Helbing 2000, eq. 3 and 4) with the time gaps of UN R157's table (1.0 s when slow, 1.6 s at 60 km/h), and
//! braking cut at what the regulation's careful and competent driver can (Annex 3: 0.774 g). It minds whoever's box
//! reaches into the strip that its own will sweep, so that one who cuts in counts from the moment when its side is over
//! the strip. A storyboard action along the lane goes before; the driver goes on behind it, with the speed it left as its
//! wish. It keeps the lane and the offset that the entity has. It does not know routes beyond the road ahead.

use super::Player;
use super::reference::Reference;
use crate::model::EntityId;
use crate::roads::Roads;
use driver::reference::Model;
use road::Pose;
use std::sync::Arc;

/// Who drives an entity whose controller is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// The standard's default controller: does what actions say, at once.
    Ideal,
    /// Follows the vehicle ahead as the Intelligent Driver Model does, and keeps its lane.
    Follow,
    /// Westline's automated driver, with the dynamics of a car: an [`Automated`](crate::Automated).
    Westline,
    /// A reference driver of UN R157.
    Reference(Model),
    /// Somebody outside, a [`Chauffeur`](super::Chauffeur).
    Outside,
}

impl Driver {
    /// All drivers of our own by name.
    pub const NAMES: [(&'static str, Driver); 7] = [
        ("ideal", Driver::Ideal),
        ("follow", Driver::Follow),
        ("westline", Driver::Westline),
        ("reference:cc", Driver::Reference(Model::Cc)),
        ("reference:fsm", Driver::Reference(Model::Fsm)),
        ("reference:rss", Driver::Reference(Model::Rss)),
        ("reference:reg157", Driver::Reference(Model::Reg157)),
    ];

    /// The driver of that name.
    pub fn named(name: &str) -> Option<Driver> {
        let found = Driver::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, driver)| *driver)
    }
}

/// What a driver remembers.
#[derive(Clone, Debug)]
pub(super) struct Pilot {
    /// Acts along the lane now.
    pub(super) is_active: bool,
    /// Somebody outside is asked instead.
    pub(super) is_outside: bool,
    /// The speed it would have with nobody ahead; taken over when it begins.
    pub(super) wish_mps: Option<f64>,
    /// It is one of the reference drivers.
    pub(super) reference: Option<Reference>,
}

/// Comfortable acceleration and braking.
const ACCELERATION_MPS2: f64 = 1.5;
const BRAKING_MPS2: f64 = 2.0;
/// UN R157, Annex 3: 0.774 g.
const BRAKING_MPS2_MAX: f64 = 0.774 * 9.81;
/// Gap at rest.
const GAP_M: f64 = 2.0;
/// Nobody farther ahead matters.
const REACH_M: f64 = 200.0;
/// Beside its own width it minds so much.
const BESIDE_M: f64 = 0.3;

/// Whoever is ahead.
#[derive(Clone, Copy, Debug)]
struct Leader {
    gap_m: f64,
    speed_mps: f64,
}

impl Player<'_> {
    /// Lets a driver take an entity: from now on, or where the storyboard hands entities to controllers, from then on.
    pub fn drive(&mut self, entity: EntityId, driver: Driver) {
        let is_handed_over = self.scenario.hands_over(entity);
        self.pilots[entity] = match driver {
            Driver::Ideal => None,
            Driver::Follow | Driver::Westline | Driver::Reference(_) | Driver::Outside => Some(Pilot {
                is_active: !is_handed_over,
                is_outside: matches!(driver, Driver::Westline | Driver::Outside),
                wish_mps: None,
                reference: match driver {
                    Driver::Reference(model) => Some(Reference::new(model)),
                    _ => None,
                },
            }),
        };
    }

    /// Speeds of those whom no action has hastened or slowed in this step: as their drivers ask, with what is out of their
    /// hands.
    pub(super) fn pilot(&mut self, step_s: f64) {
        for entity in 0..self.bodies.len() {
            let body = &self.bodies[entity];
            let is_free = !body.is_paced && !body.is_moved;
            let asked_mps = match &mut self.pilots[entity] {
                _ if !body.is_active => continue,
                Some(pilot) if pilot.is_active && pilot.is_outside => continue,
                Some(pilot) if pilot.is_active && !is_free => {
                    pilot.wish_mps = None;
                    if let Some(reference) = &mut pilot.reference {
                        reference.forget();
                    }
                    continue;
                }
                Some(pilot) if pilot.is_active => self.asked_mps(entity, step_s),
                _ if !is_free => continue,
                _ => body.speed_mps,
            };
            self.bodies[entity].speed_mps = self.pressed_mps(entity, asked_mps, step_s);
        }
    }

    /// The speed after a step that an entity's driver asks for.
    fn asked_mps(&mut self, entity: EntityId, step_s: f64) -> f64 {
        let own_mps = self.bodies[entity].speed_mps;
        let Some(pilot) = &mut self.pilots[entity] else {
            return own_mps;
        };
        if let Some(mut reference) = pilot.reference.take() {
            let asked_mps = match step_s > 0.0 {
                true => reference.speed_mps(self, entity, step_s),
                false => own_mps,
            };
            if let Some(pilot) = &mut self.pilots[entity] {
                pilot.reference = Some(reference);
            }
            return asked_mps;
        }
        let wish_mps = *pilot.wish_mps.get_or_insert(own_mps.max(0.0));
        if step_s <= 0.0 {
            return own_mps;
        }
        let acceleration = idm_mps2(own_mps, wish_mps, self.leader(entity));
        let form = &self.entities[entity];
        let friction = self.friction_scale.min(1.0);
        let hardest = form.deceleration_mps2_max.min(BRAKING_MPS2_MAX * friction);
        let acceleration = acceleration.clamp(-hardest, form.acceleration_mps2_max);
        self.limited_mps(entity, (own_mps + acceleration * step_s).max(0.0))
    }

    /// The nearest body ahead that reaches into the strip of the entity's lane.
    fn leader(&self, entity: EntityId) -> Option<Leader> {
        let body = &self.bodies[entity];
        let roads = self.scenario.roads.as_ref()?;
        let spot = body.spot?;
        let half_m = 0.5 * self.entities[entity].size_m[1] + BESIDE_M;
        let (sense, own_t_m) = (body.sense(), roads.t_m(spot));
        let front_m = self.entities[entity].centre_m[0] + 0.5 * self.entities[entity].size_m[0];
        let mut nearest: Option<Leader> = None;
        for (other, there) in self.bodies.iter().enumerate() {
            let is_ours = other == entity || body.trailer == Some(other);
            let is_seen = there.visibility[2] && is_near(body.pose, there.pose, REACH_M.min(self.sight_m));
            if is_ours || !there.is_active || !is_seen {
                continue;
            }
            let Some(place) = there.spot else { continue };
            let half_length_m = 0.5 * self.entities[other].size_m[0];
            let facing = there.sense() * sense;
            let Some(way_m) = way_ahead_m(roads, spot, place, sense) else {
                continue;
            };
            let gap_m = way_m + facing * self.entities[other].centre_m[0] - half_length_m - front_m;
            if gap_m + 2.0 * half_length_m < 0.0 || gap_m > REACH_M {
                continue;
            }
            let aside_m = (roads.t_m(place) - own_t_m).abs() - self.half_across_m(other);
            if aside_m > half_m {
                continue;
            }
            if nearest.is_none_or(|known| gap_m < known.gap_m) {
                nearest = Some(Leader {
                    gap_m,
                    speed_mps: there.speed_mps * facing,
                });
            }
        }
        nearest
    }

    /// Half of what an entity's box takes across its road.
    pub(super) fn half_across_m(&self, entity: EntityId) -> f64 {
        let [length_m, width_m, _] = self.entities[entity].size_m;
        let (sin, cos) = libm::sincos(self.bodies[entity].heading_to_road_rad);
        0.5 * (width_m * cos.abs() + length_m * sin.abs())
    }
}

fn is_near(here: Pose, there: Pose, reach_m: f64) -> bool {
    libm::hypot(here.x_m - there.x_m, here.y_m - there.y_m) < reach_m
}

/// Way to a place ahead, `None` if it lies behind or no road leads there.
fn way_ahead_m(roads: &Arc<Roads>, from: crate::roads::Spot, to: crate::roads::Spot, sense: f64) -> Option<f64> {
    let way_m = sense * roads.way_m(from, to, REACH_M)?;
    (way_m > 0.0).then_some(way_m)
}

/// Time gaps by speed, km/h and s, of UN R157's table of least following distances (2.0 m at 7.2 km/h to 26.7 m at 60).
const TIME_GAPS: [(f64, f64); 7] = [
    (7.2, 1.0),
    (10.0, 1.1),
    (20.0, 1.2),
    (30.0, 1.3),
    (40.0, 1.4),
    (50.0, 1.5),
    (60.0, 1.6),
];

/// Time gap by speed: between the rows of the table evenly, beyond its ends as there.
fn time_gap_s(speed_mps: f64) -> f64 {
    let speed_kph = 3.6 * speed_mps;
    let above = TIME_GAPS
        .partition_point(|&(kph, _)| kph < speed_kph)
        .min(TIME_GAPS.len() - 1);
    let (high_kph, high_s) = TIME_GAPS[above];
    let (low_kph, low_s) = TIME_GAPS[above.saturating_sub(1)];
    let part = (speed_kph - low_kph) / (high_kph - low_kph).max(1e-9);
    low_s + part.clamp(0.0, 1.0) * (high_s - low_s)
}

/// Treiber, Hennecke and Helbing (2000), eq. 3 and 4.
fn idm_mps2(own_mps: f64, wish_mps: f64, leader: Option<Leader>) -> f64 {
    let square = |x: f64| x * x;
    let free = square(square(own_mps / wish_mps.max(0.1)));
    let crowded = leader.map_or(0.0, |leader| {
        let closing_mps = own_mps - leader.speed_mps;
        let braking = own_mps * closing_mps / (2.0 * libm::sqrt(ACCELERATION_MPS2 * BRAKING_MPS2));
        let wanted_m = GAP_M + (own_mps * time_gap_s(own_mps) + braking).max(0.0);
        square(wanted_m / leader.gap_m.max(0.1))
    });
    // Above its wish it eases off, no harder than is comfortable.
    let free = (1.0 - free).max(-BRAKING_MPS2 / ACCELERATION_MPS2);
    ACCELERATION_MPS2 * (free - crowded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_ahead_and_the_wished_speed_means_no_acceleration() {
        assert_eq!(idm_mps2(20.0, 20.0, None), 0.0);
        assert!(idm_mps2(10.0, 20.0, None) > 0.0);
    }

    #[test]
    fn gaps_are_those_of_the_regulation() {
        for (speed_kph, gap_m) in [
            (7.2, 2.0),
            (10.0, 3.1),
            (20.0, 6.7),
            (30.0, 10.8),
            (40.0, 15.6),
            (50.0, 20.8),
            (60.0, 26.7),
        ] {
            let speed_mps = speed_kph / 3.6;
            assert!(
                (time_gap_s(speed_mps) * speed_mps - gap_m).abs() < 0.06,
                "{speed_kph} km/h"
            );
        }
        assert_eq!(time_gap_s(0.0), 1.0);
        assert_eq!(time_gap_s(40.0), 1.6);
    }

    #[test]
    fn a_near_leader_that_stands_is_braked_for_and_harder_the_nearer_it_is() {
        let at = |gap_m| idm_mps2(15.0, 15.0, Some(Leader { gap_m, speed_mps: 0.0 }));
        assert!(at(100.0) < 0.0);
        assert!(at(40.0) < at(60.0));
    }
}
