//! `westline prove ... --submit`: a suite's record becomes a permit application on a ledger of its own.
//!
//! In go the test record and what it came to; out come a founded ledger of a site's parties, the vehicle and its software in the
//! registry, the application, the record set down by the institute with a receipt, and, where the suite is passed, the institute's step.
//! What the district does then is the district's.

use super::chain::Parties;
use super::demo::{PERMIT, Teller, anchor, enter, found, prepare, short, step};
use crate::output;
use anyhow::{Context, Result, bail};
use ledger::evidence::EvidenceKind;
use ledger::permit::permit_key;
use ledger::registry::EntryKind;
use ledger::site::{DEFAULT_PARTIES, DEFAULT_PERMITS, LedgerSite};
use ledger::{Digest, Record};
use std::path::Path;

/// What is submitted.
pub struct Submission<'a> {
    /// The test record's file.
    pub record: &'a Path,
    /// The suite's title.
    pub suite: &'a str,
    /// The data sheet's name.
    pub vehicle: &'a str,
    /// The driver under test.
    pub driver: &'a str,
    /// Digest of the program that played.
    pub software: &'a str,
    /// What the suite came to, in a word.
    pub verdict: &'a str,
    /// Whether it is passed.
    pub is_passed: bool,
}

/// Founds a ledger in a folder and takes the record as far as it goes.
pub fn submit(submission: &Submission<'_>, out: &Path) -> Result<()> {
    let document =
        std::fs::read(submission.record).with_context(|| format!("{}: cannot be read", submission.record.display()))?;
    prepare(out)?;
    let site = LedgerSite::read(("parties.toml", DEFAULT_PARTIES), ("permits.toml", DEFAULT_PERMITS))?;
    let parties = Parties::of(&site)?;
    let mut chain = found(&site, out)?;
    let mut teller = Teller::default();
    let vehicle = submission.vehicle;
    // A driver's name may be a path; a register's may not.
    let driver = submission.driver.replace('/', "-");

    let software = Digest::of(chain.ledger.suite(), &[submission.software.as_bytes()]);
    for (kind, id) in [(EntryKind::Vehicle, vehicle), (EntryKind::Software, driver.as_str())] {
        enter(&mut chain, &parties.maker, kind, id, software)?;
    }
    teller.tell(&parties.maker, &format!("enters `{vehicle}` and the driver `{driver}`"))?;
    let apply = step(
        "apply",
        vehicle,
        Vec::new(),
        Some(site.permit.clone()),
        submission.suite,
    );
    chain.done(&parties.operator, apply)?;
    teller.tell(&parties.operator, &format!("applies for permit {}", PERMIT.0))?;

    let (digest, receipt) = anchor(
        &mut chain,
        &parties.inspector,
        EvidenceKind::TestRecord,
        vehicle,
        &document,
    )?;
    let place = out.join("test-record.receipt.json");
    output::write_whole(&place, receipt.to_json().as_bytes())?;
    teller.tell(
        &parties.inspector,
        &format!("sets the test record down, {}: {}", short(&digest), submission.verdict),
    )?;
    if submission.is_passed {
        chain.done(
            &parties.inspector,
            step("test", vehicle, vec![digest], None, submission.verdict),
        )?;
        teller.tell(&parties.inspector, "finds the vehicle tested")?;
    } else {
        teller.tell(
            &parties.inspector,
            "takes no step: only a suite that is passed is a test",
        )?;
    }

    let Some(Record::Permit(permit)) = chain.ledger.get(&permit_key(PERMIT))? else {
        bail!("the application is gone");
    };
    let steps = site
        .procedure
        .steps
        .iter()
        .filter(|next| next.from.contains(&permit.state));
    let next: Vec<String> = steps.map(|next| format!("{} by the {}", next.name, next.by)).collect();
    teller.tell(
        "ledger",
        &format!(
            "permit {} is `{}`; what may come: {}",
            PERMIT.0,
            permit.state,
            next.join(", ")
        ),
    )?;
    chain.ledger.flush()?;
    eprintln!(
        "the ledger is in {0}; look with `westline ledger query permit/ --ledger {0}`\nreceipt: {1}",
        out.join("ledger").display(),
        place.display()
    );
    Ok(())
}
