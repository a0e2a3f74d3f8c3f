//! The update inside a released binary, read from it.
//!
//! A binary is a zip; what matters of it is `app.manifest`, which the build writes beside the bundle
//! (`createManifestForBuildAsync` of expo-updates), and what the client's settings say of runtime version and channel.
//! Binaries come from elsewhere, so nothing in them is believed: sizes and counts have limits, and nothing is unpacked
//! to the disk.

mod archive;
mod manifest;
mod settings;

use std::io::{self, Read};

use protocol::Platform;
use zip::result::ZipError;

pub(crate) use archive::read_binary;
use manifest::Manifest;
pub(crate) use manifest::ManifestError;
pub(crate) use settings::SettingsError;

use crate::digest;

/// The largest bundle, in bytes. Real ones have a few megabytes.
const LARGEST_BUNDLE: u64 = 512 * 1024 * 1024;
/// The largest `app.manifest`, in bytes: some 300 for each asset.
const LARGEST_MANIFEST: u64 = 16 * 1024 * 1024;

/// The update inside a binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where it says so.
    pub(crate) platform: Option<Platform>,
    /// Lower case.
    pub(crate) id: String,
    /// Milliseconds since 1970.
    pub(crate) commit_time_ms: i64,
    /// SHA-256 of the bundle.
    pub(crate) launch_hash: String,
    /// Where it can be read.
    pub(crate) runtime_version: Option<String>,
    /// Where it can be read.
    pub(crate) channel: Option<String>,
}

/// Why a file is no app with an embedded update.
#[derive(Debug, thiserror::Error)]
pub enum NotAnApp {
    /// Not a zip.
    #[error("it is not an .apk, .aab or .ipa")]
    NotAZip(#[source] ZipError),
    /// More than any app has.
    #[error("it has {count} entries, and the most that is read is {limit}")]
    TooManyEntries {
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A zip, but not of an app that was built with expo-updates.
    #[error("it holds no `app.manifest` where expo-updates puts it")]
    NoManifest,
    /// Which one is meant?
    #[error("it holds two apps: {first} and {second}")]
    TwoApps {
        /// Its manifest.
        first: String,
        /// The other one's.
        second: String,
    },
    /// A manifest without a bundle.
    #[error("it holds no bundle: there is no {expected}")]
    NoBundle {
        /// Where the client looks for it.
        expected: String,
    },
    /// An entry cannot be unpacked.
    #[error("{entry} cannot be read from it")]
    Entry {
        /// Which one.
        entry: String,
        /// Why.
        source: ZipError,
    },
    /// An entry is larger than any app's.
    #[error("{entry} has more than {limit} bytes")]
    TooLarge {
        /// Which one.
        entry: String,
        /// How large it may be.
        limit: u64,
    },
    /// The manifest is not one.
    #[error("{entry} is not an embedded update's manifest")]
    Manifest {
        /// Which one.
        entry: String,
        /// What is wrong with it.
        source: ManifestError,
    },
    /// The client's settings cannot be read.
    #[error("{entry} cannot be read as a property list")]
    Settings {
        /// Which one.
        entry: String,
        /// What is wrong with it.
        source: SettingsError,
    },
}

/// Reads the two files that matter, where there is no binary around them.
pub(crate) fn read_files(
    manifest_name: &str,
    manifest: &mut impl Read,
    bundle_name: &str,
    bundle: &mut impl Read,
) -> Result<Found, NotAnApp> {
    let manifest = read_manifest(manifest_name, manifest)?;
    let by_name = match bundle_name {
        name if name.ends_with(".jsbundle") => Some(Platform::Ios),
        name if name.ends_with(".android.bundle") => Some(Platform::Android),
        _ => None,
    };
    Ok(Found {
        platform: manifest.platform.or(by_name),
        launch_hash: hash_bundle(bundle_name, bundle)?,
        id: manifest.id,
        commit_time_ms: manifest.commit_time_ms,
        runtime_version: None,
        channel: None,
    })
}

fn read_manifest(entry: &str, reader: &mut impl Read) -> Result<Manifest, NotAnApp> {
    let json = read_within(entry, reader, LARGEST_MANIFEST)?;
    Manifest::parse(&json).map_err(|source| NotAnApp::Manifest { entry: entry.into(), source })
}

fn hash_bundle(entry: &str, reader: &mut impl Read) -> Result<String, NotAnApp> {
    let (hash, size) =
        digest::sha256(&mut reader.by_ref().take(LARGEST_BUNDLE + 1)).map_err(|error| broken(entry, error))?;
    if size > LARGEST_BUNDLE {
        return Err(NotAnApp::TooLarge { entry: entry.into(), limit: LARGEST_BUNDLE });
    }
    Ok(hash)
}

/// Reads to the end, and no further than the limit: what an entry says of its own size is not believed.
fn read_within(entry: &str, reader: &mut impl Read, limit: u64) -> Result<Vec<u8>, NotAnApp> {
    let mut bytes = Vec::new();
    reader.by_ref().take(limit + 1).read_to_end(&mut bytes).map_err(|error| broken(entry, error))?;
    if bytes.len() as u64 > limit {
        return Err(NotAnApp::TooLarge { entry: entry.into(), limit });
    }
    Ok(bytes)
}

fn broken(entry: &str, error: io::Error) -> NotAnApp {
    NotAnApp::Entry { entry: entry.into(), source: ZipError::Io(error) }
}
