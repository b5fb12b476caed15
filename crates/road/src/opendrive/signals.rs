//! Signals of a road (OpenDRIVE 14): which of a catalogue's entries are lights, stop and give-way signs, limits.
//!
//! Countries number their signs as they like; known here are OpenDRIVE's own numbers for lights, the German numbers
//! (which most exporters also write under country `OpenDRIVE`), the American and the Swedish ones, and the `<semantics>`
//! of 1.8, which needs no catalogue. Everything else is kept by its number.

use super::vocabulary::{ORIENTATIONS, meaning, mps_per};
use crate::document::{Document, Node, child, children, user_data};
use crate::draft::{Orientation, RoadDraft, SignalDraft, SignalKind};

/// A `<signalReference>`: a signal of another road that also speaks to this one.
pub(super) struct Reference {
    signal: String,
    road: String,
    road_is_connecting: bool,
}

pub(super) fn read_signals(document: &Document, node: Node, road: &mut RoadDraft, references: &mut Vec<Reference>) {
    let Some(signals) = child(node, "signals") else { return };
    for n in children(signals, "signal") {
        let mut signal = signal(document, n);
        if let Some(data) = user_data(n, "westline.connectingRoads") {
            signal.connecting_roads = id_list(data.attribute("value").unwrap_or(""));
        } else if is_light(&signal.kind) && road.junction.is_some() {
            // A light that stands on a connecting road speaks to that one alone.
            signal.connecting_roads = vec![road.id.clone()];
        }
        road.signals.push(signal);
    }
    references.extend(children(signals, "signalReference").map(|n| Reference {
        signal: document.text(n, "id").to_owned(),
        road: road.id.clone(),
        road_is_connecting: road.junction.is_some(),
    }));
}

/// Gives lights the connecting roads that refer to them.
pub(super) fn resolve_references(document: &Document, roads: &mut [RoadDraft], references: &[Reference]) {
    if references.is_empty() {
        return;
    }
    let mut place_of = std::collections::BTreeMap::new();
    for (r, road) in roads.iter().enumerate() {
        for (s, signal) in road.signals.iter().enumerate() {
            place_of.entry(signal.id.clone()).or_insert((r, s));
        }
    }
    for reference in references {
        match place_of.get(&reference.signal) {
            Some(&(r, s)) if reference.road_is_connecting && is_light(&roads[r].signals[s].kind) => {
                let roads = &mut roads[r].signals[s].connecting_roads;
                if !roads.contains(&reference.road) {
                    roads.push(reference.road.clone());
                }
            }
            Some(_) => document.note(document.root(), "a <signalReference> outside junctions is not read"),
            None => document.note(
                document.root(),
                "a <signalReference> names a signal that is not in the map",
            ),
        }
    }
}

fn is_light(kind: &SignalKind) -> bool {
    matches!(kind, SignalKind::TrafficLight | SignalKind::PedestrianLight)
}

fn signal(document: &Document, node: Node) -> SignalDraft {
    let lanes: Vec<(i32, i32)> = children(node, "validity")
        .filter_map(|n| Some((document.integer(n, "fromLane")?, document.integer(n, "toLane")?)))
        .map(|(from, to)| (from.min(to), from.max(to)))
        .collect();
    let kind = kind(document, node);
    let orientation = match kind {
        // Speaks to people, whichever way traffic runs.
        SignalKind::PedestrianLight => Orientation::Both,
        _ => meaning(ORIENTATIONS, node.attribute("orientation").unwrap_or("none")).unwrap_or_default(),
    };
    SignalDraft {
        id: document.text(node, "id").to_owned(),
        name: node.attribute("name").unwrap_or("").to_owned(),
        s_m: document.number(node, "s"),
        t_m: document.number(node, "t"),
        z_offset_m: document.number_or(node, "zOffset", 0.0),
        orientation,
        kind,
        // Several ranges become the one that spans them: they name neighbouring lanes in all files that we have seen.
        lanes: lanes.iter().copied().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))),
        connecting_roads: Vec::new(),
    }
}

