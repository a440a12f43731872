//! Amounts: fen within, decimal yuan on the wire, and no floating point in between.

/// Exactly two decimals: 888 fen is `8.88`. Only for amounts that are not negative.
pub(super) fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// Fen, out of what a message says literally: digits, and perhaps a point and more digits of which
/// all beyond the second are zero. Signs, exponents and fractions of a fen are nothing.
pub(super) fn fen(text: &str) -> Option<i64> {
    let (whole, decimals) = match text.split_once('.') {
        Some((_, "")) => return None,
        Some((whole, decimals)) => (whole, decimals),
        None => (text, ""),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let stray_zero = whole.len() > 1 && whole.starts_with('0');
    if whole.is_empty() || stray_zero || !digits(whole) || !digits(decimals) {
        return None;
    }
    let decimals = decimals.trim_end_matches('0');
    if decimals.len() > 2 {
        return None;
    }
    format!("{whole}{decimals:0<2}").parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fen_become_yuan_with_exactly_two_decimals() {
        for (amount, text) in [
            (0, "0.00"),
            (1, "0.01"),
            (10, "0.10"),
            (99, "0.99"),
            (100, "1.00"),
            (101, "1.01"),
            (888, "8.88"),
            (110_000, "1100.00"),
            (999_999_999, "9999999.99"),
            (i64::from(i32::MAX), "21474836.47"),
            (i64::MAX, "92233720368547758.07"),
        ] {
            assert_eq!(yuan(amount), text);
            assert_eq!(fen(text), Some(amount));
        }
    }

    #[test]
    fn other_ways_to_write_the_same_amount_are_read() {
        for text in ["8.8", "8.80", "8.800", "8.80000000000000000000000"] {
            assert_eq!(fen(text), Some(880), "{text}");
        }
        for text in ["80", "80.0", "80.00", "80.000"] {
            assert_eq!(fen(text), Some(8000), "{text}");
        }
        for text in ["0", "0.0", "0.00"] {
            assert_eq!(fen(text), Some(0), "{text}");
        }
    }

    #[test]
    fn what_is_no_whole_number_of_fen_in_plain_digits_is_nothing() {
        for text in [
            "",
            ".",
            "8.",
            ".88",
            "8.888",
            "8.881",
            "0.001",
            "1e3",
            "1E3",
            "8.8e0",
            "+8.88",
            "-8.88",
            "-0",
            " 8.88",
            "8.88 ",
            "8,88",
            "8.8.8",
            "08.88",
            "00",
            "0x8",
            "NaN",
            "Infinity",
            "１.００",
            "8.88元",
            "¥8.88",
            "null",
            "8.8_8",
            // One more than fits.
            "92233720368547758.08",
            "99999999999999999999",
        ] {
            assert_eq!(fen(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_amount_survives_the_way_there_and_back(amount in 0..=i64::MAX) {
            prop_assert_eq!(fen(&yuan(amount)), Some(amount));
        }

        #[test]
        fn every_amount_that_a_till_can_give_survives(amount in 1..=i32::MAX) {
            let text = yuan(i64::from(amount));
            let (_, decimals) = text.split_once('.').unwrap();
            prop_assert_eq!(decimals.len(), 2);
            prop_assert_eq!(fen(&text), Some(i64::from(amount)));
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).unwrap().is_number());
        }

        #[test]
        fn two_different_amounts_are_never_read_as_one(a in 0..=i64::MAX, b in 0..=i64::MAX) {
            prop_assert_eq!(yuan(a) == yuan(b), a == b);
        }

        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text: String) {
            let _ = fen(&text);
        }

        #[test]
        fn what_is_read_is_what_a_decimal_says(whole in 0_u32.., decimals in "[0-9]{0,6}") {
            let text = if decimals.is_empty() { whole.to_string() } else { format!("{whole}.{decimals}") };
            let millionths = format!("{decimals:0<6}").parse::<i64>().unwrap();
            let wanted = (millionths % 10_000 == 0).then_some(i64::from(whole) * 100 + millionths / 10_000);
            prop_assert_eq!(fen(&text), wanted);
        }
    }
}
