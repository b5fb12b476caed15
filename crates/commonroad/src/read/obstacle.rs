//! Obstacles of all roles, in both versions of the format.

use super::state::{occupancies, shape, signal_state, state};
use crate::document::{Element, Reader, all, child, elements, text};
use crate::scenario::{Obstacle, Role};

pub(super) fn all_of<'a>(reader: &mut Reader<'a>, root: Element<'a>) -> Vec<Obstacle> {
    let mut obstacles: Vec<Obstacle> = Vec::new();
    for node in elements(root) {
        let role = match node.tag_name().name() {
            "staticObstacle" => Role::Static,
            "dynamicObstacle" => Role::Dynamic,
            "environmentObstacle" => Role::Environment,
            "phantomObstacle" => Role::Phantom,
            "obstacle" => match child(node, "role").map(text) {
                Some("static") => Role::Static,
                Some("dynamic") => Role::Dynamic,
                _ => {
                    reader.wrong(
                        node,
                        "<role> is neither static nor dynamic",
                        "write <role>static</role> or <role>dynamic</role>",
                    );
                    continue;
                }
            },
            _ => continue,
        };
        obstacles.extend(obstacle(reader, node, role));
    }
    obstacles.sort_by_key(|obstacle| obstacle.role);
    obstacles
}

fn obstacle<'a>(reader: &mut Reader<'a>, node: Element<'a>, role: Role) -> Option<Obstacle> {
    reader.expect(
        node,
        &[
            "role",
            "type",
            "shape",
            "initialState",
            "initialSignalState",
            "trajectory",
            "occupancySet",
            "signalSeries",
        ],
    );
    let mut obstacle = Obstacle {
        id: reader.attribute(node, "id")?,
        role,
        kind: child(node, "type").map(text).unwrap_or_default().to_owned(),
        ..Obstacle::default()
    };
    if role != Role::Phantom {
        let node = reader.required(node, "shape");
        obstacle.shape = node.and_then(|node| shape(reader, node));
    }
    if matches!(role, Role::Static | Role::Dynamic)
        && let Some(node) = reader.required(node, "initialState")
    {
        let initial = state(reader, node);
        if initial.centre_m().is_none() {
            reader.wrong(node, "there is no <position>", "add <position><point>...");
        }
        obstacle.initial = Some(initial);
    }
    obstacle.initial_signal = child(node, "initialSignalState").map(|node| signal_state(reader, node));
    if let Some(node) = child(node, "signalSeries") {
        obstacle.signals = all(node, "signalState")
            .map(|node| signal_state(reader, node))
            .collect();
    }
    if let Some(trajectory) = child(node, "trajectory") {
        for node in all(trajectory, "state") {
            let state = state(reader, node);
            if state.centre_m().is_none() {
                reader.wrong(node, "there is no <position>", "add <position><point>...");
            }
            obstacle.trajectory.push(state);
        }
        if obstacle.trajectory.is_empty() {
            reader.wrong(
                trajectory,
                "a trajectory of no states",
                "add a <state>, or leave it out",
            );
        }
        if !obstacle.trajectory.is_sorted_by_key(|state| state.time.start) {
            reader.note(trajectory, "its states are not in the order of time: sorted");
            obstacle.trajectory.sort_by_key(|state| state.time.start);
        }
    } else if let Some(node) = child(node, "occupancySet") {
        obstacle.occupancies = occupancies(reader, node);
    }
    Some(obstacle)
}
