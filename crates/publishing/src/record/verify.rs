//! Looking at the bytes of a record's files, as a phone would get them.

use std::collections::HashMap;
use std::time::Duration;

use model::BlobHash;
use tokio::task::JoinSet;

use super::{Record, RemoteFile};
use crate::ports::FetchError;
use crate::remote::AssetUrl;
use crate::{PublishError, Publishing};

/// As many files of one record are fetched at a time.
const AT_A_TIME: usize = 4;
/// As many are fetched at a time, whoever publishes.
pub(crate) const FETCHES_AT_A_TIME: usize = 16;
/// For all files of one record.
const TIME: Duration = Duration::from_mins(10);

impl Publishing {
    /// Fetches every file and compares it with what was said of it. Each URL once.
    pub(super) async fn verify(&self, record: &Record) -> Result<HashMap<AssetUrl, BlobHash>, PublishError> {
        let late = || {
            let field = record.field_of(&record.launch, "url");
            PublishError::NotFetched { field, source: FetchError::TimedOut(TIME) }
        };
        let fetched = tokio::time::timeout(TIME, self.fetch_all(record)).await.map_err(|_| late())??;
        for file in record.files() {
            let Some(actual) = fetched.get(&file.url).copied() else { continue };
            if file.hash.is_some_and(|said| said != actual) {
                return Err(PublishError::OtherBytes { field: record.field_of(file, "hash"), actual });
            }
        }
        Ok(fetched)
    }

    async fn fetch_all(&self, record: &Record) -> Result<HashMap<AssetUrl, BlobHash>, PublishError> {
        let mut distinct: HashMap<&AssetUrl, &RemoteFile> = HashMap::new();
        let mut waiting = record.files().filter(|file| distinct.insert(&file.url, file).is_none());
        let mut fetched = HashMap::new();
        let mut running = JoinSet::new();
        loop {
            while running.len() < AT_A_TIME {
                let Some(file) = waiting.next() else { break };
                let (fetch, url, turns) = (self.fetch.clone(), file.url.clone(), self.fetching.clone());
                let field = record.field_of(file, "url");
                running.spawn(async move {
                    let _turn = turns.acquire().await;
                    let found = fetch.sha256(&url).await;
                    found.map(|hash| (url, hash)).map_err(|source| PublishError::NotFetched { field, source })
                });
            }
            match running.join_next().await {
                None => return Ok(fetched),
                Some(Ok(found)) => fetched.extend([found?]),
                Some(Err(panicked)) => return Err(PublishError::Internal(panicked.to_string())),
            }
        }
    }
}
