//! What was issued: entries, and the groups that they were issued in.

pub mod delete;
pub mod disable;
pub mod edit;
pub mod enable;
pub mod list;
pub mod promote;
pub mod republish;
pub mod rollout;
pub mod show;
pub mod target;
pub mod untarget;

use model::EntryKind;
use publishing::{Listed, State};

use crate::failure::Failure;
use crate::operate::{kind, warning};

/// Whether a long rule is told whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rules {
    Whole,
    SummedUp,
}

fn update(listed: Listed, rules: Rules) -> Result<api::Update, Failure> {
    let Listed { past, state, branch, group, warnings } = listed;
    let entry = past.entry;
    let rule = entry.rule.map(|rule| match rules {
        Rules::Whole => serde_json::to_value(&*rule),
        Rules::SummedUp => Ok(publishing::told_rule(&rule)),
    });
    Ok(api::Update {
        id: entry.id.to_string(),
        group: entry.group.to_string(),
        kind: kind(entry.kind == EntryKind::RollBackToEmbedded),
        branch,
        platform: past.lane.platform.to_string(),
        runtime_version: past.lane.runtime_version.to_string(),
        created_at: publishing::instant(entry.created_at)?,
        state: match state {
            State::Served => api::UpdateState::Served,
            State::Rolling => api::UpdateState::Rolling,
            State::Covered => api::UpdateState::Covered,
            State::Held => api::UpdateState::Held,
            State::Disabled => api::UpdateState::Disabled,
        },
        rollout: entry.rollout.map(|rollout| rollout.share.get()),
        rule: rule.transpose().map_err(|error| publishing::PublishError::Internal(error.to_string()))?,
        origin: past.origin.map(|origin| origin.to_string()),
        message: group.group.message,
        git_commit: group.group.git_commit,
        issued_by: group.issued_by.0,
        warnings: warnings.into_iter().map(warning).collect(),
    })
}
