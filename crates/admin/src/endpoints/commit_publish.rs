//! `POST /api/v1/apps/{app}/publishes/{id}/commit`

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use model::{KeyId, UpdateId};
use publishing::{CommitRequest, DetachedSignature, Issued, PublishError};
use store::SessionId;
use uuid::Uuid;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::request::{self, Parsed, Path};

/// Makes what was prepared visible. Asked again, it answers the same.
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path((app, id)): Path<(String, String)>,
    Parsed { body, hash, parts }: Parsed<api::CommitPublish>,
) -> Result<(StatusCode, Json<api::Published>), Failure> {
    let session = Uuid::parse_str(&id).map(SessionId).map_err(|_| PublishError::UnknownPublish)?;
    let signatures = body.signatures.into_iter().enumerate().map(|(index, one)| signature(index, &one));
    let request = CommitRequest {
        session,
        signatures: signatures.collect::<Result<_, Failure>>()?,
        idempotency: operator.idempotency(&parts, hash)?,
        actor: operator.actor(),
    };
    let issued = admin.publishing.commit(&request::app(&app)?, request).await?;
    Ok((StatusCode::CREATED, Json(published(issued))))
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

pub(super) fn published(issued: Issued) -> api::Published {
    api::Published {
        group: issued.group,
        branch: issued.branch,
        updates: issued
            .updates
            .into_iter()
            .map(|update| api::PublishedUpdate {
                id: update.id,
                kind: if update.roll_back_to_embedded {
                    api::UpdateKind::RollBackToEmbedded
                } else {
                    api::UpdateKind::Update
                },
                platform: update.platform,
                runtime_version: update.runtime_version,
                created_at: update.created_at,
                origin: update.origin,
            })
            .collect(),
        warnings: issued.warnings.into_iter().map(warning).collect(),
    }
}

pub(super) fn warning(warning: publishing::Warning) -> api::Warning {
    api::Warning { code: warning.code, message: warning.message }
}
