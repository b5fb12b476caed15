//! Small scenarios of our own on a small road: what cases from the standard's text are played on.

use scenario::model::ElementKind;
use scenario::{Library, Player, ReadOptions, State, read};

/// A straight road of 1 km along +x with two lanes each way, 3.5 m wide, 20 m/s allowed; a light `1` at s = 300 for
/// traffic along +s, a stop sign at s = 500; and, 600 m on, a road `1` that crosses it square at y from -300 to 300.
const MAP: &str = r#"<OpenDRIVE><header revMajor="1" revMinor="6"><geoReference><![CDATA[+proj=tmerc +lat_0=29.3 +lon_0=105.9 +k=1 +x_0=0 +y_0=0 +ellps=WGS84]]></geoReference></header>
<road id="0" length="1000" junction="-1"><type s="0" type="town"><speed max="20" unit="m/s"/></type>
<planView><geometry s="0" x="0" y="0" hdg="0" length="1000"><line/></geometry></planView>
<lanes><laneSection s="0"><left>
<lane id="2" type="driving" level="false"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane>
<lane id="1" type="driving" level="false"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></left>
<center><lane id="0" type="none" level="false"/></center><right>
<lane id="-1" type="driving" level="false"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane>
<lane id="-2" type="driving" level="false"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></right></laneSection></lanes>
<signals><signal id="1" s="300" t="-8" dynamic="yes" orientation="+" type="1000001" subtype="-1" country="OpenDRIVE" zOffset="3" value="-1" name="light"/>
<signal id="2" s="500" t="-8" dynamic="no" orientation="+" type="206" subtype="-1" country="DE" zOffset="2" value="-1" name="stop"/></signals>
</road>
<road id="1" length="600" junction="-1"><planView><geometry s="0" x="600" y="-300" hdg="1.5707963267948966" length="600"><line/></geometry></planView>
<lanes><laneSection s="0"><center><lane id="0" type="none" level="false"/></center><right>
<lane id="-1" type="driving" level="false"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></right></laneSection></lanes></road>
</OpenDRIVE>"#;

/// A car, 4 m by 2 m, its reference point in its middle.
pub fn car(name: &str) -> String {
    format!(
        r#"<ScenarioObject name="{name}"><Vehicle name="car" vehicleCategory="car"><BoundingBox><Center x="0" y="0" z="0.7"/>
        <Dimensions width="2" length="4" height="1.4"/></BoundingBox><Performance maxSpeed="70" maxAcceleration="10" maxDeceleration="10"/>
        <Axles><FrontAxle maxSteering="0.5" wheelDiameter="0.6" trackWidth="1.6" positionX="2.7" positionZ="0.3"/>
        <RearAxle maxSteering="0" wheelDiameter="0.6" trackWidth="1.6" positionX="0" positionZ="0.3"/></Axles><Properties/></Vehicle></ScenarioObject>"#
    )
}

