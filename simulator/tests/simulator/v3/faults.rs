use std::io;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use wxpay_simulator::{
    Fault, FaultKind, Operation, PlatformKeys, PlatformSigner, Region, Scenario, Settings,
    Simulator,
};

use super::client::{Till, code, now, refusal};
use crate::client::{Answer, start, start_with};

/// What a client sees of a paid sale under `kind`; and whether the payer was charged.
fn paid_under(simulator: &Simulator, kind: FaultKind) -> (io::Result<Answer>, bool) {
    simulator.reset();
    simulator.fault(Fault::once(Operation::Micropay, kind));
    let till = Till::new(simulator);
    let answer = till.play("order-A", Scenario::Paid);
    (answer, simulator.net_charged("order-A") == 888)
}

fn answer_of(answer: &io::Result<Answer>) -> Answer {
    answer.as_ref().expect("there is an answer").clone()
}

fn quick(kind: FaultKind) -> FaultKind {
    match kind {
        FaultKind::Huge { .. } => FaultKind::Huge { bytes: 3 << 20 },
        FaultKind::Slow { .. } => FaultKind::Slow { ms: 1 },
        FaultKind::DelayBefore { .. } => FaultKind::DelayBefore { ms: 30 },
        FaultKind::DelayAfter { .. } => FaultKind::DelayAfter { ms: 30 },
        other => other,
    }
}

#[test]
fn each_fault_can_be_seen_and_charges_as_it_says() {
    let simulator = start();
    let till = Till::new(&simulator);
    let kinds = FaultKind::examples()
        .into_iter()
        .chain(FaultKind::v3_examples())
        .chain(FaultKind::fubei_examples())
        .map(quick);
    for kind in kinds {
        let (answer, charged) = paid_under(&simulator, kind.clone());
        assert_eq!(charged, kind.executed(), "{kind:?}");
        let record = simulator.requests().pop().expect("the request is recorded");
        assert_eq!(record.faults, [kind.name()]);
        let good = || till.verified(Ok(answer_of(&answer)));
        let header = |name: &str| answer_of(&answer).headers.get(name).cloned();
        let unproven = || {
            let answer = answer_of(&answer);
            assert_eq!(answer.status, 200);
            assert!(!till.proves(&answer), "{kind:?}");
            let body: Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(body["trade_state"], "SUCCESS");
        };
        match &kind {
            FaultKind::DropBefore | FaultKind::DropAfter | FaultKind::Truncated => {
                assert!(answer.is_err(), "{kind:?}");
            }
            FaultKind::DelayBefore { .. }
            | FaultKind::DelayAfter { .. }
            | FaultKind::Slow { .. }
            // Of Fubei and the ride code alone.
            | FaultKind::MissingComma
            // Of tests/hostile/.
            | FaultKind::Hostile { .. } => {
                assert_eq!(good()["amount"]["total"], 888);
            }
            FaultKind::TradeState { .. } => assert_eq!(good()["trade_state"], "ACCEPT"),
            FaultKind::Http { status, .. } => {
                assert_eq!(answer_of(&answer).status, *status);
                assert_eq!(header("content-type").unwrap(), "text/html");
            }
            FaultKind::Redirect { .. } => {
                assert_eq!(answer_of(&answer).status, 302);
                assert!(
                    header("location")
                        .unwrap()
                        .starts_with(&simulator.hosts()[0])
                );
            }
            FaultKind::Error { .. } | FaultKind::RecallY { .. } => {
                let (status, body) = refusal(answer);
                assert_eq!((status, &body["code"]), (500, &json!("SYSTEM_ERROR")));
            }
            FaultKind::ReturnFail { .. } => {
                let (status, body) = refusal(answer);
                assert_eq!((status, body), (500, json!({ "message": "系统繁忙" })));
            }
            FaultKind::EmptySuccess => {
                let body = good();
                assert_eq!(body["out_trade_no"], "order-A");
                assert!(body.get("trade_state").is_none());
            }
            FaultKind::Garbage | FaultKind::Doctype => {
                let answer = answer_of(&answer);
                assert!(till.proves(&answer));
                assert!(serde_json::from_slice::<Value>(&answer.body).is_err());
                let xml = answer.text().starts_with("<!DOCTYPE");
                assert_eq!(xml, kind == FaultKind::Doctype);
            }
            FaultKind::Empty => {
                assert!(answer_of(&answer).body.is_empty());
                assert!(till.proves(&answer_of(&answer)));
            }
            FaultKind::MissingSign => {
                unproven();
                for name in ["timestamp", "nonce", "signature", "serial"] {
                    assert_eq!(header(&format!("wechatpay-{name}")), None);
                }
            }
            FaultKind::WrongSign => {
                unproven();
                let signature = header("wechatpay-signature").unwrap();
                assert_eq!(BASE64_STANDARD.decode(signature).unwrap().len(), 256);
            }
            FaultKind::WrongAmount => {
                let amount = good()["amount"].clone();
                assert_eq!(
                    (&amount["total"], &amount["payer_total"]),
                    (&json!(889), &json!(889))
                );
            }
            FaultKind::ForeignOrder => assert_ne!(good()["out_trade_no"], "order-A"),
            FaultKind::ForeignMerchant => assert_ne!(good()["mchid"], "10000100"),
            FaultKind::OldTimeEnd { .. } => {
                let time = till.verified(till.query("order-A"))["success_time"].clone();
                assert!(good()["success_time"].as_str() < time.as_str());
            }
            FaultKind::DuplicateElement => {
                let answer = answer_of(&answer);
                assert!(till.proves(&answer));
                for name in ["amount", "out_trade_no", "trade_state"] {
                    let found = answer.text().matches(&format!("\"{name}\":")).count();
                    assert_eq!(found, 2, "{name}");
                }
            }
            FaultKind::Huge { bytes } => {
                assert!(answer_of(&answer).body.len() as u64 > *bytes);
                assert_eq!(good()["amount"]["total"], 888);
            }
            FaultKind::Close | FaultKind::CloseUnannounced => {
                let announced = kind == FaultKind::Close;
                assert_eq!(header("connection").is_some(), announced);
                good();
            }
            FaultKind::SignProbe => {
                unproven();
                let signature = header("wechatpay-signature").unwrap();
                let rest = signature.strip_prefix("WECHATPAY/SIGNTEST/").unwrap();
                assert!(BASE64_STANDARD.decode(rest).is_err(), "malformed");
            }
            FaultKind::OldTimestamp { seconds } => {
                unproven();
                let timestamp: i64 = header("wechatpay-timestamp").unwrap().parse().unwrap();
                assert!((now() - timestamp).abs_diff(*seconds) < 60);
            }
            // Nothing came before it.
            FaultKind::Replay => assert_eq!(good()["out_trade_no"], "order-A"),
            FaultKind::UnknownSerial => {
                unproven();
                let serial = header("wechatpay-serial").unwrap();
                assert!(serial.starts_with("PUB_KEY_ID_01"));
                assert_ne!(serial, simulator.public_key_id());
            }
            FaultKind::MissingSerial => {
                unproven();
                assert_eq!(header("wechatpay-serial"), None);
                assert!(header("wechatpay-signature").is_some());
            }
        }
    }
}

