//! What Fubei answers.
//!
//! Its documents, samples and SDKs write the same thing in several ways, so each answer is written in
//! one of them, drawn from the moment it is made.

use serde_json::{Value, json};

use super::MERCHANT_ID;
use crate::answers::{Wire, compact, page};
use crate::ledger::{Said, Standing};
use crate::plan::Api;

const ORDER_SN: &str = "20160119233754227705";

/// One of the ways to write an answer.
struct Style {
    api: Api,
    rng: fastrand::Rng,
}

impl Style {
    fn one_in(&mut self, count: u32) -> bool {
        self.rng.u32(..count) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.rng.usize(..from.len())]
    }

    /// Yuan, as a number that went through floating point at Fubei's, or as a text.
    fn yuan(&mut self, fen: i64) -> Value {
        let exact = format!("{}.{:02}", fen / 100, fen % 100);
        let short = exact.trim_end_matches('0').trim_end_matches('.');
        match self.rng.u8(..4) {
            0 => exact.into(),
            1 => serde_json::from_str(short).unwrap_or_default(),
            _ => serde_json::from_str(&exact).unwrap_or_default(),
        }
    }

    /// The states of either document. What is neither paid nor ended is 待支付.
    fn state(&mut self, standing: Standing, charged: bool) -> &'static str {
        match standing {
            Standing::Paying | Standing::NotPaid | Standing::Failed => "USERPAYING",
            Standing::Paid | Standing::Refunded => "SUCCESS",
            Standing::Closed => "CLOSED",
            // What has not ended yet may succeed or fail.
            Standing::Revoked | Standing::RevokeFailed if self.one_in(5) => "REVOKING",
            Standing::Revoked => "REVOKED",
            Standing::RevokeFailed if self.api == Api::Fubei1 => "REVOKED_ERROR",
            // 2.0 has no state for it.
            Standing::RevokeFailed if charged => "SUCCESS",
            Standing::RevokeFailed => "USERPAYING",
        }
    }
}

pub(in crate::answers) fn reply(api: Api, said: &Said, order: &str, time: i64) -> Wire {
    let seed = time.unsigned_abs().wrapping_mul(2) + u64::from(api == Api::Fubei2);
    let mut style = Style {
        api,
        rng: fastrand::Rng::with_seed(seed),
    };
    if let Said::Forged(said) = said {
        return forged(&mut style, said, order, time);
    }
    write(&mut style, said, order)
}

fn write(style: &mut Style, said: &Said, order: &str) -> Wire {
    match said {
        Said::Page(status) => page(*status),
        // Of orders to scan, which shops with Fubei do not make here.
        Said::Code { .. } | Said::Closed => page(200),
        Said::Garbage | Said::Probe | Said::WrongTime | Said::Forged(_) => page(200),
        Said::Turned(text) => refused(style, 1007, "", text, ""),
        // What a client saw of 2.0 when the payer had given up; no document has it.
        Said::Order {
            standing: Standing::Failed,
            ..
        } if style.api == Api::Fubei2 && style.one_in(3) => {
            refused(style, 9999, "", "用户取消支付", order)
        }
        Said::Order {
            number,
            standing,
            total,
            paid_at,
        } => {
            let data = order_data(style, number, *standing, *total, *paid_at);
            told(style, data)
        }
        Said::Refused { code, text } => {
            let (result_code, sub_code, message) = refusal(style, code);
            let message = if text.is_empty() { message } else { text };
            refused(style, result_code, sub_code, message, order)
        }
        Said::Undone { recall: true, .. } if style.api == Api::Fubei2 || style.one_in(2) => {
            refused(style, 400, "SYSTEMERROR", "系统繁忙", order)
        }
        Said::Undone { number, recall } => {
            let state = match recall {
                true => "REVOKED_ERROR",
                false => style.pick(&["", "REVOKED", "REVOKING"]),
            };
            let name = match style.api {
                Api::Fubei2 => "order_status",
                _ => "trade_state",
            };
            let mut data = json!({ "merchant_order_sn": number, "order_sn": ORDER_SN });
            if !state.is_empty() {
                data[name] = state.into();
            }
            told(style, data)
        }
        Said::Refund {
            number,
            order,
            fee,
            status,
            asked,
            ..
        } => {
            let mut data = json!({
                "merchant_refund_sn": number,
                "merchant_order_sn": order,
                "order_sn": ORDER_SN,
                "refund_sn": "20160119233754227706",
            });
            let second = style.api == Api::Fubei2;
            // 1.0 tells the state to who asks for it, and never the amount.
            if second || *asked {
                data["refund_status"] = match (*status, second) {
                    ("SUCCESS", _) => "REFUND_SUCCESS",
                    ("PROCESSING", _) => "REFUND_PROCESSING",
                    (_, true) => "REFUND_FAIL",
                    (_, false) => "REFUND_FAILER",
                }
                .into();
            }
            if second {
                data["refund_amount"] = style.yuan(*fee);
            }
            told(style, data)
        }
    }
}

