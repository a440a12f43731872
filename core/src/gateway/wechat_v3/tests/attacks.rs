//! Answers that somebody else made, changed, replayed or cut.

use super::*;
use crate::gateway::Gateway;
use crate::verdict::QueryVerdict as Q;
use crate::verdict::ReverseVerdict as R;
use crate::verdict::SubmitVerdict as S;

/// No operation believes it, and nothing of it is told.
fn disbelieved(gateway: &WechatV3, reply: &Reply, forged: bool) {
    let submit = gateway.read_submit(&expected(), reply);
    let query = gateway.read_query(&expected(), reply);
    let reverse = gateway.read_reverse(&expected(), reply);
    assert_eq!(submit.verdict, S::Unclear, "{}", submit.why);
    assert_eq!(query.verdict, Q::Unclear, "{}", query.why);
    assert_eq!(reverse.verdict, R::Unclear, "{}", reverse.why);
    for (facts, have, code, signed_at) in [
        (submit.facts, submit.forged, submit.code, submit.signed_at),
        (query.facts, query.forged, query.code, query.signed_at),
        (
            reverse.facts,
            reverse.forged,
            reverse.code,
            reverse.signed_at,
        ),
    ] {
        assert!(facts.is_empty(), "{facts:?}");
        assert_eq!(have, forged, "{reply:?}");
        assert_eq!(code, None);
        assert!(!forged || signed_at.is_none());
    }
}

#[test]
fn the_good_news_themselves_are_believed() {
    let reply = Message::paid().signed();
    assert_eq!(gateway().read_submit(&expected(), &reply).verdict, S::Paid);
    assert_eq!(gateway().read_query(&expected(), &reply).verdict, Q::Paid);
    assert_eq!(gateway().read_reverse(&expected(), &reply).verdict, R::Done);
}

#[test]
fn a_2xx_without_signature_is_forged_whatever_it_says() {
    for status in [200, 202, 204] {
        disbelieved(&gateway(), &Message::paid().unsigned(status), true);
        disbelieved(&gateway(), &reply(status, ""), true);
        disbelieved(
            &gateway(),
            &Message::state("USERPAYING").unsigned(status),
            true,
        );
    }
}

#[test]
fn a_signature_with_a_piece_missing_is_forged_on_errors_too() {
    for status in [200, 400, 401, 404, 500] {
        let message = match status {
            200 => Message::paid(),
            _ => Message::refused("SIGN_ERROR", "签名错误"),
        };
        for name in ["timestamp", "nonce", "serial", "signature"] {
            let name = format!("wechatpay-{name}");
            let whole = signed(status, message.body());
            disbelieved(&gateway(), &with_header(whole.clone(), &name, None), true);
            disbelieved(&gateway(), &with_header(whole, &name, Some("")), true);
        }
    }
}

#[test]
fn a_wrong_signature_is_forged_on_errors_too() {
    for status in [200, 400, 404, 500] {
        let whole = signed(status, Message::refused("ORDER_NOT_EXIST", "").body());
        for wrong in [
            "0",
            "AAAA",
            "c2lnbg==",
            &"A".repeat(344),
            &"A".repeat(10_000),
        ] {
            let reply = with_header(whole.clone(), "wechatpay-signature", Some(wrong));
            disbelieved(&gateway(), &reply, true);
        }
        let body = reply(status, Message::refused("ORDER_NOT_EXIST", "").body());
        let by_stranger = signed_by(&STRANGER, KEY_ID, NOW, body.clone());
        disbelieved(&gateway(), &by_stranger, true);
        let by_us = signed_by(&MERCHANT, KEY_ID, NOW, body);
        disbelieved(&gateway(), &by_us, true);
    }
}

#[test]
fn a_changed_body_header_or_status_word_breaks_the_signature() {
    let reply = Message::paid().signed();
    for (from, to) in [
        ("888", "889"),
        ("SUCCESS", "SUCCES5"),
        ("till 3", "till 4"),
        ("{", "{ "),
    ] {
        let mut changed = reply.clone();
        let body = String::from_utf8(changed.body).unwrap();
        changed.body = body.replacen(from, to, 1).into_bytes();
        disbelieved(&gateway(), &changed, true);
    }
    let nonce = with_header(reply.clone(), "wechatpay-nonce", Some("another"));
    disbelieved(&gateway(), &nonce, true);
    let time = (NOW + 1).to_string();
    disbelieved(
        &gateway(),
        &with_header(reply, "wechatpay-timestamp", Some(&time)),
        true,
    );
}

