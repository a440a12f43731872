//! The business parameters of each method with their types and lengths.
//!
//! Facts §7 for `swipe`; the parameter classes of Fubei's Java SDK for the rest of 1.0; facts §9 for
//! 2.0.

use super::codes::Refusal;
use super::method::Method;
use super::settings::FubeiApi;
use super::values::{
    Checked, between, detail, digits, json_text, moment, notify_url, one_of, own_number, up_to,
    yuan,
};
use crate::fault::Operation;
use crate::raw_json::{Json, Members};

struct Field {
    name: &'static str,
    required: bool,
    check: fn(&Json) -> Checked,
}

const fn needs(name: &'static str, check: fn(&Json) -> Checked) -> Field {
    Field {
        name,
        required: true,
        check,
    }
}

const fn takes(name: &'static str, check: fn(&Json) -> Checked) -> Field {
    Field {
        required: false,
        ..needs(name, check)
    }
}

/// Ten characters of 1.0.
fn yuan_of_v1(value: &Json) -> Checked {
    yuan(10, 999_999_999, value)
}

/// 0.01 to 10 000 000 of 2.0.
fn yuan_of_v2(value: &Json) -> Checked {
    yuan(11, 1_000_000_000, value)
}

fn fubei_number(value: &Json) -> Checked {
    up_to(32, value)
}

fn store(value: &Json) -> Checked {
    digits(10, value)
}

const SWIPE: &[Field] = &[
    needs("merchant_order_sn", own_number),
    takes("type", channel),
    // A face-pay token is longer than any code.
    needs("auth_code", |v| up_to(1024, v)),
    needs("total_fee", yuan_of_v1),
    takes("store_id", store),
    takes("cashier_id", store),
    takes("device_no", |v| up_to(18, v)),
    takes("body", |v| up_to(128, v)),
    takes("call_back_url", |v| notify_url(256, v)),
    takes("equipment_type", |v| between(90, 127, v)),
    takes("discount_switch", |v| between(0, 1, v)),
    takes("attach", |v| up_to(127, v)),
    takes("goods_tag", |v| up_to(256, v)),
    takes("detail", detail),
    takes("sub_appid", |v| up_to(64, v)),
    takes("timeout_express", moment),
    takes("scene", |v| one_of(&["FACE_PAY"], v)),
    takes("buyer_id", |v| up_to(32, v)),
];

const SCAN: &[Field] = &[
    needs("merchant_order_sn", own_number),
    needs("type", |v| between(1, 2, v)),
    needs("total_fee", yuan_of_v1),
    takes("store_id", store),
    takes("cashier_id", store),
    takes("device_no", |v| up_to(18, v)),
    takes("body", |v| up_to(128, v)),
    takes("call_back_url", |v| notify_url(256, v)),
    takes("equipment_type", |v| between(90, 127, v)),
    takes("attach", |v| up_to(127, v)),
];

const QUERY: &[Field] = &[
    takes("merchant_order_sn", own_number),
    takes("order_sn", fubei_number),
    takes("trade_no", fubei_number),
    takes("device_no", |v| up_to(18, v)),
];

const REVERSE_OR_CLOSE: &[Field] = &[
    takes("merchant_order_sn", own_number),
    takes("order_sn", fubei_number),
];

const REFUND: &[Field] = &[
    takes("merchant_order_sn", own_number),
    takes("order_sn", fubei_number),
    takes("trade_no", fubei_number),
    needs("merchant_refund_sn", own_number),
    takes("refund_money", yuan_of_v1),
];

const REFUND_QUERY: &[Field] = &[
    takes("merchant_order_sn", own_number),
    takes("order_sn", fubei_number),
    takes("trade_no", fubei_number),
    takes("merchant_refund_sn", own_number),
    takes("refund_sn", fubei_number),
];

const PAY: &[Field] = &[
    takes("merchant_id", |v| digits(18, v)),
    needs("merchant_order_sn", own_number),
    needs("auth_code", |v| up_to(1024, v)),
    needs("total_amount", yuan_of_v2),
    takes("store_id", store),
    takes("cashier_id", store),
    takes("device_no", |v| up_to(32, v)),
    takes("body", |v| up_to(128, v)),
    takes("attach", |v| up_to(127, v)),
    takes("notify_url", |v| notify_url(255, v)),
    takes("timeout_express", moment),
    takes("goods_tag", |v| up_to(256, v)),
    takes("sub_appid", |v| up_to(64, v)),
    takes("platform_store_id", |v| up_to(64, v)),
    takes("disable_pay_channels", |v| up_to(128, v)),
    takes("detail", detail),
    takes("alipay_extend_params", |v| json_text(1024, v)),
];

