//! Traffic: everyone on the road whom nobody examines.
//!
//! Lane-bound vehicles (cars, vans, trucks, buses, bicycles, scooters) in structure-of-arrays order, moved at the
//! traffic rate. It is told what else occupies lanes ([`Guest`]) and crossings, and knows nothing of drivers or sensors.
//!
//! **A tick**: what takes up room is listed (tails, changers, guests, people); everyone looks ahead and decides, on the
//! state at the tick's start; junctions give claims; everyone moves, the foremost of each lane first; some change lanes;
//! newcomers appear where there is room. Each phase goes through lanes or slots in order, so that a run repeats.
//!
//! ```text
//! roadway      what of the network is read at every tick, by lane
//! route_table  where each lane leads along a route            trips      who appears, and the ways they take
//! vehicles     the arrays, and who is on which lane           kind       bodies and habits
//! look         what everyone sees ahead                       following  car following and the safe speed under it
//! junction     who may enter, who goes first                  lane_change
//! hold         why somebody waits
//! ```
//!
//! Sketch: 100 ns for a vehicle and tick on one core, which is 1 ms for 10,000 vehicles.
//! `cargo run --release -p world --example tick_cost` prints what a tick really takes.

mod following;
mod hold;
mod junction;
mod kind;
mod lane_change;
mod look;
mod motion;
mod roadway;
mod route_table;
mod trips;
mod vehicles;

use crate::frame::{ActorId, ActorState};
use crate::weather::Weather;
use hold::Hold;
use junction::{GuestMark, Junctions};
use look::Look;
use record::{Seed, SimTime};
use road::{CrossingId, LaneId, LanePosition, RoadNetwork, SignalColour};
use roadway::{NONE, Roadway};
use route_table::RouteTable;
use std::sync::Arc;
use trips::Trips;
use vehicle::Indicator;
use vehicles::{Extra, Lanes, Vehicles};

pub use hold::{Cause, Jam, Standstill};
pub(crate) use kind::KINDS;

/// A road user who moves by other means than traffic's (a vehicle under test) and whom traffic must mind.
#[derive(Clone, Debug, PartialEq)]
pub struct Guest {
    /// Who.
    pub id: ActorId,
    /// Every lane that its body touches now: position of its front on that lane (may lie beyond the lane's end) and
    /// its lateral offset there. The lane it drives in is the first.
    pub footprint: Vec<LanePosition>,
    /// The lanes it will take from the first of `footprint` on (that one included), as far as it has told (at least
    /// 150 m if its mission is that long).
    pub lanes_ahead: Vec<LaneId>,
    /// Speed along its lane.
    pub speed_mps: f64,
    /// Box length.
    pub length_m: f64,
    /// Box width.
    pub width_m: f64,
    /// Corners of its box, in order around it.
    pub corners_m: [[f64; 2]; 4],
    /// Its turn indicator.
    pub indicator: Indicator,
    /// It stands at a halt and will stay, so that others may pass it.
    pub is_halted: bool,
}

/// How a crossing is used now, told by the people on foot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossingUse {
    /// Which crossing.
    pub crossing: CrossingId,
    /// Stretch of the walk line now taken up, or about to be within 3 s, in metres from `Crossing::from_m`.
    pub from_m: f64,
    /// End of that stretch.
    pub to_m: f64,
}

/// What surrounds traffic at a tick.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// Start of this tick.
    pub now: SimTime,
    /// Every light's colour, by `SignalId`.
    pub signals: &'a [SignalColour],
    /// Vehicles under test.
    pub guests: &'a [Guest],
    /// People on crossings, sorted by crossing.
    pub crossings: &'a [CrossingUse],
}

/// All traffic of a world.
#[derive(Debug)]
pub struct Traffic {
    roadway: Roadway,
    table: RouteTable,
    vehicles: Vehicles,
    lanes: Lanes,
    junctions: Junctions,
    trips: Trips,
    /// For each crossing over a lane: the last tick at which somebody took it.
    spot_taken_at: Vec<u32>,
    tick: u32,
    moves: motion::Moves,
    lost: Vec<u32>,
    seed: Seed,
    tally: Tally,
}

