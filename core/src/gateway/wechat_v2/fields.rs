//! The request vocabulary of micropay, unified order and refund: names, lengths and rules.
//!
//! Sources: "提交付款码支付", mainland and Hong Kong editions, "统一下单" and "申请退款". The documents do
//! not say whether their lengths count bytes or characters, so bytes of UTF-8 are counted: what fits
//! in bytes fits in either. `docs/fields.md` and `docs/refunds.md` are these tables in prose.

use crate::config::Region;
use crate::gateway::prepaid::TradeType;
use crate::gateway::rules::{self, Broken};

/// What a value must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Printable text up to so many bytes.
    Text(usize),
    /// `body`: mainland 127 bytes. Hong Kong's page says 32, a dated copy of it 127: 32 characters
    /// of any script, in no more than 127 bytes.
    Body,
    /// A JSON object up to so many bytes.
    Json(usize),
    /// See [`rules::identifier`].
    Identifier(usize),
    /// See [`rules::order_number`].
    OrderNumber,
    /// The same, and twice as long.
    RefundNumber,
    /// See [`rules::amount`].
    Amount,
    /// See [`rules::currency`].
    Currency,
    /// See [`rules::wechat_auth_code`].
    AuthCode,
    /// See [`rules::ip_address`].
    IpAddress,
    /// See [`rules::compact_time`].
    Time,
    /// See [`TradeType`].
    TradeType,
    /// See [`rules::notify_url`].
    NotifyUrl,
    /// The kinds of browser or app that APIv3 names.
    H5Type,
    /// See [`rules::yes_or_no`].
    YesOrNo,
    /// The one value that there is.
    Version,
    /// See [`rules::refund_account`].
    RefundAccount,
}

/// One field that a till may set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// As the documents name it; a part of `scene_info` after a dot.
    pub(super) name: &'static str,
    /// What its value must look like.
    pub(super) rule: Rule,
    /// Whether every request has it.
    pub(super) required: bool,
    /// Whether only the mainland has it.
    pub(super) mainland_only: bool,
}

const fn field(name: &'static str, rule: Rule) -> Field {
    Field {
        name,
        rule,
        required: false,
        mainland_only: false,
    }
}

const fn required(name: &'static str, rule: Rule) -> Field {
    Field {
        required: true,
        ..field(name, rule)
    }
}

const fn mainland(name: &'static str, rule: Rule) -> Field {
    Field {
        mainland_only: true,
        ..field(name, rule)
    }
}

/// Every field that a till may set for a charge.
pub(super) const FIELDS: &[Field] = &[
    required("out_trade_no", Rule::OrderNumber),
    required("auth_code", Rule::AuthCode),
    required("total_fee", Rule::Amount),
    required("body", Rule::Body),
    field("fee_type", Rule::Currency),
    field("attach", Rule::Text(127)),
    field("detail", Rule::Json(6000)),
    field("device_info", Rule::Text(32)),
    field("goods_tag", Rule::Text(32)),
    mainland("limit_pay", Rule::Identifier(32)),
    mainland("profit_sharing", Rule::YesOrNo),
    mainland("receipt", Rule::YesOrNo),
    field("scene_info", Rule::Json(256)),
    field("scene_info.store_id", Rule::Text(32)),
    field("scene_info.store_name", Rule::Text(64)),
    field("spbill_create_ip", Rule::IpAddress),
    field("sub_appid", Rule::Identifier(32)),
    field("sub_mch_id", Rule::Identifier(32)),
    field("time_expire", Rule::Time),
    field("time_start", Rule::Time),
    field("version", Rule::Version),
];

