//! Prepare: everything up to the signatures, stored unseen.

use std::collections::HashMap;

use bytes::Bytes;
use model::{
    AppId, AppSlug, BlobHash, BranchId, BranchName, ChannelId, ChannelName, EntryKind, Millis, Platform,
    RuntimeVersion, UpdateGroupId, UpdateId, time::HEAD_IN_FUTURE_AFTER,
};
use protocol::content_type;
use serde_json::Value;
use store::{
    Actor, AuditAction, Destination, LaneBefore, LaneId, NewBranch, NewChannel, NewEntry, NewGroup, Prepare, Prepared,
    SessionId,
};

use crate::render::{self, Frame};
use crate::{PublishError, Publishing, judge, ports};

/// A publish as it is asked for.
#[derive(Clone, Debug)]
pub struct PrepareRequest {
    /// Where it goes.
    pub destination: Destination,
    /// Creates the channel, with an equally named branch, when there is none.
    pub create_channel: bool,
    /// What changed, for people.
    pub message: Option<String>,
    /// Where the source stood.
    pub source: Option<Source>,
    /// Publishes also what the head has already.
    pub force: bool,
    /// One for each platform.
    pub platforms: Vec<PlatformExport>,
    /// Who publishes.
    pub actor: Actor,
}

/// Where the source stood when the export was made.
#[derive(Clone, Debug)]
pub struct Source {
    /// The commit.
    pub commit: String,
    /// The branch, unless detached.
    pub branch: Option<String>,
    /// Whether there were uncommitted changes.
    pub dirty: bool,
}

/// What one platform gets.
#[derive(Clone, Debug)]
pub struct PlatformExport {
    /// The platform.
    pub platform: Platform,
    /// What the update needs.
    pub runtime_version: RuntimeVersion,
    /// The launch bundle.
    pub bundle: BlobHash,
    /// Everything else.
    pub assets: Vec<ExportAsset>,
    /// The public Expo config.
    pub config: Option<Value>,
}

/// One asset of an export.
#[derive(Clone, Debug)]
pub struct ExportAsset {
    /// Its bytes.
    pub hash: BlobHash,
    /// What the bundle's code looks it up by.
    pub key: String,
    /// Its extension, with or without a dot; may be empty.
    pub extension: String,
}

/// What waits for its commit.
#[derive(Clone, Debug)]
pub struct PreparedPublish {
    /// Names it in the commit.
    pub session: SessionId,
    /// What will be served.
    pub updates: Vec<PreparedUpdate>,
    /// Keys whose signatures must come from elsewhere.
    pub external_keys: Vec<model::KeyId>,
    /// Worth a look.
    pub warnings: Vec<Warning>,
}

/// One update of a prepared publish.
#[derive(Clone, Debug)]
pub struct PreparedUpdate {
    /// Its id.
    pub id: UpdateId,
    /// Its platform and runtime version.
    pub lane: LaneId,
    /// Its `createdAt`.
    pub created_at: Millis,
    /// The exact bytes to sign.
    pub manifest: Bytes,
}

/// Something worth a look that stops nothing.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Warning {
    /// Stable, for programs.
    pub code: String,
    /// For people.
    pub message: String,
}

/// A platform's export whose keys are unique and whose types are decided.
pub(crate) struct CheckedExport {
    pub lane: LaneId,
    pub bundle: BlobHash,
    pub assets: Vec<CheckedAsset>,
    pub config: Option<Value>,
}

/// An asset whose extension is as the manifest spells it.
pub(crate) struct CheckedAsset {
    pub hash: BlobHash,
    pub key: String,
    pub file_extension: String,
    pub content_type: &'static str,
}

/// Bytes of a file's name on Android's and iOS' file systems.
const LONGEST_FILE_NAME: usize = 255;

