//! The embedded ledger of a service day: the permit is checked before anything moves, evidence is set down as it is sealed,
//! fares and the subsidy are booked, and the report ends with the receipt.
//!
//! The parties' keys grow from the run's seed, so that the same day gives the same blocks: such a ledger shows how a day is
//! accounted for, it binds nobody. What the parties did before the day (the permit's procedure) is taken for done, in blocks of
//! its own that say so.

use super::chain::{BANK, Chain, DISTRICT, FARES, OPERATOR, PASSENGERS, Parties};
use crate::output;
use crate::recorder::SealedSegment;
use anyhow::{Context, Result, bail};
use ledger::contract::{ContractAction, Subsidy, TicketUse, TripClaim, claim_key};
use ledger::evidence::{EvidenceItem, EvidenceKind};
use ledger::permit::{Operation, PermitStep, Supervision, permit_key};
use ledger::site::LedgerSite;
use ledger::{Action, Digest, Id, Ledger, Outcome, Record, SecretKey, Suite, iso20022};
use record::Seed;
use service::{DayMeasures, ServiceDay, ServiceEvent, ServiceEventKind, TripOutcome};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const PERMIT: Id = Id(1);
const SUBSIDY: Id = Id(1);
const MINUTE_MS: u64 = 60_000;
/// Rides of a book: passengers' tickets come from books that they share in this model.
const BOOK_RIDES: u16 = 500;
/// Words of the steps that are taken for done.
const ASSUMED: &str = "taken for done before the day";

/// The ledger of a day that is being played.
pub struct DayLedger {
    chain: Chain,
    site: LedgerSite,
    parties: Parties,
    vehicles: Vec<String>,
    /// Midnight of the service day, milliseconds since 1970 UTC.
    midnight_ms: u64,
    /// The minute whose blocks are written.
    minute: u64,
    rider: SecretKey,
    /// Rides that were taken: the next is this one of all books together.
    rides: u64,
    tickets: Vec<TicketUse>,
    items: Vec<EvidenceItem>,
    segments: u64,
}

/// Whether a day may begin.
pub enum Start {
    /// Its ledger.
    Allowed(Box<DayLedger>),
    /// Why not.
    Refused(Vec<String>),
}

/// What a day's ledger came to.
pub struct Settled {
    /// Lines for people.
    pub lines: Vec<String>,
    /// The receipt of the day's record.
    pub receipt: PathBuf,
}

/// A key that grows from the run's seed.
fn key_of(seed: Seed, owner: u64, site: &LedgerSite) -> Result<SecretKey> {
    let mut stream = seed.stream("ledger.key", owner);
    let scheme = site.suite.default_scheme();
    for _ in 0..8 {
        let mut bytes = [0; 32];
        bytes
            .chunks_exact_mut(8)
            .for_each(|word| word.copy_from_slice(&stream.next_u64().to_le_bytes()));
        if let Ok(key) = SecretKey::from_bytes(scheme, &bytes) {
            return Ok(key);
        }
    }
    bail!("the seed gives no key")
}

