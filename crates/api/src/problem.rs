//! Errors on the wire: RFC 9457 problem documents with a public code.

use serde::{Deserialize, Serialize};

use crate::Code;

/// The media type of a [`Problem`].
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An error as every surface of the server answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A reference to what the code means: a page of the server itself.
    #[serde(rename = "type")]
    pub kind: String,
    /// What went wrong, the same for every occurrence of the code.
    pub title: String,
    /// The HTTP status, repeated.
    pub status: u16,
    /// The stable code that programs match on.
    pub code: String,
    /// What went wrong this time; names the field and the value where there is one.
    pub detail: String,
    /// The field, header or setting that is to blame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Problem {
    /// A problem with a code of the table, its own title and hint.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: reference(code.as_str()),
            title: code.title().into(),
            status: code.status(),
            code: code.as_str().into(),
            detail: detail.into(),
            field: None,
            hint: Some(code.hint().into()),
        }
    }

    /// Names the field, header or setting to blame.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says what to do next, where the code's own hint is too general.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether the problem has this code.
    pub fn is(&self, code: Code) -> bool {
        self.code == code.as_str()
    }
}

/// The `type` member for a code.
pub fn reference(code: &str) -> String {
    format!("/docs/errors#{code}")
}
