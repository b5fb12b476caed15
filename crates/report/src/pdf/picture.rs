//! SVG pictures of this program as PDF drawing: shapes by `usvg`, text in the document's own font.
//!
//! In goes SVG as `plot` and `scenario::picture` write it; out come operators of a page's content. Shapes are taken from
//! the tree that `usvg` makes, clips and opacities with them; texts are read from the document itself, because `usvg` would
//! need a font of the machine. Texts stand where their x and y say; those that are turned or inside a nested picture
//! are left out.

use super::letters::{encoded, width};
use super::{ALPHAS, Style, alpha_name};
use pdf_writer::{Content, Name, Str};
use resvg::tiny_skia::{PathSegment, Transform};
use resvg::usvg::{FillRule, Group, Node, Options, Paint, Path, Tree};

/// No picture has more elements.
const NODES_MAX: u32 = 2_000_000;
/// Text is so large if it does not say.
const FONT_PX: f32 = 11.0;

/// A picture.
pub(super) struct Picture {
    tree: Tree,
    texts: Vec<Text>,
}

struct Text {
    at: [f32; 2],
    size: f32,
    /// 0 at its start, 0.5 in its middle, 1 at its end.
    anchor: f32,
    is_bold: bool,
    colour: [f32; 3],
    words: String,
}

impl Picture {
    /// Reads SVG; nothing if it is none.
    pub(super) fn read(svg: &str) -> Option<Picture> {
        let tree = Tree::from_str(svg, &Options::default()).ok()?;
        let options = roxmltree::ParsingOptions {
            nodes_limit: NODES_MAX,
            ..roxmltree::ParsingOptions::default()
        };
        let document = roxmltree::Document::parse_with_options(svg, options).ok()?;
        let texts = document
            .descendants()
            .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text")));
        let texts = texts.filter_map(text).collect();
        Some(Picture { tree, texts })
    }

    /// Its height at a width.
    pub(super) fn height_at(&self, wide: f32) -> f32 {
        wide * self.tree.size().height() / self.tree.size().width()
    }

    /// Draws it with its lower left corner at a place.
    pub(super) fn draw(&self, content: &mut Content, [x, y]: [f32; 2], wide: f32) {
        let scale = wide / self.tree.size().width();
        content.save_state();
        // From the upper left corner downwards, as SVG has it.
        content.transform([scale, 0.0, 0.0, -scale, x, y + self.height_at(wide)]);
        group(content, self.tree.root(), 1.0);
        content.restore_state();
        for text in &self.texts {
            let style = Style {
                size: text.size * scale,
                is_bold: text.is_bold,
                colour: text.colour,
            };
            let left = x + text.at[0] * scale - text.anchor * width(&text.words, style);
            let [red, green, blue] = text.colour;
            content.set_fill_rgb(red, green, blue);
            content
                .begin_text()
                .set_font(Name(if text.is_bold { b"B" } else { b"R" }), style.size);
            content.next_line(left, y + self.height_at(wide) - text.at[1] * scale);
            content.show(Str(&encoded(&text.words))).end_text();
        }
    }
}

fn text(node: roxmltree::Node<'_, '_>) -> Option<Text> {
    // An attribute that an element does not have is its parent's.
    let inherited = |name: &str| node.ancestors().find_map(|node| node.attribute(name));
    // A map inside a picture has a scale of its own.
    let nested = node.ancestors().filter(|node| node.tag_name().name() == "svg").count() > 1;
    if nested || node.attribute("transform").is_some() {
        return None;
    }
    let number = |text: &str| text.trim_end_matches("px").parse::<f32>().ok();
    Some(Text {
        at: [number(node.attribute("x")?)?, number(node.attribute("y")?)?],
        size: inherited("font-size").and_then(number).unwrap_or(FONT_PX),
        anchor: match inherited("text-anchor") {
            Some("middle") => 0.5,
            Some("end") => 1.0,
            _ => 0.0,
        },
        is_bold: matches!(inherited("font-weight"), Some("bold" | "600" | "700")),
        colour: inherited("fill").and_then(colour).unwrap_or([0.0; 3]),
        words: node
            .descendants()
            .filter_map(|node| node.text().filter(|_| node.is_text()))
            .collect(),
    })
}

/// `#rgb` or `#rrggbb`.
fn colour(text: &str) -> Option<[f32; 3]> {
    let digits = text.strip_prefix('#')?;
    let part = |from: usize, length: usize| {
        let digits = digits.get(from..from + length)?;
        let value = u8::from_str_radix(digits, 16).ok()?;
        Some(f32::from(if length == 1 { 17 * value } else { value }) / 255.0)
    };
    match digits.len() {
        3 => Some([part(0, 1)?, part(1, 1)?, part(2, 1)?]),
        _ => Some([part(0, 2)?, part(2, 2)?, part(4, 2)?]),
    }
}

