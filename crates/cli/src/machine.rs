//! The command line's own randomness, and the only place of this room that asks the machine for it.

use uuid::{Builder, Uuid};

/// A key under which the server does an intent once, however often it is sent. Good for one intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(Uuid);

impl IdempotencyKey {
    /// A new one; none when the operating system has no randomness to give.
    pub(crate) fn new() -> Option<Self> {
        random_uuid().map(Self)
    }

    /// As the header's value.
    pub(crate) fn header_value(self) -> String {
        self.0.to_string()
    }
}

/// A random (version 4) UUID; none when the operating system has no randomness to give.
#[expect(clippy::disallowed_methods, reason = "the command line is an edge: here its ids begin")]
pub(crate) fn random_uuid() -> Option<Uuid> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(Builder::from_random_bytes(bytes).into_uuid())
}
