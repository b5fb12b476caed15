//! Figures of one run: what a criterion may ask for, each with its time, its place and who was met.
//!
//! In goes the player after each step ([`Watch::observe`]); out comes what was seen of the ego. The measures of
//! [`scenario::measures`] are figures under their own names; beside them stand those that only verdicts need. It judges
//! nothing. Everything is looked at in each step, nothing is kept to be reckoned later.
//!
//! | figure | meaning | source |
//! | --- | --- | --- |
//! | `impact_mps` | speed against each other at the ego's hardest first contact; 0 without | |
//! | `speed_start_mps`, `speed_end_mps`, `speed_max_mps`, `speed_min_mps` | of the ego | |
//! | `travelled_m` | how far it came | |
//! | `standing_s` | longest time that it stood | |
//! | `gap_end_m`, `gap_min_m` | clear road ahead to the next body in its strip, at the end and the least | |
//! | `following_margin_m` | that gap at the end beyond the regulation's table of least gaps | UN R157 5.2.3.3 |
//! | `cut_in_ttc_s` | time to collision when another's side is 0.3 m over the line of the ego's lane | UN R157 5.2.5.2 |
//! | `cut_in_margin_s` | that time beyond closing speed / (2 · 6 m/s²) + 0.35 s: above 0 it must be avoided | UN R157 5.2.5.2 |
//! | `lane_offset_m` | farthest from the middle of its lane | |
//! | `lateral_acceleration_mps2` | hardest across, of turning at speed | |
//! | `clearance_m` | the least room to anybody, along and across the ego's axes; 0 at a contact | |

use crate::suite::LogicalScenario;
use record::SimTime;
use scenario::Player;
use scenario::measures::{Measures, Name};
use scenario::model::{EntityId, EntityKind};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// UN R157, 5.2.5.2: so far over the line the other's side is when the cut-in counts.
const INTRUSION_M: f64 = 0.3;
/// UN R157, 5.2.5.2: braking that is asked for, and the time before it.
const BRAKING_MPS2: f64 = 6.0;
const REACTION_S: f64 = 0.35;
/// Times to collision beyond this are no hazard and are told as this.
const TTC_S_MAX: f64 = 60.0;
/// Slower than this is standing.
const STILL_MPS: f64 = 0.1;
/// Bodies reach no farther from their reference points, two of them together.
const NEAR_M: f64 = 40.0;
/// Nobody farther ahead is followed.
const REACH_M: f64 = 200.0;
/// States enter the digest this often, as they enter recordings.
const PERIOD: SimTime = SimTime::from_millis(100);

/// UN R157, 5.2.3.3: least gaps by speed, km/h and m.
const LEAST_GAPS: [(f64, f64); 7] = [
    (7.2, 2.0),
    (10.0, 3.1),
    (20.0, 6.7),
    (30.0, 10.8),
    (40.0, 15.6),
    (50.0, 20.8),
    (60.0, 26.7),
];

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// One of the scenario's measures, of the ego.
    Measured(Name),
    /// One of those of this module, by its place in `OWN`.
    Own(usize),
}

/// Names and units of the figures of this module.
const OWN: [(&str, &str); 15] = [
    ("impact_mps", "m/s"),
    ("speed_start_mps", "m/s"),
    ("speed_end_mps", "m/s"),
    ("speed_max_mps", "m/s"),
    ("speed_min_mps", "m/s"),
    ("travelled_m", "m"),
    ("standing_s", "s"),
    ("gap_end_m", "m"),
    ("gap_min_m", "m"),
    ("following_margin_m", "m"),
    ("cut_in_ttc_s", "s"),
    ("cut_in_margin_s", "s"),
    ("lane_offset_m", "m"),
    ("lateral_acceleration_mps2", "m/s²"),
    ("clearance_m", "m"),
];

impl Figure {
    /// Number of figures.
    pub const COUNT: usize = Name::ALL.len() + OWN.len();
    /// The one that tells collisions.
    pub const IMPACT: Figure = Figure::Own(0);
    /// The one that tells how near anybody came.
    pub const CLEARANCE: Figure = Figure::Own(OWN.len() - 1);

