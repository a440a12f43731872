//! The request vocabulary: each product has a table that says what a value must look like and what
//! either interface calls it.
//!
//! Sources: `openapi.payment.order.swipe`, and the parameters of Fubei's SDKs for the rest. The
//! documents do not say whether their lengths count bytes or characters, so bytes of UTF-8 are
//! counted: what fits in bytes fits in either. `docs/fields.md` is these tables in prose.

use super::content::{Content, Json};
use super::{NAME, detail, money};
use crate::config::{Channel, FubeiApi};
use crate::fields::Fields;
use crate::gateway::rules::{self, Broken, trimmed};
use crate::gateway::{InvalidField, vocabulary};
use crate::json;

/// No payment code and no face-pay token is longer.
const MAX_AUTH_CODE: usize = 1024;

/// What a value must look like, and so which type it has in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Printable text up to so many bytes.
    Text(usize),
    /// See [`rules::identifier`].
    Identifier(usize),
    /// A number that the merchant gives: see [`check_new_number`].
    Number,
    /// Fen here, yuan there; a JSON number.
    Yuan,
    /// Fen; checked, and compared with other fields.
    Fen,
    /// Up to so many digits, as a JSON number.
    Digits(usize),
    /// A JSON number of this range.
    Between(u8, u8),
    /// A payment code of any channel, or a face-pay token.
    AuthCode,
    /// `CNY`.
    Currency,
    /// 1, 2, 5 or `wxpay`, `alipay`, `unionpay`.
    PayType,
    /// `NATIVE`.
    TradeType,
    /// `FACE_PAY`.
    Scene,
    /// See [`rules::compact_time`].
    Time,
    /// Where a callback is sent.
    Url,
    /// See [`detail::check`].
    Detail,
    /// A JSON object up to so many bytes, as text.
    Json(usize),
}

/// Not put into the request by the table, or not known to that interface.
pub(super) const NOWHERE: &str = "";

/// One field that a till may set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// In the vocabulary.
    pub(super) name: &'static str,
    /// What 1.0 calls it.
    pub(super) v1: &'static str,
    /// What 2.0 calls it.
    pub(super) v2: &'static str,
    /// What its value must look like.
    pub(super) rule: Rule,
    /// Whether it cannot be missing.
    pub(super) required: bool,
}

const fn field(name: &'static str, v1: &'static str, v2: &'static str, rule: Rule) -> Field {
    Field {
        name,
        v1,
        v2,
        rule,
        required: false,
    }
}

const fn required(name: &'static str, v1: &'static str, v2: &'static str, rule: Rule) -> Field {
    Field {
        required: true,
        ..field(name, v1, v2, rule)
    }
}

impl Field {
    /// What `api` calls it.
    pub(super) fn at(&self, api: FubeiApi) -> &'static str {
        match api {
            FubeiApi::V1 => self.v1,
            FubeiApi::V2 => self.v2,
        }
    }

    /// Whether a field without a name of its own is of use all the same.
    fn is_for_us(&self, api: FubeiApi) -> bool {
        match self.rule {
            Rule::Fen | Rule::Currency | Rule::TradeType => true,
            // 2.0 knows the code's channel by itself, and shows one code for all of them.
            Rule::PayType => api == FubeiApi::V1,
            _ => self.name == "sub_mch_id",
        }
    }
}

