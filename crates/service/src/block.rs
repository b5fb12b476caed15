//! Blocks: which vehicle runs which trips, one after the other.
//!
//! In go the day's trips with times, ends and the feed's own `block_id`s, and the number of vehicles; out comes a row of
//! trips for each vehicle. Trips that the feed binds together stay together while the fleet suffices; the rest go to
//! whichever vehicle has waited longest at the right stop, which for trips on a line needs the fewest vehicles there can
//! be (interval scheduling: a trip takes a new vehicle only when every other one is busy at its departure). It knows no
//! roads: how long an empty run takes is asked of the caller.

use std::collections::BTreeMap;

/// A trip as the assignment sees it. Trips are given in order of departure.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockTrip {
    /// Seconds after midnight.
    pub departure_s: f64,
    /// Seconds after midnight.
    pub arrival_s: f64,
    /// Where it begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// The feed's `block_id`.
    pub block: Option<String>,
}

/// Who runs what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignment {
    /// For each vehicle, its trips in order.
    pub blocks: Vec<Vec<usize>>,
    /// Trips for which there is no vehicle.
    pub unassigned: Vec<usize>,
}

/// Assigns trips to `vehicles`. Between two trips of a vehicle lie at least `layover_s` and the time of the empty run
/// from one's end to the other's beginning, if they differ (`None`: there is no way).
pub fn assign(
    trips: &[BlockTrip],
    vehicles: usize,
    layover_s: f64,
    mut empty_run_s: impl FnMut(usize, usize) -> Option<f64>,
) -> Assignment {
    let bound = as_bound_by_feed(trips, vehicles, layover_s, &mut empty_run_s);
    if bound.unassigned.is_empty() {
        return bound;
    }
    // The feed's blocks want more vehicles than there are: every trip is free to go to any vehicle.
    let free: Vec<Option<usize>> = vec![None; trips.len()];
    let anew = greedy(trips, &free, vehicles, layover_s, &mut empty_run_s);
    if anew.unassigned.len() < bound.unassigned.len() {
        anew
    } else {
        bound
    }
}

/// Keeps the feed's blocks together.
fn as_bound_by_feed(
    trips: &[BlockTrip],
    vehicles: usize,
    layover_s: f64,
    empty_run_s: &mut impl FnMut(usize, usize) -> Option<f64>,
) -> Assignment {
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    let bound: Vec<Option<usize>> = trips
        .iter()
        .map(|trip| {
            let name = trip.block.as_deref()?;
            let next = names.len();
            Some(*names.entry(name).or_insert(next))
        })
        .collect();
    greedy(trips, &bound, vehicles, layover_s, empty_run_s)
}

/// A vehicle while blocks are being filled.
struct Filling {
    trips: Vec<usize>,
    /// The feed's block that it runs now, until that block's last trip.
    bound_to: Option<usize>,
}

fn greedy(
    trips: &[BlockTrip],
    bound: &[Option<usize>],
    vehicles: usize,
    layover_s: f64,
    empty_run_s: &mut impl FnMut(usize, usize) -> Option<f64>,
) -> Assignment {
    let mut left_in_block: BTreeMap<usize, usize> = BTreeMap::new();
    for block in bound.iter().flatten() {
        *left_in_block.entry(*block).or_insert(0) += 1;
    }
    let mut fleet: Vec<Filling> = (0..vehicles)
        .map(|_| Filling {
            trips: Vec::new(),
            bound_to: None,
        })
        .collect();
    let mut unassigned = Vec::new();
    for (index, trip) in trips.iter().enumerate() {
        let block = bound[index];
        let mut ready_s = |filling: &Filling| -> Option<f64> {
            let Some(&last) = filling.trips.last() else {
                return Some(f64::NEG_INFINITY);
            };
            let last = &trips[last];
            let empty_s = if last.to == trip.from {
                0.0
            } else {
                empty_run_s(last.to, trip.from)?
            };
            Some(last.arrival_s + layover_s + empty_s)
        };
        // A block that is under way goes on with its vehicle even if the feed leaves too short a layover: it will be
        // late, as the feed's author asked.
        let holder = block.and_then(|block| fleet.iter().position(|filling| filling.bound_to == Some(block)));
        let chosen = holder.or_else(|| {
            let mut candidates: Vec<(usize, f64, usize)> = Vec::new();
            for (i, filling) in fleet.iter().enumerate() {
                if filling.bound_to.is_none()
                    && let Some(ready_s) = ready_s(filling)
                    && ready_s <= trip.departure_s
                {
                    let elsewhere = filling.trips.last().is_none_or(|&last| trips[last].to != trip.from);
                    candidates.push((usize::from(elsewhere), ready_s, i));
                }
            }
            // At the right stop first, then whoever has waited longest, then the lowest number.
            candidates.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
            candidates.first().map(|candidate| candidate.2)
        });
        let Some(chosen) = chosen else {
            unassigned.push(index);
            if let Some(block) = block
                && let Some(left) = left_in_block.get_mut(&block)
            {
                *left -= 1;
            }
            continue;
        };
        fleet[chosen].trips.push(index);
        fleet[chosen].bound_to = block;
        if let Some(block) = block
            && let Some(left) = left_in_block.get_mut(&block)
        {
            *left -= 1;
            if *left == 0 {
                fleet[chosen].bound_to = None;
            }
        }
    }
    Assignment {
        blocks: fleet.into_iter().map(|filling| filling.trips).collect(),
        unassigned,
    }
}

