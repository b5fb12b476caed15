//! The map of a day's links: how slow the loop from afar was at its slowest, piece by piece of the roads that were driven.

use network::supervision::{LinkMeasures, PIECE_M, PieceMeasures};
use road::draw::{ColourScale, DrawOptions, Overlay};
use road::{LanePosition, RoadNetwork};

const WIDTH_PX: f64 = 1000.0;
const BAND_PX: f64 = 4.0;
/// Room around the pieces.
const MARGIN_M: f64 = 300.0;

/// The map, if somebody was watched anywhere.
pub(crate) fn link_map(links: &LinkMeasures, network: &RoadNetwork) -> Option<String> {
    let watched = || links.pieces.iter().filter(|piece| piece.frames > 0);
    // Where the scale ends nobody drives from afar.
    let high_ms = links.rules.loop_ms_max;
    let mut area_m = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    let mut overlays = Vec::new();
    for piece in watched() {
        let points_m = ends(piece, network);
        for [x, y] in points_m {
            area_m = [area_m[0].min(x), area_m[1].min(y), area_m[2].max(x), area_m[3].max(y)];
        }
        // What never came was slower than anything that did.
        let ms = if piece.frames_in_time == 0 {
            high_ms
        } else {
            piece.loop_ms_max
        };
        overlays.push(Overlay::Heat {
            points_m: points_m.to_vec(),
            values: vec![Some(ms); points_m.len()],
            scale: ColourScale {
                low: 0.0,
                high: high_ms,
                label: "slowest loop, ms".to_owned(),
            },
            width_px: BAND_PX,
        });
    }
    if overlays.is_empty() {
        return None;
    }
    let [west, south, east, north] = area_m;
    let options = DrawOptions {
        width_px: WIDTH_PX,
        area_m: Some([west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M]),
        overlays,
        ..DrawOptions::default()
    };
    Some(road::draw::draw(network, &options).trim_end().to_owned())
}

/// Beginning, middle and end of a piece.
fn ends(piece: &PieceMeasures, network: &RoadNetwork) -> [[f64; 2]; 3] {
    let length_m = network.lane(piece.lane).length_m;
    let from_m = (f64::from(piece.piece) * PIECE_M).min(length_m);
    let to_m = (from_m + PIECE_M).min(length_m);
    [from_m, 0.5 * (from_m + to_m), to_m].map(|s_m| {
        let pose = network.lane_pose(LanePosition {
            lane: piece.lane,
            s_m,
            offset_m: 0.0,
        });
        [pose.x_m, pose.y_m]
    })
}
