//! What a request is answered with that cannot be met: a status, what is wrong, the mend.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Why a request is not met.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    what: String,
    hint: String,
    /// How long to wait until it may be.
    wait: Option<Duration>,
}

/// A refusal as it is answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// What is wrong.
    error: String,
    /// The mend.
    hint: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, what: impl Into<String>, hint: &str) -> Refusal {
        Refusal {
            status,
            what: what.into(),
            hint: hint.to_owned(),
            wait: None,
        }
    }

    /// What was asked for is not there.
    pub(crate) fn unknown(what: String, hint: &str) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, what, hint)
    }

    /// What was sent cannot be used.
    pub(crate) fn unfit(what: String, hint: &str) -> Refusal {
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, what, hint)
    }

    /// Somebody asks more often than they may.
    pub(crate) fn too_often(what: &str, wait: Duration) -> Refusal {
        Refusal {
            wait: Some(wait),
            ..Refusal::new(StatusCode::TOO_MANY_REQUESTS, what, "wait as long as Retry-After says")
        }
    }

    /// What a lower floor says; its hint is the line that begins so.
    pub(crate) fn told(message: &str) -> Refusal {
        let (what, hint) = message.split_once("\nhint: ").unwrap_or((message, ""));
        Refusal::unfit(what.to_owned(), hint)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = Problem {
            error: self.what,
            hint: self.hint,
        };
        let mut response = (self.status, Json(problem)).into_response();
        if let Some(wait) = self.wait {
            // Whole seconds, upwards: whoever waits that long gets in.
            let seconds = HeaderValue::from(wait.as_secs_f64().ceil().max(1.0) as u64);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
