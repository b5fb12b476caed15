//! Reads an OpenDRIVE file into a draft: header, roads with plan view and heights, junctions, controllers, areas.
//!
//! In goes the text, out comes a [`MapDraft`] with the analytic records untouched, and notes on what was read otherwise
//! than written. Broken numbers, missing attributes and repeated ids are errors, all gathered; what the draft has no
//! place for (surfaces, railways) is noted. Dangling links are left to `RoadNetwork::compile`.
//!
//! The header's `<offset>` is applied as the text says (OpenDRIVE 1.8.1, 8.1.2: the data set is first translated, then
//! rotated about the new origin), so that positions are those of the projected plane.

use std::collections::{BTreeMap, BTreeSet};

use super::lanes::{sections, speed_mps};
use super::signals::{Reference, resolve_references};
use super::vocabulary::{ORIENTATIONS, ROAD_CLASSES, SIDES, meaning};
use crate::document::{Document, Node, child, children, clipped, user_data};
use crate::draft::{
    AreaDraft, AreaKind, ConnectionDraft, ContactPoint, ControllerDraft, CrossSectionSurfaceDraft, CrossfallDraft,
    Cubic, GeoReference, JunctionDraft, MainRoadDraft, MapDraft, ObjectDraft, ObjectKind, PhaseDraft, PlanElement,
    PlanShape, RoadClass, RoadDraft, RoadLink, RoadTypeRecord, ShapeDraft, Side, StepDraft, StripDraft, TrafficRule,
    VirtualConnectionDraft,
};
use crate::{MapReading, RoadError, SignalColour};

/// Reads a map. `file` is the name to show in messages.
pub fn read(file: &str, text: &str) -> Result<MapReading, RoadError> {
    let document = Document::parse(file, text, "OpenDRIVE")?;
    let draft = map(&document);
    let notes = document.finish()?;
    Ok(MapReading { draft, notes })
}

fn map(document: &Document) -> MapDraft {
    let root = document.root();
    let mut draft = MapDraft::default();
    let header = child(root, "header");
    if let Some(header) = header {
        draft.name = header.attribute("name").unwrap_or("").to_owned();
        if header.attribute("revMajor").is_some_and(|v| v.trim() != "1") {
            let found = clipped(header.attribute("revMajor").unwrap_or(""));
            document.error_in(
                header,
                "revMajor",
                &format!("`revMajor` is `{found}`, expected `1`"),
                "convert the map to OpenDRIVE 1.4 to 1.8",
            );
        }
        if let Some(text) = child(header, "geoReference").and_then(|n| n.text()).map(str::trim)
            && !text.is_empty()
        {
            draft.geo_reference = geo_reference(text);
            draft.projection = draft.geo_reference.is_none().then(|| text.to_owned());
        }
    }
    let mut references = Vec::new();
    let mut ids = BTreeSet::new();
    for node in children(root, "road") {
        let road = road(document, node, &mut references);
        if !ids.insert(road.id.clone()) {
            repeated(document, node, &road.id);
        }
        draft.roads.push(road);
    }
    if draft.roads.is_empty() {
        document.error(root, "the map has no <road>", "a map needs at least one road");
    }
    resolve_references(document, &mut draft.roads, &references);
    if let Some(offset) = header.and_then(|h| child(h, "offset")) {
        apply_offset(document, offset, &mut draft);
    }
    let mut ids = BTreeSet::new();
    for node in children(root, "junction") {
        let junction = junction(document, node, &draft.roads);
        if !ids.insert(junction.id.clone()) {
            repeated(document, node, &junction.id);
        }
        draft.junctions.push(junction);
    }
    for node in children(root, "junction") {
        for path in children(node, "crossPath") {
            cross_path(document, path, node.attribute("id").unwrap_or(""), &mut draft.roads);
        }
    }
    for group in children(root, "junctionGroup").filter(|n| n.attribute("type") == Some("roundabout")) {
        let members: BTreeSet<&str> = children(group, "junctionReference")
            .filter_map(|n| n.attribute("junction"))
            .collect();
        for junction in draft.junctions.iter_mut().filter(|j| members.contains(j.id.as_str())) {
            junction.is_roundabout = true;
        }
    }
    for node in root.descendants().filter(|n| n.tag_name().name() == "include") {
        document.note(
            node,
            "an <include> is not followed: put what the other file holds in its place",
        );
    }
    draft.controllers = children(root, "controller")
        .map(|node| controller(document, node))
        .collect();
    if let Some(areas) = user_data(root, "westline.areas") {
        draft.areas = children(areas, "area")
            .filter_map(|node| area(document, node))
            .collect();
    }
    draft
}

