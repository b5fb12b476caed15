//! Letters of Helvetica in the Windows encoding: their bytes and their widths.
//!
//! Widths are those of the font's published metrics (Adobe Core 14 AFM), thousandths of the size; bold letters are taken
//! to be a sixteenth wider, which is enough to break and to align lines.

use super::Style;

/// Widths of the letters from the blank on.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];
/// Of all others, in the mean.
const OTHER: u16 = 556;
const BOLDER: f32 = 1.0625;

/// The bytes of a text.
pub(super) fn encoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            ' '..='~' => bytes.push(letter as u8),
            '\u{a0}'..='\u{ff}' => bytes.push(letter as u32 as u8),
            '≤' => bytes.extend(b"<="),
            '≥' => bytes.extend(b">="),
            '−' => bytes.push(b'-'),
            '’' => bytes.push(0x92),
            '–' => bytes.push(0x96),
            _ => bytes.push(b'?'),
        }
    }
    bytes
}

/// Width of a text, points.
pub(super) fn width(text: &str, style: Style) -> f32 {
    let widths = encoded(text).into_iter().map(|byte| match byte {
        b' '..=b'~' => WIDTHS[usize::from(byte - b' ')],
        _ => OTHER,
    });
    let total: u32 = widths.map(u32::from).sum();
    total as f32 * 0.001 * style.size * if style.is_bold { BOLDER } else { 1.0 }
}
