//! Directives: answers that are not an update (protocol.md §4).

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::infallible;
use crate::timestamp::Timestamp;

/// An answer that is not an update. The two kinds that exist: an unknown `type` crashes Android apps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
pub enum Directive {
    /// Nothing to do. A 204 says the same without a signature.
    NoUpdateAvailable {
        /// Needed where the certificate is bound to a project.
        #[serde(skip_serializing_if = "Option::is_none")]
        extra: Option<Extra>,
    },
    /// Run the update inside the binary.
    RollBackToEmbedded {
        /// When.
        parameters: RollBackParameters,
        /// Needed where the certificate is bound to a project.
        #[serde(skip_serializing_if = "Option::is_none")]
        extra: Option<Extra>,
    },
}

/// `parameters` of a roll back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollBackParameters {
    /// The time that the embedded update takes on: later than everything the app and platform was sent before.
    pub commit_time: Timestamp,
}

/// `extra` of a directive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Extra {
    /// Compared with what the certificate names.
    pub signing_info: SigningInfo,
}

/// Names the project that a project-bound certificate was issued for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SigningInfo {
    /// `extra.eas.projectId` of the app config.
    pub project_id: String,
    /// `extra.scopeKey` of the app config.
    pub scope_key: String,
}

/// Bytes that are not a directive as [`Directive::render`] writes it.
#[derive(Debug, thiserror::Error)]
#[error("not a directive of this protocol")]
pub struct DirectiveError(#[source] serde_json::Error);

impl Directive {
    /// Run the update inside the binary, from `commit_time` on.
    pub fn roll_back_to_embedded(commit_time: Timestamp, signing_info: Option<SigningInfo>) -> Self {
        Self::RollBackToEmbedded {
            parameters: RollBackParameters { commit_time },
            extra: signing_info.map(Extra::from),
        }
    }

    /// Nothing to do.
    pub fn no_update_available(signing_info: Option<SigningInfo>) -> Self {
        Self::NoUpdateAvailable { extra: signing_info.map(Extra::from) }
    }

    /// The bytes that are signed and sent.
    pub fn render(&self) -> Bytes {
        infallible::json(self)
    }

    /// Reads rendered bytes back.
    pub fn parse(json: &[u8]) -> Result<Self, DirectiveError> {
        serde_json::from_slice(json).map_err(DirectiveError)
    }
}

impl From<SigningInfo> for Extra {
    fn from(signing_info: SigningInfo) -> Self {
        Self { signing_info }
    }
}
