//! What was seen of real or simulated traffic, as a scenario: a stretch of a recording played again, with one place free.
//!
//! In go [`Track`]s: who was where when. Out comes OpenSCENARIO XML 1.2 in which everybody follows its recorded
//! trajectory by its times, comes and goes as it did, and the ego begins where and as fast as it was and is then free for a
//! driver. It reads no recording and writes no file.

use crate::model::EntityKind;
use std::collections::BTreeMap;
use std::fmt::Write;

/// One state of somebody.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sighting {
    /// Since the stretch began.
    pub time_s: f64,
    /// Middle of its box.
    pub x_m: f64,
    /// Middle of its box.
    pub y_m: f64,
    /// Where it looks.
    pub heading_rad: f64,
    /// Along its heading.
    pub speed_mps: f64,
}

/// Somebody who was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// What it is.
    pub kind: EntityKind,
    /// The standard's category: `car`, `bicycle`, `pedestrian`.
    pub category: &'static str,
    /// Length, width, height.
    pub size_m: [f64; 3],
    /// In order of time.
    pub sightings: Vec<Sighting>,
}

/// A stretch of a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stretch {
    /// Everybody by number.
    pub tracks: BTreeMap<u64, Track>,
    /// How long it lasts.
    pub duration_s: f64,
}

/// Who is first seen within this time was there from the beginning.
const BEGINNING_S: f64 = 0.15;
/// A vertex between two others is left out if it lies so near to their line, and its time to theirs.
const SAME_M: f64 = 0.001;

impl Stretch {
    /// The scenario, with the ego's place free. `map` is the path of its OpenDRIVE file. `None` if the ego is not there at
    /// the beginning.
    pub fn scenario(&self, ego: u64, map: Option<&str>, description: &str) -> Option<String> {
        let begins_with = |track: &Track| {
            track
                .sightings
                .first()
                .filter(|first| first.time_s <= BEGINNING_S)
                .copied()
        };
        self.tracks.get(&ego).and_then(begins_with)?;
        let ego_end = self.tracks.get(&ego)?.sightings.last().copied()?;
        let name = |id: u64| match id == ego {
            true => "Ego".to_owned(),
            false => format!("Actor{id}"),
        };
        let network = map.map_or_else(String::new, |map| format!("<LogicFile filepath=\"{}\"/>", escaped(map)));
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<OpenSCENARIO>\n<FileHeader revMajor=\"1\" revMinor=\"2\" \
             date=\"1970-01-01T00:00:00\" author=\"Westline\" description=\"{}\"/>\n<CatalogLocations/>\n\
             <RoadNetwork>{network}</RoadNetwork>\n<Entities>\n",
            escaped(description)
        );
        // Writing to a string cannot fail, here and below.
        for (&id, track) in &self.tracks {
            let _ = writeln!(
                xml,
                "<ScenarioObject name=\"{}\">{}</ScenarioObject>",
                name(id),
                body(track)
            );
        }
        xml += "</Entities>\n<Storyboard>\n<Init><Actions>\n";
        for (&id, track) in &self.tracks {
            let Some(start) = begins_with(track) else { continue };
            let route = match id == ego && map.is_some() {
                true => format!(
                    "<PrivateAction><RoutingAction><AcquirePositionAction>{}</AcquirePositionAction></RoutingAction></PrivateAction>",
                    position(ego_end)
                ),
                false => String::new(),
            };
            let _ = writeln!(
                xml,
                "<Private entityRef=\"{}\"><PrivateAction><TeleportAction>{}</TeleportAction></PrivateAction>\
                 <PrivateAction><LongitudinalAction><SpeedAction><SpeedActionDynamics dynamicsShape=\"step\" \
                 dynamicsDimension=\"time\" value=\"0\"/><SpeedActionTarget><AbsoluteTargetSpeed value=\"{:.4}\"/>\
                 </SpeedActionTarget></SpeedAction></LongitudinalAction></PrivateAction>{route}</Private>",
                name(id),
                position(start),
                start.speed_mps
            );
        }
        xml += "</Actions></Init>\n<Story name=\"recorded\"><Act name=\"recorded\">\n";
        let mut groups = 0;
        for (&id, track) in self.tracks.iter().filter(|&(&id, _)| id != ego) {
            if track.sightings.is_empty() {
                continue;
            }
            groups += 1;
            self.follow(&mut xml, &name(id), track);
        }
        if groups == 0 {
            // An act needs a group: the road is empty.
            xml += "<ManeuverGroup name=\"nobody\" maximumExecutionCount=\"1\"><Actors selectTriggeringEntities=\"false\"/></ManeuverGroup>\n";
        }
        let _ = writeln!(xml, "{}</Act></Story>", when("StartTrigger", 0.0));
        let _ = writeln!(
            xml,
            "{}\n</Storyboard>\n</OpenSCENARIO>",
            when("StopTrigger", self.duration_s)
        );
        Some(xml)
    }

    /// Somebody's events: it comes, follows its trajectory, goes.
    fn follow(&self, xml: &mut String, name: &str, track: &Track) {
        let (first, last) = (track.sightings[0], track.sightings[track.sightings.len() - 1]);
        let _ = writeln!(
            xml,
            "<ManeuverGroup name=\"{name}\" maximumExecutionCount=\"1\"><Actors selectTriggeringEntities=\"false\">\
             <EntityRef entityRef=\"{name}\"/></Actors><Maneuver name=\"{name}\">"
        );
        let event = |xml: &mut String, what: &str, action: &str, at_s: f64| {
            let _ = writeln!(
                xml,
                "<Event name=\"{name} {what}\" priority=\"parallel\" maximumExecutionCount=\"1\"><Action name=\"{what}\">{action}\
                 </Action>{}</Event>",
                when("StartTrigger", at_s)
            );
        };
        let entity = |what: String| {
            format!("<GlobalAction><EntityAction entityRef=\"{name}\">{what}</EntityAction></GlobalAction>")
        };
        if first.time_s > BEGINNING_S {
            let add = entity(format!("<AddEntityAction>{}</AddEntityAction>", position(first)));
            event(xml, "comes", &add, first.time_s);
        }
        let vertices = vertices(&track.sightings);
        if vertices.len() > 1 {
            let mut line = format!("<Trajectory name=\"{name}\" closed=\"false\"><Shape><Polyline>");
            for vertex in vertices {
                let _ = write!(
                    line,
                    "\n<Vertex time=\"{:.3}\">{}</Vertex>",
                    vertex.time_s,
                    position(vertex)
                );
            }
            line += "</Polyline></Shape></Trajectory>";
            let follow = format!(
                "<PrivateAction><RoutingAction><FollowTrajectoryAction><TrajectoryRef>{line}</TrajectoryRef><TimeReference>\
                 <Timing domainAbsoluteRelative=\"absolute\" scale=\"1\" offset=\"0\"/></TimeReference>\
                 <TrajectoryFollowingMode followingMode=\"position\"/></FollowTrajectoryAction></RoutingAction></PrivateAction>"
            );
            event(xml, "moves", &follow, first.time_s.max(0.0));
        }
        if last.time_s < self.duration_s - BEGINNING_S {
            event(xml, "goes", &entity("<DeleteEntityAction/>".to_owned()), last.time_s);
        }
        *xml += "</Maneuver></ManeuverGroup>\n";
    }
}

