//! `GET /api/v1/apps/{app}`

use axum::Json;
use axum::extract::State;
use model::Target;
use publishing::PublishError;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::request::{self, Path};

/// What the app is, in short.
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Path(app): Path<String>,
) -> Result<Json<api::App>, Failure> {
    let slug = request::app(&app)?;
    let record = admin.apps.app(&slug).await?.ok_or(PublishError::UnknownApp)?;
    let branches = admin.apps.branches(record.id).await?;
    let name = |id| branches.iter().find(|branch| branch.id == id).map(|branch| branch.name.to_string());
    let channels = admin.apps.channels(record.id).await?;
    let channels = channels.into_iter().map(|channel| api::ChannelSummary {
        name: channel.name.to_string(),
        branches: match channel.target {
            Target::Branch(branch) => name(branch).into_iter().collect(),
            Target::Split { old, new, .. } => [old, new].into_iter().filter_map(name).collect(),
        },
        paused: channel.paused,
    });
    let path = if app == delivery::DEFAULT_APP { "/update".to_owned() } else { format!("/apps/{app}/update") };
    Ok(Json(api::App { update_url: format!("{}{path}", admin.public_url), channels: channels.collect(), slug: app }))
}
