//! Routes of the rooms beside the day that is on show: scenarios, test base, ledger, network.
//!
//! Each room is asked in a thread of its own kind, because it may play, read or compute for seconds; only a few at once.
//! A room decides nothing that a lower floor owns.

use crate::ledger_room::LedgerRoom;
use crate::network_room::{self, CAPTURE_BYTES_MAX, NetworkRoom};
use crate::refusal::Refusal;
use crate::scenarios::{OPENED_BYTES_MAX, OpenRequest, RunRequest, ScenarioShelf};
use crate::server::Console;
use crate::test_base::TestBase;
use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, body::Bytes};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Questions that are worked on at once; more wait, and those that would wait behind too many are sent away.
const AT_ONCE: usize = 2;
const WAITING_MAX: usize = 32;

/// What there is to see beside the day on show.
pub struct Rooms {
    /// Scenarios to be opened and played.
    pub scenarios: ScenarioShelf,
    /// Campaigns and what they came to.
    pub test_base: TestBase,
    /// Blocks, permits, evidence, accounts.
    pub ledger: LedgerRoom,
    /// Coverage, links, messages.
    pub network: NetworkRoom,
}

/// The rooms and who works in them.
pub(crate) struct House {
    pub(crate) rooms: Rooms,
    hands: Semaphore,
    waiting: Semaphore,
}

impl House {
    pub(crate) fn new(rooms: Rooms) -> House {
        House {
            rooms,
            hands: Semaphore::new(AT_ONCE),
            waiting: Semaphore::new(WAITING_MAX),
        }
    }
}

/// Asks a room, where work does not hold up those who watch.
pub(crate) async fn ask<T: Send + 'static>(
    console: &Arc<Console>,
    question: impl FnOnce(&Rooms) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let busy = || {
        Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too many questions wait for an answer",
            "ask again in some seconds",
        )
    };
    let _waits = console.house.waiting.try_acquire().map_err(|_| busy())?;
    let _hand = console.house.hands.acquire().await.map_err(|_| busy())?;
    let asked = console.clone();
    let answer = tokio::task::spawn_blocking(move || question(&asked.house.rooms)).await;
    answer.unwrap_or_else(|_| {
        Err(Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the question could not be worked on",
            "this is a fault of the program: tell us what you asked",
        ))
    })
}

/// What a body of JSON is refused for.
pub(crate) fn taken<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Refusal> {
    body.map(|Json(value)| value)
        .map_err(|rejection| Refusal::new(rejection.status(), rejection.body_text(), "see docs/console.md"))
}

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/api/scenarios", get(scenarios))
        .route("/api/scenarios/run", post(run_scenario))
        .route(
            "/api/scenarios/open",
            post(open_scenario).layer(DefaultBodyLimit::max(OPENED_BYTES_MAX)),
        )
        .route("/api/maps/{digest}", get(map_of_run))
        .route("/api/test-base", get(campaigns))
        .route("/api/test-base/{campaign}", get(campaign))
        .route("/api/test-base/{campaign}/points/{scenario}", get(points))
        .route("/api/test-base/{campaign}/runs/{scenario}/{run}", get(replay))
        .route("/api/test-base/{campaign}/compare/{before}", get(compare))
        .route("/api/test-base/{campaign}/verify", get(verify))
        .route("/api/test-base/{campaign}/report.pdf", get(report))
        .route("/api/ledger", get(ledger))
        .route("/api/ledger/genesis", get(genesis))
        .route("/api/ledger/receipts/{digest}", get(receipt))
        .route("/api/network/cover", get(cover))
        .route("/api/network/links", get(links))
        .route(
            "/api/network/decode",
            post(decode).layer(DefaultBodyLimit::max(CAPTURE_BYTES_MAX)),
        )
}

async fn scenarios(State(console): State<Arc<Console>>) -> Json<Value> {
    Json(console.house.rooms.scenarios.list())
}

