//! Reading numbers. A whole number is one however it is written, `5` or `5.0`, as JSON Schema has it.

use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer};

/// Doubles name every whole number up to here, so every reader of JSON reads it alike.
pub const LARGEST: u64 = (1 << 53) - 1;

/// A whole number from 0 on.
struct Whole(u64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        whole(&number).map(Self).ok_or_else(|| {
            let found = number.as_f64().map_or(Unexpected::Other("a number"), Unexpected::Float);
            D::Error::invalid_value(found, &"a whole number from 0 on")
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is too large for all stays too large"
)]
fn whole(number: &serde_json::Number) -> Option<u64> {
    let whole = || number.as_f64().filter(|float| float.fract() == 0.0 && *float >= 0.0).map(|float| float as u64);
    number.as_u64().or_else(whole)
}

/// Bytes.
pub(crate) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let bytes = Whole::deserialize(deserializer)?.0;
    let legal = bytes <= LARGEST;
    if legal { Ok(bytes) } else { Err(D::Error::invalid_value(Unexpected::Unsigned(bytes), &"at most 2^53 - 1 bytes")) }
}

/// A small number, or none.
pub(crate) fn any<'de, D: Deserializer<'de>, T: TryFrom<u64>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let number = Option::<Whole>::deserialize(deserializer)?;
    let fits = |number: Whole| {
        T::try_from(number.0).map_err(|_| D::Error::invalid_value(Unexpected::Unsigned(number.0), &"a smaller number"))
    };
    number.map(fits).transpose()
}

/// Basis points. A share that is too large for its type is as much over 100 % as any other, and refused as such by the
/// server instead of by the parser.
pub(crate) fn basis_points<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    Whole::deserialize(deserializer).map(|share| clamped(share.0))
}

/// Basis points, or none.
pub(crate) fn any_basis_points<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    Option::<Whole>::deserialize(deserializer).map(|share| share.map(|share| clamped(share.0)))
}

fn clamped(basis_points: u64) -> u16 {
    u16::try_from(basis_points).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::{LARGEST, whole};

    #[test]
    fn whole_numbers_are_read_however_they_are_written() {
        let read = |text: &str| whole(&serde_json::from_str(text).unwrap());
        assert_eq!(read("5"), Some(5));
        assert_eq!(read("5.0"), Some(5));
        assert_eq!(read("5e3"), Some(5000));
        assert_eq!(read("9007199254740991"), Some(LARGEST));
        assert_eq!(read("1e300"), Some(u64::MAX));
        for other in ["5.5", "-1", "-1.0"] {
            assert_eq!(read(other), None, "{other}");
        }
        for (size, legal) in [("9007199254740991", true), ("9007199254740992", false), ("1e300", false)] {
            let read = serde_json::from_str::<crate::BlobRef>(&format!(r#"{{"hash": "", "size": {size}}}"#));
            assert_eq!(read.is_ok(), legal, "{size}");
        }
    }
}
