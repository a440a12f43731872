//! What must stay secret appears nowhere: every log line, event, message, prompt, JSON, error text
//! and byte of the journal is searched.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;

mod search;

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use common::on_every_gateway;
use common::shop::{FEE, Shop, quick, quick_on};
use common::{
    Client, E_ARGUMENT, E_CONFIG, E_NETWORK, E_REJECTED, NOT_FOUND, OK, Outcome, Request, UNKNOWN,
    each,
};
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use search::{Heard, Secrets, Told, remove_payer, text};
use serde_json::Value;
use wxpay_simulator::{
    Api, Certificate, Channel, Fault, FaultKind, FubeiAccount, HostState, NotificationFault,
    Operation, PlatformKeys, RideCode, RideScenario, Scenario, Settings, SignType, auth_code_of,
};

on_every_gateway! {
    no_payment_of_any_kind_tells_a_secret,
    no_failing_set_up_tells_a_secret,
    no_server_that_is_refused_hears_or_tells_a_secret,
    no_refused_argument_repeats_an_auth_code,
    a_payers_id_reaches_the_till_and_stays_out_of_the_journal,
    the_search_finds_what_is_planted,
}

#[track_caller]
fn assert_silent(secrets: &Secrets, heard: &Heard) {
    assert!(!heard.0.lock().expect("no test panics here").is_empty());
    let leaks = secrets.leaks(heard);
    assert!(leaks.is_empty(), "{leaks:#?}");
}

/// Every scenario, paid, asked for, paid again and recovered, with everything heard.
fn play_all(shop: &Shop, secrets: &mut Secrets, heard: &Heard) {
    let till = shop.till();
    heard.listen(&till);
    let sales: Vec<_> = Scenario::ALL
        .iter()
        .map(|scenario| shop.sale(*scenario))
        .collect();
    for sale in &sales {
        secrets.add("auth code", sale.auth_code.as_str());
    }
    std::thread::scope(|scope| {
        for sale in &sales {
            let till = &till;
            scope.spawn(move || heard.outcome(&till.micropay(&sale.request())));
        }
    });
    heard.journal(shop);
    for sale in &sales {
        heard.outcome(&till.micropay(&sale.request()));
        heard.outcome(&till.query(&sale.out_trade_no));
        let other = Request::sale(&sale.out_trade_no, &sale.auth_code, FEE + 1);
        heard.outcome(&till.micropay(&other));
    }
    heard.outcome(&till.recover());
    heard.outcome(&till.check());
    heard.outcome(&till.cancel("NOBODYS"));
    heard.outcome(&till.reverse(&sales[0].out_trade_no));
    drop(till);
    heard.journal(shop);
}

fn no_payment_of_any_kind_tells_a_secret(api: Api) {
    let (shop, heard) = (Shop::open_on(api), Heard::default());
    let mut secrets = Secrets::of(&shop);
    play_all(&shop, &mut secrets, &heard);
    assert_silent(&secrets, &heard);
}

#[test]
fn nor_with_md5() {
    let shop = Shop::with(Settings {
        sign_type: SignType::Md5,
        ..quick()
    });
    let heard = Heard::default();
    let mut secrets = Secrets::of(&shop);
    play_all(&shop, &mut secrets, &heard);
    assert_silent(&secrets, &heard);
}

