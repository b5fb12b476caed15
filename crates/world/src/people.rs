//! People on foot: they walk paths, step around each other, wait at kerbs and cross.
//!
//! In go paths in space and, at each tick, who may step on to which crossing; out come places, and the stretches of
//! crossings that are taken, for traffic. It does not know why anyone walks (see `walkers.rs` and the floors above).
//!
//! The model. A point runs ahead on the path, a step (0.8 m) before the person at most; the person walks towards it at
//! a preferred speed, starting with 1.2 m/s² and stopping with 1.5 m/s² (Teknomo 2002 gives 0.7 to 1.7). Whoever is
//! near pushes a walker sideways, away from where the other stands and to the right if dead ahead, the lateral part of
//! the social force (Helbing and Molnár 1995); someone close ahead also slows the walker, to a stop before they touch.
//! Both go on stepping aside, so that two who meet pass; who finds the end of the path taken stands beside it after three
//! seconds, and who is shut in for ten squeezes through. Bodies of vehicles ahead stop a walker. Nobody moves faster than 1.3 times the preferred
//! speed, so nobody jumps; who stands costs nothing.

use crate::body::Body;
use crate::crossing::{self, KerbAnswer, PathCrossing, PathPoint};
use crate::frame::{ActorId, ActorKind, ActorState};
use crate::grid::Grid;
use crate::traffic::CrossingUse;
use road::{Crossing, Pose};
use vehicle::Indicator;

/// Everyone on foot.
#[derive(Clone, Debug)]
pub(crate) struct People {
    /// Sorted by id.
    persons: Vec<Person>,
    grid: Grid,
    /// What each walker does in this tick, before anyone does it.
    moves: Vec<(usize, Move)>,
    uses: Vec<CrossingUse>,
    /// Paths of people who left, kept for their memory.
    spare: Vec<(Vec<PathPoint>, Vec<PathCrossing>)>,
    tick: u64,
}

/// What becomes of someone at the end of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtEnd {
    /// Stands there until sent on or removed.
    Stays,
    /// Goes through the door there and is gone.
    Leaves,
}

#[derive(Clone, Debug)]
struct Person {
    id: ActorId,
    x_m: f64,
    y_m: f64,
    z_m: f64,
    heading_rad: f64,
    speed_mps: f64,
    acceleration_mps2: f64,
    speed_mps_preferred: f64,
    /// How far the point ahead has run on the path, and on which of its segments it is.
    lead_m: f64,
    segment: usize,
    path: Vec<PathPoint>,
    crossings: Vec<PathCrossing>,
    /// The crossing that comes next, or that is being used.
    next_crossing: usize,
    doing: Doing,
    /// Ticks without getting on, and how far on the path that was.
    shut_in: u32,
    progress_m: f64,
    at_end: AtEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    /// On the way.
    Walks,
    /// Stands at the kerb; the answer it got last.
    Waits(KerbAnswer),
    /// On a crossing, or about to step on to it.
    Crosses,
    /// At the end.
    Stands,
}

#[derive(Clone, Copy, Debug)]
struct Move {
    x_m: f64,
    y_m: f64,
    z_m: f64,
    heading_rad: f64,
    speed_mps: f64,
    lead_m: f64,
    segment: usize,
    shut_in: u32,
    progress_m: f64,
    has_arrived: bool,
}

/// Size of a person's box: shoulders, with what they carry.
const BODY_M: f64 = 0.5;
const HEIGHT_M: f64 = 1.7;
/// How far ahead of the person the leading point runs.
const STEP_M: f64 = 0.8;
const STARTING_MPS2: f64 = 1.2;
const STOPPING_MPS2: f64 = 1.5;
/// Who is shut in for this many ticks takes a place this near to the end for the end...
const PATIENCE: (u32, f64) = (30, 2.0);
/// ...and after this many squeezes through.
const LOST_PATIENCE: u32 = 100;
/// Others matter from here on.
const NEAR_M: f64 = 1.5;
/// From here one looks whether one may step on to the carriageway; short enough to stop within.
const KERB_M: f64 = 0.7;
/// From here one looks when standing in a queue at the kerb.
const KERB_QUEUE_M: f64 = 2.5;
/// Where people stand before the carriageway.
const BEFORE_KERB_M: f64 = 0.5;
/// Traffic is told this much ahead.
const AHEAD_S: f64 = 3.0;
/// Those who wait look again every so many ticks.
const LOOK_EVERY: u64 = 3;
const TICK_S: f64 = 0.1;

