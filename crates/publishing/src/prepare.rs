//! Prepare: everything up to the signatures, stored unseen.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use model::control::plan::{self, IssueGroup, Note, PlannedEntry, Why};
use model::control::{BranchState, ContentFingerprint, Plan, Refusal};
use model::{
    AppId, AppSlug, BlobHash, BranchId, BranchName, ChannelId, ChannelName, EntryKind, LaneId, Millis, Platform,
    RuntimeVersion, Salt, UpdateGroupId, UpdateId, time::HEAD_IN_FUTURE_AFTER,
};
use protocol::content_type;
use serde_json::Value;
use store::{Actor, AuditAction, Controlled, NewBranch, NewChannel, NewEntry, NewGroup, Operation, SessionId};

use crate::audit::detail;
use crate::command::{Destination, TermsAsked};
use crate::content::{CheckedAsset, CheckedExport, Place};
use crate::issue::{Instants, Issued, Label};
use crate::operate::after;
use crate::render::{self, Frame};
use crate::{Caller, Command, PublishError, Publishing, judge};

/// A publish as it is asked for.
#[derive(Clone, Debug)]
pub struct PrepareRequest {
    /// Where it goes.
    pub destination: Destination,
    /// Creates the channel, with an equally named branch, when there is none.
    pub create_channel: bool,
    /// To whom.
    pub terms: TermsAsked,
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

/// A publish as the app is now.
struct Look {
    controlled: Controlled,
    branch: BranchState,
    plan: Plan,
}

/// Bytes of a file's name on Android's and iOS' file systems.
const LONGEST_FILE_NAME: usize = 255;

impl Publishing {
    /// Renders what was asked for and stores it unseen.
    pub async fn prepare(&self, slug: &AppSlug, request: PrepareRequest) -> Result<PreparedPublish, PublishError> {
        let app = self.app(slug).await?.id;
        let exports = self.check_exports(&request.platforms)?;
        self.judge_beforehand(&exports, &request.destination)?;
        let blobs = distinct_blobs(&exports);
        self.require_blobs(app, &blobs).await?;
        if let (true, Destination::Channel(channel)) = (request.create_channel, &request.destination) {
            self.ensure_channel(slug, app, channel, &request.actor).await?;
        }
        // Once to refuse before minutes of compressing, once for instants that are fresh after them.
        self.look(app, &request, &exports).await?;
        self.encode_missing(&blobs).await?;
        let Look { controlled: Controlled { control, now }, branch, plan } = self.look(app, &request, &exports).await?;
        let mut instants = Instants::new(&control, now);
        let mut issued = Issued::default();
        let mut warnings: Vec<Warning> = plan.notes.iter().map(Warning::from).collect();
        for group in &plan.issues {
            if group.why == Why::Asked {
                self.render_new(&request, &exports, group, &branch, &mut instants, now, &mut issued)?;
            } else {
                self.issue_group(&control, group, &mut instants, Label::default(), &mut issued).await?;
            }
        }
        let late = |entry: &NewEntry| head_in_future(entry.lane.platform, entry.created_at, now);
        warnings.extend(issued.entries.iter().filter_map(late));
        warnings.extend(held(&branch));
        // A publish that edits nothing stands for itself; one that does was planned on this state.
        let at_version = (!plan.edits.is_empty()).then_some(control.version);
        let mut operation = Operation {
            app,
            action: AuditAction::Publish,
            detail: Value::Null,
            at_version,
            edits: plan.edits,
            groups: issued.groups,
            entries: issued.entries,
        };
        operation.detail = detail(&control, &after(&control, &operation)?, &operation, &[]);
        let session = SessionId(self.new_id());
        self.store.save_prepared(session, operation.clone(), now).await?;
        let keys = self.store.keys(app).await?;
        Ok(PreparedPublish {
            session,
            updates: operation.entries.into_iter().map(PreparedUpdate::from).collect(),
            external_keys: keys.into_iter().filter(|key| !key.held_by_server).map(|key| key.key_id).collect(),
            warnings,
        })
    }

