//! Opening and answering callbacks.

use serde_json::{Value, json};

use super::*;
use crate::gateway::ride_code::{acknowledgement, is_callback};

#[test]
fn a_callback_is_verified_and_decrypted() {
    let notice = opened(Callback::new(MESSAGE)).unwrap();
    assert_eq!(notice.out_trade_no, "R20261121-1");
    assert_eq!(notice.attach.as_deref(), Some("R20261121-1"));
    let message: Value = serde_json::from_str(MESSAGE).unwrap();
    assert_eq!(Value::Object(notice.message.clone()), message);
    let debug = format!("{notice:?}");
    assert!(
        !debug.contains("oHush") && !debug.contains("VFg6"),
        "{debug}"
    );
}

#[test]
fn the_merchant_may_be_called_as_in_the_table_and_is_signed_under_that_name() {
    let table = Callback::new(MESSAGE)
        .without("mch_id")
        .with("appidmch_id", MCH_ID);
    assert!(opened(table.clone()).is_ok());

    let signed_as_mch_id = Callback::new(MESSAGE).signed();
    let renamed = table.with("sign", &signed_as_mch_id.0["sign"]);
    assert!(forged(gateway().open(&renamed.body())).starts_with("sign is wrong"));
}

#[test]
fn another_merchant_or_application_is_not_ours() {
    let named = |name: &str, value: &str| forged(opened(Callback::new(MESSAGE).with(name, value)));
    assert_eq!(
        named("mch_id", "1230000108"),
        "mch_id is not ride_code.mch_id"
    );
    assert_eq!(named("mch_id", ""), "mch_id is not ride_code.mch_id");
    assert_eq!(named("appid", "wx2"), "appid is not ride_code.appid");
    assert_eq!(named("appid", ""), "appid is not ride_code.appid");
    let table = Callback::new(MESSAGE)
        .without("mch_id")
        .with("appidmch_id", "1");
    assert_eq!(forged(opened(table)), "appidmch_id is not ride_code.mch_id");

    let any = RideCode::new(RideCodeConfig {
        appid: None,
        ..config()
    });
    for callback in [
        Callback::new(MESSAGE).with("appid", "wx2"),
        Callback::new(MESSAGE).without("appid"),
    ] {
        assert!(any.open(&callback.signed().body()).is_ok());
    }
}

