//! The fitted mode: a model of delay learned from measured runs, that makes runs like them.
//!
//! In go [`Trace`]s; out comes a [`DelayModel`] that gives each packet of any run (its sending times, its serving cells, the power
//! received, the speed) a delay. What the runs show, and the model therefore holds:
//!
//! - Packets come in order. When one is held up, all behind it wait, and come together when it does: a **stall**. So a run is a row of
//!   ordinary delays, and stalls at certain packets; the share of late packets follows from how often and how long.
//! - **Ordinary delays** have the distribution measured in the serving cell, and neighbours are alike: a Gaussian copula of the first
//!   order, with the measured correlation (Joe, "Dependence Modeling with Copulas", 2014, section 4.3.1).
//! - **Stalls** begin at a packet with a chance that depends on coverage, on speed and on whether the cell changes about then (logistic), and
//!   on what has just happened: they come in clusters, and while a backlog is being delivered another is likelier.
//! - **Lengths of stalls** are a least time, that of one repetition, and a Lomax (Pareto type II) excess, whose tail is that of repetitions whose
//!   waits double; by coverage, and apart for those that begin in a backlog, which are longer because waits have doubled already; cut a third beyond
//!   the longest seen.
//! - The **share of late packets** where coverage is poor is met by simulation: few events decide it, and likelihood alone leaves it low.
//! - **Coverage** of a cell is poor below a received power, found as the split that makes the stalls seen likeliest; no split where
//!   it explains little.
//!
//! Not known: why a cell stalls, and places as such.

use super::{Packet, Trace, quantile};
use libm::{exp, log, sqrt};
use record::{Seed, Stream};
use std::collections::BTreeMap;

/// A packet that takes longer than this without a backlog before it has stalled: an order above the ordinary, and below the least
/// repetition seen (260 ms).
const STALL_MS: f64 = 150.0;
/// A stall is recent for so long: four in five that follow another do so within it.
const RECENT_MS: f64 = 3_000.0;
/// The cell changes "about then" within so long: signals are told each 13 s in the runs that this was made for.
const CHANGE_MS: f64 = 13_500.0;
/// So many stalls in a backlog have lengths of their own.
const BACKLOG_STALLS_MIN: usize = 4;
/// A cell needs so many ordinary packets to have a distribution of its own.
const CELL_PACKETS_MIN: usize = 100;
/// A split of a cell by power must make its stalls so much likelier (logarithm): 1 in 20,000 by chance.
const SPLIT_GAIN_MIN: f64 = 10.0;
/// Nothing is known of stalls longer than the longest seen; a third more is believed.
const BEYOND_LONGEST: f64 = 4.0 / 3.0;
/// Packets' worth of belief that a chance is like that of quieter times, before anything is counted.
const PRIOR_PACKETS: f64 = 200.0;
/// Quantiles kept of a distribution.
const QUANTILES: usize = 257;

/// What a packet meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coverage {
    /// As usual.
    Good,
    /// Below the power at which the cell begins to stall.
    Poor,
}

/// The model.
#[derive(Clone, Debug)]
pub struct DelayModel {
    /// Below this power a cell covers poorly.
    thresholds_dbm: BTreeMap<String, f64>,
    /// Quantiles of ordinary delays by cell and coverage, evenly spaced from 0 to 1.
    ordinary: BTreeMap<(String, Coverage), Ordinary>,
    /// Of cells that were not seen, by coverage.
    pooled: [Ordinary; 2],
    stalls: [Stalls; 2],
}

#[derive(Clone, Debug)]
struct Ordinary {
    quantiles_ms: Vec<f64>,
    /// Correlation of neighbours' normal scores.
    correlation: f64,
}

#[derive(Clone, Debug)]
struct Stalls {
    /// Logit of the chance at a packet in calm times: by [`Causes`].
    calm: Causes,
    /// How many times likelier after a stall, and while a backlog is delivered.
    recent_factor: f64,
    backlog_factor: f64,
    length: Lomax,
    length_in_backlog: Lomax,
}

