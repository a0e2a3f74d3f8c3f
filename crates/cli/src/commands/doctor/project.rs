//! What the project says: its client, its config, and what the next binary will have inside.

use std::path::Path;

use protocol::{Platform, names};
use reqwest::Url;
use serde_json::Value;

use super::DoctorOptions;
use super::check::Check;
use super::findings::Findings;
use crate::commands::device::Trust;
use crate::commands::init::{lookup, read_json};
use crate::expo::{AppConfig, Client, ExpoError, Project, ProjectFiles};
use crate::remote::ServerUrl;

/// The oldest client that answers are held against.
const OLDEST_SDK: u32 = 55;
const ALGORITHM: &str = "rsa-v1_5-sha256";

/// What the next binary will have inside, as far as it can be told.
#[derive(Clone, Debug)]
pub(super) struct Binary {
    pub(super) url: Url,
    /// With the channel.
    pub(super) headers: Vec<(String, String)>,
    pub(super) channel: String,
    pub(super) trust: Option<Trust>,
    /// Of each platform that the project builds for.
    pub(super) runtime_versions: Vec<(Platform, String)>,
}

/// Looks into the project; none where there is nothing to play a phone with.
pub(super) async fn examine(options: &DoctorOptions, findings: &mut Findings) -> Result<Option<Binary>, ExpoError> {
    let files = ProjectFiles::find(&options.project)?;
    examine_files(&files, findings);
    let project = Project { directory: &options.project, programs: &options.programs };
    let Some(config) = read_config(project, &files, findings).await else { return Ok(None) };
    let app = config.value();

    match lookup(app, &["updates", "enabled"]) {
        Some(Value::Bool(false)) => findings.error(Check::Enabled, "`updates.enabled` is false"),
        _ => findings.ok(Check::Enabled, "updates are on"),
    }
    let url = examine_url(app, findings);
    let headers = examine_headers(app, findings);
    let declared = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(names::CHANNEL));
    let channel = declared.map_or("production", |(_, channel)| channel).to_owned();
    match declared {
        Some((_, channel)) => findings.ok(Check::ChannelDeclared, format!("channel {channel}")),
        None => findings.warning(Check::ChannelDeclared, "`updates.requestHeaders` has no expo-channel-name"),
    }
    let trust = examine_signing(app, &options.project, findings);
    let runtime_versions = examine_runtime_versions(project, &config, findings).await;
    Ok(url.map(|url| Binary { url, headers, channel, trust, runtime_versions }))
}

fn examine_files(files: &ProjectFiles, findings: &mut Findings) {
    match (&files.client, files.client.major()) {
        (Client::Missing, _) => findings.error(Check::ClientInstalled, "package.json does not name expo-updates"),
        (Client::Version(version), Some(major)) if major < OLDEST_SDK => {
            findings.warning(Check::ClientInstalled, format!("expo-updates {version} is older than SDK {OLDEST_SDK}"));
        }
        (Client::Version(version), _) => findings.ok(Check::ClientInstalled, format!("expo-updates {version}")),
    }
    match &files.native[..] {
        [] => findings.ok(Check::NativeDirectories, "there are none: each build makes them from the config"),
        native => findings.warning(
            Check::NativeDirectories,
            format!("the project has its own {}: what follows is said of the config, not of it", native.join(" and ")),
        ),
    }
}

/// Where Expo's tools do not run, a config that is plain JSON is read as it stands.
async fn read_config(project: Project<'_>, files: &ProjectFiles, findings: &mut Findings) -> Option<AppConfig> {
    let error = match project.private_config().await {
        Ok(config) => {
            let name = files.dynamic_config.or(files.static_config).unwrap_or("no file, all defaults");
            findings.ok(Check::ConfigReadable, name);
            return Some(config);
        }
        Err(error) => error,
    };
    let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
    findings.error(Check::ConfigReadable, format!("{error}{source}"));
    match (files.dynamic_config, files.static_config) {
        (None, Some(name)) => match read_json(&project.directory.join(name)) {
            Ok(app) => Some(AppConfig::new(app)),
            Err(reason) => {
                findings.error(Check::ConfigReadable, format!("{name}: {reason}"));
                None
            }
        },
        _ => None,
    }
}

