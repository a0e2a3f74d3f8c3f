//! A manifest that a client accepted, and the rules for its assets that are alike on both platforms.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use protocol::Platform;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::refusal::{Law, Refusal, quote};
use crate::rule::Rule;

/// A manifest as the client holds it after all checks.
#[derive(Debug, Clone, PartialEq)]
pub struct AcceptedManifest {
    /// `id`.
    pub id: Uuid,
    /// `createdAt` in milliseconds since 1970.
    pub created_at_ms: i64,
    /// `runtimeVersion`.
    pub runtime_version: String,
    /// The launch asset first, then the others in the manifest's order.
    pub assets: Vec<Asset>,
    /// The whole manifest.
    pub json: Map<String, Value>,
    /// Whether a signature was verified.
    pub is_verified: bool,
}

impl AcceptedManifest {
    /// `metadata`, which filters are compared with.
    pub fn metadata(&self) -> Option<&Map<String, Value>> {
        self.json.get("metadata").and_then(Value::as_object)
    }
}

/// A file of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// `key`. iOS takes a launch asset without one.
    pub key: Option<String>,
    /// The name under which the file is stored: key and extension. iOS names every launch asset `.bundle`.
    pub file_name: String,
    /// `url`.
    pub url: String,
    /// `hash`: unpadded base64url of the SHA-256.
    pub hash: Option<String>,
    /// This asset's `extensions.assetRequestHeaders`.
    pub request_headers: Vec<(String, String)>,
    /// Whether this is the launch asset.
    pub is_launch_asset: bool,
}

/// The extension as a file name gets it: with exactly one leading dot, so that an empty one becomes a bare dot.
pub(crate) fn file_extension(extension: &str) -> String {
    if extension.starts_with('.') { String::from(extension) } else { format!(".{extension}") }
}

/// What both platforms ask of an update's assets, taken together.
pub(crate) fn check_assets(assets: &[Asset], law: Law) -> Result<(), Refusal> {
    let mut keys = BTreeSet::new();
    for asset in assets {
        let name = asset.key.as_deref().unwrap_or("without a key");
        let what = if asset.is_launch_asset { "launch asset" } else { "asset" };
        law.require(Rule::AssetFileNameIsSafe, is_safe_file_name(&asset.file_name), || {
            format!("the {what} would be stored as {}, which is no plain file name", quote(&asset.file_name))
        })?;
        law.require(Rule::AssetUrlIsAbsolute, is_absolute_url(&asset.url), || {
            format!("the url of {what} {} is {}", quote(name), quote(&asset.url))
        })?;
        check_hash(asset, what, name, law)?;
        if let Some(key) = &asset.key {
            law.require(Rule::AssetKeysAreUnique, keys.insert(key), || {
                format!("two assets have the key {}", quote(key))
            })?;
        }
        for (header, value) in &asset.request_headers {
            law.require(Rule::AssetRequestHeaderIsSendable, is_sendable(header, value), || {
                format!("the request header {} of {what} {} cannot be sent", quote(header), quote(name))
            })?;
        }
    }
    Ok(())
}

fn check_hash(asset: &Asset, what: &str, name: &str, law: Law) -> Result<(), Refusal> {
    let Some(hash) = &asset.hash else {
        return law.refuse(Rule::AssetHasHash, format!("{what} {} has no hash", quote(name)));
    };
    let is_sha256 = URL_SAFE_NO_PAD.decode(hash).is_ok_and(|bytes| bytes.len() == 32);
    law.require(Rule::AssetHashIsBase64Url, is_sha256, || {
        format!("the hash of {what} {} is {}", quote(name), quote(hash))
    })
}

/// `isSafeFilename` of both platforms.
fn is_safe_file_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0'])
}

/// What `OkHttp` can request and iOS can parse in every version that is in use: before iOS 17, `URL(string:)` gives
/// nothing for a character that RFC 3986 does not allow.
fn is_absolute_url(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host_and_port.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host_and_port,
    };
    (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"))
        && !host.is_empty()
        && has_only_url_characters(url)
}

fn has_only_url_characters(url: &str) -> bool {
    let bytes = url.as_bytes();
    bytes.iter().enumerate().all(|(position, byte)| match byte {
        b'%' => matches!(bytes.get(position + 1..position + 3), Some([a, b]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()),
        _ => byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(byte),
    })
}

/// What `OkHttp` lets into a request header.
fn is_sendable(name: &str, value: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| (0x21..0x7f).contains(&byte))
        && value.bytes().all(|byte| byte == b'\t' || (0x20..0x7f).contains(&byte))
}