impl People {
    /// Nobody yet.
    pub fn new() -> People {
        People {
            persons: Vec::new(),
            grid: Grid::new(2.0),
            moves: Vec::new(),
            uses: Vec::new(),
            spare: Vec::new(),
            tick: 0,
        }
    }

    /// Someone appears at the first point of a path. Ids come in rising order.
    pub fn add(&mut self, crossings: &[Crossing], id: ActorId, path_m: &[[f64; 3]], speed_mps: f64, at_end: AtEnd) {
        assert!(!path_m.is_empty(), "a person needs a place to be");
        assert!(speed_mps > 0.0 && speed_mps < 10.0, "a person walks at {speed_mps} m/s");
        assert!(
            self.persons.last().is_none_or(|last| last.id < id),
            "ids of people rise"
        );
        let (path, path_crossings) = self.spare.pop().unwrap_or_default();
        let [x_m, y_m, z_m] = path_m[0];
        let mut person = Person {
            id,
            x_m,
            y_m,
            z_m,
            heading_rad: 0.0,
            speed_mps: 0.0,
            acceleration_mps2: 0.0,
            speed_mps_preferred: speed_mps,
            lead_m: 0.0,
            segment: 0,
            path,
            crossings: path_crossings,
            next_crossing: 0,
            doing: Doing::Walks,
            shut_in: 0,
            progress_m: 0.0,
            at_end,
        };
        person.set_path(crossings, path_m);
        self.persons.push(person);
    }

    /// Sends someone on another way, from where they are.
    pub fn send(&mut self, crossings: &[Crossing], id: ActorId, path_m: &[[f64; 3]]) {
        let index = self.index(id);
        self.persons[index].set_path(crossings, path_m);
    }

    /// Someone leaves the street.
    pub fn remove(&mut self, id: ActorId) {
        let index = self.index(id);
        let person = self.persons.remove(index);
        self.spare.push((person.path, person.crossings));
    }

    /// Whether someone stands at the end of the path.
    pub fn has_arrived(&self, id: ActorId) -> bool {
        self.persons[self.index(id)].doing == Doing::Stands
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.persons.len()
    }

    /// Moves everyone by one tick. `ask` answers whether to step on to a crossing; `vehicles` are bodies that stop
    /// whoever would walk into them. All decide on what is now, then all move. Returns how many left by a door.
    pub fn step(
        &mut self,
        crossings: &[Crossing],
        vehicles: &[Body],
        mut ask: impl FnMut(&PathCrossing, f64) -> KerbAnswer,
    ) -> usize {
        self.tick += 1;
        self.moves.clear();
        self.uses.clear();
        if self.persons.iter().all(|person| person.doing == Doing::Stands) {
            return 0;
        }
        self.grid
            .rebuild(self.persons.iter().map(|person| [person.x_m, person.y_m]));
        for person in &mut self.persons {
            person.look(self.tick, &mut ask);
        }
        for (index, person) in self.persons.iter().enumerate() {
            if let Some(taken) = person.crossing_use(crossings) {
                self.uses.push(taken);
            }
            if person.is_on_the_move() {
                self.moves
                    .push((index, person.next_move(index, &self.persons, &self.grid, vehicles)));
            }
        }
        self.uses
            .sort_by(|a, b| a.crossing.cmp(&b.crossing).then(a.from_m.total_cmp(&b.from_m)));
        let mut leaving = 0;
        for &(index, to) in &self.moves {
            let person = &mut self.persons[index];
            person.go(to);
            leaving += usize::from(person.doing == Doing::Stands && person.at_end == AtEnd::Leaves);
        }
        if leaving > 0 {
            let spare = &mut self.spare;
            self.persons.retain_mut(|person| {
                let stays = !(person.doing == Doing::Stands && person.at_end == AtEnd::Leaves);
                if !stays {
                    spare.push((std::mem::take(&mut person.path), std::mem::take(&mut person.crossings)));
                }
                stays
            });
        }
        leaving
    }

