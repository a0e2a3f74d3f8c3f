//! What an app should have set, each with the line that says why.

use serde_json::{Value, json};

use super::plan::{Weight, Wish, header_key, lookup};
use super::server::Found;
use super::trust::Trust;
use super::{InitOptions, facts};
use crate::expo::ProjectFiles;
use crate::update_address;

/// What stands for a key that the config reads from the environment.
pub(super) const KEY_FROM_ENVIRONMENT: &str = "process.env.UPDRAFT_API_KEY";
/// `enableBsdiffPatchSupport` came with it.
const FIRST_SDK_WITH_PATCHES: u32 = 55;
/// What the client signs and verifies with.
const ALGORITHM: &str = "rsa-v1_5-sha256";

/// All that the wishes follow from.
pub(super) struct Grounds<'a> {
    pub(super) found: &'a Found,
    pub(super) channel: &'a str,
    pub(super) trust: Option<&'a Trust>,
    /// The app config as it is.
    pub(super) config: &'a Value,
    pub(super) files: &'a ProjectFiles,
    pub(super) options: &'a InitOptions,
}

/// The settings in the order in which they are written.
pub(super) fn wishes(grounds: &Grounds<'_>) -> Vec<Wish> {
    let ours = grounds.found.app.update_url.as_str();
    let there = lookup(grounds.config, &["updates", "url"]).and_then(Value::as_str);
    let mut wishes = vec![
        Wish::new(
            &["updates", "url"],
            // Spelt otherwise it is right as it is.
            there.filter(|there| update_address::is_same(there, ours)).unwrap_or(ours),
            Weight::Needed,
            "where a binary asks for updates",
        ),
        Wish::new(&["updates", "enabled"], true, Weight::Needed, "without it the client never asks"),
        channel(grounds),
    ];
    wishes.extend(api_key(grounds));
    wishes.extend(facts::wishes(&grounds.options.facts, grounds.config));
    wishes.extend(grounds.trust.into_iter().flat_map(code_signing));
    wishes.extend(behaviour(grounds));
    wishes.extend(runtime_version(grounds));
    wishes
}

fn channel(Grounds { channel, config, options, .. }: &Grounds<'_>) -> Wish {
    let key = header_key(config, protocol::names::CHANNEL);
    let weight = if options.channel.is_some() { Weight::Asked } else { Weight::Needed };
    Wish::new(
        &["updates", "requestHeaders", &key],
        *channel,
        weight,
        "the channel of this binary; an app can change a header at run time only if its binary was built with it",
    )
}

fn api_key(Grounds { found, config, files, options, .. }: &Grounds<'_>) -> Option<Wish> {
    let key = header_key(config, found.key_header.as_deref()?);
    let path = ["updates", "requestHeaders", key.as_str()];
    let (value, weight) = match (lookup(config, &path), &options.api_key) {
        // Code reads it from the environment, so that no key lies in the repository. What it read is there already.
        (there, _) if files.dynamic_config.is_some() => {
            (there.cloned().unwrap_or(json!(KEY_FROM_ENVIRONMENT)), Weight::Default)
        }
        (_, Some(given)) => (json!(given), Weight::Asked),
        (Some(there), None) => (there.clone(), Weight::Default),
        (None, None) => return None,
    };
    let why = "the server asks every phone for it; it can be read out of the binary, and goes to asset hosts too";
    let wish = Wish::new(&path, value, weight, why);
    Some(if wish.value == json!(KEY_FROM_ENVIRONMENT) { wish } else { wish.secret() })
}

fn code_signing(Trust { key, path, includes_chain, .. }: &Trust) -> Vec<Wish> {
    let mut wishes = vec![
        Wish::new(
            &["updates", "codeSigningCertificate"],
            path.as_str(),
            Weight::Needed,
            "goes into the binary, which then refuses every update that this key has not signed",
        ),
        Wish::new(
            &["updates", "codeSigningMetadata", "keyid"],
            key.key_id.as_str(),
            Weight::Needed,
            "the key whose signature a binary asks for",
        ),
        Wish::new(
            &["updates", "codeSigningMetadata", "alg"],
            ALGORITHM,
            Weight::Needed,
            "the only algorithm that the client knows",
        ),
    ];
    if *includes_chain {
        wishes.push(Wish::new(
            &["updates", "codeSigningIncludeManifestResponseCertificateChain"],
            true,
            Weight::Needed,
            "the certificate is a root: those beneath it travel with each update",
        ));
    }
    wishes
}

fn behaviour(Grounds { files, options, .. }: &Grounds<'_>) -> Vec<Wish> {
    let weight = |is_given: bool| if is_given { Weight::Asked } else { Weight::Default };
    let when = options.check_automatically.unwrap_or_default();
    let timeout = options.fallback_to_cache_timeout.unwrap_or_default();
    let mut wishes = vec![
        Wish::new(
            &["updates", "checkAutomatically"],
            when.as_str(),
            weight(options.check_automatically.is_some()),
            when.why(),
        ),
        Wish::new(
            &["updates", "fallbackToCacheTimeout"],
            timeout,
            weight(options.fallback_to_cache_timeout.is_some()),
            match timeout {
                0 => "the app starts at once with what it has; what it downloads is used at the next start",
                _ => "milliseconds that the splash screen may wait for a new update",
            },
        ),
    ];
    if files.client.major().is_none_or(|sdk| sdk >= FIRST_SDK_WITH_PATCHES) {
        wishes.push(Wish::new(
            &["updates", "enableBsdiffPatchSupport"],
            true,
            Weight::Default,
            "a new bundle may come as a patch of the old one (SDK 55 and later; on iOS always)",
        ));
    }
    wishes
}

/// Only where there is none: a runtime version says which binaries an update fits, and that is the app's own affair.
fn runtime_version(Grounds { config, files, .. }: &Grounds<'_>) -> Option<Wish> {
    let says = |path: &[&str]| lookup(config, path).is_some();
    if says(&["runtimeVersion"]) || (says(&["ios", "runtimeVersion"]) && says(&["android", "runtimeVersion"])) {
        return None;
    }
    let (policy, why) = if files.native.is_empty() {
        ("appVersion", "updates go to binaries of the same `version`: raise it whenever native code changes")
    } else {
        ("fingerprint", "computed from the native code, as it is the only policy for projects with native directories")
    };
    Some(Wish::new(&["runtimeVersion"], json!({ "policy": policy }), Weight::Default, why))
}
