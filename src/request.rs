//! The fields of a sale, of a refund, or of a ride.

use std::collections::BTreeMap;
use std::ffi::c_char;

use wxpay_core::config::Encoding;
use wxpay_core::fields::Fields;

use crate::boundary::{self, InvalidArgument, TEXT_LIMIT, guarded};
use crate::encoding;
use crate::status::{WXPAY_E_ARGUMENT, WXPAY_E_INTERNAL, WXPAY_OK, wxpay_status};

/// The most fields that one request may have.
const FIELD_LIMIT: usize = 64;
/// The longest name of a field, in bytes.
const NAME_LIMIT: usize = 64;

/// The fields of one sale, refund or ride, by name. A request belongs to one thread at a time; it may
/// be used for any number of calls, with any number of clients, and changed between them.
pub struct wxpay_request {
    values: BTreeMap<String, Vec<u8>>,
    /// The first field that could not be set, until it is set properly.
    fault: Option<Fault>,
}

struct Fault {
    field: Option<String>,
    error: InvalidArgument,
}

impl wxpay_request {
    fn set(
        &mut self,
        field: Result<String, InvalidArgument>,
        value: impl FnOnce() -> Result<Vec<u8>, InvalidArgument>,
    ) -> wxpay_status {
        let (field, set) = match field {
            Ok(field) => {
                let set = value()
                    .map_err(|error| error.about(&field))
                    .and_then(|value| self.insert(&field, value));
                (Some(field), set)
            }
            Err(error) => (None, Err(error)),
        };
        match set {
            Ok(()) => {
                self.fault.take_if(|fault| fault.field == field);
                WXPAY_OK
            }
            Err(error) => {
                self.fault.get_or_insert(Fault { field, error });
                WXPAY_E_ARGUMENT
            }
        }
    }

    fn insert(&mut self, field: &str, value: Vec<u8>) -> Result<(), InvalidArgument> {
        check_count(self.values.len() + usize::from(!self.values.contains_key(field)))?;
        self.values.insert(field.to_owned(), value);
        Ok(())
    }

    /// The fields as text.
    pub(crate) fn decode(&self, encoding: Encoding) -> Result<Fields, InvalidArgument> {
        if let Some(fault) = &self.fault {
            return Err(fault.error.clone());
        }
        self.values
            .iter()
            .map(|(field, value)| {
                let value = encoding::decode(value, encoding)
                    .map_err(|rule| InvalidArgument::new(field.clone(), rule))?;
                Ok((field.clone(), value))
            })
            .collect()
    }
}

/// A name as the documents have them: short and plain.
pub(crate) fn check_name(name: &[u8]) -> Result<String, InvalidArgument> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    match std::str::from_utf8(name) {
        Ok(text) if (1..=NAME_LIMIT).contains(&name.len()) && name.iter().all(plain) => {
            Ok(text.to_owned())
        }
        _ => {
            let rule = format!(
                "the name of a field is 1 to {NAME_LIMIT} letters, digits, '_', '-' and '.'"
            );
            Err(InvalidArgument::new("field", rule))
        }
    }
}

/// Whether a request may have `count` fields.
pub(crate) fn check_count(count: usize) -> Result<(), InvalidArgument> {
    if count > FIELD_LIMIT {
        let rule = format!("must not have more than {FIELD_LIMIT} fields");
        return Err(InvalidArgument::new("request", rule));
    }
    Ok(())
}

/// A new request without fields. Returns NULL only after a bug in the library. Free it with
/// wxpay_request_free. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn wxpay_request_new() -> *mut wxpay_request {
    guarded(std::ptr::null_mut(), || {
        Box::into_raw(Box::new(wxpay_request {
            values: BTreeMap::new(),
            fault: None,
        }))
    })
}

/// Sets one field; a field that is set twice keeps the second value, and an empty value is the
/// same as none. Needed for wxpay_micropay (what wxpay_prepay, wxpay_refund and wxpay_ride_pay need
/// stands there):
///
///   out_trade_no  the till's own order number, 1 to 32 characters, never used before; the till
///                 keeps it with the sale before it pays
///   auth_code     what the scanner read from the payer's phone
///   total_fee     the amount in minor units (fen): 888 is 8.88 yuan
///   body          what is sold, for the payer's bill
///
/// Further fields, all optional: fee_type, detail, attach, device_info, goods_tag,
/// spbill_create_ip, scene_info.store_id, scene_info.store_name, sub_appid, sub_mch_id,
/// profit_sharing, receipt, and whatever the gateway has beyond these, by the gateway's own name.
/// The names are the same for every gateway; docs/fields.md lists them.
///
/// field: ASCII. value: in the client's encoding, at most 65536 bytes; both are copied, and the
/// value is decoded and checked when the request is used with a client.
///
/// Returns WXPAY_OK; or WXPAY_E_ARGUMENT if an argument is NULL, the name is not one to 64 letters,
/// digits, '_', '-' and '.', the value is too long, or the request would have more than 64 fields.
/// That failure need not be checked at once: a request with a field that could not be set is
/// refused when it is used, naming that field, until the field is set properly.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_request_set(
    request: *mut wxpay_request,
    field: *const c_char,
    value: *const c_char,
) -> wxpay_status {
    guarded(WXPAY_E_INTERNAL, || {
        // SAFETY: NULL, or a request that no other thread uses now.
        let Some(request) = (unsafe { request.as_mut() }) else {
            return WXPAY_E_ARGUMENT;
        };
        // SAFETY: both are NULL or C strings that stay as they are during the call.
        let field = unsafe { boundary::bytes("field", field, TEXT_LIMIT) }.and_then(check_name);
        // SAFETY: as above.
        let value = || unsafe { boundary::bytes("value", value, TEXT_LIMIT) };
        request.set(field, || Ok(value()?.to_vec()))
    })
}

