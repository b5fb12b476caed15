//! Path loss, chance of a line of sight, loss into buildings, and how far shadowing scatters about them.
//!
//! In go a [`Scenario`], a [`Visibility`] and a [`Geometry`]; out come decibels without shadowing, and the probability that two
//! points at that distance see each other. Formulas are evaluated outside the report's ranges too, where a caller may want a warning
//! ([`Scenario::outside_range`]). Nothing here is random and nothing knows a map.
//!
//! Sources: 3GPP TR 38.901 V17.0.0, tables 7.4.1-1 (path loss), 7.4.2-1 (line of sight), 7.4.3-1 to 7.4.3-3 (outdoor to indoor),
//! 7.5-6 (correlation distances); TR 37.885 V15.3.0, tables 6.2.1-1 (vehicle to vehicle) and 6.2-1 (its line of sight).

use libm::{exp, log, log10, pow, sqrt};

/// The report's speed of light, metres a second (TR 38.901, note 1 of table 7.4.1-1).
const LIGHT_MPS: f64 = 3.0e8;
/// Rural macro: mean width of streets (default of table 7.4.1-1).
const STREET_WIDTH_M: f64 = 20.0;
/// Rural macro: mean height of buildings (default of table 7.4.1-1).
const BUILDING_HEIGHT_M: f64 = 5.0;
/// Height of the environment that reflects, urban macro and micro (note 1 of table 7.4.1-1): its likeliest value.
const ENVIRONMENT_HEIGHT_M: f64 = 1.0;
/// Vehicle to vehicle: height of a car that may stand between (type 2, TR 37.885, 6.1.2).
const BLOCKER_HEIGHT_M: f64 = 1.6;

/// A propagation environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scenario {
    /// Urban macro: masts above the roofs.
    UrbanMacro,
    /// Urban micro, street canyon: masts below the roofs.
    UrbanMicro,
    /// Rural macro.
    RuralMacro,
    /// Indoor office.
    Office(Office),
    /// Indoor factory.
    Factory(Factory),
    /// Vehicle to vehicle on urban streets.
    VehicleUrban,
    /// Vehicle to vehicle on a highway.
    VehicleHighway,
}

/// How an office is laid out; it decides only who sees whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Office {
    /// Cubicles and rooms.
    Mixed,
    /// One hall.
    Open,
}

/// How a factory hall is filled, and how high its base stations hang.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Factory {
    /// Sparse clutter, low base station (SL).
    SparseLow,
    /// Dense clutter, low base station (DL).
    DenseLow,
    /// Sparse clutter, high base station (SH).
    SparseHigh,
    /// Dense clutter, high base station (DH).
    DenseHigh,
}

/// What stands between the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Visibility {
    /// Nothing.
    LineOfSight,
    /// Buildings or machines.
    Blocked,
    /// Other vehicles (vehicle to vehicle only; elsewhere as [`Visibility::Blocked`]).
    BlockedByVehicle,
}

/// Where the two ends are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    /// Height of the base station's antenna above the ground (of one vehicle's, for vehicle to vehicle).
    pub base_height_m: f64,
    /// Height of the user's antenna above the ground.
    pub user_height_m: f64,
    /// Distance in plan view.
    pub distance_2d_m: f64,
    /// Carrier frequency.
    pub frequency_ghz: f64,
}

/// How an outer wall is made (table 7.4.3-2, and 7.4.3.2 for cars).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wall {
    /// Plain glass and concrete.
    LowLoss,
    /// Coated glass and concrete.
    HighLoss,
    /// A car's body.
    Car,
    /// A car with metallised windows.
    CarMetallised,
}

impl Geometry {
    /// Distance in space.
    pub fn distance_3d_m(&self) -> f64 {
        let rise_m = self.base_height_m - self.user_height_m;
        sqrt(self.distance_2d_m * self.distance_2d_m + rise_m * rise_m)
    }
}

