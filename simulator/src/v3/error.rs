//! Error codes: how APIv3 spells APIv2's, and with which HTTP status.
//!
//! The documents publish the spelling and status of the codes that the in-person payment shares with
//! prepaid orders (protocol §5.5); for the rest no document says, so they keep APIv2's words with
//! underscores between them, and 400 or 403 after their like.

use super::Problem;

/// A code and what goes with it.
pub(super) struct Listed {
    /// APIv2's spelling.
    pub(super) v2: &'static str,
    pub(super) status: u16,
    pub(super) code: &'static str,
    /// At the end of `Request-ID`; 0 where none is known.
    pub(super) number: u32,
    pub(super) message: &'static str,
}

const fn listed(
    v2: &'static str,
    status: u16,
    code: &'static str,
    number: u32,
    message: &'static str,
) -> Listed {
    Listed {
        v2,
        status,
        code,
        number,
        message,
    }
}

pub(super) const CODES: &[Listed] = &[
    listed(
        "SYSTEMERROR",
        500,
        "SYSTEM_ERROR",
        0,
        "系统异常，请稍后重试",
    ),
    listed("BANKERROR", 500, "BANK_ERROR", 0, "银行系统异常"),
    listed("USERPAYING", 400, "USERPAYING", 0, "需要用户输入支付密码"),
    listed("PARAM_ERROR", 400, "PARAM_ERROR", 0, "参数错误"),
    listed("LACK_PARAMS", 400, "PARAM_ERROR", 0, "缺少参数"),
    listed("SIGNERROR", 401, "SIGN_ERROR", 268_443_699, "签名错误"),
    listed("NOAUTH", 403, "NO_AUTH", 0, "商户无权限"),
    listed("TRADE_ERROR", 403, "TRADE_ERROR", 0, "交易错误"),
    listed("RULELIMIT", 403, "RULE_LIMIT", 0, "业务规则限制"),
    listed("ACCOUNTERROR", 403, "ACCOUNT_ERROR", 0, "账号异常"),
    listed(
        "OUT_TRADE_NO_USED",
        403,
        "OUT_TRADE_NO_USED",
        0,
        "商户订单号重复",
    ),
    listed("ORDERPAID", 400, "ORDER_PAID", 268_449_538, "订单已支付"),
    listed(
        "ORDERCLOSED",
        400,
        "ORDER_CLOSED",
        268_447_914,
        "订单已关闭",
    ),
    listed(
        "ORDERREVERSED",
        400,
        "ORDER_REVERSED",
        268_447_914,
        "订单已撤销",
    ),
    listed(
        "ORDERNOTEXIST",
        404,
        "ORDER_NOT_EXIST",
        268_512_771,
        "订单不存在",
    ),
    listed(
        "AUTHCODEEXPIRE",
        400,
        "AUTH_CODE_EXPIRE",
        0,
        "二维码已过期，请用户在微信上刷新后再试",
    ),
    listed(
        "AUTH_CODE_ERROR",
        400,
        "AUTH_CODE_ERROR",
        0,
        "授权码参数错误",
    ),
    listed(
        "AUTH_CODE_INVALID",
        400,
        "AUTH_CODE_INVALID",
        0,
        "授权码检验错误",
    ),
    listed("NOTENOUGH", 403, "NOT_ENOUGH", 0, "余额不足"),
    // Misspelt in APIv2 already.
    listed("NOTSUPORTCARD", 403, "NOT_SUPORT_CARD", 0, "不支持卡类型"),
    listed("BUYER_MISMATCH", 403, "BUYER_MISMATCH", 0, "支付账号错误"),
    listed("MCHID_NOT_EXIST", 400, "MCH_NOT_EXISTS", 0, "商户号不存在"),
    listed("APPID_NOT_EXIST", 400, "APPID_NOT_EXIST", 0, "APPID不存在"),
    listed(
        "APPID_MCHID_NOT_MATCH",
        400,
        "APPID_MCHID_NOT_MATCH",
        268_445_527,
        "appid和mch_id不匹配",
    ),
    listed(
        "INVALID_REQUEST",
        400,
        "INVALID_REQUEST",
        268_498_688,
        "请求重入时，参数与首次请求时不一致",
    ),
    listed(
        "INVALID_TRANSACTIONID",
        500,
        "INVALID_TRANSACTIONID",
        0,
        "订单号非法",
    ),
    listed("REVERSE_EXPIRE", 400, "REVERSE_EXPIRE", 0, "订单无法撤销"),
    listed(
        "FREQUENCY_LIMITED",
        429,
        "FREQUENCY_LIMITED",
        268_447_840,
        "频率超限",
    ),
];

