use std::net::TcpStream;

use serde_json::{Value, json};
use wxpay_simulator::{RideCode, Scenario, Settings, Simulator};

use crate::client::{Till, address, request, start_with, until};
use crate::listener::Listener;
use crate::ride::client::Operator;

/// Where nobody listens.
const NOBODY: &str = "http://127.0.0.1:9/notify";

fn start() -> Simulator {
    start_with(Settings {
        control_port: Some(0),
        ..Settings::default()
    })
}

fn call(simulator: &Simulator, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let url = simulator.control_url().expect("there is a control port");
    let mut stream = TcpStream::connect(address(&url)).expect("it listens");
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let answer = request(&mut stream, method, path, &body).expect("it answers");
    assert_eq!(answer.headers["content-type"], "application/json");
    (
        answer.status,
        serde_json::from_slice(&answer.body).expect("JSON"),
    )
}

fn done(simulator: &Simulator, method: &str, path: &str, body: &Value) -> Value {
    let (status, answer) = call(simulator, method, path, body);
    assert_eq!(status, 200, "{method} {path}: {answer}");
    answer
}

#[test]
fn the_ledger_is_read_as_stable_json() {
    let simulator = start();
    let till = Till::new(&simulator);
    till.verified(till.play("A", Scenario::Paid));
    let ledger = done(&simulator, "GET", "/ledger", &Value::Null);
    assert_eq!(
        ledger,
        json!({
            "totals": { "orders": 1, "charged_fen": 888, "refunded_fen": 0, "net_fen": 888 },
            "orders": [{
                "out_trade_no": "A",
                "mch_id": "10000100",
                "sub_mch_id": null,
                "state": "SUCCESS",
                "scenario": "paid",
                "trade_type": "MICROPAY",
                "total_fee": 888,
                "fee_type": "CNY",
                "transaction_id": "4200000000000000000000000001",
                "charged_fen": 888,
                "refunded_fen": 0,
                "net_fen": 888,
                "charges": 1,
                "submits": 1,
                "queries": 0,
                "reverses": 0,
                "early_reverses": 0,
                "closes": 0,
                "foreign": false
            }],
            "refunds": [],
            "rides": []
        })
    );
    let order = done(&simulator, "GET", "/ledger/A", &Value::Null);
    assert_eq!(order, ledger["orders"][0]);
    let requests = done(&simulator, "GET", "/requests", &Value::Null);
    assert_eq!(requests["requests"][0]["operation"], "micropay");
    assert_eq!(requests["requests"][0]["verdict"], "SUCCESS");
    assert_eq!(call(&simulator, "GET", "/ledger/B", &Value::Null).0, 404);
}

#[test]
fn connections_are_counted_while_they_are_open() {
    let simulator = start();
    let read = || done(&simulator, "GET", "/connections", &Value::Null);
    let counts = json!({ "open": 0, "most": 0, "accepted": 0 });
    assert_eq!(read(), counts);
    let streams: Vec<_> = (simulator.hosts().iter().cycle().take(3))
        .map(|host| TcpStream::connect(address(host)).expect("it listens"))
        .collect();
    until(|| simulator.connections().open == 3);
    drop(streams);
    until(|| simulator.connections().open == 0);
    assert_eq!(read(), json!({ "open": 0, "most": 3, "accepted": 3 }));
}

