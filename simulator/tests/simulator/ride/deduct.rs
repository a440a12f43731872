use serde_json::{Value, json};
use wxpay_simulator::{
    Fault, FaultKind, Operation, RideAction, RideDuplicates, RideScenario, RideState, Simulator,
};

use super::client::{Operator, errcode, ride, start_ride};
use crate::client::{Answer, start};

fn platform() -> Simulator {
    start_ride(|_| {})
}

#[test]
fn a_ride_is_accepted_first_and_deducted_later() {
    let simulator = platform();
    let operator = Operator::new(&simulator);
    let answer = operator.pay("RIDE0000").unwrap();
    assert_eq!(answer.text(), "{\"errcode\":0,\"errmsg\":\"ok\"}");
    let ledger = simulator.ledger();
    let ride = ledger.ride("RIDE0000").unwrap();
    assert_eq!((ride.state, ride.charged_fen), (RideState::Accepted, 0));
    assert_eq!(ride.total_fee, Some(180));
    assert_eq!(ride.attach.as_deref(), Some("gate 7"));
    let state = simulator.ride_action("RIDE0000", RideAction::Succeed);
    assert_eq!(state, Ok(RideState::Success));
    let ledger = simulator.ledger();
    let ride = ledger.ride("RIDE0000").unwrap();
    assert_eq!((ride.charged_fen, ride.charges, ride.requests), (180, 1, 1));
    // Rides are no orders.
    assert_eq!(ledger.totals.orders, 0);
    let record = simulator.requests().pop().unwrap();
    assert_eq!(record.operation, Some(Operation::Ride));
    assert_eq!(
        (record.verdict.as_str(), record.path.contains("TOKEN")),
        ("0", false)
    );
}

/// What an operator sees, in a word.
fn shown(answer: std::io::Result<Answer>) -> String {
    let Ok(answer) = answer else {
        return "nothing".to_owned();
    };
    match serde_json::from_slice::<Value>(&answer.body) {
        Ok(body) => body["errcode"].to_string(),
        Err(_) if answer.status == 200 => "unreadable".to_owned(),
        Err(_) => answer.status.to_string(),
    }
}

#[test]
fn every_scenario_answers_and_deducts_as_the_table_says() {
    use RideScenario as S;
    let simulator = platform();
    let operator = Operator::new(&simulator);
    for scenario in RideScenario::ALL.iter().copied() {
        let (answer, accepted) = match scenario {
            S::Paid
            | S::Failed
            | S::Silent
            | S::Twice
            | S::CallbackFirst
            | S::CallbackWrongAmount
            | S::AnswerTooLate => ("0", true),
            S::Busy => ("-1", false),
            S::BusyDeducted => ("-1", true),
            S::Token => ("40001", false),
            S::Refused => ("9000002", false),
            S::AnswerLost | S::Truncated => ("nothing", true),
            S::RequestLost => ("nothing", false),
            S::Http500 => ("500", true),
            S::Http502 => ("502", false),
            S::Garbage => ("unreadable", true),
            S::NoErrcode => ("null", true),
        };
        let number = format!("RIDE{}", scenario.number());
        assert_eq!(shown(operator.pay(&number)), answer, "{scenario:?}");
        let ledger = simulator.ledger();
        let ride = ledger.ride(&number).unwrap();
        assert_eq!(ride.scenario, scenario.name());
        assert_eq!(ride.state != RideState::Absent, accepted, "{scenario:?}");
        assert_eq!(ride.requests, 1);
    }
    // It does not wait.
    let ledger = simulator.ledger();
    assert_eq!(ledger.ride("RIDE0104").unwrap().charged_fen, 180);
}

#[test]
fn every_field_is_checked() {
    let simulator = platform();
    let operator = Operator::new(&simulator);
    let with = |name: &str, value: Value| {
        let mut body = ride();
        body[name] = value;
        errcode(operator.send(&body.to_string()))
    };
    let without = |name: &str| {
        let mut body = ride();
        body.as_object_mut().unwrap().remove(name);
        errcode(operator.send(&body.to_string()))
    };
    for name in [
        "qrcode",
        "total_fee",
        "original_fee",
        "body",
        "start_time",
        "line_name",
        "trade_scene",
    ] {
        assert_eq!(without(name), 40_097, "{name}");
        assert_eq!(with(name, json!("")), 40_097, "{name}");
        assert_eq!(with(name, json!([])), 40_097, "{name}");
        assert_eq!(with(name, Value::Null), 40_097, "{name}");
    }
    for name in [
        "machine_ip",
        "machine_latitude",
        "machine_longitude",
        "start_qrcode",
        "attach",
    ] {
        assert_eq!(without(name), 0, "{name}");
        assert_eq!(with(name, json!("")), 40_097, "{name}");
        assert_eq!(with(name, json!({})), 40_097, "{name}");
    }
    // A second scan has both.
    assert_eq!(without("end_time"), 40_097);
    for (name, value) in [
        ("qrcode", json!("not base64!")),
        ("total_fee", json!(1.8)),
        ("total_fee", json!("180")),
        ("total_fee", json!(-1)),
        ("total_fee", json!(201)),
        ("machine_ip", json!("10.0.0")),
        ("machine_latitude", json!(90.1)),
        ("machine_latitude", json!("31.2")),
        ("machine_longitude", json!(-180.1)),
        ("body", json!("打车")),
        ("start_time", json!("2026-11-22 08:15:00")),
        ("start_time", json!("20261322081500")),
        ("end_time", json!("20261122081459")),
        ("trade_scene", json!("TAXI")),
        ("out_order_no", json!(7)),
        ("unheard_of", json!(7)),
    ] {
        assert_eq!(with(name, value.clone()), 40_097, "{name} {value}");
    }
    for (name, value) in [
        ("total_fee", json!(0)),
        ("total_fee", json!(200)),
        ("machine_ip", json!("::1")),
        ("machine_latitude", json!(-90)),
        ("body", json!("公交代扣")),
        ("trade_scene", json!("BUS")),
    ] {
        assert_eq!(with(name, value), 0, "{name}");
    }
    // As it is written, not as what it means.
    let exponent = ride()
        .to_string()
        .replace("\"total_fee\":180", "\"total_fee\":18e1");
    assert_eq!(errcode(operator.send(&exponent)), 40_097);
}

