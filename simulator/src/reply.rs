//! Replies: what leaves, and how its bytes leave.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{CONNECTION, CONTENT_TYPE, DATE, HeaderName, HeaderValue, LOCATION};
use hyper::{Response, StatusCode};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{Sleep, sleep};

use crate::fault::FaultKind;
use crate::hostile::{self, Case, Raw, Step};

/// What becomes of a connection when a request was handled.
pub(crate) enum Delivery {
    /// It is cut without an answer.
    Drop,
    Send(Reply),
}

impl Delivery {
    /// What `faults` do to how a reply's bytes leave; `base` is where they come from.
    pub(crate) fn of(mut reply: Reply, faults: &[FaultKind], base: &str) -> Self {
        for fault in faults {
            match fault {
                FaultKind::DropBefore | FaultKind::DropAfter => return Self::Drop,
                FaultKind::Http { status, .. } => reply = Reply::page(*status, "Simulated fault"),
                FaultKind::Redirect { .. } => {
                    reply = Reply::page(302, "Found");
                    reply.location = Some(format!("{base}/redirected"));
                }
                FaultKind::Truncated => reply.cut = true,
                FaultKind::Slow { ms } => reply.pause = Some(Duration::from_millis(*ms)),
                FaultKind::Close => reply.ending = Ending::Announced,
                FaultKind::CloseUnannounced => reply.ending = Ending::Unannounced,
                _ => {}
            }
        }
        if let Some((case, _)) = hostile::of(faults) {
            reply.alter(case);
        }
        Self::Send(reply)
    }
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) location: Option<String>,
    /// Others.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
    /// Between two bytes.
    pub(crate) pause: Option<Duration>,
    /// The connection ends in the middle of the body.
    pub(crate) cut: bool,
    pub(crate) ending: Ending,
    /// How its bytes leave if not by HTTP's rules.
    pub(crate) steps: &'static [Step],
}

/// What becomes of the connection after the reply.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Kept,
    Announced,
    Unannounced,
}

impl Reply {
    fn new(status: u16, content_type: &'static str, body: String) -> Self {
        Self {
            status,
            content_type,
            location: None,
            headers: Vec::new(),
            body: body.into(),
            pause: None,
            cut: false,
            ending: Ending::Kept,
            steps: &[],
        }
    }

    pub(crate) fn xml(body: String) -> Self {
        Self::new(200, "text/xml; charset=utf-8", body)
    }

    pub(crate) fn json(status: u16, body: String) -> Self {
        Self::new(status, "application/json", body)
    }

    /// An HTML page such as a web server's own.
    pub(crate) fn page(status: u16, title: &str) -> Self {
        Self::new(
            status,
            "text/html",
            format!(
                "<html>\r\n<head><title>{status} {title}</title></head>\r\n\
                 <body><center><h1>{status} {title}</h1></center></body>\r\n</html>\r\n"
            ),
        )
    }

    /// What a hostile case does to what is around the body.
    fn alter(&mut self, case: &Case) {
        if let Some(status) = case.status {
            self.status = status;
        }
        hostile::told_headers(&mut self.headers, case.headers);
        self.steps = case.wire;
    }

    /// The pieces of a reply that leaves by a script.
    pub(crate) fn into_raw(self, date: &str) -> Raw {
        let mut rest = format!("content-type: {}\r\n", self.content_type);
        for (name, value) in &self.headers {
            rest.push_str(&format!("{name}: {value}\r\n"));
        }
        Raw {
            steps: self.steps,
            status: self.status,
            date: date.to_owned(),
            rest,
            body: self.body.to_vec(),
        }
    }

    /// The HTTP response; `closed` is notified when the connection is to end unannounced.
    pub(crate) fn into_response(self, date: &str, closed: Arc<Notify>) -> Response<PacedBody> {
        let length = self.body.len();
        let body = PacedBody {
            rest: if self.cut {
                self.body.slice(..length / 2)
            } else {
                self.body
            },
            length: length as u64,
            pause: self.pause,
            cut: self.cut,
            waiting: None,
            closed: (self.ending == Ending::Unannounced).then_some(closed),
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Ok(date) = HeaderValue::from_str(date) {
            headers.insert(DATE, date);
        }
        if let Some(location) = self.location.as_deref().map(HeaderValue::from_str) {
            headers.extend(location.ok().map(|location| (LOCATION, location)));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                // What is there twice is so on purpose.
                if HeaderName::from_static(name) == CONTENT_TYPE {
                    headers.remove(CONTENT_TYPE);
                }
                headers.append(name, value);
            }
        }
        if self.ending == Ending::Announced {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// A body that may dawdle, break off, or end its connection.
pub(crate) struct PacedBody {
    rest: Bytes,
    length: u64,
    pause: Option<Duration>,
    cut: bool,
    waiting: Option<Pin<Box<Sleep>>>,
    closed: Option<Arc<Notify>>,
}

/// Long enough for what was written to leave.
const FLUSH: Duration = Duration::from_millis(20);

impl Body for PacedBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if let Some(waiting) = &mut self.waiting {
            ready!(waiting.as_mut().poll(context));
            self.waiting = None;
            if self.rest.is_empty() {
                return Poll::Ready(Some(Err(std::io::Error::other("cut on purpose"))));
            }
        }
        if self.rest.is_empty() {
            if self.cut {
                self.waiting = Some(Box::pin(sleep(FLUSH)));
                return self.poll_frame(context);
            }
            return Poll::Ready(None);
        }
        let chunk = match self.pause {
            None => std::mem::take(&mut self.rest),
            Some(pause) => {
                let chunk = self.rest.split_to(1);
                if !self.rest.is_empty() {
                    self.waiting = Some(Box::pin(sleep(pause)));
                }
                chunk
            }
        };
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

impl Drop for PacedBody {
    fn drop(&mut self) {
        // While the runtime shuts down there is nothing left to close.
        if let (Some(closed), Ok(runtime)) = (self.closed.take(), Handle::try_current()) {
            runtime.spawn(async move {
                sleep(FLUSH).await;
                closed.notify_one();
            });
        }
    }
}
