//! Lanes, crossings, lights, stops and areas as GeoJSON features.
//!
//! Source: RFC 7946. Positions are longitude, latitude and height on WGS 84, which is the only reference system that it
//! knows; a map without a place on the Earth is written in its own metres, and says so in a foreign member.

use crate::draft::{AreaKind, LaneKind};
use crate::{LaneId, RoadNetwork, Turn};
use serde_json::{Value, json};

/// Points of a line farther aside than this are kept.
const DETAIL_M: f64 = 0.02;

/// The features of a network, in order of kind and id; one line each.
pub fn geojson(network: &RoadNetwork) -> String {
    let mut features: Vec<Value> = Vec::new();
    for index in 0..network.lanes().len() {
        features.push(lane(network, LaneId(index as u32)));
    }
    for crossing in network.crossings() {
        let line =
            json!({ "type": "LineString", "coordinates": positions(network, &[crossing.from_m, crossing.to_m]) });
        let properties = json!({
            "element": "crossing", "id": crossing.id, "width_m": rounded(crossing.width_m, 2),
            "has_light": crossing.signal.is_some(),
        });
        features.push(feature(&line, &properties));
    }
    for signal in network.signals() {
        let point = json!({
            "type": "Point",
            "coordinates": position(network, [signal.pose.x_m, signal.pose.y_m, signal.pose.z_m]),
        });
        let properties = json!({
            "element": "traffic_light", "id": signal.id,
            "controller": network.controllers()[signal.controller].id,
            "lanes": signal.lanes.iter().map(|lane| lane.0).collect::<Vec<_>>(),
        });
        features.push(feature(&point, &properties));
    }
    for stop in network.stops() {
        let point = json!({ "type": "Point", "coordinates": position(network, stop.platform_m) });
        let properties = json!({
            "element": "bus_stop", "id": stop.id, "name": stop.name, "lane": stop.position.lane.0,
        });
        features.push(feature(&point, &properties));
    }
    for area in network.areas().iter().filter(|area| area.outline_m.len() >= 3) {
        features.push(self::area(network, area));
    }
    let mut text = String::from("{\"type\":\"FeatureCollection\",");
    text += &format!("\"name\":{},", Value::from(network.name()));
    if network.geo_reference().is_none() {
        text += "\"coordinateUnit\":\"metre\",";
    }
    text += "\"features\":[\n";
    let lines: Vec<String> = features.iter().map(Value::to_string).collect();
    text += &lines.join(",\n");
    text += "\n]}\n";
    text
}

fn feature(geometry: &Value, properties: &Value) -> Value {
    json!({ "type": "Feature", "geometry": geometry, "properties": properties })
}

fn lane(network: &RoadNetwork, id: LaneId) -> Value {
    let lane = network.lane(id);
    let road = &network.roads()[lane.road.0 as usize];
    let points: Vec<[f64; 3]> = network
        .lane_outline(id)
        .map(|point| [point.x_m, point.y_m, point.z_m])
        .collect();
    let line = json!({ "type": "LineString", "coordinates": positions(network, &simplified(&points)) });
    let mut properties = json!({
        "element": "lane", "id": id.0, "road": road.id, "lane": lane.opendrive_id, "kind": kind_word(lane.kind),
        "width_m": rounded(network.lane_width_m(id, 0.5 * lane.length_m), 2),
    });
    let object = properties.as_object_mut().expect("an object was made");
    if !road.name.is_empty() {
        object.insert("name".into(), road.name.clone().into());
    }
    if lane.edge.is_some() {
        let successors: Vec<u32> = lane.successors.iter().map(|lane| lane.0).collect();
        object.insert("speed_kmh".into(), rounded(lane.speed_mps_max * 3.6, 1));
        object.insert("successors".into(), successors.into());
    }
    if let Some(junction) = lane.junction {
        object.insert(
            "junction".into(),
            network.junctions()[junction.0 as usize].id.clone().into(),
        );
        object.insert("turn".into(), turn_word(lane.turn).into());
    }
    feature(&line, &properties)
}

