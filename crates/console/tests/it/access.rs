//! Who comes in, and what each may do: over real sockets, with real passwords.

use crate::http::{JSON, Running, options, player, run_with, status};
use console::{
    Access, AccountBook, Accounts, AuditLog, Certificate, ConsoleError, Role, Server, Transport, verify_audit,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

const PASSWORD: &str = "four stops and a depot";

/// A folder with an account a role, each named after it.
struct Office {
    folder: TempDir,
}

impl Office {
    fn new() -> Office {
        let office = Office {
            folder: tempfile::tempdir().expect("a folder"),
        };
        let mut accounts = Accounts::default();
        for role in Role::ALL {
            accounts
                .add(role.word(), role, PASSWORD)
                .expect("a name and a password");
        }
        std::fs::write(office.accounts(), accounts.to_toml()).expect("written");
        office
    }

    fn accounts(&self) -> PathBuf {
        self.folder.path().join("accounts.toml")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("audit.jsonl")
    }

    fn access(&self) -> Access {
        Access {
            accounts: Some(AccountBook::open(&self.accounts()).expect("accounts")),
            audit: Some(Arc::new(AuditLog::open(&self.log()).expect("a log"))),
            transport: Transport::Plain,
        }
    }

    fn lines(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.log()).expect("a log");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a line"))
            .collect()
    }
}

/// Somebody who is logged in.
#[derive(Clone)]
struct Visitor {
    cookie: String,
    token: String,
}

impl Visitor {
    fn heads(&self) -> String {
        format!("Cookie: {}\r\nx-csrf-token: {}\r\n", self.cookie, self.token)
    }
}

impl Running {
    fn log_in(&self, name: &str, password: &str) -> Result<Visitor, String> {
        let body = serde_json::json!({ "name": name, "password": password }).to_string();
        let answer = self.post("/api/session", JSON, &body);
        if status(&answer) != 200 {
            return Err(answer);
        }
        let cookie = answer
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: "))
            .expect("a cookie");
        let told = Running::told(&answer);
        Ok(Visitor {
            cookie: cookie.split(';').next().expect("a pair").to_owned(),
            token: told["token"].as_str().expect("a token").to_owned(),
        })
    }

    fn as_visitor(&self, visitor: &Visitor, method: &str, path: &str, body: &str) -> String {
        let (heads, length) = (visitor.heads(), body.len());
        self.ask(&format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{JSON}{heads}Content-Length: {length}\r\n\r\n{body}"
        ))
    }

    /// Method and path of each route that the server describes, with the roles that it names.
    fn described(&self) -> BTreeMap<(String, String), BTreeSet<String>> {
        let document = Running::told(&self.get("/api/openapi.json"));
        let mut found = BTreeMap::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("methods") {
                let roles = operation["x-roles"].as_array().expect("roles");
                let roles = roles.iter().filter_map(|role| role.as_str().map(str::to_owned));
                found.insert((method.to_uppercase(), path.clone()), roles.collect());
            }
        }
        found
    }
}