/// What a stall may come of: always 1, the speed in tens of metres a second, and 1 about a change of cells; or the weights of these.
type Causes = [f64; 3];

/// `least_ms` plus a Lomax excess.
#[derive(Clone, Copy, Debug)]
struct Lomax {
    least_ms: f64,
    scale_ms: f64,
    shape: f64,
    longest_ms: f64,
}

/// What a packet went through, told from a run.
struct Seen {
    coverage: Coverage,
    causes: Causes,
    context: Context,
    /// Length of the stall that began with it: the time since the last arrival.
    stalled_ms: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Context {
    Calm,
    Recent,
    Backlog,
}

impl DelayModel {
    /// Learns from runs. Lost packets are left out.
    pub fn fit(runs: &[Trace]) -> DelayModel {
        let mut thresholds_dbm = BTreeMap::new();
        let mut by_cell: BTreeMap<&str, Vec<(f64, bool)>> = BTreeMap::new();
        for run in runs {
            walk(run, |_, packet, _, stalled_ms| {
                if let Some(power) = packet.rsrp_dbm {
                    by_cell
                        .entry(&run.cells[packet.cell])
                        .or_default()
                        .push((power, stalled_ms.is_some()));
                }
            });
        }
        for (cell, seen) in by_cell {
            if let Some(threshold_dbm) = split(seen) {
                thresholds_dbm.insert(cell.to_owned(), threshold_dbm);
            }
        }
        let mut seen = Vec::new();
        let mut delays: BTreeMap<(String, Coverage), Vec<Vec<f64>>> = BTreeMap::new();
        for run in runs {
            let mut last = None;
            let causes = causes_of(run);
            walk(run, |index, packet, context, stalled_ms| {
                let cell = &run.cells[packet.cell];
                let coverage = coverage(&thresholds_dbm, cell, packet.rsrp_dbm);
                seen.push(Seen {
                    coverage,
                    causes: causes[index],
                    context,
                    stalled_ms,
                });
                let key = (cell.clone(), coverage);
                let (Some(delay_ms), true) = (packet.delay_ms, context != Context::Backlog && stalled_ms.is_none())
                else {
                    last = None;
                    return;
                };
                // A row of neighbours ends with a stall or a change of cell.
                let rows = delays.entry(key.clone()).or_default();
                match rows.last_mut().filter(|_| last.as_ref() == Some(&key)) {
                    Some(row) => row.push(delay_ms),
                    None => rows.push(vec![delay_ms]),
                }
                last = Some(key);
            });
        }
        let all = |wanted: &dyn Fn(Coverage) -> bool| -> Vec<Vec<f64>> {
            delays
                .iter()
                .filter(|(key, _)| wanted(key.1))
                .flat_map(|(_, rows)| rows.clone())
                .collect()
        };
        let good = all(&|coverage| coverage == Coverage::Good);
        let poor = all(&|coverage| coverage == Coverage::Poor);
        let everything = all(&|_| true);
        let enough = |rows: &[Vec<f64>]| rows.iter().map(Vec::len).sum::<usize>() >= CELL_PACKETS_MIN;
        let pooled = [good, poor].map(|rows| Ordinary::of(if enough(&rows) { &rows } else { &everything }));
        let ordinary = delays
            .iter()
            .filter(|(_, rows)| enough(rows))
            .map(|(key, rows)| (key.clone(), Ordinary::of(rows)))
            .collect();
        let good = Stalls::of(&seen, Coverage::Good, None);
        let poor = Stalls::of(&seen, Coverage::Poor, Some(&good));
        let mut model = DelayModel {
            thresholds_dbm,
            ordinary,
            pooled,
            stalls: [good, poor],
        };
        model.match_late_share(runs);
        model
    }

