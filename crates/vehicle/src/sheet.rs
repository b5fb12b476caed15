//! Data sheets: what a vehicle is.
//!
//! In goes the text of a `vehicles/*.toml`; out comes a [`DataSheet`] in SI units, checked once, or all that is wrong with
//! the file. The sheets that Westline ships are embedded, so that the binary runs without the source tree. A sheet says
//! nothing of how the vehicle moves ([`VehicleDynamics`](crate::VehicleDynamics)) or who drives it.

use crate::observation::ObjectKind;
use crate::odd::OperationalDesignDomain;
use crate::sheet_reader;
use std::path::Path;
use std::sync::Arc;

/// A passenger with a bag, kg (UN R107 §3.2.3.2.1 counts 68 kg and 3 kg of hand luggage).
pub const PASSENGER_KG: f64 = 71.0;

/// A vehicle's data sheet. Positions are in the vehicle's frame: origin on the ground below the middle of the rear axle,
/// x forward, y to the left, z up.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSheet {
    /// What files and command lines call it: `minibus`.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What others' sensors take it for.
    pub kind: ObjectKind,
    /// Size of its body and where its axles are.
    pub dimensions: Dimensions,
    /// What it weighs.
    pub mass: Mass,
    /// The road wheels' limits.
    pub steering: Steering,
    /// What moves it.
    pub drive: Drive,
    /// What stops it.
    pub brake: Brake,
    /// Where its energy is.
    pub battery: Battery,
    /// What holds it back.
    pub resistance: Resistance,
    /// How it holds the road.
    pub tyres: Tyres,
    /// How people get in; `None` on two wheels.
    pub doors: Option<Doors>,
    /// What it sees with.
    pub sensors: Vec<Sensor>,
    /// How well it knows where it is, where nobody asks how.
    pub localisation: Localisation,
    /// What it finds its place with, for a driver that does so itself.
    pub positioning: Positioning,
    /// Under which conditions it may drive by itself, of the file that the key `odd` names; no bounds without one.
    pub odd: Arc<OperationalDesignDomain>,
}

/// Size of the body and where its axles are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dimensions {
    /// From bumper to bumper.
    pub length_m: f64,
    /// Of the body, without mirrors.
    pub width_m: f64,
    /// From the ground.
    pub height_m: f64,
    /// Between the axles.
    pub wheelbase_m: f64,
    /// From the front axle to the front bumper.
    pub front_overhang_m: f64,
    /// From the rear axle to the rear bumper.
    pub rear_overhang_m: f64,
    /// Between the middles of the wheels of an axle; 0 on two wheels.
    pub track_m: f64,
}

impl Dimensions {
    /// From the reference point (middle of the rear axle) forward to the front bumper.
    pub fn front_m(&self) -> f64 {
        self.wheelbase_m + self.front_overhang_m
    }

    /// From the reference point forward to the middle of the body.
    pub fn middle_m(&self) -> f64 {
        0.5 * (self.front_m() - self.rear_overhang_m)
    }
}

/// What the vehicle weighs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mass {
    /// Ready to drive, empty.
    pub empty_kg: f64,
    /// Most that it may carry.
    pub payload_kg: f64,
    /// Places for passengers.
    pub seats: u32,
    /// Share of the empty weight on the front axle, at rest on the level.
    pub front_share: f64,
    /// Height of the centre of gravity.
    pub centre_height_m: f64,
    /// About the vertical axis through the centre of gravity, empty.
    pub yaw_inertia_kgm2: f64,
}

/// The road wheels' limits and how quickly they follow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steering {
    /// Greatest road-wheel angle to either side.
    pub angle_rad_max: f64,
    /// Fastest change of the road-wheel angle.
    pub rate_rad_per_s_max: f64,
    /// Time constant of the actuator (first order).
    pub lag_s: f64,
}

/// What moves it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drive {
    /// Greatest force at the wheels.
    pub force_n_max: f64,
    /// Greatest power at the wheels.
    pub power_w_max: f64,
    /// Fastest forward.
    pub speed_mps_max: f64,
    /// Fastest in reverse; 0 if it cannot.
    pub reverse_speed_mps_max: f64,
    /// Time constant of the motor's torque (first order).
    pub lag_s: f64,
    /// Energy at the wheels for each unit from the battery.
    pub efficiency: f64,
    /// Greatest braking force of the motor as a generator; 0 if it cannot.
    pub recuperation_force_n_max: f64,
    /// Greatest power taken back at the wheels.
    pub recuperation_power_w_max: f64,
    /// Energy into the battery for each unit taken at the wheels.
    pub recuperation_efficiency: f64,
}

