//! The search for failures, the boundary between pass and fail, and the simplest case that fails.
//!
//! In goes an objective over the unit cube of the parameters' shares, the smaller the worse, below 0 a failure; out come
//! the worst point, points of the boundary, and a failing point as near to a given plain one as can be found. The search is
//! the (μ/μ_w, λ) evolution strategy with covariance matrix adaptation (Hansen, "The CMA evolution strategy: a
//! tutorial", 2016), its axes found by Jacobi's rotations. Own code because its draws have to come from named streams and
//! its sums from `libm`, so that a search repeats on every machine. Points outside the cube are mirrored into it.

use record::{Seed, Stream};

/// Sweeps of Jacobi's rotations; ten are enough for any size that parameters have.
const SWEEPS: usize = 12;
/// First spread, of the unit cube.
const SPREAD: f64 = 0.3;
/// A search whose spread is below this has arrived.
const SPREAD_MIN: f64 = 1e-5;
/// Play of the direction in which a boundary is followed.
const DETOUR: f64 = 0.4;
/// Halvings between a point that passes and one that fails.
const HALVINGS: usize = 14;

/// A point with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Shares of the parameters.
    pub point: Vec<f64>,
    /// The objective there.
    pub value: f64,
}

/// All that a search saw.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// In the order in which they were asked for.
    pub seen: Vec<Found>,
}

impl Search {
    /// The worst point, the first of equals.
    pub fn worst(&self) -> Option<&Found> {
        self.seen.iter().reduce(|a, b| if b.value < a.value { b } else { a })
    }

    /// How many failed.
    pub fn failures(&self) -> usize {
        self.seen.iter().filter(|found| found.value < 0.0).count()
    }
}

/// Searches for the smallest value of an objective with at most `runs` points. It is asked for a generation at a time;
/// where there is no answer, the value is taken to be as good as can be.
///
/// # Errors
/// From the objective.
pub fn search<E>(
    dimensions: usize,
    runs: usize,
    seed: Seed,
    mut ask: impl FnMut(&[Vec<f64>]) -> Result<Vec<Option<f64>>, E>,
) -> Result<Search, E> {
    let mut search = Search::default();
    let mut restart = 0;
    while search.seen.len() < runs {
        let mut stream = seed.stream("proving.search", restart);
        let start: Vec<f64> = match restart {
            0 => vec![0.5; dimensions],
            _ => (0..dimensions).map(|_| stream.uniform()).collect(),
        };
        descend(start, runs, &mut stream, &mut search, &mut ask)?;
        restart += 1;
    }
    Ok(search)
}

