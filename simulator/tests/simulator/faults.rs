use std::io::{self, Read, Write};

use wxpay_simulator::{Fault, FaultKind, Operation, Scenario, Settings, Simulator};

use crate::client::{Answer, Till, request, sale, start, start_with, until, xml};

/// What a client sees of a paid sale under `kind`; and whether the payer was charged.
fn paid_under(simulator: &Simulator, kind: FaultKind) -> (io::Result<Answer>, bool) {
    simulator.reset();
    simulator.fault(Fault::once(Operation::Micropay, kind));
    let till = Till::new(simulator);
    let answer = till.play("A", Scenario::Paid);
    (answer, simulator.net_charged("A") == 888)
}

#[test]
fn each_fault_can_be_seen_and_charges_as_it_says() {
    let simulator = start();
    let till = Till::new(&simulator);
    let kinds = FaultKind::examples()
        .into_iter()
        .chain(FaultKind::v3_examples())
        .chain(FaultKind::fubei_examples());
    for kind in kinds {
        let kind = match kind {
            FaultKind::Huge { .. } => FaultKind::Huge { bytes: 3 << 20 },
            FaultKind::Slow { .. } => FaultKind::Slow { ms: 1 },
            FaultKind::DelayBefore { .. } => FaultKind::DelayBefore { ms: 30 },
            FaultKind::DelayAfter { .. } => FaultKind::DelayAfter { ms: 30 },
            other => other,
        };
        let (answer, charged) = paid_under(&simulator, kind.clone());
        assert_eq!(charged, kind.executed(), "{kind:?}");
        let record = simulator.requests().pop().expect("the request is recorded");
        assert_eq!(record.faults, [kind.name()]);
        let field = |name: &str| till.verified(Ok(answer_of(&answer))).get(name).cloned();
        match &kind {
            FaultKind::DropBefore | FaultKind::DropAfter | FaultKind::Truncated => {
                assert!(answer.is_err(), "{kind:?}");
            }
            FaultKind::DelayBefore { .. }
            | FaultKind::DelayAfter { .. }
            | FaultKind::Slow { .. }
            // A submit's answer has no trade_state.
            | FaultKind::TradeState { .. }
            // Of APIv3 alone.
            | FaultKind::SignProbe
            | FaultKind::OldTimestamp { .. }
            | FaultKind::Replay
            | FaultKind::UnknownSerial
            | FaultKind::MissingSerial
            // Of JSON alone.
            | FaultKind::MissingComma
            // Of tests/hostile/.
            | FaultKind::Hostile { .. } => assert_eq!(field("total_fee").unwrap(), "888"),
            FaultKind::Http { status, .. } => {
                let answer = answer_of(&answer);
                assert_eq!(answer.status, *status);
                assert_eq!(answer.headers["content-type"], "text/html");
            }
            FaultKind::Redirect { .. } => {
                let answer = answer_of(&answer);
                assert_eq!(answer.status, 302);
                assert!(answer.headers["location"].starts_with(&simulator.hosts()[0]));
            }
            FaultKind::Error { .. } => assert_eq!(field("err_code").unwrap(), "SYSTEMERROR"),
            FaultKind::ReturnFail { .. } => {
                assert_eq!(answer_of(&answer).fields()["return_code"], "FAIL");
            }
            FaultKind::RecallY { .. } => assert_eq!(field("recall").unwrap(), "Y"),
            FaultKind::EmptySuccess => assert_eq!(field("recall").unwrap(), "N"),
            FaultKind::Garbage => {
                assert!(roxmltree::Document::parse(&answer_of(&answer).text()).is_err());
            }
            FaultKind::Empty => assert!(answer_of(&answer).body.is_empty()),
            FaultKind::MissingSign => {
                assert!(!answer_of(&answer).fields().contains_key("sign"));
            }
            FaultKind::WrongSign => {
                let fields = answer_of(&answer).fields();
                assert_ne!(fields["sign"], till.sign(&fields));
                assert_eq!(fields["sign"].len(), 32);
            }
            FaultKind::WrongAmount => assert_eq!(field("total_fee").unwrap(), "889"),
            FaultKind::ForeignOrder => assert_ne!(field("out_trade_no").unwrap(), "A"),
            FaultKind::ForeignMerchant => assert_ne!(field("mch_id").unwrap(), "10000100"),
            FaultKind::OldTimeEnd { .. } => {
                let now = till.verified(till.query("A"))["time_end"].clone();
                assert!(field("time_end").unwrap() < now);
            }
            FaultKind::Doctype => assert!(answer_of(&answer).text().starts_with("<!DOCTYPE")),
            FaultKind::DuplicateElement => {
                assert_eq!(answer_of(&answer).text().matches("<result_code>").count(), 2);
            }
            FaultKind::Huge { bytes } => {
                assert!(answer_of(&answer).body.len() as u64 > *bytes);
                assert_eq!(field("total_fee").unwrap(), "888");
            }
            FaultKind::Close | FaultKind::CloseUnannounced => {
                let announced = kind == FaultKind::Close;
                let close = answer_of(&answer).headers.contains_key("connection");
                assert_eq!(close, announced);
            }
        }
    }
}

