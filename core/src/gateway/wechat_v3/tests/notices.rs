//! Notifications: real ones, and what others make of them.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use proptest::prelude::*;

use super::*;
use crate::gateway::{ExpectedRefund, Notice, NoticeError, Notification, Notifications};
use crate::outcome::Facts;
use crate::verdict::QueryVerdict as Q;
use crate::verdict::RefundVerdict as R;

const API_V3_KEY: &str = "a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb";
const OUT_REFUND_NO: &str = "1217752501201407033233368018R1";
const NONCE: &str = "fdasflkja484";

/// Headers and body.
pub(crate) type Posted = (Vec<(String, String)>, Vec<u8>);

fn sealed(key: &str, nonce: &str, associated_data: &str, text: &[u8]) -> String {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_bytes()).unwrap());
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).unwrap();
    let mut buffer = text.to_vec();
    key.seal_in_place_append_tag(nonce, Aad::from(associated_data.as_bytes()), &mut buffer)
        .unwrap();
    BASE64.encode(buffer)
}

fn envelope(event_type: &str, original_type: &str, text: &[u8]) -> Value {
    envelope_for(API_V3_KEY, event_type, original_type, text)
}

fn envelope_for(key: &str, event_type: &str, original_type: &str, text: &[u8]) -> Value {
    json!({
        "id": "EV-2018022511223320873",
        "create_time": "2015-05-20T13:29:35+08:00",
        "resource_type": "encrypt-resource",
        "event_type": event_type,
        "summary": "支付成功",
        "resource": {
            "original_type": original_type,
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": sealed(key, NONCE, original_type, text),
            "associated_data": original_type,
            "nonce": NONCE,
        },
    })
}

/// As WeChat Pay posts it, signed at this time.
pub(crate) fn posted(envelope: &Value, at: i64) -> Posted {
    let reply = signed_by(&PLATFORM, KEY_ID, at, reply(200, envelope.to_string()));
    let headers = reply
        .headers
        .into_iter()
        .filter(|(name, _)| name.starts_with("wechatpay-"))
        .collect();
    (headers, reply.body)
}

/// The same to a merchant with this APIv3 key.
pub(crate) fn payment_for(key: &str, message: &Value) -> Value {
    let text = message.to_string();
    envelope_for(key, "TRANSACTION.SUCCESS", "transaction", text.as_bytes())
}

pub(crate) fn payment(message: &Value) -> Value {
    envelope(
        "TRANSACTION.SUCCESS",
        "transaction",
        message.to_string().as_bytes(),
    )
}

fn refund(message: &Value) -> Value {
    let status = message["refund_status"].as_str().unwrap_or("SUCCESS");
    envelope(
        &format!("REFUND.{status}"),
        "refund",
        message.to_string().as_bytes(),
    )
}

/// The payment of an order that was scanned.
pub(crate) fn paid() -> Value {
    Message::paid().with("/trade_type", "NATIVE").0
}

fn refunded() -> Value {
    json!({
        "mchid": MCHID,
        "transaction_id": TRANSACTION_ID,
        "out_trade_no": OUT_TRADE_NO,
        "refund_id": "50200207182018070300011301001",
        "out_refund_no": OUT_REFUND_NO,
        "refund_status": "SUCCESS",
        "success_time": "2018-06-08T10:34:56+08:00",
        "user_received_account": "招商银行信用卡0403",
        "amount": { "total": 888, "refund": 100, "payer_total": 880, "payer_refund": 100 },
    })
}

fn open(gateway: &WechatV3, (headers, body): &Posted) -> Result<Notification, NoticeError> {
    gateway.open(&Notice {
        headers,
        body,
        now: NOW,
    })
}

fn opened(gateway: &WechatV3, envelope: &Value) -> Facts {
    match open(gateway, &posted(envelope, NOW)) {
        Ok(Notification::Payment { message, .. } | Notification::Refund { message, .. }) => message,
        Err(error) => panic!("{error}"),
    }
}

