//! Writes a draft as OpenDRIVE 1.7 (1.8 where a lane runs against its side, a surface lies in strips, or a connecting road is
//! entered from both its ends): one draft, one text, byte for byte.
//!
//! Numbers are rounded so that a map stays small and nothing is lost that a wheel could feel: metres to 1e-5, headings
//! to 1e-8 rad, curvatures to 1e-10 per metre, speeds to 1e-6 m/s, coefficients of polynomials to nine significant
//! digits. Default values are left away, and a line holds what belongs together, without indentation, which was a tenth
//! of a town. What the standard has no place for stands in `userData`: signal programs
//! (`westline.program`), areas beside the road (`westline.areas`), ring junctions (`westline.roundabout`) and the turning
//! paths that a light holds back (`westline.connectingRoads`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Write};

use super::read::{AREA_KINDS, COLOURS};
use super::signals::id_text;
use super::vocabulary::{
    LANE_CHANGES, LANE_KINDS, MARK_COLOURS, MARK_KINDS, OBJECT_KINDS, ORIENTATIONS, ROAD_CLASSES, SIDES, word,
};
use crate::draft::{
    AreaDraft, ContactPoint, ControllerDraft, CrossSectionSurfaceDraft, Cubic, JunctionDraft, LaneChange, LaneDraft,
    LaneSectionDraft, MapDraft, ObjectDraft, ObjectKind, Orientation, PlanElement, PlanShape, RoadDraft, RoadLink,
    RoadMarkDraft, SignalDraft, SignalKind, StructureKind, TrafficRule,
};

/// The text of a draft.
pub fn write(draft: &MapDraft) -> String {
    let mut out = Writer {
        text: String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"),
        open: Vec::new(),
    };
    out.open("OpenDRIVE", &[]);
    header(&mut out, draft);
    for r in &draft.roads {
        road(&mut out, r);
    }
    for c in &draft.controllers {
        controller(&mut out, c);
    }
    let switched_by = controllers_of_junctions(draft);
    let connecting: BTreeSet<&str> = draft
        .roads
        .iter()
        .filter(|r| r.junction.is_some())
        .map(|r| r.id.as_str())
        .collect();
    for j in &draft.junctions {
        let controllers = switched_by.get(j.id.as_str()).map_or(&[][..], Vec::as_slice);
        junction(&mut out, j, controllers, &connecting);
    }
    if !draft.areas.is_empty() {
        out.open("userData", &[("code", &"westline.areas")]);
        for a in &draft.areas {
            area(&mut out, a);
        }
        out.close();
    }
    out.close();
    out.text
}

/// Text with its open elements.
struct Writer {
    text: String,
    open: Vec<&'static str>,
}

type Attributes<'a> = [(&'a str, &'a dyn Display)];

/// Elements that begin a line; what else there is stands behind them.
const BEGIN_A_LINE: [&str; 22] = [
    "OpenDRIVE",
    "area",
    "bridge",
    "connection",
    "controller",
    "elevationProfile",
    "geometry",
    "header",
    "junction",
    "lane",
    "laneSection",
    "lanes",
    "object",
    "objects",
    "planView",
    "priority",
    "road",
    "signal",
    "signals",
    "step",
    "tunnel",
    "userData",
];

impl Writer {
    fn open(&mut self, name: &'static str, attributes: &Attributes) {
        self.tag(name, attributes);
        self.text.push('>');
        self.open.push(name);
    }

    fn empty(&mut self, name: &str, attributes: &Attributes) {
        self.tag(name, attributes);
        self.text.push_str("/>");
    }

    fn close(&mut self) {
        let name = self.open.pop().expect("every close has its open");
        let _ = write!(self.text, "</{name}>");
        if self.open.len() < 2 {
            self.text.push('\n');
        }
    }

    fn tag(&mut self, name: &str, attributes: &Attributes) {
        if BEGIN_A_LINE.contains(&name) && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.text.push('<');
        self.text.push_str(name);
        for (key, value) in attributes {
            let _ = write!(self.text, " {key}=\"");
            escape(&mut self.text, &value.to_string());
            self.text.push('"');
        }
    }
}

