//! Conversions that have an error type and no error, each with its argument. The only place of this room that may expect.

use bytes::Bytes;
use http::HeaderValue;
use serde::Serialize;

/// A header value from text that this room put together from printable ASCII.
#[expect(clippy::expect_used, reason = "every caller builds the text from base64, hex, digits and checked ASCII")]
pub(crate) fn header_value(printable_ascii: String) -> HeaderValue {
    HeaderValue::try_from(printable_ascii).expect("printable ASCII is a header value")
}

/// Compact JSON of a wire type.
#[expect(clippy::expect_used, reason = "writing to memory does not fail, and all keys of our wire types are strings")]
pub(crate) fn json(wire: &impl Serialize) -> Bytes {
    Bytes::from(serde_json::to_vec(wire).expect("wire types have string keys only"))
}
