//! Who is around: detections of many sensors made into tracks.
//!
//! Scan by scan in the order in which they become known: each track is carried on to the moment of the scan, detections are
//! given to tracks by the assignment that is most likely as a whole (global nearest neighbour; Blackman and Popoli, "Design
//! and Analysis of Modern Tracking Systems", 1999, section 6.4), each track is corrected by its own, and its probability
//! of existence goes up with every detection and down with every look that should have found it and did not (integrated
//! probabilistic data association; Musicki, Evans and Stankovic 1994). A look past another track's box is no look: who is
//! hidden stays believed in for some seconds. What no track explains begins one.

use super::assignment::Assignment;
use super::localisation::{Moment, turned};
use super::motion::{self, Agility, Belief};
use record::SimTime;
use std::f64::consts::{FRAC_PI_2, PI};
use std::sync::Arc;
use vehicle::{DataSheet, Detection, Indicator, ObjectKind, ObservedObject, Scan, Sensor, SensorKind};

/// Squared Mahalanobis distance beyond which a detection is not a track's: lost once in three thousand.
const GATE: f64 = 16.0;
/// Things that come into sight, a square metre and scan; a detection that no track explains may be one.
const BIRTHS_PER_M2: f64 = 1e-5;
/// Chance that a detection without a track is something: radars invent more.
const BORN: f64 = 0.5;
const BORN_BY_RADAR: f64 = 0.25;
/// A track is told of from this probability on, and until it falls below the other.
const BELIEVED: f64 = 0.95;
const DOUBTED: f64 = 0.4;
/// Below this it is given up.
const GIVEN_UP: f64 = 0.02;
/// Nothing is certain: who is not found any more shall be forgotten in time.
const CERTAIN: f64 = 0.999;
/// Share of things that leave without being seen to, a second.
const LEAVE_PER_S: f64 = 0.05;
/// Who is hidden is believed in for so long.
const HIDDEN: SimTime = SimTime::from_millis(3_000);
/// Chance to find somebody whose middle is hidden, and somebody near the edge of a box or of the field of view.
const HIDDEN_SHARE: f64 = 0.05;
const EDGE_SHARE: f64 = 0.5;
/// Chance that a sensor names the right kind; the rest is shared by the others.
const NAMED_RIGHT: f64 = 0.92;
/// A turn indicator is remembered past its dark half.
const INDICATOR: SimTime = SimTime::from_millis(1_200);
/// Slower than this is standing: trackers hold a zero.
const STANDING_MPS: f64 = 0.2;
/// Standard deviation of a lidar's heading of a box, and of a person's.
const HEADING_RAD: f64 = 0.03;
const BODY_HEADING_RAD: f64 = 0.4;
/// More tracks than this are too many for any crossing; those farthest from certain go first.
const TRACKS_MAX: usize = 512;
/// Cost of what may not be.
const NEVER: f64 = 1e9;

/// All tracks of a vehicle.
#[derive(Debug)]
pub(crate) struct Tracker {
    sensors: Arc<[Sensor]>,
    tracks: Vec<Track>,
    next_number: u32,
    assignment: Assignment,
    /// Pairs that may belong together: detection, track, cost.
    pairs: Vec<(usize, usize, f64)>,
    /// Track of each detection of the scan.
    owner: Vec<Option<usize>>,
    /// Chance of each track to be found by the scan.
    findable: Vec<f64>,
    is_found: Vec<bool>,
    uses: Vec<u32>,
    crowd: Crowd,
}

/// Detections and tracks among which more than one assignment is possible.
#[derive(Debug, Default)]
struct Crowd {
    detections: Vec<usize>,
    tracks: Vec<usize>,
    column_of: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Track {
    number: u32,
    belief: Belief,
    time: SimTime,
    existence: f64,
    is_believed: bool,
    /// Probability of each kind.
    kinds: [f64; ObjectKind::ALL.len()],
    size_m: [f64; 2],
    size_is_seen: bool,
    z_m: f64,
    indicator: Indicator,
    indicator_until: SimTime,
    found: SimTime,
}

/// A sensor on its way, at the moment of a scan.
struct Look<'a> {
    sensor: &'a Sensor,
    x_m: f64,
    y_m: f64,
    z_m: f64,
    axis_rad: f64,
    moment: &'a Moment,
}

