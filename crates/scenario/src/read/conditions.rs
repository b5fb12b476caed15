//! Triggers and conditions from their elements.

use super::Reader;
use super::entities::entity_kind;
use crate::document::Node;
use crate::model::{
    Condition, Direction, Edge, ElementKind, EntityTest, Metric, Part, Share, StateWanted, System, Test, Trigger,
};

impl Reader<'_> {
    pub(super) fn trigger(&mut self, node: &Node) -> Trigger {
        let groups = node.all("ConditionGroup").map(|group| {
            let conditions = group.all("Condition").filter_map(|node| self.condition(node));
            conditions.collect()
        });
        let trigger = Trigger {
            groups: groups.collect(),
        };
        self.keep_trigger(node.place, &trigger);
        trigger
    }

    fn condition(&mut self, node: &Node) -> Option<Condition> {
        let edge = self.word(
            node,
            "conditionEdge",
            &[
                ("none", Edge::None),
                ("rising", Edge::Rising),
                ("falling", Edge::Falling),
                ("risingOrFalling", Edge::RisingOrFalling),
            ],
        );
        let body = node.children.first()?;
        let test = match body.name.as_str() {
            "ByEntityCondition" => self.entity_condition(body)?,
            // ByValueCondition
            _ => self.value_condition(body.children.first()?)?,
        };
        Some(Condition {
            name: self.text(node, "name"),
            edge,
            delay_s: self.optional_number(node, "delay").unwrap_or(0.0).max(0.0),
            test,
        })
    }

    fn value_condition(&mut self, node: &Node) -> Option<Test> {
        let test = match node.name.as_str() {
            "SimulationTimeCondition" => Test::SimulationTime(self.rule(node), self.number(node, "value")),
            "ParameterCondition" => {
                let index = self.named(node, "parameterRef", true)?;
                Test::Parameter(index, self.rule(node), self.text(node, "value"))
            }
            "VariableCondition" => {
                let index = self.named(node, "variableRef", false)?;
                Test::Variable(index, self.rule(node), self.text(node, "value"))
            }
            "TimeOfDayCondition" => Test::TimeOfDay(self.rule(node), self.date_time(node)),
            "StoryboardElementStateCondition" => {
                let kind = self.text(node, "storyboardElementType");
                let kind = match kind.as_str() {
                    "story" => ElementKind::Story,
                    "act" => ElementKind::Act,
                    "maneuverGroup" => ElementKind::ManeuverGroup,
                    "maneuver" => ElementKind::Maneuver,
                    "event" => ElementKind::Event,
                    "action" => ElementKind::Action,
                    other => {
                        let message = format!("`storyboardElementType` is `{other}`, which is unknown");
                        let hint = "it may be story, act, maneuverGroup, maneuver, event, action";
                        self.wrong(node.place, &node.name, message, hint);
                        return None;
                    }
                };
                let state = self.word(
                    node,
                    "state",
                    &[
                        ("completeState", StateWanted::Complete),
                        ("standbyState", StateWanted::Standby),
                        ("runningState", StateWanted::Running),
                        ("startTransition", StateWanted::StartTransition),
                        ("endTransition", StateWanted::EndTransition),
                        ("stopTransition", StateWanted::StopTransition),
                        ("skipTransition", StateWanted::SkipTransition),
                    ],
                );
                let name = self.text(node, "storyboardElementRef");
                self.state_references.push((kind, name));
                Test::State(vec![self.state_references.len() - 1], state)
            }
            "TrafficSignalCondition" => Test::Signal(self.text(node, "name"), self.text(node, "state")),
            "TrafficSignalControllerCondition" => {
                let controller = self.signal_controller(node)?;
                Test::SignalController(controller, self.text(node, "phase"))
            }
            "UserDefinedValueCondition" => {
                Test::UserValue(self.text(node, "name"), self.rule(node), self.text(node, "value"))
            }
            _ => return None,
        };
        Some(test)
    }

    /// Index of a parameter or variable.
    pub(super) fn named(&mut self, node: &Node, name: &str, is_parameter: bool) -> Option<usize> {
        let text = self.text(node, name);
        let wanted = text.trim_start_matches('$');
        let list = if is_parameter {
            &self.parameters
        } else {
            &self.variables
        };
        let found = list.iter().position(|known| known.name == wanted);
        if found.is_none() {
            let known: Vec<String> = list.iter().map(|known| known.name.clone()).collect();
            self.wrong(
                node.place,
                &node.name,
                format!("no `{wanted}`"),
                &format!("there are: {}", known.join(", ")),
            );
        }
        found
    }

    pub(super) fn signal_controller(&mut self, node: &Node) -> Option<usize> {
        let name = self.text(node, "trafficSignalControllerRef");
        let found = self.signal_controllers.iter().position(|known| known.name == name);
        if found.is_none() {
            self.wrong(
                node.place,
                &node.name,
                format!("no controller `{name}`"),
                "name one of <TrafficSignals>",
            );
        }
        found
    }

    /// `2020-10-01T18:30:30` with or without a zone, as seconds since 1970.
    pub(super) fn date_time(&mut self, node: &Node) -> f64 {
        let text = self.text(node, "dateTime");
        match seconds_of(&text) {
            Some(seconds) => seconds,
            None => {
                let message = format!("`dateTime` is `{text}`, expected a date and time");
                self.wrong(node.place, &node.name, message, "write it as 2026-05-18T07:30:00");
                0.0
            }
        }
    }

    fn metric(&mut self, node: &Node) -> Metric {
        let is_along = self.optional_flag(node, "alongRoute").unwrap_or(false);
        let system = match node.attribute("coordinateSystem") {
            None if is_along => System::Road,
            _ => self.word(
                node,
                "coordinateSystem",
                &[
                    ("entity", System::Entity),
                    ("lane", System::Lane),
                    ("road", System::Road),
                    ("trajectory", System::Trajectory),
                    ("world", System::World),
                ],
            ),
        };
        let part = match node.attribute("relativeDistanceType") {
            None if is_along => Part::Longitudinal,
            None if matches!(node.name.as_str(), "TimeHeadwayCondition") => Part::Longitudinal,
            _ => self.word(
                node,
                "relativeDistanceType",
                &[
                    ("euclidianDistance", Part::Euclidean),
                    ("cartesianDistance", Part::Euclidean),
                    ("longitudinal", Part::Longitudinal),
                    ("lateral", Part::Lateral),
                ],
            ),
        };
        Metric {
            system,
            part,
            freespace: self.flag(node, "freespace"),
        }
    }

    fn direction(&mut self, node: &Node) -> Direction {
        let words = [
            ("total", Direction::Total),
            ("longitudinal", Direction::Longitudinal),
            ("lateral", Direction::Lateral),
            ("vertical", Direction::Vertical),
        ];
        self.word(node, "direction", &words)
    }

    fn entity_condition(&mut self, node: &Node) -> Option<Test> {
        let triggering = node.child("TriggeringEntities")?;
        let mut entities = Vec::new();
        for reference in triggering.all("EntityRef") {
            entities.extend(self.entity_ref(reference, "entityRef"));
        }
        let share = self.word(
            triggering,
            "triggeringEntitiesRule",
            &[("any", Share::Any), ("all", Share::All), ("none", Share::None)],
        );
        let node = node.child("EntityCondition")?.children.first()?;
        let test = match node.name.as_str() {
            "EndOfRoadCondition" => EntityTest::EndOfRoad(self.number(node, "duration")),
            "OffroadCondition" => EntityTest::Offroad(self.number(node, "duration")),
            "StandStillCondition" => EntityTest::StandStill(self.number(node, "duration")),
            "CollisionCondition" => match node.child("EntityRef") {
                Some(reference) => EntityTest::Collision(self.one_entity(reference, "entityRef")),
                None => {
                    let kind = node
                        .child("ByType")
                        .map(|node| self.text(node, "type"))
                        .unwrap_or_default();
                    EntityTest::CollisionWithKind(entity_kind(&kind)?)
                }
            },
            "TimeHeadwayCondition" => EntityTest::TimeHeadway(
                self.one_entity(node, "entityRef"),
                self.metric(node),
                self.rule(node),
                self.number(node, "value"),
            ),
            "TimeToCollisionCondition" => {
                let target = node.child("TimeToCollisionConditionTarget")?;
                let target = match target.child("EntityRef") {
                    Some(reference) => Ok(self.one_entity(reference, "entityRef")),
                    None => Err(self.position_in(target, "Position")),
                };
                EntityTest::TimeToCollision(target, self.metric(node), self.rule(node), self.number(node, "value"))
            }
            "AccelerationCondition" => {
                EntityTest::Acceleration(self.direction(node), self.rule(node), self.number(node, "value"))
            }
            "SpeedCondition" => EntityTest::Speed(self.direction(node), self.rule(node), self.number(node, "value")),
            "RelativeSpeedCondition" => EntityTest::RelativeSpeed(
                self.one_entity(node, "entityRef"),
                self.direction(node),
                self.rule(node),
                self.number(node, "value"),
            ),
            "TraveledDistanceCondition" => EntityTest::TraveledDistance(self.number(node, "value")),
            "ReachPositionCondition" => EntityTest::ReachPosition(
                self.position_in(node, "Position"),
                self.number(node, "tolerance"),
                self.optional_number(node, "angularTolerance"),
            ),
            "DistanceCondition" => EntityTest::Distance(
                self.position_in(node, "Position"),
                self.metric(node),
                self.rule(node),
                self.number(node, "value"),
            ),
            "RelativeDistanceCondition" => EntityTest::RelativeDistance(
                self.one_entity(node, "entityRef"),
                self.metric(node),
                self.rule(node),
                self.number(node, "value"),
            ),
            "RelativeClearanceCondition" => self.clearance(node),
            "AngleCondition" | "RelativeAngleCondition" => {
                let axis = self.word(node, "angleType", &[("heading", 0), ("pitch", 1), ("roll", 2)]);
                let system = self.optional_text(node, "coordinateSystem").unwrap_or_default();
                EntityTest::Angle {
                    axis,
                    angle_rad: self.number(node, "angle"),
                    tolerance_rad: self.number(node, "angleTolerance"),
                    other: (node.name == "RelativeAngleCondition").then(|| self.one_entity(node, "entityRef")),
                    to_road: matches!(system.as_str(), "road" | "lane"),
                }
            }
            _ => return None,
        };
        Some(Test::Entity { entities, share, test })
    }

    fn clearance(&mut self, node: &Node) -> EntityTest {
        let lanes = node.all("RelativeLaneRange").map(|range| {
            let bound = |reader: &mut Self, name: &str, open: i32| match range.attribute(name) {
                Some(_) => reader.lane(range, name),
                None => open,
            };
            (bound(self, "from", -1000), bound(self, "to", 1000))
        });
        let mut lanes: Vec<(i32, i32)> = lanes.collect();
        if lanes.is_empty() {
            lanes.push((0, 0));
        }
        let mut others = Vec::new();
        for reference in node.all("EntityRef") {
            others.extend(self.entity_ref(reference, "entityRef"));
        }
        EntityTest::RelativeClearance {
            backward_m: self.optional_number(node, "distanceBackward").unwrap_or(0.0),
            forward_m: self.optional_number(node, "distanceForward").unwrap_or(0.0),
            freespace: self.flag(node, "freeSpace"),
            opposite: self.flag(node, "oppositeLanes"),
            lanes,
            others,
        }
    }
}

