//! What answers and callbacks say about an order.

use super::Verified;
use super::answer::{Data, Member};
use super::settings::{FubeiApi, FubeiRefused};
use crate::channel::Channel;
use crate::clock::beijing;
use crate::ledger::{Order, State};
use crate::shared::Shared;

/// Where the state of an order stands.
pub(super) fn state_name(api: FubeiApi) -> &'static str {
    match api {
        FubeiApi::V1 => "trade_state",
        FubeiApi::V2 => "order_status",
    }
}

/// An order's state in Fubei's words (facts §8).
pub(super) fn state_of(shared: &Shared, order: &Order) -> &'static str {
    let (now, settings) = (shared.clock().now(), shared.settings());
    if let Some(at) = order.reversed_at {
        return match now < at + settings.timing.revoking_ms {
            true => "REVOKING",
            false => "REVOKED",
        };
    }
    match order.state {
        _ if order.reverse_failed => "REVOKED_ERROR",
        State::Success | State::Refund => "SUCCESS",
        State::Revoked => "REVOKED",
        State::Closed => "CLOSED",
        State::NotPay | State::PayError if order.prepay.is_none() => match settings.fubei.refused {
            FubeiRefused::Closed => "CLOSED",
            FubeiRefused::Unpaid => "USERPAYING",
        },
        State::NotPay | State::PayError | State::UserPaying | State::InFlight | State::Absent => {
            "USERPAYING"
        }
    }
}

/// Fubei's number of an order and those of its channel, out of the ledger's.
pub(super) fn numbers(data: &mut Data, api: FubeiApi, order: &Order) {
    data.text("merchant_order_sn", order.sale.key.out_trade_no.as_str());
    data.text("order_sn", order.transaction_id.as_str());
    let name = match api {
        FubeiApi::V1 => "trade_no",
        FubeiApi::V2 => "ins_order_sn",
    };
    data.text(name, trade_no(&order.transaction_id));
}

/// Under which number Fubei itself is the channel's customer.
pub(super) fn trade_no(order_sn: &str) -> String {
    format!("2018000000{}", order_sn.get(2..).unwrap_or_default())
}

/// And back.
pub(super) fn order_sn(trade_no: &str) -> Option<String> {
    let tail = trade_no.strip_prefix("2018000000")?;
    Some(format!("20{tail}"))
}

/// What there is to say about a booked order.
pub(super) fn state(shared: &Shared, request: &Verified<'_>, order: &Order) -> Data {
    let mut data = Data::default();
    let api = request.method.api;
    numbers(&mut data, api, order);
    data.text(state_name(api), state_of(shared, order));
    let price = order.sale.total_fee;
    let channel = order.sale.channel.unwrap_or(Channel::Wechat);
    // The merchant gives it to those whom the till says it is for.
    let discount = match order.sale.parameters.get("discount_switch") {
        Some(switch) if switch == "1" => shared.settings().coupon_fen.clamp(0, price),
        _ => 0,
    };
    match api {
        FubeiApi::V1 => {
            data.set("total_fee", Member::Money(price - discount));
            data.set("order_price", Member::Money(price));
            data.set("type", Member::Whole(type_of(channel)));
        }
        FubeiApi::V2 => {
            data.set("total_amount", Member::Money(price));
            data.text("pay_type", pay_type(channel));
        }
    }
    if order.is_paid() {
        payment(&mut data, shared, api, order, price - discount);
    }
    echoes(&mut data, request, order);
    data
}

fn payment(data: &mut Data, shared: &Shared, api: FubeiApi, order: &Order, received: i64) {
    let price = order.sale.total_fee;
    let channel = order.sale.channel.unwrap_or(Channel::Wechat);
    // 0.38 %, to the nearest fen.
    let fee = (received * 38 + 5_000) / 10_000;
    let paid_at = shared.clock().unix(order.paid_at.unwrap_or_default());
    let channels_own = format!(
        "4200000000{}",
        order.transaction_id.get(2..).unwrap_or_default()
    );
    data.set("fee", Member::Money(fee));
    data.set("buyer_pay_amount", Member::Money(received));
    let user_id = match channel {
        Channel::Alipay => {
            let tail = order.transaction_id.get(8..).unwrap_or_default();
            data.text("user_logon_id", "139****0000");
            Some(format!("2088{tail}"))
        }
        Channel::Wechat => Some(order.openid.clone()),
        Channel::UnionPay => None,
    };
    if let Some(user_id) = user_id {
        data.text("user_id", user_id);
    }
    match api {
        FubeiApi::V1 => {
            data.set("net_money", Member::Money(received - fee));
            data.set("pay_time", Member::Moment(paid_at));
            data.set("discount_money", Member::Money(price - received));
            data.set("cash_coupon_fee", Member::Money(0));
            data.set("no_cash_coupon_fee", Member::Money(0));
            data.text("platform_order_no", channels_own);
        }
        FubeiApi::V2 => {
            data.set("net_amount", Member::Money(received));
            data.text("finish_time", beijing(paid_at));
            data.text("channel_order_sn", channels_own);
            data.set("payment_list", Member::NoItems);
        }
    }
}

/// What answers repeat of the request that made the order.
pub(super) fn echoes(data: &mut Data, request: &Verified<'_>, order: &Order) {
    let parameters = &order.sale.parameters;
    for name in ["attach", "device_no", "body"] {
        let of_v1_alone = name == "body";
        if !of_v1_alone || request.method.api == FubeiApi::V1 {
            let text = parameters.get(name).map_or("", String::as_str);
            data.text(name, text);
        }
    }
    let number = |name: &str| parameters.get(name).and_then(|number| number.parse().ok());
    let first = request.account.store_ids.first().copied();
    let store = number("store_id").unwrap_or_else(|| first.map_or(0, i64::from));
    data.set("store_id", Member::Whole(store));
    data.set(
        "cashier_id",
        Member::Whole(number("cashier_id").unwrap_or(0)),
    );
    if request.method.api == FubeiApi::V2 {
        let merchant_id = i64::from(request.account.merchant_id);
        data.set("merchant_id", Member::Whole(merchant_id));
    }
}

pub(super) fn type_of(channel: Channel) -> i64 {
    match channel {
        Channel::Wechat => 1,
        Channel::Alipay => 2,
        Channel::UnionPay => 5,
    }
}

fn pay_type(channel: Channel) -> &'static str {
    match channel {
        Channel::Wechat => "wxpay",
        Channel::Alipay => "alipay",
        Channel::UnionPay => "unionpay",
    }
}