impl Tracker {
    /// For the sensors of a sheet.
    pub fn new(sheet: &DataSheet) -> Tracker {
        Tracker {
            sensors: sheet.sensors.clone().into(),
            tracks: Vec::new(),
            next_number: 0,
            assignment: Assignment::default(),
            pairs: Vec::new(),
            owner: Vec::new(),
            findable: Vec::new(),
            is_found: Vec::new(),
            uses: Vec::new(),
            crowd: Crowd::default(),
        }
    }

    /// Takes in one scan; `moment` is where the vehicle was when it was made.
    pub fn take(&mut self, scan: &Scan, detections: &[Detection], moment: &Moment) {
        let sensors = Arc::clone(&self.sensors);
        let Some(sensor) = sensors.get(scan.sensor) else { return };
        let (sin, cos) = libm::sincos(moment.heading_rad);
        let look = Look {
            sensor,
            x_m: moment.x_m + cos * sensor.x_m - sin * sensor.y_m,
            y_m: moment.y_m + sin * sensor.x_m + cos * sensor.y_m,
            z_m: moment.z_m + sensor.z_m,
            axis_rad: moment.heading_rad + sensor.yaw_rad,
            moment,
        };
        for track in &mut self.tracks {
            track.carry_on(scan.made);
        }
        self.findable.clear();
        for index in 0..self.tracks.len() {
            let chance = look.chance(index, &self.tracks);
            self.findable.push(chance);
        }
        self.pair(&look, detections);
        self.assign(detections.len());
        self.is_found.clear();
        self.is_found.resize(self.tracks.len(), false);
        for (index, detection) in detections.iter().enumerate() {
            if let Some(owner) = self.owner[index] {
                self.is_found[owner] = true;
                self.tracks[owner].correct(&look, detection, scan.made);
            }
        }
        for (index, track) in self.tracks.iter_mut().enumerate() {
            if !self.is_found[index] {
                let missed = 1.0 - self.findable[index];
                track.existence *= missed / (1.0 - track.existence + track.existence * missed);
            }
        }
        for (index, detection) in detections.iter().enumerate() {
            if self.owner[index].is_none() && self.tracks.len() < TRACKS_MAX {
                self.tracks
                    .push(Track::begin(self.next_number, &look, detection, scan.made));
                self.next_number = self.next_number.wrapping_add(1);
            }
        }
        self.clear_away(scan.made);
    }

    /// Writes the tracks that are believed in, as they should be at `time`.
    pub fn write(&self, time: SimTime, objects: &mut Vec<ObservedObject>) {
        objects.clear();
        objects.extend(
            self.tracks
                .iter()
                .filter(|track| track.is_believed)
                .map(|track| track.at(time)),
        );
    }

    /// Which detection may be which track's, at which cost: minus the logarithm of how much likelier that is than a false
    /// detection or somebody new.
    fn pair(&mut self, look: &Look<'_>, detections: &[Detection]) {
        self.pairs.clear();
        let area_m2 = 0.5 * look.sensor.field_of_view_rad * look.sensor.range_m * look.sensor.range_m;
        let elsewise_per_m2 = look.sensor.false_per_scan / area_m2.max(1.0) + BIRTHS_PER_M2;
        for (index, detection) in detections.iter().enumerate() {
            let seen = look.place(detection);
            for (owner, track) in self.tracks.iter().enumerate() {
                let reach_m = 8.0 + 4.0 * (track.belief.covariance[0][0] + track.belief.covariance[1][1]).sqrt();
                let (dx, dy) = (seen.x_m - track.belief.mean[0], seen.y_m - track.belief.mean[1]);
                if dx.abs() > reach_m || dy.abs() > reach_m {
                    continue;
                }
                let Some(likelihood) = track.likelihood(&seen, detection) else {
                    continue;
                };
                let ratio = self.findable[owner].max(HIDDEN_SHARE) * track.existence * likelihood / elsewise_per_m2;
                if ratio > 1.0 {
                    self.pairs.push((index, owner, -libm::log(ratio)));
                }
            }
        }
    }

