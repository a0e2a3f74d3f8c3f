//! Why a check cannot be answered, in public codes.

use http::StatusCode;

use super::text::Excerpt;
use crate::names;

/// Why a check cannot be answered. The text names the header and what it held; the hint says what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// No `expo-platform`, or an empty one.
    #[error("expo-platform is missing")]
    MissingPlatform,
    /// A platform that we do not serve.
    #[error("expo-platform is {got}, which is neither \"android\" nor \"ios\"")]
    UnknownPlatform {
        /// What it held.
        got: Excerpt,
    },
    /// No `expo-runtime-version`, or an empty one.
    #[error("expo-runtime-version is missing")]
    MissingRuntimeVersion,
    /// Longer than [`super::MAX_RUNTIME_VERSION_BYTES`].
    #[error("expo-runtime-version has {length} bytes, the limit is {limit}")]
    RuntimeVersionTooLong {
        /// Bytes received.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Longer than [`super::MAX_CHANNEL_BYTES`].
    #[error("{field} has {length} bytes, the limit is {limit}")]
    ChannelTooLong {
        /// The header, or the query parameter `channel`.
        field: &'static str,
        /// Bytes received.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// A channel is named, and its name is empty. It is not `production` then: a binary whose channel was lost in its
    /// build must not get production's updates.
    #[error("{field} is empty")]
    EmptyChannel {
        /// The header, or the query parameter `channel`.
        field: &'static str,
    },
    /// A version of the protocol that does not exist yet.
    #[error("expo-protocol-version is {got}, known are 0 and 1")]
    UnsupportedProtocolVersion {
        /// What it held.
        got: Excerpt,
    },
    /// `accept` names no type that we produce.
    #[error("accept is {got}, which names none of multipart/mixed, application/expo+json and application/json")]
    NotAcceptable {
        /// What it held.
        got: Excerpt,
    },
    /// A signature is expected and it cannot be read which. A client that wants a signature must not get an unsigned
    /// answer, and would refuse it if it did (protocol.md §5); so this optional header is not ignored like the others.
    #[error("expo-expect-signature is {got}, which is not of the form sig, keyid=\"main\", alg=\"rsa-v1_5-sha256\"")]
    MalformedExpectSignature {
        /// What it held.
        got: Excerpt,
    },
    /// A signature by an algorithm that the protocol does not have.
    #[error("expo-expect-signature asks for the algorithm {got}, known is only \"rsa-v1_5-sha256\"")]
    UnsupportedAlgorithm {
        /// What it asked for.
        got: Excerpt,
    },
    /// A header that says one thing stands there twice and says two.
    #[error("{field} is sent twice with different values")]
    Ambiguous {
        /// The header, or the query parameter `channel`.
        field: &'static str,
    },
    /// One header longer than [`super::MAX_HEADER_BYTES`].
    #[error("the header {field} has {length} bytes, the limit is {limit}")]
    HeaderTooLarge {
        /// Its name, or the beginning of it.
        field: String,
        /// Bytes of name and value.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// All headers together longer than [`super::MAX_ALL_HEADERS_BYTES`].
    #[error("all headers together have {length} bytes, the limit is {limit}; the largest is {field}")]
    HeadersTooLarge {
        /// The largest one's name, or the beginning of it.
        field: String,
        /// Bytes of all names and values.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
}

impl RequestError {
    /// The stable public code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MissingPlatform => "missing_platform",
            Self::UnknownPlatform { .. } => "unknown_platform",
            Self::MissingRuntimeVersion => "missing_runtime_version",
            Self::RuntimeVersionTooLong { .. } => "runtime_version_too_long",
            Self::ChannelTooLong { .. } => "channel_too_long",
            Self::EmptyChannel { .. } => "empty_channel",
            Self::UnsupportedProtocolVersion { .. } => "unsupported_protocol_version",
            Self::NotAcceptable { .. } => "not_acceptable",
            Self::MalformedExpectSignature { .. } => "malformed_expect_signature",
            Self::UnsupportedAlgorithm { .. } => "unsupported_signature_algorithm",
            Self::Ambiguous { .. } => "ambiguous_header",
            Self::HeaderTooLarge { .. } => "header_too_large",
            Self::HeadersTooLarge { .. } => "headers_too_large",
        }
    }

    /// 400, 406 or 431.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::NotAcceptable { .. } => StatusCode::NOT_ACCEPTABLE,
            Self::HeaderTooLarge { .. } | Self::HeadersTooLarge { .. } => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The header at fault, or `channel` for the query parameter.
    pub fn field(&self) -> &str {
        match self {
            Self::MissingPlatform | Self::UnknownPlatform { .. } => names::PLATFORM,
            Self::MissingRuntimeVersion | Self::RuntimeVersionTooLong { .. } => names::RUNTIME_VERSION,
            Self::UnsupportedProtocolVersion { .. } => names::PROTOCOL_VERSION,
            Self::NotAcceptable { .. } => "accept",
            Self::MalformedExpectSignature { .. } | Self::UnsupportedAlgorithm { .. } => names::EXPECT_SIGNATURE,
            Self::ChannelTooLong { field, .. } | Self::EmptyChannel { field } | Self::Ambiguous { field } => field,
            Self::HeaderTooLarge { field, .. } | Self::HeadersTooLarge { field, .. } => field,
        }
    }

    /// What to do about it, for whoever reads the app's log.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::MissingPlatform | Self::UnknownPlatform { .. } => "send expo-platform: android or ios",
            Self::MissingRuntimeVersion => "set runtimeVersion in the app config and build the app again",
            Self::RuntimeVersionTooLong { .. } => {
                "set a shorter runtimeVersion in the app config and build the app again"
            }
            Self::ChannelTooLong { .. } | Self::EmptyChannel { .. } => {
                "set updates.requestHeaders.expo-channel-name in the app config to the name of a channel"
            }
            Self::UnsupportedProtocolVersion { .. } => "send expo-protocol-version: 1, or update the server",
            Self::NotAcceptable { .. } => "send accept: multipart/mixed,application/expo+json,application/json",
            Self::MalformedExpectSignature { .. } => "send the structured field as expo-updates does, or leave it out",
            Self::UnsupportedAlgorithm { .. } => "set codeSigningMetadata.alg in the app config to rsa-v1_5-sha256",
            Self::Ambiguous { .. } => "send it once; a proxy may be adding its own",
            Self::HeaderTooLarge { .. } | Self::HeadersTooLarge { .. } => "send less in this header",
        }
    }
}