fn repeated(document: &Document, node: Node, id: &str) {
    let name = node.tag_name().name();
    document.error_in(
        node,
        "id",
        &format!("there is more than one <{name}> with id `{}`", clipped(id)),
        &format!("give each <{name}> an id of its own"),
    );
}

/// A PROJ string as our plane, if it is one: transverse Mercator or a zone of UTM, on WGS 84.
pub(crate) fn geo_reference(text: &str) -> Option<GeoReference> {
    let settings: BTreeMap<&str, &str> = text
        .split_whitespace()
        .filter_map(|token| token.strip_prefix('+'))
        .map(|token| token.split_once('=').unwrap_or((token, "")))
        .collect();
    let number = |key: &str, default: f64| settings.get(key).map_or(Some(default), |text| text.parse::<f64>().ok());
    let is_plain = matches!(settings.get("datum"), None | Some(&"WGS84"))
        && matches!(settings.get("ellps"), None | Some(&"WGS84" | &"GRS80"))
        && matches!(settings.get("units"), None | Some(&"m"));
    let reference = match *settings.get("proj")? {
        "tmerc" => GeoReference {
            latitude_deg: number("lat_0", 0.0)?,
            longitude_deg: number("lon_0", 0.0)?,
            scale: number("k", number("k_0", 1.0)?)?,
            east_m: number("x_0", 0.0)?,
            north_m: number("y_0", 0.0)?,
        },
        "utm" => GeoReference {
            latitude_deg: 0.0,
            longitude_deg: 6.0 * number("zone", f64::NAN)? - 183.0,
            scale: 0.9996,
            east_m: 500_000.0,
            north_m: if settings.contains_key("south") { 1e7 } else { 0.0 },
        },
        _ => return None,
    };
    let is_on_earth = reference.latitude_deg.abs() <= 90.0
        && reference.longitude_deg.abs() <= 180.0
        && (0.5..2.0).contains(&reference.scale)
        && [reference.east_m, reference.north_m]
            .iter()
            .all(|metres| metres.abs() <= crate::opendrive::NUMBER_MAX);
    (is_plain && is_on_earth).then_some(reference)
}

fn apply_offset(document: &Document, node: Node, draft: &mut MapDraft) {
    let [x_m, y_m, z_m, heading_rad] = ["x", "y", "z", "hdg"].map(|name| document.number_or(node, name, 0.0));
    if [x_m, y_m, z_m, heading_rad] == [0.0; 4] {
        return;
    }
    let (sin, cos) = (libm::sin(heading_rad), libm::cos(heading_rad));
    for road in &mut draft.roads {
        for element in &mut road.plan {
            let (x, y) = (element.x_m + x_m, element.y_m + y_m);
            element.x_m = x * cos - y * sin;
            element.y_m = x * sin + y * cos;
            element.heading_rad += heading_rad;
        }
        if z_m != 0.0 {
            if road.elevation.is_empty() {
                road.elevation.push(Cubic::default());
            }
            for record in &mut road.elevation {
                record.a += z_m;
            }
        }
    }
    document.note(
        node,
        "the header's <offset> was applied: positions are those of the projected plane",
    );
}

