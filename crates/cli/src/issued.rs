//! How issued entries are shown.

use api::{IssuedGroup, PublishedUpdate, UpdateKind, Warning, Why};

use crate::printer::Printer;
use crate::shell;
use crate::table::aligned;

/// One line for each entry.
pub(crate) fn table(updates: &[PublishedUpdate]) -> String {
    let rows: Vec<[String; 4]> = updates
        .iter()
        .map(|update| {
            let what = match update.kind {
                UpdateKind::Update => update.id.clone(),
                UpdateKind::RollBackToEmbedded => "roll back to embedded".into(),
            };
            let what = if update.held { format!("{what} (held)") } else { what };
            [update.platform.clone(), update.runtime_version.clone(), what, update.created_at.clone()]
        })
        .collect();
    aligned(["platform", "runtime version", "update", "created at"], &rows)
}

/// The groups that an operation issued, each with the reason where it is not the obvious one.
pub(crate) fn groups(groups: &[IssuedGroup]) -> String {
    let text = |IssuedGroup { group, branch, why, updates }: &IssuedGroup| {
        let because = match why {
            Why::Asked => "",
            Why::Reverted => ": what was beneath the reverted rollout",
            Why::Renewed => ": devices would have refused its old time",
        };
        format!("Issued group {group} on branch {branch}{because}\n{}{}", table(updates), held(branch, updates))
    };
    groups.iter().map(text).collect()
}

/// What to know of entries that wait behind a pin.
pub(crate) fn held(branch: &str, updates: &[PublishedUpdate]) -> String {
    if updates.iter().all(|update| !update.held) {
        return String::new();
    }
    format!("Held: branch {branch} is pinned; `updraft branches unpin {}` serves it\n", shell::word(branch))
}

/// What the server thinks is worth a look.
pub(crate) fn warnings(warnings: &[Warning], printer: &Printer) {
    for warning in warnings {
        printer.warning(&format!("{} ({})", warning.message, warning.code));
    }
}
