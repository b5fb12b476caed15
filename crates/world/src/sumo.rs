//! SUMO's files as they are: networks, routes, additional files, configurations.
//!
//! In goes the text of `.net.xml`, `.rou.xml`, `.add.xml` and `.sumocfg` files; out come a [`StreetNetwork`] with SUMO's
//! own lane lengths, links and right-of-way tables, and a [`SumoDemand`] of types, routes, vehicles, flows and stops.
//! `road` reads the same networks as maps, for roads that are drawn and driven on; here nothing is rounded or bent, so
//! that a place on a lane is the same place in SUMO. It moves nothing.
//!
//! ```text
//! document   XML with findings by file and line     class     vehicle classes and permissions
//! network    lanes, links, signals                  conflict  where ways through a junction meet
//! joint      which street follows which             route     ways, a byte a street
//! demand     who travels, and how                   kind      vehicle types
//! configuration  which files belong together        tripinfo  what became of another's trips
//! plan       networks drawn by a program                 matrix    origins, destinations, counts
//! ```
//! Source: Eclipse SUMO's documentation, "Networks/SUMO Road Networks", "Definition of Vehicles, Vehicle Types, and
//! Routes", "Simulation/Traffic Lights".

mod class;
mod configuration;
mod conflict;
mod demand;
mod document;
mod joint;
mod kind;
mod matrix;
mod network;
mod plan;
mod route;
mod tripinfo;

pub use class::VehicleClass;
pub use configuration::{SumoConfiguration, includes};
pub use conflict::Conflict;
pub use demand::{
    BusStop, DepartLane, DepartPosition, DepartSpeed, Departure, Parking, ParkingArea, Place, Stop, SumoDemand,
};
pub use document::SourceFile;
pub use joint::Joint;
pub use kind::{Following, VehicleKind};
pub use matrix::{Count, OdFlow, read_counts, read_matrix};
pub(crate) use network::LANES_MAX;
pub use network::{Edge, Lane, Light, LightStep, Link, NONE, StreetNetwork};
pub use plan::{Control, PlannedPlace, PlannedStreet, StreetPlan};
pub use route::Route;
pub use tripinfo::TripInfo;
