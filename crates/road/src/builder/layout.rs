//! Streets laid out in plan and in height: chained where no junction parts them, rounded, trimmed where they meet.

use super::alignment::{Alignment, normalize_angle, relax};
use super::carriageway::{Carriageway, Frame};
use super::cross_section::{CrossSection, RoadEnd, base_strips};
use super::graph::{NodeId, NodeKind, Street, StreetGraph, StreetId, Style};
use super::profile::{self, Knot};
use crate::draft::{Cubic, LaneKind, RoadClass};
use libm::{cos, fabs, sin, tan};

/// One end of a street.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StreetEnd {
    pub street: usize,
    pub at_end: bool,
}

/// A street's line after smoothing and trimming.
#[derive(Clone, Debug, Default)]
pub(super) struct Laid {
    pub alignment: Alignment,
    pub elevation: Vec<Cubic>,
    /// What was cut off at its beginning: author's distances are less by this.
    pub trimmed_start_m: f64,
}

/// The graph seen from its nodes.
pub(super) struct Layout<'a> {
    pub graph: &'a StreetGraph,
    /// Street ends at each node.
    pub ends: Vec<Vec<StreetEnd>>,
    /// For each street.
    pub laid: Vec<Laid>,
}

/// The largest radius of a rounded corner: beyond it nobody notices a bend.
const RADIUS_M_MAX: f64 = 2500.0;
/// A lean map leaves out spirals that would shift their arc by less (AASHTO, Green Book: the least shift of a spiral).
const TRANSITION_SHIFT_M_MIN: f64 = 0.2;
/// Corners of the author's line are drawn together until a bend of this radius fits at the inner kerb: a bus comes round
/// (its turning circle is 12 m outside by Directive (EU) 97/27, which leaves 5.3 m inside; spirals take some more).
const BEND_M_MIN: f64 = 10.0;
/// Junctions are never planed steeper than this.
const JUNCTION_GRADE_MAX: f64 = 0.025;
/// How far out the arms of a junction are compared.
const OVERLAP_M_MAX: f64 = 70.0;
/// And where lanes part or merge at a small angle.
const MERGE_OVERLAP_M_MAX: f64 = 160.0;
/// An arm may bend back to where another one is, farther out: it is looked at so much beyond.
const RIVAL_AHEAD_M: f64 = 40.0;
/// Grass between a roundabout's ring and the end of an arm.
pub(super) const ROUNDABOUT_APPROACH_M: f64 = 9.0;
/// Width of a ring's lane.
pub(super) const RING_LANE_M: f64 = 4.2;

