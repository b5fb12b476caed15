//! Permits: the procedure from application to commercial operation, step by step, each by the role whose turn it is.
//!
//! The procedure is data ([`Procedure`], read from a site's `permits.toml`), because cities differ: its steps say who takes
//! them, from where to where, on which evidence, and how long the answer may take. A state may lapse into another when its
//! time is over. What a permit allows stands in its [`Conditions`]; [`Permit::objections`] tells a dispatcher why not.

use crate::crypto::Digest;
use crate::evidence::{EvidenceKind, evidence_key};
use crate::party::{Party, Role};
use crate::state::{Access, PROTOCOL_KEY, Record, Stop, View};
use crate::transaction::{Id, Refusal, check_name, check_text};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Vehicles of a permit, digests of a step, steps in a history.
const LIST_MAX: usize = 256;
/// Minutes of a day: the latest end of daily hours.
const DAY_MINUTES: u16 = 24 * 60;

/// Evidence that a step needs.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// What it is.
    pub kind: EvidenceKind,
    /// Who must have set it down.
    pub by: Role,
}

/// A step of the procedure.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What it is called.
    pub name: String,
    /// Who takes it.
    pub by: Role,
    /// States from which it can be taken; none: it begins a permit.
    #[serde(default)]
    pub from: Vec<String>,
    /// The state that it leads to.
    pub to: String,
    /// Evidence without which it cannot be taken.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Does it set the conditions?
    #[serde(default)]
    pub sets_conditions: bool,
}

/// A state of a permit.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateRule {
    /// What it is called.
    pub name: String,
    /// May the vehicles drive?
    #[serde(default)]
    pub may_drive: bool,
    /// May they carry passengers?
    #[serde(default)]
    pub may_carry: bool,
    /// May they take fares?
    #[serde(default)]
    pub may_charge: bool,
    /// Days that it lasts; then it lapses.
    #[serde(default)]
    pub days: Option<u32>,
    /// The state it lapses into.
    #[serde(default)]
    pub lapses_to: Option<String>,
}

/// How permits are given: the content of `permits.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// States.
    #[serde(rename = "state", default)]
    pub states: Vec<StateRule>,
    /// Steps.
    #[serde(rename = "step", default)]
    pub steps: Vec<Step>,
}

/// Who is in charge of a driving vehicle.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Supervision {
    /// A safety officer on board.
    OnBoard,
    /// An officer far away.
    Remote,
}

/// What a permit allows.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// Where: the name of an area or line.
    pub area: String,
    /// Daily from this minute of the local day.
    pub from_minute: u16,
    /// To this one.
    pub to_minute: u16,
    /// No faster, km/h.
    pub speed_kmh_max: u16,
    /// No heavier rain, mm/h.
    pub rain_mm_per_h_max: u16,
    /// Supervised at least so.
    pub supervision: Supervision,
}

/// A step that is taken.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermitStep {
    /// The permit.
    pub permit: Id,
    /// The step's name.
    pub step: String,
    /// The vehicles, in a step that begins a permit.
    #[serde(default)]
    pub vehicles: Vec<String>,
    /// Conditions that are asked for, or given.
    #[serde(default)]
    pub conditions: Option<Conditions>,
    /// Evidence that it rests on.
    #[serde(default)]
    pub evidence: Vec<Digest>,
    /// In a person's words.
    #[serde(default)]
    pub note: String,
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct StepTaken {
    /// Its name.
    pub step: String,
    /// By whom.
    pub by: String,
    /// When.
    pub time_ms: u64,
    /// In which block.
    pub height: u64,
    /// On what.
    pub evidence: Vec<Digest>,
    /// In a person's words.
    pub note: String,
}

/// A permit.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Permit {
    /// Its number.
    pub id: Id,
    /// The party that holds it.
    pub holder: String,
    /// The vehicles it is for.
    pub vehicles: Vec<String>,
    /// What it allows.
    pub conditions: Conditions,
    /// Where it stands; see [`Permit::state_at`].
    pub state: String,
    /// Since when.
    pub since_ms: u64,
    /// When that state lapses; zero: never.
    pub lapses_ms: u64,
    /// Steps taken.
    pub history: Vec<StepTaken>,
}

/// What somebody is about to do, to be held against a permit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Milliseconds since 1970 UTC.
    pub time_ms: u64,
    /// Where.
    pub area: String,
    /// First and last minute of the local day.
    pub minutes: (u16, u16),
    /// The vehicle.
    pub vehicle: String,
    /// No faster than this, km/h.
    pub speed_kmh: u16,
    /// Rain, mm/h.
    pub rain_mm_per_h: u16,
    /// Who is in charge.
    pub supervision: Supervision,
    /// With passengers?
    pub carries: bool,
    /// For a fare?
    pub charges: bool,
}

impl Procedure {
    /// The rule of a state.
    pub fn state(&self, name: &str) -> Option<&StateRule> {
        self.states.iter().find(|state| state.name == name)
    }

