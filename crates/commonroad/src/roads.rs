//! Lanelets as a road network: what a driver drives on.
//!
//! In goes a scenario; out comes a [`RoadNetwork`] with the lane of each lanelet. Lanelets beside each other that run one
//! way become one road with several lanes; its reference line is a smooth curve through the points of its leftmost bound,
//! and each further bound keeps its distance from it, so that points of bounds lie within [`FIT_M_MAX`] of where the file
//! has them. Lanelets that cross, merge, or follow a light or an intersection's ways in become lanes of junctions with
//! right of way by signs. Roads that end at the file's edge go on straight for [`TAIL_M`], so that nobody brakes for it.
//! It knows no obstacles.

mod curve;
mod junction;

use crate::CommonRoadError;
use crate::scenario::{Lanelet, Scenario};
use curve::Curve;
use ::road::draft::{
    Cubic, LaneChange, LaneDraft, LaneKind, LaneSectionDraft, MapDraft, ObjectDraft, ObjectKind, Orientation, RoadDraft,
    RoadMarkDraft, RoadMarkKind, SignalDraft, SignalKind,
};
use ::road::{LaneId, RoadNetwork};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How far points of bounds may come to lie from where the file has them.
pub const FIT_M_MAX: f64 = 0.05;
/// Beyond the file's edge a road goes on for so long.
pub const TAIL_M: f64 = 300.0;
/// Ends of lanelets beside each other lie no farther apart than this, or they are roads of their own.
const ABREAST_M: f64 = 2.5;
/// Where no sign limits the speed.
const UNLIMITED_MPS: f64 = 60.0;
/// More lanelets than this are no scenario (the largest public map has some 10,000): what is made of them takes memory.
const LANELETS_MAX: usize = 100_000;

/// The road network of a scenario.
#[derive(Debug)]
pub struct Roads {
    /// The network.
    pub network: Arc<RoadNetwork>,
    /// Lane of each lanelet that vehicles use, by the lanelet's number.
    lanes: BTreeMap<i64, LaneId>,
    /// Lanelet of each lane.
    lanelets: BTreeMap<LaneId, i64>,
    /// How far the worst point of a bound lies from where the file has it.
    fit_m: f64,
    /// What was left out.
    notes: Vec<String>,
}

/// Lanelets beside each other, the leftmost first.
#[derive(Clone, Debug, Default)]
struct Group {
    members: Vec<usize>,
}

impl Roads {
    /// Makes the network.
    ///
    /// # Errors
    /// If there are no lanelets that vehicles use, or the roads cannot be compiled.
    pub fn new(scenario: &Scenario) -> Result<Roads, CommonRoadError> {
        let (draft, places, fit_m, notes) = draft(scenario)?;
        let network = RoadNetwork::compile(&draft).map_err(|error| CommonRoadError(vec![error.to_string()]))?;
        let by_road: BTreeMap<&str, usize> = network
            .roads()
            .iter()
            .enumerate()
            .map(|(index, road)| (road.id.as_str(), index))
            .collect();
        let mut lanes = BTreeMap::new();
        let mut by_place: BTreeMap<(usize, i32), LaneId> = BTreeMap::new();
        for (index, lane) in network.lanes().iter().enumerate() {
            by_place
                .entry((lane.road.0 as usize, lane.opendrive_id))
                .or_insert(LaneId(index as u32));
        }
        for (lanelet, (road, lane)) in places {
            let lane = by_road.get(road.as_str()).and_then(|&road| by_place.get(&(road, lane)));
            lanes.extend(lane.map(|&lane| (lanelet, lane)));
        }
        let lanelets = lanes.iter().map(|(&lanelet, &lane)| (lane, lanelet)).collect();
        let mut notes = notes;
        notes.extend(network.warnings().iter().cloned());
        Ok(Roads {
            network: Arc::new(network),
            lanes,
            lanelets,
            fit_m,
            notes,
        })
    }

    /// The lane of a lanelet, if vehicles use it.
    pub fn lane(&self, lanelet: i64) -> Option<LaneId> {
        self.lanes.get(&lanelet).copied()
    }

    /// The lanelet of a lane.
    pub fn lanelet(&self, lane: LaneId) -> Option<i64> {
        self.lanelets.get(&lane).copied()
    }

    /// How far the worst point of a bound lies from where the file has it, metres: no more than [`FIT_M_MAX`], but where
    /// bounds fold back or end askew.
    pub fn fit_m(&self) -> f64 {
        self.fit_m
    }

