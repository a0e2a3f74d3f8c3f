//! `GET /api/v1/apps/{app}/channels/{channel}`

use axum::extract::State;
use model::control::Refusal;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{InApp, refusals};
use crate::operate::Tagged;
use crate::request::{self, Path};

refusals!(ReadsInApp, UnknownChannel);

/// Shows a channel.
#[utoipa::path(
    get, path = "/api/v1/apps/{app}/channels/{channel}", tag = "channels", operation_id = "show_channel",
    params(InApp, ("channel" = api::texts::ChannelName, Path, description = "The channel's name, percent-encoded.")),
    responses((status = 200, description = "The channel.", body = api::Channel,
        headers(("etag" = String, description = "The entity tag that it has now, for `If-Match`."))), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Path((app, channel)): Path<(String, String)>,
) -> Result<Tagged<api::Channel>, Failure> {
    let control = admin.publishing.app_control(&request::app(&app)?).await?;
    let name = fields::channel_in_path(&channel)?;
    let found = control.channel(&name).ok_or(Refusal::UnknownChannel(name))?;
    let etag = Some(publishing::channel_etag(&control, found)?);
    Ok(Tagged { etag, body: super::channel(&control, found) })
}
