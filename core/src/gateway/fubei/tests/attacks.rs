//! Answers that are damaged, about something else, or not what they seem.

use proptest::prelude::*;

use super::*;
use crate::gateway::Gateway;
use crate::gateway::fubei::{form, message};
use crate::verdict::QueryVerdict as Q;
use crate::verdict::ReverseVerdict as R;
use crate::verdict::SubmitVerdict as S;

/// No operation believes it, and nothing of it is told.
fn disbelieved(reply: &Reply, forged: bool) {
    let submit = gateway().read_submit(&expected(), reply);
    let query = gateway().read_query(&expected(), reply);
    let reverse = gateway().read_reverse(&expected(), reply);
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

/// The success sample of the document, letter by letter: there is no comma after `trade_state`.
const DOCUMENTED: &str = r#"{
"result_code": 200,
"data": {
"merchant_order_sn":"20160120105532871512",
"order_sn":"20160119233754227705",
"trade_no":"2018092616294901086756739438",
"trade_state":"SUCCESS"
"total_fee":80.00,
"pay_time":1478574762,
"type":1,
"discount_money":20.00,
"buyer_pay_amount":79.90,
"attach":"",
"store_id":123,
"cashier_id":0,
"user_id":"",
"device_no":"123456",
"body":"",
"user_logon_id":"",
"cash_coupon_fee":0.1,
"fee":0.04
},
"result_message": "成功"
}"#;

#[test]
fn the_documents_own_sample_is_unreadable_and_with_its_comma_it_is_paid() {
    disbelieved(&reply(200, DOCUMENTED), false);

    let mended = DOCUMENTED.replace("\"SUCCESS\"\n", "\"SUCCESS\",\n");
    let asked = Expected {
        total_fee: Some(10_000),
        attach: None,
        ..expected()
    };
    let answer = gateway().read_submit(&asked, &reply(200, mended));
    assert_eq!(answer.verdict, S::Paid, "{}", answer.why);
    assert_eq!(answer.facts["total_fee"], 10_000);
    assert_eq!(answer.facts["settlement_total_fee"], 8000);
    assert_eq!(answer.facts["payer_total"], 7990);
}

#[test]
fn the_documents_failure_sample_is_a_refusal_to_be_confirmed() {
    let body = r#"{"result_code": 400,"data": {"merchant_order_sn":"20160120105532871512"},"result_message": "失败","sub_code":"ERROR_CODE"}"#;
    let answer = gateway().read_submit(&expected(), &reply(200, body));
    assert_eq!(answer.verdict, S::Declined { listed: false });
}

#[test]
fn an_answer_about_another_order_is_as_good_as_forged() {
    for other in ["20160120105532871513", "20160120105532871512 ", "0"] {
        disbelieved(&ok(&PAID.replace(OUT_TRADE_NO, other)), true);
        disbelieved(&ok(&state("REVOKED").replace(OUT_TRADE_NO, other)), true);
    }
    let number = PAID.replace(&format!("\"{OUT_TRADE_NO}\""), "20160120");
    disbelieved(&ok(&number), true);
    let refusal = refused("400", "NOTENOUGH", "").body;
    let other = String::from_utf8(refusal)
        .unwrap()
        .replace(OUT_TRADE_NO, "A2");
    disbelieved(&reply(200, other), true);
}

