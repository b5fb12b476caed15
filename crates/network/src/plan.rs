//! Plans: where to put masts so that a service's metres have the link they need, at least cost.
//!
//! In go the places that count, candidate places, the site's bands and settings, costs and a target share; out come three plans judged alike: ours (greedy,
//! then masts taken away and moved while that saves or helps), greedy, and random (the mean of several). Each set of masts is judged by
//! the whole model, interference among them included. One edge site serves all: fibre costs 5 microseconds a kilometre; it stands at the mast
//! from which the farthest is nearest.

use crate::cover::{Requirement, Surveyor};
use crate::radio::environment::{Environment, Place};
use crate::radio::link::Evaluator;
use crate::radio::obstacles::Obstacles;
use crate::site::{Mast, NetworkSite};
use rayon::prelude::*;
use record::Seed;

/// Candidates at most; more cost time and find little.
pub const CANDIDATES_MAX: usize = 150;
/// Places at most; more are thinned evenly.
pub const PLACES_MAX: usize = 1_200;
/// Masts of a plan at most.
pub const MASTS_MAX: usize = 60;
/// Random plans, whose mean is told.
const RANDOM_PLANS: u64 = 10;
/// Rounds of improvement at most; each ends early when nothing helps.
const ROUNDS_MAX: usize = 3;

/// What a plan costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// A mast with its sectors.
    pub mast: f64,
    /// An edge site.
    pub edge_site: f64,
}

/// A plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Indices of the candidates taken, sorted.
    pub masts: Vec<usize>,
    /// Share of places where the requirement holds.
    pub holds: f64,
    /// Mast at which the edge site stands (an index into `masts`), if there is any mast.
    pub edge_site: Option<usize>,
    /// What it costs.
    pub cost: f64,
}

/// The three plans.
#[derive(Clone, Debug, PartialEq)]
pub struct Plans {
    /// Ours.
    pub ours: Plan,
    /// Always the mast that helps most.
    pub greedy: Plan,
    /// Mean number of masts, share and cost of random plans.
    pub random: [f64; 3],
}

/// Makes plans for places and candidates.
pub struct Planner<'a> {
    site: NetworkSite,
    surveyor_site: &'a NetworkSite,
    requirement: Requirement,
    share_min: f64,
    places: Vec<Place>,
    /// Gains of each candidate's sectors at each place: place by place, candidate by candidate, sector by sector.
    gains: Vec<f32>,
    sectors: usize,
    costs: Costs,
    target: f64,
}