/// What stops it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brake {
    /// Greatest force of all brakes together, the motor's share within it.
    pub force_n_max: f64,
    /// Time constant of the pressure (first order).
    pub lag_s: f64,
    /// Jerk that an automated driver may ask for in an emergency, m/s³; comfort is the driver's business.
    pub jerk_mps3_max: f64,
}

/// Where its energy is. For a combustion engine the tank counts as a battery of the energy that reaches the crankshaft.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Battery {
    /// Energy from empty to full.
    pub capacity_wh: f64,
    /// Least charge that may be used, 0 to 1.
    pub charge_min: f64,
    /// Greatest charge that is filled, 0 to 1.
    pub charge_max: f64,
    /// Drawn all the time by computers, lights, air conditioning.
    pub auxiliary_w: f64,
    /// Most that a charger may give.
    pub charge_w_max: f64,
}

/// What holds it back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resistance {
    /// Of the air.
    pub drag_coefficient: f64,
    /// Seen from the front.
    pub frontal_area_m2: f64,
    /// Rolling force for each unit of weight.
    pub rolling_coefficient: f64,
}

/// How it holds the road.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tyres {
    /// Lateral force for each radian of slip of the front axle (both tyres), at the empty vehicle's axle load; grows with
    /// the load.
    pub front_cornering_stiffness_n_per_rad: f64,
    /// The same of the rear axle.
    pub rear_cornering_stiffness_n_per_rad: f64,
    /// Greatest force for each unit of load on a dry road.
    pub friction: f64,
}

/// How people get in and out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Doors {
    /// How many.
    pub count: u32,
    /// To get on, a person, through one door.
    pub boarding_s: f64,
    /// To get off, a person, through one door.
    pub alighting_s: f64,
    /// To open.
    pub opening_s: f64,
    /// To close.
    pub closing_s: f64,
    /// From the reference point forward to the middle of the (first) door.
    pub x_m: f64,
}

/// Something to see or hear with.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensor {
    /// Its name on this vehicle.
    pub name: String,
    /// How it works.
    pub kind: SensorKind,
    /// Forward of the reference point.
    pub x_m: f64,
    /// To the left of the middle.
    pub y_m: f64,
    /// Above the ground.
    pub z_m: f64,
    /// Where it looks, anticlockwise from straight ahead.
    pub yaw_rad: f64,
    /// How far it reaches in clear air.
    pub range_m: f64,
    /// Whole opening angle, up to a full turn.
    pub field_of_view_rad: f64,
    /// How often it measures.
    pub rate_hz: f64,
    /// Standard deviation of a measured position.
    pub position_noise_m: f64,
    /// Standard deviation of a measured speed.
    pub speed_noise_mps: f64,
    /// From the measurement to the tracked object.
    pub latency_s: f64,
    /// Chance that a look finds a thing well within its range and in clear air.
    pub detection_probability: f64,
    /// Things that are not there, in the mean, that a look finds.
    pub false_per_scan: f64,
    /// Share of looks that are lost between sensor and computer.
    pub lost_share: f64,
}

impl Sensor {
    /// What a data sheet that says nothing of it means: chance of detection, false detections a look, share of looks
    /// lost. Object lists of series sensors miss a few things in a hundred and invent one in some tens of looks.
    pub(crate) fn usual_faults(kind: SensorKind) -> [f64; 3] {
        match kind {
            SensorKind::Lidar => [0.98, 0.01, 0.001],
            SensorKind::Radar => [0.95, 0.05, 0.001],
            SensorKind::Camera => [0.95, 0.02, 0.002],
            SensorKind::V2x => [0.97, 0.0, 0.0],
        }
    }
}

/// How a sensor works, and so what hides things from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SensorKind {
    /// Laser scanner: precise; suffers from rain and fog; sees no colours.
    Lidar,
    /// Radar: measures speed; sees through rain and fog.
    Radar,
    /// Camera: sees signals and indicators; suffers from darkness, rain and fog.
    Camera,
    /// Radio: is told of equipped objects and signals; nothing hides them.
    V2x,
}

/// How well the vehicle knows where it is: standard deviations of slowly wandering errors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Localisation {
    /// Along each axis.
    pub position_noise_m: f64,
    /// Of the heading.
    pub heading_noise_rad: f64,
    /// Of the speed.
    pub speed_noise_mps: f64,
}

