//! The way ahead: a mission's lanes laid end to end, measured in stations.
//!
//! In go the lanes of a mission; out come sections with their stations (metres from the start of the first lane), samples
//! of the reference line every metre (place, curvature, the speed that limits, curves and comfort allow there), and what
//! stands along it: gates of junctions with their rivals, and crossings. All of it is made once a mission; a cycle only
//! looks things up. Where the mission steps to a neighbouring lane, the section holds both lanes and the reference is
//! the lane to be on; it moves over when the change is made.

use crate::speed::{self, BRAKING_MPS2};
use road::{ConflictKind, CrossingId, LaneId, LanePosition, RightOfWay, RoadNetwork, SignalId};
use std::ops::Range;
use vehicle::DataSheet;

/// Lateral acceleration in curves.
const LATERAL_MPS2_MAX: f64 = 0.95;
/// Fastest towards a crossing without lights, from where its kerbs are in sight.
const CROSSING_MPS: f64 = 14.5;
const SIGHT_M: f64 = 90.0;
/// Time gap in the speed envelope: how early it slows for a curve.
const ENVELOPE_HEADWAY_S: f64 = 0.5;
/// How far up a rival's lanes its traffic is looked for.
const RIVAL_REACH_M: f64 = 110.0;
/// Most lanes looked at for one gate: a limit against mazes, several times what a big junction has.
const APPROACHES_MAX: usize = 160;

/// The lanes of a mission, measured.
#[derive(Debug, Default)]
pub(crate) struct Route {
    pub sections: Vec<Section>,
    pub samples: Vec<Sample>,
    pub gates: Vec<Gate>,
    pub crossings: Vec<CrossingAhead>,
    /// Stretches so tight that a long vehicle on the lane beside would not fit.
    pub bends: Vec<Range<f64>>,
    pub length_m: f64,
}

/// A stretch between two steps along: one lane, or neighbours among which the mission changes.
#[derive(Debug)]
pub(crate) struct Section {
    /// Legs of the mission on this stretch.
    pub legs: Range<usize>,
    /// The leg that is the reference now.
    pub active: usize,
    pub start_m: f64,
    pub length_m: f64,
    pub is_junction: bool,
}

/// Bends tighter than a radius of 14 m, that turn by more than 25 degrees in all, are narrow.
const NARROW_BEND_PER_M: f64 = 1.0 / 14.0;
const NARROW_BEND_RAD: f64 = 0.44;
/// Two of them so near to each other are one.
const BENDS_APART_M: f64 = 8.0;
/// Who turns out of a junction is looked for so far before it.
const MOUTH_REACH_M: f64 = 14.0;
/// Bends wider than a radius of 40 m need no inset.
const WIDE_BEND_PER_M: f64 = 1.0 / 40.0;
/// The lane's other edge is near, too.
const INSET_M_MAX: f64 = 0.6;
/// An inset begins and ends over twice this.
const INSET_SMOOTHING_M: usize = 3;

/// The reference line at one metre.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    pub x_m: f64,
    pub y_m: f64,
    pub z_m: f64,
    pub sin: f64,
    pub cos: f64,
    pub curvature_per_m: f64,
    pub width_m: f64,
    /// Speed that limits and curves allow, braking for what follows included.
    pub speed_mps: f64,
    /// How far left of the reference line the rear axle is led, so that in a tight bend the body sweeps no more of the
    /// outer half of the lane than of the inner.
    pub inset_m: f64,
}

/// Where the route enters a junction.
#[derive(Debug)]
pub(crate) struct Gate {
    pub lane: LaneId,
    pub start_m: f64,
    pub end_m: f64,
    /// Where the front bumper waits.
    pub line_m: f64,
    pub signal: Option<SignalId>,
    pub rivals: Vec<Rival>,
    /// Lanes on which rivals may be.
    pub approaches: Vec<Approach>,
    pub centre_m: [f64; 2],
    /// Narrow turns out of it that end on the lane beside the one on which we come: indices into `approaches`, of the turns
    /// and of what leads into them, and the way from each one's start to the turn's.
    pub mouths: Vec<(usize, f64)>,
    /// Some rival crosses or merges: not a place to stand.
    pub is_shared: bool,
}

