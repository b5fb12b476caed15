//! Places and ways given to entities: teleports, routes, targets to drive to.

use super::Player;
use crate::model::{EntityId, Position};

impl Player<'_> {
    /// Takes a way by chance; the luck is the run's seed and the entity's number.
    pub(super) fn wander(&mut self, actor: EntityId) {
        let body = &self.bodies[actor];
        if let (Some(roads), Some(spot)) = (&self.scenario.roads, body.spot) {
            let mut stream = self.seed.stream("scenario.route", actor as u64);
            let way = roads.way_by_chance(spot, body.sense() > 0.0, |count| stream.below(count));
            self.bodies[actor].route = way;
        }
    }

    pub(super) fn head_for(&mut self, actor: EntityId, position: &Position) {
        let target = self.place(position, Some(actor)).spot;
        if let Some((from, to)) = self.bodies[actor].spot.zip(target) {
            self.bodies[actor].route = self.roads_of(&[from, to]);
        }
    }
}
