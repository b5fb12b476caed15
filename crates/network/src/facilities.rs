//! When a station sends which message, and what stands in it: the generation rules of the standards.
//!
//! In go what a station knows of itself (`Kinematics`), of others and of its signals, with the time and how busy the channel
//! is; out come messages, at the moments the standards ask for. Knows no radio and no world: whoever owns those feeds it.
//!
//! Sources: `cam` ETSI EN 302 637-2 V1.4.1, `denm` EN 302 637-3 V1.3.1, `cpm` TS 103 324 V2.1.1, `spatem` and `mapem`
//! TS 103 301 V2.1.1 with ISO/TS 19091, `dcc` TS 102 687 V1.2.1.

pub mod cam;
pub mod cpm;
pub mod dcc;
pub mod denm;
pub mod mapem;
pub mod spatem;
pub mod srem;
mod units;

use vehicle::Indicator;

/// What a station is (`StationType` of ETSI TS 102 894-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StationKind {
    /// A passenger car.
    PassengerCar,
    /// A bus.
    Bus,
    /// A lorry.
    HeavyTruck,
    /// Beside the road.
    RoadSideUnit,
}

impl StationKind {
    /// Its number.
    pub fn number(self) -> u8 {
        match self {
            StationKind::PassengerCar => 5,
            StationKind::Bus => 6,
            StationKind::HeavyTruck => 8,
            StationKind::RoadSideUnit => 15,
        }
    }
}

/// A place on Earth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// North positive.
    pub latitude_deg: f64,
    /// East positive.
    pub longitude_deg: f64,
    /// Above the ellipsoid.
    pub altitude_m: f64,
}

impl Place {
    /// Distance over ground, by the mean radius of the Earth: for the few kilometres that radio reaches.
    pub fn distance_m(&self, other: &Place) -> f64 {
        let north_rad = (other.latitude_deg - self.latitude_deg).to_radians();
        let middle_rad = (0.5 * (other.latitude_deg + self.latitude_deg)).to_radians();
        let east_rad = (other.longitude_deg - self.longitude_deg).to_radians() * libm::cos(middle_rad);
        EARTH_RADIUS_M * libm::hypot(north_rad, east_rad)
    }

    /// Tenths of a microdegree, as messages count them.
    pub fn wire(&self) -> (i32, i32) {
        (units::latitude(self.latitude_deg), units::longitude(self.longitude_deg))
    }
}

const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// A vehicle as it knows itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kinematics {
    /// Its number on the air.
    pub station: u32,
    /// What it is.
    pub kind: StationKind,
    /// Where its front's middle is.
    pub place: Place,
    /// Anticlockwise from east.
    pub heading_rad: f64,
    /// Along its heading.
    pub speed_mps: f64,
    /// Along its heading.
    pub acceleration_mps2: f64,
    /// Anticlockwise.
    pub yaw_rate_rad_per_s: f64,
    /// Box length.
    pub length_m: f64,
    /// Box width.
    pub width_m: f64,
    /// Its turn indicator.
    pub indicator: Indicator,
    /// For public transport: whether passengers board now.
    pub boards: Option<bool>,
}
