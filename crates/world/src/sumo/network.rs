//! A network as netconvert writes it: lanes, links from lane to lane, right of way, signals.
//!
//! In goes a `.net.xml`; out comes a [`StreetNetwork`] of arrays that name one another by index. Lanes of an edge lie
//! next to each other, from the outside in; ways through junctions are lanes of internal edges. It knows no vehicle.
//!
//! A junction's `request` table says, by link, whom it gives way to (`response`) and whose way it crosses (`foes`); a
//! link that may wait inside the junction (`cont`) gives way at its second part. Source: Eclipse SUMO's documentation,
//! "Networks/SUMO Road Networks", sections "Plain Connections", "Requests", "Internal Junctions".

use super::class::{Permissions, VehicleClass};
use super::conflict::{self, Conflict};
use super::document::{Document, Node, SourceFile, clipped, elements, parse_number};
use super::joint::{self, Joint, JointLane};
use crate::WorldError;
use std::collections::BTreeMap;
use std::ops::Range;

/// No such lane, link, light or edge.
pub const NONE: u32 = u32::MAX;

/// Lanes of a street, at most; the widest streets have half as many.
pub(crate) const LANES_MAX: usize = 32;

/// A whole network.
#[derive(Clone, Debug)]
pub struct StreetNetwork {
    /// Streets and, after them or between them, ways through junctions.
    pub edges: Vec<Edge>,
    /// Lanes, edge by edge.
    pub lanes: Vec<Lane>,
    /// Links, lane by lane.
    pub links: Vec<Link>,
    /// Links to which a link gives way: see [`Link::yields_to`].
    pub yields: Vec<u32>,
    /// Where internal lanes meet others: see [`Lane::conflicts`].
    pub conflicts: Vec<Conflict>,
    /// Lanes from which a lane is reached: see [`Lane::incoming`].
    pub incoming: Vec<u32>,
    /// Streets that follow streets: see [`Edge::joints`].
    pub joints: Vec<Joint>,
    pub(super) joint_lanes: Vec<JointLane>,
    /// Signal programmes.
    pub lights: Vec<Light>,
    /// Name of each lane.
    pub lane_names: Vec<String>,
    edge_index: BTreeMap<String, u32>,
    lane_index: BTreeMap<String, u32>,
}

/// A street in one direction, or a way through a junction.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Its name.
    pub id: String,
    /// Index of its outermost lane.
    pub first_lane: u32,
    /// How many lanes it has.
    pub lane_count: u32,
    /// It lies inside a junction.
    pub is_internal: bool,
    /// Its junction, where it is internal; the one at its end otherwise.
    pub junction: u32,
    /// It is part of a roundabout.
    pub is_roundabout: bool,
    /// The streets that follow it, in [`StreetNetwork::joints`]; none inside junctions.
    pub joints: Range<u32>,
}

/// A lane: a line of a processor's cache.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Lane {
    /// Its edge.
    pub edge: u32,
    /// Length as the file says it, metres.
    pub length_m: f64,
    /// Speed limit.
    pub speed_mps: f64,
    /// It lies inside a junction.
    pub is_internal: bool,
    /// The links that leave it, in [`StreetNetwork::links`].
    pub links: Range<u32>,
    /// Where it meets other lanes, in [`StreetNetwork::conflicts`]; only inside junctions.
    pub conflicts: Range<u32>,
    /// The lanes from which it is reached, in [`StreetNetwork::incoming`].
    pub incoming: Range<u32>,
    pub(super) permissions: Permissions,
}

