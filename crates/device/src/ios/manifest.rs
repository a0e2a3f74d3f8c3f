//! iOS' reading of a manifest: `createUpdate`, `Update`, `ExpoUpdatesUpdate`.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::SignedPart;
use super::json::Fields;
use crate::answer::App;
use crate::code_signing;
use crate::date;
use crate::fields::{OuterHeaders, passes};
use crate::manifest::{
    AcceptedManifest, Asset, HeadersByKey, check_assets, check_stored_form, file_extension, is_development_bundle,
};
use crate::refusal::{Law, Refusal, quote};
use crate::rule::Rule;

/// iOS stores every launch asset with this extension.
const LAUNCH_ASSET_EXTENSION: &str = "bundle";

/// Reads and verifies a manifest, and holds it against the filters that came with it.
pub(super) fn read(
    part: SignedPart<'_>,
    extensions: Option<&Map<String, Value>>,
    chain: Option<&str>,
    outer: &OuterHeaders,
    app: &App<'_>,
) -> Result<AcceptedManifest, Refusal> {
    let law = app.law;
    let json = parse_object(part.body, Rule::ManifestIsJson, "the manifest", law)?;
    let verified = code_signing::verify(app, part.signature, part.body, chain)?;
    check_version(outer.protocol_version, law)?;
    let manifest = create(json, extensions, verified.is_verified, app)?;
    let extra = manifest.json.get("extra").and_then(Value::as_object);
    let project = extra.and_then(|extra| extra.get("eas")).and_then(|eas| eas.get("projectId"));
    let scope_key = extra.and_then(|extra| extra.get("scopeKey"));
    verified.require_project((project.and_then(Value::as_str), scope_key.and_then(Value::as_str)), law)?;
    law.require(
        Rule::ManifestPassesItsFilters,
        passes(manifest.metadata(), outer.filters.as_ref(), law.platform),
        || String::from("the manifest's metadata fails the filters that it was sent with"),
    )?;
    Ok(manifest)
}

/// `JSONSerialization.jsonObject` as a dictionary; a byte order mark is allowed. A text that breaks the rule counts as
/// empty where the rule is left out.
pub(super) fn parse_object(body: &[u8], rule: Rule, what: &str, law: Law) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice::<Value>(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)) {
        Ok(Value::Object(object)) => return Ok(object),
        Ok(_) => law.refuse(rule, format!("{what} is JSON, but no object"))?,
        Err(error) => law.refuse(rule, format!("{what} is not JSON: {error}"))?,
    }
    Ok(Map::new())
}

fn check_version(version: Option<i32>, law: Law) -> Result<(), Refusal> {
    let Some(version) = version else {
        return law.refuse(Rule::ProtocolVersionIsPresent, "a manifest came without a number in expo-protocol-version");
    };
    law.require(Rule::ProtocolVersionIsKnown, matches!(version, 0 | 1), || {
        format!("expo-protocol-version is {version}, neither 0 nor 1")
    })
}

