//! Doing what a [`Command`] asks for: plan, render, sign, apply, announce.

use model::control::plan::{ChannelIds, newer_embedded};
use model::control::{Control, Edit, PastEntry};
use model::{AppId, AppSlug, BranchId, ChannelId, Entry, EntryKind, Salt, UpdateId};
use serde::{Deserialize, Serialize};
use store::{Actor, CommitError, Controlled, Effect, GroupRecord, Idempotency, NewEntry, Operation, Seal};

use crate::audit::detail;
use crate::command::Fresh;
use crate::consequence::{Consequence, consequences};
use crate::prepare::{Warning, head_in_future};
use crate::{Command, IfMatch, PublishError, Publishing, render};

/// Who asks, and how to know the request when it comes again.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// The request, when it came under an idempotency key.
    pub idempotency: Option<Idempotency>,
}

/// What an operation did. It is stored with it, so that a repeated request gets the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// What the audit log calls it.
    pub action: String,
    /// Whether it changed anything.
    pub changed: bool,
    /// What it issued; what the operation is about comes first.
    pub groups: Vec<IssuedGroup>,
    /// Worth a look.
    pub warnings: Vec<Warning>,
    /// What it means for devices. Outcomes that were stored before this was told have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<Consequence>,
    /// The entity tag that a channel, or the entries of a rollout, have after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

/// Entries that were issued on one branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedGroup {
    /// The group.
    pub group: String,
    /// The branch that has it.
    pub branch: String,
    /// `asked`, `reverted` or `renewed`.
    pub why: String,
    /// Its entries.
    pub updates: Vec<IssuedUpdate>,
}

/// One issued entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedUpdate {
    /// Its id.
    pub id: String,
    /// Whether it sends devices to the update inside their binary.
    pub roll_back_to_embedded: bool,
    /// Its platform.
    pub platform: String,
    /// Its runtime version.
    pub runtime_version: String,
    /// Its `createdAt` or `commitTime`.
    pub created_at: String,
    /// The entry whose content it repeats.
    pub origin: Option<String>,
    /// Whether it waits behind a pin.
    pub held: bool,
}

/// An operation that is ready to be signed and applied.
struct Draft {
    before: Control,
    after: Control,
    operation: Operation,
    outcome: Outcome,
}

/// Against changes by other processes; those of this process wait for one another.
const TRIES: usize = 20;

impl Publishing {
    /// Does what the command asks for, all at once or not at all.
    pub async fn operate(&self, app: &AppSlug, command: Command, caller: Caller) -> Result<Outcome, PublishError> {
        self.operate_if(app, command, None, caller).await
    }

    /// The same, if what it edits is what its editor saw, in the very state that the operation is planned on. A request
    /// that was answered before is answered the same, whatever it is like now.
    pub async fn operate_if(
        &self,
        app: &AppSlug,
        command: Command,
        condition: Option<IfMatch>,
        caller: Caller,
    ) -> Result<Outcome, PublishError> {
        let app = self.app(app).await?.id;
        if let Some(outcome) = self.answered(app, &caller).await? {
            return Ok(outcome);
        }
        // Looked at before waiting for others: "before the head" means the head that the caller may have seen.
        let seen = match command {
            Command::RollBack { .. } => command.heads(&self.control(app).await?.control),
            _ => Vec::new(),
        };
        let _alone = self.one_at_a_time.enter(app).await;
        let mut tried = Err(PublishError::AppMoved);
        for _ in 0..TRIES {
            // The same request may have been the one that was waited for.
            if let Some(outcome) = self.answered(app, &caller).await? {
                return Ok(outcome);
            }
            tried = self.try_operate(app, &command, condition.as_ref(), &caller, &seen).await;
            if !matches!(tried, Err(PublishError::AppMoved)) {
                break;
            }
        }
        match tried {
            // Or it took effect on another server: what refuses it now is its own effect.
            Err(refused) => Ok(self.answered(app, &caller).await?.ok_or(refused)?),
            done => done,
        }
    }

    /// What the same request came to before.
    pub(crate) async fn answered(&self, app: AppId, caller: &Caller) -> Result<Option<Outcome>, PublishError> {
        let Some(idempotency) = &caller.idempotency else { return Ok(None) };
        match self.store.replay(idempotency, self.now()).await? {
            Some(outcome) => self.replayed(app, outcome).await.map(Some),
            None => Ok(None),
        }
    }

    /// What the operation would come to now. It is planned, rendered and refused as the operation is, and then forgotten:
    /// the ids and times of what it would issue are never seen again.
    pub async fn preview(
        &self,
        app: &AppSlug,
        command: Command,
        condition: Option<IfMatch>,
    ) -> Result<Outcome, PublishError> {
        let app = self.app(app).await?.id;
        let controlled = self.control(app).await?;
        self.check(condition.as_ref(), &command, &controlled.control).await?;
        Ok(self.draft(app, &command, controlled).await?.outcome)
    }

