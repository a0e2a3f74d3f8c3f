//! Certificates of every right and wrong shape, made by another library than the one that reads them.

use std::sync::LazyLock;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, date_time_ymd,
};

/// RSA keys; making one takes long, so the tests share them.
static KEYS: LazyLock<[KeyPair; 3]> =
    LazyLock::new(|| std::array::from_fn(|_| KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap()));

/// The mock clock's start, 2026-01-31T09:00:00Z, in seconds.
const NOW: u64 = 1_769_850_000;
const DAY: u64 = 86_400;

/// A certificate, its key, and what it takes to issue others.
pub struct Made {
    pub pem: String,
    key: &'static KeyPair,
    params: CertificateParams,
}

impl Made {
    /// The private key, PKCS#8.
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }
}

/// Which of the shared keys.
pub fn key(number: usize) -> &'static KeyPair {
    &KEYS[number]
}

/// A code-signing certificate as it should be.
pub fn leaf() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Leaf");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    valid(params, NOW - DAY, NOW + 365 * DAY)
}

/// An authority as it should be.
pub fn authority(name: &str) -> CertificateParams {
    let mut params = leaf();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.extended_key_usages = Vec::new();
    params
}

/// The same with another validity, in seconds since 1970.
pub fn valid(mut params: CertificateParams, from: u64, until: u64) -> CertificateParams {
    let at = |seconds| date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds);
    (params.not_before, params.not_after) = (at(from), at(until));
    params
}

/// Expired a day before the mock clock starts.
pub fn expired(params: CertificateParams) -> CertificateParams {
    valid(params, NOW - 10 * DAY, NOW - DAY)
}

/// Valid from a day after the mock clock's start.
pub fn of_tomorrow(params: CertificateParams) -> CertificateParams {
    valid(params, NOW + DAY, NOW + 10 * DAY)
}

/// Signed by its own key.
pub fn self_signed(params: CertificateParams, key: &'static KeyPair) -> Made {
    let pem = params.self_signed(key).unwrap().pem();
    Made { pem, key, params }
}

/// Signed by another's key.
pub fn issued(params: CertificateParams, key: &'static KeyPair, issuer: &Made) -> Made {
    let pem = params.signed_by(key, &Issuer::from_params(&issuer.params, issuer.key)).unwrap().pem();
    Made { pem, key, params }
}
