//! Randomness and the clock. The only place of this room that asks the machine for them.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use uuid::{Builder, Uuid};

use crate::remote::Clock;

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

/// Milliseconds since 1970; 0 on a machine that believes to be earlier.
#[expect(clippy::disallowed_methods, reason = "the command line is an edge: a phone that it plays has a clock")]
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The time since now, however the wall clock is set meanwhile.
#[expect(clippy::disallowed_methods, reason = "the command line is an edge: how long it tries is measured")]
pub(crate) fn stopwatch() -> Clock {
    let start = Instant::now();
    Clock::new(move || start.elapsed())
}
