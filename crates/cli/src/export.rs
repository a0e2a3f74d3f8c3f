//! A finished export on disk: what `expo export` wrote, read, hashed, and put into the API's words.

mod hashing;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use protocol::Platform;
use protocol::export::{ExportError, ExportMetadata, ExportPath, parse_metadata};
use serde_json::Value;

pub(crate) use hashing::HashedFile;

/// The file that lists what an export consists of.
const METADATA: &str = "metadata.json";
/// The app config of an export. `expo export` does not write it; `updraft publish` and a CI script may.
pub(crate) const EXPO_CONFIG: &str = "expoConfig.json";

/// Why an export on disk cannot be published.
#[derive(Debug, thiserror::Error)]
pub enum ExportFailure {
    /// No `metadata.json`.
    #[error("{} has no metadata.json, so it is not an export", .0.display())]
    NotAnExport(PathBuf),
    /// A listed file is not there.
    #[error("metadata.json of {} lists {file}, but there is no such file", directory.display())]
    MissingFile {
        /// The export.
        directory: PathBuf,
        /// As listed.
        file: String,
    },
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// `metadata.json` breaks a rule.
    #[error("{} cannot be used", path.display())]
    Metadata {
        /// The file.
        path: PathBuf,
        /// Which rule.
        source: ExportError,
    },
    /// `expoConfig.json` is not a JSON object.
    #[error("{} is not a JSON object", .0.display())]
    Config(PathBuf),
    /// The export lacks a platform that was asked for.
    #[error("{} has no {platform} export", directory.display())]
    NoPlatform {
        /// The export.
        directory: PathBuf,
        /// What was asked for.
        platform: Platform,
    },
}

impl ExportFailure {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotAnExport(_) => "run `npx expo export --platform ios --platform android` first, or leave \
                                     --input-dir out to have it run"
                .into(),
            Self::MissingFile { .. } | Self::Metadata { .. } => {
                "export again with `npx expo export`, and publish its output unchanged".into()
            }
            Self::Unreadable { .. } => return None,
            Self::Config(_) => format!("write it with `npx expo config --json --type public > {EXPO_CONFIG}`"),
            Self::NoPlatform { platform, .. } => {
                format!("add `--platform {platform}` to `npx expo export`, or publish without it")
            }
        })
    }
}

/// An export whose listing was read; its files were not yet.
#[derive(Debug)]
pub(crate) struct Export {
    directory: PathBuf,
    platforms: BTreeMap<Platform, protocol::export::PlatformExport>,
}

impl Export {
    /// Reads the listing of the export in `directory`, and keeps the platforms asked for: all that it has, or one.
    pub(crate) async fn open(directory: &Path, only: Option<Platform>) -> Result<Self, ExportFailure> {
        let path = directory.join(METADATA);
        let json = match tokio::fs::read(&path).await {
            Ok(json) => json,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ExportFailure::NotAnExport(directory.to_owned()));
            }
            Err(source) => return Err(ExportFailure::Unreadable { path, source }),
        };
        let ExportMetadata { mut platforms } =
            parse_metadata(&json).map_err(|source| ExportFailure::Metadata { path, source })?;
        if let Some(platform) = only {
            if !platforms.contains_key(&platform) {
                return Err(ExportFailure::NoPlatform { directory: directory.to_owned(), platform });
            }
            platforms.retain(|each, _| *each == platform);
        }
        Ok(Self { directory: directory.to_owned(), platforms })
    }

    /// The platforms that will be published; at least one.
    pub(crate) fn platforms(&self) -> impl Iterator<Item = Platform> {
        self.platforms.keys().copied()
    }

    /// The app config that lies in the export, if one does.
    pub(crate) async fn config(&self) -> Result<Option<Value>, ExportFailure> {
        let path = self.directory.join(EXPO_CONFIG);
        match tokio::fs::read(&path).await {
            Ok(json) => match serde_json::from_slice(&json) {
                Ok(config @ Value::Object(_)) => Ok(Some(config)),
                _ => Err(ExportFailure::Config(path)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(ExportFailure::Unreadable { path, source }),
        }
    }

    /// Hashes every file of the chosen platforms, each once.
    pub(crate) async fn hash(&self) -> Result<HashedExport, ExportFailure> {
        let mut paths: Vec<ExportPath> = self
            .platforms
            .values()
            .flat_map(|platform| {
                std::iter::once(&platform.bundle).chain(platform.assets.iter().map(|asset| &asset.path))
            })
            .cloned()
            .collect();
        paths.sort_unstable();
        paths.dedup();
        let files = hashing::hash_all(&self.directory, paths).await?;
        Ok(HashedExport { platforms: self.platforms.clone(), files })
    }
}

/// An export with the hash of each of its files.
#[derive(Debug)]
pub(crate) struct HashedExport {
    platforms: BTreeMap<Platform, protocol::export::PlatformExport>,
    files: BTreeMap<ExportPath, HashedFile>,
}

impl HashedExport {
    /// Every file; two may have the same content.
    pub(crate) fn files(&self) -> impl Iterator<Item = &HashedFile> {
        self.files.values()
    }

    /// In the API's words, with what else each platform needs.
    pub(crate) fn describe(
        &self,
        runtime_versions: &BTreeMap<Platform, String>,
        expo_config: Option<&Value>,
    ) -> Vec<api::PlatformExport> {
        let hash_of = |path: &ExportPath| self.files.get(path).map(|file| file.hash.clone()).unwrap_or_default();
        let describe = |(platform, files): (&Platform, &protocol::export::PlatformExport)| api::PlatformExport {
            platform: platform.as_str().into(),
            runtime_version: runtime_versions.get(platform).cloned().unwrap_or_default(),
            bundle: hash_of(&files.bundle),
            assets: files
                .assets
                .iter()
                .map(|asset| api::ExportAsset {
                    hash: hash_of(&asset.path),
                    key: asset.key.clone(),
                    ext: asset.file_extension.trim_start_matches('.').into(),
                })
                .collect(),
            expo_config: expo_config.cloned(),
        };
        self.platforms.iter().map(describe).collect()
    }
}
