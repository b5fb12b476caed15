//! States, values, shapes, signal states.

use crate::document::{Element, Reader, all, child, elements};
use crate::scenario::{Interval, Occupancy, Position, SignalState, State, Steps};
use crate::shape::Shape;

/// Three years of steps of 0.1 s: sums of time steps cannot overflow.
const STEP_MAX: i64 = 1_000_000_000;
/// Corners of a polygon: a bound on what a file can ask of each collision check.
const CORNERS_MAX: usize = 20_000;

pub(super) fn state<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> State {
    let mut state = State::default();
    let mut has_time = false;
    for element in elements(node) {
        match element.tag_name().name() {
            "time" => {
                has_time = true;
                state.time = steps(reader, element).unwrap_or_default();
            }
            "position" => state.position = position(reader, element),
            "orientation" => state.orientation_rad = interval(reader, element),
            "velocity" => state.velocity_mps = interval(reader, element),
            "acceleration" => state.acceleration_mps2 = interval(reader, element),
            "yawRate" => state.yaw_rate_rad_per_s = interval(reader, element),
            "slipAngle" => state.slip_angle_rad = interval(reader, element),
            other => {
                if let Some(value) = interval(reader, element) {
                    state.others.push((other.to_owned(), value));
                }
            }
        }
    }
    if !has_time {
        reader.wrong(node, "<time> is missing", "add <time><exact>0</exact></time>");
    }
    state
}

/// `exact`, or `intervalStart` and `intervalEnd`, as numbers.
fn interval<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> Option<Interval> {
    if let Some(exact) = child(node, "exact") {
        return reader.number(exact).map(Interval::exact);
    }
    let (Some(start), Some(end)) = (child(node, "intervalStart"), child(node, "intervalEnd")) else {
        reader.wrong(
            node,
            "neither <exact> nor <intervalStart> and <intervalEnd>",
            "give a value or a range",
        );
        return None;
    };
    let (start, end) = (reader.number(start)?, reader.number(end)?);
    if start > end {
        reader.wrong(
            node,
            &format!("the interval runs from {start} down to {end}"),
            "put the lesser value first",
        );
        return None;
    }
    Some(Interval { start, end })
}

/// The same as whole time steps.
pub(super) fn steps<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> Option<Steps> {
    if let Some(exact) = child(node, "exact") {
        let step = step(reader, exact)?;
        return Some(Steps { start: step, end: step });
    }
    let (Some(start), Some(end)) = (child(node, "intervalStart"), child(node, "intervalEnd")) else {
        reader.wrong(
            node,
            "neither <exact> nor <intervalStart> and <intervalEnd>",
            "give a time step or a range",
        );
        return None;
    };
    let (start, end) = (step(reader, start)?, step(reader, end)?);
    if start > end {
        reader.wrong(
            node,
            &format!("the interval runs from {start} down to {end}"),
            "put the lesser time step first",
        );
        return None;
    }
    Some(Steps { start, end })
}

fn step(reader: &mut Reader<'_>, node: Element<'_>) -> Option<i64> {
    let step = reader.integer(node)?;
    if !(-STEP_MAX..=STEP_MAX).contains(&step) {
        reader.wrong(
            node,
            &format!("time step {step} is out of all bounds"),
            &format!("write a time step up to {STEP_MAX}"),
        );
        return None;
    }
    Some(step)
}

pub(super) fn point<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> Option<[f64; 3]> {
    let (x, y) = (reader.number_in(node, "x"), reader.number_in(node, "y"));
    let z = match child(node, "z") {
        Some(node) => reader.number(node)?,
        None => 0.0,
    };
    Some([x?, y?, z])
}

pub(super) fn plane_point<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> Option<[f64; 2]> {
    point(reader, node).map(|[x, y, _]| [x, y])
}

fn position<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> Option<Position> {
    if let Some(node) = child(node, "point") {
        return plane_point(reader, node).map(Position::Point);
    }
    if child(node, "lanelet").is_some() {
        return Some(Position::Lanelets(reader.references(node, "lanelet")));
    }
    shape(reader, node).map(Position::Area)
}