    /// Stretches of crossings taken now or within 3 s, sorted by crossing, as of the last step's decisions.
    pub fn crossing_uses(&self) -> &[CrossingUse] {
        &self.uses
    }

    /// Appends everyone's state, sorted by id.
    pub fn append_states(&self, states: &mut Vec<ActorState>) {
        states.extend(self.persons.iter().map(Person::state));
    }

    /// Appends the states of those within `reach_m` of any of `centres_m`.
    pub fn append_states_near(&self, centres_m: &[[f64; 2]], reach_m: f64, states: &mut Vec<ActorState>) {
        let is_near = |person: &&Person| {
            centres_m.iter().any(|&[x_m, y_m]| {
                let (dx, dy) = (person.x_m - x_m, person.y_m - y_m);
                dx * dx + dy * dy <= reach_m * reach_m
            })
        };
        states.extend(self.persons.iter().filter(is_near).map(Person::state));
    }

    fn index(&self, id: ActorId) -> usize {
        let found = self.persons.binary_search_by_key(&id, |person| person.id);
        found.unwrap_or_else(|_| panic!("actor {} is no person on the street", id.0))
    }
}

impl Person {
    fn set_path(&mut self, crossings: &[Crossing], path_m: &[[f64; 3]]) {
        self.path.clear();
        self.path.push([self.x_m, self.y_m, self.z_m, 0.0]);
        for &[x_m, y_m, z_m] in path_m {
            assert!(
                x_m.is_finite() && y_m.is_finite() && z_m.is_finite(),
                "a path leads through ({x_m}, {y_m}, {z_m})"
            );
            let last = self.path[self.path.len() - 1];
            let length_m = libm::hypot(x_m - last[0], y_m - last[1]);
            // Points on top of each other would be segments without direction.
            if length_m > 1e-3 {
                self.path.push([x_m, y_m, z_m, last[3] + length_m]);
            }
        }
        crossing::crossings_of_path(crossings, &self.path, &mut self.crossings);
        self.lead_m = 0.0;
        self.segment = 0;
        (self.shut_in, self.progress_m) = (0, 0.0);
        self.next_crossing = 0;
        self.doing = if self.path.len() > 1 {
            Doing::Walks
        } else {
            Doing::Stands
        };
        if let [first, second, ..] = self.path[..] {
            self.heading_rad = libm::atan2(second[1] - first[1], second[0] - first[0]);
        }
    }

    /// Whether there is anything to compute: not for those who stand, at the end or at the kerb.
    fn is_on_the_move(&self) -> bool {
        match self.doing {
            Doing::Walks | Doing::Crosses => true,
            Doing::Waits(_) => self.speed_mps > 0.0 || self.distance_to_kerb_m() > 0.1,
            Doing::Stands => false,
        }
    }

    fn distance_to_kerb_m(&self) -> f64 {
        self.limit_m() - self.walked_m()
    }

    /// How far on the path the person is, from the leading point.
    fn walked_m(&self) -> f64 {
        let lead = self.point(self.lead_m, self.segment);
        self.lead_m - libm::hypot(lead[0] - self.x_m, lead[1] - self.y_m)
    }

