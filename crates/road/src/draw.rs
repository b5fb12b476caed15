//! Maps to look at: a road network as SVG, and SVG as PNG.
//!
//! In goes a compiled network and what to lay over it (a line with values, marks, names); out comes one picture, the
//! same bytes for the same network. Detail follows scale: markings appear where a pixel is less than a metre, stop lines
//! and single lights a little later. Roads lie by level: tunnels dashed under the town, bridges with a shadow over it.
//! It knows no vehicle and no service.
//!
//! Sketch: a town of 20 km² has some 400 km of lanes; sampled every 3 m and thinned to a seventh of a pixel that leaves
//! some ten points a lane and kilometre at overview scale, half a megabyte in all.
//!
//! ```text
//! canvas     metres to pixels, paths in few bytes
//! roads      surfaces by level, markings, crossings
//! town       land, water, green, buildings
//! labels     names that do not print over each other
//! overlay    lines with values, marks
//! furniture  title, scale bar, north arrow
//! ```

mod canvas;
mod furniture;
mod labels;
mod overlay;
mod roads;
mod town;

use crate::{RoadError, RoadNetwork};
use canvas::Canvas;
use skrifa::{FontRef, MetadataProvider};

pub use overlay::{ColourScale, Mark, Overlay, viridis};

/// What to draw, beside the network.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawOptions {
    /// Width of the picture in pixels; the height follows from the area.
    pub width_px: f64,
    /// West, south, east, north in metres; everything, with a margin, if absent.
    pub area_m: Option<[f64; 4]>,
    /// Printed in the upper left corner, if not empty.
    pub title: String,
    /// Printed in the lower right corner: who holds rights in the map.
    pub attribution: String,
    /// Names of streets and stops.
    pub names: bool,
    /// What to lay over the map, first at the bottom.
    pub overlays: Vec<Overlay>,
}

impl Default for DrawOptions {
    fn default() -> DrawOptions {
        DrawOptions {
            width_px: 1600.0,
            area_m: None,
            title: String::new(),
            attribution: String::new(),
            names: true,
            overlays: Vec::new(),
        }
    }
}

/// Narrowest and widest picture, pixels: wide enough for a title, small enough for any viewer.
const WIDTH_PX: std::ops::RangeInclusive<f64> = 200.0..=16_000.0;
/// Tallest picture against its width; beyond it a picture is a strip that nobody can read.
const HEIGHT_BY_WIDTH: std::ops::RangeInclusive<f64> = 0.1..=4.0;

/// The picture as SVG.
pub fn draw(network: &RoadNetwork, options: &DrawOptions) -> String {
    let bounds = network.bounds_m();
    let margin_m = 0.02 * (bounds[2] - bounds[0]).max(bounds[3] - bounds[1]).max(50.0);
    let area = options.area_m.unwrap_or([
        bounds[0] - margin_m,
        bounds[1] - margin_m,
        bounds[2] + margin_m,
        bounds[3] + margin_m,
    ]);
    let mut canvas = Canvas::new(
        area,
        options.width_px.clamp(*WIDTH_PX.start(), *WIDTH_PX.end()),
        HEIGHT_BY_WIDTH,
    );
    let mut labels = labels::Labels::new(&canvas);
    furniture::reserve(&canvas, options, &mut labels);
    town::draw(&mut canvas, network);
    roads::draw(&mut canvas, network);
    overlay::draw_lines(&mut canvas, options);
    overlay::draw_marks(&mut canvas, options, &mut labels);
    if options.names {
        labels::draw_stops(&mut canvas, network, &mut labels);
        labels::draw_streets(&mut canvas, network, &mut labels);
    }
    furniture::draw(&mut canvas, options);
    canvas.finish(&options.title)
}

/// Where fonts usually lie, best first, such that hold Chinese among them: for the caller to read and hand to [`png`].
pub const FONT_PLACES: [&str; 12] = [
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/System/Library/Fonts/Helvetica.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "C:\\Windows\\Fonts\\segoeui.ttf",
    "C:\\Windows\\Fonts\\msyh.ttc",
];

/// An SVG of ours as PNG, `scale` pixels a pixel. Text needs fonts (the content of font files); a text with a letter that
/// none of them has is left out, because boxes tell nobody anything.
pub fn png(svg: &str, scale: f64, fonts: &[Vec<u8>]) -> Result<Vec<u8>, RoadError> {
    let unreadable = |what: String| RoadError::Unreadable(format!("picture: {what}\nhint: draw it again, or smaller"));
    let mut options = resvg::usvg::Options::default();
    let database = options.fontdb_mut();
    for font in fonts {
        database.load_font_data(font.clone());
    }
    let family = database
        .faces()
        .next()
        .and_then(|face| face.families.first())
        .map(|(name, _)| name.clone());
    if let Some(family) = family {
        database.set_sans_serif_family(family);
    }
    let svg = without_boxes(svg, fonts);
    let tree = resvg::usvg::Tree::from_str(&svg, &options).map_err(|error| unreadable(error.to_string()))?;
    let size = tree.size();
    let pixels = |length: f32| (f64::from(length) * scale).round().clamp(1.0, *WIDTH_PX.end()) as u32;
    let (width, height) = (pixels(size.width()), pixels(size.height()));
    let mut pixmap = resvg::tiny_skia::Pixmap::new(width, height)
        .ok_or_else(|| unreadable(format!("{width} by {height} pixels are too many")))?;
    // A picture without a ground of its own has to be read on a dark page too.
    pixmap.fill(resvg::tiny_skia::Color::WHITE);
    let transform = resvg::tiny_skia::Transform::from_scale(width as f32 / size.width(), height as f32 / size.height());
    resvg::render(&tree, transform, &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|error| unreadable(error.to_string()))
}

/// An SVG less the texts with letters that no font has.
fn without_boxes(svg: &str, fonts: &[Vec<u8>]) -> String {
    const OPEN: &str = "<text ";
    const CLOSE: &str = "</text>";
    let faces: Vec<FontRef> = fonts
        .iter()
        .filter_map(|font| FontRef::from_index(font, 0).ok())
        .collect();
    let is_known = |letter: char| letter.is_ascii() || faces.iter().any(|face| face.charmap().map(letter).is_some());
    let mut kept = String::with_capacity(svg.len());
    let mut rest = svg;
    while let Some(start) = rest.find(OPEN) {
        let length = rest[start..]
            .find(CLOSE)
            .map_or(rest.len() - start, |end| end + CLOSE.len());
        let (before, text) = (&rest[..start], &rest[start..start + length]);
        kept.push_str(before);
        if text.chars().all(is_known) {
            kept.push_str(text);
        }
        rest = &rest[start + length..];
    }
    kept.push_str(rest);
    kept
}
