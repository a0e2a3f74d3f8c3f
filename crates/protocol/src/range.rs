//! One byte range of an asset (RFC 9110 §14, §13.1.5).
//!
//! The stock client never asks for a range (protocol.md §6); CDNs and download tools do.

use http::header::{IF_RANGE, RANGE};
use http::{HeaderMap, HeaderValue};

use crate::infallible;

/// What part of a representation is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeOutcome {
    /// All of it: 200.
    Full,
    /// These bytes: 206 with [`content_range`].
    Partial(ByteRange),
    /// Nothing that exists: 416 with [`unsatisfied_range`].
    Unsatisfiable,
}

/// A range that lies within the representation; `first` is never after `last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// Offset of the first byte.
    pub first: u64,
    /// Offset of the last byte, which belongs to the range.
    pub last: u64,
}

impl ByteRange {
    /// How many bytes that is; at least 1.
    pub const fn length(self) -> u64 {
        self.last - self.first + 1
    }
}

/// Reads `range` and `if-range` for a representation of `length` bytes whose strong tag is `etag`.
///
/// What we do not serve is ignored as a whole, as RFC 9110 §14.2 allows: several ranges, another unit, a header that
/// cannot be read. `if-range` compares strongly; a date never matches, because we send no `last-modified`.
pub fn evaluate(headers: &HeaderMap, etag: &HeaderValue, length: u64) -> RangeOutcome {
    let mut lines = headers.get_all(RANGE).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return RangeOutcome::Full;
    };
    let is_other_version = headers.get(IF_RANGE).is_some_and(|condition| condition != etag);
    if is_other_version {
        return RangeOutcome::Full;
    }
    match Asked::read(line.as_bytes()) {
        Some(asked) => asked.within(length).map_or(RangeOutcome::Unsatisfiable, RangeOutcome::Partial),
        None => RangeOutcome::Full,
    }
}

/// `content-range` of a 206 for a representation of `length` bytes.
pub fn content_range(range: ByteRange, length: u64) -> HeaderValue {
    infallible::header_value(format!("bytes {}-{}/{length}", range.first, range.last))
}

/// `content-range` of a 416 for a representation of `length` bytes.
pub fn unsatisfied_range(length: u64) -> HeaderValue {
    infallible::header_value(format!("bytes */{length}"))
}

enum Asked {
    From { first: u64 },
    Between { first: u64, last: u64 },
    Last { count: u64 },
}

impl Asked {
    fn read(line: &[u8]) -> Option<Self> {
        let (unit, set) = line.split_at_checked(line.iter().position(|byte| *byte == b'=')?)?;
        if !unit.trim_ascii().eq_ignore_ascii_case(b"bytes") {
            return None;
        }
        let set = set[1..].trim_ascii();
        let (first, last) = set.split_at(set.iter().position(|byte| *byte == b'-')?);
        match (first, &last[1..]) {
            (b"", count) => Some(Self::Last { count: number(count)? }),
            (first, b"") => Some(Self::From { first: number(first)? }),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::Between { first, last })
            }
        }
    }

    fn within(self, length: u64) -> Option<ByteRange> {
        let end = length.checked_sub(1)?;
        let (first, last) = match self {
            Self::From { first } => (first, end),
            Self::Between { first, last } => (first, last.min(end)),
            Self::Last { count: 0 } => return None,
            Self::Last { count } => (length.saturating_sub(count), end),
        };
        (first <= end).then_some(ByteRange { first, last })
    }
}

/// Numbers too large for us are as good as the largest: both lie behind every representation.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0_u64, |n, digit| n.saturating_mul(10).saturating_add(u64::from(digit - b'0'))))
}

#[cfg(test)]
mod tests {
    use http::header::{IF_RANGE, RANGE};
    use http::{HeaderMap, HeaderValue};
    use proptest::prelude::*;

