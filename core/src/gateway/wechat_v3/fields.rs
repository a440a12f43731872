//! From a till's fields to a JSON body: each product has a table that says what a value must look
//! like and where in the body it goes.
//!
//! Sources: "付款码支付", "JSAPI下单", "Native下单", "H5下单", "APP下单" and "申请退款", APIv3, direct and
//! partner edition, and the global edition of each. The documents do not say whether their lengths
//! count bytes or characters, so bytes of UTF-8 are counted: what fits in bytes fits in either.
//! `docs/fields.md` and `docs/refunds.md` are these tables in prose.

use serde_json::{Map, Value};

use super::{NAME, WechatV3, detail};
use crate::config::Region;
use crate::fields::Fields;
use crate::gateway::beijing::Beijing;
use crate::gateway::prepaid::TradeType;
use crate::gateway::rules::{self, Broken, trimmed};
use crate::gateway::{InvalidField, vocabulary};

/// `scene_info` as a whole may have this many bytes.
const MAX_SCENE_BYTES: usize = 2048;

/// What a value must look like, and so which type it has in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Printable text up to so many bytes.
    Text(usize),
    /// See [`rules::identifier`].
    Identifier(usize),
    /// Up to so many digits, as text.
    Digits(usize),
    /// Up to so many letters and digits.
    Alphanumeric(usize),
    /// See [`rules::notify_url`].
    NotifyUrl,
    /// See [`rules::refund_account`].
    RefundAccount,
    /// A number that the merchant gives: see [`check_new_number`].
    Number,
    /// A number that the merchant has given: see [`check_known_number`].
    KnownNumber,
    /// See [`check_refund_number`].
    RefundNumber,
    /// See [`rules::amount`]; an integer.
    Amount,
    /// See [`rules::currency`].
    Currency,
    /// See [`rules::wechat_auth_code`].
    AuthCode,
    /// See [`rules::ip_address`].
    IpAddress,
    /// `Y` and `N` as in APIv2, or `true` and `false`; a boolean.
    Flag,
    /// The goods, in APIv2's words or APIv3's; an object. Holds the product's name for the gateway's
    /// own number of an article.
    Detail(&'static str),
    /// An object that was taken apart before the table is asked.
    Parts,
    /// `yyyyMMddHHmmss` in Beijing time, or RFC 3339, which it becomes.
    Time,
    /// See [`TradeType`].
    TradeType,
    /// The kinds of browser or app that H5 knows.
    H5Type,
}

impl Rule {
    /// Whether it is a number that the merchant gives.
    fn is_number(self) -> bool {
        matches!(self, Self::Number | Self::KnownNumber | Self::RefundNumber)
    }
}

/// Where a field exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Where {
    /// In both regions.
    Everywhere,
    /// On the mainland only.
    Mainland,
    /// Overseas only.
    HongKong,
}

/// Not put into the body by the table.
pub(super) const BY_HAND: &str = "";

/// One field that a till may set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// In the vocabulary.
    pub(super) name: &'static str,
    /// In the body, a JSON pointer; or [`BY_HAND`].
    pub(super) at: &'static str,
    /// What its value must look like.
    pub(super) rule: Rule,
    /// Whether it cannot be missing where it exists.
    pub(super) required: bool,
    /// Where it exists.
    pub(super) region: Where,
}

pub(super) const fn field(name: &'static str, at: &'static str, rule: Rule) -> Field {
    Field {
        name,
        at,
        rule,
        required: false,
        region: Where::Everywhere,
    }
}

pub(super) const fn required(name: &'static str, at: &'static str, rule: Rule) -> Field {
    Field {
        required: true,
        ..field(name, at, rule)
    }
}

impl Field {
    /// The same, in one region only.
    pub(super) const fn only(self, region: Where) -> Self {
        Self { region, ..self }
    }

    fn exists(&self, region: Region) -> bool {
        match self.region {
            Where::Everywhere => true,
            Where::Mainland => region == Region::Mainland,
            Where::HongKong => region == Region::HongKong,
        }
    }
}

