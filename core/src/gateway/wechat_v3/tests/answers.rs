//! What an answer tells.

use super::*;
use crate::gateway::Gateway;
use crate::verdict::QueryVerdict as Q;
use crate::verdict::ReverseVerdict as R;
use crate::verdict::SubmitVerdict as S;

#[test]
fn a_payment_is_told_in_the_names_of_results() {
    let promotion = json!([{ "coupon_id": "109519", "scope": "GLOBAL", "amount": 8 }]);
    let message = Message::paid().with("/promotion_detail", promotion.clone());
    let answer = gateway().read_submit(&expected(), &message.signed());

    assert_eq!(answer.verdict, S::Paid);
    assert_eq!((answer.code, answer.signed_at), (None, Some(NOW)));
    assert_eq!(
        Value::Object(answer.facts),
        json!({
            "attach": "till 3",
            "bank_type": "CCB_DEBIT",
            "cash_fee_type": "CNY",
            "device_info": "013467007045764",
            "fee_type": "CNY",
            "openid": "oUpF8uN95-Ptaags6E_roPHg7AG0",
            "out_trade_no": OUT_TRADE_NO,
            "paid_at": "2014-10-30T13:35:25+08:00",
            "payer_total": 880,
            "promotion_detail": promotion,
            "request_id": "08F-268512771",
            "total_fee": 888,
            "trade_state": "SUCCESS",
            "trade_state_desc": "支付成功",
            "trade_type": "MICROPAY",
            "transaction_id": TRANSACTION_ID,
        })
    );
}

#[test]
fn a_shops_payment_tells_both_openids_and_the_shop() {
    let answer = partner().read_submit(&expected(), &Message::paid_to_shop().signed());

    assert_eq!(answer.verdict, S::Paid, "{}", answer.why);
    for (name, value) in [
        ("openid", "oSp"),
        ("sub_openid", "oSub"),
        ("sub_appid", "wxsub"),
        ("sub_mch_id", SUB_MCHID),
    ] {
        assert_eq!(answer.facts[name], value, "{name}");
    }
    for own in ["sp_appid", "sp_mchid", "sub_mchid", "payer.sp_openid"] {
        assert!(!answer.facts.contains_key(own), "{own}");
    }
}

#[test]
fn the_global_editions_example_is_told_with_its_rate_and_number() {
    let message = Message(json!({
        "id": "1008450740201411110005820873",
        "appid": APPID,
        "mchid": MCHID,
        "out_trade_no": "20171014125314",
        "payer": { "openid": "oUpF8uN95-Ptaags6E_roPHg7AG0" },
        "amount": {
            "total": 528_800,
            "currency": "HKD",
            "payer_total": 518_799,
            "payer_currency": "CNY",
            "exchange_rate": { "type": "SETTLEMENT_RATE", "rate": 80_000_000 },
        },
        "trade_type": "MICROPAY",
        "trade_state": "SUCCESS",
        "success_time": "2018-06-08T10:34:56+08:00",
    }));
    let asked = Expected {
        out_trade_no: "20171014125314".into(),
        total_fee: Some(528_800),
        fee_type: Some("HKD".into()),
        ..Expected::default()
    };
    let answer = hong_kong().read_submit(&asked, &message.signed());

    assert_eq!(answer.verdict, S::Paid);
    for (name, value) in [
        ("transaction_id", json!("1008450740201411110005820873")),
        ("total_fee", json!(528_800)),
        ("fee_type", json!("HKD")),
        ("payer_total", json!(518_799)),
        ("cash_fee_type", json!("CNY")),
        ("rate", json!(80_000_000)),
        ("amount.exchange_rate.type", json!("SETTLEMENT_RATE")),
        ("paid_at", json!("2018-06-08T10:34:56+08:00")),
    ] {
        assert_eq!(answer.facts[name], value, "{name}");
    }
    assert!(!answer.facts.contains_key("id"));
}

#[test]
fn every_other_member_is_kept_under_its_dotted_name() {
    let message = Message::paid()
        .with(
            "/brand_new",
            json!({ "a": { "b": 1 }, "list": [{ "c": 2 }], "none": null, "empty": "" }),
        )
        .with("/amount/settlement_total", 880)
        .with("/success_time", "yesterday");
    let asked = Expected {
        submitted_at: None,
        ..expected()
    };
    let facts = gateway().read_query(&asked, &message.signed()).facts;

    assert_eq!(facts["brand_new.a.b"], 1);
    assert_eq!(facts["brand_new.list"], json!([{ "c": 2 }]));
    assert_eq!(facts["amount.settlement_total"], 880);
    assert_eq!(facts["success_time"], "yesterday");
    for absent in [
        "paid_at",
        "brand_new.none",
        "brand_new.empty",
        "brand_new",
        "amount",
    ] {
        assert!(!facts.contains_key(absent), "{absent}");
    }
}

