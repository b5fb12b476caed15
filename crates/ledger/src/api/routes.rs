//! The routes as a table, from which come the router and its OpenAPI document; and those routes that only read.

use super::blocks;
use super::limits::{BODY_BYTES_MAX, ROWS_MAX};
use super::problem::{Asked, Refusal};
use super::server::Node;
use super::transactions;
use super::wire::{ChainTold, HealthTold, Problem, RecordTold, RecordsTold};
use crate::account::account_key;
use crate::checkpoint::quorum;
use crate::crypto::{Digest, Suite};
use crate::permit::permit_key;
use crate::receipt::EntryReceipt;
use crate::state::Record;
use crate::transaction::Id;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{
    ComponentsBuilder, Content, InfoBuilder, LicenseBuilder, OpenApiBuilder, Paths, Ref, RefOr, ResponseBuilder, Schema,
};
use utoipa::{IntoParams, PartialSchema as _, ToSchema as _};
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;

pub(super) type Shared = State<Arc<Node>>;

/// A validator whose last vote is older is silent: the engine asks for one several times a second.
const SILENT_MS: u64 = 10_000;
/// A validator that does not answer for so long is not well.
const STATUS: Duration = Duration::from_secs(2);
/// Keys are names of some dozens of letters.
const KEY_BYTES_MAX: usize = 512;

/// All routes. What is not here is neither served nor described.
fn entries() -> Vec<UtoipaMethodRouter<Arc<Node>>> {
    vec![
        routes!(chain),
        routes!(genesis),
        routes!(transactions::submit),
        routes!(transactions::submit_batch),
        routes!(receipt_of_transaction),
        routes!(receipt_of_entry),
        routes!(receipt_of_evidence),
        routes!(record),
        routes!(account),
        routes!(permit),
        routes!(registry),
        routes!(records),
        routes!(proof),
        routes!(blocks::stream),
        routes!(blocks::block),
        routes!(blocks::checkpoint),
        routes!(health),
        routes!(metrics),
        routes!(document),
    ]
}

/// The table as a router.
pub(super) fn router() -> Router<Arc<Node>> {
    let mut router = Router::new();
    for (_, paths, methods) in entries() {
        for path in paths.paths.keys() {
            router = router.route(path, methods.clone());
        }
    }
    router
        .fallback(async || Refusal::missing("there is no such path"))
        .method_not_allowed_fallback(async || {
            let hint = "GET /v1/openapi.json says which it knows";
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "this path knows other methods", hint)
        })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// The table as an OpenAPI 3.1 document.
pub fn openapi_json() -> String {
    let mut all = Paths::new();
    let mut schemas: BTreeMap<String, RefOr<Schema>> = BTreeMap::new();
    for (of_route, mut paths, _) in entries() {
        schemas.extend(of_route);
        for item in paths.paths.values_mut() {
            [&mut item.get, &mut item.post]
                .into_iter()
                .flatten()
                .for_each(tell_refusals);
        }
        all.paths.append(&mut paths.paths);
    }
    schemas.insert(Problem::name().into_owned(), Problem::schema());
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0"));
    let document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("A node of a Westline ledger")
                .version(env!("CARGO_PKG_VERSION"))
                .license(Some(license.build()))
                .description(Some(
                    "Signed transactions in; receipts, proofs, entries and final blocks out. Receipts and proofs verify without the node.",
                )),
        )
        .paths(all)
        .components(Some(ComponentsBuilder::new().schemas_from_iter(schemas).build()))
        .build();
    document.to_pretty_json().unwrap_or_default() + "\n"
}

/// What every route may be answered with.
fn tell_refusals(operation: &mut Operation) {
    let told = |words: &str| {
        let content = Content::new(Some(Ref::from_schema_name(Problem::name())));
        let response = ResponseBuilder::new().content("application/json", content);
        RefOr::T(response.description(words).build())
    };
    let all = &mut operation.responses.responses;
    for (status, words) in [
        ("400", "What was sent cannot be read"),
        (
            "429",
            "Too many requests from this address; Retry-After says how long to wait",
        ),
        ("503", "The node cannot answer now; Retry-After says how long to wait"),
        ("default", "Something else is wrong"),
    ] {
        all.entry(status.to_owned()).or_insert_with(|| told(words));
    }
}

