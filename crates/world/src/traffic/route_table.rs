//! Route tables: for every lane of every edge of a route, where it leads and which neighbour is better.
//!
//! In goes a route's edges, out come entries, one for each usable lane of each edge and of each junction passed. A
//! vehicle holds the entry of its lane and follows `next`, so that a tick looks nothing up. The idea of how far each
//! lane carries on along the route is that of SUMO's "best lanes" (Krajzewicz, Erdmann 2013), written anew here.
//! Junction edges of the route are not binding: any lane through the junction that leads to the next edge will do.

use super::roadway::{NONE, Roadway};
use crate::demand::Place;
use road::{EdgeId, LaneId, Traveller};

/// Lane of a route.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Entry {
    pub lane: u32,
    /// Entry that continues it, [`NONE`] where the route ends or this lane leaves it.
    pub next: u32,
    /// Entries of the neighbours into which one may change, markings permitting.
    pub left: u32,
    pub right: u32,
    /// Lanes to change until the best one: to the left positive.
    pub changes: i32,
    /// The route ends in this lane's edge.
    pub is_last: bool,
    /// How far from the lane's start one can go along the route without a change.
    pub keep_m: f64,
    /// How far from the lane's start the next junction lane (or the end) is.
    pub run_m: f64,
}

impl Entry {
    /// Not linked to anything yet.
    fn of(lane: u32) -> Entry {
        Entry {
            lane,
            next: NONE,
            left: NONE,
            right: NONE,
            changes: 0,
            is_last: false,
            keep_m: 0.0,
            run_m: 0.0,
        }
    }
}

/// All routes of a run.
#[derive(Debug, Default)]
pub(crate) struct RouteTable {
    pub entries: Vec<Entry>,
    /// Where each ends.
    pub endings: Vec<Place>,
    first_entries: Vec<(u32, u32)>,
}

/// A junction may be crossed by at most so many lanes in a row.
const JUNCTION_LANES_MAX: usize = 8;

impl RouteTable {
    /// Makes the entries of a route. `None` if some edge cannot be reached lane by lane.
    pub fn add(&mut self, roadway: &Roadway, edges: &[EdgeId], traveller: Traveller, ending: Place) -> Option<u32> {
        let network = &roadway.network;
        let steps: Vec<Vec<u32>> = edges
            .iter()
            .filter(|&&edge| network.edge(edge).junction.is_none())
            .map(|&edge| {
                let lanes = network.edge(edge).lanes.iter();
                lanes
                    .filter(|&&lane| roadway.may_use(lane, traveller))
                    .map(|lane| lane.0)
                    .collect()
            })
            .collect();
        let first = self.entries.len() as u32;
        // The entries of the step ahead, in the order of its lanes.
        let mut ahead: Vec<u32> = Vec::new();
        for (index, lanes) in steps.iter().enumerate().rev() {
            let is_last = index + 1 == steps.len();
            // The lanes of an edge lie side by side; those of the junction behind it follow them.
            let here: Vec<u32> = lanes.iter().map(|&lane| self.push(Entry::of(lane))).collect();
            for (&entry, &lane) in here.iter().zip(lanes) {
                self.entries[entry as usize] = if is_last {
                    self.last_entry(roadway, lane, &ending)
                } else {
                    self.through_entry(roadway, lane, &ahead)
                };
            }
            self.link_neighbours(roadway, &here, is_last && ending.is_at_kerb);
            let leads_on = here
                .iter()
                .any(|&entry| is_last || self.entries[entry as usize].next != NONE);
            if !leads_on {
                self.entries.truncate(first as usize);
                return None;
            }
            ahead = here;
        }
        if ahead.is_empty() {
            return None;
        }
        self.first_entries.push((ahead[0], ahead[0] + ahead.len() as u32));
        self.endings.push(ending);
        Some(self.endings.len() as u32 - 1)
    }

    /// Entries of the first edge of a route, right to left.
    pub fn first_entries(&self, route: u32) -> std::ops::Range<u32> {
        let (first, end) = self.first_entries[route as usize];
        first..end
    }

    /// What the sharpest bend of a route allows, in the best case of its lanes.
    pub fn bend_mps(&self, roadway: &Roadway, route: u32) -> f64 {
        let along = |first: u32| {
            let entry = |index: u32| self.entries.get(index as usize);
            std::iter::successors(entry(first), |at| entry(at.next))
                .map(|at| roadway.bend_mps[at.lane as usize])
                .fold(f64::INFINITY, f64::min)
        };
        self.first_entries(route).map(along).fold(0.0, f64::max)
    }

    fn push(&mut self, entry: Entry) -> u32 {
        self.entries.push(entry);
        self.entries.len() as u32 - 1
    }

