//! The business codes of WeChat Pay: one row a code is the truth for what it means as the answer to
//! each operation and for what is said about it.
//!
//! Sources: the APIv2 documents of micropay (mainland and Hong Kong), orderquery and reverse. APIv3
//! spells the same codes with more underscores and publishes no table of its own for refused
//! charges, so both generations look up here. Its codes that APIv2 does not have are from its table
//! for orders that the payer opens ("JSAPI下单").

use crate::verdict::{QueryVerdict, ReverseVerdict, SubmitVerdict};

/// What a code calls for, in the words of [`guidance`](crate::guidance).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// Not enough money: another card or account.
    OtherCard,
    /// The card cannot be used for this payment.
    CardNotSupported,
    /// The code is too old or was used: refresh and scan again.
    FreshCode,
    /// What was scanned is no WeChat payment code.
    WechatCode,
    /// The order was begun by another payer.
    SamePayer,
    /// The payer's account or a risk rule forbids it.
    PayerRefused,
    /// The payer is typing a password.
    PayerTyping,
    /// The payment failed and has to be undone.
    PaymentFailed,
    /// A fault at the gateway or a bank, or too many requests.
    Wait,
    /// The order number was paid before.
    NumberPaid,
    /// The order number was used before.
    NumberUsed,
    /// The order number was closed or reversed before.
    NumberEnded,
    /// The gateway knows no such order.
    NoSuchOrder,
    /// Too old to be reversed: a refund is what is left.
    TooOld,
    /// The merchant lacks a permission.
    Permission,
    /// The key or the kind of signature is wrong.
    Signature,
    /// App id and merchant number do not exist or do not belong together.
    Account,
    /// The request is not what the gateway expects.
    RequestFault,
    /// One of several reasons; the text says which.
    SeeText,
}

/// One code of the tables.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// As the documents spell it.
    pub name: &'static str,
    /// As the answer to a charge.
    pub submit: SubmitVerdict,
    /// As the answer to a query.
    pub query: QueryVerdict,
    /// As the answer to a reverse.
    pub reverse: ReverseVerdict,
    /// What it calls for.
    pub remedy: Remedy,
}

const fn code(
    name: &'static str,
    submit: SubmitVerdict,
    query: QueryVerdict,
    reverse: ReverseVerdict,
    remedy: Remedy,
) -> Code {
    Code {
        name,
        submit,
        query,
        reverse,
        remedy,
    }
}

const DECLINED: SubmitVerdict = SubmitVerdict::Declined { listed: true };
const UNLISTED: SubmitVerdict = SubmitVerdict::Declined { listed: false };

