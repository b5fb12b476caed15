//! Passengers: who comes to which stop when, walks there, waits, and leaves again.
//!
//! In go the site's [`PassengerDemand`] and the run's [`Seed`]; out come people in the world who stand at stops until a
//! vehicle calls them to its door. Each relation of two stops is a Poisson process with a rate for each hour and a stream
//! of its own, so that a change of one relation changes nobody else's luck. Every passenger is in exactly one state, and
//! [`Riders::check_conservation`] says so. It knows no vehicle beyond a number.

use crate::Distribution;
use crate::demand::{HOURS, PassengerDemand};
use crate::line::{Line, LineStop};
use crate::measures::PassengerMeasures;
use record::{Seed, Stream};
use road::{LanePosition, RoadNetwork};
use std::collections::VecDeque;
use world::{ActorId, World};

/// Whoever has waited this long goes home. It also bounds how many can be waiting at once.
pub(crate) const PATIENCE_S: f64 = 3600.0;
/// Places to stand at a stop: columns of three along the kerb.
const STANDING_PLACES: usize = 78;
/// From the kerb to the first row of people: out of reach of mirrors.
const FIRST_ROW_M: f64 = 0.9;
/// Between rows.
const ROW_M: f64 = 0.8;
/// Between columns.
const COLUMN_M: f64 = 0.9;

/// Number of a passenger while on the way; given again once free.
pub(crate) type PassengerId = u32;

/// Where a passenger is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Whereabouts {
    /// On the way to the platform.
    Walking(ActorId),
    /// At the platform, or called to a door.
    Waiting(ActorId),
    /// On board.
    Riding,
    /// The number is free.
    Gone,
}

#[derive(Clone, Debug)]
struct Passenger {
    at: Whereabouts,
    from: usize,
    to: usize,
    place: usize,
    since_s: f64,
    was_left_behind: bool,
    is_called: bool,
    /// Times that it could not reach the door.
    calls_missed: u32,
}

/// A relation's arrivals.
#[derive(Clone, Debug)]
struct Arrivals {
    from: usize,
    to: usize,
    per_hour: [f64; HOURS],
    stream: Stream,
    next_s: f64,
    /// Nobody comes after the last vehicle has left.
    last_departure_s: f64,
}

/// A stop as passengers see it.
#[derive(Clone, Debug)]
struct Platform {
    queue: VecDeque<PassengerId>,
    place_is_taken: Vec<bool>,
    arrived: u32,
    waiting_s: Distribution,
    waiting_max: u32,
    left_behind: u32,
}

/// All passengers of a line.
#[derive(Debug)]
pub(crate) struct Riders {
    passengers: Vec<Passenger>,
    free: Vec<PassengerId>,
    arrivals: Vec<Arrivals>,
    platforms: Vec<Platform>,
    walking: Vec<PassengerId>,
    leaving: Vec<ActorId>,
    exits: Stream,
    measures: PassengerMeasures,
}

/// Waiting times, seconds: bins of 15 s up to an hour.
pub(crate) fn waiting_distribution() -> Distribution {
    Distribution::new(0.0, 15.0, 240)
}

impl Riders {
    /// Nobody yet. `last_departure_s` tells when the last vehicle leaves from a stop to another.
    pub(crate) fn new(
        demand: &PassengerDemand,
        stops: usize,
        seed: Seed,
        from_s: f64,
        last_departure_s: impl Fn(usize, usize) -> f64,
    ) -> Riders {
        let arrivals = demand
            .relations
            .iter()
            .map(|relation| {
                let owner = (relation.from as u64) << 32 | relation.to as u64;
                let mut arrivals = Arrivals {
                    from: relation.from,
                    to: relation.to,
                    per_hour: relation.per_hour,
                    stream: seed.stream("passenger.arrival", owner),
                    next_s: from_s,
                    last_departure_s: last_departure_s(relation.from, relation.to),
                };
                arrivals.draw_next();
                arrivals
            })
            .collect();
        let platform = Platform {
            queue: VecDeque::new(),
            place_is_taken: vec![false; STANDING_PLACES],
            arrived: 0,
            waiting_s: waiting_distribution(),
            waiting_max: 0,
            left_behind: 0,
        };
        Riders {
            passengers: Vec::new(),
            free: Vec::new(),
            arrivals,
            platforms: vec![platform; stops],
            walking: Vec::new(),
            leaving: Vec::new(),
            exits: seed.stream("passenger.exit", 0),
            measures: PassengerMeasures {
                arrived: 0,
                walking: 0,
                waiting: 0,
                riding: 0,
                done: 0,
                gave_up: 0,
                boarded: 0,
                left_behind: 0,
                left_behind_once: 0,
                waiting_s: waiting_distribution(),
                riding_s: waiting_distribution(),
                arrived_by_hour: vec![0; HOURS],
            },
        }
    }