    /// Steps that may be taken in a state: none begins with an empty name.
    pub fn steps_from<'a>(&'a self, state: &'a str) -> impl Iterator<Item = &'a Step> {
        self.steps.iter().filter(move |step| match state.is_empty() {
            true => step.from.is_empty(),
            false => step.from.iter().any(|from| from == state),
        })
    }

    /// Everything that is wrong with it.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut name = |known: bool, what: String| {
            if !known {
                faults.push(what);
            }
        };
        for step in &self.steps {
            for state in step.from.iter().chain([&step.to]) {
                name(
                    self.state(state).is_some(),
                    format!("step `{}` names the state `{state}`, which is not there", step.name),
                );
            }
        }
        for state in &self.states {
            if let Some(next) = &state.lapses_to {
                name(
                    self.state(next).is_some(),
                    format!("state `{}` lapses into `{next}`, which is not there", state.name),
                );
            }
            name(
                state.days.is_some() == state.lapses_to.is_some(),
                format!("state `{}` needs both `days` and `lapses_to`, or neither", state.name),
            );
            name(
                self.states.iter().filter(|other| other.name == state.name).count() == 1,
                format!("there are two states `{}`", state.name),
            );
        }
        name(
            self.steps.is_empty() || self.steps.iter().any(|step| step.from.is_empty()),
            "no step begins a permit: one must have no `from`".to_owned(),
        );
        faults
    }
}

impl Permit {
    /// The state at a time: lapses that came due are past.
    pub fn state_at<'a>(&'a self, procedure: &'a Procedure, time_ms: u64) -> &'a str {
        let (mut state, mut lapses_ms) = (self.state.as_str(), self.lapses_ms);
        // A chain of lapses visits each state once at most; a circle of them stops where it began.
        for _ in 0..procedure.states.len() {
            if lapses_ms == 0 || time_ms < lapses_ms {
                break;
            }
            let Some(next) = procedure.state(state).and_then(|rule| rule.lapses_to.as_deref()) else {
                break;
            };
            state = next;
            let days = procedure.state(next).and_then(|rule| rule.days);
            lapses_ms = days.map_or(0, |days| lapses_ms.saturating_add(u64::from(days) * DAY_MS));
        }
        state
    }

    /// Why an operation is not allowed; nothing, if it is.
    pub fn objections(&self, procedure: &Procedure, operation: &Operation) -> Vec<String> {
        let state = self.state_at(procedure, operation.time_ms);
        let rule = procedure.state(state);
        let conditions = &self.conditions;
        let mut objections = Vec::new();
        let mut object = |is_fine: bool, what: String| {
            if !is_fine {
                objections.push(format!("permit {}: {what}", self.id));
            }
        };
        object(
            rule.is_some_and(|rule| rule.may_drive),
            format!("in the state `{state}` nobody drives"),
        );
        object(
            !operation.carries || rule.is_some_and(|rule| rule.may_carry),
            format!("in the state `{state}` nobody is carried"),
        );
        object(
            !operation.charges || rule.is_some_and(|rule| rule.may_charge),
            format!("in the state `{state}` no fare is taken"),
        );
        object(
            self.vehicles.contains(&operation.vehicle),
            format!("vehicle `{}` is not in it", operation.vehicle),
        );
        object(
            conditions.area == operation.area,
            format!("it is for `{}`, not for `{}`", conditions.area, operation.area),
        );
        let (from, to) = operation.minutes;
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        object(
            conditions.from_minute <= from && to <= conditions.to_minute,
            format!(
                "it is for {} to {}, not for {} to {}",
                clock(conditions.from_minute),
                clock(conditions.to_minute),
                clock(from),
                clock(to)
            ),
        );
        object(
            operation.speed_kmh <= conditions.speed_kmh_max,
            format!("{} km/h is more than {}", operation.speed_kmh, conditions.speed_kmh_max),
        );
        object(
            operation.rain_mm_per_h <= conditions.rain_mm_per_h_max,
            format!(
                "{} mm/h of rain are more than {}",
                operation.rain_mm_per_h, conditions.rain_mm_per_h_max
            ),
        );
        object(
            operation.supervision <= conditions.supervision,
            "a safety officer must be on board".to_owned(),
        );
        objections
    }
}

/// Key of a permit.
pub fn permit_key(id: Id) -> String {
    format!("permit/{id}")
}

pub(crate) fn permit_access(step: &PermitStep, access: &mut Access) {
    access.writes.insert(permit_key(step.permit));
    access.reads.insert(PROTOCOL_KEY.to_owned());
    access.reads.extend(step.evidence.iter().map(evidence_key));
}

