//! Tables of links: scenario, heights, distance, visibility and frequency in, path loss and chance of a line of sight out.
//!
//! Columns are found by name; any others pass through as they are. Every mistake of a table is told at once, with its line.
//!
//! | column | unit | what |
//! | --- | --- | --- |
//! | `scenario` | | `UMa`, `UMi`, `RMa`, `InH` or `InH-mixed`, `InH-open`, `InF` or `InF-SL`, `-DL`, `-SH`, `-DH`, `V2V-urban`, `V2V-highway` |
//! | `base_height_m`, `user_height_m` | m | above the ground |
//! | `distance_2d_m` | m | in plan view |
//! | `visibility` | | `los`, `nlos`, `nlosv` (vehicles between), and for `InF` `nlos-sl`, `nlos-dl`, `nlos-sh`, `nlos-dh` |
//! | `frequency_ghz` | GHz | carrier |
//! | `wall` | | optional: `low`, `high`, `car`, `car-metallised`, or nothing outdoors |
//! | `inside_m` | m | optional: how far behind the wall |
//!
//! Out come the same columns with `path_loss_db` and `los_probability` written, in their places or at the end. Where a row does not
//! say which kind of factory it is in, there is no probability.

use super::path_loss::{Factory, Geometry, Office, Scenario, Visibility, Wall};
use crate::error::NetworkError;
use record::Problems;

/// Rows of a table at most: a million fill 100 MB, and more belong into several files.
pub const ROWS_MAX: usize = 1_000_000;

/// What came out of a table.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The table with its new columns, as CSV.
    pub csv: String,
    /// Rows outside the ranges of the report's formulas: a message each.
    pub warnings: Vec<String>,
}

/// Path loss of every row; `file` is its name in messages.
pub fn path_loss(file: &str, text: &str) -> Result<Rows, NetworkError> {
    let mut problems = Problems::default();
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .comment(Some(b'#'))
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let heads = reader.headers().cloned().unwrap_or_default();
    let place_of = |name: &str| heads.iter().position(|head| head == name);
    for name in NEEDED.into_iter().filter(|name| place_of(name).is_none()) {
        problems.add(
            format!("{file}:1"),
            format!("there is no column `{name}`"),
            format!("the columns are {}", NEEDED.join(",")),
        );
    }
    problems.into_result()?;
    let mut problems = Problems::default();
    let needed = NEEDED.map(|name| place_of(name).unwrap_or(usize::MAX));
    let optional = ["wall", "inside_m"].map(|name| place_of(name).unwrap_or(usize::MAX));
    let written = ["path_loss_db", "los_probability"].map(place_of);
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut all_heads: Vec<&str> = heads.iter().collect();
    all_heads.extend(
        written
            .iter()
            .zip(["path_loss_db", "los_probability"])
            .filter(|(place, _)| place.is_none())
            .map(|(_, name)| name),
    );
    let mut write = |row: &[&str]| {
        out.write_record(row)
            .map_err(|error| NetworkError::Output(format!("{file}: {error}")))
    };
    write(&all_heads)?;
    let mut warnings = Vec::new();
    for (index, record) in reader.records().enumerate() {
        if index >= ROWS_MAX {
            problems.add(
                format!("{file}:{}", index + 2),
                format!("more than {ROWS_MAX} rows"),
                "split the table",
            );
            break;
        }
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                problems.add(
                    format!("{file}:{}", index + 2),
                    error,
                    "save the table as UTF-8, one row a line",
                );
                break;
            }
        };
        let line = record.position().map_or(index as u64 + 2, csv::Position::line);
        let place = format!("{file}:{line}");
        if record.len() != heads.len() {
            problems.add(
                place,
                format!("found {} fields, expected {}", record.len(), heads.len()),
                "give each column of the first line a field",
            );
            continue;
        }
        let cell = |column: usize| record.get(column).unwrap_or("");
        let Some(row) = read_row(&place, needed.map(cell), optional.map(cell), &mut problems) else {
            continue;
        };
        if let Some(outside) = row.scenario.outside_range(&row.geometry) {
            warnings.push(format!("{place}: {outside}"));
        }
        let loss = format!("{:.4}", row.path_loss_db());
        let chance = match row.kind_is_known {
            true => format!("{:.6}", row.scenario.line_of_sight_probability(&row.geometry)),
            false => String::new(),
        };
        let mut cells: Vec<&str> = record.iter().collect();
        for (place, value) in written.iter().zip([&loss, &chance]) {
            match place {
                Some(column) => cells[*column] = value,
                None => cells.push(value),
            }
        }
        write(&cells)?;
    }
    problems.into_result()?;
    let bytes = out
        .into_inner()
        .map_err(|error| NetworkError::Output(format!("{file}: {error}")))?;
    Ok(Rows {
        csv: String::from_utf8_lossy(&bytes).into_owned(),
        warnings,
    })
}

const NEEDED: [&str; 6] = [
    "scenario",
    "base_height_m",
    "user_height_m",
    "distance_2d_m",
    "visibility",
    "frequency_ghz",
];

struct Row {
    scenario: Scenario,
    visibility: Visibility,
    geometry: Geometry,
    wall: Option<(Wall, f64)>,
    /// Whether the row says enough for a chance of a line of sight.
    kind_is_known: bool,
}

