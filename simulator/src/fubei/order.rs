//! What becomes of an order: charged, asked for, reversed; made for scanning, closed.

use super::answer::{Data, Member};
use super::codes::{self, Refusal};
use super::settings::FubeiApi;
use super::told::{echoes, numbers, state, state_name, state_of, type_of};
use super::{Verified, money};
use crate::channel::Channel;
use crate::clock::from_beijing;
use crate::fault::Operation;
use crate::ledger::{
    Closed, Counts, Generation, Key, Notify, Order, Prepared, Prepay, Queried, Refusal as Denied,
    Reversed, Sale, State, Submitted, TradeType,
};
use crate::shared::Shared;

pub(super) fn execute(
    shared: &Shared,
    request: &Verified<'_>,
    key: &Key,
    earlier: Counts,
) -> Result<Data, Refusal> {
    match request.method.operation {
        Operation::Micropay => charge(shared, request, key, earlier),
        Operation::Orderquery => query(shared, request, key, earlier),
        Operation::Reverse => reverse(shared, request, key, earlier),
        Operation::Prepay => make(shared, request, key, earlier),
        Operation::Close => close(shared, request, key, earlier),
        _ => Err(Refusal::server_fault()),
    }
}

/// Whose words a refusal about an order is put in.
pub(super) fn channel(shared: &Shared, key: &Key) -> Channel {
    let booked = shared.book().look_up(key);
    booked
        .and_then(|order| order.sale.channel)
        .unwrap_or(Channel::Wechat)
}

fn charge(
    shared: &Shared,
    request: &Verified<'_>,
    key: &Key,
    earlier: Counts,
) -> Result<Data, Refusal> {
    let (now, settings) = (shared.clock().now(), shared.settings());
    let sale = sale(request, key)?;
    let channel = sale.channel.unwrap_or(Channel::Wechat);
    let submitted = shared.book().submit(now, &sale, earlier, settings);
    match submitted {
        Submitted::Paid(order) => Ok(state(shared, request, &order)),
        Submitted::Paying => {
            let order = shared.book().look_up(key);
            let order = order.ok_or_else(Refusal::server_fault)?;
            Ok(state(shared, request, &order))
        }
        Submitted::Refused(denied) => Err(refused(denied, channel)),
    }
}

/// Why no order is booked or made.
fn refused(denied: Denied, channel: Channel) -> Refusal {
    let listed = |code| Refusal::channel(code, channel);
    match denied {
        Denied::CodeAlreadyUsed => Refusal::because("AUTH_CODE_INVALID", channel, codes::CODE_USED),
        Denied::OrderPaid => listed("ORDERPAID"),
        Denied::OrderReversed => listed("ORDERREVERSED"),
        Denied::OrderClosed => listed("ORDERCLOSED"),
        Denied::DifferentSale => listed("INVALID_REQUEST"),
        Denied::NumberUsed => listed("OUT_TRADE_NO_USED"),
        Denied::Scripted(code) => listed(code),
    }
}

fn query(
    shared: &Shared,
    request: &Verified<'_>,
    key: &Key,
    earlier: Counts,
) -> Result<Data, Refusal> {
    let (now, settings) = (shared.clock().now(), shared.settings());
    let queried = shared.book().query(now, key, earlier, settings);
    match queried {
        Queried::NotFound => Err(Refusal::channel("ORDERNOTEXIST", Channel::Wechat)),
        Queried::Tombstone => {
            let mut data = Data::default();
            data.text("merchant_order_sn", key.out_trade_no.as_str());
            data.text(state_name(request.method.api), State::Revoked.name());
            Ok(data)
        }
        Queried::Order(order) => Ok(state(shared, request, &order)),
    }
}

fn reverse(
    shared: &Shared,
    request: &Verified<'_>,
    key: &Key,
    earlier: Counts,
) -> Result<Data, Refusal> {
    let (now, settings) = (shared.clock().now(), shared.settings());
    let channel = channel(shared, key);
    let reversed = shared.book().reverse(now, key, earlier, settings);
    match reversed {
        Reversed::Done => Ok(done(shared, request, key)),
        Reversed::PayerBusy => Err(Refusal::because("USERPAYING", channel, codes::PAYER_BUSY)),
        Reversed::NotFound => Err(Refusal::channel("ORDERNOTEXIST", channel)),
        Reversed::PaidElsewhere | Reversed::Impossible => Err(Refusal::because(
            "TRADE_ERROR",
            channel,
            codes::NOT_REVERSIBLE,
        )),
    }
}

fn close(
    shared: &Shared,
    request: &Verified<'_>,
    key: &Key,
    earlier: Counts,
) -> Result<Data, Refusal> {
    let (now, settings) = (shared.clock().now(), shared.settings());
    let channel = channel(shared, key);
    let closed = shared.book().close(now, key, earlier, settings);
    let listed = |code| Err(Refusal::channel(code, channel));
    match closed {
        Closed::Done => Ok(done(shared, request, key)),
        Closed::NotFound => listed("ORDERNOTEXIST"),
        Closed::ByCode => Err(Refusal::because(
            "TRADE_STATE_ERROR",
            channel,
            codes::ONLY_REVERSE,
        )),
        Closed::Paid => listed("ORDERPAID"),
        Closed::Already => listed("ORDERCLOSED"),
    }
}

