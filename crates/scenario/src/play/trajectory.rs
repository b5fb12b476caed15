//! Following a trajectory, by its times or at the speed one has (OpenSCENARIO 1.3, `FollowTrajectoryAction`).

use super::line::Line;
use super::perform::Performance;
use super::{Player, STILL_MPS};
use crate::model::EntityId;
use std::f64::consts::PI;
use std::sync::Arc;

impl Player<'_> {
    pub(super) fn begin_line(&mut self, actor: EntityId, line: Arc<Line>, start_m: f64, is_timed: bool) -> Performance {
        if line.points.is_empty() {
            return Performance::None;
        }
        let point = line.at(start_m);
        let body = &mut self.bodies[actor];
        let is_reversed = !is_timed && body.speed_mps < 0.0;
        if is_timed {
            let next = line.at(start_m + 1e-3);
            let gained_s = next.time_s - point.time_s;
            if gained_s > 1e-9 {
                body.speed_mps = 1e-3 / gained_s;
            }
        }
        body.line = Some((line.clone(), start_m));
        // A trajectory puts whoever has not been put anywhere yet.
        if !body.is_active && !body.is_gone {
            body.is_active = true;
            body.has_jumped = true;
        }
        Performance::Line {
            time_s: point.time_s,
            line,
            is_reversed,
        }
    }

    pub(super) fn follow_line(
        &mut self,
        actor: EntityId,
        line: &Arc<Line>,
        time_s: &mut f64,
        is_reversed: bool,
        timing: Option<(bool, f64, f64)>,
        step_s: f64,
    ) -> bool {
        let now_s = self.time_s;
        let roads = self.scenario.roads.clone();
        let body = &mut self.bodies[actor];
        body.is_moved = true;
        let before_m = match &body.line {
            Some((known, along_m)) if Arc::ptr_eq(known, line) => *along_m,
            _ => 0.0,
        };
        let (point, is_over, beyond_m);
        match timing {
            None => {
                let wanted_m = before_m + body.speed_mps.abs() * step_s;
                point = line.at(wanted_m);
                is_over = !line.is_closed && step_s > 0.0 && wanted_m > line.length_m() - STILL_MPS;
                beyond_m = (wanted_m - line.length_m()).max(0.0);
                body.line = Some((line.clone(), if line.is_closed { wanted_m } else { point.along_m }));
            }
            Some((is_absolute, scale, offset_s)) => {
                *time_s = if is_absolute {
                    (now_s + step_s) * scale
                } else {
                    *time_s + scale * step_s
                };
                let at_s = *time_s + offset_s;
                point = line.at_time(at_s);
                is_over = at_s >= line.end_s() - 1e-9;
                if step_s > 1e-9 && at_s < line.end_s() + 1e-6 {
                    body.speed_mps = (point.along_m - before_m).abs() / step_s;
                }
                beyond_m = if is_over {
                    (at_s - line.end_s()).max(0.0) / scale.abs().max(1e-9) * body.speed_mps
                } else {
                    0.0
                };
                body.line = Some((line.clone(), point.along_m));
            }
        }
        let heading_rad = point.heading_rad + if is_reversed { PI } else { 0.0 };
        let (sin, cos) = libm::sincos(point.heading_rad);
        let beyond_m = if is_over && !line.is_closed { beyond_m } else { 0.0 };
        body.set_point(
            roads.as_deref(),
            [point.x_m + beyond_m * cos, point.y_m + beyond_m * sin],
            Some(heading_rad),
        );
        if is_over {
            body.line = None;
        }
        is_over
    }
}