impl Scenario {
    /// Path loss in decibels, without shadowing.
    pub fn path_loss_db(self, visibility: Visibility, at: &Geometry) -> f64 {
        let sees = visibility == Visibility::LineOfSight;
        // Two antennas in one place: the formulas end at a metre.
        let distance_m = at.distance_3d_m().max(1.0);
        let (d, f) = (log10(distance_m), log10(at.frequency_ghz));
        match self {
            Scenario::UrbanMacro => {
                let seen_db = urban_line_of_sight_db([28.0, 22.0, 9.0], at);
                let blocked_db = 13.54 + 39.08 * d + 20.0 * f - 0.6 * (at.user_height_m - 1.5);
                if sees { seen_db } else { seen_db.max(blocked_db) }
            }
            Scenario::UrbanMicro => {
                let seen_db = urban_line_of_sight_db([32.4, 21.0, 9.5], at);
                let blocked_db = 22.4 + 35.3 * d + 21.3 * f - 0.3 * (at.user_height_m - 1.5);
                if sees { seen_db } else { seen_db.max(blocked_db) }
            }
            Scenario::RuralMacro => {
                let seen_db = rural_line_of_sight_db(at);
                let [h, hb, hu] = [BUILDING_HEIGHT_M, at.base_height_m, at.user_height_m];
                let ratio = h / hb;
                let antenna = log10(11.75 * hu);
                let blocked_db = 161.04 - 7.1 * log10(STREET_WIDTH_M) + 7.5 * log10(h)
                    - (24.37 - 3.7 * ratio * ratio) * log10(hb)
                    + (43.42 - 3.1 * log10(hb)) * (d - 3.0)
                    + 20.0 * f
                    - (3.2 * antenna * antenna - 4.97);
                if sees { seen_db } else { seen_db.max(blocked_db) }
            }
            Scenario::Office(_) => {
                let seen_db = 32.4 + 17.3 * d + 20.0 * f;
                let blocked_db = 17.3 + 38.3 * d + 24.9 * f;
                if sees { seen_db } else { seen_db.max(blocked_db) }
            }
            Scenario::Factory(factory) => {
                let seen_db = 31.84 + 21.5 * d + 19.0 * f;
                let sparse_low_db = 33.0 + 25.5 * d + 20.0 * f;
                let blocked_db = match factory {
                    Factory::SparseLow => sparse_low_db,
                    Factory::DenseLow => (18.6 + 35.7 * d + 20.0 * f).max(sparse_low_db),
                    Factory::SparseHigh => 32.4 + 23.0 * d + 20.0 * f,
                    Factory::DenseHigh => 33.63 + 21.9 * d + 20.0 * f,
                };
                if sees { seen_db } else { seen_db.max(blocked_db) }
            }
            Scenario::VehicleUrban | Scenario::VehicleHighway => {
                let seen_db = match self {
                    Scenario::VehicleUrban => 38.77 + 16.7 * d + 18.2 * f,
                    _ => 32.4 + 20.0 * d + 20.0 * f,
                };
                match visibility {
                    Visibility::LineOfSight => seen_db,
                    Visibility::BlockedByVehicle => seen_db + vehicle_blockage_db(at, distance_m),
                    Visibility::Blocked => 36.85 + 30.0 * d + 18.9 * f,
                }
            }
        }
    }

    /// Probability that the two ends see each other, at an outdoor distance in plan view.
    pub fn line_of_sight_probability(self, at: &Geometry) -> f64 {
        let d = at.distance_2d_m;
        let chance = match self {
            Scenario::UrbanMacro if d <= 18.0 => 1.0,
            Scenario::UrbanMacro => {
                let above = (at.user_height_m.clamp(13.0, 23.0) - 13.0) / 10.0;
                let tall = 1.25 * pow(above, 1.5) * pow(d / 100.0, 3.0) * exp(-d / 150.0);
                (18.0 / d + exp(-d / 63.0) * (1.0 - 18.0 / d)) * (1.0 + tall)
            }
            Scenario::UrbanMicro if d <= 18.0 => 1.0,
            Scenario::UrbanMicro => 18.0 / d + exp(-d / 36.0) * (1.0 - 18.0 / d),
            Scenario::RuralMacro => exp(-(d - 10.0).max(0.0) / 1000.0),
            Scenario::Office(Office::Mixed) if d >= 6.5 => 0.32 * exp(-(d - 6.5) / 32.6),
            Scenario::Office(Office::Mixed) => exp(-(d - 1.2).max(0.0) / 4.7),
            Scenario::Office(Office::Open) if d > 49.0 => 0.54 * exp(-(d - 49.0) / 211.7),
            Scenario::Office(Office::Open) => exp(-(d - 5.0).max(0.0) / 70.8),
            Scenario::Factory(factory) => exp(-d / factory.clear_m(at)),
            Scenario::VehicleUrban => 1.05 * exp(-0.0114 * d),
            Scenario::VehicleHighway if d <= 475.0 => 2.1013e-6 * d * d - 0.002 * d + 1.0193,
            Scenario::VehicleHighway => 0.54 - 0.001 * (d - 475.0),
        };
        chance.clamp(0.0, 1.0)
    }

