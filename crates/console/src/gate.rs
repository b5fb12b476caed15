//! The gate: who asks, from where, how often, and whether they may.
//!
//! Two layers stand around the routes. [`guard`] is around all: it refuses foreign names and foreign pages, finds out who
//! asks ([`Caller`]), counts their requests, and adds what every answer carries. [`permit`] is around each route, with what
//! the table (`api`) says of it: role, token of the page, audit log. It decides nothing about what is asked.

use crate::accounts::AccountBook;
use crate::audit::{ASKED_BYTES_MAX, AuditLog, Deed};
use crate::refusal::Refusal;
use crate::roles::{Action, Role};
use crate::server::Console;
use crate::sessions::{Session, SessionKey, Sessions, key_of};
use crate::token_bucket::{TokenBuckets, address_key};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// The header in which a page sends its session's token along with each change.
pub(crate) const TOKEN_HEADER: &str = "x-csrf-token";
/// Requests of an address without a session, and of a session. A page loads some fifty files.
const OF_ADDRESS: (u32, Duration) = (600, Duration::from_millis(20));
const OF_SESSION: (u32, Duration) = (300, Duration::from_millis(25));
/// Logins that failed, of an address and of a name.
const LOGINS_OF_ADDRESS: (u32, Duration) = (10, Duration::from_secs(6));
const LOGINS_OF_NAME: (u32, Duration) = (10, Duration::from_secs(20));
/// Passwords that are checked at once (each takes 19 MiB and some hundredths of a second), and that wait for it.
const CHECKS_AT_ONCE: usize = 2;
const CHECKS_WAITING_MAX: usize = 32;
/// A browser that was here by TLS comes by TLS for a year.
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// How others than this machine come in.
#[derive(Debug, Default)]
pub enum Transport {
    /// As it is: this machine alone.
    #[default]
    Plain,
    /// TLS by a certificate of ours.
    Tls(crate::transport::Certificate),
    /// A proxy before us has TLS; it tells who asks in `X-Forwarded-For`.
    BehindProxy,
}

/// Who may come in, how, and what is written of it.
#[derive(Debug, Default)]
pub struct Access {
    /// Who may log in; without it nobody is asked.
    pub accounts: Option<AccountBook>,
    /// Where it is written who did what.
    pub audit: Option<Arc<AuditLog>>,
    /// How they come.
    pub transport: Transport,
}

/// The gate's state.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) accounts: Option<Arc<AccountBook>>,
    pub(crate) audit: Option<Arc<AuditLog>>,
    pub(crate) sessions: Sessions,
    pub(crate) cookie: String,
    pub(crate) has_tls: bool,
    is_behind_proxy: bool,
    /// The console is this machine's own, so foreign names that point here are refused.
    is_local: bool,
    of_address: TokenBuckets,
    of_session: TokenBuckets,
    pub(crate) logins_of_address: TokenBuckets,
    pub(crate) logins_of_name: TokenBuckets,
    pub(crate) checks: Semaphore,
    pub(crate) checks_waiting: Semaphore,
}

/// Where a request came from, set by the transport.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) address: IpAddr,
    pub(crate) session: Option<(SessionKey, Session)>,
}

impl Gate {
    /// The gate of an address; what opens connections stays with `access`.
    pub(crate) fn new(access: &mut Access, address: SocketAddr) -> Gate {
        let has_tls = !matches!(access.transport, Transport::Plain);
        let is_behind_proxy = matches!(access.transport, Transport::BehindProxy);
        let buckets = |(size, every)| TokenBuckets::new(size, every);
        // Cookies know no ports: two consoles of one machine would take each other's.
        let name = format!("westline-{}", address.port());
        Gate {
            accounts: access.accounts.take().map(Arc::new),
            audit: access.audit.take(),
            sessions: Sessions::default(),
            cookie: if has_tls { format!("__Host-{name}") } else { name },
            has_tls,
            is_behind_proxy,
            is_local: address.ip().is_loopback() && !is_behind_proxy,
            of_address: buckets(OF_ADDRESS),
            of_session: buckets(OF_SESSION),
            logins_of_address: buckets(LOGINS_OF_ADDRESS),
            logins_of_name: buckets(LOGINS_OF_NAME),
            checks: Semaphore::new(CHECKS_AT_ONCE),
            checks_waiting: Semaphore::new(CHECKS_WAITING_MAX),
        }
    }

    /// The role of whoever asks; none if they have to log in.
    pub(crate) fn role(&self, caller: &Caller) -> Option<Role> {
        match (&self.accounts, &caller.session) {
            // This machine's own user may do everything, as ever.
            (None, _) => Some(Role::Admin),
            (Some(_), session) => session.as_ref().map(|(_, session)| session.role()),
        }
    }

