//! Any operation by name, JSON in.

use std::collections::BTreeMap;
use std::ffi::c_char;
use std::fmt;

use serde::Deserializer;
use serde::de::{MapAccess, Visitor};
use serde_json::Value;
use wxpay_core::client::Client;
use wxpay_core::fields::Fields;
use wxpay_core::guidance::Asked;
use wxpay_core::outcome::Outcome;

use crate::boundary::{self, DOCUMENT_LIMIT, InvalidArgument, TEXT_LIMIT, in_doubt};
use crate::client::wxpay_client;
use crate::request::{check_count, check_name};
use crate::result::wxpay_result;
use crate::status::wxpay_status;

/// Any operation by its name, with its arguments as a JSON object: one entry point for languages in
/// which building requests is a chore.
///
///   "micropay"  the fields of wxpay_request_set: {"out_trade_no": "T1-000042", "total_fee": 888,
///               "auth_code": "134567890123456789", "body": "coffee"}
///   "prepay"    the fields of wxpay_prepay
///   "refund"    the fields of wxpay_refund
///   "ride_pay"  the fields of wxpay_ride_pay
///   "query", "reverse", "cancel", "close"   {"out_trade_no": "T1-000042"}
///   "query"     also by the gateway's own number, which only a paid order has:
///               {"transaction_id": "4200001234202611221234567890"}
///   "refund_query"                      {"out_refund_no": "T1-000042-1"}
///   "notify_decode"                     {"headers": "Name: value\n...", "body": "..."}; the body
///               here is text, which goes on as UTF-8, of at most 65536 bytes
///   "recover", "check"                  {}, or nothing (NULL or empty)
///
/// Numbers must be whole. The object scene_info may be nested or written with dots; any other
/// object or list is passed on as its JSON text. A null is the same as none. A name that occurs
/// twice, or one that the operation does not have, is WXPAY_E_ARGUMENT.
///
/// operation, json: in the client's encoding; json at most 1048576 bytes.
///
/// Returns and blocks as the function of that name does (wxpay_micropay, wxpay_query ...,
/// wxpay_client_check); WXPAY_E_ARGUMENT for an operation that does not exist. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_invoke(
    client: *mut wxpay_client,
    operation: *const c_char,
    json: *const c_char,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: the pointers are as the header demands.
    unsafe {
        boundary::call(client, Asked::Other, result, |core, encoding| {
            let operation = boundary::text("operation", operation, TEXT_LIMIT, encoding)?;
            let operation = Operation::named(&operation)?;
            let arguments = || -> Result<Fields, InvalidArgument> {
                let json = match json.is_null() && operation.takes_nothing() {
                    true => String::new(),
                    false => boundary::text("json", json, DOCUMENT_LIMIT, encoding)?,
                };
                let fields = match json.is_empty() && operation.takes_nothing() {
                    true => Fields::new(),
                    false => parse(&json)?,
                };
                operation.check(&fields)?;
                Ok(fields)
            };
            Ok(match arguments() {
                Ok(fields) => operation.run(core, &fields),
                Err(refused) => refused.outcome(Some(core), operation.asked()),
            })
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Micropay,
    Query,
    Reverse,
    Cancel,
    Recover,
    Prepay,
    Close,
    Refund,
    RefundQuery,
    RidePay,
    NotifyDecode,
    Check,
}

impl Operation {
    const ALL: [(&'static str, Self); 12] = [
        ("micropay", Self::Micropay),
        ("query", Self::Query),
        ("reverse", Self::Reverse),
        ("cancel", Self::Cancel),
        ("recover", Self::Recover),
        ("prepay", Self::Prepay),
        ("close", Self::Close),
        ("refund", Self::Refund),
        ("refund_query", Self::RefundQuery),
        ("ride_pay", Self::RidePay),
        ("notify_decode", Self::NotifyDecode),
        ("check", Self::Check),
    ];

    fn named(name: &str) -> Result<Self, InvalidArgument> {
        let found = Self::ALL.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, operation)| operation).ok_or_else(|| {
            let known = Self::ALL.map(|(known, _)| known).join(", ");
            InvalidArgument::new("operation", format!("must be one of {known}"))
        })
    }

    fn asked(self) -> Asked {
        match self {
            Self::Micropay => Asked::Payment,
            Self::Query => Asked::Query,
            Self::Reverse => Asked::Reverse,
            Self::Cancel => Asked::Cancel,
            Self::Recover => Asked::Recover,
            Self::Prepay => Asked::Prepay,
            Self::Close => Asked::Close,
            Self::Refund | Self::RefundQuery => Asked::Refund,
            Self::RidePay => Asked::Ride,
            Self::NotifyDecode => Asked::Notification,
            Self::Check => Asked::Other,
        }
    }

    /// The arguments it has; `None`: any, for the gateway to judge.
    fn arguments(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Micropay | Self::Prepay | Self::Refund | Self::RidePay => None,
            Self::Query => Some(&["out_trade_no", "transaction_id"]),
            Self::Reverse | Self::Cancel | Self::Close => Some(&["out_trade_no"]),
            Self::RefundQuery => Some(&["out_refund_no"]),
            Self::NotifyDecode => Some(&["headers", "body"]),
            Self::Recover | Self::Check => Some(&[]),
        }
    }

    fn takes_nothing(self) -> bool {
        self.arguments().is_some_and(<[_]>::is_empty)
    }

    fn check(self, fields: &Fields) -> Result<(), InvalidArgument> {
        let Some(known) = self.arguments() else {
            return Ok(());
        };
        if self == Self::Query && known.iter().all(|name| fields.get(name).is_some()) {
            return Err(InvalidArgument::new(
                "transaction_id".to_owned(),
                "names the order a second time; give it or out_trade_no",
            ));
        }
        match fields.iter().find(|(name, _)| !known.contains(name)) {
            Some((name, _)) => Err(InvalidArgument::new(
                name.to_owned(),
                "is no argument of this operation",
            )),
            None => Ok(()),
        }
    }

    fn run(self, core: &Client, fields: &Fields) -> Outcome {
        let field = |name| fields.get(name).unwrap_or_default();
        let out_trade_no = field("out_trade_no");
        let in_doubt = |body: &dyn Fn() -> Outcome| in_doubt(core, self.asked(), body);
        match self {
            Self::Micropay => in_doubt(&|| core.micropay(fields)),
            Self::Query if out_trade_no.is_empty() && !field("transaction_id").is_empty() => {
                core.query_transaction(field("transaction_id"))
            }
            Self::Query => core.query(out_trade_no),
            Self::Reverse => in_doubt(&|| core.reverse(out_trade_no)),
            Self::Cancel => core.cancel(out_trade_no),
            Self::Recover => in_doubt(&|| core.recover()),
            Self::Prepay => in_doubt(&|| core.prepay(fields)),
            Self::Close => in_doubt(&|| core.close_order(out_trade_no)),
            Self::Refund => in_doubt(&|| core.refund(fields)),
            Self::RefundQuery => in_doubt(&|| core.refund_query(field("out_refund_no"))),
            Self::RidePay => in_doubt(&|| core.ride_pay(fields)),
            Self::NotifyDecode => core.notify_decode(field("headers"), field("body").as_bytes()),
            Self::Check => core.check(),
        }
    }
}