/// A way from one lane to the next: a line of a processor's cache.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Link {
    /// Where it begins.
    pub from: u32,
    /// The lane that follows: inside the junction, or the next street's.
    pub next: u32,
    /// The next street's lane.
    pub to: u32,
    /// Its light in [`StreetNetwork::lights`], or [`NONE`].
    pub light: u32,
    /// Its letter in the light's states.
    pub light_index: u32,
    /// SUMO's letter: `M` goes first, `m` gives way, `s` stops, `w` stops all ways, `=` right before left, `Z` merges.
    pub state: u8,
    /// Who enters may wait inside the junction, and gives way there.
    pub is_cont: bool,
    /// Nobody may enter who cannot leave.
    pub keeps_clear: bool,
    /// Another link gives way to it, or looks for it.
    pub is_watched: bool,
    /// It leads from inside the junction.
    pub is_inside: bool,
    /// The link at which its way enters the junction (itself, if it does not begin inside).
    pub entry: u32,
    /// From how far its driver sees everyone to whom it gives way, metres.
    pub visibility_m: f64,
    /// Metres from the stop line to the next street, along its lanes inside.
    pub length_m: f64,
    /// The links to which it gives way, in [`StreetNetwork::yields`].
    pub yields_to: Range<u32>,
}

/// A signal programme.
#[derive(Clone, Debug, PartialEq)]
pub struct Light {
    /// Name of the light.
    pub id: String,
    /// Seconds by which it starts later.
    pub offset_s: f64,
    /// What it shows, one after another.
    pub steps: Vec<LightStep>,
    /// It follows demand within each step's limits.
    pub is_actuated: bool,
}

/// One step of a programme.
#[derive(Clone, Debug, PartialEq)]
pub struct LightStep {
    /// How long, if nothing prolongs it.
    pub duration_s: f64,
    /// Actuated: at least.
    pub duration_s_min: f64,
    /// Actuated: at most.
    pub duration_s_max: f64,
    /// A letter for each link: `G`, `g`, `y`, `r`, and SUMO's others.
    pub state: Vec<u8>,
}

impl StreetNetwork {
    /// The links that lead to a lane inside a junction.
    pub(crate) fn links_into(&self, lane: u32) -> impl Iterator<Item = u32> {
        let incoming = self.lanes[lane as usize].incoming.clone();
        let from = &self.incoming[incoming.start as usize..incoming.end as usize];
        let links = from.iter().flat_map(|&from| self.lanes[from as usize].links.clone());
        links.filter(move |&link| self.links[link as usize].next == lane)
    }

    /// Whether two lanes inside a junction cross or meet.
    pub(crate) fn meets(&self, lane: u32, other: u32) -> bool {
        self.conflicts_of(lane).iter().any(|conflict| conflict.other == other)
    }

    /// Where a lane inside a junction meets others.
    pub(crate) fn conflicts_of(&self, lane: u32) -> &[Conflict] {
        let conflicts = &self.lanes[lane as usize].conflicts;
        &self.conflicts[conflicts.start as usize..conflicts.end as usize]
    }

    /// Reads a network.
    pub fn read(source: &SourceFile) -> Result<StreetNetwork, WorldError> {
        let document = Document::parse(source, &["net"]).map_err(WorldError::Demand)?;
        let network = Reader::new(&document).read();
        document.finish().map_err(WorldError::Demand)?;
        Ok(network)
    }

    /// The edge of this name.
    pub fn edge_named(&self, id: &str) -> Option<u32> {
        self.edge_index.get(id).copied()
    }

    /// The lane of this name.
    pub fn lane_named(&self, id: &str) -> Option<u32> {
        self.lane_index.get(id).copied()
    }

    /// A street whose name is nearest to `id`, for a hint.
    pub fn edge_like(&self, id: &str) -> Option<&str> {
        let id: String = id.chars().take(64).collect();
        let streets = self.edges.iter().filter(|edge| !edge.is_internal);
        streets
            .map(|edge| (distance(&edge.id, &id), edge.id.as_str()))
            .filter(|&(steps, _)| steps <= 2)
            .min()
            .map(|(_, id)| id)
    }

    /// Lanes of an edge.
    pub fn lanes_of(&self, edge: u32) -> Range<usize> {
        let edge = &self.edges[edge as usize];
        edge.first_lane as usize..(edge.first_lane + edge.lane_count) as usize
    }

    /// Whether `class` may use a lane.
    pub fn allows(&self, lane: usize, class: VehicleClass) -> bool {
        self.lanes[lane].permissions.allow(class)
    }

