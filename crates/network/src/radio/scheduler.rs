//! One cell, slot by slot: who may send in which resource blocks, what fails, what is repeated, how long packets wait.
//!
//! In go flows (a slice, a signal, packets of a size at a rate) and a carrier; out come delays, losses and rates a flow. In each slot
//! repetitions come first, then what each slice is kept, most urgent 5QI first, then what is left, to whoever has the most to gain for what it
//! has had (proportional fair: Kelly, Maulloo and Tan, 1998; the average over [`AVERAGE_SLOTS`]), urgent slices weighing more. A block fails by its
//! ratio, which fades about the flow's mean from one coherence time to the next, and is repeated with its energy added; after
//! [`super::link::TRANSMISSIONS_MAX`] times its packets are lost. Nothing is allocated in a slot once the queues have grown.

use super::coding::{Table, block_error, needed_sinr_db};
use super::link::TRANSMISSIONS_MAX;
use crate::site::{Band, Slice};
use crate::trace::quantile;
use record::{Seed, Stream};
use std::collections::VecDeque;

/// Slots that a flow's past rate is averaged over.
pub const AVERAGE_SLOTS: f64 = 200.0;
/// Packets that a flow may have waiting; more are dropped at the door.
pub const QUEUE_PACKETS_MAX: usize = 10_000;
/// Resource blocks are given in groups of so many.
const GROUP: u32 = 4;
/// Slots until a failed block is sent again.
const REPETITION_SLOTS: u64 = 8;
/// Slots over which fading stays: 10 ms at 30 kHz is the coherence time at 15 m/s and 3.5 GHz, to its order.
const FADING_SLOTS: u64 = 20;
/// Deviation of fading, as [`super::link`] has it.
const FADING_DB: f64 = 2.5;

/// One flow of packets, one way.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Index of its slice.
    pub slice: usize,
    /// Its mean ratio.
    pub sinr_db: f64,
    /// Size of a packet.
    pub packet_bytes: f64,
    /// Packets a second.
    pub packets_by_s: f64,
    /// Whether they come by chance (Poisson) or evenly.
    pub is_random: bool,
}

/// What a flow got.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowFigures {
    /// Packets that came.
    pub delivered: usize,
    /// Packets that did not.
    pub lost: usize,
    /// Delays of those that came, in order of size, milliseconds.
    pub delays_ms: Vec<f64>,
    /// What came.
    pub rate_mbps: f64,
}

impl FlowFigures {
    /// The delay that a share of packets does not exceed.
    pub fn delay_ms(&self, share: f64) -> f64 {
        quantile(&self.delays_ms, share)
    }

    /// Mean delay.
    pub fn mean_ms(&self) -> f64 {
        self.delays_ms.iter().sum::<f64>() / self.delays_ms.len().max(1) as f64
    }
}

struct User<'a> {
    flow: &'a Flow,
    /// When each packet came, and the bits of it that no block holds yet.
    waiting: VecDeque<(f64, f64)>,
    /// The sum of those bits.
    waiting_bits: f64,
    /// Packets whose last bits are in a block under way: the block's slot, and when the packet came.
    under_way: Vec<(u64, f64)>,
    next_s: f64,
    average_bits: f64,
    bits_now: f64,
    blocks_now: u32,
    fading_db: f64,
    arrivals: Stream,
    air: Stream,
    delays_ms: Vec<f64>,
    lost: usize,
    delivered_bits: f64,
}

/// A block under way.
#[derive(Clone, Copy)]
struct Block {
    first_slot: u64,
    due_slot: u64,
    user: usize,
    blocks: u32,
    above_db: f64,
    sent: u32,
    bits: f64,
}

