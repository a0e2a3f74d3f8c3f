//! What can go wrong with a blob, by meaning.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use model::BlobHash;

/// Why a blob was not stored, found or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The bytes are not those that were promised. Nothing was stored.
    #[error("the bytes have the hash {actual}, but {expected} was promised")]
    HashMismatch {
        /// What the caller said.
        expected: BlobHash,
        /// What arrived.
        actual: BlobHash,
    },
    /// More bytes than allowed. Nothing was stored.
    #[error("the blob is larger than the {limit} bytes allowed")]
    TooLarge {
        /// In bytes.
        limit: u64,
    },
    /// The stream of incoming bytes broke. Nothing was stored.
    #[error("the upload was cut off")]
    Cut(#[source] Box<dyn Error + Send + Sync>),
    /// The disk, or the quota on it, is full. Nothing was stored.
    #[error("there is no space left to store the blob")]
    NoSpace(#[source] object_store::Error),
    /// No such blob.
    #[error("there is no blob {hash}")]
    Missing {
        /// The address that was asked.
        hash: BlobHash,
    },
    /// What lies at the address is not the blob: the disk or somebody changed it. Staging the blob again heals it.
    #[error("the stored blob {hash} is damaged")]
    Damaged {
        /// Its address.
        hash: BlobHash,
    },
    /// The range is empty or starts beyond the end.
    #[error("the range is outside of the blob's {size} bytes")]
    RangeOutside {
        /// The blob's size in bytes.
        size: u64,
    },
    /// The directory cannot be made or used.
    #[error("the blob directory {} cannot be used", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A blob's file cannot be read or synced to the disk.
    #[error("the blob's file cannot be read or synced")]
    File(#[source] io::Error),
    /// The object store failed otherwise.
    #[error("the object store failed")]
    Store(#[source] object_store::Error),
}

impl BlobError {
    /// Sorts an error that came while writing.
    pub(crate) fn writing(error: object_store::Error) -> Self {
        if is_no_space(&error) { Self::NoSpace(error) } else { Self::Store(error) }
    }

    /// Sorts an error that came while reading.
    pub(crate) fn reading(error: object_store::Error, hash: BlobHash) -> Self {
        if matches!(error, object_store::Error::NotFound { .. }) { Self::Missing { hash } } else { Self::Store(error) }
    }
}

/// The object store wraps the operating system's error in its own; its kind is what tells a full disk.
fn is_no_space(error: &object_store::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(kind: io::ErrorKind) -> object_store::Error {
        object_store::Error::Generic { store: "test", source: Box::new(io::Error::from(kind)) }
    }

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        assert!(matches!(BlobError::writing(generic(io::ErrorKind::StorageFull)), BlobError::NoSpace(_)));
        assert!(matches!(BlobError::writing(generic(io::ErrorKind::QuotaExceeded)), BlobError::NoSpace(_)));
        assert!(matches!(BlobError::writing(generic(io::ErrorKind::PermissionDenied)), BlobError::Store(_)));
    }
}