/// The sightings that a line needs: those that lie evenly between their neighbours are left out.
fn vertices(sightings: &[Sighting]) -> Vec<Sighting> {
    let mut kept: Vec<Sighting> = Vec::new();
    for (index, &here) in sightings.iter().enumerate() {
        let between = kept.last().zip(sightings.get(index + 1)).is_some_and(|(from, to)| {
            let part = (here.time_s - from.time_s) / (to.time_s - from.time_s).max(1e-9);
            let off = |from: f64, here: f64, to: f64| (from + part * (to - from) - here).abs();
            off(from.x_m, here.x_m, to.x_m) < SAME_M
                && off(from.y_m, here.y_m, to.y_m) < SAME_M
                && (from.heading_rad - here.heading_rad).abs() < SAME_M
                && to.time_s - from.time_s < 1.0
        });
        if !between {
            kept.push(here);
        }
    }
    kept
}

fn body(track: &Track) -> String {
    let [length_m, width_m, height_m] = track.size_m;
    let boxed = format!(
        "<BoundingBox><Center x=\"0\" y=\"0\" z=\"{:.3}\"/><Dimensions length=\"{length_m:.3}\" width=\"{width_m:.3}\" \
         height=\"{height_m:.3}\"/></BoundingBox>",
        0.5 * height_m
    );
    let category = track.category;
    match track.kind {
        EntityKind::Pedestrian => format!(
            "<Pedestrian name=\"{category}\" mass=\"80\" pedestrianCategory=\"pedestrian\">{boxed}<Properties/></Pedestrian>"
        ),
        EntityKind::MiscObject => format!(
            "<MiscObject name=\"{category}\" mass=\"100\" miscObjectCategory=\"obstacle\">{boxed}<Properties/></MiscObject>"
        ),
        // Limits that no recorded vehicle reaches.
        EntityKind::Vehicle => {
            let axle = |name: &str, x_m: f64| {
                format!(
                    "<{name} maxSteering=\"0.5\" wheelDiameter=\"0.6\" trackWidth=\"{:.3}\" positionX=\"{x_m:.3}\" positionZ=\"0.3\"/>",
                    0.8 * width_m
                )
            };
            format!(
                "<Vehicle name=\"{category}\" vehicleCategory=\"{category}\">{boxed}<Performance maxSpeed=\"100\" \
                 maxAcceleration=\"20\" maxDeceleration=\"20\"/><Axles>{}{}</Axles><Properties/></Vehicle>",
                axle("FrontAxle", 0.3 * length_m),
                axle("RearAxle", -0.3 * length_m)
            )
        }
    }
}

fn position(sighting: Sighting) -> String {
    format!(
        "<Position><WorldPosition x=\"{:.4}\" y=\"{:.4}\" h=\"{:.5}\"/></Position>",
        sighting.x_m, sighting.y_m, sighting.heading_rad
    )
}

fn when(trigger: &str, time_s: f64) -> String {
    format!(
        "<{trigger}><ConditionGroup><Condition name=\"time\" delay=\"0\" conditionEdge=\"none\"><ByValueCondition>\
         <SimulationTimeCondition value=\"{time_s:.3}\" rule=\"greaterOrEqual\"/></ByValueCondition></Condition></ConditionGroup></{trigger}>"
    )
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;")
}
