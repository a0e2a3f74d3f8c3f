//! What an update consists of, checked and not yet rendered.

use std::borrow::Cow;
use std::collections::BTreeMap;

use model::{BlobHash, LaneId};
use serde_json::Value;

use crate::remote::AssetUrl;

/// A platform's export whose keys are unique and whose types are decided.
#[derive(Clone, Debug)]
pub(crate) struct CheckedExport {
    pub lane: LaneId,
    pub bundle: BlobHash,
    pub bundle_place: Place,
    pub assets: Vec<CheckedAsset>,
    /// Beside what the server writes itself.
    pub metadata: BTreeMap<String, String>,
    pub config: Option<Value>,
}

/// Where a file lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the blob store.
    Here,
    /// On another host.
    At(AssetUrl),
}

impl Place {
    pub fn url(&self) -> Option<&AssetUrl> {
        match self {
            Self::Here => None,
            Self::At(url) => Some(url),
        }
    }
}

/// An asset whose extension is as the manifest spells it.
#[derive(Clone, Debug)]
pub(crate) struct CheckedAsset {
    pub hash: BlobHash,
    pub place: Place,
    pub key: String,
    pub file_extension: String,
    pub content_type: Cow<'static, str>,
}
