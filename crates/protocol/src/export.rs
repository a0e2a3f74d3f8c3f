//! `metadata.json` of `expo export`.

use std::collections::BTreeMap;

use crate::platform::Platform;

/// The largest number of assets that one platform may list.
pub const MAX_ASSETS: usize = 20_000;

/// What an export lists for each of our platforms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportMetadata {
    /// At least one; other platforms (web) are left out.
    pub platforms: BTreeMap<Platform, PlatformExport>,
}

/// One platform's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformExport {
    /// The bundle.
    pub bundle: ExportPath,
    /// The assets in the order of the export, each path once.
    pub assets: Vec<ExportAsset>,
}

/// One asset of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportAsset {
    /// Where it lies.
    pub path: ExportPath,
    /// What the bundle looks it up by.
    pub key: String,
    /// With its dot, or empty.
    pub file_extension: String,
}

/// A relative path inside the export directory, with `/` between its segments: none of them empty, `.` or `..`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExportPath(String);

impl ExportPath {
    /// With `/` between the segments.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a `metadata.json` is refused.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Not JSON at all.
    #[error("metadata.json is not JSON")]
    NotJson(#[source] serde_json::Error),
}

/// Reads a `metadata.json`.
pub fn parse_metadata(_json: &[u8]) -> Result<ExportMetadata, ExportError> {
    todo!()
}
