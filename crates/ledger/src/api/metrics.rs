//! What a node has counted since it started, as text that Prometheus reads (exposition format 0.0.4).

use crate::validators::Status;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper bounds of the times from submission to final, in milliseconds.
const BOUNDS_MS: [u64; 12] = [5, 10, 25, 50, 100, 150, 250, 500, 1_000, 2_500, 5_000, 10_000];

/// Counters.
#[derive(Default)]
pub(super) struct Metrics {
    pub requests: AtomicU64,
    pub refused: AtomicU64,
    pub submitted: AtomicU64,
    pub turned_away: AtomicU64,
    pub busy: AtomicU64,
    pub streams: AtomicU64,
    final_in: [AtomicU64; BOUNDS_MS.len() + 1],
    final_us: AtomicU64,
}

impl Metrics {
    /// A transaction that was sent here became final after this time.
    pub fn became_final(&self, after: Duration) {
        let after_ms = after.as_millis() as u64;
        let place = BOUNDS_MS.partition_point(|bound| *bound < after_ms);
        self.final_in[place].fetch_add(1, Relaxed);
        self.final_us.fetch_add(after.as_micros() as u64, Relaxed);
    }

    /// All of it, with how the validator is; none while it starts.
    pub fn text(&self, status: Option<&Status>) -> String {
        let mut text = String::new();
        let mut tell = |name: &str, kind: &str, help: &str, value: String| {
            // Writing to memory does not fail.
            let _ = write!(
                text,
                "# HELP westline_ledger_{name} {help}\n# TYPE westline_ledger_{name} {kind}\n{value}"
            );
        };
        let counters = [
            ("requests_total", "Requests that came.", &self.requests),
            (
                "requests_refused_total",
                "Requests refused for their rate.",
                &self.refused,
            ),
            (
                "transactions_submitted_total",
                "Transactions sent to this node.",
                &self.submitted,
            ),
            (
                "transactions_turned_away_total",
                "Of these, those that cannot stand in a block.",
                &self.turned_away,
            ),
            (
                "transactions_busy_total",
                "Of these, those for which there was no room.",
                &self.busy,
            ),
        ];
        for (name, help, counter) in counters {
            let value = format!("westline_ledger_{name} {}\n", counter.load(Relaxed));
            tell(name, "counter", help, value);
        }
        let streams = format!("westline_ledger_streams {}\n", self.streams.load(Relaxed));
        tell("streams", "gauge", "Streams of blocks that are open.", streams);
        tell(
            "seconds_to_final",
            "histogram",
            "From submission to this node until final.",
            self.histogram(),
        );
        let Some(status) = status else {
            return text;
        };
        let gauges = [
            ("blocks", "Final blocks.", status.height.map_or(0, |height| height + 1)),
            (
                "transactions_waiting",
                "Transactions that wait for a block.",
                status.waiting as u64,
            ),
            ("view", "The engine's latest view.", status.view),
        ];
        for (name, help, value) in gauges {
            tell(name, "gauge", help, format!("westline_ledger_{name} {value}\n"));
        }
        let votes: String = status
            .voted_ms_ago
            .iter()
            .filter_map(|(party, ago)| {
                let seconds = (*ago)? as f64 / 1e3;
                Some(format!(
                    "westline_ledger_voted_seconds_ago{{party=\"{party}\"}} {seconds}\n"
                ))
            })
            .collect();
        tell(
            "voted_seconds_ago",
            "gauge",
            "Since each validator's last vote came here.",
            votes,
        );
        text
    }

    fn histogram(&self) -> String {
        let mut text = String::new();
        let mut sum = 0;
        for (place, counter) in self.final_in.iter().enumerate() {
            sum += counter.load(Relaxed);
            let bound = BOUNDS_MS
                .get(place)
                .map_or("+Inf".to_owned(), |bound| (*bound as f64 / 1e3).to_string());
            let _ = writeln!(text, "westline_ledger_seconds_to_final_bucket{{le=\"{bound}\"}} {sum}");
        }
        let seconds = self.final_us.load(Relaxed) as f64 / 1e6;
        let _ = writeln!(text, "westline_ledger_seconds_to_final_sum {seconds}");
        let _ = writeln!(text, "westline_ledger_seconds_to_final_count {sum}");
        text
    }
}