/// What the chain has come to.
#[utoipa::path(get, path = "/v1/chain", tag = "chain", responses((status = 200, description = "The chain", body = ChainTold)))]
async fn chain(State(node): Shared) -> Result<Json<ChainTold>, Refusal> {
    let told = node.read(|reader| {
        let genesis = reader.genesis();
        let protocol = reader.protocol()?;
        let head = reader.head()?.map(|head| head.header);
        let head = head.as_ref();
        Ok(ChainTold {
            origin: genesis.origin(),
            chain: genesis.digest().to_string(),
            suite: match genesis.suite {
                Suite::International => "international".to_owned(),
                Suite::Sm => "sm".to_owned(),
            },
            version: protocol.version_at(head.map_or(0, |head| head.height + 1)),
            height: head.map(|head| head.height),
            time_ms: head.map(|head| head.time_ms),
            log_size: head.map(|head| head.log_size),
            log_root: head.map(|head| head.log_root.to_string()),
            state_root: head.map(|head| head.state_root.to_string()),
            validators: protocol.validators,
        })
    });
    told.await.map(Json)
}

/// What the chain began with: who takes part, with which keys. Whoever verifies should have it from a party, not from here.
#[utoipa::path(get, path = "/v1/genesis", tag = "chain", responses((status = 200, description = "genesis.json", body = Object)))]
async fn genesis(State(node): Shared) -> Response {
    json_text(node.genesis.clone())
}

fn json_text(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

pub(super) fn receipt_or_missing(receipt: Option<&EntryReceipt>, what: &str) -> Result<Response, Refusal> {
    match receipt {
        Some(receipt) => Ok(json_text(receipt.to_json())),
        None => Err(Refusal::missing(what)),
    }
}

/// The receipt of a transaction, by its digest.
#[utoipa::path(get, path = "/v1/transactions/{id}", tag = "receipts", params(("id" = String, Path, description = "64 hexadecimal digits")),
    responses((status = 200, description = "A receipt", body = Object), (status = 404, description = "It is not final", body = Problem)))]
async fn receipt_of_transaction(
    State(node): Shared,
    Asked(Path(id)): Asked<Path<String>>,
) -> Result<Response, Refusal> {
    let id: Digest = id.parse()?;
    let receipt = node.read(move |reader| reader.receipt(&id)).await?;
    receipt_or_missing(receipt.as_ref(), "no transaction of this digest is final here")
}

/// The receipt of an entry, by its place in the log.
#[utoipa::path(get, path = "/v1/entries/{place}", tag = "receipts", params(("place" = u64, Path, description = "From 0 on")),
    responses((status = 200, description = "A receipt", body = Object), (status = 404, description = "The log is shorter", body = Problem)))]
async fn receipt_of_entry(State(node): Shared, Asked(Path(place)): Asked<Path<u64>>) -> Result<Response, Refusal> {
    let receipt = node.read(move |reader| reader.receipt_at(place)).await?;
    receipt_or_missing(receipt.as_ref(), "the log is shorter")
}

/// The receipt of the transaction that set a digest down.
#[utoipa::path(get, path = "/v1/evidence/{digest}", tag = "receipts", params(("digest" = String, Path, description = "64 hexadecimal digits")),
    responses((status = 200, description = "A receipt", body = Object), (status = 404, description = "It is not on the ledger", body = Problem)))]
async fn receipt_of_evidence(
    State(node): Shared,
    Asked(Path(digest)): Asked<Path<String>>,
) -> Result<Response, Refusal> {
    let digest: Digest = digest.parse()?;
    let receipt = node.read(move |reader| reader.receipt_of_evidence(&digest)).await?;
    receipt_or_missing(receipt.as_ref(), "this digest is not on the ledger")
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct KeyAsked {
    /// The entry's key, such as `account/2`.
    key: String,
    /// As it stood after the block of this height.
    at: Option<u64>,
}

/// An entry of the state or of the journal, by its key.
#[utoipa::path(get, path = "/v1/record", tag = "state", params(KeyAsked),
    responses((status = 200, description = "The entry", body = RecordTold), (status = 404, description = "Nothing stands there", body = Problem)))]
