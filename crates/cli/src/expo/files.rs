//! What lies in an Expo project's directory, read without running anything.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::ExpoError;

/// Evaluated by Expo's tools, in this order; before any static config.
const DYNAMIC: [&str; 6] =
    ["app.config.ts", "app.config.mts", "app.config.cts", "app.config.js", "app.config.mjs", "app.config.cjs"];
/// Read by them as it stands.
const STATIC: [&str; 2] = ["app.config.json", "app.json"];
const CLIENT: &str = "expo-updates";

/// The files of a project that matter to updates.
#[derive(Clone, Debug)]
pub(crate) struct ProjectFiles {
    /// The config that code computes.
    pub(crate) dynamic_config: Option<&'static str>,
    /// The config in a file; the dynamic one may start from it.
    pub(crate) static_config: Option<&'static str>,
    /// `ios`, `android`: native projects, which app.json does not reach until they are made anew.
    pub(crate) native: Vec<&'static str>,
    /// The client that the project has.
    pub(crate) client: Client,
}

/// The project's `expo-updates`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// package.json does not name it.
    Missing,
    /// Its version where it is installed, else the range in package.json.
    Version(String),
}

impl Client {
    /// The major version, which is the SDK's; none where the range does not begin with one.
    pub(crate) fn major(&self) -> Option<u32> {
        let Self::Version(version) = self else { return None };
        let digits: String =
            version.trim_start_matches(['~', '^', '=', 'v', ' ']).chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    }
}

impl ProjectFiles {
    /// Looks into a directory, which must hold a package.json.
    pub(crate) fn find(directory: &Path) -> Result<Self, ExpoError> {
        if !directory.is_dir() {
            return Err(ExpoError::NoProject(directory.to_owned()));
        }
        let package = read_object(&directory.join("package.json"))
            .map_err(|source| ExpoError::NoPackage { directory: directory.to_owned(), source })?;
        let is_there = |name: &&'static str| directory.join(name).exists();
        Ok(Self {
            dynamic_config: DYNAMIC.into_iter().find(is_there),
            static_config: STATIC.into_iter().find(is_there),
            native: ["ios", "android"].into_iter().filter(is_there).collect(),
            client: client(directory, &package),
        })
    }
}

fn client(directory: &Path, package: &Value) -> Client {
    let named = ["dependencies", "devDependencies"].into_iter().find_map(|section| package.get(section)?.get(CLIENT));
    let Some(range) = named else { return Client::Missing };
    Client::Version(installed(directory).unwrap_or_else(|| range.as_str().unwrap_or_default().to_owned()))
}

/// The version beneath the project's or a parent's `node_modules`, as Node looks for it.
fn installed(directory: &Path) -> Option<String> {
    let directory = directory.canonicalize().ok()?;
    let package = |parent: &Path| -> PathBuf { parent.join("node_modules").join(CLIENT).join("package.json") };
    let found = directory.ancestors().find_map(|parent| read_object(&package(parent)).ok())?;
    found.get("version")?.as_str().map(str::to_owned)
}

fn read_object(path: &Path) -> io::Result<Value> {
    let value: Value = serde_json::from_slice(&std::fs::read(path)?)?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a JSON object"))
    }
}

#[cfg(test)]
mod tests {
    use super::Client;

    #[test]
    fn ranges_begin_with_the_sdk() {
        for (range, major) in [
            ("~57.0.24", Some(57)),
            ("^55.0.0", Some(55)),
            ("0.29.1", Some(0)),
            (">=55", None),
            ("workspace:*", None),
            ("latest", None),
        ] {
            assert_eq!(Client::Version(range.into()).major(), major, "{range}");
        }
        assert_eq!(Client::Missing.major(), None);
    }
}
