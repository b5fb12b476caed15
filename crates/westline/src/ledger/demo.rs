//! `westline demo permit`: a vehicle's way from its test to commercial operation, in one command.
//!
//! Everything is real and small: the automated driver plays cut-ins of UN R157, the verdicts become a test record, its digest
//! and the parties' decisions go onto a new ledger, passengers' tickets and the district's subsidy are paid, and what comes out
//! is verified as a stranger would, without the ledger.

use super::chain::{BANK, Chain, DEPOSITS, DISTRICT, FARES, OPERATOR, PASSENGERS, Parties};
use super::keys::{self, Lock};
use super::{arguments::Passphrase, export, now_ms};
use crate::{Answer, output};
use anyhow::{Context, Result, bail, ensure};
use driver::AutomatedDriver;
use driver::reference::{CutIn, ProvingGround};
use ledger::contract::{ContractAction, Subsidy, TicketUse, TripClaim};
use ledger::evidence::{EvidenceItem, EvidenceKind};
use ledger::permit::{Conditions, PermitStep, Supervision, permit_key};
use ledger::registry::{EntryKind, RegistryAction, RegistryEntry};
use ledger::site::{DEFAULT_PARTIES, DEFAULT_PERMITS, LedgerSite};
use ledger::{Action, Digest, EntryReceipt, Id, Ledger, Outcome, Record, SecretKey, Suite, iso20022};
use rayon::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const VEHICLE: &str = "minibus-1";
pub(super) const PERMIT: Id = Id(1);
/// Every so many points of the regulation's grid are played: a fraction of a second.
const CUT_IN_STRIDE: usize = 97;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const MARKER: &str = ".westline-demo";

/// Tells what was done, step by step.
#[derive(Default)]
pub(super) struct Teller {
    step: usize,
}

impl Teller {
    pub(super) fn tell(&mut self, who: &str, what: &str) -> Result<()> {
        self.step += 1;
        output::print(&format!("{:>2}  {who:<12} {what}\n", self.step))
    }
}

pub fn permit(out: &Path, suite: Suite) -> Result<Answer> {
    prepare(out)?;
    let mut site = LedgerSite::read(("parties.toml", DEFAULT_PARTIES), ("permits.toml", DEFAULT_PERMITS))?;
    site.suite = suite;
    let parties = Parties::of(&site)?;
    let mut chain = found(&site, out)?;
    let mut teller = Teller::default();
    let validators: Vec<&String> = chain.ledger.validators().keys().collect();
    let validators: Vec<&str> = validators.into_iter().map(String::as_str).collect();
    let told = format!(
        "found the ledger {}; {} sign its blocks",
        chain.ledger.genesis().origin(),
        validators.join(", ")
    );
    teller.tell("all", &told)?;

    procedure(&mut chain, &parties, &mut teller, out)?;
    money(&mut chain, &site, &parties, &mut teller)?;
    let credential = suite == Suite::International;
    if credential {
        credentials(&chain, &mut teller, out)?;
    } else {
        teller.tell(
            "government",
            "issues no credential: W3C credentials know no proof by SM2",
        )?;
    }
    incident(&mut chain, &parties, &mut teller, out, credential)?;
    receipts(&chain, &mut teller, out)?;
    chain.ledger.flush()?;
    eprintln!(
        "everything is in {}; look with `westline ledger query permit/ --ledger {}`",
        out.display(),
        out.join("ledger").display()
    );
    Ok(Answer::Yes)
}

/// An empty folder; one that a demonstration made before is made anew, any other is left alone.
pub(super) fn prepare(out: &Path) -> Result<()> {
    if out.join(MARKER).is_file() {
        std::fs::remove_dir_all(out).with_context(|| format!("{}: cannot be removed", out.display()))?;
    } else if out.exists() {
        bail!(
            "{}: is there already, and no demonstration made it\nhint: name another folder with --out",
            out.display()
        );
    }
    std::fs::create_dir_all(out).with_context(|| format!("{}: cannot be made", out.display()))?;
    output::write_whole(&out.join(MARKER), b"made by `westline demo permit`\n")
}

