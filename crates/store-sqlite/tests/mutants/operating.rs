//! The real store with one fault: operations.

use async_trait::async_trait;
use bytes::Bytes;
use model::control::{ContentFingerprint, Edit};
use model::{AppId, Millis};
use serde_json::Value;
use store::{
    Actor, AuditAction, Blobs, CommitError, Committed, Effect, EntrySignature, Keys, Operate, Operation, ReadControl,
    ReadSnapshots, SESSION_LIFETIME, SaveError, Seal, SessionId, StoreError,
};

use crate::backend::{FORGET_THE_LINE, Mutant, sql_id};
use crate::faults::Fault;

#[async_trait]
impl Operate for Mutant {
    async fn apply(&self, operation: Operation, seal: Seal) -> Result<Effect<Committed>, CommitError> {
        let (mut operation, mut seal) = (operation, seal);
        operation.edits.retain(|edit| forgotten(edit) != self.fault());
        self.lose_a_part(&mut operation);
        self.overlook(&mut operation, &mut seal).await?;
        let done = match self.store.apply(operation.clone(), seal.clone()).await {
            Err(refused) => self.apply_all_the_same(&operation, &seal, refused).await,
            done => done,
        };
        if let Ok(Effect::Fresh(_)) = done {
            self.spoil_what_was_applied(&operation).await;
        }
        match done {
            Ok(Effect::Fresh(Committed { version })) if self.has(Fault::ApplyTellsTheWrongVersion) => {
                Ok(Effect::Fresh(Committed { version: version + 1 }))
            }
            done => done,
        }
    }

    async fn save_prepared(&self, session: SessionId, operation: Operation, now: Millis) -> Result<(), SaveError> {
        if self.has(Fault::SaveForgets) {
            return Ok(());
        }
        let mut operation = operation;
        if self.has(Fault::SaveLosesTheEdits) {
            operation.edits.clear();
        }
        if self.has(Fault::SaveLosesTheVersion) {
            operation.at_version = None;
        }
        if self.has(Fault::SaveLosesTheDetail) {
            operation.detail = Value::Null;
        }
        if self.has(Fault::SaveMergesTheGroups) {
            operation.groups.truncate(1);
        }
        for entry in &mut operation.entries {
            if self.has(Fault::SaveServesTheDisabled) {
                entry.disabled = false;
            }
            if self.has(Fault::SaveLosesTheRule) {
                entry.rule = None;
            }
            if self.has(Fault::SaveMergesTheGroups) {
                entry.group = operation.groups[0].id;
            }
        }
        let this = sql_id(session.0);
        self.spoil_if(Fault::SaveReplaces, || format!("DELETE FROM publish_sessions WHERE id = {this}")).await;
        self.spoil_if(Fault::SaveForgetsTheOthers, || format!("DELETE FROM publish_sessions WHERE id <> {this}")).await;
        let app = sql_id(operation.app.0);
        match self.store.save_prepared(session, operation, now).await {
            Err(SaveError::Empty) if self.has(Fault::SaveTakesNothing) => Ok(()),
            Err(SaveError::OutOfOrder(_)) if self.has(Fault::SaveTakesAnyOrder) => Ok(()),
            Err(SaveError::UnknownBranch) if self.has(Fault::SaveTakesAnyBranch) => Ok(()),
            done => {
                let raise = || format!("UPDATE apps SET version = version + 1 WHERE id = {app}");
                self.spoil_if(Fault::SaveRaisesTheVersion, raise).await;
                done
            }
        }
    }

    async fn prepared(&self, app: AppId, session: SessionId, now: Millis) -> Result<Option<Operation>, StoreError> {
        if self.has(Fault::PreparedIsNotFound) {
            return Ok(None);
        }
        let now = if self.has(Fault::PreparedNeverExpires) { Millis(0) } else { now };
        if self.has(Fault::PreparedIgnoresTheApp) {
            for app in self.every_app().await? {
                if let Some(found) = self.store.prepared(app, session, now).await? {
                    return Ok(Some(found));
                }
            }
        }
        self.store.prepared(app, session, now).await
    }

