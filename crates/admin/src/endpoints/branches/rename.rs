//! `PATCH /api/v1/apps/{app}/branches/{branch}`

use axum::Json;
use axum::extract::State;
use publishing::Command;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{DryRun, Idempotent, InApp, refusals};
use crate::operate::operate;
use crate::request::{Parsed, Path};

refusals!(Operates, InvalidName, UnknownBranch, BranchExists);

/// Renames a branch.
///
/// Devices notice nothing: what they store of a branch is its id.
#[utoipa::path(
    patch, path = "/api/v1/apps/{app}/branches/{branch}", tag = "branches", operation_id = "rename_branch",
    params(InApp, Idempotent, DryRun, ("branch" = api::texts::BranchName, Path, description = "The branch's name, percent-encoded.")),
    request_body = api::NameBranch,
    responses((status = 200, description = "What it did.", body = api::Operated), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path((app, branch)): Path<(String, String)>,
    Parsed { body, asked }: Parsed<api::NameBranch>,
) -> Result<Json<api::Operated>, Failure> {
    let command =
        Command::RenameBranch { branch: fields::branch_in_path(&branch)?, to: fields::branch("name", &body.name)? };
    Ok(Json(operate(&admin, &operator, &app, command, &asked).await?))
}