fn kind(document: &Document, node: Node) -> SignalKind {
    let country = node.attribute("country").unwrap_or("").trim();
    let code = node.attribute("type").unwrap_or("").trim();
    let subcode = node.attribute("subtype").unwrap_or("").trim();
    let value_mps = || {
        let value = document.optional_number(node, "value")?;
        // Catalogue signs count km/h where no unit is given; the American ones miles.
        let default = if country.eq_ignore_ascii_case("US") {
            "mph"
        } else {
            "km/h"
        };
        (value > 0.0).then_some(value * mps_per(node.attribute("unit").unwrap_or(default))?)
    };
    if let Some(kind) = child(node, "semantics").and_then(|n| semantics(document, n)) {
        return kind;
    }
    let is_german = ["", "DE", "DEU", "OpenDRIVE"]
        .iter()
        .any(|c| country.eq_ignore_ascii_case(c));
    let limit = |kmh: Option<f64>| match value_mps().or(kmh.map(|v| v / 3.6)) {
        Some(speed_mps_max) => SignalKind::SpeedLimit { speed_mps_max },
        None => other(country, code, subcode),
    };
    match code.to_ascii_uppercase().as_str() {
        "1000001" | "1000009" | "1000010" | "1000011" | "1000012" => SignalKind::TrafficLight,
        "1000002" | "1000007" => SignalKind::PedestrianLight,
        "206" if is_german => SignalKind::Stop,
        "205" if is_german => SignalKind::GiveWay,
        "301" | "306" if is_german => SignalKind::Priority,
        // Subtypes 51 to 60 are the old German numbers for 10 to 100 km/h; new files write the speed itself.
        "274" if is_german => limit(subcode.parse().ok().and_then(|v: f64| match v {
            51.0..=60.0 => Some((v - 50.0) * 10.0),
            _ if v > 0.0 => Some(v),
            _ => None,
        })),
        "R1-1" if country.eq_ignore_ascii_case("US") => SignalKind::Stop,
        "R1-2" if country.eq_ignore_ascii_case("US") => SignalKind::GiveWay,
        "R2-1" if country.eq_ignore_ascii_case("US") => limit(
            subcode
                .parse::<f64>()
                .ok()
                .filter(|v| *v > 0.0)
                .map(|mph| mph * 1.609_344),
        ),
        "B" if country.eq_ignore_ascii_case("SE") && subcode == "1" => SignalKind::GiveWay,
        "B" if country.eq_ignore_ascii_case("SE") && subcode == "2" => SignalKind::Stop,
        "B" if country.eq_ignore_ascii_case("SE") && subcode == "4" => SignalKind::Priority,
        "C" if country.eq_ignore_ascii_case("SE") && subcode == "31" => limit(None),
        "" | "-1" | "NONE" if country.is_empty() && matches!(subcode, "" | "-1" | "none") => SignalKind::Unknown,
        _ => other(country, code, subcode),
    }
}

fn other(country: &str, code: &str, subcode: &str) -> SignalKind {
    SignalKind::Other {
        country: country.to_owned(),
        code: code.to_owned(),
        subcode: subcode.to_owned(),
    }
}

/// `<semantics>` of OpenDRIVE 1.8 (14.4).
fn semantics(document: &Document, node: Node) -> Option<SignalKind> {
    if let Some(speed) = children(node, "speed").find(|n| n.attribute("type") == Some("maximum")) {
        let per = mps_per(speed.attribute("unit").unwrap_or("m/s"))?;
        let value = document.optional_number(speed, "value").filter(|v| *v > 0.0)?;
        return Some(SignalKind::SpeedLimit {
            speed_mps_max: value * per,
        });
    }
    match child(node, "priority")?.attribute("type")? {
        "stop" | "allWayStop" | "fourWayStop" => Some(SignalKind::Stop),
        "yield" | "giveWay" => Some(SignalKind::GiveWay),
        "priorityRoad" | "rightOfWay" => Some(SignalKind::Priority),
        "trafficLight" => Some(SignalKind::TrafficLight),
        _ => None,
    }
}

/// Characters that part ids in a list, and the one that escapes them.
const ESCAPES: [(&str, &str); 5] = [("%", "%25"), (" ", "%20"), ("\t", "%09"), ("\n", "%0A"), ("\r", "%0D")];

/// A list of ids in one attribute: parted by spaces, white space inside escaped as in a URL.
pub(super) fn id_list(text: &str) -> Vec<String> {
    let unescape = |id: &str| {
        ESCAPES
            .iter()
            .rev()
            .fold(id.to_owned(), |id, (plain, escaped)| id.replace(escaped, plain))
    };
    text.split_ascii_whitespace().map(unescape).collect()
}

/// The reverse of [`id_list`].
pub(super) fn id_text(ids: &[String]) -> String {
    let escape = |id: &String| {
        ESCAPES
            .iter()
            .fold(id.clone(), |id, (plain, escaped)| id.replace(plain, escaped))
    };
    ids.iter().map(escape).collect::<Vec<_>>().join(" ")
}
