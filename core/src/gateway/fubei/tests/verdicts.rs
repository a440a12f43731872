//! What every answer means, exhaustively.

use super::*;
use crate::gateway::codes::CODES;
use crate::gateway::{Gateway, Product};
use crate::verdict::QueryVerdict as Q;
use crate::verdict::ReverseVerdict as R;
use crate::verdict::SubmitVerdict as S;

const DECLINED: S = S::Declined { listed: false };

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
fn every_state_has_its_meaning_in_both_interfaces() {
    for (name, submitted, queried) in [
        ("USERPAYING", S::Unclear, Q::Paying),
        ("REVOKING", S::Unclear, Q::Unclear),
        ("REVOKED", S::Unclear, Q::Reversed),
        ("REVOKED_ERROR", S::Unclear, Q::Paying),
        ("CLOSED", S::Unclear, Q::Closed),
        // No amount, no time: no proof.
        ("SUCCESS", S::Unclear, Q::Unclear),
        ("UNUSED", S::Unclear, Q::Unclear),
        ("success", S::Unclear, Q::Unclear),
        ("PAYERROR", S::Unclear, Q::Unclear),
        ("REFUND", S::Unclear, Q::Unclear),
    ] {
        for data in [
            state(name),
            state(name).replace("trade_state", "order_status"),
        ] {
            assert_eq!(submit(&ok(&data)), submitted, "{name}");
            assert_eq!(query(&ok(&data)), queried, "{name}");
        }
    }
}

#[test]
fn an_order_to_scan_that_waits_for_its_payer_is_not_paid() {
    let to_scan = Expected {
        product: Product::Prepay,
        ..expected()
    };
    let asked = |name: &str| gateway().read_query(&to_scan, &ok(&state(name))).verdict;
    assert_eq!(asked("USERPAYING"), Q::NotPaid);
    assert_eq!(asked("REVOKED_ERROR"), Q::Paying);
    assert_eq!(asked("CLOSED"), Q::Closed);
    assert_eq!(gateway().read_query(&to_scan, &ok(PAID)).verdict, Q::Paid);
}