    /// Gives detections to tracks. Pairs of which neither has another choice need no arithmetic.
    fn assign(&mut self, detections: usize) {
        self.owner.clear();
        self.owner.resize(detections, None);
        self.uses.clear();
        self.uses.resize(detections + self.tracks.len(), 0);
        for &(detection, track, _) in &self.pairs {
            self.uses[detection] += 1;
            self.uses[detections + track] += 1;
        }
        let crowd = &mut self.crowd;
        crowd.detections.clear();
        crowd.tracks.clear();
        for &(detection, track, _) in &self.pairs {
            if self.uses[detection] == 1 && self.uses[detections + track] == 1 {
                self.owner[detection] = Some(track);
                continue;
            }
            if crowd.detections.last() != Some(&detection) {
                crowd.detections.push(detection);
            }
            crowd.tracks.push(track);
        }
        if crowd.detections.is_empty() {
            return;
        }
        crowd.tracks.sort_unstable();
        crowd.tracks.dedup();
        let (rows, choices) = (crowd.detections.len(), crowd.tracks.len());
        let pairs = &self.pairs;
        let cost = |row: usize, column: usize| {
            if column >= choices {
                return 0.0;
            }
            let key = (crowd.detections[row], crowd.tracks[column]);
            match pairs.binary_search_by(|&(detection, track, _)| (detection, track).cmp(&key)) {
                Ok(found) => pairs[found].2,
                Err(_) => NEVER,
            }
        };
        // Each detection may stay alone, at no cost.
        self.assignment.solve(rows, choices + rows, cost, &mut crowd.column_of);
        for (row, &column) in crowd.column_of.iter().enumerate() {
            if column < choices && cost(row, column) < NEVER {
                self.owner[crowd.detections[row]] = Some(crowd.tracks[column]);
            }
        }
    }

    /// Forgets who is not there, and the younger of two tracks of one thing.
    fn clear_away(&mut self, now: SimTime) {
        for index in 1..self.tracks.len() {
            let (older, rest) = self.tracks.split_at_mut(index);
            let track = &mut rest[0];
            if let Some(twin) = older
                .iter_mut()
                .find(|other| other.existence > 0.0 && other.is_same(track))
            {
                twin.existence = twin.existence.max(track.existence);
                twin.is_believed |= track.is_believed;
                track.existence = 0.0;
            }
        }
        for track in &mut self.tracks {
            track.existence = track.existence.min(CERTAIN);
            track.is_believed = track.existence > if track.is_believed { DOUBTED } else { BELIEVED };
        }
        self.tracks
            .retain(|track| track.existence > GIVEN_UP && now - track.found <= HIDDEN);
    }
}

/// A detection on the map.
struct Seen {
    x_m: f64,
    y_m: f64,
    /// Rows of the belief along and across the line of sight, and the variances of a measurement along them.
    along: [f64; motion::PARTS],
    across: [f64; motion::PARTS],
    along_m2: f64,
    across_m2: f64,
    bearing_rad: f64,
}

impl Look<'_> {
    fn place(&self, detection: &Detection) -> Seen {
        let (sin, cos) = libm::sincos(self.moment.heading_rad);
        let x_m = self.moment.x_m + cos * detection.x_m - sin * detection.y_m;
        let y_m = self.moment.y_m + sin * detection.x_m + cos * detection.y_m;
        let (dx, dy) = (x_m - self.x_m, y_m - self.y_m);
        let distance_m = libm::hypot(dx, dy).max(1e-3);
        let (ux, uy) = (dx / distance_m, dy / distance_m);
        let square = |deviation_m: f64| deviation_m * deviation_m + 1e-4;
        Seen {
            x_m,
            y_m,
            along: [ux, uy, 0.0, 0.0, 0.0, 0.0],
            across: [-uy, ux, 0.0, 0.0, 0.0, 0.0],
            along_m2: square(detection.along_deviation_m),
            across_m2: square(detection.across_deviation_m),
            bearing_rad: libm::atan2(dy, dx),
        }
    }

    /// The chance that this look finds a track: its sensor's, less what the field's edge and others in the way take.
    fn chance(&self, target: usize, tracks: &[Track]) -> f64 {
        let track = &tracks[target];
        let [x_m, y_m, ..] = track.belief.mean;
        let (dx, dy) = (x_m - self.x_m, y_m - self.y_m);
        let distance_m = libm::hypot(dx, dy);
        if self.sensor.kind == SensorKind::V2x {
            // Whether it has a radio is not known: silence says nothing.
            return 0.0;
        }
        if distance_m > 1.02 * self.sensor.range_m {
            return 0.0;
        }
        let off_rad = turned(libm::atan2(dy, dx) - self.axis_rad).abs();
        let half_rad = 0.5 * self.sensor.field_of_view_rad;
        let margin_rad = 2.0 / distance_m.max(2.0);
        if half_rad < PI && off_rad > half_rad + margin_rad {
            return 0.0;
        }
        let is_at_edge = distance_m > 0.7 * self.sensor.range_m || (half_rad < PI && off_rad > half_rad - margin_rad);
        let mut chance = self.sensor.detection_probability * if is_at_edge { EDGE_SHARE } else { 1.0 };
        if distance_m < 1.0 {
            return chance;
        }
        let (ux, uy) = (dx / distance_m, dy / distance_m);
        let top_m = track.z_m + track.height_m();
        for (index, other) in tracks.iter().enumerate() {
            if index == target || !other.is_believed {
                continue;
            }
            let [ox, oy, heading_rad, ..] = other.belief.mean;
            let (ex, ey) = (ox - self.x_m, oy - self.y_m);
            let along_m = ex * ux + ey * uy;
            if along_m < 1.0 || along_m > distance_m - 0.5 {
                continue;
            }
            let aside_m = (ey * ux - ex * uy).abs();
            if aside_m > 10.0 {
                continue;
            }
            let sight_line_m = self.z_m + (top_m - self.z_m) * along_m / distance_m;
            if sight_line_m > other.z_m + other.height_m() {
                continue;
            }
            let (sin, cos) = libm::sincos(heading_rad);
            let half_m =
                0.5 * ((sin * ux - cos * uy).abs() * other.size_m[0] + (cos * ux + sin * uy).abs() * other.size_m[1]);
            if aside_m < half_m {
                return HIDDEN_SHARE;
            }
            if aside_m < half_m + 0.5 * track.size_m[1] {
                chance = chance.min(EDGE_SHARE);
            }
        }
        chance
    }
}

