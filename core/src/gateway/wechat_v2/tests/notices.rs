//! Notifications: real ones, and what others make of them.

use aws_lc_rs::cipher::{AES_256, PaddedBlockEncryptingKey, UnboundCipherKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use proptest::prelude::*;

use super::*;
use crate::gateway::{ExpectedRefund, Gateway, Notice, NoticeError, Notification, Notifications};
use crate::outcome::Facts;
use crate::verdict::QueryVerdict as Q;
use crate::verdict::RefundVerdict as R;

const OUT_REFUND_NO: &str = "1217752501201407033233368018R1";

fn open(gateway: &WechatV2, body: impl AsRef<[u8]>) -> Result<Notification, NoticeError> {
    gateway.open(&Notice {
        headers: &[],
        body: body.as_ref(),
        now: PAID_AT,
    })
}

fn opened(gateway: &WechatV2, message: &Message) -> Facts {
    match open(gateway, message.xml()) {
        Ok(Notification::Payment { message, .. } | Notification::Refund { message, .. }) => message,
        Err(error) => panic!("{error}"),
    }
}

fn forged(gateway: &WechatV2, body: impl AsRef<[u8]>) {
    let error = open(gateway, body).unwrap_err();
    assert!(matches!(error, NoticeError::Forged { .. }), "{error}");
    assert!(!error.to_string().contains(KEY));
}

fn malformed(gateway: &WechatV2, body: impl AsRef<[u8]>) {
    let error = open(gateway, body).unwrap_err();
    assert!(matches!(error, NoticeError::Malformed(_)), "{error}");
}

/// What `req_info` holds, under any root.
pub(crate) fn refund_text(root: &str, more: &[(&str, &str)]) -> String {
    let fields = [
        ("out_refund_no", OUT_REFUND_NO),
        ("out_trade_no", OUT_TRADE_NO),
        ("refund_account", "REFUND_SOURCE_RECHARGE_FUNDS"),
        ("refund_fee", "100"),
        ("refund_id", "50000408942018111907145868882"),
        ("refund_recv_accout", "支付用户零钱"),
        ("refund_request_source", "API"),
        ("refund_status", "SUCCESS"),
        ("settlement_refund_fee", "100"),
        ("settlement_total_fee", "888"),
        ("success_time", "2018-11-19 16:24:13"),
        ("total_fee", "888"),
        ("transaction_id", "4200001212282111030178445712"),
    ];
    let mut fields: Vec<_> = fields
        .into_iter()
        .filter(|(name, _)| more.iter().all(|(other, _)| other != name))
        .collect();
    fields.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    let fields: String = fields
        .iter()
        .map(|(name, value)| format!("<{name}><![CDATA[{value}]]></{name}>\n"))
        .collect();
    format!("<{root}>\n{fields}</{root}>")
}

fn sealed(key: &str, text: &[u8]) -> Vec<u8> {
    let key = hex::encode(<md5::Md5 as md5::Digest>::digest(key.as_bytes()));
    let key = UnboundCipherKey::new(&AES_256, key.as_bytes()).unwrap();
    let key = PaddedBlockEncryptingKey::ecb_pkcs7(key).unwrap();
    let mut buffer = text.to_vec();
    key.encrypt(&mut buffer).unwrap();
    buffer
}

/// A refund as WeChat Pay reports it: encrypted, and not signed.
pub(crate) fn refund_notice(text: &str) -> Message {
    Message(Vec::new())
        .with("return_code", "SUCCESS")
        .with("appid", APPID)
        .with("mch_id", MCH_ID)
        .with("nonce_str", "TeqClE3i0mvn3DrK")
        .with("req_info", &BASE64.encode(sealed(KEY, text.as_bytes())))
}

fn expected_refund() -> ExpectedRefund {
    ExpectedRefund {
        out_refund_no: OUT_REFUND_NO.into(),
        out_trade_no: Some(OUT_TRADE_NO.into()),
        refund_fee: Some(100),
        fee_type: Some("CNY".into()),
        ..ExpectedRefund::default()
    }
}

#[test]
fn a_signed_payment_is_opened_and_judged_like_an_answer() {
    let gateway = gateway();
    let message = Message::paid().signed();
    let Ok(Notification::Payment {
        out_trade_no,
        message,
    }) = open(&gateway, message.xml())
    else {
        panic!("no payment")
    };
    assert_eq!(out_trade_no, OUT_TRADE_NO);
    let answer = Notifications::judge(&gateway, &message, &expected());
    assert_eq!(answer.verdict, Q::Paid);
    assert_eq!(answer.facts["total_fee"], 888);
    assert_eq!(answer.facts["paid_at"], "2014-10-30T13:35:25+08:00");
    assert_eq!(answer.facts["trade_state"], "SUCCESS");
    assert!(!answer.facts.contains_key("sign"));
}

#[test]
fn a_payment_is_compared_with_what_was_asked() {
    let gateway = gateway();
    let judge = |message: Message, expected: &Expected| {
        let message = opened(&gateway, &message.signed());
        Notifications::judge(&gateway, &message, expected)
    };
    let later = Expected {
        submitted_at: Some(PAID_AT + 3600),
        ..expected()
    };
    for (message, expected, verdict) in [
        (Message::paid(), expected(), Q::Paid),
        (Message::paid(), Expected::default(), Q::Paid),
        (
            Message::paid().with("total_fee", "887"),
            expected(),
            Q::Conflict,
        ),
        (
            Message::paid().with("fee_type", "HKD"),
            expected(),
            Q::Conflict,
        ),
        (
            Message::paid().with("attach", "till 4"),
            expected(),
            Q::Conflict,
        ),
        (Message::paid(), later, Q::Foreign),
        (
            Message::paid().with("total_fee", "8.88"),
            expected(),
            Q::Unclear,
        ),
        (Message::paid().without("time_end"), expected(), Q::Unclear),
    ] {
        assert_eq!(judge(message, &expected).verdict, verdict);
    }
    let other = Expected {
        out_trade_no: "1".into(),
        ..expected()
    };
    assert!(judge(Message::paid(), &other).forged);
}

#[test]
fn a_failed_payment_is_told_as_failed() {
    let gateway = gateway();
    let failed = Message::failed("SYSTEMERROR", "系统错误").with("out_trade_no", OUT_TRADE_NO);
    let message = opened(&gateway, &failed.signed());
    let answer = Notifications::judge(&gateway, &message, &expected());
    assert_eq!(answer.verdict, Q::Failed);
    assert_eq!(answer.code.as_deref(), Some("SYSTEMERROR"));
}

#[test]
fn a_message_that_was_judged_without_being_opened_is_verified_all_the_same() {
    let gateway = gateway();
    let mut message = opened(&gateway, &Message::paid().signed());
    message.insert("total_fee".into(), "1".into());
    assert!(Notifications::judge(&gateway, &message, &Expected::default()).forged);
}

#[test]
fn a_payment_that_somebody_else_wrote_or_changed_is_forged() {
    let gateway = gateway();
    let good = Message::paid().signed();
    for message in [
        good.clone().without("sign"),
        good.clone().with("sign", "0"),
        good.clone().with("total_fee", "1"),
        good.clone().with("out_trade_no", "1"),
        good.clone().with("new_field", "x"),
        good.clone().without("attach"),
        Message::paid().signed_with("another key", SignType::HmacSha256),
        Message::paid().signed_with(KEY, SignType::Md5),
        Message::paid().with("mch_id", "1").signed(),
        Message::paid().with("appid", "wx1").signed(),
        Message::paid().without("mch_id").signed(),
    ] {
        forged(&gateway, message.xml());
    }
}

#[test]
fn what_is_no_message_is_malformed() {
    let gateway = gateway();
    let good = Message::paid().signed().xml();
    let probe = "<!DOCTYPE foo [<!ENTITY xxe SYSTEM \"http://tst.qq.com/xxe_inject/1\">]>";
    for body in [
        String::new(),
        "{}".into(),
        good[..good.len() - 3].to_owned(),
        format!("{probe}{good}"),
        good.replace("<xml>", "<xml><total_fee>1</total_fee>"),
        good.replace("xml>", "root>"),
        Message::paid().signed().with("return_code", "FAIL").xml(),
        Message::paid().without("out_trade_no").signed().xml(),
        format!("<xml><a>{}</a></xml>", "x".repeat(2 * 1024 * 1024)),
    ] {
        malformed(&gateway, body);
    }
    malformed(&gateway, b"<xml>\xff</xml>");
}

#[test]
fn an_institution_hears_of_its_own_shops_only() {
    let gateway = institution();
    let of = |shop: &str| opened(&gateway, &Message::paid().with("sub_mch_id", shop).signed());
    let judge = |message: &Facts| Notifications::judge(&gateway, message, &expected());
    assert_eq!(judge(&of("452532745")).verdict, Q::Paid);
    assert!(judge(&of("1")).forged);
    let none = opened(&gateway, &Message::paid().signed());
    assert_eq!(judge(&none).verdict, Q::Unclear);

    let refund = |shop: &str| {
        let message = refund_notice(&refund_text("root", &[])).with("sub_mch_id", shop);
        let message = opened(&gateway, &message);
        Notifications::judge_refund(&gateway, &message, &expected_refund())
    };
    assert_eq!(refund("452532745").verdict, R::Refunded);
    assert!(refund("1").forged);
}

#[test]
fn a_refund_is_opened_whatever_its_root_is_called_and_judged() {
    let gateway = gateway();
    for root in ["root", "xml"] {
        let message = refund_notice(&refund_text(root, &[]));
        let Ok(Notification::Refund {
            out_refund_no,
            message,
        }) = open(&gateway, message.xml())
        else {
            panic!("no refund")
        };
        assert_eq!(out_refund_no, OUT_REFUND_NO);
        let answer = Notifications::judge_refund(&gateway, &message, &expected_refund());
        assert_eq!(answer.verdict, R::Refunded, "{}", answer.why);
        assert_eq!(answer.facts["refund_fee"], 100);
        assert_eq!(answer.facts["refund_status"], "SUCCESS");
        assert_eq!(answer.facts["refunded_at"], "2018-11-19T16:24:13+08:00");
    }
    malformed_root(&gateway);
}

fn malformed_root(gateway: &WechatV2) {
    forged(gateway, refund_notice(&refund_text("html", &[])).xml());
    // The envelope itself has one name only.
    let envelope = refund_notice(&refund_text("root", &[])).xml();
    malformed(gateway, envelope.replace("xml>", "root>"));
}

#[test]
fn a_refund_is_compared_with_what_was_asked() {
    let gateway = gateway();
    for (more, verdict) in [
        (("refund_status", "SUCCESS"), R::Refunded),
        (("refund_status", "CHANGE"), R::Failed),
        (("refund_status", "REFUNDCLOSE"), R::Failed),
        (("refund_status", "NEW"), R::Unclear),
        (("refund_status", ""), R::Unclear),
        (("refund_fee", "101"), R::Conflict),
        (("refund_fee", "1.00"), R::Unclear),
        (("out_trade_no", "1"), R::Conflict),
    ] {
        let message = opened(&gateway, &refund_notice(&refund_text("root", &[more])));
        let answer = Notifications::judge_refund(&gateway, &message, &expected_refund());
        assert_eq!(answer.verdict, verdict, "{more:?}");
    }
    let dollars = ExpectedRefund {
        fee_type: Some("USD".into()),
        ..expected_refund()
    };
    let message = opened(&gateway, &refund_notice(&refund_text("root", &[])));
    let answer = Notifications::judge_refund(&gateway, &message, &dollars);
    assert_eq!(answer.verdict, R::Refunded, "it names no currency");
}

#[test]
fn a_refund_that_does_not_open_to_a_message_is_forged() {
    let gateway = gateway();
    let good = refund_notice(&refund_text("root", &[]));
    let other_key = BASE64.encode(sealed("another key", refund_text("root", &[]).as_bytes()));
    let bytes = sealed(KEY, refund_text("root", &[]).as_bytes());
    let garbage = BASE64.encode(sealed(KEY, &[0xff; 40]));
    let nested = BASE64.encode(sealed(KEY, b"<root><a><b/></a></root>"));
    let probe = BASE64.encode(sealed(KEY, b"<!DOCTYPE root><root/>"));
    let mut flipped = bytes.clone();
    flipped[40] ^= 1;
    let mut doubled = bytes[..32].to_vec();
    doubled.extend_from_slice(&bytes);
    for req_info in [
        other_key,
        BASE64.encode(&bytes[..bytes.len() - 16]),
        BASE64.encode(&bytes[..bytes.len() - 5]),
        BASE64.encode(flipped),
        BASE64.encode(doubled),
        garbage,
        nested,
        probe,
    ] {
        forged(&gateway, good.clone().with("req_info", &req_info).xml());
    }
    forged(&gateway, good.clone().with("mch_id", "1").xml());
    forged(&gateway, good.clone().without("mch_id").xml());
    forged(&gateway, good.clone().with("appid", "wx1").xml());
    malformed(&gateway, good.clone().with("req_info", "not base64!").xml());
    let nameless = refund_notice(&refund_text("root", &[("out_refund_no", "")]));
    malformed(&gateway, nameless.xml());
}

#[test]
fn the_answer_is_what_the_documents_ask_for() {
    let gateway = gateway();
    let notifications = Gateway::notifications(&gateway).unwrap();
    let (content_type, body) = notifications.acknowledgement(true);
    assert_eq!(content_type, "text/xml");
    assert!(body.contains("<return_code><![CDATA[SUCCESS]]></return_code>"));
    assert!(notifications.acknowledgement(false).1.contains("FAIL"));
}

proptest! {
    #[test]
    fn any_body_is_opened_or_refused_without_a_panic(body: Vec<u8>) {
        prop_assert!(open(&gateway(), body).is_err());
    }

    #[test]
    fn any_change_to_a_payment_is_noticed(at in any::<prop::sample::Index>(), byte: u8) {
        let mut body = Message::paid().signed().xml().into_bytes();
        let at = at.index(body.len());
        prop_assume!(body[at] != byte);
        body[at] = byte;
        if let Ok(Notification::Payment { message, .. }) = open(&gateway(), &body) {
            // Blanks between the fields, and capitals of the signature, are nobody's.
            let answer = Notifications::judge(&gateway(), &message, &expected());
            prop_assert_eq!(answer.verdict, Q::Paid);
        }
    }

    #[test]
    fn any_sealed_text_is_opened_or_refused_without_a_panic(text: Vec<u8>) {
        let req_info = BASE64.encode(sealed(KEY, &text));
        let message = refund_notice("").with("req_info", &req_info);
        prop_assert!(open(&gateway(), message.xml()).is_err());
    }
}
