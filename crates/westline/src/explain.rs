//! What a driver decided, out of a recording in words.
//!
//! In go a recording and a time; out comes why each vehicle did what it did then, the most important first, with numbers
//! ([`execute`]). It judges nothing: it says what the driver wrote down (`service::decision_record`).

use crate::{Answer, day_table, output};
use anyhow::{Result, anyhow, bail};
use record::schema::westline as wire;
use record::{RecordingReader, SimTime};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use vehicle::Rung;

/// A record older than this does not tell of the time asked for.
const STALE: SimTime = SimTime::from_millis(2_000);
/// Records are written after this time of day by less than this: one asked for to the second is still found.
const AHEAD: SimTime = SimTime::from_millis(100);
/// Limits that leave more than this are no limits: what the vehicle can do.
const FREE_MPS2: f64 = 1.0;

/// What `westline replay RECORDING --explain TIME` is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub recording: &'a Path,
    /// Seconds after midnight.
    pub clock_s: f64,
    /// Only this vehicle.
    pub vehicle: Option<&'a str>,
    pub json: bool,
}

/// Answers it on standard output.
pub fn execute(question: &Question<'_>) -> Result<Answer> {
    let file = question.recording.display();
    let mut reader = RecordingReader::open(question.recording)?;
    let from_s = reader.info().start_clock_s;
    let asked_s = question.clock_s - from_s;
    // Nobody's day is longer than two, and a negative time lies before the recording.
    let asked = SimTime::from_millis((asked_s.clamp(-172_800.0, 172_800.0) * 1e3) as i64);
    let mut last: BTreeMap<String, (SimTime, wire::Decision)> = BTreeMap::new();
    let (mut decisions, mut end) = (0_u64, SimTime::ZERO);
    for item in reader.by_ref() {
        let item = item?;
        if item.time > asked + AHEAD {
            end = item.time;
            break;
        }
        end = item.time;
        if *item.schema == *"westline.Decision" {
            decisions += 1;
            let decision: wire::Decision = item.decode()?;
            last.insert(decision.vehicle.clone(), (item.time, decision));
        }
    }
    if asked < SimTime::ZERO || end + STALE < asked {
        let (from, to) = (clock(from_s), clock(from_s + end.as_secs_f64()));
        bail!(
            "{file}: {} lies outside the recording\nhint: it goes from {from} to {to}",
            clock(question.clock_s)
        );
    }
    if decisions == 0 {
        bail!("{file}: holds no decisions before that time\nhint: `westline run` of this version writes them");
    }
    if let Some(name) = question.vehicle
        && !last.contains_key(name)
    {
        let known: Vec<&str> = last.keys().map(String::as_str).collect();
        return Err(anyhow!(
            "{file}: tells of no vehicle `{name}` at that time\nhint: there are {}",
            known.join(", ")
        ));
    }
    let told = last
        .into_iter()
        .filter(|(name, (time, _))| question.vehicle.is_none_or(|asked| asked == name) && *time + STALE >= asked);
    let told: Vec<(SimTime, wire::Decision)> = told.map(|(_, told)| told).collect();
    if question.json {
        let list: Vec<serde_json::Value> = told
            .iter()
            .map(|(time, decision)| json(from_s + time.as_secs_f64(), decision))
            .collect();
        output::print(&format!("{:#}\n", serde_json::Value::Array(list)))?;
    } else {
        let texts: Vec<String> = told
            .iter()
            .map(|(time, decision)| text(from_s + time.as_secs_f64(), decision))
            .collect();
        output::print(&texts.join("\n"))?;
    }
    Ok(if told.is_empty() { Answer::No } else { Answer::Yes })
}

/// Why, in words: what governs, who is minded, how much is left, what else would have been, what was turned down.
fn text(clock_s: f64, decision: &wire::Decision) -> String {
    let mut text = format!("{} at {}: {}\n", decision.vehicle, clock(clock_s), headline(decision));
    let mut number = 0;
    let mut say = |line: String| {
        number += 1;
        text += &format!("  {number}. {line}\n");
    };
    say(motion(decision));
    for rival in &decision.rivals {
        say(rival_in_words(rival));
    }
    let margins = margins(decision);
    if !margins.is_empty() {
        say(format!("left: {}", margins.join(", ")));
    }
    let others: Vec<String> = by_limit(decision)
        .into_iter()
        .filter(|limit| limit.reason != decision.reason && f64::from(limit.acceleration_mps2) < FREE_MPS2)
        .map(|limit| format!("{} {:+.1} m/s²", reason(&limit.reason), limit.acceleration_mps2))
        .collect();
    if !others.is_empty() {
        say(format!("gave way to that: {}", others.join(", ")));
    }
    for (rules, proof) in [("may do lawfully", &decision.lawful), ("can do", &decision.physical)] {
        if let Some(proof) = proof {
            say(proof_in_words(rules, proof));
        }
    }
    for broken in &decision.broken {
        say(format!("somebody {broken}"));
    }
    for attribute in &decision.odd {
        say(odd_in_words(attribute));
    }
    if let Some(ladder) = &decision.ladder {
        say(ladder_in_words(ladder));
    }
    for refusal in &decision.refusals {
        let whom = refusal
            .track
            .map(|track| format!(" (track {track})"))
            .unwrap_or_default();
        say(format!("no {}: {}{whom}", refusal.manoeuvre, refusal.cause));
    }
    text
}

