use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::Duration;

use wxpay_simulator::{Certificate, HostState, Scenario, Settings, Simulator};

use crate::client::{Till, address, start, start_with};

#[test]
fn a_reverse_needs_the_certificate_issued_to_its_merchant() {
    let simulator = start();
    let good = Till::new(&simulator);
    good.verified(good.play("A", Scenario::Paid));

    let bare = Till::with_certificate(&simulator, None);
    let refused = bare.reverse("A").unwrap();
    assert_eq!(refused.status, 400);
    assert!(
        refused
            .text()
            .contains("No required SSL certificate was sent")
    );
    assert_eq!(bare.state("A"), "SUCCESS", "a query needs none");

    let other = start();
    let strangers = (other.client_cert_pem(), other.client_key_pem());
    let stranger = Till::with_certificate(&simulator, Some(strangers));
    let refused = stranger.reverse("A").unwrap();
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("The SSL certificate error"));

    assert_eq!(simulator.net_charged("A"), 888);
    assert_eq!(good.verified(good.reverse("A"))["recall"], "N");
    assert_eq!(simulator.net_charged("A"), 0);
    let shown: Vec<_> = simulator
        .requests()
        .into_iter()
        .map(|record| (record.verdict, record.client_certificate))
        .collect();
    assert!(shown.contains(&("NO_CERTIFICATE".to_owned(), false)));
}

#[test]
fn every_bad_server_certificate_is_refused_by_an_honest_client() {
    for (certificate, reason) in [
        (Certificate::WrongHost, "NotValidForName"),
        (Certificate::Expired, "Expired"),
        (Certificate::UnknownCa, "UnknownIssuer"),
    ] {
        let simulator = start_with(Settings {
            certificate,
            ..Settings::default()
        });
        let error = Till::new(&simulator).connect().unwrap_err();
        assert!(
            format!("{error:?}").contains(reason),
            "{certificate:?}: {error:?}"
        );
        assert!(simulator.requests().is_empty());
    }
}

fn refuses(simulator: &Simulator, host: usize) -> bool {
    let url = &simulator.hosts()[host];
    let error = TcpStream::connect(address(url)).err();
    error.is_some_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

#[test]
fn hosts_go_down_hang_and_come_back_on_the_same_port_with_the_same_ledger() {
    let simulator = start();
    let mut till = Till::new(&simulator);
    till.verified(till.play("A", Scenario::Paid));
    let mut open = till.connect().unwrap();

    simulator.set_host(0, HostState::Down).unwrap();
    assert!(refuses(&simulator, 0));
    let mut byte = [0];
    assert!(
        !matches!(open.read(&mut byte), Ok(1)),
        "open connections are cut"
    );
    till.host = 1;
    assert_eq!(
        till.state("A"),
        "SUCCESS",
        "the other host has the same ledger"
    );

    simulator.set_host(0, HostState::Hang).unwrap();
    let hosts = simulator.hosts();
    let mut silent = TcpStream::connect(address(&hosts[0])).unwrap();
    silent
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    let error = silent.read(&mut byte).unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut
    ));

    simulator.set_host(0, HostState::Up).unwrap();
    till.host = 0;
    assert_eq!(till.state("A"), "SUCCESS");
    let error = simulator.set_host(2, HostState::Up).unwrap_err();
    assert!(error.to_string().contains("there are 2"));
}

#[test]
fn several_simulators_live_side_by_side_and_dropping_one_frees_its_ports() {
    let (first, second) = (start(), start());
    assert!(
        first
            .hosts()
            .iter()
            .all(|url| !second.hosts().contains(url))
    );
    let till = Till::new(&second);
    till.verified(till.play("A", Scenario::Paid));
    assert_eq!(first.ledger().totals.orders, 0);

    let url = first.hosts()[0].clone();
    drop(first);
    let error = TcpStream::connect(address(&url)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(till.state("A"), "SUCCESS");
    let port = address(&url).rsplit(':').next().unwrap().parse().unwrap();
    let again = start_with(Settings {
        ports: vec![port],
        ..Settings::default()
    });
    assert_eq!(again.hosts(), [url]);
}

#[test]
fn a_port_that_is_taken_is_a_clear_error() {
    let taken = start();
    let port = address(&taken.hosts()[0])
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let error = Simulator::start(Settings {
        ports: vec![port],
        ..Settings::default()
    })
    .err()
    .expect("the port is taken")
    .to_string();
    assert!(
        error.contains(&port.to_string()) && error.contains("in use"),
        "{error}"
    );
}
