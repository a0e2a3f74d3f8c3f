//! `updraft roll-back`: devices go back, by an entry that is issued forward (protocol.md §4.1).

use protocol::Platform;
use serde::Serialize;

use super::publish::Target;
use crate::failure::Failure;
use crate::issued;
use crate::machine::IdempotencyKey;
use crate::printer::Printer;
use crate::remote::{Connection, Remote};

/// What to roll back, and how far.
#[derive(Clone, Debug)]
pub struct RollBackOptions {
    /// The server and app.
    pub connection: Connection,
    /// The branch.
    pub target: Target,
    /// Where to.
    pub to: api::RollBackTo,
    /// Only this platform; by default every platform of the newest group.
    pub platform: Option<Platform>,
    /// Only this runtime version; by default those of the newest group.
    pub runtime_version: Option<String>,
    /// Why.
    pub message: Option<String>,
}

/// What a roll back issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RollBackReport {
    /// What devices get from now on.
    #[serde(flatten)]
    pub issued: api::Published,
}

/// Rolls back. What comes back is live.
pub async fn roll_back(options: RollBackOptions, printer: &Printer) -> Result<RollBackReport, Failure> {
    let remote = Remote::new(options.connection, printer)?;
    let request = api::RollBack {
        channel: options.target.channel,
        branch: options.target.branch,
        to: options.to,
        platform: options.platform.map(|platform| platform.as_str().into()),
        runtime_version: options.runtime_version,
        message: options.message,
    };
    let key = IdempotencyKey::new().ok_or(Failure::NoRandomness)?;
    match remote.roll_back(&request, key).await {
        Ok(issued) => Ok(RollBackReport { issued }),
        Err(error) => Err(Failure::of_intent(
            error,
            "see with `updraft device` what is served before you run it again: a second roll back goes one further",
        )),
    }
}

impl RollBackReport {
    /// Prints it.
    pub fn print(&self, printer: &Printer) {
        let api::Published { group, branch, updates, warnings } = &self.issued;
        printer.data(&format!("Rolled back branch {branch} with group {group}\n{}", issued::table(updates)));
        issued::warnings(warnings, printer);
        printer.json(self);
    }
}
