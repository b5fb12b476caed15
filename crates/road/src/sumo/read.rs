//! The records of a network file as plain structs, each number checked, each finding with its line.

use super::Point;
use super::permission::Permission;
use crate::SignalColour;
use crate::document::{Document, Node, child, children, clipped};
use crate::draft::{GeoReference, LaneKind};
use std::collections::BTreeMap;

/// A lane that says no width (SUMO's `SUMO_const_laneWidth`).
const WIDTH_M: f64 = 3.2;

/// A whole network.
pub(super) struct Net<'a> {
    pub(super) keeps_left: bool,
    pub(super) geo_reference: Option<GeoReference>,
    pub(super) edges: Vec<Edge<'a>>,
    pub(super) edge_index: BTreeMap<&'a str, usize>,
    pub(super) junctions: Vec<Junction<'a>>,
    pub(super) connections: Vec<Connection<'a>>,
    pub(super) programs: BTreeMap<&'a str, Program>,
    /// Nodes that lie on a roundabout.
    pub(super) roundabout_nodes: Vec<&'a str>,
}

/// What an edge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Normal,
    Internal,
    Crossing,
    WalkingArea,
}

pub(super) struct Edge<'a> {
    pub(super) id: &'a str,
    pub(super) function: Function,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) name: &'a str,
    pub(super) class: &'a str,
    pub(super) crossed: Vec<&'a str>,
    /// From the outside in, as SUMO counts.
    pub(super) lanes: Vec<Lane>,
}

#[derive(Clone)]
pub(super) struct Lane {
    pub(super) kind: LaneKind,
    pub(super) speed_mps: f64,
    pub(super) width_m: f64,
    pub(super) shape: Vec<Point>,
    /// Cars may change towards the middle of the road.
    pub(super) may_change_in: bool,
    /// Cars may change towards the outside.
    pub(super) may_change_out: bool,
}

pub(super) struct Junction<'a> {
    pub(super) id: &'a str,
    pub(super) incoming_lanes: Vec<&'a str>,
    pub(super) internal_lanes: Vec<&'a str>,
    /// For each link the links that it gives way to, as the file writes it: the last letter is link 0.
    pub(super) responses: Vec<(usize, &'a str)>,
}

pub(super) struct Connection<'a> {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) from_lane: usize,
    pub(super) to_lane: usize,
    pub(super) via: Option<&'a str>,
    pub(super) light: Option<(&'a str, usize)>,
    /// One letter: `s` and `w` stop before the line, `m` gives way, and so on.
    pub(super) state: &'a str,
}

pub(super) struct Program {
    pub(super) offset_s: f64,
    /// (seconds, what each link shows).
    pub(super) steps: Vec<(f64, Vec<SignalColour>)>,
}

pub(super) fn net<'a>(document: &'a Document<'_>) -> Net<'a> {
    let root = document.root();
    let keeps_left = root.attribute("lefthand").is_some_and(is_true);
    let mut net = Net {
        keeps_left,
        geo_reference: child(root, "location").and_then(|node| geo_reference(document, node)),
        edges: Vec::new(),
        edge_index: BTreeMap::new(),
        junctions: Vec::new(),
        connections: Vec::new(),
        programs: BTreeMap::new(),
        roundabout_nodes: Vec::new(),
    };
    for node in children(root, "edge") {
        let edge = edge(document, node);
        if net.edge_index.insert(edge.id, net.edges.len()).is_some() {
            document.error_in(
                node,
                "id",
                &format!("there is more than one <edge> with id `{}`", clipped(edge.id)),
                "give each <edge> an id of its own",
            );
        }
        net.edges.push(edge);
    }
    for node in children(root, "junction").filter(|node| node.attribute("type") != Some("internal")) {
        net.junctions.push(junction(document, node));
    }
    for node in children(root, "connection") {
        net.connections.extend(connection(document, node, &net));
    }
    for node in children(root, "tlLogic") {
        let id = document.text(node, "id");
        // As in SUMO, the program that is loaded last is the one that runs.
        if net.programs.insert(id, program(document, node)).is_some() {
            document.note(node, "a light has several programs; the last one is taken");
        }
    }
    for node in children(root, "roundabout") {
        let nodes = node.attribute("nodes").unwrap_or("");
        net.roundabout_nodes.extend(nodes.split_whitespace());
    }
    if !net.edges.iter().any(|edge| edge.function == Function::Normal) {
        document.error(root, "the network has no edge", "a map needs at least one street");
    }
    net
}

