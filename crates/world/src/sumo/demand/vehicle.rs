//! Vehicles and flows: `<vehicle>`, `<trip>`, `<flow>`.
//!
//! In go elements; out come [`Departure`]s, those of a flow told apart.

use super::super::document::{Document, Node, clipped};
use super::reader::Reader;
use super::{DepartLane, DepartPosition, DepartSpeed, Departure, Place};

/// A flow is never more vehicles.
const FLOW_MAX: usize = 10_000_000;
/// All demand is never more.
const VEHICLES_MAX: usize = 20_000_000;

impl Reader<'_> {
    pub(super) fn vehicle<'i>(&mut self, document: &Document<'i>, node: Node<'_, 'i>, place: Place) {
        let Some(depart_s) = self.depart_s(document, node, "depart") else {
            return;
        };
        let Some(departure) = self.departure(document, node, place, depart_s) else {
            return;
        };
        let id = document.text(node, "id").to_owned();
        self.push(document, node, Departure { id, ..departure });
    }

    pub(super) fn flow<'i>(&mut self, document: &Document<'i>, node: Node<'_, 'i>, place: Place) {
        let id = document.text(node, "id").to_owned();
        let begin_s = match node.attribute("begin") {
            Some(_) => self.depart_s(document, node, "begin"),
            None => Some(0.0),
        };
        let end_s = match node.attribute("end") {
            Some(_) => document.seconds(node, "end"),
            None => Some(f64::INFINITY),
        };
        let (Some(begin_s), Some(end_s)) = (begin_s, end_s) else {
            return;
        };
        if end_s < begin_s {
            document.error(
                node,
                &format!(
                    "flow `{}` ends at {end_s} s, before it begins at {begin_s} s",
                    clipped(&id)
                ),
                "write end after begin",
            );
            return;
        }
        let number = document.number_from(node, "number", 0.0);
        let probability = document.number_from(node, "probability", 0.0);
        let per_hour =
            document
                .number_from(node, "vehsPerHour", 0.0)
                .or(document.number_from(node, "vehsperhour", 0.0));
        let period_s = match node.attribute("period") {
            // Poisson arrivals: exp(vehicles a second).
            Some(text) if text.starts_with("exp(") => None,
            _ => document.number_from(node, "period", 1e-3),
        };
        let exponential = node
            .attribute("period")
            .and_then(|text| text.strip_prefix("exp(")?.strip_suffix(')')?.parse::<f64>().ok())
            .filter(|&rate| rate > 0.0);
        let broken = ["number", "probability", "vehsPerHour", "vehsperhour", "period"]
            .iter()
            .any(|&attribute| node.attribute(attribute).is_some());
        let mut times: Vec<f64> = Vec::new();
        let mut stream = self.seed.stream("flow", fnv(&id));
        let limit = |count: f64| count.min(FLOW_MAX as f64 + 1.0) as usize;
        match (
            number,
            period_s.or(per_hour.filter(|&rate| rate > 0.0).map(|rate| 3600.0 / rate)),
            probability,
            exponential,
        ) {
            (Some(number), None, None, None) if end_s.is_finite() => {
                let count = limit(number.floor());
                times.extend((0..count).map(|index| begin_s + (end_s - begin_s) * index as f64 / number));
            }
            (number, Some(period_s), None, None) if end_s.is_finite() || number.is_some() => {
                let by_time = ((end_s - begin_s) / period_s).ceil();
                let count = limit(number.unwrap_or(f64::INFINITY).min(by_time));
                times.extend((0..count).map(|index| begin_s + period_s * index as f64));
            }
            (_, None, Some(probability), None) if end_s.is_finite() => {
                let mut at_s = begin_s;
                while at_s < end_s && times.len() <= FLOW_MAX {
                    if stream.chance(probability) {
                        times.push(at_s);
                    }
                    at_s += 1.0;
                }
            }
            (_, None, None, Some(rate)) if end_s.is_finite() => {
                let mut at_s = begin_s + stream.exponential_s(rate);
                while at_s < end_s && times.len() <= FLOW_MAX {
                    times.push(at_s);
                    at_s += stream.exponential_s(rate);
                }
            }
            _ if per_hour == Some(0.0) => {}
            _ => {
                if !broken || (number.is_some() || period_s.is_some() || probability.is_some() || per_hour.is_some()) {
                    document.error(
                        node,
                        &format!("flow `{}` does not say how many vehicles", clipped(&id)),
                        "write end and one of number, period, vehsPerHour, probability",
                    );
                }
                return;
            }
        }
        if times.len() > FLOW_MAX {
            document.error(
                node,
                &format!("flow `{}` has more than {FLOW_MAX} vehicles", clipped(&id)),
                "shorten it",
            );
            return;
        }
        let Some(departure) = self.departure(document, node, place, begin_s) else {
            return;
        };
        for (index, depart_s) in times.into_iter().enumerate() {
            let id = format!("{id}.{index}");
            self.push(
                document,
                node,
                Departure {
                    id,
                    depart_s,
                    ..departure.clone()
                },
            );
        }
    }

    fn push<'i>(&mut self, document: &Document<'i>, node: Node<'_, 'i>, departure: Departure) {
        if self.demand.departures.len() >= VEHICLES_MAX {
            document.error(
                node,
                &format!("more than {VEHICLES_MAX} vehicles"),
                "split the demand by time",
            );
            return;
        }
        if !self.ids.insert(departure.id.clone()) {
            document.error(
                node,
                &format!("there is more than one vehicle `{}`", clipped(&departure.id)),
                "give each an id of its own",
            );
            return;
        }
        self.demand.departures.push(departure);
    }

    fn depart_s<'i>(&self, document: &Document<'i>, node: Node<'_, 'i>, attribute: &str) -> Option<f64> {
        if node.attribute(attribute) == Some("now") {
            return Some(0.0);
        }
        document.text(node, attribute);
        let depart_s = document.seconds(node, attribute)?;
        if depart_s < 0.0 {
            document.error(
                node,
                &format!("`{attribute}` is `{depart_s}`, which is before the day begins"),
                "write seconds from the start, 0 or more",
            );
            return None;
        }
        Some(depart_s)
    }

    fn departure<'i>(
        &mut self,
        document: &Document<'i>,
        node: Node<'_, 'i>,
        place: Place,
        depart_s: f64,
    ) -> Option<Departure> {
        let choice = self.choice_of(document, node)?;
        let (route, stops) = self.way(document, node, self.class_of(choice))?;
        let first = self.demand.routes[route as usize].first;
        let lanes = self.network.lanes_of(first);
        let lane_m = self.network.lanes[lanes.start].length_m;
        for &(kind, _) in &self.demand.choices[choice as usize] {
            let kind = &self.demand.kinds[kind as usize];
            if kind.length_m > lane_m {
                document.error(
                    node,
                    &format!(
                        "type `{}` is {} m long, longer than the lanes of edge `{}` ({lane_m} m), where it departs",
                        clipped(&kind.id),
                        kind.length_m,
                        self.network.edges[first as usize].id
                    ),
                    "depart from a longer edge",
                );
                return None;
            }
        }
        let lane = match node.attribute("departLane") {
            Some("best" | "best_prob") => DepartLane::Best,
            Some("free" | "random" | "allowed") => DepartLane::Free,
            Some("first") | None => DepartLane::First,
            Some(text) => match text.parse::<u32>().ok().filter(|&lane| (lane as usize) < lanes.len()) {
                Some(number) => DepartLane::Number(number),
                None => {
                    document.error(
                        node,
                        &format!(
                            "`departLane` is `{}`, edge `{}` has {} lanes",
                            clipped(text),
                            self.network.edges[first as usize].id,
                            lanes.len()
                        ),
                        "write a number from 0, or best, free or first",
                    );
                    return None;
                }
            },
        };
        let position = match node.attribute("departPos") {
            None | Some("base" | "random" | "free" | "random_free" | "last" | "stop" | "splitFront") => {
                DepartPosition::Base
            }
            Some(_) => {
                let at_m = document.number(node, "departPos")?;
                let at_m = if at_m < 0.0 { at_m + lane_m } else { at_m };
                if !(0.0..=lane_m).contains(&at_m) {
                    document.error(
                        node,
                        &format!("`departPos` lies {at_m} m along a lane of {lane_m} m"),
                        "depart on the lane",
                    );
                    return None;
                }
                DepartPosition::At(at_m)
            }
        };
        let speed = match node.attribute("departSpeed") {
            // Who says nothing appears standing, as in SUMO.
            None => DepartSpeed::Given(0.0),
            Some("max" | "desired" | "speedLimit" | "random" | "last" | "avg") => DepartSpeed::Desired,
            Some(_) => DepartSpeed::Given(document.number_from(node, "departSpeed", 0.0)?),
        };
        let arrival_m = match node.attribute("arrivalPos") {
            None | Some("max" | "random") => None,
            Some(_) => Some(document.number(node, "arrivalPos")?),
        };
        Some(Departure {
            id: String::new(),
            choice,
            route,
            depart_s,
            lane,
            position,
            speed,
            arrival_m,
            stops,
            place,
        })
    }
}

/// FNV-1a: a stable number for a name.
fn fnv(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
