//! What a check says about the device that asks.

use arrayvec::ArrayVec;
use uuid::Uuid;

use crate::rule::Facts;
use crate::{Platform, UpdateId};

/// The client names at most this many failed updates (protocol.md §1).
pub const MAX_RECENT_FAILED: usize = 5;

/// The facts that deciding uses. Borrowed from the request: a check allocates nothing for it.
#[derive(Clone, Debug)]
pub struct Device<'r> {
    /// Its platform.
    pub platform: Platform,
    /// What it was built for, as it says it.
    pub runtime_version: &'r str,
    /// The channel baked into it, as it says it.
    pub channel: &'r str,
    /// One per installation; none from very old or foreign clients.
    pub id: Option<Uuid>,
    /// The update that it runs; none in an emergency launch.
    pub current: Option<UpdateId>,
    /// The update inside its binary.
    pub embedded: Option<UpdateId>,
    /// The updates whose first launch failed on it.
    pub recent_failed: ArrayVec<UpdateId, MAX_RECENT_FAILED>,
    /// Whether the answer that it asks for can carry a directive: multipart and protocol 1.
    pub takes_directives: bool,
    /// What it says beside; none when nobody read it, because no rule of the app asks for it.
    pub facts: Option<&'r Facts<'r>>,
}
