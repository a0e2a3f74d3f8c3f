//! The private key that signs manifests and directives.

use std::fmt;

use zeroize::Zeroizing;

use crate::Signature;

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

/// An RSA private key of 2048 to 8192 bits. It never prints itself.
pub struct SigningKey {}

impl SigningKey {
    /// Makes a new key from the cryptographic library's own randomness. Takes a noticeable part of a second.
    pub fn generate(size: KeySize) -> Result<Self, KeyError> {
        let _ = size;
        Err(KeyError::Generate)
    }

    /// Reads PKCS#1 (`RSA PRIVATE KEY`, what `expo-updates codesigning:generate` writes) or PKCS#8 (`PRIVATE KEY`).
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let _ = text;
        Err(KeyError::NotPem)
    }

    /// The key as PKCS#8 PEM, in a string that is wiped when dropped.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        Err(KeyError::Encode)
    }

    /// The public half as X.509 `SubjectPublicKeyInfo`, DER.
    pub fn public_key_der(&self) -> &[u8] {
        &[]
    }

    /// Signs exactly these bytes: `rsa-v1_5-sha256` (protocol.md §5).
    pub fn sign(&self, message: &[u8]) -> Result<Signature, KeyError> {
        let _ = message;
        Err(KeyError::Sign)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(redacted)")
    }
}

/// Why a private key could not be read or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No `-----BEGIN …-----` anywhere.
    #[error("the key is not PEM text (no -----BEGIN … PRIVATE KEY----- line)")]
    NotPem,
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
