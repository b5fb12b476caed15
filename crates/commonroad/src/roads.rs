//! Lanelets as a road network: what a driver drives on.
//!
//! In goes a scenario; out comes a [`RoadNetwork`] with the lane of each lanelet. Lanelets beside each other that run one
//! way become one road with several lanes; its reference line is a smooth curve along the middle of its middle lanelet, from
//! which the bounds keep their distances. What is exact, contact and the road's edge, is judged on the lanelets
//! themselves and not here. Lanelets that cross, merge, or follow a light or an intersection's ways in become lanes of junctions with
//! right of way by signs. Roads that end at the file's edge go on straight for [`TAIL_M`], so that nobody brakes for it.
//! It knows no obstacles.

mod curve;
mod junction;

use crate::CommonRoadError;
use crate::scenario::{Lanelet, Scenario};
use ::road::draft::{
    Cubic, LaneChange, LaneDraft, LaneKind, LaneSectionDraft, MapDraft, ObjectDraft, ObjectKind, Orientation,
    RoadDraft, RoadMarkDraft, RoadMarkKind, SignalDraft, SignalKind,
};
use ::road::{LaneId, RoadNetwork};
use curve::{Curve, Side};
use std::collections::BTreeMap;
use std::sync::Arc;

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

    /// How far the worst point of a bound lies from where the file has it, metres: centimetres, but more where bounds have
    /// kinks or fold back.
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
    let has_vehicles = users
        .clone()
        .any(|user| !matches!(user.as_str(), "pedestrian" | "bicycle" | "train" | "tram"));
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
        let Some(Laid {
            curve,
            lane_offset,
            widths,
            worst_m,
        }) = laid(lanelets, group)
        else {
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
            lane_offset,
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
                marks: vec![mark(
                    &lanelet.right.line_marking,
                    right.map(|right| right.left.line_marking.as_str()),
                )],
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
        let is_mutual = other
            .adjacent_left
            .is_some_and(|back| back.lanelet == lanelet.id && back.same_direction);
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

/// A group as a carriageway.
struct Laid {
    curve: Curve,
    /// From the reference line to the leftmost bound.
    lane_offset: Vec<Cubic>,
    /// Of each lane from left to right.
    widths: Vec<Vec<Cubic>>,
    /// How far points of bounds lie off.
    worst_m: f64,
}

/// The carriageway of a group: the reference line is the middle of its middle lanelet, because ends of lanelets, askew or
/// not, meet there.
fn laid(lanelets: &[Lanelet], group: &Group) -> Option<Laid> {
    let plane = |points: &[[f64; 3]]| -> Vec<[f64; 2]> { points.iter().map(|&[x, y, _]| [x, y]).collect() };
    let main = group.members.len() / 2;
    let lanelet = &lanelets[*group.members.get(main)?];
    let (left, right) = (plane(&lanelet.left.points_m), plane(&lanelet.right.points_m));
    let both = left.iter().zip(&right);
    let middle: Vec<[f64; 2]> = both
        .map(|(a, b)| [0, 1].map(|axis| 0.5 * (a[axis] + b[axis])))
        .collect();
    let curve = Curve::through(&middle)?;
    let halves = curve
        .offsets_m(&left, Side::Left)
        .into_iter()
        .zip(curve.offsets_m(&right, Side::Right))
        .map(|(left, right)| 0.5 * (left + right).max(0.1));
    let half = curve.faired(&halves.collect::<Vec<f64>>());
    // Bounds from left to right as distances to the right of the reference line.
    let mut bounds: Vec<(Vec<f64>, Vec<[f64; 2]>)> = Vec::new();
    let beyond = |inner: &[f64], line: &[[f64; 2]], side: Side| -> Vec<f64> {
        let outer = curve.offsets_m(line, side);
        let widths = outer.iter().zip(inner).map(|(outer, inner)| (outer - inner).max(0.1));
        let widths = curve.faired(&widths.collect::<Vec<f64>>());
        inner.iter().zip(widths).map(|(inner, width)| inner + width).collect()
    };
    let mut outer = half.clone();
    bounds.push((half.iter().map(|half| -half).collect(), left));
    for &member in group.members[..main].iter().rev() {
        let line = plane(&lanelets[member].left.points_m);
        outer = beyond(&outer, &line, Side::Left);
        bounds.insert(0, (outer.iter().map(|outer| -outer).collect(), line));
    }
    let mut outer = half.clone();
    bounds.push((half, right));
    for &member in &group.members[main + 1..] {
        let line = plane(&lanelets[member].right.points_m);
        outer = beyond(&outer, &line, Side::Right);
        bounds.push((outer.clone(), line));
    }
    let offset: Vec<f64> = bounds[0].0.iter().map(|right_m| -right_m).collect();
    let widths = bounds.windows(2).map(|pair| {
        let across = pair[1].0.iter().zip(&pair[0].0).map(|(outer, inner)| outer - inner);
        curve.cubics(&across.collect::<Vec<f64>>())
    });
    let off = bounds.iter().map(|(right_m, line)| curve.worst_offset_m(line, right_m));
    Some(Laid {
        lane_offset: curve.cubics(&offset),
        widths: widths.collect(),
        worst_m: off.fold(0.0, f64::max),
        curve,
    })
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
fn limit_mps(scenario: &Scenario, lanelet: &Lanelet) -> f64 {
    let signs = lanelet
        .signs
        .iter()
        .filter_map(|id| scenario.signs.iter().find(|sign| sign.id == *id));
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
        "274"
            | "274.1"
            | "R2-1"
            | "R301"
            | "B14"
            | "C43"
            | "B-33"
            | "b33"
            | "C14"
            | "R4-1"
            | "C31"
            | "B 33"
            | "S-16-32"
    )
}

/// Whether a lanelet's signs hold one of these numbers (Germany's, which most scenarios use, and North America's).
fn has_sign(scenario: &Scenario, lanelet: &Lanelet, numbers: &[&str]) -> bool {
    let signs = lanelet
        .signs
        .iter()
        .filter_map(|id| scenario.signs.iter().find(|sign| sign.id == *id));
    signs
        .flat_map(|sign| &sign.elements)
        .any(|element| numbers.contains(&element.number.as_str()))
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
    for light in lanelet
        .lights
        .iter()
        .filter(|id| scenario.lights.iter().any(|light| light.id == **id))
    {
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

/// The network's id of a light where it holds a lanelet: the light's number comes first.
fn light_id(light: i64, lanelet: i64) -> String {
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
