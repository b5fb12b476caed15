//! What a request is answered with that cannot be met: a status, what is wrong, the mend; and extractors that say it so.

use super::wire::Problem;
use crate::LedgerError;
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::fmt::Display;

/// Why a request is not met.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    problem: Problem,
}

impl Refusal {
    pub fn new(status: StatusCode, error: impl Into<String>, hint: &str) -> Refusal {
        Refusal {
            status,
            problem: Problem {
                error: error.into(),
                hint: hint.to_owned(),
            },
        }
    }

    /// What was sent cannot be read.
    pub fn unfit(error: impl Into<String>, hint: &str) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, error, hint)
    }

    /// What was asked for is not there.
    pub fn missing(error: impl Into<String>) -> Refusal {
        let hint = "it may become final later, or at another chain; GET /v1/chain tells which this is";
        Refusal::new(StatusCode::NOT_FOUND, error, hint)
    }

    /// The node cannot answer now.
    pub fn not_now(error: &str) -> Refusal {
        let hint = "wait as long as Retry-After says, or ask another node";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error, hint)
    }

    /// A body that nobody will read.
    pub fn too_long() -> Refusal {
        let hint = "a request is at most 4 MiB long: send it in several";
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the request is too long", hint)
    }

    /// Somebody asks more often than they may.
    pub fn too_often() -> Refusal {
        let hint = "wait as long as Retry-After says; send several transactions to /v1/transactions/batch";
        Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too many requests from this address",
            hint,
        )
    }
}

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Refusal {
        let told = error.to_string();
        let (what, hint) = told.split_once("\nhint: ").unwrap_or((&told, ""));
        match error {
            LedgerError::Proof(_) => Refusal::not_now(what),
            LedgerError::Format { .. } | LedgerError::Key(_) => Refusal::unfit(what, hint),
            _ => Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, what, hint),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.problem)).into_response();
        if matches!(
            self.status,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
        ) {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// Something of a request, refused in our words.
pub(super) struct Asked<T>(pub T);

impl<S, T> FromRequestParts<S> for Asked<T>
where
    S: Send + Sync,
    T: FromRequestParts<S>,
    T::Rejection: Display,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Asked<T>, Refusal> {
        let got = T::from_request_parts(parts, state).await;
        got.map(Asked)
            .map_err(|error| Refusal::unfit(error.to_string(), "GET /v1/openapi.json says what each path takes"))
    }
}
