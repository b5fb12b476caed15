//! Remote supervision over the network: what a person far away sees how late, how late the vehicle obeys, and how fast it may therefore drive.
//!
//! In go a drive through the site's cells, the camera's stream, the delays of machines and people at both ends, and the rules of a regime
//! ([`Rules`], from `remote.toml`); out come each frame's way (encoded size, air, queue, jitter buffer), the loop's latency, stops where the link
//! is lost, and a verdict for each section of road: "remote driving is possible here at v km/h".
//!
//! - **Frames**: a group begins with a picture of its own (I), the others tell differences (P); sizes are log-normal about their means, which
//!   sum to the stream's rate (ratio and spread as usual H.264 settings have them). The encoder takes [`ENCODER_SHARE`] of what the link
//!   carries, at most the rate asked for and never less than the least at which a person can drive; what would wait longer than a loss is dropped.
//! - **Glass to glass**: capture, encode, the air and the queue behind the frame before (one server), repetitions of blocks that fail, the
//!   edge, the jitter buffer (a frame is shown when the 95th percentile of the last seconds would have come), decode, display.
//! - **Command**: the person's device, the air downwards, the vehicle's actuators.
//! - **Speed**: within the regime's loop time the road's limit; above it `v · allowed / t`, as Germany's StVFernLV has it; never so fast that the vehicle
//!   could not stop within the way it looks ahead after a loop of `t`.
//! - **Loss**: no frame for longer than `lost_after_ms`, and the vehicle brakes to a minimal-risk stop by itself.
//!
//! It knows no person: reaction times are not in the loop, as the regimes measure it.

use crate::drive::{Moment, WayPoint};
use crate::error::NetworkError;
use crate::radio::coding;
use crate::radio::environment::{Environment, Place};
use crate::radio::link::{Link, TRANSMISSIONS_MAX};
use crate::radio::queue::Server;
use crate::site::NetworkSite;
use crate::trace::{Trace, quantile};
use record::Problems;
use record::{Seed, Stream};
use serde::Deserialize;
use std::collections::VecDeque;

/// Frames that a jitter buffer learns from: four seconds at 25 a second.
const LEARNED_FRAMES: usize = 100;
/// Share of frames that a jitter buffer waits for.
const SHOWN_SHARE: f64 = 0.95;
/// Share of the link's rate that an encoder takes: an I frame is several times a P, and must not wait for long.
pub const ENCODER_SHARE: f64 = 0.7;
/// A frame with a block that failed each time is asked for again by the layer above (RLC in acknowledged mode), which takes a status report
/// and a new grant.
const RLC_MS: f64 = 35.0;
/// Fading stays for so many frames: 30 ms at 30 frames a second.
const FADING_DB: f64 = 2.5;

/// What a regime, a camera and a vehicle say. All in `remote.toml`, each with a default.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Whose rules.
    pub regime: String,
    /// Whether somebody qualified is on board: then remote driving is help, not the only driver.
    pub officer_on_board: bool,
    /// Whether the regime lets this service be driven from afar with nobody on board.
    pub remote_alone_is_allowed: bool,
    /// Loop time up to which the road's limit holds.
    pub loop_ms: f64,
    /// Above this loop time nobody drives from afar.
    pub loop_ms_max: f64,
    /// Slower than this a service is none.
    pub speed_kmh_min: f64,
    /// No frame for so long: the link is lost.
    pub lost_after_ms: f64,
    /// Share of frames that must come within the greatest loop time.
    pub frames_share_min: f64,
    /// The stream.
    pub video: Video,
    /// The machines.
    pub machines: Machines,
    /// The vehicle's brakes in a minimal-risk stop.
    pub stop_mps2: f64,
    /// The brakes that a person may ask for.
    pub brake_mps2: f64,
    /// How far the cameras show enough to stop for.
    pub sight_m: f64,
}

/// A camera's stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Video {
    /// Its rate.
    pub rate_mbps: f64,
    /// Below this nobody can drive by it.
    pub rate_mbps_min: f64,
    /// Frames a second.
    pub frames_by_s: f64,
    /// Frames from one I to the next.
    pub group: u32,
    /// Size of an I over that of a P.
    pub intra_ratio: f64,
    /// Standard deviation of a size's logarithm.
    pub spread: f64,
}

