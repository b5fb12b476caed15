//! `westline bench traffic`: large traffic, beside SUMO where it is installed, in turn on the same files.
//!
//! An update is one vehicle in one step of a second. Both are charged for the processor's time, theirs and ours on one
//! thread; what it takes to read the files is taken off both, theirs by a run that ends as it begins. Without a network
//! of the caller's only the grid is played: 30 by 30 junctions, all with signals, streets of two lanes. A city of our own
//! drawing, as dense as a city is, tells how many vehicles are played faster than time goes by.

use super::{Figure, Scratch, Stopwatch, Whose, print, run};
use crate::Answer;
use crate::traffic::files::Files;
use crate::traffic::read;
use anyhow::{Result, anyhow};
use record::Seed;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use world::microscopic::{Settings, Simulation};
use world::sumo::{
    DepartLane, DepartPosition, DepartSpeed, Departure, Place, SourceFile, StreetNetwork, StreetPlan, SumoDemand,
    VehicleClass, VehicleKind,
};

/// Junctions in a row of the grid.
const GRID: u32 = 30;
/// The grid is played so long, seconds; its vehicles have appeared after a third of it.
const GRID_S: f64 = 600.0;
/// Runs of ours; their median counts.
const ROUNDS: usize = 3;

pub fn bench(files: &[PathBuf], vehicles: u32, city_vehicles: u32, json: bool) -> Result<Answer> {
    let mut figures = Vec::new();
    if let Some((net, demand)) = files.split_first() {
        measure(
            net,
            demand,
            None,
            ["updates, given files", "memory, given files"],
            &mut figures,
        )?;
    }
    let folder = Scratch::new()?;
    let net = folder.path("grid.net.xml");
    let number = format!("--grid.number={GRID}");
    let is_made = run(
        "netgenerate",
        &[
            "--grid",
            &number,
            "--grid.length=200",
            "--default.lanenumber=2",
            "--default-junction-type=traffic_light",
            "--no-turnarounds",
            "-o",
            &net,
        ],
    );
    if is_made.is_some() {
        let routes = PathBuf::from(folder.path("grid.rou.xml"));
        let net = PathBuf::from(net);
        write_demand(&net, &routes, vehicles)?;
        let names = ["updates, grid", "memory, grid"];
        let (network, demand) = measure(&net, &[routes], Some(GRID_S), names, &mut figures)?;
        figures.push(threads(&network, &demand)?);
    }
    city(city_vehicles, &mut figures)?;
    print(&figures, json)?;
    Ok(Answer::Yes)
}

