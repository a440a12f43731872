//! The control interface: JSON over plain HTTP on a loopback port.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::fault::Fault;
use crate::host::HostState;
use crate::hosts::Hosts;
use crate::ledger::{PayerAction, RefundAction};
use crate::reply::{PacedBody, Reply};
use crate::ride::RideAction;
use crate::settings::PlatformSigner;
use crate::shared::Shared;

#[derive(Clone)]
pub(crate) struct Control {
    pub(crate) shared: Arc<Shared>,
    pub(crate) hosts: Arc<Hosts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayerBody {
    action: PayerAction,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundBody {
    action: RefundAction,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RideBody {
    action: RideAction,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallbackBody {
    /// Null: nowhere.
    #[serde(deserialize_with = "Option::deserialize")]
    url: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HostBody {
    state: HostState,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockBody {
    skew_seconds: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignerBody {
    signer: PlatformSigner,
}

/// Status and what is wrong.
type Refused = (u16, String);

impl Control {
    /// Serves until it is aborted.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    if let Ok((stream, _)) = accepted {
                        let control = self.clone();
                        connections.spawn(async move {
                            let service = service_fn(|request| control.clone().respond(request));
                            // What goes wrong on this line is the caller's to see.
                            let _ = http1::Builder::new()
                                .timer(TokioTimer::new())
                                .serve_connection(TokioIo::new(stream), service)
                                .await;
                        });
                    }
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }

    async fn respond(
        self,
        request: Request<Incoming>,
    ) -> Result<hyper::Response<PacedBody>, Infallible> {
        let (head, body) = request.into_parts();
        let date = self.shared.clock().http_date();
        let body = Limited::new(body, 1 << 20).collect().await;
        let (status, answer) = match body {
            Err(_) => (413, json!({ "error": "the body is too large" })),
            // Changing a host waits for moments, so this is not done on an async thread.
            Ok(body) => tokio::task::spawn_blocking(move || {
                match self.route(&head.method, head.uri.path(), &body.to_bytes()) {
                    Ok(answer) => (200, answer),
                    Err((status, error)) => (status, json!({ "error": error })),
                }
            })
            .await
            .unwrap_or_else(|error| (500, json!({ "error": error.to_string() }))),
        };
        let reply = Reply::json(status, format!("{answer:#}\n"));
        Ok(reply.into_response(&date, Arc::new(Notify::new())))
    }

    fn route(&self, method: &Method, path: &str, body: &Bytes) -> Result<Value, Refused> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let done = || Ok(json!({ "ok": true }));
        match (method.as_str(), parts.as_slice()) {
            ("GET", ["ledger"]) => value(self.shared.ledger()),
            ("GET", ["ledger", number]) => match self.shared.ledger().order(number) {
                Some(order) => value(order),
                None => Err((404, format!("{number:?} was never heard of"))),
            },
            ("GET", ["requests"]) => Ok(json!({ "requests": self.shared.requests() })),
            ("GET", ["connections"]) => value(self.shared.gauge().read()),
            ("GET", ["hosts"]) => Ok(json!({ "hosts": self.hosts.states() })),
            ("POST", ["hosts", index]) => {
                let state = read::<HostBody>(body)?.state;
                let index = index
                    .parse()
                    .map_err(|_| (400, format!("{index:?} is no host number")))?;
                self.hosts
                    .set(index, state)
                    .map_err(|error| (400, error.to_string()))?;
                done()
            }
            ("POST", ["faults"]) => {
                let text = std::str::from_utf8(body).map_err(|e| (400, e.to_string()))?;
                let fault = Fault::from_json(text).map_err(|e| (400, e.to_string()))?;
                self.shared.faults().add(fault);
                done()
            }
            ("DELETE", ["faults"]) => {
                self.shared.faults().clear();
                done()
            }
            ("POST", ["payer", number]) => {
                let action = read::<PayerBody>(body)?.action;
                let state = self
                    .shared
                    .payer(number, action)
                    .map_err(|error| (409, error.to_string()))?;
                Ok(json!({ "ok": true, "state": state }))
            }
            ("GET", ["refunds", number]) => match self.shared.ledger().refund(number) {
                Some(refund) => value(refund),
                None => Err((404, format!("{number:?} was never heard of"))),
            },
            ("POST", ["refunds", number]) => {
                let action = read::<RefundBody>(body)?.action;
                let state = self
                    .shared
                    .refund_action(number, action)
                    .map_err(|error| (409, error.to_string()))?;
                Ok(json!({ "ok": true, "state": state }))
            }
            ("GET", ["rides", number]) => match self.shared.ledger().ride(number) {
                Some(ride) => value(ride),
                None => Err((404, format!("{number:?} was never heard of"))),
            },
            ("POST", ["rides", number]) => {
                let action = read::<RideBody>(body)?.action;
                let state = self
                    .shared
                    .ride_action(number, action)
                    .map_err(|error| (409, error.to_string()))?;
                Ok(json!({ "ok": true, "state": state }))
            }
            ("GET", ["ride-callback"]) => Ok(json!({ "url": self.shared.ride_callback() })),
            ("POST", ["ride-callback"]) => {
                let url = read::<CallbackBody>(body)?.url;
                self.shared
                    .set_ride_callback(url.as_deref())
                    .map_err(|error| (409, error.to_string()))?;
                done()
            }
            ("GET", ["notifications"]) => {
                Ok(json!({ "notifications": self.shared.notifications().all() }))
            }
            ("GET", ["clock"]) => {
                let clock = self.shared.clock();
                Ok(json!({ "skew_seconds": clock.skew(), "unix_seconds": clock.unix(clock.now()) }))
            }
            ("POST", ["clock"]) => {
                let skew = read::<ClockBody>(body)?.skew_seconds;
                self.shared.clock().set_skew(skew);
                done()
            }
            ("GET", ["platform-keys"]) => Ok(self.platform_keys()),
            ("POST", ["platform-keys"]) => {
                let signer = read::<SignerBody>(body)?.signer;
                self.shared
                    .keys()
                    .set_signer(signer)
                    .map_err(|error| (409, error.to_string()))?;
                done()
            }
            ("POST", ["platform-keys", "rotate"]) => {
                let serial = self.shared.keys().rotate();
                let serial = serial.map_err(|error| (500, error.to_string()))?;
                Ok(json!({ "ok": true, "serial_no": serial }))
            }
            ("POST", ["reset"]) => {
                self.shared.reset();
                done()
            }
            (
                _,
                [
                    "ledger" | "requests" | "connections" | "hosts" | "faults" | "payer"
                    | "refunds" | "rides" | "ride-callback" | "notifications" | "clock"
                    | "platform-keys" | "reset",
                    ..,
                ],
            ) => Err((405, format!("{method} {path} is not offered"))),
            _ => Err((404, format!("{path} is not here; see docs/simulator.md"))),
        }
    }

    fn platform_keys(&self) -> Value {
        let keys = self.shared.keys();
        let certificates = keys.certificates().unwrap_or_default();
        let serials: Vec<_> = certificates
            .into_iter()
            .map(|certificate| certificate.serial)
            .collect();
        json!({
            "signer": keys.signer(),
            "public_key_id": keys.public_key_id(),
            "certificates": serials,
        })
    }
}

fn value(item: impl Serialize) -> Result<Value, Refused> {
    serde_json::to_value(item).map_err(|error| (500, error.to_string()))
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| (400, error.to_string()))
}