/// Plays a cell's flows for some time. `share` is that of slots in the flows' direction.
pub fn play(
    band: &Band,
    share: f64,
    slices: &[Slice],
    flows: &[Flow],
    duration_s: f64,
    seed: Seed,
) -> Vec<FlowFigures> {
    let slot_s = band.slot_ms() * 1e-3;
    let total = band.resource_blocks();
    let table = Table::Qam256;
    let mut users: Vec<User> = flows
        .iter()
        .enumerate()
        .map(|(index, flow)| {
            let mut arrivals = seed.stream("network.scheduler.arrivals", index as u64);
            User {
                flow,
                waiting: VecDeque::new(),
                waiting_bits: 0.0,
                under_way: Vec::new(),
                next_s: arrivals.uniform() / flow.packets_by_s.max(1e-9),
                average_bits: 1.0,
                bits_now: 0.0,
                blocks_now: 0,
                fading_db: 0.0,
                arrivals,
                air: seed.stream("network.scheduler.air", index as u64),
                delays_ms: Vec::new(),
                lost: 0,
                delivered_bits: 0.0,
            }
        })
        .collect();
    let mut flying: VecDeque<Block> = VecDeque::new();
    let mut due_share = 0.0;
    for slot in 0..(duration_s / slot_s) as u64 {
        let now_s = slot as f64 * slot_s;
        for user in &mut users {
            user.take_arrivals(now_s);
            if slot % FADING_SLOTS == 0 {
                user.fading_db = FADING_DB * user.air.normal();
            }
            user.bits_now = 0.0;
            user.blocks_now = 0;
        }
        // Slots of this direction come evenly.
        due_share += share;
        if due_share < 1.0 {
            continue;
        }
        due_share -= 1.0;
        let mut free = total;
        // Repetitions first: their energy is half paid for.
        for _ in 0..flying.len() {
            let Some(block) = flying.pop_front() else { break };
            if block.due_slot > slot || block.blocks > free {
                flying.push_back(block);
                continue;
            }
            free -= block.blocks;
            send(
                &mut users,
                &mut flying,
                Block {
                    sent: block.sent + 1,
                    ..block
                },
                slot,
                slot_s,
            );
        }
        for pass in 0..=slices.len() {
            // The last pass is for all; before it each slice in turn, up to what is kept for it.
            let of_slice = (pass < slices.len()).then_some(pass);
            let mut quota = of_slice.map_or(free, |slice| {
                ((slices[slice].share_min * f64::from(total)) as u32).min(free)
            });
            while quota > 0 {
                let best = users
                    .iter()
                    .enumerate()
                    .filter(|(_, user)| of_slice.is_none_or(|slice| user.flow.slice == slice))
                    .filter_map(|(index, user)| Some((index, user.merit(&table, slices)?)))
                    .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
                let Some((index, _)) = best else { break };
                let group = GROUP.min(quota);
                users[index].give(&table, group);
                quota -= group;
                free -= group;
            }
        }
        for index in 0..users.len() {
            if let Some(block) = users[index].block(index, slot, &table) {
                send(&mut users, &mut flying, block, slot, slot_s);
            }
            let user = &mut users[index];
            user.average_bits += (user.bits_now - user.average_bits) / AVERAGE_SLOTS;
        }
    }
    users
        .into_iter()
        .map(|mut user| {
            user.delays_ms.sort_by(f64::total_cmp);
            FlowFigures {
                delivered: user.delays_ms.len(),
                lost: user.lost,
                delays_ms: user.delays_ms,
                rate_mbps: user.delivered_bits * 1e-6 / duration_s,
            }
        })
        .collect()
}

/// A block goes over the air: it comes, or is to be repeated, or is given up.
fn send(users: &mut [User], flying: &mut VecDeque<Block>, block: Block, slot: u64, slot_s: f64) {
    let user = &mut users[block.user];
    let above_db = block.above_db + user.fading_db + 10.0 * libm::log10(f64::from(block.sent));
    let fails = user.air.chance(block_error(above_db));
    if fails && block.sent < TRANSMISSIONS_MAX {
        flying.push_back(Block {
            due_slot: slot + REPETITION_SLOTS,
            ..block
        });
        return;
    }
    user.settle(&block, !fails, (slot + 1) as f64 * slot_s);
}

impl User<'_> {
    fn take_arrivals(&mut self, now_s: f64) {
        while self.next_s <= now_s {
            if self.waiting.len() < QUEUE_PACKETS_MAX {
                let bits = 8.0 * self.flow.packet_bytes;
                self.waiting.push_back((self.next_s, bits));
                self.waiting_bits += bits;
            } else {
                self.lost += 1;
            }
            self.next_s += if self.flow.is_random {
                self.arrivals.exponential_s(self.flow.packets_by_s)
            } else {
                1.0 / self.flow.packets_by_s
            };
        }
    }

    /// What giving it a group is worth; `None` if it wants none or cannot use it.
    fn merit(&self, table: &Table, slices: &[Slice]) -> Option<f64> {
        if self.waiting_bits <= self.bits_now {
            return None;
        }
        let mcs = table.mcs(table.cqi(self.flow.sinr_db))?;
        let urgency = slices
            .get(self.flow.slice)
            .map_or(1.0, |slice| 100.0 / f64::from(slice.quality().priority));
        Some(urgency * table.mcs_efficiency(mcs) / (self.average_bits + self.bits_now / AVERAGE_SLOTS).max(1.0))
    }

    fn give(&mut self, table: &Table, group: u32) {
        self.blocks_now += group;
        if let Some(mcs) = table.mcs(table.cqi(self.flow.sinr_db)) {
            self.bits_now = f64::from(table.transport_block_bits(mcs, self.blocks_now, 1));
        }
    }

    /// The slot's block, with what waits at the head of the queue.
    fn block(&mut self, index: usize, slot: u64, table: &Table) -> Option<Block> {
        if self.blocks_now == 0 {
            return None;
        }
        let mcs = table.mcs(table.cqi(self.flow.sinr_db))?;
        let mut room = self.bits_now;
        while let Some(packet) = self.waiting.front_mut() {
            let taken = packet.1.min(room);
            packet.1 -= taken;
            room -= taken;
            self.waiting_bits -= taken;
            if packet.1 > 0.0 {
                break;
            }
            self.under_way.push((slot, packet.0));
            self.waiting.pop_front();
        }
        Some(Block {
            first_slot: slot,
            due_slot: slot,
            user: index,
            blocks: self.blocks_now,
            above_db: self.flow.sinr_db - needed_sinr_db(table.mcs_efficiency(mcs)),
            sent: 1,
            bits: self.bits_now - room,
        })
    }

    /// A block came or was given up, and with it the packets that it ended.
    fn settle(&mut self, block: &Block, came: bool, now_s: f64) {
        if came {
            self.delivered_bits += block.bits;
        }
        let (delays_ms, lost) = (&mut self.delays_ms, &mut self.lost);
        self.under_way.retain(|&(slot, arrived_s)| {
            if slot == block.first_slot {
                match came {
                    true => delays_ms.push((now_s - arrived_s) * 1e3),
                    false => *lost += 1,
                }
            }
            slot != block.first_slot
        });
    }
}
