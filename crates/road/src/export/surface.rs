//! The roads as triangles by material: lanes, markings, kerbs, crossings, bridge decks, tunnel tubes, buildings.
//!
//! In goes a draft, out come triangles in local metres (east, north, up). Every lane is a strip between its borders on
//! the road's analytic surface, bank and lane heights in; marks lie a centimetre above it, so that no renderer has to
//! choose. Of two lanes on one place in a junction the later one lies on top by a millimetre.

use super::ground::Ground;
use crate::draft::{
    AreaKind, LaneDraft, LaneKind, LaneSectionDraft, MapDraft, MarkColour, ObjectDraft, ObjectKind, RoadDraft,
    RoadMarkDraft, RoadMarkKind, StructureKind,
};
use crate::geometry::RoadGeometry;
use std::collections::BTreeMap;

/// Longest step along a road.
const STEP_M_MAX: f64 = 25.0;
/// A chord strays from its arc by at most this.
const SAGITTA_M: f64 = 0.02;
/// Marks lie this high over the lane.
const MARK_M: f64 = 0.01;
/// Dashes and gaps of a broken line in a town (GB 5768.3: 2 m and 4 m).
const DASH_M: [f64; 2] = [2.0, 4.0];
/// A painted line that says no width.
const LINE_M: f64 = 0.12;
/// Gap between the two lines of a double line.
const DOUBLE_M: f64 = 0.12;
/// Bars of a zebra crossing, and the gaps between them (GB 5768.3: 0.4 m to 0.45 m and 0.6 m).
const ZEBRA_M: [f64; 2] = [0.4, 0.6];
/// A bridge's deck.
const DECK_M: f64 = 0.8;
/// Its parapet.
const PARAPET_M: f64 = 1.0;
/// Clear height of a tunnel (GB 50647: 5 m for arterials).
const TUBE_M: f64 = 5.0;
/// Buildings without a height.
const BUILDING_M: f64 = 9.0;
/// Lanes narrower than this are not seen.
const WIDTH_M_MIN: f64 = 0.02;

/// What a triangle is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Material {
    Asphalt,
    BusLane,
    BicycleLane,
    Sidewalk,
    Verge,
    Rail,
    Kerb,
    WhitePaint,
    YellowPaint,
    Concrete,
    Building,
    Water,
    Green,
}

/// Triangles of one material.
#[derive(Clone, Debug, Default)]
pub(super) struct Patch {
    pub(super) positions_m: Vec<[f64; 3]>,
    pub(super) normals: Vec<[f64; 3]>,
    pub(super) indices: Vec<u32>,
}

/// All surfaces of a map.
pub(super) fn surfaces(draft: &MapDraft) -> BTreeMap<Material, Patch> {
    let mut all = Surfaces::default();
    let geometries: Vec<RoadGeometry> = draft.roads.iter().map(RoadGeometry::new).collect();
    for (road, geometry) in draft.roads.iter().zip(&geometries) {
        all.road(road, geometry);
    }
    let ground = Ground::of(draft.roads.iter().zip(&geometries));
    for area in &draft.areas {
        all.area(area, &ground);
    }
    all.patches.retain(|_, patch| !patch.indices.is_empty());
    all.patches
}

#[derive(Default)]
struct Surfaces {
    patches: BTreeMap<Material, Patch>,
}

/// A border of a strip at one station: t and the height above the road's plane.
type Edge = [f64; 2];

impl Patch {
    /// A strip between pairs of points (left, right), seen from above; neighbouring pairs share their points and normals.
    fn strip(&mut self, pairs: &[[[f64; 3]; 2]]) {
        let count = 2 * pairs.len();
        let mut sums = vec![[0.0; 3]; count];
        let corners = |pair: usize| [2 * pair, 2 * pair + 1, 2 * pair + 2, 2 * pair + 3];
        let place = |corner: usize| pairs[corner / 2][corner % 2];
        let mut triangles = Vec::new();
        for pair in 0..pairs.len().saturating_sub(1) {
            let [a, b, c, d] = corners(pair);
            for triangle in [[a, b, c], [c, b, d]] {
                let normal = normal_of(triangle.map(place));
                if length(normal) < 1e-7 {
                    continue;
                }
                for corner in triangle {
                    sums[corner] = [0, 1, 2].map(|axis| sums[corner][axis] + normal[axis]);
                }
                triangles.push(triangle);
            }
        }
        let first = self.positions_m.len() as u32;
        let mut number = vec![u32::MAX; count];
        let mut next = first;
        for triangle in triangles {
            // Where a strip turns over its normals may cancel out; then the triangle's own holds.
            let own = normal_of(triangle.map(place));
            for corner in triangle {
                if number[corner] == u32::MAX {
                    let sum = if length(sums[corner]) < 1e-7 { own } else { sums[corner] };
                    self.positions_m.push(place(corner));
                    self.normals.push(sum.map(|value| value / length(sum)));
                    number[corner] = next;
                    next += 1;
                }
                self.indices.push(number[corner]);
            }
        }
    }

