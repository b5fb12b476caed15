//! Lanelets, signs, lights, intersections.

use super::state::{plane_point, point};
use crate::document::{Element, Reader, all, child, text, texts};
use crate::scenario::{
    Adjacent, Bound, CycleElement, Incoming, Intersection, Lanelet, SignElement, StopLine, TrafficLight, TrafficSign,
};

pub(super) fn lanelet<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> Option<Lanelet> {
    reader.expect(
        node,
        &[
            "leftBound",
            "rightBound",
            "predecessor",
            "successor",
            "adjacentLeft",
            "adjacentRight",
            "stopLine",
            "laneletType",
            "userOneWay",
            "userBidirectional",
            "trafficSignRef",
            "trafficLightRef",
            "speedLimit",
        ],
    );
    let id = reader.attribute(node, "id");
    let left = reader.required(node, "leftBound").and_then(|node| bound(reader, node));
    let right = reader.required(node, "rightBound").and_then(|node| bound(reader, node));
    let (id, left, right) = (id?, left?, right?);
    if left.points_m.len() != right.points_m.len() {
        reader.wrong(
            node,
            &format!(
                "the left bound has {} points, the right one {}",
                left.points_m.len(),
                right.points_m.len()
            ),
            "give both bounds as many points, abreast of each other",
        );
        return None;
    }
    let speed_mps_max = child(node, "speedLimit").and_then(|node| reader.number(node));
    Some(Lanelet {
        id,
        left,
        right,
        predecessors: reader.references(node, "predecessor"),
        successors: reader.references(node, "successor"),
        adjacent_left: adjacent(reader, node, "adjacentLeft"),
        adjacent_right: adjacent(reader, node, "adjacentRight"),
        stop_line: child(node, "stopLine").map(|node| stop_line(reader, node)),
        types: texts(node, "laneletType"),
        users_one_way: texts(node, "userOneWay"),
        users_bidirectional: texts(node, "userBidirectional"),
        signs: reader.references(node, "trafficSignRef"),
        lights: reader.references(node, "trafficLightRef"),
        speed_mps_max,
    })
}

fn bound<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> Option<Bound> {
    reader.expect(node, &["point", "lineMarking"]);
    let before = reader.problems.count();
    let points_m: Vec<[f64; 3]> = all(node, "point").filter_map(|node| point(reader, node)).collect();
    if points_m.len() < 2 {
        if reader.problems.count() == before {
            reader.wrong(
                node,
                &format!("a bound of {} points", points_m.len()),
                "give it two points at least",
            );
        }
        return None;
    }
    let line_marking = child(node, "lineMarking").map_or("unknown", text).to_owned();
    Some(Bound { points_m, line_marking })
}

fn adjacent<'a>(reader: &mut Reader<'a>, node: Element<'a>, name: &str) -> Option<Adjacent> {
    let node = child(node, name)?;
    let lanelet = reader.attribute(node, "ref")?;
    let same_direction = match node.attribute("drivingDir") {
        Some("same") => true,
        Some("opposite") => false,
        _ => {
            reader.wrong(
                node,
                "@drivingDir is neither same nor opposite",
                "write drivingDir=\"same\" or drivingDir=\"opposite\"",
            );
            return None;
        }
    };
    Some(Adjacent {
        lanelet,
        same_direction,
    })
}

fn stop_line<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> StopLine {
    reader.expect(node, &["point", "lineMarking", "trafficSignRef", "trafficLightRef"]);
    let points: Vec<[f64; 2]> = all(node, "point")
        .filter_map(|node| plane_point(reader, node))
        .collect();
    let ends_m = match points[..] {
        [] => None,
        [start, end] => Some([start, end]),
        _ => {
            let count = points.len();
            reader.wrong(
                node,
                &format!("a stop line of {count} points"),
                "give it two points or none",
            );
            None
        }
    };
    StopLine {
        ends_m,
        line_marking: child(node, "lineMarking").map_or("unknown", text).to_owned(),
        signs: reader.references(node, "trafficSignRef"),
        lights: reader.references(node, "trafficLightRef"),
    }
}

fn position<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> Option<[f64; 2]> {
    let point = child(child(node, "position")?, "point")?;
    plane_point(reader, point)
}