/// The fields of a code payment.
#[rustfmt::skip]
pub(super) const PAY: &[Field] = &[
    required("out_trade_no",  "merchant_order_sn", "merchant_order_sn",   Rule::Number),
    required("auth_code",     "auth_code",         "auth_code",           Rule::AuthCode),
    required("total_fee",     "total_fee",         "total_amount",        Rule::Yuan),
    field("alipay_extend_params", NOWHERE,         "alipay_extend_params", Rule::Json(1024)),
    field("attach",           "attach",            "attach",              Rule::Text(127)),
    field("body",             "body",              "body",                Rule::Text(128)),
    field("buyer_id",         "buyer_id",          NOWHERE,               Rule::Identifier(32)),
    field("call_back_url",    "call_back_url",     "notify_url",          Rule::Url),
    field("cashier_id",       "cashier_id",        "cashier_id",          Rule::Digits(10)),
    field("detail",           "detail",            "detail",              Rule::Detail),
    field("device_info",      "device_no",         "device_no",           Rule::Text(18)),
    field("disable_pay_channels", NOWHERE,         "disable_pay_channels", Rule::Text(128)),
    field("discount_switch",  "discount_switch",   NOWHERE,               Rule::Between(0, 1)),
    field("equipment_type",   "equipment_type",    NOWHERE,               Rule::Between(90, 127)),
    field("fee_type",         NOWHERE,             NOWHERE,               Rule::Currency),
    field("goods_tag",        "goods_tag",         "goods_tag",           Rule::Text(256)),
    field("notify_url",       "call_back_url",     "notify_url",          Rule::Url),
    field("pay_type",         NOWHERE,             NOWHERE,               Rule::PayType),
    field("platform_store_id", NOWHERE,            "platform_store_id",   Rule::Identifier(64)),
    field("scene",            "scene",             NOWHERE,               Rule::Scene),
    field("store_id",         "store_id",          "store_id",            Rule::Digits(10)),
    field("sub_appid",        "sub_appid",         "sub_appid",           Rule::Identifier(64)),
    field("sub_mch_id",       NOWHERE,             NOWHERE,               Rule::Digits(18)),
    field("time_expire",      "timeout_express",   "timeout_express",     Rule::Time),
    field("timeout_express",  "timeout_express",   "timeout_express",     Rule::Time),
    field("type",             NOWHERE,             NOWHERE,               Rule::PayType),
];

/// The fields of an order that the payer scans.
#[rustfmt::skip]
pub(super) const PREPAY: &[Field] = &[
    required("out_trade_no",  "merchant_order_sn", "merchant_order_sn",   Rule::Number),
    required("total_fee",     "total_fee",         "total_amount",        Rule::Yuan),
    field("attach",           "attach",            "attach",              Rule::Text(127)),
    field("body",             "body",              "body",                Rule::Text(128)),
    field("call_back_url",    "call_back_url",     "notify_url",          Rule::Url),
    field("cashier_id",       "cashier_id",        "cashier_id",          Rule::Digits(10)),
    field("device_info",      "device_no",         "device_no",           Rule::Text(18)),
    field("equipment_type",   "equipment_type",    NOWHERE,               Rule::Between(90, 127)),
    field("fee_type",         NOWHERE,             NOWHERE,               Rule::Currency),
    field("notify_url",       "call_back_url",     "notify_url",          Rule::Url),
    field("pay_type",         NOWHERE,             NOWHERE,               Rule::PayType),
    field("store_id",         "store_id",          "store_id",            Rule::Digits(10)),
    field("sub_mch_id",       NOWHERE,             NOWHERE,               Rule::Digits(18)),
    field("time_expire",      NOWHERE,             "timeout_express",     Rule::Time),
    field("timeout_express",  NOWHERE,             "timeout_express",     Rule::Time),
    field("trade_type",       NOWHERE,             NOWHERE,               Rule::TradeType),
    field("type",             NOWHERE,             NOWHERE,               Rule::PayType),
];

/// The fields of a refund.
#[rustfmt::skip]
pub(super) const REFUND: &[Field] = &[
    required("out_refund_no", "merchant_refund_sn", "merchant_refund_sn", Rule::Number),
    required("refund_fee",    "refund_money",      "refund_amount",       Rule::Yuan),
    field("device_info",      NOWHERE,             "device_no",           Rule::Text(18)),
    field("fee_type",         NOWHERE,             NOWHERE,               Rule::Currency),
    field("handler",          NOWHERE,             "handler",             Rule::Digits(18)),
    field("out_trade_no",     "merchant_order_sn", "merchant_order_sn",   Rule::Number),
    field("refund_fee_type",  NOWHERE,             NOWHERE,               Rule::Currency),
    field("sub_mch_id",       NOWHERE,             NOWHERE,               Rule::Digits(18)),
    field("total_fee",        NOWHERE,             NOWHERE,               Rule::Fen),
    field("transaction_id",   "order_sn",          "order_sn",            Rule::Identifier(32)),
];