    fn triangle(&mut self, a: [f64; 3], b: [f64; 3], c: [f64; 3]) {
        let normal = normal_of([a, b, c]);
        let norm = length(normal);
        if norm < 1e-7 {
            return;
        }
        let first = self.positions_m.len() as u32;
        self.positions_m.extend([a, b, c]);
        self.normals.extend([normal.map(|value| value / norm); 3]);
        self.indices.extend([first, first + 1, first + 2]);
    }
}

/// Twice a triangle's area, as a vector upright on it.
fn normal_of([a, b, c]: [[f64; 3]; 3]) -> [f64; 3] {
    let (u, v) = (minus(b, a), minus(c, a));
    [
        u[1] * v[2] - u[2] * v[1],
        u[2] * v[0] - u[0] * v[2],
        u[0] * v[1] - u[1] * v[0],
    ]
}

fn length(vector: [f64; 3]) -> f64 {
    vector.iter().map(|value| value * value).sum::<f64>().sqrt()
}

fn minus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn material(kind: LaneKind) -> Option<Material> {
    Some(match kind {
        LaneKind::Driving | LaneKind::Ramp | LaneKind::Parking | LaneKind::Shoulder | LaneKind::Stop => {
            Material::Asphalt
        }
        LaneKind::Bus => Material::BusLane,
        LaneKind::Bicycle => Material::BicycleLane,
        LaneKind::Sidewalk => Material::Sidewalk,
        LaneKind::Median | LaneKind::Border => Material::Verge,
        LaneKind::Curb => Material::Kerb,
        LaneKind::Rail => Material::Rail,
        LaneKind::None => return None,
    })
}

impl Surfaces {
    fn of(&mut self, material: Material) -> &mut Patch {
        self.patches.entry(material).or_default()
    }

    fn road(&mut self, road: &RoadDraft, geometry: &RoadGeometry) {
        for (index, section) in road.sections.iter().enumerate() {
            let (from_m, to_m) = (geometry.sections()[index].start_m, geometry.sections()[index].end_m);
            if to_m - from_m < 1e-6 {
                continue;
            }
            self.section(road, geometry, (index, section), (from_m, to_m));
        }
        for object in &road.objects {
            self.object(geometry, object);
        }
        for structure in &road.structures {
            let span = (
                structure.s_m.clamp(0.0, road.length_m),
                (structure.s_m + structure.length_m).clamp(0.0, road.length_m),
            );
            if span.1 - span.0 > 0.1 {
                self.structure(road, geometry, span, structure.kind);
            }
        }
    }

    fn section(
        &mut self,
        road: &RoadDraft,
        geometry: &RoadGeometry,
        (index, section): (usize, &LaneSectionDraft),
        span: (f64, f64),
    ) {
        for lane in section.left.iter().chain(&section.right) {
            let side = lane.id.signum();
            let stations = stations(geometry, index, lane.id, span);
            let border = |id: i32, s_m: f64| geometry.lane_border_t(index, id, s_m);
            let heights = |s_m: f64| geometry.lane_heights_m(index, lane.id, s_m);
            if let Some(material) = material(lane.kind) {
                let pair = |s_m: f64| -> [Edge; 2] {
                    let [inner_m, outer_m] = heights(s_m);
                    let inner = [border(lane.id - side, s_m), inner_m];
                    let outer = [border(lane.id, s_m), outer_m];
                    if side > 0 { [outer, inner] } else { [inner, outer] }
                };
                let is_seen = |s_m: f64| {
                    let [left, right] = pair(s_m);
                    left[0] - right[0] > WIDTH_M_MIN
                };
                if stations.iter().any(|&s_m| is_seen(s_m)) {
                    self.strip(geometry, material, &stations, pair);
                }
            }
            // The kerb's face: where the surface steps up or down at the inner border.
            let inner_height_m = |s_m: f64| match lane.id - side {
                0 => 0.0,
                id => geometry.lane_heights_m(index, id, s_m)[1],
            };
            if stations
                .iter()
                .any(|&s_m| (heights(s_m)[0] - inner_height_m(s_m)).abs() > 0.01)
            {
                self.strip(geometry, Material::Kerb, &stations, |s_m| {
                    let t_m = border(lane.id - side, s_m);
                    let (low, high) = ([t_m, inner_height_m(s_m)], [t_m, heights(s_m)[0]]);
                    if side > 0 { [high, low] } else { [low, high] }
                });
            }
            self.marks(geometry, (index, lane.id), &lane.marks, span, |s_m| heights(s_m)[1]);
        }
        // Nobody paints a line along the middle of a way through a junction.
        if road.junction.is_none() {
            self.marks(geometry, (index, 0), &section.centre_marks, span, |_| 0.0);
        }
    }

