//! A binary: a zip with the update at the place where the client looks for it.

use std::io::{Read, Seek};

use protocol::Platform;
use zip::ZipArchive;

use super::settings::Settings;
use super::{Found, NotAnApp, hash_bundle, read_manifest, read_within};

/// Large apps have some ten thousand.
const MOST_ENTRIES: usize = 200_000;
const LARGEST_SETTINGS: u64 = 256 * 1024;
const LARGEST_FINGERPRINT: u64 = 1024;

/// What the runtime version says when it is in a file of its own
/// (`EXUpdatesConfigRuntimeVersionReadFingerprintFileSentinel`).
const IN_FINGERPRINT_FILE: &str = "file:fingerprint";

/// Where a binary keeps what matters.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Layout {
    platform: Platform,
    manifest: String,
    bundle: String,
    /// The runtime version, when it is a fingerprint; the build writes the file only then
    /// (`createFingerprintForBuildAsync`).
    fingerprint: String,
    /// Of several manifests in one app, the client takes the lowest.
    rank: u8,
    /// `Expo.plist`; Android keeps its settings in a binary `AndroidManifest.xml`, which is not read.
    settings: Option<String>,
}

impl Layout {
    /// The layout in which this entry is the manifest.
    fn around(manifest: &str) -> Option<Self> {
        if let "assets/app.manifest" | "base/assets/app.manifest" = manifest {
            let directory = manifest.strip_suffix("app.manifest")?;
            return Some(Self {
                platform: Platform::Android,
                manifest: manifest.into(),
                bundle: format!("{directory}index.android.bundle"),
                fingerprint: format!("{directory}fingerprint"),
                rank: 0,
                settings: None,
            });
        }
        let (app, within) = manifest.strip_prefix("Payload/")?.split_once(".app/")?;
        if app.contains('/') {
            // A watch's app, or an extension, lies deeper.
            return None;
        }
        let directory = within.strip_suffix("app.manifest")?;
        let rank = match directory {
            // With `use_frameworks!`, resources lie beside the code that asks for them.
            "Frameworks/EXUpdates.framework/EXUpdates.bundle/" => 0,
            "EXUpdates.bundle/" => 1,
            // What the client falls back to.
            "" => 2,
            _ => return None,
        };
        Some(Self {
            platform: Platform::Ios,
            manifest: manifest.into(),
            bundle: format!("Payload/{app}.app/main.jsbundle"),
            fingerprint: format!("Payload/{app}.app/{directory}fingerprint"),
            rank,
            settings: Some(format!("Payload/{app}.app/Expo.plist")),
        })
    }
}

/// Reads an .apk, .aab or .ipa; by what it holds, not by its name.
pub(crate) fn read_binary(reader: impl Read + Seek) -> Result<Found, NotAnApp> {
    let mut archive = ZipArchive::new(reader).map_err(NotAnApp::NotAZip)?;
    if archive.len() > MOST_ENTRIES {
        return Err(NotAnApp::TooManyEntries { count: archive.len(), limit: MOST_ENTRIES });
    }
    let Layout { platform, manifest, bundle, fingerprint, settings, rank: _ } = find(&archive)?;
    if archive.index_for_name(&bundle).is_none() {
        return Err(NotAnApp::NoBundle { expected: bundle });
    }
    let written = read_manifest(&manifest, &mut open(&mut archive, &manifest)?)?;
    let fingerprint = read_fingerprint(&mut archive, &fingerprint)?;
    let Settings { runtime_version, channel } = match &settings {
        Some(settings) => read_settings(&mut archive, settings)?,
        None => Settings { runtime_version: Some(IN_FINGERPRINT_FILE.into()), channel: None },
    };
    let runtime_version = match runtime_version {
        Some(version) if version == IN_FINGERPRINT_FILE => fingerprint,
        version => version,
    };
    Ok(Found {
        platform: Some(platform),
        id: written.id,
        commit_time_ms: written.commit_time_ms,
        launch_hash: hash_bundle(&bundle, &mut open(&mut archive, &bundle)?)?,
        runtime_version: runtime_version.filter(|version| !version.is_empty()),
        channel: channel.filter(|channel| !channel.is_empty()),
    })
}

/// The app of a binary. One may keep its manifest in several places, but two apps are one too many.
fn find<R: Read + Seek>(archive: &ZipArchive<R>) -> Result<Layout, NotAnApp> {
    let names = archive.file_names().filter_map(Result::ok);
    let mut layouts: Vec<Layout> = names.filter_map(|name| Layout::around(&name)).collect();
    layouts.sort_by_key(|layout| layout.rank);
    let mut layouts = layouts.into_iter();
    let first = layouts.next().ok_or(NotAnApp::NoManifest)?;
    match layouts.find(|other| other.bundle != first.bundle) {
        Some(second) => Err(NotAnApp::TwoApps { first: first.manifest, second: second.manifest }),
        None => Ok(first),
    }
}

fn read_fingerprint<R: Read + Seek>(archive: &mut ZipArchive<R>, entry: &str) -> Result<Option<String>, NotAnApp> {
    if archive.index_for_name(entry).is_none() {
        return Ok(None);
    }
    let bytes = read_within(entry, &mut open(archive, entry)?, LARGEST_FINGERPRINT)?;
    Ok(String::from_utf8(bytes).ok())
}

fn read_settings<R: Read + Seek>(archive: &mut ZipArchive<R>, entry: &str) -> Result<Settings, NotAnApp> {
    if archive.index_for_name(entry).is_none() {
        return Ok(Settings::default());
    }
    let bytes = read_within(entry, &mut open(archive, entry)?, LARGEST_SETTINGS)?;
    Settings::parse(&bytes).map_err(|source| NotAnApp::Settings { entry: entry.into(), source })
}

fn open<'a, R: Read + Seek>(archive: &'a mut ZipArchive<R>, entry: &str) -> Result<impl Read + 'a, NotAnApp> {
    archive.by_name(entry).map_err(|source| NotAnApp::Entry { entry: entry.into(), source })
}
