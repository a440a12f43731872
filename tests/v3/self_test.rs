//! The self-test names what is wrong: key, serial number, certificate, clock or permission.

use super::mistakes::{file, mistakes, stranger, write};
use super::*;
use crate::common::{E_CONFIG, E_NETWORK};
use rcgen::{
    CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, PublicKeyData as _, date_time_ymd,
};
use serde_json::Value;
use wxpay_simulator::{Fault, FaultKind, HostState, Merchant};

/// The lines of a self-test: name, whether it is in order, what it says.
fn lines(outcome: &Outcome) -> Vec<(String, bool, String)> {
    let json = outcome.json();
    let lines = json["checks"].as_array().cloned().unwrap_or_default();
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    lines
        .iter()
        .map(|line| {
            (
                text(line, "check"),
                line["ok"] == Value::Bool(true),
                text(line, "message"),
            )
        })
        .collect()
}

fn failed(outcome: &Outcome) -> Vec<String> {
    let failed = lines(outcome).into_iter().filter(|(_, ok, _)| !ok);
    failed.map(|(name, _, _)| name).collect()
}

#[test]
fn a_merchant_whose_set_up_is_right_passes() {
    let settings = [
        keys_of(PlatformKeys::Certificates),
        keys_of(PlatformKeys::PublicKey),
        signed_by(PlatformSigner::Certificate),
        Settings {
            sign_errors: true,
            ..signed_by(PlatformSigner::PublicKey)
        },
        Settings {
            region: wxpay_simulator::Region::HongKong,
            ..keys_of(PlatformKeys::Certificates)
        },
    ];
    each(&settings, |settings| {
        let shop = Shop::with(settings.clone());
        let checked = shop.till().check();
        assert_eq!(checked.status(), OK, "{checked:?}");
        let names: Vec<_> = lines(&checked).into_iter().map(|(name, ..)| name).collect();
        for name in [
            "journal",
            "certificate",
            "host",
            "platform_keys",
            "private_key",
            "serial_no",
            "credentials",
            "clock",
        ] {
            assert!(names.iter().any(|have| have == name), "{name}: {checked:?}");
        }
        assert!(
            shop.simulator
                .ledger()
                .orders
                .iter()
                .all(|order| order.submits == 0)
        );
    });
}

#[test]
fn every_mistake_is_named_by_the_key_of_the_configuration_that_it_is_in() {
    each(&mistakes(), |mistake| {
        let shop = Shop::with(mistake.settings.clone());
        let till = open(&(mistake.config)(&shop));
        let checked = till.check();
        let context = format!("{}: {checked:?}", mistake.name);
        assert_eq!(failed(&checked), [mistake.check], "{context}");
        for piece in mistake.pieces {
            assert!(checked.message().contains(piece), "{piece}, {context}");
        }
        let network = mistake.name == "somebody else's authority";
        assert_eq!(
            checked.status(),
            if network { E_NETWORK } else { E_CONFIG },
            "{context}"
        );
        assert_eq!(
            checked.get("advice").as_deref(),
            Some("fix_setup"),
            "{context}"
        );
    });
}

/// What proves the platform's answers is only tried by an answer that is signed.
#[test]
fn a_wrong_public_key_shows_at_the_first_payment_if_the_self_test_could_not_try_it() {
    let shop = Shop::with(keys_of(PlatformKeys::PublicKey));
    write(&shop, "stranger.pem", &stranger().public_key_pem());
    let till = open(&config_without(
        &hasty(&shop),
        &["public_key"],
        &file(&shop, "public_key", "stranger.pem"),
    ));
    let checked = till.check();
    let said = lines(&checked)
        .into_iter()
        .find(|(name, ..)| name == "platform_keys");
    let (_, ok, message) = said.expect("there is such a line");
    assert!(ok && message.contains("not tried"), "{checked:?}");
    let outcome = pay(&shop, &till, &shop.sale(Scenario::Paid), common::UNKNOWN);
    assert!(outcome.message().contains("is wrong"), "{outcome:?}");
}

