//! The automated driver: from what a vehicle observes to what it asks of its actuators.
//!
//! [`AutomatedDriver`] follows its mission's lanes at the speed that limits, curves, leaders, lights, rivals, people and
//! halts allow, and explains what governs it. All of that goes by [`Observation`](vehicle::Observation)s: the crate knows
//! the map and the vehicle's sheet, and deliberately not the world.
//!
//! | module | decides |
//! | --- | --- |
//! | `route` | the way ahead, measured: speeds, gates, rivals, crossings |
//! | `neighbour`, `drift` | who is where along it, and how fast they really move across it |
//! | `speed` | how fast: one law, a governor, a limiter of jerk |
//! | `cut_in` | whether to pass or to brake for those who come in from beside |
//! | `follow`, `signal`, `junction`, `bend`, `crossing`, `crosser`, `hidden` | what the governor may not exceed |
//! | `clearance` | at low speed, whether our box would touch another's all the same |
//! | `halt`, `lane_change`, `passing` | where across the lane, and the stops that go with it |
//! | `ladder` | how far to give up, where to stand then, and what to ask of the remote supervisor |
//! | `lateral`, `pedals` | wheel and pedals |
//! | `reachable`, `fail_safe`, `assumption` | nothing: where others can be, whether a way to safety is proved, what they break |
//! | `odd` | nothing: how the conditions fit the operational design domain |
//! | `account` | nothing: it writes down what was decided, and why |
//! | `perception` | where the vehicle is and who is around, of raw measurements, if the driver brings it |
//!
//! Beside it stand the [`mod@reference`] drivers of UN R157, which it is measured against.

mod account;
mod assumption;
mod automated;
mod bend;
mod clearance;
mod crosser;
mod crossing;
mod cut_in;
mod drift;
mod fail_safe;
mod follow;
mod halt;
mod hidden;
mod junction;
mod ladder;
mod lane_change;
mod lateral;
mod neighbour;
mod odd;
mod passing;
mod pedals;
mod perception;
mod reachable;
pub mod reference;
mod route;
mod signal;
mod speed;
mod view;

pub use automated::AutomatedDriver;
pub use perception::{Gospa, MapPerception, Perceiving, gospa};