#[test]
fn a_replayed_answer_is_an_old_one_of_another_order_if_there_is_one() {
    let simulator = start();
    let till = Till::new(&simulator);
    let first = till.play("order-A", Scenario::Paid).unwrap();
    let replay = || Fault::once(Operation::Micropay, FaultKind::Replay);
    simulator.fault(replay());
    let again = till.play("order-B", Scenario::Paid).unwrap();
    assert_eq!(simulator.net_charged("order-B"), 888, "it is executed");
    assert_eq!(again.body, first.body);
    for name in ["timestamp", "nonce", "signature", "serial"] {
        let name = format!("wechatpay-{name}");
        assert_eq!(again.headers[&name], first.headers[&name]);
    }
    assert!(till.proves(&again), "it was signed for somebody else");

    // A query is answered with a query's answer: about order-C, which is older than the present one.
    till.play("order-C", Scenario::PasswordNever).unwrap();
    assert_eq!(code(till.query("order-C")), "USERPAYING");
    assert_eq!(code(till.query("order-A")), "SUCCESS");
    simulator.fault(Fault::once(Operation::Orderquery, FaultKind::Replay));
    let replayed = till.verified(till.query("order-A"));
    assert_eq!(replayed["out_trade_no"], "order-C");
    // Where there is no other order, an earlier answer about this one.
    simulator.reset();
    till.play("order-D", Scenario::PasswordNever).unwrap();
    let old = till.query("order-D").unwrap();
    simulator
        .payer("order-D", wxpay_simulator::PayerAction::Pay)
        .unwrap();
    simulator.fault(Fault::once(Operation::Orderquery, FaultKind::Replay));
    assert_eq!(till.query("order-D").unwrap().body, old.body);
    assert_eq!(code(till.query("order-D")), "SUCCESS");
}