fn answer_of(answer: &io::Result<Answer>) -> Answer {
    answer.as_ref().expect("there is an answer").clone()
}

#[test]
fn a_kept_connection_serves_again_unless_a_fault_ends_it() {
    let simulator = start();
    let till = Till::new(&simulator);
    for (number, kind, kept) in [
        ("A", None, true),
        ("B", Some(FaultKind::Close), false),
        ("C", Some(FaultKind::CloseUnannounced), false),
    ] {
        if let Some(kind) = kind {
            simulator.fault(Fault::once(Operation::Orderquery, kind));
        }
        let mut stream = till.connect().unwrap();
        let query = || xml(&till.signed(&[("out_trade_no", number)]));
        request(&mut stream, "POST", "/pay/orderquery", &query()).unwrap();
        if !kept {
            let mut byte = [0];
            assert!(!matches!(stream.read(&mut byte), Ok(1)));
        }
        let second = request(&mut stream, "POST", "/pay/orderquery", &query());
        assert_eq!(second.is_ok(), kept, "{number}");
    }
}

#[test]
fn a_request_that_waits_takes_effect_although_the_client_has_gone() {
    let simulator = start();
    let till = Till::new(&simulator);
    simulator.fault(Fault::once(
        Operation::Micropay,
        FaultKind::DelayBefore { ms: 100 },
    ));
    let mut stream = till.connect().unwrap();
    let body = xml(&till.signed(&sale("A", "130000000000010000")));
    let head = format!(
        "POST /pay/micropay HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    stream.flush().unwrap();
    // Received is counted before the wait.
    until(|| {
        let ledger = simulator.ledger();
        ledger.order("A").is_some_and(|order| order.submits == 1)
    });
    drop(stream);
    until(|| simulator.net_charged("A") == 888);
}

#[test]
fn faults_meet_the_host_and_the_occurrence_they_are_set_for() {
    let simulator = start();
    let mut till = Till::new(&simulator);
    simulator.fault(
        Fault::once(Operation::Orderquery, FaultKind::DropAfter)
            .on_host(1)
            .skip(1)
            .times(1),
    );
    let mut outcomes = Vec::new();
    for host in [0, 1, 0, 1, 1] {
        till.host = host;
        outcomes.push(till.query("A").is_ok());
    }
    assert_eq!(outcomes, [true, true, true, false, true]);
    simulator.fault(Fault::always(Operation::Orderquery, FaultKind::Empty));
    assert!(till.query("A").unwrap().body.is_empty());
    simulator.clear_faults();
    assert_eq!(till.state("A"), "ORDERNOTEXIST");
}

#[test]
fn the_clock_can_be_wrong() {
    let simulator = start_with(Settings {
        skew_seconds: -86_400 * 365,
        ..Settings::default()
    });
    let till = Till::new(&simulator);
    let year = |answer: &Answer| {
        let date = &answer.headers["date"];
        date.split(' ').nth(3).unwrap().parse::<i32>().unwrap()
    };
    let wrong = till.play("A", Scenario::Paid).unwrap();
    let wrong_end = till.verified(Ok(wrong.clone()))["time_end"].clone();
    simulator.set_skew(0);
    let right = till.play("B", Scenario::Paid).unwrap();
    let right_end = till.verified(Ok(right.clone()))["time_end"].clone();
    assert!(year(&wrong) < year(&right));
    assert!(wrong_end < right_end);
}