const PRECREATE: &[Field] = &[
    takes("merchant_id", |v| digits(18, v)),
    needs("merchant_order_sn", own_number),
    needs("total_amount", yuan_of_v2),
    takes("store_id", store),
    takes("cashier_id", store),
    takes("device_no", |v| up_to(32, v)),
    takes("body", |v| up_to(128, v)),
    takes("attach", |v| up_to(127, v)),
    takes("notify_url", |v| notify_url(255, v)),
    takes("timeout_express", moment),
    takes("goods_tag", |v| up_to(256, v)),
    takes("sub_appid", |v| up_to(64, v)),
    takes("platform_store_id", |v| up_to(64, v)),
    takes("disable_pay_channels", |v| up_to(128, v)),
    takes("detail", detail),
    takes("alipay_extend_params", |v| json_text(1024, v)),
];

const QUERY_OF_V2: &[Field] = &[
    takes("merchant_id", |v| digits(18, v)),
    takes("merchant_order_sn", own_number),
    takes("order_sn", fubei_number),
    takes("ins_order_sn", fubei_number),
];

const CANCEL_OR_CLOSE: &[Field] = &[
    takes("merchant_id", |v| digits(18, v)),
    takes("merchant_order_sn", own_number),
    takes("order_sn", fubei_number),
];

const REFUND_OF_V2: &[Field] = &[
    takes("merchant_id", |v| digits(18, v)),
    takes("merchant_order_sn", own_number),
    takes("order_sn", fubei_number),
    takes("ins_order_sn", fubei_number),
    needs("merchant_refund_sn", own_number),
    needs("refund_amount", yuan_of_v2),
    takes("handler", |v| digits(18, v)),
    takes("device_no", |v| up_to(32, v)),
];

const REFUND_QUERY_OF_V2: &[Field] = &[
    takes("merchant_id", |v| digits(18, v)),
    takes("merchant_refund_sn", own_number),
    takes("refund_sn", fubei_number),
];

/// 1 WeChat, 2 Alipay, 5 UnionPay.
fn channel(value: &Json) -> Checked {
    match value {
        Json::Number(number) if matches!(number.as_str(), "1" | "2" | "5") => Ok(()),
        _ => Err("必须为1、2或5".to_owned()),
    }
}

fn fields(method: Method) -> &'static [Field] {
    match (method.api, method.operation) {
        (FubeiApi::V1, Operation::Micropay) => SWIPE,
        (FubeiApi::V1, Operation::Prepay) => SCAN,
        (FubeiApi::V1, Operation::Orderquery) => QUERY,
        (FubeiApi::V1, Operation::Reverse | Operation::Close) => REVERSE_OR_CLOSE,
        (FubeiApi::V1, Operation::Refund) => REFUND,
        (FubeiApi::V1, Operation::RefundQuery) => REFUND_QUERY,
        (FubeiApi::V2, Operation::Micropay) => PAY,
        (FubeiApi::V2, Operation::Prepay) => PRECREATE,
        (FubeiApi::V2, Operation::Orderquery) => QUERY_OF_V2,
        (FubeiApi::V2, Operation::Reverse | Operation::Close) => CANCEL_OR_CLOSE,
        (FubeiApi::V2, Operation::Refund) => REFUND_OF_V2,
        (FubeiApi::V2, Operation::RefundQuery) => REFUND_QUERY_OF_V2,
        (_, Operation::Certificates | Operation::Ride) => &[],
    }
}

/// Sets of names of which one is required.
fn one_each(method: Method) -> &'static [&'static [&'static str]] {
    const ORDER: &[&str] = &["order_sn", "merchant_order_sn"];
    const ORDER_BY_THREE: &[&str] = &["order_sn", "merchant_order_sn", "trade_no"];
    const ORDER_OF_V2: &[&str] = &["order_sn", "ins_order_sn", "merchant_order_sn"];
    const REFUND: &[&str] = &["refund_sn", "merchant_refund_sn"];
    match (method.api, method.operation) {
        (_, Operation::Reverse | Operation::Close) => &[ORDER],
        (FubeiApi::V1, Operation::Orderquery | Operation::Refund) => &[ORDER_BY_THREE],
        (FubeiApi::V2, Operation::Orderquery | Operation::Refund) => &[ORDER_OF_V2],
        (FubeiApi::V1, Operation::RefundQuery) => &[ORDER_BY_THREE, REFUND],
        (FubeiApi::V2, Operation::RefundQuery) => &[REFUND],
        _ => &[],
    }
}

/// Names, types, lengths.
pub(super) fn check(method: Method, content: &Members, allow_unknown: bool) -> Result<(), Refusal> {
    let fields = fields(method);
    let unknown = content
        .iter()
        .find(|(name, _)| !fields.iter().any(|field| field.name == *name));
    if let (Some((name, _)), false) = (unknown, allow_unknown) {
        return Err(Refusal::parameter(name, "未定义的参数"));
    }
    for field in fields {
        match content.get(field.name) {
            Some(value) => {
                (field.check)(value).map_err(|why| Refusal::parameter(field.name, why))?;
            }
            None if field.required => return Err(Refusal::parameter(field.name, "缺失")),
            None => {}
        }
    }
    for names in one_each(method) {
        if names.iter().all(|name| content.get(name).is_none()) {
            return Err(Refusal::parameter(&names.join("]["), "不能同时为空"));
        }
    }
    Ok(())
}
