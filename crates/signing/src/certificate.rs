//! One X.509 certificate and what the stock client asks of it.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use x509_parser::certificate::X509Certificate;
use x509_parser::error::X509Error;
use x509_parser::extensions::ParsedExtension;
use x509_parser::oid_registry::{OID_PKCS1_RSAENCRYPTION, OID_PKCS1_SHA1WITHRSA, OID_SHA1_WITH_RSA};
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::PublicKey;

use crate::pem;
use crate::{Signature, SigningKey, VerifyError};

/// Expo's certificate extension. `CertificateChain.kt` and `.swift`: `EXPO_PROJECT_INFORMATION_OID`.
const PROJECT_INFORMATION: &str = "1.2.840.113556.1.8000.2554.43437.254.128.102.157.7894389.20439.2.1";

/// The project that a certificate may sign for, from Expo's certificate extension
/// `1.2.840.113556.1.8000.2554.43437.254.128.102.157.7894389.20439.2.1`, whose value is the plain text
/// `<projectId>,<scopeKey>`. A manifest or directive signed by such a certificate must name the same two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectBinding {
    /// The project's UUID, as written.
    pub project_id: String,
    /// The scope key, such as `@owner/slug`.
    pub scope_key: String,
}

/// A parsed X.509 certificate. Cheap to clone. Parsing tells nothing about trust: ask
/// [`check_code_signing`](Self::check_code_signing), or take a [`VerifiedLeaf`](crate::VerifiedLeaf).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: Arc<[u8]>,
    facts: Arc<Facts>,
}

/// What is asked of a certificate, read once.
#[derive(Debug, PartialEq, Eq)]
struct Facts {
    subject: String,
    not_before_ms: i64,
    not_after_ms: i64,
    key: KeyFacts,
    digital_signature: bool,
    signs_certificates: bool,
    code_signing: bool,
    authority: Option<Authority>,
    unknown_critical: Option<String>,
    project: Option<ProjectBinding>,
}

/// The certificate's own public key.
#[derive(Debug, PartialEq, Eq)]
enum KeyFacts {
    /// `RSAPublicKey`, DER (RFC 8017 §A.1.1).
    Rsa { pkcs1: Vec<u8>, bits: usize },
    /// A key that the client cannot verify a signature with.
    Other,
}

/// Basic constraints that say "a certificate authority".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authority {
    /// How many authorities may stand beneath it; none given means any number.
    pub(crate) path_length: Option<u32>,
}