/// Every field that a till may set for an order that the payer scans or opens.
pub(super) const PREPAY_FIELDS: &[Field] = &[
    required("out_trade_no", Rule::OrderNumber),
    required("total_fee", Rule::Amount),
    required("body", Rule::Body),
    required("trade_type", Rule::TradeType),
    required("notify_url", Rule::NotifyUrl),
    field("openid", Rule::Identifier(128)),
    field("sub_openid", Rule::Identifier(128)),
    field("product_id", Rule::Identifier(32)),
    field("fee_type", Rule::Currency),
    field("attach", Rule::Text(127)),
    field("detail", Rule::Json(6000)),
    field("device_info", Rule::Text(32)),
    field("goods_tag", Rule::Text(32)),
    mainland("limit_pay", Rule::Identifier(32)),
    mainland("profit_sharing", Rule::YesOrNo),
    mainland("receipt", Rule::YesOrNo),
    field("scene_info", Rule::Json(256)),
    field("scene_info.store_id", Rule::Text(32)),
    field("scene_info.store_name", Rule::Text(64)),
    field("scene_info.payer_client_ip", Rule::IpAddress),
    field("scene_info.h5_info.type", Rule::H5Type),
    field("scene_info.h5_info.app_name", Rule::Text(64)),
    field("scene_info.h5_info.app_url", Rule::Text(128)),
    field("scene_info.h5_info.bundle_id", Rule::Text(128)),
    field("scene_info.h5_info.package_name", Rule::Text(128)),
    field("spbill_create_ip", Rule::IpAddress),
    field("sub_appid", Rule::Identifier(32)),
    field("sub_mch_id", Rule::Identifier(32)),
    field("time_expire", Rule::Time),
    field("time_start", Rule::Time),
    field("version", Rule::Version),
];

/// Every field that a till may set for a refund.
pub(super) const REFUND_FIELDS: &[Field] = &[
    required("out_refund_no", Rule::RefundNumber),
    field("out_trade_no", Rule::OrderNumber),
    field("transaction_id", Rule::Identifier(32)),
    required("refund_fee", Rule::Amount),
    required("total_fee", Rule::Amount),
    field("refund_fee_type", Rule::Currency),
    field("fee_type", Rule::Currency),
    field("refund_desc", Rule::Text(80)),
    mainland("refund_account", Rule::RefundAccount),
    field("notify_url", Rule::NotifyUrl),
    field("sub_appid", Rule::Identifier(32)),
    field("sub_mch_id", Rule::Identifier(32)),
];

/// Parameters that the library sets itself.
pub(super) const OWN: &[&str] = &["appid", "mch_id", "nonce_str", "sign", "sign_type", "key"];

/// The field of this name, if the region has it.
pub(super) fn find(table: &'static [Field], name: &str, region: Region) -> Option<&'static Field> {
    table
        .iter()
        .find(|field| field.name == name)
        .filter(|field| region == Region::Mainland || !field.mainland_only)
}

/// Both regions' pages allow the same punctuation in an order number.
pub(super) fn check_out_trade_no(value: &str) -> Result<(), Broken> {
    rules::order_number(value, "_-|*@", 32)
}

/// The same punctuation again.
pub(super) fn check_out_refund_no(value: &str) -> Result<(), Broken> {
    rules::order_number(value, "_-|*@", 64)
}

impl Field {
    /// Checks a value that was trimmed.
    pub(super) fn check(
        &self,
        value: &str,
        region: Region,
        auth_code_check: bool,
    ) -> Result<(), Broken> {
        match self.rule {
            Rule::Text(max) => {
                rules::printable(value)?;
                rules::at_most_bytes(value, max)
            }
            Rule::Body => {
                rules::printable(value)?;
                if region == Region::HongKong {
                    rules::at_most_characters(value, 32)?;
                }
                rules::at_most_bytes(value, 127)
            }
            Rule::Json(max) => {
                rules::json_object(value, max)?;
                // JSON itself forbids the other control characters.
                if !value.chars().all(rules::is_xml_character) {
                    return Err("U+FFFE and U+FFFF are not allowed".into());
                }
                Ok(())
            }
            Rule::Identifier(max) => rules::identifier(value, max),
            Rule::OrderNumber => check_out_trade_no(value),
            Rule::RefundNumber => check_out_refund_no(value),
            Rule::Amount => rules::amount(value).map(|_| ()),
            Rule::Currency => rules::currency(value),
            Rule::AuthCode => rules::wechat_auth_code(value, auth_code_check),
            Rule::IpAddress => rules::ip_address(value),
            Rule::Time => rules::compact_time(value),
            Rule::TradeType => TradeType::parse(value).map(|_| ()),
            Rule::NotifyUrl => rules::notify_url(value),
            Rule::H5Type => match value {
                "Wap" | "iOS" | "Android" => Ok(()),
                _ => Err("Wap, iOS or Android".into()),
            },
            Rule::YesOrNo => rules::yes_or_no(value),
            Rule::Version => match value {
                "1.0" => Ok(()),
                _ => Err("1.0 is the only version".into()),
            },
            Rule::RefundAccount => rules::refund_account(value).map(|_| ()),
        }
    }
}
