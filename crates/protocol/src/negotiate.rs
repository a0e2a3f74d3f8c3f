//! Which shape the answer takes, from `accept` (protocol.md §2).

/// The shapes that an answer can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnswerShape {
    /// `multipart/mixed`: carries everything.
    Multipart,
    /// `application/expo+json`: the bare manifest, signature in the outer headers.
    ExpoJson,
    /// `application/json`: the same bytes, for scripts and older clients.
    Json,
}

/// `accept` names types, and none that a server of this protocol produces: 406.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAcceptable;

impl AnswerShape {
    /// The media type, without parameters.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Multipart => "multipart/mixed",
            Self::ExpoJson => "application/expo+json",
            Self::Json => "application/json",
        }
    }
}

/// Chooses the shape for the values of `accept`, one item per header line.
pub fn answer_shape<'v>(accept: impl IntoIterator<Item = &'v [u8]>) -> Result<AnswerShape, NotAcceptable> {
    let _ = accept.into_iter();
    todo!()
}
