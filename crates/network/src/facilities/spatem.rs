//! Signal phases and timing: a junction's lights tell what they show and when that changes.
//!
//! In go the lights of one junction, with their colours and changes; out comes a SPATEM ten times a second at most, at once
//! when a light changes. Signal groups are numbered as the junction's MAPEM numbers them.
//!
//! Sources: ETSI TS 103 301 V2.1.1 clause 5 (service), ISO/TS 19091 (`SPAT`, `TimeMark`: tenths of a second of the hour).

use c_its_parser::standards::cdd_2_2_1::etsi_its_cdd::{ItsPduHeader, MessageId, OrdinalNumber1B, StationId};
use c_its_parser::standards::dsrc_2_2_1::etsi_its_dsrc::{
    DSecond, IntersectionID, IntersectionReferenceID, IntersectionState, IntersectionStateList,
    IntersectionStatusObject, MinuteOfTheYear, MovementEvent, MovementEventList, MovementList, MovementPhaseState,
    MovementState, MsgCount, SPAT, SignalGroupID, TimeChangeDetails, TimeMark,
};
use c_its_parser::standards::spatem_2_2_1::spatem_pdu_descriptions::SPATEM;
use messages::security::ItsTime;
use messages::{Message, MessageKind};
use rasn::types::FixedBitString;
use road::SignalColour;
use std::time::Duration;

/// What one light shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Its number in the junction.
    pub group: u8,
    /// What it shows.
    pub colour: SignalColour,
    /// When it will show another, if it ever does.
    pub changes_at: Option<ItsTime>,
}

/// The service of one junction.
#[derive(Clone, Debug)]
pub struct SpatemService {
    station: u32,
    junction: u16,
    sent_at: Option<ItsTime>,
    shown: Vec<Phase>,
}

/// Time between two messages while nothing changes.
const EACH: Duration = Duration::from_secs(1);
/// Shortest time between two.
const INTERVAL_MIN: Duration = Duration::from_millis(100);
/// Lights that one message holds.
pub const GROUPS_MAX: usize = 255;

impl SpatemService {
    /// For the junction of this number, sent by this station.
    pub fn new(station: u32, junction: u16) -> SpatemService {
        SpatemService {
            station,
            junction,
            sent_at: None,
            shown: Vec::new(),
        }
    }

    /// To be asked each 100 ms. Nothing is sent for a junction without lights.
    pub fn poll(&mut self, now: ItsTime, phases: &[Phase]) -> Option<Message> {
        let since = |interval| self.sent_at.is_none_or(|at: ItsTime| now >= at.after(interval));
        let is_due = since(EACH) || (phases != self.shown && since(INTERVAL_MIN));
        if phases.is_empty() || !is_due {
            return None;
        }
        self.sent_at = Some(now);
        phases.clone_into(&mut self.shown);
        Some(Message::Spatem(Box::new(self.message(now, phases))))
    }

    fn message(&self, now: ItsTime, phases: &[Phase]) -> SPATEM {
        let movement = |phase: &Phase| {
            let timing = phase.changes_at.map(|at| {
                let mark = TimeMark(time_mark(at));
                TimeChangeDetails::new(None, mark.clone(), Some(mark.clone()), Some(mark), None, None)
            });
            let event = MovementEvent::new(state_of(phase.colour), timing, None, None);
            MovementState::new(
                None,
                SignalGroupID(phase.group),
                MovementEventList(vec![event]),
                None,
                None,
            )
        };
        let (minute, millisecond) = minute_of_year(now);
        // Bit 5 of the status: fixed-time operation.
        let mut status = FixedBitString::<16>::default();
        status.set(5, true);
        let state = IntersectionState::new(
            None,
            IntersectionReferenceID::new(None, IntersectionID(self.junction)),
            MsgCount(0),
            IntersectionStatusObject(status),
            Some(MinuteOfTheYear(minute)),
            Some(DSecond(millisecond)),
            None,
            MovementList(phases.iter().take(GROUPS_MAX).map(movement).collect()),
            None,
            None,
        );
        let header = ItsPduHeader::new(
            OrdinalNumber1B(2),
            MessageId(MessageKind::Spatem.number()),
            StationId(self.station),
        );
        SPATEM::new(header, SPAT::new(None, None, IntersectionStateList(vec![state]), None))
    }
}

fn state_of(colour: SignalColour) -> MovementPhaseState {
    match colour {
        SignalColour::Red => MovementPhaseState::stop_And_Remain,
        SignalColour::Amber => MovementPhaseState::protected_clearance,
        SignalColour::Green => MovementPhaseState::protected_Movement_Allowed,
        SignalColour::Dark => MovementPhaseState::dark,
    }
}