    /// Standard deviation of shadowing, decibels.
    pub fn shadowing_db(self, visibility: Visibility, at: &Geometry) -> f64 {
        let sees = visibility == Visibility::LineOfSight;
        match (self, sees) {
            (Scenario::UrbanMacro, true) => 4.0,
            (Scenario::UrbanMacro, false) => 6.0,
            (Scenario::UrbanMicro, true) => 4.0,
            (Scenario::UrbanMicro, false) => 7.82,
            (Scenario::RuralMacro, true) if at.distance_2d_m <= rural_break_point_m(at) => 4.0,
            (Scenario::RuralMacro, true) => 6.0,
            (Scenario::RuralMacro, false) => 8.0,
            (Scenario::Office(_), true) => 3.0,
            (Scenario::Office(_), false) => 8.03,
            (Scenario::Factory(_), true) => 4.3,
            (Scenario::Factory(Factory::SparseLow), false) => 5.7,
            (Scenario::Factory(Factory::DenseLow), false) => 7.2,
            (Scenario::Factory(Factory::SparseHigh), false) => 5.9,
            (Scenario::Factory(Factory::DenseHigh), false) => 4.0,
            (Scenario::VehicleUrban | Scenario::VehicleHighway, _) if visibility == Visibility::Blocked => 4.0,
            (Scenario::VehicleUrban | Scenario::VehicleHighway, _) => 3.0,
        }
    }

    /// Distance over which shadowing falls to 1/e of its correlation (table 7.5-6; TR 37.885, 6.2.2 for vehicles).
    pub fn correlation_m(self, visibility: Visibility) -> f64 {
        let sees = visibility == Visibility::LineOfSight;
        match (self, sees) {
            (Scenario::UrbanMacro, true) | (Scenario::RuralMacro, true) => 37.0,
            (Scenario::UrbanMacro, false) => 50.0,
            (Scenario::RuralMacro, false) => 120.0,
            (Scenario::UrbanMicro, true) | (Scenario::Office(_), true) | (Scenario::Factory(_), _) => 10.0,
            (Scenario::UrbanMicro, false) => 13.0,
            (Scenario::Office(_), false) => 6.0,
            (Scenario::VehicleUrban, _) => 10.0,
            (Scenario::VehicleHighway, _) => 25.0,
        }
    }

    /// What of a link lies outside the ranges for which the report gives its formulas, in words; `None` if nothing does.
    pub fn outside_range(self, at: &Geometry) -> Option<String> {
        let (distances_m, heights_m) = match self {
            Scenario::UrbanMacro => (10.0..=5_000.0, 1.5..=22.5),
            Scenario::UrbanMicro => (10.0..=5_000.0, 1.5..=22.5),
            Scenario::RuralMacro => (10.0..=10_000.0, 1.0..=10.0),
            Scenario::Office(_) => (0.0..=150.0, 0.0..=f64::INFINITY),
            Scenario::Factory(_) => (0.0..=600.0, 0.0..=f64::INFINITY),
            Scenario::VehicleUrban | Scenario::VehicleHighway => (0.0..=f64::INFINITY, 0.0..=f64::INFINITY),
        };
        let highest_ghz = if self == Scenario::RuralMacro { 30.0 } else { 100.0 };
        if !distances_m.contains(&at.distance_2d_m) {
            return Some(format!(
                "distance {} m, the report's formulas are for {} to {} m",
                at.distance_2d_m,
                distances_m.start(),
                distances_m.end()
            ));
        }
        if !heights_m.contains(&at.user_height_m) {
            return Some(format!(
                "user at {} m, the report's formulas are for {} to {} m",
                at.user_height_m,
                heights_m.start(),
                heights_m.end()
            ));
        }
        (!(0.5..=highest_ghz).contains(&at.frequency_ghz)).then(|| {
            format!(
                "{} GHz, the report's formulas are for 0.5 to {highest_ghz} GHz",
                at.frequency_ghz
            )
        })
    }
}

