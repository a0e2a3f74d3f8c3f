//! `GET /api/v1/apps/{app}/audit`

use axum::Json;
use axum::extract::State;
use publishing::PublishError;
use serde::Deserialize;
use store::AuditLine;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{InApp, refusals};
use crate::request::{self, Path, Query};

/// Lines, unless something else was asked for.
const USUAL: u16 = 100;
/// The most lines.
const MOST: u16 = 1000;

/// How much of the log is asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// At most so many: 1 to 1,000, 100 by default.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
    /// Only lines that are older than the one with this id: the last one of the page before.
    #[param(maximum = 9_007_199_254_740_991_u64)]
    before: Option<u64>,
}

refusals!(ReadsInApp, BadRequest);

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
    let limit = fields::limit(lines.limit, USUAL, MOST)?;
    if lines.before.is_some_and(|id| id > api::LARGEST_NUMBER) {
        return Err(Failure::bad_field("before", "it is larger than 2^53 - 1"));
    }
    let app = admin.apps.app(&request::app(&app)?).await?.ok_or(PublishError::UnknownApp)?;
    let lines = admin.audit.audit(app.id, lines.before, limit.into()).await?;
    Ok(Json(api::Audit { lines: lines.into_iter().map(line).collect::<Result<_, _>>()? }))
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
