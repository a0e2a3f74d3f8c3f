//! What was issued.

use serde::{Deserialize, Serialize};

use crate::{UpdateKind, Warning};

/// `GET /api/v1/apps/{app}/updates`: newest first, a page at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Updates {
    /// Newest first.
    pub updates: Vec<Update>,
    /// Asks for the page after this one as `?cursor=`; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// What `GET /api/v1/apps/{app}/updates` may be asked, as its query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ListUpdates {
    /// Only of this branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<crate::texts::BranchName>))]
    pub branch: Option<String>,
    /// Only of the branches that this channel points at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<crate::texts::ChannelName>))]
    pub channel: Option<String>,
    /// `ios` or `android`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<crate::texts::Platform>))]
    pub platform: Option<String>,
    /// Only for this runtime version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<crate::texts::RuntimeVersion>))]
    pub runtime_version: Option<String>,
    /// Only in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<UpdateState>,
    /// At most so many: 1 to 200, 50 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u16>,
    /// The `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// What becomes of an entry in a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UpdateState {
    /// A device of some channel can be offered it.
    Served,
    /// The same, to a share of the devices.
    Rolling,
    /// Something later stands before it, or no channel points at its branch.
    Covered,
    /// It waits behind a pin.
    Held,
    /// It is served to nobody any more.
    Disabled,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Update {
    /// Its id; the manifest's `id`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Id))]
    pub id: String,
    /// Its group.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Id))]
    pub group: String,
    /// What it is.
    pub kind: UpdateKind,
    /// Its branch's name; of a deleted branch, its id.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::BranchName))]
    pub branch: String,
    /// `ios` or `android`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Platform))]
    pub platform: String,
    /// Its runtime version.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::RuntimeVersion))]
    pub runtime_version: String,
    /// Its `createdAt` or `commitTime`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Instant))]
    pub created_at: String,
    /// What becomes of it in a check.
    pub state: UpdateState,
    /// How many devices get it, while it rolls out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 10_000))]
    pub rollout: Option<u16>,
    /// Whom it is served to, where it is not for all. In a list a rule of more than 1,024 bytes is summed up; shown by its id,
    /// an update has it whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::rule::ToldRule>))]
    pub rule: Option<serde_json::Value>,
    /// The entry whose content it repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Id>))]
    pub origin: Option<String>,
    /// What changed, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Message>))]
    pub message: Option<String>,
    /// The commit that the source stood at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::AnyCommit>))]
    pub git_commit: Option<String>,
    /// Who issued it, e.g. `token:ci`.
    pub issued_by: String,
    /// Worth a look, such as a released binary whose own update is newer (`embedded_newer`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// `GET /api/v1/apps/{app}/updates/{id}`, where `{id}` is a group's id or one update's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShownUpdates {
    /// One for each platform and runtime version of the group.
    pub updates: Vec<ShownUpdate>,
}

/// One entry with all that is stored about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShownUpdate {
    /// Its facts.
    #[serde(flatten)]
    pub update: Update,
    /// The exact manifest or directive.
    pub body: String,
    /// Its files, the bundle first.
    pub assets: Vec<ShownAsset>,
}

/// One file of an update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShownAsset {
    /// SHA-256 of its bytes.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Hash))]
    pub hash: String,
    /// What the bundle's code looks it up by.
    pub key: String,
    /// The type it is served with; of what lies on another host, as its publisher said.
    pub content_type: String,
    /// Bytes; unknown of what lies on another host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Whether it is the bundle.
    pub launch: bool,
    /// Where phones fetch it, as the manifest says.
    pub url: String,
}
