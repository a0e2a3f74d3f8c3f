//! `updraft roll-back`: devices go back, by an entry that is issued forward (protocol.md §4.1).

use api::{PublishedUpdate, UpdateKind};
use protocol::Platform;
use serde::Serialize;

use super::operation::{Caution, Consent, agree, look};
use super::publish::Target;
use crate::consequences::told;
use crate::failure::Failure;
use crate::issued;
use crate::machine::IdempotencyKey;
use crate::printer::Printer;
use crate::remote::{Connection, Remote, Request};

/// What to roll back, and how far.
#[derive(Clone, Debug)]
pub struct RollBackOptions {
    /// The server and app.
    pub connection: Connection,
    /// The branch.
    pub target: Target,
    /// Where to.
    pub to: Destination,
    /// About a rollout that is open.
    pub on_rollout: api::OnRollout,
    /// Only this platform; by default every platform of the newest group.
    pub platform: Option<Platform>,
    /// Only this runtime version; by default those of the newest group.
    pub runtime_version: Option<String>,
    /// Why.
    pub message: Option<String>,
    /// Whether it is to be done without a question, or only looked at.
    pub consent: Consent,
}

/// Where a roll back goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To what was served before the head.
    Previous,
    /// To the update inside the binary.
    Embedded,
    /// To what this group or update of the branch shows.
    Group(String),
}

/// What a roll back issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RollBackReport {
    /// What devices get from now on.
    #[serde(flatten)]
    pub issued: api::Published,
}

/// Rolls back. What comes back is live; nothing does when it was only looked at, which is printed here.
pub async fn roll_back(options: RollBackOptions, printer: &Printer) -> Result<Option<RollBackReport>, Failure> {
    let remote = Remote::new(options.connection, printer)?;
    let (to, group) = match options.to {
        Destination::Previous => (api::RollBackTo::Previous, None),
        Destination::Embedded => (api::RollBackTo::Embedded, None),
        Destination::Group(group) => (api::RollBackTo::Group, Some(group)),
    };
    let request = api::RollBack {
        channel: options.target.channel,
        branch: options.target.branch,
        to,
        group,
        on_rollout: options.on_rollout,
        platform: options.platform.map(|platform| platform.as_str().into()),
        runtime_version: options.runtime_version,
        message: options.message,
    };
    let request = Request::new(http::Method::POST, &["roll-backs"], Some(&request));
    match options.consent {
        Consent::Look => {
            look::<api::Published>(&remote, &request, printer).await?;
            return Ok(None);
        }
        Consent::Ask => agree::<api::Published>(&remote, &request, Caution::Shown, printer).await?,
        Consent::Given => {}
    }
    let key = IdempotencyKey::new().ok_or(Failure::NoRandomness)?;
    match remote.operate(&request, key).await {
        Ok(issued) => Ok(Some(RollBackReport { issued })),
        Err(error) => Err(Failure::of_intent(
            error,
            "see with `updraft device` what is served before you run it again: a second roll back goes one further",
        )),
    }
}

impl RollBackReport {
    /// Prints it.
    pub fn print(&self, printer: &Printer) {
        let api::Published { group, branch, updates, also, warnings, consequences, .. } = &self.issued;
        let destinations: String =
            if consequences.is_empty() { updates.iter().map(destination).collect() } else { told(consequences) };
        printer.data(&format!(
            "Rolled back branch {branch} with group {group}\n{}{destinations}{}{}",
            issued::table(updates),
            issued::held(branch, updates),
            issued::groups(also)
        ));
        issued::warnings(warnings, printer);
        printer.json(self);
    }
}

fn destination(update: &PublishedUpdate) -> String {
    let PublishedUpdate { platform, runtime_version, kind, origin, .. } = update;
    let to = match (kind, origin) {
        (UpdateKind::RollBackToEmbedded, _) => "the update inside their binary".into(),
        (UpdateKind::Update, Some(origin)) => format!("the content of update {origin}"),
        // Nothing is issued without an origin here; should it be, its own id says where devices go.
        (UpdateKind::Update, None) => format!("update {}", update.id),
    };
    format!("{platform} {runtime_version}: devices go back to {to}\n")
}
