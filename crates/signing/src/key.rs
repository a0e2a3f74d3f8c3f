//! The private key that signs manifests and directives.

use std::fmt;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::pem::{PemObject as _, SectionKind};
use x509_parser::asn1_rs::{Any, FromDer as _, Oid};
use x509_parser::oid_registry::{
    OID_KEY_TYPE_EC_PUBLIC_KEY, OID_PKCS1_RSAENCRYPTION, OID_PKCS1_RSASSAPSS, OID_SIG_ED25519,
};
use zeroize::Zeroizing;

use crate::Signature;
use crate::pem;

/// The size of a generated key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySize {
    /// 2048 bits: what `expo-updates codesigning:generate` makes, and the fastest to sign with.
    Bits2048,
    /// 3072 bits.
    Bits3072,
    /// 4096 bits.
    Bits4096,
}

/// An RSA private key of 2048 to 8192 bits. It never prints itself, and the library that holds it wipes it when it is
/// dropped.
pub struct SigningKey {
    pair: RsaKeyPair,
    public_key_der: Vec<u8>,
}

impl SigningKey {
    /// Makes a new key from the cryptographic library's own randomness. Blocks for 0.1 s to some seconds.
    pub fn generate(size: KeySize) -> Result<Self, KeyError> {
        let size = match size {
            KeySize::Bits2048 => aws_lc_rs::rsa::KeySize::Rsa2048,
            KeySize::Bits3072 => aws_lc_rs::rsa::KeySize::Rsa3072,
            KeySize::Bits4096 => aws_lc_rs::rsa::KeySize::Rsa4096,
        };
        Self::new(RsaKeyPair::generate(size).map_err(|_| KeyError::Generate)?)
    }

    /// Reads PKCS#1 (`RSA PRIVATE KEY`, what `expo-updates codesigning:generate` writes) or PKCS#8 (`PRIVATE KEY`),
    /// unencrypted, RSA, 2048 to 8192 bits (protocol.md §5). Other blocks beside it, a certificate for one, are ignored.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let labels = pem::labels(text);
        // OpenSSL's old form keeps the plain label and tells the encryption in a header line.
        if labels.contains(&"ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
            return Err(KeyError::Encrypted);
        }
        if labels.iter().filter(|label| label.ends_with("PRIVATE KEY")).count() > 1 {
            return Err(KeyError::Several);
        }
        if !labels.iter().any(|label| matches!(*label, "RSA PRIVATE KEY" | "PRIVATE KEY")) {
            return Err(explain_labels(&labels));
        }
        for block in <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes()) {
            let (kind, der) = block.map_err(KeyError::BrokenPem)?;
            let der = Zeroizing::new(der);
            match kind {
                SectionKind::RsaPrivateKey => return Self::from_pkcs1(&der),
                SectionKind::PrivateKey => return Self::from_pkcs8(&der),
                _ => {}
            }
        }
        Err(KeyError::NotPem)
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        match RsaKeyPair::from_der(der) {
            Ok(pair) => Self::new(pair),
            Err(rejected) => Err(explain_rejection(modulus_bits(der), rejected)),
        }
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        let rejected = match RsaKeyPair::from_pkcs8(der) {
            Ok(pair) => return Self::new(pair),
            Err(rejected) => rejected,
        };
        Err(match read_pkcs8(der) {
            Some((algorithm, _)) if algorithm != OID_PKCS1_RSAENCRYPTION => {
                KeyError::NotRsa { algorithm: algorithm_name(&algorithm) }
            }
            Some((_, pkcs1)) => explain_rejection(modulus_bits(pkcs1), rejected),
            None => KeyError::Unreadable(rejected),
        })
    }

    fn new(pair: RsaKeyPair) -> Result<Self, KeyError> {
        let public_key_der = pair.public_key().as_der().map_err(|_| KeyError::Encode)?.as_ref().to_vec();
        Ok(Self { pair, public_key_der })
    }

    /// The key as PKCS#8 PEM, in a string that is wiped when dropped.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let der = self.pair.as_der().map_err(|_| KeyError::Encode)?;
        let base64 = Zeroizing::new(STANDARD.encode(der.as_ref()));
        // Big enough from the start: a string that grows leaves its old bytes behind.
        let mut text = Zeroizing::new(String::with_capacity(base64.len() / 64 + base64.len() + 64));
        text.push_str("-----BEGIN PRIVATE KEY-----\n");
        pem::push_lines(&mut text, &base64);
        text.push_str("-----END PRIVATE KEY-----\n");
        Ok(text)
    }

    /// The public half as X.509 `SubjectPublicKeyInfo`, DER.
    pub fn public_key_der(&self) -> &[u8] {
        &self.public_key_der
    }

    /// The public half as PKCS#1 `RSAPublicKey`, DER: what a certificate carries inside its key field.
    pub(crate) fn public_key_pkcs1(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// The size of the modulus in bits.
    pub fn bits(&self) -> usize {
        self.pair.public_modulus_len() * 8
    }

    /// Signs exactly these bytes: `rsa-v1_5-sha256` (protocol.md §5). The same bytes give the same signature.
    pub fn sign(&self, message: &[u8]) -> Result<Signature, KeyError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| KeyError::Sign)?;
        Ok(Signature::from_bytes(signature))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} bits, redacted)", self.bits())
    }
}

