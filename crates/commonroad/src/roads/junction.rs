//! Which groups of lanelets follow which, and where they meet: plain links between roads, or junctions.
//!
//! In go groups; out come OpenDRIVE's links. A group lies in a junction if it crosses another, if another leads into the
//! same lanelet, if an intersection names it as a way through, or if it follows a light. Everything else that is not one
//! to one (a lane that splits off) is a junction without roads of its own, which only says what follows what.

use super::Group;
use crate::scenario::Scenario;
use ::road::draft::{ConnectionDraft, ContactPoint, JunctionDraft, RoadLink};
use std::collections::{BTreeMap, BTreeSet};

/// Which end of a road.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Back,
    On,
}

/// Groups with their links.
pub(super) struct Net {
    /// For each pair of groups that follow each other: lanes, by rank from the left.
    links: BTreeMap<(usize, usize), Vec<(usize, usize)>>,
    next: Vec<BTreeSet<usize>>,
    before: Vec<BTreeSet<usize>>,
    /// The junction each group lies in.
    cluster: Vec<Option<usize>>,
}

impl Net {
    pub(super) fn new(
        scenario: &Scenario,
        index_of: &BTreeMap<i64, usize>,
        groups: &[Group],
        place_of: &BTreeMap<usize, (usize, usize)>,
    ) -> Net {
        let mut links: BTreeMap<(usize, usize), Vec<(usize, usize)>> = BTreeMap::new();
        let mut next = vec![BTreeSet::new(); groups.len()];
        let mut before = vec![BTreeSet::new(); groups.len()];
        let pairs = index_of.values().flat_map(|&index| {
            let lanelet = &scenario.lanelets[index];
            let on = lanelet
                .successors
                .iter()
                .filter_map(|id| index_of.get(id))
                .map(move |&to| (index, to));
            // Links are told from both sides; either is enough.
            let back = lanelet
                .predecessors
                .iter()
                .filter_map(|id| index_of.get(id))
                .map(move |&from| (from, index));
            on.chain(back)
        });
        let pairs: BTreeSet<(usize, usize)> = pairs.collect();
        for (from, to) in pairs {
            let ((from_group, from_rank), (to_group, to_rank)) = (place_of[&from], place_of[&to]);
            if from_group == to_group {
                continue;
            }
            links
                .entry((from_group, to_group))
                .or_default()
                .push((from_rank, to_rank));
            next[from_group].insert(to_group);
            before[to_group].insert(from_group);
        }
        let mut net = Net {
            links,
            next,
            before,
            cluster: vec![None; groups.len()],
        };
        net.find_junctions(scenario, index_of, groups, place_of);
        net
    }

    /// Groups that follow.
    pub(super) fn next(&self, group: usize) -> &BTreeSet<usize> {
        &self.next[group]
    }

    fn find_junctions(
        &mut self,
        scenario: &Scenario,
        index_of: &BTreeMap<i64, usize>,
        groups: &[Group],
        place_of: &BTreeMap<usize, (usize, usize)>,
    ) {
        let group_of = |id: &i64| index_of.get(id).map(|index| place_of[index].0);
        let mut meeting: Vec<Vec<usize>> = Vec::new();
        for intersection in &scenario.intersections {
            let mut through: Vec<usize> = Vec::new();
            for incoming in &intersection.incomings {
                let ways = [
                    &incoming.successors_right,
                    &incoming.successors_straight,
                    &incoming.successors_left,
                ];
                through.extend(ways.into_iter().flatten().filter_map(group_of));
            }
            meeting.push(through);
        }
        for index in index_of.values() {
            let lanelet = &scenario.lanelets[*index];
            let (group, rank) = place_of[index];
            if !lanelet.lights.is_empty() {
                meeting.push(self.next[group].iter().copied().collect());
            }
            // Several lanelets that lead into this one.
            let into: Vec<usize> = self.before[group]
                .iter()
                .copied()
                .filter(|&from| self.links[&(from, group)].iter().any(|&(_, to)| to == rank))
                .collect();
            if into.len() > 1 {
                meeting.push(into);
            }
        }
        meeting.extend(self.crossing(scenario, groups));
        // Those that meet directly or through others are one junction.
        let mut root: Vec<usize> = (0..groups.len()).collect();
        fn find(root: &mut [usize], mut at: usize) -> usize {
            while root[at] != at {
                root[at] = root[root[at]];
                at = root[at];
            }
            at
        }
        let mut is_inside = vec![false; groups.len()];
        for together in &meeting {
            for &group in together {
                is_inside[group] = true;
                let (a, b) = (find(&mut root, together[0]), find(&mut root, group));
                root[a.max(b)] = a.min(b);
            }
        }
        for (group, _) in is_inside.iter().enumerate().filter(|(_, is_inside)| **is_inside) {
            self.cluster[group] = Some(find(&mut root, group));
        }
    }

