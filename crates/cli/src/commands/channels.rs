//! `updraft channels`.

use api::{ChangeChannel, ChangeChannelRollout, Channel, Channels, CreateChannel};

use super::operation::Operation;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::remote::{Connection, Place, Remote};
use crate::share::Share;
use crate::shell;
use crate::table;

/// Lists the channels.
pub async fn list(connection: Connection, printer: &Printer) -> Result<(), Failure> {
    let channels: Channels = Remote::new(connection, printer)?.all(Place::App, &["channels"]).await?;
    printer.data(&in_columns(&channels));
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
    Operation::patch(&["channels", name], &change, done)
}

/// Answers "no update" to every device of a channel.
pub fn pause(name: &str) -> Operation {
    let change = ChangeChannel { branch: None, paused: Some(true) };
    let done = format!("Paused channel {name}: its devices are offered nothing");
    Operation::patch(&["channels", name], &change, done)
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

/// Serves another branch to a share of a channel's devices.
pub fn start_rollout(name: &str, branch: String, basis_points: u16) -> Operation {
    let done = format!("Channel {name} gives {} of its devices branch {branch}", Share(basis_points));
    rollout(name, &ChangeChannelRollout::Start { branch, basis_points }, done).next(format!(
        "`updraft channels rollout finish {name}` moves everyone, `… revert {name}` takes it back",
        name = shell::word(name)
    ))
}

/// Changes the share.
pub fn set_rollout(name: &str, basis_points: u16) -> Operation {
    let done = format!("Channel {name} gives {} of its devices the new branch", Share(basis_points));
    rollout(name, &ChangeChannelRollout::Set { basis_points }, done)
}

/// Points the channel at the new branch alone.
pub fn finish_rollout(name: &str) -> Operation {
    rollout(name, &ChangeChannelRollout::Finish {}, format!("Channel {name} points at the new branch alone"))
}

/// Points the channel at the old branch alone.
pub fn revert_rollout(name: &str) -> Operation {
    rollout(name, &ChangeChannelRollout::Revert {}, format!("Channel {name} points at the old branch alone again"))
}

fn rollout(name: &str, change: &ChangeChannelRollout, done: String) -> Operation {
    Operation::post(&["channels", name, "rollout"], change, done)
}

fn in_columns(Channels { channels, .. }: &Channels) -> String {
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
