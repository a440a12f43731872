use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use wxpay_simulator::{
    Notification, NotificationError, NotificationFault, NotificationKind, PayerAction,
    RefundAction, Scenario, Settings, Simulator,
};

use crate::client::{Answer, Fields, Till, order, refund, start, start_with, until};
use crate::listener::Listener;
use crate::v3::client::{Till as TillV3, open};

const SAID_SUCCESS: &str = "<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>";

/// A notification as the till's server would have received it.
fn received(notification: &Notification) -> Answer {
    Answer {
        status: 200,
        headers: notification
            .headers
            .iter()
            .map(|(name, value)| (name.to_lowercase(), value.clone()))
            .collect(),
        body: notification.body.clone(),
    }
}

/// `req_info`, decrypted by another library than the simulator's; `None` if it cannot be.
fn req_info(simulator: &Simulator, fields: &Fields) -> Option<Fields> {
    let digest = Md5::digest(&simulator.merchant().api_key);
    let key: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let key = UnboundCipherKey::new(&AES_256, key.as_bytes()).expect("32 bytes");
    let key = PaddedBlockDecryptingKey::ecb_pkcs7(key).expect("a key");
    let mut sealed = BASE64_STANDARD.decode(&fields["req_info"]).expect("base64");
    let text = key.decrypt(&mut sealed, DecryptionContext::None).ok()?;
    let text = String::from_utf8(text.to_vec()).ok()?;
    let document = roxmltree::Document::parse(&text).ok()?;
    assert_eq!(document.root_element().tag_name().name(), "root");
    let answer = Answer {
        status: 200,
        headers: Default::default(),
        body: text.into_bytes(),
    };
    Some(answer.fields())
}

/// The resource of a notification, decrypted by another library than the simulator's.
fn resource(simulator: &Simulator, answer: &Answer) -> (Value, Option<Value>) {
    let envelope: Value = serde_json::from_slice(&answer.body).expect("JSON");
    let key = &simulator.merchant().api_v3_key;
    let opened = open(key, &envelope["resource"]);
    let opened = opened.map(|text| serde_json::from_str(&text).expect("JSON"));
    (envelope, opened)
}

#[test]
fn apiv2_tells_a_payment_signed_as_the_order_was() {
    let simulator = start();
    for hmac in [false, true] {
        let listener = Listener::start(vec![(200, SAID_SUCCESS)]);
        let mut till = Till::new(&simulator);
        till.hmac = hmac;
        let number = format!("A-{hmac}");
        till.verified(till.prepay(&number, &listener.url));
        simulator.payer(&number, PayerAction::Pay).unwrap();
        let told = listener.wait(1).remove(0);
        assert_eq!(told.headers["content-type"], "text/xml; charset=utf-8");
        let fields = till.verified(Ok(told));
        for (name, value) in [
            ("return_code", "SUCCESS"),
            ("result_code", "SUCCESS"),
            ("appid", "wx2421b1c4370ec43b"),
            ("mch_id", "10000100"),
            ("out_trade_no", &number),
            ("trade_type", "NATIVE"),
            ("total_fee", "888"),
            ("attach", "till 1"),
        ] {
            assert_eq!(fields[name], value, "{name}");
        }
        assert_eq!(fields["time_end"].len(), 14);
        until(|| simulator.notifications().iter().all(|told| told.delivered));
    }
    let records = simulator.notifications();
    assert_eq!(records.len(), 2);
    let last = &records[1];
    assert_eq!(last.kind, NotificationKind::Payment);
    assert_eq!((last.attempts, last.answered), (1, Some(200)));
    assert_eq!(
        (last.out_trade_no.as_str(), &last.out_refund_no),
        ("A-true", &None)
    );
    let shown = format!("{records:?}");
    assert!(!shown.contains("oSimulatedPayer"), "{shown}");
}

