//! What does not change while it is watched: the line, its stops and plan, the fleet, where lights and crossings are.
//!
//! A [`Site`] and a service day go in, JSON comes out, once; clients ask for it when they open.

use jiff::civil::Date;
use road::LanePosition;
use serde_json::{Value, json};
use service::{Site, Way};

/// Points of a line's way are this far apart.
const WAY_STEP_M: f64 = 8.0;

/// The site as clients read it.
pub fn site_json(site: &Site, date: Date, vehicles: &[(String, std::sync::Arc<vehicle::DataSheet>)]) -> Value {
    let network = &site.network;
    let round = |metres: f64| (metres * 100.0).round() / 100.0;
    let point = |[x, y, z]: [f64; 3]| json!([round(x), round(y), round(z)]);
    let stops = site.line.stops.iter().map(|stop| {
        let pose = network.lane_pose(stop.position);
        json!({
            "id": stop.id, "name": stop.name, "platform_m": point(stop.platform_m),
            "at_m": point([pose.x_m, pose.y_m, pose.z_m]),
        })
    });
    let patterns = site.line.patterns.iter().map(|pattern| {
        let route = &site.line.timetable.routes[pattern.route];
        json!({
            "route": route.name, "headsign": pattern.headsign, "colour": route.colour,
            "length_m": round(pattern.way.length_m),
            "points_m": way_points(site, &pattern.way).into_iter().map(point).collect::<Vec<_>>(),
            "stops": pattern.stops.iter().map(|stop| json!([stop.stop, round(stop.distance_m)])).collect::<Vec<_>>(),
        })
    });
    let timetable = &site.line.timetable;
    let trips = timetable.trips_on(date).into_iter().map(|trip| {
        let calls = timetable.trips[trip].calls.iter();
        json!({
            "id": timetable.trips[trip].id, "pattern": site.line.pattern_of_trip[trip],
            "calls_s": calls.map(|call| json!([call.arrival_s, call.departure_s])).collect::<Vec<_>>(),
        })
    });
    let fleet = vehicles.iter().map(|(name, sheet)| {
        json!({
            "name": name, "sheet": sheet.name, "title": sheet.title, "seats": sheet.mass.seats,
            "size_m": [sheet.dimensions.length_m, sheet.dimensions.width_m, sheet.dimensions.height_m],
            "steering_rad_max": sheet.steering.angle_rad_max,
        })
    });
    let signals = network.signals().iter().map(|signal| {
        json!([
            round(signal.pose.x_m),
            round(signal.pose.y_m),
            round(signal.pose.z_m),
            (signal.pose.heading_rad * 1e3).round() / 1e3,
            u8::from(signal.lanes.is_empty())
        ])
    });
    json!({
        "id": site.id, "name": site.name, "place": site.place, "date": date.to_string(), "time_zone": site.time_zone,
        "map": network.digest(), "bounds_m": network.bounds_m(), "line": timetable.routes.first().map(|route| &route.long_name),
        "stops": stops.collect::<Vec<_>>(), "patterns": patterns.collect::<Vec<_>>(),
        "trips": trips.collect::<Vec<_>>(), "vehicles": fleet.collect::<Vec<_>>(), "signals": signals.collect::<Vec<_>>(),
    })
}

fn way_points(site: &Site, way: &Way) -> Vec<[f64; 3]> {
    let steps = (way.length_m / WAY_STEP_M).ceil().clamp(1.0, 20_000.0) as u32;
    (0..=steps)
        .map(|step| {
            let at = way.position(&site.network, way.length_m * f64::from(step) / f64::from(steps));
            let pose = site.network.lane_pose(LanePosition { offset_m: 0.0, ..at });
            [pose.x_m, pose.y_m, pose.z_m]
        })
        .collect()
}
