//! Every code and state of the documents, by a table of its own.

use super::*;
use crate::gateway::Gateway;
use crate::gateway::codes::CODES;
use crate::verdict::QueryVerdict as Q;
use crate::verdict::ReverseVerdict as R;
use crate::verdict::SubmitVerdict as S;

const LISTED: S = S::Declined { listed: true };
const UNLISTED: S = S::Declined { listed: false };

/// Codes in APIv3's spelling with the status of its documents (where they have one), as the answer
/// to a charge, a query and a reverse.
const TABLE: [(u16, &str, S, Q, R); 34] = [
    (500, "SYSTEM_ERROR", S::Unclear, Q::Unclear, R::Again),
    (500, "BANK_ERROR", S::Unclear, Q::Unclear, R::Again),
    (400, "USERPAYING", S::Unclear, Q::Unclear, R::PayerBusy),
    (429, "FREQUENCY_LIMITED", S::Unclear, Q::Unclear, R::Again),
    (400, "INVALID_REQUEST", S::Unclear, Q::Unclear, R::Refused),
    (400, "PAYERROR", S::Unclear, Q::Unclear, R::Unclear),
    (403, "NOT_ENOUGH", LISTED, Q::Unclear, R::Unclear),
    (403, "AUTH_CODE_EXPIRE", LISTED, Q::Unclear, R::Unclear),
    (403, "AUTH_CODE_ERROR", LISTED, Q::Unclear, R::Unclear),
    (403, "AUTH_CODE_INVALID", LISTED, Q::Unclear, R::Unclear),
    (403, "NOTSUPORTCARD", LISTED, Q::Unclear, R::Unclear),
    (403, "BUYER_MISMATCH", LISTED, Q::Unclear, R::Unclear),
    (403, "TRADE_ERROR", LISTED, Q::Unclear, R::Refused),
    (403, "RULE_LIMIT", UNLISTED, Q::Unclear, R::Unclear),
    (403, "ACCOUNT_ERROR", UNLISTED, Q::Unclear, R::Unclear),
    (400, "ORDER_PAID", S::Duplicate, Q::Unclear, R::Refused),
    (
        403,
        "OUT_TRADE_NO_USED",
        S::Duplicate,
        Q::Unclear,
        R::Refused,
    ),
    (400, "ORDER_CLOSED", S::Duplicate, Q::Unclear, R::Done),
    (400, "ORDER_REVERSED", S::Duplicate, Q::Unclear, R::Done),
    (404, "ORDER_NOT_EXIST", S::Unclear, Q::NotFound, R::NotFound),
    (400, "REVERSE_EXPIRE", S::Unclear, Q::Unclear, R::Expired),
    (
        500,
        "INVALID_TRANSACTIONID",
        S::Unclear,
        Q::Rejected,
        R::Refused,
    ),
    (401, "SIGN_ERROR", S::Rejected, Q::Rejected, R::Refused),
    (400, "PARAM_ERROR", S::Rejected, Q::Rejected, R::Refused),
    (403, "NO_AUTH", S::Rejected, Q::Rejected, R::Refused),
    (400, "MCH_NOT_EXISTS", S::Rejected, Q::Rejected, R::Refused),
    (
        400,
        "APPID_MCHID_NOT_MATCH",
        S::Rejected,
        Q::Rejected,
        R::Refused,
    ),
    // Under 500 nothing is proven not to have been executed.
    (500, "OPENID_MISMATCH", S::Unclear, Q::Rejected, R::Refused),
    (400, "APPID_NOT_EXIST", S::Rejected, Q::Rejected, R::Refused),
    (400, "MCHID_NOT_EXIST", S::Rejected, Q::Rejected, R::Refused),
    (400, "LACK_PARAMS", S::Rejected, Q::Rejected, R::Refused),
    (
        400,
        "XML_FORMAT_ERROR",
        S::Rejected,
        Q::Rejected,
        R::Refused,
    ),
    (400, "NOT_UTF8", S::Rejected, Q::Rejected, R::Refused),
    (
        405,
        "REQUIRE_POST_METHOD",
        S::Rejected,
        Q::Rejected,
        R::Refused,
    ),
];

