//! A QR code in the terminal, for orders that the payer scans.

use qrcode::render::unicode::Dense1x2;
use qrcode::types::QrError;
use qrcode::{EcLevel, QrCode};

/// Black on white whatever the terminal's colours are: scanners want it so.
const COLOURS: &str = "\x1b[38;5;16;48;5;231m";
const RESET: &str = "\x1b[0m";

/// The code of `text` with the light margin that belongs to it, two rows of modules a line.
pub(crate) fn draw(text: &str) -> Result<String, QrError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    let drawing = code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Dark)
        .light_color(Dense1x2::Light)
        .quiet_zone(true)
        .module_dimensions(1, 1)
        .build();
    Ok(drawing
        .lines()
        .map(|line| format!("{COLOURS}{line}{RESET}\n"))
        .collect())
}

#[cfg(test)]
mod tests {
    use qrcode::Color;

    use super::*;

    /// The margin of a QR code is four modules wide.
    const MARGIN: usize = 4;

    /// What is seen: rows of modules, dark or not.
    fn seen(drawing: &str) -> Vec<Vec<bool>> {
        let mut rows = Vec::new();
        for line in drawing.lines() {
            let line = line.strip_prefix(COLOURS).unwrap();
            let line = line.strip_suffix(RESET).unwrap();
            let (upper, lower): (Vec<_>, Vec<_>) = line
                .chars()
                .map(|block| match block {
                    ' ' => (false, false),
                    '▀' => (true, false),
                    '▄' => (false, true),
                    '█' => (true, true),
                    other => panic!("{other:?} is no block"),
                })
                .unzip();
            rows.extend([upper, lower]);
        }
        rows
    }

    #[test]
    fn the_drawing_is_the_code_in_black_on_white_with_its_margin() {
        let url = "weixin://wxpay/bizpayurl?pr=9xFPmlUzz";
        let code = QrCode::with_error_correction_level(url, EcLevel::M).unwrap();
        let (width, modules) = (code.width(), code.to_colors());
        let rows = seen(&draw(url).unwrap());
        assert!((width + 2 * MARGIN..=width + 2 * MARGIN + 1).contains(&rows.len()));
        for (y, row) in rows.iter().enumerate() {
            for (x, &dark) in row.iter().enumerate() {
                let inside = |at: usize| at.checked_sub(MARGIN).filter(|at| *at < width);
                let expected = match (inside(x), inside(y)) {
                    (Some(x), Some(y)) => modules[y * width + x] == Color::Dark,
                    _ => false,
                };
                assert_eq!(dark, expected, "{x} {y}");
            }
        }
    }

    #[test]
    fn a_text_that_no_code_holds_is_an_error() {
        assert!(draw(&"x".repeat(5_000)).is_err());
    }
}