#[test]
fn apiv2_tells_the_end_of_a_refund_in_secret() {
    let simulator = start();
    let listener = Listener::start(vec![(200, SAID_SUCCESS)]);
    let till = Till::new(&simulator);
    till.verified(till.play("A", Scenario::Paid));
    for (number, action, status) in [
        ("R1", RefundAction::Succeed, "SUCCESS"),
        ("R2", RefundAction::Fail, "CHANGE"),
        ("R3", RefundAction::Close, "REFUNDCLOSE"),
    ] {
        let before = listener.received().len();
        let mut fields = refund("A", number, "100");
        fields.push(("notify_url", &listener.url));
        till.verified(till.send("/secapi/pay/refund", &fields));
        simulator.refund_action(number, action).unwrap();
        let told = listener.wait(before + 1).remove(before);
        let fields = told.fields();
        assert_eq!(fields["return_code"], "SUCCESS");
        assert_eq!(fields["mch_id"], "10000100");
        assert!(!fields.contains_key("sign"));
        let secret = req_info(&simulator, &fields).expect("it can be decrypted");
        for (name, value) in [
            ("out_trade_no", "A"),
            ("out_refund_no", number),
            ("refund_fee", "100"),
            ("total_fee", "888"),
            ("refund_status", status),
        ] {
            assert_eq!(secret[name], value, "{name}");
        }
        assert_eq!(secret.contains_key("success_time"), status == "SUCCESS");
    }
}

#[test]
fn apiv3_tells_a_payment_encrypted_and_signed() {
    let simulator = start();
    let listener = Listener::start(vec![(204, "")]);
    let till = TillV3::new(&simulator);
    till.verified(till.native("number-A", &listener.url));
    simulator.payer("number-A", PayerAction::Pay).unwrap();
    let told = listener.wait(1).remove(0);
    assert!(till.proves(&told));
    let (envelope, content) = resource(&simulator, &told);
    assert_eq!(envelope["event_type"], "TRANSACTION.SUCCESS");
    assert_eq!(envelope["resource_type"], "encrypt-resource");
    assert_eq!(envelope["resource"]["original_type"], "transaction");
    let mut asked = till.verified(till.query("number-A"));
    asked.as_object_mut().unwrap().remove("later_extension");
    assert_eq!(content.expect("it can be decrypted"), asked);
    until(|| simulator.notifications()[0].delivered);
    let record = simulator.notifications().remove(0);
    assert_eq!(envelope["id"], record.id.as_str());
    assert_eq!(record.body, told.body);
    assert!(
        record
            .headers
            .iter()
            .any(|(name, _)| name == "Wechatpay-Signature")
    );
}

#[test]
fn apiv3_tells_the_end_of_a_refund() {
    let mut settings = Settings::default();
    settings.merchants[0].sub_mch_ids = vec!["20000001".to_owned()];
    let simulator = start_with(settings);
    let listener = Listener::start(vec![(200, "")]);
    let mut till = TillV3::new(&simulator);
    till.sub_mchid = Some("20000001".to_owned());
    till.verified(till.play("number-A", Scenario::Paid));
    let mut body = till.part("number-A", "R-1", 300);
    body["notify_url"] = listener.url.as_str().into();
    let opened = till.verified(till.post("/v3/refund/domestic/refunds", &body));
    for (action, event, status) in [
        (RefundAction::Fail, "REFUND.ABNORMAL", "ABNORMAL"),
        (RefundAction::Succeed, "REFUND.SUCCESS", "SUCCESS"),
    ] {
        let before = listener.received().len();
        simulator.refund_action("R-1", action).unwrap();
        let told = listener.wait(before + 1).remove(before);
        assert!(till.proves(&told));
        let (envelope, content) = resource(&simulator, &told);
        assert_eq!(envelope["event_type"], event);
        let content = content.expect("it can be decrypted");
        let mut expected = json!({
            "sp_mchid": "10000100",
            "sub_mchid": "20000001",
            "transaction_id": opened["transaction_id"],
            "out_trade_no": "number-A",
            "refund_id": opened["refund_id"],
            "out_refund_no": "R-1",
            "refund_status": status,
            "user_received_account": "支付用户零钱",
            "amount": { "total": 888, "refund": 300, "payer_total": 888, "payer_refund": 300 },
        });
        if status == "SUCCESS" {
            expected["success_time"] = content["success_time"].clone();
            assert!(content["success_time"].is_string());
        }
        assert_eq!(content, expected);
    }
}

