//! Blobs on real and on failing disks, and the cache in front of them.
#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its own files may stop")]

mod cache;
mod disk;
mod failing;
