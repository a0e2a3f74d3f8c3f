//! The valid answers that are mutated.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::draft::{BOUNDARY, Client, Content, Message, Part, Shape, Wire, key_file, signature};

/// 2026-02-01T00:00:00.000Z.
pub(super) const NOW_MS: i64 = 1_769_904_000_000;

/// A valid answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// A signed manifest with extensions, filters and server-defined headers.
    Multipart,
    /// The same manifest alone, signed in the outer header.
    Bare,
    /// The same for an app without a certificate.
    UnsignedBare,
    /// A 204.
    NoContent,
    /// A signed `rollBackToEmbedded`.
    RollBack,
    /// A signed `noUpdateAvailable`.
    NoUpdate,
    /// A manifest signed by a leaf, with its chain.
    Chain,
    /// A manifest for an app whose certificate is bound to a project.
    Bound,
    /// A `noUpdateAvailable` for that app.
    BoundNoUpdate,
    /// A manifest in multipart for a client of protocol 0.
    ProtocolZero,
}

impl Base {
    pub(super) const ALL: [Self; 10] = [
        Self::Multipart,
        Self::Bare,
        Self::UnsignedBare,
        Self::NoContent,
        Self::RollBack,
        Self::NoUpdate,
        Self::Chain,
        Self::Bound,
        Self::BoundNoUpdate,
        Self::ProtocolZero,
    ];

    pub(super) const fn describe(self) -> &'static str {
        match self {
            Self::Multipart => "a signed manifest in multipart, with extensions, filters and server-defined headers",
            Self::Bare => "a signed bare manifest",
            Self::UnsignedBare => "a bare manifest for an app without a certificate",
            Self::NoContent => "a 204",
            Self::RollBack => "a signed rollBackToEmbedded",
            Self::NoUpdate => "a signed noUpdateAvailable",
            Self::Chain => "a manifest signed by a leaf, with its certificate chain",
            Self::Bound => "a manifest for an app whose certificate is bound to a project",
            Self::BoundNoUpdate => "a noUpdateAvailable for an app whose certificate is bound to a project",
            Self::ProtocolZero => "a manifest in multipart for a client of protocol 0",
        }
    }

    pub(super) const fn client(self) -> Client {
        match self {
            Self::UnsignedBare => Client::OPEN,
            Self::Multipart | Self::Bare | Self::NoContent | Self::RollBack | Self::NoUpdate => Client::SIGNED,
            Self::Chain => Client::CHAIN,
            Self::Bound | Self::BoundNoUpdate => Client::BOUND,
            Self::ProtocolZero => Client::ZERO,
        }
    }

    pub(super) fn content(self) -> Content {
        let mut content = Content::default();
        match self {
            Self::NoContent => {}
            Self::RollBack => {
                let parameters = json!({"commitTime": "2026-01-31T09:00:00.000Z"});
                content.directive = Some(json!({"type": "rollBackToEmbedded", "parameters": parameters}));
            }
            Self::NoUpdate => content.directive = Some(json!({"type": "noUpdateAvailable"})),
            Self::BoundNoUpdate => {
                let info = json!({"projectId": "5f1c2b3a-4d5e-4f60-8172-93a4b5c6d7e8", "scopeKey": "@example/hello"});
                content.directive = Some(json!({"type": "noUpdateAvailable", "extra": {"signingInfo": info}}));
            }
            Self::Multipart | Self::Bare | Self::UnsignedBare | Self::Chain | Self::Bound | Self::ProtocolZero => {
                content.manifest = Some(manifest());
            }
        }
        if self == Self::Multipart {
            let bundle = BUNDLE.key;
            content.extensions = Some(json!({"assetRequestHeaders": {bundle: {"authorization": "Bearer vector"}}}));
        }
        if self == Self::Chain {
            content.chain = vec!["chain-leaf.pem", "chain-intermediate.pem"];
        }
        content
    }

    /// Signs and shapes the content as this base does.
    pub(super) fn wire(self, content: &Content) -> Wire {
        let mut wire = Wire { status: 200, headers: outer_headers(), shape: Shape::Empty };
        match self {
            Self::NoContent => wire.status = 204,
            Self::Bare | Self::UnsignedBare => {
                let body = bytes(content.manifest.as_ref().unwrap_or(&Value::Null));
                wire.set("content-type", "application/expo+json");
                if self == Self::Bare {
                    wire.set("expo-signature", &signature(&body));
                }
                wire.shape = Shape::Bare(body);
            }
            _ => {
                wire.set("content-type", &format!("multipart/mixed; boundary={BOUNDARY}"));
                wire.shape = Shape::Multipart(parts(content));
            }
        }
        if self == Self::Multipart {
            wire.set("expo-manifest-filters", "branchid=\"main\"");
            wire.set("expo-server-defined-headers", "expo-rollout=\"7\"");
        }
        wire
    }

    /// The unmutated answer.
    pub(super) fn message(self) -> Message {
        self.wire(&self.content()).render()
    }
}

