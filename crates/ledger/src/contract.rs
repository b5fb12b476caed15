//! Contracts: subsidies from verified trips, tickets with double-spend detection, deposits and fines.
//!
//! Each is a typed rule that moves money between accounts which the action names, so that what it touches is known before it
//! runs. A ticket is signed by its holder's key and may be taken without a connection; the ledger pays each serial number
//! once, and keeps both signatures where one was used twice.

use crate::account::{self, Account, Mover, Transfer, account, account_key, derived_id, transfer_key};
use crate::crypto::{Digest, PublicKey, SecretKey, Signature};
use crate::evidence::evidence_key;
use crate::party::{Party, Role};
use crate::state::{Access, Record, Stop, View, party_key};
use crate::transaction::{BATCH_MAX, Id, Refusal, check_name, check_text};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rides of one book of tickets: its record stays small.
const RIDES_MAX: u16 = 512;
/// Codes of the transfers that contracts make, from this one on.
const SUBSIDY_CODE: u16 = 901;
const TICKETS_CODE: u16 = 902;
const FARE_CODE: u16 = 903;
const DEPOSIT_CODE: u16 = 904;
const FINE_CODE: u16 = 905;
const RELEASE_CODE: u16 = 906;
/// What a holder's signature of a ticket begins with.
const TICKET_PREFIX: &[u8] = b"westline ticket 1\0";

/// A promise to pay for trips that are verified.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subsidy {
    /// Its number.
    pub id: Id,
    /// Pays; the sender's own.
    pub payer_account: Id,
    /// Is paid.
    pub operator: String,
    /// Its account.
    pub operator_account: Id,
    /// Verifies claims.
    pub verifier: String,
    /// For each kilometre driven in service, in the smallest unit.
    pub per_km: u64,
    /// For each passenger carried.
    pub per_passenger: u64,
    /// Never more than this in all.
    pub limit: u64,
    /// Paid up to now; zero at first.
    #[serde(default)]
    pub paid: u64,
}

/// A trip for which a subsidy is claimed.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TripClaim {
    /// Its name, with the day: it is claimed once.
    pub trip: String,
    /// Evidence of it that is set down.
    pub evidence: Digest,
    /// Driven in service, metres.
    pub distance_m: u32,
    /// Carried.
    pub passengers: u32,
}

/// That a trip has been claimed: an entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct TripRecord {
    /// In which claim.
    pub claim: Id,
    /// As claimed.
    pub trip: TripClaim,
}

/// A claim and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Claim {
    /// The subsidy.
    pub subsidy: Id,
    /// Trips in it.
    pub trips: u32,
    /// What they come to, in the smallest unit.
    pub amount: u64,
    /// What was paid; less where the subsidy's limit was reached. None while it waits for the verifier.
    pub paid: Option<u64>,
    /// When it was made.
    pub time_ms: u64,
}

/// Rides that are paid for.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct TicketBook {
    /// Its number.
    pub id: Id,
    /// Whose signature is a ticket.
    pub holder: PublicKey,
    /// Rides.
    pub rides: u16,
    /// Of each, in the smallest unit.
    pub fare: u64,
    /// Where the money lies until it is ridden for.
    pub escrow_account: Id,
    /// Uses by serial number.
    pub used: BTreeMap<u16, TicketUse>,
    /// A ride was used twice: nothing more is paid.
    pub blocked: bool,
}

/// One ticket, as its holder signed it on board.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketUse {
    /// The book.
    pub book: Id,
    /// Which of its rides, from zero.
    pub serial: u16,
    /// Where it was taken.
    pub vehicle: String,
    /// When, milliseconds since 1970 UTC.
    pub time_ms: u64,
    /// The holder's.
    pub signature: Signature,
}

impl TicketUse {
    /// Makes a ticket: what the holder's device does on board, without a connection.
    pub fn sign(book: Id, serial: u16, vehicle: &str, time_ms: u64, key: &SecretKey) -> TicketUse {
        let mut ticket = TicketUse {
            book,
            serial,
            vehicle: vehicle.to_owned(),
            time_ms,
            signature: Signature([0; 64]),
        };
        ticket.signature = key.sign(&ticket.message());
        ticket
    }

