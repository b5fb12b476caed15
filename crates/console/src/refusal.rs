//! What a request is answered with that cannot be met: a status, what is wrong, the mend.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a request is not met.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    what: String,
    hint: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, what: impl Into<String>, hint: &str) -> Refusal {
        Refusal {
            status,
            what: what.into(),
            hint: hint.to_owned(),
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

    /// What a lower floor says; its hint is the line that begins so.
    pub(crate) fn told(message: &str) -> Refusal {
        let (what, hint) = message.split_once("\nhint: ").unwrap_or((message, ""));
        Refusal::unfit(what.to_owned(), hint)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.what, "hint": self.hint }))).into_response()
    }
}
