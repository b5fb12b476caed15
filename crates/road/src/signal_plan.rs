//! Programs of lights: made from conflicts where the map brings none, spelled out as steps, read as a clock.
//!
//! A made program puts as many lights into a phase as may be green together. Left turns across oncoming traffic may if
//! they share a head with other lanes (permissive), and may not if they have a head of their own (protected). People
//! walk while the traffic beside them drives straight on, and their light turns red early enough for them to arrive.
//! Source of the times: the usual range of practice (amber 3 s, all red 2 s, green at least 8 s, cycle 60 to 100 s;
//! people at 1.2 m/s, Highway Capacity Manual chapter 19).

use crate::{Conflict, ConflictKind, LaneId, RoadId, SignalColour, SignalController, Turn};
use serde::{Deserialize, Serialize};

const AMBER_MS: i64 = 3_000;
const ALL_RED_MS: i64 = 2_000;
const GREEN_S_MIN: f64 = 8.0;
/// Least green for people before their light turns red again.
const WALK_GREEN_S: f64 = 7.0;
const WALK_MPS: f64 = 1.2;
/// Least and greatest cycle, unless the least greens need more.
const CYCLE_S: [f64; 2] = [60.0, 100.0];

/// Approaches that face each other: cosine of the angle between their headings.
const FACING_COS: f64 = -0.5;

/// A light as the maker of programs sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Head {
    pub(crate) lanes: Vec<HeadLane>,
    pub(crate) is_for_people: bool,
    /// Lanes under its crossings.
    pub(crate) crossed: Vec<LaneId>,
    /// The longest of its crossings.
    pub(crate) walk_m: f64,
}

/// A junction lane that a light holds back.
#[derive(Clone, Debug)]
pub(crate) struct HeadLane {
    pub(crate) lane: LaneId,
    pub(crate) turn: Turn,
    /// Unit vector at its start.
    pub(crate) heading: [f64; 2],
    /// Lanes that lead to it.
    pub(crate) before: Vec<LaneId>,
    /// Lanes that it leads to.
    pub(crate) after: Vec<LaneId>,
    pub(crate) incoming_road: Option<RoadId>,
    pub(crate) keeps_left: bool,
    /// The class of the road it comes from, as a number.
    pub(crate) rank: u32,
}

/// A phase: who is green, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Phase {
    pub(crate) green_ms: i64,
    pub(crate) amber_ms: i64,
    pub(crate) all_red_ms: i64,
    /// For each light of the controller.
    pub(crate) green: Vec<bool>,
}

/// A program for the lights of one junction.
pub(crate) fn program(heads: &[Head], conflicts: &[Vec<Conflict>]) -> Vec<Phase> {
    let groups = groups(heads, conflicts);
    let people_in = |group: &[usize]| {
        let walks = group
            .iter()
            .filter(|&&head| heads[head].is_for_people)
            .map(|&head| heads[head].walk_m);
        walks.fold(0.0, f64::max)
    };
    let clearing_s = |group: &[usize]| libm::ceil(people_in(group) / WALK_MPS);
    let least_s: Vec<f64> = groups
        .iter()
        .map(|group| {
            let walk_s = if people_in(group) > 0.0 {
                WALK_GREEN_S + clearing_s(group)
            } else {
                0.0
            };
            GREEN_S_MIN.max(walk_s)
        })
        .collect();
    let weights: Vec<f64> = groups
        .iter()
        .map(|group| group.iter().map(|&head| weight(&heads[head])).fold(0.1, f64::max))
        .collect();
    let count = groups.len() as f64;
    let lost_s = count * (AMBER_MS + ALL_RED_MS) as f64 / 1000.0;
    let cycle_s = (40.0 + 15.0 * count).clamp(CYCLE_S[0], CYCLE_S[1]);
    let spare_s = (cycle_s - lost_s - least_s.iter().sum::<f64>()).max(0.0);
    let whole_weight: f64 = weights.iter().sum();
    let mut phases = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let green_ms = (least_s[index] + spare_s * weights[index] / whole_weight).round() as i64 * 1000;
        let green_of = |with_people: bool| -> Vec<bool> {
            (0..heads.len())
                .map(|head| group.contains(&head) && (with_people || !heads[head].is_for_people))
                .collect()
        };
        let clearing_ms = clearing_s(group) as i64 * 1000;
        if clearing_ms > 0 {
            let green_ms = green_ms - clearing_ms;
            phases.push(Phase {
                green_ms,
                amber_ms: 0,
                all_red_ms: 0,
                green: green_of(true),
            });
        }
        let green_ms = if clearing_ms > 0 { clearing_ms } else { green_ms };
        phases.push(Phase {
            green_ms,
            amber_ms: AMBER_MS,
            all_red_ms: ALL_RED_MS,
            green: green_of(false),
        });
    }
    phases
}