/// Where somebody is along a lane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The lane its front is on.
    pub lane: LaneId,
    /// Its front on that lane.
    pub s_m: f64,
    /// Box length.
    pub length_m: f64,
    /// Along its lane.
    pub speed_mps: f64,
}

/// What has become of everyone who wanted to travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Appeared on the road so far.
    pub appeared: u64,
    /// Reached the end of their way so far.
    pub arrived: u64,
    /// Were towed away out of a junction that they blocked, so far.
    pub towed: u64,
    /// Wait now outside the map, or in a driveway, for room to appear.
    pub outside: usize,
    /// On the road and standing for more than five minutes now.
    pub stuck: usize,
}

/// Standing so long, one counts as stuck.
const STUCK_TICKS: u32 = 3000;
/// Who has been standing for so long may be somebody's reason to stand.
const QUEUE_S: f64 = 3.0;
/// A guest that approaches a junction is looked at from this far.
const GUEST_AHEAD_M: f64 = 150.0;

impl Traffic {
    /// Traffic on `network` with this `demand`. `clock_s` is the time of day at the start of the run, `scale` multiplies
    /// all demand.
    pub fn new(
        network: Arc<RoadNetwork>,
        demand: &crate::Demand,
        clock_s: f64,
        scale: f64,
        seed: Seed,
    ) -> Result<Traffic, crate::WorldError> {
        if !(scale.is_finite() && scale >= 0.0 && clock_s.is_finite()) {
            return Err(crate::WorldError::Demand(vec![format!(
                "traffic scale is `{scale}` and the clock `{clock_s}` s, expected finite numbers, the scale not negative\n\
                 hint: 1 is the demand as it stands"
            )]));
        }
        let roadway = Roadway::new(network);
        let count = roadway.length_m.len();
        Ok(Traffic {
            junctions: Junctions::new(&roadway),
            spot_taken_at: vec![u32::MAX; roadway.spots.len()],
            lanes: Lanes::new(count),
            trips: Trips::new(demand, clock_s, scale, seed),
            table: RouteTable::default(),
            vehicles: Vehicles::default(),
            tick: 0,
            moves: motion::Moves::default(),
            lost: Vec::new(),
            seed,
            tally: Tally::default(),
            roadway,
        })
    }

    /// Those who appear from now on drive as people do in this weather.
    pub fn set_weather(&mut self, weather: &Weather) {
        self.trips.driving = weather.driving();
    }

    /// Moves everyone by one tick. New vehicles take their ids from `next_id`.
    pub fn step(&mut self, surroundings: &Surroundings<'_>, next_id: &mut u32) {
        self.lanes.clear_extras();
        self.list_tails();
        self.list_guests(surroundings.guests);
        self.list_people(surroundings.crossings);
        self.look();
        let scene = junction::Scene {
            roadway: &self.roadway,
            table: &self.table,
            lanes: &self.lanes,
            signals: surroundings.signals,
        };
        self.junctions.decide(&scene, &mut self.vehicles);
        let (arrived, towed) = self.moves.play(
            &self.roadway,
            &self.table,
            (&mut self.vehicles, &mut self.lanes),
            (self.seed, self.tick),
        );
        self.tally.arrived += arrived;
        self.tally.towed += towed;
        self.junctions.advance(&self.roadway, &self.vehicles);
        // Tails and guests as they are after the move: changes and newcomers mind them.
        self.lanes.clear_extras();
        self.list_tails();
        self.list_guest_bodies(surroundings.guests);
        self.change_lanes();
        let now_s = surroundings.now.as_secs_f64();
        self.trips.draw(&self.roadway, &mut self.table, now_s);
        let first_id = *next_id;
        self.trips.let_in(
            &self.roadway,
            &self.table,
            (&mut self.vehicles, &mut self.lanes),
            self.tick,
            next_id,
        );
        self.tally.appeared += u64::from(*next_id - first_id);
        self.tick += 1;
    }

    /// How many vehicles are on the road.
    pub fn count(&self) -> usize {
        self.vehicles.count
    }

