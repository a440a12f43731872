//! Servers for one test each: HTTPS with a scripted answer, and plain TCP.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, date_time_ymd,
};
use rustls::crypto::aws_lc_rs;
use rustls::server::WebPkiClientVerifier;
use rustls::{
    ConfigBuilder, RootCertStore, ServerConfig, ServerConnection, StreamOwned, WantsVerifier,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

pub(super) type Tls = StreamOwned<ServerConnection, TcpStream>;
pub(super) type Credentials = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// A CA of the test's own.
pub(super) struct Pki {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Pki {
    pub(super) fn new() -> Self {
        Self::named("wxpay test CA")
    }

    pub(super) fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer }
    }

    pub(super) fn root(&self) -> CertificateDer<'static> {
        self.issuer.der().clone()
    }

    /// For `names`, which expired in 2001 if so wanted.
    pub(super) fn issue(&self, names: &[&str], expired: bool) -> Credentials {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        if expired {
            params.not_before = date_time_ymd(2000, 1, 1);
            params.not_after = date_time_ymd(2001, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        (vec![leaf.der().clone()], key)
    }

    /// For `localhost` and the loopback addresses.
    pub(super) fn server(&self) -> Arc<ServerConfig> {
        Self::serving(self.issue(&["localhost", "127.0.0.1", "::1"], false))
    }

    pub(super) fn serving((chain, key): Credentials) -> Arc<ServerConfig> {
        let builder = Self::builder().with_no_client_auth();
        Arc::new(builder.with_single_cert(chain, key).unwrap())
    }

    /// Asks for a client certificate of this CA, and demands one if `mandatory`.
    pub(super) fn asking(&self, mandatory: bool) -> Arc<ServerConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root()).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        let verifier = match mandatory {
            true => verifier.build(),
            false => verifier.allow_unauthenticated().build(),
        };
        let (chain, key) = self.issue(&["127.0.0.1"], false);
        let builder = Self::builder().with_client_cert_verifier(verifier.unwrap());
        Arc::new(builder.with_single_cert(chain, key).unwrap())
    }

    fn builder() -> ConfigBuilder<ServerConfig, WantsVerifier> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider);
        builder.with_safe_default_protocol_versions().unwrap()
    }
}

/// A request as the server read it.
#[derive(Clone, Debug)]
pub(super) struct Received {
    /// The how-manieth connection it came by, from 1.
    pub(super) connection: usize,
    /// The how-manieth request it is, from 1.
    pub(super) number: usize,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    pub(super) client_certificate: bool,
}

/// What a script does with the connection after its answer.
pub(super) enum After {
    /// Waits for the next request.
    Keep,
    /// Says farewell and closes.
    Close,
    /// Closes without the TLS farewell.
    Drop,
    /// Neither reads nor closes.
    Hold,
}

/// An HTTPS server on a port of its own.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    requests: Arc<Mutex<Vec<Received>>>,
    /// A message for each request, before it is answered.
    pub(super) arrivals: Receiver<()>,
    /// A message for each connection that the server has closed.
    pub(super) closed: Receiver<()>,
}

impl Server {
    pub(super) fn start(
        config: Arc<ServerConfig>,
        script: impl Fn(&Received, &mut Tls) -> After + Send + Sync + 'static,
    ) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let (arrived, arrivals) = mpsc::channel();
        let (closing, closed) = mpsc::channel();
        let script = Arc::new(script);
        let address = listen(move |connection, socket| {
            let session = Session {
                connection,
                requests: Arc::clone(&seen),
                arrived: arrived.clone(),
            };
            let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            session.serve(StreamOwned::new(tls, socket), &*script);
            closing.send(()).ok();
        });
        Self {
            address,
            requests,
            arrivals,
            closed,
        }
    }

    pub(super) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    pub(super) fn requests(&self) -> Vec<Received> {
        self.requests.lock().unwrap().clone()
    }
}

struct Session {
    connection: usize,
    requests: Arc<Mutex<Vec<Received>>>,
    arrived: Sender<()>,
}

impl Session {
    fn serve(&self, mut stream: Tls, script: &dyn Fn(&Received, &mut Tls) -> After) {
        while let Ok((head, body)) = read_request(&mut stream) {
            let received = {
                let mut requests = self.requests.lock().unwrap();
                let number = requests.len() + 1;
                requests.push(Received {
                    connection: self.connection,
                    number,
                    head,
                    body,
                    client_certificate: stream.conn.peer_certificates().is_some(),
                });
                requests.last().cloned().unwrap()
            };
            self.arrived.send(()).ok();
            match script(&received, &mut stream) {
                After::Keep => {}
                After::Close => {
                    stream.conn.send_close_notify();
                    drop(stream.flush());
                    return;
                }
                After::Drop => return,
                After::Hold => {
                    // Until the other side has gone.
                    drop(io::copy(&mut stream.sock, &mut io::sink()));
                    return;
                }
            }
        }
    }
}

/// Reads up to the empty line.
pub(super) fn read_head(stream: &mut impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8(head).unwrap())
}

fn read_request(stream: &mut impl Read) -> io::Result<(String, Vec<u8>)> {
    let head = read_head(stream)?;
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((head, body))
}

/// `HTTP/1.1 200 OK` with a length.
pub(super) fn ok(stream: &mut impl Write, body: &str) -> After {
    let length = body.len();
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
    write(stream, answer.as_bytes())
}

pub(super) fn write(stream: &mut impl Write, bytes: &[u8]) -> After {
    // A client that has gone is for the test to judge.
    drop(stream.write_all(bytes).and_then(|()| stream.flush()));
    After::Keep
}

/// Accepts on a port of its own; each connection, counted from 1, on a thread of its own.
pub(super) fn listen(serve: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for (index, socket) in listener.incoming().enumerate() {
            let serve = Arc::clone(&serve);
            let socket = socket.unwrap();
            socket.set_nodelay(true).unwrap();
            thread::spawn(move || serve(index + 1, socket));
        }
    });
    address
}

/// A port where nobody listens.
pub(super) fn refusing() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}