/// The shapes inside an element.
pub(super) fn shape<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> Option<Shape> {
    reader.expect(node, &["rectangle", "circle", "polygon"]);
    let known =
        elements(node).filter(|element| matches!(element.tag_name().name(), "rectangle" | "circle" | "polygon"));
    let before = reader.problems.count();
    let mut shapes: Vec<Shape> = known.filter_map(|element| one_shape(reader, element)).collect();
    match shapes.len() {
        0 => {
            if reader.problems.count() == before {
                reader.wrong(
                    node,
                    "there is no <rectangle>, <circle> or <polygon>",
                    "give a shape that is known",
                );
            }
            None
        }
        1 => shapes.pop(),
        _ => Some(Shape::Group(shapes)),
    }
}

fn one_shape<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> Option<Shape> {
    let centre = child(node, "center").or_else(|| child(node, "centre"));
    let centre_m = match centre {
        Some(centre) => plane_point(reader, centre)?,
        None => [0.0; 2],
    };
    match node.tag_name().name() {
        "rectangle" => {
            let (length_m, width_m) = (reader.number_in(node, "length"), reader.number_in(node, "width"));
            let heading_rad = match child(node, "orientation") {
                Some(node) => reader.number(node)?,
                None => 0.0,
            };
            let (length_m, width_m) = (length_m?, width_m?);
            if length_m <= 0.0 || width_m <= 0.0 {
                reader.wrong(
                    node,
                    &format!("it is {length_m} m by {width_m} m"),
                    "give it an extent above 0",
                );
                return None;
            }
            Some(Shape::Rectangle {
                length_m,
                width_m,
                heading_rad,
                centre_m,
            })
        }
        "circle" => {
            let radius_m = reader.number_in(node, "radius")?;
            if radius_m <= 0.0 {
                reader.wrong(node, &format!("the radius is {radius_m} m"), "give it a radius above 0");
                return None;
            }
            Some(Shape::Circle { radius_m, centre_m })
        }
        _ => {
            let mut corners_m: Vec<[f64; 2]> = all(node, "point")
                .filter_map(|node| plane_point(reader, node))
                .collect();
            // Some writers repeat the first corner at the end.
            if corners_m.len() > 3 && corners_m.first() == corners_m.last() {
                corners_m.pop();
            }
            if corners_m.len() < 3 || corners_m.len() > CORNERS_MAX {
                let count = corners_m.len();
                reader.wrong(
                    node,
                    &format!("a polygon of {count} corners"),
                    &format!("give it 3 to {CORNERS_MAX} corners"),
                );
                return None;
            }
            Some(Shape::Polygon { corners_m })
        }
    }
}

pub(super) fn occupancies<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> Vec<Occupancy> {
    let mut occupancies = Vec::new();
    for node in all(node, "occupancy") {
        let time = reader.required(node, "time").and_then(|node| steps(reader, node));
        let shape = reader.required(node, "shape").and_then(|node| shape(reader, node));
        if let (Some(time), Some(shape)) = (time, shape) {
            occupancies.push(Occupancy { time, shape });
        }
    }
    occupancies
}

pub(super) fn signal_state<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> SignalState {
    let mut state = SignalState::default();
    for element in elements(node) {
        let value = match element.tag_name().name() {
            "time" => {
                state.time = steps(reader, element).unwrap_or_default();
                continue;
            }
            "horn" => &mut state.horn,
            "indicatorLeft" => &mut state.indicator_left,
            "indicatorRight" => &mut state.indicator_right,
            "brakingLights" => &mut state.braking_lights,
            "hazardWarningLights" => &mut state.hazard_warning_lights,
            "flashingBlueLights" => &mut state.flashing_blue_lights,
            _ => {
                reader.note(element, "not known inside a signal state, left out");
                continue;
            }
        };
        *value = reader.boolean(element);
    }
    state
}
