//! The simulator's own certificate authority and what it issues.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use p12_keystore::{
    EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey, PrivateKeyChain,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize, SerialNumber, date_time_ymd,
};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use sha2::{Digest, Sha256};

use crate::hostile::{self, Hostile};
use crate::settings::{Certificate, Pkcs12, Settings};

/// Why the certificates could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// rcgen refused.
    #[error("could not issue a certificate: {0}")]
    Issue(#[from] rcgen::Error),
    /// rustls refused.
    #[error("could not set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The PKCS#12 writer refused.
    #[error("could not write the PKCS#12 file: {0}")]
    Pkcs12(#[from] p12_keystore::error::Error),
    /// A generated RSA key was not read.
    #[error("could not read an RSA key: {0}")]
    Rsa(String),
}

/// What the authority calls itself that tills trust.
pub(crate) const CA_NAME: &str = "wxpay simulator CA";

pub(crate) type Issuer = CertifiedIssuer<'static, KeyPair>;

/// Everything that is issued when a simulator starts.
pub(crate) struct Certificates {
    pub(crate) ca_pem: String,
    /// One for each host.
    pub(crate) servers: Vec<Arc<ServerConfig>>,
    /// One for each merchant, in the settings' order.
    pub(crate) clients: Vec<ClientIdentity>,
}

/// A merchant's client certificate.
pub(crate) struct ClientIdentity {
    pub(crate) mch_id: String,
    /// 40 hexadecimal digits.
    pub(crate) serial: String,
    der: Vec<u8>,
    pub(crate) certificate_pem: String,
    pub(crate) key_pem: String,
    pub(crate) pkcs12: Vec<u8>,
}

impl Certificates {
    pub(crate) fn issue(settings: &Settings) -> Result<Self, CertificateError> {
        let ca = authority(CA_NAME, KeyPair::generate()?)?;
        let clients = settings
            .merchants
            .iter()
            .map(|merchant| ClientIdentity::issue(&merchant.mch_id, &ca, settings.pkcs12))
            .collect::<Result<_, _>>()?;
        let honest = server_config(&ca, settings.certificate)?;
        let server = |host| {
            let hostile: Option<&Hostile> = settings.hostile.get(host);
            match hostile.and_then(|hostile| hostile.case().shown) {
                Some(shown) => hostile::server_config(&ca, shown),
                None => Ok(honest.clone()),
            }
        };
        Ok(Self {
            ca_pem: ca.pem(),
            servers: (0..settings.ports.len())
                .map(server)
                .collect::<Result<_, _>>()?,
            clients,
        })
    }

    pub(crate) fn owners(&self) -> HashMap<Vec<u8>, String> {
        self.clients
            .iter()
            .map(|client| (client.der.clone(), client.mch_id.clone()))
            .collect()
    }
}

/// An authority with this key. No two of a process have the same number.
pub(crate) fn authority(name: &str, key: KeyPair) -> Result<Issuer, CertificateError> {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let mut params = CertificateParams::default();
    params.serial_number = Some(NUMBER.fetch_add(1, Ordering::Relaxed).into());
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(CertifiedIssuer::self_signed(params, key)?)
}

fn server_config(ca: &Issuer, kind: Certificate) -> Result<Arc<ServerConfig>, CertificateError> {
    let names = match kind {
        Certificate::WrongHost => vec!["wrong-host.invalid".to_owned()],
        _ => ["localhost", "127.0.0.1", "::1"]
            .map(str::to_owned)
            .to_vec(),
    };
    let mut params = CertificateParams::new(names)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "wxpay simulator");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    if kind == Certificate::Expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    let key = KeyPair::generate()?;
    let certificate = if kind == Certificate::UnknownCa {
        let stranger = authority("somebody else's CA", KeyPair::generate()?)?;
        params.signed_by(&key, &stranger)?
    } else {
        params.signed_by(&key, ca)?
    };
    serving(vec![certificate.der().clone()], &key)
}