#[test]
fn an_answer_cannot_speak_in_the_librarys_own_words() {
    let words = [
        "advice",
        "code",
        "gateway",
        "host",
        "message",
        "openid",
        "paid_at",
        "payer_total",
        "prompt",
        "replayed",
        "request_id",
        "reversal",
        "status",
        "status_name",
        "total_fee",
    ];
    let mut message = Message::paid();
    for word in words {
        message = message.with(&format!("/{word}"), "hand_over");
    }
    let answer = gateway().read_submit(&expected(), &message.signed());

    assert_eq!(answer.verdict, S::Paid);
    for word in words {
        assert_ne!(answer.facts.get(word), Some(&"hand_over".into()), "{word}");
    }
}

#[test]
fn any_offset_of_the_payments_time_is_the_same_moment() {
    for time in ["2014-10-30T05:35:25Z", "2014-10-30T00:35:25-05:00"] {
        let message = Message::paid().with("/success_time", time);
        let answer = gateway().read_query(&expected(), &message.signed());
        assert_eq!(answer.verdict, Q::Paid);
        assert_eq!(answer.facts["paid_at"], "2014-10-30T13:35:25+08:00");
    }
}

#[test]
fn an_error_tells_its_code_text_and_field_and_that_nobody_signed_it() {
    let message = Message::refused("PARAM_ERROR", "参数错误").with(
        "/detail",
        json!({ "field": "/payer/auth_code", "value": "134539517967686076", "issue": "?" }),
    );
    let answer = gateway().read_submit(&expected(), &message.unsigned(400));

    assert_eq!(answer.verdict, S::Rejected);
    assert_eq!(answer.code.as_deref(), Some("PARAM_ERROR"));
    assert_eq!(
        answer.code_message.as_deref(),
        Some("参数错误 (/payer/auth_code)")
    );
    assert_eq!(answer.why, "HTTP status 400, code PARAM_ERROR, unverified");
    assert_eq!(answer.facts.keys().collect::<Vec<_>>(), ["request_id"]);
    assert_eq!((answer.forged, answer.signed_at), (false, None));

    let signed = gateway().read_submit(&expected(), &signed(400, message.body()));
    assert_eq!(signed.verdict, S::Rejected);
    assert_eq!(signed.why, "HTTP status 400, code PARAM_ERROR");
    assert_eq!(signed.signed_at, Some(NOW));
}

#[test]
fn the_settings_to_look_at_are_named() {
    for (code, setting) in [
        ("SIGN_ERROR", "private_key"),
        ("APPID_MCHID_NOT_MATCH", "appid"),
        ("MCH_NOT_EXISTS", "mchid"),
    ] {
        let answer = gateway().read_query(&expected(), &Message::refused(code, "").unsigned(401));
        assert_eq!(answer.verdict, Q::Rejected);
        assert!(answer.why.contains(setting), "{}", answer.why);
    }
}

#[test]
fn userpaying_is_told_as_a_code_in_whichever_form_it_comes() {
    let paying = Message::state("USERPAYING").with("/trade_state_desc", "需要用户输入支付密码");
    for reply in [
        signed(200, paying.body()),
        signed(202, paying.body()),
        Message::refused("USERPAYING", "需要用户输入支付密码").unsigned(400),
        signed(
            500,
            Message::refused("USERPAYING", "需要用户输入支付密码").body(),
        ),
    ] {
        let answer = gateway().read_submit(&expected(), &reply);
        assert_eq!(answer.verdict, S::Unclear);
        assert_eq!(answer.code.as_deref(), Some("USERPAYING"));
        assert_eq!(answer.code_message.as_deref(), Some("需要用户输入支付密码"));
        assert!(!answer.forged);
    }
    let query = gateway().read_query(&expected(), &signed(200, paying.body()));
    assert_eq!((query.verdict, query.code), (Q::Paying, None));
}

#[test]
fn payerror_is_reported_as_the_code_with_its_text() {
    let message = Message::state("PAYERROR").with("/trade_state_desc", "支付失败,请撤销订单");
    let query = gateway().read_query(&expected(), &message.signed());
    let submit = gateway().read_submit(&expected(), &message.signed());

    assert_eq!((query.verdict, submit.verdict), (Q::Failed, S::Unclear));
    for (code, text) in [
        (query.code, query.code_message),
        (submit.code, submit.code_message),
    ] {
        assert_eq!(code.as_deref(), Some("PAYERROR"));
        assert_eq!(text.as_deref(), Some("支付失败,请撤销订单"));
    }
}

#[test]
fn an_order_that_the_till_only_asks_about_is_compared_with_nothing() {
    let asked = Expected {
        out_trade_no: OUT_TRADE_NO.into(),
        ..Expected::default()
    };
    let answer = gateway().read_query(&asked, &Message::paid().signed());
    assert_eq!(answer.verdict, Q::Paid);
    assert_eq!(answer.facts["total_fee"], 888);
}

