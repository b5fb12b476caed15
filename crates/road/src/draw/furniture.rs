//! What makes a picture a map: title, scale bar, north arrow, key to colours, whose data it is.

use super::DrawOptions;
use super::canvas::{Canvas, Path, tenths};
use super::labels::{Labels, text_width_px};
use super::overlay;

const TITLE_PX: f64 = 20.0;
const PAPER: &str = "fill=\"#fff\" fill-opacity=\".82\"";

/// Keeps the corners free of names.
pub(super) fn reserve(canvas: &Canvas, options: &DrawOptions, labels: &mut Labels) {
    let [width, height] = canvas.size_px();
    labels.take([0.0, height - 44.0, 250.0, height]);
    labels.take([width - 46.0, 0.0, width, 62.0]);
    if !options.title.is_empty() {
        labels.take([0.0, 0.0, 30.0 + 1.15 * text_width_px(&options.title, TITLE_PX), 42.0]);
    }
    if overlay::scale(options).is_some() {
        labels.take([width - 196.0, height - 74.0, width, height]);
    }
}

pub(super) fn draw(canvas: &mut Canvas, options: &DrawOptions) {
    let [width, height] = canvas.size_px();
    scale_bar(canvas, height);
    north_arrow(canvas, width);
    if !options.title.is_empty() {
        let wide = 24.0 + 1.12 * text_width_px(&options.title, TITLE_PX);
        canvas.rectangle([8.0, 8.0], [wide, 32.0], &format!("{PAPER} rx=\"{}\"", tenths(4.0)));
        canvas.text(
            [18.0, 31.0],
            TITLE_PX,
            0.0,
            "fill=\"#222\" font-weight=\"600\"",
            &options.title,
        );
    }
    let mut bottom = height - 8.0;
    if !options.attribution.is_empty() {
        let wide = text_width_px(&options.attribution, 9.0) + 8.0;
        canvas.rectangle([width - wide, height - 14.0], [wide, 14.0], PAPER);
        let paint = "fill=\"#444\" text-anchor=\"end\"";
        canvas.text([width - 4.0, height - 4.0], 9.0, 0.0, paint, &options.attribution);
        bottom -= 12.0;
    }
    if let Some(scale) = overlay::scale(options) {
        canvas.rectangle(
            [width - 188.0, bottom - 48.0],
            [180.0, 48.0],
            &format!("{PAPER} rx=\"{}\"", tenths(4.0)),
        );
        overlay::draw_scale(canvas, [width - 178.0, bottom - 45.0], 160.0, scale);
    }
}

fn scale_bar(canvas: &mut Canvas, height: f64) {
    let px_per_m = canvas.px_per_m();
    // The longest round length of at most 180 pixels.
    let rounds = (0..7).flat_map(|p| [1.0, 2.0, 5.0].map(|f| f * libm::pow(10.0, f64::from(p))));
    let length_m = rounds.take_while(|m| m * px_per_m <= 180.0).last().unwrap_or(1.0);
    let length_px = length_m * px_per_m;
    let text = if length_m >= 1000.0 {
        format!("{} km", length_m / 1000.0)
    } else {
        format!("{length_m} m")
    };
    let (x, y) = (18.0, height - 16.0);
    let wide = length_px + 28.0 + text_width_px(&text, 12.0);
    canvas.rectangle(
        [8.0, height - 34.0],
        [wide, 26.0],
        &format!("{PAPER} rx=\"{}\"", tenths(4.0)),
    );
    let half = 0.5 * length_px;
    let frame = format!("stroke=\"#222\" stroke-width=\"{}\"", tenths(0.8));
    canvas.rectangle([x, y - 6.0], [half, 5.0], &format!("fill=\"#222\" {frame}"));
    canvas.rectangle([x + half, y - 6.0], [half, 5.0], &format!("fill=\"#fff\" {frame}"));
    canvas.text([x + length_px + 8.0, y], 12.0, 0.0, "fill=\"#222\"", &text);
}

fn north_arrow(canvas: &mut Canvas, width: f64) {
    let (x, y) = (width - 26.0, 14.0);
    canvas.dot([x, y + 19.0], 20.0, PAPER);
    let mut left = Path::default();
    let mut right = Path::default();
    left.ring_px(&[[x, y + 2.0], [x - 7.0, y + 24.0], [x, y + 19.0]]);
    right.ring_px(&[[x, y + 2.0], [x + 7.0, y + 24.0], [x, y + 19.0]]);
    canvas.put(&left, "fill=\"#222\"");
    canvas.put(
        &right,
        &format!("fill=\"#fff\" stroke=\"#222\" stroke-width=\"{}\"", tenths(0.8)),
    );
    canvas.text(
        [x, y + 35.0],
        11.0,
        0.0,
        "fill=\"#222\" text-anchor=\"middle\" font-weight=\"700\"",
        "N",
    );
}
