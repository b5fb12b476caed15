//! `westline scenario`: drivers in processes of their own, traces, and recorded traffic made into scenarios.

use prost::Message;
use record::schema::osi3::{
    BaseMoving, Identifier, MovingObject, Orientation3d, SensorView, SensorViewConfiguration, Timestamp, TrafficUpdate,
    Vector3d,
};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Output};
use std::thread::JoinHandle;
use std::time::Duration;

fn object(name: &str, x_m: f64, speed_mps: f64) -> [String; 2] {
    let entity = format!(
        r#"<ScenarioObject name="{name}"><Vehicle name="car" vehicleCategory="car"><BoundingBox><Center x="1.4" y="0" z="0.7"/>
        <Dimensions width="2" length="5" height="1.4"/></BoundingBox><Performance maxSpeed="70" maxAcceleration="10" maxDeceleration="10"/>
        <Axles><FrontAxle maxSteering="0.5" wheelDiameter="0.6" trackWidth="1.6" positionX="2.7" positionZ="0.3"/>
        <RearAxle maxSteering="0" wheelDiameter="0.6" trackWidth="1.6" positionX="0" positionZ="0.3"/></Axles><Properties/></Vehicle></ScenarioObject>"#
    );
    let init = format!(
        r#"<Private entityRef="{name}"><PrivateAction><TeleportAction><Position><WorldPosition x="{x_m}" y="-1.75" h="0"/></Position>
        </TeleportAction></PrivateAction><PrivateAction><LongitudinalAction><SpeedAction><SpeedActionDynamics dynamicsShape="step"
        dynamicsDimension="time" value="0"/><SpeedActionTarget><AbsoluteTargetSpeed value="{speed_mps}"/></SpeedActionTarget></SpeedAction>
        </LongitudinalAction></PrivateAction></Private>"#
    );
    [entity, init]
}

/// Two cars, one behind the other, for two seconds, on no road.
fn scenario() -> String {
    let [ego, lead] = [object("Ego", 0.0, 10.0), object("Lead", 40.0, 12.0)];
    format!(
        r#"<OpenSCENARIO><FileHeader revMajor="1" revMinor="2" date="2026-01-01T00:00:00" author="" description=""/><CatalogLocations/>
        <RoadNetwork/><Entities>{}{}</Entities><Storyboard><Init><Actions>{}{}</Actions></Init><StopTrigger><ConditionGroup>
        <Condition name="end" delay="0" conditionEdge="none"><ByValueCondition><SimulationTimeCondition value="2" rule="greaterOrEqual"/>
        </ByValueCondition></Condition></ConditionGroup></StopTrigger></Storyboard></OpenSCENARIO>"#,
        ego[0], lead[0], ego[1], lead[1]
    )
}

fn westline(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_westline"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn receive(stream: &mut UnixStream) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
    stream.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

/// A driver that goes straight ahead, at 1 m/s more each second, and takes so long to think.
fn driver(socket: &Path, thinks: Duration) -> JoinHandle<u64> {
    let listener = UnixListener::bind(socket).expect("a socket");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a caller");
        let first = receive(&mut stream).expect("a configuration");
        let cycle = SensorViewConfiguration::decode(first.as_slice())
            .expect("OSI")
            .update_cycle_time;
        let step_nanos = i64::from(cycle.and_then(|cycle| cycle.nanos).expect("a step"));
        let step_s = step_nanos as f64 * 1e-9;
        let mut answered = 0;
        while let Some(bytes) = receive(&mut stream) {
            let view = SensorView::decode(bytes.as_slice()).expect("OSI");
            let truth = view.global_ground_truth.expect("everybody");
            assert_eq!(truth.moving_object.len(), 2);
            let own = truth
                .moving_object
                .iter()
                .find(|object| object.id == view.host_vehicle_id)
                .expect("the ego");
            let base = own.base.as_ref().expect("a base");
            let speed_mps = base.velocity.and_then(|velocity| velocity.x).expect("a speed") + step_s;
            let at = base.position.expect("a place");
            let time = view.timestamp.expect("a time");
            let nanos = time.seconds() * 1_000_000_000 + i64::from(time.nanos()) + step_nanos;
            let update = TrafficUpdate {
                timestamp: Some(Timestamp {
                    seconds: Some(nanos / 1_000_000_000),
                    nanos: Some((nanos % 1_000_000_000) as u32),
                }),
                update: vec![MovingObject {
                    id: Some(Identifier {
                        value: own.id.and_then(|id| id.value),
                    }),
                    base: Some(BaseMoving {
                        position: Some(Vector3d {
                            x: at.x.map(|x_m| x_m + speed_mps * step_s),
                            ..at
                        }),
                        orientation: Some(Orientation3d {
                            yaw: Some(0.0),
                            ..Orientation3d::default()
                        }),
                        velocity: Some(Vector3d {
                            x: Some(speed_mps),
                            y: Some(0.0),
                            z: Some(0.0),
                        }),
                        ..BaseMoving::default()
                    }),
                    ..MovingObject::default()
                }],
                ..TrafficUpdate::default()
            };
            std::thread::sleep(thinks);
            let body = update.encode_to_vec();
            let mut bytes = (body.len() as u32).to_le_bytes().to_vec();
            bytes.extend(body);
            if stream.write_all(&bytes).is_err() {
                break;
            }
            answered += 1;
        }
        answered
    })
}

