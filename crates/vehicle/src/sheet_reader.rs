//! Reads data sheets from TOML, and tells all that is wrong with one at once.
//!
//! In goes text; out comes a [`DataSheet`] or one message a problem: `file:line`, what was found, a hint. Every number has
//! the range in which it makes physical sense. It opens no files.

use crate::observation::ObjectKind;
use crate::odd::OperationalDesignDomain;
use crate::sheet::{
    Battery, Brake, DataSheet, Dimensions, Doors, Drive, FilesBeside, Localisation, Mass, Positioning, Resistance,
    Sensor, SensorKind, Steering, Tyres,
};
use std::ops::RangeInclusive;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Most sensors on one vehicle: a limit against runaway files, ten times what anybody mounts.
const SENSORS_MAX: usize = 256;

/// Reads a sheet; `file` is only for messages.
pub(crate) fn read(text: &str, file: &str, beside: &FilesBeside<'_>) -> Result<DataSheet, Vec<String>> {
    let sheet = read_text(text, file, |page| read_page(page, beside))?;
    let mut problems = Vec::new();
    check_whole(&sheet, file, &mut problems);
    if problems.is_empty() { Ok(sheet) } else { Err(problems) }
}

/// Reads a page of TOML by what `read_page` asks for; all that is wrong is told at once.
pub(crate) fn read_text<T>(
    text: &str,
    file: &str,
    read_page: impl FnOnce(&mut Section<'_, '_>) -> T,
) -> Result<T, Vec<String>> {
    let source = Source { text, file };
    let root = DeTable::parse(text).map_err(|error| {
        let line = source.line(error.span().map_or(0, |span| span.start));
        vec![format!(
            "{file}:{line}: {}\nhint: the file must be TOML (https://toml.io)",
            error.message()
        )]
    })?;
    let mut problems = Vec::new();
    let mut page = Section {
        source,
        path: String::new(),
        at: 0,
        table: Some(root.get_ref()),
        known: Vec::new(),
        problems: &mut problems,
    };
    let value = read_page(&mut page);
    page.close();
    if problems.is_empty() { Ok(value) } else { Err(problems) }
}

/// What to say to one who asked for a sheet that is not shipped.
pub(crate) fn hint_for_name(name: &str) -> String {
    let names: Vec<&str> = DataSheet::shipped_names().collect();
    let all = names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    match nearest(name, &names) {
        Some(near) => format!("did you mean `{near}`? there are {all}; a path must end in `.toml`"),
        None => format!("there are {all}; the path of a sheet of your own must end in `.toml`"),
    }
}

