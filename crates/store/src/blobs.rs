//! Which bytes are there, which app brought them, and in which encodings they can be sent. The bytes are the `blob`
//! room's.

use std::collections::HashMap;

use async_trait::async_trait;
use model::{AppId, BlobHash, Millis};

use crate::StoreError;

/// A content coding (RFC 9110 §8.4.1) that variants of assets are stored in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContentEncoding {
    /// `br`.
    Brotli,
    /// `gzip`.
    Gzip,
    /// `zstd`.
    Zstd,
}

impl ContentEncoding {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Brotli, Self::Gzip, Self::Zstd];

    /// The token of `accept-encoding` and `content-encoding`, also the stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// Reads the token in lower case.
    pub fn parse(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.as_str() == token)
    }
}

/// One stored variant of a blob: itself a blob, under its own hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodedBlob {
    /// The coding that makes the original of it.
    pub encoding: ContentEncoding,
    /// SHA-256 of the encoded bytes.
    pub hash: BlobHash,
    /// Their number.
    pub size: u64,
}

/// What [`Blobs::encodings`] answers: a blob that nobody tried to encode yet is not in it; one that was tried without
/// use, such as an image, has an empty list.
pub type Encodings = HashMap<BlobHash, Vec<EncodedBlob>>;

/// The rows about blobs.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Which of these, given as hash and size in bytes, the app has not uploaded itself: in the order asked, each once.
    /// That another app has them changes nothing, so a hash is neither an oracle nor a claim on somebody else's bytes
    /// (architecture.md §5). One recorded with another size counts as missing: its upload will say what is wrong.
    async fn missing_blobs(&self, app: AppId, blobs: &[(BlobHash, u64)]) -> Result<Vec<BlobHash>, StoreError>;

    /// Notes that the app uploaded these bytes, which lie verified in the blob store. Again is no error; the same hash
    /// with another size is [`StoreError::Corrupt`], and an unknown app [`StoreError::Constraint`].
    async fn record_blob(&self, app: AppId, hash: BlobHash, size: u64, now: Millis) -> Result<(), StoreError>;

    /// The known variants of these blobs.
    async fn encodings(&self, blobs: &[BlobHash]) -> Result<Encodings, StoreError>;

    /// Notes the variants that were made of a recorded blob and lie in the blob store; an empty list when none is
    /// smaller. Replaces what was noted before. An unknown blob is [`StoreError::WrongRowCount`].
    async fn record_encodings(&self, blob: BlobHash, encodings: &[EncodedBlob], now: Millis) -> Result<(), StoreError>;
}
