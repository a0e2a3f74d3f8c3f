//! What an operation means for devices, in the words of its answer. The rule is the model's.

use model::control::{self, Control, Standing};
use model::{Outcome, UpdateId};
use serde::{Deserialize, Serialize};

use crate::{PublishError, render};

/// What becomes of the devices of one channel, platform and runtime version that stand on the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consequence {
    /// Their channel.
    pub channel: String,
    /// The branch that it gives them.
    pub branch: Option<String>,
    /// Their platform.
    pub platform: String,
    /// Their runtime version.
    pub runtime_version: String,
    /// How many of the channel's devices they are, in basis points, where rollouts tell them apart.
    pub share: Option<u16>,
    /// Whether these are only the devices that rules name.
    pub by_rule: bool,
    /// What they stand on before.
    pub from: Place,
    /// What they are offered after.
    pub to: Place,
    /// Entries that the operation issues there.
    pub reissued: usize,
}

/// What a device runs, or is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Place {
    /// An update.
    Update(Shown),
    /// The update inside the binary, by this entry where one is offered.
    Embedded {
        /// Which.
        entry: Option<Shown>,
    },
    /// Nothing.
    Nothing {
        /// Why, as a check's reason; before the operation there is none to tell.
        reason: Option<String>,
    },
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its id.
    pub id: String,
    /// Its `createdAt` or `commitTime`.
    pub created_at: String,
    /// The entry whose content it repeats.
    pub origin: Option<String>,
    /// Whether the operation issues it.
    pub is_new: bool,
}

/// What getting from one state to the next means.
pub(crate) fn consequences(before: &Control, after: &Control) -> Result<Vec<Consequence>, PublishError> {
    let found =
        control::consequences(before, after).map_err(|error| PublishError::Internal(format!("a plan: {error}")))?;
    let shown = |id: UpdateId| shown(before, after, id);
    let told = |one: control::Consequence| {
        let branch = one.branch.and_then(|id| after.branch(id).or_else(|| before.branch(id)));
        Ok(Consequence {
            channel: one.channel.to_string(),
            branch: branch.map(|branch| branch.name.to_string()),
            platform: one.lane.platform.to_string(),
            runtime_version: one.lane.runtime_version.to_string(),
            share: one.share.map(model::BasisPoints::get),
            by_rule: one.by_rule,
            from: match one.from {
                Standing::Update(id) => Place::Update(shown(id)?),
                Standing::Embedded => Place::Embedded { entry: None },
                Standing::Nothing => Place::Nothing { reason: None },
            },
            to: match one.to {
                Outcome::Update(id) => Place::Update(shown(id)?),
                Outcome::RollBackToEmbedded(id) => Place::Embedded { entry: Some(shown(id)?) },
                Outcome::Nothing(reason) => Place::Nothing { reason: Some(reason.code().into()) },
            },
            reissued: one.issued,
        })
    };
    found.into_iter().map(told).collect()
}

fn shown(before: &Control, after: &Control, id: UpdateId) -> Result<Shown, PublishError> {
    let known = before.entry(id);
    let past = known.or_else(|| after.entry(id));
    let past = past.ok_or_else(|| PublishError::Internal(format!("a device would be shown {id}, which is gone")))?;
    Ok(Shown {
        id: id.to_string(),
        created_at: render::timestamp(past.entry.created_at)?.to_string(),
        origin: past.origin.map(|origin| origin.to_string()),
        is_new: known.is_none(),
    })
}
