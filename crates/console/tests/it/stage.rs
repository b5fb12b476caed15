//! Frames on the wire, and recordings wound to and fro.

use console::{FRAME_VERSION, encode_frame};
use record::SimTime;
use road::{Pose, SignalColour};
use vehicle::Indicator;
use world::{ActorId, ActorKind, ActorState, Frame};

fn actor(id: u32, kind: ActorKind, x_m: f64, heading_rad: f64) -> ActorState {
    ActorState {
        id: ActorId(id),
        kind,
        pose: Pose {
            x_m,
            y_m: -2.5 * x_m,
            z_m: 291.25,
            heading_rad,
            pitch_rad: -0.05,
            roll_rad: 0.0,
        },
        speed_mps: 12.34,
        acceleration_mps2: 0.0,
        length_m: 4.5,
        width_m: 1.8,
        height_m: 1.5,
        lane: None,
        indicator: Indicator::Left,
    }
}

#[test]
fn a_frame_on_the_wire_has_the_layout_that_its_page_tells() {
    let frame = Frame {
        time: SimTime::from_millis(1_500),
        actors: vec![
            actor(3, ActorKind::Car, 100.0625, std::f64::consts::FRAC_PI_2),
            actor(7, ActorKind::TestVehicle, -2_000.5, -std::f64::consts::FRAC_PI_2),
        ],
        signals: vec![SignalColour::Red, SignalColour::Dark, SignalColour::Green],
    };
    let mut bytes = Vec::new();
    encode_frame(&frame, 9, 27_000.5, |id| id == 7, &mut bytes);
    assert_eq!(bytes[..2], [b'W', FRAME_VERSION]);
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let i32_at = |at: usize| i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let u16_at = |at: usize| u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap());
    let f64_at = |at: usize| f64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    assert_eq!((u32_at(4), f64_at(8), f64_at(16)), (9, 27_000.5, 1.5));
    assert_eq!((u32_at(24), u16_at(28), u16_at(30)), (2, 2, 3));
    // Columns of two actors: id, x, y, z in fours, then heading, pitch, speed, shape in twos.
    assert_eq!((u32_at(32), u32_at(36)), (3, 7));
    assert_eq!((i32_at(40), i32_at(44)), (100_063, -2_000_500));
    assert_eq!(i32_at(56), 291_250);
    assert_eq!((u16_at(64), u16_at(66)), (16_384, 49_152));
    assert_eq!((u16_at(68), u16_at(72)), (500, 1_234));
    assert_eq!((u16_at(76), u16_at(78)), (0, 1));
    assert_eq!((u16_at(80), u16_at(82), u16_at(88)), (1, 4_500, 5));
    assert_eq!(bytes[96..], [1, 5, 0, 3, 2]);
}

#[test]
fn a_frame_of_nobody_is_its_head() {
    let mut bytes = vec![1, 2, 3];
    encode_frame(&Frame::default(), 0, 0.0, |_| false, &mut bytes);
    assert_eq!(bytes.len(), 32);
}

#[test]
fn a_value_beyond_its_column_is_cut_off_and_not_wrapped() {
    let mut wild = actor(1, ActorKind::Truck, 1e12, f64::NAN);
    (wild.speed_mps, wild.length_m) = (1e9, 1e9);
    let frame = Frame {
        actors: vec![wild],
        ..Frame::default()
    };
    let mut bytes = Vec::new();
    encode_frame(&frame, 0, 0.0, |_| false, &mut bytes);
    assert_eq!(i32::from_le_bytes(bytes[36..40].try_into().unwrap()), i32::MAX);
    assert_eq!(i16::from_le_bytes(bytes[52..54].try_into().unwrap()), i16::MAX);
    assert_eq!(u16::from_le_bytes(bytes[58..60].try_into().unwrap()), u16::MAX);
}
