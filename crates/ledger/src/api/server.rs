//! The server: its port, its connections, and the node that the routes ask.
//!
//! In go a listener and, as soon as there is one, a validator's client; connections are served until the server is dropped, or drained
//! before: see [`Drain`]. While there is no validator (it starts, or the validators change) everything but genesis and the document is
//! answered with 503.

use super::limits::{BODY_BYTES_MAX, HEAD, Limits, PROOFS_MAX, READS_MAX, REQUEST, Rates, STREAMS_MAX, WAITING_MAX};
use super::metrics::Metrics;
use super::problem::Refusal;
use super::routes;
use crate::LedgerError;
use crate::party::Genesis;
use crate::reader::Reader;
use crate::validators::Client;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Semaphore, watch};

/// The server's threads: it waits most of the time, and the validator needs the processor.
const THREADS: usize = 2;

/// A node's interface that is served.
pub struct Server {
    node: Arc<Node>,
    address: SocketAddr,
    drain: Drain,
    runtime: Runtime,
}

impl Server {
    /// Serves a party's node on a listener. Nobody who is not on this machine should reach it but through a proxy with TLS.
    pub fn start(
        listener: std::net::TcpListener,
        party: &str,
        genesis: &Genesis,
        limits: Limits,
    ) -> Result<Server, LedgerError> {
        let failed = |error: std::io::Error| LedgerError::Remote {
            place: "the node's interface".to_owned(),
            what: error.to_string(),
        };
        let address = listener.local_addr().map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .max_blocking_threads(READS_MAX + 1)
            .thread_name("node-interface")
            .enable_all()
            .build()
            .map_err(failed)?;
        let node = Arc::new(Node {
            party: party.to_owned(),
            genesis: serde_json::to_string_pretty(genesis).expect("a genesis is plain data") + "\n",
            validator: RwLock::new(None),
            head: watch::channel(None).0,
            is_ending: watch::channel(false).0,
            rates: Rates::new(limits),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            reads: Semaphore::new(READS_MAX),
            proofs: Semaphore::new(PROOFS_MAX),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            metrics: Metrics::default(),
        });
        let router = routes::router()
            .layer(middleware::from_fn_with_state(node.clone(), admit))
            .with_state(node.clone());
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener).map_err(failed)?
        };
        let drain = Drain {
            is_ending: node.is_ending.clone(),
            room: Arc::new(Semaphore::new(limits.connections)),
            connections: limits.connections as u32,
            streams: node.streams.clone(),
            runtime: runtime.handle().clone(),
        };
        runtime.spawn(accept(listener, router, drain.clone()));
        Ok(Server {
            node,
            address,
            drain,
            runtime,
        })
    }

    /// What ends the server in order.
    pub fn drain(&self) -> Drain {
        self.drain.clone()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A function that gives the server the validator that answers from now on, to be handed to [`crate::validators::run`].
    pub fn attach(&self) -> impl FnOnce(Client) + Send + 'static {
        let (node, runtime) = (self.node.clone(), self.runtime.handle().clone());
        move |client| {
            *node.validator.write().unwrap_or_else(PoisonError::into_inner) = Some(client.clone());
            runtime.spawn(follow(node, client));
        }
    }

    /// The validator has ended: there is nobody to ask.
    pub fn detach(&self) {
        *self.node.validator.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Ends a server in order: nobody new is let in, and who has asked is answered.
#[derive(Clone)]
pub struct Drain {
    is_ending: watch::Sender<bool>,
    /// A place for each connection, and how many there are.
    room: Arc<Semaphore>,
    connections: u32,
    /// The same of streams of blocks.
    streams: Arc<Semaphore>,
    runtime: Handle,
}

impl Drain {
    /// Waits until all have their answers, or for so long: were all answered? To be called outside of the server's threads.
    pub fn wait(&self, time: Duration) -> bool {
        self.is_ending.send_replace(true);
        let all_gone = async {
            // All places can be had: nobody has one.
            let _ = self.room.acquire_many(self.connections).await;
            let _ = self.streams.acquire_many(STREAMS_MAX as u32).await;
        };
        self.runtime
            .block_on(async { tokio::time::timeout(time, all_gone).await })
            .is_ok()
    }
}

/// Comes when the server begins to end.
pub(super) async fn ending(is_ending: &mut watch::Receiver<bool>) {
    let _ = is_ending.wait_for(|is_ending| *is_ending).await;
}

/// What the routes share.
pub(super) struct Node {
    pub party: String,
    /// `genesis.json`.
    pub genesis: String,
    validator: RwLock<Option<Client>>,
    /// The last final block's height.
    pub head: watch::Sender<Option<u64>>,
    /// Does the server end? Then streams do.
    pub is_ending: watch::Sender<bool>,
    rates: Rates,
    pub waiting: Arc<Semaphore>,
    reads: Semaphore,
    pub proofs: Semaphore,
    pub streams: Arc<Semaphore>,
    pub metrics: Metrics,
}

impl Node {
    /// The validator, if it runs.
    pub fn client(&self) -> Result<Client, Refusal> {
        let validator = self.validator.read().unwrap_or_else(PoisonError::into_inner).clone();
        validator.ok_or_else(|| Refusal::not_now("the validator is starting"))
    }

    /// Reads the ledger, beside the validator.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let client = self.client()?;
        let _turn = self.reads.acquire().await;
        let reading = tokio::task::spawn_blocking(move || read(&client.reader()?));
        match reading.await {
            Ok(outcome) => Ok(outcome?),
            Err(_) => Err(Refusal::not_now("the node is ending")),
        }
    }
}

