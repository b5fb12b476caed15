//! What the tags of a street mean: class, limit, lanes, layers.
//!
//! In go the tags of one way; out comes a [`StreetTags`]. The keys and values are those of the OpenStreetMap wiki's pages
//! "Key:highway", "Lanes", "Key:turn", "Key:maxspeed" and "Key:layer". Defaults where a mapper said nothing follow
//! Chinese practice (GB 50220 and CJJ 37: lanes of 3.0 to 3.75 m) and are the same everywhere.

use super::read::Tags;
use crate::builder::{LaneSpec, TurnSet};
use crate::draft::{LaneKind, RoadClass};

/// Most lanes believed in one direction; more is a slip of the keyboard.
const LANES_MAX: u32 = 8;

/// What is known of a way that vehicles use.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StreetTags {
    pub class: RoadClass,
    pub speed_mps_max: f64,
    /// Lanes along the way, from the centre outwards.
    pub forward: Vec<LaneSpec>,
    /// Lanes against the way, from the centre outwards.
    pub backward: Vec<LaneSpec>,
    pub forward_turns: Vec<TurnSet>,
    pub backward_turns: Vec<TurnSet>,
    /// Ground is 0, a bridge above, a tunnel below.
    pub layer: i32,
    pub is_bridge: bool,
    pub is_tunnel: bool,
    pub is_roundabout: bool,
    pub is_link: bool,
    pub is_one_way: bool,
    /// One-way against the way's own direction (`oneway=-1`): its nodes are to be turned round.
    pub is_reversed: bool,
}

/// Class, lanes in one direction, limit in km/h, lane width.
fn defaults(highway: &str) -> Option<(RoadClass, u32, f64, f64)> {
    Some(match highway {
        "motorway" => (RoadClass::Motorway, 2, 100.0, 3.75),
        "motorway_link" => (RoadClass::Motorway, 1, 40.0, 3.5),
        "trunk" => (RoadClass::Expressway, 2, 80.0, 3.5),
        "trunk_link" => (RoadClass::Expressway, 1, 40.0, 3.5),
        "primary" => (RoadClass::Arterial, 2, 60.0, 3.5),
        "primary_link" => (RoadClass::Arterial, 1, 40.0, 3.5),
        "secondary" => (RoadClass::Town, 1, 50.0, 3.5),
        "secondary_link" => (RoadClass::Town, 1, 40.0, 3.5),
        "tertiary" => (RoadClass::Collector, 1, 40.0, 3.25),
        "tertiary_link" => (RoadClass::Collector, 1, 30.0, 3.25),
        "unclassified" => (RoadClass::Local, 1, 40.0, 3.25),
        "residential" => (RoadClass::Local, 1, 30.0, 3.25),
        "living_street" => (RoadClass::LowSpeed, 1, 20.0, 2.75),
        "service" | "busway" | "bus_guideway" => (RoadClass::LowSpeed, 1, 20.0, 2.75),
        _ => return None,
    })
}

