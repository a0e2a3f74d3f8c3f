//! Ids: one type each, so that a branch id cannot be passed for an app's.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            /// Lower case with hyphens, as the client compares it.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

id!(
    /// One mobile app.
    AppId
);
id!(
    /// A branch. Immutable: filters on devices name it, so a renamed branch keeps passing its own filter.
    BranchId
);
id!(
    /// A channel.
    ChannelId
);
id!(
    /// The updates that were published together.
    UpdateGroupId
);
id!(
    /// An update or a roll back to embedded; for an update it is the manifest's `id`.
    UpdateId
);
