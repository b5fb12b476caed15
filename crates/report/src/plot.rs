//! A picture of numbers: two axes with units, and layers of lines, bars, bands and marks between them.
//!
//! Colours are those of Okabe and Ito ("Color Universal Design", 2008), which survive colour blindness; lines of one
//! picture differ in dash too, so that they survive a grey printer. Nothing here knows what the numbers mean.

use crate::axis::Axis;
use crate::svg::{Anchor, Svg, pixel};
use road::polyline::simplified;

/// Colours for things of one kind, in the order in which they are given out.
pub(crate) const COLOURS: [&str; 7] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000",
];
/// Dashes that go with [`COLOURS`].
pub(crate) const DASHES: [&str; 7] = ["", "7 3", "2 2", "9 3 2 3", "5 2 1 2 1 2", "12 3", "1 3"];
/// What was planned, or a limit.
pub(crate) const PLANNED: &str = "#777";

const GRID: &str = "stroke=\"#ddd\" stroke-width=\"0.7\"";

/// A picture to be.
#[derive(Clone, Debug)]
pub struct Plot {
    /// What it shows, in a few words; also its name for those who cannot see it.
    pub title: String,
    /// Width of the whole picture.
    pub width_px: f64,
    /// Height of the whole picture.
    pub height_px: f64,
    /// To the right.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// What is drawn, first at the bottom.
    pub layers: Vec<Layer>,
    /// Texts with colour and dash, under the title.
    pub legend: Vec<(String, String, String)>,
}

/// One thing to draw, in the axes' values.
#[derive(Clone, Debug)]
pub enum Layer {
    /// A line through points.
    Line {
        /// x, y.
        points: Vec<(f64, f64)>,
        /// `#rrggbb`.
        colour: String,
        /// SVG dash pattern, empty for a full line.
        dash: String,
        /// Thickness.
        width_px: f64,
    },
    /// Upright bars.
    Bars {
        /// x from, x to, y from, y to.
        bars: Vec<[f64; 4]>,
        /// `#rrggbb`.
        colour: String,
    },
    /// A level across the picture, with a word on it: a limit, a target.
    Level {
        /// y.
        at: f64,
        /// The word.
        label: String,
    },
    /// An upright line with a word at its top.
    Mark {
        /// x.
        at: f64,
        /// The word.
        label: String,
    },
    /// A shaded range of x.
    Band {
        /// x.
        from: f64,
        /// x.
        to: f64,
        /// `#rrggbb`.
        colour: String,
    },
    /// Dots.
    Dots {
        /// x, y.
        points: Vec<(f64, f64)>,
        /// `#rrggbb`.
        colour: String,
        /// Radius.
        radius_px: f64,
    },
}

impl Plot {
    /// A picture of the usual size without layers.
    pub fn new(title: &str, x: Axis, y: Axis) -> Plot {
        Plot {
            title: title.to_owned(),
            width_px: 460.0,
            height_px: 250.0,
            x,
            y,
            layers: Vec::new(),
            legend: Vec::new(),
        }
    }

    /// As SVG.
    pub fn svg(&self) -> String {
        let mut svg = Svg::new(self.width_px, self.height_px, &self.title);
        let longest_tick = self
            .y
            .ticks
            .iter()
            .map(|(_, text)| text.chars().count())
            .max()
            .unwrap_or(0);
        // The y axis has its label above it, so that it is read without turning one's head.
        let tilt = self.x.ticks_are_categories && self.category_texts_are_wide();
        let left = (6.2 * longest_tick as f64 + 14.0).max(if tilt { 46.0 } else { 30.0 });
        let top = 38.0 + if self.legend.is_empty() { 0.0 } else { 18.0 };
        let bottom = self.height_px - if tilt { 70.0 } else { 38.0 };
        let right = self.width_px - 12.0;
        let frame = Frame {
            left,
            top,
            right,
            bottom,
        };
        svg.text(
            [4.0, 13.0],
            Anchor::Start,
            "font-size=\"12.5\" font-weight=\"600\"",
            &self.title,
        );
        self.draw_legend(&mut svg);
        svg.text([4.0, top - 8.0], Anchor::Start, "fill=\"#555\"", &self.y.label);
        svg.text(
            [right, self.height_px - 5.0],
            Anchor::End,
            "fill=\"#555\"",
            &self.x.label,
        );
        self.draw_grid(&mut svg, &frame, tilt);
        let mut marks = 0;
        for layer in &self.layers {
            self.draw_layer(&mut svg, &frame, layer, marks);
            marks += usize::from(matches!(layer, Layer::Mark { .. }));
        }
        svg.line([left, bottom], [right, bottom], "stroke=\"#444\"");
        svg.line([left, top], [left, bottom], "stroke=\"#444\"");
        svg.finish()
    }

    fn category_texts_are_wide(&self) -> bool {
        let widest = self
            .x
            .ticks
            .iter()
            .map(|(_, text)| text.chars().count())
            .max()
            .unwrap_or(0);
        6.2 * widest as f64 * self.x.ticks.len() as f64 > self.width_px - 60.0
    }

