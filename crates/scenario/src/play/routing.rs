//! Places and ways given to entities: teleports, routes, targets to drive to.

use super::Player;
use crate::model::{EntityId, Position};

impl Player<'_> {
    pub(super) fn head_for(&mut self, actor: EntityId, position: &Position) {
        let target = self.place(position, Some(actor)).spot;
        if let Some((from, to)) = self.bodies[actor].spot.zip(target) {
            self.bodies[actor].route = self.roads_of(&[from, to]);
        }
    }
}