    /// Is it the holder's? The vehicle asks so, without a connection.
    pub fn is_signed_by(&self, holder: &PublicKey) -> bool {
        holder.verify(&self.message(), &self.signature)
    }

    fn message(&self) -> Vec<u8> {
        let fields = (self.book, self.serial, &self.vehicle, self.time_ms);
        let bytes = borsh::to_vec(&fields).expect("writing to memory does not fail");
        [TICKET_PREFIX, &bytes[..]].concat()
    }
}

/// Proof that a holder used one ride twice: an entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct DoubleSpend {
    /// The use that was paid.
    pub first: TicketUse,
    /// The other; both are signed.
    pub second: TicketUse,
    /// Who brought the second.
    pub by: String,
}

/// Money that is bound until it is released or fined away.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Deposit {
    /// Its number.
    pub id: Id,
    /// Whose money it is.
    pub payer: String,
    /// Where it goes back to.
    pub payer_account: Id,
    /// Where it lies.
    pub escrow_account: Id,
    /// Who fines and releases.
    pub beneficiary: String,
    /// What is left of it, in the smallest unit.
    pub amount: u64,
}

/// What may be asked of contracts.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "snake_case")]
#[allow(missing_docs)] // Fields are named as in the records above.
pub enum ContractAction {
    /// Promise a subsidy. The government, from an account of its own.
    OpenSubsidy(Subsidy),
    /// Claim for trips. The subsidy's operator.
    ClaimTrips {
        subsidy: Id,
        claim: Id,
        trips: Vec<TripClaim>,
    },
    /// Pay a claim, or refuse it for good. The subsidy's verifier.
    SettleClaim {
        subsidy: Id,
        claim: Id,
        approved: bool,
        payer_account: Id,
        operator_account: Id,
    },
    /// Sell a book of tickets. The owner of the account that pays.
    SellTickets {
        book: Id,
        holder: PublicKey,
        rides: u16,
        fare: u64,
        payer_account: Id,
        escrow_account: Id,
    },
    /// Be paid for tickets that were taken on board. Operators.
    RedeemTickets {
        tickets: Vec<TicketUse>,
        escrow_account: Id,
        operator_account: Id,
    },
    /// Bind a deposit. The owner of the account that pays.
    OpenDeposit {
        deposit: Id,
        payer_account: Id,
        escrow_account: Id,
        beneficiary: String,
        amount: u64,
    },
    /// Take from a deposit. Its beneficiary, on evidence.
    Fine {
        deposit: Id,
        amount: u64,
        evidence: Digest,
        reason: String,
        escrow_account: Id,
        treasury_account: Id,
    },
    /// Give back what is left of a deposit. Its beneficiary.
    ReleaseDeposit {
        deposit: Id,
        escrow_account: Id,
        payer_account: Id,
    },
}

/// Key of a subsidy.
pub fn subsidy_key(id: Id) -> String {
    format!("subsidy/{id}")
}

/// Key of a claim.
pub fn claim_key(id: Id) -> String {
    format!("claim/{id}")
}

/// Key of a trip that was claimed.
pub fn trip_key(subsidy: Id, trip: &str) -> String {
    format!("trip/{subsidy}/{trip}")
}

/// Key of a book of tickets.
pub fn book_key(id: Id) -> String {
    format!("tickets/{id}")
}

/// Key of the proof that a ride was used twice.
pub fn double_spend_key(book: Id, serial: u16) -> String {
    format!("double-spend/{book}/{serial}")
}

/// Key of a deposit.
pub fn deposit_key(id: Id) -> String {
    format!("deposit/{id}")
}

