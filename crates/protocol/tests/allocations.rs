//! The check path's budget: the checks that stock clients send are read without touching the heap.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use http::{HeaderMap, HeaderName, HeaderValue};
use protocol::facts::Told;
use protocol::request::parse_check;

const ID: &str = "3d0e3b7c-5a2f-4c5e-9a55-0f5a7b1c2d3e";

const EVERY_CHECK: [(&str, &str); 9] = [
    ("accept", "multipart/mixed,application/expo+json,application/json"),
    ("expo-platform", "android"),
    ("expo-protocol-version", "1"),
    ("expo-api-version", "1"),
    ("expo-updates-environment", "BARE"),
    ("expo-json-error", "true"),
    ("eas-client-id", ID),
    ("expo-runtime-version", "e80d23c25bdcf7f345747e0a69b8c53c852579e4"),
    ("expo-channel-name", "production"),
];

fn headers(more: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in EVERY_CHECK.iter().chain(more) {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    headers
}

#[test]
fn a_stock_check_is_read_without_an_allocation() {
    let failed = format!("\"{ID}\", \"{ID}\", \"{ID}\", \"{ID}\", \"{ID}\"");
    for (what, headers) in [
        ("the first check", headers(&[])),
        ("a running update", headers(&[("expo-current-update-id", ID), ("expo-embedded-update-id", ID)])),
        ("code signing", headers(&[("expo-expect-signature", r#"sig, keyid="main", alg="rsa-v1_5-sha256""#)])),
        ("failures", headers(&[("expo-recent-failed-update-ids", &failed)])),
        ("a crash", headers(&[("expo-fatal-error", "TypeError: undefined is not a function")])),
        ("extra params", headers(&[("expo-extra-params", r#"group="beta""#)])),
        ("a condition", headers(&[("if-none-match", "\"abc\"")])),
        ("an older client", headers(&[("accept", "application/expo+json,application/json")])),
        ("weights", headers(&[("accept", "multipart/mixed;q=0.5, */*;q=0.1")])),
    ] {
        let etag = HeaderValue::from_static("\"abcd\"");
        let used = allocation_counter::measure(|| {
            let check = parse_check(&headers, Some("channel=ignored")).unwrap();
            assert!(!check.if_none_match.matches(&etag));
        });
        assert_eq!(used.count_total, 0, "{what}");
    }
}

#[test]
fn what_rules_ask_for_is_read_without_an_allocation() {
    let said = [("expo-extra-params", r#"updraft-locale="de-DE", cohort="a""#), ("expo-app-build-id", "41")];
    let headers = headers(&said);
    let used = allocation_counter::measure(|| {
        let check = parse_check(&headers, None).unwrap();
        let told = Told::by(&check);
        assert_eq!((told.facts.len(), told.params.len()), (3, 2));
    });
    assert_eq!(used.count_total, 0);
}

#[test]
fn the_counter_counts() {
    // An escape in an extra param takes a text of its own.
    let headers = headers(&[("expo-extra-params", r#"group="be\\ta""#)]);
    let used = allocation_counter::measure(|| {
        assert_eq!(parse_check(&headers, None).unwrap().extra_params().len(), 1);
    });
    assert!(used.count_total > 0);
}