#[test]
fn a_stranger_signs_under_a_serial_number_of_the_kind_in_use() {
    let simulator = start_with(Settings {
        platform_keys: PlatformKeys::Certificates,
        platform_signer: PlatformSigner::Certificate,
        ..Settings::default()
    });
    let till = Till::new(&simulator);
    simulator.fault(Fault::once(Operation::Micropay, FaultKind::UnknownSerial));
    let answer = till.play("order-A", Scenario::Paid).unwrap();
    let serial = &answer.headers["wechatpay-serial"];
    assert!(serial.len() == 40 && !till.proves(&answer), "{serial}");
}

#[test]
fn faults_of_a_reverse_say_what_they_say_in_both_regions() {
    for region in [Region::Mainland, Region::HongKong] {
        let simulator = start_with(Settings {
            region,
            ..Settings::default()
        });
        let till = Till::new(&simulator);
        let (pay, reverse, status) = match region {
            Region::Mainland => (
                "/v3/pay/transactions/codepay",
                "/v3/pay/transactions/out-trade-no/order-A/reverse",
                200,
            ),
            Region::HongKong => (
                "/v3/global/micropay/transactions/pay",
                "/v3/global/micropay/transactions/out-trade-no/order-A/reverse",
                204,
            ),
        };
        let mut sale = till.sale("order-A", "130000000000010000");
        if region == Region::HongKong {
            sale["trade_type"] = "MICROPAY".into();
        }
        till.verified(till.post(pay, &sale));
        let reverse = || till.post(reverse, &till.accounts()).unwrap();
        for kind in [
            FaultKind::RecallY { success: true },
            FaultKind::EmptySuccess,
        ] {
            simulator.fault(Fault::once(Operation::Reverse, kind));
            let answer = reverse();
            assert_eq!(answer.status, status);
            assert!(till.proves(&answer));
            assert_eq!(simulator.net_charged("order-A"), 888, "nothing was done");
        }
        simulator.fault(Fault::once(
            Operation::Reverse,
            FaultKind::RecallY { success: false },
        ));
        assert_eq!(refusal(Ok(reverse())).1["code"], "SYSTEM_ERROR");
        assert_eq!(simulator.net_charged("order-A"), 888);
        assert_eq!(reverse().status, status);
        assert_eq!(simulator.net_charged("order-A"), 0);
    }
}

#[test]
fn errors_are_spelt_as_apiv3_spells_them() {
    let simulator = start();
    let till = Till::new(&simulator);
    for (err_code, status, expected) in [
        ("SYSTEMERROR", 500, "SYSTEM_ERROR"),
        ("BANK_ERROR", 500, "BANK_ERROR"),
        ("ORDERNOTEXIST", 404, "ORDER_NOT_EXIST"),
        ("FREQUENCY_LIMITED", 429, "FREQUENCY_LIMITED"),
        ("NEVER_HEARD_OF", 403, "NEVER_HEARD_OF"),
    ] {
        simulator.fault(Fault::once(
            Operation::Orderquery,
            FaultKind::Error {
                err_code: err_code.into(),
                executed: false,
            },
        ));
        let (found, body) = refusal(till.query("order-A"));
        assert_eq!((found, &body["code"]), (status, &json!(expected)));
    }
}

#[test]
fn the_certificate_list_can_fail_too() {
    let simulator = start();
    let till = Till::new(&simulator);
    for (kind, status) in [
        (
            FaultKind::Error {
                err_code: "SYSTEMERROR".into(),
                executed: false,
            },
            500,
        ),
        (
            FaultKind::Http {
                status: 502,
                executed: false,
            },
            502,
        ),
        (FaultKind::WrongSign, 200),
    ] {
        simulator.fault(Fault::once(Operation::Certificates, kind));
        let answer = till.get("/v3/certificates").unwrap();
        assert_eq!(answer.status, status);
        assert!(!till.proves(&answer));
    }
    simulator.fault(Fault::once(Operation::Certificates, FaultKind::DropAfter));
    assert!(till.get("/v3/certificates").is_err());
    till.verified(till.get("/v3/certificates"));
    let record = simulator.requests().pop().unwrap();
    assert_eq!(record.operation, Some(Operation::Certificates));
    assert_eq!(record.verdict, "SUCCESS");
}
