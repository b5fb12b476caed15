//! The example's driver does what it says.

#[path = "../../examples/lane_driver/driver.rs"]
#[rustfmt::skip]
mod driver;
#[path = "../../examples/lane_driver/trip.rs"]
mod trip;

use std::path::Path;

#[test]
fn the_driver_of_the_example_arrives_on_a_sites_road_without_touching_anybody() {
    let map = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sites/yongchuan/map.xodr");
    let trip = trip::play(&map, 150.0, 1500.0, 1).expect("the site has a main road");
    assert!(
        trip.has_arrived,
        "after {:.0} m of {:.0} m",
        trip.driven_m, trip.route_m
    );
    assert_eq!(trip.collisions, 0, "nearest {:.2} m", trip.nearest_m);
}