    use super::{ByteRange, RangeOutcome, content_range, evaluate, unsatisfied_range};

    const ETAG: HeaderValue = HeaderValue::from_static("\"v1\"");

    fn asking(range: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_str(range).unwrap());
        headers
    }

    fn part(first: u64, last: u64) -> RangeOutcome {
        RangeOutcome::Partial(ByteRange { first, last })
    }

    #[test]
    fn reads_one_range_and_ignores_what_we_do_not_serve() {
        for (range, expected) in [
            ("bytes=0-0", part(0, 0)),
            ("bytes=0-9", part(0, 9)),
            ("bytes=3-", part(3, 9)),
            ("bytes=-3", part(7, 9)),
            ("bytes=-30", part(0, 9)),
            ("bytes=5-30", part(5, 9)),
            ("BYTES = 5-6", part(5, 6)),
            ("bytes=9-99999999999999999999999999", part(9, 9)),
            ("bytes=10-", RangeOutcome::Unsatisfiable),
            ("bytes=10-12", RangeOutcome::Unsatisfiable),
            ("bytes=-0", RangeOutcome::Unsatisfiable),
            ("bytes=99999999999999999999999999-", RangeOutcome::Unsatisfiable),
            ("bytes=0-1,4-5", RangeOutcome::Full),
            ("bytes=5-4", RangeOutcome::Full),
            ("bytes=-", RangeOutcome::Full),
            ("bytes=a-b", RangeOutcome::Full),
            ("bytes=+1-2", RangeOutcome::Full),
            ("bytes=1- 2", RangeOutcome::Full),
            ("bytes", RangeOutcome::Full),
            ("lines=0-1", RangeOutcome::Full),
            ("", RangeOutcome::Full),
        ] {
            assert_eq!(evaluate(&asking(range), &ETAG, 10), expected, "{range:?}");
        }
        assert_eq!(evaluate(&HeaderMap::new(), &ETAG, 10), RangeOutcome::Full);
    }

    #[test]
    fn nothing_of_an_empty_file_can_be_served() {
        for range in ["bytes=0-", "bytes=-1", "bytes=0-0"] {
            assert_eq!(evaluate(&asking(range), &ETAG, 0), RangeOutcome::Unsatisfiable, "{range:?}");
        }
    }

    #[test]
    fn two_lines_are_several_ranges() {
        let mut headers = asking("bytes=0-1");
        headers.append(RANGE, HeaderValue::from_static("bytes=4-5"));
        assert_eq!(evaluate(&headers, &ETAG, 10), RangeOutcome::Full);
    }

    #[test]
    fn if_range_compares_strongly() {
        for (condition, expected) in [
            ("\"v1\"", part(0, 1)),
            ("\"v2\"", RangeOutcome::Full),
            ("W/\"v1\"", RangeOutcome::Full),
            ("Sat, 31 Jan 2026 09:00:00 GMT", RangeOutcome::Full),
        ] {
            let mut headers = asking("bytes=0-1");
            headers.insert(IF_RANGE, HeaderValue::from_str(condition).unwrap());
            assert_eq!(evaluate(&headers, &ETAG, 10), expected, "{condition}");
        }
    }

    #[test]
    fn names_what_is_sent() {
        assert_eq!(ByteRange { first: 2, last: 5 }.length(), 4);
        assert_eq!(content_range(ByteRange { first: 2, last: 5 }, 10), "bytes 2-5/10");
        assert_eq!(unsatisfied_range(10), "bytes */10");
    }

    proptest! {
        #[test]
        fn a_part_always_lies_within(range in "(bytes=)?[0-9]{0,21}-[0-9]{0,21}(,1-2)?", length in any::<u64>()) {
            if let RangeOutcome::Partial(part) = evaluate(&asking(&range), &ETAG, length) {
                prop_assert!(part.first <= part.last && part.last < length);
                prop_assert!(part.length() <= length);
            }
        }
    }
}