    /// Where the person must not go beyond now.
    fn limit_m(&self) -> f64 {
        let (ahead, off_m) = match self.doing {
            // Where the next crossing begins at once, one still has to get off this one first.
            Doing::Crosses => (self.next_crossing + 1, self.crossings[self.next_crossing].exit_m + 0.05),
            _ => (self.next_crossing, 0.0),
        };
        match self.crossings.get(ahead) {
            Some(ahead) => (ahead.enter_m - BEFORE_KERB_M).max(off_m),
            None => self.path[self.path.len() - 1][3],
        }
    }

    /// Looks at the crossing ahead, or leaves it behind.
    fn look(&mut self, tick: u64, ask: &mut impl FnMut(&PathCrossing, f64) -> KerbAnswer) {
        let Some(ahead) = self.crossings.get(self.next_crossing).copied() else {
            return;
        };
        match self.doing {
            Doing::Stands => {}
            Doing::Crosses => {
                if self.walked_m() > ahead.exit_m {
                    self.next_crossing += 1;
                    self.doing = Doing::Walks;
                }
            }
            Doing::Walks | Doing::Waits(_) => {
                let near_m = if self.speed_mps < 0.2 { KERB_QUEUE_M } else { KERB_M };
                if self.distance_to_kerb_m() > near_m {
                    return;
                }
                let looks = self.doing == Doing::Walks || (tick + u64::from(self.id.0)).is_multiple_of(LOOK_EVERY);
                if looks {
                    self.doing = match ask(&ahead, self.speed_mps_preferred) {
                        KerbAnswer::Go => Doing::Crosses,
                        wait => Doing::Waits(wait),
                    };
                }
            }
        }
    }

    /// What traffic is told of this person: the stretch underfoot or to be walked within three seconds. Who waits for
    /// a gap makes the claim too: that is what makes those stop who can.
    fn crossing_use(&self, crossings: &[Crossing]) -> Option<CrossingUse> {
        if !matches!(self.doing, Doing::Crosses | Doing::Waits(KerbAnswer::WaitForGap)) {
            return None;
        }
        let ahead = self.crossings.get(self.next_crossing)?;
        let crossing = &crossings[ahead.crossing.0 as usize];
        let length_m = libm::hypot(
            crossing.to_m[0] - crossing.from_m[0],
            crossing.to_m[1] - crossing.from_m[1],
        );
        let at_m = crossing::along_crossing_m(crossing, self.x_m, self.y_m).clamp(0.0, length_m);
        let ahead_m = self.speed_mps_preferred * AHEAD_S;
        let (from_m, to_m) = if ahead.forward {
            (at_m - BODY_M, at_m + ahead_m)
        } else {
            (at_m - ahead_m, at_m + BODY_M)
        };
        Some(CrossingUse {
            crossing: ahead.crossing,
            from_m: from_m.max(0.0),
            to_m: to_m.min(length_m),
        })
    }