    /// All, in the order of a run's readings.
    pub fn all() -> impl Iterator<Item = Figure> {
        let measured = Name::ALL.into_iter().map(Figure::Measured);
        measured.chain((0..OWN.len()).map(Figure::Own))
    }

    /// The figure of that name.
    pub fn named(name: &str) -> Option<Figure> {
        Figure::all().find(|figure| figure.word() == name)
    }

    /// Its name, with the unit at its end.
    pub fn word(self) -> &'static str {
        match self {
            Figure::Measured(name) => name.word(),
            Figure::Own(index) => OWN[index].0,
        }
    }

    /// Its unit as people write it.
    pub fn unit(self) -> &'static str {
        match self {
            Figure::Measured(name) => name.unit(),
            Figure::Own(index) => OWN[index].1,
        }
    }

    /// Its place among all.
    pub fn index(self) -> usize {
        match self {
            Figure::Measured(name) => name as usize,
            Figure::Own(index) => Name::ALL.len() + index,
        }
    }
}

/// A figure as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Its value.
    pub value: f64,
    /// When.
    pub time_s: f64,
    /// Where the ego was.
    pub place_m: [f64; 2],
    /// Whom it met, if anybody.
    pub other: Option<String>,
}

/// All figures of a run; what never came up is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Readings(Vec<Option<Reading>>);

impl Readings {
    /// Of figures that came up, by whatever means.
    pub fn of(readings: impl IntoIterator<Item = (Figure, Reading)>) -> Readings {
        let mut all = vec![None; Figure::COUNT];
        for (figure, reading) in readings {
            all[figure.index()] = Some(reading);
        }
        Readings(all)
    }

    /// One figure.
    pub fn get(&self, figure: Figure) -> Option<&Reading> {
        self.0[figure.index()].as_ref()
    }
}

/// Somebody who watches a run.
#[derive(Debug)]
pub struct Watch {
    ego: Option<EntityId>,
    measures: Measures,
    own: [Option<Reading>; OWN.len()],
    /// Of everybody: was out of the ego's lane, was in it.
    was_out: Vec<bool>,
    has_come_in: Vec<bool>,
    still_since_s: Option<f64>,
    last: Option<(f64, f64)>,
    /// Roads that the ego was on, by index.
    roads: BTreeSet<usize>,
    hash: Sha256,
    next: SimTime,
}

impl Watch {
    /// A watcher of an ego.
    pub fn new(ego: Option<EntityId>) -> Watch {
        Watch {
            ego,
            measures: ego.map_or_else(Measures::default, Measures::of),
            own: Default::default(),
            was_out: Vec::new(),
            has_come_in: Vec::new(),
            still_since_s: None,
            last: None,
            roads: BTreeSet::new(),
            hash: Sha256::new(),
            next: SimTime::ZERO,
        }
    }

    /// Looks at the state after a step.
    pub fn observe(&mut self, player: &Player<'_>, step_s: f64) {
        self.measures.observe(player, step_s);
        self.digest(player);
        let Some(ego) = self.ego.filter(|&ego| player.bodies()[ego].is_active) else {
            return;
        };
        let body = &player.bodies()[ego];
        let speed_mps = body.speed_mps;
        if self.own[1].is_none() {
            self.set("speed_start_mps", speed_mps, player, ego, None);
        }
        self.extreme("speed_max_mps", speed_mps, player, ego, None);
        self.extreme("speed_min_mps", -speed_mps, player, ego, None);
        let now_s = player.time_s();
        match speed_mps.abs() < STILL_MPS {
            true => {
                let since_s = *self.still_since_s.get_or_insert(now_s);
                self.extreme("standing_s", now_s - since_s, player, ego, None);
            }
            false => self.still_since_s = None,
        }
        if let Some((heading_rad, before_mps)) = self.last
            && step_s > 0.0
        {
            let turn_rad = scenario::roads::wrapped(body.pose.heading_rad - heading_rad);
            let across_mps2 = (turn_rad / step_s * 0.5 * (speed_mps + before_mps)).abs();
            self.extreme("lateral_acceleration_mps2", across_mps2, player, ego, None);
        }
        self.last = Some((body.pose.heading_rad, speed_mps));
        if let Some(spot) = body.spot {
            self.roads.insert(spot.road);
        }
        if let Some(spot) = body.spot
            && spot.lane != 0
        {
            self.extreme("lane_offset_m", spot.offset_m.abs(), player, ego, None);
        }
        if let Some((gap_m, other)) = next_ahead(player, ego) {
            self.extreme("gap_min_m", -gap_m, player, ego, Some(other));
        }
        self.near(player, ego);
        self.cut_ins(player, ego);
    }