    /// Puts programmes in the place of those of the same name, as SUMO does with what it loads later.
    pub(super) fn set_light(&mut self, light: Light) -> bool {
        let place = self.lights.iter_mut().find(|known| known.id == light.id);
        match place {
            Some(place) => {
                *place = light;
                true
            }
            None => false,
        }
    }

    /// Heads that a light needs: one more than the largest index of its links.
    pub(super) fn heads_of(&self, id: &str) -> Option<usize> {
        let light = self.lights.iter().position(|light| light.id == id)? as u32;
        let heads = self.links.iter().filter(|link| link.light == light);
        Some(heads.map(|link| link.light_index as usize + 1).max().unwrap_or(0))
    }

    /// Bytes it takes.
    pub fn memory_bytes(&self) -> usize {
        let names = |id: &String| 3 * id.len() + 96;
        self.edges
            .iter()
            .map(|edge| size_of::<Edge>() + names(&edge.id))
            .sum::<usize>()
            + self
                .lanes
                .iter()
                .zip(&self.lane_names)
                .map(|(_, name)| size_of::<Lane>() + names(name))
                .sum::<usize>()
            + self.links.len() * size_of::<Link>()
            + self.yields.len() * 4
            + self.conflicts.len() * size_of::<Conflict>()
            + self.joints.len() * size_of::<Joint>()
            + self.joint_lanes.len() * size_of::<JointLane>()
    }
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(letter != *other))
                .min(above + 1)
                .min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

/// Reads a `tlLogic`, of networks and of additional files.
pub(super) fn light<'i>(document: &Document<'i>, node: Node<'_, 'i>) -> Light {
    let mut steps = Vec::new();
    for phase in elements(node).filter(|child| child.has_tag_name("phase")) {
        let duration_s = document.seconds(phase, "duration").unwrap_or(0.0);
        if duration_s <= 0.0 {
            document.error(phase, "a phase has no duration above 0", "write duration=\"seconds\"");
        }
        let state = document.text(phase, "state").as_bytes().to_vec();
        if let Some(&letter) = state.iter().find(|&letter| !b"rRyYgGuUoOs".contains(letter)) {
            document.error(
                phase,
                &format!("`{}` is no signal, expected one of r y g G u o O s", char::from(letter)),
                "write a letter for each link",
            );
        }
        steps.push(LightStep {
            duration_s,
            duration_s_min: document.seconds(phase, "minDur").unwrap_or(duration_s),
            duration_s_max: document.seconds(phase, "maxDur").unwrap_or(duration_s),
            state,
        });
    }
    if steps.is_empty() {
        document.error(
            node,
            "a tlLogic has no phase",
            "add <phase duration=\"…\" state=\"…\"/>",
        );
    }
    Light {
        id: document.text(node, "id").to_owned(),
        offset_s: document.seconds(node, "offset").unwrap_or(0.0),
        steps,
        is_actuated: matches!(node.attribute("type"), Some("actuated" | "delay_based")),
    }
}

struct Reader<'d, 'i> {
    document: &'d Document<'i>,
    network: StreetNetwork,
    /// Middle line of each lane.
    shapes: Vec<Vec<[f64; 2]>>,
    junctions: BTreeMap<&'d str, u32>,
    lights: BTreeMap<&'d str, u32>,
}

/// A lane of this length or less would be passed by several in a step.
const LENGTH_M_MIN: f64 = 0.01;
/// From so far a driver sees crossing streets, if a connection says nothing.
const VISIBILITY_M: f64 = 4.5;

impl<'d, 'i> Reader<'d, 'i> {
    fn new(document: &'d Document<'i>) -> Reader<'d, 'i> {
        Reader {
            document,
            network: StreetNetwork {
                edges: Vec::new(),
                lanes: Vec::new(),
                links: Vec::new(),
                yields: Vec::new(),
                conflicts: Vec::new(),
                incoming: Vec::new(),
                joints: Vec::new(),
                joint_lanes: Vec::new(),
                lights: Vec::new(),
                lane_names: Vec::new(),
                edge_index: BTreeMap::new(),
                lane_index: BTreeMap::new(),
            },
            shapes: Vec::new(),
            junctions: BTreeMap::new(),
            lights: BTreeMap::new(),
        }
    }

