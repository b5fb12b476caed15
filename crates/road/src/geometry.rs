//! The analytic shape of one road: from (s, t) to a place and an attitude, and where its lanes' borders run.
//!
//! In goes a [`RoadDraft`] that may be anything; out come `f64` values that are exact to rounding (spirals to 1e-9 m).
//! Nothing here samples or caches positions: the compiled lanes do that. Conventions, by ASAM OpenDRIVE 1.8.1:
//! - the cross-section is a rigid frame that heading, slope and superelevation rotate in this order about z, y, x
//!   (clauses 8.2 and 10.5), so on a banked or steep road t is measured along the tilted surface;
//! - lane offset moves the lanes, not the origin of t (clause 11.4);
//! - a lane marked `level`, and those outside it, stay level beyond the inner border (clause 11.8.1);
//! - shapes, crossfalls and strips lift the surface at right angles to that frame (clauses 10.5.3 and 10.5.4), and lane
//!   heights are counted from there (clause 11.8.2);
//! - records hold from their `s_m` on; before the first one a profile is zero.
//!
//! ```text
//! plan       the reference line in plan view
//! profile    values along it
//! section    its lanes between two changes of their number
//! frame      the cross-section, turned
//! lane_curve the middle of a lane between two breaks
//! relief     the surface off the road's plane
//! strips     that surface where it is given in strips
//! ```

mod frame;
mod lane_curve;
mod plan;
mod profile;
mod relief;
mod section;
mod strips;

pub(crate) use frame::CurvePoint;
pub(crate) use lane_curve::LaneCurve;
pub(crate) use plan::{PlanLine, PlanPoint};
pub(crate) use profile::Jet;
pub(crate) use relief::Lift;
pub(crate) use section::SectionGeometry;

use crate::Pose;
use crate::draft::{Cubic, RoadDraft};
use frame::{Frame, curve_on, hypot};
use libm::{atan, atan2};
use profile::{Profile, record_at};
use section::{LaneShape, heights_at};
use serde::{Deserialize, Serialize};

/// The analytic shape of one road.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RoadGeometry {
    length_m: f64,
    plan: PlanLine,
    elevation: Profile,
    superelevation: Profile,
    /// Few roads have one.
    relief: Option<Box<relief::Relief>>,
    lane_offset: Profile,
    sections: Vec<SectionGeometry>,
}

impl RoadGeometry {
    /// Never fails: what is nonsense in the draft is nonsense in the answers, but nothing panics or runs on.
    pub(crate) fn new(road: &RoadDraft) -> RoadGeometry {
        let mut sections: Vec<SectionGeometry> = road
            .sections
            .iter()
            .map(|section| SectionGeometry {
                start_m: section.s_m,
                end_m: road.length_m,
                left: section.left.iter().map(LaneShape::new).collect(),
                right: section.right.iter().map(LaneShape::new).collect(),
            })
            .collect();
        for index in 1..sections.len() {
            sections[index - 1].end_m = sections[index].start_m;
        }
        RoadGeometry {
            length_m: road.length_m,
            plan: PlanLine::new(&road.plan),
            elevation: Profile::new(&road.elevation),
            superelevation: Profile::new(&road.superelevation),
            relief: relief::Relief::new(road).map(Box::new),
            lane_offset: Profile::new(&road.lane_offset),
            sections,
        }
    }

    /// Length of the reference line.
    pub(crate) fn length_m(&self) -> f64 {
        self.length_m
    }

    /// Lane sections in order of s.
    pub(crate) fn sections(&self) -> &[SectionGeometry] {
        &self.sections
    }

    /// The section that holds `s_m`; at a border the one that begins there.
    pub(crate) fn section_at(&self, s_m: f64) -> usize {
        self.sections
            .partition_point(|section| section.start_m <= s_m)
            .saturating_sub(1)
    }

    /// The reference line in plan view.
    pub(crate) fn plan_point(&self, s_m: f64) -> PlanPoint {
        self.plan.point(s_m, s_m)
    }