/// How many vehicles the trips need.
pub fn vehicles_needed(
    trips: &[BlockTrip],
    layover_s: f64,
    mut empty_run_s: impl FnMut(usize, usize) -> Option<f64>,
) -> usize {
    let plenty = trips.len().min(crate::fleet::VEHICLES_MAX);
    let assignment = assign(trips, plenty, layover_s, &mut empty_run_s);
    assignment.blocks.iter().filter(|block| !block.is_empty()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn loop_line(departures: &[f64], run_s: f64) -> Vec<BlockTrip> {
        departures
            .iter()
            .map(|&departure_s| BlockTrip {
                departure_s,
                arrival_s: departure_s + run_s,
                from: 0,
                to: 0,
                block: None,
            })
            .collect()
    }

    #[test]
    fn three_vehicles_take_turns_on_a_loop() {
        let departures: Vec<f64> = (0..9).map(|i| f64::from(i) * 600.0).collect();
        let found = assign(&loop_line(&departures, 1500.0), 3, 120.0, |_, _| None);
        assert_eq!(found.blocks, [vec![0, 3, 6], vec![1, 4, 7], vec![2, 5, 8]]);
        assert!(found.unassigned.is_empty());
    }

    #[test]
    fn blocks_of_the_feed_stay_together_until_the_fleet_is_too_small_for_them() {
        let mut trips = loop_line(&[0.0, 1000.0, 2000.0, 3000.0], 500.0);
        for (trip, block) in trips.iter_mut().zip(["a", "b", "b", "a"]) {
            trip.block = Some(block.to_owned());
        }
        let two = assign(&trips, 2, 60.0, |_, _| None);
        assert_eq!(two.blocks, [vec![0, 3], vec![1, 2]]);
        let one = assign(&trips, 1, 60.0, |_, _| None);
        assert_eq!((one.blocks, one.unassigned), (vec![vec![0, 1, 2, 3]], vec![]));
    }

    proptest! {
        #[test]
        fn every_trip_has_one_vehicle_or_none_and_no_vehicle_is_in_two_places(
            departures in prop::collection::vec(0.0..40_000.0f64, 1..60),
            run_s in 300.0..3000.0f64,
            vehicles in 1usize..6,
        ) {
            let mut departures = departures;
            departures.sort_by(f64::total_cmp);
            let trips = loop_line(&departures, run_s);
            let found = assign(&trips, vehicles, 60.0, |_, _| None);
            let mut all: Vec<usize> = found.blocks.iter().flatten().chain(&found.unassigned).copied().collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..trips.len()).collect::<Vec<_>>());
            for block in &found.blocks {
                for pair in block.windows(2) {
                    prop_assert!(trips[pair[0]].arrival_s + 60.0 <= trips[pair[1]].departure_s);
                }
            }
            // With as many vehicles as trips overlap at most, nothing is left over.
            let overlap = trips
                .iter()
                .map(|t| {
                    let busy = |o: &&BlockTrip| o.departure_s <= t.departure_s && t.departure_s < o.arrival_s + 60.0;
                    trips.iter().filter(busy).count()
                })
                .max()
                .unwrap_or(0);
            prop_assert_eq!(vehicles_needed(&trips, 60.0, |_, _| None), overlap);
        }
    }
}
