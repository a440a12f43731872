//! Callbacks.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::gateway::fubei::form::{self, FormError};
use crate::gateway::{ExpectedRefund, Notice, NoticeError, Notification, Notifications};
use crate::outcome::Facts;
use crate::verdict::{QueryVerdict, RefundVerdict};

type Pairs = Vec<(&'static str, String)>;

fn pairs(data: &str) -> Pairs {
    vec![
        ("result_code", "200".into()),
        ("result_message", "success".into()),
        ("data", data.into()),
    ]
}

/// Signs on its own; `skip_empty` is the other reading.
fn signature(pairs: &Pairs, skip_empty: bool, secret: &str) -> String {
    let mut parts: Vec<_> = pairs
        .iter()
        .filter(|(_, value)| !skip_empty || !value.is_empty())
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    parts.sort();
    md5_hex_upper(format!("{}{secret}", parts.join("&")).as_bytes())
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut form, byte| {
        match byte {
            b' ' => form.push('+'),
            byte if byte.is_ascii_alphanumeric() => form.push(char::from(byte)),
            byte => write!(form, "%{byte:02X}").unwrap(),
        }
        form
    })
}

fn body(pairs: &Pairs, sign: &str) -> String {
    let mut parts: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", escaped(value)))
        .collect();
    parts.push(format!("sign={sign}"));
    parts.join("&")
}

pub(super) fn signed(data: &str) -> String {
    let pairs = pairs(data);
    let sign = signature(&pairs, false, SECRET);
    body(&pairs, &sign)
}

fn open_by(gateway: &Fubei, body: &str) -> Result<Notification, NoticeError> {
    gateway.open(&Notice {
        headers: &[(
            "content-type".into(),
            "application/x-www-form-urlencoded".into(),
        )],
        body: body.as_bytes(),
        now: PAID_AT,
    })
}

fn open(body: &str) -> Result<Notification, NoticeError> {
    open_by(&second(), body)
}

fn payment(body: &str) -> Facts {
    match open(body) {
        Ok(Notification::Payment { message, .. }) => message,
        other => panic!("a payment: {other:?}"),
    }
}

fn forged(body: &str) {
    assert!(
        matches!(open(body), Err(NoticeError::Forged { .. })),
        "{body}"
    );
}

fn malformed(body: &str) {
    assert!(
        matches!(open(body), Err(NoticeError::Malformed(_))),
        "{body}"
    );
}

#[test]
fn a_payment_is_verified_judged_and_told() {
    let Ok(Notification::Payment {
        out_trade_no,
        message,
    }) = open(&signed(PAID_2))
    else {
        panic!("a payment");
    };
    assert_eq!(out_trade_no, OUT_TRADE_NO);
    let answer = second().judge(&message, &expected());
    assert_eq!(answer.verdict, QueryVerdict::Paid, "{}", answer.why);
    assert_eq!(answer.facts["total_fee"], 888);
    assert_eq!(answer.facts["transaction_id"], ORDER_SN);
    assert_eq!(answer.facts["paid_at"], "2016-11-08T11:12:42+08:00");
    assert_eq!(answer.facts["channel"], "alipay");
    assert!(!answer.facts.contains_key("result_code"));
    assert!(!answer.forged);
}

#[test]
fn an_order_of_1_0_is_read_by_a_client_of_2_0_and_the_other_way_round() {
    for (gateway, data) in [(second(), PAID), (gateway(), PAID_2)] {
        let Ok(Notification::Payment { message, .. }) = open_by(&gateway, &signed(data)) else {
            panic!("a payment");
        };
        assert_eq!(
            gateway.judge(&message, &expected()).verdict,
            QueryVerdict::Paid
        );
    }
}

