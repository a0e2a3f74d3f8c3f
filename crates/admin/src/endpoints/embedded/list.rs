//! `GET /api/v1/apps/{app}/embedded`

use axum::Json;
use axum::extract::State;
use model::control::RegisteredEmbedded;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::openapi::{InApp, refusals};
use crate::paging::{self, List};
use crate::request::{self, Path, Query};

refusals!(ReadsInApp, BadRequest, InvalidCursor);

/// Lists the registered updates inside binaries, a page at a time.
#[utoipa::path(
    get, path = "/api/v1/apps/{app}/embedded", tag = "embedded", operation_id = "list_embedded",
    params(InApp, api::WhichPage),
    responses((status = 200, description = "By id.", body = api::EmbeddedUpdates), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Path(app): Path<String>,
    Query(page): Query<api::WhichPage>,
) -> Result<Json<api::EmbeddedUpdates>, Failure> {
    let control = admin.publishing.app_control(&request::app(&app)?).await?;
    let embedded = control.embedded.iter().map(embedded);
    let (list, embedded) = (List("list_embedded", &app), embedded.collect::<Result<_, _>>()?);
    let (embedded, next_cursor) = paging::by_name(list, embedded, |one: &api::Embedded| &one.id, &page)?;
    Ok(Json(api::EmbeddedUpdates { embedded, next_cursor }))
}

fn embedded(known: &RegisteredEmbedded) -> Result<api::Embedded, Failure> {
    Ok(api::Embedded {
        id: known.id.to_string(),
        platform: known.platform.to_string(),
        runtime_version: known.runtime_version.to_string(),
        created_at: publishing::instant(known.created_at)?,
        launch_hash: known.launch_hash.map(|hash| hash.to_string()),
        channel: known.channel.as_ref().map(ToString::to_string),
    })
}
