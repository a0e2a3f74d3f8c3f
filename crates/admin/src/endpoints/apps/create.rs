//! `POST /api/v1/apps`

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use model::{AppSlug, KeyId};

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::refusals;
use crate::request::Parsed;

/// What a fresh app's channel is called, unless something else was asked for.
const FIRST_CHANNEL: &str = "production";
/// What a fresh app's signing key is called: the name that the client's tools give to a first one.
const FIRST_KEY: &str = "main";

refusals!(Changes, InvalidName, AppExists);

/// Creates an app with a channel, an equally named branch, and a signing key.
///
/// Sent again, it is refused as `app_exists`: a name is all that tells apps apart.
#[utoipa::path(
    post, path = "/api/v1/apps", tag = "apps", operation_id = "create_app",
    request_body = api::CreateApp,
    responses((status = 201, description = "It can be published to at once.", body = api::AppSummary), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Parsed { body, asked }: Parsed<api::CreateApp>,
) -> Result<(StatusCode, Json<api::AppSummary>), Failure> {
    asked.refuse_dry_run()?;
    let slug = AppSlug::parse(&body.slug).map_err(|error| Failure::bad_name("slug", error))?;
    let channel = fields::channel("channel", body.channel.as_deref().unwrap_or(FIRST_CHANNEL))?;
    let key = KeyId::parse(FIRST_KEY).map_err(|error| Failure::bad_name("key_id", error))?;
    let app = admin.publishing.create_app(&slug, &channel, &key, operator.actor()).await?;
    Ok((StatusCode::CREATED, Json(super::summary(&app)?)))
}
