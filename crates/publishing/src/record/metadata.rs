//! What a publisher writes into a manifest's `metadata`.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use crate::render::BRANCH_ID;

/// Strings by keys of which no two differ only in case (protocol.md §3), beside the one that filters compare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata(BTreeMap<String, String>);

/// Why it is none. Begins with the key's name in the request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// A value that iOS would stumble over.
    #[error("metadata.{0}: it is not a string")]
    NotText(String),
    /// More than a manifest should carry to every phone.
    #[error("metadata: it has more than {} bytes", Metadata::MAX_BYTES)]
    TooLarge,
    /// The key that names the update's branch.
    #[error("metadata.{0}: this key names the update's branch and is the server's")]
    Reserved(String),
    /// Two keys that are one in lower case.
    #[error("metadata.{0}: it stands twice, in different case, which crashes iOS apps")]
    Twice(String),
}

impl Metadata {
    /// The most bytes of all keys and values together.
    pub const MAX_BYTES: usize = 16_384;

    /// Reads an object's members.
    pub fn parse(members: impl IntoIterator<Item = (String, Value)>) -> Result<Self, MetadataError> {
        let mut read = BTreeMap::new();
        let (mut keys, mut bytes) = (HashSet::new(), 0);
        for (key, value) in members {
            let Value::String(value) = value else { return Err(MetadataError::NotText(key)) };
            bytes += key.len() + value.len();
            if bytes > Self::MAX_BYTES {
                return Err(MetadataError::TooLarge);
            }
            if key.eq_ignore_ascii_case(BRANCH_ID) {
                return Err(MetadataError::Reserved(key));
            }
            if !keys.insert(key.to_lowercase()) {
                return Err(MetadataError::Twice(key));
            }
            read.insert(key, value);
        }
        Ok(Self(read))
    }
}

impl From<Metadata> for BTreeMap<String, String> {
    fn from(metadata: Metadata) -> Self {
        metadata.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Metadata, MetadataError};

    fn parse(value: Value) -> Result<Metadata, MetadataError> {
        let Value::Object(members) = value else { panic!("{value}") };
        Metadata::parse(members)
    }

    #[test]
    fn strings_by_distinct_keys() {
        assert!(parse(json!({ "build": "7", "Über": "" })).is_ok());
        let long = "a".repeat(Metadata::MAX_BYTES);
        for (value, error) in [
            (json!({ "build": 7 }), MetadataError::NotText("build".into())),
            (json!({ "build": null }), MetadataError::NotText("build".into())),
            (json!({ "a": "1", "A": "2" }), MetadataError::Twice("A".into())),
            (json!({ "branchid": "x" }), MetadataError::Reserved("branchid".into())),
            (json!({ "a": long }), MetadataError::TooLarge),
        ] {
            assert_eq!(parse(value), Err(error));
        }
    }
}
