//! Cancels, closes and time-outs, in every phase of an exchange.

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::server::{After, Pki, Server, listen, ok, write};
use super::*;

const ALL: [OnCancel; 3] = [OnCancel::Cut, OnCancel::CutUnlessSent, OnCancel::Ignore];

/// Runs `call`, and `raise` once `ready` has returned.
fn interrupt(
    rig: &Rig,
    call: &Call,
    on_cancel: OnCancel,
    ready: impl FnOnce(),
    raise: impl FnOnce(&Signal),
) -> Result<Reply, Failure> {
    let signal = Signal::new();
    thread::scope(|scope| {
        let exchange = scope.spawn(|| {
            rig.transport
                .exchange(None, call, on_cancel.into(), &signal)
        });
        ready();
        raise(&signal);
        exchange.join().unwrap()
    })
}

/// Accepts, says when it has read something, and then nothing more.
fn silent() -> (SocketAddr, Receiver<()>) {
    let (heard, hears) = mpsc::channel();
    let address = listen(move |_, mut socket| {
        while socket.read(&mut [0; 4096]).is_ok_and(|amount| amount > 0) {
            heard.send(()).ok();
        }
    });
    (address, hears)
}

#[test]
fn a_cancel_before_the_exchange_starts_no_connection() {
    let (address, _) = silent();
    let rig = Rig::new(&config(&Pki::new(), &[format!("https://{address}")]));
    let signal = Signal::new();
    signal.cancel();
    let failure = rig
        .transport
        .exchange(None, &charge(), OnCancel::Cut.into(), &signal)
        .unwrap_err();
    assert!(failure.interrupted && !failure.sent());
    assert!(rig.attempts().is_empty());
}

#[test]
fn a_cancel_during_the_handshake_ends_it_and_no_other_host_is_tried() {
    let pki = Pki::new();
    let (address, hears) = silent();
    let second = Server::start(pki.server(), |_, stream| ok(stream, ""));
    let rig = Rig::new(&config(&pki, &[format!("https://{address}"), second.url()]));
    for on_cancel in [OnCancel::Cut, OnCancel::CutUnlessSent] {
        let hello = || hears.recv().unwrap();
        let failure = interrupt(&rig, &charge(), on_cancel, hello, Signal::cancel).unwrap_err();
        assert!(failure.interrupted && !failure.sent(), "{failure:?}");
    }
    assert!(second.requests().is_empty());
    // A cut says nothing about the host.
    let hosts: Vec<_> = rig.attempts().into_iter().map(|a| a.host).collect();
    assert_eq!(
        hosts,
        [format!("https://{address}"), format!("https://{address}")]
    );
}

#[test]
fn a_close_ends_a_handshake_that_a_cancel_would_not() {
    let (address, hears) = silent();
    let rig = Rig::new(&config(&Pki::new(), &[format!("https://{address}")]));
    let hello = || hears.recv().unwrap();
    let failure = interrupt(&rig, &query(), OnCancel::Ignore, hello, Signal::close).unwrap_err();
    assert!(failure.interrupted && !failure.sent(), "{failure:?}");
}

#[test]
fn a_cancel_while_the_answer_is_awaited_cuts_a_poll() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, _| After::Hold);
    let rig = Rig::new(&config(&pki, &[server.url()]));
    let asked = || server.arrivals.recv().unwrap();
    let failure = interrupt(&rig, &query(), OnCancel::Cut, asked, Signal::cancel).unwrap_err();
    assert!(failure.interrupted && failure.sent(), "{failure:?}");
    assert!(failure.cause.ends_with("interrupted"), "{failure:?}");
}

#[test]
fn a_cancel_while_the_answer_is_awaited_leaves_a_charge_and_a_reverse_alone() {
    for on_cancel in [OnCancel::CutUnlessSent, OnCancel::Ignore] {
        let pki = Pki::new();
        let (go, gone) = mpsc::channel();
        let gone = Mutex::new(gone);
        let server = Server::start(pki.server(), move |_, stream| {
            gone.lock().unwrap().recv().unwrap();
            ok(stream, "paid")
        });
        let rig = Rig::new(&config(&pki, &[server.url()]));
        let asked = || server.arrivals.recv().unwrap();
        let reply = interrupt(&rig, &charge(), on_cancel, asked, |signal| {
            signal.cancel();
            go.send(()).unwrap();
        });
        assert_eq!(reply.unwrap().body, b"paid");
    }
}

#[test]
fn a_close_ends_the_wait_for_any_answer() {
    for on_cancel in ALL {
        let pki = Pki::new();
        let server = Server::start(pki.server(), |_, _| After::Hold);
        let rig = Rig::new(&config(&pki, &[server.url()]));
        let asked = || server.arrivals.recv().unwrap();
        let failure = interrupt(&rig, &charge(), on_cancel, asked, Signal::close).unwrap_err();
        assert!(failure.interrupted && failure.sent(), "{failure:?}");
    }
}

#[test]
fn a_cut_in_the_middle_of_an_answer_is_no_answer() {
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<xml>",
        "HTTP/1.1 200 OK\r\n\r\n<xml>",
    ] {
        let pki = Pki::new();
        let (written, writes) = mpsc::channel();
        let server = Server::start(pki.server(), move |_, stream| {
            write(stream, head.as_bytes());
            written.send(()).unwrap();
            After::Hold
        });
        let rig = Rig::new(&config(&pki, &[server.url()]));
        let begun = || writes.recv().unwrap();
        let failure = interrupt(&rig, &query(), OnCancel::Cut, begun, Signal::cancel).unwrap_err();
        assert!(failure.interrupted && failure.sent(), "{failure:?}");
    }
}