    /// Makes as many packets late where coverage is poor as were, by how likely another stall is in a backlog: of what the likelihood
    /// estimates, that chance rests on the fewest events and moves that share the most (simulated moments: McFadden 1989).
    fn match_late_share(&mut self, runs: &[Trace]) {
        const PLAYS: u64 = 120;
        const FACTORS: [f64; 2] = [0.25, 8.0];
        const HALVINGS: u32 = 10;
        let poor: Vec<&Trace> = runs
            .iter()
            .filter(|run| self.is_poor(run).any(|is_poor| is_poor))
            .collect();
        let late = |model: &DelayModel, run: &Trace, delays_ms: &mut dyn Iterator<Item = Option<f64>>| {
            let counted = model
                .is_poor(run)
                .zip(delays_ms)
                .filter(|(is_poor, delay_ms)| *is_poor && delay_ms.is_some());
            counted.fold((0.0, 0.0), |(late, all), (_, delay_ms)| {
                (
                    late + f64::from(delay_ms.is_some_and(|delay_ms| delay_ms > super::LATE_MS)),
                    all + 1.0,
                )
            })
        };
        let sum = |counts: Vec<(f64, f64)>| {
            let (late, all) = counts
                .into_iter()
                .fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            late / f64::max(all, 1.0)
        };
        let measured = sum(poor
            .iter()
            .map(|run| late(self, run, &mut run.packets.iter().map(|packet| packet.delay_ms)))
            .collect());
        if poor.is_empty() || measured == 0.0 {
            return;
        }
        let estimated = self.stalls[Coverage::Poor as usize].backlog_factor;
        let (mut low, mut high) = (log(FACTORS[0]), log(FACTORS[1]));
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            self.stalls[Coverage::Poor as usize].backlog_factor = estimated * exp(middle);
            let model = &*self;
            let played = (0..PLAYS).flat_map(|play| {
                poor.iter()
                    .map(move |run| late(model, run, &mut model.play(run, Seed(play)).into_iter().map(Some)))
            });
            // The same luck each time: more stalls in backlogs are more late packets, but for the odd one.
            if sum(played.collect()) < measured {
                low = middle;
            } else {
                high = middle;
            }
        }
    }

    /// For each packet, whether coverage was poor.
    fn is_poor<'r>(&'r self, run: &'r Trace) -> impl Iterator<Item = bool> + 'r {
        let packets = run.packets.iter();
        packets.map(|packet| self.coverage(&run.cells[packet.cell], packet.rsrp_dbm) == Coverage::Poor)
    }

    /// What a packet meets in a cell at a received power.
    pub fn coverage(&self, cell: &str, rsrp_dbm: Option<f64>) -> Coverage {
        coverage(&self.thresholds_dbm, cell, rsrp_dbm)
    }

    /// Delays of a run's packets under the model, in order; the run's own delays are not looked at.
    pub fn play(&self, run: &Trace, seed: Seed) -> Vec<f64> {
        let mut link = FittedLink::new(self, seed);
        let of_cell: Vec<[&Ordinary; 2]> = run
            .cells
            .iter()
            .map(|cell| [Coverage::Good, Coverage::Poor].map(|coverage| self.ordinary_of(cell, coverage)))
            .collect();
        let packets = run.packets.iter().zip(causes_of(run));
        packets
            .map(|(packet, causes)| {
                let coverage = self.coverage(&run.cells[packet.cell], packet.rsrp_dbm);
                let ordinary = of_cell[packet.cell][coverage as usize];
                link.delay_ms(packet.sent_ms, coverage, &causes, ordinary)
            })
            .collect()
    }

    fn ordinary_of(&self, cell: &str, coverage: Coverage) -> &Ordinary {
        let own = self.ordinary.get(&(cell.to_owned(), coverage));
        own.unwrap_or(&self.pooled[coverage as usize])
    }

