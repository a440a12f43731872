//! The server certificates that a hostile gateway shows.

use std::sync::Arc;

use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, PKCS_ED25519,
    PKCS_RSA_SHA256, RsaKeySize, date_time_ymd,
};
use rustls::ServerConfig;
use rustls_pki_types::CertificateDer;

use crate::tls::{self, CertificateError};

/// Who signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// The authority that the till trusts.
    Trusted,
    /// An authority that nobody knows.
    Stranger,
    /// The same under the trusted one's name.
    Namesake,
    /// The certificate's own key.
    Itself,
    /// A server's certificate of the trusted authority, which is no authority itself.
    NoAuthority,
    /// An authority below the trusted one, whose certificate is not shown.
    Missing,
}

/// A certificate that is shown. The honest one is for localhost, the loopback addresses, servers and
/// the present.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// Whom it is for.
    pub names: &'static [&'static str],
    /// Its subject.
    pub common_name: &'static str,
    /// From the first day of a year to that of another.
    pub years: (i32, i32),
    /// For servers.
    pub server: bool,
    /// For clients.
    pub client: bool,
    /// It calls itself an authority.
    pub authority: bool,
    /// See [`Issuer`].
    pub issuer: Issuer,
    /// Of Ed25519, which few servers have, instead of ECDSA.
    pub ed25519: bool,
    /// An RSA key of 2048 bits instead of ECDSA.
    pub rsa: bool,
    /// The key that signs the handshake is another.
    pub other_key: bool,
}

impl Shown {
    /// The honest one.
    pub(super) const GOOD: Self = Self {
        names: &["localhost", "127.0.0.1", "::1"],
        common_name: "wxpay simulator",
        years: (2020, 2100),
        server: true,
        client: false,
        authority: false,
        issuer: Issuer::Trusted,
        ed25519: false,
        rsa: false,
        other_key: false,
    };
}

/// A server that shows it.
pub(crate) fn server_config(
    ca: &tls::Issuer,
    shown: Shown,
) -> Result<Arc<ServerConfig>, CertificateError> {
    let names: Vec<String> = shown.names.iter().map(|&name| name.to_owned()).collect();
    let key = match (shown.ed25519, shown.rsa) {
        (true, _) => KeyPair::generate_for(&PKCS_ED25519)?,
        (_, true) => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?,
        _ => KeyPair::generate()?,
    };
    let mut params = CertificateParams::new(names)?;
    let subject = &mut params.distinguished_name;
    subject.push(DnType::CommonName, shown.common_name);
    params.not_before = date_time_ymd(shown.years.0, 1, 1);
    params.not_after = date_time_ymd(shown.years.1, 1, 1);
    for (wanted, usage) in [
        (shown.server, ExtendedKeyUsagePurpose::ServerAuth),
        (shown.client, ExtendedKeyUsagePurpose::ClientAuth),
    ] {
        if wanted {
            params.extended_key_usages.push(usage);
        }
    }
    if shown.authority {
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    }
    let mut chain: Vec<CertificateDer<'static>> = Vec::new();
    let certificate = match shown.issuer {
        Issuer::Trusted => params.signed_by(&key, ca)?,
        Issuer::Stranger => {
            let stranger = tls::authority("somebody else's CA", KeyPair::generate()?)?;
            chain.push(stranger.der().clone());
            params.signed_by(&key, &stranger)?
        }
        Issuer::Namesake => {
            let namesake = tls::authority(tls::CA_NAME, KeyPair::generate()?)?;
            chain.push(namesake.der().clone());
            params.signed_by(&key, &namesake)?
        }
        Issuer::Itself => params.self_signed(&key)?,
        Issuer::NoAuthority => {
            let own = KeyPair::generate()?;
            let mut server = CertificateParams::new(["localhost".to_owned()])?;
            server
                .distinguished_name
                .push(DnType::CommonName, "a shop's own server");
            let between = server.signed_by(&own, ca)?;
            chain.push(between.der().clone());
            let issuer = rcgen::Issuer::new(server, own);
            params.signed_by(&key, &issuer)?
        }
        Issuer::Missing => {
            let between = KeyPair::generate()?;
            let mut below = CertificateParams::default();
            below
                .distinguished_name
                .push(DnType::CommonName, "an authority that is not shown");
            below.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            let issuer = rcgen::Issuer::new(below, between);
            params.signed_by(&key, &issuer)?
        }
    };
    chain.insert(0, certificate.der().clone());
    let signing = match shown.other_key {
        true => KeyPair::generate()?,
        false => key,
    };
    tls::serving(chain, &signing)
}
