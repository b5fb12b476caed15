//! The thread that plays: keeps the pace, takes orders, publishes what there is to see ten times a second.
//!
//! A [`Stage`] goes in; out comes the latest [`Moment`], which clients take when they are ready for it. Nothing queues:
//! a client that is slow misses moments, and each holds all that it needs. A stage that cannot keep the pace asked for
//! goes as fast as it can, and the pace that is reached is told. This is the only place that reads a wall clock.

use crate::alarm::{Alarm, Alarms};
use crate::stage::{Stage, VehicleRow};
use crate::wire::encode_frame;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use utoipa::ToSchema;
use world::Frame;

/// Speeds that may be asked for, times real time.
pub const SPEEDS: std::ops::RangeInclusive<f64> = 0.1..=1_000.0;
/// Moments are published this often.
const PERIOD: Duration = Duration::from_millis(100);
/// Playing may take this much of it; the rest is for others on the machine.
const BUDGET: Duration = Duration::from_millis(85);
/// The state of the fleet is told at every such moment, and at once when something happened.
const STATE_EVERY: u32 = 3;
/// Orders that wait; who sends more has to wait.
const ORDERS_MAX: usize = 64;

/// What is to be seen at one time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moment {
    /// The frame, encoded.
    pub(crate) frame: Arc<Vec<u8>>,
    /// The fleet, alarms and clock as JSON, and how often it has changed.
    pub(crate) state: Arc<String>,
    pub(crate) state_number: u64,
}

/// What somebody wants.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Order {
    Pause(bool),
    Speed(f64),
    Seek(f64),
    /// One tenth of a second, while paused.
    Step,
    Stop {
        vehicle: Option<usize>,
        shall_stop: bool,
    },
    BreakSensor {
        vehicle: usize,
        is_broken: bool,
    },
    Answer {
        vehicle: usize,
        is_confirmed: bool,
    },
    Acknowledge(u64),
    End,
}

/// Where a trip has been: its name, then (time of day s, distance m).
pub(crate) type Trajectory = (String, Vec<(f64, f64)>);

/// The thread, and what is seen of it.
pub struct Player {
    orders: SyncSender<Order>,
    moments: watch::Receiver<Moment>,
    trajectories: Arc<Mutex<Vec<Trajectory>>>,
    vehicles: Vec<String>,
    is_live: bool,
    thread: Option<JoinHandle<()>>,
}

/// The fleet, alarms and clock at a moment.
#[derive(Serialize, ToSchema)]
pub(crate) struct State<'a> {
    /// Whether it happens now.
    is_live: bool,
    is_paused: bool,
    is_done: bool,
    from_s: f64,
    to_s: f64,
    clock_s: f64,
    speed: f64,
    speed_reached: f64,
    trips_done: usize,
    trips_planned: usize,
    #[schema(value_type = Vec<VehicleRow>)]
    vehicles: &'a [VehicleRow],
    /// People at each stop, where that is known.
    #[schema(value_type = Vec<u32>)]
    waiting: &'a [u32],
    #[schema(value_type = Vec<Alarm>)]
    alarms: &'a [&'a Alarm],
    /// Why it goes on no more.
    #[schema(value_type = Option<String>)]
    failure: Option<&'a str>,
}

impl Player {
    /// Begins to play, at `speed` times real time.
    pub fn start(stage: Box<dyn Stage>, speed: f64, is_paused: bool) -> std::io::Result<Player> {
        let (orders, incoming) = sync_channel(ORDERS_MAX);
        let (publish, moments) = watch::channel(Moment::default());
        let trajectories = Arc::new(Mutex::new(Vec::new()));
        let vehicles = stage.vehicles().into_iter().map(|vehicle| vehicle.name).collect();
        let is_live = stage.is_live();
        let mut work = Work {
            stage,
            alarms: Alarms::default(),
            speed: speed.clamp(*SPEEDS.start(), *SPEEDS.end()),
            is_paused,
            is_done: false,
            failure: None,
            frame: Frame::default(),
            sequence: 0,
            state_number: 0,
            owed_s: 0.0,
            speed_reached: speed,
            publish,
            trajectories: trajectories.clone(),
        };
        let thread = std::thread::Builder::new()
            .name("player".to_owned())
            .spawn(move || work.play(&incoming))?;
        Ok(Player {
            orders,
            moments,
            trajectories,
            vehicles,
            is_live,
            thread: Some(thread),
        })
    }

    pub(crate) fn moments(&self) -> watch::Receiver<Moment> {
        self.moments.clone()
    }

    /// Hands an order over; false if there are too many.
    pub(crate) fn order(&self, order: Order) -> bool {
        self.orders.try_send(order).is_ok()
    }

    pub(crate) fn vehicle(&self, name: &str) -> Option<usize> {
        self.vehicles.iter().position(|vehicle| vehicle == name)
    }

    pub(crate) fn is_live(&self) -> bool {
        self.is_live
    }

