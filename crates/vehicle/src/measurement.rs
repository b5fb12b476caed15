//! What sensors measure, before anybody has made anything of it.
//!
//! A vehicle whose driver brings a [`Perception`] is told [`Measurements`] in place of finished tracks and of a believed
//! pose: satellite fixes, turn and speed of its own body, distances to lane lines, and detections, each as its sensor
//! made it and not before it could be known. A perception makes of them what a driver observes.

use crate::observation::{Indicator, ObjectKind, Observation};
use record::SimTime;
use road::Pose;

/// Everything that became known since the last cycle. Lists are in order of time; what became known together is in order
/// of the sensors on the data sheet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measurements {
    /// Turn and speed of the vehicle's body, one every 10 ms.
    pub motions: Vec<Motion>,
    /// Satellite positions.
    pub fixes: Vec<Fix>,
    /// Lane lines seen by cameras.
    pub lane_lines: Vec<LaneLines>,
    /// Looks of object sensors, and what radio told.
    pub scans: Vec<Scan>,
    /// What the scans found: scan after scan.
    pub detections: Vec<Detection>,
}

impl Measurements {
    /// Forgets all and keeps the memory.
    pub fn clear(&mut self) {
        self.motions.clear();
        self.fixes.clear();
        self.lane_lines.clear();
        self.scans.clear();
        self.detections.clear();
    }
}

/// What gyroscope and wheels measure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Motion {
    /// When.
    pub made: SimTime,
    /// Of the gyroscope about the vertical, anticlockwise; with its bias.
    pub yaw_rate_rad_per_s: f64,
    /// Of the wheels; wrong by the share that their size is.
    pub speed_mps: f64,
}

/// A satellite position of the vehicle's reference point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fix {
    /// When it was measured.
    pub made: SimTime,
    /// Eastward.
    pub x_m: f64,
    /// Northward.
    pub y_m: f64,
    /// Standard deviation along each axis, as the receiver states it; it may be wrong.
    pub deviation_m: f64,
}

/// The lane's lines beside the vehicle, as a camera sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LaneLines {
    /// When the picture was taken.
    pub made: SimTime,
    /// From the reference point to the line at its left.
    pub left_m: f64,
    /// To the line at its right, positive.
    pub right_m: f64,
    /// The vehicle's heading against the lane's.
    pub heading_rad: f64,
    /// Standard deviation of a distance.
    pub deviation_m: f64,
    /// Standard deviation of the heading.
    pub heading_deviation_rad: f64,
}

/// One look of one sensor.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scan {
    /// Which, on the data sheet.
    pub sensor: usize,
    /// When it was made.
    pub made: SimTime,
    /// How many of the detections are its own.
    pub detections: usize,
}

/// Something a sensor took for an object. Lengths and angles are against the vehicle as it stood when the scan was made:
/// origin below the middle of the rear axle, x forward, y to the left.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Detection {
    /// Middle of the object, forward.
    pub x_m: f64,
    /// Middle of the object, to the left.
    pub y_m: f64,
    /// Its ground against the vehicle's.
    pub z_m: f64,
    /// Standard deviation along the line of sight.
    pub along_deviation_m: f64,
    /// Standard deviation across the line of sight.
    pub across_deviation_m: f64,
    /// Where it points: lidars and radio tell.
    pub heading_rad: Option<f64>,
    /// Speed over ground along the line of sight, away from the sensor, its own motion removed: radars tell.
    pub receding_mps: Option<f64>,
    /// Speed over ground along its own heading: radio tells.
    pub speed_mps: Option<f64>,
    /// Length and width: lidars and radio tell.
    pub size_m: Option<[f64; 2]>,
    /// What it is taken for; radars do not know.
    pub kind: Option<ObjectKind>,
    /// Its turn indicator: cameras and radio tell.
    pub indicator: Option<Indicator>,
}

/// Makes what a driver observes of what sensors measured.
///
/// Implementations are deterministic: the same measurements in the same order give the same observations.
pub trait Perception: Send {
    /// The vehicle is switched on where it was parked, which it has kept in mind.
    fn wake(&mut self, pose: Pose);

    /// One cycle: writes where the vehicle believes to be ([`EgoState::pose`](crate::EgoState)) and the objects into an
    /// observation whose time, mission, lights and other parts are there already.
    fn perceive(&mut self, measurements: &Measurements, observation: &mut Observation);
}