/// A server that shows `chain` and signs with `key`, which may be another than the chain's.
pub(crate) fn serving(
    chain: Vec<CertificateDer<'static>>,
    key: &KeyPair,
) -> Result<Arc<ServerConfig>, CertificateError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let key = provider.key_provider.load_private_key(key)?;
    let shown = SingleCertAndKey::from(CertifiedKey::new(chain, key));
    let config = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(Arc::new(AnyClient(provider)))
        .with_cert_resolver(Arc::new(shown));
    Ok(Arc::new(config))
}

/// A serial number of 40 hexadecimal digits that no other authority gives: every authority has a
/// key of its own, and each of its certificates a `label` of its own.
pub(crate) fn serial(issuer: &Issuer, label: &str) -> [u8; 20] {
    let mut hash = Sha256::new_with_prefix(issuer.der());
    hash.update(label);
    let mut serial = [0; 20];
    serial.copy_from_slice(&hash.finalize()[..20]);
    // Positive, and no leading zero that would be left out.
    serial[0] = serial[0] & 0x3f | 0x40;
    serial
}

/// The clients' key: RSA as at WeChat, and made once in a process because that takes long.
pub(crate) fn client_key() -> Result<&'static KeyPair, CertificateError> {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    if let Some(key) = KEY.get() {
        return Ok(key);
    }
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
    Ok(KEY.get_or_init(|| key))
}

impl ClientIdentity {
    fn issue(mch_id: &str, ca: &Issuer, pkcs12: Pkcs12) -> Result<Self, CertificateError> {
        let key = client_key()?;
        let mut params = CertificateParams::default();
        let name = &mut params.distinguished_name;
        name.push(DnType::CountryName, "CN");
        name.push(DnType::OrganizationName, "wxpay simulator merchants");
        name.push(DnType::CommonName, mch_id);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let serial = serial(ca, mch_id);
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        let certificate = params.signed_by(key, ca)?;
        Ok(Self {
            mch_id: mch_id.to_owned(),
            serial: hex::encode_upper(serial),
            der: certificate.der().to_vec(),
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            pkcs12: write_pkcs12(mch_id, key, [certificate.der(), ca.der()], pkcs12)?,
        })
    }
}

/// The password is the merchant number.
fn write_pkcs12(
    mch_id: &str,
    key: &KeyPair,
    chain: [&CertificateDer<'_>; 2],
    encryption: Pkcs12,
) -> Result<Vec<u8>, CertificateError> {
    let chain = chain
        .into_iter()
        .map(|der| p12_keystore::Certificate::from_der(der))
        .collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKey::from_der(&key.serialize_der())?;
    let entry = PrivateKeyChain::new(mch_id.as_bytes(), key, chain);
    let mut store = KeyStore::new();
    store.add_entry("Tenpay Certificate", KeyStoreEntry::PrivateKeyChain(entry));
    let (encryption, mac) = match encryption {
        Pkcs12::Legacy => (
            EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc,
            MacAlgorithm::HmacSha1,
        ),
        Pkcs12::Modern => (
            EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
            MacAlgorithm::HmacSha256,
        ),
    };
    Ok(store
        .writer(mch_id)
        .encryption_algorithm(encryption)
        .encryption_iterations(2048)
        .mac_algorithm(mac)
        .mac_iterations(2048)
        .write()?)
}

/// Lets every client through the handshake that can prove its key, as WeChat's front does; whose
/// certificate it is matters only where one is required.
#[derive(Debug)]
struct AnyClient(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use p12_keystore::Pkcs12ImportPolicy;

    use super::*;

    #[test]
    fn the_pkcs12_file_opens_with_the_merchant_number_in_both_encryptions() {
        for encryption in [Pkcs12::Legacy, Pkcs12::Modern] {
            let settings = Settings {
                pkcs12: encryption,
                ..Settings::default()
            };
            let certificates = Certificates::issue(&settings).unwrap();
            let file = &certificates.clients[0].pkcs12;
            let store =
                KeyStore::from_pkcs12(file, "10000100", Pkcs12ImportPolicy::Relaxed).unwrap();
            let (_, chain) = store.private_key_chain().unwrap();
            assert_eq!(chain.certs()[0].as_der(), certificates.clients[0].der);
            assert!(KeyStore::from_pkcs12(file, "wrong", Pkcs12ImportPolicy::Relaxed).is_err());
        }
    }
}
