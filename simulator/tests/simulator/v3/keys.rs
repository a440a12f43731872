use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, UnixTime};
use serde_json::{Value, json};
use std::time::Duration;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use wxpay_simulator::{PlatformKeys, PlatformSigner, Scenario, Settings, Simulator};

use super::client::{Till, now, open, read_certificate, refusal};
use crate::client::{start, start_with};

fn offering(platform_keys: PlatformKeys, platform_signer: PlatformSigner) -> Simulator {
    start_with(Settings {
        platform_keys,
        platform_signer,
        ..Settings::default()
    })
}

/// The serial number that the answer to a query is signed under.
fn serial(till: &Till<'_>) -> String {
    let answer = till.get("/v3/pay/transactions/out-trade-no/order-1?mchid=10000100");
    let answer = answer.expect("there is an answer");
    assert!(till.proves(&answer), "{answer:?}");
    answer.headers["wechatpay-serial"].clone()
}

/// What `/v3/certificates` gives: serial numbers and certificates.
fn downloaded(till: &Till<'_>) -> Vec<(String, String)> {
    let key = &till.simulator.merchant().api_v3_key;
    let list = till.verified(till.get("/v3/certificates"));
    let list = list["data"].as_array().expect("a list").iter();
    list.map(|item| {
        assert_eq!(item["effective_time"], "2025-01-01T08:00:00+08:00");
        assert_eq!(item["expire_time"], "2035-01-01T08:00:00+08:00");
        let resource = &item["encrypt_certificate"];
        assert_eq!(resource["associated_data"], "certificate");
        let pem = open(key, resource).expect("it opens with the APIv3 key");
        assert_eq!(open("01234567890123456789012345678901", resource), None);
        let serial = item["serial_no"].as_str().expect("a text");
        (serial.to_owned(), pem)
    })
    .collect()
}

fn issued_by(pem: &str, root: &str) -> bool {
    let root = CertificateDer::from_pem_slice(root.as_bytes()).expect("PEM");
    let anchor = anchor_from_trusted_cert(&root).expect("a root");
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).expect("PEM");
    let certificate = EndEntityCert::try_from(&certificate).expect("X.509");
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let time = UnixTime::since_unix_epoch(Duration::from_secs(now().unsigned_abs()));
    certificate
        .verify_for_usage(
            provider.signature_verification_algorithms.all,
            &[anchor],
            &[],
            time,
            KeyUsage::client_auth(),
            None,
            None,
        )
        .is_ok()
}

#[test]
fn certificates_are_downloaded_decrypted_and_chained_to_the_platforms_root() {
    let simulator = offering(PlatformKeys::Certificates, PlatformSigner::Certificate);
    let till = Till::new(&simulator);
    till.verified(till.play("order-1", Scenario::Paid));
    let list = downloaded(&till);
    assert_eq!(list.len(), 1);
    let (serial_no, pem) = &list[0];
    assert_eq!(read_certificate(pem).0, *serial_no);
    assert_eq!(serial_no.len(), 40);
    assert_eq!(serial(&till), *serial_no);
    assert_eq!(
        pem.trim_end(),
        simulator.platform_certificates()[0].trim_end()
    );
    assert!(issued_by(pem, &simulator.platform_ca_pem()));
    assert!(!issued_by(pem, simulator.ca_pem()), "TLS has another root");
    assert!(!issued_by(pem, &start().platform_ca_pem()));
}

#[test]
fn the_merchants_certificate_has_the_serial_number_that_requests_name() {
    let simulator = start();
    let (serial, _) = read_certificate(simulator.client_cert_pem());
    assert_eq!(serial, simulator.client_serial_no());
    assert_eq!(serial.len(), 40);
    assert_ne!(serial, start().client_serial_no());
}

