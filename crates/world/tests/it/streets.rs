//! Who comes, who goes, who touches whom.

use crate::{add_minibus, busy_world, empty_world, minibus, mission, stand_in::StandIn, streets, town::town};
use road::{LaneId, LanePosition, Traveller};
use std::collections::BTreeMap;
use world::{ActorKind, Demand, Frame};

#[test]
fn nobody_jumps_and_whoever_on_foot_is_gone_has_left_the_carriageway() {
    let network = town(3, 1);
    let mut world = busy_world(&network, Demand::plausible(&network, 60.0), 1);
    add_minibus(&mut world, StandIn::new(&network, 9.0), streets(&network)[4]);
    let mut frame = Frame::default();
    let mut before: BTreeMap<_, world::ActorState> = BTreeMap::new();
    let (mut appeared, mut left, mut walked_m) = (0, 0, 0.0);
    for tick in 0..3_000 {
        world.step();
        world.write_frame(&mut frame);
        let now: BTreeMap<_, _> = frame.actors.iter().map(|actor| (actor.id, *actor)).collect();
        for (id, actor) in &now {
            let Some(was) = before.get(id) else {
                appeared += usize::from(actor.kind == ActorKind::Pedestrian);
                continue;
            };
            let moved_m = libm::hypot(actor.pose.x_m - was.pose.x_m, actor.pose.y_m - was.pose.y_m);
            let limit_m = if actor.kind == ActorKind::Pedestrian { 0.28 } else { 2.5 };
            assert!(moved_m < limit_m, "tick {tick}: {actor:?} went {moved_m} m");
            walked_m += if actor.kind == ActorKind::Pedestrian {
                moved_m
            } else {
                0.0
            };
        }
        for (id, was) in before
            .iter()
            .filter(|(id, was)| was.kind == ActorKind::Pedestrian && !now.contains_key(id))
        {
            left += 1;
            let lane = network.nearest_lane(was.pose.x_m, was.pose.y_m, None, None, Traveller::Car);
            let gap_m = lane.map_or(f64::INFINITY, |lane| lane.distance_m);
            assert!(
                gap_m > 0.5,
                "tick {tick}: {id:?} vanished {gap_m} m beside the carriageway"
            );
        }
        before = now;
    }
    let there = before
        .values()
        .filter(|actor| actor.kind == ActorKind::Pedestrian)
        .count();
    assert_eq!(appeared, left + there, "people are conserved");
    assert!(
        appeared > 10 && walked_m > 500.0,
        "{appeared} people walked {walked_m} m"
    );
}

#[test]
fn a_blind_driver_runs_into_a_standing_vehicle_and_the_observer_says_so() {
    let network = town(2, 1);
    let mut world = empty_world(&network);
    let lane = streets(&network)[0];
    let at = |s_m: f64| LanePosition {
        lane,
        s_m,
        offset_m: 0.0,
    };
    let front = world
        .add_vehicle(minibus(StandIn::new(&network, 0.0), at(55.0)))
        .unwrap_or_else(|e| panic!("{e}"));
    let blind = StandIn {
        is_blind: true,
        ..StandIn::new(&network, 8.0)
    };
    let rear = world
        .add_vehicle(minibus(blind, at(20.0)))
        .unwrap_or_else(|e| panic!("{e}"));
    world.set_mission(rear, mission(&network, at(20.0), lane).expect("along the lane"));
    let mut least_s = f64::INFINITY;
    for _ in 0..100 {
        world.step();
        let state = world.vehicle(rear);
        assert_eq!(state.nearest.map(|(id, _)| id), Some(front));
        if state.is_in_collision {
            assert_eq!(state.gap_m, Some(0.0));
            assert!(world.vehicle(front).is_in_collision);
            assert!(least_s < 0.3, "it was told to come: {least_s} s");
            return;
        }
        let gap_m = state.gap_m.expect("35 m ahead");
        let expected_m = world.vehicle(front).lane.s_m - 5.99 - state.lane.s_m;
        assert!(
            (gap_m - expected_m).abs() < 0.2,
            "gap {gap_m} m, on the lane {expected_m} m"
        );
        if let Some(time_s) = state.time_to_collision_s {
            assert!((time_s - gap_m / state.ego.speed_mps).abs() < 0.1 * time_s + 0.05);
            least_s = least_s.min(time_s);
        }
    }
    panic!("they never touched");
}

#[test]
fn vehicles_put_where_they_cannot_stand_are_refused_with_the_mend() {
    let network = town(2, 1);
    let mut world = empty_world(&network);
    let lane = streets(&network)[0];
    let mut refusal = |at: LanePosition| match world.add_vehicle(minibus(StandIn::new(&network, 0.0), at)) {
        Ok(id) => panic!("{id:?} stands at {at:?}"),
        Err(error) => error.to_string(),
    };
    let sidewalk = network
        .lanes()
        .iter()
        .position(|lane| lane.edge.is_none())
        .expect("a sidewalk");
    let cases = [
        LanePosition {
            lane: LaneId(9_999_999),
            s_m: 0.0,
            offset_m: 0.0,
        },
        LanePosition {
            lane: LaneId(sidewalk as u32),
            s_m: 10.0,
            offset_m: 0.0,
        },
        LanePosition {
            lane,
            s_m: 1e6,
            offset_m: 0.0,
        },
        LanePosition {
            lane,
            s_m: f64::NAN,
            offset_m: 0.0,
        },
    ];
    for at in cases {
        assert!(refusal(at).contains("\nhint: "));
    }
    let at = LanePosition {
        lane,
        s_m: 30.0,
        offset_m: 0.0,
    };
    world
        .add_vehicle(minibus(StandIn::new(&network, 0.0), at))
        .unwrap_or_else(|error| panic!("{error}"));
    let again = world.add_vehicle(minibus(StandIn::new(&network, 0.0), LanePosition { s_m: 33.0, ..at }));
    assert!(
        again
            .expect_err("the place is taken")
            .to_string()
            .contains("actor 0 is there")
    );
}

