//! What a message says about an order or a refund, under the names of results.

use serde_json::Value;

use super::message::text;
use super::money;
use crate::exchange::Reply;
use crate::gateway::beijing::Beijing;
use crate::gateway::results;
use crate::outcome::Facts;

/// Fubei's names, 1.0 and 2.0, and those of results.
const RENAMED: &[(&str, &str)] = &[
    ("buyer_pay_amount", "payer_total"),
    ("device_no", "device_info"),
    ("merchant_order_sn", "out_trade_no"),
    ("merchant_refund_sn", "out_refund_no"),
    ("order_sn", "transaction_id"),
    ("order_status", "trade_state"),
    ("qr_code", "code_url"),
    ("refund_amount", "refund_fee"),
    // In a refund's callback, Fubei's own charge for it.
    ("refund_fee", "refund_handling_fee"),
    ("refund_money", "refund_fee"),
    ("refund_sn", "refund_id"),
    ("uid", "merchant_id"),
];

/// Amounts in yuan, by Fubei's names.
const AMOUNTS: &[&str] = &[
    "buyer_pay_amount",
    "buyer_refund_amount",
    "cash_coupon_fee",
    "discount_money",
    "fee",
    "net_amount",
    "net_money",
    "no_cash_coupon_fee",
    "refund_amount",
    "refund_fee",
    "refund_money",
];

/// Told as something else: the order's amount, the moment, the channel, the code.
const TOLD_OTHERWISE: &[&str] = &[
    "finish_time",
    "order_price",
    "pay_time",
    "pay_type",
    "sub_code",
    "total_amount",
    "total_fee",
    "type",
];

/// Everything that `data` says; `asked` is what the order was made for.
pub(super) fn of(data: &Facts, asked: Option<i64>, reply: Option<&Reply>) -> Facts {
    let mut facts = Facts::new();
    for (name, value) in data {
        let name = name.as_str();
        if TOLD_OTHERWISE.contains(&name) || results::RESERVED.contains(&name) {
            continue;
        }
        let told = RENAMED
            .iter()
            .find(|(fubei, _)| *fubei == name)
            .map_or(name, |(_, told)| *told);
        let value = match AMOUNTS.contains(&name) {
            true => amount(data, name).map_or_else(|| value.clone(), Value::from),
            false => value.clone(),
        };
        facts.insert(told.to_owned(), value);
    }
    if let Some(total_fee) = order_amount(data, asked) {
        facts.insert("total_fee".into(), total_fee.into());
        let received = amount(data, "total_fee").filter(|received| *received != total_fee);
        if let Some(received) = received {
            facts.insert("settlement_total_fee".into(), received.into());
        }
    }
    if let Some(moment) = moment(data) {
        let name = match data.contains_key("refund_status") {
            true => "refunded_at",
            false => "paid_at",
        };
        facts.insert(name.into(), moment.rfc3339().into());
    }
    if let Some(channel) = channel(data) {
        if channel == "wechat"
            && let Some(user_id) = facts.remove("user_id")
        {
            facts.insert("openid".into(), user_id);
        }
        facts.insert("channel".into(), channel.into());
    }
    if let Some(request_id) = reply.and_then(|reply| reply.header("request-id")) {
        facts.insert("request_id".into(), request_id.into());
    }
    facts
}

/// An amount in fen, if it is there and can be read.
pub(super) fn amount(data: &Facts, name: &str) -> Option<i64> {
    money::fen(&text(data, name)?)
}

/// The amount of the order itself in fen: what a payment must agree with.
///
/// 2.0 calls it `total_amount`, 1.0 `order_price`, which not every answer has; there `total_fee` is
/// what the merchant receives, which is less by Fubei's own discount. Of the two readings of an
/// answer without `order_price`, the one that agrees with what was `asked` is taken.
pub(super) fn order_amount(data: &Facts, asked: Option<i64>) -> Option<i64> {
    for name in ["total_amount", "order_price"] {
        if data.contains_key(name) {
            return amount(data, name);
        }
    }
    let received = amount(data, "total_fee")?;
    if asked == Some(received) || !data.contains_key("discount_money") {
        return Some(received);
    }
    received.checked_add(amount(data, "discount_money")?)
}

/// When it was paid or given back: unix seconds in 1.0, Beijing time in 2.0.
pub(super) fn moment(data: &Facts) -> Option<Beijing> {
    let text = text(data, "finish_time").or_else(|| text(data, "pay_time"))?;
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        10 if digits => Beijing::from_unix_seconds(text.parse().ok()?),
        _ => Beijing::parse(&text),
    }
}

/// What became of an order. `None` if nothing is said, or two different things are.
pub(super) fn state(data: &Facts) -> Option<String> {
    match (text(data, "trade_state"), text(data, "order_status")) {
        (Some(one), Some(other)) if one != other => None,
        (one, other) => one.or(other),
    }
}

fn channel(data: &Facts) -> Option<String> {
    let told = text(data, "pay_type").or_else(|| text(data, "type"))?;
    let name = match told.as_str() {
        "1" | "wxpay" => "wechat",
        "2" | "alipay" => "alipay",
        "5" | "unionpay" => "unionpay",
        "bankcardpay" => "bankcard",
        other => other,
    };
    Some(name.to_owned())
}