/// Plays files on one thread, ours and SUMO's.
fn measure(
    net: &Path,
    demand: &[PathBuf],
    end_s: Option<f64>,
    names: [&'static str; 2],
    figures: &mut Vec<Figure>,
) -> Result<(Arc<StreetNetwork>, Arc<SumoDemand>)> {
    let files = Files::open(net, demand)?;
    let (network, read_demand) = read(&files, Seed(1))?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let (mut rates, mut bytes) = (Vec::new(), 0.0_f64);
    for _ in 0..ROUNDS {
        let mut simulation = simulation(&network, &read_demand)?;
        // The watch is the thread's that plays.
        let used_s = pool.install(|| {
            let watch = Stopwatch::start();
            play(&mut simulation, end_s.unwrap_or(f64::INFINITY));
            watch.seconds(Whose::Ours)
        });
        rates.push(simulation.totals().updates as f64 / used_s.max(1e-2));
        // A second run on the way to the fullest moment: memory is what the vehicles on the road take then.
        bytes = bytes.max(memory_bytes(&network, &read_demand, end_s)?);
    }
    let ours = super::median(rates);
    let additional: Vec<String> = names_of(demand, true);
    let routes: Vec<String> = names_of(demand, false);
    let net = net.to_string_lossy().into_owned();
    let play_peer = |end_s: Option<f64>| {
        let statistics = Scratch::new().ok()?;
        let path = statistics.path("statistics.xml");
        let (additional, routes, end) = (
            additional.join(","),
            routes.join(","),
            end_s.unwrap_or(-1.0).to_string(),
        );
        let mut arguments = vec![
            "-n",
            &net,
            "-r",
            &routes,
            "--no-step-log",
            "--no-warnings",
            "--statistic-output",
            &path,
        ];
        arguments.extend(["--duration-log.statistics", "--end", &end]);
        if !additional.is_empty() {
            arguments.extend(["-a", additional.as_str()]);
        }
        let seconds = run("sumo", &arguments)?;
        Some((seconds, std::fs::read_to_string(&path).ok()?))
    };
    let peer = play_peer(Some(0.0))
        .zip(play_peer(end_s))
        .and_then(|((empty_s, _), (whole_s, statistics))| {
            let attribute = |name: &str| {
                let from = statistics.find(&format!("{name}=\""))? + name.len() + 2;
                statistics[from..].split('"').next()?.parse::<f64>().ok()
            };
            // It prints updates a second of the clock, and the seconds; together they are the updates.
            let updates = attribute("vehicleUpdatesPerSecond")? * attribute("clockDuration")?;
            Some(("SUMO", updates / (whole_s - empty_s).max(1e-2)))
        });
    figures.push(Figure {
        name: names[0],
        unit: "1/CPU s",
        ours,
        peer,
        is_cost: false,
    });
    figures.push(Figure {
        name: names[1],
        unit: "B/vehicle",
        ours: bytes,
        peer: None,
        is_cost: true,
    });
    Ok((network, read_demand))
}

fn names_of(files: &[PathBuf], are_additional: bool) -> Vec<String> {
    let names = files.iter().map(|file| file.to_string_lossy().into_owned());
    names.filter(|name| name.contains(".add.") == are_additional).collect()
}

fn simulation(network: &Arc<StreetNetwork>, demand: &Arc<SumoDemand>) -> Result<Simulation> {
    Simulation::new(Arc::clone(network), Arc::clone(demand), Settings::default()).map_err(|error| anyhow!("{error}"))
}

fn play(simulation: &mut Simulation, end_s: f64) {
    while !simulation.is_over() && simulation.now_s() < end_s {
        simulation.step();
    }
}

/// Bytes a vehicle on the road takes when most are there.
fn memory_bytes(network: &Arc<StreetNetwork>, demand: &Arc<SumoDemand>, end_s: Option<f64>) -> Result<f64> {
    let mut simulation = simulation(network, demand)?;
    let (mut most, mut bytes) = (0, 0.0);
    while !simulation.is_over() && simulation.now_s() < end_s.unwrap_or(f64::INFINITY) {
        simulation.step();
        let running = simulation.totals().running;
        if running > most {
            most = running;
            bytes = simulation.vehicle_memory_bytes() as f64 / running as f64;
        }
    }
    Ok(bytes)
}

/// How much sooner two threads are done than one.
fn threads(network: &Arc<StreetNetwork>, demand: &Arc<SumoDemand>) -> Result<Figure> {
    let mut seconds = [0.0; 2];
    for (index, best_s) in seconds.iter_mut().enumerate() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(index + 1).build()?;
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let mut simulation = simulation(network, demand)?;
            let start = Instant::now();
            pool.install(|| play(&mut simulation, GRID_S));
            rounds.push(start.elapsed().as_secs_f64());
        }
        *best_s = super::median(rounds);
    }
    Ok(Figure {
        name: "two threads beside one, grid",
        unit: "times",
        ours: seconds[0] / seconds[1],
        peer: None,
        is_cost: false,
    })
}

/// Length of a city's blocks.
const BLOCK_M: f64 = 300.0;
/// Vehicles for each junction of a city, some eighteen a kilometre of lane.
const PER_JUNCTION: f64 = 40.0;
/// Everyone appears within this time; then it is watched for as long.
const CITY_S: f64 = 120.0;

