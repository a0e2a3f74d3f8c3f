//! Large blobs pass through without being held: alone in its process, so that its peak memory is its own.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot measure may stop")]

use std::io;

use blob::{BlobStore, ReadBlobs as _};
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

const MIB: usize = 1024 * 1024;
const SIZE: usize = 192 * MIB;

/// The most memory that this process has had resident so far, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// The same chunk again and again, made when it is asked for.
fn body(chunk: usize) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send {
    stream::iter(0..SIZE / chunk).map(move |_| Ok(Bytes::from(vec![0x5a; chunk])))
}

#[tokio::test]
async fn a_large_blob_takes_little_memory_in_and_out() {
    let directory = tempfile::tempdir().unwrap();
    let blobs = BlobStore::local(directory.path()).unwrap();
    let hash = {
        let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        (0..SIZE / 4096).for_each(|_| hash.update(&[0x5a; 4096]));
        model::BlobHash(hash.finish().as_ref().try_into().unwrap())
    };
    let before = peak();
    // New, then again, which reads the stored one too.
    for chunk in [64 * 1024, 4 * MIB] {
        let verified = blobs.stage(hash, SIZE as u64, body(chunk)).await.unwrap();
        assert_eq!(verified.size(), SIZE as u64);
    }
    let mut read = 0;
    let mut pieces = blobs.open(hash, None).await.unwrap().into_stream();
    while let Some(piece) = pieces.try_next().await.unwrap() {
        read += piece.len();
    }
    assert_eq!(read, SIZE);
    let grown = peak() - before;
    assert!(grown < 40 * MIB, "{} MiB for a blob of {} MiB", grown / MIB, SIZE / MIB);
}
