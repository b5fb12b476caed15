//! Tables of places in, tables of poses out: what `westline map locate` does.
//!
//! A row gives a place on a lane (`road_id,lane_id,s_m,lane_offset_m`) and gets where that is; or it gives a point
//! (`x_m,y_m`, with `z_m` where roads lie over one another) and gets the lane that it lies on. Places are OpenDRIVE's:
//! s along the reference line, the offset from the lane's middle towards +t. Answers look the way that traffic of the
//! lane looks; `t_m` is the t of the lane's middle. Columns that are not known are handed through.

use rstar::RTree;
use rstar::primitives::GeomWithData;
use std::collections::BTreeMap;

use crate::draft::{LaneSectionDraft, MapDraft, TrafficRule};
use crate::geometry::RoadGeometry;
use crate::{Pose, RoadError};

/// Farthest that a point may lie from the surface of any lane.
pub const DISTANCE_M_MAX: f64 = 50.0;
/// Most wrong rows shown; more are counted.
const ERRORS_MAX: usize = 100;
/// Slack at the ends of a road, for s that was rounded on its way here.
const END_SLACK_M: f64 = 1e-3;
/// Distance between points of the reference line in the index.
const SAMPLE_M: f64 = 5.0;
/// Most starts of a search for a point.
const GUESSES_MAX: usize = 16;
/// Starts on one road lie at least so far apart.
const GUESS_APART_M: f64 = 30.0;
/// A height off by less than this says nothing: kerbs, and surveys rounded to decimetres.
const LEVEL_SLACK_M: f64 = 0.3;

const COLUMNS: [&str; 12] = [
    "road_id",
    "lane_id",
    "s_m",
    "lane_offset_m",
    "x_m",
    "y_m",
    "z_m",
    "heading_rad",
    "pitch_rad",
    "roll_rad",
    "lane_width_m",
    "t_m",
];

/// Answers a table (CSV with a header line) row by row. `file` names it in messages; all wrong rows are told together.
pub fn locate(draft: &MapDraft, file: &str, table: &str) -> Result<String, RoadError> {
    let mut lines = table.trim_start_matches('\u{feff}').lines().enumerate();
    let header: Vec<String> = lines.next().map(|(_, line)| cells(line)).unwrap_or_default();
    let column = |name: &str| header.iter().position(|cell| cell.trim() == name);
    let input = Input {
        road: column("road_id"),
        lane: column("lane_id"),
        s: column("s_m"),
        offset: column("lane_offset_m"),
        x: column("x_m"),
        y: column("y_m"),
        z: column("z_m"),
    };
    let gives_lanes = input.road.is_some() && input.lane.is_some() && input.s.is_some();
    let gives_points = input.x.is_some() && input.y.is_some();
    if !gives_lanes && !gives_points {
        return Err(RoadError::Unreadable(format!(
            "{file}:1: the header is `{}`, expected `road_id,lane_id,s_m,lane_offset_m` or `x_m,y_m`\nhint: begin the \
             table with a line that names its columns",
            header.join(",")
        )));
    }
    let others: Vec<usize> = (0..header.len())
        .filter(|&i| !COLUMNS.contains(&header[i].trim()))
        .collect();
    let map = Map::new(draft);
    let mut out = COLUMNS.join(",");
    for &i in &others {
        out.push(',');
        out.push_str(&quoted(&header[i]));
    }
    out.push('\n');
    let mut errors = Vec::new();
    let mut errors_left_out = 0;
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let row = cells(line);
        match map.answer(&row, &input) {
            Ok(answer) => {
                out.push_str(&answer);
                for &i in &others {
                    out.push(',');
                    out.push_str(&quoted(row.get(i).map_or("", String::as_str)));
                }
                out.push('\n');
            }
            Err(_) if errors.len() == ERRORS_MAX => errors_left_out += 1,
            Err(message) => errors.push(format!("{file}:{}: {message}", number + 1)),
        }
    }
    if errors.is_empty() {
        return Ok(out);
    }
    if errors_left_out > 0 {
        errors.push(format!("{file}: and {errors_left_out} more"));
    }
    Err(RoadError::Invalid(errors))
}