/// Every ride, asked for twice, told by its callback and recovered, with everything heard.
#[test]
fn no_ride_tells_a_token_a_code_or_a_passenger() {
    let platform = RideCode::example();
    let fresh = "A_FRESH_TOKEN_THAT_IS_WRONG";
    let (shop, heard) = (
        Shop::with(Settings {
            ride_code: Some(platform.clone()),
            ..quick()
        }),
        Heard::default(),
    );
    let mut secrets = Secrets::of(&shop);
    secrets.add("access token", platform.access_token.as_str());
    secrets.add("access token", fresh);
    secrets.add("ride keys", platform.seal.sign_key.as_str());
    secrets.add("passenger", "oSimulatedRider");
    // Of the code as text, and in base64 at each of its three places.
    for part in [
        "PASSENGERSCODE",
        "UEFTU0VOR0VSU0NPRE",
        "BBU1NFTkdFUlNDT0RF",
        "QQVNTRU5HRVJTQ09ERQ",
    ] {
        secrets.add("ride code", part);
    }
    let till = shop.till();
    heard.listen(&till);
    each(RideScenario::ALL, |scenario| {
        let number = format!("S-{}", scenario.number());
        let ride = || Request::ride(&number, "PASSENGERSCODE", FEE);
        heard.outcome(&till.ride_pay(&ride().with("access_token", fresh)));
        heard.outcome(&till.ride_pay(&ride()));
        heard.outcome(&till.ride_pay(&ride()));
        heard.outcome(&till.ride_pay(&ride().with("line_name", "M394")));
        heard.outcome(&till.ride_pay(&ride().with("start_time", "PASSENGERSCODE")));
    });
    heard.journal(&shop);
    for host in [0, 1] {
        shop.simulator.set_host(host, HostState::Down).unwrap();
    }
    heard.outcome(&till.ride_pay(&Request::ride("S-down", "PASSENGERSCODE", FEE)));
    heard.outcome(&till.check());
    for scenario in RideScenario::ALL {
        let number = format!("S-{}", scenario.number());
        for fault in [
            None,
            Some(NotificationFault::WrongSignature),
            Some(NotificationFault::NoJson),
            Some(NotificationFault::BadPadding),
        ] {
            let Ok(made) = shop.simulator.notification_for_ride(&number, fault) else {
                continue;
            };
            let outcome = till.notify_decode("", &made.body);
            // What is to be answered repeats a number of the callback's own.
            let mut json = outcome.json();
            remove_payer(&mut json);
            json.as_object_mut().unwrap().remove("reply");
            heard.add("callback", json.to_string());
        }
    }
    heard.outcome(&till.recover());
    drop(till);
    heard.journal(&shop);
    assert_silent(&secrets, &heard);
    // The address itself was heard, and of its query nothing.
    let lines = heard.0.lock().unwrap();
    let exchange = |(_, line): &Told| text(line).contains(" ride_deduct: POST https://");
    assert!(lines.iter().any(exchange));
}

