//! What an author should look at again: slopes, heights between levels, tight bends.

use super::alignment::Alignment;
use super::profile;
use crate::draft::{MapDraft, RoadClass, RoadDraft};
use std::collections::BTreeMap;

/// Height that a road above another one must leave.
const CLEARANCE_M: f64 = 5.5;
/// Roads that differ less in height meet or lie side by side.
const LEVEL_M: f64 = 2.0;
/// Points of two roads nearer than this lie over one another.
const APART_M_MAX: f64 = 6.0;
/// Spacing of the points that heights are compared at.
const SAMPLE_M: f64 = 5.0;

/// One line for each thing worth mending, sorted.
pub(super) fn notes(draft: &MapDraft) -> Vec<String> {
    let mut found = Vec::new();
    for road in &draft.roads {
        let steepest = profile::steepest(&road.elevation, road.length_m);
        let limit = slope_max(road);
        if steepest > limit + 1e-3 {
            found.push(format!(
                "road `{}`{}: slope of {:.1} % is more than the {:.0} % of its class",
                road.id,
                if road.name.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", road.name)
                },
                100.0 * steepest,
                100.0 * limit
            ));
        }
        if road.junction.is_none() {
            let bend = Alignment {
                elements: road.plan.clone(),
            }
            .curvature_per_m_max();
            if bend > 1.0 / 12.0 {
                found.push(format!(
                    "road `{}`: bend of {:.1} m radius is less than 12 m",
                    road.id,
                    1.0 / bend
                ));
            }
        }
    }
    clearances(draft, &mut found);
    found.sort();
    found
}

/// The steepest slope that a class allows.
fn slope_max(road: &RoadDraft) -> f64 {
    // A short way around a corner makes up for the cross-fall that roads do not have.
    if road.junction.is_some() {
        return 0.08;
    }
    let class = road.types.first().map_or(RoadClass::Unknown, |record| record.class);
    match class {
        RoadClass::Motorway | RoadClass::Expressway => 0.06,
        RoadClass::Arterial => 0.065,
        RoadClass::Collector | RoadClass::Town | RoadClass::Rural => 0.075,
        _ => 0.09,
    }
}

/// A road's index and a point of it.
type Sample = (usize, [f64; 3]);

/// Roads that pass over each other without meeting.
fn clearances(draft: &MapDraft, found: &mut Vec<String>) {
    const CELL_M: f64 = 10.0;
    let key = |x: f64, y: f64| (libm::floor(x / CELL_M) as i64, libm::floor(y / CELL_M) as i64);
    let places = |road: &RoadDraft| {
        let (length_m, steps) = (road.length_m, libm::ceil(road.length_m / SAMPLE_M).max(1.0) as usize);
        (0..=steps).map(move |step| length_m * step as f64 / steps as f64)
    };
    let heights = draft.roads.iter().flat_map(|road| {
        let height = |s_m| profile::value_at(&road.elevation, s_m)[0];
        places(road).map(height)
    });
    let [low_m, high_m] = heights.fold([f64::INFINITY, f64::NEG_INFINITY], |[low_m, high_m], z_m| {
        [low_m.min(z_m), high_m.max(z_m)]
    });
    if high_m - low_m <= LEVEL_M {
        return;
    }
    let mut cells: BTreeMap<(i64, i64), Vec<Sample>> = BTreeMap::new();
    for (index, road) in draft.roads.iter().enumerate() {
        let line = Alignment {
            elements: road.plan.clone(),
        };
        for s_m in places(road) {
            let pose = line.pose(s_m);
            let z_m = profile::value_at(&road.elevation, s_m)[0];
            cells
                .entry(key(pose.x_m, pose.y_m))
                .or_default()
                .push((index, [pose.x_m, pose.y_m, z_m]));
        }
    }
    let span = |samples: &[Sample]| {
        samples.iter().fold(
            [f64::INFINITY, f64::NEG_INFINITY],
            |[low_m, high_m], (_, [_, _, z_m])| [low_m.min(*z_m), high_m.max(*z_m)],
        )
    };
    let spans: BTreeMap<(i64, i64), [f64; 2]> = cells.iter().map(|(&key, samples)| (key, span(samples))).collect();
    let mut worst: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for (&(column, row), here) in &cells {
        for (dx, dy) in [(0, 0), (1, 0), (-1, 1), (0, 1), (1, 1)] {
            let Some(there) = cells.get(&(column + dx, row + dy)) else {
                continue;
            };
            let [one, other] = [spans[&(column, row)], spans[&(column + dx, row + dy)]];
            if (one[1] - other[0]).max(other[1] - one[0]) <= LEVEL_M {
                continue;
            }
            for (a, p) in here {
                for (b, q) in there {
                    let rise_m = libm::fabs(p[2] - q[2]);
                    if rise_m <= LEVEL_M || rise_m >= CLEARANCE_M || a == b {
                        continue;
                    }
                    let [dx, dy] = [p[0] - q[0], p[1] - q[1]];
                    if dx * dx + dy * dy < APART_M_MAX * APART_M_MAX {
                        let least = worst.entry((*a.min(b), *a.max(b))).or_insert(rise_m);
                        *least = least.min(rise_m);
                    }
                }
            }
        }
    }
    for ((a, b), rise_m) in worst {
        found.push(format!(
            "roads `{}` and `{}`: {rise_m:.1} m between their levels is less than {CLEARANCE_M} m",
            draft.roads[a].id, draft.roads[b].id
        ));
    }
}
