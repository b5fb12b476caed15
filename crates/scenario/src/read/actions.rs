//! Actions from their elements.

use super::Reader;
use crate::document::Node;
use crate::model::{
    Action, Change, Constraints, Dimension, Displacement, Dynamics, EnvironmentChange, Input, Keeping, LateralTarget,
    Metric, Part, SpeedTarget, Steady, System, TransitionShape,
};

const SHAPES: [(&str, TransitionShape); 4] = [
    ("step", TransitionShape::Step),
    ("linear", TransitionShape::Linear),
    ("sinusoidal", TransitionShape::Sinusoidal),
    ("cubic", TransitionShape::Cubic),
];

impl Reader<'_> {
    /// The action within a `PrivateAction`, `GlobalAction` or `UserDefinedAction`.
    pub(super) fn action(&mut self, node: &Node) -> Option<Action> {
        let node = node.children.first()?;
        match node.name.as_str() {
            "LongitudinalAction"
            | "LateralAction"
            | "RoutingAction"
            | "ControllerAction"
            | "TrailerAction"
            | "AppearanceAction"
            | "InfrastructureAction"
            | "TrafficSignalAction" => {
                if node.name == "ControllerAction" {
                    return self.controller_action(node);
                }
                self.action(node)
            }
            "SpeedAction" => self.speed_action(node),
            "SpeedProfileAction" => {
                let entries = node.all("SpeedProfileEntry").map(|entry| {
                    let time_s = self.optional_finite(entry, "time");
                    (time_s, self.finite(entry, "speed"))
                });
                let entries = entries.collect();
                let other = node.attribute("entityRef").map(|_| self.one_entity(node, "entityRef"));
                let follows = self.word(node, "followingMode", &[("position", false), ("follow", true)]);
                Some(Action::SpeedProfile(entries, other, follows, self.constraints(node)))
            }
            "LongitudinalDistanceAction" => Some(Action::LongitudinalDistance(self.keeping(node))),
            "LateralDistanceAction" => Some(Action::LateralDistance(self.keeping(node))),
            "LaneChangeAction" => {
                let dynamics = self.dynamics(node.child("LaneChangeActionDynamics")?);
                let target = node.child("LaneChangeTarget")?.children.first()?;
                let target = match target.name.as_str() {
                    "AbsoluteTargetLane" => LateralTarget::Absolute(self.lane(target, "value")),
                    // RelativeTargetLane
                    _ => LateralTarget::Relative(self.one_entity(target, "entityRef"), self.lane(target, "value")),
                };
                let offset_m = self.optional_finite(node, "targetLaneOffset").unwrap_or(0.0);
                Some(Action::LaneChange(dynamics, target, offset_m))
            }
            "LaneOffsetAction" => {
                let dynamics = node.child("LaneOffsetActionDynamics")?;
                let shape = self.word(dynamics, "dynamicsShape", &SHAPES);
                let acceleration = self.optional_number(dynamics, "maxLateralAcc");
                let target = node.child("LaneOffsetTarget")?.children.first()?;
                let target = match target.name.as_str() {
                    "AbsoluteTargetLaneOffset" => LateralTarget::Absolute(self.finite(target, "value")),
                    // RelativeTargetLaneOffset
                    _ => LateralTarget::Relative(self.one_entity(target, "entityRef"), self.finite(target, "value")),
                };
                Some(Action::LaneOffset(
                    shape,
                    acceleration,
                    target,
                    self.flag(node, "continuous"),
                ))
            }
            "VisibilityAction" => Some(Action::Visibility(
                ["graphics", "sensors", "traffic"].map(|name| self.flag(node, name)),
            )),
            "SynchronizeAction" => self.synchronize(node),
            "TeleportAction" => Some(Action::Teleport(self.position_in(node, "Position"))),
            "AssignRouteAction" => Some(Action::AssignRoute(self.route_in(node)?)),
            "AcquirePositionAction" => Some(Action::AcquirePosition(self.position_in(node, "Position"))),
            "RandomRouteAction" => Some(Action::RandomRoute),
            "FollowTrajectoryAction" => {
                let trajectory = self.trajectory_in(node)?;
                let start_m = self.optional_finite(node, "initialDistanceOffset").unwrap_or(0.0);
                let timing = node.child("TimeReference").and_then(|node| node.child("Timing"));
                let timing = timing.map(|node| {
                    let words = [("relative", false), ("absolute", true)];
                    let is_absolute = self.word(node, "domainAbsoluteRelative", &words);
                    (is_absolute, self.finite(node, "scale"), self.finite(node, "offset"))
                });
                Some(Action::FollowTrajectory(trajectory, start_m, timing))
            }
            "ActivateControllerAction" => {
                let is_active = ["longitudinal", "lateral"].map(|name| self.optional_flag(node, name));
                let inputs = Vec::new();
                Some(Action::Controller { is_active, inputs })
            }
            "LightStateAction" => Some(self.light(node)),
            "AnimationAction" => Some(Action::Appearance(node.name.clone())),
            "ConnectTrailerAction" => Some(Action::ConnectTrailer(self.one_entity(node, "trailerRef"))),
            "DisconnectTrailerAction" => Some(Action::DisconnectTrailer),
            "EnvironmentAction" => {
                let mut action = None;
                for child in &node.children {
                    match child.name.as_str() {
                        "Environment" => action = Some(self.environment(child)),
                        "CatalogReference" => {
                            self.catalog_entry(child, |reader, entry| action = Some(reader.environment(entry)));
                        }
                        _ => {}
                    }
                }
                action
            }
            "EntityAction" => {
                let entity = self.one_entity(node, "entityRef");
                match node.child("AddEntityAction") {
                    Some(add) => Some(Action::AddEntity(entity, self.position_in(add, "Position"))),
                    // DeleteEntityAction
                    None => Some(Action::DeleteEntity(entity)),
                }
            }
            "ParameterAction" => {
                let index = self.named(node, "parameterRef", true)?;
                Some(Action::Parameter(index, self.change(node)?))
            }
            "VariableAction" => {
                let index = self.named(node, "variableRef", false)?;
                Some(Action::Variable(index, self.change(node)?))
            }
            "SetMonitorAction" => Some(Action::Monitor(self.text(node, "monitorRef"), self.text(node, "value"))),
            "TrafficSignalStateAction" => Some(Action::SignalState(self.text(node, "name"), self.text(node, "state"))),
            "TrafficSignalControllerAction" => {
                let controller = self.signal_controller(node)?;
                Some(Action::SignalController(controller, self.text(node, "phase")))
            }
            "TrafficAction" => self.traffic_action(node),
            "CustomCommandAction" => Some(Action::Custom(self.text(node, "type"), node.text.clone())),
            _ => None,
        }
    }

    fn controller_action(&mut self, node: &Node) -> Option<Action> {
        let (mut is_active, mut inputs) = ([None; 2], Vec::new());
        for child in &node.children {
            let words = match child.name.as_str() {
                "AssignControllerAction" => {
                    self.controller(child);
                    for inner in child.all("ObjectController") {
                        self.controller(inner);
                    }
                    ["activateLongitudinal", "activateLateral"]
                }
                "OverrideControllerValueAction" => {
                    inputs.extend(child.children.iter().filter_map(|input| self.input(input)));
                    continue;
                }
                // ActivateControllerAction
                _ => ["longitudinal", "lateral"],
            };
            // 1.0 and 1.1 ask for several parts; what the last one says counts.
            for (known, word) in is_active.iter_mut().zip(words) {
                *known = self.optional_flag(child, word).or(*known);
            }
        }
        Some(Action::Controller { is_active, inputs })
    }

    /// One of a driver's inputs, and whether it is out of the driver's hands.
    fn input(&mut self, node: &Node) -> Option<(Input, bool)> {
        let share = |reader: &mut Self, name: &str| reader.number(node, name).clamp(0.0, 1.0);
        let input = match node.name.as_str() {
            "Throttle" => Input::Throttle(share(self, "value")),
            "Clutch" => Input::Clutch(share(self, "value")),
            "SteeringWheel" => Input::SteeringWheel(self.finite(node, "value")),
            "Gear" => Input::Gear(match node.children.first() {
                Some(gear) if gear.name == "AutomaticGear" => {
                    self.word(gear, "gear", &[("d", 1.0), ("n", 0.0), ("r", -1.0), ("p", 0.0)])
                }
                // ManualGear; 1.0 and 1.1 write the number at once.
                Some(gear) => self.finite(gear, "number"),
                None => self.finite(node, "number"),
            }),
            "Brake" | "ParkingBrake" => {
                let is_parking = node.name == "ParkingBrake";
                let value = node.children.first();
                match (value.filter(|value| value.name == "BrakeForce"), is_parking) {
                    (Some(force), false) => Input::BrakeForce(self.finite(force, "value")),
                    (Some(force), true) => Input::ParkingBrakeForce(self.finite(force, "value")),
                    // BrakePercent; 1.0 and 1.1 write the share at once.
                    (None, false) => Input::Brake(self.finite(value.unwrap_or(node), "value").clamp(0.0, 1.0)),
                    (None, true) => Input::ParkingBrake(self.finite(value.unwrap_or(node), "value").clamp(0.0, 1.0)),
                }
            }
            _ => return None,
        };
        Some((input, self.flag(node, "active")))
    }

    fn dynamics(&mut self, node: &Node) -> Dynamics {
        let dimensions = [
            ("time", Dimension::Time),
            ("distance", Dimension::Distance),
            ("rate", Dimension::Rate),
        ];
        Dynamics {
            shape: self.word(node, "dynamicsShape", &SHAPES),
            dimension: self.word(node, "dynamicsDimension", &dimensions),
            value: self.finite(node, "value"),
        }
    }

    fn speed_action(&mut self, node: &Node) -> Option<Action> {
        let dynamics = self.dynamics(node.child("SpeedActionDynamics")?);
        let target = node.child("SpeedActionTarget")?.children.first()?;
        match target.name.as_str() {
            "AbsoluteTargetSpeed" => Some(Action::Speed(
                dynamics,
                SpeedTarget::Absolute(self.finite(target, "value")),
                false,
            )),
            // RelativeTargetSpeed
            _ => {
                let other = self.one_entity(target, "entityRef");
                let speed = self.relative_speed(target, other);
                Some(Action::Speed(dynamics, speed, self.flag(target, "continuous")))
            }
        }
    }

    fn relative_speed(&mut self, node: &Node, other: usize) -> SpeedTarget {
        let value = self.finite(node, "value");
        match self.word(node, "speedTargetValueType", &[("delta", false), ("factor", true)]) {
            true => SpeedTarget::Factor(other, value),
            false => SpeedTarget::Delta(other, value),
        }
    }

    fn constraints(&mut self, node: &Node) -> Constraints {
        let Some(node) = node.child("DynamicConstraints") else {
            return Constraints::default();
        };
        let mut limit = |name: &str| self.optional_number(node, name).map_or(f64::INFINITY, f64::abs);
        Constraints {
            acceleration_mps2_max: limit("maxAcceleration"),
            acceleration_rate_mps3_max: limit("maxAccelerationRate"),
            deceleration_mps2_max: limit("maxDeceleration"),
            deceleration_rate_mps3_max: limit("maxDecelerationRate"),
            speed_mps_max: limit("maxSpeed"),
        }
    }

    fn keeping(&mut self, node: &Node) -> Keeping {
        let is_lateral = node.name == "LateralDistanceAction";
        let time_gap = self.optional_finite(node, "timeGap");
        let distance = self.optional_finite(node, "distance");
        let displacement = self.word(
            node,
            "displacement",
            &[
                ("any", Displacement::Any),
                ("trailingReferencedEntity", Displacement::Trailing),
                ("leadingReferencedEntity", Displacement::Leading),
                ("rightToReferencedEntity", Displacement::Trailing),
                ("leftToReferencedEntity", Displacement::Leading),
            ],
        );
        let systems = [
            ("entity", System::Entity),
            ("lane", System::Lane),
            ("road", System::Road),
            ("trajectory", System::Trajectory),
        ];
        Keeping {
            other: self.one_entity(node, "entityRef"),
            value: time_gap.or(distance).unwrap_or(0.0),
            is_time_gap: time_gap.is_some(),
            // Version 1.0 knew no displacement: behind it was.
            displacement: match node.attribute("displacement") {
                None if !is_lateral => Displacement::Trailing,
                _ => displacement,
            },
            metric: Metric {
                system: self.word(node, "coordinateSystem", &systems),
                part: if is_lateral { Part::Lateral } else { Part::Longitudinal },
                freespace: self.flag(node, "freespace"),
            },
            continuous: self.flag(node, "continuous"),
            constraints: self.constraints(node),
        }
    }

    fn synchronize(&mut self, node: &Node) -> Option<Action> {
        let master = self.one_entity(node, "masterEntityRef");
        let final_speed = node.child("FinalSpeed").and_then(|node| node.children.first());
        let mut steady = Steady::None;
        let final_speed = final_speed.map(|node| {
            for child in &node.children {
                match child.name.as_str() {
                    "TargetDistanceSteadyState" => steady = Steady::Distance(self.finite(child, "distance")),
                    "TargetTimeSteadyState" => steady = Steady::Time(self.finite(child, "time")),
                    _ => {}
                }
            }
            match node.name.as_str() {
                "AbsoluteSpeed" => SpeedTarget::Absolute(self.finite(node, "value")),
                // RelativeSpeedToMaster
                _ => self.relative_speed(node, master),
            }
        });
        Some(Action::Synchronize {
            master,
            master_target: self.position_in(node, "TargetPositionMaster"),
            target: self.position_in(node, "TargetPosition"),
            final_speed,
            steady,
            tolerance_m: self.optional_finite(node, "targetTolerance").unwrap_or(0.0),
            master_tolerance_m: self.optional_finite(node, "targetToleranceMaster").unwrap_or(0.0),
        })
    }

    fn environment(&mut self, node: &Node) -> Action {
        let time = node.child("TimeOfDay");
        let road = node.child("RoadCondition");
        // Of the Weather, Fog is what drivers and sensors feel here.
        let fog = node.child("Weather").and_then(|node| node.child("Fog"));
        Action::Environment(EnvironmentChange {
            time: time.map(|node| (self.date_time(node), self.flag(node, "animation"))),
            friction_scale: road.map(|node| self.finite(node, "frictionScaleFactor")),
            sight_m: fog.map(|node| self.number(node, "visualRange").max(0.0)),
        })
    }

    fn light(&mut self, node: &Node) -> Action {
        let kind = node.child("LightType").and_then(|node| node.children.first());
        let is_on = node.child("LightState").is_some_and(|state| {
            let words = [("off", false), ("on", true), ("flashing", true)];
            self.word(state, "mode", &words)
        });
        match kind.filter(|kind| kind.name == "VehicleLight") {
            Some(kind) => Action::Light(self.text(kind, "vehicleLightType"), is_on),
            // UserDefinedLight
            None => Action::Appearance(node.name.clone()),
        }
    }

    fn change(&mut self, node: &Node) -> Option<Change> {
        if let Some(set) = node.child("SetAction") {
            return Some(Change::Set(self.text(set, "value")));
        }
        let rule = node.child("ModifyAction")?.child("Rule")?.children.first()?;
        match rule.name.as_str() {
            "AddValue" => Some(Change::Add(self.number(rule, "value"))),
            // MultiplyByValue
            _ => Some(Change::Multiply(self.number(rule, "value"))),
        }
    }
}