/// A lane that shares space with the route inside a junction.
#[derive(Debug)]
pub(crate) struct Rival {
    pub enter_m: f64,
    pub exit_m: f64,
    pub kind: ConflictKind,
    pub right_of_way: RightOfWay,
    /// Its own light.
    pub signal: Option<SignalId>,
    pub lane: LaneId,
    /// Index into [`Gate::approaches`], and the way from that lane's start to the shared space. The rival lane itself first.
    pub chain: Vec<(usize, f64)>,
    /// Length of the shared space on its lane.
    pub length_m: f64,
}

/// A lane on which rivals may be, with a circle around the part of it that matters.
#[derive(Debug)]
pub(crate) struct Approach {
    pub lane: LaneId,
    pub length_m: f64,
    /// Where it ends.
    pub end_m: [f64; 2],
    /// The circle.
    pub centre_m: [f64; 2],
    pub radius_m: f64,
}

/// A crossing over the route.
#[derive(Debug)]
pub(crate) struct CrossingAhead {
    pub crossing: CrossingId,
    pub enter_m: f64,
    pub exit_m: f64,
    /// Where the walk begins, its direction, its length and width.
    pub from_m: [f64; 3],
    pub direction: [f64; 2],
    pub length_m: f64,
    pub width_m: f64,
    /// The stretch of the walk that lies on our lane.
    pub lane_from_m: f64,
    pub lane_to_m: f64,
    pub signal: Option<SignalId>,
    /// The light for vehicles that holds them before it, if any does.
    pub vehicle_signal: Option<SignalId>,
}

impl Route {
    /// Lays the lanes end to end. Lanes that the map does not have, or that do not touch, end the route before them.
    pub(crate) fn new(network: &RoadNetwork, lanes: &[LaneId], sheet: &DataSheet, speed_mps_max: f64) -> Route {
        let mut route = Route::default();
        let count = network.lanes().len();
        for (leg, lane) in lanes.iter().enumerate() {
            if lane.0 as usize >= count {
                break;
            }
            let data = network.lane(*lane);
            let is_beside = match route.sections.last() {
                Some(section) => {
                    let before = network.lane(lanes[section.legs.end - 1]);
                    if before.left == Some(*lane) || before.right == Some(*lane) {
                        true
                    } else if before.successors.contains(lane) {
                        false
                    } else {
                        break;
                    }
                }
                None => false,
            };
            match route.sections.last_mut() {
                Some(section) if is_beside => section.legs.end = leg + 1,
                _ => {
                    route.sections.push(Section {
                        legs: leg..leg + 1,
                        active: leg,
                        start_m: route.length_m,
                        length_m: data.length_m.max(0.01),
                        is_junction: data.junction.is_some(),
                    });
                    route.length_m += data.length_m.max(0.01);
                }
            }
        }
        route.samples.resize(route.length_m as usize + 2, Sample::default());
        for index in 0..route.sections.len() {
            route.sample(network, lanes, index);
        }
        route.find_bends();
        route.lead_inside_bends(sheet.dimensions.front_m());
        for index in 0..route.sections.len() {
            route.find_crossings(network, lanes, index);
        }
        route.limit_speeds(network, lanes, speed_mps_max);
        for index in 0..route.sections.len() {
            if route.sections[index].is_junction {
                let gate = Gate::new(network, lanes, &route.sections, index);
                route.gates.push(gate);
            }
        }
        route.settle_lines();
        route
    }

    /// Makes `leg` the reference of its section.
    pub(crate) fn activate(&mut self, network: &RoadNetwork, lanes: &[LaneId], section: usize, leg: usize) {
        self.sections[section].active = leg;
        self.sample(network, lanes, section);
    }

    /// The section at a station.
    pub(crate) fn section_at(&self, station_m: f64) -> usize {
        self.sections
            .partition_point(|section| section.start_m <= station_m)
            .saturating_sub(1)
    }

    /// The place on the reference lane of a section for a station, and back.
    pub(crate) fn lane_s_m(&self, network: &RoadNetwork, lanes: &[LaneId], section: usize, station_m: f64) -> f64 {
        let section = &self.sections[section];
        (station_m - section.start_m) * network.lane(lanes[section.active]).length_m / section.length_m
    }

