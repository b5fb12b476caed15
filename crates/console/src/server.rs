//! The server: its port, the pages, the routes of the day on show. `docs/console.md` lists them.
//!
//! Options and a player go in; a server comes out that answers until it is told to end. Who may ask is the gate's to say,
//! which routes there are the table's (`api`). It decides nothing: orders go to the player.

use crate::api::{self, Description};
use crate::asked::{AskedJson, AskedPath};
use crate::gate::{Access, Caller, Gate, Transport, guard};
use crate::pages;
use crate::player::{Order, Player, SPEEDS, State as DayState};
use crate::refusal::{Problem, Refusal};
use crate::rooms::{House, Rooms};
use crate::sessions::SessionKey;
use crate::shapes::SiteTold;
use crate::transport;
use axum::body::Body;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, Router, middleware};
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::OnceCell;
use utoipa::ToSchema;

/// An order is some dozens of bytes.
pub(crate) const BODY_BYTES_MAX: usize = 4 << 10;
/// Clients that may come at once and wait to be greeted: after an outage a whole control room does. Those beyond ask again
/// after a second.
const WAITING_MAX: i32 = 1_024;
/// A client that takes nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(20);
/// Whether a client's session still stands is asked this often.
const SESSION_EVERY: Duration = Duration::from_secs(5);

/// What can go wrong before anything is served.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// Other machines could come in, and nobody would be asked who they are.
    #[error(
        "at `{0}` others than this machine come in, so it has to ask who they are\nhint: westline account add accounts.toml NAME --role admin, then serve with --accounts accounts.toml"
    )]
    NoAccounts(IpAddr),
    /// Passwords would go over the network as they are.
    #[error(
        "at `{0}` passwords would cross the network in the clear\nhint: serve with --certificate FILE --key FILE; or --behind-proxy where a proxy has TLS"
    )]
    NoTls(IpAddr),
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
    /// Who may come in, and how.
    pub access: Access,
}

/// A server that has its port.
pub struct Server {
    listener: std::net::TcpListener,
    address: SocketAddr,
    certificate: Option<transport::Certificate>,
    console: Arc<Console>,
}

/// What all requests share.
pub(crate) struct Console {
    pub(crate) house: House,
    pub(crate) gate: Gate,
    pub(crate) description: Description,
    player: Player,
    site: String,
    map: OnceCell<Result<axum::body::Bytes, String>>,
    map_maker: Arc<MapMaker>,
    map_tag: String,
    page_tag: String,
    pub(crate) policy: HeaderValue,
}

impl Server {
    /// Takes the port. Nothing is answered before [`Server::run`].
    pub fn bind(mut options: ServerOptions, player: Player) -> Result<Server, ConsoleError> {
        options.access.check(options.address.ip())?;
        let refused = |error| ConsoleError::Port {
            address: options.address,
            error,
        };
        let listener = std::net::TcpListener::bind(options.address).map_err(refused)?;
        listener.set_nonblocking(true).map_err(ConsoleError::Server)?;
        // A listener that is told to listen again takes the longer queue.
        socket2::SockRef::from(&listener)
            .listen(WAITING_MAX)
            .map_err(ConsoleError::Server)?;
        let address = listener.local_addr().map_err(ConsoleError::Server)?;
        let hash = pages::import_map_hash().unwrap_or_default();
        let policy = format!(
            "default-src 'none'; script-src 'self' {hash}; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        let map_tag = options.site["map"].as_str().unwrap_or_default().to_owned();
        let gate = Gate::new(&mut options.access, address);
        let certificate = match options.access.transport {
            Transport::Tls(certificate) => Some(certificate),
            Transport::Plain | Transport::BehindProxy => None,
        };
        let console = Arc::new(Console {
            house: House::new(options.rooms),
            description: Description::of(gate.accounts.as_ref().map(|_| gate.cookie.as_str())),
            gate,
            player,
            site: options.site.to_string(),
            map: OnceCell::new(),
            map_maker: Arc::new(options.map),
            map_tag,
            page_tag: pages::tag(),
            policy: HeaderValue::from_str(&policy).expect("the policy is plain text"),
        });
        Ok(Server {
            listener,
            address,
            certificate,
            console,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How its address is spoken to.
    pub fn scheme(&self) -> &'static str {
        if self.certificate.is_some() { "https" } else { "http" }
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
                () = transport::serve(listener, self.certificate, routes) => Ok(()),
                _ = end => Ok(()),
            }
        });
        runtime.shutdown_timeout(Duration::from_millis(300));
        outcome
    }
}

