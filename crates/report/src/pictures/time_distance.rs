//! The time-distance diagram: every trip of the day as a line, driven against planned.
//!
//! Distance runs upwards along the line, stops are levels, time runs to the right in rows of six hours. Patterns that
//! visit the same stops, in the same or the reverse order, share a diagram: distances of the second are stretched
//! between stops so that a stop is one level.

use service::DayMeasures;

use crate::axis::Axis;
use crate::plot::{COLOURS, DASHES, PLANNED};
use crate::svg::{Anchor, Svg};
use road::polyline::simplified;

/// Hours in a row: at page width a minute is then 2.3 px, enough to see a delay of one.
const ROW_S: f64 = 6.0 * 3600.0;
const WIDTH: f64 = 960.0;
const PLOT_HEIGHT: f64 = 250.0;
const LEFT: f64 = 118.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 34.0;

/// A picture for each set of patterns over the same stops and each row of hours.
pub(crate) fn time_distance(day: &DayMeasures) -> Vec<String> {
    let mut pictures = Vec::new();
    for group in groups(day) {
        let rows = (((day.to_clock_s - day.from_clock_s) / ROW_S).ceil() as usize).max(1);
        // Equal rows read better than a stump at the end.
        let length_s = ((day.to_clock_s - day.from_clock_s) / rows as f64 / 1800.0).ceil() * 1800.0;
        for row in 0..rows {
            let from_s = day.from_clock_s + row as f64 * length_s;
            let to_s = (from_s + length_s).max(from_s + 60.0);
            pictures.push(picture(day, &group, from_s, to_s));
        }
    }
    pictures
}

/// Patterns over the same stops: the base, and for each member how its distances map on the base's.
struct Group {
    base: usize,
    /// (pattern, distance on it and on the base, by stop).
    members: Vec<(usize, Vec<(f64, f64)>)>,
}

fn groups(day: &DayMeasures) -> Vec<Group> {
    let names = |p: usize| -> Vec<&str> {
        day.patterns[p]
            .stops
            .iter()
            .map(|(stop, _)| day.stops[*stop].name.as_str())
            .collect()
    };
    let distances = |p: usize| day.patterns[p].stops.iter().map(|(_, distance_m)| *distance_m);
    let mut groups: Vec<Group> = Vec::new();
    for p in 0..day.patterns.len() {
        let mine = names(p);
        let reversed: Vec<&str> = mine.iter().rev().copied().collect();
        let found = groups.iter_mut().find(|g| {
            let base = names(g.base);
            base == mine || base == reversed
        });
        match found {
            Some(group) => {
                let mut base: Vec<f64> = distances(group.base).collect();
                if names(group.base) != mine {
                    base.reverse();
                }
                group.members.push((p, distances(p).zip(base).collect()));
            }
            None => groups.push(Group {
                base: p,
                members: vec![(p, distances(p).zip(distances(p)).collect())],
            }),
        }
    }
    groups
}

/// Piecewise linear between stops, held at the ends.
fn mapped(map: &[(f64, f64)], distance_m: f64) -> f64 {
    let next = map.partition_point(|(own, _)| *own < distance_m);
    match (next.checked_sub(1).and_then(|i| map.get(i)), map.get(next)) {
        (Some(a), Some(b)) if b.0 > a.0 => a.1 + (distance_m - a.0) / (b.0 - a.0) * (b.1 - a.1),
        (Some(a), None) => a.1,
        (_, Some(b)) => b.1,
        (None, None) => distance_m,
    }
}