impl<'a> Planner<'a> {
    /// `candidates` is a site whose masts are the candidates, all with as many sectors.
    pub fn new(
        candidates: &'a NetworkSite,
        obstacles: &Obstacles,
        mut places: Vec<Place>,
        requirement: Requirement,
        share_min: f64,
        costs: Costs,
        target: f64,
    ) -> Planner<'a> {
        assert!(
            candidates
                .masts
                .iter()
                .all(|mast| mast.sectors.len() == candidates.masts[0].sectors.len()),
            "candidates differ in sectors"
        );
        let every = places.len().div_ceil(PLACES_MAX).max(1);
        places = places.into_iter().step_by(every).collect();
        let environment = Environment::among(candidates, obstacles.clone());
        let cells = candidates.cells().count();
        let mut gains = vec![0.0; cells * places.len()];
        gains
            .par_chunks_mut(cells.max(1))
            .zip(&places)
            .for_each(|(gains, place)| environment.gains(*place, gains));
        Planner {
            sectors: candidates.masts.first().map_or(0, |mast| mast.sectors.len()),
            site: NetworkSite {
                masts: Vec::new(),
                ..candidates.clone()
            },
            surveyor_site: candidates,
            requirement,
            share_min,
            places,
            gains,
            costs,
            target,
        }
    }

    /// All three.
    pub fn plan(&self, seed: Seed, tick: impl Fn(&str)) -> Plans {
        let greedy = self.greedy(&tick);
        let ours = self.improved(greedy.clone(), &tick);
        tick("random");
        let random: Vec<Vec<usize>> = (0..RANDOM_PLANS)
            .map(|index| self.random(seed.child("network.plan.random", index)))
            .collect();
        let mean = |of: &dyn Fn(&Vec<usize>) -> f64| random.iter().map(of).sum::<f64>() / RANDOM_PLANS as f64;
        Plans {
            random: [
                mean(&|masts| masts.len() as f64),
                mean(&|masts| self.holds(masts)),
                mean(&|masts| self.cost(masts)),
            ],
            ours: self.finished(ours),
            greedy: self.finished(greedy),
        }
    }

    /// Share of places where the requirement holds with these masts.
    pub fn holds(&self, masts: &[usize]) -> f64 {
        if masts.is_empty() || self.places.is_empty() {
            return 0.0;
        }
        let mut site = self.site.clone();
        site.masts = masts
            .iter()
            .map(|&mast| self.surveyor_site.masts[mast].clone())
            .collect();
        // The surveyor judges links; gains are known already, so that nothing of its environment is asked.
        let environment = Environment::among(&site, Obstacles::none());
        let surveyor = Surveyor::new(&environment, self.requirement, self.share_min);
        let evaluator = Evaluator::new(&site);
        let all = self.surveyor_site.masts.len() * self.sectors;
        let mut gains = vec![0.0; masts.len() * self.sectors];
        let held = self.places.iter().enumerate().filter(|(index, place)| {
            let of_place = &self.gains[index * all..(index + 1) * all];
            for (own, &mast) in gains.chunks_mut(self.sectors).zip(masts) {
                own.copy_from_slice(&of_place[mast * self.sectors..(mast + 1) * self.sectors]);
            }
            surveyor.judged(**place, evaluator.best(&gains, self.share_min)).holds
        });
        held.count() as f64 / self.places.len() as f64
    }

    fn cost(&self, masts: &[usize]) -> f64 {
        self.costs.mast * masts.len() as f64 + if masts.is_empty() { 0.0 } else { self.costs.edge_site }
    }

    /// The candidates that are not taken, each with what holds if it is added; in order.
    fn additions(&self, masts: &[usize]) -> Vec<(usize, f64)> {
        let free = (0..self.surveyor_site.masts.len())
            .into_par_iter()
            .filter(|mast| !masts.contains(mast));
        free.map(|mast| {
            let mut with = masts.to_vec();
            with.push(mast);
            with.sort_unstable();
            (mast, self.holds(&with))
        })
        .collect()
    }

    fn greedy(&self, tick: &impl Fn(&str)) -> Vec<usize> {
        let mut masts: Vec<usize> = Vec::new();
        let mut holds = 0.0;
        while holds < self.target && masts.len() < MASTS_MAX {
            // The first of equals.
            let best = self
                .additions(&masts)
                .into_iter()
                .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            let Some((mast, with)) = best.filter(|best| best.1 > holds || masts.is_empty()) else {
                break;
            };
            masts.push(mast);
            masts.sort_unstable();
            holds = with;
            tick(&format!("{} masts: {:.1} %", masts.len(), 100.0 * holds));
        }
        masts
    }

    /// Takes masts away that are not needed, and moves one at a time where that makes another superfluous or holds more.
    fn improved(&self, mut masts: Vec<usize>, tick: &impl Fn(&str)) -> Vec<usize> {
        let without = |masts: &[usize], index: usize| {
            let mut fewer = masts.to_vec();
            fewer.remove(index);
            fewer
        };
        for round in 0..ROUNDS_MAX {
            let before = masts.clone();
            let goal = self.target.min(self.holds(&masts));
            // The most superfluous first.
            while masts.len() > 1 {
                let best = (0..masts.len())
                    .map(|index| (index, self.holds(&without(&masts, index))))
                    .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
                match best {
                    Some((index, holds)) if holds >= goal => masts = without(&masts, index),
                    _ => break,
                }
            }
            for index in 0..masts.len() {
                tick(&format!(
                    "round {}: moving mast {} of {}",
                    round + 1,
                    index + 1,
                    masts.len()
                ));
                if index >= masts.len() {
                    break;
                }
                let fewer = without(&masts, index);
                let here = self.holds(&masts);
                let best = self
                    .additions(&fewer)
                    .into_iter()
                    .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
                if let Some((mast, holds)) = best
                    && holds > here
                {
                    masts = fewer;
                    masts.push(mast);
                    masts.sort_unstable();
                }
            }
            if masts == before {
                break;
            }
        }
        masts
    }

    fn random(&self, seed: Seed) -> Vec<usize> {
        let mut luck = seed.stream("network.plan.order", 0);
        let mut rest: Vec<usize> = (0..self.surveyor_site.masts.len()).collect();
        let mut masts = Vec::new();
        while !rest.is_empty() && masts.len() < MASTS_MAX && self.holds(&masts) < self.target {
            masts.push(rest.swap_remove(luck.below(rest.len())));
            masts.sort_unstable();
        }
        masts
    }

    fn finished(&self, masts: Vec<usize>) -> Plan {
        let at = |index: usize| self.surveyor_site.masts[masts[index]].at_m;
        let farthest_m = |from: usize| {
            let distances = (0..masts.len()).map(|to| libm::hypot(at(to)[0] - at(from)[0], at(to)[1] - at(from)[1]));
            distances.fold(0.0, f64::max)
        };
        let edge_site = (0..masts.len()).min_by(|&a, &b| farthest_m(a).total_cmp(&farthest_m(b)));
        Plan {
            holds: self.holds(&masts),
            cost: self.cost(&masts),
            edge_site,
            masts,
        }
    }
}

/// Candidates beside roads: on a grid over the places that count, moved to the place nearest and off the road by a few metres; thinned to
/// [`CANDIDATES_MAX`]. Each is a mast like `model`.
pub fn candidates(places: &[Place], spacing_m: f64, model: &Mast) -> Vec<Mast> {
    const BESIDE_ROAD_M: f64 = 12.0;
    let mut spacing_m = spacing_m.max(10.0);
    loop {
        let mut taken = std::collections::BTreeMap::new();
        for place in places.iter().filter(|place| place.in_tunnel_m.is_none()) {
            let square = place.at_m.map(|value| libm::floor(value / spacing_m) as i64);
            taken.entry(square).or_insert(place.at_m);
        }
        if taken.len() <= CANDIDATES_MAX {
            let masts = taken.into_values().enumerate().map(|(index, [x_m, y_m])| Mast {
                name: format!("P{}", index + 1),
                at_m: [x_m + BESIDE_ROAD_M, y_m],
                ..model.clone()
            });
            return masts.collect();
        }
        spacing_m *= 1.15;
    }
}
