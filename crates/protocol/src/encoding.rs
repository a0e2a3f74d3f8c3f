//! Which stored variant of an asset is sent, from `accept-encoding` (RFC 9110 §12.5.3).

use http::HeaderMap;

/// How a stored variant of an asset is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// As it is.
    Identity,
    /// `gzip`
    Gzip,
    /// `br`
    Brotli,
    /// `zstd`
    Zstd,
}

impl Encoding {
    /// The name in `accept-encoding` and `content-encoding`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    /// The reverse of [`Encoding::as_str`].
    pub fn parse(_name: &str) -> Option<Self> {
        todo!()
    }
}

/// A stored variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// How it is encoded.
    pub encoding: Encoding,
    /// Its length in bytes.
    pub size: u64,
}

/// The variant to send. [`Encoding::Identity`] is always on offer, whether listed or not.
pub fn choose(_headers: &HeaderMap, _variants: &[Variant]) -> Encoding {
    todo!()
}