/// What a reverse or a close that was taken says; one that did nothing says the same.
pub(super) fn done(shared: &Shared, request: &Verified<'_>, key: &Key) -> Data {
    let mut data = Data::default();
    data.text("merchant_order_sn", key.out_trade_no.as_str());
    let order = shared.book().look_up(key);
    if let Some(order) = &order {
        data.text("order_sn", order.transaction_id.as_str());
    }
    // 1.0 says no more.
    if request.method.api == FubeiApi::V2 {
        let status = match (request.method.operation, order) {
            (Operation::Close, _) => "CLOSED",
            (_, Some(order)) if order.reversed_at.is_some() => state_of(shared, &order),
            _ => "REVOKED",
        };
        data.text("order_status", status);
    }
    data
}

fn make(
    shared: &Shared,
    request: &Verified<'_>,
    key: &Key,
    earlier: Counts,
) -> Result<Data, Refusal> {
    let (now, settings) = (shared.clock().now(), shared.settings());
    let prepay = prepay(shared, request, key);
    let channel = prepay.channel.unwrap_or(Channel::Wechat);
    let prepared = shared.book().prepay(now, &prepay, earlier, settings);
    let order = match prepared {
        Prepared::Order(order) => order,
        Prepared::Expired => return Err(expired()),
        Prepared::Refused(denied) => return Err(refused(denied, channel)),
    };
    let mut data = Data::default();
    numbers(&mut data, request.method.api, &order);
    match request.method.api {
        FubeiApi::V1 => {
            data.set("type", Member::Whole(type_of(channel)));
            data.set("total_fee", Member::Money(order.sale.total_fee));
        }
        FubeiApi::V2 => data.set("total_amount", Member::Money(order.sale.total_fee)),
    }
    data.text("qr_code", qr_code(request.method.api, channel, &order));
    echoes(&mut data, request, &order);
    Ok(data)
}

fn expired() -> Refusal {
    Refusal::parameter("timeout_express", "必须大于当前时间")
}

/// What the payer scans.
fn qr_code(api: FubeiApi, channel: Channel, order: &Order) -> String {
    match (api, channel) {
        // One code for every channel.
        (FubeiApi::V2, _) => format!(
            "https://shq-api.51fubei.com/paypage?order_sn={}",
            order.transaction_id
        ),
        (FubeiApi::V1, Channel::Alipay) => {
            format!("https://qr.alipay.com/bax{}", order.transaction_id)
        }
        (FubeiApi::V1, _) => order
            .prepay
            .as_ref()
            .map_or_else(String::new, |prepay| prepay.code_url()),
    }
}

fn named_channel(request: &Verified<'_>) -> Option<Channel> {
    match request.content.scalar("type")? {
        "2" => Some(Channel::Alipay),
        "5" => Some(Channel::UnionPay),
        _ => Some(Channel::Wechat),
    }
}

/// The amount that a checked request asks for, in fen.
fn total(request: &Verified<'_>) -> i64 {
    let number = match request.method.api {
        FubeiApi::V1 => request.content.scalar("total_fee"),
        FubeiApi::V2 => request.content.scalar("total_amount"),
    };
    number
        .and_then(money::fen)
        .expect("the amount was checked to be there and in fen")
}

fn notify(request: &Verified<'_>) -> Notify {
    let url = match request.method.api {
        FubeiApi::V1 => request.content.text("call_back_url"),
        FubeiApi::V2 => request.content.text("notify_url"),
    };
    Notify {
        url: url.map(str::to_owned),
        generation: Generation::Fubei(request.method.api, request.level),
    }
}

/// The charge that a checked request asks for, if its code is one.
fn sale(request: &Verified<'_>, key: &Key) -> Result<Sale, Refusal> {
    let code = request.content.text("auth_code").unwrap_or_default();
    let named = named_channel(request);
    let channel = if request.content.text("scene").is_some() {
        // A face is no code; only Alipay knows faces.
        if named.is_some_and(|named| named != Channel::Alipay) {
            return Err(Refusal::parameter("type", "刷脸支付只支持支付宝"));
        }
        Channel::Alipay
    } else {
        let invalid = |message| {
            let channel = named.unwrap_or(Channel::Wechat);
            Refusal::because("AUTH_CODE_INVALID", channel, message)
        };
        let channel = Channel::of_auth_code(code).ok_or_else(|| invalid(codes::NO_SUCH_CODE))?;
        if named.is_some_and(|named| named != channel) {
            return Err(invalid("付款码与[type]不一致"));
        }
        channel
    };
    Ok(Sale {
        key: key.clone(),
        auth_code: code.to_owned(),
        total_fee: total(request),
        fee_type: "CNY".to_owned(),
        channel: Some(channel),
        notify: Some(notify(request)),
        parameters: request.content.leaves(),
    })
}

/// The order that a checked request asks for.
fn prepay(shared: &Shared, request: &Verified<'_>, key: &Key) -> Prepay {
    let expires = request
        .content
        .text("timeout_express")
        .and_then(from_beijing);
    Prepay {
        key: key.clone(),
        trade_type: TradeType::Native,
        total_fee: total(request),
        fee_type: "CNY".to_owned(),
        channel: named_channel(request).or(Some(Channel::Wechat)),
        openid: None,
        notify: notify(request),
        expires_at: expires.map(|unix| shared.clock().at(unix)),
        parameters: request.content.leaves(),
    }
}

/// Whether the order would be over before it begins.
pub(super) fn check_expiry(shared: &Shared, request: &Verified<'_>) -> Result<(), Refusal> {
    let expires = request
        .content
        .text("timeout_express")
        .and_then(from_beijing);
    let now = shared.clock().unix(shared.clock().now());
    match expires {
        Some(unix) if unix <= now => Err(expired()),
        _ => Ok(()),
    }
}