pub(super) fn found(site: &LedgerSite, out: &Path) -> Result<Chain> {
    let folder = out.join("ledger");
    let key_folder = keys::folder(&folder);
    std::fs::create_dir_all(&key_folder).with_context(|| format!("{}: cannot be made", key_folder.display()))?;
    let lock = Lock::find_or_make(&Passphrase { passphrase_file: None }, &key_folder)?;
    let mut made = BTreeMap::new();
    for party in &site.parties {
        let key = SecretKey::generate(site.suite.default_scheme())?;
        lock.write(&keys::file(&folder, &party.id), &key)?;
        made.insert(party.id.clone(), key);
    }
    let public = made
        .iter()
        .map(|(name, key)| (name.clone(), key.public_key()))
        .collect();
    let genesis = site.genesis("demo", now_ms(), &public)?;
    Ok(Chain::new(Ledger::create(&folder, genesis)?, made))
}

/// Writes a document and sets its digest down; the file is named so that everybody can verify it later.
fn set_down(
    chain: &mut Chain,
    sender: &str,
    kind: EvidenceKind,
    subject: &str,
    document: (&Path, &Value),
) -> Result<(Digest, EntryReceipt)> {
    let (path, content) = document;
    let text = format!("{content:#}\n");
    output::write_whole(path, text.as_bytes())?;
    anchor(chain, sender, kind, subject, text.as_bytes())
}

/// Sets down the digest of a document that is kept already.
pub(super) fn anchor(
    chain: &mut Chain,
    sender: &str,
    kind: EvidenceKind,
    subject: &str,
    document: &[u8],
) -> Result<(Digest, EntryReceipt)> {
    let digest = Digest::of(chain.ledger.suite(), &[document]);
    let item = EvidenceItem {
        kind,
        subject: subject.to_owned(),
        digest,
        count: 1,
        from_ms: chain.time_ms,
        to_ms: chain.time_ms,
    };
    let id = chain.done(sender, Action::Anchor(vec![item]))?;
    let receipt = chain.ledger.receipt(&id)?.context("it was just put there")?;
    Ok((digest, receipt))
}

