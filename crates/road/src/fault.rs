//! Everything that is wrong with a map, at once: what `westline map check` tells.
//!
//! A draft goes in; out come faults, each with its element and a mend. What refuses to compile is told as the compiler
//! tells it; what compiles is looked at lane by lane: gaps and kinks where lanes join, lanes that lead nowhere or that
//! nothing leads to, lanes on top of one another, bends and slopes that no vehicle takes. It does not know the file's
//! lines: a draft may come from any format. The edge of a map is no fault: a road may end where it links to nothing.

use crate::draft::{ContactPoint, MapDraft};
use crate::{LaneId, LanePosition, Pose, RoadError, RoadId, RoadNetwork};
use std::collections::BTreeSet;

/// A gap between lanes that join.
const GAP_M_MAX: f64 = 0.01;
/// A kink between lanes that join: 2 degrees, which steering takes without a jerk.
const KINK_RAD_MAX: f64 = 0.035;
/// An end this near to a start that it is not linked to was meant to be.
const TOUCH_M: f64 = 0.1;
/// No car turns tighter, at its lane's middle.
const RADIUS_M_MIN: f64 = 2.5;
/// No street of the world is steeper.
const GRADE_MAX: f64 = 0.40;
/// Lanes of other roads are on top of one another if their middles are nearer than this part of the narrower one's width.
const OVERLAP_PART: f64 = 0.5;
/// Within a level.
const LEVEL_M: f64 = 2.0;
/// Next to their ends roads that join at an angle may overlap.
const END_M: f64 = 10.0;
/// Distance between looks.
const STEP_M: f64 = 5.0;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// What kind of thing, in one word a script can count: `gap`, `kink`, `link`, `overlap`, `dead_end`, `unreachable`,
    /// `curvature`, `slope`, `invalid`, `warning`.
    pub kind: &'static str,
    /// Where and what.
    pub what: String,
    /// What to do about it; empty where the message says it already.
    pub mend: String,
}

/// All faults of a map, sorted by kind and place in the map; none if it is sound.
pub fn faults(draft: &MapDraft) -> Vec<Fault> {
    let network = match RoadNetwork::compile(draft) {
        Ok(network) => network,
        Err(RoadError::Invalid(problems)) => {
            return problems.iter().map(|problem| parted("invalid", problem)).collect();
        }
        Err(error) => return vec![parted("invalid", &error.to_string())],
    };
    let mut checker = Checker {
        draft,
        network: &network,
        faults: network
            .warnings()
            .iter()
            .map(|warning| parted("warning", warning))
            .collect(),
        near: Vec::new(),
        told: BTreeSet::new(),
    };
    for index in 0..network.lanes().len() {
        let id = LaneId(index as u32);
        if network.lane(id).edge.is_some() {
            checker.check_joints(id);
            checker.check_ends(id);
            checker.check_course(id);
            checker.check_overlaps(id);
        }
    }
    let mut faults = checker.faults;
    faults.sort_by_key(|fault| fault.kind);
    faults
}

/// A message of the compiler, its hint apart.
fn parted(kind: &'static str, message: &str) -> Fault {
    let (what, mend) = message.split_once("\nhint: ").unwrap_or((message, ""));
    Fault {
        kind,
        what: what.to_owned(),
        mend: mend.to_owned(),
    }
}

struct Checker<'a> {
    draft: &'a MapDraft,
    network: &'a RoadNetwork,
    faults: Vec<Fault>,
    near: Vec<LaneId>,
    /// Roads of which it is told that they overlap.
    told: BTreeSet<[RoadId; 2]>,
}

