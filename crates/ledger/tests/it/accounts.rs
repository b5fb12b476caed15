//! Money: each transfer debits and credits the same, bounds hold, what is asked twice is done once.

use crate::playground::{Playground, account, transfer};
use ledger::account::{AccountFlags, Balancing, Transfer, TransferKind};
use ledger::{Action, Id, Outcome, Refusal};
use proptest::prelude::*;

fn pending(id: u128, amount: u64, timeout_s: u32) -> Transfer {
    Transfer {
        kind: TransferKind::Pending { timeout_s },
        ..transfer(id, 2, 3, amount)
    }
}

fn finishing(id: u128, kind: TransferKind, amount: u64) -> Transfer {
    Transfer {
        kind,
        ..transfer(id, 2, 3, amount)
    }
}

#[test]
fn a_transfer_asked_for_twice_moves_money_once_and_another_of_its_number_is_refused() {
    let mut chain = Playground::new().with_accounts();
    chain.done("operator", Action::Transfer(vec![transfer(10, 2, 3, 500)]));
    chain.done("operator", Action::Transfer(vec![transfer(10, 2, 3, 500)]));
    assert_eq!(chain.account(2).debits_posted, 500);
    let refused = chain.refused("operator", Action::Transfer(vec![transfer(10, 2, 3, 501)]));
    assert_eq!(refused, "transfer 10 is there already and differs");
}

#[test]
fn a_bounded_account_pays_what_it_holds_and_not_a_fen_more() {
    let mut chain = Playground::new().with_accounts();
    let refused = chain.refused("operator", Action::Transfer(vec![transfer(10, 2, 3, 10_001)]));
    assert_eq!(refused, "account 2 would exceed its limit by 1");
    let all = Transfer {
        balancing: Balancing::Debit,
        ..transfer(11, 2, 3, u64::MAX)
    };
    chain.done("operator", Action::Transfer(vec![all]));
    assert_eq!(chain.account(2).debits_posted, 10_000);
}

#[test]
fn a_held_amount_is_posted_in_part_voided_or_let_go_when_its_time_is_over() {
    let mut chain = Playground::new().with_accounts();
    chain.done(
        "operator",
        Action::Transfer(vec![pending(10, 4000, 0), pending(11, 3000, 0), pending(12, 2000, 5)]),
    );
    assert_eq!(
        (chain.account(2).debits_pending, chain.account(3).credits_pending),
        (9000, 9000)
    );
    // Held money is not there to be paid.
    let refused = chain.refused("operator", Action::Transfer(vec![transfer(13, 2, 3, 1001)]));
    assert_eq!(refused, "account 2 would exceed its limit by 1");
    chain.done(
        "district",
        Action::Transfer(vec![finishing(14, TransferKind::Post { pending: Id(10) }, 1500)]),
    );
    chain.done(
        "district",
        Action::Transfer(vec![finishing(15, TransferKind::Void { pending: Id(11) }, 0)]),
    );
    let account = chain.account(2);
    assert_eq!((account.debits_pending, account.debits_posted), (2000, 1500));
    // The payer may not let go what it has promised.
    let refused = chain.refused(
        "operator",
        Action::Transfer(vec![finishing(16, TransferKind::Void { pending: Id(12) }, 0)]),
    );
    assert!(refused.contains("not yours to post or void"), "{refused}");
    chain.time_ms += 10_000;
    chain.block(Vec::new());
    assert_eq!(chain.account(2).debits_pending, 0);
    let refused = chain.refused(
        "district",
        Action::Transfer(vec![finishing(17, TransferKind::Post { pending: Id(12) }, 0)]),
    );
    assert!(refused.contains("timed out"), "{refused}");
    let refused = chain.refused(
        "district",
        Action::Transfer(vec![finishing(18, TransferKind::Post { pending: Id(10) }, 0)]),
    );
    assert!(refused.contains("posted"), "{refused}");
}

#[test]
fn linked_transfers_are_done_all_or_none_and_others_of_the_batch_stand_alone() {
    let mut chain = Playground::new().with_accounts();
    let linked = |id, amount| Transfer {
        linked: true,
        ..transfer(id, 2, 3, amount)
    };
    let batch = vec![
        transfer(10, 2, 3, 1),
        linked(11, 2),
        linked(12, 99_999),
        transfer(13, 2, 3, 4),
        transfer(14, 2, 3, 5),
    ];
    let outcome = chain.send("operator", Action::Transfer(batch));
    let Outcome::Done { refused } = outcome else {
        panic!("{outcome:?}");
    };
    let places: Vec<u32> = refused.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, [1, 2, 3]);
    assert_eq!(refused[0].1, Refusal::Linked);
    assert_eq!(chain.account(2).debits_posted, 6);
    let refused = chain.refused("operator", Action::Transfer(vec![linked(20, 1)]));
    assert!(refused.contains("the batch ends"), "{refused}");
}

#[test]
fn sums_do_not_pass_two_to_the_sixty_fourth() {
    let mut chain = Playground::new().with_accounts();
    chain.done(
        "bank",
        Action::CreateAccounts(vec![account(9, "bank", AccountFlags::default())]),
    );
    chain.done("bank", Action::Transfer(vec![transfer(10, 9, 1, u64::MAX - 20_000)]));
    let refused = chain.refused("bank", Action::Transfer(vec![transfer(11, 9, 1, 20_001)]));
    assert_eq!(refused, "a sum of the account would pass 2^64");
}

/// Any transfer, sensible or not.
fn any_transfer() -> impl Strategy<Value = Transfer> {
    let kind = prop_oneof![
        4 => Just(TransferKind::Posted),
        3 => (0u32..4).prop_map(|timeout_s| TransferKind::Pending { timeout_s }),
        2 => (10u128..30).prop_map(|id| TransferKind::Post { pending: Id(id) }),
        1 => (10u128..30).prop_map(|id| TransferKind::Void { pending: Id(id) }),
    ];
    let balancing = prop_oneof![8 => Just(Balancing::No), 1 => Just(Balancing::Debit), 1 => Just(Balancing::Credit)];
    (
        10u128..30,
        1u128..5,
        1u128..5,
        0u64..6000,
        kind,
        balancing,
        prop::bool::weighted(0.2),
    )
        .prop_map(|(id, debit, credit, amount, kind, balancing, linked)| Transfer {
            kind,
            balancing,
            linked,
            ..transfer(id, debit, credit, amount)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn money_is_conserved_and_bounds_hold_whatever_is_asked(
        batches in prop::collection::vec((prop::sample::select(vec!["bank", "operator", "district"]), prop::collection::vec(any_transfer(), 1..6)), 1..12)
    ) {
        let mut chain = Playground::new().with_accounts();
        for (sender, transfers) in batches {
            chain.send(sender, Action::Transfer(transfers));
            let accounts: Vec<_> = (1..5).map(|id| chain.account(id)).collect();
            let sum = |of: fn(&ledger::account::Account) -> u64| accounts.iter().map(of).sum::<u64>();
            prop_assert_eq!(sum(|a| a.debits_posted), sum(|a| a.credits_posted));
            prop_assert_eq!(sum(|a| a.debits_pending), sum(|a| a.credits_pending));
            for account in accounts.iter().filter(|account| account.flags.debits_must_not_exceed_credits) {
                prop_assert!(account.debits_posted + account.debits_pending <= account.credits_posted);
            }
        }
    }
}
