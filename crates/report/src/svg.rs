//! Elements and text of a picture, written so that the same picture has the same bytes.
//!
//! Coordinates are pixels with one decimal: finer than a printer shows at page width.

use std::fmt::Write;

/// A picture being written.
#[derive(Debug)]
pub(crate) struct Svg {
    text: String,
}

/// How a text lies about its point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    /// A picture of that size, named for those who cannot see it.
    pub(crate) fn new(width_px: f64, height_px: f64, name: &str) -> Svg {
        let mut svg = Svg { text: String::new() };
        let (width, height) = (pixel(width_px), pixel(height_px));
        let _ = write!(
            svg.text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" font-family=\"system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',\
             'Liberation Sans',sans-serif\" font-size=\"11\" fill=\"#222\"><title>{}</title>",
            escaped(name)
        );
        svg
    }

    /// Any element without content; attributes as they are to stand in the file.
    pub(crate) fn element(&mut self, name: &str, attributes: &str) {
        let _ = write!(self.text, "<{name} {attributes}/>");
    }

    /// A straight line.
    pub(crate) fn line(&mut self, from: [f64; 2], to: [f64; 2], attributes: &str) {
        let [x1, y1, x2, y2] = [from[0], from[1], to[0], to[1]].map(pixel);
        let _ = write!(self.text, "<path d=\"M{x1} {y1}L{x2} {y2}\" {attributes}/>");
    }

    /// A rectangle.
    pub(crate) fn rectangle(&mut self, corner: [f64; 2], size: [f64; 2], attributes: &str) {
        let [x, y, width, height] = [corner[0], corner[1], size[0].max(0.0), size[1].max(0.0)].map(pixel);
        let _ = write!(
            self.text,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {attributes}/>"
        );
    }

    /// A line through points; each `None` lifts the pen.
    pub(crate) fn polyline(&mut self, points: impl Iterator<Item = Option<[f64; 2]>>, attributes: &str) {
        let mut path = String::new();
        let mut pen_is_down = false;
        for point in points {
            match point {
                Some([x, y]) => {
                    let _ = write!(path, "{}{} {}", if pen_is_down { 'L' } else { 'M' }, pixel(x), pixel(y));
                    pen_is_down = true;
                }
                None => pen_is_down = false,
            }
        }
        if !path.is_empty() {
            let _ = write!(self.text, "<path d=\"{path}\" fill=\"none\" {attributes}/>");
        }
    }

    /// A text.
    pub(crate) fn text(&mut self, at: [f64; 2], anchor: Anchor, attributes: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let [x, y] = at.map(pixel);
        let _ = write!(
            self.text,
            "<text x=\"{x}\" y=\"{y}\"{anchor} {attributes}>{}</text>",
            escaped(text)
        );
    }

    /// The finished picture.
    pub(crate) fn finish(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }
}

/// One decimal, without a trailing zero or a negative zero.
pub(crate) fn pixel(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    if tenths % 10 == 0 {
        format!("{}", tenths / 10)
    } else {
        format!("{:.1}", tenths as f64 / 10.0)
    }
}

/// Text fit for XML.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' => out.push(' '),
            _ => out.push(c),
        }
    }
    out
}