/// A till that comes from v2 does not know it; the configuration does.
const CATEGORY: &str = "merchant_category_code";

/// The fields of a code payment.
pub(super) const CODE_PAYMENT: &[Field] = &[
    required("out_trade_no", "/out_trade_no", Rule::Number),
    required("auth_code", "/payer/auth_code", Rule::AuthCode),
    required("total_fee", "/amount/total", Rule::Amount),
    required("body", "/description", Rule::Text(127)),
    required(
        "merchant_category_code",
        "/merchant_category_code",
        Rule::Digits(32),
    )
    .only(Where::HongKong),
    field("fee_type", "/amount/currency", Rule::Currency),
    field("attach", "/attach", Rule::Text(128)),
    field("detail", "/detail", Rule::Detail("wxpay_goods_id")),
    field("device_info", "/scene_info/device_id", Rule::Text(32)),
    field("goods_tag", "/goods_tag", Rule::Text(32)),
    field("limit_pay", "/limit_pay", Rule::Identifier(32)).only(Where::HongKong),
    field("profit_sharing", "/settle_info/profit_sharing", Rule::Flag).only(Where::Mainland),
    field("receipt", "/support_fapiao", Rule::Flag).only(Where::Mainland),
    field("scene_info", BY_HAND, Rule::Parts),
    field(
        "scene_info.device_id",
        "/scene_info/device_id",
        Rule::Text(32),
    ),
    field(
        "scene_info.device_ip",
        "/scene_info/device_ip",
        Rule::IpAddress,
    ),
    field(
        "scene_info.operator_id",
        "/scene_info/operator_id",
        Rule::Text(32),
    )
    .only(Where::HongKong),
    field(
        "scene_info.payer_client_ip",
        "/scene_info/payer_client_ip",
        Rule::IpAddress,
    )
    .only(Where::HongKong),
    field("scene_info.store_address", BY_HAND, Rule::Text(512)).only(Where::HongKong),
    field("scene_info.store_id", BY_HAND, Rule::Text(32)),
    field("scene_info.store_name", BY_HAND, Rule::Text(256)).only(Where::HongKong),
    field("scene_info.store_out_id", BY_HAND, Rule::Alphanumeric(256)).only(Where::Mainland),
    field(
        "settle_info.profit_sharing",
        "/settle_info/profit_sharing",
        Rule::Flag,
    )
    .only(Where::Mainland),
    field("spbill_create_ip", "/scene_info/device_ip", Rule::IpAddress),
    field("sub_appid", BY_HAND, Rule::Identifier(32)),
    field("sub_mch_id", BY_HAND, Rule::Identifier(32)),
    field("support_fapiao", "/support_fapiao", Rule::Flag).only(Where::Mainland),
];