#[test]
fn an_answer_about_another_merchant_is_as_good_as_forged() {
    for name in ["merchant_id", "uid"] {
        let data = |id: &str| PAID_2.replacen('{', &format!(r#"{{"{name}":{id},"#), 1);
        let read = |data: &str| vendor().read_query(&expected(), &ok(data));
        assert_eq!(read(&data("1227366")).verdict, Q::Paid);
        assert_eq!(read(&data("\"1227366\"")).verdict, Q::Paid);
        let other = read(&data("1227367"));
        assert!(other.forged && other.facts.is_empty());
        assert_eq!(other.verdict, Q::Unclear);
        // A merchant for itself does not know its number.
        assert_eq!(
            second()
                .read_query(&expected(), &ok(&data("1227367")))
                .verdict,
            Q::Paid
        );
    }
}

#[test]
fn another_amount_or_attach_is_a_conflict_and_never_paid() {
    for (from, to) in [
        (r#""order_price":8.88"#, r#""order_price":8.87"#),
        (r#""order_price":8.88"#, r#""order_price":"88.80""#),
        (r#""attach":"till 3""#, r#""attach":"till 4""#),
    ] {
        let data = PAID.replace(from, to);
        assert_ne!(data, PAID);
        assert_eq!(
            gateway().read_submit(&expected(), &ok(&data)).verdict,
            S::Unclear
        );
        assert_eq!(
            gateway().read_query(&expected(), &ok(&data)).verdict,
            Q::Conflict
        );
    }
    let other = PAID_2.replace(r#""total_amount":8.88"#, r#""total_amount":0.01"#);
    assert_eq!(
        second().read_query(&expected(), &ok(&other)).verdict,
        Q::Conflict
    );
    let without = PAID
        .replace(r#""order_price":8.88,"#, "")
        .replace(r#""total_fee":8.88"#, r#""total_fee":8.80"#);
    assert_eq!(
        gateway().read_query(&expected(), &ok(&without)).verdict,
        Q::Conflict
    );
    // No echo, or an empty one, is no contradiction.
    for silent in [
        PAID.replace(r#""attach":"till 3","#, ""),
        PAID.replace(r#""attach":"till 3""#, r#""attach":"""#),
        PAID.replace(r#""attach":"till 3""#, r#""attach":null"#),
    ] {
        assert_eq!(
            gateway().read_query(&expected(), &ok(&silent)).verdict,
            Q::Paid
        );
    }
}

#[test]
fn an_amount_that_is_no_plain_decimal_proves_nothing() {
    for amount in [
        "8.888",
        "8.881",
        "888e-2",
        "0.888e1",
        "1e3",
        "-8.88",
        "8.880000000000001",
        "\"8.888\"",
        "\"1e3\"",
        "\"+8.88\"",
        "\" 8.88\"",
        "\"8,88\"",
        "\"\"",
        "null",
        "true",
        "[8.88]",
        "{}",
        "99999999999999999999999",
    ] {
        let data = PAID_2.replace(
            r#""total_amount":8.88"#,
            &format!(r#""total_amount":{amount}"#),
        );
        assert_ne!(data, PAID_2);
        let read = second().read_submit(&expected(), &ok(&data));
        assert_eq!(read.verdict, S::Unclear, "{amount}");
        let read = second().read_query(&expected(), &ok(&data));
        assert_eq!(read.verdict, Q::Unclear, "{amount}");
    }
}

#[test]
fn a_payment_from_before_the_submit_is_foreign() {
    let later = |seconds: i64| Expected {
        submitted_at: Some(PAID_AT + seconds),
        ..expected()
    };
    for (gateway, data) in [(gateway(), PAID), (second(), PAID_2)] {
        assert_eq!(
            gateway.read_query(&later(61), &ok(data)).verdict,
            Q::Foreign
        );
        assert_eq!(
            gateway.read_submit(&later(61), &ok(data)).verdict,
            S::Unclear
        );
        assert_eq!(gateway.read_query(&later(60), &ok(data)).verdict, Q::Paid);
    }
}

#[test]
fn a_name_given_twice_is_unreadable_wherever_it_stands() {
    let body = String::from_utf8(ok(PAID).body).unwrap();
    for (from, to) in [
        (
            r#"{"result_code":200,"#,
            r#"{"result_code":400,"result_code":200,"#,
        ),
        (
            r#""trade_state":"SUCCESS""#,
            r#""trade_state":"USERPAYING","trade_state":"SUCCESS""#,
        ),
        (
            r#""order_price":8.88"#,
            r#""order_price":8.88,"order_price":0.01"#,
        ),
        (
            r#""attach":"till 3""#,
            r#""attach":"till 3","\u0061ttach":"till 4""#,
        ),
    ] {
        let twice = body.replacen(from, to, 1);
        assert_ne!(twice, body);
        disbelieved(&reply(200, twice), false);
    }
    let inner = PAID.replace(
        r#""total_fee":8.88"#,
        r#""total_fee":8.88,"total_fee":8.88"#,
    );
    disbelieved(&ok(&Value::from(inner).to_string()), false);
}

#[test]
fn an_answer_cut_anywhere_is_not_believed() {
    let whole = ok(PAID).body;
    for end in 0..whole.len() {
        let cut = reply(200, &whole[..end]);
        assert_eq!(
            gateway().read_submit(&expected(), &cut).verdict,
            S::Unclear,
            "{end}"
        );
        assert_eq!(
            gateway().read_reverse(&expected(), &cut).verdict,
            R::Unclear,
            "{end}"
        );
    }
}

#[test]
fn what_is_no_envelope_is_no_answer() {
    let deep = format!(
        "{{\"result_code\":200,\"data\":{}{}}}",
        "[".repeat(1000),
        "]".repeat(1000)
    );
    let endless = format!(
        "{{\"result_code\":200,\"x\":\"{}\"}}",
        "x".repeat(1024 * 1024)
    );
    for body in [
        "",
        "null",
        "[]",
        "200",
        "\"200\"",
        "{}",
        "{\"data\":{}}",
        "{\"result_code\":null}",
        "<html>502</html>",
        "{\"result_code\":200,\"data\":1}",
        "{\"result_code\":200,\"data\":\"x\"}",
        "{\"result_code\":200,\"data\":[1]}",
        "{\"result_code\":200,\"data\":\"\\\"{}\\\"\"}",
        "\u{feff}{\"result_code\":200}",
        &deep,
        &endless,
    ] {
        disbelieved(&reply(200, body), false);
    }
    disbelieved(
        &reply(
            200,
            b"{\"result_code\":200,\"data\":{\"a\":\"\xff\"}}".to_vec(),
        ),
        false,
    );
}

#[test]
fn texts_from_outside_cannot_blow_up_a_log() {
    let long = "码".repeat(10_000);
    let answer = gateway().read_submit(
        &expected(),
        &refused("400", &long, &format!("\u{1b}[2J{long}")),
    );
    assert!(answer.why.len() < 400);
    assert_eq!(answer.code.unwrap().chars().count(), 64);
    assert_eq!(answer.code_message.unwrap().chars().count(), 256);
    let answer = gateway().read_query(&expected(), &ok(&state("\\u001b[2J")));
    assert!(!answer.why.contains('\u{1b}'));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_without_a_panic(bytes: Vec<u8>) {
        let _ = message::Envelope::read(&bytes);
        let _ = form::parse(&bytes);
        let reply = reply(200, bytes);
        prop_assert_eq!(gateway().read_submit(&expected(), &reply).verdict, S::Unclear);
    }

    #[test]
    fn any_data_is_read_or_refused_without_a_panic(data in "[\\[\\]{}\",:a10.e \\-]{0,32}") {
        let reply = ok(&data);
        prop_assert_ne!(gateway().read_submit(&expected(), &reply).verdict, S::Paid);
    }

    #[test]
    fn no_single_changed_byte_of_what_proves_a_payment_leaves_it_another_payment(
        at in 0..PAID.len(),
        byte in 0x20_u8..0x7f,
    ) {
        let mut data = PAID.as_bytes().to_vec();
        data[at] = byte;
        let data = String::from_utf8(data).unwrap();
        let answer = gateway().read_submit(&expected(), &ok(&data));
        if answer.verdict == S::Paid {
            prop_assert_eq!(&answer.facts["total_fee"], 888);
            prop_assert_eq!(&answer.facts["out_trade_no"], OUT_TRADE_NO);
        }
    }

    #[test]
    fn any_field_is_taken_or_refused_without_a_panic(name in "[a-z_]{1,12}", value: String) {
        for gateway in [gateway(), second(), vendor()] {
            let _ = Gateway::order(&gateway, &sale_with(&[(&name, &value)]));
            let _ = Gateway::order(&gateway, &sale_with(&[("detail", &value), ("body", &value)]));
        }
    }
}
