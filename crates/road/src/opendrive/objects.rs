//! Objects, bridges and tunnels of a road (OpenDRIVE 13).
//!
//! In goes `<objects>`, out come boxes: where the file outlines a shape, its extent in the object's own frame; where it
//! repeats one along the road, each copy. Crosswalks are turned so that their length is the way that one walks. It does
//! not read markings, skeletons or materials.

use super::vocabulary::{OBJECT_KINDS, ORIENTATIONS, meaning};
use crate::document::{Document, Node, child, children};
use crate::draft::{ObjectDraft, ObjectKind, RoadDraft, StructureDraft, StructureKind};

/// Most copies that one `<repeat>` may make: a lamp every 10 m over 10 km.
const REPEATS_MAX: usize = 1000;

pub(super) fn read_objects(document: &Document, node: Node, road: &mut RoadDraft) {
    let Some(objects) = child(node, "objects") else { return };
    for n in children(objects, "object") {
        let object = object(document, n);
        let repeats: Vec<Node> = children(n, "repeat").collect();
        for repeat in &repeats {
            repeated(document, *repeat, &object, &mut road.objects);
        }
        if repeats.is_empty() {
            road.objects.push(object);
        }
    }
    for (name, kind) in [("bridge", StructureKind::Bridge), ("tunnel", StructureKind::Tunnel)] {
        road.structures.extend(children(objects, name).map(|n| StructureDraft {
            kind,
            name: n.attribute("name").unwrap_or("").to_owned(),
            s_m: document.number(n, "s"),
            length_m: document.number(n, "length"),
        }));
    }
    road.structures
        .sort_by(|a, b| a.s_m.total_cmp(&b.s_m).then(a.kind.cmp(&b.kind)));
}

fn object(document: &Document, node: Node) -> ObjectDraft {
    let radius_m = document.number_or(node, "radius", 0.0);
    let [length_m, width_m] = ["length", "width"].map(|n| document.number_or(node, n, 2.0 * radius_m));
    let mut object = ObjectDraft {
        id: node.attribute("id").unwrap_or("").to_owned(),
        name: node.attribute("name").unwrap_or("").to_owned(),
        kind: kind(node),
        s_m: document.number(node, "s"),
        t_m: document.number(node, "t"),
        heading_rad: turned(document.number_or(node, "hdg", 0.0)),
        length_m,
        width_m,
        height_m: document.number_or(node, "height", 0.0),
        orientation: meaning(ORIENTATIONS, node.attribute("orientation").unwrap_or("none")).unwrap_or_default(),
    };
    if length_m == 0.0 && width_m == 0.0 {
        take_extent_of_outline(document, node, &mut object);
    }
    if object.kind == ObjectKind::Crosswalk {
        walk_along_length(&mut object);
    }
    object
}

fn kind(node: Node) -> ObjectKind {
    let words = ["type", "subtype"].map(|name| node.attribute(name).unwrap_or(""));
    let name = node.attribute("name").unwrap_or("").to_ascii_lowercase();
    match words {
        ["roadMark", subtype] if matches!(subtype, "signalLines" | "stopLine") || name.contains("stopline") => {
            ObjectKind::StopLine
        }
        // The standard has no word for a stop; ours stands in the free subtype.
        [_, "busStop"] => ObjectKind::BusStop,
        [word, _] => meaning(OBJECT_KINDS, word).unwrap_or_default(),
    }
}

/// The box around an outline, in the object's frame (`cornerLocal`) or along the road (`cornerRoad`).
fn take_extent_of_outline(document: &Document, node: Node, object: &mut ObjectDraft) {
    let corners = |name: &str, axes: [&str; 2]| -> Vec<[f64; 2]> {
        node.descendants()
            .filter(|n| n.tag_name().name() == name)
            .map(|n| axes.map(|axis| document.number_or(n, axis, 0.0)))
            .collect()
    };
    let extent = |corners: &[[f64; 2]], axis: usize| {
        let values = corners.iter().map(|c| c[axis]);
        let low = values.clone().fold(f64::INFINITY, f64::min);
        let high = values.fold(f64::NEG_INFINITY, f64::max);
        (0.5 * (low + high), high - low)
    };
    let local = corners("cornerLocal", ["u", "v"]);
    let along_road = corners("cornerRoad", ["s", "t"]);
    if !local.is_empty() {
        let ((u, length_m), (v, width_m)) = (extent(&local, 0), extent(&local, 1));
        let (sin, cos) = (libm::sin(object.heading_rad), libm::cos(object.heading_rad));
        object.s_m += u * cos - v * sin;
        object.t_m += u * sin + v * cos;
        (object.length_m, object.width_m) = (length_m, width_m);
    } else if !along_road.is_empty() {
        let ((s_m, length_m), (t_m, width_m)) = (extent(&along_road, 0), extent(&along_road, 1));
        (object.s_m, object.t_m, object.heading_rad) = (s_m, t_m, 0.0);
        (object.length_m, object.width_m) = (length_m, width_m);
    }
    if object.height_m == 0.0 {
        let heights = node.descendants().filter_map(|n| document.optional_number(n, "height"));
        object.height_m = heights.fold(0.0, f64::max);
    }
}

/// An angle of many turns is one of less than one: with a quarter added, it must still be a number that we read.
fn turned(heading_rad: f64) -> f64 {
    use core::f64::consts::TAU;
    if libm::fabs(heading_rad) > 2.0 * TAU {
        libm::remainder(heading_rad, TAU)
    } else {
        heading_rad
    }
}

/// People cross a road across it: a box whose own length runs along the road is taken by its other side.
fn walk_along_length(object: &mut ObjectDraft) {
    if libm::fabs(libm::cos(object.heading_rad)) > core::f64::consts::FRAC_1_SQRT_2 {
        object.heading_rad += core::f64::consts::FRAC_PI_2;
        (object.length_m, object.width_m) = (object.width_m, object.length_m);
    }
}

fn repeated(document: &Document, node: Node, object: &ObjectDraft, objects: &mut Vec<ObjectDraft>) {
    let number = |name, default| document.number_or(node, name, default);
    let start_m = number("s", object.s_m);
    let length_m = number("length", 0.0).max(0.0);
    let distance_m = number("distance", 0.0);
    let t_m = [number("tStart", object.t_m), number("tEnd", object.t_m)];
    let height_m = [
        number("heightStart", object.height_m),
        number("heightEnd", object.height_m),
    ];
    let at = |along: f64| ObjectDraft {
        s_m: start_m + along * length_m,
        t_m: t_m[0] + along * (t_m[1] - t_m[0]),
        height_m: height_m[0] + along * (height_m[1] - height_m[0]),
        ..object.clone()
    };
    if distance_m <= 0.0 {
        // One body without gaps, such as a guard rail.
        objects.push(ObjectDraft {
            length_m,
            width_m: object.width_m.max(number("widthStart", 0.0)),
            ..at(0.5)
        });
        return;
    }
    let copies = (length_m / distance_m).floor() as usize + 1;
    if copies > REPEATS_MAX {
        document.note(
            node,
            &format!("a <repeat> makes more than {REPEATS_MAX} copies; the rest is left out"),
        );
    }
    for i in 0..copies.min(REPEATS_MAX) {
        let along = if length_m > 0.0 {
            i as f64 * distance_m / length_m
        } else {
            0.0
        };
        objects.push(at(along));
    }
}
