//! A service's vehicles on their network, moment by moment: link, video, the loop of remote driving, losses.
//!
//! In go where the vehicles are, tick by tick; out come each vehicle's seconds ([`LinkSecond`]), what begins and ends
//! ([`LinkChange`]), and what the day was like ([`LinkMeasures`]). Each watched vehicle sends its camera's frames ([`Watch`]); what it takes of its
//! cell the others there do not have, beyond what their slice is kept.
//!
//! A link is worked out anew where its vehicle has moved by [`REACH_M`], each second, and each 5 ms while a handover or a failure is being
//! counted down; in between it stays. It knows neither trips nor who watches.

use crate::drive::Moment;
use crate::radio::environment::{Environment, Place};
use crate::radio::handover::Connection;
use crate::radio::link::{Evaluator, Link};
use crate::remote::{Frame, Rules, Watch};
use crate::trace::quantile;
use record::{Seed, SimTime};
use road::LaneId;
use std::collections::BTreeMap;

/// Gains are computed anew after so much way.
pub const REACH_M: f64 = 5.0;
/// Moments while something is being counted down; frames are taken at multiples of it.
const FINE_S: f64 = 0.005;
/// Pieces of lanes that measures are kept for.
pub const PIECE_M: f64 = 50.0;
/// Loop times are kept in bins of a millisecond up to here, and one for all that is later or never came.
const LOOP_MS_BINS: usize = 1_000;

/// A vehicle at a tick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seat {
    /// Its number, as long as the service lasts.
    pub vehicle: usize,
    /// Where it is.
    pub place: Place,
    /// The lane and the way along it, if it is on one.
    pub on_lane: Option<(LaneId, f64)>,
    /// The road's limit there.
    pub speed_mps_max: f64,
    /// Whether somebody watches: its camera sends.
    pub is_watched: bool,
}

/// A vehicle's second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkSecond {
    /// Which vehicle.
    pub vehicle: usize,
    /// The second's end.
    pub time: SimTime,
    /// Where it was then.
    pub at_m: [f64; 2],
    /// Its link then; none in an interruption or after a failure.
    pub link: Option<Link>,
    /// Frames whose fate came to be known.
    pub frames: u32,
    /// Of them, within the rules' greatest loop time.
    pub frames_in_time: u32,
    /// From the camera's light to the screen's, the median of those that came.
    pub glass_ms: Option<f64>,
    /// From the hand to the wheels, the median.
    pub command_ms: Option<f64>,
    /// The slowest loop of those that came.
    pub loop_ms_max: Option<f64>,
    /// Speed at which the rules would let it be driven from afar here; none if not at all.
    pub speed_kmh: Option<f64>,
    /// Nobody sees anything any more.
    pub is_lost: bool,
}

/// Something begins or ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkChange {
    /// Which vehicle.
    pub vehicle: usize,
    /// When.
    pub time: SimTime,
    /// What.
    pub kind: LinkChangeKind,
}

/// What begins or ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LinkChangeKind {
    /// No frame for longer than the rules bear.
    Lost,
    /// Frames come again, after so long.
    Found {
        /// How long nobody saw anything.
        after_s: f64,
    },
}

/// What a vehicle's day on the network was like.
#[derive(Clone, Debug, PartialEq)]
pub struct VehicleMeasures {
    /// Seconds of service.
    pub seconds: u64,
    /// Of them, with a link at their end.
    pub seconds_linked: u64,
    /// Changes of cells.
    pub handovers: u32,
    /// Links that failed.
    pub failures: u32,
    /// Times that nobody saw anything for longer than the rules bear.
    pub losses: u32,
    /// For how long, together.
    pub lost_s: f64,
    /// Frames sent.
    pub frames: u64,
    /// Of them, within the rules' greatest loop time.
    pub frames_in_time: u64,
    loops: Vec<u64>,
}

/// What a piece of road was like.
#[derive(Clone, Debug, PartialEq)]
pub struct PieceMeasures {
    /// Its lane.
    pub lane: LaneId,
    /// Its number along the lane, each [`PIECE_M`] long.
    pub piece: u32,
    /// Seconds spent there.
    pub seconds: u32,
    /// Frames sent there.
    pub frames: u32,
    /// Of them, within the rules' greatest loop time.
    pub frames_in_time: u32,
    /// The slowest loop there.
    pub loop_ms_max: f64,
}