/// Where the columns stand that a row is read from.
struct Input {
    road: Option<usize>,
    lane: Option<usize>,
    s: Option<usize>,
    offset: Option<usize>,
    x: Option<usize>,
    y: Option<usize>,
    z: Option<usize>,
}

/// A place on a lane as OpenDRIVE says it.
struct Place {
    road: usize,
    section: usize,
    lane: i32,
    s_m: f64,
    offset_m: f64,
}

/// Roads ready to be asked.
struct Map<'a> {
    draft: &'a MapDraft,
    by_id: BTreeMap<&'a str, usize>,
    geometries: Vec<RoadGeometry>,
    /// Points of the reference lines: which road, which s.
    index: RTree<GeomWithData<[f64; 2], (usize, f64)>>,
}

impl<'a> Map<'a> {
    fn new(draft: &'a MapDraft) -> Map<'a> {
        let geometries: Vec<RoadGeometry> = draft.roads.iter().map(RoadGeometry::new).collect();
        let mut samples = Vec::new();
        for (road, geometry) in geometries.iter().enumerate() {
            // A hostile length must not fill the memory; no road is longer than a thousand kilometres.
            let pieces = (geometry.length_m().clamp(0.0, 1e6) / SAMPLE_M).ceil().max(1.0) as usize;
            for i in 0..=pieces {
                let s_m = geometry.length_m() * i as f64 / pieces as f64;
                let point = geometry.plan_point(s_m);
                if point.x_m.is_finite() && point.y_m.is_finite() {
                    samples.push(GeomWithData::new([point.x_m, point.y_m], (road, s_m)));
                }
            }
        }
        Map {
            draft,
            by_id: draft
                .roads
                .iter()
                .enumerate()
                .map(|(i, road)| (road.id.as_str(), i))
                .collect(),
            geometries,
            index: RTree::bulk_load(samples),
        }
    }

    fn answer(&self, row: &[String], input: &Input) -> Result<String, String> {
        let cell = |at: Option<usize>| at.and_then(|i| row.get(i)).map(|c| c.trim()).filter(|c| !c.is_empty());
        let number = |at: Option<usize>, name: &str| match cell(at) {
            None => Ok(None),
            Some(text) => match text.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(Some(value)),
                _ => Err(format!(
                    "`{name}` is `{text}`, expected a number\nhint: write metres with a decimal point"
                )),
            },
        };
        let place = match (cell(input.road), cell(input.lane), number(input.s, "s_m")?) {
            (Some(road), Some(lane), Some(s_m)) => {
                let offset_m = number(input.offset, "lane_offset_m")?.unwrap_or(0.0);
                self.place_on_lane(road, lane, s_m, offset_m)?
            }
            _ => match (number(input.x, "x_m")?, number(input.y, "y_m")?) {
                (Some(x_m), Some(y_m)) => self.place_of_point(x_m, y_m, number(input.z, "z_m")?)?,
                _ => {
                    return Err(
                        "the row gives neither a place on a lane nor a point\nhint: fill `road_id`, `lane_id` and \
                                `s_m`, or `x_m` and `y_m`"
                            .to_owned(),
                    );
                }
            },
        };
        Ok(self.told(&place))
    }

