//! The digest of a run: 64 hexadecimal digits that differ if any actor's any state differed at any tick.
//!
//! Sketch: 500 actors × 16 words × 612,000 ticks = 39 GB a service day. SHA-256 over all of it would take 20 s with
//! hardware support and two minutes without. So each tick is folded by a keyed multiply-and-rotate mix of four
//! independent 64-bit lanes (every step a bijection of the lane, so a single changed word always changes it), and
//! SHA-256 chains the four lanes of every tick. It finds accidents, which is its purpose: that two runs, machines or
//! versions agree. Against forgery there is the recording, which is sealed with SHA-256 over its own bytes.

use crate::frame::ActorState;
use record::SimTime;
use road::{LaneId, LanePosition, SignalColour};
use sha2::{Digest as _, Sha256};

/// What has been played so far, digested.
#[derive(Clone, Debug, Default)]
pub(crate) struct Digest(Sha256);

impl Digest {
    /// Takes in one tick: its time, everyone sorted by id, all lights.
    pub fn take(&mut self, time: SimTime, actors: &[ActorState], signals: &[SignalColour]) {
        let mut mix = Mix::new();
        mix.four([time.as_nanos() as u64, actors.len() as u64, signals.len() as u64, 0]);
        for actor in actors {
            let pose = actor.pose;
            let tags = u64::from(actor.id.0) << 32
                | u64::from(actor.kind as u8) << 16
                | u64::from(actor.indicator as u8) << 8
                | u64::from(actor.lane.is_some());
            let lane = actor.lane.unwrap_or_else(nowhere);
            mix.four([tags, pose.x_m.to_bits(), pose.y_m.to_bits(), pose.z_m.to_bits()]);
            let attitude = [
                pose.heading_rad.to_bits(),
                pose.pitch_rad.to_bits(),
                pose.roll_rad.to_bits(),
            ];
            mix.four([actor.speed_mps.to_bits(), attitude[0], attitude[1], attitude[2]]);
            let place = [u64::from(lane.lane.0), lane.s_m.to_bits(), lane.offset_m.to_bits()];
            mix.four([actor.acceleration_mps2.to_bits(), place[0], place[1], place[2]]);
            mix.four([
                actor.length_m.to_bits(),
                actor.width_m.to_bits(),
                actor.height_m.to_bits(),
                0,
            ]);
        }
        for colours in signals.chunks(4) {
            mix.four(std::array::from_fn(|i| {
                colours.get(i).map_or(0, |&colour| 1 + colour as u64)
            }));
        }
        for lane in mix.0 {
            self.0.update(lane.to_le_bytes());
        }
    }

    /// What it comes to so far, in hexadecimal.
    pub fn hex(&self) -> String {
        self.0
            .clone()
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// What stands for the place of those who are on no lane.
fn nowhere() -> LanePosition {
    LanePosition {
        lane: LaneId(0),
        s_m: 0.0,
        offset_m: 0.0,
    }
}

struct Mix([u64; 4]);

impl Mix {
    /// Four odd multipliers: the fractions of the square roots of 2, 3, 5 and 7.
    const KEYS: [u64; 4] = [
        0x6a09_e667_f3bc_c909,
        0xbb67_ae85_84ca_a73b,
        0x3c6e_f372_fe94_f82b,
        0xa54f_f53a_5f1d_36f1,
    ];

    fn new() -> Mix {
        Mix(Mix::KEYS)
    }

    fn four(&mut self, words: [u64; 4]) {
        for (lane, (word, key)) in self.0.iter_mut().zip(words.into_iter().zip(Mix::KEYS)) {
            *lane = (*lane ^ word).wrapping_mul(key).rotate_left(29);
            *lane ^= *lane >> 31;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{ActorId, ActorKind};
    use vehicle::Indicator;

    fn actors(count: u32) -> Vec<ActorState> {
        let actor = |id: u32| ActorState {
            id: ActorId(id),
            kind: ActorKind::Car,
            pose: road::Pose {
                x_m: f64::from(id),
                ..road::Pose::default()
            },
            speed_mps: 1.0,
            acceleration_mps2: 0.0,
            length_m: 4.5,
            width_m: 1.8,
            height_m: 1.5,
            lane: None,
            indicator: Indicator::Off,
        };
        (0..count).map(actor).collect()
    }

    fn of(actors: &[ActorState], signals: &[SignalColour]) -> String {
        let mut digest = Digest::default();
        digest.take(SimTime::ZERO, actors, signals);
        digest.hex()
    }

    #[test]
    fn any_change_of_any_state_changes_the_digest() {
        let (base, lights) = (actors(5), [SignalColour::Red, SignalColour::Green]);
        let mut seen = vec![
            of(&base, &lights),
            of(&base, &[SignalColour::Red, SignalColour::Red]),
            of(&base[..4], &lights),
        ];
        let changes: [fn(&mut ActorState); 14] = [
            |a| a.id.0 += 100,
            |a| a.kind = ActorKind::Van,
            |a| a.pose.x_m += 1e-12,
            |a| a.pose.y_m += 1e-300,
            |a| a.pose.z_m += 1.0,
            |a| a.pose.heading_rad += 1.0,
            |a| a.pose.pitch_rad += 1.0,
            |a| a.pose.roll_rad += 1.0,
            |a| a.speed_mps += 1.0,
            |a| a.acceleration_mps2 += 1.0,
            |a| a.length_m += 1.0,
            |a| a.width_m += 1.0,
            |a| a.lane = Some(nowhere()),
            |a| a.indicator = Indicator::Left,
        ];
        for change in changes {
            let mut changed = base.clone();
            change(&mut changed[3]);
            seen.push(of(&changed, &lights));
        }
        let mut distinct = seen.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), seen.len());
    }
}
