//! What object sensors make of the bodies that they have in sight: detections, some missed, some wrong, some of nothing.
//!
//! Whether a look finds a body is drawn by the sensor's probability, full to seven tenths of its range and half at its
//! end. A lidar measures place, heading and size; a radar place and how fast the thing recedes, its direction less exactly
//! with distance; a camera the direction well, the distance by a share of it, the kind and the indicator; radio tells all.
//! False detections are as many as the data sheet says, anywhere in the field (a Poisson process, as trackers suppose).
//! Draws are made for bodies in sight only, so that who is hidden changes nothing.

use crate::body::Body;
use crate::noise::bounded_normal;
use record::{SimTime, Stream};
use vehicle::{Detection, EgoState, Indicator, Measurements, ObjectKind, Scan, Sensor, SensorKind};

/// Scans on their way from the sensors to whoever uses them.
#[derive(Debug, Default)]
pub(crate) struct ScansUnderWay {
    waiting: Vec<(SimTime, Scan, Vec<Detection>)>,
    /// Memory of scans that have arrived.
    spare: Vec<Vec<Detection>>,
}

/// Up to this share of its range a sensor finds things with its full probability...
const SURE_SHARE: f64 = 0.7;
/// ...and with this share of it at the end of its range.
const END_SHARE: f64 = 0.5;
/// Standard deviation of a radar's direction, of a camera's, and of the distance a camera guesses, as a share.
const RADAR_BEARING_RAD: f64 = 0.005;
const CAMERA_BEARING_RAD: f64 = 0.003;
const CAMERA_RANGE_SHARE: f64 = 0.04;
/// Standard deviation of a lidar's heading of a box, and of its sides.
const HEADING_RAD: f64 = 0.03;
const SIDE_M: f64 = 0.1;
/// A person's box tells little of where it points.
const BODY_HEADING_RAD: f64 = 0.4;
/// Chance that a kind is taken for one of the others.
const MISNAMED: f64 = 0.04;

impl ScansUnderWay {
    /// A list to put a scan's detections into.
    pub fn begin(&mut self) -> Vec<Detection> {
        self.spare.pop().unwrap_or_default()
    }

    /// Sends a scan on its way. One that is lost never arrives.
    pub fn send(
        &mut self,
        index: usize,
        sensor: &Sensor,
        made: SimTime,
        detections: Vec<Detection>,
        stream: &mut Stream,
    ) {
        if sensor.lost_share > 0.0 && stream.uniform() < sensor.lost_share {
            self.put_back(detections);
            return;
        }
        let scan = Scan {
            sensor: index,
            made,
            detections: detections.len(),
        };
        let known = made + SimTime::from_secs_f64(sensor.latency_s);
        let key = (known, made, index);
        let at = self
            .waiting
            .partition_point(|(known, scan, _)| (*known, scan.made, scan.sensor) <= key);
        self.waiting.insert(at, (known, scan, detections));
    }

    /// Hands over what has arrived by `time`.
    pub fn tell(&mut self, time: SimTime, measurements: &mut Measurements) {
        let arrived = self.waiting.partition_point(|&(known, ..)| known <= time);
        for (_, scan, mut detections) in self.waiting.drain(..arrived) {
            measurements.scans.push(scan);
            measurements.detections.append(&mut detections);
            self.spare.push(detections);
        }
    }

    fn put_back(&mut self, mut detections: Vec<Detection>) {
        detections.clear();
        self.spare.push(detections);
    }
}

/// Whether a look finds a body at this distance. `range_m` is how far the sensor reaches in this weather.
pub(crate) fn is_found(sensor: &Sensor, range_m: f64, distance_m: f64, stream: &mut Stream) -> bool {
    let beyond = (distance_m / range_m - SURE_SHARE) / (1.0 - SURE_SHARE);
    let share = 1.0 - (1.0 - END_SHARE) * beyond.clamp(0.0, 1.0);
    stream.uniform() < sensor.detection_probability * share
}

