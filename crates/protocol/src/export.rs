//! `metadata.json` of `expo export`: which files make an update.
//!
//! Written by `@expo/cli` (`createMetadataJson.js`): version 0, bundler `metro`, and for each platform the bundle's path
//! and the assets with path and type. It comes from a publisher's machine, so nothing in it is believed: paths cannot
//! leave the export, counts are bounded, and every refusal names the field.

mod error;
mod path;
mod raw;

use std::collections::{BTreeMap, HashSet};

pub use self::error::{ExportError, PathFault};
pub use self::path::ExportPath;

use self::raw::Value;
use crate::platform::Platform;

/// The largest number of assets that one platform may list.
pub const MAX_ASSETS: usize = 20_000;
/// The largest `metadata.json`, in bytes: both platforms with [`MAX_ASSETS`] each, twice over.
pub const MAX_METADATA_BYTES: usize = 8 * 1024 * 1024;
/// The longest file extension, in bytes.
pub const MAX_EXTENSION_BYTES: usize = 32;

/// What an export lists for each of our platforms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportMetadata {
    /// At least one; other platforms (web) are left out.
    pub platforms: BTreeMap<Platform, PlatformExport>,
}

/// One platform's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformExport {
    /// The bundle.
    pub bundle: ExportPath,
    /// The assets in the order of the export, each path once. Two paths may still have one key: whether that is one file
    /// or a clash, only their bytes tell.
    pub assets: Vec<ExportAsset>,
}

/// One asset of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportAsset {
    /// Where it lies.
    pub path: ExportPath,
    /// What the bundle looks it up by: the file's name, which is its MD5. The files of DOM components
    /// (`www.bundle/<md5>.html`) carry their extension in the name; the client adds it again, so the key is without.
    pub key: String,
    /// With its dot, as the manifest wants it: `.png`. Empty for a file without extension, which both platforms store
    /// under `key` and a bare dot.
    pub file_extension: String,
}

/// Reads a `metadata.json`. Unknown fields and platforms are ignored: Expo adds some from time to time.
pub fn parse_metadata(json: &[u8]) -> Result<ExportMetadata, ExportError> {
    if json.len() > MAX_METADATA_BYTES {
        return Err(ExportError::TooLarge { length: json.len(), limit: MAX_METADATA_BYTES });
    }
    let root = Value::root(json)?;
    let [version, bundler, files] = root.fields(["version", "bundler", "fileMetadata"])?;
    let got = version.required()?.number()?;
    if got != 0 {
        return Err(ExportError::UnknownVersion { got });
    }
    let got = bundler.required()?.text()?;
    if got != "metro" {
        return Err(ExportError::UnknownBundler { got: error::shown(&got) });
    }
    let files = files.required()?;
    let listed = files.fields(Platform::ALL.map(Platform::as_str))?;
    let mut platforms = BTreeMap::new();
    for (platform, files) in Platform::ALL.into_iter().zip(listed) {
        if let Some(files) = files.optional() {
            platforms.insert(platform, platform_export(&files)?);
        }
    }
    if platforms.is_empty() {
        return Err(ExportError::NoPlatform);
    }
    Ok(ExportMetadata { platforms })
}

fn platform_export(files: &Value<'_, '_>) -> Result<PlatformExport, ExportError> {
    let [bundle, assets] = files.fields(["bundle", "assets"])?;
    let bundle = bundle.required()?.path()?;
    let list = assets.required()?;
    let listed = list.list(MAX_ASSETS)?;
    if listed.total > MAX_ASSETS {
        return Err(ExportError::TooManyAssets { field: list.field(), got: listed.total, limit: MAX_ASSETS });
    }
    let mut seen = HashSet::new();
    let mut assets = Vec::new();
    for item in list.items(&listed) {
        let asset = export_asset(&item)?;
        if seen.insert(asset.path.clone()) {
            assets.push(asset);
        }
    }
    Ok(PlatformExport { bundle, assets })
}

fn export_asset(item: &Value<'_, '_>) -> Result<ExportAsset, ExportError> {
    let [path, ext] = item.fields(["path", "ext"])?;
    let path = path.required()?.path()?;
    let file_extension = file_extension(&ext.required()?)?;
    let name = path.file_name();
    let key = match name.strip_suffix(file_extension.as_str()) {
        Some(stem) if !stem.is_empty() => stem.to_owned(),
        _ => name.to_owned(),
    };
    Ok(ExportAsset { path, key, file_extension })
}

/// `png` and `.png` as `.png`. It becomes part of a file's name on the device, so it may hold nothing but what Metro's
/// asset types are made of.
fn file_extension(value: &Value<'_, '_>) -> Result<String, ExportError> {
    let text = value.text()?;
    let extension = text.strip_prefix('.').unwrap_or(&text);
    let is_plain = extension.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-+.".contains(&byte));
    if !is_plain || extension.len() > MAX_EXTENSION_BYTES {
        return Err(ExportError::BadExtension { field: value.field(), got: error::shown(&text) });
    }
    Ok(if extension.is_empty() { String::new() } else { format!(".{extension}") })
}