impl Track {
    fn begin(number: u32, look: &Look<'_>, detection: &Detection, made: SimTime) -> Track {
        let seen = look.place(detection);
        let kind = detection.kind.unwrap_or(ObjectKind::Car);
        let agility = Agility::of(kind);
        let receding_mps = detection.receding_mps.unwrap_or(0.0);
        // Without a heading, what recedes points away and what comes near points here.
        let (heading_rad, heading_deviation_rad) = match detection.heading_rad {
            Some(heading_rad) => (
                turned(look.moment.heading_rad + heading_rad),
                heading_deviation_rad(kind),
            ),
            None if receding_mps < -1.0 => (turned(seen.bearing_rad + PI), 0.4),
            None => (seen.bearing_rad, 0.6),
        };
        let (speed_mps, speed_deviation_mps) = match (detection.speed_mps, detection.receding_mps) {
            (Some(speed_mps), _) => (speed_mps, look.sensor.speed_noise_mps.max(0.1)),
            (None, Some(receding_mps)) => {
                let toward = libm::cos(heading_rad - seen.bearing_rad);
                (receding_mps * toward.signum(), 2.0)
            }
            _ => (0.0, agility.speed_mps),
        };
        let mut belief = Belief::new(
            [seen.x_m, seen.y_m, heading_rad, speed_mps, 0.0, 0.0],
            [1.0, 1.0, heading_deviation_rad, speed_deviation_mps, 0.2, 1.0],
        );
        let along = (seen.along_m2, seen.along);
        let (ux, uy) = (along.1[0], along.1[1]);
        let (a, c) = (along.0, seen.across_m2);
        belief.covariance[0][0] = a * ux * ux + c * uy * uy;
        belief.covariance[1][1] = a * uy * uy + c * ux * ux;
        belief.covariance[0][1] = (a - c) * ux * uy;
        belief.covariance[1][0] = belief.covariance[0][1];
        let is_radar = look.sensor.kind == SensorKind::Radar;
        let mut track = Track {
            number,
            belief,
            time: made,
            existence: if is_radar { BORN_BY_RADAR } else { BORN },
            is_believed: false,
            kinds: [1.0 / ObjectKind::ALL.len() as f64; ObjectKind::ALL.len()],
            size_m: usual_size_m(kind),
            size_is_seen: false,
            z_m: look.moment.z_m + detection.z_m,
            indicator: Indicator::Off,
            indicator_until: made,
            found: made,
        };
        track.take_looks(detection, made);
        track
    }

    /// The likeliest kind.
    fn kind(&self) -> ObjectKind {
        let mut best = 0;
        for index in 1..ObjectKind::ALL.len() {
            if self.kinds[index] > self.kinds[best] {
                best = index;
            }
        }
        ObjectKind::ALL[best]
    }