/// The fields of an order that the payer scans or opens.
pub(super) const PREPAY: &[Field] = &[
    required("out_trade_no", "/out_trade_no", Rule::Number),
    required("total_fee", "/amount/total", Rule::Amount),
    required("body", "/description", Rule::Text(127)),
    required("trade_type", "/trade_type", Rule::TradeType),
    required("notify_url", "/notify_url", Rule::NotifyUrl),
    required(
        "merchant_category_code",
        "/merchant_category_code",
        Rule::Digits(32),
    )
    .only(Where::HongKong),
    field("openid", BY_HAND, Rule::Identifier(128)),
    field("sub_openid", BY_HAND, Rule::Identifier(128)),
    field("fee_type", "/amount/currency", Rule::Currency),
    field("attach", "/attach", Rule::Text(128)),
    field("detail", "/detail", Rule::Detail(WECHAT_GOODS_ID)).only(Where::Mainland),
    field("device_info", "/scene_info/device_id", Rule::Text(32)),
    field("goods_tag", "/goods_tag", Rule::Text(32)),
    field("limit_pay", "/limit_pay", Rule::Identifier(32)).only(Where::HongKong),
    field("profit_sharing", "/settle_info/profit_sharing", Rule::Flag).only(Where::Mainland),
    field("receipt", "/support_fapiao", Rule::Flag).only(Where::Mainland),
    field("scene_info", BY_HAND, Rule::Parts),
    field(
        "scene_info.device_id",
        "/scene_info/device_id",
        Rule::Text(32),
    ),
    field(
        "scene_info.device_ip",
        "/scene_info/device_ip",
        Rule::IpAddress,
    )
    .only(Where::HongKong),
    field(
        "scene_info.h5_info.app_name",
        "/scene_info/h5_info/app_name",
        Rule::Text(64),
    )
    .only(Where::Mainland),
    field(
        "scene_info.h5_info.app_url",
        "/scene_info/h5_info/app_url",
        Rule::Text(128),
    )
    .only(Where::Mainland),
    field(
        "scene_info.h5_info.bundle_id",
        "/scene_info/h5_info/bundle_id",
        Rule::Text(128),
    )
    .only(Where::Mainland),
    field(
        "scene_info.h5_info.package_name",
        "/scene_info/h5_info/package_name",
        Rule::Text(128),
    )
    .only(Where::Mainland),
    field(
        "scene_info.h5_info.type",
        "/scene_info/h5_info/type",
        Rule::H5Type,
    )
    .only(Where::Mainland),
    field(
        "scene_info.operator_id",
        "/scene_info/operator_id",
        Rule::Text(32),
    )
    .only(Where::HongKong),
    field(
        "scene_info.payer_client_ip",
        "/scene_info/payer_client_ip",
        Rule::IpAddress,
    ),
    field("scene_info.store_address", BY_HAND, Rule::Text(512)),
    field("scene_info.store_area_code", BY_HAND, Rule::Text(32)).only(Where::Mainland),
    field("scene_info.store_id", BY_HAND, Rule::Text(32)),
    field("scene_info.store_name", BY_HAND, Rule::Text(256)),
    field(
        "settle_info.profit_sharing",
        "/settle_info/profit_sharing",
        Rule::Flag,
    )
    .only(Where::Mainland),
    field(
        "spbill_create_ip",
        "/scene_info/payer_client_ip",
        Rule::IpAddress,
    ),
    field("sub_appid", BY_HAND, Rule::Identifier(32)),
    field("sub_mch_id", BY_HAND, Rule::Identifier(32)),
    field("support_fapiao", "/support_fapiao", Rule::Flag).only(Where::Mainland),
    field("time_expire", "/time_expire", Rule::Time),
    field("time_start", "/time_start", Rule::Time).only(Where::HongKong),
];

/// What refunds and prepaid orders call WeChat Pay's own number of an article.
pub(super) const WECHAT_GOODS_ID: &str = "wechatpay_goods_id";

/// The fields of a refund.
pub(super) const REFUND: &[Field] = &[
    required("out_refund_no", "/out_refund_no", Rule::RefundNumber),
    field("out_trade_no", "/out_trade_no", Rule::KnownNumber),
    field("transaction_id", "/transaction_id", Rule::Identifier(32)),
    required("refund_fee", "/amount/refund", Rule::Amount),
    required("total_fee", "/amount/total", Rule::Amount),
    field("refund_fee_type", "/amount/currency", Rule::Currency),
    field("fee_type", "/amount/currency", Rule::Currency),
    field("refund_desc", "/reason", Rule::Text(80)),
    field("refund_account", BY_HAND, Rule::RefundAccount).only(Where::Mainland),
    field("notify_url", "/notify_url", Rule::NotifyUrl),
    field("detail", BY_HAND, Rule::Detail(WECHAT_GOODS_ID)).only(Where::Mainland),
    field("sub_mch_id", BY_HAND, Rule::Identifier(32)),
    field("sub_appid", BY_HAND, Rule::Identifier(32)).only(Where::HongKong),
];

/// Parameters that the library sets itself, in the words of either generation.
pub(super) const OWN: &[&str] = &[
    "appid",
    "key",
    "mch_id",
    "mchid",
    "nonce_str",
    "serial_no",
    "sign",
    "sign_type",
    "sp_appid",
    "sp_mchid",
];