    /// New arrivals set out, walkers come to stand, those who have left disappear through their doors.
    pub(crate) fn step(&mut self, clock_s: f64, line: &Line, network: &RoadNetwork, world: &mut World) {
        for index in 0..self.arrivals.len() {
            while self.arrivals[index].next_s <= clock_s {
                let arrivals = &mut self.arrivals[index];
                arrivals.draw_next();
                let (from, to) = (arrivals.from, arrivals.to);
                let speed_mps = arrivals.stream.between(1.05, 1.55);
                let door_m = doorway_m(&mut arrivals.stream);
                self.set_out(clock_s, from, to, |place| {
                    let path = path_to_platform(network, &line.stops[from], door_m, place);
                    world.add_person(&path, speed_mps)
                });
            }
        }
        let mut walking = std::mem::take(&mut self.walking);
        walking.retain(|&id| {
            let Whereabouts::Walking(actor) = self.passengers[id as usize].at else {
                return false;
            };
            let has_arrived = world.person_has_arrived(actor);
            if has_arrived {
                self.come_to_wait(clock_s, id, actor);
            }
            !has_arrived
        });
        self.walking = walking;
        self.leaving.retain(|&actor| {
            let is_home = world.person_has_arrived(actor);
            if is_home {
                world.remove_person(actor);
            }
            !is_home
        });
        self.lose_patience(clock_s, line, network, world);
    }

    fn set_out(&mut self, clock_s: f64, from: usize, to: usize, appear: impl FnOnce(usize) -> ActorId) {
        let platform = &mut self.platforms[from];
        // A platform with more people than places has them stand closer: places are used twice.
        let place = platform.place_is_taken.iter().position(|taken| !taken).unwrap_or(0);
        platform.place_is_taken[place] = true;
        platform.arrived += 1;
        let passenger = Passenger {
            at: Whereabouts::Walking(appear(place)),
            from,
            to,
            place,
            since_s: clock_s,
            was_left_behind: false,
            is_called: false,
            calls_missed: 0,
        };
        let id = match self.free.pop() {
            Some(id) => {
                self.passengers[id as usize] = passenger;
                id
            }
            None => {
                self.passengers.push(passenger);
                (self.passengers.len() - 1) as PassengerId
            }
        };
        self.walking.push(id);
        self.measures.arrived += 1;
        self.measures.walking += 1;
        let hour = (clock_s / 3600.0) as usize;
        self.measures.arrived_by_hour[hour.min(HOURS - 1)] += 1;
    }

    fn come_to_wait(&mut self, clock_s: f64, id: PassengerId, actor: ActorId) {
        let passenger = &mut self.passengers[id as usize];
        passenger.at = Whereabouts::Waiting(actor);
        passenger.since_s = clock_s;
        let platform = &mut self.platforms[passenger.from];
        platform.queue.push_back(id);
        platform.waiting_max = platform.waiting_max.max(platform.queue.len() as u32);
        self.measures.walking -= 1;
        self.measures.waiting += 1;
    }