    /// The model in words, a line a fact.
    pub fn describe(&self) -> String {
        use std::fmt::Write;
        let mut text = String::new();
        for (cell, threshold_dbm) in &self.thresholds_dbm {
            let _ = writeln!(text, "cell {cell} covers poorly below {threshold_dbm:.1} dBm");
        }
        for ((cell, coverage), ordinary) in &self.ordinary {
            let q = |share: f64| ordinary.at(share);
            let _ = writeln!(
                text,
                "cell {cell}, {}: ordinary delay {:.0} ms (p99 {:.0} ms), correlation of neighbours {:.2}",
                coverage.word(),
                q(0.5),
                q(0.99),
                ordinary.correlation
            );
        }
        for (coverage, stalls) in [Coverage::Good, Coverage::Poor].iter().zip(&self.stalls) {
            // The runs that this was made for send 18 packets a second.
            let a_minute = |causes: Causes| 60.0 * 18.2 * chance(&stalls.calm, &causes);
            let _ = writeln!(
                text,
                "{} coverage: {:.2} stalls a minute at 5 m/s, {:.2} at 15 m/s, {:.2} at 15 m/s about changes of cells; {:.1} times likelier in the 3 s \
                 after one, {:.1} times in a backlog; length {}; in a backlog {}",
                coverage.word(),
                a_minute([1.0, 0.5, 0.0]),
                a_minute([1.0, 1.5, 0.0]),
                a_minute([1.0, 1.5, 1.0]),
                stalls.recent_factor,
                stalls.backlog_factor,
                stalls.length.describe(),
                stalls.length_in_backlog.describe(),
            );
        }
        text
    }
}

impl Coverage {
    /// As people say it.
    pub fn word(self) -> &'static str {
        match self {
            Coverage::Good => "good",
            Coverage::Poor => "poor",
        }
    }
}

/// A link that behaves as the model says, packet by packet.
struct FittedLink<'a> {
    model: &'a DelayModel,
    ordinary_luck: Stream,
    stall_luck: Stream,
    score: f64,
    arrived_ms: f64,
    stall_ended_ms: f64,
}

impl FittedLink<'_> {
    fn new(model: &DelayModel, seed: Seed) -> FittedLink<'_> {
        FittedLink {
            model,
            ordinary_luck: seed.stream("network.fit.ordinary", 0),
            stall_luck: seed.stream("network.fit.stall", 0),
            score: seed.stream("network.fit.start", 0).normal(),
            arrived_ms: f64::NEG_INFINITY,
            stall_ended_ms: f64::NEG_INFINITY,
        }
    }

    fn delay_ms(&mut self, sent_ms: f64, coverage: Coverage, causes: &Causes, ordinary: &Ordinary) -> f64 {
        let rho = ordinary.correlation;
        self.score = rho * self.score + sqrt(1.0 - rho * rho) * self.ordinary_luck.normal();
        let ordinary_ms = ordinary.at(normal_share(self.score));
        let context = context(sent_ms, self.arrived_ms, self.stall_ended_ms);
        let stalls = &self.model.stalls[coverage as usize];
        let length = if context == Context::Backlog {
            &stalls.length_in_backlog
        } else {
            &stalls.length
        };
        // Both are drawn for each packet, so that one packet's stall does not change another's luck.
        let stalls_now = self.stall_luck.chance(stalls.chance(context, causes));
        let length_ms = length.at(self.stall_luck.uniform());
        let mut arrives_ms = (sent_ms + ordinary_ms).max(self.arrived_ms);
        if stalls_now && self.arrived_ms.is_finite() {
            arrives_ms = arrives_ms.max(self.arrived_ms + length_ms);
            self.stall_ended_ms = arrives_ms;
        }
        self.arrived_ms = arrives_ms;
        arrives_ms - sent_ms
    }
}

fn context(sent_ms: f64, last_arrived_ms: f64, stall_ended_ms: f64) -> Context {
    if sent_ms < last_arrived_ms {
        Context::Backlog
    } else if sent_ms < stall_ended_ms + RECENT_MS {
        Context::Recent
    } else {
        Context::Calm
    }
}

/// Goes through a run's packets that came, with what each met.
fn walk(run: &Trace, mut each: impl FnMut(usize, &Packet, Context, Option<f64>)) {
    let (mut arrived_ms, mut stall_ended_ms) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for (index, packet) in run.packets.iter().enumerate() {
        let Some(delay_ms) = packet.delay_ms else { continue };
        let arrives_ms = packet.sent_ms + delay_ms;
        let context = context(packet.sent_ms, arrived_ms, stall_ended_ms);
        let gap_ms = arrives_ms - arrived_ms;
        let waited_ms = if context == Context::Backlog { gap_ms } else { delay_ms };
        let stalled_ms = (arrived_ms.is_finite() && waited_ms > STALL_MS).then_some(gap_ms);
        each(index, packet, context, stalled_ms);
        arrived_ms = arrived_ms.max(arrives_ms);
        if stalled_ms.is_some() {
            stall_ended_ms = arrived_ms;
        }
    }
}