    fn place_on_lane(&self, road: &str, lane: &str, s_m: f64, offset_m: f64) -> Result<Place, String> {
        let Some(&index) = self.by_id.get(road) else {
            return Err(format!("road `{road}` is not in the map\nhint: {}", self.known_roads()));
        };
        let geometry = &self.geometries[index];
        if !(-END_SLACK_M..=geometry.length_m() + END_SLACK_M).contains(&s_m) {
            return Err(format!(
                "s {s_m} is off road `{road}`, which is {} m long\nhint: s runs from 0 to the road's length",
                six(geometry.length_m())
            ));
        }
        let s_m = s_m.clamp(0.0, geometry.length_m());
        let section = geometry.section_at(s_m);
        let lane_id = lane.parse::<i32>().ok();
        let lanes = self.draft.roads[index].sections.get(section);
        let is_known = |id: i32| id == 0 || lanes.is_some_and(|s| s.left.iter().chain(&s.right).any(|l| l.id == id));
        match lane_id.filter(|id| is_known(*id)) {
            Some(lane) => Ok(Place {
                road: index,
                section,
                lane,
                s_m,
                offset_m,
            }),
            None => {
                let ids = lanes
                    .iter()
                    .flat_map(|s| s.left.iter().rev().chain(&s.right))
                    .map(|l| l.id.to_string());
                Err(format!(
                    "road `{road}` has no lane `{lane}` at s {s_m}\nhint: its lanes there are {}",
                    ids.collect::<Vec<_>>().join(", ")
                ))
            }
        }
    }

    fn known_roads(&self) -> String {
        const SHOWN: usize = 8;
        let ids: Vec<&str> = self.draft.roads.iter().take(SHOWN).map(|r| r.id.as_str()).collect();
        let more = if self.draft.roads.len() > SHOWN { ", …" } else { "" };
        format!("its roads are {}{more}", ids.join(", "))
    }

    /// The lane whose surface holds the point; else the nearest one, in space if a height is given. Where several are
    /// equally near, the one whose middle is nearest.
    fn place_of_point(&self, x_m: f64, y_m: f64, z_m: Option<f64>) -> Result<Place, String> {
        let mut guesses: Vec<(usize, f64)> = Vec::new();
        let mut reach_m = f64::INFINITY;
        for (sample, distance2) in self.index.nearest_neighbor_iter_with_distance_2([x_m, y_m]) {
            let distance_m = distance2.sqrt();
            // Beside the nearest reference line, others count that run at most a wide carriageway farther off.
            reach_m = reach_m.min(distance_m + DISTANCE_M_MAX);
            if distance_m > reach_m || guesses.len() == GUESSES_MAX {
                break;
            }
            let (road, s_m) = sample.data;
            // A ring or a switchback comes by more than once.
            if !guesses.iter().any(|g| g.0 == road && (g.1 - s_m).abs() < GUESS_APART_M) {
                guesses.push((road, s_m));
            }
        }
        let mut best: Option<([f64; 3], f64, Place)> = None;
        for (road, s_guess_m) in guesses {
            let geometry = &self.geometries[road];
            let Some([s_m, t_m]) = geometry.track_near(x_m, y_m, s_guess_m) else {
                continue;
            };
            let Some((section, lane, beyond_m)) = self.lane_nearest_t(road, s_m, t_m) else {
                continue;
            };
            let (s_m, offset_m) = match geometry.is_level(section, lane, s_m) {
                true => foot_on_level(geometry, section, lane, [x_m, y_m], s_m),
                false => (s_m, t_m - geometry.lane_centre_t(section, lane, s_m)),
            };
            let found = geometry.lane_pose(section, lane, s_m, offset_m);
            let off_m = libm::hypot(found.x_m - x_m, found.y_m - y_m) + beyond_m;
            let above_m = z_m.map_or(0.0, |z| (found.z_m - z).abs());
            let away_m = libm::hypot(off_m, (above_m - LEVEL_SLACK_M).max(0.0));
            // Of those that the slack makes equal, the nearest in height; centimetres are rounding.
            let key = [away_m, (above_m * 100.0).round(), offset_m.abs()];
            let is_better = best.as_ref().is_none_or(|(k, _, _)| {
                key.iter()
                    .zip(k)
                    .find_map(|(a, b)| ((a - b).abs() > 1e-6).then_some(a < b))
                    .unwrap_or(false)
            });
            if is_better {
                best = Some((
                    key,
                    off_m,
                    Place {
                        road,
                        section,
                        lane,
                        s_m,
                        offset_m,
                    },
                ));
            }
        }
        best.filter(|(_, off_m, _)| *off_m <= DISTANCE_M_MAX).map(|(_, _, place)| place).ok_or_else(|| {
            format!(
                "no lane within {DISTANCE_M_MAX} m of ({}, {})\nhint: points are metres east and north of the map's origin",
                six(x_m),
                six(y_m)
            )
        })
    }

