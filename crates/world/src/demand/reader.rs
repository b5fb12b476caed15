//! The reader of `demand/traffic.toml`.
//!
//! In goes the file's text and the network, out comes a [`Demand`] or every problem of the file, each with its line.
//!
//! ```toml
//! walkers_per_crossing_per_h = 40          # or 24 values, one an hour; people who set out to cross
//! day = [0.06, ...]                        # optional: 24 shares that `vehicles_per_h = number` is multiplied with
//!
//! [shares]                                 # optional: kinds of vehicles, any scale
//! car = 66
//! bicycle = 6
//!
//! [[zones]]                                # optional: named groups of streets
//! name = "old town"
//! roads = ["Market Street", "12"]          # road ids or street names
//! circle_m = [120.0, -40.0, 300.0]         # and/or all streets within a circle: x, y, radius
//! polygon_m = [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0]]
//!
//! [[flows]]
//! name = "commuters"
//! from = "fringe"                          # a zone, a road id, a street name, or "fringe" for all the map's ends
//! to = "old town"
//! vehicles_per_h = 300                     # the peak, by the hours of `day`; or 24 values
//!
//! [[matrices]]                             # trips an hour between zones, row by row: from the row's to the column's
//! hours = [7, 9]                           # from, until
//! zones = ["old town", "station"]
//! vehicles_per_h = [[0, 120], [80, 0]]
//! ```

use super::plausible::{Places, has_kerb};
use super::{DAY, Demand, Flow, Place, SHARES};
use crate::WorldError;
use crate::traffic::KINDS;
use road::{EdgeId, LanePosition, RoadNetwork};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// Flows of one file; more is a mistake.
const FLOWS_MAX: usize = 10_000;
/// No road takes more.
const RATE_MAX_PER_H: f64 = 100_000.0;
/// A zone sends vehicles from at most so many kerbs.
const KERBS_MAX: usize = 24;

pub(super) fn read(text: &str, file: &str, network: &RoadNetwork) -> Result<Demand, WorldError> {
    let mut reader = Reader {
        text,
        file,
        network,
        problems: Vec::new(),
        zones: BTreeMap::new(),
    };
    let demand = match DeTable::parse(text) {
        Ok(table) => {
            let span = table.span();
            reader.demand(table.get_ref(), span)
        }
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            reader.problem(&span, error.message(), "see the demand page for an example");
            Demand::default()
        }
    };
    if reader.problems.is_empty() {
        Ok(demand)
    } else {
        Err(WorldError::Demand(reader.problems))
    }
}

struct Reader<'a> {
    text: &'a str,
    file: &'a str,
    network: &'a RoadNetwork,
    problems: Vec<String>,
    zones: BTreeMap<String, Ends>,
}

/// Where a name lets vehicles appear and go.
#[derive(Clone, Debug, Default)]
struct Ends {
    from: Vec<(Place, f64)>,
    to: Vec<(Place, f64)>,
}

type Value<'a> = toml::Spanned<DeValue<'a>>;