pub(crate) fn contract_access(action: &ContractAction, id: &Digest, access: &mut Access) {
    let mut pays = |accounts: [Id; 2], transfers: u32| {
        access.writes.extend(accounts.map(account_key));
        access
            .writes
            .extend((0..transfers).map(|index| transfer_key(derived_id(id, index))));
    };
    match action {
        ContractAction::OpenSubsidy(subsidy) => {
            access.writes.insert(subsidy_key(subsidy.id));
            access
                .reads
                .extend([subsidy.payer_account, subsidy.operator_account].map(account_key));
            access
                .reads
                .extend([&subsidy.operator, &subsidy.verifier].map(|party| party_key(party)));
        }
        ContractAction::ClaimTrips { subsidy, claim, trips } => {
            access.reads.insert(subsidy_key(*subsidy));
            access.writes.insert(claim_key(*claim));
            access
                .reads
                .extend(trips.iter().map(|trip| evidence_key(&trip.evidence)));
            access
                .writes
                .extend(trips.iter().map(|trip| trip_key(*subsidy, &trip.trip)));
        }
        ContractAction::SettleClaim {
            subsidy,
            claim,
            payer_account,
            operator_account,
            ..
        } => {
            pays([*payer_account, *operator_account], 1);
            access.writes.insert(subsidy_key(*subsidy));
            access.writes.insert(claim_key(*claim));
        }
        ContractAction::SellTickets {
            book,
            payer_account,
            escrow_account,
            ..
        } => {
            pays([*payer_account, *escrow_account], 1);
            access.writes.insert(book_key(*book));
        }
        ContractAction::RedeemTickets {
            tickets,
            escrow_account,
            operator_account,
        } => {
            pays([*escrow_account, *operator_account], 1);
            for ticket in tickets {
                access.writes.insert(book_key(ticket.book));
                access.writes.insert(double_spend_key(ticket.book, ticket.serial));
            }
        }
        ContractAction::OpenDeposit {
            deposit,
            payer_account,
            escrow_account,
            beneficiary,
            ..
        } => {
            pays([*payer_account, *escrow_account], 1);
            access.writes.insert(deposit_key(*deposit));
            access.reads.insert(party_key(beneficiary));
        }
        ContractAction::Fine {
            deposit,
            evidence,
            escrow_account,
            treasury_account,
            ..
        } => {
            pays([*escrow_account, *treasury_account], 1);
            access.writes.insert(deposit_key(*deposit));
            access.reads.insert(evidence_key(evidence));
        }
        ContractAction::ReleaseDeposit {
            deposit,
            escrow_account,
            payer_account,
        } => {
            pays([*escrow_account, *payer_account], 1);
            access.writes.insert(deposit_key(*deposit));
        }
    }
}

