//! Which lane a point of a vehicle under test is truly on, and where on it.
//!
//! In go places at short intervals; out comes the lane position, followed from lane to lane: along the lanes it is
//! expected to take (its mission's) where they fit, else to the successor or neighbour that the point is nearest to, and
//! by the network's index when it has lost the road. It knows nothing of who drives.

use road::{LaneId, LanePosition, RoadNetwork, Traveller};

/// A point followed over the network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LaneTracker {
    /// The lane position; off the road, the last one there was.
    pub at: LanePosition,
    /// Whether the point is on, or right beside, that lane.
    pub is_on_lane: bool,
    /// How far the point is beyond that lane's border, 0 or less on it.
    pub beyond_m: f64,
    /// Updates left until a lost point asks the index again.
    until_search: u32,
}

/// A point this far beyond the border of every lane is off the road.
const BESIDE_M: f64 = 1.0;
/// Lanes that a point may pass within one update.
const LANES_AT_ONCE: usize = 4;
/// Lost points ask the index every so many updates: it costs a microsecond.
const SEARCH_EVERY: u32 = 20;

impl LaneTracker {
    pub fn new(at: LanePosition) -> LaneTracker {
        LaneTracker {
            at,
            is_on_lane: true,
            beyond_m: 0.0,
            until_search: 0,
        }
    }

    /// The point has moved a little, to x, y, z with this heading. `expected` are the lanes to prefer, in order.
    pub fn update(&mut self, network: &RoadNetwork, point_m: [f64; 3], heading_rad: f64, expected: &[LaneId]) {
        let [x_m, y_m, _] = point_m;
        self.at = network.project_near(self.at.lane, self.at.s_m, x_m, y_m);
        // Lanes may be shorter than the way of a tick.
        for _ in 0..LANES_AT_ONCE {
            let lane = network.lane(self.at.lane);
            if self.at.s_m >= lane.length_m - 1e-6 && !lane.successors.is_empty() && self.is_ahead(network, x_m, y_m) {
                self.pass_on(network, &lane.successors, x_m, y_m, expected);
            } else if self.at.s_m <= 1e-6 && !lane.predecessors.is_empty() && self.is_behind(network, x_m, y_m) {
                self.pass_on(network, &lane.predecessors, x_m, y_m, expected);
            } else {
                break;
            }
        }
        let lane = network.lane(self.at.lane);
        let half_width_m = 0.5 * network.lane_width_m(self.at.lane, self.at.s_m);
        let beyond_m = self.at.offset_m.abs() - half_width_m;
        if beyond_m > 0.0 {
            let beside = if self.at.offset_m > 0.0 { lane.left } else { lane.right };
            if let Some(beside) = beside {
                let there = network.project(beside, x_m, y_m);
                // Only if the point is truly on it: between two lanes it stays on the one it came from.
                if there.offset_m.abs() < 0.5 * network.lane_width_m(beside, there.s_m) {
                    self.at = there;
                    self.beyond_m = 0.0;
                    self.is_on_lane = true;
                    return;
                }
            }
        }
        self.beyond_m = beyond_m;
        self.is_on_lane = beyond_m < BESIDE_M;
        if self.is_on_lane {
            self.until_search = 0;
        } else {
            self.search(network, point_m, heading_rad);
        }
    }

    /// Whether a point lies beyond the end of the lane...
    fn is_ahead(&self, network: &RoadNetwork, x_m: f64, y_m: f64) -> bool {
        self.along_m(network, network.lane(self.at.lane).length_m, x_m, y_m) > 1e-3
    }

    /// ...or before its beginning.
    fn is_behind(&self, network: &RoadNetwork, x_m: f64, y_m: f64) -> bool {
        self.along_m(network, 0.0, x_m, y_m) < -1e-3
    }

    /// How far a point is ahead of the place `s_m` on the lane, straight on.
    fn along_m(&self, network: &RoadNetwork, s_m: f64, x_m: f64, y_m: f64) -> f64 {
        let place = network.lane_pose(LanePosition {
            s_m,
            offset_m: 0.0,
            ..self.at
        });
        let (sin, cos) = libm::sincos(place.heading_rad);
        (x_m - place.x_m) * cos + (y_m - place.y_m) * sin
    }

    /// On to one of the lanes that continue this one: the expected one, else the one whose middle is nearest.
    fn pass_on(&mut self, network: &RoadNetwork, next: &[LaneId], x_m: f64, y_m: f64, expected: &[LaneId]) {
        if let Some(&wanted) = next.iter().find(|lane| expected.contains(lane)) {
            let there = network.project(wanted, x_m, y_m);
            if there.offset_m.abs() < 0.5 * network.lane_width_m(wanted, there.s_m) + BESIDE_M {
                self.at = there;
                return;
            }
        }
        let candidates = next.iter().map(|&lane| network.project(lane, x_m, y_m));
        if let Some(nearest) = candidates.min_by(|a, b| a.offset_m.abs().total_cmp(&b.offset_m.abs())) {
            self.at = nearest;
        }
    }

    fn search(&mut self, network: &RoadNetwork, [x_m, y_m, z_m]: [f64; 3], heading_rad: f64) {
        if self.until_search > 0 {
            self.until_search -= 1;
            return;
        }
        self.until_search = SEARCH_EVERY;
        let found = network.nearest_lane(x_m, y_m, Some(z_m), Some(heading_rad), Traveller::Bus);
        if let Some(found) = found.filter(|found| found.distance_m < BESIDE_M) {
            self.at = found.position;
            self.beyond_m = 0.0;
            self.is_on_lane = true;
        }
    }
}