/// Days from the civil calendar (proleptic Gregorian), then hours, minutes, seconds.
fn seconds_of(text: &str) -> Option<f64> {
    let (date, time) = text.split_once('T')?;
    let mut date = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(0..=9999).contains(&year) {
        return None;
    }
    let (time, zone_s) = match time.find(['+', '-', 'Z']) {
        Some(at) => (&time[..at], zone_s(&time[at..])?),
        None => (time, 0.0),
    };
    let mut time = time.split(':').map(|part| part.parse::<f64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next().flatten().unwrap_or(0.0));
    // March is the first month of a year whose leap day comes last.
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days =
        365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day - 1 - 719_468;
    Some(days as f64 * 86_400.0 + hour * 3600.0 + minute * 60.0 + second - zone_s)
}

/// How far a zone is ahead of UTC: `Z`, `+08:00`, `-0530`.
fn zone_s(text: &str) -> Option<f64> {
    let sign = match text.chars().next()? {
        'Z' => return (text == "Z").then_some(0.0),
        '-' => -1.0,
        _ => 1.0,
    };
    let digits: String = text[1..].chars().filter(|&c| c != ':').collect();
    let is_sound = (digits.len() == 2 || digits.len() == 4) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = |from: usize| {
        digits
            .get(from..from + 2)
            .map_or(Some(0.0), |two| two.parse::<f64>().ok())
    };
    is_sound.then_some(())?;
    Some(sign * (number(0)? * 3600.0 + number(2)? * 60.0))
}

#[cfg(test)]
mod tests {
    use super::seconds_of;

    #[test]
    fn dates_count_from_1970() {
        assert_eq!(seconds_of("1970-01-01T00:00:00"), Some(0.0));
        assert_eq!(seconds_of("2000-03-01T12:00:00Z"), Some(951_912_000.0));
        assert_eq!(seconds_of("2026-05-18T07:30:00.5+08:00"), Some(1_779_060_600.5));
        assert_eq!(seconds_of("2026-05-17T18:00:00.5-05:30"), Some(1_779_060_600.5));
        assert_eq!(seconds_of("2026-05-18T07:30:00+8"), None);
        assert_eq!(seconds_of("noon"), None);
    }
}