/// Reads the arguments of an operation.
pub(crate) fn parse(json: &str) -> Result<Fields, InvalidArgument> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let object = deserializer
        .deserialize_map(Object)
        .and_then(|object| deserializer.end().map(|()| object))
        .map_err(|error| {
            // serde_json's own text may quote a value; the place does not.
            let rule = format!(
                "is not a JSON object without repeated names (line {}, column {})",
                error.line(),
                error.column()
            );
            InvalidArgument::new("json", rule)
        })?;
    let mut fields = Fields::new();
    let mut names = 0;
    let mut set = |name: &str, value: Value| -> Result<(), InvalidArgument> {
        let name = check_name(name.as_bytes()).map_err(|error| error.about("json"))?;
        names += 1;
        check_count(names)?;
        if let Some(text) = text(&name, value)? {
            if fields.get(&name).is_some() {
                return Err(InvalidArgument::new(name, "is given twice"));
            }
            fields.set(name, text);
        }
        Ok(())
    };
    for (name, value) in object {
        match value {
            Value::Object(parts) if name == "scene_info" => {
                for (part, value) in parts {
                    set(&format!("{name}.{part}"), value)?;
                }
            }
            value => set(&name, value)?,
        }
    }
    Ok(fields)
}

/// A field's value as the text that a request holds; `None` for null.
fn text(name: &str, value: Value) -> Result<Option<String>, InvalidArgument> {
    let refused = |rule: &'static str| Err(InvalidArgument::new(name.to_owned(), rule));
    let text = match value {
        Value::Null => return Ok(None),
        Value::Number(number) if number.is_f64() => {
            return refused(
                "must be a whole number; money is in minor units, such as 888 for 8.88",
            );
        }
        Value::String(text) => text,
        other => other.to_string(),
    };
    if text.contains('\0') {
        return refused("must not contain U+0000");
    }
    if text.len() > TEXT_LIMIT {
        return Err(InvalidArgument::new(
            name.to_owned(),
            format!("is longer than {TEXT_LIMIT} bytes"),
        ));
    }
    Ok(Some(text))
}