/// Every code of the tables. A refusal of a payment code says nothing as the answer to a query or a
/// reverse, so it is unclear there; a fault of the request is one everywhere.
#[rustfmt::skip]
pub const CODES: &[Code] = {
    use QueryVerdict as Q;
    use Remedy as R;
    use ReverseVerdict as V;
    use SubmitVerdict as S;
    &[
        // The payer's side refused.
        code("NOTENOUGH",            DECLINED,     Q::Unclear,  V::Unclear,   R::OtherCard),
        code("NOTSUPORTCARD",        DECLINED,     Q::Unclear,  V::Unclear,   R::CardNotSupported),
        code("AUTHCODEEXPIRE",       DECLINED,     Q::Unclear,  V::Unclear,   R::FreshCode),
        code("AUTH_CODE_ERROR",      DECLINED,     Q::Unclear,  V::Unclear,   R::FreshCode),
        code("AUTH_CODE_INVALID",    DECLINED,     Q::Unclear,  V::Unclear,   R::WechatCode),
        code("BUYER_MISMATCH",       DECLINED,     Q::Unclear,  V::Unclear,   R::SamePayer),
        code("TRADE_ERROR",          DECLINED,     Q::Unclear,  V::Refused,   R::PayerRefused),
        // The same, but by no table of charges.
        code("ACCOUNT_ERROR",        UNLISTED,     Q::Unclear,  V::Unclear,   R::PayerRefused),
        code("RULE_LIMIT",           UNLISTED,     Q::Unclear,  V::Unclear,   R::PayerRefused),
        // Not over yet.
        code("USERPAYING",           S::Unclear,   Q::Unclear,  V::PayerBusy, R::PayerTyping),
        code("SYSTEMERROR",          S::Unclear,   Q::Unclear,  V::Again,     R::Wait),
        code("BANKERROR",            S::Unclear,   Q::Unclear,  V::Again,     R::Wait),
        code("FREQUENCY_LIMITED",    S::Unclear,   Q::Unclear,  V::Again,     R::Wait),
        code("INVALID_REQUEST",      S::Unclear,   Q::Unclear,  V::Refused,   R::SeeText),
        // The trade_state, reported as the code of an order that failed.
        code("PAYERROR",             S::Unclear,   Q::Unclear,  V::Unclear,   R::PaymentFailed),
        // The order number has a past.
        code("ORDERPAID",            S::Duplicate, Q::Unclear,  V::Refused,   R::NumberPaid),
        code("OUT_TRADE_NO_USED",    S::Duplicate, Q::Unclear,  V::Refused,   R::NumberUsed),
        code("ORDERCLOSED",          S::Duplicate, Q::Unclear,  V::Done,      R::NumberEnded),
        code("ORDERREVERSED",        S::Duplicate, Q::Unclear,  V::Done,      R::NumberEnded),
        // Only ever the answer to a query or a reverse.
        code("ORDERNOTEXIST",        S::Unclear,   Q::NotFound, V::NotFound,  R::NoSuchOrder),
        code("REVERSE_EXPIRE",       S::Unclear,   Q::Unclear,  V::Expired,   R::TooOld),
        code("INVALID_TRANSACTIONID", S::Unclear,  Q::Rejected, V::Refused,   R::RequestFault),
        // The request was not executed.
        code("NOAUTH",               S::Rejected,  Q::Rejected, V::Refused,   R::Permission),
        code("SIGNERROR",            S::Rejected,  Q::Rejected, V::Refused,   R::Signature),
        code("APPID_NOT_EXIST",      S::Rejected,  Q::Rejected, V::Refused,   R::Account),
        code("MCHID_NOT_EXIST",      S::Rejected,  Q::Rejected, V::Refused,   R::Account),
        code("MCH_NOT_EXISTS",       S::Rejected,  Q::Rejected, V::Refused,   R::Account),
        code("APPID_MCHID_NOT_MATCH", S::Rejected, Q::Rejected, V::Refused,   R::Account),
        code("PARAM_ERROR",          S::Rejected,  Q::Rejected, V::Refused,   R::RequestFault),
        code("OPENID_MISMATCH",      S::Rejected,  Q::Rejected, V::Refused,   R::RequestFault),
        code("LACK_PARAMS",          S::Rejected,  Q::Rejected, V::Refused,   R::RequestFault),
        code("XML_FORMAT_ERROR",     S::Rejected,  Q::Rejected, V::Refused,   R::RequestFault),
        code("NOT_UTF8",             S::Rejected,  Q::Rejected, V::Refused,   R::RequestFault),
        code("REQUIRE_POST_METHOD",  S::Rejected,  Q::Rejected, V::Refused,   R::RequestFault),
    ]
};

/// The row of a code, whichever generation spelt it.
pub fn find(name: &str) -> Option<&'static Code> {
    let wanted = normal(name);
    CODES.iter().find(|code| normal(code.name) == wanted)
}

/// A code without underscores and in capitals: `SYSTEM_ERROR` and `SYSTEMERROR` are one.
pub fn normal(name: &str) -> String {
    name.chars()
        .filter(|character| *character != '_')
        .map(|character| character.to_ascii_uppercase())
        .collect()
}

/// What a refused charge means, by its code and its text.
///
/// A code that no table lists is an unlisted refusal; a refusal without any code is unclear. Three
/// texts, seen in the field, say more than their code does.
pub(crate) fn submit(name: &str, text: &str) -> SubmitVerdict {
    if normal(name).is_empty() {
        return SubmitVerdict::Unclear;
    }
    if text.contains("请撤销") {
        // "支付失败，请撤销订单": the order is not over until it is undone.
        return SubmitVerdict::Unclear;
    }
    match find(name) {
        // "重入请求数据和已存在的业务单据数据不一致": the number was sent before with other data.
        Some(code)
            if code.name == "INVALID_REQUEST"
                && text.contains("重入")
                && text.contains("不一致") =>
        {
            SubmitVerdict::Duplicate
        }
        // "商户无权限使用该付款码": this payer's code, not the merchant's permission.
        Some(code) if code.name == "NOAUTH" && text.contains("付款码") => DECLINED,
        Some(code) => code.submit,
        None => UNLISTED,
    }
}

