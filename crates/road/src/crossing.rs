//! Crossings: where people walk over lanes, from kerb to kerb.
//!
//! In go the crosswalks of a draft and the compiled lanes; out come the walk lines in space and the stretch that each
//! takes of every lane under it, junction lanes that begin or end under the paint among them.

use crate::draft::{LaneKind, MapDraft, ObjectDraft, ObjectKind};
use crate::geometry::RoadGeometry;
use crate::lane_table::LaneTable;
use crate::spatial_index::SpatialIndex;
use crate::{Crossing, CrossingId, Lane, LaneCrossing, LaneId};

/// A crosswalk that says no width.
const WIDTH_M: f64 = 4.0;
/// Lanes that run along the walk rather than under it: sine of the angle between them.
const ANGLE_SIN_MIN: f64 = 0.4;
/// Lanes farther above or below are on another level.
const LEVEL_M: f64 = 3.0;
/// Distance between points at which a lane is held against the painted strip.
const STEP_M: f64 = 0.5;
/// A crosswalk that is shorter than this share of the carriageway leads to an island and is taken as drawn.
const WHOLE_SHARE: f64 = 0.75;

/// All crossings, with their road and s, for the lights.
pub(crate) struct Crossings {
    pub(crate) crossings: Vec<Crossing>,
    pub(crate) places: Vec<(usize, f64)>,
    /// What each lane has over it.
    pub(crate) by_lane: Vec<Vec<LaneCrossing>>,
}

pub(crate) fn find(
    draft: &MapDraft,
    geometries: &[RoadGeometry],
    lanes: &[Lane],
    table: &LaneTable,
    index: &SpatialIndex,
    warnings: &mut Vec<String>,
) -> Crossings {
    let mut all = Crossings {
        crossings: Vec::new(),
        places: Vec::new(),
        by_lane: vec![Vec::new(); lanes.len()],
    };
    let mut near = Vec::new();
    for (road_index, road) in draft.roads.iter().enumerate() {
        for object in road
            .objects
            .iter()
            .filter(|object| object.kind == ObjectKind::Crosswalk)
        {
            let geometry = &geometries[road_index];
            let Some(walk) = Walk::of(road.sections.as_slice(), geometry, object) else {
                warnings.push(format!(
                    "road `{}`: crosswalk `{}` crosses no lane; it is left out",
                    road.id, object.id
                ));
                continue;
            };
            let middle = [0, 1, 2].map(|axis| 0.5 * (walk.from_m[axis] + walk.to_m[axis]));
            index.lanes_near(
                table,
                middle[0],
                middle[1],
                0.5 * walk.length_m + walk.width_m,
                &mut near,
            );
            let id = CrossingId(all.crossings.len() as u32);
            let mut crossed: Vec<(LaneId, f64, f64)> = Vec::new();
            for &lane in near.iter().filter(|lane| lanes[lane.0 as usize].edge.is_some()) {
                if let Some(under) = walk.over(table, lane) {
                    crossed.push((lane, under.walk_m.0, under.walk_m.1));
                    all.by_lane[lane.0 as usize].push(LaneCrossing {
                        crossing: id,
                        enter_m: under.lane_m.0,
                        exit_m: under.lane_m.1,
                    });
                }
            }
            if crossed.is_empty() {
                warnings.push(format!(
                    "road `{}`: crosswalk `{}` crosses no lane; it is left out",
                    road.id, object.id
                ));
                continue;
            }
            crossed.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            all.crossings.push(Crossing {
                id: object.id.clone(),
                from_m: walk.from_m,
                to_m: walk.to_m,
                width_m: walk.width_m,
                lanes: crossed,
                signal: None,
            });
            all.places.push((road_index, object.s_m));
        }
    }
    for crossings in &mut all.by_lane {
        crossings.sort_by(|a, b| a.enter_m.total_cmp(&b.enter_m).then(a.crossing.cmp(&b.crossing)));
    }
    all
}

/// A painted strip.
struct Walk {
    from_m: [f64; 3],
    to_m: [f64; 3],
    /// Unit vector from one to the other, in plan view.
    direction: [f64; 2],
    length_m: f64,
    width_m: f64,
}

/// What a walk takes of a lane.
struct Under {
    walk_m: (f64, f64),
    lane_m: (f64, f64),
}

