//! A document of A4 pages as PDF: text, tables and pictures, flowing from page to page.
//!
//! In go lines, rows and pictures (SVG of this crate and of `scenario`); out come the bytes of a file that any reader opens,
//! the same bytes on every machine: no font of the machine is used. Text is set in Helvetica, one of the fonts that every
//! reader has (ISO 32000-1, 9.6.2.2), with its published widths; letters that its encoding lacks become `?`.

mod letters;
mod picture;

use letters::{encoded, width};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use std::io::Write;

/// A4, points.
const PAGE: [f32; 2] = [595.28, 841.89];
const MARGIN: f32 = 48.0;
/// Room for the foot.
const FOOT: f32 = 34.0;
/// Between the baselines of lines, by their size.
const LEADING: f32 = 1.36;
/// Steps of transparency that pictures may use.
const ALPHAS: usize = 20;

/// Red, green, blue, from 0 to 1.
pub(crate) type Colour = [f32; 3];
pub(crate) const INK: Colour = [0.11, 0.14, 0.16];
pub(crate) const SOFT: Colour = [0.35, 0.4, 0.43];
const LINE: Colour = [0.82, 0.85, 0.87];

/// How text looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Points.
    pub size: f32,
    /// Heavy letters.
    pub is_bold: bool,
    /// Of the letters.
    pub colour: Colour,
}

impl Style {
    pub(crate) const BODY: Style = Style {
        size: 9.5,
        is_bold: false,
        colour: INK,
    };
    pub(crate) const SMALL: Style = Style {
        size: 8.0,
        is_bold: false,
        colour: SOFT,
    };
    pub(crate) const BOLD: Style = Style {
        is_bold: true,
        ..Style::BODY
    };
    pub(crate) const TITLE: Style = Style {
        size: 20.0,
        is_bold: true,
        colour: INK,
    };
    pub(crate) const HEADING: Style = Style {
        size: 13.5,
        is_bold: true,
        colour: INK,
    };
    pub(crate) const SUBHEADING: Style = Style {
        size: 11.0,
        is_bold: true,
        colour: INK,
    };
}

/// A document that grows downwards.
pub(crate) struct Document {
    pages: Vec<Content>,
    /// From the page's lower edge.
    y: f32,
    foot: String,
}

impl Document {
    /// Without anything on it; `foot` stands under every page.
    pub(crate) fn new(foot: &str) -> Document {
        Document {
            pages: vec![Content::new()],
            y: PAGE[1] - MARGIN,
            foot: foot.to_owned(),
        }
    }

    fn content(&mut self) -> &mut Content {
        self.pages.last_mut().expect("a document has a page")
    }

    /// Width between the margins.
    pub(crate) fn width(&self) -> f32 {
        PAGE[0] - 2.0 * MARGIN
    }

    /// A new page.
    pub(crate) fn next_page(&mut self) {
        self.pages.push(Content::new());
        self.y = PAGE[1] - MARGIN;
    }

    /// A new page, unless so much fits on this one.
    pub(crate) fn need(&mut self, height: f32) {
        if self.y - height < MARGIN + FOOT {
            self.next_page();
        }
    }

    /// Room.
    pub(crate) fn skip(&mut self, height: f32) {
        self.y -= height;
    }

    /// A heading with a rule over it, kept with what follows.
    pub(crate) fn heading(&mut self, text: &str) {
        self.need(90.0);
        self.skip(14.0);
        self.rule(INK, 1.2);
        self.skip(4.0);
        self.paragraph(text, Style::HEADING);
        self.skip(3.0);
    }

    /// A thin line across.
    pub(crate) fn rule(&mut self, colour: Colour, width: f32) {
        let y = self.y;
        let content = self.content();
        content
            .set_stroke_rgb(colour[0], colour[1], colour[2])
            .set_line_width(width);
        content.move_to(MARGIN, y).line_to(PAGE[0] - MARGIN, y).stroke();
    }

    /// Text over the whole width, broken between words.
    pub(crate) fn paragraph(&mut self, text: &str, style: Style) {
        for line in broken(text, self.width(), style) {
            self.need(style.size * LEADING);
            self.skip(style.size * LEADING);
            let y = self.y + 0.3 * style.size;
            self.text_at([MARGIN, y], &line, style);
        }
    }

    fn text_at(&mut self, at: [f32; 2], text: &str, style: Style) {
        let [red, green, blue] = style.colour;
        let content = self.content();
        content.set_fill_rgb(red, green, blue);
        content.begin_text();
        content.set_font(Name(if style.is_bold { b"B" } else { b"R" }), style.size);
        content.next_line(at[0], at[1]);
        content.show(Str(&encoded(text)));
        content.end_text();
    }

