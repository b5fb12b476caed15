//! The air between stations: sidelink resources that each station picks by itself, and what that costs in packets.
//!
//! In go stations with their places and the packets they want to send in a tick; out come who received which, and why the
//! others did not: too far, deaf while sending (half-duplex), or hit by another on the same resource. Access is
//! semi-persistent: a station keeps a resource (a slot of the period and a row of subchannels) for some packets, then picks
//! anew among those that it did not hear used, so that collisions grow with density. How strong a station is heard is the
//! caller's `loss_db`; knows no message and no map.
//!
//! Sources: 3GPP TS 38.214 clause 8.1.4 (mode 2: sensing, exclusion, threshold raised by 3 dB until a fifth of the resources
//! remains), TS 38.321 clause 5.22.1.1 (counter of 5 to 15 packets, probability of keeping), TR 37.885 (power, noise figure).
//!
//! Sketch: 100 stations × 10 packets a second × 100 receivers = 100 000 powers a second; each a logarithm in `loss_db`.

use crate::radio::path_loss::{Geometry, Scenario, Visibility};
use record::{Seed, Stream};
use std::collections::BTreeMap;

/// Length of a slot.
pub const SLOT_MS: u32 = 1;
/// Slots in a period: packets come ten times a second.
pub const PERIOD_SLOTS: usize = 100;
/// Rows of resources side by side in a slot: 20 MHz at 15 kHz, subchannels of 20 blocks.
pub const SUBCHANNELS: usize = 5;

/// Numbers of a channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Channel {
    /// What a station sends with.
    pub power_dbm: f64,
    /// Noise in a subchannel, the receiver's own included.
    pub noise_dbm: f64,
    /// A packet is read when it is stronger than noise and interference by this.
    pub needed_sinr_db: f64,
    /// Shadowing, one draw for each pair of stations and packet.
    pub shadowing_db: f64,
    /// Resources heard louder than this are not picked.
    pub exclusion_dbm: f64,
    /// Chance of keeping a resource when its packets are over.
    pub keep_probability: f64,
    /// Bytes that one subchannel carries.
    pub subchannel_bytes: usize,
}

impl Default for Channel {
    /// 23 dBm; −174 dBm/Hz + 10 log(3.6 MHz) + 9 dB of noise figure; QPSK at rate 1/2 with 20 blocks of 12 carriers and 12
    /// symbols for data.
    fn default() -> Channel {
        Channel {
            power_dbm: 23.0,
            noise_dbm: -99.4,
            needed_sinr_db: 3.5,
            shadowing_db: 3.0,
            exclusion_dbm: -110.0,
            keep_probability: 0.4,
            subchannel_bytes: 340,
        }
    }
}

/// A packet to send in this tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Index of the sender among the stations.
    pub station: usize,
    /// Its length.
    pub bytes: usize,
}

/// What became of a packet at one receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Read.
    Received,
    /// Too weak even in silence.
    OutOfReach,
    /// The receiver was sending itself.
    Deaf,
    /// Others on the same resource were too strong.
    Collided,
}

/// A packet at one receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Index among the packets of the tick.
    pub packet: usize,
    /// Index among the stations.
    pub receiver: usize,
    /// When in the tick it was over.
    pub after_ms: u32,
    /// What became of it.
    pub fate: Fate,
}

/// The channel and what its stations remember.
#[derive(Debug)]
pub struct Sidelink {
    channel: Channel,
    stations: BTreeMap<u32, Station>,
    seed: Seed,
    /// On the air in this period: slot, first subchannel, how many, packet.
    on_air: Vec<(usize, usize, usize, usize)>,
    powers_dbm: Vec<f64>,
}

#[derive(Debug)]
struct Station {
    stream: Stream,
    /// Slot and first subchannel.
    resource: Option<(usize, usize)>,
    /// Subchannels it reserved.
    width: usize,
    /// Packets until it may pick anew.
    left: u32,
    /// How loud each resource was in the last period, slot by slot; `NAN` where it was deaf.
    heard_dbm: Vec<f64>,
    busy_share: f64,
}

const SILENCE_DBM: f64 = -150.0;
/// A resource counts as busy from this on (`CBR`, TS 38.215).
const BUSY_DBM: f64 = -94.0;

impl Sidelink {
    /// A quiet channel.
    pub fn new(channel: Channel, seed: Seed) -> Sidelink {
        Sidelink {
            channel,
            stations: BTreeMap::new(),
            seed,
            on_air: Vec::new(),
            powers_dbm: Vec::new(),
        }
    }

    /// The share of resources that a station heard used in the last period.
    pub fn busy_share(&self, station: u32) -> f64 {
        self.stations.get(&station).map_or(0.0, |station| station.busy_share)
    }

    /// Plays one period of 100 ms. `stations` are the numbers of those who are there, sorted; `loss_db(a, b)` is what is lost
    /// between two of them, by index. Each packet's arrivals are told receiver by receiver.
    pub fn step(
        &mut self,
        stations: &[u32],
        packets: &[Outgoing],
        mut loss_db: impl FnMut(usize, usize) -> f64,
        arrivals: &mut Vec<Arrival>,
    ) {
        arrivals.clear();
        self.meet(stations);
        self.place(stations, packets);
        self.hear(stations, packets, &mut loss_db, arrivals);
    }

