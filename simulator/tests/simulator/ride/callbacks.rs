use serde_json::{Value, json};
use wxpay_simulator::{
    MchIdName, Notification, NotificationError, NotificationFault, NotificationKind, RideAction,
    RideNumber, RideScenario, RideSeal, RideSign, SignKeyStyle, Simulator, TextEncoding,
};

use super::client::{Operator, content, errcode, is_signed, start_ride};
use crate::client::{Answer, until};
use crate::listener::Listener;

fn parsed(body: &[u8]) -> Value {
    serde_json::from_slice(body).expect("a callback is JSON")
}

/// A platform on which ride `RIDE0000` has ended.
fn with_a_ride() -> Simulator {
    let simulator = start_ride(|_| {});
    assert_eq!(errcode(Operator::new(&simulator).pay("RIDE0000")), 0);
    simulator
        .ride_action("RIDE0000", RideAction::Succeed)
        .expect("it was accepted");
    simulator
}

fn made(simulator: &Simulator, fault: Option<NotificationFault>) -> Value {
    let made = simulator.notification_for_ride("RIDE0000", fault);
    parsed(&made.expect("it is made").body)
}

#[test]
fn a_callback_tells_the_end_of_a_ride() {
    let simulator = with_a_ride();
    let seal = RideSeal::example();
    let told = simulator.notification_for_ride("RIDE0000", None).unwrap();
    assert_eq!(
        told.header_lines(),
        "Content-Type: application/json; charset=utf-8\r\n"
    );
    let callback = parsed(&told.body);
    assert_eq!(callback["appid"], "wx0000000000000001");
    assert_eq!(callback["mch_id"], "1230000109");
    assert!(is_signed(&seal, &callback));
    let ride = content(&seal, &callback).expect("it can be decrypted");
    for (name, value) in [
        ("bank_type", json!("CFT")),
        ("total_fee", json!(180)),
        ("trade_state", json!("SUCCESS")),
        ("out_trade_no", json!("RIDE0000")),
        ("attach", json!("gate 7")),
        ("qrcode", json!("VFhhZmVmYXdlZndlZg==")),
    ] {
        assert_eq!(ride[name], value, "{name}");
    }
    let ledger = simulator.ledger();
    let known = ledger.ride("RIDE0000").unwrap();
    assert_eq!(
        ride["transaction_id"].as_str(),
        known.transaction_id.as_deref()
    );
    assert_eq!(ride["time_end"].as_str().unwrap().len(), 14);
    assert!(ride.get("trade_msg").is_none());
    let shown = format!("{told:?}");
    assert!(!shown.contains("wx0000"), "{shown}");
}

#[test]
fn a_ride_that_fails_says_why_and_may_have_another_number() {
    let simulator = start_ride(|platform| platform.out_trade_no = RideNumber::Own);
    let operator = Operator::new(&simulator);
    assert_eq!(errcode(operator.pay("RIDE0000")), 0);
    simulator.ride_action("RIDE0000", RideAction::Fail).unwrap();
    let ride = content(&RideSeal::example(), &made(&simulator, None)).unwrap();
    assert_eq!(ride["trade_state"], "FAIL");
    assert_eq!(ride["trade_msg"], "余额不足");
    assert_ne!(ride["out_trade_no"], "RIDE0000");
    assert_eq!(ride["attach"], "gate 7");
}

#[test]
fn every_option_is_played() {
    let simulator = with_a_ride();
    let raw = "0123456789abcdef01234567";
    let keys = [
        (TextEncoding::Raw, &raw[..16]),
        (TextEncoding::Raw, raw),
        (TextEncoding::Hex, "000102030405060708090a0b0c0d0e0f"),
        (
            TextEncoding::Base64,
            "AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8=",
        ),
    ];
    for (index, (aes_key_encoding, aes_key)) in keys.into_iter().enumerate() {
        for sign_type in [RideSign::HmacSha256, RideSign::Md5, RideSign::None] {
            for iv_encoding in [TextEncoding::Raw, TextEncoding::Hex, TextEncoding::Base64] {
                let odd = index % 2 == 1;
                let seal = RideSeal {
                    sign_type,
                    aes_key: aes_key.to_owned(),
                    aes_key_encoding,
                    iv_encoding,
                    mch_id_name: if odd {
                        MchIdName::AppidMchId
                    } else {
                        MchIdName::MchId
                    },
                    sign_key_style: if odd {
                        SignKeyStyle::Suffix
                    } else {
                        SignKeyStyle::AmpKey
                    },
                    sign_lower_case: odd,
                    data_encoding: if odd {
                        TextEncoding::Hex
                    } else {
                        TextEncoding::Base64
                    },
                    ..RideSeal::example()
                };
                let told = simulator
                    .notification_for_ride_sealed("RIDE0000", &seal, None)
                    .unwrap();
                let callback = parsed(&told.body);
                assert_eq!(callback.get("sign").is_none(), sign_type == RideSign::None);
                assert!(is_signed(&seal, &callback), "{seal:?}");
                let ride = content(&seal, &callback).expect("it can be decrypted");
                assert_eq!(ride["trade_state"], "SUCCESS");
            }
        }
    }
}

