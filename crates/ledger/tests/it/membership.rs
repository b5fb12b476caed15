//! Who validates changes while the chain goes on: a party joins, one leaves, keys are replaced, an epoch is renewed.

use crate::playground::key;
use crate::validators::{Simulation, runtime};
use commonware_runtime::{Runner as _, Supervisor as _};
use ledger::governance::Change;
use ledger::validators::{End, renew, take};
use ledger::{Action, Ledger, Party, Scheme};

/// Place of the party that joins.
const MAKER: usize = 4;

fn party(simulation: &Simulation, name: &str, validates: bool) -> Party {
    let (ledger, _) = Ledger::open(&simulation.ledger_folder(MAKER)).expect("nobody has it open");
    let found = ledger.genesis().parties.iter().find(|party| party.id == name);
    Party {
        validates,
        ..found.expect("a party").clone()
    }
}

/// Three validators vote, and all start again with the new ones.
async fn vote(simulation: &mut Simulation, change: Change, places: &[usize]) {
    for place in places {
        let name = simulation.names[*place].clone();
        simulation.submit_as(&name, *place, Action::Vote(change.clone()));
    }
    for place in 0..simulation.names.len() {
        // Those who commit the block end; one that does not hear of it hears of it from those who have started again.
        let Some(running) = simulation.running[place].take() else {
            continue;
        };
        let end = running.handle.await.expect("it is not aborted");
        assert!(matches!(end, End::ValidatorsChanged { .. }), "{end:?}");
        assert!(running.client.reader().is_err(), "no client reads on");
        let (ledger, _) = Ledger::open(&simulation.ledger_folder(place)).expect("a ledger that opens");
        let stays = ledger.validators().contains_key(&simulation.names[place]);
        drop(ledger);
        if stays {
            simulation.begin(place).await;
        } else {
            simulation.left.push(place);
        }
    }
    simulation.collect();
}

/// A newcomer's ledger takes the blocks of another's, which is not running.
fn bring_up(simulation: &Simulation, from: usize, to: usize) {
    let (theirs, _) = Ledger::open(&simulation.ledger_folder(from)).expect("nobody has it open");
    let (mut own, _) = Ledger::open(&simulation.ledger_folder(to)).expect("nobody has it open");
    for height in own.next_height()..theirs.next_height() {
        let block = theirs.block(height).expect("a readable store").expect("a block");
        take(&mut own, block).expect("a block that follows");
    }
}

#[test]
fn a_party_joins_by_vote_and_one_of_five_may_be_dead_then() {
    for seed in 0..3 {
        runtime(seed).start(|context| async move {
            let mut simulation = Simulation::honest_with(context.child("five"), seed, &["maker"]).await;
            simulation.link_all(&[0; 5], &Simulation::good_link()).await;
            simulation.run_all().await;
            simulation.open_accounts(0).await;
            let change = Change::SetParty(party(&simulation, "maker", true));
            vote(&mut simulation, change, &[0, 1, 2]).await;
            simulation.crash(3).await;
            bring_up(&simulation, 3, MAKER);
            simulation.left.clear();
            simulation.begin(MAKER).await;
            simulation.sleep(2_000).await;
            simulation.left.push(3);
            simulation.pay(MAKER);
            simulation.settle("four of five go on").await;
            simulation.left.clear();
            simulation.begin(3).await;
            simulation.pay(3);
            simulation.settle("the fifth is back").await;
            simulation.compare().await;
        });
    }
}

#[test]
fn a_party_leaves_by_vote_and_the_three_go_on_without_it() {
    for seed in 0..3 {
        runtime(seed).start(|context| async move {
            let mut simulation = Simulation::honest_with(context.child("four"), seed, &["maker"]).await;
            simulation.link_all(&[0; 5], &Simulation::good_link()).await;
            simulation.run_all().await;
            simulation.open_accounts(0).await;
            let leaver = simulation.names[1].clone();
            let change = Change::SetParty(party(&simulation, &leaver, false));
            vote(&mut simulation, change, &[0, 2, 3]).await;
            for place in [0, 2, 3] {
                simulation.pay(place);
            }
            simulation.settle("three go on").await;
            simulation.compare().await;
        });
    }
}

#[test]
fn a_validator_replaces_its_key_by_vote() {
    runtime(7).start(|context| async move {
        let mut simulation = Simulation::honest_with(context.child("four"), 7, &["maker"]).await;
        simulation.link_all(&[0; 5], &Simulation::good_link()).await;
        simulation.run_all().await;
        simulation.open_accounts(0).await;
        let changed = simulation.names[2].clone();
        let new = key(Scheme::Ed25519, "another key");
        let change = Change::SetKeys {
            party: changed.clone(),
            keys: vec![new.public_key()],
        };
        for place in [0, 1, 3] {
            let name = simulation.names[place].clone();
            simulation.submit_as(&name, place, Action::Vote(change.clone()));
        }
        for place in 0..4 {
            let running = simulation.running[place].take().expect("it runs");
            let end = running.handle.await.expect("it is not aborted");
            assert!(matches!(end, End::ValidatorsChanged { .. }), "{end:?}");
        }
        simulation.collect();
        simulation.replace_key(2, new).await;
        simulation.run_all().await;
        for place in 0..4 {
            simulation.pay(place);
        }
        simulation.settle("with the new key").await;
        simulation.compare().await;
    });
}

#[test]
fn an_epoch_is_renewed_upon_the_same_blocks() {
    runtime(11).start(|context| async move {
        let mut simulation = Simulation::honest_with(context.child("four"), 11, &[]).await;
        simulation.link_all(&[0; 4], &Simulation::good_link()).await;
        simulation.run_all().await;
        simulation.open_accounts(0).await;
        for place in 0..4 {
            simulation.crash(place).await;
            let (ledger, _) = Ledger::open(&simulation.ledger_folder(place)).expect("a ledger that opens");
            renew(&ledger).expect("an epoch begins");
        }
        simulation.run_all().await;
        simulation.pay(3);
        simulation.settle("in the new epoch").await;
        simulation.compare().await;
    });
}