#[test]
fn a_state_that_ends_an_order_has_to_name_it() {
    for (name, named) in [("REVOKED", Q::Reversed), ("CLOSED", Q::Closed)] {
        assert_eq!(query(&ok(&state(name))), named);
        assert_eq!(
            query(&ok(&format!(r#"{{"trade_state":"{name}"}}"#))),
            Q::Unclear
        );
    }
    let nameless = PAID.replace(r#""merchant_order_sn":"20160120105532871512","#, "");
    assert_eq!(query(&ok(&nameless)), Q::Unclear);
    assert_eq!(submit(&ok(&nameless)), S::Unclear);
}

#[test]
fn an_order_asked_for_by_fubeis_number_is_named_by_that() {
    let by_theirs = Expected {
        transaction_id: Some(ORDER_SN.into()),
        ..Expected::default()
    };
    assert_eq!(gateway().read_query(&by_theirs, &ok(PAID)).verdict, Q::Paid);
    let other = PAID.replace(ORDER_SN, "20160119233754227706");
    assert!(gateway().read_query(&by_theirs, &ok(&other)).forged);
    let nameless = PAID.replace(r#""order_sn":"20160119233754227705","#, "");
    assert_eq!(
        gateway().read_query(&by_theirs, &ok(&nameless)).verdict,
        Q::Unclear
    );
}

#[test]
fn two_states_that_differ_are_none() {
    let both = PAID.replace(
        r#""trade_state""#,
        r#""order_status":"USERPAYING","trade_state""#,
    );
    assert_eq!(query(&ok(&both)), Q::Unclear);
    let same = PAID.replace(
        r#""trade_state""#,
        r#""order_status":"SUCCESS","trade_state""#,
    );
    assert_eq!(query(&ok(&same)), Q::Paid);
}

#[test]
fn success_without_an_order_says_nothing() {
    for data in ["null", "{}", "[]", "\"\"", "\"{}\""] {
        assert_eq!(submit(&ok(data)), S::Unclear, "{data}");
        assert_eq!(query(&ok(data)), Q::Unclear, "{data}");
        // A query says what it came to.
        assert_eq!(reverse(&ok(data)), R::Done, "{data}");
    }
    let missing = reply(200, r#"{"result_code":200}"#);
    assert_eq!(
        (submit(&missing), query(&missing)),
        (S::Unclear, Q::Unclear)
    );
    let denied = format!(r#"{{"result_code":200,"success":false,"data":{PAID}}}"#);
    assert_eq!(submit(&reply(200, denied.clone())), S::Unclear);
    assert_eq!(query(&reply(200, denied.clone())), Q::Unclear);
    assert_eq!(
        submit(&reply(200, denied.replace("false", "true"))),
        S::Paid
    );
}

#[test]
fn requests_that_were_never_executed_are_rejected_and_say_what_to_look_at() {
    for code in [
        "401", "402", "1001", "1002", "1003", "1004", "1005", "1006", "1007", "1008", "1009",
        "1010", "1011", "1012",
    ] {
        for reply in [
            refused(code, "", "错误"),
            refused(code, "USERPAYING", "订单不存在"),
        ] {
            assert_eq!(submit(&reply), S::Rejected, "{code}");
            assert_eq!(query(&reply), Q::Rejected, "{code}");
            assert_eq!(reverse(&reply), R::Refused, "{code}");
        }
        let answer = gateway().read_query(&expected(), &refused(code, "", "错误"));
        assert_eq!(answer.code.as_deref(), Some(code));
        assert_eq!(answer.code_message.as_deref(), Some("错误"));
        let setting = match code {
            "1001" | "1002" => "app_id",
            "1007" => "secret",
            "1008" | "1009" => "api",
            _ => "unexecuted",
        };
        assert!(answer.why.contains(setting), "{}", answer.why);
    }
}

#[test]
fn other_codes_say_nothing_final() {
    for code in [
        "0", "1", "100", "201", "399", "403", "404", "500", "1000", "1013", "4006", "9999", "60303",
    ] {
        for reply in [
            refused(code, "", "失败"),
            refused(code, "NOTENOUGH", "余额不足"),
        ] {
            assert_eq!(submit(&reply), S::Unclear, "{code}");
            assert_eq!(query(&reply), Q::Unclear, "{code}");
            assert_eq!(reverse(&reply), R::Unclear, "{code}");
        }
    }
    assert_eq!(submit(&refused("400", "", "失败")), S::Unclear);
    assert_eq!(query(&refused("400", "", "失败")), Q::Unclear);
    assert_eq!(reverse(&refused("400", "", "失败")), R::Unclear);
}

#[test]
fn every_channel_code_as_the_answer_to_a_charge_is_unclear_or_has_to_be_confirmed() {
    for code in CODES {
        let verdict = submit(&refused("400", code.name, ""));
        let wanted = match code.submit {
            S::Declined { .. } | S::Rejected => DECLINED,
            _ => S::Unclear,
        };
        assert_eq!(verdict, wanted, "{}", code.name);
        let with_prefix = submit(&refused("400", &format!("ACQ.{}", code.name), ""));
        assert_eq!(with_prefix, wanted, "{}", code.name);
    }
}

#[test]
fn what_is_not_over_is_unclear_whoever_says_it() {
    for code in [
        "USERPAYING",
        "USER_PAYING",
        "SYSTEMERROR",
        "SYSTEM_ERROR",
        "BANKERROR",
        "ACQ.SYSTEM_ERROR",
        "ACQ.ORDER_SUCCESS_PAY_INPROCESS",
        "WAIT_BUYER_PAY",
        "isp.unknow-error",
        "aop.unknow-error",
        "ACQ.TRADE_HAS_SUCCESS",
        "ACQ.TRADE_HAS_CLOSE",
        "ACQ.CONTEXT_INCONSISTENT",
        "ORDERPAID",
        "OUT_TRADE_NO_USED",
        "ORDERCLOSED",
        "ORDERREVERSED",
    ] {
        assert_eq!(submit(&refused("400", code, "")), S::Unclear, "{code}");
    }
    for code in [
        "NOTENOUGH",
        "ACQ.BUYER_BALANCE_NOT_ENOUGH",
        "ACQ.PAYMENT_AUTH_CODE_INVALID",
        "ERROR_CODE",
        "AUTHCODEEXPIRE",
        "42",
    ] {
        assert_eq!(submit(&refused("400", code, "")), DECLINED, "{code}");
    }
    assert_eq!(
        submit(&refused("400", "TRADE_ERROR", "支付失败，请撤销订单")),
        S::Unclear
    );
}

#[test]
fn an_order_that_does_not_exist_is_not_found_and_a_store_that_does_not_is_unclear() {
    for reply in [
        refused("400", "ORDERNOTEXIST", ""),
        refused("400", "ORDER_NOT_EXIST", "失败"),
        refused("400", "ACQ.TRADE_NOT_EXIST", "交易不存在"),
        refused("400", "", "订单不存在"),
        refused("400", "", "付呗订单不存在！"),
        refused("9999", "", "商户订单号不存在"),
        refused("500", "", "未找到订单"),
    ] {
        assert_eq!(query(&reply), Q::NotFound, "{reply:?}");
        assert_eq!(reverse(&reply), R::NotFound);
        let answer = gateway().read_query(&expected(), &reply);
        assert!(answer.code.is_some());
    }
    for text in [
        "门店不存在",
        "商户不存在",
        "订单所属门店不存在",
        "退款不存在",
        "订单",
        "不存在",
    ] {
        assert_eq!(query(&refused("400", "", text)), Q::Unclear, "{text}");
    }
    // A charge is never taken back by words.
    assert_eq!(submit(&refused("400", "", "订单不存在")), S::Unclear);
    assert_eq!(submit(&refused("400", "ORDERNOTEXIST", "")), S::Unclear);
}

#[test]
fn every_answer_to_a_reverse() {
    for (reply, wanted) in [
        (ok(&state("REVOKED")), R::Done),
        (ok(&state("REVOKING")), R::Done),
        (ok(&state("CLOSED")), R::Done),
        (ok(&state("SUCCESS")), R::Done),
        (
            ok(r#"{"merchant_order_sn":"20160120105532871512"}"#),
            R::Done,
        ),
        (ok(&state("REVOKED_ERROR")), R::Again),
        (refused("400", "SYSTEMERROR", ""), R::Again),
        (refused("400", "ACQ.SYSTEM_ERROR", ""), R::Again),
        (refused("400", "USERPAYING", ""), R::PayerBusy),
        (refused("400", "X", "正在支付中不能发起撤销"), R::PayerBusy),
        (refused("400", "REVERSE_EXPIRE", ""), R::Expired),
        (refused("400", "ORDERREVERSED", ""), R::Done),
        (refused("400", "NOAUTH", ""), R::Refused),
        (refused("400", "TRADE_ERROR", ""), R::Refused),
        (refused("400", "SOMETHING_NEW", ""), R::Unclear),
        (refused("500", "USERPAYING", ""), R::Unclear),
    ] {
        assert_eq!(
            reverse(&reply),
            wanted,
            "{}",
            String::from_utf8_lossy(&reply.body)
        );
    }
}

#[test]
fn http_says_nothing_but_that_there_is_no_answer() {
    for status in [
        100, 201, 204, 301, 400, 401, 403, 404, 429, 500, 502, 503, 504,
    ] {
        for body in [ok(PAID).body, refused("1007", "", "").body, Vec::new()] {
            let reply = reply(status, body);
            assert_eq!(submit(&reply), S::Unclear, "{status}");
            assert_eq!(query(&reply), Q::Unclear, "{status}");
            assert_eq!(reverse(&reply), R::Unclear, "{status}");
        }
    }
}

#[test]
fn a_refusal_is_worded_by_its_codes() {
    let worded = |reply: &Reply| gateway().read_query(&expected(), reply).why;
    assert_eq!(
        worded(&refused("5000", "ACQ.TRADE_NOT_EXIST", "")),
        "result_code 5000, sub_code ACQ.TRADE_NOT_EXIST"
    );
    assert_eq!(worded(&refused("5000", "", "")), "result_code 5000");
}