    fn read(mut self) -> StreetNetwork {
        let root = self.document.root();
        for node in elements(root).filter(|node| node.has_tag_name("junction")) {
            let next = self.junctions.len() as u32;
            self.junctions.insert(node.attribute("id").unwrap_or(""), next);
        }
        for node in elements(root) {
            match node.tag_name().name() {
                "edge" => self.edge(node),
                "tlLogic" => {
                    let id = self.document.text(node, "id");
                    let light = light(self.document, node);
                    match self.lights.get(id) {
                        Some(&known) => self.network.lights[known as usize] = light,
                        None => {
                            self.lights.insert(id, self.network.lights.len() as u32);
                            self.network.lights.push(light);
                        }
                    }
                }
                _ => {}
            }
        }
        if self.network.edges.iter().all(|edge| edge.is_internal) {
            self.document
                .error(root, "the network has no edge", "a network needs at least one street");
        }
        self.links();
        if let Some(edge) = joint::find(&mut self.network) {
            let message = format!(
                "more streets follow edge `{}` than can be counted",
                self.network.edges[edge as usize].id
            );
            self.document.error(root, &message, "split the junction at its end");
        }
        for node in elements(root) {
            match node.tag_name().name() {
                "junction" if node.attribute("type") != Some("internal") => self.right_of_way(node),
                "roundabout" => {
                    for id in node.attribute("edges").unwrap_or("").split_whitespace() {
                        if let Some(&edge) = self.network.edge_index.get(id) {
                            self.network.edges[edge as usize].is_roundabout = true;
                        }
                    }
                }
                _ => {}
            }
        }
        self.network
    }

    fn edge(&mut self, node: Node<'d, 'i>) {
        let function = node.attribute("function").unwrap_or("normal");
        if matches!(function, "crossing" | "walkingarea") {
            return;
        }
        let document = self.document;
        let id = document.text(node, "id");
        let is_internal = function == "internal";
        let junction = match is_internal {
            true => id
                .trim_start_matches(':')
                .rsplit_once('_')
                .map_or("", |(junction, _)| junction),
            false => node.attribute("to").unwrap_or(""),
        };
        let edge = self.network.edges.len() as u32;
        let first_lane = self.network.lanes.len() as u32;
        for lane in elements(node).filter(|child| child.has_tag_name("lane")) {
            self.lane(lane, edge, is_internal);
        }
        let lane_count = self.network.lanes.len() as u32 - first_lane;
        if lane_count == 0 {
            document.error(node, &format!("edge `{}` has no lane", clipped(id)), "add a <lane>");
        }
        if lane_count > LANES_MAX as u32 {
            document.error(
                node,
                &format!(
                    "edge `{}` has {lane_count} lanes, expected {LANES_MAX} at most",
                    clipped(id)
                ),
                "split the edge",
            );
        }
        if self.network.edge_index.insert(id.to_owned(), edge).is_some() {
            document.error(
                node,
                &format!("there is more than one edge `{}`", clipped(id)),
                "give each an id of its own",
            );
        }
        self.network.edges.push(Edge {
            id: id.to_owned(),
            first_lane,
            lane_count,
            is_internal,
            junction: self.junctions.get(junction).copied().unwrap_or(NONE),
            is_roundabout: false,
            joints: 0..0,
        });
    }

