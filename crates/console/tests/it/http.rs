//! The interface over real sockets, with a stage of its own behind it.

use console::{
    Access, LedgerRoom, NetworkRoom, Player, Rooms, ScenarioShelf, Server, ServerOptions, ShelvedScenario, Stage,
    StageEvent, TestBase, VehicleMode, VehicleRow,
};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;
use world::Frame;

/// An hour with one vehicle, which goes wrong at its second step.
struct Hour {
    clock_s: f64,
    is_stopped: bool,
    events: Vec<StageEvent>,
    is_live: bool,
}

impl Stage for Hour {
    fn is_live(&self) -> bool {
        self.is_live
    }
    fn span_s(&self) -> (f64, f64) {
        (3600.0, 7200.0)
    }
    fn clock_s(&self) -> f64 {
        self.clock_s
    }
    fn step(&mut self) -> Result<bool, String> {
        self.clock_s += 0.1;
        if (3600.15..3600.25).contains(&self.clock_s) {
            self.events.push(StageEvent {
                number: 4,
                clock_s: self.clock_s,
                kind: "collided",
                vehicle: "bus-1".to_owned(),
                trip: String::new(),
                stop: String::new(),
                detail: String::new(),
            });
        }
        Ok(self.clock_s < 7200.0)
    }
    fn seek(&mut self, clock_s: f64) -> Result<(), String> {
        self.clock_s = clock_s;
        Ok(())
    }
    fn write_frame(&mut self, frame: &mut Frame) {
        *frame = Frame::default();
    }
    fn vehicles(&self) -> Vec<VehicleRow> {
        vec![VehicleRow {
            name: "bus-1".to_owned(),
            actor: Some(1),
            mode: if self.is_stopped {
                VehicleMode::Stopped
            } else {
                VehicleMode::Automated
            },
            phase: "driving",
            reason: "cruise".to_owned(),
            trip: None,
            stop: None,
            delay_s: None,
            passengers: 0,
            charge: 0.5,
            speed_mps: 0.0,
            acceleration_mps2: 0.0,
            lateral_acceleration_mps2: 0.0,
            steering_rad: 0.0,
            speed_mps_target: None,
            gap_m: None,
            time_to_collision_s: None,
            odometer_m: 0.0,
            distance_m: None,
            is_ordered_to_stop: self.is_stopped,
            link: None,
            decision: None,
            asked: None,
        }]
    }
    fn take_events(&mut self) -> Vec<StageEvent> {
        std::mem::take(&mut self.events)
    }
    fn waiting(&self) -> Vec<u32> {
        Vec::new()
    }
    fn trips_done(&self) -> (usize, usize) {
        (0, 1)
    }
    fn trajectories(&self) -> Vec<(String, Vec<(f64, f64)>)> {
        vec![("T1".to_owned(), vec![(3600.0, 0.0)])]
    }
    fn order_stop(&mut self, _vehicle: usize, shall_stop: bool) -> bool {
        self.is_stopped = shall_stop;
        true
    }
    fn answer(&mut self, _vehicle: usize, _is_confirmed: bool) -> bool {
        false
    }
    fn break_sensor(&mut self, _vehicle: usize, _is_broken: bool) -> bool {
        true
    }
}

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    end: Option<Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub(crate) fn options(address: &str, access: Access) -> ServerOptions {
    ServerOptions {
        address: address.parse().expect("a local socket, thread and address work"),
        site: serde_json::json!({ "name": "a site", "map": "m" }),
        map: Box::new(|| Ok(b"glTF".to_vec())),
        rooms: rooms(),
        access,
    }
}

/// The cut-in of the suites; no campaigns, no ledger, a network that cannot be read.
fn rooms() -> Rooms {
    let own = proving::shelf::files([]);
    let library = std::sync::Arc::new(scenario::Library::with_files(own.clone()));
    let cut_in = ShelvedScenario {
        id: "r157/cut-in".to_owned(),
        title: "Cut-in".to_owned(),
        group: "r157".to_owned(),
        file: "built-in/suites/r157/cut_in.xosc".into(),
        parameters: Vec::new(),
    };
    Rooms {
        scenarios: ScenarioShelf::new(library, own, vec![cut_in]),
        test_base: TestBase {
            folder: "no such folder".into(),
            make: Box::new(|_, _, _| Err("nothing to make".to_owned())),
        },
        ledger: LedgerRoom::new("no such folder".into()),
        network: NetworkRoom::new(Box::new(|| {
            Err("network.toml:3: a mast without a place\nhint: x_m, y_m".to_owned())
        })),
    }
}

pub(crate) fn player(is_live: bool) -> Player {
    let stage = Hour {
        clock_s: 3600.0,
        is_stopped: false,
        events: Vec::new(),
        is_live,
    };
    Player::start(Box::new(stage), 1.0, false).expect("a local socket, thread and address work")
}

fn run(is_live: bool) -> Running {
    run_with(is_live, Access::default())
}

