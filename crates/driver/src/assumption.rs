//! The assumptions about others, watched while driving.
//!
//! In go those near the route in each cycle; out come counts of breaches as they begin, and, for some seconds, who has broken
//! what. What is assumed is said at [`Assumption`]; the bounds are those of [`reachable`](crate::reachable), with room for
//! what sensors are wrong by. It judges nobody: it says that a proof made before no longer holds.

use crate::neighbour::Neighbour;
use crate::reachable::{self, ALIGNED_COS, SPEED_FACTOR, WALKING_MPS, Windows};
use crate::view::View;
use record::SimTime;
use vehicle::{Assumption, Assurance, ObjectKind};

/// As many tracks are remembered.
const TRACKS_MAX: usize = 256;
/// A breach explains what becomes of it for so long.
const REMEMBERED: SimTime = SimTime::from_secs(3);
/// Who is out of sight for so long is new when it comes back.
const FORGOTTEN: SimTime = SimTime::from_secs(2);
/// Room for what is measured: speeds and accelerations.
const NOISE_MPS: f64 = 0.5;
const NOISE_MPS2: f64 = 1.0;
/// A follower reacts within this time and brakes so hard.
const REACTION_S: f64 = 0.5;
const FOLLOWER_MPS2: f64 = 6.0;
/// Only those so near in time have taken what is ours.
const INTRUDES_S: f64 = 3.0;

/// Who was where, and has done what.
#[derive(Debug)]
pub(crate) struct Watch {
    memories: Vec<Memory>,
    is_begun: bool,
}

#[derive(Clone, Copy, Debug)]
struct Memory {
    track: u32,
    seen: SimTime,
    /// It kept to another lane than ours, unannounced.
    keeps_beside: bool,
    /// What it breaks now, by [`Assumption::index`].
    breaks: [bool; Assumption::ALL.len()],
    /// What it has broken last.
    broken: Option<(Assumption, SimTime)>,
}

impl Default for Watch {
    fn default() -> Watch {
        Watch {
            memories: Vec::with_capacity(TRACKS_MAX),
            is_begun: false,
        }
    }
}

impl Watch {
    pub(crate) fn forget_lanes(&mut self) {
        for memory in &mut self.memories {
            memory.keeps_beside = false;
        }
    }

    /// What a track has broken lately.
    pub(crate) fn broken(&self, track: u32) -> Option<Assumption> {
        let memory = self.memories.iter().find(|memory| memory.track == track)?;
        memory.broken.map(|(assumption, _)| assumption)
    }

    /// Looks at everyone near, and counts what begins.
    pub(crate) fn update(
        &mut self,
        view: &View<'_>,
        windows: &Windows,
        reach_m: f64,
        braking_mps2: f64,
        assurance: &mut Assurance,
    ) {
        let now = view.observation.time;
        self.memories.retain(|memory| now - memory.seen < FORGOTTEN);
        for neighbour in view.neighbours {
            let known = self.memories.iter().position(|memory| memory.track == neighbour.track);
            let is_new = known.is_none();
            let index = match known {
                Some(index) => index,
                None if self.memories.len() < TRACKS_MAX => {
                    self.memories.push(Memory {
                        track: neighbour.track,
                        seen: now,
                        keeps_beside: false,
                        breaks: [false; Assumption::ALL.len()],
                        broken: None,
                    });
                    self.memories.len() - 1
                }
                None => continue,
            };
            let memory = &mut self.memories[index];
            memory.seen = now;
            let is_outside = reachable::is_outside_lane(view, neighbour);
            let mut breaks = breaches(view, neighbour, braking_mps2);
            let is_ahead = neighbour.rear_m > view.front_m;
            let is_in_junction = is_in_junction(view, neighbour);
            let is_vehicle = neighbour.kind != ObjectKind::Obstacle;
            let intrudes = memory.keeps_beside && !is_outside && !is_in_junction && is_vehicle;
            let kind = if neighbour.kind == ObjectKind::Pedestrian {
                Assumption::Walking
            } else {
                Assumption::LaneKeeping
            };
            breaks[kind.index()] |= intrudes && neighbour.front_m > view.front_m;
            breaks[Assumption::InSight.index()] = is_new
                && self.is_begun
                && is_ahead
                && neighbour.rear_m < reach_m
                && reachable::overlaps_band(view, neighbour);
            let near_m = INTRUDES_S * view.speed_mps.max(2.0);
            breaks[Assumption::RightOfWay.index()] = windows.iter().any(|window| {
                window.track == neighbour.track
                    && window.has_to_yield
                    && window.from_s <= 0.0
                    && window.enter_m - view.front_m < near_m
            });
            memory.keeps_beside = is_outside
                && if neighbour.kind == ObjectKind::Pedestrian {
                    reachable::stays_off_the_road(view, neighbour)
                } else {
                    !reachable::has_begun(view, neighbour)
                };
            for assumption in Assumption::ALL {
                let index = assumption.index();
                if breaks[index] {
                    memory.broken = Some((assumption, now));
                    assurance.broken[index] += u64::from(!memory.breaks[index]);
                }
            }
            memory.breaks = breaks;
            memory.broken = memory.broken.filter(|(_, at)| now - *at < REMEMBERED);
        }
        self.is_begun = true;
    }
}

/// What can be seen of one cycle alone.
fn breaches(view: &View<'_>, neighbour: &Neighbour, braking_mps2: f64) -> [bool; Assumption::ALL.len()] {
    let mut breaks = [false; Assumption::ALL.len()];
    let mut set = |assumption: Assumption, is_broken: bool| breaks[assumption.index()] = is_broken;
    match neighbour.kind {
        ObjectKind::Obstacle => {}
        ObjectKind::Pedestrian => set(Assumption::Walking, neighbour.speed_mps.abs() > WALKING_MPS + NOISE_MPS),
        _ if neighbour.alignment.abs() > ALIGNED_COS => {
            let onwards = neighbour.alignment.signum();
            let (speed_mps, acceleration_mps2) = (neighbour.along_mps * onwards, neighbour.acceleration_mps2 * onwards);
            let limit_mps = reachable::limit_mps(view, neighbour.rear_m);
            set(Assumption::Speed, speed_mps > limit_mps * SPEED_FACTOR + NOISE_MPS);
            let gain_mps2 = reachable::acceleration_mps2_max(neighbour.kind) + NOISE_MPS2;
            set(Assumption::Acceleration, acceleration_mps2 > gain_mps2);
            set(
                Assumption::Braking,
                acceleration_mps2 < -reachable::BRAKING_MPS2 - NOISE_MPS2,
            );
            set(Assumption::NoReversing, speed_mps < -NOISE_MPS);
            let gap_m = view.rear_m() - neighbour.front_m;
            let comes_behind = neighbour.alignment > 0.0 && gap_m > 0.0 && reachable::overlaps_band(view, neighbour);
            let needed_m = speed_mps * (REACTION_S + speed_mps / (2.0 * FOLLOWER_MPS2))
                - view.speed_mps * view.speed_mps / (2.0 * braking_mps2);
            set(
                Assumption::Distance,
                comes_behind && speed_mps > 1.0 && view.speed_mps > 1.0 && gap_m < needed_m,
            );
        }
        _ => {}
    }
    breaks
}

fn is_in_junction(view: &View<'_>, neighbour: &Neighbour) -> bool {
    let section = view.route.sections.get(view.route.section_at(neighbour.rear_m));
    section.is_none_or(|section| section.is_junction)
}
