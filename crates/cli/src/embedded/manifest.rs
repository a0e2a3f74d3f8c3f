//! `app.manifest`: what the build says of the update that it puts into the binary.

use protocol::Platform;
use serde::Deserialize;
use uuid::Uuid;

/// What an `app.manifest` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    /// Lower case.
    pub(super) id: String,
    /// Milliseconds since 1970, by the clock of the machine that built it.
    pub(super) commit_time_ms: i64,
    /// As far as an asset shows it.
    pub(super) platform: Option<Platform>,
}

/// What is wrong with an `app.manifest`.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not the JSON that the build writes.
    #[error("it is not JSON with `id`, `commitTime` and `assets`")]
    Json(#[source] serde_json::Error),
    /// The client would crash on it.
    #[error("its id {0:?} is not a UUID")]
    Id(String),
    /// Before 1970, or beyond all calendars.
    #[error("its commitTime {0} is not a time in milliseconds")]
    CommitTime(i64),
}

/// The shape that `createManifestForBuildAsync` of expo-updates writes.
#[derive(Deserialize)]
struct Written {
    id: String,
    #[serde(rename = "commitTime")]
    commit_time: i64,
    assets: Vec<WrittenAsset>,
}

#[derive(Deserialize)]
struct WrittenAsset {
    #[serde(rename = "nsBundleFilename")]
    ios: Option<serde::de::IgnoredAny>,
    #[serde(rename = "resourcesFilename")]
    android: Option<serde::de::IgnoredAny>,
}

impl Manifest {
    pub(super) fn parse(json: &[u8]) -> Result<Self, ManifestError> {
        let Written { id, commit_time, assets } = serde_json::from_slice(json).map_err(ManifestError::Json)?;
        // Other spellings of a UUID are legal elsewhere, but not to the client.
        let uuid = Uuid::try_parse(&id).ok().filter(|_| id.len() == uuid::fmt::Hyphenated::LENGTH);
        let Some(uuid) = uuid else { return Err(ManifestError::Id(id)) };
        if commit_time < 0 || jiff::Timestamp::from_millisecond(commit_time).is_err() {
            return Err(ManifestError::CommitTime(commit_time));
        }
        let platform = assets.first().and_then(|asset| match (&asset.ios, &asset.android) {
            (Some(_), None) => Some(Platform::Ios),
            (None, Some(_)) => Some(Platform::Android),
            _ => None,
        });
        Ok(Self { id: uuid.hyphenated().to_string(), commit_time_ms: commit_time, platform })
    }
}

#[cfg(test)]
mod tests {
    use protocol::Platform;

    use super::Manifest;

    const ID: &str = "0190c0de-0000-4000-8000-00000000000a";

    #[test]
    fn takes_what_the_build_writes() {
        for (assets, platform) in [
            ("[]", None),
            (r#"[{"name":"a","nsBundleDir":"assets","nsBundleFilename":"a","packagerHash":"x"}]"#, Some(Platform::Ios)),
            (r#"[{"name":"a","resourcesFilename":"a","resourcesFolder":"raw"}]"#, Some(Platform::Android)),
        ] {
            let json = format!(r#"{{"id":"{}","commitTime":1764000000123,"assets":{assets}}}"#, ID.to_uppercase());
            let expected = Manifest { id: ID.into(), commit_time_ms: 1_764_000_000_123, platform };
            assert_eq!(Manifest::parse(json.as_bytes()).unwrap(), expected);
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (json, expected) in [
            (String::new(), "EOF while parsing"),
            (r#"{"commitTime":1,"assets":[]}"#.into(), "missing field `id`"),
            (format!(r#"{{"id":"{ID}","assets":[]}}"#), "missing field `commitTime`"),
            (format!(r#"{{"id":"{ID}","commitTime":1}}"#), "missing field `assets`"),
            (format!(r#"{{"id":"{ID}","commitTime":"1","assets":[]}}"#), "invalid type: string"),
            (r#"{"id":"x","commitTime":1,"assets":[]}"#.into(), r#"its id "x" is not a UUID"#),
            (format!(r#"{{"id":"{{{ID}}}","commitTime":1,"assets":[]}}"#), "is not a UUID"),
            (format!(r#"{{"id":"{ID}","commitTime":-1,"assets":[]}}"#), "its commitTime -1 is not"),
            (format!(r#"{{"id":"{ID}","commitTime":{},"assets":[]}}"#, i64::MAX), "is not a time"),
        ] {
            let error = Manifest::parse(json.as_bytes()).unwrap_err();
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            assert!(format!("{error}: {cause}").contains(expected), "{json}: {error}: {cause}");
        }
    }
}
