//! Refunds.

use super::*;
use crate::gateway::{ExpectedRefund, InvalidField, Refund, Refunds};
use crate::verdict::RefundVerdict as V;

fn asked(pairs: &[(&str, &str)]) -> Fields {
    let mut fields: Fields = [
        ("out_refund_no", "R1"),
        ("refund_fee", "100"),
        ("out_trade_no", OUT_TRADE_NO),
    ]
    .into_iter()
    .collect();
    for (name, value) in pairs {
        fields.set(*name, *value);
    }
    fields
}

fn refund(gateway: &Fubei, pairs: &[(&str, &str)]) -> Refund {
    gateway.refund(&asked(pairs)).expect("a good refund")
}

fn invalid(gateway: &Fubei, pairs: &[(&str, &str)]) -> InvalidField {
    gateway.refund(&asked(pairs)).expect_err("a bad refund")
}

fn expected_refund() -> ExpectedRefund {
    ExpectedRefund {
        out_refund_no: "R1".into(),
        out_trade_no: Some(OUT_TRADE_NO.into()),
        refund_fee: Some(100),
        fee_type: Some("CNY".into()),
        ..ExpectedRefund::default()
    }
}

/// As 1.0 answers a refund: without a state, without an amount.
const TAKEN: &str = r#"{"refund_sn":"F1","merchant_refund_sn":"R1","trade_no":"2018","order_sn":"20160119233754227705","merchant_order_sn":"20160120105532871512"}"#;

