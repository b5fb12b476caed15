//! A node's HTTP interface over real sockets: what is sent, asked, watched and refused.

use crate::playground::transfer;
use crate::sockets::Sockets;
use ledger::api::{AnswerState, Client, Limits, Server, Submitted, openapi_json};
use ledger::{Action, Digest, Genesis, LedgerError, Suite};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::time::Duration;

const WAIT: Duration = Duration::from_secs(20);

fn serve(genesis: &Genesis, limits: Limits) -> (Server, Client) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = Server::start(listener, "bank", genesis, limits).expect("a server");
    let client = Client::new(&format!("http://{}", server.address())).expect("an address");
    (server, client)
}

#[test]
fn a_transaction_is_sent_proven_and_watched_over_http() {
    let mut sockets = Sockets::start(Suite::International);
    let validators = sockets.genesis.validators();
    let (server, client) = serve(&sockets.genesis, Limits::default());
    let hasty = client.clone().with_patience(Duration::ZERO);
    let starting = hasty.chain().expect_err("no validator is there");
    assert!(starting.to_string().contains("starting"), "{starting}");
    assert_eq!(client.genesis().expect("it is known from the start"), sockets.genesis);
    server.attach()(sockets.clients[0].clone());
    assert_eq!(client.chain().expect("a chain").height, None);
    let mut watcher = client.watch(Some(0)).expect("a stream");

    let opening = sockets.two_accounts();
    let Submitted::Final(receipt) = client.submit(&opening, WAIT).expect("an answer") else {
        panic!("it is not final");
    };
    receipt.verify(&validators).expect("two thirds have signed");
    assert_eq!(receipt.entry.signed, opening);
    let id = opening.transaction.id(Suite::International);
    assert_eq!(
        client
            .receipt(&id)
            .expect("an answer")
            .as_ref()
            .map(|found| &found.entry),
        Some(&receipt.entry)
    );
    assert!(client.receipt(&Digest::default()).expect("an answer").is_none());

    let payments: Vec<_> = (1..=30)
        .map(|id| sockets.sign(Action::Transfer(vec![transfer(id, 1, 2, 5)])))
        .collect();
    let answers = client.submit_batch(&payments, WAIT).expect("answers").answers;
    assert!(
        answers
            .iter()
            .all(|answer| answer.state == AnswerState::Final && answer.is_done == Some(true)),
        "{answers:?}"
    );
    let late = client.submit_batch(&payments[..1], WAIT).expect("an answer").answers;
    assert_eq!(late[0], answers[0], "what was done before has its answer");

    let account = client
        .record("account/2", None)
        .expect("an answer")
        .expect("an account");
    assert_eq!(account.record["account"]["credits_posted"], 150);
    let before = client
        .record("account/2", Some(0))
        .expect("an answer")
        .expect("an account");
    assert_eq!(before.record["account"]["credits_posted"], 0);
    let proof = client.proof("account/2").expect("a proof");
    proof.verify(&validators).expect("it holds");
    let nothing = client.proof("account/99").expect("a proof");
    nothing
        .verify(&validators)
        .expect("that nothing is there is proven, too");
    assert!(nothing.record.is_none());
    let accounts = client.records("account/", "").expect("a page");
    let keys: Vec<&str> = accounts.records.iter().map(|told| told.key.as_str()).collect();
    assert_eq!(keys, ["account/1", "account/2"]);

    let first = watcher.next_block().expect("a stream").expect("a block");
    assert_eq!(Some(first), client.block(0).expect("an answer"));
    let second = watcher.next_block().expect("a stream").expect("a block");
    second.checkpoint.verify(&validators).expect("two thirds have signed");
    assert!(client.health().expect("an answer").is_well);
    server.detach();
    sockets.end();
}

#[test]
fn a_node_that_ends_answers_who_has_asked_and_lets_nobody_in() {
    let mut sockets = Sockets::start(Suite::International);
    let (server, client) = serve(&sockets.genesis, Limits::default());
    server.attach()(sockets.clients[0].clone());
    let mut watcher = client.watch(Some(0)).expect("a stream");
    let Submitted::Final(_) = client.submit(&sockets.two_accounts(), WAIT).expect("an answer") else {
        panic!("it is not final");
    };
    watcher.next_block().expect("a stream").expect("a block");
    // Two of four agree on nothing: this one's sender waits.
    for client in &sockets.clients[2..] {
        client.stop();
        while client.status().blocking_recv().is_ok() {}
    }
    let payment = sockets.sign(Action::Transfer(vec![transfer(1, 1, 2, 5)]));
    let asked = std::thread::spawn({
        let (client, payment) = (client.clone(), payment.clone());
        move || client.submit(&payment, WAIT)
    });
    let waiting = |client: &ledger::validators::Client| client.status().blocking_recv().expect("it runs").waiting;
    while waiting(&sockets.clients[0]) == 0 {}
    let drain = server.drain();
    assert!(!drain.wait(Duration::from_millis(100)), "one still waits");
    assert!(
        watcher.next_block().expect("it was told").is_none(),
        "a stream ends in order"
    );
    // Nobody listens there any more.
    while TcpStream::connect(server.address()).is_ok() {}
    sockets.end();
    assert!(drain.wait(WAIT), "all have their answers");
    let answer = asked.join().expect("no panic").expect("an answer");
    assert_eq!(
        answer,
        Submitted::Waiting(payment.transaction.id(Suite::International)),
        "it may become final yet"
    );
}

