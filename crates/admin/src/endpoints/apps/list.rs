//! `GET /api/v1/apps`

use axum::Json;
use axum::extract::State;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::openapi::refusals;
use crate::paging::{self, List};
use crate::request::Query;

refusals!(Reads, BadRequest, InvalidCursor);

/// Lists the apps, a page at a time.
#[utoipa::path(
    get, path = "/api/v1/apps", tag = "apps", operation_id = "list_apps",
    params(api::WhichPage),
    responses((status = 200, description = "By name.", body = api::Apps), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Query(page): Query<api::WhichPage>,
) -> Result<Json<api::Apps>, Failure> {
    let apps = admin.apps.apps().await?;
    let apps = apps.iter().map(super::summary).collect::<Result<_, _>>()?;
    let (apps, next_cursor) = paging::by_name(List("list_apps", ""), apps, |app| &app.slug, &page)?;
    Ok(Json(api::Apps { apps, next_cursor }))
}