fn no_failing_set_up_tells_a_secret(api: Api) {
    let (shop, heard) = (Shop::open_on(api), Heard::default());
    let mut secrets = Secrets::of(&shop);
    let config = shop.config();
    // The line of a secret replaced.
    let with = |name: &str, value: String| -> String {
        let start = format!("{name} =");
        assert!(config.contains(&start), "{name}");
        let line = |line: &str| match line.starts_with(&start) {
            true => format!("{start} {value}\n"),
            false => format!("{line}\n"),
        };
        config.lines().map(line).collect()
    };
    let key_name = match api {
        Api::V2 => "api_key",
        Api::V3 => "api_v3_key",
        Api::Fubei => "secret",
    };
    let key = "5wordfish5wordfish5wordfish12345";
    for secret in ["5wordfish", "hunter2", "opensesame", "b3BlbnNlc2FtZQ"] {
        secrets.add("password", secret);
    }
    let with_key = |value: String| with(key_name, value);
    let proxy = |url: &str| {
        config.replace(
            "[transport]\n",
            &format!("[transport]\nproxy = \"{url}\"\n"),
        )
    };

    // Configurations that do not open.
    let mut wrong = vec![
        with_key(format!("\"{key}")),
        with_key(format!("'{key}\"")),
        with_key(format!("[\"{key}\"]")),
        with_key(format!("{{ text = \"{key}\" }}")),
        with_key("{ file = \"missing.txt\" }".to_owned()),
        with_key(format!("\"{key}\" \"{key}\"")),
        with_key(format!("\"{}é\"", &key[1..])),
        with_key(format!("\"{key}\"\n{key_name} = \"{key}\"")),
        with_key(format!("\"{key}\"\napi_kee = \"{key}\"")),
        proxy("ftp://till:hunter2@proxy.invalid"),
        proxy("http://till:hunter2@"),
    ];
    match api {
        Api::V2 => wrong.extend([
            with_key(format!("\"{key}x\"")),
            config.replace("p12\" }", "p12\", password = \"opensesame\" }"),
            config.replace("p12\" }", "p12\", password = opensesame }"),
            config.replace("p12\" }", "p12\", pass = \"opensesame\" }"),
        ]),
        Api::V3 => {
            let file = shop.folder.path().join("password.pem");
            fs::write(&file, "opensesame").unwrap();
            let pem = |kind: &str| {
                format!("\"-----BEGIN {kind}-----\\nb3BlbnNlc2FtZQ==\\n-----END {kind}-----\\n\"")
            };
            wrong.extend([
                with_key(format!("\"{key}x\"")),
                with("private_key", "\"opensesame\"".to_owned()),
                with("private_key", "opensesame".to_owned()),
                with("private_key", "{ text = \"opensesame\" }".to_owned()),
                with("private_key", format!("{{ file = {file:?} }}")),
                with("private_key", pem("PRIVATE KEY")),
                with("private_key", pem("RSA PRIVATE KEY")),
                with("private_key", pem("CERTIFICATE")),
            ]);
        }
        // Of no fixed length.
        Api::Fubei => wrong.extend([
            with_key(format!("\"{}\"", key.repeat(5))),
            with_key(format!("\"{key} \"")),
            with_key(format!("\"{key}\"\napi = \"{key}\"")),
        ]),
    }
    for wrong in wrong {
        assert!(heard.open(&wrong).is_none(), "it opened");
    }

    // Configurations that open and fail.
    let stranger = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048);
    let stranger = stranger.expect("a key").serialize_pem();
    secrets.add(
        "private key",
        stranger.lines().nth(3).expect("a line of it"),
    );
    let sale = |scenario| {
        let sale = shop.sale(scenario);
        (sale.request(), sale.auth_code)
    };
    let mut fails = |config: &str, status: i32, scenario: Scenario| {
        let (request, auth_code) = sale(scenario);
        secrets.add("auth code", auth_code);
        let till = heard.open(config).expect("it opens");
        let outcome = till.micropay(&request);
        assert_eq!(outcome.status(), status, "{outcome:?}");
        heard.outcome(&outcome);
        heard.outcome(&till.check());
        heard.outcome(&till.recover());
    };
    fails(
        &proxy("http://till:hunter2@127.0.0.1:9"),
        E_NETWORK,
        Scenario::Paid,
    );
    fails(
        &proxy("socks5://till:hunter2@127.0.0.1:9"),
        E_NETWORK,
        Scenario::Paid,
    );
    let write = |name: &str, content: &[u8]| {
        fs::write(shop.folder.path().join(name), content).expect("the folder can be written");
    };
    match api {
        Api::V2 => {
            fails(&with_key(format!("\"{key}\"")), E_REJECTED, Scenario::Paid);
            write("stranger.p12", Shop::open_on(api).simulator.client_p12());
            let foreign = config.replace("apiclient_cert.p12", "stranger.p12");
            fails(&foreign, UNKNOWN, Scenario::PasswordNever);
        }
        Api::V3 => {
            write("stranger.pem", stranger.as_bytes());
            let foreign: String = config
                .replace("apiclient_key.pem", "stranger.pem")
                .lines()
                .filter(|line| !line.starts_with("certificate ="))
                .map(|line| format!("{line}\n"))
                .collect();
            fails(&foreign, E_REJECTED, Scenario::Paid);
        }
        Api::Fubei => fails(&with_key(format!("\"{key}\"")), E_REJECTED, Scenario::Paid),
    }
    for host in [0, 1] {
        shop.simulator.set_host(host, HostState::Down).unwrap();
    }
    fails(&config, E_NETWORK, Scenario::Paid);
    heard.journal(&shop);
    assert_silent(&secrets, &heard);
}

/// Every kind of key, fetched, kept, rotated, refused, unknown; and a clock that is wrong.
#[test]
fn no_trouble_with_platform_keys_or_clocks_tells_a_secret() {
    const OTHER_KEY: &str = "5wordfish5wordfish5wordfish12345";
    type Change = fn(&Shop);
    fn kept(shop: &Shop) -> PathBuf {
        let name = "wxpay-journal-platform-certificates-10000100.pem";
        shop.folder.path().join(name)
    }
    let leave: Change = |_| {};
    let forget: Change = |shop| fs::remove_file(kept(shop)).expect("it was kept");
    let damage: Change = |shop| {
        fs::write(kept(shop), "damaged").expect("it can be written");
        let key = shop.folder.path().join("api_v3_key.txt");
        fs::write(key, OTHER_KEY).expect("it can be written");
    };
    let mut cases = vec![
        (86_400, None, leave),
        (0, Some(FaultKind::WrongSign), forget),
        (-360, Some(FaultKind::SignProbe), forget),
        (0, None, damage),
    ];
    let kinds = FaultKind::v3_examples().into_iter();
    cases.extend(kinds.map(|kind| (0, Some(kind), leave)));
    each(&cases, |(skew_seconds, kind, change)| {
        let heard = Heard::default();
        let shop = Shop::with(Settings {
            platform_keys: PlatformKeys::Certificates,
            skew_seconds: *skew_seconds,
            ..quick_on(Api::V3)
        });
        let mut secrets = Secrets::of(&shop);
        secrets.add("another APIv3 key", OTHER_KEY);
        let sales = [Scenario::Paid, Scenario::PasswordPaid, Scenario::NotEnough];
        let sales = sales.map(|scenario| shop.sale(scenario));
        for sale in &sales {
            secrets.add("auth code", sale.auth_code.as_str());
        }
        let config = shop.config();
        let till = heard.open(&config).expect("it opens");
        heard.outcome(&till.micropay(&sales[0].request()));
        drop(till);
        let rotated = shop.simulator.rotate_platform_key();
        rotated.expect("there is a next key");
        if let Some(kind) = kind {
            for operation in [Operation::Certificates, Operation::Orderquery] {
                let fault = Fault::always(operation, kind.clone());
                shop.simulator.fault(fault);
            }
        }
        change(&shop);
        let till = heard.open(&config).expect("it opens");
        for sale in &sales[1..] {
            heard.outcome(&till.micropay(&sale.request()));
        }
        heard.outcome(&till.check());
        heard.outcome(&till.recover());
        drop(till);
        heard.journal(&shop);
        assert_silent(&secrets, &heard);
    });
}

