//! Vehicle classes, and which of them a lane is for.
//!
//! Source: Eclipse SUMO's documentation, "Vehicle Type Parameter Defaults" and "Abstract Vehicle Class".

/// Every class that a network may name, in the order of its bit.
const NAMES: [&str; 30] = [
    "ignoring",
    "private",
    "emergency",
    "authority",
    "army",
    "vip",
    "passenger",
    "hov",
    "taxi",
    "bus",
    "coach",
    "delivery",
    "truck",
    "trailer",
    "motorcycle",
    "moped",
    "bicycle",
    "pedestrian",
    "scooter",
    "evehicle",
    "tram",
    "rail_urban",
    "rail",
    "rail_electric",
    "rail_fast",
    "ship",
    "container",
    "cable_car",
    "aircraft",
    "wheelchair",
];
/// Abstract classes beyond those above.
const CUSTOM: [&str; 4] = ["custom1", "custom2", "drone", "subway"];

/// A vehicle class, by its place in SUMO's list of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VehicleClass(u8);

impl VehicleClass {
    /// A private car, which a type is that names no class.
    pub const PASSENGER: VehicleClass = VehicleClass(6);

    /// The class called `name`.
    pub fn named(name: &str) -> Option<VehicleClass> {
        let mut names = NAMES.iter().chain(&CUSTOM);
        let index = names.position(|&known| known == name)?;
        Some(VehicleClass(index as u8))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let index = usize::from(self.0);
        NAMES.get(index).copied().unwrap_or_else(|| CUSTOM[index - NAMES.len()])
    }

    /// Its bit in [`Permissions`].
    fn bit(self) -> u64 {
        1 << self.0
    }

    /// Spread of its drivers' speed factors where a type says none.
    pub(super) fn speed_deviation(self) -> f64 {
        match self.name() {
            "passenger" | "private" | "hov" | "taxi" | "evehicle" | "motorcycle" | "vip" | "army" | "authority"
            | "bicycle" | "moped" | "scooter" | "delivery" | "truck" | "trailer" => 0.1,
            _ => 0.0,
        }
    }

    /// Class defaults: length, gap when standing, greatest acceleration, comfortable and emergency deceleration,
    /// greatest speed (metres and seconds).
    pub(super) fn defaults(self) -> ClassDefaults {
        let of = |length_m, gap_m_min, accel_mps2, decel_mps2, speed_mps_max| ClassDefaults {
            length_m,
            gap_m_min,
            accel_mps2,
            decel_mps2,
            speed_mps_max,
        };
        match self.name() {
            "bus" => of(12.0, 2.5, 1.2, 4.0, 85.0 / 3.6),
            "coach" => of(14.0, 2.5, 2.0, 4.0, 100.0 / 3.6),
            "truck" => of(7.1, 2.5, 1.3, 4.0, 130.0 / 3.6),
            "trailer" => of(16.5, 2.5, 1.1, 4.0, 130.0 / 3.6),
            "delivery" => of(6.5, 2.5, 2.6, 4.5, 200.0 / 3.6),
            "emergency" => of(6.5, 2.5, 2.6, 4.5, 200.0 / 3.6),
            "motorcycle" => of(2.2, 2.5, 6.0, 10.0, 200.0 / 3.6),
            "moped" => of(2.1, 2.5, 1.1, 7.0, 45.0 / 3.6),
            "bicycle" => of(1.6, 0.5, 1.2, 3.0, 50.0 / 3.6),
            "scooter" => of(1.2, 0.5, 1.2, 3.0, 25.0 / 3.6),
            "tram" => of(22.0, 2.5, 1.0, 3.0, 80.0 / 3.6),
            _ => of(5.0, 2.5, 2.6, 4.5, 200.0 / 3.6),
        }
    }
}

/// What a class brings along where a type is silent.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClassDefaults {
    pub length_m: f64,
    pub gap_m_min: f64,
    pub accel_mps2: f64,
    pub decel_mps2: f64,
    pub speed_mps_max: f64,
}

/// A set of classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Permissions(u64);

impl Permissions {
    pub(super) const ALL: Permissions = Permissions(u64::MAX);

    /// From a lane's `allow` and `disallow`; without either, everyone may use it. Names that SUMO does not know are
    /// returned.
    pub(super) fn of<'a>(allow: Option<&'a str>, disallow: Option<&'a str>) -> Result<Permissions, &'a str> {
        match (allow, disallow) {
            (Some(list), _) => listed(list),
            (None, Some(list)) => Ok(Permissions(!listed(list)?.0)),
            (None, None) => Ok(Permissions::ALL),
        }
    }

    /// Whether `class` is among them. Who ignores classes may go anywhere but where nobody may.
    pub(super) fn allow(self, class: VehicleClass) -> bool {
        self.0 & class.bit() != 0 || (class.0 == 0 && self.0 != 0)
    }
}

fn listed(list: &str) -> Result<Permissions, &str> {
    let mut bits = 0;
    for name in list.split_whitespace() {
        match name {
            "all" => return Ok(Permissions::ALL),
            "none" => {}
            // Deprecated or newer names that carry no traffic of ours.
            "cityrail" | "lightrail" | "rail_slow" | "public_transport" | "public_emergency" | "public_authority"
            | "public_army" | "transport" => {}
            _ => bits |= VehicleClass::named(name).ok_or(name)?.bit(),
        }
    }
    Ok(Permissions(bits))
}
