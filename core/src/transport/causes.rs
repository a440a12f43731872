//! Words for what goes wrong with a connection, for the log: what, and the remedy if there is one.

use std::io::{self, ErrorKind};

use ureq::Error;

use super::tls;

/// Why there is no connection; nothing of a request was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct DialError(pub(super) String);

/// The other side, or a cut, ended the connection without the proper TLS farewell: whatever came
/// before may be incomplete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection broke off")]
pub(super) struct BrokenOff;

/// Whether the other side ended the connection in the middle of something.
pub(super) fn broke_off(error: &Error) -> bool {
    match error {
        Error::Other(error) => error.is::<BrokenOff>(),
        Error::Io(error) => matches!(
            error.kind(),
            ErrorKind::UnexpectedEof
                | ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe
        ),
        _ => false,
    }
}

/// What `error` means, without the phase it happened in.
pub(super) fn explain(error: &Error) -> String {
    match error {
        Error::HostNotFound => "host name not found".to_owned(),
        Error::Rustls(error) => tls::explain(error),
        Error::Io(error) => explain_io(error),
        Error::ConnectProxyFailed(reason) => {
            // "proxy server responded 407/407": the status is all that ureq tells.
            let status = reason.rsplit('/').next().unwrap_or_default();
            match status {
                "407" => "the proxy refused: 407, it wants a user name and a password in \
                          transport.proxy"
                    .to_owned(),
                _ if status.bytes().all(|byte| byte.is_ascii_digit()) => {
                    format!("the proxy refused: {status}")
                }
                _ => format!("the proxy failed: {reason}"),
            }
        }
        Error::Protocol(error) => format!("not an HTTP answer: {error}"),
        Error::LargeResponseHeader(_, limit) => {
            format!("the answer's header is larger than {limit} bytes")
        }
        // What it quotes may hold an access token.
        Error::BadUri(_) => "the request's address cannot be used".to_owned(),
        other => other.to_string(),
    }
}

fn explain_io(error: &io::Error) -> String {
    let inner = error.get_ref();
    if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return tls::explain(error);
    }
    match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            "no route to the host: is this machine on-line?".to_owned()
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_quoted_by_its_status_and_407_by_its_remedy() {
        let refused = |reason: &str| explain(&Error::ConnectProxyFailed(reason.to_owned()));
        assert_eq!(
            refused("proxy server responded 502/502"),
            "the proxy refused: 502"
        );
        assert!(refused("proxy server responded 407/407").contains("transport.proxy"));
        assert_eq!(
            refused("proxy server did not respond"),
            "the proxy failed: proxy server did not respond"
        );
    }

    #[test]
    fn an_address_is_never_quoted() {
        let quoting = Error::BadUri("https://a.example/?access_token=hunter2".to_owned());
        assert!(!explain(&quoting).contains("hunter2"));
    }

    #[test]
    fn a_tls_error_is_explained_also_from_inside_an_io_error() {
        let tls = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
        let error = Error::Io(io::Error::new(ErrorKind::InvalidData, tls));
        assert!(explain(&error).contains("certificate expired"));
    }

    #[test]
    fn an_end_of_the_connection_is_told_from_other_errors() {
        for kind in [
            ErrorKind::UnexpectedEof,
            ErrorKind::ConnectionReset,
            ErrorKind::BrokenPipe,
        ] {
            assert!(broke_off(&Error::Io(kind.into())), "{kind}");
        }
        assert!(broke_off(&Error::Other(Box::new(BrokenOff))));
        assert!(!broke_off(&Error::Io(ErrorKind::ConnectionRefused.into())));
        assert!(!broke_off(&Error::HostNotFound));
    }
}