/// Notes each final block's height for those who wait for it.
async fn follow(node: Arc<Node>, client: Client) {
    loop {
        let mut blocks = client.watch();
        if let Ok(status) = client.status().await {
            node.head.send_replace(status.height);
        } else {
            return;
        }
        // Ends with the validator, or when this task was too slow: then it begins anew.
        while let Some(block) = blocks.recv().await {
            node.head.send_replace(Some(block.checkpoint.header.height));
        }
    }
}

/// The peer's address, as a request carries it.
#[derive(Clone, Copy)]
struct Peer(SocketAddr);

/// Holds requests to their rate and their time.
async fn admit(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    node.metrics.requests.fetch_add(1, Relaxed);
    let peer = request.extensions().get::<Peer>().copied();
    if !peer.is_none_or(|Peer(address)| node.rates.admits(address.ip())) {
        node.metrics.refused.fetch_add(1, Relaxed);
        return Refusal::too_often().into_response();
    }
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length: Option<u64> = length.and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length| length > BODY_BYTES_MAX as u64) {
        return Refusal::too_long().into_response();
    }
    // A body that comes a byte at a time, and the wait of a transaction.
    let time = REQUEST + Duration::from_millis(super::limits::WAIT_MS_MAX);
    match tokio::time::timeout(time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal::not_now("the request took too long").into_response(),
    }
}

async fn accept(listener: TcpListener, router: Router, drain: Drain) {
    let mut is_ending = drain.is_ending.subscribe();
    loop {
        let place = tokio::select! {
            place = drain.room.clone().acquire_owned() => place,
            () = ending(&mut is_ending) => return,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ending(&mut is_ending) => return,
        };
        let Ok((stream, peer)) = accepted else {
            // A client that went at once, or no more files may be open: the next may do better.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (router, is_ending) = (router.clone(), is_ending.clone());
        tokio::spawn(async move {
            let _place = place;
            talk(stream, peer, router, is_ending).await;
        });
    }
}

async fn talk(stream: TcpStream, peer: SocketAddr, router: Router, mut is_ending: watch::Receiver<bool>) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    // How it ended is the client's affair.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = ending(&mut is_ending) => {}
    }
    // The request that is being answered is the last of this connection.
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