fn order_data(
    style: &mut Style,
    number: &str,
    standing: Standing,
    total: i64,
    paid_at: i64,
) -> Value {
    let state = style.state(standing, paid_at > 0);
    let mut data = json!({ "merchant_order_sn": number, "order_sn": ORDER_SN });
    // Nothing says that every answer names its order.
    if style.one_in(12) {
        data = json!({});
    }
    let paid = state == "SUCCESS";
    if style.api == Api::Fubei2 {
        data["order_status"] = state.into();
        data["total_amount"] = style.yuan(total);
        data["uid"] = MERCHANT_ID.into();
        data["pay_type"] = "wxpay".into();
        if paid {
            data["net_amount"] = style.yuan(total);
            data["finish_time"] = compact(paid_at).into();
        }
        return data;
    }
    data["trade_state"] = state.into();
    data["type"] = 1.into();
    // 实收: what the merchant receives is less by what it gave off.
    let off = if style.one_in(3) { total / 10 } else { 0 };
    data["order_price"] = style.yuan(total);
    if paid {
        data["total_fee"] = style.yuan(total - off);
        data["net_money"] = style.yuan(total - off);
        data["fee"] = style.yuan(0);
        data["discount_money"] = style.yuan(off);
        data["pay_time"] = match style.one_in(4) {
            true => paid_at.to_string().into(),
            false => paid_at.into(),
        };
    }
    data
}

/// `result_code`, `sub_code` and a text. Fubei publishes neither table: what the channel says is passed
/// on, so it is WeChat's word or Alipay's.
fn refusal(style: &mut Style, code: &'static str) -> (u32, &'static str, &'static str) {
    match code {
        "PARAM_ERROR" | "LACK_PARAMS" => (402, "", "参数错误"),
        "NOAUTH" => style.pick(&[(401, "", "无权限"), (1002, "", "app_id无权限")]),
        "SYSTEMERROR" | "BIZERR_NEED_RETRY" => style.pick(&[
            (500, "", "服务异常"),
            (400, "SYSTEMERROR", "系统繁忙"),
            (400, "ACQ.SYSTEM_ERROR", "系统错误"),
        ]),
        "ORDERNOTEXIST" => style.pick(&[
            (400, "ORDERNOTEXIST", "订单不存在"),
            (400, "ACQ.TRADE_NOT_EXIST", "交易不存在"),
            (400, "", "订单不存在"),
        ]),
        "REFUNDNOTEXIST" => style.pick(&[
            (400, "REFUNDNOTEXIST", "退款不存在"),
            (400, "", "退款单不存在"),
        ]),
        "NOTENOUGH" => style.pick(&[
            (400, "NOTENOUGH", "余额不足"),
            (400, "ACQ.BUYER_BALANCE_NOT_ENOUGH", "买家余额不足"),
        ]),
        "AUTH_CODE_INVALID" => style.pick(&[
            (400, "AUTH_CODE_INVALID", "付款码无效"),
            (400, "ACQ.PAYMENT_AUTH_CODE_INVALID", "支付失败"),
        ]),
        "ORDERPAID" => style.pick(&[
            (400, "ORDERPAID", "订单已支付"),
            (400, "ACQ.TRADE_HAS_SUCCESS", "交易已被支付"),
        ]),
        code => (400, code, "支付渠道错误"),
    }
}

fn told(style: &mut Style, data: Value) -> Wire {
    envelope(style, 200, "", "成功", data)
}

fn refused(style: &mut Style, code: u32, sub_code: &str, message: &str, order: &str) -> Wire {
    let data = match order {
        "" => Value::Null,
        _ if code == 400 => json!({ "merchant_order_sn": order }),
        _ => Value::Null,
    };
    envelope(style, code, sub_code, message, data)
}

fn envelope(style: &mut Style, code: u32, sub_code: &str, message: &str, data: Value) -> Wire {
    let mut data = data;
    let mut body = json!({ "result_message": message });
    body["result_code"] = match style.one_in(3) {
        true => code.to_string().into(),
        false => code.into(),
    };
    if style.api == Api::Fubei2 {
        body["success"] = (code == 200).into();
    }
    if !sub_code.is_empty() {
        match style.api == Api::Fubei2 && data.is_object() {
            true => data["sub_code"] = sub_code.into(),
            false => body["sub_code"] = sub_code.into(),
        }
    }
    body["data"] = match style.one_in(3) && data.is_object() {
        true => data.to_string().into(),
        false => data,
    };
    let headers = vec![("content-type".into(), "application/json".into())];
    (200, headers, body.to_string().into_bytes())
}

/// Without signatures, what is not for us is what speaks of another order or merchant; the opposite of
/// the truth.
fn forged(style: &mut Style, said: &Said, order: &str, time: i64) -> Wire {
    let (standing, total) = match said.contrary(order, time) {
        Said::Order {
            standing, total, ..
        } => (standing, total),
        mut lie => {
            if let Said::Refund {
                number,
                order: of,
                asked,
                ..
            } = &mut lie
            {
                *number = "ANOTHER".into();
                *of = order.into();
                *asked = true;
            }
            return write(style, &lie, order);
        }
    };
    let elsewhere = style.api == Api::Fubei2 && style.one_in(2);
    let number = if elsewhere { order } else { "ANOTHER" };
    let mut data = order_data(style, number, standing, total, time);
    data["merchant_order_sn"] = number.into();
    if elsewhere {
        data["uid"] = "7654321".into();
    }
    told(style, data)
}