/// What a sensor at `eye_m` on the vehicle `ego` measures of a body.
pub(crate) fn measured(
    sensor: &Sensor,
    eye_m: [f64; 3],
    ego: &EgoState,
    body: &Body,
    stream: &mut Stream,
) -> Detection {
    let (dx, dy) = (body.x_m - eye_m[0], body.y_m - eye_m[1]);
    let distance_m = libm::hypot(dx, dy).max(0.1);
    let (ux, uy) = (dx / distance_m, dy / distance_m);
    let noise_m = sensor.position_noise_m;
    let (along_deviation_m, across_deviation_m) = match sensor.kind {
        SensorKind::Lidar | SensorKind::V2x => (noise_m, noise_m),
        SensorKind::Radar => (noise_m, noise_m.max(RADAR_BEARING_RAD * distance_m)),
        SensorKind::Camera => (
            noise_m.max(CAMERA_RANGE_SHARE * distance_m),
            (0.3 * noise_m).max(CAMERA_BEARING_RAD * distance_m),
        ),
    };
    let along_m = along_deviation_m * bounded_normal(stream);
    let across_m = across_deviation_m * bounded_normal(stream);
    let x_m = body.x_m + ux * along_m - uy * across_m;
    let y_m = body.y_m + uy * along_m + ux * across_m;
    let mut detection = at_place(ego, [x_m, y_m]);
    detection.z_m = body.z_m - ego.pose.z_m;
    detection.along_deviation_m = along_deviation_m;
    detection.across_deviation_m = across_deviation_m;
    let is_person = body.observed == ObjectKind::Pedestrian;
    let tells_box = matches!(sensor.kind, SensorKind::Lidar | SensorKind::V2x);
    if tells_box {
        let deviation_rad = if is_person { BODY_HEADING_RAD } else { HEADING_RAD };
        detection.heading_rad = Some(body.heading_rad - ego.pose.heading_rad + deviation_rad * bounded_normal(stream));
        let mut side_m = |half_m: f64| (2.0 * half_m + SIDE_M.min(0.2 * half_m) * bounded_normal(stream)).max(0.1);
        detection.size_m = Some([side_m(body.half_length_m), side_m(body.half_width_m)]);
    }
    match sensor.kind {
        SensorKind::Radar => {
            let toward = body.cos * ux + body.sin * uy;
            detection.receding_mps = Some(body.speed_mps * toward + sensor.speed_noise_mps * bounded_normal(stream));
        }
        SensorKind::V2x => detection.speed_mps = Some(body.speed_mps + sensor.speed_noise_mps * bounded_normal(stream)),
        SensorKind::Lidar | SensorKind::Camera => {}
    }
    detection.kind = match sensor.kind {
        SensorKind::Radar => None,
        SensorKind::V2x => Some(body.observed),
        SensorKind::Lidar | SensorKind::Camera => Some(named(body.observed, stream)),
    };
    detection.indicator = matches!(sensor.kind, SensorKind::Camera | SensorKind::V2x).then_some(body.indicator);
    detection
}

/// Detections of what is not there.
pub(crate) fn invent(
    sensor: &Sensor,
    eye_m: [f64; 3],
    axis_rad: f64,
    ego: &EgoState,
    detections: &mut Vec<Detection>,
    stream: &mut Stream,
) {
    if sensor.false_per_scan <= 0.0 {
        return;
    }
    // As many as exponential steps of that rate go into one (Knuth, "The Art of Computer Programming", section 3.4.1).
    let end = libm::exp(-sensor.false_per_scan);
    let mut product = stream.uniform();
    while product > end {
        product *= stream.uniform();
        // Evenly over the sector's area.
        let distance_m = sensor.range_m * stream.uniform().sqrt();
        let bearing_rad = axis_rad + sensor.field_of_view_rad * (stream.uniform() - 0.5);
        let (sin, cos) = libm::sincos(bearing_rad);
        let mut detection = at_place(ego, [eye_m[0] + cos * distance_m, eye_m[1] + sin * distance_m]);
        detection.along_deviation_m = sensor.position_noise_m;
        detection.across_deviation_m = sensor.position_noise_m;
        if sensor.kind == SensorKind::Lidar {
            detection.heading_rad = Some(std::f64::consts::TAU * stream.uniform());
            detection.size_m = Some([0.3 + 2.0 * stream.uniform(), 0.3 + stream.uniform()]);
        }
        if sensor.kind == SensorKind::Radar {
            detection.receding_mps = Some(4.0 * (stream.uniform() - 0.5));
        } else {
            detection.kind = Some(
                ObjectKind::ALL[(stream.uniform() * ObjectKind::ALL.len() as f64) as usize % ObjectKind::ALL.len()],
            );
        }
        if sensor.kind == SensorKind::Camera {
            detection.indicator = Some(Indicator::Off);
        }
        detections.push(detection);
    }
}

fn named(kind: ObjectKind, stream: &mut Stream) -> ObjectKind {
    let luck = stream.uniform();
    if luck >= MISNAMED {
        return kind;
    }
    ObjectKind::ALL[(luck / MISNAMED * ObjectKind::ALL.len() as f64) as usize % ObjectKind::ALL.len()]
}

/// A point of the map in the vehicle's frame.
fn at_place(ego: &EgoState, [x_m, y_m]: [f64; 2]) -> Detection {
    let (sin, cos) = libm::sincos(ego.pose.heading_rad);
    let (dx, dy) = (x_m - ego.pose.x_m, y_m - ego.pose.y_m);
    Detection {
        x_m: cos * dx + sin * dy,
        y_m: cos * dy - sin * dx,
        ..Detection::default()
    }
}
