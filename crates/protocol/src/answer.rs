//! The outer headers of every answer to a check, the 204 and the 304 included (protocol.md §2).

use http::header::{CACHE_CONTROL, VARY};
use http::{HeaderName, HeaderValue};

use crate::names;
use crate::request::ProtocolVersion;

/// Whether the answer has something to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// A manifest or a directive, or the 304 that stands for it.
    Message,
    /// A 204.
    Nothing,
}

/// Everything in a request that can change the answer. `expo-fatal-error` cannot.
const VARY_ON: HeaderValue = HeaderValue::from_static(
    "accept, expo-platform, expo-runtime-version, expo-channel-name, expo-release-channel, expo-protocol-version, \
     expo-expect-signature, expo-current-update-id, expo-embedded-update-id, expo-recent-failed-update-ids, \
     expo-extra-params, eas-client-id",
);

/// The headers that stand on every answer, errors aside: they have no content that a client reads.
pub fn outer_headers(asked: ProtocolVersion, kind: AnswerKind) -> [(HeaderName, HeaderValue); 4] {
    [
        (names::response::PROTOCOL_VERSION, HeaderValue::from_static(answered(asked, kind).as_str())),
        (names::response::SFV_VERSION, HeaderValue::from_static("0")),
        // Stored by the device's HTTP cache, asked again each time: that is what makes a 304 possible.
        (CACHE_CONTROL, HeaderValue::from_static("private, max-age=0")),
        (VARY, VARY_ON),
    ]
}

/// The version that the answer claims to be.
///
/// Today's clients take a message under 0 and 1 alike, and a 204 only above 0. Clients of Expo SDK 47 and before ask
/// for no version and refuse a message under any but 0 (`ManifestFactory.kt` of expo-updates 0.15); they know no 204
/// under any version. So a message answers in the version it was asked in, and nothing is always version 1.
fn answered(asked: ProtocolVersion, kind: AnswerKind) -> ProtocolVersion {
    match kind {
        AnswerKind::Message => asked,
        AnswerKind::Nothing => ProtocolVersion::V1,
    }
}

#[cfg(test)]
mod tests {
    use super::{AnswerKind, outer_headers};
    use crate::request::ProtocolVersion;

    fn header(asked: ProtocolVersion, kind: AnswerKind, name: &str) -> String {
        let headers = outer_headers(asked, kind);
        let (_, value) = headers.iter().find(|(known, _)| known == name).unwrap();
        value.to_str().unwrap().to_owned()
    }

    #[test]
    fn the_version_is_the_asked_one_for_a_message_and_1_for_nothing() {
        for (asked, kind, expected) in [
            (ProtocolVersion::V1, AnswerKind::Message, "1"),
            (ProtocolVersion::V0, AnswerKind::Message, "0"),
            (ProtocolVersion::V1, AnswerKind::Nothing, "1"),
            (ProtocolVersion::V0, AnswerKind::Nothing, "1"),
        ] {
            assert_eq!(header(asked, kind, "expo-protocol-version"), expected, "{asked:?} {kind:?}");
        }
    }

    #[test]
    fn the_rest_is_the_same_on_every_answer() {
        assert_eq!(header(ProtocolVersion::V1, AnswerKind::Message, "expo-sfv-version"), "0");
        assert_eq!(header(ProtocolVersion::V1, AnswerKind::Message, "cache-control"), "private, max-age=0");
        let vary = header(ProtocolVersion::V1, AnswerKind::Message, "vary");
        for name in ["accept", "expo-runtime-version", "expo-current-update-id", "eas-client-id"] {
            assert!(vary.split(", ").any(|named| named == name), "{vary}");
        }
        assert!(!vary.contains("  "));
    }
}