    fn lose_patience(&mut self, clock_s: f64, line: &Line, network: &RoadNetwork, world: &mut World) {
        for stop in 0..self.platforms.len() {
            // The queue is in order of arrival, so only its head can have waited long enough.
            while let Some(&id) = self.platforms[stop].queue.front() {
                let passenger = &self.passengers[id as usize];
                let Whereabouts::Waiting(actor) = passenger.at else {
                    break;
                };
                if passenger.is_called || clock_s - passenger.since_s < PATIENCE_S {
                    break;
                }
                let place = passenger.place;
                self.platforms[stop].queue.pop_front();
                self.platforms[stop].place_is_taken[place] = false;
                let mut path = path_to_platform(network, &line.stops[stop], doorway_m(&mut self.exits), place);
                path.reverse();
                world.send_person(actor, &path);
                self.leaving.push(actor);
                self.measures.waiting -= 1;
                self.measures.gave_up += 1;
                self.release(id);
            }
        }
    }

    fn release(&mut self, id: PassengerId) {
        self.passengers[id as usize].at = Whereabouts::Gone;
        self.free.push(id);
    }

    /// How many people wait at a stop.
    pub(crate) fn waiting_at(&self, stop: usize) -> usize {
        self.platforms[stop].queue.len()
    }

    /// Calls the first who waits at `stop` and wants to go where the vehicle goes: the passenger and the person.
    pub(crate) fn call_next(&mut self, stop: usize, goes_to: impl Fn(usize) -> bool) -> Option<(PassengerId, ActorId)> {
        let queue = &self.platforms[stop].queue;
        let is_next = |id: &PassengerId| {
            let passenger = &self.passengers[*id as usize];
            !passenger.is_called && goes_to(passenger.to)
        };
        // In order of arrival; whoever could not reach a door before lets the others go first.
        let waiting = queue.iter().copied().filter(is_next);
        let id = waiting.min_by_key(|&id| self.passengers[id as usize].calls_missed)?;
        self.passengers[id as usize].is_called = true;
        match self.passengers[id as usize].at {
            Whereabouts::Waiting(actor) => Some((id, actor)),
            _ => None,
        }
    }

    /// Whether [`Riders::call_next`] would find someone.
    pub(crate) fn anyone_for(&self, stop: usize, goes_to: impl Fn(usize) -> bool) -> bool {
        self.platforms[stop].queue.iter().any(|&id| {
            let passenger = &self.passengers[id as usize];
            !passenger.is_called && goes_to(passenger.to)
        })
    }

    /// Where a waiting passenger stands.
    pub(crate) fn standing_m(&self, id: PassengerId, line: &Line, network: &RoadNetwork) -> [f64; 3] {
        let passenger = &self.passengers[id as usize];
        standing_place_m(network, &line.stops[passenger.from], passenger.place)
    }

    /// A called passenger could not reach the door, or it shut: back to the place in the queue, which was kept.
    pub(crate) fn call_off(&mut self, id: PassengerId, line: &Line, network: &RoadNetwork, world: &mut World) {
        let back_m = self.standing_m(id, line, network);
        let passenger = &mut self.passengers[id as usize];
        passenger.is_called = false;
        passenger.calls_missed += 1;
        if let Whereabouts::Waiting(actor) = passenger.at {
            world.send_person(actor, &[back_m]);
        }
    }

    /// A called passenger is through the door. The person disappears from the street.
    pub(crate) fn board(&mut self, clock_s: f64, id: PassengerId, world: &mut World) {
        let passenger = &mut self.passengers[id as usize];
        let Whereabouts::Waiting(actor) = passenger.at else {
            return;
        };
        world.remove_person(actor);
        let waited_s = clock_s - passenger.since_s;
        passenger.at = Whereabouts::Riding;
        passenger.since_s = clock_s;
        let platform = &mut self.platforms[passenger.from];
        platform.queue.retain(|&other| other != id);
        platform.place_is_taken[passenger.place] = false;
        platform.waiting_s.add(waited_s);
        self.measures.waiting_s.add(waited_s);
        self.measures.waiting -= 1;
        self.measures.riding += 1;
        self.measures.boarded += 1;
    }

    /// Where a passenger wants to go.
    pub(crate) fn destination(&self, id: PassengerId) -> usize {
        self.passengers[id as usize].to
    }

