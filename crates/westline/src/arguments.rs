//! The command line's grammar: commands, flags and their help, defined together.
//!
//! Text goes in, plain structs come out; nothing here acts. Examples stand before the flags, because people read those.

use crate::deferred::Deferred;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

pub const TEMPLATE: &str = "{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

/// Proves, permits, runs and accounts for autonomous mobility services.
#[derive(Debug, Parser)]
#[command(name = "westline", version, help_template = TEMPLATE, arg_required_else_help = true)]
#[command(before_help = "Examples:
  westline run yongchuan                      a service day of the self-driving bus line
  westline run yongchuan --from 07:00 --to 09:00 --traffic 1.5
  westline map draw map.xodr -o map.png       a picture of any map
  westline map import town.osm -o town.xodr   any town
")]
#[command(after_help = "Exit status: 0 done, 1 done and the answer is no, 2 could not be done.")]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play a service day of a site's line; without a site, list the sites.
    Run(RunArguments),
    /// Open the console on a site's day as it is played, or on a recording.
    Serve(crate::serve::ServeArguments),
    /// Say who may log in at the console, and check its audit log.
    #[command(subcommand)]
    Account(Deferred<crate::account::AccountCommand>),
    /// Read, draw, check and convert maps.
    #[command(subcommand)]
    Map(Deferred<MapCommand>),
    /// Play and check OpenSCENARIO files.
    #[command(subcommand)]
    Scenario(Deferred<ScenarioCommand>),
    /// Drive, check and draw scenarios of the CommonRoad benchmark.
    #[command(subcommand)]
    Commonroad(Deferred<crate::commonroad::CommonRoadCommand>),
    /// Ask the reference drivers of UN R157 what they avoid.
    #[command(subcommand)]
    Reference(Deferred<ReferenceCommand>),
    /// Prove a vehicle and its driver by a suite: verdicts, evidence, report, test record.
    Prove(crate::prove::ProveArguments),
    /// Play many hours of services under conditions drawn by luck, and explain every touch.
    Robustness(crate::robustness::RobustnessArguments),
    /// Play runs of campaigns that others hand out through a NATS server.
    Worker(crate::worker::WorkerArguments),
    /// Tell why a vehicle did what it did, or play one verdict's run again, bit for bit.
    Replay(crate::prove::replay::ReplayArguments),
    /// Play large traffic on SUMO's networks and demand.
    #[command(subcommand)]
    Traffic(Deferred<TrafficCommand>),
    /// The 5G link and the messages over it.
    #[command(subcommand)]
    Network(Deferred<crate::network::NetworkCommand>),
    /// Keep the ledger of a site's parties: evidence, permits, accounts, receipts that verify offline.
    #[command(subcommand)]
    Ledger(Deferred<crate::ledger::LedgerCommand>),
    /// See the whole chain at work.
    #[command(subcommand)]
    Demo(Deferred<crate::ledger::DemoCommand>),
    /// Look at sites.
    #[command(subcommand)]
    Site(Deferred<SiteCommand>),
    /// Measure this program beside its peers, in one run.
    #[command(subcommand)]
    Bench(Deferred<BenchCommand>),
}

/// `westline run`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline run                                the sites there are
  westline run yongchuan                      the whole day, 05:30 to 22:30
  westline run yongchuan --from 07:00 --to 09:00 --seed 7
  westline run yongchuan --digest --threads 1 the same last line as on 8 threads
  westline run yongchuan --senses raw --rain 20 --night
  westline run yongchuan --fault lidar@07:40..07:45 --fault 'brake@08:00..08:02:minibus 1'
  westline run yongchuan --roadside junctions --pcap v2x.pcap
  westline run mytown --site-dir ~/sites      a site of your own
