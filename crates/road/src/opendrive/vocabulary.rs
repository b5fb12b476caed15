//! The words of the standard for our enums: one table each, read in both directions.
//!
//! The first word of a variant is the one that is written. Words are those of the enumerations of OpenDRIVE 1.4 to 1.8;
//! where versions renamed a thing, all its names stand here. It knows no XML.

use crate::draft::{LaneChange, LaneKind, MarkColour, ObjectKind, Orientation, RoadClass, RoadMarkKind, Side};

macro_rules! words {
    ($table:ident: $kind:ty = $($word:literal => $variant:expr,)+) => {
        pub(super) const $table: &[(&str, $kind)] = &[$(($word, $variant)),+];
    };
}

words! { ROAD_CLASSES: RoadClass =
    "unknown" => RoadClass::Unknown,
    "pedestrian" => RoadClass::Pedestrian,
    "bicycle" => RoadClass::Bicycle,
    "lowSpeed" => RoadClass::LowSpeed,
    "townLocal" => RoadClass::Local,
    "townPlayStreet" => RoadClass::Local,
    "townPrivate" => RoadClass::Local,
    "townCollector" => RoadClass::Collector,
    "town" => RoadClass::Town,
    "rural" => RoadClass::Rural,
    "townArterial" => RoadClass::Arterial,
    "townExpressway" => RoadClass::Expressway,
    "motorway" => RoadClass::Motorway,
}

words! { LANE_KINDS: LaneKind =
    "none" => LaneKind::None,
    "restricted" => LaneKind::None,
    "roadWorks" => LaneKind::None,
    "special1" => LaneKind::None,
    "special2" => LaneKind::None,
    "special3" => LaneKind::None,
    "driving" => LaneKind::Driving,
    "bidirectional" => LaneKind::Driving,
    "HOV" => LaneKind::Driving,
    "shared" => LaneKind::Driving,
    "slipLane" => LaneKind::Driving,
    "connectingRamp" => LaneKind::Ramp,
    "onRamp" => LaneKind::Ramp,
    "offRamp" => LaneKind::Ramp,
    "entry" => LaneKind::Ramp,
    "exit" => LaneKind::Ramp,
    "mwyEntry" => LaneKind::Ramp,
    "mwyExit" => LaneKind::Ramp,
    "bus" => LaneKind::Bus,
    "taxi" => LaneKind::Bus,
    "biking" => LaneKind::Bicycle,
    "sidewalk" => LaneKind::Sidewalk,
    "walking" => LaneKind::Sidewalk,
    "parking" => LaneKind::Parking,
    "shoulder" => LaneKind::Shoulder,
    "stop" => LaneKind::Stop,
    "median" => LaneKind::Median,
    "curb" => LaneKind::Curb,
    "border" => LaneKind::Border,
    "rail" => LaneKind::Rail,
    "tram" => LaneKind::Rail,
}

words! { MARK_KINDS: RoadMarkKind =
    "none" => RoadMarkKind::None,
    "solid" => RoadMarkKind::Solid,
    "edge" => RoadMarkKind::Solid,
    "broken" => RoadMarkKind::Broken,
    "botts dots" => RoadMarkKind::Broken,
    "solid solid" => RoadMarkKind::SolidSolid,
    "solid broken" => RoadMarkKind::SolidBroken,
    "broken solid" => RoadMarkKind::BrokenSolid,
    "broken broken" => RoadMarkKind::BrokenBroken,
    "curb" => RoadMarkKind::Curb,
    "grass" => RoadMarkKind::Grass,
}

words! { MARK_COLOURS: MarkColour =
    "white" => MarkColour::White,
    "standard" => MarkColour::White,
    "yellow" => MarkColour::Yellow,
    "other" => MarkColour::Other,
    "black" => MarkColour::Other,
    "blue" => MarkColour::Other,
    "green" => MarkColour::Other,
    "orange" => MarkColour::Other,
    "red" => MarkColour::Other,
    "violet" => MarkColour::Other,
}

words! { LANE_CHANGES: LaneChange =
    "increase" => LaneChange::Increase,
    "decrease" => LaneChange::Decrease,
    "both" => LaneChange::Both,
    "none" => LaneChange::None,
}

words! { OBJECT_KINDS: ObjectKind =
    "crosswalk" => ObjectKind::Crosswalk,
    "parkingSpace" => ObjectKind::ParkingSpace,
    "building" => ObjectKind::Building,
    "pole" => ObjectKind::Pole,
    "tree" => ObjectKind::Pole,
    "vegetation" => ObjectKind::Pole,
    "streetLamp" => ObjectKind::Pole,
    "barrier" => ObjectKind::Barrier,
    "railing" => ObjectKind::Barrier,
    "soundBarrier" => ObjectKind::Barrier,
    "wall" => ObjectKind::Barrier,
    "busStop" => ObjectKind::BusStop,
    "busstop" => ObjectKind::BusStop,
    "bus_stop" => ObjectKind::BusStop,
}

words! { ORIENTATIONS: Orientation =
    "+" => Orientation::Forward,
    "-" => Orientation::Backward,
    "none" => Orientation::Both,
}

words! { SIDES: Side =
    "left" => Side::Left,
    "right" => Side::Right,
    "both" => Side::Both,
}

/// What a word stands for; case does not matter, since exporters differ in it.
pub(super) fn meaning<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    let word = word.trim();
    table
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(word))
        .map(|&(_, meaning)| meaning)
}

/// The word that is written for a meaning.
pub(super) fn word<T: Copy + PartialEq>(table: &[(&'static str, T)], meaning: T) -> &'static str {
    table
        .iter()
        .find(|&&(_, known)| known == meaning)
        .map_or("none", |&(word, _)| word)
}

/// Metres per second for one of a unit of speed (`e_unitSpeed`).
pub(super) fn mps_per(unit: &str) -> Option<f64> {
    match unit.trim() {
        "" | "m/s" | "mps" => Some(1.0),
        "km/h" | "kmh" | "kph" => Some(1.0 / 3.6),
        "mph" => Some(0.44704),
        _ => None,
    }
}
