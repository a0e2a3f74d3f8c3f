//! The same decision as a check's, told with how it was reached and with what the device does about it.

use std::collections::HashMap;

use http::HeaderMap;
use model::bucket::Draw;
use model::decide::{Decision, Outcome, Reason, Verdict, decide};
use model::rule::Judged;
use model::{AppSlug, AppSnapshot, BranchId, BranchName, Device, Entry, UpdateId};
use protocol::request::{RequestError, parse_check};

use crate::check::device;
use crate::{Delivery, facts};

/// Why nothing can be explained.
#[derive(Debug, thiserror::Error)]
pub enum NotExplained {
    /// There is no such app in service.
    #[error("there is no app `{0}` in service")]
    UnknownApp(AppSlug),
    /// No device could have sent such a check; it would be answered 400.
    #[error(transparent)]
    Request(#[from] RequestError),
}

/// A decision and what led to it, in names.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// What the device is sent.
    pub outcome: Outcome,
    /// The branch that its channel gave it.
    pub branch: Option<BranchName>,
    /// Where it fell, when the channel points at two branches.
    pub split: Option<Draw>,
    /// The branch whose filter goes with the answer.
    pub filter: Option<BranchName>,
    /// The entries that were looked at, newest first.
    pub steps: Vec<(Entry, Verdict)>,
    /// What became of their rules, node by node, for those of them that have one.
    pub rules: HashMap<UpdateId, Judged>,
    /// What the device does with the answer.
    pub device: DeviceDoes,
    /// That in words.
    pub because: String,
}

/// What a device does with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceDoes {
    /// It is sent nothing and goes on with what it has.
    Keeps,
    /// It takes what it is sent.
    Accepts,
    /// It refuses what it is sent, or does nothing about it.
    Refuses,
    /// On facts that only the device knows.
    Depends,
}

impl DeviceDoes {
    /// The stable name in the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Keeps => "keeps",
            Self::Accepts => "accepts",
            Self::Refuses => "refuses",
            Self::Depends => "depends",
        }
    }
}

impl Delivery {
    /// What a check with these headers would be answered now, without the door: it is the operator who asks.
    pub fn explain(&self, app: &AppSlug, headers: &HeaderMap) -> Result<Explained, NotExplained> {
        let request = parse_check(headers, None)?;
        let apps = self.apps.load();
        let app = apps.by_slug.get(app).ok_or_else(|| NotExplained::UnknownApp(app.clone()))?;
        let facts = facts::told(&request);
        let asks = device(&request, Some(&facts));
        let decision = decide(&app.snapshot, &asks);
        let mut explained = explain(&app.snapshot, &asks, &decision);
        let key = request.expect_signature.as_ref().map(|expected| &*expected.key_id);
        let served = decision.outcome.served();
        if served.is_some_and(|entry| app.answer(entry, request.shape, key, decision.filter.is_some()).is_none()) {
            explained.device = DeviceDoes::Refuses;
            explained.because = format!(
                "the check is answered 400 (`unknown_key`): the device asks for a signature by the key {:?}, and the app \
                 has none of it over what it would be sent",
                key.unwrap_or_default()
            );
        }
        Ok(explained)
    }
}

fn explain(app: &AppSnapshot, asks: &Device<'_>, decision: &Decision) -> Explained {
    let name = |branch: BranchId| app.branches.get(&branch).map(|branch| branch.name.clone());
    let lane = decision
        .branch
        .and_then(|branch| app.branches.get(&branch))
        .and_then(|branch| branch.lanes(asks.platform).get(asks.runtime_version));
    let entry = |id| lane.and_then(|lane| lane.entries.iter().find(|entry| entry.id == id));
    let steps = decision.trace.steps.iter().filter_map(|step| Some((entry(step.entry)?.clone(), step.verdict)));
    let (device, because) = reaction(app, asks, decision, decision.outcome.served().and_then(entry));
    Explained {
        outcome: decision.outcome,
        branch: decision.branch.and_then(name),
        split: decision.trace.branch.and_then(|choice| choice.split),
        filter: decision.filter.and_then(name),
        rules: steps.clone().filter_map(|(entry, _)| Some((entry.id, entry.rule.as_ref()?.judge(asks)))).collect(),
        steps: steps.collect(),
        device,
        because,
    }
}

/// What the stock client does (protocol.md §4), as far as the server can know it.
fn reaction(app: &AppSnapshot, asks: &Device<'_>, decision: &Decision, served: Option<&Entry>) -> (DeviceDoes, String) {
    let (Some(_), Some(branch)) = (served, decision.branch) else {
        return keeps(decision.outcome.reason());
    };
    let directive = matches!(decision.outcome, Outcome::RollBackToEmbedded(_));
    if directive && asks.embedded.is_none() {
        let because = "the device names no update inside its binary, and a client without one ignores the directive";
        return (DeviceDoes::Refuses, because.into());
    }
    let Some(current) = asks.current else {
        let because = "the device names nothing that it runs, so it has nothing that could be newer";
        return (DeviceDoes::Accepts, because.into());
    };
    if let Some(known) = app.known.get(&current).filter(|_| asks.embedded != Some(current)) {
        return if known.branch == branch {
            (DeviceDoes::Accepts, "what it is sent is later than what it runs".into())
        } else {
            let because = "what it runs belongs to another branch and fails the filter that goes with the answer, so \
                           times do not count";
            (DeviceDoes::Accepts, because.into())
        };
    }
    match app.embedded.get(&current) {
        Some(_) => (
            DeviceDoes::Accepts,
            "it runs a registered update of a binary, which was built before what it is sent was issued".into(),
        ),
        None => (
            DeviceDoes::Depends,
            format!(
                "the server does not know {current}, which the device runs: it takes what it is sent unless that is \
                 older than its own; register the update inside the binary with `updraft embedded register` to know"
            ),
        ),
    }
}

fn keeps(reason: Reason) -> (DeviceDoes, String) {
    let because = match reason {
        Reason::UnknownChannel => "the check is answered 404; the device goes on with what it has",
        Reason::AlreadyCurrent => "it runs what it would be sent",
        Reason::FailedBefore => "a client does not launch again what failed on it; publish or roll back to move it",
        Reason::RunningNewer | Reason::EmbeddedNewer => {
            "a client refuses what is not later than what it runs, so it is not sent; publish again or roll back to \
             move it"
        }
        _ => "it is answered 204 and goes on with what it has",
    };
    (DeviceDoes::Keeps, because.into())
}
