//! Another admin token, for whoever lost the first: made by somebody who can write to the data directory.

use publishing::ports::{Clock as _, Entropy as _, ordered_id};
use store::{NewToken, TokenId, Tokens as _};
use store_sqlite::SqliteStore;
use zeroize::Zeroizing;

use crate::StartError;
use crate::config::Settings;
use crate::machine::{SystemClock, SystemEntropy};

/// Adds a token to the settings' data directory, whether or not a server runs on it. Shown once: the store keeps its
/// hash.
pub async fn create_token(settings: &Settings, name: &str) -> Result<Zeroizing<String>, StartError> {
    let database = settings.data_dir.join("updraft.sqlite");
    if !database.exists() {
        let source = std::io::Error::new(std::io::ErrorKind::NotFound, "no server was ever started on it");
        return Err(StartError::DataDir { path: settings.data_dir.clone(), source });
    }
    let store = SqliteStore::open(&database).await?;
    let token = publishing::new_token(&SystemEntropy);
    let now = SystemClock.now();
    let id = TokenId(ordered_id(now, SystemEntropy.bytes()));
    let new = NewToken { id, hash: publishing::token_hash(&token), name: name.to_owned() };
    store.add_token(new, now).await?;
    store.close().await;
    Ok(token)
}
