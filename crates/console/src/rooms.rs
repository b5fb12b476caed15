//! Routes of the rooms beside the day that is on show: scenarios, test base, ledger, network.
//!
//! Each room is asked in a thread of its own kind, because it may play, read or compute for seconds; only a few at once.
//! A room decides nothing that a lower floor owns.

use crate::asked::{AskedJson, AskedPath, AskedQuery};
use crate::ledger_room::LedgerRoom;
use crate::network_room::{self, NetworkRoom};
use crate::refusal::{Problem, Refusal};
use crate::scenarios::{OpenRequest, RunRequest, ScenarioShelf};
use crate::server::Console;
use crate::shapes::{
    CampaignTold, CampaignsTold, ComparisonTold, CoverTold, DecodedTold, LedgerTold, OpenedTold, PlaceTold, PointsTold,
    RunTold, ScenariosTold, VerifiedTold,
};
use crate::test_base::TestBase;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, body::Bytes};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use utoipa::IntoParams;

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
    let busy = || Refusal::too_often("too many questions wait for an answer", Duration::from_secs(2));
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

type Shared = State<Arc<Console>>;
type Told = Result<Json<Value>, Refusal>;

/// Scenarios and drivers.
#[utoipa::path(get, path = "/api/scenarios", tag = "scenarios", responses((status = 200, body = ScenariosTold)))]
pub(crate) async fn scenarios(State(console): Shared) -> Json<Value> {
    Json(console.house.rooms.scenarios.list())
}

/// Takes in files; the scenario among them is ready to be played.
#[utoipa::path(
    post, path = "/api/scenarios/open", tag = "scenarios", request_body = OpenRequest,
    responses((status = 200, body = OpenedTold), (status = 422, description = "The files cannot be read", body = Problem))
)]
pub(crate) async fn open_scenario(State(console): Shared, AskedJson(request): AskedJson<OpenRequest>) -> Told {
    ask(&console, |rooms| rooms.scenarios.open(request)).await.map(Json)
}

/// Plays a scenario.
#[utoipa::path(
    post, path = "/api/scenarios/run", tag = "scenarios", request_body = RunRequest,
    responses((status = 200, body = RunTold), (status = 404, description = "No such scenario", body = Problem), (status = 422, description = "It cannot be played so", body = Problem))
)]
pub(crate) async fn run_scenario(State(console): Shared, AskedJson(request): AskedJson<RunRequest>) -> Told {
    ask(&console, move |rooms| rooms.scenarios.run(&request))
        .await
        .map(Json)
}

/// The map of a run that was played lately.
#[utoipa::path(
    get, path = "/api/maps/{digest}", tag = "scenarios", params(("digest" = String, Path, description = "`map` of the run")),
    responses((status = 200, description = "Binary glTF", content_type = "model/gltf-binary", body = Vec<u8>), (status = 404, description = "It is not kept", body = Problem))
)]
pub(crate) async fn map_of_run(
    State(console): Shared,
    AskedPath(digest): AskedPath<String>,
) -> Result<Response, Refusal> {
    let bytes: Bytes = console.house.rooms.scenarios.map(&digest).ok_or_else(|| {
        Refusal::unknown(
            format!("there is no map `{digest}`"),
            "play the run again; maps of runs long ago are not kept",
        )
    })?;
    let common = [
        (header::CONTENT_TYPE, "model/gltf-binary"),
        (header::CACHE_CONTROL, "private, max-age=3600"),
    ];
    Ok((common, bytes).into_response())
}

/// Campaigns, the newest first.
#[utoipa::path(
    get, path = "/api/test-base", tag = "test-base",
    responses((status = 200, body = CampaignsTold), (status = 404, description = "It is not there", body = Problem), (status = 422, description = "It cannot be read", body = Problem))
)]
pub(crate) async fn campaigns(State(console): Shared) -> Told {
    ask(&console, |rooms| Ok(rooms.test_base.list())).await.map(Json)
}

/// A campaign: what it came to, or has come to so far.
#[utoipa::path(
    get, path = "/api/test-base/{campaign}", params(("campaign" = String, Path, description = "The campaign's name")), tag = "test-base",
    responses((status = 200, body = CampaignTold), (status = 404, description = "It is not there", body = Problem), (status = 422, description = "It cannot be read", body = Problem))
)]
pub(crate) async fn campaign(State(console): Shared, AskedPath(name): AskedPath<String>) -> Told {
    ask(&console, move |rooms| rooms.test_base.campaign(&name))
        .await
        .map(Json)
}

/// The runs of a scenario as points of its parameter space.
#[utoipa::path(
    get, path = "/api/test-base/{campaign}/points/{scenario}", params(("campaign" = String, Path, description = "The campaign's name"), ("scenario" = String, Path, description = "The scenario's name in the suite")), tag = "test-base",
    responses((status = 200, body = PointsTold), (status = 404, description = "It is not there", body = Problem), (status = 422, description = "It cannot be read", body = Problem))
)]
pub(crate) async fn points(State(console): Shared, AskedPath((name, scenario)): AskedPath<(String, String)>) -> Told {
    ask(&console, move |rooms| rooms.test_base.points(&name, &scenario))
        .await
        .map(Json)
}

