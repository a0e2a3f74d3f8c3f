//! `POST /api/v1/apps/{app}/roll-backs`

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use model::{Platform, RuntimeVersion};
use publishing::{RollBackRequest, RollBackTo, destination};

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::request::{self, Parsed, Path};

/// Issues what was before the head, or sends devices to the update inside their binary.
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path(app): Path<String>,
    Parsed { body, hash, parts }: Parsed<api::RollBack>,
) -> Result<(StatusCode, Json<api::Published>), Failure> {
    let platform = body.platform.as_deref().map(|name| {
        Platform::parse(name)
            .ok_or_else(|| Failure::bad_field("platform", format!("{name:?} is not `ios` or `android`")))
    });
    let runtime_version = body.runtime_version.as_deref().map(RuntimeVersion::parse).transpose();
    let request = RollBackRequest {
        destination: destination(body.channel.as_deref(), body.branch.as_deref())?,
        to: match body.to {
            api::RollBackTo::Previous => RollBackTo::Previous,
            api::RollBackTo::Embedded => RollBackTo::Embedded,
        },
        platform: platform.transpose()?,
        runtime_version: runtime_version.map_err(|error| Failure::bad_name("runtime_version", error))?,
        message: body.message,
        idempotency: operator.idempotency(&parts, hash)?,
        actor: operator.actor(),
    };
    let issued = admin.publishing.roll_back(&request::app(&app)?, request).await?;
    Ok((StatusCode::CREATED, Json(super::commit_publish::published(issued))))
}
