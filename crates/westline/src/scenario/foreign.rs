//! A driver in a process of its own, over a Unix socket in ASAM OSI.
//!
//! The driver listens; Westline connects, once a run, so that one driver serves many runs. One that is named by its program
//! is started for each run with the path of a socket as its last argument, and ended with the run. Each message is its length in
//! four bytes, least significant first, and as many bytes of Protobuf. Westline begins with a
//! `SensorViewConfiguration`, whose `update_cycle_time` is the length of a step. Then, at each step, it sends a
//! `SensorView` of the moment, and the driver answers with a `TrafficUpdate`: where the host vehicle is to be one step
//! later, with that moment as its `timestamp`. In lockstep Westline waits; in real time an answer that comes after its
//! moment has missed its deadline, is counted and dropped, and the vehicle goes on along its lane.
//!
//! A Unix socket and not Zenoh: a driver beside the simulator needs neither discovery nor routing, every language has
//! sockets, and lockstep wants the smallest delay between two processes.

use crate::arguments::DriverChoice;
use anyhow::{Context, Result, anyhow};
use prost::Message;
use record::SimTime;
use record::schema::osi3::{SensorViewConfiguration, Timestamp, TrafficUpdate};
use scenario::{Chauffeur, Motion, Player, osi};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// In lockstep a driver that says nothing for so long is taken for dead.
const PATIENCE: Duration = Duration::from_secs(10);
/// No message is longer; a driver's answer has some hundred bytes.
const MESSAGE_BYTES_MAX: u32 = 1 << 20;

/// The connection to a driver.
pub struct ForeignDriver {
    path: PathBuf,
    stream: UnixStream,
    /// From the thread that reads, so that waiting can end at a deadline in the middle of a message.
    answers: Receiver<std::io::Result<TrafficUpdate>>,
    /// In real time: when the run began.
    began: Option<Instant>,
    /// Steps in which it was asked.
    pub asked: u64,
    /// Of these, answered too late.
    pub missed: u64,
    failure: Option<anyhow::Error>,
    /// Of a driver that was started here.
    process: Option<Process>,
}