/// XML-escapes; characters that XML 1.0 cannot hold become spaces.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\r' => out.push_str("&#13;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push(' '),
            _ => out.push(c),
        }
    }
}

/// A number rounded to so many decimals, without trailing zeros.
fn rounded(value: f64, decimals: usize) -> String {
    let mut text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    if text == "-0" { "0".to_owned() } else { text }
}

fn metres(value: f64) -> String {
    rounded(value, 5)
}

fn radians(value: f64) -> String {
    rounded(value, 8)
}

fn curvature(value: f64) -> String {
    rounded(value, 10)
}

/// A speed, with enough digits that 50 km/h comes back as the same number of kilometres.
fn speed(value: f64) -> String {
    rounded(value, 6)
}

/// A coefficient with nine significant digits, in the shorter of the two notations.
fn coefficient(value: f64) -> String {
    let Ok(nine) = format!("{value:.8e}").parse::<f64>() else {
        return "0".to_owned();
    };
    if nine == 0.0 {
        return "0".to_owned();
    }
    let (plain, scientific) = (format!("{nine}"), format!("{nine:e}"));
    if plain.len() <= scientific.len() {
        plain
    } else {
        scientific
    }
}

fn header(out: &mut Writer, draft: &MapDraft) {
    let mut lanes = draft
        .roads
        .iter()
        .flat_map(|r| &r.sections)
        .flat_map(|s| s.left.iter().chain(&s.right));
    // Until 1.7 a connecting road had one connection, so that it was entered from one end only (1.8, 12.4.2).
    let mut entered = BTreeSet::new();
    let mut connections = draft.junctions.iter().flat_map(|junction| &junction.connections);
    let is_entered_twice = connections.any(|connection| !entered.insert(connection.connecting_road.as_str()));
    let has_strips = draft.roads.iter().any(|road| road.surface.is_some());
    let minor = if is_entered_twice || has_strips || lanes.any(|lane| lane.direction_is_reversed) {
        8
    } else {
        7
    };
    let points = || draft.roads.iter().flat_map(|r| &r.plan);
    let bound =
        |values: &mut dyn Iterator<Item = f64>, pick: fn(f64, f64) -> f64| metres(values.reduce(pick).unwrap_or(0.0));
    let north = bound(&mut points().map(|p| p.y_m), f64::max);
    let south = bound(&mut points().map(|p| p.y_m), f64::min);
    let east = bound(&mut points().map(|p| p.x_m), f64::max);
    let west = bound(&mut points().map(|p| p.x_m), f64::min);
    let attributes: &Attributes = &[
        ("revMajor", &1),
        ("revMinor", &minor),
        ("name", &draft.name),
        ("north", &north),
        ("south", &south),
        ("east", &east),
        ("west", &west),
        ("vendor", &"Westline"),
    ];
    let projection = match (&draft.geo_reference, &draft.projection) {
        (Some(at), _) => Some(format!(
            "+proj=tmerc +lat_0={} +lon_0={} +k={} +x_0={} +y_0={} +datum=WGS84 +units=m +no_defs",
            at.latitude_deg, at.longitude_deg, at.scale, at.east_m, at.north_m
        )),
        (None, projection) => projection.clone(),
    };
    let Some(projection) = projection else {
        out.empty("header", attributes);
        return;
    };
    out.open("header", attributes);
    // Not CDATA: an entity is safe whatever the text holds, and every reader resolves it.
    out.text.push_str("<geoReference>");
    escape(&mut out.text, &projection);
    out.text.push_str("</geoReference>");
    out.close();
}