    async fn commit(&self, app: AppId, session: SessionId, seal: Seal) -> Result<Effect<Committed>, CommitError> {
        let mut seal = seal;
        let this = sql_id(session.0);
        if self.has(Fault::CommitIgnoresTheKey) {
            seal.idempotency = None;
        }
        if self.has(Fault::CommitForgetsTheSignatures) {
            self.sign_everything(app, session, &mut seal).await?;
        }
        if self.has(Fault::CommitForgetsTheActor) {
            seal.actor = Actor("nobody".into());
        }
        if self.has(Fault::CommitForgetsTheOutcome) {
            seal.outcome = Value::Null;
        }
        let versionless = || format!("UPDATE publish_sessions SET at_version = NULL WHERE id = {this}");
        self.spoil_if(Fault::CommitIgnoresTheVersion, versionless).await;
        let done = match self.store.commit(app, session, seal.clone()).await {
            Err(CommitError::UnknownSession) => self.commit_all_the_same(app, session, &seal).await,
            done => done,
        };
        match done {
            Ok(Effect::Fresh(_)) => self.spoil_what_was_committed(app, session).await,
            Err(_) => {
                let end = || format!("DELETE FROM publish_sessions WHERE id = {this}");
                self.spoil_if(Fault::CommitEndsTheRefused, end).await;
            }
            Ok(Effect::Replayed(_)) => {}
        }
        match done {
            Ok(Effect::Replayed(_)) if self.has(Fault::CommitHappensAgain) => {
                Ok(Effect::Fresh(Committed { version: 1 }))
            }
            done => done,
        }
    }
}

impl Mutant {
    fn lose_a_part(&self, operation: &mut Operation) {
        match self.fault() {
            Fault::ApplyEditsBackwards => operation.edits.reverse(),
            Fault::ApplyEditsNothing => operation.edits.clear(),
            Fault::ApplyIssuesNothing => {
                operation.groups.clear();
                operation.entries.clear();
            }
            Fault::ApplyForgetsTheDetail => operation.detail = Value::Null,
            Fault::ApplyMistakesTheAction => operation.action = AuditAction::Publish,
            _ => {}
        }
        for group in operation.groups.iter_mut().filter(|_| self.has(Fault::ApplyLosesTheGitCommit)) {
            group.git_commit = None;
        }
        for entry in &mut operation.entries {
            match self.fault() {
                Fault::ApplyServesTheDisabled => entry.disabled = false,
                Fault::ApplyLosesTheRule => entry.rule = None,
                Fault::ApplyLosesTheRollout => entry.rollout = None,
                Fault::ApplyLosesTheOrigin => entry.origin = None,
                Fault::ApplyLosesTheContent => entry.content = ContentFingerprint([0; 32]),
                Fault::ApplyLosesTheAssets => entry.assets.clear(),
                _ => {}
            }
        }
    }

    /// What a check would have found is made to look right first.
    async fn overlook(&self, operation: &mut Operation, seal: &mut Seal) -> Result<(), CommitError> {
        let app = operation.app;
        match self.fault() {
            Fault::ApplyIgnoresTheVersion => operation.at_version = self.version(app).await?,
            Fault::ApplyIgnoresPins => operation.at_version = operation.at_version.or(self.version(app).await?),
            Fault::ApplyIgnoresRollouts => {
                self.spoil("UPDATE updates SET rollout_share = NULL, rollout_salt = NULL".into()).await;
            }
            Fault::ApplyIgnoresMissingBlobs => {
                for asset in operation.entries.iter().flat_map(|entry| &entry.assets) {
                    self.store.record_blob(app, asset.hash, 10, seal.now).await?;
                }
            }
            Fault::ApplyChecksBlobsFirst => {
                for asset in operation.entries.iter().flat_map(|entry| &entry.assets) {
                    if !self.store.missing_blobs(app, &[(asset.hash, 10)]).await?.is_empty() {
                        return Err(CommitError::MissingBlob(asset.hash));
                    }
                }
            }
            Fault::ApplyIgnoresMissingSignatures => {
                for key in self.store.keys(app).await? {
                    for entry in &operation.entries {
                        let of_key = |known: &EntrySignature| known.update == entry.id && known.key_id == key.key_id;
                        if !seal.signatures.iter().any(of_key) {
                            let (update, key_id) = (entry.id, key.key_id.clone());
                            seal.signatures.push(EntrySignature { update, key_id, signature: Bytes::new() });
                        }
                    }
                }
            }
            Fault::ApplyLosesStoredSignatures => {
                seal.signatures.retain(|known| operation.entries.iter().any(|entry| entry.id == known.update));
            }
            Fault::ApplyReplacesStoredSignatures => {
                for EntrySignature { update, key_id, .. } in &seal.signatures {
                    let update = sql_id(update.0);
                    let sql = format!("DELETE FROM signatures WHERE update_id = {update} AND key_id = '{key_id}'");
                    self.spoil(sql).await;
                }
            }
            Fault::ApplyReplacesEmbedded => {
                for edit in &operation.edits {
                    if let Edit::RegisterEmbedded(embedded) = edit {
                        let sql = format!("DELETE FROM embedded_updates WHERE id = {}", sql_id(embedded.id.0));
                        self.spoil(sql).await;
                    }
                }
            }
            Fault::ApplyCompletesNoRegistration => {
                let control = self.store.control(app, seal.now).await?;
                let known: Vec<_> = control.into_iter().flat_map(|found| found.control.embedded).collect();
                operation.edits.retain(|edit| match edit {
                    Edit::RegisterEmbedded(told) => known.iter().all(|known| known.id != told.id),
                    _ => true,
                });
            }
            Fault::ApplyMindsHeldRollouts => {
                let control = self.store.control(app, seal.now).await?;
                let past = control.into_iter().flat_map(|found| found.control.entries);
                let waiting = past.filter(|past| past.entry.held && past.entry.rollout.is_some());
                let mut lanes = waiting.map(|past| past.lane);
                if let Some(lane) = lanes.find(|lane| operation.entries.iter().any(|entry| entry.lane == *lane)) {
                    return Err(CommitError::RolloutActive(lane));
                }
            }
            Fault::ApplyForgetsInstantsOfTheDeleted => {
                self.spoil("UPDATE deleted_updates SET created_at = created_at - 1000000".into()).await;
            }
            Fault::ApplyTakesIdsOfTheDeleted => {
                for entry in &operation.entries {
                    self.spoil(format!("DELETE FROM deleted_updates WHERE id = {}", sql_id(entry.id.0))).await;
                }
            }
            Fault::ApplyForgetsTheActor => seal.actor = Actor("nobody".into()),
            Fault::ApplyIgnoresTheKey => seal.idempotency = None,
            Fault::ApplyForgetsTheOutcome => seal.outcome = Value::Null,
            _ => {}
        }
        Ok(())
    }

