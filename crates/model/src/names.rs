//! Names that people choose. Parsed once; a value of these types is always legal.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

/// Why a name was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is empty.
    #[error("{what} must not be empty")]
    Empty {
        /// What was named, e.g. `channel`.
        what: &'static str,
    },
    /// The text is longer than the limit, in bytes of UTF-8.
    #[error("{what} has {length} bytes; at most {limit} are allowed")]
    TooLong {
        /// What was named.
        what: &'static str,
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The text has a character that this kind of name cannot carry.
    #[error("{what} has the character {character:?}, which it cannot carry: {rule}")]
    Character {
        /// What was named.
        what: &'static str,
        /// The first such character.
        character: char,
        /// The rule in words.
        rule: &'static str,
    },
    /// The text is `.` or `..`: every client takes that out of an address, so nothing of that name could be addressed.
    #[error("{what} must not be `.` or `..`, which no address can have as a segment")]
    Dots {
        /// What was named.
        what: &'static str,
    },
}

/// Whether a name stands in addresses.
enum Place {
    Address,
    Elsewhere,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $limit:literal, $allowed:expr, $rule:literal, $place:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The longest legal name, in bytes of UTF-8.
            pub const MAX_BYTES: usize = $limit;

            /// Parses the text as it is: nothing is trimmed or folded.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                if text.is_empty() {
                    return Err(NameError::Empty { what: $what });
                }
                if text.len() > $limit {
                    return Err(NameError::TooLong { what: $what, length: text.len(), limit: $limit });
                }
                let allowed: fn(char) -> bool = $allowed;
                if let Some(character) = text.chars().find(|character| !allowed(*character)) {
                    return Err(NameError::Character { what: $what, character, rule: $rule });
                }
                // A header's value is trimmed on its way, so no device could ever send such a name.
                if text.starts_with(' ') || text.ends_with(' ') {
                    let rule = "no space at either end";
                    return Err(NameError::Character { what: $what, character: ' ', rule });
                }
                if matches!(($place, text), (Place::Address, "." | "..")) {
                    return Err(NameError::Dots { what: $what });
                }
                Ok(Self(text.into()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        /// Lets a map keyed by the name be asked with text from the wire, without an allocation.
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

name!(
    /// An app's name in URLs.
    AppSlug, "app", 64, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
    "only a-z, 0-9 and `-`", Place::Address
);
name!(
    /// The name that is baked into a binary and sent as `expo-channel-name`.
    ChannelName, "channel", 255, |c| !c.is_control(), "no control characters", Place::Address
);
name!(
    /// A branch's display name. Its id, not its name, goes into filters.
    BranchName, "branch", 255, |c| !c.is_control(), "no control characters", Place::Address
);
name!(
    /// The native interface that an update needs; compared with the binary's as a string, byte for byte.
    RuntimeVersion, "runtime version", 255, |c| !c.is_control(), "no control characters", Place::Elsewhere
);
name!(
    /// The `keyid` that an app's `codeSigningMetadata` names. It travels inside a structured-field string.
    KeyId, "key id", 64, |c| c.is_ascii_graphic() && c != '"' && c != '\\',
    "only visible ASCII, without quotes and backslashes", Place::Elsewhere
);