    /// The session of a key, if it still stands.
    pub(crate) fn session(&self, key: &SessionKey) -> Option<Session> {
        let accounts = self.accounts.as_ref()?;
        self.sessions.use_it(key, Instant::now(), |name| accounts.get(name))
    }

    fn caller(&self, headers: &HeaderMap, peer: Option<Peer>) -> Caller {
        let direct = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |Peer(address)| address.ip());
        let address = match self.is_behind_proxy {
            true => forwarded_for(headers).unwrap_or(direct),
            false => direct,
        };
        let key = cookie(headers, &self.cookie).map(key_of);
        let session = key.and_then(|key| Some((key, self.session(&key)?)));
        Caller {
            address: address.to_canonical(),
            session,
        }
    }

    fn count(&self, caller: &Caller) -> Result<(), Refusal> {
        if self.accounts.is_none() {
            return Ok(());
        }
        let now = Instant::now();
        let taken = match &caller.session {
            Some((key, _)) => self.of_session.take(key, now),
            None => self.of_address.take(address_key(caller.address), now),
        };
        taken.map_err(|wait| Refusal::too_often("too many requests", wait))
    }

    /// Writes what is done, before it is done; what cannot be written is not done.
    pub(crate) async fn log(&self, deed: Deed) -> Result<(), Refusal> {
        let Some(audit) = self.audit.clone() else { return Ok(()) };
        let written = tokio::task::spawn_blocking(move || audit.write(deed)).await;
        let unwritten = |reason: String| {
            eprintln!("an action was refused, because it could not be logged: {reason}");
            Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "the action could not be logged, so it was not done",
                "the audit log needs room on its disk: tell whoever keeps the console",
            )
        };
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(unwritten(error.to_string())),
            Err(error) => Err(unwritten(error.to_string())),
        }
    }
}

impl Caller {
    pub(crate) fn deed(&self, gate: &Gate, what: &str, on: &str, outcome: &str) -> Deed {
        let session = self.session.as_ref().map(|(_, session)| session);
        let role = session.map(|session| session.role().word().to_owned());
        let nobody = if gate.accounts.is_none() { "local" } else { "" };
        Deed {
            who: session.map_or_else(|| nobody.to_owned(), |session| session.name.clone()),
            role: role.unwrap_or_default(),
            address: self.address.to_string(),
            what: what.to_owned(),
            on: on.to_owned(),
            asked: String::new(),
            outcome: outcome.to_owned(),
        }
    }
}

/// Refuses foreign names and foreign pages, finds out who asks, and adds what every answer carries.
pub(crate) async fn guard(State(console): State<Arc<Console>>, mut request: Request, next: Next) -> Response {
    let gate = &console.gate;
    let headers = request.headers();
    let peer = request.extensions().get::<Peer>().copied();
    let caller = gate.caller(headers, peer);
    let admitted = if gate.is_local && !is_local_host(headers) {
        Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "this name does not belong to the console",
            "open http://localhost with the console's port",
        ))
    } else if !is_own_origin(headers, gate.has_tls) {
        Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "another page may not ask",
            "use the console's own page; a proxy has to pass the Host header on",
        ))
    } else {
        gate.count(&caller)
    };
    let mut response = match admitted {
        Ok(()) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    };
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_SECURITY_POLICY, console.policy.clone());
    answer.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    answer.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    if gate.has_tls {
        answer.insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
    }
    if gate.accounts.is_some() && !answer.contains_key(header::CACHE_CONTROL) {
        // What somebody was shown is not the next one's at the same machine.
        answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// What the table says of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) action: Action,
    /// What the audit log says was asked.
    pub(crate) logs: Logs,
}

/// Whether a route's body is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logs {
    /// Its body, which is short and without secrets.
    Body,
    /// That it was asked, because bodies are files.
    Path,
    /// What the handler says, because bodies have secrets.
    Itself,
}