#[test]
fn a_notification_comes_again_until_it_is_answered_as_it_should_be() {
    let simulator = start();
    let till = Till::new(&simulator);
    let refused = "<xml><return_code><![CDATA[FAIL]]></return_code></xml>";
    let listener = Listener::start(vec![(500, ""), (200, refused), (200, SAID_SUCCESS)]);
    till.verified(till.prepay("A", &listener.url));
    simulator.payer("A", PayerAction::Pay).unwrap();
    until(|| simulator.notifications().iter().any(|told| told.delivered));
    assert_eq!(simulator.notifications()[0].attempts, 3);

    let till = TillV3::new(&simulator);
    let deaf = Listener::start(vec![(500, "")]);
    till.verified(till.native("number-B", &deaf.url));
    simulator.payer("number-B", PayerAction::Pay).unwrap();
    // Once, and after each of three pauses.
    let told = deaf.wait(4);
    let nonces: std::collections::BTreeSet<_> = told
        .iter()
        .map(|request| request.headers["wechatpay-nonce"].clone())
        .collect();
    assert_eq!(nonces.len(), 4);
    assert!(told.iter().all(|request| request.body == told[0].body));
    until(|| simulator.notifications()[1].answered == Some(500));
    assert!(!simulator.notifications()[1].delivered);
    simulator.reset();
    assert!(simulator.notifications().is_empty());
}

#[test]
fn the_scripted_payer_and_a_refund_in_its_time_are_told_without_anybody_asking() {
    let mut settings = Settings::default();
    settings.timing.prepay_ms = Some(5);
    settings.timing.refund_ms = 5;
    let simulator = Simulator::start(settings).unwrap();
    let listener = Listener::start(vec![(204, "")]);
    let till = TillV3::new(&simulator);
    till.verified(till.native("number-A", &listener.url));
    listener.wait(1);
    let mut body = till.part("number-A", "R-1", 888);
    body["notify_url"] = listener.url.as_str().into();
    till.verified(till.post("/v3/refund/domestic/refunds", &body));
    let told = listener.wait(2).remove(1);
    let (envelope, _) = resource(&simulator, &told);
    assert_eq!(envelope["event_type"], "REFUND.SUCCESS");
}

#[test]
fn a_payment_by_code_is_told_to_nobody() {
    let simulator = start();
    let till = Till::new(&simulator);
    till.verified(till.play("A", Scenario::Paid));
    assert_eq!(
        simulator.notification_for_payment("A", None),
        Err(NotificationError::Nothing("A".to_owned()))
    );
    assert!(simulator.notifications().is_empty());
}

/// A simulator with a paid order and an ended refund of each API.
fn with_something_to_tell() -> Simulator {
    let simulator = start();
    let (till, till_v3) = (Till::new(&simulator), TillV3::new(&simulator));
    let nobody = "http://127.0.0.1:9/notify";
    till.verified(till.send("/pay/unifiedorder", &order("order-2", nobody)));
    till_v3.verified(till_v3.native("order-3", nobody));
    for number in ["order-2", "order-3"] {
        let paid = simulator.payer(number, PayerAction::Pay);
        paid.expect("it can be paid");
    }
    till.verified(till.refund("order-2", "refund-2", "100"));
    till_v3.verified(till_v3.refund("order-3", "refund-3", 100));
    for number in ["refund-2", "refund-3"] {
        let waiting = simulator.notification_for_refund(number, None);
        assert_eq!(waiting, Err(NotificationError::Nothing(number.to_owned())));
        let ended = simulator.refund_action(number, RefundAction::Succeed);
        ended.expect("it can end");
    }
    simulator
}

#[test]
fn a_notification_can_be_made_without_being_sent_and_its_headers_are_lines() {
    let simulator = with_something_to_tell();
    let till = TillV3::new(&simulator);
    let made = simulator.notification_for_payment("order-3", None).unwrap();
    assert!(till.proves(&received(&made)));
    let lines = made.header_lines();
    assert!(lines.contains("Wechatpay-Serial: ") && lines.ends_with("\r\n"));
    let shown = format!("{made:?}");
    assert!(!shown.contains("ciphertext"), "{shown}");
    let refund = simulator.notification_for_refund("refund-2", None).unwrap();
    let fields = received(&refund).fields();
    assert_eq!(req_info(&simulator, &fields).unwrap()["refund_fee"], "100");
}

const FAULTS: [NotificationFault; 12] = [
    NotificationFault::MissingSignature,
    NotificationFault::WrongSignature,
    NotificationFault::SignProbe,
    NotificationFault::OldTimestamp { seconds: 301 },
    NotificationFault::UnknownSerial,
    NotificationFault::TamperedCiphertext,
    NotificationFault::WrongAmount,
    NotificationFault::ForeignMerchant,
    NotificationFault::Doctype,
    NotificationFault::ForeignOrder,
    NotificationFault::NoJson,
    NotificationFault::BadPadding,
];

