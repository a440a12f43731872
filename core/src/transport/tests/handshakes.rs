//! Trust, identity and versions.

use std::io::{Read, Write};

use super::server::{After, Credentials, Pki, Server, listen, ok};
use super::*;
use crate::transport::tls;

fn failing(server: &str, extra_roots: &Pki) -> String {
    let rig = Rig::new(&config(extra_roots, &[server.to_owned()]));
    let failure = rig.charge().unwrap_err();
    assert!(!failure.sent() && !failure.interrupted, "{failure:?}");
    let probe = rig.transport.probe(&Signal::new());
    let (host, Err(cause)) = &probe[0] else {
        panic!("the probe succeeds")
    };
    assert_eq!(failure.cause, format!("{host}: {cause}"));
    failure.cause
}

fn showing(config: &TransportConfig, (chain, key): &Credentials) -> Rig {
    let tls = tls::client_config(&config.extra_roots, Some((chain, key))).unwrap();
    Rig::build(|clock, observer| HttpsTransport::with_tls(config, tls, clock, observer).unwrap())
}

#[test]
fn a_probe_shakes_hands_and_sends_nothing() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, stream| ok(stream, ""));
    let rig = Rig::new(&config(&pki, &[server.url()]));
    assert_eq!(
        rig.transport.probe(&Signal::new()),
        [(server.url(), Ok(()))]
    );
    server.closed.recv().unwrap();
    assert!(server.requests().is_empty());
}

#[test]
fn an_issuer_that_is_not_configured_is_not_trusted() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, stream| ok(stream, ""));
    let cause = failing(&server.url(), &Pki::named("another CA"));
    assert!(
        cause.ends_with("add the CA with transport.ca_file"),
        "{cause}"
    );
    let cause = failing(&server.url(), &Pki::new());
    assert!(
        cause.ends_with("is transport.ca_file the current one?"),
        "{cause}"
    );
    assert!(server.requests().is_empty());
}

#[test]
fn a_certificate_for_another_name_is_not_accepted() {
    let pki = Pki::new();
    let config = Pki::serving(pki.issue(&["other.example"], false));
    let server = Server::start(config, |_, stream| ok(stream, ""));
    let cause = failing(&server.url(), &pki);
    assert!(
        cause.ends_with("certificate not valid for this host name"),
        "{cause}"
    );
}

#[test]
fn an_expired_certificate_is_not_accepted() {
    let pki = Pki::new();
    let config = Pki::serving(pki.issue(&["127.0.0.1"], true));
    let server = Server::start(config, |_, stream| ok(stream, ""));
    let cause = failing(&server.url(), &pki);
    assert!(cause.contains("certificate expired"), "{cause}");
}

#[test]
fn a_server_that_offers_only_tls_1_1_is_not_talked_to() {
    // Its answer to our hello: the fatal alert protocol_version.
    let address = listen(|_, mut socket| {
        drop(socket.read(&mut [0; 4096]));
        drop(socket.write_all(&[21, 3, 2, 0, 2, 2, 70]));
        drop(socket.read(&mut [0; 4096]));
    });
    let cause = failing(&format!("https://{address}"), &Pki::new());
    assert!(cause.contains("no TLS 1.2 or newer"), "{cause}");
}

#[test]
fn plain_text_on_the_tls_port_is_recognised() {
    let address = listen(|_, mut socket| {
        drop(socket.read(&mut [0; 4096]));
        drop(socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
        drop(socket.read(&mut [0; 4096]));
    });
    let cause = failing(&format!("https://{address}"), &Pki::new());
    assert!(cause.contains("does not speak TLS"), "{cause}");
}

#[test]
fn a_server_that_hangs_up_during_the_handshake_is_recognised() {
    let address = listen(|_, mut socket| drop(socket.read(&mut [0; 4096])));
    let cause = failing(&format!("https://{address}"), &Pki::new());
    assert!(cause.contains("while shaking hands"), "{cause}");
}

#[test]
fn the_client_certificate_is_shown_to_a_server_that_asks() {
    let pki = Pki::new();
    for mandatory in [true, false] {
        let server = Server::start(pki.asking(mandatory), |_, stream| ok(stream, ""));
        let rig = showing(&config(&pki, &[server.url()]), &pki.issue(&["till"], false));
        rig.charge().unwrap();
        rig.exchange(&reverse()).unwrap();
        let shown: Vec<_> = server
            .requests()
            .iter()
            .map(|r| r.client_certificate)
            .collect();
        assert_eq!(shown, [true, true]);
        assert_eq!(server.requests()[1].connection, 1);
    }
}

#[test]
fn a_server_that_demands_a_client_certificate_tells_so() {
    let pki = Pki::new();
    let server = Server::start(pki.asking(true), |_, stream| ok(stream, ""));
    let rig = Rig::new(&config(&pki, &[server.url()]));
    let failure = rig.charge().unwrap_err();
    assert!(
        failure.cause.contains("set client_certificate"),
        "{failure:?}"
    );
    assert!(server.requests().is_empty());
}

#[test]
fn a_server_that_hangs_up_on_secapi_hints_at_the_client_certificate() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, _| After::Close);
    let rig = Rig::new(&config(&pki, &[server.url()]));
    let failure = rig.exchange(&reverse()).unwrap_err();
    assert!(failure.cause.contains("client_certificate"), "{failure:?}");
    let failure = rig.charge().unwrap_err();
    assert!(!failure.cause.contains("client_certificate"), "{failure:?}");
}
