//! Antennas, shadows, coding, queues, links, handover, scheduling.

use crate::small::{TWO_MASTS, site, straight_road};
use network::drive::{Drive, way_points};
use network::radio::antenna::Panel;
use network::radio::calibration::SETTINGS;
use network::radio::coding::{Table, block_error, error_after};
use network::radio::environment::{Environment, Place};
use network::radio::link::{Evaluator, Packet, Way};
use network::radio::queue::{self, Service, mean_wait};
use network::radio::scheduler::{Flow, play};
use network::radio::shadowing::Field;
use network::site::NetworkSite;
use proptest::prelude::*;
use record::Seed;
use road::LaneId;
use std::f64::consts::PI;

#[test]
fn a_panel_is_strongest_where_it_is_steered_and_30_db_down_behind() {
    let panel = Panel {
        rows: 10,
        azimuth_rad: 0.3,
        tilt_rad: 12f64.to_radians(),
    };
    let ahead = panel.gain_dbi(0.3, -12f64.to_radians());
    // Ten elements of 8 dBi in phase, each 0.41 dB down at 12 degrees: 12 (12/65)².
    assert!(
        (ahead - (18.0 - 12.0 * (12.0 / 65.0f64).powi(2))).abs() < 1e-6,
        "{ahead}"
    );
    assert!((panel.gain_dbi(0.3 + PI, -12f64.to_radians()) - (18.0 - 30.0)).abs() < 1e-6);
    // Half power at half of 65 degrees aside.
    let aside = panel.gain_dbi(0.3 + 32.5f64.to_radians(), -12f64.to_radians());
    assert!((ahead - aside - 3.0).abs() < 1e-6, "{}", ahead - aside);
}

#[test]
fn shadows_have_unit_variance_and_the_correlation_that_the_report_gives_them() {
    let correlation_m = 50.0;
    let field = Field::new(Seed(1), "test", 0, correlation_m);
    let n = 40_000;
    let place = |i: usize| [(i % 200) as f64 * 171.3, (i / 200) as f64 * 193.7];
    let moment = |lag_m: f64| {
        (0..n)
            .map(|i| field.at(place(i)) * field.at([place(i)[0] + lag_m, place(i)[1]]))
            .sum::<f64>()
            / n as f64
    };
    let mean = (0..n).map(|i| field.at(place(i))).sum::<f64>() / n as f64;
    assert!(mean.abs() < 0.03, "mean {mean}");
    assert!((moment(0.0) - 1.0).abs() < 0.03, "variance {}", moment(0.0));
    let at_distance = moment(correlation_m);
    assert!(
        (at_distance - (-1f64).exp()).abs() < 0.03,
        "correlation at its distance {at_distance}"
    );
    assert!(moment(3.0 * correlation_m).abs() < 0.03);
}

#[test]
fn quality_is_coded_as_ts_38_214_has_it() {
    for table in [Table::Qam64, Table::Qam256] {
        assert_eq!((table.cqi(-20.0), table.cqi(40.0)), (0, 15));
        assert_eq!(table.mcs(0), None);
        for cqi in 1..=15 {
            let mcs = table.mcs(cqi).expect("a coding");
            assert!(table.mcs_efficiency(mcs) <= table.cqi_efficiency(cqi).max(table.mcs_efficiency(0)) + 1e-9);
        }
    }
    // Table 5.2.2.1-2: index 15 is 64QAM at 948/1024, 5.5547 bits; table 5.2.2.1-3: 256QAM, 7.4063 bits.
    assert!((Table::Qam64.cqi_efficiency(15) - 5.5547).abs() < 1e-4);
    assert!((Table::Qam256.cqi_efficiency(15) - 7.4063).abs() < 1e-4);
}

