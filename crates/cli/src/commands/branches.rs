//! `updraft branches`.

use api::{Branch, Branches, Code, ListUpdates, NameBranch, OnRollout, Pin, Problem, Update, Updates, WhichPlatform};
use protocol::Platform;
use serde::Serialize;

use super::operation::{Operation, named};
use super::updates::listing;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::remote::{Connection, Place, Remote, RemoteError, pairs};
use crate::{shell, table};

/// Updates that are shown of a branch.
const SHOWN: u16 = 20;

/// Lists the branches.
pub async fn list(connection: Connection, printer: &Printer) -> Result<(), Failure> {
    let branches: Branches = Remote::new(connection, printer)?.all(Place::App, &["branches"]).await?;
    printer.data(&in_columns(&branches));
    printer.json(&branches);
    Ok(())
}

/// A branch and what becomes of it in checks, for programs.
#[derive(Serialize)]
struct Shown<'a> {
    branch: &'a Branch,
    updates: &'a [Update],
}

/// Shows a branch: its channels, and the newest of what was issued on it.
pub async fn show(connection: Connection, name: &str, printer: &Printer) -> Result<(), Failure> {
    let remote = Remote::new(connection, printer)?;
    // It refuses an unknown branch with the names of those that there are.
    let asked = ListUpdates { branch: Some(name.to_owned()), limit: Some(SHOWN), ..ListUpdates::default() };
    let page: Updates = remote.get(Place::App, &["updates"], &pairs(&asked)).await?;
    let known: Branches = remote.all(Place::App, &["branches"]).await?;
    let Some(branch) = known.branches.iter().find(|branch| branch.name == name) else {
        let problem = Problem::new(Code::UnknownBranch, format!("the app has no branch {name}"));
        return Err(RemoteError::Problem(Box::new(problem)).into());
    };
    let channels = if branch.channels.is_empty() { "none".into() } else { branch.channels.join(", ") };
    let pinned = if branch.pinned { "\nPinned: what is published waits for `updraft branches unpin`" } else { "" };
    printer.data(&format!("Branch {name}\nChannels: {channels}{pinned}\n{}", listing::in_columns(&page.updates)));
    printer.json(&Shown { branch, updates: &page.updates });
    Ok(())
}

/// Creates a branch.
pub fn create(name: String) -> Operation {
    let done = format!("Created branch {name}");
    let next = format!("`updraft publish --branch {}` publishes to it", shell::word(&name));
    Operation::post(&["branches"], &NameBranch { name }, done).next(next)
}

/// Gives a branch another name.
pub fn rename(name: &str, to: String) -> Operation {
    let done = format!("Renamed branch {name} to {to}");
    Operation::patch(&["branches", name], &NameBranch { name: to }, done)
}

/// Deletes a branch.
pub fn delete(name: &str) -> Operation {
    let question = format!("Delete branch {name}? Nothing more can be published to it");
    Operation::delete(&["branches", name], question, format!("Deleted branch {name}"))
}

/// Issues a good group again at the head, and holds what is published later.
pub fn pin(name: &str, group: String, platform: Option<Platform>, on_rollout: OnRollout) -> Operation {
    let done = format!("Pinned branch {name} to what {group} shows: what is published later is held");
    let pin = Pin { group, platform: named(platform), on_rollout };
    Operation::post(&["branches", name, "pin"], &pin, done)
        .showing()
        .next(format!("`updraft branches unpin {}` serves what was held", shell::word(name)))
}

/// Ends a pin.
pub fn unpin(name: &str) -> Operation {
    let done = format!("Unpinned branch {name}: what was held is served");
    Operation::post(&["branches", name, "unpin"], &WhichPlatform::default(), done)
}

fn in_columns(Branches { branches, .. }: &Branches) -> String {
    if branches.is_empty() {
        return "No branches yet: make one with `updraft branches create main`".into();
    }
    let rows: Vec<[String; 7]> = branches.iter().flat_map(rows).collect();
    table::aligned(["branch", "channels", "", "platform", "runtime version", "newest update", "created at"], &rows)
}

/// A row for each platform and runtime version; the branch itself is told in the first.
fn rows(branch: &Branch) -> Vec<[String; 7]> {
    let Branch { name, channels, pinned, heads, .. } = branch;
    let about = [name.clone(), channels.join(", "), if *pinned { "pinned".into() } else { String::new() }];
    let abouts = std::iter::once(about).chain(std::iter::repeat_with(Default::default));
    let newest = heads
        .iter()
        .map(|head| [&head.platform, &head.runtime_version, &head.update, &head.created_at].map(String::clone));
    let newest = newest.chain(heads.is_empty().then(Default::default));
    abouts
        .zip(newest)
        .map(|([name, channels, pinned], [platform, runtime_version, update, created_at])| {
            [name, channels, pinned, platform, runtime_version, update, created_at]
        })
        .collect()
}