fn group(content: &mut Content, of: &Group, opacity: f32) {
    let opacity = opacity * of.opacity().get();
    content.save_state();
    if let Some(clip) = of.clip_path() {
        // A clip is where its shapes are; those here are one rectangle each.
        let mut paths = Vec::new();
        paths_of(clip.root(), &mut paths);
        for path in paths {
            outline(
                content,
                path,
                of.abs_transform()
                    .pre_concat(clip.transform())
                    .pre_concat(path.abs_transform()),
            );
        }
        content.clip_nonzero().end_path();
    }
    for node in of.children() {
        match node {
            Node::Group(inner) => group(content, inner, opacity),
            Node::Path(path) if path.is_visible() => shape(content, path, opacity),
            Node::Path(_) | Node::Image(_) | Node::Text(_) => {}
        }
    }
    content.restore_state();
}

fn paths_of<'a>(of: &'a Group, found: &mut Vec<&'a Path>) {
    for node in of.children() {
        match node {
            Node::Group(inner) => paths_of(inner, found),
            Node::Path(path) => found.push(path),
            Node::Image(_) | Node::Text(_) => {}
        }
    }
}

fn rgb(paint: &Paint) -> Option<[f32; 3]> {
    match paint {
        Paint::Color(colour) => Some([colour.red, colour.green, colour.blue].map(|part| f32::from(part) / 255.0)),
        // Gradients and patterns are in no picture of this program.
        Paint::LinearGradient(_) | Paint::RadialGradient(_) | Paint::Pattern(_) => None,
    }
}

fn shape(content: &mut Content, path: &Path, opacity: f32) {
    let transform = path.abs_transform();
    if let Some(fill) = path.fill()
        && let Some([red, green, blue]) = rgb(fill.paint())
    {
        see_through(content, opacity * fill.opacity().get());
        content.set_fill_rgb(red, green, blue);
        outline(content, path, transform);
        match fill.rule() {
            FillRule::NonZero => content.fill_nonzero(),
            FillRule::EvenOdd => content.fill_even_odd(),
        };
    }
    if let Some(stroke) = path.stroke()
        && let Some([red, green, blue]) = rgb(stroke.paint())
    {
        let scale = transform.get_scale().0;
        see_through(content, opacity * stroke.opacity().get());
        content
            .set_stroke_rgb(red, green, blue)
            .set_line_width(stroke.width().get() * scale);
        let dashes = stroke.dasharray().unwrap_or_default().iter().map(|dash| dash * scale);
        content.set_dash_pattern(dashes, stroke.dashoffset() * scale);
        outline(content, path, transform);
        content.stroke();
    }
}

fn see_through(content: &mut Content, opacity: f32) {
    let step = (opacity.clamp(0.0, 1.0) * ALPHAS as f32).round() as usize;
    content.set_parameters(Name(alpha_name(step).as_bytes()));
}

fn outline(content: &mut Content, path: &Path, transform: Transform) {
    let place = |x: f32, y: f32| {
        (
            transform.sx * x + transform.kx * y + transform.tx,
            transform.ky * x + transform.sy * y + transform.ty,
        )
    };
    let mut last = (0.0, 0.0);
    for segment in path.data().segments() {
        match segment {
            PathSegment::MoveTo(point) => {
                last = place(point.x, point.y);
                content.move_to(last.0, last.1);
            }
            PathSegment::LineTo(point) => {
                last = place(point.x, point.y);
                content.line_to(last.0, last.1);
            }
            PathSegment::QuadTo(control, end) => {
                // A quadratic curve is a cubic one whose controls are two thirds of the way to its own.
                let (control, end) = (place(control.x, control.y), place(end.x, end.y));
                let third = |from: f32, to: f32| from + (to - from) * 2.0 / 3.0;
                content.cubic_to(
                    third(last.0, control.0),
                    third(last.1, control.1),
                    third(end.0, control.0),
                    third(end.1, control.1),
                    end.0,
                    end.1,
                );
                last = end;
            }
            PathSegment::CubicTo(first, second, end) => {
                let (first, second) = (place(first.x, first.y), place(second.x, second.y));
                last = place(end.x, end.y);
                content.cubic_to(first.0, first.1, second.0, second.1, last.0, last.1);
            }
            PathSegment::Close => {
                content.close_path();
            }
        }
    }
}
