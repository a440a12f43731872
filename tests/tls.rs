//! Certificates, keys and the way to the hosts: what is refused, what the till is told, and what the
//! self-test finds.

mod common;

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use common::shop::{Shop, quick};
use common::{
    Client, E_CONFIG, E_NETWORK, E_REJECTED, E_UNSUPPORTED, OK, Outcome, REVERSED, UNKNOWN,
};
use serde_json::Value;
use wxpay_simulator::{
    Certificate, HostState, Merchant, Operation, Pkcs12, PolicyNumbers, RequestErrors, Scenario,
    Settings,
};

/// A line of the self-test.
#[track_caller]
fn line(outcome: &Outcome, check: &str) -> (bool, String) {
    let json = outcome.json();
    let lines = json["checks"]
        .as_array()
        .unwrap_or_else(|| panic!("{outcome:?}"));
    let found = lines.iter().find(|line| line["check"] == check);
    let found = found.unwrap_or_else(|| panic!("no line {check}: {outcome:?}"));
    let message = found["message"].as_str().unwrap_or_default().to_owned();
    (found["ok"] == Value::Bool(true), message)
}

#[track_caller]
fn assert_sent_nothing(shop: &Shop, till: &Client) {
    assert!(
        shop.simulator.requests().is_empty(),
        "{:?}",
        shop.simulator.requests()
    );
    let recovered = till.recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    assert_eq!(
        recovered.get("orders.0.out_trade_no"),
        None,
        "{recovered:?}"
    );
}

/// A sale that ends as `E_NETWORK`, and a self-test that says the same; both because of `why`.
#[track_caller]
fn assert_unreachable(shop: &Shop, till: &Client, why: &str) {
    let sale = shop.sale(Scenario::Paid);
    let outcome = till.micropay(&sale.request());
    assert_eq!(outcome.status(), E_NETWORK, "{outcome:?}");
    assert!(outcome.message().contains(why), "{why}: {outcome:?}");
    assert_sent_nothing(shop, till);
    let checked = till.check();
    assert_eq!(checked.status(), E_NETWORK, "{checked:?}");
    assert!(checked.message().contains(why), "{why}: {checked:?}");
    assert_eq!(
        checked.get("advice").as_deref(),
        Some("fix_setup"),
        "{checked:?}"
    );
    assert!(!line(&checked, "host").0, "{checked:?}");
}

#[track_caller]
fn refused_config(config: impl AsRef<[u8]>) -> String {
    match Client::open_toml(config) {
        Ok(_) => panic!("it opened"),
        Err(outcome) => {
            assert_eq!(outcome.status(), E_CONFIG, "{outcome:?}");
            outcome.message()
        }
    }
}

#[test]
fn a_server_that_cannot_prove_its_name_gets_nothing() {
    for (certificate, why) in [
        (
            Certificate::WrongHost,
            "certificate not valid for this host name",
        ),
        (Certificate::Expired, "certificate expired"),
        (Certificate::UnknownCa, "certificate"),
    ] {
        let shop = Shop::with(Settings {
            certificate,
            ..quick()
        });
        assert_unreachable(&shop, &shop.till(), why);
    }
}

#[test]
fn without_its_ca_file_the_simulator_is_a_stranger() {
    let shop = Shop::open();
    let config: String = shop
        .config()
        .lines()
        .filter(|line| !line.starts_with("ca_file"))
        .map(|l| format!("{l}\n"))
        .collect();
    let till = Client::open_toml(config).unwrap();
    assert_unreachable(&shop, &till, "transport.ca_file");
}

#[test]
fn a_ca_file_of_an_earlier_start_is_recognised() {
    let shop = Shop::open();
    let earlier = Shop::open();
    let config = shop.config();
    fs::write(
        shop.folder.path().join("ca.pem"),
        earlier.simulator.ca_pem(),
    )
    .unwrap();
    let till = Client::open_toml(config).unwrap();
    assert_unreachable(&shop, &till, "transport.ca_file");
}

#[test]
fn plain_text_is_never_talked_to() {
    let shop = Shop::with(Settings {
        control_port: Some(0),
        ports: vec![0],
        ..quick()
    });
    let plain = shop
        .simulator
        .control_url()
        .unwrap()
        .replace("http://", "https://");
    let till = shop.till_with(&shop.simulator.hosts()[0], &plain);
    assert_unreachable(&shop, &till, &plain);
}

