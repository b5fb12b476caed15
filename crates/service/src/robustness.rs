//! Hours drawn by luck: another stretch of a day, traffic, weather and faults each time, and every touch explained.
//!
//! In go sites, a seed and the number of an hour; out come its conditions ([`Draw`]), and, once played, what it came to
//! ([`HourResult`]): kilometres, and each touch with who was where, what the driver gave as its reason and whose fault it is.
//! An hour depends on its number and the seed alone, so that hours may be played in any order, on any number of threads.
//!
//! Whose fault a touch is, by rules that an assessor can follow, the first that holds:
//! 1. the vehicle had stood for [`STOOD_S`]: the other's;
//! 2. the other came from behind its rear axle, faster: the other's;
//! 3. somebody near broke an assumption of `docs/driver.md` in the last [`BREACH_S`]: outside what is assumed, told by assumption;
//! 4. else the vehicle's own.

use crate::day::{DayOptions, ServiceDay};
use crate::degradation::PlannedFault;
use crate::event::ServiceEventKind;
use crate::observer::STANDING_MPS;
use crate::problem::ServiceError;
use crate::site::Site;
use record::Seed;
use std::sync::Arc;
use vehicle::{Assumption, FaultKind, Reason};
use world::{ActorKind, ActorState, Frame, TestVehicleState, Weather};

/// Length of an hour.
const HOUR_S: f64 = 3600.0;
/// Who has stood for so long was run into.
pub const STOOD_S: f64 = 0.5;
/// A broken assumption explains a touch for so long.
pub const BREACH_S: f64 = 3.0;
/// Faults are this likely in an hour; then there are one or two.
const FAULTY_SHARE: f64 = 0.5;

/// The conditions of an hour.
#[derive(Clone, Debug, PartialEq)]
pub struct Draw {
    /// Its number.
    pub number: u64,
    /// Index of its site.
    pub site: usize,
    /// The day's luck.
    pub seed: u64,
    /// Start, seconds after midnight: a whole minute.
    pub from_s: f64,
    /// End.
    pub to_s: f64,
    /// Multiplies all other traffic, in hundredths.
    pub traffic_scale: f64,
    /// Weather and light.
    pub weather: Weather,
    /// What breaks, and when: whole seconds.
    pub faults: Vec<PlannedFault>,
}

/// An hour as it went.
#[derive(Clone, Debug, PartialEq)]
pub struct HourResult {
    /// Under which conditions.
    pub draw: Draw,
    /// Driven by all vehicles together.
    pub distance_km: f64,
    /// Vehicle-hours on the road.
    pub vehicle_h: f64,
    /// Brakings harder than 2.5 m/s².
    pub hard_brakings: u32,
    /// The least gap to anybody while moving.
    pub gap_m_min: Option<f64>,
    /// Assumptions that others were seen to break, by [`Assumption::ALL`].
    pub breaches: [u64; Assumption::ALL.len()],
    /// Stays on the degradation ladder.
    pub degradations: u64,
    /// Every touch.
    pub touches: Vec<Touch>,
}

/// Whose fault a touch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The vehicle stood.
    StoodStill,
    /// The other came from behind.
    FromBehind,
    /// Somebody did what is assumed that nobody does.
    Broken(Assumption),
    /// The vehicle's own.
    Own,
}

impl Blame {
    /// In words.
    pub fn words(self) -> String {
        match self {
            Blame::StoodStill => "the vehicle stood and was run into".to_owned(),
            Blame::FromBehind => "the other came from behind".to_owned(),
            Blame::Broken(assumption) => format!("somebody {}", assumption.breach()),
            Blame::Own => "at fault".to_owned(),
        }
    }
}

/// One touch.
#[derive(Clone, Debug, PartialEq)]
pub struct Touch {
    /// Seconds after midnight.
    pub clock_s: f64,
    /// The vehicle's name.
    pub vehicle: String,
    /// What the other is.
    pub rival: ActorKind,
    /// The vehicle's speed.
    pub speed_mps: f64,
    /// The other's.
    pub rival_speed_mps: f64,
    /// Where the other's middle was: ahead of the vehicle's rear axle, to the left.
    pub rival_at_m: [f64; 2],
    /// Where the vehicle was.
    pub at_m: [f64; 2],
    /// What the driver gave as the reason.
    pub reason: Reason,
    /// Whether a continuation to safety had been proved against all that others may do lawfully, when it last was tried.
    pub was_proved: bool,
    /// What was broken then.
    pub faults: Vec<FaultKind>,
    /// Whose fault it is.
    pub blame: Blame,
}

