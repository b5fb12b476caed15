//! Walkers: people who have their own errands on the other side of a road.
//!
//! In go the network's crossings and buildings and the demand by the hour; out come people who step out of a door, walk
//! to a crossing, cross when it is their turn, and go in at another door. They are what makes a crossing a crossing for
//! vehicles under test and for traffic. Each crossing has its own stream of luck, so that one more crossing changes no
//! other's walkers. Passengers are not among them: the service above sends those.
//!
//! Arrivals are Poisson with the hour's rate; preferred speeds are normal with mean 1.34 m/s and deviation 0.26 m/s
//! (Weidmann 1993).

use crate::demand::Demand;
use crate::footway::Footways;
use crate::frame::ActorId;
use crate::people::{AtEnd, People};
use record::{Seed, SimTime, Stream};
use road::draft::AreaKind;
use road::{CrossingId, RoadNetwork};

/// Where and when the next walkers set out.
#[derive(Debug)]
pub(crate) struct Walkers {
    demand: Demand,
    clock_s: f64,
    scale: f64,
    crossings: Vec<Source>,
    /// The earliest of all their next events.
    next: SimTime,
    path_m: Vec<[f64; 3]>,
}

/// The walkers of one crossing.
#[derive(Debug)]
struct Source {
    stream: Stream,
    /// The next event, and whether it is a walker or only a new look at the rate.
    next: SimTime,
    is_walker: bool,
    /// Rate relative to the average crossing.
    attraction: f64,
    /// Walks from doors to the `from_m` end, and to the `to_m` end. Looked for when the first walker sets out.
    ways_m: Option<[Vec<Vec<[f64; 3]>>; 2]>,
}

/// Rates change with the hour: nobody waits longer than this for the next look.
const LOOK: SimTime = SimTime::from_secs(600);
/// People on the street at once; a town that wants more has a demand file with a misplaced point.
const PEOPLE_MAX: usize = 5_000;
/// Doors this far from a crossing send people over it.
const DOORS_M: f64 = 120.0;
/// Of the nearest doors, this many each side.
const DOORS: usize = 6;
const SPEED_MPS: f64 = 1.34;
const SPEED_DEVIATION_MPS: f64 = 0.26;

impl Walkers {
    pub fn new(network: &RoadNetwork, demand: Demand, clock_s: f64, scale: f64, seed: Seed) -> Walkers {
        let buildings = |area: &&road::Area| area.kind == AreaKind::Building && !area.outline_m.is_empty();
        let corners_m: Vec<[f64; 2]> = network
            .areas()
            .iter()
            .filter(buildings)
            .map(|area| area.outline_m[0])
            .collect();
        let around = |crossing: &road::Crossing| {
            let near = |corner: &&[f64; 2]| {
                libm::hypot(corner[0] - crossing.from_m[0], corner[1] - crossing.from_m[1]) < DOORS_M
            };
            1.0 + corners_m.iter().filter(near).count() as f64
        };
        let counts: Vec<f64> = network.crossings().iter().map(around).collect();
        let mean = counts.iter().sum::<f64>() / counts.len().max(1) as f64;
        let source = |(index, count): (usize, &f64)| Source {
            stream: seed.stream("world.walkers", index as u64),
            next: SimTime::ZERO,
            is_walker: false,
            attraction: (count / mean).clamp(0.3, 3.0),
            ways_m: None,
        };
        let crossings = counts.iter().enumerate().map(source).collect();
        Walkers {
            demand,
            clock_s,
            scale,
            crossings,
            next: SimTime::ZERO,
            path_m: Vec::new(),
        }
    }

    /// Sends out who is due at `now`. `footways` is asked for only if somebody is.
    pub fn step<'a>(
        &mut self,
        network: &RoadNetwork,
        footways: impl Fn() -> &'a Footways,
        now: SimTime,
        people: &mut People,
        next_id: &mut u32,
    ) {
        if now < self.next {
            return;
        }
        let rate_per_s = self.demand.walkers_per_crossing_per_h(self.clock_s + now.as_secs_f64()) * self.scale / 3600.0;
        for (index, source) in self.crossings.iter_mut().enumerate() {
            while source.next <= now {
                if source.is_walker && people.count() < PEOPLE_MAX {
                    let crossing = CrossingId(index as u32);
                    if let Some(speed_mps) = source.set_out(network, &footways, crossing, &mut self.path_m) {
                        people.add(
                            network.crossings(),
                            ActorId(*next_id),
                            &self.path_m,
                            speed_mps,
                            AtEnd::Leaves,
                        );
                        *next_id += 1;
                    }
                }
                let rate_per_s = rate_per_s * source.attraction;
                let wait = if rate_per_s > 0.0 {
                    SimTime::from_secs_f64(source.stream.exponential_s(rate_per_s).max(0.1))
                } else {
                    SimTime::MAX
                };
                // Waiting times of a Poisson process have no memory: to look again later and draw anew changes nothing.
                source.is_walker = wait <= LOOK;
                source.next = now + wait.min(LOOK);
            }
        }
        self.next = self
            .crossings
            .iter()
            .map(|source| source.next)
            .min()
            .unwrap_or(SimTime::MAX);
    }
}

