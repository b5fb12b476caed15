//! `westline bench`: our figures beside our peers', taken in one run on one machine.
//!
//! Each figure is the median of several rounds on one thread. Peers that are libraries run in this process; peers that
//! are programs are run if they are on the `PATH`, in a folder of their own that is removed afterwards. Both are charged
//! for the processor's time where the system tells it, so that a busy machine cheats neither. A ratio above 1 means that
//! ours is better.

mod console;
mod driver;
mod ledger;
mod network;
mod perception;
mod prove;
mod reference;
mod scenario;
mod traffic;
mod training;
#[cfg(feature = "validators")]
mod validators;

use crate::arguments::BenchCommand;
use crate::{Answer, map, output};
use anyhow::{Context, Result, anyhow};
use road::{Lane, LaneId, LanePosition, RoadNetwork, Traveller};
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Rounds of a figure; their median counts.
const ROUNDS: usize = 5;
/// Places asked for in a round: tens of milliseconds, because the processor's time is told in steps of some.
const PLACES: usize = 100_000;
/// The clock of a processor steps by some milliseconds: a shorter difference tells nothing.
const TOLD_S: f64 = 0.05;
/// Routes asked for in a round.
const ROUTES: usize = 12_000;

/// One figure.
struct Figure {
    name: &'static str,
    unit: &'static str,
    ours: f64,
    /// The peer's name and figure.
    peer: Option<(&'static str, f64)>,
    /// Less is better.
    is_cost: bool,
}

pub fn execute(command: BenchCommand) -> Result<Answer> {
    match command {
        BenchCommand::Console { recording, json } => console::bench(recording.as_deref(), json),
        BenchCommand::Ledger {
            transactions,
            #[cfg(feature = "validators")]
            network,
            json,
        } => ledger::bench(
            transactions,
            #[cfg(feature = "validators")]
            network,
            json,
        ),
        BenchCommand::Road { map, json } => road(&map, json),
        BenchCommand::Driver {
            site,
            from,
            to,
            traffic,
            json,
        } => driver::bench(&site, from..to, traffic, json),
        BenchCommand::Perception {
            site,
            from,
            to,
            weather,
            json,
        } => perception::bench(&site, from..to, weather.weather(), json),
        BenchCommand::Network { site, traffic, json } => network::bench(&site, traffic, json),
        BenchCommand::Prove { runs, json } => prove::bench(runs, json),
        BenchCommand::Reference { peer, json } => reference::bench(peer.as_deref(), json),
        BenchCommand::Scenario { file, json } => scenario::bench(&file, json),
        BenchCommand::Training { site, json } => training::bench(&site, json),
        BenchCommand::Traffic {
            files,
            vehicles,
            city,
            json,
        } => traffic::bench(&files, vehicles, city, json),
    }
}

fn road(map: &str, json: bool) -> Result<Answer> {
    let draft = map::read(map)?.draft;
    let network = RoadNetwork::compile(&draft).map_err(|error| anyhow!("{map}: {error}"))?;
    let written = road::opendrive::write(&draft);
    let mut figures = Vec::new();
    positions(&network, &written, &mut figures);
    import(map, &network, &mut figures)?;
    routes(&network, &written, &mut figures)?;
    figures.push(Figure {
        name: "memory of a compiled lane",
        unit: "bytes",
        ours: network.memory_bytes() as f64 / network.lanes().len() as f64,
        peer: None,
        is_cost: true,
    });
    print(&figures, json)?;
    Ok(Answer::Yes)
}

fn print(figures: &[Figure], json: bool) -> Result<()> {
    let ratio = |figure: &Figure| {
        figure.peer.map(|(_, peer)| match figure.is_cost {
            true => peer / figure.ours,
            false => figure.ours / peer,
        })
    };
    let mut text = String::new();
    if json {
        let list = figures.iter().map(|figure| {
            serde_json::json!({
                "name": figure.name, "unit": figure.unit, "ours": figure.ours,
                "peer": figure.peer.map(|peer| peer.1), "peer_name": figure.peer.map(|peer| peer.0),
                "ratio": ratio(figure),
            })
        });
        text = format!("{:#}\n", serde_json::Value::Array(list.collect()));
    } else {
        for figure in figures {
            text += &format!("{:<30} {:>12.1} {:<9}", figure.name, figure.ours, figure.unit);
            if let (Some((name, value)), Some(ratio)) = (figure.peer, ratio(figure)) {
                text += &format!(" {value:>12.1} {name:<12} ratio {ratio:.1}");
            }
            text = text.trim_end().to_owned() + "\n";
        }
    }
    output::print(&text)
}

/// In order, the least first.
pub fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The value below which a share of sorted values lies; 0 without any.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((share * last as f64) as usize).copied().unwrap_or(0.0)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Nanoseconds a call, the median of the rounds.
fn nanoseconds<T>(questions: &[T], mut ask: impl FnMut(&T)) -> f64 {
    let rounds = (0..ROUNDS).map(|_| {
        let start = Stopwatch::start();
        questions.iter().for_each(&mut ask);
        start.seconds(Whose::Ours) * 1e9 / questions.len() as f64
    });
    median(rounds.collect())
}

/// Scattered numbers from 0 to 1, always the same: multiples of the golden ratio, which fill evenly.
fn scattered(index: usize) -> f64 {
    (index as f64 * 0.618_033_988_749_895).fract()
}

/// Places scattered over those lanes that cars use and that `is_wanted` takes.
fn places(network: &RoadNetwork, count: usize, is_wanted: impl Fn(&Lane) -> bool) -> Vec<LanePosition> {
    let lanes: Vec<LaneId> = (0..network.lanes().len())
        .map(|lane| LaneId(lane as u32))
        .filter(|&lane| network.may_use(lane, Traveller::Car) && is_wanted(network.lane(lane)))
        .collect();
    (0..count)
        .filter(|_| !lanes.is_empty())
        .map(|index| {
            let lane = lanes[(scattered(index) * lanes.len() as f64) as usize];
            let share = 0.02 + 0.96 * scattered(7 * index + 3);
            LanePosition {
                lane,
                s_m: share * network.lane(lane).length_m,
                offset_m: scattered(11 * index + 5) - 0.5,
            }
        })
        .collect()
}

/// Lane positions to poses and back, beside the crate `xodr` on the same map and the same points.
fn positions(network: &RoadNetwork, written: &str, figures: &mut Vec<Figure>) {
    let ours = places(network, PLACES, |_| true);
    let points: Vec<[f64; 3]> = ours
        .iter()
        .map(|&place| {
            let pose = network.lane_pose(place);
            [pose.x_m, pose.y_m, pose.z_m]
        })
        .collect();
    let there_ns = nanoseconds(&ours, |&place| {
        black_box(network.lane_pose(place));
    });
    let back_ns = nanoseconds(&points, |&[x_m, y_m, z_m]| {
        black_box(network.nearest_lane(x_m, y_m, Some(z_m), None, Traveller::Car));
    });
    let peer = xodr::load_str(written).ok();
    let peer_figures = peer.map(|peer| {
        let points: Vec<xodr::Point> = points
            .iter()
            .map(|&[x, y, z]| xodr::Point {
                x: x as f32,
                y: y as f32,
                z: z as f32,
            })
            .collect();
        let theirs: Vec<xodr::LanePosition> = points.iter().filter_map(|&point| peer.lane_position(point)).collect();
        let there_ns = nanoseconds(&theirs, |&place| {
            black_box(peer.lane_point(place));
        });
        // Their answer takes longer: fewer questions measure it as well.
        let back_ns = nanoseconds(&points[..points.len().min(2_000)], |&point| {
            black_box(peer.lane_position(point));
        });
        (there_ns, back_ns)
    });
    if peer_figures.is_none() {
        eprintln!("xodr: does not read this map; left out");
    }
    figures.push(Figure {
        name: "lane position to pose",
        unit: "ns",
        ours: there_ns,
        peer: peer_figures.map(|peer| ("xodr", peer.0)),
        is_cost: true,
    });
    figures.push(Figure {
        name: "point to lane position",
        unit: "ns",
        ours: back_ns,
        peer: peer_figures.map(|peer| ("xodr", peer.1)),
        is_cost: true,
    });
}

/// From the file to the compiled network, beside netconvert.
fn import(map: &str, network: &RoadNetwork, figures: &mut Vec<Figure>) -> Result<()> {
    let path = Path::new(map);
    if !path.is_file() {
        return Ok(());
    }
    let content = std::fs::read(path).with_context(|| format!("{map}: cannot be read"))?;
    let rounds = (0..3).map(|_| {
        let start = Stopwatch::start();
        let reading = road::read_map(map, &content);
        black_box(reading.and_then(|reading| RoadNetwork::compile(&reading.draft)).is_ok());
        start.seconds(Whose::Ours) * 1e3
    });
    let ours = median(rounds.collect());
    let kept = road::compiled::encode(network, &[]);
    let rounds = (0..3).map(|_| {
        let start = Stopwatch::start();
        black_box(road::compiled::decode(&kept).is_some());
        start.seconds(Whose::Ours) * 1e3
    });
    figures.push(Figure {
        name: "opening the compiled form",
        unit: "ms",
        ours: median(rounds.collect()).max(0.1),
        peer: Some(("our import", ours)),
        is_cost: true,
    });
    let option = if map.ends_with(".osm") {
        "--osm-files"
    } else if map.ends_with(".xodr") {
        "--opendrive-files"
    } else {
        "--sumo-net-file"
    };
    let folder = Scratch::new()?;
    let net = folder.path("peer.net.xml");
    let peer = run("netconvert", &[option, map, "-o", &net, "--no-warnings"]);
    figures.push(Figure {
        name: "import to compiled network",
        unit: "ms",
        ours,
        peer: peer.map(|seconds| ("netconvert", seconds * 1e3)),
        is_cost: true,
    });
    Ok(())
}

/// Routes a second, beside duarouter with contraction hierarchies on the same network and the same ends.
fn routes(network: &RoadNetwork, written: &str, figures: &mut Vec<Figure>) -> Result<()> {
    // Outside junctions, where the peer's trips can begin and end too.
    let ends: Vec<[LanePosition; 2]> = places(network, 2 * ROUTES, |lane| lane.junction.is_none())
        .chunks_exact(2)
        .map(|pair| [pair[0], pair[1]])
        .collect();
    let rounds = (0..3).map(|_| {
        let start = Stopwatch::start();
        for &[from, to] in &ends {
            black_box(network.route(from, to, Traveller::Car));
        }
        ends.len() as f64 / start.seconds(Whose::Ours).max(1e-3)
    });
    let ours = median(rounds.collect());
    let peer = peer_routes(network, written, &ends)?;
    figures.push(Figure {
        name: "routes",
        unit: "1/s",
        ours,
        peer: peer.map(|routes| ("duarouter CH", routes)),
        is_cost: false,
    });
    Ok(())
}

/// What duarouter makes of the same trips, the reading of the network and the building of its hierarchy taken off.
fn peer_routes(network: &RoadNetwork, written: &str, ends: &[[LanePosition; 2]]) -> Result<Option<f64>> {
    let folder = Scratch::new()?;
    let (xodr, net) = (folder.path("map.xodr"), folder.path("map.net.xml"));
    std::fs::write(&xodr, written)?;
    if run("netconvert", &["--opendrive-files", &xodr, "-o", &net, "--no-warnings"]).is_none() {
        return Ok(None);
    }
    let net_text = std::fs::read_to_string(&net)?;
    let edge_of = |place: LanePosition| {
        let lane = network.lane(place.lane);
        let id = &network.roads()[lane.road.0 as usize].id;
        // netconvert's names: the side of the lane is the sign of the edge.
        let edge = if lane.opendrive_id < 0 {
            format!("-{id}")
        } else {
            id.clone()
        };
        (lane.junction.is_none() && net_text.contains(&format!("<edge id=\"{edge}\""))).then_some(edge)
    };
    let trips: Vec<(String, String)> = ends
        .iter()
        .filter_map(|&[from, to]| Some((edge_of(from)?, edge_of(to)?)))
        .collect();
    let timed = |trips: &[(String, String)], name: &str| -> Result<Option<f64>> {
        let mut text = String::from("<routes>\n");
        for (index, (from, to)) in trips.iter().enumerate() {
            text += &format!("<trip id=\"{index}\" depart=\"0\" from=\"{from}\" to=\"{to}\"/>\n");
        }
        text += "</routes>\n";
        let (file, out) = (folder.path(name), folder.path("out.rou.xml"));
        std::fs::write(&file, text)?;
        let arguments = [
            "-n",
            &net,
            "--route-files",
            &file,
            "-o",
            &out,
            "--routing-algorithm",
            "CH",
            "--ignore-errors",
            "--no-warnings",
        ];
        Ok(run("duarouter", &arguments))
    };
    let Some(first) = trips.first() else { return Ok(None) };
    let (base, whole) = (
        timed(std::slice::from_ref(first), "one.trips.xml")?,
        timed(&trips, "all.trips.xml")?,
    );
    // On a small map so few trips fit both that their time drowns in that of reading the network.
    let told = base.zip(whole).filter(|(base, whole)| whole - base > TOLD_S);
    Ok(told.map(|(base, whole)| (trips.len() - 1) as f64 / (whole - base)))
}

/// Whose time is charged.
#[derive(Clone, Copy)]
enum Whose {
    /// This process's.
    Ours,
    /// That of the programs that it has run.
    Peers,
}

/// Measures the processor's time, or that of the clock where the system does not tell it.
struct Stopwatch {
    begun: Instant,
    used_s: Option<[f64; 2]>,
}

impl Stopwatch {
    fn start() -> Stopwatch {
        Stopwatch {
            begun: Instant::now(),
            used_s: used_s(),
        }
    }