fn road(out: &mut Writer, road: &RoadDraft) {
    let length = metres(road.length_m);
    let mut attributes: Vec<(&str, &dyn Display)> = Vec::new();
    if !road.name.is_empty() {
        attributes.push(("name", &road.name));
    }
    let junction = road.junction.as_deref().unwrap_or("-1");
    attributes.extend([
        ("length", &length as &dyn Display),
        ("id", &road.id),
        ("junction", &junction),
    ]);
    if road.rule == TrafficRule::LeftHand {
        attributes.push(("rule", &"LHT"));
    }
    out.open("road", &attributes);
    if road.predecessor.is_some() || road.successor.is_some() {
        out.open("link", &[]);
        for (name, link) in [("predecessor", &road.predecessor), ("successor", &road.successor)] {
            if let Some(link) = link {
                road_link(out, name, link);
            }
        }
        out.close();
    }
    for record in &road.types {
        let class = word(ROAD_CLASSES, record.class);
        let s = metres(record.s_m);
        let attributes: &Attributes = &[("s", &s), ("type", &class)];
        match record.speed_mps_max {
            None => out.empty("type", attributes),
            Some(limit) => {
                out.open("type", attributes);
                out.empty("speed", &[("max", &speed(limit))]);
                out.close();
            }
        }
    }
    out.open("planView", &[]);
    for element in &road.plan {
        geometry(out, element);
    }
    out.close();
    if !road.elevation.is_empty() {
        out.open("elevationProfile", &[]);
        cubics(out, "elevation", "s", &road.elevation);
        out.close();
    }
    lateral_profile(out, road);
    out.open("lanes", &[]);
    cubics(out, "laneOffset", "s", &road.lane_offset);
    for s in &road.sections {
        section(out, s);
    }
    out.close();
    if !road.objects.is_empty() || !road.structures.is_empty() {
        out.open("objects", &[]);
        for o in &road.objects {
            object(out, o);
        }
        // The standard puts tunnels before bridges.
        for (kind, name) in [(StructureKind::Tunnel, "tunnel"), (StructureKind::Bridge, "bridge")] {
            for (i, s) in road.structures.iter().filter(|s| s.kind == kind).enumerate() {
                let kind_word = if kind == StructureKind::Tunnel {
                    "standard"
                } else {
                    "concrete"
                };
                let id = format!("{name}-{}-{i}", road.id);
                let attributes: &Attributes = &[
                    ("s", &metres(s.s_m)),
                    ("length", &metres(s.length_m)),
                    ("name", &s.name),
                    ("id", &id),
                    ("type", &kind_word),
                ];
                out.empty(name, attributes);
            }
        }
        out.close();
    }
    if !road.signals.is_empty() {
        out.open("signals", &[]);
        for s in &road.signals {
            signal(out, s, road);
        }
        out.close();
    }
    out.close();
}

fn road_link(out: &mut Writer, name: &str, link: &RoadLink) {
    match link {
        RoadLink::Road { id, contact } => out.empty(
            name,
            &[
                ("elementType", &"road"),
                ("elementId", id),
                ("contactPoint", &contact_word(*contact)),
            ],
        ),
        RoadLink::Junction { id } => out.empty(name, &[("elementType", &"junction"), ("elementId", id)]),
        RoadLink::Along { id, s_m, is_forward } => out.empty(
            name,
            &[
                ("elementType", &"road"),
                ("elementId", id),
                ("elementS", &metres(*s_m)),
                ("elementDir", if *is_forward { &"+" } else { &"-" }),
            ],
        ),
    }
}

fn contact_word(contact: ContactPoint) -> &'static str {
    match contact {
        ContactPoint::Start => "start",
        ContactPoint::End => "end",
    }
}

fn geometry(out: &mut Writer, element: &PlanElement) {
    out.open(
        "geometry",
        &[
            ("s", &metres(element.s_m)),
            ("x", &metres(element.x_m)),
            ("y", &metres(element.y_m)),
            ("hdg", &radians(element.heading_rad)),
            ("length", &metres(element.length_m)),
        ],
    );
    match element.shape {
        PlanShape::Line => out.empty("line", &[]),
        PlanShape::Arc { curvature_per_m } => out.empty("arc", &[("curvature", &curvature(curvature_per_m))]),
        PlanShape::Spiral { start_per_m, end_per_m } => {
            out.empty(
                "spiral",
                &[
                    ("curvStart", &curvature(start_per_m)),
                    ("curvEnd", &curvature(end_per_m)),
                ],
            );
        }
        PlanShape::Poly3 { v } => {
            let [a, b, c, d] = v.map(coefficient);
            out.empty("poly3", &[("a", &a), ("b", &b), ("c", &c), ("d", &d)]);
        }
        PlanShape::ParamPoly3 {
            u,
            v,
            parameter_is_normalized,
        } => {
            let ([au, bu, cu, du], [av, bv, cv, dv]) = (u.map(coefficient), v.map(coefficient));
            let range = if parameter_is_normalized {
                "normalized"
            } else {
                "arcLength"
            };
            out.empty(
                "paramPoly3",
                &[
                    ("aU", &au),
                    ("bU", &bu),
                    ("cU", &cu),
                    ("dU", &du),
                    ("aV", &av),
                    ("bV", &bv),
                    ("cV", &cv),
                    ("dV", &dv),
                    ("pRange", &range),
                ],
            );
        }
    }
    out.close();
}

