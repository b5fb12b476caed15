//! Measured traces: a run's packets as they were sent and as they came, read from a table, replayed, and told in figures.
//!
//! In goes a CSV with a row a packet; out comes a [`Trace`] that can stand in for a link ([`Replay`]), or be learned from
//! ([`fit`]). Columns are found by name, in any order, and any others are left alone:
//!
//! | column | also called | unit | needed |
//! | --- | --- | --- | --- |
//! | `t_ms` | `time_ms`, `timestamp_ms`, `sent_ms`; `t_s`, `time_s`, `timestamp_s` in seconds | ms | yes |
//! | `delay_ms` | `rtt_ms`, `latency_ms` | ms, empty for a lost packet | yes |
//! | `utm_x_m`, `utm_y_m` | `x_m`, `y_m` | m | no |
//! | `v_mps` | `speed_mps` | m/s | no |
//! | `cell` | `cell_id` | | no |
//! | `sinr_db`, `rsrp_dbm` | | dB, dBm | no |
//!
//! Times are made relative to the first. Rows without a time are left out and counted; rows out of order are sorted.

pub mod fit;

use crate::error::NetworkError;
use record::Problems;
use std::collections::BTreeMap;

/// Packets of a trace at most: a day at 100 Hz.
pub const PACKETS_MAX: usize = 10_000_000;
/// Delays above this are told as a share: beyond it a person who drives from afar is late.
pub const LATE_MS: f64 = 100.0;
/// Gaps between arrivals are counted from these on.
pub const GAPS_MS: [f64; 7] = [200.0, 300.0, 500.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0];

/// One packet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Packet {
    /// When it was sent, after the first.
    pub sent_ms: f64,
    /// How long it took; nothing if it was lost.
    pub delay_ms: Option<f64>,
    /// Where it was sent, if known: x, y.
    pub at_m: Option<[f64; 2]>,
    /// How fast the sender was; 0 if unknown.
    pub speed_mps: f64,
    /// Index of the serving cell in [`Trace::cells`].
    pub cell: usize,
    /// Signal to interference and noise, if known.
    pub sinr_db: Option<f64>,
    /// Power of the reference signal, if known.
    pub rsrp_dbm: Option<f64>,
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The file's name without its ending.
    pub name: String,
    /// In order of sending.
    pub packets: Vec<Packet>,
    /// Names of cells, sorted; one empty name if there are none.
    pub cells: Vec<String>,
    /// What was left out or mended, in words.
    pub notes: Vec<String>,
}

