//! Measures of a run: how near it came to harm, when, where and between whom.
//!
//! [`Measures::observe`] is called after each step and keeps only the worst moments. Lengths are between bounding boxes
//! on the ground; "ahead" and "across" are the axes of the entity that is named first. It judges nothing: limits are the
//! business of suites.

mod encroachment;
mod rules;

pub(crate) use rules::colour_of;

use crate::model::{EntityId, EntityKind};
use crate::play::Player;
use road::Pose;
use std::collections::BTreeMap;

/// Speeds below this are none, so that nobody's headway is infinite by rounding.
const STILL_MPS: f64 = 0.1;
/// Gaps beyond this are nobody's business, and their times would be noise.
const FAR_M: f64 = 200.0;
/// Accelerations above this are jumps of a kinematic entity, not motion.
const JUMP_MPS2: f64 = 100.0;

/// Assumed for RSS, whose formula leaves them open: response time, forward acceleration while responding, least braking
/// of the one behind, greatest braking of the one ahead.
const RSS: (f64, f64, f64, f64) = (0.5, 3.5, 4.0, 8.0);

/// The worst moment of one measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// What it is.
    pub name: Name,
    /// The worst value.
    pub value: f64,
    /// When.
    pub time_s: f64,
    /// Where the first actor was.
    pub place_m: [f64; 2],
    /// Who: one, or the one who acts and the one ahead or beside.
    pub actors: Vec<EntityId>,
}

/// Where somebody was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// On its front.
    Front,
    /// On its back.
    Rear,
    /// On its left.
    Left,
    /// On its right.
    Right,
}

impl Side {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Side::Front => "front",
            Side::Rear => "rear",
            Side::Left => "left",
            Side::Right => "right",
        }
    }
}

/// First contact of two entities.
#[derive(Clone, Debug, PartialEq)]
pub struct Collision {
    /// When.
    pub time_s: f64,
    /// Between whom.
    pub actors: [EntityId; 2],
    /// Speed of one against the other.
    pub impact_mps: f64,
    /// Which side of each.
    pub sides: [Side; 2],
    /// Where, between both.
    pub place_m: [f64; 2],
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// Of the speed along the heading.
    Acceleration,
    /// Of the speed along the heading.
    Deceleration,
    /// Of the speed along the heading.
    Jerk,
    /// How far over the edge of its lane a vehicle's side is.
    LaneDeparture,
    /// Gap across, beside each other.
    LateralMargin,
    /// From one leaving a place to another coming to it.
    PostEncroachmentTime,
    /// Speed over a stop line whose light is red.
    RedLight,
    /// Closing speed² / 2 gap.
    RequiredDeceleration,
    /// Gap beyond the safe distance.
    RssMargin,
    /// Speed above the limit.
    Speeding,
    /// Speed over a stop line without having stood at it.
    StopLine,
    /// Gap ahead by own speed.
    TimeHeadway,
    /// Gap ahead by closing speed.
    TimeToCollision,
}

impl Name {
    /// All, by their words.
    pub const ALL: [Name; 13] = [
        Name::Acceleration,
        Name::Deceleration,
        Name::Jerk,
        Name::LaneDeparture,
        Name::LateralMargin,
        Name::PostEncroachmentTime,
        Name::RedLight,
        Name::RequiredDeceleration,
        Name::RssMargin,
        Name::Speeding,
        Name::StopLine,
        Name::TimeHeadway,
        Name::TimeToCollision,
    ];

    /// Its word, with the unit at its end.
    pub fn word(self) -> &'static str {
        match self {
            Name::Acceleration => "acceleration_mps2",
            Name::Deceleration => "deceleration_mps2",
            Name::Jerk => "jerk_mps3",
            Name::LaneDeparture => "lane_departure_m",
            Name::LateralMargin => "lateral_margin_m",
            Name::PostEncroachmentTime => "post_encroachment_time_s",
            Name::RedLight => "red_light_mps",
            Name::RequiredDeceleration => "required_deceleration_mps2",
            Name::RssMargin => "rss_margin_m",
            Name::Speeding => "speeding_mps",
            Name::StopLine => "stop_line_mps",
            Name::TimeHeadway => "time_headway_s",
            Name::TimeToCollision => "time_to_collision_s",
        }
    }

    /// Its unit as people write it.
    pub fn unit(self) -> &'static str {
        match self.word().rsplit('_').next() {
            Some("mps") => "m/s",
            Some("mps2") => "m/s²",
            Some("mps3") => "m/s³",
            Some("s") => "s",
            _ => "m",
        }
    }

    /// Whether a smaller value is the worse one.
    pub fn smaller_is_worse(self) -> bool {
        matches!(
            self,
            Name::LateralMargin
                | Name::PostEncroachmentTime
                | Name::RssMargin
                | Name::TimeHeadway
                | Name::TimeToCollision
        )
    }
}

