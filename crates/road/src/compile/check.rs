//! What is wrong with a draft: everything that would make the compiled network nonsense, named with place and mend.
//!
//! Problems refuse the map; what can be mended without guessing is a warning and is mended where it is used. Nothing is
//! judged here that the compiler itself sees better (links whose ends do not meet, lanes that no lane leads to).

use crate::draft::{
    ConnectionDraft, Cubic, LaneDraft, LaneKind, LaneSectionDraft, MapDraft, PlanElement, PlanShape, RoadDraft,
    RoadLink, Side,
};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Arguments;

/// Most problems of a map that are told; the rest is counted.
pub(crate) const PROBLEMS_MAX: usize = 100;
/// No coordinate of a map is farther from its origin: beyond, `f64` millimetres begin to fray.
const COORDINATE_M_MAX: f64 = 1e8;
/// No road is longer; a motorway is many roads, one between two interchanges.
const ROAD_M_MAX: f64 = 2e5;
/// Every lane of a junction is held against every other one: this bounds the time that a hostile map can ask for.
const JUNCTION_LANES_MAX: usize = 2_048;
/// No map has more road: memory grows with it, some 30 MB for 1,000 km of lanes.
const MAP_M_MAX: f64 = 2e7;
/// No lane is wider: an airfield's runway.
const WIDTH_M_MAX: f64 = 120.0;
/// No curve is tighter: a radius of 1 cm.
const CURVATURE_PER_M_MAX: f64 = 100.0;
/// No element turns farther: some 300 rounds.
const TURN_RAD_MAX: f64 = 2000.0;
/// No profile strays farther: the highest road lies at 5,900 m, the widest carriageway is 100 m.
const ELEVATION_M_MAX: f64 = 2e4;
/// The surface rises or falls no more than this across a road, as far beyond its last record.
const SHAPE_M_MAX: f64 = 100.0;
const SHAPE_REACH_M: f64 = 10.0;
const LANE_OFFSET_M_MAX: f64 = 1e3;
/// Some 80 degrees.
const BANK_RAD_MAX: f64 = 1.4;
/// A cubic's own length may differ from the length it is given by this factor; authors' numbers differ by millimetres.
const STRETCH_MAX: f64 = 10.0;
/// Most lanes on one side.
const LANES_MAX: usize = 64;
/// A hole in the reference line that is refused.
const PLAN_GAP_M_MAX: f64 = 1.0;
/// A hole that an author should know of.
const PLAN_GAP_M_NOTED: f64 = 0.05;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) problems: Vec<String>,
    pub(crate) warnings: Vec<String>,
    left_out: usize,
}

impl Findings {
    pub(crate) fn of(draft: &MapDraft) -> Findings {
        let mut findings = Findings::default();
        // Asked by name alone, never walked.
        let roads: HashSet<&str> = draft.roads.iter().map(|road| road.id.as_str()).collect();
        let junctions: HashSet<&str> = draft.junctions.iter().map(|junction| junction.id.as_str()).collect();
        if draft.roads.is_empty() {
            findings.problem(
                "the map has no road".into(),
                "add a <road>, or check that the extract covers streets",
            );
        }
        let mut total_m = 0.0;
        let mut seen = HashSet::new();
        for road in &draft.roads {
            if !seen.insert(road.id.as_str()) {
                findings.problem(
                    format!("road `{}` is defined twice", road.id),
                    "give every road an id of its own",
                );
            }
            total_m += road.length_m.max(0.0);
            findings.check_road(road);
            findings.check_links(road, &roads, &junctions);
        }
        if total_m > MAP_M_MAX {
            findings.problem(
                format!(
                    "the map has {:.0} km of road, expected at most {:.0}",
                    total_m / 1e3,
                    MAP_M_MAX / 1e3
                ),
                "cut the region out that is to be run",
            );
        }
        findings.check_junctions(draft, &roads);
        findings.check_controllers(draft);
        if let Some(place) = draft.geo_reference
            && !(place.latitude_deg.abs() <= 90.0 && place.longitude_deg.abs() <= 180.0)
        {
            findings.problem(
                format!(
                    "the origin lies at {} degrees north, {} east",
                    place.latitude_deg, place.longitude_deg
                ),
                "latitudes lie within -90..90, longitudes within -180..180",
            );
        }
        for area in &draft.areas {
            if !area.outline_m.iter().flatten().all(|value| value.is_finite()) {
                findings.problem(
                    format!("an area `{}` has a corner that is not a number", area.name),
                    "give all corners in metres",
                );
            }
        }
        if findings.left_out > 0 {
            let more = format!("and {} more problems", findings.left_out);
            findings.problems.push(more);
        }
        findings
    }

