//! `POST /admin/publish`: the product brief's address for an update whose files lie on a CDN.

use api::Code;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use model::{BasisPoints, BlobHash, LaneId, UpdateId};
use publishing::{
    AssetUrl, FileName, Metadata, MetadataError, Record, RemoteAsset, RemoteFile, TermsAsked, parse_sha256,
};
use uuid::{Uuid, Variant};

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{Idempotent, refusals};
use crate::operate::published;
use crate::request::{self, Parsed, Query};

refusals!(
    Operates,
    InvalidName,
    RolloutOver100,
    HashNeeded,
    PrivateAddress,
    AssetKeyConflict,
    TooManyAssets,
    RefusedByClient,
    UnknownChannel,
    SplitChannel,
    UpdateExists,
    NothingChanged,
    RolloutActive,
    TooManyConditionalEntries,
    FileNotFetched,
    HashMismatch,
    InvalidSignature,
);

/// Which app.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfApp {
    app: Option<String>,
}

/// Publishes an update whose files already lie on a CDN, and serves it at once.
///
/// The manifest carries the addresses that are given; phones send their request headers to those hosts, `x-api-key`
/// included. Every file needs a hash, given or found by the server.
#[utoipa::path(
    post, path = "/admin/publish", tag = "publishing", operation_id = "publish_record",
    params(Idempotent, ("app" = Option<api::texts::AppSlug>, Query, description = "The app; `default` unless it is named.")),
    request_body = api::PublishRecord,
    responses((status = 201, description = "It is served, unless it is disabled or held.", body = api::Published),
        Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Query(of): Query<OfApp>,
    Parsed { body, asked }: Parsed<api::PublishRecord>,
) -> Result<(StatusCode, Json<api::Published>), Failure> {
    asked.refuse_dry_run()?;
    let app = request::app(of.app.as_deref().unwrap_or(delivery::DEFAULT_APP))?;
    let outcome = admin.publishing.publish_record(&app, record(body)?, operator.caller(&asked)?).await;
    let outcome = outcome.map_err(|error| Failure::from(error).called(Code::TooManyAssets, "assets"))?;
    Ok((StatusCode::CREATED, Json(published(outcome, false)?)))
}

fn record(body: api::PublishRecord) -> Result<Record, Failure> {
    let launch =
        file("launch_asset_url", &body.launch_asset_url, "launch_asset_hash", body.launch_asset_hash.as_deref())?;
    let assets = body.assets.into_iter().enumerate().map(|(index, one)| asset(index, one));
    Ok(Record {
        id: body.id.as_deref().map(id).transpose()?,
        lane: LaneId {
            platform: fields::platform("platform", &body.platform)?,
            runtime_version: fields::runtime_version("runtime_version", &body.runtime_version)?,
        },
        channel: fields::channel("channel", &body.channel)?,
        terms: TermsAsked {
            rollout: share(body.rollout)?,
            rule: None,
            on_rollout: fields::on_rollout(body.on_rollout),
        },
        disabled: body.is_disabled,
        launch,
        assets: assets.collect::<Result<_, Failure>>()?,
        metadata: metadata(body.metadata.unwrap_or_default())?,
        config: fields::expo_config("expo_config", body.expo_config)?,
        commit: body.commit.map(commit).transpose()?,
        message: fields::message(body.message)?,
        verify: body.verify,
        force: body.force,
    })
}

/// A UUID of a kind that is made for ids: neither all zeros nor all ones.
fn id(text: &str) -> Result<UpdateId, Failure> {
    let id = Uuid::parse_str(text).map_err(|error| Failure::bad_field("id", error))?;
    if id.get_variant() == Variant::RFC4122 && (1..=8).contains(&id.get_version_num()) {
        Ok(UpdateId(id))
    } else {
        Err(Failure::bad_field("id", "it is no UUID of versions 1 to 8"))
    }
}

/// Percent of the devices. All of them are no rollout, which would only be in the way of the next publish.
fn share(percent: Option<u16>) -> Result<Option<BasisPoints>, Failure> {
    match percent {
        None | Some(100) => Ok(None),
        Some(percent) => {
            let over = || {
                let detail = format!("rollout: {percent} is more than 100 percent");
                Failure::new(Code::RolloutOver100, detail).field("rollout").hint("give percent: 0 to 100")
            };
            let points = percent.checked_mul(100).and_then(|points| BasisPoints::try_from(points).ok());
            points.map(Some).ok_or_else(over)
        }
    }
}

fn metadata(members: serde_json::Map<String, serde_json::Value>) -> Result<Metadata, Failure> {
    Metadata::parse(members).map_err(|error| {
        let field = match &error {
            MetadataError::TooLarge => "metadata".to_owned(),
            MetadataError::NotText(key) | MetadataError::Reserved(key) | MetadataError::Twice(key) => {
                format!("metadata.{key}")
            }
        };
        Failure::new(Code::BadRequest, error.to_string()).field(&field)
    })
}

/// Characters of what names a commit in whatever keeps the source.
const LONGEST_COMMIT: usize = 255;

fn commit(commit: String) -> Result<String, Failure> {
    if commit.is_empty() || commit.chars().count() > LONGEST_COMMIT || commit.chars().any(char::is_control) {
        let problem = format!("it is not 1 to {LONGEST_COMMIT} characters without control characters");
        return Err(Failure::bad_field("commit", problem));
    }
    Ok(commit)
}

fn asset(index: usize, asset: api::RecordAsset) -> Result<RemoteAsset, Failure> {
    let field = |name: &str| format!("assets[{index}].{name}");
    let file = file(&field("url"), &asset.url, &field("hash"), asset.hash.as_deref())?;
    let name = FileName::parse(&asset.file_name).map_err(|error| Failure::bad_field(&field("fileName"), error))?;
    if asset.content_type.as_deref().is_some_and(|text| !is_media_type(text)) {
        return Err(Failure::bad_field(&field("contentType"), "it is no media type, such as image/png"));
    }
    Ok(RemoteAsset { name, file, content_type: asset.content_type })
}

fn file(url_field: &str, url: &str, hash_field: &str, hash: Option<&str>) -> Result<RemoteFile, Failure> {
    Ok(RemoteFile {
        url: AssetUrl::parse(url).map_err(|error| Failure::bad_field(url_field, error))?,
        hash: hash.map(|text| sha256(hash_field, text)).transpose()?,
    })
}

fn sha256(field: &str, text: &str) -> Result<BlobHash, Failure> {
    let problem = "it is no SHA-256: write 64 hexadecimal digits, or 43 characters of base64url";
    parse_sha256(text).ok_or_else(|| Failure::bad_field(field, problem))
}

/// Bytes of a media type with its parameters, generously.
const LONGEST_MEDIA_TYPE: usize = 255;

fn is_media_type(text: &str) -> bool {
    let is_token = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let bare = text.split(';').next().unwrap_or_default().trim_end();
    text.len() <= LONGEST_MEDIA_TYPE
        && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
        && bare.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}
