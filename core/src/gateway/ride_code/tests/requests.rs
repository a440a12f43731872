//! From fields to the bytes that are sent.

use serde_json::{Value, json};

use super::*;
use crate::exchange::Resend;
use crate::gateway::ride_code::{NAME, TENCENT};

#[test]
fn the_least_ride_is_sent_with_what_the_library_knows() {
    let ride = ride(&fare());
    assert_eq!(ride.expected, expected());
    assert!(ride.left_out.is_empty());
    let call = gateway().deduct(&ride);
    assert_eq!((call.operation, call.method), ("ride_deduct", "POST"));
    assert_eq!(call.path, "/deduct?v=1&access_token=hush%2Ftoken%2B1");
    let json = ("Content-Type", "application/json".to_owned());
    assert_eq!(call.headers, [json]);
    assert_eq!(call.resend, Resend::OnlyIfUnsent);
    assert_eq!(
        body(&ride),
        r#"{"attach":"R20261121-1","body":"地铁代扣","line_name":"2号线","original_fee":200,"out_order_no":"R20261121-1","qrcode":"VFg6YWJj","start_time":"20261121080000","total_fee":180,"trade_scene":"METRO"}"#
    );
}

#[test]
fn every_field_of_the_document_can_be_sent() {
    let ride = ride(&fare_with(&[
        ("machine_ip", "192.0.2.7"),
        ("machine_latitude", "22.54309600"),
        ("machine_longitude", "-114.000000000000001"),
        ("body", "公交代扣"),
        ("trade_scene", "BUS"),
        ("end_time", "20261121081500"),
        ("start_qrcode_base64", "AP8="),
        ("attach", "gate 7"),
    ]));
    assert_eq!(
        body(&ride),
        r#"{"attach":"gate 7","body":"公交代扣","end_time":"20261121081500","line_name":"2号线","machine_ip":"192.0.2.7","machine_latitude":22.54309600,"machine_longitude":-114.000000000000001,"original_fee":200,"out_order_no":"R20261121-1","qrcode":"VFg6YWJj","start_qrcode":"AP8=","start_time":"20261121080000","total_fee":180,"trade_scene":"BUS"}"#
    );
    assert_eq!(ride.expected.attach.as_deref(), Some("gate 7"));
    let parsed: Value = serde_json::from_str(&body(&ride)).unwrap();
    let sent: Vec<_> = parsed.as_object().unwrap().keys().collect();
    let known: Vec<_> = ride.parameters.keys().collect();
    assert_eq!(sent, known, "parameters are what is sent, and no more");
}

#[test]
fn the_body_follows_the_scene_unless_it_is_given() {
    for (scene, given, sent) in [
        ("METRO", "", "地铁代扣"),
        ("BUS", "", "公交代扣"),
        ("BUS", "地铁代扣", "地铁代扣"),
    ] {
        let ride = ride(&fare_with(&[("trade_scene", scene), ("body", given)]));
        assert_eq!(ride.parameters["body"], sent);
    }
}

#[test]
fn a_code_is_encoded_by_us_as_text_and_left_alone_as_base64() {
    let coded = |pairs: &[(&str, &str)]| ride(&fare_with(pairs)).parameters["qrcode"].clone();
    assert_eq!(coded(&[("qrcode", "VFg6YWJj")]), "VkZnNllXSmo=");
    assert_eq!(coded(&[("qrcode", " TX:abc\r\n")]), "VFg6YWJj");
    let bytes = [("qrcode", ""), ("qrcode_base64", "VFg6YWJj")];
    assert_eq!(coded(&bytes), "VFg6YWJj");
    let two = fare_with(&[("start_qrcode", "A"), ("end_time", "20261121080000")]);
    assert_eq!(ride(&two).parameters["start_qrcode"], "QQ==");
}

#[test]
fn a_requests_own_access_token_wins_and_is_shown_nowhere() {
    let ride = ride(&fare_with(&[("access_token", "hush-own")]));
    let call = gateway().deduct(&ride);
    assert_eq!(call.path, "/deduct?v=1&access_token=hush-own");
    let shown = format!("{ride:?} {call:?} {:?}", config());
    assert!(!shown.contains("hush"), "{shown}");
    assert!(
        !shown.contains("TX:abc") && !shown.contains("VFg6"),
        "{shown}"
    );
    assert!(!json!(ride.parameters).to_string().contains("hush"));
}

fn without(change: impl FnOnce(&mut RideCodeConfig)) -> RideCode {
    let mut config = config();
    change(&mut config);
    RideCode::new(config)
}

#[test]
fn an_address_without_a_place_for_a_token_gets_none() {
    let plain = without(|config| {
        config.access_token = None;
        config.deduct_url.as_mut().unwrap().path = "/deduct?v=1".into();
    });
    let ride = plain.ride(&fare()).unwrap();
    assert_eq!(plain.deduct(&ride).path, "/deduct?v=1");
    let error = plain
        .ride(&fare_with(&[("access_token", "hush")]))
        .unwrap_err()
        .to_string();
    let says = "ride-code: access_token: would not be sent: ride_code.deduct_url has no";
    assert!(error.starts_with(says), "{error}");
}

#[test]
fn what_is_not_configured_is_named_with_whom_to_ask() {
    for (gateway, names) in [
        (
            without(|config| config.deduct_url = None),
            "ride_code.deduct_url is not configured: ",
        ),
        (
            without(|config| config.access_token = None),
            "access_token is missing: ride_code.deduct_url",
        ),
    ] {
        let error = gateway.ride(&fare()).unwrap_err();
        assert!(matches!(error, RideRefusal::NotConfigured(_)));
        let text = error.to_string();
        assert!(text.starts_with(names) && text.contains(TENCENT), "{text}");
    }
    let given = without(|config| config.access_token = None);
    assert!(given.ride(&fare_with(&[("access_token", "t")])).is_ok());
}

#[test]
fn the_account_is_the_merchants() {
    assert_eq!(gateway().account(), "ride_code:1230000109");
    assert_eq!(NAME, "ride-code");
}
