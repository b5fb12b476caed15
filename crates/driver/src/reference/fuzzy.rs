//! The fuzzy surrogate safety metrics: how unsafe a gap is, from 0 (safe) to 1 (unsafe).
//!
//! Gaps and speeds go in, memberships come out; nothing is remembered. The proactive metric asks what happens if the one
//! ahead brakes hard now, the critical one what happens if nobody changes what he does until the own reaction.
//! Source: Mattas, Makridis, Botzoris, Kriston, Minarini, Papadopoulos, Re, Rognelund, Ciuffo, "Fuzzy surrogate safety
//! metrics for real-time assessment of rear-end collision risk", Accident Analysis & Prevention 148 (2020), eq. 3 to 10.

use super::Sight;

/// Reaction time.
pub(super) const REACTION_S: f64 = 0.75;
/// Comfortable braking of the own vehicle.
pub(super) const BRAKING_MPS2: f64 = 4.0;
/// Its hardest braking.
pub(super) const BRAKING_MPS2_MAX: f64 = 6.0;
/// Hardest braking of the one ahead.
pub(super) const LEADER_MPS2: f64 = 7.0;
/// Gap to keep at rest.
pub(super) const MARGIN_M: f64 = 2.0;
/// Further gap that is safe beyond doubt.
pub(super) const MARGIN_SAFE_M: f64 = 2.0;

/// Proactive fuzzy safety: the one ahead might brake.
pub(super) fn proactive(sight: &Sight) -> f64 {
    let (own_mps, other_mps) = (sight.own.speed_mps, sight.other.speed_mps);
    let gap_m = sight.gap_m() - MARGIN_M;
    let reaction_m = own_mps * REACTION_S;
    let leader_m = other_mps * other_mps / (2.0 * LEADER_MPS2);
    let safe_m = reaction_m + own_mps * own_mps / (2.0 * BRAKING_MPS2) - leader_m + MARGIN_SAFE_M;
    let unsafe_m = reaction_m + own_mps * own_mps / (2.0 * BRAKING_MPS2_MAX) - leader_m;
    between(gap_m, safe_m, unsafe_m)
}

/// Critical fuzzy safety: both go on as they do until the reaction.
pub(super) fn critical(sight: &Sight) -> f64 {
    let (own_mps, other_mps) = (sight.own.speed_mps, sight.other.speed_mps);
    if own_mps <= other_mps {
        return 0.0;
    }
    // Braking harder than comfortably is not counted upon to last.
    let own_mps2 = sight.own_mps2.max(-BRAKING_MPS2);
    let after_mps = own_mps + REACTION_S * own_mps2;
    let gap_m = sight.gap_m();
    if after_mps < other_mps {
        // As fast as the other before the reaction: only what closes until then counts.
        let closing_mps = own_mps - other_mps;
        let needed_m = closing_mps * closing_mps / (sight.own_mps2 * 2.0).abs();
        return if gap_m < needed_m { 1.0 } else { 0.0 };
    }
    let reaction_m = (own_mps + own_mps2 * REACTION_S / 2.0 - other_mps) * REACTION_S;
    let closing_mps = own_mps + own_mps2 * REACTION_S - other_mps;
    let safe_m = reaction_m + closing_mps * closing_mps / (BRAKING_MPS2 * 2.0);
    let unsafe_m = reaction_m + closing_mps * closing_mps / (BRAKING_MPS2_MAX * 2.0);
    between(gap_m, safe_m, unsafe_m)
}

fn between(gap_m: f64, safe_m: f64, unsafe_m: f64) -> f64 {
    if gap_m > safe_m {
        0.0
    } else if gap_m < unsafe_m {
        1.0
    } else if safe_m > unsafe_m {
        (gap_m - safe_m) / (unsafe_m - safe_m)
    } else {
        // Both limits and the gap are one number: at the limit of safety, still safe.
        0.0
    }
}