/// One descent, until it has arrived or all points are spent.
fn descend<E>(
    start: Vec<f64>,
    runs: usize,
    stream: &mut Stream,
    search: &mut Search,
    ask: &mut impl FnMut(&[Vec<f64>]) -> Result<Vec<Option<f64>>, E>,
) -> Result<(), E> {
    let dimensions = start.len();
    let n = dimensions as f64;
    let lambda = 4 + (3.0 * libm::log(n)) as usize;
    let mu = lambda / 2;
    let raw: Vec<f64> = (0..mu)
        .map(|i| libm::log(mu as f64 + 0.5) - libm::log(i as f64 + 1.0))
        .collect();
    let total: f64 = raw.iter().sum();
    let weights: Vec<f64> = raw.iter().map(|weight| weight / total).collect();
    let effective = 1.0 / weights.iter().map(|weight| weight * weight).sum::<f64>();
    // Hansen 2016, table 1 and eq. 55 to 58.
    let c_sigma = (effective + 2.0) / (n + effective + 5.0);
    let d_sigma = 1.0 + 2.0 * (libm::sqrt((effective - 1.0) / (n + 1.0)) - 1.0).max(0.0) + c_sigma;
    let c_c = (4.0 + effective / n) / (n + 4.0 + 2.0 * effective / n);
    let c_1 = 2.0 / ((n + 1.3) * (n + 1.3) + effective);
    let c_mu = (1.0 - c_1).min(2.0 * (effective - 2.0 + 1.0 / effective) / ((n + 2.0) * (n + 2.0) + effective));
    let expected = libm::sqrt(n) * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n));
    let (mut mean, mut sigma) = (start, SPREAD);
    let mut covariance = identity(dimensions);
    let (mut path_sigma, mut path_c) = (vec![0.0; dimensions], vec![0.0; dimensions]);
    let mut best = f64::INFINITY;
    let mut since_better = 0;
    for generation in 1.. {
        let left = runs.saturating_sub(search.seen.len());
        if left == 0 || sigma < SPREAD_MIN || since_better > 10 + 30 * dimensions / lambda {
            return Ok(());
        }
        let (axes, lengths) = eigen(&covariance);
        let steps: Vec<Vec<f64>> = (0..lambda.min(left))
            .map(|_| {
                let z: Vec<f64> = lengths.iter().map(|length| length * stream.normal()).collect();
                (0..dimensions)
                    .map(|row| (0..dimensions).map(|axis| axes[row][axis] * z[axis]).sum())
                    .collect()
            })
            .collect();
        let points: Vec<Vec<f64>> = steps
            .iter()
            .map(|step: &Vec<f64>| {
                mean.iter()
                    .zip(step)
                    .map(|(middle, step)| mirrored(middle + sigma * step))
                    .collect()
            })
            .collect();
        let values: Vec<f64> = ask(&points)?
            .into_iter()
            .map(|value| value.unwrap_or(f64::INFINITY))
            .collect();
        for (point, value) in points.iter().zip(&values) {
            search.seen.push(Found {
                point: point.clone(),
                value: *value,
            });
        }
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]).then(a.cmp(&b)));
        match values[order[0]] < best {
            true => (best, since_better) = (values[order[0]], 0),
            false => since_better += 1,
        }
        if values.len() < lambda {
            return Ok(());
        }
        let selected: Vec<&Vec<f64>> = order.iter().take(mu).map(|&index| &steps[index]).collect();
        let step: Vec<f64> = (0..dimensions)
            .map(|axis| {
                weights
                    .iter()
                    .zip(&selected)
                    .map(|(weight, step)| weight * step[axis])
                    .sum()
            })
            .collect();
        for (middle, step) in mean.iter_mut().zip(&step) {
            *middle = mirrored(*middle + sigma * step);
        }
        // C^(-1/2) times the step.
        let turned: Vec<f64> = (0..dimensions)
            .map(|axis| (0..dimensions).map(|row| axes[row][axis] * step[row]).sum::<f64>() / lengths[axis])
            .collect();
        let grow = libm::sqrt(c_sigma * (2.0 - c_sigma) * effective);
        for row in 0..dimensions {
            let whitened: f64 = (0..dimensions).map(|axis| axes[row][axis] * turned[axis]).sum();
            path_sigma[row] = (1.0 - c_sigma) * path_sigma[row] + grow * whitened;
        }
        let length = libm::sqrt(path_sigma.iter().map(|value| value * value).sum());
        let fade = libm::sqrt(1.0 - libm::pow(1.0 - c_sigma, 2.0 * f64::from(generation)));
        let h = f64::from(u8::from(length / fade < (1.4 + 2.0 / (n + 1.0)) * expected));
        let grow = h * libm::sqrt(c_c * (2.0 - c_c) * effective);
        for (path, step) in path_c.iter_mut().zip(&step) {
            *path = (1.0 - c_c) * *path + grow * step;
        }
        let kept = 1.0 - c_1 - c_mu + (1.0 - h) * c_1 * c_c * (2.0 - c_c);
        for row in 0..dimensions {
            for column in 0..dimensions {
                let spread: f64 = weights
                    .iter()
                    .zip(&selected)
                    .map(|(weight, step)| weight * step[row] * step[column])
                    .sum();
                covariance[row][column] =
                    kept * covariance[row][column] + c_1 * path_c[row] * path_c[column] + c_mu * spread;
            }
        }
        sigma = (sigma * libm::exp(c_sigma / d_sigma * (length / expected - 1.0))).min(1.0);
    }
    Ok(())
}

/// Mirrors a share at 0 and 1.
fn mirrored(share: f64) -> f64 {
    let folded = libm::fmod(share.abs(), 2.0);
    if folded > 1.0 { 2.0 - folded } else { folded }
}

fn identity(size: usize) -> Vec<Vec<f64>> {
    (0..size)
        .map(|row| (0..size).map(|column| f64::from(u8::from(row == column))).collect())
        .collect()
}