fn road(document: &Document, node: Node, references: &mut Vec<Reference>) -> RoadDraft {
    let id = document.text(node, "id").to_owned();
    let link = child(node, "link");
    let mut road = RoadDraft {
        name: node.attribute("name").unwrap_or("").to_owned(),
        length_m: document.number(node, "length"),
        junction: node
            .attribute("junction")
            .filter(|j| !matches!(*j, "-1" | ""))
            .map(str::to_owned),
        rule: match node.attribute("rule") {
            Some("LHT") => TrafficRule::LeftHand,
            _ => TrafficRule::RightHand,
        },
        predecessor: link
            .and_then(|l| child(l, "predecessor"))
            .and_then(|n| road_link(document, n)),
        successor: link
            .and_then(|l| child(l, "successor"))
            .and_then(|n| road_link(document, n)),
        types: children(node, "type").map(|n| road_type(document, n)).collect(),
        plan: child(node, "planView").map_or_else(Vec::new, |n| plan(document, n)),
        elevation: child(node, "elevationProfile").map_or_else(Vec::new, |n| document.cubics(n, "elevation", "s")),
        id,
        ..RoadDraft::default()
    };
    road.types.sort_by(|a, b| a.s_m.total_cmp(&b.s_m));
    if road.plan.is_empty() {
        document.error(
            node,
            &format!("road `{}` has no reference line", clipped(&road.id)),
            "add a <planView> with at least one <geometry> longer than 0",
        );
    }
    if let Some(profile) = child(node, "lateralProfile") {
        road.superelevation = document.cubics(profile, "superelevation", "s");
        road.shapes = shapes(document, profile);
        road.crossfalls = crossfalls(document, profile);
        road.surface = child(profile, "crossSectionSurface").map(|n| surface(document, n));
        if road.surface.is_some() && !(road.superelevation.is_empty() && road.shapes.is_empty()) {
            document.note(
                profile,
                "<crossSectionSurface> stands beside <superelevation> or <shape>, which it is to replace; the heights add",
            );
        }
    }
    if let Some(lanes) = child(node, "lanes") {
        road.lane_offset = document.cubics(lanes, "laneOffset", "s");
        road.sections = sections(document, lanes);
    }
    if road.sections.is_empty() {
        document.error(
            node,
            &format!("road `{}` has no lane section", clipped(&road.id)),
            "add <lanes> with at least one <laneSection s=\"0\">",
        );
    }
    super::objects::read_objects(document, node, &mut road);
    super::signals::read_signals(document, node, &mut road, references);
    for name in ["railroad", "surface"] {
        if child(node, name).is_some() {
            document.note(node, &format!("<{name}> of a road is not read"));
        }
    }
    road
}

/// The profiles across a road, in order of s, then of t.
fn shapes(document: &Document, profile: Node) -> Vec<ShapeDraft> {
    let mut shapes: Vec<ShapeDraft> = children(profile, "shape")
        .map(|node| ShapeDraft {
            s_m: document.number_or(node, "s", 0.0),
            across: document.cubic(node, "t"),
        })
        .collect();
    shapes.sort_by(|a, b| a.s_m.total_cmp(&b.s_m).then(a.across.s_m.total_cmp(&b.across.s_m)));
    shapes
}

/// What OpenDRIVE 1.4 and 1.5 give for the fall of a surface outwards.
fn crossfalls(document: &Document, profile: Node) -> Vec<CrossfallDraft> {
    let mut falls: Vec<CrossfallDraft> = children(profile, "crossfall")
        .map(|node| CrossfallDraft {
            side: meaning(SIDES, node.attribute("side").unwrap_or("both")).unwrap_or(Side::Both),
            angle_rad: document.cubic(node, "s"),
        })
        .collect();
    falls.sort_by(|a, b| a.angle_rad.s_m.total_cmp(&b.angle_rad.s_m));
    falls
}

