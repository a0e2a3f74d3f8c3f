//! The one form of an instant that both clients read alike.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, civil};
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

/// Civil time is enough: everything here is UTC.
const EPOCH: civil::DateTime = civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
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
        // Never fails: a date has the same four-digit years as the constructor.
        let at = EPOCH.checked_add(SignedDuration::from_millis(self.0)).map_err(|_| fmt::Error)?;
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
    let since_epoch = civil::DateTime::from_parts(date, time).duration_since(EPOCH);
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).ok()?).ok()
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{FIRST_MILLISECOND, LAST_MILLISECOND, Timestamp, TimestampError};

    #[test]
    fn writes_and_reads_the_one_form() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1, "1970-01-01T00:00:00.001Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (1_769_850_000_000, "2026-01-31T09:00:00.000Z"),
            (1_709_164_799_987, "2024-02-28T23:59:59.987Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (FIRST_MILLISECOND, "0000-01-01T00:00:00.000Z"),
            (LAST_MILLISECOND, "9999-12-31T23:59:59.999Z"),
        ] {
            let timestamp = Timestamp::from_millis(millis).unwrap();
            assert_eq!(timestamp.to_string(), text);
            assert_eq!(text.parse(), Ok(timestamp));
            assert_eq!(serde_json::to_string(&timestamp).unwrap(), format!("\"{text}\""));
        }
    }

    #[test]
    fn refuses_every_other_form() {
        for text in [
            "",
            "2026-01-31T09:00:00Z",
            "2026-01-31T09:00:00.0Z",
            "2026-01-31T09:00:00.0000Z",
            "2026-01-31T09:00:00.000",
            "2026-01-31T09:00:00.000z",
            "2026-01-31t09:00:00.000Z",
            "2026-01-31 09:00:00.000Z",
            "2026-01-31T09:00:00.000+00:00",
            "2026-01-31T09:00:00,000Z",
            "2026-02-29T09:00:00.000Z",
            "2026-13-01T09:00:00.000Z",
            "2026-00-01T09:00:00.000Z",
            "2026-01-31T24:00:00.000Z",
            "2026-01-31T09:60:00.000Z",
            "2026-12-31T23:59:60.000Z",
            "+026-01-31T09:00:00.000Z",
            "2026-01-31T09:00:00.000Z ",
            "٢026-01-31T09:00:00.000Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimestampError::WrongForm), "{text}");
        }
    }

    #[test]
    fn has_four_digit_years_only() {
        for millis in [FIRST_MILLISECOND - 1, LAST_MILLISECOND + 1, i64::MIN, i64::MAX] {
            assert_eq!(Timestamp::from_millis(millis), Err(TimestampError::OutOfRange { millis }));
        }
    }

    proptest! {
        #[test]
        fn every_instant_comes_back_and_sorts_as_its_text(one in FIRST_MILLISECOND..=LAST_MILLISECOND, other in FIRST_MILLISECOND..=LAST_MILLISECOND) {
            let (one, other) = (Timestamp::from_millis(one).unwrap(), Timestamp::from_millis(other).unwrap());
            prop_assert_eq!(one.to_string().parse::<Timestamp>(), Ok(one));
            prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
        }
    }
}