#[test]
fn faults_payers_hosts_and_the_clock_are_set_from_outside() {
    let simulator = start();
    let till = Till::new(&simulator);
    let fault = json!({ "operation": "micropay", "kind": "drop_after" });
    done(&simulator, "POST", "/faults", &fault);
    assert!(till.play("A", Scenario::PasswordNever).is_err());
    let answer = done(&simulator, "POST", "/payer/A", &json!({ "action": "pay" }));
    assert_eq!(answer["state"], "SUCCESS");
    assert_eq!(till.state("A"), "SUCCESS");

    let always = json!({ "kind": "empty", "times": null });
    done(&simulator, "POST", "/faults", &always);
    assert!(till.query("A").unwrap().body.is_empty());
    done(&simulator, "DELETE", "/faults", &Value::Null);
    assert_eq!(till.state("A"), "SUCCESS");

    done(&simulator, "POST", "/hosts/0", &json!({ "state": "down" }));
    assert!(till.query("A").is_err());
    let hosts = done(&simulator, "GET", "/hosts", &Value::Null);
    assert_eq!(hosts["hosts"][0]["state"], "down");
    assert_eq!(hosts["hosts"][1]["url"], simulator.hosts()[1]);
    done(&simulator, "POST", "/hosts/0", &json!({ "state": "up" }));
    assert_eq!(till.state("A"), "SUCCESS");

    done(
        &simulator,
        "POST",
        "/clock",
        &json!({ "skew_seconds": -600 }),
    );
    let clock = done(&simulator, "GET", "/clock", &Value::Null);
    assert_eq!(clock["skew_seconds"], -600);
    done(&simulator, "POST", "/reset", &Value::Null);
    assert_eq!(simulator.ledger().totals.orders, 0);
    let clock = done(&simulator, "GET", "/clock", &Value::Null);
    assert_eq!(clock["skew_seconds"], 0);
}

#[test]
fn rides_end_from_outside() {
    let simulator = start_with(Settings {
        ride_code: Some(RideCode::example()),
        control_port: Some(0),
        ..Settings::default()
    });
    Operator::new(&simulator).pay("RIDE0000").unwrap();
    let ride = done(&simulator, "GET", "/rides/RIDE0000", &Value::Null);
    assert_eq!(
        (&ride["state"], &ride["charged_fen"]),
        (&json!("ACCEPTED"), &json!(0))
    );
    let body = json!({ "action": "succeed" });
    let answer = done(&simulator, "POST", "/rides/RIDE0000", &body);
    assert_eq!(answer["state"], "SUCCESS");
    let ledger = done(&simulator, "GET", "/ledger", &Value::Null);
    assert_eq!(
        ledger["rides"],
        json!([{
            "out_order_no": "RIDE0000",
            "attach": "gate 7",
            "total_fee": 180,
            "state": "SUCCESS",
            "scenario": "paid",
            "transaction_id": "4300000000000000000000000001",
            "charged_fen": 180,
            "charges": 1,
            "requests": 1
        }])
    );
    done(&simulator, "POST", "/reset", &Value::Null);
    assert!(simulator.ledger().rides.is_empty());
}

#[test]
fn callbacks_of_rides_are_sent_where_the_control_interface_says() {
    let heard = "{\"errcode\":0,\"nonce_str\":\"NONCE\"}";
    let listener = Listener::start(vec![(200, heard)]);
    let simulator = start_with(Settings {
        ride_code: Some(RideCode::example()),
        control_port: Some(0),
        ..Settings::default()
    });
    let operator = Operator::new(&simulator);
    let end = |number: &str| {
        operator.pay(number).unwrap();
        let path = format!("/rides/{number}");
        done(&simulator, "POST", &path, &json!({ "action": "succeed" }));
    };
    let told = || done(&simulator, "GET", "/ride-callback", &Value::Null)["url"].clone();
    assert_eq!(told(), Value::Null);
    for (url, reason) in [
        ("ftp://127.0.0.1/", "http or https"),
        ("http://127.0.0.1/?a=1", "parameters"),
        ("somewhere", "http or https"),
    ] {
        let (status, answer) = call(&simulator, "POST", "/ride-callback", &json!({ "url": url }));
        assert_eq!(status, 409);
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(reason), "{error}");
    }
    let body = json!({ "url": listener.url });
    done(&simulator, "POST", "/ride-callback", &body);
    assert_eq!(told(), listener.url);
    end("HEARD-0000");
    until(|| simulator.notifications().iter().any(|told| told.delivered));
    // It is an address, not something that has happened.
    done(&simulator, "POST", "/reset", &Value::Null);
    assert_eq!(told(), listener.url);
    done(
        &simulator,
        "POST",
        "/ride-callback",
        &json!({ "url": null }),
    );
    assert_eq!(told(), Value::Null);
    end("NOBODY-0000");
    assert_eq!(listener.received().len(), 1);
    assert!(simulator.notifications().is_empty());
}

