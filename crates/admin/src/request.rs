//! Reading a request: bounded, and refused with the field's name.

use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use model::AppSlug;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::failure::Failure;

/// The largest JSON body, in bytes: 20,000 assets on both platforms fit.
const LARGEST_JSON: usize = 16 << 20;

/// How long a JSON body may take to arrive.
const JSON_TIME: Duration = Duration::from_mins(1);

/// What a request says beside its body.
pub struct Asked {
    /// SHA-256 of what it asks for: its body and, where it has one, its query.
    pub hash: [u8; 32],
    /// The request's head.
    pub parts: Parts,
}

impl Asked {
    /// Whether nothing is to be done, only told what it would come to: the query's `dry_run`. A parameter that nothing reads
    /// is refused: whoever sent it would take for done what was not.
    pub fn is_dry_run(&self) -> Result<bool, Failure> {
        let read = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&self.parts.uri);
        let axum::extract::Query(parameters) = read.map_err(|error| Failure::bad_field("query", error.body_text()))?;
        let mut dry_run = None;
        for (name, value) in parameters {
            match (name.as_str(), value.as_str()) {
                ("dry_run", _) if dry_run.is_some() => {
                    return Err(Failure::bad_field("dry_run", "it is there more than once"));
                }
                ("dry_run", "true") => dry_run = Some(true),
                ("dry_run", "false") => dry_run = Some(false),
                ("dry_run", _) => return Err(Failure::bad_field("dry_run", "it is neither `true` nor `false`")),
                // Deletions have no body to say it in.
                ("platform", _) if self.parts.method == http::Method::DELETE => {}
                // The publish of a record, which has no app in its path.
                ("app", _) if self.parts.uri.path().ends_with("/admin/publish") => {}
                (unknown, _) => {
                    return Err(Failure::bad_field("query", format!("nothing reads the parameter {unknown:?} here")));
                }
            }
        }
        Ok(dry_run.unwrap_or(false))
    }

    /// For what cannot be told without doing it: whoever asks for a preview must never get the real thing.
    pub fn refuse_dry_run(&self) -> Result<(), Failure> {
        if self.is_dry_run()? { Err(Failure::bad_field("dry_run", "this operation has no preview")) } else { Ok(()) }
    }
}

/// The query of a deletion: of which platform. Whether it is one is read by [`Asked::is_dry_run`].
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnPlatform {
    /// Only this platform of the group.
    pub platform: Option<String>,
    #[serde(rename = "dry_run")]
    _dry_run: Option<serde::de::IgnoredAny>,
}

/// A JSON body with what an idempotent endpoint needs beside it. An empty body, or `null`, is an object without
/// members.
pub struct Parsed<T> {
    /// The body.
    pub body: T,
    /// The rest.
    pub asked: Asked,
}

/// The body of an operation that needs none.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Parsed<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let arriving = tokio::time::timeout(JSON_TIME, axum::body::to_bytes(body, LARGEST_JSON)).await;
        let arrived = arriving.map_err(|_| {
            Failure::new(api::Code::BodyCut, format!("the body did not arrive within {} s", JSON_TIME.as_secs()))
        })?;
        let bytes = arrived.map_err(|error| {
            let source = std::error::Error::source(&error);
            let too_large = source.is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
            if too_large {
                Failure::new(api::Code::BodyTooLarge, format!("the body has more than {LARGEST_JSON} bytes"))
            } else {
                Failure::new(api::Code::BodyCut, api::Code::BodyCut.title())
            }
        })?;
        let text = if matches!(&bytes[..], b"" | b"null") { b"{}" } else { &bytes[..] };
        serde_json::from_slice::<api::Distinct>(text).map_err(|error| Failure::bad_field("body", error))?;
        let read = serde_json::from_slice(text).map_err(|error| Failure::bad_field("body", error))?;
        let api::Object(body) = read;
        Ok(Self { body, asked: Asked { hash: hash(&bytes, parts.uri.query()), parts } })
    }
}

/// Two requests with one hash ask for the same.
fn hash(body: &[u8], query: Option<&str>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(body);
    if let Some(query) = query {
        // No JSON text goes on after a NUL.
        hash.update([0]);
        hash.update(query);
    }
    hash.finalize().into()
}

/// The query's parameters.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let read = axum::extract::Query::from_request_parts(parts, state).await;
        let axum::extract::Query(parameters) = read.map_err(|error| {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            Failure::bad_field("query", source.unwrap_or_else(|| error.body_text()))
        })?;
        Ok(Self(parameters))
    }
}

/// The path's parameters. A path that is not UTF-8 names nothing here.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let read = axum::extract::Path::from_request_parts(parts, state).await;
        let axum::extract::Path(parameters) = read.map_err(|_| crate::endpoints::nothing_at(&parts.uri))?;
        Ok(Self(parameters))
    }
}

/// The app in the path.
pub fn app(slug: &str) -> Result<AppSlug, Failure> {
    // A text that cannot name an app names none: the same answer as for any other unknown one.
    AppSlug::parse(slug).map_err(|_| publishing::PublishError::UnknownApp.into())
}
