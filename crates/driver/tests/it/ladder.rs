//! The degradation ladder: what each cause brings the minibus to, how long it stands where, and how it goes on.

use crate::course::{Course, one_street, place};
use proptest::prelude::*;
use std::sync::Arc;
use vehicle::{Driver as _, FaultKind, Faults, LadderCause, Mission, OddAttribute, OddFit, Proposal, Reason, Rung};

/// The minibus under way on the only lane of a straight street, at its limit after 20 s.
fn under_way(length_m: f64) -> Course {
    let network = one_street(&[(0.0, 0.0, 0.0), (length_m, 0.0, 0.0)], 1);
    let at = place(&network, 20.0, -1.75, 0.0);
    let mut course = Course::new(network, at, vec![at.lane]);
    course.play(20.0, |_| false);
    assert!(course.last().speed_mps > 10.0, "{:?}", course.last());
    course
}

/// The same, winding.
fn winding() -> Course {
    let bends: Vec<(f64, f64, f64)> = (0..12)
        .map(|i| (f64::from(i) * 90.0, if i % 2 == 0 { 0.0 } else { 25.0 }, 0.0))
        .collect();
    let network = one_street(&bends, 1);
    let at = place(&network, 12.0, 3.0, 0.4);
    let mut course = Course::new(network, at, vec![at.lane]);
    course.play(20.0, |_| false);
    course
}

fn rung(course: &Course) -> Rung {
    course.ladder().rung
}

#[test]
fn each_fault_ends_in_the_rung_that_the_file_says() {
    for kind in FaultKind::ALL {
        let mut course = under_way(1_500.0);
        course.faults = Faults::only(kind);
        course.play(1.0, |_| false);
        let documented = course.sheet.odd.on_fault[kind.index()];
        assert_eq!(rung(&course), documented, "{kind:?}");
        assert_eq!(course.ladder().cause, Some(LadderCause::Fault(kind)));
        let lights = course.sheet.odd.ladder.rule(documented).hazard_lights;
        assert_eq!(course.control.hazard_lights, lights, "{kind:?}");
        // The link's rung is a slow one at first; it has a time of its own.
        course.play(15.0, Course::stands);
        if documented.is_stop() {
            assert!(course.play(40.0, Course::stands), "{kind:?}: {:?}", course.last());
            assert_eq!(course.last().explanation.reason, Reason::MinimalRisk, "{kind:?}");
            assert!(course.control.hazard_lights, "{kind:?}: at a stand too");
            course.play(0.5, |_| false);
            assert_eq!(course.ladder().is_out_of_the_way, documented == Rung::Kerb, "{kind:?}");
        } else {
            assert!(course.last().speed_mps < 21.0 / 3.6, "{kind:?}: {:?}", course.last());
            assert_eq!(course.last().explanation.reason, Reason::Degraded, "{kind:?}");
        }
        if documented != Rung::StopNow {
            course.assert_comfortable();
        }
    }
}

#[test]
fn at_the_kerb_it_stands_beside_the_way_until_the_supervisor_lets_it_go_on() {
    let mut course = under_way(600.0);
    course.faults = Faults::only(FaultKind::Lidar);
    assert!(course.play(60.0, Course::stands));
    assert!(course.last().offset_m < -0.3, "{:?}", course.last());
    course.play(5.0, |_| false);
    assert_eq!(
        course.ladder().request.map(|request| request.proposal),
        Some(Proposal::SendHelp)
    );
    course.faults = Faults::NONE;
    course.play(20.0, |_| false);
    assert!(course.stands(), "nobody has confirmed");
    assert_eq!(
        course.ladder().request.map(|request| request.proposal),
        Some(Proposal::GoOn)
    );
    course.supervisor_answers_after_s = Some(3.0);
    assert!(
        course.play(90.0, |course| course.last().explanation.is_done),
        "{:?}",
        course.last()
    );
    assert!(course.last().offset_m.abs() < 0.15, "{:?}", course.last());
    assert_eq!(rung(&course), Rung::Drive);
}

#[test]
fn in_a_live_lane_it_stands_for_no_longer_than_the_file_says() {
    let mut course = under_way(900.0);
    course.faults = Faults::only(FaultKind::Brake);
    assert!(course.play(30.0, Course::stands));
    let longest_s = course.sheet.odd.ladder.live_lane_s_max;
    let mut stood_s = 0.0_f64;
    assert!(course.last().offset_m.abs() < 0.6);
    for _ in 0..600 {
        course.play(0.25, |_| false);
        stood_s = stood_s.max(course.ladder().live_lane_s);
        if course.ladder().is_out_of_the_way {
            break;
        }
    }
    assert!(course.ladder().is_out_of_the_way, "{:?}", course.ladder());
    assert!(
        stood_s > longest_s - 1.0 && stood_s <= longest_s + 0.1,
        "stood for {stood_s} s"
    );
    assert!(course.last().offset_m < -0.3, "{:?}", course.last());
}

