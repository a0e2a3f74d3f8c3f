//! Android's reading of a manifest: `checkCodeSigningAndCreateManifest`, `UpdateFactory`, `ExpoUpdatesUpdate`.

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
    let verified = code_signing::verify(app, part.signature, part.body.as_bytes(), chain)?;
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

/// `JSONObject(text)`, which skips a byte order mark. A text that breaks the rule counts as empty where the rule is left
/// out.
pub(super) fn parse_object(text: &str, rule: Rule, what: &str, law: Law) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_str::<Value>(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        Ok(Value::Object(object)) => return Ok(object),
        Ok(_) => law.refuse(rule, format!("{what} is JSON, but no object"))?,
        Err(error) => law.refuse(rule, format!("{what} is not JSON: {error}"))?,
    }
    Ok(Map::new())
}

fn check_version(version: Option<i32>, law: Law) -> Result<(), Refusal> {
    let Some(version) = version else {
        return law.refuse(Rule::ProtocolVersionIsPresent, "a manifest came without expo-protocol-version");
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
    let id = read_id(&id, law)?;
    let created_at = fields.required_text("createdAt", Rule::CreatedAtIsPresent)?;
    let created_at_ms = date::parse(&created_at);
    law.require(Rule::CreatedAtIsInPattern, created_at_ms.is_some(), || {
        format!("createdAt is {}, not of the form 2026-01-31T09:00:00.000Z", quote(&created_at))
    })?;
    let runtime_version = fields.required_text("runtimeVersion", Rule::RuntimeVersionIsPresent)?;
    law.require(Rule::RuntimeVersionIsTheApps, runtime_version == app.runtime_version, || {
        format!("runtimeVersion is {}, the app's is {}", quote(&runtime_version), quote(app.runtime_version))
    })?;
    let assets = read_assets(&fields, HeadersByKey::read(extensions, law)?)?;
    let extra = fields.optional_object("extra")?;
    check_extra(extra, law)?;
    fields.optional_object("metadata")?;
    check_stored_form(&json, law)?;
    check_assets(&assets, law)?;
    Ok(AcceptedManifest {
        id,
        created_at_ms: created_at_ms.unwrap_or(app.now_ms),
        runtime_version,
        assets,
        json,
        is_verified,
    })
}

/// `getExpoGoConfigRootObject` and what reads it, on every manifest.
fn check_extra(extra: Option<&Map<String, Value>>, law: Law) -> Result<(), Refusal> {
    let Some(extra) = extra else { return Ok(()) };
    let fields = Fields { object: extra, path: "manifest.extra", law };
    fields.optional_object("expoGo")?;
    fields.optional_object("expoClient")?;
    law.require(Rule::ManifestIsNoDevelopmentBundle, !is_development_bundle(Some(extra)), || {
        String::from("extra.expoGo marks a development bundle")
    })
}

/// `UUID.fromString`, which takes groups of fewer digits too.
fn read_id(text: &str, law: Law) -> Result<Uuid, Refusal> {
    let parsed = parse_java_uuid(text);
    law.require(Rule::IdIsUuid, parsed.is_some(), || format!("id is {}, not a UUID", quote(text)))?;
    Ok(parsed.unwrap_or(Uuid::nil()))
}

fn parse_java_uuid(text: &str) -> Option<Uuid> {
    const DIGITS: [usize; 5] = [8, 4, 4, 4, 12];
    if text.len() > 36 || text.split('-').count() != DIGITS.len() {
        return None;
    }
    let mut value: u128 = 0;
    for (group, digits) in text.split('-').zip(DIGITS) {
        if group.is_empty() || group.len() > digits || !group.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        value = value << (4 * digits) | u128::from_str_radix(group, 16).ok()?;
    }
    Some(Uuid::from_u128(value))
}

fn read_assets(manifest: &Fields<'_>, headers: HeadersByKey<'_>) -> Result<Vec<Asset>, Refusal> {
    let mut assets = Vec::new();
    if let Some(object) = manifest.required_object("launchAsset", Rule::LaunchAssetIsPresent)? {
        let fields = Fields { object, path: "manifest.launchAsset", law: manifest.law };
        assets.extend(read_launch_asset(&fields, headers)?);
    }
    for (position, value) in manifest.optional_array("assets")?.into_iter().flatten().enumerate() {
        let path = format!("manifest.assets[{position}]");
        let Some(object) = value.as_object() else {
            manifest.law.refuse(Rule::FieldHasItsType, format!("{path} is not an object"))?;
            continue;
        };
        let fields = Fields { object, path: &path, law: manifest.law };
        assets.extend(read_other_asset(&fields, headers)?);
    }
    Ok(assets)
}

/// None where Android logs an error and goes on without the asset.
fn read_launch_asset(fields: &Fields<'_>, headers: HeadersByKey<'_>) -> Result<Option<Asset>, Refusal> {
    let extension = fields.optional_text("fileExtension")?;
    let name = |key: &str| format!("{key}{}", extension.as_deref().map(file_extension).unwrap_or_default());
    read_asset(fields, headers, Rule::LaunchAssetHasKey, name)
        .map(|asset| asset.map(|asset| Asset { is_launch_asset: true, ..asset }))
}

fn read_other_asset(fields: &Fields<'_>, headers: HeadersByKey<'_>) -> Result<Option<Asset>, Refusal> {
    fields.optional_text("embeddedAssetFilename")?;
    let Some(extension) = fields.text("fileExtension") else {
        fields.law.refuse(Rule::AssetHasFileExtension, format!("{} has no fileExtension", fields.path))?;
        return Ok(None);
    };
    read_asset(fields, headers, Rule::AssetHasKey, |key| format!("{key}{}", file_extension(&extension)))
}

fn read_asset(
    fields: &Fields<'_>,
    headers: HeadersByKey<'_>,
    key_rule: Rule,
    file_name: impl Fn(&str) -> String,
) -> Result<Option<Asset>, Refusal> {
    let law = fields.law;
    let Some(key) = fields.text("key") else {
        law.refuse(key_rule, format!("{} has no key", fields.path))?;
        return Ok(None);
    };
    let Some(url) = fields.text("url") else {
        law.refuse(Rule::AssetHasUrl, format!("{} has no url", fields.path))?;
        return Ok(None);
    };
    Ok(Some(Asset {
        file_name: file_name(&key),
        url,
        hash: fields.optional_text("hash")?,
        request_headers: headers.of(Some(&key))?,
        key: Some(key),
        is_launch_asset: false,
    }))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::parse_java_uuid;

    #[test]
    fn takes_short_groups_as_java_does() {
        let whole = "0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b";
        assert_eq!(parse_java_uuid(whole), Some(Uuid::parse_str(whole).unwrap()));
        assert_eq!(parse_java_uuid(&whole.to_uppercase()), parse_java_uuid(whole));
        assert_eq!(
            parse_java_uuid("1-2-3-4-5"),
            Some(Uuid::parse_str("00000001-0002-0003-0004-000000000005").unwrap())
        );
        for text in ["", "1-2-3-4", "1-2-3-4-5-6", "x-2-3-4-5", "-2-3-4-5", "{0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b}"] {
            assert_eq!(parse_java_uuid(text), None, "{text}");
        }
        assert_eq!(parse_java_uuid("0190a1b2c3d47e5f8a6b7c8d9e0f1a2b"), None);
    }
}
