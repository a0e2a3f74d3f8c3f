//! The manifest: what an update is, in the client's words (protocol.md §3).

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::infallible;
use crate::timestamp::Timestamp;

/// One platform's update as the client reads it.
///
/// The fields are written in the order in which they stand here. No field is ever `null` or left out: iOS crashes on
/// either where it asks for a value (protocol.md §3). Rendered once at publish; those bytes are signed, stored and sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// The update's id, written in lower case. The client never compares two manifests with one id.
    pub id: Uuid,
    /// When the update was committed: unique and increasing over all that one app and platform can ever be sent
    /// (protocol.md §4.3).
    pub created_at: Timestamp,
    /// The native interface that the update needs; must equal the binary's, byte by byte.
    pub runtime_version: String,
    /// The bundle.
    pub launch_asset: LaunchAsset,
    /// Everything else that the bundle looks up by key.
    pub assets: Vec<Asset>,
    /// Strings that `expo-manifest-filters` are compared with. Always sent, `{}` at least: without it a stored update
    /// is read back as an embedded one. No two keys may differ only in case: that traps on iOS.
    pub metadata: BTreeMap<String, String>,
    /// What the app's own code reads: `expoClient` (the public config), `scopeKey`, `eas`, and the product brief's
    /// flat keys. Keeps its order.
    pub extra: Map<String, Value>,
}

/// The bundle of a [`Manifest`]. It has no file extension: the client gives it its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LaunchAsset {
    /// See [`crate::asset_hash::asset_hash`]; verified by the client after decompression and patching.
    pub hash: String,
    /// The file's name on disk. Must change with the content: a bundle whose key is known is never downloaded again.
    pub key: String,
    /// For caches and people; the client does not read it.
    pub content_type: String,
    /// Absolute.
    pub url: String,
}

/// A file that the bundle looks up by key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Asset {
    /// See [`crate::asset_hash::asset_hash`].
    pub hash: String,
    /// What the bundle's code asks for: the MD5 in hex that `expo export` names the file by.
    pub key: String,
    /// For caches and people; the client does not read it.
    pub content_type: String,
    /// With its dot: `.png`. Required: without it iOS crashes and Android drops the asset.
    pub file_extension: String,
    /// Absolute.
    pub url: String,
}

/// Bytes that are not a manifest as [`Manifest::render`] writes it.
#[derive(Debug, thiserror::Error)]
#[error("not a manifest of this protocol")]
pub struct ManifestError(#[source] serde_json::Error);

impl Manifest {
    /// The bytes that are signed, stored and sent: compact JSON, UTF-8 without a byte order mark.
    pub fn render(&self) -> Bytes {
        infallible::json(self)
    }

    /// Reads rendered bytes back. `render` of what this returns gives the same bytes again.
    pub fn parse(json: &[u8]) -> Result<Self, ManifestError> {
        serde_json::from_slice(json).map_err(ManifestError)
    }

    /// The same content as a new update: the way back and the way to another branch are both forward in time
    /// (protocol.md §4.1). Nothing is downloaded twice, because the assets keep their keys and URLs.
    #[must_use]
    pub fn reissue(&self, id: Uuid, created_at: Timestamp) -> Self {
        Self { id, created_at, ..self.clone() }
    }
}