#[test]
fn transport_blocks_have_sizes_that_the_standard_allows() {
    // By hand: one block of MCS 0 holds 132 · 2 · 120 / 1024 = 30.9 bits, in steps of 8: 24.
    assert_eq!(Table::Qam64.transport_block_bits(0, 1, 1), 24);
    // 100 blocks of MCS 28: 13200 · 6 · 948 / 1024 = 73321.9; less 24 in steps of 2^11: 36 · 2048 = 73728; nine parts: 8 · 9 · 1025 - 24... rounded up.
    let bits = Table::Qam64.transport_block_bits(28, 100, 1);
    let parts = (73_728u32 + 24).div_ceil(8_424);
    assert_eq!(bits, 8 * parts * (73_728 + 24u32).div_ceil(8 * parts) - 24);
    for blocks in 1..=273 {
        for mcs in 0..28 {
            let [less, more] = [mcs, mcs + 1].map(|mcs| Table::Qam64.transport_block_bits(mcs, blocks, 1));
            assert!(less % 8 == 0 && less >= 24);
            // MCS 17 is 64QAM at a lower rate than 16 is 16QAM at, to a hair (2.5664 and 2.5703), which may cost a step of sizes.
            assert!(more + more / 20 + 8 >= less, "MCS {mcs} of {blocks} blocks");
        }
    }
}

#[test]
fn repetitions_make_a_block_surer() {
    assert!((block_error(0.0) - 0.1).abs() < 1e-12);
    let errors: Vec<f64> = (1..=4).map(|sent| error_after(0.0, sent)).collect();
    assert!(errors.windows(2).all(|pair| pair[1] < 0.01 * pair[0]), "{errors:?}");
}

#[test]
fn queues_agree_with_theory() {
    for service in [Service::Exponential, Service::Constant] {
        for utilisation in [0.3, 0.5, 0.7, 0.8] {
            let found = queue::simulate(service, utilisation, 400_000, Seed(1));
            let theory = mean_wait(service, utilisation);
            assert!(
                (found.mean / theory - 1.0).abs() < 0.05,
                "{service:?} at {utilisation}: {} and {theory}",
                found.mean
            );
            // Poisson arrivals see time averages: as many find the server free as it is free.
            assert!((found.at_once_share - (1.0 - utilisation)).abs() < 0.01);
        }
    }
    let p95 = queue::simulate(Service::Exponential, 0.7, 400_000, Seed(2)).p95;
    let theory = queue::wait_quantile_exponential(0.7, 0.95);
    assert!((p95 / theory - 1.0).abs() < 0.06, "{p95} and {theory}");
}

#[test]
fn calibration_lies_near_what_companies_reported() {
    for setting in SETTINGS {
        let found = setting.calibrate(6_000, Seed(1));
        for (name, rows) in [("coupling", found.coupling), ("geometry", found.geometry)] {
            for row in rows {
                println!(
                    "{} {name} {:.0} %: {:.1} dB, companies {:?}",
                    found.name,
                    100.0 * row.share,
                    row.ours_db,
                    row.companies_db
                );
                assert!(row.outside_db() < 3.0, "{} {name}: {row:?}", found.name);
            }
        }
    }
}

#[test]
fn the_nearer_mast_serves_and_the_tunnel_is_dark_without_a_cable() {
    let network = straight_road();
    let dark = site(TWO_MASTS);
    let environment = Environment::new(&dark, &network);
    let evaluator = Evaluator::new(&dark);
    let mut gains = vec![0.0; evaluator.cells()];
    let mut link = |environment: &Environment, place: Place| {
        environment.gains(place, &mut gains);
        evaluator.best(&gains, 0.0).expect("a cell")
    };
    assert!(link(&environment, Place::open([310.0, 0.0])).cell < 3);
    assert!(link(&environment, Place::open([1_510.0, 0.0])).cell >= 3);
    let inside = Place::on_lane(&network, LaneId(0), 950.0);
    assert_eq!(inside.in_tunnel_m, Some(150.0));
    let open = Place {
        in_tunnel_m: None,
        ..inside
    };
    let lost_db = link(&environment, open).rsrp_dbm - link(&environment, inside).rsrp_dbm;
    assert!((lost_db - 45.0).abs() < 0.1, "{lost_db}");
    let cabled = site(&format!("[propagation]\ntunnels = \"leaky-feeder\"\n{TWO_MASTS}"));
    assert!(link(&Environment::new(&cabled, &network), inside).sinr_db[0] > 10.0);
}

