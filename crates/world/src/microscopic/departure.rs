//! Departures: who waits to appear, and where there is room.
//!
//! In go the demand's vehicles by time; those that are due appear where their edge has room, in their order, and wait
//! outside where it has none. It moves nobody.

use super::block::Block;
use super::following::{Habit, follow_speed_mps, stop_speed_mps};
use super::mover::{Manoeuvre, Mover};
use super::signal::{goes_first, is_red, is_yellow};
use super::trip::UNPARK_S;
use super::view::{Scene, View};
use crate::sumo::{DepartLane, DepartPosition, DepartSpeed, Departure, NONE};
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

/// Somebody who stands beside its lane.
#[derive(Clone, Debug)]
pub(super) struct Parked {
    pub mover: Mover,
    pub lane: u32,
    pub since_s: f64,
    pub until_s: f64,
}

impl Parked {
    pub(super) fn new(mover: Mover, lane: u32, scene: &Scene, now_s: f64) -> Parked {
        let until_s = scene
            .view()
            .halt(&mover)
            .map_or(now_s, |halt| (now_s + halt.duration_s).max(halt.until_s));
        Parked {
            mover,
            lane,
            since_s: now_s,
            until_s,
        }
    }
}

/// The roads as a newcomer sees them.
pub(super) struct Roads<'a> {
    pub view: View<'a>,
    pub blocks: &'a mut [Block],
}

