//! Which cell serves a moving vehicle, when it changes, and when it has none.
//!
//! In go gains along a drive, moment by moment; out come the link, or that it is interrupted. A vehicle changes to a cell that has been
//! stronger by the hysteresis for the time to trigger (TS 38.331, event A3), and is silent while it does. When the serving cell is out of
//! synchronisation for [`T310_S`], the link has failed, and the vehicle looks for another for [`SEARCH_S`] (TS 38.331, clause 5.3.10; TS 38.133, clause
//! 8.1: out at one error in ten of a hypothetical control channel, about -8 dB, in again at about -6 dB).

use super::link::{Evaluator, Link};

/// Below this ratio the serving cell is out of synchronisation.
pub const OUT_DB: f64 = -8.0;
/// From this on a cell may be entered.
pub const IN_DB: f64 = -6.0;
/// The link fails after so long out of synchronisation.
pub const T310_S: f64 = 1.0;
/// From a failed link to the next one at the earliest.
pub const SEARCH_S: f64 = 0.3;

/// A vehicle's connection.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    serving: Option<usize>,
    /// The better cell, and since when it is.
    candidate: Option<(usize, f64)>,
    out_since_s: Option<f64>,
    silent_until_s: f64,
    /// Changes of cells so far.
    pub handovers: u32,
    /// Failed links so far.
    pub failures: u32,
}

impl Connection {
    /// Whether it stays as it is while gains, load and share stay: nothing is being counted down.
    pub fn is_steady(&self) -> bool {
        self.serving.is_some() && self.candidate.is_none() && self.out_since_s.is_none()
    }

    /// The link at a moment with such gains, at a load and with a share of the cell; `None` while there is none. Moments go on.
    pub fn step(
        &mut self,
        now_s: f64,
        gains: &[f32],
        load: f64,
        share: f64,
        evaluator: &Evaluator,
        rules: &crate::site::Handover,
    ) -> Option<Link> {
        if now_s < self.silent_until_s {
            return None;
        }
        let strongest = evaluator.strongest(gains)?;
        let Some(serving) = self.serving else {
            let link = evaluator.link(strongest, gains, load, share);
            if link.sinr_db[0] < IN_DB {
                return None;
            }
            self.serving = Some(strongest);
            return Some(link);
        };
        let link = evaluator.link(serving, gains, load, share);
        if link.sinr_db[0] < OUT_DB {
            let since_s = *self.out_since_s.get_or_insert(now_s);
            if now_s - since_s >= T310_S {
                *self = Connection {
                    silent_until_s: now_s + SEARCH_S,
                    handovers: self.handovers,
                    failures: self.failures + 1,
                    ..Connection::default()
                };
                return None;
            }
        } else {
            self.out_since_s = None;
        }
        let gained_db = evaluator.rsrp_dbm(strongest, gains) - evaluator.rsrp_dbm(serving, gains);
        if strongest == serving || gained_db < rules.hysteresis_db {
            self.candidate = None;
            return Some(link);
        }
        let since_s = match self.candidate {
            Some((cell, since_s)) if cell == strongest => since_s,
            _ => now_s,
        };
        self.candidate = Some((strongest, since_s));
        if now_s - since_s + 1e-9 < rules.time_to_trigger_ms * 1e-3 {
            return Some(link);
        }
        self.serving = Some(strongest);
        self.candidate = None;
        self.out_since_s = None;
        self.handovers += 1;
        self.silent_until_s = now_s + rules.interruption_ms * 1e-3;
        if rules.interruption_ms > 0.0 {
            None
        } else {
            Some(evaluator.link(strongest, gains, load, share))
        }
    }
}
