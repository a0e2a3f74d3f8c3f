//! Secrets at rest: sealed with AES-256-GCM under a master key.
//!
//! A sealed secret is `version (1) ‖ master key fingerprint (8) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`. The first nine
//! bytes and the caller's context are authenticated with it: a secret moved to another app or key id does not open.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

const VERSION: u8 = 1;
const FINGERPRINT_LEN: usize = 8;
const HEADER_LEN: usize = 1 + FINGERPRINT_LEN;
const TAG_LEN: usize = 16;

/// 32 bytes that seal every private key of an installation. Never prints itself, is wiped when dropped.
#[derive(Clone, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// Takes 32 bytes of good randomness.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits or padded standard base64 of 32 bytes; white space around it is ignored.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim();
        // 64 characters are hexadecimal; base64 of 32 bytes has 44.
        let bytes = if text.len() == 64 { decode_hex(text) } else { STANDARD.decode(text).ok() };
        let bytes = Zeroizing::new(bytes.ok_or(MasterKeyError)?);
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return Err(MasterKeyError);
        }
        key.copy_from_slice(&bytes);
        Ok(Self(*key))
    }

    /// The key as padded standard base64, for the file or setting that keeps it.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0))
    }

    /// Tells two master keys apart without telling either.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut input = Zeroizing::new(b"updraft master key fingerprint\0".to_vec());
        input.extend_from_slice(&self.0);
        let mut fingerprint = [0; FINGERPRINT_LEN];
        fingerprint.copy_from_slice(&digest(&SHA256, &input).as_ref()[..FINGERPRINT_LEN]);
        Fingerprint(fingerprint)
    }

    /// Seals a secret for one context, such as the app's id and the key id. `nonce` is 12 random bytes, **never used
    /// twice** with one master key.
    pub fn seal(&self, plaintext: &[u8], context: &[u8], nonce: [u8; NONCE_LEN]) -> Result<Vec<u8>, SealError> {
        let header = self.header();
        let mut secret = Zeroizing::new(plaintext.to_vec());
        let tag = self
            .cipher()?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad(&header, context), &mut secret)
            .map_err(|_| SealError::TooLong)?;
        Ok([header.as_slice(), &nonce, &secret, tag.as_ref()].concat())
    }

    /// Opens what [`seal`](Self::seal) made for the same context.
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (header, rest) = sealed.split_first_chunk::<HEADER_LEN>().ok_or(SealError::NotSealed)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::NotSealed)?;
        if header[0] != VERSION {
            return Err(SealError::UnknownVersion { version: header[0] });
        }
        if ciphertext.len() < TAG_LEN {
            return Err(SealError::NotSealed);
        }
        let mut sealed_with = [0; FINGERPRINT_LEN];
        sealed_with.copy_from_slice(&header[1..]);
        if Fingerprint(sealed_with) != self.fingerprint() {
            return Err(SealError::WrongMasterKey { sealed_with: Fingerprint(sealed_with), given: self.fingerprint() });
        }
        let mut secret = Zeroizing::new(ciphertext.to_vec());
        let length = self
            .cipher()?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), aad(header, context), &mut secret)
            .map_err(|_| SealError::Damaged)?
            .len();
        secret[length..].zeroize();
        secret.truncate(length);
        Ok(secret)
    }

    fn header(&self) -> [u8; HEADER_LEN] {
        let mut header = [VERSION; HEADER_LEN];
        header[1..].copy_from_slice(&self.fingerprint().0);
        header
    }

    fn cipher(&self) -> Result<LessSafeKey, SealError> {
        UnboundKey::new(&AES_256_GCM, &self.0).map(LessSafeKey::new).map_err(|_| SealError::Damaged)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(redacted)")
    }
}

/// The first 8 bytes of a hash of a master key: names it in messages and in what it sealed. 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; FINGERPRINT_LEN]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a master key. It is not repeated here: it may be one with a slip in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 32 bytes, as 64 hexadecimal digits or as base64")]
pub struct MasterKeyError;

/// Why a secret could not be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Too short to be something sealed here.
    #[error("these bytes are not a sealed secret")]
    NotSealed,
    /// Sealed by a later version of this software.
    #[error("the secret is sealed in format {version}; this version knows format 1 only")]
    UnknownVersion {
        /// The format byte.
        version: u8,
    },
    /// The installation's master key was changed, or the database belongs to another one.
    #[error("the secret was sealed with the master key {sealed_with}, but the one given is {given}")]
    WrongMasterKey {
        /// The key it needs.
        sealed_with: Fingerprint,
        /// The key that was tried.
        given: Fingerprint,
    },
    /// The right master key, but the bytes were changed or belong to another app or key id.
    #[error("the sealed secret is damaged, or it belongs to another app or key")]
    Damaged,
    /// Longer than the cipher takes (64 GiB).
    #[error("the secret is too long to be sealed")]
    TooLong,
}

fn aad(header: &[u8; HEADER_LEN], context: &[u8]) -> Aad<Vec<u8>> {
    Aad::from([header.as_slice(), context].concat())
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok())).collect();
    let digits = Zeroizing::new(digits?);
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
