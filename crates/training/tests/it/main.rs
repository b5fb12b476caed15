//! The learning environment at its public seam.

use proptest::prelude::*;
use record::Seed;
use std::sync::Arc;
use training::{
    Action, Batch, Course, Ending, Environment, FEATURES, OBSERVATION_LENGTH, Options, Outcome, Step, baseline,
};
use vehicle::DataSheet;

type Seen = [f32; OBSERVATION_LENGTH];

fn courses(count: u64) -> Arc<[Course]> {
    let made = (0..count).map(|index| Course::made(Seed(7), index).expect("a made road compiles"));
    made.collect()
}

fn options() -> Options {
    Options {
        warm_up_s: 20.0,
        ..Options::new(Arc::new(DataSheet::shipped("car").expect("it is shipped")))
    }
}

fn of(seen: &Seen, name: &str) -> f64 {
    let place = FEATURES.iter().position(|feature| feature.name == name);
    f64::from(seen[place.expect("a feature's name")])
}

/// Steps of one environment, episode after episode: (observation, step), the first of each episode without a step.
fn play(environment: &mut Environment, steps: usize) -> Vec<(Seen, Option<Step>)> {
    let mut seen = [0.0; OBSERVATION_LENGTH];
    environment.reset(&mut seen).expect("there is room");
    let mut played = vec![(seen, None)];
    for _ in 0..steps {
        let step = environment.step(baseline(&seen), &mut seen);
        played.push((seen, Some(step)));
        if step.ending.is_some() {
            environment.reset(&mut seen).expect("there is room");
            played.push((seen, None));
        }
    }
    played
}

#[test]
fn the_same_seed_gives_the_same_steps_and_another_seed_others() {
    let courses = courses(2);
    let run = |seed| {
        let mut environment = Environment::new(Arc::clone(&courses), options(), Seed(seed)).expect("it is right");
        play(&mut environment, 800)
    };
    let first = run(1);
    assert_eq!(first, run(1));
    assert_ne!(first, run(2));
    let mut environment = Environment::new(courses, options(), Seed(9)).expect("it is right");
    play(&mut environment, 50);
    environment.reseed(Seed(1)).expect("it is right");
    assert_eq!(first, play(&mut environment, 800), "reseeded");
}

#[test]
fn a_batch_plays_each_world_as_if_it_were_alone_on_any_number_of_threads() {
    let courses = courses(2);
    let seeds = [3, 4, 5, 6, 7];
    let run = |threads| {
        let mut batch = Batch::new(&courses, &options(), &seeds, threads, true).expect("it is right");
        let mut observations = vec![0.0; seeds.len() * OBSERVATION_LENGTH];
        let (mut rewards, mut endings) = ([0.0; 5], [0; 5]);
        let (mut terminated, mut truncated) = ([false; 5], [false; 5]);
        batch.reset(None, &mut observations).expect("there is room");
        let mut all = vec![observations.clone()];
        for _ in 0..300 {
            let actions: Vec<f32> = observations
                .chunks_exact(OBSERVATION_LENGTH)
                .flat_map(|seen| {
                    let action = baseline(seen.try_into().expect("one observation"));
                    [action.acceleration as f32, action.steering as f32]
                })
                .collect();
            let outcome = Outcome {
                observations: &mut observations,
                rewards: &mut rewards,
                terminated: &mut terminated,
                truncated: &mut truncated,
                endings: &mut endings,
            };
            batch.step(&actions, outcome).expect("there is room");
            all.push(observations.clone());
        }
        all
    };
    let alone = run(1);
    assert_eq!(alone, run(3));
    let mut environment = Environment::new(Arc::clone(&courses), options(), Seed(5)).expect("it is right");
    let single = play(&mut environment, 300);
    let until = single
        .iter()
        .position(|(_, step)| step.is_some_and(|step| step.ending.is_some()));
    for (tick, (seen, _)) in single.iter().take(until.unwrap_or(single.len())).enumerate() {
        let there = &alone[tick][2 * OBSERVATION_LENGTH..3 * OBSERVATION_LENGTH];
        assert_eq!(seen.as_slice(), there, "step {tick}");
    }
}

#[test]
fn a_careful_driver_seldom_fails_and_one_who_never_steers_always_does() {
    let mut environment = Environment::new(courses(4), options(), Seed(1)).expect("it is right");
    let played = play(&mut environment, 12_000);
    let endings: Vec<Ending> = played.iter().filter_map(|(_, step)| step.as_ref()?.ending).collect();
    let failures = endings.iter().filter(|ending| ending.is_failure()).count();
    assert!(endings.len() >= 15 && failures <= endings.len() / 10, "{endings:?}");

    let mut seen = [0.0; OBSERVATION_LENGTH];
    environment.reset(&mut seen).expect("there is room");
    let mut steps = (0..600).map(|_| environment.step(Action::new(0.3, 0.6), &mut seen));
    let end = steps.find_map(|step| step.ending.map(|ending| (ending, step.reward)));
    assert!(
        matches!(end, Some((Ending::OffLane | Ending::Collision, reward)) if reward < -10.0),
        "{end:?}"
    );
}