/// Delays of machines, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Machines {
    /// Exposure and reading out.
    pub capture_ms: f64,
    /// Encoding.
    pub encode_ms: f64,
    /// Decoding.
    pub decode_ms: f64,
    /// To light on the screen.
    pub display_ms: f64,
    /// From the hand to the command on the wire.
    pub input_ms: f64,
    /// From the command to force at the wheels.
    pub actuate_ms: f64,
}

impl Default for Rules {
    /// Germany's order, with cameras and machines as published field tests have them.
    fn default() -> Rules {
        Rules {
            regime: "germany-stvfernlv".to_owned(),
            officer_on_board: false,
            remote_alone_is_allowed: true,
            loop_ms: 200.0,
            loop_ms_max: 500.0,
            speed_kmh_min: 10.0,
            lost_after_ms: 300.0,
            frames_share_min: 0.99,
            video: Video {
                rate_mbps: 16.0,
                rate_mbps_min: 4.0,
                frames_by_s: 30.0,
                group: 30,
                intra_ratio: 4.0,
                spread: 0.15,
            },
            machines: Machines {
                capture_ms: 25.0,
                encode_ms: 15.0,
                decode_ms: 8.0,
                display_ms: 12.0,
                input_ms: 10.0,
                actuate_ms: 40.0,
            },
            stop_mps2: 2.5,
            brake_mps2: 4.0,
            sight_m: 60.0,
        }
    }
}

/// A frame on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// When it was taken.
    pub time_s: f64,
    /// Index of the way point where.
    pub point: usize,
    /// Whether it is one of its own (I).
    pub is_intra: bool,
    /// Its size.
    pub bytes: f64,
    /// From the camera's light to the screen's; nothing if it never came.
    pub glass_ms: Option<f64>,
    /// From the hand to the wheels at that moment; nothing without a link.
    pub command_ms: Option<f64>,
}

impl Frame {
    /// The whole loop.
    pub fn loop_ms(&self) -> Option<f64> {
        self.glass_ms
            .zip(self.command_ms)
            .map(|(glass_ms, command_ms)| glass_ms + command_ms)
    }
}

/// A minimal-risk stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// When the loss was noticed.
    pub time_s: f64,
    /// Where: index of the way point.
    pub point: usize,
    /// How far the vehicle went from the last frame to standing.
    pub length_m: f64,
}

/// A section of road and what may be driven there.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// First and last way point, inclusive.
    pub points: [usize; 2],
    /// Frames taken there.
    pub frames: usize,
    /// Loop time: median and that which one frame in a hundred exceeds; infinite if frames are missing.
    pub loop_ms: [f64; 2],
    /// Share of frames that came within the regime's greatest loop time.
    pub in_time: f64,
    /// The road's limit.
    pub limit_kmh: f64,
    /// The speed that may be driven from afar; nothing if none.
    pub speed_kmh: Option<f64>,
}

/// A drive from afar.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteDrive {
    /// Frame by frame.
    pub frames: Vec<Frame>,
    /// Where the vehicle stopped by itself.
    pub stops: Vec<Stop>,
    /// Section by section.
    pub sections: Vec<Section>,
}

/// Sends a camera's frames over a drive's links and judges the road in sections of `section_m`.
pub fn supervise(
    environment: &Environment,
    points: &[WayPoint],
    moments: &[Moment],
    rules: &Rules,
    section_m: f64,
    seed: Seed,
) -> RemoteDrive {
    let mut watch = Watch::new(environment.site(), rules, seed, 0);
    let mut frames = Vec::new();
    let mut stops: Vec<Stop> = Vec::new();
    for moment in moments {
        if let Some(silent_s) = watch.step(moment, |frame| frames.push(frame)) {
            let speed_mps = points[moment.point].speed_mps;
            stops.push(Stop {
                time_s: moment.time_s,
                point: moment.point,
                length_m: speed_mps * silent_s + speed_mps * speed_mps / (2.0 * rules.stop_mps2),
            });
        }
    }
    watch.finish(|frame| frames.push(frame));
    let sections = sections(points, &frames, &stops, rules, section_m);
    RemoteDrive {
        frames,
        stops,
        sections,
    }
}

