//! Columns to the words of the domain and back. What does not parse is [`StoreError::Corrupt`], never a panic.

use std::sync::Arc;

use model::{BasisPoints, BlobHash, EntryKind, LaneId, Platform, Rollout, Rule, RuntimeVersion, Salt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::StoreError;
use uuid::Uuid;

/// A SHA-256 from its 32 bytes.
pub(crate) fn sha256(table: &'static str, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|error| StoreError::corrupt(table, "a hash is not 32 bytes", error))
}

/// A blob's address from its column.
pub(crate) fn blob_hash(table: &'static str, bytes: &[u8]) -> Result<BlobHash, StoreError> {
    sha256(table, bytes).map(BlobHash)
}

/// Text by the parser of its type.
pub(crate) fn name<T, E: Into<store::BoxError>>(
    table: &'static str,
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, StoreError> {
    parse(text).map_err(|error| StoreError::corrupt(table, format!("the name {text:?} is not legal"), error))
}

/// A word of a closed list.
pub(crate) fn word<T>(table: &'static str, text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
    let what = || format!("the word {text:?} is unknown");
    parse(text).ok_or_else(|| StoreError::Corrupt { table, what: what(), source: None })
}

/// A count or version.
pub(crate) fn unsigned(table: &'static str, number: i64) -> Result<u64, StoreError> {
    number.try_into().map_err(|error| StoreError::corrupt(table, format!("{number} is negative"), error))
}

/// A count or version, to store it.
pub(crate) fn signed(number: u64) -> Result<i64, StoreError> {
    number.try_into().map_err(|error: std::num::TryFromIntError| StoreError::Constraint(error.into()))
}

/// JSON that this program wrote.
pub(crate) fn json<T: DeserializeOwned>(table: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::corrupt(table, "a column is not the JSON it should be", error))
}

/// JSON, to store it.
pub(crate) fn json_text<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Constraint(error.into()))
}

/// A rule.
pub(crate) fn rule(table: &'static str, text: Option<&str>) -> Result<Option<Arc<Rule>>, StoreError> {
    text.map(|text| json(table, text).map(Arc::new)).transpose()
}

/// A rule, to store it.
pub(crate) fn rule_text(rule: Option<&Arc<Rule>>) -> Result<Option<String>, StoreError> {
    rule.map(|rule| json_text(&**rule)).transpose()
}

/// A rollout, whose two columns are null together.
pub(crate) fn rollout(
    table: &'static str,
    share: Option<i64>,
    salt: Option<Uuid>,
) -> Result<Option<Rollout>, StoreError> {
    let (Some(share), Some(salt)) = (share, salt) else { return Ok(None) };
    Ok(Some(Rollout { share: basis_points(table, share)?, salt: Salt(salt) }))
}

/// The two columns of a rollout.
pub(crate) fn rollout_columns(rollout: Option<&Rollout>) -> (Option<i64>, Option<Uuid>) {
    rollout.map(|rollout| (i64::from(rollout.share.get()), rollout.salt.0)).unzip()
}

/// A share in basis points.
pub(crate) fn basis_points(table: &'static str, share: i64) -> Result<BasisPoints, StoreError> {
    let out_of_range = "a share is out of range";
    let share = u16::try_from(share).map_err(|error| StoreError::corrupt(table, out_of_range, error))?;
    BasisPoints::try_from(share).map_err(|error| StoreError::corrupt(table, out_of_range, error))
}

/// The stored word for a kind.
pub(crate) fn kind_word(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Update => "update",
        EntryKind::RollBackToEmbedded => "roll_back_to_embedded",
    }
}

/// Reads the stored word for a kind.
pub(crate) fn kind(table: &'static str, text: &str) -> Result<EntryKind, StoreError> {
    word(table, text, |text| {
        [EntryKind::Update, EntryKind::RollBackToEmbedded].into_iter().find(|kind| kind_word(*kind) == text)
    })
}

/// A lane from its two columns.
pub(crate) fn lane(table: &'static str, platform: &str, runtime_version: &str) -> Result<LaneId, StoreError> {
    Ok(LaneId {
        platform: word(table, platform, Platform::parse)?,
        runtime_version: name(table, runtime_version, RuntimeVersion::parse)?,
    })
}
