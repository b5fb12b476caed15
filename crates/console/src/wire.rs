//! A moment as bytes: what every client gets ten times a second.
//!
//! A [`Frame`] goes in; out comes a message of columns, little-endian, each aligned to its numbers so that a browser
//! reads them in place. Positions are whole millimetres, headings 1/65536 of a turn. `docs/console.md` has the table.
//! Frames stand for themselves: a client that missed some needs none of them.
//!
//! Sketch: 26 bytes an actor; 2 000 vehicles are 52 kB, ten times a second 0.5 MB/s a client, encoded once for all.

use std::collections::BTreeMap;
use world::{ActorKind, Frame};

/// Version of the layout; the second byte of each message.
pub const FRAME_VERSION: u8 = 1;
/// First byte of each message.
const MAGIC: u8 = b'W';
/// Actors beyond this are left out: the columns' limit is a browser's patience, not their width.
const ACTORS_MAX: usize = 200_000;

/// Writes a frame in place of whatever `into` held. `clock_s` is the time of day; `is_own` tells vehicles of the line.
pub fn encode_frame(frame: &Frame, sequence: u32, clock_s: f64, is_own: impl Fn(u32) -> bool, into: &mut Vec<u8>) {
    let actors = &frame.actors[..frame.actors.len().min(ACTORS_MAX)];
    let mut shapes: Vec<[u16; 4]> = Vec::new();
    let mut row_of: BTreeMap<[u16; 4], u16> = BTreeMap::new();
    let rows: Vec<u16> = actors
        .iter()
        .map(|actor| {
            let side = |metres: f64| (metres * 1000.0).round().clamp(0.0, 65_535.0) as u16;
            let shape = [
                kind_number(actor.kind),
                side(actor.length_m),
                side(actor.width_m),
                side(actor.height_m),
            ];
            let next = shapes.len().min(usize::from(u16::MAX)) as u16;
            let row = *row_of.entry(shape).or_insert(next);
            if row == next && shapes.len() < usize::from(u16::MAX) {
                shapes.push(shape);
            }
            row
        })
        .collect();
    into.clear();
    into.extend([MAGIC, FRAME_VERSION, 0, 0]);
    into.extend(sequence.to_le_bytes());
    into.extend(clock_s.to_le_bytes());
    into.extend(frame.time.as_secs_f64().to_le_bytes());
    into.extend((actors.len() as u32).to_le_bytes());
    into.extend((shapes.len() as u16).to_le_bytes());
    into.extend((frame.signals.len().min(usize::from(u16::MAX)) as u16).to_le_bytes());
    let mm = |metres: f64| (metres * 1000.0).round() as i32;
    actors.iter().for_each(|actor| into.extend(actor.id.0.to_le_bytes()));
    actors
        .iter()
        .for_each(|actor| into.extend(mm(actor.pose.x_m).to_le_bytes()));
    actors
        .iter()
        .for_each(|actor| into.extend(mm(actor.pose.y_m).to_le_bytes()));
    actors
        .iter()
        .for_each(|actor| into.extend(mm(actor.pose.z_m).to_le_bytes()));
    for actor in actors {
        let turns = actor.pose.heading_rad / std::f64::consts::TAU;
        let heading = ((turns - turns.floor()) * 65_536.0).round() as u32;
        into.extend((heading as u16).to_le_bytes());
    }
    let small = |value: f64| value.round().clamp(-32_768.0, 32_767.0) as i16;
    // Nose up is positive here, as in recordings.
    actors
        .iter()
        .for_each(|actor| into.extend(small(-actor.pose.pitch_rad * 1e4).to_le_bytes()));
    actors
        .iter()
        .for_each(|actor| into.extend(small(actor.speed_mps * 100.0).to_le_bytes()));
    rows.iter().for_each(|row| into.extend(row.to_le_bytes()));
    shapes
        .iter()
        .flatten()
        .for_each(|value| into.extend(value.to_le_bytes()));
    for actor in actors {
        let own = if is_own(actor.id.0) { 4 } else { 0 };
        into.push(actor.indicator as u8 | own);
    }
    let signals = frame.signals.iter().take(usize::from(u16::MAX));
    into.extend(signals.map(|&colour| colour_number(colour)));
}

/// As in `westline.ActorKind` of recordings.
fn kind_number(kind: ActorKind) -> u16 {
    match kind {
        ActorKind::Car => 1,
        ActorKind::Van => 2,
        ActorKind::Truck => 3,
        ActorKind::Bus => 4,
        ActorKind::TestVehicle => 5,
        ActorKind::Bicycle => 6,
        ActorKind::Scooter => 7,
        ActorKind::Pedestrian => 8,
    }
}

/// As in `westline.SignalColour` of recordings.
fn colour_number(colour: road::SignalColour) -> u8 {
    match colour {
        road::SignalColour::Red => 0,
        road::SignalColour::Amber => 1,
        road::SignalColour::Green => 2,
        road::SignalColour::Dark => 3,
    }
}