impl DayLedger {
    /// Begins the ledger of a day in a folder of its own, and holds the day against its permit.
    pub fn begin(day: &ServiceDay, site: LedgerSite, rain_mm_per_h: f64, folder: &Path) -> Result<Start> {
        if folder.join("genesis.json").is_file() {
            std::fs::remove_dir_all(folder).with_context(|| format!("{}: cannot be made anew", folder.display()))?;
        }
        let parties = Parties::of(&site)?;
        let zone = &day.site().time_zone;
        let midnight = day.date().in_tz(zone).with_context(|| format!("time zone `{zone}`"))?;
        let midnight_ms = u64::try_from(midnight.timestamp().as_millisecond()).unwrap_or(0);
        let mut keys = BTreeMap::new();
        for (owner, party) in site.parties.iter().enumerate() {
            keys.insert(party.id.clone(), key_of(day.seed(), owner as u64, &site)?);
        }
        let public = keys
            .iter()
            .map(|(name, key)| (name.clone(), key.public_key()))
            .collect();
        // A site's folder may have any name; a chain's is short and plain.
        let plain = |letter: char| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_lowercase()
            } else {
                '-'
            }
        };
        let name: String = day.site().id.chars().map(plain).take(40).collect();
        let genesis = site.genesis(&name, midnight_ms, &public)?;
        let mut chain = Chain::new(Ledger::create(folder, genesis)?, keys);
        chain.time_ms = midnight_ms + (day.clock_s().max(0.0) * 1000.0) as u64;
        let mut ledger = DayLedger {
            rider: key_of(day.seed(), u64::MAX, &site)?,
            minute: chain.time_ms / MINUTE_MS,
            vehicles: day.vehicles().map(|vehicle| plain_name(vehicle.name)).collect(),
            chain,
            site,
            parties,
            midnight_ms,
            rides: 0,
            tickets: Vec::new(),
            items: Vec::new(),
            segments: 0,
        };
        ledger.assume_permit(day)?;
        let objections = ledger.objections(day, rain_mm_per_h)?;
        if !objections.is_empty() {
            // Nothing came of it: nothing is left of it.
            drop(ledger);
            std::fs::remove_dir_all(folder).with_context(|| format!("{}: cannot be removed", folder.display()))?;
            return Ok(Start::Refused(objections));
        }
        ledger.open_books()?;
        Ok(Start::Allowed(Box::new(ledger)))
    }

    /// The permit that the site's file describes, through all steps of the procedure that lead to commercial operation.
    fn assume_permit(&mut self, day: &ServiceDay) -> Result<()> {
        let suite = self.chain.ledger.suite();
        let map = day.world().network().digest().to_owned();
        let first = self.vehicles.first().context("the line has no vehicle")?.clone();
        let assumed = |kind: &str| Digest::of(suite, &[ASSUMED.as_bytes(), kind.as_bytes(), map.as_bytes()]);
        let item = |kind, name: &str| EvidenceItem {
            kind,
            subject: first.clone(),
            digest: assumed(name),
            count: 1,
            from_ms: self.midnight_ms,
            to_ms: self.midnight_ms,
        };
        let (test, service) = (
            item(EvidenceKind::TestRecord, "test"),
            item(EvidenceKind::ServiceRecord, "service"),
        );
        let evidence = vec![test.digest, service.digest];
        let (government, operator, inspector) = (
            self.parties.government.clone(),
            self.parties.operator.clone(),
            self.parties.inspector.clone(),
        );
        self.chain.done(&inspector, Action::Anchor(vec![test]))?;
        self.chain.done(&operator, Action::Anchor(vec![service]))?;
        for (sender, name) in [
            (&operator, "apply"),
            (&inspector, "test"),
            (&government, "review"),
            (&government, "license"),
            (&government, "demonstrate"),
            (&government, "commercialise"),
        ] {
            let step = PermitStep {
                permit: PERMIT,
                step: name.to_owned(),
                vehicles: if name == "apply" {
                    self.vehicles.clone()
                } else {
                    Vec::new()
                },
                conditions: (name == "apply").then(|| self.site.permit.clone()),
                evidence: evidence.clone(),
                note: ASSUMED.to_owned(),
            };
            self.chain.done(sender, Action::Permit(step)).with_context(|| {
                format!("permits.toml: step `{name}` of the assumed permit\nhint: `--ledger none` runs without")
            })?;
        }
        Ok(())
    }

    /// What the permit says against the day.
    fn objections(&self, day: &ServiceDay, rain_mm_per_h: f64) -> Result<Vec<String>> {
        let Some(Record::Permit(permit)) = self.chain.ledger.get(&permit_key(PERMIT))? else {
            bail!("the permit is gone");
        };
        let procedure = self.chain.ledger.protocol()?.procedure;
        let minute = |clock_s: f64| (clock_s / 60.0).clamp(0.0, 1440.0) as u16;
        let progress = day.progress();
        let mut objections = Vec::new();
        for vehicle in day.vehicles() {
            let operation = Operation {
                time_ms: self.chain.time_ms,
                area: self.site.permit.area.clone(),
                minutes: (minute(progress.from_s), minute(progress.to_s)),
                vehicle: plain_name(vehicle.name),
                speed_kmh: (vehicle.sheet.drive.speed_mps_max * 3.6).round() as u16,
                rain_mm_per_h: rain_mm_per_h.ceil() as u16,
                supervision: Supervision::OnBoard,
                carries: true,
                charges: true,
            };
            objections.extend(permit.objections(&procedure, &operation));
        }
        objections.sort();
        objections.dedup();
        Ok(objections)
    }

    fn open_books(&mut self) -> Result<()> {
        let currency = self.site.currency.ledger;
        self.chain
            .open_accounts(&self.parties, currency, self.site.contracts.subsidy_limit)?;
        let subsidy = Subsidy {
            id: SUBSIDY,
            payer_account: DISTRICT,
            operator: self.parties.operator.clone(),
            operator_account: OPERATOR,
            verifier: self.parties.auditor.clone(),
            per_km: self.site.contracts.subsidy_per_km,
            per_passenger: self.site.contracts.subsidy_per_passenger,
            limit: self.site.contracts.subsidy_limit,
            paid: 0,
        };
        let government = self.parties.government.clone();
        self.chain
            .done(&government, Action::Contract(ContractAction::OpenSubsidy(subsidy)))?;
        Ok(())
    }

    /// Takes the tick's events and the segments that were sealed; once a minute, a block.
    pub fn observe(&mut self, day: &ServiceDay, events: &[ServiceEvent], sealed: Vec<SealedSegment>) -> Result<()> {
        let time_ms = self.midnight_ms + (day.clock_s().max(0.0) * 1000.0) as u64;
        for event in events {
            if let (ServiceEventKind::Departed { boarded, .. }, Some(vehicle)) = (&event.kind, event.vehicle) {
                self.board(*boarded, vehicle, time_ms)?;
            }
        }
        self.take(sealed);
        if time_ms / MINUTE_MS > self.minute {
            self.minute = time_ms / MINUTE_MS;
            self.chain.time_ms = time_ms;
            self.write()?;
        }
        Ok(())
    }

    /// Passengers show their tickets; where a book is used up, another is bought.
    fn board(&mut self, boarded: u32, vehicle: usize, time_ms: u64) -> Result<()> {
        if self.site.contracts.fare == 0 {
            return Ok(());
        }
        for _ in 0..boarded {
            let book = Id(1 + u128::from(self.rides / u64::from(BOOK_RIDES)));
            let serial = (self.rides % u64::from(BOOK_RIDES)) as u16;
            if serial == 0 {
                self.sell(book)?;
            }
            self.rides += 1;
            self.tickets.push(TicketUse::sign(
                book,
                serial,
                &self.vehicles[vehicle],
                time_ms,
                &self.rider,
            ));
        }
        Ok(())
    }

    fn sell(&mut self, book: Id) -> Result<()> {
        let price = u64::from(BOOK_RIDES) * self.site.contracts.fare;
        let (bank, currency) = (self.parties.bank.clone(), self.site.currency.ledger);
        self.chain
            .pay(&bank, Id(1000 + book.0), BANK, PASSENGERS, price, currency)?;
        let sale = ContractAction::SellTickets {
            book,
            holder: self.rider.public_key(),
            rides: BOOK_RIDES,
            fare: self.site.contracts.fare,
            payer_account: PASSENGERS,
            escrow_account: FARES,
        };
        self.chain.done(&bank, Action::Contract(sale))?;
        Ok(())
    }

    fn take(&mut self, sealed: Vec<SealedSegment>) {
        self.segments += sealed.len() as u64;
        self.items.extend(sealed.into_iter().map(|segment| EvidenceItem {
            kind: EvidenceKind::Recording,
            subject: self.vehicles[segment.vehicle].clone(),
            digest: Digest(segment.digest),
            count: 1,
            from_ms: segment.from_unix_ns / 1_000_000,
            to_ms: segment.to_unix_ns / 1_000_000,
        }));
    }

    /// One block of what has come together.
    fn write(&mut self) -> Result<()> {
        let operator = self.parties.operator.clone();
        let mut transactions = Vec::new();
        if !self.items.is_empty() {
            let items = std::mem::take(&mut self.items);
            transactions.push(self.chain.sign(&operator, Action::Anchor(items))?);
        }
        if !self.tickets.is_empty() {
            let redeem = ContractAction::RedeemTickets {
                tickets: std::mem::take(&mut self.tickets),
                escrow_account: FARES,
                operator_account: OPERATOR,
            };
            transactions.push(self.chain.sign(&operator, Action::Contract(redeem))?);
        }
        if transactions.is_empty() {
            return Ok(());
        }
        for (_, outcome) in self.chain.block(transactions)?.outcomes {
            if !outcome.is_done() {
                bail!("the day's ledger refused its own transaction: {outcome:?}");
            }
        }
        Ok(())
    }

    /// The day is over: sets down what is left and the day's files, claims the subsidy, writes the receipt.
    pub fn finish(
        mut self,
        measures: &DayMeasures,
        sealed: Vec<SealedSegment>,
        files: &[(EvidenceKind, PathBuf)],
        out: &Path,
    ) -> Result<Settled> {
        self.chain.time_ms = self.midnight_ms + (measures.to_clock_s.max(0.0) * 1000.0) as u64;
        self.take(sealed);
        self.write()?;
        let operator = self.parties.operator.clone();
        let mut items = Vec::new();
        for (kind, path) in files {
            items.push(EvidenceItem {
                kind: *kind,
                subject: plain_name(&measures.line),
                digest: digest_of_file(&self.chain.ledger, path)?,
                count: 1,
                from_ms: self.midnight_ms + (measures.from_clock_s.max(0.0) * 1000.0) as u64,
                to_ms: self.chain.time_ms,
            });
        }
        let record = items.first().map(|item| item.digest).context("the day leaves a file")?;
        let anchored = self.chain.done(&operator, Action::Anchor(items))?;
        let paid = self.subsidy(measures, record)?;
        self.chain.ledger.flush()?;

        let receipt = self.chain.ledger.receipt(&anchored)?.context("it was just put there")?;
        let path = out.join("receipt.json");
        output::write_whole(&path, receipt.to_json().as_bytes())?;
        let header = &receipt.checkpoint.header;
        let currency = &self.site.currency;
        let yuan = |amount: u64| format!("{} {}", iso20022::decimal(amount, currency), currency.code);
        let lines = vec![
            format!(
                "Permit {PERMIT} (taken for done before the day) allowed {} vehicles in `{}`.",
                self.vehicles.len(),
                self.site.permit.area
            ),
            format!(
                "Ledger {}: {} blocks, {} entries, {} minutes of vehicles' records set down.",
                header.origin,
                header.height + 1,
                header.log_size,
                self.segments
            ),
            format!(
                "{} fares of {}: {}. Subsidy of the district: {}.",
                self.rides,
                yuan(self.site.contracts.fare),
                yuan(self.rides * self.site.contracts.fare),
                yuan(paid)
            ),
            format!(
                "Receipt of the day's record: entry {} of the log with root {}, state {}; receipt.json verifies with `westline ledger verify`.",
                receipt.index, header.log_root, header.state_root
            ),
        ];
        Ok(Settled { lines, receipt: path })
    }

    /// Claims the subsidy for the trips that were run, and settles it; what was paid.
    fn subsidy(&mut self, measures: &DayMeasures, record: Digest) -> Result<u64> {
        let trips: Vec<TripClaim> = measures
            .trips
            .iter()
            .filter(|trip| trip.outcome == TripOutcome::Finished)
            .map(|trip| TripClaim {
                trip: plain_name(&format!("{} {}", measures.date, trip.id)),
                evidence: record,
                distance_m: measures.patterns[trip.pattern].length_m.max(0.0).round() as u32,
                passengers: trip.calls.iter().map(|call| call.boarded).sum(),
            })
            .collect();
        let terms = self.site.contracts;
        if trips.is_empty() || terms.subsidy_per_km + terms.subsidy_per_passenger == 0 {
            return Ok(0);
        }
        let mut paid = 0;
        for (index, trips) in trips.chunks(ledger::BATCH_MAX).enumerate() {
            let claim = Id(1 + index as u128);
            let claimed = ContractAction::ClaimTrips {
                subsidy: SUBSIDY,
                claim,
                trips: trips.to_vec(),
            };
            let (operator, auditor) = (self.parties.operator.clone(), self.parties.auditor.clone());
            self.chain.done(&operator, Action::Contract(claimed))?;
            let settled = ContractAction::SettleClaim {
                subsidy: SUBSIDY,
                claim,
                approved: true,
                payer_account: DISTRICT,
                operator_account: OPERATOR,
            };
            let (_, outcome) = self.chain.send(&auditor, Action::Contract(settled))?;
            if let Outcome::Refused(refusal) = outcome {
                bail!("the subsidy was refused: {refusal}");
            }
            if let Some(Record::Claim(claim)) = self.chain.ledger.get(&claim_key(claim))? {
                paid += claim.paid.unwrap_or(0);
            }
        }
        Ok(paid)
    }
}

/// A name as the ledger takes it: of some length, without slashes and control characters, and still one of its kind.
fn plain_name(name: &str) -> String {
    const BYTES_MAX: usize = 100;
    const BYTES_KEPT: usize = 60;
    let is_odd = |letter: char| letter == '/' || letter.is_control();
    let plain: String = name
        .chars()
        .map(|letter| if is_odd(letter) { '-' } else { letter })
        .collect();
    if !plain.is_empty() && plain.len() <= BYTES_MAX && plain == name {
        return plain;
    }
    let digest = Digest::of(Suite::International, &[name.as_bytes()]).to_string();
    let mut kept = plain;
    while kept.len() > BYTES_KEPT {
        kept.pop();
    }
    format!("{kept} {}", &digest[..16])
}

/// The digest of a file, read piece by piece.
fn digest_of_file(ledger: &Ledger, path: &Path) -> Result<Digest> {
    use std::io::Read as _;
    let mut file = std::fs::File::open(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let mut hasher = ledger::Hasher::new(ledger.suite());
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = file
            .read(&mut piece)
            .with_context(|| format!("{}: cannot be read", path.display()))?;
        if read == 0 {
            return Ok(hasher.finish());
        }
        hasher.update(&piece[..read]);
    }
}