/// Running measures of one run.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    /// Only what this one does and meets.
    only: Option<EntityId>,
    /// In the order of [`Name`].
    worst: [Option<Measure>; Name::ALL.len()],
    collisions: BTreeMap<(EntityId, EntityId), Collision>,
    /// Speed and acceleration along the heading at the last step.
    last: Vec<Option<(f64, Option<f64>)>>,
    /// Where everybody was at the last step; what rests beside what rests is not measured again.
    places: Vec<Option<[f64; 3]>>,
    has_moved: Vec<bool>,
    ways: Vec<rules::Way>,
    trails: encroachment::Trails,
}

impl Measures {
    /// Measures of what one entity does and has to fear from others, and of its collisions.
    pub fn of(entity: EntityId) -> Measures {
        Measures {
            only: Some(entity),
            ..Measures::default()
        }
    }

    /// The worst moment of one measure, if there was anything to measure.
    pub fn get(&self, name: Name) -> Option<&Measure> {
        self.worst[name as usize].as_ref()
    }

    /// Looks at the state after a step of that length.
    pub fn observe(&mut self, player: &Player<'_>, step_s: f64) {
        let count = player.bodies().len();
        self.last.resize(count, None);
        self.ways.resize(count, rules::Way::default());
        self.places.resize(count, None);
        let mut has_moved = std::mem::take(&mut self.has_moved);
        has_moved.clear();
        for entity in 0..count {
            let body = &player.bodies()[entity];
            let place = body
                .is_active
                .then_some([body.pose.x_m, body.pose.y_m, body.pose.heading_rad]);
            has_moved.push(place != self.places[entity]);
            self.places[entity] = place;
            // Who rests as it did has been measured.
            let rests = !has_moved[entity] && self.last[entity] == Some((body.speed_mps, Some(0.0)));
            if body.is_active && !rests && self.only.is_none_or(|only| only == entity) {
                self.alone(player, entity, step_s);
                self.rules(player, entity);
            }
        }
        self.encroachment(player);
        for first in 0..count {
            if !player.bodies()[first].is_active {
                continue;
            }
            for second in first + 1..count {
                let bodies = [&player.bodies()[first], &player.bodies()[second]];
                if self.only.is_some_and(|only| only != first && only != second) {
                    continue;
                }
                if !bodies[1].is_active || !(has_moved[first] || has_moved[second]) {
                    continue;
                }
                let is_near = libm::hypot(
                    bodies[0].pose.x_m - bodies[1].pose.x_m,
                    bodies[0].pose.y_m - bodies[1].pose.y_m,
                ) < FAR_M;
                if is_near {
                    if self.only.is_none_or(|only| only == first) {
                        self.pair(player, first, second);
                    }
                    if self.only.is_none_or(|only| only == second) {
                        self.pair(player, second, first);
                    }
                    self.contact(player, first, second);
                }
            }
        }
        self.has_moved = has_moved;
    }

    /// The worst moments, by name.
    pub fn worst(&self) -> impl Iterator<Item = &Measure> {
        self.worst.iter().flatten()
    }

    /// The worst moments since this was asked last, in the order of [`Name::ALL`]; they are forgotten. Asked at a period it
    /// makes curves.
    pub fn take_worst(&mut self) -> [Option<Measure>; Name::ALL.len()] {
        std::mem::take(&mut self.worst)
    }

    /// Collisions, the first of each pair, in the order of entities.
    pub fn collisions(&self) -> impl Iterator<Item = &Collision> {
        self.collisions.values()
    }

    /// Acceleration and jerk along the heading, and how far over the edge of its lane somebody is.
    fn alone(&mut self, player: &Player<'_>, entity: EntityId, step_s: f64) {
        let body = &player.bodies()[entity];
        let is_vehicle = player.entities()[entity].kind == EntityKind::Vehicle;
        // Of speeds rather than places: a kinematic entity's path has corners, its speed means what it says.
        let before = self.last[entity].filter(|_| step_s > 0.0);
        let along = before.map(|(speed_mps, _)| (body.speed_mps - speed_mps) / step_s);
        let along = along.filter(|along| along.abs() < JUMP_MPS2);
        self.last[entity] = Some((body.speed_mps, along));
        if let Some(along) = along {
            self.keep(Name::Acceleration, along, player, &[entity]);
            self.keep(Name::Deceleration, -along, player, &[entity]);
            if let Some(last) = before.and_then(|(_, last)| last) {
                self.keep(Name::Jerk, (along - last).abs() / step_s, player, &[entity]);
            }
        }
        let Some((roads, spot)) = player.scenario().roads.as_ref().zip(body.spot) else {
            return;
        };
        if is_vehicle && spot.lane != 0 {
            let half_m = 0.5 * roads.lane_width_m(spot);
            let own_m = 0.5 * player.entities()[entity].size_m[1];
            self.keep(
                Name::LaneDeparture,
                spot.offset_m.abs() + own_m - half_m,
                player,
                &[entity],
            );
        }
    }