impl Reader<'_> {
    fn problem(&mut self, span: &Range<usize>, what: &str, hint: &str) {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        self.problems
            .push(format!("{}:{line}: {what}\nhint: {hint}", self.file));
    }

    fn demand(&mut self, table: &DeTable<'_>, whole: Range<usize>) -> Demand {
        let known = [
            "walkers_per_crossing_per_h",
            "day",
            "shares",
            "zones",
            "flows",
            "matrices",
        ];
        self.refuse_unknown(table, &known);
        let mut day = DAY;
        if let Some(value) = table.get("day") {
            day = self.hours(value, "day", None).unwrap_or(DAY);
        }
        let walkers_per_h = match table.get("walkers_per_crossing_per_h") {
            Some(value) => self
                .hours(value, "walkers_per_crossing_per_h", Some(&day))
                .unwrap_or([0.0; 24]),
            None => [0.0; 24],
        };
        let shares = table.get("shares").map_or(SHARES, |value| self.shares(value));
        for value in self.tables(table, "zones") {
            self.zone(value);
        }
        let mut flows = Vec::new();
        for value in self.tables(table, "flows") {
            self.flow(value, &day, shares, &mut flows);
        }
        for (index, value) in self.tables(table, "matrices").into_iter().enumerate() {
            self.matrix(value, index, shares, &mut flows);
        }
        if flows.is_empty() && self.problems.is_empty() {
            self.problem(
                &(whole.start..whole.start),
                "no vehicles: neither `flows` nor `matrices` hold any",
                "add a [[flows]] table with `from`, `to` and `vehicles_per_h`",
            );
        }
        if flows.len() > FLOWS_MAX {
            let what = format!("`{}` flows, expected at most {FLOWS_MAX}", flows.len());
            self.problem(&whole, &what, "join zones");
        }
        Demand { flows, walkers_per_h }
    }

    fn refuse_unknown(&mut self, table: &DeTable<'_>, known: &[&str]) {
        for (key, _) in table.iter() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let hint = format!("known here: {}", known.join(", "));
                self.problem(&key.span(), &format!("unknown key `{name}`"), &hint);
            }
        }
    }

    fn tables<'t>(&mut self, table: &'t DeTable<'t>, key: &str) -> Vec<&'t Value<'t>> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        match value.get_ref() {
            DeValue::Array(array) => array.iter().collect(),
            _ => {
                let what = format!("`{key}` is no list of tables");
                self.problem(&value.span(), &what, &format!("write [[{key}]]"));
                Vec::new()
            }
        }
    }

    fn table_of<'t>(&mut self, value: &'t Value<'t>, what: &str) -> Option<&'t DeTable<'t>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => {
                self.problem(&value.span(), &format!("{what} is no table"), "write key = value pairs");
                None
            }
        }
    }

    fn number(&mut self, value: &Value<'_>, what: &str) -> Option<f64> {
        let number = match value.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .ok()
                .map(|number| number as f64),
            DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
            _ => None,
        };
        if number.is_none_or(|number| !number.is_finite()) {
            let found = &self.text[value.span()];
            let what = format!("`{what}` is `{found}`, expected a number");
            self.problem(&value.span(), &what, "write digits, such as 120 or 0.5");
            return None;
        }
        number
    }

    fn rate(&mut self, value: &Value<'_>, what: &str) -> Option<f64> {
        let rate = self.number(value, what)?;
        if !(0.0..=RATE_MAX_PER_H).contains(&rate) {
            let text = format!("`{what}` is `{rate}`, expected 0 to {RATE_MAX_PER_H}");
            self.problem(
                &value.span(),
                &text,
                "vehicles or people an hour cannot be negative; 0 is none",
            );
            return None;
        }
        Some(rate)
    }

    /// 24 values, or one that is spread by `day`.
    fn hours(&mut self, value: &Value<'_>, what: &str, day: Option<&[f64; 24]>) -> Option<[f64; 24]> {
        match (value.get_ref(), day) {
            (DeValue::Array(values), _) => {
                if values.len() != 24 {
                    let text = format!("`{what}` has `{}` values, expected 24, one an hour", values.len());
                    self.problem(&value.span(), &text, "the first is for 0:00 to 1:00");
                    return None;
                }
                let mut hours = [0.0; 24];
                for (hour, value) in hours.iter_mut().zip(values.iter()) {
                    *hour = self.rate(value, what)?;
                }
                Some(hours)
            }
            (_, Some(day)) => {
                let peak = self.rate(value, what)?;
                Some(day.map(|share| share * peak))
            }
            (_, None) => {
                self.problem(
                    &value.span(),
                    &format!("`{what}` is no list"),
                    "give 24 shares, one an hour",
                );
                None
            }
        }
    }

    fn text_of(&mut self, value: &Value<'_>, what: &str) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => {
                self.problem(&value.span(), &format!("`{what}` is no text"), "put it in quotes");
                None
            }
        }
    }

    fn shares(&mut self, value: &Value<'_>) -> [f64; 6] {
        let Some(table) = self.table_of(value, "`shares`") else {
            return SHARES;
        };
        let names: [String; 6] = KINDS.map(|kind| format!("{kind:?}").to_lowercase());
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        self.refuse_unknown(table, &known);
        let mut shares = [0.0; 6];
        for (share, name) in shares.iter_mut().zip(&names) {
            if let Some(value) = table.get(name.as_str()) {
                *share = self.rate(value, name).unwrap_or(0.0);
            }
        }
        if shares.iter().sum::<f64>() <= 0.0 {
            self.problem(&value.span(), "all `shares` are 0", "give at least `car` a share");
        }
        shares
    }

    fn zone(&mut self, value: &Value<'_>) {
        let Some(table) = self.table_of(value, "a zone") else {
            return;
        };
        self.refuse_unknown(table, &["name", "roads", "circle_m", "polygon_m"]);
        let name = table.get("name").and_then(|value| self.text_of(value, "name"));
        let Some(name) = name else {
            self.problem(&value.span(), "a zone without `name`", "add name = \"...\"");
            return;
        };
        let mut ends = Ends::default();
        if let Some(roads) = table.get("roads") {
            let DeValue::Array(roads) = roads.get_ref() else {
                self.problem(&roads.span(), "`roads` is no list", "write roads = [\"...\"]");
                return;
            };
            for road in roads.iter() {
                if let Some(text) = self.text_of(road, "roads")
                    && let Some(found) = self.road(&text, &road.span())
                {
                    ends.from.extend(found.from);
                    ends.to.extend(found.to);
                }
            }
        }
        if let Some(circle) = table.get("circle_m") {
            match self.numbers(circle, "circle_m").as_deref() {
                Some(&[x_m, y_m, radius_m]) if radius_m > 0.0 => {
                    let is_in = |[x, y]: [f64; 2]| libm::hypot(x - x_m, y - y_m) <= radius_m;
                    add_kerbs(self.network, &mut ends, &is_in);
                }
                Some(_) => self.problem(
                    &circle.span(),
                    "`circle_m` is no circle",
                    "write [x, y, radius] in metres",
                ),
                None => {}
            }
        }
        if let Some(polygon) = table.get("polygon_m") {
            self.polygon(polygon, &mut ends);
        }
        if ends.from.is_empty() && ends.to.is_empty() {
            let what = format!("zone `{name}` holds no street where vehicles could start or end");
            self.problem(
                &value.span(),
                &what,
                "streets of class town and below, longer than 60 m, have kerbs to park at",
            );
        }
        ends.from.truncate(4 * KERBS_MAX);
        ends.to.truncate(4 * KERBS_MAX);
        if self.zones.insert(name.clone(), ends).is_some() {
            self.problem(
                &value.span(),
                &format!("a second zone `{name}`"),
                "give each zone its own name",
            );
        }
    }

    fn numbers(&mut self, value: &Value<'_>, what: &str) -> Option<Vec<f64>> {
        let DeValue::Array(values) = value.get_ref() else {
            self.problem(
                &value.span(),
                &format!("`{what}` is no list"),
                "write numbers in brackets",
            );
            return None;
        };
        values.iter().map(|value| self.number(value, what)).collect()
    }

    fn polygon(&mut self, value: &Value<'_>, ends: &mut Ends) {
        let DeValue::Array(corners) = value.get_ref() else {
            self.problem(
                &value.span(),
                "`polygon_m` is no list",
                "write [[x, y], [x, y], [x, y]]",
            );
            return;
        };
        let mut outline = Vec::new();
        for corner in corners.iter() {
            match self.numbers(corner, "polygon_m").as_deref() {
                Some(&[x, y]) => outline.push([x, y]),
                Some(_) => self.problem(&corner.span(), "a corner that is no pair", "write [x, y] in metres"),
                None => {}
            }
        }
        if outline.len() < 3 {
            self.problem(
                &value.span(),
                "`polygon_m` has less than 3 corners",
                "give at least a triangle",
            );
            return;
        }
        let is_in = |point: [f64; 2]| holds(&outline, point);
        add_kerbs(self.network, ends, &is_in);
    }

    fn ends(&mut self, value: &Value<'_>, what: &str) -> Option<Ends> {
        let name = self.text_of(value, what)?;
        if name == "fringe" {
            let places = Places::new(self.network);
            return Some(Ends {
                from: places.entries,
                to: places.exits,
            });
        }
        if let Some(ends) = self.zones.get(&name) {
            return Some(ends.clone());
        }
        self.road(&name, &value.span())
    }

    /// The ends of a road given by id, or of all of a name.
    fn road(&mut self, name: &str, span: &Range<usize>) -> Option<Ends> {
        let roads = self.network.roads();
        let is_meant = |road: &road::Road| road.id == name || !road.name.is_empty() && road.name == name;
        if !roads.iter().any(is_meant) {
            let nearest = nearest_name(roads, self.zones.keys(), name);
            let hint = nearest.map_or_else(
                || "the map has no named road".to_owned(),
                |nearest| format!("did you mean `{nearest}`?"),
            );
            self.problem(span, &format!("unknown road or zone `{name}`"), &hint);
            return None;
        }
        let mut ends = Ends::default();
        for (index, edge) in self.network.edges().iter().enumerate() {
            if edge.junction.is_some() || !is_meant(&roads[edge.road.0 as usize]) {
                continue;
            }
            let place = |at_m, is_at_kerb| Place {
                edge: EdgeId(index as u32),
                at_m,
                is_at_kerb,
            };
            if edge.predecessors.is_empty() && edge.length_m > 30.0 {
                ends.from.push((place(0.0, false), edge.lanes.len() as f64));
            } else if edge.successors.is_empty() && edge.length_m > 30.0 {
                ends.to.push((place(0.0, false), edge.lanes.len() as f64));
            } else if has_kerb(self.network, EdgeId(index as u32)) {
                let kerb = (place(0.45 * edge.length_m, true), 1.0);
                ends.from.push(kerb);
                ends.to.push(kerb);
            }
        }
        // A road that enters the map is meant as that entry, not as its kerbs.
        for list in [&mut ends.from, &mut ends.to] {
            if list.iter().any(|(place, _)| !place.is_at_kerb) {
                list.retain(|(place, _)| !place.is_at_kerb);
            }
        }
        if ends.from.is_empty() && ends.to.is_empty() {
            let what =
                format!("no vehicle can start or end on `{name}`: it ends inside the map and has no kerb to park at");
            self.problem(
                span,
                &what,
                "name a road at the map's fringe, or one of class town or below",
            );
            return None;
        }
        Some(ends)
    }

    fn flow(&mut self, value: &Value<'_>, day: &[f64; 24], shares: [f64; 6], flows: &mut Vec<Flow>) {
        let Some(table) = self.table_of(value, "a flow") else {
            return;
        };
        self.refuse_unknown(table, &["name", "from", "to", "vehicles_per_h", "shares"]);
        let name = table.get("name").and_then(|value| self.text_of(value, "name"));
        let mut need = |key: &str, hint: &str| {
            let found = table.get(key);
            if found.is_none() {
                self.problem(&value.span(), &format!("a flow without `{key}`"), hint);
            }
            found
        };
        let from = need("from", "a zone, a road's id or name, or \"fringe\"");
        let to = need("to", "a zone, a road's id or name, or \"fringe\"");
        let rate = need("vehicles_per_h", "one number for the peak, or 24");
        let shares = table.get("shares").map_or(shares, |value| self.shares(value));
        let from = from.and_then(|value| self.ends(value, "from"));
        let to = to.and_then(|value| self.ends(value, "to"));
        let rate = rate.and_then(|value| self.hours(value, "vehicles_per_h", Some(day)));
        let (Some(from), Some(to), Some(vehicles_per_h)) = (from, to, rate) else {
            return;
        };
        if from.from.is_empty() {
            self.problem(
                &value.span(),
                "no vehicle can start where this flow comes `from`",
                "is it the map's exit side?",
            );
        }
        if to.to.is_empty() {
            self.problem(
                &value.span(),
                "no vehicle can end where this flow goes `to`",
                "is it the map's entry side?",
            );
        }
        let name = name.unwrap_or_else(|| format!("flow {}", flows.len() + 1));
        if flows.iter().any(|flow| flow.name == name) {
            self.problem(
                &value.span(),
                &format!("a second flow `{name}`"),
                "names tell flows' luck apart: change one",
            );
        }
        flows.push(Flow {
            name,
            from: from.from,
            to: to.to,
            vehicles_per_h,
            shares,
        });
    }

    fn matrix(&mut self, value: &Value<'_>, index: usize, shares: [f64; 6], flows: &mut Vec<Flow>) {
        let Some(table) = self.table_of(value, "a matrix") else {
            return;
        };
        self.refuse_unknown(table, &["hours", "zones", "vehicles_per_h"]);
        let (Some(hours), Some(zones), Some(rates)) =
            (table.get("hours"), table.get("zones"), table.get("vehicles_per_h"))
        else {
            self.problem(
                &value.span(),
                "a matrix without `hours`, `zones` or `vehicles_per_h`",
                "give all three",
            );
            return;
        };
        let span = match self.numbers(hours, "hours").as_deref() {
            Some(&[from, until]) if from >= 0.0 && from < until && until <= 24.0 => {
                from as usize..until.ceil() as usize
            }
            Some(_) => {
                self.problem(
                    &hours.span(),
                    "`hours` is no span of the day",
                    "write [7, 9] for 7:00 to 9:00",
                );
                return;
            }
            None => return,
        };
        let (DeValue::Array(zones), DeValue::Array(rows)) = (zones.get_ref(), rates.get_ref()) else {
            self.problem(
                &value.span(),
                "`zones` or `vehicles_per_h` is no list",
                "see the demand page",
            );
            return;
        };
        if zones.is_empty() {
            self.problem(&value.span(), "an empty matrix", "name its zones, or leave it out");
            return;
        }
        let mut ends = Vec::new();
        for zone in zones.iter() {
            if let (Some(name), Some(found)) = (self.text_of(zone, "zones"), self.ends(zone, "zones")) {
                ends.push((name, found));
            }
        }
        if ends.len() != zones.len() {
            return;
        }
        if rows.len() != ends.len() {
            let what = format!("`{}` rows for `{}` zones", rows.len(), ends.len());
            self.problem(&rates.span(), &what, "one row for each zone, in their order");
            return;
        }
        for (row, (from_name, from)) in rows.iter().zip(&ends) {
            let Some(values) = self.numbers(row, "vehicles_per_h") else {
                continue;
            };
            if values.len() != ends.len() {
                let what = format!("`{}` columns for `{}` zones", values.len(), ends.len());
                self.problem(&row.span(), &what, "one column for each zone, in their order");
                continue;
            }
            for (rate, (to_name, to)) in values.into_iter().zip(&ends) {
                if !(0.0..=RATE_MAX_PER_H).contains(&rate) {
                    let what = format!("`vehicles_per_h` is `{rate}`, expected 0 to {RATE_MAX_PER_H}");
                    self.problem(&row.span(), &what, "0 is none");
                    continue;
                }
                if rate == 0.0 || from.from.is_empty() || to.to.is_empty() {
                    continue;
                }
                flows.push(Flow {
                    name: format!("matrix {index}: {from_name} to {to_name}"),
                    from: from.from.clone(),
                    to: to.to.clone(),
                    vehicles_per_h: std::array::from_fn(|hour| if span.contains(&hour) { rate } else { 0.0 }),
                    shares,
                });
            }
        }
    }
}