    /// The room to whoever is nearest.
    fn near(&mut self, player: &Player<'_>, ego: EntityId) {
        let here = player.bodies()[ego].pose;
        let known_m = self.own[own("clearance_m")]
            .as_ref()
            .map_or(REACH_M, |known| -known.value);
        for (other, body) in player.bodies().iter().enumerate() {
            // Reference points tell cheaply that somebody is farther than who came nearest.
            let reach_m = known_m + NEAR_M;
            let is_far = (here.x_m - body.pose.x_m).abs() > reach_m || (here.y_m - body.pose.y_m).abs() > reach_m;
            if other == ego || !body.is_active || is_far {
                continue;
            }
            let [ahead_m, across_m] = player.gap_m(ego, body.pose, Some(other));
            self.extreme("clearance_m", -libm::hypot(ahead_m, across_m), player, ego, Some(other));
        }
    }

    /// Whether the run has anything left to show: it has not once the ego has stood or been touched for as long as the
    /// scenario says.
    pub fn goes_on(&self, player: &Player<'_>, logical: &LogicalScenario) -> bool {
        let now_s = player.time_s();
        let stands = self.still_since_s.zip(logical.stop_after_standing_s);
        let touched_s = self
            .measures
            .collisions()
            .filter(|hit| self.ego.is_some_and(|ego| hit.actors.contains(&ego)));
        let touched_s = touched_s.map(|hit| hit.time_s).fold(f64::INFINITY, f64::min);
        let has_stood = stands.is_some_and(|(since_s, stop_s)| now_s - since_s >= stop_s);
        !has_stood && now_s - touched_s < logical.stop_after_contact_s.max(1e-9)
    }

    /// Roads that the ego was on, by index.
    pub fn roads(&self) -> &BTreeSet<usize> {
        &self.roads
    }

    /// What was seen, once the run is over, and the digest of all states.
    pub fn finish(mut self, player_end: &Ending) -> (Readings, [u8; 32]) {
        let measured = Name::ALL.map(|name| {
            self.measures.get(name).map(|measure| Reading {
                value: measure.value,
                time_s: measure.time_s,
                place_m: measure.place_m,
                other: measure.actors.get(1).map(|&other| player_end.names[other].clone()),
            })
        });
        let met = self
            .measures
            .collisions()
            .filter(|hit| self.ego.is_some_and(|ego| hit.actors.contains(&ego)));
        let hardest = met.max_by(|a, b| a.impact_mps.total_cmp(&b.impact_mps));
        self.own[0] = Some(match hardest {
            Some(hit) => Reading {
                // Who is touched at the same speed was touched all the same.
                value: hit.impact_mps.max(f64::MIN_POSITIVE),
                time_s: hit.time_s,
                place_m: hit.place_m,
                other: hit
                    .actors
                    .iter()
                    .find(|&&actor| Some(actor) != self.ego)
                    .map(|&other| player_end.names[other].clone()),
            },
            None => Reading {
                value: 0.0,
                time_s: player_end.time_s,
                place_m: player_end.place_m,
                other: None,
            },
        });
        let at_end = |value: f64, other: Option<String>| {
            Some(Reading {
                value,
                time_s: player_end.time_s,
                place_m: player_end.place_m,
                other,
            })
        };
        if player_end.is_there {
            self.own[own("speed_end_mps")] = at_end(player_end.speed_mps, None);
            self.own[own("travelled_m")] = at_end(player_end.travelled_m, None);
            self.own[own("standing_s")] = self.own[own("standing_s")].take().or_else(|| at_end(0.0, None));
        }
        if let Some((gap_m, other)) = &player_end.ahead {
            let margin_m = gap_m - least_gap_m(player_end.speed_mps);
            self.own[own("gap_end_m")] = at_end(*gap_m, Some(other.clone()));
            self.own[own("following_margin_m")] = at_end(margin_m, Some(other.clone()));
        }
        // These were kept as the largest of their opposite.
        for name in [
            "speed_min_mps",
            "gap_min_m",
            "cut_in_ttc_s",
            "cut_in_margin_s",
            "clearance_m",
        ] {
            if let Some(reading) = &mut self.own[own(name)] {
                reading.value = -reading.value;
            }
        }
        let all = measured.into_iter().chain(self.own);
        (Readings(all.collect()), self.hash.finalize().into())
    }

