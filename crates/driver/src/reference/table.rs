//! A table of cut-ins in, the same table with verdicts out: what `westline reference cut-in` does.
//!
//! A row gives `ego_kmh,cutin_kmh,gap_m,lat_mps`; behind its other columns come `cc,fsm,rss,reg157` (1: avoided) and
//! `cc_ended_early`, and between these the kinds of contact if they are asked for. Numbers are used with every digit that
//! is given: 0.3 and 0.30000000000000004 m/s may have different verdicts. Verdicts that the table brought along are
//! replaced.

use super::{CutIn, LATERAL_MPS_MAX, Model, Outcome};
use std::fmt::Write;

/// Most wrong rows told; more are counted.
const FAULTS_MAX: usize = 100;
/// Columns that a row is read from, with the largest value of each.
const NEEDED: [(&str, f64); 4] = [
    ("ego_kmh", 1000.0),
    ("cutin_kmh", 1000.0),
    ("gap_m", 10_000.0),
    ("lat_mps", LATERAL_MPS_MAX),
];
const CONTACTS: [&str; 4] = ["cc_crash_type", "fsm_crash_type", "rss_crash_type", "reg157_crash_type"];
const ENDED_EARLY: &str = "cc_ended_early";

/// How much is told of each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Avoided or not.
    Verdicts,
    /// And the kinds of contact.
    Contacts,
}

/// Answers a table row by row.
///
/// # Errors
/// All that is wrong with it, a line each; `file` names it.
pub fn cut_ins(file: &str, table: &str, detail: Detail) -> Result<String, String> {
    let mut lines = table.trim_start_matches('\u{feff}').lines().enumerate();
    let header: Vec<&str> = lines
        .next()
        .map(|(_, line)| line.split(',').collect())
        .unwrap_or_default();
    let mut places = [0; NEEDED.len()];
    for (place, (name, _)) in places.iter_mut().zip(NEEDED) {
        let found = header.iter().position(|cell| cell.trim() == name);
        *place = found.ok_or_else(|| {
            format!(
                "{file}:1: no column `{name}` in `{}`\nhint: the first line names the columns: \
                 ego_kmh,cutin_kmh,gap_m,lat_mps",
                header.join(",")
            )
        })?;
    }
    let models = Model::ALL.map(Model::name);
    let kept: Vec<usize> = (0..header.len())
        .filter(|&column| {
            let name = header[column].trim();
            !models.contains(&name) && !CONTACTS.contains(&name) && name != ENDED_EARLY
        })
        .collect();
    let mut text = String::new();
    let mut head: Vec<&str> = kept.iter().map(|&column| header[column]).chain(models).collect();
    if detail == Detail::Contacts {
        head.extend(CONTACTS);
    }
    head.push(ENDED_EARLY);
    text += &(head.join(",") + "\n");
    let (mut faults, mut untold) = (Vec::new(), 0);
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let cells: Vec<&str> = line.split(',').collect();
        match point(&cells, header.len(), &places) {
            Ok(point) => append(&mut text, kept.iter().map(|&column| cells[column]), &point, detail),
            Err(_) if faults.len() == FAULTS_MAX => untold += 1,
            Err(fault) => faults.push(format!("{file}:{}: {fault}", number + 1)),
        }
    }
    if untold > 0 {
        faults.push(format!("{file}: and {untold} more"));
    }
    if faults.is_empty() {
        Ok(text)
    } else {
        Err(faults.join("\n"))
    }
}

fn point(cells: &[&str], columns: usize, places: &[usize; NEEDED.len()]) -> Result<CutIn, String> {
    if cells.len() != columns {
        return Err(format!("`{}` cells, expected {columns} as in the header", cells.len()));
    }
    let mut values = [0.0; NEEDED.len()];
    for ((value, &place), (name, most)) in values.iter_mut().zip(places).zip(NEEDED) {
        let text = cells[place].trim();
        let number = text.parse::<f64>().ok().filter(|number| (0.0..=most).contains(number));
        *value = number.ok_or_else(|| {
            format!(
                "{name} is `{text}`, expected a number from 0 to {most}\nhint: correct the cell, or leave the row out"
            )
        })?;
    }
    let [own_kmh, other_kmh, gap_m, lateral_mps] = values;
    Ok(CutIn {
        own_mps: own_kmh / 3.6,
        other_mps: other_kmh / 3.6,
        gap_m,
        lateral_mps,
    })
}

fn append<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>, point: &CutIn, detail: Detail) {
    let outcomes = Model::ALL.map(|model| point.outcome(model));
    for cell in cells {
        *text += cell;
        text.push(',');
    }
    let mut numbers: Vec<u8> = outcomes.iter().map(|outcome| u8::from(outcome.is_avoided())).collect();
    if detail == Detail::Contacts {
        let kind = |outcome: &Outcome| outcome.contact.map_or(0, |contact| contact as u8);
        numbers.extend(outcomes.iter().map(kind));
    }
    let [competent, ..] = &outcomes;
    for number in numbers {
        // Writing to a string cannot fail.
        let _ = write!(text, "{number},");
    }
    let _ = writeln!(text, "{}", u8::from(competent.ended_early));
}
