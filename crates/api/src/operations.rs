//! Operating channels, branches, updates and rollouts.
//!
//! Shares are basis points: hundredths of a percent, 0 to 10,000. Every operation answers with an [`Operated`], takes an
//! `Idempotency-Key`, and is written to the audit log in the transaction that makes it.

use serde::{Deserialize, Serialize};

use crate::{Consequence, PublishedUpdate, Warning};

/// What an operation did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Operated {
    /// Its name in the audit log, e.g. `pause_channel`.
    pub action: String,
    /// Whether it changed anything; false when all was as asked for already.
    pub changed: bool,
    /// What it issued.
    pub groups: Vec<IssuedGroup>,
    /// Worth a look.
    pub warnings: Vec<Warning>,
    /// What it means for devices, where they are offered something else than before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<Consequence>,
    /// Whether this is what it would come to, and nothing was done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// Entries that an operation issued on one branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssuedGroup {
    /// The group.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Id))]
    pub group: String,
    /// The branch that has it now.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::BranchName))]
    pub branch: String,
    /// Why it was issued.
    pub why: Why,
    /// One for each platform and runtime version.
    pub updates: Vec<PublishedUpdate>,
}

/// Why a group was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The operation is about it.
    Asked,
    /// A rollout was reverted: this is what was beneath it.
    Reverted,
    /// It became reachable for devices that would refuse its old time.
    Renewed,
}

/// What an operation that issues does about a rollout that is open where it issues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnRollout {
    /// Be refused (`rollout_active`).
    #[default]
    Refuse,
    /// Finish it in the same transaction.
    Finish,
    /// Revert it in the same transaction.
    Revert,
}

/// `POST /api/v1/apps`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateApp {
    /// Its name in URLs: a-z, 0-9 and `-`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::AppSlug))]
    pub slug: String,
    /// Its first channel, with an equally named branch; `production` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::ChannelName>))]
    pub channel: Option<String>,
}

/// `GET /api/v1/apps`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Apps {
    /// By name.
    pub apps: Vec<AppSummary>,
    /// Asks for the page after this one as `?cursor=`; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// One app of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AppSummary {
    /// Its name in URLs.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::AppSlug))]
    pub slug: String,
    /// When it was created.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Instant))]
    pub created_at: String,
    /// Raised by every operation on it.
    pub version: u64,
}

/// `GET /api/v1/apps/{app}/channels`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Channels {
    /// By name.
    pub channels: Vec<Channel>,
    /// Asks for the page after this one as `?cursor=`; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Channel {
    /// The name baked into binaries.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::ChannelName))]
    pub name: String,
    /// The branch that it points at; while it points at two, the old one.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::BranchName))]
    pub branch: String,
    /// The second branch, while there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<ChannelRollout>,
    /// Whether it answers "no update" to everyone.
    pub paused: bool,
}

/// A channel's second branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChannelRollout {
    /// The new branch.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::BranchName))]
    pub branch: String,
    /// How many devices get it.
    #[cfg_attr(feature = "openapi", schema(maximum = 10_000))]
    pub basis_points: u16,
}

/// `POST /api/v1/apps/{app}/channels`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateChannel {
    /// The name that binaries will send.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::ChannelName))]
    pub name: String,
    /// The branch that it points at; by default the one of its own name, which is created unless it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::BranchName>))]
    pub branch: Option<String>,
}

/// `PATCH /api/v1/apps/{app}/channels/{channel}`: exactly one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeChannel {
    /// The branch to point at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::BranchName>))]
    pub branch: Option<String>,
    /// Whether to answer "no update" to everyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
}

/// `POST /api/v1/apps/{app}/channels/{channel}/rollout`: devices move from the channel's branch to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum ChangeChannelRollout {
    /// Serves another branch to a share of the devices.
    Start {
        /// The other branch.
        #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::BranchName))]
        branch: String,
        /// The share.
        #[serde(deserialize_with = "crate::number::basis_points")]
        #[cfg_attr(feature = "openapi", schema(maximum = 10_000))]
        basis_points: u16,
    },
    /// Changes the share; lower is possible too.
    Set {
        /// The share.
        #[serde(deserialize_with = "crate::number::basis_points")]
        #[cfg_attr(feature = "openapi", schema(maximum = 10_000))]
        basis_points: u16,
    },
    /// Points the channel at the new branch alone.
    Finish {},
    /// Points the channel at the old branch alone.
    Revert {},
}

/// `GET /api/v1/apps/{app}/branches`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Branches {
    /// By name.
    pub branches: Vec<Branch>,
    /// Asks for the page after this one as `?cursor=`; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Branch {
    /// Its id, which filters on devices name.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Id))]
    pub id: String,
    /// Its display name.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::BranchName))]
    pub name: String,
    /// Whether what is published to it is held.
    pub pinned: bool,
    /// The channels that point at it.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<crate::texts::ChannelName>))]
    pub channels: Vec<String>,
    /// What each platform and runtime version has newest, whatever its state.
    pub heads: Vec<BranchHead>,
}