/// What the day was like.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkMeasures {
    /// The regime whose rules were taken.
    pub rules: Rules,
    /// Vehicle by vehicle, by number.
    pub vehicles: BTreeMap<usize, VehicleMeasures>,
    /// Piece by piece, by lane and number.
    pub pieces: Vec<PieceMeasures>,
}

impl VehicleMeasures {
    fn new() -> VehicleMeasures {
        VehicleMeasures {
            seconds: 0,
            seconds_linked: 0,
            handovers: 0,
            failures: 0,
            losses: 0,
            lost_s: 0.0,
            frames: 0,
            frames_in_time: 0,
            loops: vec![0; LOOP_MS_BINS + 1],
        }
    }

    /// The loop that a share of frames does not exceed, to a millisecond; infinite if those came later than a second or never.
    pub fn loop_ms(&self, share: f64) -> Option<f64> {
        let count: u64 = self.loops.iter().sum();
        if count == 0 {
            return None;
        }
        let rank = ((share * count as f64).ceil() as u64).clamp(1, count);
        let mut below = 0;
        let bin = self.loops.iter().position(|bin| {
            below += bin;
            below >= rank
        })?;
        Some(if bin == LOOP_MS_BINS {
            f64::INFINITY
        } else {
            bin as f64 + 0.5
        })
    }
}

impl LinkMeasures {
    /// The same of all vehicles together.
    pub fn loop_ms(&self, share: f64) -> Option<f64> {
        self.total().loop_ms(share)
    }

    /// All vehicles' figures added up.
    pub fn total(&self) -> VehicleMeasures {
        let mut total = VehicleMeasures::new();
        for vehicle in self.vehicles.values() {
            total.seconds += vehicle.seconds;
            total.seconds_linked += vehicle.seconds_linked;
            total.handovers += vehicle.handovers;
            total.failures += vehicle.failures;
            total.losses += vehicle.losses;
            total.lost_s += vehicle.lost_s;
            total.frames += vehicle.frames;
            total.frames_in_time += vehicle.frames_in_time;
            let loops = total.loops.iter_mut().zip(&vehicle.loops);
            loops.for_each(|(sum, count)| *sum += count);
        }
        total
    }
}

/// The vehicles of a service on a site's network.
pub struct Supervision<'a> {
    environment: &'a Environment<'a>,
    evaluator: Evaluator<'a>,
    rules: &'a Rules,
    share_min: f64,
    seed: Seed,
    vehicles: BTreeMap<usize, Vehicle<'a>>,
    pieces: BTreeMap<(u32, u32), PieceMeasures>,
    /// What the watched vehicles take of each cell upwards: in the last second, and in this one.
    taken: Vec<f64>,
    taking: Vec<f64>,
    now: SimTime,
    next_second: SimTime,
    seconds: Vec<LinkSecond>,
    changes: Vec<LinkChange>,
}

struct Vehicle<'a> {
    connection: Connection,
    watch: Watch<'a>,
    gains: Vec<f32>,
    gains_at: Option<Place>,
    link: Option<Link>,
    lost_since_s: f64,
    measures: VehicleMeasures,
    // Of this second.
    glass_ms: Vec<f64>,
    command_ms: Vec<f64>,
    loop_ms_max: f64,
    frames: u32,
    frames_in_time: u32,
}

