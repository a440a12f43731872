use serde_json::{Value, json};
use wxpay_simulator::{Merchant, Scenario, Settings};

use super::client::{Credentials, Till, code, refusal};
use crate::client::{Answer, start, start_with};

const TARGET: &str = "/v3/pay/transactions/out-trade-no/order-1?mchid=10000100";
const FORMAT: &str = "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》";
const CLOCK: &str = "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟";
const SERIAL: &str = "商户证书序列号有误。请使用签名私钥匹配的证书序列号";
const SIGNATURE: &str = "错误的签名，验签失败";

/// What is said about a query with this header.
fn said(till: &Till<'_>, header: &str) -> (u16, Value) {
    let header = format!("Authorization: {header}");
    let headers = [
        header.as_str(),
        "Accept: application/json",
        "User-Agent: till/1",
    ];
    let (status, body) = refusal(till.raw("GET", TARGET, &headers, ""));
    (status, body["message"].clone())
}

#[test]
fn a_header_of_another_form_is_refused() {
    let simulator = start();
    let till = Till::new(&simulator);
    let good = till.authorization(&till.credentials(), "GET", TARGET, "");
    let (scheme, values) = good.split_once(' ').unwrap();
    let parts: Vec<&str> = values.split(',').collect();
    let without = |index: usize| {
        let mut rest = parts.clone();
        rest.remove(index);
        format!("{scheme} {}", rest.join(","))
    };
    let mut bad: Vec<String> = (0..parts.len()).map(without).collect();
    bad.extend([
        scheme.to_owned(),
        values.to_owned(),
        good.replace("SHA256-RSA2048", "SM2-WITH-SM3"),
        good.replace(",nonce_str", ", nonce_str"),
        good.replace(',', ";"),
        good.replace('"', ""),
        good.replacen('"', "'", 1),
        good[..good.len() - 1].to_owned(),
        format!("{good},"),
        format!("{good},{}", parts[0]),
        format!("{good},realm=\"x\""),
        good.replace("timestamp=\"", "timestamp=\"+"),
        good.replace("timestamp=\"", "timestamp=\"x"),
        good.replace("nonce_str=\"N", &format!("nonce_str=\"{}", "N".repeat(33))),
        good.replace("mchid=\"10000100\"", "mchid=\"\""),
    ]);
    for header in bad {
        let expected = (401, json!(FORMAT));
        assert_eq!(said(&till, &header), expected, "{header}");
    }
    // The order of the values is free.
    let mut turned = parts.clone();
    turned.reverse();
    let header = format!("{scheme} {}", turned.join(","));
    assert_eq!(said(&till, &header).0, 404, "the order does not exist");
}

#[test]
fn clock_account_serial_number_and_signature_are_told_apart() {
    let simulator = start();
    let till = Till::new(&simulator);
    let with = |change: &dyn Fn(&mut Credentials)| {
        let mut credentials = till.credentials();
        change(&mut credentials);
        said(&till, &till.authorization(&credentials, "GET", TARGET, ""))
    };
    let moved = |seconds: i64| {
        with(&|credentials| {
            let now: i64 = credentials.timestamp.parse().unwrap();
            credentials.timestamp = (now + seconds).to_string();
        })
    };
    for seconds in [-86_400, -301, 305, 86_400] {
        assert_eq!(moved(seconds), (401, json!(CLOCK)), "{seconds}");
    }
    for seconds in [-290, 290] {
        assert_eq!(moved(seconds).0, 404, "{seconds}: the order does not exist");
    }
    let unknown = with(&|credentials| credentials.mchid = "1999999999".to_owned());
    assert_eq!(unknown, (401, json!("Http头Authorization中的mchid不存在")));
    for serial in ["0", "40AA", "PUB_KEY_ID_01"] {
        let wrong = with(&|credentials| credentials.serial_no = serial.to_owned());
        assert_eq!(wrong, (401, json!(SERIAL)));
    }
    let lower = with(&|credentials| credentials.serial_no.make_ascii_lowercase());
    assert_eq!(lower, (401, json!(SERIAL)));
    // The other merchant exists, but this certificate is not its.
    let foreign = with(&|credentials| credentials.mchid = Merchant::second_example().mch_id);
    assert_eq!(foreign, (401, json!(SERIAL)));

    let credentials = till.credentials();
    for (method, target, body) in [
        ("POST", TARGET, ""),
        ("GET", "/v3/pay/transactions/out-trade-no/order-1", ""),
        ("GET", TARGET, "x"),
    ] {
        let header = till.authorization(&credentials, method, target, body);
        assert_eq!(said(&till, &header), (401, json!(SIGNATURE)));
    }
    let header = till.authorization(&credentials, "GET", TARGET, "");
    let broken = header.replace("signature=\"", "signature=\"!");
    assert_eq!(said(&till, &broken), (401, json!(SIGNATURE)));
    assert!(simulator.ledger().orders.len() <= 1);
    let verdicts: Vec<_> = simulator.requests();
    assert!(verdicts.iter().any(|record| record.verdict == "SIGN_ERROR"));
}

