//! What the device sends, header by header, the HTTP cache beneath it, and what it does with patches.

use std::collections::BTreeMap;

use http::HeaderMap;
use protocol::Platform;

use super::bases::{BUNDLE, Base, FILES, NOW_MS};
use super::draft::Message;
use super::traffic::{device, header_map};
use crate::{AssetRequest, Device, Loading, Outcome, Rule, RuleSet, Taken};

type Headers = BTreeMap<String, String>;

fn of(headers: &[(&str, &str)]) -> Headers {
    headers.iter().map(|(name, value)| (String::from(*name), String::from(*value))).collect()
}

#[test]
fn a_check_sends_exactly_this() {
    for (platform, client_id) in [
        (Platform::Android, "0c1e47d0-0000-4000-8000-000000000001"),
        (Platform::Ios, "0C1E47D0-0000-4000-8000-000000000001"),
    ] {
        let mut device = device(Base::Multipart.client(), platform, RuleSet::ALL);
        let sent: Headers = device.check_request().into_iter().collect();
        let expected = of(&[
            ("accept", "multipart/mixed,application/expo+json,application/json"),
            ("eas-client-id", client_id),
            ("expo-api-version", "1"),
            ("expo-current-update-id", "00000000-0000-4000-8000-0000000000e0"),
            ("expo-embedded-update-id", "00000000-0000-4000-8000-0000000000e0"),
            ("expo-expect-signature", "sig, keyid=\"main\", alg=\"rsa-v1_5-sha256\""),
            ("expo-json-error", "true"),
            ("expo-platform", platform.as_str()),
            ("expo-protocol-version", "1"),
            ("expo-runtime-version", "1.0.0"),
            ("expo-updates-environment", "BARE"),
        ]);
        assert_eq!(sent, expected);
    }
}

#[test]
fn a_client_of_protocol_0_says_so() {
    let mut device = device(Base::ProtocolZero.client(), Platform::Ios, RuleSet::ALL);
    let sent: Headers = device.check_request().into_iter().collect();
    assert_eq!(sent["expo-protocol-version"], "0");
    assert!(!sent.contains_key("expo-expect-signature"));
}

fn read(device: &mut Device, message: &Message) -> crate::Answer {
    device.check_request();
    device.read_answer(message.status, &header_map(&message.headers), &message.body, NOW_MS).unwrap()
}

fn requests(device: &mut Device) -> Vec<AssetRequest> {
    let answer = read(device, &Base::Multipart.message());
    match device.load(answer).unwrap() {
        Loading::Assets(requests) => requests,
        Loading::Done(outcome) => panic!("{outcome:?}"),
    }
}

#[test]
fn an_asset_request_sends_exactly_this() {
    let mut device = device(Base::Multipart.client(), Platform::Android, RuleSet::ALL);
    let requests = requests(&mut device);
    let sent: Headers = requests[0].headers.iter().cloned().collect();
    let mut expected = of(&[
        ("a-im", "bsdiff"),
        ("accept", "*/*"),
        ("authorization", "Bearer vector"),
        ("eas-client-id", "0c1e47d0-0000-4000-8000-000000000001"),
        ("expo-api-version", "1"),
        ("expo-current-update-id", "00000000-0000-4000-8000-0000000000e0"),
        ("expo-embedded-update-id", "00000000-0000-4000-8000-0000000000e0"),
        ("expo-platform", "android"),
        ("expo-protocol-version", "1"),
        ("expo-requested-update-id", "0190f3c1-7a2b-7c3d-8e4f-5a6b7c8d9e0f"),
        ("expo-runtime-version", "1.0.0"),
        ("expo-updates-environment", "BARE"),
    ]);
    assert_eq!(sent, expected);
    assert!(requests[0].is_launch_asset);
    // Only the launch asset may come as a patch, and this one has headers of its own.
    let sent: Headers = requests[1].headers.iter().cloned().collect();
    expected.remove("a-im");
    expected.remove("authorization");
    assert_eq!(sent, expected);
}

#[test]
fn files_are_named_as_each_platform_names_them() {
    for (platform, bundle) in [(Platform::Android, "c2b1f9d8e7a6"), (Platform::Ios, "c2b1f9d8e7a6.bundle")] {
        let mut device = device(Base::Multipart.client(), platform, RuleSet::ALL);
        let names: Vec<String> = requests(&mut device).into_iter().map(|request| request.file_name).collect();
        let expected =
            [bundle, "0f1e2d3c4b5a69788796a5b4c3d2e1f0.png", "8899aabbccddeeff0011223344556677.ttf"].map(String::from);
        assert_eq!(names, expected, "{platform}");
    }
}