    /// The lane at (s, t), or the one whose border is nearest: (section, lane, distance to it).
    fn lane_nearest_t(&self, road: usize, s_m: f64, t_m: f64) -> Option<(usize, i32, f64)> {
        let geometry = &self.geometries[road];
        if let Some((section, lane)) = geometry.lane_at(s_m, t_m) {
            return Some((section, lane, 0.0));
        }
        let section = geometry.section_at(s_m);
        let lanes = self.draft.roads[road].sections.get(section)?;
        let ids = lanes.left.iter().chain(&lanes.right).map(|lane| lane.id);
        ids.map(|id| {
            let middle_m = geometry.lane_centre_t(section, id, s_m);
            (
                (t_m - middle_m).abs() - 0.5 * geometry.lane_width_m(section, id, s_m),
                id,
            )
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(beyond_m, id)| (section, id, beyond_m.max(0.0)))
    }

    fn told(&self, place: &Place) -> String {
        let road = &self.draft.roads[place.road];
        let geometry = &self.geometries[place.road];
        let &Place {
            section,
            lane,
            s_m,
            offset_m,
            ..
        } = place;
        let width_m = geometry.lane_width_m(section, lane, s_m);
        let [inner_m, outer_m] = geometry.lane_heights_m(section, lane, s_m);
        // From the border towards the centre (0) to the outer border (1).
        let across = if width_m > 0.0 {
            0.5 + offset_m * f64::from(lane.signum()) / width_m
        } else {
            0.0
        };
        let middle_t_m = geometry.lane_centre_t(section, lane, s_m);
        let mut pose = geometry.lane_pose(section, lane, s_m, offset_m);
        attitude(geometry, section, lane, s_m, offset_m, &mut pose);
        let height_m = inner_m + across.clamp(0.0, 1.0) * (outer_m - inner_m);
        if height_m != 0.0 {
            // Heights stand at right angles to the road's surface.
            let [base, lifted] = [0.0, height_m].map(|h| geometry.pose_above(s_m, middle_t_m + offset_m, h));
            pose.x_m += lifted.x_m - base.x_m;
            pose.y_m += lifted.y_m - base.y_m;
            pose.z_m += lifted.z_m - base.z_m;
        }
        let side_runs_forward = match road.rule {
            TrafficRule::RightHand => lane < 0,
            TrafficRule::LeftHand => lane > 0,
        };
        let mut lanes = road.sections.get(section).into_iter().flat_map(LaneSectionDraft::lanes);
        let is_reversed = lanes.any(|l| l.id == lane && l.direction_is_reversed);
        let runs_forward = side_runs_forward != is_reversed;
        if !runs_forward {
            pose.heading_rad += core::f64::consts::PI;
            pose.pitch_rad = -pose.pitch_rad;
            pose.roll_rad = -pose.roll_rad;
        }
        let numbers = [
            s_m,
            offset_m,
            pose.x_m,
            pose.y_m,
            pose.z_m,
            turn(pose.heading_rad),
            turn(pose.pitch_rad),
            turn(pose.roll_rad),
            width_m,
            middle_t_m,
        ]
        .map(six);
        format!("{},{lane},{}", quoted(&road.id), numbers.join(","))
    }
}

/// The s and the offset of a point over a lane that keeps level, where t is no longer measured along the banked surface.
fn foot_on_level(geometry: &RoadGeometry, section: usize, lane: i32, point_m: [f64; 2], guess_m: f64) -> (f64, f64) {
    let (mut s_m, mut offset_m) = (guess_m, 0.0);
    for _ in 0..30 {
        let there = geometry.lane_pose(section, lane, s_m, offset_m);
        let plan = geometry.plan_point(s_m);
        let [dx, dy] = [point_m[0] - there.x_m, point_m[1] - there.y_m];
        let along_m = dx * plan.tangent[0] + dy * plan.tangent[1];
        let across_m = dy * plan.tangent[0] - dx * plan.tangent[1];
        let t_m = geometry.lane_centre_t(section, lane, s_m) + offset_m;
        let scale = (1.0 - plan.curvature_per_m * t_m).max(0.2);
        s_m = (s_m + (along_m / scale).clamp(-50.0, 50.0)).clamp(0.0, geometry.length_m());
        offset_m += across_m;
        if along_m.abs() + across_m.abs() < 1e-10 {
            break;
        }
    }
    (s_m, offset_m)
}

/// Sets the angles of a pose on a lane to those of the road's surface there, looking along the lane's middle.
///
/// Angles are derivatives by s of the reference line (OpenDRIVE 1.8.1, 8.2: the cross-section is one frame that heading,
/// slope and superelevation turn): where the superelevation or the shape changes, the surface twists, which tilts what
/// stands off the reference line, and the lane's own slant against the road adds to the heading. In a bend the arc of a
/// lane is a little longer or shorter than s; that is left to the compiled lanes.
fn attitude(geometry: &RoadGeometry, section: usize, lane: i32, s_m: f64, offset_m: f64, pose: &mut Pose) {
    let middle = geometry.centre(section, lane, s_m, s_m);
    let t_m = middle.value + offset_m;
    let road = geometry.pose(s_m, 0.0);
    // A level lane keeps its own roll, and neither twists nor leans.
    let (roll_rad, twist, lean) = if geometry.is_level(section, lane, s_m) {
        (0.0, 0.0, 0.0)
    } else {
        let (bank, lift) = (geometry.superelevation(s_m), geometry.lift(s_m, t_m));
        (bank.value, t_m * bank.slope + lift.by_s, lift.by_t)
    };
    let (sin_h, cos_h) = libm::sincos(road.heading_rad);
    let (sin_p, cos_p) = libm::sincos(road.pitch_rad);
    let (sin_r, cos_r) = libm::sincos(roll_rad);
    // From the cross-section's axes (forward, left, up) to the map's.
    let turned = |[forward, left, up]: [f64; 3]| {
        let (left, up) = (left * cos_r - up * sin_r, left * sin_r + up * cos_r);
        let (forward, up) = (forward * cos_p + up * sin_p, up * cos_p - forward * sin_p);
        [forward * cos_h - left * sin_h, forward * sin_h + left * cos_h, up]
    };
    let length = libm::sqrt(1.0 + twist * twist);
    let forward = turned([1.0, 0.0, twist]);
    // Left is what stands at right angles to forward on the surface, whose normal is up.
    let (left, up) = (
        turned([-lean * twist, 1.0 + twist * twist, lean]),
        turned([-twist, -lean, 1.0]),
    );
    pose.heading_rad = libm::atan2(forward[1], forward[0]) + libm::atan(middle.slope);
    pose.pitch_rad = -libm::asin((forward[2] / length).clamp(-1.0, 1.0));
    pose.roll_rad = libm::atan2(left[2] / length, up[2]);
}

/// An angle in 0 to 2π; what rounds to 2π is 0.
fn turn(angle_rad: f64) -> f64 {
    use core::f64::consts::TAU;
    let turned = angle_rad - TAU * libm::floor(angle_rad / TAU);
    if turned > TAU - 5e-7 { 0.0 } else { turned }
}

/// Six decimals, without a negative zero.
fn six(value: f64) -> String {
    let text = format!("{value:.6}");
    if text == "-0.000000" {
        "0.000000".to_owned()
    } else {
        text
    }
}

/// The cells of a line: parted by commas, in double quotes where they hold one.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    let mut chars = line.trim_end_matches('\r').chars().peekable();
    while let Some(c) = chars.next() {
        let cell = cells.last_mut().expect("there is always a cell");
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            _ => cell.push(c),
        }
    }
    cells
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
