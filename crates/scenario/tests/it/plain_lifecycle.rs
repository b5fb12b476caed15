//! A storyboard's life as a plain state machine: the rules of OpenSCENARIO 1.3, 8.3 and 8.4, one by one, on a small tree.
//!
//! It knows times only: triggers hold from a time on, actions last for a while. What the player does with the same
//! storyboard must be the same, step for step.

use scenario::State;
use scenario::model::Priority;

/// One element of a storyboard, with its parts in the order of the file.
#[derive(Clone, Debug)]
pub struct Part {
    pub name: String,
    pub kind: Kind,
    /// Its start trigger holds after this time; without one it starts with what it is part of.
    pub starts_after_s: Option<f64>,
    pub stops_after_s: Option<f64>,
    pub executions_max: u32,
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A storyboard, story, act, group or maneuver.
    Frame,
    Event(Priority),
    /// Who does it, on one domain, and how long it takes.
    Action(Vec<usize>, f64),
}

/// A time is after another if it is more than rounding.
const SAME_S: f64 = 1e-6;

struct Element {
    part: Part,
    parent: Option<usize>,
    children: Vec<usize>,
    state: State,
    executions: u32,
    elapsed_s: f64,
}

/// A storyboard that runs.
pub struct Life {
    elements: Vec<Element>,
    now_s: f64,
    has_begun: bool,
    /// What became of whom in the last step.
    pub news: Vec<(String, State)>,
}

impl Life {
    pub fn new(storyboard: &Part) -> Life {
        let mut life = Life {
            elements: Vec::new(),
            now_s: 0.0,
            has_begun: false,
            news: Vec::new(),
        };
        life.add(storyboard, None);
        life
    }

    fn add(&mut self, part: &Part, parent: Option<usize>) -> usize {
        let id = self.elements.len();
        self.elements.push(Element {
            part: part.clone(),
            parent,
            children: Vec::new(),
            state: State::Initial,
            executions: 0,
            elapsed_s: 0.0,
        });
        for child in &part.parts {
            let child = self.add(child, Some(id));
            self.elements[id].children.push(child);
        }
        id
    }

    /// One step, the first of no length; false once the storyboard is over.
    pub fn step(&mut self, step_s: f64) -> bool {
        self.news.clear();
        let step_s = if self.has_begun { step_s } else { 0.0 };
        if !self.has_begun {
            self.start(0);
            self.has_begun = true;
        }
        self.look_at_triggers(0);
        if self.elements[0].state != State::Running {
            return false;
        }
        for id in 0..self.elements.len() {
            let element = &mut self.elements[id];
            if let (State::Running, Kind::Action(_, lasts_s)) = (element.state, &element.part.kind) {
                element.elapsed_s += step_s;
                if element.elapsed_s > lasts_s - SAME_S {
                    self.end(id);
                }
            }
        }
        self.now_s += step_s;
        true
    }

    fn become_(&mut self, id: usize, state: State) {
        self.elements[id].state = state;
        self.news.push((self.elements[id].part.name.clone(), state));
    }

    fn is_past(&self, time_s: Option<f64>) -> bool {
        time_s.is_some_and(|time_s| self.now_s > time_s + SAME_S)
    }

    fn look_at_triggers(&mut self, id: usize) {
        let is_alive = matches!(self.elements[id].state, State::Standby | State::Running);
        if is_alive && self.is_past(self.elements[id].part.stops_after_s) {
            self.stop(id);
        }
        let starts_after_s = self.elements[id].part.starts_after_s;
        if self.elements[id].state == State::Standby && (starts_after_s.is_none() || self.is_past(starts_after_s)) {
            self.start(id);
        }
        if self.elements[id].state == State::Running && self.elements[id].part.kind == Kind::Frame {
            for child in self.elements[id].children.clone() {
                self.look_at_triggers(child);
            }
        }
    }

    fn start(&mut self, id: usize) {
        if self.elements[id].state == State::Initial && self.elements[id].part.executions_max == 0 {
            // 8.4.2.1: an element that may run no more is skipped and complete.
            self.become_(id, State::Complete);
            return self.tell_parent(id);
        }
        if self.elements[id].state == State::Initial && self.elements[id].part.starts_after_s.is_some() {
            // 8.3: what has a start trigger waits for it.
            return self.become_(id, State::Standby);
        }
        if let Kind::Event(priority) = self.elements[id].part.kind {
            let parent = self.elements[id].parent.expect("a maneuver");
            let siblings = self.elements[parent].children.clone();
            let is_running = |life: &Life, other: usize| other != id && life.elements[other].state == State::Running;
            match priority {
                Priority::Parallel => {}
                // 8.4.2.2: the others are stopped, however often they might still run.
                Priority::Override => {
                    for other in siblings {
                        if is_running(self, other) {
                            self.stop(other);
                        }
                    }
                }
                // 8.4.2.2: not while another runs, and that counts as an execution.
                Priority::Skip if siblings.iter().any(|&other| is_running(self, other)) => {
                    self.elements[id].executions += 1;
                    let may_run_again = self.elements[id].executions < self.elements[id].part.executions_max;
                    if may_run_again {
                        return self.become_(id, State::Standby);
                    }
                    self.become_(id, State::Complete);
                    return self.tell_parent(id);
                }
                Priority::Skip => {}
            }
        }
        if let Kind::Action(actors, _) = self.elements[id].part.kind.clone() {
            // 7.5.1: a running action on one of its actors is stopped, for all of that one's actors.
            for other in 0..self.elements.len() {
                let is_rival = match &self.elements[other].part.kind {
                    Kind::Action(others, _) => others.iter().any(|actor| actors.contains(actor)),
                    _ => false,
                };
                if is_rival && other != id && self.elements[other].state == State::Running {
                    self.stop(other);
                }
            }
        }
        self.elements[id].executions += 1;
        self.elements[id].elapsed_s = 0.0;
        self.become_(id, State::Running);
        for child in self.elements[id].children.clone() {
            self.start(child);
        }
    }

    /// 8.4: it has done what it was to do; an event or a group may do so again.
    fn end(&mut self, id: usize) {
        if self.elements[id].executions < self.elements[id].part.executions_max {
            self.become_(id, State::Standby);
            self.forget_parts(id);
        } else {
            self.become_(id, State::Complete);
            self.tell_parent(id);
        }
    }

    /// 8.4.3 to 8.4.6: what holds others ends with the last of them; 8.4.7: a storyboard does not.
    fn tell_parent(&mut self, id: usize) {
        let Some(parent) = self.elements[id].parent.filter(|&parent| parent != 0) else {
            return;
        };
        let mut children = self.elements[parent].children.iter();
        let is_done = children.all(|&child| self.elements[child].state == State::Complete);
        if is_done && self.elements[parent].state == State::Running {
            self.end(parent);
        }
    }

    fn forget_parts(&mut self, id: usize) {
        for child in self.elements[id].children.clone() {
            self.elements[child].state = State::Initial;
            self.elements[child].executions = 0;
            self.forget_parts(child);
        }
    }

    fn stop(&mut self, id: usize) {
        self.stop_parts(id);
        self.tell_parent(id);
    }

    fn stop_parts(&mut self, id: usize) {
        for child in self.elements[id].children.clone() {
            self.stop_parts(child);
        }
        if self.elements[id].state != State::Complete {
            self.become_(id, State::Complete);
        }
    }
}
