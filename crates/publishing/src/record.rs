//! A record: an update whose files already lie on the publisher's own CDN (the product brief's `POST /admin/publish`).
//!
//! The manifest carries the CDN's addresses as they were given; all else is as with any publish. Nothing is stored of the
//! files, so there are no rows about them: the manifest is all that is known, and whatever issues it again keeps them.

mod metadata;
mod verify;

use std::collections::{HashMap, HashSet};

use model::control::{BranchState, ContentFingerprint, Control, PastEntry};
use model::{AppSlug, BlobHash, ChannelName, EntryKind, LaneId, UpdateId};
use protocol::{Manifest, content_type};
use serde_json::Value;
use store::NewEntry;

use crate::command::{Destination, TermsAsked};
use crate::content::{CheckedAsset, CheckedExport, Place};
use crate::issue::Label;
use crate::prepare::{Warning, held, on_any_volume};
use crate::remote::{AssetUrl, FileName, is_public};
use crate::{Caller, Command, Outcome, PublishError, Publishing, render};

pub use metadata::{Metadata, MetadataError};
pub(crate) use verify::FETCHES_AT_A_TIME;

/// A record as it is asked for.
#[derive(Clone, Debug)]
pub struct Record {
    /// The update's id, where its publisher chooses it.
    pub id: Option<UpdateId>,
    /// Its platform and runtime version.
    pub lane: LaneId,
    /// The channel whose branch gets it.
    pub channel: ChannelName,
    /// To whom.
    pub terms: TermsAsked,
    /// Served to nobody until it is enabled.
    pub disabled: bool,
    /// The bundle.
    pub launch: RemoteFile,
    /// Everything else.
    pub assets: Vec<RemoteAsset>,
    /// Strings for the manifest's `metadata`.
    pub metadata: Metadata,
    /// The public Expo config.
    pub config: Option<Value>,
    /// The commit that the source stood at.
    pub commit: Option<String>,
    /// What changed, for people.
    pub message: Option<String>,
    /// Whether the server fetches every file and hashes it.
    pub verify: bool,
    /// Publishes also what the head has already.
    pub force: bool,
}

/// A file on another host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// Where.
    pub url: AssetUrl,
    /// What its publisher says of its bytes.
    pub hash: Option<BlobHash>,
}

impl RemoteFile {
    /// As far as is known before anything is fetched.
    fn has_bytes_of(&self, other: &Self) -> bool {
        self.hash.map_or(self.url == other.url, |hash| other.hash == Some(hash))
    }
}

/// A file that the bundle looks up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteAsset {
    /// Its key and extension.
    pub name: FileName,
    /// Where it is.
    pub file: RemoteFile,
    /// What the CDN serves it as; by default what its extension says.
    pub content_type: Option<String>,
}

/// A record whose files' hashes are all known, by its publisher's word or because the server fetched them.
#[derive(Clone, Debug)]
pub struct KnownRecord {
    id: Option<UpdateId>,
    channel: Destination,
    terms: TermsAsked,
    disabled: bool,
    force: bool,
    commit: Option<String>,
    message: Option<String>,
    content: ContentFingerprint,
    export: CheckedExport,
}

impl Publishing {
    /// Issues an update whose files lie elsewhere, all at once or not at all.
    pub async fn publish_record(
        &self,
        slug: &AppSlug,
        record: Record,
        caller: Caller,
    ) -> Result<Outcome, PublishError> {
        let app = self.app(slug).await?.id;
        if let Some(outcome) = self.answered(app, &caller).await? {
            return Ok(outcome);
        }
        self.check_files(&record)?;
        let keys = self.store.keys(app).await?;
        if let Some(elsewhere) = keys.into_iter().find(|key| !key.held_by_server) {
            return Err(PublishError::MissingSignature(elsewhere.key_id));
        }
        if let Some(unknown) = record.files().find(|file| file.hash.is_none()).filter(|_| !record.verify) {
            return Err(PublishError::HashNeeded { field: record.field_of(unknown, "hash") });
        }
        self.check_addresses(&record)?;
        // What refuses it is said before minutes of fetching.
        let asked = self.known(&record, &HashMap::new());
        let control = self.control(app).await?.control;
        asked.check(&control)?;
        asked.plan_on(&control)?;
        let known = if record.verify { self.known(&record, &self.verify(&record).await?) } else { asked };
        self.operate(slug, Command::PublishRecord(Box::new(known)), caller).await
    }