#[test]
fn a_patch_is_asked_for_again_as_a_whole() {
    for (status, headers) in
        [(226, HeaderMap::new()), (200, header_map(&[(String::from("im"), String::from("x, BSDIFF"))]))]
    {
        let mut device = device(Base::Multipart.client(), Platform::Ios, RuleSet::ALL);
        let requests = requests(&mut device);
        let taken = device.take_asset(&requests[0].file_name, status, &headers, b"BSDIFF40").unwrap();
        let Taken::AskAgain(again) = taken else { panic!("{taken:?}") };
        assert_eq!((&again.url, &again.file_name), (&requests[0].url, &requests[0].file_name));
        assert!(!again.headers.iter().any(|(name, _)| name == "a-im"));
        assert!(matches!(device.clone().finish_load(), Outcome::Incomplete { .. }));
        for (request, file) in requests.iter().zip(FILES) {
            assert_eq!(
                device.take_asset(&request.file_name, 200, &HeaderMap::new(), file.content).unwrap(),
                Taken::Stored
            );
        }
        assert!(matches!(device.finish_load(), Outcome::Downloaded { .. }));
    }
}

#[test]
fn a_file_that_nobody_waits_for_changes_nothing() {
    let mut device = device(Base::Multipart.client(), Platform::Android, RuleSet::ALL);
    assert_eq!(device.take_asset("x", 500, &HeaderMap::new(), b"").unwrap(), Taken::Stored);
    assert_eq!(device.finish_load(), Outcome::Nothing);
    assert_eq!(device.ready_updates().len(), 1);
}

fn with(mut message: Message, headers: &[(&str, &str)]) -> Message {
    for (name, value) in headers {
        message.headers.retain(|(key, _)| key != name);
        message.headers.push((String::from(*name), String::from(*value)));
    }
    message
}

fn not_modified(headers: &[(&str, &str)]) -> Message {
    with(Message { status: 304, headers: Vec::new(), body: Vec::new() }, headers)
}

fn if_none_match(device: &mut Device) -> Option<String> {
    device.check_request().into_iter().find(|(name, _)| name == "if-none-match").map(|(_, value)| value)
}

#[test]
fn the_cache_turns_a_304_that_it_asked_for_into_the_stored_answer() {
    for platform in Platform::ALL {
        let mut device = device(Base::Multipart.client(), platform, RuleSet::ALL);
        let whole = read(&mut device, &with(Base::Multipart.message(), &[("etag", "\"1\"")]));
        assert_eq!(if_none_match(&mut device).as_deref(), Some("\"1\""));
        let again = read(&mut device, &not_modified(&[("expo-manifest-filters", "plan=\"pro\"")]));
        assert_eq!(again.instruction, whole.instruction);
        // Headers of the 304 replace the stored ones.
        assert!(again.filters.unwrap().contains_key("plan"));
    }
}

#[test]
fn the_cache_does_not_ask_when_it_may_not_or_when_the_request_is_another() {
    let stored = |headers: &[(&str, &str)]| {
        let mut device = device(Base::Multipart.client(), Platform::Android, RuleSet::ALL);
        read(&mut device, &with(Base::Multipart.message(), headers));
        device
    };
    assert_eq!(if_none_match(&mut stored(&[("etag", "\"1\""), ("cache-control", "no-store")])), None);
    assert_eq!(if_none_match(&mut stored(&[("etag", "\"1\""), ("vary", "*")])), None);
    assert_eq!(if_none_match(&mut stored(&[])), None);
    let mut device = stored(&[("etag", "\"1\""), ("vary", "accept, expo-extra-params")]);
    assert!(if_none_match(&mut device).is_some());
    device.set_extra_param("plan", Some("pro"));
    assert_eq!(if_none_match(&mut device), None);
    let refusal = device.read_answer(304, &HeaderMap::new(), b"", NOW_MS).unwrap_err();
    assert_eq!(refusal.rule, Rule::StatusIsSuccess);
}

#[test]
fn a_refusal_tells_the_platform_the_rule_and_what_was_wrong() {
    let mut device = device(Base::Multipart.client(), Platform::Ios, RuleSet::ALL);
    requests(&mut device);
    let file_name = format!("{}.bundle", BUNDLE.key);
    let refusal = device.take_asset(&file_name, 404, &HeaderMap::new(), b"").unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "ios client, rule asset-status-is-success: the status of \"https://updates.example/assets/bundle\" is 404"
    );
    assert_eq!(refusal.consequence(), crate::Consequence::FailsDownload);
}
