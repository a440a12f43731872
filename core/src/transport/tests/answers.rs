//! What comes back, whole or not, and by which connection.

use std::io::Write;

use super::server::{After, Pki, Server, ok, write};
use super::*;
use crate::transport::https::MAX_BODY;

#[test]
fn an_answer_is_returned_with_its_headers_its_date_and_its_host() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, stream| {
        write(
            stream,
            b"HTTP/1.1 404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
              Request-ID: 08F7\r\nContent-Length: 4\r\n\r\nbody",
        )
    });
    let rig = Rig::new(&config(&pki, &[server.url()]));
    let reply = rig.charge().unwrap();
    assert_eq!(reply.status, 404);
    assert_eq!(reply.body, b"body");
    assert_eq!(reply.host, server.url());
    assert_eq!(reply.date, Some(784_111_777));
    assert_eq!(reply.header("request-id"), Some("08F7"));
    assert_eq!(
        rig.attempts(),
        [Seen {
            host: server.url(),
            result: Ok(404),
            sent: true,
            new_connection: true,
            request_id: Some("08F7".to_owned()),
        }]
    );
}

/// Header and body wait for each other, as far as there is room.
#[test]
fn a_request_of_any_size_arrives_whole_and_the_next_one_does_not_begin_with_its_rest() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, stream| ok(stream, ""));
    let rig = Rig::new(&config(&pki, &[server.url()]));
    let sizes = [1, 15_000, 16_384, 16_385, 40_000, 0, 100_000];
    for size in sizes {
        let mut call = query();
        call.body = vec![b'x'; size];
        rig.exchange(&call).unwrap();
    }
    let received = server.requests();
    let lengths: Vec<_> = received.iter().map(|request| request.body.len()).collect();
    assert_eq!(lengths, sizes);
    assert!(received.iter().all(|request| request.connection == 1));
}

#[test]
fn a_request_goes_out_as_it_was_signed_and_says_who_sends_it() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, stream| ok(stream, ""));
    let rig = Rig::new(&config(&pki, &[server.url()]));
    rig.charge().unwrap();
    let mut get = query();
    get.method = "GET";
    get.path = "/v3/pay?mchid=1".to_owned();
    get.headers = vec![("Accept", "application/json".to_owned())];
    get.body = Vec::new();
    rig.exchange(&get).unwrap();

    let [post, get] = &server.requests()[..] else {
        panic!("two requests")
    };
    let head = post.head.to_lowercase();
    assert!(
        head.starts_with("post /pay/micropay http/1.1\r\n"),
        "{head}"
    );
    let version = env!("CARGO_PKG_VERSION");
    for line in [
        format!("host: {}", server.address),
        format!("user-agent: wxpay/{version}"),
        "accept: */*".to_owned(),
        "content-type: text/xml".to_owned(),
        "content-length: 17".to_owned(),
    ] {
        assert!(head.lines().any(|have| have == line), "{line} in {head}");
    }
    assert!(!head.contains("accept-encoding"), "{head}");
    assert_eq!(post.body, b"<xml>signed</xml>");

    let head = get.head.to_lowercase();
    assert!(
        head.starts_with("get /v3/pay?mchid=1 http/1.1\r\n"),
        "{head}"
    );
    assert!(head.contains("accept: application/json\r\n"), "{head}");
    assert!(
        !head.contains("*/*") && !head.contains("content-length"),
        "{head}"
    );
}

#[test]
fn a_path_cannot_change_the_host() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, stream| ok(stream, ""));
    let rig = Rig::new(&config(&pki, &["https://127.0.0.1".to_owned()]));
    let mut call = charge();
    call.path = format!(":{}/pay", server.address.port());
    let failure = rig.exchange(&call).unwrap_err();
    assert!(
        !failure.sent() && failure.cause.contains("path"),
        "{failure:?}"
    );
    assert!(server.requests().is_empty());
}

#[test]
fn one_connection_serves_one_call_after_the_other() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, stream| ok(stream, "x"));
    let rig = Rig::new(&config(&pki, &[server.url()]));
    for _ in 0..3 {
        rig.charge().unwrap();
    }
    let connections: Vec<_> = server.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections, [1, 1, 1]);
    let new: Vec<_> = rig.attempts().iter().map(|a| a.new_connection).collect();
    assert_eq!(new, [true, false, false]);
}

#[test]
fn a_connection_that_the_server_closed_while_idle_is_not_used() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |received, stream| {
        ok(stream, "x");
        match received.number {
            1 => After::Close,
            _ => After::Keep,
        }
    });
    let rig = Rig::new(&config(&pki, &[server.url()]));
    rig.charge().unwrap();
    server.closed.recv().unwrap();
    rig.charge().unwrap();
    let connections: Vec<_> = server.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections, [1, 2]);
}

#[test]
fn a_second_answer_that_nobody_asked_for_is_not_taken_for_the_next_calls() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |received, stream| {
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}",
            received.number
        );
        let stray = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray";
        write(stream, format!("{answer}{stray}").as_bytes())
    });
    let rig = Rig::new(&config(&pki, &[server.url()]));
    assert_eq!(rig.charge().unwrap().body, b"1");
    assert_eq!(rig.charge().unwrap().body, b"2");
}