fn with_state(state: &str) -> String {
    TAKEN.replacen('{', &format!(r#"{{"refund_status":"{state}","#), 1)
}

#[test]
fn a_refund_goes_out_in_yuan_under_each_interfaces_names() {
    assert_eq!(
        content(&Refunds::call(
            &gateway(),
            &refund(&gateway(), &[]),
            &stamp()
        )),
        r#"{"merchant_order_sn":"20160120105532871512","merchant_refund_sn":"R1","refund_money":1.00}"#
    );
    let by_theirs = [
        ("out_trade_no", ""),
        ("transaction_id", ORDER_SN),
        ("handler", "7"),
        ("device_info", "t1"),
    ];
    assert_eq!(
        content(&Refunds::call(
            &vendor(),
            &refund(&vendor(), &by_theirs),
            &stamp()
        )),
        r#"{"device_no":"t1","handler":7,"merchant_id":1227366,"merchant_refund_sn":"R1","order_sn":"20160119233754227705","refund_amount":1.00}"#
    );
}

#[test]
fn what_a_refunds_answers_must_agree_with_is_what_was_asked() {
    let refund = refund(
        &gateway(),
        &[
            ("total_fee", "888"),
            ("refund_desc", "坏了"),
            ("handler", "7"),
        ],
    );
    assert_eq!(refund.expected, expected_refund());
    assert_eq!(refund.left_out, ["handler", "refund_desc"]);
}

#[test]
fn a_refund_that_cannot_be_meant_is_refused() {
    for (pairs, field) in [
        (vec![("out_refund_no", "")], "out_refund_no"),
        (vec![("out_refund_no", "R 1")], "out_refund_no"),
        (vec![("refund_fee", "")], "refund_fee"),
        (vec![("refund_fee", "0")], "refund_fee"),
        (vec![("refund_fee", "1.00")], "refund_fee"),
        (vec![("total_fee", "99")], "refund_fee"),
        (vec![("total_fee", "x")], "total_fee"),
        (vec![("out_trade_no", "")], "out_trade_no"),
        (vec![("transaction_id", ORDER_SN)], "transaction_id"),
        (vec![("refund_fee_type", "HKD")], "refund_fee_type"),
        (vec![("sub_mch_id", "1")], "sub_mch_id"),
        (vec![("refund_fe", "1")], "refund_fe"),
    ] {
        assert_eq!(invalid(&gateway(), &pairs).field, field);
    }
    // All of it is not too much.
    refund(&gateway(), &[("total_fee", "100")]);
    assert!(gateway().check_out_refund_no("R1").is_ok());
    assert!(gateway().check_out_refund_no("").is_err());
    assert!(gateway().can_refund());
}

#[test]
fn nobody_promises_that_one_number_pays_once_so_nothing_is_sent_again() {
    for gateway in [gateway(), second(), vendor()] {
        assert!(!gateway.may_resend());
        let call = Refunds::call(&gateway, &refund(&gateway, &[]), &stamp());
        assert_eq!(call.resend, crate::exchange::Resend::OnlyIfUnsent);
    }
}

#[test]
fn a_refund_whose_order_nobody_knows_is_asked_for_by_2_0_alone() {
    let nameless = ExpectedRefund {
        out_refund_no: "R1".into(),
        ..ExpectedRefund::default()
    };
    let refused = gateway().check_question(&nameless).unwrap_err();
    assert_eq!(refused.field, "out_refund_no");
    assert!(refused.rule.contains("api = \"2.0\""), "{refused}");
    assert!(second().check_question(&nameless).is_ok());
    assert!(vendor().check_question(&nameless).is_ok());
    let by_theirs = ExpectedRefund {
        transaction_id: Some(ORDER_SN.into()),
        ..nameless
    };
    for known in [by_theirs, expected_refund()] {
        assert!(gateway().check_question(&known).is_ok(), "{known:?}");
    }
}

#[test]
fn a_refund_that_failed_tells_its_state_as_its_code_and_an_unclear_answer_tells_none() {
    for state in ["REFUND_FAILER", "REFUND_FAIL"] {
        let answer = gateway().read_query(&expected_refund(), &ok(&with_state(state)));
        assert_eq!(answer.code.as_deref(), Some(state));
        assert_eq!(answer.facts["refund_status"], state);
    }
    let done = gateway().read_query(&expected_refund(), &ok(&with_state("REFUND_SUCCESS")));
    assert_eq!(done.code, None);
    assert_eq!(done.facts["refund_status"], "REFUND_SUCCESS");
    for unclear in [
        with_state("REFUNDED"),
        with_state("REFUND_SUCCESS").replace(r#""merchant_refund_sn":"R1","#, ""),
    ] {
        let answer = gateway().read_query(&expected_refund(), &ok(&unclear));
        assert_eq!(answer.verdict, V::Unclear, "{unclear}");
        assert!(!answer.facts.contains_key("refund_status"), "{unclear}");
    }
}

#[test]
fn the_question_names_the_order_too_where_1_0_needs_it() {
    let ask = |gateway: &Fubei, expected: &ExpectedRefund| {
        content(&Refunds::query(gateway, expected, &stamp()))
    };
    assert_eq!(
        ask(&gateway(), &expected_refund()),
        r#"{"merchant_order_sn":"20160120105532871512","merchant_refund_sn":"R1"}"#
    );
    let by_theirs = ExpectedRefund {
        out_trade_no: None,
        transaction_id: Some(ORDER_SN.into()),
        ..expected_refund()
    };
    assert_eq!(
        ask(&gateway(), &by_theirs),
        r#"{"merchant_refund_sn":"R1","order_sn":"20160119233754227705"}"#
    );
    assert_eq!(
        ask(&second(), &expected_refund()),
        r#"{"merchant_refund_sn":"R1"}"#
    );
    assert_eq!(
        ask(&vendor(), &expected_refund()),
        r#"{"merchant_id":1227366,"merchant_refund_sn":"R1"}"#
    );
}

#[test]
fn every_state_of_a_refund_has_its_meaning() {
    for (state, wanted) in [
        ("REFUND_SUCCESS", V::Refunded),
        ("REFUND_PROCESSING", V::Processing),
        ("REFUND_FAILER", V::Failed),
        ("REFUND_FAIL", V::Failed),
        ("SUCCESS", V::Unclear),
        ("refund_success", V::Unclear),
    ] {
        let reply = ok(&with_state(state));
        assert_eq!(
            gateway().read(&expected_refund(), &reply).verdict,
            wanted,
            "{state}"
        );
        assert_eq!(
            gateway().read_query(&expected_refund(), &reply).verdict,
            wanted,
            "{state}"
        );
    }
}

#[test]
fn a_refund_taken_on_without_a_word_is_being_processed_and_a_question_answered_so_is_not() {
    let answer = gateway().read(&expected_refund(), &ok(TAKEN));
    assert_eq!(answer.verdict, V::Processing);
    assert_eq!(answer.facts["refund_id"], "F1");
    assert_eq!(answer.facts["out_refund_no"], "R1");
    assert_eq!(answer.facts["transaction_id"], ORDER_SN);
    assert_eq!(
        gateway().read_query(&expected_refund(), &ok(TAKEN)).verdict,
        V::Unclear
    );
}

#[test]
fn a_refund_of_2_0_tells_its_amount_and_its_end() {
    let data = with_state("REFUND_SUCCESS").replacen(
        '{',
        r#"{"refund_amount":1.00,"buyer_refund_amount":0.90,"finish_time":"20161108111242","#,
        1,
    );
    let answer = second().read_query(&expected_refund(), &ok(&data));
    assert_eq!(answer.verdict, V::Refunded);
    assert_eq!(answer.facts["refund_fee"], 100);
    assert_eq!(answer.facts["buyer_refund_amount"], 90);
    assert_eq!(answer.facts["refund_status"], "REFUND_SUCCESS");
    assert_eq!(answer.facts["refunded_at"], "2016-11-08T11:12:42+08:00");
    assert!(!answer.facts.contains_key("paid_at"));
}

#[test]
fn a_refund_of_another_amount_or_order_is_a_conflict() {
    let good = with_state("REFUND_SUCCESS");
    for (data, wanted) in [
        (
            good.replacen('{', r#"{"refund_amount":1.01,"#, 1),
            V::Conflict,
        ),
        (
            good.replacen('{', r#"{"refund_money":"0.99","#, 1),
            V::Conflict,
        ),
        (
            good.replacen('{', r#"{"refund_amount":1e0,"#, 1),
            V::Unclear,
        ),
        (good.replace(OUT_TRADE_NO, "A2"), V::Conflict),
        (
            good.replace(r#","merchant_order_sn":"20160120105532871512""#, ""),
            V::Unclear,
        ),
        (
            good.replace(r#""merchant_refund_sn":"R1","#, ""),
            V::Unclear,
        ),
    ] {
        for verdict in [
            gateway().read(&expected_refund(), &ok(&data)).verdict,
            gateway().read_query(&expected_refund(), &ok(&data)).verdict,
        ] {
            assert_eq!(verdict, wanted, "{data}");
        }
    }
    let other = gateway().read(&expected_refund(), &ok(&good.replace("\"R1\"", "\"R2\"")));
    assert!(other.forged && other.facts.is_empty());
    assert_eq!(other.verdict, V::Unclear);
    let by_theirs = ExpectedRefund {
        out_trade_no: None,
        transaction_id: Some("20160119233754227706".into()),
        ..expected_refund()
    };
    assert_eq!(gateway().read(&by_theirs, &ok(&good)).verdict, V::Conflict);
}

#[test]
fn what_a_refund_rests_on_is_told_its_state_or_what_is_wrong_with_it() {
    let why = |data: &str| gateway().read(&expected_refund(), &ok(data)).why;
    assert_eq!(
        why(&with_state("REFUND_PROCESSING")),
        "refund_status REFUND_PROCESSING"
    );
    assert_eq!(why(TAKEN), "refund_status missing");
    assert_eq!(
        why(&with_state("REFUND_PROCESSING").replace(OUT_TRADE_NO, "A2")),
        "a refund of this number, but of another order"
    );
}

#[test]
fn every_refusal_of_a_refund() {
    const DOUBTFUL: V = V::Declined { listed: false };
    for (reply, wanted) in [
        (refused("1007", "", ""), V::Rejected),
        (refused("402", "", ""), V::Rejected),
        (refused("400", "NOTENOUGH", ""), DOUBTFUL),
        (refused("400", "SOMETHING_NEW", ""), DOUBTFUL),
        (refused("400", "", "可退金额不足"), DOUBTFUL),
        (refused("400", "SYSTEMERROR", ""), V::Unclear),
        (refused("400", "ACQ.SYSTEM_ERROR", ""), V::Unclear),
        (refused("400", "BIZERR_NEED_RETRY", ""), V::Unclear),
        (refused("500", "NOTENOUGH", ""), V::Unclear),
        (refused("4006", "", ""), V::Unclear),
        (reply(500, ""), V::Unclear),
        (reply(200, "{"), V::Unclear),
    ] {
        let verdict = gateway().read(&expected_refund(), &reply).verdict;
        assert_eq!(verdict, wanted, "{}", String::from_utf8_lossy(&reply.body));
    }
}

#[test]
fn every_refusal_of_the_question_about_a_refund() {
    for (reply, wanted) in [
        (refused("1007", "", ""), V::Rejected),
        (refused("400", "REFUNDNOTEXIST", ""), V::NotFound),
        (refused("400", "", "退款单不存在"), V::NotFound),
        (refused("400", "", "原订单不存在"), V::NotFound),
        (refused("9999", "", "退款记录不存在"), V::NotFound),
        (refused("400", "NOTENOUGH", ""), V::Unclear),
        (refused("400", "", "门店不存在"), V::Unclear),
        (refused("500", "", ""), V::Unclear),
    ] {
        let verdict = gateway().read_query(&expected_refund(), &reply).verdict;
        assert_eq!(verdict, wanted, "{}", String::from_utf8_lossy(&reply.body));
    }
    // To the refund itself such words say nothing about the refund.
    let missing = refused("400", "", "退款单不存在");
    assert_ne!(
        gateway().read(&expected_refund(), &missing).verdict,
        V::NotFound
    );
}
