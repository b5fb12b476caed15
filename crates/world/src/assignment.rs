//! Which ways a matrix's vehicles take: each the quickest that the others leave it.
//!
//! In go a network, traffic that is given, a matrix and, if there are any, counts; out come vehicles with their ways. It
//! goes on in rounds: everyone drives, times on each street are measured by interval, and of those who would have been
//! quicker on another way some take it next time. Vehicles are told apart by their flow and number, so that one more
//! changes no other's luck.
//!
//! **Method**: the method of successive averages over simulated times. In the k-th round a vehicle whose way takes longer
//! than the quickest changes to that with a chance of 1/(k+1). What remains is told as the *relative gap*: by how much
//! all ways together take longer than the quickest would, measured on the times of the same round. Source: Y. Sheffi,
//! "Urban Transportation Networks" (1985), chapter 5; for simulated times, R. B. Dial and others in "Dynamic Traffic
//! Assignment: A Primer" (Transportation Research Circular E-C153, 2011), section 3.
//!
//! **Calibration**: after each round every flow is scaled by the mean ratio of counted to simulated vehicles of the places
//! that its vehicles passed, each weighted by how many did, damped by a square root. The fit is told as the GEH statistic
//! (Design Manual for Roads and Bridges, volume 12, part 1): below 5 on 85 % of the counts is usually asked for.

mod search;

use crate::WorldError;
use crate::microscopic::{Settings, Simulation};
use crate::sumo::{
    Count, DepartLane, DepartPosition, DepartSpeed, Departure, NONE, OdFlow, Place, StreetNetwork, SumoDemand,
    VehicleClass,
};
use record::Seed;
use search::Search;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// Times are measured over so long, seconds.
const INTERVAL_S: f64 = 300.0;
/// Who would gain less than this share stays on its way.
const INDIFFERENT: f64 = 0.01;
/// Nobody is slower on a street than this in measured times: a street that stood tells no speed.
const SLOWEST_MPS: f64 = 0.2;
/// After the last departure a round goes on no longer than this.
const AFTERWARDS_S: f64 = 7200.0;
/// Flows are scaled no farther than this, up or down.
const SCALE_MAX: f64 = 10.0;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The streets.
    pub network: Arc<StreetNetwork>,
    /// Traffic that is given; the last of its choices is the type of the matrix's vehicles.
    pub given: SumoDemand,
    /// The matrix.
    pub flows: Vec<OdFlow>,
    /// Counts to come near to.
    pub counts: Vec<Count>,
    /// How rounds are played.
    pub settings: Settings,
}

/// What a round came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Round {
    /// The matrix's vehicles.
    pub vehicles: usize,
    /// Of all vehicles those that had not arrived at the end.
    pub on_the_way: usize,
    /// By what share ways took longer than the quickest.
    pub gap: f64,
    /// Mean time of those who arrived, seconds.
    pub mean_duration_s: f64,
    /// Share of the counts with a GEH below 5, if there are counts.
    pub fit: Option<f64>,
    /// Who takes another way next time.
    pub changed: usize,
}

/// A count beside what a round played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// What was counted.
    pub count: Count,
    /// Vehicles of the round.
    pub simulated: f64,
}

impl Fit {
    /// The GEH statistic, of volumes an hour.
    pub fn geh(&self) -> f64 {
        let hours = (self.count.end_s - self.count.begin_s) / 3600.0;
        let (counted, simulated) = (self.count.vehicles / hours, self.simulated / hours);
        match counted + simulated > 0.0 {
            true => libm::sqrt(2.0 * (simulated - counted) * (simulated - counted) / (counted + simulated)),
            false => 0.0,
        }
    }
}

/// A vehicle of the matrix.
#[derive(Clone, Debug)]
struct Traveller {
    flow: u32,
    number: u32,
    depart_s: f64,
    from: u32,
    to: u32,
    way: u32,
}

