//! What a driver decided, as recordings and screens have it.
//!
//! In goes a driver's [`Decision`]; out comes a record of it. It judges nothing: it says what the driver wrote down.

use record::schema::westline as wire;
use vehicle::{Decision, LadderCause, LadderState, OddAttribute, OddFit, OddState, Proof, Reason, Rung};

/// A decision as a record of a vehicle.
pub fn decision_record(vehicle: &str, decision: &Decision) -> wire::Decision {
    let explanation = &decision.explanation;
    let float = |value: Option<f64>| value.map(|value| value as f32);
    let limits = Reason::ALL.iter().filter_map(|reason| {
        decision.limits[reason.index()].map(|limit| wire::DecisionLimit {
            reason: word(reason),
            acceleration_mps2: limit.acceleration_mps2 as f32,
            speed_mps: limit.speed_mps as f32,
        })
    });
    let rivals = decision.rivals.iter().map(|rival| wire::DecisionRival {
        track: rival.track,
        kind: word(&rival.kind),
        reason: word(&rival.reason),
        acceleration_mps2: rival.acceleration_mps2 as f32,
        ahead_m: rival.ahead_m as f32,
        left_m: rival.left_m as f32,
        speed_mps: rival.speed_mps as f32,
        margin_s: float(rival.margin_s),
    });
    let refusals = decision.refusals.iter().map(|refusal| wire::DecisionRefusal {
        manoeuvre: refusal.manoeuvre.words().to_owned(),
        cause: refusal.cause.words().to_owned(),
        track: refusal.rival,
    });
    wire::Decision {
        vehicle: vehicle.to_owned(),
        reason: word(&explanation.reason),
        speed_mps: decision.speed_mps as f32,
        speed_mps_target: explanation.speed_mps_target as f32,
        acceleration_mps2: decision.acceleration_mps2 as f32,
        is_urgent: decision.is_urgent,
        limits: limits.collect(),
        rivals: rivals.collect(),
        gap_m: float(decision.margins.gap_m),
        headway_s: float(decision.margins.headway_s),
        time_to_collision_s: float(decision.margins.time_to_collision_s),
        stop_line_m: float(decision.margins.stop_line_m),
        refusals: refusals.collect(),
        signal: explanation.signal.map(|signal| signal.0),
        crossing: explanation.crossing.map(|crossing| crossing.0),
        lawful: decision.lawful.map(proof),
        physical: decision.physical.map(proof),
        broken: decision
            .broken
            .iter()
            .map(|broken| broken.breach().to_owned())
            .collect(),
        odd_fit: word(&decision.odd.worst()),
        odd: [OddFit::Outside, OddFit::Near]
            .iter()
            .flat_map(|fit| decision.odd.those(*fit).map(|attribute| odd(&decision.odd, attribute)))
            .collect(),
        ladder: (decision.ladder.rung != Rung::Drive).then(|| ladder(&decision.ladder)),
    }
}

fn odd(state: &OddState, attribute: OddAttribute) -> wire::DecisionOdd {
    let (unit, scale) = attribute.unit();
    let value = state.values[attribute.index()];
    wire::DecisionOdd {
        attribute: attribute.words().to_owned(),
        value: value.is_finite().then_some((value * scale) as f32),
        unit: unit.to_owned(),
        fit: word(&state.fits[attribute.index()]),
    }
}

fn ladder(state: &LadderState) -> wire::DecisionLadder {
    wire::DecisionLadder {
        rung: state.rung.word().to_owned(),
        cause: state.cause.map(LadderCause::words).unwrap_or_default(),
        since_s: state.since_s as f32,
        is_out_of_the_way: state.is_out_of_the_way,
        live_lane_s: state.live_lane_s as f32,
        proposal: state
            .request
            .map(|request| request.proposal.words().to_owned())
            .unwrap_or_default(),
    }
}

fn proof(proof: Proof) -> wire::DecisionProof {
    match proof {
        Proof::Safe(continuation) => wire::DecisionProof {
            continuation: continuation.word().to_owned(),
            ..wire::DecisionProof::default()
        },
        Proof::Open { track, time_s, broken } => wire::DecisionProof {
            track: Some(track),
            time_s: Some(time_s as f32),
            broken: broken.map(|broken| broken.breach().to_owned()).unwrap_or_default(),
            ..wire::DecisionProof::default()
        },
    }
}

/// A name of ours as recordings have it.
pub fn word(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}
