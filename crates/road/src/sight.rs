//! Lines of sight in space: what stands first between two points, the ground or a building.
//!
//! In go two points, out comes whether one sees the other, else where and at what the look ends. The ground is what a map
//! tells of it, the surfaces of its lanes: a crest hides what lies behind it, a deck what lies below. Where no lane lies
//! nothing is known and nothing hides. A building hides up to its roof, or however high where its height is not told; it
//! stands on the ground of the lane nearest to it. One that a carriageway leads through (a passage, a canopy) hides
//! nothing, because no map says how high its opening is. The answer costs what the line is long, and a look at each
//! building's box; who asks thousands of times a tick keeps an index of walls.

use crate::draft::{AreaKind, StructureKind};
use crate::spatial_index::Near;
use crate::{Area, LaneId, RoadNetwork};

/// What the line of sight meets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sight {
    /// Nothing: the points see each other.
    Clear,
    /// Something, first at this place: x, y, z in metres.
    Blocked {
        /// Where the look ends.
        at_m: [f64; 3],
        /// At what.
        by: Obstacle,
    },
}

/// What hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A crest or a deck: the surface of this lane.
    Ground(LaneId),
    /// A building: its place in [`RoadNetwork::areas`].
    Building(usize),
}

/// The ground is asked at this distance along the line.
const STEP_M: f64 = 1.0;
/// Most steps of a line: a longer one is asked less often.
const STEPS_MAX: f64 = 20_000.0;
/// An eye on the surface is not in the ground.
const GRAZE_M: f64 = 0.01;

/// A lane under or over a place, and how high the place lies above it.
type Surface = (LaneId, f64);

impl RoadNetwork {
    /// Whether two points (x, y, z in metres) see each other past the ground and the buildings; what is nearest to `from_m`
    /// is named. Points that are no numbers see everything.
    pub fn sight(&self, from_m: [f64; 3], to_m: [f64; 3]) -> Sight {
        if !from_m.iter().chain(&to_m).all(|value| value.is_finite()) {
            return Sight::Clear;
        }
        let line = Line { from_m, to_m };
        let ground = self.ground_on(&line);
        let building = self.building_on(&line);
        let nearest = [ground, building]
            .into_iter()
            .flatten()
            .min_by(|a, b| a.0.total_cmp(&b.0));
        nearest.map_or(Sight::Clear, |(share, by)| Sight::Blocked {
            at_m: line.at(share),
            by,
        })
    }

    /// Where the line goes into the ground first, as a share of it.
    fn ground_on(&self, line: &Line) -> Option<(f64, Obstacle)> {
        let steps = (line.length_m() / STEP_M).ceil().clamp(1.0, STEPS_MAX);
        // Of the last place and this one: the lanes there, with how high the line runs above each.
        let (mut before, mut here): (Vec<Surface>, Vec<Surface>) = (Vec::new(), Vec::new());
        for step in 0..=steps as usize {
            let share = step as f64 / steps;
            let at_m = line.at(share);
            here.clear();
            self.surfaces(at_m, &mut here);
            for &(lane, above_m) in &here {
                let crossed = before
                    .iter()
                    .find(|other| other.0 == lane)
                    .filter(|other| other.1 * above_m < 0.0);
                if let Some(&(_, above_before_m)) = crossed {
                    let part = above_before_m / (above_before_m - above_m);
                    return Some(((step as f64 - 1.0 + part) / steps, Obstacle::Ground(lane)));
                }
            }
            // Under every surface, and none of them a deck: that is the ground.
            let is_under = !here.is_empty() && here.iter().all(|&(_, above_m)| above_m < -GRAZE_M);
            if is_under && let Some(&(lane, _)) = here.iter().find(|&&(lane, _)| !self.is_deck(lane, at_m)) {
                return Some((share, Obstacle::Ground(lane)));
            }
            std::mem::swap(&mut before, &mut here);
        }
        None
    }

