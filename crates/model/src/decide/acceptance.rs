//! Whether the device needs the choice, would take it, and may be sent the branch's filter (architecture.md §4.6 and
//! *Filters*; the client's side is protocol.md §4).
//!
//! The client takes an update when what it runs fails the filter sent with it, else only when the update is strictly
//! later. Here *fails the filter* means: belongs to another branch. An embedded update belongs to none and passes all.

use super::{Outcome, Reason};
use crate::{AppSnapshot, BranchId, Device, Entry, EntryKind, KnownUpdate, Millis, UpdateId};

/// What to send for the choice, and the filter to send with it.
pub(super) fn answer(
    snapshot: &AppSnapshot,
    device: &Device<'_>,
    branch: BranchId,
    choice: &Entry,
) -> (Outcome, Option<BranchId>) {
    let running = Running::of(snapshot, device);
    let outcome = match choice.kind {
        EntryKind::Update => answer_update(device, branch, choice, &running),
        EntryKind::RollBackToEmbedded => answer_roll_back(device, branch, choice, &running),
    };
    (outcome, has_something_passing(device, choice, outcome).then_some(branch))
}

fn answer_update(device: &Device<'_>, branch: BranchId, choice: &Entry, running: &Running) -> Outcome {
    if device.current == Some(choice.id) {
        return Outcome::Nothing(Reason::AlreadyCurrent);
    }
    if device.recent_failed.contains(&choice.id) {
        return Outcome::Nothing(Reason::FailedBefore);
    }
    match running {
        Running::Update(update) if refuses(*update, branch, choice) => Outcome::Nothing(Reason::RunningNewer),
        Running::Embedded { created_at: Some(built), .. } if *built >= choice.created_at => {
            Outcome::Nothing(Reason::EmbeddedNewer)
        }
        // An embedded update that nobody registered, or an id that the app never issued: only the client can tell.
        Running::Update(_) | Running::Embedded { .. } | Running::Unknown => Outcome::Update(choice.id),
    }
}

fn answer_roll_back(device: &Device<'_>, branch: BranchId, choice: &Entry, running: &Running) -> Outcome {
    match running {
        Running::Embedded { in_its_binary: true, .. } => Outcome::Nothing(Reason::AlreadyCurrent),
        Running::Update(update) if refuses(*update, branch, choice) => Outcome::Nothing(Reason::RunningNewer),
        _ if !device.takes_directives => Outcome::Nothing(Reason::DirectiveNotDeliverable),
        // Also to a device that names no embedded update: the stock client without one ignores the directive.
        _ => Outcome::RollBackToEmbedded(choice.id),
    }
}

/// Whether a device that runs the update would refuse the choice: the update passes the choice's filter, and the choice
/// is not strictly later.
fn refuses(running: KnownUpdate, branch: BranchId, choice: &Entry) -> bool {
    running.branch == branch && running.created_at >= choice.created_at
}

/// Whether the device, after this answer, has something that passes the branch's filter and that it can launch. The
/// filter acts on every later launch: without such a thing it would drop the device to its embedded update, or, where
/// there is none, into an emergency launch.
fn has_something_passing(device: &Device<'_>, choice: &Entry, outcome: Outcome) -> bool {
    match outcome {
        // Taken, it passes; refused, what runs passes and is newer.
        Outcome::Update(_) => true,
        Outcome::RollBackToEmbedded(_) => can_launch(device, device.embedded),
        Outcome::Nothing(Reason::AlreadyCurrent) if choice.kind == EntryKind::Update => {
            can_launch(device, Some(choice.id))
        }
        Outcome::Nothing(Reason::AlreadyCurrent | Reason::RunningNewer) => can_launch(device, device.current),
        Outcome::Nothing(_) => false,
    }
}

/// An update with a failed launch may never be launched again (protocol.md §4), so no filter relies on it.
fn can_launch(device: &Device<'_>, update: Option<UpdateId>) -> bool {
    update.is_some_and(|update| !device.recent_failed.contains(&update))
}

/// What the device runs, as far as the server knows it.
enum Running {
    /// An update of this app.
    Update(KnownUpdate),
    /// An update that came inside a binary.
    Embedded {
        /// Whether it is the one inside the device's own binary, so that a roll back changes nothing.
        in_its_binary: bool,
        /// Its commit time, when it is registered.
        created_at: Option<Millis>,
    },
    /// Nothing (an emergency launch), or an id that the app does not know.
    Unknown,
}

impl Running {
    fn of(snapshot: &AppSnapshot, device: &Device<'_>) -> Self {
        let Some(current) = device.current else { return Self::Unknown };
        let registered = snapshot.embedded.get(&current).map(|embedded| embedded.created_at);
        if device.embedded == Some(current) {
            return Self::Embedded { in_its_binary: true, created_at: registered };
        }
        if let Some(update) = snapshot.known.get(&current) {
            return Self::Update(*update);
        }
        match registered {
            // Clients that do not name their embedded update can only run the one of their own binary.
            Some(_) => Self::Embedded { in_its_binary: device.embedded.is_none(), created_at: registered },
            None => Self::Unknown,
        }
    }
}