    /// What has become of everyone so far: those who appeared are on the road, have arrived, or were towed.
    pub fn tally(&self) -> Tally {
        let standing = |&slot: &u32| self.vehicles.waiting_ticks[slot as usize] > STUCK_TICKS;
        Tally {
            outside: self.trips.outside,
            stuck: self.vehicles.slots().filter(standing).count(),
            ..self.tally
        }
    }

    /// Everyone who has been standing for `longer_than_s`, and why, in no special order.
    pub fn standstills(&self, longer_than_s: f64) -> impl Iterator<Item = Standstill> + '_ {
        let vehicles = &self.vehicles;
        let stands = move |&slot: &u32| self.waited_s(slot) > longer_than_s;
        vehicles.slots().filter(stands).map(|slot| {
            let i = slot as usize;
            let Hold { cause, by } = vehicles.hold[i];
            Standstill {
                id: ActorId(vehicles.id[i]),
                kind: vehicles.kind[i],
                place: LanePosition {
                    lane: LaneId(vehicles.lane[i]),
                    s_m: vehicles.s_m[i],
                    offset_m: vehicles.offset_m[i],
                },
                waited_s: self.waited_s(slot),
                cause,
                by: vehicles.id.get(by as usize).map(|&id| ActorId(id)),
            }
        })
    }

    /// Who has been standing for five minutes, by what holds them up, the longest queue first.
    pub fn jams(&self) -> Vec<Jam> {
        Jam::all(self.standstills(QUEUE_S), f64::from(STUCK_TICKS) * following::TICK_S)
    }

    fn waited_s(&self, slot: u32) -> f64 {
        f64::from(self.vehicles.waiting_ticks[slot as usize]) * following::TICK_S
    }

    /// Appends every vehicle's state, sorted by id.
    pub fn append_states(&self, states: &mut Vec<ActorState>) {
        let first = states.len();
        states.extend(self.vehicles.slots().map(|slot| self.state(slot)));
        states[first..].sort_unstable_by_key(|state| state.id);
    }

    /// Appends the states of the vehicles whose front is on one of `lanes` (sorted), in order of lane and then of
    /// position: what is near a vehicle under test, without the cost of everyone's pose.
    pub fn append_states_on(&self, lanes: &[LaneId], states: &mut Vec<ActorState>) {
        for &lane in lanes {
            let on = self.lanes.on[lane.0 as usize].iter().rev();
            states.extend(on.map(|&slot| self.state(slot)));
        }
    }

    /// Appends where the vehicles are whose front is on one of `lanes` (sorted), in order of lane and then of position: who is
    /// ahead and behind, without the cost of a pose.
    pub fn append_places_on(&self, lanes: &[LaneId], places: &mut Vec<Place>) {
        for &lane in lanes {
            let on = self.lanes.on[lane.0 as usize].iter().rev();
            places.extend(on.map(|&slot| Place {
                lane,
                s_m: self.vehicles.s_m[slot as usize],
                length_m: self.vehicles.size[slot as usize].length_m,
                speed_mps: self.vehicles.speed_mps[slot as usize],
            }));
        }
    }

    /// Appends the states of the vehicles whose front is on `lane` between two places.
    pub(crate) fn append_states_between(&self, lane: LaneId, from_m: f64, to_m: f64, states: &mut Vec<ActorState>) {
        let on = self.lanes.on[lane.0 as usize].iter().rev();
        let is_between = |slot: &&u32| (from_m..=to_m).contains(&self.vehicles.s_m[**slot as usize]);
        states.extend(on.filter(is_between).map(|&slot| self.state(slot)));
    }

    /// Whether a person may step on to `crossing` now without forcing anyone to brake harder than 2.5 m/s², walking
    /// from its `from_m` end (`forward`) or the other way at `speed_mps`.
    pub fn crossing_is_clear(&self, crossing: CrossingId, forward: bool, speed_mps: f64) -> bool {
        let walks = self.roadway.walks_of(crossing.0 as usize);
        let end_m = walks.iter().map(|walk| walk.to_m).fold(0.0, f64::max);
        walks.iter().all(|walk| {
            let (near_m, far_m) = if forward {
                (walk.from_m, walk.to_m)
            } else {
                (end_m - walk.to_m, end_m - walk.from_m)
            };
            let spot = self.roadway.spots[walk.spot as usize];
            let walker = Walker {
                in_s: near_m / speed_mps.max(0.1),
                out_s: far_m / speed_mps.max(0.1),
            };
            self.lane_is_clear(walk.lane, (spot.enter_m, spot.exit_m), &walker, UPSTREAM_LANES)
        })
    }

    /// Whether nobody on a lane, or coming to it, is in a walker's way. The stretch is in metres of the lane.
    fn lane_is_clear(&self, lane: u32, (enter_m, exit_m): (f64, f64), walker: &Walker, depth: u32) -> bool {
        let vehicles = &self.vehicles;
        let minds = |front_m: f64, rear_m: f64, speed_mps: f64| {
            if rear_m > exit_m {
                return true;
            }
            let distance_m = enter_m - front_m;
            if speed_mps < STANDING_MPS && distance_m > 0.0 {
                // It stands before the crossing, and lets people go first.
                return true;
            }
            if distance_m < 0.3 {
                // On it: gone before the walker comes?
                return speed_mps > 1.0 && (exit_m - rear_m) / speed_mps < walker.in_s - 0.5;
            }
            let can_stop = (distance_m - 1.0) > speed_mps * speed_mps / 5.0 + 0.3 * speed_mps;
            let passes_first = (exit_m - rear_m) < (walker.in_s - 1.0) * speed_mps;
            let comes_later = distance_m > (walker.out_s + 1.0) * speed_mps;
            can_stop || passes_first || comes_later
        };
        let on = self.lanes.on[lane as usize].iter();
        let own = on.copied().all(|slot| {
            let i = slot as usize;
            minds(vehicles.s_m[i], vehicles.rear_m(slot), vehicles.speed_mps[i])
        });
        let mut extras = self.lanes.extras[lane as usize].iter();
        if !own || !extras.all(|extra| extra.slot == NONE || minds(extra.front_m, extra.rear_m, extra.speed_mps)) {
            return false;
        }
        if depth == 0 || enter_m > UPSTREAM_M {
            return true;
        }
        let upstream = &self.roadway.network.lane(LaneId(lane)).predecessors;
        upstream.iter().all(|&earlier| {
            let length_m = self.roadway.length_m[earlier.0 as usize];
            let stretch = (enter_m + length_m, exit_m + length_m);
            if self.comes_here_or_may(earlier.0, lane) {
                self.lane_is_clear(earlier.0, stretch, walker, depth - 1)
            } else {
                true
            }
        })
    }

    /// Whether the foremost on `earlier` goes on to `lane`, or nobody is there to tell.
    fn comes_here_or_may(&self, earlier: u32, lane: u32) -> bool {
        self.lanes.on[earlier as usize].first().is_none_or(|&slot| {
            let entry = &self.table.entries[self.vehicles.entry[slot as usize] as usize];
            // Before a light or a give-way line only who has leave to go comes.
            let may = self.roadway.junction[lane as usize] == NONE || self.junctions.claim(lane, slot).is_some();
            entry.next != NONE && self.table.entries[entry.next as usize].lane == lane && may
        })
    }

    /// Tails on the lanes behind, and both lanes of those who change.
    fn list_tails(&mut self) {
        for slot in 0..self.vehicles.id.len() as u32 {
            let i = slot as usize;
            if self.vehicles.id[i] == u32::MAX {
                continue;
            }
            let leaving = self.vehicles.leaving_lane[i];
            if leaving != NONE {
                let front_m = self
                    .roadway
                    .beside_m(self.vehicles.lane[i], self.vehicles.s_m[i], leaving);
                self.lanes.add_extra(leaving, self.vehicles.extra(slot, front_m));
            }
            let mut front_m = self.vehicles.s_m[i];
            let length_m = self.vehicles.size[i].length_m;
            for &earlier in &self.vehicles.before[i] {
                if front_m >= length_m || earlier == NONE {
                    break;
                }
                front_m += self.roadway.length_m[earlier as usize];
                self.lanes.add_extra(earlier, self.vehicles.extra(slot, front_m));
            }
        }
    }

    fn list_guest_bodies(&mut self, guests: &[Guest]) {
        for guest in guests {
            for front in &guest.footprint {
                let extra = Extra {
                    slot: NONE,
                    front_m: front.s_m,
                    rear_m: front.s_m - guest.length_m,
                    speed_mps: guest.speed_mps,
                    offset_m: front.offset_m,
                    half_width_m: 0.5 * guest.width_m,
                    is_halted: guest.is_halted,
                    may_halt: guest.indicator == Indicator::Right,
                    is_announced: false,
                };
                self.lanes.add_extra(front.lane.0, extra);
            }
            self.list_announcement(guest);
        }
    }

    /// A guest that signals a change, in the lane to which it wants to change.
    fn list_announcement(&mut self, guest: &Guest) {
        let Some(first) = guest.footprint.first().filter(|_| !guest.is_halted) else {
            return;
        };
        let lane = self.roadway.network.lane(first.lane);
        let (beside, side) = match guest.indicator {
            Indicator::Left => (lane.left, -1.0),
            Indicator::Right => (lane.right, 1.0),
            Indicator::Off | Indicator::Hazard => return,
        };
        let is_there = |lane: LaneId| guest.footprint.iter().any(|front| front.lane == lane);
        if let Some(beside) = beside.filter(|&beside| lane.junction.is_none() && !is_there(beside)) {
            let front_m = self.roadway.beside_m(first.lane.0, first.s_m, beside.0);
            let between_m = self.roadway.between_m((first.lane.0, first.s_m), (beside.0, front_m));
            let extra = Extra {
                slot: NONE,
                front_m,
                rear_m: front_m - guest.length_m,
                speed_mps: guest.speed_mps,
                offset_m: first.offset_m + side * between_m,
                half_width_m: 0.5 * guest.width_m,
                is_halted: false,
                may_halt: false,
                is_announced: true,
            };
            self.lanes.add_extra(beside.0, extra);
        }
    }

    /// Bodies of guests, and the junction lanes that they are on or come to.
    fn list_guests(&mut self, guests: &[Guest]) {
        self.list_guest_bodies(guests);
        self.junctions.clear_guests();
        for guest in guests {
            let junction = guest
                .footprint
                .first()
                .map_or(NONE, |first| self.roadway.junction[first.lane.0 as usize]);
            let number = self.junctions.number_of_guest(guest.id, junction);
            for (index, front) in guest.footprint.iter().enumerate() {
                // A lane that it only touches is not one that it will take.
                let is_on_its_way = index == 0 || guest.lanes_ahead.contains(&front.lane);
                if is_on_its_way && self.roadway.junction[front.lane.0 as usize] != NONE {
                    let mark = GuestMark {
                        front_m: front.s_m,
                        rear_m: front.s_m - guest.length_m,
                        speed_mps: guest.speed_mps,
                        corners_m: guest.corners_m,
                        number,
                    };
                    self.junctions.add_guest(front.lane.0, mark);
                }
            }
            let Some(first) = guest.footprint.first() else { continue };
            if guest.is_halted {
                continue;
            }
            let mut base_m = -first.s_m;
            for (index, lane) in guest.lanes_ahead.iter().enumerate() {
                if index > 0 && self.roadway.junction[lane.0 as usize] != NONE {
                    let mark = GuestMark {
                        front_m: -base_m,
                        rear_m: -base_m - guest.length_m,
                        speed_mps: guest.speed_mps,
                        corners_m: guest.corners_m,
                        number: u64::MAX,
                    };
                    self.junctions.add_guest(lane.0, mark);
                }
                base_m += self.roadway.length_m[lane.0 as usize];
                if base_m > GUEST_AHEAD_M {
                    break;
                }
            }
        }
    }

    fn list_people(&mut self, uses: &[CrossingUse]) {
        for taken in uses {
            for walk in self.roadway.walks_of(taken.crossing.0 as usize) {
                if taken.from_m < walk.to_m + BESIDE_PEOPLE_M && taken.to_m > walk.from_m - BESIDE_PEOPLE_M {
                    self.spot_taken_at[walk.spot as usize] = self.tick;
                }
            }
        }
    }

    fn look(&mut self) {
        self.moves.decisions.resize(self.vehicles.id.len(), None);
        let look = Look {
            roadway: &self.roadway,
            table: &self.table,
            vehicles: &self.vehicles,
            lanes: &self.lanes,
            junctions: &self.junctions,
            spot_taken_at: &self.spot_taken_at,
            tick: self.tick,
        };
        for on in &self.lanes.on {
            for (place, &slot) in on.iter().enumerate() {
                self.moves.decisions[slot as usize] = Some(look.decide(slot, place));
            }
        }
        for (slot, decision) in self.moves.decisions.iter_mut().enumerate() {
            if let Some(decision) = decision.take() {
                self.vehicles.acceleration_mps2[slot] = decision.acceleration_mps2;
                self.vehicles.asks[slot] = decision.asks;
                self.vehicles.asks_entry[slot] = decision.asks_entry;
                self.vehicles.behind[slot] = decision.behind;
                self.vehicles.hold[slot] = decision.hold;
            }
        }
    }

    fn change_lanes(&mut self) {
        let around = lane_change::Surround {
            roadway: &self.roadway,
            table: &self.table,
            tick: self.tick,
        };
        self.lost.clear();
        for slot in 0..self.vehicles.id.len() as u32 {
            if self.vehicles.id[slot as usize] != u32::MAX
                && lane_change::consider(&around, &mut self.vehicles, &mut self.lanes, slot)
            {
                self.lost.push(slot);
            }
        }
        for &slot in &self.lost {
            self.trips
                .find_again(&self.roadway, &mut self.table, &mut self.vehicles, slot);
        }
    }

    fn state(&self, slot: u32) -> ActorState {
        let i = slot as usize;
        let vehicles = &self.vehicles;
        let size = vehicles.size[i];
        let (offset_m, slope) = vehicles.sideways[i].offset_and_slope();
        let mut pose = self.roadway.body_pose(
            vehicles.lane[i],
            &vehicles.before[i],
            (vehicles.s_m[i], size.length_m),
            offset_m,
        );
        pose.heading_rad += libm::atan(slope);
        ActorState {
            id: ActorId(vehicles.id[i]),
            kind: vehicles.kind[i],
            pose,
            speed_mps: vehicles.speed_mps[i],
            acceleration_mps2: vehicles.acceleration_mps2[i],
            length_m: size.length_m,
            width_m: size.width_m,
            height_m: size.height_m,
            lane: Some(LanePosition {
                lane: LaneId(vehicles.lane[i]),
                s_m: vehicles.s_m[i],
                offset_m,
            }),
            indicator: self.indicator(slot),
        }
    }

    fn indicator(&self, slot: u32) -> Indicator {
        let i = slot as usize;
        let vehicles = &self.vehicles;
        let sideways = vehicles.sideways[i];
        let way_m = sideways.to_m - sideways.from_m;
        if !sideways.is_done() && way_m.abs() > 1.0 {
            return if way_m > 0.0 { Indicator::Left } else { Indicator::Right };
        }
        // Before and in a junction, the way that it will turn.
        let mut entry = &self.table.entries[vehicles.entry[i] as usize];
        let mut ahead_m = -vehicles.s_m[i];
        for _ in 0..3 {
            if self.roadway.junction[entry.lane as usize] != NONE {
                return match self.roadway.network.lane(LaneId(entry.lane)).turn {
                    road::Turn::Left | road::Turn::Around => Indicator::Left,
                    road::Turn::Right => Indicator::Right,
                    road::Turn::Straight => Indicator::Off,
                };
            }
            ahead_m += self.roadway.length_m[entry.lane as usize];
            if entry.next == NONE || ahead_m > INDICATE_M {
                break;
            }
            entry = &self.table.entries[entry.next as usize];
        }
        Indicator::Off
    }
}

/// When a walker is on a lane, from now.
struct Walker {
    in_s: f64,
    out_s: f64,
}

/// Slower than this, one stands.
const STANDING_MPS: f64 = 0.2;
/// Lanes behind a crossing on which somebody may come.
const UPSTREAM_LANES: u32 = 4;
/// No farther than this.
const UPSTREAM_M: f64 = 90.0;
/// Room that people want beside them.
const BESIDE_PEOPLE_M: f64 = 0.5;
/// A turn is indicated from here on.
const INDICATE_M: f64 = 40.0;
