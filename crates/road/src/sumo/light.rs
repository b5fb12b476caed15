//! Lights of a network: heads for links that always show the same, programs step by step, crossings with theirs.

use super::build::{Site, driven_width, lane_id};
use super::read::Function;
use crate::SignalColour;
use crate::document::Document;
use crate::draft::{
    ControllerDraft, MapDraft, ObjectDraft, ObjectKind, Orientation, SignalDraft, SignalKind, StepDraft,
};
use std::collections::BTreeMap;

/// Links of one light that share a head.
#[derive(Default)]
struct Head {
    links: Vec<usize>,
    lanes: Vec<i32>,
    connecting_roads: Vec<String>,
}

/// A head's key: the light, the edge whose traffic it speaks to, and what it shows in each step.
type Key<'a> = (&'a str, usize, Vec<SignalColour>);

pub(super) fn add(document: &Document, site: &Site<'_>, draft: &mut MapDraft) {
    let net = site.net;
    let column = |light: &str, link: usize| -> Vec<SignalColour> {
        net.programs.get(light).map_or_else(Vec::new, |program| {
            let shown = |colours: &Vec<SignalColour>| colours.get(link).copied().unwrap_or(SignalColour::Dark);
            program.steps.iter().map(|(_, colours)| shown(colours)).collect()
        })
    };
    let mut heads: BTreeMap<Key<'_>, Head> = BTreeMap::new();
    for way in &site.ways {
        let Some((light, link)) = way.connection.light else {
            continue;
        };
        let is_short = net
            .programs
            .get(light)
            .is_some_and(|program| program.steps.iter().any(|(_, colours)| colours.len() <= link));
        if is_short {
            document.note(
                document.root(),
                "a program says nothing of some of its links; they stay dark",
            );
        }
        let head = heads
            .entry((light, way.connection.from, column(light, link)))
            .or_default();
        head.links.push(link);
        let edge = &net.edges[way.connection.from];
        head.lanes.push(lane_id(edge, way.connection.from_lane, net.keeps_left));
        head.connecting_roads.push(way.road.clone());
    }
    // (light, first link) to (signal, column): the order of the controller's signals.
    let mut members: BTreeMap<&str, BTreeMap<usize, (String, Vec<SignalColour>)>> = BTreeMap::new();
    for ((light, edge, shown), head) in heads {
        let first = head.links.iter().copied().min().unwrap_or(0);
        let id = format!("{light}.{first}");
        let road = &mut draft.roads[site.road_of[&edge]];
        let (low_m, high_m) = driven_width(road);
        let range = head.lanes.iter().min().zip(head.lanes.iter().max());
        road.signals.push(SignalDraft {
            id: id.clone(),
            s_m: (road.length_m - 0.3).max(0.0),
            t_m: if net.keeps_left { high_m + 0.6 } else { low_m - 0.6 },
            z_offset_m: 3.0,
            orientation: Orientation::Forward,
            kind: SignalKind::TrafficLight,
            lanes: range.map(|(&low, &high)| (low, high)),
            connecting_roads: head.connecting_roads,
            ..SignalDraft::default()
        });
        members.entry(light).or_default().insert(first, (id, shown));
    }
    add_crossings(site, draft, &mut members, &column);
    for (light, members) in members {
        let program = net.programs.get(light);
        let steps = program.map_or_else(Vec::new, |program| {
            let steps = program.steps.iter().enumerate();
            steps
                .map(|(step, &(duration_s, _))| StepDraft {
                    duration_s,
                    colours: members.values().map(|(_, shown)| shown[step]).collect(),
                })
                .collect()
        });
        draft.controllers.push(ControllerDraft {
            id: light.to_owned(),
            signals: members.into_values().map(|(id, _)| id).collect(),
            steps,
            offset_s: program.map_or(0.0, |program| program.offset_s),
            ..ControllerDraft::default()
        });
    }
}

/// A crossing of SUMO lies in the junction, between the lanes' ends; here it is painted over the ends of the roads that
/// it leads over, which is where vehicles wait for it.
fn add_crossings<'a>(
    site: &Site<'a>,
    draft: &mut MapDraft,
    members: &mut BTreeMap<&'a str, BTreeMap<usize, (String, Vec<SignalColour>)>>,
    column: &impl Fn(&str, usize) -> Vec<SignalColour>,
) {
    let net = site.net;
    let mut lights = BTreeMap::new();
    for connection in &net.connections {
        if let Some(light) = connection.light {
            lights.entry(connection.to).or_insert(light);
        }
    }
    for (index, edge) in net.edges.iter().enumerate() {
        if edge.function != Function::Crossing {
            continue;
        }
        let Some(lane) = edge.lanes.first() else { continue };
        let light = lights.get(&index).copied();
        let mut has_light = false;
        for crossed in &edge.crossed {
            let Some(&road) = net.edge_index.get(crossed).and_then(|edge| site.road_of.get(edge)) else {
                continue;
            };
            let road = &mut draft.roads[road];
            let (low_m, high_m) = driven_width(road);
            if high_m - low_m < 0.5 {
                continue;
            }
            let is_at_start = net.edges[net.edge_index[crossed]].from == junction_of(edge.id);
            let back_m = (0.5 * lane.width_m + 0.2).min(0.5 * road.length_m);
            let s_m = if is_at_start { back_m } else { road.length_m - back_m };
            // Vehicles wait before the people, not among them.
            for line in road
                .objects
                .iter_mut()
                .filter(|object| object.kind == ObjectKind::StopLine)
            {
                if !is_at_start {
                    line.s_m = (s_m - 0.5 * lane.width_m - 1.0).max(0.0);
                }
            }
            road.objects.push(ObjectDraft {
                id: format!("{}-{}", edge.id, road.id),
                kind: ObjectKind::Crosswalk,
                s_m,
                t_m: 0.5 * (low_m + high_m),
                heading_rad: std::f64::consts::FRAC_PI_2,
                length_m: high_m - low_m,
                width_m: lane.width_m,
                orientation: Orientation::Both,
                ..ObjectDraft::default()
            });
            if let Some((light, link)) = light {
                // One head for each road: a light for people opens one crosswalk.
                let id = if has_light {
                    format!("{light}.{link}-{}", road.id)
                } else {
                    format!("{light}.{link}")
                };
                road.signals.push(SignalDraft {
                    id: id.clone(),
                    s_m,
                    t_m: if net.keeps_left { high_m + 0.6 } else { low_m - 0.6 },
                    z_offset_m: 2.2,
                    orientation: Orientation::Both,
                    kind: SignalKind::PedestrianLight,
                    ..SignalDraft::default()
                });
                // Heads beyond the first come after all links of the file.
                let place = if has_light {
                    (1 << 20) + members.len() + link
                } else {
                    link
                };
                let shown = column(light, link);
                let of_light = members.entry(light).or_default();
                let free = (place..).find(|place| !of_light.contains_key(place)).unwrap_or(place);
                of_light.insert(free, (id, shown));
                has_light = true;
            }
        }
    }
}

/// The node in whose middle a crossing lies: its id is `:NODE_c0`.
fn junction_of(crossing: &str) -> &str {
    let inner = crossing.strip_prefix(':').unwrap_or(crossing);
    inner.rsplit_once("_c").map_or(inner, |(node, _)| node)
}