/// The same over a measured run in the place of the model: each packet is a frame, and its round trip lies in the loop. `limit_mps` is the road's
/// limit. Returns the run's places too, with distances by its own speeds.
pub fn supervise_trace(run: &Trace, rules: &Rules, section_m: f64, limit_mps: f64) -> (Vec<WayPoint>, RemoteDrive) {
    let machines = &rules.machines;
    let glass_ms = machines.capture_ms + machines.encode_ms + machines.decode_ms + machines.display_ms;
    let (mut points, mut frames, mut stops) = (Vec::new(), Vec::new(), Vec::new());
    let (mut distance_m, mut arrived_ms) = (0.0, f64::NEG_INFINITY);
    for (index, packet) in run.packets.iter().enumerate() {
        points.push(WayPoint {
            place: Place::open(packet.at_m.unwrap_or([distance_m, 0.0])),
            lane: road::LaneId(0),
            s_m: distance_m,
            distance_m,
            speed_mps: limit_mps,
        });
        let next_ms = run.packets.get(index + 1).map_or(packet.sent_ms, |next| next.sent_ms);
        distance_m += packet.speed_mps * (next_ms - packet.sent_ms) * 1e-3;
        frames.push(Frame {
            time_s: packet.sent_ms * 1e-3,
            point: index,
            is_intra: false,
            bytes: 0.0,
            glass_ms: packet.delay_ms.map(|delay_ms| glass_ms + delay_ms),
            command_ms: packet.delay_ms.map(|_| machines.input_ms + machines.actuate_ms),
        });
        let Some(delay_ms) = packet.delay_ms else { continue };
        let arrives_ms = packet.sent_ms + delay_ms;
        if arrives_ms - arrived_ms > rules.lost_after_ms && arrived_ms.is_finite() {
            let noticed_ms = arrived_ms + rules.lost_after_ms;
            let point = run.packets.partition_point(|sent| sent.sent_ms <= noticed_ms).max(1) - 1;
            let length_m = limit_mps * rules.lost_after_ms * 1e-3 + limit_mps * limit_mps / (2.0 * rules.stop_mps2);
            stops.push(Stop {
                time_s: noticed_ms * 1e-3,
                point,
                length_m,
            });
        }
        arrived_ms = arrived_ms.max(arrives_ms);
    }
    let sections = sections(&points, &frames, &stops, rules, section_m);
    (
        points,
        RemoteDrive {
            frames,
            stops,
            sections,
        },
    )
}

/// Somebody watches a vehicle from afar: its camera's frames, and whether they still come.
pub struct Watch<'a> {
    camera: Camera<'a>,
    next_s: f64,
    /// Taken, and without a link to go over yet.
    waiting: VecDeque<Moment>,
    /// When the last frame was on the screen.
    shown_s: Option<f64>,
    is_lost: bool,
}