    async fn try_operate(
        &self,
        app: AppId,
        command: &Command,
        condition: Option<&IfMatch>,
        caller: &Caller,
        seen: &[uuid::Uuid],
    ) -> Result<Outcome, PublishError> {
        let controlled = self.control(app).await?;
        self.check(condition, command, &controlled.control).await?;
        if command.heads(&controlled.control) != seen {
            return Err(PublishError::HeadMoved);
        }
        let Draft { before, after, operation, outcome } = self.draft(app, command, controlled).await?;
        if !outcome.changed && caller.idempotency.is_none() {
            return Ok(outcome);
        }
        let mut signatures = self.sign(app, &operation, &[]).await?;
        signatures.extend(self.sign_uncovered(app, &before, &after).await?);
        self.apply(operation, signatures, &outcome, caller).await
    }

    async fn draft(
        &self,
        app: AppId,
        command: &Command,
        Controlled { control, now }: Controlled,
    ) -> Result<Draft, PublishError> {
        let fresh = Fresh {
            ids: ChannelIds { channel: ChannelId(self.new_id()), branch: BranchId(self.new_id()) },
            salt: Salt(self.random_id()),
        };
        if let Command::PublishRecord(record) = command {
            record.check(&control)?;
        }
        let plan = command.plan(&control, fresh).map_err(|refusal| PublishError::refused(refusal, &control))?;
        let action = command.action();
        let issued = self.issue(&control, now, &plan, command.label()).await?;
        let mut operation = Operation {
            app,
            action,
            detail: serde_json::Value::Null,
            at_version: Some(control.version),
            edits: plan.edits.clone(),
            groups: issued.groups,
            entries: issued.entries,
        };
        let after = after(&control, &operation)?;
        operation.detail = detail(&control, &after, &operation, &self.renamed(&operation).await?);
        let mut warnings: Vec<Warning> = plan.notes.iter().map(Warning::from).collect();
        warnings.extend(self.warnings(app, &operation, &after, now).await?);
        if let Command::PublishRecord(record) = command {
            warnings.extend(self.record_warnings(record, &control).await?);
        }
        let outcome = Outcome {
            action: action.as_str().into(),
            changed: !plan.is_empty(),
            groups: describe(&after, &operation, &plan.issues.iter().map(|group| group.why).collect::<Vec<_>>())?,
            warnings,
            consequences: consequences(&control, &after)?,
            etag: self.edited_etag(command, &after).await?,
        };
        Ok(Draft { before: control, after, operation, outcome })
    }

    async fn apply(
        &self,
        operation: Operation,
        signatures: Vec<store::EntrySignature>,
        outcome: &Outcome,
        caller: &Caller,
    ) -> Result<Outcome, PublishError> {
        let app = operation.app;
        let seal = Seal {
            signatures,
            outcome: serde_json::to_value(outcome).map_err(|error| PublishError::Internal(error.to_string()))?,
            idempotency: caller.idempotency.clone(),
            actor: caller.actor.clone(),
            now: self.now(),
        };
        match self.store.apply(operation, seal).await {
            Ok(Effect::Replayed(outcome)) => self.replayed(app, outcome).await,
            Ok(Effect::Fresh(_)) => {
                self.announce.changed(app).await?;
                Ok(outcome.clone())
            }
            Err(CommitError::VersionMoved { .. }) => Err(PublishError::AppMoved),
            Err(error) => Err(error.into()),
        }
    }

    /// The answer of the first time. It may have been stored then and not become visible, which is why it was repeated;
    /// whoever is told that it took effect finds it in effect.
    pub(crate) async fn replayed(&self, app: AppId, outcome: serde_json::Value) -> Result<Outcome, PublishError> {
        self.announce.changed(app).await?;
        serde_json::from_value(outcome).map_err(|error| PublishError::Internal(format!("a stored outcome: {error}")))
    }

    /// The app as operations see it.
    pub(crate) async fn control(&self, app: AppId) -> Result<Controlled, PublishError> {
        self.store.control(app, self.now()).await?.ok_or(PublishError::UnknownApp)
    }

    /// The groups whose messages the operation edits, as they are.
    async fn renamed(&self, operation: &Operation) -> Result<Vec<GroupRecord>, PublishError> {
        let edited = operation.edits.iter().filter_map(|edit| match edit {
            Edit::SetMessage { group, .. } => Some(*group),
            _ => None,
        });
        let edited: Vec<_> = edited.collect();
        Ok(if edited.is_empty() { Vec::new() } else { self.store.groups(operation.app, &edited).await? })
    }

