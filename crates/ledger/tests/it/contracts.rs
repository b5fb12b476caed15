//! Subsidies, tickets, deposits and fines, fen for fen.

use crate::playground::{Playground, START_MS, key};
use ledger::contract::{ContractAction, Subsidy, TicketUse, TripClaim, claim_key, double_spend_key};
use ledger::evidence::{EvidenceItem, EvidenceKind};
use ledger::{Action, Digest, Id, Outcome, Record, Scheme};

fn contract(action: ContractAction) -> Action {
    Action::Contract(action)
}

fn evidence(chain: &mut Playground, sender: &str, byte: u8) -> Digest {
    let item = EvidenceItem {
        kind: EvidenceKind::Recording,
        subject: "bus-1".to_owned(),
        digest: Digest([byte; 32]),
        count: 1,
        from_ms: START_MS,
        to_ms: START_MS,
    };
    let digest = item.digest;
    chain.done(sender, Action::Anchor(vec![item]));
    digest
}

fn trip(name: &str, evidence: Digest, distance_m: u32, passengers: u32) -> TripClaim {
    TripClaim {
        trip: name.to_owned(),
        evidence,
        distance_m,
        passengers,
    }
}

#[test]
fn a_subsidy_pays_verified_trips_once_up_to_its_limit() {
    let mut chain = Playground::new().with_accounts();
    chain.done(
        "district",
        contract(ContractAction::OpenSubsidy(Subsidy {
            id: Id(1),
            payer_account: Id(3),
            operator: "operator".to_owned(),
            operator_account: Id(2),
            verifier: "auditor".to_owned(),
            per_km: 100,
            per_passenger: 10,
            limit: 1000,
            paid: 0,
        })),
    );
    let proof = evidence(&mut chain, "operator", 1);
    let claim = |claim, trips| {
        contract(ContractAction::ClaimTrips {
            subsidy: Id(1),
            claim: Id(claim),
            trips,
        })
    };
    let settle = |claim, approved| {
        contract(ContractAction::SettleClaim {
            subsidy: Id(1),
            claim: Id(claim),
            approved,
            payer_account: Id(3),
            operator_account: Id(2),
        })
    };
    // 999 m and 1001 m are two kilometres: no metre is lost between trips.
    chain.done(
        "operator",
        claim(1, vec![trip("a", proof, 999, 3), trip("b", proof, 1001, 4)]),
    );
    let refused = chain.refused("operator", claim(2, vec![trip("b", proof, 1001, 4)]));
    assert!(refused.contains("trip `b`: it was claimed"), "{refused}");
    chain.done("auditor", settle(1, true));
    assert_eq!(chain.account(3).debits_posted, 200 + 70);
    assert!(chain.refused("auditor", settle(1, true)).contains("is settled"));
    chain.done("operator", claim(3, vec![trip("c", proof, 50_000, 0)]));
    chain.done("auditor", settle(3, false));
    assert_eq!(chain.account(3).debits_posted, 270);
    chain.done("operator", claim(4, vec![trip("d", proof, 50_000, 0)]));
    chain.done("auditor", settle(4, true));
    assert_eq!(chain.account(3).debits_posted, 1000);
    let Some(Record::Claim(paid)) = chain.ledger.get(&claim_key(Id(4))).expect("readable") else {
        panic!("no claim");
    };
    assert_eq!((paid.amount, paid.paid), (5000, Some(730)));
}

#[test]
fn a_ticket_is_paid_once_and_a_ride_used_twice_is_proven_by_both_signatures() {
    let mut chain = Playground::new().with_accounts();
    let rider = key(Scheme::P256, "rider");
    chain.done(
        "operator",
        contract(ContractAction::SellTickets {
            book: Id(1),
            holder: rider.public_key(),
            rides: 3,
            fare: 200,
            payer_account: Id(2),
            escrow_account: Id(4),
        }),
    );
    let redeem = |tickets| {
        contract(ContractAction::RedeemTickets {
            tickets,
            escrow_account: Id(4),
            operator_account: Id(2),
        })
    };
    let first = TicketUse::sign(Id(1), 0, "bus-1", START_MS, &rider);
    chain.done(
        "operator",
        redeem(vec![
            first.clone(),
            TicketUse::sign(Id(1), 1, "bus-1", START_MS, &rider),
        ]),
    );
    assert_eq!(chain.account(4).debits_posted, 400);
    // The same ticket again is the same ticket.
    chain.done("operator", redeem(vec![first.clone()]));
    let mut changed = first.clone();
    changed.vehicle = "bus-2".to_owned();
    assert!(
        chain
            .refused("operator", redeem(vec![changed]))
            .contains("signature does not hold")
    );
    let beyond = TicketUse::sign(Id(1), 3, "bus-1", START_MS, &rider);
    assert!(
        chain
            .refused("operator", redeem(vec![beyond]))
            .contains("signature does not hold")
    );
    let second = TicketUse::sign(Id(1), 0, "bus-2", START_MS + 1, &rider);
    let outcome = chain.send(
        "operator",
        redeem(vec![
            second.clone(),
            TicketUse::sign(Id(1), 2, "bus-1", START_MS, &rider),
        ]),
    );
    let Outcome::Done { refused } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(refused.len(), 2, "the ride used twice, and then the blocked book");
    let Some(Record::DoubleSpend(proof)) = chain.ledger.get(&double_spend_key(Id(1), 0)).expect("readable") else {
        panic!("no proof");
    };
    assert_eq!((&proof.first, &proof.second), (&first, &second));
    assert!(
        [proof.first, proof.second]
            .iter()
            .all(|ticket| ticket.is_signed_by(&rider.public_key()))
    );
    assert_eq!(chain.account(4).debits_posted, 400);
}

#[test]
fn a_deposit_is_fined_on_evidence_and_the_rest_goes_back() {
    let mut chain = Playground::new().with_accounts();
    chain.done(
        "operator",
        contract(ContractAction::OpenDeposit {
            deposit: Id(1),
            payer_account: Id(2),
            escrow_account: Id(4),
            beneficiary: "district".to_owned(),
            amount: 1000,
        }),
    );
    let fine = |amount, evidence| {
        contract(ContractAction::Fine {
            deposit: Id(1),
            amount,
            evidence,
            reason: "a red light was passed".to_owned(),
            escrow_account: Id(4),
            treasury_account: Id(3),
        })
    };
    assert!(
        chain
            .refused("district", fine(1, Digest([8; 32])))
            .contains("there is no evidence")
    );
    let proof = evidence(&mut chain, "district", 8);
    assert!(
        chain
            .refused("district", fine(1001, proof))
            .contains("only 1000 are left")
    );
    chain.done("district", fine(300, proof));
    chain.done(
        "district",
        contract(ContractAction::ReleaseDeposit {
            deposit: Id(1),
            escrow_account: Id(4),
            payer_account: Id(2),
        }),
    );
    let held = |id| chain.account(id).credits_posted - chain.account(id).debits_posted;
    assert_eq!([held(2), held(3), held(4)], [9700, 10_300, 0]);
}