impl Draw {
    /// The conditions of an hour on one of the sites.
    pub fn new(number: u64, sites: &[Arc<Site>], seed: Seed) -> Draw {
        let mut luck = seed.stream("robustness.hour", number);
        let site = (number % sites.len().max(1) as u64) as usize;
        let (first_s, last_s) = (sites[site].from_s, sites[site].to_s);
        let minutes = (((last_s - first_s - HOUR_S) / 60.0).floor().max(0.0)) as usize + 1;
        let from_s = first_s + 60.0 * luck.below(minutes) as f64;
        let to_s = (from_s + HOUR_S).min(last_s);
        // As many digits as a command line needs to say them again.
        let hundredths = |value: f64| (value * 100.0).round() / 100.0;
        let traffic_scale = hundredths(luck.between(0.5, 1.5));
        let mut weather = Weather::default();
        match luck.below(10) {
            0..=2 => weather.rain_mm_per_h = hundredths(libm::exp(luck.between(0.0, libm::log(30.0)))),
            3 => weather.visibility_m = luck.between(60.0, 600.0).round(),
            _ => {}
        }
        weather.is_dark = luck.chance(0.25);
        let count = if luck.chance(FAULTY_SHARE) {
            1 + luck.below(2)
        } else {
            0
        };
        let fleet = &sites[site].fleet.vehicles;
        let faults = (0..count).map(|_| {
            let kind = FaultKind::ALL[luck.below(FaultKind::COUNT)];
            let start_s = (from_s + luck.between(60.0, HOUR_S - 240.0)).round().min(to_s - 2.0);
            let length_s = luck.between(20.0, 180.0).round();
            PlannedFault {
                kind,
                from_s: start_s,
                to_s: (start_s + length_s).min(to_s),
                vehicle: Some(fleet[luck.below(fleet.len().max(1))].name.clone()),
            }
        });
        Draw {
            number,
            site,
            seed: luck_of(seed, number),
            from_s,
            to_s,
            traffic_scale,
            faults: faults.collect(),
            weather,
        }
    }

    /// The command that plays it again.
    pub fn command(&self, site: &str) -> String {
        let clock = |seconds: f64| {
            let seconds = seconds as u64;
            format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
        };
        let mut command = format!(
            "westline run {site} --from {} --to {} --seed {} --traffic {} --network none --ledger none",
            clock(self.from_s),
            clock(self.to_s),
            self.seed,
            self.traffic_scale
        );
        if self.weather.rain_mm_per_h > 0.0 {
            command += &format!(" --rain {}", self.weather.rain_mm_per_h);
        }
        if self.weather.visibility_m.is_finite() {
            command += &format!(" --fog {}", self.weather.visibility_m);
        }
        if self.weather.is_dark {
            command += " --night";
        }
        for fault in &self.faults {
            let vehicle = fault.vehicle.as_deref().unwrap_or_default();
            let (from, to) = (clock(fault.from_s), clock(fault.to_s));
            command += &format!(" --fault '{}@{from}..{to}:{vehicle}'", fault.kind.word());
        }
        command
    }