    fn height_m(&self) -> f64 {
        match self.kind() {
            ObjectKind::Car => 1.5,
            ObjectKind::Truck => 3.5,
            ObjectKind::Bus => 2.9,
            ObjectKind::Cyclist | ObjectKind::Pedestrian => 1.7,
            ObjectKind::Obstacle => 1.0,
        }
    }

    fn carry_on(&mut self, to: SimTime) {
        let step_s = (to - self.time).as_secs_f64().clamp(-1.0, 5.0);
        let agility = Agility::of(self.kind());
        motion::carry_on(&mut self.belief, agility, step_s);
        self.existence *= 1.0 - (LEAVE_PER_S * step_s.max(0.0)).min(1.0);
        self.time = to;
    }

    /// How likely a detection is, if it is of this thing, a square metre; `None` if it is not thinkable.
    fn likelihood(&self, seen: &Seen, detection: &Detection) -> Option<f64> {
        let p = &self.belief.covariance;
        let (dx, dy) = (seen.x_m - self.belief.mean[0], seen.y_m - self.belief.mean[1]);
        let (ux, uy) = (seen.along[0], seen.along[1]);
        let (a, c) = (seen.along_m2, seen.across_m2);
        let xx = p[0][0] + a * ux * ux + c * uy * uy;
        let yy = p[1][1] + a * uy * uy + c * ux * ux;
        let xy = p[0][1] + (a - c) * ux * uy;
        let determinant = (xx * yy - xy * xy).max(1e-12);
        let mut distance = (yy * dx * dx - 2.0 * xy * dx * dy + xx * dy * dy) / determinant;
        if let Some(receding_mps) = detection.receding_mps {
            let (row, expected_mps) = self.receding(seen);
            distance += self.belief.surprise(&row, receding_mps - expected_mps, 1.0);
        }
        if distance > GATE {
            return None;
        }
        let named = match detection.kind {
            Some(kind) => ObjectKind::ALL
                .iter()
                .zip(&self.kinds)
                .map(|(&k, p)| p * chance_to_name(kind, k))
                .sum(),
            None => 1.0 / ObjectKind::ALL.len() as f64,
        };
        let share: f64 = named * ObjectKind::ALL.len() as f64;
        Some(share * libm::exp(-0.5 * distance) / (2.0 * PI * determinant.sqrt()))
    }

    /// The speed away from the sensor that the belief expects, and its derivative.
    fn receding(&self, seen: &Seen) -> ([f64; motion::PARTS], f64) {
        let (sin, cos) = libm::sincos(self.belief.mean[2]);
        let (ux, uy) = (seen.along[0], seen.along[1]);
        let speed_mps = self.belief.mean[3];
        let toward = cos * ux + sin * uy;
        let row = [0.0, 0.0, speed_mps * (cos * uy - sin * ux), toward, 0.0, 0.0];
        (row, speed_mps * toward)
    }