async fn record(
    State(node): Shared,
    Asked(Query(KeyAsked { key, at })): Asked<Query<KeyAsked>>,
) -> Result<Json<RecordTold>, Refusal> {
    check_key(&key)?;
    told(&node, key, at).await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct HeightAsked {
    /// As it stood after the block of this height.
    at: Option<u64>,
}

/// An account.
#[utoipa::path(get, path = "/v1/accounts/{id}", tag = "state", params(("id" = String, Path, description = "A decimal number"), HeightAsked),
    responses((status = 200, description = "The account", body = RecordTold), (status = 404, description = "There is none", body = Problem)))]
async fn account(
    State(node): Shared,
    Asked(Path(id)): Asked<Path<String>>,
    Asked(Query(HeightAsked { at })): Asked<Query<HeightAsked>>,
) -> Result<Json<RecordTold>, Refusal> {
    told(&node, account_key(number(&id)?), at).await
}

/// A permit.
#[utoipa::path(get, path = "/v1/permits/{id}", tag = "state", params(("id" = String, Path, description = "A decimal number"), HeightAsked),
    responses((status = 200, description = "The permit", body = RecordTold), (status = 404, description = "There is none", body = Problem)))]
async fn permit(
    State(node): Shared,
    Asked(Path(id)): Asked<Path<String>>,
    Asked(Query(HeightAsked { at })): Asked<Query<HeightAsked>>,
) -> Result<Json<RecordTold>, Refusal> {
    told(&node, permit_key(number(&id)?), at).await
}

/// A vehicle, a software version, a map, a qualification or a data set.
#[utoipa::path(get, path = "/v1/registry/{kind}/{id}", tag = "state",
    params(("kind" = String, Path, description = "`vehicle`, `software`, `map`, `qualification` or `data-set`"), ("id" = String, Path, description = "Its name"), HeightAsked),
    responses((status = 200, description = "The entry", body = RecordTold), (status = 404, description = "There is none", body = Problem)))]
async fn registry(
    State(node): Shared,
    Asked(Path((kind, id))): Asked<Path<(String, String)>>,
    Asked(Query(HeightAsked { at })): Asked<Query<HeightAsked>>,
) -> Result<Json<RecordTold>, Refusal> {
    let key = format!("registry/{kind}/{id}");
    check_key(&key)?;
    told(&node, key, at).await
}

fn number(text: &str) -> Result<Id, Refusal> {
    let hint = "accounts and permits have whole numbers below 2^128";
    text.parse::<u128>()
        .map(Id)
        .map_err(|_| Refusal::unfit("the identifier is no number", hint))
}

fn check_key(key: &str) -> Result<(), Refusal> {
    if key.len() > KEY_BYTES_MAX {
        return Err(Refusal::unfit(
            "the key is too long",
            "docs/ledger.md says what keys look like",
        ));
    }
    Ok(())
}

async fn told(node: &Node, key: String, at: Option<u64>) -> Result<Json<RecordTold>, Refusal> {
    let asked = key.clone();
    let found = node.read(move |reader| match at {
        Some(height) => reader.get_past(&asked, height),
        None => reader.get(&asked),
    });
    match found.await? {
        Some(record) => Ok(Json(record_told(key, &record))),
        None => Err(Refusal::missing(format!("nothing stands under `{key}`"))),
    }
}