/// Parameters that the library sets itself.
const OWN: &[&str] = &[
    "app_id",
    "biz_content",
    "format",
    "merchant_id",
    "method",
    "nonce",
    "secret",
    "sign",
    "sign_method",
    "vendor_sn",
];

/// Fubei's names of what the vocabulary calls something else.
const RENAMED: &[(&str, &str)] = &[
    ("device_no", "device_info"),
    ("merchant_order_sn", "out_trade_no"),
    ("merchant_refund_sn", "out_refund_no"),
    ("order_sn", "transaction_id"),
    ("refund_amount", "refund_fee"),
    ("refund_money", "refund_fee"),
    ("total_amount", "total_fee"),
];

/// A till's fields that passed a table.
pub(super) struct Checked {
    /// What the table puts into the request.
    pub(super) content: Content,
    /// Every field as it was checked: trimmed.
    pub(super) fields: Fields,
    /// Vocabulary fields that the table has no place for.
    pub(super) left_out: Vec<String>,
}

/// Checks a till's fields by a product's table.
pub(super) fn check(
    given: &Fields,
    table: &[Field],
    api: FubeiApi,
) -> Result<Checked, InvalidField> {
    let mut checked = Checked {
        content: Content::default(),
        fields: Fields::new(),
        left_out: Vec::new(),
    };
    for (name, value) in given.iter() {
        let field = table.iter().find(|field| field.name == name);
        let value = match field {
            // It is the name by which the till asks again.
            Some(field) if field.rule == Rule::Number => value,
            _ => trimmed(value),
        };
        if value.is_empty() {
            continue;
        }
        if OWN.contains(&name) {
            return Err(invalid(name, own(name)));
        }
        let Some(field) = field else {
            if vocabulary::knows(name) {
                checked.left_out.push(name.to_owned());
                continue;
            }
            return Err(unknown(name));
        };
        let json = json_of(field.rule, value, api).map_err(|rule| invalid(name, rule))?;
        let at = field.at(api);
        if at == NOWHERE {
            if !field.is_for_us(api) {
                checked.left_out.push(name.to_owned());
                continue;
            }
        } else if !checked.content.agrees(at, json) {
            return Err(says_otherwise(field, table, api));
        }
        checked.fields.set(name, value);
    }
    match table
        .iter()
        .find(|field| field.required && checked.fields.get(field.name).is_none())
    {
        Some(missing) => Err(invalid(missing.name, "is required")),
        None => Ok(checked),
    }
}

