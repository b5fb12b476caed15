//! How high the ground lies beside the roads, for what stands on it: as high as the roads there that lie on it.
//!
//! A map tells of no other ground. Bridges and tunnels lie on none, and of roads about as near the lowest counts: one may be
//! the ramp to a bridge. Without a road in sight the ground is where the nearest one lies, however far.

use crate::draft::RoadDraft;
use crate::geometry::RoadGeometry;
use rstar::RTree;
use rstar::primitives::GeomWithData;

/// Distance between the places that are remembered of a road.
const STEP_M: f64 = 20.0;
/// Places so much farther than the nearest one are about as near.
const AS_NEAR_M: f64 = 25.0;
/// Most of them that are looked at.
const LOOKED_AT_MAX: usize = 32;

/// Places on the ground, each with its height.
pub(super) struct Ground {
    places: RTree<GeomWithData<[f64; 2], f64>>,
}

impl Ground {
    /// Of a map's roads with their geometry.
    pub(super) fn of<'a>(roads: impl Iterator<Item = (&'a RoadDraft, &'a RoadGeometry)>) -> Ground {
        let mut places = Vec::new();
        for (road, geometry) in roads {
            let steps = (geometry.length_m() / STEP_M).ceil().clamp(1.0, 1e5) as u32;
            for step in 0..=steps {
                let s_m = geometry.length_m() * f64::from(step) / f64::from(steps);
                let is_carried = |from_m: f64, length_m: f64| (from_m..=from_m + length_m).contains(&s_m);
                let mut structures = road.structures.iter();
                let pose = geometry.pose(s_m, 0.0);
                if !structures.any(|structure| is_carried(structure.s_m, structure.length_m))
                    && [pose.x_m, pose.y_m, pose.z_m].iter().all(|value| value.is_finite())
                {
                    places.push(GeomWithData::new([pose.x_m, pose.y_m], pose.z_m));
                }
            }
        }
        Ground {
            places: RTree::bulk_load(places),
        }
    }

    /// The ground's height at a place; zero on a map without roads on the ground.
    pub(super) fn height_m(&self, at_m: [f64; 2]) -> f64 {
        let mut nearest = self.places.nearest_neighbor_iter_with_distance_2(at_m);
        let Some((first, distance2)) = nearest.next() else {
            return 0.0;
        };
        let reach_m = distance2.sqrt() + AS_NEAR_M;
        nearest
            .take(LOOKED_AT_MAX)
            .take_while(|(_, distance2)| *distance2 <= reach_m * reach_m)
            .fold(first.data, |lowest_m, (place, _)| lowest_m.min(place.data))
    }
}