/// Carries an action out; returns the items of its batch that were refused.
pub(crate) fn act(view: &mut View<'_>, sender: &Party, action: &ContractAction) -> Result<Vec<(u32, Refusal)>, Stop> {
    match action {
        ContractAction::OpenSubsidy(subsidy) => open_subsidy(view, sender, subsidy)?,
        ContractAction::ClaimTrips { subsidy, claim, trips } => claim_trips(view, sender, (*subsidy, *claim), trips)?,
        ContractAction::SettleClaim {
            subsidy,
            claim,
            approved,
            payer_account,
            operator_account,
        } => settle(
            view,
            sender,
            (*subsidy, *claim),
            *approved,
            (*payer_account, *operator_account),
        )?,
        ContractAction::SellTickets {
            book,
            holder,
            rides,
            fare,
            payer_account,
            escrow_account,
        } => {
            if *rides == 0 || *rides > RIDES_MAX || *fare == 0 || *book == Id(0) || !holder.is_valid() {
                let what = format!("a book has a number, a holder's key, 1 to {RIDES_MAX} rides and a fare");
                return Err(Refusal::Invalid(what).into());
            }
            is_new(view, &book_key(*book), || format!("book {book}"))?;
            owned(sender, &account(view, *payer_account)?)?;
            bound(&account(view, *escrow_account)?)?;
            pay(
                view,
                (*payer_account, *escrow_account),
                fare.saturating_mul((*rides).into()),
                TICKETS_CODE,
            )?;
            let record = TicketBook {
                id: *book,
                holder: holder.clone(),
                rides: *rides,
                fare: *fare,
                escrow_account: *escrow_account,
                used: BTreeMap::new(),
                blocked: false,
            };
            view.set(book_key(*book), Record::TicketBook(record));
        }
        ContractAction::RedeemTickets {
            tickets,
            escrow_account,
            operator_account,
        } => return redeem(view, sender, tickets, (*escrow_account, *operator_account)),
        ContractAction::OpenDeposit {
            deposit,
            payer_account,
            escrow_account,
            beneficiary,
            amount,
        } => {
            is_new(view, &deposit_key(*deposit), || format!("deposit {deposit}"))?;
            owned(sender, &account(view, *payer_account)?)?;
            let escrow = account(view, *escrow_account)?;
            bound(&escrow)?;
            view.party(beneficiary)?;
            pay(view, (*payer_account, *escrow_account), *amount, DEPOSIT_CODE)?;
            let record = Deposit {
                id: *deposit,
                payer: sender.id.clone(),
                payer_account: *payer_account,
                escrow_account: *escrow_account,
                beneficiary: beneficiary.clone(),
                amount: *amount,
            };
            view.set(deposit_key(*deposit), Record::Deposit(record));
        }
        ContractAction::Fine {
            deposit,
            amount,
            evidence,
            reason,
            escrow_account,
            treasury_account,
        } => {
            check_text("the reason", reason)?;
            let mut record = beneficiarys(view, sender, *deposit, *escrow_account)?;
            if !view.has(&evidence_key(evidence))? {
                return Err(Refusal::Missing(format!("evidence {evidence}")).into());
            }
            owned(sender, &account(view, *treasury_account)?)?;
            if *amount > record.amount {
                return Err(Refusal::Invalid(format!("only {} are left of the deposit", record.amount)).into());
            }
            pay(view, (*escrow_account, *treasury_account), *amount, FINE_CODE)?;
            record.amount -= amount;
            view.set(deposit_key(*deposit), Record::Deposit(record));
        }
        ContractAction::ReleaseDeposit {
            deposit,
            escrow_account,
            payer_account,
        } => {
            let mut record = beneficiarys(view, sender, *deposit, *escrow_account)?;
            if record.payer_account != *payer_account {
                return Err(Refusal::Differs(format!("the payer's account of deposit {deposit}")).into());
            }
            pay(view, (*escrow_account, *payer_account), record.amount, RELEASE_CODE)?;
            record.amount = 0;
            view.set(deposit_key(*deposit), Record::Deposit(record));
        }
    }
    Ok(Vec::new())
}

/// One transfer by a contract.
fn pay(view: &mut View<'_>, (debit_account, credit_account): (Id, Id), amount: u64, code: u16) -> Result<(), Stop> {
    let ledger = account(view, debit_account)?.ledger;
    let transfer = Transfer::posted(
        derived_id(&view.id, 0),
        [debit_account, credit_account],
        amount,
        ledger,
        code,
    );
    account::transfer(view, Mover::Contract, &transfer)
}

fn is_new(view: &View<'_>, key: &str, what: impl Fn() -> String) -> Result<(), Stop> {
    if view.has(key)? {
        return Err(Refusal::Differs(what()).into());
    }
    Ok(())
}

fn owned(sender: &Party, account: &Account) -> Result<(), Refusal> {
    if account.owner == sender.id && !account.flags.only_contracts_debit {
        Ok(())
    } else {
        Err(Refusal::NotAllowed(format!(
            "account {} is not yours to debit",
            account.id
        )))
    }
}

/// Money of others lies only where nobody but a contract moves it, and never more leaves than came.
fn bound(escrow: &Account) -> Result<(), Refusal> {
    if escrow.flags.only_contracts_debit && escrow.flags.debits_must_not_exceed_credits {
        Ok(())
    } else {
        Err(Refusal::Invalid(format!(
            "account {} binds nothing: it needs `only-contracts-debit` and `debits-must-not-exceed-credits`",
            escrow.id
        )))
    }
}

