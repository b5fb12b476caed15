//! Measured runs: read, replayed as they are, and a model learned from them.

use crate::shared;
use network::trace::fit::{Comparison, Coverage, DelayModel};
use network::trace::{Figures, Replay, Trace};
use proptest::prelude::*;
use record::Seed;

/// Whatever runs the shared folder holds.
fn measured_runs() -> Vec<Trace> {
    let files = shared::files("network/cicv5g", ".csv").into_iter();
    let read = |file: std::path::PathBuf| {
        let text = std::fs::read_to_string(&file).expect("a run");
        Trace::read(&file.to_string_lossy(), &text).unwrap_or_else(|error| panic!("{error}"))
    };
    files.map(read).collect()
}

#[test]
fn measured_runs_replay_as_they_are() {
    for run in measured_runs() {
        let mut replay = Replay::new(&run);
        for packet in &run.packets {
            assert_eq!(replay.at_time(packet.sent_ms), packet, "{}", run.name);
        }
        // Once more, as a day that is longer than the trace would.
        assert_eq!(replay.at_time(packet_at(&run, 0)), &run.packets[0]);
        let middle = &run.packets[run.packets.len() / 2];
        if let Some(at_m) = middle.at_m {
            assert_eq!(replay.at_place(at_m).and_then(|found| found.at_m), Some(at_m));
        }
    }
}

fn packet_at(run: &Trace, index: usize) -> f64 {
    run.packets[index].sent_ms
}

#[test]
fn the_model_reproduces_each_run_that_it_learned_from() {
    let runs = measured_runs();
    if runs.is_empty() {
        return;
    }
    let model = DelayModel::fit(&runs);
    for run in &runs {
        let comparison = Comparison::of(&model, run, Seed(1));
        let (held, all) = comparison.within();
        println!("{}: {held} of {all} figures within the model's 5 to 95 %", run.name);
        // Of figures drawn from the model itself nine in ten would lie there.
        assert!(
            held * 4 >= all * 3,
            "{}: {held} of {all}\n{:#?}",
            run.name,
            comparison.modelled
        );
        let median = &comparison.modelled[0];
        assert!(
            (median.measured - median.pooled).abs() <= 3.0,
            "{}: {median:?}",
            run.name
        );
    }
}

#[test]
fn a_poorly_covered_stretch_is_found_by_its_power_and_has_its_own_stalls() {
    // Two minutes at 20 Hz: the first well received, the second weakly, with a stall of a second every two.
    let mut table = String::from("t_ms;delay_ms;cell;rsrp_dbm\n");
    for i in 0..2_400 {
        let (t, poor) = (i * 50, i >= 1_200);
        let into = t % 2_000;
        let delay = if poor && into < 1_000 { 1_020 - into } else { 18 + i % 5 };
        table += &format!("{t};{delay};A;{}\n", if poor { -110 } else { -80 });
    }
    let run = Trace::read("poor.csv", &table).expect("a run");
    let model = DelayModel::fit(std::slice::from_ref(&run));
    assert_eq!(model.coverage("A", Some(-111.0)), Coverage::Poor);
    assert_eq!(model.coverage("A", Some(-79.0)), Coverage::Good);
    assert_eq!(model.coverage("B", Some(-120.0)), Coverage::Good);
    let late = |half: &Trace| {
        let delays = model.play(half, Seed(3));
        delays.iter().filter(|delay_ms| **delay_ms > 100.0).count() as f64 / delays.len() as f64
    };
    let [good, poor] = run.halves();
    assert!(late(&good) < 0.02, "{}", late(&good));
    assert!(late(&poor) > 0.25, "{}", late(&poor));
}

#[test]
fn columns_are_found_by_name_and_what_is_missing_is_not_needed() {
    let table = "\u{feff}# a run\nnote;TIME_S ; RTT_MS\nx;1.05;\ny;1.0;12.5\nz;;3\n";
    let run = Trace::read("runs/odd.csv", table).expect("a run");
    assert_eq!(run.name, "odd");
    let told: Vec<(f64, Option<f64>)> = run
        .packets
        .iter()
        .map(|packet| (packet.sent_ms.round(), packet.delay_ms))
        .collect();
    assert_eq!(told, [(0.0, Some(12.5)), (50.0, None)]);
    assert_eq!(run.notes.len(), 2, "{:?}", run.notes);
    let told = Trace::read("run.csv", "time,delay\n1,2\n")
        .expect_err("no such columns")
        .to_string();
    assert!(
        told.contains("call it `t_ms`") && told.contains("call it `delay_ms`"),
        "{told}"
    );
    let told = Trace::read("run.csv", "t_ms,delay_ms\n1,soon\n")
        .expect_err("no number")
        .to_string();
    assert!(told.starts_with("run.csv:2: delay is `soon`"), "{told}");
}

#[test]
fn figures_count_gaps_between_arrivals_and_the_age_of_news() {
    // Sent each 100 ms, 10 ms under way; the one of 200 ms is held up for a second and a half, and those behind it.
    let packets = (0..20).map(|i| {
        let sent_ms = 100.0 * f64::from(i);
        (
            sent_ms,
            Some(if (2..17).contains(&i) { 1_710.0 - sent_ms } else { 10.0 }),
        )
    });
    let figures = Figures::of(packets);
    assert_eq!(figures.p50_ms, 510.0);
    assert_eq!(figures.gaps, [1, 1, 1, 1, 0, 0, 0]);
    assert_eq!(figures.gap_ms_max, 1_600.0);
    // Until then the newest news was what had been sent at 100 ms.
    assert_eq!(figures.age_ms_max, 1_610.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn packets_of_the_model_come_in_order_and_the_same_seed_gives_the_same(seed in 0u64..1_000, poor in any::<bool>()) {
        let mut table = String::from("t_ms,delay_ms,rsrp_dbm\n");
        for i in 0..600 {
            let delay = if poor && i % 90 < 9 { 500 - i % 90 * 50 } else { 15 + i * 7 % 6 };
            table += &format!("{},{delay},-90\n", i * 50);
        }
        let run = Trace::read("run.csv", &table).unwrap();
        let model = DelayModel::fit(std::slice::from_ref(&run));
        let delays = model.play(&run, Seed(seed));
        prop_assert_eq!(&delays, &model.play(&run, Seed(seed)));
        let arrivals: Vec<f64> = run.packets.iter().zip(&delays).map(|(packet, delay)| packet.sent_ms + delay).collect();
        prop_assert!(arrivals.is_sorted());
        prop_assert!(delays.iter().all(|delay| *delay >= 0.0));
    }

}

proptest! {
    #[test]
    fn any_text_is_a_run_or_is_refused_without_a_panic(text in "[ -~\n]{0,200}") {
        for head in ["", "t_ms,delay_ms\n"] {
            if let Ok(run) = Trace::read("run.csv", &format!("{head}{text}")) {
                run.figures();
                let model = DelayModel::fit(std::slice::from_ref(&run));
                prop_assert_eq!(model.play(&run, Seed(1)).len(), run.packets.len());
            }
        }
    }
}
