//! `westline bench console`: the server under real WebSocket clients, a recording wound, what a page loads.
//!
//! The server is the real one, on a port of this machine; its stage is a crowd that goes in circles, so that each frame
//! has all to tell. Its clock is the wall's since the start, which each frame carries: what a client reads late is the
//! delay. The server's load is what its own threads use (`/proc/self/task`, Linux only), clients left out.

use super::{Figure, print};
use crate::{Answer, output, run, sites};
use anyhow::{Context, Result, anyhow};
use console::{
    Access, LedgerRoom, NetworkRoom, Player, Replay, Rooms, ScenarioShelf, Server, ServerOptions, Stage, StageEvent,
    TestBase, VehicleRow,
};
use scenario::{Files, Library};
use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Barrier};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use world::{ActorId, ActorKind, ActorState, Frame};

/// How long clients watch.
const WATCHED: Duration = Duration::from_secs(10);
/// Vehicles of the crowd: for the load, and for many clients (as many as are on the roads of `yongchuan` at its peak).
const CROWD: usize = 2_000;
const FEW: usize = 300;
/// Clients at once.
const CLIENTS: usize = 200;
/// Moments that a recording is wound to.
const SEEKS: usize = 60;

pub fn bench(recording: Option<&Path>, json: bool) -> Result<Answer> {
    let mut figures = Vec::new();
    let cost = |name, unit, ours| Figure {
        name,
        unit,
        ours,
        peer: None,
        is_cost: true,
    };
    figures.push(cost(
        "pages and libraries, gzip",
        "kB",
        console::page_bytes() as f64 / 1e3,
    ));
    let one = watch_crowd(CROWD, 1)?;
    let five = watch_crowd(CROWD, 5)?;
    if let (Some(one), Some(five)) = (one.load, five.load) {
        figures.push(cost("server, 1 client, 2,000", "% core", 100.0 * one));
        figures.push(cost("server, each client more", "% core", 100.0 * (five - one) / 4.0));
    }
    figures.push(cost("a frame of 2,000", "kB", one.frame_bytes as f64 / 1e3));
    let many = watch_crowd(FEW, CLIENTS)?;
    figures.push(cost("delay p50, 200 clients", "ms", many.delay_ms(0.5)));
    figures.push(cost("delay p99, 200 clients", "ms", many.delay_ms(0.99)));
    figures.push(Figure {
        name: "frames a second and client",
        unit: "1/s",
        ours: many.delays_s.len() as f64 / CLIENTS as f64 / WATCHED.as_secs_f64(),
        peer: None,
        is_cost: false,
    });
    match recording {
        Some(path) => wind(path, &mut figures)?,
        None => eprintln!("a recording's seeks are left out\nhint: westline bench console out/.../recording.mcap"),
    }
    print(&figures, json)?;
    Ok(Answer::Yes)
}

