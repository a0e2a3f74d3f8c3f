//! Entries that are there: disabling, enabling, deleting, their messages; updates inside binaries.

use super::{Plan, Planner, Selection};
use crate::control::{Control, Edit, PastEntry, Refusal, RegisteredEmbedded};
use crate::{EntryKind, UpdateGroupId};

/// Serves the entries to nobody any more. Devices that run them stay on them. A rollout of theirs is over.
pub fn disable(control: &Control, selection: Selection) -> Result<Plan, Refusal> {
    let mut planner = Planner::new(control);
    for past in selection.entries(control)? {
        let first = planner.reachable(past.branch, &past.lane)?.into_iter().next();
        if first.is_some_and(|first| first.id == past.entry.id) {
            let lane = &past.lane;
            planner.note(
                "devices_stay",
                format!(
                    "devices of {} {} that run {} stay on it until something later is published: to move them, roll back",
                    lane.platform, lane.runtime_version, past.entry.id
                ),
            );
        }
        planner.end(&past.entry);
    }
    planner.finish()
}

/// Serves disabled entries again.
pub fn enable(control: &Control, selection: Selection) -> Result<Plan, Refusal> {
    let mut planner = Planner::new(control);
    for past in selection.entries(control)?.into_iter().filter(|past| past.entry.disabled) {
        planner.edit(Edit::DisableUpdate { update: past.entry.id, disabled: false });
        let reachable = planner.reachable(past.branch, &past.lane)?;
        if reachable.iter().any(|entry| entry.id == past.entry.id) {
            let lane = &past.lane;
            let whom = if past.entry.rule.is_some() { "the devices of its rule" } else { "every device" };
            planner.note(
                "served_again",
                format!(
                    "{} is served again, to {whom} of {} {} that does not run something newer; a rollout that it had \
                     is over",
                    past.entry.id, lane.platform, lane.runtime_version
                ),
            );
        }
    }
    planner.finish()
}

/// Deletes entries that nothing needs any more.
pub fn delete_updates(control: &Control, selection: Selection) -> Result<Plan, Refusal> {
    let mut planner = Planner::new(control);
    let selected = selection.entries(control)?;
    for past in &selected {
        if let Some(why) = needed(control, past) {
            return Err(Refusal::UpdateNeeded { update: past.entry.id, why });
        }
    }
    for past in selected {
        planner.edit(Edit::DeleteUpdate { update: past.entry.id });
    }
    planner.finish()
}

/// What an entry is still needed for.
fn needed(control: &Control, past: &PastEntry) -> Option<&'static str> {
    let reachable = control.reachable(past.branch, &past.lane).map(|lane| lane.entries).unwrap_or_default();
    if reachable.iter().any(|entry| entry.id == past.entry.id) {
        return Some("devices can still be offered it; disable it or publish something later first");
    }
    if past.entry.held && !past.entry.disabled {
        return Some("it waits behind a pin; disable it first");
    }
    if control.entries.iter().any(|other| other.origin == Some(past.entry.id)) {
        return Some("a later update repeats it, and a roll back asks where that came from");
    }
    // Devices may run it. Forgotten, it would be an unknown update to the server, which would then offer them what they
    // refuse, at every check: whatever is older and served to some of them.
    let is_older = |entry: &crate::Entry| entry.created_at <= past.entry.created_at;
    if reachable.is_empty() || reachable.iter().any(is_older) {
        return Some("devices may run it, and not all of them are served something later; publish or roll back first");
    }
    let later_roll_back = |other: &&PastEntry| {
        other.lane == past.lane
            && other.entry.kind == EntryKind::RollBackToEmbedded
            && other.entry.created_at > past.entry.created_at
    };
    if past.entry.kind == EntryKind::RollBackToEmbedded && !control.entries.iter().any(|other| later_roll_back(&other))
    {
        return Some("devices may have gone back by it, and refuse what is older than it");
    }
    None
}

/// Another message for a group.
pub fn edit_message(control: &Control, selection: Selection, message: Option<&str>) -> Result<Plan, Refusal> {
    let mut groups: Vec<UpdateGroupId> = selection.entries(control)?.iter().map(|past| past.entry.group).collect();
    groups.sort_unstable();
    groups.dedup();
    let mut planner = Planner::new(control);
    for group in groups {
        planner.edit(Edit::SetMessage { group, message: message.map(str::to_owned) });
    }
    planner.finish()
}

/// Makes the update inside a binary known. The same again changes nothing.
pub fn register_embedded(control: &Control, embedded: RegisteredEmbedded) -> Result<Plan, Refusal> {
    let mut planner = Planner::new(control);
    match control.embedded.iter().find(|known| known.id == embedded.id) {
        None => planner.edit(Edit::RegisterEmbedded(embedded)),
        Some(known) => {
            let differs = if known.platform != embedded.platform {
                Some("platform")
            } else if known.runtime_version != embedded.runtime_version {
                Some("runtime version")
            } else if known.created_at != embedded.created_at {
                Some("commit time")
            } else if known.launch_hash != embedded.launch_hash {
                Some("bundle")
            } else if known.channel != embedded.channel {
                Some("channel")
            } else {
                None
            };
            if let Some(fact) = differs {
                return Err(Refusal::EmbeddedConflict(embedded.id, fact));
            }
        }
    }
    planner.finish()
}

/// The registered binaries that would download this entry and never run it: their own update is not older
/// (protocol.md §4.5).
pub fn newer_embedded<'c>(control: &'c Control, past: &PastEntry) -> Vec<&'c RegisteredEmbedded> {
    let serves = |embedded: &&RegisteredEmbedded| {
        embedded.platform == past.lane.platform
            && embedded.runtime_version == past.lane.runtime_version
            && embedded.created_at >= past.entry.created_at
            && embedded.channel.as_ref().is_none_or(|name| {
                control.channel(name).is_some_and(|channel| channel.target.branches().any(|at| at == past.branch))
            })
    };
    let relevant = past.entry.kind == EntryKind::Update && past.entry.is_served();
    control.embedded.iter().filter(|_| relevant).filter(serves).collect()
}
