//! `POST /api/v1/apps/{app}/branches`

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use publishing::Command;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{DryRun, Idempotent, InApp, refusals};
use crate::operate::operate;
use crate::request::{Parsed, Path};

refusals!(Operates, InvalidName, BranchExists);

/// Creates a branch.
///
/// No device sees it before a channel points at it.
#[utoipa::path(
    post, path = "/api/v1/apps/{app}/branches", tag = "branches", operation_id = "create_branch",
    params(InApp, Idempotent, DryRun), request_body = api::NameBranch,
    responses((status = 201, description = "It is there, and empty.", body = api::Operated), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path(app): Path<String>,
    Parsed { body, asked }: Parsed<api::NameBranch>,
) -> Result<(StatusCode, Json<api::Operated>), Failure> {
    let command = Command::CreateBranch(fields::branch("name", &body.name)?);
    Ok((StatusCode::CREATED, Json(operate(&admin, &operator, &app, command, &asked).await?)))
}
