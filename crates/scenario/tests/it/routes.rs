//! Ways by chance on every map of the public scenarios.

use crate::public_files::{files_below, folder};
use scenario::Library;
use scenario::roads::Spot;
use std::collections::BTreeSet;

#[test]
fn ways_by_chance_begin_here_never_come_by_twice_and_differ_by_luck() {
    let Some(folder) = folder() else { return };
    let mut maps = Vec::new();
    files_below(&folder, "xodr", &mut maps);
    let library = Library::default();
    let mut choices = 0;
    for map in &maps {
        let Ok(roads) = library.roads(map) else { continue };
        for road in 0..roads.network().roads().len() {
            let length_m = roads.length_m(road);
            for lane in roads.driven_lanes_at(road, 0.5 * length_m).collect::<Vec<_>>() {
                let spot = Spot {
                    road,
                    s_m: 0.5 * length_m,
                    lane,
                    offset_m: 0.0,
                };
                let way = |luck: usize| roads.way_by_chance(spot, lane < 0, |count| luck % count);
                let ways: BTreeSet<Vec<usize>> = (0..3).map(way).collect();
                choices += usize::from(ways.len() > 1);
                for way in ways {
                    assert_eq!(way.first(), Some(&road));
                    let passed: BTreeSet<&usize> = way.iter().collect();
                    assert_eq!(passed.len(), way.len(), "{}: {way:?}", map.display());
                }
            }
        }
    }
    println!("{choices} places with a choice on {} maps", maps.len());
    assert!(maps.is_empty() || choices > 0);
}
