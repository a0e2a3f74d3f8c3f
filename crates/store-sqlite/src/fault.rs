//! What the driver says, by what it means.

use sqlx::Error;
use store::StoreError;

/// Primary result codes, <https://www.sqlite.org/rescode.html>. Extended ones carry the primary one in the low byte.
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CONSTRAINT: i32 = 19;
const NOT_A_DATABASE: i32 = 26;

/// The meaning of a driver's error.
pub(crate) fn fault(error: Error) -> StoreError {
    match &error {
        Error::ColumnDecode { index, .. } => {
            let what = format!("column {index} does not have the type that the schema gives it");
            StoreError::corrupt("(of a query)", what, error)
        }
        Error::Database(said) => match said.code().and_then(|code| code.parse::<i32>().ok()).map(|code| code & 0xff) {
            Some(CORRUPT | NOT_A_DATABASE) => StoreError::corrupt("(the file)", "it is damaged", error),
            Some(FULL) => StoreError::NoSpace(error.into()),
            Some(CONSTRAINT) => StoreError::Constraint(error.into()),
            _ => StoreError::Unavailable(error.into()),
        },
        _ => StoreError::Unavailable(error.into()),
    }
}

/// A statement that must change exactly one row.
pub(crate) fn one_row(intent: &'static str, actual: u64) -> Result<(), StoreError> {
    if actual == 1 { Ok(()) } else { Err(StoreError::WrongRowCount { intent, expected: 1, actual }) }
}