    /// Place and attitude at (s, t), heading along +s, as the road's cross-section lies there.
    pub(crate) fn pose(&self, s_m: f64, t_m: f64) -> Pose {
        self.pose_above(s_m, t_m, 0.0)
    }

    /// As [`RoadGeometry::pose`], lifted off the surface by `h_m` at right angles to the cross-section.
    pub(crate) fn pose_above(&self, s_m: f64, t_m: f64, h_m: f64) -> Pose {
        let plan = self.plan_point(s_m);
        let elevation = self.elevation.at(s_m, s_m);
        let roll_rad = self.superelevation.at(s_m, s_m).value;
        let frame = Frame::new(
            elevation,
            Jet {
                value: roll_rad,
                ..Jet::default()
            },
        );
        let lift = self.lift(s_m, t_m);
        let [along, across, up] = frame.lateral.map(|axis| axis.value * t_m);
        let [h_along, h_across, h_up] = frame.vertical.map(|axis| axis.value * (h_m + lift.height_m));
        let (along, across) = (along + h_along, across + h_across);
        Pose {
            x_m: plan.x_m + along * plan.tangent[0] - across * plan.tangent[1],
            y_m: plan.y_m + along * plan.tangent[1] + across * plan.tangent[0],
            z_m: elevation.value + up + h_up,
            heading_rad: plan.heading_rad(),
            pitch_rad: -atan(elevation.slope),
            roll_rad: roll_rad + atan(lift.by_t),
        }
    }

    /// The surface off the road's plane at (s, t).
    pub(crate) fn lift(&self, s_m: f64, t_m: f64) -> Lift {
        self.lift_at(s_m, t_m, s_m)
    }

    fn lift_at(&self, s_m: f64, t_m: f64, anchor_m: f64) -> Lift {
        self.relief
            .as_ref()
            .map(|relief| relief.at(s_m, t_m, anchor_m))
            .unwrap_or_default()
    }

    /// Whether a lane keeps level where the road is banked or shaped.
    pub(crate) fn is_level(&self, section: usize, lane: i32, s_m: f64) -> bool {
        self.level_border(section, lane, s_m, s_m).is_some()
    }

    /// Superelevation in radians with its derivatives.
    pub(crate) fn superelevation(&self, s_m: f64) -> Jet {
        self.superelevation.at(s_m, s_m)
    }

    /// t of the outer border of a lane; of the centre lane for id 0.
    pub(crate) fn lane_border_t(&self, section: usize, lane: i32, s_m: f64) -> f64 {
        self.border(section, lane, s_m, s_m).value
    }

    /// t of the middle of a lane.
    pub(crate) fn lane_centre_t(&self, section: usize, lane: i32, s_m: f64) -> f64 {
        self.centre(section, lane, s_m, s_m).value
    }

    /// Width of a lane, never negative.
    pub(crate) fn lane_width_m(&self, section: usize, lane: i32, s_m: f64) -> f64 {
        self.width(section, lane, s_m, s_m).value
    }

    /// How far a lane's border towards the centre and its outer border lie above the road's plane.
    pub(crate) fn lane_heights_m(&self, section: usize, lane: i32, s_m: f64) -> [f64; 2] {
        let Some(section) = self.sections.get(section) else {
            return [0.0; 2];
        };
        let ds_m = s_m - section.start_m;
        section
            .lane(lane)
            .map_or([0.0; 2], |shape| heights_at(&shape.heights, ds_m))
    }

    /// The lane of the section at `s_m` whose surface holds `t_m`: (section, lane id). The centre line itself belongs
    /// to the right.
    pub(crate) fn lane_at(&self, s_m: f64, t_m: f64) -> Option<(usize, i32)> {
        let index = self.section_at(s_m);
        let section = self.sections.get(index)?;
        let centre_m = self.lane_border_t(index, 0, s_m);
        let side = if t_m > centre_m { &section.left } else { &section.right };
        let found = side.iter().find(|lane| {
            (self.lane_border_t(index, lane.id, s_m) - t_m).abs() < 1e-9 || {
                let border_m = self.lane_border_t(index, lane.id, s_m);
                (border_m - centre_m).abs() >= (t_m - centre_m).abs()
            }
        })?;
        Some((index, found.id))
    }

