//! One X.509 certificate and what the stock client asks of it.

use crate::{Signature, SigningKey, VerifyError};

/// The project that a certificate may sign for, from Expo's certificate extension
/// `1.2.840.113556.1.8000.2554.43437.254.128.102.157.7894389.20439.2.1` (`<projectId>,<scopeKey>`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectBinding {
    /// The project's UUID.
    pub project_id: String,
    /// The scope key, such as `@owner/slug`.
    pub scope_key: String,
}

/// A parsed X.509 certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    subject: String,
}

impl Certificate {
    /// Reads exactly one certificate.
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        let _ = text;
        Err(CertificateError::NotPem)
    }

    /// The certificate as PEM with `\n` line ends: the one form that both platforms read.
    pub fn to_pem(&self) -> String {
        String::new()
    }

    /// The subject, such as `CN=Acme`.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The start of the validity.
    pub fn not_before_ms(&self) -> i64 {
        0
    }

    /// The end of the validity.
    pub fn not_after_ms(&self) -> i64 {
        0
    }

    /// Whether a client would take this certificate as the one that signs, at that time.
    pub fn check_code_signing(&self, now_ms: i64) -> Result<(), CertificateError> {
        let _ = now_ms;
        Err(CertificateError::NotPem)
    }

    /// Whether the certificate is about this key.
    pub fn fits(&self, key: &SigningKey) -> bool {
        let _ = key;
        false
    }

    /// Verifies a signature over exactly these bytes.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), VerifyError> {
        let _ = (message, signature);
        Err(VerifyError::Mismatch)
    }

    /// The project it is bound to, if any.
    pub fn project(&self) -> Option<&ProjectBinding> {
        None
    }

    /// The SHA-256 of the DER.
    pub fn fingerprint_sha256(&self) -> [u8; 32] {
        [0; 32]
    }

    /// Issues a self-signed code-signing certificate.
    pub fn self_signed(
        key: &SigningKey,
        common_name: &str,
        not_before_ms: i64,
        not_after_ms: i64,
        serial: [u8; 16],
    ) -> Result<Self, CertificateError> {
        let _ = (key, common_name, not_before_ms, not_after_ms, serial);
        Err(CertificateError::NotPem)
    }
}

/// Why a certificate could not be read or would not be accepted.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// No `-----BEGIN CERTIFICATE-----` anywhere.
    #[error("the certificate is not PEM text (no -----BEGIN CERTIFICATE----- line)")]
    NotPem,
}