    fn lane(&mut self, node: Node<'d, 'i>, edge: u32, is_internal: bool) {
        let document = self.document;
        let id = document.text(node, "id");
        let length_m = document.number_from(node, "length", 0.0);
        let speed_mps = document.number_from(node, "speed", 0.0);
        if length_m.is_none() || speed_mps.is_none() {
            document.error(
                node,
                &format!("lane `{}` has no length or no speed", clipped(id)),
                "write length=\"metres\" speed=\"metres a second\"",
            );
        }
        let permissions = Permissions::of(node.attribute("allow"), node.attribute("disallow")).unwrap_or_else(|name| {
            document.error(
                node,
                &format!("`{}` is no vehicle class", clipped(name)),
                "write SUMO's names, such as passenger or bus",
            );
            Permissions::ALL
        });
        let mut shape = Vec::new();
        for point in document.text(node, "shape").split_whitespace() {
            let numbers: Option<Vec<f64>> = point.split(',').map(parse_number).collect();
            match numbers.as_deref() {
                Some([x, y] | [x, y, _]) => shape.push([*x, *y]),
                _ => {
                    document.error(
                        node,
                        &format!("`{}` is no point", clipped(point)),
                        "write x,y in metres",
                    );
                    break;
                }
            }
        }
        let index = self.network.lanes.len() as u32;
        if self.network.lane_index.insert(id.to_owned(), index).is_some() {
            document.error(
                node,
                &format!("there is more than one lane `{}`", clipped(id)),
                "give each an id of its own",
            );
        }
        self.shapes.push(shape);
        self.network.lane_names.push(id.to_owned());
        self.network.lanes.push(Lane {
            edge,
            length_m: length_m.unwrap_or(1.0).max(LENGTH_M_MIN),
            speed_mps: speed_mps.unwrap_or(1.0).max(0.1),
            is_internal,
            links: 0..0,
            conflicts: 0..0,
            incoming: 0..0,
            permissions,
        });
    }

    /// Lane of an edge by their names in a connection.
    fn lane_of(&self, node: Node, edge: &str, number: &str) -> Option<u32> {
        let document = self.document;
        let name = node.attribute(edge).unwrap_or("");
        let found = self
            .network
            .edge_index
            .get(name)
            .map(|&edge| self.network.lanes_of(edge));
        let index = node.attribute(number).and_then(|text| text.parse::<usize>().ok());
        match (found, index) {
            (Some(lanes), Some(index)) if index < lanes.len() => Some((lanes.start + index) as u32),
            (None, _) => {
                document.error(
                    node,
                    &format!(
                        "a connection names edge `{}`, which the network does not have",
                        clipped(name)
                    ),
                    "name an edge of this file",
                );
                None
            }
            _ => {
                document.error(
                    node,
                    &format!("`{number}` of a connection is no lane of edge `{}`", clipped(name)),
                    "count lanes from 0 at the right edge",
                );
                None
            }
        }
    }

