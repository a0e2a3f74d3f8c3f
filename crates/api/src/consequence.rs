//! What an operation means for devices.

use serde::{Deserialize, Serialize};

/// What becomes of the devices of one channel, platform and runtime version that stand on the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Consequence {
    /// Their channel.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::ChannelName))]
    pub channel: String,
    /// The branch that it gives them afterwards, or gave them, where it gives them none any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::BranchName>))]
    pub branch: Option<String>,
    /// `ios` or `android`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Platform))]
    pub platform: String,
    /// Their runtime version.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::RuntimeVersion))]
    pub runtime_version: String,
    /// How many of the channel's devices they are, in basis points, where rollouts tell them apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 10_000))]
    pub share: Option<u16>,
    /// Whether these are only the devices that rules name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_rule: bool,
    /// What they stand on before.
    pub from: Standing,
    /// What they are offered afterwards. `nothing` leaves them where they are.
    pub to: Standing,
    /// How many entries are issued there.
    pub reissued: usize,
}

/// What a device runs, or is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Standing {
    /// What kind of thing.
    pub kind: StandingKind,
    /// The entry: of `update`, and of `embedded` where a roll back is offered. In a preview, that of an entry which is not
    /// issued yet is not the one that it will have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Id>))]
    pub update: Option<String>,
    /// Its `createdAt` or `commitTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Instant>))]
    pub created_at: Option<String>,
    /// The entry whose content it repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Id>))]
    pub origin: Option<String>,
    /// Whether the operation issues it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub issued: bool,
    /// Why `nothing` is offered: a reason of `explain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a device runs, or is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StandingKind {
    /// An update.
    Update,
    /// The update inside the binary.
    Embedded,
    /// Nothing.
    Nothing,
}
