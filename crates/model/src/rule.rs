//! Which devices an entry is meant for, beside the share of its rollout (architecture.md §4 *Targeting*).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::Device;

/// A condition on a device. An entry with a rule is conditional: whoever does not match gets the entry beneath.
///
/// As JSON, an object whose one key names the node: `{"device_in": ["0f8b…", …]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// The device's id is one of these.
    DeviceIn(DeviceIds),
}

impl Rule {
    /// Whether the device matches; none when the device does not say what the rule asks for. Only `Some(true)` counts as
    /// a match. Allocates nothing.
    pub fn holds(&self, device: &Device<'_>) -> Option<bool> {
        match self {
            Self::DeviceIn(ids) => device.id.map(|id| ids.contains(id)),
        }
    }
}

/// Ids of devices, each once: at least one, at most [`DeviceIds::MAX`].
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DeviceIds(Arc<[Uuid]>);

/// The list of devices is empty or longer than [`DeviceIds::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a rule names 1 to {max} devices, not {0}", max = DeviceIds::MAX)]
pub struct BadDeviceCount(pub usize);

impl DeviceIds {
    /// The most that one rule names.
    pub const MAX: usize = 10_000;

    /// Sorts the ids and drops repetitions.
    pub fn new(mut ids: Vec<Uuid>) -> Result<Self, BadDeviceCount> {
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() || ids.len() > Self::MAX { Err(BadDeviceCount(ids.len())) } else { Ok(Self(ids.into())) }
    }

    fn contains(&self, id: Uuid) -> bool {
        self.0.binary_search(&id).is_ok()
    }
}

impl fmt::Debug for DeviceIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceIds({} devices)", self.0.len())
    }
}

impl<'de> Deserialize<'de> for DeviceIds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
