//! The observer: how near a vehicle under test is to everyone else, tick by tick.
//!
//! In go true bodies; out come the smallest gap, the smallest time to collision with anyone on its path, and whether it
//! touches anyone. Time to collision is the gap along the path divided by the closing speed along the path (Hayward 1972);
//! the path is the vehicle's own width over the lanes that its mission takes, so that oncoming traffic in a bend is not
//! counted, and whoever steps into that strip is.

use crate::body::Body;
use crate::frame::{ActorId, ActorKind};
use crate::grid::Grid;
use road::{LaneId, LanePosition, RoadNetwork};

/// What was observed of one vehicle at one tick.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Judgement {
    pub gap_m: Option<f64>,
    /// Who the gap is to.
    pub nearest: Option<(ActorId, ActorKind)>,
    pub time_to_collision_s: Option<f64>,
    pub is_in_collision: bool,
}

/// Whom it observes, and on which path.
pub(crate) struct Observed<'a> {
    pub network: &'a RoadNetwork,
    pub body: Body,
    /// The lane position of its front bumper and the lanes from there on.
    pub front: LanePosition,
    pub lanes_ahead: &'a [LaneId],
}

/// Gaps beyond this are of no interest.
const GAP_M_MAX: f64 = 50.0;
/// Times to collision beyond this are of no interest; with the greatest speeds it bounds the path.
const HORIZON_S: f64 = 8.0;
/// Points of the path lie this far apart.
const STRIDE_M: f64 = 4.0;
/// And are this many at most: 120 m.
const POINTS: usize = 31;
/// Room beside the vehicle that still counts as its path.
const BESIDE_M: f64 = 0.2;
/// The longest body, for the search: an articulated lorry.
const LONGEST_HALF_M: f64 = 10.0;

impl Observed<'_> {
    /// Looks at everyone near.
    pub fn judge(&self, bodies: &[Body], grid: &Grid) -> Judgement {
        let mut judgement = Judgement::default();
        let path = self.path();
        let reach_m = self.body.reach_m();
        let look_m = (GAP_M_MAX + reach_m + LONGEST_HALF_M).max(path.length_m + reach_m);
        grid.visit([self.body.x_m, self.body.y_m], look_m, |index| {
            let other = &bodies[index];
            if other.id == self.body.id || !self.body.is_level_with(&raised(other, &self.body)) {
                return;
            }
            let (dx, dy) = (other.x_m - self.body.x_m, other.y_m - self.body.y_m);
            let between_m = (dx * dx + dy * dy).sqrt() - reach_m - other.reach_m();
            if between_m < judgement.gap_m.unwrap_or(GAP_M_MAX) {
                let gap_m = self.body.gap_m(other);
                if gap_m <= judgement.gap_m.unwrap_or(GAP_M_MAX) {
                    judgement.gap_m = Some(gap_m);
                    judgement.nearest = Some((other.id, other.kind));
                }
                judgement.is_in_collision |= gap_m == 0.0 && self.body.is_level_with(other);
            }
            if let Some(time_s) = path.time_to_collision_s(&self.body, other)
                && judgement.time_to_collision_s.is_none_or(|least_s| time_s < least_s)
            {
                judgement.time_to_collision_s = Some(time_s);
            }
        });
        judgement
    }

    /// Where the vehicle's middle line will lead, from its front bumper, if it keeps its place in its lanes.
    fn path(&self) -> Path {
        let mut path = Path {
            points_m: [[0.0; 2]; POINTS],
            count: 0,
            length_m: 0.0,
        };
        let body = &self.body;
        if body.speed_mps < 0.1 {
            return path;
        }
        let reach_m = (body.speed_mps * HORIZON_S).clamp(STRIDE_M, STRIDE_M * (POINTS - 1) as f64);
        path.push([
            body.x_m + body.cos * body.half_length_m,
            body.y_m + body.sin * body.half_length_m,
        ]);
        let mut lanes = self.lanes_ahead.iter();
        let mut lane = lanes.next();
        let mut s_m = self.front.s_m;
        let mut run_m = 0.0;
        while run_m < reach_m && path.count < POINTS {
            run_m += STRIDE_M;
            s_m += STRIDE_M;
            while let Some(&id) = lane
                && s_m > self.network.lane(id).length_m
            {
                s_m -= self.network.lane(id).length_m;
                lane = lanes.next();
            }
            match lane {
                Some(&id) => {
                    let at = LanePosition {
                        lane: id,
                        s_m,
                        offset_m: self.front.offset_m,
                    };
                    let pose = self.network.lane_pose(at);
                    path.push([pose.x_m, pose.y_m]);
                }
                // Beyond what is told of the mission, straight on.
                None => path.push_straight(body),
            }
        }
        path
    }
}

/// Heights along a slope: a body farther on a hill is not on another road. Raised to this one's ground if a slope of 12 %
/// explains the difference.
fn raised(other: &Body, own: &Body) -> Body {
    let (dx, dy) = (other.x_m - own.x_m, other.y_m - own.y_m);
    let slope_m = 0.12 * (dx * dx + dy * dy).sqrt();
    let climb_m = (other.z_m - own.z_m).clamp(-slope_m, slope_m);
    Body {
        z_m: other.z_m - climb_m,
        ..*other
    }
}

