//! Links: what a vehicle at a place has of its network.
//!
//! In go gains of all cells ([`super::environment`]), loads, and the site; out comes a [`Link`]: the serving cell, received power, the ratio to
//! noise and interference both ways, the rates that coding makes of it, and a packet's latency and chance. Evaluating one allocates nothing.
//!
//! The ratio downwards is that of the serving cell's power to the others' in its band, each at its load, and thermal noise. Upwards a vehicle
//! sends at full power in as many resource blocks as serve it best; others raise the noise with the load. Rates are those of TS 38.214's
//! tables at the share of resources that is free or kept. Latency follows the frame: alignment to a slot of the direction, a request and a
//! grant upwards, the slots that a packet fills, repetitions (HARQ), the queue (M/D/1), the way behind the mast.

use super::coding::{self, Table};
use super::queue::{Service, mean_wait};
use crate::site::NetworkSite;
use libm::{exp, log10};

/// Thermal noise, dBm a hertz, at 290 K.
const THERMAL_DBM_BY_HZ: f64 = -173.98;
/// Noise figure of a base station.
const MAST_NOISE_FIGURE_DB: f64 = 5.0;
/// Rise of noise upwards in a fully loaded neighbourhood: 6 dB is what power control aims at.
const UPLINK_RISE: f64 = 3.0;
/// No radio is cleaner than this, however near: what transmitters and receivers add of their own (an error vector of 1.8 %; TS 38.104
/// allows 3.5 % for 256QAM), as a share of the signal.
const IMPURITY: f64 = 3.16e-4;
/// Two layers are sent downwards from this ratio on, and share the power.
const TWO_LAYERS_DB: f64 = 13.0;
/// Symbols of a slot with data, times subcarriers of a block.
const ELEMENTS: f64 = 132.0;
/// Slots from a block to its repetition: decoding, its answer, scheduling (K1 and K2 of usual terminals).
const REPETITION_SLOTS: f64 = 8.0;
/// Slots of processing at both ends together.
const PROCESSING_SLOTS: f64 = 4.0;
/// A block is sent so many times at most.
pub const TRANSMISSIONS_MAX: u32 = 4;
/// What fading scatters about the mean ratio in a wide carrier with two receiving antennas, decibels.
const FADING_DB: f64 = 2.5;
/// Midpoints of nine equal shares of a standard normal variable.
const NINE: [f64; 9] = [-1.593, -0.967, -0.589, -0.282, 0.0, 0.282, 0.589, 0.967, 1.593];

/// The two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the vehicle.
    Down,
    /// From the vehicle.
    Up,
}

/// A vehicle's link. Numbers of a way stand at [`Way`] as an index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// The serving cell; its place in [`NetworkSite::cells`].
    pub cell: usize,
    /// Received power of the reference signal, a resource element.
    pub rsrp_dbm: f64,
    /// Signal to interference and noise.
    pub sinr_db: [f64; 2],
    /// Channel quality, 0 (nothing) to 15.
    pub cqi: [u8; 2],
    /// What this vehicle could send.
    pub rate_mbps: [f64; 2],
    /// The share of the carrier's blocks that it sends in upwards.
    pub uplink_share: f64,
}

/// Latency and chance of a packet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delivery {
    /// Mean, of those that come.
    pub mean_ms: f64,
    /// What one in a hundred exceeds.
    pub p99_ms: f64,
    /// Chance that it comes within the deadline asked for.
    pub in_time: f64,
}

/// What a packet is and may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Packet {
    /// Its size.
    pub bytes: f64,
    /// Its deadline, from the sender's to the receiver's edge site.
    pub deadline_ms: f64,
    /// Its way.
    pub way: Way,
}

/// Makes links for a site.
#[derive(Clone, Debug)]
pub struct Evaluator<'a> {
    site: &'a NetworkSite,
    cells: Vec<CellAir>,
    thresholds_db: [f64; 15],
    efficiencies: [f64; 15],
}

/// A cell's constants.
#[derive(Clone, Copy, Debug)]
struct CellAir {
    band: usize,
    power_mw: f64,
    resource_blocks: f64,
    noise_mw: f64,
    mast_noise_mw: f64,
    /// From the whole carrier's power to a resource element's.
    element_db: f64,
    /// What a beam to the vehicle adds, as a share of power.
    beam: f64,
}

