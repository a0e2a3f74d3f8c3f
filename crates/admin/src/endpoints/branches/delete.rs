//! `DELETE /api/v1/apps/{app}/branches/{branch}`

use axum::Json;
use axum::extract::State;
use publishing::Command;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{DryRun, Idempotent, InApp, refusals};
use crate::operate::operate;
use crate::request::{Nothing, Parsed, Path};

refusals!(Operates, UnknownBranch, BranchInUse);

/// Deletes a branch, unless a channel points at it.
///
/// What was issued on it stays known: devices may run it.
#[utoipa::path(
    delete, path = "/api/v1/apps/{app}/branches/{branch}", tag = "branches", operation_id = "delete_branch",
    params(InApp, Idempotent, DryRun, ("branch" = api::texts::BranchName, Path, description = "The branch's name, percent-encoded.")),
    responses((status = 200, description = "What it did.", body = api::Operated), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path((app, branch)): Path<(String, String)>,
    Parsed { asked, .. }: Parsed<Nothing>,
) -> Result<Json<api::Operated>, Failure> {
    let command = Command::DeleteBranch(fields::branch_in_path(&branch)?);
    Ok(Json(operate(&admin, &operator, &app, command, &asked).await?))
}
