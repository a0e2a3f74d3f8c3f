//! `updraft channels`.

use api::{
    ChangeChannel, ChangeChannelRollout, Channel, Channels, Code, CreateChannel, ListUpdates, Problem, Update,
    UpdateState, Updates,
};
use serde::Serialize;

use super::operation::Operation;
use super::updates::listing;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::remote::{Connection, Place, Remote, RemoteError, pairs};
use crate::share::Share;
use crate::shell;
use crate::table;

/// Lists the channels.
pub async fn list(connection: Connection, printer: &Printer) -> Result<(), Failure> {
    let channels: Channels = Remote::new(connection, printer)?.all(Place::App, &["channels"]).await?;
    printer.data(&in_columns(&channels.channels));
    printer.json(&channels);
    Ok(())
}

/// Creates a channel that points at a branch; by default at one of its own name.
pub fn create(name: String, branch: Option<String>) -> Operation {
    let at = branch.as_deref().unwrap_or(&name);
    let done = format!("Created channel {name}, which points at branch {at}");
    let next = format!("binaries that send `expo-channel-name: {name}` get what is published to it");
    Operation::post(&["channels"], &CreateChannel { name, branch }, done).next(next)
}

/// Points a channel at one branch.
pub fn point(name: &str, branch: String) -> Operation {
    let done = format!("Pointed channel {name} at branch {branch}");
    let change = ChangeChannel { branch: Some(branch), paused: None };
    Operation::patch(&["channels", name], &change, done).showing()
}

/// Answers "no update" to every device of a channel.
pub fn pause(name: &str) -> Operation {
    let change = ChangeChannel { branch: None, paused: Some(true) };
    let done = format!("Paused channel {name}: its devices are offered nothing");
    Operation::patch(&["channels", name], &change, done)
        .showing()
        .next(format!("`updraft channels resume {name}` ends the pause", name = shell::word(name)))
}

/// Ends a pause.
pub fn resume(name: &str) -> Operation {
    let change = ChangeChannel { branch: None, paused: Some(false) };
    Operation::patch(&["channels", name], &change, format!("Resumed channel {name}: its devices are offered updates"))
}

/// Deletes a channel.
pub fn delete(name: &str) -> Operation {
    let question = format!("Delete channel {name}? Binaries that ask for it will be answered 404");
    Operation::delete(&["channels", name], question, format!("Deleted channel {name}"))
}

/// A channel and what its devices are served, for programs.
#[derive(Serialize)]
struct Shown<'a> {
    channel: &'a Channel,
    updates: &'a [Update],
}

/// Shows a channel: where it points, and what its devices are served.
pub async fn show(connection: Connection, name: &str, printer: &Printer) -> Result<(), Failure> {
    let remote = Remote::new(connection, printer)?;
    let channel = find(&remote, name).await?;
    let mut updates = Vec::new();
    for state in [UpdateState::Rolling, UpdateState::Served] {
        let asked = ListUpdates { channel: Some(name.to_owned()), state: Some(state), ..ListUpdates::default() };
        let page: Updates = remote.get(Place::App, &["updates"], &pairs(&asked)).await?;
        updates.extend(page.updates);
    }
    let paused = if channel.paused { "\nPaused: its devices are offered nothing" } else { "" };
    let served = if updates.is_empty() { "Serves nothing yet".into() } else { listing::in_columns(&updates) };
    printer.data(&format!("Channel {name}\nPoints at: {}{paused}\n{served}", points_at(&channel)));
    printer.json(&Shown { channel: &channel, updates: &updates });
    Ok(())
}

async fn find(remote: &Remote, name: &str) -> Result<Channel, Failure> {
    let Channels { channels, .. } = remote.all(Place::App, &["channels"]).await?;
    let known = channels.iter().map(|channel| channel.name.clone()).collect();
    let found = channels.into_iter().find(|channel| channel.name == name);
    found.ok_or_else(|| Failure::UnknownChannel { channel: name.to_owned(), known })
}

/// The two branches that a channel points at, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branches {
    old: String,
    new: String,
}

/// Which two branches a channel's rollout is about.
pub async fn rolling(connection: Connection, name: &str, printer: &Printer) -> Result<Branches, Failure> {
    let Channel { branch: old, rollout, .. } = find(&Remote::new(connection, printer)?, name).await?;
    let Some(rollout) = rollout else {
        let detail = format!("channel {name} points at branch {old} alone");
        return Err(RemoteError::Problem(Box::new(Problem::new(Code::NoChannelRollout, detail))).into());
    };
    Ok(Branches { old, new: rollout.branch })
}

/// Serves another branch to a share of a channel's devices.
pub fn start_rollout(name: &str, branch: String, basis_points: u16) -> Operation {
    let done = format!("Channel {name} gives {} of its devices branch {branch}", Share(basis_points));
    rollout(name, &ChangeChannelRollout::Start { branch, basis_points }, done).next(ways_on(name))
}

/// Changes the share.
pub fn set_rollout(name: &str, basis_points: u16, Branches { old, new }: &Branches) -> Operation {
    let rest = Share(10_000_u16.saturating_sub(basis_points));
    let done = format!("Channel {name} gives {} of its devices branch {new}, {rest} branch {old}", Share(basis_points));
    rollout(name, &ChangeChannelRollout::Set { basis_points }, done).next(ways_on(name))
}

/// Points the channel at the new branch alone.
pub fn finish_rollout(name: &str, Branches { old, new }: &Branches) -> Operation {
    let done = format!("Channel {name} points at branch {new} alone, and no longer at {old}");
    rollout(name, &ChangeChannelRollout::Finish {}, done)
}

/// Points the channel at the old branch alone.
pub fn revert_rollout(name: &str, Branches { old, new }: &Branches) -> Operation {
    let done = format!("Channel {name} points at branch {old} alone again, and no longer at {new}");
    rollout(name, &ChangeChannelRollout::Revert {}, done).showing()
}

fn ways_on(name: &str) -> String {
    let name = shell::word(name);
    format!(
        "`updraft channels rollout finish {name}` moves everyone, `updraft channels rollout revert {name}` takes it back"
    )
}

fn rollout(name: &str, change: &ChangeChannelRollout, done: String) -> Operation {
    Operation::post(&["channels", name, "rollout"], change, done)
}

fn in_columns(channels: &[Channel]) -> String {
    if channels.is_empty() {
        return "No channels yet: make one with `updraft channels create production`".into();
    }
    let rows: Vec<[String; 3]> = channels
        .iter()
        .map(|channel| {
            let state = if channel.paused { "paused" } else { "" };
            [channel.name.clone(), points_at(channel), state.into()]
        })
        .collect();
    table::aligned(["channel", "points at", ""], &rows)
}

fn points_at(Channel { branch, rollout, .. }: &Channel) -> String {
    match rollout {
        None => branch.clone(),
        Some(rollout) => {
            // A share from a server is not held against the limit that it keeps.
            let rest = Share(10_000_u16.saturating_sub(rollout.basis_points));
            format!("{branch} ({rest}), {} ({})", rollout.branch, Share(rollout.basis_points))
        }
    }
}
