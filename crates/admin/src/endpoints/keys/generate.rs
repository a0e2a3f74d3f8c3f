//! `POST /api/v1/apps/{app}/keys/generate`

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use model::KeyId;
use publishing::GenerateKey;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::openapi::{InApp, refusals};
use crate::request::{self, Parsed, Path};

refusals!(ChangesInApp, InvalidName, KeyExists);

/// Makes a key that the server holds, and its certificate.
#[utoipa::path(
    post, path = "/api/v1/apps/{app}/keys/generate", tag = "keys", operation_id = "generate_key",
    params(InApp), request_body = api::GenerateKey,
    responses((status = 201, description = "Every update is signed with it from now on.", body = api::Key), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path(app): Path<String>,
    Parsed { body, asked }: Parsed<api::GenerateKey>,
) -> Result<(StatusCode, Json<api::Key>), Failure> {
    asked.refuse_dry_run()?;
    let request = GenerateKey {
        key_id: KeyId::parse(&body.key_id).map_err(|error| Failure::bad_name("key_id", error))?,
        common_name: body.common_name,
        validity_years: body.validity_years,
        bits: body.bits,
        actor: operator.actor(),
    };
    let key = admin.publishing.generate_key(&request::app(&app)?, request).await?;
    Ok((StatusCode::CREATED, Json(super::key(key))))
}
