//! Routes: pages, the HTTP interface, live data. `docs/console.md` lists them.
//!
//! Requests come in from this machine only; answers go out with a strict Content-Security-Policy. Orders are POSTs with
//! a JSON body whose `Origin` is this server's, so that no other page in the same browser can give any, and whose `Host`
//! is a name of this machine, so that no foreign name that points here can. It decides nothing: orders go to the player.

use crate::pages;
use crate::player::{Moment, Order, Player, SPEEDS};
use crate::refusal::Refusal;
use crate::rooms::{self, House, Rooms};
use axum::body::Body;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::OnceCell;

/// An order is some dozens of bytes.
const BODY_BYTES_MAX: usize = 4 << 10;
/// A client that takes nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(20);

/// What can go wrong before anything is served.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// Other machines could come in.
    #[error(
        "`{0}` is not an address of this machine alone\nhint: serve at 127.0.0.1 and let others in by a tunnel (ssh -L); accounts are not there yet"
    )]
    NotLocal(IpAddr),
    /// The port cannot be had.
    #[error("{address}: {error}\nhint: another program may have the port; choose one with --port")]
    Port {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// The server cannot be started or goes on no more.
    #[error("the server cannot work: {0}")]
    Server(std::io::Error),
}

/// Makes the map as binary glTF, when first asked for.
pub type MapMaker = Box<dyn Fn() -> Result<Vec<u8>, String> + Send + Sync>;

/// What to serve, and where.
pub struct ServerOptions {
    /// Address and port; port 0 takes any that is free.
    pub address: SocketAddr,
    /// The site, from [`crate::site_json`].
    pub site: Value,
    /// The map as binary glTF.
    pub map: MapMaker,
    /// What there is to see beside the day.
    pub rooms: Rooms,
}

/// A server that has its port.
pub struct Server {
    listener: std::net::TcpListener,
    address: SocketAddr,
    console: Arc<Console>,
}

/// What all requests share.
pub(crate) struct Console {
    pub(crate) house: House,
    player: Player,
    site: String,
    map: OnceCell<Result<axum::body::Bytes, String>>,
    map_maker: Arc<MapMaker>,
    map_tag: String,
    page_tag: String,
    policy: HeaderValue,
    port: u16,
}

impl Server {
    /// Takes the port. Nothing is answered before [`Server::run`].
    pub fn bind(options: ServerOptions, player: Player) -> Result<Server, ConsoleError> {
        if !options.address.ip().is_loopback() {
            return Err(ConsoleError::NotLocal(options.address.ip()));
        }
        let refused = |error| ConsoleError::Port {
            address: options.address,
            error,
        };
        let listener = std::net::TcpListener::bind(options.address).map_err(refused)?;
        listener.set_nonblocking(true).map_err(ConsoleError::Server)?;
        let address = listener.local_addr().map_err(ConsoleError::Server)?;
        let hash = pages::import_map_hash().unwrap_or_default();
        let policy = format!(
            "default-src 'none'; script-src 'self' {hash}; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        let map_tag = options.site["map"].as_str().unwrap_or_default().to_owned();
        let console = Arc::new(Console {
            house: House::new(options.rooms),
            player,
            site: options.site.to_string(),
            map: OnceCell::new(),
            map_maker: Arc::new(options.map),
            map_tag,
            page_tag: pages::tag(),
            policy: HeaderValue::from_str(&policy).expect("the policy is plain text"),
            port: address.port(),
        });
        Ok(Server {
            listener,
            address,
            console,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until somebody says so at `until`, or nobody can any more.
    pub fn run(self, until: Receiver<()>) -> Result<(), ConsoleError> {
        let (ended, end) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name("end".to_owned())
            .spawn(move || {
                let _ = until.recv();
                let _ = ended.send(());
            })
            .map_err(ConsoleError::Server)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("console")
            .enable_all()
            .build()
            .map_err(ConsoleError::Server)?;
        let outcome = runtime.block_on(async move {
            let listener = TcpListener::from_std(self.listener).map_err(ConsoleError::Server)?;
            let routes = routes(self.console);
            // Clients that watch never leave by themselves: the end does not wait for them.
            tokio::select! {
                served = axum::serve(listener, routes) => served.map_err(ConsoleError::Server),
                _ = end => Ok(()),
            }
        });
        runtime.shutdown_timeout(Duration::from_millis(300));
        outcome
    }
}

fn routes(console: Arc<Console>) -> Router {
    Router::new()
        .route("/live", get(live))
        .route("/api/site", get(site))
        .route("/api/state", get(state))
        .route("/api/trajectories", get(trajectories))
        .route("/api/map.glb", get(map))
        .route("/api/clock", post(clock))
        .route("/api/stop", post(stop_all))
        .route("/api/release", post(release_all))
        .route("/api/vehicles/{name}/{order}", post(order_vehicle))
        .route("/api/alarms/{number}/acknowledge", post(acknowledge))
        .merge(rooms::routes())
        .fallback(page)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(console.clone(), guard))
        .with_state(console)
}

/// Refuses foreign names and foreign pages, and adds what every answer carries.
async fn guard(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let mut response = if !is_own_host(headers, console.port) {
        refusal(
            StatusCode::FORBIDDEN,
            "this name does not belong to the console",
            "open http://localhost with the console's port",
        )
    } else if !is_own_origin(headers) {
        refusal(
            StatusCode::FORBIDDEN,
            "another page may not ask",
            "use the console's own page",
        )
    } else {
        next.run(request).await
    };
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_SECURITY_POLICY, console.policy.clone());
    answer.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    answer.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

fn is_own_host(headers: &HeaderMap, port: u16) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("");
    let names = ["localhost", "127.0.0.1", "[::1]"];
    // A tunnel may have another port at its other end: the name counts.
    names.iter().any(|name| {
        host == *name || host == format!("{name}:{port}") || {
            let rest = host.strip_prefix(name).and_then(|rest| rest.strip_prefix(':'));
            rest.is_some_and(|port| !port.is_empty() && port.bytes().all(|letter| letter.is_ascii_digit()))
        }
    })
}

fn is_own_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
        // Programs that are no browsers tell none.
        (None, _) => true,
        (Some(origin), Some(host)) => origin.strip_prefix("http://") == Some(host),
        (Some(_), None) => false,
    }
}

