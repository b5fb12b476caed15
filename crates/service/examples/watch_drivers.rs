//! Plays a part of a site's day and prints every moment at which a vehicle of the line was not at its best: spells of
//! acceleration or jerk beyond comfort, halts off target, stands without end, with what the driver gave as its reason.
//!
//! ```text
//! cargo run --release -p service --example watch_drivers -- sites/yongchuan 07:00 08:00 0.2 1
//! ```

use service::{DayOptions, ServiceDay, ServiceEventKind, Site, SiteFiles, time_of_day_s};
use std::error::Error;
use std::io::Write;
use std::sync::Arc;

/// What passengers who stand do not mind: m/s² and m/s³.
const COMFORT: f64 = 1.5;
/// Standing this long outside a halt is worth a line.
const STANDING_S: f64 = 45.0;

#[derive(Clone, Copy, Default)]
struct Watched {
    is_rough: bool,
    standing_s: f64,
    touches: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().ok_or("give the folder of a site")?;
    let (site, _) = Site::load(&SiteFiles::folder(folder))?;
    let mut out = std::io::stdout().lock();
    for stop in &site.line.stops {
        let lane = site.network.lane(stop.position.lane);
        writeln!(
            out,
            "stop {} lane {} ({:?}, {:.2} m wide, {:.0} m long, leads to {:?}), kerb {:.2} m right of its centre, for {:.0} m",
            stop.id,
            stop.position.lane.0,
            lane.kind,
            site.network.lane_width_m(stop.position.lane, stop.position.s_m),
            lane.length_m,
            lane.successors,
            stop.kerb_m,
            stop.length_m
        )?;
        let mut beside = lane.right;
        while let Some(next) = beside {
            let lane = site.network.lane(next);
            writeln!(
                out,
                "    beside it: lane {} {:?}, {:.2} m wide",
                next.0,
                lane.kind,
                site.network.lane_width_m(next, stop.position.s_m.min(lane.length_m))
            )?;
            beside = lane.right;
        }
    }
    let time = |index: usize| arguments.get(index).and_then(|text| time_of_day_s(text));
    let options = DayOptions {
        from_s: time(1),
        to_s: time(2),
        traffic_scale: arguments.get(3).map_or(Ok(1.0), |text| text.parse())?,
        seed: arguments.get(4).map(|text| text.parse()).transpose()?,
        ..DayOptions::default()
    };
    let mut day = ServiceDay::new(Arc::new(site), &options)?;
    let mut watched = vec![Watched::default(); day.vehicles().count()];
    while !day.is_done() {
        for event in day.step().to_vec() {
            let name = event.stop.map_or("", |stop| day.site().line.stops[stop].id.as_str());
            match event.kind {
                ServiceEventKind::Arrived { delay_s, docking } => writeln!(
                    out,
                    "{} vehicle {:?} docks at {name}: along {:+.2} m, gap {:.2} m, heading {:+.3} rad, delay {delay_s:.0} s",
                    clock(event.clock_s),
                    event.vehicle,
                    docking.along_m,
                    docking.kerb_gap_m,
                    docking.heading_rad
                )?,
                ServiceEventKind::Collided | ServiceEventKind::Disrupted { .. } => writeln!(
                    out,
                    "{} vehicle {:?}: {:?}",
                    clock(event.clock_s),
                    event.vehicle,
                    event.kind
                )?,
                _ => {}
            }
        }
        let clock_s = day.clock_s();
        for (index, view) in day.vehicles().enumerate() {
            let Some(actor) = view.actor else { continue };
            let state = day.world().vehicle(actor);
            let watched = &mut watched[index];
            let (forward, jerk) = (state.ego.acceleration_mps2, state.jerk_mps3);
            let lateral = state.lateral_acceleration_mps2;
            let moves = state.ego.speed_mps.abs() > 0.1;
            let leans = !moves && matches!(state.nearest, Some((_, world::ActorKind::Pedestrian)));
            let touches = state.is_in_collision && !leans;
            let is_rough = moves && (forward.abs() > COMFORT || jerk.abs() > COMFORT || lateral.abs() > COMFORT);
            let line = || {
                format!(
                    "{} vehicle {index} at ({:.0}, {:.0}) lane {}: {:.1} m/s, {forward:+.2} m/s², lateral {lateral:+.2}, {jerk:+.2} m/s³, nearest {:?} at {:?} m; {:?} rival {:?} target {:.1}",
                    clock(clock_s),
                    state.ego.pose.x_m,
                    state.ego.pose.y_m,
                    state.lane.lane.0,
                    state.ego.speed_mps,
                    state.nearest,
                    state.gap_m.map(|gap_m| (gap_m * 100.0).round() / 100.0),
                    state.explanation.reason,
                    state.explanation.rival,
                    state.explanation.speed_mps_target,
                )
            };
            if is_rough && !watched.is_rough || touches && !watched.touches {
                writeln!(out, "{}{}", line(), if touches { " COLLISION" } else { "" })?;
            }
            watched.touches = touches;
            watched.is_rough = is_rough;
            let may_stand = moves || view.phase != service::Phase::Driving;
            let before_s = watched.standing_s;
            watched.standing_s = if may_stand { 0.0 } else { before_s + 0.1 };
            if before_s < STANDING_S && watched.standing_s >= STANDING_S {
                writeln!(out, "{} stands", line())?;
            }
        }
    }
    Ok(())
}

fn clock(seconds: f64) -> String {
    let tenths = (10.0 * seconds).round() as u64;
    format!(
        "{:02}:{:02}:{:02}.{}",
        tenths / 36_000,
        tenths / 600 % 60,
        tenths / 10 % 60,
        tenths % 10
    )
}
