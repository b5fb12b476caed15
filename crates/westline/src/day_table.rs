//! A day's measures as a table for a terminal and as JSON for a script.
//!
//! Both print the same figures under the same names; what a figure means is said where it is measured, in `service`.

use record::schema::westline::Measure;
use serde_json::{Map, Value};
use service::{DayMeasures, Distribution};

/// A figure: its section, its name, its value (none if nothing was measured), its unit and its digits.
struct Figure {
    section: &'static str,
    name: &'static str,
    value: Option<f64>,
    unit: &'static str,
    digits: usize,
}

/// The table.
pub fn text(day: &DayMeasures) -> String {
    let mut text = format!(
        "{} · {} · {} · {} to {} · seed {}\n",
        day.place,
        day.line,
        day.date,
        clock(day.from_clock_s),
        clock(day.to_clock_s),
        day.seed
    );
    let mut section = "";
    for figure in figures(day) {
        if figure.section != section {
            section = figure.section;
            text += &format!("\n{section}\n");
        }
        let value = match figure.value {
            Some(value) => format!("{value:.*}", figure.digits),
            None => "–".to_owned(),
        };
        text += &format!("  {:<38} {value:>10} {}\n", figure.name, figure.unit);
    }
    text
}

/// The same figures as one JSON object: section, then name with unit; those of the network beside them.
pub fn json(day: &DayMeasures, network: Option<Value>) -> String {
    let mut sections = Map::new();
    for figure in figures(day) {
        let unit: String = figure
            .unit
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '_' })
            .collect();
        let mut key = figure.name.replace([' ', ','], "_").replace("__", "_");
        if !unit.is_empty() {
            key = format!("{key}_{}", unit.replace('%', "percent"));
        }
        let value = figure
            .value
            .map_or(Value::Null, |value| round(value, figure.digits).into());
        let section = sections.entry(figure.section.replace(' ', "_").to_lowercase());
        let section = section.or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(section) = section {
            section.insert(key, value);
        }
    }
    let mut object = Map::new();
    object.insert("site".into(), day.site.clone().into());
    object.insert("line".into(), day.line.clone().into());
    object.insert("date".into(), day.date.clone().into());
    object.insert("seed".into(), day.seed.into());
    object.insert("from".into(), clock(day.from_clock_s).into());
    object.insert("to".into(), clock(day.to_clock_s).into());
    object.extend(sections);
    object.extend(network.map(|network| ("network".to_owned(), network)));
    format!("{:#}\n", Value::Object(object))
}

/// The same figures as records.
pub fn measures(day: &DayMeasures) -> Vec<Measure> {
    let name = |figure: &Figure| format!("{}.{}", figure.section, figure.name).to_lowercase();
    figures(day)
        .into_iter()
        .filter_map(|figure| {
            Some(Measure {
                name: name(&figure),
                unit: figure.unit.to_owned(),
                value: figure.value?,
                ..Measure::default()
            })
        })
        .collect()
}

