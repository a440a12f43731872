//! The JSON arguments of `wxpay_invoke`.

use serde_json::{Map, Value};
use wxpay_surface::fuzzing::arguments;

/// Any text as arguments.
pub fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let Some(fields) = arguments(text) else {
        return;
    };
    assert!(fields.iter().count() <= 64);
    let mut object = Map::new();
    for (name, value) in fields.iter() {
        assert!((1..=64).contains(&name.len()) && name.is_ascii(), "{name}");
        assert!(value.len() <= 64 * 1024 && !value.contains('\0'), "{name}");
        object.insert(name.to_owned(), value.into());
    }
    let given: Value = serde_json::from_str(text).expect("what is no JSON is not read");
    for name in ["total_fee", "refund_fee"] {
        let number = given[name].as_i64().map(|number| number.to_string());
        assert!(
            number.is_none() || number.as_deref() == fields.get(name),
            "{name}"
        );
    }
    let again = arguments(&Value::Object(object).to_string()).expect("it was plain");
    assert!(
        fields.iter().eq(again.iter()),
        "written otherwise than read"
    );
}
