//! Transactions in, one or many: answered when they are final, or with what to ask for later.

use super::limits::{BATCH_TRANSACTIONS_MAX, WAIT_MS, WAIT_MS_MAX};
use super::problem::{Asked, Refusal};
use super::routes::Shared;
use super::server::Node;
use super::wire::{AnswerState, AnswerTold, AnswersTold, Problem, SubmittedTold, TransactionTold};
use crate::crypto::Digest;
use crate::transaction::SignedTransaction;
use crate::validators::{Answer, Client};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use commonware_utils::channel::oneshot;
use serde::Deserialize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::sync::OwnedSemaphorePermit;
use utoipa::IntoParams;

const CANONICAL: &str = "application/octet-stream";

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WaitAsked {
    /// Milliseconds to wait for a block, up to 30000.
    #[param(minimum = 0, maximum = 30000, default = 10000)]
    wait_ms: Option<u64>,
}

impl WaitAsked {
    fn time(&self) -> Result<Duration, Refusal> {
        let wait_ms = self.wait_ms.unwrap_or(WAIT_MS);
        if wait_ms > WAIT_MS_MAX {
            let hint = "ask for the receipt later: GET /v1/transactions/{id}";
            return Err(Refusal::unfit("`wait_ms` is at most 30000", hint));
        }
        Ok(Duration::from_millis(wait_ms))
    }
}

/// Takes a signed transaction: as JSON, or in the canonical encoding (Borsh) as application/octet-stream.
#[utoipa::path(post, path = "/v1/transactions", tag = "transactions", params(WaitAsked),
    request_body(content((TransactionTold = "application/json"), (Vec<u8> = "application/octet-stream"))),
    responses((status = 200, description = "It is final; whether it was done, the receipt says", body = SubmittedTold),
        (status = 202, description = "It waits for a block: ask for its receipt later", body = SubmittedTold),
        (status = 413, description = "It is too long", body = Problem),
        (status = 422, description = "It cannot stand in a block", body = Problem)))]
pub(super) async fn submit(
    State(node): Shared,
    Asked(Query(wait)): Asked<Query<WaitAsked>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let time = wait.time()?;
    let body = body.map_err(unread)?;
    let signed = match is_canonical(&headers) {
        true => SignedTransaction::from_bytes(&body)?,
        false => serde_json::from_slice(&body).map_err(|error| {
            let hint = "it is what `TransactionTold` of GET /v1/openapi.json says; docs/ledger.md lists the actions";
            Refusal::unfit(format!("no signed transaction in JSON: {error}"), hint)
        })?,
    };
    let client = node.client()?;
    let _room = room(&node, 1)?;
    let sent = Sent::send(&node, &client, signed);
    let id = sent.id;
    let told = |is_final, receipt| SubmittedTold {
        id: id.to_string(),
        is_final,
        receipt,
    };
    match sent.answer(&node, Instant::now() + time).await? {
        Some(Answer::Final { entry, .. }) => {
            // A block that changes the validators ends this one before the receipt is read: it is to be asked for.
            let Ok(Some(receipt)) = node.read(move |reader| reader.receipt_at(entry)).await else {
                return Ok((StatusCode::ACCEPTED, Json(told(true, None))).into_response());
            };
            let receipt = serde_json::from_str(&receipt.to_json()).expect("a receipt is JSON");
            Ok(Json(told(true, Some(receipt))).into_response())
        }
        Some(Answer::TurnedAway(refusal)) => {
            let hint = "it was not put on the ledger: sign it anew";
            Err(Refusal::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("it cannot stand in a block: {refusal}"),
                hint,
            ))
        }
        Some(Answer::Busy) => Err(Refusal::not_now("too many transactions wait here")),
        None => Ok((StatusCode::ACCEPTED, Json(told(false, None))).into_response()),
    }
}

