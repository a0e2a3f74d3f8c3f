//! `POST /api/v1/apps/{app}/publishes`

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use model::BlobHash;
use publishing::{Destination, ExportAsset, PlatformExport, PrepareRequest, Source};

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{InApp, refusals};
use crate::operate::warning;
use crate::request::{self, Parsed, Path};

refusals!(
    ChangesInApp,
    InvalidName,
    RolloutOver100,
    AssetKeyConflict,
    TooManyAssets,
    RefusedByClient,
    UnknownChannel,
    UnknownBranch,
    SplitChannel,
    RolloutActive,
    MissingBlobs,
    NothingChanged,
    TooManyConditionalEntries,
    InvalidRule,
);

/// Prepares a publish: renders what was asked for and stores it unseen.
///
/// The exact bytes that devices will be served come back, to be signed with keys that the server does not hold.
#[utoipa::path(
    post, path = "/api/v1/apps/{app}/publishes", tag = "publishing", operation_id = "prepare_publish",
    params(InApp), request_body = api::PreparePublish,
    responses((status = 201, description = "It waits for its commit for an hour.", body = api::Prepared), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path(app): Path<String>,
    Parsed { body, asked }: Parsed<api::PreparePublish>,
) -> Result<(StatusCode, Json<api::Prepared>), Failure> {
    asked.refuse_dry_run()?;
    check_source(body.git.as_ref())?;
    let platforms = body.platforms.into_iter().enumerate().map(|(index, export)| platform_export(index, export));
    let request = PrepareRequest {
        destination: Destination::parse(body.channel.as_deref(), body.branch.as_deref())?,
        create_channel: body.create_channel,
        terms: fields::terms(body.rollout, body.rule, body.on_rollout)?,
        message: fields::message(body.message)?,
        source: body.git.map(|git| Source { commit: git.commit, branch: git.branch, dirty: git.dirty }),
        force: body.force,
        platforms: platforms.collect::<Result<_, Failure>>()?,
        actor: operator.actor(),
    };
    let prepared = admin.publishing.prepare(&request::app(&app)?, request).await?;
    let updates = prepared.updates.iter().map(|update| {
        Ok(api::PreparedUpdate {
            id: update.id.to_string(),
            platform: update.lane.platform.to_string(),
            runtime_version: update.lane.runtime_version.to_string(),
            created_at: publishing::instant(update.created_at)?,
            manifest: String::from_utf8_lossy(&update.manifest).into_owned(),
        })
    });
    Ok((
        StatusCode::CREATED,
        Json(api::Prepared {
            id: prepared.session.to_string(),
            updates: updates.collect::<Result<_, Failure>>()?,
            external_keys: prepared.external_keys.iter().map(ToString::to_string).collect(),
            warnings: prepared.warnings.into_iter().map(warning).collect(),
        }),
    ))
}

/// Characters of a branch's name in Git, generously.
const LONGEST_GIT_BRANCH: usize = 1_000;

fn check_source(git: Option<&api::Git>) -> Result<(), Failure> {
    let Some(git) = git else { return Ok(()) };
    let is_hash = |text: &str| matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hash(&git.commit) {
        return Err(Failure::bad_field("git.commit", "it is not 40 or 64 hexadecimal digits"));
    }
    git.branch.as_deref().map(|branch| fields::printable("git.branch", branch)).transpose()?;
    if git.branch.as_ref().is_some_and(|branch| branch.chars().count() > LONGEST_GIT_BRANCH) {
        return Err(Failure::bad_field("git.branch", format!("it has more than {LONGEST_GIT_BRANCH} characters")));
    }
    Ok(())
}

fn platform_export(index: usize, export: api::PlatformExport) -> Result<PlatformExport, Failure> {
    let field = |name: &str| format!("platforms[{index}].{name}");
    let hash = |name: String, text: &str| -> Result<BlobHash, Failure> {
        text.parse().map_err(|error| Failure::bad_field(&name, error))
    };
    let assets = export.assets.into_iter().enumerate().map(|(number, asset)| {
        Ok(ExportAsset {
            hash: hash(field(&format!("assets[{number}].hash")), &asset.hash)?,
            key: asset.key,
            extension: asset.ext,
        })
    });
    Ok(PlatformExport {
        platform: fields::platform(&field("platform"), &export.platform)?,
        runtime_version: fields::runtime_version(&field("runtime_version"), &export.runtime_version)?,
        bundle: hash(field("bundle"), &export.bundle)?,
        assets: assets.collect::<Result<_, Failure>>()?,
        config: fields::expo_config(&field("expo_config"), export.expo_config)?,
    })
}
