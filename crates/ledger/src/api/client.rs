//! A client of a node, for programs that wait for their answers.
//!
//! In goes a node's address, such as `http://127.0.0.1:7200`; out come receipts, records, blocks. What is proven can be verified with the
//! genesis that the caller holds; a node's word alone is a record without proof. It speaks HTTP without TLS: to a node far away it
//! goes by way of a tunnel or a proxy of this machine.

use super::wire::{AnswersTold, BlockTold, ChainTold, HealthTold, Problem, RecordTold, RecordsTold, SubmittedTold};
use crate::LedgerError;
use crate::block::{BLOCK_BYTES_MAX, Block};
use crate::checkpoint::Checkpoint;
use crate::crypto::Digest;
use crate::party::Genesis;
use crate::receipt::{EntryReceipt, StateReceipt};
use crate::transaction::{Entry, SignedTransaction};
use reqwest::blocking::{RequestBuilder, Response};
use reqwest::{StatusCode, Url};
use serde::de::DeserializeOwned;
use std::io::Read as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Message, WebSocket};

/// A node answers a question within this time, or is not there.
const ANSWER: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(5);
/// A question is asked again for so long while the node cannot answer it.
const PATIENCE: Duration = Duration::from_secs(10);
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// A stream of blocks shows a sign of life more often than this.
const SILENCE: Duration = Duration::from_secs(60);
/// A block as JSON is a few times longer than its encoding.
const ANSWER_BYTES_MAX: u64 = 4 * BLOCK_BYTES_MAX as u64;

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It stands in a block.
    Final(Box<EntryReceipt>),
    /// It waits for one: ask for its receipt later.
    Waiting(Digest),
    /// It cannot stand in one.
    TurnedAway(String),
}

/// A client of one node.
#[derive(Clone, Debug)]
pub struct Client {
    base: Url,
    http: reqwest::blocking::Client,
    patience: Duration,
}

impl Client {
    /// A client of the node at an address.
    pub fn new(address: &str) -> Result<Client, LedgerError> {
        let wrong = |what: &str| {
            let hint = "an address is like `http://127.0.0.1:7200`";
            LedgerError::format(format!("node `{address}`"), what, hint)
        };
        let base: Url = address.parse().map_err(|_| wrong("not an address"))?;
        if base.scheme() == "https" {
            let what = "this client speaks no TLS";
            let hint = "forward a port of this machine to the node, and name that";
            return Err(LedgerError::format(format!("node `{address}`"), what, hint));
        }
        if base.scheme() != "http" || base.host_str().is_none() {
            return Err(wrong("not an address of HTTP"));
        }
        let http = reqwest::blocking::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .tcp_nodelay(true)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let http = http.map_err(|error| LedgerError::Remote {
            place: address.to_owned(),
            what: told(&error),
        })?;
        Ok(Client {
            base,
            http,
            patience: PATIENCE,
        })
    }