fn headline(decision: &wire::Decision) -> String {
    let mut words = reason(&decision.reason).to_owned();
    if let Some(rival) = decision.rivals.iter().find(|rival| rival.reason == decision.reason) {
        let _ = write!(words, ", {} (track {})", rival.kind, rival.track);
    }
    if let Some(signal) = decision.signal {
        let _ = write!(words, ", light {signal}");
    }
    if let Some(crossing) = decision.crossing {
        let _ = write!(words, ", crossing {crossing}");
    }
    words
}

fn motion(decision: &wire::Decision) -> String {
    let speed_kmh = 3.6 * decision.speed_mps;
    let acceleration_mps2 = decision.acceleration_mps2;
    let urgency = if decision.is_urgent {
        ", comfort does not count"
    } else {
        ""
    };
    if decision.speed_mps.abs() < 0.1 && acceleration_mps2 <= 0.0 {
        return format!("stands, and stays{urgency}");
    }
    let verb = if acceleration_mps2 < -0.05 {
        format!("brakes at {:.2} m/s²", -acceleration_mps2)
    } else if acceleration_mps2 > 0.05 {
        format!("speeds up at {acceleration_mps2:.2} m/s²")
    } else {
        "holds its speed".to_owned()
    };
    let target_kmh = 3.6 * decision.speed_mps_target;
    format!("drives {speed_kmh:.1} km/h, {verb}, aims at {target_kmh:.1} km/h{urgency}")
}

fn rival_in_words(rival: &wire::DecisionRival) -> String {
    let along = if rival.ahead_m >= 0.0 {
        format!("{:.1} m ahead", rival.ahead_m)
    } else {
        format!("{:.1} m behind the front bumper", -rival.ahead_m)
    };
    let side = if rival.left_m >= 0.0 { "left" } else { "right" };
    let mut words = format!(
        "minds {} {}: {along}, {:.1} m to the {side}, at {:.1} km/h; leaves {:+.2} m/s²",
        rival.kind,
        rival.track,
        rival.left_m.abs(),
        3.6 * rival.speed_mps,
        rival.acceleration_mps2
    );
    match rival.margin_s {
        Some(margin_s) if margin_s < 0.0 => {
            let _ = write!(words, "; both would be at the same place for {:.1} s", -margin_s);
        }
        Some(margin_s) => {
            let _ = write!(words, "; {margin_s:.1} s apart at the place that both want");
        }
        None => {}
    }
    let _ = write!(words, " ({})", reason(&rival.reason));
    words
}

fn margins(decision: &wire::Decision) -> Vec<String> {
    let mut margins = Vec::new();
    if let Some(gap_m) = decision.gap_m {
        margins.push(match decision.headway_s {
            Some(headway_s) => format!("{gap_m:.1} m to the one ahead ({headway_s:.1} s)"),
            None => format!("{gap_m:.1} m to the one ahead"),
        });
    }
    if let Some(time_s) = decision.time_to_collision_s {
        margins.push(format!("{time_s:.1} s to a collision if both went on"));
    }
    if let Some(way_m) = decision.stop_line_m {
        margins.push(format!("{way_m:.1} m to the stop line"));
    }
    margins
}

fn proof_in_words(rules: &str, proof: &wire::DecisionProof) -> String {
    match (proof.continuation.as_str(), proof.track, proof.time_s) {
        ("brake", ..) => format!("safe whatever others {rules}: full braking"),
        ("clear", ..) => format!("safe whatever others {rules}: on, out of the shared space, then full braking"),
        (_, Some(track), Some(time_s)) => {
            let broken = if proof.broken.is_empty() {
                String::new()
            } else {
                format!("; it {}", proof.broken)
            };
            format!("not proved safe whatever others {rules}: track {track} may be met in {time_s:.1} s{broken}")
        }
        _ => format!("not proved safe whatever others {rules}"),
    }
}