/// Which lights are green together: every one is in at least one group.
fn groups(heads: &[Head], conflicts: &[Vec<Conflict>]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..heads.len()).filter(|&head| !heads[head].is_for_people).collect();
    // Those who drive straight on first, so that the turns with heads of their own come after them.
    order.sort_by_key(|&head| (heads[head].turns_only(), head));
    let people: Vec<usize> = (0..heads.len()).filter(|&head| heads[head].is_for_people).collect();
    let mut is_served = vec![false; heads.len()];
    let mut groups: Vec<Vec<usize>> = Vec::new();
    while let Some(&first) = order.iter().find(|&&head| !is_served[head]) {
        let mut group = vec![first];
        let waiting: Vec<usize> = order
            .iter()
            .copied()
            .filter(|&head| head != first && !is_served[head])
            .collect();
        let others: Vec<usize> = order.iter().copied().filter(|&head| is_served[head]).collect();
        for head in waiting.into_iter().chain(others).chain(people.iter().copied()) {
            if group
                .iter()
                .all(|&member| may_go_together(&heads[member], &heads[head], conflicts))
            {
                group.push(head);
            }
        }
        for &head in &group {
            is_served[head] = true;
        }
        groups.push(group);
    }
    let left_over: Vec<usize> = people.into_iter().filter(|&head| !is_served[head]).collect();
    if !left_over.is_empty() {
        groups.push(left_over);
    }
    groups
}

impl Head {
    /// It only lets traffic turn across the oncoming lanes.
    fn turns_only(&self) -> bool {
        !self.lanes.is_empty() && self.lanes.iter().all(HeadLane::turns_across)
    }
}

impl HeadLane {
    fn turns_across(&self) -> bool {
        let across = if self.keeps_left { Turn::Right } else { Turn::Left };
        self.turn == across || self.turn == Turn::Around
    }
}

fn may_go_together(a: &Head, b: &Head, conflicts: &[Vec<Conflict>]) -> bool {
    match (a.is_for_people, b.is_for_people) {
        (true, true) => true,
        (true, false) => people_may_walk(a, b),
        (false, true) => people_may_walk(b, a),
        (false, false) => a.lanes.iter().all(|one| {
            b.lanes.iter().all(|other| {
                let conflict = conflicts[one.lane.0 as usize]
                    .iter()
                    .find(|conflict| conflict.other == other.lane);
                match conflict.map(|conflict| conflict.kind) {
                    None | Some(ConflictKind::Diverge) => true,
                    Some(ConflictKind::Cross | ConflictKind::Merge) => {
                        let same_approach = one.incoming_road.is_some() && one.incoming_road == other.incoming_road;
                        // Turning across oncoming traffic from a common head: whoever turns looks out.
                        let is_permitted = one.turns_across() != other.turns_across()
                            && one.faces(other)
                            && !(a.turns_only() && one.turns_across() || b.turns_only() && other.turns_across());
                        same_approach || is_permitted
                    }
                }
            })
        }),
    }
}

impl HeadLane {
    /// Whether two lanes begin towards each other.
    fn faces(&self, other: &HeadLane) -> bool {
        self.heading[0] * other.heading[0] + self.heading[1] * other.heading[1] < FACING_COS
    }
}

fn people_may_walk(people: &Head, traffic: &Head) -> bool {
    let is_crossed = |lanes: &[LaneId]| lanes.iter().any(|lane| people.crossed.contains(lane));
    let is_protected = traffic.turns_only();
    traffic.lanes.iter().all(|lane| {
        let leaves_over = is_crossed(&lane.after) || people.crossed.contains(&lane.lane);
        !is_crossed(&lane.before) && (!leaves_over || (lane.turn != Turn::Straight && !is_protected))
    })
}

