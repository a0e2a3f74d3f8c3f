//! Another admin token, for whoever lost the first: made by somebody who can write to the data directory.

use publishing::ports::{Clock as _, Entropy as _, ordered_id};
use store::{NewToken, TokenId};
use store_postgres::Time;
use zeroize::Zeroizing;

use crate::StartError;
use crate::config::{DatabaseSource, Settings};
use crate::database::Database;
use crate::machine::{SystemClock, SystemEntropy};

/// Adds a token to the settings' database, whether or not a server runs on it. Shown once: the store keeps its
/// hash.
pub async fn create_token(settings: &Settings, name: &str) -> Result<Zeroizing<String>, StartError> {
    if settings.database == DatabaseSource::DataDir && !Database::is_in(&settings.data_dir) {
        let source = std::io::Error::new(std::io::ErrorKind::NotFound, "no server was ever started on it");
        return Err(StartError::DataDir { path: settings.data_dir.clone(), source });
    }
    let database = Database::open(settings, Time::Database).await?;
    let token = publishing::new_token(&SystemEntropy);
    let now = SystemClock.now();
    let id = TokenId(ordered_id(now, SystemEntropy.bytes()));
    let new = NewToken { id, hash: publishing::token_hash(&token), name: name.to_owned() };
    database.store().add_token(new, now).await?;
    database.close().await;
    Ok(token)
}