#[test]
fn a_stray_answer_that_waits_below_tls_is_not_taken_for_the_next_calls_either() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |received, stream| {
        if received.number != 2 {
            return ok(stream, &received.number.to_string());
        }
        // One TLS record of 4096 bytes, which is what rustls reads at a time, then another.
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 4033\r\n\r\n";
        let answer = format!("{head}{}", "2".repeat(4033));
        assert_eq!(answer.len() + 22, 4096);
        let mut plaintext = stream.conn.writer();
        plaintext.write_all(answer.as_bytes()).unwrap();
        plaintext
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray")
            .unwrap();
        write(stream, b"")
    });
    let rig = Rig::new(&config(&pki, &[server.url()]));
    assert_eq!(rig.charge().unwrap().body, b"1");
    assert_eq!(rig.charge().unwrap().body.len(), 4033);
    assert_eq!(rig.charge().unwrap().body, b"3");
    let connections: Vec<_> = server.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections, [1, 1, 2]);
}

#[test]
fn a_chunked_answer_is_put_together() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, stream| {
        write(
            stream,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n<xm\r\n2\r\nl>\r\n0\r\n\r\n",
        )
    });
    let rig = Rig::new(&config(&pki, &[server.url()]));
    for _ in 0..2 {
        assert_eq!(rig.charge().unwrap().body, b"<xml>");
    }
    assert_eq!(server.requests()[1].connection, 1);
}

#[test]
fn informational_answers_are_skipped() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, stream| {
        write(stream, b"HTTP/1.1 100 Continue\r\n\r\n");
        write(stream, b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
        ok(stream, "final")
    });
    let rig = Rig::new(&config(&pki, &[server.url()]));
    assert_eq!(rig.charge().unwrap().body, b"final");
}

#[test]
fn a_redirect_is_an_answer_and_not_followed() {
    let pki = Pki::new();
    let elsewhere = Server::start(pki.server(), |_, stream| ok(stream, "elsewhere"));
    let location = elsewhere.url();
    let server = Server::start(pki.server(), move |_, stream| {
        let answer =
            format!("HTTP/1.1 302 Found\r\nLocation: {location}/\r\nContent-Length: 2\r\n\r\nno");
        write(stream, answer.as_bytes())
    });
    let rig = Rig::new(&config(&pki, &[server.url()]));
    let reply = rig.query().unwrap();
    assert_eq!((reply.status, &reply.body[..]), (302, &b"no"[..]));
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn an_answer_without_a_length_is_whole_only_with_the_tls_farewell() {
    for (after, whole) in [(true, true), (false, false)] {
        let pki = Pki::new();
        let server = Server::start(pki.server(), move |_, stream| {
            write(stream, b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<xml>");
            if after { After::Close } else { After::Drop }
        });
        let rig = Rig::new(&config(&pki, &[server.url()]));
        match rig.charge() {
            Ok(reply) => assert!(whole && reply.body == b"<xml>"),
            Err(failure) => assert!(!whole && failure.sent(), "{failure:?}"),
        }
    }
}

#[test]
fn an_answer_shorter_than_its_length_is_a_failure() {
    for farewell in [true, false] {
        let pki = Pki::new();
        let server = Server::start(pki.server(), move |_, stream| {
            write(
                stream,
                b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n<xml>",
            );
            if farewell { After::Close } else { After::Drop }
        });
        let rig = Rig::new(&config(&pki, &[server.url()]));
        let failure = rig.charge().unwrap_err();
        assert!(failure.sent() && !failure.interrupted);
        assert!(
            failure.cause.ends_with("in the middle of the answer"),
            "{failure:?}"
        );
    }
}

#[test]
fn a_chunked_answer_without_its_end_is_a_failure() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, stream| {
        write(
            stream,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n<xm\r\n",
        );
        After::Close
    });
    let failure = Rig::new(&config(&pki, &[server.url()]))
        .charge()
        .unwrap_err();
    assert!(failure.sent(), "{failure:?}");
}

#[test]
fn a_body_up_to_the_cap_is_read_and_one_byte_more_is_a_failure() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |received, stream| {
        ok(stream, &"x".repeat(MAX_BODY + received.number - 1))
    });
    let rig = Rig::new(&config(&pki, &[server.url()]));
    assert_eq!(rig.charge().unwrap().body.len(), MAX_BODY);
    let failure = rig.charge().unwrap_err();
    assert!(
        failure.sent() && failure.cause.contains("larger than 1048576 bytes"),
        "{failure:?}"
    );
}

#[test]
fn a_header_without_end_is_a_failure() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, stream| {
        write(stream, b"HTTP/1.1 200 OK\r\nX: ");
        write(stream, &vec![b'x'; 100_000]);
        After::Hold
    });
    let failure = Rig::new(&config(&pki, &[server.url()]))
        .charge()
        .unwrap_err();
    assert!(
        failure.sent() && failure.cause.contains("header is larger"),
        "{failure:?}"
    );
}

#[test]
fn what_is_not_http_is_a_failure() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, stream| {
        write(stream, b"<html>\r\n\r\n");
        After::Hold
    });
    let failure = Rig::new(&config(&pki, &[server.url()]))
        .charge()
        .unwrap_err();
    assert!(
        failure.sent() && failure.cause.contains("not an HTTP answer"),
        "{failure:?}"
    );
}

#[test]
fn an_answer_that_does_not_come_or_does_not_end_in_time_is_a_failure() {
    for (answer, cause) in [
        ("", "no answer within 500ms"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<xml>",
            "not complete after 500ms",
        ),
    ] {
        let pki = Pki::new();
        let server = Server::start(pki.server(), move |_, stream| {
            write(stream, answer.as_bytes());
            After::Hold
        });
        let mut config = config(&pki, &[server.url()]);
        config.answer_timeout = SHORT;
        let failure = Rig::new(&config).charge().unwrap_err();
        assert!(failure.sent() && !failure.interrupted);
        assert!(failure.cause.contains(cause), "{failure:?}");
    }
}