fn read_page(page: &mut Section<'_, '_>, beside: &FilesBeside<'_>) -> DataSheet {
    let name = page.text("name");
    let title = page.text("title");
    let kind = page.one_of(
        "kind",
        &[
            ("car", ObjectKind::Car),
            ("truck", ObjectKind::Truck),
            ("bus", ObjectKind::Bus),
            ("cyclist", ObjectKind::Cyclist),
        ],
    );
    let dimensions = page.section("dimensions", |of| Dimensions {
        length_m: of.number("length_m", 0.5..=30.0),
        width_m: of.number("width_m", 0.2..=4.0),
        height_m: of.number("height_m", 0.5..=5.0),
        wheelbase_m: of.number("wheelbase_m", 0.3..=20.0),
        front_overhang_m: of.number("front_overhang_m", 0.0..=5.0),
        rear_overhang_m: of.number("rear_overhang_m", 0.0..=8.0),
        track_m: of.number("track_m", 0.0..=3.5),
    });
    let mass = page.section("mass", |of| Mass {
        empty_kg: of.number("empty_kg", 5.0..=60_000.0),
        payload_kg: of.number("payload_kg", 0.0..=60_000.0),
        seats: of.count("seats", 0..=300),
        front_share: of.number("front_share", 0.05..=0.95),
        centre_height_m: of.number("centre_height_m", 0.1..=3.0),
        yaw_inertia_kgm2: of.number("yaw_inertia_kgm2", 0.5..=1e6),
    });
    let steering = page.section("steering", |of| Steering {
        angle_rad_max: of.number("angle_deg_max", 5.0..=85.0).to_radians(),
        rate_rad_per_s_max: of.number("rate_deg_per_s_max", 1.0..=720.0).to_radians(),
        lag_s: of.number("lag_s", 0.0..=2.0),
    });
    let drive = page.section("drive", |of| Drive {
        force_n_max: of.number("force_n_max", 10.0..=300_000.0),
        power_w_max: of.number("power_w_max", 50.0..=2e6),
        speed_mps_max: of.number("speed_kmph_max", 1.0..=400.0) / 3.6,
        reverse_speed_mps_max: of.number("reverse_speed_kmph_max", 0.0..=60.0) / 3.6,
        lag_s: of.number("lag_s", 0.0..=3.0),
        efficiency: of.number("efficiency", 0.05..=1.0),
        recuperation_force_n_max: of.number("recuperation_force_n_max", 0.0..=300_000.0),
        recuperation_power_w_max: of.number("recuperation_power_w_max", 0.0..=2e6),
        recuperation_efficiency: of.number("recuperation_efficiency", 0.0..=1.0),
    });
    let brake = page.section("brake", |of| Brake {
        force_n_max: of.number("force_n_max", 10.0..=600_000.0),
        lag_s: of.number("lag_s", 0.0..=2.0),
        jerk_mps3_max: of.number("jerk_mps3_max", 0.5..=100.0),
    });
    let battery = page.section("battery", |of| Battery {
        capacity_wh: of.number("capacity_wh", 1.0..=5e6),
        charge_min: of.number("charge_min", 0.0..=0.9),
        charge_max: of.number("charge_max", 0.1..=1.0),
        auxiliary_w: of.number("auxiliary_w", 0.0..=50_000.0),
        charge_w_max: of.number("charge_w_max", 0.0..=3e6),
    });
    let resistance = page.section("resistance", |of| Resistance {
        drag_coefficient: of.number("drag_coefficient", 0.0..=2.0),
        frontal_area_m2: of.number("frontal_area_m2", 0.1..=15.0),
        rolling_coefficient: of.number("rolling_coefficient", 0.0..=0.1),
    });
    let tyres = page.section("tyres", |of| Tyres {
        front_cornering_stiffness_n_per_rad: of.number("front_cornering_stiffness_n_per_rad", 100.0..=2e6),
        rear_cornering_stiffness_n_per_rad: of.number("rear_cornering_stiffness_n_per_rad", 100.0..=2e6),
        friction: of.number("friction", 0.05..=2.0),
    });
    let doors = page.has("doors").then(|| {
        page.section("doors", |of| Doors {
            count: of.count("count", 1..=12),
            boarding_s: of.number("boarding_s", 0.1..=60.0),
            alighting_s: of.number("alighting_s", 0.1..=60.0),
            opening_s: of.number("opening_s", 0.0..=20.0),
            closing_s: of.number("closing_s", 0.0..=20.0),
            x_m: of.number("x_m", -10.0..=20.0),
        })
    });
    let localisation = page.section("localisation", |of| Localisation {
        position_noise_m: of.number("position_noise_m", 0.0..=10.0),
        heading_noise_rad: of.number("heading_noise_deg", 0.0..=10.0).to_radians(),
        speed_noise_mps: of.number("speed_noise_mps", 0.0..=5.0),
    });
    let sensors = page.sections("sensors", SENSORS_MAX, read_sensor);
    let usual = Positioning::default();
    let positioning = if page.has("positioning") {
        page.section("positioning", |of| Positioning {
            satellite_rate_hz: of.number_or("satellite_rate_hz", 0.1..=100.0, usual.satellite_rate_hz),
            satellite_noise_m: of.number_or("satellite_noise_m", 0.0..=50.0, usual.satellite_noise_m),
            gyroscope_bias_rad_per_s: of
                .number_or(
                    "gyroscope_bias_deg_per_s",
                    0.0..=5.0,
                    usual.gyroscope_bias_rad_per_s.to_degrees(),
                )
                .to_radians(),
            gyroscope_noise_rad_per_s: of
                .number_or(
                    "gyroscope_noise_deg_per_s",
                    0.0..=10.0,
                    usual.gyroscope_noise_rad_per_s.to_degrees(),
                )
                .to_radians(),
            wheel_scale_noise: of.number_or("wheel_scale_noise", 0.0..=0.2, usual.wheel_scale_noise),
            lane_line_noise_m: of.number_or("lane_line_noise_m", 0.0..=2.0, usual.lane_line_noise_m),
            lane_heading_noise_rad: of
                .number_or(
                    "lane_heading_noise_deg",
                    0.0..=10.0,
                    usual.lane_heading_noise_rad.to_degrees(),
                )
                .to_radians(),
        })
    } else {
        usual
    };
    let odd = read_odd(page, beside);
    DataSheet {
        odd,
        name,
        title,
        kind,
        dimensions,
        mass,
        steering,
        drive,
        brake,
        battery,
        resistance,
        tyres,
        doors,
        sensors,
        localisation,
        positioning,
    }
}