fn submit(reply: &Reply) -> S {
    gateway().read_submit(&expected(), reply).verdict
}

fn query(reply: &Reply) -> Q {
    gateway().read_query(&expected(), reply).verdict
}

fn reverse(reply: &Reply) -> R {
    gateway().read_reverse(&expected(), reply).verdict
}

#[test]
fn every_code_means_what_the_documents_say_for_each_operation_signed_or_not() {
    for (status, code, submitted, queried, reversed) in TABLE {
        let message = Message::refused(code, "描述");
        for reply in [message.unsigned(status), signed(status, message.body())] {
            assert_eq!(submit(&reply), submitted, "submit {code}");
            assert_eq!(query(&reply), queried, "query {code}");
            assert_eq!(reverse(&reply), reversed, "reverse {code}");
        }
    }
    assert_eq!(CODES.len(), TABLE.len());
}

#[test]
fn a_charge_is_never_rejected_under_a_5xx_and_an_order_never_missing() {
    for (_, code, ..) in TABLE {
        for status in [500, 502, 503, 504, 599] {
            let reply = Message::refused(code, "").unsigned(status);
            assert_ne!(submit(&reply), S::Rejected, "{status} {code}");
            assert_ne!(query(&reply), Q::NotFound, "{status} {code}");
        }
    }
}

#[test]
fn a_code_that_no_table_lists_is_an_unlisted_refusal_under_a_4xx_only() {
    let message = Message::refused("SOMETHING_NEW", "");
    for status in [400, 401, 403, 404, 409, 429, 499] {
        assert_eq!(submit(&message.unsigned(status)), UNLISTED, "{status}");
    }
    for status in [500, 501, 502, 503, 504, 599] {
        assert_eq!(submit(&message.unsigned(status)), S::Unclear, "{status}");
    }
    for status in [400, 404, 500] {
        assert_eq!(query(&message.unsigned(status)), Q::Unclear);
        assert_eq!(reverse(&message.unsigned(status)), R::Unclear);
    }
}

#[test]
fn an_error_without_a_code_is_unclear() {
    for body in [
        "",
        "{}",
        "{\"code\":\"\"}",
        "{\"code\":404}",
        "{\"code\":null}",
        "{\"message\":\"x\"}",
    ] {
        for status in [400, 401, 403, 404, 429, 500, 503] {
            let reply = reply(status, body);
            assert_eq!(submit(&reply), S::Unclear, "{status} {body}");
            assert_eq!(query(&reply), Q::Unclear);
            assert_eq!(reverse(&reply), R::Unclear);
        }
    }
}

#[test]
fn texts_decide_where_a_code_has_several_reasons() {
    for (code, text, verdict) in [
        (
            "INVALID_REQUEST",
            "请求重入时，参数与首次请求时不一致",
            S::Duplicate,
        ),
        ("INVALID_REQUEST", "201 商户订单号重复", S::Unclear),
        ("NO_AUTH", "商户无权限使用该付款码", LISTED),
        ("TRADE_ERROR", "支付失败，请撤销订单", S::Unclear),
        ("AUTH_CODE_INVALID", "101 付款码已过期,请退出重试", LISTED),
    ] {
        let reply = Message::refused(code, text).unsigned(400);
        assert_eq!(submit(&reply), verdict, "{code} {text}");
    }
    for code in ["INVALID_REQUEST", "TRADE_ERROR", "SOMETHING_NEW"] {
        let reply = Message::refused(code, "正在支付中不能发起撤销").unsigned(400);
        assert_eq!(reverse(&reply), R::PayerBusy, "{code}");
    }
    let limit = Message::refused("INVALID_REQUEST", "频率限制").unsigned(400);
    assert_eq!(reverse(&limit), R::Again);
}

#[test]
fn every_trade_state_has_its_verdict() {
    for (state, verdict) in [
        ("REFUND", Q::Refunded),
        ("NOTPAY", Q::NotPaid),
        ("CLOSED", Q::Closed),
        ("REVOKED", Q::Reversed),
        ("USERPAYING", Q::Paying),
        ("ACCEPT", Q::Paying),
        ("PAYERROR", Q::Failed),
        ("SOMETHING_NEW", Q::Unclear),
        ("success", Q::Unclear),
        ("", Q::Unclear),
    ] {
        let reply = Message::state(state).signed();
        assert_eq!(query(&reply), verdict, "{state}");
        assert_eq!(submit(&reply), S::Unclear, "{state}");
    }
    assert_eq!(query(&Message::paid().signed()), Q::Paid);
    assert_eq!(
        query(&Message::paid().without("/trade_state").signed()),
        Q::Unclear
    );
}

