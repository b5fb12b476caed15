//! Who may not: each kind of transaction by those who must not send it, and signatures that are not what they claim.

use crate::playground::{Playground, START_MS, account, key, transfer};
use ledger::account::{AccountFlags, TransferKind};
use ledger::contract::{ContractAction, Subsidy, TripClaim};
use ledger::evidence::{EvidenceItem, EvidenceKind};
use ledger::governance::Change;
use ledger::permit::PermitStep;
use ledger::registry::{DataGrant, DataUse, EntryKind, RegistryAction, RegistryEntry};
use ledger::{Action, Digest, Id, Outcome, Refusal, Scheme, SignedTransaction};
use std::collections::BTreeMap;

const EVERYBODY: [&str; 7] = [
    "auditor",
    "bank",
    "district",
    "institute",
    "insurer",
    "maker",
    "operator",
];

/// Everybody but these is refused, with these words.
fn only(chain: &mut Playground, allowed: &[&str], words: &str, action: impl Fn(&str) -> Action) {
    for sender in EVERYBODY.iter().filter(|sender| !allowed.contains(sender)) {
        let refused = chain.refused(sender, action(sender));
        assert!(refused.contains(words), "{sender}: `{refused}`");
    }
}

fn entry(kind: EntryKind, id: &str) -> Action {
    Action::Registry(RegistryAction::Enter(RegistryEntry {
        kind,
        id: id.to_owned(),
        digest: None,
        attributes: BTreeMap::new(),
        valid_until_ms: 0,
        withdrawn: false,
    }))
}

#[test]
fn accounts_are_opened_by_banks_or_for_oneself() {
    let mut chain = Playground::new();
    only(
        &mut chain,
        &["bank", "insurer"],
        "only banks open accounts for others",
        |_| Action::CreateAccounts(vec![account(50, "insurer", AccountFlags::default())]),
    );
    chain.done(
        "insurer",
        Action::CreateAccounts(vec![account(50, "insurer", AccountFlags::default())]),
    );
}

#[test]
fn money_is_moved_by_the_owner_and_bound_money_by_contracts_only() {
    let mut chain = Playground::new().with_accounts();
    only(&mut chain, &["operator"], "not yours to debit", |_| {
        Action::Transfer(vec![transfer(70, 2, 3, 1)])
    });
    only(&mut chain, &[], "only contracts debit", |_| {
        Action::Transfer(vec![transfer(71, 4, 2, 1)])
    });
    let mut reserved = transfer(1 << 127, 2, 3, 1);
    assert!(
        chain
            .refused("operator", Action::Transfer(vec![reserved.clone()]))
            .contains("contracts' transfers")
    );
    reserved.id = Id(0);
    assert!(
        chain
            .refused("operator", Action::Transfer(vec![reserved]))
            .contains("not zero")
    );
    let mut held = transfer(72, 2, 3, 5);
    held.kind = TransferKind::Pending { timeout_s: 0 };
    chain.done("operator", Action::Transfer(vec![held]));
    only(&mut chain, &["district", "bank"], "not yours to post or void", |_| {
        let mut post = transfer(73, 2, 3, 5);
        post.kind = TransferKind::Post { pending: Id(72) };
        Action::Transfer(vec![post])
    });
}

#[test]
fn evidence_stays_the_first_ones_and_covers_some_time() {
    let mut chain = Playground::new();
    let item = EvidenceItem {
        kind: EvidenceKind::Document,
        subject: "bus-1".to_owned(),
        digest: Digest([1; 32]),
        count: 1,
        from_ms: START_MS,
        to_ms: START_MS,
    };
    chain.done("institute", Action::Anchor(vec![item.clone()]));
    chain.done("institute", Action::Anchor(vec![item.clone()]));
    only(&mut chain, &["institute"], "is there already and differs", |_| {
        Action::Anchor(vec![item.clone()])
    });
    let backwards = EvidenceItem {
        digest: Digest([2; 32]),
        from_ms: START_MS + 1,
        ..item
    };
    assert!(
        chain
            .refused("institute", Action::Anchor(vec![backwards]))
            .contains("covers no time")
    );
}