fn picture(day: &DayMeasures, group: &Group, from_s: f64, to_s: f64) -> String {
    let base = &day.patterns[group.base];
    let axis = Axis::clock(from_s, to_s);
    let (right, bottom, height) = (WIDTH - 12.0, TOP + PLOT_HEIGHT, TOP + PLOT_HEIGHT + BOTTOM);
    let length_m = base.length_m.max(1.0);
    let x = |clock_s: f64| LEFT + axis.share(clock_s) * (right - LEFT);
    let y = |distance_m: f64| bottom - (distance_m / length_m).clamp(0.0, 1.0) * PLOT_HEIGHT;
    let title = format!("Trips of {}, {}", base.route, super::span(from_s, to_s));
    let mut svg = Svg::new(WIDTH, height, &title);
    svg.text(
        [4.0, 13.0],
        Anchor::Start,
        "font-size=\"12.5\" font-weight=\"600\"",
        &title,
    );
    legend(&mut svg, day);
    for (clock_s, text) in &axis.ticks {
        svg.line(
            [x(*clock_s), TOP],
            [x(*clock_s), bottom],
            "stroke=\"#ddd\" stroke-width=\"0.7\"",
        );
        svg.text([x(*clock_s), bottom + 14.0], Anchor::Middle, "", text);
    }
    svg.text([right, height - 4.0], Anchor::End, "fill=\"#555\"", "time of day");
    let mut last_label_y = f64::INFINITY;
    for (stop, distance_m) in &base.stops {
        let level = y(*distance_m);
        svg.line([LEFT, level], [right, level], "stroke=\"#bbb\" stroke-width=\"0.7\"");
        // Names of stops that stand close together would print over each other.
        if last_label_y - level >= 11.0 {
            let text = format!("{} {:.1} km", shortened(&day.stops[*stop].name), distance_m / 1000.0);
            svg.text([LEFT - 5.0, level + 3.5], Anchor::End, "font-size=\"10\"", &text);
            last_label_y = level;
        }
    }
    for (pattern, map) in &group.members {
        for trip in day.trips.iter().filter(|t| t.pattern == *pattern) {
            let planned = trip.calls.iter().flat_map(|c| {
                [
                    (c.arrival_s_scheduled, c.distance_m),
                    (c.departure_s_scheduled, c.distance_m),
                ]
            });
            let points: Vec<[f64; 2]> = planned.map(|(t, d)| [x(t), y(mapped(map, d))]).collect();
            let stroke = format!("stroke=\"{PLANNED}\" stroke-width=\"0.8\" stroke-dasharray=\"3 2\"");
            svg.polyline(within(&points, LEFT, right).into_iter(), &stroke);
        }
    }
    for (pattern, map) in &group.members {
        for trip in day.trips.iter().filter(|t| t.pattern == *pattern) {
            let points: Vec<[f64; 2]> = trip
                .trajectory
                .iter()
                .map(|(t, d)| [x(*t), y(mapped(map, *d))])
                .collect();
            let i = trip.vehicle.unwrap_or(COLOURS.len() - 1);
            let (colour, dash) = (COLOURS[i % COLOURS.len()], DASHES[i % DASHES.len()]);
            let stroke = format!(
                "stroke=\"{colour}\" stroke-width=\"1.6\" stroke-dasharray=\"{dash}\" stroke-linejoin=\"round\""
            );
            svg.polyline(within(&simplified(&points, 0.35), LEFT, right).into_iter(), &stroke);
        }
    }
    svg.line([LEFT, bottom], [right, bottom], "stroke=\"#444\"");
    svg.line([LEFT, TOP], [LEFT, bottom], "stroke=\"#444\"");
    svg.finish()
}

fn legend(svg: &mut Svg, day: &DayMeasures) {
    let planned = ("timetable", PLANNED, "3 2");
    let vehicles = day
        .vehicles
        .iter()
        .zip(COLOURS)
        .zip(DASHES)
        .map(|((v, colour), dash)| (&v.name[..], colour, dash));
    let mut x = 4.0;
    for (text, colour, dash) in std::iter::once(planned).chain(vehicles) {
        let stroke = format!("stroke=\"{colour}\" stroke-width=\"2.4\" stroke-dasharray=\"{dash}\"");
        svg.line([x, 26.0], [x + 26.0, 26.0], &stroke);
        svg.text([x + 30.0, 30.0], Anchor::Start, "fill=\"#333\"", text);
        x += 46.0 + 6.2 * text.chars().count() as f64;
    }
}

fn shortened(name: &str) -> String {
    const SHOWN: usize = 12;
    if name.chars().count() <= SHOWN {
        name.to_owned()
    } else {
        name.chars().take(SHOWN - 1).chain(['…']).collect()
    }
}

/// The parts of a line that lie between two uprights, cut at them; a `None` parts two pieces.
fn within(points: &[[f64; 2]], left: f64, right: f64) -> Vec<Option<[f64; 2]>> {
    let cut = |a: [f64; 2], b: [f64; 2], x: f64| [x, a[1] + (b[1] - a[1]) * (x - a[0]) / (b[0] - a[0])];
    let mut kept = Vec::new();
    for pair in points.windows(2) {
        let [a, b] = [pair[0], pair[1]];
        if b[0] < left || a[0] > right || b[0] < a[0] {
            kept.push(None);
            continue;
        }
        let start = if a[0] < left { cut(a, b, left) } else { a };
        let end = if b[0] > right { cut(a, b, right) } else { b };
        if kept.last() != Some(&Some(start)) {
            kept.extend([None, Some(start)]);
        }
        kept.push(Some(end));
    }
    kept
}