#[test]
fn token_method_and_json_have_codes_of_their_own() {
    let simulator = platform();
    let mut operator = Operator::new(&simulator);
    let (path, body) = ("/intp/transportcode/simulated", ride().to_string());
    let right = format!("{path}?access_token={}", operator.token);
    assert_eq!(errcode(operator.post("PUT", &right, &body)), 43_002);
    assert_eq!(errcode(operator.post("POST", path, &body)), 41_001);
    let escaped = right
        .replace('_', "%5F")
        .replacen("access%5Ftoken", "access_token", 1);
    assert_eq!(errcode(operator.post("POST", &escaped, &body)), 0);
    for text in [
        "",
        "[]",
        "<xml/>",
        "{\"qrcode\":\"QQ==\",\"qrcode\":\"QQ==\"}",
    ] {
        assert_eq!(errcode(operator.send(text)), 47_001, "{text}");
    }
    operator.token = "another".to_owned();
    assert_eq!(errcode(operator.pay("RIDE0000")), 40_001);
    assert!(simulator.ledger().ride("RIDE0000").is_none());
    let other = operator
        .post("POST", "/intp/transportcode/other", &body)
        .unwrap();
    assert_eq!(other.status, 404);
    let without = start();
    let answer = Operator::new(&without).pay("RIDE0000").unwrap();
    assert_eq!(answer.status, 404);
}

#[test]
fn a_second_request_is_refused_or_charges_again() {
    for (duplicates, code, charged_fen) in [
        (RideDuplicates::Refused, 9_000_001, 180),
        (RideDuplicates::ChargedAgain, 0, 360),
    ] {
        let simulator = start_ride(|platform| platform.duplicates = duplicates);
        let operator = Operator::new(&simulator);
        assert_eq!(errcode(operator.pay("RIDE0000")), 0);
        simulator
            .ride_action("RIDE0000", RideAction::Succeed)
            .unwrap();
        assert_eq!(errcode(operator.pay("RIDE0000")), code);
        let ledger = simulator.ledger();
        let ride = ledger.ride("RIDE0000").unwrap();
        assert_eq!((ride.charged_fen, ride.requests), (charged_fen, 2));
    }
}

#[test]
fn faults_happen_to_rides() {
    let simulator = platform();
    let operator = Operator::new(&simulator);
    let kinds = FaultKind::examples()
        .into_iter()
        .chain(FaultKind::v3_examples())
        .chain(FaultKind::fubei_examples());
    for (index, kind) in kinds.enumerate() {
        let kind = match kind {
            FaultKind::Huge { .. } => FaultKind::Huge { bytes: 3 << 20 },
            FaultKind::Slow { .. } => FaultKind::Slow { ms: 1 },
            FaultKind::DelayBefore { .. } => FaultKind::DelayBefore { ms: 30 },
            FaultKind::DelayAfter { .. } => FaultKind::DelayAfter { ms: 30 },
            other => other,
        };
        simulator.fault(Fault::once(Operation::Ride, kind.clone()));
        let number = format!("RIDE{index}-0000");
        let answer = operator.pay(&number);
        let expected = match &kind {
            FaultKind::DropBefore | FaultKind::DropAfter | FaultKind::Truncated => "nothing",
            FaultKind::Http { .. } => "502",
            FaultKind::Redirect { .. } => "302",
            FaultKind::Error { .. } | FaultKind::ReturnFail { .. } | FaultKind::RecallY { .. } => {
                "-1"
            }
            FaultKind::Garbage
            | FaultKind::Empty
            | FaultKind::Doctype
            | FaultKind::MissingComma => "unreadable",
            // The last of two says 0, as it seems to whoever reads it carelessly.
            _ => "0",
        };
        assert_eq!(shown(answer), expected, "{kind:?}");
        let ledger = simulator.ledger();
        let ride = ledger.ride(&number).unwrap();
        assert_eq!(ride.state != RideState::Absent, kind.executed(), "{kind:?}");
        assert_eq!(simulator.requests().pop().unwrap().faults, [kind.name()]);
    }
    simulator.fault(Fault::once(
        Operation::Ride,
        FaultKind::Error {
            err_code: "42001".into(),
            executed: false,
        },
    ));
    assert_eq!(errcode(operator.pay("RIDE-E0000")), 42_001);
}