    pub(crate) fn trajectories(&self) -> Vec<Trajectory> {
        let locked = self.trajectories.lock();
        locked.map(|trajectories| trajectories.clone()).unwrap_or_default()
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Work {
    stage: Box<dyn Stage>,
    alarms: Alarms,
    speed: f64,
    is_paused: bool,
    is_done: bool,
    failure: Option<String>,
    frame: Frame,
    sequence: u32,
    state_number: u64,
    /// Time of the stage that is due but not played yet.
    owed_s: f64,
    speed_reached: f64,
    publish: watch::Sender<Moment>,
    trajectories: Arc<Mutex<Vec<Trajectory>>>,
}

impl Work {
    fn play(&mut self, orders: &Receiver<Order>) {
        let mut next = Instant::now();
        let mut since_state = 0;
        self.keep_trajectories();
        self.show(true);
        loop {
            next += PERIOD;
            // Whoever was stopped for long (a laptop that slept) does not rush through what it missed.
            next = next.max(Instant::now());
            let mut has_news = false;
            loop {
                match orders.recv_timeout(next.saturating_duration_since(Instant::now())) {
                    Ok(Order::End) | Err(RecvTimeoutError::Disconnected) => return,
                    Ok(order) => {
                        self.obey(order);
                        self.show(true);
                    }
                    Err(RecvTimeoutError::Timeout) => break,
                }
            }
            if !self.is_paused && !self.is_done {
                has_news = self.advance();
            }
            since_state += 1;
            let is_state_due = has_news || since_state >= STATE_EVERY;
            if is_state_due {
                since_state = 0;
            }
            self.show(is_state_due);
        }
    }

    /// Plays what is due; whether there is an alarm more.
    fn advance(&mut self) -> bool {
        let begun = Instant::now();
        self.owed_s += PERIOD.as_secs_f64() * self.speed;
        let before_s = self.stage.clock_s();
        while self.owed_s >= 0.1 - 1e-9 && begun.elapsed() < BUDGET {
            self.owed_s -= 0.1;
            match self.stage.step() {
                Ok(true) => {}
                Ok(false) => {
                    self.is_done = true;
                    break;
                }
                Err(failure) => {
                    self.failure = Some(failure);
                    self.is_done = true;
                    break;
                }
            }
        }
        // What could not be played now is not owed later: the pace is lower, the delay is not longer.
        self.owed_s = self.owed_s.min(0.1);
        let reached = (self.stage.clock_s() - before_s) / PERIOD.as_secs_f64();
        self.speed_reached += 0.1 * (reached - self.speed_reached);
        let before = self.alarms.until(f64::INFINITY).first().map(|alarm| alarm.number);
        self.take_events();
        let whole = |clock_s: f64| (clock_s / 10.0).floor();
        if whole(before_s) < whole(self.stage.clock_s()) {
            self.keep_trajectories();
        }
        self.alarms.until(f64::INFINITY).first().map(|alarm| alarm.number) != before
    }

    fn take_events(&mut self) {
        for event in self.stage.take_events() {
            self.alarms.take(&event);
        }
    }

    fn keep_trajectories(&self) {
        // A replay knows all of its day at once.
        let is_kept = !self.stage.is_live() && self.trajectories.lock().is_ok_and(|kept| !kept.is_empty());
        if !is_kept && let Ok(mut kept) = self.trajectories.lock() {
            *kept = self.stage.trajectories();
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Pause(is_paused) => self.is_paused = is_paused,
            Order::Speed(speed) => {
                self.speed = speed.clamp(*SPEEDS.start(), *SPEEDS.end());
                self.speed_reached = self.speed;
            }
            Order::Seek(clock_s) if !self.stage.is_live() => {
                self.owed_s = 0.0;
                self.is_done = false;
                if let Err(failure) = self.stage.seek(clock_s) {
                    self.failure = Some(failure);
                }
                self.take_events();
            }
            Order::Seek(_) => {}
            Order::Step => {
                if self.is_paused && !self.is_done {
                    self.is_done = !matches!(self.stage.step(), Ok(true));
                    self.take_events();
                }
            }
            Order::Stop { vehicle, shall_stop } => {
                let all = 0..self.stage.vehicles().len();
                for index in all.filter(|&index| vehicle.is_none_or(|vehicle| vehicle == index)) {
                    self.stage.order_stop(index, shall_stop);
                }
            }
            Order::BreakSensor { vehicle, is_broken } => {
                self.stage.break_sensor(vehicle, is_broken);
            }
            Order::Answer { vehicle, is_confirmed } => {
                self.stage.answer(vehicle, is_confirmed);
            }
            Order::Acknowledge(number) => {
                self.alarms.acknowledge(number);
            }
            Order::End => {}
        }
    }

    fn show(&mut self, with_state: bool) {
        let vehicles = self.stage.vehicles();
        let own: BTreeSet<u32> = vehicles.iter().filter_map(|vehicle| vehicle.actor).collect();
        self.stage.write_frame(&mut self.frame);
        self.sequence = self.sequence.wrapping_add(1);
        let mut bytes = Vec::with_capacity(64 + 27 * self.frame.actors.len());
        let clock_s = self.stage.clock_s();
        encode_frame(&self.frame, self.sequence, clock_s, |id| own.contains(&id), &mut bytes);
        let state = with_state.then(|| Arc::new(self.state(&vehicles)));
        self.state_number += u64::from(with_state);
        let number = self.state_number;
        self.publish.send_modify(|moment| {
            moment.frame = Arc::new(bytes);
            if let Some(state) = state {
                moment.state = state;
                moment.state_number = number;
            }
        });
    }

    fn state(&self, vehicles: &[VehicleRow]) -> String {
        let (from_s, to_s) = self.stage.span_s();
        let (trips_done, trips_planned) = self.stage.trips_done();
        let alarms = self.alarms.until(self.stage.clock_s() + 1e-6);
        let state = State {
            is_live: self.stage.is_live(),
            is_paused: self.is_paused,
            is_done: self.is_done,
            from_s,
            to_s,
            clock_s: self.stage.clock_s(),
            speed: self.speed,
            speed_reached: self.speed_reached,
            trips_done,
            trips_planned,
            vehicles,
            waiting: &self.stage.waiting(),
            alarms: &alarms,
            failure: self.failure.as_deref(),
        };
        serde_json::to_string(&state).expect("numbers and strings become JSON")
    }
}
