//! Loading: from an accepted answer to an update on disk (`Loader`, `RemoteLoader`, `AppLoader`, `RemoteAppLoader`,
//! `FileDownloader`).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use protocol::Platform;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::answer::{Answer, Instruction};
use crate::database::{Status, UpdateRow};
use crate::device::Device;
use crate::fields::Fields;
use crate::manifest::{AcceptedManifest, Asset};
use crate::refusal::{Refusal, quote};
use crate::request::{AssetCheck, asset_headers};
use crate::rule::Rule;
use crate::selection::{KeepReason, Verdict};

/// What a load needs next.
#[derive(Debug, Clone, PartialEq)]
pub enum Loading {
    /// Nothing: this came of it.
    Done(Outcome),
    /// These files, all at once; then [`Device::finish_load`].
    Assets(Vec<AssetRequest>),
}

/// What came of a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The answer had no update.
    Nothing,
    /// The update is not taken.
    Kept(KeepReason),
    /// The update is stored and runs from the next launch on, if the launcher then chooses it.
    Downloaded {
        /// Its id.
        id: Uuid,
    },
    /// The update was stored before.
    AlreadyStored {
        /// Its id.
        id: Uuid,
    },
    /// The embedded update carries the directive's time and runs from the next launch on.
    RolledBack,
    /// The roll back is not later than what runs, or there is no embedded update.
    RollBackIgnored,
    /// Some files did not come: the load failed. What came stays on disk; the next load asks for the rest.
    Incomplete {
        /// The names of the missing files.
        missing: Vec<String>,
    },
}

/// A request for one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetRequest {
    /// What [`Device::take_asset`] knows the file by.
    pub file_name: String,
    /// Where to get it.
    pub url: String,
    /// The headers, one value a name, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The unpadded base64url SHA-256 that the manifest gives.
    pub expected_hash: Option<String>,
    /// The asset's key.
    pub key: Option<String>,
    /// Whether this is the launch asset.
    pub is_launch_asset: bool,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is on disk.
    Stored,
    /// The answer was a patch. The device applies none, so it does what a client does whose patch failed: it asks again,
    /// without `a-im`.
    AskAgain(AssetRequest),
}

/// A load that waits for files.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    manifest: AcceptedManifest,
    filters: Option<Fields>,
    server_defined: Option<Fields>,
    /// By file name.
    missing: BTreeMap<String, Asset>,
    /// The name under which each asset lies or will lie.
    files: Vec<(Option<String>, String)>,
}

impl Device {
    /// `Updates.fetchUpdateAsync` and the load at start: takes an answer as far as it goes without the network. Filters
    /// and server-defined headers are kept once the load is finished, whatever came of it.
    pub fn load(&mut self, answer: Answer) -> Result<Loading, Refusal> {
        self.load = None;
        let Answer { instruction, filters, server_defined_headers } = answer;
        match instruction {
            Instruction::Nothing | Instruction::NoUpdateAvailable => {
                self.keep_headers(filters.as_ref(), server_defined_headers.as_ref(), false);
                Ok(Loading::Done(Outcome::Nothing))
            }
            Instruction::RollBackToEmbedded { commit_time_ms } => {
                self.keep_headers(filters.as_ref(), server_defined_headers.as_ref(), false);
                self.roll_back(commit_time_ms, filters.as_ref()).map(Loading::Done)
            }
            Instruction::Update(manifest) => match self.judge(&manifest, filters.as_ref()) {
                Verdict::Keep(reason) => {
                    self.keep_headers(filters.as_ref(), server_defined_headers.as_ref(), false);
                    Ok(Loading::Done(Outcome::Kept(reason)))
                }
                Verdict::Load(_) => self.load_update(*manifest, filters, server_defined_headers),
            },
        }
    }

