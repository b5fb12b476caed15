//! Logging in and out: the routes of the session, and who the page is talking to.
//!
//! A name and a password go in, a cookie and the session's token come out. An unknown name and a wrong password are
//! answered alike, after the same work; both are counted, by address and by name.

use crate::accounts::PASSWORD_BYTES_MAX;
use crate::asked::{AskedJson, AskedQuery};
use crate::audit::{AuditLine, Deed};
use crate::gate::{Caller, Gate};
use crate::refusal::{Problem, Refusal};
use crate::roles::{Action, Role};
use crate::server::Console;
use crate::sessions::Session;
use crate::token_bucket::address_key;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Instant;
use utoipa::{IntoParams, ToSchema};

/// Lines of the audit log that are told if nobody says how many.
const LINES: usize = 100;
const LINES_MAX: usize = 500;

/// Who a page is talking as.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionTold {
    /// Whether this console asks for accounts.
    asks: bool,
    /// The account's name; null if nobody is logged in, or nobody is asked.
    name: Option<String>,
    /// The account's role; null if nobody is logged in.
    role: Option<Role>,
    /// What it may do.
    may: Vec<Action>,
    /// To be sent in the header `x-csrf-token` with each change; null if nobody is logged in, or nobody is asked.
    token: Option<String>,
}

/// Who wants to log in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginRequest {
    /// The account's name.
    #[schema(max_length = 64)]
    name: String,
    /// The account's password.
    #[schema(max_length = 1024)]
    password: String,
}

fn told(gate: &Gate, session: Option<&Session>) -> SessionTold {
    let role = match gate.accounts {
        None => Some(Role::Admin),
        Some(_) => session.map(Session::role),
    };
    SessionTold {
        asks: gate.accounts.is_some(),
        name: session.map(|session| session.name.clone()),
        role,
        may: role.map_or_else(|| vec![Action::Enter], Role::actions),
        token: session.map(|session| session.token.clone()),
    }
}

/// Who is logged in, and what they may do.
#[utoipa::path(get, path = "/api/session", tag = "session", responses((status = 200, body = SessionTold)))]
pub(crate) async fn session(State(console): State<Arc<Console>>, Extension(caller): Extension<Caller>) -> Response {
    let session = caller.session.as_ref().map(|(_, session)| session);
    Json(told(&console.gate, session)).into_response()
}

/// Logs in: sets the session's cookie.
#[utoipa::path(
    post, path = "/api/session", tag = "session", request_body = LoginRequest,
    responses(
        (status = 200, body = SessionTold),
        (status = 401, description = "No account has this name and password", body = Problem),
        (status = 409, description = "This console asks for no accounts", body = Problem),
    )
)]
pub(crate) async fn log_in(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    AskedJson(LoginRequest { name, password }): AskedJson<LoginRequest>,
) -> Result<Response, Refusal> {
    let gate = &console.gate;
    let accounts = gate.accounts.clone().ok_or_else(|| {
        Refusal::new(
            StatusCode::CONFLICT,
            "this console asks for no accounts",
            "westline serve --accounts FILE makes it ask",
        )
    })?;
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(Refusal::unfit(
            "the password is longer than any".to_owned(),
            "at most 1,024 bytes",
        ));
    }
    let now = Instant::now();
    let counted = gate
        .logins_of_address
        .take(address_key(caller.address), now)
        .and_then(|()| gate.logins_of_name.take(&name, now));
    counted.map_err(|wait| Refusal::too_often("too many logins", wait))?;
    let busy = || Refusal::too_often("too many logins", std::time::Duration::from_secs(2));
    let _waits = gate.checks_waiting.try_acquire().map_err(|_| busy())?;
    let _hand = gate.checks.acquire().await.map_err(|_| busy())?;
    let (book, asked) = (accounts.clone(), name.clone());
    let found = tokio::task::spawn_blocking(move || book.check(&asked, &password))
        .await
        .unwrap_or_default();
    // Somebody may have typed the password into the wrong field: names that nobody has are not written down.
    let who = accounts.get(&name).map(|account| (name.clone(), account.role));
    let (who, role) = who.map_or_else(Default::default, |(name, role)| (name, role.word().to_owned()));
    let deed = |outcome: &str| Deed {
        who: who.clone(),
        role: role.clone(),
        ..caller.deed(gate, "log_in", "/api/session", outcome)
    };
    let Some(account) = found else {
        gate.log(deed("refused: name or password")).await?;
        return Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "no account has this name and password",
            "whoever keeps the console can set another: westline account passwd",
        ));
    };
    gate.log(deed("allowed")).await?;
    // What was open in this browser before is over: a session is never taken over by another login.
    if let Some((key, _)) = &caller.session {
        gate.sessions.end(key);
    }
    let (secret, session) = gate
        .sessions
        .begin(&name, account, Instant::now())
        .map_err(|error| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string(), "ask again"))?;
    let cookie = set_cookie(gate, &secret, "");
    Ok(([(header::SET_COOKIE, cookie)], Json(told(gate, Some(&session)))).into_response())
}

/// Logs out: ends the session.
#[utoipa::path(delete, path = "/api/session", tag = "session", responses((status = 204, description = "Nobody is logged in any more")))]
pub(crate) async fn log_out(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Refusal> {
    let gate = &console.gate;
    if let Some((key, _)) = &caller.session {
        // A session ends even where that cannot be written: the other way round nobody could leave.
        gate.sessions.end(key);
        gate.log(caller.deed(gate, "log_out", "/api/session", "allowed"))
            .await?;
    }
    let cookie = set_cookie(gate, "", "; Max-Age=0");
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

fn set_cookie(gate: &Gate, secret: &str, rest: &str) -> HeaderValue {
    let secure = if gate.has_tls { "; Secure" } else { "" };
    let text = format!(
        "{}={secret}; Path=/; HttpOnly; SameSite=Strict{secure}{rest}",
        gate.cookie
    );
    HeaderValue::from_str(&text).expect("digits, letters and signs of a cookie")
}

/// Which lines of the audit log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Lines {
    /// How many; at most 500.
    #[param(minimum = 0, maximum = 500)]
    last: Option<usize>,
}

/// Who did what: the newest lines of the audit log, the newest first.
#[utoipa::path(
    get, path = "/api/audit", tag = "session", params(Lines),
    responses(
        (status = 200, body = Vec<AuditLine>),
        (status = 404, description = "This console keeps no audit log", body = Problem),
    )
)]
pub(crate) async fn audit(
    State(console): State<Arc<Console>>,
    AskedQuery(lines): AskedQuery<Lines>,
) -> Result<Json<Vec<AuditLine>>, Refusal> {
    let count = lines.last.unwrap_or(LINES).min(LINES_MAX);
    let audit = console.gate.audit.as_ref().ok_or_else(|| {
        Refusal::unknown(
            "this console keeps no audit log".to_owned(),
            "westline serve --audit FILE makes it keep one",
        )
    })?;
    Ok(Json(audit.recent(count)))
}
