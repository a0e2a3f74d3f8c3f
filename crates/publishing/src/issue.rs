//! From a plan to the exact bytes of what it issues.

use std::collections::HashMap;

use model::control::plan::{Content, IssueGroup, PlannedEntry, Why};
use model::control::{Control, PastEntry, Plan};
use model::{ChannelName, EntryKind, Millis, Platform, UpdateGroupId, UpdateId};
use protocol::Manifest;
use store::{NewAsset, NewEntry, NewGroup, StoredUpdate};

use crate::render::{self, Frame};
use crate::{KnownRecord, PublishError, Publishing, judge, prepare};

/// Rendered entries and the groups that they belong to.
#[derive(Default)]
pub(crate) struct Issued {
    pub groups: Vec<NewGroup>,
    pub entries: Vec<NewEntry>,
}

/// What is said of the group that an operation is about.
#[derive(Clone, Copy, Default)]
pub(crate) struct Label<'c> {
    /// What changed, for people.
    pub message: Option<&'c str>,
    /// The channel that was named.
    pub channel: Option<&'c ChannelName>,
    /// What it brings that is new.
    pub record: Option<&'c KnownRecord>,
}

/// The instants of an operation's entries: each later than all of its platform, rising.
pub(crate) struct Instants<'c> {
    control: &'c Control,
    now: Millis,
    next: HashMap<Platform, Millis>,
}

impl<'c> Instants<'c> {
    pub fn new(control: &'c Control, now: Millis) -> Self {
        Self { control, now, next: HashMap::new() }
    }

    pub fn take(&mut self, platform: Platform) -> Millis {
        let next = self.next.entry(platform).or_insert_with(|| self.control.next_instant(platform, self.now));
        let taken = *next;
        next.0 += 1;
        taken
    }
}

impl Publishing {
    /// Renders what a plan issues.
    pub(crate) async fn issue(
        &self,
        control: &Control,
        now: Millis,
        plan: &Plan,
        label: Label<'_>,
    ) -> Result<Issued, PublishError> {
        let mut instants = Instants::new(control, now);
        let mut issued = Issued::default();
        for group in &plan.issues {
            self.issue_group(control, group, &mut instants, label, &mut issued).await?;
        }
        Ok(issued)
    }

    /// Renders one group.
    pub(crate) async fn issue_group(
        &self,
        control: &Control,
        group: &IssueGroup,
        instants: &mut Instants<'_>,
        label: Label<'_>,
        issued: &mut Issued,
    ) -> Result<(), PublishError> {
        let asked = group.why == Why::Asked;
        let mut new_group = self.group_of(control, group).await?;
        new_group.channel = label.channel.filter(|_| asked).cloned();
        if let Some(record) = label.record.filter(|_| asked) {
            new_group.git_commit = record.commit().map(str::to_owned);
        }
        match (group.why, label.message) {
            (Why::Asked, Some(message)) => new_group.message = Some(message.to_owned()),
            (Why::Asked | Why::Renewed, _) => {}
            (Why::Reverted, _) => {
                let before = new_group.message.map(|message| format!(": {message}")).unwrap_or_default();
                new_group.message = Some(format!("back to what was before the rollout{before}"));
            }
        }
        for planned in &group.entries {
            let created_at = instants.take(planned.lane.platform);
            issued.entries.push(self.entry(control, group, planned, &new_group, created_at, label.record).await?);
        }
        issued.groups.push(new_group);
        Ok(())
    }

    /// A group that says of itself what the first one that it repeats said.
    async fn group_of(&self, control: &Control, group: &IssueGroup) -> Result<NewGroup, PublishError> {
        let origin = group.entries.iter().find_map(|planned| match planned.content {
            Content::Copy(origin) => control.entry(origin),
            Content::New { .. } | Content::Embedded(_) => None,
        });
        let mut said = None;
        if let Some(origin) = origin {
            said = self.store.groups(control.app, &[origin.entry.group]).await?.into_iter().next();
        }
        let id = UpdateGroupId(self.new_id());
        Ok(match said {
            Some(record) => NewGroup { id, branch: group.branch, channel: None, ..record.group },
            None => NewGroup {
                id,
                branch: group.branch,
                channel: None,
                message: None,
                git_commit: None,
                git_branch: None,
                git_dirty: None,
            },
        })
    }

