use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::testing::{
    API_V3_KEY, DAY, NEXT_SERIAL, NOW, PUBLIC_KEY_ID, SERIAL, Wanted, config, download, gateway,
    issue, public_key_config, reply, sealed, signed,
};
use super::*;
use crate::config::Secret;
use crate::crypto::vectors::vector;
use crate::exchange::Call;

/// A gateway that has fetched the certificate [`SERIAL`] once.
fn equipped() -> WechatV3 {
    let gateway = gateway();
    gateway.install(&first_download()).expect("it installs");
    gateway
}

fn first_download() -> Reply {
    signed(200, &download(&[Wanted::default()]), SERIAL, NOW)
}

fn next() -> Wanted<'static> {
    Wanted {
        serial: NEXT_SERIAL,
        not_before: NOW - DAY,
        not_after: NOW + 6 * 365 * DAY,
        ..Wanted::default()
    }
}

fn proves(gateway: &WechatV3, serial: &str, now: i64) -> bool {
    let answer = signed(200, b"{}", serial, now);
    matches!(
        gateway.verify(&answer.headers, b"{}", now),
        Verification::Proven { .. }
    )
}

fn stamp() -> Stamp {
    Stamp {
        nonce: "0".repeat(32),
        unix_seconds: NOW,
    }
}

fn refusal(gateway: &WechatV3, reply: &Reply) -> KeyError {
    let before = gateway.cached();
    let error = gateway.install(reply).expect_err("it must not install");
    assert_eq!(gateway.cached(), before, "something was taken up: {error}");
    error
}

#[test]
fn the_request_is_the_one_of_the_region() {
    let Call {
        method,
        path,
        body,
        resend,
        ..
    } = gateway().download(&stamp());
    assert_eq!((method, path.as_str()), ("GET", "/v3/certificates"));
    assert_eq!((body.len(), resend), (0, Resend::Freely));
    let overseas = WechatV3::new(WechatV3Config {
        region: Region::HongKong,
        ..config()
    });
    assert_eq!(overseas.download(&stamp()).path, "/v3/global/certificates");
}

#[test]
fn the_first_download_is_verified_with_a_key_that_it_brings() {
    let gateway = gateway();
    assert!(!gateway.any(NOW) && gateway.due(NOW));
    assert!(!proves(&gateway, SERIAL, NOW));
    let text = gateway.install(&first_download()).unwrap();
    assert!(
        text.starts_with("fetched 1 platform certificate from https://api"),
        "{text}"
    );
    assert!(text.contains(SERIAL), "{text}");
    assert!(gateway.any(NOW) && !gateway.due(NOW));
    assert!(proves(&gateway, SERIAL, NOW));
    assert!(!proves(&gateway, NEXT_SERIAL, NOW));
}

#[test]
fn v3_10_a_published_answer_is_taken_up() {
    let v = vector("v3-10");
    let gateway = WechatV3::new(WechatV3Config {
        api_v3_key: Secret::new(v.text("key")),
        platform_certificates: config().platform_certificates,
        ..config()
    });
    let answer = |serial: &str| {
        let body = json!({ "data": [{
            "effective_time": v.text("effective_time"),
            "encrypt_certificate": {
                "algorithm": "AEAD_AES_256_GCM",
                "associated_data": v.text("associated_data"),
                "ciphertext": v.text("ciphertext"),
                "nonce": v.text("nonce"),
            },
            "expire_time": v.text("expire_time"),
            "serial_no": serial,
        }] });
        reply(200, body.to_string().as_bytes())
    };
    let serial = v.text("serial");
    let error = refusal(&gateway, &answer(&serial.replace('5', "6")));
    assert!(error.why.contains("another serial number"), "{error}");
    // It was not signed when it was published, as a first download need not be.
    gateway.install(&answer(serial)).unwrap();
    let expires = 1_852_816_558;
    assert!(matches!(gateway.keys.find(serial, NOW), Lookup::Known(_)));
    assert!(matches!(
        gateway.keys.find(serial, expires),
        Lookup::Known(_)
    ));
    assert!(matches!(
        gateway.keys.find(serial, expires + 1),
        Lookup::OutOfTime
    ));
}