    /// The station of a place on a leg's lane.
    pub(crate) fn station_m(&self, network: &RoadNetwork, lanes: &[LaneId], leg: usize, s_m: f64) -> Option<f64> {
        let section = self.sections.iter().find(|section| section.legs.contains(&leg))?;
        Some(section.start_m + s_m * section.length_m / network.lane(lanes[leg]).length_m.max(0.01))
    }

    /// The reference line at a station, between samples.
    pub(crate) fn at(&self, station_m: f64) -> Sample {
        let Some(last) = self.samples.len().checked_sub(1) else {
            return Sample::default();
        };
        let place = station_m.clamp(0.0, last as f64);
        let index = (place as usize).min(last.saturating_sub(1));
        let (a, b) = (&self.samples[index], &self.samples[(index + 1).min(last)]);
        let f = place - index as f64;
        let mix = |a: f64, b: f64| a + f * (b - a);
        Sample {
            x_m: mix(a.x_m, b.x_m),
            y_m: mix(a.y_m, b.y_m),
            z_m: mix(a.z_m, b.z_m),
            sin: mix(a.sin, b.sin),
            cos: mix(a.cos, b.cos),
            curvature_per_m: mix(a.curvature_per_m, b.curvature_per_m),
            width_m: mix(a.width_m, b.width_m),
            speed_mps: mix(a.speed_mps, b.speed_mps),
            inset_m: mix(a.inset_m, b.inset_m),
        }
    }

    /// Inset for each metre.
    pub(crate) fn inset_slope(&self, station_m: f64) -> f64 {
        (self.at(station_m + 1.0).inset_m - self.at(station_m - 1.0).inset_m) / 2.0
    }

    /// Curvature of the line that the rear axle is led along, inset included.
    fn path_bend_per_m(&self, station_m: f64) -> f64 {
        let Sample {
            curvature_per_m,
            inset_m,
            ..
        } = self.at(station_m);
        curvature_per_m / (1.0 - curvature_per_m * inset_m).max(0.3) + self.inset_bend_per_m(station_m)
    }

    /// Slope of the inset for each metre.
    pub(crate) fn inset_bend_per_m(&self, station_m: f64) -> f64 {
        let h = 2.0;
        let inset_m = |ahead_m: f64| self.at(station_m + ahead_m).inset_m;
        (inset_m(h) - 2.0 * inset_m(0.0) + inset_m(-h)) / (h * h)
    }

    /// Mean curvature around a station: where a map's curvature jumps, the wheels need a few metres to follow.
    pub(crate) fn bend_around_per_m(&self, station_m: f64) -> f64 {
        const AROUND: i32 = 3;
        let sum: f64 = (-AROUND..=AROUND)
            .map(|step| self.at(station_m + f64::from(step)).curvature_per_m)
            .sum();
        sum / f64::from(2 * AROUND + 1)
    }

    /// The gate whose junction holds this station, or the next one.
    pub(crate) fn next_gate(&self, station_m: f64) -> usize {
        self.gates.partition_point(|gate| gate.end_m <= station_m)
    }

    fn sample(&mut self, network: &RoadNetwork, lanes: &[LaneId], section: usize) {
        let Section {
            active,
            start_m,
            length_m,
            ..
        } = self.sections[section];
        let lane = lanes[active];
        let scale = network.lane(lane).length_m / length_m;
        let first = start_m.ceil() as usize;
        let is_last = section + 1 == self.sections.len();
        let end = if is_last {
            self.samples.len()
        } else {
            ((start_m + length_m).ceil() as usize).min(self.samples.len())
        };
        for index in first..end {
            let s_m = ((index as f64 - start_m) * scale).clamp(0.0, network.lane(lane).length_m);
            let pose = network.lane_pose(LanePosition {
                lane,
                s_m,
                offset_m: 0.0,
            });
            let (sin, cos) = libm::sincos(pose.heading_rad);
            let Sample { speed_mps, inset_m, .. } = self.samples[index];
            // Beyond the very end the line goes straight on.
            let beyond_m = (index as f64 - start_m - length_m).max(0.0);
            self.samples[index] = Sample {
                x_m: pose.x_m + beyond_m * cos,
                y_m: pose.y_m + beyond_m * sin,
                z_m: pose.z_m,
                sin,
                cos,
                curvature_per_m: network.lane_curvature_per_m(lane, s_m),
                width_m: network.lane_width_m(lane, s_m),
                speed_mps,
                inset_m,
            };
        }
    }

