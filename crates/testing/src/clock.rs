//! Time that only the test moves.

use std::sync::atomic::{AtomicI64, Ordering};

use model::Millis;
use publishing::ports::Clock;

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct MockClock(AtomicI64);

/// 2026-01-31T09:00:00.000Z.
const START: i64 = 1_769_850_000_000;

impl Default for MockClock {
    fn default() -> Self {
        Self(AtomicI64::new(START))
    }
}

impl MockClock {
    /// Moves it by that many milliseconds, backwards when negative.
    pub fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for MockClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }
}