impl Factory {
    /// Mean distance before something stands in the way (k of table 7.4.2-1), for the clutter of the report's calibration: 10 m wide
    /// and 20 % of the floor where sparse, 2 m wide and 60 % where dense, 2 m high (table 7.8-7).
    fn clear_m(self, at: &Geometry) -> f64 {
        const CLUTTER_HEIGHT_M: f64 = 2.0;
        let along_m = match self {
            Factory::SparseLow | Factory::SparseHigh => -10.0 / log(1.0 - 0.2),
            Factory::DenseLow | Factory::DenseHigh => -2.0 / log(1.0 - 0.6),
        };
        match self {
            Factory::SparseLow | Factory::DenseLow => along_m,
            // A user above the clutter sees every high base station; 1 cm keeps the ratio finite.
            Factory::SparseHigh | Factory::DenseHigh => {
                let under_m = (CLUTTER_HEIGHT_M - at.user_height_m).max(0.01);
                along_m * ((at.base_height_m - at.user_height_m) / under_m).max(0.01)
            }
        }
    }
}

impl Wall {
    /// Mean loss through the wall and `inside_m` metres of the room behind it (table 7.4.3-2; a car has no room).
    pub fn mean_loss_db(self, frequency_ghz: f64, inside_m: f64) -> f64 {
        let power = |loss_db: f64| pow(10.0, -loss_db / 10.0);
        let glass = power(2.0 + 0.2 * frequency_ghz);
        let coated_glass = power(23.0 + 0.3 * frequency_ghz);
        let concrete = power(5.0 + 4.0 * frequency_ghz);
        match self {
            Wall::LowLoss => 5.0 - 10.0 * log10(0.3 * glass + 0.7 * concrete) + 0.5 * inside_m,
            Wall::HighLoss => 5.0 - 10.0 * log10(0.7 * coated_glass + 0.3 * concrete) + 0.5 * inside_m,
            Wall::Car => 9.0,
            Wall::CarMetallised => 20.0,
        }
    }

    /// Standard deviation about that mean.
    pub fn spread_db(self) -> f64 {
        match self {
            Wall::LowLoss => 4.4,
            Wall::HighLoss => 6.5,
            Wall::Car | Wall::CarMetallised => 5.0,
        }
    }
}

/// PL1 and PL2 of urban macro and micro: constant, slope, and the weight of the break point.
fn urban_line_of_sight_db([constant, slope, weight]: [f64; 3], at: &Geometry) -> f64 {
    let distance_m = at.distance_3d_m().max(1.0);
    let (d, f) = (log10(distance_m), log10(at.frequency_ghz));
    let above_m = |height_m: f64| (height_m - ENVIRONMENT_HEIGHT_M).max(0.0);
    let break_m = 4.0 * above_m(at.base_height_m) * above_m(at.user_height_m) * at.frequency_ghz * 1e9 / LIGHT_MPS;
    if at.distance_2d_m <= break_m {
        return constant + slope * d + 20.0 * f;
    }
    let rise_m = at.base_height_m - at.user_height_m;
    constant + 40.0 * d + 20.0 * f - weight * log10((break_m * break_m + rise_m * rise_m).max(1.0))
}

/// PL1 and PL2 of rural macro.
fn rural_line_of_sight_db(at: &Geometry) -> f64 {
    let h = pow(BUILDING_HEIGHT_M, 1.72);
    let near_db = |distance_m: f64| {
        20.0 * log10(40.0 * std::f64::consts::PI * distance_m * at.frequency_ghz / 3.0)
            + (0.03 * h).min(10.0) * log10(distance_m)
            - (0.044 * h).min(14.77)
            + 0.002 * log10(BUILDING_HEIGHT_M) * distance_m
    };
    let distance_m = at.distance_3d_m().max(1.0);
    let break_m = rural_break_point_m(at);
    if at.distance_2d_m <= break_m {
        return near_db(distance_m);
    }
    near_db(break_m.max(1.0)) + 40.0 * log10(distance_m / break_m.max(1.0))
}

/// Note 5 of table 7.4.1-1.
fn rural_break_point_m(at: &Geometry) -> f64 {
    2.0 * std::f64::consts::PI * at.base_height_m * at.user_height_m * at.frequency_ghz * 1e9 / LIGHT_MPS
}

/// Mean loss by vehicles between two vehicles (TR 37.885, 6.2.1): none over the roofs, less if one antenna is above them.
fn vehicle_blockage_db(at: &Geometry, distance_m: f64) -> f64 {
    let lower_m = at.base_height_m.min(at.user_height_m);
    let higher_m = at.base_height_m.max(at.user_height_m);
    let far_db = (15.0 * log10(distance_m) - 41.0).max(0.0);
    if lower_m > BLOCKER_HEIGHT_M {
        0.0
    } else if higher_m < BLOCKER_HEIGHT_M {
        9.0 + far_db
    } else {
        5.0 + far_db
    }
}