struct Path {
    points_m: [[f64; 2]; POINTS],
    count: usize,
    length_m: f64,
}

impl Path {
    fn push(&mut self, point_m: [f64; 2]) {
        if let Some(last) = self.count.checked_sub(1).map(|last| self.points_m[last]) {
            let run_m = libm::hypot(point_m[0] - last[0], point_m[1] - last[1]);
            if run_m < 1e-6 {
                return;
            }
            self.length_m += run_m;
        }
        self.points_m[self.count] = point_m;
        self.count += 1;
    }

    fn push_straight(&mut self, body: &Body) {
        let last = self.points_m[self.count - 1];
        let direction = match self.count {
            0 | 1 => [body.cos, body.sin],
            count => {
                let before = self.points_m[count - 2];
                let run_m = libm::hypot(last[0] - before[0], last[1] - before[1]);
                [(last[0] - before[0]) / run_m, (last[1] - before[1]) / run_m]
            }
        };
        self.push([last[0] + direction[0] * STRIDE_M, last[1] + direction[1] * STRIDE_M]);
    }

    /// Time until the front bumper reaches a body that is on the path, at the present speeds.
    fn time_to_collision_s(&self, own: &Body, other: &Body) -> Option<f64> {
        let mut start_m = 0.0;
        let reach_m = other.reach_m();
        for pair in self.points_m[..self.count].windows(2) {
            let run = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
            let run_m = (run[0] * run[0] + run[1] * run[1]).sqrt();
            let direction = [run[0] / run_m, run[1] / run_m];
            let (dx, dy) = (other.x_m - pair[0][0], other.y_m - pair[0][1]);
            let along_m = dx * direction[0] + dy * direction[1];
            let aside_m = dy * direction[0] - dx * direction[1];
            let could_touch = along_m > -reach_m
                && along_m < run_m + reach_m
                && aside_m.abs() < own.half_width_m + BESIDE_M + reach_m;
            if could_touch {
                // Extent of the other's box along and across this piece of the path.
                let cos = (other.cos * direction[0] + other.sin * direction[1]).abs();
                let sin = (other.cos * direction[1] - other.sin * direction[0]).abs();
                let half_along_m = other.half_length_m * cos + other.half_width_m * sin;
                let half_across_m = other.half_length_m * sin + other.half_width_m * cos;
                let overlaps_strip = aside_m.abs() < own.half_width_m + BESIDE_M + half_across_m;
                let is_on_piece = along_m + half_along_m > 0.0 && along_m - half_along_m < run_m;
                if overlaps_strip && is_on_piece {
                    let gap_m = (start_m + along_m - half_along_m).max(0.0);
                    let away_mps = other.speed_mps * (other.cos * direction[0] + other.sin * direction[1]);
                    let closing_mps = own.speed_mps - away_mps;
                    let time_s = gap_m / closing_mps;
                    return (closing_mps > 0.05 && time_s < HORIZON_S).then_some(time_s);
                }
            }
            start_m += run_m;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::tests::body;

    fn straight(own: &Body) -> Path {
        let mut path = Path {
            points_m: [[0.0; 2]; POINTS],
            count: 0,
            length_m: 0.0,
        };
        path.push([own.x_m + own.half_length_m, own.y_m]);
        for _ in 0..25 {
            path.push_straight(own);
        }
        path
    }

    #[test]
    fn time_to_collision_is_the_gap_over_the_closing_speed() {
        let own = Body {
            speed_mps: 10.0,
            ..body(0, 0.0, 0.0, 0.0, 6.0, 2.0)
        };
        let slower = Body {
            speed_mps: 4.0,
            ..body(1, 35.0, 0.3, 0.0, 4.0, 1.8)
        };
        let time_s = straight(&own).time_to_collision_s(&own, &slower);
        assert!((time_s.expect("closing in") - 30.0 / 6.0).abs() < 1e-9);
        let faster = Body {
            speed_mps: 12.0,
            ..slower
        };
        assert_eq!(straight(&own).time_to_collision_s(&own, &faster), None);
        let beside = Body {
            speed_mps: 0.0,
            ..body(1, 35.0, 2.2, 0.0, 4.0, 1.8)
        };
        assert_eq!(
            straight(&own).time_to_collision_s(&own, &beside),
            None,
            "clear of the strip by 10 cm"
        );
        let behind = Body {
            speed_mps: 0.0,
            ..body(1, -9.0, 0.0, 0.0, 4.0, 1.8)
        };
        assert_eq!(straight(&own).time_to_collision_s(&own, &behind), None);
    }

    #[test]
    fn a_person_who_steps_into_the_path_counts_at_once() {
        let own = Body {
            speed_mps: 8.0,
            ..body(0, 0.0, 0.0, 0.0, 6.0, 2.0)
        };
        let person = Body {
            speed_mps: 1.3,
            ..body(1, 19.25, -1.3, std::f64::consts::FRAC_PI_2, 0.5, 0.5)
        };
        let time_s = straight(&own).time_to_collision_s(&own, &person).expect("on the path");
        assert!((time_s - 16.0 / 8.0).abs() < 1e-9, "{time_s}");
    }
}
