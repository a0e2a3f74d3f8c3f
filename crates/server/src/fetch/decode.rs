//! From the pieces of a body to the hash of what a phone makes of it, bounded in memory and in size.

use std::io::{Error, ErrorKind, Write};

use bytes::Bytes;
use model::BlobHash;
use publishing::ports::FetchError;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::Receiver;

/// A content coding that every phone takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Brotli,
    Gzip,
}

impl Coding {
    /// Reads the token in lower case.
    pub fn parse(token: &str) -> Option<Self> {
        match token {
            "identity" | "" => Some(Self::Identity),
            "br" => Some(Self::Brotli),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            _ => None,
        }
    }
}

/// How a body is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decoding {
    pub coding: Coding,
    /// Bytes of the file.
    pub largest: u64,
}

/// Bytes of output at a time.
const BUFFER: usize = 16 << 10;

impl Decoding {
    /// Takes the coding off piece by piece and hashes what comes out. Blocks until the last piece was sent.
    pub fn hash(self, pieces: Receiver<Bytes>) -> Result<BlobHash, FetchError> {
        let file = File { hash: Sha256::new(), left: self.largest };
        let file = match self.coding {
            Coding::Identity => write_all(file, pieces),
            Coding::Gzip => {
                write_all(flate2::write::GzDecoder::new(file), pieces).and_then(flate2::write::GzDecoder::finish)
            }
            Coding::Brotli => write_all(Brotli::into(file), pieces).and_then(Brotli::finish),
        };
        match file {
            Ok(file) => Ok(BlobHash(file.hash.finalize().into())),
            Err(error) if error.kind() == ErrorKind::FileTooLarge => Err(FetchError::TooLarge { limit: self.largest }),
            Err(_) => Err(FetchError::Undecodable),
        }
    }
}

fn write_all<W: Write>(mut to: W, mut pieces: Receiver<Bytes>) -> Result<W, Error> {
    while let Some(piece) = pieces.blocking_recv() {
        to.write_all(&piece)?;
    }
    Ok(to)
}

/// The brotli of RFC 7932, which is all that a phone decodes.
struct Brotli {
    decoder: brotli::DecompressorWriter<File>,
    begun: bool,
}

impl Brotli {
    fn into(file: File) -> Self {
        Self { decoder: brotli::DecompressorWriter::new(file, BUFFER), begun: false }
    }

    fn finish(self) -> Result<File, Error> {
        self.decoder.into_inner().map_err(|_| ErrorKind::UnexpectedEof.into())
    }
}

impl Write for Brotli {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        if let Some(first) = bytes.first()
            && !std::mem::replace(&mut self.begun, true)
            && is_large_window(*first)
        {
            return Err(ErrorKind::InvalidData.into());
        }
        self.decoder.write(bytes)
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.decoder.flush()
    }
}

/// Whether a stream that begins so announces a window of up to a gigabyte. RFC 7932 §9.1 has no meaning for these seven bits;
/// the decoder takes them for that extension, and would allocate the window.
const fn is_large_window(first: u8) -> bool {
    first & 0x7f == 0b001_0001
}

/// A file that is only hashed, and counted.
struct File {
    hash: Sha256,
    left: u64,
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or(ErrorKind::FileTooLarge)?;
        self.hash.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }
}