fn record_told(key: String, record: &Record) -> RecordTold {
    RecordTold {
        key,
        record: serde_json::to_value(record).expect("a record is plain data"),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PrefixAsked {
    /// The beginning of keys, its `/` with it, such as `permit/`.
    prefix: String,
    /// The first key that is wanted: `next` of the answer before.
    from: Option<String>,
    /// At most so many, up to 1000.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

/// Entries whose keys begin alike.
#[utoipa::path(get, path = "/v1/records", tag = "state", params(PrefixAsked),
    responses((status = 200, description = "The entries", body = RecordsTold)))]
async fn records(
    State(node): Shared,
    Asked(Query(PrefixAsked { prefix, from, limit })): Asked<Query<PrefixAsked>>,
) -> Result<Json<RecordsTold>, Refusal> {
    check_key(&prefix)?;
    let from = from.unwrap_or_default();
    check_key(&from)?;
    if !prefix.contains('/') {
        let hint = "write the kind whole and its slash, such as `permit/`";
        return Err(Refusal::unfit("the beginning names no kind", hint));
    }
    let limit = limit.unwrap_or(ROWS_MAX as u64);
    if !(1..=ROWS_MAX as u64).contains(&limit) {
        return Err(Refusal::unfit("`limit` is 1 to 1000", "ask again from `next` on"));
    }
    let found = node.read(move |reader| {
        let mut told = RecordsTold {
            records: Vec::new(),
            next: None,
        };
        reader.for_each(&prefix, &from, |key, record| {
            if told.records.len() as u64 == limit {
                told.next = Some(key.to_owned());
                return ControlFlow::Break(());
            }
            told.records.push(record_told(key.to_owned(), &record));
            ControlFlow::Continue(())
        })?;
        Ok(told)
    });
    found.await.map(Json)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ProofAsked {
    /// The entry's key.
    key: String,
}

/// An entry of the state with the proof against the last block; that nothing stands under a key is proven, too.
#[utoipa::path(get, path = "/v1/proof", tag = "receipts", params(ProofAsked),
    responses((status = 200, description = "A proof", body = Object)))]
async fn proof(
    State(node): Shared,
    Asked(Query(ProofAsked { key })): Asked<Query<ProofAsked>>,
) -> Result<Response, Refusal> {
    check_key(&key)?;
    if crate::is_journal(&key) {
        let hint = "ask for the receipt of the transaction that wrote it";
        return Err(Refusal::unfit("entries of the journal are proven by receipts", hint));
    }
    let client = node.client()?;
    let _turn = node.proofs.acquire().await;
    let proof = client.ask(move |ledger| match ledger.head() {
        None => Ok(None),
        Some(_) => ledger.prove(&key).map(Some),
    });
    let proof = proof.await.map_err(|_| Refusal::not_now("the validator has ended"))??;
    match proof {
        Some(proof) => Ok(json_text(proof.to_json())),
        None => Err(Refusal::missing("there is no block yet")),
    }
}

/// Whether the node is well: 200 if it is, 503 if not.
#[utoipa::path(get, path = "/v1/health", tag = "node",
    responses((status = 200, description = "It is well", body = HealthTold), (status = 503, description = "It starts, or fewer than two thirds of the validators vote", body = HealthTold)))]
async fn health(State(node): Shared) -> Response {
    let mut told = HealthTold {
        is_well: false,
        party: node.party.clone(),
        height: *node.head.borrow(),
        waiting: 0,
        view: 0,
        voted_ms_ago: BTreeMap::new(),
    };
    if let Ok(client) = node.client()
        && let Ok(Ok(status)) = tokio::time::timeout(STATUS, client.status()).await
    {
        let votes = |ago: &&Option<u64>| ago.is_some_and(|ago| ago < SILENT_MS);
        let voting = status.voted_ms_ago.values().filter(votes).count();
        told.is_well = voting >= quorum(status.voted_ms_ago.len());
        told.height = status.height;
        told.waiting = status.waiting as u64;
        told.view = status.view;
        told.voted_ms_ago = status.voted_ms_ago;
    }
    let status = match told.is_well {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(told)).into_response()
}

/// Counters for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "node", responses((status = 200, description = "Text", content_type = "text/plain", body = String)))]
async fn metrics(State(node): Shared) -> Response {
    let status = match node.client() {
        Ok(client) => tokio::time::timeout(STATUS, client.status()).await.ok(),
        Err(_) => None,
    };
    let text = node.metrics.text(status.and_then(Result::ok).as_ref());
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    )
        .into_response()
}

/// This document.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "node", responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
async fn document() -> Response {
    json_text(openapi_json())
}
