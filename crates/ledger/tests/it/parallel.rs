//! Side by side is as one after another: any transactions, same outcomes, same state.

use crate::playground::{Playground, account, transfer};
use ledger::account::{AccountFlags, TransferKind};
use ledger::contract::{ContractAction, TicketUse};
use ledger::evidence::{EvidenceItem, EvidenceKind};
use ledger::governance::Change;
use ledger::registry::{EntryKind, RegistryAction, RegistryEntry};
use ledger::{Action, BlockContext, Digest, Id, Scheme, SignedTransaction};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Something that meets others often: few accounts, few numbers.
fn any_action() -> impl Strategy<Value = (&'static str, Action)> {
    let payers = prop::sample::select(vec!["bank", "operator", "district"]);
    let transfers = (
        payers,
        prop::collection::vec((20u128..60, 1u128..5, 1u128..5, 1u64..4000, 0u8..4), 1..4),
    )
        .prop_map(|(sender, items)| {
            let transfers = items.into_iter().map(|(id, debit, credit, amount, kind)| {
                let mut transfer = transfer(id, debit, credit, amount);
                transfer.kind = match kind {
                    0 => TransferKind::Pending { timeout_s: 1 },
                    1 => TransferKind::Post {
                        pending: Id(id / 2 + 10),
                    },
                    _ => TransferKind::Posted,
                };
                transfer
            });
            (sender, Action::Transfer(transfers.collect()))
        });
    let accounts = (1u128..12).prop_map(|id| {
        (
            "bank",
            Action::CreateAccounts(vec![account(id, "bank", AccountFlags::default())]),
        )
    });
    let evidence = (prop::sample::select(vec!["institute", "operator"]), 0u8..6).prop_map(|(sender, byte)| {
        let item = EvidenceItem {
            kind: EvidenceKind::Recording,
            subject: "bus-1".to_owned(),
            digest: Digest([byte; 32]),
            count: 1,
            from_ms: 0,
            to_ms: 1,
        };
        (sender, Action::Anchor(vec![item]))
    });
    let registry = (prop::sample::select(vec!["maker", "operator"]), 0u8..3).prop_map(|(sender, id)| {
        let entry = RegistryEntry {
            kind: EntryKind::Vehicle,
            id: format!("bus-{id}"),
            digest: None,
            attributes: BTreeMap::new(),
            valid_until_ms: 0,
            withdrawn: false,
        };
        (sender, Action::Registry(RegistryAction::Enter(entry)))
    });
    let votes = prop::sample::select(vec!["bank", "district", "institute"]).prop_map(|sender| {
        (
            sender,
            Action::Vote(Change::RemoveParty {
                party: "maker".to_owned(),
            }),
        )
    });
    let tickets = (0u16..3, 0u64..2).prop_map(|(serial, time)| {
        let rider = crate::playground::key(Scheme::Ed25519, "rider");
        let redeem = ContractAction::RedeemTickets {
            tickets: vec![TicketUse::sign(Id(1), serial, "bus-1", time, &rider)],
            escrow_account: Id(4),
            operator_account: Id(2),
        };
        ("operator", Action::Contract(redeem))
    });
    prop_oneof![6 => transfers, 2 => accounts, 3 => evidence, 2 => registry, 1 => votes, 3 => tickets]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn transactions_side_by_side_do_what_they_do_one_after_another(actions in prop::collection::vec(any_action(), 1..60)) {
        let mut chain = Playground::new().with_accounts();
        let sale = ContractAction::SellTickets {
            book: Id(1),
            holder: crate::playground::key(Scheme::Ed25519, "rider").public_key(),
            rides: 3,
            fare: 7,
            payer_account: Id(2),
            escrow_account: Id(4),
        };
        chain.done("operator", Action::Contract(sale));
        let signed: Vec<SignedTransaction> = actions.into_iter().map(|(sender, action)| chain.sign(sender, action)).collect();
        let context = BlockContext {
            suite: chain.ledger.suite(),
            chain: chain.ledger.chain(),
            height: chain.ledger.next_height(),
            time_ms: chain.time_ms,
        };
        let named: Vec<_> = signed.iter().map(|signed| (signed.transaction.id(context.suite), signed)).collect();
        let in_order = ledger::execute_in_order(&chain.ledger, &context, &[], &named).expect("run");
        for threads in [1, 2, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            let side_by_side = pool.install(|| ledger::execute(&chain.ledger, &context, &[], &named)).expect("run");
            prop_assert_eq!(&side_by_side, &in_order);
        }
    }
}
