//! Many environments stepped by one call.
//!
//! In go arrays of actions, one environment after the other; out come arrays of observations, rewards and endings, written in
//! place. An environment whose episode ended begins the next one at its next step, whose action is not used (Gymnasium's
//! next-step mode) or in the same step (same-step mode), in which case the last observation of the old one is kept aside.
//! Environments know nothing of each other: threads change no byte.

use crate::{Action, Course, Ending, Environment, OBSERVATION_LENGTH, Options, TrainingError};
use rayon::prelude::*;
use record::Seed;
use std::sync::Arc;

/// Environments side by side.
pub struct Batch {
    members: Vec<Member>,
    resets_in_same_step: bool,
    /// For more than one thread.
    pool: Option<rayon::ThreadPool>,
}

struct Member {
    environment: Environment,
    is_over: bool,
    /// The last observation of an episode that ended in this step.
    last: [f32; OBSERVATION_LENGTH],
    error: Option<TrainingError>,
}

/// Most environments of a batch.
const COUNT_MAX: usize = 65_536;
/// Most threads.
const THREADS_MAX: usize = 1024;

/// What a step writes, each with one place (observations: [`OBSERVATION_LENGTH`] places) an environment.
pub struct Outcome<'a> {
    /// Observations.
    pub observations: &'a mut [f32],
    /// Rewards.
    pub rewards: &'a mut [f64],
    /// Episodes that failed.
    pub terminated: &'a mut [bool],
    /// Episodes that were cut off.
    pub truncated: &'a mut [bool],
    /// For each its [`Ending`]'s place in [`Ending::ALL`], or -1.
    pub endings: &'a mut [i8],
}

impl Batch {
    /// An environment for each seed.
    pub fn new(
        courses: &Arc<[Course]>,
        options: &Options,
        seeds: &[u64],
        threads: usize,
        resets_in_same_step: bool,
    ) -> Result<Batch, TrainingError> {
        let limit = |name, found: usize, most: usize, expected| {
            if (1..=most).contains(&found) {
                return Ok(());
            }
            Err(TrainingError::Option {
                name,
                found: format!("`{found}`"),
                expected,
                hint: "some tens of environments and one thread a core are usual",
            })
        };
        limit("num_envs", seeds.len(), COUNT_MAX, "1 to 65536")?;
        limit("threads", threads, THREADS_MAX, "1 to 1024")?;
        // A machine that refuses threads still plays: the result does not depend on them.
        let pool = (threads > 1)
            .then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok())
            .flatten();
        let make = |&seed: &u64| {
            let environment = Environment::new(Arc::clone(courses), options.clone(), Seed(seed))?;
            Ok(Member {
                environment,
                is_over: false,
                last: [0.0; OBSERVATION_LENGTH],
                error: None,
            })
        };
        let members: Result<Vec<Member>, TrainingError> = match &pool {
            Some(pool) => pool.install(|| seeds.par_iter().map(make).collect()),
            None => seeds.iter().map(make).collect(),
        };
        Ok(Batch {
            members: members?,
            resets_in_same_step,
            pool,
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.members.len()
    }

    /// One of them.
    pub fn environment(&self, index: usize) -> Option<&Environment> {
        self.members.get(index).map(|member| &member.environment)
    }

    /// The last observation of the episode that ended in the last step, where it ended (same-step mode).
    pub fn last_observation(&self, index: usize) -> &[f32] {
        &self.members[index].last
    }

    /// Begins an episode in each; with seeds, from those. Writes the first observations.
    pub fn reset(&mut self, seeds: Option<&[u64]>, observations: &mut [f32]) -> Result<(), TrainingError> {
        let each = |(index, (member, observation)): (usize, (&mut Member, &mut [f32]))| {
            member.is_over = false;
            if let Some(&seed) = seeds.and_then(|seeds| seeds.get(index)) {
                member.environment.reseed(Seed(seed))?;
            }
            member.environment.reset(observation)
        };
        let observations = observations.chunks_exact_mut(OBSERVATION_LENGTH);
        match &self.pool {
            Some(pool) => {
                let mut all: Vec<_> = self.members.iter_mut().zip(observations).enumerate().collect();
                pool.install(|| {
                    all.par_iter_mut()
                        .try_for_each(|(index, (member, observation))| each((*index, (member, observation))))
                })
            }
            None => self.members.iter_mut().zip(observations).enumerate().try_for_each(each),
        }
    }

    /// Steps each: `actions` holds two numbers an environment. Allocates nothing on one thread but where an episode begins or
    /// the ego changes lanes.
    pub fn step(&mut self, actions: &[f32], outcome: Outcome<'_>) -> Result<(), TrainingError> {
        let same_step = self.resets_in_same_step;
        let count = self.members.len();
        assert_eq!(actions.len(), 2 * count, "two numbers an environment");
        assert_eq!(
            outcome.observations.len(),
            OBSERVATION_LENGTH * count,
            "one observation an environment"
        );
        let Outcome {
            observations,
            rewards,
            terminated,
            truncated,
            endings,
        } = outcome;
        for length in [rewards.len(), terminated.len(), truncated.len(), endings.len()] {
            assert_eq!(length, count, "one place an environment");
        }
        match &self.pool {
            Some(pool) => pool.install(|| {
                self.members
                    .par_iter_mut()
                    .zip(actions.par_chunks_exact(2))
                    .zip(observations.par_chunks_exact_mut(OBSERVATION_LENGTH))
                    .zip(rewards.par_iter_mut().zip(endings.par_iter_mut()))
                    .for_each(|(((member, action), observation), (reward, ending))| {
                        (*reward, *ending) = member.step(action, observation, same_step);
                    });
            }),
            None => {
                let actions = actions.chunks_exact(2);
                let observations = observations.chunks_exact_mut(OBSERVATION_LENGTH);
                for (index, ((member, action), observation)) in
                    self.members.iter_mut().zip(actions).zip(observations).enumerate()
                {
                    (rewards[index], endings[index]) = member.step(action, observation, same_step);
                }
            }
        }
        for (index, &ending) in endings.iter().enumerate() {
            let ending = usize::try_from(ending).ok().map(|place| Ending::ALL[place]);
            terminated[index] = ending.is_some_and(Ending::is_failure);
            truncated[index] = ending.is_some_and(|ending| !ending.is_failure());
        }
        let mut errors = self.members.iter_mut().filter_map(|member| member.error.take());
        errors.next().map_or(Ok(()), Err)
    }
}

impl Member {
    /// The reward, and the ending's place or -1.
    fn step(&mut self, action: &[f32], observation: &mut [f32], same_step: bool) -> (f64, i8) {
        if self.is_over && !same_step {
            self.is_over = false;
            self.error = self.environment.reset(observation).err();
            return (0.0, -1);
        }
        let step = self.environment.step(Action::new(action[0], action[1]), observation);
        let place = |ending| Ending::ALL.iter().position(|&known| known == ending);
        let ending = step.ending.and_then(place).map_or(-1, |place| place as i8);
        self.is_over = step.ending.is_some();
        if self.is_over && same_step {
            self.last.copy_from_slice(observation);
            self.is_over = false;
            self.error = self.environment.reset(observation).err();
        }
        (step.reward, ending)
    }
}
