//! Callbacks that were altered, and bytes of any kind.

use proptest::prelude::*;

use super::*;
use crate::gateway::ride_code::{acknowledgement, is_callback};

#[test]
fn no_altered_byte_opens_to_something_else() {
    let body = Callback::new(MESSAGE).signed().body();
    let genuine = gateway().open(&body).unwrap();
    let mut same = 0;
    for at in 0..body.len() {
        for change in 1..=255 {
            let mut altered = body.clone();
            altered[at] ^= change;
            match gateway().open(&altered) {
                Err(RideNoticeError::Malformed(_) | RideNoticeError::Forged { .. }) => {}
                Ok(notice) => {
                    // Capitals of the signature do not matter, and nothing else does not.
                    assert_eq!(change, 0x20, "byte {at}");
                    assert!(body[at].is_ascii_hexdigit(), "byte {at}");
                    assert_eq!(notice, genuine);
                    same += 1;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    }
    let sign = &Callback::new(MESSAGE).signed().0["sign"];
    let letters = sign.bytes().filter(u8::is_ascii_alphabetic).count();
    assert_eq!(same, letters);
}

#[test]
fn no_callback_cut_short_opens() {
    let body = Callback::new(MESSAGE).signed().body();
    for length in 0..body.len() {
        assert!(gateway().open(&body[..length]).is_err(), "{length}");
    }
}

#[test]
fn what_moves_from_field_to_field_is_not_what_was_signed() {
    let genuine = Callback::new(MESSAGE).signed();
    let sign = genuine.0["sign"].clone();
    let iv = genuine.0["iv"].clone();
    let data = genuine.0["encrypted_data"].clone();
    let any = RideCode::new(RideCodeConfig {
        appid: None,
        ..config()
    });
    let swallowing = format!("{APPID}&encrypted_data={data}");
    for callback in [
        genuine.clone().without("appid"),
        genuine.clone().without("nonce_str"),
        genuine.clone().with("nonce_str", ""),
        genuine.clone().with("appid", "").with("nonce_str", APPID),
        genuine
            .clone()
            .with("encrypted_data", &format!("{data}&iv={iv}")),
        // Of the same text to be signed as the genuine one.
        genuine
            .clone()
            .with("appid", &swallowing)
            .with("encrypted_data", ""),
        genuine.clone().with("sign", ""),
        genuine.clone().with("sign", &sign[..32]),
        genuine.clone().with("sign", &format!("{sign} ")),
    ] {
        let result = any.open(&callback.body());
        forged(result);
    }
}

/// With a signature that covers less, the rest is only encrypted; that much is warned of.
#[test]
fn one_text_for_padding_json_signature_and_merchant_is_all_that_the_sender_hears() {
    let bad_padding = Callback::of(&BASE64.encode([0; 32]));
    let bad_json = Callback::new("no JSON");
    let bad_merchant = Callback::new(MESSAGE).with("mch_id", "1");
    let bad_sign = Callback::new(MESSAGE).with("sign", "A");
    let mut told = Vec::new();
    for result in [
        opened(bad_padding),
        opened(bad_json),
        opened(bad_merchant),
        gateway().open(&bad_sign.body()),
    ] {
        told.push(result.unwrap_err().to_string());
    }
    told.dedup();
    assert_eq!(told, ["the callback is not verified"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes: Vec<u8>, status: u16) {
        prop_assert!(gateway().open(&bytes).is_err());
        prop_assert!(!is_callback(&bytes));
        let (_, reply) = acknowledgement(&bytes, true);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&reply).is_ok());
        let _ = gateway().read_deduct(&super::reply(status, bytes));
    }

    #[test]
    fn any_texts_in_an_envelope_are_refused(
        data in "\\PC{0,40}", iv in "[A-Za-z0-9+/=]{0,24}", nonce in "\\PC{0,80}", sign in "[0-9A-F]{64}",
    ) {
        let callback = Callback::of(&data).with("iv", &iv).with("nonce_str", &nonce);
        forged(gateway().open(&callback.with("sign", &sign).body()));
    }

    #[test]
    fn any_message_that_is_signed_and_sealed_is_read_or_refused(message in "\\PC{0,80}") {
        let result = opened(Callback::new(&message));
        prop_assert!(!matches!(result, Err(RideNoticeError::Malformed(_))));
    }

    #[test]
    fn any_fields_are_taken_or_refused(
        name in "total_fee|original_fee|machine_latitude|qrcode|qrcode_base64|start_qrcode|end_time|attach|[a-z_.]{1,12}",
        value in "\\PC{0,40}|-?[0-9]{0,4}[.]?[0-9]{0,20}",
    ) {
        let fields = fare_with(&[(&name, &value)]);
        if let Ok(ride) = gateway().ride(&fields) {
            let body: serde_json::Value = serde_json::from_str(&body(&ride)).unwrap();
            prop_assert!(body.is_object());
        }
    }
}
