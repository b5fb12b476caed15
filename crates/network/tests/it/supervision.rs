//! A service's vehicles on their network: what a day's ticks make of links and video.

use crate::small::{TWO_MASTS, site, straight_road};
use network::radio::environment::{Environment, Place};
use network::remote::Rules;
use network::site::NetworkSite;
use network::supervision::{LinkChangeKind, LinkMeasures, LinkSecond, Seat, Supervision};
use record::{Seed, SimTime};
use road::LaneId;

/// Vehicles that drive along the road at 10 m/s, each so far behind the one before, for so long; `sky` makes a place of one.
fn played(
    site: &NetworkSite,
    vehicles: usize,
    duration_s: u64,
    sky: impl Fn(f64, Place) -> Place,
) -> (Vec<LinkSecond>, Vec<(f64, LinkChangeKind)>, LinkMeasures) {
    let network = straight_road();
    let environment = Environment::new(site, &network);
    let rules = Rules::default();
    let mut supervision = Supervision::new(&environment, &rules, 0.05, Seed(7));
    let (mut seconds, mut changes) = (Vec::new(), Vec::new());
    for tick in 1..=10 * duration_s {
        let time = SimTime::from_millis(100 * tick as i64);
        let seats: Vec<Seat> = (0..vehicles)
            .map(|vehicle| {
                let s_m = 0.1 * 10.0 * tick as f64 + 8.0 * vehicle as f64;
                Seat {
                    vehicle,
                    place: sky(time.as_secs_f64(), Place::on_lane(&network, LaneId(0), s_m)),
                    on_lane: Some((LaneId(0), s_m)),
                    speed_mps_max: 60.0 / 3.6,
                    is_watched: true,
                }
            })
            .collect();
        supervision.step(time, &seats);
        seconds.extend_from_slice(supervision.seconds());
        changes.extend(
            supervision
                .changes()
                .iter()
                .map(|change| (change.time.as_secs_f64(), change.kind)),
        );
    }
    (seconds, changes, supervision.finish())
}

fn open(_: f64, place: Place) -> Place {
    Place::open(place.at_m)
}

#[test]
fn a_vehicle_near_masts_is_seen_all_the_time() {
    let (seconds, changes, measures) = played(&site(TWO_MASTS), 1, 30, open);
    assert_eq!(seconds.len(), 30);
    assert!(changes.is_empty(), "{changes:?}");
    let vehicle = &measures.vehicles[&0];
    // Thirty frames a second, of which those of the last half second may still be on their way.
    assert!((885..=900).contains(&vehicle.frames), "{}", vehicle.frames);
    assert!(vehicle.frames_in_time * 100 >= vehicle.frames * 99);
    // The machines alone take 110 ms.
    let median_ms = vehicle.loop_ms(0.5).unwrap();
    assert!((110.0..200.0).contains(&median_ms), "{median_ms}");
    assert_eq!(measures.pieces.iter().map(|piece| piece.seconds).sum::<u32>(), 30);
}

#[test]
fn one_whom_nobody_sees_is_told_within_the_rules_time_and_found_again() {
    // Ten seconds in the middle of a long mountain.
    let hidden = |time_s: f64, place: Place| Place {
        in_tunnel_m: (10.0..20.0).contains(&time_s).then_some(2_000.0),
        ..open(time_s, place)
    };
    let (seconds, changes, measures) = played(&site(TWO_MASTS), 1, 30, hidden);
    let [
        (lost_s, LinkChangeKind::Lost),
        (found_s, LinkChangeKind::Found { after_s }),
    ] = changes[..]
    else {
        panic!("{changes:?}");
    };
    // The mountain begins with the tick that ends at 10 s.
    assert!((10.2..11.0).contains(&lost_s), "{lost_s}");
    assert!((19.9..21.5).contains(&found_s), "{found_s}");
    assert!((9.5..11.5).contains(&after_s), "{after_s}");
    assert!((measures.vehicles[&0].lost_s - after_s).abs() < 1e-9);
    for second in &seconds {
        let time_s = second.time.as_secs_f64();
        if (12.0..20.0).contains(&time_s) {
            assert!(
                second.is_lost && second.link.is_none() && second.speed_kmh.is_none(),
                "{second:?}"
            );
        }
    }
}

#[test]
fn many_in_one_cell_have_less_than_one_alone() {
    let site = site(TWO_MASTS);
    let slowest_mbps = |vehicles| {
        let (seconds, ..) = played(&site, vehicles, 20, open);
        let of_first = seconds.iter().filter(|second| second.vehicle == 0);
        let rates = of_first.filter_map(|second| second.link.map(|link| link.rate_mbps[1]));
        rates.fold(f64::INFINITY, f64::min)
    };
    let (alone, among_many) = (slowest_mbps(1), slowest_mbps(40));
    assert!(among_many < 0.8 * alone, "{among_many} of {alone} Mbit/s");
}

#[test]
fn the_same_seed_gives_the_same_day() {
    let site = site(TWO_MASTS);
    assert_eq!(played(&site, 3, 10, open), played(&site, 3, 10, open));
}

#[test]
fn one_who_is_never_seen_again_is_counted_as_lost_until_the_end() {
    let hidden = |time_s: f64, place: Place| Place {
        in_tunnel_m: (time_s > 10.0).then_some(2_000.0),
        ..open(time_s, place)
    };
    let (_, changes, measures) = played(&site(TWO_MASTS), 1, 30, hidden);
    assert!(matches!(changes[..], [(_, LinkChangeKind::Lost)]), "{changes:?}");
    let lost_s = measures.vehicles[&0].lost_s;
    assert!((19.0..20.5).contains(&lost_s), "{lost_s}");
}