/// Who may, of each route: viewer, dispatcher, supervisor, engineer, officer, admin. `anybody` needs no login.
const ROUTES: [(&str, &str, &str); 38] = [
    ("GET", "/api/session", "anybody"),
    ("POST", "/api/session", "anybody"),
    ("DELETE", "/api/session", "anybody"),
    ("GET", "/api/openapi.json", "anybody"),
    ("GET", "/api/", "anybody"),
    ("GET", "/api/audit", "..s.oa"),
    ("GET", "/live", "vdseoa"),
    ("GET", "/api/site", "vdseoa"),
    ("GET", "/api/state", "vdseoa"),
    ("GET", "/api/trajectories", "vdseoa"),
    ("GET", "/api/map.glb", "vdseoa"),
    ("POST", "/api/clock", "..se.a"),
    ("POST", "/api/stop", ".dseoa"),
    ("POST", "/api/release", ".ds..a"),
    ("POST", "/api/vehicles/{name}/stop", ".dseoa"),
    ("POST", "/api/vehicles/{name}/release", ".ds..a"),
    ("POST", "/api/vehicles/{name}/break-sensor", "...e.a"),
    ("POST", "/api/vehicles/{name}/mend-sensor", "...e.a"),
    ("POST", "/api/vehicles/{name}/confirm", "..s..a"),
    ("POST", "/api/vehicles/{name}/hold", "..s..a"),
    ("POST", "/api/alarms/{number}/acknowledge", ".ds..a"),
    ("GET", "/api/scenarios", "vdseoa"),
    ("POST", "/api/scenarios/open", "...eoa"),
    ("POST", "/api/scenarios/run", "...eoa"),
    ("GET", "/api/maps/{digest}", "vdseoa"),
    ("GET", "/api/test-base", "vdseoa"),
    ("GET", "/api/test-base/{campaign}", "vdseoa"),
    ("GET", "/api/test-base/{campaign}/points/{scenario}", "vdseoa"),
    ("GET", "/api/test-base/{campaign}/runs/{scenario}/{run}", "vdseoa"),
    ("GET", "/api/test-base/{campaign}/compare/{before}", "vdseoa"),
    ("GET", "/api/test-base/{campaign}/verify", "vdseoa"),
    ("GET", "/api/test-base/{campaign}/report.pdf", "vdseoa"),
    ("GET", "/api/ledger", "vdseoa"),
    ("GET", "/api/ledger/genesis", "vdseoa"),
    ("GET", "/api/ledger/receipts/{digest}", "vdseoa"),
    ("GET", "/api/network/cover", "vdseoa"),
    ("GET", "/api/network/links", "vdseoa"),
    ("POST", "/api/network/decode", "...eoa"),
];