    async fn ensure_channel(
        &self,
        slug: &AppSlug,
        app: AppId,
        channel: &ChannelName,
        actor: &Actor,
    ) -> Result<(), PublishError> {
        if self.control(app).await?.control.channel(channel).is_some() {
            return Ok(());
        }
        let create = Command::CreateChannel { channel: channel.clone(), branch: None };
        match self.operate(slug, create, Caller { actor: actor.clone(), idempotency: None }).await {
            // Somebody else did.
            Ok(_) | Err(PublishError::Refused(Refusal::ChannelExists(_))) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What the publish would change, as the app is now.
    async fn look(
        &self,
        app: AppId,
        request: &PrepareRequest,
        exports: &[CheckedExport],
    ) -> Result<Look, PublishError> {
        let controlled = self.control(app).await?;
        let control = &controlled.control;
        let refused = |refusal| PublishError::refused(refusal, control);
        let branch = request.destination.branch(control).map_err(refused)?;
        let lanes: Vec<_> = exports
            .iter()
            .map(|export| (export.lane.clone(), render::fingerprint(export, &self.rules.public_url)))
            .collect();
        let terms = request.terms.with_salt(Salt(self.random_id()));
        let plan = plan::publish(control, branch, &lanes, &terms).map_err(refused)?;
        let gone = || PublishError::Internal("a branch is gone".into());
        let branch = control.branch(branch).ok_or_else(gone)?.clone();
        let is_head = |(lane, content): &(LaneId, ContentFingerprint)| {
            control.lane(branch.id, lane).next().is_some_and(|head| {
                head.entry.kind == EntryKind::Update
                    && !head.entry.disabled
                    && head.content == *content
                    && head.entry.rule == terms.rule
                    && head.entry.held == branch.pinned
            })
        };
        if !request.force && lanes.iter().all(is_head) {
            return Err(PublishError::NothingChanged(branch.name));
        }
        Ok(Look { controlled, branch, plan })
    }

    /// The manifests of what the publisher brings, in the order of the plan.
    #[expect(clippy::too_many_arguments, reason = "all of a publish meets here, once")]
    fn render_new(
        &self,
        request: &PrepareRequest,
        exports: &[CheckedExport],
        group: &IssueGroup,
        branch: &BranchState,
        instants: &mut Instants<'_>,
        now: Millis,
        issued: &mut Issued,
    ) -> Result<(), PublishError> {
        let id = UpdateGroupId(self.new_id());
        let channel = request.destination.channel();
        for planned in &group.entries {
            let export = exports.iter().find(|export| export.lane == planned.lane);
            let export = export.ok_or_else(|| PublishError::Internal("a plan for what nobody brings".into()))?;
            let frame = Frame {
                id: UpdateId(self.random_id()),
                created_at: instants.take(planned.lane.platform),
                branch: branch.id,
                branch_name: &branch.name,
                channel,
                commit: request.source.as_ref().map(|source| source.commit.as_str()),
                public_url: &self.rules.public_url,
            };
            issued.entries.push(entry(export, planned, id, &frame, now)?);
        }
        issued.groups.push(NewGroup {
            id,
            branch: branch.id,
            channel: channel.cloned(),
            message: request.message.clone(),
            git_commit: request.source.as_ref().map(|source| source.commit.clone()),
            git_dirty: request.source.as_ref().map(|source| source.dirty),
            git_branch: request.source.as_ref().and_then(|source| source.branch.clone()),
        });
        Ok(())
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
            id: UpdateId(self.random_id()),
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
            let file_name = on_any_volume(&asset.key, extension);
            if by_file_name.insert(file_name, asset.hash).is_some_and(|other| other != asset.hash) {
                return Err(PublishError::AssetKeyConflict { platform, key: asset.key.clone() });
            }
            assets.push(CheckedAsset {
                hash: asset.hash,
                place: Place::Here,
                key: asset.key.clone(),
                // The client puts key and extension together to a file name; without one it is the key alone.
                file_extension: if extension.is_empty() { String::new() } else { format!(".{extension}") },
                content_type: content_type::for_extension(extension).into(),
            });
        }
        Ok(CheckedExport {
            lane: LaneId { platform, runtime_version: export.runtime_version.clone() },
            bundle: export.bundle,
            bundle_place: Place::Here,
            assets,
            metadata: BTreeMap::new(),
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

/// The name of an asset's file on a phone, where names that differ in case only may be one.
pub(crate) fn on_any_volume(key: &str, extension: &str) -> String {
    format!("{key}.{extension}").to_lowercase()
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
pub(crate) fn entry(
    export: &CheckedExport,
    planned: &PlannedEntry,
    group: UpdateGroupId,
    frame: &Frame<'_>,
    now: Millis,
) -> Result<NewEntry, PublishError> {
    let body = render::manifest(export, frame)?.render();
    judge::manifest(&export.lane, frame.branch, &body, now)?;
    Ok(NewEntry {
        id: frame.id,
        group,
        lane: export.lane.clone(),
        created_at: frame.created_at,
        kind: EntryKind::Update,
        body,
        content: render::fingerprint(export, frame.public_url),
        origin: None,
        held: planned.held,
        disabled: false,
        rollout: planned.rollout,
        rule: planned.rule.clone(),
        assets: render::asset_rows(export),
    })
}

/// What is published behind a pin is not seen.
pub(crate) fn held(branch: &BranchState) -> Option<Warning> {
    branch.pinned.then(|| Warning {
        code: "held".into(),
        message: format!("the branch `{}` is pinned: nothing of this is served until it is unpinned", branch.name),
    })
}

/// The code of a warning about the clock.
pub(crate) const HEAD_IN_FUTURE: &str = "head_in_future";

/// A clock that was wrong once makes everything after it late: an entry is always later than the one before.
pub(crate) fn head_in_future(platform: Platform, next_instant: Millis, now: Millis) -> Option<Warning> {
    let ahead = next_instant.0 - now.0;
    (ahead > HEAD_IN_FUTURE_AFTER.0).then(|| Warning {
        code: HEAD_IN_FUTURE.into(),
        message: format!(
            "the newest {platform} update is {} s ahead of this server's clock, so this one is too; check the clock",
            ahead / 1000
        ),
    })
}

fn distinct_blobs(exports: &[CheckedExport]) -> Vec<(BlobHash, &'static str)> {
    let mut distinct = HashMap::new();
    for export in exports {
        distinct.entry(export.bundle).or_insert(content_type::LAUNCH_ASSET);
        for asset in &export.assets {
            distinct.entry(asset.hash).or_insert_with(|| content_type::for_extension(&asset.file_extension));
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

impl From<&Note> for Warning {
    fn from(note: &Note) -> Self {
        Self { code: note.code.into(), message: note.message.clone() }
    }
}

/// The first channel of a fresh app and the branch that it points at.
pub(crate) fn new_channel(name: &ChannelName, channel: ChannelId, branch: BranchId) -> Option<(NewChannel, NewBranch)> {
    let branch_name = BranchName::parse(name.as_str()).ok()?;
    Some((NewChannel { id: channel, name: name.clone() }, NewBranch { id: branch, name: branch_name }))
}