impl Walk {
    fn of(sections: &[crate::draft::LaneSectionDraft], geometry: &RoadGeometry, object: &ObjectDraft) -> Option<Walk> {
        let s_m = object.s_m.clamp(0.0, geometry.length_m());
        let section_index = geometry.section_at(s_m);
        let section = sections.get(section_index)?;
        let (mut low_t, mut high_t) = (f64::INFINITY, f64::NEG_INFINITY);
        for lane in section
            .left
            .iter()
            .chain(&section.right)
            .filter(|lane| is_carriageway(lane.kind))
        {
            let inner = geometry.lane_border_t(section_index, lane.id - lane.id.signum(), s_m);
            let outer = geometry.lane_border_t(section_index, lane.id, s_m);
            (low_t, high_t) = (low_t.min(inner).min(outer), high_t.max(inner).max(outer));
        }
        if high_t - low_t < 0.5 {
            return None;
        }
        let (sin, cos) = libm::sincos(object.heading_rad);
        // Some authors leave the heading at zero though people walk across.
        let skew = if sin.abs() > 0.5 { cos / sin } else { 0.0 };
        let reach_m = 0.5 * object.length_m * if sin.abs() > 0.5 { sin.abs() } else { 1.0 };
        if object.length_m > 0.5 && 2.0 * reach_m < WHOLE_SHARE * (high_t - low_t) {
            (low_t, high_t) = (low_t.max(object.t_m - reach_m), high_t.min(object.t_m + reach_m));
            if high_t - low_t < 0.5 {
                return None;
            }
        }
        let end = |t_m: f64| {
            let at = geometry.pose((s_m + skew * (t_m - object.t_m)).clamp(0.0, geometry.length_m()), t_m);
            [at.x_m, at.y_m, at.z_m]
        };
        let (from_m, to_m) = (end(low_t), end(high_t));
        let [dx, dy] = [to_m[0] - from_m[0], to_m[1] - from_m[1]];
        let length_m = (dx * dx + dy * dy).sqrt();
        let width_m = if object.width_m > 0.5 { object.width_m } else { WIDTH_M };
        (length_m > 0.5).then(|| Walk {
            from_m,
            to_m,
            direction: [dx / length_m, dy / length_m],
            length_m,
            width_m,
        })
    }

    /// The stretch of a lane under the strip, if it runs across it.
    fn over(&self, table: &LaneTable, lane: LaneId) -> Option<Under> {
        let index = lane.0 as usize;
        let middle = [0, 1].map(|axis| 0.5 * (self.from_m[axis] + self.to_m[axis]));
        let nearest_m = table.foot(index, middle[0], middle[1]).along_m;
        let reach_m = 0.5 * self.length_m + 2.0 * self.width_m;
        let (from_m, to_m) = (
            (nearest_m - reach_m).max(0.0),
            (nearest_m + reach_m).min(table.length_m(index)),
        );
        let steps = ((to_m - from_m) / STEP_M).ceil().max(1.0) as usize;
        let mut under: Option<Under> = None;
        for step in 0..=steps {
            let along_m = from_m + (to_m - from_m) * step as f64 / steps as f64;
            let at = table.sample(index, along_m);
            let [dx, dy] = [at.x_m - self.from_m[0], at.y_m - self.from_m[1]];
            let walked_m = dx * self.direction[0] + dy * self.direction[1];
            let aside_m = dy * self.direction[0] - dx * self.direction[1];
            let sin = (self.direction[0] * at.tangent[1] - self.direction[1] * at.tangent[0]).abs();
            let share = (walked_m / self.length_m).clamp(0.0, 1.0);
            let height_m = self.from_m[2] + share * (self.to_m[2] - self.from_m[2]);
            let is_under = aside_m.abs() <= 0.5 * self.width_m
                && walked_m > -0.5
                && walked_m < self.length_m + 0.5
                && sin > ANGLE_SIN_MIN
                && (at.z_m - height_m).abs() < LEVEL_M;
            if !is_under {
                continue;
            }
            let half_m = at.half_width_m / sin;
            let (low_m, high_m) = ((walked_m - half_m).max(0.0), (walked_m + half_m).min(self.length_m));
            under = Some(match under {
                None => Under {
                    walk_m: (low_m, high_m),
                    lane_m: (along_m, along_m),
                },
                Some(known) => Under {
                    walk_m: (known.walk_m.0.min(low_m), known.walk_m.1.max(high_m)),
                    lane_m: (known.lane_m.0, along_m),
                },
            });
        }
        // A lane that a walk only grazes with its last half metre is still a lane to mind.
        let mut under = under?;
        under.lane_m = (
            (under.lane_m.0 - 0.5 * STEP_M).max(0.0),
            (under.lane_m.1 + 0.5 * STEP_M).min(table.length_m(index)),
        );
        (under.walk_m.1 > under.walk_m.0).then_some(under)
    }
}

/// What lies between two kerbs.
pub(crate) fn is_carriageway(kind: LaneKind) -> bool {
    matches!(
        kind,
        LaneKind::Driving
            | LaneKind::Ramp
            | LaneKind::Bus
            | LaneKind::Bicycle
            | LaneKind::Parking
            | LaneKind::Shoulder
            | LaneKind::Stop
    )
}
