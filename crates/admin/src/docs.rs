//! Pages for people: the API and the error codes, made of the description and the tables. No script, no other host.

mod errors;
mod markup;
mod reference;

use std::sync::LazyLock;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::{HeaderName, header};

use crate::Admin;

pub use errors::markdown as errors_markdown;

/// A page needs its style sheet and nothing else.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const STYLE: &str = include_str!("docs/style.css");

/// The pages, open to everybody: they carry nothing that the program's source does not.
pub fn router() -> Router<Admin> {
    Router::new()
        .route("/docs", get(|| async { page(&REFERENCE) }))
        .route("/docs/errors", get(|| async { page(&ERRORS) }))
        .route("/docs/style.css", get(|| async { answer("text/css; charset=utf-8", STYLE) }))
}

static REFERENCE: LazyLock<String> = LazyLock::new(|| reference::page(crate::openapi::text()));
static ERRORS: LazyLock<String> = LazyLock::new(errors::page);

fn page(text: &'static LazyLock<String>) -> impl IntoResponse {
    answer("text/html; charset=utf-8", text)
}

fn answer(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, text)
}
