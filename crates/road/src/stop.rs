//! Bus stops: which lane a bus stands on, how far away the kerb is, where people wait.

use crate::compile::LaneSpan;
use crate::crossing::is_carriageway;
use crate::draft::{LaneKind, MapDraft, ObjectDraft, ObjectKind, Orientation, RoadDraft};
use crate::geometry::RoadGeometry;
use crate::lane_table::LaneTable;
use crate::{Lane, LaneId, LanePosition, Stop};

/// A stop that says no length: a bus and some room.
const LENGTH_M: f64 = 15.0;
/// From the kerb to the middle of those who wait.
const PLATFORM_M: f64 = 1.25;
/// How high a kerb is where the map gives no heights.
const KERB_M: f64 = 0.15;
/// A bus does not stand closer to the end of a lane.
const END_M: f64 = 1.0;

pub(crate) fn find(
    draft: &MapDraft,
    geometries: &[RoadGeometry],
    lanes: &[Lane],
    table: &LaneTable,
    spans: &[Vec<LaneSpan>],
    warnings: &mut Vec<String>,
) -> Vec<Stop> {
    let mut stops = Vec::new();
    for (index, road) in draft.roads.iter().enumerate() {
        for object in road.objects.iter().filter(|object| object.kind == ObjectKind::BusStop) {
            let place = Place {
                road,
                geometry: &geometries[index],
                spans: &spans[index],
                lanes,
                table,
            };
            match place.stop(object) {
                Some(stop) => stops.push(stop),
                None => warnings.push(format!(
                    "road `{}`: stop `{}` has no lane beside it that a bus may use; it is left out",
                    road.id, object.id
                )),
            }
        }
    }
    stops
}

struct Place<'a> {
    road: &'a RoadDraft,
    geometry: &'a RoadGeometry,
    spans: &'a [LaneSpan],
    lanes: &'a [Lane],
    table: &'a LaneTable,
}

impl Place<'_> {
    fn stop(&self, object: &ObjectDraft) -> Option<Stop> {
        let middle_s_m = object.s_m.clamp(0.0, self.geometry.length_m());
        let section_index = self.geometry.section_at(middle_s_m);
        let section = self.road.sections.get(section_index)?;
        let offset_t = self.geometry.lane_border_t(section_index, 0, middle_s_m);
        let is_right = object.t_m < offset_t;
        let side = if is_right { &section.right } else { &section.left };
        // The outermost lane for buses; of a bus lane inside a driving lane buses would not reach the kerb.
        let (lane_id, lane) = side
            .iter()
            .rev()
            .filter(|lane| matches!(lane.kind, LaneKind::Driving | LaneKind::Bus | LaneKind::Ramp))
            .find_map(|lane| {
                let found = self.lane_at(section_index, lane.id, middle_s_m)?;
                let record = &self.lanes[found.0 as usize];
                let is_for_us = match object.orientation {
                    Orientation::Both => true,
                    Orientation::Forward => record.runs_forward,
                    Orientation::Backward => !record.runs_forward,
                };
                (record.edge.is_some() && is_for_us).then_some((lane.id, found))
            })?;
        let kerb_t = |s_m: f64| {
            let index = self.geometry.section_at(s_m);
            let lanes = if is_right {
                &self.road.sections[index].right
            } else {
                &self.road.sections[index].left
            };
            let outer = lanes
                .iter()
                .filter(|lane| lane.id.abs() >= lane_id.abs())
                .take_while(|lane| is_carriageway(lane.kind));
            self.geometry
                .lane_border_t(index, outer.last().map_or(lane_id, |lane| lane.id), s_m)
        };
        let length_m = if object.length_m > 1.0 {
            object.length_m
        } else {
            LENGTH_M
        };
        let index = lane.0 as usize;
        let lane_length_m = self.table.length_m(index);
        let middle_m = self.table.along_at(index, middle_s_m);
        let front_m = (middle_m + 0.5 * length_m).min(lane_length_m - END_M).max(0.0);
        let front = self.table.sample(index, front_m);
        let front_section = self.geometry.section_at(front.road_s_m);
        let centre_t = self.geometry.lane_centre_t(front_section, lane_id, front.road_s_m);
        let outward = if is_right { -1.0 } else { 1.0 };
        let platform_t = kerb_t(middle_s_m) + outward * PLATFORM_M;
        let platform = self.geometry.pose(middle_s_m, platform_t);
        let height_m = self
            .geometry
            .lane_at(middle_s_m, platform_t)
            .map_or(0.0, |(section, lane)| {
                self.geometry.lane_heights_m(section, lane, middle_s_m)[0]
            });
        let height_m = if height_m > 0.0 { height_m } else { KERB_M };
        Some(Stop {
            id: object.id.clone(),
            name: object.name.clone(),
            position: LanePosition {
                lane,
                s_m: front_m,
                offset_m: 0.0,
            },
            length_m: length_m.min(front_m),
            kerb_m: (kerb_t(front.road_s_m) - centre_t).abs(),
            platform_m: [platform.x_m, platform.y_m, platform.z_m + height_m],
        })
    }

    fn lane_at(&self, section: usize, lane: i32, s_m: f64) -> Option<LaneId> {
        let fits = |span: &&LaneSpan| {
            span.span.section == section && span.span.lane == lane && span.span.from_m <= s_m && s_m <= span.span.to_m
        };
        self.spans.iter().find(fits).map(|span| span.lane)
    }
}
