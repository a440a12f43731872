//! What both generations of WeChat's API have in common about orders that the payer scans or opens:
//! the ways to get at them, what a refusal means, and the parameters that a front end needs.

use serde_json::Value;

use super::codes;
use super::rules::Broken;
use crate::outcome::Facts;
use crate::verdict::{PrepayVerdict, ReverseVerdict};

/// How the payer gets at the order: `trade_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TradeType {
    /// A page in WeChat, or a mini-program.
    Jsapi,
    /// A code to scan.
    Native,
    /// A page in the phone's browser.
    H5,
    /// The shop's own app.
    App,
}

impl TradeType {
    /// As a till names it. APIv2 itself writes `MWEB` for H5.
    pub(crate) fn parse(text: &str) -> Result<Self, Broken> {
        match text {
            "JSAPI" => Ok(Self::Jsapi),
            "NATIVE" => Ok(Self::Native),
            "H5" | "MWEB" => Ok(Self::H5),
            "APP" => Ok(Self::App),
            _ => Err("JSAPI (also for mini-programs), NATIVE, H5 or APP".into()),
        }
    }

    /// The result field without which there is nothing to show.
    pub(crate) fn shown(self) -> &'static str {
        match self {
            Self::Jsapi | Self::App => "prepay_id",
            Self::Native => "code_url",
            Self::H5 => "h5_url",
        }
    }
}

/// What a refused request for something to show means, code by code; spelt as APIv3 does.
///
/// Sources: "JSAPI下单", APIv3 (2022.09.05), and "统一下单", APIv2.
#[rustfmt::skip]
pub(crate) const PREPAY_CODES: &[(&str, PrepayVerdict)] = {
    use PrepayVerdict::{Duplicate, Rejected, Unclear};
    &[
        // "请用相同参数重新调用"
        ("SYSTEM_ERROR",          Unclear),
        ("BANK_ERROR",            Unclear),
        ("FREQUENCY_LIMITED",     Unclear),
        // The number has a past.
        ("ORDER_PAID",            Duplicate),
        ("ORDER_CLOSED",          Duplicate),
        ("ORDER_REVERSED",        Duplicate),
        ("OUT_TRADE_NO_USED",     Duplicate),
        // No order was made.
        ("TRADE_ERROR",           Rejected),
        ("RULE_LIMIT",            Rejected),
        ("ACCOUNT_ERROR",         Rejected),
        ("NOT_ENOUGH",            Rejected),
        ("NO_AUTH",               Rejected),
        ("INVALID_REQUEST",       Rejected),
        ("PARAM_ERROR",           Rejected),
        ("SIGN_ERROR",            Rejected),
        ("OPENID_MISMATCH",       Rejected),
        ("ORDER_NOT_EXIST",       Rejected),
        ("INVALID_TRANSACTIONID", Rejected),
        ("MCH_NOT_EXISTS",        Rejected),
        ("MCHID_NOT_EXIST",       Rejected),
        ("APPID_NOT_EXIST",       Rejected),
        ("APPID_MCHID_NOT_MATCH", Rejected),
        ("LACK_PARAMS",           Rejected),
        ("POST_DATA_EMPTY",       Rejected),
        ("XML_FORMAT_ERROR",      Rejected),
        ("NOT_UTF8",              Rejected),
        ("REQUIRE_POST_METHOD",   Rejected),
    ]
};

/// What a refusal means, by its code and its text. A code that no table lists is unclear: the same
/// request may be sent again.
pub(crate) fn prepay(name: &str, text: &str) -> PrepayVerdict {
    let wanted = codes::normal(name);
    let listed = PREPAY_CODES
        .iter()
        .find(|(code, _)| codes::normal(code) == wanted)
        .map_or(PrepayVerdict::Unclear, |(_, verdict)| *verdict);
    match wanted.as_str() {
        // One of the reasons of INVALID_REQUEST: the number was sent before with other data.
        "INVALIDREQUEST" if text.contains("重入") || text.contains("不一致") => {
            PrepayVerdict::Duplicate
        }
        "INVALIDREQUEST" | "RULELIMIT" if is_about_frequency(text) => PrepayVerdict::Unclear,
        _ => listed,
    }
}

