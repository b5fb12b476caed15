//! One run: a scenario played to its end by one driver, with somebody who watches each step.
//!
//! In go a scenario and who drives its ego; the watcher sees the player after each step and says whether to go on. It
//! keeps nothing, measures nothing and writes nothing. The same scenario, driver and seed give the same steps, unless
//! somebody outside drives.

use crate::automated::automated;
use crate::model::Scenario;
use crate::play::{Chauffeur, Driver, Player};
use record::Seed;
use vehicle::DataSheet;

/// Calls somebody outside to drive one run.
pub type Caller<'a> = dyn Fn() -> Result<Box<dyn Chauffeur>, String> + Sync + 'a;

/// How a scenario is played.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// Length of a step.
    pub step_s: f64,
    /// It is stopped after this simulated time.
    pub time_s_max: f64,
    /// Who drives the ego.
    pub driver: Driver,
    /// Dynamics of the automated driver's vehicle; without, those of a car.
    pub sheet: Option<&'a DataSheet>,
    /// Of everything that is drawn by chance.
    pub seed: Seed,
    /// Values from outside, for `UserDefinedValueCondition`.
    pub user_values: &'a [(String, String)],
    /// For [`Driver::Outside`].
    pub outside: Option<&'a Caller<'a>>,
}

/// How a run ended.
#[derive(Debug)]
pub struct End<'s> {
    /// The storyboard ended by itself.
    pub has_ended: bool,
    /// Steps taken.
    pub steps: u64,
    /// Everybody as they were then.
    pub player: Player<'s>,
}

impl Run<'_> {
    /// Plays a scenario; `watch` is called after each step and answers whether to go on.
    ///
    /// # Errors
    /// If the driver did not come, died or answered nonsense: why.
    pub fn play<'s>(
        &self,
        scenario: &'s Scenario,
        mut watch: impl FnMut(&Player<'s>, f64) -> bool,
    ) -> Result<End<'s>, String> {
        let mut player = Player::new(scenario);
        player.set_seed(self.seed);
        for (name, value) in self.user_values {
            player.set_user_value(name, value);
        }
        if let Some(ego) = scenario.ego() {
            player.drive(ego, self.driver);
        }
        let mut automated = automated(scenario, self.driver, self.sheet)?;
        let mut outside = self.outside.map(|call| call()).transpose()?;
        let (mut has_ended, mut steps) = (false, 0);
        // A step that would begin at or behind the limit is not taken.
        while player.time_s() < self.time_s_max - 1e-9 {
            let chauffeur: Option<&mut dyn Chauffeur> = match (&mut outside, &mut automated) {
                (Some(driver), _) => Some(&mut **driver),
                (None, Some(driver)) => Some(driver),
                (None, None) => None,
            };
            if !player.step_with(self.step_s, chauffeur) {
                has_ended = true;
                break;
            }
            if let Some(reason) = outside.as_mut().and_then(|driver| driver.failure()) {
                return Err(reason);
            }
            steps += 1;
            if !watch(&player, self.step_s) {
                break;
            }
        }
        Ok(End {
            has_ended,
            steps,
            player,
        })
    }
}