#[test]
fn load_takes_ratio_and_rate_and_packets_come_later_where_the_rate_is_low() {
    let network = straight_road();
    let site = site(TWO_MASTS);
    let environment = Environment::new(&site, &network);
    let evaluator = Evaluator::new(&site);
    let mut gains = vec![0.0; evaluator.cells()];
    environment.gains(Place::open([400.0, 0.0]), &mut gains);
    let cell = evaluator.strongest(&gains).expect("a cell");
    let links: Vec<_> = [0.0, 0.3, 0.9]
        .map(|load| evaluator.link(cell, &gains, load, 1.0 - load))
        .to_vec();
    for pair in links.windows(2) {
        assert!(
            pair[1].sinr_db[0] < pair[0].sinr_db[0]
                && pair[1].rate_mbps[0] < pair[0].rate_mbps[0]
                && pair[1].rate_mbps[1] < pair[0].rate_mbps[1]
        );
    }
    let frame = Packet {
        bytes: 20_000.0,
        deadline_ms: 100.0,
        way: Way::Up,
    };
    let [quiet, busy] = [links[0], links[2]].map(|link| evaluator.delivery(&link, &frame, 0.5));
    assert!(busy.mean_ms > quiet.mean_ms && quiet.p99_ms > quiet.mean_ms);
    assert!(quiet.in_time > 0.99, "{quiet:?}");
}

#[test]
fn a_drive_hands_over_once_between_two_masts_and_fails_in_a_dark_tunnel() {
    let network = straight_road();
    let calm = site(TWO_MASTS);
    let lane = (0..network.lanes().len() as u32)
        .map(LaneId)
        .find(|&lane| network.lane(lane).opendrive_id == -1)
        .expect("a lane");
    let points = way_points(&network, &[lane]);
    let environment = Environment::new(&calm, &network);
    let open: Vec<_> = points
        .iter()
        .map(|point| network::drive::WayPoint {
            place: Place::open(point.place.at_m),
            ..*point
        })
        .collect();
    let drive = Drive::along(&environment, &open, f64::INFINITY, 0.02, 0.0);
    assert!((1..=8).contains(&drive.handovers), "{} handovers", drive.handovers);
    assert_eq!(drive.failures, 0);
    // Each handover is silent for its 45 ms, to a step.
    let silent_s = drive.silent_share() * drive.moments.len() as f64 * 0.02;
    assert!(
        (silent_s - 0.045 * f64::from(drive.handovers)).abs() <= 0.03 * f64::from(drive.handovers) + 0.03,
        "{silent_s}"
    );
    let weak = site(&TWO_MASTS.replace("y_m = 30", "y_m = 900"));
    let drive = Drive::along(&Environment::new(&weak, &network), &points, f64::INFINITY, 0.02, 0.0);
    assert!(drive.failures >= 1, "{}", drive.failures);
}

fn flow(slice: usize, sinr_db: f64, packet_bytes: f64, packets_by_s: f64) -> Flow {
    Flow {
        slice,
        sinr_db,
        packet_bytes,
        packets_by_s,
        is_random: true,
    }
}

#[test]
fn equal_users_share_a_full_cell_equally_and_near_ones_get_more() {
    let site = NetworkSite::bare();
    let flood = |sinr_db: f64| flow(2, sinr_db, 1_500.0, 60_000.0);
    let got = play(
        &site.bands[0],
        0.7,
        &site.slices,
        &[flood(10.0), flood(10.0), flood(20.0)],
        2.0,
        Seed(1),
    );
    let [a, b, near] = [0, 1, 2].map(|index: usize| got[index].rate_mbps);
    assert!((a / b - 1.0).abs() < 0.08, "{a} {b}");
    // Proportionally fair: the same share of time, so rates go as efficiencies do.
    let table = Table::Qam256;
    let efficiency = |sinr_db: f64| table.mcs_efficiency(table.mcs(table.cqi(sinr_db)).expect("a coding"));
    let expected = efficiency(20.0) / efficiency(10.0);
    assert!(
        (near / a / expected - 1.0).abs() < 0.15,
        "{near} {a}, expected {expected}"
    );
}