/// A city with so many on its roads at once, on all threads of the machine: how much faster than time, and what memory.
fn city(vehicles: u32, figures: &mut Vec<Figure>) -> Result<()> {
    let side = (f64::from(vehicles) / PER_JUNCTION).sqrt().ceil().max(2.0) as usize;
    let file = SourceFile {
        name: "city.net.xml".to_owned(),
        text: StreetPlan::grid([side, side], BLOCK_M).net(),
    };
    let network = StreetNetwork::read(&file).map_err(|error| anyhow!("{error}"))?;
    drop(file);
    let demand = wanderers(&network, vehicles);
    let (network, demand) = (Arc::new(network), Arc::new(demand));
    let mut simulation = simulation(&network, &demand)?;
    play(&mut simulation, CITY_S);
    let (updates, start) = (simulation.totals().updates, Instant::now());
    play(&mut simulation, 2.0 * CITY_S);
    let used_s = start.elapsed().as_secs_f64();
    let running = (simulation.totals().updates - updates) as f64 / CITY_S;
    figures.push(Figure {
        name: "vehicles at once in the city",
        unit: "vehicles",
        ours: running,
        peer: None,
        is_cost: false,
    });
    figures.push(Figure {
        name: "the city beside time itself, all threads",
        unit: "times",
        ours: CITY_S / used_s,
        peer: None,
        is_cost: false,
    });
    figures.push(Figure {
        name: "memory, city",
        unit: "B/vehicle",
        ours: simulation.vehicle_memory_bytes() as f64 / running,
        peer: None,
        is_cost: true,
    });
    Ok(())
}

/// Cars that drive straight on or turn at random, from everywhere.
fn wanderers(network: &StreetNetwork, vehicles: u32) -> SumoDemand {
    /// Nobody is through before the end.
    const STREETS: usize = 24;
    let mut demand = SumoDemand {
        kinds: vec![VehicleKind::of_class("car", VehicleClass::PASSENGER)],
        choices: vec![vec![(0, 1.0)]],
        ..SumoDemand::default()
    };
    let streets: Vec<u32> = (0..network.edges.len() as u32)
        .filter(|&edge| !network.edges[edge as usize].is_internal)
        .collect();
    let mut stream = Seed(1).stream("bench.city", 0);
    for index in 0..vehicles {
        let mut way = vec![streets[stream.below(streets.len())]];
        let mut turns = Vec::new();
        while way.len() < STREETS {
            let joints = network.edges[way[way.len() - 1] as usize].joints.clone();
            let joints = &network.joints[joints.start as usize..joints.end as usize];
            if joints.is_empty() {
                break;
            }
            let turn = stream.below(joints.len());
            turns.push(turn as u8);
            way.push(joints[turn].to);
        }
        let route = demand.add_route(&way, &turns);
        demand.departures.push(Departure {
            id: String::new(),
            choice: 0,
            route,
            depart_s: (0.5 * CITY_S * f64::from(index) / f64::from(vehicles)).floor(),
            lane: DepartLane::Best,
            position: DepartPosition::Base,
            speed: DepartSpeed::Desired,
            arrival_m: None,
            stops: Vec::new(),
            place: Place { file: 0, line: 0 },
        });
    }
    demand
}

/// Vehicles all over the grid that drive straight on or turn at random, longer than the run, from everywhere at once.
fn write_demand(net: &Path, routes: &Path, vehicles: u32) -> Result<()> {
    let files = Files::open(net, &[])?;
    let network = StreetNetwork::read(&files.net).map_err(|error| anyhow!("{error}"))?;
    let streets: Vec<u32> = (0..network.edges.len() as u32)
        .filter(|&edge| !network.edges[edge as usize].is_internal)
        .collect();
    let mut stream = Seed(1).stream("bench.grid", 0);
    let mut text = String::from("<routes>\n");
    /// Streets of 200 m at no more than 14 m/s: nobody is through before the end.
    const STREETS: usize = 45;
    for index in 0..vehicles {
        let depart_s = (GRID_S / 3.0 * f64::from(index) / f64::from(vehicles)).floor();
        let mut edge = streets[stream.below(streets.len())];
        let mut way = vec![edge];
        while way.len() < STREETS {
            let links = network
                .lanes_of(edge)
                .flat_map(|lane| network.lanes[lane].links.clone());
            let next: Vec<u32> = links
                .map(|link| network.lanes[network.links[link as usize].to as usize].edge)
                .filter(|next| Some(next) != way.iter().rev().nth(1))
                .collect();
            if next.is_empty() {
                break;
            }
            edge = next[stream.below(next.len())];
            way.push(edge);
        }
        let names: Vec<&str> = way
            .iter()
            .map(|&edge| network.edges[edge as usize].id.as_str())
            .collect();
        text += &format!(
            "<vehicle id=\"{index}\" depart=\"{depart_s}\" departLane=\"best\" departSpeed=\"max\"><route edges=\"{}\"/></vehicle>\n",
            names.join(" ")
        );
    }
    text += "</routes>\n";
    std::fs::write(routes, text)?;
    Ok(())
}