/// Kerbs in an area.
fn add_kerbs(network: &RoadNetwork, ends: &mut Ends, is_in: &dyn Fn([f64; 2]) -> bool) {
    let mut found = Vec::new();
    for (index, edge) in network.edges().iter().enumerate() {
        let id = EdgeId(index as u32);
        if !has_kerb(network, id) || edge.predecessors.is_empty() || edge.successors.is_empty() {
            continue;
        }
        let pose = network.lane_pose(LanePosition {
            lane: edge.lanes[0],
            s_m: 0.5 * edge.length_m,
            offset_m: 0.0,
        });
        if is_in([pose.x_m, pose.y_m]) {
            let place = Place {
                edge: id,
                at_m: 0.45 * edge.length_m,
                is_at_kerb: true,
            };
            found.push((place, edge.length_m.min(400.0)));
        }
    }
    let step = found.len().div_ceil(KERBS_MAX).max(1);
    for kerb in found.into_iter().step_by(step) {
        ends.from.push(kerb);
        ends.to.push(kerb);
    }
}

/// Whether a point lies in an outline, by counting crossings of a ray.
fn holds(outline: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let mut is_in = false;
    let mut last = outline[outline.len() - 1];
    for &corner in outline {
        let crosses = (corner[1] > y) != (last[1] > y);
        if crosses && x < (last[0] - corner[0]) * (y - corner[1]) / (last[1] - corner[1]) + corner[0] {
            is_in = !is_in;
        }
        last = corner;
    }
    is_in
}

fn nearest_name<'a>(roads: &'a [road::Road], zones: impl Iterator<Item = &'a String>, name: &str) -> Option<&'a str> {
    let ids = roads.iter().filter(|road| road.junction.is_none());
    let names = ids.flat_map(|road| [road.id.as_str(), road.name.as_str()]);
    names
        .chain(zones.map(String::as_str))
        .filter(|candidate| !candidate.is_empty())
        .min_by_key(|candidate| distance(candidate, name))
}

/// Edit distance (Wagner and Fischer 1974), good enough for a hint.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let change = diagonal + usize::from(!from.eq_ignore_ascii_case(to));
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