#[test]
fn a_kept_slice_stays_quick_beside_a_flood() {
    let site = NetworkSite::bare();
    let video = flow(0, 12.0, 20_000.0, 30.0);
    let alone = play(
        &site.bands[0],
        0.3,
        &site.slices,
        std::slice::from_ref(&video),
        5.0,
        Seed(1),
    );
    let flooded = play(
        &site.bands[0],
        0.3,
        &site.slices,
        &[
            video.clone(),
            flow(2, 12.0, 1_500.0, 50_000.0),
            flow(2, 8.0, 1_500.0, 50_000.0),
        ],
        5.0,
        Seed(1),
    );
    assert!(
        flooded[0].delay_ms(0.99) < 3.0 * alone[0].delay_ms(0.99) + 5.0,
        "{} and {}",
        flooded[0].delay_ms(0.99),
        alone[0].delay_ms(0.99)
    );
    assert!(flooded[1].delay_ms(0.99) > 10.0 * flooded[0].delay_ms(0.99));
    assert!(flooded[0].lost * 100 <= flooded[0].delivered);
}

#[test]
fn a_cell_with_one_small_flow_waits_as_m_d_1_does() {
    // One packet fills a slot's blocks, so the slot is the service: half a slot of alignment, one of service, and the queue's wait.
    let mut site = NetworkSite::bare();
    site.bands[0].bandwidth_mhz = 5.0;
    let band = &site.bands[0];
    let table = Table::Qam256;
    let mcs = table.mcs(table.cqi(25.0)).expect("a coding");
    let bits = table.transport_block_bits(mcs, band.resource_blocks(), 1);
    let utilisation = 0.6;
    let by_s = utilisation / (band.slot_ms() * 1e-3);
    let packet = flow(2, 25.0, f64::from(bits) / 8.0 - 1.0, by_s);
    let got = play(
        band,
        1.0,
        &site.slices,
        &[Flow {
            sinr_db: 30.0,
            ..packet
        }],
        60.0,
        Seed(1),
    );
    let expected = band.slot_ms() * (1.5 + mean_wait(Service::Constant, utilisation));
    let found = got[0].mean_ms();
    assert!(
        (found / expected - 1.0).abs() < 0.15,
        "{found} ms, expected {expected} ms"
    );
}

proptest! {
    #[test]
    fn a_better_signal_is_never_worth_less(sinr_db in -20.0..40.0f64, more_db in 0.0..5.0f64) {
        for table in [Table::Qam64, Table::Qam256] {
            prop_assert!(table.cqi(sinr_db + more_db) >= table.cqi(sinr_db));
        }
        prop_assert!(block_error(sinr_db + more_db) <= block_error(sinr_db));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_sent_is_delivered_or_lost_or_waits(seed in 0u64..50, load in 0.1..2.0f64) {
        let site = NetworkSite::bare();
        let flows = [flow(0, 15.0, 1_000.0, 2_000.0 * load), flow(2, 5.0, 1_500.0, 20_000.0 * load)];
        let got = play(&site.bands[0], 0.7, &site.slices, &flows, 0.5, Seed(seed));
        for (flow, figures) in flows.iter().zip(&got) {
            let sent = flow.packets_by_s * 0.5;
            prop_assert!((figures.delivered + figures.lost) as f64 <= sent + 6.0 * sent.sqrt() + 2.0);
            prop_assert!(figures.delays_ms.iter().all(|delay| *delay > 0.0));
        }
    }
}