/// An object in which no name occurs twice: which of two amounts was meant is not for us to guess.
struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = BTreeMap<String, Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Self::Value::new();
        while let Some((name, value)) = map.next_entry()? {
            if members.insert(name, value).is_some() {
                return Err(serde::de::Error::custom("a name occurs twice"));
            }
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_the_text_that_a_request_would_hold() {
        let fields = parse(
            r#"{"total_fee": 888, "body": "茶", "receipt": null, "flag": true, "detail": {"a": [1]},
                "scene_info": {"store_id": "7", "store_name": "x"}, "n": -1}"#,
        )
        .unwrap();
        let expected = [
            ("body", "茶"),
            ("detail", r#"{"a":[1]}"#),
            ("flag", "true"),
            ("n", "-1"),
            ("scene_info.store_id", "7"),
            ("scene_info.store_name", "x"),
            ("total_fee", "888"),
        ];
        assert_eq!(fields.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_not_one_plain_object_is_refused_without_quoting_it() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
        for json in [
            "",
            "[]",
            "null",
            "{",
            "{} {}",
            "{\"a\":1,\"a\":2}",
            "{\"auth_code\": 13x}",
            &deep,
        ] {
            let error = parse(json).unwrap_err().to_string();
            assert!(
                error.starts_with("json: is not a JSON object"),
                "{json}: {error}"
            );
        }
    }

    #[test]
    fn a_refused_value_is_named_with_its_rule() {
        let cases = [
            (
                r#"{"total_fee": 8.88}"#,
                "total_fee: must be a whole number",
            ),
            (
                r#"{"total_fee": 888.0}"#,
                "total_fee: must be a whole number",
            ),
            (r#"{"total_fee": 1e3}"#, "total_fee: must be a whole number"),
            (r#"{"body": "a\u0000b"}"#, "body: must not contain U+0000"),
            (r#"{"a b": 1}"#, "json: the name of a field is"),
            (
                r#"{"scene_info.store_id": "1", "scene_info": {"store_id": "2"}}"#,
                "scene_info.store_id: is given twice",
            ),
        ];
        for (json, expected) in cases {
            let error = parse(json).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{json}: {error}");
        }
        let long = format!("{{\"body\":\"{}\"}}", "x".repeat(TEXT_LIMIT + 1));
        let error = parse(&long).unwrap_err().to_string();
        assert_eq!(error, "body: is longer than 65536 bytes");
        let many: Vec<_> = (0..65).map(|n| format!("\"f{n}\":1")).collect();
        assert!(parse(&format!("{{{}}}", many.join(","))).is_err());
    }

    #[test]
    fn operations_are_known_by_name_and_take_no_stray_arguments() {
        for (name, operation) in Operation::ALL {
            assert_eq!(Operation::named(name), Ok(operation));
        }
        assert!(Operation::named("ride").is_err());
        assert!(Operation::named("Micropay").is_err());

        let order = parse(r#"{"out_trade_no": "A"}"#).unwrap();
        let more = parse(r#"{"out_trade_no": "A", "total_fee": 1}"#).unwrap();
        assert!(Operation::Query.check(&order).is_ok());
        assert!(Operation::Recover.check(&order).is_err());
        let error = Operation::Reverse.check(&more).unwrap_err();
        assert_eq!(
            error.to_string(),
            "total_fee: is no argument of this operation"
        );
        for operation in [
            Operation::Micropay,
            Operation::Prepay,
            Operation::Refund,
            Operation::RidePay,
        ] {
            assert!(operation.check(&more).is_ok());
        }
        let twice = parse(r#"{"out_trade_no": "A", "transaction_id": "4"}"#).unwrap();
        assert!(Operation::Query.check(&twice).is_err());
        let notice = parse(r#"{"headers": "A: b", "body": "{}"}"#).unwrap();
        assert!(Operation::NotifyDecode.check(&notice).is_ok());
        assert!(Operation::NotifyDecode.check(&order).is_err());
        assert!(Operation::RefundQuery.check(&order).is_err());
    }
}