/// Satellite receiver, gyroscope and wheels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Positioning {
    /// How often the receiver tells a position.
    pub satellite_rate_hz: f64,
    /// Standard deviation of a position along each axis, under open sky.
    pub satellite_noise_m: f64,
    /// Standard deviation of the gyroscope's bias when switched on; it drifts by as much in an hour.
    pub gyroscope_bias_rad_per_s: f64,
    /// Standard deviation of one reading of the gyroscope (10 ms).
    pub gyroscope_noise_rad_per_s: f64,
    /// Standard deviation of the share by which the wheels' speed is wrong.
    pub wheel_scale_noise: f64,
    /// Standard deviation of the distance to a lane line seen by a camera.
    pub lane_line_noise_m: f64,
    /// Standard deviation of the heading against the lane seen by a camera.
    pub lane_heading_noise_rad: f64,
}

impl Default for Positioning {
    /// A receiver with corrections for centimetres, a gyroscope of the automotive grade, wheels whose tyres wear, a
    /// camera for lane keeping.
    fn default() -> Positioning {
        Positioning {
            satellite_rate_hz: 10.0,
            satellite_noise_m: 0.02,
            gyroscope_bias_rad_per_s: 0.02f64.to_radians(),
            gyroscope_noise_rad_per_s: 0.1f64.to_radians(),
            wheel_scale_noise: 0.004,
            lane_line_noise_m: 0.05,
            lane_heading_noise_rad: 0.3f64.to_radians(),
        }
    }
}

/// What can be wrong with a data sheet. All problems of a file are gathered.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// There is no sheet of that name.
    #[error("no vehicle is called `{name}`\nhint: {hint}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        hint: String,
    },
    /// The file cannot be read.
    #[error(
        "{path}: {source}\nhint: give the path of a data sheet (`*.toml`) that can be read, or one of the shipped names"
    )]
    Unreadable {
        /// Its path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// What the file says is wrong: one message a problem, each with its place and mend.
    #[error("{}", .0.join("\n"))]
    Invalid(Vec<String>),
}

/// The sheets that Westline ships: name, file, text.
const SHIPPED: [(&str, &str, &str); 8] = [
    (
        "bicycle",
        "vehicles/bicycle.toml",
        include_str!("../../../vehicles/bicycle.toml"),
    ),
    ("bus", "vehicles/bus.toml", include_str!("../../../vehicles/bus.toml")),
    ("car", "vehicles/car.toml", include_str!("../../../vehicles/car.toml")),
    (
        "minibus",
        "vehicles/minibus.toml",
        include_str!("../../../vehicles/minibus.toml"),
    ),
    (
        "scooter",
        "vehicles/scooter.toml",
        include_str!("../../../vehicles/scooter.toml"),
    ),
    (
        "shuttle",
        "vehicles/shuttle.toml",
        include_str!("../../../vehicles/shuttle.toml"),
    ),
    (
        "truck",
        "vehicles/truck.toml",
        include_str!("../../../vehicles/truck.toml"),
    ),
    ("van", "vehicles/van.toml", include_str!("../../../vehicles/van.toml")),
];

/// Hands out the file of that name beside a sheet: its path for messages and its text, or why it cannot: `which is not there`.
pub type FilesBeside<'b> = dyn Fn(&str) -> Result<(String, String), String> + 'b;

/// The operational design domains that Westline ships: file, text.
const SHIPPED_DOMAINS: [(&str, &str); 1] = [("minibus.odd.toml", include_str!("../../../vehicles/minibus.odd.toml"))];

