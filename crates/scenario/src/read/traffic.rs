//! Traffic actions from their elements.

use super::Reader;
use crate::document::Node;
use crate::model::{Action, Area, Entity, EntityKind, Fleet, Traffic, of_category};

/// No swarm or area has more.
const COUNT_MAX: f64 = 1000.0;

impl Reader<'_> {
    pub(super) fn traffic_action(&mut self, node: &Node) -> Option<Action> {
        let name = self.optional_text(node, "trafficName").unwrap_or_default();
        let node = node.children.first()?;
        let speed_mps = self
            .optional_number(node, "speed")
            .or_else(|| self.optional_number(node, "velocity"));
        let traffic = match node.name.as_str() {
            "TrafficSourceAction" => Traffic::Source {
                place: self.position_in(node, "Position"),
                radius_m: self.number(node, "radius"),
                rate_per_s: self.number(node, "rate"),
                speed_mps,
                fleet: self.fleet(node),
            },
            "TrafficSinkAction" => Traffic::Sink {
                place: self.position_in(node, "Position"),
                radius_m: self.number(node, "radius"),
                rate_per_s: self.optional_number(node, "rate"),
            },
            "TrafficSwarmAction" => {
                let centre = node
                    .child("CentralObject")
                    .or_else(|| node.child("CentralSwarmObject"))?;
                let range = node.child("InitialSpeedRange");
                let range = range.map(|range| ["lowerLimit", "upperLimit"].map(|name| self.number(range, name)));
                let shares = node.child("DirectionOfTravelDistribution");
                let shares = shares.map(|node| ["opposite", "same"].map(|name| self.number(node, name).max(0.0)));
                Traffic::Swarm {
                    centre: self.one_entity(centre, "entityRef"),
                    axes_m: ["semiMajorAxis", "semiMinorAxis"].map(|name| self.number(node, name)),
                    inner_m: self.number(node, "innerRadius"),
                    ahead_m: self.number(node, "offset"),
                    count: self.number(node, "numberOfVehicles").clamp(0.0, COUNT_MAX) as usize,
                    speeds_mps: range.or(speed_mps.map(|speed_mps| [speed_mps; 2])),
                    opposite_share: shares
                        .filter(|[opposite, same]| opposite + same > 0.0)
                        .map(|[opposite, same]| opposite / (opposite + same)),
                    fleet: self.fleet(node),
                }
            }
            "TrafficAreaAction" => Traffic::Area {
                area: self.area(node.child("TrafficArea")?),
                count: self.number(node, "numberOfEntities").clamp(0.0, COUNT_MAX) as usize,
                continuous: self.flag(node, "continuous"),
                fleet: self.fleet(node),
            },
            // TrafficStopAction
            _ => Traffic::Stop,
        };
        Some(Action::Traffic(name, traffic))
    }

    /// A `TrafficDefinition` (by categories) or a `TrafficDistribution` (by templates of entities).
    fn fleet(&mut self, node: &Node) -> Fleet {
        let mut fleet = Fleet::default();
        if let Some(definition) = node.child("TrafficDefinition") {
            // VehicleRoleDistribution and ControllerDistribution change nothing that moves: all are driven alike.
            let categories = definition.child("VehicleCategoryDistribution");
            let entries = categories
                .into_iter()
                .flat_map(|node| node.all("VehicleCategoryDistributionEntry"));
            for entry in entries {
                let weight = self.number(entry, "weight").max(0.0);
                let category = self.text(entry, "category");
                fleet.0.push((weight, of_category(&category)));
            }
        }
        let distribution = node.child("TrafficDistribution");
        for entry in distribution
            .into_iter()
            .flat_map(|node| node.all("TrafficDistributionEntry"))
        {
            let weight = self.number(entry, "weight").max(0.0);
            let kinds = entry.child("EntityDistribution");
            let kinds: Vec<&Node> = kinds
                .into_iter()
                .flat_map(|node| node.all("EntityDistributionEntry"))
                .collect();
            let total: f64 = kinds.iter().map(|node| self.number(node, "weight").max(0.0)).sum();
            for kind in kinds {
                let share = self.number(kind, "weight").max(0.0) / total.max(1e-12);
                if let Some(template) = kind.child("ScenarioObjectTemplate") {
                    let (form, _) = self.entity(template, String::new());
                    fleet.0.push((weight * share, form));
                }
            }
        }
        fleet
            .0
            .retain(|(weight, form): &(f64, Entity)| *weight > 0.0 && form.kind == EntityKind::Vehicle);
        fleet
    }

    /// A `Polygon`, or a `RoadRange` along its `RoadCursor`s.
    fn area(&mut self, node: &Node) -> Area {
        if let Some(polygon) = node.child("Polygon") {
            let corners = polygon.all("Position").map(|corner| self.position(corner));
            return Area::Polygon(corners.collect());
        }
        let mut stretches = Vec::new();
        for range in node.all("RoadRange") {
            let length_m = self.optional_number(range, "length");
            let mut cursors = Vec::new();
            for cursor in range.all("RoadCursor") {
                let road = self.road(cursor);
                cursors.push((road, self.optional_number(cursor, "s")));
            }
            let end_m = |road: usize| self.roads.as_ref().map_or(0.0, |roads| roads.length_m(road));
            for (index, &(road, s_m)) in cursors.iter().enumerate() {
                let from_m = s_m.unwrap_or(0.0);
                let to_m = match cursors.get(index + 1) {
                    Some(&(next, Some(to_m))) if next == road => to_m,
                    _ => length_m.map_or(end_m(road), |length_m| from_m + length_m),
                };
                stretches.push((road, from_m.min(to_m).max(0.0), from_m.max(to_m).min(end_m(road))));
            }
        }
        Area::Stretches(stretches)
    }
}
