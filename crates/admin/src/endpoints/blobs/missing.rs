//! `POST /api/v1/apps/{app}/blobs/missing`

use axum::Json;
use axum::extract::State;
use model::BlobHash;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::openapi::{InApp, refusals};
use crate::request::{self, Parsed, Path};

refusals!(ReadsInApp, BadRequest, BodyCut, BodyTooLarge);

/// Tells which of these files the app has not uploaded yet.
#[utoipa::path(
    post, path = "/api/v1/apps/{app}/blobs/missing", tag = "publishing", operation_id = "missing_blobs",
    params(InApp), request_body = api::WhichBlobs,
    responses((status = 200, description = "What to upload.", body = api::MissingBlobs), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Path(app): Path<String>,
    Parsed { body, .. }: Parsed<api::WhichBlobs>,
) -> Result<Json<api::MissingBlobs>, Failure> {
    let blobs = body.blobs.iter().enumerate().map(|(index, blob)| {
        let hash: BlobHash =
            blob.hash.parse().map_err(|error| Failure::bad_field(&format!("blobs[{index}].hash"), error))?;
        Ok((hash, blob.size))
    });
    let blobs = blobs.collect::<Result<Vec<_>, Failure>>()?;
    let missing = admin.publishing.missing_blobs(&request::app(&app)?, &blobs).await?;
    Ok(Json(api::MissingBlobs { missing: missing.iter().map(ToString::to_string).collect() }))
}
