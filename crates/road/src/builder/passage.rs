//! The roads on which a junction is crossed: one for each way, or one for all that run side by side.
//!
//! In go passages, each from a lane into the junction to a lane out of it, out come connecting roads with their lanes, links
//! and limits. Passages are side by side if they join the same two roads and their borders meet at both ends, or leave room
//! between them that a lane without use fills; they then share a road whose reference line is a border between them: the line
//! between the two directions, else the border on the inside of the bend, from which lanes only grow flatter. Where that
//! would be too tight the innermost goes alone. It does not know who may go where: `junction` does.

use super::alignment::{Alignment, PlanPose, normalize_angle};
use super::cross_section::EndLane;
use super::junction::{Arm, Crossroads, Ids, Movement};
use super::profile;
use crate::draft::{
    ConnectionDraft, ContactPoint, Cubic, LaneDraft, LaneKind, LaneSectionDraft, PlanShape, RoadDraft, RoadLink,
    RoadTypeRecord, TrafficRule,
};
use libm::fabs;

/// Sideways acceleration that a turning path is signed for.
const TURN_MPS2: f64 = 2.0;
/// Ways that turn less are led as if they went straight on.
const TURN_RAD_MIN: f64 = 0.1;
/// Borders nearer than this meet.
const TOUCH_M: f64 = 1e-3;
/// Borders farther apart than two lanes are no one road's.
const GAP_M_MAX: f64 = 7.0;
/// The farthest lane of a shared road lies within this share of the bend's radius: farther in it would be too tight, and fold
/// at last.
const INSIDE_MAX: f64 = 0.6;
/// No reference line bends more tightly.
const LINE_RADIUS_M_MIN: f64 = 1.0;
/// Shared roads whose bends are tighter than this, at the middle of a lane that vehicles use, are left to lanes of their own.
const RADIUS_M_MIN: f64 = 4.0;
/// Coefficients of a width are told so that it is off by no more anywhere.
const WIDTH_STEP_M: f64 = 1e-4;

/// One lane's way through.
pub(super) struct Passage<'a> {
    pub from: (&'a Arm, EndLane),
    pub to: (&'a Arm, EndLane),
    pub way: Way,
}

/// What a passage is for, so that lights and signs can be put up.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// The connecting road, once it is laid.
    pub road_id: String,
    pub from: usize,
    pub movement: Movement,
    pub kind: LaneKind,
    /// The lane it comes from serves this movement only.
    pub is_from_own_lane: bool,
}

/// A passage as a strip of a road between two arms, its borders told from the arms' reference lines, positive to the left of
/// the way from the first arm to the second.
#[derive(Clone, Copy)]
struct Strip {
    /// Index of the passage; none of the room between two.
    passage: Option<usize>,
    /// Traffic runs from the first arm to the second.
    is_forward: bool,
    /// Its left border at the first arm and at the second.
    left_m: [f64; 2],
    /// Its right border there.
    right_m: [f64; 2],
}

impl Strip {
    fn new(passage: usize, own: &Passage<'_>, is_forward: bool) -> Strip {
        let ends = if is_forward {
            [own.from, own.to]
        } else {
            [own.to, own.from]
        };
        let [start, end] = ends;
        // Into the junction along +s at a road's end, out of it along +s at a road's beginning.
        let signs = [start.0.at_end, !end.0.at_end].map(|is_along_s| if is_along_s { 1.0 } else { -1.0 });
        let border = |side: f64| [0, 1].map(|at: usize| signs[at] * ends[at].1.t_m + side * 0.5 * ends[at].1.width_m);
        Strip {
            passage: Some(passage),
            is_forward,
            left_m: border(1.0),
            right_m: border(-1.0),
        }
    }

    /// The room that another strip at its right leaves at both ends; none if it lies elsewhere.
    fn gap_m(&self, right: &Strip) -> Option<[f64; 2]> {
        let gap_m = [0, 1].map(|at| self.right_m[at] - right.left_m[at]);
        let is_beside = gap_m.iter().all(|gap_m| (-TOUCH_M..GAP_M_MAX).contains(gap_m));
        // Traffic keeps right: whoever comes against it lies to its left.
        (is_beside && (self.is_forward == right.is_forward || right.is_forward)).then_some(gap_m)
    }

    /// The room between it and another strip at its right, if there is some.
    fn until(&self, right: &Strip) -> Option<Strip> {
        let is_wide = self.gap_m(right)?.iter().any(|gap_m| *gap_m > TOUCH_M);
        is_wide.then_some(Strip {
            passage: None,
            is_forward: self.is_forward && right.is_forward,
            left_m: self.right_m,
            right_m: right.left_m,
        })
    }

