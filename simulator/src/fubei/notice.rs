//! Callbacks: a form with `result_code`, `result_message`, `data` and their `sign` (facts §11).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::method::Method;
use super::settings::{FubeiApi, FubeiCallbacks, FubeiLevel};
use super::sign::sign;
use super::{Verified, answer::Member, refund, told};
use crate::fault::{FaultKind, Operation};
use crate::hostile::{self, Case, Seal, Subject};
use crate::ledger::Notice;
use crate::notify::NotificationFault;
use crate::raw_json::Members;
use crate::shared::Shared;

/// What a browser leaves as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'*')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b' ');

/// The body of a callback; `None` if it cannot have `fault`, or its merchant is unknown.
pub(crate) fn body(
    shared: &Shared,
    notice: &Notice,
    api: FubeiApi,
    level: FubeiLevel,
    fault: Option<NotificationFault>,
) -> Option<Vec<u8>> {
    let fubei = &shared.settings().fubei;
    let account = fubei.account(&notice.order().sale.key.mch_id)?;
    let request = Verified {
        method: Method {
            api,
            operation: Operation::Orderquery,
        },
        level,
        account,
        content: Members::default(),
    };
    let mut data = match notice {
        Notice::Payment(order) => {
            let mut data = told::state(shared, &request, order);
            if api == FubeiApi::V2 {
                data.set("uid", Member::Whole(i64::from(account.merchant_id)));
                data.set("is_can_part_refund", Member::Whole(1));
            }
            data
        }
        Notice::Refund(refund, order) => refund::told(shared, api, refund, order),
    };
    let subject = match notice {
        Notice::Payment(_) => Subject::Payment,
        Notice::Refund(..) => Subject::Refund,
    };
    let case = NotificationFault::case(fault, subject);
    match fault {
        None
        | Some(
            NotificationFault::MissingSignature
            | NotificationFault::WrongSignature
            | NotificationFault::NoJson,
        ) => {}
        Some(NotificationFault::WrongAmount) => data.tamper(&FaultKind::WrongAmount),
        Some(NotificationFault::ForeignMerchant) if data.names_merchant() => {
            data.tamper(&FaultKind::ForeignMerchant);
        }
        Some(NotificationFault::Hostile { .. }) if case.is_some() => {}
        Some(_) => return None,
    }
    let data = match fault {
        Some(NotificationFault::NoJson) => "order_status=SUCCESS".to_owned(),
        _ => data.json(fubei.forms, false, false).0,
    };
    let message = match fubei.forms.callbacks {
        FubeiCallbacks::Full => "success",
        FubeiCallbacks::EmptySigned | FubeiCallbacks::EmptySkipped => "",
    };
    let fields = [
        ("result_code", "200"),
        ("result_message", message),
        ("data", data.as_str()),
    ];
    if let Some(case) = case {
        return Some(altered(&fields, account.secret(level), case));
    }
    let skips = fubei.forms.callbacks == FubeiCallbacks::EmptySkipped;
    let signed = fields
        .into_iter()
        .filter(|(_, value)| !skips || !value.is_empty());
    let mut signature = sign(signed, account.secret(level));
    if fault == Some(NotificationFault::WrongSignature) {
        let other = if signature.starts_with('0') { "1" } else { "0" };
        signature.replace_range(..1, other);
    }
    let mut fields = fields.to_vec();
    if fault != Some(NotificationFault::MissingSignature) {
        fields.push(("sign", signature.as_str()));
    }
    Some(form(&fields).into_bytes())
}

/// The form with what a hostile case changes.
fn altered(fields: &[(&str, &str)], secret: &str, case: &Case) -> Vec<u8> {
    let mut fields: Vec<(String, String)> = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    for (name, value) in &mut fields {
        if let ("data", Ok(mut data)) = (name.as_str(), serde_json::from_str(value))
            && !case.inner.is_empty()
        {
            hostile::json_fields(&mut data, case.inner);
            *value = data.to_string();
        }
    }
    hostile::pairs(&mut fields, case.fields);
    let signed = |secret| sign(fields.iter().map(|(n, v)| (n.as_str(), v.as_str())), secret);
    let signature = match case.seal {
        Seal::None => None,
        Seal::OtherKey => Some(signed("somebodyelsessecret0123456789abc")),
        Seal::NoKey => Some(signed("")),
        Seal::Wrong => {
            let right = signed(secret);
            let digit = if right.starts_with('0') { "1" } else { "0" };
            Some(format!("{digit}{}", &right[1..]))
        }
        _ => Some(signed(secret)),
    };
    fields.extend(signature.map(|signature| ("sign".to_owned(), signature)));
    hostile::pairs(&mut fields, case.after);
    let pairs: Vec<_> = fields
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let mut body = form(&pairs).into_bytes();
    hostile::bytes(&mut body, case.text);
    body
}

/// `application/x-www-form-urlencoded`
fn form(fields: &[(&str, &str)]) -> String {
    let escaped = |text| {
        utf8_percent_encode(text, ESCAPED)
            .to_string()
            .replace(' ', "+")
    };
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Whether an answer says that the callback was understood.
pub(crate) fn is_acknowledged(answer: &[u8]) -> bool {
    answer.trim_ascii() == b"success"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_escapes_what_has_a_meaning_of_its_own() {
        let fields = [("data", "{\"a\":\"1+1 = 2 & 100%中\"}"), ("b", "*-._")];
        assert_eq!(
            form(&fields),
            "data=%7B%22a%22%3A%221%2B1+%3D+2+%26+100%25%E4%B8%AD%22%7D&b=*-._"
        );
    }

    #[test]
    fn only_success_in_small_letters_is_an_acknowledgement() {
        assert!(is_acknowledged(b"success") && is_acknowledged(b"success\n"));
        for other in [
            "",
            "SUCCESS",
            "fail",
            "\"success\"",
            "{\"code\":\"SUCCESS\"}",
        ] {
            assert!(!is_acknowledged(other.as_bytes()), "{other}");
        }
    }
}
