//! Pictures of coverage: the roads of a map that were driven, and the pairs of parts of parameters that were seen.
//!
//! In go what coverage counted; out come SVG pictures. Colour is never alone: what was not seen is an outline.

use crate::svg::{Anchor, Svg, pixel};
use proving::coverage::{MapCoverage, PairCoverage};
use proving::suite::LogicalScenario;
use road::draw::{DrawOptions, Overlay};
use road::{LaneId, LanePosition};

const WIDTH_PX: f64 = 900.0;
/// A map of fewer roads shows nothing that its numbers do not.
const ROADS_MIN: usize = 4;
/// Points of a driven lane lie so far apart, at most.
const STEP_M: f64 = 5.0;
const SEEN: &str = "#0072b2";
const LINE: &str = "#b8bfc5";
/// Side of a part's square, and room between two parameters' blocks.
const CELL_PX: f64 = 9.0;
const GAP_PX: f64 = 8.0;
/// Room for names, to the left and above.
const NAMES_PX: f64 = 130.0;
const HEAD_PX: f64 = 76.0;

/// The map with the lanes of driven roads in colour; none for the smallest maps.
pub(super) fn map(coverage: &MapCoverage) -> Option<String> {
    let network = &coverage.network;
    if network.roads().len() < ROADS_MIN {
        return None;
    }
    let line = |(index, lane): (usize, &road::Lane)| {
        let road = &network.roads()[lane.road.0 as usize];
        if !coverage.seen.contains(&road.id) || lane.edge.is_none() {
            return None;
        }
        let steps = (lane.length_m / STEP_M).ceil().max(1.0) as usize;
        let at = |step: usize| {
            let s_m = lane.length_m * step as f64 / steps as f64;
            let pose = network.lane_pose(LanePosition {
                lane: LaneId(index as u32),
                s_m,
                offset_m: 0.0,
            });
            [pose.x_m, pose.y_m]
        };
        Some(Overlay::Line {
            points_m: (0..=steps).map(at).collect(),
            colour: SEEN.to_owned(),
            width_px: 3.0,
        })
    };
    let options = DrawOptions {
        width_px: WIDTH_PX,
        overlays: network.lanes().iter().enumerate().filter_map(line).collect(),
        ..DrawOptions::default()
    };
    Some(road::draw::draw(network, &options).trim_end().to_owned())
}

/// A triangle of blocks, one for each two parameters, with a square for each pair of their parts; none without pairs.
pub(super) fn pairs(scenario: &LogicalScenario, coverage: &PairCoverage) -> Option<String> {
    if coverage.cells.is_empty() {
        return None;
    }
    let count = scenario.parameters.len();
    // Parts of each parameter: rows of where it is first, columns of where it is second.
    let mut parts = vec![1; count];
    for ([first, second], cells) in &coverage.cells {
        parts[*first] = cells.len();
        parts[*second] = cells.first().map_or(1, Vec::len);
    }
    let side = |index: usize| parts[index] as f64 * CELL_PX + GAP_PX;
    let left = |index: usize| NAMES_PX + (1..index).map(side).sum::<f64>();
    let top = |index: usize| HEAD_PX + (0..index).map(side).sum::<f64>();
    let width = left(count) + 90.0;
    let height = top(count.saturating_sub(1)) + 8.0;
    let mut svg = Svg::new(
        width,
        height,
        &format!("{}: pairs of parts of parameters", scenario.title),
    );
    for (index, parameter) in scenario.parameters.iter().enumerate() {
        if index + 1 < count {
            let middle = top(index) + 0.5 * (side(index) - GAP_PX) + 4.0;
            svg.text([NAMES_PX - 8.0, middle], Anchor::End, "", &parameter.name);
        }
        if index > 0 {
            let foot = [left(index) + 0.5 * (side(index) - GAP_PX), HEAD_PX - 6.0];
            let turned = format!("transform=\"rotate(-30 {} {})\"", pixel(foot[0]), pixel(foot[1]));
            svg.text(foot, Anchor::Start, &turned, &parameter.name);
        }
    }
    for ([first, second], cells) in &coverage.cells {
        for (row, seen) in cells.iter().enumerate() {
            for (column, is_seen) in seen.iter().enumerate() {
                let corner = [
                    left(*second) + column as f64 * CELL_PX,
                    top(*first) + row as f64 * CELL_PX,
                ];
                let look = match is_seen {
                    true => format!("fill=\"{SEEN}\" stroke=\"#fff\""),
                    false => format!("fill=\"#fff\" stroke=\"{LINE}\""),
                };
                svg.rectangle(corner, [CELL_PX, CELL_PX], &look);
            }
        }
    }
    Some(svg.finish())
}