/// What a refused query means.
pub(crate) fn query(name: &str) -> QueryVerdict {
    find(name).map_or(QueryVerdict::Unclear, |code| code.query)
}

/// What a refused reverse means, by its code and its text.
pub(crate) fn reverse(name: &str, text: &str) -> ReverseVerdict {
    // "正在支付中不能发起撤销", seen under more than one code.
    if text.contains("正在支付中") {
        return ReverseVerdict::PayerBusy;
    }
    match find(name) {
        // One of the reasons of INVALID_REQUEST is the frequency limit, and that one passes.
        Some(code)
            if code.name == "INVALID_REQUEST"
                && (text.contains("频率") || text.contains("稍后")) =>
        {
            ReverseVerdict::Again
        }
        Some(code) => code.reverse,
        None => ReverseVerdict::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_rows_are_one_code() {
        for (index, code) in CODES.iter().enumerate() {
            assert!(
                CODES[..index]
                    .iter()
                    .all(|other| normal(other.name) != normal(code.name)),
                "{} has two rows",
                code.name
            );
        }
    }

    #[test]
    fn both_generations_spellings_find_the_same_row() {
        for (v2, v3) in [
            ("SYSTEMERROR", "SYSTEM_ERROR"),
            ("BANKERROR", "BANK_ERROR"),
            ("ORDERNOTEXIST", "ORDER_NOT_EXIST"),
            ("NOAUTH", "NO_AUTH"),
            ("NOTENOUGH", "NOT_ENOUGH"),
            ("SIGNERROR", "SIGN_ERROR"),
            ("ORDERCLOSED", "ORDER_CLOSED"),
            ("INVALID_TRANSACTIONID", "INVALID_TRANSACTION_ID"),
            ("AUTH_CODE_INVALID", "authcodeinvalid"),
        ] {
            assert_eq!(find(v2).unwrap().name, v2);
            assert_eq!(find(v3).unwrap().name, v2);
        }
        assert!(find("").is_none());
        assert!(find("_").is_none());
    }

    #[test]
    fn a_code_that_no_table_lists_is_an_unlisted_refusal_and_proves_nothing_else() {
        for code in ["SOMETHING_NEW", "RULE_LIMIT", "ACCOUNT_ERROR"] {
            assert_eq!(submit(code, ""), UNLISTED);
            assert_eq!(query(code), QueryVerdict::Unclear);
            assert_eq!(reverse(code, ""), ReverseVerdict::Unclear);
        }
        assert_eq!(submit("", "余额不足"), SubmitVerdict::Unclear);
    }

    #[test]
    fn texts_that_say_more_than_their_code_are_heard() {
        let reentry = "重入请求数据和已存在的业务单据数据不一致";
        assert_eq!(submit("INVALID_REQUEST", reentry), SubmitVerdict::Duplicate);
        assert_eq!(
            submit("INVALID_REQUEST", "频率限制"),
            SubmitVerdict::Unclear
        );
        // Half of that text is said of other things, too.
        for half in ["重入", "数据不一致"] {
            assert_eq!(submit("INVALID_REQUEST", half), SubmitVerdict::Unclear);
        }
        assert_eq!(submit("TRADE_ERROR", reentry), DECLINED);
        assert_eq!(submit("NOAUTH", "商户无权限使用该付款码"), DECLINED);
        assert_eq!(submit("NOAUTH", "商户无权限"), SubmitVerdict::Rejected);
        assert_eq!(
            submit("TRADE_ERROR", "支付失败，请撤销订单"),
            SubmitVerdict::Unclear
        );
        assert_eq!(submit("TRADE_ERROR", "暂无可用的支付方式"), DECLINED);
        for text in ["频率限制", "请稍后再试"] {
            assert_eq!(reverse("INVALID_REQUEST", text), ReverseVerdict::Again);
            assert_eq!(reverse("TRADE_ERROR", text), ReverseVerdict::Refused);
        }
        assert_eq!(
            reverse("INVALID_REQUEST", "商户权限异常"),
            ReverseVerdict::Refused
        );
        for code in [
            "USERPAYING",
            "TRADE_ERROR",
            "INVALID_REQUEST",
            "SOMETHING_NEW",
            "",
        ] {
            let busy = reverse(code, "正在支付中不能发起撤销");
            assert_eq!(busy, ReverseVerdict::PayerBusy, "{code}");
        }
    }
}