/// How much traffic a light is likely to hold back: its approach's lanes, weighed by the class of the road.
fn weight(head: &Head) -> f64 {
    let mut approach: Vec<LaneId> = head
        .lanes
        .iter()
        .filter_map(|lane| lane.before.first().copied())
        .collect();
    approach.sort_unstable();
    approach.dedup();
    let rank = head.lanes.iter().map(|lane| lane.rank).max().unwrap_or(0);
    let share = if head.turns_only() { 0.5 } else { 1.0 };
    share * approach.len() as f64 * (1.0 + 0.15 * f64::from(rank))
}

/// A program's phases as steps of colours. Who stays green from one phase to the next stays green between them; people
/// have no amber.
pub(crate) fn steps(phases: &[Phase], is_for_people: &[bool]) -> Vec<(i64, Vec<SignalColour>)> {
    let mut steps = Vec::new();
    for (index, phase) in phases.iter().enumerate() {
        let next = (phases.len() > 1).then(|| &phases[(index + 1) % phases.len()]);
        let colours = |ending: SignalColour| -> Vec<SignalColour> {
            (0..is_for_people.len())
                .map(
                    |light| match (phase.green[light], next.is_some_and(|next| next.green[light])) {
                        (false, _) => SignalColour::Red,
                        (true, true) => SignalColour::Green,
                        (true, false) if is_for_people[light] && ending == SignalColour::Amber => SignalColour::Red,
                        (true, false) => ending,
                    },
                )
                .collect()
        };
        let times = [
            (phase.green_ms, SignalColour::Green),
            (phase.amber_ms, SignalColour::Amber),
            (phase.all_red_ms, SignalColour::Red),
        ];
        steps.extend(
            times
                .into_iter()
                .filter(|(time_ms, _)| *time_ms > 0)
                .map(|(time_ms, ending)| (time_ms, colours(ending))),
        );
    }
    steps
}

/// The cycle of one light: when it begins to show what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SignalClock {
    /// Length of the cycle; 0 if the light never changes.
    cycle_ms: i64,
    offset_ms: i64,
    /// (start within the cycle, colour), sorted; the first starts at 0 and neighbours differ.
    changes: Vec<(i64, SignalColour)>,
}

impl SignalClock {
    /// The clock of the light in one slot of a controller.
    pub(crate) fn new(controller: &SignalController, slot: usize) -> SignalClock {
        let mut changes: Vec<(i64, SignalColour)> = Vec::new();
        let mut start_ms = 0;
        for (time_ms, colours) in &controller.steps {
            if changes.last().is_none_or(|last| last.1 != colours[slot]) {
                changes.push((start_ms, colours[slot]));
            }
            start_ms += time_ms;
        }
        SignalClock {
            cycle_ms: start_ms,
            offset_ms: controller.offset_ms,
            changes,
        }
    }

    /// What the light shows.
    pub(crate) fn colour(&self, elapsed_ms: i64) -> SignalColour {
        let phase_ms = self.phase_ms(elapsed_ms);
        let shown = self.changes.iter().rev().find(|(start_ms, _)| *start_ms <= phase_ms);
        shown.map_or(SignalColour::Dark, |change| change.1)
    }

    /// Time to the next change.
    pub(crate) fn changes_in_ms(&self, elapsed_ms: i64) -> Option<i64> {
        if self.cycle_ms <= 0 || self.changes.len() < 2 {
            return None;
        }
        let phase_ms = self.phase_ms(elapsed_ms);
        let next_ms = self
            .changes
            .iter()
            .map(|change| change.0)
            .find(|&start_ms| start_ms > phase_ms);
        // The last colour may go on into the next cycle.
        let goes_on = self.changes[0].1 == self.changes[self.changes.len() - 1].1;
        let wrapped_ms = if goes_on {
            self.cycle_ms + self.changes[1].0
        } else {
            self.cycle_ms
        };
        Some(next_ms.unwrap_or(wrapped_ms) - phase_ms)
    }

    fn phase_ms(&self, elapsed_ms: i64) -> i64 {
        if self.cycle_ms > 0 {
            (elapsed_ms - self.offset_ms).rem_euclid(self.cycle_ms)
        } else {
            0
        }
    }
}
