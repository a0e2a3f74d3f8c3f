//! What happens on a real directory.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use blob::{BlobError, BlobStore, ReadBlobs as _};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use model::BlobHash;

const LIMIT: u64 = 1 << 30;
const LARGE: usize = 6 * 1024 * 1024;

/// All files beneath a directory, sorted.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn body(bytes: &[u8]) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send + use<> {
    let pieces: Vec<_> = bytes.chunks(65_536).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces)
}

/// The address that `put_bytes` gives these bytes elsewhere.
async fn hash_of(bytes: &[u8]) -> BlobHash {
    BlobStore::in_memory().put_bytes(Bytes::copy_from_slice(bytes)).await.unwrap().hash()
}

#[tokio::test]
async fn a_blob_lies_under_its_hash_and_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("not").join("there yet");
    let hash = BlobStore::local(&root).unwrap().put_bytes("hello".into()).await.unwrap().hash();
    let digits = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    assert_eq!(hash.to_string(), digits);
    assert_eq!(files(&root), [root.join("blobs").join(&digits[..2]).join(&digits[2..])]);
    let again = BlobStore::local(&root).unwrap();
    assert_eq!(again.read(hash, 5).await.unwrap(), "hello");
    assert_eq!(again.verify(hash).await.unwrap().unwrap().size(), 5);
}