/// Takes up to 4096 signed transactions: a JSON array, or in the canonical encoding (Borsh) of a list as application/octet-stream.
#[utoipa::path(post, path = "/v1/transactions/batch", tag = "transactions", params(WaitAsked),
    request_body(content((Vec<TransactionTold> = "application/json"), (Vec<u8> = "application/octet-stream"))),
    responses((status = 200, description = "What became of each, in their order", body = AnswersTold),
        (status = 413, description = "They are too long", body = Problem)))]
pub(super) async fn submit_batch(
    State(node): Shared,
    Asked(Query(wait)): Asked<Query<WaitAsked>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<AnswersTold>, Refusal> {
    let time = wait.time()?;
    let body = body.map_err(unread)?;
    let hint = "send them in several requests, each of at most 4096";
    let signed: Vec<SignedTransaction> = match is_canonical(&headers) {
        true => borsh::from_slice(&body).map_err(|error| Refusal::unfit(error.to_string(), hint))?,
        false => serde_json::from_slice(&body).map_err(|error| Refusal::unfit(error.to_string(), hint))?,
    };
    if signed.len() > BATCH_TRANSACTIONS_MAX {
        return Err(Refusal::unfit(format!("{} transactions", signed.len()), hint));
    }
    let until = Instant::now() + time;
    let client = node.client()?;
    let _room = room(&node, signed.len())?;
    let sent: Vec<Sent> = signed.into_iter().map(|one| Sent::send(&node, &client, one)).collect();
    let mut answers = Vec::with_capacity(sent.len());
    for one in sent {
        let id = one.id;
        let told = |state| AnswerTold {
            id: id.to_string(),
            state,
            entry: None,
            is_done: None,
            reason: None,
        };
        answers.push(match one.answer(&node, until).await? {
            Some(Answer::Final { entry, outcome }) => AnswerTold {
                entry: Some(entry),
                is_done: Some(outcome.is_done()),
                ..told(AnswerState::Final)
            },
            Some(Answer::TurnedAway(refusal)) => AnswerTold {
                reason: Some(refusal.to_string()),
                ..told(AnswerState::TurnedAway)
            },
            Some(Answer::Busy) => told(AnswerState::Busy),
            None => told(AnswerState::Waiting),
        });
    }
    Ok(Json(AnswersTold { answers }))
}

/// Room for so many whose senders wait.
fn room(node: &Node, transactions: usize) -> Result<OwnedSemaphorePermit, Refusal> {
    let room = node.waiting.clone().try_acquire_many_owned(transactions as u32);
    room.map_err(|_| {
        node.metrics.busy.fetch_add(transactions as u64, Relaxed);
        Refusal::not_now("too many senders wait here")
    })
}

fn is_canonical(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().eq_ignore_ascii_case(CANONICAL.as_bytes()))
}

fn unread(rejection: BytesRejection) -> Refusal {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::too_long(),
        status => Refusal::new(status, rejection.body_text(), "send the request again"),
    }
}

/// A transaction on its way.
struct Sent {
    id: Digest,
    since: Instant,
    answer: oneshot::Receiver<Answer>,
}

impl Sent {
    fn send(node: &Node, client: &Client, signed: SignedTransaction) -> Sent {
        node.metrics.submitted.fetch_add(1, Relaxed);
        let id = signed.transaction.id(client.suite());
        Sent {
            id,
            since: Instant::now(),
            answer: client.submit_named(id, signed),
        }
    }

    /// What became of it; nothing, if nothing did by then.
    async fn answer(self, node: &Node, until: Instant) -> Result<Option<Answer>, Refusal> {
        let answer = match tokio::time::timeout_at(until.into(), self.answer).await {
            Err(_) => return Ok(None),
            // The validator ended before it was final: it may become so yet.
            Ok(Err(_)) => return Ok(None),
            Ok(Ok(answer)) => answer,
        };
        match &answer {
            Answer::Final { .. } => node.metrics.became_final(self.since.elapsed()),
            Answer::TurnedAway(_) => {
                node.metrics.turned_away.fetch_add(1, Relaxed);
            }
            Answer::Busy => {
                node.metrics.busy.fetch_add(1, Relaxed);
            }
        }
        Ok(Some(answer))
    }
}