    /// Puts everybody's state into the digest, ten times a second: every bit of time, place, heading and speed.
    fn digest(&mut self, player: &Player<'_>) {
        let time = SimTime::from_secs_f64(player.time_s());
        if time < self.next {
            return;
        }
        self.next = time + PERIOD;
        self.hash.update(time.as_nanos().to_le_bytes());
        for (index, body) in player.bodies().iter().enumerate() {
            if body.is_active {
                let pose = body.pose;
                self.hash.update((index as u64).to_le_bytes());
                for value in [pose.x_m, pose.y_m, pose.heading_rad, body.speed_mps] {
                    self.hash.update(value.to_bits().to_le_bytes());
                }
            }
        }
    }

    /// Others that come into the ego's lane ahead of it.
    fn cut_ins(&mut self, player: &Player<'_>, ego: EntityId) {
        let count = player.bodies().len();
        self.was_out.resize(count, false);
        self.has_come_in.resize(count, false);
        let (Some(roads), Some(spot)) = (&player.scenario().roads, player.bodies()[ego].spot) else {
            return;
        };
        let middle_m = roads.t_m(scenario::roads::Spot { offset_m: 0.0, ..spot });
        let half_lane_m = 0.5 * roads.lane_width_m(spot);
        for other in 0..count {
            let (form, body) = (&player.entities()[other], &player.bodies()[other]);
            let Some(there) = body.spot.filter(|there| there.road == spot.road) else {
                continue;
            };
            if other == ego || !body.is_active || form.kind != EntityKind::Vehicle || self.has_come_in[other] {
                continue;
            }
            let (sin, cos) = libm::sincos(body.heading_to_road_rad);
            let half_m = 0.5 * (form.size_m[1] * cos.abs() + form.size_m[0] * sin.abs());
            let over_m = half_lane_m + half_m - (roads.t_m(there) - middle_m).abs();
            if over_m < 0.0 {
                self.was_out[other] = true;
            }
            if !self.was_out[other] || over_m < INTRUSION_M {
                continue;
            }
            self.has_come_in[other] = true;
            let [gap_m, _] = player.gap_m(ego, body.pose, Some(other));
            if gap_m <= 0.0 {
                continue;
            }
            let own = &player.bodies()[ego];
            let (sin, cos) = libm::sincos(own.pose.heading_rad);
            let closing_mps = own.speed_mps - (body.velocity_mps[0] * cos + body.velocity_mps[1] * sin);
            let ttc_s = match closing_mps > STILL_MPS {
                true => (gap_m / closing_mps).min(TTC_S_MAX),
                false => TTC_S_MAX,
            };
            let needed_s = closing_mps.max(0.0) / (2.0 * BRAKING_MPS2) + REACTION_S;
            self.extreme("cut_in_ttc_s", -ttc_s, player, ego, Some(other));
            self.extreme("cut_in_margin_s", -(ttc_s - needed_s), player, ego, Some(other));
        }
    }

    fn set(&mut self, name: &str, value: f64, player: &Player<'_>, ego: EntityId, other: Option<EntityId>) {
        let pose = player.bodies()[ego].pose;
        self.own[own(name)] = Some(Reading {
            value,
            time_s: player.time_s(),
            place_m: [pose.x_m, pose.y_m],
            other: other.map(|other| player.entities()[other].name.clone()),
        });
    }

