//! Judged runs as rows of a table, and back.
//!
//! A table belongs to one logical scenario: a column a parameter, a figure, a criterion's verdict. In go [`Judged`] runs;
//! out comes a [`Table`] for Parquet, and from its [`Rows`] come [`RunRow`]s with all that statistics and reports need.

use crate::digest::hex;
use crate::figure::Figure;
use crate::stand::{Fate, Judged};
use crate::suite::LogicalScenario;
use crate::verdict::{Decision, Verdict, model_name};
use driver::reference::Model;
use record::{Cell, Column, ColumnKind, Rows, Table};

/// A run as it was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// Its number.
    pub index: u64,
    /// Values of the parameters, in their order.
    pub values: Vec<f64>,
    /// Why it was not allowed.
    pub refused: Option<String>,
    /// How the driver failed.
    pub driver_failed: Option<String>,
    /// Simulated time at its end.
    pub time_s: Option<f64>,
    /// Digest of everybody's states, hexadecimal.
    pub digest: Option<String>,
    /// Ids of the roads that the ego was on.
    pub roads: Vec<String>,
    /// All figures, in their order.
    pub figures: Vec<Option<f64>>,
    /// One a criterion, in their order.
    pub verdicts: Vec<Verdict>,
    /// Whether each reference driver avoided every contact.
    pub references: Vec<(Model, bool)>,
}

impl RunRow {
    /// The worst of its verdicts: failed before undecided before passed.
    pub fn decision(&self) -> Decision {
        let verdicts = || self.verdicts.iter().map(|verdict| &verdict.decision);
        let failed = verdicts().find(|decision| **decision == Decision::Failed);
        let undecided = || verdicts().find(|decision| decision.reason().is_some());
        failed.or_else(undecided).cloned().unwrap_or(Decision::Passed)
    }

    /// One figure.
    pub fn figure(&self, figure: Figure) -> Option<f64> {
        self.figures.get(figure.index()).copied().flatten()
    }

    /// Whether one of its verdicts is a failure.
    pub fn has_failed(&self) -> bool {
        self.decision() == Decision::Failed
    }

    /// The least margin of what was decided.
    pub fn margin(&self) -> Option<f64> {
        let decided = self
            .verdicts
            .iter()
            .filter(|verdict| verdict.decision.reason().is_none());
        decided.filter_map(|verdict| verdict.margin).reduce(f64::min)
    }
}

impl From<&Judged> for RunRow {
    fn from(judged: &Judged) -> RunRow {
        let (mut refused, mut driver_failed, mut played, mut roads) = (None, None, None, Vec::new());
        match &judged.fate {
            Fate::Played {
                time_s,
                readings,
                digest,
                roads: driven,
            } => {
                played = Some((*time_s, readings, hex(digest)));
                roads.clone_from(driven);
            }
            Fate::Refused(reason) => refused = Some(reason.clone()),
            Fate::DriverFailed(reason) | Fate::SetAside(reason) => driver_failed = Some(reason.clone()),
        }
        let figures = Figure::all().map(|figure| {
            let (_, readings, _) = played.as_ref()?;
            readings
                .get(figure)
                .map(|reading| reading.value)
                .filter(|value| !value.is_nan())
        });
        RunRow {
            index: judged.index,
            values: judged.values.clone(),
            figures: figures.collect(),
            roads,
            refused,
            driver_failed,
            time_s: played.as_ref().map(|(time_s, _, _)| *time_s),
            digest: played.map(|(_, _, digest)| digest),
            verdicts: judged.verdicts.clone(),
            references: judged.references.clone(),
        }
    }
}

/// The head of a scenario's table.
pub fn table(scenario: &LogicalScenario) -> Table {
    let column = Column::new;
    let mut columns = vec![column("run", "", ColumnKind::Count, "its number, from 0")];
    columns.extend(scenario.parameters.iter().map(|parameter| {
        column(
            &parameter_column(&parameter.name),
            &parameter.unit,
            ColumnKind::Number,
            "a parameter",
        )
    }));
    columns.extend([
        column(
            "refused",
            "",
            ColumnKind::Text,
            "why the scenario does not allow these values",
        ),
        column("driver_failed", "", ColumnKind::Text, "how the driver failed"),
        column("time_s", "s", ColumnKind::Number, "simulated time at its end"),
        column(
            "digest",
            "",
            ColumnKind::Text,
            "SHA-256 of everybody's states ten times a second",
        ),
        column(
            "roads",
            "",
            ColumnKind::Text,
            "ids of the roads that the ego was on, by `;`",
        ),
    ]);
    columns.extend(
        Figure::all().map(|figure| column(figure.word(), figure.unit(), ColumnKind::Number, "a figure of the ego")),
    );
    columns.extend(scenario.boundary.iter().map(|&model| {
        column(
            &avoided_column(model),
            "",
            ColumnKind::Flag,
            "the reference driver avoided every contact",
        )
    }));
    for (index, criterion) in scenario.criteria.iter().enumerate() {
        let meaning = format!("clause {}, {}", criterion.clause, criterion.figure.word());
        let [verdict, reason, time, x, y, other] = verdict_columns(index);
        columns.extend([
            column(&verdict, "", ColumnKind::Text, &meaning),
            column(&reason, "", ColumnKind::Text, "why it was not decided"),
            column(&time, "s", ColumnKind::Number, "when"),
            column(&x, "m", ColumnKind::Number, "where the ego was, east"),
            column(&y, "m", ColumnKind::Number, "where the ego was, north"),
            column(&other, "", ColumnKind::Text, "whom it met"),
        ]);
    }
    Table::new(columns)
}

