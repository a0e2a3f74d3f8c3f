//! Content types of assets: from a list, never from what a publisher claims.

/// The bundle, whatever its format.
pub const LAUNCH_ASSET: &str = "application/javascript";
/// Everything that is not on the list.
pub const UNKNOWN: &str = "application/octet-stream";

/// The type for a file extension, with or without its dot, in any case.
pub fn for_extension(_extension: &str) -> &'static str {
    todo!()
}

/// Whether a compressed variant of such a file is worth making.
pub fn is_compressible(_content_type: &str) -> bool {
    todo!()
}