impl Checker<'_> {
    fn fault(&mut self, kind: &'static str, what: String, mend: &str) {
        self.faults.push(Fault {
            kind,
            what,
            mend: mend.to_owned(),
        });
    }

    fn name(&self, lane: LaneId, s_m: f64) -> String {
        let (road, id, road_s_m, _) = self.network.opendrive_position(at(lane, s_m));
        format!(
            "lane `{id}` of road `{}` at s = {road_s_m:.2}",
            self.network.roads()[road.0 as usize].id
        )
    }

    fn end(&self, lane: LaneId) -> Pose {
        self.network.lane_pose(at(lane, self.network.lane(lane).length_m))
    }

    fn check_joints(&mut self, id: LaneId) {
        let network = self.network;
        let lane = network.lane(id);
        let end = self.end(id);
        for &next in &lane.successors {
            let start = network.lane_pose(at(next, 0.0));
            let gap_m = distance_m(&end, &start);
            if gap_m > GAP_M_MAX {
                self.fault(
                    "gap",
                    format!(
                        "{} ends {gap_m:.3} m away from {}, expected at most {GAP_M_MAX} m",
                        self.name(id, lane.length_m),
                        self.name(next, 0.0)
                    ),
                    "move the reference line, the lane offset, the height or the widths of either so that their ends meet",
                );
            }
            let kink_rad = turn_rad(end.heading_rad, start.heading_rad);
            if kink_rad > KINK_RAD_MAX {
                self.fault(
                    "kink",
                    format!(
                        "{} turns by {:.1} degrees where {} begins, expected at most {:.1}",
                        self.name(id, lane.length_m),
                        kink_rad.to_degrees(),
                        self.name(next, 0.0),
                        KINK_RAD_MAX.to_degrees()
                    ),
                    "let both roads have one heading there, and widths without a bend",
                );
            }
        }
    }

    /// Lanes that end in the middle of the map, or that begin there.
    fn check_ends(&mut self, id: LaneId) {
        let network = self.network;
        let lane = network.lane(id);
        let can_leave = lane.change_left_is_allowed || lane.change_right_is_allowed;
        if lane.successors.is_empty() {
            let end = self.end(id);
            network.lanes_near(end.x_m, end.y_m, TOUCH_M, &mut self.near);
            let follower = self.near.iter().copied().find(|&other| {
                let start = network.lane_pose(at(other, 0.0));
                other != id
                    && network.lane(other).kind == lane.kind
                    && distance_m(&end, &start) < TOUCH_M
                    && turn_rad(end.heading_rad, start.heading_rad) < KINK_RAD_MAX
            });
            if let Some(follower) = follower {
                self.fault(
                    "link",
                    format!(
                        "{} ends where {} begins, but no link joins them",
                        self.name(id, lane.length_m),
                        self.name(follower, 0.0)
                    ),
                    "add the lane's <link> on both sides, or the junction's <laneLink>",
                );
            } else if !can_leave && self.goes_on(id, ContactPoint::End) {
                self.fault(
                    "dead_end",
                    format!(
                        "{} leads nowhere, though its road goes on, and no neighbour may be changed to",
                        self.name(id, lane.length_m)
                    ),
                    "link the lane to one that continues it, or let its markings allow a change",
                );
            }
        }
        let can_enter = [lane.left, lane.right].into_iter().flatten().any(|beside| {
            let beside = network.lane(beside);
            (beside.left == Some(id) && beside.change_left_is_allowed)
                || (beside.right == Some(id) && beside.change_right_is_allowed)
        });
        if lane.predecessors.is_empty() && !can_enter && self.goes_on(id, ContactPoint::Start) {
            self.fault(
                "unreachable",
                format!(
                    "{} cannot be reached: no lane leads to it, though its road is linked there",
                    self.name(id, 0.0)
                ),
                "link a lane of the road or junction before it to this one",
            );
        }
    }

    /// Whether the road goes on where a lane ends or begins: within the road, or by a link of its own.
    fn goes_on(&self, id: LaneId, end: ContactPoint) -> bool {
        /// Nearer than this to the road's end a lane ends with it.
        const SLACK_M: f64 = 0.1;
        let lane = self.network.lane(id);
        let s_m = if end == ContactPoint::End { lane.length_m } else { 0.0 };
        let road = &self.draft.roads[lane.road.0 as usize];
        let (_, _, road_s_m, _) = self.network.opendrive_position(at(id, s_m));
        match road_s_m {
            s if s < SLACK_M => road.predecessor.is_some(),
            s if s > road.length_m - SLACK_M => road.successor.is_some(),
            _ => true,
        }
    }

    fn check_course(&mut self, id: LaneId) {
        let network = self.network;
        let mut worst = [(0.0_f64, 0.0_f64); 2];
        for point in network.lane_outline(id) {
            let values = [
                network.lane_curvature_per_m(id, point.s_m).abs(),
                network.lane_grade(id, point.s_m).abs(),
            ];
            for (worst, value) in worst.iter_mut().zip(values) {
                if value > worst.0 {
                    *worst = (value, point.s_m);
                }
            }
        }
        let [(curvature, bend_s_m), (grade, slope_s_m)] = worst;
        if curvature > 1.0 / RADIUS_M_MIN {
            self.fault(
                "curvature",
                format!(
                    "{} bends with a radius of {:.2} m, expected {RADIUS_M_MIN} m or more",
                    self.name(id, bend_s_m),
                    1.0 / curvature
                ),
                "widen the bend, or bring the reference line nearer to the lane",
            );
        }
        if grade > GRADE_MAX {
            self.fault(
                "slope",
                format!(
                    "{} rises or falls by {:.0} %, expected at most {:.0} %",
                    self.name(id, slope_s_m),
                    100.0 * grade,
                    100.0 * GRADE_MAX
                ),
                "slopes are metres a metre; smooth the heights",
            );
        }
    }

    fn check_overlaps(&mut self, id: LaneId) {
        let network = self.network;
        let lane = network.lane(id);
        if lane.junction.is_some() {
            return;
        }
        let mut s_m = END_M;
        while s_m < lane.length_m - END_M {
            let here = network.lane_pose(at(id, s_m));
            network.lanes_near(here.x_m, here.y_m, 0.0, &mut self.near);
            for other in std::mem::take(&mut self.near) {
                let rival = network.lane(other);
                // Each pair of roads is told once, by its lane of the lowest number.
                if other <= id || rival.road == lane.road || rival.edge.is_none() || rival.junction.is_some() {
                    continue;
                }
                let foot = network.project(other, here.x_m, here.y_m);
                let width_m = network.lane_width_m(other, foot.s_m).min(network.lane_width_m(id, s_m));
                let there = network.lane_pose(at(other, foot.s_m));
                let is_inside = foot.s_m > END_M && foot.s_m < rival.length_m - END_M;
                if is_inside
                    && foot.offset_m.abs() < OVERLAP_PART * width_m
                    && (there.z_m - here.z_m).abs() < LEVEL_M
                    && self.told.insert([lane.road, rival.road])
                {
                    self.fault(
                        "overlap",
                        format!(
                            "{} lies on top of {}, outside any junction",
                            self.name(id, s_m),
                            self.name(other, foot.s_m)
                        ),
                        "move one of them, give it a height of its own, or make the place a junction",
                    );
                }
            }
            s_m += STEP_M;
        }
    }
}