#[test]
fn what_is_wrong_with_a_callback_can_be_seen() {
    let simulator = with_a_ride();
    let seal = RideSeal::example();
    for fault in [
        NotificationFault::MissingSignature,
        NotificationFault::WrongSignature,
        NotificationFault::TamperedCiphertext,
        NotificationFault::WrongAmount,
        NotificationFault::ForeignMerchant,
        NotificationFault::ForeignOrder,
        NotificationFault::NoJson,
        NotificationFault::BadPadding,
    ] {
        let callback = made(&simulator, Some(fault));
        let unproven = matches!(
            fault,
            NotificationFault::MissingSignature | NotificationFault::WrongSignature
        );
        assert_eq!(is_signed(&seal, &callback), !unproven, "{fault:?}");
        let missing = fault == NotificationFault::MissingSignature;
        assert_eq!(callback.get("sign").is_none(), missing);
        let unreadable = matches!(
            fault,
            NotificationFault::TamperedCiphertext
                | NotificationFault::NoJson
                | NotificationFault::BadPadding
        );
        let ride = content(&seal, &callback);
        assert_eq!(ride.is_none(), unreadable, "{fault:?}");
        let foreign = fault == NotificationFault::ForeignMerchant;
        assert_eq!(callback["mch_id"] == "1999999999", foreign);
        if let Some(ride) = ride {
            let wrong = fault == NotificationFault::WrongAmount;
            assert_eq!(ride["total_fee"], if wrong { 181 } else { 180 });
            let other = fault == NotificationFault::ForeignOrder;
            assert_eq!(ride["attach"] != "gate 7", other);
            assert_eq!(ride["out_trade_no"] != "RIDE0000", other);
        }
    }
    for fault in [
        NotificationFault::SignProbe,
        NotificationFault::OldTimestamp { seconds: 1 },
        NotificationFault::UnknownSerial,
        NotificationFault::Doctype,
    ] {
        let error = simulator
            .notification_for_ride("RIDE0000", Some(fault))
            .unwrap_err();
        assert_eq!(error, NotificationError::Fault(fault));
    }
}

#[test]
fn a_ride_that_has_not_ended_has_nothing_to_tell() {
    let simulator = start_ride(|_| {});
    let operator = Operator::new(&simulator);
    let nothing =
        |number: &str| -> Result<Notification, _> { simulator.notification_for_ride(number, None) };
    let error = NotificationError::Nothing("RIDE0000".to_owned());
    assert_eq!(nothing("RIDE0000").unwrap_err(), error);
    assert_eq!(errcode(operator.pay("RIDE0000")), 0);
    assert_eq!(nothing("RIDE0000").unwrap_err(), error);
    assert_eq!(errcode(operator.pay("RIDE0201")), -1);
    assert!(nothing("RIDE0201").is_err());
}

/// A listener, a platform that tells it everything, and the ride that was played.
fn told(scenario: RideScenario, answers: Vec<(u16, &'static str)>) -> (Listener, Simulator) {
    let listener = Listener::start(answers);
    let url = listener.url.clone();
    let simulator = start_ride(|platform| platform.callback_url = Some(url));
    let operator = Operator::new(&simulator);
    let number = format!("RIDE{}", scenario.number());
    operator.pay(&number).expect("there is an answer");
    // Those that do not wait have ended already.
    let _ = simulator.ride_action(&number, RideAction::Succeed);
    (listener, simulator)
}

fn amount(told: &Answer) -> Value {
    content(&RideSeal::example(), &parsed(&told.body)).expect("readable")["total_fee"].clone()
}

#[test]
fn callbacks_are_sent_again_until_their_nonce_comes_back() {
    let answers = vec![
        (200, "{\"errcode\":0,\"nonce_str\":\"abcdefg\"}"),
        (500, "{\"errcode\":0,\"nonce_str\":\"NONCE\"}"),
        (200, "{\"errcode\":1,\"nonce_str\":\"NONCE\"}"),
        (
            200,
            "{\"errcode\":0,\"errmsg\":\"\",\"nonce_str\":\"NONCE\"}",
        ),
    ];
    let (listener, simulator) = told(RideScenario::Paid, answers);
    let received = listener.wait(4);
    assert!(received.iter().all(|told| told.body == received[0].body));
    assert_eq!(amount(&received[0]), 180);
    until(|| simulator.notifications()[0].delivered);
    let record = simulator.notifications().remove(0);
    assert_eq!((record.kind, record.attempts), (NotificationKind::Ride, 4));
    assert_eq!(record.out_trade_no, "RIDE0000");
    assert_eq!(record.headers[0].1, "application/json; charset=utf-8");
}

#[test]
fn scenarios_tell_once_twice_wrongly_or_never() {
    for (scenario, callbacks, fen) in [
        (RideScenario::CallbackFirst, 1, 180),
        (RideScenario::CallbackWrongAmount, 1, 181),
        (RideScenario::Twice, 2, 180),
    ] {
        let (listener, simulator) = told(scenario, vec![(200, "no")]);
        until(|| simulator.notifications().len() == callbacks);
        let first = listener.wait(1).remove(0);
        assert_eq!(amount(&first), fen, "{scenario:?}");
    }
    let heard = "{\"errcode\":0,\"nonce_str\":\"NONCE\"}";
    let (listener, simulator) = told(RideScenario::Twice, vec![(200, heard)]);
    let received = listener.wait(2);
    assert_eq!(received[0].body, received[1].body);
    until(|| simulator.notifications().iter().all(|told| told.delivered));
    let (listener, simulator) = told(RideScenario::Silent, vec![(200, "no")]);
    let operator = Operator::new(&simulator);
    // Something that is told comes after it.
    assert_eq!(errcode(operator.pay("RIDE0000")), 0);
    simulator
        .ride_action("RIDE0000", RideAction::Succeed)
        .unwrap();
    let first = listener.wait(1).remove(0);
    let ride = content(&RideSeal::example(), &parsed(&first.body)).unwrap();
    assert_eq!(ride["out_trade_no"], "RIDE0000");
}