impl<'a> Watch<'a> {
    /// Of a vehicle: its number keeps its luck its own.
    pub fn new(site: &'a NetworkSite, rules: &'a Rules, seed: Seed, number: u64) -> Watch<'a> {
        Watch {
            camera: Camera::new(site, rules, seed, number),
            next_s: f64::NEG_INFINITY,
            waiting: VecDeque::new(),
            shown_s: None,
            is_lost: false,
        }
    }

    /// Whether a frame is taken at that time.
    pub fn is_due(&self, time_s: f64) -> bool {
        time_s + 1e-9 >= self.next_s
    }

    /// Whether no frame has come for longer than the rules bear.
    pub fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Goes on to a moment, and tells each frame whose fate is known by then, in their order. Returns for how long no frame
    /// has been shown, seconds, if that has just become too long.
    pub fn step(&mut self, moment: &Moment, mut tell: impl FnMut(Frame)) -> Option<f64> {
        let rules = self.camera.rules;
        if self.is_due(moment.time_s) {
            let period_s = 1.0 / rules.video.frames_by_s;
            // After a pause the stream begins anew.
            let is_going_on = moment.time_s < self.next_s + period_s;
            self.next_s = if is_going_on { self.next_s } else { moment.time_s } + period_s;
            if !is_going_on {
                self.shown_s = None;
            }
            self.waiting.push_back(*moment);
        }
        // A frame that is taken in an interruption waits for the first link after it.
        let limit_s = rules.loop_ms_max * 1e-3;
        while let Some(taken) = self.waiting.front().copied() {
            let is_too_old = moment.time_s > taken.time_s + limit_s;
            let sending = moment.link.filter(|_| !is_too_old).map(|link| (moment.time_s, link));
            if sending.is_none() && !is_too_old {
                break;
            }
            self.waiting.pop_front();
            let frame = self.camera.frame(&taken, sending);
            if let Some(glass_ms) = frame.glass_ms {
                let shown_s = taken.time_s + glass_ms * 1e-3;
                self.shown_s = Some(self.shown_s.map_or(shown_s, |before_s| before_s.max(shown_s)));
                self.is_lost = false;
            }
            tell(frame);
        }
        let silent_s = moment.time_s - *self.shown_s.get_or_insert(moment.time_s);
        if !self.is_lost && silent_s * 1e3 >= rules.lost_after_ms {
            self.is_lost = true;
            return Some(silent_s);
        }
        None
    }

    /// Ends: what still waits never comes.
    pub fn finish(&mut self, mut tell: impl FnMut(Frame)) {
        while let Some(taken) = self.waiting.pop_front() {
            tell(self.camera.frame(&taken, None));
        }
    }
}

struct Camera<'a> {
    site: &'a NetworkSite,
    rules: &'a Rules,
    sizes: Stream,
    air: Stream,
    server: Server,
    count: u32,
    /// Network delays of the last frames, for the jitter buffer: in their order, and by length.
    learned_ms: VecDeque<f64>,
    sorted_ms: Vec<f64>,
}

