//! Lists that keep their room from step to step, and grow by little: memory is what the fullest step needs.
//!
//! Doubling would take twice that, in every block of the network. It knows no traffic.

use super::mover::Mover;

/// Adds to a list, which grows by an eighth where it is full.
pub(super) fn put<T>(list: &mut Vec<T>, item: T) {
    if list.len() == list.capacity() {
        list.reserve_exact(list.len() / 8 + 2);
    }
    list.push(item);
}

/// Vehicles that have left their lanes, and the lanes that they come to.
///
/// Two lists, because a vehicle fills lines of a cache, and a lane's number beside it would take another one.
#[derive(Clone, Debug, Default)]
pub(super) struct Leavers {
    movers: Vec<Mover>,
    lanes: Vec<u32>,
}

impl Leavers {
    pub(super) fn clear(&mut self) {
        self.movers.clear();
        self.lanes.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.lanes.len()
    }

    pub(super) fn put(&mut self, lane: u32, mover: Mover) {
        put(&mut self.movers, mover);
        put(&mut self.lanes, lane);
    }

    pub(super) fn mover(&self, place: u32) -> &Mover {
        &self.movers[place as usize]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Mover)> {
        self.lanes.iter().copied().zip(&self.movers)
    }

    /// Bytes it takes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.movers.capacity() * size_of::<Mover>() + self.lanes.capacity() * 4
    }
}
