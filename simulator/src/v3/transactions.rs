//! The charge, its query and its reversal, at home (protocol §5.5, §5.6) and abroad (§6).

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::route::{Number, Route};
use super::{Problem, Verified, error, json};
use crate::clock::rfc3339;
use crate::fault::{FaultKind, Operation};
use crate::ledger::{Counts, Key, Order, Queried, Refusal, Reversed, Sale, State, Submitted};
use crate::settings::{PayingForm, Region};
use crate::shared::Shared;

pub(super) fn codepay(
    shared: &Shared,
    request: &Verified<'_>,
    key: &Key,
    earlier: Counts,
) -> Result<Answer, Problem> {
    let (now, settings) = (shared.clock().now(), shared.settings());
    let sale = sale(key.clone(), &request.body);
    let submitted = shared.book().submit(now, &sale, earlier, settings);
    match submitted {
        Submitted::Paid(order) => Ok(state(shared, request, &order).into()),
        Submitted::Paying => paying(request, &sale, settings.paying_form),
        Submitted::Refused(refusal) => Err(refused(refusal)),
    }
}

/// Why no order is booked or made.
pub(super) fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::CodeAlreadyUsed => Problem {
            message: error::CODE_USED.to_owned(),
            ..error::problem("AUTH_CODE_INVALID")
        },
        Refusal::OrderPaid => error::problem("ORDERPAID"),
        Refusal::OrderReversed => error::problem("ORDERREVERSED"),
        Refusal::OrderClosed => error::problem("ORDERCLOSED"),
        Refusal::DifferentSale => error::problem("INVALID_REQUEST"),
        Refusal::NumberUsed => error::problem("OUT_TRADE_NO_USED"),
        Refusal::Scripted(code) => error::problem(code),
    }
}

pub(super) fn query(
    shared: &Shared,
    request: &Verified<'_>,
    key: Option<&Key>,
    earlier: Counts,
) -> Result<Answer, Problem> {
    let not_found = || error::problem("ORDERNOTEXIST");
    let key = key.ok_or_else(not_found)?;
    let (now, settings) = (shared.clock().now(), shared.settings());
    let queried = shared.book().query(now, key, earlier, settings);
    match queried {
        Queried::NotFound => Err(not_found()),
        Queried::Tombstone => {
            let mut body = accounts(request);
            body.insert("out_trade_no".to_owned(), key.out_trade_no.as_str().into());
            insert_state(&mut body, State::Revoked);
            Ok(Value::Object(body).into())
        }
        Queried::Order(order) => Ok(state(shared, request, &order).into()),
    }
}

pub(super) fn reverse(
    shared: &Shared,
    route: &Route,
    request: &Verified<'_>,
    key: Option<&Key>,
    earlier: Counts,
) -> Result<Answer, Problem> {
    let not_found = || match route.number {
        Number::Platform(_) => error::problem("INVALID_TRANSACTIONID"),
        _ => error::problem("ORDERNOTEXIST"),
    };
    let key = key.ok_or_else(not_found)?;
    let (now, settings) = (shared.clock().now(), shared.settings());
    let reversed = shared.book().reverse(now, key, earlier, settings);
    match reversed {
        Reversed::Done => Ok(done(settings.region, request, &key.out_trade_no)),
        Reversed::NotFound => Err(not_found()),
        Reversed::PayerBusy => Err(Problem {
            message: error::PAYER_BUSY.to_owned(),
            ..error::problem("USERPAYING")
        }),
        Reversed::PaidElsewhere => Err(error::problem("ORDERPAID")),
        Reversed::Impossible => Err(Problem {
            message: error::NOT_REVERSIBLE.to_owned(),
            ..error::problem("TRADE_ERROR")
        }),
    }
}

/// The answer that `fault` puts in the place of the honest one, if it does.
pub(super) fn replacement(
    region: Region,
    operation: Operation,
    request: &Verified<'_>,
    out_trade_no: &str,
    fault: &FaultKind,
) -> Option<Answer> {
    match fault {
        FaultKind::Error { err_code, .. } => Some(Answer::failure(err_code)),
        FaultKind::ReturnFail { .. } => {
            Some(Answer::with_status(500, json!({ "message": "系统繁忙" })))
        }
        FaultKind::RecallY { success: false } => Some(Answer::failure("SYSTEMERROR")),
        FaultKind::RecallY { success: true } | FaultKind::EmptySuccess => Some(match operation {
            Operation::Close => Value::Null.into(),
            Operation::Reverse => done(region, request, out_trade_no),
            _ => done(Region::Mainland, request, out_trade_no),
        }),
        _ => None,
    }
}

/// A reverse that was done: at home the accounts and the number, abroad nothing at all.
fn done(region: Region, request: &Verified<'_>, out_trade_no: &str) -> Answer {
    match region {
        Region::HongKong => Value::Null.into(),
        Region::Mainland => {
            let mut body = accounts(request);
            body.insert("out_trade_no".to_owned(), out_trade_no.into());
            Value::Object(body).into()
        }
    }
}

/// A charge whose payer is at the password prompt.
fn paying(request: &Verified<'_>, sale: &Sale, form: PayingForm) -> Result<Answer, Problem> {
    let status = match form {
        PayingForm::Accepted => 202,
        PayingForm::Ok => 200,
        PayingForm::ErrorCode => return Err(error::problem("USERPAYING")),
    };
    let mut body = accounts(request);
    insert_state(&mut body, State::UserPaying);
    insert_sale(&mut body, sale);
    Ok(Answer::with_status(status, Value::Object(body)))
}