    /// What is worth a look once the operation is in effect.
    pub(crate) async fn warnings(
        &self,
        app: AppId,
        operation: &Operation,
        after: &Control,
        now: model::Millis,
    ) -> Result<Vec<Warning>, PublishError> {
        let issued = operation.entries.iter().filter_map(|entry| after.entry(entry.id));
        let late = issued.clone().filter_map(|past| head_in_future(past.lane.platform, past.entry.created_at, now));
        let mut warnings: Vec<Warning> = late.collect();
        warnings.extend(issued.filter_map(|past| embedded_newer(after, past)));
        for edit in &operation.edits {
            if let Edit::RegisterEmbedded(embedded) = edit {
                let served = after.entries.iter().filter(|past| is_reachable(after, past));
                let hidden = served.filter(|past| newer_embedded(after, past).iter().any(|one| one.id == embedded.id));
                warnings.extend(hidden.filter_map(|past| embedded_newer(after, past)));
            }
        }
        if !operation.entries.is_empty() {
            warnings.extend(crate::commit::expired(&self.store.keys(app).await?, self.now()));
        }
        Ok(warnings)
    }
}

/// The state that the operation leads to.
pub(crate) fn after(before: &Control, operation: &Operation) -> Result<Control, PublishError> {
    let mut after = before.clone();
    for edit in &operation.edits {
        after.apply(edit).map_err(|error| PublishError::Internal(error.to_string()))?;
    }
    after.version += 1;
    for entry in &operation.entries {
        let group = operation.groups.iter().find(|group| group.id == entry.group);
        let branch = group.ok_or_else(|| PublishError::Internal("an entry without a group".into()))?.branch;
        after.insert(PastEntry {
            branch,
            lane: entry.lane.clone(),
            entry: Entry {
                id: entry.id,
                group: entry.group,
                created_at: entry.created_at,
                kind: entry.kind,
                disabled: entry.disabled,
                held: entry.held,
                rollout: entry.rollout,
                rule: entry.rule.clone(),
            },
            origin: entry.origin,
            content: entry.content,
            version: after.version,
        });
    }
    Ok(after)
}

pub(crate) fn describe(
    after: &Control,
    operation: &Operation,
    why: &[model::control::Why],
) -> Result<Vec<IssuedGroup>, PublishError> {
    let mut groups = Vec::with_capacity(operation.groups.len());
    for (group, why) in operation.groups.iter().zip(why) {
        let entries = operation.entries.iter().filter(|entry| entry.group == group.id);
        groups.push(IssuedGroup {
            group: group.id.to_string(),
            branch: after.branch(group.branch).map(|branch| branch.name.to_string()).unwrap_or_default(),
            why: match why {
                model::control::Why::Asked => "asked",
                model::control::Why::Reverted => "reverted",
                model::control::Why::Renewed => "renewed",
            }
            .into(),
            updates: entries.map(issued).collect::<Result<_, _>>()?,
        });
    }
    groups.sort_by_key(|group| group.why != "asked");
    Ok(groups)
}

fn issued(entry: &NewEntry) -> Result<IssuedUpdate, PublishError> {
    Ok(IssuedUpdate {
        id: entry.id.to_string(),
        roll_back_to_embedded: entry.kind == EntryKind::RollBackToEmbedded,
        platform: entry.lane.platform.to_string(),
        runtime_version: entry.lane.runtime_version.to_string(),
        created_at: render::timestamp(entry.created_at)?.to_string(),
        origin: entry.origin.map(|origin| origin.to_string()),
        held: entry.held,
    })
}

/// A binary whose own update is newer downloads what it is served and never runs it (protocol.md §4.5).
pub(crate) fn embedded_newer(control: &Control, past: &PastEntry) -> Option<Warning> {
    let newer = newer_embedded(control, past);
    let first = newer.first()?;
    Some(Warning {
        code: "embedded_newer".into(),
        message: format!(
            "{} registered {} for {} {} later than {} was issued, the first is {}: devices with them would download it \
             and never run it, until something is issued after their time; is the build machine's clock right?",
            newer.len(),
            if newer.len() == 1 { "binary was built" } else { "binaries were built" },
            past.lane.platform,
            past.lane.runtime_version,
            past.entry.id,
            first.id
        ),
    })
}

/// Whether a device of some channel can be offered the entry.
pub(crate) fn is_reachable(control: &Control, past: &PastEntry) -> bool {
    control.visible().contains(&past.branch)
        && control
            .reachable(past.branch, &past.lane)
            .is_ok_and(|lane| lane.entries.iter().any(|entry| entry.id == past.entry.id))
}

/// What devices can be offered.
pub(crate) fn reachable(control: &Control) -> Result<Vec<UpdateId>, PublishError> {
    let snapshot = control.snapshot().map_err(|error| PublishError::Internal(error.to_string()))?;
    let lanes = snapshot.branches.values().flat_map(|branch| branch.android.values().chain(branch.ios.values()));
    Ok(lanes.flat_map(|lane| &lane.entries).map(|entry| entry.id).collect())
}