    fn seconds(&self, whose: Whose) -> f64 {
        let used_s = used_s().zip(self.used_s);
        used_s.map_or_else(
            || self.begun.elapsed().as_secs_f64(),
            |(now_s, then_s)| now_s[whose as usize] - then_s[whose as usize],
        )
    }
}

/// Seconds of the processor that this thread has used (nanoseconds in `schedstat`), and those that the process has waited
/// for (proc_pid_stat(5), fields 16 and 17, in hundredths). Linux only.
fn used_s() -> Option<[f64; 2]> {
    let own = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let own_ns = own.split_whitespace().next()?.parse::<f64>().ok()?;
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field, the program's name, is in brackets and may hold blanks.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    Some([own_ns * 1e-9, (ticks(16)? + ticks(17)?) / 100.0])
}

/// Seconds that a program takes; `None`, and a line, if it is not there or fails.
fn run(program: &str, arguments: &[&str]) -> Option<f64> {
    let start = Stopwatch::start();
    let status = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Some(start.seconds(Whose::Peers)),
        Ok(status) => {
            eprintln!("{program}: ended with {status}; left out");
            None
        }
        Err(_) => {
            eprintln!("{program}: not installed; left out");
            None
        }
    }
}

/// A folder that is removed when it is no longer needed.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new() -> Result<Scratch> {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("westline-bench-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("{}: cannot be made", path.display()))?;
        Ok(Scratch(path))
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left to the system, which empties its folder of temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
