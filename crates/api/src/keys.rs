//! Signing keys.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `GET /api/v1/apps/{app}/keys`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Keys {
    /// By key id.
    pub keys: Vec<Key>,
    /// Asks for the page after this one as `?cursor=`; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// One signing key, without its private part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Key {
    /// What `codeSigningMetadata.keyid` says.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::KeyId))]
    pub key_id: String,
    /// Always `rsa-v1_5-sha256`: the only one that the client knows.
    pub algorithm: String,
    /// Who can sign with it.
    pub holder: KeyHolder,
    /// The certificate's subject.
    pub subject: String,
    /// SHA-256 of the certificate, hexadecimal.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Hash))]
    pub fingerprint: String,
    /// First instant of validity, RFC 3339 with milliseconds.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Instant))]
    pub not_before: String,
    /// Last instant of validity, RFC 3339 with milliseconds.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::Instant))]
    pub not_after: String,
    /// The certificate in PEM: what `codeSigningCertificate` points at.
    pub certificate: String,
    /// The leaf and intermediates that travel with each manifest, where the app trusts a root of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
}

/// Who holds a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum KeyHolder {
    /// The server, sealed at rest; it signs by itself.
    Server,
    /// Somebody else; signatures come with each publish.
    Ci,
}

/// `POST /api/v1/apps/{app}/keys/generate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GenerateKey {
    /// What `codeSigningMetadata.keyid` will say.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::KeyId))]
    pub key_id: String,
    /// The certificate's subject; by default the app's slug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::CommonName>))]
    pub common_name: Option<String>,
    /// How long the certificate is valid; 10 by default. It sits in binaries, so it must outlive them.
    #[serde(default, deserialize_with = "crate::number::any", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 30))]
    pub validity_years: Option<u8>,
    /// 2048 (default), 3072 or 4096.
    #[serde(default, deserialize_with = "crate::number::any", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::texts::KeyBits>))]
    pub bits: Option<u16>,
}

/// `POST /api/v1/apps/{app}/keys/import`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ImportKey {
    /// What `codeSigningMetadata.keyid` says.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::KeyId))]
    pub key_id: String,
    /// PEM, PKCS#1 or PKCS#8, not encrypted.
    pub private_key: String,
    /// PEM; one certificate, or the leaf followed by its intermediates.
    pub certificate: String,
}

impl fmt::Debug for ImportKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
