//! Entries that are there: disabling, enabling, deleting, their messages; updates inside binaries.

use super::{Plan, Planner, Selection};
use crate::control::{Control, Edit, PastEntry, Refusal, RegisteredEmbedded};
use crate::{EntryKind, UpdateGroupId};

/// Serves the entries to nobody any more. Devices that run them stay on them. A rollout of theirs is over.
pub fn disable(control: &Control, selection: Selection) -> Result<Plan, Refusal> {
    let mut planner = Planner::new(control);
    for past in selection.entries(control)? {
        let reachable = planner.reachable(past.branch, &past.lane)?;
        if reachable.iter().any(|entry| entry.id == past.entry.id) {
            let lane = &past.lane;
            planner.note(
                "devices_stay",
                format!(
                    "devices of {} {} that run {} stay on it until something later is published: to move them, roll back",
                    lane.platform, lane.runtime_version, past.entry.id
                ),
            );
        }
        if past.entry.rollout.is_some() && !past.entry.disabled {
            planner.note(
                "rollout_ended",
                format!("the rollout of {} is over; enabled again, it is served without one", past.entry.id),
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

/// What an entry is still needed for. What devices run or have gone back by stays known when it is deleted.
fn needed(control: &Control, past: &PastEntry) -> Option<&'static str> {
    let id = past.entry.id;
    // A lane that no plan lets in may hold it: then it counts as one that can be reached.
    let is_reachable = || {
        let reachable = control.reachable(past.branch, &past.lane);
        reachable.map_or(true, |lane| lane.entries.iter().any(|entry| entry.id == id))
    };
    if control.visible().contains(&past.branch) && is_reachable() {
        return Some(
            "a channel points at its branch, where devices can be offered it; disable it or publish something later first",
        );
    }
    if past.entry.held && !past.entry.disabled && control.branch(past.branch).is_some() {
        return Some("it waits behind a pin; disable it first");
    }
    if control.entries.iter().any(|other| other.origin == Some(id)) {
        return Some("a later update repeats it, and a roll back asks where that came from");
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

/// Makes the update inside a binary known, or fills in what was not told of it so far. The same again changes nothing.
pub fn register_embedded(control: &Control, embedded: RegisteredEmbedded) -> Result<Plan, Refusal> {
    let mut planner = Planner::new(control);
    match control.embedded.iter().find(|known| known.id == embedded.id) {
        None => planner.edit(Edit::RegisterEmbedded(embedded)),
        Some(known) => {
            if let Some(fact) = contradiction(known, &embedded) {
                return Err(Refusal::EmbeddedConflict(embedded.id, fact));
            }
            let mut completed = known.clone();
            completed.complete(&embedded);
            if completed != *known {
                planner.edit(Edit::RegisterEmbedded(completed));
            }
        }
    }
    planner.finish()
}

/// The first fact in which the two differ. What one of them does not tell contradicts nothing.
fn contradiction(known: &RegisteredEmbedded, told: &RegisteredEmbedded) -> Option<&'static str> {
    fn differ<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
        one.zip(other).is_some_and(|(one, other)| one != other)
    }
    let facts = [
        ("platform", known.platform != told.platform),
        ("runtime version", known.runtime_version != told.runtime_version),
        ("commit time", known.created_at != told.created_at),
        ("bundle", differ(known.launch_hash.as_ref(), told.launch_hash.as_ref())),
        ("channel", differ(known.channel.as_ref(), told.channel.as_ref())),
    ];
    facts.into_iter().find(|(_, differs)| *differs).map(|(fact, _)| fact)
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