fn figures(day: &DayMeasures) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut section = "";
    let mut add = |of, name, value: Option<f64>, unit, digits| {
        if !str::is_empty(of) {
            section = of;
        }
        figures.push(Figure {
            section,
            name,
            value,
            unit,
            digits,
        });
    };
    let count = |value: u32| Some(f64::from(value));
    let share = |part: u32, all: u32| (all > 0).then(|| 100.0 * f64::from(part) / f64::from(all));
    let at = |d: &Distribution, q: f64| d.quantile(q);
    let totals = &day.totals;
    add("Service", "trips planned", count(totals.trips_planned), "", 0);
    add("", "trips finished", count(totals.trips_finished), "", 0);
    add("", "trips cancelled", count(totals.trips_cancelled), "", 0);
    add("", "distance driven", Some(totals.distance_km), "km", 1);
    let punctuality = &day.punctuality;
    let shares = punctuality.shares();
    add("", "departures on time", shares.map(|shares| 100.0 * shares[1]), "%", 1);
    add("", "departures late", shares.map(|shares| 100.0 * shares[2]), "%", 1);
    add(
        "",
        "departure deviation, mean",
        punctuality.departure_deviation_s.mean(),
        "s",
        0,
    );
    add(
        "",
        "arrival deviation, 95 %",
        at(&punctuality.arrival_deviation_s, 0.95),
        "s",
        0,
    );
    let regularity = day.stops.iter().filter(|stop| stop.headways.count > 1);
    let worst = regularity
        .map(|stop| stop.headways.cv)
        .fold(None, |worst: Option<f64>, cv| Some(worst.map_or(cv, |w| w.max(cv))));
    add("", "headway variation, worst stop", worst, "", 2);

    let people = &day.passengers;
    add("Passengers", "came to a stop", count(people.arrived), "", 0);
    add("", "boarded", count(people.boarded), "", 0);
    add("", "left behind at least once", count(people.left_behind_once), "", 0);
    add("", "gave up", count(people.gave_up), "", 0);
    add("", "waiting, mean", people.waiting_s.mean(), "s", 0);
    add("", "waiting, 95 %", at(&people.waiting_s, 0.95), "s", 0);
    add("", "riding, mean", people.riding_s.mean(), "s", 0);

    let comfort = &day.comfort;
    add(
        "Comfort",
        "braking, strongest",
        (comfort.acceleration_mps2.count > 0).then_some(-comfort.acceleration_mps2.min),
        "m/s²",
        2,
    );
    add(
        "",
        "acceleration, 99 %",
        at(&comfort.acceleration_mps2, 0.99),
        "m/s²",
        2,
    );
    add(
        "",
        "lateral acceleration, 99 %",
        at(&comfort.lateral_acceleration_mps2, 0.99),
        "m/s²",
        2,
    );
    add("", "jerk, 99 %", at(&comfort.jerk_mps3, 0.99), "m/s³", 2);
    add("", "spells above 1.5 m/s²", count(comfort.acceleration_events), "", 0);
    add("", "spells above 1.5 m/s³", count(comfort.jerk_events), "", 0);
    add("", "braking above 3 m/s²", count(comfort.hard_braking_events), "", 0);
    let per_100_km = |events: u32| (totals.distance_km > 0.0).then(|| 100.0 * f64::from(events) / totals.distance_km);
    let hard = per_100_km(comfort.hard_braking_events);
    add("", "braking above 3 m/s², per 100 km", hard, "", 1);

    let docking = &day.docking;
    let docked = docking.along_m.count as u32;
    add("Docking", "halts at stops", count(docked), "", 0);
    add(
        "",
        "within 30 cm along and 15 cm to the kerb",
        share(docking.within_target, docked),
        "%",
        1,
    );
    add("", "error along, 95 %", at(&docking.along_m, 0.95), "m", 2);
    add("", "gap to the kerb, mean", docking.kerb_gap_m.mean(), "m", 2);
    add("", "gap to the kerb, 95 %", at(&docking.kerb_gap_m, 0.95), "m", 2);

    let safety = &day.safety;
    add("Safety", "collisions", count(safety.collisions.count), "", 0);
    add(
        "",
        "closest approach while moving",
        safety.closest_approaches.first().map(|approach| approach.gap_m),
        "m",
        2,
    );
    add(
        "",
        "time to collision, smallest",
        safety.time_to_collision_s_min,
        "s",
        2,
    );
    let assured = |cycles: u64| {
        let all = day.assurance.cycles;
        (all > 0).then(|| 100.0 * cycles as f64 / all as f64)
    };
    let lawful = assured(day.assurance.lawful);
    add("", "cycles proved safe, others lawful", lawful, "%", 2);
    let physical = assured(day.assurance.physical);
    add("", "cycles proved safe, others anyhow", physical, "%", 2);
    let inside = (day.odd.time_s > 0.0).then(|| 100.0 * day.odd.inside_s / day.odd.time_s);
    add("", "time inside the design domain", inside, "%", 2);
    add(
        "",
        "exits from the design domain",
        count(day.odd.exits.iter().sum()),
        "",
        0,
    );
    add(
        "",
        "stays on the degradation ladder",
        count(day.degradations_count),
        "",
        0,
    );
    let live_lane_s = day.degradations.iter().map(|stay| stay.live_lane_s);
    add(
        "",
        "stood in a live lane, longest",
        live_lane_s.reduce(f64::max),
        "s",
        0,
    );
    add("", "stops without reason", count(day.stops_without_reason.count), "", 0);
    add("", "standstills over two minutes", count(day.stalls.count), "", 0);

    add("Energy", "drawn", Some(totals.energy_kwh), "kWh", 1);
    add("", "charged", Some(totals.charged_kwh), "kWh", 1);
    add("", "per kilometre", totals.energy_kwh_per_km, "kWh/km", 2);
    let lowest = day
        .vehicles
        .iter()
        .map(|vehicle| vehicle.state_of_charge_min)
        .fold(None, |low: Option<f64>, charge| {
            Some(low.map_or(charge, |low| low.min(charge)))
        });
    add(
        "",
        "lowest state of charge",
        lowest.map(|charge| 100.0 * charge),
        "%",
        1,
    );

    add(
        "Surroundings",
        "others on the roads, mean",
        Some(totals.others_mean),
        "",
        0,
    );
    add("", "others on the roads, most", count(totals.others_max), "", 0);
    add("", "others towed out of a junction", count(totals.others_towed), "", 0);
    figures
}

/// `HH:MM`, hours past midnight counting on.
pub fn clock(seconds: f64) -> String {
    let minutes = (seconds / 60.0).floor() as i64;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn round(value: f64, digits: usize) -> f64 {
    let scale = 10f64.powi(digits as i32);
    (value * scale).round() / scale
}
