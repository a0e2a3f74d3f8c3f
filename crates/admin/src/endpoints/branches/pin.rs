//! `POST /api/v1/apps/{app}/branches/{branch}/pin`

use axum::Json;
use axum::extract::State;
use model::control::Selection;
use publishing::Command;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{DryRun, Idempotent, InApp, refusals};
use crate::operate::operate;
use crate::request::{Parsed, Path};

refusals!(Operates, UnknownBranch, UnknownUpdate, OtherBranch, RolloutActive, TooManyConditionalEntries);

/// Pins a branch to a good group.
///
/// The group is issued again at the branch's head, and what is published from then on is held until the branch is
/// unpinned.
#[utoipa::path(
    post, path = "/api/v1/apps/{app}/branches/{branch}/pin", tag = "branches", operation_id = "pin_branch",
    params(InApp, Idempotent, DryRun, ("branch" = api::texts::BranchName, Path, description = "The branch's name, percent-encoded.")),
    request_body = api::Pin,
    responses((status = 200, description = "What it did.", body = api::Operated), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path((app, branch)): Path<(String, String)>,
    Parsed { body, asked }: Parsed<api::Pin>,
) -> Result<Json<api::Operated>, Failure> {
    let command = Command::Pin {
        branch: fields::branch_in_path(&branch)?,
        updates: Selection {
            id: fields::update_id("group", &body.group)?,
            platform: fields::any_platform(body.platform.as_deref())?,
        },
        on_rollout: fields::on_rollout(body.on_rollout),
    };
    let operated = operate(&admin, &operator, &app, command, &asked).await;
    Ok(Json(operated.map_err(|failure| failure.called(api::Code::UnknownUpdate, "group"))?))
}