pub(crate) fn run_with(is_live: bool, access: Access) -> Running {
    let options = options("127.0.0.1:0", access);
    let server = Server::bind(options, player(is_live)).expect("a local socket, thread and address work");
    let (end, ended) = channel();
    Running {
        address: server.address(),
        end: Some(end),
        thread: Some(std::thread::spawn(move || {
            server.run(ended).expect("a local socket, thread and address work");
        })),
    }
}

impl Running {
    /// Sends a request as it is written; gives the whole answer.
    pub(crate) fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).expect("a local socket, thread and address work");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a local socket, thread and address work");
        stream
            .write_all(request.as_bytes())
            .expect("a local socket, thread and address work");
        let mut answer = Vec::new();
        stream
            .read_to_end(&mut answer)
            .expect("a local socket, thread and address work");
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub(crate) fn get(&self, path: &str) -> String {
        self.ask(&format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        ))
    }

    pub(crate) fn post(&self, path: &str, heads: &str, body: &str) -> String {
        let length = body.len();
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{heads}Content-Length: {length}\r\n\r\n{body}"
        ))
    }

    /// Asks for the state until it is as wanted.
    pub(crate) fn wait_for(&self, wanted: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        let mut last = serde_json::Value::Null;
        for _ in 0..200 {
            let answer = self.get("/api/state");
            let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            last = serde_json::from_str(body).unwrap_or_default();
            if wanted(&last) {
                return last;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it did not come to that: {last}");
    }
}

pub(crate) const JSON: &str = "Content-Type: application/json\r\n";

pub(crate) fn status(answer: &str) -> u16 {
    answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0)
}

