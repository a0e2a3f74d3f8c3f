//! `POST /api/v1/apps/{app}/updates/{id}/republish`

use axum::Json;
use axum::extract::State;
use publishing::Command;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::bodies::Republication;
use crate::openapi::{DryRun, Idempotent, InApp, refusals};
use crate::operate::operate;
use crate::request::{Parsed, Path};

refusals!(Operates, RolloutOver100, UnknownUpdate, RolloutActive, TooManyConditionalEntries, InvalidRule);

/// Issues a group's content again at the head of its branch.
#[utoipa::path(
    post, path = "/api/v1/apps/{app}/updates/{id}/republish", tag = "updates", operation_id = "republish_update",
    params(InApp, Idempotent, DryRun, ("id" = api::texts::Id, Path, description = "A group's id, or one update's.")),
    request_body(content = Option<Republication>, description = "Names neither a channel nor a branch."),
    responses((status = 200, description = "What it did.", body = api::Operated), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path((app, id)): Path<(String, String)>,
    Parsed { body, asked }: Parsed<api::Reissue>,
) -> Result<Json<api::Operated>, Failure> {
    for (field, given) in [("channel", &body.channel), ("branch", &body.branch)] {
        if given.is_some() {
            return Err(Failure::bad_field(field, "an update is republished on its own branch; promote it elsewhere"));
        }
    }
    let command = Command::Republish {
        updates: fields::selection(&id, body.platform.as_deref())?,
        terms: fields::terms(body.rollout, body.rule, body.on_rollout)?,
        message: fields::message(body.message)?,
    };
    Ok(Json(operate(&admin, &operator, &app, command, &asked).await?))
}