    /// Takes one file as it came. `body` is what comes after decompression.
    pub fn take_asset(
        &mut self,
        file_name: &str,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Taken, Refusal> {
        let law = self.law();
        let asset = self.load.as_ref().and_then(|load| load.missing.get(file_name));
        // Nobody waits for it: it came twice, or after the load was given up.
        let Some(asset) = asset.cloned() else { return Ok(Taken::Stored) };
        law.require(Rule::AssetStatusIsSuccess, (200..300).contains(&status), || {
            format!("the status of {} is {status}", quote(&asset.url))
        })?;
        if is_patch(status, headers) {
            return Ok(Taken::AskAgain(self.asset_request(&asset, false)));
        }
        if let Some(expected) = &asset.hash {
            let actual = URL_SAFE_NO_PAD.encode(Sha256::digest(body));
            law.require(Rule::AssetHashMatches, *expected == actual, || {
                format!("{} has the hash {actual}, the manifest says {}", quote(&asset.url), quote(expected))
            })?;
        }
        self.database.add_file(&asset.file_name);
        if let Some(load) = &mut self.load {
            load.missing.remove(file_name);
        }
        Ok(Taken::Stored)
    }

    /// Ends the load: the update is ready, or the load has failed because files are missing.
    pub fn finish_load(&mut self) -> Outcome {
        let Some(load) = self.load.take() else { return Outcome::Nothing };
        for (key, file) in &load.files {
            if let Some(key) = key.as_deref().filter(|_| !load.missing.contains_key(file)) {
                self.database.add_asset(key, file);
            }
        }
        if !load.missing.is_empty() {
            return Outcome::Incomplete { missing: load.missing.into_keys().collect() };
        }
        let id = load.manifest.id;
        if let Some(row) = self.database.update_mut(id) {
            row.status = Status::Ready;
            row.files = load.files.into_iter().map(|(_, file)| file).collect();
        }
        self.keep_headers(load.filters.as_ref(), load.server_defined.as_ref(), true);
        Outcome::Downloaded { id }
    }

    fn load_update(
        &mut self,
        manifest: AcceptedManifest,
        filters: Option<Fields>,
        server_defined: Option<Fields>,
    ) -> Result<Loading, Refusal> {
        let law = self.law();
        let id = manifest.id;
        let stored = self.database.update(id).map(|row| row.status);
        if stored == Some(Status::Ready) && law.has(Rule::StoredIsNotLoadedAgain) {
            self.keep_headers(filters.as_ref(), server_defined.as_ref(), true);
            return Ok(Loading::Done(Outcome::AlreadyStored { id }));
        }
        if stored.is_none() {
            let row = self.new_row(&manifest);
            self.database.insert(row, law)?;
        }
        let mut missing = Vec::new();
        let mut files = Vec::new();
        for asset in manifest.assets.iter().filter(|asset| !self.lies_in_binary(asset)) {
            let existing = self.database.existing_file(asset.key.as_deref(), &asset.file_name);
            if let Some(file) = existing.filter(|_| law.has(Rule::StoredAssetIsNotRequested)) {
                files.push((asset.key.clone(), file));
            } else {
                files.push((asset.key.clone(), asset.file_name.clone()));
                missing.push(asset.clone());
            }
        }
        let may_be_patch = self.running_row().is_some_and(|running| running.id != id);
        let by_name = missing.iter().map(|asset| (asset.file_name.clone(), asset.clone())).collect();
        self.load = Some(Load { manifest, filters, server_defined, missing: by_name, files });
        if missing.is_empty() {
            return Ok(Loading::Done(self.finish_load()));
        }
        let requests = missing.iter().map(|asset| self.asset_request(asset, may_be_patch && asset.is_launch_asset));
        Ok(Loading::Assets(requests.collect()))
    }

    fn asset_request(&self, asset: &Asset, wants_patch: bool) -> AssetRequest {
        let requested = self.load.as_ref().map(|load| load.manifest.id).unwrap_or_default();
        let check = AssetCheck {
            own_headers: &asset.request_headers,
            running: self.running(),
            embedded: self.embedded_id(),
            requested,
            wants_patch,
        };
        let mut headers = asset_headers(&self.identity(), &check);
        if self.law().has(Rule::RequestHeadersOverride) {
            headers.set_all(self.request_headers());
        }
        AssetRequest {
            file_name: asset.file_name.clone(),
            url: asset.url.clone(),
            headers: headers.into_vec(),
            expected_hash: asset.hash.clone(),
            key: asset.key.clone(),
            is_launch_asset: asset.is_launch_asset,
        }
    }

    /// Android knows the binary's assets by key once the embedded update was loaded, as long as the binary has them.
    fn lies_in_binary(&self, asset: &Asset) -> bool {
        let Some(key) = &asset.key else { return false };
        let is_there = self.binary.embedded.as_ref().is_some_and(|embedded| embedded.asset_keys.contains(key));
        self.law().has(Rule::EmbeddedAssetIsNotRequested) && is_there && self.database.embedded_keys.contains(key)
    }

    fn roll_back(&mut self, commit_time_ms: i64, sent: Option<&Fields>) -> Result<Outcome, Refusal> {
        let law = self.law();
        // Android asks after it has stored what came; iOS takes what came with the directive, or nothing.
        let filters = match self.platform {
            Platform::Android => self.database.filters.clone(),
            Platform::Ios => sent.cloned(),
        };
        let Some(embedded) = self.binary.embedded.clone() else {
            return Ok(if law.has(Rule::RollBackNeedsEmbedded) {
                Outcome::RollBackIgnored
            } else {
                Outcome::RolledBack
            });
        };
        if !self.takes_roll_back(commit_time_ms, filters.as_ref()) {
            return Ok(Outcome::RollBackIgnored);
        }
        let new_time = if law.has(Rule::EmbeddedTakesCommitTime) { commit_time_ms } else { embedded.commit_time_ms };
        self.store_embedded(&embedded, new_time)?;
        self.database.set_commit_time(embedded.id, new_time, law)?;
        Ok(Outcome::RolledBack)
    }

    fn new_row(&self, manifest: &AcceptedManifest) -> UpdateRow {
        UpdateRow {
            id: manifest.id,
            commit_time_ms: manifest.created_at_ms,
            runtime_version: manifest.runtime_version.clone(),
            configuration: self.configuration(),
            metadata: manifest.metadata().cloned(),
            status: Status::Pending,
            successful_launches: 0,
            failed_launches: 0,
            files: Vec::new(),
        }
    }

    fn keep_headers(&mut self, filters: Option<&Fields>, server_defined: Option<&Fields>, is_update: bool) {
        let law = self.law();
        if is_update || law.has(Rule::EveryAnswerIsKept) {
            self.database.keep_headers(filters, server_defined, law);
        }
    }
}

/// A 226, or a 2xx whose `im` lists `bsdiff` (protocol.md §6).
fn is_patch(status: u16, headers: &HeaderMap) -> bool {
    let lists_bsdiff = headers
        .get("im")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|manipulation| manipulation.trim().eq_ignore_ascii_case("bsdiff")));
    status == 226 || lists_bsdiff
}
