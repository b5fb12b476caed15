//! Streets drawn by a program, written as a SUMO network: test tracks, grids, cities.
//!
//! In go places and the streets between them; out comes the text of a `.net.xml` with the ways through each junction,
//! who gives way to whom, and signal programmes. Streets lie to the right of the line between their places, lanes are
//! 3.2 m wide. What it writes SUMO plays too. It reads nothing and moves nothing.
//!
//! Source of the format: Eclipse SUMO's documentation, "Networks/SUMO Road Networks". Speeds of turns are those at which
//! one is pressed aside with 5.5 m/s², as netconvert has it.

use libm::{atan2, cos, fabs, sin, sqrt};
use std::fmt::Write as _;

/// Width of a lane, metres.
const LANE_M: f64 = 3.2;
/// Kerbs of a junction lie so far beyond its widest street.
const CORNER_M: f64 = 4.0;
/// A place that joins two streets only takes so much of each.
const BEND_M: f64 = 0.5;
/// Sideways acceleration in turns.
const ASIDE_MPS2: f64 = 5.5;
/// Straight lines that a curve is drawn with.
const PIECES: usize = 8;
/// Amber after each green, and red for all after that, seconds.
const AMBER_S: u32 = 3;
const ALL_RED_S: u32 = 2;

/// Who goes first at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// The street of higher [`PlannedStreet::priority`]; among equals the one from the right.
    Priority,
    /// The same, and the others stop first.
    Stop,
    /// A signal: greens in seconds for streets that run east and west, and for those that run north and south.
    Signal {
        /// For streets whose direction is more east or west than north or south; none if 0.
        east_west_s: u32,
        /// For the others.
        north_south_s: u32,
        /// Where in its cycle it begins.
        offset_s: u32,
    },
}

/// Where streets meet.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedPlace {
    /// East and north, metres.
    pub at_m: [f64; 2],
    /// Who goes first.
    pub control: Control,
}

/// A street in one direction.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedStreet {
    /// Its name, letters and digits.
    pub id: String,
    /// Index of the place where it begins.
    pub from: usize,
    /// And where it ends.
    pub to: usize,
    /// How many lanes.
    pub lanes: usize,
    /// Speed limit.
    pub speed_mps: f64,
    /// Streets of higher priority go first.
    pub priority: i32,
}

/// Places and streets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreetPlan {
    /// Where streets meet.
    pub places: Vec<PlannedPlace>,
    /// Streets between them; two places are joined by one at most in each direction.
    pub streets: Vec<PlannedStreet>,
}

/// The way from a lane into another, through a place.
struct Turning {
    from: usize,
    from_lane: usize,
    to: usize,
    to_lane: usize,
    side: Side,
    shape: Vec<[f64; 2]>,
    /// After so many pieces of its shape it may wait inside for others to pass.
    waits_after: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Right,
    Straight,
    Left,
}

impl StreetPlan {
    /// Adds a place and returns its index.
    pub fn place(&mut self, at_m: [f64; 2], control: Control) -> usize {
        self.places.push(PlannedPlace { at_m, control });
        self.places.len() - 1
    }

    /// Adds a street.
    pub fn street(&mut self, id: &str, [from, to]: [usize; 2], lanes: usize, speed_mps: f64, priority: i32) {
        self.streets.push(PlannedStreet {
            id: id.to_owned(),
            from,
            to,
            lanes,
            speed_mps,
            priority,
        });
    }

    /// A town of `columns` by `rows` junctions, all with signals, `block_m` apart; streets of two lanes in either
    /// direction. Streets are called after the junctions that they join, `3_4to4_4`.
    pub fn grid([columns, rows]: [usize; 2], block_m: f64) -> StreetPlan {
        let mut plan = StreetPlan::default();
        for row in 0..rows {
            for column in 0..columns {
                let control = Control::Signal {
                    east_west_s: 31,
                    north_south_s: 31,
                    offset_s: ((column + row) % 2 * 36) as u32,
                };
                plan.place([column as f64 * block_m, row as f64 * block_m], control);
            }
        }
        for row in 0..rows {
            for column in 0..columns {
                for (ahead, above) in [(1, 0), (0, 1)] {
                    let (to_column, to_row) = (column + ahead, row + above);
                    if to_column < columns && to_row < rows {
                        let ends = [row * columns + column, to_row * columns + to_column];
                        let name = |a: [usize; 2], b: [usize; 2]| format!("{}_{}to{}_{}", a[0], a[1], b[0], b[1]);
                        let (here, there) = ([column, row], [to_column, to_row]);
                        plan.street(&name(here, there), ends, 2, 13.89, 1);
                        plan.street(&name(there, here), [ends[1], ends[0]], 2, 13.89, 1);
                    }
                }
            }
        }
        plan
    }