/// The strips of a surface (OpenDRIVE 1.8, 10.5.4).
fn surface(document: &Document, node: Node) -> CrossSectionSurfaceDraft {
    let along =
        |parent: Node, name| child(parent, name).map_or_else(Vec::new, |n| document.cubics(n, "coefficients", "s"));
    let mut surface = CrossSectionSurfaceDraft {
        offset_m: along(node, "tOffset"),
        strips: Vec::new(),
    };
    for n in child(node, "surfaceStrips")
        .into_iter()
        .flat_map(|strips| children(strips, "strip"))
    {
        let Some(id) = document.integer(n, "id") else { continue };
        if !matches!(id, -2 | -1 | 1 | 2) || surface.strips.iter().any(|strip| strip.id == id) {
            document.error_in(
                n,
                "id",
                &format!("a <strip> has the id `{id}`, expected each of 1, 2, -1 and -2 at most once"),
                "1 is the inner strip on the left, 2 the outer one; -1 and -2 lie on the right",
            );
            continue;
        }
        let is_relative = match n.attribute("mode") {
            Some("relative") => true,
            Some("independent") | None => false,
            Some(other) => {
                document.note(
                    n,
                    &format!(
                        "`mode` of <strip> is `{}`, which is not known; read as `independent`",
                        clipped(other)
                    ),
                );
                false
            }
        };
        surface.strips.push(StripDraft {
            id,
            is_relative,
            width_m: along(n, "width"),
            terms: ["constant", "linear", "quadratic", "cubic"].map(|name| along(n, name)),
        });
    }
    for outer in [2, -2] {
        let has = |id: i32, needs_width: bool| {
            let mut strips = surface.strips.iter();
            strips.any(|strip| strip.id == id && !(needs_width && strip.width_m.is_empty()))
        };
        if has(outer, false) && !has(outer / 2, true) {
            document.note(
                node,
                &format!("the outer <strip> `{outer}` has no inner one with a <width> beside it; it is left out"),
            );
        }
    }
    surface
}

fn road_link(document: &Document, node: Node) -> Option<RoadLink> {
    let id = document.text(node, "elementId").to_owned();
    match node.attribute("elementType") {
        Some("junction") => Some(RoadLink::Junction { id }),
        Some("road") | None => match contact_point(node.attribute("contactPoint")) {
            Some(contact) => Some(RoadLink::Road { id, contact }),
            // A link into the middle of a road: the entry of a virtual junction (1.8, 12.7).
            None if node.has_attribute("elementS") => Some(RoadLink::Along {
                id,
                s_m: document.number(node, "elementS"),
                is_forward: node.attribute("elementDir") != Some("-"),
            }),
            None => {
                document.error(
                    node,
                    &format!("the link to road `{}` does not say which end it touches", clipped(&id)),
                    "add contactPoint=\"start\" or contactPoint=\"end\"",
                );
                None
            }
        },
        Some(other) => {
            document.error_in(
                node,
                "elementType",
                &format!("`elementType` is `{}`, expected `road` or `junction`", clipped(other)),
                "a road is linked to a road or to a junction",
            );
            None
        }
    }
}

fn contact_point(text: Option<&str>) -> Option<ContactPoint> {
    match text? {
        "start" => Some(ContactPoint::Start),
        "end" => Some(ContactPoint::End),
        _ => None,
    }
}

fn road_type(document: &Document, node: Node) -> RoadTypeRecord {
    let word = node.attribute("type").unwrap_or("unknown");
    RoadTypeRecord {
        s_m: document.number_or(node, "s", 0.0),
        class: meaning(ROAD_CLASSES, word).unwrap_or_else(|| {
            document.note(
                node,
                &format!("road type `{}` is not known; read as `unknown`", clipped(word)),
            );
            RoadClass::Unknown
        }),
        speed_mps_max: child(node, "speed").and_then(|n| speed_mps(document, n, "max")),
    }
}

