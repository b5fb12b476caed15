//! Four validators over real sockets of this machine, and a ledger that follows them as its [`Ordering`].

use crate::playground::{START_MS, account, genesis, transfer};
use commonware_cryptography::Signer as _;
use ledger::account::AccountFlags;
use ledger::validators::{
    Client, End, Follower, Member, Node, Peer, Timing, engine_key, read_directory, run, write_directory,
};
use ledger::{Action, Ledger, Ordering as _, SignedTransaction, Suite, Transaction};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::mpsc;

#[test]
fn validators_on_sockets_order_for_a_ledger_of_either_suite() {
    for suite in [Suite::International, Suite::Sm] {
        order_over_sockets(suite);
    }
}

fn order_over_sockets(suite: Suite) {
    let folder = tempfile::tempdir().expect("a folder");
    let (genesis, keys) = genesis(suite);
    let names: Vec<String> = genesis.validators().into_keys().collect();
    // All listeners at once, so that each gets another port; they go before the validators begin.
    let listeners: Vec<TcpListener> = names
        .iter()
        .map(|_| TcpListener::bind("127.0.0.1:0").expect("a port"))
        .collect();
    let peers: BTreeMap<String, Peer> = names
        .iter()
        .zip(&listeners)
        .map(|(name, listener)| {
            let key = engine_key(&keys[name]).public_key();
            let address = listener.local_addr().expect("an address");
            (name.clone(), Peer { key, address })
        })
        .collect();
    drop(listeners);
    let text = write_directory(&peers);
    let (sender, clients) = mpsc::channel::<Client>();
    let mut threads = Vec::new();
    for name in &names {
        let ledger = Ledger::create(&folder.path().join(name), genesis.clone()).expect("a new ledger");
        let peers = read_directory("network.toml", &text).expect("what was written reads");
        let node = Node {
            member: Member {
                name: name.clone(),
                key: keys[name].clone(),
            },
            listen: peers[name].address,
            peers,
            timing: Timing::default(),
        };
        let sender = sender.clone();
        threads.push(std::thread::spawn(move || {
            run(ledger, node, move |client| {
                sender.send(client).expect("the test waits");
            })
        }));
    }
    let clients: Vec<Client> = clients.iter().take(names.len()).collect();
    let mut own = Ledger::create(&folder.path().join("own"), genesis.clone()).expect("a new ledger");
    let mut nonce = 0;
    let mut sign = |action| -> SignedTransaction {
        nonce += 1;
        let transaction = Transaction {
            version: 1,
            chain: genesis.digest(),
            sender: "bank".to_owned(),
            nonce,
            // The validators go by the clock of the machine.
            valid_until_ms: START_MS * 2,
            action,
        };
        transaction.sign(&keys["bank"])
    };
    let accounts = [1, 2].map(|id| account(id, "bank", AccountFlags::default()));
    let opening = sign(Action::CreateAccounts(accounts.to_vec()));
    let first = Follower::new(clients[0].clone())
        .order(&mut own, vec![opening], 0)
        .expect("a final block");
    assert!(first.outcomes[0].1.is_done());
    let payments = vec![
        sign(Action::Transfer(vec![transfer(1, 1, 2, 5)])),
        sign(Action::Transfer(vec![transfer(2, 1, 99, 5)])),
    ];
    let again = payments[0].clone();
    let second = Follower::new(clients[1].clone())
        .order(&mut own, payments, 0)
        .expect("a final block");
    let done: Vec<bool> = second.outcomes.iter().map(|(_, outcome)| outcome.is_done()).collect();
    assert_eq!(done, [true, false], "the second pays into an account that is not there");
    let third = Follower::new(clients[2].clone())
        .order(&mut own, vec![again], 0)
        .expect("it is done already");
    assert_eq!(third.outcomes, [second.outcomes[0].clone()]);
    assert_eq!(third.checkpoint, second.checkpoint, "nothing was added");
    own.head()
        .expect("a block")
        .verify(&genesis.validators())
        .expect("two thirds have signed");
    for client in &clients {
        client.stop();
    }
    for thread in threads {
        let end = thread.join().expect("no panic").expect("it ran");
        assert!(matches!(end, End::Stopped), "{end:?}");
    }
}

#[test]
fn every_problem_of_a_network_file_is_told_with_its_line() {
    let text = "[[validator]]\nparty = \"bank\"\naddress = \"somewhere\"\nengine_key = \"ed25519:00\"\n";
    let problems = read_directory("network.toml", text)
        .expect_err("two problems")
        .to_string();
    for problem in [
        "network.toml:1: `somewhere` is no address\nhint:",
        "network.toml:1: `ed25519:00` is no key of Ed25519\nhint:",
    ] {
        assert!(problems.contains(problem), "{problems}");
    }
}
