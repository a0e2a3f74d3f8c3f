//! `multipart/mixed`: the only shape that carries a directive, extensions or a certificate chain (protocol.md §2).

use bytes::Bytes;
use http::HeaderValue;

/// What the answer says: exactly one of the two, because a manifest beside a directive is never downloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// The part `manifest`.
    Manifest,
    /// The part `directive`.
    Directive,
}

/// One multipart answer, to be rendered once and kept.
#[derive(Debug, Clone, Copy)]
pub struct Multipart<'a> {
    /// What `body` is.
    pub message: Message,
    /// The exact bytes that were signed.
    pub body: &'a [u8],
    /// The value of `expo-signature` for `body`.
    pub signature: Option<&'a HeaderValue>,
    /// The part `extensions`: a JSON object.
    pub extensions: Option<&'a [u8]>,
    /// The part `certificate_chain`: PEM, leaf first, root left out.
    pub certificate_chain: Option<&'a [u8]>,
}

/// A rendered [`Multipart`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedMultipart {
    /// `multipart/mixed; boundary=…`
    pub content_type: HeaderValue,
    /// The body, from the first delimiter to the CRLF after the last.
    pub body: Bytes,
}

impl Multipart<'_> {
    /// The same parts always give the same bytes.
    pub fn render(&self) -> RenderedMultipart {
        todo!()
    }
}