    fn strip(
        &mut self,
        geometry: &RoadGeometry,
        material: Material,
        stations: &[f64],
        pair: impl Fn(f64) -> [Edge; 2],
    ) {
        let pairs: Vec<[[f64; 3]; 2]> = stations
            .iter()
            .map(|&s_m| pair(s_m).map(|[t_m, h_m]| point(geometry, s_m, t_m, h_m)))
            .collect();
        self.of(material).strip(&pairs);
    }

    fn marks(
        &mut self,
        geometry: &RoadGeometry,
        (section, lane): (usize, i32),
        marks: &[RoadMarkDraft],
        (from_m, to_m): (f64, f64),
        height_m: impl Fn(f64) -> f64,
    ) {
        for (index, mark) in marks.iter().enumerate() {
            let begin_m = (from_m + mark.s_m).max(from_m);
            let end_m = marks.get(index + 1).map_or(to_m, |next| (from_m + next.s_m).min(to_m));
            if end_m - begin_m < 0.05 {
                continue;
            }
            let width_m = if mark.width_m > 0.01 { mark.width_m } else { LINE_M };
            let aside_m = 0.5 * (width_m + DOUBLE_M);
            // (offset away from the middle of the road, is broken)
            let lines: &[(f64, bool)] = match mark.kind {
                RoadMarkKind::None | RoadMarkKind::Grass => &[],
                RoadMarkKind::Solid | RoadMarkKind::Curb => &[(0.0, false)],
                RoadMarkKind::Broken => &[(0.0, true)],
                RoadMarkKind::SolidSolid => &[(-1.0, false), (1.0, false)],
                RoadMarkKind::SolidBroken => &[(-1.0, false), (1.0, true)],
                RoadMarkKind::BrokenSolid => &[(-1.0, true), (1.0, false)],
                RoadMarkKind::BrokenBroken => &[(-1.0, true), (1.0, true)],
            };
            let material = match (mark.kind, mark.colour) {
                (RoadMarkKind::Curb, _) => Material::Kerb,
                (_, MarkColour::Yellow) => Material::YellowPaint,
                _ => Material::WhitePaint,
            };
            for &(side, is_broken) in lines {
                let outwards = if lane < 0 { -1.0 } else { 1.0 };
                let pair = |s_m: f64| -> [Edge; 2] {
                    let t_m = geometry.lane_border_t(section, lane, s_m) + outwards * side * aside_m;
                    let h_m = height_m(s_m) + MARK_M;
                    [[t_m + 0.5 * width_m, h_m], [t_m - 0.5 * width_m, h_m]]
                };
                let mut dash_m = begin_m;
                while dash_m < end_m {
                    let stop_m = if is_broken {
                        (dash_m + DASH_M[0]).min(end_m)
                    } else {
                        end_m
                    };
                    let stations = stations(geometry, section, lane, (dash_m, stop_m));
                    self.strip(geometry, material, &stations, pair);
                    dash_m = if is_broken {
                        dash_m + DASH_M[0] + DASH_M[1]
                    } else {
                        end_m
                    };
                }
            }
        }
    }