    /// The same strip as seen from the second arm.
    fn turned(self) -> Strip {
        let turned = |[start_m, end_m]: [f64; 2]| [-end_m, -start_m];
        Strip {
            passage: self.passage,
            is_forward: !self.is_forward,
            left_m: turned(self.right_m),
            right_m: turned(self.left_m),
        }
    }

    fn width_m(&self) -> [f64; 2] {
        [0, 1].map(|at| self.left_m[at] - self.right_m[at])
    }
}

impl Crossroads {
    /// Lays one connecting road with one lane.
    pub fn connect(&mut self, ids: &mut Ids, passage: &Passage<'_>) {
        let (from, from_lane) = passage.from;
        let (to, to_lane) = passage.to;
        let line = Alignment::between(from.lane_pose(&from_lane), to.lane_pose(&to_lane));
        let length_m = line.length_m();
        if length_m < 0.05 {
            return;
        }
        let width = profile::hermite(0.0, length_m, [from_lane.width_m, to_lane.width_m], [0.0, 0.0]);
        let half = Cubic {
            s_m: 0.0,
            a: 0.5 * width.a,
            b: 0.5 * width.b,
            c: 0.5 * width.c,
            d: 0.5 * width.d,
        };
        let bend_per_m = line.curvature_per_m_max();
        let lanes = vec![lane(-1, passage, true, width)];
        let id = self.lay(
            ids,
            [from, to],
            line,
            turning_mps(bend_per_m),
            vec![half],
            [Vec::new(), lanes],
        );
        self.junction.connections.push(ConnectionDraft {
            incoming_road: from.road_id.clone(),
            connecting_road: id.clone(),
            contact: ContactPoint::Start,
            lane_links: vec![(from_lane.id, -1)],
        });
        self.ways.push(Way {
            road_id: id,
            ..passage.way.clone()
        });
    }

