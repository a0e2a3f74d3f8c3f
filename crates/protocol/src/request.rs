//! What a check says about the device that sends it (protocol.md §1).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use arrayvec::ArrayVec;
use http::{HeaderMap, StatusCode};
use uuid::Uuid;

use crate::etag::IfNoneMatch;
use crate::negotiate::AnswerShape;
use crate::platform::Platform;

/// As many failed updates as a client reports.
pub const MAX_RECENT_FAILED: usize = 5;

/// The update protocol's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProtocolVersion {
    /// Without directives.
    V0,
    /// With directives and with 204.
    V1,
}

/// One update check, as far as the wire tells.
#[derive(Debug, Clone)]
pub struct CheckRequest<'r> {
    /// `expo-platform`
    pub platform: Platform,
    /// `expo-runtime-version`
    pub runtime_version: Cow<'r, str>,
    /// `expo-channel-name`, else `expo-release-channel`, else `?channel=`, else `production`.
    pub channel: Cow<'r, str>,
    /// `expo-protocol-version`
    pub protocol_version: ProtocolVersion,
    /// From `accept`.
    pub shape: AnswerShape,
    /// `eas-client-id`
    pub client_id: Option<Uuid>,
    /// `expo-current-update-id`
    pub current_update_id: Option<Uuid>,
    /// `expo-embedded-update-id`
    pub embedded_update_id: Option<Uuid>,
    /// `expo-recent-failed-update-ids`
    pub recent_failed: ArrayVec<Uuid, MAX_RECENT_FAILED>,
    /// `expo-fatal-error`
    pub fatal_error: Option<Cow<'r, str>>,
    /// `expo-expect-signature`
    pub expect_signature: Option<ExpectSignature<'r>>,
    /// `if-none-match`
    pub if_none_match: IfNoneMatch<'r>,
}

impl CheckRequest<'_> {
    /// What the app set by `Updates.setExtraParamAsync`; parsed anew by each call.
    pub fn extra_params(&self) -> BTreeMap<String, String> {
        todo!()
    }

    /// Whether a directive can be sent: only multipart carries one, and only protocol 1 knows them.
    pub fn takes_directives(&self) -> bool {
        self.shape == AnswerShape::Multipart && self.protocol_version == ProtocolVersion::V1
    }
}

/// The signature that the app will verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectSignature<'r> {
    /// `keyid`; `root` when none is named.
    pub key_id: Cow<'r, str>,
    /// `alg`; the only one when none is named.
    pub algorithm: SignatureAlgorithm,
}

/// The algorithms of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// `rsa-v1_5-sha256`
    RsaV15Sha256,
}

/// Why a check cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestError {}

impl RequestError {
    /// Stable public code.
    pub fn code(&self) -> &'static str {
        todo!()
    }
    /// 400, 406 or 431.
    pub fn status(&self) -> StatusCode {
        todo!()
    }
    /// The header, or `channel` for the query.
    pub fn field(&self) -> &str {
        todo!()
    }
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        todo!()
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

impl std::error::Error for RequestError {}

/// Reads a check.
pub fn parse_check<'r>(_headers: &'r HeaderMap, _query: Option<&'r str>) -> Result<CheckRequest<'r>, RequestError> {
    todo!()
}

/// Refuses requests with too many header bytes.
pub fn check_header_sizes(_headers: &HeaderMap) -> Result<(), RequestError> {
    todo!()
}
