//! Amounts: fen in the ledger, decimal yuan on the wire, never floating point.

/// Fen of a number as it was written: digits, and at most two more after a point. `None` for anything
/// else, exponents and signs included.
pub(super) fn fen(number: &str) -> Option<i64> {
    let (yuan, decimals) = match number.split_once('.') {
        None => (number, "00".to_owned()),
        Some((yuan, decimals)) if (1..=3).contains(&decimals.len()) => {
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

/// With exactly two decimals.
pub(super) fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
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
    fn amounts_are_written_with_two_decimals() {
        for (amount, text) in [(0, "0.00"), (1, "0.01"), (888, "8.88"), (-5, "-0.05")] {
            assert_eq!(yuan(amount), text);
        }
    }
}
