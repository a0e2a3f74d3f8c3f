//! Header bytes as text.

use std::borrow::Cow;
use std::fmt;

/// A header's value as text: UTF-8, or else each byte as the ISO-8859-1 character of that number.
///
/// HTTP leaves bytes above 0x7f undefined (RFC 9110 §5.5). Read like this, a runtime version or channel with non-ASCII
/// characters survives in whichever of the two encodings a client sent it. Borrows in the first case.
pub(super) fn header_text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()),
    }
}

/// At most `limit` bytes of text, cut at a character; what is not UTF-8 becomes U+FFFD.
pub(super) fn bounded_lossy(bytes: &[u8], limit: usize) -> Cow<'_, str> {
    let mut end = bytes.len().min(limit);
    // A cut inside a character moves to the character's start: 3 bytes back at most.
    while end < bytes.len() && end + 3 > limit && end > 0 && bytes[end] & 0b1100_0000 == 0b1000_0000 {
        end -= 1;
    }
    String::from_utf8_lossy(&bytes[..end])
}

/// A piece of somebody's input that is fit to be shown: short, and without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt(String);

/// Characters that an [`Excerpt`] shows.
const EXCERPT_CHARACTERS: usize = 64;

impl Excerpt {
    pub(super) fn of(bytes: &[u8]) -> Self {
        // Four bytes a character at most, so longer input need not be read.
        let text = bounded_lossy(bytes, EXCERPT_CHARACTERS * 4 + 4);
        let mut shown: String = text
            .chars()
            .take(EXCERPT_CHARACTERS)
            .map(|character| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character })
            .collect();
        if text.chars().nth(EXCERPT_CHARACTERS).is_some() {
            shown.push('…');
        }
        Self(shown)
    }

    /// The piece, ending in `…` where it was cut.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Excerpt, bounded_lossy, header_text};

    #[test]
    fn reads_utf8_and_else_latin_1() {
        assert_eq!(header_text("1.0+ios/ä 日".as_bytes()), "1.0+ios/ä 日");
        assert_eq!(header_text(b"version-\xe4"), "version-ä");
        assert_eq!(header_text(b""), "");
    }

    #[test]
    fn cuts_at_a_character() {
        for (text, limit, expected) in [
            ("abc", 5, "abc"),
            ("abc", 3, "abc"),
            ("abc", 2, "ab"),
            ("aä", 2, "a"),
            ("日本", 5, "日"),
            ("𝄞", 3, ""),
            ("", 0, ""),
        ] {
            assert_eq!(bounded_lossy(text.as_bytes(), limit), expected, "{text} {limit}");
        }
        assert_eq!(bounded_lossy(b"a\xffb", 9), "a\u{fffd}b");
    }

    #[test]
    fn an_excerpt_is_short_and_harmless() {
        assert_eq!(Excerpt::of(b"web").to_string(), "\"web\"");
        assert_eq!(Excerpt::of(b"a\tb\x1b").as_str(), "a\u{fffd}b\u{fffd}");
        assert_eq!(Excerpt::of(&[b'x'; 64]).as_str(), "x".repeat(64));
        assert_eq!(Excerpt::of(&[b'x'; 5000]).as_str(), format!("{}…", "x".repeat(64)));
        assert_eq!(Excerpt::of("日".repeat(65).as_bytes()).as_str(), format!("{}…", "日".repeat(64)));
    }

    proptest! {
        #[test]
        fn text_is_bounded_whatever_the_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300), limit in 0_usize..300) {
            prop_assert!(header_text(&bytes).len() <= bytes.len() * 2);
            prop_assert!(bounded_lossy(&bytes, limit).len() <= limit * 3);
            prop_assert!(Excerpt::of(&bytes).as_str().chars().count() <= 65);
        }

        #[test]
        fn valid_text_is_only_cut(text in "\\PC{0,40}", limit in 0_usize..200) {
            let cut = bounded_lossy(text.as_bytes(), limit);
            prop_assert!(text.starts_with(cut.as_ref()));
            prop_assert!(cut.len() <= limit && cut.len() + 4 > limit.min(text.len()));
        }
    }
}
