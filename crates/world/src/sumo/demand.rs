//! Demand: who travels when, by which way, in what kind of vehicle.
//!
//! In go route and additional files and the network that they are about; out comes a [`SumoDemand`] with every
//! vehicle of the files, flows told apart into vehicles, in the order of departure. It draws no luck but that of flows
//! with a probability; a type drawn from a distribution is drawn when the vehicle is made.
//!
//! Everything is checked against the network: edges exist and follow one another, stops lie on the way.
//! Source: Eclipse SUMO's documentation, "Definition of Vehicles, Vehicle Types, and Routes".

use super::class::VehicleClass;
use super::document::{Document, Node, SourceFile, clipped, elements};
use super::kind::VehicleKind;
use super::network::{self, NONE, StreetNetwork};
use crate::WorldError;
use record::Seed;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// All demand of some files.
#[derive(Clone, Debug, Default)]
pub struct SumoDemand {
    /// Types.
    pub kinds: Vec<VehicleKind>,
    /// What a vehicle's `type` may mean: types with weights, which add up to 1.
    pub choices: Vec<Vec<(u32, f64)>>,
    /// Ways through the network; each once.
    pub routes: Vec<Route>,
    /// Everyone, by time of departure and then as the files have it.
    pub departures: Vec<Departure>,
    /// Stops of lines.
    pub bus_stops: Vec<BusStop>,
    /// What was read and has no meaning here, a line for each kind of thing.
    pub notes: Vec<String>,
}

/// A way through the network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// Edges, from first to last.
    pub edges: Vec<u32>,
    /// Halts on the way, in their order.
    pub stops: Vec<(u32, u32)>,
}

/// A halt on a way: see [`Departure::stops`].
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// Its lane.
    pub lane: u32,
    /// Where the front stands, metres from the lane's start.
    pub at_m: f64,
    /// From here on it counts as reached.
    pub from_m: f64,
    /// How long it lasts at least.
    pub duration_s: f64,
    /// And until when.
    pub until_s: f64,
}

/// A place where buses halt.
#[derive(Clone, Debug, PartialEq)]
pub struct BusStop {
    /// Its name.
    pub id: String,
    /// Its lane.
    pub lane: u32,
    /// Where it begins, metres from the lane's start.
    pub from_m: f64,
    /// Where it ends.
    pub to_m: f64,
}

/// On which lane a vehicle appears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepartLane {
    /// That of those from which one gets farthest which has most room.
    Best,
    /// That with most room.
    Free,
    /// The outermost that it may use.
    First,
    /// This one, counted from the outside.
    Number(u32),
}

/// Where on the lane a vehicle's front appears.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DepartPosition {
    /// With its tail at the lane's start.
    Base,
    /// So many metres from the start.
    At(f64),
}

/// How fast a vehicle is when it appears.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DepartSpeed {
    /// As fast as it wants, and as is safe.
    Desired,
    /// So fast; it waits until that is safe.
    Given(f64),
}

/// A vehicle that will appear.
#[derive(Clone, Debug)]
pub struct Departure {
    /// Its name.
    pub id: String,
    /// Its type, in [`SumoDemand::choices`].
    pub choice: u32,
    /// Its way, in [`SumoDemand::routes`].
    pub route: u32,
    /// When it wants to appear, seconds.
    pub depart_s: f64,
    /// On which lane.
    pub lane: DepartLane,
    /// Where on it.
    pub position: DepartPosition,
    /// How fast.
    pub speed: DepartSpeed,
    /// Where it arrives on its last edge, metres from the start, or from the end if negative; nothing is the end.
    pub arrival_m: Option<f64>,
    /// Halts on the way.
    pub stops: Vec<Stop>,
    /// File and line that it comes from, for messages.
    pub place: Place,
}

/// Where in the files something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which file, as given.
    pub file: u32,
    /// Line.
    pub line: u32,
}