    async fn entry(
        &self,
        control: &Control,
        group: &IssueGroup,
        planned: &PlannedEntry,
        new_group: &NewGroup,
        created_at: Millis,
        record: Option<&KnownRecord>,
    ) -> Result<NewEntry, PublishError> {
        let branch = control.branch(group.branch);
        let branch = branch.ok_or_else(|| PublishError::Internal("an entry for a branch that is gone".into()))?;
        let frame = Frame {
            id: UpdateId(self.random_id()),
            created_at,
            branch: branch.id,
            branch_name: &branch.name,
            channel: new_group.channel.as_ref(),
            commit: None,
            public_url: &self.rules.public_url,
        };
        let entry = match planned.content {
            Content::Copy(origin) => {
                let gone = || PublishError::Internal(format!("the update {origin} is gone"));
                let stored = self.store.update(control.app, origin).await?.ok_or_else(gone)?;
                reissued(&stored, planned, new_group.id, &frame, self.now())?
            }
            Content::Embedded(origin) => {
                let named = self.newest_manifest(control, group, planned).await?;
                embedded(origin, named.as_ref(), planned, new_group.id, &frame, self.now())?
            }
            Content::New { .. } => {
                let nobodys = || PublishError::Internal("only a publish brings something new".into());
                let record = record.ok_or_else(nobodys)?;
                let frame = Frame { id: record.id().unwrap_or(frame.id), commit: record.commit(), ..frame };
                record.begun(prepare::entry(record.export(), planned, new_group.id, &frame, self.now())?)
            }
        };
        Ok(entry)
    }

    /// The newest manifest of the lane, else of the platform: for the project names that a directive may need.
    async fn newest_manifest(
        &self,
        control: &Control,
        group: &IssueGroup,
        planned: &PlannedEntry,
    ) -> Result<Option<Manifest>, PublishError> {
        let is_update = |past: &&PastEntry| past.entry.kind == EntryKind::Update;
        let in_lane = control.lane(group.branch, &planned.lane).find(is_update);
        let of_platform = || {
            let mut updates = control.entries.iter().filter(is_update);
            updates.find(|past| past.lane.platform == planned.lane.platform)
        };
        let Some(newest) = in_lane.or_else(of_platform) else { return Ok(None) };
        let stored = self.store.update(control.app, newest.entry.id).await?;
        Ok(stored.and_then(|stored| Manifest::parse(&stored.body).ok()))
    }
}

fn reissued(
    origin: &StoredUpdate,
    planned: &PlannedEntry,
    group: UpdateGroupId,
    frame: &Frame<'_>,
    now: Millis,
) -> Result<NewEntry, PublishError> {
    let body = render::reissue(origin, frame)?.render();
    judge::manifest(&planned.lane, frame.branch, &body, now)?;
    let assets = origin.assets.iter().map(|asset| NewAsset {
        hash: asset.hash,
        key: asset.key.clone(),
        content_type: asset.content_type.clone(),
        launch: asset.launch,
    });
    Ok(NewEntry {
        id: frame.id,
        group,
        lane: planned.lane.clone(),
        created_at: frame.created_at,
        kind: EntryKind::Update,
        body,
        content: origin.past.content,
        origin: Some(origin.past.entry.id),
        held: planned.held,
        disabled: false,
        rollout: planned.rollout,
        rule: planned.rule.clone(),
        assets: assets.collect(),
    })
}

fn embedded(
    origin: Option<UpdateId>,
    named: Option<&Manifest>,
    planned: &PlannedEntry,
    group: UpdateGroupId,
    frame: &Frame<'_>,
    now: Millis,
) -> Result<NewEntry, PublishError> {
    let body = render::directive(frame.created_at, named)?;
    judge::directive(&planned.lane, frame.branch, &body, now)?;
    Ok(NewEntry {
        id: frame.id,
        group,
        lane: planned.lane.clone(),
        created_at: frame.created_at,
        kind: EntryKind::RollBackToEmbedded,
        body,
        content: render::embedded_fingerprint(),
        origin,
        held: planned.held,
        disabled: false,
        rollout: planned.rollout,
        rule: planned.rule.clone(),
        assets: Vec::new(),
    })
}
