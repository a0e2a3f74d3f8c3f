//! Lists that grow are read a page at a time: `?limit=` and `?cursor=`, answered with `next_cursor` while there is more.

use serde::{Deserialize, Serialize};

/// Which page of a list is asked for, as its query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct WhichPage {
    /// At most so many: 1 to 1,000, 100 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1000))]
    pub limit: Option<u16>,
    /// The `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A page of a list.
pub trait Page: Sized {
    /// Where the next one begins; none on the last.
    fn next_cursor(&self) -> Option<&str>;

    /// The two as one page.
    #[must_use]
    fn followed_by(self, next: Self) -> Self;
}

macro_rules! pages {
    ($($list:ident.$items:ident),* $(,)?) => {
        $(
            impl Page for crate::$list {
                fn next_cursor(&self) -> Option<&str> {
                    self.next_cursor.as_deref()
                }

                fn followed_by(mut self, next: Self) -> Self {
                    self.$items.extend(next.$items);
                    Self { $items: self.$items, next_cursor: next.next_cursor }
                }
            }
        )*
    };
}

pages!(
    Apps.apps,
    Audit.lines,
    Branches.branches,
    Channels.channels,
    EmbeddedUpdates.embedded,
    Keys.keys,
    Updates.updates
);
