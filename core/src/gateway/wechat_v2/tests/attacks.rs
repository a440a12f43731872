//! Answers that somebody else made, changed or cut.

use super::*;
use crate::gateway::Gateway;
use crate::verdict::QueryVerdict as Q;
use crate::verdict::ReverseVerdict as R;
use crate::verdict::SubmitVerdict as S;

/// A message that every operation would take for the best of news.
fn good_news() -> Message {
    Message::paid()
        .with("trade_state", "SUCCESS")
        .with("recall", "N")
}

/// No operation believes it, and nothing of it is told.
fn disbelieved(gateway: &WechatV2, reply: &Reply, forged: bool) {
    let submit = gateway.read_submit(&expected(), reply);
    let query = gateway.read_query(&expected(), reply);
    let reverse = gateway.read_reverse(&expected(), reply);
    assert_eq!(submit.verdict, S::Unclear, "{}", submit.why);
    assert_eq!(query.verdict, Q::Unclear, "{}", query.why);
    assert_eq!(reverse.verdict, R::Unclear, "{}", reverse.why);
    for (facts, have, code) in [
        (submit.facts, submit.forged, submit.code),
        (query.facts, query.forged, query.code),
        (reverse.facts, reverse.forged, reverse.code),
    ] {
        assert!(facts.is_empty());
        assert_eq!(have, forged, "{reply:?}");
        assert_eq!(code, None);
    }
}

#[test]
fn the_good_news_themselves_are_believed() {
    let reply = good_news().signed().reply();
    assert_eq!(gateway().read_submit(&expected(), &reply).verdict, S::Paid);
    assert_eq!(gateway().read_query(&expected(), &reply).verdict, Q::Paid);
    assert_eq!(gateway().read_reverse(&expected(), &reply).verdict, R::Done);
}

#[test]
fn an_answer_whose_sign_was_stripped_is_forged() {
    disbelieved(
        &gateway(),
        &good_news().signed().without("sign").reply(),
        true,
    );
    disbelieved(
        &gateway(),
        &good_news().signed().with("sign", "").reply(),
        true,
    );
}

#[test]
fn a_refusal_whose_sign_was_stripped_is_no_refusal() {
    for code in [
        "NOTENOUGH",
        "SIGNERROR",
        "ORDERPAID",
        "ORDERNOTEXIST",
        "REVERSE_EXPIRE",
    ] {
        disbelieved(&gateway(), &Message::failed(code, "").reply(), true);
    }
}

#[test]
fn a_wrong_signature_is_forged() {
    for sign in [
        "0",
        "E0635D8F665727ACE62DEF430C22B9A4",
        &"A".repeat(64),
        &"A".repeat(10_000),
    ] {
        disbelieved(&gateway(), &good_news().with("sign", sign).reply(), true);
    }
    let other_key = good_news().signed_with("another key", SignType::HmacSha256);
    disbelieved(&gateway(), &other_key.reply(), true);
    let no_key = good_news().signed_with("", SignType::HmacSha256);
    disbelieved(&gateway(), &no_key.reply(), true);
}

#[test]
fn the_other_algorithms_signature_is_forged_both_ways() {
    let md5 = WechatV2::new(WechatV2Config {
        sign_type: SignType::Md5,
        ..config()
    });
    let signed = |sign_type| good_news().signed_with(KEY, sign_type).reply();

    disbelieved(&gateway(), &signed(SignType::Md5), true);
    disbelieved(&md5, &signed(SignType::HmacSha256), true);
    let answer = md5.read_submit(&expected(), &signed(SignType::Md5));
    assert_eq!(answer.verdict, S::Paid);
    // What the answer itself says of its algorithm does not count.
    let lying = good_news()
        .with("sign_type", "MD5")
        .signed_with(KEY, SignType::Md5);
    disbelieved(&gateway(), &lying.reply(), true);
}

#[test]
fn a_lower_case_signature_is_as_good() {
    let message = good_news().signed();
    let sign = message
        .0
        .iter()
        .find(|(name, _)| name == "sign")
        .unwrap()
        .1
        .to_lowercase();
    let answer = gateway().read_submit(&expected(), &message.with("sign", &sign).reply());
    assert_eq!(answer.verdict, S::Paid);
}