impl Certificate {
    /// Reads exactly one certificate from PEM text, with either line end. Other blocks, a key for one, are ignored.
    /// Checks the form only, not the validity or the usages: an expired certificate can still be listed.
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        let mut certificates = Self::all_from_pem(text)?;
        match (certificates.pop(), certificates.len()) {
            (Some(only), 0) => Ok(only),
            (_, others) => Err(CertificateError::Several { count: others + 1 }),
        }
    }

    /// Reads one or more certificates in the order of the text.
    pub(crate) fn all_from_pem(text: &str) -> Result<Vec<Self>, CertificateError> {
        let blocks = pem::certificates(text).map_err(|pem::BrokenBlock| CertificateError::BrokenPem)?;
        if blocks.is_empty() {
            return Err(explain_labels(&pem::labels(text)));
        }
        blocks.iter().map(|der| Self::from_der(der)).collect()
    }

    /// Reads one certificate from DER.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let (rest, parsed) = X509Certificate::from_der(der).map_err(unreadable)?;
        if !rest.is_empty() {
            return Err(CertificateError::TrailingBytes);
        }
        Ok(Self { der: der.into(), facts: Arc::new(read_facts(&parsed)?) })
    }

    /// The certificate as PEM with `\n` line ends and nothing around it: a form that both platforms read.
    pub fn to_pem(&self) -> String {
        pem::certificate_block(&self.der)
    }

    /// The certificate's DER.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// The subject, such as `CN=Acme`.
    pub fn subject(&self) -> &str {
        &self.facts.subject
    }

    /// The start of the validity, in milliseconds since the Unix epoch; whole seconds.
    pub fn not_before_ms(&self) -> i64 {
        self.facts.not_before_ms
    }

    /// The end of the validity, in milliseconds since the Unix epoch; whole seconds.
    pub fn not_after_ms(&self) -> i64 {
        self.facts.not_after_ms
    }

    /// The SHA-256 of the DER, which is what tools call the certificate's fingerprint.
    pub fn fingerprint_sha256(&self) -> [u8; 32] {
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(digest(&SHA256, &self.der).as_ref());
        fingerprint
    }

    /// The project it is bound to, if any.
    pub fn project(&self) -> Option<&ProjectBinding> {
        self.facts.project.as_ref()
    }

    /// Whether a client would take this certificate as the one that signs, at that time (protocol.md §5): valid, key
    /// usage *digital signature*, extended key usage *code signing* itself (*any* is not enough), and an RSA key.
    pub fn check_code_signing(&self, now_ms: i64) -> Result<(), CertificateError> {
        self.check_validity(now_ms)?;
        self.check_critical()?;
        if !self.facts.digital_signature {
            return Err(CertificateError::NoDigitalSignature);
        }
        if !self.facts.code_signing {
            return Err(CertificateError::NoCodeSigning);
        }
        match &self.facts.key {
            KeyFacts::Rsa { bits: 2048..=8192, .. } => Ok(()),
            KeyFacts::Rsa { bits, .. } => Err(CertificateError::KeySize { bits: *bits }),
            KeyFacts::Other => Err(CertificateError::NotRsa),
        }
    }

    /// Android allows both ends of the validity, iOS (`X509Certificate.checkValidity`) neither.
    pub(crate) fn check_validity(&self, now_ms: i64) -> Result<(), CertificateError> {
        if now_ms <= self.facts.not_before_ms {
            return Err(CertificateError::NotYetValid { not_before: civil(self.facts.not_before_ms) });
        }
        if now_ms >= self.facts.not_after_ms {
            return Err(CertificateError::Expired { not_after: civil(self.facts.not_after_ms) });
        }
        Ok(())
    }

    /// RFC 5280 §4.2: who does not know a critical extension refuses the certificate. iOS' trust evaluation does.
    pub(crate) fn check_critical(&self) -> Result<(), CertificateError> {
        match &self.facts.unknown_critical {
            Some(id) => Err(CertificateError::UnknownCriticalExtension { id: id.clone() }),
            None => Ok(()),
        }
    }

    /// Whether the certificate is about this key.
    pub fn fits(&self, key: &SigningKey) -> bool {
        matches!(&self.facts.key, KeyFacts::Rsa { pkcs1, .. } if pkcs1 == key.public_key_pkcs1())
    }

    /// Verifies a signature over exactly these bytes. Does not ask whether the certificate may sign or is valid.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), VerifyError> {
        let KeyFacts::Rsa { pkcs1, bits: 2048..=8192 } = &self.facts.key else { return Err(VerifyError::NotRsa) };
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pkcs1)
            .verify(message, signature.as_bytes())
            .map_err(|_| VerifyError::Mismatch)
    }

    /// The basic constraints and the *certificate signing* usage, both of which an issuer needs
    /// (`CertificateChain.kt`: `isCACertificate`).
    pub(crate) fn authority(&self) -> Option<Authority> {
        self.facts.authority.filter(|_| self.facts.signs_certificates)
    }

    /// Whether the issuer's name is the other's subject, and the other's key made this certificate's signature.
    pub(crate) fn check_issuer(&self, issuer: &Self) -> Result<(), IssuerError> {
        // Both were parsed before, so a failure here cannot happen; if it did, refusing is right.
        let (_, child) = X509Certificate::from_der(&self.der).map_err(|error| IssuerError::Signature(error.into()))?;
        let (_, parent) =
            X509Certificate::from_der(&issuer.der).map_err(|error| IssuerError::Signature(error.into()))?;
        // Byte by byte: the clients compare more loosely (letter case, string types), but not in the same way.
        if child.issuer().as_raw() != parent.subject().as_raw() {
            return Err(IssuerError::Name);
        }
        let algorithm = &child.signature_algorithm.algorithm;
        if *algorithm == OID_PKCS1_SHA1WITHRSA || *algorithm == OID_SHA1_WITH_RSA {
            return Err(IssuerError::Sha1);
        }
        child.verify_signature(Some(parent.public_key())).map_err(IssuerError::Signature)
    }
}

