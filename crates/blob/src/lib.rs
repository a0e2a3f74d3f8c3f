//! Content-addressed bytes over an object store: verified before they are seen. Never knows HTTP.
//!
//! A blob's address is the SHA-256 of its bytes ([`model::BlobHash`]); it is stored once for all updates and apps, and
//! never changed. [`BlobStore::stage`] is the only way in from outside: it hashes every byte, and only bytes that have
//! the promised hash, synced to the disk, ever appear at their address. The proof is a [`VerifiedBlob`], which nothing
//! but a [`BlobStore`] can make.
//!
//! The read half is a trait of its own, [`ReadBlobs`]: delivery holds nothing else. [`CachedBlobs`] keeps small hot
//! blobs in memory in front of any reader.

mod address;
mod cache;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod disk;
mod error;
mod incoming;
mod read;
mod store;

pub use cache::{CacheLimits, CachedBlobs};
pub use error::BlobError;
pub use read::{BlobBody, BlobReader, ReadBlobs};
pub use store::{BlobStore, VerifiedBlob};