/// Seeks of a replay to scattered moments, without a browser.
fn wind(path: &Path, figures: &mut Vec<Figure>) -> Result<()> {
    let info = console::recorded_site(path)?;
    let site = run::load(&sites::find(&info.site, None)?)?;
    let opened = Instant::now();
    let mut replay = Replay::open(path, &site).map_err(|error| anyhow!(error))?;
    let opened_ms = opened.elapsed().as_secs_f64() * 1e3;
    let (from_s, to_s) = replay.span_s();
    let mut frame = Frame::default();
    let mut took_ms = Vec::new();
    for index in 0..SEEKS {
        let begun = Instant::now();
        replay
            .seek(from_s + super::scattered(index + 1) * (to_s - from_s))
            .map_err(|error| anyhow!(error))?;
        replay.write_frame(&mut frame);
        replay.take_events();
        took_ms.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    took_ms.sort_by(f64::total_cmp);
    let rows = [
        ("a recording opened", opened_ms),
        ("a seek, median", took_ms[SEEKS / 2]),
        ("a seek, slowest of 60", took_ms[SEEKS - 1]),
    ];
    figures.extend(rows.map(|(name, ours)| Figure {
        name,
        unit: "ms",
        ours,
        peer: None,
        is_cost: true,
    }));
    Ok(())
}

/// What was seen.
struct Seen {
    /// Of all frames of all clients.
    delays_s: Vec<f64>,
    /// Share of a core that the server took; none where the system does not tell.
    load: Option<f64>,
    frame_bytes: usize,
}

impl Seen {
    fn delay_ms(&self, share: f64) -> f64 {
        let last = self.delays_s.len().saturating_sub(1);
        self.delays_s
            .get((share * last as f64).round() as usize)
            .copied()
            .unwrap_or(f64::NAN)
            * 1e3
    }
}

fn watch_crowd(actors: usize, clients: usize) -> Result<Seen> {
    let started = Instant::now();
    let running = Running::start(actors, started)?;
    let begin = Arc::new(Barrier::new(clients + 1));
    let watchers: Vec<JoinHandle<Result<Watched>>> = (0..clients)
        .map(|_| {
            let (begin, address) = (begin.clone(), running.address);
            let watcher = std::thread::Builder::new()
                .name("client".to_owned())
                .stack_size(256 << 10);
            watcher.spawn(move || {
                let connected = Client::connect(address);
                begin.wait();
                watch(&mut connected?, started)
            })
        })
        .collect::<std::io::Result<_>>()
        .context("threads for clients cannot be had")?;
    begin.wait();
    let before = server_s();
    std::thread::sleep(WATCHED);
    let load = before
        .zip(server_s())
        .map(|(before, after)| (after - before) / WATCHED.as_secs_f64());
    let (mut delays_s, mut frame_bytes) = (Vec::new(), 0);
    for watcher in watchers {
        let seen = watcher.join().map_err(|_| anyhow!("a client failed"))??;
        delays_s.extend(seen.delays_s);
        frame_bytes = seen.frame_bytes;
    }
    delays_s.sort_by(f64::total_cmp);
    Ok(Seen {
        delays_s,
        load,
        frame_bytes,
    })
}

/// What one client saw: how late each frame came, and how long the last was.
#[derive(Default)]
struct Watched {
    delays_s: Vec<f64>,
    frame_bytes: usize,
}

/// Reads frames for as long as is watched.
fn watch(client: &mut Client, started: Instant) -> Result<Watched> {
    let until = Instant::now() + WATCHED;
    let mut seen = Watched::default();
    while Instant::now() < until {
        let message = client.message()?;
        // The clock stands at byte 8 of a frame; see docs/console.md.
        if message.first() == Some(&b'W')
            && let Some(clock) = message.get(8..16).and_then(|clock| clock.try_into().ok())
        {
            seen.delays_s
                .push(started.elapsed().as_secs_f64() - f64::from_le_bytes(clock));
            seen.frame_bytes = message.len();
        }
    }
    Ok(seen)
}

/// A client of the live data, as plain as RFC 6455 allows: it only reads.
struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    fn connect(address: SocketAddr) -> Result<Client> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        write!(
            stream,
            "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )?;
        let mut stream = BufReader::new(stream);
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let is_open = head.starts_with(b"HTTP/1.1 101");
        anyhow::ensure!(is_open, "the server answered {}", String::from_utf8_lossy(&head));
        Ok(Client { stream })
    }

    /// The next message; a server's come unmasked and whole.
    fn message(&mut self) -> Result<Vec<u8>> {
        let mut head = [0; 2];
        self.stream.read_exact(&mut head)?;
        let length = match head[1] & 0x7f {
            126 => {
                let mut long = [0; 2];
                self.stream.read_exact(&mut long)?;
                u64::from(u16::from_be_bytes(long))
            }
            127 => {
                let mut long = [0; 8];
                self.stream.read_exact(&mut long)?;
                u64::from_be_bytes(long)
            }
            short => u64::from(short),
        };
        let mut message = vec![0; usize::try_from(length)?];
        self.stream.read_exact(&mut message)?;
        Ok(message)
    }
}