/// What a code of either spelling stands for; `None` for one that no document lists.
pub(super) fn find(code: &str) -> Option<&'static Listed> {
    CODES
        .iter()
        .find(|listed| listed.v2 == code || listed.code == code)
}

/// The refusal that a code of APIv2's table becomes.
pub(super) fn problem(v2: &'static str) -> Problem {
    match find(v2) {
        Some(listed) => Problem::new(listed.status, listed.code, listed.message),
        None => Problem::new(403, v2, UNLISTED),
    }
}

/// What is said about a code that no document lists.
pub(super) const UNLISTED: &str = "模拟器返回的其他错误";
/// What is said when an auth code served another order.
pub(super) const CODE_USED: &str = "101 每个二维码仅限使用一次，请刷新再试";
/// What a reverse says about an order that it cannot undo.
pub(super) const NOT_REVERSIBLE: &str = "该订单不支持撤销";
/// What a close says about a payment by code (protocol §4.12).
pub(super) const ONLY_REVERSE: &str = "当前交易不允许进行普通关单（只能撤销）";
/// What a refund says whose amounts are not the order's, or not its number's.
pub(super) const MISMATCH: &str = "订单金额或退款金额与之前请求不一致，请核实后再试";
/// What a refund says that has nothing left to give back.
pub(super) const ALL_REFUNDED: &str = "订单已全额退款";
/// What a refund says that asks for more than is left.
pub(super) const TOO_MUCH: &str = "申请退款金额大于可退金额";
/// What the refund after the fiftieth says.
pub(super) const TOO_MANY: &str = "部分退款次数超过限制";
/// What a refund of an unpaid order says.
pub(super) const NOT_PAID: &str = "订单未支付，不能退款";
/// What is said about a number of a refund, or of an order to be refunded, that is unknown.
pub(super) const NO_RESOURCE: &str = "查询的资源不存在";
/// What a reverse says while the payer is at the password prompt.
pub(super) const PAYER_BUSY: &str = "正在支付中不能发起撤销";

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_is_spelt_as_in_apiv2_but_for_underscores_and_what_the_documents_rename() {
        let names: HashSet<_> = CODES.iter().map(|listed| listed.v2).collect();
        assert_eq!(names.len(), CODES.len());
        let bare = |code: &str| code.replace('_', "");
        for listed in CODES {
            let renamed = matches!(listed.v2, "LACK_PARAMS" | "MCHID_NOT_EXIST");
            assert_eq!(
                bare(listed.v2) == bare(listed.code),
                !renamed,
                "{}",
                listed.v2
            );
            assert!((400..=500).contains(&listed.status));
            assert_eq!(problem(listed.v2).code, listed.code);
        }
        assert_eq!(problem("NEW").status, 403);
    }

    #[test]
    fn the_documentation_lists_every_code_beside_its_status() {
        let page = include_str!("../../../docs/simulator.md");
        for listed in CODES {
            let row = page
                .lines()
                .find(|line| line.starts_with(&format!("| {} | `", listed.status)));
            let row = row.expect("every status has a row");
            let code = format!("`{}`", listed.code);
            assert!(row.contains(&code), "docs/simulator.md lacks {code}");
        }
    }

    #[test]
    fn the_published_statuses_are_kept() {
        for (status, codes) in [
            (
                400,
                &[
                    "PARAM_ERROR",
                    "INVALID_REQUEST",
                    "ORDER_CLOSED",
                    "MCH_NOT_EXISTS",
                ][..],
            ),
            (400, &["APPID_MCHID_NOT_MATCH"]),
            (401, &["SIGN_ERROR"]),
            (
                403,
                &["TRADE_ERROR", "RULE_LIMIT", "OUT_TRADE_NO_USED", "NO_AUTH"],
            ),
            (403, &["ACCOUNT_ERROR"]),
            (404, &["ORDER_NOT_EXIST"]),
            (429, &["FREQUENCY_LIMITED"]),
            (
                500,
                &["SYSTEM_ERROR", "BANK_ERROR", "INVALID_TRANSACTIONID"],
            ),
        ] {
            for code in codes {
                assert_eq!(
                    find(code).map(|listed| listed.status),
                    Some(status),
                    "{code}"
                );
            }
        }
    }
}