fn create(
    json: Map<String, Value>,
    extensions: Option<&Map<String, Value>>,
    is_verified: bool,
    app: &App<'_>,
) -> Result<AcceptedManifest, Refusal> {
    let law = app.law;
    let fields = Fields { object: &json, path: "manifest", law };
    let id = fields.required_text("id", Rule::IdIsPresent)?;
    let created_at = fields.required_text("createdAt", Rule::CreatedAtIsPresent)?;
    let runtime_version = fields.required_text("runtimeVersion", Rule::RuntimeVersionIsPresent)?;
    let launch_asset = fields.required_object("launchAsset", Rule::LaunchAssetIsPresent)?;
    let others = fields.optional_array("assets")?;
    let id = read_id(id, law)?;
    let headers = HeadersByKey::read(extensions, law)?;
    let mut assets = Vec::new();
    if let Some(object) = launch_asset {
        assets.push(read_launch_asset(&Fields { object, path: "manifest.launchAsset", law }, id, headers)?);
    }
    for (position, value) in others.into_iter().flatten().enumerate() {
        let path = format!("manifest.assets[{position}]");
        match value.as_object() {
            Some(object) => assets.push(read_other_asset(&Fields { object, path: &path, law }, headers)?),
            None => law.refuse(Rule::FieldHasItsType, format!("{path} is not an object"))?,
        }
    }
    check_extra(fields.optional_object("extra")?, law)?;
    fields.optional_object("metadata")?;
    let created_at_ms = date::parse(created_at);
    law.require(Rule::CreatedAtIsInPattern, created_at_ms.is_some(), || {
        format!("createdAt is {}, not of the form 2026-01-31T09:00:00.000Z", quote(created_at))
    })?;
    law.require(Rule::RuntimeVersionIsTheApps, runtime_version == app.runtime_version, || {
        format!("runtimeVersion is {}, the app's is {}", quote(runtime_version), quote(app.runtime_version))
    })?;
    check_stored_form(&json, law)?;
    check_assets(&assets, law)?;
    let runtime_version = String::from(runtime_version);
    Ok(AcceptedManifest {
        id,
        created_at_ms: created_at_ms.unwrap_or(app.now_ms),
        runtime_version,
        assets,
        json,
        is_verified,
    })
}

/// `isDevelopmentMode`, on every manifest.
fn check_extra(extra: Option<&Map<String, Value>>, law: Law) -> Result<(), Refusal> {
    let Some(extra) = extra else { return Ok(()) };
    let fields = Fields { object: extra, path: "manifest.extra", law };
    fields.optional_object("expoClient")?;
    if let Some(object) = fields.optional_object("expoGo")? {
        let fields = Fields { object, path: "manifest.extra.expoGo", law };
        fields.optional_object("packagerOpts")?;
        fields.optional_object("developer")?;
    }
    law.require(Rule::ManifestIsNoDevelopmentBundle, !is_development_bundle(Some(extra)), || {
        String::from("extra.expoGo marks a development bundle")
    })
}

/// `UUID(uuidString:)`: the hyphenated form of 36 characters only.
fn read_id(text: &str, law: Law) -> Result<Uuid, Refusal> {
    let parsed = if text.len() == 36 { Uuid::try_parse(text).ok() } else { None };
    law.require(Rule::IdIsUuid, parsed.is_some(), || format!("id is {}, not a UUID", quote(text)))?;
    Ok(parsed.unwrap_or(Uuid::nil()))
}

fn read_launch_asset(fields: &Fields<'_>, update: Uuid, headers: HeadersByKey<'_>) -> Result<Asset, Refusal> {
    let url = fields.required_text("url", Rule::AssetHasUrl)?;
    let key = fields.optional_text("key")?;
    // Without a key the client makes up a name that is unlikely to meet another.
    let stem = key.map_or_else(|| format!("asset-{update}"), String::from);
    Ok(Asset {
        key: key.map(String::from),
        file_name: format!("{stem}{}", file_extension(LAUNCH_ASSET_EXTENSION)),
        url: String::from(url),
        hash: fields.optional_text("hash")?.map(String::from),
        request_headers: headers.of(key)?,
        is_launch_asset: true,
    })
}

fn read_other_asset(fields: &Fields<'_>, headers: HeadersByKey<'_>) -> Result<Asset, Refusal> {
    let key = fields.required_text("key", Rule::AssetHasKey)?;
    let url = fields.required_text("url", Rule::AssetHasUrl)?;
    let extension = fields.required_text("fileExtension", Rule::AssetHasFileExtension)?;
    fields.optional_object("metadata")?;
    fields.optional_text("mainBundleFilename")?;
    Ok(Asset {
        key: Some(String::from(key)),
        file_name: format!("{key}{}", file_extension(extension)),
        url: String::from(url),
        hash: fields.optional_text("hash")?.map(String::from),
        request_headers: headers.of(Some(key))?,
        is_launch_asset: false,
    })
}