fn plan(document: &Document, node: Node) -> Vec<PlanElement> {
    let mut elements: Vec<PlanElement> = children(node, "geometry")
        .filter_map(|n| element(document, n))
        .collect();
    if !elements.is_sorted_by(|a, b| a.s_m <= b.s_m) {
        document.note(node, "<geometry> elements are not in order of `s`; sorted");
        elements.sort_by(|a, b| a.s_m.total_cmp(&b.s_m));
    }
    elements
}

fn element(document: &Document, node: Node) -> Option<PlanElement> {
    let number = |name| document.number(node, name);
    let length_m = number("length");
    if node.has_attribute("length") && length_m < 0.0 {
        document.error_in(
            node,
            "length",
            &format!("`length` of <geometry> is `{length_m}`, expected more than 0"),
            "give the arc length of this piece of the reference line in metres",
        );
    }
    let shape = if let Some(arc) = child(node, "arc") {
        PlanShape::Arc {
            curvature_per_m: document.number(arc, "curvature"),
        }
    } else if let Some(spiral) = child(node, "spiral") {
        PlanShape::Spiral {
            start_per_m: document.number(spiral, "curvStart"),
            end_per_m: document.number(spiral, "curvEnd"),
        }
    } else if let Some(poly) = child(node, "poly3") {
        PlanShape::Poly3 {
            v: ["a", "b", "c", "d"].map(|name| document.number(poly, name)),
        }
    } else if let Some(poly) = child(node, "paramPoly3") {
        PlanShape::ParamPoly3 {
            u: ["aU", "bU", "cU", "dU"].map(|name| document.number(poly, name)),
            v: ["aV", "bV", "cV", "dV"].map(|name| document.number(poly, name)),
            // 1.4 let the attribute be left away and meant `normalized`.
            parameter_is_normalized: poly.attribute("pRange") != Some("arcLength"),
        }
    } else if child(node, "line").is_some() {
        PlanShape::Line
    } else {
        document.error(
            node,
            "this <geometry> has no shape",
            "add one of <line/>, <arc>, <spiral>, <poly3>, <paramPoly3>",
        );
        PlanShape::Line
    };
    let element = PlanElement {
        s_m: number("s"),
        x_m: number("x"),
        y_m: number("y"),
        heading_rad: number("hdg"),
        length_m,
        shape,
    };
    // Shorter than a writer's rounding is nothing.
    if length_m.abs() < 5e-6 {
        if node.has_attribute("length") {
            document.note(node, "a <geometry> of length 0 is left out");
        }
        return None;
    }
    Some(element)
}

fn junction(document: &Document, node: Node, roads: &[RoadDraft]) -> JunctionDraft {
    let is_virtual = node.attribute("type") == Some("virtual");
    let main_road = node.attribute("mainRoad").filter(|_| is_virtual);
    if child(node, "elevationGrid").is_some() {
        document.note(
            node,
            "the <elevationGrid> of a junction is not read: its roads keep their own heights",
        );
    }
    JunctionDraft {
        id: document.text(node, "id").to_owned(),
        name: node.attribute("name").unwrap_or("").to_owned(),
        connections: children(node, "connection")
            .filter_map(|n| connection(document, n, is_virtual, roads))
            .collect(),
        priorities: children(node, "priority")
            .filter_map(|n| Some((n.attribute("high")?.to_owned(), n.attribute("low")?.to_owned())))
            .collect(),
        is_roundabout: user_data(node, "westline.roundabout").is_some(),
        main_road: main_road.map(|id| MainRoadDraft {
            id: id.to_owned(),
            start_m: document.number(node, "sStart"),
            end_m: document.number(node, "sEnd"),
            orientation: meaning(ORIENTATIONS, node.attribute("orientation").unwrap_or("none")).unwrap_or_default(),
        }),
        virtual_connections: children(node, "connection")
            .filter(|n| is_virtual_connection(*n))
            .filter_map(|n| virtual_connection(document, n))
            .collect(),
    }
}

