//! By way of proxies.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::server::{Pki, Server, listen, ok, read_head, refusing, write};
use super::*;
use crate::transport::tls;

const CREDENTIALS: &str = "till:hunter2";
/// Base64 of [`CREDENTIALS`].
const BASIC: &str = "Basic dGlsbDpodW50ZXIy";

fn relay(client: TcpStream, target: TcpStream) {
    let (mut from_client, mut to_target) =
        (client.try_clone().unwrap(), target.try_clone().unwrap());
    let (mut from_target, mut to_client) = (target, client);
    thread::spawn(move || {
        drop(io::copy(&mut from_client, &mut to_target));
        drop(to_target.shutdown(Shutdown::Both));
    });
    drop(io::copy(&mut from_target, &mut to_client));
    drop(to_client.shutdown(Shutdown::Both));
}

/// Answers a CONNECT; `Some`: the way is open.
fn connect(stream: &mut (impl Read + Write), authorization: Option<&str>) -> Option<TcpStream> {
    let head = read_head(stream).ok()?;
    let wanted = |line: &str| {
        line.strip_prefix("Proxy-Authorization: ") == authorization && authorization.is_some()
    };
    if authorization.is_some() && !head.lines().any(wanted) {
        write(
            stream,
            b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        );
        return None;
    }
    assert!(head.starts_with("CONNECT "), "{head}");
    let target = head.split(' ').nth(1)?;
    let Ok(target) = TcpStream::connect(target) else {
        write(
            stream,
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        );
        return None;
    };
    write(stream, b"HTTP/1.1 200 Connection established\r\n\r\n");
    Some(target)
}

fn http_proxy(authorization: Option<&'static str>) -> SocketAddr {
    listen(move |_, mut socket| {
        if let Some(target) = connect(&mut socket, authorization) {
            relay(socket, target);
        }
    })
}

/// Tells of each connection whether it showed a certificate.
fn https_proxy(config: Arc<ServerConfig>) -> (SocketAddr, mpsc::Receiver<bool>) {
    let (shown, shows) = mpsc::channel();
    let address = listen(move |_, socket| {
        let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut client = StreamOwned::new(tls, socket);
        let Some(mut target) = connect(&mut client, None) else {
            return;
        };
        shown
            .send(client.conn.peer_certificates().is_some())
            .unwrap();
        let turn = Some(Duration::from_millis(5));
        client.sock.set_read_timeout(turn).unwrap();
        target.set_read_timeout(turn).unwrap();
        while pass(&mut client, &mut target) && pass(&mut target, &mut client) {}
    });
    (address, shows)
}

fn pass(from: &mut impl Read, to: &mut impl Write) -> bool {
    let mut buffer = [0; 4096];
    match from.read(&mut buffer) {
        Ok(0) => false,
        Ok(amount) => to
            .write_all(&buffer[..amount])
            .and_then(|()| to.flush())
            .is_ok(),
        Err(error) => matches!(
            error.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
        ),
    }
}

/// SOCKS5 by RFC 1928 and 1929; answers `reply` to the request.
fn socks5(credentials: Option<&'static str>, reply: u8) -> SocketAddr {
    listen(move |_, mut socket| {
        drop(serve_socks5(&mut socket, credentials, reply).map(|target| relay(socket, target)));
    })
}

fn serve_socks5(
    socket: &mut TcpStream,
    credentials: Option<&str>,
    reply: u8,
) -> io::Result<TcpStream> {
    fn read(socket: &mut TcpStream, amount: u8) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; amount.into()];
        socket.read_exact(&mut bytes)?;
        Ok(bytes)
    }
    let methods = read(socket, 2)?[1];
    read(socket, methods)?;
    if let Some(credentials) = credentials {
        socket.write_all(&[5, 2])?;
        let name = read(socket, 2)?[1];
        let name = read(socket, name)?;
        let password = read(socket, 1)?[0];
        let password = read(socket, password)?;
        let right = [name, password].join(&b':') == credentials.as_bytes();
        socket.write_all(&[1, u8::from(!right)])?;
        if !right {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
    } else {
        socket.write_all(&[5, 0])?;
    }
    let host = match read(socket, 4)?[3] {
        1 => {
            let ip = read(socket, 4)?;
            format!("{}.{}.{}.{}", ip[0], ip[1], ip[2], ip[3])
        }
        3 => {
            let length = read(socket, 1)?[0];
            String::from_utf8(read(socket, length)?).unwrap()
        }
        other => panic!("address type {other}"),
    };
    let port = read(socket, 2)?;
    let port = u16::from_be_bytes([port[0], port[1]]);
    socket.write_all(&[5, reply, 0, 1, 0, 0, 0, 0, 0, 0])?;
    TcpStream::connect((host, port))
}

fn by(proxy: &str, pki: &Pki, host: String) -> TransportConfig {
    let mut config = config(pki, &[host]);
    config.proxy = Some(Url::parse(proxy).unwrap());
    config
}

