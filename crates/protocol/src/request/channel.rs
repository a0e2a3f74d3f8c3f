//! Which channel a check is for (protocol.md §8).

use std::borrow::Cow;

use super::error::RequestError;
use super::text::header_text;
use super::{DEFAULT_CHANNEL, MAX_CHANNEL_BYTES};
use crate::names;

const QUERY_PARAMETER: &str = "channel";

/// The channel by `expo-channel-name`, else `expo-release-channel`, else `?channel=`, else [`DEFAULT_CHANNEL`].
pub(super) fn channel<'r>(
    channel_name: Option<&'r [u8]>,
    release_channel: Option<&'r [u8]>,
    query: Option<&'r str>,
) -> Result<Cow<'r, str>, RequestError> {
    if let Some(value) = channel_name {
        bounded(names::CHANNEL, value.len(), || header_text(value))
    } else if let Some(value) = release_channel {
        bounded(names::RELEASE_CHANNEL, value.len(), || header_text(value))
    } else if let Some(value) = query.map(query_channel).transpose()?.flatten() {
        // Three characters of a query make one byte at best.
        bounded(QUERY_PARAMETER, value.len() / 3, || form_decoded(value))
    } else {
        Ok(Cow::Borrowed(DEFAULT_CHANNEL))
    }
}

/// Checks the length before and after decoding, so that no more is decoded than is allowed.
fn bounded<'r>(
    field: &'static str,
    least_length: usize,
    decode: impl FnOnce() -> Cow<'r, str>,
) -> Result<Cow<'r, str>, RequestError> {
    let too_long = |length| RequestError::ChannelTooLong { field, length, limit: MAX_CHANNEL_BYTES };
    if least_length > MAX_CHANNEL_BYTES {
        return Err(too_long(least_length));
    }
    match decode() {
        name if name.is_empty() => Err(RequestError::EmptyChannel { field }),
        name if name.len() > MAX_CHANNEL_BYTES => Err(too_long(name.len())),
        name => Ok(name),
    }
}

/// The raw value of the one `channel` in a query.
fn query_channel(query: &str) -> Result<Option<&str>, RequestError> {
    let mut values = query.split('&').filter_map(|pair| match pair.split_once('=') {
        Some((QUERY_PARAMETER, value)) => Some(value),
        None if pair == QUERY_PARAMETER => Some(""),
        _ => None,
    });
    let first = values.next();
    match first {
        Some(first) if values.any(|other| other != first) => Err(RequestError::Ambiguous { field: QUERY_PARAMETER }),
        _ => Ok(first),
    }
}

/// Decoded as HTML forms and every URL library encode: `%2B` is a plus and `+` a space. A `%` without two hex digits
/// stands for itself.
fn form_decoded(value: &str) -> Cow<'_, str> {
    if !value.contains(['%', '+']) {
        return Cow::Borrowed(value);
    }
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match (byte, escaped_byte(after)) {
            (b'%', Some(escaped)) => {
                decoded.push(escaped);
                rest = &after[2..];
            }
            (b'+', _) => decoded.push(b' '),
            _ => decoded.push(*byte),
        }
    }
    Cow::Owned(header_text(&decoded).into_owned())
}

fn escaped_byte(after_percent: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*after_percent.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::{MAX_CHANNEL_BYTES, RequestError, channel};

    #[test]
    fn the_first_that_is_named_counts() {
        for (name, release, query, expected) in [
            (Some("a"), Some("b"), Some("channel=c"), "a"),
            (None, Some("b"), Some("channel=c"), "b"),
            (None, None, Some("channel=c"), "c"),
            (None, None, Some("x=1"), "production"),
            (None, None, None, "production"),
            (Some("a+b/c%20 d"), None, None, "a+b/c%20 d"),
            (None, None, Some("x=1&channel=c&y"), "c"),
            (None, None, Some("channel=c&channel=c"), "c"),
            (None, None, Some("channels=x&xchannel=y"), "production"),
            (None, None, Some("channel=a%2Bb%2Fc%25%20d+e"), "a+b/c% d e"),
            (None, None, Some("channel=%C3%A4"), "ä"),
            (None, None, Some("channel=%E4"), "ä"),
            (None, None, Some("channel=ä"), "ä"),
            (None, None, Some("channel=100%&x"), "100%"),
            (None, None, Some("channel=%zz%4"), "%zz%4"),
            (None, None, Some("channel=a=b"), "a=b"),
        ] {
            let found = channel(name.map(str::as_bytes), release.map(str::as_bytes), query);
            assert_eq!(found.as_deref(), Ok(expected), "{name:?} {release:?} {query:?}");
        }
        assert!(matches!(channel(None, None, Some("channel=c")), Ok(Cow::Borrowed("c"))));
    }

    #[test]
    fn an_empty_or_endless_or_double_name_is_an_error() {
        let long = "x".repeat(MAX_CHANNEL_BYTES + 1);
        let encoded = format!("channel={}", "%41".repeat(MAX_CHANNEL_BYTES + 1));
        let huge = format!("channel={}", "%41".repeat(100_000));
        let latin_1 = vec![0xe4; MAX_CHANNEL_BYTES];
        for (name, query, code) in [
            (Some(&b""[..]), None, "empty_channel"),
            (Some(&b""[..]), Some("channel=c"), "empty_channel"),
            (None, Some("channel="), "empty_channel"),
            (None, Some("channel"), "empty_channel"),
            (Some(long.as_bytes()), None, "channel_too_long"),
            (Some(&latin_1[..]), None, "channel_too_long"),
            (None, Some(encoded.as_str()), "channel_too_long"),
            (None, Some(huge.as_str()), "channel_too_long"),
            (None, Some("channel=a&channel=b"), "ambiguous_header"),
        ] {
            assert_eq!(channel(name, None, query).map_err(|error| error.code()), Err(code), "{query:?}");
        }
        assert!(channel(Some("x".repeat(MAX_CHANNEL_BYTES).as_bytes()), None, None).is_ok());
        let encoded = format!("channel={}", "%41".repeat(MAX_CHANNEL_BYTES));
        assert!(channel(None, None, Some(&encoded)).is_ok());
        let error = channel(None, None, Some("channel=")).unwrap_err();
        assert_eq!(error, RequestError::EmptyChannel { field: "channel" });
    }

    proptest! {
        #[test]
        fn what_a_form_encoder_writes_comes_back(name in "\\PC{1,40}") {
            let encoded: String = name.bytes().map(|byte| match byte {
                b' ' => "+".to_owned(),
                b'a'..=b'z' | b'0'..=b'9' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            }).collect();
            let query = format!("channel={encoded}");
            prop_assert_eq!(channel(None, None, Some(&query)).unwrap(), name);
        }

        #[test]
        fn any_query_has_a_bounded_outcome(query in "\\PC{0,60}|(channel=)?[%+a-f0-9&=]{0,60}") {
            if let Ok(name) = channel(None, None, Some(&query)) {
                prop_assert!(!name.is_empty() && name.len() <= MAX_CHANNEL_BYTES);
            }
        }
    }
}
