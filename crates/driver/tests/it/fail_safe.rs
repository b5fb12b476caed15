//! The proof of a continuation to safety holds: whoever brakes as it says meets nobody who keeps to what is assumed.

use crate::course::{Course, Other, one_street, place};
use proptest::prelude::*;
use vehicle::{Assumption, Continuation, Driver, Proof};

/// The street's limit of 50 km/h and a fifth more.
const LAWFUL_MPS: f64 = 1.2 * 50.0 / 3.6;

/// Somebody who drives as it likes, within what is assumed of others.
#[derive(Clone, Debug)]
struct Wild {
    ahead_m: f64,
    speed_mps: f64,
    /// Share of full braking (-1) to full acceleration (1), one every 0.4 s.
    whims: Vec<f64>,
    is_beside: bool,
}

fn wild() -> impl Strategy<Value = Wild> {
    let whims = prop::collection::vec(-1.0..=1.0_f64, 60);
    (8.0..120.0_f64, 0.0..LAWFUL_MPS, whims, any::<bool>()).prop_map(|(ahead_m, speed_mps, whims, is_beside)| Wild {
        ahead_m,
        speed_mps,
        whims,
        is_beside,
    })
}

/// A street with two lanes each way, the minibus on the outer one, others ahead of it on both.
fn street(others: &[Wild]) -> Course {
    let network = one_street(&[(0.0, 0.0, 0.0), (900.0, 0.0, 0.0)], 2);
    let at = place(&network, 20.0, -5.25, 0.0);
    let beside = place(&network, 20.0, -1.75, 0.0);
    let mut course = Course::new(network, at, vec![at.lane]);
    course.others = others
        .iter()
        .map(|other| {
            let lane = if other.is_beside { beside.lane } else { at.lane };
            Other::car(lane, at.s_m + other.ahead_m, other.speed_mps)
        })
        .collect();
    course
}

/// One step of 10 ms of everybody; those on one lane do not drive into one another.
fn step(course: &mut Course, others: &[Wild], time_s: f64) {
    let places: Vec<(Option<road::LanePosition>, f64)> =
        course.others.iter().map(|other| (other.on, other.speed_mps)).collect();
    for (index, wild) in others.iter().enumerate() {
        let whim = wild.whims[(time_s / 0.4) as usize % wild.whims.len()];
        let mut acceleration_mps2 = if whim < 0.0 { 8.0 * whim } else { 3.9 * whim };
        let (own, speed_mps) = places[index];
        let blocks = |(other, other_mps): &(Option<road::LanePosition>, f64)| {
            let (Some(own), Some(other)) = (own, *other) else {
                return false;
            };
            let gap_m = other.s_m - own.s_m - 4.6;
            let needed_m = 1.0 + 0.4 * speed_mps + (speed_mps * speed_mps - other_mps * other_mps) / 14.0;
            own.lane == other.lane && other.s_m > own.s_m && gap_m < needed_m
        };
        if places.iter().any(blocks) {
            acceleration_mps2 = -8.0;
        }
        let other = &mut course.others[index];
        other.speed_mps = (speed_mps + 0.01 * acceleration_mps2).clamp(0.0, LAWFUL_MPS);
    }
    course.step();
}

/// Touches while we move, at this moment.
fn touches(course: &Course) -> bool {
    course.last().gap_m <= 0.0 && course.last().speed_mps > 0.1
}

fn proof(course: &Course) -> Option<Proof> {
    course.driver.decision().and_then(|decision| decision.lawful)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(24), ..ProptestConfig::default() })]

    #[test]
    fn nobody_who_keeps_to_the_assumptions_is_hit(others in prop::collection::vec(wild(), 1..6)) {
        let mut course = street(&others);
        for tick in 0..2000 {
            step(&mut course, &others, f64::from(tick) * 0.01);
            prop_assert!(!touches(&course), "{:?}", course.last());
        }
        // Nobody broke anything, so nothing may be blamed on them.
        let decision = course.driver.decision().expect("it keeps a record");
        for assumption in [Assumption::Speed, Assumption::Braking, Assumption::NoReversing, Assumption::LaneKeeping] {
            prop_assert_eq!(decision.assurance.broken[assumption.index()], 0, "{:?}", assumption);
        }
    }

    /// From any cycle with a proof, full braking meets nobody, however they drive within the assumptions.
    #[test]
    fn where_full_braking_is_proved_safe_it_is(
        others in prop::collection::vec(wild(), 1..6),
        after_s in 0.5..14.0_f64,
        brakes_hard in any::<bool>(),
    ) {
        let mut course = street(&others);
        let mut tick = 0;
        while f64::from(tick) * 0.01 < after_s {
            step(&mut course, &others, f64::from(tick) * 0.01);
            tick += 1;
        }
        if proof(&course) != Some(Proof::Safe(Continuation::Brake)) || course.last().speed_mps < 0.5 {
            return Ok(());
        }
        // The worst that the ones ahead may do, or what they like.
        let mut worst = others.clone();
        if brakes_hard {
            worst.iter_mut().for_each(|other| other.whims.fill(-1.0));
        }
        course.brakes_fully = true;
        for _ in 0..800 {
            step(&mut course, &worst, f64::from(tick) * 0.01);
            tick += 1;
            prop_assert!(!touches(&course), "{:?}", course.last());
        }
        prop_assert!(course.stands());
    }
}