/// What a stall at each packet may come of.
fn causes_of(run: &Trace) -> Vec<Causes> {
    let changes_ms: Vec<f64> = run
        .packets
        .windows(2)
        .filter(|pair| pair[0].cell != pair[1].cell)
        .map(|pair| pair[1].sent_ms)
        .collect();
    let is_near = |time_ms: f64| {
        let next = changes_ms.partition_point(|change_ms| *change_ms < time_ms - CHANGE_MS);
        changes_ms
            .get(next)
            .is_some_and(|change_ms| *change_ms <= time_ms + CHANGE_MS)
    };
    let packets = run.packets.iter();
    packets
        .map(|packet| [1.0, packet.speed_mps / 10.0, f64::from(is_near(packet.sent_ms))])
        .collect()
}

fn coverage(thresholds_dbm: &BTreeMap<String, f64>, cell: &str, rsrp_dbm: Option<f64>) -> Coverage {
    match (thresholds_dbm.get(cell), rsrp_dbm) {
        (Some(threshold_dbm), Some(power)) if power < *threshold_dbm => Coverage::Poor,
        _ => Coverage::Good,
    }
}

/// The power at which splitting a cell's packets makes its stalls likeliest, if that is much.
fn split(mut seen: Vec<(f64, bool)>) -> Option<f64> {
    seen.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all = seen.len() as f64;
    let stalls = seen.iter().filter(|packet| packet.1).count() as f64;
    let likelihood = |stalls: f64, all: f64| {
        if stalls <= 0.0 || stalls >= all {
            0.0
        } else {
            stalls * log(stalls / all) + (all - stalls) * log(1.0 - stalls / all)
        }
    };
    let whole = likelihood(stalls, all);
    let (mut below, mut stalls_below) = (0.0, 0.0);
    let mut best: Option<(f64, f64)> = None;
    for pair in seen.windows(2) {
        below += 1.0;
        stalls_below += f64::from(pair[0].1);
        let is_worse_below = stalls_below * (all - below) > (stalls - stalls_below) * below;
        if pair[0].0 == pair[1].0 || !is_worse_below {
            continue;
        }
        let gain = likelihood(stalls_below, below) + likelihood(stalls - stalls_below, all - below) - whole;
        if best.is_none_or(|best| gain > best.0) {
            best = Some((gain, 0.5 * (pair[0].0 + pair[1].0)));
        }
    }
    best.filter(|best| best.0 >= SPLIT_GAIN_MIN).map(|best| best.1)
}

impl Ordinary {
    /// Of rows of neighbours.
    fn of(rows: &[Vec<f64>]) -> Ordinary {
        let mut sorted: Vec<f64> = rows.iter().flatten().copied().collect();
        sorted.sort_by(f64::total_cmp);
        // A run of nothing but lost packets has no delay; 20 ms is what others have.
        if sorted.is_empty() {
            sorted.push(20.0);
        }
        let last = (QUANTILES - 1) as f64;
        let position = |i: usize| i as f64 / last * (sorted.len() - 1) as f64;
        let quantiles_ms = (0..QUANTILES).map(|i| between(&sorted, position(i))).collect();
        let score = |delay_ms: f64| {
            // Whole milliseconds tie: the middle of the tie's ranks.
            let (low, high) = (
                sorted.partition_point(|d| *d < delay_ms),
                sorted.partition_point(|d| *d <= delay_ms),
            );
            normal_score((low + high) as f64 / (2 * sorted.len()) as f64)
        };
        let (mut products, mut squares) = (0.0, 0.0);
        for row in rows {
            for pair in row.windows(2) {
                let [a, b] = [score(pair[0]), score(pair[1])];
                products += a * b;
                squares += 0.5 * (a * a + b * b);
            }
        }
        Ordinary {
            quantiles_ms,
            correlation: if squares > 0.0 {
                (products / squares).clamp(0.0, 0.99)
            } else {
                0.0
            },
        }
    }

