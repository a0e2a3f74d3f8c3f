//! The one table of what the device surface refuses with. A device logs it; its developer reads it.

/// What a code means, whatever the occasion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceCode {
    /// Stable: programs match on it.
    pub code: &'static str,
    /// The HTTP status that goes with it.
    pub status: u16,
    /// What went wrong, without a full stop.
    pub title: &'static str,
    /// What to do about it, without a full stop.
    pub hint: &'static str,
}

const fn row(code: &'static str, status: u16, title: &'static str, hint: &'static str) -> DeviceCode {
    DeviceCode { code, status, title, hint }
}

/// Every code, by status.
pub const ALL: &[DeviceCode] = &[
    row("missing_platform", 400, "The check names no platform", "send `expo-platform: android` or `ios`"),
    row("unknown_platform", 400, "The check names another platform", "send `expo-platform: android` or `ios`"),
    row(
        "missing_runtime_version",
        400,
        "The check names no runtime version",
        "set `runtimeVersion` in the app config and build the app again",
    ),
    row(
        "runtime_version_too_long",
        400,
        "The runtime version is too long",
        "set a shorter `runtimeVersion` in the app config and build the app again",
    ),
    row(
        "channel_too_long",
        400,
        "The channel's name is too long",
        "set `updates.requestHeaders.expo-channel-name` in the app config to the name of a channel",
    ),
    row(
        "empty_channel",
        400,
        "The channel's name is empty",
        "set `updates.requestHeaders.expo-channel-name` in the app config to the name of a channel",
    ),
    row(
        "unsupported_protocol_version",
        400,
        "The server does not speak this version of the update protocol",
        "send `expo-protocol-version: 1`, or update the server",
    ),
    row(
        "malformed_expect_signature",
        400,
        "It cannot be read which signature the device expects",
        "send the structured field as expo-updates does, or leave it out",
    ),
    row(
        "unsupported_signature_algorithm",
        400,
        "The device expects a signature by another algorithm",
        "set `codeSigningMetadata.alg` in the app config to `rsa-v1_5-sha256`",
    ),
    row("ambiguous_header", 400, "One header says two things", "send it once; a proxy may be adding its own"),
    row(
        "unknown_key",
        400,
        "The device expects a signature by a key that the app does not have",
        "`codeSigningMetadata.keyid` in app.json must name a key of the server: `updraft keys list`",
    ),
    row(
        "missing_api_key",
        401,
        "The device shows no key",
        "`updates.requestHeaders` in app.json sets it; it is fixed when the binary is built",
    ),
    row(
        "wrong_api_key",
        401,
        "The device shows a key that is not valid",
        "`updates.requestHeaders` in app.json sets it; it is fixed when the binary is built",
    ),
    row("unknown_app", 404, "There is no such app", "`updates.url` in app.json names the app"),
    row(
        "unknown_channel",
        404,
        "The app has no such channel",
        "the channel is baked into the binary by `updates.requestHeaders`; create it on the server",
    ),
    row(
        "unknown_asset",
        404,
        "No update refers to such an asset",
        "an asset's address is its SHA-256 in 64 lower-case hexadecimal digits",
    ),
    row("method_not_allowed", 405, "This address does not take that method", "use GET"),
    row(
        "not_acceptable",
        406,
        "The device accepts none of the forms of an answer",
        "send `accept: multipart/mixed,application/expo+json,application/json`",
    ),
    row("range_not_satisfiable", 416, "The range begins beyond the asset's end", "ask for bytes that there are"),
    row("header_too_large", 431, "A header is too long", "send less in this header"),
    row("headers_too_large", 431, "All headers together are too long", "send less"),
    row("internal", 500, "The server failed", "look into the server's log"),
    row("asset_unavailable", 503, "An asset's bytes cannot be read now", "the server's log says why"),
];

/// The code's row.
pub fn find(code: &str) -> Option<&'static DeviceCode> {
    ALL.iter().find(|row| row.code == code)
}