fn forged(gateway: &WechatV3, posted: &Posted) -> Option<String> {
    match open(gateway, posted).unwrap_err() {
        NoticeError::Forged { why, unknown_key } => {
            assert!(!why.contains(API_V3_KEY) && why.len() < 200, "{why}");
            unknown_key
        }
        NoticeError::Malformed(why) => panic!("malformed: {why}"),
    }
}

fn malformed(gateway: &WechatV3, envelope: &Value) {
    let error = open(gateway, &posted(envelope, NOW)).unwrap_err();
    assert!(matches!(error, NoticeError::Malformed(_)), "{error}");
}

#[test]
fn a_payment_is_opened_and_judged_like_an_answer() {
    let gateway = gateway();
    let notification = open(&gateway, &posted(&payment(&paid()), NOW)).unwrap();
    let Notification::Payment {
        out_trade_no,
        message,
    } = notification
    else {
        panic!("no payment")
    };
    assert_eq!(out_trade_no, OUT_TRADE_NO);
    let answer = gateway.judge(&message, &expected());
    assert_eq!(answer.verdict, Q::Paid, "{}", answer.why);
    for (name, value) in [
        ("total_fee", json!(888)),
        ("payer_total", json!(880)),
        ("transaction_id", json!(TRANSACTION_ID)),
        ("paid_at", json!("2014-10-30T13:35:25+08:00")),
        ("openid", json!("oUpF8uN95-Ptaags6E_roPHg7AG0")),
        ("event_id", json!("EV-2018022511223320873")),
        ("event_type", json!("TRANSACTION.SUCCESS")),
    ] {
        assert_eq!(answer.facts[name], value, "{name}");
    }
}

#[test]
fn a_payment_is_compared_with_what_was_asked() {
    let gateway = gateway();
    let changed = |at: &str, value: Value| Message(paid()).with(at, value).0;
    let judge = |message: &Value, expected: &Expected| {
        gateway.judge(&opened(&gateway, &payment(message)), expected)
    };
    for (message, verdict) in [
        (paid(), Q::Paid),
        (changed("/amount/total", json!(887)), Q::Conflict),
        (changed("/amount/currency", json!("HKD")), Q::Conflict),
        (changed("/attach", json!("till 4")), Q::Conflict),
        (changed("/amount/total", json!("888")), Q::Unclear),
        (changed("/success_time", json!("yesterday")), Q::Unclear),
        (changed("/trade_state", json!("REFUND")), Q::Refunded),
        (changed("/trade_state", json!("SOMETHING")), Q::Unclear),
    ] {
        assert_eq!(judge(&message, &expected()).verdict, verdict, "{message}");
    }
    for other in [
        changed("/mchid", json!("1")),
        changed("/appid", json!("wx1")),
        changed("/out_trade_no", json!("another")),
    ] {
        assert!(judge(&other, &expected()).forged);
    }
}

#[test]
fn a_partner_hears_of_its_own_shops_only() {
    let partner = partner();
    let message = Message::paid_to_shop();
    let judge = |message: &Value| {
        let message = opened(&partner, &payment(message));
        partner.judge(&message, &expected())
    };
    assert_eq!(judge(&message.0).verdict, Q::Paid);
    assert!(judge(&message.clone().with("/sub_mchid", "1").0).forged);
    assert_eq!(judge(&message.without("/sub_mchid").0).verdict, Q::Unclear);
}

