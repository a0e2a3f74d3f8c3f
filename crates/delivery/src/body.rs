//! The body of an answer: bytes that are already there, or a stream of pieces.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use http_body::{Body as HttpBody, Frame, SizeHint};

/// A failure in the middle of a stream; the connection is cut, so that nobody takes a torn file for a whole one.
pub type StreamError = Box<dyn std::error::Error + Send + Sync>;

/// The pieces of a streamed body.
pub type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, StreamError>> + Send>>;

/// The body of an answer.
pub enum Body {
    /// Shared bytes; empty ones are no body.
    Full(Bytes),
    /// Pieces that are not in memory yet.
    Stream {
        /// The pieces.
        pieces: Pieces,
        /// What is still to come, in bytes, where that is known.
        remaining: Option<u64>,
    },
}

impl Body {
    /// No body.
    pub const fn empty() -> Self {
        Self::Full(Bytes::new())
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = StreamError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamError>>> {
        match &mut *self {
            Self::Full(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Full(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Stream { pieces, remaining } => pieces.as_mut().poll_next(context).map(|piece| {
                piece.map(|piece| {
                    piece.map(|bytes| {
                        *remaining = remaining.map(|bytes_left| bytes_left.saturating_sub(bytes.len() as u64));
                        Frame::data(bytes)
                    })
                })
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Full(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream { remaining: Some(bytes_left), .. } => SizeHint::with_exact(*bytes_left),
            Self::Stream { remaining: None, .. } => SizeHint::default(),
        }
    }
}