#[test]
fn a_replayed_answer_is_forged_once_it_is_stale() {
    for (age, believed) in [
        (0, true),
        (299, true),
        (-299, true),
        (300, false),
        (-300, false),
        (86_400, false),
    ] {
        let body = reply(200, Message::paid().body());
        let reply = signed_by(&PLATFORM, KEY_ID, NOW - age, body);
        if believed {
            let answer = gateway().read_submit(&expected(), &reply);
            assert_eq!(answer.verdict, S::Paid, "{age}");
            assert_eq!(answer.signed_at, Some(NOW - age));
        } else {
            disbelieved(&gateway(), &reply, true);
        }
    }
}

#[test]
fn without_any_idea_of_the_time_nothing_is_believed() {
    let mut reply = Message::paid().signed();
    reply.now = None;
    disbelieved(&gateway(), &reply, false);
    reply.date = Some(NOW);
    assert_eq!(gateway().read_submit(&expected(), &reply).verdict, S::Paid);
}

#[test]
fn a_key_that_nobody_has_told_is_asked_for() {
    let body = reply(200, Message::paid().body());
    let reply = signed_by(
        &STRANGER,
        "5DEA10EF55877E3CF6C33255C2E7DEFFF7E427EC",
        NOW,
        body,
    );
    disbelieved(&gateway(), &reply, true);
    let answer = gateway().read_submit(&expected(), &reply);
    assert_eq!(
        answer.unknown_key.as_deref(),
        Some("5DEA10EF55877E3CF6C33255C2E7DEFFF7E427EC")
    );
}

#[test]
fn a_probe_of_the_signature_check_is_no_answer() {
    let probe = "WECHATPAY/SIGNTEST/c2lnbmF0dXJlIHByb2Jl=";
    for status in [200, 400, 500] {
        let reply = signed(status, Message::refused("SIGN_ERROR", "").body());
        disbelieved(
            &gateway(),
            &with_header(reply, "wechatpay-signature", Some(probe)),
            true,
        );
    }
    let reply = with_header(Message::paid().signed(), "wechatpay-signature", Some(probe));
    disbelieved(&gateway(), &reply, true);
}

#[test]
fn an_answer_about_another_order_or_merchant_is_forged_though_signed() {
    for (name, value) in [
        ("/out_trade_no", "1217752501201407033233368019"),
        ("/out_trade_no", "1217752501201407033233368018 "),
        ("/mchid", "1230000110"),
        ("/appid", "wx0000000000000000"),
    ] {
        disbelieved(
            &gateway(),
            &Message::paid().with(name, value).signed(),
            true,
        );
    }
    for name in ["/mchid", "/out_trade_no"] {
        let number = Message::paid().with(name, 1_230_000_109_u64);
        disbelieved(&gateway(), &number.signed(), true);
    }
}

#[test]
fn an_answer_about_another_shop_is_forged_and_one_about_no_shop_proves_nothing() {
    let gateway = partner();
    for (name, value) in [
        ("/sub_mchid", "1"),
        ("/sp_mchid", "1"),
        ("/sp_appid", "wx0"),
    ] {
        let other = Message::paid_to_shop().with(name, value).signed();
        disbelieved(&gateway, &other, true);
    }
    for name in ["/sub_mchid", "/sp_mchid"] {
        let none = Message::paid_to_shop().without(name).signed();
        assert_eq!(gateway.read_submit(&expected(), &none).verdict, S::Unclear);
        assert_eq!(gateway.read_query(&expected(), &none).verdict, Q::Unclear);
    }
    // A direct merchant's answer names no service provider.
    let direct = Message::paid().signed();
    assert_eq!(
        gateway.read_submit(&expected(), &direct).verdict,
        S::Unclear
    );

    let ours = Message::paid_to_shop().signed();
    assert_eq!(gateway.read_submit(&expected(), &ours).verdict, S::Paid);
    let asked = Expected {
        sub_mch_id: Some("777".into()),
        ..expected()
    };
    assert!(
        gateway.read_submit(&asked, &ours).forged,
        "the request's own shop was asked for"
    );
}

