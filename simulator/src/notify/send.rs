//! The sender: waits for something to tell, tells it, and tells it again until it is heard.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, USER_AGENT};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use super::{Message, Notification, NotificationKind, NotificationRecord};
use crate::ledger::Notice;
use crate::ride::{self, Ride};
use crate::shared::Shared;

/// How long the platform waits for an answer (protocol §5.4).
const PATIENCE: Duration = Duration::from_secs(5);
const LARGEST_ANSWER: usize = 64 * 1024;

/// Sends what there is to tell until it is aborted.
pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        let now = shared.clock().now();
        let (notices, next) = shared.book().notices(now, shared.settings());
        for notice in notices {
            tokio::spawn(tell(shared.clone(), notice));
        }
        let (rides, next_ride) = shared.rides().ended(now);
        for ride in rides {
            tokio::spawn(tell_of_ride(shared.clone(), ride));
        }
        let stirred = shared.stirred();
        match next.into_iter().chain(next_ride).min() {
            None => stirred.await,
            Some(at) => {
                let wait = u64::try_from(at.saturating_sub(now)).unwrap_or(0);
                tokio::select! {
                    () = stirred => {}
                    () = sleep(Duration::from_millis(wait)) => {}
                }
            }
        }
    }
}

async fn tell(shared: Arc<Shared>, notice: Notice) {
    let id = format!("EV-{}", shared.nonce());
    let Some(url) = notice.notify().and_then(|notify| notify.url.clone()) else {
        return;
    };
    let Ok(message) = Message::new(&shared, &notice, &id, None) else {
        return;
    };
    let (kind, number, out_refund_no) = notice.numbers();
    let about = (kind, number.to_owned(), out_refund_no.map(str::to_owned));
    deliver(&shared, id, url, about, &message).await;
}

async fn tell_of_ride(shared: Arc<Shared>, ride: Ride) {
    let Some(url) = shared.ride_callback() else {
        return;
    };
    let Some(message) = Message::about_ride(&shared, &ride, None, None) else {
        return;
    };
    for _ in 0..ride::callbacks(shared.settings(), &ride) {
        let id = format!("EV-{}", shared.nonce());
        let number = ride.out_order_no().unwrap_or_default().to_owned();
        let about = (NotificationKind::Ride, number, None);
        deliver(&shared, id, url.clone(), about, &message).await;
    }
}

/// Sends one notification until it is answered as it should be. `about`: what it is about, the
/// order's number and the refund's.
async fn deliver(
    shared: &Shared,
    id: String,
    url: String,
    about: (NotificationKind, String, Option<String>),
    message: &Message,
) {
    let (kind, out_trade_no, out_refund_no) = about;
    shared.notifications().push(NotificationRecord {
        url: url.clone(),
        id: id.clone(),
        kind,
        out_trade_no,
        out_refund_no,
        attempts: 0,
        answered: None,
        delivered: false,
        headers: Vec::new(),
        body: Vec::new(),
    });
    let pauses = &shared.settings().timing.notify_retry_ms;
    for pause in std::iter::once(&0).chain(pauses) {
        sleep(Duration::from_millis(*pause)).await;
        let sent = message.signed(shared);
        if !shared.notifications().attempt(&id, &sent) {
            return;
        }
        // Nobody there, or no answer: the record says so.
        let Ok(Ok((status, body))) = timeout(PATIENCE, post(&url, sent)).await else {
            continue;
        };
        let heard = message.is_heard(status, &body);
        shared.notifications().answered(&id, status, heard);
        if heard {
            return;
        }
    }
}

/// Status and body of the answer.
async fn post(url: &str, sent: Notification) -> io::Result<(u16, Bytes)> {
    let uri: Uri = url.parse().map_err(io::Error::other)?;
    let authority = uri.authority().ok_or_else(|| io::Error::other("no host"))?;
    let host = authority.host().trim_matches(['[', ']']);
    let secure = uri.scheme_str() == Some("https");
    let port = authority
        .port_u16()
        .unwrap_or(if secure { 443 } else { 80 });
    let mut request = Request::post(uri.path())
        .header(HOST, authority.as_str())
        .header(USER_AGENT, "Mozilla/4.0");
    for (name, value) in &sent.headers {
        request = request.header(name, value);
    }
    let request = request
        .body(Full::new(Bytes::from(sent.body)))
        .map_err(io::Error::other)?;
    let stream = TcpStream::connect((host, port)).await?;
    if secure {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let stream = TlsConnector::from(trusting_anybody()?)
            .connect(name, stream)
            .await?;
        exchange(stream, request).await
    } else {
        exchange(stream, request).await
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> io::Result<(u16, Bytes)> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    // How the connection ends shows in the answer.
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request).await;
    let (head, body) = answer.map_err(io::Error::other)?.into_parts();
    let body = Limited::new(body, LARGEST_ANSWER).collect().await;
    connection.abort();
    Ok((
        head.status.as_u16(),
        body.map_err(io::Error::other)?.to_bytes(),
    ))
}

/// A till under test has a certificate of its own making, or none that anybody knows.
fn trusting_anybody() -> io::Result<Arc<ClientConfig>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyServer(provider)))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
