//! `MAP.md`: what other files of the site refer to, so that nobody has to search the map for it.

use super::town::STOPS;
use road::builder::{LaneSpec, StreetGraph};
use road::draft::{GeoReference, MapDraft, ObjectKind, Orientation, RoadClass};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The page for a drawn town.
pub fn page(graph: &StreetGraph, draft: &MapDraft) -> String {
    let mut text = String::from(
        "# What is on the map\n\nWritten by the example `draw_yongchuan` together with `map.xodr`; do not edit.\n",
    );
    let geographic = |x_m: f64, y_m: f64| {
        draft
            .geo_reference
            .map_or([f64::NAN; 2], |place: GeoReference| place.to_geographic_deg(x_m, y_m))
    };
    text.push_str(
        "\n## Stops of the line\n\nIn the order of the round trip. `s` is the middle of the kerb, along the road.\n\n",
    );
    text.push_str(
        "| stop | name | road | street | traffic runs | s, m | kerb, m | near x, y, m | latitude, longitude |\n",
    );
    text.push_str("|---|---|---|---|---|---|---|---|---|\n");
    for stop in STOPS {
        for road in &draft.roads {
            for object in road
                .objects
                .iter()
                .filter(|o| o.kind == ObjectKind::BusStop && o.id == stop.id)
            {
                let [latitude, longitude] = geographic(stop.near[0], stop.near[1]);
                let direction = if object.orientation == Orientation::Forward {
                    "along +s"
                } else {
                    "against +s"
                };
                let _ = writeln!(
                    text,
                    "| {} | {} | {} | {} | {direction} | {:.1} | {:.0} | {:.0}, {:.0} | {latitude:.6}, {longitude:.6} |",
                    stop.id, stop.name, road.id, road.name, object.s_m, object.length_m, stop.near[0], stop.near[1]
                );
            }
        }
    }
    text.push_str("\n## Fringes\n\nStreets that leave the map, where traffic comes from and goes to. Lanes for motor vehicles.\n\n");
    text.push_str(
        "| road | street | class | lanes in | lanes out | traffic enters | x, y, m | latitude, longitude |\n",
    );
    text.push_str("|---|---|---|---|---|---|---|---|\n");
    for street in &graph.streets {
        for (node, at_start) in [(street.from, true), (street.to, false)] {
            let degree = graph
                .streets
                .iter()
                .filter(|other| other.from == node || other.to == node)
                .count();
            if degree != 1 {
                continue;
            }
            let count = |lanes: &[LaneSpec]| lanes.iter().filter(|lane| lane.is_for_motor_vehicles()).count();
            let (along, against) = (count(&street.forward), count(&street.backward));
            let (into, out) = if at_start { (along, against) } else { (against, along) };
            let spec = &graph.nodes[node.0 as usize];
            let [latitude, longitude] = geographic(spec.x_m, spec.y_m);
            let place = match (at_start, into) {
                (_, 0) => "-",
                (true, _) => "at s = 0, along +s",
                (false, _) => "at its end, against +s",
            };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {into} | {out} | {place} | {:.0}, {:.0} | {latitude:.6}, {longitude:.6} |",
                street.id,
                street.name,
                class(street.class),
                spec.x_m,
                spec.y_m
            );
        }
    }
    let mut lengths: BTreeMap<&str, (f64, RoadClass, Vec<&str>)> = BTreeMap::new();
    for (street, road) in graph.streets.iter().zip(&draft.roads) {
        let entry = lengths.entry(&street.name).or_insert((0.0, street.class, Vec::new()));
        entry.0 += road.length_m;
        entry.2.push(&street.id);
    }
    let two_way: f64 = graph
        .streets
        .iter()
        .zip(&draft.roads)
        .map(|(street, road)| {
            let is_two_way = street.backward.iter().any(LaneSpec::is_for_motor_vehicles);
            road.length_m * if is_two_way { 2.0 } else { 1.0 }
        })
        .sum();
    let _ = writeln!(
        text,
        "\n## Streets\n\n{:.1} km of road outside junctions, {:.1} km counted by direction. {} junctions, {} of them with lights.\n",
        lengths.values().map(|entry| entry.0).sum::<f64>() / 1000.0,
        two_way / 1000.0,
        graph
            .nodes
            .iter()
            .enumerate()
            .filter(|(index, _)| {
                graph
                    .streets
                    .iter()
                    .filter(|s| s.from.0 as usize == *index || s.to.0 as usize == *index)
                    .count()
                    > 2
            })
            .count(),
        draft.controllers.len()
    );
    text.push_str("| street | class | length, m | roads |\n|---|---|---|---|\n");
    for (name, (length_m, street_class, ids)) in lengths {
        let _ = writeln!(
            text,
            "| {name} | {} | {length_m:.0} | {} |",
            class(street_class),
            ids.join(" ")
        );
    }
    text
}

fn class(class: RoadClass) -> &'static str {
    match class {
        RoadClass::Expressway => "expressway",
        RoadClass::Arterial => "arterial",
        RoadClass::Collector => "collector",
        _ => "local",
    }
}