    /// The network as text.
    pub fn net(&self) -> String {
        let mut writer = Writer {
            plan: self,
            into: vec![Vec::new(); self.places.len()],
            out_of: vec![Vec::new(); self.places.len()],
            text: String::from(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<net version=\"1.20\" junctionCornerDetail=\"5\">\n",
            ),
        };
        for (index, street) in self.streets.iter().enumerate() {
            writer.into[street.to].push(index);
            writer.out_of[street.from].push(index);
        }
        writer.write();
        writer.text
    }
}

struct Writer<'a> {
    plan: &'a StreetPlan,
    /// Of each place the streets that end there, and those that begin there.
    into: Vec<Vec<usize>>,
    out_of: Vec<Vec<usize>>,
    text: String,
}

impl Writer<'_> {
    fn write(&mut self) {
        let bounds = |pick: fn(f64, f64) -> f64, axis: usize| {
            let values = self.plan.places.iter().map(|place| place.at_m[axis]);
            values.reduce(pick).unwrap_or(0.0)
        };
        let [west, south, east, north] = [
            bounds(f64::min, 0),
            bounds(f64::min, 1),
            bounds(f64::max, 0),
            bounds(f64::max, 1),
        ];
        let _ = writeln!(
            self.text,
            "<location netOffset=\"0.00,0.00\" convBoundary=\"{west:.2},{south:.2},{east:.2},{north:.2}\" \
             origBoundary=\"{west:.2},{south:.2},{east:.2},{north:.2}\" projParameter=\"!\"/>"
        );
        let turnings: Vec<Vec<Turning>> = (0..self.plan.places.len()).map(|place| self.turnings(place)).collect();
        for (place, turnings) in turnings.iter().enumerate() {
            self.inner_edges(place, turnings);
        }
        for street in 0..self.plan.streets.len() {
            self.edge(street);
        }
        let rules: Vec<Vec<Rule>> = turnings.iter().map(|turnings| self.rules(turnings)).collect();
        for (place, turnings) in turnings.iter().enumerate() {
            self.programme(place, turnings);
        }
        for (place, (turnings, rules)) in turnings.iter().zip(&rules).enumerate() {
            self.junction(place, turnings, rules);
        }
        for (place, (turnings, rules)) in turnings.iter().zip(&rules).enumerate() {
            self.connections(place, turnings, rules);
        }
        self.text.push_str("</net>\n");
    }

    /// Unit vector of a street.
    fn direction(&self, street: usize) -> [f64; 2] {
        let street = &self.plan.streets[street];
        let (a, b) = (self.plan.places[street.from].at_m, self.plan.places[street.to].at_m);
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length_m = sqrt(dx * dx + dy * dy).max(1e-6);
        [dx / length_m, dy / length_m]
    }

    /// How far from a place's middle its streets end.
    fn radius_m(&self, place: usize) -> f64 {
        let streets = || self.into[place].iter().chain(&self.out_of[place]);
        if self.into[place].len() <= 1 && self.out_of[place].len() <= 1 {
            return BEND_M;
        }
        let widest = streets().map(|&street| self.plan.streets[street].lanes).max();
        widest.unwrap_or(0) as f64 * LANE_M + CORNER_M
    }

    /// The middle of a lane at both ends.
    fn lane_ends(&self, street: usize, lane: usize) -> [[f64; 2]; 2] {
        let record = &self.plan.streets[street];
        let [dx, dy] = self.direction(street);
        let right_m = (record.lanes as f64 - lane as f64 - 0.5) * LANE_M;
        let (a, b) = (self.plan.places[record.from].at_m, self.plan.places[record.to].at_m);
        let (from_m, to_m) = (self.radius_m(record.from), self.radius_m(record.to));
        [
            [a[0] + dx * from_m + dy * right_m, a[1] + dy * from_m - dx * right_m],
            [b[0] - dx * to_m + dy * right_m, b[1] - dy * to_m - dx * right_m],
        ]
    }

    /// The angle by which one street turns into another, to the left positive.
    fn angle(&self, from: usize, to: usize) -> f64 {
        let (a, b) = (self.direction(from), self.direction(to));
        atan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1])
    }

    /// All ways through a place, by the street and lane that they come from, the outermost first.
    fn turnings(&self, place: usize) -> Vec<Turning> {
        let mut turnings = Vec::new();
        for &from in &self.into[place] {
            let lanes = self.plan.streets[from].lanes;
            let mut ways: Vec<(usize, Side)> = Vec::new();
            for &to in &self.out_of[place] {
                let is_back = self.plan.streets[to].to == self.plan.streets[from].from;
                if is_back {
                    continue;
                }
                let angle = self.angle(from, to);
                let side = match angle {
                    angle if angle > 0.6 => Side::Left,
                    angle if angle < -0.6 => Side::Right,
                    _ => Side::Straight,
                };
                ways.push((to, side));
            }
            for lane in 0..lanes {
                for &(to, side) in &ways {
                    let there = self.plan.streets[to].lanes;
                    let to_lane = match side {
                        // The way of all: lanes go on, and where fewer do, those on the left end.
                        _ if ways.len() == 1 && lane >= there => continue,
                        _ if ways.len() == 1 => lane,
                        Side::Straight if lane < there => lane,
                        Side::Right if lane == 0 => 0,
                        Side::Left if lane + 1 == lanes => there - 1,
                        _ => continue,
                    };
                    turnings.push(Turning {
                        from,
                        from_lane: lane,
                        to,
                        to_lane,
                        side,
                        shape: self.curve(from, lane, to, to_lane),
                        waits_after: None,
                    });
                }
            }
        }
        for index in 0..turnings.len() {
            turnings[index].waits_after = self.waiting_piece(&turnings, index);
        }
        turnings
    }

    /// Who turns left waits in the middle for those who come towards it, unless others go first as well: the piece before it
    /// meets the first of them.
    fn waiting_piece(&self, turnings: &[Turning], index: usize) -> Option<usize> {
        let one = &turnings[index];
        let is_minor = self.is_minor(one);
        let is_towards = |other: &&Turning| fabs(self.angle(one.from, other.from)) > 2.4;
        let crosses = |other: &&Turning| do_cross(&one.shape, &other.shape);
        let first = turnings
            .iter()
            .filter(|_| one.side == Side::Left && !is_minor)
            .filter(is_towards)
            .filter(crosses)
            .filter(|other| self.gives_way(one, other))
            .filter_map(|foe: &Turning| (0..PIECES).find(|&piece| do_cross(&one.shape[piece..piece + 2], &foe.shape)))
            .min()?;
        // A lane's half width before it, and not before the line itself.
        let pieces = (0..first)
            .rev()
            .find(|&piece| length_m(&one.shape[piece..=first]) > 0.75 * LANE_M)?;
        (length_m(&one.shape[..=pieces]) > 0.5 * LANE_M).then_some(pieces)
    }

    /// A curve from the end of a lane to the start of another (Bézier's cubic).
    fn curve(&self, from: usize, from_lane: usize, to: usize, to_lane: usize) -> Vec<[f64; 2]> {
        let (start, end) = (self.lane_ends(from, from_lane)[1], self.lane_ends(to, to_lane)[0]);
        let (a, b) = (self.direction(from), self.direction(to));
        let (dx, dy) = (end[0] - start[0], end[1] - start[1]);
        // Of a quarter of a circle the handles are as long as this share of its chord.
        let handle_m = 0.39 * sqrt(dx * dx + dy * dy);
        let points = [
            start,
            [start[0] + a[0] * handle_m, start[1] + a[1] * handle_m],
            [end[0] - b[0] * handle_m, end[1] - b[1] * handle_m],
            end,
        ];
        (0..=PIECES)
            .map(|piece| {
                let u = piece as f64 / PIECES as f64;
                let v = 1.0 - u;
                let weights = [v * v * v, 3.0 * u * v * v, 3.0 * u * u * v, u * u * u];
                [0, 1].map(|axis| {
                    points
                        .iter()
                        .zip(weights)
                        .map(|(point, weight)| point[axis] * weight)
                        .sum()
                })
            })
            .collect()
    }

    fn edge(&mut self, street: usize) {
        let record = &self.plan.streets[street];
        let (id, lanes, speed_mps) = (record.id.clone(), record.lanes, record.speed_mps);
        let _ = writeln!(
            self.text,
            "<edge id=\"{id}\" from=\"n{}\" to=\"n{}\" priority=\"{}\">",
            record.from, record.to, record.priority
        );
        for lane in 0..lanes {
            let shape = self.lane_ends(street, lane);
            self.lane(&id, lane, speed_mps, &shape);
        }
        self.text.push_str("</edge>\n");
    }

    fn lane(&mut self, edge: &str, lane: usize, speed_mps: f64, shape: &[[f64; 2]]) {
        let points: Vec<String> = shape.iter().map(|[x, y]| format!("{x:.2},{y:.2}")).collect();
        let _ = writeln!(
            self.text,
            "<lane id=\"{edge}_{lane}\" index=\"{lane}\" speed=\"{speed_mps:.2}\" length=\"{:.2}\" shape=\"{}\"/>",
            length_m(shape).max(0.1),
            points.join(" ")
        );
    }

    fn inner_edges(&mut self, place: usize, turnings: &[Turning]) {
        for (index, turning) in turnings.iter().enumerate() {
            let angle = fabs(self.angle(turning.from, turning.to));
            let radius_m = length_m(&turning.shape) / angle.max(1e-3);
            let slowest_mps = self.plan.streets[turning.from]
                .speed_mps
                .min(self.plan.streets[turning.to].speed_mps);
            // A place that joins two streets only is a bend of one street: its corner is the drawing's.
            let is_bend = self.into[place].len() <= 1 && self.out_of[place].len() <= 1;
            let turn_mps = if is_bend {
                f64::INFINITY
            } else {
                sqrt(ASIDE_MPS2 * radius_m)
            };
            let speed_mps = turn_mps.min(slowest_mps);
            let waits_after = turning.waits_after.unwrap_or(PIECES);
            let parts = [&turning.shape[..=waits_after], &turning.shape[waits_after..]];
            for (part, shape) in parts.iter().enumerate().filter(|(_, shape)| shape.len() > 1) {
                let edge = inner(place, turnings, index, part);
                let _ = writeln!(self.text, "<edge id=\"{edge}\" function=\"internal\">");
                self.lane(&edge, 0, speed_mps, shape);
                self.text.push_str("</edge>\n");
            }
        }
    }

    /// Of each way through a place, the others that it meets and those to which it gives way.
    fn rules(&self, turnings: &[Turning]) -> Vec<Rule> {
        let mut rules: Vec<Rule> = turnings.iter().map(|_| Rule::default()).collect();
        for (index, one) in turnings.iter().enumerate() {
            for (other_index, other) in turnings.iter().enumerate() {
                if one.from == other.from {
                    continue;
                }
                let is_merge = (one.to, one.to_lane) == (other.to, other.to_lane);
                if !is_merge && !do_cross(&one.shape, &other.shape) {
                    continue;
                }
                rules[index].foes.push(other_index);
                if self.gives_way(one, other) {
                    rules[index].yields_to.push(other_index);
                }
            }
        }
        rules
    }

    fn gives_way(&self, one: &Turning, other: &Turning) -> bool {
        let priority = |turning: &Turning| self.plan.streets[turning.from].priority;
        if priority(one) != priority(other) {
            return priority(one) < priority(other);
        }
        let between = self.angle(one.from, other.from);
        if fabs(between) > 2.4 {
            // Face to face: who turns left waits, and of two into one street the one with the wider turn.
            return one.side == Side::Left && other.side != Side::Left
                || one.side == other.side && one.from > other.from;
        }
        // Who comes from the right drives to the left.
        between > 0.0
    }

    /// Whether a street runs more east or west than north or south.
    fn is_east_west(&self, street: usize) -> bool {
        let [dx, dy] = self.direction(street);
        fabs(dx) >= fabs(dy)
    }

    fn programme(&mut self, place: usize, turnings: &[Turning]) {
        let Control::Signal {
            east_west_s,
            north_south_s,
            offset_s,
        } = self.plan.places[place].control
        else {
            return;
        };
        let _ = writeln!(
            self.text,
            "<tlLogic id=\"n{place}\" type=\"static\" programID=\"0\" offset=\"-{offset_s}\">"
        );
        for (green_s, is_for_east_west) in [(east_west_s, true), (north_south_s, false)] {
            let state = |shown: [char; 2]| -> String {
                let letters = turnings.iter().map(|turning| {
                    let has_green = self.is_east_west(turning.from) == is_for_east_west;
                    match (has_green, turning.side) {
                        (false, _) => 'r',
                        (true, Side::Left) => shown[1],
                        (true, _) => shown[0],
                    }
                });
                letters.collect()
            };
            let phases = [
                (green_s, state(['G', 'g'])),
                (AMBER_S, state(['y', 'y'])),
                (ALL_RED_S, state(['r', 'r'])),
            ];
            for (duration_s, state) in phases.into_iter().filter(|_| green_s > 0) {
                let _ = writeln!(self.text, "<phase duration=\"{duration_s}\" state=\"{state}\"/>");
            }
        }
        self.text.push_str("</tlLogic>\n");
    }

    fn junction(&mut self, place: usize, turnings: &[Turning], rules: &[Rule]) {
        let record = &self.plan.places[place];
        let kind = match record.control {
            _ if turnings.is_empty() => "dead_end",
            Control::Priority => "priority",
            Control::Stop => "priority_stop",
            Control::Signal { .. } => "traffic_light",
        };
        let incoming: Vec<String> = self.into[place]
            .iter()
            .flat_map(|&street| {
                let record = &self.plan.streets[street];
                (0..record.lanes).map(|lane| format!("{}_{lane}", record.id))
            })
            .collect();
        let inside: Vec<String> = (0..turnings.len())
            .map(|index| {
                inner(
                    place,
                    turnings,
                    index,
                    usize::from(turnings[index].waits_after.is_some()),
                ) + "_0"
            })
            .collect();
        let [x, y] = record.at_m;
        let radius_m = self.radius_m(place);
        let corners: Vec<String> = (0..8)
            .map(|corner| {
                let angle = f64::from(corner) * std::f64::consts::FRAC_PI_4;
                format!("{:.2},{:.2}", x + radius_m * cos(angle), y + radius_m * sin(angle))
            })
            .collect();
        let _ = writeln!(
            self.text,
            "<junction id=\"n{place}\" type=\"{kind}\" x=\"{x:.2}\" y=\"{y:.2}\" incLanes=\"{}\" intLanes=\"{}\" shape=\"{}\">",
            incoming.join(" "),
            inside.join(" "),
            corners.join(" ")
        );
        let bits = |set: &[usize]| -> String {
            let all = (0..turnings.len()).rev();
            all.map(|index| if set.contains(&index) { '1' } else { '0' }).collect()
        };
        for (index, rule) in rules.iter().enumerate() {
            let _ = writeln!(
                self.text,
                "<request index=\"{index}\" response=\"{}\" foes=\"{}\" cont=\"{}\"/>",
                bits(&rule.yields_to),
                bits(&rule.foes),
                u8::from(turnings[index].waits_after.is_some())
            );
        }
        self.text.push_str("</junction>\n");
        for (index, (turning, rule)) in turnings.iter().zip(rules).enumerate() {
            let Some(pieces) = turning.waits_after else {
                continue;
            };
            let [x, y] = turning.shape[pieces];
            let (before, beyond) = (inner(place, turnings, index, 0), inner(place, turnings, index, 1));
            let foes: Vec<String> = rule
                .yields_to
                .iter()
                .map(|&foe| inner(place, turnings, foe, 0) + "_0")
                .collect();
            let _ = writeln!(
                self.text,
                "<junction id=\"{beyond}_0\" type=\"internal\" x=\"{x:.2}\" y=\"{y:.2}\" incLanes=\"{before}_0\" intLanes=\"{}\"/>",
                foes.join(" ")
            );
        }
    }

    fn connections(&mut self, place: usize, turnings: &[Turning], rules: &[Rule]) {
        let control = self.plan.places[place].control;
        for (index, (turning, rule)) in turnings.iter().zip(rules).enumerate() {
            let (from, to) = (&self.plan.streets[turning.from], &self.plan.streets[turning.to]);
            let dir = match turning.side {
                Side::Right => 'r',
                Side::Straight => 's',
                Side::Left => 'l',
            };
            let (light, state) = match control {
                Control::Signal { .. } => (format!(" tl=\"n{place}\" linkIndex=\"{index}\""), 'O'),
                _ if rule.yields_to.is_empty() => (String::new(), 'M'),
                Control::Stop if self.is_minor(turning) => (String::new(), 's'),
                _ => (String::new(), 'm'),
            };
            let entry = inner(place, turnings, index, 0);
            let _ = writeln!(
                self.text,
                "<connection from=\"{}\" to=\"{}\" fromLane=\"{}\" toLane=\"{}\" via=\"{entry}_0\"{light} dir=\"{dir}\" state=\"{state}\"/>",
                from.id, to.id, turning.from_lane, turning.to_lane
            );
            let mut last = entry;
            if turning.waits_after.is_some() {
                let beyond = inner(place, turnings, index, 1);
                let _ = writeln!(
                    self.text,
                    "<connection from=\"{last}\" to=\"{}\" fromLane=\"0\" toLane=\"{}\" via=\"{beyond}_0\" dir=\"{dir}\" state=\"m\"/>",
                    to.id, turning.to_lane
                );
                last = beyond;
            }
            let _ = writeln!(
                self.text,
                "<connection from=\"{last}\" to=\"{}\" fromLane=\"0\" toLane=\"{}\" dir=\"{dir}\" state=\"M\"/>",
                to.id, turning.to_lane
            );
        }
    }

    /// Whether a street of higher priority ends at the same place.
    fn is_minor(&self, turning: &Turning) -> bool {
        let own = &self.plan.streets[turning.from];
        let others = self.into[own.to].iter();
        others
            .into_iter()
            .any(|&street| self.plan.streets[street].priority > own.priority)
    }
}