impl<'a> Evaluator<'a> {
    /// For a site.
    pub fn new(site: &'a NetworkSite) -> Evaluator<'a> {
        let cells = site.cells().map(|(_, sector)| {
            let band = &site.bands[sector.band];
            let resource_blocks = f64::from(band.resource_blocks());
            let width_hz = resource_blocks * 12.0 * band.subcarrier_khz * 1e3;
            let noise_dbm = THERMAL_DBM_BY_HZ + 10.0 * log10(width_hz);
            CellAir {
                band: sector.band,
                power_mw: from_db(sector.power_dbm),
                resource_blocks,
                noise_mw: from_db(noise_dbm + site.vehicle.noise_figure_db),
                mast_noise_mw: from_db(noise_dbm + MAST_NOISE_FIGURE_DB),
                element_db: -10.0 * log10(12.0 * resource_blocks),
                beam: f64::from(sector.columns.max(1)),
            }
        });
        let table = Table::Qam256;
        let of = |each: &dyn Fn(u8) -> f64| std::array::from_fn(|index| each(index as u8 + 1));
        Evaluator {
            site,
            cells: cells.collect(),
            thresholds_db: of(&|cqi| coding::needed_sinr_db(table.cqi_efficiency(cqi))),
            efficiencies: of(&|cqi| table.cqi_efficiency(cqi)),
        }
    }

    /// How many cells there are.
    pub fn cells(&self) -> usize {
        self.cells.len()
    }

    /// The strongest cell at a place with such gains; `None` if there is no cell.
    pub fn strongest(&self, gains: &[f32]) -> Option<usize> {
        let powers = self
            .cells
            .iter()
            .zip(gains)
            .map(|(cell, &gain)| cell.power_mw * f64::from(gain));
        let mut best: Option<(usize, f64)> = None;
        for (cell, power_mw) in powers.enumerate() {
            if best.is_none_or(|best| power_mw > best.1) {
                best = Some((cell, power_mw));
            }
        }
        best.map(|best| best.0)
    }

    /// Received power of a cell's reference signal.
    pub fn rsrp_dbm(&self, cell: usize, gains: &[f32]) -> f64 {
        let air = &self.cells[cell];
        10.0 * log10(air.power_mw * f64::from(gains[cell]) + 1e-30) + air.element_db
    }

    /// The link to a cell at a place with such gains, all cells at one load; `share` of its resources is this vehicle's to use.
    pub fn link(&self, cell: usize, gains: &[f32], load: f64, share: f64) -> Link {
        let air = &self.cells[cell];
        let mut others_mw = 0.0;
        for (other, &gain) in self.cells.iter().zip(gains) {
            if other.band == air.band {
                others_mw += other.power_mw * f64::from(gain);
            }
        }
        let own_mw = air.power_mw * f64::from(gains[cell]);
        let ratio_db =
            |signal_mw: f64, rest_mw: f64| 10.0 * log10((signal_mw / (rest_mw + IMPURITY * signal_mw)).max(1e-12));
        let beamed_mw = air.beam * own_mw;
        let down_db = ratio_db(beamed_mw, load * (others_mw - own_mw).max(0.0) + air.noise_mw);
        let received_mw = air.beam * from_db(self.site.vehicle.power_dbm) * f64::from(gains[cell]);
        let mast_noise_mw = air.mast_noise_mw * (1.0 + UPLINK_RISE * load);
        let full_db = ratio_db(received_mw, mast_noise_mw);
        // Whole, a quarter, a sixteenth, a sixty-fourth of the blocks: less noise, and less room.
        let mut up = (0.0, 0, full_db, 1.0);
        for quarter in 0..4 {
            let blocks: f64 = [1.0, 0.25, 1.0 / 16.0, 1.0 / 64.0][quarter];
            let sinr_db = ratio_db(received_mw, blocks * mast_noise_mw);
            let cqi = self.cqi(sinr_db);
            let worth = blocks.min(share) * self.efficiency(cqi);
            if worth > up.0 {
                up = (worth, cqi, sinr_db, blocks);
            }
        }
        let band = &self.site.bands[air.band];
        let [down_slots, up_slots] = band.shares();
        let symbols_by_us = ELEMENTS * air.resource_blocks / (band.slot_ms() * 1e3);
        let down_cqi = self.cqi(down_db);
        let two = self.cqi(down_db - 3.0);
        let down_bits = if down_db >= TWO_LAYERS_DB {
            2.0 * self.efficiency(two)
        } else {
            self.efficiency(down_cqi)
        };
        let sound = 1.0 - coding::TARGET_ERROR;
        Link {
            cell,
            rsrp_dbm: 10.0 * log10(own_mw + 1e-30) + air.element_db,
            sinr_db: [down_db, up.2],
            cqi: [down_cqi, up.1],
            rate_mbps: [
                sound * symbols_by_us * down_slots * share * down_bits,
                sound * symbols_by_us * up_slots * up.0,
            ],
            uplink_share: up.3,
        }
    }

    /// The link to the strongest cell at the site's own load, with what a slice of `share_min` may use.
    pub fn best(&self, gains: &[f32], share_min: f64) -> Option<Link> {
        let load = self.site.load;
        self.strongest(gains)
            .map(|cell| self.link(cell, gains, load, (1.0 - load).max(share_min)))
    }

    /// What becomes of a packet on a link, to the edge site; `utilisation` is that of the vehicle's own queue.
    pub fn delivery(&self, link: &Link, packet: &Packet, utilisation: f64) -> Delivery {
        let way = packet.way as usize;
        if link.cqi[way] == 0 || link.rate_mbps[way] <= 0.0 {
            return Delivery {
                mean_ms: f64::INFINITY,
                p99_ms: f64::INFINITY,
                in_time: 0.0,
            };
        }
        let band = &self.site.bands[self.cells[link.cell].band];
        let slot_ms = band.slot_ms();
        let cycle_ms = slot_ms / band.shares()[way];
        // Upwards a request waits for its slot, and the grant for a slot down.
        let asking_ms = if packet.way == Way::Up {
            0.5 * cycle_ms + 0.5 * slot_ms / band.shares()[0] + 2.0 * slot_ms
        } else {
            0.0
        };
        let sending_ms = (8e-3 * packet.bytes / link.rate_mbps[way]).max(slot_ms);
        let fixed_ms = PROCESSING_SLOTS * slot_ms + asking_ms + sending_ms + self.site.backhaul.edge_ms;
        let repetition_ms = REPETITION_SLOTS * slot_ms;
        let queue_ms = sending_ms * mean_wait(Service::Constant, utilisation);
        let mean_ms = fixed_ms + 0.5 * cycle_ms + coding::TARGET_ERROR * repetition_ms + queue_ms;
        // The wait's 99th percentile is that of an exponential tail of the same mean (ln 100).
        let p99_ms = fixed_ms + cycle_ms + repetition_ms + 4.6 * queue_ms;
        let spare_ms = packet.deadline_ms - fixed_ms - cycle_ms - queue_ms;
        let tries = if spare_ms < 0.0 {
            0
        } else {
            (1.0 + spare_ms / repetition_ms).min(f64::from(TRANSMISSIONS_MAX)) as u32
        };
        let above_db = link.sinr_db[way] - self.thresholds_db[usize::from(link.cqi[way]) - 1];
        let fails = NINE
            .iter()
            .map(|deviation| coding::error_after(above_db + FADING_DB * deviation, tries))
            .sum::<f64>()
            / 9.0;
        Delivery {
            mean_ms,
            p99_ms,
            in_time: if tries == 0 { 0.0 } else { 1.0 - fails },
        }
    }

    fn cqi(&self, sinr_db: f64) -> u8 {
        self.thresholds_db
            .partition_point(|threshold_db| *threshold_db <= sinr_db) as u8
    }

    fn efficiency(&self, cqi: u8) -> f64 {
        if cqi == 0 {
            0.0
        } else {
            self.efficiencies[usize::from(cqi) - 1]
        }
    }
}

fn from_db(value: f64) -> f64 {
    exp(std::f64::consts::LN_10 / 10.0 * value)
}
