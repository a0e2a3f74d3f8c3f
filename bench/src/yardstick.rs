//! The yardstick beside each measurement: a bare hyper server that gives the same answer.

use serde::{Deserialize, Serialize};

/// What the bare server answers, as it reads it from standard input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Names and values in the order of the real answer, without those that hyper itself writes.
    pub headers: Vec<(String, String)>,
    /// How many bytes follow.
    pub body_bytes: usize,
}
