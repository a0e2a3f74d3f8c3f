//! The selection policies: what is loaded, what is started, what is deleted (`LoaderSelectionPolicyFilterAware`,
//! `LauncherSelectionPolicyFilterAware`, `ReaperSelectionPolicyFilterAware`).

use protocol::Platform;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::database::{Configuration, Database, Status, UpdateRow};
use crate::fields::{Fields, passes};
use crate::refusal::Law;
use crate::rule::Rule;

/// Whether an offered update is loaded, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is downloaded.
    Load(LoadReason),
    /// What runs goes on running.
    Keep(KeepReason),
}

/// Why an offered update is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadReason {
    /// Nothing from the database runs: before the first launch, or after an emergency launch.
    NothingRuns,
    /// What runs fails the filters that came with the answer.
    RunningFailsFilters,
    /// What runs was stored under another URL or other request headers.
    RunningIsOfOtherConfiguration,
    /// Its time is strictly later.
    IsLater,
}

/// Why what runs goes on running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepReason {
    /// What is offered has the same time as what runs, or an earlier one.
    NotLater,
    /// What is offered fails the filters.
    FailsFilters,
    /// What is offered belongs to another URL or other request headers: an embedded update under an override.
    OfOtherConfiguration,
}

/// What could be loaded: a manifest, or the embedded update at a cold start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate<'a> {
    pub(crate) metadata: Option<&'a Map<String, Value>>,
    pub(crate) commit_time_ms: i64,
    pub(crate) configuration: &'a Configuration,
}

/// `shouldLoadNewUpdate`.
pub(crate) fn should_load(
    candidate: Candidate<'_>,
    running: Option<&UpdateRow>,
    filters: Option<&Fields>,
    present: &Configuration,
    law: Law,
) -> Verdict {
    if !passes(candidate.metadata, filters, law.platform) {
        return Verdict::Keep(KeepReason::FailsFilters);
    }
    let Some(running) = running else {
        return if law.has(Rule::NothingRunningLoads) {
            Verdict::Load(LoadReason::NothingRuns)
        } else {
            Verdict::Keep(KeepReason::NotLater)
        };
    };
    if law.has(Rule::FilteredOutIsReplaced) && !passes(running.metadata.as_ref(), filters, law.platform) {
        return Verdict::Load(LoadReason::RunningFailsFilters);
    }
    if law.has(Rule::OtherConfigurationIsNotLoaded) && candidate.configuration != present {
        return Verdict::Keep(KeepReason::OfOtherConfiguration);
    }
    if law.has(Rule::OtherConfigurationIsReplaced) && running.configuration != *present {
        return Verdict::Load(LoadReason::RunningIsOfOtherConfiguration);
    }
    if law.has(Rule::OnlyLaterIsLoaded) && candidate.commit_time_ms <= running.commit_time_ms {
        return Verdict::Keep(KeepReason::NotLater);
    }
    Verdict::Load(LoadReason::IsLater)
}

/// `shouldLoadRollBackToEmbeddedDirective`. The embedded update has no metadata, so it passes every filter.
pub(crate) fn should_roll_back(
    commit_time_ms: i64,
    running: Option<&UpdateRow>,
    filters: Option<&Fields>,
    law: Law,
) -> bool {
    let Some(running) = running else { return true };
    let is_filtered_out = !passes(running.metadata.as_ref(), filters, law.platform);
    (law.has(Rule::FilteredOutIsReplaced) && is_filtered_out)
        || !law.has(Rule::OnlyLaterRollBackIsTaken)
        || commit_time_ms > running.commit_time_ms
}

/// What the launcher holds stored updates against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Launcher<'a> {
    pub(crate) runtime_version: &'a str,
    pub(crate) configuration: &'a Configuration,
    pub(crate) embedded: Option<Uuid>,
    pub(crate) law: Law,
}

impl Launcher<'_> {
    /// `getLaunchableUpdate` and `selectUpdateToLaunch`.
    pub(crate) fn choose(self, database: &Database) -> Option<UpdateRow> {
        let mut fitting = database.updates().filter(|row| self.may_launch(row, database.filters.as_ref()));
        if self.law.has(Rule::LauncherTakesLatest) {
            fitting.max_by_key(|row| row.commit_time_ms).cloned()
        } else {
            fitting.next().cloned()
        }
    }

    fn may_launch(self, row: &UpdateRow, filters: Option<&Fields>) -> bool {
        let law = self.law;
        let absent_or = |rule: Rule, holds: bool| !law.has(rule) || holds;
        absent_or(Rule::IncompleteIsNotLaunched, row.status != Status::Pending)
            && absent_or(Rule::FailedIsNotLaunchedAgain, row.successful_launches > 0 || row.failed_launches == 0)
            && absent_or(
                Rule::LauncherNeedsOwnEmbedded,
                row.status != Status::Embedded || self.embedded == Some(row.id),
            )
            && absent_or(Rule::LauncherNeedsRuntimeVersion, row.runtime_version == self.runtime_version)
            && absent_or(Rule::LauncherAppliesFilters, passes(row.metadata.as_ref(), filters, law.platform))
            && absent_or(Rule::LauncherNeedsConfiguration, row.configuration == *self.configuration)
    }
}

/// `selectUpdatesToDelete`: everything older than what runs but one, which is preferably one that passes the filters.
pub(crate) fn to_delete(database: &Database, running: &UpdateRow, law: Law) -> Vec<Uuid> {
    let older: Vec<&UpdateRow> = database.updates().filter(|row| row.commit_time_ms < running.commit_time_ms).collect();
    let passes = |row: &&UpdateRow| passes(row.metadata.as_ref(), database.filters.as_ref(), law.platform);
    let preferred: Vec<&UpdateRow> = older.iter().copied().filter(passes).collect();
    let preferred = if preferred.is_empty() { &older } else { &preferred };
    let kept = match law.platform {
        Platform::Android => preferred.iter().max_by_key(|row| row.commit_time_ms),
        // iOS assigns in both branches of its comparison, so the last one it met is kept, not the newest.
        Platform::Ios => preferred.last(),
    };
    let kept = kept.filter(|_| law.has(Rule::ReaperKeepsOneOlder)).map(|row| row.id);
    older.iter().map(|row| row.id).filter(|id| Some(*id) != kept).collect()
}
