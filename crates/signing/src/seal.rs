//! Secrets at rest: sealed with AES-256-GCM under a master key.

use std::fmt;

use zeroize::Zeroizing;

/// 32 bytes that seal every private key of an installation. Never prints itself.
pub struct MasterKey {}

impl MasterKey {
    /// Takes the raw bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let _ = bytes;
        Self {}
    }

    /// Seals a secret for one context.
    pub fn seal(&self, plaintext: &[u8], context: &[u8], nonce: [u8; 12]) -> Result<Vec<u8>, SealError> {
        let _ = (plaintext, context, nonce);
        Err(SealError::NotSealed)
    }

    /// Opens what [`seal`](Self::seal) made for the same context.
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let _ = (sealed, context);
        Err(SealError::NotSealed)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(redacted)")
    }
}

/// Why a sealed secret could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Too short to be something sealed here.
    #[error("these bytes are not a sealed secret")]
    NotSealed,
}
