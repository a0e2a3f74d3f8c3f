//! How issued entries are shown.

use api::{PublishedUpdate, UpdateKind, Warning};

use crate::printer::Printer;
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
            [update.platform.clone(), update.runtime_version.clone(), what, update.created_at.clone()]
        })
        .collect();
    aligned(["platform", "runtime version", "update", "created at"], &rows)
}

/// What the server thinks is worth a look.
pub(crate) fn warnings(warnings: &[Warning], printer: &Printer) {
    for warning in warnings {
        printer.warning(&format!("{} ({})", warning.message, warning.code));
    }
}
