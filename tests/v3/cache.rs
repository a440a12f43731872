//! The file of platform certificates: whatever is in it, the till pays, and knows what is wrong.

use std::fs;
use std::path::Path;

use super::*;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_RSA_SHA256,
    RsaKeySize, date_time_ymd,
};
use wxpay_simulator::{Fault, FaultKind, HostState};

/// What is in the file before a start, and what is said about it.
type Case = (&'static str, fn(&Path, &Shop), &'static str);

fn write(path: &Path, content: impl AsRef<[u8]>) {
    fs::write(path, content).expect("the folder can be written");
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).expect("it is there")
}

const DAMAGES: [Case; 7] = [
    ("nothing", |path, _| write(path, ""), "they will be fetched"),
    (
        "other bytes",
        |path, _| write(path, [0_u8, 159, 146, 150, 10]),
        "they will be fetched",
    ),
    (
        "text",
        |path, _| write(path, "fetched soon\nhello\n"),
        "they will be fetched",
    ),
    (
        "half of itself",
        |path, _| {
            let content = read(path);
            write(path, &content[..content.len() / 2]);
        },
        "they will be fetched",
    ),
    (
        "another platform's",
        |path, _| write(path, expired().1),
        "none that WeChat Pay issued",
    ),
    (
        "the merchant's own certificate",
        |path, shop| write(path, shop.simulator.client_cert_pem()),
        "none that WeChat Pay issued",
    ),
    (
        "far too much",
        |path, _| write(path, vec![b'x'; 1 << 20]),
        "too large",
    ),
];

#[test]
fn a_file_that_is_damaged_or_foreign_is_told_and_fetched_anew() {
    each(&DAMAGES, |(name, damage, told)| {
        let shop = Shop::with(keys_of(PlatformKeys::Certificates));
        prepare(&shop);
        damage(&cache(&shop), &shop);
        let till = shop.till();
        let log = Log::of(&till);
        pay(&shop, &till, &shop.sale(Scenario::Paid), OK);
        assert_eq!(downloads(&shop), 2, "{name}");
        let warned = log.warnings(told);
        assert_eq!(warned.len(), 1, "{name}: {:?}", log.warnings(""));
        assert!(
            warned[0].contains("platform-certificates"),
            "{name}: {warned:?}"
        );
        drop(till);
        // What was damaged is whole again.
        let till = shop.till();
        let log = Log::of(&till);
        pay(&shop, &till, &shop.sale(Scenario::Paid), OK);
        assert_eq!(
            (downloads(&shop), log.warnings("")),
            (2, Vec::new()),
            "{name}"
        );
    });
}

#[test]
fn a_file_that_is_damaged_while_nothing_can_be_fetched_charges_nobody() {
    let shop = Shop::with(keys_of(PlatformKeys::Certificates));
    prepare(&shop);
    write(&cache(&shop), "damaged");
    shop.simulator.fault(Fault::always(
        Operation::Certificates,
        FaultKind::DropBefore,
    ));
    let sale = shop.sale(Scenario::Paid);
    let till = shop.till();
    let outcome = pay(&shop, &till, &sale, common::E_NETWORK);
    assert!(
        outcome.message().contains("nothing was sent"),
        "{outcome:?}"
    );
    assert_eq!(
        read(&cache(&shop)),
        b"damaged",
        "not to be touched without a better one"
    );
    shop.simulator.clear_faults();
    pay(&shop, &till, &sale, OK);
}

#[test]
fn a_place_that_cannot_be_written_is_told_and_no_obstacle() {
    let shop = Shop::with(keys_of(PlatformKeys::Certificates));
    fs::create_dir(cache(&shop)).expect("the folder can be written");
    let till = shop.till();
    let log = Log::of(&till);
    pay(&shop, &till, &shop.sale(Scenario::Paid), OK);
    assert_eq!(
        log.warnings("it is not a file").len(),
        1,
        "{:?}",
        log.warnings("")
    );
    drop(till);
    let left: Vec<_> = fs::read_dir(shop.folder.path())
        .expect("it is there")
        .map(|entry| {
            entry
                .expect("it can be read")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.contains(".pem."))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "left behind");
}

