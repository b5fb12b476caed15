//! Plays a site's day without recording or report, and prints what a dispatcher wants to know:
//!
//! ```text
//! cargo run --release -p service --example play_day -- sites/yongchuan 07:00 08:00 1.0 7
//! ```

use service::{DayOptions, ServiceDay, ServiceEventKind, Site, SiteFiles, time_of_day_s};
use std::error::Error;
use std::io::Write;
use std::sync::Arc;

/// How often jams are looked for.
const JAMS_EVERY_S: f64 = 613.0;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().ok_or("give the folder of a site")?;
    let (site, notes) = Site::load(&SiteFiles::folder(folder))?;
    let mut out = std::io::stdout().lock();
    for message in notes.iter().chain(&site.check()) {
        writeln!(out, "{message}")?;
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
    let mut next_look_s = day.clock_s() + JAMS_EVERY_S;
    while !day.is_done() {
        if day.clock_s() >= next_look_s {
            next_look_s += JAMS_EVERY_S;
            let traffic = day.world().traffic();
            writeln!(
                out,
                "{} traffic: {} on the road, {:?}",
                clock(day.clock_s()),
                traffic.count(),
                traffic.tally()
            )?;
            for jam in traffic.jams() {
                writeln!(out, "{jam}")?;
            }
        }
        for event in day.step().to_vec() {
            let vehicle = event.vehicle.map_or(String::from("-"), |vehicle| vehicle.to_string());
            let trip = event.trip.map_or("", |trip| day.trips()[trip].id.as_str());
            let stop = event.stop.map_or("", |stop| day.site().line.stops[stop].id.as_str());
            writeln!(
                out,
                "{} vehicle {vehicle} trip {trip} {stop} {:?}",
                clock(event.clock_s),
                event.kind
            )?;
            let is_bad = matches!(
                event.kind,
                ServiceEventKind::Disrupted { .. } | ServiceEventKind::Collided
            );
            if let (true, Some(vehicle)) = (is_bad, event.vehicle) {
                explain(&mut out, &day, vehicle)?;
            }
        }
    }
    let measures = day.finish();
    writeln!(out, "{:#?}", measures.totals)?;
    for pattern in &measures.patterns {
        writeln!(
            out,
            "pattern {} {:.0} m, stops {:?}",
            pattern.route, pattern.length_m, pattern.stops
        )?;
    }
    for trip in measures.trips.iter().filter(|trip| trip.run_time_s().is_some()) {
        let legs: Vec<String> = trip
            .calls
            .windows(2)
            .filter_map(|pair| Some(format!("{:.0}", pair[1].arrival_s? - pair[0].departure_s?)))
            .collect();
        writeln!(
            out,
            "trip {} legs {} s, energy {:.0} Wh",
            trip.id,
            legs.join(" "),
            trip.energy_wh
        )?;
    }
    let show = |d: &service::Distribution| {
        let q = |q| d.quantile(q).unwrap_or(f64::NAN);
        format!(
            "n {} mean {:.2} p50 {:.2} p95 {:.2} min {:.2} max {:.2}",
            d.count,
            d.mean().unwrap_or(f64::NAN),
            q(0.5),
            q(0.95),
            d.min,
            d.max
        )
    };
    let (docking, comfort, people) = (&measures.docking, &measures.comfort, &measures.passengers);
    writeln!(
        out,
        "docking along {}\ndocking kerb {}\nwithin target {}",
        show(&docking.along_m),
        show(&docking.kerb_gap_m),
        docking.within_target
    )?;
    writeln!(
        out,
        "acceleration {}\nlateral {}\njerk {}",
        show(&comfort.acceleration_mps2),
        show(&comfort.lateral_acceleration_mps2),
        show(&comfort.jerk_mps3)
    )?;
    writeln!(
        out,
        "events: acceleration {} lateral {} jerk {} hard braking {}",
        comfort.acceleration_events, comfort.lateral_events, comfort.jerk_events, comfort.hard_braking_events
    )?;
    writeln!(
        out,
        "passengers {} boarded {} left behind {} gave up {} waiting {}",
        people.arrived,
        people.boarded,
        people.left_behind,
        people.gave_up,
        show(&people.waiting_s)
    )?;
    writeln!(
        out,
        "punctuality {:?} {}",
        measures.punctuality.shares(),
        show(&measures.punctuality.departure_deviation_s)
    )?;
    for (name, incidents) in [
        ("stop without reason", &measures.stops_without_reason),
        ("stall", &measures.stalls),
        ("collision", &measures.safety.collisions),
    ] {
        writeln!(out, "{name}: {}", incidents.count)?;
        for incident in incidents.kept.iter().take(30) {
            writeln!(out, "  {} {incident:?}", clock(incident.clock_s))?;
        }
    }
    for approach in &measures.safety.closest_approaches {
        writeln!(out, "  {} {approach:?}", clock(approach.clock_s))?;
    }
    writeln!(
        out,
        "least time to collision {:?} {:?}",
        measures.safety.time_to_collision_s_min, measures.safety.time_to_collision_at
    )?;
    Ok(())
}

/// Whoever is nearer may have to do with it.
const AROUND_M: f64 = 12.0;

/// Why a vehicle stands, who is around, and why its rival stands.
fn explain(out: &mut impl Write, day: &ServiceDay, vehicle: usize) -> std::io::Result<()> {
    let actor = day.vehicles().nth(vehicle).and_then(|view| view.actor);
    let Some(state) = actor.map(|actor| day.world().vehicle(actor)) else {
        return Ok(());
    };
    let pose = state.ego.pose;
    writeln!(
        out,
        "    at ({:.0}, {:.0}), lane {} at {:.1} m, {:?}, nearest {:?} at {:?} m",
        pose.x_m, pose.y_m, state.lane.lane.0, state.lane.s_m, state.explanation, state.nearest, state.gap_m
    )?;
    let mut frame = world::Frame::default();
    day.world().write_frame(&mut frame);
    let is_around = |rival: &&world::ActorState| {
        let away_m = libm::hypot(rival.pose.x_m - pose.x_m, rival.pose.y_m - pose.y_m);
        Some(rival.id) != actor && away_m < AROUND_M
    };
    for rival in frame.actors.iter().filter(is_around) {
        let (dx, dy) = (rival.pose.x_m - pose.x_m, rival.pose.y_m - pose.y_m);
        let (sin, cos) = libm::sincos(pose.heading_rad);
        let turned_deg = (rival.pose.heading_rad - pose.heading_rad).to_degrees();
        writeln!(
            out,
            "    own speed {:.1} m/s; {} {:.1} m ahead, {:.1} m left, turned {turned_deg:.0} degrees, {:.1} m/s, {:?} {:.1} m long on lane {:?}",
            state.ego.speed_mps,
            rival.id.0,
            dx * cos + dy * sin,
            dy * cos - dx * sin,
            rival.speed_mps,
            rival.kind,
            rival.length_m,
            rival.lane
        )?;
    }
    let network = &day.site().network;
    let junction = network.lane(state.lane.lane).junction;
    let is_near = |still: &world::Standstill| {
        let lane = network.lane(still.place.lane);
        Some(still.id) == state.nearest.map(|(id, _)| id) || junction.is_some() && lane.junction == junction
    };
    for still in day.world().traffic().standstills(5.0).filter(is_near) {
        writeln!(out, "    {still:?}")?;
    }
    Ok(())
}

fn clock(seconds: f64) -> String {
    let seconds = seconds as u64;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