#[test]
fn a_foreign_driver_drives_the_ego_in_lockstep() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("two.xosc"), scenario()).expect("a file");
    let driver = driver(&folder.path().join("driver.sock"), Duration::ZERO);
    let output = westline(
        folder.path(),
        &[
            "scenario",
            "run",
            "two.xosc",
            "--driver",
            "unix:driver.sock",
            "--csv",
            "run.csv",
        ],
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    assert!(told.contains("asked 200 times and missed 0 deadlines"), "{told}");
    assert_eq!(driver.join().expect("no panic"), 200);
    let csv = std::fs::read_to_string(folder.path().join("run.csv")).expect("a table");
    let last = csv.lines().rev().find(|line| line.contains("Ego")).expect("the ego");
    let values: Vec<f64> = last.split(',').filter_map(|value| value.parse().ok()).collect();
    // From 10 m/s at 1 m/s² for 2 s, at 100 Hz: 22 m and half a step's gain of speed on each step.
    assert!(
        (values[1] - 22.01).abs() < 0.001 && (values[5] - 12.0).abs() < 1e-6,
        "{last}"
    );
}

#[test]
fn deadlines_that_are_missed_in_real_time_are_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("two.xosc"), scenario()).expect("a file");
    let driver = driver(&folder.path().join("driver.sock"), Duration::from_millis(120));
    let arguments = [
        "scenario",
        "run",
        "two.xosc",
        "--driver",
        "unix:driver.sock",
        "--real-time",
        "--step",
        "0.1",
    ];
    let output = westline(folder.path(), &[&arguments[..], &["--json", "run.json"]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    drop(driver);
    let json = std::fs::read_to_string(folder.path().join("run.json")).expect("JSON");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let missed = json["deadlines"]["missed"].as_u64().expect("a count");
    assert!(missed >= 10, "{json:#}");
}

#[test]
fn a_driver_that_is_not_there_or_says_nothing_sound_is_one_clear_error() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("two.xosc"), scenario()).expect("a file");
    let run = || {
        westline(
            folder.path(),
            &["scenario", "run", "two.xosc", "--driver", "unix:driver.sock"],
        )
    };
    let output = run();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("driver.sock: no driver answers"),
        "{}",
        text(&output.stderr)
    );
    let listener = UnixListener::bind(folder.path().join("driver.sock")).expect("a socket");
    let babbler = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a caller");
        stream.write_all(&[0xff; 64]).expect("sent");
        std::thread::sleep(Duration::from_secs(1));
    });
    let output = run();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("a message of 4294967295 bytes"),
        "{}",
        text(&output.stderr)
    );
    babbler.join().expect("no panic");
}

