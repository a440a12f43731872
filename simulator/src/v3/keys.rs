//! RSA keys and certificates: the platform's, which sign answers, and the merchants', which sign
//! requests. Written for the simulator alone, with a library of its own.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{
    CertificateParams, DnType, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize, SerialNumber,
    date_time_ymd,
};
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::pkcs8::DecodePrivateKey;
use rsa::sha2::Sha256;
use rsa::signature::{Keypair, SignatureEncoding, Signer, Verifier};

use crate::settings::{PlatformKeys, PlatformSigner, Settings};
use crate::tls::{self, CertificateError, Certificates, Issuer};

/// Everything that signs or verifies on APIv3.
pub(crate) struct Keys {
    root: Issuer,
    /// By serial number: whose certificate it is, and its key.
    merchants: HashMap<String, (String, VerifyingKey<Sha256>)>,
    offered: PlatformKeys,
    public_key: &'static PlatformKey,
    public_key_id: String,
    public_key_pem: String,
    state: Mutex<State>,
}

struct State {
    /// Oldest first; the last one is the one that may sign.
    certificates: Vec<PlatformCertificate>,
    signer: PlatformSigner,
}

/// A certificate of the platform that clients may know.
#[derive(Clone)]
pub(crate) struct PlatformCertificate {
    /// 40 hexadecimal digits.
    pub(crate) serial: String,
    pub(crate) pem: String,
    key: &'static PlatformKey,
}

/// Years in which platform certificates become and cease to be valid, on 1 January.
pub(crate) const VALID_YEARS: (i32, i32) = (2025, 2035);

/// Why a kind of key cannot sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} does not sign here: settings.platform_keys is {1:?}")]
pub struct SignerError(PlatformSigner, PlatformKeys);

impl Keys {
    pub(crate) fn new(
        settings: &Settings,
        certificates: &Certificates,
    ) -> Result<Self, CertificateError> {
        let merchant_key = signing_key(tls::client_key()?)?.verifying_key();
        let merchants = certificates.clients.iter().map(|client| {
            let owner = (client.mch_id.clone(), merchant_key.clone());
            (client.serial.clone(), owner)
        });
        let public_key = PlatformKey::get(Purpose::PublicKey)?;
        let mch_id = &settings.merchants[0].mch_id;
        let keys = Self {
            root: root()?,
            merchants: merchants.collect(),
            offered: settings.platform_keys,
            public_key,
            public_key_id: format!("PUB_KEY_ID_01{mch_id:0>10}2025010100000000000001"),
            public_key_pem: public_key.pair.public_key_pem(),
            state: Mutex::new(State {
                certificates: Vec::new(),
                signer: match settings.platform_keys {
                    PlatformKeys::Certificates => PlatformSigner::Certificate,
                    PlatformKeys::PublicKey => PlatformSigner::PublicKey,
                    PlatformKeys::Both => settings.platform_signer,
                },
            }),
        };
        keys.rotate()?;
        Ok(keys)
    }

    /// Signs with the platform's present key: `Wechatpay-Serial`, and the signature in base64.
    pub(crate) fn sign_platform(&self, message: &[u8]) -> (String, String) {
        let state = self.state();
        let newest = state.certificates.last();
        match (state.signer, newest) {
            (PlatformSigner::Certificate, Some(certificate)) => {
                (certificate.serial.clone(), certificate.key.sign(message))
            }
            _ => (self.public_key_id.clone(), self.public_key.sign(message)),
        }
    }

    /// Signs with a key that nobody was told of, under a serial number of the kind in use.
    pub(crate) fn sign_as_stranger(
        &self,
        message: &[u8],
    ) -> Result<(String, String), CertificateError> {
        let serial = match self.state().signer {
            PlatformSigner::Certificate => {
                hex::encode_upper(tls::serial(&self.root, "somebody else's certificate"))
            }
            PlatformSigner::PublicKey => {
                format!("PUB_KEY_ID_01{:0>10}2025010100000000000009", 9)
            }
        };
        let key = PlatformKey::get(Purpose::Stranger)?;
        Ok((serial, key.sign(message)))
    }

    /// The merchant whose certificate has this serial number.
    pub(crate) fn owner(&self, serial: &str) -> Option<&str> {
        self.merchants
            .get(serial)
            .map(|(mch_id, _)| mch_id.as_str())
    }

    /// Whether the owner of `serial` signed `message`; the signature is base64.
    pub(crate) fn verify(&self, serial: &str, message: &[u8], signature: &str) -> bool {
        let Some((_, key)) = self.merchants.get(serial) else {
            return false;
        };
        verify(key, message, signature)
    }

    /// The certificates that are handed out, oldest first; `None`: none at all.
    pub(crate) fn certificates(&self) -> Option<Vec<PlatformCertificate>> {
        (self.offered != PlatformKeys::PublicKey).then(|| self.state().certificates.clone())
    }

