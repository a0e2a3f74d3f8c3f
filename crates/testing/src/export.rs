//! Exports: real ones from a directory, small ones made up.

use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What `expo export` writes, in memory.
#[derive(Clone, Debug)]
pub struct Export {
    /// One for each platform.
    pub platforms: Vec<PlatformFiles>,
    /// The public Expo config.
    pub config: Option<Value>,
}

/// One platform's files.
#[derive(Clone, Debug)]
pub struct PlatformFiles {
    /// `android` or `ios`.
    pub platform: String,
    /// What it was built for.
    pub runtime_version: String,
    /// The launch bundle.
    pub bundle: ExportedFile,
    /// Everything else.
    pub assets: Vec<ExportedFile>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedFile {
    /// What the bundle looks it up by; unused for a bundle.
    pub key: String,
    /// Without a dot.
    pub ext: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl ExportedFile {
    /// A file under its key.
    pub fn new(key: impl Into<String>, ext: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { key: key.into(), ext: ext.into(), bytes: bytes.into() }
    }

    /// Its SHA-256, hexadecimal.
    pub fn hash(&self) -> String {
        model::BlobHash(Sha256::digest(&self.bytes).into()).to_string()
    }
}

impl Export {
    /// A small export for both platforms whose content is `text`, with two assets.
    pub fn small(runtime_version: &str, text: &str) -> Self {
        let platforms = ["android", "ios"].map(|platform| PlatformFiles {
            platform: platform.into(),
            runtime_version: runtime_version.into(),
            bundle: ExportedFile::new("", "hbc", format!("{platform} bundle: {text}\n").repeat(64)),
            assets: vec![
                ExportedFile::new("0cc175b9c0f1b6a831c399e269772661", "png", [0x89, b'P', b'N', b'G', 1, 2, 3]),
                ExportedFile::new("92eb5ffee6ae2fec3ad71c777531578f", "ttf", b"a font ".repeat(200)),
            ],
        });
        let config = json!({ "name": "Test", "slug": "test", "runtimeVersion": runtime_version });
        Self { platforms: platforms.into(), config: Some(config) }
    }

    /// The export in a directory, as `expo export` wrote it, with `expoConfig.json` beside `metadata.json`.
    ///
    /// # Panics
    /// When it is not there or not readable: tests cannot go on without it.
    pub fn read(directory: &Path, runtime_version: &str) -> Self {
        let read = |path: &str| std::fs::read(directory.join(path)).expect("a file of the export");
        let metadata: Value = serde_json::from_slice(&read("metadata.json")).expect("metadata.json");
        let platforms = ["android", "ios"].map(|platform| {
            let files = &metadata["fileMetadata"][platform];
            let text = |value: &Value| value.as_str().expect("text in metadata.json").to_owned();
            let assets = files["assets"].as_array().expect("assets in metadata.json").iter().map(|asset| {
                let path = text(&asset["path"]);
                let key = path.rsplit('/').next().unwrap_or_default();
                ExportedFile::new(key, text(&asset["ext"]), read(&path))
            });
            PlatformFiles {
                platform: platform.into(),
                runtime_version: runtime_version.into(),
                bundle: ExportedFile::new("", "hbc", read(&text(&files["bundle"]))),
                assets: assets.collect(),
            }
        });
        let config = serde_json::from_slice(&read("expoConfig.json")).expect("expoConfig.json");
        Self { platforms: platforms.into(), config: Some(config) }
    }

    /// Writes it as `expo export` would, with `expoConfig.json` beside `metadata.json`.
    ///
    /// # Panics
    /// When the directory cannot be written to.
    pub fn write(&self, directory: &Path) {
        let write = |path: &str, bytes: &[u8]| {
            let path = directory.join(path);
            std::fs::create_dir_all(path.parent().expect("a file in the directory")).expect("a directory to write");
            std::fs::write(path, bytes).expect("a file to write");
        };
        let platforms = self.platforms.iter().map(|PlatformFiles { platform, bundle, assets, .. }| {
            let bundle_path = format!("_expo/static/js/{platform}/index.{}", bundle.ext);
            write(&bundle_path, &bundle.bytes);
            let assets = assets.iter().map(|asset| {
                let path = format!("assets/{}", asset.key);
                write(&path, &asset.bytes);
                json!({ "path": path, "ext": asset.ext })
            });
            (platform.clone(), json!({ "bundle": bundle_path, "assets": assets.collect::<Vec<_>>() }))
        });
        let platforms: serde_json::Map<String, Value> = platforms.collect();
        let metadata = json!({ "version": 0, "bundler": "metro", "fileMetadata": platforms });
        write("metadata.json", metadata.to_string().as_bytes());
        if let Some(config) = &self.config {
            write("expoConfig.json", config.to_string().as_bytes());
        }
    }

    /// Only one of its platforms.
    #[must_use]
    pub fn only(mut self, platform: &str) -> Self {
        self.platforms.retain(|files| files.platform == platform);
        self
    }

    /// Every file of every platform.
    pub fn files(&self) -> impl Iterator<Item = &ExportedFile> {
        self.platforms.iter().flat_map(|files| std::iter::once(&files.bundle).chain(&files.assets))
    }
}