impl<'a> Camera<'a> {
    fn new(site: &'a NetworkSite, rules: &'a Rules, seed: Seed, number: u64) -> Camera<'a> {
        Camera {
            site,
            rules,
            sizes: seed.stream("network.remote.sizes", number),
            air: seed.stream("network.remote.air", number),
            server: Server::default(),
            count: 0,
            learned_ms: VecDeque::with_capacity(LEARNED_FRAMES),
            sorted_ms: Vec::with_capacity(LEARNED_FRAMES),
        }
    }

    /// The next frame, taken at a moment and sent over the link found.
    fn frame(&mut self, moment: &Moment, sending: Option<(f64, Link)>) -> Frame {
        let is_intra = self.count.is_multiple_of(self.rules.video.group.max(1));
        self.count += 1;
        let video = &self.rules.video;
        let carried_mbps = sending.map_or(0.0, |(_, link)| ENCODER_SHARE * link.rate_mbps[1]);
        let rate_mbps = carried_mbps.min(video.rate_mbps).max(video.rate_mbps_min);
        let bytes = video.mean_bytes(rate_mbps, is_intra) * libm::exp(video.spread * self.sizes.normal());
        // All luck is drawn whether or not there is a link, so that one frame's fate changes no other's.
        let (fading_db, outcome, command) = (FADING_DB * self.air.normal(), self.air.uniform(), self.air.uniform());
        let machines = &self.rules.machines;
        let mut frame = Frame {
            time_s: moment.time_s,
            point: moment.point,
            is_intra,
            bytes,
            glass_ms: None,
            command_ms: None,
        };
        let Some((sends_s, link)) = sending else { return frame };
        let site = self.site;
        let Some((_, sector)) = site.cells().nth(link.cell) else {
            return frame;
        };
        let band = &site.bands[sector.band];
        let (slot_ms, [down_share, up_share]) = (band.slot_ms(), band.shares());
        if link.cqi[1] > 0 && link.rate_mbps[1] > 0.0 {
            let service_ms = (8e-3 * bytes / link.rate_mbps[1]).max(slot_ms);
            let ready_s = moment.time_s + (machines.capture_ms + machines.encode_ms) * 1e-3;
            let begins_s = ready_s.max(sends_s);
            let behind_ms = (self.server.free_s() - ready_s) * 1e3;
            // What would come too late to be of use makes room for the next frame.
            if behind_ms <= self.rules.lost_after_ms {
                let waited_ms = (begins_s - ready_s) * 1e3 + self.server.take(begins_s, service_ms * 1e-3) * 1e3;
                // Blocks of a slot each; the frame is whole when the last of them is. Repetitions run beside each other.
                let blocks = libm::ceil(service_ms * up_share / slot_ms).max(1.0);
                let repeated_ms = repetitions_ms(fading_db, blocks, outcome, 8.0 * slot_ms);
                let grant_ms = 0.5 * slot_ms / up_share + 0.5 * slot_ms / down_share + 2.0 * slot_ms;
                let network_ms =
                    waited_ms + service_ms + grant_ms + 4.0 * slot_ms + repeated_ms + site.backhaul.edge_ms;
                let shown_ms = self.shown_after(network_ms);
                frame.glass_ms = Some(
                    machines.capture_ms + machines.encode_ms + shown_ms + machines.decode_ms + machines.display_ms,
                );
            }
        }
        if link.cqi[0] > 0 {
            let repeated_ms = repetitions_ms(fading_db, 1.0, command, 8.0 * slot_ms);
            let air_ms = 4.0 * slot_ms + slot_ms / down_share + repeated_ms + (sends_s - moment.time_s) * 1e3;
            frame.command_ms = Some(machines.input_ms + air_ms + site.backhaul.edge_ms + machines.actuate_ms);
        }
        frame
    }

    /// A frame is shown when its buffer lets it out, or when it comes if that is later.
    fn shown_after(&mut self, network_ms: f64) -> f64 {
        let due_ms = if self.sorted_ms.is_empty() {
            network_ms
        } else {
            quantile(&self.sorted_ms, SHOWN_SHARE)
        };
        if self.learned_ms.len() == LEARNED_FRAMES
            && let Some(oldest_ms) = self.learned_ms.pop_front()
        {
            let at = self.sorted_ms.partition_point(|ms| ms.total_cmp(&oldest_ms).is_lt());
            self.sorted_ms.remove(at);
        }
        let at = self.sorted_ms.partition_point(|ms| ms.total_cmp(&network_ms).is_lt());
        self.sorted_ms.insert(at, network_ms);
        self.learned_ms.push_back(network_ms);
        network_ms.max(due_ms)
    }
}

impl Video {
    /// Mean size of a frame at a rate, so that a group's sum to it.
    pub fn mean_bytes(&self, rate_mbps: f64, is_intra: bool) -> f64 {
        let group = f64::from(self.group.max(1));
        let group_bytes = rate_mbps * 1e6 / 8.0 * group / self.frames_by_s;
        let p = group_bytes / (group - 1.0 + self.intra_ratio);
        if is_intra { self.intra_ratio * p } else { p }
    }
}

/// How long the unluckiest of some blocks is repeated. Coding is chosen so that one in ten fails at first; what fails each time is asked for again
/// by the layer above.
fn repetitions_ms(fading_db: f64, blocks: f64, luck: f64, repetition_ms: f64) -> f64 {
    let come = |sent: &u32| luck < libm::pow(1.0 - coding::error_after(fading_db, *sent), blocks);
    match (1..=TRANSMISSIONS_MAX).find(come) {
        Some(sent) => repetition_ms * f64::from(sent - 1),
        None => repetition_ms * f64::from(TRANSMISSIONS_MAX - 1) + RLC_MS,
    }
}

/// Greatest speed from which a vehicle stops within `sight_m` after a loop of `loop_ms`: v t + v² / 2a, solved for v.
pub fn stopping_speed_mps(sight_m: f64, loop_ms: f64, brake_mps2: f64) -> f64 {
    let t = loop_ms * 1e-3;
    brake_mps2 * (libm::sqrt(t * t + 2.0 * sight_m / brake_mps2) - t)
}

