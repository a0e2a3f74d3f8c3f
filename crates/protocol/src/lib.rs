//! The update protocol: request headers in, response parts out. Never does I/O, reads a clock or knows who serves.
//!
//! A check is [`request::parse_check`] in and, on the way out, one of
//! - a manifest or directive in the shape that [`negotiate`] found: bare, or wrapped by [`multipart`];
//! - nothing (204),
//!
//! always with the outer headers of [`answer`]. Publishing reads an export with [`export`], and renders a
//! [`manifest::Manifest`] once: those bytes are stored, signed and sent, never rendered again.
//!
//! Every rule names its source: "protocol.md" is the project's page on what the stock client really does, read from the
//! client's own sources.

pub mod answer;
pub mod asset_hash;
pub mod content_type;
pub mod directive;
pub mod encoding;
pub mod etag;
pub mod export;
pub mod facts;
mod infallible;
pub mod manifest;
pub mod multipart;
pub mod names;
pub mod negotiate;
pub mod platform;
pub mod range;
pub mod request;
pub mod structured;
pub mod timestamp;
mod weighted_list;

pub use directive::Directive;
pub use manifest::Manifest;
pub use negotiate::AnswerShape;
pub use platform::Platform;
pub use request::{CheckRequest, ProtocolVersion, RequestError};
pub use timestamp::Timestamp;
