//! What the client keeps on disk: its `updates` and `assets` tables, its JSON data and the files beside them
//! (`UpdateDao`, `AssetDao`, `JSONDataDao`, `UpdatesDatabase`).

use std::collections::{BTreeMap, BTreeSet};

use protocol::Platform;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::fields::Fields;
use crate::refusal::{Law, Refusal};
use crate::rule::Rule;

/// What updates are stored under: `updates.url` and the request headers in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Configuration {
    pub(crate) url: String,
    pub(crate) request_headers: BTreeMap<String, String>,
}

impl Configuration {
    pub(crate) fn new(url: &str, request_headers: &[(String, String)]) -> Self {
        Self { url: String::from(url), request_headers: request_headers.iter().cloned().collect() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// The manifest is stored, not all assets are.
    Pending,
    /// Complete.
    Ready,
    /// Inside the binary, nothing copied. Only iOS leaves a loaded update so; Android marks it ready.
    Embedded,
}

/// A row of `updates`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UpdateRow {
    pub(crate) id: Uuid,
    pub(crate) commit_time_ms: i64,
    pub(crate) runtime_version: String,
    pub(crate) configuration: Configuration,
    /// None for an embedded update, which has no metadata.
    pub(crate) metadata: Option<Map<String, Value>>,
    pub(crate) status: Status,
    pub(crate) successful_launches: u32,
    pub(crate) failed_launches: u32,
    /// The names of its files; empty for an embedded update.
    pub(crate) files: Vec<String>,
}

/// Everything that survives the end of the process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Database {
    /// In the order of insertion.
    updates: Vec<UpdateRow>,
    /// File name by asset key.
    assets: BTreeMap<String, String>,
    /// Keys of assets that lie in a binary (Android).
    pub(crate) embedded_keys: BTreeSet<String>,
    files: BTreeSet<String>,
    pub(crate) filters: Option<Fields>,
    pub(crate) server_defined_headers: Option<Fields>,
    pub(crate) extra_params: Vec<(String, String)>,
    /// The build data: what the stored updates belong to.
    pub(crate) configuration: Option<Configuration>,
}

impl Database {
    pub(crate) fn updates(&self) -> impl DoubleEndedIterator<Item = &UpdateRow> {
        self.updates.iter()
    }

    pub(crate) fn update(&self, id: Uuid) -> Option<&UpdateRow> {
        self.updates.iter().find(|row| row.id == id)
    }

    pub(crate) fn update_mut(&mut self, id: Uuid) -> Option<&mut UpdateRow> {
        self.updates.iter_mut().find(|row| row.id == id)
    }

    /// `INSERT INTO updates`.
    pub(crate) fn insert(&mut self, row: UpdateRow, law: Law) -> Result<(), Refusal> {
        self.require_free_time(row.id, row.commit_time_ms, law)?;
        self.updates.push(row);
        Ok(())
    }

    /// `UPDATE updates SET commit_time`.
    pub(crate) fn set_commit_time(&mut self, id: Uuid, commit_time_ms: i64, law: Law) -> Result<(), Refusal> {
        self.require_free_time(id, commit_time_ms, law)?;
        if let Some(row) = self.update_mut(id) {
            row.commit_time_ms = commit_time_ms;
        }
        Ok(())
    }

    /// `UNIQUE(scope_key, commit_time)`. The scope key of a bare app is its URL, which one device does not change.
    fn require_free_time(&self, id: Uuid, commit_time_ms: i64, law: Law) -> Result<(), Refusal> {
        let taken = self.updates.iter().find(|row| row.id != id && row.commit_time_ms == commit_time_ms);
        law.require(Rule::CommitTimesAreUnique, taken.is_none(), || {
            let other = taken.map(|row| row.id).unwrap_or_default();
            format!("{id} has the time {commit_time_ms} ms, which the stored update {other} has")
        })
    }

    /// The ids that failed at least once, the latest first, at most five.
    pub(crate) fn recent_failures(&self, law: Law) -> Vec<Uuid> {
        const LIMIT: usize = 5;
        let mut failed: Vec<&UpdateRow> = self.updates.iter().filter(|row| row.failed_launches > 0).collect();
        if law.has(Rule::FiveLatestFailuresAreSent) {
            failed.sort_by_key(|row| std::cmp::Reverse(row.commit_time_ms));
            failed.truncate(LIMIT);
        }
        failed.into_iter().map(|row| row.id).collect()
    }

    /// The file under which an asset lies already: by its key's row, else by its own name.
    pub(crate) fn existing_file(&self, key: Option<&str>, file_name: &str) -> Option<String> {
        let by_key = key.and_then(|key| self.assets.get(key)).filter(|file| self.files.contains(*file));
        by_key.cloned().or_else(|| self.files.contains(file_name).then(|| String::from(file_name)))
    }

    pub(crate) fn add_file(&mut self, file_name: &str) {
        self.files.insert(String::from(file_name));
    }

    pub(crate) fn add_asset(&mut self, key: &str, file_name: &str) {
        self.assets.insert(String::from(key), String::from(file_name));
    }

    pub(crate) fn delete_updates(&mut self, ids: &[Uuid]) {
        self.updates.retain(|row| !ids.contains(&row.id));
    }

    /// `deleteUnusedAssets` and the files that go with them.
    pub(crate) fn delete_unused_files(&mut self) {
        let used: BTreeSet<&String> = self.updates.iter().flat_map(|row| &row.files).collect();
        self.files.retain(|file| used.contains(file));
        let files = &self.files;
        self.assets.retain(|_, file| files.contains(file));
    }

    /// `ensureBuildDataIsConsistent`. iOS means to delete the JSON data too, but its statement names a column `keys`
    /// that does not exist, so filters, server-defined headers and extra parameters stay.
    pub(crate) fn adopt(&mut self, configuration: &Configuration, law: Law) {
        let is_other = self.configuration.as_ref().is_some_and(|stored| stored != configuration);
        if is_other && law.has(Rule::ChangedConfigurationWipes) {
            self.updates.clear();
            if law.platform == Platform::Android {
                self.filters = None;
                self.server_defined_headers = None;
                self.extra_params.clear();
            }
        }
        self.configuration = Some(configuration.clone());
    }

    /// `ManifestMetadata.saveMetadata`, `setMetadata`.
    pub(crate) fn keep_headers(&mut self, filters: Option<&Fields>, server_defined: Option<&Fields>, law: Law) {
        keep(&mut self.filters, filters, law);
        keep(&mut self.server_defined_headers, server_defined, law);
    }
}

fn keep(stored: &mut Option<Fields>, sent: Option<&Fields>, law: Law) {
    match sent {
        Some(sent) if law.has(Rule::HeadersReplaceTheWhole) => *stored = Some(sent.clone()),
        Some(sent) => stored.get_or_insert_default().extend(sent.clone()),
        None if law.has(Rule::AbsentHeadersAreKept) => {}
        None => *stored = None,
    }
}