    fn object(&mut self, geometry: &RoadGeometry, object: &ObjectDraft) {
        let (length_m, width_m) = (object.length_m.min(200.0), object.width_m.clamp(0.2, 50.0));
        let bars: Vec<(f64, f64)> = match object.kind {
            ObjectKind::StopLine => vec![(-0.5 * length_m, 0.5 * length_m)],
            ObjectKind::Crosswalk => {
                let period_m = ZEBRA_M[0] + ZEBRA_M[1];
                let count = (length_m / period_m).floor().max(1.0);
                let first_m = -0.5 * (count - 1.0) * period_m;
                let middle = |bar: u32| first_m + f64::from(bar) * period_m;
                (0..count as u32)
                    .map(|bar| (middle(bar) - 0.5 * ZEBRA_M[0], middle(bar) + 0.5 * ZEBRA_M[0]))
                    .collect()
            }
            _ => return,
        };
        let (sin, cos) = libm::sincos(object.heading_rad);
        for (from_m, to_m) in bars {
            let corner = |along_m: f64, across_m: f64| {
                let s_m = object.s_m + along_m * cos - across_m * sin;
                let t_m = object.t_m + along_m * sin + across_m * cos;
                point(geometry, s_m.clamp(0.0, geometry.length_m()), t_m, MARK_M)
            };
            let half_m = 0.5 * width_m;
            let (a, b) = (corner(from_m, half_m), corner(from_m, -half_m));
            let (c, d) = (corner(to_m, half_m), corner(to_m, -half_m));
            self.of(Material::WhitePaint).strip(&[[a, b], [c, d]]);
        }
    }

    /// A bridge's deck and parapets, or a tunnel's walls and ceiling, around all lanes.
    fn structure(&mut self, road: &RoadDraft, geometry: &RoadGeometry, span: (f64, f64), kind: StructureKind) {
        let section_at = |s_m: f64| geometry.section_at(s_m.min(span.1 - 1e-6));
        let borders = |s_m: f64| {
            let index = section_at(s_m);
            let section = &road.sections[index];
            let outermost = |lanes: &[LaneDraft]| lanes.last().map_or(0, |lane| lane.id);
            [&section.left, &section.right].map(|side| geometry.lane_border_t(index, outermost(side), s_m))
        };
        if road.sections.is_empty() {
            return;
        }
        let stations = stations(geometry, section_at(span.0), 0, span);
        let (low_m, high_m) = match kind {
            StructureKind::Bridge => (-DECK_M, PARAPET_M),
            StructureKind::Tunnel => (-0.1, TUBE_M),
        };
        let lid_m = match kind {
            StructureKind::Bridge => low_m,
            StructureKind::Tunnel => high_m,
        };
        self.strip(geometry, Material::Concrete, &stations, |s_m| {
            let [left_m, _] = borders(s_m);
            [[left_m, low_m], [left_m, high_m]]
        });
        self.strip(geometry, Material::Concrete, &stations, |s_m| {
            let [_, right_m] = borders(s_m);
            [[right_m, high_m], [right_m, low_m]]
        });
        // Seen from outside: a deck from below, a tube's ceiling from within.
        self.strip(geometry, Material::Concrete, &stations, |s_m| {
            let [left_m, right_m] = borders(s_m);
            [[right_m, lid_m], [left_m, lid_m]]
        });
    }

    /// A block from the lowest ground around it up to its height over the highest; what is flat lies on the ground, water
    /// level at its lowest.
    fn area(&mut self, area: &crate::draft::AreaDraft, ground: &Ground) {
        let (material, above_m) = match area.kind {
            AreaKind::Building | AreaKind::School | AreaKind::Hospital if area.height_m > 0.0 => {
                (Material::Building, area.height_m)
            }
            AreaKind::Building => (Material::Building, BUILDING_M),
            AreaKind::Water => (Material::Water, -0.3),
            AreaKind::Green | AreaKind::School | AreaKind::Hospital => (Material::Green, -0.2),
            AreaKind::Paved => (Material::Sidewalk, -0.1),
        };
        let mut ring = area.outline_m.clone();
        ring.dedup();
        if ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        if ring.len() < 3 || ring.len() > RING_MAX || !ring.iter().flatten().all(|value| value.is_finite()) {
            return;
        }
        if area_m2(&ring) < 0.0 {
            ring.reverse();
        }
        let grounds_m: Vec<f64> = ring.iter().map(|&corner| ground.height_m(corner)).collect();
        let low_m = grounds_m.iter().copied().fold(f64::INFINITY, f64::min);
        let high_m = grounds_m.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let top_m = |corner: [f64; 2]| match material {
            Material::Building => high_m + above_m,
            Material::Water => low_m + above_m,
            _ => ground.height_m(corner) + above_m,
        };
        let patch = self.of(material);
        for triangle in triangulated(&ring) {
            let [a, b, c] = triangle.map(|corner| [corner[0], corner[1], top_m(corner)]);
            patch.triangle(a, b, c);
        }
        if material == Material::Building {
            for index in 0..ring.len() {
                let (a, b) = (ring[index], ring[(index + 1) % ring.len()]);
                let at = |[x, y]: [f64; 2], z_m: f64| [x, y, z_m];
                patch.strip(&[[at(a, top_m(a)), at(a, low_m)], [at(b, top_m(b)), at(b, low_m)]]);
            }
        }
    }
}

