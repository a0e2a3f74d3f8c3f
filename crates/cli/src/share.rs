//! Shares of the devices: basis points to the server, percent to people.

use std::fmt;
use std::str::FromStr;

/// A share of the devices in basis points: hundredths of a percent, 0 to 10,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(u16);

/// Why a text is not a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PercentError {
    /// Not digits with at most one point.
    #[error("write a percentage such as 5, 12.5 or 0.01%")]
    NotPercent,
    /// A share has whole basis points.
    #[error("a percentage has at most two decimals")]
    TooFine,
    /// Nobody is left beyond 100 %.
    #[error("a rollout over 100 %: it goes up to 100 %, which is everyone")]
    TooMuch,
}

impl Percent {
    /// Everyone is 10,000.
    const EVERYONE: u32 = 10_000;

    pub(crate) fn basis_points(self) -> u16 {
        self.0
    }
}

impl FromStr for Percent {
    type Err = PercentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_suffix('%').unwrap_or(text).trim();
        let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(decimals) {
            return Err(PercentError::NotPercent);
        }
        if decimals.len() > 2 {
            return Err(PercentError::TooFine);
        }
        // More digits than fit are certainly more than a hundred.
        let whole: u32 = whole.parse().map_err(|_| PercentError::TooMuch)?;
        let hundredths: u32 = format!("{decimals:0<2}").parse().map_err(|_| PercentError::NotPercent)?;
        let basis_points = whole.saturating_mul(100).saturating_add(hundredths);
        match u16::try_from(basis_points) {
            Ok(share) if basis_points <= Self::EVERYONE => Ok(Self(share)),
            _ => Err(PercentError::TooMuch),
        }
    }
}

/// A share as people say it: `5 %`, `12.5 %`, `0.01 %`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share(pub(crate) u16);

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, hundredths) = (self.0 / 100, self.0 % 100);
        match hundredths {
            0 => write!(f, "{whole} %"),
            _ if hundredths % 10 == 0 => write!(f, "{whole}.{} %", hundredths / 10),
            _ => write!(f, "{whole}.{hundredths:02} %"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Percent, PercentError, Share};

    #[test]
    fn percentages_are_exact() {
        for (text, expected) in [
            ("5", Ok(500)),
            ("12.5", Ok(1250)),
            ("0.01%", Ok(1)),
            ("0.1 %", Ok(10)),
            ("0", Ok(0)),
            ("100", Ok(10_000)),
            ("100.00%", Ok(10_000)),
            ("007.29", Ok(729)),
            ("100.01", Err(PercentError::TooMuch)),
            ("101", Err(PercentError::TooMuch)),
            ("99999999999999999999", Err(PercentError::TooMuch)),
            ("42949673.1", Err(PercentError::TooMuch)),
            ("0.001", Err(PercentError::TooFine)),
            ("12.500", Err(PercentError::TooFine)),
            ("", Err(PercentError::NotPercent)),
            ("%", Err(PercentError::NotPercent)),
            (".5", Err(PercentError::NotPercent)),
            ("5.", Err(PercentError::NotPercent)),
            ("-5", Err(PercentError::NotPercent)),
            ("+5", Err(PercentError::NotPercent)),
            ("1e1", Err(PercentError::NotPercent)),
            ("5,5", Err(PercentError::NotPercent)),
            ("5%%", Err(PercentError::NotPercent)),
            ("٥", Err(PercentError::NotPercent)),
        ] {
            assert_eq!(text.parse::<Percent>().map(Percent::basis_points), expected, "{text:?}");
        }
    }

    #[test]
    fn shares_read_as_they_are_written() {
        for (basis_points, text) in [
            (0, "0 %"),
            (1, "0.01 %"),
            (10, "0.1 %"),
            (500, "5 %"),
            (1250, "12.5 %"),
            (729, "7.29 %"),
            (10_000, "100 %"),
        ] {
            assert_eq!(Share(basis_points).to_string(), text);
            assert_eq!(text.parse::<Percent>().map(Percent::basis_points), Ok(basis_points));
        }
    }
}