/// An authority of this test's own, and a platform certificate that it issued for a time that is over.
fn expired() -> (String, String) {
    let key = || KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key");
    let mut root = CertificateParams::default();
    root.distinguished_name
        .push(DnType::CommonName, "an authority");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_key = key();
    let root_pem = root.self_signed(&root_key).expect("a root").pem();
    let root = Issuer::new(root, root_key);
    let mut platform = CertificateParams::default();
    platform
        .distinguished_name
        .push(DnType::CommonName, "a platform");
    platform.not_before = date_time_ymd(2020, 1, 1);
    platform.not_after = date_time_ymd(2021, 1, 1);
    let platform = platform.signed_by(&key(), &root).expect("a certificate");
    (root_pem, platform.pem())
}

#[test]
fn kept_certificates_that_have_expired_are_renewed_before_the_charge_and_dropped() {
    let shop = Shop::with(keys_of(PlatformKeys::Certificates));
    prepare(&shop);
    let (root, certificate) = expired();
    let roots = format!("{}{root}", shop.simulator.platform_ca_pem());
    write(&shop.folder.path().join("roots.pem"), roots);
    write(&cache(&shop), format!("fetched 1600000000\n{certificate}"));
    let till = shop.till_with("platform_ca.pem", "roots.pem");
    pay(&shop, &till, &shop.sale(Scenario::Paid), OK);
    assert_eq!(downloads(&shop), 2);
    let operations: Vec<_> = shop
        .simulator
        .requests()
        .iter()
        .rev()
        .take(2)
        .map(|request| request.operation)
        .collect();
    assert_eq!(
        operations,
        [Operation::Micropay, Operation::Certificates].map(Some)
    );
    let kept = String::from_utf8(read(&cache(&shop))).expect("PEM is text");
    assert!(
        !kept.contains(certificate.lines().nth(3).expect("a line of it")),
        "{kept}"
    );
}

/// A till that was off for days: what it kept still serves, and is renewed beside the payments.
#[test]
fn kept_certificates_that_are_due_are_renewed_without_a_payment_waiting_for_it() {
    let shop = Shop::with(keys_of(PlatformKeys::Certificates));
    prepare(&shop);
    let kept = String::from_utf8(read(&cache(&shop))).expect("PEM is text");
    let (_, certificates) = kept.split_once('\n').expect("it has lines");
    write(&cache(&shop), format!("fetched 1600000000\n{certificates}"));
    shop.simulator.fault(Fault::always(
        Operation::Certificates,
        FaultKind::DelayAfter { ms: 60_000 },
    ));
    let till = shop.till();
    while downloads(&shop) < 2 {
        // The request is on its way: nothing below waits for its answer.
        pay(&shop, &till, &shop.sale(Scenario::Paid), OK);
    }
    for scenario in [Scenario::Paid, Scenario::PasswordPaid] {
        pay(&shop, &till, &shop.sale(scenario), OK);
    }
}

#[test]
fn several_tills_on_one_file_do_not_disturb_each_other() {
    let shop = Shop::with(keys_of(PlatformKeys::Certificates));
    let tills: Vec<_> = (0..4).map(|_| shop.till()).collect();
    each(&tills, |till| {
        pay(&shop, till, &shop.sale(Scenario::Paid), OK);
    });
    drop(tills);
    let till = shop.till();
    shop.simulator.fault(Fault::always(
        Operation::Certificates,
        FaultKind::DropBefore,
    ));
    let log = Log::of(&till);
    pay(&shop, &till, &shop.sale(Scenario::Paid), OK);
    assert_eq!(log.warnings(""), Vec::<String>::new());
    assert!((1..=4).contains(&downloads(&shop)));
}

/// Without any network the till opens, is told so at the sale, and pays when the network is back.
#[test]
fn a_first_start_without_a_network_charges_nobody_and_the_till_need_not_be_restarted() {
    let shop = Shop::with(keys_of(PlatformKeys::Certificates));
    for host in 0..2 {
        shop.simulator
            .set_host(host, HostState::Down)
            .expect("there is one");
    }
    let till = shop.till();
    let sale = shop.sale(Scenario::Paid);
    let outcome = pay(&shop, &till, &sale, common::E_NETWORK);
    assert!(
        outcome.message().contains("nothing was sent"),
        "{outcome:?}"
    );
    assert_eq!(till.query(&sale.out_trade_no).status(), common::E_NETWORK);
    for host in 0..2 {
        shop.simulator
            .set_host(host, HostState::Up)
            .expect("there is one");
    }
    pay(&shop, &till, &sale, OK);
}
