//! Roles, what there is to do, and the one table that says who may do what.
//!
//! An [`Action`] and a [`Role`] go in, yes or no comes out. Routes name their action (`api`), the gate asks here, pages are
//! told their answer. It does not know who anybody is.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;

/// What somebody is to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Watches.
    Viewer,
    /// Runs the line: alarms, orders to vehicles.
    Dispatcher,
    /// Answers for the room: all that dispatchers do, the clock, the audit log.
    Supervisor,
    /// Tests: scenarios, faults, the clock.
    Engineer,
    /// Answers to the authority: records and the audit log.
    Officer,
    /// Keeps the console: may do everything.
    Admin,
}

/// What there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Open a page, log in and out, read what the interface offers.
    Enter,
    /// See the day on show, its site and its network.
    Watch,
    /// Read scenarios, campaigns and the ledger.
    ReadRecords,
    /// Say that an alarm was seen.
    AcknowledgeAlarms,
    /// Order vehicles to a safe stop.
    StopVehicles,
    /// Let vehicles go on that were ordered to stop.
    ReleaseVehicles,
    /// Answer what vehicles ask of their remote supervisor.
    AnswerVehicles,
    /// Switch a vehicle's sensor off or on.
    BreakSensors,
    /// Pause, wind, speed up what everybody sees.
    SetClock,
    /// Open and play scenarios, have captures decoded.
    PlayScenarios,
    /// Read who did what.
    ReadAudit,
}

use Action::{
    AcknowledgeAlarms, AnswerVehicles, BreakSensors, Enter, PlayScenarios, ReadAudit, ReadRecords, ReleaseVehicles,
    SetClock, StopVehicles, Watch,
};
use Role::{Admin, Dispatcher, Engineer, Officer, Supervisor, Viewer};

/// Who may do what: the only place where that is said. A stop is safe, so whoever works here may order one; letting a
/// vehicle go on is for those who answer for it.
const TABLE: [(Action, &[Role]); 11] = [
    (Enter, &Role::ALL),
    (Watch, &Role::ALL),
    (ReadRecords, &Role::ALL),
    (AcknowledgeAlarms, &[Dispatcher, Supervisor, Admin]),
    (StopVehicles, &[Dispatcher, Supervisor, Engineer, Officer, Admin]),
    (ReleaseVehicles, &[Dispatcher, Supervisor, Admin]),
    (AnswerVehicles, &[Supervisor, Admin]),
    (BreakSensors, &[Engineer, Admin]),
    (SetClock, &[Supervisor, Engineer, Admin]),
    (PlayScenarios, &[Engineer, Officer, Admin]),
    (ReadAudit, &[Supervisor, Officer, Admin]),
];

impl Role {
    /// All roles, those who may least first.
    pub const ALL: [Role; 6] = [Viewer, Dispatcher, Supervisor, Engineer, Officer, Admin];

    /// Whether the role may do it.
    pub fn may(self, action: Action) -> bool {
        action.roles().contains(&self)
    }

    /// All that it may do.
    pub fn actions(self) -> Vec<Action> {
        let may = TABLE.iter().filter(|(_, roles)| roles.contains(&self));
        may.map(|(action, _)| *action).collect()
    }

    /// As files and people write it.
    pub fn word(self) -> &'static str {
        match self {
            Viewer => "viewer",
            Dispatcher => "dispatcher",
            Supervisor => "supervisor",
            Engineer => "engineer",
            Officer => "officer",
            Admin => "admin",
        }
    }
}

impl Action {
    /// Who may.
    pub fn roles(self) -> &'static [Role] {
        // An action that the table lacks is nobody's.
        TABLE
            .iter()
            .find(|(action, _)| *action == self)
            .map_or(&[], |(_, roles)| roles)
    }

    /// As the audit log and pages write it.
    pub fn word(self) -> &'static str {
        match self {
            Enter => "enter",
            Watch => "watch",
            ReadRecords => "read_records",
            AcknowledgeAlarms => "acknowledge_alarms",
            StopVehicles => "stop_vehicles",
            ReleaseVehicles => "release_vehicles",
            AnswerVehicles => "answer_vehicles",
            BreakSensors => "break_sensors",
            SetClock => "set_clock",
            PlayScenarios => "play_scenarios",
            ReadAudit => "read_audit",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(word: &str) -> Result<Role, String> {
        let found = Role::ALL.into_iter().find(|role| role.word() == word);
        found.ok_or_else(|| {
            let all: Vec<&str> = Role::ALL.iter().map(|role| role.word()).collect();
            format!("`{word}` is no role: {}", all.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_stands_in_the_table_once_and_an_admin_may_do_it() {
        for (action, roles) in TABLE {
            assert_eq!(TABLE.iter().filter(|(other, _)| *other == action).count(), 1);
            assert!(roles.contains(&Admin), "{action:?}");
            let word = serde_json::to_value(action).unwrap();
            assert_eq!(word, action.word(), "one word for it everywhere");
        }
    }

    #[test]
    fn a_role_is_read_as_it_is_written() {
        for role in Role::ALL {
            assert_eq!(role.word().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.word());
        }
        assert!("root".parse::<Role>().is_err());
    }
}