    fn find_bends(&mut self) {
        let mut bends: Vec<(Range<f64>, f64)> = Vec::new();
        for (index, sample) in self.samples.iter().enumerate() {
            let (at_m, curvature_per_m) = (index as f64, sample.curvature_per_m);
            if curvature_per_m.abs() < NARROW_BEND_PER_M {
                continue;
            }
            match bends.last_mut() {
                Some((bend, turned_rad)) if at_m - bend.end < BENDS_APART_M => {
                    bend.end = at_m + 1.0;
                    *turned_rad += curvature_per_m.abs();
                }
                _ => bends.push((at_m..at_m + 1.0, curvature_per_m.abs())),
            }
        }
        let narrow = bends
            .into_iter()
            .filter(|(_, turned_rad)| *turned_rad > NARROW_BEND_RAD);
        self.bends = narrow.map(|(bend, _)| bend).collect();
    }

    /// A body whose rear axle follows a bend reaches `front_m`² κ / 2 further out at its front bumper: half of that is
    /// taken inside. Wide bends are left alone, where it would be a hand's breadth.
    fn lead_inside_bends(&mut self, front_m: f64) {
        let reach_m = INSET_SMOOTHING_M + (0.5 * front_m) as usize;
        let last = self.samples.len() - 1;
        let tight = |sample: &Sample| {
            let curvature_per_m = sample.curvature_per_m;
            (curvature_per_m.abs() - WIDE_BEND_PER_M)
                .max(0.0)
                .copysign(curvature_per_m)
        };
        let mut insets_m: Vec<f64> = self
            .samples
            .iter()
            .map(|sample| (0.25 * front_m * front_m * tight(sample)).clamp(-INSET_M_MAX, INSET_M_MAX))
            .collect();
        for section in self.sections.iter().filter(|section| section.is_junction) {
            // Who turns left in a junction keeps to his line: others who turn left pass on that side.
            let end = (section.start_m + section.length_m) as usize;
            for inset_m in &mut insets_m[section.start_m as usize..=end.min(last)] {
                *inset_m = inset_m.min(0.0);
            }
        }
        // Twice the mean of a window ahead of the axle makes a course without kinks.
        for (behind, ahead) in [(INSET_SMOOTHING_M, reach_m), (INSET_SMOOTHING_M, reach_m)] {
            let sums: Vec<f64> = std::iter::once(0.0)
                .chain(insets_m.iter().scan(0.0, |sum, inset_m| {
                    *sum += inset_m;
                    Some(*sum)
                }))
                .collect();
            for (index, inset_m) in insets_m.iter_mut().enumerate() {
                let (from, to) = (index.saturating_sub(behind), (index + ahead).min(last));
                *inset_m = (sums[to + 1] - sums[from]) / (to + 1 - from) as f64;
            }
        }
        for (sample, inset_m) in self.samples.iter_mut().zip(insets_m) {
            sample.inset_m = inset_m;
        }
    }

