//! The roads on which a junction is crossed: one for each way, or one for all that run side by side.
//!
//! In go passages, each from a lane into the junction to a lane out of it, out come connecting roads with their lanes, links
//! and limits. Passages are side by side if they join the same two roads and their borders meet at both ends; they then share
//! a road whose reference line is a border between them: the line between the two directions, else the border on the inside
//! of the bend, from which lanes only grow flatter. It does not know who may go where: `junction` does.

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
/// Borders nearer than this meet.
const TOUCH_M: f64 = 1e-3;
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
    /// Index of the passage.
    passage: usize,
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
            passage,
            is_forward,
            left_m: border(1.0),
            right_m: border(-1.0),
        }
    }

    /// Whether another strip lies at its right.
    fn touches(&self, right: &Strip) -> bool {
        let meets = |at: usize| fabs(self.right_m[at] - right.left_m[at]) < TOUCH_M;
        // Traffic keeps right: whoever comes against it lies to its left.
        meets(0) && meets(1) && (self.is_forward == right.is_forward || right.is_forward)
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
                while let Some(next) = strips.iter().position(|strip| bundle[bundle.len() - 1].touches(strip)) {
                    bundle.push(strips.remove(next));
                }
                for strip in &bundle {
                    is_laid[strip.passage] = true;
                }
                if !self.connect_bundle(ids, &passages, [from, to], &bundle) {
                    bundle.sort_by_key(|strip| strip.passage);
                    bundle
                        .iter()
                        .for_each(|strip| self.connect(ids, &passages[strip.passage]));
                }
            }
        }
    }

    /// Lays one connecting road for strips that lie side by side, from left to right; false if that would be too tight.
    fn connect_bundle(
        &mut self,
        ids: &mut Ids,
        passages: &[Passage<'_>],
        [from, to]: [&Arm; 2],
        bundle: &[Strip],
    ) -> bool {
        if bundle.iter().all(|strip| !strip.is_forward) {
            let turned: Vec<Strip> = bundle.iter().rev().map(|strip| strip.turned()).collect();
            return self.connect_bundle(ids, passages, [to, from], &turned);
        }
        let against = bundle.iter().take_while(|strip| !strip.is_forward).count();
        let (left, right) = bundle.split_at(against);
        let pose = |arm: &Arm, t_m: f64, is_start: bool| -> PlanPose {
            let pose = if arm.at_end == is_start {
                arm.pose
            } else {
                arm.pose.reversed()
            };
            pose.shifted_left(t_m)
        };
        let line_at = |t_m: [f64; 2]| Alignment::swept(pose(from, t_m[0], true), pose(to, t_m[1], false));
        let [start, end] = [pose(from, 0.0, true), pose(to, 0.0, false)];
        let turns_right = normalize_angle(end.heading_rad - start.heading_rad) < -0.1;
        let (inner, outer) = (right[0], right[right.len() - 1]);
        let is_led_from_the_right = left.is_empty() && turns_right;
        let line = line_at(if is_led_from_the_right {
            outer.right_m
        } else {
            inner.left_m
        });
        let length_m = line.length_m();
        if length_m < 0.5 {
            return false;
        }
        let span_m =
            |strips: &[Strip]| -> [f64; 2] { [0, 1].map(|at| strips.iter().map(|strip| strip.width_m()[at]).sum()) };
        let widest = |[start_m, end_m]: [f64; 2]| start_m.max(end_m);
        let (left_m, right_m) = match is_led_from_the_right {
            true => (widest(span_m(right)), 0.0),
            false => (widest(span_m(left)), widest(span_m(right))),
        };
        let [most_left, most_right] = bends_per_m(&line);
        let is_folded = most_left * left_m > INSIDE_MAX || most_right * right_m > INSIDE_MAX;
        if is_folded || most_left.max(most_right) * LINE_RADIUS_M_MIN > 1.0 {
            return false;
        }
        let tightest = tightest_per_m([most_left, most_right], [left, right], passages, is_led_from_the_right);
        if tightest * RADIUS_M_MIN > 1.0 {
            return false;
        }
        let offset = is_led_from_the_right.then(|| width(length_m, span_m(right)));
        let numbered = |strips: &mut dyn Iterator<Item = &Strip>, sign: i32| -> Vec<LaneDraft> {
            (1..)
                .zip(strips)
                .map(|(number, strip)| {
                    let own = &passages[strip.passage];
                    lane(sign * number, own, strip.is_forward, width(length_m, strip.width_m()))
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
        for strip in bundle {
            self.ways.push(Way {
                road_id: id.clone(),
                ..passages[strip.passage].way.clone()
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

/// The tightest bend of a lane that vehicles use, told from that of the reference line.
fn tightest_per_m(
    [most_left, most_right]: [f64; 2],
    [left, right]: [&[Strip]; 2],
    passages: &[Passage<'_>],
    is_led_from_the_right: bool,
) -> f64 {
    let mut tightest = 0.0_f64;
    let mut look = |strips: &mut dyn Iterator<Item = &Strip>, is_left: bool| {
        let mut away_m = 0.0;
        for strip in strips {
            let width_m = 0.5 * (strip.width_m()[0] + strip.width_m()[1]);
            let middle_m = away_m + 0.5 * width_m;
            away_m += width_m;
            if passages[strip.passage].way.kind == LaneKind::Sidewalk {
                continue;
            }
            let (inside, outside) = if is_left {
                (most_left, most_right)
            } else {
                (most_right, most_left)
            };
            tightest = tightest
                .max(inside / (1.0 - inside * middle_m).max(0.1))
                .max(outside / (1.0 + outside * middle_m));
        }
    };
    look(&mut left.iter().rev(), true);
    if is_led_from_the_right {
        look(&mut right.iter().rev(), true);
    } else {
        look(&mut right.iter(), false);
    }
    tightest
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
