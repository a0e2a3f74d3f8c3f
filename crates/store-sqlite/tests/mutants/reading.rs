//! The real store with one fault: reading apps and what happened in them.

use async_trait::async_trait;
use model::{AppId, KeyId, Millis, UpdateGroupId, UpdateId};
use serde_json::Value;
use store::{
    Actor, AppState, AssetRecord, AuditLine, Controlled, GroupRecord, History, Idempotency, ReadAudit, ReadControl,
    ReadSnapshots, ReplayError, Replays, StoreError, StoredUpdate,
};

use crate::backend::Mutant;
use crate::faults::Fault;

#[async_trait]
impl History for Mutant {
    async fn update(&self, app: AppId, update: UpdateId) -> Result<Option<StoredUpdate>, StoreError> {
        let mut found = self.store.update(app, update).await?;
        if self.has(Fault::UpdateIgnoresTheApp) {
            for other in self.every_app().await? {
                found = found.or(self.store.update(other, update).await?);
            }
        }
        if self.has(Fault::UpdateIsNotFound) {
            return Ok(None);
        }
        if let Some(update) = &mut found {
            if self.has(Fault::UpdateLosesTheAssets) {
                update.assets.clear();
            }
            if self.has(Fault::UpdateLosesTheRule) {
                update.past.entry.rule = None;
            }
            for asset in update.assets.iter_mut().filter(|_| self.has(Fault::UpdateLosesTheSize)) {
                asset.size = 0;
            }
        }
        Ok(found)
    }