    fn problem(&mut self, what: String, hint: &str) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(format!("{what}\nhint: {hint}"));
        } else {
            self.left_out += 1;
        }
    }

    fn warn(&mut self, what: String) {
        self.warnings.push(what);
    }

    fn check_road(&mut self, road: &RoadDraft) {
        let name = format_args!("road `{}`", road.id);
        if !(road.length_m.is_finite() && road.length_m > 0.0) {
            self.problem(
                format!("{name}: found length {}, expected more than 0 m", road.length_m),
                "give @length",
            );
            return;
        }
        if road.length_m > ROAD_M_MAX {
            self.problem(
                format!(
                    "{name}: found length {} m, expected at most {ROAD_M_MAX}",
                    road.length_m
                ),
                "cut the road into several",
            );
            return;
        }
        self.check_plan(road, name);
        let profiles = [
            ("elevation", &road.elevation, ELEVATION_M_MAX),
            ("superelevation", &road.superelevation, BANK_RAD_MAX),
            ("lane offset", &road.lane_offset, LANE_OFFSET_M_MAX),
        ];
        for (what, records, limit) in profiles {
            self.check_cubics(records, road.length_m, limit, format_args!("{name}: {what}"));
        }
        self.check_relief(road, name);
        if road.sections.is_empty() {
            self.warn(format!("{name} has no lane section, so nobody can use it"));
        }
        for (index, section) in road.sections.iter().enumerate() {
            let end_m = road.sections.get(index + 1).map_or(road.length_m, |next| next.s_m);
            self.check_section(section, end_m, name);
        }
        for (what, id, at) in road
            .signals
            .iter()
            .map(|signal| ("signal", &signal.id, [signal.s_m, signal.t_m, signal.z_offset_m]))
            .chain(
                road.objects
                    .iter()
                    .map(|object| ("object", &object.id, [object.s_m, object.t_m, object.heading_rad])),
            )
        {
            if !at.iter().all(|value| value.is_finite()) {
                self.problem(format!("{name}: {what} `{id}` lies at {at:?}"), "give finite numbers");
            } else if at[0] < -1.0 || at[0] > road.length_m + 1.0 {
                self.warn(format!("{name}: {what} `{id}` lies at s = {}, off the road", at[0]));
            }
        }
        for structure in &road.structures {
            if !(structure.s_m.is_finite() && structure.length_m.is_finite() && structure.length_m >= 0.0) {
                self.problem(
                    format!(
                        "{name}: structure `{}` runs {} m from s = {}",
                        structure.name, structure.length_m, structure.s_m
                    ),
                    "give finite numbers and a positive length",
                );
            }
        }
    }

    fn check_relief(&mut self, road: &RoadDraft, name: Arguments<'_>) {
        for side in [Side::Left, Side::Right, Side::Both] {
            let of_side = road.crossfalls.iter().filter(|fall| fall.side == side);
            let angles: Vec<Cubic> = of_side.map(|fall| fall.angle_rad).collect();
            self.check_cubics(&angles, road.length_m, BANK_RAD_MAX, format_args!("{name}: crossfall"));
        }
        if let Some(surface) = &road.surface {
            let what = format_args!("{name}: strip offset");
            self.check_cubics(&surface.offset_m, road.length_m, LANE_OFFSET_M_MAX, what);
            for strip in &surface.strips {
                let id = strip.id;
                let what = format_args!("{name}: width of strip `{id}`");
                self.check_cubics(&strip.width_m, road.length_m, WIDTH_M_MAX, what);
                // What a term comes to where a wide road ends.
                let limits = [0, 1, 2, 3].map(|power| SHAPE_M_MAX / SHAPE_REACH_M.powi(power));
                for (records, limit) in strip.terms.iter().zip(limits) {
                    let what = format_args!("{name}: height of strip `{id}`");
                    self.check_cubics(records, road.length_m, limit, what);
                }
            }
        }
        for profile in road.shapes.chunk_by(|a, b| a.s_m == b.s_m) {
            if !profile[0].s_m.is_finite() {
                self.problem(format!("{name}: a shape lies at no place"), "give finite numbers");
                return;
            }
            let across: Vec<Cubic> = profile.iter().map(|shape| shape.across).collect();
            let end_m = across.last().map_or(0.0, |last| last.s_m) + SHAPE_REACH_M;
            let what = format_args!("{name}: shape at s = {}, t", profile[0].s_m);
            self.check_cubics(&across, end_m, SHAPE_M_MAX, what);
        }
    }

    fn check_plan(&mut self, road: &RoadDraft, name: Arguments<'_>) {
        if road.plan.is_empty() {
            self.problem(
                format!("{name} has no reference line"),
                "add a <planView> with a <geometry>",
            );
            return;
        }
        for element in &road.plan {
            let at = format_args!("{name}: plan element at s = {}", element.s_m);
            let (turn_rad, numbers) = numbers_of(element);
            let all = [
                element.s_m,
                element.x_m,
                element.y_m,
                element.heading_rad,
                element.length_m,
            ];
            if !all.iter().chain(numbers.as_flattened()).all(|value| value.is_finite()) {
                self.problem(
                    format!("{at} holds a value that is not a number"),
                    "give finite numbers",
                );
                return;
            }
            if element.length_m < 0.0 {
                self.problem(
                    format!("{at}: found length {}, expected 0 m or more", element.length_m),
                    "give @length",
                );
                return;
            }
            if element.x_m.abs() > COORDINATE_M_MAX || element.y_m.abs() > COORDINATE_M_MAX {
                self.problem(
                    format!(
                        "{at} lies at ({}, {}), more than {COORDINATE_M_MAX} m out",
                        element.x_m, element.y_m
                    ),
                    "subtract an offset and note it in the header",
                );
                return;
            }
            if turn_rad > TURN_RAD_MAX || element.length_m > ROAD_M_MAX || numbers_are_absurd(element) {
                self.problem(
                    format!("{at} turns or runs absurdly far"),
                    "curvature is in 1/m, lengths are in m",
                );
                return;
            }
        }
        let line = crate::geometry::PlanLine::new(&road.plan);
        for (element, stretch) in road.plan.iter().zip(line.stretches()) {
            if !(1.0 / STRETCH_MAX..=STRETCH_MAX).contains(&stretch) {
                self.problem(
                    format!(
                        "{name}: the cubic at s = {} is {stretch:.2} times as long as its length of {} m",
                        element.s_m, element.length_m
                    ),
                    "give the arc length of the cubic as @length",
                );
                return;
            }
        }
        for pair in road.plan.windows(2) {
            let (element, next) = (&pair[0], &pair[1]);
            if next.s_m < element.s_m {
                self.problem(
                    format!(
                        "{name}: plan element at s = {} comes after one at s = {}",
                        next.s_m, element.s_m
                    ),
                    "sort the elements by @s",
                );
                return;
            }
            let end = line.point(next.s_m, element.s_m);
            let gap_m =
                ((end.x_m - next.x_m) * (end.x_m - next.x_m) + (end.y_m - next.y_m) * (end.y_m - next.y_m)).sqrt();
            if next.s_m == element.s_m {
                continue;
            }
            if gap_m > PLAN_GAP_M_MAX {
                self.problem(
                    format!(
                        "{name}: the reference line has a gap of {gap_m:.3} m at s = {}",
                        next.s_m
                    ),
                    "begin each <geometry> where the one before ends",
                );
            } else if gap_m > PLAN_GAP_M_NOTED {
                self.warn(format!(
                    "{name}: the reference line has a gap of {gap_m:.3} m at s = {}",
                    next.s_m
                ));
            }
        }
        if road.plan[0].s_m > PLAN_GAP_M_MAX {
            self.problem(
                format!("{name}: the reference line begins at s = {}", road.plan[0].s_m),
                "begin it at s = 0",
            );
        }
        let last = &road.plan[road.plan.len() - 1];
        let missing_m = road.length_m - (last.s_m + last.length_m);
        if missing_m.abs() > PLAN_GAP_M_MAX {
            // The last element goes on to the road's end, as esmini has it too: a longer @length is mended, not refused.
            self.warn(format!(
                "{name}: its length is {} m, its reference line ends at {} m",
                road.length_m,
                last.s_m + last.length_m
            ));
        }
    }

    fn check_section(&mut self, section: &LaneSectionDraft, end_m: f64, road: Arguments<'_>) {
        let name = format_args!("{road}, lane section at s = {}", section.s_m);
        if !section.s_m.is_finite() || section.s_m < -1e-6 || section.s_m > end_m + 1e-6 {
            self.problem(
                format!("{name} lies outside its road or behind the next one"),
                "sort sections by @s",
            );
            return;
        }
        for (side, sign) in [(&section.left, 1), (&section.right, -1)] {
            if side.len() > LANES_MAX {
                self.problem(
                    format!("{name}: {} lanes on one side, at most {LANES_MAX}", side.len()),
                    "split the road",
                );
                continue;
            }
            for (position, lane) in side.iter().enumerate() {
                let expected = sign * (position as i32 + 1);
                if lane.id != expected {
                    self.problem(
                        format!("{name}: found lane `{}`, expected `{expected}`", lane.id),
                        "number lanes from the centre outwards without gaps",
                    );
                    break;
                }
                self.check_lane(lane, name, section.s_m, end_m);
            }
        }
    }

    fn check_lane(&mut self, lane: &LaneDraft, section: Arguments<'_>, section_s_m: f64, end_m: f64) {
        let name = format_args!("{section}, lane `{}`", lane.id);
        let (records, what) = match lane.widths.is_empty() {
            true => (&lane.borders, "border"),
            false => (&lane.widths, "width"),
        };
        self.check_cubics(
            records,
            end_m - section_s_m,
            WIDTH_M_MAX,
            format_args!("{name}: {what}"),
        );
        if let Some(record) = lane.widths.iter().find(|record| record.a < -0.01) {
            self.warn(format!("{name}: width {} m is taken as 0", record.a));
        }
        let is_for_vehicles = matches!(
            lane.kind,
            LaneKind::Driving | LaneKind::Bus | LaneKind::Ramp | LaneKind::Bicycle
        );
        if is_for_vehicles && records.is_empty() {
            self.problem(
                format!("{name} has no width at s = {section_s_m}"),
                "add a <width sOffset=\"0\" a=\"3.5\" b=\"0\" c=\"0\" d=\"0\"/>",
            );
        }
        if lane
            .speeds_mps_max
            .iter()
            .any(|(s_m, limit)| !s_m.is_finite() || limit.is_nan() || *limit < 0.0)
        {
            self.problem(
                format!("{name}: a speed limit is negative or not a number"),
                "give @max in its @unit",
            );
        }
    }

    /// Records that hold up to `end_m`, where their value must stay within `limit` of 0.
    fn check_cubics(&mut self, records: &[Cubic], end_m: f64, limit: f64, name: Arguments<'_>) {
        for (index, record) in records.iter().enumerate() {
            let values = [record.s_m, record.a, record.b, record.c, record.d];
            if !values
                .iter()
                .all(|value| value.is_finite() && value.abs() < COORDINATE_M_MAX)
            {
                self.problem(
                    format!("{name} at {} holds a value that is not a number", record.s_m),
                    "give finite numbers",
                );
                return;
            }
            let length_m = records.get(index + 1).map_or(end_m, |next| next.s_m.min(end_m)) - record.s_m;
            let most = if length_m > 0.0 {
                greatest(record, length_m)
            } else {
                0.0
            };
            if most > limit {
                self.problem(
                    format!("{name} at {} grows to {most:.0}, expected at most {limit}", record.s_m),
                    "metres and radians are wanted; a, b, c and d belong to a + b·ds + c·ds² + d·ds³",
                );
                return;
            }
        }
        if records.windows(2).any(|pair| pair[1].s_m < pair[0].s_m) {
            self.problem(format!("{name} records are not in order"), "sort them by their start");
        }
    }

    fn check_links(&mut self, road: &RoadDraft, roads: &HashSet<&str>, junctions: &HashSet<&str>) {
        for (end, link) in [("predecessor", &road.predecessor), ("successor", &road.successor)] {
            let (what, id, is_known) = match link {
                Some(RoadLink::Road { id, .. } | RoadLink::Along { id, .. }) => {
                    ("road", id, roads.contains(id.as_str()))
                }
                Some(RoadLink::Junction { id }) => ("junction", id, junctions.contains(id.as_str())),
                None => continue,
            };
            if !is_known {
                self.problem(
                    format!(
                        "road `{}`: its {end} is {what} `{id}`, which is not in the map",
                        road.id
                    ),
                    "remove the link, or add what it names",
                );
            }
        }
        if let Some(junction) = &road.junction
            && !junctions.contains(junction.as_str())
        {
            self.problem(
                format!(
                    "road `{}` lies in junction `{junction}`, which is not in the map",
                    road.id
                ),
                "set @junction to -1, or add the junction",
            );
        }
    }

    fn check_junctions(&mut self, draft: &MapDraft, roads: &HashSet<&str>) {
        let mut lanes_of: BTreeMap<&str, usize> = BTreeMap::new();
        for road in &draft.roads {
            if let Some(junction) = &road.junction {
                let lanes = road
                    .sections
                    .iter()
                    .map(|section| section.left.len() + section.right.len());
                *lanes_of.entry(junction).or_default() += lanes.sum::<usize>();
            }
        }
        for (junction, lanes) in lanes_of.into_iter().filter(|(_, lanes)| *lanes > JUNCTION_LANES_MAX) {
            self.problem(
                format!("junction `{junction}` has {lanes} lanes, expected at most {JUNCTION_LANES_MAX}"),
                "make several junctions of it",
            );
        }
        let mut seen = BTreeSet::new();
        for junction in &draft.junctions {
            let name = format_args!("junction `{}`", junction.id);
            if !seen.insert(junction.id.as_str()) {
                self.problem(
                    format!("{name} is defined twice"),
                    "give every junction an id of its own",
                );
            }
            for ConnectionDraft {
                incoming_road,
                connecting_road,
                ..
            } in &junction.connections
            {
                for id in [incoming_road, connecting_road] {
                    if !roads.contains(id.as_str()) {
                        self.problem(
                            format!("{name}: a connection names road `{id}`, which is not in the map"),
                            "remove the connection, or add the road",
                        );
                    }
                }
            }
            let places = junction.virtual_connections.iter().flat_map(|way| [&way.from, &way.to]);
            let named = places.filter_map(|place| match place {
                RoadLink::Road { id, .. } | RoadLink::Along { id, .. } => Some(id),
                RoadLink::Junction { .. } => None,
            });
            for id in named.chain(junction.main_road.iter().map(|on| &on.id)) {
                if !roads.contains(id.as_str()) {
                    self.problem(
                        format!("{name}: it lies on or leads to road `{id}`, which is not in the map"),
                        "mend @mainRoad or @elementId, or add the road",
                    );
                }
            }
            for (high, low) in &junction.priorities {
                for id in [high, low] {
                    if !roads.contains(id.as_str()) {
                        self.warn(format!("{name}: a priority names road `{id}`, which is not in the map"));
                    }
                }
            }
        }
    }

    fn check_controllers(&mut self, draft: &MapDraft) {
        let signals: BTreeSet<&str> = draft
            .roads
            .iter()
            .flat_map(|road| &road.signals)
            .map(|signal| signal.id.as_str())
            .collect();
        let mut seen = BTreeSet::new();
        for controller in &draft.controllers {
            let name = format_args!("controller `{}`", controller.id);
            if !seen.insert(controller.id.as_str()) {
                self.problem(
                    format!("{name} is defined twice"),
                    "give every controller an id of its own",
                );
            }
            for id in controller
                .signals
                .iter()
                .chain(controller.phases.iter().flat_map(|phase| &phase.green))
            {
                if !signals.contains(id.as_str()) {
                    self.warn(format!(
                        "{name} names signal `{id}`, which is not in the map; it is left out"
                    ));
                }
            }
            let times = controller
                .phases
                .iter()
                .flat_map(|phase| [phase.green_s, phase.amber_s, phase.all_red_s]);
            let steps = controller.steps.iter().map(|step| step.duration_s);
            if times
                .chain(steps.clone())
                .chain([controller.offset_s])
                .any(|time| !time.is_finite() || time.abs() > 3600.0)
                || controller
                    .phases
                    .iter()
                    .any(|phase| phase.green_s <= 0.0 || phase.amber_s < 0.0 || phase.all_red_s < 0.0)
                || steps.clone().any(|time| time < 0.0)
            {
                self.problem(
                    format!("{name}: a phase's time is negative, absurd or not a number"),
                    "give green, amber and red in seconds, at most an hour",
                );
            }
        }
    }
}