fn open_subsidy(view: &mut View<'_>, sender: &Party, subsidy: &Subsidy) -> Result<(), Stop> {
    if sender.role != Role::Government {
        return Err(Refusal::NotAllowed("subsidies are the government's to promise".to_owned()).into());
    }
    if subsidy.paid != 0 || subsidy.id == Id(0) {
        return Err(Refusal::Invalid("a subsidy has a number, and nothing is paid yet".to_owned()).into());
    }
    is_new(view, &subsidy_key(subsidy.id), || format!("subsidy {}", subsidy.id))?;
    owned(sender, &account(view, subsidy.payer_account)?)?;
    if account(view, subsidy.operator_account)?.owner != subsidy.operator {
        return Err(Refusal::Invalid(format!(
            "account {} is not `{}`'s",
            subsidy.operator_account, subsidy.operator
        ))
        .into());
    }
    view.party(&subsidy.operator)?;
    let verifier = view.party(&subsidy.verifier)?;
    if verifier.id == subsidy.operator || !matches!(verifier.role, Role::Auditor | Role::Inspector | Role::Government) {
        return Err(
            Refusal::Invalid("claims are verified by an auditor, an inspector or the government".to_owned()).into(),
        );
    }
    view.set(subsidy_key(subsidy.id), Record::Subsidy(subsidy.clone()));
    Ok(())
}

fn subsidy(view: &View<'_>, id: Id) -> Result<Subsidy, Stop> {
    match view.get(&subsidy_key(id))? {
        Some(Record::Subsidy(subsidy)) => Ok(subsidy),
        _ => Err(Refusal::Missing(format!("subsidy {id}")).into()),
    }
}

fn claim_trips(
    view: &mut View<'_>,
    sender: &Party,
    (subsidy_id, claim): (Id, Id),
    trips: &[TripClaim],
) -> Result<(), Stop> {
    let contract = subsidy(view, subsidy_id)?;
    if contract.operator != sender.id {
        return Err(Refusal::NotAllowed(format!("subsidy {subsidy_id} is for `{}`", contract.operator)).into());
    }
    if trips.is_empty() || trips.len() > BATCH_MAX {
        return Err(Refusal::Invalid(format!("a claim is for 1 to {BATCH_MAX} trips")).into());
    }
    is_new(view, &claim_key(claim), || format!("claim {claim}"))?;
    // Metres and passengers are summed before they are priced, so that no fraction of a fen is lost trip by trip.
    let (mut distance_m, mut passengers) = (0u64, 0u64);
    for trip in trips {
        check_name("the trip", &trip.trip)?;
        match view.get(&evidence_key(&trip.evidence))? {
            Some(Record::Evidence(_)) => {}
            _ => return Err(Refusal::Missing(format!("evidence {} of trip `{}`", trip.evidence, trip.trip)).into()),
        }
        let key = trip_key(subsidy_id, &trip.trip);
        is_new(view, &key, || format!("trip `{}`: it was claimed", trip.trip))?;
        distance_m += u64::from(trip.distance_m);
        passengers += u64::from(trip.passengers);
        let record = TripRecord {
            claim,
            trip: trip.clone(),
        };
        view.set(key, Record::Trip(record));
    }
    let overflow = || Refusal::Invalid("the claim would pass 2^64".to_owned());
    let for_distance = (u128::from(distance_m) * u128::from(contract.per_km) / 1000).try_into();
    let for_distance: u64 = for_distance.map_err(|_| overflow())?;
    let for_passengers = passengers.checked_mul(contract.per_passenger).ok_or_else(overflow)?;
    let record = Claim {
        subsidy: subsidy_id,
        trips: trips.len() as u32,
        amount: for_distance.checked_add(for_passengers).ok_or_else(overflow)?,
        paid: None,
        time_ms: view.time_ms,
    };
    view.set(claim_key(claim), Record::Claim(record));
    Ok(())
}

fn settle(
    view: &mut View<'_>,
    sender: &Party,
    (subsidy_id, claim_id): (Id, Id),
    approved: bool,
    accounts: (Id, Id),
) -> Result<(), Stop> {
    let mut contract = subsidy(view, subsidy_id)?;
    if contract.verifier != sender.id {
        return Err(Refusal::NotAllowed(format!("claims are verified by `{}`", contract.verifier)).into());
    }
    if accounts != (contract.payer_account, contract.operator_account) {
        return Err(Refusal::Differs(format!("the accounts of subsidy {subsidy_id}")).into());
    }
    let mut claim = match view.get(&claim_key(claim_id))? {
        Some(Record::Claim(claim)) if claim.subsidy == subsidy_id => claim,
        _ => return Err(Refusal::Missing(format!("claim {claim_id} of subsidy {subsidy_id}")).into()),
    };
    if claim.paid.is_some() {
        return Err(Refusal::Invalid(format!("claim {claim_id} is settled")).into());
    }
    let amount = match approved {
        true => claim.amount.min(contract.limit.saturating_sub(contract.paid)),
        false => 0,
    };
    if amount > 0 {
        pay(view, accounts, amount, SUBSIDY_CODE)?;
    }
    claim.paid = Some(amount);
    contract.paid += amount;
    view.set(claim_key(claim_id), Record::Claim(claim));
    view.set(subsidy_key(subsidy_id), Record::Subsidy(contract));
    Ok(())
}

