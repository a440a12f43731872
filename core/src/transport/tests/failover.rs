//! Which host gets a call, and which calls are sent twice.

use super::server::{After, Pki, Server, ok, refusing, write};
use super::*;
use crate::transport::hosts::DEMOTION;

fn refused() -> String {
    format!("https://{}", refusing())
}

#[test]
fn a_charge_goes_once_to_the_second_host_if_the_first_refuses_the_connection() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, stream| ok(stream, "paid"));
    let first = refused();
    let rig = Rig::new(&config(&pki, &[first.clone(), server.url()]));
    let reply = rig.charge().unwrap();
    assert_eq!(reply.host, server.url());
    assert!(!reply.repeated, "nothing left before");
    assert_eq!(server.requests().len(), 1);
    let attempts = rig.attempts();
    assert_eq!(attempts.len(), 2);
    assert_eq!(attempts[0].host, first);
    assert_eq!(attempts[0].result, Err("connection refused".to_owned()));
    assert!(!attempts[0].sent && attempts[1].sent);
}

#[test]
fn a_charge_that_reached_no_host_is_provably_unsent_and_every_host_is_named() {
    let hosts = [refused(), refused()];
    let rig = Rig::new(&config(&Pki::new(), &hosts));
    let failure = rig.charge().unwrap_err();
    assert_eq!(
        failure,
        Failure {
            sent_at: None,
            interrupted: false,
            host: hosts[1].clone(),
            cause: format!(
                "{}: connection refused; {}: connection refused",
                hosts[0], hosts[1]
            ),
        }
    );
}

#[test]
fn a_host_with_several_addresses_is_reached_at_any_of_them() {
    let pki = Pki::new();
    // `localhost` has an IPv6 address too where there is IPv6; nobody listens there.
    let server = Server::start(pki.server(), |_, stream| ok(stream, ""));
    let host = format!("https://localhost:{}", server.address.port());
    let rig = Rig::new(&config(&pki, std::slice::from_ref(&host)));
    assert_eq!(rig.charge().unwrap().host, host);
}

#[test]
fn a_host_name_that_does_not_exist_is_said_to_be_not_found() {
    let rig = Rig::new(&config(
        &Pki::new(),
        &["https://nowhere.invalid".to_owned()],
    ));
    let failure = rig.charge().unwrap_err();
    assert!(
        !failure.sent() && failure.cause.contains("host name not found"),
        "{failure:?}"
    );
}

#[test]
fn a_charge_that_was_read_is_not_sent_again() {
    let pki = Pki::new();
    let first = Server::start(pki.server(), |_, _| After::Close);
    let second = Server::start(pki.server(), |_, stream| ok(stream, ""));
    let rig = Rig::new(&config(&pki, &[first.url(), second.url()]));
    let failure = rig.charge().unwrap_err();
    assert!(failure.sent() && !failure.interrupted);
    assert_eq!(failure.host, first.url());
    assert!(failure.cause.contains("without an answer"), "{failure:?}");
    assert_eq!(first.requests().len(), 1);
    assert!(second.requests().is_empty());
}

#[test]
fn a_query_that_was_read_goes_to_the_second_host() {
    let pki = Pki::new();
    let first = Server::start(pki.server(), |_, _| After::Drop);
    let second = Server::start(pki.server(), |_, stream| ok(stream, ""));
    let rig = Rig::new(&config(&pki, &[first.url(), second.url()]));
    assert_eq!(rig.query().unwrap().host, second.url());
    assert_eq!((first.requests().len(), second.requests().len()), (1, 1));
    // The first host did connect, so it stays the first.
    rig.query().unwrap();
    assert_eq!(first.requests().len(), 2);
}

#[test]
fn a_query_without_an_answer_in_time_goes_to_the_second_host() {
    let pki = Pki::new();
    let first = Server::start(pki.server(), |_, _| After::Hold);
    let second = Server::start(pki.server(), |_, stream| ok(stream, ""));
    let mut config = config(&pki, &[first.url(), second.url()]);
    config.answer_timeout = SHORT;
    let rig = Rig::new(&config);
    let reply = rig.query().unwrap();
    assert_eq!(reply.host, second.url());
    assert!(reply.repeated, "the first host may still act on it");
    let failure = rig.charge().unwrap_err();
    assert_eq!((failure.sent(), failure.host), (true, first.url()));
}

#[test]
fn a_query_on_a_stale_connection_is_sent_once_more_on_a_new_one() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |received, stream| match received.number {
        2 => After::Close,
        _ => ok(stream, "x"),
    });
    let rig = Rig::new(&config(&pki, &[server.url()]));
    assert!(!rig.query().unwrap().repeated);
    assert!(rig.query().unwrap().repeated);
    let connections: Vec<_> = server.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections, [1, 1, 2]);
}

#[test]
fn a_charge_on_a_stale_connection_is_not_sent_once_more() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |received, stream| match received.number {
        2 => After::Close,
        _ => ok(stream, "x"),
    });
    let rig = Rig::new(&config(&pki, &[server.url()]));
    rig.charge().unwrap();
    assert!(rig.charge().unwrap_err().sent());
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_query_that_fails_everywhere_tries_every_host_once() {
    let pki = Pki::new();
    let servers = [(); 3].map(|()| Server::start(pki.server(), |_, _| After::Close));
    let hosts: Vec<_> = servers.iter().map(Server::url).collect();
    let failure = Rig::new(&config(&pki, &hosts)).query().unwrap_err();
    assert!(failure.sent());
    assert_eq!(failure.cause.matches("without an answer").count(), 3);
    for server in servers {
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn an_error_status_is_an_answer_and_goes_to_no_other_host() {
    let pki = Pki::new();
    let first = Server::start(pki.server(), |_, stream| {
        write(
            stream,
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        )
    });
    let second = Server::start(pki.server(), |_, stream| ok(stream, ""));
    let rig = Rig::new(&config(&pki, &[first.url(), second.url()]));
    assert_eq!(rig.query().unwrap().status, 502);
    assert!(second.requests().is_empty());
}

#[test]
fn a_host_that_could_not_be_connected_to_goes_last_for_three_minutes() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, stream| ok(stream, ""));
    let first = refused();
    let rig = Rig::new(&config(&pki, &[first.clone(), server.url()]));
    let hosts = |rig: &Rig| {
        rig.attempts()
            .into_iter()
            .map(|a| a.host)
            .collect::<Vec<_>>()
    };
    rig.query().unwrap();
    assert_eq!(hosts(&rig), [first.clone(), server.url()]);
    rig.query().unwrap();
    assert_eq!(hosts(&rig)[2..], [server.url()]);
    rig.clock.advance(DEMOTION);
    rig.query().unwrap();
    assert_eq!(hosts(&rig)[3..], [first, server.url()]);
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let pki = Pki::new();
    let no_host = config(&pki, &[]);
    let mut no_time = config(&pki, &["https://a.example".to_owned()]);
    no_time.answer_timeout = Duration::ZERO;
    for (config, names) in [(no_host, "hosts"), (no_time, "transport.answer_timeout")] {
        let clock = Arc::new(SystemClock::new());
        let refused = HttpsTransport::new(&config, clock, Arc::new(|_| ())).err();
        assert!(refused.unwrap().0.starts_with(names));
    }
}