/// Whom a way through a place meets, and to whom it gives way.
#[derive(Clone, Debug, Default)]
struct Rule {
    foes: Vec<usize>,
    yields_to: Vec<usize>,
}

/// The name of a part of a way through a place; second parts are numbered behind all first ones.
fn inner(place: usize, turnings: &[Turning], index: usize, part: usize) -> String {
    let before = match part {
        0 => index,
        _ => {
            turnings.len()
                + turnings[..index]
                    .iter()
                    .filter(|turning| turning.waits_after.is_some())
                    .count()
        }
    };
    format!(":n{place}_{before}")
}

fn length_m(shape: &[[f64; 2]]) -> f64 {
    let piece_m = |pair: &[[f64; 2]]| {
        let (dx, dy) = (pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
        sqrt(dx * dx + dy * dy)
    };
    shape.windows(2).map(piece_m).sum()
}

/// Whether two lines of straight pieces cut one another.
fn do_cross(one: &[[f64; 2]], other: &[[f64; 2]]) -> bool {
    let is_left =
        |a: [f64; 2], b: [f64; 2], p: [f64; 2]| (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) > 0.0;
    one.windows(2).any(|mine| {
        other.windows(2).any(|theirs| {
            is_left(mine[0], mine[1], theirs[0]) != is_left(mine[0], mine[1], theirs[1])
                && is_left(theirs[0], theirs[1], mine[0]) != is_left(theirs[0], theirs[1], mine[1])
        })
    })
}