impl<'a> Layout<'a> {
    pub fn new(graph: &'a StreetGraph) -> Layout<'a> {
        let mut layout = Layout::of(graph);
        let chains = layout.chains();
        let lines: Vec<Alignment> = chains.iter().map(|chain| layout.line(chain)).collect();
        let (mut trims, rooms) = layout.trims(&chains, &lines, |_| true);
        for (trim, room_m) in trims.iter_mut().zip(&rooms) {
            // Something must be left of every street.
            let (most_m, whole_m) = (0.85 * room_m, trim[0] + trim[1]);
            if whole_m > most_m {
                trim[0] *= most_m / whole_m;
                trim[1] *= most_m / whole_m;
            }
        }
        for (chain, line) in chains.iter().zip(&lines) {
            layout.lay(chain, line, &trims);
        }
        layout
    }

    /// Streets between two junctions that leave less than `least_m` of them: all, or those whose line or whose junctions
    /// have changed with the nodes `changed`.
    pub fn cramped(graph: &'a StreetGraph, least_m: f64, changed: Option<&[NodeId]>) -> Vec<StreetId> {
        let layout = Layout::of(graph);
        let chains = layout.chains();
        let everywhere = vec![changed.is_none(); graph.nodes.len()];
        let mut touched = everywhere;
        for node in changed.unwrap_or_default() {
            touched[node.0 as usize] = true;
        }
        // Lines that end at a changed node change the junctions at their other ends; those junctions' other streets end at
        // junctions that have to be known too.
        touched = layout.with_neighbours(&chains, &touched);
        let known = layout.with_neighbours(&chains, &touched);
        let lines: Vec<Alignment> = chains
            .iter()
            .map(|chain| match layout.nodes_of(chain).any(|node| known[node]) {
                true => layout.line(chain),
                false => Alignment::default(),
            })
            .collect();
        let (trims, rooms) = layout.trims(&chains, &lines, |node| known[node]);
        let is_cramped = |&index: &usize| {
            let street = &graph.streets[index];
            let ends = [street.from, street.to].map(|node| node.0 as usize);
            ends.iter().any(|&node| touched[node])
                && ends.iter().all(|&node| layout.is_junction(node))
                && rooms[index] - trims[index][0] - trims[index][1] < least_m
        };
        let indices = (0..graph.streets.len()).filter(is_cramped);
        indices.map(|index| StreetId(index as u32)).collect()
    }

    /// The nodes of a row of streets, some twice.
    fn nodes_of(&self, chain: &'a [(usize, bool)]) -> impl Iterator<Item = usize> + use<'_> {
        chain.iter().flat_map(|&(street, _)| {
            let street = &self.graph.streets[street];
            [street.from.0 as usize, street.to.0 as usize]
        })
    }

    /// These nodes and all that a row of streets joins to one of them.
    fn with_neighbours(&self, chains: &[Vec<(usize, bool)>], nodes: &[bool]) -> Vec<bool> {
        let mut all = nodes.to_vec();
        for chain in chains {
            if self.nodes_of(chain).any(|node| nodes[node]) {
                self.nodes_of(chain).for_each(|node| all[node] = true);
            }
        }
        all
    }

    fn of(graph: &'a StreetGraph) -> Layout<'a> {
        let mut ends = vec![Vec::new(); graph.nodes.len()];
        for (index, street) in graph.streets.iter().enumerate() {
            ends[street.from.0 as usize].push(StreetEnd {
                street: index,
                at_end: false,
            });
            ends[street.to.0 as usize].push(StreetEnd {
                street: index,
                at_end: true,
            });
        }
        Layout {
            graph,
            ends,
            laid: vec![Laid::default(); graph.streets.len()],
        }
    }

    /// Whether the two streets at a node are one line.
    pub fn is_joint(&self, node: usize) -> bool {
        self.graph.nodes[node].kind == NodeKind::Plain
            && self.ends[node].len() == 2
            && self.ends[node][0].street != self.ends[node][1].street
    }

    pub fn node_of(&self, end: StreetEnd) -> usize {
        let street = &self.graph.streets[end.street];
        (if end.at_end { street.to } else { street.from }).0 as usize
    }

    /// The end that continues this one, where no junction parts them.
    pub fn joined(&self, end: StreetEnd) -> Option<StreetEnd> {
        let node = self.node_of(end);
        self.is_joint(node)
            .then(|| self.ends[node].iter().copied().find(|&other| other != end))
            .flatten()
    }

    /// Streets in a row, each with whether it is passed from its end to its beginning.
    fn chains(&self) -> Vec<Vec<(usize, bool)>> {
        let mut used = vec![false; self.graph.streets.len()];
        let mut chains = Vec::new();
        for first in 0..self.graph.streets.len() {
            if used[first] {
                continue;
            }
            // Back to where the row begins; a ring of joints begins where it was found.
            let mut head = StreetEnd {
                street: first,
                at_end: false,
            };
            while let Some(before) = self.joined(head) {
                let next = StreetEnd {
                    street: before.street,
                    at_end: !before.at_end,
                };
                if next.street == first {
                    break;
                }
                head = next;
            }
            let mut chain = Vec::new();
            let mut at = head;
            loop {
                used[at.street] = true;
                chain.push((at.street, at.at_end));
                match self.joined(StreetEnd {
                    street: at.street,
                    at_end: !at.at_end,
                }) {
                    Some(next) if !used[next.street] => at = next,
                    _ => break,
                }
            }
            chains.push(chain);
        }
        chains
    }

    fn street_points(&self, street: usize, is_reversed: bool) -> Vec<([f64; 2], Option<f64>)> {
        let street = &self.graph.streets[street];
        let node = |id: u32| {
            let node = &self.graph.nodes[id as usize];
            ([node.x_m, node.y_m], Some(node.z_m))
        };
        let mut points = vec![node(street.from.0)];
        points.extend(street.shape.iter().map(|point| ([point.x_m, point.y_m], point.z_m)));
        points.push(node(street.to.0));
        if is_reversed {
            points.reverse();
        }
        points
    }

    /// The smoothed line of a chain, from node to node.
    fn line(&self, chain: &[(usize, bool)]) -> Alignment {
        let mut points: Vec<[f64; 2]> = Vec::new();
        let mut half_m: f64 = 0.0;
        for &(street, is_reversed) in chain {
            let own = self.street_points(street, is_reversed);
            points.extend(own.iter().skip(usize::from(!points.is_empty())).map(|point| point.0));
            half_m = half_m.max(half_width_m(&self.graph.streets[street]));
        }
        let shift_m_min = match self.graph.style {
            Style::Fine => 0.0,
            Style::Lean => TRANSITION_SHIFT_M_MIN,
        };
        Alignment::through(&relax(&points, half_m + BEND_M_MIN), RADIUS_M_MAX, shift_m_min)
    }

    /// How much its junctions want to cut off at each end of each street, [beginning, end], and how long it is.
    /// Nodes that are not wanted cut nothing.
    fn trims(
        &self,
        chains: &[Vec<(usize, bool)>],
        lines: &[Alignment],
        is_wanted: impl Fn(usize) -> bool,
    ) -> (Vec<[f64; 2]>, Vec<f64>) {
        let mut trims = vec![[0.0_f64; 2]; self.graph.streets.len()];
        let mut room = vec![0.0_f64; self.graph.streets.len()];
        // Every street end's own line, outwards from its node.
        let mut outward: Vec<[Option<Alignment>; 2]> = vec![[None, None]; self.graph.streets.len()];
        for (chain, line) in chains.iter().zip(lines) {
            let (first, last) = (chain[0], chain[chain.len() - 1]);
            outward[first.0][usize::from(first.1)] = Some(line.clone());
            outward[last.0][usize::from(!last.1)] = Some(line.reversed());
            for &(street, _) in chain {
                let points = self.street_points(street, false);
                let along: f64 = points
                    .windows(2)
                    .map(|p| libm::hypot(p[1].0[0] - p[0].0[0], p[1].0[1] - p[0].0[1]))
                    .sum();
                room[street] = if chain.len() == 1 { line.length_m() } else { along };
            }
        }
        for (node, ends) in self.ends.iter().enumerate() {
            if !self.is_junction(node) || !is_wanted(node) {
                continue;
            }
            let reach_m = self.overlap_m_max(node) + RIVAL_AHEAD_M;
            let arms: Vec<Carriageway<'_>> = ends
                .iter()
                .filter_map(|&end| {
                    let line = outward[end.street][usize::from(end.at_end)].as_ref()?;
                    Some(Carriageway::new(end, line, self.arm_width_m(end), reach_m))
                })
                .collect();
            for (index, arm) in arms.iter().enumerate() {
                let (end, line) = (arm.end, arm.line);
                let mut trim_m: f64 = 2.0;
                // Its frames outwards, as far as they have been asked for: every rival is held against the same ones.
                let mut frames = Vec::new();
                for (other_index, rival) in arms.iter().enumerate() {
                    if other_index != index {
                        trim_m = trim_m.max(self.overlap_m(node, arm, rival, &mut frames));
                    }
                }
                let spec = &self.graph.nodes[node];
                if let NodeKind::Roundabout { radius_m, lanes } = spec.kind {
                    let clear_m = radius_m + 0.5 * f64::from(lanes) * RING_LANE_M + ROUNDABOUT_APPROACH_M;
                    let mut s_m = radius_m;
                    while s_m < line.length_m() && {
                        let pose = line.pose(s_m);
                        libm::hypot(pose.x_m - spec.x_m, pose.y_m - spec.y_m) < clear_m
                    } {
                        s_m += 0.5;
                    }
                    trim_m = trim_m.max(s_m);
                }
                trims[end.street][usize::from(end.at_end)] = trim_m;
            }
        }
        (trims, room)
    }

    /// Whether a junction is made at a node.
    pub fn is_junction(&self, node: usize) -> bool {
        match self.ends[node].len() {
            0 | 1 => false,
            2 => !self.is_joint(node),
            _ => true,
        }
    }

    /// How far out the arms of a junction are compared.
    fn overlap_m_max(&self, node: usize) -> f64 {
        match self.graph.nodes[node].kind {
            NodeKind::Merge => MERGE_OVERLAP_M_MAX,
            _ => OVERLAP_M_MAX,
        }
    }

    /// How far out an arm still lies in the way of another one, with room for the corner between them.
    fn overlap_m(&self, node: usize, arm: &Carriageway<'_>, rival: &Carriageway<'_>, frames: &mut Vec<Frame>) -> f64 {
        const STEP_M: f64 = 0.5;
        let is_merge = self.graph.nodes[node].kind == NodeKind::Merge;
        let limit_m = self.overlap_m_max(node).min(0.6 * arm.line.length_m());
        let between_rad = fabs(normalize_angle(arm.bearing_rad - rival.bearing_rad));
        let surface = rival.surface((limit_m + RIVAL_AHEAD_M).min(rival.line.length_m()));
        let mut last_m = 0.0;
        for step in 0.. {
            let s_m = f64::from(step) * STEP_M;
            if s_m >= limit_m {
                break;
            }
            let here = match frames.get(step as usize) {
                Some(&known) => known,
                None => {
                    frames.push(Frame::at(arm.line.pose(s_m)));
                    frames[step as usize]
                }
            };
            let touches = [arm.left_m, 0.5 * arm.left_m, 0.0, -0.5 * arm.right_m, -arm.right_m]
                .into_iter()
                .any(|t_m| surface.holds(here.left(t_m)));
            if touches {
                last_m = s_m;
            } else if s_m - last_m > 6.0 {
                break;
            }
        }
        let class = self.graph.streets[arm.end.street]
            .class
            .min(self.graph.streets[rival.end.street].class);
        let corner_m = match class {
            RoadClass::Arterial | RoadClass::Expressway | RoadClass::Motorway => 12.0,
            RoadClass::Collector | RoadClass::Town | RoadClass::Rural => 9.0,
            _ => 7.0,
        };
        let margin_m = if is_merge {
            // As far again as the lanes need to part: then one even bend leads from lane to ramp.
            last_m
        } else if between_rad < 2.6 {
            (corner_m * tan(0.5 * (std::f64::consts::PI - between_rad))).clamp(0.0, 1.1 * corner_m)
        } else {
            0.0
        };
        last_m + margin_m
    }

    /// Width of an arm's carriageway to both sides of its line, looking outwards from the node: left, right.
    fn arm_width_m(&self, end: StreetEnd) -> (f64, f64) {
        let street = &self.graph.streets[end.street];
        let kind = self.graph.nodes[self.node_of(end)].kind;
        let road_end = if kind == NodeKind::Merge {
            RoadEnd::Merge
        } else {
            RoadEnd::Junction
        };
        let other = RoadEnd::Fringe;
        let (start, finish) = if end.at_end {
            (&other, &road_end)
        } else {
            (&road_end, &other)
        };
        let section = CrossSection::new(street, 1000.0, start, finish, &[]);
        let s_m = if end.at_end { 1000.0 } else { 0.0 };
        let (left_m, right_m) = (section.kerb_m(false, s_m), section.kerb_m(true, s_m));
        if end.at_end {
            (right_m, left_m)
        } else {
            (left_m, right_m)
        }
    }

    /// The plane of a junction's surface: grades east and north, fitted to its arms.
    fn plane(&self, node: usize) -> [f64; 2] {
        if matches!(self.graph.nodes[node].kind, NodeKind::Roundabout { .. }) || self.ends[node].len() < 2 {
            return [0.0, 0.0];
        }
        // Least squares with a little weight on level ground, so that two opposite arms leave nothing undetermined.
        let (mut xx, mut xy, mut yy, mut xm, mut ym) = (0.3, 0.0, 0.3, 0.0, 0.0);
        for &end in &self.ends[node] {
            let points = self.street_points(end.street, end.at_end);
            let mut along_m = 0.0;
            for pair in points.windows(2) {
                along_m += libm::hypot(pair[1].0[0] - pair[0].0[0], pair[1].0[1] - pair[0].0[1]);
                if let (Some(z_m), Some(z0_m)) = (pair[1].1, points[0].1)
                    && along_m > 5.0
                {
                    let bearing = libm::atan2(points[1].0[1] - points[0].0[1], points[1].0[0] - points[0].0[0]);
                    let (x, y) = (cos(bearing), sin(bearing));
                    let grade = ((z_m - z0_m) / along_m).clamp(-0.06, 0.06);
                    xx += x * x;
                    xy += x * y;
                    yy += y * y;
                    xm += x * grade;
                    ym += y * grade;
                    break;
                }
            }
        }
        let determinant = xx * yy - xy * xy;
        let (east, north) = ((xm * yy - ym * xy) / determinant, (ym * xx - xm * xy) / determinant);
        let steep = libm::hypot(east, north);
        let scale = if steep > JUNCTION_GRADE_MAX {
            JUNCTION_GRADE_MAX / steep
        } else {
            1.0
        };
        [east * scale, north * scale]
    }

    /// Cuts a chain's line into its streets, with heights.
    fn lay(&mut self, chain: &[(usize, bool)], line: &Alignment, trims: &[[f64; 2]]) {
        let length_m = line.length_m();
        let trim_of = |&(street, is_reversed): &(usize, bool), at_chain_end: bool| {
            trims[street][usize::from(is_reversed != at_chain_end)]
        };
        let (first, last) = (&chain[0], &chain[chain.len() - 1]);
        // Rounding corners shortens a line: what is trimmed must still leave some of it.
        let trimmed_m = (trim_of(first, false) + trim_of(last, true)).max(1e-9);
        let scale = (0.85 * length_m / trimmed_m).min(1.0);
        let (begin_m, finish_m) = (scale * trim_of(first, false), length_m - scale * trim_of(last, true));
        // Where the streets part, and every known height.
        let mut cuts = vec![0.0];
        let mut knots: Vec<Knot> = Vec::new();
        let mut s_m: f64 = 0.0;
        let stations = line.stations();
        for (index, &(street, is_reversed)) in chain.iter().enumerate() {
            let points = self.street_points(street, is_reversed);
            let count = points.len();
            for (at, (point, z_m)) in points.into_iter().enumerate() {
                let is_chain_end = (index == 0 && at == 0) || (index + 1 == chain.len() && at + 1 == count);
                if is_chain_end || (at == 0 && index > 0) {
                    continue;
                }
                s_m = line.nearest_s_m(&stations, point[0], point[1], s_m);
                if let Some(z_m) = z_m
                    && s_m > begin_m + 8.0
                    && s_m < finish_m - 8.0
                {
                    knots.push(Knot { s_m, z_m, grade: None });
                }
                if at + 1 == count {
                    cuts.push(s_m);
                }
            }
        }
        cuts.push(length_m);
        let count = cuts.len();
        cuts[0] = begin_m;
        cuts[count - 1] = finish_m;
        // A joint next to a trimmed end keeps a little road on both sides.
        let least_m = (0.5 * (finish_m - begin_m) / (count - 1) as f64).min(1.0);
        for at in 1..count - 1 {
            let before = cuts[at - 1];
            cuts[at] = cuts[at].max(before + least_m);
        }
        for at in (1..count - 1).rev() {
            let after = cuts[at + 1];
            cuts[at] = cuts[at].min(after - least_m);
        }
        let edge = |s_m: f64, end: StreetEnd| {
            let node = self.node_of(end);
            let spec = &self.graph.nodes[node];
            if !self.is_junction(node) {
                return Knot {
                    s_m,
                    z_m: spec.z_m,
                    grade: None,
                };
            }
            let plane = self.plane(node);
            let pose = line.pose(s_m);
            Knot {
                s_m,
                z_m: spec.z_m + plane[0] * (pose.x_m - spec.x_m) + plane[1] * (pose.y_m - spec.y_m),
                grade: Some(plane[0] * cos(pose.heading_rad) + plane[1] * sin(pose.heading_rad)),
            }
        };
        knots.insert(
            0,
            edge(
                begin_m,
                StreetEnd {
                    street: first.0,
                    at_end: first.1,
                },
            ),
        );
        knots.push(edge(
            finish_m,
            StreetEnd {
                street: last.0,
                at_end: !last.1,
            },
        ));
        let heights = profile::through(&knots);
        for (index, &(street, is_reversed)) in chain.iter().enumerate() {
            let (from_m, to_m) = (cuts[index], cuts[index + 1]);
            let mut alignment = line.slice(from_m, to_m);
            let mut elevation = profile::slice(&heights, from_m, to_m);
            if is_reversed {
                elevation = profile::reversed(&elevation, alignment.length_m());
                alignment = alignment.reversed();
            }
            let begin_trim_m = if is_reversed {
                if index + 1 == chain.len() {
                    length_m - finish_m
                } else {
                    0.0
                }
            } else if index == 0 {
                begin_m
            } else {
                0.0
            };
            self.laid[street] = Laid {
                alignment,
                elevation,
                trimmed_start_m: begin_trim_m,
            };
        }
    }
}

/// Half of the wider side of a street, in which its line must not bend more tightly.
fn half_width_m(street: &Street) -> f64 {
    let side = |is_right| {
        base_strips(street, is_right)
            .iter()
            .filter(|lane| lane.kind != LaneKind::Sidewalk)
            .map(|lane| lane.width_m)
            .sum::<f64>()
    };
    if super::cross_section::is_one_way(street) {
        0.5 * side(true)
    } else {
        side(true).max(side(false))
    }
}
