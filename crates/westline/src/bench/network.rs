//! `westline bench network`: links evaluated a second on one core, and what a day's connected vehicles cost beside the world they drive in.
//!
//! A link evaluation is one cell at one place: path loss, line of sight, shadowing and antenna, or, where gains are kept, the power of one cell
//! and its part in the ratio. The day is played at its morning peak with as many others as asked for; once a second each vehicle
//! has its connection stepped and a picture and a command judged, at the places where the world has them.

use super::{ROUNDS, Stopwatch, Whose, median};
use crate::{Answer, output, run, sites};
use anyhow::{Result, anyhow};
use network::cover::{Requirement, Surveyor};
use network::radio::environment::{Environment, Place};
use network::radio::gain_map::GainMap;
use network::radio::handover::Connection;
use network::radio::link::Evaluator;
use network::site::NetworkSite;
use service::{DayOptions, ServiceDay};
use std::hint::black_box;
use std::sync::Arc;
use world::Frame;

/// Places of a round.
const PLACES: usize = 10_000;
/// The morning peak, seconds after midnight, and how long of it is measured after as long a warm-up.
const PEAK_S: f64 = 7.5 * 3_600.0;
const WARM_UP_S: u64 = 240;
const MEASURED_S: u64 = 60;

pub fn bench(name: &str, traffic: f64, json: bool) -> Result<Answer> {
    let files = sites::find(name, None)?;
    let service = Arc::new(run::load(&files)?);
    let roads = &service.network;
    let text = files.read("network.toml").map_err(|error| anyhow!("{name}: {error}"))?;
    let site = match text {
        Some(bytes) => NetworkSite::read("network.toml", &String::from_utf8_lossy(&bytes), roads)
            .map_err(|error| anyhow!("{error}"))?,
        None => NetworkSite::plausible(roads),
    };
    let environment = Environment::new(&site, roads);
    let evaluator = Evaluator::new(&site);
    let cells = evaluator.cells() as f64;
    let [west_m, south_m, east_m, north_m] = roads.bounds_m();
    let place = |index: usize| {
        [
            west_m + super::scattered(index) * (east_m - west_m),
            south_m + super::scattered(7 * index + 3) * (north_m - south_m),
        ]
    };
    let mut gains = vec![0.0; evaluator.cells()];
    let by_s = |mut each: Box<dyn FnMut(usize) + '_>| {
        let rounds = (0..ROUNDS).map(|_| {
            let watch = Stopwatch::start();
            (0..PLACES).for_each(&mut each);
            PLACES as f64 * cells / watch.seconds(Whose::Ours).max(1e-6)
        });
        median(rounds.collect())
    };
    let computed = by_s(Box::new(|index| {
        environment.gains(Place::open(place(index)), &mut gains);
        black_box(evaluator.best(&gains, 0.3));
    }));
    let map = GainMap::of(&environment, roads.bounds_m());
    let kept = by_s(Box::new(|index| {
        black_box(evaluator.best(map.at(place(index)), 0.3));
    }));
    let (world_ms, network_ms, count) = day(&service, &site, &environment, &map, traffic)?;
    // A map may hold fewer than 2,000: theirs is what their number would cost.
    let of_2000_ms = network_ms * 2_000.0 / count.max(1.0);
    let rows = [
        ("link evaluations, computed", "1/s", computed),
        ("link evaluations, gains kept", "1/s", kept),
        ("connected vehicles in the world", "", count),
        ("world, a simulated second", "ms", world_ms),
        ("their network, a simulated second", "ms", network_ms),
        ("network of 2,000, a simulated second", "ms", of_2000_ms),
        ("network over world", "%", 100.0 * network_ms / world_ms),
    ];
    if json {
        let list = rows.map(|(name, unit, ours)| serde_json::json!({"name": name, "unit": unit, "ours": ours, "peer": null, "peer_name": null, "ratio": null}));
        output::print(&format!("{:#}\n", serde_json::Value::Array(list.to_vec())))?;
    } else {
        let text: String = rows
            .iter()
            .map(|(name, unit, ours)| format!("{name:<36}{ours:>14.1} {unit}\n"))
            .collect();
        output::print(&text)?;
    }
    Ok(Answer::Yes)
}

/// Milliseconds of a simulated second for the world and for the network, and how many were connected, means over the part that is measured.
fn day(
    service: &Arc<service::Site>,
    site: &NetworkSite,
    environment: &Environment,
    map: &GainMap,
    traffic: f64,
) -> Result<(f64, f64, f64)> {
    let options = DayOptions {
        from_s: Some(PEAK_S),
        to_s: Some(PEAK_S + (WARM_UP_S + MEASURED_S) as f64 + 60.0),
        traffic_scale: traffic,
        threads: 1,
        ..DayOptions::default()
    };
    let mut day = ServiceDay::new(Arc::clone(service), &options)?;
    let surveyor = Surveyor::new(environment, Requirement::REMOTE_DRIVING, 0.3);
    let evaluator = Evaluator::new(site);
    let mut connections: Vec<Connection> = Vec::new();
    let mut frame = Frame::default();
    let (mut world_s, mut network_s, mut connected) = (0.0, 0.0, 0usize);
    for second in 0..WARM_UP_S + MEASURED_S {
        let watch = Stopwatch::start();
        let until = record::SimTime::from_secs(second as i64 + 1);
        while day.time() < until && !day.is_done() {
            day.step();
        }
        let played_s = watch.seconds(Whose::Ours);
        day.world().write_frame(&mut frame);
        let watch = Stopwatch::start();
        let mut here = 0;
        for actor in frame
            .actors
            .iter()
            .filter(|actor| actor.kind != world::ActorKind::Pedestrian)
        {
            let number = actor.id.0 as usize;
            if connections.len() <= number {
                connections.resize(number + 1, Connection::default());
            }
            let gains = map.at([actor.pose.x_m, actor.pose.y_m]);
            let link = connections[number].step(
                second as f64,
                gains,
                site.load,
                1.0 - site.load,
                &evaluator,
                &site.handover,
            );
            black_box(surveyor.judged(Place::open([actor.pose.x_m, actor.pose.y_m]), link));
            here += 1;
        }
        if second >= WARM_UP_S {
            world_s += played_s;
            network_s += watch.seconds(Whose::Ours);
            connected += here;
        }
    }
    let seconds = MEASURED_S as f64;
    Ok((
        1e3 * world_s / seconds,
        1e3 * network_s / seconds,
        connected as f64 / seconds,
    ))
}