/// The operational design domain in the file beside the sheet that `odd` names; no bounds if it names none.
fn read_odd(page: &mut Section<'_, '_>, beside: &FilesBeside<'_>) -> Arc<OperationalDesignDomain> {
    if !page.has("odd") {
        page.know("odd");
        return Arc::default();
    }
    let at = page.place_of("odd");
    let name = page.text("odd");
    let is_plain = name.ends_with(".odd.toml") && !name.contains(['/', '\\']);
    if !is_plain {
        if !name.is_empty() {
            let hint = "name a file beside this one, ending in `.odd.toml`";
            page.tell(at, &format!("`odd` is `{name}`"), hint);
        }
        return Arc::default();
    }
    let read = beside(&name).map(|(file, text)| crate::odd_reader::read(&text, &file));
    match read {
        Ok(Ok(domain)) => return Arc::new(domain),
        Ok(Err(problems)) => page.problems.extend(problems),
        Err(why) => page.tell(
            at,
            &format!("`odd` is `{name}`, {why}"),
            "put the file beside the data sheet, or leave the key out: then nothing is bounded",
        ),
    }
    Arc::default()
}

fn read_sensor(of: &mut Section<'_, '_>) -> Sensor {
    let name = of.text("name");
    let kind = of.one_of(
        "kind",
        &[
            ("lidar", SensorKind::Lidar),
            ("radar", SensorKind::Radar),
            ("camera", SensorKind::Camera),
            ("v2x", SensorKind::V2x),
        ],
    );
    let [detection_probability, false_per_scan, lost_share] = Sensor::usual_faults(kind);
    Sensor {
        name,
        kind,
        x_m: of.number("x_m", -30.0..=30.0),
        y_m: of.number("y_m", -3.0..=3.0),
        z_m: of.number("z_m", 0.0..=6.0),
        yaw_rad: of.number("yaw_deg", -360.0..=360.0).to_radians(),
        range_m: of.number("range_m", 0.1..=5_000.0),
        field_of_view_rad: of.number("field_of_view_deg", 0.1..=360.0).to_radians(),
        rate_hz: of.number("rate_hz", 0.1..=1_000.0),
        position_noise_m: of.number("position_noise_m", 0.0..=50.0),
        speed_noise_mps: of.number("speed_noise_mps", 0.0..=20.0),
        latency_s: of.number("latency_s", 0.0..=5.0),
        detection_probability: of.number_or("detection_probability", 0.0..=1.0, detection_probability),
        false_per_scan: of.number_or("false_per_scan", 0.0..=100.0, false_per_scan),
        lost_share: of.number_or("lost_share", 0.0..=1.0, lost_share),
    }
}

/// What no single number shows. Looks only where the numbers themselves were fine, so as not to blame twice.
fn check_whole(sheet: &DataSheet, file: &str, problems: &mut Vec<String>) {
    if !problems.is_empty() {
        return;
    }
    let d = &sheet.dimensions;
    let sum_m = d.wheelbase_m + d.front_overhang_m + d.rear_overhang_m;
    if (sum_m - d.length_m).abs() > 0.01 {
        problems.push(format!(
            "{file}: dimensions: wheelbase and overhangs add up to `{sum_m:.2}` m, the length is `{:.2}` m\n\
             hint: length_m = front_overhang_m + wheelbase_m + rear_overhang_m",
            d.length_m
        ));
    }
    if d.track_m > d.width_m {
        problems.push(format!(
            "{file}: dimensions: the track of `{}` m is wider than the body of `{}` m\nhint: track_m is between the wheels' middles",
            d.track_m, d.width_m
        ));
    }
    if sheet.battery.charge_min >= sheet.battery.charge_max {
        problems.push(format!(
            "{file}: battery: charge_min `{}` is not below charge_max `{}`\nhint: both are shares of the capacity, 0 to 1",
            sheet.battery.charge_min, sheet.battery.charge_max
        ));
    }
}

#[derive(Clone, Copy)]
struct Source<'a> {
    text: &'a str,
    file: &'a str,
}