/// A run once more, with its verdicts.
#[utoipa::path(
    get, path = "/api/test-base/{campaign}/runs/{scenario}/{run}", params(("campaign" = String, Path, description = "The campaign's name"), ("scenario" = String, Path, description = "The scenario's name in the suite"), ("run" = u64, Path, description = "Its number, from 0")), tag = "test-base",
    responses((status = 200, body = RunTold), (status = 404, description = "It is not there", body = Problem), (status = 422, description = "It cannot be read", body = Problem))
)]
pub(crate) async fn replay(
    State(console): Shared,
    AskedPath((name, scenario, run)): AskedPath<(String, String, u64)>,
) -> Told {
    ask(&console, move |rooms| {
        let keep = |library: &scenario::Library, digest: Option<&str>| rooms.scenarios.keep_map(library, digest);
        rooms.test_base.replay(&name, &scenario, run, keep)
    })
    .await
    .map(Json)
}

/// What changed from another campaign to this one.
#[utoipa::path(
    get, path = "/api/test-base/{campaign}/compare/{before}", params(("campaign" = String, Path, description = "The campaign's name"), ("before" = String, Path, description = "The other campaign's name")), tag = "test-base",
    responses((status = 200, body = ComparisonTold), (status = 404, description = "It is not there", body = Problem), (status = 422, description = "It cannot be read", body = Problem))
)]
pub(crate) async fn compare(State(console): Shared, AskedPath((now, before)): AskedPath<(String, String)>) -> Told {
    ask(&console, move |rooms| rooms.test_base.compare(&now, &before))
        .await
        .map(Json)
}

/// A campaign's test record beside its evidence.
#[utoipa::path(
    get, path = "/api/test-base/{campaign}/verify", params(("campaign" = String, Path, description = "The campaign's name")), tag = "test-base",
    responses((status = 200, body = VerifiedTold), (status = 404, description = "It is not there", body = Problem), (status = 422, description = "It cannot be read", body = Problem))
)]
pub(crate) async fn verify(State(console): Shared, AskedPath(name): AskedPath<String>) -> Told {
    ask(&console, move |rooms| rooms.test_base.verify(&name))
        .await
        .map(Json)
}

/// A campaign's sheets to hand out.
#[utoipa::path(
    get, path = "/api/test-base/{campaign}/report.pdf", tag = "test-base", params(("campaign" = String, Path, description = "The campaign's name")),
    responses((status = 200, description = "PDF", content_type = "application/pdf", body = Vec<u8>), (status = 404, description = "There is none yet", body = Problem))
)]
pub(crate) async fn report(State(console): Shared, AskedPath(name): AskedPath<String>) -> Result<Response, Refusal> {
    let sheets = ask(&console, move |rooms| rooms.test_base.report(&name)).await?;
    let head = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"report.pdf\""),
    ];
    Ok((head, sheets).into_response())
}

/// All at a glance: chain, parties, blocks, permits, evidence, accounts.
#[utoipa::path(
    get, path = "/api/ledger", tag = "ledger",
    responses((status = 200, body = LedgerTold), (status = 404, description = "It is not there", body = Problem), (status = 422, description = "It cannot be read", body = Problem))
)]
pub(crate) async fn ledger(State(console): Shared) -> Told {
    ask(&console, |rooms| rooms.ledger.summary()).await.map(Json)
}

/// What the chain began with: all that a verifier has to be told.
#[utoipa::path(
    get, path = "/api/ledger/genesis", tag = "ledger",
    responses((status = 200, body = Value), (status = 404, description = "It is not there", body = Problem), (status = 422, description = "It cannot be read", body = Problem))
)]
pub(crate) async fn genesis(State(console): Shared) -> Told {
    ask(&console, |rooms| rooms.ledger.genesis()).await.map(Json)
}

/// The receipt of the transaction that set a digest down.
#[utoipa::path(
    get, path = "/api/ledger/receipts/{digest}", tag = "ledger", params(("digest" = String, Path, description = "SHA-256 of the document, hexadecimal")),
    responses((status = 200, body = Value), (status = 404, description = "No such digest is on the ledger", body = Problem), (status = 422, description = "That is no digest", body = Problem))
)]
pub(crate) async fn receipt(State(console): Shared, AskedPath(digest): AskedPath<String>) -> Result<Response, Refusal> {
    let receipt = ask(&console, move |rooms| rooms.ledger.receipt(&digest)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], receipt).into_response())
}

/// The roads with their links, masts, figures.
#[utoipa::path(
    get, path = "/api/network/cover", tag = "network",
    responses((status = 200, body = CoverTold), (status = 422, description = "The site's network cannot be read", body = Problem))
)]
pub(crate) async fn cover(State(console): Shared) -> Result<Response, Refusal> {
    let cover = ask(&console, |rooms| rooms.network.cover()).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], cover.as_str().to_owned()).into_response())
}

/// Places of the map.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Places {
    /// `x_m,y_m;x_m,y_m`, at most 200.
    #[param(example = "0,0;10,10")]
    at: String,
}

/// The link at places of the map.
#[utoipa::path(
    get, path = "/api/network/links", tag = "network", params(Places),
    responses((status = 200, body = Vec<PlaceTold>), (status = 422, description = "Those are no places", body = Problem))
)]
pub(crate) async fn links(State(console): Shared, AskedQuery(places): AskedQuery<Places>) -> Told {
    ask(&console, move |rooms| rooms.network.links(&places.at))
        .await
        .map(Json)
}

/// The messages of a capture (pcap or pcapng), field by field.
#[utoipa::path(
    post, path = "/api/network/decode", tag = "network", request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = DecodedTold), (status = 422, description = "It is no capture", body = Problem))
)]
pub(crate) async fn decode(State(console): Shared, bytes: Result<Bytes, BytesRejection>) -> Told {
    let bytes = bytes.map_err(|no| Refusal::new(no.status(), no.body_text(), "captures have at most 32 MiB"))?;
    ask(&console, move |_| network_room::decode(&bytes)).await.map(Json)
}