    /// A word in a box of its colour, and text beside it.
    pub(crate) fn banner(&mut self, word: &str, colour: Colour, text: &str) {
        let style = Style {
            size: 14.0,
            is_bold: true,
            colour: [1.0; 3],
        };
        let box_width = width(word, style) + 24.0;
        let lines = broken(text, self.width() - box_width - 16.0, Style::BODY);
        let height = (lines.len() as f32 * Style::BODY.size * LEADING).max(30.0);
        self.need(height + 8.0);
        self.skip(height + 4.0);
        let y = self.y;
        let content = self.content();
        content.set_fill_rgb(colour[0], colour[1], colour[2]);
        content.rect(MARGIN, y + height - 28.0, box_width, 26.0).fill_nonzero();
        self.text_at([MARGIN + 12.0, y + height - 20.0], word, style);
        for (index, line) in lines.iter().enumerate() {
            let at = y + height - 12.0 - index as f32 * Style::BODY.size * LEADING;
            self.text_at([MARGIN + box_width + 16.0, at], line, Style::BODY);
        }
        self.skip(6.0);
    }

    /// A row of cells: shares of the width, right-aligned or not. Cells are broken where they have to be.
    pub(crate) fn row(&mut self, columns: &[(f32, bool)], cells: &[(String, Style)]) {
        const GAP: f32 = 8.0;
        let whole = self.width();
        let lines: Vec<Vec<String>> = columns
            .iter()
            .zip(cells)
            .map(|((share, _), (text, style))| broken(text, share * whole - GAP, *style))
            .collect();
        let size = cells.iter().map(|(_, style)| style.size).fold(0.0, f32::max);
        let count = lines.iter().map(Vec::len).max().unwrap_or(1).max(1);
        let height = count as f32 * size * LEADING + 4.0;
        self.need(height);
        let top = self.y;
        let mut x = MARGIN;
        for (((share, is_right), (_, style)), lines) in columns.iter().zip(cells).zip(&lines) {
            for (index, line) in lines.iter().enumerate() {
                let free = if *is_right {
                    share * whole - GAP - width(line, *style)
                } else {
                    0.0
                };
                let y = top - (index + 1) as f32 * size * LEADING + 0.15 * size;
                self.text_at([x + free, y], line, *style);
            }
            x += share * whole;
        }
        self.skip(height);
        self.rule(LINE, 0.5);
    }

    /// A bar from 0 to 1 with an interval and a mark.
    pub(crate) fn interval(&mut self, value: f64, low: f64, high: f64) {
        self.need(16.0);
        self.skip(13.0);
        let (y, whole) = (self.y, 0.62 * self.width());
        let at = |share: f64| MARGIN + share as f32 * whole;
        let content = self.content();
        content
            .set_fill_rgb(0.955, 0.962, 0.967)
            .rect(MARGIN, y, whole, 8.0)
            .fill_nonzero();
        content.set_fill_rgb(0.91, 0.66, 0.49);
        content
            .rect(at(low), y, (at(high) - at(low)).max(1.0), 8.0)
            .fill_nonzero();
        content
            .set_fill_rgb(0.61, 0.24, 0.0)
            .rect(at(value) - 0.6, y, 1.2, 8.0)
            .fill_nonzero();
        self.skip(2.0);
    }

    /// Pictures side by side, at one width.
    pub(crate) fn pictures(&mut self, svgs: &[&str], across: usize) {
        const GAP: f32 = 12.0;
        let wide = (self.width() - GAP * (across - 1) as f32) / across as f32;
        for row in svgs.chunks(across) {
            let read: Vec<_> = row.iter().filter_map(|svg| picture::Picture::read(svg)).collect();
            let height = read.iter().map(|picture| picture.height_at(wide)).fold(0.0, f32::max);
            self.need(height + 8.0);
            self.skip(height + 6.0);
            let y = self.y;
            for (index, picture) in read.iter().enumerate() {
                let x = MARGIN + index as f32 * (wide + GAP);
                picture.draw(self.content(), [x, y + height - picture.height_at(wide)], wide);
            }
        }
    }

    /// Lines to sign on.
    pub(crate) fn signatures(&mut self, words: &[&str]) {
        self.need(70.0);
        self.skip(54.0);
        let (y, whole) = (self.y, self.width());
        let each = whole / words.len() as f32;
        for (index, word) in words.iter().enumerate() {
            let x = MARGIN + index as f32 * each;
            let content = self.content();
            content.set_stroke_rgb(INK[0], INK[1], INK[2]).set_line_width(0.7);
            content.move_to(x, y).line_to(x + each - 18.0, y).stroke();
            self.text_at([x, y - 11.0], word, Style::SMALL);
        }
        self.skip(16.0);
    }

