//! What must be true after each kill, and in the end.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use blob::BlobStore;
use model::{AppSlug, Millis, Platform, UpdateId};
use store::{Apps, Blobs, History, ReadControl, StoredUpdate};
use store_sqlite::SqliteStore;

use super::cut::Left;
use crate::process::{PUBLIC_URL, ServerProcess};
use crate::served::{PLATFORMS, Served, served};

const LIMIT: u64 = 1 << 30;

/// What devices were promised and have seen.
pub struct Audit {
    data_dir: PathBuf,
    /// Every publish that a publisher was told of, oldest first.
    acknowledged: Vec<api::Published>,
    /// By platform, the newest that a device was served.
    seen: HashMap<&'static str, Served>,
}

impl Audit {
    /// Of a server on this directory.
    pub fn new(data_dir: &Path) -> Self {
        Self { data_dir: data_dir.to_owned(), acknowledged: Vec::new(), seen: HashMap::new() }
    }

    /// The server's data directory.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The publisher was told that this is published.
    pub fn acknowledged(&mut self, published: &api::Published) {
        if self.acknowledged.last() != Some(published) {
            self.acknowledged.push(published.clone());
        }
    }

    /// After a kill devices get the last acknowledged publish or, where the publisher never heard, the one that it asked
    /// for: both platforms the same one. Whether it is that.
    pub async fn after_kill(&mut self, server: &ServerProcess, left: &Left) -> bool {
        let ids = self.look(server).await;
        if let Left::Committing(prepared) = left
            && ids.iter().eq(prepared.updates.iter().map(|update| &update.id))
        {
            return true;
        }
        let last = self.acknowledged.last().unwrap();
        assert!(ids.iter().eq(last.updates.iter().map(|update| &update.id)), "devices get {ids:?}, not {last:?}");
        false
    }

    /// Devices get the last acknowledged publish.
    pub async fn served(&mut self, server: &ServerProcess) {
        assert!(!self.after_kill(server, &Left::Nothing).await);
    }

    /// Plays a device of each platform: the answer is whole, and never older than one before. Returns the updates' ids.
    async fn look(&mut self, server: &ServerProcess) -> Vec<String> {
        let caller = server.anonymous();
        let mut ids = Vec::new();
        for platform in PLATFORMS {
            let update = served(&caller, platform).await.unwrap();
            if self.seen.get(platform) != Some(&update) {
                update.download(&caller, PUBLIC_URL).await;
                if let Some(before) = self.seen.insert(platform, update.clone()) {
                    assert!(before.created_at < update.created_at, "{platform}: {before:?} {update:?}");
                }
            }
            ids.push(update.id);
        }
        ids
    }

    /// Opens what the last kill left without a server, and reads all of it: every update with every byte that it names.
    pub async fn everything(&self) {
        let store = SqliteStore::open(&self.data_dir.join("updraft.sqlite")).await.unwrap();
        let blobs = BlobStore::local(self.data_dir.join("blobs")).unwrap();
        let app = store.app(&AppSlug::parse("default").unwrap()).await.unwrap().unwrap().id;
        let mut updates: Vec<StoredUpdate> = Vec::new();
        let control = store.control(app, Millis(0)).await.unwrap().unwrap().control;
        for past in &control.entries {
            updates.push(store.update(app, past.entry.id).await.unwrap().unwrap());
        }
        for platform in [Platform::Android, Platform::Ios] {
            let mut newest: Vec<(u64, Millis)> = updates
                .iter()
                .filter(|update| update.past.lane.platform == platform)
                .map(|update| (update.past.version, update.past.entry.created_at))
                .collect();
            newest.sort_unstable();
            assert!(newest.is_sorted_by(|(_, before), (_, after)| before < after), "{platform}: createdAt rises");
        }
        let ids: Vec<UpdateId> = updates.iter().map(|update| update.past.entry.id).collect();
        let told = self.acknowledged.iter().flat_map(|published| &published.updates);
        let mut promised = 0;
        for update in told {
            assert!(ids.iter().any(|id| id.to_string() == update.id), "{} was acknowledged and is lost", update.id);
            promised += 1;
        }
        assert_eq!(ids.len(), promised, "every publish was repeated until it was acknowledged, so there is no other");
        let mut hashes: Vec<_> = updates.iter().flat_map(|update| &update.assets).map(|asset| asset.hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        let encodings = store.encodings(&hashes).await.unwrap();
        let variants: Vec<_> = encodings.values().flatten().map(|variant| variant.hash).collect();
        assert!(!variants.is_empty());
        for hash in hashes.into_iter().chain(variants) {
            blobs.read(hash, LIMIT).await.unwrap();
        }
        store.close().await;
    }
}

/// Every file beneath a directory.
pub fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
