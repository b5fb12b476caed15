//! Metres to pixels, and paths in few bytes.
//!
//! Geometry is written in whole tenths of a pixel, relative to the point before, inside one group that is scaled by a
//! tenth: the shortest text that a reader of SVG understands, and equal on every machine.

use crate::polyline::simplified;
use std::fmt::Write;

/// A picture being drawn.
pub(super) struct Canvas {
    west_m: f64,
    north_m: f64,
    px_per_m: f64,
    width_px: f64,
    height_px: f64,
    body: String,
}

/// A path's commands, in tenths of pixels.
#[derive(Default)]
pub(super) struct Path {
    d: String,
    at: [i64; 2],
}

impl Canvas {
    /// A picture of an area (west, south, east, north), so many pixels wide.
    pub(super) fn new(area_m: [f64; 4], width_px: f64, height_by_width: std::ops::RangeInclusive<f64>) -> Canvas {
        let finite = area_m.iter().all(|v| v.is_finite());
        let [west_m, south_m, east_m, north_m] = if finite { area_m } else { [0.0, 0.0, 100.0, 100.0] };
        let (wide_m, tall_m) = ((east_m - west_m).max(1.0), (north_m - south_m).max(1.0));
        let ratio = (tall_m / wide_m).clamp(*height_by_width.start(), *height_by_width.end());
        let height_px = (width_px * ratio).round();
        let px_per_m = (width_px / wide_m).min(height_px / tall_m);
        Canvas {
            // What is left of the page lies evenly around the area.
            west_m: 0.5 * (west_m + east_m) - 0.5 * width_px / px_per_m,
            north_m: 0.5 * (south_m + north_m) + 0.5 * height_px / px_per_m,
            px_per_m,
            width_px,
            height_px,
            body: String::new(),
        }
    }

    pub(super) fn px_per_m(&self) -> f64 {
        self.px_per_m
    }

    pub(super) fn size_px(&self) -> [f64; 2] {
        [self.width_px, self.height_px]
    }

    /// Where a point of the map lies on the picture.
    pub(super) fn px(&self, at_m: [f64; 2]) -> [f64; 2] {
        [
            (at_m[0] - self.west_m) * self.px_per_m,
            (self.north_m - at_m[1]) * self.px_per_m,
        ]
    }

    /// Whether something about a place may show, given how far it reaches.
    pub(super) fn shows(&self, at_m: [f64; 2], reach_m: f64) -> bool {
        let [x, y] = self.px(at_m);
        let reach = reach_m * self.px_per_m + 8.0;
        (-reach..=self.width_px + reach).contains(&x) && (-reach..=self.height_px + reach).contains(&y)
    }

    /// Adds a ring, always turned the same way, so that overlapping rings of one path never cut holes.
    pub(super) fn ring(&self, path: &mut Path, points_m: &[[f64; 2]]) {
        let mut points: Vec<[f64; 2]> = points_m.iter().map(|p| self.px(*p)).collect();
        let area: f64 = (0..points.len())
            .map(|i| {
                let (a, b) = (points[i], points[(i + 1) % points.len()]);
                a[0] * b[1] - b[0] * a[1]
            })
            .sum();
        if area < 0.0 {
            points.reverse();
        }
        path.trace(&points, true);
    }

    /// Adds a line.
    pub(super) fn line(&self, path: &mut Path, points_m: &[[f64; 2]]) {
        let points: Vec<[f64; 2]> = points_m.iter().map(|p| self.px(*p)).collect();
        path.trace(&points, false);
    }

    /// Writes a path with its attributes (lengths in pixels are to be given by [`tenths`]).
    pub(super) fn put(&mut self, path: &Path, attributes: &str) {
        if !path.d.is_empty() {
            let _ = write!(self.body, "<path d=\"{}\" {attributes}/>", path.d);
        }
    }

    /// Writes a dot.
    pub(super) fn dot(&mut self, at_px: [f64; 2], radius_px: f64, attributes: &str) {
        let [x, y] = at_px.map(tenths);
        let r = tenths(radius_px);
        let _ = write!(self.body, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" {attributes}/>");
    }

    /// Writes a rectangle.
    pub(super) fn rectangle(&mut self, corner_px: [f64; 2], size_px: [f64; 2], attributes: &str) {
        let [x, y, w, h] = [corner_px[0], corner_px[1], size_px[0], size_px[1]].map(tenths);
        let _ = write!(
            self.body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" {attributes}/>"
        );
    }

    /// Writes a text of that height, turned by some degrees about its point.
    pub(super) fn text(&mut self, at_px: [f64; 2], size_px: f64, turn_deg: f64, attributes: &str, text: &str) {
        let [x, y] = at_px.map(tenths);
        let turn = match turn_deg.round() as i64 {
            0 => String::new(),
            degrees => format!(" transform=\"rotate({degrees} {x} {y})\""),
        };
        let size = tenths(size_px);
        let text = escaped(text);
        let _ = write!(
            self.body,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{turn} {attributes}>{text}</text>"
        );
    }

    /// The finished picture.
    pub(super) fn finish(self, name: &str) -> String {
        let (width, height) = (self.width_px.round() as i64, self.height_px.round() as i64);
        let name = escaped(if name.is_empty() { "Map" } else { name });
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" font-family=\"system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',\
             'Noto Sans CJK SC',sans-serif\"><title>{name}</title><g transform=\"scale(.1)\">{}</g></svg>\n",
            self.body
        )
    }
}

impl Path {
    pub(super) fn is_empty(&self) -> bool {
        self.d.is_empty()
    }

    /// Adds a ring given in pixels.
    pub(super) fn ring_px(&mut self, points_px: &[[f64; 2]]) {
        self.trace(points_px, true);
    }

    /// Adds pixels as a line or ring; points that a seventh of a pixel does not tell apart are left out.
    fn trace(&mut self, points_px: &[[f64; 2]], is_ring: bool) {
        const FLAT_PX: f64 = 0.14;
        let kept = simplified(points_px, FLAT_PX);
        let mut tenths: Vec<[i64; 2]> = kept.iter().map(|p| p.map(tenths)).collect();
        tenths.dedup();
        if is_ring && tenths.len() > 1 && tenths.first() == tenths.last() {
            tenths.pop();
        }
        if tenths.len() < if is_ring { 3 } else { 2 } {
            return;
        }
        let _ = write!(self.d, "M{} {}", tenths[0][0], tenths[0][1]);
        self.at = tenths[0];
        for (i, &point) in tenths[1..].iter().enumerate() {
            let [dx, dy] = [point[0] - self.at[0], point[1] - self.at[1]];
            // A minus sign parts numbers as well as a space does.
            let gap = if dx < 0 { "" } else { " " };
            let _ = write!(
                self.d,
                "{}{dx}{}{dy}",
                if i == 0 { "l" } else { gap },
                if dy < 0 { "" } else { " " }
            );
            self.at = point;
        }
        if is_ring {
            self.d.push('z');
        }
    }
}

/// A length in tenths of a pixel, as all numbers of the picture are written.
pub(super) fn tenths(px: f64) -> i64 {
    // Far outside the picture one place is as good as another.
    (px * 10.0).round().clamp(-1e6, 1e6) as i64
}

/// Text fit for XML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push(' '),
            _ => out.push(c),
        }
    }
    out
}
