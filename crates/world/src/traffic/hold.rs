//! Holds: what keeps a vehicle from driving as it would on an open road, and who.
//!
//! The look notes the tightest hold of each vehicle as it decides; whoever watches a jam follows the holds from vehicle
//! to vehicle until the chain ends in a cause, or in itself. Junctions lend claim numbers along them.

use super::roadway::NONE;
use crate::frame::{ActorId, ActorKind};
use road::LanePosition;
use std::collections::BTreeMap;
use std::fmt;

/// What a vehicle waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cause {
    /// Nothing: it drives as it likes.
    #[default]
    OpenRoad,
    /// A lower limit, or a bend ahead.
    Limit,
    /// Its own stop.
    Halt,
    /// The end of its way at the kerb.
    Kerb,
    /// Somebody whom it lets in.
    Courtesy,
    /// People on a crossing.
    People,
    /// Somebody ahead in its lane.
    Leader,
    /// Somebody ahead in the lane that it is leaving.
    LeaderBeside,
    /// Somebody who goes first in the junction.
    Rival,
    /// Somebody who is in the junction, on ground that it needs next.
    RivalInside,
    /// A vehicle under test.
    Guest,
    /// Its lane does not lead where it wants to go.
    LaneEnds,
    /// A junction that it may not enter yet: not close enough to ask.
    JunctionAhead,
    /// A light.
    Light,
    /// Somebody ahead before the junction, who has to go first.
    Queue,
    /// Somebody on ground that it needs.
    TakenGround,
    /// Somebody on the road with priority.
    RightOfWay,
    /// A stop line: it has to stand there first.
    StopLine,
    /// No room beyond the junction.
    NoRoom,
}

/// A cause and who it is, [`NONE`] if it is nobody.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hold {
    pub cause: Cause,
    pub by: u32,
}

impl Hold {
    pub const FREE: Hold = Hold::of(Cause::OpenRoad);

    pub const fn of(cause: Cause) -> Hold {
        Hold { cause, by: NONE }
    }

    pub const fn by(cause: Cause, slot: u32) -> Hold {
        Hold { cause, by: slot }
    }
}

/// A vehicle that stands, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standstill {
    /// Who.
    pub id: ActorId,
    /// What.
    pub kind: ActorKind,
    /// Where its front bumper is.
    pub place: LanePosition,
    /// For how long.
    pub waited_s: f64,
    /// Why.
    pub cause: Cause,
    /// Because of whom.
    pub by: Option<ActorId>,
}

/// Vehicles that stand because of one another.
#[derive(Clone, Debug, PartialEq)]
pub struct Jam {
    /// How many stand behind its head.
    pub count: usize,
    /// Whoever stands for a cause of his own; several if they wait for one another in a ring.
    pub head: Vec<Standstill>,
}

impl Jam {
    /// The jams of everyone who has been standing for `longer_than_s`, the longest first. `standing` lists who stands,
    /// at best also those who stand only for moments: through them a chain goes on.
    pub fn all(standing: impl Iterator<Item = Standstill>, longer_than_s: f64) -> Vec<Jam> {
        let standing: BTreeMap<_, _> = standing.map(|still| (still.id, still)).collect();
        let mut jams: BTreeMap<ActorId, Jam> = BTreeMap::new();
        for still in standing.values().filter(|still| still.waited_s > longer_than_s) {
            let head = head_of(&standing, still);
            jams.entry(head[0].id).or_insert(Jam { count: 0, head }).count += 1;
        }
        let mut jams: Vec<Jam> = jams.into_values().collect();
        jams.sort_by_key(|jam| std::cmp::Reverse(jam.count));
        jams
    }
}

fn head_of(standing: &BTreeMap<ActorId, Standstill>, from: &Standstill) -> Vec<Standstill> {
    let mut chain = vec![*from];
    let mut last = *from;
    while let Some(next) = last.by.and_then(|by| standing.get(&by)) {
        if let Some(start) = chain.iter().position(|known| known.id == next.id) {
            let mut ring = chain.split_off(start);
            let first = ring.iter().enumerate().min_by_key(|(_, still)| still.id);
            let first = first.map_or(0, |(index, _)| index);
            ring.rotate_left(first);
            return ring;
        }
        chain.push(*next);
        last = *next;
    }
    vec![last]
}

impl fmt::Display for Jam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = if self.head.len() > 1 { " a ring" } else { "" };
        write!(f, "{} behind{shape}", self.count)?;
        for still in self.head.iter().take(HEADS_SHOWN) {
            let LanePosition { lane, s_m, offset_m } = still.place;
            write!(
                f,
                "\n    {:?} {} on lane {} at {s_m:.1} m (offset {offset_m:.1} m) for {:.0} s: {:?}",
                still.kind, still.id.0, lane.0, still.waited_s, still.cause
            )?;
            if let Some(by) = still.by {
                write!(f, " {}", by.0)?;
            }
        }
        Ok(())
    }
}

/// Members of a ring that are written out.
const HEADS_SHOWN: usize = 12;
