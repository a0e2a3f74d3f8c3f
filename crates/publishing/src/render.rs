//! From an export to the exact bytes of its manifest.

use std::collections::HashSet;

use bytes::Bytes;
use model::control::ContentFingerprint;
use model::{BlobHash, BranchId, BranchName, ChannelName, Millis, UpdateId};
use protocol::asset_hash::{asset_hash, parse_asset_hash};
use protocol::content_type;
use protocol::directive::SigningInfo;
use protocol::manifest::{Asset, LaunchAsset};
use protocol::{Directive, Manifest, Timestamp};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use store::{NewAsset, StoredUpdate};

use crate::PublishError;
use crate::content::{CheckedAsset, CheckedExport, Place};
use crate::remote::AssetUrl;

/// What a manifest says beside the export's own content.
pub(crate) struct Frame<'p> {
    pub id: UpdateId,
    pub created_at: Millis,
    pub branch: BranchId,
    pub branch_name: &'p BranchName,
    pub channel: Option<&'p ChannelName>,
    pub commit: Option<&'p str>,
    pub public_url: &'p str,
}

/// The key of `metadata` that filters compare (architecture.md §4 *Filters*).
pub(crate) const BRANCH_ID: &str = "branchId";

pub(crate) fn manifest(export: &CheckedExport, frame: &Frame<'_>) -> Result<Manifest, PublishError> {
    Ok(Manifest {
        id: frame.id.0,
        created_at: timestamp(frame.created_at)?,
        runtime_version: export.lane.runtime_version.to_string(),
        launch_asset: LaunchAsset {
            hash: asset_hash(&export.bundle.0),
            // A bundle whose key is known is never downloaded again, so the key is the content (protocol.md §3).
            key: export.bundle.to_string(),
            content_type: content_type::LAUNCH_ASSET.into(),
            url: url_of(&export.bundle_place, export.bundle, frame.public_url),
        },
        assets: export.assets.iter().map(|asset| manifest_asset(asset, frame.public_url)).collect(),
        metadata: export
            .metadata
            .clone()
            .into_iter()
            .chain([(BRANCH_ID.to_owned(), frame.branch.to_string())])
            .collect(),
        extra: extra(export.config.as_ref(), frame),
    })
}

fn manifest_asset(asset: &CheckedAsset, public_url: &str) -> Asset {
    Asset {
        hash: asset_hash(&asset.hash.0),
        key: asset.key.clone(),
        content_type: asset.content_type.clone().into_owned(),
        file_extension: asset.file_extension.clone(),
        url: url_of(&asset.place, asset.hash, public_url),
    }
}

fn url_of(place: &Place, hash: BlobHash, public_url: &str) -> String {
    place.url().map_or_else(|| asset_url(public_url, hash), ToString::to_string)
}

fn asset_url(public_url: &str, hash: BlobHash) -> String {
    format!("{public_url}/assets/{hash}")
}

/// What the app's code reads as `Constants.expoConfig`, and the product brief's flat keys (protocol.md §3, §8).
fn extra(config: Option<&Value>, frame: &Frame<'_>) -> Map<String, Value> {
    let mut extra = Map::new();
    if let Some(config) = config {
        extra.insert("expoClient".into(), config.clone());
        if let Some(scope_key) = scope_key(config) {
            extra.insert("scopeKey".into(), scope_key.into());
        }
        if let Some(project_id) = project_id(config) {
            extra.insert("eas".into(), json!({ "projectId": project_id }));
        }
    }
    if let Some(channel) = frame.channel {
        extra.insert("channel".into(), channel.as_str().into());
    }
    extra.insert("branchName".into(), frame.branch_name.as_str().into());
    if let Some(commit) = frame.commit {
        extra.insert("commit".into(), commit.into());
    }
    extra
}

fn project_id(config: &Value) -> Option<&str> {
    config.pointer("/extra/eas/projectId")?.as_str()
}

fn scope_key(config: &Value) -> Option<&str> {
    config.get("scopeKey").or_else(|| config.pointer("/extra/scopeKey"))?.as_str()
}