fn routes(console: Arc<Console>) -> Router {
    api::router(&console)
        .fallback(page)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(console.clone(), guard))
        .with_state(console)
}

impl Access {
    /// Whether nobody comes in unasked at an address, and no password goes over a network in the clear.
    ///
    /// # Errors
    /// What is missing, and how it is made.
    pub fn check(&self, address: IpAddr) -> Result<(), ConsoleError> {
        let is_open = !address.is_loopback() || matches!(self.transport, Transport::BehindProxy);
        if is_open && self.accounts.is_none() {
            return Err(ConsoleError::NoAccounts(address));
        }
        if !address.is_loopback() && matches!(self.transport, Transport::Plain) {
            return Err(ConsoleError::NoTls(address));
        }
        Ok(())
    }
}

async fn not_allowed() -> Response {
    refusal(
        StatusCode::METHOD_NOT_ALLOWED,
        "the route does not take this method",
        "GET /api/ lists routes",
    )
}

fn refusal(status: StatusCode, what: &str, hint: &str) -> Response {
    Refusal::new(status, what, hint).into_response()
}

async fn page(State(console): State<Arc<Console>>, headers: HeaderMap, method: Method, uri: Uri) -> Response {
    if uri.path().starts_with("/api/") {
        return refusal(
            StatusCode::NOT_FOUND,
            "there is no such route",
            "GET /api/ lists routes",
        );
    }
    if method != Method::GET && method != Method::HEAD {
        return refusal(
            StatusCode::METHOD_NOT_ALLOWED,
            "pages are only read",
            "GET /api/ lists what takes orders",
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

/// What does not change while it is shown: line, stops, plan, fleet, lights.
#[utoipa::path(get, path = "/api/site", tag = "day", responses((status = 200, body = SiteTold)))]
pub(crate) async fn site(State(console): State<Arc<Console>>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], console.site.clone()).into_response()
}

/// Clock, fleet, people waiting, alarms: the same as the text messages of `/live`.
#[utoipa::path(get, path = "/api/state", tag = "day", responses((status = 200, body = DayState)))]
pub(crate) async fn state(State(console): State<Arc<Console>>) -> Response {
    let state = console.player.moments().borrow().state.clone();
    ([(header::CONTENT_TYPE, "application/json")], state.to_string()).into_response()
}

/// Of each trip so far: its name, then (time of day s, distance m).
#[utoipa::path(get, path = "/api/trajectories", tag = "day", responses((status = 200, body = Vec<Vec<Value>>)))]
pub(crate) async fn trajectories(State(console): State<Arc<Console>>) -> Response {
    Json(json!(console.player.trajectories())).into_response()
}

/// The map's surface.
#[utoipa::path(
    get, path = "/api/map.glb", tag = "day",
    responses(
        (status = 200, description = "Binary glTF", content_type = "model/gltf-binary", body = Vec<u8>),
        (status = 304, description = "As it was (If-None-Match)"),
    )
)]
pub(crate) async fn map(State(console): State<Arc<Console>>, headers: HeaderMap) -> Response {
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
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClockOrder {
    /// Hold the clock, or let it go on.
    is_paused: Option<bool>,
    /// Times real time.
    #[schema(minimum = 0.1, maximum = 1000)]
    speed: Option<f64>,
    /// Recordings only: the time of day to go to.
    clock_s: Option<f64>,
    /// Go on by a tenth of a second, while held.
    step: Option<bool>,
}

/// A body that says nothing: no form of a foreign page can send it unasked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// Holds, winds and paces what everybody sees.
#[utoipa::path(
    post, path = "/api/clock", tag = "day", request_body = ClockOrder,
    responses((status = 202, description = "The order was taken"), (status = 409, description = "A live day cannot be wound", body = Problem))
)]
pub(crate) async fn clock(State(console): State<Arc<Console>>, AskedJson(order): AskedJson<ClockOrder>) -> Response {
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

/// Orders all vehicles to a safe stop.
#[utoipa::path(
    post, path = "/api/stop", tag = "orders", request_body = Nothing,
    responses((status = 202, description = "The order was taken"), (status = 409, description = "A recording takes no orders", body = Problem))
)]
pub(crate) async fn stop_all(
    State(console): State<Arc<Console>>,
    AskedJson(Nothing {}): AskedJson<Nothing>,
) -> Response {
    live_only(&console, stop_order(None, true))
}

