//! The protocol's header names, lower case (protocol.md §1, §2, §8). Compare with these, never with literals of your own.

/// Request: what the device wants to run.
pub const PLATFORM: &str = "expo-platform";
/// Request and response: version of the protocol.
pub const PROTOCOL_VERSION: &str = "expo-protocol-version";
/// Request: the native interface of the binary.
pub const RUNTIME_VERSION: &str = "expo-runtime-version";
/// Request: the channel, as written into the binary.
pub const CHANNEL: &str = "expo-channel-name";
/// Request: the channel, as older binaries name it.
pub const RELEASE_CHANNEL: &str = "expo-release-channel";
/// Request: one UUID per installation.
pub const CLIENT_ID: &str = "eas-client-id";
/// Request: the update that runs.
pub const CURRENT_UPDATE_ID: &str = "expo-current-update-id";
/// Request: the update inside the binary.
pub const EMBEDDED_UPDATE_ID: &str = "expo-embedded-update-id";
/// Request: updates that failed to launch.
pub const RECENT_FAILED_UPDATE_IDS: &str = "expo-recent-failed-update-ids";
/// Request: what the last crash said.
pub const FATAL_ERROR: &str = "expo-fatal-error";
/// Request: what the app set with `Updates.setExtraParamAsync`.
pub const EXTRA_PARAMS: &str = "expo-extra-params";
/// Request: the signature the app will verify.
pub const EXPECT_SIGNATURE: &str = "expo-expect-signature";
/// Response (bare shapes) and part header (multipart): the signature.
pub const SIGNATURE: &str = "expo-signature";
/// Response: the bare base64 signature of the product brief's simpler shape (protocol.md §8).
pub const MANIFEST_SIGNATURE: &str = "expo-manifest-signature";
/// Response: version of the structured fields in use.
pub const SFV_VERSION: &str = "expo-sfv-version";
/// Response: which stored updates may be launched.
pub const MANIFEST_FILTERS: &str = "expo-manifest-filters";
/// Response: headers that the client sends back on every later check.
pub const SERVER_DEFINED_HEADERS: &str = "expo-server-defined-headers";

/// The names that answers carry, ready to be inserted.
pub mod response {
    use http::HeaderName;

    /// See [`super::PROTOCOL_VERSION`].
    pub const PROTOCOL_VERSION: HeaderName = HeaderName::from_static(super::PROTOCOL_VERSION);
    /// See [`super::SFV_VERSION`].
    pub const SFV_VERSION: HeaderName = HeaderName::from_static(super::SFV_VERSION);
    /// See [`super::MANIFEST_FILTERS`].
    pub const MANIFEST_FILTERS: HeaderName = HeaderName::from_static(super::MANIFEST_FILTERS);
    /// See [`super::SERVER_DEFINED_HEADERS`].
    pub const SERVER_DEFINED_HEADERS: HeaderName = HeaderName::from_static(super::SERVER_DEFINED_HEADERS);
    /// See [`super::SIGNATURE`].
    pub const SIGNATURE: HeaderName = HeaderName::from_static(super::SIGNATURE);
    /// See [`super::MANIFEST_SIGNATURE`].
    pub const MANIFEST_SIGNATURE: HeaderName = HeaderName::from_static(super::MANIFEST_SIGNATURE);
}
