//! `westline traffic`: large traffic from SUMO's files, trips and edges as tables.

mod assign;
mod beside;
pub mod files;
mod realism;

use crate::arguments::{TrafficCommand, TrafficRun};
use crate::{Answer, output};
use anyhow::{Context, Result, anyhow};
use beside::Beside;
use files::Files;
use indicatif::{ProgressBar, ProgressStyle};
use record::{Cell, Column, ColumnKind, Seed, Table};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use world::microscopic::{Settings, Simulation, Trip};
use world::sumo::{StreetNetwork, SumoDemand, TripInfo};

pub fn execute(command: &TrafficCommand) -> Result<Answer> {
    match command {
        TrafficCommand::Run(arguments) => run(arguments),
        TrafficCommand::Assign(arguments) => assign::assign(arguments),
        TrafficCommand::Realism(arguments) => realism::realism(arguments),
    }
}

/// Reads what a run needs, and says on standard error what was left out.
pub fn read(files: &Files, seed: Seed) -> Result<(Arc<StreetNetwork>, Arc<SumoDemand>)> {
    let mut network = StreetNetwork::read(&files.net).map_err(|error| anyhow!("{error}"))?;
    let demand = SumoDemand::read(&mut network, &files.demand, seed).map_err(|error| anyhow!("{error}"))?;
    for note in &demand.notes {
        eprintln!("note: {note}");
    }
    Ok((Arc::new(network), Arc::new(demand)))
}

fn run(arguments: &TrafficRun) -> Result<Answer> {
    let files = Files::open(&arguments.net, &arguments.files)?;
    // Read before the run: who has mistyped a name wants to know now.
    let theirs = arguments.beside.as_deref().map(read_trips).transpose()?;
    let said = &files.configuration;
    let settings = Settings {
        begin_s: arguments.begin.or(said.begin_s).unwrap_or(0.0),
        step_s: arguments.step.or(said.step_s).unwrap_or(1.0),
        seed: Seed(arguments.seed.or(said.seed).unwrap_or(1)),
        weather: arguments.weather.weather(),
    };
    let end_s = arguments.end.or(said.end_s).unwrap_or(f64::INFINITY);
    let (network, demand) = read(&files, settings.seed)?;
    demand
        .check_begin(&files.demand, settings.begin_s)
        .map_err(|error| anyhow!("{error}"))?;
    drop(files);
    let mut simulation =
        Simulation::new(Arc::clone(&network), Arc::clone(&demand), settings).map_err(|error| anyhow!("{error}"))?;
    let mut edges = arguments.edges.is_some().then(edge_table);
    if edges.is_some() {
        simulation.measure_edges();
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.threads.unwrap_or(0) as usize)
        .build()
        .context("threads cannot be started")?;
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template("{msg}")?);
    pool.install(|| {
        let mut interval_s = settings.begin_s;
        while !simulation.is_over() && simulation.now_s() < end_s {
            simulation.step();
            let totals = simulation.totals();
            bar.set_message(format!(
                "{:.0} s: {} on the road, {} arrived, {} waiting, {} to come",
                simulation.now_s(),
                totals.running,
                totals.arrived,
                totals.waiting,
                totals.due
            ));
            let is_last = simulation.is_over() || simulation.now_s() >= end_s;
            if let Some(table) = &mut edges
                && (simulation.now_s() >= interval_s + arguments.interval - 1e-6 || is_last)
            {
                push_edges(table, &network, &mut simulation, interval_s);
                interval_s = simulation.now_s();
            }
        }
    });
    bar.finish_and_clear();
    if let Some(path) = &arguments.trips {
        trip_table(&network, &demand, &simulation).write(path, &BTreeMap::new())?;
    }
    if let (Some(path), Some(table)) = (&arguments.edges, &edges) {
        table.write(path, &BTreeMap::new())?;
    }
    let mut text = page(&simulation, arguments.json);
    if let Some(theirs) = &theirs {
        let beside = Beside::new(simulation.trips(), theirs);
        text.insert_str(0, &(beside.table() + "\n"));
        if let Some(path) = &arguments.picture {
            output::write_picture(path, &beside.picture(), 2.0)?;
        }
    }
    output::print(&text)?;
    Ok(Answer::Yes)
}

