//! A driver of one's own on a site's road: `cargo run --release -p world --example lane_driver`.
//!
//! `driver.rs` beside this file is the driver, fifty lines of `impl vehicle::Driver`; put yours there. It drives a minibus along
//! a main road of the site among traffic and prints how it went. Arguments: a map (default `sites/yongchuan/map.xodr`),
//! vehicles at the peak (150), metres (1500), seed (1).

#![expect(clippy::print_stdout, reason = "an example shows its result")]

#[rustfmt::skip]
mod driver;
mod trip;

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let map = arguments
        .next()
        .unwrap_or_else(|| "sites/yongchuan/map.xodr".to_owned());
    let mut number = |default: f64| arguments.next().map_or(Ok(default), |text| text.parse());
    let (vehicles, way_m, seed) = (number(150.0)?, number(1500.0)?, number(1.0)?);
    let trip = trip::play(&PathBuf::from(&map), vehicles, way_m, seed as u64)?;
    println!(
        "{map}: a minibus drives {:.0} m among about {vehicles:.0} vehicles",
        trip.route_m
    );
    println!("arrived      {}", if trip.has_arrived { "yes" } else { "no" });
    println!(
        "driven       {:.0} m in {:.0} s, {:.1} km/h in the mean",
        trip.driven_m,
        trip.time_s,
        3.6 * trip.driven_m / trip.time_s
    );
    println!("stops        {}", trip.stops);
    println!("nearest      {:.2} m to anybody", trip.nearest_m);
    println!("collisions   {}", trip.collisions);
    Ok(())
}
