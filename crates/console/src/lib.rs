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
//! | `server`, `pages` | the port, routes of the day, the embedded files |
//! | `api`, `api_page`, `shapes`, `asked`, `refusal` | the table of all routes; its description; what comes in; why not |
//! | `transport`, `gate` | connections and TLS; who asks, how often, whether they may |
//! | `roles`, `accounts`, `sessions`, `login`, `token_bucket` | who may do what; who may log in; who is |
//! | `audit` | who did what |
//! | `rooms` | routes of what there is beside the day, and how many questions are worked on at once |
//! | `scenarios`, `run_json` | scenarios to be opened and played, and their runs as pages read them |
//! | `test_base`, `ledger_room`, `network_room` | campaigns and their runs; blocks, permits, receipts; links and messages |

mod accounts;
mod alarm;
mod api;
mod api_page;
mod asked;
mod audit;
mod decision;
mod gate;
mod ledger_room;
mod live;
mod login;
mod network_room;
mod pages;
mod player;
mod refusal;
mod replay;
mod roles;
mod rooms;
mod run_json;
mod scenarios;
mod server;
mod sessions;
mod shapes;
mod site;
mod stage;
mod test_base;
mod token_bucket;
mod transport;
mod wire;

pub use accounts::{Account, AccountBook, AccountError, Accounts};
pub use audit::{AuditError, AuditLine, AuditLog, Verified, verify as verify_audit};
pub use decision::{CandidateRow, DecisionRow, LadderRow, OddRow, RefusalRow, RivalRow};
pub use gate::{Access, Transport};
pub use ledger_room::LedgerRoom;
pub use live::{LinkWatcher, LiveDay};
pub use network_room::{NetworkMaker, NetworkRoom, SiteNetwork};
pub use pages::page_bytes;
pub use player::{Player, SPEEDS};
pub use replay::{Replay, recorded_site};
pub use roles::{Action, Role};
pub use rooms::Rooms;
pub use scenarios::{ScenarioShelf, ShelvedScenario};
pub use server::{ConsoleError, Server, ServerOptions};
pub use site::site_json;
pub use stage::{AskedRow, LinkRow, Stage, StageEvent, VehicleMode, VehicleRow};
pub use test_base::{CampaignMaker, TestBase};
pub use transport::{Certificate, CertificateError};
pub use wire::{FRAME_VERSION, encode_frame};