fn lateral_profile(out: &mut Writer, road: &RoadDraft) {
    let is_plain = road.superelevation.is_empty() && road.shapes.is_empty() && road.crossfalls.is_empty();
    if is_plain && road.surface.is_none() {
        return;
    }
    out.open("lateralProfile", &[]);
    cubics(out, "superelevation", "s", &road.superelevation);
    for fall in &road.crossfalls {
        let r = fall.angle_rad;
        let [a, b, c, d] = [r.a, r.b, r.c, r.d].map(coefficient);
        let (side, s) = (word(SIDES, fall.side), metres(r.s_m));
        out.empty(
            "crossfall",
            &[("side", &side), ("s", &s), ("a", &a), ("b", &b), ("c", &c), ("d", &d)],
        );
    }
    for shape in &road.shapes {
        let r = shape.across;
        let [a, b, c, d] = [r.a, r.b, r.c, r.d].map(coefficient);
        let (s, t) = (metres(shape.s_m), metres(r.s_m));
        out.empty(
            "shape",
            &[("s", &s), ("t", &t), ("a", &a), ("b", &b), ("c", &c), ("d", &d)],
        );
    }
    if let Some(surface) = &road.surface {
        cross_section_surface(out, surface);
    }
    out.close();
}

fn cross_section_surface(out: &mut Writer, surface: &CrossSectionSurfaceDraft) {
    let along = |out: &mut Writer, name, records: &[Cubic]| {
        if !records.is_empty() {
            out.open(name, &[]);
            cubics(out, "coefficients", "s", records);
            out.close();
        }
    };
    out.open("crossSectionSurface", &[]);
    along(out, "tOffset", &surface.offset_m);
    out.open("surfaceStrips", &[]);
    for strip in &surface.strips {
        let mut attributes: Vec<(&str, &dyn Display)> = vec![("id", &strip.id)];
        if strip.is_relative {
            attributes.push(("mode", &"relative"));
        }
        out.open("strip", &attributes);
        along(out, "width", &strip.width_m);
        for (name, records) in ["constant", "linear", "quadratic", "cubic"]
            .into_iter()
            .zip(&strip.terms)
        {
            along(out, name, records);
        }
        out.close();
    }
    out.close();
    out.close();
}

fn cubics(out: &mut Writer, name: &str, s: &str, records: &[Cubic]) {
    for r in records {
        let [a, b, c, d] = [r.a, r.b, r.c, r.d].map(coefficient);
        out.empty(name, &[(s, &metres(r.s_m)), ("a", &a), ("b", &b), ("c", &c), ("d", &d)]);
    }
}

fn section(out: &mut Writer, section: &LaneSectionDraft) {
    out.open("laneSection", &[("s", &metres(section.s_m))]);
    if !section.left.is_empty() {
        out.open("left", &[]);
        // From the outside in, as the standard's examples go: by falling id.
        for l in section.left.iter().rev() {
            lane(out, l);
        }
        out.close();
    }
    out.open("center", &[]);
    let centre: &Attributes = &[("id", &0), ("type", &"none")];
    if section.centre_marks.is_empty() {
        out.empty("lane", centre);
    } else {
        out.open("lane", centre);
        marks(out, &section.centre_marks);
        out.close();
    }
    out.close();
    if !section.right.is_empty() {
        out.open("right", &[]);
        for l in &section.right {
            lane(out, l);
        }
        out.close();
    }
    out.close();
}

