//! Every code and state of the documents, by a table of its own.

use super::*;
use crate::gateway::Gateway;
use crate::gateway::codes::CODES;
use crate::verdict::QueryVerdict as Q;
use crate::verdict::ReverseVerdict as R;
use crate::verdict::SubmitVerdict as S;

const LISTED: S = S::Declined { listed: true };
const UNLISTED: S = S::Declined { listed: false };

/// As the answer to a charge, a query and a reverse.
const TABLE: [(&str, S, Q, R); 34] = [
    ("SYSTEMERROR", S::Unclear, Q::Unclear, R::Again),
    ("BANKERROR", S::Unclear, Q::Unclear, R::Again),
    ("USERPAYING", S::Unclear, Q::Unclear, R::PayerBusy),
    ("INVALID_REQUEST", S::Unclear, Q::Unclear, R::Refused),
    ("PAYERROR", S::Unclear, Q::Unclear, R::Unclear),
    ("NOTENOUGH", LISTED, Q::Unclear, R::Unclear),
    ("AUTHCODEEXPIRE", LISTED, Q::Unclear, R::Unclear),
    ("AUTH_CODE_ERROR", LISTED, Q::Unclear, R::Unclear),
    ("AUTH_CODE_INVALID", LISTED, Q::Unclear, R::Unclear),
    ("NOTSUPORTCARD", LISTED, Q::Unclear, R::Unclear),
    ("BUYER_MISMATCH", LISTED, Q::Unclear, R::Unclear),
    ("TRADE_ERROR", LISTED, Q::Unclear, R::Refused),
    ("ACCOUNT_ERROR", UNLISTED, Q::Unclear, R::Unclear),
    ("RULE_LIMIT", UNLISTED, Q::Unclear, R::Unclear),
    ("FREQUENCY_LIMITED", S::Unclear, Q::Unclear, R::Again),
    ("MCH_NOT_EXISTS", S::Rejected, Q::Rejected, R::Refused),
    ("OPENID_MISMATCH", S::Rejected, Q::Rejected, R::Refused),
    ("ORDERPAID", S::Duplicate, Q::Unclear, R::Refused),
    ("OUT_TRADE_NO_USED", S::Duplicate, Q::Unclear, R::Refused),
    ("ORDERCLOSED", S::Duplicate, Q::Unclear, R::Done),
    ("ORDERREVERSED", S::Duplicate, Q::Unclear, R::Done),
    ("ORDERNOTEXIST", S::Unclear, Q::NotFound, R::NotFound),
    ("REVERSE_EXPIRE", S::Unclear, Q::Unclear, R::Expired),
    ("INVALID_TRANSACTIONID", S::Unclear, Q::Rejected, R::Refused),
    ("SIGNERROR", S::Rejected, Q::Rejected, R::Refused),
    ("PARAM_ERROR", S::Rejected, Q::Rejected, R::Refused),
    ("NOAUTH", S::Rejected, Q::Rejected, R::Refused),
    ("XML_FORMAT_ERROR", S::Rejected, Q::Rejected, R::Refused),
    ("REQUIRE_POST_METHOD", S::Rejected, Q::Rejected, R::Refused),
    ("LACK_PARAMS", S::Rejected, Q::Rejected, R::Refused),
    ("NOT_UTF8", S::Rejected, Q::Rejected, R::Refused),
    ("APPID_NOT_EXIST", S::Rejected, Q::Rejected, R::Refused),
    ("MCHID_NOT_EXIST", S::Rejected, Q::Rejected, R::Refused),
    (
        "APPID_MCHID_NOT_MATCH",
        S::Rejected,
        Q::Rejected,
        R::Refused,
    ),
];

fn submit(message: Message) -> S {
    gateway()
        .read_submit(&expected(), &message.signed().reply())
        .verdict
}

fn query(message: Message) -> Q {
    gateway()
        .read_query(&expected(), &message.signed().reply())
        .verdict
}

fn reverse(message: Message) -> R {
    gateway()
        .read_reverse(&expected(), &message.signed().reply())
        .verdict
}

#[test]
fn every_code_means_what_the_documents_say_for_each_operation() {
    for (code, submitted, queried, reversed) in TABLE {
        let message = || Message::failed(code, "描述");
        assert_eq!(submit(message()), submitted, "submit {code}");
        assert_eq!(query(message()), queried, "query {code}");
        assert_eq!(reverse(message()), reversed, "reverse {code}");
    }
    assert_eq!(CODES.len(), TABLE.len());
}

#[test]
fn codes_are_told_whatever_their_spelling() {
    for code in ["NOT_ENOUGH", "notenough", "NotEnough"] {
        assert_eq!(submit(Message::failed(code, "")), LISTED);
    }
    assert_eq!(submit(Message::failed("SYSTEM_ERROR", "")), S::Unclear);
    assert_eq!(query(Message::failed("ORDER_NOT_EXIST", "")), Q::NotFound);
}