fn refusal(status: StatusCode, what: &str, hint: &str) -> Response {
    Refusal::new(status, what, hint).into_response()
}

async fn page(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    method: axum::http::Method,
    uri: Uri,
) -> Response {
    if method != axum::http::Method::GET && method != axum::http::Method::HEAD {
        return refusal(
            StatusCode::METHOD_NOT_ALLOWED,
            "pages are only read",
            "see docs/console.md for what takes orders",
        );
    }
    if !pages::are_complete() {
        return ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], pages::INCOMPLETE).into_response();
    }
    let path = uri.path().trim_start_matches('/');
    let found = if path.is_empty() {
        pages::find("index.html")
    } else {
        pages::find(path)
    };
    let Some(found) = found else {
        return refusal(StatusCode::NOT_FOUND, "there is no such page", "begin at /");
    };
    let tag = format!("\"{}\"", console.page_tag);
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes())
    {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let common = [
        (header::CONTENT_TYPE, found.kind.to_owned()),
        (header::ETAG, tag),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    let takes_gzip = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    match takes_gzip.is_some_and(|value| value.contains("gzip")) {
        true => (common, [(header::CONTENT_ENCODING, "gzip")], found.content).into_response(),
        false => (common, pages::unpack(found.content).unwrap_or_default()).into_response(),
    }
}

async fn site(State(console): State<Arc<Console>>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], console.site.clone()).into_response()
}

async fn state(State(console): State<Arc<Console>>) -> Response {
    let state = console.player.moments().borrow().state.clone();
    ([(header::CONTENT_TYPE, "application/json")], state.to_string()).into_response()
}

async fn trajectories(State(console): State<Arc<Console>>) -> Response {
    Json(json!(console.player.trajectories())).into_response()
}

async fn map(State(console): State<Arc<Console>>, headers: HeaderMap) -> Response {
    let tag = format!("\"{}\"", console.map_tag);
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes())
    {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let maker = console.map_maker.clone();
    let made = console.map.get_or_init(|| async move {
        let made = tokio::task::spawn_blocking(move || maker()).await;
        made.unwrap_or_else(|error| Err(error.to_string()))
            .map(axum::body::Bytes::from)
    });
    match made.await {
        Ok(bytes) => {
            let common = [
                (header::CONTENT_TYPE, "model/gltf-binary".to_owned()),
                (header::ETAG, tag),
                (header::CACHE_CONTROL, "no-cache".to_owned()),
            ];
            (common, Body::from(bytes.clone())).into_response()
        }
        Err(error) => refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            error,
            "westline map check says what is wrong with the map",
        ),
    }
}

/// What the time bar asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockOrder {
    is_paused: Option<bool>,
    speed: Option<f64>,
    clock_s: Option<f64>,
    step: Option<bool>,
}