#[test]
fn a_recorded_stretch_is_played_again_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    std::fs::write(path.join("two.xosc"), scenario()).expect("a file");
    let ok = |arguments: &[&str]| {
        let output = westline(path, arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    ok(&[
        "scenario",
        "run",
        "two.xosc",
        "--osi",
        "run.osi",
        "--record",
        "run.mcap",
        "--preview",
        "run.svg",
    ]);
    let preview = std::fs::read_to_string(path.join("run.svg")).expect("a picture");
    roxmltree::Document::parse(&preview).expect("sound XML");
    for recording in ["run.osi", "run.mcap"] {
        ok(&["scenario", "from", recording, "--from", "0.5", "-o", "stretch.xosc"]);
        ok(&["scenario", "run", "stretch.xosc", "--csv", "stretch.csv"]);
        let csv = std::fs::read_to_string(path.join("stretch.csv")).expect("a table");
        let row = csv
            .lines()
            .find(|line| line.starts_with("1.000,Actor1"))
            .expect("the other one");
        let values: Vec<f64> = row.split(',').filter_map(|value| value.parse().ok()).collect();
        // At 1.5 s of the recording, the middle of its box 1.4 m ahead of its reference point.
        assert!(
            (values[1] - (40.0 + 12.0 * 1.5 + 1.4)).abs() < 0.01,
            "{recording}: {row}"
        );
        assert!((values[5] - 12.0).abs() < 0.05, "{recording}: {row}");
        let row = csv.lines().find(|line| line.starts_with("0.000,Ego")).expect("the ego");
        assert!(
            row.contains(",10.0000") || row.contains(",9.9999"),
            "{recording}: {row}"
        );
    }
    let output = westline(
        path,
        &["scenario", "from", "run.osi", "--from", "5", "-o", "never.xosc"],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("nobody is seen in that stretch"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_damaged_trace_is_an_error_or_a_scenario() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    std::fs::write(path.join("two.xosc"), scenario()).expect("a file");
    let output = westline(
        path,
        &["scenario", "run", "two.xosc", "--step", "0.1", "--osi", "run.osi"],
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let whole = std::fs::read(path.join("run.osi")).expect("a trace");
    for number in 0..60 {
        let mut bytes = whole.clone();
        let at = number * 97 % bytes.len();
        match number % 3 {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 0xff,
            _ => bytes[at..].fill(0),
        }
        std::fs::write(path.join("damaged.osi"), bytes).expect("a file");
        let output = westline(path, &["scenario", "from", "damaged.osi", "-o", "out.xosc"]);
        let told = text(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 2)), "{number}: {told}");
        assert!(!told.contains("panicked"), "{number}: {told}");
    }
}

#[test]
fn exit_codes_tell_done_no_and_could_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    std::fs::write(path.join("two.xosc"), scenario()).expect("a file");
    std::fs::write(path.join("bad.xosc"), scenario().replace("\"Lead\"", "\"Ego\"")).expect("a file");
    let endless = scenario().replace(
        "SimulationTimeCondition value=\"2\"",
        "SimulationTimeCondition value=\"1e9\"",
    );
    std::fs::write(path.join("endless.xosc"), endless).expect("a file");
    let code = |arguments: &[&str]| westline(path, &[&["scenario"], arguments].concat()).status.code();
    assert_eq!(code(&["run", "two.xosc"]), Some(0));
    assert_eq!(code(&["check", "two.xosc"]), Some(0));
    assert_eq!(code(&["check", "two.xosc", "bad.xosc"]), Some(1));
    assert_eq!(code(&["run", "bad.xosc"]), Some(2));
    assert_eq!(code(&["run", "none.xosc"]), Some(2));
    assert_eq!(code(&["run", "two.xosc", "--set", "nobody=1"]), Some(2));
    assert_eq!(code(&["run", "two.xosc", "--step", "0"]), Some(2));
    assert_eq!(code(&["draw", "two.xosc", "-o", "picture.txt"]), Some(2));
    let output = westline(path, &["scenario", "run", "endless.xosc", "--max-time", "3"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        text(&output.stdout).contains("stopped by --max-time at 3.00 s"),
        "{}",
        text(&output.stdout)
    );
    let told = text(&output.stderr);
    assert!(
        told.contains("the storyboard has no end by then\nhint: add a <StopTrigger>"),
        "{told}"
    );
}

#[test]
fn a_foreign_driver_drives_each_permutation_of_a_distribution() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let declared = "<ParameterDeclarations><ParameterDeclaration name=\"v\" parameterType=\"double\" value=\"10\"/></ParameterDeclarations><CatalogLocations/>";
    let text_of_scenario = scenario()
        .replace("<CatalogLocations/>", declared)
        .replace("AbsoluteTargetSpeed value=\"10\"", "AbsoluteTargetSpeed value=\"$v\"");
    std::fs::write(path.join("two.xosc"), text_of_scenario).expect("a file");
    let variation = r#"<OpenSCENARIO><FileHeader revMajor="1" revMinor="2" date="2026-01-01T00:00:00" author="" description=""/>
        <ParameterValueDistribution><ScenarioFile filepath="two.xosc"/><Deterministic><DeterministicSingleParameterDistribution parameterName="v">
        <DistributionSet><Element value="8"/></DistributionSet></DeterministicSingleParameterDistribution></Deterministic>
        </ParameterValueDistribution></OpenSCENARIO>"#;
    std::fs::write(path.join("vary.xosc"), variation).expect("a file");
    let run = || {
        westline(
            path,
            &[
                "scenario",
                "run",
                "vary.xosc",
                "--all",
                "--driver",
                "unix:driver.sock",
                "--table",
                "table.csv",
            ],
        )
    };
    let driver = driver(&path.join("driver.sock"), Duration::ZERO);
    let output = run();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(driver.join().expect("no panic"), 200);
    let table = std::fs::read_to_string(path.join("table.csv")).expect("a table");
    assert_eq!(table.lines().count(), 2, "{table}");
    std::fs::remove_file(path.join("driver.sock")).expect("removed");
    let output = run();
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    assert!(told.contains("no driver answers"), "{told}");
}
