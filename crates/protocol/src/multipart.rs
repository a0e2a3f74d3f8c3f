//! `multipart/mixed`: the only shape that carries a directive, extensions or a certificate chain (protocol.md §2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::{BufMut, Bytes, BytesMut};
use http::HeaderValue;
use sha2::{Digest, Sha256};

use crate::infallible;
use crate::names;

/// What the answer says: exactly one of the two, because a manifest beside a directive is never downloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// The part `manifest`.
    Manifest,
    /// The part `directive`.
    Directive,
}

/// One multipart answer, to be rendered once and kept. It cannot be empty: *nothing to do* is a 204.
#[derive(Debug, Clone, Copy)]
pub struct Multipart<'a> {
    /// What `body` is.
    pub message: Message,
    /// The exact bytes that were signed.
    pub body: &'a [u8],
    /// The value of `expo-signature` for `body`: [`crate::structured::signature_header`].
    pub signature: Option<&'a HeaderValue>,
    /// The part `extensions`: a JSON object, in which `assetRequestHeaders` is an object of objects of strings.
    pub extensions: Option<&'a [u8]>,
    /// The part `certificate_chain`: PEM, leaf first, root left out.
    pub certificate_chain: Option<&'a [u8]>,
}

/// A rendered [`Multipart`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedMultipart {
    /// `multipart/mixed; boundary=…`
    pub content_type: HeaderValue,
    /// The body, from the first delimiter to the CRLF after the last: iOS searches for that CRLF.
    pub body: Bytes,
}

impl Multipart<'_> {
    /// The same parts give the same bytes on every replica, and so the same etag.
    pub fn render(&self) -> RenderedMultipart {
        let parts = self.parts();
        let boundary = boundary(&parts);
        let size = parts.iter().map(|part| part.body.len() + PART_OVERHEAD + part.signature_size()).sum::<usize>();
        let mut body = BytesMut::with_capacity(size);
        for (at, part) in parts.iter().enumerate() {
            body.put_slice(if at == 0 { b"--" } else { b"\r\n--" });
            body.put_slice(boundary.as_bytes());
            body.put_slice(b"\r\ncontent-disposition: inline; name=\"");
            body.put_slice(part.name.as_bytes());
            body.put_slice(b"\"\r\ncontent-type: ");
            body.put_slice(part.content_type.as_bytes());
            if let Some(signature) = part.signature {
                // Lower case: iOS looks this name up with its case.
                body.put_slice(b"\r\n");
                body.put_slice(names::SIGNATURE.as_bytes());
                body.put_slice(b": ");
                body.put_slice(signature.as_bytes());
            }
            body.put_slice(b"\r\n\r\n");
            body.put_slice(part.body);
        }
        body.put_slice(b"\r\n--");
        body.put_slice(boundary.as_bytes());
        body.put_slice(b"--\r\n");
        RenderedMultipart {
            content_type: infallible::header_value(format!("multipart/mixed; boundary={boundary}")),
            body: body.freeze(),
        }
    }

    fn parts(&self) -> Vec<Part<'_>> {
        let message = Part {
            name: match self.message {
                Message::Manifest => "manifest",
                Message::Directive => "directive",
            },
            content_type: "application/json",
            signature: self.signature,
            body: self.body,
        };
        let extensions = self.extensions.map(|body| Part {
            name: "extensions",
            content_type: "application/json",
            signature: None,
            body,
        });
        let certificate_chain = self.certificate_chain.map(|body| Part {
            name: "certificate_chain",
            content_type: "application/x-pem-file",
            signature: None,
            body,
        });
        std::iter::once(message).chain(extensions).chain(certificate_chain).collect()
    }
}

/// Room for one part's delimiter, headers and line ends, whatever its name.
const PART_OVERHEAD: usize = 256;

struct Part<'a> {
    name: &'static str,
    content_type: &'static str,
    signature: Option<&'a HeaderValue>,
    body: &'a [u8],
}

impl Part<'_> {
    fn signature_size(&self) -> usize {
        self.signature.map_or(0, HeaderValue::len)
    }
}

/// Token characters only, so it needs no quotes; at most 70, as RFC 2046 §5.1.1 asks; derived from the bodies, and
/// occurs in none of them.
fn boundary(parts: &[Part<'_>]) -> String {
    first_absent(boundaries(parts), parts)
}

fn first_absent(mut candidates: impl Iterator<Item = String>, parts: &[Part<'_>]) -> String {
    // There are 2^64 candidates, so there always is one.
    candidates.find(|candidate| !parts.iter().any(|part| contains(part.body, candidate.as_bytes()))).unwrap_or_default()
}

fn boundaries(parts: &[Part<'_>]) -> impl Iterator<Item = String> {
    let mut bodies = Sha256::new();
    for part in parts {
        bodies.update((part.body.len() as u64).to_be_bytes());
        bodies.update(part.body);
    }
    (0_u64..).map(move |attempt| {
        let hash = bodies.clone().chain_update(attempt.to_be_bytes()).finalize();
        format!("updraft-{}", URL_SAFE_NO_PAD.encode(&hash[..18]))
    })
}

fn contains(body: &[u8], boundary: &[u8]) -> bool {
    body.windows(boundary.len()).any(|window| window == boundary)
}

#[cfg(test)]
mod tests {
    use super::{Message, Multipart, Part, boundaries, boundary, first_absent};

    fn part(body: &[u8]) -> Part<'_> {
        Part { name: "manifest", content_type: "application/json", signature: None, body }
    }

    #[test]
    fn a_candidate_that_occurs_in_any_body_is_passed_over() {
        let candidates = || ["one", "two", "three"].into_iter().map(str::to_owned);
        for (bodies, expected) in [
            (["", ""], "one"),
            (["xonex", ""], "two"),
            (["one", "\r\n--two--"], "three"),
            (["on", "e"], "one"),
            (["o", "twoone"], "three"),
        ] {
            assert_eq!(first_absent(candidates(), &bodies.map(|body| part(body.as_bytes()))), expected, "{bodies:?}");
        }
    }

    #[test]
    fn candidates_differ_and_are_tokens_of_a_fair_length() {
        let parts = [part(b"{}")];
        let taken: Vec<String> = boundaries(&parts).take(3).collect();
        assert_eq!(boundary(&parts), taken[0]);
        assert!(taken[0] != taken[1] && taken[1] != taken[2]);
        for candidate in taken {
            assert!(candidate.len() <= 70);
            assert!(candidate.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{candidate}");
        }
    }

    #[test]
    fn the_same_parts_give_the_same_bytes_and_others_give_others() {
        let one = Multipart {
            message: Message::Manifest,
            body: b"{}",
            signature: None,
            extensions: None,
            certificate_chain: None,
        };
        let two = Multipart { extensions: Some(b"{}"), ..one };
        assert_eq!(one.render(), one.render());
        assert_ne!(one.render().content_type, two.render().content_type);
    }
}
