//! What a driver decided, as the console shows it: candidates, rivals, proofs, the operational design domain, the ladder.
//!
//! In goes a driver's record ([`Decision`]) of a live day or a recording; out comes a [`DecisionRow`] for pages. Words are the record's
//! own: the page's catalogue has them in its languages.

use record::schema::westline::{Decision, DecisionProof};
use serde::Serialize;
use utoipa::ToSchema;
use vehicle::{DataSheet, OddState};

/// Values beyond this are as good as endless.
const VALUE_MAX: f64 = 1e6;

/// What a driver decided last.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DecisionRow {
    /// The acceleration that it decided on.
    pub acceleration_mps2: f64,
    /// Comfort does not count now.
    pub is_urgent: bool,
    /// What each reason would have driven at; the least is the plan.
    pub candidates: Vec<CandidateRow>,
    /// Whom it minds, the most limiting first.
    pub rivals: Vec<RivalRow>,
    /// Manoeuvres that it wished for and turned down.
    pub refusals: Vec<RefusalRow>,
    /// The continuation to safety that holds whatever others may do lawfully: brake, clear, open; none if it was not tried.
    pub lawful: Option<String>,
    /// The same whatever they can do.
    pub physical: Option<String>,
    /// To the next stop line.
    pub stop_line_m: Option<f64>,
    /// How the conditions fit the operational design domain: inside, near, outside.
    pub odd_fit: String,
    /// Its attributes: live all that are bounded, of a recording those near a bound or beyond it.
    pub odd: Vec<OddRow>,
    /// Where it is on the degradation ladder, if it does not drive as usual.
    pub ladder: Option<LadderRow>,
}

/// What a reason would have driven at.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CandidateRow {
    /// The reason, in a word.
    pub reason: String,
    /// The acceleration it allows.
    pub acceleration_mps2: f64,
    /// The speed it aims at.
    pub speed_mps: f64,
}

/// One whom the driver minds.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RivalRow {
    /// Its track.
    pub track: u32,
    /// What it is taken for.
    pub kind: String,
    /// Why it is minded.
    pub reason: String,
    /// Ahead of the front bumper, negative beside and behind.
    pub ahead_m: f64,
    /// To the left.
    pub left_m: f64,
    /// Its speed.
    pub speed_mps: f64,
    /// The acceleration that it leaves.
    pub acceleration_mps2: f64,
    /// Time between the two at the place that both want; negative if both would be there at once.
    pub margin_s: Option<f64>,
}

/// A manoeuvre that was turned down.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RefusalRow {
    /// What was wished for.
    pub manoeuvre: String,
    /// Why it is not done now.
    pub cause: String,
}

/// An attribute of the operational design domain.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OddRow {
    /// In words: rainfall.
    pub attribute: String,
    /// As known.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: String,
    /// How far it may go, where that is known.
    pub limit: Option<f64>,
    /// Whether more of it is worse.
    pub is_bounded_above: bool,
    /// inside, near, outside.
    pub fit: String,
}

/// A vehicle on the degradation ladder.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LadderRow {
    /// The rung: slow, kerb, in_lane, stop_now.
    pub rung: String,
    /// Why, in words.
    pub cause: String,
    /// Time on this rung.
    pub since_s: f64,
    /// For so long it has stood in a live lane.
    pub live_lane_s: f64,
}

impl From<&Decision> for DecisionRow {
    fn from(decision: &Decision) -> DecisionRow {
        let proof = |proof: &Option<DecisionProof>| {
            let proof = proof.as_ref()?;
            Some(match proof.continuation.as_str() {
                "" => "open".to_owned(),
                continuation => continuation.to_owned(),
            })
        };
        let candidates = decision.limits.iter().map(|limit| CandidateRow {
            reason: limit.reason.clone(),
            acceleration_mps2: limit.acceleration_mps2.into(),
            speed_mps: limit.speed_mps.into(),
        });
        let mut candidates: Vec<CandidateRow> = candidates.collect();
        candidates.sort_by(|one, other| one.acceleration_mps2.total_cmp(&other.acceleration_mps2));
        let rivals = decision.rivals.iter().map(|rival| RivalRow {
            track: rival.track,
            kind: rival.kind.clone(),
            reason: rival.reason.clone(),
            ahead_m: rival.ahead_m.into(),
            left_m: rival.left_m.into(),
            speed_mps: rival.speed_mps.into(),
            acceleration_mps2: rival.acceleration_mps2.into(),
            margin_s: rival.margin_s.map(f64::from),
        });
        let refusals = decision.refusals.iter().map(|refusal| RefusalRow {
            manoeuvre: refusal.manoeuvre.clone(),
            cause: refusal.cause.clone(),
        });
        let is_bounded_above = |name: &str| {
            let mut known = vehicle::OddAttribute::ALL.iter();
            known
                .find(|known| known.words() == name)
                .is_none_or(|known| known.is_bounded_above())
        };
        let odd = decision.odd.iter().map(|odd| OddRow {
            attribute: odd.attribute.clone(),
            value: odd.value.map(f64::from),
            unit: odd.unit.clone(),
            limit: None,
            is_bounded_above: is_bounded_above(&odd.attribute),
            fit: odd.fit.clone(),
        });
        DecisionRow {
            acceleration_mps2: decision.acceleration_mps2.into(),
            is_urgent: decision.is_urgent,
            candidates,
            rivals: rivals.collect(),
            refusals: refusals.collect(),
            lawful: proof(&decision.lawful),
            physical: proof(&decision.physical),
            stop_line_m: decision.stop_line_m.map(f64::from),
            odd_fit: decision.odd_fit.clone(),
            odd: odd.collect(),
            ladder: decision.ladder.as_ref().map(|ladder| LadderRow {
                rung: ladder.rung.clone(),
                cause: ladder.cause.clone(),
                since_s: ladder.since_s.into(),
                live_lane_s: ladder.live_lane_s.into(),
            }),
        }
    }
}

/// Every attribute that a vehicle's sheet bounds, as it is now.
pub(crate) fn bounded(sheet: &DataSheet, state: &OddState) -> Vec<OddRow> {
    let of = |attribute: &vehicle::OddAttribute| {
        let index = attribute.index();
        let bound = sheet.odd.bounds[index]?;
        let (unit, scale) = attribute.unit();
        let value = state.values[index] * scale;
        Some(OddRow {
            attribute: attribute.words().to_owned(),
            // Without a bound above, a clear day's visibility is infinite, which JSON cannot say.
            value: (!value.is_nan()).then_some(value.clamp(-VALUE_MAX, VALUE_MAX)),
            unit: unit.to_owned(),
            limit: Some(bound.limit * scale),
            is_bounded_above: attribute.is_bounded_above(),
            fit: service::word(&state.fits[index]),
        })
    };
    vehicle::OddAttribute::ALL.iter().filter_map(of).collect()
}