")]
pub struct RunArguments {
    /// Name of the site, or the path of a site folder; without it, the sites are listed.
    pub site: Option<String>,
    /// Begin at this time of day [default: the site's].
    #[arg(long, value_name = "HH:MM", value_parser = time_of_day)]
    pub from: Option<f64>,
    /// End at this time of day [default: the site's].
    #[arg(long, value_name = "HH:MM", value_parser = time_of_day)]
    pub to: Option<f64>,
    /// The run's luck: the same seed gives the same day [default: the site's].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Vehicles of the line in service [default: the site's fleet].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=200))]
    pub vehicles: Option<u32>,
    /// Multiply all other traffic by this.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = factor)]
    pub traffic: f64,
    /// What the line's vehicles are told: tracks, as wrong as their data sheets say, or raw measurements, of which they find
    /// place and neighbours themselves.
    #[arg(long, value_enum, default_value_t = Senses::Tracks)]
    pub senses: Senses,
    #[command(flatten)]
    pub weather: WeatherArguments,
    /// Break something on the line's vehicles for a while: lidar, radar, camera, gnss, odometry, link, brake, steering,
    /// computer or grip; on all of them, or on the one named behind the times. May be given more than once.
    #[arg(long = "fault", value_name = "KIND@FROM..TO[:VEHICLE]", value_parser = crate::fault::planned)]
    pub faults: Vec<service::PlannedFault>,
    /// Threads to use; the result does not depend on it [default: the machine's].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Folder for the results [default: out/SITE/DATE-SEED].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What goes into recording.mcap.
    #[arg(long, value_enum, default_value_t = Record::Line)]
    pub record: Record,
    /// Roadside units that see and tell the line's vehicles of what these do not see [default: none].
    #[arg(long, value_enum, value_name = "WHERE")]
    pub roadside: Option<crate::network::v2x::Masts>,
    /// The line's vehicles ask lights for priority over V2X, and get it where that is safe.
    #[arg(long)]
    pub priority: bool,
    /// Write all V2X messages as a capture, which Wireshark opens.
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,
    /// Print the digest of all frames as the last line.
    #[arg(long)]
    pub digest: bool,
    /// Keep the day's ledger in its folder: permit, evidence, fares, subsidy; or none.
    #[arg(long, value_enum, default_value_t = DayLedgerKind::Day)]
    pub ledger: DayLedgerKind,
    /// Play the site's network (network.toml, remote.toml) with the day: links, video from afar, losses; or none.
    #[arg(long, value_enum, default_value_t = DayNetwork::Site)]
    pub network: DayNetwork,
    /// Print the day as JSON instead of a table.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub sites: SiteDirectory,
}

/// Where sites are looked for beside those that come with the program.
#[derive(Debug, Args)]
pub struct SiteDirectory {
    /// Folder with site folders of your own; they win over the built-in ones.
    #[arg(long, value_name = "DIR")]
    pub site_dir: Option<PathBuf>,
}

/// What a vehicle under test is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Senses {
    /// Its place and finished tracks.
    Tracks,
    /// What each sensor measures.
    Raw,
}

/// Weather and light.
#[derive(Clone, Copy, Debug, Args)]
pub struct WeatherArguments {
    /// Rain, mm an hour; 10 is heavy.
    #[arg(long, value_name = "MM_PER_H", default_value_t = 0.0, value_parser = rain)]
    pub rain: f64,
    /// Fog or haze: how far one sees, metres.
    #[arg(long, value_name = "METRES", value_parser = positive)]
    pub fog: Option<f64>,
    /// It is dark.
    #[arg(long)]
    pub night: bool,
}

impl WeatherArguments {
    /// For the world.
    pub fn weather(self) -> world::Weather {
        world::Weather {
            rain_mm_per_h: self.rain,
            visibility_m: self.fog.unwrap_or(f64::INFINITY),
            is_dark: self.night,
        }
    }
}

/// Which ledger a day is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DayLedgerKind {
    /// One of its own, beside its other results.
    Day,
    /// None.
    None,
}

/// Which network a day's vehicles have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DayNetwork {
    /// The site's, if its folder has one.
    Site,
    /// None.
    None,
}

/// How much a recording holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Record {
    /// Everyone at 10 Hz.
    Full,
    /// The line's vehicles at 10 Hz, everyone around them at 1 Hz, all events.
    Line,
    /// No recording.
    None,
}