fn area(network: &RoadNetwork, area: &crate::Area) -> Value {
    let mut ring: Vec<[f64; 3]> = area.outline_m.iter().map(|&[x, y]| [x, y, 0.0]).collect();
    let turned: f64 = (0..ring.len())
        .map(|index| {
            let ([ax, ay, _], [bx, by, _]) = (ring[index], ring[(index + 1) % ring.len()]);
            ax * by - bx * ay
        })
        .sum();
    // Outer rings run anticlockwise (3.1.6).
    if turned < 0.0 {
        ring.reverse();
    }
    ring.push(ring[0]);
    let polygon = json!({ "type": "Polygon", "coordinates": [positions(network, &ring)] });
    let kind = match area.kind {
        AreaKind::Building => "building",
        AreaKind::Water => "water",
        AreaKind::Green => "green",
        AreaKind::School => "school",
        AreaKind::Hospital => "hospital",
        AreaKind::Paved => "paved",
    };
    let properties = json!({
        "element": "area", "kind": kind, "name": area.name, "height_m": rounded(area.height_m, 1),
    });
    feature(&polygon, &properties)
}

/// The ends, and what lies more than [`DETAIL_M`] off the straight between the points kept around it.
fn simplified(points: &[[f64; 3]]) -> Vec<[f64; 3]> {
    let mut is_kept = vec![false; points.len()];
    let mut open = vec![(0, points.len() - 1)];
    (is_kept[0], is_kept[points.len() - 1]) = (true, true);
    while let Some((from, to)) = open.pop() {
        let farthest = (from + 1..to)
            .map(|index| (off_m(points[index], points[from], points[to]), index))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((off_m, index)) = farthest
            && off_m > DETAIL_M
        {
            is_kept[index] = true;
            open.extend([(from, index), (index, to)]);
        }
    }
    let kept = points.iter().zip(is_kept);
    kept.filter(|(_, is_kept)| *is_kept).map(|(&point, _)| point).collect()
}

fn off_m(point: [f64; 3], a: [f64; 3], b: [f64; 3]) -> f64 {
    let across = [0, 1, 2].map(|axis| b[axis] - a[axis]);
    let to = [0, 1, 2].map(|axis| point[axis] - a[axis]);
    let square: f64 = across.iter().map(|value| value * value).sum();
    let product: f64 = across.iter().zip(to).map(|(value, other)| value * other).sum();
    let share = if square > 0.0 {
        (product / square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let rest: f64 = (0..3).map(|axis| (to[axis] - share * across[axis]).powi(2)).sum();
    rest.sqrt()
}

fn positions(network: &RoadNetwork, points: &[[f64; 3]]) -> Vec<Value> {
    points.iter().map(|&point| position(network, point)).collect()
}

/// Seven digits of a degree are a centimetre.
fn position(network: &RoadNetwork, [x_m, y_m, z_m]: [f64; 3]) -> Value {
    match network.to_geographic_deg(x_m, y_m) {
        Some([latitude_deg, longitude_deg]) => {
            json!([rounded(longitude_deg, 7), rounded(latitude_deg, 7), rounded(z_m, 2)])
        }
        None => json!([rounded(x_m, 2), rounded(y_m, 2), rounded(z_m, 2)]),
    }
}

fn rounded(value: f64, digits: i32) -> Value {
    let scale = 10_f64.powi(digits);
    let value = (value * scale).round() / scale;
    // No negative zero: it is one text for one place.
    Value::from(if value == 0.0 { 0.0 } else { value })
}

fn turn_word(turn: Turn) -> &'static str {
    match turn {
        Turn::Straight => "straight",
        Turn::Left => "left",
        Turn::Right => "right",
        Turn::Around => "around",
    }
}

fn kind_word(kind: LaneKind) -> &'static str {
    match kind {
        LaneKind::None => "none",
        LaneKind::Driving => "driving",
        LaneKind::Ramp => "ramp",
        LaneKind::Bus => "bus",
        LaneKind::Bicycle => "bicycle",
        LaneKind::Sidewalk => "sidewalk",
        LaneKind::Parking => "parking",
        LaneKind::Shoulder => "shoulder",
        LaneKind::Stop => "stop",
        LaneKind::Median => "median",
        LaneKind::Curb => "curb",
        LaneKind::Border => "border",
        LaneKind::Rail => "rail",
    }
}