#[test]
fn an_answer_about_another_order_or_merchant_is_forged_though_signed() {
    for (name, value) in [
        ("out_trade_no", "1217752501201407033233368019"),
        ("out_trade_no", "1217752501201407033233368018 "),
        ("mch_id", "10000101"),
        ("appid", "wx0000000000000000"),
    ] {
        disbelieved(
            &gateway(),
            &good_news().with(name, value).signed().reply(),
            true,
        );
    }
    for name in ["mch_id", "appid"] {
        disbelieved(
            &gateway(),
            &good_news().without(name).signed().reply(),
            true,
        );
    }
}

#[test]
fn an_answer_about_another_shop_is_forged_and_one_about_no_shop_proves_nothing() {
    let gateway = institution();
    let other = good_news().with("sub_mch_id", "1").signed().reply();
    disbelieved(&gateway, &other, true);

    let none = good_news().signed().reply();
    assert_eq!(gateway.read_submit(&expected(), &none).verdict, S::Unclear);
    assert_eq!(gateway.read_query(&expected(), &none).verdict, Q::Unclear);

    let ours = good_news().with("sub_mch_id", "452532745").signed().reply();
    assert_eq!(gateway.read_submit(&expected(), &ours).verdict, S::Paid);
    let asked = Expected {
        sub_mch_id: Some("777".into()),
        ..expected()
    };
    let answer = gateway.read_submit(&asked, &ours);
    assert!(answer.forged, "the request's own shop was asked for");
}

#[test]
fn a_paid_answer_that_does_not_name_its_order_proves_nothing() {
    let reply = good_news().without("out_trade_no").signed().reply();
    assert_eq!(
        gateway().read_submit(&expected(), &reply).verdict,
        S::Unclear
    );
    assert_eq!(
        gateway().read_query(&expected(), &reply).verdict,
        Q::Unclear
    );
}

#[test]
fn an_answer_to_a_question_by_transaction_must_be_about_that_transaction() {
    let asked = Expected {
        transaction_id: Some("4200001212282111030178445712".into()),
        ..Expected::default()
    };
    let query = |message: Message| gateway().read_query(&asked, &message.signed().reply());

    let answer = query(good_news());
    assert_eq!(answer.verdict, Q::Paid);
    assert_eq!(answer.facts["out_trade_no"], OUT_TRADE_NO);

    let other = query(good_news().with("transaction_id", "4200001212282111030178445713"));
    assert!(other.forged && other.facts.is_empty());
    assert_eq!(other.verdict, Q::Unclear);
    for state in ["SUCCESS", "REFUND", "CLOSED", "REVOKED"] {
        let message = good_news().with("trade_state", state);
        assert_eq!(
            query(message.clone().without("transaction_id")).verdict,
            Q::Unclear
        );
        assert_eq!(query(message.without("out_trade_no")).verdict, Q::Unclear);
    }
}

#[test]
fn a_changed_amount_currency_or_attach_is_a_conflict_even_if_signed() {
    for (name, value) in [
        ("total_fee", "887"),
        ("total_fee", "1"),
        ("fee_type", "USD"),
        ("attach", "till 4"),
    ] {
        let message = good_news().with(name, value);
        let signed = message.clone().signed().reply();
        assert_eq!(
            gateway().read_submit(&expected(), &signed).verdict,
            S::Unclear,
            "{name}"
        );
        let answer = gateway().read_query(&expected(), &signed);
        assert_eq!(answer.verdict, Q::Conflict, "{name}");
        assert!(!answer.forged && !answer.facts.is_empty());

        let sign = good_news().signed();
        let sign = &sign.0.iter().find(|(name, _)| name == "sign").unwrap().1;
        disbelieved(&gateway(), &message.with("sign", sign).reply(), true);
    }
}