    fn next_move(&self, index: usize, persons: &[Person], grid: &Grid, vehicles: &[Body]) -> Move {
        let end_m = self.path[self.path.len() - 1][3];
        let limit_m = self.limit_m();
        let (mut lead_m, mut segment) = (self.lead_m, self.segment);
        let mut lead = self.point(lead_m, segment);
        let mut distance_m = libm::hypot(lead[0] - self.x_m, lead[1] - self.y_m);
        // The point runs ahead as far as a step, but not past the kerb or the end.
        let run_m = (STEP_M - distance_m).min(limit_m - lead_m).max(0.0);
        if run_m > 0.0 {
            lead_m += run_m;
            while segment + 2 < self.path.len() && lead_m > self.path[segment + 1][3] {
                segment += 1;
            }
            lead = self.point(lead_m, segment);
            distance_m = libm::hypot(lead[0] - self.x_m, lead[1] - self.y_m);
        }
        let remaining_m = (limit_m - lead_m).max(0.0) + distance_m;
        let still = Move {
            x_m: self.x_m,
            y_m: self.y_m,
            z_m: self.z_m,
            heading_rad: self.heading_rad,
            speed_mps: 0.0,
            lead_m,
            segment,
            shut_in: 0,
            progress_m: lead_m,
            has_arrived: limit_m >= end_m,
        };
        if remaining_m < 0.03 {
            return still;
        }
        let direction = if distance_m > 1e-6 {
            [(lead[0] - self.x_m) / distance_m, (lead[1] - self.y_m) / distance_m]
        } else {
            [libm::cos(self.heading_rad), libm::sin(self.heading_rad)]
        };
        let pushed = self.push(index, persons, grid, direction);
        let is_stopped = self.would_walk_into(direction, remaining_m, vehicles);
        // Whoever gets nowhere, be it held up or sidestepping to and fro, is shut in; a way through a crowd is some steps
        // long.
        let headway_m = if self.shut_in > LOST_PATIENCE { 1.2 } else { 0.3 };
        let gets_on = is_stopped || lead_m >= self.progress_m + headway_m;
        let (shut_in, progress_m) = if gets_on {
            (0, lead_m)
        } else {
            (self.shut_in + 1, self.progress_m)
        };
        if shut_in > PATIENCE.0 && remaining_m < PATIENCE.1 {
            // The end, or the kerb, is where others stand already: beside them is good enough.
            return still;
        }
        let squeezes = shut_in > LOST_PATIENCE;
        let pace = if squeezes { 0.35 } else { pushed.pace };
        let mut wanted_mps = self.speed_mps_preferred.min((2.0 * STOPPING_MPS2 * remaining_m).sqrt()) * pace;
        if is_stopped {
            wanted_mps = 0.0;
        }
        let speed_mps = wanted_mps
            .clamp(
                self.speed_mps - 2.0 * STOPPING_MPS2 * TICK_S,
                self.speed_mps + STARTING_MPS2 * TICK_S,
            )
            .clamp(0.0, remaining_m / TICK_S);
        let sideways_mps = if !is_stopped {
            pushed.sideways * 0.5 * self.speed_mps_preferred
        } else {
            0.0
        };
        let (vx, vy) = (
            direction[0] * speed_mps - direction[1] * sideways_mps,
            direction[1] * speed_mps + direction[0] * sideways_mps,
        );
        let to_m = [self.x_m + vx * TICK_S, self.y_m + vy * TICK_S];
        if pushed.is_close && !squeezes && self.would_touch(index, persons, grid, to_m) {
            return Move {
                shut_in,
                progress_m,
                has_arrived: false,
                ..still
            };
        }
        let total_mps = libm::hypot(vx, vy);
        let rise_m = if distance_m > 1e-6 {
            (lead[2] - self.z_m) * (speed_mps * TICK_S / distance_m).min(1.0)
        } else {
            0.0
        };
        Move {
            x_m: to_m[0],
            y_m: to_m[1],
            z_m: self.z_m + rise_m,
            heading_rad: if total_mps > 0.05 {
                libm::atan2(vy, vx)
            } else {
                self.heading_rad
            },
            speed_mps: total_mps.min(1.3 * self.speed_mps_preferred),
            shut_in,
            progress_m,
            has_arrived: false,
            ..still
        }
    }

    /// How others near push: aside (positive to the left), and how much they slow.
    fn push(&self, index: usize, persons: &[Person], grid: &Grid, direction: [f64; 2]) -> Push {
        let mut push = Push {
            sideways: 0.0,
            pace: 1.0,
            is_close: false,
        };
        grid.visit([self.x_m, self.y_m], NEAR_M, |other| {
            if other == index {
                return;
            }
            let other = &persons[other];
            let (dx, dy) = (other.x_m - self.x_m, other.y_m - self.y_m);
            let distance_m = libm::hypot(dx, dy);
            if distance_m > NEAR_M || (other.z_m - self.z_m).abs() > 2.0 {
                return;
            }
            let ahead_m = dx * direction[0] + dy * direction[1];
            let left_m = dy * direction[0] - dx * direction[1];
            push.is_close |= distance_m < 2.0 * BODY_M;
            if ahead_m < -0.2 {
                return;
            }
            let nearness = 1.0 - distance_m / NEAR_M;
            // Dead ahead, or in the very same place: both go to their right.
            let away = if left_m > -0.05 { -1.0 } else { 1.0 };
            push.sideways += away * nearness;
            if left_m.abs() < BODY_M && ahead_m > 0.0 {
                let room_m = distance_m - 0.9 * BODY_M;
                push.pace = push.pace.min((room_m / BODY_M).clamp(0.0, 1.0));
            }
        });
        push.sideways = push.sideways.clamp(-1.0, 1.0);
        push
    }

