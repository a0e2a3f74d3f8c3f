//! Why an export is refused.

/// Why a `metadata.json` is refused. Fields are named as one would write them: `fileMetadata.ios.assets[3].path`.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Longer than [`super::MAX_METADATA_BYTES`].
    #[error("metadata.json has {length} bytes, the limit is {limit}")]
    TooLarge {
        /// Bytes received.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Not JSON at all.
    #[error("metadata.json is not JSON")]
    NotJson(#[source] serde_json::Error),
    /// A field of another type than Expo writes.
    #[error("{field} in metadata.json is not {expected}")]
    WrongType {
        /// Which.
        field: String,
        /// What it should be.
        expected: &'static str,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
    /// A field is not there.
    #[error("{field} is missing in metadata.json")]
    Missing {
        /// Which.
        field: String,
    },
    /// A format that we do not know.
    #[error("metadata.json has version {got}, known is only 0")]
    UnknownVersion {
        /// Which.
        got: i64,
    },
    /// Not made by Metro.
    #[error("metadata.json was made by the bundler {got:?}, known is only \"metro\"")]
    UnknownBundler {
        /// Which.
        got: String,
    },
    /// Neither `ios` nor `android` is listed.
    #[error("fileMetadata in metadata.json lists neither ios nor android")]
    NoPlatform,
    /// A path that is not safe to read or to serve.
    #[error("{field} in metadata.json is {got:?}: {fault}")]
    BadPath {
        /// Which.
        field: String,
        /// The beginning of it.
        got: String,
        /// Why.
        fault: PathFault,
    },
    /// More than [`super::MAX_ASSETS`].
    #[error("{field} in metadata.json lists {got} assets, the limit is {limit}")]
    TooManyAssets {
        /// Which list.
        field: String,
        /// How many.
        got: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// A file extension with characters that do not belong there, or too many of them.
    #[error("{field} in metadata.json is {got:?}, which is no file extension")]
    BadExtension {
        /// Which.
        field: String,
        /// The beginning of it.
        got: String,
    },
}

/// Why a path is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// Nothing there.
    #[error("it is empty")]
    Empty,
    /// Longer than [`super::ExportPath::MAX_BYTES`].
    #[error("it is too long")]
    TooLong,
    /// `/x`, `\\x` or `C:x`.
    #[error("it is not relative to the export")]
    Absolute,
    /// A segment `..`.
    #[error("it leaves the export by `..`")]
    LeavesExport,
    /// An empty segment, or one that is `.`.
    #[error("it has an empty segment")]
    EmptySegment,
    /// NUL, a line end or the like.
    #[error("it has a control character")]
    ControlCharacter,
}

/// As much of a bad value as an error repeats; `{:?}` takes care of what cannot be printed.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