    async fn groups(&self, app: AppId, groups: &[UpdateGroupId]) -> Result<Vec<GroupRecord>, StoreError> {
        let mut found = self.store.groups(app, groups).await?;
        if self.has(Fault::GroupsIgnoreTheApp) {
            found.clear();
            for app in self.every_app().await? {
                found.extend(self.store.groups(app, groups).await?);
            }
        }
        if self.has(Fault::GroupsIgnoreTheOrder) {
            found.sort_by_key(|found| groups.iter().position(|group| *group == found.group.id));
        }
        for record in &mut found {
            if self.has(Fault::GroupsLoseTheMessage) {
                record.group.message = None;
            }
            if self.has(Fault::GroupsLoseTheActor) {
                record.issued_by = Actor("nobody".into());
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl ReadAudit for Mutant {
    async fn audit(&self, app: AppId, before: Option<u64>, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
        let limit = if self.has(Fault::AuditIgnoresTheLimit) { 10_000 } else { limit };
        let before = match self.fault() {
            Fault::AuditIgnoresTheCursor => None,
            Fault::AuditTellsTheCursorAgain => before.map(|before| before.saturating_add(1)),
            _ => before,
        };
        let mut lines = self.store.audit(app, before, limit).await?;
        if self.has(Fault::AuditIsOldestFirst) {
            lines.reverse();
        }
        for line in lines.iter_mut().filter(|_| self.has(Fault::AuditLosesTheDetail)) {
            line.detail = Value::Null;
        }
        Ok(lines)
    }
}

#[async_trait]
impl ReadControl for Mutant {
    async fn control(&self, app: AppId, now: Millis) -> Result<Option<Controlled>, StoreError> {
        let mut found = self.store.control(app, now).await?;
        if found.is_none() && self.has(Fault::ControlIsOfAnyApp) {
            let Some(any) = self.every_app().await?.pop() else { return Ok(None) };
            found = self.store.control(any, now).await?;
        }
        let Some(Controlled { control, now }) = &mut found else { return Ok(None) };
        if self.has(Fault::ControlTellsAnotherNow) {
            now.0 += 1;
        }
        if self.has(Fault::ControlIsBehind) {
            control.version -= 1;
        }
        if self.has(Fault::ControlLosesHeldEntries) {
            control.entries.retain(|past| !past.entry.held);
        }
        if self.has(Fault::ControlLosesEntriesOfDeletedBranches) {
            let branches: Vec<_> = control.branches.iter().map(|branch| branch.id).collect();
            control.entries.retain(|past| branches.contains(&past.branch));
        }
        if self.has(Fault::ControlIsUnordered) {
            control.entries.sort_by_key(|past| std::cmp::Reverse(past.version));
        }
        if self.has(Fault::ControlLosesTheDeleted) {
            control.deleted.clear();
        }
        if self.has(Fault::ControlLosesEmbedded) {
            control.embedded.clear();
        }
        if self.has(Fault::ControlOrdersByLetters) {
            control.channels.sort_by_key(|channel| channel.name.as_str().to_lowercase());
        }
        for branch in control.branches.iter_mut().filter(|_| self.has(Fault::ControlLosesPins)) {
            branch.pinned = false;
        }
        for channel in control.channels.iter_mut().filter(|_| self.has(Fault::ControlLosesPauses)) {
            channel.paused = false;
        }
        for past in control.entries.iter_mut().filter(|_| self.has(Fault::ControlLosesTheRule)) {
            past.entry.rule = None;
        }
        Ok(found)
    }

    async fn missing_signatures(&self, app: AppId, entries: &[UpdateId]) -> Result<Vec<(UpdateId, KeyId)>, StoreError> {
        let mut missing = self.store.missing_signatures(app, entries).await?;
        if self.has(Fault::NoSignatureIsMissing) {
            missing.clear();
        }
        if self.has(Fault::MissingSignaturesAreUnordered) {
            missing.sort();
        }
        if self.has(Fault::MissingSignaturesAreOfOneKey) {
            missing.dedup_by_key(|(update, _)| *update);
        }
        Ok(missing)
    }
}

#[async_trait]
impl ReadSnapshots for Mutant {
    async fn versions(&self) -> Result<Vec<(AppId, u64)>, StoreError> {
        let mut versions = self.store.versions().await?;
        if self.has(Fault::VersionsAreUnordered) {
            versions.reverse();
        }
        for (_, version) in versions.iter_mut().filter(|_| self.has(Fault::VersionsStandStill)) {
            *version = 1;
        }
        Ok(versions)
    }

    async fn load(&self, app: AppId) -> Result<Option<AppState>, StoreError> {
        let served_anyway = || "UPDATE updates SET held = 0".to_owned();
        self.spoil_if(Fault::LoadServesHeldEntries, served_anyway).await;
        let mut found = self.store.load(app).await?;
        if found.is_none() && self.has(Fault::LoadIsOfAnyApp) {
            let Some(any) = self.every_app().await?.pop() else { return Ok(None) };
            found = self.store.load(any).await?;
        }
        let Some(state) = &mut found else { return Ok(None) };
        if self.has(Fault::LoadServesWhatNobodyReaches) {
            state.entries.extend(state.entries.clone());
        }
        if self.has(Fault::LoadForgetsWhatIsKnown) {
            state.snapshot.known.clear();
        }
        if self.has(Fault::LoadForgetsTheDeleted) {
            let control = self.store.control(state.snapshot.app, Millis(0)).await?;
            for gone in control.into_iter().flat_map(|found| found.control.deleted) {
                state.snapshot.known.remove(&gone.id);
            }
        }
        if self.has(Fault::LoadForgetsEmbedded) {
            state.snapshot.embedded.clear();
        }
        if self.has(Fault::LoadLosesTheKeys) {
            state.keys.clear();
        }
        for entry in state.entries.iter_mut().filter(|_| self.has(Fault::LoadLosesTheSignatures)) {
            entry.signatures.clear();
        }
        for channel in state.snapshot.channels.values_mut().filter(|_| self.has(Fault::LoadIgnoresPauses)) {
            channel.paused = false;
        }
        let branches = state.snapshot.branches.values_mut();
        let lanes = branches.flat_map(|branch| branch.android.values_mut().chain(branch.ios.values_mut()));
        for entry in lanes.flat_map(|lane| &mut lane.entries) {
            if self.has(Fault::LoadLosesTheRule) {
                entry.rule = None;
            }
            if self.has(Fault::LoadLosesTheRollout) {
                entry.rollout = None;
            }
        }
        Ok(found)
    }

    async fn assets(&self, app: AppId, after: u64) -> Result<Vec<AssetRecord>, StoreError> {
        let after = if self.has(Fault::AssetsIgnoreTheVersion) { 0 } else { after };
        let mut assets = self.store.assets(app, after).await?;
        if self.has(Fault::AssetsIgnoreTheApp) {
            assets.clear();
            for app in self.every_app().await? {
                assets.extend(self.store.assets(app, after).await?);
            }
        }
        for asset in assets.iter_mut().filter(|_| self.has(Fault::AssetsLoseTheEncodings)) {
            asset.encodings.clear();
        }
        Ok(assets)
    }
}

#[async_trait]
impl Replays for Mutant {
    async fn replay(&self, request: &Idempotency, now: Millis) -> Result<Option<Value>, ReplayError> {
        let now = if self.has(Fault::ReplayNeverForgets) { Millis(0) } else { now };
        match self.store.replay(request, now).await {
            Ok(_) if self.has(Fault::ReplayForgets) => Ok(None),
            Err(ReplayError::Conflict(_)) if self.has(Fault::ReplayIgnoresTheBody) => Ok(None),
            found => found,
        }
    }
}
