//! Whom the transport trusts, who it is, and words for what goes wrong with either.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::version::{TLS12, TLS13};
use rustls::{AlertDescription, CertificateError, ClientConfig, Error, RootCertStore};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::ConfigError;

/// A chain, leaf first, and its key.
pub(super) type Credentials<'a> = (&'a [CertificateDer<'static>], &'a PrivateKeyDer<'static>);

/// TLS 1.2 and 1.3; the built-in roots and `extra_roots`; shows `credentials` to a server that asks.
pub(super) fn client_config(
    extra_roots: &[CertificateDer<'static>],
    credentials: Option<Credentials<'_>>,
) -> Result<Arc<ClientConfig>, ConfigError> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    for root in extra_roots {
        roots.add(root.clone()).map_err(|error| {
            ConfigError(format!(
                "transport.ca_file: not a usable CA certificate: {error}"
            ))
        })?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|error| ConfigError(format!("TLS: {error}")))?
        .with_root_certificates(roots);
    let config = match credentials {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => builder
            .with_client_auth_cert(chain.to_vec(), key.clone_key())
            .map_err(|error| {
                ConfigError(format!(
                    "client_certificate: cannot be used for TLS: {error}"
                ))
            })?,
    };
    Ok(Arc::new(config))
}

/// What `error` means to the person who set the till up.
pub(super) fn explain(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(fault) => explain_certificate(fault),
        Error::InvalidMessage(_) => "the server does not speak TLS on this port".to_owned(),
        Error::PeerIncompatible(_) | Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            "the server offers no TLS 1.2 or newer that this library accepts".to_owned()
        }
        Error::AlertReceived(alert) => match alert {
            AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
                "the server wants a client certificate: set client_certificate".to_owned()
            }
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied => {
                format!("the server did not accept the client certificate ({alert:?})")
            }
            _ => format!("the server broke off the TLS connection ({alert:?})"),
        },
        other => format!("TLS: {other}"),
    }
}

fn explain_certificate(fault: &CertificateError) -> String {
    match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "certificate expired (or this machine's clock is wrong)".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "certificate not valid yet (is this machine's clock right?)".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "certificate not valid for this host name".to_owned()
        }
        CertificateError::UnknownIssuer => {
            "certificate from an unknown issuer: add the CA with transport.ca_file".to_owned()
        }
        // By a CA of a trusted name, but another key: a test CA that was made anew.
        CertificateError::BadSignature => {
            "certificate not signed by the CA it names: is transport.ca_file the current one?"
                .to_owned()
        }
        CertificateError::Revoked => "certificate revoked".to_owned(),
        other => format!("certificate refused: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_file_that_holds_no_certificate_is_refused_by_the_name_of_its_setting() {
        let garbage = CertificateDer::from(vec![1, 2, 3]);
        let error = client_config(&[garbage], None).unwrap_err();
        assert!(error.0.starts_with("transport.ca_file: "), "{error}");
    }

    #[test]
    fn a_client_certificate_that_cannot_be_used_is_refused_by_the_name_of_its_setting() {
        let chain = [CertificateDer::from(vec![1, 2, 3])];
        let key = PrivateKeyDer::Pkcs8(vec![1, 2, 3].into());
        let error = client_config(&[], Some((&chain, &key))).unwrap_err();
        assert!(error.0.starts_with("client_certificate: "), "{error}");
    }

    #[test]
    fn an_alert_about_our_certificate_is_not_taken_for_one_about_theirs() {
        let refused = explain(&Error::AlertReceived(AlertDescription::UnknownCA));
        assert!(refused.contains("client certificate"), "{refused}");
        let missing = explain(&Error::AlertReceived(AlertDescription::CertificateRequired));
        assert!(missing.contains("set client_certificate"), "{missing}");
    }
}
