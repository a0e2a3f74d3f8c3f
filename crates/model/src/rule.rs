//! Which devices an entry is meant for, beside the share of its rollout (architecture.md §4 *Targeting*).
//!
//! A [`Rule`] is a tree of [`Node`]s over [`Fact`]s. It is read once, when it is written down, with every limit checked
//! ([`BadRule`] names the place); the check only walks it, without an allocation. What a device does not say is *unknown*,
//! and nothing but *true* is a match: `not` keeps unknown, `all` and `any` follow Kleene's tables.

mod devices;
mod fact;
mod judged;
mod read;
mod texts;
mod version;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

pub use devices::{BadDeviceCount, DeviceIds};
pub use fact::{Fact, Facts, MAX_PARAM_KEY_BYTES, MAX_PARAMS, ParamKey};
pub use judged::Judged;
pub use read::{BadRule, Flaw, MAX_DEPTH, MAX_NODES, MAX_VALUE_BYTES, MAX_VALUES};
pub use texts::Texts;
pub use version::VersionRange;

use crate::Device;

/// A condition on a device. An entry with a rule is conditional: whoever does not match gets the entry beneath.
///
/// As JSON, each node is an object whose one key names it: `{"all": [{"eq": {"fact": "locale", "value": "de-DE"}}, …]}`.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Rule(Node);

/// One node of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// Every one of these is true; at least one.
    All(Vec<Node>),
    /// One of these is true; at least one.
    Any(Vec<Node>),
    /// This is false. What is unknown stays unknown.
    Not(Box<Node>),
    /// The fact is this text, byte for byte.
    Eq {
        /// Which.
        fact: Fact,
        /// The text.
        value: Box<str>,
    },
    /// The fact is one of these texts, byte for byte.
    In {
        /// Which.
        fact: Fact,
        /// The texts.
        values: Texts,
    },
    /// The fact begins with this text.
    Prefix {
        /// Which.
        fact: Fact,
        /// The text.
        value: Box<str>,
    },
    /// The fact is a version in this range; unknown when it cannot be read as one.
    Version {
        /// Which.
        fact: Fact,
        /// The range.
        range: VersionRange,
    },
    /// The device's id is one of these.
    DeviceIn(DeviceIds),
}

impl Rule {
    /// Reads a rule from JSON and checks every limit.
    pub fn read(json: &serde_json::Value) -> Result<Self, BadRule> {
        read::rule(json).map(Self)
    }

    /// Whether the device matches; none when that is unknown. Only `Some(true)` counts as a match. Allocates nothing.
    pub fn holds(&self, device: &Device<'_>) -> Option<bool> {
        self.0.holds(device)
    }

    /// The same, told node by node. Allocates: it is for operators.
    pub fn judge(&self, device: &Device<'_>) -> Judged {
        judged::judge(&self.0, device)
    }

    /// Its topmost node.
    pub fn root(&self) -> &Node {
        &self.0
    }

    /// Whether some node asks for a fact that a check does not say by itself ([`Device::facts`]).
    pub fn asks_for_facts(&self) -> bool {
        self.0.asks_for_facts()
    }
}

impl From<DeviceIds> for Rule {
    fn from(ids: DeviceIds) -> Self {
        Self(Node::DeviceIn(ids))
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rule({:?})", self.0)
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = serde_json::Value::deserialize(deserializer)?;
        Self::read(&json).map_err(serde::de::Error::custom)
    }
}

impl Node {
    /// Every kind, by its name in JSON.
    pub const KINDS: [&'static str; 8] = ["all", "any", "not", "eq", "in", "prefix", "version", "device_in"];

    /// Its name in JSON.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::All(_) => "all",
            Self::Any(_) => "any",
            Self::Not(_) => "not",
            Self::Eq { .. } => "eq",
            Self::In { .. } => "in",
            Self::Prefix { .. } => "prefix",
            Self::Version { .. } => "version",
            Self::DeviceIn(_) => "device_in",
        }
    }

    fn holds(&self, device: &Device<'_>) -> Option<bool> {
        match self {
            Self::All(nodes) => unless(false, nodes.iter().map(|node| node.holds(device))),
            Self::Any(nodes) => unless(true, nodes.iter().map(|node| node.holds(device))),
            Self::Not(node) => node.holds(device).map(|holds| !holds),
            Self::Eq { fact, value } => device.fact(fact).map(|said| said == &**value),
            Self::In { fact, values } => device.fact(fact).map(|said| values.contains(said)),
            Self::Prefix { fact, value } => device.fact(fact).map(|said| said.starts_with(&**value)),
            Self::Version { fact, range } => device.fact(fact).and_then(|said| range.contains(said)),
            Self::DeviceIn(ids) => device.id.map(|id| ids.contains(id)),
        }
    }

    fn asks_for_facts(&self) -> bool {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().any(Self::asks_for_facts),
            Self::Not(node) => node.asks_for_facts(),
            Self::Eq { fact, .. } | Self::In { fact, .. } | Self::Prefix { fact, .. } | Self::Version { fact, .. } => {
                !fact.is_always_said()
            }
            Self::DeviceIn(_) => false,
        }
    }
}

/// `settles` as soon as one verdict is it; else unknown if one is unknown; else the opposite.
fn unless(settles: bool, verdicts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(!settles);
    for verdict in verdicts {
        match verdict {
            Some(verdict) if verdict == settles => return Some(settles),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}
