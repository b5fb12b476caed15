//! Four validators over real sockets of this machine, and a ledger that follows them as its [`Ordering`].

use crate::playground::{START_MS, account, genesis, transfer};
use ledger::account::AccountFlags;
use ledger::validators::{
    Client, End, Follower, Member, Node, Peer, Settings, Timing, read_directory, read_settings, run, write_directory,
    write_settings,
};
use ledger::{Action, Genesis, Ledger, LedgerError, Ordering as _, SecretKey, SignedTransaction, Suite, Transaction};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::mpsc;

/// Four validators that run on threads of this process.
pub struct Sockets {
    pub folder: tempfile::TempDir,
    pub genesis: Genesis,
    keys: BTreeMap<String, SecretKey>,
    pub clients: Vec<Client>,
    threads: Vec<std::thread::JoinHandle<Result<End, LedgerError>>>,
    nonce: u64,
}

impl Sockets {
    pub fn start(suite: Suite) -> Sockets {
        let folder = tempfile::tempdir().expect("a folder");
        let (genesis, keys) = genesis(suite);
        let names: Vec<String> = genesis.validators().into_keys().collect();
        // All listeners at once, so that each gets another port; they go before the validators begin.
        let listeners: Vec<TcpListener> = names
            .iter()
            .map(|_| TcpListener::bind("127.0.0.1:0").expect("a port"))
            .collect();
        let address = |listener: &TcpListener| listener.local_addr().expect("an address");
        let peers: BTreeMap<String, Peer> = names
            .iter()
            .zip(&listeners)
            .map(|(name, listener)| (name.clone(), Peer::of(&keys[name], address(listener))))
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
        Sockets {
            clients: clients.iter().take(names.len()).collect(),
            folder,
            genesis,
            keys,
            threads,
            nonce: 0,
        }
    }

    pub fn sign(&mut self, action: Action) -> SignedTransaction {
        self.nonce += 1;
        let transaction = Transaction {
            version: 1,
            chain: self.genesis.digest(),
            sender: "bank".to_owned(),
            nonce: self.nonce,
            // The validators go by the clock of the machine.
            valid_until_ms: START_MS * 2,
            action,
        };
        transaction.sign(&self.keys["bank"])
    }

    pub fn two_accounts(&mut self) -> SignedTransaction {
        let accounts = [1, 2].map(|id| account(id, "bank", AccountFlags::default()));
        self.sign(Action::CreateAccounts(accounts.to_vec()))
    }

    pub fn end(self) {
        for client in &self.clients {
            client.stop();
        }
        for thread in self.threads {
            let end = thread.join().expect("no panic").expect("it ran");
            assert!(matches!(end, End::Stopped), "{end:?}");
        }
    }
}

#[test]
fn validators_on_sockets_order_for_a_ledger_of_either_suite() {
    for suite in [Suite::International, Suite::Sm] {
        order_over_sockets(suite);
    }
}

fn order_over_sockets(suite: Suite) {
    let mut sockets = Sockets::start(suite);
    let own = sockets.folder.path().join("own");
    let mut own = Ledger::create(&own, sockets.genesis.clone()).expect("a new ledger");
    let opening = sockets.two_accounts();
    let first = Follower::new(sockets.clients[0].clone())
        .order(&mut own, vec![opening], 0)
        .expect("a final block");
    assert!(first.outcomes[0].1.is_done());
    let payments = vec![
        sockets.sign(Action::Transfer(vec![transfer(1, 1, 2, 5)])),
        sockets.sign(Action::Transfer(vec![transfer(2, 1, 99, 5)])),
    ];
    let again = payments[0].clone();
    let second = Follower::new(sockets.clients[1].clone())
        .order(&mut own, payments, 0)
        .expect("a final block");
    let done: Vec<bool> = second.outcomes.iter().map(|(_, outcome)| outcome.is_done()).collect();
    assert_eq!(done, [true, false], "the second pays into an account that is not there");
    let third = Follower::new(sockets.clients[2].clone())
        .order(&mut own, vec![again], 0)
        .expect("it is done already");
    assert_eq!(third.outcomes, [second.outcomes[0].clone()]);
    assert_eq!(third.checkpoint, second.checkpoint, "nothing was added");
    own.head()
        .expect("a block")
        .verify(&sockets.genesis.validators())
        .expect("two thirds have signed");
    sockets.end();
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

#[test]
fn settings_of_a_node_read_as_they_were_written_and_problems_have_their_line() {
    let settings = Settings {
        party: "bank".to_owned(),
        listen: Some("127.0.0.1:7100".parse().expect("an address")),
        api: "[::1]:7200".parse().expect("an address"),
        requests_per_second: std::num::NonZeroU32::new(20),
    };
    let again = read_settings("node.toml", &write_settings(&settings)).expect("what was written reads");
    assert_eq!(again, settings);
    let problem = read_settings("node.toml", "party = \"bank\"\napi = \"here\"\n").expect_err("no address");
    assert!(problem.to_string().starts_with("node.toml:2: "), "{problem}");
}