impl Row {
    fn path_loss_db(&self) -> f64 {
        let through_db = self.wall.map_or(0.0, |(wall, inside_m)| {
            wall.mean_loss_db(self.geometry.frequency_ghz, inside_m)
        });
        self.scenario.path_loss_db(self.visibility, &self.geometry) + through_db
    }
}

fn read_row(place: &str, needed: [&str; 6], [wall, inside]: [&str; 2], problems: &mut Problems) -> Option<Row> {
    let [scenario, base, user, distance, visibility, frequency] = needed;
    let mut number = |name: &str, text: &str, low: f64, high: f64| {
        let found = text.parse::<f64>().ok().filter(|value| (low..=high).contains(value));
        if found.is_none() {
            problems.add(
                place,
                format!("`{name}` is `{text}`, expected a number from {low} to {high}"),
                "write a decimal number in the column's unit",
            );
        }
        found
    };
    let geometry = (
        number("base_height_m", base, 0.1, 1_000.0),
        number("user_height_m", user, 0.1, 1_000.0),
        number("distance_2d_m", distance, 0.0, 1e6),
        number("frequency_ghz", frequency, 0.1, 1_000.0),
    );
    let inside_m = if inside.is_empty() {
        Some(0.0)
    } else {
        number("inside_m", inside, 0.0, 100.0)
    };
    let mut unknown = |name: &str, text: &str, known: &str| {
        problems.add(
            place,
            format!("`{name}` is `{text}`"),
            format!("expected one of {known}"),
        );
    };
    let (seen, factory) = match visibility.to_ascii_lowercase().as_str() {
        "los" => (Some(Visibility::LineOfSight), None),
        "nlos" => (Some(Visibility::Blocked), None),
        "nlosv" => (Some(Visibility::BlockedByVehicle), None),
        "nlos-sl" => (Some(Visibility::Blocked), Some(Factory::SparseLow)),
        "nlos-dl" => (Some(Visibility::Blocked), Some(Factory::DenseLow)),
        "nlos-sh" => (Some(Visibility::Blocked), Some(Factory::SparseHigh)),
        "nlos-dh" => (Some(Visibility::Blocked), Some(Factory::DenseHigh)),
        _ => {
            unknown(
                "visibility",
                visibility,
                "`los`, `nlos`, `nlosv`, `nlos-sl`, `nlos-dl`, `nlos-sh`, `nlos-dh`",
            );
            (None, None)
        }
    };
    let name = scenario.to_ascii_lowercase();
    let mut kind_is_known = true;
    let found = match name.as_str() {
        "uma" => Some(Scenario::UrbanMacro),
        "umi" | "umi-street-canyon" => Some(Scenario::UrbanMicro),
        "rma" => Some(Scenario::RuralMacro),
        "inh" | "inh-mixed" | "inh-office-mixed" => Some(Scenario::Office(Office::Mixed)),
        "inh-open" | "inh-office-open" => Some(Scenario::Office(Office::Open)),
        "inf-sl" => Some(Scenario::Factory(Factory::SparseLow)),
        "inf-dl" => Some(Scenario::Factory(Factory::DenseLow)),
        "inf-sh" => Some(Scenario::Factory(Factory::SparseHigh)),
        "inf-dh" => Some(Scenario::Factory(Factory::DenseHigh)),
        "inf" if factory.is_some() => factory.map(Scenario::Factory),
        // With a line of sight the four halls lose the same; blocked, the row must say which it is.
        "inf" if seen == Some(Visibility::LineOfSight) => {
            kind_is_known = false;
            Some(Scenario::Factory(Factory::SparseHigh))
        }
        "inf" => {
            unknown(
                "visibility",
                visibility,
                "`los`, `nlos-sl`, `nlos-dl`, `nlos-sh`, `nlos-dh` for `InF`",
            );
            None
        }
        "v2v-urban" => Some(Scenario::VehicleUrban),
        "v2v-highway" => Some(Scenario::VehicleHighway),
        _ => {
            unknown(
                "scenario",
                scenario,
                "`UMa`, `UMi`, `RMa`, `InH`, `InH-mixed`, `InH-open`, `InF`, `InF-SL`, `InF-DL`, `InF-SH`, `InF-DH`, `V2V-urban`, `V2V-highway`",
            );
            None
        }
    };
    let behind = match wall.to_ascii_lowercase().as_str() {
        "" | "none" => Some(None),
        "low" => Some(Some(Wall::LowLoss)),
        "high" => Some(Some(Wall::HighLoss)),
        "car" => Some(Some(Wall::Car)),
        "car-metallised" => Some(Some(Wall::CarMetallised)),
        _ => {
            unknown("wall", wall, "`none`, `low`, `high`, `car`, `car-metallised`");
            None
        }
    };
    let (Some(base_height_m), Some(user_height_m), Some(distance_2d_m), Some(frequency_ghz)) = geometry else {
        return None;
    };
    Some(Row {
        scenario: found?,
        visibility: seen?,
        geometry: Geometry {
            base_height_m,
            user_height_m,
            distance_2d_m,
            frequency_ghz,
        },
        wall: behind?.zip(inside_m),
        kind_is_known,
    })
}
