//! Bad assets: in the manifest, in the extensions, and on their way.

use serde_json::{Value, json};

use super::bases::Base::{Bare, Multipart, UnsignedBare};
use super::bases::{BUNDLE, FONT, IMAGE};
use super::cases::Change::{Content, Files, Wire};
use super::cases::On::{AndroidOnly, Both};
use super::cases::{Case, manifest, remove, set};
use crate::Rule;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "launch-asset-without-key",
        base: Bare,
        what: "the launch asset has no key",
        rule: Rule::LaunchAssetHasKey,
        on: AndroidOnly,
        change: Content(|content| remove(manifest(content), "/launchAsset/key")),
    },
    Case {
        name: "launch-asset-without-url",
        base: Multipart,
        what: "the launch asset has no url",
        rule: Rule::AssetHasUrl,
        on: Both,
        change: Content(|content| remove(manifest(content), "/launchAsset/url")),
    },
    Case {
        name: "launch-asset-hash-null",
        base: Multipart,
        what: "the hash of the launch asset is null",
        rule: Rule::OptionalFieldIsNotNull,
        on: Both,
        change: Content(|content| set(manifest(content), "/launchAsset/hash", Value::Null)),
    },
    Case {
        name: "asset-without-key",
        base: Multipart,
        what: "an asset has no key",
        rule: Rule::AssetHasKey,
        on: Both,
        change: Content(|content| remove(manifest(content), "/assets/0/key")),
    },
    Case {
        name: "asset-without-url",
        base: UnsignedBare,
        what: "an asset has no url",
        rule: Rule::AssetHasUrl,
        on: Both,
        change: Content(|content| remove(manifest(content), "/assets/1/url")),
    },
    Case {
        name: "asset-without-file-extension",
        base: Multipart,
        what: "an asset has no fileExtension",
        rule: Rule::AssetHasFileExtension,
        on: Both,
        change: Content(|content| remove(manifest(content), "/assets/0/fileExtension")),
    },
    Case {
        name: "asset-url-relative",
        base: Multipart,
        what: "an asset's url is a path",
        rule: Rule::AssetUrlIsAbsolute,
        on: Both,
        change: Content(|content| set(manifest(content), "/assets/0/url", json!("/assets/image"))),
    },
    Case {
        name: "asset-url-with-space",
        base: Multipart,
        what: "an asset's url has a space",
        rule: Rule::AssetUrlIsAbsolute,
        on: Both,
        change: Content(|content| set(manifest(content), "/assets/0/url", json!("https://updates.example/my image"))),
    },
    Case {
        name: "asset-without-hash",
        base: Multipart,
        what: "an asset has no hash",
        rule: Rule::AssetHasHash,
        on: Both,
        change: Content(|content| remove(manifest(content), "/assets/1/hash")),
    },
    Case {
        name: "asset-hash-in-hex",
        base: Multipart,
        what: "an asset's hash is hexadecimal",
        rule: Rule::AssetHashIsBase64Url,
        on: Both,
        change: Content(|content| {
            let hex = "47dec0a2988d1f4f5f2d8d3aa7b1c8e9d0f1a2b3c4d5e6f708192a3b4c5d6e7f";
            set(manifest(content), "/assets/1/hash", json!(hex));
        }),
    },
    Case {
        name: "asset-hash-padded",
        base: Multipart,
        what: "an asset's hash is padded",
        rule: Rule::AssetHashIsBase64Url,
        on: Both,
        change: Content(|content| set(manifest(content), "/assets/0/hash", json!(format!("{}=", IMAGE.hash())))),
    },
    Case {
        name: "two-assets-with-one-key",
        base: Multipart,
        what: "two assets with different bytes have the same key",
        rule: Rule::AssetKeysAreUnique,
        on: Both,
        change: Content(|content| set(manifest(content), "/assets/1/key", json!(IMAGE.key))),
    },
    Case {
        name: "launch-asset-and-asset-with-one-key",
        base: Bare,
        what: "an asset has the launch asset's key",
        rule: Rule::AssetKeysAreUnique,
        on: Both,
        change: Content(|content| set(manifest(content), "/assets/0/key", json!(BUNDLE.key))),
    },
    Case {
        name: "asset-key-leaves-the-directory",
        base: Multipart,
        what: "an asset's key climbs out of the client's directory",
        rule: Rule::AssetFileNameIsSafe,
        on: Both,
        change: Content(|content| set(manifest(content), "/assets/0/key", json!("../../databases/x"))),
    },
    Case {
        name: "launch-asset-key-with-backslash",
        base: UnsignedBare,
        what: "the launch asset's key has a backslash",
        rule: Rule::AssetFileNameIsSafe,
        on: Both,
        change: Content(|content| set(manifest(content), "/launchAsset/key", json!("a\\b"))),
    },
    Case {
        name: "extensions-cut-off",
        base: Multipart,
        what: "the extensions are not JSON",
        rule: Rule::ExtensionsAreJson,
        on: Both,
        change: Wire(|wire| wire.part("extensions").body.truncate(10)),
    },
    Case {
        name: "extensions-is-array",
        base: Multipart,
        what: "the extensions are a JSON array",
        rule: Rule::ExtensionsAreJson,
        on: Both,
        change: Content(|content| content.extensions = Some(json!([]))),
    },
    Case {
        name: "asset-request-headers-is-text",
        base: Multipart,
        what: "assetRequestHeaders has one text for all assets",
        rule: Rule::AssetRequestHeadersAreObjects,
        on: Both,
        change: Content(|content| content.extensions = Some(json!({"assetRequestHeaders": "Bearer vector"}))),
    },
    Case {
        name: "asset-request-headers-of-asset-is-text",
        base: Multipart,
        what: "assetRequestHeaders has a text for an asset",
        rule: Rule::AssetRequestHeadersAreObjects,
        on: Both,
        change: Content(|content| {
            content.extensions = Some(json!({"assetRequestHeaders": {FONT.key: "Bearer vector"}}));
        }),
    },
    Case {
        name: "asset-request-header-is-list",
        base: Multipart,
        what: "a request header of an asset has a list for its value",
        rule: Rule::AssetRequestHeadersAreObjects,
        on: Both,
        change: Content(|content| {
            content.extensions = Some(json!({"assetRequestHeaders": {FONT.key: {"x-tags": ["a", "b"]}}}));
        }),
    },
    Case {
        name: "asset-request-header-name-with-space",
        base: Multipart,
        what: "a request header of an asset has a space in its name",
        rule: Rule::AssetRequestHeaderIsSendable,
        on: AndroidOnly,
        change: Content(|content| {
            content.extensions = Some(json!({"assetRequestHeaders": {FONT.key: {"x tags": "a"}}}));
        }),
    },
    Case {
        name: "file-not-found",
        base: Multipart,
        what: "the bundle's URL answers 404",
        rule: Rule::AssetStatusIsSuccess,
        on: Both,
        change: Files(|files| files[0].status = 404),
    },
    Case {
        name: "file-cut-off",
        base: Multipart,
        what: "an asset's last byte is missing",
        rule: Rule::AssetHashMatches,
        on: Both,
        change: Files(|files| {
            files[1].body.pop();
        }),
    },
    Case {
        name: "file-of-another-asset",
        base: Bare,
        what: "an asset's URL answers with another asset",
        rule: Rule::AssetHashMatches,
        on: Both,
        change: Files(|files| files[2].body = IMAGE.content.to_vec()),
    },
];