fn no_server_that_is_refused_hears_or_tells_a_secret(api: Api) {
    let shop = Shop::with(Settings {
        certificate: Certificate::UnknownCa,
        ..quick_on(api)
    });
    let heard = Heard::default();
    let mut secrets = Secrets::of(&shop);
    let till = shop.till();
    heard.listen(&till);
    let sale = shop.sale(Scenario::Paid);
    secrets.add("auth code", sale.auth_code.as_str());
    let outcome = till.micropay(&sale.request());
    assert_eq!(outcome.status(), E_NETWORK, "{outcome:?}");
    heard.outcome(&outcome);
    heard.outcome(&till.check());
    heard.journal(&shop);
    assert_silent(&secrets, &heard);
}

fn no_refused_argument_repeats_an_auth_code(api: Api) {
    let (shop, heard) = (Shop::open_on(api), Heard::default());
    let mut secrets = Secrets::of(&shop);
    let till = shop.till();
    heard.listen(&till);
    let code = "134567890123456789";
    secrets.add("auth code", code);
    let refused = |outcome: Outcome| {
        assert_eq!(outcome.status(), E_ARGUMENT, "{outcome:?}");
        heard.outcome(&outcome);
    };
    let mut requests = vec![
        Request::sale("S1", code, 0),
        Request::sale("S2", code, FEE).with("total_fee", code),
        Request::sale("S3", code, FEE).with("fee_type", code),
        Request::sale("S4", code, FEE).with("out_trade_no", code.repeat(2)),
        Request::sale("S5", code, FEE).with("detail", code),
    ];
    let with = |name: &str, value: &str| Request::sale("S6", code, FEE).with(name, value);
    requests.extend(match api {
        Api::V2 | Api::V3 => vec![
            with("auth_code", &code.repeat(2)),
            with("auth_code", &format!("{code}x")),
            with("body", ""),
            with("spbill_create_ip", code),
            with("time_start", code),
            with("receipt", code),
        ],
        // It takes codes of any length.
        Api::Fubei => vec![
            with("auth_code", &format!("{code} {code}")),
            with("auth_code", &code.repeat(60)),
            with("buyer_id", &format!("{code} {code}")),
            with("buyer_id", &code.repeat(2)),
            with("discount_switch", code),
            with("equipment_type", code),
            with("notify_url", code),
            with("pay_type", code),
            with("scene", code),
            with("store_id", code),
            with("sub_mch_id", code),
            with("timeout_express", code),
            with("type", code),
        ],
    });
    for request in requests {
        refused(till.micropay(&request));
        refused(till.start(&request).err().expect("it is refused"));
    }
    for json in [
        format!("{{\"auth_code\": {code}x}}"),
        format!("{{\"auth_code\": \"{code}\""),
        format!("{{\"auth_code\": {code}.5}}"),
        format!("{{\"auth_code\": \"{code}\", \"auth_code\": \"{code}\"}}"),
        format!("[\"{code}\"]"),
        code.to_owned(),
    ] {
        refused(till.invoke("micropay", json));
    }
    refused(till.invoke(code, "{}"));
    refused(till.invoke("query", format!("{{\"auth_code\": \"{code}\"}}")));
    assert_eq!(till.cancel("S1").status(), NOT_FOUND);
    assert!(shop.simulator.requests().is_empty());
    heard.journal(&shop);
    assert_silent(&secrets, &heard);
}