/// A till, and a download of the one certificate of V3-8, which expired long ago.
fn expired_download() -> (WechatV3, Vec<u8>) {
    let v = vector("v3-8");
    let gateway = WechatV3::new(WechatV3Config {
        api_v3_key: Secret::new(v.text("key")),
        ..config()
    });
    let body = json!({ "data": [{
        "serial_no": v.text("serial"),
        "encrypt_certificate": {
            "algorithm": "AEAD_AES_256_GCM",
            "associated_data": v.text("associated_data"),
            "ciphertext": v.text("ciphertext"),
            "nonce": v.text("nonce"),
        },
    }] });
    (gateway, body.to_string().into_bytes())
}

#[test]
fn v3_8_an_expired_certificate_is_not_taken_up() {
    let (gateway, body) = expired_download();
    let answer = reply(200, &body);
    let error = refusal(&gateway, &answer);
    assert!(error.why.contains("not valid now"), "{error}");
    let then = 1_700_000_000;
    let in_time = Reply {
        now: Some(then),
        ..answer
    };
    gateway.install(&in_time).unwrap();
    assert!(gateway.any(then) && !gateway.any(NOW));
}

#[test]
fn a_first_download_is_not_believed_for_a_key_whose_certificate_has_expired() {
    let (gateway, body) = expired_download();
    let answer = signed(200, &body, vector("v3-8").text("serial"), NOW);
    let error = refusal(&gateway, &answer);
    assert!(!error.refused, "{error}");
    assert!(!gateway.any(NOW));
}

#[test]
fn during_a_rotation_both_certificates_are_good_and_the_old_one_goes_when_it_expires() {
    let gateway = equipped();
    let old = Wanted::default();
    let both = signed(200, &download(&[old.clone(), next()]), NEXT_SERIAL, NOW);
    gateway.install(&both).unwrap();
    assert!(proves(&gateway, SERIAL, NOW) && proves(&gateway, NEXT_SERIAL, NOW));
    // A later answer may leave the old one out; answers on their way still carry it.
    let only = signed(200, &download(&[next()]), SERIAL, NOW);
    gateway.install(&only).unwrap();
    assert!(proves(&gateway, SERIAL, NOW) && proves(&gateway, NEXT_SERIAL, NOW));
    let later = old.not_after + 2 * DAY;
    assert!(!proves(&gateway, SERIAL, later) && proves(&gateway, NEXT_SERIAL, later));
    let after = Reply {
        now: Some(later),
        ..signed(200, &download(&[next()]), NEXT_SERIAL, later)
    };
    gateway.install(&after).unwrap();
    assert!(matches!(gateway.keys.find(SERIAL, NOW), Lookup::Unknown));
}

#[test]
fn a_certificate_that_is_not_valid_yet_is_kept_for_later() {
    let gateway = equipped();
    let soon = Wanted {
        not_before: NOW + 5 * DAY,
        ..next()
    };
    let answer = signed(200, &download(&[Wanted::default(), soon]), SERIAL, NOW);
    gateway.install(&answer).unwrap();
    assert!(!proves(&gateway, NEXT_SERIAL, NOW));
    assert!(proves(&gateway, NEXT_SERIAL, NOW + 6 * DAY));
}

#[test]
fn once_a_key_is_known_a_download_must_be_signed_fresh_and_by_a_known_key() {
    let gateway = equipped();
    let body = download(&[next()]);
    let mut probe = signed(200, &body, SERIAL, NOW);
    probe.headers[2].1 = "WECHATPAY/SIGNTEST/AAAAA".into();
    let mut altered = signed(200, &body, SERIAL, NOW);
    altered.body.push(b' ');
    for (answer, why) in [
        (reply(200, &body), "not signed"),
        (probe, "probe"),
        (altered, "is wrong"),
        (signed(200, &body, SERIAL, NOW - 300), "300 s old"),
    ] {
        let error = refusal(&gateway, &answer);
        assert!(error.why.contains(why) && !error.refused, "{error}");
    }
}

#[test]
fn a_first_download_that_is_signed_must_be_signed_right() {
    let body = download(&[Wanted::default()]);
    let mut probe = signed(200, &body, SERIAL, NOW);
    probe.headers[2].1 = "WECHATPAY/SIGNTEST/AAAAA".into();
    let mut bare = signed(200, &body, SERIAL, NOW);
    bare.headers.remove(0);
    for answer in [probe, bare, signed(200, &body, SERIAL, NOW - DAY)] {
        assert!(!refusal(&gateway(), &answer).refused);
    }
    gateway().install(&reply(200, &body)).unwrap();
}