    /// Lays connecting roads, one for all passages that run side by side.
    pub fn connect_together(&mut self, ids: &mut Ids, passages: Vec<Passage<'_>>) {
        let mut is_laid = vec![false; passages.len()];
        for first in 0..passages.len() {
            if is_laid[first] {
                continue;
            }
            let [from, to] = [passages[first].from.0, passages[first].to.0];
            if std::ptr::eq(from, to) {
                is_laid[first] = true;
                self.connect(ids, &passages[first]);
                continue;
            }
            let is = |passage: &Passage<'_>, a: &Arm, b: &Arm| {
                std::ptr::eq(passage.from.0, a) && std::ptr::eq(passage.to.0, b)
            };
            let mut strips: Vec<Strip> = (first..passages.len())
                .filter(|&at| !is_laid[at])
                .filter_map(|at| {
                    let own = &passages[at];
                    let is_forward = is(own, from, to);
                    (is_forward || is(own, to, from)).then(|| Strip::new(at, own, is_forward))
                })
                .collect();
            strips.sort_by(|a, b| b.left_m[0].total_cmp(&a.left_m[0]).then(a.passage.cmp(&b.passage)));
            while !strips.is_empty() {
                let mut bundle = vec![strips.remove(0)];
                let gap_m = |last: &Strip, next: &Strip| last.gap_m(next).map(|[start_m, end_m]| start_m.max(end_m));
                while let Some((next, _)) = (0..strips.len())
                    .filter_map(|next| Some((next, gap_m(&bundle[bundle.len() - 1], &strips[next])?)))
                    .min_by(|a, b| a.1.total_cmp(&b.1))
                {
                    bundle.push(strips.remove(next));
                }
                for strip in bundle.iter().filter_map(|strip| strip.passage) {
                    is_laid[strip] = true;
                }
                self.connect_beside(ids, &passages, [from, to], bundle);
            }
        }
    }

    /// Lays connecting roads for strips that lie side by side, from left to right: as few as the bend leaves room for.
    fn connect_beside(&mut self, ids: &mut Ids, passages: &[Passage<'_>], ends: [&Arm; 2], mut bundle: Vec<Strip>) {
        if bundle.iter().all(|strip| !strip.is_forward) {
            let turned = bundle.into_iter().rev().map(Strip::turned).collect();
            let [from, to] = ends;
            return self.connect_beside(ids, passages, [to, from], turned);
        }
        let [start, end] = through(ends);
        let turn_rad = normalize_angle(end.heading_rad - start.heading_rad);
        while bundle.len() > 1 {
            let strips = with_gaps(&bundle);
            let against = strips.iter().take_while(|strip| !strip.is_forward).count();
            let inside = if turn_rad < 0.0 { strips.len() } else { 0 };
            let leads = match against {
                0 if turn_rad < -TURN_RAD_MIN => vec![inside],
                0 => vec![0],
                _ => vec![against, inside],
            };
            let is_laid = |&lead: &usize| self.connect_bundle(ids, passages, ends, &strips, lead);
            if leads.iter().any(is_laid) {
                return;
            }
            let innermost = if turn_rad < 0.0 { bundle.len() - 1 } else { 0 };
            if let Some(alone) = bundle.remove(innermost).passage {
                self.connect(ids, &passages[alone]);
            }
        }
        if let [
            Strip {
                passage: Some(last), ..
            },
        ] = bundle[..]
        {
            self.connect(ids, &passages[last]);
        }
    }

    /// Lays one connecting road for strips that lie side by side, from left to right, its reference line on the left border
    /// of the strip `lead`, or on the last one's right border; false if that would be too tight.
    fn connect_bundle(
        &mut self,
        ids: &mut Ids,
        passages: &[Passage<'_>],
        [from, to]: [&Arm; 2],
        bundle: &[Strip],
        lead: usize,
    ) -> bool {
        let against = bundle.iter().take_while(|strip| !strip.is_forward).count();
        let (left, right) = bundle.split_at(against);
        let border = |at: usize| {
            bundle
                .get(at)
                .map_or(bundle[bundle.len() - 1].right_m, |strip| strip.left_m)
        };
        let line_m = border(lead);
        let [start, end] = through([from, to]);
        let line = Alignment::swept(start.shifted_left(line_m[0]), end.shifted_left(line_m[1]));
        let length_m = line.length_m();
        if length_m < 0.5 {
            return false;
        }
        let beside = |border_m: [f64; 2]| [0, 1].map(|at: usize| border_m[at] - line_m[at]);
        let [most_left, most_right] = bends_per_m(&line);
        let (left_m, right_m) = (beside(border(0)), beside(border(bundle.len())));
        let is_folded = most_left * left_m[0].max(left_m[1]) > INSIDE_MAX
            || most_right * (-right_m[0]).max(-right_m[1]) > INSIDE_MAX;
        if is_folded || most_left.max(most_right) * LINE_RADIUS_M_MIN > 1.0 {
            return false;
        }
        let is_for_vehicles = |strip: &&Strip| {
            let own = strip.passage.map(|passage| &passages[passage]);
            own.is_some_and(|own| own.way.kind != LaneKind::Sidewalk)
        };
        let tightest = bundle
            .iter()
            .filter(is_for_vehicles)
            .map(|strip| {
                let (left_m, right_m) = (beside(strip.left_m), beside(strip.right_m));
                let middle_m = [0, 1].map(|at: usize| 0.5 * (left_m[at] + right_m[at]));
                bend_beside_per_m([most_left, most_right], length_m, middle_m)
            })
            .fold(0.0, f64::max);
        if tightest * RADIUS_M_MIN > 1.0 {
            return false;
        }
        let offset = (lead != against).then(|| width(length_m, beside(border(against))));
        let numbered = |strips: &mut dyn Iterator<Item = &Strip>, sign: i32| -> Vec<LaneDraft> {
            (1..)
                .zip(strips)
                .map(|(number, strip)| {
                    let (id, width) = (sign * number, width(length_m, strip.width_m()));
                    match strip.passage {
                        Some(own) => lane(id, &passages[own], strip.is_forward, width),
                        None => LaneDraft {
                            id,
                            widths: vec![width],
                            ..LaneDraft::default()
                        },
                    }
                })
                .collect()
        };
        let lanes = [numbered(&mut left.iter().rev(), 1), numbered(&mut right.iter(), -1)];
        let links = [&lanes[0], &lanes[1]].map(|side| -> Vec<(i32, i32)> {
            let incoming = |lane: &LaneDraft| if lane.id < 0 { lane.predecessor } else { lane.successor };
            side.iter()
                .filter_map(|lane| Some((incoming(lane)?, lane.id)))
                .collect()
        });
        let limit_mps = (turning_mps(tightest) * 10.0).floor() / 10.0;
        let id = self.lay(ids, [from, to], line, limit_mps, offset.into_iter().collect(), lanes);
        let [against, along] = links;
        for (arm, contact, lane_links) in [(from, ContactPoint::Start, along), (to, ContactPoint::End, against)] {
            if !lane_links.is_empty() {
                self.junction.connections.push(ConnectionDraft {
                    incoming_road: arm.road_id.clone(),
                    connecting_road: id.clone(),
                    contact,
                    lane_links,
                });
            }
        }
        for passage in bundle.iter().filter_map(|strip| strip.passage) {
            self.ways.push(Way {
                road_id: id.clone(),
                ..passages[passage].way.clone()
            });
        }
        true
    }

    /// Adds a road between two arms; answers its id.
    fn lay(
        &mut self,
        ids: &mut Ids,
        [from, to]: [&Arm; 2],
        line: Alignment,
        turning_mps: f64,
        lane_offset: Vec<Cubic>,
        [left, right]: [Vec<LaneDraft>; 2],
    ) -> String {
        let length_m = line.length_m();
        let id = ids.next(&self.junction.id, self.roads.len() + 1);
        let grades = [from.at_end, !to.at_end].map(|is_along_s| if is_along_s { 1.0 } else { -1.0 });
        let elevation = profile::hermite(
            0.0,
            length_m,
            [from.z_m, to.z_m],
            [grades[0] * from.grade, grades[1] * to.grade],
        );
        let link = |arm: &Arm| {
            Some(RoadLink::Road {
                id: arm.road_id.clone(),
                contact: arm.contact(),
            })
        };
        self.roads.push(RoadDraft {
            id: id.clone(),
            name: String::new(),
            length_m,
            junction: Some(self.junction.id.clone()),
            rule: TrafficRule::RightHand,
            predecessor: link(from),
            successor: link(to),
            types: vec![RoadTypeRecord {
                s_m: 0.0,
                class: if left.is_empty() {
                    from.class
                } else {
                    from.class.max(to.class)
                },
                speed_mps_max: Some(from.speed_mps_max.max(to.speed_mps_max).min(turning_mps)),
            }],
            plan: line.elements,
            elevation: vec![elevation],
            lane_offset,
            sections: vec![LaneSectionDraft {
                s_m: 0.0,
                left,
                centre_marks: Vec::new(),
                right,
            }],
            ..RoadDraft::default()
        });
        id
    }
}

/// How fast a bend is driven.
fn turning_mps(bend_per_m: f64) -> f64 {
    if bend_per_m > 1e-4 {
        (TURN_MPS2 / bend_per_m).sqrt().max(3.0)
    } else {
        f64::INFINITY
    }
}

/// The greatest curvature of a line to the left and to the right, neither negative.
fn bends_per_m(line: &Alignment) -> [f64; 2] {
    let mut most = [0.0_f64; 2];
    for element in &line.elements {
        let ends = match element.shape {
            PlanShape::Arc { curvature_per_m } => [curvature_per_m; 2],
            PlanShape::Spiral { start_per_m, end_per_m } => [start_per_m, end_per_m],
            PlanShape::Line | PlanShape::Poly3 { .. } | PlanShape::ParamPoly3 { .. } => [0.0; 2],
        };
        for curvature_per_m in ends {
            most = [most[0].max(curvature_per_m), most[1].max(-curvature_per_m)];
        }
    }
    most
}

/// The strips with the rooms between them.
fn with_gaps(strips: &[Strip]) -> Vec<Strip> {
    let mut all = Vec::with_capacity(2 * strips.len());
    for (at, strip) in strips.iter().enumerate() {
        all.extend(at.checked_sub(1).and_then(|before| strips[before].until(strip)));
        all.push(*strip);
    }
    all
}

/// The reference lines' ends at two arms, both looking from the first to the second.
fn through([from, to]: [&Arm; 2]) -> [PlanPose; 2] {
    let along = |arm: &Arm, is_along_s: bool| if is_along_s { arm.pose } else { arm.pose.reversed() };
    [along(from, from.at_end), along(to, !to.at_end)]
}

/// The tightest bend at some way beside a line, to the left of it at its beginning and end, told from the line's to the left
/// and to the right.
fn bend_beside_per_m([most_left, most_right]: [f64; 2], length_m: f64, beside_m: [f64; 2]) -> f64 {
    let middle_m = 0.5 * (beside_m[0] + beside_m[1]);
    let left = most_left / (1.0 - most_left * middle_m).max(0.1);
    let right = most_right / (1.0 + most_right * middle_m).max(0.1);
    // A Hermite cubic that goes aside bends most at its ends.
    left.max(right) + 6.0 * fabs(beside_m[1] - beside_m[0]) / (length_m * length_m)
}

/// One lane of a connecting road.
fn lane(id: i32, passage: &Passage<'_>, is_forward: bool, width: Cubic) -> LaneDraft {
    let (from, to) = (Some(passage.from.1.id), Some(passage.to.1.id));
    let [predecessor, successor] = if is_forward { [from, to] } else { [to, from] };
    LaneDraft {
        id,
        kind: passage.way.kind,
        widths: vec![width],
        predecessor,
        successor,
        marks: Vec::new(),
        ..LaneDraft::default()
    }
}

/// A width that changes smoothly, in as few digits as it takes.
fn width(length_m: f64, ends_m: [f64; 2]) -> Cubic {
    let exact = profile::hermite(0.0, length_m, ends_m, [0.0, 0.0]);
    let told = |value: f64, power: i32| {
        let step = libm::pow(
            10.0,
            libm::floor(libm::log10(WIDTH_STEP_M / libm::pow(length_m, f64::from(power)))),
        );
        libm::round(value / step) * step
    };
    Cubic {
        c: told(exact.c, 2),
        d: told(exact.d, 3),
        ..exact
    }
}