/// Lets a request through to a route if whoever asks may; changes are logged before they are made.
pub(crate) async fn permit(
    State((console, rule)): State<(Arc<Console>, Rule)>,
    request: Request,
    next: Next,
) -> Response {
    match check(&console.gate, rule, request, next).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn check(gate: &Gate, rule: Rule, request: Request, next: Next) -> Result<Response, Refusal> {
    let caller = request.extensions().get::<Caller>().cloned();
    let caller = caller.ok_or_else(|| Refusal::told("the request passed no gate"))?;
    let on = request.uri().path().to_owned();
    let deed = |outcome: &str| caller.deed(gate, rule.action.word(), &on, outcome);
    let role = gate.role(&caller);
    if rule.action != Action::Enter {
        let role = role.ok_or_else(|| {
            Refusal::new(
                StatusCode::UNAUTHORIZED,
                "nobody is logged in",
                "POST /api/session with name and password logs in",
            )
        })?;
        if !role.may(rule.action) {
            gate.log(deed("refused: role")).await?;
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                format!("the role `{role}` may not do that"),
                &format!("it is for {}", words(rule.action.roles())),
            ));
        }
    }
    if !is_change(request.method()) {
        return Ok(next.run(request).await);
    }
    if let Some((_, session)) = &caller.session {
        let sent = request.headers().get(TOKEN_HEADER).and_then(|sent| sent.to_str().ok());
        if !sent.is_some_and(|sent| session.has_token(sent)) {
            gate.log(deed("refused: token")).await?;
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "the request does not carry its session's token",
                "send `token` of GET /api/session in the header x-csrf-token",
            ));
        }
    }
    if rule.logs == Logs::Itself {
        return Ok(next.run(request).await);
    }
    let (request, asked) = match rule.logs == Logs::Body && gate.audit.is_some() {
        true => with_body(request).await?,
        false => (request, String::new()),
    };
    let allowed = Deed {
        asked: asked.clone(),
        ..deed("allowed")
    };
    gate.log(allowed).await?;
    let response = next.run(request).await;
    if !response.status().is_success() {
        let failed = Deed {
            asked,
            ..deed(&format!("failed: {}", response.status().as_u16()))
        };
        gate.log(failed).await?;
    }
    Ok(response)
}

fn words(roles: &[Role]) -> String {
    let words: Vec<&str> = roles.iter().map(|role| role.word()).collect();
    words.join(", ")
}

fn is_change(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

/// The request as it was, and its body as text.
async fn with_body(request: Request) -> Result<(Request, String), Refusal> {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, ASKED_BYTES_MAX).await.map_err(|_| {
        Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the body is longer than any order",
            "an order is some dozens of bytes of JSON",
        )
    })?;
    let asked = String::from_utf8_lossy(&bytes).into_owned();
    let asked = if asked == "{}" { String::new() } else { asked };
    Ok((Request::from_parts(parts, Body::from(bytes)), asked))
}

/// The last address of `X-Forwarded-For`: the one that the proxy itself saw; those before it anybody can write.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let mut all = headers.get_all("x-forwarded-for").iter();
    let last = all.next_back()?.to_str().ok()?.rsplit(',').next()?.trim();
    last.parse().ok()
}

/// A cookie of the request (RFC 6265, section 4.2).
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter();
    let pairs = all
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}

fn is_local_host(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("");
    // A tunnel may have another port at its other end: the name counts.
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
        host.strip_prefix(name).is_some_and(|rest| {
            let port = rest.strip_prefix(':');
            rest.is_empty()
                || port.is_some_and(|port| !port.is_empty() && port.bytes().all(|letter| letter.is_ascii_digit()))
        })
    })
}

fn is_own_origin(headers: &HeaderMap, has_tls: bool) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let scheme = if has_tls { "https://" } else { "http://" };
    match (text(header::ORIGIN), text(header::HOST)) {
        // Programs that are no browsers tell none.
        (None, _) => !headers.contains_key(header::ORIGIN),
        (Some(origin), Some(host)) => origin.strip_prefix(scheme) == Some(host),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    header::HeaderName::from_static(name),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn only_the_proxys_own_word_on_who_asks_counts() {
        let told = |value| forwarded_for(&headers(&[("x-forwarded-for", value)])).map(|address| address.to_string());
        assert_eq!(told("198.51.100.7, 192.0.2.1"), Some("192.0.2.1".to_owned()));
        assert_eq!(told("2001:db8::1"), Some("2001:db8::1".to_owned()));
        assert_eq!(told("nobody"), None);
    }

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let headers = headers(&[("cookie", "a=1; westline-80=x; westline-8080=right")]);
        assert_eq!(cookie(&headers, "westline-8080"), Some("right"));
        assert_eq!(cookie(&headers, "line-8080"), None);
    }

    #[test]
    fn an_origin_has_to_be_ours_with_its_scheme() {
        let own =
            |origin, has_tls| is_own_origin(&headers(&[("origin", origin), ("host", "console.example")]), has_tls);
        assert!(own("https://console.example", true) && own("http://console.example", false));
        for (origin, has_tls) in [
            ("http://console.example", true),
            ("https://console.example", false),
            ("https://console.example.evil", true),
            ("null", true),
        ] {
            assert!(!own(origin, has_tls), "{origin}");
        }
    }
}
