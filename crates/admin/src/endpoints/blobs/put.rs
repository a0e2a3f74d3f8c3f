//! `PUT /api/v1/apps/{app}/blobs/{hash}`

use axum::body::Body;
use axum::extract::State;
use futures_util::StreamExt;
use http::StatusCode;
use model::BlobHash;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::openapi::{InApp, refusals};
use crate::request::{self, Path};

/// The sender paused for too long.
#[derive(Debug, thiserror::Error)]
#[error("nothing came for {0:?}")]
struct Paused(std::time::Duration);

refusals!(ReadsInApp, BadRequest, BodyCut, BodyTooLarge, HashMismatch, NoSpace);

/// Takes one file under its hash. Sending it again is no error.
#[utoipa::path(
    put, path = "/api/v1/apps/{app}/blobs/{hash}", tag = "publishing", operation_id = "put_blob",
    params(InApp, ("hash" = api::texts::Hash, Path, description = "SHA-256 of the file, 64 lower-case hexadecimal digits.")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file."),
    responses((status = 204, description = "The file is there."), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Path((app, hash)): Path<(String, String)>,
    body: Body,
) -> Result<StatusCode, Failure> {
    let hash: BlobHash = hash.parse().map_err(|error| Failure::bad_field("hash", error))?;
    let idle = admin.upload_idle_time;
    let pieces = futures_util::stream::unfold(Some(body.into_data_stream()), move |body| async move {
        let mut body = body?;
        match tokio::time::timeout(idle, body.next()).await {
            Ok(None) => None,
            Ok(Some(Ok(piece))) => Some((Ok(piece), Some(body))),
            Ok(Some(Err(error))) => Some((Err(Box::<dyn std::error::Error + Send + Sync>::from(error)), None)),
            Err(_) => Some((Err(Paused(idle).into()), None)),
        }
    });
    let mut pieces = pieces.fuse().boxed();
    let stored = admin.publishing.upload(&request::app(&app)?, hash, &mut pieces).await;
    if stored.is_err() {
        // Closed while the sender still sends, the connection is reset, and the sender learns of that instead of the
        // answer. So what comes is read for a while and thrown away.
        let rest = pieces.take_while(|piece| std::future::ready(piece.is_ok())).for_each(|_| std::future::ready(()));
        let _ = tokio::time::timeout(idle, rest).await;
    }
    stored?;
    Ok(StatusCode::NO_CONTENT)
}
