//! The one form of an instant that both clients read alike.

use std::fmt;
use std::str::FromStr;

use jiff::civil;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An instant in whole milliseconds since 1970-01-01T00:00:00Z, within the years 0000 to 9999.
///
/// Written as exactly `2026-01-31T09:00:00.000Z`: with any other number of fraction digits Android silently misreads the
/// time, with an offset it falls back to *now*, and iOS crashes on what it cannot parse (protocol.md §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Why something is not a [`Timestamp`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// The instant has no four-digit year.
    #[error("{millis} ms since 1970 lie outside the years 0000 to 9999")]
    OutOfRange {
        /// What was given, in milliseconds since 1970.
        millis: i64,
    },
    /// The text is not of the one accepted form.
    #[error("a time is written as 2026-01-31T09:00:00.000Z: exactly three fraction digits and `Z`")]
    WrongForm,
}

/// 0000-01-01T00:00:00.000Z in milliseconds since 1970.
const FIRST_MILLISECOND: i64 = -62_167_219_200_000;
/// 9999-12-31T23:59:59.999Z in milliseconds since 1970.
const LAST_MILLISECOND: i64 = 253_402_300_799_999;

impl Timestamp {
    /// From milliseconds since 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Result<Self, TimestampError> {
        if millis < FIRST_MILLISECOND || millis > LAST_MILLISECOND {
            return Err(TimestampError::OutOfRange { millis });
        }
        Ok(Self(millis))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn as_millis(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Always within jiff's range, because the constructor's range is narrower.
        let instant = jiff::Timestamp::from_millisecond(self.0).map_err(|_| fmt::Error)?;
        let at = TimeZone::UTC.to_datetime(instant);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond()
        )
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read(text.as_bytes()).ok_or(TimestampError::WrongForm)
    }
}

fn read(text: &[u8]) -> Option<Timestamp> {
    const FORM: &[u8] = b"dddd-dd-ddTdd:dd:dd.dddZ";
    let fits = text.len() == FORM.len()
        && text.iter().zip(FORM).all(|(byte, form)| if *form == b'd' { byte.is_ascii_digit() } else { byte == form });
    if !fits {
        return None;
    }
    let number =
        |from: usize, to: usize| text[from..to].iter().fold(0_i16, |n, digit| n * 10 + i16::from(digit - b'0'));
    let small = |from: usize| i8::try_from(number(from, from + 2)).ok();
    let date = civil::Date::new(number(0, 4), small(5)?, small(8)?).ok()?;
    let time = civil::Time::new(small(11)?, small(14)?, small(17)?, i32::from(number(20, 23)) * 1_000_000).ok()?;
    let instant = TimeZone::UTC.to_timestamp(civil::DateTime::from_parts(date, time)).ok()?;
    Timestamp::from_millis(instant.as_millisecond()).ok()
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