/// The same content under a new id, time and branch.
pub(crate) fn reissue(stored: &StoredUpdate, frame: &Frame<'_>) -> Result<Manifest, PublishError> {
    let manifest =
        Manifest::parse(&stored.body).map_err(|error| PublishError::Internal(format!("a stored manifest: {error}")))?;
    let mut manifest = manifest.reissue(frame.id.0, timestamp(frame.created_at)?);
    // The address of this server today: the one of then may be gone. What lies on another host stays there.
    let here: HashSet<BlobHash> = stored.assets.iter().map(|asset| asset.hash).collect();
    let assets = manifest.assets.iter_mut().map(|asset| (&asset.hash, &mut asset.url));
    for (hash, url) in assets.chain([(&manifest.launch_asset.hash, &mut manifest.launch_asset.url)]) {
        let hash = parse_asset_hash(hash).map(BlobHash);
        let hash = hash.ok_or_else(|| PublishError::Internal("a stored hash".into()))?;
        if here.contains(&hash) {
            *url = asset_url(frame.public_url, hash);
        }
    }
    manifest.metadata.insert(BRANCH_ID.into(), frame.branch.to_string());
    manifest.extra.insert("branchName".into(), frame.branch_name.as_str().into());
    if let Some(channel) = frame.channel {
        manifest.extra.insert("channel".into(), channel.as_str().into());
    }
    Ok(manifest)
}

/// The directive that sends devices to the update inside their binary.
pub(crate) fn directive(commit_time: Millis, newest: Option<&Manifest>) -> Result<Bytes, PublishError> {
    Ok(Directive::roll_back_to_embedded(timestamp(commit_time)?, newest.and_then(signing_info)).render())
}

/// A certificate that is bound to a project asks for its names in directives too (protocol.md §4).
fn signing_info(manifest: &Manifest) -> Option<SigningInfo> {
    let project_id = manifest.extra.get("eas")?.get("projectId")?.as_str()?;
    let scope_key = manifest.extra.get("scopeKey")?.as_str()?;
    Some(SigningInfo { project_id: project_id.into(), scope_key: scope_key.into() })
}

/// What the update shows to a device, without what differs at every publish: id, time, commit and the channel named. The
/// address of its assets counts: on a moved server the same content is worth publishing again.
pub(crate) fn fingerprint(export: &CheckedExport, public_url: &str) -> ContentFingerprint {
    let assets: Vec<_> =
        export.assets.iter().map(|asset| json!([asset.key, asset.file_extension, asset.hash])).collect();
    let mut content = json!({ "bundle": export.bundle, "assets": assets, "config": export.config, "at": public_url });
    let places = std::iter::once(&export.bundle_place).chain(export.assets.iter().map(|asset| &asset.place));
    let places: Vec<_> = places.map(|place| place.url().map(AssetUrl::as_str)).collect();
    if places.iter().any(Option::is_some) {
        content["places"] = json!(places);
        content["metadata"] = json!(export.metadata);
    }
    ContentFingerprint(Sha256::digest(content.to_string().as_bytes()).into())
}

/// The fingerprint of every roll back to embedded: they all show the same.
pub(crate) fn embedded_fingerprint() -> ContentFingerprint {
    ContentFingerprint(Sha256::digest(b"rollBackToEmbedded").into())
}

/// The rows of an export's files, launch asset first. Of those on other hosts there are none: rows are about blobs.
pub(crate) fn asset_rows(export: &CheckedExport) -> Vec<NewAsset> {
    let bundle = (export.bundle_place == Place::Here).then(|| NewAsset {
        hash: export.bundle,
        key: export.bundle.to_string(),
        content_type: content_type::LAUNCH_ASSET.into(),
        launch: true,
    });
    let others = export.assets.iter().filter(|asset| asset.place == Place::Here).map(|asset| NewAsset {
        hash: asset.hash,
        key: asset.key.clone(),
        content_type: asset.content_type.clone().into_owned(),
        launch: false,
    });
    bundle.into_iter().chain(others).collect()
}

pub(crate) fn timestamp(instant: Millis) -> Result<Timestamp, PublishError> {
    Timestamp::from_millis(instant.0)
        .map_err(|_| PublishError::Internal(format!("{} is no instant that a manifest can carry", instant.0)))
}