    /// Newcomers begin with silence in their ears; who is gone is forgotten.
    fn meet(&mut self, stations: &[u32]) {
        self.stations.retain(|number, _| stations.binary_search(number).is_ok());
        for &number in stations {
            let seed = self.seed;
            self.stations.entry(number).or_insert_with(|| Station {
                stream: seed.stream("network.sidelink", u64::from(number)),
                resource: None,
                width: 1,
                left: 0,
                heard_dbm: vec![SILENCE_DBM; PERIOD_SLOTS * SUBCHANNELS],
                busy_share: 0.0,
            });
        }
    }

    /// Gives each packet its resource. A station's second packet of a period takes one for itself.
    fn place(&mut self, stations: &[u32], packets: &[Outgoing]) {
        self.on_air.clear();
        let channel = self.channel;
        let mut has_sent = vec![false; stations.len()];
        for (index, packet) in packets.iter().enumerate() {
            let Some(station) = stations
                .get(packet.station)
                .and_then(|number| self.stations.get_mut(number))
            else {
                continue;
            };
            let width = packet.bytes.div_ceil(channel.subchannel_bytes).clamp(1, SUBCHANNELS);
            let is_first = !std::mem::replace(&mut has_sent[packet.station], true);
            let (slot, row) = if is_first {
                station.reserved(&channel, width)
            } else {
                station.pick(&channel, width)
            };
            self.on_air.push((slot, row, width, index));
        }
        self.on_air.sort_unstable();
    }

    fn hear(
        &mut self,
        stations: &[u32],
        packets: &[Outgoing],
        loss_db: &mut impl FnMut(usize, usize) -> f64,
        arrivals: &mut Vec<Arrival>,
    ) {
        let channel = self.channel;
        for (receiver, number) in stations.iter().enumerate() {
            let Some(station) = self.stations.get_mut(number) else {
                continue;
            };
            station.heard_dbm.fill(SILENCE_DBM);
            let mut at = 0;
            while at < self.on_air.len() {
                let slot = self.on_air[at].0;
                let count = self.on_air[at..].iter().take_while(|other| other.0 == slot).count();
                let together = &self.on_air[at..at + count];
                at += count;
                let is_deaf = together
                    .iter()
                    .any(|&(_, _, _, packet)| packets[packet].station == receiver);
                self.powers_dbm.clear();
                for &(_, _, _, packet) in together {
                    let sender = packets[packet].station;
                    let shadow_db = channel.shadowing_db * station.stream.normal();
                    let power = channel.power_dbm - loss_db(sender, receiver) - shadow_db;
                    self.powers_dbm.push(if sender == receiver { f64::NAN } else { power });
                }
                for (one, &(_, row, width, packet)) in together.iter().enumerate() {
                    if packets[packet].station == receiver {
                        continue;
                    }
                    let signal_mw = milliwatts(self.powers_dbm[one] - 10.0 * libm::log10(width as f64));
                    let overlaps = |&(other, (_, start, wide, _)): &(usize, &(usize, usize, usize, usize))| {
                        other != one && *start < row + width && row < start + wide
                    };
                    let spread = |(other, (_, _, wide, _)): (usize, &(usize, usize, usize, usize))| {
                        milliwatts(self.powers_dbm[other] - 10.0 * libm::log10(*wide as f64))
                    };
                    let others_mw: f64 = if is_deaf {
                        0.0
                    } else {
                        together.iter().enumerate().filter(overlaps).map(spread).sum()
                    };
                    let noise_mw = milliwatts(channel.noise_dbm);
                    let needed = milliwatts(channel.needed_sinr_db);
                    let fate = if signal_mw < needed * noise_mw {
                        Fate::OutOfReach
                    } else if is_deaf {
                        Fate::Deaf
                    } else if signal_mw < needed * (noise_mw + others_mw) {
                        Fate::Collided
                    } else {
                        Fate::Received
                    };
                    arrivals.push(Arrival {
                        packet,
                        receiver,
                        after_ms: (slot as u32 + 1) * SLOT_MS,
                        fate,
                    });
                }
                for subchannel in 0..SUBCHANNELS {
                    let covers = |(_, (_, start, wide, _)): &(usize, &(usize, usize, usize, usize))| {
                        (*start..start + wide).contains(&subchannel)
                    };
                    let loudest = together
                        .iter()
                        .enumerate()
                        .filter(covers)
                        .map(|(one, _)| self.powers_dbm[one])
                        .fold(SILENCE_DBM, f64::max);
                    station.heard_dbm[slot * SUBCHANNELS + subchannel] = if is_deaf { f64::NAN } else { loudest };
                }
            }
            let busy = station
                .heard_dbm
                .iter()
                .filter(|&&power| power > BUSY_DBM || power.is_nan())
                .count();
            station.busy_share = busy as f64 / station.heard_dbm.len() as f64;
        }
    }
}

