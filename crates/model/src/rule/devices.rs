//! Lists of devices.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

/// Ids of devices, each once: at least one, at most [`DeviceIds::MAX`].
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DeviceIds(Arc<[Uuid]>);

/// The list of devices is empty or longer than [`DeviceIds::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a rule names 1 to {max} devices, not {0}", max = DeviceIds::MAX)]
pub struct BadDeviceCount(pub usize);

impl DeviceIds {
    /// The most that one rule names, over all of its nodes.
    pub const MAX: usize = 10_000;

    /// Sorts the ids and drops repetitions.
    pub fn new(mut ids: Vec<Uuid>) -> Result<Self, BadDeviceCount> {
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() || ids.len() > Self::MAX { Err(BadDeviceCount(ids.len())) } else { Ok(Self(ids.into())) }
    }

    /// Whether the device is among them.
    pub fn contains(&self, id: Uuid) -> bool {
        self.0.binary_search(&id).is_ok()
    }

    /// How many they are.
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
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
