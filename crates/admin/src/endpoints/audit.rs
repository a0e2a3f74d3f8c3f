//! `GET /api/v1/apps/{app}/audit`

use axum::Json;
use axum::extract::State;
use publishing::PublishError;
use serde::Deserialize;
use store::AuditLine;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::openapi::{InApp, refusals};
use crate::paging::{self, List};
use crate::request::{self, Path, Query};

/// How much of the log is asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// At most so many: 1 to 1,000, 100 by default.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
    /// Only lines that are older than the one with this id.
    #[param(maximum = 9_007_199_254_740_991_u64)]
    before: Option<u64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

refusals!(ReadsInApp, BadRequest, InvalidCursor);

/// Tells who did what, newest first.
#[utoipa::path(
    get, path = "/api/v1/apps/{app}/audit", tag = "insight", operation_id = "read_audit",
    params(InApp, Lines),
    responses((status = 200, description = "The newest lines of the audit log.", body = api::Audit), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Path(app): Path<String>,
    Query(lines): Query<Lines>,
) -> Result<Json<api::Audit>, Failure> {
    let limit = paging::limit(lines.limit)?;
    if lines.before.is_some_and(|id| id > api::LARGEST_NUMBER) {
        return Err(Failure::bad_field("before", "it is larger than 2^53 - 1"));
    }
    let list = List("read_audit", &app);
    let place = lines.cursor.as_deref().map(|cursor| place(list, cursor)).transpose()?;
    let before = [lines.before, place].into_iter().flatten().min();
    let known = admin.apps.app(&request::app(&app)?).await?.ok_or(PublishError::UnknownApp)?;
    let mut found = admin.audit.audit(known.id, before, u32::from(limit) + 1).await?;
    let more = found.len() > limit.into();
    found.truncate(limit.into());
    let next_cursor = found.last().filter(|_| more).map(|last| list.cursor(&last.id.to_be_bytes()));
    Ok(Json(api::Audit { lines: found.into_iter().map(line).collect::<Result<_, _>>()?, next_cursor }))
}

/// The line after which the page begins.
fn place(list: List<'_>, cursor: &str) -> Result<u64, Failure> {
    list.place(cursor)?.try_into().map(u64::from_be_bytes).map_err(|_| paging::no_cursor())
}

fn line(line: AuditLine) -> Result<api::AuditLine, Failure> {
    Ok(api::AuditLine {
        id: line.id,
        at: publishing::instant(line.at)?,
        actor: line.actor.0,
        action: line.action.as_str().into(),
        detail: line.detail,
    })
}
