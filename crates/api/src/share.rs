//! Reading shares. One that is too large for its type is as much over 100 % as any other, and refused as such by the
//! server instead of by the parser.

use serde::{Deserialize, Deserializer};

/// Basis points.
pub(crate) fn basis_points<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    u64::deserialize(deserializer).map(clamped)
}

/// Basis points, or none.
pub(crate) fn any_basis_points<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    Option::<u64>::deserialize(deserializer).map(|share| share.map(clamped))
}

fn clamped(basis_points: u64) -> u16 {
    u16::try_from(basis_points).unwrap_or(u16::MAX)
}
