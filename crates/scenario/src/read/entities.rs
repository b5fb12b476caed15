//! Entities, their bodies and controllers, and selections of them.

use super::Reader;
use crate::document::Node;
use crate::model::{Entity, EntityKind};

impl Reader<'_> {
    pub(super) fn read_entities(&mut self, entities: &Node) {
        let mut trailers = Vec::new();
        for node in entities.all("ScenarioObject") {
            let name = self.text(node, "name");
            let own = self.entity(node, name);
            let in_place = std::mem::take(&mut self.trailers_in_place);
            for (entity, trailer) in std::iter::once(own).chain(in_place) {
                let (index, name) = (self.entities.len(), entity.name.clone());
                if self.entity_ids.insert(name.clone(), index).is_some() {
                    let message = format!("two entities are called `{name}`");
                    self.wrong(node.place, &node.name, message, "rename one");
                }
                self.entities.push(entity);
                self.entity_places.push(node.place);
                trailers.extend(trailer.map(|name| (node, index, name)));
            }
        }
        for (node, index, name) in trailers {
            match self.entity_ids.get(&name) {
                Some(&trailer) => self.entities[index].trailer = Some(trailer),
                None => self.wrong(
                    node.place,
                    &node.name,
                    format!("no trailer `{name}`"),
                    "declare it as a <ScenarioObject>",
                ),
            }
        }
        for node in entities.all("EntitySelection") {
            let name = self.text(node, "name");
            let mut members = Vec::new();
            if let Some(list) = node.child("Members") {
                for reference in list.all("EntityRef") {
                    members.extend(self.entity_ref(reference, "entityRef"));
                }
                for kind in list.all("ByType") {
                    let kind = self.text(kind, "objectType");
                    let fits = |entity: &Entity| entity_kind(&kind).is_some_and(|kind| kind == entity.kind);
                    members.extend((0..self.entities.len()).filter(|&index| fits(&self.entities[index])));
                }
            }
            self.selections.insert(name, members);
        }
    }

    /// An entity and the name of the trailer it pulls; one that is described in place is kept apart.
    pub(super) fn entity(&mut self, node: &Node, name: String) -> (Entity, Option<String>) {
        let mut entity = Entity {
            name,
            size_m: [4.5, 1.8, 1.5],
            centre_m: [1.4, 0.0, 0.75],
            speed_mps_max: f64::INFINITY,
            acceleration_mps2_max: f64::INFINITY,
            deceleration_mps2_max: f64::INFINITY,
            ..Entity::default()
        };
        let mut trailer = None;
        for child in &node.children {
            match child.name.as_str() {
                "CatalogReference" => {
                    self.catalog_entry(child, |reader, entry| trailer = reader.body(entry, &mut entity));
                }
                "Vehicle" | "Pedestrian" | "MiscObject" => trailer = self.body(child, &mut entity),
                "ObjectController" => {
                    let controller = self.controller(child);
                    entity.controllers.extend(controller);
                }
                // ExternalObjectReference: a body that somebody else describes keeps the default box.
                _ => {}
            }
        }
        (entity, trailer)
    }

    pub(super) fn body(&mut self, node: &Node, entity: &mut Entity) -> Option<String> {
        let (kind, category) = match node.name.as_str() {
            "Vehicle" => (EntityKind::Vehicle, "vehicleCategory"),
            "Pedestrian" => (EntityKind::Pedestrian, "pedestrianCategory"),
            _ => (EntityKind::MiscObject, "miscObjectCategory"),
        };
        entity.kind = kind;
        entity.category = self.text(node, category);
        entity.mass_kg = self.optional_finite(node, "mass").filter(|&mass_kg| mass_kg > 0.0);
        if let Some(node) = node.child("BoundingBox") {
            if let Some(centre) = node.child("Center") {
                entity.centre_m = ["x", "y", "z"].map(|name| self.finite(centre, name));
            }
            if let Some(size) = node.child("Dimensions") {
                entity.size_m = ["length", "width", "height"].map(|name| self.finite(size, name));
            }
        }
        if let Some(node) = node.child("Performance") {
            entity.speed_mps_max = self.number(node, "maxSpeed").abs();
            entity.acceleration_mps2_max = self.number(node, "maxAcceleration").abs();
            entity.deceleration_mps2_max = self.number(node, "maxDeceleration").abs();
        }
        entity.hitch_m = node.child("TrailerHitch").map_or(0.0, |node| self.finite(node, "dx"));
        entity.coupler_m = node.child("TrailerCoupler").map_or(0.0, |node| self.finite(node, "dx"));
        let trailer = node.child("Trailer")?;
        if let Some(in_place) = trailer.child("Trailer") {
            let name = self.text(in_place, "name");
            let trailer = self.entity(in_place, name.clone());
            self.trailers_in_place.push(trailer);
            return Some(name);
        }
        // Catalogs leave the name empty for those who pull nothing.
        trailer
            .child("TrailerRef")
            .map(|node| self.text(node, "entityRef"))
            .filter(|name| !name.is_empty())
    }

    /// The name of a controller given in place or by a catalog.
    pub(super) fn controller(&mut self, node: &Node) -> Option<String> {
        let mut name = None;
        for child in &node.children {
            match child.name.as_str() {
                "Controller" => name = Some(self.text(child, "name")),
                "CatalogReference" => {
                    self.catalog_entry(child, |reader, entry| name = Some(reader.text(entry, "name")));
                }
                _ => {}
            }
        }
        name
    }
}

pub(super) fn entity_kind(word: &str) -> Option<EntityKind> {
    match word {
        "vehicle" => Some(EntityKind::Vehicle),
        "pedestrian" => Some(EntityKind::Pedestrian),
        "miscellaneous" => Some(EntityKind::MiscObject),
        _ => None,
    }
}