/// Why a private key could not be read or used. No message ever holds a byte of the key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No `-----BEGIN …-----` line anywhere.
    #[error("the key is not PEM text: there is no -----BEGIN RSA PRIVATE KEY----- or -----BEGIN PRIVATE KEY----- line")]
    NotPem,
    /// A PEM block that does not end, or is not base64.
    #[error("the key's PEM block is broken")]
    BrokenPem(#[source] rustls_pki_types::pem::Error),
    /// The key needs a passphrase.
    #[error("the key is encrypted; decrypt it first (openssl rsa -in key.pem -out plain.pem)")]
    Encrypted,
    /// More than one private key.
    #[error("the text holds more than one private key")]
    Several,
    /// A public key where the private one is needed.
    #[error("this is a public key; the private key is needed")]
    PublicKeyGiven,
    /// A certificate where the private key is needed.
    #[error("this is a certificate; the private key is needed")]
    CertificateGiven,
    /// Some other PEM block.
    #[error("this is a PEM block of the kind {label:?}; an RSA private key is needed")]
    OtherPem {
        /// What stands after `BEGIN`.
        label: String,
    },
    /// An elliptic-curve key or another that the client cannot verify.
    #[error("this is a private key for {algorithm}; the client verifies RSA only")]
    NotRsa {
        /// A name where there is one, else the object identifier.
        algorithm: String,
    },
    /// Fewer than 2048 bits.
    #[error("the key has {bits} bits; at least 2048 are needed")]
    TooSmall {
        /// The size of its modulus.
        bits: usize,
    },
    /// PEM around something that is no RSA private key, or one whose numbers do not fit each other.
    #[error("the key's bytes are not an RSA private key")]
    Unreadable(#[source] aws_lc_rs::error::KeyRejected),
    /// The library could not make a key.
    #[error("no key could be generated")]
    Generate,
    /// The library could not write the key.
    #[error("the key could not be encoded")]
    Encode,
    /// The library could not sign.
    #[error("the key could not sign")]
    Sign,
}

/// Which mistake a text without an RSA or PKCS#8 private key is.
fn explain_labels(labels: &[&str]) -> KeyError {
    let Some(first) = labels.first() else { return KeyError::NotPem };
    // `openssl ecparam -genkey` writes its parameters before the key.
    let label = labels.iter().find(|label| label.ends_with("PRIVATE KEY")).unwrap_or(first);
    match *label {
        "EC PRIVATE KEY" => KeyError::NotRsa { algorithm: String::from("elliptic curves") },
        "DSA PRIVATE KEY" => KeyError::NotRsa { algorithm: String::from("DSA") },
        "PUBLIC KEY" | "RSA PUBLIC KEY" => KeyError::PublicKeyGiven,
        "CERTIFICATE" => KeyError::CertificateGiven,
        label => KeyError::OtherPem { label: label.chars().take(40).collect() },
    }
}

fn explain_rejection(bits: Option<usize>, rejected: aws_lc_rs::error::KeyRejected) -> KeyError {
    match bits {
        Some(bits) if bits < 2048 => KeyError::TooSmall { bits },
        _ => KeyError::Unreadable(rejected),
    }
}

/// The algorithm and the key inside, of `PrivateKeyInfo` (RFC 5208 §5). Only used to explain a rejected key.
fn read_pkcs8(der: &[u8]) -> Option<(Oid<'_>, &[u8])> {
    let (_, info) = Any::from_der(der).ok()?;
    let (rest, _version) = Any::from_der(info.data).ok()?;
    let (rest, algorithm) = Any::from_der(rest).ok()?;
    let (_, key) = Any::from_der(rest).ok()?;
    let (_, id) = Oid::from_der(algorithm.data).ok()?;
    Some((id, key.data))
}

/// The size of the modulus of `RSAPrivateKey` (RFC 8017 §A.1.2). Only used to explain a rejected key.
fn modulus_bits(der: &[u8]) -> Option<usize> {
    let (_, key) = Any::from_der(der).ok()?;
    let (rest, _version) = Any::from_der(key.data).ok()?;
    let (_, modulus) = Any::from_der(rest).ok()?;
    let start = modulus.data.iter().position(|byte| *byte != 0)?;
    let digits = &modulus.data[start..];
    Some(digits.len() * 8 - usize::try_from(digits.first()?.leading_zeros()).ok()?)
}

fn algorithm_name(id: &Oid<'_>) -> String {
    if *id == OID_KEY_TYPE_EC_PUBLIC_KEY {
        String::from("elliptic curves")
    } else if *id == OID_SIG_ED25519 {
        String::from("Ed25519")
    } else if *id == OID_PKCS1_RSASSAPSS {
        String::from("RSA-PSS")
    } else {
        id.to_id_string()
    }
}