    /// Whether a step would bring this person nearer to someone who is about to be touched.
    fn would_touch(&self, index: usize, persons: &[Person], grid: &Grid, to_m: [f64; 2]) -> bool {
        let mut touches = false;
        grid.visit(to_m, BODY_M, |other| {
            let at = &persons[other];
            let gap_m = |from: [f64; 2]| libm::hypot(at.x_m - from[0], at.y_m - from[1]);
            let then_m = gap_m(to_m);
            touches |= other != index
                && then_m < BODY_M
                && then_m < gap_m([self.x_m, self.y_m])
                && (at.z_m - self.z_m).abs() < 2.0;
        });
        touches
    }

    /// Whether the next step leads into a vehicle's body. Who goes up to its door stops there anyway.
    fn would_walk_into(&self, direction: [f64; 2], remaining_m: f64, vehicles: &[Body]) -> bool {
        vehicles.iter().any(|vehicle| {
            let near = (vehicle.x_m - self.x_m).abs() < 15.0 && (vehicle.y_m - self.y_m).abs() < 15.0;
            let level = (vehicle.z_m - self.z_m).abs() < 2.5;
            let ahead_m = |reach_m: f64| [self.x_m + direction[0] * reach_m, self.y_m + direction[1] * reach_m];
            let now_m2 = vehicle.square_distance_m2([self.x_m, self.y_m]);
            near && level
                && [0.4, 0.9].iter().any(|&reach_m: &f64| {
                    let then_m2 = vehicle.square_distance_m2(ahead_m(reach_m.min(remaining_m)));
                    then_m2 < 0.3 * 0.3 && then_m2 < now_m2
                })
        })
    }

    fn go(&mut self, to: Move) {
        let stepped_m = libm::hypot(to.x_m - self.x_m, to.y_m - self.y_m);
        assert!(
            stepped_m <= 1.3 * self.speed_mps_preferred * TICK_S + 1e-9,
            "person {} jumped {stepped_m} m",
            self.id.0
        );
        self.acceleration_mps2 = (to.speed_mps - self.speed_mps) / TICK_S;
        (self.x_m, self.y_m, self.z_m) = (to.x_m, to.y_m, to.z_m);
        (self.heading_rad, self.speed_mps) = (to.heading_rad, to.speed_mps);
        (self.lead_m, self.segment) = (to.lead_m, to.segment);
        (self.shut_in, self.progress_m) = (to.shut_in, to.progress_m);
        if to.has_arrived && self.next_crossing_is_behind() {
            self.doing = Doing::Stands;
            self.acceleration_mps2 = 0.0;
        }
    }

    fn next_crossing_is_behind(&self) -> bool {
        self.next_crossing + usize::from(self.doing == Doing::Crosses) >= self.crossings.len()
    }

    /// The point at `arc_m` on the path, which lies on `segment`.
    fn point(&self, arc_m: f64, segment: usize) -> [f64; 3] {
        let a = self.path[segment];
        let Some(b) = self.path.get(segment + 1) else {
            return [a[0], a[1], a[2]];
        };
        let share = ((arc_m - a[3]) / (b[3] - a[3])).clamp(0.0, 1.0);
        [
            a[0] + (b[0] - a[0]) * share,
            a[1] + (b[1] - a[1]) * share,
            a[2] + (b[2] - a[2]) * share,
        ]
    }

