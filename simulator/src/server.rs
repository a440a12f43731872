//! One gateway's front: TLS, HTTP, and the way from a request to its protocol.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::fault::{FaultKind, Operation};
use crate::hostile::{self, Raw};
use crate::reply::{Delivery, PacedBody, Reply};
use crate::requests::RequestRecord;
use crate::shared::Shared;
use crate::{fubei, ride, v2, v3};

/// A request that was read to its end.
pub(crate) struct Request {
    pub(crate) host: usize,
    pub(crate) method: Method,
    pub(crate) path: String,
    /// Path and query as they were sent.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) certificate: ClientCertificate,
    /// Scheme, name and port of the host.
    pub(crate) base: String,
}

impl Request {
    /// What follows the question mark.
    pub(crate) fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

/// What the client showed.
#[derive(Clone)]
pub(crate) enum ClientCertificate {
    None,
    /// One that this simulator did not issue.
    Foreign,
    /// The one issued to this merchant.
    Of(String),
}

/// What a protocol decided about a request.
pub(crate) struct Outcome {
    pub(crate) delivery: Delivery,
    /// Before the delivery; the request has taken effect by now.
    pub(crate) delay: Duration,
    pub(crate) verdict: String,
    pub(crate) out_trade_no: Option<String>,
    pub(crate) faults: Vec<String>,
    /// How many requests before this one had its timestamp and nonce (APIv3).
    pub(crate) nonce_repeats: u32,
}

impl Outcome {
    pub(crate) fn new(delivery: Delivery, verdict: &str) -> Self {
        Self {
            delivery,
            delay: Duration::ZERO,
            verdict: verdict.to_owned(),
            out_trade_no: None,
            faults: Vec::new(),
            nonce_repeats: 0,
        }
    }

    /// What went wrong, and how long the answer waits for it.
    pub(crate) fn set_faults(&mut self, faults: &[FaultKind]) {
        self.faults = faults.iter().map(|fault| fault.name().to_owned()).collect();
        self.delay = faults
            .iter()
            .map(|fault| match fault {
                FaultKind::DelayAfter { ms } => Duration::from_millis(*ms),
                _ => Duration::ZERO,
            })
            .sum();
    }
}

/// Where a connection came in.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) shared: Arc<Shared>,
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) host: usize,
    pub(crate) port: u16,
}

const HANDSHAKE: Duration = Duration::from_secs(10);
const LARGEST_BODY: usize = 1 << 20;

impl Gate {
    /// Scheme, name and port of the host.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// Serves one connection until it ends.
    pub(crate) async fn serve(self, stream: TcpStream) {
        let _counted = self.shared.gauge().count();
        // It only speeds things up; a failure shows on the stream itself.
        let _ = stream.set_nodelay(true);
        if let Some(hostile) = self.shared.settings().hostile.get(self.host)
            && hostile.case().is_raw()
        {
            return hostile::greet(stream, hostile.case()).await;
        }
        let Ok(Ok(stream)) = timeout(HANDSHAKE, self.acceptor.accept(stream)).await else {
            return;
        };
        let shown = stream.get_ref().1.peer_certificates();
        let certificate = match shown.and_then(<[_]>::first) {
            None => ClientCertificate::None,
            Some(der) => self
                .shared
                .certificate_owner(der)
                .map_or(ClientCertificate::Foreign, |mch_id| {
                    ClientCertificate::Of(mch_id.to_owned())
                }),
        };
        let closed = Arc::new(Notify::new());
        let (script, mut scripts) = mpsc::channel(1);
        let service = service_fn(|request| {
            let (gate, certificate, closed) = (self.clone(), certificate.clone(), closed.clone());
            let script = script.clone();
            async move { gate.respond(request, certificate, closed, script).await }
        });
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service);
        tokio::select! {
            // An error is how a dropped or cut answer ends; it is in the record already.
            _ = &mut connection => {}
            () = closed.notified() => {}
            Some(raw) = scripts.recv() => {
                let mut stream = connection.into_parts().io.into_inner();
                // How it ends is the client's to see.
                let _ = hostile::send(&mut stream, &raw).await;
            }
        }
    }

    async fn respond(
        self,
        request: hyper::Request<Incoming>,
        certificate: ClientCertificate,
        closed: Arc<Notify>,
        script: mpsc::Sender<Raw>,
    ) -> Result<Response<PacedBody>, io::Error> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, LARGEST_BODY).collect().await;
        let body = body.map(|body| body.to_bytes()).ok();
        let shared = self.shared.clone();
        // A task of its own: what was received is executed even if the client has gone.
        let handled = tokio::spawn(async move {
            let (delivery, delay) = match body {
                Some(body) => {
                    let request = Request {
                        host: self.host,
                        method: head.method,
                        path: head.uri.path().to_owned(),
                        target: head
                            .uri
                            .path_and_query()
                            .map_or_else(String::new, ToString::to_string),
                        headers: head.headers,
                        body,
                        certificate,
                        base: self.url(),
                    };
                    handle(&self.shared, &request).await
                }
                None => (
                    Delivery::Send(Reply::page(413, "Request Entity Too Large")),
                    Duration::ZERO,
                ),
            };
            tokio::time::sleep(delay).await;
            delivery
        });
        match handled.await {
            Ok(Delivery::Send(reply)) if !reply.steps.is_empty() => {
                let raw = reply.into_raw(&shared.clock().http_date());
                // The connection takes it from here; nobody is left to take it if that has ended.
                let _ = script.send(raw).await;
                std::future::pending().await
            }
            Ok(Delivery::Send(reply)) => {
                Ok(reply.into_response(&shared.clock().http_date(), closed))
            }
            Ok(Delivery::Drop) | Err(_) => Err(io::Error::other("dropped on purpose")),
        }
    }
}

async fn handle(shared: &Shared, request: &Request) -> (Delivery, Duration) {
    let at_ms = shared.clock().now();
    let (operation, outcome) = if v3::serves(&request.path) {
        v3::handle(shared, request).await
    } else if fubei::serves(&request.path) {
        fubei::handle(shared, request).await
    } else if ride::serves(shared.settings(), &request.path) {
        (Some(Operation::Ride), ride::handle(shared, request).await)
    } else {
        let operation = v2::operation(&request.path);
        let outcome = match operation {
            Some(operation) => v2::handle(shared, operation, request).await,
            None => Outcome::new(
                Delivery::Send(Reply::page(404, "Not Found")),
                "NO_SUCH_PATH",
            ),
        };
        (operation, outcome)
    };
    shared.record(RequestRecord {
        number: 0,
        at_ms,
        host: request.host,
        method: request.method.to_string(),
        path: request.path.chars().take(200).collect(),
        operation,
        out_trade_no: outcome.out_trade_no,
        client_certificate: matches!(request.certificate, ClientCertificate::Of(_)),
        verdict: outcome.verdict,
        faults: outcome.faults,
        nonce_repeats: outcome.nonce_repeats,
        answer: match &outcome.delivery {
            Delivery::Drop => "dropped".to_owned(),
            Delivery::Send(reply) => reply.status.to_string(),
        },
    });
    (outcome.delivery, outcome.delay)
}