    /// A refusal that this fault does not know becomes an operation that is not refused.
    async fn apply_all_the_same(
        &self,
        operation: &Operation,
        seal: &Seal,
        refused: CommitError,
    ) -> Result<Effect<Committed>, CommitError> {
        let (mut operation, mut seal) = (operation.clone(), seal.clone());
        match (self.fault(), &refused) {
            (Fault::ApplyKeepsWhatWasRefused, CommitError::UnknownTarget) => {
                operation.edits.truncate(1);
                self.store.apply(operation, seal).await?;
                return Err(refused);
            }
            (Fault::ApplyKeepsTheRecordOfTheRefused, _) => {
                let nothing = Operation { at_version: None, edits: Vec::new(), groups: Vec::new(), ..operation };
                self.store.apply(Operation { entries: Vec::new(), ..nothing }, seal).await?;
                return Err(refused);
            }
            (Fault::ApplyTakesAnyApp, CommitError::UnknownApp) => {
                return Ok(Effect::Fresh(Committed { version: 1 }));
            }
            (Fault::ApplySkipsUnknownTargets, CommitError::UnknownTarget) => operation.edits.clear(),
            (Fault::ApplyTakesAnyBranch, CommitError::UnknownTarget) => {
                let control = self.store.control(operation.app, seal.now).await?;
                let own = control.and_then(|control| control.control.branches.first().map(|branch| branch.id));
                for group in &mut operation.groups {
                    group.branch = own.unwrap_or(group.branch);
                }
            }
            (Fault::ApplyTakesAnyOrder, CommitError::OutOfOrder(_)) => {
                for (instant, entry) in (seal.now.0 + 100..).zip(&mut operation.entries) {
                    entry.created_at = Millis(instant);
                }
            }
            (Fault::ApplyTakesAnyInstant, CommitError::HeadMoved { .. }) => {
                for (instant, entry) in (seal.now.0 + 1_000_000..).zip(&mut operation.entries) {
                    entry.created_at = Millis(instant);
                }
            }
            (Fault::ApplyIgnoresStraySignatures, CommitError::StraySignature { update, key_id }) => {
                let stray = |known: &EntrySignature| known.update == *update && known.key_id == *key_id;
                if let Some(place) = seal.signatures.iter().rposition(stray) {
                    seal.signatures.remove(place);
                }
            }
            (Fault::ApplyFillsLanesTooFar, CommitError::TooManyConditionalEntries(_)) => {
                operation.edits.clear();
                operation.entries.clear();
                operation.groups.clear();
            }
            (Fault::ApplyReplacesTakenNames, CommitError::Store(StoreError::Constraint(_))) => {
                operation.edits.clear();
            }
            _ => return Err(refused),
        }
        self.store.apply(operation, seal).await
    }