impl Publishing {
    /// Renders what was asked for and stores it unseen.
    pub async fn prepare(&self, app: &AppSlug, request: PrepareRequest) -> Result<PreparedPublish, PublishError> {
        let app = self.app(app).await?.id;
        let exports = self.check_exports(&request.platforms)?;
        self.judge_beforehand(&exports, &request.destination)?;
        let blobs = distinct_blobs(&exports);
        self.require_blobs(app, &blobs).await?;
        if let (true, Destination::Channel(channel)) = (request.create_channel, &request.destination) {
            let channel = NewChannel { id: ChannelId(self.new_id()), name: channel.clone() };
            self.store.ensure_channel(app, channel, BranchId(self.new_id()), &request.actor, self.now()).await?;
        }
        // Once to refuse before minutes of compressing, once for instants that are fresh after them.
        self.look(app, &request.destination, &exports).await?;
        self.encode_missing(&blobs).await?;
        let before = self.look(app, &request.destination, &exports).await?;
        let now = self.now();
        if let Some(lane) = before.lanes.iter().find(|lane| lane.rollout_active) {
            return Err(rollout_active(&lane.lane));
        }
        if !request.force
            && exports.iter().zip(&before.lanes).all(|(export, lane)| is_head(export, lane, &self.rules.public_url))
        {
            return Err(PublishError::NothingChanged(before.branch_name));
        }
        let channel = match &request.destination {
            Destination::Channel(channel) => Some(channel.clone()),
            Destination::Branch(_) => None,
        };
        let mut entries = Vec::with_capacity(exports.len());
        let mut warnings = Vec::new();
        for (export, lane) in exports.iter().zip(&before.lanes) {
            warnings.extend(head_in_future(lane.lane.platform, lane.next_instant, now));
            let frame = Frame {
                id: UpdateId(ports::random_id(self.entropy.bytes())),
                created_at: lane.next_instant,
                branch: before.branch,
                branch_name: &before.branch_name,
                channel: channel.as_ref(),
                commit: request.source.as_ref().map(|source| source.commit.as_str()),
                public_url: &self.rules.public_url,
            };
            entries.push(entry(export, &frame, now)?);
        }
        let group = new_group(UpdateGroupId(self.new_id()), channel, request.message, request.source);
        let prepared = store::PreparedPublish {
            session: SessionId(self.new_id()),
            app,
            branch: before.branch,
            action: AuditAction::Publish,
            group,
            entries,
            expected_heads: Vec::new(),
        };
        self.store.save_prepared(prepared.clone(), None, now).await?;
        let keys = self.store.keys(app).await?;
        Ok(PreparedPublish {
            session: prepared.session,
            updates: prepared.entries.into_iter().map(PreparedUpdate::from).collect(),
            external_keys: keys.into_iter().filter(|key| !key.held_by_server).map(|key| key.key_id).collect(),
            warnings,
        })
    }

    /// The lanes that would get entries, as they are now.
    async fn look(
        &self,
        app: AppId,
        destination: &Destination,
        exports: &[CheckedExport],
    ) -> Result<Prepared, PublishError> {
        let lanes = exports.iter().map(|export| export.lane.clone()).collect();
        let question = Prepare { app, destination: destination.clone(), lanes, now: self.now() };
        match self.store.prepare(question).await {
            Err(refused) => Err(self.naming_channels(app, refused.into()).await?),
            Ok(before) => Ok(before),
        }
    }

    /// The refusal, with the channels that there are where one was not found.
    pub(crate) async fn naming_channels(
        &self,
        app: AppId,
        refused: PublishError,
    ) -> Result<PublishError, PublishError> {
        let PublishError::UnknownChannel { channel, .. } = refused else { return Ok(refused) };
        let known = self.store.channels(app).await?.into_iter().map(|known| known.name).collect();
        Ok(PublishError::UnknownChannel { channel, known })
    }

    /// Whether the strict client will take what is asked for. The exact bytes are judged when they are rendered; by then
    /// there may be a new channel and compressed variants, and a refusal should leave neither.
    fn judge_beforehand(&self, exports: &[CheckedExport], destination: &Destination) -> Result<(), PublishError> {
        let (channel, branch_name) = match destination {
            Destination::Channel(channel) => (Some(channel), BranchName::parse(channel.as_str())),
            Destination::Branch(branch) => (None, Ok(branch.clone())),
        };
        let branch_name = branch_name.map_err(|source| PublishError::Name { field: "channel", source })?;
        let now = self.now();
        let frame = Frame {
            id: UpdateId(ports::random_id(self.entropy.bytes())),
            created_at: now,
            branch: BranchId(self.new_id()),
            branch_name: &branch_name,
            channel,
            commit: None,
            public_url: &self.rules.public_url,
        };
        exports.iter().try_for_each(|export| {
            judge::manifest(&export.lane, frame.branch, &render::manifest(export, &frame)?.render(), now)
        })
    }