impl<'a> Supervision<'a> {
    /// Of vehicles whose slice is kept `share_min` of each cell.
    pub fn new(environment: &'a Environment<'a>, rules: &'a Rules, share_min: f64, seed: Seed) -> Supervision<'a> {
        let evaluator = Evaluator::new(environment.site());
        let cells = evaluator.cells();
        Supervision {
            environment,
            evaluator,
            rules,
            share_min,
            seed,
            vehicles: BTreeMap::new(),
            pieces: BTreeMap::new(),
            taken: vec![0.0; cells],
            taking: vec![0.0; cells],
            now: SimTime::ZERO,
            next_second: SimTime::from_secs(1),
            seconds: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// Goes on to `time`, at which the vehicles stand so.
    pub fn step(&mut self, time: SimTime, seats: &[Seat]) {
        self.seconds.clear();
        self.changes.clear();
        let step_s = (time - self.now).as_secs_f64();
        self.now = time;
        let is_second = time >= self.next_second;
        for seat in seats {
            self.vehicle(time, step_s, seat, is_second);
        }
        if is_second {
            self.next_second += SimTime::from_secs(1);
            std::mem::swap(&mut self.taken, &mut self.taking);
            self.taking.fill(0.0);
        }
    }

    /// The seconds that ended in the last tick.
    pub fn seconds(&self) -> &[LinkSecond] {
        &self.seconds
    }

    /// What began or ended in it.
    pub fn changes(&self) -> &[LinkChange] {
        &self.changes
    }

    /// What the time since the start was like.
    pub fn finish(self) -> LinkMeasures {
        let now_s = self.now.as_secs_f64();
        let vehicles = self.vehicles.into_iter().map(|(number, vehicle)| {
            let still_lost_s = if vehicle.watch.is_lost() {
                now_s - vehicle.lost_since_s
            } else {
                0.0
            };
            let measures = VehicleMeasures {
                lost_s: vehicle.measures.lost_s + still_lost_s,
                handovers: vehicle.connection.handovers,
                failures: vehicle.connection.failures,
                ..vehicle.measures
            };
            (number, measures)
        });
        LinkMeasures {
            rules: self.rules.clone(),
            vehicles: vehicles.collect(),
            pieces: self.pieces.into_values().collect(),
        }
    }

    fn vehicle(&mut self, time: SimTime, step_s: f64, seat: &Seat, is_second: bool) {
        let site = self.environment.site();
        let vehicle = self.vehicles.entry(seat.vehicle).or_insert_with(|| Vehicle {
            connection: Connection::default(),
            watch: Watch::new(site, self.rules, self.seed, seat.vehicle as u64),
            gains: vec![0.0; self.evaluator.cells()],
            gains_at: None,
            link: None,
            lost_since_s: 0.0,
            measures: VehicleMeasures::new(),
            glass_ms: Vec::new(),
            command_ms: Vec::new(),
            loop_ms_max: 0.0,
            frames: 0,
            frames_in_time: 0,
        });
        let has_moved = vehicle.gains_at.is_none_or(|before| {
            let [dx, dy] = [0, 1].map(|axis| seat.place.at_m[axis] - before.at_m[axis]);
            libm::hypot(dx, dy) >= REACH_M || before.in_tunnel_m.is_some() != seat.place.in_tunnel_m.is_some()
        });
        if has_moved {
            self.environment.gains(seat.place, &mut vehicle.gains);
            vehicle.gains_at = Some(seat.place);
        }
        let own = vehicle.link.map_or(0.0, |link| vehicle.takes(&link, self.rules));
        let others = vehicle.link.map_or(0.0, |link| (self.taken[link.cell] - own).max(0.0));
        let share = (1.0 - site.load - others).max(self.share_min);
        let mut is_new = has_moved || is_second;
        let (begin_s, moments) = (
            time.as_secs_f64() - step_s,
            libm::round(step_s / FINE_S).max(1.0) as u64,
        );
        for moment in 1..=moments {
            let now_s = begin_s + step_s * moment as f64 / moments as f64;
            if is_new || !vehicle.connection.is_steady() || vehicle.link.is_none() {
                let load = site.load;
                let rules = &site.handover;
                vehicle.link = vehicle
                    .connection
                    .step(now_s, &vehicle.gains, load, share, &self.evaluator, rules);
                is_new = false;
            }
            if seat.is_watched {
                let changed = vehicle.watch(now_s, self.rules);
                self.changes.extend(changed.map(|kind| LinkChange {
                    vehicle: seat.vehicle,
                    time: SimTime::from_secs_f64(now_s),
                    kind,
                }));
            }
        }
        if is_second {
            if let Some(link) = vehicle.link.filter(|_| seat.is_watched) {
                self.taking[link.cell] += vehicle.takes(&link, self.rules);
            }
            let second = vehicle.second(time, seat, self.rules);
            note(&mut self.pieces, seat, &second);
            self.seconds.push(second);
        }
    }
}

impl Vehicle<'_> {
    /// The share of its cell that its stream fills.
    fn takes(&self, link: &Link, rules: &Rules) -> f64 {
        let whole_mbps = link.rate_mbps[1] / link.uplink_share.max(1e-6);
        let rate_mbps = rules
            .video
            .rate_mbps
            .min(crate::remote::ENCODER_SHARE * link.rate_mbps[1]);
        (rate_mbps.max(rules.video.rate_mbps_min) / whole_mbps.max(1e-6)).min(1.0)
    }

    /// The camera goes on to a moment.
    fn watch(&mut self, now_s: f64, rules: &Rules) -> Option<LinkChangeKind> {
        let moment = Moment {
            time_s: now_s,
            point: 0,
            link: self.link,
        };
        let was_lost = self.watch.is_lost();
        let Vehicle {
            watch,
            glass_ms,
            command_ms,
            loop_ms_max,
            frames,
            frames_in_time,
            measures,
            ..
        } = self;
        let silent_s = watch.step(&moment, |frame: Frame| {
            *frames += 1;
            glass_ms.extend(frame.glass_ms);
            command_ms.extend(frame.command_ms);
            let bin = frame
                .loop_ms()
                .map_or(LOOP_MS_BINS, |ms| (ms as usize).min(LOOP_MS_BINS));
            measures.loops[bin] += 1;
            if let Some(ms) = frame.loop_ms() {
                *loop_ms_max = loop_ms_max.max(ms);
                *frames_in_time += u32::from(ms <= rules.loop_ms_max);
            }
        });
        if let Some(silent_s) = silent_s {
            self.lost_since_s = now_s - silent_s;
            self.measures.losses += 1;
            return Some(LinkChangeKind::Lost);
        }
        if was_lost && !self.watch.is_lost() {
            let after_s = now_s - self.lost_since_s;
            self.measures.lost_s += after_s;
            return Some(LinkChangeKind::Found { after_s });
        }
        None
    }

    /// Closes a second.
    fn second(&mut self, time: SimTime, seat: &Seat, rules: &Rules) -> LinkSecond {
        let median = |values: &mut Vec<f64>| {
            values.sort_by(f64::total_cmp);
            let found = (!values.is_empty()).then(|| quantile(values, 0.5));
            values.clear();
            found
        };
        let came = !self.glass_ms.is_empty();
        let (glass_ms, command_ms) = (median(&mut self.glass_ms), median(&mut self.command_ms));
        let loop_ms_max = came.then_some(self.loop_ms_max);
        let is_whole = self.frames > 0 && self.frames_in_time == self.frames;
        let speed_kmh = loop_ms_max
            .filter(|_| is_whole)
            .and_then(|ms| crate::remote::speed_kmh(3.6 * seat.speed_mps_max, ms, rules));
        let second = LinkSecond {
            vehicle: seat.vehicle,
            time,
            at_m: seat.place.at_m,
            link: self.link,
            frames: self.frames,
            frames_in_time: self.frames_in_time,
            glass_ms,
            command_ms,
            loop_ms_max,
            speed_kmh,
            is_lost: seat.is_watched && self.watch.is_lost(),
        };
        self.measures.seconds += 1;
        self.measures.seconds_linked += u64::from(self.link.is_some());
        self.measures.frames += u64::from(self.frames);
        self.measures.frames_in_time += u64::from(self.frames_in_time);
        (self.frames, self.frames_in_time, self.loop_ms_max) = (0, 0, 0.0);
        second
    }
}

/// Keeps a second for the piece of road where it ended.
fn note(pieces: &mut BTreeMap<(u32, u32), PieceMeasures>, seat: &Seat, second: &LinkSecond) {
    let Some((lane, s_m)) = seat.on_lane else { return };
    let piece = (s_m.max(0.0) / PIECE_M) as u32;
    let kept = pieces.entry((lane.0, piece)).or_insert_with(|| PieceMeasures {
        lane,
        piece,
        seconds: 0,
        frames: 0,
        frames_in_time: 0,
        loop_ms_max: 0.0,
    });
    kept.seconds += 1;
    kept.frames += second.frames;
    kept.frames_in_time += second.frames_in_time;
    kept.loop_ms_max = kept.loop_ms_max.max(second.loop_ms_max.unwrap_or(0.0));
}
