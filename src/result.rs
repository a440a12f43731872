//! What a call ended with.

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::{Map, Value};
use wxpay_core::config::Encoding;
use wxpay_core::outcome::Outcome;

use crate::boundary::{self, guarded};
use crate::encoding;
use crate::status::{WXPAY_E_ARGUMENT, WXPAY_E_INTERNAL, wxpay_status};

/// The longest name that is looked up, in bytes: long enough for a path into lists.
const PATH_LIMIT: usize = 1024;

/// What a call ended with: its status and everything that is known, by name. A result belongs to
/// one thread at a time; it does not change, and it outlives the client that it came from.
///
/// Names, each present only where it means something: status, status_name, out_trade_no,
/// transaction_id (the gateway's number), total_fee, payer_total, fee_type, paid_at (RFC 3339),
/// trade_state, openid, bank_type, attach, promotion_detail, gateway, code and code_message (the
/// gateway's own), message, prompt, advice (hand_over, hold, rescan, other_card, call_support or
/// fix_setup), request_id, host, attempts, elapsed_ms, replayed, cancel_requested, reversal (none,
/// required or completed), field (the argument or field that was refused), other_status (of the sale
/// that has the order number); of wxpay_prepay also code_url, h5_url, prepay_id, pay_params
/// (docs/prepay.md); of refunds out_refund_no, refund_id, refund_fee, refund_status,
/// refunded_at; of wxpay_notify_decode notification (payment or refund), reply, reply_status,
/// reply_type; of wxpay_recover orders and open; of wxpay_client_check checks. Amounts are whole numbers of
/// minor units (fen).
pub struct wxpay_result {
    status: wxpay_status,
    facts: Map<String, Value>,
    encoding: Encoding,
    texts: Mutex<BTreeMap<String, Box<CStr>>>,
    json: OnceLock<Box<CStr>>,
}

impl wxpay_result {
    pub(crate) fn new(outcome: Outcome, encoding: Encoding) -> Self {
        let status = outcome.status;
        let mut facts = outcome.fields;
        facts.insert("status".into(), status.code().into());
        facts.insert("status_name".into(), status.name().into());
        for name in ["message", "prompt"] {
            facts.entry(name).or_insert_with(|| "".into());
        }
        Self {
            status: status.code(),
            facts,
            encoding,
            texts: Mutex::default(),
            json: OnceLock::new(),
        }
    }

    /// A fact by its name, or a part of one: names and list positions joined by dots.
    fn find(&self, path: &str) -> Option<&Value> {
        let found = self.facts.get(path).or_else(|| {
            let (name, rest) = path.split_once('.')?;
            rest.split('.')
                .try_fold(self.facts.get(name)?, |value, step| match value {
                    Value::Object(object) => object.get(step),
                    Value::Array(list) => list.get(step.parse::<usize>().ok()?),
                    _ => None,
                })
        });
        found.filter(|value| !value.is_null())
    }

    fn text(&self, path: &str) -> Option<*const c_char> {
        // A map with one entry too few is the worst that a panic can leave here.
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = texts.get(path) {
            return Some(text.as_ptr());
        }
        let text = match self.find(path)? {
            Value::String(text) => encoding::encode(text, self.encoding),
            other => encoding::encode(&encoding::json(other, self.encoding), self.encoding),
        };
        // The text is on the heap by itself: it stays where it is when the map grows.
        let text = texts.entry(path.to_owned()).or_insert_with(|| text.into());
        Some(text.as_ptr())
    }

    fn int(&self, path: &str) -> Option<i64> {
        match self.find(path)? {
            Value::Bool(flag) => Some((*flag).into()),
            other => other.as_i64(),
        }
    }

    fn whole(&self) -> *const c_char {
        self.json
            .get_or_init(|| {
                let json = encoding::json(&Value::Object(self.facts.clone()), self.encoding);
                encoding::encode(&json, self.encoding).into()
            })
            .as_ptr()
    }
}