#[test]
fn a_leader_that_is_too_near_leaves_no_proof_and_names_it() {
    // 4 m behind one of the same speed: whoever brakes at 8 m/s² is met.
    let mut course = street(&[]);
    course.play(12.0, |course| course.last().speed_mps > 12.0);
    assert_eq!(proof(&course), Some(Proof::Safe(Continuation::Brake)));
    let ego = course.dynamics.ego();
    let lane = course.mission.lanes[0];
    let front_m = ego.pose.x_m + course.sheet.dimensions.front_m();
    course.others.push(Other::car(lane, front_m + 4.0 + 2.3, ego.speed_mps));
    for _ in 0..5 {
        course.step();
    }
    let Some(Proof::Open { track, broken, .. }) = proof(&course) else {
        panic!("{:?}", proof(&course));
    };
    assert_eq!(track, 0);
    // It was not there before.
    assert_eq!(broken, Some(Assumption::InSight));
}

#[test]
fn a_record_names_the_leader_and_the_margins() {
    let mut course = street(&[]);
    course.others.push(Other::car(course.mission.lanes[0], 120.0, 4.0));
    course.play(20.0, |course| course.last().time_s > 15.0);
    let decision = course.driver.decision().expect("it keeps a record");
    assert_eq!(decision.explanation.reason, vehicle::Reason::Follow);
    assert_eq!(decision.rivals[0].track, 0);
    let gap_m = decision.margins.gap_m.expect("somebody is ahead");
    assert!((decision.rivals[0].ahead_m - gap_m).abs() < 1e-9);
    assert!(
        (gap_m - course.last().gap_m).abs() < 0.6,
        "{gap_m} against {:?}",
        course.last()
    );
    let lowest = decision
        .limits
        .iter()
        .flatten()
        .map(|limit| limit.acceleration_mps2)
        .fold(f64::INFINITY, f64::min);
    assert_eq!(lowest, decision.acceleration_mps2);
}

#[test]
fn no_cycle_allocates_once_it_has_driven_for_a_while() {
    let wilds: Vec<Wild> = (0..50)
        .map(|index| Wild {
            ahead_m: 12.0 + 9.0 * f64::from(index),
            speed_mps: f64::from(index % 7),
            whims: (0..60)
                .map(|step| f64::from((step * 7 + index) % 13) / 6.0 - 1.0)
                .collect(),
            is_beside: index % 3 != 0,
        })
        .collect();
    let mut course = street(&wilds);
    let people = (0..10).map(|index| Other::person(60.0 + 25.0 * f64::from(index), -9.5, 0.0, 1.2));
    course.others.extend(people);
    for tick in 0..3000 {
        step(&mut course, &wilds, f64::from(tick) * 0.01);
    }
    let late: Vec<&(f64, u64)> = course
        .allocations
        .iter()
        .filter(|(time_s, count)| *time_s > 3.0 && *count > 0)
        .collect();
    assert!(late.is_empty(), "{late:?}");
}

#[test]
fn what_could_be_proved_is_kept_when_it_does_not_know_where_it_is() {
    let mut course = street(&[]);
    course.play(5.0, |_| false);
    let before = course.driver.decision().expect("it keeps a record").assurance;
    assert!(before.cycles > 20 && before.lawful > 20, "{before:?}");
    let mut observation = course.observe();
    observation.ego.pose.x_m = f64::NAN;
    let control = course.driver.drive(&observation);
    assert!(control.brake > 0.0);
    let after = course.driver.decision().expect("it keeps a record");
    assert_eq!(after.assurance, before);
    assert_eq!(after.explanation.reason, vehicle::Reason::MinimalRisk);
    assert_eq!(after.lawful, None);
}