/// A connection that names the places it joins and no road between them.
fn is_virtual_connection(node: Node) -> bool {
    child(node, "predecessor").is_some() && child(node, "successor").is_some()
}

fn lane_links(document: &Document, connection: Node) -> Vec<(i32, i32)> {
    children(connection, "laneLink")
        .filter_map(|n| Some((document.integer(n, "from")?, document.integer(n, "to")?)))
        .collect()
}

fn virtual_connection(document: &Document, node: Node) -> Option<VirtualConnectionDraft> {
    let place = |name| road_link(document, child(node, name)?);
    Some(VirtualConnectionDraft {
        from: place("predecessor")?,
        to: place("successor")?,
        lane_links: lane_links(document, node),
    })
}

fn connection(document: &Document, node: Node, is_virtual: bool, roads: &[RoadDraft]) -> Option<ConnectionDraft> {
    if is_virtual_connection(node) {
        return None;
    }
    // `linkedRoad` is the direct junction's word for it (1.8, 12.6).
    let target = node.attribute("connectingRoad").or(node.attribute("linkedRoad"));
    // In a virtual junction a road may come from nowhere (1.8, 12.7); its own links say what it touches.
    let incoming = node.attribute("incomingRoad");
    if is_virtual && target.is_some() && matches!(incoming, None | Some("-1")) {
        return None;
    }
    let (Some(incoming), Some(target)) = (incoming, target) else {
        document.error(
            node,
            "<connection> does not say which roads it joins",
            "add `incomingRoad` and `connectingRoad` (`linkedRoad` in a direct junction)",
        );
        return None;
    };
    let contact = contact_point(node.attribute("contactPoint")).unwrap_or_else(|| {
        // Virtual junctions may leave it to the links of the connecting road.
        let touches = |link: &Option<RoadLink>| {
            matches!(link, Some(RoadLink::Road { id, .. } | RoadLink::Along { id, .. }) if id == incoming)
        };
        let connecting = roads.iter().find(|road| is_virtual && road.id == target);
        match connecting.map(|road| (touches(&road.predecessor), touches(&road.successor))) {
            Some((true, _)) => ContactPoint::Start,
            Some((false, true)) => ContactPoint::End,
            _ => {
                document.note(node, "a <connection> has no `contactPoint`; read as `start`");
                ContactPoint::Start
            }
        }
    });
    Some(ConnectionDraft {
        incoming_road: incoming.to_owned(),
        connecting_road: target.to_owned(),
        contact,
        lane_links: lane_links(document, node),
    })
}

/// A way for people across a junction's roads (OpenDRIVE 1.8, 12.5) as the crosswalk that it is: over the whole carriageway
/// of the road where it begins, as wide as the lanes of its own road.
fn cross_path(document: &Document, node: Node, junction: &str, roads: &mut [RoadDraft]) {
    let [crossing, start, end] =
        ["crossingRoad", "roadAtStart", "roadAtEnd"].map(|name| document.text(node, name).to_owned());
    let place = |name| child(node, name).map(|n| document.number(n, "s"));
    let Some(start_m) = place("startLaneLink") else {
        document.note(node, "a <crossPath> has no <startLaneLink>; it is left out");
        return;
    };
    let s_m = match place("endLaneLink") {
        Some(end_m) if start == end => 0.5 * (start_m + end_m),
        _ => start_m,
    };
    let index = |id: &str| roads.iter().position(|road| road.id == id);
    let (Some(over), Some(crossing)) = (index(&start), index(&crossing)) else {
        document.note(
            node,
            "a <crossPath> names a road that is not in the map; it is left out",
        );
        return;
    };
    let lanes = roads[crossing]
        .sections
        .first()
        .into_iter()
        .flat_map(|section| section.lanes());
    let width_m = lanes.filter_map(|lane| lane.widths.first()).map(|width| width.a).sum();
    roads[over].objects.push(ObjectDraft {
        id: format!("{junction}-{}", node.attribute("id").unwrap_or("")),
        name: roads[crossing].name.clone(),
        kind: ObjectKind::Crosswalk,
        s_m,
        heading_rad: core::f64::consts::FRAC_PI_2,
        width_m,
        ..ObjectDraft::default()
    });
}