    fn at(&self, share: f64) -> f64 {
        between(&self.quantiles_ms, share.clamp(0.0, 1.0) * (QUANTILES - 1) as f64)
    }
}

/// A value between sorted ones.
fn between(sorted: &[f64], position: f64) -> f64 {
    let low = (position as usize).min(sorted.len() - 1);
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (sorted[high] - sorted[low]) * (position - low as f64)
}

impl Stalls {
    fn of(seen: &[Seen], coverage: Coverage, otherwise: Option<&Stalls>) -> Stalls {
        let own = || seen.iter().filter(move |seen| seen.coverage == coverage);
        if let (Some(otherwise), true) = (otherwise, own().next().is_none()) {
            return otherwise.clone();
        }
        let lengths_ms = |wanted: &dyn Fn(Context) -> bool| -> Vec<f64> {
            own()
                .filter(|seen| wanted(seen.context))
                .filter_map(|seen| seen.stalled_ms)
                .collect()
        };
        let calm: Vec<(Causes, bool)> = own()
            .filter(|seen| seen.context == Context::Calm)
            .map(|seen| (seen.causes, seen.stalled_ms.is_some()))
            .collect();
        let calm = logistic_regression(&calm);
        let factor = |context: Context| {
            let (mut expected, mut count) = (0.0, 0.0);
            for seen in own().filter(|seen| seen.context == context) {
                expected += chance(&calm, &seen.causes);
                count += f64::from(seen.stalled_ms.is_some());
            }
            let prior = PRIOR_PACKETS * chance(&calm, &[1.0, 0.5, 0.0]);
            (count + prior) / (expected + prior)
        };
        let in_backlog = lengths_ms(&|context| context == Context::Backlog);
        let has_own = in_backlog.len() >= BACKLOG_STALLS_MIN;
        let all = lengths_ms(&|_| true);
        let length = Lomax::of(if has_own {
            lengths_ms(&|context| context != Context::Backlog)
        } else {
            all
        });
        Stalls {
            calm,
            recent_factor: factor(Context::Recent),
            backlog_factor: factor(Context::Backlog),
            length,
            length_in_backlog: if has_own { Lomax::of(in_backlog) } else { length },
        }
    }

    fn chance(&self, context: Context, causes: &Causes) -> f64 {
        let calm = chance(&self.calm, causes);
        match context {
            Context::Calm => calm,
            Context::Recent => (calm * self.recent_factor).min(0.5),
            Context::Backlog => (calm * self.backlog_factor).min(0.5),
        }
    }
}

fn chance(weights: &Causes, causes: &Causes) -> f64 {
    logistic(weights.iter().zip(causes).map(|(weight, cause)| weight * cause).sum())
}

/// Chance of a yes by causes, by Newton's method on the penalised likelihood: normal priors of widths 10, 1 and 1 about a chance of one in
/// a thousand and no effects keep it finite where there are few or none.
fn logistic_regression(seen: &[(Causes, bool)]) -> Causes {
    const BEFORE: Causes = [-6.9, 0.0, 0.0];
    const PRECISION: Causes = [0.01, 1.0, 1.0];
    let mut weights = BEFORE;
    for _ in 0..30 {
        let mut gradient: Causes = std::array::from_fn(|i| -PRECISION[i] * (weights[i] - BEFORE[i]));
        let mut curvature: [Causes; 3] =
            std::array::from_fn(|i| std::array::from_fn(|j| if i == j { PRECISION[i] } else { 0.0 }));
        for (causes, yes) in seen {
            let p = chance(&weights, causes);
            let (error, weight) = (f64::from(*yes) - p, p * (1.0 - p));
            for ((slope, row), cause) in gradient.iter_mut().zip(&mut curvature).zip(causes) {
                *slope += error * cause;
                for (bend, other) in row.iter_mut().zip(causes) {
                    *bend += weight * cause * other;
                }
            }
        }
        let step = solved(curvature, gradient);
        for (weight, part) in weights.iter_mut().zip(step) {
            *weight += part.clamp(-2.0, 2.0);
        }
        if step.iter().map(|part| part.abs()).sum::<f64>() < 1e-9 {
            break;
        }
    }
    weights
}

