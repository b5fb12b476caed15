//! Times on streets by interval, and the way that is quickest by them.
//!
//! In go measured speeds; out come times and ways (Dijkstra 1959, with times of the moment at which a street is reached:
//! Cooke and Halsey 1966). Nothing here knows who drives.

use crate::sumo::{NONE, StreetNetwork, VehicleClass};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How much of what was known before stays in what is known: single rounds are noisy.
const MEMORY: f64 = 0.5;

/// Streets with their times.
#[derive(Debug)]
pub(super) struct Search {
    /// Of each edge, the streets that follow it and the seconds in between.
    next: Vec<Vec<(u32, f64)>>,
    length_m: Vec<f64>,
    free_mps: Vec<f64>,
    /// Of each edge and interval, as known and as measured in this round; 0 where nothing is.
    known_mps: Vec<f32>,
    measured_mps: Vec<f32>,
    intervals: usize,
    interval_s: f64,
    /// Tree of the last search: from where, in which interval, and for each edge when it is reached and from which.
    root: Option<(u32, usize)>,
    reached: Vec<(f64, u32)>,
}

impl Search {
    pub(super) fn new(network: &StreetNetwork, class: VehicleClass, until_s: f64, interval_s: f64) -> Search {
        let edges = network.edges.len();
        let mut next = vec![Vec::new(); edges];
        let (mut length_m, mut free_mps) = (vec![0.0; edges], vec![0.0; edges]);
        for edge in 0..edges {
            let lanes = network
                .lanes_of(edge as u32)
                .filter(|&lane| network.allows(lane, class));
            for lane in lanes {
                let record = &network.lanes[lane];
                length_m[edge] = record.length_m;
                free_mps[edge] = f64::max(free_mps[edge], record.speed_mps);
                let links = &network.links[record.links.start as usize..record.links.end as usize];
                for link in links
                    .iter()
                    .filter(|link| !record.is_internal && network.allows(link.to as usize, class))
                {
                    let target = &network.lanes[link.to as usize];
                    let known: &mut Vec<(u32, f64)> = &mut next[edge];
                    if known.iter().all(|&(to, _)| to != target.edge) {
                        known.push((target.edge, link.length_m / target.speed_mps));
                    }
                }
            }
        }
        let intervals = (until_s / interval_s).ceil().max(1.0) as usize;
        Search {
            next,
            length_m,
            free_mps,
            known_mps: vec![0.0; edges * intervals],
            measured_mps: vec![0.0; edges * intervals],
            intervals,
            interval_s,
            root: None,
            reached: vec![(f64::INFINITY, NONE); edges],
        }
    }

    /// Notes the speed on an edge in the interval that begins at `from_s`.
    pub(super) fn measure(&mut self, edge: u32, from_s: f64, speed_mps: f64) {
        let interval = self.interval(from_s);
        self.measured_mps[edge as usize * self.intervals + interval] = speed_mps as f32;
    }

    /// What was measured becomes known.
    pub(super) fn settle(&mut self) {
        for (known, measured) in self.known_mps.iter_mut().zip(&mut self.measured_mps) {
            *known = match (*known > 0.0, *measured > 0.0) {
                (true, true) => MEMORY as f32 * *known + (1.0 - MEMORY) as f32 * *measured,
                (false, true) => *measured,
                // A street that nobody drives on is free again.
                (_, false) => 0.0,
            };
            *measured = 0.0;
        }
        self.root = None;
    }

    fn interval(&self, at_s: f64) -> usize {
        // A negative time casts to 0.
        ((at_s / self.interval_s) as usize).min(self.intervals - 1)
    }

    /// Seconds on an edge that is entered at `at_s`.
    pub(super) fn edge_s(&self, edge: u32, at_s: f64) -> f64 {
        let edge = edge as usize;
        let known_mps = f64::from(self.known_mps[edge * self.intervals + self.interval(at_s)]);
        let speed_mps = if known_mps > 0.0 {
            known_mps.min(self.free_mps[edge])
        } else {
            self.free_mps[edge]
        };
        self.length_m[edge] / speed_mps.max(0.1)
    }

    /// Seconds along a way that is begun at `depart_s`.
    pub(super) fn time_s(&self, way: &[u32], depart_s: f64) -> f64 {
        let mut at_s = depart_s;
        for (index, &edge) in way.iter().enumerate() {
            at_s += self.edge_s(edge, at_s);
            if let Some(&after) = way.get(index + 1) {
                let turns = self.next[edge as usize].iter();
                at_s += turns
                    .filter(|&&(to, _)| to == after)
                    .map(|&(_, turn_s)| turn_s)
                    .sum::<f64>();
            }
        }
        at_s - depart_s
    }

    /// The way that is quickest for who departs at `depart_s`, as quick as at the middle of that interval.
    pub(super) fn quickest(&mut self, from: u32, to: u32, depart_s: f64) -> Option<Vec<u32>> {
        let root = (from, self.interval(depart_s));
        if self.root != Some(root) {
            self.grow(root);
        }
        if !self.reached[to as usize].0.is_finite() {
            return None;
        }
        let mut way = vec![to];
        while let Some(&last) = way.last()
            && last != from
        {
            way.push(self.reached[last as usize].1);
        }
        way.reverse();
        Some(way)
    }

    /// The tree of quickest ways from an edge.
    fn grow(&mut self, (from, interval): (u32, usize)) {
        self.root = Some((from, interval));
        self.reached.fill((f64::INFINITY, NONE));
        if self.free_mps[from as usize] == 0.0 {
            return;
        }
        let begin_s = (interval as f64 + 0.5) * self.interval_s;
        let mut open = BinaryHeap::new();
        self.reached[from as usize] = (begin_s, NONE);
        // Microseconds, so that costs are whole and ties are ties.
        let whole = |at_s: f64| (at_s * 1e6) as u64;
        open.push((Reverse(whole(begin_s)), from));
        while let Some((Reverse(at), edge)) = open.pop() {
            let at_s = self.reached[edge as usize].0;
            if whole(at_s) < at {
                continue;
            }
            let left_s = at_s + self.edge_s(edge, at_s);
            for &(to, turn_s) in &self.next[edge as usize] {
                if left_s + turn_s < self.reached[to as usize].0 && to != from {
                    self.reached[to as usize] = (left_s + turn_s, edge);
                    open.push((Reverse(whole(left_s + turn_s)), to));
                }
            }
        }
    }
}
