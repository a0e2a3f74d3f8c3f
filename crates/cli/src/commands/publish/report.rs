//! What a publish did, for people and for programs.

use serde::Serialize;

use crate::commands::rollout;
use crate::issued;
use crate::printer::Printer;
use crate::share::Share;
use crate::table;

/// What a publish did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublishReport {
    /// What devices get from now on.
    #[serde(flatten)]
    pub published: api::Published,
    /// The channel that was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// What changed, as it was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The share of the devices that it is served to first, in basis points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout: Option<u16>,
    /// What went over the line.
    pub uploaded: Uploaded,
}

/// What went over the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Uploaded {
    /// Files that the server lacked.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files that it had.
    pub reused: usize,
}

impl PublishReport {
    /// Prints it.
    pub fn print(&self, printer: &Printer) {
        let Self { published, message, rollout: share, uploaded: Uploaded { files, bytes, reused }, .. } = self;
        let message = message.as_ref().map(|message| format!("Message: {message}\n")).unwrap_or_default();
        let first = share.map(|share| format!("Rollout: {} of the devices get it first\n", Share(share)));
        printer.data(&format!(
            "Published to branch {} as group {}\n{}{}{message}{}Uploaded {}, {}; {reused} reused",
            published.branch,
            published.group,
            issued::table(&published.updates),
            issued::groups(&published.also),
            first.unwrap_or_default(),
            table::files(*files),
            table::bytes(*bytes),
        ));
        issued::warnings(&published.warnings, printer);
        if let Some(share) = share {
            printer.note(&format!("hint: {}", rollout::on(&published.group, *share)));
        }
        printer.json(self);
    }
}