fn a_payers_id_reaches_the_till_and_stays_out_of_the_journal(api: Api) {
    let (shop, heard) = (Shop::open_on(api), Heard::default());
    let till = shop.till();
    let sale = shop.sale(Scenario::Paid);
    let paid = till.micropay(&sale.request());
    assert_eq!(paid.status(), OK, "{paid:?}");
    assert!(
        paid.get("openid")
            .is_some_and(|openid| openid.starts_with("oSimulatedPayer"))
    );
    let again = till.micropay(&sale.request());
    assert_eq!(
        (again.get_int("replayed"), again.get("openid")),
        (Some(1), None),
        "{again:?}"
    );
    heard.journal(&shop);
    assert_silent(&Secrets::of(&shop), &heard);
}

#[test]
fn an_alipay_payers_id_and_face_stay_out_of_the_journal_and_the_log() {
    const TOKEN: &str = "fp05abfc3d8e2b4e5f8a9c0d1e2f3a4b5c6d7e";
    const BUYER: &str = "2088123412341234";
    let (shop, heard) = (Shop::open_on(Api::Fubei), Heard::default());
    let mut secrets = Secrets::of(&shop);
    secrets.add("face", TOKEN);
    secrets.add("buyer_id", BUYER);
    let till = shop.till();
    heard.listen(&till);
    let code = auth_code_of(Channel::Alipay, Scenario::Paid, 1);
    secrets.add("auth code", code.as_str());
    for request in [
        Request::sale("ALIPAY1", &code, FEE),
        Request::sale("FACE1", TOKEN, FEE)
            .with("scene", "FACE_PAY")
            .with("buyer_id", BUYER),
        Request::sale("FACE2", TOKEN, FEE).with("buyer_id", format!("{BUYER} x")),
    ] {
        let outcome = till.micropay(&request);
        heard.outcome(&outcome);
        if outcome.status() == E_ARGUMENT {
            continue;
        }
        assert_eq!(outcome.status(), OK, "{outcome:?}");
        for name in ["user_id", "user_logon_id"] {
            let payer = outcome.get(name).unwrap();
            secrets.add("payer", payer);
        }
        let again = till.micropay(&request);
        assert_eq!(again.get_int("replayed"), Some(1), "{again:?}");
        assert_eq!(again.get("user_id"), None, "{again:?}");
        assert_eq!(again.get("user_logon_id"), None, "{again:?}");
        heard.outcome(&again);
    }
    heard.outcome(&till.recover());
    drop(till);
    heard.journal(&shop);
    assert_silent(&secrets, &heard);
}

fn the_search_finds_what_is_planted(api: Api) {
    let shop = Shop::open_on(api);
    let mut secrets = Secrets::of(&shop);
    let sale = shop.sale(Scenario::Paid);
    secrets.add("auth code", sale.auth_code.as_str());
    let kinds: std::collections::BTreeSet<_> = secrets.0.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds.len(), 10, "{kinds:?}");
    assert!(secrets.0.len() > 60, "{}", secrets.0.len());
    for (kind, secret) in &secrets.0 {
        let heard = Heard::default();
        heard.add("log 4", [b"before ".as_slice(), secret, b" after"].concat());
        let leaks = secrets.leaks(&heard);
        assert!(leaks.contains(&format!("{kind} in log 4")), "{leaks:?}");
    }
    for signature in ["9A0A8659F005D6984697E2CA0A9CF3B7", &"pVcNhu7Z".repeat(43)] {
        let heard = Heard::default();
        heard.add("log 4", format!("sign {signature}"));
        assert_eq!(secrets.leaks(&heard), ["signature in log 4"]);
    }

    // The places themselves are heard: what is no secret is found in each of them.
    let heard = Heard::default();
    let till = shop.till();
    heard.listen(&till);
    // A field that this gateway has no place for is told on the finest level.
    let (field, value) = match api {
        Api::V2 | Api::V3 => ("cashier_id", "7"),
        Api::Fubei => ("limit_pay", "no_credit"),
    };
    let request = sale.request().with(field, value);
    heard.outcome(&till.micropay(&request));
    heard.journal(&shop);
    let heard = heard.0.lock().unwrap();
    for origin in [
        "log 3",
        "log 4",
        "event 1",
        "event 6",
        "json 0",
        "journal wxpay-journal.db",
    ] {
        let of_origin = |place: &String| place.starts_with(origin);
        assert!(
            heard
                .iter()
                .any(|(place, bytes)| of_origin(place) && text(bytes).contains(&sale.out_trade_no)),
            "{origin}"
        );
    }
}
