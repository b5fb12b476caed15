//! What can break on a vehicle, as its self-diagnosis reports it.
//!
//! A small set of kinds, without what each does to sensors, actuators and tyres: `world` and
//! [`VehicleDynamics`](crate::VehicleDynamics) know that. Faults come and go whole.

use crate::ladder::Rung;

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
