//! Going back: what was before, or the update inside the binary, issued forward in time.

use model::roll_back::{PastEntry, previous};
use model::{AppId, AppSlug, BranchId, EntryKind, Platform, RuntimeVersion, UpdateGroupId, UpdateId};
use protocol::Manifest;
use store::{
    Actor, AuditAction, Destination, ExpectedHead, Idempotency, IssuedEntry, LaneBefore, LaneHead, LaneId, NewAsset,
    NewEntry, Prepare, Prepared, SessionId, StoredUpdate,
};

use crate::prepare::{new_group, rollout_active};
use crate::render::{self, Frame};
use crate::{CommitRequest, Issued, PublishError, Publishing, judge, ports};

/// A roll back as it is asked for.
#[derive(Clone, Debug)]
pub struct RollBackRequest {
    /// Whose branch goes back.
    pub destination: Destination,
    /// Where to.
    pub to: RollBackTo,
    /// Only this platform; by default those of the newest group.
    pub platform: Option<Platform>,
    /// Only this runtime version; by default those of the newest group.
    pub runtime_version: Option<RuntimeVersion>,
    /// Why, for people.
    pub message: Option<String>,
    /// The request, when it came under an idempotency key.
    pub idempotency: Option<Idempotency>,
    /// Who does it.
    pub actor: Actor,
}

/// Where a roll back goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollBackTo {
    /// To what was served before the head.
    Previous,
    /// To the update inside the binary.
    Embedded,
}

/// Against publishes on the same time line.
const TRIES: usize = 6;

impl Publishing {
    /// Issues what was before for every lane that it concerns, all at once.
    pub async fn roll_back(&self, app: &AppSlug, request: RollBackRequest) -> Result<Issued, PublishError> {
        let slug = app;
        let app = self.app(app).await?.id;
        if let Some(idempotency) = &request.idempotency
            && let Some(outcome) = self.store.replay(idempotency, self.now()).await?
        {
            return self.replayed(app, outcome).await;
        }
        let mut seen = None;
        for _ in 1..TRIES {
            match self.try_roll_back(slug, app, &request, &mut seen).await {
                // On the same time line something else was issued: these entries only need a later instant.
                Err(PublishError::HeadMoved(_)) => {}
                outcome => return outcome,
            }
        }
        self.try_roll_back(slug, app, &request, &mut seen).await
    }

    /// One try. `seen` are the heads of the first: "what was before" means before them, so a try that finds others is
    /// refused. Sending devices to their embedded update means the same whatever the heads are.
    async fn try_roll_back(
        &self,
        slug: &AppSlug,
        app: AppId,
        request: &RollBackRequest,
        seen: &mut Option<Vec<ExpectedHead>>,
    ) -> Result<Issued, PublishError> {
        let now = self.now();
        let look = |lanes| self.store.prepare(Prepare { app, destination: request.destination.clone(), lanes, now });
        let branch = match look(Vec::new()).await {
            Err(refused) => return Err(self.naming_channels(app, refused.into()).await?),
            Ok(branch) => branch,
        };
        let lanes = concerned(self.store.lanes(app, branch.branch).await?, request);
        if lanes.is_empty() {
            return Err(PublishError::NothingPublished(branch.branch_name));
        }
        let before = look(lanes).await?;
        if let Some(lane) = before.lanes.iter().find(|lane| lane.rollout_active) {
            return Err(rollout_active(&lane.lane));
        }
        let heads: Vec<ExpectedHead> = before.lanes.iter().map(expected_head).collect();
        if request.to == RollBackTo::Previous && seen.as_ref().is_some_and(|seen| *seen != heads) {
            return Err(PublishError::HeadMoved(before.lanes[0].lane.platform));
        }
        *seen = Some(heads.clone());
        let mut entries = Vec::with_capacity(before.lanes.len());
        let mut taken: Vec<(Platform, i64)> = Vec::new();
        for lane in &before.lanes {
            // Lanes of one platform share its time line: each entry is a millisecond after the one before.
            let offset = taken.iter().filter(|(platform, _)| *platform == lane.lane.platform).count();
            let created_at = model::Millis(lane.next_instant.0 + i64::try_from(offset).unwrap_or(i64::MAX));
            taken.push((lane.lane.platform, created_at.0));
            entries.push(self.entry_back(app, &before, lane, created_at, request).await?);
        }
        let channel = match &request.destination {
            Destination::Channel(channel) => Some(channel.clone()),
            Destination::Branch(_) => None,
        };
        let prepared = store::PreparedPublish {
            session: SessionId(self.new_id()),
            app,
            branch: before.branch,
            action: AuditAction::RollBack,
            group: new_group(UpdateGroupId(self.new_id()), channel, request.message.clone(), None),
            entries,
            expected_heads: heads,
        };
        self.store.save_prepared(prepared.clone(), None, now).await?;
        let commit = CommitRequest {
            session: prepared.session,
            signatures: Vec::new(),
            idempotency: request.idempotency.clone(),
            actor: request.actor.clone(),
        };
        self.commit(slug, commit).await
    }

