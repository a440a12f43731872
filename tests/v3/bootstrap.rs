//! The first start: keys come before the charge, or nothing is charged and the till is told why.

use super::*;
use crate::common::{E_NETWORK, E_REJECTED, REVERSED};
use wxpay_simulator::{Fault, FaultKind};

#[test]
fn the_first_start_fetches_keys_before_it_charges_and_the_second_needs_no_download() {
    let shop = Shop::with(keys_of(PlatformKeys::Certificates));
    let sale = shop.sale(Scenario::Paid);
    pay(&shop, &shop.till(), &sale, OK);
    let operations: Vec<_> = shop
        .simulator
        .requests()
        .iter()
        .map(|request| request.operation)
        .collect();
    assert_eq!(
        operations,
        [Operation::Certificates, Operation::Micropay].map(Some)
    );

    // The list of certificates cannot be had any more.
    shop.simulator.fault(Fault::always(
        Operation::Certificates,
        FaultKind::DropBefore,
    ));
    let till = shop.till();
    let log = Log::of(&till);
    for scenario in [Scenario::Paid, Scenario::PasswordPaid] {
        pay(&shop, &till, &shop.sale(scenario), OK);
    }
    assert_eq!(downloads(&shop), 1);
    assert_eq!(log.warnings(""), Vec::<String>::new());
}

#[test]
fn many_first_payments_at_once_share_one_download() {
    let shop = Shop::with(keys_of(PlatformKeys::Certificates));
    shop.simulator.fault(Fault::once(
        Operation::Certificates,
        FaultKind::DelayAfter { ms: 200 },
    ));
    let till = shop.till();
    let sales: Vec<_> = (0..8).map(|_| shop.sale(Scenario::Paid)).collect();
    each(&sales, |sale| {
        pay(&shop, &till, sale, OK);
    });
    assert_eq!(downloads(&shop), 1);
}

#[test]
fn every_kind_of_key_is_enough_by_itself() {
    let cases = [
        (keys_of(PlatformKeys::Certificates), 1),
        (keys_of(PlatformKeys::PublicKey), 0),
        (signed_by(PlatformSigner::PublicKey), 1),
        (signed_by(PlatformSigner::Certificate), 1),
    ];
    each(&cases, |(settings, fetched)| {
        let shop = Shop::with(settings.clone());
        let till = shop.till();
        for (scenario, status) in [
            (Scenario::Paid, OK),
            (Scenario::PasswordNever, REVERSED),
            (Scenario::NotEnough, common::DECLINED),
        ] {
            pay(&shop, &till, &shop.sale(scenario), status);
        }
        assert!(downloads(&shop) <= *fetched);
        if *fetched == 0 {
            assert!(!cache(&shop).exists());
        }
    });
}

/// The platform hands out no certificates any more, and the configuration still asks for them.
#[test]
fn a_merchant_who_has_moved_to_the_public_key_pays_and_is_told_to_stop_asking() {
    let shop = Shop::with(keys_of(PlatformKeys::PublicKey));
    let till = shop.till_with(
        "public_key_id =",
        "platform_certificates = \"auto\"\npublic_key_id =",
    );
    pay(&shop, &till, &shop.sale(Scenario::Paid), OK);
    pay(&shop, &till, &shop.sale(Scenario::PasswordPaid), OK);
    assert!(downloads(&shop) <= 1);
    let checked = till.check();
    assert_eq!(checked.status(), OK, "{checked:?}");
    let told = checked
        .json()
        .to_string()
        .contains("platform_certificates = \\\"never\\\"");
    assert!(told, "{checked:?}");
}

/// A way in which the first download fails, what becomes of the sale, and what the till is told.
struct Failing {
    name: &'static str,
    /// The line of the configuration that is replaced, and what by.
    line: Option<(&'static str, &'static str)>,
    kind: Option<FaultKind>,
    settings: fn() -> Settings,
    status: i32,
    pieces: &'static [&'static str],
}

