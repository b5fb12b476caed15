//! Drafts the timetable of `sites/yongchuan` from its map:
//!
//! ```text
//! cargo run --release -p service --example draft_yongchuan -- sites/yongchuan
//! ```
//!
//! A planner who wants another line changes the names and numbers below, or calls [`service::TimetableDraft`].

use jiff::civil::date;
use service::{SiteFiles, TimetableDraft};
use std::error::Error;
use std::path::PathBuf;

/// The round trip.
const STOPS: [&str; 4] = ["S1", "S2", "S3", "S4"];
/// From each stop to the next, seconds: what four of five runs of the example `play_day` need, with lights and traffic.
/// Whoever is early waits at the timing points.
const RUN_TIMES_S: [f64; 4] = [275.0, 300.0, 530.0, 420.0];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("give the folder of the site")?);
    let files = SiteFiles::folder(&folder);
    let map = files.read("map.xodr")?.ok_or("the site has no map.xodr")?;
    let draft = road::read_map("map.xodr", &map)?.draft;
    let network = road::RoadNetwork::compile(&draft)?;
    let hour = |h: u32, minutes: u32| h * 3600 + minutes * 60;
    let draft = TimetableDraft {
        agency: "Yongchuan Autonomous Bus".to_owned(),
        url: "https://example.org/yongchuan".to_owned(),
        time_zone: "Asia/Shanghai".to_owned(),
        language: "en".to_owned(),
        route: "1".to_owned(),
        route_name: "Yongchuan line 1".to_owned(),
        colour: "1B6CA8".to_owned(),
        stops: Vec::new(),
        run_times_s: Vec::new(),
        dwell_s: 40.0,
        layover_s: 240.0,
        vehicles: 3,
        headways_s: vec![(hour(5, 35), 20 * 60), (hour(6, 35), 12 * 60), (hour(20, 0), 20 * 60)],
        last_departure_s: hour(21, 55),
        days: (date(2026, 1, 1), date(2027, 12, 31)),
        shape_deg: Vec::new(),
    };
    let draft = draft
        .along(&network, &STOPS, 1.0)
        .ok_or("a stop or a way is missing on the map")?;
    let draft = TimetableDraft {
        run_times_s: RUN_TIMES_S.to_vec(),
        ..draft
    };
    eprintln!(
        "legs {:?} s, round trip {:.0} s",
        draft.run_times_s,
        draft.round_trip_s()
    );
    let gtfs = folder.join("gtfs");
    std::fs::create_dir_all(&gtfs)?;
    for (name, text) in draft.tables() {
        std::fs::write(gtfs.join(name), text)?;
    }
    Ok(())
}