#[test]
fn the_registry_is_written_by_the_roles_it_names_and_an_entry_by_its_owner() {
    let mut chain = Playground::new();
    only(&mut chain, &["maker", "operator"], "enters no vehicle", |_| {
        entry(EntryKind::Vehicle, "bus-1")
    });
    only(&mut chain, &["maker"], "enters no software", |_| {
        entry(EntryKind::Software, "driver 1")
    });
    only(&mut chain, &["maker", "operator", "district"], "enters no map", |_| {
        entry(EntryKind::Map, "town")
    });
    only(
        &mut chain,
        &["institute", "district"],
        "enters no qualification",
        |_| entry(EntryKind::Qualification, "officer 7"),
    );
    chain.done("maker", entry(EntryKind::Vehicle, "bus-1"));
    assert!(
        chain
            .refused("operator", entry(EntryKind::Vehicle, "bus-1"))
            .contains("is an entry of `maker`")
    );
}

#[test]
fn data_are_used_by_whom_they_were_given_to_for_what_they_were_given() {
    let mut chain = Playground::new();
    chain.done("operator", entry(EntryKind::DataSet, "trips"));
    let grant = |until| {
        Action::Registry(RegistryAction::Grant(DataGrant {
            id: Id(1),
            data_set: "trips".to_owned(),
            to: "auditor".to_owned(),
            purposes: vec!["subsidy".to_owned()],
            consent: None,
            valid_until_ms: until,
            withdrawn: false,
        }))
    };
    only(&mut chain, &["operator"], "is `operator`'s to give", |_| {
        grant(START_MS + 60_000)
    });
    chain.done("operator", grant(START_MS + 60_000));
    let used = |id, purpose: &str| {
        Action::Registry(RegistryAction::Use(DataUse {
            id: Id(id),
            grant: Id(1),
            data_set: "trips".to_owned(),
            purpose: purpose.to_owned(),
            digest: Digest([3; 32]),
        }))
    };
    only(&mut chain, &["auditor"], "the grant is for another", |_| {
        used(1, "subsidy")
    });
    assert!(
        chain
            .refused("auditor", used(1, "advertising"))
            .contains("not for `advertising`")
    );
    chain.done("auditor", used(1, "subsidy"));
    chain.time_ms += 120_000;
    assert!(chain.refused("auditor", used(2, "subsidy")).contains("has ended"));
}

#[test]
fn each_step_of_a_permit_is_for_the_role_whose_turn_it_is() {
    let mut chain = Playground::new();
    let step = |name: &str| {
        Action::Permit(PermitStep {
            permit: Id(1),
            step: name.to_owned(),
            vehicles: vec!["bus-1".to_owned()],
            conditions: Some(crate::permits::conditions()),
            evidence: Vec::new(),
            note: String::new(),
        })
    };
    only(&mut chain, &["operator"], "is for the operator", |_| step("apply"));
    chain.done("operator", step("apply"));
    only(&mut chain, &["institute"], "is for the inspector", |_| step("test"));
    only(&mut chain, &["district"], "is for the government", |_| step("refuse"));
    only(&mut chain, &[], "cannot be taken in the state `applied`", |_| {
        step("license")
    });
}