impl Failing {
    fn new(name: &'static str, status: i32, pieces: &'static [&'static str]) -> Self {
        Self {
            name,
            line: None,
            kind: None,
            settings: || keys_of(PlatformKeys::Certificates),
            status,
            pieces,
        }
    }

    fn with(self, kind: FaultKind) -> Self {
        Self {
            kind: Some(kind),
            ..self
        }
    }
}

fn failing() -> Vec<Failing> {
    let fault = |name, kind, pieces| Failing::new(name, E_NETWORK, pieces).with(kind);
    vec![
        Failing {
            line: Some((
                "api_v3_key",
                "api_v3_key = \"0123456789abcdefghijklmnopqrstuv\"",
            )),
            ..Failing::new(
                "another APIv3 key",
                E_REJECTED,
                &["api_v3_key", "APIv3密钥"],
            )
        },
        Failing {
            line: Some(("platform_ca", "")),
            ..Failing::new(
                "an authority that is not WeChat Pay's",
                E_NETWORK,
                &["platform_ca", "authority"],
            )
        },
        Failing {
            line: Some(("public_key", "platform_certificates = \"auto\"")),
            settings: || keys_of(PlatformKeys::PublicKey),
            ..Failing::new(
                "a merchant with a public key only",
                E_REJECTED,
                &["public_key_id", "微信支付公钥"],
            )
        },
        Failing {
            line: Some(("serial_no", "serial_no = \"1234567890ABCDEF\"")),
            ..Failing::new(
                "another serial number",
                E_REJECTED,
                &["serial_no", "商户证书序列号有误"],
            )
        },
        fault("a probe, always", FaultKind::SignProbe, &["probe"]),
        fault(
            "a wrong signature",
            FaultKind::WrongSign,
            &["signature", "is wrong"],
        ),
        fault(
            "an old signature",
            FaultKind::OldTimestamp { seconds: 86_400 },
            &["86400 s old"],
        ),
        fault(
            "one from the future",
            FaultKind::OldTimestamp { seconds: -86_400 },
            &["in the future"],
        ),
        Failing::new(
            "a stranger's signature",
            E_REJECTED,
            &["not among the platform certificates"],
        )
        .with(FaultKind::UnknownSerial),
        fault("no serial", FaultKind::MissingSerial, &["wechatpay-serial"]),
        fault("no JSON", FaultKind::Garbage, &["malformed"]),
        fault("no body", FaultKind::Empty, &["malformed"]),
        fault("half a body", FaultKind::Truncated, &["https://localhost"]),
        fault(
            "an outage",
            FaultKind::Http {
                status: 503,
                executed: false,
            },
            &["503"],
        ),
        fault(
            "somebody else's page",
            FaultKind::Http {
                status: 200,
                executed: true,
            },
            &["malformed"],
        ),
        fault(
            "too much",
            FaultKind::Huge { bytes: 16 << 20 },
            &["https://localhost"],
        ),
        fault(
            "no connection",
            FaultKind::DropBefore,
            &["https://localhost"],
        ),
    ]
}

#[test]
fn without_a_key_nothing_is_charged_and_the_till_is_told_what_to_do() {
    each(&failing(), |case| {
        let shop = Shop::with((case.settings)());
        let config = match case.line {
            Some(("public_key", with)) => {
                config_without(&shop.config(), &["public_key", "public_key_id"], with)
            }
            Some(("serial_no", with)) => {
                config_without(&shop.config(), &["serial_no", "certificate"], with)
            }
            Some((line, with)) => config_without(&shop.config(), &[line], with),
            None => shop.config(),
        };
        if let Some(kind) = &case.kind {
            shop.simulator
                .fault(Fault::always(Operation::Certificates, kind.clone()));
        }
        let till = open(&config);
        let sale = shop.sale(Scenario::Paid);
        for _ in 0..2 {
            let outcome = pay(&shop, &till, &sale, case.status);
            for piece in case.pieces {
                assert!(
                    outcome.message().contains(piece),
                    "{}, {piece}: {outcome:?}",
                    case.name
                );
            }
            assert!(
                outcome.message().contains("nothing was sent"),
                "{}: {outcome:?}",
                case.name
            );
            assert_eq!(
                outcome.get("reversal").as_deref(),
                Some("none"),
                "{outcome:?}"
            );
            let advice = if case.status == E_REJECTED {
                "fix_setup"
            } else {
                "rescan"
            };
            assert_eq!(
                outcome.get("advice").as_deref(),
                Some(advice),
                "{}: {outcome:?}",
                case.name
            );
        }
        assert!(shop.operations(&sale).is_empty(), "{}", case.name);
        assert_eq!(till.recover().get_int("open"), Some(0), "{}", case.name);
        assert!(!cache(&shop).exists(), "{}", case.name);
        drop(till);

        // Whatever it was, once it is put right the same number charges.
        shop.simulator.clear_faults();
        pay(&shop, &shop.till(), &sale, OK);
    });
}

/// What may happen to the first download without harm.
#[test]
fn a_first_download_that_is_odd_but_proven_is_good_enough() {
    let kinds = [
        // The documents do not promise a signature here; encryption and issuer prove it.
        (
            Fault::always(Operation::Certificates, FaultKind::MissingSign),
            1,
        ),
        // The real answer follows.
        (
            Fault::once(Operation::Certificates, FaultKind::SignProbe),
            2,
        ),
        (
            Fault::once(Operation::Certificates, FaultKind::WrongSign),
            2,
        ),
        (Fault::once(Operation::Certificates, FaultKind::Garbage), 2),
        (
            Fault::once(Operation::Certificates, FaultKind::DropAfter),
            2,
        ),
        (
            Fault::once(Operation::Certificates, FaultKind::DelayAfter { ms: 300 }),
            1,
        ),
        (Fault::always(Operation::Certificates, FaultKind::Close), 1),
    ];
    each(&kinds, |(fault, requests)| {
        let shop = Shop::with(keys_of(PlatformKeys::Certificates));
        shop.simulator.fault(fault.clone());
        pay(&shop, &shop.till(), &shop.sale(Scenario::Paid), OK);
        assert_eq!(downloads(&shop), *requests, "{fault:?}");
    });
}

/// The charge may be on its way over a connection that is closed under it: then it is undone.
#[test]
fn a_connection_that_closes_after_the_first_download_costs_nobody_money() {
    let shop = Shop::with(keys_of(PlatformKeys::Certificates));
    let fault = Fault::always(Operation::Certificates, FaultKind::CloseUnannounced);
    shop.simulator.fault(fault);
    let sale = shop.sale(Scenario::Paid);
    let outcome = shop.till().micropay(&sale.request());
    assert!([OK, REVERSED].contains(&outcome.status()), "{outcome:?}");
    shop.agrees(&sale, &outcome);
}
