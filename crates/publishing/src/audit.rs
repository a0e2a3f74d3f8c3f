//! What the audit log keeps of an operation: what it touched, as it was before and as it is after.

use model::EntryKind;
use model::control::{Control, Edit};
use serde_json::{Map, Value, json};
use store::{GroupRecord, Operation};

use crate::told_rule;

/// `{"before": …, "after": …, "issued": […]}`; each part only where there is something to say. Long rules are summed up.
///
/// `groups` are those whose messages are edited, as they were.
pub(crate) fn detail(before: &Control, after: &Control, operation: &Operation, groups: &[GroupRecord]) -> Value {
    let mut detail = Map::new();
    let touched: Vec<(String, Value, Value)> = operation
        .edits
        .iter()
        .filter_map(|edit| {
            let (was, is) = match edit {
                Edit::SetMessage { group, message } => {
                    let known = groups.iter().find(|known| known.group.id == *group);
                    (json!(known.and_then(|known| known.group.message.as_ref())), json!(message))
                }
                edit => (state(before, edit), state(after, edit)),
            };
            (was != is).then_some((subject(edit), was, is))
        })
        .collect();
    let side = |pick: fn(&(String, Value, Value)) -> Value| {
        let facts: Map<String, Value> = touched.iter().map(|one| (one.0.clone(), pick(one))).collect();
        Value::Object(facts)
    };
    if !touched.is_empty() {
        detail.insert("before".into(), side(|one| one.1.clone()));
        detail.insert("after".into(), side(|one| one.2.clone()));
    }
    let issued: Vec<Value> = operation.groups.iter().map(|group| issued(operation, group)).collect();
    if !issued.is_empty() {
        detail.insert("issued".into(), issued.into());
    }
    Value::Object(detail)
}

fn issued(operation: &Operation, group: &store::NewGroup) -> Value {
    let entries = operation.entries.iter().filter(|entry| entry.group == group.id);
    let updates: Vec<Value> = entries
        .map(|entry| {
            json!({
                "id": entry.id,
                "kind": if entry.kind == EntryKind::Update { "update" } else { "roll_back_to_embedded" },
                "created_at": entry.created_at,
                "platform": entry.lane.platform,
                "runtime_version": entry.lane.runtime_version,
                "origin": entry.origin,
                "held": entry.held,
                "disabled": entry.disabled,
                "rollout": entry.rollout.map(|rollout| rollout.share),
                "rule": entry.rule.as_deref().map(told_rule),
            })
        })
        .collect();
    json!({ "group": group.id, "branch": group.branch, "updates": updates })
}

/// What the edit is about.
fn subject(edit: &Edit) -> String {
    match edit {
        Edit::CreateBranch { id: branch, .. }
        | Edit::RenameBranch { branch, .. }
        | Edit::DeleteBranch { branch }
        | Edit::PinBranch { branch, .. } => format!("branch {branch}"),
        Edit::CreateChannel { id: channel, .. }
        | Edit::PointChannel { channel, .. }
        | Edit::PauseChannel { channel, .. }
        | Edit::DeleteChannel { channel } => format!("channel {channel}"),
        Edit::DisableUpdate { update, .. }
        | Edit::ReleaseUpdate { update }
        | Edit::SetRollout { update, .. }
        | Edit::SetRule { update, .. }
        | Edit::DeleteUpdate { update } => format!("update {update}"),
        Edit::SetMessage { group, .. } => format!("group {group}"),
        Edit::RegisterEmbedded(embedded) => format!("embedded {}", embedded.id),
    }
}

/// The subject's state; null when there is no such thing.
fn state(control: &Control, edit: &Edit) -> Value {
    match edit {
        Edit::CreateBranch { id: branch, .. }
        | Edit::RenameBranch { branch, .. }
        | Edit::DeleteBranch { branch }
        | Edit::PinBranch { branch, .. } => control
            .branch(*branch)
            .map_or(Value::Null, |branch| json!({ "name": branch.name, "pinned": branch.pinned })),
        Edit::CreateChannel { id: channel, .. }
        | Edit::PointChannel { channel, .. }
        | Edit::PauseChannel { channel, .. }
        | Edit::DeleteChannel { channel } => control.channels.iter().find(|known| known.id == *channel).map_or(
            Value::Null,
            |channel| json!({ "name": channel.name, "target": channel.target, "paused": channel.paused }),
        ),
        Edit::DisableUpdate { update, .. }
        | Edit::ReleaseUpdate { update }
        | Edit::SetRollout { update, .. }
        | Edit::SetRule { update, .. }
        | Edit::DeleteUpdate { update } => control.entry(*update).map_or(Value::Null, |past| {
            json!({
                "group": past.entry.group,
                "branch": past.branch,
                "platform": past.lane.platform,
                "runtime_version": past.lane.runtime_version,
                "disabled": past.entry.disabled,
                "held": past.entry.held,
                "rollout": past.entry.rollout.map(|rollout| rollout.share),
                "rule": past.entry.rule.as_deref().map(told_rule),
            })
        }),
        Edit::SetMessage { .. } => Value::Null,
        Edit::RegisterEmbedded(embedded) => {
            let known = control.embedded.iter().find(|known| known.id == embedded.id);
            known.map_or(Value::Null, |known| json!(known))
        }
    }
}