#[test]
fn contracts_are_made_claimed_and_settled_by_whom_they_name() {
    let mut chain = Playground::new().with_accounts();
    let subsidy = Subsidy {
        id: Id(1),
        payer_account: Id(3),
        operator: "operator".to_owned(),
        operator_account: Id(2),
        verifier: "auditor".to_owned(),
        per_km: 100,
        per_passenger: 10,
        limit: 5000,
        paid: 0,
    };
    let open = |subsidy: &Subsidy| Action::Contract(ContractAction::OpenSubsidy(subsidy.clone()));
    only(&mut chain, &["district"], "the government's to promise", |_| {
        open(&subsidy)
    });
    let verified_by_itself = Subsidy {
        verifier: "operator".to_owned(),
        ..subsidy.clone()
    };
    assert!(
        chain
            .refused("district", open(&verified_by_itself))
            .contains("verified by an auditor")
    );
    chain.done("district", open(&subsidy));
    let claim = || {
        Action::Contract(ContractAction::ClaimTrips {
            subsidy: Id(1),
            claim: Id(1),
            trips: vec![TripClaim {
                trip: "t1".to_owned(),
                evidence: Digest([9; 32]),
                distance_m: 1000,
                passengers: 1,
            }],
        })
    };
    only(&mut chain, &["operator"], "is for `operator`", |_| claim());
    assert!(chain.refused("operator", claim()).contains("there is no evidence"));
    let settle = || {
        Action::Contract(ContractAction::SettleClaim {
            subsidy: Id(1),
            claim: Id(1),
            approved: true,
            payer_account: Id(3),
            operator_account: Id(2),
        })
    };
    only(&mut chain, &["auditor"], "verified by `auditor`", |_| settle());
    let sell = || {
        Action::Contract(ContractAction::SellTickets {
            book: Id(1),
            holder: key(Scheme::Ed25519, "rider").public_key(),
            rides: 2,
            fare: 10,
            payer_account: Id(2),
            escrow_account: Id(4),
        })
    };
    only(&mut chain, &["operator"], "not yours to debit", |_| sell());
    let redeem = || {
        Action::Contract(ContractAction::RedeemTickets {
            tickets: Vec::new(),
            escrow_account: Id(4),
            operator_account: Id(2),
        })
    };
    only(&mut chain, &["operator"], "tickets are paid to operators", |_| redeem());
    let deposit = |escrow| {
        Action::Contract(ContractAction::OpenDeposit {
            deposit: Id(1),
            payer_account: Id(2),
            escrow_account: Id(escrow),
            beneficiary: "district".to_owned(),
            amount: 100,
        })
    };
    only(&mut chain, &["operator"], "not yours to debit", |_| deposit(4));
    assert!(chain.refused("operator", deposit(3)).contains("binds nothing"));
    chain.done("operator", deposit(4));
    let release = || {
        Action::Contract(ContractAction::ReleaseDeposit {
            deposit: Id(1),
            escrow_account: Id(4),
            payer_account: Id(2),
        })
    };
    only(&mut chain, &["district"], "`district`'s to decide on", |_| release());
    only(&mut chain, &["district"], "`district`'s to decide on", |_| {
        Action::Contract(ContractAction::Fine {
            deposit: Id(1),
            amount: 1,
            evidence: Digest([9; 32]),
            reason: String::new(),
            escrow_account: Id(4),
            treasury_account: Id(3),
        })
    });
}

#[test]
fn only_validators_vote_and_two_thirds_of_them_decide() {
    let mut chain = Playground::new();
    let new_key = key(Scheme::Ed25519, "the maker's second key");
    let change = Change::SetKeys {
        party: "maker".to_owned(),
        keys: vec![new_key.public_key()],
    };
    let validators = ["bank", "district", "institute", "operator"];
    only(&mut chain, &validators, "only validators vote", |_| {
        Action::Vote(change.clone())
    });
    chain.done("bank", Action::Vote(change.clone()));
    chain.done("bank", Action::Vote(change.clone()));
    chain.done("district", Action::Vote(change.clone()));
    // Two of four, one of them twice, are not enough: the old key still signs.
    chain.done("maker", entry(EntryKind::Software, "v1"));
    chain.done("operator", Action::Vote(change));
    assert!(
        chain
            .refused("maker", entry(EntryKind::Software, "v2"))
            .contains("this key is not `maker`'s")
    );
    chain.keys.insert("maker".to_owned(), new_key);
    chain.done("maker", entry(EntryKind::Software, "v2"));
}