/// The rules for `metadata`, `releaseId` and `extra.expoGo`, which the client reads after the manifest is accepted.
pub(crate) fn check_stored_form(json: &Map<String, Value>, law: Law) -> Result<(), Refusal> {
    law.require(Rule::ManifestHasNoReleaseId, !json.contains_key("releaseId"), || {
        String::from("the manifest has a releaseId, which marks a classic one")
    })?;
    let Some(metadata) = json.get("metadata").and_then(Value::as_object) else {
        return law.require(Rule::MetadataIsPresent, json.contains_key("metadata"), || {
            String::from("the manifest has no metadata, so the stored update would be read as an embedded one")
        });
    };
    let mut keys = BTreeSet::new();
    for (key, value) in metadata {
        law.require(Rule::MetadataValuesAreStrings, value.is_string(), || {
            format!("metadata.{} is {}, not a string", key, quote(&value.to_string()))
        })?;
        law.require(Rule::MetadataKeysAreDistinct, keys.insert(key.to_lowercase()), || {
            format!("metadata has {} twice, in different case", quote(key))
        })?;
    }
    Ok(())
}

/// `isDevelopmentMode` of both platforms.
pub(crate) fn is_development_bundle(extra: Option<&Map<String, Value>>) -> bool {
    let expo_go = extra.and_then(|extra| extra.get("expoGo")).and_then(Value::as_object);
    expo_go.is_some_and(|expo_go| {
        let dev = expo_go.get("packagerOpts").and_then(|options| options.get("dev"));
        expo_go.contains_key("developer") && dev.and_then(Value::as_bool).unwrap_or(false)
    })
}

/// `extensions.assetRequestHeaders`, by asset key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadersByKey<'a> {
    all: Option<&'a Map<String, Value>>,
    law: Law,
}

impl<'a> HeadersByKey<'a> {
    pub(crate) fn read(extensions: Option<&'a Map<String, Value>>, law: Law) -> Result<Self, Refusal> {
        let field = extensions.and_then(|extensions| extensions.get("assetRequestHeaders"));
        let all = field.and_then(Value::as_object);
        law.require(Rule::AssetRequestHeadersAreObjects, field.is_some() == all.is_some(), || {
            String::from("extensions.assetRequestHeaders is not an object")
        })?;
        if law.platform == Platform::Android {
            // Android reads the headers of all keys at once, so one wrong entry breaks every asset.
            for (key, headers) in all.into_iter().flatten() {
                Self { all, law }.require_object(key, headers)?;
            }
        }
        Ok(Self { all, law })
    }

    /// One asset's headers, with their values as the client sends them.
    pub(crate) fn of(self, key: Option<&str>) -> Result<Vec<(String, String)>, Refusal> {
        let Some((key, headers)) = key.and_then(|key| self.all?.get_key_value(key)) else { return Ok(Vec::new()) };
        self.require_object(key, headers)?;
        let mut sent = Vec::new();
        for (name, value) in headers.as_object().into_iter().flatten() {
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Bool(flag) => flag.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => {
                    let message =
                        format!("extensions.assetRequestHeaders of {} has no text for {}", quote(key), quote(name));
                    self.law.refuse(Rule::AssetRequestHeadersAreObjects, message)?;
                    value.to_string()
                }
            };
            sent.push((name.clone(), value));
        }
        Ok(sent)
    }

    fn require_object(self, key: &str, headers: &Value) -> Result<(), Refusal> {
        self.law.require(Rule::AssetRequestHeadersAreObjects, headers.is_object(), || {
            format!("extensions.assetRequestHeaders of {} is not an object", quote(key))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{is_absolute_url, is_safe_file_name, is_sendable};

    #[test]
    fn urls() {
        for url in [
            "https://cdn.example/assets/a",
            "http://localhost:8080/assets/x?y=%20#z",
            "HTTPS://u:p@h/",
            "https://[::1]:1/a",
            "https://h",
        ] {
            assert!(is_absolute_url(url), "{url}");
        }
        for url in [
            "",
            "/assets/a",
            "assets/a",
            "//h/a",
            "ftp://h/a",
            "https:///a",
            "https://",
            "https://h/a b",
            "https://h/\u{e9}",
            "https://h/%2",
            "https://h/%zz",
            "https://:80/",
            "data:,x",
        ] {
            assert!(!is_absolute_url(url), "{url}");
        }
    }

    #[test]
    fn file_names() {
        for name in ["a", "a.png", "...", ".a", "a..b", "key."] {
            assert!(is_safe_file_name(name), "{name}");
        }
        for name in ["", ".", "..", "a/b", "..\\a", "a\0"] {
            assert!(!is_safe_file_name(name), "{name:?}");
        }
    }

    #[test]
    fn request_headers() {
        assert!(is_sendable("x-a", "b c\t"));
        for (name, value) in [("", "b"), ("x a", "b"), ("x-\u{e9}", "b"), ("x", "\u{e9}"), ("x", "a\nb")] {
            assert!(!is_sendable(name, value), "{name:?} {value:?}");
        }
    }
}
