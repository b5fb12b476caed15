//! Routes: ways through a network, a byte a street.
//!
//! A route is its first street and then, street by street, the number of the joint that leads on; vehicles that drive the
//! same way share it. It knows neither lanes nor who drives it.

use super::class::VehicleClass;
use super::demand::SumoDemand;
use super::network::{NONE, StreetNetwork};
use std::collections::{BTreeMap, BinaryHeap};

/// A way through the network: see [`SumoDemand::edges_of`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its first street.
    pub first: u32,
    /// Its last street.
    pub last: u32,
    /// Where its joints begin in [`SumoDemand::turns`].
    pub turns: u32,
    /// Streets after the first.
    pub further: u32,
}

impl SumoDemand {
    /// The streets of a route, first to last.
    pub fn edges_of<'a>(&'a self, network: &'a StreetNetwork, route: u32) -> impl Iterator<Item = u32> + 'a {
        let route = self.routes[route as usize];
        let turns = &self.turns[route.turns as usize..(route.turns + route.further) as usize];
        std::iter::once(route.first).chain(turns.iter().scan(route.first, |edge, &turn| {
            *edge = network.joint(*edge, turn).to;
            Some(*edge)
        }))
    }

    /// Adds a way along `edges`, whose joints are [`StreetNetwork::turns`], and returns its number.
    pub fn add_route(&mut self, edges: &[u32], turns: &[u8]) -> u32 {
        self.routes.push(Route {
            first: edges[0],
            last: edges[edges.len() - 1],
            turns: self.turns.len() as u32,
            further: turns.len() as u32,
        });
        self.turns.extend(turns);
        self.routes.len() as u32 - 1
    }
}

impl StreetNetwork {
    /// The numbers of the joints along streets; nothing if one does not follow the one before it.
    pub fn turns(&self, edges: &[u32]) -> Option<Vec<u8>> {
        edges.windows(2).map(|pair| self.turn(pair[0], pair[1])).collect()
    }
}

/// The way that takes least time on empty streets (Dijkstra 1959), or nothing.
pub(super) fn quickest(network: &StreetNetwork, from: u32, to: u32, class: VehicleClass) -> Option<Vec<u32>> {
    let mut best: BTreeMap<u32, (u64, u32)> = BTreeMap::new();
    let mut open = BinaryHeap::new();
    best.insert(from, (0, NONE));
    open.push((std::cmp::Reverse(0_u64), from));
    while let Some((std::cmp::Reverse(cost), edge)) = open.pop() {
        if best[&edge].0 < cost {
            continue;
        }
        if edge == to {
            let mut way = vec![to];
            while let Some(&(_, before)) = best.get(way.last()?)
                && before != NONE
            {
                way.push(before);
            }
            way.reverse();
            return Some(way);
        }
        for lane in network.lanes_of(edge).filter(|&lane| network.allows(lane, class)) {
            let links = network.lanes[lane].links.clone();
            for link in &network.links[links.start as usize..links.end as usize] {
                if !network.allows(link.to as usize, class) {
                    continue;
                }
                let target = &network.lanes[link.to as usize];
                let time_s = target.length_m / target.speed_mps + link.length_m / target.speed_mps;
                // Milliseconds, so that costs are whole and ties are ties.
                let next = cost + 1 + (time_s * 1000.0) as u64;
                let known = best.get(&target.edge);
                if known.is_none_or(|known| next < known.0) {
                    best.insert(target.edge, (next, edge));
                    open.push((std::cmp::Reverse(next), target.edge));
                }
            }
        }
    }
    None
}