/// Seconds of the processor that the server's threads have used: those that play, encode and send.
fn server_s() -> Option<f64> {
    let mut nanoseconds = 0;
    for task in std::fs::read_dir("/proc/self/task").ok()?.flatten() {
        let name = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        if ["console", "player"].contains(&name.trim()) {
            let used = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            nanoseconds += used.split_whitespace().next()?.parse::<u64>().ok()?;
        }
    }
    Some(nanoseconds as f64 * 1e-9)
}

/// A server of a crowd, for as long as it is held.
struct Running {
    address: SocketAddr,
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn start(actors: usize, started: Instant) -> Result<Running> {
        let player = Player::start(Box::new(Crowd { actors, started }), 1.0, false).context("no thread can be had")?;
        let options = ServerOptions {
            address: "127.0.0.1:0".parse()?,
            site: serde_json::json!({}),
            map: Box::new(|| Err("there is no map".to_owned())),
            rooms: Rooms {
                scenarios: ScenarioShelf::new(Arc::new(Library::default()), Files::new(), Vec::new()),
                test_base: TestBase {
                    folder: "".into(),
                    make: Box::new(|_, _, _| Err("there are no campaigns".to_owned())),
                },
                ledger: LedgerRoom::new("".into()),
                network: NetworkRoom::new(Box::new(|| Err("there is no network".to_owned()))),
            },
            access: Access::default(),
        };
        let server = Server::bind(options, player)?;
        let (end, ended) = channel();
        Ok(Running {
            address: server.address(),
            end: Some(end),
            thread: Some(std::thread::spawn(move || {
                if let Err(error) = server.run(ended) {
                    // Its clients fail, and tell more.
                    let _ = output::print(&format!("{error}\n"));
                }
            })),
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Vehicles in circles, and a clock that is the wall's.
struct Crowd {
    actors: usize,
    started: Instant,
}

impl Stage for Crowd {
    fn is_live(&self) -> bool {
        true
    }
    fn span_s(&self) -> (f64, f64) {
        (0.0, 3_600.0)
    }
    fn clock_s(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
    fn step(&mut self) -> Result<bool, String> {
        Ok(true)
    }
    fn seek(&mut self, _clock_s: f64) -> Result<(), String> {
        Ok(())
    }
    fn write_frame(&mut self, frame: &mut Frame) {
        let turn = self.clock_s();
        frame.actors.clear();
        frame.actors.extend((0..self.actors).map(|index| {
            let at = turn * 0.1 + index as f64;
            let (sin, cos) = libm::sincos(at);
            let radius_m = 100.0 + index as f64;
            ActorState {
                id: ActorId(index as u32),
                kind: ActorKind::Car,
                pose: road::Pose {
                    x_m: radius_m * cos,
                    y_m: radius_m * sin,
                    z_m: 0.0,
                    heading_rad: at,
                    pitch_rad: 0.0,
                    roll_rad: 0.0,
                },
                speed_mps: 10.0,
                acceleration_mps2: 0.0,
                length_m: 4.5 + 0.1 * (index % 7) as f64,
                width_m: 1.8,
                height_m: 1.5,
                lane: None,
                indicator: vehicle::Indicator::Off,
            }
        }));
    }
    fn vehicles(&self) -> Vec<VehicleRow> {
        Vec::new()
    }
    fn take_events(&mut self) -> Vec<StageEvent> {
        Vec::new()
    }
    fn waiting(&self) -> Vec<u32> {
        Vec::new()
    }
    fn trips_done(&self) -> (usize, usize) {
        (0, 0)
    }
    fn trajectories(&self) -> Vec<(String, Vec<(f64, f64)>)> {
        Vec::new()
    }
    fn order_stop(&mut self, _vehicle: usize, _shall_stop: bool) -> bool {
        false
    }
    fn answer(&mut self, _vehicle: usize, _is_confirmed: bool) -> bool {
        false
    }
    fn break_sensor(&mut self, _vehicle: usize, _is_broken: bool) -> bool {
        false
    }
}
