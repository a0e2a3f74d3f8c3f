//! `POST /api/v1/apps/{app}/publishes/{id}/commit`

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use model::{KeyId, UpdateId};
use publishing::{CommitRequest, DetachedSignature, PublishError};
use store::SessionId;
use uuid::Uuid;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::openapi::{Idempotent, InApp, refusals};
use crate::operate::published;
use crate::request::{self, Parsed, Path};

refusals!(
    Operates,
    InvalidName,
    UnknownPublish,
    UnknownKey,
    HeadMoved,
    RolloutActive,
    MissingBlobs,
    TooManyConditionalEntries,
    InvalidSignature,
    RefusedByClient,
);

/// Makes what was prepared visible, on all platforms at once. Asked again, it answers the same.
#[utoipa::path(
    post, path = "/api/v1/apps/{app}/publishes/{id}/commit", tag = "publishing", operation_id = "commit_publish",
    params(InApp, Idempotent, ("id" = api::texts::Id, Path, description = "What `prepare_publish` answered.")),
    request_body = Option<api::CommitPublish>,
    responses((status = 201, description = "It is served.", body = api::Published), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path((app, id)): Path<(String, String)>,
    Parsed { body, asked }: Parsed<api::CommitPublish>,
) -> Result<(StatusCode, Json<api::Published>), Failure> {
    asked.refuse_dry_run()?;
    let session = Uuid::parse_str(&id).map(SessionId).map_err(|_| PublishError::UnknownPublish)?;
    let signatures = body.signatures.into_iter().enumerate().map(|(index, one)| signature(index, &one));
    let request = CommitRequest {
        session,
        signatures: signatures.collect::<Result<_, Failure>>()?,
        caller: operator.caller(&asked)?,
    };
    let outcome = admin.publishing.commit(&request::app(&app)?, request).await?;
    Ok((StatusCode::CREATED, Json(published(outcome, false)?)))
}

fn signature(index: usize, one: &api::DetachedSignature) -> Result<DetachedSignature, Failure> {
    let field = |name: &str| format!("signatures[{index}].{name}");
    Ok(DetachedSignature {
        update: Uuid::parse_str(&one.update)
            .map(UpdateId)
            .map_err(|error| Failure::bad_field(&field("update"), error))?,
        key_id: KeyId::parse(&one.key_id).map_err(|error| Failure::bad_name(&field("key_id"), error))?,
        signature: publishing::signature(&one.sig).map_err(|error| Failure::bad_field(&field("sig"), error))?,
    })
}
