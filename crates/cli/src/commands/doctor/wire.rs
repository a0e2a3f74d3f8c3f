//! What the answers say of whatever stands between server and phone. Pure.

use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, DATE, ETAG, HeaderName, IF_NONE_MATCH, VARY};
use jiff::fmt::rfc2822::DateTimeParser;
use protocol::names;
use reqwest::Url;

use super::check::Check;
use super::findings::Findings;
use crate::commands::device::{Exchange, Installed};

/// Clocks that differ by less agree.
const SAME_TIME_MS: i64 = 2 * 60 * 1000;
/// A smaller bundle need not be compressed.
const WORTH_COMPRESSING: usize = 10_000;
/// An asset may be kept at least this long, in seconds.
const LONG: u64 = 24 * 60 * 60;

/// The check itself, whatever the client made of it.
pub(super) fn examine_check(check: &Exchange, findings: &mut Findings) {
    redirect(check, findings);
    clock(check, findings);
    if !check.status.is_success() {
        return;
    }
    // What has none of the protocol is told as somebody else's.
    if is_foreign(check) {
        return;
    }
    if text(&check.headers, &names::response::PROTOCOL_VERSION).is_empty() {
        findings.error(Check::ProtocolHeaders, "the answer has no expo-protocol-version");
    } else if text(&check.headers, &names::response::SFV_VERSION).is_empty() {
        findings.warning(Check::ProtocolHeaders, "the answer has no expo-sfv-version");
    } else {
        findings.ok(Check::ProtocolHeaders, "expo-protocol-version, expo-sfv-version");
    }
    if check.status.as_u16() != 204 {
        match media_type(&check.headers).as_str() {
            "multipart/mixed" => findings.ok(Check::Multipart, "multipart/mixed"),
            other => findings.warning(Check::Multipart, format!("the answer is {other:?}")),
        }
    }
    caching(&check.headers, findings);
    match text(&check.headers, &VARY).to_ascii_lowercase() {
        vary if vary.contains(names::PLATFORM) || vary.contains('*') => {
            findings.ok(Check::AnswerVary, "it names what the client sends");
        }
        vary if vary.is_empty() => findings.warning(Check::AnswerVary, "the answer has no `vary`"),
        vary => findings.warning(Check::AnswerVary, format!("`vary` is {vary:?}, without expo-platform")),
    }
}

/// A success that no update server of this protocol gives: a page, or something without a trace of the protocol.
pub(super) fn is_foreign(check: &Exchange) -> bool {
    let media_type = media_type(&check.headers);
    let is_of_protocol =
        matches!(media_type.as_str(), "multipart/mixed" | "application/expo+json" | "application/json");
    check.status.is_success() && check.status.as_u16() != 204 && !is_of_protocol
}

fn redirect(check: &Exchange, findings: &mut Findings) {
    if same_address(&check.url, &check.answered_by) {
        findings.ok(Check::Redirect, "there is none");
    } else {
        findings.warning(Check::Redirect, format!("it leads to {}", check.answered_by));
    }
}

fn same_address(one: &str, other: &str) -> bool {
    Url::parse(one).ok() == Url::parse(other).ok()
}

fn clock(check: &Exchange, findings: &mut Findings) {
    let date = text(&check.headers, &DATE);
    let Ok(server) = DateTimeParser::new().parse_zoned(date.as_str()) else { return };
    let ahead_ms = server.timestamp().as_millisecond() - check.received_at_ms;
    if ahead_ms.abs() < SAME_TIME_MS {
        findings.ok(Check::Clock, "the server's clock and this one agree");
    } else {
        let which = if ahead_ms > 0 { "ahead of" } else { "behind" };
        let minutes = ahead_ms.abs() / 60_000;
        findings.warning(Check::Clock, format!("the server's clock is {minutes} min {which} this one"));
    }
}

/// An update from the future.
pub(super) fn created(installed: &Installed, now_ms: i64, findings: &mut Findings) {
    let Ok(created) = installed.created_at.parse::<jiff::Timestamp>() else { return };
    if created.as_millisecond() - now_ms >= SAME_TIME_MS {
        findings.warning(
            Check::Clock,
            format!(
                "the update was made at {created}, which has yet to come: binaries built until then refuse none before"
            ),
        );
    }
}

fn caching(headers: &HeaderMap, findings: &mut Findings) {
    let control = text(headers, &CACHE_CONTROL).to_ascii_lowercase();
    let age: u64 = text(headers, &AGE).parse().unwrap_or_default();
    let directive = |name: &str| control.split(',').any(|part| part.trim().split('=').next() == Some(name));
    let is_shared = directive("public") || seconds(&control, "s-maxage").is_some_and(|seconds| seconds > 0);
    let is_kept = seconds(&control, "max-age").is_some_and(|seconds| seconds > 0);
    if age > 0 {
        findings.error(Check::AnswerCaching, format!("the answer comes from a cache that has had it for {age} s"));
    } else if is_shared {
        findings.error(Check::AnswerCaching, format!("`cache-control` is {control:?}: anyone on the way may keep it"));
    } else if is_kept {
        findings.error(Check::AnswerCaching, format!("`cache-control` is {control:?}: phones keep it for a while"));
    } else if control.is_empty() {
        findings.error(Check::AnswerCaching, "the answer has no `cache-control`: caches decide for themselves");
    } else {
        findings.ok(Check::AnswerCaching, control);
    }
}