/// Puts a car on road 0.
pub fn put(name: &str, lane: i32, s_m: f64, speed_mps: f64) -> String {
    put_at(
        name,
        &format!(r#"<LanePosition roadId="0" laneId="{lane}" s="{s_m}" offset="0"/>"#),
        speed_mps,
    )
}

pub fn put_at(name: &str, position: &str, speed_mps: f64) -> String {
    format!(
        r#"<Private entityRef="{name}"><PrivateAction><TeleportAction><Position>{position}</Position></TeleportAction></PrivateAction>
        <PrivateAction><LongitudinalAction>{}</LongitudinalAction></PrivateAction></Private>"#,
        speed("step", 0.0, speed_mps)
    )
}

pub fn speed(shape: &str, time_s: f64, speed_mps: f64) -> String {
    format!(
        r#"<SpeedAction><SpeedActionDynamics dynamicsShape="{shape}" dynamicsDimension="time" value="{time_s}"/><SpeedActionTarget>
        <AbsoluteTargetSpeed value="{speed_mps}"/></SpeedActionTarget></SpeedAction>"#
    )
}

/// An event with one action that begins at a time.
pub fn event(at_s: f64, action: &str) -> String {
    format!(
        r#"<Event name="event{at_s}" priority="parallel"><Action name="action">{action}</Action><StartTrigger><ConditionGroup>
        <Condition name="c" delay="0" conditionEdge="none"><ByValueCondition><SimulationTimeCondition value="{at_s}" rule="greaterOrEqual"/>
        </ByValueCondition></Condition></ConditionGroup></StartTrigger></Event>"#
    )
}

/// A scenario in parts.
pub struct Case {
    pub network: String,
    pub entities: String,
    pub init: String,
    pub actor: &'static str,
    pub events: String,
    /// More stories than that of the events.
    pub stories: String,
    /// When its storyboard ends.
    pub ends_s: f64,
    /// Traffic on road 0 keeps left.
    pub keeps_left: bool,
}

impl Default for Case {
    fn default() -> Case {
        Case {
            network: String::new(),
            entities: String::new(),
            init: String::new(),
            actor: "",
            events: String::new(),
            stories: String::new(),
            ends_s: 60.0,
            keeps_left: false,
        }
    }
}

impl Case {
    fn text(&self) -> String {
        let actors = match self.actor {
            "" => String::new(),
            actor => format!(r#"<EntityRef entityRef="{actor}"/>"#),
        };
        let story = match self.events.as_str() {
            "" => String::new(),
            events => format!(
                r#"<Story name="story"><Act name="act"><ManeuverGroup name="group" maximumExecutionCount="1">
                <Actors selectTriggeringEntities="false">{actors}</Actors><Maneuver name="maneuver">{events}</Maneuver></ManeuverGroup></Act></Story>"#
            ),
        };
        format!(
            r#"<OpenSCENARIO><FileHeader revMajor="1" revMinor="3" date="2026-05-18T07:30:00" description="" author=""/><CatalogLocations/>
            <RoadNetwork><LogicFile filepath="map.xodr"/>{}</RoadNetwork><Entities>{}</Entities><Storyboard><Init><Actions>{}</Actions></Init>{story}{}
            <StopTrigger><ConditionGroup><Condition name="end" delay="0" conditionEdge="none"><ByValueCondition><SimulationTimeCondition value="{}"
            rule="greaterThan"/></ByValueCondition></Condition></ConditionGroup></StopTrigger></Storyboard></OpenSCENARIO>"#,
            self.network, self.entities, self.init, self.stories, self.ends_s
        )
    }

    /// Writes it and its map into a folder.
    pub fn write(&self, folder: &std::path::Path) -> std::path::PathBuf {
        let path = folder.join("case.xosc");
        let road = r#"<road id="0" "#;
        let map = match self.keeps_left {
            true => MAP.replace(road, &format!(r#"{road}rule="LHT" "#)),
            false => MAP.to_owned(),
        };
        std::fs::write(folder.join("map.xodr"), map).expect("written");
        std::fs::write(&path, self.text()).expect("written");
        path
    }

    /// Plays it and looks after each step until `look` says that it has seen enough.
    pub fn play<T>(
        &self,
        begin: impl FnOnce(&mut Player<'_>),
        mut look: impl FnMut(&Player<'_>) -> Option<T>,
    ) -> Option<T> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = self.write(folder.path());
        let reading =
            read(&Library::default(), &path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"));
        let mut player = Player::new(&reading.scenario);
        begin(&mut player);
        while player.step(0.01) {
            if let Some(found) = look(&player) {
                return Some(found);
            }
        }
        None
    }

    /// What is wrong with it.
    pub fn problems(&self) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = self.write(folder.path());
        match read(&Library::default(), &path, &ReadOptions::default()) {
            Ok(reading) => reading.warnings.iter().map(ToString::to_string).collect(),
            Err(error) => error.0.iter().map(ToString::to_string).collect(),
        }
    }

    /// Where an entity is at a time: x, y, heading, speed.
    pub fn at(&self, entity: usize, time_s: f64) -> [f64; 4] {
        let found = self.play(
            |_| {},
            |player| {
                let body = &player.bodies()[entity];
                (player.time_s() >= time_s - 1e-6).then_some([
                    body.pose.x_m,
                    body.pose.y_m,
                    body.pose.heading_rad,
                    body.speed_mps,
                ])
            },
        );
        found.expect("it goes on so long")
    }

    /// When the event that begins at that time is over.
    pub fn ends_at_s(&self) -> f64 {
        let found = self.play(
            |_| {},
            |player| {
                let ended = player.happenings().iter().find(|happening| {
                    happening.state == State::Complete
                        && player.scenario().elements[happening.element].kind == ElementKind::Event
                });
                ended.map(|happening| happening.time_s)
            },
        );
        found.expect("it ends")
    }
}

/// Whether two numbers are near.
pub fn near(found: f64, expected: f64, within: f64) {
    assert!((found - expected).abs() <= within, "found {found}, expected {expected}");
}

/// A command, which takes no time.
pub const NOTE: &str =
    r#"<UserDefinedAction><CustomCommandAction type="horn">twice</CustomCommandAction></UserDefinedAction>"#;

/// An event that gives a command once a condition holds.
pub fn when(condition: &str, edge: &str) -> String {
    format!(
        r#"<Event name="note" priority="parallel"><Action name="note">{NOTE}</Action><StartTrigger><ConditionGroup>
        <Condition name="c" delay="0" conditionEdge="{edge}">{condition}</Condition></ConditionGroup></StartTrigger></Event>"#
    )
}

/// A condition on entities.
pub fn by_entities(rule: &str, names: &[&str], condition: &str) -> String {
    let names: String = names
        .iter()
        .map(|name| format!(r#"<EntityRef entityRef="{name}"/>"#))
        .collect();
    format!(
        r#"<ByEntityCondition><TriggeringEntities triggeringEntitiesRule="{rule}">{names}</TriggeringEntities>
        <EntityCondition>{condition}</EntityCondition></ByEntityCondition>"#
    )
}

/// When the first command was given.
pub fn told_s(case: &Case, begin: impl FnOnce(&mut Player<'_>)) -> Option<f64> {
    case.play(begin, |player| player.commands().first().map(|command| command.time_s))
}
