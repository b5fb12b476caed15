//! What a caller lays over the map: lines with a value at each point as colour, plain lines, marks with labels.
//!
//! Values become colours by viridis (van der Walt and Smith, 2015): even to the eye, and readable in grey and by the
//! colour-blind.

use super::DrawOptions;
use super::canvas::{Canvas, Path, tenths};
use super::labels::{Labels, halo};

/// Something to lay over the map.
#[derive(Clone, Debug, PartialEq)]
pub enum Overlay {
    /// A line of one colour.
    Line {
        /// Its points.
        points_m: Vec<[f64; 2]>,
        /// `#rrggbb`.
        colour: String,
        /// Thickness.
        width_px: f64,
    },
    /// A line with a value at each point; where there is none it is grey.
    Heat {
        /// Its points.
        points_m: Vec<[f64; 2]>,
        /// A value for the piece that begins at each point.
        values: Vec<Option<f64>>,
        /// What the colours mean.
        scale: ColourScale,
        /// Thickness.
        width_px: f64,
    },
    /// A place.
    Mark {
        /// Where.
        at_m: [f64; 2],
        /// Its shape.
        mark: Mark,
        /// `#rrggbb`.
        colour: String,
        /// A name beside it; inside it for [`Mark::Ring`].
        label: String,
    },
}

/// Shapes of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A stop of a line, with its name beside it.
    Stop,
    /// A white ring with a short text in it.
    Ring,
    /// A dot, with its name beside it.
    Dot,
}

/// What colours mean.
#[derive(Clone, Debug, PartialEq)]
pub struct ColourScale {
    /// Value of the darkest colour.
    pub low: f64,
    /// Value of the brightest colour.
    pub high: f64,
    /// The quantity with its unit.
    pub label: String,
}

/// Nine colours of viridis, dark to bright, evenly spaced.
const VIRIDIS: [[u8; 3]; 9] = [
    [68, 1, 84],
    [72, 40, 120],
    [62, 74, 137],
    [49, 104, 142],
    [38, 130, 142],
    [31, 158, 137],
    [53, 183, 121],
    [110, 206, 88],
    [181, 222, 43],
];

