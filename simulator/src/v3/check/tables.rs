//! The documents' field tables.

use super::Kind::{Flag, List, Object, Text, Whole};
use super::values::{address, alphanumeric, currency, digits, one_of, order_number, up_to};
use super::{Field, needs, takes};

pub(super) const MOST: i64 = 9_999_999_999;

pub(super) const APPID: Field = needs("appid", Text(|v, _| up_to(32, v)));
pub(super) const MCHID: Field = needs("mchid", Text(|v, _| up_to(32, v)));
pub(super) const SP_APPID: Field = needs("sp_appid", Text(|v, _| up_to(32, v)));
pub(super) const SP_MCHID: Field = needs("sp_mchid", Text(|v, _| up_to(32, v)));
pub(super) const SUB_APPID: Field = takes("sub_appid", Text(|v, _| up_to(32, v)));
pub(super) const SUB_MCHID: Field = needs("sub_mchid", Text(|v, _| up_to(32, v)));

pub(super) const DESCRIPTION: Field = needs("description", Text(|v, _| up_to(127, v)));
pub(super) const OUT_TRADE_NO: Field = needs("out_trade_no", Text(order_number));
pub(super) const ATTACH: Field = takes("attach", Text(|v, _| up_to(128, v)));
pub(super) const GOODS_TAG: Field = takes("goods_tag", Text(|v, _| up_to(32, v)));
pub(super) const SUPPORT_FAPIAO: Field = takes("support_fapiao", Flag);
const PAYER: Field = needs(
    "payer",
    Object(&[needs("auth_code", Text(|v, _| up_to(32, v)))]),
);
pub(super) const AMOUNT: Field = needs(
    "amount",
    Object(&[
        needs("total", Whole(1, MOST)),
        takes("currency", Text(currency)),
    ]),
);
const SCENE: Field = needs(
    "scene_info",
    Object(&[
        takes("device_id", Text(|v, _| up_to(32, v))),
        takes("device_ip", Text(address)),
        needs(
            "store_info",
            Object(&[
                takes("id", Text(|v, _| digits(32, v))),
                takes("out_id", Text(|v, _| alphanumeric(256, v))),
            ]),
        ),
    ]),
);
pub(super) const DETAIL: Field = takes(
    "detail",
    Object(&[
        takes("cost_price", Whole(0, MOST)),
        takes("invoice_id", Text(|v, _| up_to(32, v))),
        takes(
            "goods_detail",
            List(&[
                needs("merchant_goods_id", Text(|v, _| up_to(32, v))),
                takes("wxpay_goods_id", Text(|v, _| up_to(32, v))),
                takes("goods_name", Text(|v, _| up_to(256, v))),
                needs("quantity", Whole(1, MOST)),
                needs("unit_price", Whole(0, MOST)),
            ]),
        ),
    ]),
);
pub(super) const SETTLE: Field = takes("settle_info", Object(&[takes("profit_sharing", Flag)]));

/// Protocol §5.5.
pub(super) const CODEPAY: &[Field] = &[
    APPID,
    MCHID,
    DESCRIPTION,
    OUT_TRADE_NO,
    ATTACH,
    GOODS_TAG,
    SUPPORT_FAPIAO,
    PAYER,
    AMOUNT,
    SCENE,
    DETAIL,
    SETTLE,
];

/// Protocol §5.5.
pub(super) const PARTNER_CODEPAY: &[Field] = &[
    SP_APPID,
    SP_MCHID,
    SUB_APPID,
    SUB_MCHID,
    DESCRIPTION,
    OUT_TRADE_NO,
    ATTACH,
    GOODS_TAG,
    SUPPORT_FAPIAO,
    PAYER,
    AMOUNT,
    SCENE,
    DETAIL,
    SETTLE,
];

const TRADE_TYPE: Field = needs("trade_type", Text(|v, _| one_of(&["MICROPAY"], v)));
pub(super) const CATEGORY: Field = takes("merchant_category_code", Text(|v, _| digits(4, v)));
pub(super) const LIMIT_PAY: Field = takes("limit_pay", Text(|v, _| one_of(&["no_credit"], v)));
pub(super) const GLOBAL_AMOUNT: Field = needs(
    "amount",
    Object(&[
        needs("total", Whole(1, MOST)),
        needs("currency", Text(currency)),
    ]),
);
pub(super) const GLOBAL_SCENE: Field = takes(
    "scene_info",
    Object(&[
        takes("payer_client_ip", Text(address)),
        takes("device_ip", Text(address)),
        takes("device_id", Text(|v, _| up_to(32, v))),
        takes("operator_id", Text(|v, _| up_to(32, v))),
        takes(
            "store_info",
            Object(&[
                needs("id", Text(|v, _| up_to(32, v))),
                takes("name", Text(|v, _| up_to(64, v))),
                takes("address", Text(|v, _| up_to(512, v))),
            ]),
        ),
    ]),
);
pub(super) const GLOBAL_DETAIL: Field = takes(
    "detail",
    Object(&[
        takes("cost_price", Whole(0, MOST)),
        takes("receipt_id", Text(|v, _| up_to(32, v))),
        takes(
            "goods_detail",
            List(&[
                needs("goods_id", Text(|v, _| up_to(32, v))),
                takes("wxpay_goods_id", Text(|v, _| up_to(32, v))),
                takes("goods_name", Text(|v, _| up_to(256, v))),
                needs("quantity", Whole(1, MOST)),
                needs("price", Whole(0, MOST)),
            ]),
        ),
    ]),
);

/// Protocol §6.
pub(super) const GLOBAL_PAY: &[Field] = &[
    APPID,
    MCHID,
    DESCRIPTION,
    OUT_TRADE_NO,
    TRADE_TYPE,
    CATEGORY,
    ATTACH,
    GOODS_TAG,
    LIMIT_PAY,
    PAYER,
    GLOBAL_AMOUNT,
    GLOBAL_SCENE,
    GLOBAL_DETAIL,
];

/// Protocol §6.
pub(super) const GLOBAL_PARTNER_PAY: &[Field] = &[
    SP_APPID,
    SP_MCHID,
    SUB_APPID,
    SUB_MCHID,
    DESCRIPTION,
    OUT_TRADE_NO,
    TRADE_TYPE,
    CATEGORY,
    ATTACH,
    GOODS_TAG,
    LIMIT_PAY,
    PAYER,
    GLOBAL_AMOUNT,
    GLOBAL_SCENE,
    GLOBAL_DETAIL,
];

/// Protocol §5.6: in the query.
pub(super) const QUERY: &[Field] = &[MCHID];
/// Protocol §5.6: in the query.
pub(super) const PARTNER_QUERY: &[Field] = &[SP_MCHID, SUB_MCHID];

/// Protocol §5.6.
pub(super) const REVERSE: &[Field] = &[APPID, MCHID];
/// Protocol §5.6 and §6.
pub(super) const PARTNER_REVERSE: &[Field] = &[
    takes("sp_appid", Text(|v, _| up_to(32, v))),
    SP_MCHID,
    SUB_APPID,
    SUB_MCHID,
];
/// Protocol §6.
pub(super) const GLOBAL_REVERSE: &[Field] = &[takes("appid", Text(|v, _| up_to(32, v))), MCHID];

/// Protocol §5.3: in the query.
pub(super) const CERTIFICATES: &[Field] =
    &[takes("algorithm_type", Text(|v, _| one_of(&["RSA"], v)))];