#[test]
fn a_code_that_no_table_lists_is_an_unlisted_refusal() {
    assert_eq!(submit(Message::failed("SOMETHING_NEW", "")), UNLISTED);
    assert_eq!(query(Message::failed("SOMETHING_NEW", "")), Q::Unclear);
    assert_eq!(reverse(Message::failed("SOMETHING_NEW", "")), R::Unclear);
}

#[test]
fn a_refusal_without_code_or_result_is_unclear() {
    for message in [
        Message::failed("", ""),
        Message::success(&[("result_code", "")]),
        Message::success(&[("result_code", "success")]),
        Message::paid().without("result_code"),
    ] {
        assert_eq!(submit(message.clone()), S::Unclear);
        assert_eq!(query(message.clone()), Q::Unclear);
        assert_eq!(reverse(message), R::Unclear);
    }
}

#[test]
fn texts_decide_where_a_code_has_several_reasons() {
    for (code, text, verdict) in [
        (
            "INVALID_REQUEST",
            "重入请求数据和已存在的业务单据数据不一致",
            S::Duplicate,
        ),
        ("INVALID_REQUEST", "201 商户订单号重复", S::Unclear),
        ("NOAUTH", "商户无权限使用该付款码", LISTED),
        ("TRADE_ERROR", "支付失败，请撤销订单", S::Unclear),
        ("AUTH_CODE_INVALID", "101 付款码已过期,请退出重试", LISTED),
        (
            "AUTH_CODE_INVALID",
            "101 每个二维码仅限使用一次,请刷新再试",
            LISTED,
        ),
    ] {
        assert_eq!(
            submit(Message::failed(code, text)),
            verdict,
            "{code} {text}"
        );
    }
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
        assert_eq!(query(Message::state(state)), verdict, "{state}");
    }
    assert_eq!(
        query(Message::paid().with("trade_state", "SUCCESS")),
        Q::Paid
    );
    assert_eq!(query(Message::paid()), Q::Unclear, "no trade_state at all");
}

#[test]
fn a_state_that_ends_an_order_must_name_it() {
    for state in ["REFUND", "CLOSED", "REVOKED", "SUCCESS"] {
        let message = Message::paid()
            .with("trade_state", state)
            .without("out_trade_no");
        assert_eq!(query(message), Q::Unclear, "{state}");
    }
}

#[test]
fn payerror_is_reported_as_the_code_with_its_text() {
    let message = Message::state("PAYERROR").with("trade_state_desc", "支付失败,请撤销订单");
    let answer = gateway().read_query(&expected(), &message.signed().reply());

    assert_eq!(answer.verdict, Q::Failed);
    assert_eq!(answer.code.as_deref(), Some("PAYERROR"));
    assert_eq!(answer.code_message.as_deref(), Some("支付失败,请撤销订单"));
}

#[test]
fn recall_y_asks_for_another_reverse_whatever_else_the_answer_says() {
    for (message, verdict) in [
        (Message::success(&[]), R::Done),
        (Message::success(&[("recall", "N")]), R::Done),
        (Message::success(&[("recall", "Y")]), R::Again),
        (
            Message::failed("SYSTEMERROR", "").with("recall", "Y"),
            R::Again,
        ),
        (
            Message::failed("SYSTEMERROR", "").with("recall", "N"),
            R::Again,
        ),
        (
            Message::failed("TRADE_ERROR", "").with("recall", "Y"),
            R::Again,
        ),
        (
            Message::failed("SOMETHING_NEW", "").with("recall", "Y"),
            R::Again,
        ),
        (Message::failed("", "").with("recall", "Y"), R::Again),
        (
            Message::failed("USERPAYING", "").with("recall", "Y"),
            R::PayerBusy,
        ),
    ] {
        assert_eq!(reverse(message.clone()), verdict, "{}", message.xml());
    }
}

#[test]
fn a_refused_reverse_is_never_done_even_when_nothing_is_to_be_recalled() {
    // The inverted test of the official C# and PHP samples takes exactly this for success.
    for (code, _, _, reversed) in TABLE {
        let verdict = reverse(Message::failed(code, "").with("recall", "N"));
        assert_eq!(verdict, reversed, "{code}");
        let ended = matches!(code, "ORDERCLOSED" | "ORDERREVERSED");
        assert_eq!(verdict == R::Done, ended, "{code}");
    }
    assert_eq!(reverse(Message::success(&[("recall", "N")])), R::Done);
}

#[test]
fn an_order_that_is_not_found_is_not_found_and_nothing_final() {
    assert_eq!(
        query(Message::failed("ORDERNOTEXIST", "此交易订单号不存在")),
        Q::NotFound
    );
    assert_eq!(submit(Message::failed("ORDERNOTEXIST", "")), S::Unclear);
}