impl Source<'_> {
    fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }
}

/// One table of the file while it is read: hands out its values and remembers which keys it knows.
pub(crate) struct Section<'a, 'p> {
    source: Source<'a>,
    path: String,
    /// Where the table begins, for what is missing in it.
    at: usize,
    /// `None` if the table itself is missing, which has been told already.
    table: Option<&'p DeTable<'a>>,
    known: Vec<&'static str>,
    problems: &'p mut Vec<String>,
}

impl<'a> Section<'a, '_> {
    fn tell(&mut self, at: usize, problem: &str, hint: &str) {
        let (file, line) = (self.source.file, self.source.line(at));
        self.problems.push(format!("{file}:{line}: {problem}\nhint: {hint}"));
    }

    fn full(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// A key that may be there; what it says is not asked for now.
    pub(crate) fn know(&mut self, key: &'static str) {
        self.known.push(key);
    }

    /// Where a key's value begins, for messages; where the table begins if it is not there.
    fn place_of(&self, key: &str) -> usize {
        let value = self.table.and_then(|table| table.get(key));
        value.map_or(self.at, |value| value.span().start)
    }

    /// What was written for `key`, as (value, place, text); tells if it is missing.
    fn take(&mut self, key: &'static str, example: &str) -> Option<(DeValue<'a>, usize, &'a str)> {
        self.known.push(key);
        let table = self.table?;
        match table.get(key) {
            Some(value) => {
                let span = value.span();
                let text = self.source.text.get(span.clone()).unwrap_or_default();
                Some((value.get_ref().clone(), span.start, text))
            }
            None => {
                let (at, path) = (self.at, self.full(key));
                self.tell(at, &format!("`{path}` is missing"), &format!("add `{key} = {example}`"));
                None
            }
        }
    }

    pub(crate) fn number(&mut self, key: &'static str, range: RangeInclusive<f64>) -> f64 {
        let middle = range.clone();
        let (low, high) = (*range.start(), *range.end());
        let Some((value, at, text)) = self.take(key, "...") else {
            return low;
        };
        let number = match &value {
            DeValue::Float(float) => float.as_str().parse::<f64>().ok(),
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse::<f64>().ok(),
            _ => None,
        };
        match number {
            Some(number) if middle.contains(&number) => number,
            _ => {
                let path = self.full(key);
                self.tell(
                    at,
                    &format!("`{path}` is `{text}`"),
                    &format!("give a number from {low} to {high}"),
                );
                low
            }
        }
    }

    /// A number that may be left out.
    pub(crate) fn number_or(&mut self, key: &'static str, range: RangeInclusive<f64>, usual: f64) -> f64 {
        if self.has(key) {
            return self.number(key, range);
        }
        self.known.push(key);
        usual
    }

    fn count(&mut self, key: &'static str, range: RangeInclusive<u32>) -> u32 {
        let (low, high) = (*range.start(), *range.end());
        let Some((value, at, text)) = self.take(key, &low.to_string()) else {
            return low;
        };
        let number = match &value {
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse::<u32>().ok(),
            _ => None,
        };
        match number {
            Some(number) if range.contains(&number) => number,
            _ => {
                let path = self.full(key);
                self.tell(
                    at,
                    &format!("`{path}` is `{text}`"),
                    &format!("give a whole number from {low} to {high}"),
                );
                low
            }
        }
    }

    pub(crate) fn flag(&mut self, key: &'static str) -> bool {
        let Some((value, at, text)) = self.take(key, "true") else {
            return false;
        };
        if let DeValue::Boolean(flag) = value {
            return flag;
        }
        let path = self.full(key);
        self.tell(at, &format!("`{path}` is `{text}`"), "write `true` or `false`");
        false
    }

    /// A flag that may be left out.
    pub(crate) fn flag_or(&mut self, key: &'static str, usual: bool) -> bool {
        if self.has(key) {
            return self.flag(key);
        }
        self.known.push(key);
        usual
    }

    pub(crate) fn text(&mut self, key: &'static str) -> String {
        let Some((value, at, text)) = self.take(key, "\"...\"") else {
            return String::new();
        };
        match value.as_str() {
            Some(text) if !text.trim().is_empty() => text.to_owned(),
            _ => {
                let path = self.full(key);
                self.tell(at, &format!("`{path}` is `{text}`"), "give a text in quotation marks");
                String::new()
            }
        }
    }

    /// The value that a word stands for; the first of `choices` where the word is wrong (and told).
    pub(crate) fn one_of<T: Copy, const N: usize>(&mut self, key: &'static str, choices: &[(&str, T); N]) -> T {
        const { assert!(N > 0, "a choice among nothing") };
        let first = choices[0].1;
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let all = words
            .iter()
            .map(|word| format!("\"{word}\""))
            .collect::<Vec<_>>()
            .join(", ");
        let Some((value, at, text)) = self.take(key, &format!("\"{}\"", words[0])) else {
            return first;
        };
        let found = value
            .as_str()
            .and_then(|word| choices.iter().find(|(choice, _)| *choice == word));
        match found {
            Some((_, choice)) => *choice,
            None => {
                let path = self.full(key);
                self.tell(at, &format!("`{path}` is `{text}`"), &format!("one of {all}"));
                first
            }
        }
    }

    /// A table that may be left out.
    pub(crate) fn section_if_any(&mut self, key: &'static str, read: impl FnOnce(&mut Section<'_, '_>)) {
        if self.has(key) {
            self.section(key, read);
        } else {
            self.known.push(key);
        }
    }

    fn section<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Section<'_, '_>) -> T) -> T {
        self.known.push(key);
        let path = self.full(key);
        let found = self.table.and_then(|table| table.get(key));
        let (table, at) = match found {
            Some(value) => (value.get_ref().as_table(), value.span().start),
            None => (None, self.at),
        };
        if table.is_none() && self.table.is_some() {
            let problem = if found.is_some() {
                format!("`{path}` is not a table")
            } else {
                format!("table `[{path}]` is missing")
            };
            self.tell(
                at,
                &problem,
                &format!("add a table `[{path}]`; see the shipped `vehicles/minibus.toml`"),
            );
        }
        let mut section = Section {
            source: self.source,
            path,
            at,
            table,
            known: Vec::new(),
            problems: self.problems,
        };
        let value = read(&mut section);
        section.close();
        value
    }

    fn sections<T>(&mut self, key: &'static str, limit: usize, read: impl Fn(&mut Section<'_, '_>) -> T) -> Vec<T> {
        self.known.push(key);
        let path = self.full(key);
        let Some(value) = self.table.and_then(|table| table.get(key)) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.tell(
                value.span().start,
                &format!("`{path}` is not a list of tables"),
                &format!("begin each with `[[{path}]]`"),
            );
            return Vec::new();
        };
        if array.len() > limit {
            let problem = format!("`{path}` has `{}` entries", array.len());
            self.tell(value.span().start, &problem, &format!("give at most {limit}"));
            return Vec::new();
        }
        let mut values = Vec::new();
        for (index, element) in array.iter().enumerate() {
            let path = format!("{path}[{index}]");
            let at = element.span().start;
            let table = element.get_ref().as_table();
            if table.is_none() {
                self.tell(
                    at,
                    &format!("`{path}` is not a table"),
                    &format!("begin each with `[[{key}]]`"),
                );
            }
            let mut section = Section {
                source: self.source,
                path,
                at,
                table,
                known: Vec::new(),
                problems: self.problems,
            };
            values.push(read(&mut section));
            section.close();
        }
        values
    }

    /// Tells of keys that nobody asked for.
    fn close(&mut self) {
        let Some(table) = self.table else { return };
        let mut unknown: Vec<(usize, String)> = Vec::new();
        for (key, _) in table.iter() {
            let key: &Spanned<_> = key;
            let word: &str = key.get_ref();
            if !self.known.contains(&word) {
                unknown.push((key.span().start, word.to_owned()));
            }
        }
        unknown.sort();
        for (at, word) in unknown {
            let path = self.full(&word);
            let hint = match nearest(&word, &self.known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", self.known.join(", ")),
            };
            self.tell(at, &format!("nothing is called `{path}`"), &hint);
        }
    }
}

/// The word that is nearest to `word` by edit distance, if it is near at all.
fn nearest<'w>(word: &str, words: &[&'w str]) -> Option<&'w str> {
    let near = words
        .iter()
        .map(|candidate| (edit_distance(word, candidate), *candidate))
        .min()?;
    (near.0 <= 1 + near.1.len() / 4).then_some(near.1)
}

/// Levenshtein 1966. Words are short; long ones are cut so that a hostile key costs nothing.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != y)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}
