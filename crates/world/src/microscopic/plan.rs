//! Where each lane leads along a way: how far one gets without changing lanes, and which way to change.
//!
//! In go a route and the class of who drives it; out comes a [`Plan`]: for every edge of the route and each of its lanes
//! the metres that can be driven before a change is needed, the lanes to change by, and the link to take. It is made
//! once for all who share the way, and knows no traffic.

use crate::sumo::{NONE, Route, StreetNetwork, VehicleClass};

/// A way, prepared.
#[derive(Debug)]
pub(super) struct Plan {
    /// Edges, first to last.
    pub edges: Vec<u32>,
    /// For each edge the place of its first lane in `lanes`.
    starts: Vec<u32>,
    lanes: Vec<PlanLane>,
}

/// What a lane is worth.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlanLane {
    /// Metres from this lane's start that can be driven without a change.
    pub reach_m: f32,
    /// Changes to the left (positive) or right that are needed for the best lane.
    pub offset: i8,
    /// The link to take from here, counted in the lane; 255 if none leads on.
    link: u8,
}

/// Farther than this nobody plans lanes.
const REACH_M_MAX: f64 = 3000.0;
const NO_LINK: u8 = u8::MAX;

impl Plan {
    pub(super) fn new(network: &StreetNetwork, route: &Route, class: VehicleClass) -> Plan {
        let mut starts = Vec::with_capacity(route.edges.len());
        let mut count = 0_u32;
        for &edge in &route.edges {
            starts.push(count);
            count += network.edges[edge as usize].lane_count;
        }
        let empty = PlanLane {
            reach_m: 0.0,
            offset: 0,
            link: NO_LINK,
        };
        let mut plan = Plan {
            edges: route.edges.clone(),
            starts,
            lanes: vec![empty; count as usize],
        };
        for step in (0..route.edges.len()).rev() {
            plan.fill(network, route, class, step);
        }
        plan
    }

    /// One edge, those behind it being done.
    fn fill(&mut self, network: &StreetNetwork, route: &Route, class: VehicleClass, step: usize) {
        let edge = self.edges[step];
        let first = network.edges[edge as usize].first_lane;
        let start = self.starts[step] as usize;
        let count = network.edges[edge as usize].lane_count as usize;
        let halt = route
            .stops
            .iter()
            .find(|stop| stop.0 as usize == step)
            .map(|stop| (stop.1 - first) as usize);
        let next_edge = self.edges.get(step + 1).copied();
        for index in 0..count {
            let lane = first as usize + index;
            let mut entry = PlanLane {
                reach_m: network.lanes[lane].length_m as f32,
                offset: 0,
                link: NO_LINK,
            };
            if !network.allows(lane, class) {
                entry.reach_m = 0.0;
            } else if let Some(next_edge) = next_edge {
                let links = network.lanes[lane].links.clone();
                // Of several links the one whose lane leads farthest, with the fewest changes.
                let mut best: Option<(f32, i32, usize, f64)> = None;
                for (place, link) in network.links[links.start as usize..links.end as usize]
                    .iter()
                    .enumerate()
                {
                    let target = &network.lanes[link.to as usize];
                    if target.edge != next_edge || !network.allows(link.to as usize, class) {
                        continue;
                    }
                    let to = self.lane(network, step + 1, link.to);
                    let key = (to.reach_m, -i32::from(to.offset.abs()));
                    if best.is_none_or(|best| key > (best.0, best.1)) {
                        best = Some((key.0, key.1, place, link.length_m));
                    }
                }
                if let Some((reach_m, _, place, inside_m)) = best {
                    entry.reach_m += reach_m + inside_m as f32;
                    entry.link = place.min(254) as u8;
                }
            }
            self.lanes[start + index] = entry;
        }
        let lanes = &mut self.lanes[start..start + count];
        // A halt on this edge wants its own lane; from others one has to change to it.
        if let Some(halt) = halt.filter(|&halt| halt < count) {
            for (index, lane) in lanes.iter_mut().enumerate() {
                if index != halt {
                    lane.reach_m = lane.reach_m.min(network.lanes[first as usize + index].length_m as f32);
                }
                lane.offset = (halt as i64 - index as i64) as i8;
            }
            lanes[halt].reach_m = lanes[halt]
                .reach_m
                .max(network.lanes[first as usize].length_m as f32 + 1.0);
        } else {
            let goes_on = next_edge.is_some() && lanes.iter().any(|lane| lane.link != NO_LINK);
            let usable = |lane: &PlanLane| lane.reach_m > 0.0 && (!goes_on || lane.link != NO_LINK);
            let best_m = lanes
                .iter()
                .filter(|lane| usable(lane))
                .map(|lane| lane.reach_m)
                .fold(0.0, f32::max);
            let is_best = |lane: &PlanLane| usable(lane) && lane.reach_m >= best_m - 0.1;
            let best: Vec<bool> = lanes.iter().map(is_best).collect();
            for (index, lane) in lanes.iter_mut().enumerate() {
                let nearest = (0..count)
                    .filter(|&other| best[other])
                    .min_by_key(|&other| other.abs_diff(index));
                lane.offset = nearest.map_or(0, |other| (other as i64 - index as i64) as i8);
            }
        }
        for lane in lanes {
            lane.reach_m = lane.reach_m.min(REACH_M_MAX as f32);
        }
    }

    /// What `lane` of the edge at `step` is worth.
    pub(super) fn lane(&self, network: &StreetNetwork, step: usize, lane: u32) -> PlanLane {
        let first = network.edges[self.edges[step] as usize].first_lane;
        self.lanes[(self.starts[step] + lane - first) as usize]
    }

    /// The link that somebody on `lane`, on the edge at `step`, takes next; [`NONE`] if the lane does not lead on.
    pub(super) fn link(&self, network: &StreetNetwork, step: usize, lane: u32) -> u32 {
        let place = self.lane(network, step, lane).link;
        match place {
            NO_LINK => NONE,
            _ => network.lanes[lane as usize].links.start + u32::from(place),
        }
    }

    /// Bytes it takes.
    pub(super) fn memory_bytes(&self) -> usize {
        size_of::<Plan>()
            + self.edges.capacity() * 4
            + self.starts.capacity() * 4
            + self.lanes.capacity() * size_of::<PlanLane>()
    }
}
