//! `POST /api/v1/apps/{app}/keys/import`

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use model::KeyId;
use publishing::ImportKey;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::openapi::{InApp, refusals};
use crate::request::{self, Parsed, Path};

refusals!(ChangesInApp, InvalidName, KeyExists, InvalidKey, InvalidCertificate, KeyDoesNotFit);

/// Takes a key that was made elsewhere, and its certificate.
#[utoipa::path(
    post, path = "/api/v1/apps/{app}/keys/import", tag = "keys", operation_id = "import_key",
    params(InApp), request_body = api::ImportKey,
    responses((status = 201, description = "Every update is signed with it from now on.", body = api::Key), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path(app): Path<String>,
    Parsed { body, asked }: Parsed<api::ImportKey>,
) -> Result<(StatusCode, Json<api::Key>), Failure> {
    asked.refuse_dry_run()?;
    let request = ImportKey {
        key_id: KeyId::parse(&body.key_id).map_err(|error| Failure::bad_name("key_id", error))?,
        private_key: body.private_key.into(),
        certificate: body.certificate,
        actor: operator.actor(),
    };
    let key = admin.publishing.import_key(&request::app(&app)?, request).await?;
    Ok((StatusCode::CREATED, Json(super::key(key))))
}