#[test]
fn an_answer_to_a_question_by_transaction_must_be_about_that_transaction() {
    let asked = Expected {
        transaction_id: Some(TRANSACTION_ID.into()),
        ..Expected::default()
    };
    let query = |message: &Message| gateway().read_query(&asked, &message.signed());

    let answer = query(&Message::paid());
    assert_eq!(answer.verdict, Q::Paid);
    assert_eq!(answer.facts["out_trade_no"], OUT_TRADE_NO);
    for name in ["/transaction_id", "/id"] {
        let other = Message::paid().without("/transaction_id").with(name, "42");
        assert!(query(&other).forged);
    }
    let global = Message::paid()
        .without("/transaction_id")
        .with("/id", TRANSACTION_ID);
    assert_eq!(query(&global).verdict, Q::Paid);
    for state in [
        "SUCCESS", "REFUND", "CLOSED", "REVOKED", "NOTPAY", "PAYERROR",
    ] {
        let silent = Message::paid()
            .with("/trade_state", state)
            .without("/transaction_id");
        assert_eq!(query(&silent).verdict, Q::Unclear, "{state}");
        let no_number = Message::paid()
            .with("/trade_state", state)
            .without("/out_trade_no");
        assert_eq!(query(&no_number).verdict, Q::Unclear, "{state}");
    }
}

#[test]
fn a_changed_amount_currency_or_attach_is_a_conflict_even_if_signed() {
    for (name, value) in [
        ("/amount/total", json!(887)),
        ("/amount/total", json!(1)),
        ("/amount/total", json!(0)),
        ("/amount/currency", json!("USD")),
        ("/attach", json!("till 4")),
    ] {
        let reply = Message::paid().with(name, value).signed();
        let submit = gateway().read_submit(&expected(), &reply);
        assert_eq!(submit.verdict, S::Unclear, "{name}");
        let query = gateway().read_query(&expected(), &reply);
        assert_eq!(query.verdict, Q::Conflict, "{name}");
        assert!(!query.forged && !query.facts.is_empty());
    }
}

#[test]
fn an_amount_that_is_no_integer_proves_nothing() {
    for fee in [
        json!("888"),
        json!(888.0),
        json!(8.88),
        json!(-888),
        json!(null),
        json!([888]),
        json!({ "total": 888 }),
        json!(true),
        json!(u64::MAX),
    ] {
        let reply = Message::paid().with("/amount/total", fee.clone()).signed();
        assert_eq!(
            gateway().read_submit(&expected(), &reply).verdict,
            S::Unclear,
            "{fee}"
        );
        assert_eq!(
            gateway().read_query(&expected(), &reply).verdict,
            Q::Unclear,
            "{fee}"
        );
    }
    for amount in [json!(888), json!([]), json!(null), json!({})] {
        let reply = Message::paid().with("/amount", amount).signed();
        assert_eq!(
            gateway().read_query(&expected(), &reply).verdict,
            Q::Unclear
        );
    }
}

#[test]
fn a_payment_from_before_the_submit_is_foreign() {
    let later = Expected {
        submitted_at: Some(PAID_AT + 61),
        ..expected()
    };
    let reply = Message::paid().signed();
    assert_eq!(gateway().read_query(&later, &reply).verdict, Q::Foreign);
    assert_eq!(gateway().read_submit(&later, &reply).verdict, S::Unclear);

    let tolerable = Expected {
        submitted_at: Some(PAID_AT + 60),
        ..expected()
    };
    assert_eq!(gateway().read_query(&tolerable, &reply).verdict, Q::Paid);
    for time in [
        json!("yesterday"),
        json!(PAID_AT),
        json!("2014-10-30T13:35:25"),
    ] {
        let no_time = Message::paid().with("/success_time", time).signed();
        assert_eq!(
            gateway().read_query(&expected(), &no_time).verdict,
            Q::Unclear
        );
    }
}

#[test]
fn a_name_given_twice_is_unreadable_though_signed() {
    let body = Message::paid().body();
    for second in [
        "\"out_trade_no\":\"1217752501201407033233368018\",",
        "\"trade_state\":\"SUCCESS\",",
        "\"trade_\\u0073tate\":\"NOTPAY\",",
    ] {
        let twice = body.replacen('{', &format!("{{{second}"), 1);
        disbelieved(&gateway(), &signed(200, twice), false);
    }
    let inside = body.replace("\"total\":888", "\"total\":888,\"total\":1");
    disbelieved(&gateway(), &signed(200, inside), false);
}

#[test]
fn an_answer_cut_anywhere_is_not_believed() {
    let whole = Message::paid().body();
    for end in (0..whole.len()).step_by(7) {
        let mut cut = Message::paid().signed();
        cut.body.truncate(end);
        disbelieved(&gateway(), &cut, true);
        // Even if what is left was signed.
        let reply = signed(200, &whole.as_bytes()[..end]);
        assert_eq!(
            gateway().read_submit(&expected(), &reply).verdict,
            S::Unclear
        );
    }
}