#[test]
fn an_episode_begins_on_the_lane_with_room_around_it() {
    let mut environment = Environment::new(courses(4), options(), Seed(2)).expect("it is right");
    let mut seen = [0.0; OBSERVATION_LENGTH];
    for _ in 0..200 {
        environment.reset(&mut seen).expect("there is room");
        assert!(of(&seen, "leader_gap_m") > 8.0, "{seen:?}");
        assert!(
            of(&seen, "lane_offset_m").abs() < 1.0 && of(&seen, "heading_error_rad").abs() < 0.2,
            "{seen:?}"
        );
        assert!(environment.world().collision().is_none());
    }
}

#[test]
fn a_step_allocates_nothing() {
    let mut environment = Environment::new(courses(1), options(), Seed(3)).expect("it is right");
    let mut seen = [0.0; OBSERVATION_LENGTH];
    environment.reset(&mut seen).expect("there is room");
    let mut counts = Vec::with_capacity(600);
    for _ in 0..600 {
        let mut is_over = false;
        let lane = environment.world().front().map(|front| front.lane);
        let measured = allocation_counter::measure(|| {
            is_over = environment.step(baseline(&seen), &mut seen).ending.is_some();
        });
        let stayed = lane == environment.world().front().map(|front| front.lane);
        if stayed && !is_over {
            counts.push(measured.count_total);
        }
        if is_over {
            environment.reset(&mut seen).expect("there is room");
        }
    }
    // Who appears in traffic brings a route: a handful of steps in a hundred.
    let silent = counts.iter().filter(|&&count| count == 0).count();
    assert!(
        silent * 10 >= counts.len() * 8,
        "{silent} of {} steps: {counts:?}",
        counts.len()
    );
}

#[test]
fn what_is_wrong_with_options_is_told_with_a_mend() {
    let wrong = |options: Options| match Environment::new(courses(1), options, Seed(1)) {
        Ok(_) => "nothing".to_owned(),
        Err(error) => error.to_string(),
    };
    let told = wrong(Options {
        traffic: f64::NAN,
        ..options()
    });
    assert!(
        told.starts_with("`traffic` is `NaN`, expected a factor of 0 to 20\nhint: "),
        "{told}"
    );
    let told = wrong(Options {
        time_limit_s: 0.0,
        ..options()
    });
    assert!(told.starts_with("`time_limit_s` is `0`"), "{told}");
    let told = Course::read("no.xodr").map(|_| ()).unwrap_err().to_string();
    assert!(told.starts_with("no.xodr: ") && told.contains("\nhint: "), "{told}");
}

#[test]
fn a_picture_has_the_size_asked_for_and_shows_the_road() {
    let mut environment = Environment::new(courses(1), options(), Seed(1)).expect("it is right");
    environment
        .reset(&mut [0.0; OBSERVATION_LENGTH])
        .expect("there is room");
    let picture = environment.picture(160, 200).expect("it is small");
    assert_eq!(picture.len(), 160 * 200 * 3);
    let road = picture.chunks_exact(3).filter(|pixel| *pixel == [92, 97, 104]).count();
    assert!(road > 160 * 200 / 10, "{road} pixels of road");
    assert!(environment.picture(8, 8).is_err() && environment.picture(100_000, 100).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn no_action_makes_an_observation_leave_its_bounds_or_a_reward_its_numbers(
        seed in any::<u64>(),
        actions in prop::collection::vec((prop::num::f32::ANY, -2.0f32..2.0, prop::bool::ANY), 100),
    ) {
        let courses = [Course::made(Seed(seed), 0).expect("a made road compiles")];
        let options = Options { warm_up_s: 5.0, ..options() };
        let mut environment = Environment::new(courses.into(), options, Seed(seed)).expect("it is right");
        let mut seen = [0.0; OBSERVATION_LENGTH];
        environment.reset(&mut seen).expect("there is room");
        for (any, some, swap) in actions {
            let action = if swap { Action::new(some, any) } else { Action::new(any, some) };
            let step = environment.step(action, &mut seen);
            prop_assert!(step.reward.is_finite());
            for (value, feature) in seen.iter().zip(&FEATURES) {
                prop_assert!(*value >= feature.low && *value <= feature.high, "{}: {value}", feature.name);
            }
            if step.ending.is_some() {
                environment.reset(&mut seen).expect("there is room");
            }
        }
    }
}