/// A value that was trimmed, as it is sent.
fn json_of(rule: Rule, value: &str, api: FubeiApi) -> Result<Json, Broken> {
    match rule {
        Rule::Text(max) => {
            rules::printable(value)?;
            rules::at_most_bytes(value, max)?;
        }
        Rule::Identifier(max) => rules::identifier(value, max)?,
        Rule::Number => check_new_number(value)?,
        Rule::Yuan => return amount(value, api).map(|fen| Json::Number(money::yuan(fen))),
        Rule::Fen => {
            rules::amount(value)?;
        }
        Rule::Digits(max) => {
            if rules::digits(value, max).is_err() || (value.starts_with('0') && value != "0") {
                return Err(format!("1 to {max} digits, without zeros before them"));
            }
            return Ok(Json::Number(value.to_owned()));
        }
        Rule::Between(least, most) => {
            let number = value.parse::<u8>().ok().filter(|_| !value.starts_with('+'));
            return match number {
                Some(number) if (least..=most).contains(&number) => {
                    Ok(Json::Number(number.to_string()))
                }
                _ => Err(format!("a whole number from {least} to {most}")),
            };
        }
        // Never refused for its length: the documents contradict each other on it.
        Rule::AuthCode => rules::identifier(value, MAX_AUTH_CODE)?,
        Rule::Currency => {
            if value != "CNY" {
                return Err(
                    "CNY is the only currency; leave it out, or use another gateway".into(),
                );
            }
        }
        Rule::PayType => {
            pay_type(value)?;
        }
        Rule::TradeType => {
            if value != "NATIVE" {
                return Err("NATIVE is the only one here: a code that the payer scans".into());
            }
        }
        Rule::Scene => {
            if value != "FACE_PAY" {
                return Err("FACE_PAY is the only scene; leave it out for payment codes".into());
            }
        }
        Rule::Time => rules::compact_time(value)?,
        Rule::Url => {
            rules::notify_url(value)?;
            if api == FubeiApi::V2 {
                rules::at_most_bytes(value, 255)?;
            }
        }
        Rule::Detail => detail::check(value)?,
        Rule::Json(max) => {
            json::parse_object(value.as_bytes(), max)
                .map_err(|error| format!("one JSON object; this is {error}"))?;
        }
    }
    Ok(Json::Text(value.to_owned()))
}

/// An amount in fen, within what the interface takes.
///
/// 1.0 allows ten characters of yuan, 2.0 ten million yuan.
pub(super) fn amount(value: &str, api: FubeiApi) -> Result<i64, Broken> {
    let most = match api {
        FubeiApi::V1 => 999_999_999,
        FubeiApi::V2 => 1_000_000_000,
    };
    let fen = rules::amount(value)?;
    if fen > most {
        return Err(format!(
            "at most {most} fen ({} yuan); split the sale",
            money::yuan(most)
        ));
    }
    Ok(fen)
}

/// The channel that a till names.
pub(super) fn pay_type(value: &str) -> Result<Channel, Broken> {
    match value {
        "1" | "wxpay" => Ok(Channel::Wechat),
        "2" | "alipay" => Ok(Channel::Alipay),
        "5" | "unionpay" => Ok(Channel::UnionPay),
        _ => Err("1 or wxpay, 2 or alipay, 5 or unionpay".into()),
    }
}

/// Checks a number that a new order or refund gets.
fn check_new_number(value: &str) -> Result<(), Broken> {
    rules::order_number(value, "_-|*@", 32)
}

/// Checks a number that is only asked about: it may be another system's.
pub(super) fn check_known_number(field: &str, value: &str) -> Result<(), InvalidField> {
    rules::identifier(value, 32)
        .map_err(|rule| invalid(field, format!("{rule}, at most 32 of them")))
}

fn says_otherwise(field: &Field, table: &[Field], api: FubeiApi) -> InvalidField {
    let same = table
        .iter()
        .find(|other| other.at(api) == field.at(api) && other.name != field.name)
        .map_or("another field", |other| other.name);
    invalid(
        field.name,
        format!("is the same as {same} and says something else; set one of them"),
    )
}

/// An error about one field.
pub(super) fn invalid(field: &str, rule: impl Into<String>) -> InvalidField {
    InvalidField {
        gateway: NAME,
        field: field.to_owned(),
        rule: rule.into(),
    }
}

fn own(name: &str) -> &'static str {
    match name {
        "merchant_id" => "is called sub_mch_id here",
        _ => "is set by the library from its configuration",
    }
}

/// The name comes from the till: whatever it is, it must not blow up a log.
fn unknown(name: &str) -> InvalidField {
    let ours = RENAMED.iter().find(|(fubei, _)| *fubei == name);
    let rule = ours.map_or_else(
        || vocabulary::unknown(name),
        |(_, ours)| format!("is called {ours} here"),
    );
    invalid(&rules::short(name, 64), rule)
}