#[test]
fn without_a_client_certificate_a_till_must_say_that_it_will_never_reverse() {
    let shop = Shop::open();
    let config: String = shop
        .config()
        .lines()
        .filter(|line| !line.starts_with("client_certificate"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert!(refused_config(&config).contains("client_certificate is missing"));

    let never = config.replace("[policy]\n", "[policy]\nreverse = \"never\"\n");
    let till = Client::open_toml(never).unwrap();
    let sale = shop.sale(Scenario::PasswordNever);
    let outcome = till.micropay(&sale.request());
    assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
    assert_eq!(
        outcome.get("reversal").as_deref(),
        Some("required"),
        "{outcome:?}"
    );
    let outcome = till.reverse(&sale.out_trade_no);
    assert_eq!(outcome.status(), E_UNSUPPORTED, "{outcome:?}");
    assert_eq!(shop.count(&sale, Operation::Reverse), 0);
    let checked = till.check();
    assert_eq!(checked.status(), OK, "{checked:?}");
    assert!(
        line(&checked, "client_certificate")
            .1
            .contains("cannot be reversed"),
        "{checked:?}"
    );
}

/// The payer never answers and the reverse is refused because of the certificate: the till is told
/// so, the order stays open, and the right certificate settles it.
fn assert_reverse_refused(shop: &Shop, wrong: &str, right: &str, why: &str) {
    let sale = shop.sale(Scenario::PasswordNever);
    let till = Client::open_toml(wrong).expect("it opens");
    let outcome = till.micropay(&sale.request());
    assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
    assert_eq!(
        outcome.get("reversal").as_deref(),
        Some("required"),
        "{outcome:?}"
    );
    assert!(outcome.message().contains(why), "{why}: {outcome:?}");
    shop.agrees(&sale, &outcome);
    let reversed = till.reverse(&sale.out_trade_no);
    assert_eq!(reversed.status(), UNKNOWN, "{reversed:?}");
    assert!(reversed.message().contains(why), "{why}: {reversed:?}");
    drop(till);

    let till = Client::open_toml(right).expect("it opens");
    let recovered = till.recover();
    assert_eq!(recovered.status(), OK, "{recovered:?}");
    assert_eq!(till.reverse(&sale.out_trade_no).status(), REVERSED);
}

#[test]
fn a_certificate_of_nobody_cannot_reverse_and_the_till_is_told() {
    let shop = Shop::open();
    let stranger = Shop::open();
    let (wrong, right) = (shop.config(), shop.config());
    let path = shop.folder.path().join("stranger.p12");
    fs::write(&path, stranger.simulator.client_p12()).unwrap();
    let wrong = wrong.replace("apiclient_cert.p12", "stranger.p12");
    assert_reverse_refused(&shop, &wrong, &right, "client_certificate");
}

#[test]
fn a_certificate_of_another_merchant_cannot_reverse_and_the_till_is_told_at_once_and_then() {
    // The first merchant's certificate is the one that is handed out.
    let (owner, other) = (Merchant::second_example(), Merchant::example());
    let shop = Shop::with(Settings {
        merchants: vec![owner.clone(), other.clone()],
        ..quick()
    });
    let config = shop.config();
    let password = format!("p12\", password = \"{}\" }}", owner.mch_id);
    let key = shop.folder.path().join("other_key.txt");
    fs::write(&key, &other.api_key).unwrap();
    let wrong = config
        .replace("p12\" }", &password)
        .replace(
            &format!("appid = \"{}\"", owner.appid),
            &format!("appid = \"{}\"", other.appid),
        )
        .replace(
            &format!("mch_id = \"{}\"", owner.mch_id),
            &format!("mch_id = \"{}\"", other.mch_id),
        )
        .replace("api_key.txt", "other_key.txt");
    let till = Client::open_toml(&wrong).unwrap();
    let warnings = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&warnings);
    till.on_log(2, move |_, line| {
        seen.lock()
            .unwrap()
            .push_str(&String::from_utf8_lossy(line))
    });
    assert!(
        warnings
            .lock()
            .unwrap()
            .contains("does not name mch_id 10000100"),
        "{warnings:?}"
    );

    let sale = shop.sale(Scenario::PasswordNever);
    let outcome = till.micropay(&sale.request());
    assert_eq!(outcome.status(), UNKNOWN, "{outcome:?}");
    assert_eq!(
        outcome.get("code").as_deref(),
        Some("INVALID_REQUEST"),
        "{outcome:?}"
    );
    assert_eq!(
        outcome.get("reversal").as_deref(),
        Some("required"),
        "{outcome:?}"
    );
    assert!(
        outcome.get("code_message").unwrap().contains("certificate"),
        "{outcome:?}"
    );
    let paid = till.micropay(&shop.sale(Scenario::Paid).request());
    assert_eq!(
        paid.status(),
        OK,
        "only a reverse needs the certificate: {paid:?}"
    );
}

/// A sale that needs the certificate for its ending.
fn assert_reverses(shop: &Shop, config: String) {
    let till = Client::open_toml(config).expect("it opens");
    let sale = shop.sale(Scenario::PasswordNever);
    let outcome = till.micropay(&sale.request());
    assert_eq!(outcome.status(), REVERSED, "{outcome:?}");
    shop.agrees(&sale, &outcome);
    let reverses = shop.simulator.requests();
    let mut reverses = reverses
        .iter()
        .filter(|request| request.path == "/secapi/pay/reverse");
    assert!(reverses.all(|request| request.client_certificate));
}

#[test]
fn pkcs12_files_old_and_new_and_pem_pairs_all_reverse() {
    let pair = |config: String| {
        let line = config
            .lines()
            .find(|line| line.starts_with("client_certificate"))
            .unwrap();
        let start = line.find('"').unwrap();
        let p12 = &line[start..=line.rfind('"').unwrap()];
        let (cert, key) = (
            p12.replace(".p12", ".pem"),
            p12.replace("cert.p12", "key.pem"),
        );
        config.replace(
            line,
            &format!("client_certificate = {{ cert = {cert}, key = {key} }}"),
        )
    };
    let explicit = |config: String| config.replace("p12\" }", "p12\", password = \"10000100\" }");
    type Change<'a> = &'a (dyn Fn(String) -> String + Sync);
    let cases: [(Pkcs12, Change<'_>); 4] = [
        (Pkcs12::Legacy, &|config| config),
        (Pkcs12::Modern, &|config| config),
        (Pkcs12::Modern, &explicit),
        (Pkcs12::Legacy, &pair),
    ];
    thread::scope(|scope| {
        for (pkcs12, change) in cases {
            scope.spawn(move || {
                let shop = Shop::with(Settings { pkcs12, ..quick() });
                assert_reverses(&shop, change(shop.config()));
            });
        }
    });
}

#[test]
fn a_wrong_password_or_a_key_from_elsewhere_is_found_when_the_client_opens() {
    for pkcs12 in [Pkcs12::Legacy, Pkcs12::Modern] {
        let shop = Shop::with(Settings { pkcs12, ..quick() });
        let config = shop.config();
        let wrong = config.replace("p12\" }", "p12\", password = \"swordfish\" }");
        let message = refused_config(wrong);
        assert!(message.contains("the password is wrong"), "{message}");
        assert!(
            message.contains("wechat_v2.client_certificate"),
            "{message}"
        );
        assert!(!message.contains("swordfish"), "{message}");

        let other_number = config.replace("mch_id = \"10000100\"", "mch_id = \"10000101\"");
        let message = refused_config(other_number);
        assert!(message.contains("mch_id was tried"), "{message}");

        let path = shop.folder.path().join("apiclient_cert.p12");
        fs::write(&path, &shop.simulator.client_p12()[..300]).unwrap();
        let message = refused_config(&config);
        assert!(message.contains("damaged"), "{message}");
    }
}

#[test]
fn a_wrong_api_key_is_told_as_such_and_charges_nothing() {
    let shop = Shop::open();
    let config = shop.config();
    let wrong = "0".repeat(32);
    fs::write(shop.folder.path().join("api_key.txt"), &wrong).unwrap();
    let till = Client::open_toml(&config).unwrap();
    let sale = shop.sale(Scenario::Paid);
    let outcome = till.micropay(&sale.request());
    assert_eq!(outcome.status(), E_REJECTED, "{outcome:?}");
    assert_eq!(
        outcome.get("advice").as_deref(),
        Some("fix_setup"),
        "{outcome:?}"
    );
    shop.agrees(&sale, &outcome);
    let queried = till.query(&sale.out_trade_no);
    assert_eq!(queried.status(), E_REJECTED, "{queried:?}");
    let checked = till.check();
    assert_eq!(checked.status(), E_CONFIG, "{checked:?}");
    let (good, message) = line(&checked, "credentials");
    assert!(!good && message.contains("api_key"), "{checked:?}");
    assert!(!format!("{checked:?}{outcome:?}{queried:?}").contains(&wrong));
}

#[test]
fn the_self_test_names_the_credential_that_is_wrong() {
    for request_errors in [
        RequestErrors::AsWechat,
        RequestErrors::Communication,
        RequestErrors::Business,
    ] {
        let shop = Shop::with(Settings {
            request_errors,
            ..quick()
        });
        let config = shop.config();
        let key = shop.simulator.merchant().api_key.clone();
        let inline = config
            .lines()
            .map(|line| match line.starts_with("api_key") {
                true => format!("api_key = \"{key}\"\n"),
                false => format!("{line}\n"),
            })
            .collect::<String>()
            .replace("p12\" }", "p12\", password = \"10000100\" }");
        let upside_down: String = key.chars().rev().collect();
        for (from, to, names) in [
            (key.as_str(), upside_down.as_str(), &["api_key"][..]),
            ("wx2421b1c4370ec43b", "wx2421b1c4370ec43c", &["appid"]),
            (
                "wx2421b1c4370ec43b",
                "wxd930ea5d5a258f4f",
                &["appid", "mch_id"],
            ),
            (
                "mch_id = \"10000100\"",
                "mch_id = \"10000101\"",
                &["mch_id"],
            ),
        ] {
            let config = inline.replace(from, to);
            let till = Client::open_toml(config).unwrap();
            let checked = till.check();
            assert_eq!(
                checked.status(),
                E_CONFIG,
                "{request_errors:?} {names:?}: {checked:?}"
            );
            let (good, message) = line(&checked, "credentials");
            assert!(!good, "{checked:?}");
            for name in names {
                assert!(
                    message.contains(name),
                    "{request_errors:?} {name}: {message}"
                );
            }
            assert!(checked.message().contains(&message), "{checked:?}");
        }
    }
}

#[test]
fn the_self_test_of_a_good_set_up_finds_nothing_and_charges_nothing() {
    let shop = Shop::open();
    let till = shop.till();
    let checked = till.check();
    assert_eq!(checked.status(), OK, "{checked:?}");
    assert_eq!(checked.get("advice"), None, "{checked:?}");
    for check in [
        "journal",
        "client_certificate",
        "host",
        "credentials",
        "clock",
    ] {
        let (good, message) = line(&checked, check);
        assert!(good && !message.is_empty(), "{checked:?}");
    }
    let hosts = checked.json()["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["check"] == "host")
        .count();
    assert_eq!(hosts, 2, "{checked:?}");
    let requests = shop.simulator.requests();
    assert!(
        requests
            .iter()
            .all(|request| request.path == "/pay/orderquery"),
        "{requests:?}"
    );
    assert_eq!(till.recover().get_int("open"), Some(0));
}

#[test]
fn the_self_test_names_a_host_that_is_down_and_fails_when_all_are() {
    let shop = Shop::open();
    let till = shop.till();
    shop.simulator.set_host(0, HostState::Down).unwrap();
    let checked = till.check();
    assert_eq!(
        checked.status(),
        OK,
        "a payment would go through: {checked:?}"
    );
    assert!(
        checked.message().contains(&shop.simulator.hosts()[0]),
        "{checked:?}"
    );
    assert!(line(&checked, "credentials").0, "{checked:?}");

    shop.simulator.set_host(1, HostState::Hang).unwrap();
    let checked = till.check();
    assert_eq!(checked.status(), E_NETWORK, "{checked:?}");
    for host in shop.simulator.hosts() {
        assert!(checked.message().contains(&host), "{host}: {checked:?}");
    }
}

#[test]
fn the_self_test_tells_how_wrong_this_machines_clock_is() {
    for (skew, side) in [(-3_600, "fast"), (3_600, "slow"), (86_400, "slow")] {
        let shop = Shop::with(Settings {
            skew_seconds: skew,
            ..quick()
        });
        let checked = shop.till().check();
        assert_eq!(checked.status(), OK, "{checked:?}");
        let (_, message) = line(&checked, "clock");
        assert!(message.contains(side), "{skew}: {message}");
        assert!(message.contains(" s "), "{skew}: {message}");
    }
}

/// A proxy for CONNECT, with the number of tunnels it was asked for.
struct Proxy {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Proxy {
    /// `status` other than 200: refuses.
    fn start(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let counter = Arc::clone(&counter);
                thread::spawn(move || {
                    counter.fetch_add(1, Ordering::Relaxed);
                    drop(tunnel(client, status));
                });
            }
        });
        Self { address, asked }
    }

    fn till(&self, shop: &Shop) -> Client {
        let proxy = format!("[transport]\nproxy = \"http://{}\"\n", self.address);
        shop.till_with("[transport]\n", &proxy)
    }
}

fn tunnel(mut client: TcpStream, status: u16) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut head = Vec::new();
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        head.push(std::mem::take(&mut line));
    }
    let first = head.first().map(String::as_str).unwrap_or_default();
    let target = first
        .strip_prefix("CONNECT ")
        .and_then(|rest| rest.split(' ').next());
    let Some(target) = target.filter(|_| status == 200) else {
        write!(client, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n")?;
        return client.shutdown(Shutdown::Write);
    };
    let mut server = TcpStream::connect(target)?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut from_server, mut to_client) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        drop(io::copy(&mut from_server, &mut to_client));
        drop(to_client.shutdown(Shutdown::Both));
    });
    let pending = reader.buffer().to_vec();
    server.write_all(&pending)?;
    drop(io::copy(&mut client, &mut server));
    server.shutdown(Shutdown::Both)
}