fn colour_of(state: &MovementPhaseState) -> SignalColour {
    match state {
        MovementPhaseState::protected_Movement_Allowed | MovementPhaseState::permissive_Movement_Allowed => {
            SignalColour::Green
        }
        MovementPhaseState::protected_clearance | MovementPhaseState::permissive_clearance => SignalColour::Amber,
        MovementPhaseState::stop_And_Remain
        | MovementPhaseState::stop_Then_Proceed
        | MovementPhaseState::pre_Movement => SignalColour::Red,
        _ => SignalColour::Dark,
    }
}

/// The lights that a received SPATEM tells of: junction, and what each shows.
pub fn phases(message: &SPATEM, received: ItsTime) -> Vec<(u16, Phase)> {
    let states = message.spat.intersections.0.iter();
    let phase = |state: &MovementState| {
        let event = state.state_time_speed.0.first()?;
        let mark = event
            .timing
            .as_ref()
            .map(|timing| timing.likely_time.as_ref().unwrap_or(&timing.min_end_time).0);
        Some(Phase {
            group: state.signal_group.0,
            colour: colour_of(&event.event_state),
            changes_at: mark.and_then(|mark| moment_of(mark, received)),
        })
    };
    states
        .flat_map(|state| {
            state
                .states
                .0
                .iter()
                .filter_map(phase)
                .map(|phase| (state.id.id.0, phase))
        })
        .collect()
}

/// Tenths of a second of the hour of UTC in which the moment lies.
fn time_mark(at: ItsTime) -> u16 {
    (at.to_unix().as_millis() / 100 % 36_000) as u16
}

/// The moment nearest to `now` that has this mark; none for the marks that mean "unknown".
fn moment_of(mark: u16, now: ItsTime) -> Option<ItsTime> {
    if mark >= 36_000 {
        return None;
    }
    let now_tenths = i64::from(time_mark(now));
    let mut ahead = i64::from(mark) - now_tenths;
    // A mark behind by more than half an hour is of the next hour, one ahead by more of the last.
    if ahead < -18_000 {
        ahead += 36_000;
    } else if ahead > 18_000 {
        ahead -= 36_000;
    }
    let whole_tenth_us = now.0 - u64::from(now.to_unix().subsec_micros() % 100_000);
    Some(ItsTime(whole_tenth_us.saturating_add_signed(ahead * 100_000)))
}

/// Minute of the year and millisecond of the minute, in UTC.
pub(super) fn minute_of_year(now: ItsTime) -> (u32, u16) {
    let unix = now.to_unix();
    let (days, second_of_day) = (unix.as_secs() / 86_400, unix.as_secs() % 86_400);
    let minutes = day_of_year(days) * 1_440 + second_of_day / 60;
    let millisecond = second_of_day % 60 * 1_000 + u64::from(unix.subsec_millis());
    (minutes as u32, millisecond as u16)
}

/// The moment nearest to `now` that is this minute of the year and millisecond of the minute.
pub(super) fn moment_in_minute(minute: u32, millisecond: u16, now: ItsTime) -> ItsTime {
    let (now_minute, now_millisecond) = minute_of_year(now);
    let year = 1_440 * 365;
    // Over the turn of a year the difference jumps by a year.
    let minutes = (i64::from(minute) - i64::from(now_minute) + year / 2).rem_euclid(year) - year / 2;
    let ahead_ms = 60_000 * minutes + i64::from(millisecond) - i64::from(now_millisecond);
    let whole_ms_us = now.0 - now.0 % 1_000;
    ItsTime(whole_ms_us.saturating_add_signed(1_000 * ahead_ms))
}

/// Days since the first of January, of a day counted from 1970, in the Gregorian calendar.
fn day_of_year(mut days: u64) -> u64 {
    // 400 years have 146 097 days; from 1970 on, leap years are 2, 6, 10 ... years after it, but for 2100, 2200, 2300.
    let mut year = 1_970 + 400 * (days / 146_097);
    days %= 146_097;
    loop {
        let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let length = if is_leap { 366 } else { 365 };
        if days < length {
            return days;
        }
        days -= length;
        year += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_lead_back_to_their_moment_also_over_the_hour() {
        let at = |unix_ms: u64| ItsTime::from_unix(Duration::from_millis(unix_ms));
        let hour_ms = 1_772_000_000_000 / 3_600_000 * 3_600_000;
        for (now, then) in [(100, 4_500), (3_599_900, 3_612_300), (50, 50), (3_000, 1_000)] {
            let (now, then) = (at(hour_ms + now), at(hour_ms + then));
            let found = moment_of(time_mark(then), now).unwrap();
            let off_us = found.0.abs_diff(then.0);
            assert!(off_us <= 100_000, "{found:?} for {then:?}");
        }
    }

    #[test]
    fn days_are_counted_from_new_year() {
        // 2026-03-02 is the 61st day of its year; 2024 was a leap year.
        assert_eq!(day_of_year(20_514), 60);
        assert_eq!(day_of_year(19_723), 0);
        assert_eq!(day_of_year(19_723 + 365), 365);
        assert_eq!(day_of_year(19_723 + 366), 0);
    }
}