impl Trace {
    /// Reads a table; `file` is its name in messages.
    pub fn read(file: &str, text: &str) -> Result<Trace, NetworkError> {
        let text = text.trim_start_matches('\u{feff}');
        let first = text.lines().find(|line| !line.starts_with('#')).unwrap_or("");
        let delimiter = [b',', b';', b'\t']
            .into_iter()
            .max_by_key(|&sign| first.bytes().filter(|&b| b == sign).count());
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .flexible(true)
            .comment(Some(b'#'))
            .delimiter(delimiter.unwrap_or(b','))
            .from_reader(text.as_bytes());
        let heads: Vec<String> = reader
            .headers()
            .map(|heads| heads.iter().map(str::to_ascii_lowercase).collect())
            .unwrap_or_default();
        let place_of = |names: &[&str]| names.iter().find_map(|name| heads.iter().position(|head| head == name));
        let time = place_of(&["t_ms", "time_ms", "timestamp_ms", "sent_ms"]).map(|place| (place, 1.0));
        let time = time.or_else(|| place_of(&["t_s", "time_s", "timestamp_s"]).map(|place| (place, 1_000.0)));
        let delay = place_of(&["delay_ms", "rtt_ms", "latency_ms"]);
        let mut problems = Problems::default();
        if time.is_none() {
            problems.add(
                format!("{file}:1"),
                "there is no column of times",
                "call it `t_ms`, in milliseconds",
            );
        }
        if delay.is_none() {
            problems.add(
                format!("{file}:1"),
                "there is no column of delays",
                "call it `delay_ms`, in milliseconds, empty where a packet was lost",
            );
        }
        let (Some((time, to_ms)), Some(delay)) = (time, delay) else {
            problems.into_result()?;
            return Err(NetworkError::Output(format!("{file}: no columns")));
        };
        let others = [
            place_of(&["utm_x_m", "x_m"]),
            place_of(&["utm_y_m", "y_m"]),
            place_of(&["v_mps", "speed_mps"]),
            place_of(&["sinr_db"]),
            place_of(&["rsrp_dbm"]),
        ];
        let cell = place_of(&["cell", "cell_id"]);
        let mut rows: Vec<(Packet, String)> = Vec::new();
        let mut without_time = 0;
        for (index, record) in reader.records().enumerate() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    problems.add(
                        format!("{file}:{}", index + 2),
                        error,
                        "save the table as UTF-8, one packet a line",
                    );
                    break;
                }
            };
            let line = record.position().map_or(index as u64 + 2, csv::Position::line);
            if rows.len() >= PACKETS_MAX {
                problems.add(
                    format!("{file}:{line}"),
                    format!("more than {PACKETS_MAX} packets"),
                    "split the trace",
                );
                break;
            }
            let number = |place: Option<usize>| {
                let value = record.get(place?)?.parse::<f64>().ok()?;
                value.is_finite().then_some(value)
            };
            let Some(sent) = number(Some(time)) else {
                without_time += 1;
                continue;
            };
            let written = record.get(delay).unwrap_or("");
            let delay_ms = number(Some(delay)).filter(|delay_ms| *delay_ms >= 0.0);
            let is_lost = written.is_empty()
                || ["nan", "na", "null", "-1", "inf"].contains(&written.to_ascii_lowercase().as_str());
            if delay_ms.is_none() && !is_lost {
                problems.add(
                    format!("{file}:{line}"),
                    format!("delay is `{written}`, expected milliseconds from 0 up"),
                    "leave the field empty where the packet was lost",
                );
                continue;
            }
            let [x_m, y_m, speed_mps, sinr_db, rsrp_dbm] = others.map(number);
            let packet = Packet {
                sent_ms: sent * to_ms,
                delay_ms,
                at_m: x_m.zip(y_m).map(|(x_m, y_m)| [x_m, y_m]),
                speed_mps: speed_mps.unwrap_or(0.0).abs(),
                cell: 0,
                sinr_db,
                rsrp_dbm,
            };
            rows.push((
                packet,
                cell.and_then(|place| record.get(place)).unwrap_or("").to_owned(),
            ));
        }
        if rows.is_empty() {
            problems.add(file, "holds no packet", "give a row for each packet");
        }
        problems.into_result()?;
        let mut notes = Vec::new();
        if without_time > 0 {
            notes.push(format!("{file}: {without_time} rows without a time are left out"));
        }
        if !rows.is_sorted_by(|a, b| a.0.sent_ms <= b.0.sent_ms) {
            rows.sort_by(|a, b| a.0.sent_ms.total_cmp(&b.0.sent_ms));
            notes.push(format!("{file}: rows are not in the order of their times; sorted"));
        }
        let cells: BTreeMap<String, usize> = rows.iter().map(|row| (row.1.clone(), 0)).collect();
        let cells: Vec<String> = cells.into_keys().collect();
        let begin_ms = rows[0].0.sent_ms;
        let packets = rows.into_iter().map(|(packet, name)| Packet {
            sent_ms: packet.sent_ms - begin_ms,
            cell: cells.partition_point(|cell| *cell < name),
            ..packet
        });
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
        Ok(Trace {
            name: name.trim_end_matches(".csv").to_owned(),
            packets: packets.collect(),
            cells,
            notes,
        })
    }

    /// The packets sent within a range of times (milliseconds from the first), their times made relative again.
    pub fn between(&self, from_ms: f64, to_ms: f64, name: &str) -> Trace {
        let kept = self
            .packets
            .iter()
            .filter(|packet| (from_ms..to_ms).contains(&packet.sent_ms));
        let begin_ms = kept.clone().next().map_or(0.0, |packet| packet.sent_ms);
        Trace {
            name: format!("{}, {name}", self.name),
            packets: kept
                .map(|packet| Packet {
                    sent_ms: packet.sent_ms - begin_ms,
                    ..*packet
                })
                .collect(),
            cells: self.cells.clone(),
            notes: Vec::new(),
        }
    }

    /// The two halves of the run's time.
    pub fn halves(&self) -> [Trace; 2] {
        let middle_ms = 0.5 * self.duration_ms();
        [
            self.between(0.0, middle_ms, "first half"),
            self.between(middle_ms, f64::INFINITY, "second half"),
        ]
    }

    /// From the first packet's sending to the last one's.
    pub fn duration_ms(&self) -> f64 {
        self.packets.last().map_or(0.0, |packet| packet.sent_ms)
    }

    /// What the run was like.
    pub fn figures(&self) -> Figures {
        let packets = self.packets.iter().map(|packet| (packet.sent_ms, packet.delay_ms));
        Figures::of(packets)
    }
}

