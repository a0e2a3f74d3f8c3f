//! Structured fields that we send (RFC 9651), restricted to what both clients read: dictionaries of ASCII strings.
//!
//! Android compares filter values by Java type and rejects the manifest for a number; iOS refuses a signature header in
//! which any member is not a string; non-ASCII makes Android fail the check (protocol.md §2, §5).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use sfv::{DictSerializer, KeyRef, StringRef};

use crate::infallible;

/// The one signature algorithm of the protocol: RSASSA-PKCS1-v1_5 with SHA-256 (protocol.md §5).
pub const RSA_V1_5_SHA256: &str = "rsa-v1_5-sha256";

/// The key id that a client means when it names none (protocol.md §5).
pub const DEFAULT_KEY_ID: &str = "root";

/// Why something cannot stand in a dictionary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StructuredError {
    /// Not a lower-case structured-field key.
    #[error(
        "{key:?} is no structured-field key: lower-case letters, digits, `_`, `-`, `.`, `*`; a letter or `*` first"
    )]
    BadKey {
        /// What was given.
        key: String,
    },
    /// The value of a key is not printable ASCII.
    #[error("the value of {key:?} is not printable ASCII: {value:?}")]
    BadValue {
        /// Whose value.
        key: String,
        /// What was given.
        value: String,
    },
}

/// A dictionary of ASCII strings with lower-case keys, in the order in which they were added.
///
/// For `expo-manifest-filters` and `expo-server-defined-headers`. A new dictionary replaces the one on the device as a
/// whole; no header keeps it (protocol.md §2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StringDictionary {
    members: Vec<(String, String)>,
}

impl StringDictionary {
    /// Without members.
    pub const fn new() -> Self {
        Self { members: Vec::new() }
    }

    /// With one more member; a key that is there already gets the new value in its old place.
    pub fn with(mut self, key: &str, value: &str) -> Result<Self, StructuredError> {
        KeyRef::from_str(key).map_err(|_| StructuredError::BadKey { key: key.to_owned() })?;
        StringRef::from_str(value)
            .map_err(|_| StructuredError::BadValue { key: key.to_owned(), value: value.to_owned() })?;
        match self.members.iter_mut().find(|(known, _)| known == key) {
            Some((_, known_value)) => value.clone_into(known_value),
            None => self.members.push((key.to_owned(), value.to_owned())),
        }
        Ok(self)
    }

    /// The header's value; none without members, because an empty dictionary is no header at all (RFC 9651 §4.1).
    pub fn to_header_value(&self) -> Option<HeaderValue> {
        let mut dictionary = DictSerializer::new();
        for (key, value) in &self.members {
            // Both were checked on the way in.
            if let (Ok(key), Ok(value)) = (KeyRef::from_str(key), StringRef::from_str(value)) {
                let _ = dictionary.bare_item(key, value);
            }
        }
        dictionary.finish().map(infallible::header_value)
    }
}

/// `expo-manifest-filters` that only updates of one branch pass, compared with `metadata.branchId`: `branchid="<id>"`.
///
/// The key is in lower case, because clients lower-case the metadata's keys and compare (protocol.md §4.2).
pub fn branch_filter(branch_id: &str) -> Result<HeaderValue, StructuredError> {
    members(&[("branchid", branch_id)])
}

/// `expo-signature`: `sig="<padded base64>", keyid="…", alg="rsa-v1_5-sha256"` (protocol.md §5).
pub fn signature_header(signature: &[u8], key_id: &str) -> Result<HeaderValue, StructuredError> {
    members(&[("sig", &STANDARD.encode(signature)), ("keyid", key_id), ("alg", RSA_V1_5_SHA256)])
}

/// `expo-manifest-signature`: the bare base64 of the product brief's simpler shape (protocol.md §8).
pub fn bare_signature_header(signature: &[u8]) -> HeaderValue {
    infallible::header_value(STANDARD.encode(signature))
}

fn members(members: &[(&str, &str)]) -> Result<HeaderValue, StructuredError> {
    let dictionary =
        members.iter().try_fold(StringDictionary::new(), |dictionary, (key, value)| dictionary.with(key, value))?;
    Ok(dictionary.to_header_value().unwrap_or(HeaderValue::from_static("")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sfv::{BareItem, Dictionary, Item, ListEntry, Parser};

    use super::{StringDictionary, StructuredError, bare_signature_header, branch_filter, signature_header};

    #[test]
    fn writes_what_the_clients_read() {
        assert_eq!(branch_filter("br-1").unwrap(), r#"branchid="br-1""#);
        assert_eq!(
            signature_header(b"\xfb\xff\x00\x01", "main").unwrap(),
            r#"sig="+/8AAQ==", keyid="main", alg="rsa-v1_5-sha256""#
        );
        assert_eq!(bare_signature_header(b"\xfb\xff\x00\x01"), "+/8AAQ==");
        let headers = StringDictionary::new().with("x-b", "2").unwrap().with("x-a", "a \"q\" \\").unwrap();
        assert_eq!(headers.to_header_value().unwrap(), r#"x-b="2", x-a="a \"q\" \\""#);
        assert_eq!(headers.with("x-b", "3").unwrap().to_header_value().unwrap(), r#"x-b="3", x-a="a \"q\" \\""#);
    }

    #[test]
    fn an_empty_dictionary_is_no_header() {
        assert_eq!(StringDictionary::new().to_header_value(), None);
    }

    #[test]
    fn refuses_what_a_client_would_choke_on() {
        for key in ["branchId", "", "1a", "a b", "ä", "a=\""] {
            assert_eq!(
                StringDictionary::new().with(key, "v"),
                Err(StructuredError::BadKey { key: key.to_owned() }),
                "{key:?}"
            );
        }
        for value in ["ä", "a\r\nb", "\0", "\u{7f}"] {
            assert!(matches!(branch_filter(value), Err(StructuredError::BadValue { .. })), "{value:?}");
            assert!(matches!(signature_header(b"x", value), Err(StructuredError::BadValue { .. })), "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_as_strings(members in prop::collection::btree_map("[a-z*][a-z0-9_.*-]{0,8}", "[ -~]{0,12}", 0..6)) {
            let dictionary = members.iter().try_fold(StringDictionary::new(), |dictionary, (key, value)| dictionary.with(key, value)).unwrap();
            let Some(header) = dictionary.to_header_value() else {
                prop_assert!(members.is_empty());
                return Ok(());
            };
            let read: Dictionary = Parser::new(header.as_bytes()).parse().unwrap();
            prop_assert_eq!(read.len(), members.len());
            for (key, value) in &members {
                let Some(ListEntry::Item(Item { bare_item: BareItem::String(found), params })) = read.get(key.as_str()) else {
                    return Err(TestCaseError::fail(format!("{key} is no string")));
                };
                prop_assert_eq!(found.as_str(), value);
                prop_assert!(params.is_empty());
            }
        }
    }
}