#[test]
fn a_download_signed_with_a_public_key_that_is_not_configured_says_what_to_configure() {
    let body = download(&[Wanted::default()]);
    let error = refusal(&gateway(), &signed(200, &body, PUBLIC_KEY_ID, NOW));
    assert!(error.refused);
    for piece in [PUBLIC_KEY_ID, "public_key_id", "API安全"] {
        assert!(error.why.contains(piece), "{error}");
    }
    let both = WechatV3::new(WechatV3Config {
        platform_certificates: config().platform_certificates,
        ..public_key_config()
    });
    both.install(&signed(200, &body, PUBLIC_KEY_ID, NOW))
        .unwrap();
    assert!(proves(&both, SERIAL, NOW) && proves(&both, PUBLIC_KEY_ID, NOW));
}

#[test]
fn certificates_of_anybody_else_are_not_taken_up() {
    let cases = [
        (
            Wanted {
                issued: false,
                ..Wanted::default()
            },
            "not issued by",
        ),
        (
            Wanted {
                authority: true,
                ..Wanted::default()
            },
            "not issued by",
        ),
        (
            Wanted {
                common_name: Some("10000100"),
                ..Wanted::default()
            },
            "merchant's own",
        ),
        (
            Wanted {
                common_name: None,
                ..Wanted::default()
            },
            "merchant's own",
        ),
        (
            Wanted {
                not_after: NOW - DAY,
                ..Wanted::default()
            },
            "not valid now",
        ),
    ];
    for (wanted, why) in cases {
        let error = refusal(
            &gateway(),
            &signed(200, &download(std::slice::from_ref(&wanted)), SERIAL, NOW),
        );
        assert!(error.why.contains(why), "{error}");
        // Beside a good one it is left out.
        let gateway = gateway();
        let other = Wanted {
            serial: NEXT_SERIAL,
            ..wanted
        };
        let body = download(&[Wanted::default(), other]);
        let text = gateway.install(&signed(200, &body, SERIAL, NOW)).unwrap();
        assert!(text.contains("left out") && text.contains(why), "{text}");
        assert!(proves(&gateway, SERIAL, NOW) && !proves(&gateway, NEXT_SERIAL, NOW));
    }
    let without_extra_root = WechatV3::new(WechatV3Config {
        platform_certificates: config().platform_certificates.map(|platform| {
            crate::config::PlatformCertificates {
                extra_roots: Vec::new(),
                ..platform
            }
        }),
        ..config()
    });
    let error = refusal(&without_extra_root, &first_download());
    assert!(error.why.contains("platform_ca"), "{error}");
}

#[test]
fn a_wrong_api_v3_key_is_named() {
    let gateway = WechatV3::new(WechatV3Config {
        api_v3_key: Secret::new(API_V3_KEY.to_lowercase()),
        ..config()
    });
    let error = refusal(&gateway, &first_download());
    assert!(error.refused && error.why.contains("api_v3_key"), "{error}");
    assert!(!error.why.contains(&API_V3_KEY.to_lowercase()));
}