#[test]
fn a_refund_is_opened_and_judged() {
    let gateway = gateway();
    let asked = ExpectedRefund {
        out_refund_no: OUT_REFUND_NO.into(),
        out_trade_no: Some(OUT_TRADE_NO.into()),
        refund_fee: Some(100),
        fee_type: Some("CNY".into()),
        ..ExpectedRefund::default()
    };
    let judge = |message: &Value| {
        let message = opened(&gateway, &refund(message));
        gateway.judge_refund(&message, &asked)
    };
    let good = judge(&refunded());
    assert_eq!(good.verdict, R::Refunded, "{}", good.why);
    assert_eq!(good.facts["refund_fee"], 100);
    assert_eq!(good.facts["total_fee"], 888);
    assert_eq!(good.facts["refunded_at"], "2018-06-08T10:34:56+08:00");
    assert_eq!(good.facts["refund_status"], "SUCCESS");
    let changed = |at: &str, value: Value| Message(refunded()).with(at, value).0;
    for (message, verdict) in [
        (changed("/refund_status", json!("CLOSED")), R::Failed),
        (changed("/refund_status", json!("ABNORMAL")), R::Failed),
        (
            changed("/refund_status", json!("PROCESSING")),
            R::Processing,
        ),
        (changed("/refund_status", json!("NEW")), R::Unclear),
        (changed("/amount/refund", json!(101)), R::Conflict),
        (changed("/amount/refund", json!(-100)), R::Unclear),
        (changed("/out_trade_no", json!("another")), R::Conflict),
    ] {
        assert_eq!(judge(&message).verdict, verdict, "{message}");
    }
    assert!(judge(&changed("/mchid", json!("1"))).forged);
    assert!(judge(&changed("/out_refund_no", json!("another"))).forged);
}

#[test]
fn what_is_unsigned_replayed_probed_or_signed_by_others_is_forged() {
    let gateway = gateway();
    let good = payment(&paid());
    let (headers, body) = posted(&good, NOW);
    let without = |name: &str| {
        let headers = headers.iter().filter(|(have, _)| have != name);
        (headers.cloned().collect(), body.clone())
    };
    for name in [
        "wechatpay-timestamp",
        "wechatpay-nonce",
        "wechatpay-serial",
        "wechatpay-signature",
    ] {
        assert_eq!(forged(&gateway, &without(name)), None, "{name}");
        let mut twice = headers.clone();
        twice.push((name.into(), "1".into()));
        assert_eq!(forged(&gateway, &(twice, body.clone())), None);
    }
    assert_eq!(forged(&gateway, &(Vec::new(), body.clone())), None);
    for at in [NOW - 300, NOW + 300, 0, i64::MAX] {
        assert_eq!(forged(&gateway, &posted(&good, at)), None, "{at}");
    }
    let mut probe = without("wechatpay-signature");
    probe.0.push((
        "wechatpay-signature".into(),
        "WECHATPAY/SIGNTEST/abc".into(),
    ));
    assert_eq!(forged(&gateway, &probe), None);

    let stranger = signed_by(&STRANGER, KEY_ID, NOW, reply(200, body.clone()));
    assert_eq!(forged(&gateway, &(stranger.headers, body.clone())), None);
    let unknown = signed_by(&PLATFORM, "ABCDEF", NOW, reply(200, body.clone()));
    assert_eq!(
        forged(&gateway, &(unknown.headers, body.clone())).as_deref(),
        Some("ABCDEF")
    );
    let spaced = String::from_utf8(body).unwrap().replace(':', ": ");
    assert_eq!(forged(&gateway, &(headers, spaced.into_bytes())), None);
}

#[test]
fn a_signed_body_that_is_no_notification_is_malformed() {
    let gateway = gateway();
    let good = payment(&paid());
    let change = |at: &str, value: Value| Message(good.clone()).with(at, value).0;
    for envelope in [
        json!({}),
        json!([]),
        json!({ "resource": 1 }),
        Message(good.clone()).without("/resource").0,
        Message(good.clone()).without("/resource/ciphertext").0,
        change("/event_type", json!("COUPON.USE")),
        change("/event_type", json!("TRANSACTIONS")),
        change("/resource/algorithm", json!("AEAD_SM4_GCM")),
        change("/resource/ciphertext", json!("not base64!")),
        change("/resource/nonce", json!("")),
        change("/resource/nonce", json!("short")),
        change("/resource/nonce", json!("n".repeat(10_000))),
        change("/resource/nonce", json!(12)),
        payment(&Message(paid()).without("/out_trade_no").0),
        payment(&Message(paid()).with("/out_trade_no", 5).0),
        payment(&json!([])),
        envelope("TRANSACTION.SUCCESS", "transaction", b"{\"a\":1,\"a\":2}"),
        envelope("TRANSACTION.SUCCESS", "transaction", b"\xff"),
        envelope("TRANSACTION.SUCCESS", "transaction", b""),
    ] {
        malformed(&gateway, &envelope);
    }
    let twice = good.to_string().replacen('{', "{\"id\":\"1\",", 1);
    let reply = signed_by(&PLATFORM, KEY_ID, NOW, reply(200, twice));
    let error = open(&gateway, &(reply.headers, reply.body)).unwrap_err();
    assert!(matches!(error, NoticeError::Malformed(_)), "{error}");
}

