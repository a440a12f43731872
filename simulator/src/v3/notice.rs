//! What APIv3's notifications say, and their headers (protocol §5.2 and §5.4).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::{Verified, aead, hostile, refund, transactions};
use crate::clock::rfc3339;
use crate::fault::FaultKind;
use crate::hostile::{Subject, bytes, json_fields, told_headers};
use crate::ledger::{Notice, RefundState};
use crate::notify::NotificationFault;
use crate::settings::Merchant;
use crate::shared::Shared;

/// The body of notification `id`; `None` if it cannot have `fault`, or its merchant is unknown.
pub(crate) fn body(
    shared: &Shared,
    notice: &Notice,
    id: &str,
    fault: Option<NotificationFault>,
) -> Option<Vec<u8>> {
    if let Some(
        NotificationFault::Doctype
        | NotificationFault::ForeignOrder
        | NotificationFault::NoJson
        | NotificationFault::BadPadding,
    ) = fault
    {
        return None;
    }
    let subject = match notice {
        Notice::Payment(_) => Subject::Payment,
        Notice::Refund(..) => Subject::Refund,
    };
    let case = NotificationFault::case(fault, subject);
    if matches!(fault, Some(NotificationFault::Hostile { .. })) && case.is_none() {
        return None;
    }
    let order = notice.order();
    let merchant = shared.merchant(&order.sale.key.mch_id)?;
    let request = as_request(merchant, notice);
    let (event, kind, summary, content) = match notice {
        Notice::Payment(order) => (
            "TRANSACTION.SUCCESS",
            "transaction",
            "支付成功",
            transactions::state(shared, &request, order),
        ),
        Notice::Refund(refund, order) => {
            let (event, summary) = match refund.state {
                RefundState::Abnormal => ("REFUND.ABNORMAL", "退款异常"),
                RefundState::Closed => ("REFUND.CLOSED", "退款关闭"),
                RefundState::Success | RefundState::Processing | RefundState::Absent => {
                    ("REFUND.SUCCESS", "退款成功")
                }
            };
            let content = refund::told(shared, &request, refund, order);
            (event, "refund", summary, Value::Object(content))
        }
    };
    let mut content = content;
    if let Some(case) = case {
        json_fields(&mut content, case.inner);
    }
    let mut content = Answer::from(content);
    match fault {
        Some(NotificationFault::WrongAmount) => content.tamper(&FaultKind::WrongAmount),
        Some(NotificationFault::ForeignMerchant) => content.tamper(&FaultKind::ForeignMerchant),
        _ => {}
    }
    let nonce = shared.nonce()[..12].to_lowercase();
    let mut plaintext = content.text(&[]);
    if let Some(case) = case {
        bytes(&mut plaintext, case.inner_text);
    }
    let mut ciphertext = aead::seal(&merchant.api_v3_key, &nonce, kind, &plaintext);
    if fault == Some(NotificationFault::TamperedCiphertext) {
        let other = if ciphertext.starts_with('A') {
            "B"
        } else {
            "A"
        };
        ciphertext.replace_range(..1, other);
    }
    let clock = shared.clock();
    let mut envelope = json!({
        "id": id,
        "create_time": rfc3339(clock.unix(clock.now())),
        "resource_type": "encrypt-resource",
        "event_type": event,
        "summary": summary,
        "resource": {
            "original_type": kind,
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": ciphertext,
            "associated_data": kind,
            "nonce": nonce,
        },
    });
    if let Some(case) = case {
        json_fields(&mut envelope, case.fields);
    }
    Some(envelope.to_string().into_bytes())
}

/// What stands in the headers beside the body's type.
pub(crate) fn headers(
    shared: &Shared,
    body: &[u8],
    fault: Option<NotificationFault>,
) -> Vec<(String, String)> {
    if let Some(NotificationFault::Hostile { case }) = fault {
        let mut signed = body.to_vec();
        if !case.case().signed_before_text {
            bytes(&mut signed, case.case().text);
        }
        let mut headers = hostile::signature(shared, &signed, case.case());
        told_headers(&mut headers, case.case().headers);
        let owned = headers.into_iter();
        return owned
            .map(|(name, value)| (capitalised(name), value))
            .collect();
    }
    let faults: &[FaultKind] = match fault {
        Some(NotificationFault::MissingSignature) => &[FaultKind::MissingSign],
        Some(NotificationFault::WrongSignature) => &[FaultKind::WrongSign],
        Some(NotificationFault::SignProbe) => &[FaultKind::SignProbe],
        Some(NotificationFault::UnknownSerial) => &[FaultKind::UnknownSerial],
        Some(NotificationFault::OldTimestamp { seconds }) => &[FaultKind::OldTimestamp { seconds }],
        _ => &[],
    };
    answer::signature(shared, body, faults)
        .into_iter()
        .map(|(name, value)| (capitalised(name), value))
        .collect()
}

/// `wechatpay-nonce` as the documents write it.
fn capitalised(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(1);
        format!("{}{rest}", first.to_uppercase())
    });
    words.collect::<Vec<_>>().join("-")
}

/// The request that made the order or the refund, as far as answers to it repeat it.
fn as_request<'a>(merchant: &'a Merchant, notice: &Notice) -> Verified<'a> {
    let parameters = match notice {
        Notice::Payment(order) => &order.sale.parameters,
        Notice::Refund(refund, _) => &refund.request.parameters,
    };
    let mut body = json!({});
    if let Some(sub_appid) = parameters.get("sub_appid") {
        body["sub_appid"] = sub_appid.as_str().into();
    }
    Verified {
        merchant,
        sub_mchid: notice.order().sale.key.sub_mch_id.clone(),
        path: "",
        query: BTreeMap::new(),
        body,
    }
}
