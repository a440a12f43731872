//! What verified callbacks mean.

use serde_json::{Value, json};

use super::*;
use crate::gateway::Answer;
use crate::verdict::QueryVerdict as Q;

fn judged(changes: &[(&str, Value)], expected: &ExpectedRide) -> Answer<Q> {
    let mut message: Value = serde_json::from_str(MESSAGE).unwrap();
    for (name, value) in changes {
        message[*name] = value.clone();
    }
    let notice = opened(Callback::new(&message.to_string())).unwrap();
    let answer = gateway().judge(&notice, expected);
    assert!(!answer.forged && answer.unknown_key.is_none());
    assert!(!answer.why.contains("oHush") && !answer.facts.contains_key("qrcode"));
    answer
}

#[test]
fn a_success_as_asked_is_paid_and_told_in_the_words_of_results() {
    let answer = judged(&[], &expected());
    assert_eq!(answer.verdict, Q::Paid, "{}", answer.why);
    assert_eq!((answer.code, answer.code_message), (None, None));
    let told = json!({
        "attach": "R20261121-1",
        "bank_type": "CFT",
        "openid": "oHush",
        "paid_at": "2026-11-21T08:15:00+08:00",
        "total_fee": 180,
        "trade_state": "SUCCESS",
        "transaction_id": "4200001",
    });
    assert_eq!(Value::Object(answer.facts), told);
}

#[test]
fn a_failure_has_the_platforms_text() {
    let changes = [
        ("trade_state", json!("FAIL")),
        ("trade_msg", json!("余额不足\u{7}")),
        ("time_end", json!("20261121081500")),
    ];
    let answer = judged(&changes, &expected());
    assert_eq!(answer.verdict, Q::Failed);
    assert_eq!(answer.code.as_deref(), Some("FAIL"));
    assert_eq!(answer.code_message.as_deref(), Some("余额不足"));
    assert_eq!(answer.facts["trade_state_desc"], "余额不足\u{7}");
    assert!(!answer.facts.contains_key("paid_at"));

    let silent = [
        ("trade_state", json!("FAIL")),
        ("total_fee", Value::Null),
        ("transaction_id", json!("")),
    ];
    let answer = judged(&silent, &expected());
    assert_eq!((answer.verdict, answer.code_message), (Q::Failed, None));
    assert!(!answer.facts.contains_key("transaction_id"));
}

#[test]
fn another_amount_or_attach_is_a_conflict_if_paid_and_proves_no_failure() {
    let nobodys = ExpectedRide::default();
    for (name, value, paid, failed) in [
        ("total_fee", json!(181), Q::Conflict, Q::Unclear),
        ("total_fee", json!(0), Q::Conflict, Q::Unclear),
        ("total_fee", json!("180"), Q::Paid, Q::Failed),
        ("total_fee", Value::Null, Q::Unclear, Q::Failed),
        ("attach", json!("R2"), Q::Conflict, Q::Unclear),
        ("attach", Value::Null, Q::Paid, Q::Failed),
        ("out_trade_no", json!("TC0001"), Q::Paid, Q::Failed),
        ("time_end", json!("soon"), Q::Paid, Q::Failed),
    ] {
        for (state, wanted) in [("SUCCESS", paid), ("FAIL", failed)] {
            let changes = [(name, value.clone()), ("trade_state", json!(state))];
            let answer = judged(&changes, &expected());
            assert_eq!(answer.verdict, wanted, "{name} {value} {state}");
            assert_eq!(answer.code.is_some(), wanted == Q::Failed);
            let of_nobody = judged(&changes, &nobodys).verdict;
            let uncompared = if wanted == Q::Unclear && value.is_null() {
                Q::Unclear
            } else if state == "SUCCESS" {
                Q::Paid
            } else {
                Q::Failed
            };
            assert_eq!(of_nobody, uncompared, "{name} {value} {state}");
        }
    }
}

#[test]
fn a_state_that_nobody_documents_is_unclear() {
    for state in ["success", "PAYING", "REFUND", "SUCCESS "] {
        let answer = judged(&[("trade_state", json!(state))], &expected());
        assert_eq!(answer.verdict, Q::Unclear, "{state}");
        assert_eq!(answer.facts["trade_state"], state);
    }
}

#[test]
fn a_number_of_the_platforms_own_is_told_beside_ours() {
    let changes = [("out_trade_no", json!("TC0001"))];
    let answer = judged(&changes, &expected());
    assert_eq!(answer.facts["platform_order_no"], "TC0001");
    assert!(!answer.facts.contains_key("out_trade_no"));
    let nobodys = judged(&changes, &ExpectedRide::default());
    assert!(!nobodys.facts.contains_key("platform_order_no"));
}

#[test]
fn what_is_new_is_told_and_what_the_library_says_itself_is_not() {
    let changes = [
        ("coupon_fee", json!(20)),
        ("station", json!("人民广场")),
        ("paid_at", json!("never")),
        ("status", json!(0)),
        ("reply", json!("x")),
        ("parts", json!([1])),
    ];
    let facts = judged(&changes, &expected()).facts;
    assert_eq!(facts["coupon_fee"], 20);
    assert_eq!(facts["station"], "人民广场");
    assert_eq!(facts["paid_at"], "2026-11-21T08:15:00+08:00");
    for absent in ["status", "reply", "parts", "time_end"] {
        assert!(!facts.contains_key(absent), "{absent}");
    }
}