#[test]
fn answers_that_hold_no_certificates_are_refused_with_the_reason() {
    let pem = certificates_to_pem([&issue(&Wanted::default())]);
    let good = || sealed(SERIAL, pem.as_bytes(), API_V3_KEY);
    let altered = |path: &str, value: Value| {
        let mut one = good();
        *one.pointer_mut(path).unwrap() = value;
        json!({ "data": [one] })
    };
    let many: Vec<_> = (0..MOST + 1).map(|_| good()).collect();
    let long = "A".repeat(100_000);
    for (body, why) in [
        (json!({}), "malformed"),
        (json!([]), "malformed"),
        (json!({ "data": {} }), "malformed"),
        (json!({ "data": [] }), "no platform certificate"),
        (json!({ "data": [1] }), "malformed"),
        (json!({ "data": many }), "malformed"),
        (altered("/serial_no", json!(5)), "malformed"),
        (
            altered("/serial_no", json!(NEXT_SERIAL)),
            "another serial number",
        ),
        (altered("/encrypt_certificate", json!("")), "malformed"),
        (
            altered("/encrypt_certificate/algorithm", json!("AEAD_SM4_GCM")),
            "other than",
        ),
        (
            altered("/encrypt_certificate/nonce", json!("")),
            "malformed",
        ),
        (
            altered("/encrypt_certificate/nonce", json!("x".repeat(1000))),
            "malformed",
        ),
        (
            altered("/encrypt_certificate/nonce", json!("61f9c719728b")),
            "api_v3_key",
        ),
        (
            altered("/encrypt_certificate/associated_data", json!(null)),
            "api_v3_key",
        ),
        (
            altered("/encrypt_certificate/associated_data", json!(1)),
            "malformed",
        ),
        (
            altered("/encrypt_certificate/ciphertext", json!("?")),
            "malformed",
        ),
        (
            altered("/encrypt_certificate/ciphertext", json!("")),
            "api_v3_key",
        ),
        (
            altered("/encrypt_certificate/ciphertext", json!(long)),
            "malformed",
        ),
        (
            json!({ "data": [sealed(SERIAL, b"", API_V3_KEY)] }),
            "something else",
        ),
        (
            json!({ "data": [sealed(SERIAL, b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", API_V3_KEY)] }),
            "something else",
        ),
    ] {
        let error = refusal(&gateway(), &reply(200, body.to_string().as_bytes()));
        assert!(error.why.contains(why), "{why}: {error}");
    }
    for body in [b"".as_slice(), b"<html>", b"\xFF", b"null"] {
        let error = refusal(&gateway(), &reply(200, body));
        assert!(error.why.contains("malformed"), "{error}");
    }
    let timeless = Reply {
        now: None,
        date: None,
        ..first_download()
    };
    assert!(refusal(&gateway(), &timeless).why.contains("tells no time"));
}

#[test]
fn a_merchant_who_has_only_a_public_key_is_told_what_to_do() {
    for body in [
        json!({ "code": "RESOURCE_NOT_EXISTS", "message": "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。可查看指引https://pay.weixin.qq.com/doc/v3/merchant/4012153196" }),
        json!({ "code": "RESOURCE_NOT_EXISTS", "message": "证书不存在" }),
    ] {
        let error = refusal(&gateway(), &reply(404, body.to_string().as_bytes()));
        assert!(error.refused);
        for piece in [
            "RESOURCE_NOT_EXISTS",
            "API安全 → 微信支付公钥",
            "give them as public_key and public_key_id",
        ] {
            assert!(error.why.contains(piece), "{piece}: {error}");
        }
    }
}

#[test]
fn a_merchant_who_has_the_public_key_already_is_told_to_stop_asking() {
    let gateway = WechatV3::new(WechatV3Config {
        platform_certificates: config().platform_certificates,
        ..public_key_config()
    });
    let error = refusal(&gateway, &reply(404, b"{}"));
    assert!(
        error.why.contains("platform_certificates = \"never\""),
        "{error}"
    );
}

#[test]
fn a_refused_download_is_final_only_if_trying_again_cannot_help() {
    for (status, refused) in [
        (400, true),
        (401, true),
        (403, true),
        (404, true),
        (429, false),
        (500, false),
        (502, false),
        (301, false),
        (204, false),
    ] {
        let error = refusal(
            &gateway(),
            &reply(status, b"{\"code\":\"X\",\"message\":\"Y\"}"),
        );
        assert_eq!(error.refused, refused, "{status}");
        assert!(error.why.contains(&format!("HTTP {status} X Y")), "{error}");
    }
    let error = refusal(&gateway(), &reply(503, b"<html>\x01 busy"));
    assert_eq!(
        error.why,
        "platform certificates were refused: WeChat Pay says HTTP 503"
    );
}

#[test]
fn certificates_are_due_every_half_day_and_more_often_towards_their_end() {
    let gateway = equipped();
    let hours = |hours: i64| NOW + hours * 3600;
    assert!(!gateway.due(NOW) && !gateway.due(hours(10)));
    assert!(gateway.due(hours(11)) && gateway.due(hours(1000)));
    assert!(gateway.due(NOW - DAY), "the clock was set back");
    // One that lives for a month.
    let short = Wanted {
        not_before: NOW - 28 * DAY,
        not_after: NOW + 2 * DAY,
        ..next()
    };
    let gateway = WechatV3::new(config());
    gateway
        .install(&signed(200, &download(&[short]), NEXT_SERIAL, NOW))
        .unwrap();
    assert!(!gateway.due(hours(7)) && gateway.due(hours(8)));
    assert!(gateway.due(NOW + 3 * DAY), "it has expired");
}

#[test]
fn a_public_key_alone_is_enough_and_nothing_is_due() {
    let gateway = WechatV3::new(public_key_config());
    assert!(gateway.any(NOW) && gateway.any(i64::MAX) && gateway.any(0));
    use crate::gateway::Gateway as _;
    assert!(gateway.keys().is_none());
    assert!(super::super::testing::gateway().keys().is_some());
}

#[test]
fn what_was_kept_is_taken_up_again_with_its_age() {
    let kept = equipped().cached();
    let gateway = gateway();
    gateway.restore(&kept, NOW + 3600).unwrap();
    assert!(proves(&gateway, SERIAL, NOW));
    assert!(!gateway.due(NOW + 3600) && gateway.due(NOW + 12 * 3600));
    assert_eq!(gateway.cached(), kept);
}

#[test]
fn a_clock_that_is_wrong_at_the_start_costs_no_certificate() {
    let kept = equipped().cached();
    for wrong in [0, NOW - 10 * 365 * DAY, NOW + 10 * 365 * DAY] {
        let gateway = gateway();
        gateway.restore(&kept, wrong).unwrap();
        assert!(!gateway.any(wrong), "{wrong}");
        assert!(gateway.any(NOW) && proves(&gateway, SERIAL, NOW), "{wrong}");
    }
}

#[test]
fn what_was_kept_is_trusted_only_as_far_as_the_chain_goes() {
    let pem = |wanted: &[Wanted<'_>]| {
        let certificates: Vec<_> = wanted.iter().map(issue).collect();
        certificates_to_pem(&certificates).into_bytes()
    };
    let forged = Wanted {
        issued: false,
        ..next()
    };
    let merchant = Wanted {
        common_name: Some("10000100"),
        ..next()
    };
    for file in [
        pem(std::slice::from_ref(&forged)),
        pem(&[merchant]),
        b"".to_vec(),
        b"fetched 1\n".to_vec(),
        vec![b'x'; 300_000],
        pem(&vec![Wanted::default(); MOST + 1]),
    ] {
        let gateway = gateway();
        assert!(gateway.restore(&file, NOW).is_err());
        assert!(!gateway.any(NOW));
    }
    let gateway = gateway();
    let text = gateway
        .restore(&pem(&[forged, Wanted::default()]), NOW)
        .unwrap();
    assert!(text.starts_with("1 of 2 "), "{text}");
    assert!(proves(&gateway, SERIAL, NOW) && !proves(&gateway, NEXT_SERIAL, NOW));
    assert!(gateway.due(NOW), "nobody knows how old they are");
}

#[test]
fn keys_may_change_while_answers_are_verified() {
    let gateway = equipped();
    let both = signed(200, &download(&[Wanted::default(), next()]), SERIAL, NOW);
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| (0..20).for_each(|_| assert!(proves(&gateway, SERIAL, NOW))));
            threads.spawn(|| (0..5).for_each(|_| drop(gateway.install(&both).unwrap())));
        }
    });
    assert!(proves(&gateway, NEXT_SERIAL, NOW));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_answer_and_any_file_are_taken_up_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        text in any::<String>(),
        changes in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..4),
        status in 100..600_u16,
    ) {
        let gateway = gateway();
        let body = json!({ "data": [{ "serial_no": &text, "encrypt_certificate": {
            "algorithm": "AEAD_AES_256_GCM", "nonce": &text, "associated_data": &text, "ciphertext": &text,
        } }] });
        prop_assert!(gateway.install(&reply(status, &bytes)).is_err());
        prop_assert!(gateway.install(&reply(200, body.to_string().as_bytes())).is_err());
        prop_assert!(gateway.restore(&bytes, NOW).is_err());
        static KEPT: LazyLock<Vec<u8>> = LazyLock::new(|| equipped().cached());
        let mut file = KEPT.clone();
        for (place, value) in changes {
            *place.get_mut(&mut file) = value;
        }
        // What survives is the certificate that was kept, or nothing.
        let _ = gateway.restore(&file, NOW);
        if gateway.any(NOW) {
            prop_assert!(proves(&gateway, SERIAL, NOW));
        }
    }
}
