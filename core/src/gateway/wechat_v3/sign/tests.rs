use super::super::testing::{PUBLIC_KEY_ID, config, gateway, public_key_config};
use super::*;
use crate::config::WechatV3Config;
use crate::crypto::VerifyingKey;
use crate::crypto::digest::sha256;
use crate::crypto::vectors::{Vector, vector};

fn stamp(v: &Vector) -> Stamp {
    Stamp {
        nonce: v.text("nonce").to_owned(),
        unix_seconds: v.text("timestamp").parse().unwrap(),
    }
}

#[test]
fn v3_2_five_lines_are_signed_each_with_its_line_feed() {
    let v = vector("v3-2");
    let message = |method, body: &str| {
        String::from_utf8(message(
            method,
            "/v3/certificates",
            &stamp(&v),
            body.as_bytes(),
        ))
        .unwrap()
    };
    assert_eq!(message("GET", ""), v.text("get"));
    assert_eq!(message("POST", v.text("post_body")), v.text("post"));
}

#[test]
fn v3_2_the_header_is_laid_out_like_this() {
    let v = vector("v3-2");
    let signature = format!("Sign:{}", v.text("get"));
    let header = authorization(v.text("mchid"), v.text("serial_no"), &stamp(&v), &signature);
    let published = v.text("header").strip_prefix("WECHATPAY2-Mock ").unwrap();
    assert_eq!(header, format!("WECHATPAY2-SHA256-RSA2048 {published}"));
}

#[test]
fn v3_3_a_whole_request_is_signed_as_it_is_sent() {
    let v = vector("v3-3");
    let message = message(
        v.text("method"),
        v.text("path"),
        &stamp(&v),
        v.text("body").as_bytes(),
    );
    assert_eq!(hex::encode(sha256(&message)), v.text("message_sha256"));
    let key = VerifyingKey::from_spki(&v.bytes("public_key")).unwrap();
    assert!(key.verifies(&message, &v.bytes("signature")));
}

#[test]
fn a_call_carries_its_signature_and_the_bytes_that_were_signed() {
    let gateway = gateway();
    let stamp = stamp(&vector("v3-3"));
    let body = serde_json::json!({ "description": "测试/1" });
    let path = "/v3/pay/transactions/native?a=%E6%B5%8B".to_owned();
    let call = gateway.call(
        "prepay",
        "POST",
        path.clone(),
        Some(&body),
        &stamp,
        Resend::Freely,
    );

    let header = |name| {
        let values = call.headers.iter().filter(|(have, _)| *have == name);
        let values: Vec<_> = values.map(|(_, value)| value.as_str()).collect();
        assert!(values.len() < 2, "{name}");
        values.first().copied()
    };
    let authorization = header("Authorization").unwrap();
    let (fields, signature) = authorization.split_once(",signature=\"").unwrap();
    assert_eq!(
        fields,
        format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"10000100\",nonce_str=\"{}\",timestamp=\"{}\",\
             serial_no=\"8F57F09EFDC096DE15EBE81A47057A7232F1B8E1\"",
            stamp.nonce, stamp.unix_seconds
        )
    );
    let signature = BASE64.decode(signature.strip_suffix('"').unwrap()).unwrap();
    let signed = message("POST", &path, &stamp, &call.body);
    assert!(config().private_key.public().verifies(&signed, &signature));
    assert_eq!(call.body, body.to_string().as_bytes());
    assert_eq!(header("Accept"), Some("application/json"));
    assert_eq!(header("Content-Type"), Some("application/json"));
    assert_eq!(header("Wechatpay-Serial"), None);
}

#[test]
fn a_call_without_body_says_no_content_type() {
    let stamp = stamp(&vector("v3-3"));
    let call = gateway().call("query", "GET", "/v3/x".into(), None, &stamp, Resend::Freely);
    assert!(call.body.is_empty());
    assert!(!call.headers.iter().any(|(name, _)| *name == "Content-Type"));
}

/// Only then are answers signed with it.
#[test]
fn a_call_names_the_public_key_where_there_is_one() {
    let both = WechatV3Config {
        platform_certificates: config().platform_certificates,
        ..public_key_config()
    };
    for config in [public_key_config(), both] {
        let stamp = stamp(&vector("v3-3"));
        let call = WechatV3::new(config).call(
            "query",
            "GET",
            "/v3/x".into(),
            None,
            &stamp,
            Resend::Freely,
        );
        let serials: Vec<_> = call
            .headers
            .iter()
            .filter(|(name, _)| *name == "Wechatpay-Serial")
            .collect();
        assert_eq!(serials, [&("Wechatpay-Serial", PUBLIC_KEY_ID.to_owned())]);
    }
}