/// Solves three equations by Cramer's rule; the matrix is positive definite, so that its determinant does not vanish.
fn solved(matrix: [Causes; 3], right: Causes) -> Causes {
    let determinant = |m: &[Causes; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let whole = determinant(&matrix);
    std::array::from_fn(|column| {
        let mut replaced = matrix;
        for (row, value) in replaced.iter_mut().zip(right) {
            row[column] = value;
        }
        determinant(&replaced) / whole
    })
}

impl Lomax {
    /// By greatest likelihood over a fine grid of shapes, the scale by bisection: deterministic, and the surface has one hill.
    fn of(mut lengths_ms: Vec<f64>) -> Lomax {
        lengths_ms.sort_by(f64::total_cmp);
        // Nothing seen: one repetition of the usual length.
        let Some((&shortest_ms, &longest_ms)) = lengths_ms.first().zip(lengths_ms.last()) else {
            return Lomax {
                least_ms: 300.0,
                scale_ms: 100.0,
                shape: 3.0,
                longest_ms: 720.0,
            };
        };
        let least_ms = shortest_ms - 1.0;
        let excess: Vec<f64> = lengths_ms.iter().map(|length_ms| length_ms - least_ms).collect();
        let n = excess.len() as f64;
        let mut best = (f64::NEG_INFINITY, 1.0, 1.0);
        for i in 0..=120 {
            // Scales from 10 ms to 10 s; the likeliest shape for a scale has a closed form.
            let scale = 10.0 * exp(f64::from(i) / 120.0 * log(1_000.0));
            let sum: f64 = excess.iter().map(|x| log(1.0 + x / scale)).sum();
            let shape = (n / sum).clamp(0.5, 20.0);
            let likelihood = n * log(shape / scale) - (shape + 1.0) * sum;
            if likelihood > best.0 {
                best = (likelihood, scale, shape);
            }
        }
        Lomax {
            least_ms,
            scale_ms: best.1,
            shape: best.2,
            longest_ms: BEYOND_LONGEST * longest_ms,
        }
    }

    fn describe(&self) -> String {
        let Lomax {
            least_ms,
            scale_ms,
            shape,
            longest_ms,
        } = self;
        format!(
            "{least_ms:.0} ms and more (Lomax, scale {scale_ms:.0} ms, shape {shape:.2}), at most {longest_ms:.0} ms"
        )
    }

    /// The length below which a share lies.
    fn at(&self, share: f64) -> f64 {
        let excess = self.scale_ms * (exp(-log(1.0 - share) / self.shape) - 1.0);
        (self.least_ms + excess).min(self.longest_ms)
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

/// Share of a standard normal variable below a value.
fn normal_share(score: f64) -> f64 {
    0.5 * libm::erfc(-score / std::f64::consts::SQRT_2)
}

/// Its inverse, by Newton's method from the logistic approximation; shares are kept a millionth from the ends.
fn normal_score(share: f64) -> f64 {
    let share = share.clamp(1e-6, 1.0 - 1e-6);
    let mut score = log(share / (1.0 - share)) / 1.702;
    for _ in 0..8 {
        let density = exp(-0.5 * score * score) / sqrt(std::f64::consts::TAU);
        score -= ((normal_share(score) - share) / density.max(1e-9)).clamp(-1.0, 1.0);
    }
    score
}

/// Measured figures beside those of the model.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Whose.
    pub name: String,
    /// As measured.
    pub measured: super::Figures,
    /// By name: as measured; of the model's runs 5 %, median, 95 %; and of all of them together (quantiles of all packets, means of counts).
    pub modelled: Vec<Modelled>,
}

/// A figure as measured and as modelled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Modelled {
    /// Which.
    pub name: &'static str,
    /// As measured.
    pub measured: f64,
    /// Of single runs of the model: what 5, 50 and 95 % of them do not exceed.
    pub runs: [f64; 3],
    /// Of all runs together.
    pub pooled: f64,
}

/// Runs of the model behind a comparison: enough for the 5th and 95th percentiles to stand still.
pub const RUNS: u64 = 200;

impl Comparison {
    /// Plays the model [`RUNS`] times on the run's sending times and coverage.
    pub fn of(model: &DelayModel, run: &Trace, seed: Seed) -> Comparison {
        use rayon::prelude::*;
        let measured = run.figures();
        let play = |index: u64| -> Vec<Option<f64>> {
            let delays_ms = model.play(run, seed.child("network.fit.run", index));
            // What was lost on the air was never in the model's hands.
            run.packets
                .iter()
                .zip(delays_ms)
                .map(|(packet, delay_ms)| packet.delay_ms.map(|_| delay_ms))
                .collect()
        };
        let runs: Vec<Vec<Option<f64>>> = (0..RUNS).into_par_iter().map(play).collect();
        let of_run = |delays_ms: &Vec<Option<f64>>| {
            let packets = run.packets.iter().zip(delays_ms);
            named(&super::Figures::of(
                packets.map(|(packet, delay_ms)| (packet.sent_ms, *delay_ms)),
            ))
        };
        let rows: Vec<Vec<(&'static str, f64)>> = runs.par_iter().map(of_run).collect();
        // One run after the other, far apart, as if they were one.
        let apart_ms = 1e3 * run.duration_ms() + 1e9;
        let all = runs.iter().enumerate().flat_map(|(index, delays_ms)| {
            let packets = run.packets.iter().zip(delays_ms);
            packets.map(move |(packet, delay_ms)| (packet.sent_ms + index as f64 * apart_ms, *delay_ms))
        });
        let pooled = named(&super::Figures::of(all));
        let modelled = named(&measured).into_iter().enumerate().map(|(column, (name, value))| {
            let mut values: Vec<f64> = rows.iter().map(|row| row[column].1).collect();
            values.sort_by(f64::total_cmp);
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            Modelled {
                name,
                measured: value,
                runs: [0.05, 0.5, 0.95].map(|share| quantile(&values, share)),
                pooled: if column < QUANTILE_FIGURES {
                    pooled[column].1
                } else {
                    mean
                },
            }
        });
        Comparison {
            name: run.name.clone(),
            modelled: modelled.collect(),
            measured,
        }
    }

    /// Figures whose measured value lies within the model's 5 to 95 %, and all of them.
    pub fn within(&self) -> (usize, usize) {
        // Measured delays are whole milliseconds; half of one either way is the same.
        let slack = |name: &str| if name.ends_with("ms") { 0.5 } else { 0.05 };
        let holds = |figure: &&Modelled| {
            let slack = slack(figure.name);
            figure.measured >= figure.runs[0] - slack && figure.measured <= figure.runs[2] + slack
        };
        (self.modelled.iter().filter(holds).count(), self.modelled.len())
    }
}

/// How many of the figures by name, the first ones, are quantiles and shares of packets.
const QUANTILE_FIGURES: usize = 4;

/// The figures by name.
fn named(figures: &super::Figures) -> Vec<(&'static str, f64)> {
    const GAPS: [&str; super::GAPS_MS.len()] = [
        "gaps above 200 ms",
        "gaps above 300 ms",
        "gaps above 500 ms",
        "gaps above 1 s",
        "gaps above 2 s",
        "gaps above 5 s",
        "gaps above 10 s",
    ];
    let mut all = vec![
        ("p50, ms", figures.p50_ms),
        ("p95, ms", figures.p95_ms),
        ("p99, ms", figures.p99_ms),
        ("above 100 ms, %", 100.0 * figures.late_share),
    ];
    all.extend(GAPS.into_iter().zip(figures.gaps.map(f64::from)));
    all.push(("longest gap, ms", figures.gap_ms_max));
    all.push(("oldest news, ms", figures.age_ms_max));
    all
}