/// The newest entry of a branch for one platform and runtime version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BranchHead {
    /// `ios` or `android`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Platform))]
    pub platform: String,
    /// Its runtime version.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::RuntimeVersion))]
    pub runtime_version: String,
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Id))]
    pub update: String,
    /// Its `createdAt` or `commitTime`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Instant))]
    pub created_at: String,
}

/// `POST /api/v1/apps/{app}/branches`, and `PATCH …/branches/{branch}` with the new name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NameBranch {
    /// Its display name.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::BranchName))]
    pub name: String,
}

/// `POST /api/v1/apps/{app}/branches/{branch}/pin`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// A good group of the branch, or one update: it is issued again at the head.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Id))]
    pub group: String,
    /// Only this platform of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Platform>))]
    pub platform: Option<String>,
    /// About a rollout that is open.
    #[serde(default)]
    pub on_rollout: OnRollout,
}

/// The body of operations on updates that need no more than which: `POST …/updates/{id}/disable` and `…/enable`, and the
/// query of `DELETE …/updates/{id}`, where `{id}` is a group's id or one update's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct WhichPlatform {
    /// Only this platform of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Platform>))]
    #[cfg_attr(feature = "openapi", param(value_type = Option<crate::texts::Platform>))]
    pub platform: Option<String>,
}

/// `PATCH /api/v1/apps/{app}/updates/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EditUpdate {
    /// What changed, for people; `null` takes it away, and leaving it out is refused.
    #[serde(deserialize_with = "Option::deserialize")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Message>, required = true))]
    pub message: Option<String>,
}

/// `PUT /api/v1/apps/{app}/updates/{id}/rule`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TargetUpdate {
    /// The devices that it is served to: `{"eq": {"fact": "locale", "value": "de-DE"}}`, `{"device_in": ["…", …]}`, and
    /// `all`, `any` and `not` of such.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::rule::Rule))]
    pub rule: serde_json::Value,
    /// Only this platform of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Platform>))]
    pub platform: Option<String>,
}

/// `POST /api/v1/apps/{app}/updates/{id}/rollout`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum ChangeRollout {
    /// Serves what its branch serves first to a share of the devices only.
    Start {
        /// The share.
        #[serde(deserialize_with = "crate::number::basis_points")]
        #[cfg_attr(feature = "openapi", schema(maximum = 10_000))]
        basis_points: u16,
        /// Only this platform of the group.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Platform>))]
        platform: Option<String>,
    },
    /// Raises the share.
    Set {
        /// The share.
        #[serde(deserialize_with = "crate::number::basis_points")]
        #[cfg_attr(feature = "openapi", schema(maximum = 10_000))]
        basis_points: u16,
        /// Only this platform of the group.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Platform>))]
        platform: Option<String>,
    },
    /// Serves it to everyone.
    Finish {
        /// Only this platform of the group.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Platform>))]
        platform: Option<String>,
    },
    /// Takes it back: what was beneath is issued again.
    Revert {
        /// Only this platform of the group.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Platform>))]
        platform: Option<String>,
    },
}

/// `POST /api/v1/apps/{app}/updates/{id}/republish` and `…/promote`; to a channel's branch or to a branch when it is a
/// promotion, to neither when it is not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Reissue {
    /// The channel whose branch gets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::ChannelName>))]
    pub channel: Option<String>,
    /// The branch that gets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::BranchName>))]
    pub branch: Option<String>,
    /// Only this platform of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Platform>))]
    pub platform: Option<String>,
    /// What changed, for people; by default what the group said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Message>))]
    pub message: Option<String>,
    /// Serves them to a share of the devices first: opens a rollout.
    #[serde(default, deserialize_with = "crate::number::any_basis_points", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 10_000))]
    pub rollout: Option<u16>,
    /// Serves them to the devices that match only: `{"device_in": ["…", …]}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::rule::Rule>))]
    pub rule: Option<serde_json::Value>,
    /// About a rollout that is open.
    #[serde(default)]
    pub on_rollout: OnRollout,
}

/// `POST /api/v1/apps/{app}/embedded`: the update inside a released binary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Embedded {
    /// Its id, from `app.manifest`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Id))]
    pub id: String,
    /// `ios` or `android`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Platform))]
    pub platform: String,
    /// The binary's runtime version.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::RuntimeVersion))]
    pub runtime_version: String,
    /// Its `commitTime`, as an instant.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Instant))]
    pub created_at: String,
    /// SHA-256 of its bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Hash>))]
    pub launch_hash: Option<String>,
    /// The channel baked into the binary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::ChannelName>))]
    pub channel: Option<String>,
}

/// `GET /api/v1/apps/{app}/embedded`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmbeddedUpdates {
    /// By id.
    pub embedded: Vec<Embedded>,
    /// Asks for the page after this one as `?cursor=`; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// `GET /api/v1/apps/{app}/audit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Audit {
    /// Newest first.
    pub lines: Vec<AuditLine>,
    /// Asks for the page after this one as `?cursor=`; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditLine {
    /// Rises from line to line, with gaps.
    pub id: u64,
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Instant))]
    pub at: String,
    /// Who, e.g. `token:ci`.
    pub actor: String,
    /// What, e.g. `pause_channel`.
    pub action: String,
    /// The ids and names that it was done to; what was there before and after.
    pub detail: serde_json::Value,
}
