//! The storyboard as a flat list of elements: parents before children, one action element for each actor.

use super::Reader;
use crate::document::Node;
use crate::model::{Action, Element, ElementId, ElementKind, Priority, Test};
use std::ops::Range;

/// Who does what a maneuver group says.
#[derive(Default)]
struct Actors {
    named: Vec<usize>,
    /// Those who join if they trigger the act.
    triggering: Vec<usize>,
}

impl Reader<'_> {
    pub(super) fn storyboard(&mut self, node: &Node) -> (Vec<Element>, Vec<ElementId>) {
        let mut elements = vec![element(ElementKind::Storyboard, String::new(), None)];
        let mut init = Vec::new();
        if let Some(actions) = node.child("Init").and_then(|node| node.child("Actions")) {
            for child in &actions.children {
                match child.name.as_str() {
                    "Private" => {
                        let actors = self.entity_ref(child, "entityRef");
                        for action in child.all("PrivateAction") {
                            init.extend(self.push_action(action, "init", None, &actors, &mut elements));
                        }
                    }
                    // GlobalAction, UserDefinedAction
                    _ => init.extend(self.push_action(child, "init", None, &[], &mut elements)),
                }
            }
        }
        for story in node.all("Story") {
            self.story(story, &mut elements);
        }
        elements[0].stop = node.child("StopTrigger").map(|node| self.trigger(node));
        self.resolve_states(node, &mut elements);
        (elements, init)
    }

    fn story(&mut self, node: &Node, elements: &mut Vec<Element>) {
        let outer = (self.scope.clone(), self.parameters.len());
        self.declare(node, &[]);
        let story = self.push(ElementKind::Story, node, 0, elements);
        for act in node.all("Act") {
            let id = self.push(ElementKind::Act, act, story, elements);
            elements[id].start = act.child("StartTrigger").map(|node| self.trigger(node));
            elements[id].stop = act.child("StopTrigger").map(|node| self.trigger(node));
            for group in act.all("ManeuverGroup") {
                self.maneuver_group(group, id, elements);
            }
        }
        self.scope = outer.0;
    }

    fn maneuver_group(&mut self, node: &Node, act: ElementId, elements: &mut Vec<Element>) {
        let group = self.push(ElementKind::ManeuverGroup, node, act, elements);
        elements[group].executions_max = self.executions(node);
        let mut actors = Actors::default();
        if let Some(list) = node.child("Actors") {
            for reference in list.all("EntityRef") {
                actors.named.extend(self.entity_ref(reference, "entityRef"));
            }
            actors.named = each_once(actors.named);
            if self.flag(list, "selectTriggeringEntities") {
                let groups = elements[act].start.iter().flat_map(|trigger| &trigger.groups);
                let asked = groups.flatten().filter_map(|condition| match &condition.test {
                    Test::Entity { entities, .. } => Some(entities),
                    _ => None,
                });
                let asked = asked.flatten().copied();
                actors.triggering = each_once(asked.filter(|entity| !actors.named.contains(entity)).collect());
            }
        }
        for child in &node.children {
            match child.name.as_str() {
                "Maneuver" => {
                    let outer = self.scope.clone();
                    self.declare(child, &[]);
                    self.maneuver(child, group, &actors, elements);
                    self.scope = outer;
                }
                "CatalogReference" => {
                    self.catalog_entry(child, |reader, entry| reader.maneuver(entry, group, &actors, elements));
                }
                _ => {}
            }
        }
    }

    fn maneuver(&mut self, node: &Node, group: ElementId, actors: &Actors, elements: &mut Vec<Element>) {
        let maneuver = self.push(ElementKind::Maneuver, node, group, elements);
        for event in node.all("Event") {
            let id = self.push(ElementKind::Event, event, maneuver, elements);
            elements[id].executions_max = self.executions(event);
            elements[id].priority = self.word(
                event,
                "priority",
                &[
                    ("override", Priority::Override),
                    ("overwrite", Priority::Override),
                    ("parallel", Priority::Parallel),
                    ("skip", Priority::Skip),
                ],
            );
            elements[id].start = event.child("StartTrigger").map(|node| self.trigger(node));
            for action in event.all("Action") {
                let name = self.text(action, "name");
                for child in &action.children {
                    let children = match child.name.as_str() {
                        "PrivateAction" => {
                            let all = [&actors.named[..], &actors.triggering].concat();
                            if all.is_empty() {
                                let hint = "add <EntityRef> to <Actors>";
                                self.wrong(child.place, &child.name, "nobody to do it".to_owned(), hint);
                            }
                            let children = self.push_action(child, &name, Some(id), &all, elements);
                            for child in children.clone().skip(actors.named.len()) {
                                elements[child].joins_by_triggering = true;
                            }
                            children
                        }
                        // GlobalAction, UserDefinedAction
                        _ => self.push_action(child, &name, Some(id), &[], elements),
                    };
                    elements[id].children.extend(children);
                }
            }
        }
    }

    /// One element for each actor; one without an actor if there is none.
    fn push_action(
        &mut self,
        node: &Node,
        name: &str,
        parent: Option<ElementId>,
        actors: &[usize],
        elements: &mut Vec<Element>,
    ) -> Range<ElementId> {
        let Some(action) = self.action(node) else {
            return elements.len()..elements.len();
        };
        let actors: Vec<Option<usize>> = match (&action, actors) {
            (Action::AddEntity(entity, _) | Action::DeleteEntity(entity), _) => vec![Some(*entity)],
            (_, []) => vec![None],
            (_, actors) => actors.iter().copied().map(Some).collect(),
        };
        let same_action = elements.len()..elements.len() + actors.len();
        for actor in actors {
            if parent.is_none() {
                self.init_places.push((elements.len(), node.place));
            }
            elements.push(Element {
                action: Some(action.clone()),
                actor,
                same_action: same_action.clone(),
                ..element(ElementKind::Action, name.to_owned(), parent)
            });
        }
        same_action
    }

    fn push(&mut self, kind: ElementKind, node: &Node, parent: ElementId, elements: &mut Vec<Element>) -> ElementId {
        let id = elements.len();
        elements.push(element(kind, self.text(node, "name"), Some(parent)));
        elements[parent].children.push(id);
        id
    }

    fn executions(&mut self, node: &Node) -> u32 {
        let count = self.optional_number(node, "maximumExecutionCount").unwrap_or(1.0);
        if count < 0.0 {
            let message = format!("`maximumExecutionCount` is `{count}`, expected a number from 0 on");
            let hint = "it is taken as without limit; write a large number, or leave it out for 1";
            self.odd(node.place, &node.name, message, hint);
            return u32::MAX;
        }
        count.min(f64::from(u32::MAX)) as u32
    }

    /// Turns names of storyboard elements in conditions into indices: a name, or a path with `::` between names.
    fn resolve_states(&mut self, node: &Node, elements: &mut [Element]) {
        let paths: Vec<(ElementKind, String)> = (0..elements.len())
            .map(|id| (elements[id].kind, path(elements, id)))
            .collect();
        let mut unknown = Vec::new();
        for element in elements {
            let triggers = element.start.iter_mut().chain(&mut element.stop);
            for condition in triggers.flat_map(|trigger| trigger.groups.iter_mut().flatten()) {
                let Test::State(ids, _) = &mut condition.test else {
                    continue;
                };
                // The reader left the index of the reference it wrote down.
                let Some(&reference) = ids.first() else { continue };
                let Some((kind, name)) = self.state_references.get(reference) else {
                    continue;
                };
                let fits = |(known, path): &(ElementKind, String)| {
                    known == kind
                        && path.ends_with(name.as_str())
                        && (path.len() == name.len() || path[..path.len() - name.len()].ends_with("::"))
                };
                *ids = (0..paths.len()).filter(|&id| fits(&paths[id])).collect();
                if ids.is_empty() {
                    unknown.push(format!("no {kind:?} `{name}` for condition `{}`", condition.name));
                }
            }
        }
        for message in unknown {
            let hint = "name a storyboard element of that type";
            self.odd(node.place, "StoryboardElementStateCondition", message, hint);
        }
    }
}

fn path(elements: &[Element], id: ElementId) -> String {
    match elements[id].parent {
        Some(parent) if parent != 0 => format!("{}::{}", path(elements, parent), elements[id].name),
        _ => elements[id].name.clone(),
    }
}

fn element(kind: ElementKind, name: String, parent: Option<ElementId>) -> Element {
    Element {
        kind,
        name,
        parent,
        children: Vec::new(),
        start: None,
        stop: None,
        executions_max: 1,
        priority: Priority::Override,
        action: None,
        actor: None,
        joins_by_triggering: false,
        same_action: 0..0,
    }
}

/// The same without whoever came before.
fn each_once(entities: Vec<usize>) -> Vec<usize> {
    let mut once = Vec::new();
    for entity in entities {
        if !once.contains(&entity) {
            once.push(entity);
        }
    }
    once
}
