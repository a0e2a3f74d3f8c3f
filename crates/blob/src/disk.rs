//! What a local directory needs beyond the object store's interface: folders that exist, bytes that survive a power
//! cut, and the sweeping of what killed uploads left.
//!
//! The local backend itself, with `with_fsync(true)`, syncs a new file before it renames it to its address and syncs
//! the folder after. Left to this module are the cases where nothing is written: a blob that already lies there may
//! have been put there a moment ago by another upload that has not come to its last sync yet, or by somebody's `cp`.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use model::BlobHash;

use crate::address;

#[derive(Debug)]
pub(crate) struct Disk {
    root: PathBuf,
}

impl Disk {
    /// Makes the folders of all blobs and syncs them, so that no upload depends on a folder that a power cut could
    /// take away. Blocks.
    pub(crate) fn prepare(root: &Path) -> io::Result<Self> {
        let folder = root.join(address::FOLDER);
        std::fs::create_dir_all(&folder)?;
        let mut made_some = false;
        for shard in address::shards() {
            match std::fs::create_dir(folder.join(shard)) {
                Ok(()) => made_some = true,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        if made_some {
            sync_folder(&folder)?;
            sync_folder(root)?;
        }
        Ok(Self { root: root.to_owned() })
    }

    /// Returns once the file at the blob's address, and its name in its folder, would survive a power cut. Cheap when
    /// they were synced before. Blocks.
    pub(crate) fn make_durable(&self, hash: BlobHash) -> io::Result<()> {
        let path = self.root.join(address::of(hash).as_ref());
        File::open(&path)?.sync_all()?;
        path.parent().map_or(Ok(()), sync_folder)
    }

    /// Removes unfinished files that nobody has written to since that time; returns how many. Blocks.
    pub(crate) fn sweep_unfinished(&self, older_than_ms: i64) -> io::Result<usize> {
        let limit = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(older_than_ms).unwrap_or(0));
        let mut removed = 0;
        for shard in address::shards() {
            let folder = match std::fs::read_dir(self.root.join(address::FOLDER).join(shard)) {
                Ok(folder) => folder,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            for entry in folder {
                let entry = entry?;
                let is_unfinished = entry.file_name().to_str().is_some_and(address::is_unfinished);
                if is_unfinished && entry.metadata()?.modified()? < limit {
                    std::fs::remove_file(entry.path())?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}

/// Folders cannot be opened for syncing on Windows; there the journal of the file system must do.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