#[test]
fn each_role_may_do_on_each_route_what_the_table_says_and_no_more() {
    let office = Office::new();
    let server = run_with(true, office.access());
    let described = server.described();
    let known: BTreeSet<(String, String)> = ROUTES
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(
        described.keys().cloned().collect::<BTreeSet<_>>(),
        known,
        "a route is served that stands in no table"
    );
    let visitors: Vec<Visitor> = Role::ALL
        .iter()
        .map(|role| server.log_in(role.word(), PASSWORD).expect("an account"))
        .collect();
    for (method, path, who) in ROUTES {
        let place = ["{campaign}", "{scenario}", "{before}", "{digest}"]
            .iter()
            .fold(path.to_owned(), |path, part| path.replace(part, "nothing"))
            .replace("{name}", "bus-1")
            .replace("{number}", "4")
            .replace("{run}", "1");
        let roles = &described[&(method.to_owned(), path.to_owned())];
        if who == "anybody" {
            assert_eq!(roles.len(), Role::ALL.len(), "{path}");
            continue;
        }
        // Without a login, and with a cookie that somebody made up.
        let mut made_up = visitors[0].cookie.clone();
        // Whatever it was drawn to be, it ends in another digit.
        let last = made_up.pop().expect("a cookie is not empty");
        made_up.push(if last == '0' { '1' } else { '0' });
        let unknown = Visitor {
            cookie: made_up,
            token: visitors[0].token.clone(),
        };
        assert_eq!(
            status(&server.as_visitor(&unknown, method, &place, "{}")),
            401,
            "{method} {path}"
        );
        assert_eq!(
            status(&server.ask(&format!(
                "{method} {place} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            ))),
            401,
            "{method} {path}"
        );
        for (index, role) in Role::ALL.into_iter().enumerate() {
            let may = who.as_bytes()[index] != b'.';
            assert_eq!(
                roles.contains(role.word()),
                may,
                "{method} {path} is described for {role}"
            );
            let answer = server.as_visitor(&visitors[index], method, &place, "{}");
            let is_refused = status(&answer) == 403;
            assert_eq!(is_refused, !may, "{method} {path} as {role}: {answer}");
            assert_ne!(status(&answer), 401, "{method} {path} as {role}");
            // The right role without the page's token changes nothing.
            if may && method != "GET" {
                let heads = format!("{JSON}Cookie: {}\r\n", visitors[index].cookie);
                assert_eq!(
                    status(&server.post(&place, &heads, "{}")),
                    403,
                    "{method} {path} as {role}, no token"
                );
                let other = format!("{heads}x-csrf-token: {}\r\n", visitors[(index + 1) % 6].token);
                assert_eq!(
                    status(&server.post(&place, &other, "{}")),
                    403,
                    "{method} {path} as {role}, another's token"
                );
            }
        }
    }
    for path in ["/api/nothing", "/api/vehicles/bus-1/fly", "/api/accounts"] {
        assert_eq!(
            status(&server.as_visitor(&visitors[5], "GET", path, "{}")),
            404,
            "{path}"
        );
    }
    drop(server);
    verify_audit(&office.log(), None).expect("all of it is in a chain that holds");
}

#[test]
fn an_address_that_others_reach_is_refused_without_accounts_and_tls_with_the_way_out() {
    let office = Office::new();
    for address in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
        let refused = Server::bind(options(address, Access::default()), player(true)).err();
        let Some(error @ ConsoleError::NoAccounts(_)) = refused else {
            panic!("{address}: {refused:?}")
        };
        assert!(error.to_string().contains("hint: westline account add"), "{error}");
        let refused = Server::bind(options(address, office.access()), player(true)).err();
        let Some(error @ ConsoleError::NoTls(_)) = refused else {
            panic!("{address}: {refused:?}")
        };
        assert!(error.to_string().contains("--certificate"), "{error}");
    }
    let behind = Access {
        transport: Transport::BehindProxy,
        ..Access::default()
    };
    let refused = Server::bind(options("127.0.0.1:0", behind), player(true)).err();
    assert!(
        matches!(refused, Some(ConsoleError::NoAccounts(_))),
        "a proxy lets others in"
    );
}

#[test]
fn a_login_sets_a_cookie_that_scripts_cannot_read_and_logging_out_ends_it() {
    let office = Office::new();
    let server = run_with(true, office.access());
    let body = serde_json::json!({ "name": "dispatcher", "password": PASSWORD }).to_string();
    let answer = server.post("/api/session", JSON, &body);
    let cookie = answer
        .lines()
        .find(|line| line.starts_with("set-cookie:"))
        .expect("a cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(
        !cookie.contains("Secure"),
        "no TLS, and browsers would not send it: {cookie}"
    );
    assert!(answer.contains("cache-control: no-store"), "{answer}");
    let visitor = server.log_in("dispatcher", PASSWORD).expect("an account");
    assert_eq!(status(&server.as_visitor(&visitor, "POST", "/api/stop", "{}")), 202);
    let told = Running::told(&server.as_visitor(&visitor, "GET", "/api/session", ""));
    assert_eq!(
        (&told["name"], &told["role"]),
        (&"dispatcher".into(), &"dispatcher".into())
    );
    assert_eq!(status(&server.as_visitor(&visitor, "DELETE", "/api/session", "")), 204);
    assert_eq!(status(&server.as_visitor(&visitor, "GET", "/api/state", "")), 401);
    let told = Running::told(&server.as_visitor(&visitor, "GET", "/api/session", ""));
    assert_eq!(
        (&told["name"], &told["token"]),
        (&serde_json::Value::Null, &serde_json::Value::Null)
    );
}

#[test]
fn unknown_names_and_wrong_passwords_are_answered_alike_and_then_told_to_wait() {
    let office = Office::new();
    let server = run_with(true, office.access());
    let refused = |name: &str, password: &str| server.log_in(name, password).err().expect("no account");
    let wrong = refused("dispatcher", "five stops and no depot");
    let unknown = refused("nobody", PASSWORD);
    assert_eq!(status(&wrong), 401);
    let without_date = |answer: &str| {
        answer
            .lines()
            .filter(|line| !line.starts_with("date:"))
            .collect::<String>()
    };
    assert_eq!(
        without_date(&wrong),
        without_date(&unknown),
        "nothing tells which names there are"
    );
    for _ in 0..11 {
        refused("nobody", PASSWORD);
    }
    let last = refused("nobody", PASSWORD);
    assert_eq!(status(&last), 429, "{last}");
    let wait = last
        .lines()
        .find_map(|line| line.strip_prefix("retry-after: "))
        .expect("how long");
    assert!((1..=60).contains(&wait.parse::<u64>().expect("seconds")), "{wait}");
    assert_eq!(status(&server.get("/api/session")), 200, "others are served as ever");
    let lines = office.lines();
    assert!(
        lines
            .iter()
            .any(|line| line["who"] == "dispatcher" && line["outcome"] == "refused: name or password")
    );
    assert!(
        !lines.iter().any(|line| line.to_string().contains("nobody")),
        "what was typed there may be a password"
    );
}

#[test]
fn who_asks_all_the_time_is_told_to_wait() {
    let office = Office::new();
    let server = run_with(true, office.access());
    let visitor = server.log_in("viewer", PASSWORD).expect("an account");
    // All at once on one connection, so that it does not depend on the machine's speed.
    let one = |last: &str| {
        format!(
            "GET /api/session HTTP/1.1\r\nHost: localhost\r\n{}{last}\r\n",
            visitor.heads()
        )
    };
    let answers = server.ask(&(one("").repeat(600) + &one("Connection: close\r\n")));
    assert!(answers.starts_with("HTTP/1.1 200"));
    let slowed = answers
        .split("HTTP/1.1 ")
        .find(|answer| answer.starts_with("429 "))
        .expect("there is an end to it");
    assert!(slowed.contains("retry-after: "), "{slowed}");
    let other = server.log_in("dispatcher", PASSWORD).expect("an account");
    assert_eq!(
        status(&server.as_visitor(&other, "GET", "/api/state", "")),
        200,
        "others are not held up"
    );
}

#[test]
fn what_is_done_is_written_before_it_is_done_with_who_and_what() {
    let office = Office::new();
    let server = run_with(true, office.access());
    let dispatcher = server.log_in("dispatcher", PASSWORD).expect("an account");
    let viewer = server.log_in("viewer", PASSWORD).expect("an account");
    server.as_visitor(&dispatcher, "POST", "/api/vehicles/bus-1/stop", "{}");
    server.as_visitor(&viewer, "POST", "/api/vehicles/bus-1/stop", "{}");
    server.as_visitor(&dispatcher, "POST", "/api/vehicles/bus-9/stop", "{}");
    let supervisor = server.log_in("supervisor", PASSWORD).expect("an account");
    server.as_visitor(&supervisor, "POST", "/api/clock", r#"{"speed":5}"#);
    let told = Running::told(&server.as_visitor(&supervisor, "GET", "/api/audit?last=3", ""));
    drop(server);
    let lines = office.lines();
    let short = |line: &serde_json::Value| {
        let part = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        [part("who"), part("what"), part("on"), part("asked"), part("outcome")].join(" | ")
    };
    let all: Vec<String> = lines.iter().map(short).collect();
    assert_eq!(
        all,
        [
            "dispatcher | log_in | /api/session |  | allowed",
            "viewer | log_in | /api/session |  | allowed",
            "dispatcher | stop_vehicles | /api/vehicles/bus-1/stop |  | allowed",
            "viewer | stop_vehicles | /api/vehicles/bus-1/stop |  | refused: role",
            "dispatcher | stop_vehicles | /api/vehicles/bus-9/stop |  | allowed",
            "dispatcher | stop_vehicles | /api/vehicles/bus-9/stop |  | failed: 404",
            "supervisor | log_in | /api/session |  | allowed",
            r#"supervisor | set_clock | /api/clock | {"speed":5} | allowed"#,
        ]
    );
    assert!(lines.iter().all(|line| line["address"] == "127.0.0.1"));
    assert_eq!(told.as_array().map(Vec::len), Some(3));
    assert_eq!(told[0], lines[7], "the newest first");
}

#[test]
fn behind_a_proxy_its_word_on_who_asks_counts_and_cookies_want_tls() {
    let office = Office::new();
    let access = Access {
        transport: Transport::BehindProxy,
        ..office.access()
    };
    let server = run_with(true, access);
    let body = serde_json::json!({ "name": "viewer", "password": PASSWORD }).to_string();
    let ask = |origin: &str| {
        let length = body.len();
        server.ask(&format!(
            "POST /api/session HTTP/1.1\r\nHost: console.example\r\nOrigin: {origin}\r\nConnection: close\r\n{JSON}X-Forwarded-For: 203.0.113.9, 198.51.100.7\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
    };
    assert_eq!(status(&ask("http://console.example")), 403, "its pages come by TLS");
    let answer = ask("https://console.example");
    let cookie = answer
        .lines()
        .find(|line| line.starts_with("set-cookie:"))
        .expect("a cookie");
    assert!(cookie.contains("__Host-") && cookie.contains("; Secure"), "{cookie}");
    assert!(answer.contains("strict-transport-security:"), "{answer}");
    assert_eq!(office.lines()[0]["address"], "198.51.100.7");
}

#[test]
fn by_tls_the_console_answers_with_the_users_certificate() {
    let office = Office::new();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let (certificate, key) = (
        office.folder.path().join("cert.pem"),
        office.folder.path().join("key.pem"),
    );
    std::fs::write(&certificate, made.cert.pem()).expect("written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    assert!(Certificate::open(&key, &key).is_err(), "a key is no certificate");
    assert!(
        Certificate::open(&certificate, &certificate).is_err(),
        "a certificate is no key"
    );
    let access = Access {
        transport: Transport::Tls(Certificate::open(&certificate, &key).expect("they fit")),
        ..office.access()
    };
    let server = run_with(true, access);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut trusted = rustls::RootCertStore::empty();
    trusted.add(made.cert.der().clone()).expect("a root");
    let configuration = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(trusted)
        .with_no_client_auth();
    let name = "localhost".try_into().expect("a name");
    let mut client = rustls::ClientConnection::new(Arc::new(configuration), name).expect("a client");
    let mut socket = std::net::TcpStream::connect(server.address).expect("a socket");
    let mut stream = rustls::Stream::new(&mut client, &mut socket);
    stream
        .write_all(b"GET /api/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .expect("sent");
    let mut answer = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut answer).expect("answered");
    let answer = String::from_utf8_lossy(&answer);
    assert_eq!(status(&answer), 200, "{answer}");
    assert!(answer.contains("strict-transport-security:"), "{answer}");
    // Whoever speaks plainly there gets nothing.
    let mut plain = std::net::TcpStream::connect(server.address).expect("a socket");
    plain
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .expect("sent");
    let mut said = Vec::new();
    let _ = std::io::Read::read_to_end(&mut plain, &mut said);
    assert!(!String::from_utf8_lossy(&said).contains("HTTP/1.1"));
}

#[test]
fn live_data_needs_a_session_and_a_page_of_the_console() {
    let office = Office::new();
    let server = run_with(true, office.access());
    let viewer = server.log_in("viewer", PASSWORD).expect("an account");
    let open = |heads: &str| {
        let request = format!(
            "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{heads}\r\n"
        );
        let mut stream = std::net::TcpStream::connect(server.address).expect("a socket");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut head = [0; 12];
        std::io::Read::read_exact(&mut stream, &mut head).expect("answered");
        status(&String::from_utf8_lossy(&head))
    };
    let cookie = format!("Cookie: {}\r\n", viewer.cookie);
    assert_eq!(open(""), 401);
    assert_eq!(open(&format!("{cookie}Origin: http://elsewhere.example\r\n")), 403);
    assert_eq!(open(&format!("{cookie}Origin: http://localhost\r\n")), 101);
}