    /// Place and attitude on a lane, `offset_m` from its middle towards +t: heading along its middle in the sense of
    /// +s, slope and bank of the surface there. This is what compiled lanes interpolate.
    pub(crate) fn lane_pose(&self, section: usize, lane: i32, s_m: f64, offset_m: f64) -> Pose {
        let centre = self.lane_curve(section, lane, s_m, s_m);
        let speed = hypot(centre.derivative);
        let surface = self.surface_on_lane(section, lane, s_m, offset_m);
        Pose {
            heading_rad: atan2(centre.derivative[1], centre.derivative[0]),
            pitch_rad: if speed > 0.0 {
                -atan(centre.z_slope / speed)
            } else {
                0.0
            },
            ..surface
        }
    }

    fn surface_on_lane(&self, section: usize, lane: i32, s_m: f64, offset_m: f64) -> Pose {
        let t_m = self.lane_centre_t(section, lane, s_m) + offset_m;
        match self.level_border(section, lane, s_m, s_m) {
            Some(border) => {
                let flat = Pose {
                    roll_rad: 0.0,
                    ..self.pose(s_m, border.value)
                };
                let plan = self.plan_point(s_m);
                let beyond_m = t_m - border.value;
                Pose {
                    x_m: flat.x_m - plan.tangent[1] * beyond_m,
                    y_m: flat.y_m + plan.tangent[0] * beyond_m,
                    ..flat
                }
            }
            None => self.pose(s_m, t_m),
        }
    }

    /// The middle of a lane as a curve over s. At a joint of records `anchor_m` chooses the side.
    pub(crate) fn lane_curve(&self, section: usize, lane: i32, s_m: f64, anchor_m: f64) -> CurvePoint {
        self.lane_curve_and_half_width(section, lane, s_m, anchor_m).0
    }

    /// As [`RoadGeometry::lane_curve`], with half the width of the lane there and its derivative by s.
    pub(crate) fn lane_curve_and_half_width(
        &self,
        section: usize,
        lane: i32,
        s_m: f64,
        anchor_m: f64,
    ) -> (CurvePoint, [f64; 2]) {
        let [inner, outer] = self.borders(section, lane, s_m, anchor_m);
        let centre = Jet::default().plus(inner, 0.5).plus(outer, 0.5);
        let half = 0.5 * f64::from(lane.signum());
        let curve = self.curve_on_lane(section, lane, centre, s_m, anchor_m);
        (
            curve,
            [half * (outer.value - inner.value), half * (outer.slope - inner.slope)],
        )
    }

    fn curve_on_lane(&self, section: usize, lane: i32, centre: Jet, s_m: f64, anchor_m: f64) -> CurvePoint {
        match self.level_border(section, lane, s_m, anchor_m) {
            Some(border) => {
                let tilted = self.curve(border, s_m, anchor_m);
                let level = self.curve_flat(centre, s_m, anchor_m);
                let at_border = self.curve_flat(border, s_m, anchor_m);
                CurvePoint {
                    x_m: tilted.x_m + level.x_m - at_border.x_m,
                    y_m: tilted.y_m + level.y_m - at_border.y_m,
                    z_m: tilted.z_m,
                    derivative: [
                        tilted.derivative[0] + level.derivative[0] - at_border.derivative[0],
                        tilted.derivative[1] + level.derivative[1] - at_border.derivative[1],
                    ],
                    z_slope: tilted.z_slope,
                    curvature_per_m: level.curvature_per_m,
                    roll_rad: 0.0,
                }
            }
            None => self.curve(centre, s_m, anchor_m),
        }
    }

    /// A curve t(s) on the road's surface.
    pub(crate) fn curve(&self, t: Jet, s_m: f64, anchor_m: f64) -> CurvePoint {
        let plan = self.plan.point(s_m, anchor_m);
        let elevation = self.elevation.at(s_m, anchor_m);
        let roll = self.superelevation.at(s_m, anchor_m);
        let frame = Frame::new(elevation, roll);
        let lift = self.lift_at(s_m, t.value, anchor_m);
        curve_on(&plan, &frame, elevation, roll.value, t, lift)
    }