fn is_true(text: &str) -> bool {
    matches!(text.trim(), "1" | "true" | "yes" | "on" | "t" | "x")
}

fn geo_reference(document: &Document, node: Node) -> Option<GeoReference> {
    let projection = node.attribute("projParameter").unwrap_or("!");
    if matches!(projection.trim(), "!" | "-" | "") {
        return None;
    }
    let offset = numbers(document, node, "netOffset")?;
    let Some(mut plane) = crate::opendrive::geo_reference(projection) else {
        document.note(
            node,
            &format!(
                "projection `{}` is not read: the map has no place on the Earth",
                clipped(projection)
            ),
        );
        return None;
    };
    plane.east_m += offset.first().copied().unwrap_or(0.0);
    plane.north_m += offset.get(1).copied().unwrap_or(0.0);
    Some(plane)
}

/// Numbers parted by commas.
fn numbers(document: &Document, node: Node, attribute: &str) -> Option<Vec<f64>> {
    let text = node.attribute(attribute)?;
    let values: Option<Vec<f64>> = text.split(',').map(number).collect();
    if values.is_none() {
        document.error_in(
            node,
            attribute,
            &format!(
                "`{attribute}` is `{}`, expected numbers parted by commas",
                clipped(text)
            ),
            "write finite decimal numbers, such as 12.50,-3.00",
        );
    }
    values
}

fn number(text: &str) -> Option<f64> {
    let value = text.trim().parse::<f64>().ok()?;
    (value.abs() <= crate::opendrive::NUMBER_MAX).then_some(value)
}

fn shape(document: &Document, node: Node) -> Vec<Point> {
    let mut points = Vec::new();
    for text in document.text(node, "shape").split_whitespace() {
        let values: Option<Vec<f64>> = text.split(',').map(number).collect();
        match values.as_deref() {
            Some(&[x, y]) => points.push([x, y, 0.0]),
            Some(&[x, y, z]) => points.push([x, y, z]),
            _ => {
                document.error_in(
                    node,
                    "shape",
                    &format!("a point of the shape is `{}`, expected `x,y` or `x,y,z`", clipped(text)),
                    "write points as `x,y` in metres, parted by spaces",
                );
                break;
            }
        }
    }
    points
}

fn edge<'a>(document: &'a Document<'_>, node: Node<'a, '_>) -> Edge<'a> {
    let function = match node.attribute("function") {
        Some("internal") => Function::Internal,
        Some("crossing") => Function::Crossing,
        Some("walkingarea") => Function::WalkingArea,
        _ => Function::Normal,
    };
    let mut lanes: Vec<(usize, Lane)> = children(node, "lane")
        .map(|lane| (index(document, lane, "index"), self::lane(document, lane)))
        .collect();
    // netconvert numbers all lanes of some internal edges 0: there the order of the file counts.
    if function == Function::Normal {
        lanes.sort_by_key(|(index, _)| *index);
    }
    if function == Function::Normal
        && lanes
            .iter()
            .enumerate()
            .any(|(position, (index, _))| position != *index)
    {
        document.error(
            node,
            &format!(
                "the lanes of edge `{}` are not numbered 0, 1, 2, ...",
                clipped(node.attribute("id").unwrap_or(""))
            ),
            "give each <lane> its `index`, counted from the outside",
        );
    }
    Edge {
        id: document.text(node, "id"),
        function,
        from: node.attribute("from").unwrap_or(""),
        to: node.attribute("to").unwrap_or(""),
        name: node.attribute("name").unwrap_or(""),
        class: node.attribute("type").unwrap_or(""),
        crossed: node
            .attribute("crossingEdges")
            .unwrap_or("")
            .split_whitespace()
            .collect(),
        lanes: lanes.into_iter().map(|(_, lane)| lane).collect(),
    }
}

