//! A sink that keeps every record, for tests that ask what was noted.

use std::sync::{Mutex, PoisonError};

use delivery::record::{CheckRecord, CheckSink};

/// Every record so far.
#[derive(Debug, Default)]
pub struct Records(Mutex<Vec<CheckRecord>>);

impl Records {
    /// Takes what has gathered.
    pub fn take(&self) -> Vec<CheckRecord> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl CheckSink for Records {
    fn take(&self, record: CheckRecord) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }
}
