//! `POST /api/v1/apps/{app}/branches/{branch}/unpin`

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

refusals!(Operates, UnknownBranch, NotPinned, RolloutActive, TooManyConditionalEntries);

/// Unpins a branch: what was held is served.
#[utoipa::path(
    post, path = "/api/v1/apps/{app}/branches/{branch}/unpin", tag = "branches", operation_id = "unpin_branch",
    params(InApp, Idempotent, DryRun, ("branch" = api::texts::BranchName, Path, description = "The branch's name, percent-encoded.")),
    responses((status = 200, description = "What it did.", body = api::Operated), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path((app, branch)): Path<(String, String)>,
    Parsed { asked, .. }: Parsed<Nothing>,
) -> Result<Json<api::Operated>, Failure> {
    let command = Command::Unpin(fields::branch_in_path(&branch)?);
    Ok(Json(operate(&admin, &operator, &app, command, &asked).await?))
}