async fn clock(State(console): State<Arc<Console>>, Json(order): Json<ClockOrder>) -> Response {
    if order.clock_s.is_some() && console.player.is_live() {
        return refusal(
            StatusCode::CONFLICT,
            "a live day cannot be wound",
            "serve its recording.mcap to wind through it",
        );
    }
    if order.speed.is_some_and(|speed| !SPEEDS.contains(&speed)) {
        return refusal(
            StatusCode::UNPROCESSABLE_ENTITY,
            "that is no speed",
            "give a number from 0.1 to 1000",
        );
    }
    let orders = [
        order.is_paused.map(Order::Pause),
        order.speed.map(Order::Speed),
        order.clock_s.map(Order::Seek),
        order.step.filter(|&step| step).map(|_| Order::Step),
    ];
    accept_all(&console, orders.into_iter().flatten())
}

/// Orders need a body of JSON, which no form of a foreign page can send unasked.
async fn stop_all(State(console): State<Arc<Console>>, Json(_): Json<Value>) -> Response {
    live_only(
        &console,
        Order::Stop {
            vehicle: None,
            shall_stop: true,
        },
    )
}

async fn release_all(State(console): State<Arc<Console>>, Json(_): Json<Value>) -> Response {
    live_only(
        &console,
        Order::Stop {
            vehicle: None,
            shall_stop: false,
        },
    )
}

async fn order_vehicle(
    State(console): State<Arc<Console>>,
    Path((name, order)): Path<(String, String)>,
    Json(_): Json<Value>,
) -> Response {
    let Some(vehicle) = console.player.vehicle(&name) else {
        return refusal(
            StatusCode::NOT_FOUND,
            "there is no such vehicle",
            "/api/site lists the fleet",
        );
    };
    let order = match order.as_str() {
        "stop" => Order::Stop {
            vehicle: Some(vehicle),
            shall_stop: true,
        },
        "release" => Order::Stop {
            vehicle: Some(vehicle),
            shall_stop: false,
        },
        "break-sensor" => Order::BreakSensor {
            vehicle,
            is_broken: true,
        },
        "mend-sensor" => Order::BreakSensor {
            vehicle,
            is_broken: false,
        },
        _ => {
            return refusal(
                StatusCode::NOT_FOUND,
                "there is no such order",
                "stop, release, break-sensor, mend-sensor",
            );
        }
    };
    live_only(&console, order)
}

async fn acknowledge(State(console): State<Arc<Console>>, Path(number): Path<u64>, Json(_): Json<Value>) -> Response {
    accept_all(&console, [Order::Acknowledge(number)])
}

fn live_only(console: &Console, order: Order) -> Response {
    match console.player.is_live() {
        true => accept_all(console, [order]),
        false => refusal(
            StatusCode::CONFLICT,
            "what was recorded takes no orders",
            "serve the site to play its day live",
        ),
    }
}

fn accept_all(console: &Console, orders: impl IntoIterator<Item = Order>) -> Response {
    let all = orders.into_iter().all(|order| console.player.order(order));
    match all {
        true => StatusCode::ACCEPTED.into_response(),
        false => refusal(
            StatusCode::TOO_MANY_REQUESTS,
            "there are too many orders",
            "wait a second",
        ),
    }
}

async fn live(State(console): State<Arc<Console>>, upgrade: WebSocketUpgrade) -> Response {
    let moments = console.player.moments();
    upgrade
        .max_message_size(BODY_BYTES_MAX)
        .on_upgrade(move |socket| watch(socket, moments))
}

/// Sends the latest moment for as long as the client takes it. What comes while it takes its time is never sent.
async fn watch(mut socket: WebSocket, mut moments: tokio::sync::watch::Receiver<Moment>) {
    let mut state_sent = 0;
    moments.mark_changed();
    loop {
        tokio::select! {
            changed = moments.changed() => {
                if changed.is_err() {
                    return;
                }
                let moment = moments.borrow_and_update().clone();
                let sending = async {
                    if moment.state_number != state_sent {
                        state_sent = moment.state_number;
                        socket.send(Message::text(moment.state.as_str())).await?;
                    }
                    socket.send(Message::binary(moment.frame.as_ref().clone())).await
                };
                if !matches!(tokio::time::timeout(PATIENCE, sending).await, Ok(Ok(()))) {
                    return;
                }
            }
            message = socket.recv() => match message {
                // Clients have nothing to say here; a close is answered by the library.
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    }
}
