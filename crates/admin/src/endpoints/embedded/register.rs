//! `POST /api/v1/apps/{app}/embedded`

use axum::Json;
use axum::extract::State;
use model::UpdateId;
use model::control::RegisteredEmbedded;
use publishing::Command;
use uuid::Uuid;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{DryRun, Idempotent, InApp, refusals};
use crate::operate::operate;
use crate::request::{Parsed, Path};

refusals!(Operates, InvalidName, EmbeddedConflict);

/// Makes the update inside a released binary known.
///
/// The server then knows what devices of that binary would refuse, and warns when something is served that they would
/// download and never run. The same again changes nothing.
#[utoipa::path(
    post, path = "/api/v1/apps/{app}/embedded", tag = "embedded", operation_id = "register_embedded",
    params(InApp, Idempotent, DryRun), request_body = api::Embedded,
    responses((status = 200, description = "What it did.", body = api::Operated), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path(app): Path<String>,
    Parsed { body, asked }: Parsed<api::Embedded>,
) -> Result<Json<api::Operated>, Failure> {
    let command = Command::RegisterEmbedded(parse(&body)?);
    Ok(Json(operate(&admin, &operator, &app, command, &asked).await?))
}

fn parse(body: &api::Embedded) -> Result<RegisteredEmbedded, Failure> {
    let launch_hash = body.launch_hash.as_deref().map(str::parse).transpose();
    Ok(RegisteredEmbedded {
        id: Uuid::parse_str(&body.id).map(UpdateId).map_err(|error| Failure::bad_field("id", error))?,
        platform: fields::platform("platform", &body.platform)?,
        runtime_version: fields::runtime_version("runtime_version", &body.runtime_version)?,
        created_at: publishing::parse_instant(&body.created_at)
            .map_err(|error| Failure::bad_field("created_at", error))?,
        launch_hash: launch_hash.map_err(|error| Failure::bad_field("launch_hash", error))?,
        channel: body.channel.as_deref().map(|name| fields::channel("channel", name)).transpose()?,
    })
}