/// A till's fields that passed a table.
pub(super) struct Checked {
    /// What the table puts into the body.
    pub(super) body: Map<String, Value>,
    /// Every field as it was checked: trimmed, `scene_info` in its parts.
    pub(super) fields: Fields,
    /// Vocabulary fields that the table has no place for.
    pub(super) left_out: Vec<String>,
}

impl WechatV3 {
    /// Checks a till's fields by a product's table and puts them into a body.
    pub(super) fn checked(&self, given: &Fields, table: &[Field]) -> Result<Checked, InvalidField> {
        let region = self.config.region;
        let mut checked = Checked {
            body: Map::new(),
            fields: Fields::new(),
            left_out: Vec::new(),
        };
        let mut given = scene_in_parts(given)?;
        if let Some(code) = &self.config.merchant_category_code
            && given.get(CATEGORY).is_none()
        {
            given.set(CATEGORY, code.as_str());
        }
        for (name, value) in given.iter() {
            let field = table
                .iter()
                .find(|field| field.name == name && field.exists(region));
            let value = match field {
                // It is the name by which the till asks again.
                Some(field) if field.rule.is_number() => value,
                _ => trimmed(value),
            };
            if value.is_empty() {
                continue;
            }
            if OWN.contains(&name) {
                return Err(invalid(
                    name,
                    "is set by the library from its configuration",
                ));
            }
            let Some(field) = field else {
                if vocabulary::knows(name) {
                    checked.left_out.push(name.to_owned());
                    continue;
                }
                return Err(unknown(name));
            };
            let json = self
                .json(field.rule, value)
                .map_err(|rule| invalid(name, rule))?;
            if field.at != BY_HAND && !place(&mut checked.body, field.at, json) {
                return Err(says_otherwise(field, table));
            }
            checked.fields.set(name, value);
        }
        let missing = |field: &&Field| {
            field.required && field.exists(region) && checked.fields.get(field.name).is_none()
        };
        match table.iter().find(missing) {
            Some(missing) => Err(invalid(missing.name, "is required")),
            None => Ok(checked),
        }
    }

    /// A value that was trimmed, as it is sent.
    fn json(&self, rule: Rule, value: &str) -> Result<Value, Broken> {
        match rule {
            Rule::Text(max) => {
                rules::printable(value)?;
                rules::at_most_bytes(value, max)?;
            }
            Rule::Identifier(max) => rules::identifier(value, max)?,
            Rule::Digits(max) => rules::digits(value, max)?,
            Rule::Alphanumeric(max) => rules::alphanumeric(value, max)?,
            Rule::Number => check_new_number(value)?,
            Rule::KnownNumber => check_known_number(value)?,
            Rule::RefundNumber => check_refund_number(value)?,
            Rule::NotifyUrl => rules::notify_url(value)?,
            Rule::RefundAccount => return rules::refund_account(value).map(|(_, v3)| v3.into()),
            Rule::Amount => return rules::amount(value).map(Value::from),
            Rule::Currency => rules::currency(value)?,
            Rule::AuthCode => rules::wechat_auth_code(value, self.config.auth_code_check)?,
            Rule::IpAddress => rules::ip_address(value)?,
            Rule::Flag => return rules::flag(value).map(Value::from),
            Rule::Detail(wechat_id) => {
                return detail::read(value, self.config.region, wechat_id).map(Value::Object);
            }
            Rule::Parts => {}
            Rule::Time => {
                let moment = Beijing::parse(value).or_else(|| Beijing::parse_rfc3339(value));
                return moment.map(|moment| moment.rfc3339().into()).ok_or_else(|| {
                    "yyyyMMddHHmmss in Beijing time, such as 20091225091010, or RFC 3339".into()
                });
            }
            Rule::TradeType => {
                TradeType::parse(value)?;
            }
            Rule::H5Type => {
                if !matches!(value, "Wap" | "iOS" | "Android") {
                    return Err("Wap, iOS or Android".into());
                }
            }
        }
        Ok(value.into())
    }
}