impl Station {
    /// The resource it keeps, picked anew when its packets are over or it has become too narrow.
    fn reserved(&mut self, channel: &Channel, width: usize) -> (usize, usize) {
        if self.left == 0 && self.resource.is_some() {
            if self.stream.chance(channel.keep_probability) {
                self.left = self.counter();
            } else {
                self.resource = None;
            }
        }
        if width > self.width {
            self.resource = None;
        }
        let resource = match self.resource {
            Some(resource) => resource,
            None => {
                self.width = width;
                self.left = self.counter();
                self.pick(channel, width)
            }
        };
        self.resource = Some(resource);
        self.left -= 1;
        resource
    }

    /// 5 to 15 packets, for a period of 100 ms.
    fn counter(&mut self) -> u32 {
        5 + self.stream.below(11) as u32
    }

    /// A resource at random among those not heard used; if fewer than a fifth are left, louder ones count as free too.
    fn pick(&mut self, channel: &Channel, width: usize) -> (usize, usize) {
        let rows = SUBCHANNELS - width + 1;
        let all = PERIOD_SLOTS * rows;
        let loudness = |slot: usize, row: usize| {
            let heard = &self.heard_dbm[slot * SUBCHANNELS + row..][..width];
            // A slot in which it was deaf may hold anyone: it is the last to be picked.
            heard.iter().fold(SILENCE_DBM, |loudest: f64, &power| {
                if power.is_nan() {
                    f64::INFINITY
                } else {
                    loudest.max(power)
                }
            })
        };
        let mut limit_dbm = channel.exclusion_dbm;
        let free = loop {
            let free: Vec<(usize, usize)> = (0..PERIOD_SLOTS)
                .flat_map(|slot| (0..rows).map(move |row| (slot, row)))
                .filter(|&(slot, row)| loudness(slot, row) <= limit_dbm)
                .collect();
            if free.len() * 5 >= all || limit_dbm > 0.0 {
                break free;
            }
            limit_dbm += 3.0;
        };
        if free.is_empty() {
            let place = self.stream.below(all);
            return (place / rows, place % rows);
        }
        free[self.stream.below(free.len())]
    }
}

/// What density costs: a straight street of stations that each send ten packets a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Street {
    /// How many stations, evenly spaced.
    pub stations: u32,
    /// Length of the street.
    pub length_m: f64,
    /// Length of their packets.
    pub packet_bytes: usize,
    /// How far packets matter.
    pub within_m: f64,
}

/// What became of packets at receivers within reach.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreetReport {
    /// How many of each fate.
    pub fates: BTreeMap<Fate, u64>,
    /// Share of resources that the station in the middle heard used, in the last period.
    pub busy_share: f64,
}

impl StreetReport {
    /// The share of packets that met this fate.
    pub fn share(&self, fate: Fate) -> f64 {
        let all: u64 = self.fates.values().sum();
        self.fates.get(&fate).copied().unwrap_or_default() as f64 / all.max(1) as f64
    }
}

impl Street {
    /// Plays `seconds` after one for finding free resources.
    pub fn play(&self, channel: Channel, seconds: u32, seed: Seed) -> StreetReport {
        let numbers: Vec<u32> = (0..self.stations).collect();
        let bytes = self.packet_bytes;
        let packets: Vec<Outgoing> = (0..self.stations as usize)
            .map(|station| Outgoing { station, bytes })
            .collect();
        let gap_m = self.length_m / f64::from(self.stations.max(1));
        let distance_m = |a: usize, b: usize| gap_m * (a as f64 - b as f64).abs();
        let mut sidelink = Sidelink::new(channel, seed);
        let mut arrivals = Vec::new();
        let mut report = StreetReport::default();
        for period in 0..10 * (seconds + 1) {
            sidelink.step(
                &numbers,
                &packets,
                |a, b| urban_loss_db(distance_m(a, b), true),
                &mut arrivals,
            );
            let matters = |arrival: &&Arrival| {
                period >= 10 && distance_m(packets[arrival.packet].station, arrival.receiver) <= self.within_m
            };
            for arrival in arrivals.iter().filter(matters) {
                *report.fates.entry(arrival.fate).or_default() += 1;
            }
        }
        report.busy_share = sidelink.busy_share(self.stations / 2);
        report
    }
}

fn milliwatts(dbm: f64) -> f64 {
    libm::pow(10.0, 0.1 * dbm)
}

/// What is lost between two antennas at street level in a town, in sight of each other or round a corner.
///
/// Source: 3GPP TR 37.885 table 6.2.1-1, urban grid, at 5.9 GHz.
pub fn urban_loss_db(distance_m: f64, is_in_sight: bool) -> f64 {
    let visibility = match is_in_sight {
        true => Visibility::LineOfSight,
        false => Visibility::Blocked,
    };
    let at = Geometry {
        base_height_m: 0.0,
        user_height_m: 0.0,
        distance_2d_m: distance_m,
        frequency_ghz: 5.9,
    };
    Scenario::VehicleUrban.path_loss_db(visibility, &at)
}
