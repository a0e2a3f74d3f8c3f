//! `GET /api/v1/apps/{app}`

use axum::Json;
use axum::extract::State;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::openapi::{InApp, refusals};
use crate::request::{self, Path};

refusals!(ReadsInApp);

/// Shows an app: its address for binaries, and its channels.
#[utoipa::path(
    get, path = "/api/v1/apps/{app}", tag = "apps", operation_id = "show_app",
    params(InApp),
    responses((status = 200, description = "The app.", body = api::App), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Path(app): Path<String>,
) -> Result<Json<api::App>, Failure> {
    let control = admin.publishing.app_control(&request::app(&app)?).await?;
    let name = |id| control.branch(id).map(|branch| branch.name.to_string());
    let channels = control.channels.iter().map(|channel| api::ChannelSummary {
        name: channel.name.to_string(),
        branches: channel.target.branches().filter_map(name).collect(),
        paused: channel.paused,
    });
    let path = if app == delivery::DEFAULT_APP { "/update".to_owned() } else { format!("/apps/{app}/update") };
    Ok(Json(api::App { update_url: format!("{}{path}", admin.public_url), channels: channels.collect(), slug: app }))
}