/// Lets all vehicles go on.
#[utoipa::path(
    post, path = "/api/release", tag = "orders", request_body = Nothing,
    responses((status = 202, description = "The order was taken"), (status = 409, description = "A recording takes no orders", body = Problem))
)]
pub(crate) async fn release_all(
    State(console): State<Arc<Console>>,
    AskedJson(Nothing {}): AskedJson<Nothing>,
) -> Response {
    live_only(&console, stop_order(None, false))
}

fn stop_order(vehicle: Option<usize>, shall_stop: bool) -> Order {
    Order::Stop { vehicle, shall_stop }
}

fn order_one(console: &Console, name: &str, order: impl FnOnce(usize) -> Order) -> Response {
    match console.player.vehicle(name) {
        Some(vehicle) => live_only(console, order(vehicle)),
        None => refusal(
            StatusCode::NOT_FOUND,
            "there is no such vehicle",
            "/api/site lists the fleet",
        ),
    }
}

/// Orders a vehicle to a safe stop.
#[utoipa::path(
    post, path = "/api/vehicles/{name}/stop", tag = "orders", params(("name" = String, Path, description = "The vehicle's name")), request_body = Nothing,
    responses((status = 202, description = "The order was taken"), (status = 404, description = "No such vehicle", body = Problem), (status = 409, description = "A recording takes no orders", body = Problem))
)]
pub(crate) async fn stop(
    State(console): State<Arc<Console>>,
    AskedPath(name): AskedPath<String>,
    AskedJson(Nothing {}): AskedJson<Nothing>,
) -> Response {
    order_one(&console, &name, |vehicle| stop_order(Some(vehicle), true))
}

/// Lets a vehicle go on.
#[utoipa::path(
    post, path = "/api/vehicles/{name}/release", tag = "orders", params(("name" = String, Path, description = "The vehicle's name")), request_body = Nothing,
    responses((status = 202, description = "The order was taken"), (status = 404, description = "No such vehicle", body = Problem), (status = 409, description = "A recording takes no orders", body = Problem))
)]
pub(crate) async fn release(
    State(console): State<Arc<Console>>,
    AskedPath(name): AskedPath<String>,
    AskedJson(Nothing {}): AskedJson<Nothing>,
) -> Response {
    order_one(&console, &name, |vehicle| stop_order(Some(vehicle), false))
}

/// Switches a vehicle's object sensor off.
#[utoipa::path(
    post, path = "/api/vehicles/{name}/break-sensor", tag = "orders", params(("name" = String, Path, description = "The vehicle's name")), request_body = Nothing,
    responses((status = 202, description = "The order was taken"), (status = 404, description = "No such vehicle", body = Problem), (status = 409, description = "A recording takes no orders", body = Problem))
)]
pub(crate) async fn break_sensor(
    State(console): State<Arc<Console>>,
    AskedPath(name): AskedPath<String>,
    AskedJson(Nothing {}): AskedJson<Nothing>,
) -> Response {
    order_one(&console, &name, |vehicle| Order::BreakSensor {
        vehicle,
        is_broken: true,
    })
}