fn lane(out: &mut Writer, lane: &LaneDraft) {
    let kind = word(LANE_KINDS, lane.kind);
    let mut attributes: Vec<(&str, &dyn Display)> = vec![("id", &lane.id), ("type", &kind)];
    if lane.level {
        attributes.push(("level", &"true"));
    }
    if lane.direction_is_reversed {
        attributes.push(("direction", &"reversed"));
    }
    out.open("lane", &attributes);
    if lane.predecessor.is_some() || lane.successor.is_some() {
        out.open("link", &[]);
        for (name, id) in [("predecessor", lane.predecessor), ("successor", lane.successor)] {
            if let Some(id) = id {
                out.empty(name, &[("id", &id)]);
            }
        }
        out.close();
    }
    cubics(out, "border", "sOffset", &lane.borders);
    cubics(out, "width", "sOffset", &lane.widths);
    marks(out, &lane.marks);
    for &(s_m, limit) in &lane.speeds_mps_max {
        out.empty("speed", &[("sOffset", &metres(s_m)), ("max", &speed(limit))]);
    }
    for h in &lane.heights {
        out.empty(
            "height",
            &[
                ("sOffset", &metres(h.s_m)),
                ("inner", &metres(h.inner_m)),
                ("outer", &metres(h.outer_m)),
            ],
        );
    }
    out.close();
}

fn marks(out: &mut Writer, marks: &[RoadMarkDraft]) {
    for mark in marks {
        let (s, width) = (metres(mark.s_m), metres(mark.width_m));
        let (kind, colour) = (word(MARK_KINDS, mark.kind), word(MARK_COLOURS, mark.colour));
        let change = word(LANE_CHANGES, mark.lane_change);
        let mut attributes: Vec<(&str, &dyn Display)> = vec![("sOffset", &s), ("type", &kind), ("color", &colour)];
        if width != "0" {
            attributes.push(("width", &width));
        }
        if mark.lane_change != LaneChange::ByMark {
            attributes.push(("laneChange", &change));
        }
        out.empty("roadMark", &attributes);
    }
}

fn object(out: &mut Writer, object: &ObjectDraft) {
    let (kind, subtype) = match object.kind {
        // The standard's type list has no stop; other tools skip an object of type `none`.
        ObjectKind::BusStop => ("none", "busStop"),
        ObjectKind::StopLine => ("roadMark", "signalLines"),
        kind => (word(OBJECT_KINDS, kind), ""),
    };
    let texts = [object.s_m, object.t_m, object.length_m, object.width_m, object.height_m].map(metres);
    let [s, t, length, width, height] = &texts;
    let heading = radians(object.heading_rad);
    let orientation = word(ORIENTATIONS, object.orientation);
    let mut attributes: Vec<(&str, &dyn Display)> = vec![("id", &object.id), ("type", &kind)];
    if !subtype.is_empty() {
        attributes.push(("subtype", &subtype));
    }
    if !object.name.is_empty() {
        attributes.push(("name", &object.name));
    }
    attributes.extend([
        ("s", s as &dyn Display),
        ("t", t),
        ("zOffset", &0),
        ("hdg", &heading),
        ("length", length),
        ("width", width),
        ("height", height),
        ("orientation", &orientation),
    ]);
    out.empty("object", &attributes);
}

/// A light for people speaks to no direction of traffic, which netconvert takes for both and puts lights at either end of
/// the road: it is told the end that is nearer. We read it back as what it is.
fn faced(signal: &SignalDraft, road: &RoadDraft) -> Orientation {
    match signal.kind {
        SignalKind::PedestrianLight if signal.s_m < 0.5 * road.length_m => Orientation::Backward,
        SignalKind::PedestrianLight => Orientation::Forward,
        _ => signal.orientation,
    }
}