#[tokio::test]
async fn nothing_is_left_of_a_refused_upload() {
    let directory = tempfile::tempdir().unwrap();
    let blobs = BlobStore::local(directory.path()).unwrap();
    for length in [1000, LARGE] {
        let bytes = vec![7; length];
        let hash = hash_of(&bytes).await;
        let cut = body(&bytes).take(length / 65_536).chain(stream::iter([Err(io::Error::other("cut"))]));
        assert!(matches!(blobs.stage(hash, LIMIT, cut).await, Err(BlobError::Cut(_))));
        assert!(matches!(
            blobs.stage(BlobHash([0; 32]), LIMIT, body(&bytes)).await,
            Err(BlobError::HashMismatch { .. })
        ));
        let limit = length as u64 - 1;
        assert!(matches!(blobs.stage(hash, limit, body(&bytes)).await, Err(BlobError::TooLarge { .. })));
        assert_eq!(files(directory.path()), [] as [PathBuf; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn uploads_of_one_blob_on_many_threads_leave_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let blobs = BlobStore::local(directory.path()).unwrap();
    let bytes = vec![3; LARGE];
    let hash = hash_of(&bytes).await;
    let mut uploads = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (blobs, body) = (blobs.clone(), body(&bytes));
        uploads.spawn(async move { blobs.stage(hash, LIMIT, body).await });
    }
    for outcome in uploads.join_all().await {
        assert_eq!(outcome.unwrap().hash(), hash);
    }
    assert_eq!(files(directory.path()).len(), 1);
    assert!(blobs.read(hash, LIMIT).await.unwrap() == bytes);
}

#[tokio::test]
async fn an_abandoned_upload_takes_its_file_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let blobs = BlobStore::local(directory.path()).unwrap();
    let (stalled, stalls) = tokio::sync::oneshot::channel();
    let silence = stream::once(async move {
        stalled.send(()).unwrap();
        std::future::pending().await
    });
    {
        let mut staging = Box::pin(blobs.stage(BlobHash([7; 32]), LIMIT, body(&vec![7; LARGE]).chain(silence)));
        tokio::select! {
            result = &mut staging => panic!("finished without the rest: {result:?}"),
            _ = stalls => assert_eq!(files(directory.path()).len(), 1, "a part was written"),
        }
    }
    // The file goes on another thread.
    tokio::time::timeout(Duration::from_mins(1), async {
        while !files(directory.path()).is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn leftovers_of_a_killed_process_are_swept_and_blobs_are_not() {
    let directory = tempfile::tempdir().unwrap();
    let blobs = BlobStore::local(directory.path()).unwrap();
    let hash = blobs.put_bytes("kept".into()).await.unwrap().hash();
    let kept = files(directory.path());
    let shard = directory.path().join("blobs").join("ab");
    let leftovers = [format!("{}#1", "cd".repeat(31)), format!("{}#12", "ef".repeat(31))].map(|name| shard.join(name));
    for path in &leftovers {
        std::fs::write(path, "half of").unwrap();
    }
    let written = leftovers[0].metadata().unwrap().modified().unwrap();
    let written = i64::try_from(written.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let hour = 3_600_000;
    assert_eq!(blobs.sweep_temporary(written - hour).await.unwrap(), 0, "they may still be written to");
    assert_eq!(files(directory.path()).len(), 3);
    assert_eq!(blobs.sweep_temporary(written + hour).await.unwrap(), 2);
    assert_eq!(files(directory.path()), kept);
    assert_eq!(blobs.read(hash, 4).await.unwrap(), "kept");
}

#[tokio::test]
async fn a_leftover_does_not_hinder_the_next_upload() {
    let directory = tempfile::tempdir().unwrap();
    let blobs = BlobStore::local(directory.path()).unwrap();
    let bytes = vec![9; LARGE];
    let hash = hash_of(&bytes).await;
    let digits = hash.to_string();
    let leftover = directory.path().join("blobs").join(&digits[..2]).join(format!("{}#1", &digits[2..]));
    std::fs::write(&leftover, "half of").unwrap();
    assert_eq!(blobs.size(hash).await.unwrap(), None, "an unfinished file is no blob");
    blobs.stage(hash, LIMIT, body(&bytes)).await.unwrap();
    assert!(blobs.read(hash, LIMIT).await.unwrap() == bytes);
}

#[tokio::test]
async fn a_file_cut_while_it_is_read_ends_in_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let blobs = BlobStore::local(directory.path()).unwrap();
    let hash = blobs.put_bytes(vec![1; 1_000_000].into()).await.unwrap().hash();
    let mut pieces = blobs.open(hash, None).await.unwrap().into_stream();
    assert!(pieces.next().await.unwrap().is_ok());
    std::fs::File::options().write(true).open(&files(directory.path())[0]).unwrap().set_len(300_000).unwrap();
    let mut outcome = Ok(Bytes::new());
    while let Some(piece) = pieces.next().await {
        outcome = piece;
        if outcome.is_err() {
            break;
        }
    }
    assert!(matches!(outcome, Err(BlobError::Damaged { .. })), "{outcome:?}");
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = BlobStore::local(file.join("blobs")).unwrap_err();
    assert!(matches!(&error, BlobError::Directory { path, .. } if path.starts_with(&file)), "{error:?}");
}

/// A small file system in memory, unmounted at the end.
struct Tmpfs {
    directory: tempfile::TempDir,
}

impl Tmpfs {
    /// `None` where mounting is not allowed.
    fn mount(options: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(directory.path()).output().ok()?;
        mount.status.success().then_some(Self { directory })
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.directory.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_refuses_uploads_and_keeps_what_it_has() {
    let Some(disk) = Tmpfs::mount("size=8m") else {
        eprintln!("SKIPPED a_full_disk_refuses_uploads_and_keeps_what_it_has: mounting a tmpfs is not allowed here");
        return;
    };
    let root = disk.directory.path();
    let blobs = BlobStore::local(root).unwrap();
    let kept = blobs.put_bytes(vec![1; 2_000_000].into()).await.unwrap().hash();
    // One that fills the disk with its second part, one with its only part.
    for length in [9_000_000, 20_000_000] {
        let bytes = vec![2; length];
        let hash = hash_of(&bytes).await;
        let error = blobs.stage(hash, LIMIT, body(&bytes)).await.unwrap_err();
        assert!(matches!(error, BlobError::NoSpace(_)), "{error:?}");
        let error = blobs.put_bytes(bytes.into()).await.unwrap_err();
        assert!(matches!(error, BlobError::NoSpace(_)), "{error:?}");
        assert_eq!(files(root).len(), 1, "nothing of a refused upload takes space");
    }
    assert_eq!(blobs.verify(kept).await.unwrap().unwrap().size(), 2_000_000);
    let small = vec![3; 3_000_000];
    blobs.stage(hash_of(&small).await, LIMIT, body(&small)).await.unwrap();
}
