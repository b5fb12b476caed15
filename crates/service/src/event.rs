//! What happens in a service day, as it happens: the records that a control room lives on.
//!
//! [`crate::ServiceDay::step`] hands out the events of its tick; the glue writes them to a recording or a screen.

use crate::measures::Dock;
use record::SimTime;
use vehicle::{Faults, Proposal, Reason};

/// Something that happened to a trip, a vehicle or passengers.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceEvent {
    /// When, since the start of the run.
    pub time: SimTime,
    /// When, seconds after midnight of the service day.
    pub clock_s: f64,
    /// Index into the fleet.
    pub vehicle: Option<usize>,
    /// Index into [`crate::DayMeasures::trips`].
    pub trip: Option<usize>,
    /// Index into [`crate::DayMeasures::stops`].
    pub stop: Option<usize>,
    /// What.
    pub kind: ServiceEventKind,
}

/// Kinds of events.
#[derive(Clone, Debug, PartialEq)]
pub enum ServiceEventKind {
    /// A vehicle set out on a trip.
    TripStarted,
    /// It came to stand at a stop.
    Arrived {
        /// Against the timetable, positive late.
        delay_s: f64,
        /// How it came to stand.
        docking: Dock,
    },
    /// It waits for its time.
    Held {
        /// The time it waits for, seconds after midnight.
        until_s: f64,
    },
    /// It drove on from a stop.
    Departed {
        /// Against the timetable, positive late.
        delay_s: f64,
        /// Passengers on board.
        load: u32,
        /// Got on here.
        boarded: u32,
        /// Got off here.
        alighted: u32,
    },
    /// Someone could not get on because it was full.
    LeftBehind {
        /// How many.
        passengers: u32,
    },
    /// A trip reached its last stop.
    TripFinished {
        /// Against the timetable, positive late.
        delay_s: f64,
    },
    /// Nobody runs a trip.
    TripCancelled {
        /// Why, in words.
        reason: &'static str,
    },
    /// Vehicles exchanged the rest of their day.
    TripsExchanged {
        /// Index of the other vehicle.
        with: usize,
    },
    /// Plugged in.
    ChargingStarted {
        /// Power of the charger.
        power_w: f64,
    },
    /// Unplugged.
    ChargingEnded {
        /// 0 to 1.
        state_of_charge: f64,
    },
    /// Something broke.
    FaultRaised {
        /// What.
        faults: Faults,
    },
    /// Everything works again.
    FaultCleared,
    /// The control room ordered it to a safe stop.
    StopOrdered,
    /// The control room took that order back.
    StopReleased,
    /// On its degradation ladder, it asked the remote supervisor to confirm what it proposes.
    SupervisorAsked {
        /// What.
        proposal: Proposal,
    },
    /// The remote supervisor confirmed that.
    ProposalConfirmed {
        /// What.
        proposal: Proposal,
    },
    /// It stands outside a halt and does not get on.
    Disrupted {
        /// For how long it has stood.
        standing_s: f64,
        /// What its driver says.
        reason: Reason,
    },
    /// It touched someone or something.
    Collided,
}
