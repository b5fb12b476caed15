//! Faults as the command line has them: `lidar@07:40..07:45`, `brake@08:00..08:02:minibus 1`.
//!
//! Text goes in; out comes a [`PlannedFault`], or what is wrong with it. Whether there is such a vehicle is the day's business.

use crate::arguments::time_of_day;
use service::{PlannedFault, nearest_name};
use vehicle::FaultKind;

/// Reads one.
pub fn planned(text: &str) -> Result<PlannedFault, String> {
    let expected = "expected KIND@FROM..TO or KIND@FROM..TO:VEHICLE, such as lidar@07:40..07:45:minibus 1";
    let (word, rest) = text
        .split_once('@')
        .ok_or_else(|| format!("`{text}` has no `@`; {expected}"))?;
    let kind = FaultKind::of(word).ok_or_else(|| {
        let words: Vec<&str> = FaultKind::ALL.iter().map(|kind| kind.word()).collect();
        let near = nearest_name(word, words.iter().copied());
        let near = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
        format!(
            "nothing that breaks is called `{word}`; {near}there are {}",
            words.join(", ")
        )
    })?;
    let (from, to) = rest
        .split_once("..")
        .ok_or_else(|| format!("`{rest}` has no `..`; {expected}"))?;
    let (to, vehicle) = split_vehicle(to);
    let (from_s, to_s) = (time_of_day(from)?, time_of_day(to)?);
    if from_s >= to_s {
        return Err(format!("`{text}` ends before it begins; {expected}"));
    }
    Ok(PlannedFault {
        kind,
        from_s,
        to_s,
        vehicle: vehicle.map(str::to_owned),
    })
}

/// A time of day, and what comes behind its last colon if that is no number.
fn split_vehicle(text: &str) -> (&str, Option<&str>) {
    let is_number = |part: &str| part.len() <= 2 && !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut end = 0;
    for part in text.split(':').take(3) {
        if !is_number(part) {
            break;
        }
        end += part.len() + 1;
    }
    match text.get(end..) {
        Some(vehicle) if end > 0 && !vehicle.is_empty() => (&text[..end - 1], Some(vehicle)),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_times_and_vehicle_are_read() {
        let fault = planned("lidar@07:40..07:45:30").expect("it is one");
        assert_eq!(
            (fault.kind, fault.from_s, fault.to_s),
            (FaultKind::Lidar, 27_600.0, 27_930.0)
        );
        assert_eq!(fault.vehicle, None);
        let fault = planned("grip@7:00..24:10:minibus 1").expect("it is one");
        assert_eq!((fault.to_s, fault.vehicle.as_deref()), (87_000.0, Some("minibus 1")));
    }

    #[test]
    fn what_is_no_fault_is_told_why() {
        let told = |text: &str| planned(text).expect_err("it is none");
        assert!(told("lider@07:40..07:45").contains("did you mean `lidar`?"));
        assert!(told("lidar").contains("has no `@`"));
        assert!(told("lidar@07:40").contains("has no `..`"));
        assert!(told("lidar@07:40..07:30").contains("ends before it begins"));
        assert!(told("lidar@07:40..:bus").contains("not a time of day"));
    }

    #[test]
    fn any_text_of_these_pieces_is_a_fault_or_is_told_why() {
        let pieces = [
            "", "radar", "@", "..", ":", "07", "7:00", "99:99", "24:10:59", "a", "\u{2009}", "-1",
        ];
        for a in pieces {
            for b in pieces {
                for c in pieces {
                    let _ = planned(&format!("{a}{b}{c}"));
                    let _ = planned(&format!("radar@{a}..{b}{c}"));
                    let _ = planned(&format!("radar@07:00..{a}{b}:{c}"));
                }
            }
        }
    }
}