/// Axes (as columns) and lengths (roots of the eigenvalues) of a symmetric matrix, by Jacobi's rotations.
fn eigen(matrix: &[Vec<f64>]) -> (Vec<Vec<f64>>, Vec<f64>) {
    let size = matrix.len();
    let mut a = matrix.to_vec();
    let mut v = identity(size);
    for _ in 0..SWEEPS {
        for p in 0..size {
            for q in p + 1..size {
                if a[p][q].abs() < 1e-300 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let sign = if theta >= 0.0 { 1.0 } else { -1.0 };
                let t = sign / (theta.abs() + libm::sqrt(theta * theta + 1.0));
                let c = 1.0 / libm::sqrt(t * t + 1.0);
                let s = t * c;
                for row in &mut a {
                    (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                }
                let (upper, lower) = a.split_at_mut(q);
                for (x, y) in upper[p].iter_mut().zip(&mut lower[0]) {
                    (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
                }
                for row in &mut v {
                    (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                }
            }
        }
    }
    let lengths = (0..size).map(|axis| libm::sqrt(a[axis][axis].max(1e-20))).collect();
    (v, lengths)
}

/// Points of the boundary between pass and fail, found by halving between what was seen to pass and to fail, and followed
/// from there along it. `step` is how far apart they are.
///
/// # Errors
/// From the objective.
pub fn follow_boundary<E>(
    search: &mut Search,
    points: usize,
    step: f64,
    seed: Seed,
    mut ask: impl FnMut(&[f64]) -> Result<Option<f64>, E>,
) -> Result<Vec<Vec<f64>>, E> {
    let mut boundary: Vec<Vec<f64>> = Vec::new();
    let mut stream = seed.stream("proving.boundary", 0);
    let fails: Vec<Vec<f64>> = search
        .seen
        .iter()
        .filter(|found| found.value < 0.0)
        .map(|found| found.point.clone())
        .collect();
    let passes: Vec<Vec<f64>> = search
        .seen
        .iter()
        .filter(|found| found.value >= 0.0)
        .map(|found| found.point.clone())
        .collect();
    let far = |a: &[f64], b: &[f64]| libm::sqrt(a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum());
    let nearest = |point: &[f64]| {
        passes
            .iter()
            .min_by(|a, b| far(a, point).total_cmp(&far(b, point)))
            .cloned()
    };
    let (Some(fail), false) = (fails.first().cloned(), passes.is_empty()) else {
        return Ok(boundary);
    };
    let Some(pass) = nearest(&fail) else {
        return Ok(boundary);
    };
    let mut normal = direction(&pass, &fail);
    let mut here = halved(pass, fail, search, &mut ask)?;
    boundary.push(here.clone());
    let (mut misses, mut ahead) = (0, vec![0.0; here.len()]);
    while boundary.len() < points && misses < 4 * points {
        // A step along the boundary, then back to it along what was its normal.
        // On in the direction that it came from, with some play, so that it goes around and not to and fro.
        let mut along: Vec<f64> = ahead.iter().map(|ahead| ahead + DETOUR * stream.normal()).collect();
        let lengthwise: f64 = along.iter().zip(&normal).map(|(a, b)| a * b).sum();
        for (a, n) in along.iter_mut().zip(&normal) {
            *a -= lengthwise * n;
        }
        let length = libm::sqrt(along.iter().map(|a| a * a).sum::<f64>()).max(1e-12);
        let moved = |by: f64| -> Vec<f64> {
            let shares = here.iter().zip(&along).zip(&normal);
            shares
                .map(|((share, a), n)| mirrored(share + step * a / length + by * n))
                .collect()
        };
        let ends = [moved(-2.0 * step), moved(2.0 * step)];
        let mut is_failing = [false; 2];
        for (end, fails) in ends.iter().zip(&mut is_failing) {
            *fails = valued(end, search, &mut ask)? < 0.0;
        }
        let [low, high] = ends;
        let (pass, fail) = match is_failing {
            [false, true] => (low, high),
            [true, false] => (high, low),
            _ => {
                misses += 1;
                // Another place that is known to be of the boundary.
                here.clone_from(&boundary[stream.below(boundary.len())]);
                ahead.fill(0.0);
                continue;
            }
        };
        let outward = direction(&pass, &fail);
        let before = std::mem::replace(&mut here, halved(pass, fail, search, &mut ask)?);
        ahead = direction(&before, &here);
        // The boundary turns: its normal is what of the old one is across the way just gone.
        let lengthwise: f64 = outward.iter().zip(&ahead).map(|(a, b)| a * b).sum();
        let across: Vec<f64> = outward.iter().zip(&ahead).map(|(n, a)| n - lengthwise * a).collect();
        normal = direction(&vec![0.0; across.len()], &across);
        boundary.push(here.clone());
    }
    Ok(boundary)
}

fn direction(from: &[f64], to: &[f64]) -> Vec<f64> {
    let length = libm::sqrt(from.iter().zip(to).map(|(a, b)| (a - b) * (a - b)).sum::<f64>()).max(1e-12);
    from.iter().zip(to).map(|(a, b)| (b - a) / length).collect()
}

fn valued<E>(
    point: &[f64],
    search: &mut Search,
    ask: &mut impl FnMut(&[f64]) -> Result<Option<f64>, E>,
) -> Result<f64, E> {
    let value = ask(point)?.unwrap_or(f64::INFINITY);
    search.seen.push(Found {
        point: point.to_vec(),
        value,
    });
    Ok(value)
}

/// Halves between a point that passes and one that fails; the failing end comes back.
fn halved<E>(
    mut pass: Vec<f64>,
    mut fail: Vec<f64>,
    search: &mut Search,
    ask: &mut impl FnMut(&[f64]) -> Result<Option<f64>, E>,
) -> Result<Vec<f64>, E> {
    for _ in 0..HALVINGS {
        let middle: Vec<f64> = pass.iter().zip(&fail).map(|(a, b)| 0.5 * (a + b)).collect();
        match valued(&middle, search, ask)? < 0.0 {
            true => fail = middle,
            false => pass = middle,
        }
    }
    Ok(fail)
}

/// Makes a failing set of values as plain as it can be: each goes to its plain value if the case still fails, else as near
/// as halving brings it, and is then written with as few digits as fail.
///
/// # Errors
/// From `fails`.
pub fn shrink<E>(
    failing: &[f64],
    plain: &[f64],
    mut fails: impl FnMut(&[f64]) -> Result<bool, E>,
) -> Result<Vec<f64>, E> {
    let mut values = failing.to_vec();
    // A later parameter may set an earlier one free.
    for _ in 0..2 {
        for index in 0..values.len() {
            let with = |values: &[f64], value: f64| {
                let mut changed = values.to_vec();
                changed[index] = value;
                changed
            };
            if values[index] == plain[index] {
                continue;
            }
            if fails(&with(&values, plain[index]))? {
                values[index] = plain[index];
                continue;
            }
            let (mut near, mut far) = (plain[index], values[index]);
            for _ in 0..HALVINGS {
                let middle = 0.5 * (near + far);
                match fails(&with(&values, middle))? {
                    true => far = middle,
                    false => near = middle,
                }
            }
            values[index] = far;
            for digits in 0..6 {
                let scale = libm::pow(10.0, f64::from(digits));
                let candidates = [
                    libm::round(far * scale),
                    libm::floor(far * scale),
                    libm::ceil(far * scale),
                ];
                // Not beyond what failed in the first place.
                let (low, high) = (failing[index].min(plain[index]), failing[index].max(plain[index]));
                let mut found = None;
                for candidate in candidates.map(|candidate| candidate / scale) {
                    if (low..=high).contains(&candidate) && fails(&with(&values, candidate))? {
                        found = Some(candidate);
                        break;
                    }
                }
                if let Some(found) = found {
                    values[index] = found;
                    break;
                }
            }
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    #[test]
    fn the_deepest_place_of_a_bent_valley_is_found_and_the_search_repeats() {
        let valley = |p: &[f64]| {
            let (x, y) = (4.0 * p[0] - 2.0, 4.0 * p[1] - 2.0);
            100.0 * (y - x * x) * (y - x * x) + (1.0 - x) * (1.0 - x) - 0.01
        };
        let run = || {
            let found = search(2, 1500, Seed(3), |points| {
                Ok::<_, Infallible>(points.iter().map(|point| Some(valley(point))).collect())
            });
            let Ok(found) = found;
            found
        };
        let found = run();
        let worst = found.worst().expect("points");
        assert!(worst.value < 0.0, "{worst:?}");
        assert!(
            (worst.point[0] - 0.75).abs() < 0.05 && (worst.point[1] - 0.75).abs() < 0.05,
            "{worst:?}"
        );
        assert_eq!(found.seen, run().seen);
        assert!(found.seen.len() <= 1500);
    }

    #[test]
    fn a_boundary_is_followed_around_a_circle() {
        let circle = |p: &[f64]| libm::hypot(p[0] - 0.5, p[1] - 0.5) - 0.25;
        let Ok(mut found) = search(2, 60, Seed(1), |points| {
            Ok::<_, Infallible>(points.iter().map(|point| Some(circle(point))).collect())
        });
        let Ok(boundary) = follow_boundary(&mut found, 60, 0.05, Seed(1), |point| {
            Ok::<_, Infallible>(Some(circle(point)))
        });
        assert_eq!(boundary.len(), 60);
        assert!(boundary.iter().all(|point| circle(point).abs() < 1e-3));
        // On both sides of the middle, above and below it.
        for side in [
            |p: &[f64]| p[0] < 0.4,
            |p: &[f64]| p[0] > 0.6,
            |p: &[f64]| p[1] < 0.4,
            |p: &[f64]| p[1] > 0.6,
        ] {
            assert!(boundary.iter().any(|point| side(point)));
        }
    }

    #[test]
    fn a_failing_case_is_shrunk_to_what_matters_with_few_digits() {
        let Ok(found) = shrink(&[53.217_36, 7.713, 0.991], &[40.0, 20.0, 0.5], |values| {
            Ok::<_, Infallible>(values[0] > 48.04 && values[1] < 12.3)
        });
        assert_eq!(found, [49.0, 12.0, 0.5]);
    }
}