/// What a check with `if-none-match` was answered.
pub(super) fn revalidated(first: &Exchange, second: Option<&Exchange>, findings: &mut Findings) {
    let Some(second) = second else {
        if first.status.as_u16() == 200 {
            findings.warning(Check::Revalidation, format!("the answer has no `{ETAG}`"));
        }
        return;
    };
    let has_version = !text(&second.headers, &names::response::PROTOCOL_VERSION).is_empty();
    match second.status.as_u16() {
        304 if has_version => findings.ok(Check::Revalidation, "304"),
        304 => findings.error(Check::Revalidation, "the 304 has no expo-protocol-version: somebody else answers it"),
        200 => {
            findings.warning(Check::Revalidation, format!("the same answer came again, in spite of `{IF_NONE_MATCH}`"));
        }
        status => {
            findings.warning(Check::Revalidation, format!("a check with `{IF_NONE_MATCH}` was answered {status}"));
        }
    }
}

/// The assets that came.
pub(super) fn examine_assets(update_url: &Url, secrets: &[&str], assets: &[&Exchange], findings: &mut Findings) {
    let urls: Vec<Url> = assets
        .iter()
        .flat_map(|asset| [&asset.url, &asset.answered_by])
        .filter_map(|url| Url::parse(url).ok())
        .collect();
    match urls.iter().find(|url| update_url.scheme() == "https" && url.scheme() != "https") {
        Some(plain) => findings.error(Check::AssetScheme, format!("{plain} is not encrypted")),
        None => findings.ok(Check::AssetScheme, update_url.scheme()),
    }
    let elsewhere = urls.iter().find(|url| url.host_str() != update_url.host_str());
    match elsewhere.and_then(Url::host_str) {
        Some(host) if !secrets.is_empty() => {
            findings.warning(Check::AssetHost, format!("{host} is sent {}", secrets.join(", ")));
        }
        Some(host) => findings.ok(Check::AssetHost, format!("assets come from {host}, and no header looks secret")),
        None => findings.ok(Check::AssetHost, "assets come from the server's own host"),
    }
    let short_lived = assets.iter().find(|asset| asset.status.is_success() && !may_be_kept(&asset.headers));
    match short_lived {
        Some(asset) => {
            let control = text(&asset.headers, &CACHE_CONTROL);
            findings.warning(Check::AssetCaching, format!("`cache-control` is {control:?} at {}", asset.url));
        }
        None => findings.ok(Check::AssetCaching, "they may"),
    }
    encodings(assets, findings);
}

fn may_be_kept(headers: &HeaderMap) -> bool {
    let control = text(headers, &CACHE_CONTROL).to_ascii_lowercase();
    let is_refused = ["no-store", "no-cache", "private"].iter().any(|word| control.contains(word));
    !is_refused && (control.contains("immutable") || seconds(&control, "max-age").is_some_and(|age| age >= LONG))
}

fn encodings(assets: &[&Exchange], findings: &mut Findings) {
    let is_plain = |asset: &&&Exchange| {
        let kind = media_type(&asset.headers);
        let is_code = kind.contains("javascript") || kind.contains("hermes");
        is_code && asset.received >= WORTH_COMPRESSING && text(&asset.headers, &CONTENT_ENCODING).is_empty()
    };
    let is_mixed = |asset: &&&Exchange| {
        !text(&asset.headers, &CONTENT_ENCODING).is_empty()
            && !text(&asset.headers, &VARY).to_ascii_lowercase().contains("accept-encoding")
    };
    if let Some(asset) = assets.iter().find(is_mixed) {
        findings.warning(
            Check::AssetEncoding,
            format!(
                "{} is encoded without `vary: accept-encoding`: a cache gives it to those who cannot read it",
                asset.url
            ),
        );
    } else if let Some(asset) = assets.iter().find(is_plain) {
        findings.warning(Check::AssetEncoding, format!("{} came as it is, {} bytes", asset.url, asset.received));
    } else {
        findings.ok(Check::AssetEncoding, "as small as the client takes them");
    }
}

fn seconds(control: &str, name: &str) -> Option<u64> {
    control.split(',').filter_map(|part| part.trim().split_once('=')).find(|(key, _)| *key == name)?.1.parse().ok()
}

fn media_type(headers: &HeaderMap) -> String {
    text(headers, &CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A header as text; empty where there is none.
pub(super) fn text(headers: &HeaderMap, name: &HeaderName) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}