impl Source {
    /// Writes the path of the next walker; the answer is the preferred speed. `None` if the crossing leads nowhere.
    fn set_out<'a>(
        &mut self,
        network: &RoadNetwork,
        footways: &impl Fn() -> &'a Footways,
        crossing: CrossingId,
        path_m: &mut Vec<[f64; 3]>,
    ) -> Option<f64> {
        let ways_m = self
            .ways_m
            .get_or_insert_with(|| [true, false].map(|forward| ways(network, footways(), crossing, forward)));
        let stream = &mut self.stream;
        let forward = stream.chance(0.5);
        let [start, end] = if forward { [0, 1] } else { [1, 0] };
        let (from, to) = (stream.uniform(), stream.uniform());
        let aside_share = stream.between(-0.35, 0.35);
        let speed_mps = (SPEED_MPS + SPEED_DEVIATION_MPS * stream.normal()).clamp(0.7, 2.1);
        if ways_m[start].is_empty() || ways_m[end].is_empty() {
            return None;
        }
        let pick = |ways: &[Vec<[f64; 3]>], share: f64| ((share * ways.len() as f64) as usize).min(ways.len() - 1);
        let here = &network.crossings()[crossing.0 as usize];
        let run = [here.to_m[0] - here.from_m[0], here.to_m[1] - here.from_m[1]];
        let length_m = libm::hypot(run[0], run[1]).max(1e-3);
        let aside_m = aside_share * here.width_m;
        let shifted = |point: [f64; 3]| {
            [
                point[0] - run[1] / length_m * aside_m,
                point[1] + run[0] / length_m * aside_m,
                point[2],
            ]
        };
        path_m.clear();
        let way = &ways_m[start][pick(&ways_m[start], from)];
        path_m.extend_from_slice(&way[..way.len() - 1]);
        path_m.push(shifted(way[way.len() - 1]));
        let way = &ways_m[end][pick(&ways_m[end], to)];
        path_m.push(shifted(way[way.len() - 1]));
        path_m.extend(way[..way.len() - 1].iter().rev());
        Some(speed_mps)
    }
}

/// Walks from doors to one end of a crossing: from buildings' walls, else from along the sidewalk, else from the verge.
fn ways(network: &RoadNetwork, footways: &Footways, crossing: CrossingId, forward: bool) -> Vec<Vec<[f64; 3]>> {
    let here = &network.crossings()[crossing.0 as usize];
    let (end, other) = if forward {
        (here.from_m, here.to_m)
    } else {
        (here.to_m, here.from_m)
    };
    let mut doors: Vec<(f64, [f64; 3])> = Vec::new();
    for area in network.areas().iter().filter(|area| area.kind == AreaKind::Building) {
        let nearest = walls(&area.outline_m).map(|(a, b)| nearest_on(a, b, [end[0], end[1]]));
        let gap = |point: [f64; 2]| libm::hypot(point[0] - end[0], point[1] - end[1]);
        if let Some(door) = nearest.min_by(|a, b| gap(*a).total_cmp(&gap(*b))) {
            let door_m = gap(door);
            let across_m = libm::hypot(door[0] - other[0], door[1] - other[1]);
            if door_m < DOORS_M && door_m < across_m && door_m > 1.0 {
                doors.push((door_m, [door[0], door[1], end[2]]));
            }
        }
    }
    doors.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Whose way leads over the crossing itself lives on its other side.
    let is_this_side = |way: &[[f64; 3]]| {
        way.iter()
            .all(|at| libm::hypot(at[0] - other[0], at[1] - other[1]) > 0.5)
    };
    let walk = |door: [f64; 3]| {
        let way = footways.walk(door, end);
        way.filter(|way| length_m(way) < 2.5 * DOORS_M && is_this_side(way))
    };
    let from_doors: Vec<_> = doors
        .into_iter()
        .take(2 * DOORS)
        .filter_map(|(_, door)| walk(door))
        .take(DOORS)
        .collect();
    if !from_doors.is_empty() {
        return from_doors;
    }
    let from_sidewalk: Vec<_> = footways
        .sidewalk_near(crossing, forward)
        .filter_map(walk)
        .take(DOORS)
        .collect();
    if !from_sidewalk.is_empty() {
        return from_sidewalk;
    }
    let run = [end[0] - other[0], end[1] - other[1]];
    let run_m = libm::hypot(run[0], run[1]).max(1e-3);
    vec![vec![
        [end[0] + 4.0 * run[0] / run_m, end[1] + 4.0 * run[1] / run_m, end[2]],
        end,
    ]]
}

fn walls(outline_m: &[[f64; 2]]) -> impl Iterator<Item = ([f64; 2], [f64; 2])> + '_ {
    (0..outline_m.len()).map(|i| (outline_m[i], outline_m[(i + 1) % outline_m.len()]))
}

fn nearest_on(a: [f64; 2], b: [f64; 2], point: [f64; 2]) -> [f64; 2] {
    let run = [b[0] - a[0], b[1] - a[1]];
    let square_m2 = run[0] * run[0] + run[1] * run[1];
    if square_m2 <= 0.0 {
        return a;
    }
    let share = (((point[0] - a[0]) * run[0] + (point[1] - a[1]) * run[1]) / square_m2).clamp(0.0, 1.0);
    [a[0] + run[0] * share, a[1] + run[1] * share]
}

fn length_m(way: &[[f64; 3]]) -> f64 {
    way.windows(2)
        .map(|pair| libm::hypot(pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]))
        .sum()
}
