//! Joints: which street follows which, and by what links one gets there from each lane.
//!
//! In go a network's links; out come, for each street, those that follow it. A way through the network is then its first
//! street and a number of a joint for each further one: a byte a street.

use super::class::{Permissions, VehicleClass};
use super::network::{NONE, StreetNetwork};

/// From one street to the next: see [`Edge::joints`](super::Edge::joints).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joint {
    /// The street that follows.
    pub to: u32,
    /// Where the lanes of the street before it begin in the network's table of links.
    lanes: u32,
}

/// The links from one lane to the next street: from the first to the last, with others between them at times.
#[derive(Clone, Copy, Debug)]
pub(super) struct JointLane {
    first: u32,
    last: u32,
}

/// Set in [`JointLane::last`] where there is one link and its lane is for everyone: no more need be looked at.
const IS_SURE: u32 = 1 << 31;

/// Streets that follow a street, at most: their numbers are bytes.
const JOINTS_MAX: usize = 256;

/// Finds the joints of all streets. Returns the street that too many follow, if there is one.
pub(super) fn find(network: &mut StreetNetwork) -> Option<u32> {
    for edge in 0..network.edges.len() as u32 {
        let (start, first_joint_lane) = (network.joints.len(), network.joint_lanes.len());
        if !network.edges[edge as usize].is_internal {
            let lanes = network.lanes_of(edge);
            for lane in lanes.clone() {
                for index in network.lanes[lane].links.clone() {
                    let to = network.lanes[network.links[index as usize].to as usize].edge;
                    let joint = network.joints[start..].iter().find(|joint| joint.to == to).copied();
                    let joint = joint.unwrap_or_else(|| {
                        let joint = Joint {
                            to,
                            lanes: network.joint_lanes.len() as u32,
                        };
                        let nothing = JointLane { first: NONE, last: 0 };
                        network
                            .joint_lanes
                            .resize(network.joint_lanes.len() + lanes.len(), nothing);
                        network.joints.push(joint);
                        joint
                    });
                    let entry = &mut network.joint_lanes[joint.lanes as usize + lane - lanes.start];
                    entry.first = entry.first.min(index);
                    entry.last = index;
                }
            }
        }
        for lane in &mut network.joint_lanes[first_joint_lane..] {
            if lane.first == lane.last {
                let target = &network.lanes[network.links[lane.first as usize].to as usize];
                lane.last |= if target.permissions == Permissions::ALL {
                    IS_SURE
                } else {
                    0
                };
            }
        }
        network.edges[edge as usize].joints = start as u32..network.joints.len() as u32;
        if network.joints.len() - start > JOINTS_MAX {
            return Some(edge);
        }
    }
    None
}

impl StreetNetwork {
    /// The number of the joint that leads from a street to another.
    pub fn turn(&self, from: u32, to: u32) -> Option<u8> {
        let joints = self.edges[from as usize].joints.clone();
        let joints = &self.joints[joints.start as usize..joints.end as usize];
        let place = joints.iter().position(|joint| joint.to == to)?;
        Some(place as u8)
    }

    /// The joint of a street with this number.
    pub fn joint(&self, edge: u32, turn: u8) -> Joint {
        self.joints[self.edges[edge as usize].joints.start as usize + usize::from(turn)]
    }

    /// The links that somebody of `class` may take from the `place`th lane of a street to the next.
    pub(crate) fn links_along(&self, joint: Joint, place: u32, class: VehicleClass) -> impl Iterator<Item = u32> {
        let lane = self.joint_lanes[(joint.lanes + place) as usize];
        let is_sure = lane.first != NONE && lane.last & IS_SURE != 0;
        let end = (lane.last & !IS_SURE) + 1;
        (lane.first..end.max(lane.first)).filter(move |&link| {
            if is_sure {
                return true;
            }
            let target = self.links[link as usize].to;
            self.lanes[target as usize].edge == joint.to && self.allows(target as usize, class)
        })
    }
}
