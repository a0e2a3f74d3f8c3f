//! `GET /api/v1/apps/{app}/channels`

use axum::Json;
use axum::extract::State;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::openapi::{InApp, refusals};
use crate::request::{self, Path};

refusals!(ReadsInApp);

/// Lists the channels.
#[utoipa::path(
    get, path = "/api/v1/apps/{app}/channels", tag = "channels", operation_id = "list_channels",
    params(InApp),
    responses((status = 200, description = "By name.", body = api::Channels), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Path(app): Path<String>,
) -> Result<Json<api::Channels>, Failure> {
    let control = admin.publishing.app_control(&request::app(&app)?).await?;
    let channels = control.channels.iter().map(|channel| super::channel(&control, channel));
    Ok(Json(api::Channels { channels: channels.collect() }))
}
