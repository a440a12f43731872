//! What a verified answer tells.

use super::*;
use crate::gateway::Gateway;
use crate::verdict::{QueryVerdict, SubmitVerdict};

#[test]
fn a_payment_is_told_in_the_names_of_results() {
    let message = Message::paid()
        .with("promotion_detail", "{\"promotion_detail\":[]}")
        .with("coupon_fee_0", "8")
        .with("coupon_id_0", "10000");
    let answer = gateway().read_submit(&expected(), &message.signed().reply());

    assert_eq!(answer.verdict, SubmitVerdict::Paid);
    assert_eq!(answer.code, None);
    assert_eq!(
        serde_json::Value::Object(answer.facts),
        serde_json::json!({
            "attach": "till 3",
            "bank_type": "CCB_DEBIT",
            "coupon_fee": 8,
            "coupon_fee_0": 8,
            "coupon_id_0": "10000",
            "fee_type": "CNY",
            "is_subscribe": "N",
            "openid": "oUpF8uN95-Ptaags6E_roPHg7AG0",
            "out_trade_no": OUT_TRADE_NO,
            "paid_at": "2014-10-30T13:35:25+08:00",
            "payer_total": 880,
            "promotion_detail": "{\"promotion_detail\":[]}",
            "request_id": "08F-268512771",
            "total_fee": 888,
            "trade_state": "SUCCESS",
            "trade_type": "MICROPAY",
            "transaction_id": "4200001212282111030178445712",
        })
    );
}

#[test]
fn the_hong_kong_documents_example_is_told_with_rate_and_payers_currency() {
    let message = Message::success(&[
        ("fee_type", "USD"),
        ("total_fee", "332"),
        ("cash_fee_type", "CNY"),
        ("cash_fee", "2124"),
        ("transaction_id", "4200001212282111030178445712"),
        ("out_trade_no", "90020211103112345605049"),
        ("attach", ""),
        ("time_end", "20211103185407"),
        ("rate", "640053060"),
    ]);
    let asked = Expected {
        out_trade_no: "90020211103112345605049".into(),
        total_fee: Some(332),
        fee_type: Some("USD".into()),
        ..Expected::default()
    };
    let answer = hong_kong().read_submit(&asked, &message.signed().reply());

    assert_eq!(answer.verdict, SubmitVerdict::Paid);
    assert_eq!(answer.facts["total_fee"], 332);
    assert_eq!(answer.facts["payer_total"], 2124);
    assert_eq!(answer.facts["cash_fee_type"], "CNY");
    assert_eq!(answer.facts["rate"], "640053060");
    assert_eq!(answer.facts["paid_at"], "2021-11-03T18:54:07+08:00");
    assert!(!answer.facts.contains_key("attach"));
}

#[test]
fn an_answer_cannot_speak_in_the_librarys_own_words() {
    let mut message = Message::paid();
    let words = [
        "advice",
        "code",
        "gateway",
        "host",
        "message",
        "paid_at",
        "payer_total",
        "prompt",
        "replayed",
        "request_id",
        "reversal",
        "status",
        "status_name",
    ];
    for word in words {
        message = message.with(word, "hand_over");
    }
    let answer = gateway().read_submit(&expected(), &message.signed().reply());

    assert_eq!(answer.verdict, SubmitVerdict::Paid);
    for word in words {
        assert_ne!(answer.facts.get(word), Some(&"hand_over".into()), "{word}");
    }
}

#[test]
fn a_refusal_tells_its_code_and_text_and_no_message_fields() {
    let message = Message::failed("NOTENOUGH", "余额不足").with("device_info", "1000");
    let answer = gateway().read_submit(&expected(), &message.signed().reply());

    assert_eq!(answer.code.as_deref(), Some("NOTENOUGH"));
    assert_eq!(answer.code_message.as_deref(), Some("余额不足"));
    assert_eq!(
        answer.facts.keys().collect::<Vec<_>>(),
        ["device_info", "request_id"]
    );
}

#[test]
fn a_success_with_a_code_beside_it_has_no_code() {
    let message = Message::paid().with("err_code", "SUCCESS");
    let answer = gateway().read_submit(&expected(), &message.signed().reply());

    assert_eq!((answer.verdict, answer.code), (SubmitVerdict::Paid, None));
}

#[test]
fn an_order_that_the_till_only_asks_about_is_compared_with_nothing() {
    let asked = Expected {
        out_trade_no: OUT_TRADE_NO.into(),
        ..Expected::default()
    };
    let message = Message::paid().with("trade_state", "SUCCESS");
    let answer = gateway().read_query(&asked, &message.signed().reply());

    assert_eq!(answer.verdict, QueryVerdict::Paid);
    assert_eq!(answer.facts["total_fee"], 888);
}

#[test]
fn reasons_never_show_a_secret_and_are_short() {
    let long = "X".repeat(5000);
    for message in [
        Message::paid(),
        Message::paid().with("sign", "0"),
        Message::paid()
            .with("openid", "oSecret")
            .with("total_fee", "1"),
        Message::failed(&long, &long),
        Message::state(&long),
        Message::success(&[
            ("return_code", "FAIL"),
            ("err_code", &long),
            ("return_msg", &long),
        ]),
    ] {
        for message in [message.clone(), message.signed()] {
            let sign = message.0.iter().find(|(name, _)| name == "sign").cloned();
            let reply = message.reply();
            let submit = gateway().read_submit(&expected(), &reply);
            let query = gateway().read_query(&expected(), &reply);
            let reverse = gateway().read_reverse(&expected(), &reply);
            for (why, code, text) in [
                (submit.why, submit.code, submit.code_message),
                (query.why, query.code, query.code_message),
                (reverse.why, reverse.code, reverse.code_message),
            ] {
                assert!(!why.is_empty() && why.len() < 120, "{why}");
                assert!(
                    !why.contains("oUpF8uN95") && !why.contains("oSecret") && !why.contains(KEY)
                );
                if let Some((_, sign)) = sign.as_ref().filter(|(_, sign)| sign.len() > 1) {
                    assert!(!why.contains(sign.as_str()));
                }
                assert!(code.is_none_or(|code| code.len() <= 64));
                assert!(text.is_none_or(|text| text.len() <= 256));
            }
        }
    }
}
