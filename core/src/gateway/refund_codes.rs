//! The codes with which WeChat Pay answers a refund and the question about one: one row a code.
//!
//! Sources: the APIv2 documents of "申请退款" and "查询退款", and the APIv3 one of "退款申请". Both
//! generations look up here, as in [`codes`](super::codes); a code that no row has is unclear, since
//! what it means for the money nobody has said.

use super::codes;
use crate::verdict::RefundVerdict;

/// One code of the tables.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// As the documents spell it, in APIv2's way where it has the code.
    pub name: &'static str,
    /// As the answer to a refund.
    pub refund: RefundVerdict,
    /// As the answer to the question about one.
    pub query: RefundVerdict,
}

const fn code(name: &'static str, refund: RefundVerdict, query: RefundVerdict) -> Code {
    Code {
        name,
        refund,
        query,
    }
}

const REFUSED: RefundVerdict = RefundVerdict::Declined { listed: true };
/// Refused, but the number may be in use: only a query can tell.
const DOUBTFUL: RefundVerdict = RefundVerdict::Declined { listed: false };

/// Every code of the tables.
#[rustfmt::skip]
pub const CODES: &[Code] = {
    use RefundVerdict as R;
    &[
        // "请不要更换商户退款单号，请使用相同参数再次调用".
        code("SYSTEMERROR",           R::Again,    R::Again),
        code("BIZERR_NEED_RETRY",     R::Again,    R::Again),
        // Not taken on for now.
        code("FREQUENCY_LIMITED",     R::Again,    R::Again),
        code("INVALID_REQ_TOO_MUCH",  R::Again,    R::Again),
        code("ORDER_NOT_READY",       R::Again,    R::Unclear),
        // "此状态代表退款申请失败".
        code("NOTENOUGH",             REFUSED,     R::Unclear),
        code("TRADE_OVERDUE",         REFUSED,     R::Unclear),
        code("USER_ACCOUNT_ABNORMAL", REFUSED,     R::Unclear),
        code("ERROR",                 REFUSED,     R::Unclear),
        code("INVALID_REQUEST",       REFUSED,     R::Unclear),
        code("ORDERNOTEXIST",         REFUSED,     R::Unclear),
        // The order is not paid, or not any more.
        code("TRADE_STATE_ERROR",     REFUSED,     R::Unclear),
        code("ORDERCLOSED",           REFUSED,     R::Unclear),
        code("ORDERREVERSED",         REFUSED,     R::Unclear),
        // The amounts differ from an earlier request's, or the total from the order's.
        code("REFUND_FEE_MISMATCH",   DOUBTFUL,    R::Unclear),
        // Of a refund it is the order that is missing, of a query the refund.
        code("RESOURCE_NOT_EXISTS",   REFUSED,     R::NotFound),
        code("REFUNDNOTEXIST",        R::Unclear,  R::NotFound),
        // The request was not executed.
        code("INVALID_TRANSACTIONID", R::Rejected, R::Rejected),
        code("PARAM_ERROR",           R::Rejected, R::Rejected),
        code("LACK_PARAMS",           R::Rejected, R::Rejected),
        code("XML_FORMAT_ERROR",      R::Rejected, R::Rejected),
        code("NOT_UTF8",              R::Rejected, R::Rejected),
        code("REQUIRE_POST_METHOD",   R::Rejected, R::Rejected),
        code("SIGNERROR",             R::Rejected, R::Rejected),
        code("CERT_ERROR",            R::Rejected, R::Rejected),
        code("NOAUTH",                R::Rejected, R::Rejected),
        code("APPID_NOT_EXIST",       R::Rejected, R::Rejected),
        code("MCHID_NOT_EXIST",       R::Rejected, R::Rejected),
        code("MCH_NOT_EXISTS",        R::Rejected, R::Rejected),
        code("APPID_MCHID_NOT_MATCH", R::Rejected, R::Rejected),
    ]
};

/// The row of a code, whichever generation spelt it.
pub fn find(name: &str) -> Option<&'static Code> {
    let wanted = codes::normal(name);
    CODES.iter().find(|code| codes::normal(code.name) == wanted)
}