    /// Plays it. `goes_on` is asked every tick; `None` if it says no.
    ///
    /// # Errors
    /// If the day cannot begin.
    pub fn play(&self, site: &Arc<Site>, goes_on: &dyn Fn() -> bool) -> Result<Option<HourResult>, ServiceError> {
        let options = DayOptions {
            from_s: Some(self.from_s),
            to_s: Some(self.to_s),
            seed: Some(self.seed),
            traffic_scale: self.traffic_scale,
            weather: self.weather,
            faults: self.faults.clone(),
            ..DayOptions::default()
        };
        let mut day = ServiceDay::new(site.clone(), &options)?;
        let mut watches = vec![Watch::default(); day.vehicles().count()];
        let mut breaches = [0; Assumption::ALL.len()];
        let (mut touches, mut touched) = (Vec::new(), Vec::new());
        let mut frame = Frame::default();
        while !day.is_done() {
            if !goes_on() {
                return Ok(None);
            }
            let events = day.step().iter();
            let touching = events.filter(|event| event.kind == ServiceEventKind::Collided);
            touched.clear();
            touched.extend(touching.filter_map(|event| event.vehicle));
            let clock_s = day.clock_s();
            for (index, (view, watch)) in day.vehicles().zip(&mut watches).enumerate() {
                let Some(actor) = view.actor else { continue };
                let state = day.world().vehicle(actor);
                if let Some(decision) = day.world().decision(actor) {
                    for assumption in &decision.broken {
                        breaches[*assumption as usize] += 1;
                        watch.breach = Some((clock_s, *assumption));
                    }
                    watch.was_proved = matches!(decision.lawful, Some(vehicle::Proof::Safe(_)));
                }
                watch.stands(clock_s, state.ego.speed_mps);
                if touched.contains(&index) {
                    day.world().write_frame(&mut frame);
                    let rival = state
                        .nearest
                        .and_then(|(rival, _)| frame.actors.iter().find(|other| other.id == rival));
                    touches.push(watch.touch(clock_s, view.name, &state, rival));
                }
            }
        }
        let measures = day.finish();
        let gaps = measures.safety.closest_approaches.iter().map(|approach| approach.gap_m);
        Ok(Some(HourResult {
            draw: self.clone(),
            distance_km: measures.vehicles.iter().map(|vehicle| vehicle.distance_km).sum(),
            vehicle_h: measures
                .vehicles
                .iter()
                .map(|vehicle| vehicle.in_service_s)
                .sum::<f64>()
                / HOUR_S,
            hard_brakings: measures.comfort.hard_braking_events,
            gap_m_min: gaps.reduce(f64::min),
            breaches,
            degradations: measures.degradations.len() as u64,
            touches,
        }))
    }
}

/// The luck of an hour's day: a number that a command line can say.
fn luck_of(seed: Seed, number: u64) -> u64 {
    seed.stream("robustness.day", number).next_u64() % 1_000_000_000
}

/// What is kept of a vehicle from tick to tick.
#[derive(Clone, Debug, Default)]
struct Watch {
    was_proved: bool,
    stands_since_s: Option<f64>,
    breach: Option<(f64, Assumption)>,
}

impl Watch {
    fn stands(&mut self, clock_s: f64, speed_mps: f64) {
        if speed_mps.abs() >= STANDING_MPS {
            self.stands_since_s = None;
        } else {
            self.stands_since_s.get_or_insert(clock_s);
        }
    }

    fn touch(&self, clock_s: f64, vehicle: &str, state: &TestVehicleState, rival: Option<&ActorState>) -> Touch {
        let pose = state.ego.pose;
        let (sin, cos) = libm::sincos(pose.heading_rad);
        let rival_at_m = rival.map_or([0.0; 2], |rival| {
            let (dx, dy) = (rival.pose.x_m - pose.x_m, rival.pose.y_m - pose.y_m);
            [cos * dx + sin * dy, cos * dy - sin * dx]
        });
        let rival_speed_mps = rival.map_or(0.0, |rival| rival.speed_mps);
        let has_stood = self.stands_since_s.is_some_and(|since_s| clock_s - since_s >= STOOD_S);
        let breach = self.breach.filter(|(at_s, _)| clock_s - at_s <= BREACH_S);
        let blame = match breach {
            _ if has_stood => Blame::StoodStill,
            _ if rival_at_m[0] < 0.0 && rival_speed_mps > state.ego.speed_mps => Blame::FromBehind,
            Some((_, assumption)) => Blame::Broken(assumption),
            None => Blame::Own,
        };
        Touch {
            clock_s,
            vehicle: vehicle.to_owned(),
            rival: rival.map_or(ActorKind::Car, |rival| rival.kind),
            speed_mps: state.ego.speed_mps,
            rival_speed_mps,
            rival_at_m,
            at_m: [pose.x_m, pose.y_m],
            reason: state.explanation.reason,
            was_proved: self.was_proved,
            faults: state.ego.faults.iter().collect(),
            blame,
        }
    }
}
