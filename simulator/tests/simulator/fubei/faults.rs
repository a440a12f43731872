use std::io;

use serde_json::{Value, json};
use wxpay_simulator::{
    Channel, Fault, FaultKind, FubeiData, FubeiForms, Operation, Scenario, Settings, Simulator,
};

use super::client::{Till, data, parsed, refusal};
use crate::client::{Answer, start, start_with};

/// What a client sees of a paid sale under `kind`; and whether the payer was charged.
fn paid_under(till: &Till<'_>, kind: FaultKind) -> (io::Result<Answer>, bool) {
    let simulator = till.simulator;
    simulator.reset();
    simulator.fault(Fault::once(Operation::Micropay, kind));
    let answer = till.play("A", Scenario::Paid);
    (answer, simulator.net_charged("A") == 888)
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
    let kinds = FaultKind::examples()
        .into_iter()
        .chain(FaultKind::v3_examples())
        .chain(FaultKind::fubei_examples())
        .map(quick);
    for kind in kinds {
        for till in [Till::new(&simulator), Till::vendor(&simulator)] {
            seen(&till, &kind);
        }
    }
}

fn seen(till: &Till<'_>, kind: &FaultKind) {
    let (answer, charged) = paid_under(till, kind.clone());
    assert_eq!(charged, kind.executed(), "{kind:?}");
    let record = till.simulator.requests().pop().expect("it is recorded");
    assert_eq!(record.faults, [kind.name()]);
    assert_eq!(record.operation, Some(Operation::Micropay));
    let (state, amount) = (till.name("trade_state"), till.name("total_fee"));
    let good = || data(Ok(answer_of(&answer)));
    let refused = || refusal(Ok(answer_of(&answer)));
    let no_json = || serde_json::from_slice::<Value>(&answer_of(&answer).body).is_err();
    match kind {
        FaultKind::DropBefore | FaultKind::DropAfter | FaultKind::Truncated => {
            assert!(answer.is_err(), "{kind:?}");
        }
        FaultKind::DelayBefore { .. }
        | FaultKind::DelayAfter { .. }
        | FaultKind::Slow { .. }
        // Nobody signs answers.
        | FaultKind::MissingSign
        | FaultKind::WrongSign
        | FaultKind::SignProbe
        | FaultKind::OldTimestamp { .. }
        | FaultKind::Replay
        | FaultKind::UnknownSerial
        | FaultKind::MissingSerial
        // Of tests/hostile/.
        | FaultKind::Hostile { .. } => assert_eq!(good()[state], "SUCCESS", "{kind:?}"),
        FaultKind::Http { status, .. } => {
            assert_eq!(answer_of(&answer).status, *status);
            assert_eq!(answer_of(&answer).headers["content-type"], "text/html");
        }
        FaultKind::Redirect { .. } => {
            let location = &answer_of(&answer).headers["location"];
            assert!(location.starts_with(&till.simulator.hosts()[0]));
        }
        FaultKind::Error { .. } | FaultKind::RecallY { .. } => {
            assert_eq!(refused().0, 400);
            assert_eq!(refused().1, "SYSTEMERROR");
        }
        FaultKind::ReturnFail { .. } => {
            assert_eq!((refused().0, refused().1.as_str()), (500, ""));
            assert_eq!(parsed(&answer_of(&answer))["data"], Value::Null);
        }
        FaultKind::EmptySuccess => assert_eq!(good()["merchant_order_sn"], "A"),
        FaultKind::TradeState { .. } => assert_eq!(good()[state], "ACCEPT"),
        FaultKind::Garbage => assert!(no_json()),
        FaultKind::Empty => assert!(answer_of(&answer).body.is_empty()),
        FaultKind::WrongAmount => assert_eq!(good()[amount], json!(8.89)),
        FaultKind::ForeignOrder => assert_eq!(good()["merchant_order_sn"], "SOMEBODYELSESORDER"),
        FaultKind::ForeignMerchant => {
            // 1.0 does not name it.
            let merchant_id = good().get("merchant_id").cloned();
            let expected = (state == "order_status").then(|| json!(1_999_999));
            assert_eq!(merchant_id, expected);
        }
        FaultKind::OldTimeEnd { .. } => {
            let time = if state == "trade_state" { "pay_time" } else { "finish_time" };
            let now = data(till.query("A"));
            let (then, now) = (good()[time].to_string(), now[time].to_string());
            assert!(then < now);
        }
        FaultKind::Doctype => assert!(answer_of(&answer).text().starts_with("<!DOCTYPE")),
        FaultKind::DuplicateElement => {
            let text = answer_of(&answer).text();
            for name in ["result_code", state, amount] {
                assert_eq!(text.matches(&format!("\"{name}\"")).count(), 2, "{name}");
            }
        }
        FaultKind::Huge { bytes } => {
            assert!(answer_of(&answer).body.len() as u64 > *bytes);
            assert_eq!(good()[state], "SUCCESS");
        }
        FaultKind::Close | FaultKind::CloseUnannounced => {
            let announced = *kind == FaultKind::Close;
            let close = answer_of(&answer).headers.contains_key("connection");
            assert_eq!(close, announced);
        }
        FaultKind::MissingComma => {
            assert!(no_json());
            let text = answer_of(&answer).text();
            let mended = text.replace(
                &format!("\"{state}\":\"SUCCESS\"\n"),
                &format!("\"{state}\":\"SUCCESS\","),
            );
            assert!(serde_json::from_str::<Value>(&mended).is_ok(), "{text}");
        }
    }
}

/// The answer that a query gets under `kind`.
fn query_under(simulator: &Simulator, kind: FaultKind) -> Answer {
    let till = Till::new(simulator);
    simulator.fault(Fault::once(Operation::Orderquery, kind));
    till.query("A").expect("there is an answer")
}

#[test]
fn errors_are_spelt_as_the_orders_channel_does() {
    let simulator = start();
    let mut till = Till::new(&simulator);
    till.channel = Channel::Alipay;
    data(till.play("A", Scenario::Paid));
    let error = |code: &'static str| FaultKind::Error {
        err_code: code.into(),
        executed: true,
    };
    for (code, spelt) in [
        ("SYSTEMERROR", "ACQ.SYSTEM_ERROR"),
        ("ORDERNOTEXIST", "ACQ.TRADE_NOT_EXIST"),
        ("WHATEVER", "WHATEVER"),
    ] {
        let (result_code, sub_code, _) = refusal(Ok(query_under(&simulator, error(code))));
        assert_eq!((result_code, sub_code.as_str()), (400, spelt));
    }
}

#[test]
fn a_comma_lacks_in_every_answer_that_it_is_to_lack_in() {
    for form in [FubeiData::Object, FubeiData::Text] {
        let mut settings = Settings::default();
        settings.fubei.forms = FubeiForms {
            data: form,
            ..FubeiForms::default()
        };
        let simulator = start_with(settings);
        let till = Till::new(&simulator);
        // Nothing has a state here.
        let answer = query_under(&simulator, FaultKind::MissingComma);
        assert!(serde_json::from_slice::<Value>(&answer.body).is_err());
        assert_eq!(till.play("A", Scenario::Paid).unwrap().status, 200);
        let answer = query_under(&simulator, FaultKind::MissingComma);
        let outer = serde_json::from_slice::<Value>(&answer.body);
        match form {
            FubeiData::Object => assert!(outer.is_err()),
            FubeiData::Text => {
                let outer = outer.unwrap();
                let inner = outer["data"].as_str().unwrap();
                assert!(serde_json::from_str::<Value>(inner).is_err());
            }
        }
    }
}