#[test]
fn what_is_wrong_with_a_notification_of_apiv3_can_be_seen() {
    let simulator = with_something_to_tell();
    let till = TillV3::new(&simulator);
    for fault in FAULTS {
        for refund in [false, true] {
            let made = if refund {
                simulator.notification_for_refund("refund-3", Some(fault))
            } else {
                simulator.notification_for_payment("order-3", Some(fault))
            };
            if matches!(
                fault,
                NotificationFault::Doctype
                    | NotificationFault::ForeignOrder
                    | NotificationFault::NoJson
                    | NotificationFault::BadPadding
            ) {
                assert_eq!(made, Err(NotificationError::Fault(fault)));
                continue;
            }
            let told = received(&made.unwrap());
            let (_, content) = resource(&simulator, &told);
            let proven = till.proves(&told);
            match fault {
                NotificationFault::TamperedCiphertext => assert!(proven && content.is_none()),
                NotificationFault::WrongAmount => {
                    let amount = &content.unwrap()["amount"];
                    assert!(proven);
                    assert_eq!(amount["total"], 889);
                }
                NotificationFault::ForeignMerchant => {
                    assert!(proven);
                    assert_eq!(content.unwrap()["mchid"], "1999999999");
                }
                _ => assert!(!proven && content.is_some(), "{fault:?}"),
            }
            let header = |name: &str| told.headers.get(name).cloned();
            match fault {
                NotificationFault::MissingSignature => {
                    assert_eq!(header("wechatpay-signature"), None);
                }
                NotificationFault::SignProbe => {
                    let probe = header("wechatpay-signature").unwrap();
                    assert!(probe.starts_with("WECHATPAY/SIGNTEST/"));
                }
                _ => assert!(
                    BASE64_STANDARD
                        .decode(header("wechatpay-signature").unwrap())
                        .is_ok()
                ),
            }
        }
    }
}

#[test]
fn what_is_wrong_with_a_notification_of_apiv2_can_be_seen() {
    let simulator = with_something_to_tell();
    let till = Till::new(&simulator);
    for fault in FAULTS {
        let payment = simulator.notification_for_payment("order-2", Some(fault));
        let refund = simulator.notification_for_refund("refund-2", Some(fault));
        let fields = |made: &Result<Notification, _>| {
            let made: &Notification = made.as_ref().expect("it is made");
            received(made).fields()
        };
        let signed = |fields: &Fields| fields.get("sign") == Some(&till.sign(fields));
        match fault {
            NotificationFault::MissingSignature => {
                assert!(!fields(&payment).contains_key("sign"));
            }
            NotificationFault::WrongSignature => assert!(!signed(&fields(&payment))),
            NotificationFault::WrongAmount => {
                let told = fields(&payment);
                assert!(signed(&told));
                assert_eq!(told["total_fee"], "889");
                let secret = req_info(&simulator, &fields(&refund)).unwrap();
                assert_eq!(secret["refund_fee"], "101");
            }
            NotificationFault::ForeignMerchant => {
                assert!(signed(&fields(&payment)));
                assert_eq!(fields(&payment)["mch_id"], "1999999999");
                assert_eq!(fields(&refund)["mch_id"], "1999999999");
            }
            NotificationFault::TamperedCiphertext => {
                assert_eq!(req_info(&simulator, &fields(&refund)), None);
            }
            NotificationFault::Doctype => {
                let body = payment.clone().unwrap().body;
                assert!(String::from_utf8(body).unwrap().starts_with("<!DOCTYPE"));
            }
            NotificationFault::SignProbe
            | NotificationFault::OldTimestamp { .. }
            | NotificationFault::UnknownSerial
            | NotificationFault::ForeignOrder
            | NotificationFault::NoJson
            | NotificationFault::BadPadding
            | NotificationFault::Hostile { .. } => {}
        }
        let impossible = Err(NotificationError::Fault(fault));
        let elsewhere = matches!(
            fault,
            NotificationFault::SignProbe
                | NotificationFault::OldTimestamp { .. }
                | NotificationFault::UnknownSerial
                | NotificationFault::ForeignOrder
                | NotificationFault::NoJson
                | NotificationFault::BadPadding
        );
        let signature = matches!(
            fault,
            NotificationFault::MissingSignature | NotificationFault::WrongSignature
        );
        let tampered = fault == NotificationFault::TamperedCiphertext;
        assert_eq!(payment == impossible, elsewhere || tampered, "{fault:?}");
        assert_eq!(refund == impossible, elsewhere || signature, "{fault:?}");
    }
}
