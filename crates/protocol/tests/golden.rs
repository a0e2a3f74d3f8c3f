//! What we send, byte by byte, against `vectors/good/protocol`.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;

use http::HeaderValue;
use protocol::asset_hash::asset_hash;
use protocol::directive::SigningInfo;
use protocol::manifest::{Asset, LaunchAsset};
use protocol::multipart::{Message, Multipart};
use protocol::structured::{StringDictionary, bare_signature_header, branch_filter, signature_header};
use protocol::{Directive, Manifest, Timestamp, etag};
use serde_json::json;
use sha2::{Digest, Sha256};

const BRANCH: &str = "0198f0c2-8d5e-7a3b-9c1d-2e3f4a5b6c7d";
fn vector(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/good/protocol").join(name);
    std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display())).unwrap()
}

#[track_caller]
fn assert_bytes(found: impl AsRef<[u8]>, name: &str) {
    let (found, expected) = (found.as_ref(), vector(name));
    assert_eq!(String::from_utf8_lossy(found), String::from_utf8_lossy(&expected), "{name}");
    assert_eq!(found, expected, "{name}");
}

fn signature() -> Vec<u8> {
    (0..=255).collect()
}

fn hash_and_url(content: &str) -> (String, String) {
    let sha256: [u8; 32] = Sha256::digest(content).into();
    let hex: String = sha256
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        .collect();
    (asset_hash(&sha256), format!("https://updates.example.com/assets/{hex}"))
}

fn asset(content: &str, key: &str, content_type: &str, file_extension: &str) -> Asset {
    let (hash, url) = hash_and_url(content);
    let (key, content_type, file_extension) = (key.to_owned(), content_type.to_owned(), file_extension.to_owned());
    Asset { hash, key, content_type, file_extension, url }
}

fn launch_asset(content: &str, key: &str) -> LaunchAsset {
    let (hash, url) = hash_and_url(content);
    LaunchAsset { hash, key: key.to_owned(), content_type: "application/javascript".to_owned(), url }
}

fn manifest() -> Manifest {
    let extra = json!({
        "expoClient": {
            "name": "Hello", "slug": "hello", "version": "1.0.0", "ios": { "supportsTablet": true },
            "a": null, "z": [1, 2.5, "\u{2028}\"\\/\n"], "sdkVersion": "57.0.0",
        },
        "scopeKey": "@me/hello",
        "eas": { "projectId": "11111111-2222-4333-8444-555555555555" },
        "channel": "production",
        "branchName": "main",
        "commit": "e80d23c",
    });
    Manifest {
        id: "3D0E3B7C-5A2F-4C5E-9A55-0F5A7B1C2D3E".parse().unwrap(),
        created_at: "2026-01-31T09:00:00.000Z".parse().unwrap(),
        runtime_version: "1.2.3+ios.4/ä".to_owned(),
        launch_asset: launch_asset("bundle", "0e911eeb3c9b47c8410896a96229135f"),
        assets: vec![
            asset("image", "0a328cd9c1afd0afe8e3b1ec5165b1b4", "image/png", ".png"),
            asset("nameless", "7d40544b395c5949f4646f5e150fe020", "application/octet-stream", ""),
        ],
        metadata: [("branchId".to_owned(), BRANCH.to_owned())].into(),
        extra: extra.as_object().unwrap().clone(),
    }
}

fn minimal_manifest() -> Manifest {
    let mut launch_asset = launch_asset("", "k");
    "http://localhost:8080/assets/x".clone_into(&mut launch_asset.url);
    Manifest {
        id: "00000000-0000-4000-8000-000000000001".parse().unwrap(),
        created_at: Timestamp::from_millis(0).unwrap(),
        runtime_version: "1.0.0".to_owned(),
        launch_asset,
        assets: Vec::new(),
        metadata: [].into(),
        extra: serde_json::Map::new(),
    }
}

fn roll_back(signing_info: Option<SigningInfo>) -> Directive {
    Directive::roll_back_to_embedded("2026-01-31T09:00:00.001Z".parse().unwrap(), signing_info)
}

fn signing_info() -> SigningInfo {
    SigningInfo { project_id: "11111111-2222-4333-8444-555555555555".to_owned(), scope_key: "@me/hello".to_owned() }
}

#[test]
fn manifests() {
    for (manifest, name) in [(manifest(), "manifest.json"), (minimal_manifest(), "manifest-minimal.json")] {
        assert_bytes(manifest.render(), name);
        assert_eq!(Manifest::parse(&vector(name)).unwrap(), manifest);
    }
}

#[test]
fn directives() {
    for (directive, name) in [
        (roll_back(None), "directive-roll-back.json"),
        (roll_back(Some(signing_info())), "directive-roll-back-signing-info.json"),
        (Directive::no_update_available(None), "directive-no-update.json"),
        (Directive::no_update_available(Some(signing_info())), "directive-no-update-signing-info.json"),
    ] {
        assert_bytes(directive.render(), name);
        assert_eq!(Directive::parse(&vector(name)).unwrap(), directive);
    }
}

#[test]
fn structured_headers() {
    let cohort = StringDictionary::new().with("x-cohort", "b \"2\"").and_then(|headers| headers.with("x-a.b_c*", "\\"));
    assert_bytes(cohort.unwrap().to_header_value().unwrap(), "expo-server-defined-headers.txt");
    assert_bytes(branch_filter(BRANCH).unwrap(), "expo-manifest-filters.txt");
    assert_bytes(signature_header(&signature(), "main").unwrap(), "expo-signature.txt");
    assert_bytes(bare_signature_header(&signature()), "expo-manifest-signature.txt");
    assert_bytes(etag::strong(&[&vector("manifest.json")]), "etag.txt");
}

#[test]
fn multipart_answers() {
    let signature: HeaderValue = signature_header(&signature(), "main").unwrap();
    let (manifest, directive) = (manifest().render(), roll_back(None).render());
    let (extensions, certificate_chain) = (vector("extensions.json"), vector("certificate-chain.pem"));
    let plain = Multipart {
        message: Message::Manifest,
        body: &manifest,
        signature: None,
        extensions: None,
        certificate_chain: None,
    };
    let everything = Multipart {
        signature: Some(&signature),
        extensions: Some(&extensions),
        certificate_chain: Some(&certificate_chain),
        ..plain
    };
    let directive = Multipart { message: Message::Directive, body: &directive, signature: Some(&signature), ..plain };
    for (multipart, name) in [
        (plain, "multipart-manifest"),
        (everything, "multipart-manifest-signed"),
        (directive, "multipart-directive-signed"),
    ] {
        let rendered = multipart.render();
        assert_bytes(&rendered.body, &format!("{name}.body"));
        assert_bytes(rendered.content_type, &format!("{name}.content-type"));
    }
}