async fn open_scenario(
    State(console): State<Arc<Console>>,
    body: Result<Json<OpenRequest>, JsonRejection>,
) -> Result<Json<Value>, Refusal> {
    let request = taken(body)?;
    ask(&console, |rooms| rooms.scenarios.open(request)).await.map(Json)
}

async fn run_scenario(
    State(console): State<Arc<Console>>,
    body: Result<Json<RunRequest>, JsonRejection>,
) -> Result<Json<Value>, Refusal> {
    let request = taken(body)?;
    ask(&console, move |rooms| rooms.scenarios.run(&request))
        .await
        .map(Json)
}

async fn map_of_run(State(console): State<Arc<Console>>, Path(digest): Path<String>) -> Result<Response, Refusal> {
    let bytes: Bytes = console.house.rooms.scenarios.map(&digest).ok_or_else(|| {
        Refusal::unknown(
            format!("there is no map `{digest}`"),
            "play the run again; maps of runs long ago are not kept",
        )
    })?;
    let common = [
        (header::CONTENT_TYPE, "model/gltf-binary"),
        (header::CACHE_CONTROL, "max-age=3600"),
    ];
    Ok((common, bytes).into_response())
}

type Shared = State<Arc<Console>>;
type Told = Result<Json<Value>, Refusal>;

async fn campaigns(State(console): Shared) -> Told {
    ask(&console, |rooms| Ok(rooms.test_base.list())).await.map(Json)
}

async fn campaign(State(console): Shared, Path(name): Path<String>) -> Told {
    ask(&console, move |rooms| rooms.test_base.campaign(&name))
        .await
        .map(Json)
}

async fn points(State(console): Shared, Path((name, scenario)): Path<(String, String)>) -> Told {
    ask(&console, move |rooms| rooms.test_base.points(&name, &scenario))
        .await
        .map(Json)
}

async fn replay(State(console): Shared, Path((name, scenario, run)): Path<(String, String, u64)>) -> Told {
    ask(&console, move |rooms| {
        let keep = |library: &scenario::Library, digest: Option<&str>| rooms.scenarios.keep_map(library, digest);
        rooms.test_base.replay(&name, &scenario, run, keep)
    })
    .await
    .map(Json)
}

async fn compare(State(console): Shared, Path((now, before)): Path<(String, String)>) -> Told {
    ask(&console, move |rooms| rooms.test_base.compare(&now, &before))
        .await
        .map(Json)
}

async fn verify(State(console): Shared, Path(name): Path<String>) -> Told {
    ask(&console, move |rooms| rooms.test_base.verify(&name))
        .await
        .map(Json)
}

async fn report(State(console): Shared, Path(name): Path<String>) -> Result<Response, Refusal> {
    let sheets = ask(&console, move |rooms| rooms.test_base.report(&name)).await?;
    let head = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"report.pdf\""),
    ];
    Ok((head, sheets).into_response())
}

async fn ledger(State(console): Shared) -> Told {
    ask(&console, |rooms| rooms.ledger.summary()).await.map(Json)
}

async fn genesis(State(console): Shared) -> Told {
    ask(&console, |rooms| rooms.ledger.genesis()).await.map(Json)
}

async fn receipt(State(console): Shared, Path(digest): Path<String>) -> Result<Response, Refusal> {
    let receipt = ask(&console, move |rooms| rooms.ledger.receipt(&digest)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], receipt).into_response())
}

async fn cover(State(console): Shared) -> Result<Response, Refusal> {
    let cover = ask(&console, |rooms| rooms.network.cover()).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], cover.as_str().to_owned()).into_response())
}

/// Places of the map.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Places {
    /// `x_m,y_m;x_m,y_m`
    at: String,
}

async fn links(State(console): Shared, Query(places): Query<Places>) -> Told {
    ask(&console, move |rooms| rooms.network.links(&places.at))
        .await
        .map(Json)
}

async fn decode(State(console): Shared, bytes: Bytes) -> Told {
    ask(&console, move |_| network_room::decode(&bytes)).await.map(Json)
}