pub(super) fn sign<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> Option<TrafficSign> {
    reader.expect(node, &["trafficSignElement", "position", "virtual"]);
    let id = reader.attribute(node, "id");
    let mut elements = Vec::new();
    for element in all(node, "trafficSignElement") {
        reader.expect(element, &["trafficSignID", "additionalValue"]);
        if let Some(number) = reader.required(element, "trafficSignID") {
            elements.push(SignElement {
                number: text(number).to_owned(),
                values: texts(element, "additionalValue"),
            });
        }
    }
    Some(TrafficSign {
        id: id?,
        elements,
        position_m: position(reader, node),
        is_virtual: child(node, "virtual")
            .and_then(|node| reader.boolean(node))
            .unwrap_or(false),
    })
}

pub(super) fn light<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> Option<TrafficLight> {
    reader.expect(node, &["cycle", "position", "direction", "active", "color"]);
    let id = reader.attribute(node, "id");
    let mut light = TrafficLight {
        id: id?,
        position_m: position(reader, node),
        direction: child(node, "direction").map_or("all", text).to_owned(),
        is_active: child(node, "active")
            .and_then(|node| reader.boolean(node))
            .unwrap_or(true),
        ..TrafficLight::default()
    };
    let Some(cycle) = child(node, "cycle") else {
        reader.note(node, "no <cycle>: it shows nothing");
        return Some(light);
    };
    reader.expect(cycle, &["cycleElement", "timeOffset"]);
    for element in all(cycle, "cycleElement") {
        let (duration, colour) = (reader.required(element, "duration"), reader.required(element, "color"));
        let (Some(duration), Some(colour)) = (duration, colour) else {
            continue;
        };
        let Some(duration_steps) = reader.integer(duration) else {
            continue;
        };
        if !matches!(text(colour), "red" | "green" | "yellow" | "redYellow" | "inactive") {
            reader.wrong(
                colour,
                &format!("`{}` is no colour of a light", crate::document::quoted(text(colour))),
                "write red, redYellow, green, yellow or inactive",
            );
            continue;
        }
        // Whole days fit: sums cannot overflow.
        if !(0..=1_000_000_000).contains(&duration_steps) {
            reader.wrong(
                duration,
                "not a duration in time steps",
                "write 0 to 1000000000 time steps",
            );
            continue;
        }
        light.cycle.push(CycleElement {
            colour: text(colour).to_owned(),
            duration_steps,
        });
    }
    if let Some(offset) = child(cycle, "timeOffset") {
        let steps = reader.integer(offset).unwrap_or(0);
        light.offset_steps = steps.clamp(-1_000_000_000, 1_000_000_000);
    }
    Some(light)
}

pub(super) fn intersection<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> Option<Intersection> {
    reader.expect(node, &["incoming", "outgoing", "crossing"]);
    let id = reader.attribute(node, "id");
    let mut incomings = Vec::new();
    for node in all(node, "incoming") {
        reader.expect(
            node,
            &[
                "incomingLanelet",
                "successorsRight",
                "successorsStraight",
                "successorsLeft",
                "outgoingRight",
                "outgoingStraight",
                "outgoingLeft",
                "isLeftOf",
            ],
        );
        let Some(id) = reader.attribute(node, "id") else {
            continue;
        };
        let mut both = |one: &str, other: &str| {
            let mut lanelets = reader.references(node, one);
            lanelets.extend(reader.references(node, other));
            lanelets
        };
        let successors_right = both("successorsRight", "outgoingRight");
        let successors_straight = both("successorsStraight", "outgoingStraight");
        let successors_left = both("successorsLeft", "outgoingLeft");
        incomings.push(Incoming {
            id,
            lanelets: reader.references(node, "incomingLanelet"),
            successors_right,
            successors_straight,
            successors_left,
            is_left_of: reader.references(node, "isLeftOf").first().copied(),
        });
    }
    let crossings = match child(node, "crossing") {
        Some(node) => reader.references(node, "crossingLanelet"),
        None => Vec::new(),
    };
    Some(Intersection {
        id: id?,
        incomings,
        crossings,
    })
}