    fn state(&self) -> ActorState {
        ActorState {
            id: self.id,
            kind: ActorKind::Pedestrian,
            pose: Pose {
                x_m: self.x_m,
                y_m: self.y_m,
                z_m: self.z_m,
                heading_rad: self.heading_rad,
                ..Pose::default()
            },
            speed_mps: self.speed_mps,
            acceleration_mps2: self.acceleration_mps2,
            length_m: BODY_M,
            width_m: BODY_M,
            height_m: HEIGHT_M,
            lane: None,
            indicator: Indicator::Off,
        }
    }
}

struct Push {
    sideways: f64,
    pace: f64,
    /// Someone is near enough to be touched.
    is_close: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::tests::body;
    use proptest::prelude::*;
    use road::{CrossingId, LaneId};

    fn crossing() -> Crossing {
        Crossing {
            id: "zebra".into(),
            from_m: [0.0, 0.0, 0.0],
            to_m: [0.0, 12.0, 0.0],
            width_m: 4.0,
            lanes: vec![(LaneId(0), 1.0, 5.0), (LaneId(1), 7.0, 11.0)],
            signal: None,
        }
    }

    fn states(people: &People) -> Vec<ActorState> {
        let mut states = Vec::new();
        people.append_states(&mut states);
        states
    }

    #[test]
    fn a_person_waits_at_the_kerb_until_told_to_go_and_claims_the_crossing_before_stepping_on_it() {
        let zebra = [crossing()];
        let mut people = People::new();
        people.add(
            &zebra,
            ActorId(3),
            &[[-6.0, -3.0, 0.0], [0.3, -2.0, 0.0], [0.3, 14.0, 0.0], [5.0, 15.0, 0.0]],
            1.3,
            AtEnd::Stays,
        );
        let may_go_from_tick = 150;
        let mut asked = 0;
        for tick in 0..600 {
            people.step(&zebra, &[], |ahead, speed_mps| {
                assert_eq!((ahead.crossing, ahead.forward, speed_mps), (CrossingId(0), true, 1.3));
                asked += 1;
                if tick < may_go_from_tick {
                    KerbAnswer::WaitForGap
                } else {
                    KerbAnswer::Go
                }
            });
            let at = states(&people)[0].pose;
            let uses = people.crossing_uses();
            if tick < may_go_from_tick {
                assert!(
                    at.y_m <= -0.2,
                    "tick {tick}: on the crossing at {:.2} m, not told to go",
                    at.y_m
                );
            }
            if at.y_m > 0.0 && at.y_m < 12.0 {
                let taken = uses.first().expect("whoever is on a crossing is told to traffic");
                assert!(
                    taken.from_m <= at.y_m && at.y_m <= taken.to_m,
                    "tick {tick}: {taken:?}, at {:.2}",
                    at.y_m
                );
                assert!(
                    taken.to_m >= (at.y_m + 3.0 * 1.2).min(12.0),
                    "tick {tick}: three seconds ahead are told"
                );
            }
            if at.y_m > 12.5 {
                assert!(uses.is_empty(), "tick {tick}: the crossing is left behind");
            }
        }
        assert!(people.has_arrived(ActorId(3)));
        assert!(asked < 80, "who waits looks a few times a second, not more: {asked}");
    }

    #[test]
    fn a_walker_for_whom_the_way_is_clear_does_not_stop_at_the_kerb() {
        let zebra = [crossing()];
        let mut people = People::new();
        people.add(
            &zebra,
            ActorId(0),
            &[[0.0, 25.0, 0.0], [0.0, -10.0, 0.0]],
            1.4,
            AtEnd::Leaves,
        );
        let mut left = 0;
        for tick in 0..400 {
            left += people.step(&zebra, &[], |_, _| KerbAnswer::Go);
            if let Some(state) = states(&people).first()
                && tick > 20
                && state.pose.y_m > -9.0
            {
                assert!(
                    state.speed_mps > 1.2,
                    "tick {tick}: {:.2} m/s at {:.2} m",
                    state.speed_mps,
                    state.pose.y_m
                );
            }
        }
        assert_eq!((left, people.count()), (1, 0));
    }