fn controller(document: &Document, node: Node) -> ControllerDraft {
    let mut controller = ControllerDraft {
        id: document.text(node, "id").to_owned(),
        name: node.attribute("name").unwrap_or("").to_owned(),
        signals: children(node, "control")
            .map(|n| document.text(n, "signalId").to_owned())
            .collect(),
        ..ControllerDraft::default()
    };
    if let Some(program) = user_data(node, "westline.program") {
        controller.offset_s = document.number_or(program, "value", 0.0);
        controller.steps = children(program, "step")
            .map(|n| StepDraft {
                duration_s: document.number(n, "duration"),
                colours: colours(document, n),
            })
            .collect();
        controller.phases = children(program, "phase")
            .map(|n| PhaseDraft {
                green_s: document.number(n, "green"),
                amber_s: document.number(n, "amber"),
                all_red_s: document.number(n, "allRed"),
                green: super::signals::id_list(n.attribute("signals").unwrap_or("")),
            })
            .collect();
    }
    controller
}

/// The letters of a step's `colours`, in the order of the controller's signals.
pub(super) const COLOURS: &[(&str, SignalColour)] = &[
    ("r", SignalColour::Red),
    ("y", SignalColour::Amber),
    ("g", SignalColour::Green),
    ("o", SignalColour::Dark),
];

fn colours(document: &Document, node: Node) -> Vec<SignalColour> {
    let letters = node.attribute("colours").unwrap_or("");
    let mut shown = Vec::new();
    for (at, letter) in letters.char_indices() {
        match meaning(COLOURS, &letters[at..at + letter.len_utf8()]) {
            Some(colour) => shown.push(colour),
            None => document.error_in(
                node,
                "colours",
                &format!(
                    "`colours` holds `{}`, which is none we know",
                    clipped(&letter.to_string())
                ),
                "write r, y, g or o for each signal of the controller",
            ),
        }
    }
    shown
}

/// Words for the kinds of areas in our `userData`.
pub(super) const AREA_KINDS: &[(&str, AreaKind)] = &[
    ("building", AreaKind::Building),
    ("water", AreaKind::Water),
    ("green", AreaKind::Green),
    ("school", AreaKind::School),
    ("hospital", AreaKind::Hospital),
    ("paved", AreaKind::Paved),
];

fn area(document: &Document, node: Node) -> Option<AreaDraft> {
    let word = document.text(node, "kind");
    let Some(kind) = meaning(AREA_KINDS, word) else {
        document.error_in(
            node,
            "kind",
            &format!("`kind` of <area> is `{}`, which is none we know", clipped(word)),
            "write one of building, water, green, school, hospital, paved",
        );
        return None;
    };
    let mut outline_m = Vec::new();
    for pair in node.text().unwrap_or("").split_whitespace() {
        let corner = pair
            .split_once(',')
            .and_then(|(x, y)| Some([x.parse::<f64>().ok()?, y.parse::<f64>().ok()?]));
        match corner {
            Some(corner) if corner.iter().all(|v| v.abs() <= super::NUMBER_MAX) => outline_m.push(corner),
            _ => {
                document.error(
                    node,
                    &format!("a corner of this <area> is `{}`, expected `x,y`", clipped(pair)),
                    "write corners as `x,y` in metres, parted by spaces",
                );
                return None;
            }
        }
    }
    Some(AreaDraft {
        kind,
        name: node.attribute("name").unwrap_or("").to_owned(),
        outline_m,
        height_m: document.number_or(node, "height", 0.0),
    })
}
