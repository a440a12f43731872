//! What APIv2's notifications say: a payment signed like an answer, a refund encrypted.

use aes::Aes256;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ecb::cipher::block_padding::Pkcs7;
use ecb::cipher::{BlockModeEncrypt, KeyInit};
use md5::{Digest, Md5};

use super::answer::{Account, Answer};
use super::xml;
use crate::fault::FaultKind;
use crate::hostile::{Case, Subject};
use crate::ledger::{Notice, Order, Refund};
use crate::notify::NotificationFault;
use crate::settings::{Merchant, SignType};
use crate::shared::Shared;

/// The body of a notification; `None` if it cannot have `fault`, or its merchant is unknown.
pub(crate) fn body(
    shared: &Shared,
    notice: &Notice,
    sign_type: SignType,
    fault: Option<NotificationFault>,
) -> Option<Vec<u8>> {
    let merchant = shared.merchant(&notice.order().sale.key.mch_id)?;
    match notice {
        Notice::Payment(order) => payment(shared, merchant, order, sign_type, fault),
        Notice::Refund(refund, order) => refunded(shared, merchant, refund, order, fault),
    }
}

/// Whether an answer says that the notification was understood.
pub(crate) fn is_acknowledged(answer: &[u8]) -> bool {
    std::str::from_utf8(answer)
        .ok()
        .and_then(|text| xml::read(text).ok())
        .is_some_and(|parameters| parameters.get("return_code") == Some("SUCCESS"))
}

fn payment(
    shared: &Shared,
    merchant: &Merchant,
    order: &Order,
    sign_type: SignType,
    fault: Option<NotificationFault>,
) -> Option<Vec<u8>> {
    let case = case(fault, Subject::Payment)?;
    let fault = match fault {
        None => None,
        Some(NotificationFault::MissingSignature) => Some(FaultKind::MissingSign),
        Some(NotificationFault::WrongSignature) => Some(FaultKind::WrongSign),
        Some(NotificationFault::Hostile { .. }) => None,
        Some(other) => Some(on_the_content(other)?),
    };
    let account = Account::new(
        merchant,
        |name| order.sale.parameters.get(name).map(String::as_str),
        sign_type,
    );
    let mut answer = account.paid(shared, order);
    if sign_type == SignType::HmacSha256 {
        answer.set("sign_type", sign_type.name());
    }
    if let Some(fault) = &fault {
        answer.tamper(fault);
    }
    Some(match case {
        Some(case) => answer.altered("xml", case),
        None => answer.render(fault.as_slice()).into_bytes(),
    })
}

fn refunded(
    shared: &Shared,
    merchant: &Merchant,
    refund: &Refund,
    order: &Order,
    fault: Option<NotificationFault>,
) -> Option<Vec<u8>> {
    let case = case(fault, Subject::Refund)?;
    let tampered = fault == Some(NotificationFault::TamperedCiphertext);
    let fault = match fault {
        None | Some(NotificationFault::TamperedCiphertext | NotificationFault::Hostile { .. }) => {
            None
        }
        Some(other) => Some(on_the_content(other)?),
    };
    let mut content = Answer::unsigned();
    content.refund_notice(shared, refund, order);
    if let Some(fault) = &fault {
        content.tamper(fault);
    }
    let content = match case {
        Some(case) => content.altered_inner("root", case),
        None => content.render_under("root", &[]).into_bytes(),
    };
    let mut req_info = encrypted(&content, &merchant.api_key);
    if tampered {
        // The first block is the root's, so that no XML is left.
        let other = if req_info.starts_with('A') { "B" } else { "A" };
        req_info.replace_range(..1, other);
    }
    let mut answer = Answer::unsigned();
    answer.set("return_code", "SUCCESS");
    for name in ["appid", "mch_id", "sub_appid", "sub_mch_id"] {
        if let Some(value) = refund.request.parameters.get(name) {
            answer.set(name, value);
        }
    }
    answer.set("nonce_str", &shared.nonce());
    answer.set("req_info", &req_info);
    if let Some(fault) = &fault {
        answer.tamper(fault);
    }
    Some(match case {
        Some(case) => answer.altered("xml", case),
        None => answer.render(fault.as_slice()).into_bytes(),
    })
}

/// The hostile case among the faults; `None`: one about something else.
fn case(fault: Option<NotificationFault>, subject: Subject) -> Option<Option<&'static Case>> {
    match (fault, NotificationFault::case(fault, subject)) {
        (Some(NotificationFault::Hostile { .. }), None) => None,
        (_, case) => Some(case),
    }
}

/// The fault of an answer that does the same to a notification.
fn on_the_content(fault: NotificationFault) -> Option<FaultKind> {
    match fault {
        NotificationFault::WrongAmount => Some(FaultKind::WrongAmount),
        NotificationFault::ForeignMerchant => Some(FaultKind::ForeignMerchant),
        NotificationFault::Doctype => Some(FaultKind::Doctype),
        NotificationFault::MissingSignature
        | NotificationFault::WrongSignature
        | NotificationFault::SignProbe
        | NotificationFault::OldTimestamp { .. }
        | NotificationFault::UnknownSerial
        | NotificationFault::TamperedCiphertext
        | NotificationFault::ForeignOrder
        | NotificationFault::NoJson
        | NotificationFault::BadPadding
        | NotificationFault::Hostile { .. } => None,
    }
}

/// `req_info`: AES-256-ECB with PKCS#7 padding under the lower-case hex MD5 of the API key
/// (protocol §4.13).
fn encrypted(text: &[u8], api_key: &str) -> String {
    let key = hex::encode(Md5::digest(api_key));
    BASE64_STANDARD.encode(ecb_encrypt(key.as_bytes(), text))
}

fn ecb_encrypt(key: &[u8], text: &[u8]) -> Vec<u8> {
    ecb::Encryptor::<Aes256>::new_from_slice(key)
        .expect("an MD5 in hex has 32 characters")
        .encrypt_padded_vec::<Pkcs7>(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vector_v2_4_is_encrypted_as_published() {
        let sealed = ecb_encrypt(b"01234567890abcdefedcba9876543210", b"SKIT is great!");
        assert_eq!(BASE64_STANDARD.encode(sealed), "l/aL5GyVfl/tw3Lww6GvCQ==");
    }

    #[test]
    fn only_an_answer_that_says_success_is_an_acknowledgement() {
        let said = |code: &str| format!("<xml><return_code><![CDATA[{code}]]></return_code></xml>");
        assert!(is_acknowledged(said("SUCCESS").as_bytes()));
        for other in [&said("FAIL"), "", "SUCCESS", "{\"code\":\"SUCCESS\"}"] {
            assert!(!is_acknowledged(other.as_bytes()), "{other}");
        }
        assert!(!is_acknowledged(b"<xml>\xff</xml>"));
    }
}
