//! Instants as the devices' databases see them: whole milliseconds.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z. The client stores and compares whole milliseconds (protocol.md §4.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

/// The instant of a new entry: now, but always later than the newest entry of that app and platform (architecture.md
/// §4 *Order*). The client's database refuses a time that it has seen.
#[must_use]
pub fn next_instant(now: Millis, newest: Option<Millis>) -> Millis {
    newest.map_or(now, |newest| now.max(Millis(newest.0.saturating_add(1))))
}

/// A head further than this ahead of now is worth a warning (`head_in_future`): five minutes.
pub const HEAD_IN_FUTURE_AFTER: Millis = Millis(5 * 60 * 1000);