    /// Pairs of groups whose middles cross each other.
    fn crossing(&self, scenario: &Scenario, groups: &[Group]) -> Vec<Vec<usize>> {
        struct Middle {
            group: usize,
            points: Vec<[f64; 2]>,
            bounds: [f64; 4],
        }
        let mut middles: Vec<Middle> = Vec::new();
        for (group, members) in groups.iter().enumerate() {
            for &member in &members.members {
                let lanelet = &scenario.lanelets[member];
                let both = lanelet.left.points_m.iter().zip(&lanelet.right.points_m);
                let points: Vec<[f64; 2]> = both
                    .map(|(left, right)| [0, 1].map(|axis| 0.5 * (left[axis] + right[axis])))
                    .collect();
                let none = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
                let bounds = points
                    .iter()
                    .fold(none, |[w, s, e, n], &[x, y]| [w.min(x), s.min(y), e.max(x), n.max(y)]);
                middles.push(Middle { group, points, bounds });
            }
        }
        // From west to east, so that only those that overlap in x are compared.
        middles.sort_by(|a, b| a.bounds[0].total_cmp(&b.bounds[0]));
        let mut found = BTreeSet::new();
        for (index, one) in middles.iter().enumerate() {
            for other in middles[index + 1..]
                .iter()
                .take_while(|other| other.bounds[0] <= one.bounds[2])
            {
                let pair = (one.group.min(other.group), one.group.max(other.group));
                let is_linked = self.next[pair.0].contains(&pair.1) || self.next[pair.1].contains(&pair.0);
                if pair.0 == pair.1
                    || is_linked
                    || found.contains(&pair)
                    || one.bounds[1] > other.bounds[3]
                    || other.bounds[1] > one.bounds[3]
                {
                    continue;
                }
                if cross(&one.points, &other.points) {
                    found.insert(pair);
                }
            }
        }
        found.into_iter().map(|(a, b)| vec![a, b]).collect()
    }

    /// The junction a group lies in.
    pub(super) fn junction_of(&self, group: usize) -> Option<String> {
        self.cluster[group].map(|root| format!("junction {root}"))
    }

    /// The only group at an end, if neither lies in a junction and neither has another there.
    fn plain(&self, group: usize, way: Way) -> Option<usize> {
        let (ours, theirs) = match way {
            Way::On => (&self.next, &self.before),
            Way::Back => (&self.before, &self.next),
        };
        let other = *ours[group].first()?;
        let is_plain = ours[group].len() == 1
            && theirs[other].len() == 1
            && self.cluster[group].is_none()
            && self.cluster[other].is_none()
            && other != group;
        // A lane that follows two of the other road's cannot be said by lanes' own links.
        let lanes = match way {
            Way::On => &self.links[&(group, other)],
            Way::Back => &self.links[&(other, group)],
        };
        let (from, to): (BTreeSet<_>, BTreeSet<_>) = lanes.iter().copied().unzip();
        (is_plain && from.len() == lanes.len() && to.len() == lanes.len()).then_some(other)
    }

    /// The lane that follows, or comes before, a lane of a group over a plain link.
    pub(super) fn plain_link(&self, group: usize, rank: usize, way: Way) -> Option<i32> {
        let other = self.plain(group, way)?;
        let lane = |rank: usize| -(rank as i32) - 1;
        match way {
            Way::On => {
                let mut lanes = self.links[&(group, other)].iter();
                lanes.find(|(from, _)| *from == rank).map(|(_, to)| lane(*to))
            }
            Way::Back => {
                let mut lanes = self.links[&(other, group)].iter();
                lanes.find(|(_, to)| *to == rank).map(|(from, _)| lane(*from))
            }
        }
    }

    /// What a road's two ends touch.
    pub(super) fn road_links(&self, group: usize) -> (Option<RoadLink>, Option<RoadLink>) {
        let link = |way: Way| {
            let (others, contact) = match way {
                Way::Back => (&self.before[group], ContactPoint::End),
                Way::On => (&self.next[group], ContactPoint::Start),
            };
            let first = *others.first()?;
            if self.plain(group, way).is_some() || self.cluster[group].is_some() && others.len() == 1 {
                return Some(RoadLink::Road {
                    id: first.to_string(),
                    contact,
                });
            }
            let (from, to) = match way {
                Way::Back => (first, group),
                Way::On => (group, first),
            };
            Some(RoadLink::Junction {
                id: self.joint(from, to),
            })
        };
        (link(Way::Back), link(Way::On))
    }

    /// The junction that says that one group follows another.
    fn joint(&self, from: usize, to: usize) -> String {
        match self.cluster[to].or(self.cluster[from]) {
            Some(root) => format!("junction {root}"),
            None => format!("joint {from}"),
        }
    }

    /// All junctions, those with roads of their own and those that only link.
    pub(super) fn junctions(&self) -> Vec<JunctionDraft> {
        let mut junctions: BTreeMap<String, JunctionDraft> = BTreeMap::new();
        for root in self.cluster.iter().flatten() {
            let id = format!("junction {root}");
            junctions.entry(id.clone()).or_insert_with(|| JunctionDraft {
                id,
                ..JunctionDraft::default()
            });
        }
        for (&(from, to), lanes) in &self.links {
            if self.plain(from, Way::On) == Some(to) {
                continue;
            }
            let id = self.joint(from, to);
            let junction = junctions.entry(id.clone()).or_insert_with(|| JunctionDraft {
                id,
                ..JunctionDraft::default()
            });
            junction.connections.push(ConnectionDraft {
                incoming_road: from.to_string(),
                connecting_road: to.to_string(),
                contact: ContactPoint::Start,
                lane_links: lanes
                    .iter()
                    .map(|&(from, to)| (-(from as i32) - 1, -(to as i32) - 1))
                    .collect(),
            });
        }
        junctions.into_values().collect()
    }
}

/// Whether two lines cross, their ends apart.
fn cross(one: &[[f64; 2]], other: &[[f64; 2]]) -> bool {
    let side = |p: [f64; 2], q: [f64; 2], r: [f64; 2]| (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
    one.windows(2).any(|a| {
        other.windows(2).any(|b| {
            let (s1, s2) = (side(a[0], a[1], b[0]), side(a[0], a[1], b[1]));
            let (s3, s4) = (side(b[0], b[1], a[0]), side(b[0], b[1], a[1]));
            s1 * s2 < 0.0 && s3 * s4 < 0.0
        })
    })
}
