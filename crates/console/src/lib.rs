//! The console: what a service does, live or recorded, in a browser.
//!
//! A [`Stage`] (a [`LiveDay`] that is played, or a [`Replay`] of a recording) goes in; a [`Server`] shows it at a local port
//! as pages, an HTTP interface and live data over WebSocket, and takes orders back. It reads all lower floors and
//! decides nothing: a stop order is the service's, an alarm is an event that somebody has yet to see.
//!
//! | module | holds |
//! | --- | --- |
//! | `stage`, `live`, `replay` | what is on show, and where it comes from |
//! | `alarm` | events that want somebody's eyes |
//! | `wire` | a moment as bytes |
//! | `site` | what does not change while it is shown, as JSON |
//! | `player` | the thread that plays, paces and publishes |
//! | `server`, `pages` | routes, who may ask, the embedded files |

mod alarm;
mod live;
mod pages;
mod player;
mod replay;
mod server;
mod site;
mod stage;
mod wire;

pub use live::LiveDay;
pub use player::{Player, SPEEDS};
pub use replay::{Replay, recorded_site};
pub use server::{ConsoleError, Server, ServerOptions};
pub use site::site_json;
pub use stage::{Stage, StageEvent, VehicleMode, VehicleRow};
pub use wire::{FRAME_VERSION, encode_frame};
