//! Rollouts that are open, as people and hints name them.

use std::fmt;

use api::Update;

use crate::share::Share;

/// What a listing is asked for to find them.
pub(crate) fn asked() -> api::ListUpdates {
    api::ListUpdates { state: Some(api::UpdateState::Rolling), limit: Some(200), ..api::ListUpdates::default() }
}

/// A group that is served to a share of the devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rolling {
    pub(crate) group: String,
    branch: String,
    share: u16,
    platforms: Vec<String>,
}

/// The groups among updates that roll out, in the order that they were listed in.
pub(crate) fn groups<'a>(updates: impl IntoIterator<Item = &'a Update>) -> Vec<Rolling> {
    let mut groups: Vec<Rolling> = Vec::new();
    for update in updates {
        let Some(share) = update.rollout else { continue };
        match groups.iter_mut().find(|known| known.group == update.group && known.share == share) {
            Some(known) => known.platforms.push(update.platform.clone()),
            None => groups.push(Rolling {
                group: update.group.clone(),
                branch: update.branch.clone(),
                share,
                platforms: vec![update.platform.clone()],
            }),
        }
    }
    for group in &mut groups {
        group.platforms.sort_unstable();
        group.platforms.dedup();
    }
    groups
}

impl fmt::Display for Rolling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, branch, share, platforms } = self;
        write!(f, "group {group} is at {} on branch {branch} ({})", Share(*share), platforms.join(", "))
    }
}

/// How to go on with an open rollout.
pub(crate) fn ways_on(group: &str) -> String {
    let group = crate::shell::word(group);
    format!("`updraft rollout finish {group}` serves it to everyone, `updraft rollout revert {group}` takes it back")
}
