//! What Fubei writes inside of its messages: `data`, and decimal yuan.

use serde_json::Value;
use wxpay_core::gateway::fubei::fuzzing::{fen, read_data, yuan};

/// As `data`, or as an amount; then the text.
pub fn run(data: &[u8]) {
    let (which, data) = crate::input::choice(data, 2);
    match which {
        0 => members(data),
        _ => {
            if let Ok(text) = str::from_utf8(data) {
                amount(text);
            }
        }
    }
}

fn members(data: &[u8]) {
    let Some(read) = read_data(data) else {
        return;
    };
    let plain: Value = serde_json::from_slice(data).expect("what is no JSON is not read");
    let plain = plain.as_object().expect("it is an object");
    let said = plain
        .iter()
        .filter(|(_, value)| !value.is_null() && *value != "");
    assert_eq!(said.clone().count(), read.len());
    for (name, value) in said {
        match (value, &read[name]) {
            (Value::String(_) | Value::Bool(_), kept) => assert_eq!(kept, value),
            (Value::Number(number), Value::Number(kept)) => assert_eq!(kept, number),
            (_, Value::String(_)) => {}
            (_, kept) => panic!("{name} has become {kept}"),
        }
    }
}

fn amount(text: &str) {
    let Some(amount) = fen(text) else {
        return;
    };
    assert!(amount >= 0 && !text.contains(['-', '+', 'e', 'E']));
    assert_eq!(fen(&yuan(amount)), Some(amount));
    // A fraction of 53 bits is enough to tell fen apart up to here.
    if amount < 1 << 40 {
        let float: f64 = text.parse().expect("digits and a point");
        assert!((float * 100.0 - amount as f64).abs() < 1e-3, "{text}");
    }
}
