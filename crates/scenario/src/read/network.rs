//! The road network and the programs of its lights.

use super::Reader;
use crate::document::Node;
use crate::model::SignalProgram;

impl Reader<'_> {
    pub(super) fn road_network(&mut self, network: &Node) {
        if let Some(node) = network.child("LogicFile") {
            let path = self.text(node, "filepath");
            if !path.is_empty() {
                match self.library.roads(&self.beside(&path)) {
                    Ok(roads) => self.roads = Some(roads),
                    Err(problems) => {
                        self.is_map_missing = true;
                        self.refer(node, problems);
                    }
                }
            }
        }
        let Some(signals) = network.child("TrafficSignals") else {
            return;
        };
        let mut references = Vec::new();
        for node in signals.all("TrafficSignalController") {
            let phases = node.all("Phase").map(|phase| {
                let states = phase.all("TrafficSignalState");
                let states = states.map(|state| (self.text(state, "trafficSignalId"), self.text(state, "state")));
                let mut states: Vec<_> = states.collect();
                if let Some(group) = phase.child("TrafficSignalGroupState") {
                    let state = self.text(group, "state");
                    states.push((String::new(), state));
                }
                (self.text(phase, "name"), self.finite(phase, "duration"), states)
            });
            let phases = phases.collect();
            let program = SignalProgram {
                name: self.text(node, "name"),
                delay_s: self.optional_finite(node, "delay").unwrap_or(0.0),
                reference: None,
                phases,
            };
            references.push(
                node.attribute("reference")
                    .map(|_| (node, self.text(node, "reference"))),
            );
            self.signal_controllers.push(program);
        }
        for (index, reference) in references.into_iter().enumerate() {
            let Some((node, name)) = reference else { continue };
            match self.signal_controllers.iter().position(|known| known.name == name) {
                Some(found) => self.signal_controllers[index].reference = Some(found),
                None => self.wrong(
                    node.place,
                    &node.name,
                    format!("no controller `{name}`"),
                    "name one of <TrafficSignals>",
                ),
            }
        }
    }
}
