//! `GET /api/v1/apps/{app}/keys`

use axum::Json;
use axum::extract::State;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::openapi::{InApp, refusals};
use crate::paging::{self, List};
use crate::request::{self, Path, Query};

refusals!(ReadsInApp, BadRequest, InvalidCursor);

/// Lists the signing keys, without their private parts, a page at a time.
#[utoipa::path(
    get, path = "/api/v1/apps/{app}/keys", tag = "keys", operation_id = "list_keys",
    params(InApp, api::WhichPage),
    responses((status = 200, description = "By key id.", body = api::Keys), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Path(app): Path<String>,
    Query(page): Query<api::WhichPage>,
) -> Result<Json<api::Keys>, Failure> {
    let keys = admin.publishing.keys(&request::app(&app)?).await?;
    let keys = keys.into_iter().map(super::key).collect();
    let (keys, next_cursor) = paging::by_name(List("list_keys", &app), keys, |key: &api::Key| &key.key_id, &page)?;
    Ok(Json(api::Keys { keys, next_cursor }))
}