fn examine_url(app: &Value, findings: &mut Findings) -> Option<Url> {
    let Some(text) = lookup(app, &["updates", "url"]).and_then(Value::as_str) else {
        findings.error(Check::UpdateUrl, "the app config has no `updates.url`");
        return None;
    };
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(url) = url else {
        findings.error(Check::UpdateUrl, format!("{text:?} is no http or https address"));
        return None;
    };
    findings.ok(Check::UpdateUrl, url.as_str());
    let is_local = origin(&url).is_none_or(|origin| origin.is_loopback());
    match (url.scheme(), is_local) {
        ("https", _) => findings.ok(Check::Cleartext, "https"),
        (_, true) => findings.ok(Check::Cleartext, "plain http, and within this computer"),
        _ => findings.error(Check::Cleartext, format!("{url} is plain http")),
    }
    if is_local {
        findings.warning(Check::PhoneReach, format!("{url} is this computer: phones cannot open it"));
    } else {
        findings.ok(Check::PhoneReach, url.host_str().unwrap_or_default());
    }
    Some(url)
}

/// Scheme, host and port.
pub(super) fn origin(url: &Url) -> Option<ServerUrl> {
    url.origin().ascii_serialization().parse().ok()
}

fn examine_headers(app: &Value, findings: &mut Findings) -> Vec<(String, String)> {
    let declared = lookup(app, &["updates", "requestHeaders"]).and_then(Value::as_object);
    let (mut headers, mut is_fine) = (Vec::new(), true);
    for (name, value) in declared.into_iter().flatten() {
        let text = value.as_str().filter(|text| {
            http::HeaderName::try_from(name.as_str()).is_ok() && http::HeaderValue::try_from(*text).is_ok()
        });
        if let Some(text) = text {
            headers.push((name.clone(), text.to_owned()));
        } else {
            is_fine = false;
            findings.error(Check::HeadersSendable, format!("{name:?} cannot be sent with what it is set to"));
        }
    }
    if is_fine {
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        findings.ok(Check::HeadersSendable, if names.is_empty() { "there are none".into() } else { names.join(", ") });
    }
    headers
}

fn examine_signing(app: &Value, project: &Path, findings: &mut Findings) -> Option<Trust> {
    let setting = |path: &[&str]| lookup(app, path).and_then(Value::as_str);
    let Some(path) = setting(&["updates", "codeSigningCertificate"]) else {
        findings.warning(Check::CodeSigning, "the app config has no `updates.codeSigningCertificate`");
        return None;
    };
    findings.ok(Check::CodeSigning, path);
    let key_id = setting(&["updates", "codeSigningMetadata", "keyid"]);
    match (key_id, setting(&["updates", "codeSigningMetadata", "alg"])) {
        (Some(key_id), Some(ALGORITHM)) => findings.ok(Check::KeyMetadata, format!("key {key_id}, {ALGORITHM}")),
        (_, Some(ALGORITHM)) => {
            findings.warning(Check::KeyMetadata, "there is no `keyid`, and clients take that for `root`");
        }
        (_, alg) => {
            findings.error(Check::KeyMetadata, format!("`alg` is {}, not {ALGORITHM}", alg.unwrap_or("not there")));
        }
    }
    let certificate = match std::fs::read_to_string(project.join(path)) {
        Ok(text) => text,
        Err(error) => {
            findings.error(Check::CertificateReadable, format!("{path}: {error}"));
            return None;
        }
    };
    let include_chain =
        lookup(app, &["updates", "codeSigningIncludeManifestResponseCertificateChain"]) == Some(&Value::Bool(true));
    let is_usable = super::certificate::examine(path, &certificate, include_chain, findings);
    is_usable.then(|| Trust { certificate, key_id: key_id.unwrap_or("root").into(), include_chain })
}

async fn examine_runtime_versions(
    project: Project<'_>,
    config: &AppConfig,
    findings: &mut Findings,
) -> Vec<(Platform, String)> {
    let platforms = match config.platforms() {
        Ok(platforms) => platforms,
        Err(error) => {
            findings.error(Check::RuntimeVersion, error.to_string());
            return Vec::new();
        }
    };
    let mut versions = Vec::new();
    for platform in platforms {
        findings.about(Some(platform));
        match project.runtime_versions(config, &[platform]).await {
            Ok(found) => {
                for (platform, version) in found {
                    findings.ok(Check::RuntimeVersion, version.as_str());
                    versions.push((platform, version));
                }
            }
            Err(error) => findings.error(Check::RuntimeVersion, error.to_string()),
        }
    }
    findings.about(None);
    versions
}
