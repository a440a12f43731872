//! The fields of refunds (protocol §5.9, abroad §6).

use serde_json::Value;

use super::Kind::{List, Object, Text, Whole};
use super::tables::{APPID, MCHID, MOST, SP_APPID, SP_MCHID, SUB_APPID, SUB_MCHID};
use super::values::{currency, notify_url, one_of, order_number, refund_number, up_to};
use super::{Field, Problem, Verified, needs, takes};
use crate::settings::Region;

const TRANSACTION_ID: Field = takes("transaction_id", Text(|v, _| up_to(32, v)));
const OUT_TRADE_NO: Field = takes("out_trade_no", Text(order_number));
const OUT_REFUND_NO: Field = needs("out_refund_no", Text(refund_number));
const REASON: Field = takes("reason", Text(|v, _| up_to(80, v)));
const NOTIFY_URL: Field = takes("notify_url", Text(notify_url));
const FUNDS: Field = takes(
    "funds_account",
    Text(|v, _| one_of(&["AVAILABLE", "UNSETTLED"], v)),
);
const SOURCE: Field = takes(
    "source",
    Text(|v, _| {
        one_of(
            &[
                "REFUND_SOURCE_UNSETTLED_FUNDS",
                "REFUND_SOURCE_RECHARGE_FUNDS",
            ],
            v,
        )
    }),
);
const REFUND: Field = needs("refund", Whole(1, MOST));
const TOTAL: Field = needs("total", Whole(1, MOST));
const CURRENCY: Field = needs("currency", Text(currency));
const AMOUNT: Field = needs(
    "amount",
    Object(&[
        REFUND,
        TOTAL,
        CURRENCY,
        takes(
            "from",
            List(&[
                needs(
                    "account",
                    Text(|v, _| one_of(&["AVAILABLE", "UNAVAILABLE"], v)),
                ),
                needs("amount", Whole(1, MOST)),
            ]),
        ),
    ]),
);
const GLOBAL_AMOUNT: Field = needs("amount", Object(&[REFUND, TOTAL, CURRENCY]));
const GOODS: Field = takes(
    "goods_detail",
    List(&[
        needs("merchant_goods_id", Text(|v, _| up_to(32, v))),
        takes("wechatpay_goods_id", Text(|v, _| up_to(32, v))),
        takes("goods_name", Text(|v, _| up_to(256, v))),
        needs("unit_price", Whole(0, MOST)),
        needs("refund_amount", Whole(0, MOST)),
        needs("refund_quantity", Whole(1, MOST)),
    ]),
);

const DIRECT: &[Field] = &[
    TRANSACTION_ID,
    OUT_TRADE_NO,
    OUT_REFUND_NO,
    REASON,
    NOTIFY_URL,
    FUNDS,
    AMOUNT,
    GOODS,
];
const PARTNER: &[Field] = &[
    SUB_MCHID,
    TRANSACTION_ID,
    OUT_TRADE_NO,
    OUT_REFUND_NO,
    REASON,
    NOTIFY_URL,
    FUNDS,
    AMOUNT,
    GOODS,
];
const GLOBAL: &[Field] = &[
    APPID,
    MCHID,
    TRANSACTION_ID,
    OUT_TRADE_NO,
    OUT_REFUND_NO,
    REASON,
    SOURCE,
    NOTIFY_URL,
    GLOBAL_AMOUNT,
];
const GLOBAL_PARTNER: &[Field] = &[
    SP_APPID,
    SP_MCHID,
    SUB_APPID,
    SUB_MCHID,
    TRANSACTION_ID,
    OUT_TRADE_NO,
    OUT_REFUND_NO,
    REASON,
    SOURCE,
    NOTIFY_URL,
    GLOBAL_AMOUNT,
];

pub(super) fn fields(partner: bool, region: Region) -> &'static [Field] {
    match (region, partner) {
        (Region::Mainland, false) => DIRECT,
        (Region::Mainland, true) => PARTNER,
        (Region::HongKong, false) => GLOBAL,
        (Region::HongKong, true) => GLOBAL_PARTNER,
    }
}

/// What stands in the query of a question about a refund.
pub(super) fn query(partner: bool, region: Region) -> &'static [Field] {
    match (region, partner) {
        (Region::Mainland, false) => &[],
        (Region::Mainland, true) => &[SUB_MCHID],
        (Region::HongKong, false) => &[MCHID],
        (Region::HongKong, true) => &[SP_MCHID, SUB_MCHID],
    }
}

/// What no table says: the order is named, and no more than its total goes back.
pub(super) fn rest(request: &Verified<'_>) -> Result<(), Problem> {
    let body = &request.body;
    if body.get("transaction_id").is_none() && body.get("out_trade_no").is_none() {
        return Err(Problem::parameter(
            "/out_trade_no",
            "transaction_id和out_trade_no至少填一个",
        ));
    }
    let fen = |pointer| body.pointer(pointer).and_then(Value::as_i64);
    if fen("/amount/refund") > fen("/amount/total") {
        return Err(Problem::parameter(
            "/amount/refund",
            "退款金额不能大于原订单支付金额",
        ));
    }
    Ok(())
}