/// Adds a run.
pub fn push(table: &mut Table, row: &RunRow) {
    let mut cells: Vec<Cell> = vec![Cell::Count(row.index as i64)];
    cells.extend(row.values.iter().map(|value| Cell::from(*value)));
    cells.extend([
        row.refused.clone().into(),
        row.driver_failed.clone().into(),
        row.time_s.into(),
        row.digest.clone().into(),
        row.roads.join(";").into(),
    ]);
    cells.extend(row.figures.iter().map(|figure| Cell::from(*figure)));
    let width = cells.len();
    cells.extend(row.references.iter().map(|(_, avoided)| Cell::Flag(*avoided)));
    // Runs that were not played have no reference drivers: their cells are missing.
    let references = table.width() - width - row.verdicts.len() * VERDICT_COLUMNS;
    cells.resize(width + references, Cell::Missing);
    for verdict in &row.verdicts {
        cells.extend([
            verdict.decision.word().into(),
            verdict.decision.reason().into(),
            verdict.time_s.into(),
            verdict.place_m.map(|place| place[0]).into(),
            verdict.place_m.map(|place| place[1]).into(),
            verdict.other.clone().into(),
        ]);
    }
    table.push(cells);
}

/// Columns of a verdict.
const VERDICT_COLUMNS: usize = 6;

fn parameter_column(name: &str) -> String {
    format!("parameter.{name}")
}

fn avoided_column(model: Model) -> String {
    format!("{}.avoided", model_name(model).replace(':', "."))
}

fn verdict_columns(index: usize) -> [String; VERDICT_COLUMNS] {
    ["verdict", "reason", "time_s", "x_m", "y_m", "other"].map(|what| format!("criterion{index}.{what}"))
}

/// The runs of a table that was read; `None` if it is not one of this scenario.
pub fn rows(scenario: &LogicalScenario, read: &Rows) -> Option<Vec<RunRow>> {
    let number = |name: &str| -> Option<Vec<Option<f64>>> {
        let number = |cell: &Cell| match cell {
            Cell::Number(value) => Some(*value),
            _ => None,
        };
        Some(read.column(name)?.iter().map(number).collect())
    };
    let text = |name: &str| -> Option<Vec<Option<String>>> {
        let text = |cell: &Cell| match cell {
            Cell::Text(text) => Some(text.clone()),
            _ => None,
        };
        Some(read.column(name)?.iter().map(text).collect())
    };
    let parameters = scenario
        .parameters
        .iter()
        .map(|parameter| number(&parameter_column(&parameter.name)));
    let parameters: Vec<Vec<Option<f64>>> = parameters.collect::<Option<_>>()?;
    let figures: Vec<Vec<Option<f64>>> = Figure::all()
        .map(|figure| number(figure.word()))
        .collect::<Option<_>>()?;
    let references = scenario
        .boundary
        .iter()
        .map(|&model| Some((model, read.column(&avoided_column(model))?)));
    let references: Vec<(Model, &[Cell])> = references.collect::<Option<_>>()?;
    let (refused, driver_failed) = (text("refused")?, text("driver_failed")?);
    let (times, digests, roads) = (number("time_s")?, text("digest")?, text("roads")?);
    let verdicts = (0..scenario.criteria.len()).map(|index| {
        let [verdict, reason, time, x, y, other] = verdict_columns(index);
        Some((
            text(&verdict)?,
            text(&reason)?,
            number(&time)?,
            [number(&x)?, number(&y)?],
            text(&other)?,
        ))
    });
    let verdicts: Vec<_> = verdicts.collect::<Option<_>>()?;
    let index = read.column("run")?;
    let mut rows = Vec::with_capacity(read.len());
    for at in 0..read.len() {
        let Cell::Count(index) = index[at] else { return None };
        let judged = scenario.criteria.iter().zip(&verdicts).map(|(criterion, kept)| {
            let (words, reasons, times, [x, y], others) = kept;
            let word = words[at].as_deref()?;
            let decision = Decision::from_word(word, reasons[at].as_deref())?;
            let value = figures[criterion.figure.index()][at];
            Some(Verdict {
                decision,
                value,
                limit: criterion.bound.limit(),
                margin: value.map(|value| criterion.bound.margin(value)),
                time_s: times[at],
                place_m: x[at].zip(y[at]).map(|(x, y)| [x, y]),
                other: others[at].clone(),
            })
        });
        rows.push(RunRow {
            index: u64::try_from(index).ok()?,
            values: parameters.iter().map(|values| values[at]).collect::<Option<_>>()?,
            refused: refused[at].clone(),
            driver_failed: driver_failed[at].clone(),
            time_s: times[at],
            digest: digests[at].clone(),
            roads: roads[at]
                .iter()
                .flat_map(|ids| ids.split(';'))
                .filter(|id| !id.is_empty())
                .map(str::to_owned)
                .collect(),
            figures: figures.iter().map(|figures| figures[at]).collect(),
            verdicts: judged.collect::<Option<_>>()?,
            references: references
                .iter()
                .filter_map(|(model, cells)| match cells[at] {
                    Cell::Flag(avoided) => Some((*model, avoided)),
                    _ => None,
                })
                .collect(),
        });
    }
    Some(rows)
}
