//! Places on the network: poses of lane positions, the lane of a point, the road's own coordinates.
//!
//! These are the queries that every tick asks thousands of times; none of them allocates but where it says so.

use crate::lane_table::Foot;
use crate::spatial_index::{Near, REACH_M_MAX};
use crate::{LaneId, LaneMatch, LanePosition, Pose, RoadId, RoadNetwork, RoadPosition, Traveller};

/// How far [`RoadNetwork::project_near`] looks from its hint.
const TRACKING_REACH_M: f64 = 20.0;
/// Lanes that point further away than this are not where a vehicle is.
const HEADING_RAD_MAX: f64 = std::f64::consts::FRAC_PI_3;
/// A lane farther above or below than this is another level.
const LEVEL_M_MAX: f64 = 3.0;

impl RoadNetwork {
    /// Pose of a place on a lane, looking in the direction of travel. `s_m` is clamped to the lane. No allocation,
    /// constant time, within 1 mm and 0.1 mrad of the analytic curve.
    pub fn lane_pose(&self, at: LanePosition) -> Pose {
        self.table.pose(at.lane.0 as usize, at.s_m, at.offset_m)
    }

    /// Curvature of the lane's centre, positive to the left of travel.
    pub fn lane_curvature_per_m(&self, lane: LaneId, s_m: f64) -> f64 {
        self.table.curvature_per_m(lane.0 as usize, s_m)
    }

    /// Rise per metre in the direction of travel.
    pub fn lane_grade(&self, lane: LaneId, s_m: f64) -> f64 {
        self.table.sample(lane.0 as usize, s_m).grade
    }

    /// Width.
    pub fn lane_width_m(&self, lane: LaneId, s_m: f64) -> f64 {
        2.0 * self.table.sample(lane.0 as usize, s_m).half_width_m
    }

    /// The place on `lane` nearest to a point, searching the whole lane.
    pub fn project(&self, lane: LaneId, x_m: f64, y_m: f64) -> LanePosition {
        place_of(lane, self.table.foot(lane.0 as usize, x_m, y_m))
    }

    /// The place on `lane` nearest to a point, searching outward from `hint_s_m` by at most 20 m: for tracking a moving
    /// vehicle at little cost.
    pub fn project_near(&self, lane: LaneId, hint_s_m: f64, x_m: f64, y_m: f64) -> LanePosition {
        place_of(
            lane,
            self.table
                .foot_near(lane.0 as usize, hint_s_m, TRACKING_REACH_M, x_m, y_m),
        )
    }

    /// Points along a lane's centre line, dense enough to draw it: chords stray by 1 cm at most. The first and the last lie
    /// at its ends; where the road has a kink two lie on one place.
    pub fn lane_outline(&self, lane: LaneId) -> impl ExactSizeIterator<Item = LaneOutlinePoint> {
        let points = self.table.outline(lane.0 as usize).into_iter();
        points.map(|(s_m, at)| LaneOutlinePoint {
            s_m,
            x_m: at.x_m,
            y_m: at.y_m,
            z_m: at.z_m,
            left_normal: [-at.tangent[1], at.tangent[0]],
            half_width_m: at.half_width_m,
        })
    }

    /// The nearest lane that `traveller` may use; with a heading, lanes running more than 60 degrees off it are left out,
    /// with a height those more than 3 m above or below. `None` if there is none within 2 km.
    pub fn nearest_lane(
        &self,
        x_m: f64,
        y_m: f64,
        z_m: Option<f64>,
        heading_rad: Option<f64>,
        traveller: Traveller,
    ) -> Option<LaneMatch> {
        self.nearest_lane_where(x_m, y_m, z_m, heading_rad, |lane| self.may_use(lane, traveller))
    }