/// Sets one field to a whole number: wxpay_request_set with the number's decimal digits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_request_set_int(
    request: *mut wxpay_request,
    field: *const c_char,
    value: i64,
) -> wxpay_status {
    guarded(WXPAY_E_INTERNAL, || {
        // SAFETY: NULL, or a request that no other thread uses now.
        let Some(request) = (unsafe { request.as_mut() }) else {
            return WXPAY_E_ARGUMENT;
        };
        // SAFETY: NULL, or a C string that stays as it is during the call.
        let field = unsafe { boundary::bytes("field", field, TEXT_LIMIT) }.and_then(check_name);
        request.set(field, || Ok(value.to_string().into_bytes()))
    })
}

/// Frees a request. NULL is a no-op.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_request_free(request: *mut wxpay_request) {
    // SAFETY: NULL, or a request that the till does not use any more.
    unsafe { boundary::take_back(request) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> wxpay_request {
        wxpay_request {
            values: BTreeMap::new(),
            fault: None,
        }
    }

    fn set(request: &mut wxpay_request, field: &str, value: &[u8]) -> wxpay_status {
        request.set(check_name(field.as_bytes()), || Ok(value.to_vec()))
    }

    fn too_long() -> Result<Vec<u8>, InvalidArgument> {
        Err(InvalidArgument::new("value", "is too long"))
    }

    #[test]
    fn the_last_value_wins_and_bytes_are_decoded_with_the_client_s_encoding() {
        let mut request = empty();
        assert_eq!(set(&mut request, "body", b"x"), WXPAY_OK);
        assert_eq!(set(&mut request, "body", b"\xb5\xea"), WXPAY_OK);
        let fields = request.decode(Encoding::Gbk).unwrap();
        assert_eq!(fields.get("body"), Some("店"));
        let error = request.decode(Encoding::Utf8).unwrap_err().to_string();
        assert!(error.starts_with("body: is not UTF-8"), "{error}");
    }

    #[test]
    fn a_field_that_could_not_be_set_spoils_the_request_until_it_is_set_properly() {
        let mut request = empty();
        assert_eq!(set(&mut request, "attach", b"1"), WXPAY_OK);
        let failed = request.set(Ok("attach".into()), too_long);
        assert_eq!(failed, WXPAY_E_ARGUMENT);
        assert_eq!(set(&mut request, "body", b"2"), WXPAY_OK);
        let error = request.decode(Encoding::Utf8).unwrap_err();
        assert_eq!(error.to_string(), "attach: is too long");

        assert_eq!(set(&mut request, "attach", b"3"), WXPAY_OK);
        let fields = request.decode(Encoding::Utf8).unwrap();
        assert_eq!(fields.get("attach"), Some("3"));
    }

    #[test]
    fn names_are_short_and_plain() {
        for name in ["total_fee", "scene_info.store_id", "X-1", &"a".repeat(64)] {
            assert!(check_name(name.as_bytes()).is_ok(), "{name}");
        }
        for name in ["", "a b", "a=b", "金额", "a\n", &"a".repeat(65)] {
            assert!(check_name(name.as_bytes()).is_err(), "{name}");
        }
    }

    #[test]
    fn the_number_of_fields_is_limited_but_known_ones_can_still_be_changed() {
        let mut request = empty();
        for n in 0..FIELD_LIMIT {
            assert_eq!(set(&mut request, &format!("f{n}"), b"1"), WXPAY_OK);
        }
        assert_eq!(set(&mut request, "f0", b"2"), WXPAY_OK);
        assert!(request.decode(Encoding::Utf8).is_ok());
        assert_eq!(set(&mut request, "one_more", b"1"), WXPAY_E_ARGUMENT);
        let error = request.decode(Encoding::Utf8).unwrap_err().to_string();
        assert_eq!(error, "request: must not have more than 64 fields");
    }
}