/// A driver's process with the folder of its socket; both end with it.
struct Process {
    child: Child,
    folder: PathBuf,
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended by itself is all right too; the folder holds only the socket.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Calls a driver outside for one run.
///
/// # Errors
/// Why it does not come.
pub fn call(choice: &DriverChoice, step_s: f64, began: Option<Instant>) -> Result<Box<dyn Chauffeur>, String> {
    let made = match choice {
        DriverChoice::Socket(path) => ForeignDriver::connect(path, step_s, began),
        DriverChoice::Program(command) => ForeignDriver::start(command, step_s, began),
        DriverChoice::Own(_) => Err(anyhow!("a driver of our own is not called")),
    };
    let boxed = made.map(|driver| Box::new(driver) as Box<dyn Chauffeur>);
    boxed.map_err(|error| format!("{error:#}"))
}

impl ForeignDriver {
    /// Starts a program with the path of a socket as its last argument, and connects once it listens there.
    pub fn start(command: &str, step_s: f64, began: Option<Instant>) -> Result<ForeignDriver> {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("westline-driver-{}-{number}", std::process::id()));
        std::fs::create_dir(&folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
        let socket = folder.join("socket");
        let mut words = command.split_whitespace();
        let program = words
            .next()
            .ok_or_else(|| anyhow!("exec: names no program\nhint: exec:./my-driver"))?;
        let started = Command::new(program)
            .args(words)
            .arg(&socket)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        let child = started.map_err(|error| {
            let _ = std::fs::remove_dir_all(&folder);
            anyhow!("{program}: does not start: {error}\nhint: the path of a program that may be run")
        })?;
        let mut process = Process { child, folder };
        let until = Instant::now() + PATIENCE;
        loop {
            match ForeignDriver::connect(&socket, step_s, began) {
                Ok(mut driver) => {
                    driver.process = Some(process);
                    return Ok(driver);
                }
                Err(error) => {
                    if let Ok(Some(status)) = process.child.try_wait() {
                        return Err(anyhow!(
                            "{program}: has ended before it listened: {status}\nhint: its last argument is the socket to listen at"
                        ));
                    }
                    if Instant::now() > until {
                        return Err(error.context(format!(
                            "{program}: listens at no socket after {} s",
                            PATIENCE.as_secs()
                        )));
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
    }

    /// Connects to the driver that listens at the path.
    pub fn connect(path: &Path, step_s: f64, began: Option<Instant>) -> Result<ForeignDriver> {
        let told = |error: std::io::Error| {
            anyhow!(
                "{}: no driver answers: {error}\nhint: start the driver first; it listens there",
                path.display()
            )
        };
        let stream = UnixStream::connect(path).map_err(told)?;
        let mut reading = stream.try_clone().map_err(told)?;
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            loop {
                let answer = receive(&mut reading);
                let is_over = answer.is_err();
                if sender.send(answer).is_err() || is_over {
                    return;
                }
            }
        });
        let mut driver = ForeignDriver {
            path: path.to_owned(),
            stream,
            answers,
            began,
            asked: 0,
            missed: 0,
            failure: None,
            process: None,
        };
        let configuration = SensorViewConfiguration {
            update_cycle_time: Some(timestamp(SimTime::from_secs_f64(step_s))),
            ..SensorViewConfiguration::default()
        };
        driver.send(&configuration).map_err(told)?;
        Ok(driver)
    }

    fn send(&mut self, message: &impl Message) -> std::io::Result<()> {
        let body = message.encode_to_vec();
        let mut bytes = (body.len() as u32).to_le_bytes().to_vec();
        bytes.extend(body);
        self.stream.write_all(&bytes)
    }

    /// The answer for a moment; `None` if it came too late.
    fn answer(&mut self, due: SimTime) -> Result<Option<TrafficUpdate>> {
        let deadline = match self.began {
            Some(began) => began + Duration::from_nanos(due.as_nanos().max(0) as u64),
            None => Instant::now() + PATIENCE,
        };
        loop {
            let answer = match self
                .answers
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(answer) => answer?,
                Err(RecvTimeoutError::Timeout) if self.began.is_some() => return Ok(None),
                Err(RecvTimeoutError::Timeout) => return Err(anyhow!("says nothing for {} s", PATIENCE.as_secs())),
                Err(RecvTimeoutError::Disconnected) => return Err(anyhow!("has gone")),
            };
            let time = answer.timestamp.unwrap_or_default();
            let nanos = time
                .seconds
                .unwrap_or(0)
                .saturating_mul(1_000_000_000)
                .saturating_add(i64::from(time.nanos.unwrap_or(0)));
            match nanos == due.as_nanos() {
                true => return Ok(Some(answer)),
                // An answer to an earlier step, which had missed its deadline.
                false if self.began.is_some() && nanos < due.as_nanos() => {}
                false => {
                    return Err(anyhow!(
                        "answers for {:.9} s, expected {:.9} s\nhint: the `timestamp` of its `TrafficUpdate` is that of the \
                         `SensorView` plus the `update_cycle_time`",
                        nanos as f64 * 1e-9,
                        due.as_secs_f64()
                    ));
                }
            }
        }
    }

    fn ask(&mut self, player: &Player<'_>, entity: usize, step_s: f64) -> Result<Option<Motion>> {
        // Moments are told as the differences add up, so that both sides agree to the nanosecond.
        let due = SimTime::from_secs_f64(player.time_s()) + SimTime::from_secs_f64(step_s);
        self.send(&osi::sensor_view(player, entity))?;
        self.asked += 1;
        let Some(answer) = self.answer(due)? else {
            self.missed += 1;
            return Ok(None);
        };
        let form = &player.entities()[entity];
        match osi::motion(&answer, entity, form) {
            Some(motion) => Ok(Some(motion)),
            None => Err(anyhow!(
                "answers without a finite position, yaw and velocity of object {entity} (`{}`)",
                form.name
            )),
        }
    }
}

impl Chauffeur for ForeignDriver {
    fn drive(&mut self, player: &Player<'_>, entity: usize, step_s: f64) -> Option<Motion> {
        if self.failure.is_some() {
            return None;
        }
        match self.ask(player, entity, step_s) {
            Ok(motion) => motion,
            Err(error) => {
                self.failure = Some(anyhow!(
                    "{}: at {:.2} s the driver {error}",
                    self.path.display(),
                    player.time_s()
                ));
                None
            }
        }
    }

    fn failure(&mut self) -> Option<String> {
        self.failure.take().map(|error| error.to_string())
    }
}

impl Drop for ForeignDriver {
    fn drop(&mut self) {
        // Ends the thread that reads; a driver that has gone already needs no goodbye.
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

fn receive(stream: &mut UnixStream) -> std::io::Result<TrafficUpdate> {
    let wrong = |text: String| std::io::Error::new(std::io::ErrorKind::InvalidData, text);
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > MESSAGE_BYTES_MAX {
        return Err(wrong(format!(
            "a message of {length} bytes, more than {MESSAGE_BYTES_MAX}"
        )));
    }
    let mut bytes = vec![0; length as usize];
    stream.read_exact(&mut bytes)?;
    TrafficUpdate::decode(bytes.as_slice()).map_err(|error| wrong(format!("no `TrafficUpdate`: {error}")))
}

fn timestamp(time: SimTime) -> Timestamp {
    Timestamp {
        seconds: Some(time.as_nanos().div_euclid(1_000_000_000)),
        nanos: Some(time.as_nanos().rem_euclid(1_000_000_000) as u32),
    }
}
