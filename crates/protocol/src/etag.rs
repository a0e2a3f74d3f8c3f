//! Entity tags (RFC 9110 §8.8.3, §13.1.2).

use http::{HeaderMap, HeaderValue};

/// A strong tag for what is made of `parts`, in order. Put in all that the answer's meaning depends on: the body, and
/// outer headers that can change while the body does not.
pub fn strong(_parts: &[&[u8]]) -> HeaderValue {
    todo!()
}

/// Whether `if-none-match` names the tag.
#[derive(Debug, Clone, Copy)]
pub struct IfNoneMatch<'r>(&'r HeaderMap);

impl<'r> IfNoneMatch<'r> {
    /// Looks nothing up yet.
    pub const fn new(headers: &'r HeaderMap) -> Self {
        Self(headers)
    }

    /// Whether the client holds `etag` already, by weak comparison; `*` holds everything.
    pub fn matches(&self, _etag: &HeaderValue) -> bool {
        let _ = self.0;
        todo!()
    }
}