impl StreetTags {
    /// What the tags say, if this is a way that vehicles may use.
    pub fn read(tags: &Tags) -> Option<StreetTags> {
        let highway = tags.get("highway")?;
        let (class, lanes_default, limit_kmh, width_m) = defaults(highway)?;
        let is_closed = ["no", "private"].contains(&tags.first(&["motor_vehicle", "vehicle", "access"]).unwrap_or(""));
        let is_yard =
            tags.is("area", "yes") || ["parking_aisle", "driveway"].contains(&tags.get("service").unwrap_or(""));
        if is_closed || is_yard {
            return None;
        }
        let is_roundabout = ["roundabout", "circular"].contains(&tags.get("junction").unwrap_or(""));
        let one_way = tags.get("oneway").unwrap_or("");
        let is_reversed = ["-1", "reverse"].contains(&one_way);
        let is_one_way = is_reversed
            || ["yes", "true", "1"].contains(&one_way)
            || is_roundabout
            || (one_way != "no" && ["motorway", "motorway_link", "trunk_link", "primary_link"].contains(&highway));
        let count = |key: &str| {
            let lanes = tags.get(key)?.split(';').next()?.trim().parse::<f64>().ok()?;
            // "1.5 lanes" is how some mappers say narrow; it is one lane each way.
            (lanes >= 1.0).then_some((lanes as u32).min(2 * LANES_MAX))
        };
        let (ahead, behind) = match (is_one_way, count("lanes")) {
            (true, lanes) => (lanes.unwrap_or(lanes_default), 0),
            (false, Some(lanes)) => {
                let behind = count("lanes:backward").unwrap_or_else(|| (lanes / 2).max(1));
                let ahead = count("lanes:forward").unwrap_or_else(|| lanes.saturating_sub(behind).max(1));
                (ahead, behind)
            }
            (false, None) => (
                count("lanes:forward").unwrap_or(lanes_default),
                count("lanes:backward").unwrap_or(lanes_default),
            ),
        };
        let is_narrow = !is_one_way && count("lanes") == Some(1);
        let width_m = if is_narrow { 2.75 } else { width_m };
        let turns = |direction: &str, lanes: u32| {
            let key = format!("turn:lanes{direction}");
            let text = tags
                .get(&key)
                .or_else(|| tags.get("turn:lanes").filter(|_| is_one_way && direction == ":forward"));
            text.map(turn_lanes)
                .filter(|turns| turns.len() == lanes as usize)
                .unwrap_or_default()
        };
        let bus_only = ["busway", "bus_guideway"].contains(&highway);
        let side = |direction: &str, lanes: u32| {
            let kind = if bus_only { LaneKind::Bus } else { LaneKind::Driving };
            let mut specs = vec![LaneSpec::new(kind, width_m); lanes.min(LANES_MAX) as usize];
            // The field says `right` and `left` of the way's own direction.
            let hand = if direction == ":forward" { "right" } else { "left" };
            if has_bus_lane(tags, hand) && specs.len() > 1 {
                specs.last_mut().expect("two lanes at least").kind = LaneKind::Bus;
            }
            if has_cycle_lane(tags, hand) {
                specs.push(LaneSpec::new(LaneKind::Bicycle, 2.0));
            }
            if has_sidewalk(tags, hand, class, highway.ends_with("_link") || is_roundabout) {
                specs.push(LaneSpec::new(LaneKind::Sidewalk, 2.5));
            }
            specs
        };
        let is_bridge = tags.get("bridge").is_some_and(|value| value != "no");
        let is_tunnel = tags
            .get("tunnel")
            .is_some_and(|value| !["no", "culvert"].contains(&value));
        let layer =
            tags.get("layer")
                .and_then(|layer| layer.parse::<i32>().ok())
                .unwrap_or(match (is_bridge, is_tunnel) {
                    (true, _) => 1,
                    (_, true) => -1,
                    _ => 0,
                });
        Some(StreetTags {
            class,
            speed_mps_max: limit(tags).unwrap_or(limit_kmh / 3.6),
            forward: side(":forward", ahead),
            backward: side(":backward", behind),
            forward_turns: turns(":forward", ahead),
            backward_turns: if is_one_way {
                Vec::new()
            } else {
                turns(":backward", behind)
            },
            layer: if is_bridge || is_tunnel { layer.clamp(-5, 5) } else { 0 },
            is_bridge,
            is_tunnel,
            is_roundabout,
            is_link: highway.ends_with("_link"),
            is_one_way,
            is_reversed,
        })
    }

    /// Vehicle lanes along the way, bicycles left out.
    pub fn motor_lanes(&self) -> usize {
        let is_motor = |lane: &&LaneSpec| lane.is_for_motor_vehicles();
        self.forward.iter().filter(is_motor).count()
    }
}

/// `maxspeed`: km/h, or with a unit; `CN:urban` and the like are left to the class.
fn limit(tags: &Tags) -> Option<f64> {
    let text = tags.first(&["maxspeed", "maxspeed:forward"])?.trim();
    let (number, factor) = match text.strip_suffix("mph") {
        Some(number) => (number, 0.447_04),
        None => (text.strip_suffix("km/h").unwrap_or(text), 1.0 / 3.6),
    };
    let speed_mps = number.trim().parse::<f64>().ok()? * factor;
    (1.0..=70.0).contains(&speed_mps).then_some(speed_mps)
}

