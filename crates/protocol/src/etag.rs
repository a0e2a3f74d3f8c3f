//! Entity tags (RFC 9110 §8.8.3, §13.1.2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::IF_NONE_MATCH;
use http::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};

use crate::infallible;

/// 144 bits of the hash: 24 characters without padding, and no two answers will ever share them.
const TAG_BYTES: usize = 18;

/// A strong tag for what is made of `parts`, in order.
///
/// Put in everything that the receiver stores: the body, and the outer headers that can change while the body does not
/// (filters; the signature of a bare manifest), or a cache would keep the old ones.
pub fn strong(parts: &[&[u8]]) -> HeaderValue {
    let mut hash = Sha256::new();
    for part in parts {
        // The length keeps ["ab", "c"] and ["a", "bc"] apart.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    infallible::header_value(format!("\"{}\"", URL_SAFE_NO_PAD.encode(&hash.finalize()[..TAG_BYTES])))
}

/// What the client holds already, by its `if-none-match`; nothing is looked up before it is asked.
#[derive(Debug, Clone, Copy)]
pub struct IfNoneMatch<'r>(&'r HeaderMap);

impl<'r> IfNoneMatch<'r> {
    /// Of these request headers.
    pub const fn new(headers: &'r HeaderMap) -> Self {
        Self(headers)
    }

    /// Whether there is a condition at all. **A 304 that nobody asked for is an error on both platforms** (protocol.md §1).
    pub fn is_present(self) -> bool {
        self.0.contains_key(IF_NONE_MATCH)
    }

    /// Whether the client holds `etag`, by weak comparison: a cache that compressed our answer may have weakened its tag,
    /// and means the same answer. `*` holds everything. A line that cannot be read holds what stood before the fault.
    pub fn matches(self, etag: &HeaderValue) -> bool {
        self.0.get_all(IF_NONE_MATCH).iter().any(|line| {
            line.as_bytes().trim_ascii() == b"*" || tags(line.as_bytes()).any(|tag| tag == opaque(etag.as_bytes()))
        })
    }
}

/// The tags of one line, with their quotes and without `W/`. A tag may hold commas.
fn tags(mut line: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let start = line.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b','))?;
        let tag = opaque(&line[start..]);
        if tag.first() != Some(&b'"') {
            return None;
        }
        let length = tag[1..].iter().position(|byte| *byte == b'"')? + 2;
        line = &tag[length..];
        Some(&tag[..length])
    })
}

fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use http::header::IF_NONE_MATCH;
    use http::{HeaderMap, HeaderValue};
    use proptest::prelude::*;

    use super::{IfNoneMatch, strong};

    const ETAG: HeaderValue = HeaderValue::from_static("\"a,b\"");

    fn holding(lines: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(IF_NONE_MATCH, HeaderValue::from_bytes(line).unwrap());
        }
        headers
    }

    #[test]
    fn finds_the_tag_in_lists_by_weak_comparison() {
        for (line, expected) in [
            ("\"a,b\"", true),
            ("W/\"a,b\"", true),
            ("\"x\", \"a,b\"", true),
            ("\"x\",W/\"y\" ,\"a,b\"", true),
            (",, \"a,b\" ,", true),
            ("*", true),
            (" * ", true),
            ("\"a\"", false),
            ("a,b", false),
            ("\"a\",\"b\"", false),
            ("\"x, \"a,b\"", false),
            ("\"a,b", false),
            ("w/\"a,b\"", false),
            ("", false),
        ] {
            let headers = holding(&[line.as_bytes()]);
            let condition = IfNoneMatch::new(&headers);
            assert_eq!(condition.matches(&ETAG), expected, "{line:?}");
            assert!(condition.is_present());
        }
        assert!(IfNoneMatch::new(&holding(&[b"\"x\"", b"\"a,b\""])).matches(&ETAG));
        let none = HeaderMap::new();
        assert!(!IfNoneMatch::new(&none).matches(&ETAG));
        assert!(!IfNoneMatch::new(&none).is_present());
    }

    #[test]
    fn a_tag_is_strong_quoted_and_tells_parts_apart() {
        let tag = strong(&[b"body"]);
        let text = tag.to_str().unwrap();
        assert!(text.starts_with('"') && text.ends_with('"') && text.len() == 26, "{text}");
        assert_eq!(tag, strong(&[b"body"]));
        for other in [strong(&[b"bodz"]), strong(&[b"bo", b"dy"]), strong(&[b"body", b""]), strong(&[])] {
            assert_ne!(tag, other);
        }
    }

    proptest! {
        #[test]
        fn any_line_has_an_outcome(line in prop::collection::vec(prop_oneof![0x20_u8..0x7f, 0x80_u8..=0xff], 0..60)) {
            let headers = holding(&[&line]);
            let _ = IfNoneMatch::new(&headers).matches(&ETAG);
        }

        #[test]
        fn our_own_tag_is_always_found_again(body in prop::collection::vec(any::<u8>(), 0..40), before in "(\"[a-z,]{0,5}\", ){0,3}") {
            let tag = strong(&[&body]);
            let headers = holding(&[format!("{before}{}", tag.to_str().unwrap()).as_bytes()]);
            prop_assert!(IfNoneMatch::new(&headers).matches(&tag));
        }
    }
}
