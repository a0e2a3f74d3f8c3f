//! One platform and runtime version of a branch.

use serde::{Deserialize, Serialize};

use crate::{Platform, RuntimeVersion};

/// One lane of a branch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LaneId {
    /// Its platform.
    pub platform: Platform,
    /// Its runtime version.
    pub runtime_version: RuntimeVersion,
}