/// The greatest magnitude of a cubic over a length: at its ends or where its slope is zero.
fn greatest(record: &Cubic, length_m: f64) -> f64 {
    let value = |ds: f64| record.a + ds * (record.b + ds * (record.c + ds * record.d));
    // Zeros of b + 2 c ds + 3 d ds².
    let (p, q, r) = (3.0 * record.d, 2.0 * record.c, record.b);
    let root = (q * q - 4.0 * p * r).max(0.0).sqrt();
    let turns = if p == 0.0 {
        [-r / q, f64::NAN]
    } else {
        [(-q + root) / (2.0 * p), (-q - root) / (2.0 * p)]
    };
    let inner = turns.into_iter().filter(|ds| (0.0..length_m).contains(ds));
    inner
        .chain([0.0, length_m])
        .map(|ds| value(ds).abs())
        .fold(0.0, f64::max)
}

/// Greatest turn of an element, and its own numbers.
fn numbers_of(element: &PlanElement) -> (f64, [[f64; 4]; 2]) {
    let none = [0.0; 4];
    match element.shape {
        PlanShape::Line => (0.0, [none; 2]),
        PlanShape::Arc { curvature_per_m } => (curvature_per_m.abs() * element.length_m, [[curvature_per_m; 4], none]),
        PlanShape::Spiral { start_per_m, end_per_m } => (
            start_per_m.abs().max(end_per_m.abs()) * element.length_m,
            [[start_per_m; 4], [end_per_m; 4]],
        ),
        PlanShape::Poly3 { v } => (0.0, [none, v]),
        PlanShape::ParamPoly3 { u, v, .. } => (0.0, [u, v]),
    }
}

fn numbers_are_absurd(element: &PlanElement) -> bool {
    match element.shape {
        PlanShape::Line => false,
        PlanShape::Arc { curvature_per_m } => curvature_per_m.abs() > CURVATURE_PER_M_MAX,
        PlanShape::Spiral { start_per_m, end_per_m } => {
            start_per_m.abs() > CURVATURE_PER_M_MAX || end_per_m.abs() > CURVATURE_PER_M_MAX
        }
        PlanShape::Poly3 { v } => v.iter().any(|value| value.abs() > COORDINATE_M_MAX),
        PlanShape::ParamPoly3 { u, v, .. } => u.iter().chain(&v).any(|value| value.abs() > COORDINATE_M_MAX),
    }
}
