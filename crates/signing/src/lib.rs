//! Keys, certificates and chains: bytes in, bytes out. Never touches the network or the disk.
//!
//! The rules are those of the stock client (protocol.md §5): RSASSA-PKCS1-v1_5 with SHA-256, a self-signed root with
//! the *digital signature* and *code signing* usages, and optionally a chain beneath it. Where the two platforms
//! differ, the stricter one decides, so what this room accepts works on both.
//!
//! Time is an argument, in milliseconds since the Unix epoch. Only key generation draws randomness, and only from the
//! cryptographic library's own source; serial numbers and nonces are arguments.

mod certificate;
mod chain;
mod key;
mod pem;
pub mod seal;
mod self_signed;
mod signature;

pub use certificate::{Certificate, CertificateError, ProjectBinding};
pub use chain::{CertificateChain, ChainError, VerifiedLeaf};
pub use key::{KeyError, KeySize, SigningKey};
pub use signature::{Signature, SignatureError, VerifyError};
