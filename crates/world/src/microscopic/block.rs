//! Lanes and who is on them: a block of whole streets, its vehicles in one array.
//!
//! Vehicles lie lane by lane, the foremost first, so that a leader is the neighbour in memory, a sweep over a block reads
//! memory in order, and a lane change moves only who is in between. A block is what one thread works on.

use super::mover::Mover;
use super::room::Leavers;
use crate::sumo::StreetNetwork;
use std::ops::Range;

/// Lanes in a block: enough work to hand to a thread, few enough that its vehicles are moved along quickly.
const BLOCK_LANES: usize = 256;

/// Lanes of whole streets, and who is on them.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// The first of its lanes.
    pub first_lane: u32,
    /// Places of the lanes of each street on which lanes can be changed.
    pub wide_streets: Vec<Range<u16>>,
    movers: Vec<Mover>,
    /// Where each lane begins in `movers`, and where the last ends.
    starts: Vec<u32>,
}

/// Somebody who enters a lane: which, and where it waits to be taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inbound {
    pub lane: u32,
    pub at_m: f64,
    /// The block that it comes from, and its place among those who left that.
    pub from: (u32, u32),
}

impl Block {
    /// All lanes of a network in blocks, and each lane's place: its block, and its place in that.
    pub(super) fn all(network: &StreetNetwork) -> (Vec<Block>, Vec<(u32, u32)>) {
        let (mut blocks, mut places) = (Vec::<Block>::new(), Vec::new());
        for edge in &network.edges {
            if blocks.last().is_none_or(|block| block.lane_count() >= BLOCK_LANES) {
                blocks.push(Block {
                    first_lane: edge.first_lane,
                    wide_streets: Vec::new(),
                    movers: Vec::new(),
                    starts: vec![0],
                });
            }
            let index = blocks.len() as u32 - 1;
            if let Some(block) = blocks.last_mut() {
                if edge.lane_count > 1 && !edge.is_internal {
                    let first = block.lane_count() as u16;
                    block.wide_streets.push(first..first + edge.lane_count as u16);
                }
                for _ in 0..edge.lane_count {
                    places.push((index, block.lane_count() as u32));
                    block.starts.push(0);
                }
            }
        }
        (blocks, places)
    }

    pub(super) fn lane_count(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn is_empty(&self) -> bool {
        self.movers.is_empty()
    }

    /// Where the vehicles of its `place`th lane lie.
    pub(super) fn range(&self, place: usize) -> Range<usize> {
        self.starts[place] as usize..self.starts[place + 1] as usize
    }

    /// The vehicles of its `place`th lane, the foremost first.
    pub(super) fn lane(&self, place: usize) -> &[Mover] {
        &self.movers[self.range(place)]
    }

    /// Bytes that its vehicles take.
    pub(super) fn memory_bytes(&self) -> usize {
        self.movers.capacity() * size_of::<Mover>()
    }

    pub(super) fn mover(&self, index: usize) -> &Mover {
        &self.movers[index]
    }

    pub(super) fn mover_mut(&mut self, index: usize) -> &mut Mover {
        &mut self.movers[index]
    }

    /// Puts somebody on a lane behind the first `rank`.
    pub(super) fn insert(&mut self, place: usize, rank: usize, mover: Mover) {
        self.reserve(1);
        self.movers.insert(self.starts[place] as usize + rank, mover);
        self.starts[place + 1..].iter_mut().for_each(|start| *start += 1);
    }

    /// Moves who is `rank`th on a lane to be `to_rank`th on another.
    pub(super) fn change(&mut self, (place, rank): (usize, usize), (to, to_rank): (usize, usize)) {
        let index = self.starts[place] as usize + rank;
        let target = self.starts[to] as usize + to_rank;
        if to > place {
            self.movers[index..target].rotate_left(1);
            self.starts[place + 1..=to].iter_mut().for_each(|start| *start -= 1);
        } else {
            self.movers[target..=index].rotate_right(1);
            self.starts[to + 1..=place].iter_mut().for_each(|start| *start += 1);
        }
    }

    /// Goes through everyone, lane by lane, with what `act` and `keep` work on: where `act` says that somebody may have left
    /// the lane, those for whom `keep` says no are taken out.
    pub(super) fn sweep<C>(
        &mut self,
        context: &mut C,
        act: impl Fn(&mut C, usize, &mut [Mover]) -> bool,
        keep: impl Fn(&mut C, usize, &mut Mover) -> bool,
    ) {
        let (mut kept, mut start) = (0, 0);
        for place in 0..self.lane_count() {
            let end = self.starts[place + 1] as usize;
            if end > start {
                if act(context, place, &mut self.movers[start..end]) {
                    for index in start..end {
                        if keep(context, place, &mut self.movers[index]) {
                            self.movers[kept] = self.movers[index];
                            kept += 1;
                        }
                    }
                } else {
                    if kept < start {
                        self.movers.copy_within(start..end, kept);
                    }
                    kept += end - start;
                }
            }
            start = end;
            self.starts[place + 1] = kept as u32;
        }
        self.movers.truncate(kept);
    }

    /// Takes in who comes from other lanes, sorted by lane and from the foremost back.
    pub(super) fn take_in(&mut self, inbound: &[Inbound], leavers: &[Leavers]) {
        let Some(first) = inbound.first() else {
            return;
        };
        let leaver = |one: &Inbound| *leavers[one.from.0 as usize].mover(one.from.1);
        // Room at the end for all; then from the last lane back everyone moves up to where it belongs.
        let mut read = self.movers.len();
        let mut write = read + inbound.len();
        self.reserve(inbound.len());
        self.movers.resize(write, leaver(first));
        let mut rest = inbound;
        for place in (0..self.lane_count()).rev() {
            if rest.is_empty() {
                return;
            }
            self.starts[place + 1] = write as u32;
            let start = self.starts[place] as usize;
            while let Some((last, others)) = rest.split_last()
                && last.lane == self.first_lane + place as u32
            {
                let lane = self.movers[start..read].iter();
                let behind = lane.rev().take_while(|mover| mover.at_m < last.at_m).count();
                self.movers.copy_within(read - behind..read, write - behind);
                read -= behind;
                write -= behind + 1;
                self.movers[write] = leaver(last);
                rest = others;
            }
            write -= read - start;
            self.movers.copy_within(start..read, write);
            read = start;
        }
    }

    /// Grows by an eighth where there is no room: doubling would take twice the memory that vehicles need.
    fn reserve(&mut self, more: usize) {
        let wanted = self.movers.len() + more;
        if wanted > self.movers.capacity() {
            self.movers.reserve_exact(more + wanted / 8);
        }
    }
}
