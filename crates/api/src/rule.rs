//! How a rule looks on the wire. The server reads rules into its own type, which checks them; this one describes them.

use serde::{Deserialize, Serialize};

/// Which devices an entry is served to: an object whose one key names the node. What a device does not say is unknown, and
/// only what is true counts as a match. At most 16 nodes deep, 256 nodes, 10,000 devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// Every one of these is true; at least one.
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    All(Vec<Rule>),
    /// One of these is true; at least one.
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    Any(Vec<Rule>),
    /// This is false.
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    Not(Box<Rule>),
    /// The fact is this text, byte for byte.
    Eq(FactValue),
    /// The fact is one of these texts, byte for byte.
    In(FactValues),
    /// The fact begins with this text.
    Prefix(FactValue),
    /// The fact is a version in this range.
    Version(FactRange),
    /// The device's `eas-client-id` is one of these.
    DeviceIn(Vec<String>),
}

/// A fact and a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FactValue {
    /// `platform`, `runtime_version`, `channel`, `environment`, `app_build_id`, `app_version`, `os_version`,
    /// `device_model`, `locale`, or `param:<key>` for an extra parameter that the app sets.
    pub fact: String,
    /// The text: not empty, at most 255 bytes.
    pub value: String,
}

/// A fact and several texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FactValues {
    /// As in `eq`.
    pub fact: String,
    /// The texts: at least one, at most 1,000 in one rule.
    pub values: Vec<String>,
}

/// A fact and a range of versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FactRange {
    /// As in `eq`.
    pub fact: String,
    /// Such as `>=1.4.0, <2.0.0`.
    pub range: String,
}