/// The regime's speed at a loop time: the limit up to `rules.loop_ms`, then less in proportion; `None` if that is no speed for a service.
pub fn speed_kmh(limit_kmh: f64, loop_ms: f64, rules: &Rules) -> Option<f64> {
    if loop_ms.is_nan() || loop_ms > rules.loop_ms_max {
        return None;
    }
    let by_latency_kmh = limit_kmh * (rules.loop_ms / loop_ms.max(rules.loop_ms));
    let by_sight_kmh = 3.6 * stopping_speed_mps(rules.sight_m, loop_ms, rules.brake_mps2);
    let speed_kmh = by_latency_kmh.min(by_sight_kmh);
    (speed_kmh >= rules.speed_kmh_min).then_some(speed_kmh)
}

fn sections(points: &[WayPoint], frames: &[Frame], stops: &[Stop], rules: &Rules, section_m: f64) -> Vec<Section> {
    let mut found = Vec::new();
    let mut from = 0;
    while from < points.len() {
        let end_m = points[from].distance_m + section_m.max(1.0);
        // A section ends where the limit changes too: a verdict is about one speed.
        let same = |point: &&WayPoint| point.distance_m < end_m && point.speed_mps == points[from].speed_mps;
        let to = from + points[from..].iter().take_while(same).count() - 1;
        let range =
            frames.partition_point(|frame| frame.point < from)..frames.partition_point(|frame| frame.point <= to);
        let of_section = &frames[range];
        let mut loops: Vec<f64> = of_section
            .iter()
            .map(|frame| frame.loop_ms().unwrap_or(f64::INFINITY))
            .collect();
        loops.sort_by(f64::total_cmp);
        let in_time = loops.partition_point(|loop_ms| *loop_ms <= rules.loop_ms_max) as f64 / loops.len().max(1) as f64;
        // A single late frame of a short section is not one in a hundred; the worst that is allowed to be late is left out.
        let loop_ms = [0.5, rules.frames_share_min].map(|share| quantile(&loops, share));
        let limit_kmh = 3.6 * points[from].speed_mps;
        let is_stopped = stops.iter().any(|stop| (from..=to).contains(&stop.point));
        let is_sound = !loops.is_empty() && in_time >= rules.frames_share_min && !is_stopped;
        found.push(Section {
            points: [from, to],
            frames: loops.len(),
            loop_ms,
            in_time,
            limit_kmh,
            speed_kmh: if is_sound {
                speed_kmh(limit_kmh, loop_ms[1], rules)
            } else {
                None
            },
        });
        from = to + 1;
    }
    found
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RulesFile {
    regime: RegimeEntry,
    video: VideoEntry,
    machines: MachinesEntry,
    vehicle: VehicleEntry,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RegimeEntry {
    name: Option<String>,
    officer_on_board: Option<bool>,
    remote_alone_is_allowed: Option<bool>,
    loop_ms: Option<f64>,
    loop_ms_max: Option<f64>,
    speed_kmh_min: Option<f64>,
    lost_after_ms: Option<f64>,
    frames_share_min: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct VideoEntry {
    rate_mbps: Option<f64>,
    rate_mbps_min: Option<f64>,
    frames_by_s: Option<f64>,
    group: Option<f64>,
    intra_ratio: Option<f64>,
    spread: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MachinesEntry {
    capture_ms: Option<f64>,
    encode_ms: Option<f64>,
    decode_ms: Option<f64>,
    display_ms: Option<f64>,
    input_ms: Option<f64>,
    actuate_ms: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct VehicleEntry {
    stop_mps2: Option<f64>,
    brake_mps2: Option<f64>,
    sight_m: Option<f64>,
}

impl Rules {
    /// Reads `remote.toml`; `file` is its name in messages.
    pub fn read(file: &str, text: &str) -> Result<Rules, NetworkError> {
        let parsed: RulesFile = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| record::line_of(text, span.start));
            let what = error.message().trim().replace('\n', "; ");
            NetworkError::Input(vec![format!(
                "{file}:{line}: {what}\nhint: the schema stands in docs/network.md"
            )])
        })?;
        let base = Rules::default();
        let mut problems = Problems::default();
        let mut number = |name: &str, value: Option<f64>, otherwise: f64, low: f64, high: f64| match value {
            Some(value) if !(low..=high).contains(&value) => {
                let line = text
                    .lines()
                    .position(|line| line.trim_start().starts_with(name))
                    .map_or(1, |line| line + 1);
                problems.add(
                    format!("{file}:{line}"),
                    format!("`{name}` is `{value}`"),
                    format!("write a number from {low} to {high}"),
                );
                otherwise
            }
            Some(value) => value,
            None => otherwise,
        };
        let RulesFile {
            regime,
            video,
            machines,
            vehicle,
        } = parsed;
        let mut delay = |name: &str, value: Option<f64>, otherwise: f64| number(name, value, otherwise, 0.0, 1_000.0);
        let machines = Machines {
            capture_ms: delay("capture_ms", machines.capture_ms, base.machines.capture_ms),
            encode_ms: delay("encode_ms", machines.encode_ms, base.machines.encode_ms),
            decode_ms: delay("decode_ms", machines.decode_ms, base.machines.decode_ms),
            display_ms: delay("display_ms", machines.display_ms, base.machines.display_ms),
            input_ms: delay("input_ms", machines.input_ms, base.machines.input_ms),
            actuate_ms: delay("actuate_ms", machines.actuate_ms, base.machines.actuate_ms),
        };
        let rules = Rules {
            regime: regime.name.unwrap_or(base.regime),
            officer_on_board: regime.officer_on_board.unwrap_or(base.officer_on_board),
            remote_alone_is_allowed: regime.remote_alone_is_allowed.unwrap_or(base.remote_alone_is_allowed),
            loop_ms: number("loop_ms", regime.loop_ms, base.loop_ms, 1.0, 10_000.0),
            loop_ms_max: number("loop_ms_max", regime.loop_ms_max, base.loop_ms_max, 1.0, 10_000.0),
            speed_kmh_min: number("speed_kmh_min", regime.speed_kmh_min, base.speed_kmh_min, 0.0, 200.0),
            lost_after_ms: number(
                "lost_after_ms",
                regime.lost_after_ms,
                base.lost_after_ms,
                10.0,
                60_000.0,
            ),
            frames_share_min: number(
                "frames_share_min",
                regime.frames_share_min,
                base.frames_share_min,
                0.0,
                1.0,
            ),
            video: Video {
                rate_mbps_min: number(
                    "rate_mbps_min",
                    video.rate_mbps_min,
                    base.video.rate_mbps_min,
                    0.1,
                    1_000.0,
                ),
                rate_mbps: number("rate_mbps", video.rate_mbps, base.video.rate_mbps, 0.1, 1_000.0),
                frames_by_s: number("frames_by_s", video.frames_by_s, base.video.frames_by_s, 1.0, 240.0),
                group: number("group", video.group, f64::from(base.video.group), 1.0, 1_000.0) as u32,
                intra_ratio: number("intra_ratio", video.intra_ratio, base.video.intra_ratio, 1.0, 50.0),
                spread: number("spread", video.spread, base.video.spread, 0.0, 2.0),
            },
            machines,
            stop_mps2: number("stop_mps2", vehicle.stop_mps2, base.stop_mps2, 0.1, 12.0),
            brake_mps2: number("brake_mps2", vehicle.brake_mps2, base.brake_mps2, 0.1, 12.0),
            sight_m: number("sight_m", vehicle.sight_m, base.sight_m, 1.0, 1_000.0),
        };
        if rules.loop_ms_max < rules.loop_ms {
            problems.add(
                file,
                "`loop_ms_max` is less than `loop_ms`",
                "give the loop time above which nobody drives from afar",
            );
        }
        problems.into_result()?;
        Ok(rules)
    }
}