/// SUMO's trips, at least one.
fn read_trips(path: &Path) -> Result<Vec<TripInfo>> {
    let trips = TripInfo::read(&files::open(path)?).map_err(|error| anyhow!("{error}"))?;
    match trips.is_empty() {
        true => Err(anyhow!(
            "{}: no <tripinfo> in it, expected one for each trip\nhint: run sumo with --tripinfo-output",
            path.display()
        )),
        false => Ok(trips),
    }
}

/// The run's figures, for people or for scripts.
fn page(simulation: &Simulation, json: bool) -> String {
    let totals = simulation.totals();
    let arrived: Vec<&Trip> = simulation
        .trips()
        .iter()
        .filter(|trip| trip.arrival_s.is_finite())
        .collect();
    let mean = |of: &dyn Fn(&Trip) -> f64| {
        let count = arrived.len().max(1) as f64;
        arrived.iter().map(|trip| of(trip)).sum::<f64>() / count
    };
    let means = [
        ("duration_s", "mean duration", "s", mean(&|trip| trip.duration_s())),
        (
            "time_loss_s",
            "mean time loss",
            "s",
            mean(&|trip| f64::from(trip.time_loss_s)),
        ),
        (
            "waited_s",
            "mean waiting time",
            "s",
            mean(&|trip| f64::from(trip.waited_s)),
        ),
        (
            "distance_m",
            "mean distance",
            "m",
            mean(&|trip| f64::from(trip.distance_m)),
        ),
        (
            "changes",
            "mean lane changes",
            "",
            mean(&|trip| f64::from(trip.changes)),
        ),
    ];
    let digest: String = simulation.digest().iter().map(|byte| format!("{byte:02x}")).collect();
    let counts = [
        ("departed", "departed", totals.departed as u64),
        ("arrived", "arrived", totals.arrived as u64),
        ("running", "still on the road", totals.running as u64),
        ("waiting", "without room to depart", totals.waiting as u64),
        ("collisions", "overlaps", totals.collisions),
        ("updates", "vehicle updates", totals.updates),
    ];
    if json {
        let mut object = serde_json::Map::new();
        object.insert("end_s".to_owned(), simulation.now_s().into());
        object.extend(counts.iter().map(|&(name, _, count)| (name.to_owned(), count.into())));
        object.extend(means.iter().map(|&(name, _, _, value)| (name.to_owned(), value.into())));
        object.insert("digest".to_owned(), digest.into());
        return format!("{:#}\n", serde_json::Value::Object(object));
    }
    let mut text = format!("{:<24}{:>12.0} s\n", "end", simulation.now_s());
    for (_, label, count) in counts {
        text += &format!("{label:<24}{count:>12}\n");
    }
    for (_, label, unit, value) in means {
        text += format!("{label:<24}{value:>12.2} {unit}").trim_end();
        text += "\n";
    }
    text + &format!("digest: {digest}\n")
}