#[test]
fn a_cut_exchange_leaves_the_others_alone() {
    let pki = Pki::new();
    let (go, gone) = mpsc::channel::<()>();
    let gone = Mutex::new(gone);
    let server = Server::start(pki.server(), move |received, stream| {
        if received.head.contains("micropay") {
            gone.lock().unwrap().recv().unwrap();
            return ok(stream, "paid");
        }
        After::Hold
    });
    let rig = Rig::new(&config(&pki, &[server.url()]));
    thread::scope(|scope| {
        let paying = scope.spawn(|| rig.charge());
        server.arrivals.recv().unwrap();
        let asked = || server.arrivals.recv().unwrap();
        let failure = interrupt(&rig, &query(), OnCancel::Cut, asked, Signal::cancel).unwrap_err();
        assert!(failure.interrupted);
        go.send(()).unwrap();
        assert_eq!(paying.join().unwrap().unwrap().body, b"paid");
    });
}

#[test]
fn a_server_that_accepts_but_never_shakes_hands_is_given_up() {
    let (address, _hears) = silent();
    let mut config = config(&Pki::new(), &[format!("https://{address}")]);
    config.connect_timeout = SHORT;
    let rig = Rig::new(&config);
    let failure = rig.charge().unwrap_err();
    assert!(!failure.sent() && !failure.interrupted);
    assert!(
        failure.cause.contains("time-out while shaking hands"),
        "{failure:?}"
    );
}

/// A port whose queue of connections is full: the kernel lets further ones wait.
#[cfg(target_os = "linux")]
fn unresponsive() -> (TcpListener, Vec<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let waiting = std::iter::from_fn(|| TcpStream::connect_timeout(&address, SHORT).ok());
    let waiting = waiting.take(10_000).collect();
    (listener, waiting)
}

#[test]
#[cfg(target_os = "linux")]
fn a_host_that_does_not_answer_the_connect_is_given_up() {
    let (listener, _waiting) = unresponsive();
    let host = format!("https://{}", listener.local_addr().unwrap());
    let mut config = config(&Pki::new(), &[host]);
    config.connect_timeout = SHORT;
    let failure = Rig::new(&config).charge().unwrap_err();
    assert!(
        !failure.sent() && failure.cause.contains("time-out while connecting"),
        "{failure:?}"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_cancel_during_the_connect_does_not_wait_for_it_and_a_close_joins_its_thread() {
    let (listener, _waiting) = unresponsive();
    let address = listener.local_addr().unwrap();
    let mut config = config(&Pki::new(), &[format!("https://{address}")]);
    config.connect_timeout = Duration::from_secs(3);
    let rig = Rig::new(&config);
    let connecting = || {
        // The peer's port, and the state SYN_SENT.
        let mark = format!("0100007F:{:04X} 02 ", address.port());
        while !std::fs::read_to_string("/proc/net/tcp")
            .unwrap()
            .contains(&mark)
        {
            thread::yield_now();
        }
    };
    let failure =
        interrupt(&rig, &charge(), OnCancel::Cut, connecting, Signal::cancel).unwrap_err();
    assert!(failure.interrupted && !failure.sent(), "{failure:?}");
    assert_eq!(rig.transport.helpers_running(), 1);
    rig.transport.close();
    assert_eq!(rig.transport.helpers_running(), 0);
}

#[test]
fn a_closed_transport_ends_what_is_in_flight_and_sends_nothing_more() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |received, stream| match received.number {
        1 => ok(stream, ""),
        _ => After::Hold,
    });
    let rig = Rig::new(&config(&pki, &[server.url()]));
    rig.query().unwrap();
    server.arrivals.recv().unwrap();
    thread::scope(|scope| {
        let asking = scope.spawn(|| rig.query());
        server.arrivals.recv().unwrap();
        rig.transport.close();
        let failure = asking.join().unwrap().unwrap_err();
        assert!(failure.interrupted && failure.sent(), "{failure:?}");
    });
    let failure = rig.query().unwrap_err();
    assert!(failure.interrupted && !failure.sent(), "{failure:?}");
    assert_eq!(server.requests().len(), 2);
    let (_, reached) = rig.transport.probe(&Signal::new()).remove(0);
    assert!(reached.is_err());
}

#[test]
fn a_close_closes_idle_connections() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, stream| ok(stream, ""));
    let rig = Rig::new(&config(&pki, &[server.url()]));
    rig.query().unwrap();
    rig.transport.close();
    server.closed.recv().unwrap();
}

#[test]
fn a_cancelled_probe_says_so_of_every_host() {
    let (address, hears) = silent();
    let host = format!("https://{address}");
    let rig = Rig::new(&config(&Pki::new(), &[host.clone(), host]));
    let signal = Signal::new();
    let probe = thread::scope(|scope| {
        let probing = scope.spawn(|| rig.transport.probe(&signal));
        hears.recv().unwrap();
        signal.cancel();
        probing.join().unwrap()
    });
    assert_eq!(probe.len(), 2);
    assert!(probe.iter().all(|(_, reached)| reached.is_err()));
}
