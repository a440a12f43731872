//! The codec as its callers see it.

mod answers;
mod attacks;
mod documents;
pub(crate) mod notices;
mod prepay;
mod refunds;
mod requests;
mod rules;
mod verdicts;
mod xml;

use super::WechatV2;
use crate::config::{Region, Secret, SignType, WechatV2Config};
use crate::crypto::digest::{hmac_sha256_hex_upper, md5_hex_upper};
use crate::exchange::Reply;
use crate::fields::Fields;
use crate::gateway::{Expected, Stamp};

pub(crate) const KEY: &str = "192006250b4c09247ec02edce69f6a2d";
pub(crate) const APPID: &str = "wx2421b1c4370ec43b";
pub(crate) const MCH_ID: &str = "10000100";
pub(crate) const OUT_TRADE_NO: &str = "1217752501201407033233368018";

/// 2014-10-30T13:35:25+08:00
pub(crate) const TIME_END: &str = "20141030133525";
pub(crate) const PAID_AT: i64 = 1_414_647_325;

pub(crate) fn config() -> WechatV2Config {
    WechatV2Config {
        appid: APPID.into(),
        mch_id: MCH_ID.into(),
        sub_appid: None,
        sub_mch_id: None,
        api_key: Secret::new(KEY),
        sign_type: SignType::HmacSha256,
        client_certificate: None,
        auth_code_check: true,
        region: Region::Mainland,
    }
}

fn gateway() -> WechatV2 {
    WechatV2::new(config())
}

fn institution() -> WechatV2 {
    WechatV2::new(WechatV2Config {
        sub_appid: Some("wxsub".into()),
        sub_mch_id: Some("452532745".into()),
        ..config()
    })
}

fn hong_kong() -> WechatV2 {
    WechatV2::new(WechatV2Config {
        region: Region::HongKong,
        ..config()
    })
}

fn stamp() -> Stamp {
    Stamp {
        nonce: "5d0b44f2f1a84e1f9f0c8a7d6b5e4c3a".into(),
        unix_seconds: PAID_AT,
    }
}

/// What every charge needs.
fn sale() -> Fields {
    [
        ("out_trade_no", OUT_TRADE_NO),
        ("auth_code", "134539517967686076"),
        ("total_fee", "888"),
        ("body", "Ipadmini16G白色"),
    ]
    .into_iter()
    .collect()
}

fn sale_with(name: &str, value: &str) -> Fields {
    let mut fields = sale();
    fields.set(name, value);
    fields
}

fn expected() -> Expected {
    Expected {
        out_trade_no: OUT_TRADE_NO.into(),
        total_fee: Some(888),
        fee_type: Some("CNY".into()),
        attach: Some("till 3".into()),
        submitted_at: Some(PAID_AT - 5),
        ..Expected::default()
    }
}

/// A message of the gateway's, in the making.
#[derive(Clone)]
pub(crate) struct Message(Vec<(String, String)>);

impl Message {
    /// What every signed answer has.
    pub(crate) fn success(rest: &[(&str, &str)]) -> Self {
        let mut message = Self(Vec::new());
        for (name, value) in [
            ("return_code", "SUCCESS"),
            ("return_msg", "OK"),
            ("appid", APPID),
            ("mch_id", MCH_ID),
            ("nonce_str", "EBObtckqDbde2wll"),
            ("result_code", "SUCCESS"),
        ] {
            message = message.with(name, value);
        }
        rest.iter()
            .fold(message, |message, (name, value)| message.with(name, value))
    }

    /// A paid answer to [`sale`], as micropay and orderquery give it.
    pub(crate) fn paid() -> Self {
        Self::success(&[
            ("openid", "oUpF8uN95-Ptaags6E_roPHg7AG0"),
            ("is_subscribe", "N"),
            ("trade_type", "MICROPAY"),
            ("bank_type", "CCB_DEBIT"),
            ("fee_type", "CNY"),
            ("total_fee", "888"),
            ("cash_fee", "880"),
            ("coupon_fee", "8"),
            ("transaction_id", "4200001212282111030178445712"),
            ("out_trade_no", OUT_TRADE_NO),
            ("attach", "till 3"),
            ("time_end", TIME_END),
        ])
    }

    pub(crate) fn failed(code: &str, text: &str) -> Self {
        Self::success(&[
            ("result_code", "FAIL"),
            ("err_code", code),
            ("err_code_des", text),
        ])
    }

    pub(crate) fn state(trade_state: &str) -> Self {
        Self::success(&[("trade_state", trade_state), ("out_trade_no", OUT_TRADE_NO)])
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(have, _)| have != name);
        self.0.push((name.into(), value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(have, _)| have != name);
        self
    }

    /// Signs on its own, so that a mistake in the codec is not mirrored here.
    pub(crate) fn signed_with(self, key: &str, sign_type: SignType) -> Self {
        let mut message = self.without("sign");
        message.0.sort();
        let mut string: String = message
            .0
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={value}&"))
            .collect();
        string.push_str(&format!("key={key}"));
        let sign = match sign_type {
            SignType::Md5 => md5_hex_upper(string.as_bytes()),
            SignType::HmacSha256 => hmac_sha256_hex_upper(key.as_bytes(), string.as_bytes()),
        };
        message.with("sign", &sign)
    }

    pub(crate) fn signed(self) -> Self {
        self.signed_with(KEY, SignType::HmacSha256)
    }

    pub(crate) fn xml(&self) -> String {
        let fields: String = self
            .0
            .iter()
            .map(|(name, value)| format!("<{name}><![CDATA[{value}]]></{name}>\n"))
            .collect();
        format!("<xml>{fields}</xml>")
    }

    pub(crate) fn reply(&self) -> Reply {
        reply(200, self.xml())
    }
}

fn reply(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    Reply {
        sent_at: crate::clock::Moment::default(),
        elapsed: std::time::Duration::ZERO,
        new_connection: false,
        repeated: false,
        status,
        headers: vec![("request-id".into(), "08F-268512771".into())],
        body: body.into(),
        host: "https://api.mch.weixin.qq.com".into(),
        date: None,
        now: None,
    }
}