#[test]
fn what_has_not_the_shape_of_a_callback_is_malformed() {
    let body = |value: Value| value.to_string();
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let long = format!(r#"{{"encrypted_data":"{}"}}"#, "A".repeat(70_000));
    let callback = || Callback::new(MESSAGE).signed();
    for (text, says) in [
        (String::new(), "not JSON"),
        ("<xml/>".into(), "not JSON"),
        ("[]".into(), "not a JSON object"),
        ("{}".into(), "it lacks mch_id"),
        (deep, "nested deeper"),
        (long, "longer than 65536 bytes"),
        (
            body(json!({"mch_id": MCH_ID, "iv": "x"})),
            "it lacks encrypted_data",
        ),
        (
            body(json!({"mch_id": MCH_ID, "encrypted_data": "x"})),
            "it lacks iv",
        ),
        (
            body(json!({"mch_id": 1, "encrypted_data": "x", "iv": "y"})),
            "mch_id is no text",
        ),
        (
            body(json!({"mch_id": MCH_ID, "encrypted_data": {}, "iv": "y"})),
            "encrypted_data is no text",
        ),
        (
            body(json!({"mch_id": MCH_ID, "encrypted_data": null, "iv": "y"})),
            "it lacks encrypted_data",
        ),
        (
            body(json!(callback().with("appidmch_id", MCH_ID).0)),
            "both mch_id and appidmch_id",
        ),
        (
            r#"{"mch_id":"1","mch_id":"1"}"#.into(),
            "a name occurs twice",
        ),
    ] {
        match gateway().open(text.as_bytes()) {
            Err(RideNoticeError::Malformed(why)) => assert!(why.contains(says), "{why}"),
            other => panic!("{says}: {other:?}"),
        }
    }
    for name in ["appid", "nonce_str", "sign", "iv"] {
        let mut fields = json!(callback().0);
        fields[name] = json!(["x"]);
        let error = gateway().open(fields.to_string().as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("not a ride-code callback: {name} is no text")
        );
    }
}

#[test]
fn what_is_signed_but_cannot_be_opened_is_not_verified() {
    for (name, value, says) in [
        ("iv", "AAEC", "iv is not 16 bytes"),
        ("iv", "AAECAwQFBgcICQoLDA0ODw", "iv is not 16 bytes"),
        ("iv", "", "iv is not 16 bytes"),
        ("encrypted_data", "", "encrypted_data does not open"),
        ("encrypted_data", "AAEC", "encrypted_data does not open"),
        ("encrypted_data", "%%%%", "encrypted_data cannot be decoded"),
        (
            "encrypted_data",
            "AAECAwQFBgcICQoLDA0ODw==",
            "encrypted_data does not open",
        ),
    ] {
        let detail = forged(opened(Callback::new(MESSAGE).with(name, value)));
        assert!(detail.starts_with(says), "{name}: {detail}");
    }
}

#[test]
fn a_message_has_to_name_its_ride_and_its_state() {
    let long = "9".repeat(129);
    let changed = |name: &str, value: Value| {
        let mut message: Value = serde_json::from_str(MESSAGE).unwrap();
        message[name] = value;
        message.to_string()
    };
    for (message, says) in [
        ("no JSON".to_owned(), "the decrypted message is not JSON"),
        (
            "[]".to_owned(),
            "the decrypted message is not a JSON object",
        ),
        (
            r#"{"a":1,"a":1}"#.to_owned(),
            "the decrypted message is a name occurs twice",
        ),
        (
            changed("out_trade_no", Value::Null),
            "the decrypted message lacks out_trade_no",
        ),
        (
            changed("out_trade_no", json!("")),
            "the decrypted message lacks out_trade_no",
        ),
        (
            changed("out_trade_no", json!(1)),
            "out_trade_no of the decrypted message is no text",
        ),
        (
            changed("out_trade_no", json!("a b")),
            "out_trade_no of the decrypted message: printable",
        ),
        (
            changed("out_trade_no", json!(long)),
            "out_trade_no of the decrypted message: at most 128",
        ),
        (
            changed("trade_state", Value::Null),
            "the decrypted message lacks trade_state",
        ),
        (
            changed("trade_state", json!(0)),
            "trade_state of the decrypted message is no text",
        ),
        (
            changed("attach", json!(5)),
            "attach of the decrypted message is no text",
        ),
        (
            changed("total_fee", json!(1.8)),
            "total_fee of the decrypted message is no whole",
        ),
        (
            changed("total_fee", json!(-1)),
            "total_fee of the decrypted message is no whole",
        ),
        (
            changed("total_fee", json!("1.80")),
            "total_fee of the decrypted message is no whole",
        ),
        (
            changed("total_fee", json!(true)),
            "total_fee of the decrypted message is no whole",
        ),
    ] {
        let detail = forged(opened(Callback::new(&message)));
        assert!(detail.starts_with(says), "{detail}\n{says}");
    }
    for (name, value) in [
        ("attach", Value::Null),
        ("attach", json!("")),
        ("total_fee", json!("180")),
        ("total_fee", Value::Null),
        ("openid", Value::Null),
        ("something", json!({"new": []})),
    ] {
        let notice = opened(Callback::new(&changed(name, value))).unwrap();
        assert_eq!(notice.attach.is_none(), name == "attach");
    }
}

#[test]
fn every_way_to_sign_verifies_its_own_and_no_other() {
    let md5 = |text: String| md5_hex_upper(text.as_bytes());
    let callback = Callback::new(MESSAGE).with("nonce_str", "");
    let skipped = callback.text();
    let iv = &callback.0["iv"];
    let kept = format!("{skipped}&nonce_str=");
    let two = format!("iv={iv}&mch_id={MCH_ID}");
    let style = |skip_empty, key_style, fields: &[&str]| RideSign {
        sign_type: RideSignType::Md5,
        skip_empty,
        key_style,
        fields: fields.iter().map(|name| (*name).into()).collect(),
        ..sign()
    };
    let five = ["iv", "appid", "nonce_str", "mch_id", "encrypted_data"];
    let (amp, suffix) = (SignKeyStyle::AmpKey, SignKeyStyle::Suffix);
    let cases = [
        (
            style(true, amp, &five),
            md5(format!("{skipped}&key={SIGN_KEY}")),
        ),
        (
            style(false, amp, &five),
            md5(format!("{kept}&key={SIGN_KEY}")),
        ),
        (
            style(true, suffix, &five),
            md5(format!("{skipped}{SIGN_KEY}")),
        ),
        (
            style(false, suffix, &five),
            md5(format!("{kept}{SIGN_KEY}")),
        ),
        (
            style(true, amp, &["mch_id", "iv"]),
            md5(format!("{two}&key={SIGN_KEY}")),
        ),
    ];
    let signatures: Vec<_> = cases.iter().map(|(_, made)| made.clone()).collect();
    for (sign, own) in cases {
        let gateway = RideCode::new(RideCodeConfig {
            sign: Some(sign),
            ..config()
        });
        for made in &signatures {
            for given in [made.clone(), made.to_lowercase()] {
                let body = callback.clone().with("sign", &given).body();
                assert_eq!(gateway.open(&body).is_ok(), *made == own);
            }
        }
    }
}

#[test]
fn unsigned_callbacks_are_opened_where_that_was_asked_for_by_name() {
    let unsigned = RideCode::new(RideCodeConfig {
        sign: Some(RideSign {
            sign_type: RideSignType::None,
            ..sign()
        }),
        ..config()
    });
    assert!(unsigned.open(&Callback::new(MESSAGE).body()).is_ok());
    assert_eq!(
        forged(gateway().open(&Callback::new(MESSAGE).body())),
        "there is no sign"
    );
}

#[test]
fn every_encoding_and_every_size_of_key_opens() {
    let keys: [&[u8]; 3] = [&[b'k'; 16], &[b'k'; 24], &[b'k'; 32]];
    let raw_iv = std::str::from_utf8(&IV).unwrap();
    let ivs = [
        (TextEncoding::Base64, BASE64.encode(IV)),
        (TextEncoding::Hex, hex::encode(IV)),
        (TextEncoding::Raw, raw_iv.to_owned()),
    ];
    for key in keys {
        let data = sealed(key, MESSAGE.as_bytes());
        for (iv_encoding, iv) in &ivs {
            for (data_encoding, data) in [
                (TextEncoding::Base64, BASE64.encode(&data)),
                (TextEncoding::Hex, hex::encode_upper(&data)),
            ] {
                let gateway = RideCode::new(RideCodeConfig {
                    seal: Some(RideSeal {
                        key: CbcKey::new(key.to_vec()).unwrap(),
                        iv_encoding: *iv_encoding,
                        data_encoding,
                    }),
                    ..config()
                });
                let callback = Callback::of(&data).with("iv", iv).signed();
                assert!(gateway.open(&callback.body()).is_ok(), "{iv_encoding:?}");
            }
        }
    }
}

#[test]
fn without_what_tencent_hands_over_nothing_is_opened_and_the_error_says_what_to_ask_for() {
    let body = Callback::new(MESSAGE).signed().body();
    for (has_sign, has_seal, names) in [
        (
            false,
            true,
            "ride_code.sign_type and sign_key are not configured",
        ),
        (
            true,
            false,
            "ride_code.aes_key and aes_key_encoding are not configured",
        ),
        (
            false,
            false,
            "ride_code.sign_type, sign_key, aes_key and aes_key_encoding are not",
        ),
    ] {
        let gateway = RideCode::new(RideCodeConfig {
            sign: has_sign.then(sign),
            seal: has_seal.then(seal),
            ..config()
        });
        let error = gateway.open(&body).unwrap_err();
        assert!(matches!(error, RideNoticeError::NotConfigured(_)));
        let text = error.to_string();
        assert!(text.starts_with(names), "{text}");
        assert!(text.contains("ask Tencent") && text.contains("city_api@tencent.com"));
    }
}

#[test]
fn the_answer_says_taken_or_again_and_echoes_the_nonce() {
    let body = Callback::new(MESSAGE).body();
    let (kind, taken) = acknowledgement(&body, true);
    assert_eq!(kind, "application/json");
    assert_eq!(taken, r#"{"errcode":0,"errmsg":"","nonce_str":"abcdefg"}"#);
    let (_, again) = acknowledgement(&body, false);
    assert_eq!(
        again,
        r#"{"errcode":-1,"errmsg":"again","nonce_str":"abcdefg"}"#
    );

    let longest = "茶".repeat(64);
    for (body, nonce) in [
        (
            json!({ "nonce_str": longest }).to_string(),
            longest.as_str(),
        ),
        (json!({ "nonce_str": "\"\n" }).to_string(), "\"\n"),
        (json!({ "nonce_str": "n".repeat(65) }).to_string(), ""),
        (json!({ "nonce_str": 5 }).to_string(), ""),
        ("{}".to_owned(), ""),
        ("<xml/>".to_owned(), ""),
        (String::new(), ""),
    ] {
        let (_, reply) = acknowledgement(body.as_bytes(), true);
        let reply: Value = serde_json::from_str(&reply).unwrap();
        assert_eq!(
            reply,
            json!({"errcode": 0, "errmsg": "", "nonce_str": nonce})
        );
    }
}

#[test]
fn a_callback_is_told_from_those_of_the_gateways() {
    let v3 = r#"{"id":"1","event_type":"TRANSACTION.SUCCESS","resource":{"ciphertext":"x"}}"#;
    let both = r#"{"encrypted_data":"x","resource":{}}"#;
    let long = format!(r#"{{"encrypted_data":"{}"}}"#, "A".repeat(70_000));
    for (body, is) in [
        (r#"{"encrypted_data":"x"}"#, true),
        (" \r\n{\"encrypted_data\":1}", true),
        (v3, false),
        (both, false),
        (long.as_str(), false),
        ("{}", false),
        ("[\"encrypted_data\"]", false),
        ("{\"encrypted_data\":\"x\"", false),
        ("data=%7B%22encrypted_data%22%7D", false),
        ("<xml><encrypted_data/></xml>", false),
        ("", false),
    ] {
        assert_eq!(is_callback(body.as_bytes()), is, "{body}");
    }
    assert!(is_callback(&Callback::new(MESSAGE).signed().body()));
    let sample = r#"{"appid":"test","mch_id":"123456","nonce_str":"abcdefg","encrypted_data":"jfiwajeofjiefef","iv":"afweifwefe"}"#;
    assert!(is_callback(sample.as_bytes()));
    assert!(forged(gateway().open(sample.as_bytes())).starts_with("mch_id is not"));
}
