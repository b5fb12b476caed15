//! What happens at a vehicle's doors while it stands at a stop: some get off, some walk up and get on.
//!
//! Each door lets one person through at a time, those who get off first; while one gets on, the next walks up. Times a
//! person are those of the data sheet. It knows no timetable: how long the vehicle stays is the dispatcher's business.

use crate::line::{Line, LineStop};
use crate::passenger::{PassengerId, Riders};
use road::{Pose, RoadNetwork};
use vehicle::DataSheet;
use world::{ActorId, World};

/// Between the middles of two doors of a vehicle.
const DOOR_SPACING_M: f64 = 1.4;
/// From the vehicle's side to the middle of whoever passes the door.
const DOOR_STEP_M: f64 = 0.45;
/// From there to where the next one waits.
const DOOR_QUEUE_M: f64 = 0.75;
/// Whoever has not come to the door in this time is not waited for.
const WALK_UP_S: f64 = 40.0;

/// One vehicle's doors and who is on board.
#[derive(Debug)]
pub(crate) struct Boarding {
    doors: Vec<Door>,
    pub(crate) on_board: Vec<PassengerId>,
    places: usize,
    boarding_s: f64,
    alighting_s: f64,
    /// Since the vehicle came to stand here.
    pub(crate) boarded: u32,
    /// Since the vehicle came to stand here.
    pub(crate) alighted: u32,
}

#[derive(Debug, Default)]
struct Door {
    walking_up: Option<(PassengerId, ActorId, f64)>,
    waiting: Option<(PassengerId, ActorId)>,
    passing: Option<(Way, PassengerId, f64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

/// Where and when doors are.
pub(crate) struct AtStop<'a> {
    pub(crate) clock_s: f64,
    pub(crate) stop: usize,
    pub(crate) line: &'a Line,
    pub(crate) network: &'a RoadNetwork,
    /// True pose of the middle of the rear axle.
    pub(crate) pose: Pose,
    pub(crate) sheet: &'a DataSheet,
    /// New passengers are let in.
    pub(crate) lets_in: bool,
    /// Everyone gets off here.
    pub(crate) is_last: bool,
}

impl Boarding {
    pub(crate) fn new(sheet: &DataSheet) -> Boarding {
        let count = sheet.doors.map_or(1, |doors| doors.count.clamp(1, 8));
        Boarding {
            doors: (0..count).map(|_| Door::default()).collect(),
            on_board: Vec::with_capacity(sheet.mass.seats as usize),
            places: sheet.mass.seats as usize,
            boarding_s: sheet.doors.map_or(2.5, |doors| doors.boarding_s),
            alighting_s: sheet.doors.map_or(1.8, |doors| doors.alighting_s),
            boarded: 0,
            alighted: 0,
        }
    }

    /// Forgets the counts of the last stop.
    pub(crate) fn arrive(&mut self) {
        self.boarded = 0;
        self.alighted = 0;
    }

    /// Nobody more fits in.
    pub(crate) fn is_full(&self) -> bool {
        self.taken() >= self.places
    }

    /// Nobody is on board or on the way in or out.
    pub(crate) fn is_empty(&self) -> bool {
        self.on_board.is_empty() && self.doors_are_idle()
    }

    /// Nobody is on the way in or out.
    pub(crate) fn doors_are_idle(&self) -> bool {
        let is_idle = |door: &Door| door.walking_up.is_none() && door.waiting.is_none() && door.passing.is_none();
        self.doors.iter().all(is_idle)
    }

    fn taken(&self) -> usize {
        let coming = |door: &Door| {
            usize::from(door.walking_up.is_some())
                + usize::from(door.waiting.is_some())
                + usize::from(matches!(door.passing, Some((Way::In, ..))))
        };
        self.on_board.len() + self.doors.iter().map(coming).sum::<usize>()
    }

    /// One tick with open doors. `goes_to` tells where the vehicle will stop later. Returns whether anyone is still on the
    /// way in or out, or could be called in.
    pub(crate) fn step(
        &mut self,
        at: &AtStop<'_>,
        riders: &mut Riders,
        world: &mut World,
        goes_to: impl Fn(usize) -> bool,
    ) -> bool {
        let mut is_busy = false;
        for index in 0..self.doors.len() {
            let door_m = before_door_m(at, index, DOOR_STEP_M);
            if let Some((way, id, until_s)) = self.doors[index].passing
                && at.clock_s >= until_s
            {
                self.doors[index].passing = None;
                match way {
                    Way::In => {
                        riders.board(at.clock_s, id, world);
                        self.on_board.push(id);
                        self.boarded += 1;
                    }
                    Way::Out => {
                        let stop: &LineStop = &at.line.stops[at.stop];
                        riders.alight(at.clock_s, id, door_m, stop, at.network, world);
                        self.alighted += 1;
                    }
                }
            }
            let door = &mut self.doors[index];
            if let Some((id, actor, since_s)) = door.walking_up {
                if world.person_has_arrived(actor) && door.waiting.is_none() {
                    door.waiting = Some((id, actor));
                    door.walking_up = None;
                } else if at.clock_s - since_s > WALK_UP_S {
                    riders.call_off(id, at.line, at.network, world);
                    door.walking_up = None;
                }
            }
            let leaver = self
                .on_board
                .iter()
                .position(|&id| at.is_last || riders.destination(id) == at.stop);
            if door.passing.is_none() {
                if let Some(leaver) = leaver {
                    // In order of boarding, so that who is next does not depend on who left before.
                    let id = self.on_board.remove(leaver);
                    door.passing = Some((Way::Out, id, at.clock_s + self.alighting_s));
                } else if let Some((id, actor)) = door.waiting.take() {
                    world.send_person(actor, &[before_door_m(at, index, DOOR_STEP_M + DOOR_QUEUE_M), door_m]);
                    door.passing = Some((Way::In, id, at.clock_s + self.boarding_s));
                }
            }
            if leaver.is_none()
                && self.doors[index].walking_up.is_none()
                && self.doors[index].waiting.is_none()
                && at.lets_in
                && !self.is_full()
                && let Some((id, actor)) = riders.call_next(at.stop, &goes_to)
            {
                let from_m = riders.standing_m(id, at.line, at.network);
                world.send_person(actor, &[from_m, before_door_m(at, index, DOOR_STEP_M + DOOR_QUEUE_M)]);
                self.doors[index].walking_up = Some((id, actor, at.clock_s));
            }
            let door = &self.doors[index];
            is_busy |= door.passing.is_some() || door.waiting.is_some() || door.walking_up.is_some();
        }
        is_busy
    }
}

/// The place before a door, `beside_m` from the vehicle's side.
fn before_door_m(at: &AtStop<'_>, index: usize, beside_m: f64) -> [f64; 3] {
    let x_m = at.sheet.doors.map_or(0.0, |doors| doors.x_m) - index as f64 * DOOR_SPACING_M;
    let y_m = -(0.5 * at.sheet.dimensions.width_m + beside_m);
    let (sin, cos) = (libm::sin(at.pose.heading_rad), libm::cos(at.pose.heading_rad));
    [
        at.pose.x_m + x_m * cos - y_m * sin,
        at.pose.y_m + x_m * sin + y_m * cos,
        at.pose.z_m,
    ]
}