#[test]
fn an_attach_that_was_cut_to_what_an_answer_holds_is_still_ours() {
    let asked = |attach: &str| Expected {
        attach: Some(attach.into()),
        ..expected()
    };
    let verdict = |asked: &Expected, echoed: &str| {
        let message = Message::paid().with("/attach", echoed);
        gateway().read_query(asked, &message.signed()).verdict
    };
    let ascii = "a".repeat(128);
    assert_eq!(verdict(&asked(&ascii), &ascii), Q::Paid);
    assert_eq!(verdict(&asked(&ascii), &ascii[..127]), Q::Paid);
    // As much room as one character may need, and not a byte more.
    assert_eq!(verdict(&asked(&ascii), &ascii[..124]), Q::Paid);
    assert_eq!(verdict(&asked(&ascii), &ascii[..123]), Q::Conflict);
    assert_eq!(verdict(&asked(&ascii), &ascii[..100]), Q::Conflict);
    assert_eq!(verdict(&asked(&ascii), &"b".repeat(127)), Q::Conflict);
    assert_eq!(verdict(&asked(&ascii[..127]), &ascii[..126]), Q::Conflict);
    let four_bytes_each = "🍜".repeat(32);
    assert_eq!(verdict(&asked(&four_bytes_each), &"🍜".repeat(31)), Q::Paid);
    assert_eq!(
        verdict(&asked(&four_bytes_each), &"🍜".repeat(30)),
        Q::Conflict
    );
}

#[test]
fn reasons_never_show_a_secret_and_are_short() {
    let long = "X".repeat(5000);
    for reply in [
        Message::paid().signed(),
        Message::paid().unsigned(200),
        Message::paid().with("/amount/total", 1).signed(),
        Message::state(&long).signed(),
        Message::refused(&long, &long).unsigned(400),
        Message::refused("PARAM_ERROR", &long)
            .with("/detail", json!({ "field": &long }))
            .unsigned(400),
        with_header(
            Message::paid().signed(),
            "wechatpay-signature",
            Some("c2VjcmV0"),
        ),
        reply(502, "<html>secret</html>"),
    ] {
        let signature = reply.header("wechatpay-signature").map(str::to_owned);
        let submit = gateway().read_submit(&expected(), &reply);
        let query = gateway().read_query(&expected(), &reply);
        let reverse = gateway().read_reverse(&expected(), &reply);
        for (why, code, text) in [
            (submit.why, submit.code, submit.code_message),
            (query.why, query.code, query.code_message),
            (reverse.why, reverse.code, reverse.code_message),
        ] {
            assert!(!why.is_empty() && why.len() < 160, "{why}");
            assert!(
                !why.contains("oUpF8uN95") && !why.contains("secret"),
                "{why}"
            );
            if let Some(signature) = &signature {
                assert!(!why.contains(signature.as_str()));
            }
            assert!(code.is_none_or(|code| code.len() <= 64));
            assert!(text.is_none_or(|text| text.len() <= 256));
        }
    }
}

#[test]
fn a_reverse_is_done_with_and_without_a_body() {
    for reply in [
        Message::reversed().signed(),
        signed(204, ""),
        signed(200, ""),
        signed(200, "{}"),
    ] {
        let answer = gateway().read_reverse(&expected(), &reply);
        assert_eq!(answer.verdict, R::Done, "{}", answer.why);
    }
}

#[test]
fn the_time_of_a_signed_answer_counts_even_if_its_body_is_unreadable() {
    for body in ["[]", "{"] {
        let answer = gateway().read_query(&expected(), &signed(200, body));
        assert_eq!((answer.verdict, answer.signed_at), (Q::Unclear, Some(NOW)));
    }
}

#[test]
fn an_answer_is_read_up_to_a_mebibyte_and_an_error_up_to_64_kibibytes() {
    let padded = |message: &Message, length: usize| {
        let mut body = message.body();
        body.push_str(&" ".repeat(length - body.len()));
        body
    };
    let query = |reply: &Reply| gateway().read_query(&expected(), reply);
    let mebibyte = 1 << 20;
    assert_eq!(
        query(&signed(200, padded(&Message::paid(), mebibyte))).verdict,
        Q::Paid
    );
    let longer = query(&signed(200, padded(&Message::paid(), mebibyte + 1)));
    assert_eq!(longer.verdict, Q::Unclear);
    assert!(
        longer.why.contains("longer than 1048576 bytes"),
        "{}",
        longer.why
    );

    let refused = Message::refused("ORDER_NOT_EXIST", "");
    assert_eq!(
        query(&reply(404, padded(&refused, 64 << 10))).verdict,
        Q::NotFound
    );
    let longer = query(&reply(404, padded(&refused, (64 << 10) + 1)));
    assert_eq!((longer.verdict, longer.code), (Q::Unclear, None));
}