    fn check_files(&self, record: &Record) -> Result<(), PublishError> {
        let (platform, limit) = (record.lane.platform, self.rules.max_assets);
        if record.assets.len() > limit {
            return Err(PublishError::TooManyAssets { platform, count: record.assets.len(), limit });
        }
        if record.disabled && record.terms.rollout.is_some() {
            let problem = "an update that is disabled rolls out to nobody; leave it out, or publish enabled".into();
            return Err(PublishError::Field { field: "rollout".into(), problem });
        }
        let mut by_key: HashMap<&str, &RemoteAsset> = HashMap::new();
        let mut by_file: HashMap<String, &RemoteFile> = HashMap::new();
        for (index, asset) in record.assets.iter().enumerate() {
            let is_other_asset = by_key.insert(asset.name.stem(), asset).is_some_and(|other| other != asset);
            let file_name = on_any_volume(asset.name.stem(), asset.name.extension());
            let is_other_file =
                by_file.insert(file_name, &asset.file).is_some_and(|other| !asset.file.has_bytes_of(other));
            if is_other_asset || is_other_file {
                let field = format!("assets[{index}].fileName");
                return Err(PublishError::StemTaken { field, stem: asset.name.stem().to_owned() });
            }
        }
        Ok(())
    }

    /// What names an address that no phone elsewhere reaches is refused whether or not the server is to go there.
    fn check_addresses(&self, record: &Record) -> Result<(), PublishError> {
        if self.rules.allow_private_addresses {
            return Ok(());
        }
        let private = |file: &&RemoteFile| file.url.known_address().is_some_and(|address| !is_public(address));
        match record.files().find(private) {
            Some(file) => Err(PublishError::NotFetched {
                field: record.field_of(file, "url"),
                source: crate::ports::FetchError::PrivateAddress { host: file.url.host().to_owned() },
            }),
            None => Ok(()),
        }
    }

    /// The record with the hashes that were found or given. Before its files were fetched some may be neither; what is known
    /// then says only whether it is refused.
    fn known(&self, record: &Record, fetched: &HashMap<AssetUrl, BlobHash>) -> KnownRecord {
        let known = |file: &RemoteFile| fetched.get(&file.url).copied().or(file.hash).unwrap_or(BlobHash([0; 32]));
        let mut assets: Vec<CheckedAsset> = Vec::with_capacity(record.assets.len());
        let mut seen = HashSet::new();
        for asset in &record.assets {
            if !seen.insert(asset.name.stem()) {
                continue;
            }
            let extension = asset.name.extension();
            let by_extension = || content_type::for_extension(extension).to_owned();
            assets.push(CheckedAsset {
                hash: known(&asset.file),
                place: Place::At(asset.file.url.clone()),
                key: asset.name.stem().to_owned(),
                file_extension: if extension.is_empty() { String::new() } else { format!(".{extension}") },
                content_type: asset.content_type.clone().unwrap_or_else(by_extension).into(),
            });
        }
        let export = CheckedExport {
            lane: record.lane.clone(),
            bundle: known(&record.launch),
            bundle_place: Place::At(record.launch.url.clone()),
            assets,
            metadata: record.metadata.clone().into(),
            config: record.config.clone(),
        };
        KnownRecord {
            id: record.id,
            channel: Destination::Channel(record.channel.clone()),
            terms: record.terms.clone(),
            disabled: record.disabled,
            force: record.force,
            commit: record.commit.clone(),
            message: record.message.clone(),
            content: render::fingerprint(&export, &self.rules.public_url),
            export,
        }
    }

    /// What is worth a look about a record.
    pub(crate) async fn record_warnings(
        &self,
        record: &KnownRecord,
        control: &Control,
    ) -> Result<Vec<Warning>, PublishError> {
        let mut warnings = Vec::new();
        let Some(branch) = record.branch(control) else { return Ok(warnings) };
        warnings.extend(held(branch));
        if let Some(header) = &self.rules.device_key_header {
            let mut hosts: Vec<&str> = record.export.urls().map(AssetUrl::host).collect();
            hosts.sort_unstable();
            hosts.dedup();
            warnings.push(Warning {
                code: "key_sent_to_host".into(),
                message: format!(
                    "devices send their `{header}` with every file that they ask {} for",
                    hosts.join(", ")
                ),
            });
        }
        warnings.extend(self.reused_keys(record, control, branch).await?);
        Ok(warnings)
    }

