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

#[cfg(test)]
mod tests {
    use model::{BlobHash, Millis};
    use sqlx::AssertSqlSafe;
    use store::{Blobs, StoreError, Tokens};

    use crate::SqliteStore;

    /// A full disk is told apart, loses nothing that was acknowledged, and is over when there is space again.
    #[tokio::test]
    async fn a_full_disk_is_told_and_survived() {
        let directory = tempfile::TempDir::new().unwrap();
        let store = SqliteStore::open(&directory.path().join("updraft.db")).await.unwrap();
        let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(store.readers()).await.unwrap();
        limit(&store, pages + 2).await;
        let mut stored = Vec::new();
        let full = loop {
            let number = u8::try_from(stored.len()).unwrap();
            match store.add_token(token(number), Millis(0)).await {
                Ok(()) => stored.push(number),
                Err(error) => break error,
            }
        };
        assert!(matches!(full, StoreError::NoSpace(_)), "{full:?}");
        assert!(std::error::Error::source(&full).is_some());
        for number in &stored {
            assert!(store.token(token(*number).hash).await.unwrap().is_some(), "token {number} is lost");
        }
        let refused = token(u8::try_from(stored.len()).unwrap());
        assert_eq!(store.token(refused.hash).await.unwrap(), None);
        limit(&store, pages + 100).await;
        store.add_token(refused, Millis(0)).await.unwrap();
    }

    #[tokio::test]
    async fn a_locked_database_is_unavailable() {
        let directory = tempfile::TempDir::new().unwrap();
        let store = SqliteStore::open(&directory.path().join("updraft.db")).await.unwrap();
        sqlx::raw_sql("PRAGMA busy_timeout = 0").execute(store.writer()).await.unwrap();
        let other = SqliteStore::open(&directory.path().join("updraft.db")).await.unwrap();
        let writing = other.write().await.unwrap();
        let refused = store.add_token(token(1), Millis(0)).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        writing.rollback().await.unwrap();
        store.add_token(token(1), Millis(0)).await.unwrap();
    }

    #[tokio::test]
    async fn a_refused_row_names_its_constraint() {
        let directory = tempfile::TempDir::new().unwrap();
        let store = SqliteStore::open(&directory.path().join("updraft.db")).await.unwrap();
        let blob = BlobHash([1; 32]);
        let app = model::AppId(uuid::Uuid::nil());
        let refused = store.record_blob(app, blob, 1, Millis(0)).await;
        let Err(StoreError::Constraint(said)) = refused else { panic!("{refused:?}") };
        assert!(said.to_string().contains("FOREIGN KEY"), "{said}");
        let refused = store.record_blob(app, blob, u64::MAX, Millis(0)).await;
        assert!(matches!(refused, Err(StoreError::Constraint(_))), "{refused:?}");
    }

    fn token(number: u8) -> store::NewToken {
        store::NewToken {
            id: store::TokenId(uuid::Uuid::from_u128(number.into())),
            hash: store::TokenHash([number; 32]),
            name: "long ".repeat(200),
        }
    }

    /// SQLite's own quota: what a full disk makes it say, without one.
    async fn limit(store: &SqliteStore, pages: i64) {
        sqlx::raw_sql(AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"))).execute(store.writer()).await.unwrap();
    }
}
