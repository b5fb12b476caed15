//! What lies beside the roads: land, water, green, grounds, buildings with their shadows.

use super::canvas::{Canvas, Path, tenths};
use crate::RoadNetwork;
use crate::draft::AreaKind;

pub(super) fn draw(canvas: &mut Canvas, network: &RoadNetwork) {
    let size = canvas.size_px();
    canvas.rectangle([0.0, 0.0], size, "fill=\"#f2efe9\"");
    // Grounds lie under green, green under water: a pond is in a park, a park on a campus.
    for (kind, paint) in [
        (AreaKind::Paved, "fill=\"#e7e3dc\""),
        (AreaKind::School, "fill=\"#f4ecd0\" stroke=\"#d9caa0\""),
        (AreaKind::Hospital, "fill=\"#f8e3e0\" stroke=\"#e2b9b3\""),
        (AreaKind::Green, "fill=\"#d3e5c2\""),
        (AreaKind::Water, "fill=\"#b4d6e8\" stroke=\"#93bfd6\""),
    ] {
        let path = outlines(canvas, network, kind);
        canvas.put(&path, &format!("{paint} stroke-width=\"{}\"", tenths(0.8)));
    }
    let buildings = outlines(canvas, network, AreaKind::Building);
    if buildings.is_empty() {
        return;
    }
    // A shadow to the south-east, some three storeys long, tells what stands from what is painted.
    let shadow = tenths((4.0 * canvas.px_per_m()).clamp(0.3, 4.0));
    canvas.put(
        &buildings,
        &format!("fill=\"#000\" fill-opacity=\".10\" transform=\"translate({shadow} {shadow})\""),
    );
    canvas.put(
        &buildings,
        &format!("fill=\"#d8cfc4\" stroke=\"#bfb3a5\" stroke-width=\"{}\"", tenths(0.5)),
    );
}

fn outlines(canvas: &Canvas, network: &RoadNetwork, kind: AreaKind) -> Path {
    let mut path = Path::default();
    for area in network
        .areas()
        .iter()
        .filter(|a| a.kind == kind && a.outline_m.len() >= 3)
    {
        let reach_m = area
            .outline_m
            .iter()
            .map(|p| libm::hypot(p[0] - area.outline_m[0][0], p[1] - area.outline_m[0][1]))
            .fold(0.0, f64::max);
        if canvas.shows(area.outline_m[0], reach_m) {
            canvas.ring(&mut path, &area.outline_m);
        }
    }
    path
}
