//! `GET /api/v1/apps/{app}/updates`

use axum::Json;
use axum::extract::State;
use model::{Millis, UpdateId};
use publishing::PageAsked;
use uuid::Uuid;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{InApp, refusals};
use crate::paging::{List, no_cursor};
use crate::request::{self, Path, Query};

/// Entries of a page, unless something else was asked for.
const USUAL_PAGE: u16 = 50;
/// The most entries of a page.
const LARGEST_PAGE: u16 = 200;

refusals!(ReadsInApp, BadRequest, InvalidCursor, InvalidName, UnknownChannel, UnknownBranch);

/// Lists what was issued, newest first, a page at a time.
#[utoipa::path(
    get, path = "/api/v1/apps/{app}/updates", tag = "updates", operation_id = "list_updates",
    params(InApp, api::ListUpdates),
    responses((status = 200, description = "A page.", body = api::Updates), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Path(app): Path<String>,
    Query(query): Query<api::ListUpdates>,
) -> Result<Json<api::Updates>, Failure> {
    let list = List("list_updates", &app);
    let asked = PageAsked {
        branch: query.branch.as_deref().map(|name| fields::branch("branch", name)).transpose()?,
        channel: query.channel.as_deref().map(|name| fields::channel("channel", name)).transpose()?,
        platform: fields::any_platform(query.platform.as_deref())?,
        runtime_version: match query.runtime_version.as_deref() {
            None => None,
            Some(text) => Some(fields::runtime_version("runtime_version", text)?),
        },
        state: query.state.map(|state| match state {
            api::UpdateState::Served => publishing::State::Served,
            api::UpdateState::Rolling => publishing::State::Rolling,
            api::UpdateState::Covered => publishing::State::Covered,
            api::UpdateState::Held => publishing::State::Held,
            api::UpdateState::Disabled => publishing::State::Disabled,
        }),
        after: query.cursor.as_deref().map(|cursor| place(list, cursor)).transpose()?,
        limit: fields::limit(query.limit, USUAL_PAGE, LARGEST_PAGE)?.into(),
    };
    let page = admin.publishing.updates(&request::app(&app)?, &asked).await?;
    Ok(Json(api::Updates {
        updates: page
            .updates
            .into_iter()
            .map(|one| super::update(one, super::Rules::SummedUp))
            .collect::<Result<_, _>>()?,
        next_cursor: page.next.map(|next| list.cursor(&written(next))),
    }))
}

fn written((created_at, id): (Millis, UpdateId)) -> [u8; 24] {
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&created_at.0.to_be_bytes());
    bytes[8..].copy_from_slice(id.0.as_bytes());
    bytes
}

/// The entry after which the page begins.
fn place(list: List<'_>, cursor: &str) -> Result<(Millis, UpdateId), Failure> {
    let bytes: [u8; 24] = list.place(cursor)?.try_into().map_err(|_| no_cursor())?;
    let (mut created_at, mut id) = ([0; 8], [0; 16]);
    created_at.copy_from_slice(&bytes[..8]);
    id.copy_from_slice(&bytes[8..]);
    Ok((Millis(i64::from_be_bytes(created_at)), UpdateId(Uuid::from_bytes(id))))
}
