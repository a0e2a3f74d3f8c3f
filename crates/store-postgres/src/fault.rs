//! What the driver says, by what it means.

use sqlx::Error;
use store::StoreError;

/// SQLSTATE codes and their classes, the first two characters: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
const DISK_FULL: &str = "53100";
const DATA_EXCEPTION: &str = "22";
const INTEGRITY: &str = "23";
const DATA_CORRUPTED: [&str; 2] = ["XX001", "XX002"];

/// The meaning of a driver's error. Conflicts of transactions, limits of time and lost connections are worth another
/// try; a value that a column cannot hold, such as text with a NUL, is a row that was refused.
pub(crate) fn fault(error: Error) -> StoreError {
    match &error {
        Error::ColumnDecode { index, .. } => {
            let what = format!("column {index} does not have the type that the schema gives it");
            StoreError::corrupt("(of a query)", what, error)
        }
        Error::Database(said) => match said.code().as_deref() {
            Some(DISK_FULL) => StoreError::NoSpace(error.into()),
            Some(code) if DATA_CORRUPTED.contains(&code) => {
                StoreError::corrupt("(the database)", "it is damaged", error)
            }
            Some(code) if code.starts_with(INTEGRITY) || code.starts_with(DATA_EXCEPTION) => {
                StoreError::Constraint(error.into())
            }
            _ => StoreError::Unavailable(error.into()),
        },
        _ => StoreError::Unavailable(error.into()),
    }
}

/// A statement that must change exactly one row.
pub(crate) fn one_row(intent: &'static str, actual: u64) -> Result<(), StoreError> {
    if actual == 1 { Ok(()) } else { Err(StoreError::WrongRowCount { intent, expected: 1, actual }) }
}