fn signal(out: &mut Writer, signal: &SignalDraft, road: &RoadDraft) {
    let (country, code, subcode, value) = match &signal.kind {
        SignalKind::TrafficLight => ("OpenDRIVE", "1000001", "-1", None),
        SignalKind::PedestrianLight => ("OpenDRIVE", "1000002", "-1", None),
        SignalKind::Stop => ("DE", "206", "-1", None),
        SignalKind::GiveWay => ("DE", "205", "-1", None),
        SignalKind::Priority => ("DE", "306", "-1", None),
        SignalKind::SpeedLimit { speed_mps_max } => ("DE", "274", "-1", Some(*speed_mps_max)),
        SignalKind::Unknown => ("", "-1", "-1", None),
        SignalKind::Other { country, code, subcode } => (country.as_str(), code.as_str(), subcode.as_str(), None),
    };
    let is_light = matches!(signal.kind, SignalKind::TrafficLight | SignalKind::PedestrianLight);
    let dynamic = if is_light { "yes" } else { "no" };
    let [s, t, z] = [signal.s_m, signal.t_m, signal.z_offset_m].map(metres);
    let orientation = word(ORIENTATIONS, faced(signal, road));
    let limit = value.map(|v| rounded(v * 3.6, 5));
    let mut attributes: Vec<(&str, &dyn Display)> = vec![
        ("id", &signal.id),
        ("name", &signal.name),
        ("s", &s),
        ("t", &t),
        ("zOffset", &z),
        ("orientation", &orientation),
        ("dynamic", &dynamic),
        ("country", &country),
        ("type", &code),
        ("subtype", &subcode),
    ];
    if let Some(limit) = &limit {
        attributes.extend([("value", limit as &dyn Display), ("unit", &"km/h")]);
    }
    // A light on a connecting road speaks to that road unless it says otherwise, so "all" must be said there.
    let connecting = id_text(&signal.connecting_roads);
    let says_roads = !signal.connecting_roads.is_empty() || is_light && road.junction.is_some();
    if signal.lanes.is_none() && !says_roads {
        out.empty("signal", &attributes);
        return;
    }
    out.open("signal", &attributes);
    if let Some((from, to)) = signal.lanes {
        out.empty("validity", &[("fromLane", &from), ("toLane", &to)]);
    }
    if says_roads {
        out.empty(
            "userData",
            &[("code", &"westline.connectingRoads"), ("value", &connecting)],
        );
    }
    out.close();
}

fn controller(out: &mut Writer, controller: &ControllerDraft) {
    out.open("controller", &[("id", &controller.id), ("name", &controller.name)]);
    for id in &controller.signals {
        out.empty("control", &[("signalId", id), ("type", &"")]);
    }
    let offset = metres(controller.offset_s);
    if !controller.phases.is_empty() || !controller.steps.is_empty() || offset != "0" {
        out.open("userData", &[("code", &"westline.program"), ("value", &offset)]);
        for step in &controller.steps {
            let colours: String = step.colours.iter().map(|&colour| word(COLOURS, colour)).collect();
            out.empty("step", &[("duration", &metres(step.duration_s)), ("colours", &colours)]);
        }
        for p in &controller.phases {
            let [green, amber, all_red] = [p.green_s, p.amber_s, p.all_red_s].map(metres);
            let signals = id_text(&p.green);
            out.empty(
                "phase",
                &[
                    ("green", &green),
                    ("amber", &amber),
                    ("allRed", &all_red),
                    ("signals", &signals),
                ],
            );
        }
        out.close();
    }
    out.close();
}

/// The controllers whose lights stand at each junction: OpenDRIVE names them in the junction too (14.6).
fn controllers_of_junctions(draft: &MapDraft) -> BTreeMap<&str, Vec<&str>> {
    let mut junction_of_signal: BTreeMap<&str, &str> = BTreeMap::new();
    for road in &draft.roads {
        let at = |s_m: f64, forward: Option<bool>| -> Option<&str> {
            if let Some(junction) = &road.junction {
                return Some(junction);
            }
            let is_at_end = forward.unwrap_or(s_m > 0.5 * road.length_m);
            match if is_at_end { &road.successor } else { &road.predecessor } {
                Some(RoadLink::Junction { id }) => Some(id),
                _ => None,
            }
        };
        for signal in &road.signals {
            let forward = match signal.orientation {
                crate::draft::Orientation::Forward => Some(true),
                crate::draft::Orientation::Backward => Some(false),
                crate::draft::Orientation::Both => None,
            };
            if let Some(junction) = at(signal.s_m, forward) {
                junction_of_signal.insert(&signal.id, junction);
            }
        }
    }
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for controller in &draft.controllers {
        let junctions: BTreeSet<&str> = controller
            .signals
            .iter()
            .filter_map(|id| junction_of_signal.get(id.as_str()).copied())
            .collect();
        for junction in junctions {
            found.entry(junction).or_default().push(&controller.id);
        }
    }
    found
}

