use proptest::prelude::*;

use super::super::testing::{
    DAY, NOW, PUBLIC_KEY_ID, headers, platform_key, public_key_config, reply, signed,
};
use super::*;
use crate::crypto::vectors::vector;

fn known(_: &str) -> Lookup {
    Lookup::Known(platform_key().public())
}

/// The first of these headers with another value.
fn with(mut headers: Vec<(String, String)>, name: &str, value: &str) -> Vec<(String, String)> {
    let header = headers.iter_mut().find(|(have, _)| have == name).unwrap();
    header.1 = value.to_owned();
    headers
}

fn why(verification: Verification) -> String {
    match verification {
        Verification::Disproved { why, .. } => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn v3_4_a_published_answer_is_proven() {
    let v = vector("v3-4");
    let headers = [
        (TIMESTAMP, v.text("timestamp")),
        (NONCE, v.text("nonce")),
        (SIGNATURE, v.text("signature")),
        (SERIAL, v.text("serial")),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let signed_at: i64 = v.text("timestamp").parse().unwrap();
    let key = VerifyingKey::from_spki(&v.bytes("public_key")).unwrap();
    let check = |body: &str, now| {
        verify(&headers, body.as_bytes(), now, |serial| {
            assert_eq!(serial, v.text("serial"));
            Lookup::Known(key.clone())
        })
    };
    let body = v.text("body");
    assert_eq!(check(body, signed_at), Verification::Proven { signed_at });
    let altered = body.replace("4049184564", "4049184565");
    assert!(why(check(&altered, signed_at)).contains("is wrong"));
    assert!(why(check(&format!("{body}\n"), signed_at)).contains("is wrong"));
}

#[test]
fn v3_9_a_body_and_an_empty_body_are_proven_with_or_without_a_request_id() {
    let v = vector("v3-9");
    for body in [v.text("body"), ""] {
        let message = format!("{NOW}\n{}\n{body}\n", v.text("nonce"));
        let signature = BASE64.encode(platform_key().sign(message.as_bytes()));
        let mut headers = headers(b"", "SERIAL", NOW);
        headers = with(headers, NONCE, v.text("nonce"));
        headers = with(headers, SIGNATURE, &signature);
        let proven = Verification::Proven { signed_at: NOW };
        assert_eq!(verify(&headers, body.as_bytes(), NOW, known), proven);
        headers.push(("request-id".into(), "1".into()));
        assert_eq!(verify(&headers, body.as_bytes(), NOW, known), proven);
        headers = with(headers, NONCE, "NONCE1234567891");
        assert!(why(verify(&headers, body.as_bytes(), NOW, known)).contains("is wrong"));
    }
}

#[test]
fn v3_9_without_any_one_of_the_four_headers_nothing_is_proven() {
    for name in [TIMESTAMP, NONCE, SIGNATURE, SERIAL] {
        let mut headers = headers(b"BODY", "SERIAL", NOW);
        headers.retain(|(have, _)| have != name);
        let why = why(verify(&headers, b"BODY", NOW, known));
        assert_eq!(why, format!("it has no {name}"));
    }
    assert_eq!(verify(&[], b"BODY", NOW, known), Verification::Unsigned);
    let other = [("request-id".to_owned(), "1".to_owned())];
    assert_eq!(verify(&other, b"BODY", NOW, known), Verification::Unsigned);
}

#[test]
fn v3_9_a_time_must_be_a_number_within_five_minutes() {
    for (at, now) in [(NOW, NOW), (NOW, NOW + 299), (NOW, NOW - 299)] {
        let headers = headers(b"BODY", "SERIAL", at);
        assert_eq!(
            verify(&headers, b"BODY", now, known),
            Verification::Proven { signed_at: at }
        );
    }
    for (now, expected) in [
        (NOW + 300, "its signature is 300 s old: a replay?"),
        (NOW - 300, "its signature is 300 s in the future: a replay?"),
        (NOW + DAY, "its signature is 86400 s old: a replay?"),
    ] {
        let headers = headers(b"BODY", "SERIAL", NOW);
        assert_eq!(why(verify(&headers, b"BODY", now, known)), expected);
    }
    for timestamp in [
        "invalid timestamp",
        "invalid",
        "-5",
        "+5",
        "1e9",
        "99999999999999999999",
    ] {
        let headers = with(headers(b"BODY", "SERIAL", NOW), TIMESTAMP, timestamp);
        let why = why(verify(&headers, b"BODY", NOW, known));
        assert!(why.starts_with("its wechatpay-timestamp is "), "{why}");
    }
}

#[test]
fn times_at_the_ends_of_the_range_are_stale_and_nothing_more() {
    for now in [i64::MIN, i64::MAX, 0] {
        for timestamp in ["0", "9223372036854775807"] {
            let headers = with(headers(b"", "SERIAL", NOW), TIMESTAMP, timestamp);
            assert!(matches!(
                verify(&headers, b"", now, known),
                Verification::Disproved {
                    unknown_key: None,
                    ..
                }
            ));
        }
    }
}

#[test]
fn a_probe_of_the_signature_check_is_called_one() {
    for rest in ["", "A", "/4HOpRzvkn2bDQIBaxkvFZ", "\u{4e00}"] {
        let probe = format!("{PROBE}{rest}");
        let headers = with(headers(b"BODY", "SERIAL", NOW), SIGNATURE, &probe);
        let verification = verify(&headers, b"BODY", NOW, known);
        let plain = rest.is_ascii();
        assert_eq!(why(verification).contains("probe"), plain, "{rest}");
    }
    let replied = |signature: Option<&str>| {
        let mut reply = signed(200, b"BODY", PUBLIC_KEY_ID, NOW);
        reply.headers.retain(|(name, _)| name != SIGNATURE);
        if let Some(signature) = signature {
            reply.headers.push((SIGNATURE.into(), signature.into()));
        }
        is_probe(&reply)
    };
    assert!(replied(Some("WECHATPAY/SIGNTEST/abc")));
    assert!(!replied(Some("abc")));
    assert!(!replied(None));
}

#[test]
fn headers_may_be_as_long_as_that_and_no_longer() {
    for (name, longest) in [(NONCE, 128), (SERIAL, 128), (SIGNATURE, 2048)] {
        let malformed = |length: usize| {
            let headers = with(headers(b"BODY", "SERIAL", NOW), name, &"A".repeat(length));
            let verification = verify(&headers, b"BODY", NOW, known);
            verification == disproved(format!("its {name} is malformed"))
        };
        assert!(!malformed(longest), "{name}");
        assert!(malformed(longest + 1), "{name}");
    }
}

#[test]
fn a_header_that_comes_twice_proves_nothing_even_if_both_are_the_same() {
    for name in [TIMESTAMP, NONCE, SIGNATURE, SERIAL] {
        let mut headers = headers(b"BODY", "SERIAL", NOW);
        let again = headers
            .iter()
            .find(|(have, _)| have == name)
            .unwrap()
            .clone();
        headers.push(again);
        let why = why(verify(&headers, b"BODY", NOW, known));
        assert_eq!(why, format!("it has {name} twice"));
    }
}

#[test]
fn malformed_and_oversized_headers_prove_nothing_and_are_not_shown() {
    let long = "A".repeat(4096);
    for value in ["", " ", "a b", "a\nb", "微信", "hush\u{0}", &long] {
        for name in [TIMESTAMP, NONCE, SIGNATURE, SERIAL] {
            let headers = with(headers(b"BODY", "SERIAL", NOW), name, value);
            let why = why(verify(&headers, b"BODY", NOW, known));
            assert_eq!(why, format!("its {name} is malformed"), "{value:?}");
        }
    }
    for signature in ["AAA", "A===", "====", "hush!", "AAAA"] {
        let headers = with(headers(b"BODY", "SERIAL", NOW), SIGNATURE, signature);
        let why = why(verify(&headers, b"BODY", NOW, known));
        assert!(!why.contains("hush"), "{why}");
    }
}

/// A nonce with a line end in it would move the border between nonce and body.
#[test]
fn a_genuine_signature_over_another_cut_of_the_message_proves_nothing() {
    let body = b"{\"a\":1}\n{\"b\":2}";
    let genuine = headers(body, "SERIAL", NOW);
    assert!(matches!(
        verify(&genuine, body, NOW, known),
        Verification::Proven { .. }
    ));
    let nonce = genuine.iter().find(|(name, _)| name == NONCE).unwrap();
    let moved = format!("{}\n{{\"a\":1}}", nonce.1);
    let forged = with(genuine.clone(), NONCE, &moved);
    assert_eq!(
        why(verify(&forged, b"{\"b\":2}", NOW, known)),
        "its wechatpay-nonce is malformed"
    );
}

#[test]
fn a_key_that_nobody_has_told_is_named_once_the_time_is_right() {
    let headers = headers(b"BODY", "4D2", NOW);
    let unknown = |now| verify(&headers, b"BODY", now, |_| Lookup::Unknown);
    assert!(matches!(
        unknown(NOW),
        Verification::Disproved { unknown_key: Some(serial), .. } if serial == "4D2"
    ));
    assert!(matches!(
        unknown(NOW + DAY),
        Verification::Disproved {
            unknown_key: None,
            ..
        }
    ));
    let out_of_time = verify(&headers, b"BODY", NOW, |_| Lookup::OutOfTime);
    assert!(why(out_of_time).contains("not valid now"));
}

#[test]
fn the_public_key_verifies_under_its_id_and_under_no_other() {
    let gateway = WechatV3::new(public_key_config());
    let answer = signed(200, b"{}", PUBLIC_KEY_ID, NOW);
    assert_eq!(
        gateway.verify(&answer.headers, b"{}", NOW),
        Verification::Proven { signed_at: NOW }
    );
    for id in [
        "PUB_KEY_ID_02",
        &PUBLIC_KEY_ID.to_lowercase(),
        &PUBLIC_KEY_ID[11..],
    ] {
        let answer = signed(200, b"{}", id, NOW);
        assert!(matches!(
            gateway.verify(&answer.headers, b"{}", NOW),
            Verification::Disproved {
                unknown_key: Some(_),
                ..
            }
        ));
    }
}

#[test]
fn only_a_401_with_a_date_far_from_the_stamp_is_owed_to_the_clock() {
    let stamp = |unix_seconds| Stamp {
        nonce: String::new(),
        unix_seconds,
    };
    let refused = |status, date, at| {
        let reply = Reply {
            date,
            ..reply(status, b"")
        };
        refused_for_clock(&reply, &stamp(at))
    };
    for off in [240, 300, 3600, DAY, 40 * 365 * DAY] {
        assert!(refused(401, Some(NOW), NOW + off), "{off}");
        assert!(refused(401, Some(NOW), NOW - off), "{off}");
        assert!(!refused(401, None, NOW - off), "{off}");
        for status in [200, 202, 400, 403, 404, 429, 500, 503] {
            assert!(!refused(status, Some(NOW), NOW - off), "{status} {off}");
        }
    }
    for off in [0, 1, 60, 239] {
        assert!(!refused(401, Some(NOW), NOW + off), "{off}");
        assert!(!refused(401, Some(NOW), NOW - off), "{off}");
    }
    assert!(refused(401, Some(i64::MAX), i64::MIN));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn headers_of_any_kind_are_read_or_refused(
        headers in prop::collection::vec(
            (
                prop::sample::select(vec![TIMESTAMP, NONCE, SIGNATURE, SERIAL, "date"]),
                prop_oneof![any::<String>(), Just(NOW.to_string()), Just("QUJD".to_owned())],
            ),
            0..6,
        ),
        body in prop::collection::vec(any::<u8>(), 0..40),
        now in any::<i64>(),
    ) {
        let headers: Vec<_> = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let proven = matches!(verify(&headers, &body, now, known), Verification::Proven { .. });
        prop_assert!(!proven);
        let proven = matches!(verify(&headers, &body, NOW, known), Verification::Proven { .. });
        prop_assert!(!proven);
    }

    #[test]
    fn a_signature_proves_its_own_body_only(
        body in prop::collection::vec(any::<u8>(), 1..60),
        place in any::<prop::sample::Index>(),
        bit in 0..8_u32,
    ) {
        let headers = headers(&body, "SERIAL", NOW);
        let proven = Verification::Proven { signed_at: NOW };
        prop_assert_eq!(verify(&headers, &body, NOW, known), proven.clone());
        let mut altered = body.clone();
        *place.get_mut(&mut altered) ^= 1 << bit;
        prop_assert_ne!(verify(&headers, &altered, NOW, known), proven);
    }
}