    /// Keeps the largest.
    fn extreme(&mut self, name: &str, value: f64, player: &Player<'_>, ego: EntityId, other: Option<EntityId>) {
        if self.own[own(name)].as_ref().is_none_or(|known| value > known.value) {
            self.set(name, value, player, ego, other);
        }
    }
}

/// The state of the ego when a run was over.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    names: Vec<String>,
    is_there: bool,
    time_s: f64,
    place_m: [f64; 2],
    speed_mps: f64,
    travelled_m: f64,
    ahead: Option<(f64, String)>,
}

impl Ending {
    /// Of a player.
    pub fn of(player: &Player<'_>, ego: Option<EntityId>) -> Ending {
        let body = ego.map(|ego| &player.bodies()[ego]);
        Ending {
            names: player.entities().iter().map(|entity| entity.name.clone()).collect(),
            is_there: body.is_some_and(|body| body.is_active),
            time_s: player.time_s(),
            place_m: body.map_or([0.0; 2], |body| [body.pose.x_m, body.pose.y_m]),
            speed_mps: body.map_or(0.0, |body| body.speed_mps),
            travelled_m: body.map_or(0.0, |body| body.travelled_m),
            ahead: ego
                .and_then(|ego| next_ahead(player, ego))
                .map(|(gap_m, other)| (gap_m, player.entities()[other].name.clone())),
        }
    }
}

fn own(name: &str) -> usize {
    let found = OWN.iter().position(|(known, _)| *known == name);
    found.expect("the module names its own figures")
}

/// The clear road to the nearest body in the strip ahead, and who that is.
fn next_ahead(player: &Player<'_>, ego: EntityId) -> Option<(f64, EntityId)> {
    let mut nearest: Option<(f64, EntityId)> = None;
    for (other, body) in player.bodies().iter().enumerate() {
        if other == ego || !body.is_active {
            continue;
        }
        let [ahead_m, across_m] = player.gap_m(ego, body.pose, Some(other));
        let is_next = across_m == 0.0 && ahead_m > 0.0 && ahead_m < REACH_M;
        if is_next && nearest.is_none_or(|(known_m, _)| ahead_m < known_m) {
            nearest = Some((ahead_m, other));
        }
    }
    nearest
}

/// UN R157, 5.2.3.3: the least gap at a speed; between the rows evenly, below them 2 m, beyond them the last time gap.
fn least_gap_m(speed_mps: f64) -> f64 {
    let speed_kph = 3.6 * speed_mps;
    let (low, high) = (LEAST_GAPS[0], LEAST_GAPS[LEAST_GAPS.len() - 1]);
    if speed_kph <= low.0 {
        return low.1;
    }
    if speed_kph >= high.0 {
        return high.1 * speed_kph / high.0;
    }
    let above = LEAST_GAPS.partition_point(|&(kph, _)| kph < speed_kph);
    let ((from_kph, from_m), (to_kph, to_m)) = (LEAST_GAPS[above - 1], LEAST_GAPS[above]);
    from_m + (to_m - from_m) * (speed_kph - from_kph) / (to_kph - from_kph)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_found_by_its_name_and_no_two_share_one() {
        let words: std::collections::BTreeSet<&str> = Figure::all().map(Figure::word).collect();
        assert_eq!(words.len(), Figure::COUNT);
        for (index, figure) in Figure::all().enumerate() {
            assert_eq!(Figure::named(figure.word()), Some(figure));
            assert_eq!(figure.index(), index);
        }
    }

    #[test]
    fn least_gaps_are_those_of_the_table_and_go_on_beyond_it() {
        for (kph, gap_m) in LEAST_GAPS {
            assert!((least_gap_m(kph / 3.6) - gap_m).abs() < 1e-9, "{kph}");
        }
        assert_eq!(least_gap_m(0.0), 2.0);
        assert!((least_gap_m(120.0 / 3.6) - 53.4).abs() < 1e-9);
    }
}