/// Why one certificate did not issue another.
pub(crate) enum IssuerError {
    Name,
    Sha1,
    Signature(X509Error),
}

/// Why a certificate could not be read, made, or would not be accepted by a client.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// No `-----BEGIN …-----` line anywhere.
    #[error("the certificate is not PEM text: there is no -----BEGIN CERTIFICATE----- line")]
    NotPem,
    /// Delimiters that share their line, or something else than padded base64 between them: iOS could not read it.
    #[error(
        "the certificate's PEM block is broken: between the BEGIN and END lines there must be nothing but padded base64"
    )]
    BrokenPem,
    /// A private key where the certificate is needed.
    #[error("this is a private key; the certificate is needed")]
    PrivateKeyGiven,
    /// A public key where the certificate is needed.
    #[error("this is a bare public key; the certificate is needed")]
    PublicKeyGiven,
    /// Some other PEM block.
    #[error("this is a PEM block of the kind {label:?}; a certificate is needed")]
    OtherPem {
        /// What stands after `BEGIN`.
        label: String,
    },
    /// More than one certificate where one is needed.
    #[error("the text holds {count} certificates; one is needed")]
    Several {
        /// How many.
        count: usize,
    },
    /// PEM around something that is no X.509 certificate.
    #[error("the certificate's bytes are not an X.509 certificate")]
    Unreadable(#[source] X509Error),
    /// Bytes after the certificate's end.
    #[error("there are bytes after the certificate's end")]
    TrailingBytes,
    /// Expo's extension is not `<projectId>,<scopeKey>`; the client throws when it meets it.
    #[error("the certificate's Expo project information is not \"<projectId>,<scopeKey>\"")]
    BadProjectInformation,
    /// Its validity has not begun.
    #[error("the certificate is not valid before {not_before}")]
    NotYetValid {
        /// RFC 3339.
        not_before: String,
    },
    /// Its validity is over.
    #[error("the certificate expired at {not_after}")]
    Expired {
        /// RFC 3339.
        not_after: String,
    },
    /// Without the key usage *digital signature* no client verifies with it.
    #[error("the certificate lacks the key usage \"digital signature\"")]
    NoDigitalSignature,
    /// Without the extended key usage *code signing* no client verifies with it.
    #[error("the certificate lacks the extended key usage \"code signing\" (1.3.6.1.5.5.7.3.3)")]
    NoCodeSigning,
    /// The client verifies RSA only.
    #[error("the certificate's key is not an RSA key")]
    NotRsa,
    /// Outside of 2048 to 8192 bits.
    #[error("the certificate's key has {bits} bits; 2048 to 8192 are needed")]
    KeySize {
        /// The size of its modulus.
        bits: usize,
    },
    /// A critical extension that nobody here knows.
    #[error("the certificate has a critical extension that clients do not know ({id})")]
    UnknownCriticalExtension {
        /// Its object identifier.
        id: String,
    },
    /// For issuing: 1 to 64 characters, none of them a control character (X.520's upper bound).
    #[error("the common name must have 1 to 64 characters and no control characters")]
    BadCommonName,
    /// For issuing: an end after the start, both between the years 1970 and 9999.
    #[error("the validity must end at least a second after its start, both between the years 1970 and 9999")]
    BadValidity,
    /// The library could not issue it.
    #[error("the certificate could not be issued")]
    Issue(#[source] rcgen::Error),
}

fn explain_labels(labels: &[&str]) -> CertificateError {
    match labels.first().copied() {
        None => CertificateError::NotPem,
        // Begun, but without an end.
        Some("CERTIFICATE") => CertificateError::BrokenPem,
        Some(label) if label.ends_with("PRIVATE KEY") => CertificateError::PrivateKeyGiven,
        Some(label) if label.ends_with("PUBLIC KEY") => CertificateError::PublicKeyGiven,
        Some(label) => CertificateError::OtherPem { label: label.chars().take(40).collect() },
    }
}

fn unreadable(error: impl Into<X509Error>) -> CertificateError {
    CertificateError::Unreadable(error.into())
}

fn read_facts(parsed: &X509Certificate<'_>) -> Result<Facts, CertificateError> {
    let key_usage = parsed.key_usage().map_err(unreadable)?;
    let extended_key_usage = parsed.extended_key_usage().map_err(unreadable)?;
    let basic_constraints = parsed.basic_constraints().map_err(unreadable)?;
    Ok(Facts {
        subject: parsed.subject().to_string(),
        not_before_ms: parsed.validity().not_before.timestamp() * 1000,
        not_after_ms: parsed.validity().not_after.timestamp() * 1000,
        key: read_key(parsed),
        digital_signature: key_usage.as_ref().is_some_and(|usage| usage.value.digital_signature()),
        signs_certificates: key_usage.as_ref().is_some_and(|usage| usage.value.key_cert_sign()),
        code_signing: extended_key_usage.is_some_and(|usage| usage.value.code_signing),
        authority: basic_constraints
            .filter(|constraints| constraints.value.ca)
            .map(|constraints| Authority { path_length: constraints.value.path_len_constraint }),
        unknown_critical: parsed
            .extensions()
            .iter()
            .find(|extension| {
                extension.critical
                    && matches!(
                        extension.parsed_extension(),
                        ParsedExtension::UnsupportedExtension { .. } | ParsedExtension::ParseError { .. }
                    )
                    && extension.oid.to_id_string() != PROJECT_INFORMATION
            })
            .map(|extension| extension.oid.to_id_string()),
        project: read_project(parsed)?,
    })
}

fn read_key(parsed: &X509Certificate<'_>) -> KeyFacts {
    let key = parsed.public_key();
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) if key.algorithm.algorithm == OID_PKCS1_RSAENCRYPTION => {
            KeyFacts::Rsa { pkcs1: key.subject_public_key.data.to_vec(), bits: significant_bits(rsa.modulus) }
        }
        _ => KeyFacts::Other,
    }
}

fn significant_bits(number: &[u8]) -> usize {
    let digits = &number[number.iter().take_while(|byte| **byte == 0).count()..];
    digits.first().map_or(0, |first| digits.len() * 8 - first.leading_zeros() as usize)
}

/// The extension's value is the text itself, without a DER string around it: Android decodes the octets directly.
fn read_project(parsed: &X509Certificate<'_>) -> Result<Option<ProjectBinding>, CertificateError> {
    let mut found = parsed.extensions().iter().filter(|extension| extension.oid.to_id_string() == PROJECT_INFORMATION);
    let Some(extension) = found.next() else { return Ok(None) };
    let text = std::str::from_utf8(extension.value).map_err(|_| CertificateError::BadProjectInformation)?;
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    match parts[..] {
        [project_id, scope_key] if found.next().is_none() && !text.chars().any(char::is_control) => {
            Ok(Some(ProjectBinding { project_id: project_id.to_owned(), scope_key: scope_key.to_owned() }))
        }
        _ => Err(CertificateError::BadProjectInformation),
    }
}

fn civil(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds)
        .map_or_else(|_| format!("{milliseconds} ms since 1970"), |time| time.to_string())
}
