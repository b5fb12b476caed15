//! How many steps a second an environment makes: `cargo run --release -p training --example step_rate`.
//!
//! Prints steps a second on one thread, processor time, on made roads with traffic and on any map given as an argument. The
//! driver keeps its lane and its distance by a few lines of arithmetic, so that episodes last.

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use record::Seed;
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;
use training::{Action, Course, Ending, Environment, FEATURES, OBSERVATION_LENGTH, Options};
use vehicle::DataSheet;

fn main() -> Result<(), Box<dyn Error>> {
    let map = std::env::args().nth(1);
    let courses: Vec<Course> = match &map {
        Some(map) => vec![Course::read(map)?],
        None => (0..8)
            .map(|index| Course::made(Seed(0), index))
            .collect::<Result<_, _>>()?,
    };
    let mut environment = Environment::new(
        courses.into(),
        Options::new(Arc::new(DataSheet::shipped("car")?)),
        Seed(1),
    )?;
    let mut seen = [0.0; OBSERVATION_LENGTH];
    let (mut steps, mut reward, mut episodes) = (0u32, 0.0, 0u32);
    let mut endings = [0; Ending::ALL.len()];
    let (mut near, mut total) = (0, 0);
    environment.reset(&mut seen)?;
    let begun = Instant::now();
    while steps < 200_000 {
        let step = environment.step(drive(&seen), &mut seen);
        steps += 1;
        reward += step.reward;
        near += environment.world().others().len();
        total += environment.world().traffic().count();
        if let Some(ending) = step.ending {
            episodes += 1;
            endings[ending as usize] += 1;
            environment.reset(&mut seen)?;
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{:.0} steps a second, {episodes} episodes, reward {:.3} a step, {:.1} others near, {:.1} in all",
        f64::from(steps) / seconds,
        reward / f64::from(steps),
        near as f64 / f64::from(steps),
        total as f64 / f64::from(steps),
    );
    for (ending, count) in Ending::ALL.iter().zip(endings) {
        println!("  {:<10} {count}", ending.name());
    }
    Ok(())
}

/// Pure pursuit of the lane's middle, and the distance to the leader.
fn drive(seen: &[f32; OBSERVATION_LENGTH]) -> Action {
    let of = |name: &str| {
        let place = FEATURES.iter().position(|feature| feature.name == name);
        f64::from(seen[place.expect("a feature's name")])
    };
    let speed_mps = of("speed_mps").max(1.0);
    let sharpest_per_m = (Action::LATERAL_MPS2 / (speed_mps * speed_mps)).min(0.25);
    let curvature_per_m = of("curvature_0_m_per_m") - 0.02 * of("lane_offset_m") - 0.3 * of("heading_error_rad");
    let bend = ["curvature_0_m_per_m", "curvature_20_m_per_m", "curvature_40_m_per_m"];
    let bend_per_m = bend.iter().map(|name| of(name).abs()).fold(1e-4, f64::max);
    let wanted_mps = of("speed_limit_mps").min((2.0 / bend_per_m).sqrt());
    let gap_m = of("leader_gap_m").min(of("light_gap_m"));
    let room_mps = (2.0 * 2.0 * (gap_m - 4.0).max(0.0)).sqrt() + (speed_mps + of("leader_speed_mps")).max(0.0);
    let follow_mps = if of("light_gap_m") < 99.0 {
        (2.0 * 2.0 * (of("light_gap_m") - 3.0).max(0.0)).sqrt()
    } else {
        f64::INFINITY
    };
    let gap_mps = if of("leader_gap_m") < 99.0 {
        room_mps.min((gap_m - 2.0).max(0.0) / 1.2)
    } else {
        f64::INFINITY
    };
    let error_mps = wanted_mps.min(follow_mps).min(gap_mps) - speed_mps;
    Action::new((0.4 * error_mps) as f32, (curvature_per_m / sharpest_per_m) as f32)
}
