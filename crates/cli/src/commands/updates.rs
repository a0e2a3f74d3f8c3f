//! `updraft updates`.

pub(super) mod listing;

use api::{EditUpdate, ListUpdates, Reissue, ShownUpdates, TargetUpdate, Updates, WhichPlatform};
use protocol::Platform;
use serde_json::Value;

use super::operation::{Operation, named};
use super::publish::Target;
use crate::failure::Failure;
use crate::issued;
use crate::printer::Printer;
use crate::release::Release;
use crate::remote::{Connection, Place, Remote, pairs};
use crate::shell;

/// Lists updates, newest first.
pub async fn list(connection: Connection, asked: &ListUpdates, printer: &Printer) -> Result<(), Failure> {
    let page: Updates = Remote::new(connection, printer)?.get(Place::App, &["updates"], &pairs(asked)).await?;
    printer.data(&listing::page_in_columns(&page.updates, page.next_cursor.is_some()));
    for update in &page.updates {
        issued::warnings(&update.warnings, printer);
    }
    if let Some(cursor) = &page.next_cursor {
        printer.note(&format!("hint: there are more: `--cursor {}` goes on", shell::word(cursor)));
    }
    printer.json(&page);
    Ok(())
}

/// Shows a group or one update.
pub async fn show(connection: Connection, id: &str, printer: &Printer) -> Result<(), Failure> {
    let shown: ShownUpdates = Remote::new(connection, printer)?.get(Place::App, &["updates", id], &[]).await?;
    let texts: Vec<String> = shown.updates.iter().map(listing::in_full).collect();
    printer.data(&texts.join("\n"));
    for update in &shown.updates {
        issued::warnings(&update.update.warnings, printer);
    }
    printer.json(&shown);
    Ok(())
}

/// Changes the message, or takes it away.
pub fn edit(id: &str, message: Option<String>) -> Operation {
    let done = match &message {
        Some(message) => format!("Changed the message of {id} to: {message}"),
        None => format!("Took away the message of {id}"),
    };
    Operation::patch(&["updates", id], &EditUpdate { message }, done)
}

/// Serves it to nobody any more.
pub fn disable(id: &str, platform: Option<Platform>) -> Operation {
    let done = format!("Disabled {id}: nobody is offered it any more");
    Operation::post(&["updates", id, "disable"], &WhichPlatform { platform: named(platform) }, done)
        .showing()
        .next("devices that run it stay on it until something later is issued: `updraft roll-back`")
}

/// Serves it again.
pub fn enable(id: &str, platform: Option<Platform>) -> Operation {
    Operation::post(&["updates", id, "enable"], &WhichPlatform { platform: named(platform) }, format!("Enabled {id}"))
}

/// Serves it to the devices of the rule only.
pub fn target(id: &str, platform: Option<Platform>, rule: Value) -> Operation {
    let body = TargetUpdate { rule, platform: named(platform) };
    Operation::put(
        &["updates", id, "rule"],
        &body,
        format!("Targeted {id}: it is served to the devices of the rule only"),
    )
    .next("`updraft explain` tells node by node what the rule says to a device")
}

/// Serves it whatever devices say.
pub fn untarget(id: &str, platform: Option<Platform>) -> Operation {
    Operation::clear(&["updates", id, "rule"], format!("Took away the rule of {id}")).query("platform", named(platform))
}

/// Deletes it.
pub fn delete(id: &str, platform: Option<Platform>) -> Operation {
    let only = platform.map(|platform| format!(" for {platform}")).unwrap_or_default();
    let question = format!("Delete {id}{only}? It cannot be brought back");
    Operation::delete(&["updates", id], question, format!("Deleted {id}{only}")).query("platform", named(platform))
}

/// What is issued again, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Again {
    /// A group's id, or one update's.
    pub id: String,
    /// Only this platform of it.
    pub platform: Option<Platform>,
    /// What changed; by default what the group said.
    pub message: Option<String>,
    /// To whom.
    pub release: Release,
}

/// Issues a group's content again on its branch.
pub fn republish(again: Again) -> Operation {
    let done = format!("Republished {}", again.id);
    reissue("republish", again, None, done)
}

/// Issues a group's content on another branch.
pub fn promote(again: Again, target: Target) -> Operation {
    let to = match (&target.channel, &target.branch) {
        (Some(channel), _) => format!("channel {channel}"),
        (None, branch) => format!("branch {}", branch.as_deref().unwrap_or_default()),
    };
    let done = format!("Promoted {} to {to}", again.id);
    reissue("promote", again, Some(target), done)
}

fn reissue(verb: &str, again: Again, target: Option<Target>, done: String) -> Operation {
    let (channel, branch) = target.map(|target| (target.channel, target.branch)).unwrap_or_default();
    let Again { id, platform, message, release: Release { rollout, rule, on_rollout } } = again;
    let share = rollout;
    let body = Reissue { channel, branch, platform: named(platform), message, rollout, rule, on_rollout };
    Operation::post(&["updates", &id, verb], &body, done).rolling_out(share)
}
