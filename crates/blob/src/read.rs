//! The read half: what delivery sees of blobs.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use model::BlobHash;
use object_store::{GetResult, GetResultPayload};

use crate::BlobError;
use crate::incoming::hash_of;

/// How much of a file is read at a time, in bytes: what a response holds in memory, beside the connection's buffer.
const CHUNK: usize = 256 * 1024;

/// Reads blobs and can do nothing else with them.
#[async_trait::async_trait]
pub trait ReadBlobs: Send + Sync {
    /// Opens a blob, whole or from `start` to before `end`; an end beyond the blob's is the blob's end.
    ///
    /// [`BlobError::Missing`] when there is no such blob, [`BlobError::RangeOutside`] when the range is empty or
    /// starts at or beyond the end.
    async fn open(&self, hash: BlobHash, range: Option<Range<u64>>) -> Result<BlobReader, BlobError>;

    /// The whole blob if it is at hand without waiting. The shortest way for a hot one; `None` says nothing.
    fn in_memory(&self, hash: BlobHash) -> Option<Bytes> {
        let _ = hash;
        None
    }
}

/// An open blob.
#[derive(Debug)]
pub struct BlobReader {
    /// The size of the whole blob in bytes.
    pub size: u64,
    /// What `body` holds of it; the whole is `0..size`.
    pub range: Range<u64>,
    /// The bytes of that range.
    pub body: BlobBody,
}

/// A blob's bytes.
pub enum BlobBody {
    /// All at hand, shared with everybody who reads them.
    Memory(Bytes),
    /// In pieces of at most 256 KiB from a local disk, of the store's own size from elsewhere. It ends with an error
    /// when bytes are missing, never short.
    Stream(BoxStream<'static, Result<Bytes, BlobError>>),
}

impl BlobReader {
    /// A range of bytes at hand.
    pub(crate) fn from_memory(whole: &Bytes, range: Option<Range<u64>>) -> Result<Self, BlobError> {
        let size = whole.len() as u64;
        let range = range.map_or(Ok(0..size), |range| clamp(range, size))?;
        let outside = |_| BlobError::RangeOutside { size };
        let start = usize::try_from(range.start).map_err(outside)?;
        let end = usize::try_from(range.end).map_err(outside)?;
        Ok(Self { size, range, body: BlobBody::Memory(whole.slice(start..end)) })
    }

    pub(crate) fn from_store(hash: BlobHash, found: GetResult) -> Self {
        let (size, range) = (found.meta.size, found.range.clone());
        let body = match found.payload {
            // The store's own stream over a file reads 8 KiB at a time, each with a hop to another thread.
            GetResultPayload::File(file, _) => stream_file(hash, file, range.clone()),
            GetResultPayload::Stream(stream) => stream.map_err(move |error| BlobError::reading(error, hash)).boxed(),
        };
        Self { size, range, body: BlobBody::Stream(body) }
    }

    /// All bytes of the range, as pieces.
    pub fn into_stream(self) -> BoxStream<'static, Result<Bytes, BlobError>> {
        match self.body {
            BlobBody::Memory(bytes) => stream::iter([Ok(bytes)]).boxed(),
            BlobBody::Stream(stream) => stream,
        }
    }

    /// The whole blob, checked against its hash. `limit` bounds the memory it takes.
    pub(crate) async fn into_verified_bytes(self, hash: BlobHash, limit: u64) -> Result<Bytes, BlobError> {
        let capacity = match usize::try_from(self.size) {
            Ok(size) if self.size <= limit => size,
            _ => return Err(BlobError::TooLarge { limit }),
        };
        let mut bytes = BytesMut::with_capacity(capacity);
        let mut pieces = self.into_stream();
        while let Some(piece) = pieces.try_next().await? {
            bytes.extend_from_slice(&piece);
        }
        let bytes = bytes.freeze();
        if hash_of(&bytes) == hash { Ok(bytes) } else { Err(BlobError::Damaged { hash }) }
    }
}

impl std::fmt::Debug for BlobBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Memory(bytes) => write!(f, "Memory({} bytes)", bytes.len()),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// The part of a range that lies within the blob.
pub(crate) fn clamp(range: Range<u64>, size: u64) -> Result<Range<u64>, BlobError> {
    let end = range.end.min(size);
    if range.start < end { Ok(range.start..end) } else { Err(BlobError::RangeOutside { size }) }
}

fn stream_file(hash: BlobHash, file: File, range: Range<u64>) -> BoxStream<'static, Result<Bytes, BlobError>> {
    stream::try_unfold((file, range), move |(file, range)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let task = tokio::task::spawn_blocking(move || read_piece(file, range));
        let (file, range, piece) =
            task.await.map_err(io::Error::other).and_then(|read| read).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => BlobError::Damaged { hash },
                _ => BlobError::File(error),
            })?;
        Ok(Some((piece, (file, range))))
    })
    .boxed()
}

/// Reads the next piece of the range; what is left of the range comes back with the file.
fn read_piece(mut file: File, range: Range<u64>) -> io::Result<(File, Range<u64>, Bytes)> {
    let length = (range.end - range.start).min(CHUNK as u64);
    let mut piece = Vec::with_capacity(CHUNK.min(usize::try_from(length).unwrap_or(CHUNK)));
    file.seek(SeekFrom::Start(range.start))?;
    if (&mut file).take(length).read_to_end(&mut piece)? as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok((file, range.start + length..range.end, piece.into()))
}