#[test]
fn a_state_must_name_merchant_and_order_save_one_that_waits() {
    for state in [
        "SUCCESS", "REFUND", "NOTPAY", "CLOSED", "REVOKED", "PAYERROR",
    ] {
        for name in ["/mchid", "/out_trade_no"] {
            let message = Message::paid().with("/trade_state", state).without(name);
            assert_eq!(
                query(&message.signed()),
                Q::Unclear,
                "{state} without {name}"
            );
            assert_eq!(submit(&message.signed()), S::Unclear);
            for empty in [json!(""), json!(null)] {
                let message = message.clone().with(name, empty);
                assert_eq!(query(&message.signed()), Q::Unclear);
            }
        }
    }
    let waits = Message::state("USERPAYING")
        .without("/mchid")
        .without("/out_trade_no");
    assert_eq!(query(&waits.signed()), Q::Paying);
}

#[test]
fn a_missing_appid_is_no_fault_since_the_documents_make_it_optional() {
    let message = Message::paid().without("/appid");
    assert_eq!(submit(&message.signed()), S::Paid);
}

#[test]
fn a_2xx_is_read_whichever_it_is_and_nothing_else_is() {
    for status in [200, 201, 202, 206, 299] {
        assert_eq!(
            submit(&signed(status, Message::paid().body())),
            S::Paid,
            "{status}"
        );
    }
    for status in [0, 100, 199, 300, 301, 302, 304, 399, 600, 999] {
        let reply = signed(status, Message::paid().body());
        assert_eq!(submit(&reply), S::Unclear, "{status}");
        assert_eq!(query(&reply), Q::Unclear);
        assert_eq!(reverse(&reply), R::Unclear);
    }
    for status in [400, 404, 500] {
        let reply = signed(status, Message::paid().body());
        assert_eq!(submit(&reply), S::Unclear, "paid under {status}");
        assert_eq!(query(&reply), Q::Unclear);
    }
    for status in [201, 202, 205] {
        assert_eq!(
            reverse(&signed(status, Message::reversed().body())),
            R::Unclear
        );
    }
}

#[test]
fn a_timeout_page_or_garbage_is_never_a_failure() {
    for body in [
        "<html>504</html>",
        "OK",
        "\0\0\0",
        "[]",
        "null,",
        "\"SIGN_ERROR\"",
        "{\"code\":\"SIGN_ERROR\"",
    ] {
        for status in [400, 401, 404, 500, 502, 504] {
            let reply = reply(status, body);
            let answer = gateway().read_submit(&expected(), &reply);
            assert_eq!(answer.verdict, S::Unclear, "{status} {body}");
            assert!(!answer.forged && !answer.why.is_empty());
            assert_eq!(query(&reply), Q::Unclear);
            assert_eq!(reverse(&reply), R::Unclear);
        }
        assert_eq!(submit(&signed(200, body)), S::Unclear);
        assert_eq!(query(&signed(200, body)), Q::Unclear);
        assert_eq!(reverse(&signed(200, body)), R::Unclear);
    }
}

#[test]
fn an_error_body_beyond_its_limits_is_unclear() {
    let long = Message::refused("SIGN_ERROR", &"x".repeat(64 * 1024)).unsigned(401);
    assert_eq!(submit(&long), S::Unclear);
    let deep = format!(
        "{{\"code\":\"SIGN_ERROR\",\"detail\":{}1{}}}",
        "[".repeat(64),
        "]".repeat(64)
    );
    assert_eq!(submit(&reply(401, deep)), S::Unclear);
    let twice = "{\"code\":\"SYSTEM_ERROR\",\"code\":\"SIGN_ERROR\"}";
    assert_eq!(submit(&reply(401, twice)), S::Unclear);
}
