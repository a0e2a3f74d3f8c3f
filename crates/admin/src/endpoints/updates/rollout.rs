//! `POST /api/v1/apps/{app}/updates/{id}/rollout`

use axum::extract::State;
use publishing::Command;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{Conditional, DryRun, Idempotent, InApp, refusals};
use crate::operate::{Tagged, operate_if};
use crate::request::{Parsed, Path};

refusals!(
    Operates,
    PreconditionFailed,
    RolloutOver100,
    UnknownUpdate,
    RolloutActive,
    NoRollout,
    RolloutCannotLower,
    NotTheHead,
    TooManyConditionalEntries,
);

/// Starts, raises, finishes or reverts a rollout.
///
/// Which devices are inside is drawn from their ids, so raising the share only adds devices. Reverting issues again what
/// was beneath, so that devices which took the update leave it.
#[utoipa::path(
    post, path = "/api/v1/apps/{app}/updates/{id}/rollout", tag = "updates", operation_id = "change_rollout",
    params(InApp, Idempotent, DryRun, Conditional, ("id" = api::texts::Id, Path, description = "A group's id, or one update's.")),
    request_body = api::ChangeRollout,
    responses((status = 200, description = "What it did.", body = api::Operated,
        headers(("etag" = String, description = "The entity tag that it has now, for `If-Match`."))), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path((app, id)): Path<(String, String)>,
    Parsed { body, asked }: Parsed<api::ChangeRollout>,
) -> Result<Tagged<api::Operated>, Failure> {
    use api::ChangeRollout as Change;
    let updates = |platform: Option<String>| fields::selection(&id, platform.as_deref());
    let share = |basis_points| fields::share("basis_points", basis_points);
    let command = match body {
        Change::Start { basis_points, platform } => {
            Command::StartRollout { updates: updates(platform)?, share: share(basis_points)? }
        }
        Change::Set { basis_points, platform } => {
            Command::SetRollout { updates: updates(platform)?, share: share(basis_points)? }
        }
        Change::Finish { platform } => Command::FinishRollout(updates(platform)?),
        Change::Revert { platform } => Command::RevertRollout(updates(platform)?),
    };
    operate_if(&admin, &operator, &app, command, &asked).await
}