/// Looks up a text, or NULL.
///
/// # Safety
///
/// `result` is NULL or a result.
unsafe fn text_or_null(result: *const wxpay_result, path: &str) -> *const c_char {
    // SAFETY: NULL or a result, says the caller.
    let result = unsafe { result.as_ref() };
    result
        .and_then(|result| result.text(path))
        .unwrap_or(std::ptr::null())
}

/// The name that a till asks for; `None` if no fact can have it.
///
/// # Safety
///
/// `field` is NULL or a C string that stays as it is during `'a`.
unsafe fn path<'a>(field: *const c_char) -> Option<&'a str> {
    // SAFETY: the caller's promise.
    let bytes = unsafe { boundary::bytes("field", field, PATH_LIMIT) }.ok()?;
    std::str::from_utf8(bytes).ok()
}

/// The status that the call returned. WXPAY_E_ARGUMENT if result is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_result_status(result: *const wxpay_result) -> wxpay_status {
    guarded(WXPAY_E_INTERNAL, || {
        // SAFETY: NULL, or a result that no other thread uses now.
        let result = unsafe { result.as_ref() };
        result.map_or(WXPAY_E_ARGUMENT, |result| result.status)
    })
}

/// A fact by its name, as text in the client's encoding: numbers as decimal digits, objects and
/// lists as JSON. A part of an object or list is reached with dots and with positions counted from
/// 0, such as "orders.0.out_trade_no". Returns NULL if there is no such fact, or if an argument is
/// NULL. The text belongs to the result and lives until it is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_result_get(
    result: *const wxpay_result,
    field: *const c_char,
) -> *const c_char {
    guarded(std::ptr::null(), || {
        // SAFETY: NULL, or a C string that stays as it is during the call.
        match unsafe { path(field) } {
            // SAFETY: NULL, or a result that no other thread uses now.
            Some(path) => unsafe { text_or_null(result, path) },
            None => std::ptr::null(),
        }
    })
}

/// A fact that is a whole number (money: minor units), or yes (1) or no (0). Returns 1 if there is
/// one, and writes it to value unless value is NULL. Otherwise returns 0 and leaves value alone.
/// Names as for wxpay_result_get.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_result_get_int(
    result: *const wxpay_result,
    field: *const c_char,
    value: *mut i64,
) -> i32 {
    guarded(0, || {
        // SAFETY: NULL, or a C string that stays as it is during the call.
        let path = unsafe { path(field) };
        // SAFETY: NULL, or a result that no other thread uses now.
        let result = unsafe { result.as_ref() };
        let Some(number) = result.zip(path).and_then(|(result, path)| result.int(path)) else {
            return 0;
        };
        if !value.is_null() {
            // SAFETY: not NULL, so it is the till's variable.
            unsafe { value.write(number) };
        }
        1
    })
}

/// For the log: what happened, in English, with the gateway's code and request id; holds no secret.
/// Empty if there is nothing to add to the status, NULL only if result is NULL. Belongs to the
/// result and lives until it is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_result_message(result: *const wxpay_result) -> *const c_char {
    // SAFETY: NULL, or a result that no other thread uses now.
    guarded(std::ptr::null(), || unsafe {
        text_or_null(result, "message")
    })
}

/// For the cashier's display: what to do now, in the client's language. May be empty, NULL only if
/// result is NULL. Belongs to the result and lives until it is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_result_prompt(result: *const wxpay_result) -> *const c_char {
    // SAFETY: NULL, or a result that no other thread uses now.
    guarded(std::ptr::null(), || unsafe {
        text_or_null(result, "prompt")
    })
}

/// Everything, as one JSON object; pure ASCII if the client's encoding is GBK. NULL only if result
/// is NULL. Belongs to the result and lives until it is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_result_json(result: *const wxpay_result) -> *const c_char {
    guarded(std::ptr::null(), || {
        // SAFETY: NULL, or a result that no other thread uses now.
        let result = unsafe { result.as_ref() };
        result.map_or(std::ptr::null(), wxpay_result::whole)
    })
}