fn at(lane: LaneId, s_m: f64) -> LanePosition {
    LanePosition {
        lane,
        s_m,
        offset_m: 0.0,
    }
}

fn distance_m(a: &Pose, b: &Pose) -> f64 {
    let [dx, dy, dz] = [a.x_m - b.x_m, a.y_m - b.y_m, a.z_m - b.z_m];
    (dx * dx + dy * dy + dz * dz).sqrt()
}

/// The angle between two headings, 0 to π.
fn turn_rad(a: f64, b: f64) -> f64 {
    use core::f64::consts::{PI, TAU};
    let turned = (a - b).abs() % TAU;
    if turned > PI { TAU - turned } else { turned }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kinds of the faults of two straight roads, the second of which begins `gap_m` behind the first one's end and
    /// turns by `kink_rad`; `link` is what joins their lanes.
    fn kinds(gap_m: f64, kink_rad: f64, slope: f64, link: [&str; 2]) -> Vec<&'static str> {
        let road = |id: u32, x: f64, heading: f64, link: &str, lane_link: &str| {
            format!(
                r#"<road id="{id}" length="100" junction="-1"><link>{link}</link>
                <planView><geometry s="0" x="{x}" y="0" hdg="{heading}" length="100"><line/></geometry></planView>
                <elevationProfile><elevation s="0" a="0" b="{slope}" c="0" d="0"/></elevationProfile>
                <lanes><laneSection s="0"><center><lane id="0" type="none"/></center><right><lane id="-1" type="driving">
                <link>{lane_link}</link><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></right></laneSection></lanes>
                </road>"#
            )
        };
        let text = format!(
            r#"<OpenDRIVE><header revMajor="1" revMinor="7"/>{}{}</OpenDRIVE>"#,
            road(
                1,
                0.0,
                0.0,
                link[0],
                if link[0].is_empty() {
                    ""
                } else {
                    r#"<successor id="-1"/>"#
                }
            ),
            road(
                2,
                100.0 + gap_m,
                kink_rad,
                link[1],
                if link[1].is_empty() {
                    ""
                } else {
                    r#"<predecessor id="-1"/>"#
                }
            ),
        );
        let draft = crate::opendrive::read("map.xodr", &text).unwrap().draft;
        let mut kinds: Vec<&str> = faults(&draft).iter().map(|fault| fault.kind).collect();
        kinds.dedup();
        kinds
    }

    const LINKED: [&str; 2] = [
        r#"<successor elementType="road" elementId="2" contactPoint="start"/>"#,
        r#"<predecessor elementType="road" elementId="1" contactPoint="end"/>"#,
    ];

    #[test]
    fn roads_that_join_have_no_fault() {
        assert_eq!(kinds(0.0, 0.0, 0.0, LINKED), Vec::<&str>::new());
        assert_eq!(kinds(0.009, 0.0, 0.0, LINKED), Vec::<&str>::new());
    }

    #[test]
    fn gaps_kinks_and_cliffs_are_told() {
        assert_eq!(kinds(0.02, 0.0, 0.0, LINKED), ["gap"]);
        assert!(kinds(0.0, 0.1, 0.0, LINKED).contains(&"kink"));
        assert!(kinds(0.0, 0.0, 0.5, LINKED).contains(&"slope"));
    }

    #[test]
    fn lanes_that_touch_without_a_link_are_told() {
        assert_eq!(kinds(0.0, 0.0, 0.0, ["", ""]), ["link"]);
    }

    #[test]
    fn roads_on_top_of_one_another_are_told() {
        assert_eq!(kinds(-60.0, 0.0, 0.0, ["", ""]), ["overlap"]);
    }
}
