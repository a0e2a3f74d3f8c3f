//! Publishing and rolling back.
//!
//! A publish is: which blobs do you lack → upload them → *prepare* (the exact manifest bytes come back) → *commit*
//! (with signatures for keys that the server does not hold). Nothing is served before the commit.

use serde::{Deserialize, Serialize};

use crate::{Consequence, IssuedGroup, OnRollout};

/// `POST /api/v1/apps/{app}/blobs/missing`: which of these has this app not uploaded yet?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WhichBlobs {
    /// What an export consists of.
    #[serde(deserialize_with = "crate::object::many")]
    pub blobs: Vec<BlobRef>,
}

/// A file by its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BlobRef {
    /// SHA-256, 64 lower-case hexadecimal digits.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Hash))]
    pub hash: String,
    /// Bytes.
    #[serde(deserialize_with = "crate::number::bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::WholeNumber))]
    pub size: u64,
}

/// The answer to [`WhichBlobs`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MissingBlobs {
    /// The hashes to upload, each with `PUT /api/v1/apps/{app}/blobs/{hash}`.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<crate::texts::Hash>))]
    pub missing: Vec<String>,
}

/// `POST /api/v1/apps/{app}/publishes`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PreparePublish {
    /// The channel whose branch gets the update. Either this or `branch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::ChannelName>))]
    pub channel: Option<String>,
    /// The branch that gets the update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::BranchName>))]
    pub branch: Option<String>,
    /// Creates the channel, with an equally named branch, when there is none.
    #[serde(default)]
    pub create_channel: bool,
    /// What changed, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Message>))]
    pub message: Option<String>,
    /// Where the source stood.
    #[serde(default, deserialize_with = "crate::object::any", skip_serializing_if = "Option::is_none")]
    pub git: Option<Git>,
    /// Publishes also when the head already has this content.
    #[serde(default)]
    pub force: bool,
    /// Serves them to a share of the devices first: opens a rollout.
    #[serde(default, deserialize_with = "crate::number::any_basis_points", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 10_000))]
    pub rollout: Option<u16>,
    /// Serves them to the devices that match only: `{"device_in": ["…", …]}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::rule::Rule>))]
    pub rule: Option<serde_json::Value>,
    /// About a rollout that is open.
    #[serde(default)]
    pub on_rollout: OnRollout,
    /// One for each platform; published together or not at all.
    #[serde(deserialize_with = "crate::object::many")]
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 2))]
    pub platforms: Vec<PlatformExport>,
}

/// Where the source stood when the export was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Git {
    /// The commit, 40 hexadecimal digits, or 64 in a SHA-256 repository.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Commit))]
    pub commit: String,
    /// The branch, unless detached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::GitBranch>))]
    pub branch: Option<String>,
    /// Whether there were uncommitted changes.
    #[serde(default)]
    pub dirty: bool,
}

/// What one platform gets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlatformExport {
    /// `ios` or `android`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Platform))]
    pub platform: String,
    /// Must equal the binary's, as a string.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::RuntimeVersion))]
    pub runtime_version: String,
    /// SHA-256 of the launch bundle.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Hash))]
    pub bundle: String,
    /// Everything else, in the order of the export.
    #[serde(deserialize_with = "crate::object::many")]
    pub assets: Vec<ExportAsset>,
    /// The public Expo config, which becomes `extra.expoClient`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub expo_config: Option<serde_json::Value>,
}

/// One asset of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ExportAsset {
    /// SHA-256 of its bytes.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Hash))]
    pub hash: String,
    /// What the bundle's code looks it up by: the MD5 that `expo export` names the file by.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 254, pattern = r"^[^/\\\x00]+$"))]
    pub key: String,
    /// The extension, without a dot; may be empty.
    #[cfg_attr(feature = "openapi", schema(max_length = 254, pattern = r"^[^/\\\x00]*$"))]
    pub ext: String,
}

