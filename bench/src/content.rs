//! What is published before anything is measured: a real export, and two assets of known size beside it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::wire::Operator;

/// What every platform of the export is published for.
pub const RUNTIME_VERSION: &str = "1.0.0";
/// Where it is published to.
pub const CHANNEL: &str = "production";

/// An asset that is made up, so that its size is known and nothing makes it smaller.
#[derive(Clone, Debug)]
pub struct MadeAsset {
    /// Its SHA-256, hexadecimal.
    pub hash: String,
    key: &'static str,
    extension: &'static str,
    bytes: Vec<u8>,
}

impl MadeAsset {
    /// A picture's worth: 10 kB.
    pub fn small() -> Self {
        Self::new("6f0a4bd1a84c1a6f5c8ef4e8f0b1d4a1", "png", 10_000)
    }

    /// A bundle's worth: 2 MB.
    pub fn large() -> Self {
        Self::new("d1f4b7a05c3e1c9f4f4be0e6d2c8a7b2", "mp4", 2_000_000)
    }

    fn new(key: &'static str, extension: &'static str, size: usize) -> Self {
        let bytes = noise(size);
        Self { hash: hash(&bytes), key, extension, bytes }
    }
}

/// Bytes that do not compress, the same in every run (xorshift64).
fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ size as u64;
    let words = std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.flatten().take(size).collect()
}

/// Publishes the export in the directory together with the made assets; returns the ids by platform.
pub fn publish(operator: &Operator, export: &Path, made: &[&MadeAsset]) -> Result<BTreeMap<String, String>> {
    let metadata: Value = serde_json::from_slice(&read(export, "metadata.json")?)?;
    let config: Value = serde_json::from_slice(&read(export, "expoConfig.json")?)?;
    let mut blobs: BTreeMap<String, Vec<u8>> =
        made.iter().map(|asset| (asset.hash.clone(), asset.bytes.clone())).collect();
    let mut keep = |bytes: Vec<u8>| {
        let hash = hash(&bytes);
        blobs.insert(hash.clone(), bytes);
        hash
    };
    let platforms = metadata["fileMetadata"].as_object().context("metadata.json has no fileMetadata")?;
    let platforms = platforms.iter().map(|(platform, files)| {
        let bundle = keep(read(export, text(&files["bundle"])?)?);
        let listed = files["assets"].as_array().into_iter().flatten().map(|asset| {
            let path = text(&asset["path"])?;
            let key = path.rsplit('/').next().unwrap_or_default();
            Ok(json!({ "hash": keep(read(export, path)?), "key": key, "ext": text(&asset["ext"])? }))
        });
        let mut assets = listed.collect::<Result<Vec<Value>>>()?;
        assets.extend(made.iter().map(|made| json!({ "hash": made.hash, "key": made.key, "ext": made.extension })));
        Ok(json!({
            "platform": platform,
            "runtime_version": RUNTIME_VERSION,
            "bundle": bundle,
            "assets": assets,
            "expo_config": config,
        }))
    });
    let platforms = platforms.collect::<Result<Vec<Value>>>()?;
    for (hash, bytes) in &blobs {
        operator.put(&format!("/blobs/{hash}"), bytes)?;
    }
    let prepared = operator.post("/publishes", &json!({ "channel": CHANNEL, "platforms": platforms }))?;
    let published = operator.post(&format!("/publishes/{}/commit", text(&prepared["id"])?), &json!({}))?;
    let updates = published["updates"].as_array().context("no updates")?.iter();
    updates.map(|update| Ok((text(&update["platform"])?.to_owned(), text(&update["id"])?.to_owned()))).collect()
}

fn read(directory: &Path, path: &str) -> Result<Vec<u8>> {
    let path = directory.join(path);
    fs::read(&path).with_context(|| format!("reading {}", path.display()))
}

fn text(value: &Value) -> Result<&str> {
    match value.as_str() {
        Some(text) => Ok(text),
        None => bail!("{value} is not text"),
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Copies a directory that nobody uses.
pub fn copy_directory(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_directory(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::MadeAsset;

    #[test]
    fn made_assets_have_their_size_and_no_pattern() {
        for (asset, size) in [(MadeAsset::small(), 10_000), (MadeAsset::large(), 2_000_000)] {
            assert_eq!(asset.bytes.len(), size);
            let mut counts = [0_usize; 256];
            for byte in &asset.bytes {
                counts[usize::from(*byte)] += 1;
            }
            let most = counts.iter().max().copied().unwrap_or_default();
            assert!(most < size / 100, "one byte in {most} of {size} places could be compressed");
        }
    }
}
