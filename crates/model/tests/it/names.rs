//! Names: what is legal, and that they survive as they are.

use std::collections::HashMap;

use model::{AppSlug, BranchName, ChannelName, KeyId, NameError, RuntimeVersion};
use proptest::prelude::*;

#[test]
fn channels_branches_and_runtime_versions_carry_any_visible_text() {
    for text in ["production", "1.2.3+ios.4", "exposdk:57.0.0", "a/b", "50 %", "canal-été", "発売", "...", "\u{a0}"]
    {
        assert_eq!(ChannelName::parse(text).expect("legal").as_str(), text);
        assert_eq!(BranchName::parse(text).expect("legal").as_str(), text);
        assert_eq!(RuntimeVersion::parse(text).expect("legal").to_string(), text);
    }
    for text in ["a\nb", "a\rb", "\0", "tab\t", "\u{7f}", "\u{85}"] {
        let error = ChannelName::parse(text).expect_err("a control character");
        assert!(matches!(error, NameError::Character { what: "channel", .. }), "{error:?}");
    }
}

#[test]
fn what_an_address_cannot_carry_as_a_segment_names_no_channel_and_no_branch() {
    for text in [".", ".."] {
        assert_eq!(ChannelName::parse(text), Err(NameError::Dots { what: "channel" }));
        assert_eq!(BranchName::parse(text), Err(NameError::Dots { what: "branch" }));
        assert!(RuntimeVersion::parse(text).is_ok(), "it stands in no address");
    }
}

#[test]
fn limits_are_bytes() {
    assert!(RuntimeVersion::parse(&"a".repeat(255)).is_ok());
    let error = RuntimeVersion::parse(&"a".repeat(256)).expect_err("too long");
    assert_eq!(error, NameError::TooLong { what: "runtime version", length: 256, limit: 255 });
    assert_eq!(error.to_string(), "runtime version has 256 bytes; at most 255 are allowed");
    assert!(RuntimeVersion::parse(&"é".repeat(127)).is_ok());
    assert!(RuntimeVersion::parse(&"é".repeat(128)).is_err());
    assert_eq!(ChannelName::parse(""), Err(NameError::Empty { what: "channel" }));
    assert_eq!((AppSlug::MAX_BYTES, KeyId::MAX_BYTES), (64, 64));
}

#[test]
fn app_slugs_fit_into_urls() {
    for text in ["default", "a", "my-app-2"] {
        assert_eq!(AppSlug::parse(text).expect("legal").as_str(), text);
    }
    for (text, character) in [("My-app", 'M'), ("a/b", '/'), ("a.b", '.'), ("é", 'é'), ("a b", ' '), ("a_b", '_')] {
        let error = AppSlug::parse(text).expect_err("illegal");
        assert!(
            matches!(error, NameError::Character { what: "app", character: got, .. } if got == character),
            "{text}"
        );
    }
}

#[test]
fn key_ids_fit_into_a_structured_field_string() {
    for text in ["main", "root", "key/2026:b+c", "!~"] {
        assert!(KeyId::parse(text).is_ok(), "{text}");
    }
    for text in ["a b", "a\"b", "a\\b", "é", ""] {
        assert!(KeyId::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_map_by_name_is_asked_with_text() {
    let map = HashMap::from([(ChannelName::parse("production").expect("legal"), 1)]);
    assert_eq!((map.get("production"), map.get("Production")), (Some(&1), None));
}

#[test]
fn deserializing_parses() {
    let json = "\"a\\/b\"";
    assert_eq!(serde_json::from_str::<ChannelName>(json).expect("legal").as_str(), "a/b");
    assert_eq!(serde_json::to_string(&ChannelName::parse("a/b").expect("legal")).expect("JSON"), "\"a/b\"");
    let error = serde_json::from_str::<AppSlug>("\"A\"").expect_err("illegal");
    assert!(error.to_string().contains("only a-z"), "{error}");
    assert!(serde_json::from_str::<ChannelName>("1").is_err());
}

proptest! {
    #[test]
    fn parsing_keeps_the_text_or_refuses_it(text in "\\PC{0,300}|.{0,20}") {
        match RuntimeVersion::parse(&text) {
            Ok(version) => {
                prop_assert_eq!(version.as_str(), text.as_str());
                prop_assert!(!text.is_empty() && text.len() <= 255 && !text.chars().any(char::is_control));
            }
            Err(_) => prop_assert!(text.is_empty() || text.len() > 255 || text.chars().any(char::is_control) || text.trim_matches(' ') != text),
        }
    }
}

#[test]
fn a_name_that_a_header_would_lose_is_refused() {
    for text in [" 1.0", "1.0 ", " "] {
        assert!(matches!(RuntimeVersion::parse(text), Err(NameError::Character { character: ' ', .. })), "{text:?}");
    }
    assert!(RuntimeVersion::parse("1 0").is_ok());
}