    async fn entry_back(
        &self,
        app: AppId,
        before: &Prepared,
        lane: &LaneBefore,
        created_at: model::Millis,
        request: &RollBackRequest,
    ) -> Result<NewEntry, PublishError> {
        let origin = match request.to {
            RollBackTo::Embedded => None,
            RollBackTo::Previous => Some(self.before_head(app, before, &lane.lane).await?),
        };
        let channel = match &request.destination {
            Destination::Channel(channel) => Some(channel),
            Destination::Branch(_) => None,
        };
        let frame = Frame {
            id: UpdateId(ports::random_id(self.entropy.bytes())),
            created_at,
            branch: before.branch,
            branch_name: &before.branch_name,
            channel,
            commit: None,
            public_url: &self.rules.public_url,
        };
        match &origin {
            Some(origin) if origin.issued.entry.kind == EntryKind::Update => reissued(origin, lane, &frame, self.now()),
            _ => {
                let newest = self.newest_manifest(app, before.branch, &lane.lane).await?;
                embedded(origin.as_ref(), newest.as_ref(), lane, &frame, self.now())
            }
        }
    }

    async fn before_head(&self, app: AppId, before: &Prepared, lane: &LaneId) -> Result<StoredUpdate, PublishError> {
        let history = self.store.lane(app, before.branch, lane.platform, &lane.runtime_version).await?;
        let past: Vec<PastEntry> = history.iter().map(past_entry).collect();
        let nothing = || PublishError::NothingToRollBackTo {
            platform: lane.platform,
            runtime_version: lane.runtime_version.to_string(),
        };
        let shown = |id| history.iter().find(|issued| issued.entry.id == id).map(|issued| issued.fingerprint);
        let head = past.iter().find(|entry| !entry.held).and_then(|entry| shown(entry.id));
        let mut from = 0;
        loop {
            let origin = previous(&past[from..]).map_err(|_| nothing())?.id;
            if shown(origin) != head {
                return self.store.update(app, origin).await?.ok_or_else(nothing);
            }
            // The same content published twice: whoever goes back wants what was before both.
            from = past.iter().position(|entry| entry.id == origin).ok_or_else(nothing)?;
        }
    }

    /// The lane's newest manifest, for the project names that a directive may need. The head may be a directive itself.
    async fn newest_manifest(
        &self,
        app: AppId,
        branch: BranchId,
        lane: &LaneId,
    ) -> Result<Option<Manifest>, PublishError> {
        let history = self.store.lane(app, branch, lane.platform, &lane.runtime_version).await?;
        let newest = history.iter().find(|issued| issued.entry.kind == EntryKind::Update);
        let Some(newest) = newest else { return Ok(None) };
        let stored = self.store.update(app, newest.entry.id).await?;
        Ok(stored.and_then(|stored| Manifest::parse(&stored.body).ok()))
    }
}

/// The lanes that go back: those that were asked for, else those of the newest group.
fn concerned(lanes: Vec<LaneHead>, request: &RollBackRequest) -> Vec<LaneId> {
    let asked = |lane: &LaneId| {
        request.platform.is_none_or(|platform| lane.platform == platform)
            && request.runtime_version.as_ref().is_none_or(|version| lane.runtime_version == *version)
    };
    let mut lanes: Vec<LaneHead> = lanes.into_iter().filter(|lane| asked(&lane.lane)).collect();
    if request.runtime_version.is_none() {
        let newest = lanes.iter().max_by_key(|lane| lane.head.version).map(|lane| lane.head.entry.group);
        lanes.retain(|lane| Some(lane.head.entry.group) == newest);
    }
    lanes.into_iter().map(|lane| lane.lane).collect()
}

fn reissued(
    origin: &StoredUpdate,
    lane: &LaneBefore,
    frame: &Frame<'_>,
    now: model::Millis,
) -> Result<NewEntry, PublishError> {
    let body = render::reissue(&origin.body, frame)?.render();
    judge::manifest(&lane.lane, frame.branch, &body, now)?;
    Ok(NewEntry {
        id: frame.id,
        lane: lane.lane.clone(),
        created_at: frame.created_at,
        kind: EntryKind::Update,
        body,
        fingerprint: origin.issued.fingerprint,
        origin: Some(origin.issued.entry.id),
        held: false,
        rollout: None,
        assets: origin
            .assets
            .iter()
            .map(|asset| NewAsset {
                hash: asset.hash,
                key: asset.key.clone(),
                content_type: asset.content_type.clone(),
                launch: asset.launch,
            })
            .collect(),
    })
}

fn embedded(
    origin: Option<&StoredUpdate>,
    newest: Option<&Manifest>,
    lane: &LaneBefore,
    frame: &Frame<'_>,
    now: model::Millis,
) -> Result<NewEntry, PublishError> {
    let body = render::directive(frame.created_at, newest)?;
    judge::directive(&lane.lane, frame.branch, &body, now)?;
    Ok(NewEntry {
        id: frame.id,
        lane: lane.lane.clone(),
        created_at: frame.created_at,
        kind: EntryKind::RollBackToEmbedded,
        body,
        fingerprint: render::embedded_fingerprint(),
        origin: origin.map(|origin| origin.issued.entry.id),
        held: false,
        rollout: None,
        assets: Vec::new(),
    })
}

fn past_entry(issued: &IssuedEntry) -> PastEntry {
    PastEntry {
        id: issued.entry.id,
        origin: issued.origin,
        kind: issued.entry.kind,
        disabled: issued.entry.disabled,
        held: issued.entry.held,
    }
}

fn expected_head(lane: &LaneBefore) -> ExpectedHead {
    ExpectedHead { lane: lane.lane.clone(), head: lane.head.as_ref().map(|head| head.entry.id) }
}
