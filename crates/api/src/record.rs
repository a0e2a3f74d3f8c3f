//! Publishing an update whose files already lie on the publisher's own CDN.

use serde::{Deserialize, Serialize};

use crate::OnRollout;

/// `POST /admin/publish`: the record of an update, in the shape of the product brief.
///
/// Two things differ from the brief's smallest record, since a phone runs a file without a hash unchecked and never downloads
/// a key again that it has: every file needs a hash or the record `verify`, and the bundle's key is its hash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PublishRecord {
    /// The update's id, a UUID that no update has or had; by default the server makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::NewId>))]
    pub id: Option<String>,
    /// `ios` or `android`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Platform))]
    pub platform: String,
    /// Must equal the binary's, as a string.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::RuntimeVersion))]
    pub runtime_version: String,
    /// The channel whose branch gets the update.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::ChannelName))]
    pub channel: String,
    /// Where the bundle lies: `http` or `https`, without a user name.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::AssetUrl))]
    pub launch_asset_url: String,
    /// The bundle's SHA-256: 64 hexadecimal digits, or base64url without padding. It becomes the bundle's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Sha256>))]
    pub launch_asset_hash: Option<String>,
    /// Everything else that the bundle looks up.
    #[serde(default, deserialize_with = "crate::object::many")]
    pub assets: Vec<RecordAsset>,
    /// Strings for the manifest's `metadata`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<std::collections::HashMap<String, String>>))]
    pub metadata: Option<serde_json::Map<String, serde_json::Value>>,
    /// The commit that the source stood at; becomes `extra.commit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::AnyCommit>))]
    pub commit: Option<String>,
    /// Percent of the devices, 0 to 100. Less than 100 opens a rollout, 0 one that nobody is in yet; 100 is the default
    /// and opens none.
    #[serde(default, deserialize_with = "crate::number::any_basis_points", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 100))]
    pub rollout: Option<u16>,
    /// Stores it without serving it to anybody, until it is enabled.
    #[serde(default)]
    pub is_disabled: bool,
    /// Has the server fetch every file from its URL and hash it. Needed where a file has no hash; one that has is compared.
    #[serde(default)]
    pub verify: bool,
    /// What changed, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Message>))]
    pub message: Option<String>,
    /// The public Expo config (`npx expo config --type public --json`), which becomes `extra.expoClient`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expo_config: Option<serde_json::Value>,
    /// Publishes also when the head already has this content.
    #[serde(default)]
    pub force: bool,
    /// About a rollout that is open.
    #[serde(default)]
    pub on_rollout: OnRollout,
}

/// A file of a [`PublishRecord`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RecordAsset {
    /// Without folders. What stands before the last dot is the asset's key, which the bundle's code looks it up by; in an
    /// export of Expo it is the MD5 of the file.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::FileName))]
    pub file_name: String,
    /// Where it lies: `http` or `https`, without a user name.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::AssetUrl))]
    pub url: String,
    /// What the CDN serves it as; by default what the extension says. Phones do not read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::MediaType>))]
    pub content_type: Option<String>,
    /// Its SHA-256: 64 hexadecimal digits, or base64url without padding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::Sha256>))]
    pub hash: Option<String>,
}