    fn draw_legend(&self, svg: &mut Svg) {
        let mut x = 4.0;
        for (text, colour, dash) in &self.legend {
            let stroke = format!("stroke=\"{colour}\" stroke-width=\"3\" stroke-dasharray=\"{dash}\"");
            svg.line([x, 26.0], [x + 22.0, 26.0], &stroke);
            svg.text([x + 26.0, 30.0], Anchor::Start, "fill=\"#333\"", text);
            x += 40.0 + 6.0 * text.chars().count() as f64;
        }
    }

    fn draw_grid(&self, svg: &mut Svg, frame: &Frame, tilt: bool) {
        for (value, text) in &self.y.ticks {
            let y = frame.y(&self.y, *value);
            svg.line([frame.left, y], [frame.right, y], GRID);
            svg.text([frame.left - 5.0, y + 3.8], Anchor::End, "", text);
        }
        for (value, text) in &self.x.ticks {
            let x = frame.x(&self.x, *value);
            if !self.x.ticks_are_categories {
                svg.line([x, frame.top], [x, frame.bottom], GRID);
                svg.line([x, frame.bottom], [x, frame.bottom + 3.0], "stroke=\"#444\"");
            }
            if tilt {
                let (x, y) = (pixel(x + 3.0), pixel(frame.bottom + 11.0));
                let turn = format!("transform=\"rotate(-32 {x} {y})\" font-size=\"10.5\"");
                svg.text(
                    [frame.x(&self.x, *value) + 3.0, frame.bottom + 11.0],
                    Anchor::End,
                    &turn,
                    &shortened(text),
                );
            } else {
                svg.text([x, frame.bottom + 14.0], Anchor::Middle, "", text);
            }
        }
    }

    /// Words of marks stand one below the other, so that they never print over each other: `marks` are above this one.
    fn draw_layer(&self, svg: &mut Svg, frame: &Frame, layer: &Layer, marks: usize) {
        let at = |&(x, y): &(f64, f64)| [frame.x(&self.x, x), frame.y(&self.y, y)];
        match layer {
            Layer::Line {
                points,
                colour,
                dash,
                width_px,
            } => {
                let kept = simplified(&points.iter().map(at).collect::<Vec<_>>(), 0.3);
                let attributes = format!(
                    "stroke=\"{colour}\" stroke-width=\"{}\" stroke-dasharray=\"{dash}\" stroke-linejoin=\"round\"",
                    pixel(*width_px)
                );
                svg.polyline(kept.into_iter().map(Some), &attributes);
            }
            Layer::Bars { bars, colour } => {
                for [x0, x1, y0, y1] in bars {
                    let (a, b) = (at(&(*x0, *y1)), at(&(*x1, *y0)));
                    // A hairline between neighbours keeps bars apart on paper.
                    let gap = if b[0] - a[0] > 4.0 { 0.6 } else { 0.0 };
                    svg.rectangle(
                        [a[0] + gap, a[1]],
                        [b[0] - a[0] - 2.0 * gap, b[1] - a[1]],
                        &fill(colour),
                    );
                }
            }
            Layer::Level { at, label } => {
                let y = frame.y(&self.y, *at);
                svg.line(
                    [frame.left, y],
                    [frame.right, y],
                    "stroke=\"#777\" stroke-dasharray=\"5 3\"",
                );
                svg.text([frame.right - 2.0, y - 4.0], Anchor::End, "fill=\"#555\"", label);
            }
            Layer::Mark { at, label } => {
                let x = frame.x(&self.x, *at);
                svg.line(
                    [x, frame.top],
                    [x, frame.bottom],
                    "stroke=\"#777\" stroke-dasharray=\"5 3\"",
                );
                let (anchor, dx) = if x > 0.7 * self.width_px {
                    (Anchor::End, -4.0)
                } else {
                    (Anchor::Start, 4.0)
                };
                let y = frame.top + 10.0 + 13.0 * marks as f64;
                svg.text(
                    [x + dx, y],
                    anchor,
                    "fill=\"#555\" stroke=\"#fff\" stroke-width=\"3\" paint-order=\"stroke\"",
                    label,
                );
            }
            Layer::Band { from, to, colour } => {
                let (x0, x1) = (frame.x(&self.x, *from), frame.x(&self.x, *to));
                svg.rectangle([x0, frame.top], [x1 - x0, frame.bottom - frame.top], &fill(colour));
            }
            Layer::Dots {
                points,
                colour,
                radius_px,
            } => {
                for point in points {
                    let [x, y] = at(point).map(pixel);
                    let r = pixel(*radius_px);
                    svg.element("circle", &format!("cx=\"{x}\" cy=\"{y}\" r=\"{r}\" {}", fill(colour)));
                }
            }
        }
    }
}

struct Frame {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Frame {
    fn x(&self, axis: &Axis, value: f64) -> f64 {
        self.left + axis.share(value).clamp(0.0, 1.0) * (self.right - self.left)
    }

    fn y(&self, axis: &Axis, value: f64) -> f64 {
        self.bottom - axis.share(value).clamp(0.0, 1.0) * (self.bottom - self.top)
    }
}

fn fill(colour: &str) -> String {
    format!("fill=\"{colour}\"")
}

fn shortened(text: &str) -> String {
    const SHOWN: usize = 18;
    if text.chars().count() <= SHOWN {
        text.to_owned()
    } else {
        text.chars().take(SHOWN - 1).chain(['…']).collect()
    }
}