    /// As [`RoadNetwork::nearest_lane`], among the lanes that `is_wanted` takes.
    pub fn nearest_lane_where(
        &self,
        x_m: f64,
        y_m: f64,
        z_m: Option<f64>,
        heading_rad: Option<f64>,
        is_wanted: impl Fn(LaneId) -> bool,
    ) -> Option<LaneMatch> {
        if !(x_m.is_finite() && y_m.is_finite()) {
            return None;
        }
        let direction = heading_rad.map(libm::sincos);
        let mut radius_m: f64 = 8.0;
        loop {
            let mut best: Option<(LaneMatch, f64)> = None;
            let look = |near: &Near, best: &mut Option<(LaneMatch, f64)>| {
                let (lane, id) = (near.lane, LaneId(near.lane as u32));
                if !is_wanted(id) {
                    return;
                }
                let foot = self.table.foot_between(lane, near.from, near.to, x_m, y_m);
                let sample = self.table.sample_at_foot(&foot);
                if z_m.is_some_and(|z_m| (sample.z_m - z_m).abs() > LEVEL_M_MAX) {
                    return;
                }
                if let Some((sin, cos)) = direction
                    && sample.tangent[0] * cos + sample.tangent[1] * sin < libm::cos(HEADING_RAD_MAX)
                {
                    return;
                }
                let beside_m = (foot.offset_m.abs() - sample.half_width_m).max(0.0);
                let [dx, dy] = [x_m - sample.x_m, y_m - sample.y_m];
                let centre_m = (dx * dx + dy * dy).sqrt();
                let distance_m = (beside_m * beside_m + foot.beyond_m * foot.beyond_m).sqrt();
                let found = LaneMatch {
                    position: place_of(id, foot),
                    distance_m,
                };
                let is_better = best.is_none_or(|(best, best_centre_m)| {
                    (distance_m, centre_m, id.0) < (best.distance_m, best_centre_m, best.position.lane.0)
                });
                if is_better {
                    *best = Some((found, centre_m));
                }
            };
            // First those of its cell whose box holds the point: mostly one of them is the answer, and the others need no
            // look.
            self.index.visit(x_m, y_m, 0.0, |near| {
                if near.distance_m == 0.0 {
                    look(&near, &mut best);
                }
            });
            let known_m = best.map_or(f64::INFINITY, |(best, _)| best.distance_m);
            if known_m > 0.0 {
                // Boxes of other cells may hold the point too, though what they hold lies beside it.
                self.index.visit(x_m, y_m, radius_m.min(known_m), |near| {
                    if near.distance_m <= known_m {
                        look(&near, &mut best);
                    }
                });
            }
            match best {
                Some((found, _)) if found.distance_m <= radius_m => return Some(found),
                _ if radius_m >= REACH_M_MAX => return None,
                _ => radius_m *= 4.0,
            }
        }
    }

    /// Every lane whose surface comes within `radius_m` of a point (at most 2 km), in order of id, into `found` (cleared
    /// first).
    pub fn lanes_near(&self, x_m: f64, y_m: f64, radius_m: f64, found: &mut Vec<LaneId>) {
        self.index.lanes_near(&self.table, x_m, y_m, radius_m, found);
    }

    /// Place and attitude of a place on a road, looking along +s, by the analytic geometry. `s_m` is clamped.
    pub fn road_pose(&self, at: RoadPosition) -> Pose {
        let geometry = &self.geometries[at.road.0 as usize];
        geometry.pose(at.s_m.clamp(0.0, geometry.length_m()), at.t_m)
    }

    /// The road whose surface holds a point, or the nearest within 2 km, with the point's s and t.
    pub fn road_position(&self, x_m: f64, y_m: f64) -> Option<RoadPosition> {
        let found = self.nearest_lane_where(x_m, y_m, None, None, |_| true)?;
        let lane = found.position.lane.0 as usize;
        let road = self.lanes[lane].road;
        let guess_m = self.table.sample(lane, found.position.s_m).road_s_m;
        let [s_m, t_m] = self.geometries[road.0 as usize].track_near(x_m, y_m, guess_m)?;
        Some(RoadPosition { road, s_m, t_m })
    }

    /// The road with the author's id.
    pub fn road_by_id(&self, id: &str) -> Option<RoadId> {
        self.roads
            .iter()
            .position(|road| road.id == id)
            .map(|index| RoadId(index as u32))
    }