    /// The same curve as if the road were neither banked nor shaped.
    fn curve_flat(&self, t: Jet, s_m: f64, anchor_m: f64) -> CurvePoint {
        let plan = self.plan.point(s_m, anchor_m);
        let elevation = self.elevation.at(s_m, anchor_m);
        let frame = Frame::new(elevation, Jet::default());
        curve_on(&plan, &frame, elevation, 0.0, t, Lift::default())
    }

    /// The (s, t) whose place in plan view is (x, y), refined from a guess of s; `None` if it does not settle.
    pub(crate) fn track_near(&self, x_m: f64, y_m: f64, s_guess_m: f64) -> Option<[f64; 2]> {
        let mut s_m = s_guess_m.clamp(0.0, self.length_m);
        let mut t_m = 0.0;
        for _ in 0..30 {
            let plan = self.plan_point(s_m);
            let elevation = self.elevation.at(s_m, s_m);
            let roll = self.superelevation.at(s_m, s_m);
            let frame = Frame::new(
                elevation,
                Jet {
                    value: roll.value,
                    ..Jet::default()
                },
            );
            let [dx, dy] = [x_m - plan.x_m, y_m - plan.y_m];
            let along_m = dx * plan.tangent[0] + dy * plan.tangent[1];
            let across_m = dy * plan.tangent[0] - dx * plan.tangent[1];
            let cos_roll = frame.lateral[1].value;
            let height_m = self.lift(s_m, t_m).height_m;
            let across_m = across_m - frame.vertical[1].value * height_m;
            t_m = if cos_roll.abs() > 1e-3 {
                across_m / cos_roll
            } else {
                across_m
            };
            let residual_m = along_m - frame.lateral[0].value * t_m - frame.vertical[0].value * height_m;
            // Inside the centre of a bend Newton's step would turn round.
            let scale = (1.0 - plan.curvature_per_m * across_m).max(0.2);
            let next_m = (s_m + (residual_m / scale).clamp(-50.0, 50.0)).clamp(0.0, self.length_m);
            let step_m = (next_m - s_m).abs();
            s_m = next_m;
            if step_m < 1e-10 {
                return Some([s_m, t_m]);
            }
            if !step_m.is_finite() {
                return None;
            }
        }
        // Polylines with kinks make the step jump between two sides of a kink: either answer is as good.
        Some([s_m, t_m])
    }

    /// Every s at which some record begins, the ends of the road among them: between two of them all is smooth.
    pub(crate) fn breaks_m(&self, section: usize, lane: i32) -> Vec<f64> {
        let Some(shape) = self.sections.get(section) else {
            return Vec::new();
        };
        let mut breaks = vec![shape.start_m, shape.end_m];
        breaks.extend(self.plan.starts_m());
        breaks.extend(self.relief.iter().flat_map(|relief| relief.breaks_m()));
        for profile in [&self.elevation, &self.superelevation, &self.lane_offset] {
            breaks.extend(profile.records.iter().map(|record| record.s_m));
        }
        for inner in shape.side(lane) {
            if inner.id.abs() <= lane.abs() {
                let records = inner.widths.iter().chain(&inner.borders);
                breaks.extend(records.map(|record| shape.start_m + record.s_m));
            }
        }
        breaks.retain(|&s| s >= shape.start_m && s <= shape.end_m);
        breaks.sort_by(f64::total_cmp);
        breaks.dedup_by(|b, a| *b - *a < 1e-6);
        breaks
    }

    fn border(&self, section: usize, lane: i32, s_m: f64, anchor_m: f64) -> Jet {
        self.borders(section, lane, s_m, anchor_m)[1]
    }