    /// The bytes of the file.
    pub(crate) fn finish(mut self, title: &str) -> Vec<u8> {
        let count = self.pages.len();
        let foot = std::mem::take(&mut self.foot);
        let pages = std::mem::take(&mut self.pages);
        let mut pdf = Pdf::new();
        let (catalog, tree, regular, bold, information) =
            (Ref::new(1), Ref::new(2), Ref::new(3), Ref::new(4), Ref::new(5));
        let alpha = |step: usize| Ref::new(6 + step as i32);
        let page_of = |index: usize| Ref::new((7 + ALPHAS + 2 * index) as i32);
        let content_of = |index: usize| Ref::new((8 + ALPHAS + 2 * index) as i32);
        pdf.catalog(catalog).pages(tree);
        pdf.pages(tree).kids((0..count).map(page_of)).count(count as i32);
        for (font, name) in [(regular, b"Helvetica".as_slice()), (bold, b"Helvetica-Bold".as_slice())] {
            pdf.type1_font(font)
                .base_font(Name(name))
                .encoding_predefined(Name(b"WinAnsiEncoding"));
        }
        pdf.document_info(information)
            .title(TextStr(title))
            .producer(TextStr("Westline"));
        for step in 0..=ALPHAS {
            let share = step as f32 / ALPHAS as f32;
            pdf.ext_graphics(alpha(step))
                .non_stroking_alpha(share)
                .stroking_alpha(share);
        }
        for (index, mut content) in pages.into_iter().enumerate() {
            let told = format!("{foot} · page {} of {count}", index + 1);
            content.set_fill_rgb(SOFT[0], SOFT[1], SOFT[2]);
            content.begin_text().set_font(Name(b"R"), 7.5).next_line(MARGIN, 28.0);
            content.show(Str(&encoded(&told))).end_text();
            let mut page = pdf.page(page_of(index));
            page.media_box(Rect::new(0.0, 0.0, PAGE[0], PAGE[1]))
                .parent(tree)
                .contents(content_of(index));
            let mut resources = page.resources();
            resources.fonts().pair(Name(b"R"), regular).pair(Name(b"B"), bold);
            let mut states = resources.ext_g_states();
            for step in 0..=ALPHAS {
                states.pair(Name(alpha_name(step).as_bytes()), alpha(step));
            }
            states.finish();
            resources.finish();
            page.finish();
            let packed = packed(&content.finish());
            pdf.stream(content_of(index), &packed).filter(Filter::FlateDecode);
        }
        pdf.finish()
    }
}

/// The name of a step of transparency.
fn alpha_name(step: usize) -> String {
    format!("A{step}")
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// Lines that fit; a word that is wider than the line is cut.
fn broken(text: &str, wide: f32, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let mut word = word.to_owned();
            let with = if line.is_empty() {
                word.clone()
            } else {
                format!("{line} {word}")
            };
            if width(&with, style) <= wide {
                line = with;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            while width(&word, style) > wide && word.chars().count() > 1 {
                let fits = (1..word.chars().count())
                    .rev()
                    .find(|&count| width(&word.chars().take(count).collect::<String>(), style) <= wide)
                    .unwrap_or(1);
                lines.push(word.chars().take(fits).collect());
                word = word.chars().skip(fits).collect();
            }
            line = word;
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_fit() {
        let text =
            "The vehicle keeps its lane through bends of both hands and averyveryverylongwordthatfitsnowhereatall";
        let lines = broken(text, 90.0, Style::BODY);
        assert!(lines.iter().all(|line| width(line, Style::BODY) <= 90.0), "{lines:?}");
        assert_eq!(lines.join("").replace(' ', ""), text.replace(' ', ""));
    }

    #[test]
    fn a_document_flows_over_its_pages_and_repeats_to_the_byte() {
        let make = || {
            let mut document = Document::new("foot");
            for number in 0..200 {
                document.row(
                    &[(0.5, false), (0.5, true)],
                    &[
                        (format!("row {number}"), Style::BODY),
                        ("≤ 1 m/s²".to_owned(), Style::SMALL),
                    ],
                );
            }
            document.pictures(&["<svg xmlns='http://www.w3.org/2000/svg' width='10' height='5'><rect width='4' height='2' fill='#f00'/></svg>"], 2);
            assert!(document.pages.len() > 3);
            document.finish("title")
        };
        let bytes = make();
        assert!(bytes.starts_with(b"%PDF-1."));
        assert_eq!(bytes, make());
    }
}