    /// The lanes whose surfaces lie under or over a place, with how high the place lies above each, by lane.
    fn surfaces(&self, [x_m, y_m, z_m]: [f64; 3], found: &mut Vec<Surface>) {
        self.index.visit(
            x_m,
            y_m,
            0.0,
            |Near {
                 lane,
                 from,
                 to,
                 distance_m,
             }| {
                if distance_m > 0.0 {
                    return;
                }
                let foot = self.table.foot_between(lane, from, to, x_m, y_m);
                let sample = self.table.sample_at_foot(&foot);
                if foot.beyond_m < 1e-3 && foot.offset_m.abs() <= sample.half_width_m {
                    let surface = self.table.pose(lane, foot.along_m, foot.offset_m);
                    found.push((LaneId(lane as u32), z_m - surface.z_m));
                }
            },
        );
        found.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.abs().total_cmp(&b.1.abs())));
        found.dedup_by_key(|entry| entry.0);
    }

    /// Whether a lane lies on a bridge next to a place.
    fn is_deck(&self, lane: LaneId, [x_m, y_m, _]: [f64; 3]) -> bool {
        let structures = &self.lane(lane).structures;
        if structures.is_empty() {
            return false;
        }
        let along_m = self.project(lane, x_m, y_m).s_m;
        structures
            .iter()
            .any(|&(from_m, to_m, kind)| kind == StructureKind::Bridge && (from_m..=to_m).contains(&along_m))
    }

    /// The first wall on the line that is high enough.
    fn building_on(&self, line: &Line) -> Option<(f64, Obstacle)> {
        let mut nearest: Option<(f64, Obstacle)> = None;
        for (index, area) in self.areas().iter().enumerate() {
            if area.kind != AreaKind::Building || !line.comes_near(&area.outline_m) {
                continue;
            }
            let sides = area.outline_m.iter().zip(area.outline_m.iter().cycle().skip(1));
            let mut met: Vec<f64> = sides.filter_map(|(&a, &b)| line.crossing(a, b)).collect();
            // An eye within walls sees out of them no more than in.
            if holds(&area.outline_m, line.from_m) {
                met.push(0.0);
            }
            met.sort_by(f64::total_cmp);
            let Some(&first) = met.first() else { continue };
            if nearest.is_some_and(|(share, _)| share <= first) || self.is_passage(area) {
                continue;
            }
            // Over the roof where it comes in and lower where it goes out: the look ends on the roof.
            let roof_m = self.roof_m(area);
            let last = if holds(&area.outline_m, line.to_m) {
                1.0
            } else {
                met[met.len() - 1]
            };
            let (high_m, low_m) = (line.at(first)[2], line.at(last)[2]);
            let share = if high_m < roof_m {
                first
            } else if low_m < roof_m {
                first + (last - first) * (high_m - roof_m) / (high_m - low_m)
            } else {
                continue;
            };
            if nearest.is_none_or(|(known, _)| share < known) {
                nearest = Some((share, Obstacle::Building(index)));
            }
        }
        nearest
    }

    /// Height of a building's roof above the map's zero.
    fn roof_m(&self, building: &Area) -> f64 {
        if building.height_m <= 0.0 {
            return f64::INFINITY;
        }
        let [x_m, y_m] = building.outline_m[0];
        let beside = self.nearest_lane_where(x_m, y_m, None, None, |_| true);
        beside.map_or(0.0, |found| self.lane_pose(found.position).z_m) + building.height_m
    }

    /// Whether a carriageway leads through a building.
    fn is_passage(&self, building: &Area) -> bool {
        let [x_m, y_m] = building.outline_m[0];
        let reach_m = building.outline_m.iter().fold(0.0, |reach_m: f64, corner| {
            reach_m.max(libm::hypot(corner[0] - x_m, corner[1] - y_m))
        });
        let mut near = Vec::new();
        self.index.lanes_near(&self.table, x_m, y_m, reach_m, &mut near);
        near.iter()
            .filter(|&&lane| self.lane(lane).edge.is_some())
            .any(|&lane| {
                let mut points = self.lane_outline(lane);
                points.any(|point| holds(&building.outline_m, [point.x_m, point.y_m, 0.0]))
            })
    }
}

/// From an eye to what it looks at.
struct Line {
    from_m: [f64; 3],
    to_m: [f64; 3],
}

impl Line {
    fn at(&self, share: f64) -> [f64; 3] {
        [0, 1, 2].map(|axis| self.from_m[axis] + share * (self.to_m[axis] - self.from_m[axis]))
    }

    /// In plan view.
    fn length_m(&self) -> f64 {
        libm::hypot(self.to_m[0] - self.from_m[0], self.to_m[1] - self.from_m[1])
    }

    /// Whether the boxes of the line and of an outline share anything.
    fn comes_near(&self, outline_m: &[[f64; 2]]) -> bool {
        outline_m.len() > 2
            && [0, 1].into_iter().all(|axis| {
                let (low, high) = (
                    self.from_m[axis].min(self.to_m[axis]),
                    self.from_m[axis].max(self.to_m[axis]),
                );
                outline_m.iter().any(|corner| corner[axis] >= low)
                    && outline_m.iter().any(|corner| corner[axis] <= high)
            })
    }

    /// Where it crosses a wall in plan view, as a share of it.
    fn crossing(&self, a: [f64; 2], b: [f64; 2]) -> Option<f64> {
        let [dx, dy] = [self.to_m[0] - self.from_m[0], self.to_m[1] - self.from_m[1]];
        let [wx, wy] = [b[0] - a[0], b[1] - a[1]];
        let turn = dx * wy - dy * wx;
        if turn == 0.0 {
            return None;
        }
        let [ax, ay] = [a[0] - self.from_m[0], a[1] - self.from_m[1]];
        let (share, along_wall) = ((ax * wy - ay * wx) / turn, (ax * dy - ay * dx) / turn);
        ((0.0..=1.0).contains(&share) && (0.0..=1.0).contains(&along_wall)).then_some(share)
    }
}

/// Whether a place lies within an outline in plan view: as many walls to its east as make an odd number.
fn holds(outline_m: &[[f64; 2]], [x_m, y_m, _]: [f64; 3]) -> bool {
    let sides = outline_m.iter().zip(outline_m.iter().cycle().skip(1));
    let to_the_east = sides
        .filter(|(a, b)| (a[1] > y_m) != (b[1] > y_m) && x_m < a[0] + (y_m - a[1]) / (b[1] - a[1]) * (b[0] - a[0]));
    to_the_east.count() % 2 == 1
}