#[test]
fn a_reverse_frequency_limit_passes() {
    let message = Message::failed("INVALID_REQUEST", "频率限制");
    assert_eq!(reverse(message), R::Again);
}

#[test]
fn an_unsigned_fail_is_a_rejection_for_known_texts_only() {
    let fail = |text: &str| {
        reply(
            200,
            format!("<xml><return_code>FAIL</return_code><return_msg>{text}</return_msg></xml>"),
        )
    };
    let gateway = gateway();
    for text in [
        "签名错误",
        "签名错误，请检查后再试",
        "签名失败",
        "参数格式校验错误",
        "appid不存在",
        "appid和mch_id不匹配",
        "商户号mch_id与appid不匹配",
        "缺少参数",
        "XML格式错误",
    ] {
        let reply = fail(text);
        assert_eq!(
            gateway.read_submit(&expected(), &reply).verdict,
            S::Rejected,
            "{text}"
        );
        assert_eq!(
            gateway.read_query(&expected(), &reply).verdict,
            Q::Rejected,
            "{text}"
        );
        assert_eq!(
            gateway.read_reverse(&expected(), &reply).verdict,
            R::Refused,
            "{text}"
        );
    }
    for text in [
        "",
        "系统繁忙",
        "系统超时",
        "需要用户输入支付密码",
        "订单已支付",
        "OK",
    ] {
        let reply = fail(text);
        let answer = gateway.read_submit(&expected(), &reply);
        assert_eq!(answer.verdict, S::Unclear, "{text}");
        assert!(!answer.forged);
        assert_eq!(
            answer.code_message.as_deref(),
            (!text.is_empty()).then_some(text)
        );
        assert_eq!(
            gateway.read_query(&expected(), &reply).verdict,
            Q::Unclear,
            "{text}"
        );
        assert_eq!(
            gateway.read_reverse(&expected(), &reply).verdict,
            R::Unclear,
            "{text}"
        );
    }
}

#[test]
fn an_unsigned_fail_with_a_code_is_a_rejection_for_request_faults_only() {
    for (code, submitted, ..) in TABLE {
        let reply = reply(
            200,
            format!(
                "<xml><return_code>FAIL</return_code><return_msg>签名错误</return_msg>\
                 <err_code>{code}</err_code></xml>"
            ),
        );
        let answer = gateway().read_submit(&expected(), &reply);
        let wanted = match submitted {
            S::Rejected => S::Rejected,
            _ => S::Unclear,
        };
        assert_eq!(answer.verdict, wanted, "{code}");
        assert_eq!(answer.code.as_deref(), Some(code));
    }
}

#[test]
fn any_other_http_status_is_unclear_even_with_a_perfect_body() {
    for status in [
        100, 201, 202, 204, 301, 302, 400, 401, 403, 404, 429, 500, 502, 503, 504,
    ] {
        let reply = reply(
            status,
            Message::paid()
                .with("trade_state", "SUCCESS")
                .signed()
                .xml(),
        );
        let gateway = gateway();
        assert_eq!(gateway.read_submit(&expected(), &reply).verdict, S::Unclear);
        assert_eq!(gateway.read_query(&expected(), &reply).verdict, Q::Unclear);
        assert_eq!(
            gateway.read_reverse(&expected(), &reply).verdict,
            R::Unclear
        );
    }
}

#[test]
fn a_refusal_for_a_wrong_setting_names_it() {
    for (code, setting) in [
        ("SIGNERROR", "; check api_key and sign_type"),
        ("APPID_NOT_EXIST", "; check appid and mch_id"),
        ("PARAM_ERROR", ""),
    ] {
        let reply = Message::failed(code, "").signed().reply();
        let why = gateway().read_query(&expected(), &reply).why;
        let wanted = match setting {
            "" => format!("err_code {code}"),
            setting => format!("err_code {code}{setting} in the configuration"),
        };
        assert_eq!(why, wanted);
    }
}

#[test]
fn a_reverse_without_client_certificate_is_refused_with_a_hint() {
    let page = "<html><head><title>400 No required SSL certificate was sent</title></head></html>";
    let answer = gateway().read_reverse(&expected(), &reply(400, page));

    assert_eq!(answer.verdict, R::Refused);
    assert!(answer.why.contains("client_certificate"));
    assert_eq!(
        gateway()
            .read_reverse(&expected(), &reply(400, "<html/>"))
            .verdict,
        R::Unclear
    );
}

#[test]
fn a_timeout_page_or_garbage_is_never_a_failure() {
    for body in [
        "",
        "<html>504</html>",
        "{\"code\":\"SYSTEM_ERROR\"}",
        "OK",
        "\0\0\0",
    ] {
        for status in [200, 502, 504] {
            let reply = reply(status, body);
            let answer = gateway().read_submit(&expected(), &reply);
            assert_eq!(answer.verdict, S::Unclear, "{status} {body}");
            assert!(!answer.forged);
            assert!(!answer.why.is_empty());
        }
    }
}