    /// What was left out, one line each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// What vehicles may do with a lanelet; `None` for those on foot.
fn kind(lanelet: &Lanelet) -> Option<LaneKind> {
    let is = |word: &str| lanelet.types.iter().any(|kind| kind == word);
    let users = lanelet.users_one_way.iter().chain(&lanelet.users_bidirectional);
    let has_vehicles = users.clone().any(|user| !matches!(user.as_str(), "pedestrian" | "bicycle" | "train" | "tram"));
    let has_bicycles = users.clone().any(|user| user == "bicycle");
    if is("sidewalk") || is("crosswalk") || users.clone().count() > 0 && !has_vehicles && !has_bicycles {
        return None;
    }
    if is("bicycleLane") || users.count() > 0 && !has_vehicles {
        return Some(LaneKind::Bicycle);
    }
    Some(match () {
        () if is("busLane") => LaneKind::Bus,
        () if is("accessRamp") || is("exitRamp") => LaneKind::Ramp,
        () => LaneKind::Driving,
    })
}

/// The draft with the road and lane of each lanelet, how well bounds fit, and notes.
type Drafted = (MapDraft, BTreeMap<i64, (String, i32)>, f64, Vec<String>);

/// The map as OpenDRIVE would say it.
fn draft(scenario: &Scenario) -> Result<Drafted, CommonRoadError> {
    let refused = |what: &str, hint: &str| Err(CommonRoadError(vec![format!("{what}\nhint: {hint}")]));
    if scenario.lanelets.len() > LANELETS_MAX {
        return refused(
            &format!("{} lanelets, at most {LANELETS_MAX}", scenario.lanelets.len()),
            "cut the map to where the scenario plays",
        );
    }
    let lanelets = &scenario.lanelets;
    let kinds: Vec<Option<LaneKind>> = lanelets.iter().map(kind).collect();
    if kinds.iter().all(Option::is_none) {
        return refused("there is no lanelet that vehicles use", "add a <lanelet>");
    }
    let index_of: BTreeMap<i64, usize> = lanelets
        .iter()
        .enumerate()
        .filter(|(index, _)| kinds[*index].is_some())
        .map(|(index, lanelet)| (lanelet.id, index))
        .collect();
    let groups = groups(lanelets, &index_of);
    let mut place_of: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for (number, group) in groups.iter().enumerate() {
        for (rank, &member) in group.members.iter().enumerate() {
            place_of.insert(member, (number, rank));
        }
    }
    let net = junction::Net::new(scenario, &index_of, &groups, &place_of);
    let mut draft = MapDraft {
        name: scenario.benchmark_id.clone(),
        ..MapDraft::default()
    };
    let mut places = BTreeMap::new();
    let mut notes = Vec::new();
    let mut fit_m: f64 = 0.0;
    for (number, group) in groups.iter().enumerate() {
        let is_last = net.next(number).is_empty();
        let Some((curve, widths, worst_m)) = laid(lanelets, group) else {
            let ids: Vec<String> = group.members.iter().map(|&m| lanelets[m].id.to_string()).collect();
            notes.push(format!("lanelet {} has no length: left out", ids.join(", ")));
            // An empty road would not compile; a dot keeps the numbers of roads and groups alike.
            draft.roads.push(dot(number));
            continue;
        };
        fit_m = fit_m.max(worst_m);
        let mut road = RoadDraft {
            id: number.to_string(),
            length_m: curve.length_m() + if is_last { TAIL_M } else { 0.0 },
            junction: net.junction_of(number),
            plan: curve.plan(is_last.then_some(TAIL_M)),
            ..RoadDraft::default()
        };
        let mut lanes = Vec::new();
        for (rank, &member) in group.members.iter().enumerate() {
            let lanelet = &lanelets[member];
            let id = -(rank as i32) - 1;
            places.insert(lanelet.id, (number.to_string(), id));
            let right = group.members.get(rank + 1).map(|&right| &lanelets[right]);
            lanes.push(LaneDraft {
                id,
                kind: kinds[member].unwrap_or_default(),
                widths: widths[rank].clone(),
                predecessor: net.plain_link(number, rank, junction::Way::Back),
                successor: net.plain_link(number, rank, junction::Way::On),
                marks: vec![mark(&lanelet.right.line_marking, right.map(|right| right.left.line_marking.as_str()))],
                speeds_mps_max: vec![(0.0, limit_mps(scenario, lanelet))],
                ..LaneDraft::default()
            });
            furnish(scenario, lanelet, id, curve.length_m(), &mut road);
        }
        road.sections = vec![LaneSectionDraft {
            right: lanes,
            ..LaneSectionDraft::default()
        }];
        (road.predecessor, road.successor) = net.road_links(number);
        draft.roads.push(road);
    }
    draft.junctions = net.junctions();
    Ok((draft, places, fit_m, notes))
}

/// A road so short that nobody sees it.
fn dot(number: usize) -> RoadDraft {
    RoadDraft {
        id: number.to_string(),
        length_m: 0.01,
        plan: vec![::road::draft::PlanElement {
            s_m: 0.0,
            x_m: 0.0,
            y_m: 0.0,
            heading_rad: 0.0,
            length_m: 0.01,
            shape: ::road::draft::PlanShape::Line,
        }],
        ..RoadDraft::default()
    }
}

/// Lanelets beside each other that run one way and begin and end abreast.
fn groups(lanelets: &[Lanelet], index_of: &BTreeMap<i64, usize>) -> Vec<Group> {
    let near = |a: &[f64; 3], b: &[f64; 3]| libm::hypot(a[0] - b[0], a[1] - b[1]) < ABREAST_M;
    let right_of = |index: usize| -> Option<usize> {
        let lanelet = &lanelets[index];
        let beside = lanelet.adjacent_right.filter(|beside| beside.same_direction)?;
        let other_index = *index_of.get(&beside.lanelet)?;
        let other = &lanelets[other_index];
        let is_mutual = other.adjacent_left.is_some_and(|back| back.lanelet == lanelet.id && back.same_direction);
        let (ours, theirs) = (&lanelet.right.points_m, &other.left.points_m);
        let is_abreast = near(&ours[0], &theirs[0]) && near(&ours[ours.len() - 1], &theirs[theirs.len() - 1]);
        (is_mutual && is_abreast && other_index != index).then_some(other_index)
    };
    let mut has_left = vec![false; lanelets.len()];
    for &index in index_of.values() {
        if let Some(right) = right_of(index) {
            has_left[right] = true;
        }
    }
    let mut taken = vec![false; lanelets.len()];
    let mut groups = Vec::new();
    // Those without a left neighbour first; what is left then are rings, which begin anywhere.
    let mut starts: Vec<usize> = index_of.values().copied().collect();
    starts.sort_by_key(|&index| (has_left[index], index));
    for start in starts {
        let mut members = Vec::new();
        let mut at = Some(start);
        while let Some(index) = at.filter(|&index| !taken[index]) {
            taken[index] = true;
            members.push(index);
            at = right_of(index);
        }
        if !members.is_empty() {
            groups.push(Group { members });
        }
    }
    groups
}

/// The reference line of a group, the widths of its lanes from left to right, and how far points lie off.
fn laid(lanelets: &[Lanelet], group: &Group) -> Option<(Curve, Vec<Vec<Cubic>>, f64)> {
    let left = &lanelets[*group.members.first()?].left.points_m;
    let points: Vec<[f64; 2]> = left.iter().map(|&[x, y, _]| [x, y]).collect();
    let curve = Curve::through(&points)?;
    let mut worst_m = curve.worst_m(&points);
    let mut inner = vec![0.0; curve.knots()];
    let mut widths = Vec::new();
    for &member in &group.members {
        let lanelet = &lanelets[member];
        let right: Vec<[f64; 2]> = lanelet.right.points_m.iter().map(|&[x, y, _]| [x, y]).collect();
        let outer = curve.offsets_m(&right);
        let across: Vec<f64> = outer.iter().zip(&inner).map(|(outer, inner)| (outer - inner).max(0.05)).collect();
        let across = curve.faired(&across);
        inner = inner.iter().zip(&across).map(|(inner, across)| inner + across).collect();
        worst_m = worst_m.max(curve.worst_offset_m(&right, &inner));
        widths.push(curve.cubics(&across));
    }
    Some((curve, widths, worst_m))
}

/// The line to the right of a lane; `facing` is how the neighbour calls it.
fn mark(own: &str, facing: Option<&str>) -> RoadMarkDraft {
    let word = match own {
        "unknown" | "no_marking" => facing.unwrap_or(own),
        own => own,
    };
    let (kind, lane_change) = match word {
        "solid" | "broad_solid" | "solid_solid" => (RoadMarkKind::Solid, LaneChange::None),
        "solid_dashed" => (RoadMarkKind::SolidBroken, LaneChange::ByMark),
        "dashed_solid" => (RoadMarkKind::BrokenSolid, LaneChange::ByMark),
        "curb" | "lowered_curb" => (RoadMarkKind::Curb, LaneChange::None),
        _ => (RoadMarkKind::Broken, LaneChange::Both),
    };
    RoadMarkDraft {
        kind: if facing.is_none() { RoadMarkKind::Solid } else { kind },
        lane_change,
        width_m: 0.12,
        ..RoadMarkDraft::default()
    }
}

/// The limit on a lanelet: its signs', or its own in files of 2018b.
pub(crate) fn limit_mps(scenario: &Scenario, lanelet: &Lanelet) -> f64 {
    let signs = lanelet.signs.iter().filter_map(|id| scenario.signs.iter().find(|sign| sign.id == *id));
    let limits = signs
        .flat_map(|sign| &sign.elements)
        .filter(|element| is_speed_limit(&element.number))
        .filter_map(|element| element.values.first()?.trim().parse::<f64>().ok());
    limits
        .chain(lanelet.speed_mps_max)
        .filter(|limit| limit.is_finite() && *limit > 0.0)
        .fold(UNLIMITED_MPS, f64::min)
}

/// Numbers of the sign "maximum speed" in the catalogues of the benchmark's countries.
fn is_speed_limit(number: &str) -> bool {
    matches!(
        number,
        "274" | "274.1" | "R2-1" | "R301" | "B14" | "C43" | "B-33" | "b33" | "C14" | "R4-1" | "C31" | "B 33" | "S-16-32"
    )
}

/// Whether a lanelet's signs hold one of these numbers (Germany's, which most scenarios use, and North America's).
fn has_sign(scenario: &Scenario, lanelet: &Lanelet, numbers: &[&str]) -> bool {
    let signs = lanelet.signs.iter().filter_map(|id| scenario.signs.iter().find(|sign| sign.id == *id));
    signs.flat_map(|sign| &sign.elements).any(|element| numbers.contains(&element.number.as_str()))
}

/// Signs, lights and stop lines of a lanelet.
fn furnish(scenario: &Scenario, lanelet: &Lanelet, lane: i32, length_m: f64, road: &mut RoadDraft) {
    let mut add = |id: String, kind: SignalKind| {
        road.signals.push(SignalDraft {
            id,
            s_m: length_m,
            t_m: -5.0,
            orientation: Orientation::Forward,
            kind,
            lanes: Some((lane, lane)),
            ..SignalDraft::default()
        });
    };
    if has_sign(scenario, lanelet, &["206", "R1-1", "R2"]) {
        add(format!("stop {}", lanelet.id), SignalKind::Stop);
    } else if has_sign(scenario, lanelet, &["205", "R1-2", "R1"]) {
        add(format!("yield {}", lanelet.id), SignalKind::GiveWay);
    } else if has_sign(scenario, lanelet, &["301", "306", "R3"]) {
        add(format!("priority {}", lanelet.id), SignalKind::Priority);
    }
    for light in lanelet.lights.iter().filter(|id| scenario.lights.iter().any(|light| light.id == **id)) {
        add(light_id(*light, lanelet.id), SignalKind::TrafficLight);
    }
    if let Some(line) = &lanelet.stop_line {
        // Where the line crosses the lanelet's left bound, about: the way along that bound to the line's nearer end.
        let at_m = line.ends_m.map_or(length_m, |ends| {
            let middle = [0, 1].map(|axis| 0.5 * (ends[0][axis] + ends[1][axis]));
            along_m(lanelet, middle).min(length_m)
        });
        road.objects.push(ObjectDraft {
            id: format!("stop line {}", lanelet.id),
            kind: ObjectKind::StopLine,
            s_m: at_m,
            t_m: -1.75,
            length_m: 0.4,
            width_m: 3.0,
            orientation: Orientation::Forward,
            ..ObjectDraft::default()
        });
    }
}

/// The network's id of a light where it holds a lanelet.
pub(crate) fn light_id(light: i64, lanelet: i64) -> String {
    format!("{light} at {lanelet}")
}

/// How far along a lanelet's left bound a point lies abreast.
fn along_m(lanelet: &Lanelet, [x, y]: [f64; 2]) -> f64 {
    let mut best = (f64::INFINITY, 0.0);
    let mut before_m = 0.0;
    for pair in lanelet.left.points_m.windows(2) {
        let ([ax, ay, _], [bx, by, _]) = (pair[0], pair[1]);
        let length_m = libm::hypot(bx - ax, by - ay);
        let share = match length_m > 0.0 {
            true => (((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / (length_m * length_m)).clamp(0.0, 1.0),
            false => 0.0,
        };
        let away_m = libm::hypot(ax + share * (bx - ax) - x, ay + share * (by - ay) - y);
        if away_m < best.0 {
            best = (away_m, before_m + share * length_m);
        }
        before_m += length_m;
    }
    best.1
}
