//! Names that do not print over each other: each takes its place on the picture, first come, first served.

use super::canvas::{Canvas, tenths};
use crate::{LaneId, LanePosition, RoadNetwork};
use std::collections::BTreeMap;

/// Names of one street stand at least so far apart.
const STREET_APART_PX: f64 = 420.0;
/// Mean width of a letter against the height of its line; ideographs are twice as wide.
const LETTER: f64 = 0.6;

/// The places taken so far.
pub(super) struct Labels {
    taken: Vec<[f64; 4]>,
    width_px: f64,
    height_px: f64,
}

impl Labels {
    pub(super) fn new(canvas: &Canvas) -> Labels {
        let [width_px, height_px] = canvas.size_px();
        Labels {
            taken: Vec::new(),
            width_px,
            height_px,
        }
    }

    /// Takes a place (left, top, right, bottom), whatever stands there.
    pub(super) fn take(&mut self, place: [f64; 4]) {
        self.taken.push(place);
    }

    /// Takes a place if it is free and on the picture.
    pub(super) fn try_take(&mut self, place: [f64; 4]) -> bool {
        let is_on_picture =
            place[0] >= 2.0 && place[1] >= 2.0 && place[2] <= self.width_px - 2.0 && place[3] <= self.height_px - 2.0;
        let is_free = self
            .taken
            .iter()
            .all(|t| place[2] < t[0] || place[0] > t[2] || place[3] < t[1] || place[1] > t[3]);
        if is_on_picture && is_free {
            self.taken.push(place);
        }
        is_on_picture && is_free
    }

    /// Finds a free place for a text beside a point: right, left, above, below. Gives the start of its base line.
    pub(super) fn beside(&mut self, at_px: [f64; 2], apart_px: f64, size_px: f64, text: &str) -> Option<[f64; 2]> {
        let width = text_width_px(text, size_px);
        let [x, y] = at_px;
        let starts = [
            [x + apart_px, y + 0.35 * size_px],
            [x - apart_px - width, y + 0.35 * size_px],
            [x - 0.5 * width, y - apart_px - 0.1 * size_px],
            [x - 0.5 * width, y + apart_px + 0.8 * size_px],
        ];
        starts.into_iter().find(|start| {
            self.try_take([
                start[0] - 1.0,
                start[1] - 0.85 * size_px,
                start[0] + width + 1.0,
                start[1] + 0.25 * size_px,
            ])
        })
    }
}

pub(super) fn text_width_px(text: &str, size_px: f64) -> f64 {
    let letters: f64 = text.chars().map(|c| if (c as u32) >= 0x2e80 { 2.0 } else { 1.0 }).sum();
    letters * LETTER * size_px
}

/// A white rim keeps letters readable on any ground.
pub(super) fn halo(colour: &str) -> String {
    format!(
        "fill=\"{colour}\" stroke=\"#fff\" stroke-width=\"{}\" stroke-linejoin=\"round\" paint-order=\"stroke\"",
        tenths(2.6)
    )
}

pub(super) fn draw_stops(canvas: &mut Canvas, network: &RoadNetwork, labels: &mut Labels) {
    let k = canvas.px_per_m();
    if k < 0.12 {
        return;
    }
    let radius_px = (3.2 * k / 0.4).clamp(2.6, 6.0);
    // Both sides of a street have a stop of one name: it is printed once.
    let mut named: BTreeMap<&str, Vec<[f64; 2]>> = BTreeMap::new();
    for stop in network.stops() {
        let pose = network.lane_pose(stop.position);
        if !canvas.shows([pose.x_m, pose.y_m], 10.0) {
            continue;
        }
        let at = canvas.px([pose.x_m, pose.y_m]);
        canvas.dot(
            at,
            radius_px,
            &format!("fill=\"#1f5fa8\" stroke=\"#fff\" stroke-width=\"{}\"", tenths(1.2)),
        );
        labels.take([
            at[0] - radius_px,
            at[1] - radius_px,
            at[0] + radius_px,
            at[1] + radius_px,
        ]);
        let places = named.entry(&stop.name).or_default();
        let is_far = places.iter().all(|p| libm::hypot(p[0] - at[0], p[1] - at[1]) > 150.0);
        if !stop.name.is_empty()
            && is_far
            && let Some(start) = labels.beside(at, radius_px + 3.0, 11.5, &stop.name)
        {
            canvas.text(
                start,
                11.5,
                0.0,
                &format!("{} font-weight=\"600\"", halo("#1f4e86")),
                &stop.name,
            );
            places.push(at);
        }
    }
}

pub(super) fn draw_streets(canvas: &mut Canvas, network: &RoadNetwork, labels: &mut Labels) {
    // The longest piece of each road stands for it; main roads choose their places first.
    let mut pieces: BTreeMap<u32, LaneId> = BTreeMap::new();
    for (i, lane) in network.lanes().iter().enumerate() {
        if lane.edge.is_none() || lane.junction.is_some() {
            continue;
        }
        let longest = pieces.entry(lane.road.0).or_insert(LaneId(i as u32));
        if lane.length_m > network.lane(*longest).length_m {
            *longest = LaneId(i as u32);
        }
    }
    let mut named: Vec<(LaneId, &str, crate::draft::RoadClass)> = pieces
        .into_iter()
        .map(|(road, lane)| {
            let road = &network.roads()[road as usize];
            (lane, road.name.as_str(), road.class)
        })
        .filter(|(_, name, _)| !name.is_empty())
        .collect();
    named.sort_by(|a, b| {
        b.2.cmp(&a.2)
            .then(network.lane(b.0).length_m.total_cmp(&network.lane(a.0).length_m))
            .then(a.0.cmp(&b.0))
    });
    let mut printed: BTreeMap<&str, Vec<[f64; 2]>> = BTreeMap::new();
    let k = canvas.px_per_m();
    for (id, name, class) in named {
        let lane = network.lane(id);
        let size_px = if class >= crate::draft::RoadClass::Rural {
            11.0
        } else {
            9.5
        };
        let width = text_width_px(name, size_px);
        if lane.length_m * k < 0.8 * width {
            continue;
        }
        let pose = network.lane_pose(LanePosition {
            lane: id,
            s_m: 0.5 * lane.length_m,
            offset_m: 0.0,
        });
        if !canvas.shows([pose.x_m, pose.y_m], 0.0) {
            continue;
        }
        let at = canvas.px([pose.x_m, pose.y_m]);
        let places = printed.entry(name).or_default();
        if places
            .iter()
            .any(|p| libm::hypot(p[0] - at[0], p[1] - at[1]) < STREET_APART_PX)
        {
            continue;
        }
        // Read from the left, or from below: never upside down.
        let mut turn_deg = -pose.heading_rad.to_degrees();
        turn_deg -= 180.0 * libm::round(turn_deg / 180.0);
        let (sin, cos) = libm::sincos(turn_deg.to_radians());
        let (wide, tall) = (
            0.5 * (width * cos.abs() + size_px * sin.abs()),
            0.5 * (width * sin.abs() + size_px * cos.abs()),
        );
        if labels.try_take([at[0] - wide, at[1] - tall, at[0] + wide, at[1] + tall]) {
            let base = [at[0] - 0.33 * size_px * sin, at[1] + 0.33 * size_px * cos];
            canvas.text(
                base,
                size_px,
                turn_deg,
                &format!("{} text-anchor=\"middle\"", halo("#4a453e")),
                name,
            );
            places.push(at);
        }
    }
}
