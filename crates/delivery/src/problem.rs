//! Errors to devices: RFC 9457 problem documents. The client only logs them, so they are written for its developer.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use protocol::request::RequestError;
use serde::Serialize;

use crate::body::Body;
use crate::codes;

/// An error as it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem<'p> {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable code.
    pub code: &'p str,
    /// What is wrong; names the field.
    pub detail: String,
    /// The header or path segment to blame.
    pub field: Option<&'p str>,
    /// What to do about it.
    pub hint: &'p str,
}

#[derive(Serialize)]
struct Document<'p> {
    r#type: String,
    title: &'p str,
    status: u16,
    code: &'p str,
    detail: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'p str>,
    hint: &'p str,
}

impl<'p> From<&'p RequestError> for Problem<'p> {
    fn from(error: &'p RequestError) -> Self {
        Self {
            status: error.status(),
            code: error.code(),
            detail: error.to_string(),
            field: Some(error.field()),
            hint: error.hint(),
        }
    }
}

impl Problem<'_> {
    /// The answer, without the headers of the update protocol.
    pub fn response(&self) -> Response<Body> {
        let row = codes::find(self.code);
        debug_assert!(row.is_some_and(|row| row.status == self.status.as_u16()), "{} is not in the table", self.code);
        let document = Document {
            r#type: format!("/docs/errors#{}", self.code),
            title: row.map_or("Error", |row| row.title),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            field: self.field,
            hint: self.hint,
        };
        let bytes = Bytes::from(serde_json::to_vec(&document).unwrap_or_default());
        let mut response = Response::new(Body::Full(bytes));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}
