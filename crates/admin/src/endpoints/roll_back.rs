//! `POST /api/v1/apps/{app}/roll-backs`

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use model::control::{Only, RollBackTo};
use publishing::{Command, Destination};

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{DryRun, Idempotent, InApp, refusals};
use crate::operate::{Done, perform, published};
use crate::request::{Parsed, Path};

refusals!(
    Operates,
    InvalidName,
    UnknownChannel,
    UnknownBranch,
    UnknownUpdate,
    OtherBranch,
    SplitChannel,
    HeadMoved,
    RolloutActive,
    NothingToRollBackTo,
    TooManyConditionalEntries,
);

/// Goes back: to what was served before, to the update inside the binary, or to a named group.
///
/// What is gone back to is issued again, later than all that devices have. A pin does not hold it.
#[utoipa::path(
    post, path = "/api/v1/apps/{app}/roll-backs", tag = "publishing", operation_id = "roll_back",
    params(InApp, Idempotent, DryRun), request_body = api::RollBack,
    responses((status = 201, description = "What it issued.", body = api::Published), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path(app): Path<String>,
    Parsed { body, asked }: Parsed<api::RollBack>,
) -> Result<(StatusCode, Json<api::Published>), Failure> {
    let runtime_version = body.runtime_version.as_deref();
    let runtime_version = runtime_version.map(|text| fields::runtime_version("runtime_version", text)).transpose()?;
    let command = Command::RollBack {
        destination: Destination::parse(body.channel.as_deref(), body.branch.as_deref())?,
        to: to(body.to, body.group.as_deref())?,
        only: Only { platform: fields::any_platform(body.platform.as_deref())?, runtime_version },
        on_rollout: fields::on_rollout(body.on_rollout),
        message: fields::message(body.message)?,
    };
    let done = perform(&admin, &operator, &app, command, None, &asked).await;
    let Done { outcome, dry_run } = done.map_err(|failure| failure.called(api::Code::UnknownUpdate, "group"))?;
    Ok((StatusCode::CREATED, Json(published(outcome, dry_run)?)))
}

fn to(to: api::RollBackTo, group: Option<&str>) -> Result<RollBackTo, Failure> {
    match (to, group) {
        (api::RollBackTo::Previous, None) => Ok(RollBackTo::Previous),
        (api::RollBackTo::Embedded, None) => Ok(RollBackTo::Embedded),
        (api::RollBackTo::Group, Some(group)) => Ok(RollBackTo::Group(fields::update_id("group", group)?)),
        (api::RollBackTo::Group, None) => Err(Failure::bad_field("group", "it names no group to go back to")),
        (_, Some(_)) => Err(Failure::bad_field("group", "it goes with `\"to\": \"group\"` only")),
    }
}
