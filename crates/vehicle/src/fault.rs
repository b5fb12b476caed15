//! What can break on a vehicle, as its self-diagnosis reports it.
//!
//! A small set of kinds, and what they leave of brakes, drive, steering and grip. What they do to sensors, `world` knows. Faults
//! come and go whole.

use crate::ladder::Rung;

/// Drive force left below the battery's window or with a brake circuit out, to clear a junction and to reach the kerb.
pub(crate) const LIMP_SHARE: f64 = 0.3;
/// Brake force left when a circuit is out.
const FAULTY_BRAKE_SHARE: f64 = 0.6;
/// Steering rate left when one of its two motors is out.
const FAULTY_STEERING_SHARE: f64 = 0.25;
/// Grip of a slippery road: between packed snow and ice water, of what the dry road has.
const SLIPPERY_GRIP: f64 = 0.35;

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// All laser scanners are out.
    Lidar,
    /// All radars are out.
    Radar,
    /// All cameras are out: no lights, indicators and lane lines are seen.
    Camera,
    /// Satellite positions are out, and what refers to them.
    Gnss,
    /// The wheels' speed is wrong.
    Odometry,
    /// The radio link is out: no messages, no supervisor.
    Link,
    /// A brake circuit is out.
    Brake,
    /// One of the steering's two motors is out: it turns slowly.
    Steering,
    /// The main computer is out: a second one knows the course, and brakes along it.
    Computer,
    /// The road is slippery, as the tyres' slip shows.
    Grip,
}

impl FaultKind {
    /// How many there are.
    pub const COUNT: usize = 10;
    /// All of them, in order.
    pub const ALL: [FaultKind; FaultKind::COUNT] = [
        FaultKind::Lidar,
        FaultKind::Radar,
        FaultKind::Camera,
        FaultKind::Gnss,
        FaultKind::Odometry,
        FaultKind::Link,
        FaultKind::Brake,
        FaultKind::Steering,
        FaultKind::Computer,
        FaultKind::Grip,
    ];

    /// Its place in [`FaultKind::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// As files and command lines have it.
    pub fn word(self) -> &'static str {
        match self {
            FaultKind::Lidar => "lidar",
            FaultKind::Radar => "radar",
            FaultKind::Camera => "camera",
            FaultKind::Gnss => "gnss",
            FaultKind::Odometry => "odometry",
            FaultKind::Link => "link",
            FaultKind::Brake => "brake",
            FaultKind::Steering => "steering",
            FaultKind::Computer => "computer",
            FaultKind::Grip => "grip",
        }
    }

    /// The kind of that word.
    pub fn of(word: &str) -> Option<FaultKind> {
        FaultKind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The rung that it asks for where the file says nothing.
    pub fn usual_rung(self) -> Rung {
        match self {
            FaultKind::Lidar | FaultKind::Camera | FaultKind::Gnss | FaultKind::Odometry => Rung::Kerb,
            FaultKind::Radar | FaultKind::Link | FaultKind::Grip => Rung::Slow,
            FaultKind::Brake => Rung::InLane,
            FaultKind::Steering | FaultKind::Computer => Rung::StopNow,
        }
    }

    /// Whether a vehicle with it may still move by itself.
    pub fn lets_move(self) -> bool {
        !matches!(self, FaultKind::Steering | FaultKind::Computer)
    }
}

/// A set of faults.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults(u16);

impl Faults {
    /// Nothing is broken.
    pub const NONE: Faults = Faults(0);

    /// Just that.
    pub fn only(kind: FaultKind) -> Faults {
        Faults::NONE.with(kind)
    }

    /// That as well.
    pub fn with(self, kind: FaultKind) -> Faults {
        Faults(self.0 | 1 << kind.index())
    }

    /// Those of both.
    pub fn and(self, other: Faults) -> Faults {
        Faults(self.0 | other.0)
    }

    /// Whether that is broken.
    pub fn has(self, kind: FaultKind) -> bool {
        self.0 & 1 << kind.index() != 0
    }

    /// Whether anything is broken.
    pub fn any(self) -> bool {
        self != Faults::NONE
    }

    /// Whether a vehicle with all that may still move by itself.
    pub fn let_move(self) -> bool {
        self.iter().all(FaultKind::lets_move)
    }

    /// The share of the brakes' force that is left.
    pub fn brake_share(self) -> f64 {
        self.left(FaultKind::Brake, FAULTY_BRAKE_SHARE)
    }

    /// The share of the drive's force that is left, where the vehicle may move at all.
    pub fn drive_share(self) -> f64 {
        self.left(FaultKind::Brake, LIMP_SHARE)
    }

    /// The share of the steering's rate that is left.
    pub fn steering_share(self) -> f64 {
        self.left(FaultKind::Steering, FAULTY_STEERING_SHARE)
    }

    /// The share of the dry road's grip that is left.
    pub fn grip_share(self) -> f64 {
        self.left(FaultKind::Grip, SLIPPERY_GRIP)
    }

    fn left(self, kind: FaultKind, share: f64) -> f64 {
        if self.has(kind) { share } else { 1.0 }
    }

    /// All that is broken, in order.
    pub fn iter(self) -> impl Iterator<Item = FaultKind> {
        FaultKind::ALL.into_iter().filter(move |kind| self.has(*kind))
    }
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter().map(FaultKind::word)).finish()
    }
}

impl std::fmt::Display for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<&str> = self.iter().map(FaultKind::word).collect();
        f.write_str(&words.join(" "))
    }
}
