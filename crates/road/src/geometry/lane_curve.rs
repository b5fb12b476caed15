//! The middle of one lane between two breaks: which records hold there is looked up once, because it is asked for often.
//!
//! It answers as [`RoadGeometry::lane_curve_and_half_width`] does. Where the surface is shaped, or a lane is level or given
//! by borders, it asks that; elsewhere it goes to the records themselves.

use super::frame::{CurvePoint, Frame, curve_on, moves_along};
use super::plan::Piece;
use super::profile::{Jet, jet, record_at};
use super::relief::Lift;
use super::{RoadGeometry, hypot};
use crate::draft::Cubic;

/// One lane of a section around an anchor.
pub(crate) struct LaneCurve<'a> {
    road: &'a RoadGeometry,
    section: usize,
    lane: i32,
    anchor_m: f64,
    records: Option<Records<'a>>,
}

/// The records that hold.
struct Records<'a> {
    plan: &'a Piece,
    elevation: Option<&'a Cubic>,
    superelevation: Option<&'a Cubic>,
    lane_offset: Option<&'a Cubic>,
    /// Of the lanes from the centre to this one.
    widths: Vec<Option<&'a Cubic>>,
    section_start_m: f64,
    /// Of t.
    sign: f64,
}

impl RoadGeometry {
    /// The middle of a lane by the records that hold at `anchor_m`.
    pub(crate) fn lane_curve_at(&self, section: usize, lane: i32, anchor_m: f64) -> LaneCurve<'_> {
        LaneCurve {
            road: self,
            section,
            lane,
            anchor_m,
            records: self.records_at(section, lane, anchor_m),
        }
    }

    fn records_at(&self, section: usize, lane: i32, anchor_m: f64) -> Option<Records<'_>> {
        let section = self.sections.get(section)?;
        section.lane(lane)?;
        let within = || {
            section
                .side(lane)
                .iter()
                .take_while(|shape| shape.id.abs() <= lane.abs())
        };
        if self.relief.is_some() || within().any(|shape| shape.level || !shape.borders.is_empty()) {
            return None;
        }
        Some(Records {
            plan: self.plan.piece_at(anchor_m)?,
            elevation: record_at(&self.elevation.records, anchor_m),
            superelevation: record_at(&self.superelevation.records, anchor_m),
            lane_offset: record_at(&self.lane_offset.records, anchor_m),
            widths: within()
                .map(|shape| record_at(&shape.widths, anchor_m - section.start_m))
                .collect(),
            section_start_m: section.start_m,
            sign: f64::from(lane.signum()),
        })
    }
}

impl LaneCurve<'_> {
    /// The curve at `s_m`, and half the lane's width there with its derivative by s.
    pub(crate) fn point(&self, s_m: f64) -> (CurvePoint, [f64; 2]) {
        let Some(records) = &self.records else {
            return self
                .road
                .lane_curve_and_half_width(self.section, self.lane, s_m, self.anchor_m);
        };
        let [inner, outer] = records.borders(s_m);
        let (elevation, roll) = records.tilt(s_m);
        let curve = curve_on(
            &records.plan.point_at(s_m),
            &Frame::new(elevation, roll),
            elevation,
            roll.value,
            middle(inner, outer),
            Lift::default(),
        );
        let half = 0.5 * records.sign;
        (
            curve,
            [half * (outer.value - inner.value), half * (outer.slope - inner.slope)],
        )
    }

    /// Curvature of the reference line, where that needs no point.
    pub(crate) fn plan_curvature_per_m(&self, s_m: f64) -> Option<f64> {
        self.records.as_ref()?.plan.curvature_per_m(s_m)
    }

    /// How far the curve goes for a metre of s, in plan view.
    pub(crate) fn speed(&self, s_m: f64) -> f64 {
        let (Some(records), Some(curvature_per_m)) = (&self.records, self.plan_curvature_per_m(s_m)) else {
            return hypot(self.point(s_m).0.derivative);
        };
        let [inner, outer] = records.borders(s_m);
        let (elevation, roll) = records.tilt(s_m);
        let frame = Frame::new(elevation, roll);
        hypot(moves_along(curvature_per_m, &frame, middle(inner, outer), Lift::default()).plan)
    }
}

impl Records<'_> {
    fn borders(&self, s_m: f64) -> [Jet; 2] {
        let offset = jet(self.lane_offset, s_m);
        let (mut inner, mut outer) = (Jet::default(), Jet::default());
        for width in &self.widths {
            inner = outer;
            let width = jet(*width, s_m - self.section_start_m);
            // Cubics overshoot zero by a hair where a lane begins or ends.
            if width.value > 0.0 {
                outer = inner.plus(width, 1.0);
            }
        }
        [offset.plus(inner, self.sign), offset.plus(outer, self.sign)]
    }

    /// Elevation and superelevation.
    fn tilt(&self, s_m: f64) -> (Jet, Jet) {
        (jet(self.elevation, s_m), jet(self.superelevation, s_m))
    }
}

fn middle(inner: Jet, outer: Jet) -> Jet {
    Jet::default().plus(inner, 0.5).plus(outer, 0.5)
}
