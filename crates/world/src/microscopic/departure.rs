//! Departures: who waits to appear, and where there is room.
//!
//! In go the demand's vehicles by time; those that are due appear where their edge has room, in their order, and wait
//! outside where it has none. It moves nobody.

use super::following::{Habit, follow_speed_mps, stop_speed_mps};
use super::mover::{Block, Mover, Tail};
use super::plan::Plan;
use super::signal::{goes_first, is_red, is_yellow};
use crate::sumo::{DepartLane, DepartPosition, DepartSpeed, Departure, NONE, StreetNetwork};
use std::collections::VecDeque;

/// Who is due, edge by edge.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    queues: Vec<VecDeque<u32>>,
    /// Edges with somebody waiting.
    open: Vec<u32>,
    pub count: usize,
}

impl Waiting {
    pub(super) fn new(edges: usize) -> Waiting {
        Waiting {
            queues: vec![VecDeque::new(); edges],
            open: Vec::new(),
            count: 0,
        }
    }

    pub(super) fn push(&mut self, edge: u32, departure: u32) {
        let queue = &mut self.queues[edge as usize];
        if queue.is_empty() {
            self.open.push(edge);
        }
        queue.push_back(departure);
        self.count += 1;
    }

    /// Lets the first of each edge try, and after success the next; edges in the order in which they began to wait.
    pub(super) fn try_all(&mut self, mut appear: impl FnMut(u32) -> bool) {
        let mut open = std::mem::take(&mut self.open);
        open.retain(|&edge| {
            let queue = &mut self.queues[edge as usize];
            while let Some(&first) = queue.front() {
                if !appear(first) {
                    return true;
                }
                queue.pop_front();
                self.count -= 1;
            }
            false
        });
        self.open = open;
    }
}

/// The roads as a newcomer sees them.
pub(super) struct Roads<'a> {
    pub network: &'a StreetNetwork,
    pub habits: &'a [Habit],
    pub tails: &'a [Tail],
    pub places: &'a [(u32, u32)],
    /// What each link shows.
    pub shown: &'a [u8],
    pub blocks: &'a mut [Block],
    pub step_s: f64,
}

