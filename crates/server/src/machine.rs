//! The one place that asks the machine for the time and for randomness.

use model::Millis;
use publishing::ports::{Clock, Entropy};

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        // A clock before 1970 is a machine without a clock; its updates are ordered all the same.
        Millis(since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::panic, reason = "without randomness no secret can be made, and nothing may be made in its place")]
    fn bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for randomness")]
        if let Err(error) = getrandom::fill(&mut bytes) {
            panic!("the operating system gives no randomness: {error}");
        }
        bytes
    }
}