    #[test]
    fn a_person_does_not_walk_into_a_vehicle() {
        let mut people = People::new();
        people.add(&[], ActorId(0), &[[0.0, -8.0, 0.0], [0.0, 8.0, 0.0]], 1.3, AtEnd::Stays);
        let bus = body(1, 0.0, 0.0, 0.0, 6.0, 2.0);
        for _ in 0..200 {
            people.step(&[], &[bus], |_, _| KerbAnswer::Go);
            let gap_m = Body::from(&states(&people)[0]).gap_m(&bus);
            assert!(gap_m > 0.05, "{gap_m} m from the bus");
        }
        for _ in 0..200 {
            people.step(&[], &[], |_, _| KerbAnswer::Go);
        }
        assert!(people.has_arrived(ActorId(0)), "goes on when the bus has left");
    }

    #[test]
    fn people_who_meet_pass_each_other_and_a_crowd_finds_room() {
        let mut people = People::new();
        for i in 0..24 {
            let (x_m, y_m) = (f64::from(i % 6) * 4.0 - 10.0, f64::from(i / 6) * 5.0 - 40.0);
            let place = [f64::from(i % 4) * 0.8, 10.0 - f64::from(i / 4) * 0.8, 0.0];
            people.add(
                &[],
                ActorId(i),
                &[[x_m, y_m, 0.0], [0.0, -15.0, 0.0], place],
                1.2,
                AtEnd::Stays,
            );
        }
        people.add(
            &[],
            ActorId(99),
            &[[0.0, 10.0, 0.0], [0.0, -60.0, 0.0]],
            1.3,
            AtEnd::Stays,
        );
        for _ in 0..1_200 {
            people.step(&[], &[], |_, _| KerbAnswer::Go);
        }
        for state in states(&people) {
            assert!(people.has_arrived(state.id), "{:?} at {:?}", state.id, state.pose);
        }
        let crowd = &states(&people)[..24];
        let touching = |a: &ActorState| {
            let near =
                |b: &&ActorState| a.id < b.id && libm::hypot(a.pose.x_m - b.pose.x_m, a.pose.y_m - b.pose.y_m) < 0.2;
            crowd.iter().filter(near).count()
        };
        assert_eq!(
            crowd.iter().map(touching).sum::<usize>(),
            0,
            "nobody stands in another's shoes"
        );
    }

    proptest! {
        #[test]
        fn whoever_walks_any_path_arrives_without_a_jump(
            points in prop::collection::vec((-40.0..40.0f64, -40.0..40.0f64, -1.0..1.0f64), 1..7),
            speed_mps in 0.6..2.2f64,
        ) {
            let path: Vec<[f64; 3]> = points.iter().map(|&(x, y, z)| [x, y, z]).collect();
            let run = |pair: &[[f64; 3]]| libm::hypot(pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
            let length_m: f64 = path.windows(2).map(run).sum();
            let mut people = People::new();
            people.add(&[], ActorId(0), &path, speed_mps, AtEnd::Stays);
            let mut before = states(&people)[0].pose;
            for _ in 0..(10.0 * (1.2 * length_m / speed_mps + 10.0)) as usize {
                people.step(&[], &[], |_, _| KerbAnswer::Go);
                let after = states(&people)[0].pose;
                prop_assert!(libm::hypot(after.x_m - before.x_m, after.y_m - before.y_m) <= 0.13 * speed_mps + 1e-9);
                prop_assert!(after.z_m.abs() <= 1.0 + 1e-9);
                before = after;
            }
            prop_assert!(people.has_arrived(ActorId(0)));
            let end = path[path.len() - 1];
            prop_assert!(libm::hypot(before.x_m - end[0], before.y_m - end[1]) < 0.1);
        }
    }
}