fn junction(out: &mut Writer, junction: &JunctionDraft, controllers: &[&str], connecting: &BTreeSet<&str>) {
    // In a direct junction the roads touch without a road between them (12.8).
    let is_direct = !junction.connections.is_empty()
        && junction
            .connections
            .iter()
            .all(|c| !connecting.contains(c.connecting_road.as_str()));
    let is_virtual = junction.main_road.is_some() || !junction.virtual_connections.is_empty();
    let kind = match (is_virtual, is_direct) {
        (true, _) => "virtual",
        (false, true) => "direct",
        (false, false) => "default",
    };
    let mut attributes: Vec<(&str, &dyn Display)> =
        vec![("name", &junction.name), ("id", &junction.id), ("type", &kind)];
    let place = junction.main_road.as_ref().map(|on| {
        let orientation = word(ORIENTATIONS, on.orientation);
        (&on.id, metres(on.start_m), metres(on.end_m), orientation)
    });
    if let Some((road, start, end, orientation)) = &place {
        attributes.extend([
            ("mainRoad", road as &dyn Display),
            ("sStart", start),
            ("sEnd", end),
            ("orientation", orientation),
        ]);
    }
    out.open("junction", &attributes);
    let target = if kind == "direct" {
        "linkedRoad"
    } else {
        "connectingRoad"
    };
    for (i, c) in junction.connections.iter().enumerate() {
        let attributes: &Attributes = &[
            ("id", &i),
            ("incomingRoad", &c.incoming_road),
            (target, &c.connecting_road),
            ("contactPoint", &contact_word(c.contact)),
        ];
        if c.lane_links.is_empty() {
            out.empty("connection", attributes);
            continue;
        }
        out.open("connection", attributes);
        for (from, to) in &c.lane_links {
            out.empty("laneLink", &[("from", from), ("to", to)]);
        }
        out.close();
    }
    for (i, c) in junction.virtual_connections.iter().enumerate() {
        out.open(
            "connection",
            &[("id", &(junction.connections.len() + i)), ("type", &"virtual")],
        );
        road_link(out, "predecessor", &c.from);
        road_link(out, "successor", &c.to);
        for (from, to) in &c.lane_links {
            out.empty("laneLink", &[("from", from), ("to", to)]);
        }
        out.close();
    }
    for (high, low) in &junction.priorities {
        out.empty("priority", &[("high", high), ("low", low)]);
    }
    for (i, id) in controllers.iter().enumerate() {
        out.empty("controller", &[("id", id), ("type", &"0"), ("sequence", &i)]);
    }
    if junction.is_roundabout {
        out.empty("userData", &[("code", &"westline.roundabout"), ("value", &"true")]);
    }
    out.close();
}

fn area(out: &mut Writer, area: &AreaDraft) {
    let kind = word(AREA_KINDS, area.kind);
    let height = metres(area.height_m);
    let mut attributes: Vec<(&str, &dyn Display)> = vec![("kind", &kind)];
    if !area.name.is_empty() {
        attributes.push(("name", &area.name));
    }
    if height != "0" {
        attributes.push(("height", &height));
    }
    out.tag("area", &attributes);
    out.text.push('>');
    for (i, [x, y]) in area.outline_m.iter().enumerate() {
        let gap = if i == 0 { "" } else { " " };
        // Outlines are for pictures: a centimetre is enough.
        let _ = write!(out.text, "{gap}{},{}", rounded(*x, 2), rounded(*y, 2));
    }
    out.text.push_str("</area>");
}