#[test]
fn a_rotation_lists_the_new_certificate_keeps_the_old_one_and_signs_with_the_new() {
    let simulator = offering(PlatformKeys::Both, PlatformSigner::Certificate);
    let till = Till::new(&simulator);
    till.verified(till.play("order-1", Scenario::Paid));
    let first = serial(&till);
    let mut expected = vec![first];
    for _ in 0..4 {
        let next = simulator.rotate_platform_key().unwrap();
        assert_eq!(serial(&till), next);
        expected.push(next);
        let listed = downloaded(&till);
        let serials: Vec<_> = listed.iter().map(|(serial, _)| serial.clone()).collect();
        assert_eq!(serials, expected);
        let root = simulator.platform_ca_pem();
        assert!(listed.iter().all(|(_, pem)| issued_by(pem, &root)));
        let keys: Vec<_> = listed
            .iter()
            .map(|(_, pem)| read_certificate(pem).1)
            .collect();
        assert_ne!(keys[keys.len() - 1], keys[keys.len() - 2]);
    }
    simulator.reset();
    assert_eq!(downloaded(&till).len(), 5, "keys stay");
}

#[test]
fn a_merchant_moves_from_certificates_to_the_public_key() {
    let simulator = offering(PlatformKeys::Both, PlatformSigner::Certificate);
    let till = Till::new(&simulator);
    till.verified(till.play("order-1", Scenario::Paid));
    let certificate = serial(&till);
    assert_eq!(certificate.len(), 40);
    simulator
        .set_platform_signer(PlatformSigner::PublicKey)
        .unwrap();
    assert_eq!(serial(&till), simulator.public_key_id());
    assert!(simulator.public_key_id().starts_with("PUB_KEY_ID_01"));
    assert_eq!(downloaded(&till).len(), 1);
    simulator
        .set_platform_signer(PlatformSigner::Certificate)
        .unwrap();
    assert_eq!(serial(&till), certificate);
}

#[test]
fn with_the_public_key_alone_there_are_no_certificates() {
    let simulator = offering(PlatformKeys::PublicKey, PlatformSigner::Certificate);
    let till = Till::new(&simulator);
    till.verified(till.play("order-1", Scenario::Paid));
    assert_eq!(serial(&till), simulator.public_key_id());
    let (status, body) = refusal(till.get("/v3/certificates"));
    assert_eq!(status, 404);
    assert_eq!(
        body,
        json!({
            "code": "RESOURCE_NOT_EXISTS",
            "message": "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。",
        })
    );
    assert!(simulator.platform_certificates().is_empty());
    let error = simulator.set_platform_signer(PlatformSigner::Certificate);
    assert!(error.unwrap_err().to_string().contains("PublicKey"));
}

#[test]
fn keys_are_rotated_and_changed_from_outside() {
    let simulator = start_with(Settings {
        control_port: Some(0),
        ..Settings::default()
    });
    let call = |method: &str, path: &str, body: &Value| {
        let url = simulator.control_url().unwrap();
        let mut stream = std::net::TcpStream::connect(crate::client::address(&url)).unwrap();
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer = crate::client::request(&mut stream, method, path, &body).unwrap();
        let json: Value = serde_json::from_slice(&answer.body).unwrap();
        (answer.status, json)
    };
    let (_, before) = call("GET", "/platform-keys", &Value::Null);
    assert_eq!(before["signer"], "public_key");
    assert_eq!(before["public_key_id"], simulator.public_key_id());
    let (status, rotated) = call("POST", "/platform-keys/rotate", &Value::Null);
    assert_eq!(status, 200);
    let (status, _) = call(
        "POST",
        "/platform-keys",
        &json!({ "signer": "certificate" }),
    );
    assert_eq!(status, 200);
    let till = Till::new(&simulator);
    till.verified(till.play("order-1", Scenario::Paid));
    assert_eq!(rotated["serial_no"], serial(&till));
    let (_, after) = call("GET", "/platform-keys", &Value::Null);
    assert_eq!(after["signer"], "certificate");
    assert_eq!(
        after["certificates"],
        json!([before["certificates"][0], rotated["serial_no"]])
    );
    assert_eq!(
        call("POST", "/platform-keys", &json!({ "signer": "x" })).0,
        400
    );
    assert_eq!(call("DELETE", "/platform-keys", &Value::Null).0, 405);

    let certificates_alone = start_with(Settings {
        control_port: Some(0),
        platform_keys: PlatformKeys::Certificates,
        ..Settings::default()
    });
    let error = certificates_alone.set_platform_signer(PlatformSigner::PublicKey);
    assert!(error.is_err());
}