fn trip_table(network: &StreetNetwork, demand: &SumoDemand, simulation: &Simulation) -> Table {
    let column = Column::new;
    let mut table = Table::new(vec![
        column("id", "", ColumnKind::Text, "the vehicle's name"),
        column("type", "", ColumnKind::Text, "its type"),
        column("depart_s", "s", ColumnKind::Number, "when it appeared"),
        column(
            "depart_delay_s",
            "s",
            ColumnKind::Number,
            "how long it waited for room to appear",
        ),
        column("depart_lane", "", ColumnKind::Text, "where it appeared"),
        column("depart_speed_mps", "m/s", ColumnKind::Number, "its speed then"),
        column("arrival_s", "s", ColumnKind::Number, "when it arrived"),
        column("arrival_lane", "", ColumnKind::Text, "where it arrived"),
        column("arrival_m", "m", ColumnKind::Number, "where on that lane"),
        column("arrival_speed_mps", "m/s", ColumnKind::Number, "its speed then"),
        column("duration_s", "s", ColumnKind::Number, "from appearing to arriving"),
        column("distance_m", "m", ColumnKind::Number, "how far it drove"),
        column(
            "waited_s",
            "s",
            ColumnKind::Number,
            "how long it was slower than 0.1 m/s, halts aside",
        ),
        column("waits", "", ColumnKind::Count, "how often it came to stand"),
        column("halted_s", "s", ColumnKind::Number, "how long it was at halts"),
        column("halts_missed", "", ColumnKind::Count, "halts that it drove past"),
        column(
            "time_loss_s",
            "s",
            ColumnKind::Number,
            "what it lost against its desired speed",
        ),
        column("changes", "", ColumnKind::Count, "how often it changed lanes"),
        column("speed_factor", "", ColumnKind::Number, "its share of speed limits"),
    ]);
    for (departure, trip) in demand.departures.iter().zip(simulation.trips()) {
        if trip.depart_s.is_nan() {
            continue;
        }
        let lane = |lane: u32| network.lane_names.get(lane as usize).map(String::as_str);
        let arrived = |value: f64| {
            if trip.arrival_s.is_nan() {
                Cell::Missing
            } else {
                value.into()
            }
        };
        table.push([
            departure.id.as_str().into(),
            demand.kinds[trip.kind as usize].id.as_str().into(),
            trip.depart_s.into(),
            (trip.depart_s - departure.depart_s).into(),
            lane(trip.depart_lane).into(),
            f64::from(trip.depart_mps).into(),
            trip.arrival_s.into(),
            lane(trip.arrival_lane).into(),
            arrived(f64::from(trip.arrival_m)),
            arrived(f64::from(trip.arrival_mps)),
            trip.duration_s().into(),
            arrived(f64::from(trip.distance_m)),
            arrived(f64::from(trip.waited_s)),
            i64::from(trip.waits).into(),
            arrived(f64::from(trip.halted_s)),
            i64::from(trip.halts_missed).into(),
            arrived(f64::from(trip.time_loss_s)),
            i64::from(trip.changes).into(),
            f64::from(trip.factor).into(),
        ]);
    }
    table
}

fn edge_table() -> Table {
    let column = Column::new;
    Table::new(vec![
        column("begin_s", "s", ColumnKind::Number, "start of the interval"),
        column("end_s", "s", ColumnKind::Number, "end of the interval"),
        column("edge", "", ColumnKind::Text, "the edge's name"),
        column("sampled_s", "s", ColumnKind::Number, "vehicles times seconds"),
        column("driven_m", "m", ColumnKind::Number, "vehicles times metres"),
        column("speed_mps", "m/s", ColumnKind::Number, "mean speed"),
        column(
            "density_per_km",
            "1/km",
            ColumnKind::Number,
            "vehicles on a kilometre of the edge",
        ),
        column(
            "waited_s",
            "s",
            ColumnKind::Number,
            "vehicles times seconds slower than 0.1 m/s",
        ),
        column("left", "", ColumnKind::Count, "vehicles that went on to another edge"),
        column("arrived", "", ColumnKind::Count, "vehicles that arrived here"),
    ])
}

fn push_edges(table: &mut Table, network: &StreetNetwork, simulation: &mut Simulation, begin_s: f64) {
    let end_s = simulation.now_s();
    for (edge, measures) in network.edges.iter().zip(simulation.take_edge_measures()) {
        if edge.is_internal || measures.sampled_s == 0.0 {
            continue;
        }
        let length_km = network.lanes[edge.first_lane as usize].length_m / 1000.0;
        table.push([
            begin_s.into(),
            end_s.into(),
            edge.id.as_str().into(),
            measures.sampled_s.into(),
            measures.driven_m.into(),
            (measures.driven_m / measures.sampled_s).into(),
            (measures.sampled_s / (end_s - begin_s) / length_km).into(),
            measures.waited_s.into(),
            (measures.left as i64).into(),
            (measures.arrived as i64).into(),
        ]);
    }
}
