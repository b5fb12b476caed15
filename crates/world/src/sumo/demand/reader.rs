//! Files of demand, element by element: types and their distributions, programmes of lights, stops of lines.
//!
//! In go parsed files in their order; a [`SumoDemand`] grows. What vehicles and ways are is read next door.

use super::super::class::VehicleClass;
use super::super::document::{Document, Node, clipped, elements};
use super::super::kind::VehicleKind;
use super::super::network::{self, StreetNetwork};
use super::{BusStop, ParkingArea, Place, Stop, SumoDemand};
use record::Seed;
use std::collections::{BTreeMap, BTreeSet};

/// Places of one parking area, at most.
const PARKING_CAPACITY_MAX: u32 = 1_000_000;

pub(super) struct Reader<'n> {
    pub(super) demand: SumoDemand,
    pub(super) network: &'n mut StreetNetwork,
    pub(super) seed: Seed,
    /// Types and distributions by name, in `choices`.
    types: BTreeMap<String, u32>,
    /// Edges and halts of routes by name.
    pub(super) named_routes: BTreeMap<String, (Vec<u32>, Vec<Stop>)>,
    /// Ways that are known: first street, and joints.
    pub(super) route_index: BTreeMap<(u32, Vec<u8>), u32>,
    /// Whether somebody of a class gets from one edge to the next.
    pub(super) joints: BTreeMap<(u32, u32, VehicleClass), bool>,
    pub(super) ids: BTreeSet<String>,
    notes: BTreeMap<String, usize>,
    default_choice: Option<u32>,
}

impl<'n> Reader<'n> {
    pub(super) fn new(network: &'n mut StreetNetwork, seed: Seed) -> Reader<'n> {
        Reader {
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
        }
    }

    /// What has been read, in the order of departure.
    pub(super) fn finish(self) -> SumoDemand {
        let mut demand = self.demand;
        demand.notes = self
            .notes
            .into_iter()
            .map(|(element, count)| format!("{count} <{element}> without a meaning here, left out"))
            .collect();
        demand.departures.sort_by(|a, b| a.depart_s.total_cmp(&b.depart_s));
        demand.turns.shrink_to_fit();
        demand.routes.shrink_to_fit();
        demand
    }

    pub(super) fn file<'i>(&mut self, document: &Document<'i>, file: u32) {
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
                "parkingArea" => self.parking_area(document, node),
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

    /// Places beside a lane: so many along the roadside, and those that are listed one by one.
    fn parking_area<'i>(&mut self, document: &Document<'i>, node: Node<'_, 'i>) {
        let id = document.text(node, "id").to_owned();
        let roadside = document.number_from(node, "roadsideCapacity", 0.0).unwrap_or(0.0);
        let spaces = elements(node).filter(|child| child.has_tag_name("space")).count();
        let capacity = roadside.min(f64::from(PARKING_CAPACITY_MAX)) as u32 + spaces as u32;
        if capacity == 0 {
            document.error(
                node,
                &format!("parking area `{}` has no place", clipped(&id)),
                "write roadsideCapacity=\"places\", or a <space> for each",
            );
        }
        let Some((lane, from_m, to_m)) = self.stretch(document, node) else {
            return;
        };
        self.demand.parking_areas.push(ParkingArea {
            id,
            lane,
            from_m,
            to_m,
            capacity,
        });
    }

    /// `lane`, `startPos` and `endPos` of an element.
    pub(super) fn stretch<'i>(&self, document: &Document<'i>, node: Node<'_, 'i>) -> Option<(u32, f64, f64)> {
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

    pub(super) fn choice_of<'i>(&mut self, document: &Document<'i>, node: Node<'_, 'i>) -> Option<u32> {
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
    pub(super) fn class_of(&self, choice: u32) -> VehicleClass {
        let kind = self.demand.choices[choice as usize][0].0;
        self.demand.kinds[kind as usize].class
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