fn odd_in_words(odd: &wire::DecisionOdd) -> String {
    let value = match odd.value {
        Some(value) => format!("{value:.1} {}", odd.unit),
        None => "not known".to_owned(),
    };
    let fit = if odd.fit == "outside" {
        "outside"
    } else {
        "near the bound of"
    };
    format!(
        "{fit} the operational design domain: {} {}",
        odd.attribute,
        value.trim_end()
    )
}

fn ladder_in_words(ladder: &wire::DecisionLadder) -> String {
    let rung = Rung::ALL.into_iter().find(|rung| rung.word() == ladder.rung);
    let mut words = format!(
        "{} since {:.1} s: {}",
        rung.map_or_else(|| ladder.rung.as_str(), |rung| rung.words()),
        ladder.since_s,
        ladder.cause
    );
    if ladder.is_out_of_the_way {
        words += "; stands out of the way";
    } else if ladder.live_lane_s > 0.0 {
        let _ = write!(words, "; stands in a live lane for {:.1} s", ladder.live_lane_s);
    }
    if !ladder.proposal.is_empty() {
        let _ = write!(words, "; asks the supervisor to confirm: {}", ladder.proposal);
    }
    words
}

/// The most limiting first.
fn by_limit(decision: &wire::Decision) -> Vec<&wire::DecisionLimit> {
    let mut limits: Vec<&wire::DecisionLimit> = decision.limits.iter().collect();
    limits.sort_by(|a, b| a.acceleration_mps2.total_cmp(&b.acceleration_mps2));
    limits
}

fn reason(word: &str) -> &str {
    match word {
        "cruise" => "free road",
        "curve" => "curve",
        "follow" => "vehicle ahead",
        "signal" => "traffic light",
        "yield" => "right of way of others",
        "crossing" => "people at a crossing",
        "halt" => "halt at a stop",
        "lanechange" => "lane change",
        "obstacle" => "somebody or something in the way",
        "occlusion" => "somebody may stand hidden",
        "idle" => "end of the mission",
        "ordered" => "ordered to stop",
        "minimalrisk" => "minimal-risk manoeuvre",
        "degraded" => "slowed down by a fault or the domain's bounds",
        other => other,
    }
}

fn json(clock_s: f64, decision: &wire::Decision) -> serde_json::Value {
    let limits = by_limit(decision).into_iter().map(|limit| {
        serde_json::json!({
            "reason": limit.reason, "acceleration_mps2": limit.acceleration_mps2, "speed_mps": limit.speed_mps,
        })
    });
    let rivals = decision.rivals.iter().map(|rival| {
        serde_json::json!({
            "track": rival.track, "kind": rival.kind, "reason": rival.reason, "acceleration_mps2": rival.acceleration_mps2,
            "ahead_m": rival.ahead_m, "left_m": rival.left_m, "speed_mps": rival.speed_mps, "margin_s": rival.margin_s,
        })
    });
    let refusals = decision.refusals.iter().map(
        |refusal| serde_json::json!({"manoeuvre": refusal.manoeuvre, "cause": refusal.cause, "track": refusal.track}),
    );
    let proof = |proof: &Option<wire::DecisionProof>| {
        proof.as_ref().map(|proof| {
            serde_json::json!({
                "continuation": Some(&proof.continuation).filter(|word| !word.is_empty()), "track": proof.track,
                "time_s": proof.time_s, "broken": Some(&proof.broken).filter(|word| !word.is_empty()),
            })
        })
    };
    let odd = decision.odd.iter().map(
        |odd| serde_json::json!({"attribute": odd.attribute, "value": odd.value, "unit": odd.unit, "fit": odd.fit}),
    );
    let ladder = decision.ladder.as_ref().map(|ladder| {
        serde_json::json!({
            "rung": ladder.rung, "cause": ladder.cause, "since_s": ladder.since_s,
            "is_out_of_the_way": ladder.is_out_of_the_way, "live_lane_s": ladder.live_lane_s,
            "proposal": Some(&ladder.proposal).filter(|words| !words.is_empty()),
        })
    });
    serde_json::json!({
        "vehicle": decision.vehicle, "clock_s": clock_s, "reason": decision.reason,
        "speed_mps": decision.speed_mps, "speed_mps_target": decision.speed_mps_target,
        "acceleration_mps2": decision.acceleration_mps2, "is_urgent": decision.is_urgent,
        "signal": decision.signal, "crossing": decision.crossing,
        "gap_m": decision.gap_m, "headway_s": decision.headway_s,
        "time_to_collision_s": decision.time_to_collision_s, "stop_line_m": decision.stop_line_m,
        "rivals": rivals.collect::<Vec<_>>(), "limits": limits.collect::<Vec<_>>(),
        "refusals": refusals.collect::<Vec<_>>(), "lawful": proof(&decision.lawful),
        "physical": proof(&decision.physical), "broken": decision.broken,
        "odd_fit": decision.odd_fit, "odd": odd.collect::<Vec<_>>(), "ladder": ladder,
    })
}

