//! The four models: when each sees a hazard, and how it answers.
//!
//! A [`Sight`] goes in, a speed comes out. A driver that once found a hazard brakes as its model says while the hazard
//! lasts and keeps its speed when that is over; it never speeds up again. See the parent for the sources.

use super::{Answer, FREQUENCY_HZ, Manoeuvre, Pedals, STEP_S, Sight, fuzzy};

/// Jerk of a human foot: 0.774 g in 0.6 s.
const JERK_MPS3: f64 = 12.65;
/// What a human brakes at most: 0.774 g.
const BRAKING_MPS2_MAX: f64 = 0.774 * 9.81;
/// Reaction of a human.
const REACTION_S: f64 = 0.75;

/// CC: no hazard beyond this time to collision.
const CC_TTC_S: f64 = 2.0;
/// CC: foot off the pedal.
const CC_RELEASE_MPS2: f64 = 0.4;

/// RSS: acceleration lengthways during the reaction; braking assumed of both.
const RSS_ACCELERATION_MPS2: f64 = 3.0;
const RSS_BRAKING_MPS2: f64 = 6.0;
/// RSS: acceleration sideways; fluctuation allowed.
const RSS_LATERAL_MPS2: f64 = 1.0;
const RSS_FLUCTUATION_M: f64 = 0.3;

/// Reg157: reaction, braking, and the margin sideways.
const REG157_REACTION_S: f64 = 0.35;
const REG157_BRAKING_MPS2: f64 = 6.0;
const REG157_CLEARANCE_M: f64 = 0.5;

/// Which reference driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Model {
    /// The competent and careful human driver.
    Cc,
    /// The fuzzy safety model.
    Fsm,
    /// Responsibility-sensitive safety.
    Rss,
    /// The performance that paragraph 5.2.5.2 asks for.
    Reg157,
}

impl Model {
    /// All of them, in the order of the public tables.
    pub const ALL: [Model; 4] = [Model::Cc, Model::Fsm, Model::Rss, Model::Reg157];

    /// Its name in tables and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Model::Cc => "cc",
            Model::Fsm => "fsm",
            Model::Rss => "rss",
            Model::Reg157 => "reg157",
        }
    }

    /// The model of that name.
    pub fn named(name: &str) -> Option<Model> {
        Model::ALL.into_iter().find(|model| model.name() == name)
    }

    /// The gap this driver keeps behind one of the same speed, from which cut-outs and decelerations begin.
    pub fn following_gap_m(self, speed_mps: f64) -> f64 {
        let square = |x: f64| x * x;
        match self {
            // Two seconds.
            Model::Cc | Model::Reg157 => 2.0 * speed_mps,
            // So that the proactive metric is just 0.
            Model::Fsm => {
                speed_mps * fuzzy::REACTION_S + square(speed_mps) / (2.0 * fuzzy::BRAKING_MPS2)
                    - square(speed_mps) / (2.0 * fuzzy::LEADER_MPS2)
                    + fuzzy::MARGIN_SAFE_M
                    + fuzzy::MARGIN_M
            }
            // So that after a reaction's worth of full braking ahead it is just safe.
            Model::Rss => {
                let slowed_mps = (speed_mps - REACTION_S * RSS_BRAKING_MPS2).max(0.0);
                rss_distance_m(speed_mps, slowed_mps) + 0.5 * RSS_BRAKING_MPS2 * square(REACTION_S)
            }
        }
    }

    const fn reaction_s(self) -> f64 {
        match self {
            Model::Cc | Model::Rss => REACTION_S,
            Model::Fsm => fuzzy::REACTION_S,
            Model::Reg157 => REG157_REACTION_S,
        }
    }
}

/// A reference driver at the wheel.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceDriver {
    model: Model,
    has_found_hazard: bool,
    /// Of the reaction time.
    left_s: f64,
    braking_mps2: f64,
}

/// What a model finds.
enum Finding {
    Safe,
    Hazard,
    /// Safe for good: the test is over.
    Over,
}

impl ReferenceDriver {
    /// A driver that has seen nothing yet.
    pub fn new(model: Model) -> ReferenceDriver {
        ReferenceDriver {
            model,
            has_found_hazard: false,
            left_s: model.reaction_s(),
            braking_mps2: 0.0,
        }
    }

    /// Which one it is.
    pub fn model(&self) -> Model {
        self.model
    }

    /// Whether it ever found a hazard.
    pub fn has_found_hazard(&self) -> bool {
        self.has_found_hazard
    }

    /// Brakes, or first lets the reaction time pass.
    fn brake(&mut self, sight: &Sight) -> f64 {
        self.has_found_hazard = true;
        let speed_mps = sight.own.speed_mps;
        if self.left_s > 0.0 {
            self.left_s -= STEP_S;
            if self.model != Model::Cc {
                return speed_mps;
            }
            self.braking_mps2 = CC_RELEASE_MPS2;
        } else {
            let pressed_mps2 = (self.braking_mps2 + JERK_MPS3 / FREQUENCY_HZ).min(BRAKING_MPS2_MAX);
            self.braking_mps2 = match self.model {
                Model::Cc | Model::Rss => pressed_mps2,
                Model::Fsm => pressed_mps2.min(fuzzy_braking_mps2(sight)),
                Model::Reg157 => REG157_BRAKING_MPS2,
            };
        }
        (speed_mps - self.braking_mps2 / FREQUENCY_HZ).max(0.0)
    }
}

