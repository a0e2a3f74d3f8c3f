//! A disk without room: who uploads is told, devices notice nothing, and with room again all goes on.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};
use tempfile::TempDir;
use testing::{Answered, Export, ExportedFile, Publisher, expect};

use crate::drain::noise;
use crate::say;
use crate::served::{PLATFORMS, hex, served};
use crate::start::{anonymous, publisher, start, url};

const DISK: usize = 8 << 20;

#[tokio::test]
async fn a_full_disk_is_told_and_costs_nothing_that_was_there() {
    let Some(disk) = SmallDisk::new() else { return };
    let data = disk.path().join("data");
    let server = start(&data).await.unwrap();
    let publisher = publisher(&server);
    let live = publisher.publish(&Export::small("1.0.0", "live"), "production").await;
    let mut next = Export::small("1.0.0", "next");
    // So large that neither preparing nor committing fits into what the database has already.
    next.config = Some(serde_json::json!({ "name": "Test", "large": hex(&noise(150_000)) }));
    let prepared = publisher.prepare(&next, "production").await;

    assert_no_space(&publisher.upload(&image(DISK + 1000)).await, "an upload that is larger than the disk");
    let small = image(100_000);
    assert_eq!(publisher.upload(&small).await.status, 204, "nothing of it is left");

    let filler = disk.fill();
    assert_no_space(&publisher.upload(&image(100_001)).await, "an upload");
    let request = Publisher::prepare_request(&next, "production");
    assert_no_space(&publisher.post("/publishes", &request).await, "preparing");
    assert_no_space(&publisher.commit(&prepared.id).await, "committing");
    for platform in PLATFORMS {
        let update = served(&anonymous(&server), platform).await.unwrap();
        assert!(live.updates.iter().any(|issued| issued.id == update.id), "{platform}");
        assert_eq!(update.download(&anonymous(&server), &url(&server)).await, 3 * 4);
    }
    assert_eq!(anonymous(&server).get("/readyz", &[]).await.status, 200);
    assert_whole_blobs(&data);

    std::fs::remove_file(filler).unwrap();
    assert_eq!(publisher.upload(&image(100_001)).await.status, 204);
    let published: api::Published = expect(&publisher.commit(&prepared.id).await);
    server.stop().await;
    let again = start(&data).await.unwrap();
    for platform in PLATFORMS {
        let update = served(&anonymous(&again), platform).await.unwrap();
        assert!(published.updates.iter().any(|issued| issued.id == update.id), "{platform}");
    }
    assert_whole_blobs(&data);
    again.stop().await;
}

/// A disk that is full when the server starts for the first time is no reason to leave half a database behind.
#[tokio::test]
async fn a_start_on_a_full_disk_fails_and_a_later_one_succeeds() {
    let Some(disk) = SmallDisk::new() else { return };
    let filler = disk.fill();
    let data = disk.path().join("data");
    assert!(start(&data).await.is_err());
    std::fs::remove_file(filler).unwrap();
    let server = start(&data).await.unwrap();
    publisher(&server).publish(&Export::small("1.0.0", "at last"), "production").await;
    server.stop().await;
}

/// A file system of its own, in memory. Needs the right to mount.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// None where mounting is not permitted: the same faults are then played by `full_objects` and `store_fails` alone.
    fn new() -> Option<Self> {
        let directory = TempDir::new().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={DISK}"), "tmpfs"])
            .arg(directory.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(directory)),
            refused => {
                let why =
                    refused.map_or_else(|error| error.to_string(), |said| String::from_utf8_lossy(&said.stderr).into());
                say(&format!("SKIPPED: no real disk was full, since a small one cannot be mounted here: {why}"));
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the room there is.
    fn fill(&self) -> PathBuf {
        let path = self.path().join("filler");
        let mut file = File::create(&path).unwrap();
        for size in [1 << 16, 1 << 12, 1] {
            let piece = vec![0; size];
            let error = std::iter::repeat_with(|| file.write_all(&piece)).find_map(Result::err).unwrap();
            assert_eq!(error.kind(), ErrorKind::StorageFull);
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a test that failed may still hold files.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn image(size: usize) -> ExportedFile {
    ExportedFile::new("a", "png", noise(size))
}

fn assert_no_space(answer: &Answered, what: &str) {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (507, "no_space"), "{what}: {text}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
}

/// Every file of the blob store is what its name says.
fn assert_whole_blobs(data_dir: &Path) {
    let mut blobs = 0;
    for shard in std::fs::read_dir(data_dir.join("blobs/blobs")).unwrap() {
        let shard = shard.unwrap();
        for file in std::fs::read_dir(shard.path()).unwrap() {
            let file = file.unwrap();
            let name = [shard.file_name(), file.file_name()].map(|part| part.into_string().unwrap()).concat();
            assert_eq!(hex(&Sha256::digest(std::fs::read(file.path()).unwrap())), name);
            blobs += 1;
        }
    }
    assert!(blobs > 0);
}