/// A flow is never more vehicles.
const FLOW_MAX: usize = 10_000_000;
/// All demand is never more.
const VEHICLES_MAX: usize = 20_000_000;

impl SumoDemand {
    /// Reads files in their order; programmes in them replace those of `network`. `seed` decides flows that have a
    /// probability.
    pub fn read(network: &mut StreetNetwork, files: &[SourceFile], seed: Seed) -> Result<SumoDemand, WorldError> {
        let mut reader = Reader {
            demand: SumoDemand::default(),
            network,
            seed,
            types: BTreeMap::new(),
            named_routes: BTreeMap::new(),
            route_index: BTreeMap::new(),
            joints: BTreeMap::new(),
            ids: BTreeSet::new(),
            notes: BTreeMap::new(),
            default_choice: None,
        };
        let mut problems = Vec::new();
        for (index, file) in files.iter().enumerate() {
            let result = Document::parse(file, &["routes", "additional", "add", "a"]).and_then(|document| {
                reader.file(&document, index as u32);
                document.finish()
            });
            problems.extend(result.err().into_iter().flatten());
        }
        if !problems.is_empty() {
            return Err(WorldError::Demand(problems));
        }
        let mut demand = reader.demand;
        demand.notes = reader
            .notes
            .into_iter()
            .map(|(element, count)| format!("{count} <{element}> without a meaning here, left out"))
            .collect();
        demand.departures.sort_by(|a, b| a.depart_s.total_cmp(&b.depart_s));
        Ok(demand)
    }
}

impl SumoDemand {
    /// Refuses vehicles that depart before the clock begins at `begin_s`; `files` are those that were read.
    pub fn check_begin(&self, files: &[SourceFile], begin_s: f64) -> Result<(), WorldError> {
        let late = self
            .departures
            .partition_point(|departure| departure.depart_s < begin_s);
        let Some(first) = self.departures[..late].first() else {
            return Ok(());
        };
        let file = files
            .get(first.place.file as usize)
            .map_or("", |file| file.name.as_str());
        Err(WorldError::Demand(vec![format!(
            "{file}:{}: `{}` departs at {} s, in the past of a run that begins at {begin_s} s, as {late} vehicles do\n\
             hint: begin at {} s, or take those vehicles out",
            first.place.line,
            clipped(&first.id),
            first.depart_s,
            first.depart_s.floor()
        )]))
    }
}

struct Reader<'n> {
    demand: SumoDemand,
    network: &'n mut StreetNetwork,
    seed: Seed,
    /// Types and distributions by name, in `choices`.
    types: BTreeMap<String, u32>,
    named_routes: BTreeMap<String, (u32, Vec<Stop>)>,
    route_index: BTreeMap<Route, u32>,
    /// Whether somebody of a class gets from one edge to the next.
    joints: BTreeMap<(u32, u32, VehicleClass), bool>,
    ids: BTreeSet<String>,
    notes: BTreeMap<String, usize>,
    default_choice: Option<u32>,
}