    /// A riding passenger is through the door at `door_m` and walks away from `stop`.
    pub(crate) fn alight(
        &mut self,
        clock_s: f64,
        id: PassengerId,
        door_m: [f64; 3],
        stop: &LineStop,
        network: &RoadNetwork,
        world: &mut World,
    ) {
        self.measures
            .riding_s
            .add(clock_s - self.passengers[id as usize].since_s);
        self.measures.riding -= 1;
        self.measures.done += 1;
        let path = path_from_door(network, stop, door_m, doorway_m(&mut self.exits));
        let speed_mps = self.exits.between(1.05, 1.55);
        self.leaving.push(world.add_person(&path, speed_mps));
        self.release(id);
    }

    /// A full vehicle leaves `stop`: those who wanted to ride in it stay behind. Returns how many.
    pub(crate) fn leave_behind(&mut self, stop: usize, goes_to: impl Fn(usize) -> bool) -> u32 {
        let mut count = 0;
        for &id in &self.platforms[stop].queue {
            let passenger = &mut self.passengers[id as usize];
            if goes_to(passenger.to) {
                count += 1;
                if !passenger.was_left_behind {
                    passenger.was_left_behind = true;
                    self.measures.left_behind_once += 1;
                }
            }
        }
        self.platforms[stop].left_behind += count;
        self.measures.left_behind += count;
        count
    }

    /// What has been measured so far.
    pub(crate) fn measures(&self) -> &PassengerMeasures {
        &self.measures
    }

    /// Arrived, waiting times, most waiting at once, left behind: of one stop.
    pub(crate) fn measures_of_stop(&self, stop: usize) -> (u32, &Distribution, u32, u32) {
        let platform = &self.platforms[stop];
        (
            platform.arrived,
            &platform.waiting_s,
            platform.waiting_max,
            platform.left_behind,
        )
    }

    /// Nobody is lost and nobody is counted twice.
    pub(crate) fn check_conservation(&self) {
        let m = &self.measures;
        assert!(
            m.arrived == m.walking + m.waiting + m.riding + m.done + m.gave_up,
            "passengers are conserved: {} arrived, {} walk, {} wait, {} ride, {} are done, {} gave up",
            m.arrived,
            m.walking,
            m.waiting,
            m.riding,
            m.done,
            m.gave_up
        );
        debug_assert_eq!(
            self.platforms
                .iter()
                .map(|platform| platform.queue.len())
                .sum::<usize>(),
            m.waiting as usize,
            "everyone who waits is in one queue"
        );
    }
}

impl Arrivals {
    /// Draws the next arrival after `next_s`: an exponential share of the rate's integral (time change of a Poisson
    /// process; Çinlar, "Introduction to Stochastic Processes", 1975, chapter 4.7).
    fn draw_next(&mut self) {
        let mut share = self.stream.exponential_s(1.0);
        let mut at_s = self.next_s;
        loop {
            let hour = (at_s / 3600.0) as usize;
            if hour >= HOURS || at_s > self.last_departure_s {
                self.next_s = f64::INFINITY;
                return;
            }
            let end_s = (hour + 1) as f64 * 3600.0;
            let rate_per_s = self.per_hour[hour] / 3600.0;
            let in_hour = rate_per_s * (end_s - at_s);
            if share < in_hour {
                self.next_s = at_s + share / rate_per_s;
                if self.next_s > self.last_departure_s {
                    self.next_s = f64::INFINITY;
                }
                return;
            }
            share -= in_hour;
            at_s = end_s;
        }
    }
}

/// How far up or down the street the door is through which someone comes or goes.
fn doorway_m(stream: &mut Stream) -> f64 {
    let distance_m = stream.between(12.0, 40.0);
    if stream.chance(0.5) { distance_m } else { -distance_m }
}