/// A run in figures. Quantiles are of the packets that came, by the nearest rank.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Packets sent.
    pub packets: usize,
    /// Packets that never came.
    pub lost: usize,
    /// Median delay.
    pub p50_ms: f64,
    /// 95th percentile of delay.
    pub p95_ms: f64,
    /// 99th percentile of delay.
    pub p99_ms: f64,
    /// Share of packets later than [`LATE_MS`], the lost among them.
    pub late_share: f64,
    /// How often nothing came for longer than each of [`GAPS_MS`].
    pub gaps: [u32; GAPS_MS.len()],
    /// The longest time without an arrival.
    pub gap_ms_max: f64,
    /// The oldest that the newest news at the receiver ever was: what a watcher's gap is.
    pub age_ms_max: f64,
}

impl Figures {
    /// Of packets in order of sending: when, and how long each took.
    pub fn of(packets: impl Iterator<Item = (f64, Option<f64>)>) -> Figures {
        let (mut delays_ms, mut arrivals) = (Vec::new(), Vec::new());
        let mut count = 0;
        for (sent_ms, delay_ms) in packets {
            count += 1;
            if let Some(delay_ms) = delay_ms {
                delays_ms.push(delay_ms);
                arrivals.push((sent_ms + delay_ms, sent_ms));
            }
        }
        delays_ms.sort_by(f64::total_cmp);
        arrivals.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let lost = count - delays_ms.len();
        let late = lost + delays_ms.len() - delays_ms.partition_point(|delay_ms| *delay_ms <= LATE_MS);
        let mut figures = Figures {
            packets: count,
            lost,
            p50_ms: quantile(&delays_ms, 0.5),
            p95_ms: quantile(&delays_ms, 0.95),
            p99_ms: quantile(&delays_ms, 0.99),
            late_share: late as f64 / count.max(1) as f64,
            gaps: [0; GAPS_MS.len()],
            gap_ms_max: 0.0,
            age_ms_max: arrivals.first().map_or(0.0, |first| first.0 - first.1),
        };
        let mut newest_ms = arrivals.first().map_or(0.0, |first| first.1);
        for pair in arrivals.windows(2) {
            let gap_ms = pair[1].0 - pair[0].0;
            for (counted, threshold_ms) in figures.gaps.iter_mut().zip(GAPS_MS) {
                *counted += u32::from(gap_ms > threshold_ms);
            }
            figures.gap_ms_max = figures.gap_ms_max.max(gap_ms);
            figures.age_ms_max = figures.age_ms_max.max(pair[1].0 - newest_ms);
            newest_ms = newest_ms.max(pair[1].1);
        }
        figures
    }
}

/// The value below which a share of sorted values lies, by the nearest rank; not a number if there are none.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted
        .get(rank.min(sorted.len()).wrapping_sub(1))
        .copied()
        .unwrap_or(f64::NAN)
}

/// A trace in the place of a link: what was measured at a time, or at the place nearest to one.
///
/// By time the trace begins anew when it is over; its last packet is followed by its first one a mean interval later.
#[derive(Clone, Debug)]
pub struct Replay<'a> {
    trace: &'a Trace,
    period_ms: f64,
    next: usize,
}

impl<'a> Replay<'a> {
    /// A replay from the start.
    pub fn new(trace: &'a Trace) -> Replay<'a> {
        assert!(!trace.packets.is_empty(), "a trace holds at least one packet");
        let intervals = (trace.packets.len() - 1).max(1) as f64;
        Replay {
            trace,
            period_ms: trace.duration_ms() + (trace.duration_ms() / intervals).max(1.0),
            next: 0,
        }
    }

    /// The packet measured at a time, or the last one before it. Times that go on cost nothing to find.
    pub fn at_time(&mut self, time_ms: f64) -> &'a Packet {
        let within_ms = time_ms.max(0.0) % self.period_ms;
        let packets = &self.trace.packets;
        if packets[self.next].sent_ms > within_ms {
            self.next = packets.partition_point(|packet| packet.sent_ms <= within_ms).max(1) - 1;
        }
        while packets
            .get(self.next + 1)
            .is_some_and(|packet| packet.sent_ms <= within_ms)
        {
            self.next += 1;
        }
        &packets[self.next]
    }

    /// The packet measured nearest to a place, if the trace knows places.
    pub fn at_place(&self, [x_m, y_m]: [f64; 2]) -> Option<&'a Packet> {
        let distance = |packet: &Packet| packet.at_m.map(|at| libm::hypot(at[0] - x_m, at[1] - y_m));
        let known = self
            .trace
            .packets
            .iter()
            .filter_map(|packet| Some((distance(packet)?, packet)));
        known.min_by(|a, b| a.0.total_cmp(&b.0)).map(|found| found.1)
    }
}