impl Roads<'_> {
    /// Puts `mover` on a lane of its first edge if there is room; its speed and place are set here.
    pub(super) fn put(
        &mut self,
        mover: &mut Mover,
        departure: &Departure,
        plan: &Plan,
        class: crate::sumo::VehicleClass,
    ) -> Option<u32> {
        let edge = plan.edges[0];
        let lanes = self.network.lanes_of(edge);
        let allowed = |lane: usize| self.network.allows(lane, class);
        let lane = match departure.lane {
            DepartLane::Number(number) => lanes.start + number as usize,
            DepartLane::First => lanes.clone().find(|&lane| allowed(lane))?,
            DepartLane::Free => lanes
                .clone()
                .filter(|&lane| allowed(lane))
                .min_by(|&a, &b| self.load(a).total_cmp(&self.load(b)))?,
            DepartLane::Best => {
                let reach = |lane: usize| plan.lane(self.network, 0, lane as u32);
                let best_m = lanes
                    .clone()
                    .filter(|&lane| allowed(lane))
                    .map(|lane| reach(lane).reach_m)
                    .fold(0.0, f32::max);
                lanes
                    .clone()
                    .filter(|&lane| allowed(lane) && reach(lane).reach_m >= best_m - 0.1)
                    .min_by(|&a, &b| self.load(a).total_cmp(&self.load(b)))?
            }
        } as u32;
        let habit = &self.habits[usize::from(mover.kind)];
        let record = &self.network.lanes[lane as usize];
        let limit_mps = (record.speed_mps * f64::from(mover.factor)).min(habit.speed_mps_max);
        let at_m = match departure.position {
            DepartPosition::Base => habit.length_m.min(record.length_m),
            DepartPosition::At(at_m) => at_m,
        };
        let (block, place) = self.places[lane as usize];
        let state = &self.blocks[block as usize].lanes[place as usize];
        let rank = state
            .movers
            .iter()
            .position(|other| other.at_m <= at_m)
            .unwrap_or(state.movers.len());
        let mut speed_mps = limit_mps;
        if let Some(leader) = rank.checked_sub(1).map(|ahead| &state.movers[ahead]) {
            let other = &self.habits[usize::from(leader.kind)];
            let gap_m = leader.at_m - other.length_m - at_m - habit.gap_m_min;
            if gap_m < 0.0 {
                return None;
            }
            speed_mps = speed_mps.min(follow_speed_mps(
                habit,
                gap_m,
                leader.speed_mps,
                other.decel_mps2,
                self.step_s,
            ));
        }
        if rank == 0 && self.may_have_to_stop(plan, lane) {
            let left_m = (record.length_m - at_m).max(0.0);
            speed_mps = speed_mps.min(stop_speed_mps(left_m, habit.decel_mps2, habit.tau_s, self.step_s));
        }
        let tail = &self.tails[lane as usize];
        if tail.id != NONE && tail.back_m > at_m - habit.length_m {
            let gap_m = tail.back_m - at_m - habit.gap_m_min;
            if gap_m < 0.0 {
                return None;
            }
            speed_mps = speed_mps.min(follow_speed_mps(
                habit,
                gap_m,
                tail.speed_mps,
                habit.decel_mps2,
                self.step_s,
            ));
        }
        let wanted_mps = match departure.speed {
            DepartSpeed::Desired => speed_mps,
            DepartSpeed::Given(wanted_mps) if wanted_mps > speed_mps + 1e-6 => return None,
            DepartSpeed::Given(wanted_mps) => wanted_mps,
        };
        if let Some(follower) = state.movers.get(rank) {
            let other = &self.habits[usize::from(follower.kind)];
            let gap_m = at_m - habit.length_m - follower.at_m - other.gap_m_min;
            if gap_m < 0.0
                || follow_speed_mps(other, gap_m, wanted_mps, habit.decel_mps2, self.step_s) < follower.speed_mps
            {
                return None;
            }
        } else if !self.is_free_behind(lane, at_m - habit.length_m, wanted_mps, habit) {
            return None;
        }
        mover.at_m = at_m;
        mover.speed_mps = wanted_mps;
        mover.look_mps = wanted_mps as f32;
        self.blocks[block as usize].lanes[place as usize]
            .movers
            .insert(rank, mover.clone());
        Some(lane)
    }

    /// Whether the way on from a lane of the first edge is closed or somebody else's first.
    fn may_have_to_stop(&self, plan: &Plan, lane: u32) -> bool {
        let link = plan.link(self.network, 0, lane);
        if link == NONE {
            return plan.edges.len() > 1;
        }
        let letter = self.shown[link as usize];
        is_red(letter) || is_yellow(letter) || !goes_first(letter)
    }

    fn load(&self, lane: usize) -> f64 {
        let (block, place) = self.places[lane];
        let movers = &self.blocks[block as usize].lanes[place as usize].movers;
        movers
            .iter()
            .map(|mover| self.habits[usize::from(mover.kind)].length_m)
            .sum()
    }

    /// Whether nobody on the lanes that lead here would have to brake hard for a newcomer.
    fn is_free_behind(&self, lane: u32, back_m: f64, speed_mps: f64, habit: &Habit) -> bool {
        let range = self.network.lanes[lane as usize].incoming.clone();
        self.network.incoming[range.start as usize..range.end as usize]
            .iter()
            .all(|&before| {
                let (block, place) = self.places[before as usize];
                let state = &self.blocks[block as usize].lanes[place as usize];
                let Some(first) = state.movers.first() else {
                    return true;
                };
                let other = &self.habits[usize::from(first.kind)];
                let gap_m = back_m + self.network.lanes[before as usize].length_m - first.at_m - other.gap_m_min;
                gap_m >= 0.0
                    && follow_speed_mps(other, gap_m, speed_mps, habit.decel_mps2, self.step_s)
                        >= first.speed_mps - other.decel_mps2 * self.step_s
            })
    }
}