    pub(crate) fn certificates_pem(&self) -> Vec<String> {
        let list = self.certificates().unwrap_or_default();
        list.into_iter()
            .map(|certificate| certificate.pem)
            .collect()
    }

    pub(crate) fn root_pem(&self) -> String {
        self.root.pem()
    }

    pub(crate) fn public_key_pem(&self) -> &str {
        &self.public_key_pem
    }

    pub(crate) fn public_key_id(&self) -> &str {
        &self.public_key_id
    }

    /// What signs at present.
    pub(crate) fn signer(&self) -> PlatformSigner {
        self.state().signer
    }

    pub(crate) fn set_signer(&self, signer: PlatformSigner) -> Result<(), SignerError> {
        match (self.offered, signer) {
            (PlatformKeys::Certificates, PlatformSigner::PublicKey)
            | (PlatformKeys::PublicKey, PlatformSigner::Certificate) => {
                Err(SignerError(signer, self.offered))
            }
            _ => {
                self.state().signer = signer;
                Ok(())
            }
        }
    }

    /// Issues one more certificate, with another key than the last one's; returns its serial number.
    pub(crate) fn rotate(&self) -> Result<String, CertificateError> {
        let mut state = self.state();
        let number = state.certificates.len();
        let key = PlatformKey::get(Purpose::Certificate(number))?;
        let serial = tls::serial(&self.root, &format!("platform certificate {number}"));
        let mut params = CertificateParams::default();
        let name = &mut params.distinguished_name;
        name.push(DnType::CountryName, "CN");
        name.push(DnType::OrganizationName, "wxpay simulator");
        name.push(DnType::CommonName, "wxpay simulator platform");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.not_before = date_time_ymd(VALID_YEARS.0, 1, 1);
        params.not_after = date_time_ymd(VALID_YEARS.1, 1, 1);
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        let certificate = params.signed_by(&key.pair, &self.root)?;
        let serial = hex::encode_upper(serial);
        state.certificates.push(PlatformCertificate {
            serial: serial.clone(),
            pem: certificate.pem(),
            key,
        });
        Ok(serial)
    }

    /// A panic elsewhere does not make the data unusable: every change is a single step.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `signature` (base64) is `key`'s over `message`: SHA256withRSA, PKCS#1 v1.5.
fn verify(key: &VerifyingKey<Sha256>, message: &[u8], signature: &str) -> bool {
    let Ok(signature) = BASE64_STANDARD.decode(signature) else {
        return false;
    };
    Signature::try_from(signature.as_slice())
        .is_ok_and(|signature| key.verify(message, &signature).is_ok())
}

fn signing_key(pair: &KeyPair) -> Result<SigningKey<Sha256>, CertificateError> {
    let key = RsaPrivateKey::from_pkcs8_der(&pair.serialize_der())
        .map_err(|error| CertificateError::Rsa(error.to_string()))?;
    Ok(SigningKey::new(key))
}

/// A new root: RSA as WeChat's, another key than the last one's, and a name that no other has.
fn root() -> Result<Issuer, CertificateError> {
    static ROOTS: AtomicUsize = AtomicUsize::new(0);
    let number = ROOTS.fetch_add(1, Ordering::Relaxed);
    let key = PlatformKey::get(Purpose::Root(number))?;
    let key = KeyPair::try_from(key.pair.serialize_der())?;
    tls::authority(&format!("wxpay simulator platform CA {number}"), key)
}

/// What a key of the platform is for.
#[derive(Clone, Copy)]
enum Purpose {
    /// The root with this number; neighbours have different keys.
    Root(usize),
    /// The certificate with this number; neighbours have different keys.
    Certificate(usize),
    PublicKey,
    Stranger,
}

/// An RSA key of the platform. It is made once in a process because that takes long, and simulators
/// in the same process share it; their certificates and ids differ.
struct PlatformKey {
    pair: KeyPair,
    signing: SigningKey<Sha256>,
}

impl PlatformKey {
    fn get(purpose: Purpose) -> Result<&'static Self, CertificateError> {
        const CERTIFICATES: usize = 3;
        const ROOTS: usize = 2;
        static KEYS: [OnceLock<PlatformKey>; CERTIFICATES + 2 + ROOTS] =
            [const { OnceLock::new() }; CERTIFICATES + 2 + ROOTS];
        let key = &KEYS[match purpose {
            Purpose::Certificate(number) => number % CERTIFICATES,
            Purpose::PublicKey => CERTIFICATES,
            Purpose::Stranger => CERTIFICATES + 1,
            Purpose::Root(number) => CERTIFICATES + 2 + number % ROOTS,
        }];
        if let Some(key) = key.get() {
            return Ok(key);
        }
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
        let signing = signing_key(&pair)?;
        Ok(key.get_or_init(|| Self { pair, signing }))
    }

    fn sign(&self, message: &[u8]) -> String {
        BASE64_STANDARD.encode(self.signing.sign(message).to_bytes())
    }
}

#[cfg(test)]
mod tests;