fn redeem(
    view: &mut View<'_>,
    sender: &Party,
    tickets: &[TicketUse],
    (escrow_account, operator_account): (Id, Id),
) -> Result<Vec<(u32, Refusal)>, Stop> {
    if sender.role != Role::Operator || account(view, operator_account)?.owner != sender.id {
        return Err(Refusal::NotAllowed("tickets are paid to operators, on an account of their own".to_owned()).into());
    }
    if tickets.is_empty() || tickets.len() > BATCH_MAX {
        return Err(Refusal::Invalid(format!("1 to {BATCH_MAX} tickets at once")).into());
    }
    let mut refused = Vec::new();
    let mut sum = 0u64;
    for (index, ticket) in tickets.iter().enumerate() {
        match redeem_one(view, sender, ticket, escrow_account) {
            Ok(fare) => sum = sum.saturating_add(fare),
            Err(Stop::Refused(refusal)) => refused.push((index as u32, refusal)),
            Err(failed) => return Err(failed),
        }
    }
    if sum > 0 {
        pay(view, (escrow_account, operator_account), sum, FARE_CODE)?;
    }
    Ok(refused)
}

/// What is to be paid for a ticket: its fare, or nothing if it was paid before.
fn redeem_one(view: &mut View<'_>, sender: &Party, ticket: &TicketUse, escrow_account: Id) -> Result<u64, Stop> {
    check_name("the vehicle", &ticket.vehicle)?;
    let mut book = match view.get(&book_key(ticket.book))? {
        Some(Record::TicketBook(book)) if book.escrow_account == escrow_account => book,
        _ => return Err(Refusal::Missing(format!("book {} on account {escrow_account}", ticket.book)).into()),
    };
    if ticket.serial >= book.rides || !ticket.is_signed_by(&book.holder) {
        return Err(Refusal::WrongSignature.into());
    }
    match book.used.get(&ticket.serial) {
        // The vehicle sends it again because it did not hear.
        Some(first) if first == ticket => Ok(0),
        Some(first) => {
            let proof = DoubleSpend {
                first: first.clone(),
                second: ticket.clone(),
                by: sender.id.clone(),
            };
            let key = double_spend_key(ticket.book, ticket.serial);
            if !view.has(&key)? {
                view.set(key, Record::DoubleSpend(proof));
            }
            book.blocked = true;
            view.set(book_key(ticket.book), Record::TicketBook(book));
            let what = format!("ride {} of book {} was used before", ticket.serial, ticket.book);
            Err(Refusal::NotAllowed(what).into())
        }
        None if book.blocked => {
            Err(Refusal::NotAllowed(format!("book {} is blocked: a ride was used twice", ticket.book)).into())
        }
        None => {
            let fare = book.fare;
            book.used.insert(ticket.serial, ticket.clone());
            view.set(book_key(ticket.book), Record::TicketBook(book));
            Ok(fare)
        }
    }
}

/// A deposit that the sender decides on.
fn beneficiarys(view: &View<'_>, sender: &Party, id: Id, escrow_account: Id) -> Result<Deposit, Stop> {
    let deposit = match view.get(&deposit_key(id))? {
        Some(Record::Deposit(deposit)) => deposit,
        _ => return Err(Refusal::Missing(format!("deposit {id}")).into()),
    };
    if deposit.beneficiary != sender.id {
        return Err(Refusal::NotAllowed(format!("deposit {id} is `{}`'s to decide on", deposit.beneficiary)).into());
    }
    if deposit.escrow_account != escrow_account {
        return Err(Refusal::Differs(format!("the escrow account of deposit {id}")).into());
    }
    Ok(deposit)
}