    fn check_exports(&self, platforms: &[PlatformExport]) -> Result<Vec<CheckedExport>, PublishError> {
        if platforms.is_empty() {
            return Err(PublishError::Field { field: "platforms".into(), problem: "there is none".into() });
        }
        for (index, export) in platforms.iter().enumerate() {
            if platforms[..index].iter().any(|earlier| earlier.platform == export.platform) {
                let problem = format!("{} stands twice", export.platform);
                return Err(PublishError::Field { field: format!("platforms[{index}].platform"), problem });
            }
        }
        platforms.iter().map(|export| self.check_export(export)).collect()
    }

    fn check_export(&self, export: &PlatformExport) -> Result<CheckedExport, PublishError> {
        let platform = export.platform;
        let limit = self.rules.max_assets;
        if export.assets.len() > limit {
            return Err(PublishError::TooManyAssets { platform, count: export.assets.len(), limit });
        }
        let mut by_key: HashMap<&str, BlobHash> = HashMap::new();
        let mut by_file_name: HashMap<String, BlobHash> = HashMap::new();
        let mut assets = Vec::with_capacity(export.assets.len());
        for asset in &export.assets {
            check_key(asset)?;
            match by_key.insert(&asset.key, asset.hash) {
                Some(same) if same == asset.hash => continue,
                Some(_) => return Err(PublishError::AssetKeyConflict { platform, key: asset.key.clone() }),
                None => {}
            }
            let extension = asset.extension.trim_start_matches('.');
            // A file that lies under the name already is taken as it is, whatever is in it (protocol.md §3).
            let file_name = format!("{}.{extension}", asset.key);
            if by_file_name.insert(file_name, asset.hash).is_some_and(|other| other != asset.hash) {
                return Err(PublishError::AssetKeyConflict { platform, key: asset.key.clone() });
            }
            assets.push(CheckedAsset {
                hash: asset.hash,
                key: asset.key.clone(),
                // The client puts key and extension together to a file name; without one it is the key alone.
                file_extension: if extension.is_empty() { String::new() } else { format!(".{extension}") },
                content_type: content_type::for_extension(extension),
            });
        }
        Ok(CheckedExport {
            lane: LaneId { platform, runtime_version: export.runtime_version.clone() },
            bundle: export.bundle,
            assets,
            config: export.config.clone(),
        })
    }

