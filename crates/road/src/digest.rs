//! A fingerprint of a compiled network: SHA-256 over a plain little-endian encoding of everything in it.
//!
//! Numbers as eight bytes, texts and lists with their length before them, enums as their place in the declaration. A
//! changed encoding is a changed digest, and recordings name the digest of their map: change it on purpose only.

use crate::RoadNetwork;
use sha2::{Digest, Sha256};

/// The fingerprint in hexadecimal.
pub(crate) fn digest(network: &RoadNetwork) -> String {
    let mut encoder = Encoder {
        hasher: Sha256::new(),
        buffer: Vec::with_capacity(BUFFER_BYTES),
    };
    encoder.network(network);
    encoder.flush();
    encoder
        .hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Hashed at once: large enough that the hasher's own overhead vanishes.
const BUFFER_BYTES: usize = 1 << 16;

struct Encoder {
    hasher: Sha256,
    buffer: Vec<u8>,
}

impl Encoder {
    fn flush(&mut self) {
        self.hasher.update(&self.buffer);
        self.buffer.clear();
    }

    fn number(&mut self, value: f64) {
        // Minus zero is zero.
        self.integer((value + 0.0).to_bits());
    }

    fn numbers(&mut self, values: &[f64]) {
        for &value in values {
            self.number(value);
        }
    }

    fn integer(&mut self, value: u64) {
        self.buffer.extend_from_slice(&value.to_le_bytes());
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush();
        }
    }

    fn text(&mut self, text: &str) {
        self.integer(text.len() as u64);
        self.buffer.extend_from_slice(text.as_bytes());
    }

    fn option(&mut self, value: Option<u32>) {
        self.integer(value.map_or(u64::MAX, u64::from));
    }

    fn ids(&mut self, ids: impl ExactSizeIterator<Item = u32>) {
        self.integer(ids.len() as u64);
        for id in ids {
            self.integer(u64::from(id));
        }
    }

    fn network(&mut self, network: &RoadNetwork) {
        self.text("westline road network 2");
        self.text(&network.name);
        self.integer(u64::from(network.geo_reference.is_some()));
        if let Some(place) = network.geo_reference {
            self.numbers(&[place.latitude_deg, place.longitude_deg]);
            let plane = [place.scale, place.east_m, place.north_m];
            // Told only where it is not our own plane: maps from before keep their digest.
            if plane != [1.0, 0.0, 0.0] {
                self.numbers(&plane);
            }
        }
        self.integer(network.roads.len() as u64);
        for road in &network.roads {
            self.text(&road.id);
            self.text(&road.name);
            self.number(road.length_m);
            self.option(road.junction.map(|junction| junction.0));
            self.integer(road.class as u64);
        }
        self.lanes(network);
        self.integer(network.edges.len() as u64);
        for edge in &network.edges {
            self.integer(u64::from(edge.road.0));
            self.ids(edge.lanes.iter().map(|lane| lane.0));
            self.numbers(&[edge.length_m, edge.speed_mps_max]);
            self.integer(edge.class as u64);
            self.option(edge.junction.map(|junction| junction.0));
            self.ids(edge.successors.iter().map(|edge| edge.0));
            self.ids(edge.predecessors.iter().map(|edge| edge.0));
        }
        self.furniture(network);
        self.integer(network.areas.len() as u64);
        for area in &network.areas {
            self.integer(area.kind as u64);
            self.text(&area.name);
            self.integer(area.outline_m.len() as u64);
            self.numbers(area.outline_m.as_flattened());
            self.number(area.height_m);
        }
    }

    fn lanes(&mut self, network: &RoadNetwork) {
        self.integer(network.lanes.len() as u64);
        for (index, lane) in network.lanes.iter().enumerate() {
            self.integer(u64::from(lane.road.0));
            self.integer(u64::from(lane.section));
            self.integer(i64::from(lane.opendrive_id) as u64);
            self.integer(lane.kind as u64);
            let flags = [
                lane.runs_forward,
                lane.change_left_is_allowed,
                lane.change_right_is_allowed,
            ];
            flags.into_iter().for_each(|flag| self.integer(u64::from(flag)));
            self.numbers(&[lane.length_m, lane.speed_mps_max]);
            self.option(lane.edge.map(|edge| edge.0));
            self.option(lane.junction.map(|junction| junction.0));
            self.integer(lane.turn as u64);
            for neighbour in [lane.left, lane.right, lane.oncoming] {
                self.option(neighbour.map(|lane| lane.0));
            }
            self.ids(lane.successors.iter().map(|lane| lane.0));
            self.ids(lane.predecessors.iter().map(|lane| lane.0));
            self.option(lane.signal.map(|signal| signal.0));
            self.integer(lane.conflicts.len() as u64);
            for conflict in &lane.conflicts {
                self.integer(u64::from(conflict.other.0));
                self.numbers(&[
                    conflict.enter_m,
                    conflict.exit_m,
                    conflict.other_enter_m,
                    conflict.other_exit_m,
                ]);
                self.integer(conflict.kind as u64);
                self.integer(conflict.right_of_way as u64);
            }
            self.integer(lane.crossings.len() as u64);
            for crossing in &lane.crossings {
                self.integer(u64::from(crossing.crossing.0));
                self.numbers(&[crossing.enter_m, crossing.exit_m]);
            }
            self.integer(lane.structures.len() as u64);
            for &(from_m, to_m, kind) in &lane.structures {
                self.numbers(&[from_m, to_m]);
                self.integer(kind as u64);
            }
            let knots = network.table.knots(index);
            self.integer(knots.len() as u64);
            for knot in knots {
                self.numbers(&[
                    knot.along_m,
                    knot.x_m,
                    knot.y_m,
                    knot.tangent[0],
                    knot.tangent[1],
                    knot.z_m,
                    knot.grade,
                ]);
                self.numbers(&[
                    knot.curvature_per_m,
                    knot.half_width_m,
                    knot.half_width_slope,
                    knot.roll_rad,
                    knot.road_s_m,
                    knot.road_s_slope,
                ]);
            }
        }
    }

    fn furniture(&mut self, network: &RoadNetwork) {
        self.integer(network.junctions.len() as u64);
        for junction in &network.junctions {
            self.text(&junction.id);
            self.text(&junction.name);
            self.ids(junction.lanes.iter().map(|lane| lane.0));
            self.option(junction.controller.map(|controller| controller as u32));
            self.numbers(&junction.centre_m);
        }
        self.integer(network.signals.len() as u64);
        for signal in &network.signals {
            self.text(&signal.id);
            let pose = signal.pose;
            self.numbers(&[
                pose.x_m,
                pose.y_m,
                pose.z_m,
                pose.heading_rad,
                pose.pitch_rad,
                pose.roll_rad,
            ]);
            self.ids(signal.lanes.iter().map(|lane| lane.0));
            self.ids(signal.crossings.iter().map(|crossing| crossing.0));
            self.integer(signal.controller as u64);
        }
        self.integer(network.controllers.len() as u64);
        for controller in &network.controllers {
            self.text(&controller.id);
            self.ids(controller.signals.iter().map(|signal| signal.0));
            self.integer(controller.offset_ms as u64);
            self.integer(controller.steps.len() as u64);
            for (milliseconds, colours) in &controller.steps {
                self.integer(*milliseconds as u64);
                self.ids(colours.iter().map(|&colour| colour as u32));
            }
        }
        self.integer(network.crossings.len() as u64);
        for crossing in &network.crossings {
            self.text(&crossing.id);
            self.numbers(&crossing.from_m);
            self.numbers(&crossing.to_m);
            self.number(crossing.width_m);
            self.integer(crossing.lanes.len() as u64);
            for &(lane, from_m, to_m) in &crossing.lanes {
                self.integer(u64::from(lane.0));
                self.numbers(&[from_m, to_m]);
            }
            self.option(crossing.signal.map(|signal| signal.0));
        }
        self.integer(network.stops.len() as u64);
        for stop in &network.stops {
            self.text(&stop.id);
            self.text(&stop.name);
            self.integer(u64::from(stop.position.lane.0));
            self.numbers(&[stop.position.s_m, stop.position.offset_m, stop.length_m, stop.kerb_m]);
            self.numbers(&stop.platform_m);
        }
    }
}
