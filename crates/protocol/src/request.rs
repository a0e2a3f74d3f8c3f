//! What a check says about the device that sends it (protocol.md §1, §8).
//!
//! What decides about the answer is strict: a device that cannot be understood gets an error that names the header. What
//! only refines it is lenient: an optional header that cannot be read is as good as absent. The one exception is
//! `expo-expect-signature`, see [`RequestError::MalformedExpectSignature`].
//!
//! The check of a stock client is read without an allocation; `tests/allocations.rs` counts.

mod channel;
mod dictionary;
mod error;
mod expect_signature;
mod fields;
mod lists;
mod sizes;
mod text;

use std::borrow::Cow;
use std::fmt;

use arrayvec::ArrayVec;
use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue};
use uuid::Uuid;

pub use self::error::RequestError;
pub use self::expect_signature::{ExpectSignature, SignatureAlgorithm};
pub use self::sizes::{MAX_ALL_HEADERS_BYTES, MAX_HEADER_BYTES, check_header_sizes};
pub use self::text::Excerpt;

use self::fields::Fields;
use self::text::{bounded_lossy, header_text};
use crate::etag::IfNoneMatch;
use crate::names;
use crate::negotiate::{self, AnswerShape};
use crate::platform::Platform;

/// The longest runtime version, in bytes of UTF-8. A fingerprint has 40.
pub const MAX_RUNTIME_VERSION_BYTES: usize = 255;
/// The longest channel name, in bytes of UTF-8.
pub const MAX_CHANNEL_BYTES: usize = 255;
/// As many failed updates as a client reports (protocol.md §1).
pub const MAX_RECENT_FAILED: usize = 5;
/// As much of a fatal error as is kept: the client sends 1,025 characters at most (protocol.md §1), of 4 bytes at most.
pub const MAX_FATAL_ERROR_BYTES: usize = 1025 * 4;
/// As many extra parameters as are read. An app sets a few.
pub const MAX_PARAMS: usize = 32;
/// The channel of a binary that names none (protocol.md §8).
pub const DEFAULT_CHANNEL: &str = "production";

/// The update protocol's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProtocolVersion {
    /// Without directives and without 204. Also who names no version: clients of Expo SDK 47 and before do so, and refuse
    /// an answer under version 1.
    V0,
    /// With directives and with 204.
    V1,
}

impl ProtocolVersion {
    /// `0` or `1`, as on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V0 => "0",
            Self::V1 => "1",
        }
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One update check, as far as the wire tells. Everything in it comes from a stranger.
#[derive(Debug, Clone)]
pub struct CheckRequest<'r> {
    /// `expo-platform`
    pub platform: Platform,
    /// `expo-runtime-version`: not empty, at most [`MAX_RUNTIME_VERSION_BYTES`].
    pub runtime_version: Cow<'r, str>,
    /// `expo-channel-name`, else `expo-release-channel`, else `?channel=`, else [`DEFAULT_CHANNEL`]: not empty, at most
    /// [`MAX_CHANNEL_BYTES`].
    pub channel: Cow<'r, str>,
    /// `expo-protocol-version`
    pub protocol_version: ProtocolVersion,
    /// From `accept`.
    pub shape: AnswerShape,
    /// `eas-client-id`, one per installation, in either case.
    pub client_id: Option<Uuid>,
    /// `expo-current-update-id`: what runs. Absent in an emergency launch.
    pub current_update_id: Option<Uuid>,
    /// `expo-embedded-update-id`: the update inside the binary.
    pub embedded_update_id: Option<Uuid>,
    /// `expo-recent-failed-update-ids`: the latest first.
    pub recent_failed: ArrayVec<Uuid, MAX_RECENT_FAILED>,
    /// `expo-fatal-error`: at most [`MAX_FATAL_ERROR_BYTES`] (three times that where it is not UTF-8); may have lines.
    pub fatal_error: Option<Cow<'r, str>>,
    /// `expo-expect-signature`
    pub expect_signature: Option<ExpectSignature<'r>>,
    /// `if-none-match`
    pub if_none_match: IfNoneMatch<'r>,
    headers: &'r HeaderMap,
}

