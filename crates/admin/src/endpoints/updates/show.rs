//! `GET /api/v1/apps/{app}/updates/{id}`

use axum::extract::State;
use publishing::Shown;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{InApp, refusals};
use crate::operate::Tagged;
use crate::request::{self, Path};

refusals!(ReadsInApp, UnknownUpdate);

/// Shows a group, or one update, with its exact bytes and its files.
#[utoipa::path(
    get, path = "/api/v1/apps/{app}/updates/{id}", tag = "updates", operation_id = "show_update",
    params(InApp, ("id" = api::texts::Id, Path, description = "A group's id, or one update's.")),
    responses((status = 200, description = "One for each platform and runtime version.", body = api::ShownUpdates,
        headers(("etag" = String, description = "The entity tag that it has now, for `If-Match`."))),
        Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Path((app, id)): Path<(String, String)>,
) -> Result<Tagged<api::ShownUpdates>, Failure> {
    let shown = admin.publishing.show(&request::app(&app)?, fields::update_id("id", &id)?).await?;
    let listed: Vec<_> = shown.iter().map(|shown| shown.listed.clone()).collect();
    let etag = Some(publishing::updates_etag(&listed)?);
    let body = api::ShownUpdates { updates: shown.into_iter().map(update).collect::<Result<_, _>>()? };
    Ok(Tagged { etag, body })
}

fn update(Shown { listed, body, files }: Shown) -> Result<api::ShownUpdate, Failure> {
    let assets = files.into_iter().map(|file| api::ShownAsset {
        hash: file.hash.to_string(),
        key: file.key,
        content_type: file.content_type,
        size: file.size,
        launch: file.launch,
        url: file.url,
    });
    Ok(api::ShownUpdate {
        update: super::update(listed, super::Rules::Whole)?,
        body: String::from_utf8_lossy(&body).into_owned(),
        assets: assets.collect(),
    })
}