/// `westline map`.
#[derive(Debug, Subcommand)]
pub enum MapCommand {
    /// Draw a map as SVG or PNG.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline map draw map.xodr -o map.svg
  westline map draw yongchuan -o map.png --width 2400
  westline map draw town.osm -o junction.png --centre 120,-40 --extent 150
")]
    Draw {
        /// A map file (.xodr, .osm, .osm.pbf, .net.xml, also .gz) or a site's name.
        map: String,
        /// The picture; .svg or .png.
        #[arg(short, long, value_name = "FILE", value_parser = picture)]
        output: PathBuf,
        /// Width of the picture in pixels.
        #[arg(long, default_value_t = 1600, value_parser = clap::value_parser!(u32).range(64..=16384))]
        width: u32,
        /// Middle of a cut-out, metres east and north of the map's origin.
        #[arg(long, value_name = "X,Y", requires = "extent", value_parser = point, allow_hyphen_values = true)]
        centre: Option<[f64; 2]>,
        /// Width and height of the cut-out, metres.
        #[arg(long, value_name = "METRES", requires = "centre", value_parser = positive)]
        extent: Option<f64>,
    },
    /// Read a map of any format and write it as OpenDRIVE.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline map import town.osm.pbf -o town.xodr
  westline map import town.osm.pbf --heights ground.tif -o town.xodr
")]
    Import {
        /// A map file (.osm, .osm.pbf, .net.xml, .xodr, also .gz).
        map: String,
        /// The OpenDRIVE file to write.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        /// A GeoTIFF of the ground's height, for the streets of OpenStreetMap.
        #[arg(long, value_name = "FILE")]
        heights: Option<PathBuf>,
    },
    /// Write a map for other tools: OpenDRIVE, GeoJSON or glTF, as the file's ending says.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline map export town.net.xml -o town.xodr
  westline map export yongchuan -o yongchuan.geojson
  westline map export map.xodr -o map.glb
")]
    Export {
        /// A map file or a site's name.
        map: String,
        /// The file to write; .xodr, .geojson or .glb.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Translate places on lanes to poses, or points to places on lanes.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline map locate map.xodr places.csv > poses.csv

  places.csv has the columns road_id,lane_id,s_m,lane_offset_m, or x_m,y_m
")]
    Locate {
        /// A map file or a site's name.
        map: String,
        /// The table; `-` for standard input.
        points: PathBuf,
    },
    /// Find the quickest way between two places, lane by lane.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline map route yongchuan 0,0 1200,-300
  westline map route town.osm 0,0 500,80 --by bus --json

  prints a table of lanes: road_id,lane_id,from_s_m,to_s_m,turn; exit status 1 if there is no way
")]
    Route {
        /// A map file or a site's name.
        map: String,
        /// Where from: metres east and north of the map's origin.
        #[arg(value_name = "X,Y", value_parser = point, allow_hyphen_values = true)]
        from: [f64; 2],
        /// Where to.
        #[arg(value_name = "X,Y", value_parser = point, allow_hyphen_values = true)]
        to: [f64; 2],
        /// Who travels.
        #[arg(long, value_enum, default_value_t = By::Car)]
        by: By,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say everything that is wrong with a map: gaps, kinks, missing links, overlaps, dead ends, impossible bends.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline map check map.xodr
  westline map check town.osm --json

  exit status 1 if anything is wrong
")]
    Check {
        /// A map file or a site's name.
        map: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print a map's figures: roads, lanes, junctions, lights, lengths.
    Stats {
        /// A map file or a site's name.
        map: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Who travels a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Driving lanes and ramps.
    Car,
    /// Bus lanes too.
    Bus,
    /// Bicycle lanes, and driving lanes where there are none.
    Bicycle,
}

/// `westline bench`.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// The learning environment: steps a second on one core.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline bench training
  westline bench training sites/ninghua --json

  python python/tests/bench.py puts a peer beside it
")]
    Training {
        /// A map or a site's folder to drive on as well.
        #[arg(default_value = "sites/yongchuan")]
        site: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// The console: load and delay under real clients, seeks of a recording, what a page loads.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline bench console
  westline bench console out/yongchuan/2026-03-02-1/recording.mcap --json
")]
    Console {
        /// A recording of a site that comes with the program, to be wound.
        recording: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// The ledger: transactions, evidence and proofs a second, restart.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline bench ledger
  westline bench ledger --transactions 1000000 --json

  the rate of transfers stands beside that of verifying their signatures, which nothing can pass
")]
    Ledger {
        /// Transfers to store.
        #[arg(long, value_name = "COUNT", default_value_t = 40_000)]
        transactions: usize,
        /// Seconds of each load on four validators as processes; none leaves them out.
        #[cfg(feature = "validators")]
        #[arg(long, value_name = "SECONDS", default_value_t = 20)]
        network: u64,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Maps: positions, routes, import, memory.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline bench road
  westline bench road town.osm --json

  duarouter and netconvert are measured where they are on the PATH; a ratio above 1 means that ours is better
")]
    Road {
        /// A map file or a site's name.
        #[arg(default_value = "yongchuan")]
        map: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// The 5G link: evaluations a second, and what connected vehicles cost beside the world they drive in.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline bench network
  westline bench network ninghua --traffic 2 --json
")]
    Network {
        /// A site's name.
        #[arg(default_value = "yongchuan")]
        site: String,
        /// Multiply the site's traffic by this; 7 puts some 2,000 vehicles on yongchuan's roads.
        #[arg(long, value_name = "FACTOR", default_value_t = 7.0, value_parser = factor)]
        traffic: f64,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Scenarios: the whole process, stepping, memory, the cost of a permutation.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline bench scenario cut_in.xosc
  westline bench scenario variation.xosc --json

  esmini is measured where it is on the PATH; a ratio above 1 means that ours is better
")]
    Scenario {
        /// An OpenSCENARIO XML file: a scenario, or a parameter value distribution.
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// The test base: runs a second of a campaign, on one thread and two.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline bench prove
  westline bench prove --runs 100000          all of them
")]
    Prove {
        /// Cut-ins that are played.
        #[arg(long, value_name = "COUNT", default_value_t = 5000, value_parser = clap::value_parser!(u64).range(10..=1_000_000))]
        runs: u64,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// The reference drivers: runs a second.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline bench reference
  westline bench reference --peer JRC-FSM --json

  the public implementation is measured where a checkout of it is named and python3 has what it needs; a run is one
  driver in one cut-in; a ratio above 1 means that ours is better
")]
    Reference {
        /// A checkout of github.com/ec-jrc/JRC-FSM.
        #[arg(long, value_name = "DIR")]
        peer: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// The automated driver: how long one cycle takes, from tracks to control.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline bench driver
  westline bench driver yongchuan --from 07:00 --to 09:00 --traffic 2
")]
    Driver {
        /// Name of a site, or the path of a site folder.
        #[arg(default_value = "yongchuan")]
        site: String,
        /// Begin at this time of day.
        #[arg(long, value_name = "HH:MM", default_value = "07:30", value_parser = time_of_day)]
        from: f64,
        /// End at this time of day.
        #[arg(long, value_name = "HH:MM", default_value = "08:00", value_parser = time_of_day)]
        to: f64,
        /// Multiply all other traffic by this.
        #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = factor)]
        traffic: f64,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Perception: how well vehicles know their place and their neighbours, told tracks and finding them of raw measurements.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline bench perception
  westline bench perception yongchuan --from 07:30 --to 08:00 --rain 20 --night
")]
    Perception {
        /// Name of a site, or the path of a site folder.
        #[arg(default_value = "yongchuan")]
        site: String,
        /// Begin at this time of day.
        #[arg(long, value_name = "HH:MM", default_value = "07:30", value_parser = time_of_day)]
        from: f64,
        /// End at this time of day.
        #[arg(long, value_name = "HH:MM", default_value = "08:00", value_parser = time_of_day)]
        to: f64,
        #[command(flatten)]
        weather: WeatherArguments,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Large traffic: vehicle updates a second of a processor, memory, threads.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline bench traffic
  westline bench traffic town.net.xml types.add.xml town.rou.xml --json
  westline bench traffic --city 1000000       takes some 2.3 GB

  sumo and netgenerate are used where they are on the PATH; without netgenerate there is no grid; a ratio above 1 means
  that ours is better
")]
    Traffic {
        /// A network and its files, played beside the grid of 30 by 30 junctions.
        files: Vec<PathBuf>,
        /// Vehicles on the grid.
        #[arg(long, value_name = "COUNT", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        vehicles: u32,
        /// Vehicles in a generated city, which is played on all threads.
        #[arg(long, value_name = "COUNT", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
        city: u32,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// `westline scenario run`.
#[derive(Debug, Args)]
pub struct ScenarioRun {
    /// An OpenSCENARIO XML file, 1.0 to 1.3: a scenario, or a parameter value distribution.
    pub file: PathBuf,
    /// Of a distribution, play this combination of deterministic values, from 0 [default: 0, if --sample is given].
    #[arg(long, value_name = "INDEX")]
    pub permutation: Option<u64>,
    /// Of a distribution, play all permutations.
    #[arg(long, conflicts_with_all = ["permutation", "sample", "csv", "record", "json"])]
    pub all: bool,
    /// With --all: threads to use; the result does not depend on it [default: the machine's].
    #[arg(long, value_name = "COUNT", requires = "all", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// With --all: write a row for each permutation, Parquet or CSV by the file's name.
    #[arg(long, value_name = "FILE", requires = "all")]
    pub table: Option<PathBuf>,
    /// Who drives the ego where its controller is active (always, if the file never activates one): `ideal` does what
    /// actions say, `follow` keeps its lane and its distance, `westline` is the automated driver in a car, `reference:cc`,
    /// `reference:fsm`, `reference:rss` and `reference:reg157` are those of UN R157, `unix:PATH` is a driver in a process
    /// of its own that listens at a socket, `exec:PROGRAM` one that is started for each run with the socket's path.
    #[arg(long, value_name = "NAME", default_value = "ideal", value_parser = driver)]
    pub driver: DriverChoice,
    /// Play at the clock's pace; a driver at a socket that answers too late has missed its deadline.
    #[arg(long, conflicts_with = "all")]
    pub real_time: bool,
    /// Of a distribution, draw the stochastic values this way, from 0 [default: 0, if --permutation is given].
    #[arg(long, value_name = "INDEX")]
    pub sample: Option<u64>,
    /// The luck of stochastic values and of traffic [default: the file's, or 0].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Length of a step, seconds, 0.001 to 0.1.
    #[arg(long, value_name = "SECONDS", default_value_t = 0.01, value_parser = step)]
    pub step: f64,
    /// Stop after this simulated time, if the storyboard has not ended.
    #[arg(long, value_name = "SECONDS", default_value_t = 300.0, value_parser = positive)]
    pub max_time: f64,
    /// Set a parameter; may be given more than once.
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// Give a value that a `UserDefinedValueCondition` asks for; may be given more than once.
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub value: Vec<(String, String)>,
    /// What is unknown in the file is a warning.
    #[arg(long)]
    pub lenient: bool,
    /// Write the trajectories.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Write a recording for the console, Foxglove or Lichtblick.
    #[arg(long, value_name = "FILE.mcap")]
    pub record: Option<PathBuf>,
    /// Write an ASAM OSI trace: a `GroundTruth` for each step.
    #[arg(long, value_name = "FILE.osi", conflicts_with = "all")]
    pub osi: Option<PathBuf>,
    /// Write a moving picture of the run, which browsers play.
    #[arg(long, value_name = "FILE.svg", conflicts_with = "all")]
    pub preview: Option<PathBuf>,
    /// Write what is played as a concrete scenario, which any player of OpenSCENARIO reads.
    #[arg(long, value_name = "FILE.xosc", conflicts_with = "all")]
    pub save: Option<PathBuf>,
    /// Write how it ended and what happened as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// `westline scenario`.
#[derive(Debug, Subcommand)]
pub enum ScenarioCommand {
    /// Play a scenario and print what happened.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline scenario run cut_in.xosc
  westline scenario run cut_in.xosc --csv trajectories.csv --set EgoSpeed=20
  westline scenario run variation.xosc                     how many permutations there are
  westline scenario run variation.xosc --permutation 7     one of them
  westline scenario run variation.xosc --sample 3 --seed 1 stochastic values, drawn
  westline scenario run variation.xosc --all --driver follow --table runs.parquet
")]
    Run(Box<ScenarioRun>),
    /// Draw a scenario: the roads with everybody's path, and the events over time.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline scenario draw cut_in.xosc -o cut_in.svg
  westline scenario draw cut_in.xosc -o cut_in.png --set EgoSpeed=20
")]
    Draw {
        /// An OpenSCENARIO XML file.
        file: PathBuf,
        /// The picture; .svg or .png.
        #[arg(short, long, value_name = "FILE", value_parser = picture)]
        output: PathBuf,
        /// Draw no more than this simulated time.
        #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = positive)]
        max_time: f64,
        /// Set a parameter; may be given more than once.
        #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
        set: Vec<(String, String)>,
    },
    /// Make a scenario of a stretch of recorded traffic, with the ego's place free for a driver.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline scenario from recording.mcap --from 07:30:00 --to 07:30:40 --ego bus-1 --map map.xodr -o stretch.xosc
  westline scenario from trace.osi --from 12 --to 30 -o stretch.xosc
")]
    From {
        /// A recording (MCAP) with `/frames` or OSI ground truth in it, or an OSI trace file (.osi).
        recording: PathBuf,
        /// Where the stretch begins: seconds since the recording began, or its time of day [default: its beginning].
        #[arg(long, value_name = "TIME", value_parser = moment)]
        from: Option<Moment>,
        /// Where it ends [default: the recording's end].
        #[arg(long, value_name = "TIME", value_parser = moment)]
        to: Option<Moment>,
        /// Whose place is free: a vehicle's name, or an object's number [default: the OSI host vehicle].
        #[arg(long, value_name = "NAME")]
        ego: Option<String>,
        /// The OpenDRIVE map that it is played on.
        #[arg(long, value_name = "FILE.xodr")]
        map: Option<PathBuf>,
        /// The scenario.
        #[arg(short, long, value_name = "FILE.xosc")]
        output: PathBuf,
    },
    /// Say everything that is wrong in scenarios, by line.
    Check {
        /// OpenSCENARIO XML files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// What is unknown in a file is a warning.
        #[arg(long)]
        lenient: bool,
    },
}

/// `westline reference`.
#[derive(Debug, Subcommand)]
pub enum ReferenceCommand {
    /// Say of each cut-in of a table which of the four drivers avoid a collision.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline reference cut-in points.csv > verdicts.csv

  points.csv has the columns ego_kmh,cutin_kmh,gap_m,lat_mps; behind them come cc,fsm,rss,reg157 (1: avoided) and
  cc_ended_early (1: that driver found a time to collision above 2 s and left the test)
")]
    CutIn {
        /// The table; `-` for standard input.
        points: PathBuf,
        /// Add how each collides: 0 not, 1 the other moves into its side, 2 it runs into the other.
        #[arg(long)]
        crash_types: bool,
    },
    /// Print the shares of the regulation's cut-ins, cut-outs and decelerations that each avoids, ours beside them.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline reference grid

  28,305 cut-ins from 10 to 130 km/h, and from the gap of each driver 5,850 cut-outs and 1,121 decelerations; exit
  status 1 if one of the four avoids what the automated driver does not
")]
    Grid {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Draw where in the space of gaps and lateral speeds each of them collides.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline reference draw -o cut_in.svg
  westline reference draw -o cut_in.png --ego-speed 130 --other-speed 70
")]
    Draw {
        /// The picture; .svg or .png.
        #[arg(short, long, value_name = "FILE", value_parser = picture)]
        output: PathBuf,
        /// Speed of the vehicle under test, km/h.
        #[arg(long, value_name = "KMH", default_value_t = 60.0, value_parser = kilometres_an_hour)]
        ego_speed: f64,
        /// Speed of the one that cuts in, km/h.
        #[arg(long, value_name = "KMH", default_value_t = 20.0, value_parser = kilometres_an_hour)]
        other_speed: f64,
    },
}

/// `westline traffic`.
#[derive(Debug, Subcommand)]
pub enum TrafficCommand {
    /// Play vehicles on a network and say how their trips were.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline traffic run town.net.xml types.add.xml town.rou.xml
  westline traffic run town.sumocfg --threads 8
  westline traffic run town.net.xml town.rou.xml.gz --trips trips.parquet --edges edges.parquet --interval 900
  westline traffic run town.net.xml town.rou.xml --begin 25200 --end 32400 --json
")]
    Run(TrafficRun),
    /// Play standard experiments and put what comes of them beside what is published of real roads.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline traffic realism                    people, and SUMO's default beside them
  westline traffic realism --pictures figures
  westline traffic realism --driver 'carFollowModel=\"IDM\" tau=\"1.4\"' --json
", after_help = "Exit status 1: a figure of the first driver lies outside what is published.")]
    Realism(TrafficRealism),
    /// Give a matrix's vehicles their ways, each the quickest that the others leave it; meet counts.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline traffic assign town.net.xml --matrix hour.csv -o hour.rou.xml
  westline traffic assign town.net.xml buses.rou.xml --matrix od.xml --zones taz.xml -o day.rou.xml --gap 2
  westline traffic assign town.net.xml --matrix hour.csv --counts loops.csv -o hour.rou.xml
", after_help = "Exit status 1: the gap, or the fit to the counts, was not reached.")]
    Assign(TrafficAssign),
}

/// `westline traffic assign`.
#[derive(Debug, Args)]
pub struct TrafficAssign {
    /// A network (.net.xml), also .gz.
    pub net: PathBuf,
    /// Types, programmes, buses and other traffic that is given: route and additional files.
    pub files: Vec<PathBuf>,
    /// Who wants from where to where: SUMO's tazRelation elements, or CSV with begin_s,end_s,from,to,vehicles.
    #[arg(long, value_name = "FILE")]
    pub matrix: PathBuf,
    /// SUMO's zones (taz elements); without them the matrix names edges.
    #[arg(long, value_name = "TAZ.xml")]
    pub zones: Option<PathBuf>,
    /// Scale the matrix until these are met: SUMO's edge data with `entered`, or CSV with begin_s,end_s,edge,vehicles.
    #[arg(long, value_name = "FILE")]
    pub counts: Option<PathBuf>,
    /// Where the vehicles go, with their ways.
    #[arg(short, long, value_name = "ROUTES.rou.xml")]
    pub output: PathBuf,
    /// Attributes of the vType of the matrix's vehicles.
    #[arg(long, value_name = "ATTRIBUTES", default_value = "vClass=\"passenger\"")]
    pub driver: String,
    /// Rounds, at most.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: u32,
    /// Relative gap to come down to, percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 3.0, value_parser = positive)]
    pub gap: f64,
    /// Share of the counts that shall have a GEH below 5, percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 85.0, value_parser = positive)]
    pub fit: f64,
    /// The run's luck.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `westline traffic realism`.
#[derive(Debug, Args)]
pub struct TrafficRealism {
    /// Attributes of a vType that everyone drives by; may be given more than once.
    #[arg(long, value_name = "ATTRIBUTES")]
    pub driver: Vec<String>,
    /// The experiments' luck.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Draw a picture of each experiment into this folder.
    #[arg(long, value_name = "FOLDER")]
    pub pictures: Option<PathBuf>,
    /// Kind of the pictures.
    #[arg(long, default_value = "svg", value_parser = ["svg", "png"])]
    pub format: String,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `westline traffic run`.
#[derive(Debug, Args)]
pub struct TrafficRun {
    /// A network (.net.xml) or a configuration (.sumocfg), also .gz.
    pub net: PathBuf,
    /// Route and additional files, in the order in which they are to be read; those called .add come first.
    pub files: Vec<PathBuf>,
    /// The run's luck: the same seed gives the same trips [default: the configuration's, or 1].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Threads to use; the result does not depend on it [default: the machine's].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Length of a step, seconds, 0.1 to 2 [default: the configuration's, or 1].
    #[arg(long, value_name = "SECONDS")]
    pub step: Option<f64>,
    /// Where the clock begins, seconds [default: the configuration's, or 0].
    #[arg(long, value_name = "SECONDS")]
    pub begin: Option<f64>,
    /// Where it ends, seconds [default: the configuration's, or when everyone has arrived].
    #[arg(long, value_name = "SECONDS")]
    pub end: Option<f64>,
    #[command(flatten)]
    pub weather: WeatherArguments,
    /// Write a row for each trip, with what SUMO's tripinfo tells.
    #[arg(long, value_name = "FILE.parquet")]
    pub trips: Option<PathBuf>,
    /// Write what happened on each edge in each interval, as SUMO's edgeData does.
    #[arg(long, value_name = "FILE.parquet")]
    pub edges: Option<PathBuf>,
    /// Length of an interval for --edges, seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 900.0, value_parser = positive)]
    pub interval: f64,
    /// Put the trips beside those of SUMO's --tripinfo-output.
    #[arg(long, value_name = "TRIPINFO.xml", conflicts_with = "json")]
    pub beside: Option<PathBuf>,
    /// Draw how long trips took, ours and theirs; .svg or .png.
    #[arg(long, value_name = "FILE.svg", requires = "beside", value_parser = picture)]
    pub picture: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `westline site`.
#[derive(Debug, Subcommand)]
pub enum SiteCommand {
    /// List the sites there are.
    List {
        #[command(flatten)]
        sites: SiteDirectory,
    },
    /// Say everything that is wrong with a site's files.
    Check {
        /// Name of the site, or the path of a site folder.
        site: String,
        #[command(flatten)]
        sites: SiteDirectory,
    },
}

/// `HH:MM` or `HH:MM:SS` in seconds after midnight; hours run to 30, as timetables past midnight do.
pub fn time_of_day(text: &str) -> Result<f64, String> {
    let fail = || format!("`{text}` is not a time of day; expected HH:MM, such as 07:30");
    let parts: Vec<u32> = text
        .split(':')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|_| fail())?;
    match parts[..] {
        [h, m] if h <= 30 && m < 60 => Ok(f64::from(h * 3600 + m * 60)),
        [h, m, s] if h <= 30 && m < 60 && s < 60 => Ok(f64::from(h * 3600 + m * 60 + s)),
        _ => Err(fail()),
    }
}

/// The heaviest rain ever measured fell at some 2,300 mm an hour.
fn rain(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rain) if (0.0..=2_500.0).contains(&rain) => Ok(rain),
        _ => Err(format!("`{text}` is not a rate of rain from 0 to 2500 mm an hour")),
    }
}

/// A factor from 0 to 10: beyond that no road has room.
pub fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=10.0).contains(&value) => Ok(value),
        _ => Err(format!("`{text}` is not a factor from 0 to 10")),
    }
}

/// Steps from 1 to 100 ms.
fn step(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.001..=0.1).contains(&value) => Ok(value),
        _ => Err(format!("`{text}` is not a step from 0.001 to 0.1 seconds")),
    }
}

/// A moment of a recording.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// Since it began.
    Seconds(f64),
    /// Time of day, seconds since midnight.
    Clock(f64),
}

fn moment(text: &str) -> Result<Moment, String> {
    let wrong = || format!("`{text}` is no moment; write seconds, `12.5`, or a time of day, `07:30:00`");
    let number = |text: &str| {
        text.parse::<f64>()
            .ok()
            .filter(|number| number.is_finite() && *number >= 0.0)
    };
    match text.contains(':') {
        false => number(text).map(Moment::Seconds).ok_or_else(wrong),
        true => {
            let parts: Option<Vec<f64>> = text.split(':').map(number).collect();
            match parts.as_deref() {
                Some([hours, minutes]) => Ok(Moment::Clock(hours * 3600.0 + minutes * 60.0)),
                Some([hours, minutes, seconds]) => Ok(Moment::Clock(hours * 3600.0 + minutes * 60.0 + seconds)),
                _ => Err(wrong()),
            }
        }
    }
}

/// Who drives the ego of a scenario.
#[derive(Clone, Debug)]
pub enum DriverChoice {
    /// One of ours.
    Own(scenario::Driver),
    /// Somebody who listens at a Unix socket.
    Socket(PathBuf),
    /// A program that is started for each run and listens at the Unix socket that is its last argument.
    Program(String),
}

impl DriverChoice {
    /// Who drives, as scenarios know it.
    pub fn driver(&self) -> scenario::Driver {
        match self {
            DriverChoice::Own(driver) => *driver,
            DriverChoice::Socket(_) | DriverChoice::Program(_) => scenario::Driver::Outside,
        }
    }
}

pub fn driver(text: &str) -> Result<DriverChoice, String> {
    if let Some(path) = text.strip_prefix("unix:") {
        return Ok(DriverChoice::Socket(path.into()));
    }
    if let Some(command) = text.strip_prefix("exec:") {
        return Ok(DriverChoice::Program(command.to_owned()));
    }
    scenario::Driver::named(text).map(DriverChoice::Own).ok_or_else(|| {
        let known = scenario::Driver::NAMES.map(|(name, _)| name).join(", ");
        format!("`{text}` is no driver; there are: {known}, unix:PATH for one that listens at a socket, and exec:PROGRAM for one that is started")
    })
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| format!("`{text}` is not NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A picture's name, refused before the work is done rather than after it.
fn picture(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg" | "png") => Ok(path),
        _ => Err("pictures are SVG or PNG\nhint: end the name in .svg or .png".to_owned()),
    }
}

fn kilometres_an_hour(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=300.0).contains(&value) => Ok(value),
        _ => Err(format!("`{text}` is not a speed from 0 to 300 km/h")),
    }
}

pub fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err(format!("`{text}` is not a positive number of metres")),
    }
}

fn point(text: &str) -> Result<[f64; 2], String> {
    let numbers: Vec<f64> = text.split(',').filter_map(|part| part.trim().parse().ok()).collect();
    match numbers[..] {
        [x, y] if x.is_finite() && y.is_finite() => Ok([x, y]),
        _ => Err(format!(
            "`{text}` is not a point; expected X,Y in metres, such as 120,-40"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_has_no_contradictions() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn times_of_day_are_read_and_nonsense_is_refused() {
        assert_eq!(time_of_day("07:30"), Ok(27_000.0));
        assert_eq!(time_of_day("24:10:30"), Ok(87_030.0));
        for text in ["", "7", "07:60", "31:00", "-1:00", "ab:cd", "07:30:00:00"] {
            assert!(time_of_day(text).is_err(), "{text}");
        }
    }
}
