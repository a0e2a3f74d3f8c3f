//! Bytes on their way in: counted, hashed, and cut into parts.

use std::error::Error;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use model::BlobHash;

use crate::BlobError;

/// The size of all parts of an upload but the last, in bytes; also what an upload keeps in memory at most, beside one
/// chunk of the stream. The clouds ask for at least 5 MiB, and some for parts of one size.
pub(crate) const PART: usize = 5 * 1024 * 1024;

/// A stream of bytes with the count and the hash of what has passed.
pub(crate) struct Incoming<S> {
    body: S,
    limit: u64,
    size: u64,
    hash: Hasher,
    /// Of the last chunk, what did not fit into the part before.
    rest: Bytes,
}

/// At most [`PART`] bytes.
pub(crate) struct Part {
    pub(crate) bytes: Bytes,
    /// Nothing comes after it.
    pub(crate) is_last: bool,
}

impl<S, E> Incoming<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    pub(crate) fn new(body: S, limit: u64) -> Self {
        Self { body, limit, size: 0, hash: Hasher::new(), rest: Bytes::new() }
    }

    /// Exactly [`PART`] bytes, or all that are left.
    pub(crate) async fn next_part(&mut self) -> Result<Part, BlobError> {
        let mut part = Vec::new();
        while part.len() < PART {
            if self.rest.is_empty() {
                match self.next_chunk().await? {
                    Some(chunk) => self.rest = chunk,
                    None => return Ok(Part { bytes: part.into(), is_last: true }),
                }
            }
            let piece = self.rest.split_to(self.rest.len().min(PART - part.len()));
            append(&mut part, &piece);
        }
        Ok(Part { bytes: part.into(), is_last: false })
    }

    /// Reads to the end without keeping anything.
    pub(crate) async fn drain(&mut self) -> Result<(), BlobError> {
        while self.next_chunk().await?.is_some() {}
        Ok(())
    }

    /// After the end: whether these were the promised bytes. Returns their number.
    pub(crate) fn check(self, expected: BlobHash) -> Result<u64, BlobError> {
        let actual = self.hash.finish();
        if actual == expected { Ok(self.size) } else { Err(BlobError::HashMismatch { expected, actual }) }
    }

    async fn next_chunk(&mut self) -> Result<Option<Bytes>, BlobError> {
        let Some(chunk) = self.body.next().await else { return Ok(None) };
        let chunk = chunk.map_err(|error| BlobError::Cut(error.into()))?;
        self.size += chunk.len() as u64;
        if self.size > self.limit {
            return Err(BlobError::TooLarge { limit: self.limit });
        }
        self.hash.update(&chunk);
        Ok(Some(chunk))
    }
}

/// Copies, since a chunk may be one byte of a large network buffer that it would keep alive; doubles, but never takes
/// more than [`PART`].
fn append(part: &mut Vec<u8>, piece: &[u8]) {
    let needed = part.len() + piece.len();
    if needed > part.capacity() {
        let capacity = needed.max(2 * part.capacity()).min(PART);
        part.reserve_exact(capacity - part.len());
    }
    part.extend_from_slice(piece);
}

/// SHA-256, as a blob's address.
pub(crate) struct Hasher(Context);

impl Hasher {
    pub(crate) fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> BlobHash {
        let mut hash = [0; 32];
        hash.copy_from_slice(self.0.finish().as_ref());
        BlobHash(hash)
    }
}

/// The address of bytes at hand.
pub(crate) fn hash_of(bytes: &[u8]) -> BlobHash {
    let mut hasher = Hasher::new();
    hasher.update(bytes);
    hasher.finish()
}