#[test]
fn prepay_orders_are_paid_and_refunds_end_from_outside() {
    let simulator = start();
    let till = Till::new(&simulator);
    till.verified(till.prepay("A", NOBODY));
    let answer = done(&simulator, "POST", "/payer/A", &json!({ "action": "pay" }));
    assert_eq!(answer["state"], "SUCCESS");
    till.verified(till.refund("A", "R", "300"));
    let refund = done(&simulator, "GET", "/refunds/R", &Value::Null);
    assert_eq!(
        refund,
        json!({
            "out_refund_no": "R",
            "mch_id": "10000100",
            "sub_mch_id": null,
            "refund_id": "5030000000000000000000000002",
            "out_trade_no": "A",
            "refund_fee": 300,
            "state": "PROCESSING",
            "submits": 1,
            "queries": 0
        })
    );
    let body = json!({ "action": "succeed" });
    let answer = done(&simulator, "POST", "/refunds/R", &body);
    assert_eq!(answer["state"], "SUCCESS");
    assert_eq!(simulator.net_charged("A"), 588);
    let ledger = done(&simulator, "GET", "/ledger", &Value::Null);
    assert_eq!(ledger["totals"]["refunded_fen"], 300);
    assert_eq!(ledger["refunds"][0]["state"], "SUCCESS");
    until(|| {
        let answer = done(&simulator, "GET", "/notifications", &Value::Null);
        answer["notifications"][0]["attempts"] == 4
    });
    let answer = done(&simulator, "GET", "/notifications", &Value::Null);
    let first = &answer["notifications"][0];
    assert_eq!(first["kind"], "payment");
    assert_eq!(first["delivered"], false);
    assert_eq!(first["answered"], Value::Null);
    assert!(first["body"].as_str().unwrap().starts_with("<xml>"));
}

#[test]
fn wrong_requests_are_refused_with_a_reason_and_change_nothing() {
    let simulator = start();
    for (method, path, body, status, reason) in [
        (
            "POST",
            "/faults",
            json!({ "kind": "nonsense" }),
            400,
            "nonsense",
        ),
        (
            "POST",
            "/payer/A",
            json!({ "action": "pay" }),
            409,
            "no order",
        ),
        (
            "POST",
            "/payer/A",
            json!({ "action": "steal" }),
            400,
            "steal",
        ),
        (
            "POST",
            "/refunds/R",
            json!({ "action": "succeed" }),
            409,
            "no refund",
        ),
        ("POST", "/refunds/R", json!({ "action": "pay" }), 400, "pay"),
        ("GET", "/refunds/R", Value::Null, 404, "never heard"),
        ("GET", "/rides/R", Value::Null, 404, "never heard"),
        (
            "POST",
            "/rides/R",
            json!({ "action": "fail" }),
            409,
            "no ride",
        ),
        (
            "POST",
            "/rides/R",
            json!({ "action": "close" }),
            400,
            "close",
        ),
        ("DELETE", "/rides/R", Value::Null, 405, "not offered"),
        (
            "POST",
            "/ride-callback",
            json!({ "url": "http://127.0.0.1:9/" }),
            409,
            "no ride-code platform",
        ),
        ("POST", "/ride-callback", json!({}), 400, "url"),
        ("DELETE", "/ride-callback", Value::Null, 405, "not offered"),
        (
            "POST",
            "/hosts/7",
            json!({ "state": "up" }),
            400,
            "no host 7",
        ),
        (
            "POST",
            "/hosts/x",
            json!({ "state": "up" }),
            400,
            "no host number",
        ),
        ("POST", "/hosts/0", json!({ "state": "off" }), 400, "off"),
        ("POST", "/clock", json!({ "skew": 1 }), 400, "skew"),
        ("PUT", "/ledger", Value::Null, 405, "not offered"),
        ("GET", "/elsewhere", Value::Null, 404, "docs/simulator.md"),
    ] {
        let (found, answer) = call(&simulator, method, path, &body);
        assert_eq!(found, status, "{method} {path}: {answer}");
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(reason), "{method} {path}: {error}");
    }
    assert!(simulator.ledger().orders.is_empty());
}
