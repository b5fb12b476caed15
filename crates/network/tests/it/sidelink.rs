//! The air between stations: what density costs, and that luck is a station's own.

use network::sidelink::{Channel, Fate, Outgoing, Sidelink, Street, StreetReport, urban_loss_db};
use record::Seed;

/// What became of packets within 100 m.
fn street(stations: u32, length_m: f64, seconds: u32) -> StreetReport {
    let street = Street {
        stations,
        length_m,
        packet_bytes: 300,
        within_m: 100.0,
    };
    street.play(Channel::default(), seconds, Seed(1))
}

#[test]
fn a_few_stations_near_each_other_hear_nearly_everything() {
    let report = street(5, 50.0, 20);
    assert!(report.share(Fate::Received) > 0.97, "{report:?}");
    assert!(report.busy_share < 0.05, "{report:?}");
}

#[test]
fn collisions_grow_with_density() {
    let shares = [20, 60, 150].map(|stations| street(stations, 600.0, 6).share(Fate::Collided));
    assert!(shares.is_sorted(), "{shares:?}");
    assert!(shares[2] > 3.0 * shares[0].max(0.001), "{shares:?}");
}

#[test]
fn who_sends_is_deaf_to_those_who_send_in_its_slot() {
    // Thirty stations on a hundred slots of five rows: about one in a hundred others shares a slot with each.
    let deaf = street(30, 90.0, 20).share(Fate::Deaf);
    assert!((0.002..0.03).contains(&deaf), "{deaf}");
}

#[test]
fn far_stations_are_out_of_reach() {
    let mut sidelink = Sidelink::new(Channel::default(), Seed(1));
    let mut arrivals = Vec::new();
    let packets = [Outgoing { station: 0, bytes: 200 }];
    sidelink.step(&[3, 8], &packets, |_, _| urban_loss_db(5_000.0, false), &mut arrivals);
    assert_eq!(
        arrivals.iter().map(|arrival| arrival.fate).collect::<Vec<_>>(),
        [Fate::OutOfReach]
    );
}

#[test]
fn the_same_seed_gives_the_same_fates() {
    assert_eq!(street(20, 200.0, 3), street(20, 200.0, 3));
}