#[test]
fn orders_do_what_they_say_and_alarms_are_acknowledged() {
    let server = run(true);
    assert_eq!(status(&server.post("/api/vehicles/bus-1/stop", JSON, "{}")), 202);
    server.wait_for(|state| state["vehicles"][0]["mode"] == "stopped");
    assert_eq!(status(&server.post("/api/release", JSON, "{}")), 202);
    server.wait_for(|state| state["vehicles"][0]["mode"] == "automated");
    let state = server.wait_for(|state| state["alarms"][0]["kind"] == "collided");
    assert_eq!(state["alarms"][0]["severity"], "critical");
    assert_eq!(status(&server.post("/api/alarms/4/acknowledge", JSON, "{}")), 202);
    server.wait_for(|state| state["alarms"][0]["is_acknowledged"] == true);
    assert_eq!(
        status(&server.post("/api/clock", JSON, r#"{"is_paused":true,"speed":5}"#)),
        202
    );
    let state = server.wait_for(|state| state["is_paused"] == true && state["speed"] == 5.0);
    let clock_s = state["clock_s"].as_f64().unwrap();
    assert_eq!(status(&server.post("/api/clock", JSON, r#"{"step":true}"#)), 202);
    server.wait_for(|state| {
        state["clock_s"]
            .as_f64()
            .is_some_and(|now_s| (now_s - clock_s - 0.1).abs() < 1e-6)
    });
}

#[test]
fn whoever_is_not_the_consoles_own_page_gives_no_orders() {
    let server = run(true);
    let stop = |heads: &str| status(&server.post("/api/stop", heads, "{}"));
    assert_eq!(stop(&format!("{JSON}Origin: http://elsewhere.example\r\n")), 403);
    assert_eq!(stop("Content-Type: text/plain\r\n"), 415);
    assert_eq!(stop(&format!("{JSON}Origin: http://localhost\r\n")), 202);
    let foreign = "GET /api/state HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&server.ask(foreign)), 403);
    for host in ["localhost.example", "localhost:80x", "127.0.0.1.example"] {
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert_eq!(status(&server.ask(&request)), 403, "{host}");
    }
}

#[test]
fn nonsense_is_refused_by_its_name() {
    let server = run(true);
    for (path, body, expected) in [
        ("/api/clock", r#"{"clock_s":4000}"#, 409),
        ("/api/clock", r#"{"speed":0}"#, 422),
        ("/api/clock", r#"{"spede":1}"#, 422),
        ("/api/clock", "{", 400),
        ("/api/clock", "[true,2,null,null]", 422),
        ("/api/stop", "[]", 422),
        ("/api/vehicles/bus-9/stop", "{}", 404),
        ("/api/vehicles/bus-1/fly", "{}", 404),
        ("/api/alarms/x/acknowledge", "{}", 400),
        ("/nothing", "{}", 405),
    ] {
        assert_eq!(status(&server.post(path, JSON, body)), expected, "{path} {body}");
    }
    assert_eq!(status(&server.post("/api/stop", JSON, &"x".repeat(10_000))), 413);
}

#[test]
fn a_replay_is_wound_and_takes_no_orders() {
    let server = run(false);
    assert_eq!(status(&server.post("/api/stop", JSON, "{}")), 409);
    assert_eq!(status(&server.post("/api/clock", JSON, r#"{"clock_s":5000}"#)), 202);
    server.wait_for(|state| state["clock_s"].as_f64().is_some_and(|clock_s| clock_s >= 5000.0));
}

#[test]
fn every_answer_carries_a_strict_policy_and_pages_come_compressed() {
    let server = run(true);
    for path in ["/", "/api/site", "/api/map.glb", "/api/trajectories", "/nothing"] {
        let answer = server.get(path);
        let policy = answer.lines().find(|line| line.starts_with("content-security-policy:"));
        assert!(
            policy.is_some_and(|policy| policy.contains("default-src 'none'") && !policy.contains("unsafe")),
            "{path}"
        );
    }
    assert!(server.get("/api/map.glb").ends_with("glTF"));
    assert!(server.get("/api/trajectories").contains(r#"[["T1",[[3600.0,0.0]]]]"#));
    let page = server.get("/");
    assert!(page.contains("<!doctype html>"));
}

impl Running {
    /// What is answered, as JSON.
    pub(crate) fn told(answer: &str) -> serde_json::Value {
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(body).unwrap_or_default()
    }
}

#[test]
fn a_scenario_of_the_shelf_is_played_with_its_storyboard_curves_and_map() {
    let server = run(true);
    let listed = Running::told(&server.get("/api/scenarios"));
    assert_eq!(listed["scenarios"][0]["id"], "r157/cut-in");
    let asked = r#"{"id":"r157/cut-in","driver":"reference:cc","duration_s":12}"#;
    let played = server.post("/api/scenarios/run", JSON, asked);
    assert_eq!(status(&played), 200, "{played}");
    let played = Running::told(&played);
    let moments = played["times_s"].as_array().expect("moments").len();
    assert!(moments > 50, "{moments} moments");
    for actor in played["actors"].as_array().expect("actors") {
        assert_eq!(
            actor["x_m"].as_array().map(Vec::len),
            Some(moments),
            "{}",
            actor["name"]
        );
    }
    let rows = played["storyboard"].as_array().expect("a storyboard");
    assert!(rows.iter().any(|row| !row["spans_s"][0].is_null()), "something ran");
    assert!(played["curves"].as_array().is_some_and(|curves| !curves.is_empty()));
    let map = played["map"].as_str().expect("a map");
    assert!(server.get(&format!("/api/maps/{map}")).contains("model/gltf-binary"));
    assert_eq!(status(&server.get("/api/maps/another")), 404);
}

#[test]
fn what_a_room_cannot_do_is_refused_by_its_name() {
    let server = run(true);
    for (path, body, expected) in [
        ("/api/scenarios/run", r#"{"id":"r157/nothing","driver":"ideal"}"#, 404),
        ("/api/scenarios/run", r#"{"id":"r157/cut-in","driver":"nobody"}"#, 422),
        (
            "/api/scenarios/run",
            r#"{"id":"r157/cut-in","driver":"ideal","step_s":0}"#,
            422,
        ),
        (
            "/api/scenarios/run",
            r#"{"id":"r157/cut-in","driver":"ideal","duration_s":1e9}"#,
            422,
        ),
        (
            "/api/scenarios/run",
            r#"{"id":"r157/cut-in","driver":"ideal","parameters":{"Nothing":"1"}}"#,
            422,
        ),
        ("/api/scenarios/open", r#"{"files":[]}"#, 422),
        (
            "/api/scenarios/open",
            r#"{"files":[{"name":"a.xosc","text":"<no"}]}"#,
            422,
        ),
        ("/api/network/decode", "no capture", 422),
    ] {
        let answer = server.post(path, JSON, body);
        assert_eq!(status(&answer), expected, "{path} {body}: {answer}");
        assert!(answer.contains("\"hint\""), "{answer}");
    }
    for (path, expected) in [
        ("/api/test-base/nothing", 404),
        ("/api/test-base/..", 404),
        ("/api/test-base/%2E%2E%2Fsecret/verify", 404),
        ("/api/ledger", 404),
        ("/api/network/cover", 422),
        ("/api/network/links?at=a,b", 422),
        ("/api/network/links", 400),
    ] {
        assert_eq!(status(&server.get(path)), expected, "{path}");
    }
}

#[test]
fn a_scenario_of_a_page_never_reads_the_disk() {
    let server = run(true);
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("secret.xodr");
    std::fs::write(&secret, "<OpenDRIVE/>").expect("written");
    let built_in = proving::shelf::files([]);
    let text =
        String::from_utf8_lossy(&built_in[std::path::Path::new("built-in/suites/r157/cut_in.xosc")]).into_owned();
    let open = |path: &str| {
        let text = text.replace("../maps/highway.xodr", path);
        assert!(text.contains(path), "the scenario names its map");
        let files = serde_json::json!({ "files": [{ "name": "mine.xosc", "text": text }] });
        server.post("/api/scenarios/open", JSON, &files.to_string())
    };
    let own = open("../suites/maps/highway.xodr");
    assert_eq!(status(&own), 200, "{own}");
    let refused = open(&secret.display().to_string());
    assert_eq!(status(&refused), 422);
    assert!(refused.contains("cannot be read"), "{refused}");
}