#[test]
fn an_expired_certificate_is_refused_before_anything_is_sent() {
    let shop = Shop::with(keys_of(PlatformKeys::Both));
    let key = KeyPair::from_pem_and_sign_algo(shop.simulator.client_key_pem(), &PKCS_RSA_SHA256);
    let key = key.expect("it is a key");
    assert!(!key.der_bytes().is_empty());
    let certificate = |from, to| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(
            DnType::CommonName,
            shop.simulator.merchant().mch_id.as_str(),
        );
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        write(
            &shop,
            "other.pem",
            &params.self_signed(&key).expect("a certificate").pem(),
        );
        let line = file(&shop, "certificate", "other.pem");
        Client::open_toml(config_without(
            &shop.config(),
            &["certificate", "serial_no"],
            &line,
        ))
    };
    for (from, to, piece) in [
        (2019, 2024, "expired on"),
        (2090, 2095, "this machine's clock"),
    ] {
        let refused = certificate(from, to).err().expect("it is refused");
        assert_eq!(refused.status(), E_CONFIG, "{refused:?}");
        assert!(
            refused.message().contains("certificate") && refused.message().contains(piece),
            "{refused:?}"
        );
        assert_eq!(
            refused.get("advice").as_deref(),
            Some("fix_setup"),
            "{refused:?}"
        );
    }
    assert!(shop.simulator.requests().is_empty());
}

#[test]
fn a_wrong_clock_is_told_and_no_obstacle() {
    let cases: Vec<_> = [PlatformKeys::Certificates, PlatformKeys::PublicKey]
        .into_iter()
        .flat_map(|keys| [86_400, -86_400, 360].map(|skew| (keys, skew)))
        .collect();
    each(&cases, |&(keys, skew)| {
        let shop = Shop::with(Settings {
            skew_seconds: skew,
            ..keys_of(keys)
        });
        let checked = shop.till().check();
        assert_eq!(checked.status(), OK, "{checked:?}");
        let said = lines(&checked)
            .into_iter()
            .find(|(name, ..)| name == "clock");
        let (_, _, message) = said.expect("there is such a line");
        let side = if skew > 0 {
            "s slow; set it"
        } else {
            "s fast; set it"
        };
        assert!(message.contains(side), "{message}");
    });
}

/// The network is not blamed on the configuration, nor the other way round.
#[test]
fn what_the_network_does_is_told_as_such() {
    let outage = FaultKind::Http {
        status: 503,
        executed: false,
    };
    for operation in [Operation::Certificates, Operation::Orderquery] {
        let shop = Shop::with(keys_of(PlatformKeys::Certificates));
        shop.simulator
            .fault(Fault::always(operation, outage.clone()));
        let checked = shop.till().check();
        assert_eq!(checked.status(), E_NETWORK, "{checked:?}");
        assert!(checked.message().contains("503"), "{checked:?}");
    }
    let shop = Shop::with(keys_of(PlatformKeys::Certificates));
    shop.simulator
        .set_host(0, HostState::Down)
        .expect("there is one");
    let checked = shop.till().check();
    assert_eq!(
        (checked.status(), failed(&checked)),
        (OK, vec!["host".to_owned()]),
        "{checked:?}"
    );
    shop.simulator
        .set_host(1, HostState::Down)
        .expect("there is one");
    let checked = shop.till().check();
    assert_eq!(checked.status(), E_NETWORK, "{checked:?}");
}

#[test]
fn a_partner_passes_with_and_without_a_shop_of_the_configuration() {
    let merchant = Merchant {
        sub_mch_ids: vec!["1900000109".to_owned()],
        ..Merchant::example()
    };
    let shop = Shop::with(Settings {
        merchants: vec![merchant],
        ..keys_of(PlatformKeys::Both)
    });
    assert_eq!(shop.till().check().status(), OK);
    let without = open(&config_without(&shop.config(), &["sub_mchid"], "")).check();
    assert_eq!(without.status(), OK, "{without:?}");
}
