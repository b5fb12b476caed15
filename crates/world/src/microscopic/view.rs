//! What everyone sees: the network, its lights, who is first and last on each lane.
//!
//! A [`Scene`] changes between the phases of a step; during a phase everyone looks at it through a [`View`].

use super::Settings;
use super::following::Habit;
use super::mover::{LaneEnds, Mover, Tail};
use super::signal::Signals;
use super::way::Ways;
use crate::sumo::{Parking, Stop, StreetNetwork, SumoDemand};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// All that is known of a moment but the vehicles themselves.
#[derive(Debug)]
pub(super) struct Scene {
    pub network: Arc<StreetNetwork>,
    pub demand: Arc<SumoDemand>,
    pub settings: Settings,
    /// Of each type of the demand.
    pub habits: Vec<Habit>,
    pub signals: Signals,
    /// Of each lane.
    pub ends: Vec<LaneEnds>,
    pub tails: Vec<Tail>,
    /// Whether somebody, or somebody's tail, is on a lane: a byte, because most places where ways cross are free.
    pub is_busy: Vec<bool>,
    /// Free places of each parking area. An area lies beside one lane, and one thread moves all who are on that: what is left
    /// does not depend on how many there are.
    pub free_places: Vec<AtomicU32>,
    /// Place of each lane: block and place in it.
    pub places: Vec<(u32, u32)>,
    pub luck: u64,
    /// Somebody may come with blue lights.
    pub has_blue_lights: bool,
    pub tick: u32,
}

impl Scene {
    pub(super) fn now_s(&self) -> f64 {
        self.settings.begin_s + f64::from(self.tick) * self.settings.step_s
    }

    pub(super) fn view(&self) -> View<'_> {
        View {
            network: &self.network,
            ways: Ways {
                network: &self.network,
                turns: &self.demand.turns,
                departures: &self.demand.departures,
            },
            habits: &self.habits,
            shown: &self.signals.shown,
            ends: &self.ends,
            tails: &self.tails,
            is_busy: &self.is_busy,
            free_places: &self.free_places,
            places: &self.places,
            luck: self.luck,
            has_blue_lights: self.has_blue_lights,
            step_s: self.settings.step_s,
            now_s: self.now_s(),
            tick: self.tick,
            drift: Drift::at(f64::from(self.tick) * self.settings.step_s),
        }
    }
}

/// How long a misjudgement lasts (Treiber, Kesting and Helbing 2006, table 2).
const MISJUDGED_S: f64 = 20.0;

/// Where all misjudgements are on their way from one draw to the next.
#[derive(Clone, Copy)]
pub(super) struct Drift {
    epoch: u32,
    /// Weights of the draw that it comes from and of that to which it goes.
    turned: [f64; 2],
}

impl Drift {
    fn at(elapsed_s: f64) -> Drift {
        let epochs = elapsed_s / MISJUDGED_S;
        let (sin, cos) = libm::sincos((epochs - libm::floor(epochs)) * std::f64::consts::FRAC_PI_2);
        Drift {
            epoch: epochs as u32,
            turned: [cos, sin],
        }
    }
}

/// Uniform on 0 to 1 (SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
fn uniform(luck: u64, id: u32, tick: u32) -> f64 {
    let mut z = luck
        .wrapping_add(u64::from(id).wrapping_mul(0xd134_2543_de82_ef95))
        .wrapping_add(u64::from(tick).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// What does not change while vehicles look.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub network: &'a StreetNetwork,
    pub ways: Ways<'a>,
    pub habits: &'a [Habit],
    pub shown: &'a [u8],
    pub ends: &'a [LaneEnds],
    pub tails: &'a [Tail],
    pub is_busy: &'a [bool],
    pub free_places: &'a [AtomicU32],
    /// Place of each lane: block and place in it.
    pub places: &'a [(u32, u32)],
    /// The run's luck, from which everyone's is made.
    pub luck: u64,
    pub has_blue_lights: bool,
    pub step_s: f64,
    pub now_s: f64,
    pub tick: u32,
    drift: Drift,
}

impl View<'_> {
    pub(super) fn habit(&self, mover: &Mover) -> &Habit {
        &self.habits[usize::from(mover.kind)]
    }

    pub(super) fn limit_mps(&self, lane: u32, mover: &Mover) -> f64 {
        let limit_mps = self.network.lanes[lane as usize].speed_mps * f64::from(mover.factor);
        limit_mps.min(self.habit(mover).speed_mps_max)
    }

    /// The next halt of a mover.
    pub(super) fn halt(&self, mover: &Mover) -> Option<&Stop> {
        self.ways.halts(mover).first()
    }

    /// Whether somebody finds room at a halt beside its lane; always on the lane.
    pub(super) fn has_place(&self, halt: &Stop) -> bool {
        match halt.parking {
            Parking::Area(area) => self.free_places[area as usize].load(Ordering::Relaxed) > 0,
            Parking::OnLane | Parking::Beside => true,
        }
    }

    /// Uniform on 0 to 1, the same for the same vehicle and step wherever it is computed.
    pub(super) fn luck(&self, mover: &Mover) -> f64 {
        uniform(self.luck, mover.id, self.tick)
    }

    /// How a person misjudges gaps, and how fast they shrink, as multiples of its standard deviations: noise that stays much the
    /// same for [`MISJUDGED_S`] seconds. It lies on a circle between two draws, so that its variance is 1 at any time.
    pub(super) fn misjudgement(&self, mover: &Mover) -> [f64; 2] {
        [1, 2].map(|what| {
            let draw = |epoch: u32| {
                let luck = |part: u32| uniform(self.luck ^ u64::from(what * 4 + part) << 56, mover.id, epoch);
                // The sum of three uniform draws has a variance of a quarter, and is nearly normal.
                2.0 * (luck(0) + luck(1) + luck(2) - 1.5)
            };
            self.drift.turned[0] * draw(self.drift.epoch) + self.drift.turned[1] * draw(self.drift.epoch + 1)
        })
    }
}
