//! Where two ways through a junction cross or join.
//!
//! In go the links of a junction and which of them are foes; out come, for each lane inside, the stretches that it
//! shares with others, found by cutting the lanes' shapes with one another. It knows no vehicle.

use super::network::StreetNetwork;

/// A stretch of a lane that another lane takes up too.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The other lane.
    pub other: u32,
    /// From here on this lane is shared, metres from its start.
    pub from_m: f32,
    /// Up to here.
    pub to_m: f32,
    /// The same stretch on the other lane.
    pub other_from_m: f32,
    /// Its end there.
    pub other_to_m: f32,
    /// Both lead into the same lane.
    pub is_merge: bool,
    /// This way gives way to the other.
    pub gives_way: bool,
    /// The other way gives way to this one.
    pub goes_first: bool,
}

/// Width of the band that a vehicle sweeps.
const BAND_M: f64 = 2.4;
/// Lanes that meet at less than this angle share a long stretch; it is cut off here.
const SINE_MIN: f64 = 0.35;

/// Finds the conflicts of a junction; `foes` are pairs of places in `entries`.
pub(super) fn find(network: &mut StreetNetwork, shapes: &[Vec<[f64; 2]>], entries: &[u32], foes: &[(usize, usize)]) {
    let mut found: Vec<(u32, Conflict)> = Vec::new();
    for &(index, foe) in foes {
        let (mine, theirs) = (entries[index], entries[foe]);
        let yields = |link: u32, to: u32| {
            let range = network.links[link as usize].yields_to.clone();
            network.yields[range.start as usize..range.end as usize]
                .iter()
                .any(|&other| network.links[other as usize].entry == to)
        };
        let (gives_way, goes_first) = (yields(mine, theirs), yields(theirs, mine));
        for lane in inner_lanes(network, mine) {
            for other in inner_lanes(network, theirs) {
                if let Some(mut conflict) = meeting(network, shapes, lane, other) {
                    conflict.gives_way = gives_way;
                    conflict.goes_first = goes_first;
                    found.push((lane, conflict));
                }
            }
        }
    }
    found.sort_by_key(|(lane, conflict)| (*lane, conflict.other));
    found.dedup_by_key(|(lane, conflict)| (*lane, conflict.other));
    let mut at = 0;
    while at < found.len() {
        let lane = found[at].0;
        let start = network.conflicts.len() as u32;
        while at < found.len() && found[at].0 == lane {
            network.conflicts.push(found[at].1.clone());
            at += 1;
        }
        network.lanes[lane as usize].conflicts = start..network.conflicts.len() as u32;
    }
}

/// The lanes of a way through a junction.
fn inner_lanes(network: &StreetNetwork, entry: u32) -> Vec<u32> {
    let mut lanes = Vec::new();
    let mut lane = network.links[entry as usize].next;
    while network.lanes[lane as usize].is_internal && lanes.len() < 4 {
        lanes.push(lane);
        if network.lanes[lane as usize].links.is_empty() {
            break;
        }
        lane = network.links[network.lanes[lane as usize].links.start as usize].next;
    }
    lanes
}

fn meeting(network: &StreetNetwork, shapes: &[Vec<[f64; 2]>], lane: u32, other: u32) -> Option<Conflict> {
    let (a, b) = (&network.lanes[lane as usize], &network.lanes[other as usize]);
    let (shape_a, shape_b) = (&shapes[lane as usize], &shapes[other as usize]);
    let target = |of: &super::network::Lane| of.links.clone().next().map(|link| network.links[link as usize].next);
    let conflict = |from_m: f64, to_m: f64, other_from_m: f64, other_to_m: f64, is_merge| Conflict {
        other,
        from_m: from_m as f32,
        to_m: to_m as f32,
        other_from_m: other_from_m as f32,
        other_to_m: other_to_m as f32,
        is_merge,
        gives_way: false,
        goes_first: false,
    };
    if target(a).is_some() && target(a) == target(b) {
        // Shapes run together towards their common end: shared from where they are a band apart.
        let shared_m = shared_end_m(shape_a, shape_b);
        let from = |length_m: f64| (length_m - shared_m).max(0.0);
        return Some(conflict(
            from(a.length_m),
            a.length_m,
            from(b.length_m),
            b.length_m,
            true,
        ));
    }
    let (at_a, at_b, sine) = crossing(shape_a, shape_b)?;
    // Shapes and lengths in the file differ a little; places are shares of the length.
    let at_a_m = at_a * a.length_m;
    let at_b_m = at_b * b.length_m;
    let half_m = 0.5 * BAND_M / sine.max(SINE_MIN);
    Some(conflict(
        (at_a_m - half_m).max(0.0),
        (at_a_m + half_m).min(a.length_m),
        (at_b_m - half_m).max(0.0),
        (at_b_m + half_m).min(b.length_m),
        false,
    ))
}

fn length_m(shape: &[[f64; 2]]) -> f64 {
    shape
        .windows(2)
        .map(|pair| libm::hypot(pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]))
        .sum()
}

/// Where two shapes cross: shares of their lengths, and the sine of the angle.
fn crossing(a: &[[f64; 2]], b: &[[f64; 2]]) -> Option<(f64, f64, f64)> {
    let (whole_a_m, whole_b_m) = (length_m(a), length_m(b));
    let mut along_a_m = 0.0;
    for p in a.windows(2) {
        let u = [p[1][0] - p[0][0], p[1][1] - p[0][1]];
        let u_m = libm::hypot(u[0], u[1]);
        let mut along_b_m = 0.0;
        for q in b.windows(2) {
            let v = [q[1][0] - q[0][0], q[1][1] - q[0][1]];
            let v_m = libm::hypot(v[0], v[1]);
            let cross = u[0] * v[1] - u[1] * v[0];
            if cross != 0.0 {
                let w = [q[0][0] - p[0][0], q[0][1] - p[0][1]];
                let s = (w[0] * v[1] - w[1] * v[0]) / cross;
                let t = (w[0] * u[1] - w[1] * u[0]) / cross;
                if (0.0..=1.0).contains(&s) && (0.0..=1.0).contains(&t) {
                    let sine = (cross / (u_m * v_m)).abs();
                    return Some((
                        (along_a_m + s * u_m) / whole_a_m,
                        (along_b_m + t * v_m) / whole_b_m,
                        sine,
                    ));
                }
            }
            along_b_m += v_m;
        }
        along_a_m += u_m;
    }
    None
}

/// Metres before their common end from which two shapes are nearer than a band.
fn shared_end_m(a: &[[f64; 2]], b: &[[f64; 2]]) -> f64 {
    const STEP_M: f64 = 0.5;
    let reach_m = length_m(a).min(length_m(b));
    let mut back_m = 0.0;
    while back_m + STEP_M <= reach_m {
        let (p, q) = (from_end(a, back_m + STEP_M), from_end(b, back_m + STEP_M));
        if libm::hypot(p[0] - q[0], p[1] - q[1]) > BAND_M {
            break;
        }
        back_m += STEP_M;
    }
    back_m
}

fn from_end(shape: &[[f64; 2]], mut back_m: f64) -> [f64; 2] {
    for pair in shape.windows(2).rev() {
        let piece_m = libm::hypot(pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
        if back_m <= piece_m && piece_m > 0.0 {
            let share = back_m / piece_m;
            return [
                pair[1][0] + share * (pair[0][0] - pair[1][0]),
                pair[1][1] + share * (pair[0][1] - pair[1][1]),
            ];
        }
        back_m -= piece_m;
    }
    shape.first().copied().unwrap_or([0.0, 0.0])
}
