//! A signature over exact bytes.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// An RSASSA-PKCS1-v1_5 signature with SHA-256. Its length is that of the key's modulus: 256 bytes for RSA-2048.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Signature(Vec<u8>);

impl Signature {
    /// Takes raw signature bytes; whether they fit anything is told by
    /// [`Certificate::verify`](crate::Certificate::verify).
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Reads padded standard base64 on one line, the only form that both platforms take (protocol.md §5): Android's
    /// decoder is lenient, iOS' refuses white space and missing padding.
    pub fn from_base64(text: &str) -> Result<Self, SignatureError> {
        STANDARD.decode(text).map(Self).map_err(SignatureError)
    }

    /// The form of `sig` in `expo-signature`: padded standard base64 on one line.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(&self.0)
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", self.to_base64())
    }
}

/// The text is not a signature in padded standard base64.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a signature is padded standard base64 on one line")]
pub struct SignatureError(#[source] base64::DecodeError);

/// A signature was not made over these bytes by this certificate's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Another key, or other bytes.
    #[error("the signature was not made over these bytes with this certificate's key")]
    Mismatch,
    /// The certificate's key is not an RSA key of 2048 to 8192 bits, so the client has no way to use it.
    #[error("the certificate's key is not an RSA key of 2048 to 8192 bits")]
    NotRsa,
}