/// Takes a step.
pub(crate) fn take(view: &mut View<'_>, sender: &Party, taken: &PermitStep) -> Result<(), Stop> {
    check_text("the note", &taken.note)?;
    if taken.evidence.len() > LIST_MAX || taken.vehicles.len() > LIST_MAX {
        return Err(Refusal::Invalid(format!("a list is longer than {LIST_MAX}")).into());
    }
    let procedure = view.protocol()?.procedure;
    let key = permit_key(taken.permit);
    let permit = match view.get(&key)? {
        Some(Record::Permit(permit)) => Some(permit),
        _ => None,
    };
    let state = permit
        .as_ref()
        .map_or("", |permit| permit.state_at(&procedure, view.time_ms))
        .to_owned();
    let Some(step) = procedure.steps_from(&state).find(|step| step.name == taken.step) else {
        let possible: Vec<String> = procedure
            .steps_from(&state)
            .map(|step| format!("`{}` by the {}", step.name, step.by))
            .collect();
        let place = if state.is_empty() {
            "before it has begun".to_owned()
        } else {
            format!("in the state `{state}`")
        };
        return Err(Refusal::Invalid(format!(
            "permit {}: step `{}` cannot be taken {place}; possible: {}",
            taken.permit,
            taken.step,
            possible.join(", ")
        ))
        .into());
    };
    let is_holder = permit
        .as_ref()
        .is_none_or(|permit| step.by != Role::Operator || permit.holder == sender.id);
    if sender.role != step.by || !is_holder {
        let who = if is_holder {
            format!("the {}", step.by)
        } else {
            "the permit's holder".to_owned()
        };
        return Err(Refusal::NotAllowed(format!("step `{}` is for {who}", step.name)).into());
    }
    let vehicles = permit.as_ref().map_or(&taken.vehicles, |permit| &permit.vehicles);
    check_needs(view, step, &taken.evidence, vehicles)?;
    let rule = procedure.state(&step.to);
    let days = rule.and_then(|rule| rule.days);
    let mut permit = match permit {
        Some(permit) => permit,
        None => begin(sender, taken)?,
    };
    if let Some(conditions) = &taken.conditions {
        if !step.sets_conditions {
            return Err(Refusal::Invalid(format!("step `{}` sets no conditions", step.name)).into());
        }
        check_conditions(conditions)?;
        permit.conditions = conditions.clone();
    }
    if permit.history.len() >= LIST_MAX {
        return Err(Refusal::Invalid(format!("a permit has at most {LIST_MAX} steps; apply for another")).into());
    }
    permit.state.clone_from(&step.to);
    permit.since_ms = view.time_ms;
    permit.lapses_ms = days.map_or(0, |days| view.time_ms.saturating_add(u64::from(days) * DAY_MS));
    permit.history.push(StepTaken {
        step: step.name.clone(),
        by: sender.id.clone(),
        time_ms: view.time_ms,
        height: view.height,
        evidence: taken.evidence.clone(),
        note: taken.note.clone(),
    });
    view.set(key, Record::Permit(permit));
    Ok(())
}

fn begin(sender: &Party, taken: &PermitStep) -> Result<Permit, Refusal> {
    let Some(conditions) = taken.conditions.clone() else {
        return Err(Refusal::Invalid(
            "an application says which conditions it asks for".to_owned(),
        ));
    };
    if taken.vehicles.is_empty() || taken.permit == Id(0) {
        return Err(Refusal::Invalid(
            "an application has a number and names its vehicles".to_owned(),
        ));
    }
    taken
        .vehicles
        .iter()
        .try_for_each(|vehicle| check_name("a vehicle", vehicle))?;
    Ok(Permit {
        id: taken.permit,
        holder: sender.id.clone(),
        vehicles: taken.vehicles.clone(),
        conditions,
        state: String::new(),
        since_ms: 0,
        lapses_ms: 0,
        history: Vec::new(),
    })
}

fn check_conditions(conditions: &Conditions) -> Result<(), Refusal> {
    check_name("the area", &conditions.area)?;
    if conditions.from_minute >= conditions.to_minute || conditions.to_minute > DAY_MINUTES {
        return Err(Refusal::Invalid(
            "daily hours end after they begin, within the day".to_owned(),
        ));
    }
    Ok(())
}

/// Each need is met by evidence that is set down, by whom it must be, of what it must be.
fn check_needs(view: &View<'_>, step: &Step, evidence: &[Digest], vehicles: &[String]) -> Result<(), Stop> {
    let mut there = Vec::new();
    for digest in evidence {
        match view.get(&evidence_key(digest))? {
            Some(Record::Evidence(record)) => there.push(record),
            _ => return Err(Refusal::Missing(format!("evidence {digest}")).into()),
        }
    }
    for need in &step.needs {
        let is_met = there.iter().any(|record| {
            let is_about = vehicles.contains(&record.item.subject)
                || matches!(need.kind, EvidenceKind::Document | EvidenceKind::ServiceRecord);
            record.item.kind == need.kind && record.role == need.by && is_about
        });
        if !is_met {
            let kind = serde_json::to_string(&need.kind).unwrap_or_default();
            return Err(Refusal::Missing(format!(
                "evidence of kind {kind} about one of its vehicles, set down by the {}, for step `{}`",
                need.by, step.name
            ))
            .into());
        }
    }
    Ok(())
}
