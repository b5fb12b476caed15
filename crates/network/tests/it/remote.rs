//! Driving from afar: frames, the loop, stops and speeds.

use crate::small::{TWO_MASTS, site, straight_road};
use network::drive::{Drive, WayPoint, way_points};
use network::radio::environment::{Environment, Place};
use network::remote::{Rules, speed_kmh, stopping_speed_mps, supervise};
use proptest::prelude::*;
use record::Seed;
use road::LaneId;

#[test]
fn speed_falls_with_latency_as_the_german_order_has_it() {
    let rules = Rules {
        sight_m: 1_000.0,
        ..Rules::default()
    };
    // The order's own examples: 50 to 40 and 80 to 64 km/h at 250 ms.
    assert_eq!(speed_kmh(50.0, 250.0, &rules), Some(40.0));
    assert_eq!(speed_kmh(80.0, 250.0, &rules), Some(64.0));
    assert_eq!(speed_kmh(50.0, 120.0, &rules), Some(50.0));
    assert_eq!(speed_kmh(50.0, 501.0, &rules), None);
    assert_eq!(speed_kmh(50.0, f64::INFINITY, &rules), None);
}

#[test]
fn pictures_have_the_streams_rate_and_own_ones_are_larger() {
    let video = Rules::default().video;
    let group = f64::from(video.group);
    let bytes = video.mean_bytes(16.0, true) + (group - 1.0) * video.mean_bytes(16.0, false);
    assert!((bytes * 8.0 * video.frames_by_s / group - 16e6).abs() < 1.0);
    assert!((video.mean_bytes(16.0, true) / video.mean_bytes(16.0, false) - video.intra_ratio).abs() < 1e-9);
}

fn driven(masts: &str, place: impl Fn(&WayPoint) -> Place) -> network::remote::RemoteDrive {
    let network = straight_road();
    let site = site(masts);
    let environment = Environment::new(&site, &network);
    let points: Vec<WayPoint> = way_points(&network, &[LaneId(0)])
        .into_iter()
        .map(|point| WayPoint {
            place: place(&point),
            ..point
        })
        .collect();
    let drive = Drive::along(&environment, &points, f64::INFINITY, 0.003, 0.4);
    supervise(&environment, &points, &drive.moments, &Rules::default(), 100.0, Seed(1))
}

#[test]
fn a_well_covered_road_is_driven_from_afar_at_its_limit_and_a_dark_tunnel_stops_the_vehicle() {
    let open = driven(TWO_MASTS, |point| Place::open(point.place.at_m));
    let possible = open
        .sections
        .iter()
        .filter(|section| section.speed_kmh.is_some())
        .count();
    assert!(
        possible * 10 >= open.sections.len() * 8,
        "{possible} of {}",
        open.sections.len()
    );
    assert!(
        open.sections
            .iter()
            .any(|section| section.speed_kmh.is_some_and(|speed| (speed - 60.0).abs() < 1e-9))
    );
    assert!(open.stops.is_empty(), "{:?}", open.stops);
    let far = TWO_MASTS.replace("y_m = 30", "y_m = 900");
    let dark = driven(&far, |point| point.place);
    assert!(!dark.stops.is_empty());
    for stop in &dark.stops {
        // At 60 km/h: at least the braking way, 16.7² / 5 = 55.6 m.
        assert!(stop.length_m > 55.5 && stop.length_m < 150.0, "{stop:?}");
    }
    assert!(dark.sections.iter().any(|section| section.speed_kmh.is_none()));
}

#[test]
fn the_loop_is_the_sum_of_its_parts_and_the_same_seed_gives_the_same_drive() {
    let first = driven(TWO_MASTS, |point| point.place);
    assert_eq!(first, driven(TWO_MASTS, |point| point.place));
    let machines = Rules::default().machines;
    let least_ms = machines.capture_ms + machines.encode_ms + machines.decode_ms + machines.display_ms;
    for frame in &first.frames {
        assert!(frame.glass_ms.is_none_or(|glass_ms| glass_ms > least_ms));
        assert!(
            frame
                .command_ms
                .is_none_or(|command_ms| command_ms > machines.input_ms + machines.actuate_ms)
        );
    }
}

#[test]
fn a_measured_run_takes_the_place_of_the_model() {
    // 20 Hz at 10 m/s: 40 ms of round trip, and from the tenth second on a stall of two seconds.
    let mut table = String::from("t_ms,delay_ms,v_mps\n");
    for t in (0..20_000).step_by(50) {
        let delay = if (10_000..12_000).contains(&t) { 12_040 - t } else { 40 };
        table += &format!("{t},{delay},10\n");
    }
    let run = network::trace::Trace::read("run.csv", &table).expect("a run");
    let (points, found) = network::remote::supervise_trace(&run, &Rules::default(), 50.0, 50.0 / 3.6);
    assert!((points.last().expect("a place").distance_m - 199.5).abs() < 1e-6);
    assert_eq!(found.sections.len(), 4);
    // 60 ms of machines to see, 50 to act, 40 on the way: well within 200 ms.
    let speeds: Vec<Option<f64>> = found
        .sections
        .iter()
        .map(|section| section.speed_kmh.map(f64::round))
        .collect();
    assert_eq!(speeds, [Some(50.0), Some(50.0), None, Some(50.0)]);
    assert_eq!(found.stops.len(), 1);
    assert!((found.stops[0].time_s - (9.99 + 0.3)).abs() < 1e-6, "{:?}", found.stops);
}

#[test]
fn rules_say_what_is_wrong_with_their_line() {
    let told = Rules::read("remote.toml", "[regime]\nloop_ms = 700\n[video]\nframes_by_s = 0\n")
        .expect_err("mistakes")
        .to_string();
    assert!(
        told.contains("remote.toml:4: `frames_by_s` is `0`\nhint: write a number from 1 to 240"),
        "{told}"
    );
    assert!(told.contains("`loop_ms_max` is less than `loop_ms`"), "{told}");
    let told = Rules::read("remote.toml", "[regime]\nloops = 1\n")
        .expect_err("unknown")
        .to_string();
    assert!(told.starts_with("remote.toml:2: "), "{told}");
    assert_eq!(Rules::read("remote.toml", "").expect("defaults"), Rules::default());
}

proptest! {
    #[test]
    fn a_vehicle_that_drives_so_fast_stops_within_its_sight(sight_m in 1.0..500.0f64, loop_ms in 0.0..2_000.0f64, brake in 0.5..9.0f64) {
        let speed = stopping_speed_mps(sight_m, loop_ms, brake);
        let way_m = speed * loop_ms * 1e-3 + speed * speed / (2.0 * brake);
        prop_assert!((way_m - sight_m).abs() < 1e-6 * sight_m.max(1.0));
    }
}
