//! Ways and the halts on them: `<route>`, `<stop>`, and trips from place to place.
//!
//! In go elements; out come streets that follow one another for the class that drives them, with the halts in their
//! order along the way.

use super::super::class::VehicleClass;
use super::super::document::{Document, Node, clipped, elements};
use super::super::route::quickest;
use super::reader::Reader;
use super::{Parking, Stop};

impl Reader<'_> {
    /// Where a `vehicle`, `trip` or `flow` goes.
    pub(super) fn way<'i>(
        &mut self,
        document: &Document<'i>,
        node: Node<'_, 'i>,
        class: VehicleClass,
    ) -> Option<(u32, Vec<Stop>)> {
        let inner = elements(node).find(|child| child.has_tag_name("route"));
        let mut stops = self.stops(document, node)?;
        let edges = if let Some(inner) = inner {
            let (edges, of_route) = self.route(document, inner, Some(class))?;
            stops.splice(0..0, of_route);
            edges
        } else if let Some(id) = node.attribute("route") {
            let Some((edges, of_route)) = self.named_routes.get(id).cloned() else {
                document.error(
                    node,
                    &format!("there is no route `{}` before this", clipped(id)),
                    "define the route first",
                );
                return None;
            };
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
        if !self.have_order(document, node, &edges, &stops) {
            return None;
        }
        Some((self.interned(&edges)?, stops))
    }

    /// A `<route>`: the way, and the halts that belong to it.
    pub(super) fn route<'i>(
        &mut self,
        document: &Document<'i>,
        node: Node<'_, 'i>,
        class: Option<VehicleClass>,
    ) -> Option<(Vec<u32>, Vec<Stop>)> {
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
        self.have_order(document, node, &edges, &stops)
            .then_some((edges, stops))
    }

    /// `<stop>` elements below a vehicle or a route.
    fn stops<'i>(&mut self, document: &Document<'i>, node: Node<'_, 'i>) -> Option<Vec<Stop>> {
        let mut stops: Vec<Stop> = Vec::new();
        for child in elements(node).filter(|child| child.has_tag_name("stop")) {
            let named = ["busStop", "trainStop", "chargingStation"]
                .iter()
                .find_map(|&attribute| child.attribute(attribute));
            let mut parking = match child.attribute("parking") {
                Some("true" | "1") => Parking::Beside,
                _ => Parking::OnLane,
            };
            let stretch = match named {
                None if child.attribute("parkingArea").is_some() => {
                    let id = child.attribute("parkingArea").unwrap_or("");
                    let found = self.demand.parking_areas.iter().position(|area| area.id == id);
                    if found.is_none() {
                        document.error(
                            child,
                            &format!("there is no parking area `{}`", clipped(id)),
                            "load the file that defines it before this one",
                        );
                    }
                    found.map(|index| {
                        parking = Parking::Area(index as u32);
                        let area = &self.demand.parking_areas[index];
                        (area.lane, area.from_m, area.to_m)
                    })
                }
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
                parking,
            });
        }
        Some(stops)
    }

    /// Whether halts lie on a way in their order; tells if not.
    fn have_order<'i>(&self, document: &Document<'i>, node: Node<'_, 'i>, edges: &[u32], stops: &[Stop]) -> bool {
        let mut from = 0;
        for stop in stops {
            let edge = self.network.lanes[stop.lane as usize].edge;
            let Some(at) = edges[from..].iter().position(|&other| other == edge) else {
                document.error(
                    node,
                    &format!(
                        "a stop on lane `{}` does not lie on the way, or lies before the stop that it follows",
                        self.network.lane_names[stop.lane as usize]
                    ),
                    "list the stops along the route",
                );
                return false;
            };
            from += at;
        }
        true
    }

    /// The number of a way whose streets are known to follow one another.
    fn interned(&mut self, edges: &[u32]) -> Option<u32> {
        let turns = self.network.turns(edges)?;
        if let Some(&known) = self.route_index.get(&(edges[0], turns.clone())) {
            return Some(known);
        }
        let index = self.demand.add_route(edges, &turns);
        self.route_index.insert((edges[0], turns), index);
        Some(index)
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

    /// Tells that nobody of a class gets from one edge to another.
    fn no_way<'i>(&self, document: &Document<'i>, node: Node<'_, 'i>, class: VehicleClass, pair: &[u32], mend: &str) {
        let name = |edge: u32| &self.network.edges[edge as usize].id;
        let (from, to) = (name(pair[0]), name(pair[1]));
        let message = format!("no {} gets from edge `{from}` to edge `{to}`", class.name());
        document.error(node, &message, mend);
    }
}