/// A point beside the kerb of a stop: `ahead_m` from where the front bumper stands, `beside_m` from the kerb.
fn beside_kerb_m(network: &RoadNetwork, stop: &LineStop, ahead_m: f64, beside_m: f64) -> [f64; 3] {
    let lane = network.lane(stop.position.lane);
    let s_m = stop.position.s_m + ahead_m;
    let inside_m = s_m.clamp(0.0, lane.length_m);
    let pose = network.lane_pose(LanePosition {
        lane: stop.position.lane,
        s_m: inside_m,
        offset_m: -(stop.kerb_m + beside_m),
    });
    // Beyond the lane's ends, straight on.
    let beyond_m = s_m - inside_m;
    [
        pose.x_m + beyond_m * libm::cos(pose.heading_rad),
        pose.y_m + beyond_m * libm::sin(pose.heading_rad),
        pose.z_m,
    ]
}

fn standing_place_m(network: &RoadNetwork, stop: &LineStop, place: usize) -> [f64; 3] {
    let (column, row) = (place / 3, place % 3);
    beside_kerb_m(
        network,
        stop,
        -(1.5 + column as f64 * COLUMN_M),
        FIRST_ROW_M + row as f64 * ROW_M,
    )
}

/// From a door up or down the street, along the walls, to a place to stand.
fn path_to_platform(network: &RoadNetwork, stop: &LineStop, door_m: f64, place: usize) -> Vec<[f64; 3]> {
    let wall_m = FIRST_ROW_M + 3.0 * ROW_M;
    let column_m = -(1.5 + (place / 3) as f64 * COLUMN_M);
    let mut path = vec![beside_kerb_m(network, stop, door_m, wall_m + 1.5)];
    along(network, stop, door_m, column_m, wall_m, &mut path);
    path.push(standing_place_m(network, stop, place));
    path
}

/// From a vehicle's door to the wall and along it to a door of a house.
fn path_from_door(network: &RoadNetwork, stop: &LineStop, from_m: [f64; 3], door_m: f64) -> Vec<[f64; 3]> {
    let wall_m = FIRST_ROW_M + 3.0 * ROW_M;
    let at = network.project(stop.position.lane, from_m[0], from_m[1]);
    let start_m = at.s_m - stop.position.s_m;
    let mut path = vec![from_m];
    along(network, stop, start_m, door_m, wall_m, &mut path);
    path.push(beside_kerb_m(network, stop, door_m, wall_m + 1.5));
    path
}

/// Points along the kerb, so that a path follows its curve.
fn along(network: &RoadNetwork, stop: &LineStop, from_m: f64, to_m: f64, beside_m: f64, path: &mut Vec<[f64; 3]>) {
    const STEP_M: f64 = 6.0;
    let steps = (((to_m - from_m).abs() / STEP_M) as usize).clamp(1, 30);
    for i in 0..=steps {
        let ahead_m = from_m + (to_m - from_m) * i as f64 / steps as f64;
        path.push(beside_kerb_m(network, stop, ahead_m, beside_m));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demand::Relation;

    #[test]
    fn passengers_come_at_the_rate_of_the_hour_and_not_after_the_last_departure() {
        let mut per_hour = [0.0; HOURS];
        per_hour[7] = 600.0;
        per_hour[8] = 60.0;
        per_hour[9] = 1000.0;
        let demand = PassengerDemand {
            relations: vec![Relation {
                from: 0,
                to: 1,
                per_hour,
            }],
        };
        let mut riders = Riders::new(&demand, 2, Seed(5), 5.0 * 3600.0, |_, _| 9.5 * 3600.0);
        let arrivals = &mut riders.arrivals[0];
        let mut counts = [0u32; HOURS];
        while arrivals.next_s.is_finite() {
            counts[(arrivals.next_s / 3600.0) as usize] += 1;
            arrivals.draw_next();
        }
        // Four standard deviations of a Poisson count either way.
        assert!((502..=698).contains(&counts[7]), "{}", counts[7]);
        assert!((29..=91).contains(&counts[8]), "{}", counts[8]);
        assert!((411..=589).contains(&counts[9]), "{}", counts[9]);
        assert_eq!(counts.iter().sum::<u32>(), counts[7] + counts[8] + counts[9]);
    }
}
