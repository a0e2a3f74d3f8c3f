//! What an editor saw must be what is there (RFC 9110 §13.1.1): entity tags of channels and of updates.

use model::control::{ChannelState, Control, Selection};

use crate::listing::{self, Listed};
use crate::{Command, PublishError, Publishing};

/// Under which condition a command is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// There is such a thing: `*`.
    Any,
    /// It has one of these entity tags, with their quotes. Weak ones match nothing.
    Tags(Vec<String>),
}

impl IfMatch {
    fn holds(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => tags.iter().any(|tag| tag == etag),
        }
    }
}

/// The entity tag of a channel: another one after every change of what is told about it.
pub fn channel_etag(control: &Control, channel: &ChannelState) -> Result<String, PublishError> {
    let branches: Vec<_> =
        channel.target.branches().map(|id| control.branch(id).map(|branch| branch.name.to_string())).collect();
    etag(&(channel.id, &channel.name, &channel.target, channel.paused, branches))
}

/// The entity tag of a group's entries, or of one: another one after every change of what is told about them.
pub fn updates_etag(listed: &[Listed]) -> Result<String, PublishError> {
    let mut facts: Vec<_> = listed
        .iter()
        .map(|one| {
            let entry = &one.past.entry;
            let warnings: Vec<_> = one.warnings.iter().map(|warning| &warning.message).collect();
            let message = &one.group.group.message;
            (entry.id, one.state.name(), &one.branch, entry.rollout, entry.rule.as_deref(), message, warnings)
        })
        .collect();
    facts.sort_by_key(|fact| fact.0);
    etag(&facts)
}

fn etag(facts: &impl serde::Serialize) -> Result<String, PublishError> {
    let bytes = serde_json::to_vec(facts).map_err(|error| PublishError::Internal(error.to_string()))?;
    let tag = protocol::etag::strong(&[&bytes]);
    tag.to_str().map(str::to_owned).map_err(|error| PublishError::Internal(error.to_string()))
}

impl Publishing {
    /// The entity tag of what the command edits, in this state; none when it edits something that has no tag, or that is
    /// not there.
    pub(crate) async fn edited_etag(
        &self,
        command: &Command,
        control: &Control,
    ) -> Result<Option<String>, PublishError> {
        use Command as C;
        match command {
            C::PointChannel { channel, .. }
            | C::PauseChannel { channel, .. }
            | C::StartChannelRollout { channel, .. }
            | C::SetChannelRollout { channel, .. }
            | C::FinishChannelRollout(channel)
            | C::RevertChannelRollout(channel)
            | C::DeleteChannel(channel) => {
                control.channel(channel).map(|found| channel_etag(control, found)).transpose()
            }
            C::StartRollout { updates, .. }
            | C::SetRollout { updates, .. }
            | C::FinishRollout(updates)
            | C::RevertRollout(updates) => self.tag_of(control, updates.id).await,
            _ => Ok(None),
        }
    }

    /// Refuses when what the command edits is not what its editor saw. What is not there is refused as that, by the plan.
    pub(crate) async fn check(
        &self,
        condition: Option<&IfMatch>,
        command: &Command,
        control: &Control,
    ) -> Result<(), PublishError> {
        let Some(condition) = condition else { return Ok(()) };
        match self.edited_etag(command, control).await? {
            Some(etag) if !condition.holds(&etag) => Err(PublishError::PreconditionFailed { etag }),
            _ => Ok(()),
        }
    }

    async fn tag_of(&self, control: &Control, id: uuid::Uuid) -> Result<Option<String>, PublishError> {
        let Ok(entries) = (Selection { id, platform: None }).entries(control) else { return Ok(None) };
        let served = listing::served(control)?;
        let listed = self.listed(control, &served, &entries).await?;
        updates_etag(&listed).map(Some)
    }
}