    async fn require_blobs(&self, app: AppId, blobs: &[(BlobHash, &'static str)]) -> Result<(), PublishError> {
        let mut sized = Vec::with_capacity(blobs.len());
        let mut missing = Vec::new();
        for (hash, _) in blobs {
            match self.blobs.size(*hash).await? {
                Some(size) => sized.push((*hash, size)),
                None => missing.push(*hash),
            }
        }
        missing.extend(self.store.missing_blobs(app, &sized).await?);
        if let Some((hash, _)) = sized.iter().find(|(_, size)| *size == 0).filter(|(hash, _)| is_bundle(blobs, *hash)) {
            let problem = format!("the bundle {hash} is empty");
            return Err(PublishError::Field { field: "platforms.bundle".into(), problem });
        }
        if missing.is_empty() { Ok(()) } else { Err(PublishError::MissingBlobs(missing)) }
    }
}

fn is_bundle(blobs: &[(BlobHash, &'static str)], hash: BlobHash) -> bool {
    blobs.contains(&(hash, content_type::LAUNCH_ASSET))
}

/// The bundle's code looks an asset up by its key, and the client stores the file under key and extension.
fn check_key(asset: &ExportAsset) -> Result<(), PublishError> {
    let problem = if asset.key.is_empty() {
        "it is empty".to_owned()
    } else if asset.key.len() + asset.extension.len() >= LONGEST_FILE_NAME {
        format!("with its extension it has more than {LONGEST_FILE_NAME} bytes, which no phone takes as a file's name")
    } else {
        return Ok(());
    };
    Err(PublishError::Field { field: "platforms.assets.key".into(), problem })
}

/// One rendered entry, accepted by the strict client.
fn entry(export: &CheckedExport, frame: &Frame<'_>, now: Millis) -> Result<NewEntry, PublishError> {
    let body = render::manifest(export, frame)?.render();
    judge::manifest(&export.lane, frame.branch, &body, now)?;
    Ok(NewEntry {
        id: frame.id,
        lane: export.lane.clone(),
        created_at: frame.created_at,
        kind: EntryKind::Update,
        body,
        fingerprint: render::fingerprint(export, frame.public_url),
        origin: None,
        held: false,
        rollout: None,
        assets: render::asset_rows(export),
    })
}

fn is_head(export: &CheckedExport, lane: &LaneBefore, public_url: &str) -> bool {
    lane.head.as_ref().is_some_and(|head| {
        head.entry.kind == EntryKind::Update
            && !head.entry.disabled
            && head.fingerprint == render::fingerprint(export, public_url)
    })
}

/// A clock that was wrong once makes everything after it late: an entry is always later than the one before.
pub(crate) fn head_in_future(platform: Platform, next_instant: Millis, now: Millis) -> Option<Warning> {
    let ahead = next_instant.0 - now.0;
    (ahead > HEAD_IN_FUTURE_AFTER.0).then(|| Warning {
        code: "head_in_future".into(),
        message: format!(
            "the newest {platform} update is {} s ahead of this server's clock, so this one is too; check the clock",
            ahead / 1000
        ),
    })
}

pub(crate) fn rollout_active(lane: &LaneId) -> PublishError {
    PublishError::RolloutActive { platform: lane.platform, runtime_version: lane.runtime_version.to_string() }
}

pub(crate) fn new_group(
    id: UpdateGroupId,
    channel: Option<ChannelName>,
    message: Option<String>,
    source: Option<Source>,
) -> NewGroup {
    NewGroup {
        id,
        channel,
        message,
        git_commit: source.as_ref().map(|source| source.commit.clone()),
        git_dirty: source.as_ref().map(|source| source.dirty),
        git_branch: source.and_then(|source| source.branch),
    }
}

fn distinct_blobs(exports: &[CheckedExport]) -> Vec<(BlobHash, &'static str)> {
    let mut distinct = HashMap::new();
    for export in exports {
        distinct.entry(export.bundle).or_insert(content_type::LAUNCH_ASSET);
        for asset in &export.assets {
            distinct.entry(asset.hash).or_insert(asset.content_type);
        }
    }
    let mut distinct: Vec<_> = distinct.into_iter().collect();
    distinct.sort_unstable();
    distinct
}

impl From<NewEntry> for PreparedUpdate {
    fn from(entry: NewEntry) -> Self {
        Self { id: entry.id, lane: entry.lane, created_at: entry.created_at, manifest: entry.body }
    }
}

/// A channel or a branch, exactly one of them.
pub fn destination(channel: Option<&str>, branch: Option<&str>) -> Result<Destination, PublishError> {
    match (channel, branch) {
        (Some(channel), None) => ChannelName::parse(channel)
            .map(Destination::Channel)
            .map_err(|source| PublishError::Name { field: "channel", source }),
        (None, Some(branch)) => BranchName::parse(branch)
            .map(Destination::Branch)
            .map_err(|source| PublishError::Name { field: "branch", source }),
        _ => Err(PublishError::NoDestination),
    }
}

/// The first channel of a fresh app and the branch that it points at.
pub(crate) fn new_channel(name: &ChannelName, channel: ChannelId, branch: BranchId) -> Option<(NewChannel, NewBranch)> {
    let branch_name = BranchName::parse(name.as_str()).ok()?;
    Some((NewChannel { id: channel, name: name.clone() }, NewBranch { id: branch, name: branch_name }))
}
