//! Whole checks: what each header makes of the answer, and what bad ones are told.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fmt::Write as _;

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use protocol::request::{
    CheckRequest, DEFAULT_CHANNEL, MAX_FATAL_ERROR_BYTES, MAX_RECENT_FAILED, MAX_RUNTIME_VERSION_BYTES,
    ProtocolVersion, RequestError, parse_check,
};
use protocol::{AnswerShape, Platform};
use uuid::Uuid;

const ID: &str = "3d0e3b7c-5a2f-4c5e-9a55-0f5a7b1c2d3e";

/// Of expo-updates 57 on iOS, with a channel and a certificate.
const STOCK: [(&str, &str); 11] = [
    ("accept", "multipart/mixed,application/expo+json,application/json"),
    ("expo-platform", "ios"),
    ("expo-protocol-version", "1"),
    ("expo-api-version", "1"),
    ("expo-updates-environment", "BARE"),
    ("expo-json-error", "true"),
    ("eas-client-id", "3D0E3B7C-5A2F-4C5E-9A55-0F5A7B1C2D3E"),
    ("expo-runtime-version", "1.0.0"),
    ("expo-current-update-id", ID),
    ("expo-channel-name", "preview"),
    ("expo-expect-signature", r#"sig, keyid="main", alg="rsa-v1_5-sha256""#),
];

/// The stock headers with changes: a value replaces, none removes.
fn headers(changes: &[(&str, Option<&[u8]>)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in STOCK {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    for (name, value) in changes {
        let name: HeaderName = name.parse().unwrap();
        match value {
            Some(value) => drop(headers.insert(name, HeaderValue::from_bytes(value).unwrap())),
            None => drop(headers.remove(name)),
        }
    }
    headers
}

#[track_caller]
fn reads(changes: &[(&str, Option<&[u8]>)], look: impl FnOnce(CheckRequest<'_>)) {
    look(parse_check(&headers(changes), None).unwrap());
}

#[track_caller]
fn refused(changes: &[(&str, Option<&[u8]>)]) -> RequestError {
    parse_check(&headers(changes), None).unwrap_err()
}

#[test]
fn reads_a_stock_check() {
    reads(&[("expo-extra-params", Some(br#"group="beta", n="2""#)), ("if-none-match", Some(b"\"t\""))], |check| {
        let id = ID.parse::<Uuid>().unwrap();
        assert_eq!(check.platform, Platform::Ios);
        assert_eq!(check.runtime_version, "1.0.0");
        assert_eq!(check.channel, "preview");
        assert_eq!(check.protocol_version, ProtocolVersion::V1);
        assert_eq!(check.shape, AnswerShape::Multipart);
        assert_eq!(check.client_id, Some(id));
        assert_eq!(check.current_update_id, Some(id));
        assert_eq!(check.embedded_update_id, None);
        assert!(check.recent_failed.is_empty());
        assert_eq!(check.fatal_error, None);
        assert_eq!(check.expect_signature.as_ref().unwrap().key_id, "main");
        assert!(check.if_none_match.matches(&HeaderValue::from_static("\"t\"")));
        assert!(check.takes_directives());
        let params = check.extra_params();
        assert_eq!(params.len(), 2);
        assert!(params.iter().any(|(key, text)| *key == "group" && text == "beta"));
    });
}

#[test]
fn reads_the_simpler_shape_of_scripts() {
    let mut headers = HeaderMap::new();
    headers.insert("expo-platform", HeaderValue::from_static("Android"));
    headers.insert("expo-runtime-version", HeaderValue::from_static("1.0.0"));
    let check = parse_check(&headers, None).unwrap();
    assert_eq!(check.platform, Platform::Android);
    assert_eq!(check.channel, DEFAULT_CHANNEL);
    assert_eq!(check.shape, AnswerShape::Json);
    assert_eq!(check.protocol_version, ProtocolVersion::V0);
    assert_eq!(check.expect_signature, None);
    assert!(!check.takes_directives());
    assert_eq!(parse_check(&headers, Some("channel=beta")).unwrap().channel, "beta");
}

#[test]
fn names_survive_whatever_they_are_made_of() {
    for name in ["exposdk:57.0.0", "1.2.3+ios.4", "a/b%2F c", "ä日本", "%", "e80d23c25bdcf7f345747e0a69b8c53c852579e4"]
    {
        let bytes = Some(name.as_bytes());
        reads(&[("expo-runtime-version", bytes), ("expo-channel-name", bytes)], |check| {
            assert_eq!(check.runtime_version, name);
            assert_eq!(check.channel, name);
        });
    }
    reads(&[("expo-runtime-version", Some(b"v\xe4"))], |check| assert_eq!(check.runtime_version, "vä"));
}

#[test]
fn directives_need_multipart_and_version_1() {
    for (accept, version, expected) in [
        ("multipart/mixed", Some(&b"1"[..]), true),
        ("multipart/mixed", Some(b"0"), false),
        ("multipart/mixed", None, false),
        ("application/expo+json", Some(b"1"), false),
        ("application/json", Some(b"1"), false),
    ] {
        reads(&[("accept", Some(accept.as_bytes())), ("expo-protocol-version", version)], |check| {
            assert_eq!(check.takes_directives(), expected, "{accept} {version:?}");
        });
    }
}

#[test]
fn what_only_refines_the_answer_is_ignored_when_it_cannot_be_read() {
    let nonsense = Some(&b"\xff{nonsense"[..]);
    reads(
        &[
            ("eas-client-id", nonsense),
            ("expo-current-update-id", nonsense),
            ("expo-embedded-update-id", nonsense),
            ("expo-recent-failed-update-ids", nonsense),
            ("expo-extra-params", nonsense),
            ("if-none-match", nonsense),
            ("expo-api-version", nonsense),
        ],
        |check| {
            assert_eq!((check.client_id, check.current_update_id, check.embedded_update_id), (None, None, None));
            assert!(check.recent_failed.is_empty());
            assert!(check.extra_params().is_empty());
            assert!(!check.if_none_match.matches(&HeaderValue::from_static("\"t\"")));
        },
    );
}

#[test]
fn a_fatal_error_is_kept_as_it_is_and_bounded() {
    reads(&[("expo-fatal-error", Some("TypeError: ä is not\ta function".as_bytes()))], |check| {
        assert_eq!(check.fatal_error.unwrap(), "TypeError: ä is not\ta function");
    });
    reads(&[("expo-fatal-error", Some(&[b'x'; 10_000]))], |check| {
        assert_eq!(check.fatal_error.unwrap().len(), MAX_FATAL_ERROR_BYTES);
    });
}

#[test]
fn keeps_as_many_failures_as_a_client_reports() {
    let mut list = String::new();
    for n in 0..9 {
        let _ = write!(list, "{}\"{}\"", if n == 0 { "" } else { ", " }, Uuid::from_u128(n));
    }
    reads(&[("expo-recent-failed-update-ids", Some(list.as_bytes()))], |check| {
        assert_eq!(check.recent_failed.len(), MAX_RECENT_FAILED);
        assert_eq!(check.recent_failed[4], Uuid::from_u128(4));
    });
}

#[test]
fn every_refusal_names_its_header() {
    let long = [b'1'; 5 * 1024];
    let longest = [b'1'; 255];
    let latin_1 = [0xe4; 200];
    let huge = vec![b'x'; 64 * 1024];
    for (name, value, code, status) in [
        ("expo-platform", None, "missing_platform", 400),
        ("expo-platform", Some(&b""[..]), "missing_platform", 400),
        ("expo-platform", Some(b"web"), "unknown_platform", 400),
        ("expo-platform", Some(b"\xff"), "unknown_platform", 400),
        ("expo-runtime-version", None, "missing_runtime_version", 400),
        ("expo-runtime-version", Some(b""), "missing_runtime_version", 400),
        ("expo-runtime-version", Some(&long), "runtime_version_too_long", 400),
        ("expo-runtime-version", Some(&latin_1), "runtime_version_too_long", 400),
        ("expo-channel-name", Some(b""), "empty_channel", 400),
        ("expo-channel-name", Some(&long), "channel_too_long", 400),
        ("expo-protocol-version", Some(b"2"), "unsupported_protocol_version", 400),
        ("expo-protocol-version", Some(b""), "unsupported_protocol_version", 400),
        ("expo-protocol-version", Some(b"1.0"), "unsupported_protocol_version", 400),
        ("accept", Some(b"text/html"), "not_acceptable", 406),
        ("expo-expect-signature", Some(b"sig, keyid"), "malformed_expect_signature", 400),
        ("expo-expect-signature", Some(b"sig, alg=\"es256\""), "unsupported_signature_algorithm", 400),
        ("expo-fatal-error", Some(&huge), "header_too_large", 431),
        ("x-anything", Some(&huge), "header_too_large", 431),
    ] {
        let error = refused(&[(name, value)]);
        assert_eq!((error.code(), error.status().as_u16(), error.field()), (code, status, name));
        assert!(error.to_string().contains(name), "{error}");
        assert!(error.to_string().len() < 300 && !error.hint().is_empty(), "{error}");
    }
    reads(&[("expo-runtime-version", Some(&longest))], |check| assert_eq!(check.runtime_version.len(), 255));
}

#[test]
fn a_refusal_says_what_it_got_and_how_much() {
    assert_eq!(
        refused(&[("expo-platform", Some(b"web"))]).to_string(),
        r#"expo-platform is "web", which is neither "android" nor "ios""#
    );
    assert_eq!(
        refused(&[("expo-runtime-version", Some(&[b'1'; 5120]))]).to_string(),
        format!("expo-runtime-version has 5120 bytes, the limit is {MAX_RUNTIME_VERSION_BYTES}")
    );
    let error = refused(&[("expo-platform", Some(b"a\tb\x80"))]).to_string();
    assert!(!error.contains('\t'), "{error}");
}

#[test]
fn two_values_for_one_thing_are_refused_and_one_value_twice_is_not() {
    for name in [
        "expo-platform",
        "expo-runtime-version",
        "expo-channel-name",
        "expo-release-channel",
        "expo-protocol-version",
        "expo-expect-signature",
    ] {
        let mut headers = headers(&[("expo-release-channel", Some(b"old"))]);
        let same = headers[name].clone();
        headers.append(name, same);
        parse_check(&headers, None).unwrap();
        headers.append(name, HeaderValue::from_static("other"));
        let error = parse_check(&headers, None).unwrap_err();
        assert_eq!((error.code(), error.field()), ("ambiguous_header", name));
    }
    let mut headers = headers(&[]);
    headers.append("expo-current-update-id", HeaderValue::from_static("other"));
    assert_eq!(parse_check(&headers, None).unwrap().current_update_id, Some(ID.parse().unwrap()));
}

/// A name that means something here, or any other.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "accept",
            "expo-platform",
            "expo-protocol-version",
            "expo-runtime-version",
            "expo-channel-name",
            "expo-release-channel",
            "eas-client-id",
            "expo-current-update-id",
            "expo-embedded-update-id",
            "expo-recent-failed-update-ids",
            "expo-fatal-error",
            "expo-extra-params",
            "expo-expect-signature",
            "if-none-match",
        ])
        .prop_map(str::to_owned),
        "x-[a-z]{1,8}",
    ]
}

/// Bytes that a header may hold: nearly right ones, or any.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::sample::select(STOCK.map(|(_, value)| value.as_bytes().to_vec()).to_vec()),
        prop::collection::vec(prop_oneof![Just(b'\t'), 0x20_u8..0x7f, 0x80_u8..=0xff], 0..200),
        "[sigkeydal=\"\\\\,;?01() -]{0,40}".prop_map(String::into_bytes),
        "(a,|b=\"\",|sig,){0,300}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn any_request_has_an_outcome_within_bounds(
        changes in prop::collection::vec((name(), value()), 0..8),
        query in prop::option::of("[ -~]{0,60}"),
    ) {
        let mut headers = headers(&[]);
        for (name, value) in changes {
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(&value).unwrap());
        }
        let sent: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        let query = query.as_deref();
        let mut outcome = None;
        let used = allocation_counter::measure(|| outcome = Some(parse_check(&headers, query)));
        // Text that is not UTF-8 or has escapes is copied, an error's text is made: never more than was sent, and a little.
        prop_assert!(used.bytes_max <= 4 * sent as u64 + 2048, "{} for {sent}", used.bytes_max);
        match outcome.unwrap() {
            Ok(check) => {
                prop_assert!(!check.runtime_version.is_empty() && check.runtime_version.len() <= 255);
                prop_assert!(!check.channel.is_empty() && check.channel.len() <= 255);
                let _ = check.extra_params();
            }
            Err(error) => {
                prop_assert!(error.to_string().contains(error.field()));
                prop_assert!(!error.to_string().chars().any(char::is_control));
                prop_assert!(error.to_string().len() < 800);
            }
        }
    }
}
