//! The air between stations: what density costs, and that luck is a station's own.

use network::sidelink::{Arrival, Channel, Fate, Outgoing, Sidelink, urban_loss_db};
use record::Seed;
use std::collections::BTreeMap;

/// A road of stations a few metres apart, each sending ten packets a second for `seconds`; what became of packets within
/// 100 m, and how busy the middle of the road found the channel.
fn road(stations: u32, gap_m: f64, seconds: u32) -> (BTreeMap<Fate, u32>, f64) {
    let numbers: Vec<u32> = (0..stations).collect();
    let packets: Vec<Outgoing> = (0..stations as usize).map(|station| Outgoing { station, bytes: 300 }).collect();
    let mut sidelink = Sidelink::new(Channel::default(), Seed(1));
    let mut arrivals: Vec<Arrival> = Vec::new();
    let mut fates = BTreeMap::new();
    let distance_m = |a: usize, b: usize| gap_m * (a as f64 - b as f64).abs();
    for period in 0..10 * seconds {
        sidelink.step(&numbers, &packets, |a, b| urban_loss_db(distance_m(a, b), true), &mut arrivals);
        // The first second is for finding free resources.
        for arrival in arrivals.iter().filter(|_| period >= 10) {
            if distance_m(packets[arrival.packet].station, arrival.receiver) <= 100.0 {
                *fates.entry(arrival.fate).or_insert(0) += 1;
            }
        }
    }
    (fates, sidelink.busy_share(stations / 2))
}

fn share(fates: &BTreeMap<Fate, u32>, fate: Fate) -> f64 {
    let all: u32 = fates.values().sum();
    f64::from(fates.get(&fate).copied().unwrap_or_default()) / f64::from(all)
}

#[test]
fn a_few_stations_near_each_other_hear_nearly_everything() {
    let (fates, busy) = road(5, 10.0, 20);
    assert!(share(&fates, Fate::Received) > 0.97, "{fates:?}");
    assert!(busy < 0.05, "{busy}");
}

#[test]
fn collisions_grow_with_density() {
    let shares: Vec<f64> = [20, 60, 150]
        .into_iter()
        .map(|count| share(&road(count, 600.0 / f64::from(count), 6).0, Fate::Collided))
        .collect();
    assert!(shares.is_sorted(), "{shares:?}");
    assert!(shares[2] > 3.0 * shares[0].max(0.001), "{shares:?}");
}

#[test]
fn who_sends_is_deaf_about_one_slot_in_a_hundred() {
    let (fates, _) = road(30, 3.0, 20);
    let deaf = share(&fates, Fate::Deaf);
    // Thirty stations on a hundred slots: each misses who shares its slot; sensing keeps them apart, not slot by slot.
    assert!((0.002..0.03).contains(&deaf), "{deaf}");
}

#[test]
fn far_stations_are_out_of_reach() {
    let mut sidelink = Sidelink::new(Channel::default(), Seed(1));
    let mut arrivals = Vec::new();
    let packets = [Outgoing { station: 0, bytes: 200 }];
    sidelink.step(&[3, 8], &packets, |_, _| urban_loss_db(5_000.0, false), &mut arrivals);
    assert_eq!(arrivals.iter().map(|arrival| arrival.fate).collect::<Vec<_>>(), [Fate::OutOfReach]);
}

#[test]
fn the_same_seed_gives_the_same_fates() {
    assert_eq!(road(20, 10.0, 3), road(20, 10.0, 3));
}