/// The colour of a share from 0 to 1, as `#rrggbb`.
pub fn viridis(share: f64) -> String {
    let at = share.clamp(0.0, 1.0) * (VIRIDIS.len() - 1) as f64;
    let i = (at as usize).min(VIRIDIS.len() - 2);
    let mix = |c: usize| {
        let (a, b) = (f64::from(VIRIDIS[i][c]), f64::from(VIRIDIS[i + 1][c]));
        (a + (b - a) * (at - i as f64)).round() as u8
    };
    format!("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2))
}

/// Steps of the scale: more colours cannot be told apart, and pieces of one colour become one path.
const STEPS: usize = 24;

pub(super) fn draw_lines(canvas: &mut Canvas, options: &DrawOptions) {
    let rounded = "fill=\"none\" stroke-linecap=\"round\" stroke-linejoin=\"round\"";
    let lines = |overlay: &Overlay| match overlay {
        Overlay::Line { points_m, width_px, .. } | Overlay::Heat { points_m, width_px, .. } => {
            Some((points_m.clone(), *width_px))
        }
        Overlay::Mark { .. } => None,
    };
    // All rims first, so that no line is cut by the rim of another.
    for (points_m, width_px) in options.overlays.iter().filter_map(lines) {
        let mut path = Path::default();
        canvas.line(&mut path, &points_m);
        canvas.put(
            &path,
            &format!("{rounded} stroke=\"#fff\" stroke-width=\"{}\"", tenths(width_px + 3.0)),
        );
    }
    for overlay in &options.overlays {
        match overlay {
            Overlay::Line {
                points_m,
                colour,
                width_px,
            } => {
                let mut path = Path::default();
                canvas.line(&mut path, points_m);
                canvas.put(
                    &path,
                    &format!("{rounded} stroke=\"{colour}\" stroke-width=\"{}\"", tenths(*width_px)),
                );
            }
            Overlay::Heat {
                points_m,
                values,
                scale,
                width_px,
            } => {
                let step = |value: &Option<f64>| {
                    let share = (((*value)? - scale.low) / (scale.high - scale.low).max(1e-9)).clamp(0.0, 1.0);
                    Some((share * (STEPS - 1) as f64).round() as usize)
                };
                let mut from = 0;
                while from + 1 < points_m.len() {
                    let colour = values.get(from).and_then(step);
                    let mut to = from + 1;
                    while to + 1 < points_m.len() && values.get(to).and_then(step) == colour {
                        to += 1;
                    }
                    let mut path = Path::default();
                    canvas.line(&mut path, &points_m[from..=to]);
                    let colour = colour.map_or("#999999".to_owned(), |i| viridis(i as f64 / (STEPS - 1) as f64));
                    canvas.put(
                        &path,
                        &format!("{rounded} stroke=\"{colour}\" stroke-width=\"{}\"", tenths(*width_px)),
                    );
                    from = to;
                }
            }
            Overlay::Mark { .. } => {}
        }
    }
}

pub(super) fn draw_marks(canvas: &mut Canvas, options: &DrawOptions, labels: &mut Labels) {
    let marks = || {
        options.overlays.iter().filter_map(|overlay| match overlay {
            Overlay::Mark {
                at_m,
                mark,
                colour,
                label,
            } => Some((at_m, mark, colour, label)),
            _ => None,
        })
    };
    // Shapes take their places before any name does.
    for (at_m, mark, colour, label) in marks() {
        let at = canvas.px(*at_m);
        let (radius_px, paint) = match mark {
            Mark::Stop => (
                6.0,
                format!("fill=\"#fff\" stroke=\"{colour}\" stroke-width=\"{}\"", tenths(3.0)),
            ),
            Mark::Ring => (
                7.5,
                format!("fill=\"#fff\" stroke=\"{colour}\" stroke-width=\"{}\"", tenths(1.6)),
            ),
            Mark::Dot => (
                3.5,
                format!("fill=\"{colour}\" stroke=\"#fff\" stroke-width=\"{}\"", tenths(1.0)),
            ),
        };
        canvas.dot(at, radius_px, &paint);
        labels.take([
            at[0] - radius_px,
            at[1] - radius_px,
            at[0] + radius_px,
            at[1] + radius_px,
        ]);
        if *mark == Mark::Ring {
            let paint = format!("fill=\"{colour}\" text-anchor=\"middle\" font-weight=\"700\"");
            canvas.text([at[0], at[1] + 3.6], 10.0, 0.0, &paint, label);
        }
    }
    let mut named: Vec<(&str, [f64; 2])> = Vec::new();
    for (at_m, mark, _, label) in marks().filter(|(_, mark, _, label)| **mark != Mark::Ring && !label.is_empty()) {
        let at = canvas.px(*at_m);
        // A name is printed once where two stops of it face each other.
        if named
            .iter()
            .any(|(n, p)| n == label && libm::hypot(p[0] - at[0], p[1] - at[1]) < 60.0)
        {
            continue;
        }
        let size_px = if *mark == Mark::Stop { 14.0 } else { 11.0 };
        if let Some(start) = labels.beside(at, 11.0, size_px, label) {
            canvas.text(
                start,
                size_px,
                0.0,
                &format!("{} font-weight=\"700\"", halo("#111")),
                label,
            );
            named.push((label, at));
        }
    }
}

/// The key to the colours of the first line with values, if there is one.
pub(super) fn scale(options: &DrawOptions) -> Option<&ColourScale> {
    options.overlays.iter().find_map(|overlay| match overlay {
        Overlay::Heat { scale, .. } => Some(scale),
        _ => None,
    })
}

/// Draws the key into a box of that corner and width.
pub(super) fn draw_scale(canvas: &mut Canvas, corner_px: [f64; 2], width_px: f64, scale: &ColourScale) {
    let [x, y] = corner_px;
    canvas.text([x, y + 11.0], 11.0, 0.0, "fill=\"#222\"", &scale.label);
    let step = width_px / STEPS as f64;
    for i in 0..STEPS {
        let colour = viridis(i as f64 / (STEPS - 1) as f64);
        canvas.rectangle(
            [x + i as f64 * step, y + 17.0],
            [step + 0.2, 9.0],
            &format!("fill=\"{colour}\""),
        );
    }
    for (share, anchor) in [(0.0, "start"), (0.5, "middle"), (1.0, "end")] {
        let value = scale.low + share * (scale.high - scale.low);
        let paint = format!("fill=\"#222\" text-anchor=\"{anchor}\"");
        canvas.text(
            [x + share * width_px, y + 38.0],
            10.0,
            0.0,
            &paint,
            &format!("{value:.0}"),
        );
    }
}
