//! What a lane is for, from the vehicle classes that may use it.
//!
//! Source: Eclipse SUMO's documentation, "Simulation/Vehicle Permissions".

use crate::draft::LaneKind;

/// Classes that drive like cars.
const CARS: &[&str] = &[
    "passenger",
    "private",
    "hov",
    "evehicle",
    "motorcycle",
    "moped",
    "truck",
    "trailer",
    "delivery",
    "army",
    "vip",
    "custom1",
    "custom2",
];
/// Public vehicles.
const BUSES: &[&str] = &["bus", "coach", "taxi"];
/// Light vehicles.
const BICYCLES: &[&str] = &["bicycle", "scooter"];
/// Vehicles on rails.
const RAIL: &[&str] = &[
    "tram",
    "rail_urban",
    "rail",
    "rail_electric",
    "rail_fast",
    "subway",
    "cable_car",
];
/// People.
const WALKERS: &[&str] = &["pedestrian", "wheelchair"];

/// The classes that a pair of `allow` and `disallow` leaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Permission<'a> {
    allow: Option<&'a str>,
    disallow: Option<&'a str>,
}

impl<'a> Permission<'a> {
    pub(super) fn new(allow: Option<&'a str>, disallow: Option<&'a str>) -> Permission<'a> {
        Permission { allow, disallow }
    }

    fn admits(&self, class: &str) -> bool {
        let names = |list: &str| list.split_whitespace().any(|word| word == class || word == "all");
        match (self.allow, self.disallow) {
            (Some(allow), _) => names(allow),
            (None, Some(disallow)) => !names(disallow),
            (None, None) => true,
        }
    }

    /// Whether cars may use it: for leave to change lanes.
    pub(super) fn admits_cars(&self) -> bool {
        self.admits("passenger")
    }

    /// The kind of lane: the first of cars, public vehicles, bicycles, people and rails that may use it.
    pub(super) fn kind(&self) -> LaneKind {
        let any = |classes: &[&str]| classes.iter().any(|class| self.admits(class));
        if any(CARS) {
            LaneKind::Driving
        } else if any(BUSES) {
            LaneKind::Bus
        } else if any(BICYCLES) {
            LaneKind::Bicycle
        } else if any(WALKERS) {
            LaneKind::Sidewalk
        } else if any(RAIL) {
            LaneKind::Rail
        } else if self.admits("emergency") || self.admits("authority") {
            LaneKind::Shoulder
        } else {
            LaneKind::None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_is_for_whoever_may_use_it() {
        let kind = |allow, disallow| Permission::new(allow, disallow).kind();
        assert_eq!(kind(None, None), LaneKind::Driving);
        assert_eq!(kind(Some("bus taxi"), None), LaneKind::Bus);
        assert_eq!(kind(Some("pedestrian"), None), LaneKind::Sidewalk);
        assert_eq!(kind(Some("bicycle pedestrian"), None), LaneKind::Bicycle);
        assert_eq!(kind(None, Some("pedestrian tram")), LaneKind::Driving);
        assert_eq!(kind(None, Some("all")), LaneKind::None);
        assert_eq!(kind(Some(""), None), LaneKind::None);
        assert_eq!(kind(Some("tram rail_urban"), None), LaneKind::Rail);
        assert_eq!(kind(Some("emergency"), None), LaneKind::Shoulder);
    }
}
