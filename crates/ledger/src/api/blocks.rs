//! Final blocks: one by its height, its checkpoint, and all of them as they come, over a WebSocket.

use super::limits::PATIENCE;
use super::problem::{Asked, Refusal};
use super::routes::Shared;
use super::server::{Node, ending};
use super::wire::{BlockTold, Problem};
use crate::block::Block;
use axum::Json;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use utoipa::IntoParams;

/// A stream that has nothing to say says so, which finds out readers that have gone.
const SIGN_OF_LIFE: std::time::Duration = std::time::Duration::from_secs(15);
/// Readers of streams have nothing to say.
const MESSAGE_BYTES_MAX: usize = 1 << 10;

pub(super) fn told(block: &Block) -> BlockTold {
    let plain = "blocks are plain data";
    BlockTold {
        checkpoint: block.checkpoint.note(),
        header: serde_json::to_value(&block.checkpoint.header).expect(plain),
        entries: block
            .entries
            .iter()
            .map(|entry| serde_json::to_value(entry).expect(plain))
            .collect(),
    }
}

async fn find(node: &Node, height: &str) -> Result<Block, Refusal> {
    let height = match height {
        "latest" => None,
        text => Some(text.parse::<u64>().map_err(|_| {
            Refusal::unfit(
                "the height is no number",
                "blocks are counted from 0; the last one is `latest`",
            )
        })?),
    };
    let found = node.read(move |reader| match height {
        Some(height) => reader.block(height),
        None => match reader.head()? {
            Some(head) => reader.block(head.header.height),
            None => Ok(None),
        },
    });
    found
        .await?
        .ok_or_else(|| Refusal::missing("no block of this height is final here"))
}

/// A final block: as JSON, or in the canonical encoding (Borsh) for those who accept application/octet-stream.
#[utoipa::path(get, path = "/v1/blocks/{height}", tag = "blocks", params(("height" = String, Path, description = "From 0 on, or `latest`")),
    responses((status = 200, description = "The block", content((BlockTold = "application/json"), (Vec<u8> = "application/octet-stream"))),
        (status = 404, description = "It is not final", body = Problem)))]
pub(super) async fn block(
    State(node): Shared,
    Asked(Path(height)): Asked<Path<String>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let block = find(&node, &height).await?;
    let wants = headers.get(header::ACCEPT).map(|wants| wants.as_bytes());
    if wants == Some(b"application/octet-stream") {
        let bytes = borsh::to_vec(&block).expect("writing to memory does not fail");
        return Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response());
    }
    Ok(Json(told(&block)).into_response())
}

/// A block's checkpoint: a C2SP signed note (tlog-checkpoint).
#[utoipa::path(get, path = "/v1/checkpoints/{height}", tag = "blocks", params(("height" = String, Path, description = "From 0 on, or `latest`")),
    responses((status = 200, description = "The note", content_type = "text/plain", body = String), (status = 404, description = "It is not final", body = Problem)))]
pub(super) async fn checkpoint(
    State(node): Shared,
    Asked(Path(height)): Asked<Path<String>>,
) -> Result<Response, Refusal> {
    let note = find(&node, &height).await?.checkpoint.note();
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct FromAsked {
    /// The first block that is wanted; without it, the next that becomes final.
    from: Option<u64>,
}

/// Blocks as they become final, each a message in JSON, over a WebSocket.
#[utoipa::path(get, path = "/v1/blocks", tag = "blocks", params(FromAsked),
    responses((status = 101, description = "A WebSocket; its messages are `BlockTold`"), (status = 426, description = "It was asked for without a WebSocket", body = Problem)))]
pub(super) async fn stream(
    State(node): Shared,
    Asked(Query(FromAsked { from })): Asked<Query<FromAsked>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    let upgrade = upgrade.map_err(|rejection| {
        let hint = "open a WebSocket, or ask for one block: GET /v1/blocks/{height}";
        Refusal::new(StatusCode::UPGRADE_REQUIRED, rejection.body_text(), hint)
    })?;
    node.client()?;
    let Ok(room) = node.streams.clone().try_acquire_owned() else {
        return Err(Refusal::not_now("too many streams are open here"));
    };
    let next = from.unwrap_or_else(|| node.head.borrow().map_or(0, |head| head + 1));
    let upgrade = upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX);
    Ok(upgrade.on_upgrade(async move |socket| {
        node.metrics.streams.fetch_add(1, Relaxed);
        tell(&node, socket, next).await;
        node.metrics.streams.fetch_sub(1, Relaxed);
        drop(room);
    }))
}

/// Tells blocks until the reader goes or does not keep up. Those that are there are read from the store, so that nobody's
/// slowness costs memory.
async fn tell(node: &Arc<Node>, mut socket: WebSocket, mut next: u64) {
    let mut head = node.head.subscribe();
    let mut is_ending = node.is_ending.subscribe();
    loop {
        while head.borrow_and_update().is_some_and(|head| next <= head) {
            let Ok(block) = find(node, &next.to_string()).await else {
                return;
            };
            let text = serde_json::to_string(&told(&block)).expect("blocks are plain data");
            if !send(&mut socket, Message::Text(text.into())).await {
                return;
            }
            next += 1;
        }
        tokio::select! {
            changed = head.changed() => if changed.is_err() { return },
            () = ending(&mut is_ending) => {
                send(&mut socket, Message::Close(None)).await;
                return;
            }
            heard = socket.recv() => if !matches!(heard, Some(Ok(Message::Ping(_) | Message::Pong(_)))) { return },
            () = tokio::time::sleep(SIGN_OF_LIFE) => if !send(&mut socket, Message::Ping(Default::default())).await { return },
        }
    }
}

async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(tokio::time::timeout(PATIENCE, socket.send(message)).await, Ok(Ok(())))
}
