//! `GET /api/v1/apps/{app}/channels`

use axum::Json;
use axum::extract::State;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::openapi::{InApp, refusals};
use crate::paging::{self, List};
use crate::request::{self, Path, Query};

refusals!(ReadsInApp, BadRequest, InvalidCursor);

/// Lists the channels, a page at a time.
#[utoipa::path(
    get, path = "/api/v1/apps/{app}/channels", tag = "channels", operation_id = "list_channels",
    params(InApp, api::WhichPage),
    responses((status = 200, description = "By name.", body = api::Channels), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Path(app): Path<String>,
    Query(page): Query<api::WhichPage>,
) -> Result<Json<api::Channels>, Failure> {
    let control = admin.publishing.app_control(&request::app(&app)?).await?;
    let channels = control.channels.iter().map(|channel| super::channel(&control, channel));
    let list = List("list_channels", &app);
    let (channels, next_cursor) = paging::by_name(list, channels.collect(), |channel| &channel.name, &page)?;
    Ok(Json(api::Channels { channels, next_cursor }))
}