impl<'r> CheckRequest<'r> {
    /// What the app set by `Updates.setExtraParamAsync`, each key once and [`MAX_PARAMS`] at most; parsed anew by each
    /// call, because most checks never need it. Empty when the header cannot be read.
    pub fn extra_params(&self) -> ArrayVec<(&'r str, Cow<'r, str>), MAX_PARAMS> {
        lists::extra_params(self.headers.get_all(names::EXTRA_PARAMS).iter().map(HeaderValue::as_bytes))
    }

    pub(crate) fn headers(&self) -> &'r HeaderMap {
        self.headers
    }

    /// Whether a directive can be sent: only multipart carries one, and only protocol 1 knows them (protocol.md §2).
    pub fn takes_directives(&self) -> bool {
        self.shape == AnswerShape::Multipart && self.protocol_version == ProtocolVersion::V1
    }
}

/// Reads a check from its headers and the query of its URL (what follows `?`, not decoded).
pub fn parse_check<'r>(headers: &'r HeaderMap, query: Option<&'r str>) -> Result<CheckRequest<'r>, RequestError> {
    check_header_sizes(headers)?;
    let fields = Fields::find(headers)?;
    Ok(CheckRequest {
        platform: platform(fields.platform)?,
        runtime_version: runtime_version(fields.runtime_version)?,
        channel: channel::channel(fields.channel_name, fields.release_channel, query)?,
        protocol_version: protocol_version(fields.protocol_version)?,
        shape: shape(headers)?,
        client_id: fields.client_id.and_then(uuid),
        current_update_id: fields.current_update_id.and_then(uuid),
        embedded_update_id: fields.embedded_update_id.and_then(uuid),
        recent_failed: fields.recent_failed.map(lists::failed_update_ids).unwrap_or_default(),
        fatal_error: fields.fatal_error.map(|value| bounded_lossy(value, MAX_FATAL_ERROR_BYTES)),
        expect_signature: fields.expect_signature.map(ExpectSignature::read).transpose()?,
        if_none_match: IfNoneMatch::new(headers),
        headers,
    })
}

fn platform(value: Option<&[u8]>) -> Result<Platform, RequestError> {
    match value {
        None | Some(b"") => Err(RequestError::MissingPlatform),
        Some(value) => std::str::from_utf8(value)
            .ok()
            .and_then(Platform::parse)
            .ok_or_else(|| RequestError::UnknownPlatform { got: Excerpt::of(value) }),
    }
}

fn runtime_version(value: Option<&[u8]>) -> Result<Cow<'_, str>, RequestError> {
    let too_long = |length| RequestError::RuntimeVersionTooLong { length, limit: MAX_RUNTIME_VERSION_BYTES };
    let value = value.filter(|value| !value.is_empty()).ok_or(RequestError::MissingRuntimeVersion)?;
    if value.len() > MAX_RUNTIME_VERSION_BYTES {
        return Err(too_long(value.len()));
    }
    let text = header_text(value);
    // As UTF-8 it may have grown.
    if text.len() > MAX_RUNTIME_VERSION_BYTES { Err(too_long(text.len())) } else { Ok(text) }
}

fn protocol_version(value: Option<&[u8]>) -> Result<ProtocolVersion, RequestError> {
    match value {
        None | Some(b"0") => Ok(ProtocolVersion::V0),
        Some(b"1") => Ok(ProtocolVersion::V1),
        Some(other) => Err(RequestError::UnsupportedProtocolVersion { got: Excerpt::of(other) }),
    }
}

fn shape(headers: &HeaderMap) -> Result<AnswerShape, RequestError> {
    let lines = headers.get_all(ACCEPT);
    negotiate::answer_shape(lines.iter().map(HeaderValue::as_bytes)).map_err(|_| RequestError::NotAcceptable {
        got: Excerpt::of(lines.iter().next().map_or(b"", HeaderValue::as_bytes)),
    })
}

/// iOS writes the installation's id in upper case, Android in lower case: a [`Uuid`] has none.
fn uuid(value: &[u8]) -> Option<Uuid> {
    Uuid::try_parse_ascii(value).ok()
}
