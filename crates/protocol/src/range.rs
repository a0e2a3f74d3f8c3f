//! One byte range of an asset (RFC 9110 §14).

use http::{HeaderMap, HeaderValue};

/// What part of a representation is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeOutcome {
    /// All of it: 200.
    Full,
    /// These bytes: 206.
    Partial(ByteRange),
    /// Nothing of it: 416.
    Unsatisfiable,
}

/// A range that lies within the representation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// Offset of the first byte.
    pub first: u64,
    /// Offset of the last byte.
    pub last: u64,
}

/// Reads `range` and `if-range` for a representation of `length` bytes with the strong tag `etag`.
pub fn evaluate(_headers: &HeaderMap, _etag: &HeaderValue, _length: u64) -> RangeOutcome {
    todo!()
}

/// `content-range` of a 206.
pub fn content_range(_range: ByteRange, _length: u64) -> HeaderValue {
    todo!()
}

/// `content-range` of a 416.
pub fn unsatisfied_range(_length: u64) -> HeaderValue {
    todo!()
}