impl Pedals for ReferenceDriver {
    fn press(&mut self, sight: &Sight) -> Answer {
        // Whom it has passed it minds no more.
        let is_past = sight.own.x_m > sight.other.x_m;
        let finding = match (self.model, sight.manoeuvre) {
            // These two are told what a hazard is by the scene.
            (Model::Cc | Model::Reg157, Manoeuvre::Ahead) => Finding::Hazard,
            _ if is_past => Finding::Safe,
            (Model::Cc, Manoeuvre::CutIn) => cc_finds(sight),
            (Model::Reg157, Manoeuvre::CutIn) => reg157_finds(sight),
            (Model::Rss, _) => rss_finds(sight),
            (Model::Fsm, _) => fsm_finds(sight),
        };
        let speed_mps = match finding {
            Finding::Hazard => self.brake(sight),
            Finding::Safe | Finding::Over => sight.own.speed_mps,
        };
        Answer {
            speed_mps,
            leaves: matches!(finding, Finding::Over),
        }
    }
}

fn hazard_if(is_hazard: bool) -> Finding {
    if is_hazard { Finding::Hazard } else { Finding::Safe }
}

/// Overlap sideways, and soon.
fn cc_finds(sight: &Sight) -> Finding {
    if sight.clearance_m() > 0.0 {
        return Finding::Safe;
    }
    let ahead_m = sight.other.x_m - sight.own.x_m - sight.own.length_m / 2.0 - sight.other.length_m / 2.0;
    // Of equal speeds the time is infinite, of equal speeds and no gap undefined, which is not beyond the limit.
    if (ahead_m.abs() / sight.closing_mps()).abs() > CC_TTC_S {
        Finding::Over
    } else {
        Finding::Hazard
    }
}

/// Near sideways, and sooner than the regulation lets pass. The public implementation's tenth of a second is kept.
fn reg157_finds(sight: &Sight) -> Finding {
    if sight.clearance_m() > REG157_CLEARANCE_M {
        return Finding::Safe;
    }
    let limit_s = sight.closing_mps() / (2.0 * REG157_BRAKING_MPS2) + REG157_REACTION_S + 0.1;
    let beyond = (sight.gap_m() / sight.closing_mps()).abs() > limit_s;
    hazard_if(!beyond)
}

fn rss_finds(sight: &Sight) -> Finding {
    let near = sight.gap_m() < rss_distance_m(sight.own.speed_mps, sight.other.speed_mps);
    hazard_if(near && sight.clearance_m() < rss_clearance_m(sight.other.leftward_mps))
}

/// Shalev-Shwartz et al. (2017), definition 1.
fn rss_distance_m(own_mps: f64, other_mps: f64) -> f64 {
    let after_mps = own_mps + REACTION_S * RSS_ACCELERATION_MPS2;
    own_mps * REACTION_S
        + RSS_ACCELERATION_MPS2 * (REACTION_S * REACTION_S) / 2.0
        + after_mps * after_mps / (2.0 * RSS_BRAKING_MPS2)
        - other_mps * other_mps / (2.0 * RSS_BRAKING_MPS2)
}

/// Definition 6 for an own vehicle that keeps to its lane: what the other may do during the reaction, and its braking.
fn rss_clearance_m(leftward_mps: f64) -> f64 {
    let lateral_mps = leftward_mps.abs();
    let after_mps = lateral_mps + RSS_LATERAL_MPS2 * REACTION_S;
    RSS_FLUCTUATION_M
        + ((2.0 * lateral_mps + RSS_LATERAL_MPS2 * REACTION_S) * REACTION_S / 2.0).abs()
        + after_mps * after_mps / (2.0 * RSS_LATERAL_MPS2)
}

fn fsm_finds(sight: &Sight) -> Finding {
    let clearance_m = sight.clearance_m();
    if clearance_m > 0.0 {
        let inward_mps = if sight.other.y_m < sight.own.y_m {
            sight.other.leftward_mps
        } else {
            -sight.other.leftward_mps
        };
        if inward_mps <= 0.0 {
            return Finding::Safe;
        }
        // Past it, bumper to bumper, before it is in the way.
        let passing_m = (sight.own.x_m - sight.other.x_m).abs() + sight.own.length_m / 2.0 + sight.other.length_m / 2.0;
        if clearance_m / inward_mps > passing_m / sight.closing_mps() + 0.1 {
            return Finding::Safe;
        }
    }
    hazard_if(fuzzy::critical(sight) + fuzzy::proactive(sight) != 0.0)
}

/// Comfortable braking by the proactive metric; from there to the hardest by the critical one.
fn fuzzy_braking_mps2(sight: &Sight) -> f64 {
    let critical = fuzzy::critical(sight);
    if critical > 0.0 {
        critical * (fuzzy::BRAKING_MPS2_MAX - fuzzy::BRAKING_MPS2) + fuzzy::BRAKING_MPS2
    } else {
        fuzzy::proactive(sight) * fuzzy::BRAKING_MPS2
    }
}