/// Rounds of assignment.
#[derive(Debug)]
pub struct Assignment {
    question: Question,
    search: Search,
    travellers: Vec<Traveller>,
    /// Ways that somebody takes or took: edges, and the joints between them.
    ways: Vec<(Vec<u32>, Vec<u8>)>,
    index: BTreeMap<Vec<u32>, u32>,
    /// Of each flow, by what it is multiplied.
    scales: Vec<f64>,
    rounds: u32,
    fits: Vec<Fit>,
}

impl Assignment {
    /// Everyone on the way that is quickest on empty streets. Pairs without a way are told, all at once.
    pub fn new(question: Question) -> Result<Assignment, WorldError> {
        let class = question
            .given
            .choices
            .last()
            .and_then(|choice| choice.first())
            .map_or(VehicleClass::PASSENGER, |&(kind, _)| {
                question.given.kinds[kind as usize].class
            });
        let last_s = question.flows.iter().map(|flow| flow.end_s).fold(0.0, f64::max);
        let mut assignment = Assignment {
            search: Search::new(&question.network, class, last_s + AFTERWARDS_S, INTERVAL_S),
            travellers: Vec::new(),
            ways: Vec::new(),
            index: BTreeMap::new(),
            scales: vec![1.0; question.flows.len()],
            rounds: 0,
            fits: Vec::new(),
            question,
        };
        assignment.gather()?;
        Ok(assignment)
    }

    /// The counts beside the last round.
    pub fn fits(&self) -> &[Fit] {
        &self.fits
    }

    /// The name of an edge.
    pub fn edge_id(&self, edge: u32) -> &str {
        &self.question.network.edges[edge as usize].id
    }