/// `left|through|through;right`, from the left, which is from the centre outwards where traffic keeps right.
fn turn_lanes(text: &str) -> Vec<TurnSet> {
    text.split('|')
        .map(|lane| {
            let mut set = TurnSet::default();
            for turn in lane.split(';') {
                match turn.trim() {
                    "left" | "slight_left" | "sharp_left" => set.left = true,
                    "right" | "slight_right" | "sharp_right" => set.right = true,
                    "reverse" => set.around = true,
                    _ => set.straight = true,
                }
            }
            set
        })
        .collect()
}

fn has_bus_lane(tags: &Tags, hand: &str) -> bool {
    let keys = ["busway".to_owned(), "busway:both".to_owned(), format!("busway:{hand}")];
    keys.iter().any(|key| tags.is(key, "lane"))
}

fn has_cycle_lane(tags: &Tags, hand: &str) -> bool {
    let keys = [
        "cycleway".to_owned(),
        "cycleway:both".to_owned(),
        format!("cycleway:{hand}"),
    ];
    keys.iter().any(|key| matches!(tags.get(key), Some("lane" | "track")))
}

/// Town streets have pavements unless the mapper says otherwise; fast roads, ramps and rings have none.
fn has_sidewalk(tags: &Tags, hand: &str, class: RoadClass, is_ramp: bool) -> bool {
    match tags.first(&["sidewalk", "sidewalk:both"]) {
        Some("no" | "none" | "separate") => false,
        Some("both" | "yes") => true,
        Some(side @ ("left" | "right")) => side == hand,
        _ => !is_ramp && class >= RoadClass::Local && class <= RoadClass::Arterial,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> StreetTags {
        let tags = text.split(' ').map(|tag| tag.split_once('=').unwrap());
        StreetTags::read(&Tags(tags.map(|(k, v)| (k.to_owned(), v.to_owned())).collect())).unwrap()
    }

    fn lanes(side: &[LaneSpec]) -> String {
        let letter = |lane: &LaneSpec| match lane.kind {
            LaneKind::Driving => 'd',
            LaneKind::Bus => 'b',
            LaneKind::Bicycle => 'c',
            LaneKind::Sidewalk => 's',
            _ => '?',
        };
        side.iter().map(letter).collect()
    }

    #[test]
    fn lanes_are_shared_between_the_directions_as_tagged_or_by_class() {
        let two_way = check("highway=primary lanes=5 lanes:backward=2 cycleway:right=lane busway:left=lane");
        assert_eq!(
            (lanes(&two_way.forward).as_str(), lanes(&two_way.backward).as_str()),
            ("dddcs", "dbs")
        );
        let plain = check("highway=residential");
        assert_eq!(
            (lanes(&plain.forward).as_str(), lanes(&plain.backward).as_str()),
            ("ds", "ds")
        );
        let link = check("highway=motorway_link");
        assert_eq!(
            (lanes(&link.forward).as_str(), lanes(&link.backward).as_str()),
            ("d", "")
        );
    }

    #[test]
    fn turn_lanes_count_from_the_centre_and_are_dropped_when_they_do_not_fit() {
        let street = check("highway=primary oneway=yes lanes=3 turn:lanes=left|through|through;right");
        let [a, b, c] = street.forward_turns[..] else {
            panic!("three lanes")
        };
        assert!(a.left && !a.straight && b.straight && !b.right && c.straight && c.right);
        assert!(
            check("highway=primary oneway=yes lanes=2 turn:lanes=left|through|right")
                .forward_turns
                .is_empty()
        );
    }

    #[test]
    fn limits_are_read_with_their_unit_and_absurd_ones_are_ignored() {
        assert!((check("highway=residential maxspeed=20mph").speed_mps_max - 8.9408).abs() < 1e-9);
        assert!((check("highway=residential maxspeed=9999").speed_mps_max - 30.0 / 3.6).abs() < 1e-9);
    }
}
