//! The degradation ladder: what a vehicle does that may not, or cannot, go on as usual.
//!
//! Plain data, read with the operational design domain that it belongs to (`vehicles/*.odd.toml`). The rungs are those of
//! UN R157 §5.5 (minimal-risk manoeuvre) carried over to streets, where there is a kerb to stand at. Who climbs, and when,
//! is the driver's business.

/// A rung; the greater gives up more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rung {
    /// It drives as usual.
    #[default]
    Drive,
    /// It drives on, slowly.
    Slow,
    /// It drives slowly to the next place where it is out of the way, and stops there.
    Kerb,
    /// It stops gently in its lane, out of junctions and off crossings.
    InLane,
    /// It stops now, where it is.
    StopNow,
}

impl Rung {
    /// How many there are.
    pub const COUNT: usize = 5;
    /// All of them, in order.
    pub const ALL: [Rung; Rung::COUNT] = [Rung::Drive, Rung::Slow, Rung::Kerb, Rung::InLane, Rung::StopNow];

    /// Its place in [`Rung::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// As files and records have it.
    pub fn word(self) -> &'static str {
        match self {
            Rung::Drive => "drive",
            Rung::Slow => "slow",
            Rung::Kerb => "kerb",
            Rung::InLane => "in_lane",
            Rung::StopNow => "stop_now",
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Rung::Drive => "drives as usual",
            Rung::Slow => "drives on slowly",
            Rung::Kerb => "stops at the kerb",
            Rung::InLane => "stops in its lane",
            Rung::StopNow => "stops now",
        }
    }

    /// Whether it ends at a stand.
    pub fn is_stop(self) -> bool {
        self >= Rung::Kerb
    }
}

/// How a rung is driven, and left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RungRule {
    /// Braking that is planned with.
    pub braking_mps2: f64,
    /// Fastest on it; infinite on rungs that only stop.
    pub speed_mps_max: f64,
    /// Hazard lights on.
    pub hazard_lights: bool,
    /// It is left when its cause has been gone for so long...
    pub leave_after_s: f64,
    /// ...and the remote supervisor has confirmed that, if it asks for it.
    pub asks_to_leave: bool,
}

/// The ladder's rules.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ladder {
    /// It stands in a live lane for at most so long: then it drives to the kerb, if it can move at all.
    pub live_lane_s_max: f64,
    /// So far ahead it looks for a place at the kerb.
    pub seek_m: f64,
    /// By [`Rung::index`]; the first, driving, is not used.
    pub rungs: [RungRule; Rung::COUNT],
}

impl Ladder {
    /// How a rung is driven.
    pub fn rule(&self, rung: Rung) -> &RungRule {
        &self.rungs[rung.index()]
    }
}

impl Default for Ladder {
    /// As Westline's vehicles have always stopped: gently, and on again by themselves once the cause is gone.
    fn default() -> Ladder {
        let rule = |braking_mps2, speed_mps_max, hazard_lights| RungRule {
            braking_mps2,
            speed_mps_max,
            hazard_lights,
            leave_after_s: 0.0,
            asks_to_leave: false,
        };
        Ladder {
            live_lane_s_max: 60.0,
            seek_m: 300.0,
            rungs: [
                rule(1.1, f64::INFINITY, false),
                rule(0.9, 20.0 / 3.6, false),
                rule(1.1, 20.0 / 3.6, true),
                rule(1.1, f64::INFINITY, true),
                rule(3.5, f64::INFINITY, true),
            ],
        }
    }
}

/// What a vehicle proposes to its remote supervisor, to be confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proposal {
    /// The cause is gone: it would drive on.
    GoOn,
    /// It stands in a live lane: it would creep to the kerb.
    ReachKerb,
    /// It stays where it is until somebody comes.
    SendHelp,
}

impl Proposal {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Proposal::GoOn => "drive on",
            Proposal::ReachKerb => "creep to the kerb",
            Proposal::SendHelp => "stay and send help",
        }
    }
}

/// A request to the remote supervisor. A new number is a new question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Counts up over the driver's life.
    pub number: u32,
    /// What is proposed.
    pub proposal: Proposal,
}

/// Why a rung is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LadderCause {
    /// An attribute of the operational design domain is near its bound.
    Near(crate::OddAttribute),
    /// One is beyond it.
    Exit(crate::OddAttribute),
    /// Something is broken.
    Fault(crate::FaultKind),
    /// The control room asked for a stop.
    Order,
    /// It is off its way and does not know how to go on.
    Lost,
}

impl LadderCause {
    /// In words.
    pub fn words(self) -> String {
        match self {
            LadderCause::Near(attribute) => format!("{} near its bound", attribute.words()),
            LadderCause::Exit(attribute) => format!("{} out of bounds", attribute.words()),
            LadderCause::Fault(kind) => format!("{} fault", kind.word()),
            LadderCause::Order => "ordered".to_owned(),
            LadderCause::Lost => "off its way".to_owned(),
        }
    }
}

/// Where a driver is on the ladder.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LadderState {
    /// The rung.
    pub rung: Rung,
    /// Why it went there; none on the usual rung.
    pub cause: Option<LadderCause>,
    /// Time on this rung.
    pub since_s: f64,
    /// It stands out of the way: at the kerb, or at a stop.
    pub is_out_of_the_way: bool,
    /// For so long it has stood in a live lane, without a break.
    pub live_lane_s: f64,
    /// What it asks of the remote supervisor.
    pub request: Option<Request>,
}