#[test]
fn an_amount_that_is_no_integer_proves_nothing() {
    for fee in [
        "8.88",
        "888.0",
        "+888",
        " 888",
        "-888",
        "0x378",
        "",
        "99999999999999999999",
    ] {
        let reply = good_news().with("total_fee", fee).signed().reply();
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
}

#[test]
fn a_payment_from_before_the_submit_is_foreign() {
    let later = Expected {
        submitted_at: Some(PAID_AT + 61),
        ..expected()
    };
    let reply = good_news().signed().reply();
    assert_eq!(gateway().read_query(&later, &reply).verdict, Q::Foreign);
    assert_eq!(gateway().read_submit(&later, &reply).verdict, S::Unclear);

    let tolerable = Expected {
        submitted_at: Some(PAID_AT + 60),
        ..expected()
    };
    assert_eq!(gateway().read_query(&tolerable, &reply).verdict, Q::Paid);
    let no_time = good_news().with("time_end", "yesterday").signed().reply();
    assert_eq!(
        gateway().read_query(&expected(), &no_time).verdict,
        Q::Unclear
    );
}

#[test]
fn an_unknown_field_is_part_of_what_is_signed() {
    let signed = good_news().with("brand_new_field", "x").signed();
    let answer = gateway().read_submit(&expected(), &signed.reply());
    assert_eq!(answer.verdict, S::Paid);
    assert_eq!(answer.facts["brand_new_field"], "x");

    disbelieved(
        &gateway(),
        &good_news().signed().with("brand_new_field", "x").reply(),
        true,
    );
    disbelieved(&gateway(), &signed.without("brand_new_field").reply(), true);
}

#[test]
fn a_field_given_twice_is_unreadable_wherever_the_second_one_stands() {
    let message = good_news().signed().xml();
    for second in [
        "<total_fee>1</total_fee>",
        "<result_code>FAIL</result_code>",
        "<sign/>",
    ] {
        let after = message.replace("</xml>", &format!("{second}</xml>"));
        let before = message.replacen("<xml>", &format!("<xml>{second}"), 1);
        disbelieved(&gateway(), &reply(200, after), false);
        disbelieved(&gateway(), &reply(200, before), false);
    }
}

#[test]
fn an_external_entity_probe_is_refused_unread() {
    let message = good_news().signed().xml();
    for probe in [
        "<!DOCTYPE foo [<!ENTITY xxe SYSTEM \"http://tst.qq.com/xxe_inject/1\">]>",
        "<!DOCTYPE foo [<!ENTITY % xxe SYSTEM \"file:///etc/passwd\"> %xxe;]>",
        "<!DOCTYPE foo SYSTEM \"http://tst.qq.com/foo.dtd\">",
        "<!DOCTYPE xml>",
        "<?xml version=\"1.0\"?><!DOCTYPE foo [<!ELEMENT foo ANY>]>",
    ] {
        disbelieved(&gateway(), &reply(200, format!("{probe}{message}")), false);
    }
    let used = message.replace("till 3", "]]>&xxe;<![CDATA[");
    disbelieved(&gateway(), &reply(200, used), false);
}

#[test]
fn entities_that_expand_into_each_other_are_refused() {
    let bomb = "<!DOCTYPE xml [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\"><!ENTITY c \"&b;&b;\">]>\
                <xml><return_code>&c;</return_code></xml>";
    disbelieved(&gateway(), &reply(200, bomb), false);
}

#[test]
fn cdata_cannot_hide_a_field_or_open_one() {
    let message = good_news().signed();
    let hidden = message.xml().replace(
        "<attach><![CDATA[till 3]]></attach>",
        "<attach><![CDATA[till 3]]><![CDATA[</attach><total_fee>1</total_fee><attach>]]></attach>",
    );
    disbelieved(&gateway(), &reply(200, hidden), true);

    let split = message
        .xml()
        .replace("<![CDATA[till 3]]>", "<![CDATA[ti]]>ll&#32;<![CDATA[3]]>");
    let answer = gateway().read_submit(&expected(), &reply(200, split));
    assert_eq!(
        answer.verdict,
        S::Paid,
        "the same characters are the same value"
    );

    let commented = message
        .xml()
        .replace("<![CDATA[till 3]]>", "till<!-- --> 3");
    disbelieved(&gateway(), &reply(200, commented), false);
    let nested = message.xml().replace("<![CDATA[till 3]]>", "<b>till 3</b>");
    disbelieved(&gateway(), &reply(200, nested), false);
}

#[test]
fn an_answer_cut_anywhere_is_not_believed() {
    let whole = good_news().signed().xml();
    for end in (0..whole.len()).step_by(7) {
        let reply = reply(200, &whole.as_bytes()[..end]);
        assert_eq!(
            gateway().read_submit(&expected(), &reply).verdict,
            S::Unclear,
            "{end}"
        );
        assert_eq!(
            gateway().read_reverse(&expected(), &reply).verdict,
            R::Unclear,
            "{end}"
        );
    }
}

#[test]
fn a_signed_answer_whose_return_code_was_changed_is_not_believed() {
    for value in ["", "success", "OK", "SUCCESS "] {
        let reply = good_news().signed().with("return_code", value).reply();
        assert_eq!(
            gateway().read_submit(&expected(), &reply).verdict,
            S::Unclear,
            "{value}"
        );
    }
    let failed = good_news().signed().with("return_code", "FAIL").reply();
    let answer = gateway().read_submit(&expected(), &failed);
    assert_eq!(answer.verdict, S::Unclear);
    assert!(answer.facts.is_empty());
}