/// Frees a result and every text that came from it. NULL is a no-op.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_result_free(result: *mut wxpay_result) {
    // SAFETY: NULL, or a result that the till does not use any more.
    unsafe { boundary::take_back(result) };
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wxpay_core::status::Status;

    use super::*;

    fn result(facts: Value, encoding: Encoding) -> wxpay_result {
        let mut outcome = Outcome::new(Status::Ok);
        outcome.fields = serde_json::from_value(facts).unwrap();
        wxpay_result::new(outcome, encoding)
    }

    fn get(result: &wxpay_result, path: &str) -> Option<Vec<u8>> {
        let text = result.text(path)?;
        // SAFETY: a text of a result that is alive.
        Some(unsafe { CStr::from_ptr(text) }.to_bytes().to_vec())
    }

    #[test]
    fn texts_numbers_and_objects_are_all_readable_as_text() {
        let result = result(
            json!({"attach": "茶", "total_fee": 888, "replayed": true, "none": null,
                   "promotion_detail": [{"name": "茶"}]}),
            Encoding::Utf8,
        );
        assert_eq!(get(&result, "attach").unwrap(), "茶".as_bytes());
        assert_eq!(get(&result, "total_fee").unwrap(), b"888");
        assert_eq!(get(&result, "status").unwrap(), b"0");
        assert_eq!(get(&result, "status_name").unwrap(), b"WXPAY_OK");
        assert_eq!(get(&result, "message").unwrap(), b"");
        let json = get(&result, "promotion_detail").unwrap();
        assert_eq!(json, "[{\"name\":\"茶\"}]".as_bytes());
        assert_eq!(get(&result, "none"), None);
        assert_eq!(get(&result, "absent"), None);
        assert_eq!(result.int("total_fee"), Some(888));
        assert_eq!(result.int("replayed"), Some(1));
        assert_eq!(result.int("attach"), None);
    }

    #[test]
    fn parts_of_lists_and_objects_are_reached_with_dots() {
        let result = result(
            json!({"orders": [{"out_trade_no": "A", "total_fee": 1}, {"out_trade_no": "B"}],
                   "scene_info.store_id": "7"}),
            Encoding::Utf8,
        );
        assert_eq!(get(&result, "orders.1.out_trade_no").unwrap(), b"B");
        assert_eq!(result.int("orders.0.total_fee"), Some(1));
        assert_eq!(get(&result, "scene_info.store_id").unwrap(), b"7");
        for absent in [
            "orders.2.out_trade_no",
            "orders.-1",
            "orders.",
            ".",
            "",
            "status.0",
        ] {
            assert_eq!(get(&result, absent), None, "{absent}");
        }
    }

    #[test]
    fn a_text_keeps_its_address_while_others_are_asked_for() {
        let facts = (0..200).map(|n| (format!("f{n}"), json!(n.to_string())));
        let result = result(facts.collect(), Encoding::Gbk);
        let first = result.text("f0").unwrap();
        for n in 0..200 {
            assert_eq!(
                get(&result, &format!("f{n}")).unwrap(),
                n.to_string().as_bytes()
            );
        }
        assert_eq!(result.text("f0"), Some(first));
        // SAFETY: as above.
        assert_eq!(unsafe { CStr::from_ptr(first) }, c"0");
    }

    #[test]
    fn with_gbk_texts_are_gbk_and_json_is_ascii() {
        let result = result(
            json!({"attach": "元", "detail": {"a": "元"}}),
            Encoding::Gbk,
        );
        assert_eq!(get(&result, "attach").unwrap(), b"\xd4\xaa");
        assert_eq!(get(&result, "detail").unwrap(), br#"{"a":"\u5143"}"#);
        // SAFETY: as above.
        let json = unsafe { CStr::from_ptr(result.whole()) }.to_str().unwrap();
        assert!(json.is_ascii());
        let value: Value = serde_json::from_str(json).unwrap();
        assert_eq!(value["attach"], "元");
        assert_eq!(value["status"], 0);
    }
}