/// `HH:MM:SS`.
fn clock(seconds: f64) -> String {
    format!("{}:{:02}", day_table::clock(seconds), seconds.max(0.0) as i64 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use service::word;
    use vehicle::Reason;

    fn yielding() -> wire::Decision {
        wire::Decision {
            vehicle: "minibus-1".to_owned(),
            reason: "yield".to_owned(),
            speed_mps: 8.3,
            speed_mps_target: 5.2,
            acceleration_mps2: -0.61,
            limits: vec![
                wire::DecisionLimit {
                    reason: "cruise".to_owned(),
                    acceleration_mps2: 0.4,
                    speed_mps: 13.9,
                },
                wire::DecisionLimit {
                    reason: "yield".to_owned(),
                    acceleration_mps2: -0.61,
                    speed_mps: 5.2,
                },
            ],
            rivals: vec![wire::DecisionRival {
                track: 412,
                kind: "car".to_owned(),
                reason: "yield".to_owned(),
                acceleration_mps2: -0.61,
                ahead_m: 23.4,
                left_m: 6.1,
                speed_mps: 9.8,
                margin_s: Some(-0.4),
            }],
            stop_line_m: Some(21.0),
            lawful: Some(wire::DecisionProof {
                continuation: "brake".to_owned(),
                ..wire::DecisionProof::default()
            }),
            physical: Some(wire::DecisionProof {
                track: Some(412),
                time_s: Some(1.2),
                broken: "reverses".to_owned(),
                ..wire::DecisionProof::default()
            }),
            odd_fit: "outside".to_owned(),
            odd: vec![wire::DecisionOdd {
                attribute: "rainfall".to_owned(),
                value: Some(42.0),
                unit: "mm/h".to_owned(),
                fit: "outside".to_owned(),
            }],
            ladder: Some(wire::DecisionLadder {
                rung: "kerb".to_owned(),
                cause: "rainfall out of bounds".to_owned(),
                since_s: 12.5,
                live_lane_s: 3.0,
                proposal: "creep to the kerb".to_owned(),
                ..wire::DecisionLadder::default()
            }),
            refusals: vec![wire::DecisionRefusal {
                manoeuvre: "passing".to_owned(),
                cause: "no gap".to_owned(),
                track: Some(7),
            }],
            ..wire::Decision::default()
        }
    }

    #[test]
    fn a_decision_is_told_in_order_of_importance_with_numbers() {
        let told = text(27_730.0, &yielding());
        assert_eq!(
            told,
            "minibus-1 at 07:42:10: right of way of others, car (track 412)\n\
             \u{20} 1. drives 29.9 km/h, brakes at 0.61 m/s², aims at 18.7 km/h\n\
             \u{20} 2. minds car 412: 23.4 m ahead, 6.1 m to the left, at 35.3 km/h; leaves -0.61 m/s²; both would be at the \
             same place for 0.4 s (right of way of others)\n\
             \u{20} 3. left: 21.0 m to the stop line\n\
             \u{20} 4. gave way to that: free road +0.4 m/s²\n\
             \u{20} 5. safe whatever others may do lawfully: full braking\n\
             \u{20} 6. not proved safe whatever others can do: track 412 may be met in 1.2 s; it reverses\n\
             \u{20} 7. outside the operational design domain: rainfall 42.0 mm/h\n\
             \u{20} 8. stops at the kerb since 12.5 s: rainfall out of bounds; stands in a live lane for 3.0 s; asks the \
             supervisor to confirm: creep to the kerb\n\
             \u{20} 9. no passing: no gap (track 7)\n"
        );
    }

    #[test]
    fn every_reason_has_words_of_its_own() {
        let words: std::collections::BTreeSet<String> = Reason::ALL
            .iter()
            .map(|known| reason(&word(known)).to_owned())
            .collect();
        assert_eq!(words.len(), Reason::ALL.len());
    }
}