    /// Backwards over the samples: nowhere faster than allowed, nor than can be braked for what follows.
    fn limit_speeds(&mut self, network: &RoadNetwork, lanes: &[LaneId], speed_mps_max: f64) {
        for section in &self.sections {
            // Limits of all lanes of the section: the change may come late.
            let limit = section
                .legs
                .clone()
                .map(|leg| network.lane(lanes[leg]).speed_mps_max)
                .fold(speed_mps_max, f64::min)
                .max(1.0);
            let end = ((section.start_m + section.length_m).ceil() as usize).min(self.samples.len() - 1);
            for sample in &mut self.samples[section.start_m as usize..=end] {
                // Where two sections share a metre, the slower counts.
                let before = if sample.speed_mps > 0.0 {
                    sample.speed_mps
                } else {
                    f64::INFINITY
                };
                sample.speed_mps = limit.min(before);
            }
        }
        // People who step on a crossing without lights are to be seen early enough for a gentle stop.
        let last = self.samples.len() - 1;
        for crossing in self
            .crossings
            .iter()
            .filter(|crossing| crossing.vehicle_signal.is_none())
        {
            let sample = |station_m: f64| (station_m.max(0.0) as usize).min(last);
            for sample in &mut self.samples[sample(crossing.enter_m - SIGHT_M)..=sample(crossing.enter_m)] {
                sample.speed_mps = sample.speed_mps.min(CROSSING_MPS);
            }
        }
        // A curve holds the whole vehicle, so it counts some metres before and after its own.
        let curve: Vec<f64> = (0..self.samples.len())
            .map(|index| {
                let path_per_m = self.path_bend_per_m(index as f64).abs().max(1e-6);
                (LATERAL_MPS2_MAX / path_per_m).sqrt().max(2.0)
            })
            .collect();
        for (index, sample) in self.samples.iter_mut().enumerate() {
            let window = index.saturating_sub(6)..(index + 6).min(curve.len());
            let slowest = curve[window].iter().copied().fold(f64::INFINITY, f64::min);
            sample.speed_mps = sample.speed_mps.min(slowest);
        }
        let mut way_m = f64::INFINITY;
        for sample in self.samples.iter_mut().rev() {
            let own_m = speed::braking_way_m(sample.speed_mps, ENVELOPE_HEADWAY_S, BRAKING_MPS2);
            way_m = own_m.min(way_m + 1.0);
            sample.speed_mps = speed::speed_for_way_mps(way_m, ENVELOPE_HEADWAY_S, BRAKING_MPS2);
        }
    }

    fn find_crossings(&mut self, network: &RoadNetwork, lanes: &[LaneId], index: usize) {
        let section = &self.sections[index];
        let lane = lanes[section.legs.end - 1];
        let scale = section.length_m / network.lane(lane).length_m.max(0.01);
        for over in &network.lane(lane).crossings {
            let crossing = &network.crossings()[over.crossing.0 as usize];
            let (from, to) = (crossing.from_m, crossing.to_m);
            let length_m = libm::hypot(to[0] - from[0], to[1] - from[1]).max(0.1);
            let stretch = crossing.lanes.iter().find(|(over, _, _)| *over == lane);
            let (lane_from_m, lane_to_m) =
                stretch.map_or((0.0, length_m), |(_, from, to)| (from.min(*to), from.max(*to)));
            let own = network.lane(lane).signal;
            let next = lanes.get(section.legs.end).and_then(|lane| network.lane(*lane).signal);
            self.crossings.push(CrossingAhead {
                crossing: over.crossing,
                enter_m: section.start_m + over.enter_m * scale,
                exit_m: section.start_m + over.exit_m * scale,
                from_m: from,
                direction: [(to[0] - from[0]) / length_m, (to[1] - from[1]) / length_m],
                length_m,
                width_m: crossing.width_m,
                lane_from_m,
                lane_to_m,
                signal: crossing.signal,
                vehicle_signal: own.or(next),
            });
        }
    }

    /// A crossing just before a junction moves the waiting line back before it.
    fn settle_lines(&mut self) {
        for gate in &mut self.gates {
            for crossing in &self.crossings {
                if crossing.exit_m > gate.start_m - 8.0
                    && crossing.enter_m < gate.line_m + 1.5
                    && crossing.exit_m < gate.end_m
                {
                    let line_m = crossing.enter_m - 1.0;
                    if line_m > gate.start_m - 20.0 {
                        gate.line_m = gate.line_m.min(line_m);
                    }
                }
            }
        }
    }
}