    /// By how much flows have been multiplied: least and most.
    pub fn scales(&self) -> (f64, f64) {
        let all = || self.scales.iter().copied();
        (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max))
    }

    /// Plays a round, and lets some take other ways in the next.
    pub fn round(&mut self) -> Result<Round, WorldError> {
        let demand = Arc::new(self.demand());
        let network = Arc::clone(&self.question.network);
        let mut simulation = Simulation::new(Arc::clone(&network), demand, self.question.settings)?;
        simulation.measure_edges();
        let last_s = self.question.flows.iter().map(|flow| flow.end_s).fold(0.0, f64::max);
        let mut counted = vec![0.0; self.question.counts.len()];
        let begin_s = simulation.now_s();
        let mut interval = 0;
        while !simulation.is_over() && simulation.now_s() < last_s + AFTERWARDS_S {
            let to_s = begin_s + f64::from(interval + 1) * INTERVAL_S;
            while !simulation.is_over() && simulation.now_s() < to_s - 1e-6 {
                simulation.step();
            }
            let measures = simulation.take_edge_measures();
            let from_s = to_s - INTERVAL_S;
            for (count, counted) in self.question.counts.iter().zip(&mut counted) {
                let shared_s = to_s.min(count.end_s) - from_s.max(count.begin_s);
                let passed = measures[count.edge as usize].left + measures[count.edge as usize].arrived;
                *counted += passed as f64 * (shared_s / INTERVAL_S).clamp(0.0, 1.0);
            }
            for (edge, measured) in (0..).zip(&measures) {
                if measured.sampled_s > 0.0 {
                    let speed_mps = (measured.driven_m / measured.sampled_s).max(SLOWEST_MPS);
                    self.search.measure(edge, from_s, speed_mps);
                }
            }
            interval += 1;
        }
        let totals = simulation.totals();
        let durations: Vec<f64> = simulation
            .trips()
            .iter()
            .filter(|trip| trip.arrival_s.is_finite())
            .map(|trip| trip.duration_s())
            .collect();
        let fits = self.question.counts.iter().zip(counted);
        self.fits = fits.map(|(&count, simulated)| Fit { count, simulated }).collect();
        let good = self.fits.iter().filter(|fit| fit.geh() < 5.0).count();
        let fit = (!self.fits.is_empty()).then(|| good as f64 / self.fits.len() as f64);
        let vehicles = self.travellers.len();
        self.search.settle();
        let (gap, changed) = self.change_ways();
        if !self.fits.is_empty() {
            self.scale();
            self.gather()?;
        }
        self.rounds += 1;
        Ok(Round {
            vehicles,
            on_the_way: totals.running + totals.waiting + totals.due,
            gap,
            mean_duration_s: durations.iter().sum::<f64>() / durations.len().max(1) as f64,
            fit,
            changed,
        })
    }

    /// The vehicles of the matrix as a route file; `driver` are attributes of their type.
    pub fn routes(&self, driver: &str) -> String {
        let network = &self.question.network;
        let mut text = format!("<routes>\n<vType id=\"assigned\" {driver}/>\n");
        let mut travellers: Vec<&Traveller> = self.travellers.iter().collect();
        travellers.sort_by(|a, b| a.depart_s.total_cmp(&b.depart_s));
        for traveller in travellers {
            let edges = self.ways[traveller.way as usize].0.iter();
            let names: Vec<&str> = edges.map(|&edge| network.edges[edge as usize].id.as_str()).collect();
            let _ = writeln!(
                text,
                "<vehicle id=\"{}.{}\" type=\"assigned\" depart=\"{:.2}\" departLane=\"best\" departSpeed=\"max\"><route edges=\"{}\"/></vehicle>",
                traveller.flow,
                traveller.number,
                traveller.depart_s,
                names.join(" ")
            );
        }
        text + "</routes>\n"
    }

    /// Everyone, given and of the matrix.
    fn demand(&self) -> SumoDemand {
        let mut demand = self.question.given.clone();
        let choice = demand.choices.len() as u32 - 1;
        let routes: Vec<u32> = self
            .ways
            .iter()
            .map(|(edges, turns)| demand.add_route(edges, turns))
            .collect();
        demand
            .departures
            .extend(self.travellers.iter().map(|traveller| Departure {
                id: format!("{}.{}", traveller.flow, traveller.number),
                choice,
                route: routes[traveller.way as usize],
                depart_s: traveller.depart_s,
                lane: DepartLane::Best,
                position: DepartPosition::Base,
                speed: DepartSpeed::Desired,
                arrival_m: None,
                stops: Vec::new(),
                place: Place { file: 0, line: 0 },
            }));
        demand.departures.sort_by(|a, b| a.depart_s.total_cmp(&b.depart_s));
        demand
    }

    /// As many travellers of each flow as it has now; who was there before stays, on its way.
    fn gather(&mut self) -> Result<(), WorldError> {
        let mut known: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for traveller in self.travellers.drain(..) {
            known.insert((traveller.flow, traveller.number), traveller.way);
        }
        for (flow, (record, &scale)) in (0..).zip(self.question.flows.iter().zip(&self.scales)) {
            let seed = self.question.settings.seed.child("assignment.flow", u64::from(flow));
            // What is not whole is one more, or none.
            let wanted = record.vehicles * scale;
            let more = seed.stream("assignment.rest", 0).chance(wanted - libm::floor(wanted));
            let count = libm::floor(wanted) as u32 + u32::from(more);
            for number in 0..count {
                let mut stream = seed.stream("assignment.traveller", u64::from(number));
                let depart_s = stream.between(record.begin_s, record.end_s);
                let (from, to) = (
                    drawn(&record.sources, stream.uniform()),
                    drawn(&record.sinks, stream.uniform()),
                );
                self.travellers.push(Traveller {
                    flow,
                    number,
                    depart_s,
                    from,
                    to,
                    way: known.get(&(flow, number)).copied().unwrap_or(NONE),
                });
            }
        }
        let mut lost: BTreeMap<(String, String), usize> = BTreeMap::new();
        for index in self.by_origin() {
            let traveller = &self.travellers[index];
            if traveller.way != NONE {
                continue;
            }
            match self.search.quickest(traveller.from, traveller.to, traveller.depart_s) {
                Some(edges) => self.travellers[index].way = self.interned(edges),
                None => {
                    let flow = &self.question.flows[traveller.flow as usize];
                    *lost.entry((flow.from.clone(), flow.to.clone())).or_default() += 1;
                }
            }
        }
        if lost.is_empty() {
            return Ok(());
        }
        let told = lost.iter().take(25).map(|((from, to), count)| {
            format!("no way leads from `{from}` to `{to}`, where {count} vehicles want to go\nhint: take the pair out, or join its streets")
        });
        Err(WorldError::Demand(told.collect()))
    }

    /// Travellers in an order in which those who ask for the same tree of ways stand together.
    fn by_origin(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.travellers.len()).collect();
        let key = |&index: &usize| {
            let traveller = &self.travellers[index];
            (traveller.from, (traveller.depart_s / INTERVAL_S) as u64, index)
        };
        order.sort_by_key(key);
        order
    }

    fn interned(&mut self, edges: Vec<u32>) -> u32 {
        if let Some(&way) = self.index.get(&edges) {
            return way;
        }
        let turns = self
            .question
            .network
            .turns(&edges)
            .expect("the search goes from joint to joint");
        let way = self.ways.len() as u32;
        self.index.insert(edges.clone(), way);
        self.ways.push((edges, turns));
        way
    }

    /// Some take the quickest way; the relative gap before that, and how many did.
    fn change_ways(&mut self) -> (f64, usize) {
        let (mut taken_s, mut best_s, mut changed) = (0.0, 0.0, 0);
        let seed = self.question.settings.seed;
        for index in self.by_origin() {
            let traveller = self.travellers[index].clone();
            let own_s = self
                .search
                .time_s(&self.ways[traveller.way as usize].0, traveller.depart_s);
            let Some(quickest) = self.search.quickest(traveller.from, traveller.to, traveller.depart_s) else {
                continue;
            };
            let least_s = self.search.time_s(&quickest, traveller.depart_s).min(own_s);
            taken_s += own_s;
            best_s += least_s;
            let who = seed.child("assignment.change", u64::from(traveller.flow));
            let mut stream =
                Seed(who.0 ^ u64::from(self.rounds) << 32).stream("assignment.luck", u64::from(traveller.number));
            if own_s > least_s * (1.0 + INDIFFERENT) && stream.chance(1.0 / f64::from(self.rounds + 2)) {
                self.travellers[index].way = self.interned(quickest);
                changed += 1;
            }
        }
        (if best_s > 0.0 { taken_s / best_s - 1.0 } else { 0.0 }, changed)
    }

    /// Brings flows nearer to the counts.
    fn scale(&mut self) {
        let mut sums = vec![(0.0, 0.0); self.scales.len()];
        let mut places: BTreeMap<u32, Vec<(Count, f64)>> = BTreeMap::new();
        for fit in &self.fits {
            // One vehicle more on either side: nobody where somebody was counted is not infinitely far off.
            let ratio = libm::log((fit.count.vehicles + 1.0) / (fit.simulated + 1.0));
            places.entry(fit.count.edge).or_default().push((fit.count, ratio));
        }
        for traveller in &self.travellers {
            let mut at_s = traveller.depart_s;
            for &edge in &self.ways[traveller.way as usize].0 {
                at_s += self.search.edge_s(edge, at_s);
                for (count, ratio) in places.get(&edge).into_iter().flatten() {
                    if (count.begin_s..count.end_s).contains(&at_s) {
                        let sum = &mut sums[traveller.flow as usize];
                        *sum = (sum.0 + ratio, sum.1 + 1.0);
                    }
                }
            }
        }
        for (scale, (sum, weight)) in self.scales.iter_mut().zip(sums) {
            if weight > 0.0 {
                *scale = (*scale * libm::exp(0.5 * sum / weight)).clamp(1.0 / SCALE_MAX, SCALE_MAX);
            }
        }
    }
}

/// One of several by weight.
fn drawn(choices: &[(u32, f64)], luck: f64) -> u32 {
    let all: f64 = choices.iter().map(|choice| choice.1).sum();
    let mut left = luck * all;
    for &(edge, weight) in choices {
        left -= weight;
        if left < 0.0 {
            return edge;
        }
    }
    choices[choices.len() - 1].0
}
