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

/// A rule as lists and the audit log tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum ToldRule {
    /// At most 1,024 bytes of JSON.
    Whole(Rule),
    /// A longer one.
    SummedUp(SummedUpRule),
}

/// Stands where a rule is too long to be told whole; it is none itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SummedUpRule {
    /// About the rule.
    pub summary: RuleSummary,
}

/// What is told of a long rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleSummary {
    /// SHA-256 of its JSON without white space, as `jq --join-output --compact-output .rule` writes it.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Hash))]
    pub sha256: String,
    /// Bytes of that JSON.
    pub bytes: u64,
    /// How many devices its lists name.
    pub devices: u64,
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