impl Roads<'_> {
    /// Puts `mover` on a lane of its first street if there is room; its speed and place are set here.
    pub(super) fn put(&mut self, mover: &mut Mover, departure: &Departure, edge: u32) -> Option<u32> {
        let view = self.view;
        let network = view.network;
        let habit = view.habit(mover);
        let lane = self.lane(mover, departure, edge)?;
        view.ways.find_link(mover, lane, habit.class);
        let record = &network.lanes[lane as usize];
        let limit_mps = view.limit_mps(lane, mover);
        let at_m = match departure.position {
            DepartPosition::Base => habit.length_m.min(record.length_m),
            DepartPosition::At(at_m) => at_m,
        };
        let (block, place) = view.places[lane as usize];
        let (block, place) = (block as usize, place as usize);
        let movers = self.blocks[block].lane(place);
        let rank = movers.iter().take_while(|other| other.at_m > at_m).count();
        let mut speed_mps = limit_mps;
        if let Some(leader) = rank.checked_sub(1).map(|ahead| &movers[ahead]) {
            let other = view.habit(leader);
            let gap_m = leader.at_m - other.length_m - at_m - habit.gap_m_min;
            if gap_m < 0.0 {
                return None;
            }
            speed_mps = follow_speed_mps(habit, habit.tau_s, speed_mps, gap_m, leader.speed_mps, &other.brake);
        }
        if rank == 0 && may_have_to_stop(&view, mover) {
            let left_m = (record.length_m - at_m).max(0.0);
            speed_mps = stop_speed_mps(speed_mps, left_m, &habit.brake, habit.tau_s);
        }
        let tail = &view.tails[lane as usize];
        if tail.id != NONE && tail.back_m > at_m - habit.length_m {
            let gap_m = tail.back_m - at_m - habit.gap_m_min;
            if gap_m < 0.0 {
                return None;
            }
            speed_mps = follow_speed_mps(habit, habit.tau_s, speed_mps, gap_m, tail.speed_mps, &habit.brake);
        }
        let wanted_mps = match departure.speed {
            DepartSpeed::Desired => speed_mps,
            DepartSpeed::Given(wanted_mps) if wanted_mps > speed_mps + 1e-6 => return None,
            DepartSpeed::Given(wanted_mps) => wanted_mps,
        };
        if let Some(follower) = movers.get(rank) {
            let other = view.habit(follower);
            let gap_m = at_m - habit.length_m - follower.at_m - other.gap_m_min;
            if gap_m < 0.0
                || follow_speed_mps(other, other.tau_s, f64::INFINITY, gap_m, wanted_mps, &habit.brake)
                    < follower.speed_mps
            {
                return None;
            }
        } else if !is_free_behind(&view, lane, at_m - habit.length_m, wanted_mps, habit) {
            return None;
        }
        mover.at_m = at_m;
        mover.speed_mps = wanted_mps;
        mover.look_mps = wanted_mps as f32;
        view.ways.look_around(mover, lane, habit.class);
        self.blocks[block].insert(place, rank, *mover);
        Some(lane)
    }

    /// Puts somebody who was beside `lane` for `parked_s` back on it, standing, if nobody has to brake hard for it.
    pub(super) fn put_back(&mut self, mover: &Mover, lane: u32, parked_s: f32) -> bool {
        let view = self.view;
        let habit = view.habit(mover);
        let (block, place) = view.places[lane as usize];
        let (block, place) = (block as usize, place as usize);
        let movers = self.blocks[block].lane(place);
        let rank = movers.iter().take_while(|other| other.at_m > mover.at_m).count();
        let back_m = mover.at_m - habit.length_m;
        let is_free_ahead = rank.checked_sub(1).is_none_or(|ahead| {
            let other = &movers[ahead];
            other.at_m - view.habit(other).length_m - mover.at_m >= habit.gap_m_min
        });
        let tail = &view.tails[lane as usize];
        let is_free_of_tails = tail.id == NONE || tail.back_m - mover.at_m >= habit.gap_m_min;
        let is_free_behind = match movers.get(rank) {
            Some(follower) => {
                let other = view.habit(follower);
                let gap_m = back_m - follower.at_m - other.gap_m_min;
                gap_m >= 0.0
                    && follow_speed_mps(other, other.tau_s, f64::INFINITY, gap_m, 0.0, &habit.brake)
                        >= other.slowest_mps(follower.speed_mps)
            }
            None => is_free_behind(&view, lane, back_m, 0.0, habit),
        };
        if !is_free_ahead || !is_free_of_tails || !is_free_behind {
            return false;
        }
        let back = Mover {
            manoeuvre: Manoeuvre::Leaves,
            halt_left_s: UNPARK_S as f32,
            halted_s: mover.halted_s + parked_s,
            speed_mps: 0.0,
            gained_mps: 0.0,
            trail: [NONE; 4],
            ..*mover
        };
        self.blocks[block].insert(place, rank, back);
        true
    }

    /// The lane on which a newcomer appears.
    fn lane(&self, mover: &Mover, departure: &Departure, edge: u32) -> Option<u32> {
        let view = &self.view;
        let class = view.habit(mover).class;
        let lanes = view.network.lanes_of(edge);
        let mut allowed = lanes.clone().filter(|&lane| view.network.allows(lane, class));
        let emptiest = |a: &usize, b: &usize| self.load_m(*a).total_cmp(&self.load_m(*b));
        let lane = match departure.lane {
            DepartLane::Number(number) => lanes.start + number as usize,
            DepartLane::First => allowed.next()?,
            DepartLane::Best if lanes.len() > 1 => {
                let prospects = view.ways.at_start(edge, mover, class);
                let reach_m = |lane: usize| prospects[lane - lanes.start].reach_m;
                let best_m = allowed.clone().map(reach_m).fold(0.0, f32::max);
                allowed.filter(|&lane| reach_m(lane) >= best_m - 0.1).min_by(emptiest)?
            }
            DepartLane::Free | DepartLane::Best => allowed.min_by(emptiest)?,
        };
        Some(lane as u32)
    }

    fn load_m(&self, lane: usize) -> f64 {
        let (block, place) = self.view.places[lane];
        let movers = self.blocks[block as usize].lane(place as usize);
        movers.iter().map(|mover| self.view.habit(mover).length_m).sum()
    }
}

/// Whether the way on from a newcomer's lane is closed or somebody else's first.
fn may_have_to_stop(view: &View, mover: &Mover) -> bool {
    if mover.link == NONE {
        return mover.streets_left > 0;
    }
    let letter = view.shown[mover.link as usize];
    is_red(letter) || is_yellow(letter) || !goes_first(letter)
}

/// Whether nobody on the lanes that lead here would have to brake hard for a newcomer.
fn is_free_behind(view: &View, lane: u32, back_m: f64, speed_mps: f64, habit: &Habit) -> bool {
    let range = view.network.lanes[lane as usize].incoming.clone();
    view.network.incoming[range.start as usize..range.end as usize]
        .iter()
        .all(|&before| {
            let ends = &view.ends[before as usize];
            if ends.is_empty() {
                return true;
            }
            let other = &view.habits[usize::from(ends.front_kind)];
            let gap_m = back_m + view.network.lanes[before as usize].length_m - ends.front_m - other.gap_m_min;
            gap_m >= 0.0
                && follow_speed_mps(other, other.tau_s, f64::INFINITY, gap_m, speed_mps, &habit.brake)
                    >= other.slowest_mps(f64::from(ends.front_mps))
        })
}