/// Checks a number that a new order gets.
pub(super) fn check_new_number(value: &str) -> Result<(), Broken> {
    if value.contains(['|', '@']) {
        return Err(
            "| and @ are for APIv2 only; out of 0-9 A-Z a-z _ - * fits APIv3, and letters and digits \
             alone fit every gateway"
                .into(),
        );
    }
    rules::order_number(value, "_-*", 32)?;
    if value.len() < 6 {
        return Err("at least 6 characters; put something before it".into());
    }
    Ok(())
}

/// Checks a number that is only asked about: it may be from the days of APIv2.
pub(super) fn check_known_number(value: &str) -> Result<(), Broken> {
    rules::order_number(value, "_-|*@", 32)
}

/// Checks a refund's number, new or not: both generations allow the same.
pub(super) fn check_refund_number(value: &str) -> Result<(), Broken> {
    rules::order_number(value, "_-|*@", 64)
}

/// Puts `value` at a JSON pointer, through objects that are made on the way. `false` if something
/// else is there.
pub(super) fn place(body: &mut Map<String, Value>, at: &str, value: Value) -> bool {
    let mut object = body;
    let mut steps = at.trim_start_matches('/').split('/').peekable();
    while let Some(step) = steps.next() {
        if steps.peek().is_none() {
            return *object.entry(step).or_insert_with(|| value.clone()) == value;
        }
        let inner = object
            .entry(step)
            .or_insert_with(|| Value::Object(Map::new()));
        let Some(inner) = inner.as_object_mut() else {
            return false;
        };
        object = inner;
    }
    false
}

/// `scene_info` as one JSON object, in any generation's and region's shape, becomes its parts:
/// `{"store_info":{"id":"1"}}` and `{"store_id":"1"}` both become `scene_info.store_id`.
fn scene_in_parts(given: &Fields) -> Result<Fields, InvalidField> {
    let mut fields = Fields::new();
    let mut whole = None;
    let mut in_parts = false;
    for (name, value) in given.iter() {
        if name == "scene_info" {
            whole = Some(trimmed(value)).filter(|value| !value.is_empty());
        } else {
            in_parts |= name.starts_with("scene_info.") && !trimmed(value).is_empty();
            fields.set(name, value);
        }
    }
    let Some(whole) = whole else {
        return Ok(fields);
    };
    let refused = |rule: String| invalid("scene_info", rule);
    if in_parts {
        return Err(refused(
            "set either this or its parts (scene_info.store_id …), not both".into(),
        ));
    }
    let object = rules::json_object(whole, MAX_SCENE_BYTES).map_err(refused)?;
    take_apart("scene_info.", object, &mut fields)
        .map_err(|name| refused(format!("{name} is given twice, or is not text")))?;
    Ok(fields)
}

/// `Err` names a part that has no text or another one already.
fn take_apart(prefix: &str, object: Map<String, Value>, fields: &mut Fields) -> Result<(), String> {
    for (name, value) in object {
        let name = match name.as_str() {
            "store_info" if value.is_object() => format!("{prefix}store_"),
            // APIv2's words for an H5 page.
            "wap_url" => format!("{prefix}app_url"),
            "wap_name" => format!("{prefix}app_name"),
            _ if value.is_object() => format!("{prefix}{name}."),
            _ => format!("{prefix}{name}"),
        };
        let text = match value {
            Value::Null => continue,
            Value::Object(object) => {
                take_apart(&name, object, fields)?;
                continue;
            }
            Value::String(text) => text,
            Value::Bool(flag) => flag.to_string(),
            Value::Number(number) if !number.is_f64() => number.to_string(),
            Value::Number(_) | Value::Array(_) => return Err(shown(&name)),
        };
        if fields.get(&name).is_some() {
            return Err(shown(&name));
        }
        fields.set(name, text);
    }
    Ok(())
}

fn says_otherwise(field: &Field, table: &[Field]) -> InvalidField {
    let same = table
        .iter()
        .find(|other| other.at == field.at && other.name != field.name)
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

fn unknown(name: &str) -> InvalidField {
    invalid(&shown(name), vocabulary::unknown(name))
}

/// The name comes from the till: whatever it is, it must not blow up a log.
fn shown(name: &str) -> String {
    rules::short(name, 64)
}
