//! The outer headers of every answer to a check, the 204 and the 304 included (protocol.md §2).

use http::{HeaderName, HeaderValue};

use crate::request::ProtocolVersion;

/// Whether the answer has something to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// A manifest or a directive, or the 304 that stands for it.
    Message,
    /// A 204.
    Nothing,
}

/// The headers that stand on every answer.
pub fn outer_headers(_asked: ProtocolVersion, _kind: AnswerKind) -> [(HeaderName, HeaderValue); 4] {
    todo!()
}
