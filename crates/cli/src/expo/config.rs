//! The public app config, as `npx expo config --json --type public` prints it.

use protocol::Platform;
use serde_json::Value;

use super::ExpoError;

/// A JSON object that holds an app config.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AppConfig(Value);

impl AppConfig {
    /// Takes a config that was read from a file.
    pub(crate) fn new(object: Value) -> Self {
        Self(object)
    }

    /// Finds the config in what the command printed.
    pub(super) fn from_printed(printed: &[u8]) -> Option<Self> {
        printed_object(printed).map(Self)
    }

    /// The whole config.
    pub(crate) fn value(&self) -> &Value {
        &self.0
    }

    /// The whole config, to keep.
    pub(crate) fn into_value(self) -> Value {
        self.0
    }

    /// The platforms that the project builds for and we know. A config without the list builds for both.
    pub(crate) fn platforms(&self) -> Result<Vec<Platform>, ExpoError> {
        let Some(Value::Array(listed)) = self.0.get("platforms") else { return Ok(Platform::ALL.into()) };
        let listed: Vec<&str> = listed.iter().filter_map(Value::as_str).collect();
        let ours: Vec<Platform> =
            Platform::ALL.into_iter().filter(|platform| listed.contains(&platform.as_str())).collect();
        if ours.is_empty() { Err(ExpoError::NoPlatforms) } else { Ok(ours) }
    }

    /// The runtime version where the config spells it out; none where a policy computes it. A platform's own setting
    /// wins.
    pub(crate) fn literal_runtime_version(&self, platform: Platform) -> Result<Option<&str>, ExpoError> {
        let own = self.0.get(platform.as_str()).and_then(|section| section.get("runtimeVersion"));
        let shared = || self.0.get("runtimeVersion");
        match own.filter(|value| !value.is_null()).or_else(shared) {
            None | Some(Value::Null) => Err(ExpoError::NoRuntimeVersion(platform)),
            Some(Value::String(literal)) if !literal.is_empty() => Ok(Some(literal)),
            Some(Value::Object(policy)) if policy.contains_key("policy") => Ok(None),
            Some(_) => Err(ExpoError::OddRuntimeVersion(platform)),
        }
    }
}

/// The JSON object in what a command printed: the last one that begins a line, since plugins, `.env` loading and the
/// config's own code may say something first, objects among it.
pub(super) fn printed_object(printed: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(printed);
    let (mut rest, mut found) = (text.as_ref(), None);
    while !rest.is_empty() {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let read = match values.next() {
            Some(Ok(value)) if value.is_object() => {
                found = Some(value);
                values.byte_offset()
            }
            _ => 0,
        };
        let end_of_line = rest[read..].find('\n').map_or(rest.len(), |end| read + end + 1);
        rest = &rest[end_of_line..];
    }
    found
}

#[cfg(test)]
mod tests {
    use protocol::Platform::{Android, Ios};
    use serde_json::json;

    use super::{AppConfig, printed_object};
    use crate::expo::ExpoError;

    #[test]
    fn the_object_is_found_behind_noise() {
        let object = json!({"name": "x"});
        for printed in [
            r#"{"name":"x"}"#,
            "{\n  \"name\": \"x\"\n}\n",
            "env: load .env\n{\"name\":\"x\"}",
            "[1]\n{\"name\":\"x\"}\nDone\n",
            "{ a: 1, nested: { b: 2 } }\n{\"level\":\"info\"}\n{\n  \"name\": \"x\"\n}\n",
            "loading {\n  not: 'json'\n}\n  {\"name\":\"x\"}  \ndone",
            "\u{fffd}\n{\"name\":\"x\"}",
        ] {
            assert_eq!(printed_object(printed.as_bytes()), Some(object.clone()), "{printed}");
        }
        for printed in ["", "[]", "3", "no config", "{\"name\":"] {
            assert_eq!(printed_object(printed.as_bytes()), None, "{printed}");
        }
        assert_eq!(printed_object(&[b'{', 0xff, b'}']), None);
        assert_eq!(printed_object(b"\xff\n{\"name\":\"x\"}"), Some(object));
    }

    #[test]
    fn platforms_are_the_listed_ones_that_exist_here() {
        for (config, expected) in [
            (json!({}), Some(vec![Android, Ios])),
            (json!({"platforms": ["ios", "android", "web"]}), Some(vec![Android, Ios])),
            (json!({"platforms": ["web", "ios"]}), Some(vec![Ios])),
            (json!({"platforms": ["web"]}), None),
            (json!({"platforms": []}), None),
        ] {
            assert_eq!(AppConfig::new(config.clone()).platforms().ok(), expected, "{config}");
        }
    }

    #[test]
    fn a_platforms_own_runtime_version_wins() {
        let policy = json!({"policy": "fingerprint"});
        for (config, expected) in [
            (json!({"runtimeVersion": "1.0.0"}), Ok(Some("1.0.0"))),
            (json!({"runtimeVersion": "1.0.0", "ios": {"runtimeVersion": "2 +ä"}}), Ok(Some("2 +ä"))),
            (json!({"runtimeVersion": "1.0.0", "ios": {"runtimeVersion": null}}), Ok(Some("1.0.0"))),
            (json!({"runtimeVersion": "1.0.0", "android": {"runtimeVersion": "2"}}), Ok(Some("1.0.0"))),
            (json!({"runtimeVersion": policy}), Ok(None)),
            (json!({"runtimeVersion": "1.0.0", "ios": {"runtimeVersion": policy}}), Ok(None)),
            (json!({"runtimeVersion": policy, "ios": {"runtimeVersion": "3"}}), Ok(Some("3"))),
            (json!({}), Err("no runtimeVersion")),
            (json!({"runtimeVersion": null}), Err("no runtimeVersion")),
            (json!({"runtimeVersion": ""}), Err("neither")),
            (json!({"runtimeVersion": 1}), Err("neither")),
            (json!({"runtimeVersion": {}}), Err("neither")),
        ] {
            let config = AppConfig::new(config);
            let found: Result<_, ExpoError> = config.literal_runtime_version(Ios);
            match (&found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(*found, expected, "{config:?}"),
                (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{config:?}: {error}"),
                _ => panic!("{config:?}: {found:?}"),
            }
        }
    }
}