#[test]
fn payments_and_the_self_test_go_through_a_proxy() {
    let shop = Shop::open();
    let proxy = Proxy::start(200);
    let till = proxy.till(&shop);
    let checked = till.check();
    assert_eq!(checked.status(), OK, "{checked:?}");
    for (scenario, status) in [
        (Scenario::Paid, OK),
        (Scenario::AnswerLost, OK),
        (Scenario::PasswordNever, REVERSED),
    ] {
        let sale = shop.sale(scenario);
        let outcome = till.micropay(&sale.request());
        assert_eq!(outcome.status(), status, "{outcome:?}");
        shop.agrees(&sale, &outcome);
        assert_eq!(shop.count(&sale, Operation::Micropay), 1);
    }
    assert!(
        proxy.asked.load(Ordering::Relaxed) > 0,
        "the proxy was passed by"
    );
}

#[test]
fn a_proxy_that_refuses_or_is_not_there_is_named_and_nothing_is_charged() {
    let shop = Shop::open();
    for (status, why) in [(403, "403"), (407, "transport.proxy"), (502, "502")] {
        let proxy = Proxy::start(status);
        assert_unreachable(&shop, &proxy.till(&shop), why);
        assert!(proxy.asked.load(Ordering::Relaxed) > 0);
    }
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let proxy = Proxy {
        address: gone,
        asked: Arc::default(),
    };
    assert_unreachable(&shop, &proxy.till(&shop), "refused");
}

#[test]
fn the_environments_proxy_is_never_used() {
    // Of a child process, since this one's environment belongs to all tests.
    const PROXY: &str = "WXPAY_TEST_PROXY_OF_THE_CHILD";
    if std::env::var_os(PROXY).is_some() {
        let shop = Shop::open();
        let numbers = PolicyNumbers::quick();
        let till = Client::open_toml(shop.config_with(numbers)).unwrap();
        assert_eq!(till.check().status(), OK);
        return;
    }
    let proxy = Proxy::start(403);
    let url = format!("http://{}", proxy.address);
    let test = "the_environments_proxy_is_never_used";
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", test])
        .env(PROXY, "1")
        .env("WXPAY_LIBRARY", common::library_path());
    for name in [
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        child.env(name, &url);
    }
    let output = child.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert_eq!(proxy.asked.load(Ordering::Relaxed), 0);
}
