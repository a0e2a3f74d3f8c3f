//! Ids and values that only stores and their callers name.

use std::fmt;

use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }
    };
}

id!(
    /// A prepared publish that waits for its commit.
    SessionId
);
id!(
    /// An operator's token.
    TokenId
);

/// Who did it, as the audit log shows it, e.g. `token:ci`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Actor(pub String);
