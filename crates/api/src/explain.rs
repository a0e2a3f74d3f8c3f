//! Why a device gets what it gets.

use serde::{Deserialize, Serialize};

use crate::UpdateKind;

/// What `GET /api/v1/apps/{app}/explain` is asked, as its query. Besides, `header=name=value`, any number of times: a
/// header of the check, such as `accept` or `expo-extra-params`; it overrides what the other fields say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct Explain {
    /// The channel baked into the binary.
    #[cfg_attr(feature = "openapi", param(value_type = crate::texts::ChannelName))]
    pub channel: String,
    /// `ios` or `android`.
    #[cfg_attr(feature = "openapi", param(value_type = crate::texts::Platform))]
    pub platform: String,
    /// The binary's runtime version.
    #[cfg_attr(feature = "openapi", param(value_type = crate::texts::RuntimeVersion))]
    pub runtime_version: String,
    /// The device's `eas-client-id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<crate::texts::Id>))]
    pub device: Option<String>,
    /// The update that it runs; by default the one inside its binary, where that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<crate::texts::Id>))]
    pub current: Option<String>,
    /// The update inside its binary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<crate::texts::Id>))]
    pub embedded: Option<String>,
}

/// The answer to [`Explain`]: what `decide` says to such a check, and how it came to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Explanation {
    /// What the device is sent.
    pub answer: ExplainedAnswer,
    /// The entry that it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Id>))]
    pub update: Option<String>,
    /// Why; the code of the request log.
    pub code: String,
    /// The same in words.
    pub explanation: String,
    /// The name of the branch that the channel gave the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::BranchName>))]
    pub branch: Option<String>,
    /// Where the device fell, when the channel points at two branches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_rollout: Option<Draw>,
    /// The branch whose filter goes with the answer, by name; the device stores it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::BranchName>))]
    pub filter: Option<String>,
    /// The entries that were looked at, newest first, with the disabled and held ones that stand above where the walk
    /// ended.
    pub steps: Vec<Step>,
    /// What the device does with the answer.
    pub device: DeviceVerdict,
}

/// What a device is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ExplainedAnswer {
    /// A manifest.
    Update,
    /// The directive that sends it to the update inside its binary.
    RollBackToEmbedded,
    /// 204.
    Nothing,
    /// 404: there is no such channel.
    NotFound,
}

/// Where a device fell in a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Draw {
    /// The device's bucket, 0 to 9,999.
    pub bucket: u16,
    /// How many are inside: those whose bucket is below.
    #[cfg_attr(feature = "openapi", schema(maximum = 10_000))]
    pub basis_points: u16,
    /// Whether the device is.
    pub inside: bool,
}

/// One entry that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Step {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Id))]
    pub update: String,
    /// What it is.
    pub kind: UpdateKind,
    /// Its `createdAt` or `commitTime`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Instant))]
    pub created_at: String,
    /// What became of it: `chosen`, `disabled`, `held`, `outside_rollout`, `outside_rule`.
    pub code: String,
    /// The same in words.
    pub explanation: String,
    /// Where the device fell in its rollout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Draw>,
    /// What became of its rule, node by node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<JudgedNode>,
}

/// One node of a rule, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JudgedNode {
    /// The node's name: `all`, `any`, `not`, `eq`, `in`, `prefix`, `version`, `device_in`.
    pub kind: String,
    /// What it asks for, in words.
    pub asks: String,
    /// Whether it holds.
    pub verdict: Truth,
    /// The fact that it asks about; `device` for the device's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fact: Option<String>,
    /// What the device says about that; absent when it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// The nodes beneath it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub nodes: Vec<JudgedNode>,
}

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It does. Only this counts as a match.
    True,
    /// It does not.
    False,
    /// The device does not say, or says what cannot be read as a version.
    Unknown,
}

/// What a device does with an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceVerdict {
    /// `accepts`, `refuses`, `keeps` (it is sent nothing), `depends` (on what the server does not know).
    pub code: String,
    /// The same in words, with the rule of the client behind it.
    pub explanation: String,
}