    /// A file that lies on a phone under a name already is taken as it is, whatever the new manifest says (protocol.md §3).
    async fn reused_keys(
        &self,
        record: &KnownRecord,
        control: &Control,
        branch: &BranchState,
    ) -> Result<Option<Warning>, PublishError> {
        let is_update = |past: &&PastEntry| past.entry.kind == EntryKind::Update;
        let Some(newest) = control.lane(branch.id, &record.export.lane).find(is_update) else { return Ok(None) };
        let stored = self.store.update(control.app, newest.entry.id).await?;
        let Some(before) = stored.and_then(|stored| Manifest::parse(&stored.body).ok()) else { return Ok(None) };
        let before: HashMap<(&str, &str), &str> = before
            .assets
            .iter()
            .map(|asset| ((asset.key.as_str(), asset.file_extension.as_str()), asset.hash.as_str()))
            .collect();
        let reused: Vec<&str> = record
            .export
            .assets
            .iter()
            .filter(|asset| {
                let hash = protocol::asset_hash::asset_hash(&asset.hash.0);
                before.get(&(asset.key.as_str(), asset.file_extension.as_str())).is_some_and(|other| *other != hash)
            })
            .map(|asset| asset.key.as_str())
            .collect();
        Ok(reused.first().map(|first| Warning {
            code: "asset_key_reused".into(),
            message: format!(
                "{} of the assets, the first is `{first}`, had other bytes under the same name in {}: devices that have \
                 it keep the old file; name files by their content, as `expo export` does",
                reused.len(),
                newest.entry.id
            ),
        }))
    }
}

impl Record {
    /// The bundle first.
    fn files(&self) -> impl Iterator<Item = &RemoteFile> {
        std::iter::once(&self.launch).chain(self.assets.iter().map(|asset| &asset.file))
    }

    /// What the request calls a property (`url` or `hash`) of one of its files.
    fn field_of(&self, file: &RemoteFile, property: &str) -> String {
        match self.assets.iter().position(|asset| std::ptr::eq(&raw const asset.file, file)) {
            Some(index) => format!("assets[{index}].{property}"),
            None => format!("launch_asset_{property}"),
        }
    }
}

impl KnownRecord {
    /// What plans say of it.
    pub(crate) fn lane(&self) -> (LaneId, ContentFingerprint) {
        (self.export.lane.clone(), self.content)
    }

    pub(crate) fn destination(&self) -> &Destination {
        &self.channel
    }

    pub(crate) fn terms(&self) -> &TermsAsked {
        &self.terms
    }

    pub(crate) fn label(&self) -> Label<'_> {
        Label { message: self.message.as_deref(), channel: self.channel.channel(), record: Some(self) }
    }

    pub(crate) fn commit(&self) -> Option<&str> {
        self.commit.as_deref()
    }

    /// The id that its publisher chose.
    pub(crate) fn id(&self) -> Option<UpdateId> {
        self.id
    }

    pub(crate) fn export(&self) -> &CheckedExport {
        &self.export
    }

    /// As its publisher wants it to begin.
    pub(crate) fn begun(&self, entry: NewEntry) -> NewEntry {
        NewEntry { disabled: self.disabled, ..entry }
    }

    fn branch<'c>(&self, control: &'c Control) -> Option<&'c BranchState> {
        control.branch(self.channel.branch(control).ok()?)
    }

    fn plan_on(&self, control: &Control) -> Result<(), PublishError> {
        let refused = |refusal| PublishError::refused(refusal, control);
        let branch = self.channel.branch(control).map_err(refused)?;
        let terms = self.terms.with_salt(model::Salt(uuid::Uuid::nil()));
        model::control::plan::publish(control, branch, &[self.lane()], &terms).map(|_| ()).map_err(refused)
    }

    /// What a plan cannot refuse.
    pub(crate) fn check(&self, control: &Control) -> Result<(), PublishError> {
        if let Some(id) = self.id.filter(|id| is_known(control, *id)) {
            return Err(PublishError::UpdateExists(id));
        }
        let Some(branch) = self.branch(control) else { return Ok(()) };
        let head = control.lane(branch.id, &self.export.lane).next();
        let stands = |head: &PastEntry| {
            head.entry.kind == EntryKind::Update
                && !head.entry.disabled
                && !self.disabled
                && head.content == self.content
                && head.entry.rule.as_deref() == self.terms.rule.as_ref()
                && head.entry.held == branch.pinned
        };
        if !self.force && head.is_some_and(stands) {
            return Err(PublishError::NothingChanged(branch.name.clone()));
        }
        Ok(())
    }
}

/// Whether the app knows something by this id: an update, a deleted one, a group, or the update inside a binary.
fn is_known(control: &Control, id: UpdateId) -> bool {
    control.entries.iter().any(|past| past.entry.id == id || past.entry.group.0 == id.0)
        || control.deleted.iter().any(|deleted| deleted.id == id)
        || control.embedded.iter().any(|embedded| embedded.id == id)
}

impl CheckedExport {
    /// Where its files lie that are not here, the bundle first.
    fn urls(&self) -> impl Iterator<Item = &AssetUrl> {
        std::iter::once(&self.bundle_place).chain(self.assets.iter().map(|asset| &asset.place)).filter_map(Place::url)
    }
}