#[test]
fn calls_go_through_every_kind_of_proxy_and_keep_the_connection() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, stream| ok(stream, "through"));
    let named = format!("https://localhost:{}", server.address.port());
    let http = http_proxy(None);
    let http_with_password = http_proxy(Some(BASIC));
    let (https, _shows) = https_proxy(pki.server());
    let socks = socks5(None, 0);
    let socks_with_password = socks5(Some(CREDENTIALS), 0);
    for (proxy, host) in [
        (format!("http://{http}"), server.url()),
        (
            format!("http://{CREDENTIALS}@{http_with_password}"),
            server.url(),
        ),
        (format!("https://{https}"), server.url()),
        (format!("socks5://{socks}"), server.url()),
        (format!("socks5h://{socks}"), named),
        (
            format!("socks5://{CREDENTIALS}@{socks_with_password}"),
            server.url(),
        ),
    ] {
        let before = server.requests().len();
        let rig = Rig::new(&by(&proxy, &pki, host));
        for _ in 0..2 {
            let reply = rig
                .charge()
                .map_err(|failure| format!("{proxy}: {failure:?}"));
            assert_eq!(reply.unwrap().body, b"through");
        }
        let requests = server.requests();
        assert_eq!(requests.len(), before + 2, "{proxy}");
        assert_eq!(
            requests[before].connection,
            requests[before + 1].connection,
            "{proxy}"
        );
    }
}

#[test]
fn an_https_proxy_does_not_see_the_client_certificate_and_the_host_does() {
    let pki = Pki::new();
    let server = Server::start(pki.asking(true), |_, stream| ok(stream, ""));
    let (proxy, shows) = https_proxy(pki.asking(false));
    let config = by(&format!("https://{proxy}"), &pki, server.url());
    let (chain, key) = pki.issue(&["till"], false);
    let tls = tls::client_config(&config.extra_roots, Some((&chain, &key))).unwrap();
    let rig = Rig::build(|clock, observer| {
        HttpsTransport::with_tls(&config, tls, clock, observer).unwrap()
    });
    rig.charge().unwrap();
    assert!(!shows.recv().unwrap());
    assert!(server.requests()[0].client_certificate);
}

#[test]
fn a_proxy_that_refuses_is_named_with_its_reason_and_without_a_password() {
    let pki = Pki::new();
    let server = Server::start(pki.server(), |_, stream| ok(stream, ""));
    let unheard = format!("https://{}", refusing());
    let hang_up = listen(|_, mut socket| drop(read_head(&mut socket)));
    let hang_up_at_once = listen(|_, mut socket| drop(socket.read(&mut [0; 100])));
    for (scheme, address, host, reason) in [
        (
            "http",
            http_proxy(Some(BASIC)),
            server.url(),
            "the proxy refused: 407",
        ),
        ("http", http_proxy(None), unheard, "the proxy refused: 502"),
        ("http", refusing(), server.url(), "connection refused"),
        ("http", hang_up, server.url(), "the proxy failed"),
        ("socks5", hang_up_at_once, server.url(), "asking the proxy"),
        (
            "socks5",
            socks5(Some(CREDENTIALS), 0),
            server.url(),
            "authentication failed",
        ),
        (
            "socks5",
            socks5(None, 2),
            server.url(),
            "not allowed by ruleset",
        ),
    ] {
        let proxy = format!("{scheme}://cashier:swordfish@{address}");
        let failure = Rig::new(&by(&proxy, &pki, host)).charge().unwrap_err();
        assert!(!failure.sent() && !failure.interrupted);
        assert!(
            failure.cause.contains(reason),
            "{scheme} {address}: {failure:?}"
        );
        assert!(failure.cause.contains(&address.to_string()), "{failure:?}");
        assert!(!failure.cause.contains("swordfish"), "{failure:?}");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn a_proxy_that_says_nothing_is_given_up_or_cut() {
    let (heard, hears) = mpsc::channel();
    let address = listen(move |_, mut socket| {
        while socket.read(&mut [0; 4096]).is_ok_and(|amount| amount > 0) {
            heard.send(()).ok();
        }
    });
    for scheme in ["http", "https", "socks5"] {
        let proxy = format!("{scheme}://{address}");
        let mut config = by(&proxy, &Pki::new(), "https://127.0.0.1".to_owned());
        let rig = Rig::new(&config);
        let signal = Signal::new();
        let failure = thread::scope(|scope| {
            let call = scope.spawn(|| {
                rig.transport
                    .exchange(None, &charge(), OnCancel::Cut.into(), &signal)
            });
            hears.recv().unwrap();
            signal.cancel();
            call.join().unwrap().unwrap_err()
        });
        assert!(failure.interrupted && !failure.sent(), "{failure:?}");
        // The helper has nothing left to wait for.
        rig.transport.close();

        config.connect_timeout = SHORT;
        let failure = Rig::new(&config).charge().unwrap_err();
        assert!(!failure.sent() && !failure.interrupted);
        assert!(
            failure.cause.contains("time-out while asking the proxy"),
            "{failure:?}"
        );
        while hears.try_recv().is_ok() {}
    }
}