#[test]
fn a_request_that_is_not_proven_is_not_executed() {
    let simulator = start();
    let mut till = Till::new(&simulator);
    till.ahead = 3600;
    assert_eq!(code(till.play("order-1", Scenario::Paid)), "SIGN_ERROR");
    assert!(simulator.ledger().orders.is_empty());
    // The till sets its clock by the answer's date, and the answers are proven by it as well.
    simulator.set_skew(3600);
    till.verified(till.play("order-1", Scenario::Paid));
    let answer: Answer = till.query("order-1").unwrap();
    assert!(till.proves(&answer));
    till.ahead = 0;
    assert!(!till.proves(&answer));
}

#[test]
fn headers_that_the_documents_ask_for_have_to_be_there() {
    let simulator = start();
    let till = Till::new(&simulator);
    let target = "/v3/pay/transactions/codepay";
    let body = till.sale("order-1", "130000000000010000").to_string();
    let ask = |accept: &str, agent: &str, kind: &str| {
        let header = till.authorization(&till.credentials(), "POST", target, &body);
        let header = format!("Authorization: {header}");
        let mut headers = vec![header.as_str(), accept, agent, kind];
        headers.retain(|line| !line.is_empty());
        till.raw("POST", target, &headers, &body)
    };
    let (json_accept, agent, kind) = (
        "Accept: application/json",
        "User-Agent: till/1",
        "Content-Type: application/json",
    );
    for (accept, agent, kind, message) in [
        ("", agent, kind, "Http头缺少Accept或User-Agent"),
        (
            "Accept: text/xml",
            agent,
            kind,
            "Http头缺少Accept或User-Agent",
        ),
        (json_accept, "", kind, "Http头缺少Accept或User-Agent"),
        (
            json_accept,
            "User-Agent: ",
            kind,
            "Http头缺少Accept或User-Agent",
        ),
        (
            json_accept,
            agent,
            "",
            "Http头Content-Type不是application/json",
        ),
        (
            json_accept,
            agent,
            "Content-Type: text/xml",
            "Http头Content-Type不是application/json",
        ),
    ] {
        let (status, said) = refusal(ask(accept, agent, kind));
        assert_eq!((status, &said["code"]), (400, &json!("PARAM_ERROR")));
        assert_eq!(said["message"], message);
    }
    assert!(simulator.ledger().orders.is_empty());
    let kind = "Content-Type: application/json; charset=utf-8";
    till.verified(ask("Accept: text/html, */*;q=0.1", agent, kind));
    let bare = till.raw("GET", TARGET, &[json_accept, agent], "");
    let (status, said) = refusal(bare);
    assert_eq!((status, &said["code"]), (401, &json!("SIGN_ERROR")));
}

#[test]
fn a_nonce_that_comes_again_is_counted_and_not_refused() {
    let simulator = start();
    let till = Till::new(&simulator);
    let credentials = till.credentials();
    for _ in 0..3 {
        till.signed(&credentials, "GET", TARGET, "").unwrap();
    }
    let mut later = credentials.clone();
    later.timestamp = (credentials.timestamp.parse::<i64>().unwrap() + 1).to_string();
    till.signed(&later, "GET", TARGET, "").unwrap();
    till.query("order-1").unwrap();
    let repeats: Vec<_> = simulator
        .requests()
        .iter()
        .map(|record| record.nonce_repeats)
        .collect();
    assert_eq!(repeats, [0, 1, 2, 0, 0]);
    assert_eq!(simulator.ledger().order("order-1").unwrap().queries, 5);
}

#[test]
fn errors_are_signed_if_the_settings_say_so() {
    let simulator = start_with(Settings {
        sign_errors: true,
        ..Settings::default()
    });
    let till = Till::new(&simulator);
    let answer = till.query("order-1").unwrap();
    assert_eq!(answer.status, 404);
    assert!(till.proves(&answer));
}

#[test]
fn a_key_of_another_length_does_not_start() {
    let mut settings = Settings::default();
    settings.merchants[1].api_v3_key.pop();
    let error = wxpay_simulator::Simulator::start(settings).err();
    let error = error.expect("the key is too short").to_string();
    assert!(
        error.contains("api_v3_key") && error.contains("32"),
        "{error}"
    );
}