impl DataSheet {
    /// Names of the shipped sheets, in alphabetical order.
    pub fn shipped_names() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|(name, _, _)| *name)
    }

    /// A shipped operational design domain, as path for messages and text, or why there is none.
    pub fn shipped_domain(name: &str) -> Result<(String, String), String> {
        let found = SHIPPED_DOMAINS.iter().find(|(shipped, _)| *shipped == name);
        found.map_or(Err("which is not shipped".to_owned()), |(file, text)| {
            Ok((format!("vehicles/{file}"), (*text).to_owned()))
        })
    }

    /// A shipped sheet.
    pub fn shipped(name: &str) -> Result<DataSheet, SheetError> {
        match SHIPPED.iter().find(|(shipped, _, _)| *shipped == name) {
            Some((_, file, text)) => DataSheet::from_toml(text, file),
            None => Err(SheetError::Unknown {
                name: name.to_owned(),
                hint: sheet_reader::hint_for_name(name),
            }),
        }
    }

    /// A shipped sheet by its name, or a user's own by the path of its file (ending in `.toml`).
    pub fn load(name_or_path: &str) -> Result<DataSheet, SheetError> {
        DataSheet::load_with(name_or_path, &|path| std::fs::read_to_string(path))
    }

    /// The same with files that `read` hands out by their paths.
    pub fn load_with(
        name_or_path: &str,
        read: &dyn Fn(&Path) -> std::io::Result<String>,
    ) -> Result<DataSheet, SheetError> {
        if !name_or_path.ends_with(".toml") {
            return DataSheet::shipped(name_or_path);
        }
        let text = read(Path::new(name_or_path)).map_err(|source| SheetError::Unreadable {
            path: name_or_path.to_owned(),
            source,
        })?;
        let folder = Path::new(name_or_path).parent().unwrap_or(Path::new(""));
        DataSheet::from_toml_beside(&text, name_or_path, &|name| {
            let path = folder.join(name);
            let file = path.display().to_string();
            match read(&path) {
                Ok(text) => Ok((file, text)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    DataSheet::shipped_domain(name).map_err(|_| format!("and `{file}` is not there"))
                }
                Err(error) => Err(format!("and `{file}` cannot be read: {error}")),
            }
        })
    }

    /// Reads a sheet whose operational design domain, if it names one, is a shipped one. `file` is only for messages.
    pub fn from_toml(text: &str, file: &str) -> Result<DataSheet, SheetError> {
        DataSheet::from_toml_beside(text, file, &DataSheet::shipped_domain)
    }

    /// Reads a sheet. `beside` hands out the files that it names.
    pub fn from_toml_beside(text: &str, file: &str, beside: &FilesBeside<'_>) -> Result<DataSheet, SheetError> {
        sheet_reader::read(text, file, beside).map_err(SheetError::Invalid)
    }

    /// Greatest curvature of the reference point's path, at walking speed.
    pub fn curvature_per_m_max(&self) -> f64 {
        libm::tan(self.steering.angle_rad_max) / self.dimensions.wheelbase_m
    }

    /// Furthest that any sensor of `kind` reaches, 0 if there is none.
    pub fn range_m(&self, kind: SensorKind) -> f64 {
        self.sensors
            .iter()
            .filter(|sensor| sensor.kind == kind)
            .map(|sensor| sensor.range_m)
            .fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_sheet_reads_and_is_called_as_its_file() {
        for name in DataSheet::shipped_names() {
            let sheet = DataSheet::shipped(name).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(sheet.name, name);
            let d = sheet.dimensions;
            let sum_m = d.wheelbase_m + d.front_overhang_m + d.rear_overhang_m;
            assert!(
                (sum_m - d.length_m).abs() < 1e-9,
                "{name}: overhangs and wheelbase are {sum_m} m"
            );
        }
    }

    fn complaints(change: impl Fn(&str) -> String) -> String {
        let text = change(SHIPPED[3].2);
        DataSheet::from_toml(&text, "minibus.toml")
            .expect_err("a broken sheet")
            .to_string()
    }

    #[test]
    fn all_problems_of_a_sheet_are_told_together_with_place_and_mend() {
        let told = complaints(|text| {
            text.replace("empty_kg = ", "empty_kg = -")
                .replace("width_m = ", "widht_m = ")
                .replace("capacity_wh = ", "capacity_wh = \"many\" # ")
        });
        insta::assert_snapshot!(told);
    }

    #[test]
    fn numbers_that_are_none_are_refused() {
        for number in ["nan", "inf", "-inf"] {
            let told = complaints(|text| text.replace("friction = 0.8", &format!("friction = {number}")));
            assert!(told.contains("tyres.friction"), "{told}");
        }
    }

    #[test]
    fn a_syntax_error_tells_its_line() {
        let told = complaints(|text| text.replace("[mass]", "[mass"));
        assert!(told.starts_with("minibus.toml:"), "{told}");
        assert!(told.contains("hint: "), "{told}");
    }

    #[test]
    fn an_unknown_name_brings_the_nearest_to_mind() {
        let told = DataSheet::shipped("minbus").expect_err("no such sheet").to_string();
        insta::assert_snapshot!(told);
    }
}