    /// What one has to fear from another that is ahead of it or beside it.
    fn pair(&mut self, player: &Player<'_>, own: EntityId, other: EntityId) {
        let bodies = player.bodies();
        let (here, there) = (&bodies[own], &bodies[other]);
        let [ahead_m, across_m] = player.gap_m(own, there.pose, Some(other));
        let actors = [own, other];
        let (sin, cos) = libm::sincos(here.pose.heading_rad);
        let along = |[x, y]: [f64; 2]| x * cos + y * sin;
        let (own_mps, other_mps) = (along(here.velocity_mps), along(there.velocity_mps));
        if ahead_m == 0.0 && across_m != 0.0 && own_mps.abs() > STILL_MPS {
            self.keep(Name::LateralMargin, across_m.abs(), player, &actors);
        }
        if across_m != 0.0 || ahead_m <= 0.0 {
            return;
        }
        // Hayward (1972): time to collision, both keeping their speeds.
        let closing_mps = own_mps - other_mps;
        if closing_mps > STILL_MPS {
            self.keep(Name::TimeToCollision, ahead_m / closing_mps, player, &actors);
            // The constant deceleration that just avoids contact: v²/2d of the closing speed (Cooper and Ferguson 1976).
            let needed = closing_mps * closing_mps / (2.0 * ahead_m);
            self.keep(Name::RequiredDeceleration, needed, player, &actors);
        }
        if own_mps > STILL_MPS {
            self.keep(Name::TimeHeadway, ahead_m / own_mps, player, &actors);
            // Shalev-Shwartz, Shammah and Shashua (2017), definition 1: distance beyond the safe one, if both drive one way.
            if other_mps >= 0.0 {
                let (response_s, faster, braking, braking_ahead) = RSS;
                let after_mps = own_mps + response_s * faster;
                let safe_m = own_mps * response_s
                    + 0.5 * faster * response_s * response_s
                    + after_mps * after_mps / (2.0 * braking)
                    - other_mps * other_mps / (2.0 * braking_ahead);
                self.keep(Name::RssMargin, ahead_m - safe_m.max(0.0), player, &actors);
            }
        }
    }

    fn contact(&mut self, player: &Player<'_>, first: EntityId, second: EntityId) {
        if self.collisions.contains_key(&(first, second)) || !player.touch(first, second) {
            return;
        }
        let [one, two] = [first, second].map(|entity| &player.bodies()[entity]);
        let collision = Collision {
            time_s: player.time_s(),
            actors: [first, second],
            impact_mps: libm::hypot(
                one.velocity_mps[0] - two.velocity_mps[0],
                one.velocity_mps[1] - two.velocity_mps[1],
            ),
            sides: [side_hit(player, first, second), side_hit(player, second, first)],
            place_m: [0.5 * (one.pose.x_m + two.pose.x_m), 0.5 * (one.pose.y_m + two.pose.y_m)],
        };
        self.collisions.insert((first, second), collision);
    }

    fn keep(&mut self, name: Name, value: f64, player: &Player<'_>, actors: &[EntityId]) {
        let slot = &mut self.worst[name as usize];
        let is_worse = |known: f64| match name.smaller_is_worse() {
            true => value < known,
            false => value > known,
        };
        match slot {
            Some(known) if !is_worse(known.value) => {}
            _ => {
                let pose = player.bodies()[actors[0]].pose;
                *slot = Some(Measure {
                    name,
                    value,
                    time_s: player.time_s(),
                    place_m: [pose.x_m, pose.y_m],
                    actors: actors.to_vec(),
                });
            }
        }
    }
}

/// The side of `own` that the middle of `other` lies towards, seen along the diagonals of the box.
fn side_hit(player: &Player<'_>, own: EntityId, other: EntityId) -> Side {
    let middle = |entity: EntityId| {
        let (body, form) = (&player.bodies()[entity], &player.entities()[entity]);
        let Pose {
            x_m, y_m, heading_rad, ..
        } = body.pose;
        let (sin, cos) = libm::sincos(heading_rad);
        let [ahead, left, _] = form.centre_m;
        [x_m + ahead * cos - left * sin, y_m + ahead * sin + left * cos]
    };
    let (here, there) = (middle(own), middle(other));
    let (sin, cos) = libm::sincos(player.bodies()[own].pose.heading_rad);
    let [dx, dy] = [there[0] - here[0], there[1] - here[1]];
    let size = player.entities()[own].size_m;
    let along = (dx * cos + dy * sin) / size[0].max(0.1);
    let across = (dy * cos - dx * sin) / size[1].max(0.1);
    match along.abs() >= across.abs() {
        true if along > 0.0 => Side::Front,
        true => Side::Rear,
        false if across > 0.0 => Side::Left,
        false => Side::Right,
    }
}