    /// The same client, which asks again for so long while the node cannot answer: when it starts, or starts again with others.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Client {
        Client { patience, ..self }
    }

    /// What the chain has come to.
    pub fn chain(&self) -> Result<ChainTold, LedgerError> {
        self.json(self.get("/v1/chain", &[]))
    }

    /// What the chain began with, in the words of this node.
    pub fn genesis(&self) -> Result<Genesis, LedgerError> {
        let genesis: Genesis = self.json(self.get("/v1/genesis", &[]))?;
        let faults = genesis.faults();
        match faults.is_empty() {
            true => Ok(genesis),
            false => Err(LedgerError::Problems(faults)),
        }
    }

    /// How the node is.
    pub fn health(&self) -> Result<HealthTold, LedgerError> {
        let response = self.send(self.get("/v1/health", &[]))?;
        self.parse(response)
    }

    /// Sends a transaction and waits for a block for so long.
    pub fn submit(&self, signed: &SignedTransaction, wait: Duration) -> Result<Submitted, LedgerError> {
        let body = borsh::to_vec(signed).expect("writing to memory does not fail");
        let response = self.send(self.post("/v1/transactions", body, wait))?;
        if response.status() == StatusCode::UNPROCESSABLE_ENTITY {
            let problem: Problem = self.parse(response)?;
            return Ok(Submitted::TurnedAway(problem.error));
        }
        let submitted: SubmittedTold = self.parse(self.fine(response)?)?;
        match submitted.receipt {
            Some(receipt) => {
                let receipt = EntryReceipt::from_json(&receipt.to_string())?;
                Ok(Submitted::Final(Box::new(receipt)))
            }
            None => Ok(Submitted::Waiting(submitted.id.parse()?)),
        }
    }

    /// Sends transactions and waits until all are final, or for so long.
    pub fn submit_batch(&self, signed: &[SignedTransaction], wait: Duration) -> Result<AnswersTold, LedgerError> {
        let body = borsh::to_vec(signed).expect("writing to memory does not fail");
        self.json(self.post("/v1/transactions/batch", body, wait))
    }

    /// The receipt of a transaction.
    pub fn receipt(&self, transaction: &Digest) -> Result<Option<EntryReceipt>, LedgerError> {
        self.found_receipt(&format!("/v1/transactions/{transaction}"))
    }

    /// The receipt of an entry of the log.
    pub fn receipt_at(&self, place: u64) -> Result<Option<EntryReceipt>, LedgerError> {
        self.found_receipt(&format!("/v1/entries/{place}"))
    }

    /// The receipt of the transaction that set a digest down.
    pub fn receipt_of_evidence(&self, digest: &Digest) -> Result<Option<EntryReceipt>, LedgerError> {
        self.found_receipt(&format!("/v1/evidence/{digest}"))
    }

    /// An entry of the state or the journal, in the words of this node; as it stood after a block, or after the last.
    pub fn record(&self, key: &str, at: Option<u64>) -> Result<Option<RecordTold>, LedgerError> {
        let at = at.map(|height| height.to_string());
        let mut asked = vec![("key", key)];
        asked.extend(at.as_deref().map(|height| ("at", height)));
        self.found(self.get("/v1/record", &asked))
    }

    /// Entries whose keys begin so, in the words of this node, from a key on.
    pub fn records(&self, prefix: &str, from: &str) -> Result<RecordsTold, LedgerError> {
        self.json(self.get("/v1/records", &[("prefix", prefix), ("from", from)]))
    }

    /// An entry of the state with its proof.
    pub fn proof(&self, key: &str) -> Result<StateReceipt, LedgerError> {
        let response = self.fine(self.ask(self.get("/v1/proof", &[("key", key)]))?)?;
        StateReceipt::from_json(&self.text(response)?)
    }

    /// A final block.
    pub fn block(&self, height: u64) -> Result<Option<Block>, LedgerError> {
        let request = self.get(&format!("/v1/blocks/{height}"), &[]);
        let response = self.ask(request.header("accept", "application/octet-stream"))?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let response = self.fine(response)?;
        Block::from_bytes(&self.bytes(response)?).map(Some)
    }

    /// Blocks from a height on as they become final; without one, from the next on.
    pub fn watch(&self, from: Option<u64>) -> Result<Watcher, LedgerError> {
        let place = self.base.to_string();
        let failed = |what: String| LedgerError::Remote {
            place: place.clone(),
            what,
        };
        let mut address = self.base.clone();
        address.set_path("/v1/blocks");
        address.set_query(from.map(|from| format!("from={from}")).as_deref());
        // Cannot fail: both are of the same kind of address.
        let _ = address.set_scheme("ws");
        let host = self.base.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, self.base.port_or_known_default().unwrap_or(80)))
            .and_then(|stream| stream.set_read_timeout(Some(SILENCE)).map(|()| stream))
            .map_err(|error| failed(error.to_string()))?;
        let configuration = WebSocketConfig::default()
            .max_message_size(Some(ANSWER_BYTES_MAX as usize))
            .max_frame_size(Some(ANSWER_BYTES_MAX as usize));
        let (socket, _) = tungstenite::client::client_with_config(address.as_str(), stream, Some(configuration))
            .map_err(|error| failed(error.to_string()))?;
        Ok(Watcher { socket, place })
    }

    fn get(&self, path: &str, asked: &[(&str, &str)]) -> RequestBuilder {
        let mut address = self.base.clone();
        address.set_path(path);
        if !asked.is_empty() {
            address.query_pairs_mut().extend_pairs(asked);
        }
        self.http.get(address)
    }

    fn post(&self, path: &str, body: Vec<u8>, wait: Duration) -> RequestBuilder {
        let mut address = self.base.clone();
        address.set_path(path);
        address
            .query_pairs_mut()
            .append_pair("wait_ms", &wait.as_millis().to_string());
        self.http
            .post(address)
            .header("content-type", "application/octet-stream")
            .body(body)
    }

    /// Asks a question, again and again while the node cannot answer.
    fn ask(&self, request: RequestBuilder) -> Result<Response, LedgerError> {
        let begun = Instant::now();
        while let Some(again) = request.try_clone() {
            let response = self.send(again)?;
            if response.status() != StatusCode::SERVICE_UNAVAILABLE || begun.elapsed() >= self.patience {
                return Ok(response);
            }
            std::thread::sleep(ASK_AGAIN);
        }
        self.send(request)
    }

    fn send(&self, request: RequestBuilder) -> Result<Response, LedgerError> {
        request.send().map_err(|error| LedgerError::Remote {
            place: self.base.to_string(),
            what: format!(
                "{}\nhint: is a node running there? `westline ledger node DIR` starts one",
                told(&error)
            ),
        })
    }

    /// The response, if it is an answer and not a refusal.
    fn fine(&self, response: Response) -> Result<Response, LedgerError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let problem: Option<Problem> = self.parse(response).ok();
        Err(LedgerError::Remote {
            place: self.base.to_string(),
            what: match problem {
                Some(Problem { error, hint }) if hint.is_empty() => error,
                Some(Problem { error, hint }) => format!("{error}\nhint: {hint}"),
                None => format!("status {status}\nhint: is this a node of a ledger?"),
            },
        })
    }

    fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, LedgerError> {
        self.parse(self.fine(self.ask(request)?)?)
    }

    fn found<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<Option<T>, LedgerError> {
        let response = self.ask(request)?;
        match response.status() {
            StatusCode::NOT_FOUND => Ok(None),
            _ => self.parse(self.fine(response)?).map(Some),
        }
    }

    fn found_receipt(&self, path: &str) -> Result<Option<EntryReceipt>, LedgerError> {
        let response = self.ask(self.get(path, &[]))?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let text = self.text(self.fine(response)?)?;
        EntryReceipt::from_json(&text).map(Some)
    }

    fn parse<T: DeserializeOwned>(&self, response: Response) -> Result<T, LedgerError> {
        let bytes = self.bytes(response)?;
        serde_json::from_slice(&bytes).map_err(|error| {
            let hint = "is this a node of a ledger, of this version?";
            LedgerError::format(self.base.to_string(), error.to_string(), hint)
        })
    }

    fn text(&self, response: Response) -> Result<String, LedgerError> {
        String::from_utf8(self.bytes(response)?).map_err(|_| {
            let hint = "is this a node of a ledger?";
            LedgerError::format(self.base.to_string(), "not text in UTF-8", hint)
        })
    }

    fn bytes(&self, response: Response) -> Result<Vec<u8>, LedgerError> {
        let failed = |what: String| LedgerError::Remote {
            place: self.base.to_string(),
            what,
        };
        let mut bytes = Vec::new();
        response
            .take(ANSWER_BYTES_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| failed(error.to_string()))?;
        match bytes.len() as u64 > ANSWER_BYTES_MAX {
            true => Err(failed(format!("an answer of more than {ANSWER_BYTES_MAX} bytes"))),
            false => Ok(bytes),
        }
    }
}

/// What went wrong, with what caused it: the outermost says only that something did.
fn told(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// Final blocks as they come.
pub struct Watcher {
    socket: WebSocket<TcpStream>,
    place: String,
}

impl Watcher {
    /// The next block; nothing when the node ends.
    pub fn next_block(&mut self) -> Result<Option<Block>, LedgerError> {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => return self.parse(&text).map(Some),
                Ok(Message::Close(_))
                | Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed) => return Ok(None),
                Ok(_) => {}
                Err(error) => {
                    return Err(LedgerError::Remote {
                        place: self.place.clone(),
                        what: error.to_string(),
                    });
                }
            }
        }
    }

    fn parse(&self, text: &str) -> Result<Block, LedgerError> {
        let wrong = |error: serde_json::Error| {
            let hint = "is this a node of a ledger, of this version?";
            LedgerError::format(self.place.clone(), error.to_string(), hint)
        };
        let told: BlockTold = serde_json::from_str(text).map_err(wrong)?;
        let entries: Result<Vec<Entry>, _> = told.entries.into_iter().map(serde_json::from_value).collect();
        Ok(Block {
            checkpoint: Checkpoint::parse(&told.checkpoint)?,
            entries: entries.map_err(wrong)?,
        })
    }
}
