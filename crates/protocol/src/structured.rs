//! Structured fields (RFC 9651), restricted to what both clients read: dictionaries of ASCII strings (protocol.md §2, §5).

use http::HeaderValue;

/// The one signature algorithm of the protocol: RSASSA-PKCS1-v1_5 with SHA-256.
pub const RSA_V1_5_SHA256: &str = "rsa-v1_5-sha256";

/// The key id that a client means when it names none.
pub const DEFAULT_KEY_ID: &str = "root";

/// Why something cannot stand in a dictionary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StructuredError {
    /// Not a lower-case structured-field key.
    #[error(
        "{key:?} is not a structured-field key: lower-case letters, digits, `_`, `-`, `.` and `*`, beginning with a letter or `*`"
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

/// A dictionary of ASCII strings with lower-case keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StringDictionary {
    members: Vec<(String, String)>,
}

impl StringDictionary {
    /// Without members.
    pub const fn new() -> Self {
        Self { members: Vec::new() }
    }

    /// With one more member; a key that is there already gets the new value.
    pub fn with(self, _key: &str, _value: &str) -> Result<Self, StructuredError> {
        let _ = self.members;
        todo!()
    }

    /// The header's value; none without members, because an empty dictionary is no header at all.
    pub fn to_header_value(&self) -> Option<HeaderValue> {
        todo!()
    }
}

/// `expo-manifest-filters` that let only updates of one branch pass: `branchid="<id>"`.
pub fn branch_filter(_branch_id: &str) -> Result<HeaderValue, StructuredError> {
    todo!()
}

/// `expo-signature`: `sig="…", keyid="…", alg="rsa-v1_5-sha256"`. Every member is a string: any other type fails iOS.
pub fn signature_header(_signature: &[u8], _key_id: &str) -> Result<HeaderValue, StructuredError> {
    todo!()
}

/// `expo-manifest-signature`: the bare base64 of the product brief's simpler shape (protocol.md §8).
pub fn bare_signature_header(_signature: &[u8]) -> HeaderValue {
    todo!()
}