    async fn spoil_what_was_applied(&self, operation: &Operation) {
        let app = sql_id(operation.app.0);
        let version = |change: &str| format!("UPDATE apps SET version = version {change} WHERE id = {app}");
        self.spoil_if(Fault::ApplyForgetsTheLine, || FORGET_THE_LINE.into()).await;
        self.spoil_if(Fault::ApplyRaisesNoVersion, || version("- 1")).await;
        self.spoil_if(Fault::ApplyRaisesItTwice, || version("+ 1")).await;
        self.spoil_if(Fault::ApplyForgetsTheRecord, || "DELETE FROM idempotency".into()).await;
        self.spoil_if(Fault::ApplyForgetsWhatWasDeleted, || "DELETE FROM deleted_updates".into()).await;
        if self.has(Fault::ApplyReplacesTheType) {
            for asset in operation.entries.iter().flat_map(|entry| &entry.assets) {
                let (hash, content_type) = (asset.hash, &asset.content_type);
                let set = format!("UPDATE app_blobs SET content_type = '{content_type}'");
                self.spoil(format!("{set} WHERE app_id = {app} AND hash = x'{hash}'")).await;
            }
        }
    }

    /// Signs a prepared operation with what nobody made, so that the real signatures are lost.
    async fn sign_everything(&self, app: AppId, session: SessionId, seal: &mut Seal) -> Result<(), CommitError> {
        let Some(operation) = self.store.prepared(app, session, seal.now).await? else { return Ok(()) };
        for signature in &mut seal.signatures {
            if operation.entries.iter().any(|entry| entry.id == signature.update) {
                signature.signature = Bytes::from_static(b"lost");
            }
        }
        Ok(())
    }

    async fn commit_all_the_same(
        &self,
        app: AppId,
        session: SessionId,
        seal: &Seal,
    ) -> Result<Effect<Committed>, CommitError> {
        if self.has(Fault::CommitTakesTheExpired) {
            let now = Millis(seal.now.0 - SESSION_LIFETIME.0);
            return self.store.commit(app, session, Seal { now, ..seal.clone() }).await;
        }
        if self.has(Fault::CommitTakesAnyApp) {
            for app in self.every_app().await? {
                match self.store.commit(app, session, seal.clone()).await {
                    Err(CommitError::UnknownSession) => {}
                    done => return done,
                }
            }
        }
        Err(CommitError::UnknownSession)
    }

    async fn spoil_what_was_committed(&self, app: AppId, session: SessionId) {
        let (app, session) = (sql_id(app.0), sql_id(session.0));
        self.spoil_if(Fault::CommitForgetsTheLine, || FORGET_THE_LINE.into()).await;
        let lower = || format!("UPDATE apps SET version = version - 1 WHERE id = {app}");
        self.spoil_if(Fault::CommitRaisesNoVersion, lower).await;
        self.spoil_if(Fault::CommitForgetsTheRecord, || "DELETE FROM idempotency".into()).await;
        let forget = || format!("DELETE FROM publish_sessions WHERE id = {session}");
        self.spoil_if(Fault::CommitForgetsTheSession, forget).await;
        let reopen = || format!("UPDATE publish_sessions SET outcome = NULL, committed_at = NULL WHERE id = {session}");
        self.spoil_if(Fault::CommitLeavesTheSession, reopen).await;
    }

    async fn version(&self, app: AppId) -> Result<Option<u64>, StoreError> {
        let versions = self.store.versions().await?;
        Ok(versions.into_iter().find(|(known, _)| *known == app).map(|(_, version)| version))
    }
}

/// The fault that forgets this edit.
fn forgotten(edit: &Edit) -> Fault {
    match edit {
        Edit::CreateBranch { .. } => Fault::ApplyForgetsCreateBranch,
        Edit::RenameBranch { .. } => Fault::ApplyForgetsRenameBranch,
        Edit::DeleteBranch { .. } => Fault::ApplyForgetsDeleteBranch,
        Edit::PinBranch { .. } => Fault::ApplyForgetsPinBranch,
        Edit::CreateChannel { .. } => Fault::ApplyForgetsCreateChannel,
        Edit::PointChannel { .. } => Fault::ApplyForgetsPointChannel,
        Edit::PauseChannel { .. } => Fault::ApplyForgetsPauseChannel,
        Edit::DeleteChannel { .. } => Fault::ApplyForgetsDeleteChannel,
        Edit::DisableUpdate { .. } => Fault::ApplyForgetsDisableUpdate,
        Edit::ReleaseUpdate { .. } => Fault::ApplyForgetsReleaseUpdate,
        Edit::SetRollout { .. } => Fault::ApplyForgetsSetRollout,
        Edit::SetRule { .. } => Fault::ApplyForgetsSetRule,
        Edit::SetMessage { .. } => Fault::ApplyForgetsSetMessage,
        Edit::DeleteUpdate { .. } => Fault::ApplyForgetsDeleteUpdate,
        Edit::RegisterEmbedded(_) => Fault::ApplyForgetsRegisterEmbedded,
    }
}
