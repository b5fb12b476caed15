//! Places in a road's own coordinates, as scenarios name them: lanes by OpenDRIVE id at an s, by the analytic geometry.
//!
//! Compiled lanes serve traffic; a scenario moves along reference lines. These queries allocate nothing.

use crate::{RoadId, RoadNetwork};

impl RoadNetwork {
    /// t of the middle of the lane with that OpenDRIVE id at `s_m`; of the centre lane for id 0.
    pub fn road_lane_centre_t_m(&self, road: RoadId, lane: i32, s_m: f64) -> f64 {
        let geometry = &self.geometries[road.0 as usize];
        match lane {
            0 => geometry.lane_border_t(geometry.section_at(s_m), 0, s_m),
            _ => geometry.lane_centre_t(geometry.section_at(s_m), lane, s_m),
        }
    }

    /// Width of that lane at `s_m`; zero where the road has no such lane.
    pub fn road_lane_width_m(&self, road: RoadId, lane: i32, s_m: f64) -> f64 {
        let geometry = &self.geometries[road.0 as usize];
        geometry.lane_width_m(geometry.section_at(s_m), lane, s_m)
    }

    /// OpenDRIVE id of the lane whose surface holds (s, t).
    pub fn road_lane_at(&self, road: RoadId, s_m: f64, t_m: f64) -> Option<i32> {
        let (_, lane) = self.geometries[road.0 as usize].lane_at(s_m, t_m)?;
        Some(lane)
    }

    /// Curvature of the reference line, positive to the left.
    pub fn road_curvature_per_m(&self, road: RoadId, s_m: f64) -> f64 {
        self.geometries[road.0 as usize].plan_point(s_m).curvature_per_m
    }

    /// (s, t) of a point on a road, refined from a guess of s.
    pub fn road_track_near(&self, road: RoadId, x_m: f64, y_m: f64, s_guess_m: f64) -> Option<[f64; 2]> {
        self.geometries[road.0 as usize].track_near(x_m, y_m, s_guess_m)
    }
}
