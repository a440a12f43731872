//! Notifications of payments and refunds.
//!
//! A payment is signed like an answer. A refund is not signed at all: what is proven by its decryption
//! is that WeChat Pay wrote the pieces, and even their order only by its being a readable message.
//!
//! Sources: "支付结果通知" and "退款结果通知", APIv2.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

use super::answer::{failed, without_message};
use super::refund::{Told, success_time};
use super::request::{document, flat};
use super::{WechatV2, facts, fields, xml};
use crate::crypto::{digest, ecb_open};
use crate::fields::Fields;
use crate::gateway::rules::short;
use crate::gateway::{
    Answer, Expected, ExpectedRefund, Notice, NoticeError, Notification, Notifications,
};
use crate::outcome::Facts;
use crate::verdict::{QueryVerdict, RefundVerdict};

/// What the root element of a decrypted refund is called, by practice and by the documents.
const REFUND_ROOTS: [&str; 2] = ["root", "xml"];

impl Notifications for WechatV2 {
    fn open(&self, notice: &Notice<'_>) -> Result<Notification, NoticeError> {
        let message =
            xml::parse(notice.body).map_err(|error| NoticeError::Malformed(error.to_string()))?;
        if message.get("return_code") != Some("SUCCESS") {
            // What says nothing is not signed either.
            return Err(malformed("return_code is not SUCCESS"));
        }
        match message.get("req_info") {
            Some(sealed) => self.open_refund(&message, sealed),
            None => self.open_payment(&message),
        }
    }

    fn judge(&self, message: &Facts, expected: &Expected) -> Answer<QueryVerdict> {
        let message = flat(message);
        // The signature once more, and the names of merchant and shop, by the rules of answers.
        if let Err(why) = self.verify(expected, &message) {
            return without_message(QueryVerdict::Unclear, why, true);
        }
        let (verdict, why) = match failed(&message) {
            None => Self::judge(self, expected, &message),
            Some((code, _)) => {
                let why = format!("the payment failed: err_code {}", short(code, 64));
                (QueryVerdict::Failed, why)
            }
        };
        let mut answer = without_message(verdict, why, false);
        if let Some((code, text)) = failed(&message) {
            answer.code = Some(short(code, 64));
            answer.code_message = Some(short(text, 256));
        }
        answer.facts = facts::of_message(message);
        if verdict == QueryVerdict::Paid {
            answer.facts.insert("trade_state".into(), "SUCCESS".into());
        }
        answer
    }

    fn judge_refund(&self, message: &Facts, expected: &ExpectedRefund) -> Answer<RefundVerdict> {
        let message = flat(message);
        let shop = self.shop(expected.sub_mch_id.as_deref());
        let other_shop = message
            .get("sub_mch_id")
            .is_some_and(|have| Some(have) != shop);
        if shop.is_some() && other_shop {
            let why = "the notification is about another sub_mch_id";
            return without_message(RefundVerdict::Unclear, why, true);
        }
        let status = message.get("refund_status").unwrap_or_default();
        let told = Told {
            number: message.get("out_refund_no"),
            refund_fee: message.get("refund_fee"),
            // It names no currency, so none is compared.
            fee_type: expected.fee_type.as_deref(),
            status,
            index: None,
        };
        let (verdict, why) = Self::judge_refund(self, expected, &message, &told);
        let moment = message.get("success_time").and_then(success_time);
        let mut answer = without_message(verdict, why, false);
        if verdict == RefundVerdict::Failed {
            answer.code = Some(short(status, 64));
        }
        answer.facts = facts::of_message(message);
        if let Some(moment) = moment {
            answer.facts.remove("success_time");
            answer
                .facts
                .insert("refunded_at".into(), moment.rfc3339().into());
        }
        answer
    }

    fn acknowledgement(&self, taken: bool) -> (&'static str, String) {
        let (code, message) = if taken {
            ("SUCCESS", "OK")
        } else {
            ("FAIL", "again")
        };
        let body = format!(
            "<xml><return_code><![CDATA[{code}]]></return_code>\
             <return_msg><![CDATA[{message}]]></return_msg></xml>"
        );
        ("text/xml", body)
    }
}

impl WechatV2 {
    fn open_payment(&self, message: &Fields) -> Result<Notification, NoticeError> {
        let anybodys = Expected {
            sub_mch_id: message.get("sub_mch_id").map(str::to_owned),
            ..Expected::default()
        };
        self.verify(&anybodys, message).map_err(forged)?;
        match message.get("out_trade_no") {
            Some(number) => Ok(Notification::Payment {
                out_trade_no: number.to_owned(),
                message: document(message.clone()),
            }),
            None => Err(malformed("it does not name its order")),
        }
    }

    fn open_refund(&self, message: &Fields, sealed: &str) -> Result<Notification, NoticeError> {
        if message.get("mch_id") != Some(&self.config.mch_id) {
            return Err(forged("it is about another mch_id"));
        }
        if message
            .get("appid")
            .is_some_and(|have| have != self.config.appid)
        {
            return Err(forged("it is about another appid"));
        }
        let sealed = BASE64
            .decode(sealed)
            .map_err(|_| malformed("req_info is not Base64"))?;
        // The documents' key: MD5 of the API key, in lower-case hex.
        let key = Zeroizing::new(digest::md5_hex_upper(
            self.config.api_key.expose().as_bytes(),
        ));
        let key = Zeroizing::new(key.to_ascii_lowercase());
        let opened = ecb_open(key.as_bytes(), &sealed)
            .map_err(|_| forged("req_info does not open with api_key"))?;
        let refund = xml::parse_rooted(&opened, &REFUND_ROOTS)
            .map_err(|_| forged("what req_info opens to is no message: is api_key right?"))?;
        let Some(number) = refund.get("out_refund_no").map(str::to_owned) else {
            return Err(malformed("it does not name its refund"));
        };
        // Pieces put together anew can make one field swallow another.
        let order = refund.get("out_trade_no").unwrap_or_default();
        if fields::check_out_refund_no(&number).is_err()
            || fields::check_out_trade_no(order).is_err()
        {
            return Err(forged(
                "what req_info opens to does not name an order and a refund",
            ));
        }
        let mut about = document(refund);
        // Only the envelope says whose shop it is.
        if let Some(shop) = message.get("sub_mch_id") {
            about.insert("sub_mch_id".into(), shop.into());
        }
        Ok(Notification::Refund {
            out_refund_no: number,
            message: about,
        })
    }
}

fn malformed(why: &str) -> NoticeError {
    NoticeError::Malformed(why.to_owned())
}

fn forged(why: &str) -> NoticeError {
    NoticeError::Forged {
        why: why.to_owned(),
        unknown_key: None,
    }
}
