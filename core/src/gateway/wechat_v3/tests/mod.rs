//! The codec as its callers see it.

mod answers;
mod attacks;
mod details;
mod documents;
pub(crate) mod notices;
mod prepay;
mod properties;
mod refunds;
mod requests;
mod rules;
mod stores;
mod verdicts;

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::WechatV3;
use crate::config::{Region, Secret, WechatV3Config};
use crate::crypto::SigningKey;
use crate::exchange::Reply;
use crate::fields::Fields;
use crate::gateway::{Expected, Stamp};

pub(crate) const APPID: &str = "wxd678efh567hg6787";
pub(crate) const MCHID: &str = "1230000109";
const SUB_MCHID: &str = "1900000109";
pub(crate) const OUT_TRADE_NO: &str = "1217752501201407033233368018";
const TRANSACTION_ID: &str = "4200001212282111030178445712";
pub(crate) const KEY_ID: &str = "PUB_KEY_ID_0112300001092024101100397200000006";

/// 2014-10-30T13:35:25+08:00
pub(crate) const PAID_AT: i64 = 1_414_647_325;
/// When the answers of these tests come in.
pub(crate) const NOW: i64 = PAID_AT + 3;

fn generated() -> SigningKey {
    let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let der: Pkcs8V1Der<'_> = key.as_der().expect("its DER");
    SigningKey::from_pkcs8(der.as_ref()).expect("the same key")
}

/// Of the merchant: signs requests.
static MERCHANT: LazyLock<SigningKey> = LazyLock::new(generated);
/// Of WeChat Pay: signs answers.
pub(crate) static PLATFORM: LazyLock<SigningKey> = LazyLock::new(generated);
/// Of somebody else.
static STRANGER: LazyLock<SigningKey> = LazyLock::new(generated);

pub(crate) fn config() -> WechatV3Config {
    WechatV3Config {
        appid: APPID.into(),
        mchid: MCHID.into(),
        partner: false,
        sub_appid: None,
        sub_mchid: None,
        merchant_category_code: None,
        serial_no: "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C".into(),
        certificate_expires: None,
        private_key: MERCHANT.clone(),
        api_v3_key: Secret::new("a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb"),
        public_keys: vec![(KEY_ID.into(), PLATFORM.public())],
        platform_certificates: None,
        auth_code_check: true,
        region: Region::Mainland,
    }
}

fn gateway() -> WechatV3 {
    WechatV3::new(config())
}

fn partner_config() -> WechatV3Config {
    WechatV3Config {
        partner: true,
        sub_appid: Some("wxsub".into()),
        sub_mchid: Some(SUB_MCHID.into()),
        ..config()
    }
}

fn partner() -> WechatV3 {
    WechatV3::new(partner_config())
}

fn hong_kong() -> WechatV3 {
    WechatV3::new(WechatV3Config {
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

/// What every charge needs overseas.
fn sale_overseas() -> Fields {
    sale_with("merchant_category_code", "4111")
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

/// An answer of the gateway's, in the making.
#[derive(Clone, Debug)]
struct Message(Value);

impl Message {
    /// A paid answer to [`sale`], as codepay and query give it.
    fn paid() -> Self {
        Self(json!({
            "appid": APPID,
            "mchid": MCHID,
            "out_trade_no": OUT_TRADE_NO,
            "transaction_id": TRANSACTION_ID,
            "trade_type": "MICROPAY",
            "trade_state": "SUCCESS",
            "trade_state_desc": "支付成功",
            "bank_type": "CCB_DEBIT",
            "attach": "till 3",
            "success_time": "2014-10-30T13:35:25+08:00",
            "payer": { "openid": "oUpF8uN95-Ptaags6E_roPHg7AG0" },
            "amount": {
                "total": 888,
                "payer_total": 880,
                "currency": "CNY",
                "payer_currency": "CNY",
            },
            "scene_info": { "device_id": "013467007045764" },
        }))
    }

    /// The same to a partner.
    fn paid_to_shop() -> Self {
        Self::paid()
            .without("/appid")
            .without("/mchid")
            .with("/sp_appid", APPID)
            .with("/sp_mchid", MCHID)
            .with("/sub_appid", "wxsub")
            .with("/sub_mchid", SUB_MCHID)
            .with(
                "/payer",
                json!({ "sp_openid": "oSp", "sub_openid": "oSub" }),
            )
    }

    /// An order that is not paid.
    fn state(trade_state: &str) -> Self {
        Self(json!({
            "appid": APPID,
            "mchid": MCHID,
            "out_trade_no": OUT_TRADE_NO,
            "trade_state": trade_state,
        }))
    }

    /// What a reverse is answered with.
    fn reversed() -> Self {
        Self(json!({ "appid": APPID, "mchid": MCHID, "out_trade_no": OUT_TRADE_NO }))
    }

    fn refused(code: &str, message: &str) -> Self {
        Self(json!({ "code": code, "message": message }))
    }

    fn with(mut self, at: &str, value: impl Into<Value>) -> Self {
        let (parent, name) = at.rsplit_once('/').expect("a pointer");
        let parent = self.0.pointer_mut(parent).expect("a parent");
        parent[name] = value.into();
        self
    }

    fn without(mut self, at: &str) -> Self {
        let (parent, name) = at.rsplit_once('/').expect("a pointer");
        let parent = self.0.pointer_mut(parent).expect("a parent");
        parent.as_object_mut().expect("an object").remove(name);
        self
    }

    fn body(&self) -> String {
        self.0.to_string()
    }

    /// As WeChat Pay sends it.
    fn signed(&self) -> Reply {
        signed(200, self.body())
    }

    /// As WeChat Pay sends errors.
    fn unsigned(&self, status: u16) -> Reply {
        reply(status, self.body())
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
        now: Some(NOW),
    }
}

fn signed(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    signed_by(&PLATFORM, KEY_ID, NOW, reply(status, body))
}

/// Signs on its own, so that a mistake in the codec is not mirrored here.
fn signed_by(key: &SigningKey, serial: &str, at: i64, mut reply: Reply) -> Reply {
    let nonce = "c5ac7061fccab6bf3e254dcf98995b8c";
    let mut message = format!("{at}\n{nonce}\n").into_bytes();
    message.extend_from_slice(&reply.body);
    message.push(b'\n');
    for (name, value) in [
        ("wechatpay-timestamp", at.to_string()),
        ("wechatpay-nonce", nonce.to_owned()),
        ("wechatpay-serial", serial.to_owned()),
        ("wechatpay-signature", BASE64.encode(key.sign(&message))),
    ] {
        reply.headers.push((name.into(), value));
    }
    reply
}

/// Replaces a header, or takes it off.
fn with_header(mut reply: Reply, name: &str, value: Option<&str>) -> Reply {
    reply.headers.retain(|(have, _)| have != name);
    if let Some(value) = value {
        reply.headers.push((name.into(), value.into()));
    }
    reply
}