    fn last_entry(&self, roadway: &Roadway, lane: u32, ending: &Place) -> Entry {
        let length_m = roadway.length_m[lane as usize];
        let end_m = if ending.is_at_kerb {
            ending.at_m.min(length_m)
        } else {
            length_m
        };
        Entry {
            is_last: true,
            keep_m: end_m,
            run_m: end_m,
            ..Entry::of(lane)
        }
    }

    fn through_entry(&mut self, roadway: &Roadway, lane: u32, ahead: &[u32]) -> Entry {
        let mut ways: Vec<Vec<u32>> = Vec::new();
        let mut way = Vec::new();
        for &successor in &roadway.network.lane(LaneId(lane)).successors {
            self.find_ways(roadway, successor.0, ahead, &mut way, &mut ways);
        }
        let length_m = roadway.length_m[lane as usize];
        let best = ways.iter().max_by(|a, b| {
            let rate = |way: &Vec<u32>| {
                let end = &self.entries[way[way.len() - 1] as usize];
                (end.keep_m, -end.changes.abs())
            };
            let (a, b) = (rate(a), rate(b));
            a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
        });
        let mut entry = Entry {
            keep_m: length_m,
            run_m: length_m,
            ..Entry::of(lane)
        };
        if let Some(way) = best {
            let (&end, through) = way.split_last().expect("a way ends in an entry");
            let mut next = end;
            for &junction_lane in through.iter().rev() {
                let length_m = roadway.length_m[junction_lane as usize];
                next = self.push(Entry {
                    next,
                    keep_m: length_m + self.entries[next as usize].keep_m,
                    run_m: length_m,
                    ..Entry::of(junction_lane)
                });
            }
            entry.next = next;
            entry.keep_m = length_m + self.entries[next as usize].keep_m;
            if through.is_empty() {
                entry.run_m = length_m + self.entries[next as usize].run_m;
            }
        }
        entry
    }

    /// Ways from a lane through junction lanes to one of the entries ahead: lanes, then the entry.
    fn find_ways(&self, roadway: &Roadway, lane: u32, ahead: &[u32], way: &mut Vec<u32>, found: &mut Vec<Vec<u32>>) {
        if let Some(&entry) = ahead.iter().find(|&&entry| self.entries[entry as usize].lane == lane) {
            let mut whole = way.clone();
            whole.push(entry);
            found.push(whole);
            return;
        }
        if roadway.junction[lane as usize] == NONE || way.len() >= JUNCTION_LANES_MAX || way.contains(&lane) {
            return;
        }
        way.push(lane);
        for &successor in &roadway.network.lane(LaneId(lane)).successors {
            self.find_ways(roadway, successor.0, ahead, way, found);
        }
        way.pop();
    }

    /// Ties the lanes of one edge (right to left) together and counts the changes to the best of them.
    fn link_neighbours(&mut self, roadway: &Roadway, here: &[u32], ends_at_right: bool) {
        let network = &roadway.network;
        for pair in here.windows(2) {
            let (right, left) = (pair[0] as usize, pair[1] as usize);
            let (right_lane, left_lane) = (LaneId(self.entries[right].lane), LaneId(self.entries[left].lane));
            if network.lane(right_lane).left == Some(left_lane) && network.lane(right_lane).change_left_is_allowed {
                self.entries[right].left = pair[1];
            }
            if network.lane(left_lane).right == Some(right_lane) && network.lane(left_lane).change_right_is_allowed {
                self.entries[left].right = pair[0];
            }
        }
        let is_candidate = |table: &Self, entry: u32| {
            let entry = &table.entries[entry as usize];
            entry.is_last || entry.next != NONE
        };
        let keep_m = |table: &Self, entry: u32| table.entries[entry as usize].keep_m;
        let longest_m = here
            .iter()
            .filter(|&&entry| is_candidate(self, entry))
            .map(|&entry| keep_m(self, entry))
            .fold(0.0, f64::max);
        let good: Vec<bool> = here
            .iter()
            .enumerate()
            .map(|(index, &entry)| {
                is_candidate(self, entry) && keep_m(self, entry) >= longest_m - 1.0 && (!ends_at_right || index == 0)
            })
            .collect();
        for (index, &entry) in here.iter().enumerate() {
            let nearest = (0..here.len())
                .filter(|&other| good[other])
                .min_by_key(|&other| (other.abs_diff(index), other));
            let changes = nearest.map_or(0, |other| other as i32 - index as i32);
            let entry = &mut self.entries[entry as usize];
            entry.changes = changes;
            let barred = changes > 0 && entry.left == NONE || changes < 0 && entry.right == NONE;
            if barred && entry.next == NONE && !entry.is_last {
                // The change has to be made before this lane begins.
                entry.keep_m = 0.0;
            }
        }
    }
}