/// The answer to [`PreparePublish`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Prepared {
    /// Names the prepared publish in its commit.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Id))]
    pub id: String,
    /// What will be served, once committed.
    pub updates: Vec<PreparedUpdate>,
    /// Key ids that the server cannot sign for: their signatures must come with the commit.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<crate::texts::KeyId>))]
    pub external_keys: Vec<String>,
    /// Worth a look; nothing that stops the publish.
    pub warnings: Vec<Warning>,
}

/// One update of a prepared publish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PreparedUpdate {
    /// The manifest's id.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Id))]
    pub id: String,
    /// `ios` or `android`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Platform))]
    pub platform: String,
    /// Its runtime version.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::RuntimeVersion))]
    pub runtime_version: String,
    /// The manifest's `createdAt`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Instant))]
    pub created_at: String,
    /// The exact bytes that are served and signed (UTF-8).
    pub manifest: String,
}

/// `POST /api/v1/apps/{app}/publishes/{id}/commit`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CommitPublish {
    /// For the keys that the server does not hold.
    #[serde(default, deserialize_with = "crate::object::many")]
    pub signatures: Vec<DetachedSignature>,
}

/// A signature made elsewhere, over the exact bytes of one update's manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DetachedSignature {
    /// The update.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Id))]
    pub update: String,
    /// The key.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::KeyId))]
    pub key_id: String,
    /// RSASSA-PKCS1-v1_5 with SHA-256, in padded standard base64.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Base64))]
    pub sig: String,
}

/// What an operation issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Published {
    /// The group; published, shown and controlled as one.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Id))]
    pub group: String,
    /// The branch that has it now.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::BranchName))]
    pub branch: String,
    /// One for each platform and runtime version.
    pub updates: Vec<PublishedUpdate>,
    /// What the same transaction issued besides, such as what was beneath a rollout that it reverted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<IssuedGroup>,
    /// Worth a look.
    pub warnings: Vec<Warning>,
    /// What it means for devices, where they are offered something else than before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<Consequence>,
    /// Whether this is what it would come to, and nothing was done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// One issued entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublishedUpdate {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Id))]
    pub id: String,
    /// What it is.
    pub kind: UpdateKind,
    /// `ios` or `android`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Platform))]
    pub platform: String,
    /// Its runtime version.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::RuntimeVersion))]
    pub runtime_version: String,
    /// Its `createdAt` or `commitTime`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Instant))]
    pub created_at: String,
    /// The entry whose content it repeats, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Id>))]
    pub origin: Option<String>,
    /// Whether it waits behind a pin.
    #[serde(default)]
    pub held: bool,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UpdateKind {
    /// A manifest with its assets.
    Update,
    /// The directive that sends devices to the update inside their binary.
    RollBackToEmbedded,
}

/// Something worth a look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Warning {
    /// Stable, for programs.
    pub code: String,
    /// For people.
    pub message: String,
}

/// `POST /api/v1/apps/{app}/roll-backs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RollBack {
    /// The channel whose branch goes back. Either this or `branch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::ChannelName>))]
    pub channel: Option<String>,
    /// The branch that goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::BranchName>))]
    pub branch: Option<String>,
    /// Where to.
    pub to: RollBackTo,
    /// The group or update of the branch to go back to; with `to` = `group` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Id>))]
    pub group: Option<String>,
    /// About a rollout that is open.
    #[serde(default)]
    pub on_rollout: OnRollout,
    /// Only this platform; by default every platform of the newest group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Platform>))]
    pub platform: Option<String>,
    /// Only this runtime version; by default those of the newest group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::RuntimeVersion>))]
    pub runtime_version: Option<String>,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Message>))]
    pub message: Option<String>,
}

/// Where a roll back goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum RollBackTo {
    /// To what was served before the head.
    Previous,
    /// To the update inside the binary.
    Embedded,
    /// To what a named group shows.
    Group,
}