/// Switches a vehicle's object sensor on again.
#[utoipa::path(
    post, path = "/api/vehicles/{name}/mend-sensor", tag = "orders", params(("name" = String, Path, description = "The vehicle's name")), request_body = Nothing,
    responses((status = 202, description = "The order was taken"), (status = 404, description = "No such vehicle", body = Problem), (status = 409, description = "A recording takes no orders", body = Problem))
)]
pub(crate) async fn mend_sensor(
    State(console): State<Arc<Console>>,
    AskedPath(name): AskedPath<String>,
    AskedJson(Nothing {}): AskedJson<Nothing>,
) -> Response {
    order_one(&console, &name, |vehicle| Order::BreakSensor {
        vehicle,
        is_broken: false,
    })
}

/// Confirms what a vehicle asks of its remote supervisor; if it asks nothing, nothing happens.
#[utoipa::path(
    post, path = "/api/vehicles/{name}/confirm", tag = "orders", params(("name" = String, Path, description = "The vehicle's name")), request_body = Nothing,
    responses((status = 202, description = "The order was taken"), (status = 404, description = "No such vehicle", body = Problem), (status = 409, description = "A recording takes no orders", body = Problem))
)]
pub(crate) async fn confirm(
    State(console): State<Arc<Console>>,
    AskedPath(name): AskedPath<String>,
    AskedJson(Nothing {}): AskedJson<Nothing>,
) -> Response {
    order_one(&console, &name, |vehicle| Order::Answer {
        vehicle,
        is_confirmed: true,
    })
}

/// Holds back what a vehicle asks until a person confirms it: nobody answers by itself then.
#[utoipa::path(
    post, path = "/api/vehicles/{name}/hold", tag = "orders", params(("name" = String, Path, description = "The vehicle's name")), request_body = Nothing,
    responses((status = 202, description = "The order was taken"), (status = 404, description = "No such vehicle", body = Problem), (status = 409, description = "A recording takes no orders", body = Problem))
)]
pub(crate) async fn hold(
    State(console): State<Arc<Console>>,
    AskedPath(name): AskedPath<String>,
    AskedJson(Nothing {}): AskedJson<Nothing>,
) -> Response {
    order_one(&console, &name, |vehicle| Order::Answer {
        vehicle,
        is_confirmed: false,
    })
}

/// Says that an alarm was seen.
#[utoipa::path(
    post, path = "/api/alarms/{number}/acknowledge", tag = "orders", params(("number" = u64, Path, description = "The alarm's number")), request_body = Nothing,
    responses((status = 202, description = "The order was taken"))
)]
pub(crate) async fn acknowledge(
    State(console): State<Arc<Console>>,
    AskedPath(number): AskedPath<i64>,
    AskedJson(Nothing {}): AskedJson<Nothing>,
) -> Response {
    // Interfaces have no larger whole numbers than 64 bits with a sign.
    match u64::try_from(number) {
        Ok(number) => accept_all(&console, [Order::Acknowledge(number)]),
        Err(_) => refusal(StatusCode::NOT_FOUND, "there is no such alarm", "/api/state lists them"),
    }
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

/// Live data over WebSocket: text messages are the state, binary ones frames; `docs/console.md` has their layout.
#[utoipa::path(get, path = "/live", tag = "day", responses((status = 101, description = "The connection is a WebSocket now")))]
pub(crate) async fn live(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    let upgrade = upgrade.map_err(|no| Refusal::new(no.status(), no.body_text(), "open it as a WebSocket"))?;
    let session = caller.session.map(|(key, _)| key);
    let response = upgrade
        .max_message_size(BODY_BYTES_MAX)
        .on_upgrade(move |socket| watch(socket, console, session));
    Ok(response)
}

/// Sends the latest moment for as long as the client takes it and its session stands. What comes while it takes its time
/// is never sent.
async fn watch(mut socket: WebSocket, console: Arc<Console>, session: Option<SessionKey>) {
    let mut moments = console.player.moments();
    let mut state_sent = 0;
    let mut asks = tokio::time::interval(SESSION_EVERY);
    moments.mark_changed();
    loop {
        tokio::select! {
            _ = asks.tick() => {
                if session.is_some_and(|key| console.gate.session(&key).is_none()) {
                    return;
                }
            }
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
