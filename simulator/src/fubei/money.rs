//! Amounts: fen in the ledger, decimal yuan on the wire, never floating point.

use super::settings::FubeiAmounts;

/// Fen of a number as it was written: digits, and at most two more after a point. `None` for anything
/// else, exponents and signs included.
pub(super) fn fen(number: &str) -> Option<i64> {
    let (yuan, decimals) = match number.split_once('.') {
        None => (number, "00".to_owned()),
        Some((yuan, decimals)) if (1..=2).contains(&decimals.len()) => {
            (yuan, format!("{decimals:0<2}"))
        }
        Some(_) => return None,
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(yuan) || !digits(&decimals) {
        return None;
    }
    format!("{yuan}{decimals}").parse().ok()
}

/// Yuan as `form` has it.
pub(super) fn written(fen: i64, form: FubeiAmounts) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    let (yuan, rest) = (fen / 100, fen % 100);
    match form {
        FubeiAmounts::TwoDecimals => format!("{sign}{yuan}.{rest:02}"),
        FubeiAmounts::Shortest if rest == 0 => format!("{sign}{yuan}"),
        FubeiAmounts::Shortest if rest % 10 == 0 => format!("{sign}{yuan}.{}", rest / 10),
        FubeiAmounts::Shortest => format!("{sign}{yuan}.{rest:02}"),
        FubeiAmounts::FourDecimals => format!("{sign}{yuan}.{rest:02}00"),
        FubeiAmounts::Exponent => format!("{sign}{fen}e-2"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_two_decimals_are_read_exactly() {
        for (text, amount) in [
            ("0.01", 1),
            ("0.1", 10),
            ("0.29", 29),
            ("1", 100),
            ("8.88", 888),
            ("1100.00", 110_000),
            ("9999999.99", 999_999_999),
        ] {
            assert_eq!(fen(text), Some(amount), "{text}");
        }
        for text in [
            "",
            ".5",
            "1.",
            "1.234",
            "8.880",
            "1e2",
            "1E2",
            "1.5e1",
            "-1",
            "+1",
            " 1",
            "1 ",
            "1,5",
            "１",
            "99999999999999999999",
        ] {
            assert_eq!(fen(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_are_written_in_every_form() {
        for (amount, forms) in [
            (0, ["0.00", "0", "0.0000", "0e-2"]),
            (1, ["0.01", "0.01", "0.0100", "1e-2"]),
            (800, ["8.00", "8", "8.0000", "800e-2"]),
            (880, ["8.80", "8.8", "8.8000", "880e-2"]),
            (888, ["8.88", "8.88", "8.8800", "888e-2"]),
            (-5, ["-0.05", "-0.05", "-0.0500", "-5e-2"]),
        ] {
            let written = [
                FubeiAmounts::TwoDecimals,
                FubeiAmounts::Shortest,
                FubeiAmounts::FourDecimals,
                FubeiAmounts::Exponent,
            ]
            .map(|form| written(amount, form));
            assert_eq!(written, forms);
        }
    }
}