    /// Connections become links, sorted by the lane they leave.
    fn links(&mut self) {
        let document = self.document;
        let mut links = Vec::new();
        for node in elements(document.root()).filter(|node| node.has_tag_name("connection")) {
            // Ways of people on foot are no lanes of ours.
            let on_foot = |attribute| {
                let name = node.attribute(attribute).unwrap_or("");
                name.starts_with(':') && !self.network.edge_index.contains_key(name)
            };
            if on_foot("from") || on_foot("to") {
                continue;
            }
            let (Some(from), Some(to)) = (
                self.lane_of(node, "from", "fromLane"),
                self.lane_of(node, "to", "toLane"),
            ) else {
                continue;
            };
            let via = node.attribute("via").and_then(|id| self.network.lane_named(id));
            let light = node
                .attribute("tl")
                .map_or(NONE, |id| self.lights.get(id).copied().unwrap_or(NONE));
            links.push(Link {
                from,
                next: via.unwrap_or(to),
                to,
                light,
                light_index: node
                    .attribute("linkIndex")
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(0),
                state: node
                    .attribute("state")
                    .and_then(|text| text.bytes().next())
                    .unwrap_or(b'M'),
                is_cont: false,
                keeps_clear: node.attribute("keepClear") != Some("0") && node.attribute("keepClear") != Some("false"),
                is_watched: false,
                is_inside: self.network.lanes[from as usize].is_internal,
                entry: NONE,
                visibility_m: document.number(node, "visibility").unwrap_or(VISIBILITY_M),
                length_m: 0.0,
                yields_to: 0..0,
            });
        }
        links.sort_by_key(|link| link.from);
        let network = &mut self.network;
        network.links = links;
        let mut at = 0;
        for (index, lane) in network.lanes.iter_mut().enumerate() {
            let start = at;
            while network.links.get(at).is_some_and(|link| link.from as usize == index) {
                at += 1;
            }
            lane.links = start as u32..at as u32;
        }
        let mut into: Vec<(u32, u32)> = network.links.iter().map(|link| (link.next, link.from)).collect();
        into.sort_unstable();
        into.dedup();
        network.incoming = into.iter().map(|&(_, from)| from).collect();
        let mut at = 0;
        for (index, lane) in network.lanes.iter_mut().enumerate() {
            let start = at;
            while into.get(at).is_some_and(|&(to, _)| to as usize == index) {
                at += 1;
            }
            lane.incoming = start as u32..at as u32;
        }
        for index in 0..network.links.len() {
            if network.links[index].is_inside {
                continue;
            }
            // Follow the way through the junction.
            let (mut link, mut length_m, mut steps) = (index, 0.0, 0);
            loop {
                network.links[link].entry = index as u32;
                let lane = network.links[link].next as usize;
                if !network.lanes[lane].is_internal || steps > 4 {
                    break;
                }
                length_m += network.lanes[lane].length_m;
                let onward = network.lanes[lane].links.start as usize;
                if network.lanes[lane].links.is_empty() {
                    break;
                }
                if network.lanes[network.links[onward].next as usize].is_internal && steps == 0 {
                    network.links[index].is_cont = true;
                }
                link = onward;
                steps += 1;
            }
            network.links[index].length_m = length_m;
        }
        for link in 0..network.links.len() {
            if network.links[link].entry == NONE {
                network.links[link].entry = link as u32;
            }
            if network.links[link].is_inside {
                let next = network.links[link].next as usize;
                if network.lanes[next].is_internal {
                    network.links[link].length_m = network.lanes[next].length_m;
                }
            }
        }
    }

    /// A junction's request table becomes lists of links and places of conflict.
    fn right_of_way(&mut self, node: Node<'d, 'i>) {
        let mut entries: Vec<u32> = Vec::new();
        for id in node.attribute("incLanes").unwrap_or("").split_whitespace() {
            if let Some(lane) = self.network.lane_named(id) {
                entries.extend(self.network.lanes[lane as usize].links.clone());
            }
        }
        let mut foes: Vec<(usize, usize)> = Vec::new();
        for request in elements(node).filter(|child| child.has_tag_name("request")) {
            let index = request.attribute("index").and_then(|text| text.parse::<usize>().ok());
            let Some(index) = index.filter(|&index| index < entries.len()) else {
                continue;
            };
            let bits = |attribute| {
                let text: &str = request.attribute(attribute).unwrap_or("");
                text.bytes()
                    .rev()
                    .enumerate()
                    .filter(|&(_, letter)| letter == b'1')
                    .map(|(bit, _)| bit)
            };
            let start = self.network.yields.len() as u32;
            for bit in bits("response").filter(|&bit| bit < entries.len()) {
                let foe = part(&self.network, entries[bit]);
                self.network.yields.push(foe);
                self.network.links[foe as usize].is_watched = true;
            }
            let range = start..self.network.yields.len() as u32;
            foes.extend(bits("foes").filter(|&bit| bit < entries.len()).map(|bit| (index, bit)));
            let entry = entries[index] as usize;
            self.network.links[entry].yields_to = range.clone();
            if self.network.links[entry].is_cont {
                let waiting = self.network.lanes[self.network.links[entry].next as usize].links.start as usize;
                let link = &mut self.network.links[waiting];
                link.yields_to = range;
            }
        }
        conflict::find(&mut self.network, &self.shapes, &entries, &foes);
    }
}

/// Where others look for who goes a way: at its entry, or inside where it waits there.
fn part(network: &StreetNetwork, entry: u32) -> u32 {
    let link = &network.links[entry as usize];
    match link.is_cont {
        true => network.lanes[link.next as usize].links.start,
        false => entry,
    }
}