/// What a refused close means, in the words of a reverse: where the order is not in a state to be
/// closed, a query has to say in which it is.
///
/// Source: "关闭订单", APIv2.
pub(crate) fn close(name: &str, text: &str) -> ReverseVerdict {
    match codes::normal(name).as_str() {
        "ORDERPAID" | "TRADESTATEERROR" => ReverseVerdict::PayerBusy,
        "RULELIMIT" if is_about_frequency(text) => ReverseVerdict::Again,
        _ => codes::reverse(name, text),
    }
}

fn is_about_frequency(text: &str) -> bool {
    text.contains("频率") || text.contains("稍后")
}

/// Adds the signed parameters of a front end: each as `pay.…`, and all of them as JSON text.
pub(crate) fn add_parameters<'a>(
    facts: &mut Facts,
    parameters: impl IntoIterator<Item = (&'a str, String)>,
) {
    let mut object = Facts::new();
    for (name, value) in parameters {
        facts.insert(format!("pay.{name}"), value.as_str().into());
        object.insert(name.to_owned(), value.into());
    }
    facts.insert(
        "pay_params".into(),
        Value::Object(object).to_string().into(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_jsapi_table_has_its_verdict_in_both_spellings() {
        use PrepayVerdict as P;
        for (code, verdict) in [
            ("TRADE_ERROR", P::Rejected),
            ("SYSTEM_ERROR", P::Unclear),
            ("SIGN_ERROR", P::Rejected),
            ("RULE_LIMIT", P::Rejected),
            ("PARAM_ERROR", P::Rejected),
            ("OUT_TRADE_NO_USED", P::Duplicate),
            ("ORDER_NOT_EXIST", P::Rejected),
            ("ORDER_CLOSED", P::Duplicate),
            ("OPENID_MISMATCH", P::Rejected),
            ("NO_AUTH", P::Rejected),
            ("MCH_NOT_EXISTS", P::Rejected),
            ("INVALID_TRANSACTIONID", P::Rejected),
            ("INVALID_REQUEST", P::Rejected),
            ("FREQUENCY_LIMITED", P::Unclear),
            ("BANK_ERROR", P::Unclear),
            ("APPID_MCHID_NOT_MATCH", P::Rejected),
            ("ACCOUNT_ERROR", P::Rejected),
        ] {
            assert_eq!(prepay(code, "描述"), verdict, "{code}");
            assert_eq!(prepay(&code.replace('_', ""), ""), verdict, "{code}");
        }
    }

    #[test]
    fn every_code_of_unified_order_has_its_verdict() {
        use PrepayVerdict as P;
        for (code, verdict) in [
            ("NOAUTH", P::Rejected),
            ("NOTENOUGH", P::Rejected),
            ("ORDERPAID", P::Duplicate),
            ("ORDERCLOSED", P::Duplicate),
            ("SYSTEMERROR", P::Unclear),
            ("APPID_NOT_EXIST", P::Rejected),
            ("MCHID_NOT_EXIST", P::Rejected),
            ("APPID_MCHID_NOT_MATCH", P::Rejected),
            ("LACK_PARAMS", P::Rejected),
            ("OUT_TRADE_NO_USED", P::Duplicate),
            ("SIGNERROR", P::Rejected),
            ("XML_FORMAT_ERROR", P::Rejected),
            ("REQUIRE_POST_METHOD", P::Rejected),
            ("POST_DATA_EMPTY", P::Rejected),
            ("NOT_UTF8", P::Rejected),
        ] {
            assert_eq!(prepay(code, ""), verdict, "{code}");
        }
    }

    #[test]
    fn no_code_has_two_rows() {
        for (index, (code, _)) in PREPAY_CODES.iter().enumerate() {
            let same = |(other, _): &&(&str, _)| codes::normal(other) == codes::normal(code);
            assert!(PREPAY_CODES[..index].iter().find(same).is_none(), "{code}");
        }
    }

    #[test]
    fn a_code_that_no_table_lists_is_unclear_and_so_is_none() {
        assert_eq!(prepay("SOMETHING_NEW", ""), PrepayVerdict::Unclear);
        assert_eq!(prepay("", "签名错误"), PrepayVerdict::Unclear);
    }

    #[test]
    fn texts_decide_where_a_code_has_several_reasons() {
        let reentry = "重入请求数据和已存在的业务单据数据不一致";
        let frequent = "请求频率过高，请稍后再试";
        assert_eq!(prepay("INVALID_REQUEST", reentry), PrepayVerdict::Duplicate);
        assert_eq!(prepay("INVALID_REQUEST", frequent), PrepayVerdict::Unclear);
        assert_eq!(prepay("RULE_LIMIT", frequent), PrepayVerdict::Unclear);
        assert_eq!(close("INVALID_REQUEST", frequent), ReverseVerdict::Again);
        assert_eq!(close("RULE_LIMIT", frequent), ReverseVerdict::Again);
        for half in ["重入", "数据不一致"] {
            assert_eq!(prepay("INVALID_REQUEST", half), PrepayVerdict::Duplicate);
        }
        for later in ["频率限制", "请稍后再试"] {
            assert_eq!(prepay("RULE_LIMIT", later), PrepayVerdict::Unclear);
            assert_eq!(close("RULE_LIMIT", later), ReverseVerdict::Again);
        }
        assert_eq!(prepay("RULE_LIMIT", "超限"), PrepayVerdict::Rejected);
        assert_eq!(close("RULE_LIMIT", "超限"), ReverseVerdict::Unclear);
    }

    #[test]
    fn every_trade_type_has_its_name_and_something_to_show() {
        for (name, trade_type, shown) in [
            ("JSAPI", TradeType::Jsapi, "prepay_id"),
            ("NATIVE", TradeType::Native, "code_url"),
            ("H5", TradeType::H5, "h5_url"),
            ("MWEB", TradeType::H5, "h5_url"),
            ("APP", TradeType::App, "prepay_id"),
        ] {
            assert_eq!(TradeType::parse(name).unwrap(), trade_type);
            assert_eq!(trade_type.shown(), shown);
        }
        for name in ["", "jsapi", "MICROPAY"] {
            assert!(TradeType::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn every_code_of_a_close_has_its_verdict() {
        use ReverseVerdict as R;
        for (code, verdict) in [
            ("ORDERPAID", R::PayerBusy),
            ("ORDER_PAID", R::PayerBusy),
            ("TRADE_STATE_ERROR", R::PayerBusy),
            ("USERPAYING", R::PayerBusy),
            ("SYSTEMERROR", R::Again),
            ("FREQUENCY_LIMITED", R::Again),
            ("ORDERNOTEXIST", R::NotFound),
            ("ORDERCLOSED", R::Done),
            ("SIGNERROR", R::Refused),
            ("REQUIRE_POST_METHOD", R::Refused),
            ("XML_FORMAT_ERROR", R::Refused),
            ("TRADE_ERROR", R::Refused),
            ("NO_AUTH", R::Refused),
            ("SOMETHING_NEW", R::Unclear),
        ] {
            assert_eq!(close(code, ""), verdict, "{code}");
        }
    }

    #[test]
    fn parameters_are_told_one_by_one_and_as_one_text() {
        let mut facts = Facts::new();
        add_parameters(&mut facts, [("timeStamp", "1".into()), ("a", "\"".into())]);

        assert_eq!(facts["pay.timeStamp"], "1");
        assert_eq!(facts["pay_params"], r#"{"a":"\"","timeStamp":"1"}"#);
    }
}