#[test]
fn another_amount_order_time_or_merchant_is_not_this_payment() {
    let message = payment(&signed(PAID_2));
    let other = |change: &dyn Fn(&mut Expected)| {
        let mut expected = expected();
        change(&mut expected);
        second().judge(&message, &expected)
    };
    assert_eq!(
        other(&|e| e.total_fee = Some(887)).verdict,
        QueryVerdict::Conflict
    );
    assert_eq!(
        other(&|e| e.attach = Some("x".into())).verdict,
        QueryVerdict::Conflict
    );
    assert_eq!(
        other(&|e| e.submitted_at = Some(PAID_AT + 61)).verdict,
        QueryVerdict::Foreign
    );
    let another = other(&|e| e.out_trade_no = "A2".into());
    assert!(another.forged && another.facts.is_empty());

    let data = PAID_2.replacen('{', r#"{"uid":1227367,"#, 1);
    let message = payment(&signed(&data));
    assert!(vendor().judge(&message, &expected()).forged);
    assert_eq!(
        second().judge(&message, &expected()).facts["merchant_id"],
        1_227_367
    );
}

#[test]
fn a_callback_that_announces_no_success_proves_nothing() {
    for code in ["400", "", "200 ", "0"] {
        let mut pairs = pairs(PAID_2);
        pairs[0].1 = code.into();
        let sign = signature(&pairs, false, SECRET);
        let answer = second().judge(&payment(&body(&pairs, &sign)), &expected());
        assert_eq!(answer.verdict, QueryVerdict::Unclear, "{code}");
    }
    for state in ["USERPAYING", "REVOKED", ""] {
        let data = PAID_2.replace("SUCCESS", state);
        let answer = second().judge(&payment(&signed(&data)), &expected());
        assert_ne!(answer.verdict, QueryVerdict::Paid, "{state}");
    }
    // That an order to scan is not paid yet is not that its payment failed.
    let to_scan = Expected {
        product: crate::gateway::Product::Prepay,
        ..expected()
    };
    let waiting = payment(&signed(&PAID_2.replace("SUCCESS", "USERPAYING")));
    assert_eq!(
        second().judge(&waiting, &to_scan).verdict,
        QueryVerdict::Paying
    );
    // What stands in data cannot speak for what stands beside it.
    let data = PAID_2.replacen('{', r#"{"result_code":200,"#, 1);
    let mut pairs = pairs(&data);
    pairs[0].1 = "400".into();
    let sign = signature(&pairs, false, SECRET);
    let answer = second().judge(&payment(&body(&pairs, &sign)), &expected());
    assert_eq!(answer.verdict, QueryVerdict::Unclear);
}

#[test]
fn empty_fields_are_signed_or_not_either_way_it_is_the_secret_that_proves() {
    let mut pairs = pairs(PAID_2);
    pairs[1].1.clear();
    pairs.push(("extra", String::new()));
    for skip_empty in [false, true] {
        let sign = signature(&pairs, skip_empty, SECRET);
        payment(&body(&pairs, &sign));
        payment(&body(&pairs, &sign.to_lowercase()));
        forged(&body(&pairs, &signature(&pairs, skip_empty, "another")));
    }
    // A field that is not empty is always signed.
    pairs[1].1 = "x".into();
    let without: Pairs = pairs
        .iter()
        .filter(|(name, _)| *name != "result_message")
        .cloned()
        .collect();
    forged(&body(&pairs, &signature(&without, false, SECRET)));
}

#[test]
fn a_missing_wrong_or_cut_signature_is_forged() {
    let good = signed(PAID_2);
    let sign = good.rsplit_once("sign=").unwrap().1;
    for wrong in ["", "0", &sign[..31], &format!("{sign}0"), &"0".repeat(32)] {
        forged(&good.replace(sign, wrong));
    }
    forged(&body(&pairs(PAID_2), "").replace("&sign=", ""));
    let other = PAID_2.replace("8.88", "8.89");
    forged(&body(&pairs(&other), sign));
    forged(&good.replace("result_code=200", "result_code=400"));
    forged(&format!("{good}&more=1"));
}

#[test]
fn the_data_is_verified_as_it_was_decoded_never_as_it_is_written_again() {
    let spaced = PAID_2.replace(':', " : ").replace("till 3", "till\\u00203");
    let answer = second().judge(&payment(&signed(&spaced)), &expected());
    assert_eq!(answer.verdict, QueryVerdict::Paid);
    let good = signed(PAID_2);
    let again = signed(&spaced);
    let sign = |body: &str| body.rsplit_once("sign=").unwrap().1.to_owned();
    forged(&good.replace(&sign(&good), &sign(&again)));
}

#[test]
fn what_is_no_callback_is_malformed() {
    for body in [
        "",
        "x",
        "=1",
        "a=1",
        "{\"data\":1}",
        "data",
        "a=%",
        "a=%4",
        "a=%zz",
        "a=\u{7f}",
        "a=b c",
        "a=茶",
        "a=%ff",
        "data=1&data=1",
        "a=1&&b=2",
    ] {
        malformed(body);
    }
    for data in [
        "",
        "[]",
        "1",
        "{",
        "{}",
        "{\"a\":1,\"a\":2}",
        r#"{"order_sn":"1"}"#,
        r#"{"merchant_order_sn":""}"#,
        r#"{"refund_sn":"1"}"#,
    ] {
        malformed(&signed(data));
    }
    malformed(&format!("data={}", "a".repeat(256 * 1024)));
    let many: Vec<_> = (0..65).map(|index| format!("a{index}=1")).collect();
    malformed(&many.join("&"));
}

#[test]
fn a_refund_is_told_from_a_payment_and_judged() {
    let data = r#"{"refund_sn":"F1","merchant_refund_sn":"R1","order_sn":"20160119233754227705","merchant_order_sn":"20160120105532871512","refund_amount":1.00,"refund_fee":0.01,"refund_status":"REFUND_SUCCESS","finish_time":"20161108111242"}"#;
    let Ok(Notification::Refund {
        out_refund_no,
        message,
    }) = open(&signed(data))
    else {
        panic!("a refund");
    };
    assert_eq!(out_refund_no, "R1");
    let expected = ExpectedRefund {
        out_refund_no: "R1".into(),
        out_trade_no: Some(OUT_TRADE_NO.into()),
        refund_fee: Some(100),
        ..ExpectedRefund::default()
    };
    let answer = second().judge_refund(&message, &expected);
    assert_eq!(answer.verdict, RefundVerdict::Refunded);
    assert_eq!(answer.facts["refund_fee"], 100);
    assert_eq!(answer.facts["refund_handling_fee"], 1);
    assert_eq!(answer.facts["refunded_at"], "2016-11-08T11:12:42+08:00");

    let other = ExpectedRefund {
        refund_fee: Some(101),
        ..expected.clone()
    };
    assert_eq!(
        second().judge_refund(&message, &other).verdict,
        RefundVerdict::Conflict
    );
    // One that announces no success proves nothing, whatever its state says.
    let mut failed = pairs(data);
    failed[0].1 = "400".into();
    let sign = signature(&failed, false, SECRET);
    let Ok(Notification::Refund {
        message: failed, ..
    }) = open(&body(&failed, &sign))
    else {
        panic!("a refund");
    };
    assert_eq!(
        second().judge_refund(&failed, &expected).verdict,
        RefundVerdict::Unclear
    );
    let another = ExpectedRefund {
        out_refund_no: "R2".into(),
        ..expected
    };
    assert!(second().judge_refund(&message, &another).forged);
}

#[test]
fn the_reply_is_one_small_word() {
    let plain = "text/plain; charset=utf-8";
    assert_eq!(
        gateway().acknowledgement(true),
        (plain, "success".to_owned())
    );
    assert_eq!(gateway().acknowledgement(false), (plain, "fail".to_owned()));
}

#[test]
fn a_form_is_decoded_byte_by_byte() {
    let fields = form::parse("b=%E8%8C%B6+1%2b1&a=&c=x=y".as_bytes()).unwrap();
    let wanted = [("a", ""), ("b", "茶 1+1"), ("c", "x=y")];
    assert_eq!(
        fields,
        wanted.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    for (form, error) in [
        ("a", FormError::NotAForm),
        ("a=1&", FormError::NotAForm),
        ("=1", FormError::NotAForm),
        ("a=%E8", FormError::NotUtf8),
        ("a=%E8%8", FormError::Escape),
        ("a=%+1", FormError::Escape),
        ("a=1&%61=2", FormError::Twice),
    ] {
        assert_eq!(form::parse(form.as_bytes()), Err(error), "{form}");
    }
}

proptest! {
    #[test]
    fn every_text_survives_a_form(value: String) {
        let form = format!("a={}", escaped(&value));
        prop_assert_eq!(form::parse(form.as_bytes()), Ok(vec![("a".into(), value)]));
    }

    #[test]
    fn any_body_is_read_or_refused_without_a_panic(body in "[a-c=&%+0-9A-F{}\": ]{0,40}") {
        prop_assert!(open(&body).is_err());
    }

    #[test]
    fn no_changed_byte_passes(at: prop::sample::Index, byte in 0x21_u8..0x7f) {
        let good = signed(PAID_2);
        let mut body = good.clone().into_bytes();
        let at = at.index(body.len());
        body[at] = byte;
        let body = String::from_utf8(body).unwrap();
        // Capitals of hexadecimal digits are the same digits.
        prop_assume!(!body.eq_ignore_ascii_case(&good));
        prop_assert!(open(&body).is_err());
    }
}