    /// The place on a compiled lane that OpenDRIVE calls (road, lane id, s, offset from the lane's middle towards +t).
    /// `None` if the road has no such lane there.
    pub fn lane_position(
        &self,
        road: RoadId,
        opendrive_lane: i32,
        road_s_m: f64,
        offset_to_t_m: f64,
    ) -> Option<LanePosition> {
        let geometry = self.geometries.get(road.0 as usize)?;
        let road_s_m = road_s_m.clamp(0.0, geometry.length_m());
        let section = geometry.section_at(road_s_m);
        let spans = &self.spans[road.0 as usize];
        let first = spans.partition_point(|span| (span.span.section, span.span.lane) < (section, opendrive_lane));
        let candidates = spans[first..]
            .iter()
            .take_while(|span| (span.span.section, span.span.lane) == (section, opendrive_lane));
        let span = candidates.take_while(|span| span.span.from_m <= road_s_m).last()?;
        let s_m = self.table.along_at(span.lane.0 as usize, road_s_m);
        let forward = self.lane(span.lane).runs_forward;
        Some(LanePosition {
            lane: span.lane,
            s_m,
            offset_m: if forward { offset_to_t_m } else { -offset_to_t_m },
        })
    }

    /// What OpenDRIVE calls a place on a compiled lane: (road, lane id, s, offset from the lane's middle towards +t).
    pub fn opendrive_position(&self, at: LanePosition) -> (RoadId, i32, f64, f64) {
        let lane = self.lane(at.lane);
        let road_s_m = self.table.sample(at.lane.0 as usize, at.s_m).road_s_m;
        let offset_m = if lane.runs_forward { at.offset_m } else { -at.offset_m };
        let spans = &self.spans[lane.road.0 as usize];
        let id = spans
            .iter()
            .find(|span| span.lane == at.lane && span.span.from_m <= road_s_m && road_s_m <= span.span.to_m)
            .map_or(lane.opendrive_id, |span| span.span.lane);
        (lane.road, id, road_s_m, offset_m)
    }

    /// Where the place `s_m` of a lane lies along another lane of its road: across the road's reference line, so exactly
    /// beside it in bends too. What lies before or beyond the lane counts on evenly. `None` if the roads differ.
    pub fn beside_m(&self, lane: LaneId, s_m: f64, other: LaneId) -> Option<f64> {
        if self.lane(lane).road != self.lane(other).road {
            return None;
        }
        let on_lane_m = s_m.clamp(0.0, self.lane(lane).length_m);
        let road_s_m = self.table.sample(lane.0 as usize, on_lane_m).road_s_m;
        Some(self.table.along_at(other.0 as usize, road_s_m) + (s_m - on_lane_m))
    }

    /// The road coordinates of a place on a lane.
    pub fn road_position_of_lane(&self, at: LanePosition) -> RoadPosition {
        let (road, lane, s_m, offset_m) = self.opendrive_position(at);
        let geometry = &self.geometries[road.0 as usize];
        let section = geometry.section_at(s_m);
        RoadPosition {
            road,
            s_m,
            t_m: geometry.lane_centre_t(section, lane, s_m) + offset_m,
        }
    }

    #[cfg(test)]
    pub(crate) fn geometry(&self, road: RoadId) -> &crate::geometry::RoadGeometry {
        &self.geometries[road.0 as usize]
    }
}

/// A point of a lane's centre line, for drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LaneOutlinePoint {
    /// Along the lane.
    pub s_m: f64,
    /// East.
    pub x_m: f64,
    /// North.
    pub y_m: f64,
    /// Up.
    pub z_m: f64,
    /// Unit vector to the left of travel.
    pub left_normal: [f64; 2],
    /// From the centre line to either border.
    pub half_width_m: f64,
}

fn place_of(lane: LaneId, foot: Foot) -> LanePosition {
    LanePosition {
        lane,
        s_m: foot.along_m,
        offset_m: foot.offset_m,
    }
}