/// What there is to say about a booked order.
pub(super) fn state(shared: &Shared, request: &Verified<'_>, order: &Order) -> Value {
    let mut body = accounts(request);
    insert_state(&mut body, order.state);
    insert_sale(&mut body, &order.sale);
    if matches!(order.state, State::Success | State::Refund) {
        insert_payment(&mut body, shared, request, order);
    }
    Value::Object(body)
}

/// The accounts of the order, as the request's API names them.
pub(super) fn accounts(request: &Verified<'_>) -> Map<String, Value> {
    let merchant = request.merchant;
    let mut body = Map::new();
    let mut set = |name: &str, value: &str| {
        body.insert(name.to_owned(), value.into());
    };
    match &request.sub_mchid {
        None => {
            set("appid", &merchant.appid);
            set("mchid", &merchant.mch_id);
        }
        Some(sub_mchid) => {
            set("sp_appid", &merchant.appid);
            set("sp_mchid", &merchant.mch_id);
            set("sub_mchid", sub_mchid);
            if let Some(sub_appid) = request.body.get("sub_appid").and_then(Value::as_str) {
                set("sub_appid", sub_appid);
            }
        }
    }
    body
}

fn insert_state(body: &mut Map<String, Value>, state: State) {
    let text = match state {
        State::Success => "支付成功",
        State::Refund => "转入退款",
        State::NotPay | State::Absent | State::InFlight => "订单未支付",
        State::Closed => "已关闭",
        State::Revoked => "已撤销",
        State::UserPaying => "需要用户输入支付密码",
        State::PayError => "支付失败，请撤销订单",
    };
    body.insert("trade_state".to_owned(), state.name().into());
    body.insert("trade_state_desc".to_owned(), text.into());
}

fn insert_sale(body: &mut Map<String, Value>, sale: &Sale) {
    let number = sale.key.out_trade_no.as_str();
    body.insert("out_trade_no".to_owned(), number.into());
    if let Some(attach) = sale.parameters.get("attach") {
        body.insert("attach".to_owned(), attach.as_str().into());
    }
}

fn insert_payment(
    body: &mut Map<String, Value>,
    shared: &Shared,
    request: &Verified<'_>,
    order: &Order,
) {
    let settings = shared.settings();
    let (total, currency) = (order.sale.total_fee, order.sale.fee_type.as_str());
    let coupon = settings.coupon_fen.clamp(0, total);
    let mut amount = json!({
        "total": total,
        "payer_total": total - coupon,
        "currency": currency,
        "payer_currency": "CNY",
    });
    let number = match settings.region {
        Region::Mainland => "transaction_id",
        Region::HongKong => {
            amount["exchange_rate"] = json!({ "type": "SETTLEMENT_RATE", "rate": 100_000_000 });
            "id"
        }
    };
    let payer = match request.sub_mchid {
        None => "openid",
        Some(_) => "sp_openid",
    };
    body.insert("amount".to_owned(), amount);
    let mut payer = json!({ payer: order.openid });
    if let Some(sub_openid) = order.sale.parameters.get("payer/sub_openid") {
        payer["sub_openid"] = sub_openid.as_str().into();
    }
    body.insert("payer".to_owned(), payer);
    body.insert(number.to_owned(), order.transaction_id.as_str().into());
    body.insert("trade_type".to_owned(), order.trade_type().name().into());
    body.insert("bank_type".to_owned(), "CMB_DEBIT".into());
    if coupon > 0 {
        let promotion = promotion(settings.region, coupon, currency);
        body.insert("promotion_detail".to_owned(), json!([promotion]));
    }
    if let Some(paid_at) = order.paid_at {
        let time = rfc3339(shared.clock().unix(paid_at));
        body.insert("success_time".to_owned(), time.into());
    }
}

/// A coupon that the platform pays.
fn promotion(region: Region, fen: i64, currency: &str) -> Value {
    match region {
        Region::Mainland => json!({
            "coupon_id": "109519",
            "name": "满减券",
            "scope": "GLOBAL",
            "type": "CASH",
            "amount": fen,
            "stock_id": "931386",
            "wechatpay_contribute": fen,
            "merchant_contribute": 0,
            "other_contribute": 0,
            "currency": currency,
        }),
        Region::HongKong => json!({
            "promotion_id": "109519",
            "name": "满减券",
            "scope": "GLOBAL",
            "type": "DISCOUNT",
            "amount": fen,
            "currency": currency,
            "activity_id": "931386",
            "wechatpay_contribute_amount": fen,
            "merchant_contribute_amount": 0,
            "other_contribute_amount": 0,
        }),
    }
}

/// The sale that a checked body asks for.
fn sale(key: Key, body: &Value) -> Sale {
    let text = |pointer| body.pointer(pointer).and_then(Value::as_str);
    Sale {
        key,
        auth_code: text("/payer/auth_code").unwrap_or_default().to_owned(),
        total_fee: body
            .pointer("/amount/total")
            .and_then(Value::as_i64)
            .expect("the amount was checked to be a whole number"),
        fee_type: text("/amount/currency").unwrap_or("CNY").to_owned(),
        channel: None,
        notify: None,
        parameters: json::leaves(body),
    }
}