fn outer_headers() -> Vec<(String, String)> {
    [("expo-protocol-version", "1"), ("expo-sfv-version", "0"), ("cache-control", "private, max-age=0")]
        .map(|(name, value)| (String::from(name), String::from(value)))
        .to_vec()
}

fn parts(content: &Content) -> Vec<Part> {
    let mut parts = Vec::new();
    for (name, json) in [("manifest", &content.manifest), ("directive", &content.directive)] {
        if let Some(json) = json {
            let body = bytes(json);
            parts.push(Part::new(name, "application/json; charset=utf-8", Some(signature(&body)), body));
        }
    }
    if let Some(extensions) = &content.extensions {
        parts.push(Part::new("extensions", "application/json", None, bytes(extensions)));
    }
    if !content.chain.is_empty() {
        let chain: String = content.chain.iter().map(|file| key_file(file)).collect();
        parts.push(Part::new("certificate_chain", "application/x-pem-file", None, chain.into_bytes()));
    }
    parts
}

fn bytes(json: &Value) -> Vec<u8> {
    json.to_string().into_bytes()
}

/// A file of the manifest.
#[derive(Debug, Clone, Copy)]
pub(super) struct File {
    pub(super) key: &'static str,
    pub(super) path: &'static str,
    pub(super) content: &'static [u8],
}

impl File {
    pub(super) fn url(&self) -> String {
        format!("https://updates.example/assets/{}", self.path)
    }

    pub(super) fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.content))
    }
}

pub(super) const BUNDLE: File = File { key: "c2b1f9d8e7a6", path: "bundle", content: b"globalThis.vector = 1;\n" };
pub(super) const IMAGE: File =
    File { key: "0f1e2d3c4b5a69788796a5b4c3d2e1f0", path: "image", content: b"not really a picture\n" };
pub(super) const FONT: File = File { key: "8899aabbccddeeff0011223344556677", path: "font", content: b"nor a font\n" };

pub(super) const FILES: [File; 3] = [BUNDLE, IMAGE, FONT];

fn manifest() -> Value {
    let asset = |file: File, content_type: &str, extension: &str| {
        json!({
            "hash": file.hash(),
            "key": file.key,
            "contentType": content_type,
            "fileExtension": extension,
            "url": file.url(),
        })
    };
    let bundle = json!({
        "hash": BUNDLE.hash(),
        "key": BUNDLE.key,
        "contentType": "application/javascript",
        "url": BUNDLE.url(),
    });
    json!({
        "id": "0190f3c1-7a2b-7c3d-8e4f-5a6b7c8d9e0f",
        "createdAt": "2026-01-31T09:00:00.000Z",
        "runtimeVersion": "1.0.0",
        "launchAsset": bundle,
        "assets": [asset(IMAGE, "image/png", ".png"), asset(FONT, "font/ttf", ".ttf")],
        "metadata": {"branchId": "main"},
        "extra": {
            "scopeKey": "@example/hello",
            "eas": {"projectId": "5f1c2b3a-4d5e-4f60-8172-93a4b5c6d7e8"},
            "expoClient": {"name": "Hello", "slug": "hello", "version": "1.0.0"},
        },
    })
}