/// What a refused refund means, by its code and its text: codes that stand for many reasons may hide
/// one that passes, or one that is about an earlier request.
pub(crate) fn refund(name: &str, text: &str) -> RefundVerdict {
    let Some(code) = find(name) else {
        return RefundVerdict::Unclear;
    };
    match code.refund {
        RefundVerdict::Declined { .. } | RefundVerdict::Rejected if text.contains("不一致") => {
            DOUBTFUL
        }
        RefundVerdict::Declined { .. } if passes(text) => RefundVerdict::Again,
        verdict => verdict,
    }
}

/// What a refused question about a refund means.
pub(crate) fn query(name: &str) -> RefundVerdict {
    find(name).map_or(RefundVerdict::Unclear, |code| code.query)
}

/// "频率限制，1个月之前的订单请降低申请频率再重试", "系统繁忙，请稍后再试".
fn passes(text: &str) -> bool {
    ["频率", "稍后", "繁忙"]
        .iter()
        .any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use RefundVerdict as R;

    #[test]
    fn no_two_rows_are_one_code() {
        for (index, code) in CODES.iter().enumerate() {
            assert!(
                CODES[..index]
                    .iter()
                    .all(|other| codes::normal(other.name) != codes::normal(code.name)),
                "{} has two rows",
                code.name
            );
        }
    }

    #[test]
    fn both_generations_spellings_find_the_same_row() {
        for (v2, v3) in [
            ("SYSTEMERROR", "SYSTEM_ERROR"),
            ("NOTENOUGH", "NOT_ENOUGH"),
            ("NOAUTH", "NO_AUTH"),
            ("SIGNERROR", "SIGN_ERROR"),
            ("REFUNDNOTEXIST", "REFUND_NOT_EXIST"),
            ("ORDERNOTEXIST", "ORDER_NOT_EXIST"),
        ] {
            assert_eq!(find(v2).unwrap().name, v2);
            assert_eq!(find(v3).unwrap().name, v2);
        }
        assert!(find("").is_none());
    }

    #[test]
    fn a_code_that_no_table_lists_is_unclear_and_never_final() {
        for name in ["", "SOMETHING_NEW", "RULE_LIMIT"] {
            for text in ["", "余额不足", "频率限制", "不一致"] {
                assert_eq!(refund(name, text), R::Unclear, "{name} {text}");
                assert_eq!(query(name), R::Unclear);
            }
        }
    }

    #[test]
    fn texts_that_say_more_than_their_code_are_heard() {
        let mismatch = "订单金额或退款金额与之前请求不一致，请核实后再试";
        for code in [
            "INVALID_REQUEST",
            "ERROR",
            "REFUND_FEE_MISMATCH",
            "PARAM_ERROR",
        ] {
            assert_eq!(refund(code, mismatch), DOUBTFUL, "{code}");
        }
        assert_eq!(refund("SYSTEMERROR", mismatch), R::Again);
        assert_eq!(refund("INVALID_REQUEST", "订单已全额退款"), REFUSED);
        for text in [
            "频率限制，1个月之前的订单请降低申请频率再重试",
            "系统繁忙，请稍后再试",
        ] {
            assert_eq!(refund("INVALID_REQUEST", text), R::Again, "{text}");
            assert_eq!(refund("ERROR", text), R::Again, "{text}");
            assert_eq!(refund("PARAM_ERROR", text), R::Rejected, "{text}");
        }
    }

    #[test]
    fn no_code_alone_says_that_money_moved_or_that_a_refund_is_another() {
        for code in CODES {
            for verdict in [code.refund, code.query] {
                assert!(
                    !matches!(
                        verdict,
                        R::Refunded | R::Processing | R::Failed | R::Conflict
                    ),
                    "{}",
                    code.name
                );
            }
            // Only the question about a refund can be answered with "no such refund".
            assert_ne!(code.refund, R::NotFound, "{}", code.name);
            assert!(!matches!(code.query, R::Declined { .. }), "{}", code.name);
        }
    }
}
