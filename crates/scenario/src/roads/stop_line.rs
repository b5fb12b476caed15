//! Lines where traffic is held, by a light or by a stop sign.

use super::{Roads, Spot, wrapped};
use road::draft::{Orientation, SignalDraft, SignalKind};
use road::{Pose, RoadId, RoadPosition};

/// Where traffic is held: by a light or by a stop sign.
#[derive(Debug, Clone, PartialEq)]
pub struct StopLine {
    /// The light's or the sign's id in the map.
    pub id: String,
    /// What holds it.
    pub kind: LineKind,
    s_m: f64,
    /// Its post, across the road and over it.
    t_m: f64,
    up_m: f64,
    orientation: Orientation,
    lanes: Option<(i32, i32)>,
}

/// What holds traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// A light.
    Light,
    /// A stop sign.
    Stop,
}

impl StopLine {
    pub(super) fn new(signal: &SignalDraft) -> Option<StopLine> {
        let kind = match signal.kind {
            SignalKind::TrafficLight => LineKind::Light,
            SignalKind::Stop => LineKind::Stop,
            _ => return None,
        };
        Some(StopLine {
            id: signal.id.clone(),
            kind,
            s_m: signal.s_m,
            t_m: signal.t_m,
            up_m: signal.z_offset_m,
            orientation: signal.orientation,
            lanes: signal.lanes,
        })
    }
}

impl Roads {
    /// All lights of the map in its order, each with its place; it looks towards whom it holds.
    pub fn lights(&self) -> impl Iterator<Item = (&StopLine, Pose)> {
        let lines = self.roads.iter().enumerate();
        let lines = lines.flat_map(|(road, links)| links.lines.iter().map(move |line| (road, line)));
        lines
            .filter(|(_, line)| line.kind == LineKind::Light)
            .map(|(road, line)| {
                let mut pose = self.network.road_pose(RoadPosition {
                    road: RoadId(road as u32),
                    s_m: line.s_m,
                    t_m: line.t_m,
                });
                pose.z_m += line.up_m;
                if line.orientation != Orientation::Backward {
                    pose.heading_rad = wrapped(pose.heading_rad + std::f64::consts::PI);
                }
                (line, pose)
            })
    }

    /// The lines passed on the lane of `spot` between two places of its road, driving along +s or against it.
    pub fn lines_passed(&self, spot: Spot, from_m: f64, to_m: f64, sense: f64) -> impl Iterator<Item = &StopLine> {
        let wanted = if sense > 0.0 {
            Orientation::Forward
        } else {
            Orientation::Backward
        };
        self.roads[spot.road].lines.iter().filter(move |line| {
            let is_passed = match sense > 0.0 {
                true => from_m < line.s_m && line.s_m <= to_m,
                false => to_m <= line.s_m && line.s_m < from_m,
            };
            let is_for_lane = line.lanes.is_none_or(|(low, high)| (low..=high).contains(&spot.lane));
            is_passed && is_for_lane && (line.orientation == Orientation::Both || line.orientation == wanted)
        })
    }
}