    /// t of the inner and the outer border of a lane, in one pass over the lanes within.
    fn borders(&self, section: usize, lane: i32, s_m: f64, anchor_m: f64) -> [Jet; 2] {
        let offset = self.lane_offset.at(s_m, anchor_m);
        let Some(section) = self.sections.get(section) else {
            return [offset; 2];
        };
        let sign = f64::from(lane.signum());
        let (mut inner, mut outer) = (Jet::default(), Jet::default());
        for shape in section.side(lane) {
            if shape.id.abs() > lane.abs() {
                break;
            }
            let beyond = shape.outer(outer, s_m - section.start_m, anchor_m - section.start_m);
            if shape.id == lane {
                inner = outer;
            }
            outer = beyond;
        }
        // A lane that the section does not have has no width: both borders are those of the last one within.
        if section.lane(lane).is_none() {
            inner = outer;
        }
        let signed = if lane == 0 { 0.0 } else { sign };
        [offset.plus(inner, signed), offset.plus(outer, signed)]
    }

    /// t of the middle of a lane with its derivatives; at a joint of records `anchor_m` chooses the side.
    pub(crate) fn centre(&self, section: usize, lane: i32, s_m: f64, anchor_m: f64) -> Jet {
        let [inner, outer] = self.borders(section, lane, s_m, anchor_m);
        Jet::default().plus(inner, 0.5).plus(outer, 0.5)
    }

    fn width(&self, section: usize, lane: i32, s_m: f64, anchor_m: f64) -> Jet {
        let [inner, outer] = self.borders(section, lane, s_m, anchor_m);
        let sign = f64::from(lane.signum());
        Jet::default().plus(outer, sign).plus(inner, -sign)
    }

    /// Whether a lane's middle is a straight line of even slope and width between two breaks, on a road that does not
    /// bank: two points tell all of it.
    pub(crate) fn is_straight(&self, section: usize, lane: i32, anchor_m: f64) -> bool {
        let Some(section) = self.sections.get(section) else {
            return false;
        };
        let is_even = |records: &[Cubic], at_m: f64| {
            record_at(records, at_m).is_none_or(|record| record.b == 0.0 && record.c == 0.0 && record.d == 0.0)
        };
        let is_level = |record: &Cubic| [record.a, record.b, record.c, record.d] == [0.0; 4];
        self.plan.is_line(anchor_m)
            && self.relief.is_none()
            && record_at(&self.elevation.records, anchor_m).is_none_or(|record| record.c == 0.0 && record.d == 0.0)
            && record_at(&self.superelevation.records, anchor_m).is_none_or(is_level)
            && is_even(&self.lane_offset.records, anchor_m)
            && section.side(lane).iter().all(|shape| {
                let beyond = shape.id.abs() > lane.abs();
                beyond || (shape.borders.is_empty() && is_even(&shape.widths, anchor_m - section.start_m))
            })
    }