/// Outlines with more corners are left out: ear clipping takes the square of them.
const RING_MAX: usize = 2_000;

fn area_m2(ring: &[[f64; 2]]) -> f64 {
    let corner = |index: usize| (ring[index], ring[(index + 1) % ring.len()]);
    0.5 * (0..ring.len())
        .map(corner)
        .map(|([ax, ay], [bx, by])| ax * by - bx * ay)
        .sum::<f64>()
}

/// Triangles of a simple ring that runs anticlockwise, by clipping its ears; what is left of a ring that crosses itself
/// is left out.
fn triangulated(ring: &[[f64; 2]]) -> Vec<[[f64; 2]; 3]> {
    let cross = |a: [f64; 2], b: [f64; 2], c: [f64; 2]| (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    let mut left: Vec<[f64; 2]> = ring.to_vec();
    let mut triangles = Vec::new();
    while left.len() > 3 {
        let count = left.len();
        let ear = (0..count).find(|&index| {
            let (a, b, c) = (
                left[(index + count - 1) % count],
                left[index],
                left[(index + 1) % count],
            );
            cross(a, b, c) > 0.0
                && left.iter().all(|&p| {
                    let is_corner = p == a || p == b || p == c;
                    is_corner || cross(a, b, p) < 0.0 || cross(b, c, p) < 0.0 || cross(c, a, p) < 0.0
                })
        });
        // No ear: a corner without area, or a ring that crosses itself.
        let Some(ear) = ear.or_else(|| {
            (0..count).find(|&index| {
                cross(
                    left[(index + count - 1) % count],
                    left[index],
                    left[(index + 1) % count],
                )
                .abs()
                    < 1e-9
            })
        }) else {
            return triangles;
        };
        triangles.push([left[(ear + count - 1) % count], left[ear], left[(ear + 1) % count]]);
        left.remove(ear);
    }
    triangles.push([left[0], left[1], left[2]]);
    triangles
}

fn point(geometry: &RoadGeometry, s_m: f64, t_m: f64, h_m: f64) -> [f64; 3] {
    let pose = geometry.pose_above(s_m, t_m, h_m);
    [pose.x_m, pose.y_m, pose.z_m]
}

/// Where a strip along a lane's border needs points: at breaks, and between them as the curve asks.
fn stations(geometry: &RoadGeometry, section: usize, lane: i32, (from_m, to_m): (f64, f64)) -> Vec<f64> {
    let mut breaks = geometry.breaks_m(section, lane);
    breaks.retain(|&s_m| s_m > from_m + 1e-3 && s_m < to_m - 1e-3);
    breaks.insert(0, from_m);
    breaks.push(to_m);
    let mut stations = vec![from_m];
    for pair in breaks.windows(2) {
        let length_m = pair[1] - pair[0];
        let curvature = [0.05, 0.25, 0.5, 0.75, 0.95]
            .map(|share| geometry.plan_point(pair[0] + share * length_m).curvature_per_m.abs())
            .into_iter()
            .fold(0.0, f64::max);
        let step_m = (8.0 * SAGITTA_M / curvature.max(1e-9)).sqrt().clamp(0.5, STEP_M_MAX);
        let is_flat = is_flat(geometry, section, lane, (pair[0], pair[1]));
        let steps = if is_flat {
            1.0
        } else {
            (length_m / step_m).ceil().clamp(1.0, 100_000.0)
        };
        stations.extend((1..=steps as u32).map(|step| pair[0] + length_m * f64::from(step) / steps));
    }
    stations
}

/// Whether a border is straight between two stations, so that they are enough.
fn is_flat(geometry: &RoadGeometry, section: usize, lane: i32, (from_m, to_m): (f64, f64)) -> bool {
    let at = |share: f64| {
        let s_m = from_m + share * (to_m - from_m);
        // Only the records of the stretch itself: at its ends others begin.
        let s_m = s_m.clamp(from_m + 1e-6, (to_m - 1e-6).max(from_m + 1e-6));
        point(geometry, s_m, geometry.lane_border_t(section, lane, s_m), 0.0)
    };
    let (a, b) = (at(0.0), at(1.0));
    [0.2, 0.4, 0.6, 0.8].into_iter().all(|share| {
        let p = at(share);
        let on = [0, 1, 2].map(|axis| a[axis] + share * (b[axis] - a[axis]));
        length(minus(p, on)) < 0.3 * SAGITTA_M
    })
}
