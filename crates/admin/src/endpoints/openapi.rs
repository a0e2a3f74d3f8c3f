//! `GET /api/v1/openapi.json`

use http::header;

use crate::openapi::text;

/// Describes this API.
///
/// Open to everybody: it carries nothing that the program's source does not.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "insight", operation_id = "describe", security(()),
    responses((status = 200, description = "This document.", body = serde_json::Value)),
)]
pub async fn handle() -> ([(header::HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "application/json")], text())
}