impl Reader<'_> {
    fn file<'i>(&mut self, document: &Document<'i>, file: u32) {
        // Lines are counted along, because asking for each anew would read the file as often as it has vehicles.
        let mut lines = Lines { at: 0, line: 1 };
        let text = document.root().document().input_text();
        for node in elements(document.root()) {
            let place = Place {
                file,
                line: lines.of(text, node.range().start),
            };
            match node.tag_name().name() {
                "vType" => {
                    self.kind(document, node);
                }
                "vTypeDistribution" => self.distribution(document, node),
                "route" => {
                    if let Some(found) = self.route(document, node, None) {
                        let id = document.text(node, "id").to_owned();
                        self.named_routes.insert(id, found);
                    }
                }
                "vehicle" | "trip" => self.vehicle(document, node, place),
                "flow" => self.flow(document, node, place),
                "busStop" | "trainStop" | "chargingStation" => self.bus_stop(document, node),
                "tlLogic" => self.light(document, node),
                // Already followed by whoever read the files.
                "include" => {}
                other => *self.notes.entry(clipped(other)).or_default() += 1,
            }
        }
    }

    fn kind<'i>(&mut self, document: &Document<'i>, node: Node<'_, 'i>) -> u32 {
        let kind = VehicleKind::read(document, node);
        let id = kind.id.clone();
        let index = self.demand.kinds.len() as u32;
        self.demand.kinds.push(kind);
        let choice = self.choice(vec![(index, 1.0)]);
        if self.types.insert(id.clone(), choice).is_some() && id != "DEFAULT_VEHTYPE" {
            document.error(
                node,
                &format!("there is more than one type `{}`", clipped(&id)),
                "give each type an id of its own",
            );
        }
        index
    }

    fn choice(&mut self, mut items: Vec<(u32, f64)>) -> u32 {
        let sum: f64 = items.iter().map(|item| item.1).sum();
        items.iter_mut().for_each(|item| item.1 /= sum);
        self.demand.choices.push(items);
        self.demand.choices.len() as u32 - 1
    }

    fn distribution<'i>(&mut self, document: &Document<'i>, node: Node<'_, 'i>) {
        let mut items = Vec::new();
        for child in elements(node).filter(|child| child.has_tag_name("vType")) {
            let weight = document.number_from(child, "probability", 0.0).unwrap_or(1.0);
            items.push((self.kind(document, child), weight));
        }
        for id in node.attribute("vTypes").unwrap_or("").split_whitespace() {
            match self.types.get(id) {
                Some(&choice) => items.extend(self.demand.choices[choice as usize].clone()),
                None => document.error(
                    node,
                    &format!("there is no type `{}` before this", clipped(id)),
                    "define the type first",
                ),
            }
        }
        if items.iter().all(|item| item.1 <= 0.0) {
            document.error(
                node,
                "a distribution has no type with a probability above 0",
                "add a <vType probability=\"1\" …/>",
            );
            return;
        }
        let choice = self.choice(items);
        self.types.insert(document.text(node, "id").to_owned(), choice);
    }

    fn light<'i>(&mut self, document: &Document<'i>, node: Node<'_, 'i>) {
        let light = network::light(document, node);
        let Some(heads) = self.network.heads_of(&light.id) else {
            document.error(
                node,
                &format!("the network has no light `{}`", clipped(&light.id)),
                "name a light of the network",
            );
            return;
        };
        if let Some(step) = light.steps.iter().find(|step| step.state.len() < heads) {
            document.error(
                node,
                &format!(
                    "a phase of light `{}` has {} letters, its links need {heads}",
                    clipped(&light.id),
                    step.state.len()
                ),
                "write a letter for each link",
            );
            return;
        }
        self.network.set_light(light);
    }

    fn bus_stop<'i>(&mut self, document: &Document<'i>, node: Node<'_, 'i>) {
        let id = document.text(node, "id").to_owned();
        let Some((lane, from_m, to_m)) = self.stretch(document, node) else {
            return;
        };
        self.demand.bus_stops.push(BusStop { id, lane, from_m, to_m });
    }

    /// `lane`, `startPos` and `endPos` of an element.
    fn stretch<'i>(&self, document: &Document<'i>, node: Node<'_, 'i>) -> Option<(u32, f64, f64)> {
        let name = document.text(node, "lane");
        let Some(lane) = self.network.lane_named(name) else {
            document.error(
                node,
                &format!("the network has no lane `{}`", clipped(name)),
                "name a lane of the network",
            );
            return None;
        };
        let length_m = self.network.lanes[lane as usize].length_m;
        // As in SUMO, a negative place counts from the end, and one just beyond the end is the end.
        let place = |attribute, default: f64| {
            let at_m = document.number(node, attribute).unwrap_or(default);
            if at_m < 0.0 { at_m + length_m } else { at_m }
        };
        let to_m = place("endPos", length_m);
        let from_m = place("startPos", (to_m - 10.0).max(0.0));
        if from_m > to_m || to_m > length_m + 1.0 || from_m < 0.0 {
            document.error(
                node,
                &format!("{from_m} to {to_m} is no stretch of lane `{name}`, which is {length_m} m long"),
                "correct startPos and endPos",
            );
            return None;
        }
        Some((lane, from_m, to_m.min(length_m)))
    }

    fn choice_of<'i>(&mut self, document: &Document<'i>, node: Node<'_, 'i>) -> Option<u32> {
        match node.attribute("type") {
            Some(id) => {
                let found = self.types.get(id).copied();
                if found.is_none() {
                    document.error(
                        node,
                        &format!("there is no type `{}` before this", clipped(id)),
                        "define the vType first, or load its file before this one",
                    );
                }
                found
            }
            None => {
                if let Some(&choice) = self.types.get("DEFAULT_VEHTYPE") {
                    return Some(choice);
                }
                if self.default_choice.is_none() {
                    let kind = VehicleKind::of_class("DEFAULT_VEHTYPE", VehicleClass::PASSENGER);
                    self.demand.kinds.push(kind);
                    let index = self.demand.kinds.len() as u32 - 1;
                    self.default_choice = Some(self.choice(vec![(index, 1.0)]));
                }
                self.default_choice
            }
        }
    }

    /// The class that decides which lanes a choice may use: that of its first type.
    fn class_of(&self, choice: u32) -> VehicleClass {
        let kind = self.demand.choices[choice as usize][0].0;
        self.demand.kinds[kind as usize].class
    }

    fn edge<'i>(&self, document: &Document<'i>, node: Node<'_, 'i>, id: &str) -> Option<u32> {
        let found = self.network.edge_named(id);
        if found.is_none() {
            let like = self.network.edge_like(id);
            let mend = like.map_or("name an edge of the network".to_owned(), |like| {
                format!("did you mean `{like}`?")
            });
            document.error(node, &format!("the network has no edge `{}`", clipped(id)), &mend);
        }
        found
    }

    /// A `<route>`: the way, and the halts that belong to it.
    fn route<'i>(
        &mut self,
        document: &Document<'i>,
        node: Node<'_, 'i>,
        class: Option<VehicleClass>,
    ) -> Option<(u32, Vec<Stop>)> {
        let mut edges = Vec::new();
        let mut is_whole = true;
        for id in document.text(node, "edges").split_whitespace() {
            match self.edge(document, node, id) {
                Some(edge) => edges.push(edge),
                None => is_whole = false,
            }
        }
        if edges.is_empty() && is_whole {
            document.error(node, "a route has no edge", "write edges=\"first … last\"");
        }
        if !is_whole || edges.is_empty() {
            return None;
        }
        let repeats = document.number_from(node, "repeat", 0.0).unwrap_or(0.0).min(10_000.0) as usize;
        let once = edges.clone();
        for _ in 0..repeats {
            edges.extend(&once);
        }
        if let Some(class) = class
            && !self.is_connected(document, node, &edges, class)
        {
            return None;
        }
        let stops: Vec<Stop> = self.stops(document, node)?;
        let route = self.interned(edges, &stops, document, node)?;
        Some((route, stops))
    }

    /// Gives a way its number. Halts are put on its edges in their order along it, whatever the order in the file.
    fn interned<'i>(
        &mut self,
        edges: Vec<u32>,
        stops: &[Stop],
        document: &Document<'i>,
        node: Node<'_, 'i>,
    ) -> Option<u32> {
        let mut places = Vec::with_capacity(stops.len());
        let mut from = 0;
        for stop in stops {
            let edge = self.network.lanes[stop.lane as usize].edge;
            let Some(at) = edges[from..].iter().position(|&other| other == edge) else {
                document.error(
                    node,
                    &format!(
                        "a stop on lane `{}` does not lie on the way, or lies before the stop that it follows",
                        self.network.lanes[stop.lane as usize].id
                    ),
                    "list the stops along the route",
                );
                return None;
            };
            from += at;
            places.push((from as u32, stop.lane));
        }
        let route = Route { edges, stops: places };
        let next = self.demand.routes.len() as u32;
        let index = *self.route_index.entry(route.clone()).or_insert(next);
        if index == next {
            self.demand.routes.push(route);
        }
        Some(index)
    }

    /// Tells that nobody of a class gets from one edge to another.
    fn no_way<'i>(&self, document: &Document<'i>, node: Node<'_, 'i>, class: VehicleClass, pair: &[u32], mend: &str) {
        let name = |edge: u32| &self.network.edges[edge as usize].id;
        let (from, to) = (name(pair[0]), name(pair[1]));
        let message = format!("no {} gets from edge `{from}` to edge `{to}`", class.name());
        document.error(node, &message, mend);
    }

    fn is_connected<'i>(
        &mut self,
        document: &Document<'i>,
        node: Node<'_, 'i>,
        edges: &[u32],
        class: VehicleClass,
    ) -> bool {
        for pair in edges.windows(2) {
            let network = &*self.network;
            let joined = *self.joints.entry((pair[0], pair[1], class)).or_insert_with(|| {
                network.lanes_of(pair[0]).any(|lane| {
                    let links = network.lanes[lane].links.clone();
                    network.allows(lane, class)
                        && network.links[links.start as usize..links.end as usize]
                            .iter()
                            .any(|link| {
                                network.lanes[link.to as usize].edge == pair[1]
                                    && network.allows(link.to as usize, class)
                            })
                })
            });
            if !joined {
                self.no_way(
                    document,
                    node,
                    class,
                    pair,
                    "let the route follow the connections of the network",
                );
                return false;
            }
        }
        let first = edges[0];
        if !self
            .network
            .lanes_of(first)
            .any(|lane| self.network.allows(lane, class))
        {
            document.error(
                node,
                &format!(
                    "no lane of edge `{}` is for a {}",
                    self.network.edges[first as usize].id,
                    class.name()
                ),
                "begin where the vehicle may be",
            );
            return false;
        }
        true
    }

    /// `<stop>` elements below a vehicle or a route.
    fn stops<'i>(&mut self, document: &Document<'i>, node: Node<'_, 'i>) -> Option<Vec<Stop>> {
        let mut stops: Vec<Stop> = Vec::new();
        for child in elements(node).filter(|child| child.has_tag_name("stop")) {
            let named = ["busStop", "trainStop", "chargingStation"]
                .iter()
                .find_map(|&attribute| child.attribute(attribute));
            let stretch = match named {
                Some(id) => {
                    let found = self.demand.bus_stops.iter().find(|stop| stop.id == id);
                    if found.is_none() {
                        document.error(
                            child,
                            &format!("there is no stop `{}`", clipped(id)),
                            "load the file that defines it before this one",
                        );
                    }
                    found.map(|stop| (stop.lane, stop.from_m, stop.to_m))
                }
                None => self.stretch(document, child),
            };
            let (lane, from_m, at_m) = stretch?;
            let duration_s = document.seconds(child, "duration");
            let until_s = document.seconds(child, "until");
            if duration_s.is_some_and(|duration_s| duration_s < 0.0) {
                document.error(child, "a stop lasts less than no time", "write duration=\"seconds\"");
            }
            if duration_s.is_none() && until_s.is_none() {
                document.error(
                    child,
                    "a stop has neither duration nor until",
                    "write duration=\"seconds\"",
                );
            }
            stops.push(Stop {
                lane,
                at_m,
                from_m,
                duration_s: duration_s.unwrap_or(0.0).max(0.0),
                until_s: until_s.unwrap_or(f64::NEG_INFINITY),
            });
        }
        Some(stops)
    }

    /// Where a `vehicle`, `trip` or `flow` goes.
    fn way<'i>(
        &mut self,
        document: &Document<'i>,
        node: Node<'_, 'i>,
        class: VehicleClass,
    ) -> Option<(u32, Vec<Stop>)> {
        let inner = elements(node).find(|child| child.has_tag_name("route"));
        let mut stops = self.stops(document, node)?;
        let edges = if let Some(inner) = inner {
            let (route, of_route) = self.route(document, inner, Some(class))?;
            stops.splice(0..0, of_route);
            self.demand.routes[route as usize].edges.clone()
        } else if let Some(id) = node.attribute("route") {
            let Some((route, of_route)) = self.named_routes.get(id).cloned() else {
                document.error(
                    node,
                    &format!("there is no route `{}` before this", clipped(id)),
                    "define the route first",
                );
                return None;
            };
            let edges = self.demand.routes[route as usize].edges.clone();
            if !self.is_connected(document, node, &edges, class) {
                return None;
            }
            stops.splice(0..0, of_route);
            edges
        } else if node.attribute("from").is_some() || node.attribute("to").is_some() {
            let mut places = vec![self.edge(document, node, document.text(node, "from"))?];
            for id in node.attribute("via").unwrap_or("").split_whitespace() {
                places.push(self.edge(document, node, id)?);
            }
            places.push(self.edge(document, node, document.text(node, "to"))?);
            let mut edges = vec![places[0]];
            for pair in places.windows(2) {
                let Some(leg) = quickest(self.network, pair[0], pair[1], class) else {
                    self.no_way(document, node, class, pair, "choose places that are connected");
                    return None;
                };
                edges.extend(&leg[1..]);
            }
            edges
        } else {
            document.error(
                node,
                &format!("<{}> has no way", node.tag_name().name()),
                "add a <route edges=\"…\"/>, or route=\"id\", or from and to",
            );
            return None;
        };
        // A stop may be written before an earlier one; along the way is the order that can be driven.
        let position = |stop: &Stop| {
            let edge = self.network.lanes[stop.lane as usize].edge;
            edges.iter().position(|&other| other == edge)
        };
        let in_order = {
            let mut from = 0;
            stops.iter().all(|stop| {
                let edge = self.network.lanes[stop.lane as usize].edge;
                let found = edges[from..].iter().position(|&other| other == edge);
                from += found.unwrap_or(0);
                found.is_some()
            })
        };
        if !in_order {
            stops.sort_by(|a, b| {
                (position(a), a.at_m)
                    .partial_cmp(&(position(b), b.at_m))
                    .unwrap_or(std::cmp::Ordering::Equal)
            });
        }
        let route = self.interned(edges, &stops, document, node)?;
        Some((route, stops))
    }

    fn vehicle<'i>(&mut self, document: &Document<'i>, node: Node<'_, 'i>, place: Place) {
        let Some(depart_s) = self.depart_s(document, node, "depart") else {
            return;
        };
        let Some(departure) = self.departure(document, node, place, depart_s) else {
            return;
        };
        let id = document.text(node, "id").to_owned();
        self.push(document, node, Departure { id, ..departure });
    }

    fn push<'i>(&mut self, document: &Document<'i>, node: Node<'_, 'i>, departure: Departure) {
        if self.demand.departures.len() >= VEHICLES_MAX {
            document.error(
                node,
                &format!("more than {VEHICLES_MAX} vehicles"),
                "split the demand by time",
            );
            return;
        }
        if !self.ids.insert(departure.id.clone()) {
            document.error(
                node,
                &format!("there is more than one vehicle `{}`", clipped(&departure.id)),
                "give each an id of its own",
            );
            return;
        }
        self.demand.departures.push(departure);
    }

    fn depart_s<'i>(&self, document: &Document<'i>, node: Node<'_, 'i>, attribute: &str) -> Option<f64> {
        if node.attribute(attribute) == Some("now") {
            return Some(0.0);
        }
        document.text(node, attribute);
        let depart_s = document.seconds(node, attribute)?;
        if depart_s < 0.0 {
            document.error(
                node,
                &format!("`{attribute}` is `{depart_s}`, which is before the day begins"),
                "write seconds from the start, 0 or more",
            );
            return None;
        }
        Some(depart_s)
    }

    fn departure<'i>(
        &mut self,
        document: &Document<'i>,
        node: Node<'_, 'i>,
        place: Place,
        depart_s: f64,
    ) -> Option<Departure> {
        let choice = self.choice_of(document, node)?;
        let (route, stops) = self.way(document, node, self.class_of(choice))?;
        let first = self.demand.routes[route as usize].edges[0];
        let lanes = self.network.lanes_of(first);
        let lane_m = self.network.lanes[lanes.start].length_m;
        for &(kind, _) in &self.demand.choices[choice as usize] {
            let kind = &self.demand.kinds[kind as usize];
            if kind.length_m > lane_m {
                document.error(
                    node,
                    &format!(
                        "type `{}` is {} m long, longer than the lanes of edge `{}` ({lane_m} m), where it departs",
                        clipped(&kind.id),
                        kind.length_m,
                        self.network.edges[first as usize].id
                    ),
                    "depart from a longer edge",
                );
                return None;
            }
        }
        let lane = match node.attribute("departLane") {
            Some("best" | "best_prob") => DepartLane::Best,
            Some("free" | "random" | "allowed") => DepartLane::Free,
            Some("first") | None => DepartLane::First,
            Some(text) => match text.parse::<u32>().ok().filter(|&lane| (lane as usize) < lanes.len()) {
                Some(number) => DepartLane::Number(number),
                None => {
                    document.error(
                        node,
                        &format!(
                            "`departLane` is `{}`, edge `{}` has {} lanes",
                            clipped(text),
                            self.network.edges[first as usize].id,
                            lanes.len()
                        ),
                        "write a number from 0, or best, free or first",
                    );
                    return None;
                }
            },
        };
        let position = match node.attribute("departPos") {
            None | Some("base" | "random" | "free" | "random_free" | "last" | "stop" | "splitFront") => {
                DepartPosition::Base
            }
            Some(_) => {
                let at_m = document.number(node, "departPos")?;
                let at_m = if at_m < 0.0 { at_m + lane_m } else { at_m };
                if !(0.0..=lane_m).contains(&at_m) {
                    document.error(
                        node,
                        &format!("`departPos` lies {at_m} m along a lane of {lane_m} m"),
                        "depart on the lane",
                    );
                    return None;
                }
                DepartPosition::At(at_m)
            }
        };
        let speed = match node.attribute("departSpeed") {
            // Who says nothing appears standing, as in SUMO.
            None => DepartSpeed::Given(0.0),
            Some("max" | "desired" | "speedLimit" | "random" | "last" | "avg") => DepartSpeed::Desired,
            Some(_) => DepartSpeed::Given(document.number_from(node, "departSpeed", 0.0)?),
        };
        let arrival_m = match node.attribute("arrivalPos") {
            None | Some("max" | "random") => None,
            Some(_) => Some(document.number(node, "arrivalPos")?),
        };
        Some(Departure {
            id: String::new(),
            choice,
            route,
            depart_s,
            lane,
            position,
            speed,
            arrival_m,
            stops,
            place,
        })
    }

    fn flow<'i>(&mut self, document: &Document<'i>, node: Node<'_, 'i>, place: Place) {
        let id = document.text(node, "id").to_owned();
        let begin_s = match node.attribute("begin") {
            Some(_) => self.depart_s(document, node, "begin"),
            None => Some(0.0),
        };
        let end_s = match node.attribute("end") {
            Some(_) => document.seconds(node, "end"),
            None => Some(f64::INFINITY),
        };
        let (Some(begin_s), Some(end_s)) = (begin_s, end_s) else {
            return;
        };
        if end_s < begin_s {
            document.error(
                node,
                &format!(
                    "flow `{}` ends at {end_s} s, before it begins at {begin_s} s",
                    clipped(&id)
                ),
                "write end after begin",
            );
            return;
        }
        let number = document.number_from(node, "number", 0.0);
        let probability = document.number_from(node, "probability", 0.0);
        let per_hour =
            document
                .number_from(node, "vehsPerHour", 0.0)
                .or(document.number_from(node, "vehsperhour", 0.0));
        let period_s = match node.attribute("period") {
            // Poisson arrivals: exp(vehicles a second).
            Some(text) if text.starts_with("exp(") => None,
            _ => document.number_from(node, "period", 1e-3),
        };
        let exponential = node
            .attribute("period")
            .and_then(|text| text.strip_prefix("exp(")?.strip_suffix(')')?.parse::<f64>().ok())
            .filter(|&rate| rate > 0.0);
        let broken = ["number", "probability", "vehsPerHour", "vehsperhour", "period"]
            .iter()
            .any(|&attribute| node.attribute(attribute).is_some());
        let mut times: Vec<f64> = Vec::new();
        let mut stream = self.seed.stream("flow", fnv(&id));
        let limit = |count: f64| count.min(FLOW_MAX as f64 + 1.0) as usize;
        match (
            number,
            period_s.or(per_hour.filter(|&rate| rate > 0.0).map(|rate| 3600.0 / rate)),
            probability,
            exponential,
        ) {
            (Some(number), None, None, None) if end_s.is_finite() => {
                let count = limit(number.floor());
                times.extend((0..count).map(|index| begin_s + (end_s - begin_s) * index as f64 / number));
            }
            (number, Some(period_s), None, None) if end_s.is_finite() || number.is_some() => {
                let by_time = ((end_s - begin_s) / period_s).ceil();
                let count = limit(number.unwrap_or(f64::INFINITY).min(by_time));
                times.extend((0..count).map(|index| begin_s + period_s * index as f64));
            }
            (_, None, Some(probability), None) if end_s.is_finite() => {
                let mut at_s = begin_s;
                while at_s < end_s && times.len() <= FLOW_MAX {
                    if stream.chance(probability) {
                        times.push(at_s);
                    }
                    at_s += 1.0;
                }
            }
            (_, None, None, Some(rate)) if end_s.is_finite() => {
                let mut at_s = begin_s + stream.exponential_s(rate);
                while at_s < end_s && times.len() <= FLOW_MAX {
                    times.push(at_s);
                    at_s += stream.exponential_s(rate);
                }
            }
            _ if per_hour == Some(0.0) => {}
            _ => {
                if !broken || (number.is_some() || period_s.is_some() || probability.is_some() || per_hour.is_some()) {
                    document.error(
                        node,
                        &format!("flow `{}` does not say how many vehicles", clipped(&id)),
                        "write end and one of number, period, vehsPerHour, probability",
                    );
                }
                return;
            }
        }
        if times.len() > FLOW_MAX {
            document.error(
                node,
                &format!("flow `{}` has more than {FLOW_MAX} vehicles", clipped(&id)),
                "shorten it",
            );
            return;
        }
        let Some(departure) = self.departure(document, node, place, begin_s) else {
            return;
        };
        for (index, depart_s) in times.into_iter().enumerate() {
            let id = format!("{id}.{index}");
            self.push(
                document,
                node,
                Departure {
                    id,
                    depart_s,
                    ..departure.clone()
                },
            );
        }
    }
}

/// Counts lines once through a file.
struct Lines {
    at: usize,
    line: u32,
}

impl Lines {
    fn of(&mut self, text: &str, byte: usize) -> u32 {
        self.line += text.as_bytes()[self.at..byte]
            .iter()
            .filter(|&&letter| letter == b'\n')
            .count() as u32;
        self.at = byte;
        self.line
    }
}

/// FNV-1a: a stable number for a name.
pub(crate) fn fnv(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The way that takes least time on empty streets (Dijkstra 1959), or nothing.
pub(crate) fn quickest(network: &StreetNetwork, from: u32, to: u32, class: VehicleClass) -> Option<Vec<u32>> {
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
