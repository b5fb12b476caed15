//! The map of the line: where it runs, how fast it is driven, where it stops and where it came close to others.
//!
//! The town beneath is drawn by `road`; here stands what the day adds to it: one band of colour a direction, moved a
//! little to its own side of the street, so that both can be seen.

use road::RoadNetwork;
use road::draw::{ColourScale, DrawOptions, Mark, Overlay};
use service::{DayMeasures, PatternMeasures};

/// Room around the line, as a share of its extent.
const MARGIN: f64 = 0.08;
const WIDTH_PX: f64 = 1000.0;
/// Thickness of a direction's band, and how far it lies from the middle of the street.
const BAND_PX: f64 = 5.0;
/// Speeds from walking pace to the limit are told apart best in steps of 10 km/h.
const SPEED_STEP_KMH: f64 = 10.0;

/// The map, if there is one and the line has a place on it.
pub(crate) fn line_map(day: &DayMeasures, network: Option<&RoadNetwork>) -> Option<String> {
    let network = network?;
    let pieces = || day.patterns.iter().flat_map(|p| &p.pieces);
    let places = pieces()
        .map(|p| [p.x_m, p.y_m])
        .chain(day.stops.iter().map(|s| [s.x_m, s.y_m]));
    let mut area = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for [x, y] in places.filter(|p| p[0].is_finite() && p[1].is_finite()) {
        area = [area[0].min(x), area[1].min(y), area[2].max(x), area[3].max(y)];
    }
    if area[0] > area[2] {
        return None;
    }
    // A straight line would make a strip: the picture is at least half as tall as wide, for the town around it.
    let (wide, tall) = (area[2] - area[0], area[3] - area[1]);
    let margin = MARGIN * wide.max(tall).max(200.0);
    let more = (0.5 * (wide.max(200.0) + 2.0 * margin) - (tall + 2.0 * margin)).max(0.0) / 2.0;
    let area_m = [
        area[0] - margin,
        area[1] - margin - more,
        area[2] + margin,
        area[3] + margin + more,
    ];
    let fastest_mps = pieces().filter_map(|p| p.speed_mps()).fold(0.0, f64::max);
    let high_kmh = ((3.6 * fastest_mps / SPEED_STEP_KMH).ceil() * SPEED_STEP_KMH).max(SPEED_STEP_KMH);
    let metres_per_px = (area_m[2] - area_m[0]) / WIDTH_PX;
    let is_two_way = day.patterns.len() > 1;
    let aside_m = if is_two_way {
        0.5 * (BAND_PX + 1.0) * metres_per_px
    } else {
        0.0
    };
    let mut overlays: Vec<Overlay> = day.patterns.iter().map(|p| heat(p, aside_m, high_kmh)).collect();
    for stop in &day.stops {
        overlays.push(Overlay::Mark {
            at_m: [stop.x_m, stop.y_m],
            mark: Mark::Stop,
            colour: "#c2185b".to_owned(),
            label: stop.name.clone(),
        });
    }
    for (i, approach) in day.safety.closest_approaches.iter().enumerate() {
        overlays.push(Overlay::Mark {
            at_m: [approach.x_m, approach.y_m],
            mark: Mark::Ring,
            colour: "#b00020".to_owned(),
            label: (i + 1).to_string(),
        });
    }
    let options = DrawOptions {
        width_px: WIDTH_PX,
        area_m: Some(area_m),
        overlays,
        ..DrawOptions::default()
    };
    Some(road::draw::draw(network, &options).trim_end().to_owned())
}

fn heat(pattern: &PatternMeasures, aside_m: f64, high_kmh: f64) -> Overlay {
    let points: Vec<[f64; 2]> = pattern.pieces.iter().map(|p| [p.x_m, p.y_m]).collect();
    let moved = (0..points.len())
        .map(|i| {
            let (a, b) = (points[i.saturating_sub(1)], points[(i + 1).min(points.len() - 1)]);
            let length = libm::hypot(b[0] - a[0], b[1] - a[1]).max(1e-9);
            let right = [(b[1] - a[1]) / length, (a[0] - b[0]) / length];
            [points[i][0] + aside_m * right[0], points[i][1] + aside_m * right[1]]
        })
        .collect();
    Overlay::Heat {
        points_m: moved,
        values: pattern.pieces.iter().map(|p| p.speed_mps().map(|v| 3.6 * v)).collect(),
        scale: ColourScale {
            low: 0.0,
            high: high_kmh,
            label: "mean speed, km/h".to_owned(),
        },
        width_px: BAND_PX,
    }
}