#[test]
fn what_cannot_be_is_refused_with_its_reason() {
    let mut sockets = Sockets::start(Suite::International);
    let limits = Limits {
        requests_per_second: NonZeroU32::new(15).expect("not zero"),
        ..Limits::default()
    };
    let (server, client) = serve(&sockets.genesis, limits);
    server.attach()(sockets.clients[1].clone());
    let mut foreign = sockets.two_accounts();
    foreign.transaction.chain = Digest::default();
    let answer = client.submit(&foreign, WAIT).expect("an answer");
    assert!(
        matches!(&answer, Submitted::TurnedAway(why) if why.contains("another chain")),
        "{answer:?}"
    );
    let mut forged = sockets.two_accounts();
    forged.transaction.nonce += 1;
    let answer = client.submit(&forged, WAIT).expect("an answer");
    assert!(
        matches!(&answer, Submitted::TurnedAway(why) if why.contains("signature")),
        "{answer:?}"
    );

    let address = server.address();
    for (request, status) in [
        ("GET /v1/accounts/x HTTP/1.1\r\nhost: a\r\n\r\n", "400"),
        ("GET /v1/records?prefix=a HTTP/1.1\r\nhost: a\r\n\r\n", "400"),
        ("GET /v1/record?key=a&more=1 HTTP/1.1\r\nhost: a\r\n\r\n", "400"),
        ("GET /v1/proof?key=transfer/1 HTTP/1.1\r\nhost: a\r\n\r\n", "400"),
        ("GET /v1/entries/1000000 HTTP/1.1\r\nhost: a\r\n\r\n", "404"),
        ("GET /v1/blocks/next HTTP/1.1\r\nhost: a\r\n\r\n", "400"),
        ("GET /v1/blocks HTTP/1.1\r\nhost: a\r\n\r\n", "426"),
        ("PUT /v1/chain HTTP/1.1\r\nhost: a\r\n\r\n", "405"),
        (
            "POST /v1/transactions HTTP/1.1\r\nhost: a\r\ncontent-length: 9000000\r\n\r\n",
            "413",
        ),
        (
            "POST /v1/transactions/batch HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nnoise",
            "400",
        ),
    ] {
        let answer = exchange(address, request);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request}\n{answer}"
        );
        assert!(answer.contains("\"hint\""), "{answer}");
    }
    let refused = (0..100).find_map(|_| client.chain().err()).expect("there is a limit");
    assert!(refused.to_string().contains("too many requests"), "{refused}");
    server.detach();
    sockets.end();
}

fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(request.as_bytes()).expect("it takes the request");
    stream.set_read_timeout(Some(WAIT)).expect("a time");
    let mut answer = String::new();
    let mut piece = [0; 4096];
    while !answer.contains("\"hint\"") {
        match stream.read(&mut piece) {
            Ok(length @ 1..) => answer += &String::from_utf8_lossy(&piece[..length]),
            _ => break,
        }
    }
    answer
}

#[test]
fn every_route_is_described() {
    let document: serde_json::Value = serde_json::from_str(&openapi_json()).expect("JSON");
    assert!(document["openapi"].as_str().expect("a version").starts_with("3.1"));
    let paths: Vec<&String> = document["paths"].as_object().expect("paths").keys().collect();
    let served = [
        "/metrics",
        "/v1/accounts/{id}",
        "/v1/blocks",
        "/v1/blocks/{height}",
        "/v1/chain",
        "/v1/checkpoints/{height}",
        "/v1/entries/{place}",
        "/v1/evidence/{digest}",
        "/v1/genesis",
        "/v1/health",
        "/v1/openapi.json",
        "/v1/permits/{id}",
        "/v1/proof",
        "/v1/record",
        "/v1/records",
        "/v1/registry/{kind}/{id}",
        "/v1/transactions",
        "/v1/transactions/batch",
        "/v1/transactions/{id}",
    ];
    assert_eq!(
        paths, served,
        "a route that comes or goes is a change for others: see CHANGELOG.md"
    );
}

#[test]
fn an_address_that_is_none_is_refused_with_its_mend() {
    for address in ["127.0.0.1:7200", "https://127.0.0.1:7200", "nothing", "http://"] {
        let refused = Client::new(address).expect_err(address);
        assert!(matches!(refused, LedgerError::Format { .. }), "{refused}");
        assert!(refused.to_string().contains("hint:"), "{refused}");
    }
}
