//! What a hostile case makes of an answer.

use super::Answer;
use crate::clock::beijing;
use crate::hostile::{self, Case, Lie, Seal};
use crate::settings::SignType;
use crate::shared::Shared;
use crate::v2::sign::sign;
use crate::v2::xml;

/// Nobody's.
const OTHER_KEY: &str = "somebodyelsesapikey0123456789abc";

impl Answer {
    /// Makes it a lie about the order.
    pub(crate) fn lie(&mut self, shared: &Shared, out_trade_no: &str, lie: Lie) {
        match lie {
            Lie::Paid => self.paid(shared, out_trade_no),
            Lie::NotPaid => self.not_paid(),
        }
    }

    fn not_paid(&mut self) {
        self.fields
            .retain(|(name, _)| !matches!(name.as_str(), "transaction_id" | "time_end"));
        if self.fields.iter().any(|(name, _)| name == "trade_state") {
            self.set("trade_state", "NOTPAY");
        } else {
            self.set("result_code", "FAIL");
            self.set("err_code", "NOTENOUGH");
        }
    }

    fn paid(&mut self, shared: &Shared, out_trade_no: &str) {
        let ledger = shared.ledger();
        let order = ledger.order(out_trade_no);
        let fee = order.and_then(|order| order.total_fee).unwrap_or_default();
        let clock = shared.clock();
        let time = beijing(clock.unix(clock.now()));
        let fee = fee.to_string();
        for (name, value) in [
            ("result_code", "SUCCESS"),
            ("trade_state", "SUCCESS"),
            ("trade_state_desc", "支付成功"),
            ("openid", "oNobodyAtAll"),
            ("is_subscribe", "N"),
            ("trade_type", "NATIVE"),
            ("bank_type", "CFT"),
            ("fee_type", "CNY"),
            ("total_fee", &fee),
            ("cash_fee", &fee),
            ("transaction_id", "4200009999999999999999999999"),
            ("out_trade_no", out_trade_no),
            ("time_end", &time),
        ] {
            self.set(name, value);
        }
        self.fields
            .retain(|(name, _)| !matches!(name.as_str(), "err_code" | "err_code_des"));
    }

    /// What the case changes, signed as it says; and what of it is text.
    pub(crate) fn altered(mut self, root: &str, case: &Case) -> Vec<u8> {
        hostile::pairs(&mut self.fields, case.fields);
        if let Some((key, sign_type)) = self.signer.take() {
            let signed = |key: &str, sign_type| {
                let pairs = self.fields.iter();
                sign(
                    pairs.map(|(name, value)| (name.as_str(), value.as_str())),
                    key,
                    sign_type,
                )
            };
            let other = match sign_type {
                SignType::Md5 => SignType::HmacSha256,
                SignType::HmacSha256 => SignType::Md5,
            };
            let signature = match case.seal {
                Seal::None => None,
                Seal::Wrong => {
                    let right = signed(&key, sign_type);
                    let digit = if right.starts_with('0') { "1" } else { "0" };
                    Some(format!("{digit}{}", &right[1..]))
                }
                Seal::OtherKey | Seal::Impostor => Some(signed(OTHER_KEY, sign_type)),
                Seal::NoKey => Some(signed("", sign_type)),
                Seal::OtherAlgorithm => Some(signed(&key, other)),
                Seal::Lower => Some(signed(&key, sign_type).to_lowercase()),
                Seal::Right | Seal::Old(_) | Seal::BodyAlone | Seal::NoLineEnd => {
                    Some(signed(&key, sign_type))
                }
            };
            if let Some(signature) = signature {
                self.set("sign", &signature);
            }
        }
        hostile::pairs(&mut self.fields, case.after);
        let pairs = self.fields.iter();
        let text = xml::write(
            root,
            pairs.map(|(name, value)| (name.as_str(), value.as_str())),
        );
        let mut body = text.into_bytes();
        hostile::bytes(&mut body, case.text);
        body
    }

    /// What is encrypted in a notification.
    pub(crate) fn altered_inner(mut self, root: &str, case: &Case) -> Vec<u8> {
        hostile::pairs(&mut self.fields, case.inner);
        let mut body = self.render_under(root, &[]).into_bytes();
        hostile::bytes(&mut body, case.inner_text);
        body
    }
}