    fn correct(&mut self, look: &Look<'_>, detection: &Detection, made: SimTime) {
        let seen = look.place(detection);
        for (row, variance) in [(seen.along, seen.along_m2), (seen.across, seen.across_m2)] {
            let (dx, dy) = (seen.x_m - self.belief.mean[0], seen.y_m - self.belief.mean[1]);
            self.belief.correct(&row, dx * row[0] + dy * row[1], variance);
        }
        let kind = self.kind();
        if let Some(heading_rad) = detection.heading_rad {
            let mut off_rad = turned(look.moment.heading_rad + heading_rad - self.belief.mean[2]);
            if off_rad.abs() > FRAC_PI_2 {
                self.turn_round();
                off_rad = turned(off_rad + PI);
            }
            let deviation_rad = heading_deviation_rad(kind);
            self.belief
                .correct(&[0.0, 0.0, 1.0, 0.0, 0.0, 0.0], off_rad, deviation_rad * deviation_rad);
        }
        let noise_mps = look.sensor.speed_noise_mps.max(0.1);
        if let Some(receding_mps) = detection.receding_mps {
            let (row, expected_mps) = self.receding(&seen);
            self.belief
                .correct(&row, receding_mps - expected_mps, noise_mps * noise_mps);
        }
        if let Some(speed_mps) = detection.speed_mps {
            let row = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0];
            self.belief
                .correct(&row, speed_mps - self.belief.mean[3], noise_mps * noise_mps);
        }
        self.z_m += 0.3 * (look.moment.z_m + detection.z_m - self.z_m);
        // A look that found it: one false detection there would be far less likely.
        let doubt = (1.0 - self.existence)
            * if look.sensor.kind == SensorKind::Radar {
                0.1
            } else {
                0.02
            };
        self.existence /= self.existence + doubt;
        self.take_looks(detection, made);
        self.found = made;
    }

    /// What it looks like: kind, size, indicator.
    fn take_looks(&mut self, detection: &Detection, made: SimTime) {
        if let Some(named) = detection.kind {
            let mut sum = 0.0;
            for (probability, &kind) in self.kinds.iter_mut().zip(&ObjectKind::ALL) {
                // Nothing is ruled out for ever.
                *probability = (*probability * chance_to_name(named, kind)).max(1e-4);
                sum += *probability;
            }
            for probability in &mut self.kinds {
                *probability /= sum;
            }
        }
        match detection.size_m {
            Some(size_m) if self.size_is_seen => {
                for (held, seen) in self.size_m.iter_mut().zip(size_m) {
                    *held += 0.2 * (seen - *held);
                }
            }
            Some(size_m) => {
                self.size_m = size_m;
                self.size_is_seen = true;
            }
            None if !self.size_is_seen => self.size_m = usual_size_m(self.kind()),
            None => {}
        }
        match detection.indicator {
            Some(Indicator::Off) | None if made > self.indicator_until => self.indicator = Indicator::Off,
            Some(Indicator::Off) | None => {}
            Some(indicator) => {
                self.indicator = indicator;
                self.indicator_until = made + INDICATOR;
            }
        }
    }

    /// It points the other way than was thought, and so moves the other way along it.
    fn turn_round(&mut self) {
        self.belief.mean[2] = turned(self.belief.mean[2] + PI);
        for part in [3, 5] {
            self.belief.mean[part] = -self.belief.mean[part];
            for other in 0..motion::PARTS {
                self.belief.covariance[part][other] = -self.belief.covariance[part][other];
                self.belief.covariance[other][part] = -self.belief.covariance[other][part];
            }
        }
    }

    /// Whether two tracks are of one thing: nobody stands within another.
    fn is_same(&self, other: &Track) -> bool {
        let (a, b) = (&self.belief.mean, &other.belief.mean);
        let (dx, dy) = (a[0] - b[0], a[1] - b[1]);
        let room_m = 0.4 * (self.size_m[1] + other.size_m[1]).max(0.8);
        dx * dx + dy * dy < room_m * room_m
    }

    fn at(&self, time: SimTime) -> ObservedObject {
        let mut belief = self.belief;
        let kind = self.kind();
        motion::carry_on(
            &mut belief,
            Agility::of(kind),
            (time - self.time).as_secs_f64().clamp(-1.0, 5.0),
        );
        let [x_m, y_m, heading_rad, speed_mps, _, acceleration_mps2] = belief.mean;
        let stands = speed_mps.abs() < STANDING_MPS;
        ObservedObject {
            track: self.number,
            kind,
            x_m,
            y_m,
            z_m: self.z_m,
            heading_rad,
            heading_deviation_rad: belief.covariance[2][2].max(0.0).sqrt(),
            speed_mps: if stands { 0.0 } else { speed_mps },
            leftward_mps: 0.0,
            acceleration_mps2: if stands { 0.0 } else { acceleration_mps2 },
            length_m: self.size_m[0],
            width_m: self.size_m[1],
            indicator: self.indicator,
        }
    }
}

/// The chance that a sensor calls a thing of kind `is` a `named`.
fn chance_to_name(named: ObjectKind, is: ObjectKind) -> f64 {
    if named == is {
        NAMED_RIGHT
    } else {
        (1.0 - NAMED_RIGHT) / (ObjectKind::ALL.len() - 1) as f64
    }
}

fn heading_deviation_rad(kind: ObjectKind) -> f64 {
    if kind == ObjectKind::Pedestrian {
        BODY_HEADING_RAD
    } else {
        HEADING_RAD
    }
}

/// Length and width of a thing that nobody has measured yet.
fn usual_size_m(kind: ObjectKind) -> [f64; 2] {
    match kind {
        ObjectKind::Car => [4.6, 1.8],
        ObjectKind::Truck => [8.0, 2.5],
        ObjectKind::Bus => [9.0, 2.5],
        ObjectKind::Cyclist => [1.8, 0.7],
        ObjectKind::Pedestrian | ObjectKind::Obstacle => [0.6, 0.6],
    }
}
