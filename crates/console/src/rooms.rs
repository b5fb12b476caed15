//! Routes of the rooms beside the day that is on show: scenarios, test base, ledger, network.
//!
//! Each room is asked in a thread of its own kind, because it may play, read or compute for seconds; only a few at once.
//! A room decides nothing that a lower floor owns.

use crate::refusal::Refusal;
use crate::scenarios::{OPENED_BYTES_MAX, OpenRequest, RunRequest, ScenarioShelf};
use crate::server::Console;
use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, body::Bytes};
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
    ask(&console, move |rooms| rooms.scenarios.run(&request)).await.map(Json)
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
