//! What the app must say of itself so that rules can tell its phones apart.

use protocol::facts::{Fact, SaidBy};
use serde_json::Value;

use super::plan::{Weight, Wish, header_key, lookup};

/// What a binary knows when it is built goes into a header, as far as the config says it for both platforms alike.
pub(super) fn wishes(facts: &[Fact], config: &Value) -> Vec<Wish> {
    let of_build = facts.iter().filter_map(|&fact| Some((fact, known(fact, config)?)));
    of_build
        .map(|(fact, value)| {
            let key = header_key(config, fact.header());
            let why = format!(
                "tells rules the {} of the binary; it is a copy, so run this again when it changes",
                fact.name()
            );
            Wish::new(&["updates", "requestHeaders", &key], value, Weight::Asked, why)
        })
        .collect()
}

fn known(fact: Fact, config: &Value) -> Option<String> {
    match fact {
        Fact::AppVersion => lookup(config, &["version"])?.as_str().map(str::to_owned),
        Fact::AppBuildId => {
            let ios = lookup(config, &["ios", "buildNumber"])?.as_str()?.to_owned();
            let android = lookup(config, &["android", "versionCode"])?.to_string();
            (ios == android).then_some(ios)
        }
        _ => None,
    }
}

/// What it knows only while it runs, the app's own code says: a line for each.
pub(super) fn next(facts: &[Fact], config: &Value) -> Vec<String> {
    facts.iter().filter_map(|&fact| said_in_code(fact, config)).collect()
}

fn said_in_code(fact: Fact, config: &Value) -> Option<String> {
    let name = fact.name();
    let (package, value) = match fact {
        Fact::AppVersion => ("expo-application", "Application.nativeApplicationVersion"),
        Fact::AppBuildId => ("expo-application", "Application.nativeBuildVersion"),
        Fact::OsVersion => ("expo-device", "Device.osVersion"),
        Fact::DeviceModel => ("expo-device", "Device.modelName"),
        Fact::Locale => ("expo-localization", "Localization.getLocales()[0].languageTag"),
        _ => return None,
    };
    if fact.said_by() == SaidBy::Build && known(fact, config).is_some() {
        return None;
    }
    let param = fact.param()?;
    Some(format!(
        "tell rules the {name}: when the app starts, `await Updates.setExtraParamAsync('{param}', {value})` (from {package})"
    ))
}
