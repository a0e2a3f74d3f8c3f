//! Certificates of every right and wrong shape.

use std::sync::LazyLock;

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, date_time_ymd,
};
use signing::{Certificate, CertificateError, KeySize, SigningKey};

/// 2027-01-15T08:00:00Z.
pub const NOW: i64 = 1_800_000_000_000;
/// A day, in milliseconds.
pub const DAY: i64 = 86_400_000;

/// What `expo-updates codesigning:generate` wrote (see vectors/keys/README.md).
pub const EXPO_PRIVATE_KEY: &str = include_str!("../../../../vectors/keys/expo-generated/test-private-key.pem");
pub const EXPO_PUBLIC_KEY: &str = include_str!("../../../../vectors/keys/expo-generated/test-public-key.pem");
pub const EXPO_CERTIFICATE: &str = include_str!("../../../../vectors/keys/expo-generated/test-certificate.pem");

/// One key for all tests that need any key.
pub static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(KeySize::Bits2048).unwrap());

/// RSA keys for roots, intermediates and leaves.
pub static RSA: LazyLock<[KeyPair; 4]> =
    LazyLock::new(|| std::array::from_fn(|_| KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap()));

/// What a certificate shall say.
#[derive(Clone)]
pub struct Shape {
    pub name: &'static str,
    pub is_ca: IsCa,
    pub usages: Vec<KeyUsagePurpose>,
    pub extended: Vec<ExtendedKeyUsagePurpose>,
    pub extensions: Vec<CustomExtension>,
    pub validity: (i64, i64),
}

impl Shape {
    /// A code-signing certificate as it should be.
    pub fn leaf(name: &'static str) -> Self {
        Self {
            name,
            is_ca: IsCa::NoCa,
            usages: vec![KeyUsagePurpose::DigitalSignature],
            extended: vec![ExtendedKeyUsagePurpose::CodeSigning],
            extensions: Vec::new(),
            validity: (NOW - DAY, NOW + DAY),
        }
    }

    /// An authority as it should be, without a path length.
    pub fn authority(name: &'static str) -> Self {
        Self {
            is_ca: IsCa::Ca(BasicConstraints::Unconstrained),
            usages: vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign],
            extended: Vec::new(),
            ..Self::leaf(name)
        }
    }

    pub fn path_length(mut self, length: u8) -> Self {
        self.is_ca = IsCa::Ca(BasicConstraints::Constrained(length));
        self
    }

    pub fn project(self, value: &str) -> Self {
        self.extension(
            &[1, 2, 840, 113_556, 1, 8000, 2554, 43437, 254, 128, 102, 157, 7_894_389, 20439, 2, 1],
            value.as_bytes(),
            false,
        )
    }

    pub fn extension(mut self, id: &[u64], value: &[u8], critical: bool) -> Self {
        let mut extension = CustomExtension::from_oid_content(id, value.to_vec());
        extension.set_criticality(critical);
        self.extensions.push(extension);
        self
    }

    pub fn validity(mut self, not_before_ms: i64, not_after_ms: i64) -> Self {
        self.validity = (not_before_ms, not_after_ms);
        self
    }

    /// Signed by its own key.
    pub fn self_signed(self, key: &KeyPair) -> Issued<'_> {
        let params = self.params();
        let certificate = params.self_signed(key).unwrap();
        Issued { certificate: Certificate::from_pem(&certificate.pem()).unwrap(), params, key }
    }

    /// As [`self_signed`](Self::self_signed), for shapes that are not read.
    pub fn try_self_signed(self, key: &KeyPair) -> Result<Certificate, CertificateError> {
        Certificate::from_pem(&self.params().self_signed(key).unwrap().pem())
    }

    /// Signed by another's key.
    pub fn issued_by<'a>(self, issuer: &Issued<'_>, key: &'a KeyPair) -> Issued<'a> {
        let params = self.params();
        let certificate = params.signed_by(key, &Issuer::from_params(&issuer.params, issuer.key)).unwrap();
        Issued { certificate: Certificate::from_pem(&certificate.pem()).unwrap(), params, key }
    }

    fn params(self) -> CertificateParams {
        let at = |ms: i64| date_time_ymd(1970, 1, 1) + std::time::Duration::from_millis(u64::try_from(ms).unwrap());
        let mut params = CertificateParams::default();
        params.not_before = at(self.validity.0);
        params.not_after = at(self.validity.1);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, self.name);
        params.is_ca = self.is_ca;
        params.key_usages = self.usages;
        params.extended_key_usages = self.extended;
        params.custom_extensions = self.extensions;
        params
    }
}

/// A certificate that can issue further ones.
pub struct Issued<'a> {
    pub certificate: Certificate,
    params: CertificateParams,
    key: &'a KeyPair,
}