impl Gate {
    fn new(network: &RoadNetwork, lanes: &[LaneId], sections: &[Section], index: usize) -> Gate {
        let section = &sections[index];
        let lane = lanes[section.active];
        let data = network.lane(lane);
        let scale = section.length_m / data.length_m.max(0.01);
        let middle = network.lane_pose(LanePosition {
            lane,
            s_m: 0.5 * data.length_m,
            offset_m: 0.0,
        });
        let mut gate = Gate {
            lane,
            start_m: section.start_m,
            end_m: section.start_m + section.length_m,
            line_m: section.start_m - 0.8,
            signal: data.signal,
            rivals: Vec::new(),
            approaches: Vec::new(),
            centre_m: [middle.x_m, middle.y_m],
            mouths: Vec::new(),
            is_shared: false,
        };
        if let Some(before) = index.checked_sub(1) {
            gate.find_mouths(network, lanes[sections[before].active]);
        }
        for conflict in &data.conflicts {
            if conflict.kind == ConflictKind::Diverge {
                continue;
            }
            gate.is_shared = true;
            let rival = network.lane(conflict.other);
            let mut chain = Vec::new();
            // Upstream, lane by lane, as far as traffic matters; never through our own lanes.
            let mut open = vec![(conflict.other, conflict.other_enter_m)];
            while let Some((lane, way_m)) = open.pop() {
                let Some(approach) = gate.approach(network, lane) else {
                    break;
                };
                if chain.iter().any(|(known, _)| *known == approach) {
                    continue;
                }
                chain.push((approach, way_m));
                if way_m < RIVAL_REACH_M {
                    for before in &network.lane(lane).predecessors {
                        // Traffic in our own lane is ahead of us or behind us, and no rival.
                        if !lanes[..section.legs.end].iter().rev().take(6).any(|own| own == before) {
                            open.push((*before, way_m + network.lane(*before).length_m));
                        }
                    }
                }
            }
            gate.rivals.push(Rival {
                enter_m: section.start_m + conflict.enter_m * scale,
                exit_m: section.start_m + conflict.exit_m * scale,
                kind: conflict.kind,
                right_of_way: conflict.right_of_way,
                signal: rival.signal,
                lane: conflict.other,
                chain,
                length_m: (conflict.other_exit_m - conflict.other_enter_m).max(0.0),
            });
        }
        gate
    }

    fn find_mouths(&mut self, network: &RoadNetwork, from: LaneId) {
        let junction = network.lane(self.lane).junction;
        let Some(beside) = network.lane(from).oncoming else {
            return;
        };
        for turn in &network.lane(beside).predecessors {
            let length_m = network.lane(*turn).length_m;
            let is_narrow = [0.25, 0.5, 0.75]
                .iter()
                .any(|share| network.lane_curvature_per_m(*turn, share * length_m).abs() > NARROW_BEND_PER_M);
            if network.lane(*turn).junction != junction || !is_narrow {
                continue;
            }
            let leading = network.lane(*turn).predecessors.iter();
            let leading = leading.map(|lane| (*lane, network.lane(*lane).length_m));
            for (lane, way_m) in std::iter::once((*turn, 0.0)).chain(leading) {
                if let Some(approach) = self.approach(network, lane) {
                    self.mouths.push((approach, way_m));
                }
            }
        }
    }

    /// Whether somebody whose front is there, on an approach, turns out of it or is about to.
    pub(crate) fn is_at_mouth(&self, approach: usize, s_m: f64) -> bool {
        let way_m = |&(_, way_m): &(usize, f64)| s_m > way_m - MOUTH_REACH_M;
        self.mouths.iter().any(|mouth| mouth.0 == approach && way_m(mouth))
    }

    fn approach(&mut self, network: &RoadNetwork, lane: LaneId) -> Option<usize> {
        if let Some(known) = self.approaches.iter().position(|approach| approach.lane == lane) {
            return Some(known);
        }
        if self.approaches.len() >= APPROACHES_MAX {
            return None;
        }
        let data = network.lane(lane);
        let reach_m = data.length_m.min(RIVAL_REACH_M);
        let end = network.lane_pose(LanePosition {
            lane,
            s_m: data.length_m,
            offset_m: 0.0,
        });
        let middle = network.lane_pose(LanePosition {
            lane,
            s_m: data.length_m - 0.5 * reach_m,
            offset_m: 0.0,
        });
        self.approaches.push(Approach {
            lane,
            length_m: data.length_m,
            end_m: [end.x_m, end.y_m],
            centre_m: [middle.x_m, middle.y_m],
            radius_m: 0.5 * reach_m + 2.0,
        });
        Some(self.approaches.len() - 1)
    }
}