#[test]
fn a_validator_that_joins_or_leaves_changes_who_must_sign() {
    let mut chain = Playground::new();
    let leave = Change::RemoveParty {
        party: "bank".to_owned(),
    };
    for voter in ["district", "institute", "operator"] {
        chain.done(voter, Action::Vote(leave.clone()));
    }
    assert_eq!(chain.ledger.validators().len(), 3);
    chain.block(Vec::new());
    assert_eq!(chain.ledger.head().expect("a block").signatures.len(), 3);
    assert!(
        chain
            .refused("bank", Action::Vote(leave))
            .contains("there is no party `bank`")
    );
}

fn turned_away(chain: &mut Playground, signed: SignedTransaction) -> Refusal {
    let committed = chain.block(vec![signed]);
    assert!(committed.outcomes.is_empty());
    committed.turned_away[0].1.clone()
}

#[test]
fn a_transaction_replayed_late_changed_or_of_another_chain_stands_in_no_block() {
    let mut chain = Playground::new().with_accounts();
    let signed = chain.sign("operator", Action::Transfer(vec![transfer(80, 2, 3, 1)]));
    chain.block(vec![signed.clone()]);
    assert_eq!(turned_away(&mut chain, signed.clone()), Refusal::Repeated);
    let twice = chain.sign("operator", Action::Transfer(vec![transfer(81, 2, 3, 1)]));
    let committed = chain.block(vec![twice.clone(), twice]);
    assert_eq!(
        (committed.outcomes.len(), &committed.turned_away[..]),
        (1, &[(1, Refusal::Repeated)][..])
    );

    let mut changed = chain.sign("operator", Action::Transfer(vec![transfer(82, 2, 3, 1)]));
    changed.transaction.nonce += 1;
    assert_eq!(turned_away(&mut chain, changed), Refusal::WrongSignature);
    let mut stolen = chain.sign("operator", Action::Transfer(vec![transfer(83, 2, 3, 1)]));
    stolen.key = chain.keys["bank"].public_key();
    assert_eq!(turned_away(&mut chain, stolen), Refusal::WrongSignature);

    let mut elsewhere = signed.transaction.clone();
    elsewhere.chain = Digest([7; 32]);
    let elsewhere = elsewhere.sign(&chain.keys["operator"]);
    assert_eq!(turned_away(&mut chain, elsewhere), Refusal::WrongChain);
    let late = chain.sign("operator", Action::Transfer(vec![transfer(84, 2, 3, 1)]));
    chain.time_ms += 2 * 3_600_000;
    assert_eq!(turned_away(&mut chain, late), Refusal::TooLate);
}

#[test]
fn a_key_of_another_party_or_version_is_refused_and_the_refusal_is_on_the_log() {
    let mut chain = Playground::new().with_accounts();
    let mut transaction = chain
        .sign("operator", Action::Transfer(vec![transfer(85, 2, 3, 1)]))
        .transaction;
    let by_bank = transaction.clone().sign(&chain.keys["bank"]);
    let committed = chain.block(vec![by_bank]);
    let Outcome::Refused(refusal) = &committed.outcomes[0].1 else {
        panic!("{committed:?}");
    };
    assert_eq!(refusal.to_string(), "not allowed: this key is not `operator`'s");
    let receipt = chain
        .ledger
        .receipt(&committed.outcomes[0].0)
        .expect("readable")
        .expect("there");
    assert_eq!(receipt.entry.outcome, committed.outcomes[0].1);
    transaction.version = 2;
    let newer = transaction.sign(&chain.keys["operator"]);
    let committed = chain.block(vec![newer]);
    assert_eq!(
        committed.outcomes[0].1,
        Outcome::Refused(Refusal::WrongVersion { found: 2, active: 1 })
    );
}