    /// The border from which on the cross-section stays level, if the lane lies beyond one.
    fn level_border(&self, section: usize, lane: i32, s_m: f64, anchor_m: f64) -> Option<Jet> {
        let shape = self.sections.get(section)?;
        let level = shape
            .side(lane)
            .iter()
            .find(|inner| inner.level && inner.id.abs() <= lane.abs())?;
        Some(self.border(section, level.id - level.id.signum(), s_m, anchor_m))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::{LaneDraft, LaneSectionDraft, PlanElement, PlanShape};

    fn cubic(s_m: f64, a: f64, b: f64, c: f64, d: f64) -> Cubic {
        Cubic { s_m, a, b, c, d }
    }

    fn banked_bend() -> RoadDraft {
        let lane = |id, widths| LaneDraft {
            id,
            widths,
            ..LaneDraft::default()
        };
        RoadDraft {
            length_m: 80.0,
            plan: vec![PlanElement {
                s_m: 0.0,
                x_m: 10.0,
                y_m: 20.0,
                heading_rad: 1.1,
                length_m: 80.0,
                shape: PlanShape::Spiral {
                    start_per_m: 0.0,
                    end_per_m: 0.02,
                },
            }],
            elevation: vec![cubic(0.0, 3.0, 0.05, 1e-3, -1e-5)],
            superelevation: vec![cubic(0.0, 0.0, 2e-3, 0.0, 0.0)],
            lane_offset: vec![cubic(0.0, 0.2, 0.01, 0.0, 0.0)],
            sections: vec![LaneSectionDraft {
                s_m: 0.0,
                left: vec![lane(1, vec![cubic(0.0, 3.5, 0.0, 0.0, 0.0)])],
                right: vec![
                    lane(
                        -1,
                        vec![cubic(0.0, 3.0, 0.01, 0.0, 0.0), cubic(40.0, 3.4, 0.0, 0.0, 0.0)],
                    ),
                    lane(-2, vec![cubic(0.0, 2.0, 0.0, 1e-4, 0.0)]),
                ],
                ..LaneSectionDraft::default()
            }],
            ..RoadDraft::default()
        }
    }

    #[test]
    fn lane_curve_moves_as_its_derivative_says() {
        let road = RoadGeometry::new(&banked_bend());
        for lane in [1, -1, -2] {
            for i in 1..40 {
                let s = 2.0 * f64::from(i) + 0.3;
                let h = 1e-4;
                let (before, at, after) = (
                    road.lane_curve(0, lane, s - h, s),
                    road.lane_curve(0, lane, s, s),
                    road.lane_curve(0, lane, s + h, s),
                );
                let numeric = |a: f64, b: f64| (b - a) / (2.0 * h);
                assert!((numeric(before.x_m, after.x_m) - at.derivative[0]).abs() < 1e-7);
                assert!((numeric(before.y_m, after.y_m) - at.derivative[1]).abs() < 1e-7);
                assert!((numeric(before.z_m, after.z_m) - at.z_slope).abs() < 1e-7);
                let cross = before.derivative[0] * after.derivative[1] - before.derivative[1] * after.derivative[0];
                let curvature = cross / (2.0 * h) / hypot(at.derivative).powi(3);
                assert!((curvature - at.curvature_per_m).abs() < 2e-3, "{curvature} {at:?}");
            }
        }
    }

    #[test]
    fn borders_add_up_and_lanes_are_found_by_t() {
        let road = RoadGeometry::new(&banked_bend());
        assert!((road.lane_border_t(0, -1, 20.0) - (0.4 - 3.2)).abs() < 1e-12);
        assert!((road.lane_centre_t(0, 1, 20.0) - (0.4 + 1.75)).abs() < 1e-12);
        assert_eq!(road.lane_at(20.0, 0.4 - 3.2 - 0.01), Some((0, -2)));
        assert_eq!(road.lane_at(20.0, 0.41), Some((0, 1)));
        assert_eq!(road.lane_at(20.0, 9.0), None);
        assert_eq!(road.breaks_m(0, -2), vec![0.0, 40.0, 80.0]);
        assert_eq!(road.breaks_m(0, 1), vec![0.0, 80.0]);
    }

    #[test]
    fn track_coordinates_are_recovered_on_a_banked_slope() {
        let road = RoadGeometry::new(&banked_bend());
        for (s, t) in [(5.0, 3.0), (40.0, -5.0), (77.0, 0.5)] {
            let pose = road.pose(s, t);
            let [found_s, found_t] = road.track_near(pose.x_m, pose.y_m, 30.0).unwrap();
            assert!(
                (found_s - s).abs() < 1e-6 && (found_t - t).abs() < 1e-6,
                "{found_s} {found_t}"
            );
        }
    }

    #[test]
    fn level_lane_stays_level_beyond_its_inner_border() {
        let mut draft = banked_bend();
        draft.sections[0].right[1].level = true;
        let road = RoadGeometry::new(&draft);
        let border = road.pose(60.0, road.lane_border_t(0, -1, 60.0));
        let inside = road.lane_pose(0, -2, 60.0, 0.3);
        assert!((inside.z_m - border.z_m).abs() < 1e-12);
        assert!(inside.roll_rad.abs() < 1e-12);
        assert!(road.lane_pose(0, -1, 60.0, 0.0).roll_rad > 0.1);
    }
}