#[test]
fn what_was_sealed_otherwise_does_not_open() {
    let gateway = gateway();
    let good = payment(&paid());
    let change = |at: &str, value: &str| Message(good.clone()).with(at, value).0;
    let text = paid().to_string();
    let other_key = sealed(&"0".repeat(32), NONCE, "transaction", text.as_bytes());
    let bytes = BASE64
        .decode(good["resource"]["ciphertext"].as_str().unwrap())
        .unwrap();
    for envelope in [
        change("/resource/ciphertext", &other_key),
        change(
            "/resource/ciphertext",
            &BASE64.encode(&bytes[..bytes.len() - 1]),
        ),
        change("/resource/ciphertext", &BASE64.encode(&bytes[..8])),
        change("/resource/ciphertext", ""),
        change("/resource/associated_data", "refund"),
        change("/resource/associated_data", ""),
        change("/resource/nonce", "fdasflkja485"),
    ] {
        let result = open(&gateway, &posted(&envelope, NOW));
        assert!(result.is_err());
        if envelope["resource"]["ciphertext"] != "" {
            assert_eq!(forged(&gateway, &posted(&envelope, NOW)), None);
        }
    }
}

#[test]
fn an_absent_associated_data_is_an_empty_one() {
    let text = paid().to_string();
    let mut envelope = payment(&paid());
    envelope["resource"]["ciphertext"] = sealed(API_V3_KEY, NONCE, "", text.as_bytes()).into();
    for associated_data in [json!(""), Value::Null] {
        envelope["resource"]["associated_data"] = associated_data;
        opened(&gateway(), &envelope);
    }
}

#[test]
fn the_answer_is_what_the_documents_ask_for_and_the_time_is_told() {
    let gateway = gateway();
    assert_eq!(
        gateway.acknowledgement(true),
        (
            "application/json",
            r#"{"code":"SUCCESS","message":"成功"}"#.into()
        )
    );
    assert!(gateway.acknowledgement(false).1.contains("FAIL"));
    let (headers, body) = posted(&payment(&paid()), 1234);
    let notice = |headers| Notice {
        headers,
        body: &body,
        now: NOW,
    };
    assert_eq!(gateway.signed_at(&notice(&headers)), Some(1234));
    assert_eq!(gateway.signed_at(&notice(&[])), None);
}

proptest! {
    #[test]
    fn any_signed_body_is_opened_or_refused_without_a_panic(body: Vec<u8>) {
        let reply = signed_by(&PLATFORM, KEY_ID, NOW, reply(200, body));
        prop_assert!(open(&gateway(), &(reply.headers, reply.body)).is_err());
    }

    #[test]
    fn any_sealed_text_is_opened_or_refused_without_a_panic(text: Vec<u8>) {
        let envelope = envelope("TRANSACTION.SUCCESS", "transaction", &text);
        prop_assert!(open(&gateway(), &posted(&envelope, NOW)).is_err());
    }

    #[test]
    fn any_change_is_noticed(at in any::<prop::sample::Index>(), byte: u8) {
        let (headers, mut body) = posted(&payment(&paid()), NOW);
        let at = at.index(body.len());
        prop_assume!(body[at] != byte);
        body[at] = byte;
        prop_assert!(open(&gateway(), &(headers, body)).is_err());
    }

    #[test]
    fn any_header_is_read_or_refused_without_a_panic(value in any::<String>(), which in 0..4_usize) {
        let (mut headers, body) = posted(&payment(&paid()), NOW);
        prop_assume!(headers[which].1 != value);
        headers[which].1 = value;
        prop_assert!(open(&gateway(), &(headers, body)).is_err());
    }
}
