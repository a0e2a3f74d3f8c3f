//! `GET /api/v1/apps/{app}/channels/{channel}`

use axum::Json;
use axum::extract::State;
use model::control::Refusal;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{InApp, refusals};
use crate::request::{self, Path};

refusals!(ReadsInApp, UnknownChannel);

/// Shows a channel.
#[utoipa::path(
    get, path = "/api/v1/apps/{app}/channels/{channel}", tag = "channels", operation_id = "show_channel",
    params(InApp, ("channel" = api::texts::ChannelName, Path, description = "The channel's name, percent-encoded.")),
    responses((status = 200, description = "The channel.", body = api::Channel), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Path((app, channel)): Path<(String, String)>,
) -> Result<Json<api::Channel>, Failure> {
    let control = admin.publishing.app_control(&request::app(&app)?).await?;
    let name = fields::channel_in_path(&channel)?;
    let found = control.channel(&name).ok_or(Refusal::UnknownChannel(name))?;
    Ok(Json(super::channel(&control, found)))
}
