//! The reference drivers of UN R157 in a scenario: one model at the pedals of an entity that keeps to its lane.
//!
//! In go the bodies around; out comes the entity's speed, decided ten times a second as the models are defined, and led
//! there evenly in between. Each other gets a driver's mind of its own, and the lowest answer counts. The models say
//! nothing of a free road: without a hazard the entity keeps its speed, and after one it does not speed up again. What they
//! leave to their scene is decided here: one in the lane is a hazard for CC and Reg157 from the moment when it brakes at
//! 5 m/s² or more (R157 Annex 4 appendix 3), or when the one before it has left the lane and shows it; CC's leaving the
//! test early is no hazard for that moment. Who comes towards the entity counts as standing.

use super::Player;
use crate::model::EntityId;
use crate::roads::Spot;
use driver::reference::{Manoeuvre, Model, Motion, Pedals, ReferenceDriver, STEP_S, Sight};
use std::collections::BTreeMap;

/// Nobody farther ahead matters.
const REACH_M: f64 = 250.0;
/// Braking ahead that is a hazard by itself.
const BRAKING_MPS2: f64 = 5.0;
/// Slack of the clock, against steps that are no exact fractions.
const SLACK_S: f64 = 1e-6;

/// What the driver remembers.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    model: Model,
    minds: BTreeMap<EntityId, Mind>,
    /// Who was next in the lane at the last decision.
    leader: Option<EntityId>,
    decides_at_s: f64,
    /// Speed at the last decision, and the one decided then.
    before_mps: f64,
    target_mps: f64,
}

/// What it makes of one other.
#[derive(Clone, Debug)]
struct Mind {
    driver: ReferenceDriver,
    manoeuvre: Manoeuvre,
}

impl Reference {
    pub(super) fn new(model: Model) -> Reference {
        Reference {
            model,
            minds: BTreeMap::new(),
            leader: None,
            decides_at_s: f64::NEG_INFINITY,
            before_mps: f64::NAN,
            target_mps: 0.0,
        }
    }

    /// Somebody else moves the entity: what was decided is void, and everybody is seen anew.
    pub(super) fn forget(&mut self) {
        *self = Reference::new(self.model);
    }

    /// The speed at the end of a step.
    pub(super) fn speed_mps(&mut self, player: &Player<'_>, entity: EntityId, step_s: f64) -> f64 {
        let (now_s, own_mps) = (player.time_s, player.bodies[entity].speed_mps);
        if now_s + SLACK_S >= self.decides_at_s {
            let late_s = now_s - self.decides_at_s;
            let begin_s = if late_s < STEP_S { self.decides_at_s } else { now_s };
            self.decides_at_s = begin_s + STEP_S;
            self.target_mps = self.decide(player, entity).max(0.0);
            self.before_mps = own_mps;
        }
        let left_s = (self.decides_at_s - now_s).max(step_s);
        own_mps + (self.target_mps - own_mps) * (step_s / left_s)
    }

    fn decide(&mut self, player: &Player<'_>, entity: EntityId) -> f64 {
        let own_mps = player.bodies[entity].speed_mps;
        let own_mps2 = match self.before_mps.is_nan() {
            true => 0.0,
            false => (own_mps - self.before_mps) / STEP_S,
        };
        let mut sights: Vec<(EntityId, Sight)> = (0..player.bodies.len())
            .filter_map(|other| Some((other, sight(player, entity, other, own_mps2)?)))
            .collect();
        let nearest = |a: &&(EntityId, Sight), b: &&(EntityId, Sight)| a.1.other.x_m.total_cmp(&b.1.other.x_m);
        let leader = sights
            .iter()
            .filter(|(_, sight)| sight.clearance_m() < 0.0)
            .min_by(nearest)
            .map(|(other, _)| *other);
        // Whoever was next has left the lane, and behind it comes another to light.
        let shows = self.leader.filter(|&before| {
            Some(before) != leader
                && sights
                    .iter()
                    .any(|(other, sight)| *other == before && sight.clearance_m() >= 0.0)
        });
        let mut speed_mps = own_mps;
        for (other, sight) in &mut sights {
            let mind = self.minds.entry(*other).or_insert_with(|| Mind {
                driver: ReferenceDriver::new(self.model),
                manoeuvre: Manoeuvre::CutIn,
            });
            let body = &player.bodies[*other];
            let (sin, cos) = libm::sincos(body.pose.heading_rad);
            let along_mps2 = body.acceleration_mps2[0] * cos + body.acceleration_mps2[1] * sin;
            let brakes = along_mps2 <= -BRAKING_MPS2 && body.speed_mps > 0.0;
            if leader == Some(*other) && sight.closing_mps() > 0.0 && (brakes || shows.is_some()) {
                mind.manoeuvre = Manoeuvre::Ahead;
            }
            sight.manoeuvre = mind.manoeuvre;
            speed_mps = speed_mps.min(mind.driver.press(sight).speed_mps);
        }
        self.leader = leader;
        speed_mps
    }
}

/// One other on the road ahead, in the entity's own direction.
fn sight(player: &Player<'_>, entity: EntityId, other: EntityId, own_mps2: f64) -> Option<Sight> {
    let (body, there) = (&player.bodies[entity], &player.bodies[other]);
    let is_own = other == entity || body.trailer == Some(other);
    if is_own || !there.is_active || !there.visibility[2] {
        return None;
    }
    let roads = player.scenario.roads.as_ref()?;
    let (spot, place): (Spot, Spot) = (body.spot?, there.spot?);
    let (form, other_form) = (&player.entities[entity], &player.entities[other]);
    let sense = body.sense();
    let way_m = sense * roads.way_m(spot, place, REACH_M)?;
    let facing = there.sense() * sense;
    let (sin, cos) = libm::sincos(body.pose.heading_rad);
    let [east_mps, north_mps] = there.velocity_mps;
    let own = Motion {
        x_m: 0.0,
        y_m: 0.0,
        speed_mps: body.speed_mps,
        leftward_mps: 0.0,
        length_m: form.size_m[0],
        width_m: form.size_m[1],
    };
    let other = Motion {
        x_m: way_m + facing * other_form.centre_m[0] - form.centre_m[0],
        y_m: sense * (roads.t_m(place) - roads.t_m(spot)),
        speed_mps: (east_mps * cos + north_mps * sin).max(0.0),
        leftward_mps: north_mps * cos - east_mps * sin,
        length_m: other_form.size_m[0],
        width_m: 2.0 * player.half_across_m(other),
    };
    // Whoever is past is nobody's business: none of the models looks back.
    let is_ahead = other.x_m > 0.0 && other.x_m < REACH_M;
    is_ahead.then_some(Sight {
        own,
        own_mps2,
        other,
        manoeuvre: Manoeuvre::CutIn,
    })
}