/// Enters something of this version of the program into the registry.
pub(super) fn enter(chain: &mut Chain, sender: &str, kind: EntryKind, id: &str, software: Digest) -> Result<()> {
    let entry = RegistryEntry {
        kind,
        id: id.to_owned(),
        digest: Some(software),
        attributes: BTreeMap::from([("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]),
        valid_until_ms: 0,
        withdrawn: false,
    };
    chain.done(sender, Action::Registry(RegistryAction::Enter(entry)))?;
    Ok(())
}

/// A step of the procedure for one vehicle's permit.
pub(super) fn step(
    name: &str,
    vehicle: &str,
    evidence: Vec<Digest>,
    conditions: Option<Conditions>,
    note: &str,
) -> Action {
    Action::Permit(PermitStep {
        permit: PERMIT,
        step: name.to_owned(),
        vehicles: if name == "apply" {
            vec![vehicle.to_owned()]
        } else {
            Vec::new()
        },
        conditions,
        evidence,
        note: note.to_owned(),
    })
}

/// The permit's procedure, each step by whose turn it is, weeks apart.
fn procedure(chain: &mut Chain, parties: &Parties, teller: &mut Teller, out: &Path) -> Result<()> {
    let software = Digest::of(chain.ledger.suite(), &[env!("CARGO_PKG_VERSION").as_bytes()]);
    for (kind, id, sender) in [
        (EntryKind::Vehicle, VEHICLE, &parties.maker),
        (EntryKind::Software, "westline driver", &parties.maker),
        (EntryKind::Qualification, "safety officer 7", &parties.inspector),
    ] {
        enter(chain, sender, kind, id, software)?;
    }
    teller.tell(
        &parties.maker,
        &format!("enters {VEHICLE} and its software; the institute a safety officer"),
    )?;
    let wish = Conditions {
        area: "line 1".to_owned(),
        from_minute: 5 * 60 + 30,
        to_minute: 22 * 60 + 30,
        speed_kmh_max: 60,
        rain_mm_per_h_max: 30,
        supervision: Supervision::OnBoard,
    };
    chain.done(
        &parties.operator,
        step(
            "apply",
            VEHICLE,
            Vec::new(),
            Some(wish.clone()),
            "three years of preparation",
        ),
    )?;
    teller.tell(&parties.operator, "applies for permit 1")?;
    match chain
        .send(&parties.operator, step("license", VEHICLE, Vec::new(), None, ""))?
        .1
    {
        Outcome::Refused(refusal) => teller.tell(
            &parties.operator,
            &format!("tries to license itself; refused: {refusal}"),
        )?,
        done => bail!("an operator licensed itself: {done:?}"),
    }

    let record = test_record();
    let avoided = format!(
        "{} of {} cut-ins of UN R157 avoided",
        record["avoided"], record["played"]
    );
    let place = out.join("test-record.json");
    let (test, receipt) = set_down(
        chain,
        &parties.inspector,
        EvidenceKind::TestRecord,
        VEHICLE,
        (&place, &record),
    )?;
    output::write_whole(&out.join("test-record.receipt.json"), receipt.to_json().as_bytes())?;
    chain.done(&parties.inspector, step("test", VEHICLE, vec![test], None, &avoided))?;
    teller.tell(
        &parties.inspector,
        &format!("tests: {avoided}; sets the record down, {}", short(&test)),
    )?;
    chain.time_ms += 14 * DAY_MS;
    chain.done(
        &parties.government,
        step("review", VEHICLE, Vec::new(), None, "record and application agree"),
    )?;
    chain.done(
        &parties.government,
        step("license", VEHICLE, Vec::new(), Some(wish.clone()), "road-test licence"),
    )?;
    teller.tell(&parties.government, "reviews, and licenses tests on open roads")?;

    for (name, stage, days) in [
        ("demonstrate", "demonstration", 60),
        ("commercialise", "commercial", 90),
    ] {
        chain.time_ms += days * DAY_MS;
        let service = json!({"vehicle": VEHICLE, "days": days, "before": stage, "incidents": 0});
        let place = out.join(format!("service-before-{stage}.json"));
        let (service, _) = set_down(
            chain,
            &parties.operator,
            EvidenceKind::ServiceRecord,
            VEHICLE,
            (&place, &service),
        )?;
        chain.done(
            &parties.government,
            step(name, VEHICLE, vec![service, test], Some(wish.clone()), ""),
        )?;
        teller.tell(
            &parties.government,
            &format!("moves the permit on to {stage}, on {days} days without an incident"),
        )?;
    }
    Ok(())
}

/// The automated driver in points of the regulation's grid of cut-ins, played now.
fn test_record() -> Value {
    let ground = ProvingGround::new();
    let points: Vec<CutIn> = CutIn::grid().step_by(CUT_IN_STRIDE).collect();
    let verdicts: Vec<Value> = points
        .par_iter()
        .map(|point| {
            let mut driver = AutomatedDriver::new(ground.network().clone(), ground.sheet().clone());
            let outcome = ground.cut_in(point, &mut driver);
            json!({
                "own_mps": point.own_mps, "other_mps": point.other_mps, "gap_m": point.gap_m,
                "lateral_mps": point.lateral_mps, "avoided": outcome.is_avoided(),
            })
        })
        .collect();
    let avoided = verdicts.iter().filter(|verdict| verdict["avoided"] == true).count();
    json!({
        "suite": format!("cut-ins of UN R157, every {CUT_IN_STRIDE}th point of the grid"), "vehicle": VEHICLE,
        "driver": "westline", "version": env!("CARGO_PKG_VERSION"),
        "played": verdicts.len(), "avoided": avoided, "verdicts": verdicts,
    })
}

/// Fares and subsidy.
fn money(chain: &mut Chain, site: &LedgerSite, parties: &Parties, teller: &mut Teller) -> Result<()> {
    let (terms, currency) = (site.contracts, &site.currency);
    let yuan = |amount: u64| format!("{} {}", iso20022::decimal(amount, currency), currency.code);
    chain.open_accounts(parties, currency.ledger, 1_000_000)?;
    chain.pay(&parties.bank, Id(2), BANK, PASSENGERS, 10 * terms.fare, currency.ledger)?;
    let rider = SecretKey::generate(chain.ledger.suite().default_scheme())?;
    let sale = ContractAction::SellTickets {
        book: Id(1),
        holder: rider.public_key(),
        rides: 10,
        fare: terms.fare,
        payer_account: PASSENGERS,
        escrow_account: FARES,
    };
    chain.done(&parties.bank, Action::Contract(sale))?;
    teller.tell(
        &parties.bank,
        &format!("sells a passenger ten rides for {}", yuan(10 * terms.fare)),
    )?;
    let ticket = |serial, vehicle: &str, minute: u64| {
        TicketUse::sign(Id(1), serial, vehicle, chain.time_ms + minute * 60_000, &rider)
    };
    // The last is the first ride again, in another vehicle that had no connection either.
    let tickets = vec![
        ticket(0, VEHICLE, 1),
        ticket(1, VEHICLE, 30),
        ticket(0, "minibus-2", 45),
    ];
    let redeem = ContractAction::RedeemTickets {
        tickets,
        escrow_account: FARES,
        operator_account: OPERATOR,
    };
    let (_, outcome) = chain.send(&parties.operator, Action::Contract(redeem))?;
    let Outcome::Done { refused } = outcome else {
        bail!("the tickets were refused: {outcome:?}");
    };
    let (_, refusal) = refused.first().context("a ride that was used twice must be found")?;
    teller.tell(
        &parties.operator,
        &format!(
            "redeems three tickets taken offline: {} paid; {refusal}",
            yuan(2 * terms.fare)
        ),
    )?;

    let subsidy = Subsidy {
        id: Id(1),
        payer_account: DISTRICT,
        operator: parties.operator.clone(),
        operator_account: OPERATOR,
        verifier: parties.auditor.clone(),
        per_km: terms.subsidy_per_km,
        per_passenger: terms.subsidy_per_passenger,
        limit: terms.subsidy_limit,
        paid: 0,
    };
    chain.done(
        &parties.government,
        Action::Contract(ContractAction::OpenSubsidy(subsidy)),
    )?;
    let trip = Digest::of(chain.ledger.suite(), &[b"the trip's segment of the recording"]);
    let item = EvidenceItem {
        kind: EvidenceKind::Recording,
        subject: VEHICLE.to_owned(),
        digest: trip,
        count: 1,
        from_ms: chain.time_ms,
        to_ms: chain.time_ms + 1_200_000,
    };
    chain.done(&parties.operator, Action::Anchor(vec![item]))?;
    let claimed = TripClaim {
        trip: "first trip".to_owned(),
        evidence: trip,
        distance_m: 4870,
        passengers: 11,
    };
    let claim = ContractAction::ClaimTrips {
        subsidy: Id(1),
        claim: Id(1),
        trips: vec![claimed],
    };
    chain.done(&parties.operator, Action::Contract(claim))?;
    let settle = ContractAction::SettleClaim {
        subsidy: Id(1),
        claim: Id(1),
        approved: true,
        payer_account: DISTRICT,
        operator_account: OPERATOR,
    };
    chain.done(&parties.auditor, Action::Contract(settle))?;
    let paid = match chain.ledger.get(&ledger::contract::claim_key(Id(1)))? {
        Some(Record::Claim(claim)) => claim.paid.unwrap_or(0),
        _ => 0,
    };
    teller.tell(
        &parties.auditor,
        &format!(
            "verifies a trip of 4.87 km with 11 passengers; the district pays {}",
            yuan(paid)
        ),
    )
}

/// The credential, verified as a stranger would, and a forged one.
fn credentials(chain: &Chain, teller: &mut Teller, out: &Path) -> Result<()> {
    let lock = Lock::find(
        &Passphrase { passphrase_file: None },
        &keys::folder(chain.ledger.folder()),
    )?;
    export::credential(&chain.ledger, PERMIT, &lock, out)?;
    let (document, status) = read_credential(out)?;
    ledger::credential::verify(&document, None)?;
    ledger::credential::verify(&status, None)?;
    ensure!(
        !ledger::permit_credential::is_revoked(&document, &status)?,
        "the permit is in force"
    );
    teller.tell(
        "vehicle",
        "carries permit-1.vc.json; the dispatcher verifies it offline: in force",
    )?;
    let mut forged = document;
    forged["credentialSubject"]["speedMaximumKmh"] = json!(120);
    let refusal = ledger::credential::verify(&forged, None)
        .err()
        .context("a forged credential must be refused")?;
    teller.tell("dispatcher", &format!("refuses a forged one for 120 km/h: {refusal}"))
}

fn read_credential(out: &Path) -> Result<(Value, Value)> {
    let read = |name: &str| -> Result<Value> { Ok(serde_json::from_str(&std::fs::read_to_string(out.join(name))?)?) };
    Ok((read("permit-1.vc.json")?, read("status.vc.json")?))
}

/// A deposit, an incident, a fine, the suspension.
fn incident(chain: &mut Chain, parties: &Parties, teller: &mut Teller, out: &Path, credential: bool) -> Result<()> {
    let deposit = ContractAction::OpenDeposit {
        deposit: Id(1),
        payer_account: OPERATOR,
        escrow_account: DEPOSITS,
        beneficiary: parties.government.clone(),
        amount: 1000,
    };
    chain.done(&parties.operator, Action::Contract(deposit))?;
    let report = json!({"vehicle": VEHICLE, "what": "a stop sign was passed at 6 km/h", "injured": 0});
    let place = out.join("incident.json");
    let (evidence, _) = set_down(
        chain,
        &parties.government,
        EvidenceKind::Document,
        VEHICLE,
        (&place, &report),
    )?;
    let fine = ContractAction::Fine {
        deposit: Id(1),
        amount: 400,
        evidence,
        reason: "a stop sign was passed".to_owned(),
        escrow_account: DEPOSITS,
        treasury_account: DISTRICT,
    };
    chain.done(&parties.government, Action::Contract(fine))?;
    chain.done(
        &parties.government,
        step("suspend", VEHICLE, vec![evidence], None, "until it is tested again"),
    )?;
    let told = "after an incident: fines the operator's deposit, suspends the permit";
    if !credential {
        return teller.tell(&parties.government, told);
    }
    let (old, _) = read_credential(out)?;
    let lock = Lock::find(
        &Passphrase { passphrase_file: None },
        &keys::folder(chain.ledger.folder()),
    )?;
    let later = out.join("after-suspension");
    export::credential(&chain.ledger, PERMIT, &lock, &later)?;
    let (_, status) = read_credential(&later)?;
    ensure!(
        ledger::permit_credential::is_revoked(&old, &status)?,
        "the permit is suspended"
    );
    teller.tell(
        &parties.government,
        &format!("{told}; the status list says so of the old credential"),
    )
}

/// What a court gets, and that it holds without the ledger.
fn receipts(chain: &Chain, teller: &mut Teller, out: &Path) -> Result<()> {
    let case = out.join("case");
    export::everything(&chain.ledger, &case)?;
    export::statement(&chain.ledger, OPERATOR, &out.join("operator.camt053.xml"))?;
    export::payments(&chain.ledger, "pacs.008", &out.join("payments.pacs008.xml"))?;
    let validators = chain.ledger.genesis().validators();
    let text = std::fs::read_to_string(out.join("test-record.receipt.json"))?;
    EntryReceipt::from_json(&text)?.verify(&validators)?;
    let forged = text.replacen("\"institute\"", "\"operator\"", 1);
    ensure!(
        EntryReceipt::from_json(&forged)
            .and_then(|receipt| receipt.verify(&validators))
            .is_err(),
        "a changed receipt must be found"
    );
    let Some(Record::Permit(permit)) = chain.ledger.get(&permit_key(PERMIT))? else {
        bail!("the permit is gone");
    };
    teller.tell(
        "anyone",
        &format!(
            "verifies the receipts of all {} entries offline ({} steps of permit 1 among them)",
            chain.ledger.head().map_or(0, |head| head.header.log_size),
            permit.history.len()
        ),
    )
}

pub(super) fn short(digest: &Digest) -> String {
    digest.to_string()[..16].to_owned()
}