#[test]
fn a_minibus_drives_its_mission_through_the_town_on_the_road() {
    let network = town(3, 1);
    let mut world = empty_world(&network);
    let id = add_minibus(&mut world, StandIn::new(&network, 9.0), streets(&network)[2]);
    let mut off_lane = 0;
    for _ in 0..1_500 {
        world.step();
        let state = world.vehicle(id);
        off_lane += usize::from(state.lane.offset_m.abs() > 1.7);
        assert!(state.ego.pose.z_m.abs() < 0.01, "the town is flat");
    }
    let state = world.vehicle(id);
    assert!(state.odometer_m > 400.0, "{} m driven", state.odometer_m);
    assert!(off_lane < 30, "{off_lane} of 1,500 ticks off the lane");
    assert!(
        state.energy_wh > 100.0 && state.energy_wh < 2_000.0,
        "{} Wh",
        state.energy_wh
    );
}

#[test]
fn a_frame_shows_the_lights_of_its_own_time_as_their_programs_say() {
    let network = town(3, 1);
    let mut world = empty_world(&network);
    let mut frame = Frame::default();
    assert!(network.signals().len() > 10);
    for _ in 0..2_000 {
        world.step();
        world.write_frame(&mut frame);
        for (index, &colour) in frame.signals.iter().enumerate() {
            let signal = road::SignalId(index as u32);
            assert_eq!(
                colour,
                network.signal_colour(signal, frame.time.as_millis()),
                "light {index} at {}",
                frame.time
            );
        }
    }
}

#[test]
fn nobody_steps_in_front_of_a_vehicle_that_could_not_stop_in_comfort() {
    let network = town(2, 1);
    let (crossing, lane, enter_m) = network
        .crossings()
        .iter()
        .filter(|crossing| crossing.signal.is_none())
        .flat_map(|crossing| crossing.lanes.iter().map(move |&(lane, ..)| (crossing, lane)))
        .find_map(|(crossing, lane)| {
            let over = network.lane(lane).crossings.iter().find(|over| over.enter_m > 60.0)?;
            Some((crossing, lane, over.enter_m))
        })
        .expect("a zebra crossing at the end of a street");
    let run = [
        crossing.to_m[0] - crossing.from_m[0],
        crossing.to_m[1] - crossing.from_m[1],
    ];
    let length_m = libm::hypot(run[0], run[1]);
    let along = |ahead_m: f64| {
        [
            crossing.from_m[0] + run[0] / length_m * ahead_m,
            crossing.from_m[1] + run[1] / length_m * ahead_m,
            0.0,
        ]
    };
    // People come to the kerb while the vehicle is at any distance; its driver never brakes for them.
    for kerb_after_s in [1.0, 2.5, 3.5, 4.0, 4.5, 5.0, 6.0, 8.0] {
        let mut world = empty_world(&network);
        let at = LanePosition {
            lane,
            s_m: enter_m - 55.0,
            offset_m: 0.0,
        };
        let blind = StandIn {
            is_blind: true,
            ..StandIn::new(&network, 10.0)
        };
        let id = world
            .add_vehicle(minibus(blind, at))
            .unwrap_or_else(|error| panic!("{error}"));
        world.set_mission(id, mission(&network, at, streets(&network)[9]).expect("a way"));
        let person = world.add_person(&[along(-1.3 * kerb_after_s - 1.0), along(length_m + 3.0)], 1.3);
        let mut frame = Frame::default();
        let mut was_on = false;
        for _ in 0..400 {
            let before = world.vehicle(id);
            world.step();
            world.write_frame(&mut frame);
            let walker = frame
                .actors
                .iter()
                .find(|actor| actor.id == person)
                .expect("still there");
            let from_m = [
                walker.pose.x_m - crossing.from_m[0],
                walker.pose.y_m - crossing.from_m[1],
            ];
            let at_m = (from_m[0] * run[0] + from_m[1] * run[1]) / length_m;
            let is_on = at_m > 0.0 && at_m < length_m;
            if is_on && !was_on && before.lane.lane == lane {
                let room_m = enter_m - before.lane.s_m;
                let needed_mps2 = before.ego.speed_mps * before.ego.speed_mps / (2.0 * room_m.max(0.01));
                assert!(
                    needed_mps2 < 2.0 || room_m < -6.0,
                    "{needed_mps2} m/s² asked of the driver, {room_m} m away"
                );
            }
            was_on = is_on;
        }
        assert!(world.person_has_arrived(person), "everyone gets across in the end");
        assert!(world.vehicle(id).odometer_m > 60.0);
    }
}