fn lane(document: &Document, node: Node) -> Lane {
    let permission = Permission::new(node.attribute("allow"), node.attribute("disallow"));
    let may_change = |attribute| {
        node.attribute(attribute)
            .is_none_or(|classes| Permission::new(Some(classes), None).admits_cars())
    };
    let width_m = document.number_or(node, "width", WIDTH_M);
    let speed_mps = document.number(node, "speed");
    for (attribute, value) in [("width", width_m), ("speed", speed_mps)] {
        if value < 0.0 {
            document.error_in(
                node,
                attribute,
                &format!("`{attribute}` of <lane> is `{value}`, expected 0 or more"),
                "widths are in m, speeds in m/s",
            );
        }
    }
    Lane {
        kind: permission.kind(),
        speed_mps,
        width_m: if width_m > 0.0 { width_m } else { WIDTH_M },
        shape: shape(document, node),
        may_change_in: may_change("changeLeft"),
        may_change_out: may_change("changeRight"),
    }
}

fn index(document: &Document, node: Node, attribute: &str) -> usize {
    let text = document.text(node, attribute);
    text.trim().parse::<u16>().map_or_else(
        |_| {
            if node.has_attribute(attribute) {
                document.error_in(
                    node,
                    attribute,
                    &format!("`{attribute}` is `{}`, expected a small number", clipped(text)),
                    "count from 0",
                );
            }
            0
        },
        usize::from,
    )
}

fn junction<'a>(document: &'a Document<'_>, node: Node<'a, '_>) -> Junction<'a> {
    let list = |attribute| node.attribute(attribute).unwrap_or("").split_whitespace().collect();
    Junction {
        id: document.text(node, "id"),
        incoming_lanes: list("incLanes"),
        internal_lanes: list("intLanes"),
        responses: children(node, "request")
            .map(|request| {
                (
                    index(document, request, "index"),
                    request.attribute("response").unwrap_or(""),
                )
            })
            .collect(),
    }
}

fn connection<'a>(document: &'a Document<'_>, node: Node<'a, '_>, net: &Net<'a>) -> Option<Connection<'a>> {
    let end = |edge_attribute: &str, lane_attribute: &str| -> Option<(usize, usize)> {
        let id = document.text(node, edge_attribute);
        let lane = index(document, node, lane_attribute);
        let found = net.edge_index.get(id).copied();
        if found.is_none_or(|edge| lane >= net.edges[edge].lanes.len()) {
            document.error_in(
                node,
                edge_attribute,
                &format!(
                    "a connection names lane {lane} of edge `{}`, which is not there",
                    clipped(id)
                ),
                "remove the connection, or add the edge",
            );
            return None;
        }
        Some((found?, lane))
    };
    let ends = (end("from", "fromLane"), end("to", "toLane"));
    let ((from, from_lane), (to, to_lane)) = (ends.0?, ends.1?);
    let light = node.attribute("tl").map(|id| (id, index(document, node, "linkIndex")));
    Some(Connection {
        from,
        to,
        from_lane,
        to_lane,
        via: node.attribute("via"),
        light,
        state: node.attribute("state").unwrap_or(""),
    })
}

fn program(document: &Document, node: Node) -> Program {
    if node.attribute("type").is_some_and(|kind| kind != "static") {
        document.note(
            node,
            "an actuated program runs with the durations that the file gives, as a fixed one",
        );
    }
    let mut steps = Vec::new();
    for phase in children(node, "phase") {
        if phase.has_attribute("next") {
            document.note(
                phase,
                "`next` of a <phase> is not read: phases follow one another as written",
            );
        }
        let duration_s = document.number(phase, "duration");
        if !(0.0..=3600.0).contains(&duration_s) {
            document.error_in(
                phase,
                "duration",
                &format!("`duration` of <phase> is `{duration_s}`, expected 0 to 3600"),
                "give the seconds that the phase lasts",
            );
        }
        let mut colours = Vec::new();
        for letter in document.text(phase, "state").chars() {
            colours.push(match letter {
                'r' | 'u' => SignalColour::Red,
                'y' | 'Y' => SignalColour::Amber,
                'g' | 'G' => SignalColour::Green,
                // Off, blinking, or go after a stop: the right of way decides.
                'o' | 'O' | 's' => SignalColour::Dark,
                _ => {
                    document.error_in(
                        phase,
                        "state",
                        &format!("`state` of <phase> holds `{letter}`, which is none we know"),
                        "write one of r, u, y, Y, g, G, s, o, O for each link",
                    );
                    break;
                }
            });
        }
        steps.push((duration_s, colours));
    }
    Program {
        offset_s: document.number_or(node, "offset", 0.0),
        steps,
    }
}
