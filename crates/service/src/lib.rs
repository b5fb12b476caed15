//! Lines: a site's folder, its timetable, its fleet and its passengers, and the day they make together.
//!
//! A [`Site`] is read from a folder (on disk or embedded); [`ServiceDay`] puts its fleet and passengers into a
//! [`world::World`], gives the vehicles their missions, and measures what comes of it ([`DayMeasures`]). It decides
//! *where and when* vehicles go, never *how* they drive there; it knows no recording, no report and no ledger.

mod advice;
mod block;
mod boarding;
mod day;
mod decision_record;
mod degradation;
mod demand;
mod dispatch;
mod distribution;
mod event;
mod exchange;
mod files;
mod fleet;
mod gtfs;
mod halt;
mod line;
mod measures;
mod observer;
mod passenger;
mod problem;
pub mod robustness;
mod site;
mod summary;
mod supervisor;
mod table;
mod timetable;
mod timetable_draft;

pub use block::{Assignment, BlockTrip, assign, vehicles_needed};
pub use day::{DayOptions, DayProgress, DriverSchool, Phase, ServiceDay, VehicleView};
pub use decision_record::{decision_record, word};
pub use degradation::{DEGRADATIONS_KEPT, Degradation, PlannedFault};
pub use demand::{HOURS, PASSENGERS_PER_HOUR_MAX, PassengerDemand, Relation};
pub use distribution::Distribution;
pub use event::{ServiceEvent, ServiceEventKind};
pub use files::{FILE_BYTES_MAX, SiteFiles};
pub use fleet::{Charger, Fleet, FleetVehicle, VEHICLES_MAX};
pub use line::{Line, LineStop, Pattern, PatternStop, Way};
pub use measures::*;
pub use problem::{ServiceError, nearest_name};
pub use site::{Site, SiteTitle, time_of_day_s};
pub use supervisor::{ANSWER_S as SUPERVISOR_ANSWER_S, Asked};
pub use timetable::{Timetable, TimetableCall, TimetableRoute, TimetableStop, TimetableTrip, WorkingDays};
pub use timetable_draft::{DraftStop, TimetableDraft};
