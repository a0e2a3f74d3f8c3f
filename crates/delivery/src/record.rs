//! What is noted of each check, and the sinks that take it.

use std::net::IpAddr;
use std::time::Duration;

use model::{AppSlug, ChannelName, Millis, Platform, RuntimeVersion, UpdateId};
use uuid::Uuid;

/// A name as the snapshot holds it, shared; or as the device sent it, when the snapshot has none such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named<T> {
    /// Shared with the snapshot.
    Known(T),
    /// At most 255 bytes, as sent.
    Sent(Box<str>),
}

impl<T: std::borrow::Borrow<str>> Named<T> {
    /// The text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(name) => name.borrow(),
            Self::Sent(text) => text,
        }
    }
}

/// One check: who asked, what was answered, why, and how long it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRecord {
    /// When the answer was ready.
    pub at: Millis,
    /// The app that was asked; as sent when there is none such.
    pub app: Named<AppSlug>,
    /// The peer's address.
    pub ip: IpAddr,
    /// None when the request could not be read.
    pub platform: Option<Platform>,
    /// None when the request could not be read.
    pub runtime_version: Option<Named<RuntimeVersion>>,
    /// None when the request could not be read.
    pub channel: Option<Named<ChannelName>>,
    /// The installation, where it says so.
    pub device: Option<Uuid>,
    /// What it runs, where it says so.
    pub current: Option<UpdateId>,
    /// The entry that was served; none for "nothing" and for errors.
    pub served: Option<UpdateId>,
    /// A reason's or an error's stable code.
    pub reason: &'static str,
    /// HTTP status of the answer.
    pub status: u16,
    /// From the request's headers to the finished answer.
    pub duration: Duration,
}

/// Takes records. It is called on the check path: bounded, never waiting; what it drops it counts.
pub trait CheckSink: Send + Sync {
    /// Takes one record, or counts it as dropped.
    fn take(&self, record: CheckRecord);
}
