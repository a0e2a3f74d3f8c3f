//! `GET /api/v1/apps/{app}/branches`

use axum::Json;
use axum::extract::State;
use model::control::{BranchState, Control};

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::openapi::{InApp, refusals};
use crate::paging::{self, List};
use crate::request::{self, Path, Query};

refusals!(ReadsInApp, BadRequest, InvalidCursor);

/// Lists the branches, with what each has newest, a page at a time.
#[utoipa::path(
    get, path = "/api/v1/apps/{app}/branches", tag = "branches", operation_id = "list_branches",
    params(InApp, api::WhichPage),
    responses((status = 200, description = "By name.", body = api::Branches), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Path(app): Path<String>,
    Query(page): Query<api::WhichPage>,
) -> Result<Json<api::Branches>, Failure> {
    let control = admin.publishing.app_control(&request::app(&app)?).await?;
    let branches = control.branches.iter().map(|state| branch(&control, state));
    let (list, branches) = (List("list_branches", &app), branches.collect::<Result<_, _>>()?);
    let (branches, next_cursor) = paging::by_name(list, branches, |branch| &branch.name, &page)?;
    Ok(Json(api::Branches { branches, next_cursor }))
}

fn branch(control: &Control, branch: &BranchState) -> Result<api::Branch, Failure> {
    let pointing =
        control.channels.iter().filter(|channel| channel.target.branches().any(|pointed| pointed == branch.id));
    let heads = control.heads(branch.id).into_iter().map(|head| {
        Ok(api::BranchHead {
            platform: head.lane.platform.to_string(),
            runtime_version: head.lane.runtime_version.to_string(),
            update: head.entry.id.to_string(),
            created_at: publishing::instant(head.entry.created_at)?,
        })
    });
    Ok(api::Branch {
        id: branch.id.to_string(),
        name: branch.name.to_string(),
        pinned: branch.pinned,
        channels: pointing.map(|channel| channel.name.to_string()).collect(),
        heads: heads.collect::<Result<_, Failure>>()?,
    })
}
