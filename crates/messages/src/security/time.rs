//! ITS time: TAI since the beginning of 2004, as messages, certificates and positions count it.
//!
//! Sources: ETSI TS 102 894-2 (`TimestampIts`), IEEE 1609.2 clauses 6.3.11 and 6.3.12; leap seconds by IERS Bulletin C.

use std::time::Duration;

/// Seconds from 1970 to 2004, as UTC counts them.
const EPOCH_UNIX_S: u64 = 1_072_915_200;
/// Leap seconds since 2004 (2006, 2009, 2012, 2015, 2017); none has been announced since.
const LEAP_S: u64 = 5;

/// Microseconds of TAI since 2004-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItsTime(pub u64);

impl ItsTime {
    /// Of a moment given as UTC, since 1970; moments before 2004 are its beginning. Leap seconds are those of today.
    pub fn from_unix(since_1970: Duration) -> ItsTime {
        let epoch = Duration::from_secs(EPOCH_UNIX_S - LEAP_S);
        let since = since_1970.saturating_sub(epoch);
        ItsTime(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }

    /// The same moment as UTC, since 1970.
    pub fn to_unix(self) -> Duration {
        Duration::from_micros(self.0) + Duration::from_secs(EPOCH_UNIX_S - LEAP_S)
    }

    /// `TimestampIts`: milliseconds.
    pub fn as_millis(self) -> u64 {
        self.0 / 1_000
    }

    /// `Time32`: seconds.
    pub fn as_secs(self) -> u32 {
        u32::try_from(self.0 / 1_000_000).unwrap_or(u32::MAX)
    }

    /// `GenerationDeltaTime`: milliseconds, of which 16 bits are kept.
    pub fn generation_delta_time(self) -> u16 {
        (self.as_millis() % 65_536) as u16
    }

    /// Later by so much.
    pub fn after(self, span: Duration) -> ItsTime {
        ItsTime(
            self.0
                .saturating_add(u64::try_from(span.as_micros()).unwrap_or(u64::MAX)),
        )
    }

    /// Earlier by so much.
    pub fn before(self, span: Duration) -> ItsTime {
        ItsTime(
            self.0
                .saturating_sub(u64::try_from(span.as_micros()).unwrap_or(u64::MAX)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_own_example_holds() {
        // TS 102 894-2, TimestampIts: 2007-01-01T00:00:00.000Z is 94 694 401 000, one leap second after 2004.
        // All five are counted here, as is right for moments from 2017 on: 2020-01-01 is 504 921 605 s.
        let unix = Duration::from_secs(1_577_836_800);
        assert_eq!(ItsTime::from_unix(unix).as_secs(), 504_921_605);
        assert_eq!(ItsTime::from_unix(unix).to_unix(), unix);
    }
}