#[test]
fn it_leaves_the_live_lane_earlier_if_the_supervisor_confirms() {
    let mut course = under_way(900.0);
    course.supervisor_answers_after_s = Some(10.0);
    course.faults = Faults::only(FaultKind::Brake);
    assert!(course.play(30.0, Course::stands));
    assert!(
        course.play(20.0, |course| course.last().speed_mps > 1.0),
        "{:?}",
        course.ladder()
    );
    assert_eq!(rung(&course), Rung::Kerb);
    assert!(
        course.play(60.0, |course| course.ladder().is_out_of_the_way),
        "{:?}",
        course.ladder()
    );
}

#[test]
fn what_cannot_steer_stays_and_asks_for_help() {
    let mut course = under_way(900.0);
    course.supervisor_answers_after_s = Some(5.0);
    course.faults = Faults::only(FaultKind::Steering);
    assert!(course.play(15.0, Course::stands));
    course.play(120.0, |_| false);
    assert!(course.stands());
    assert_eq!(
        course.ladder().request.map(|request| request.proposal),
        Some(Proposal::SendHelp)
    );
    assert!(course.control.hazard_lights);
}

#[test]
fn without_its_main_computer_it_brakes_along_the_course_in_a_bend() {
    for kind in [FaultKind::Computer, FaultKind::Steering] {
        let mut course = winding();
        course.faults = Faults::only(kind);
        let from = course.moments.len();
        assert!(course.play(15.0, Course::stands), "{:?}", course.last());
        let worst_m = course.moments[from..]
            .iter()
            .map(|moment| moment.offset_m.abs())
            .fold(0.0, f64::max);
        assert!(worst_m < 0.6, "{kind:?}: {worst_m} m off its lane's middle");
    }
}

#[test]
fn weather_beyond_the_domain_brings_it_to_the_kerb_and_near_it_slows_it_down() {
    for (rainfall_mm_per_h, fit, expected) in [
        (10.0, OddFit::Inside, Rung::Drive),
        (25.0, OddFit::Near, Rung::Slow),
        (40.0, OddFit::Outside, Rung::Kerb),
        (f64::NAN, OddFit::Outside, Rung::Kerb),
    ] {
        let mut course = under_way(900.0);
        course.environment.rainfall_mm_per_h = rainfall_mm_per_h;
        course.play(30.0, |_| false);
        let decision = course.driver.decision().expect("it keeps a record");
        assert_eq!(
            decision.odd.fits[OddAttribute::Rainfall.index()],
            fit,
            "{rainfall_mm_per_h} mm/h"
        );
        assert_eq!(rung(&course), expected, "{rainfall_mm_per_h} mm/h");
        course.assert_comfortable();
    }
}

#[test]
fn without_a_link_it_slows_down_and_then_leaves_the_road() {
    let mut course = under_way(1_500.0);
    course.faults = Faults::only(FaultKind::Link);
    course.play(10.0, |_| false);
    assert_eq!(rung(&course), Rung::Slow);
    course.play(15.0, |_| false);
    assert_eq!(rung(&course), Rung::Kerb);
    assert_eq!(course.ladder().cause, Some(LadderCause::Exit(OddAttribute::LinkOut)));
    assert!(course.play(30.0, |course| course.ladder().is_out_of_the_way));
}

#[test]
fn an_order_to_stop_is_kept_until_it_is_taken_back_and_asks_nobody() {
    let mut course = under_way(900.0);
    let order = |course: &mut Course, stop_now| {
        course.mission = Arc::new(Mission {
            stop_now,
            ..Mission::clone(&course.mission)
        });
    };
    order(&mut course, true);
    course.play(120.0, |_| false);
    assert!(course.stands());
    assert_eq!(
        (course.last().explanation.reason, course.ladder().request),
        (Reason::Ordered, None)
    );
    order(&mut course, false);
    assert!(course.play(20.0, |course| course.last().speed_mps > 5.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// On a street with a kerb all along, whatever breaks and mends when.
    #[test]
    fn nobody_who_can_move_stands_in_a_live_lane_for_longer_than_the_file_says(
        events in prop::collection::vec((0..FaultKind::COUNT, 1.0..90.0_f64, any::<bool>(), 0.0..50.0_f64), 1..8),
        answers_after_s in prop::option::of(1.0..40.0_f64),
    ) {
        let mut course = under_way(6_000.0);
        course.supervisor_answers_after_s = answers_after_s;
        let longest_s = course.sheet.odd.ladder.live_lane_s_max;
        for (kind, for_s, adds, rain) in events {
            let kind = FaultKind::ALL[kind];
            if !kind.lets_move() {
                continue;
            }
            course.faults = if adds { course.faults.with(kind) } else { Faults::only(kind) };
            course.environment.rainfall_mm_per_h = rain;
            for _ in 0..for_s as usize {
                course.play(1.0, |_| false);
                let ladder = course.ladder();
                prop_assert!(ladder.live_lane_s <= longest_s + 0.1, "{ladder:?}");
                prop_assert!(course.last().offset_m.abs() < 0.9, "{:?}", course.last());
            }
        }
    }
}
