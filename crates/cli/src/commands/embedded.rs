//! `updraft embedded`: the updates inside released binaries.

use std::fs::File;
use std::path::{Path, PathBuf};

use api::{Embedded, EmbeddedUpdates};
use protocol::Platform;

use super::operation::{Consent, Operation, operate};
use crate::embedded::{Found, NotAnApp, read_binary, read_files};
use crate::failure::Failure;
use crate::printer::Printer;
use crate::remote::{Connection, Place, Remote};
use crate::table;

/// Characters of a hash that tell two bundles apart.
const HASH_ROOM: usize = 16;

/// What to register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Where the update is.
    pub source: Source,
    /// Its platform, where the files do not show it.
    pub platform: Option<Platform>,
    /// The binary's runtime version, where it cannot be read.
    pub runtime_version: Option<String>,
    /// The channel written into the binary, where it cannot be read.
    pub channel: Option<String>,
}

/// Where an embedded update is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An .apk, .aab or .ipa.
    Binary(PathBuf),
    /// The two files that the build puts into it.
    Files {
        /// `app.manifest`
        manifest: PathBuf,
        /// `main.jsbundle` or `index.android.bundle`
        bundle: PathBuf,
    },
}

/// Lists what is registered.
pub async fn list(connection: Connection, printer: &Printer) -> Result<(), Failure> {
    let embedded: EmbeddedUpdates = Remote::new(connection, printer)?.all(Place::App, &["embedded"]).await?;
    printer.data(&in_columns(&embedded));
    printer.json(&embedded);
    Ok(())
}

/// Reads a binary and tells the server what is inside.
pub async fn register(connection: Connection, registration: Registration, printer: &Printer) -> Result<(), Failure> {
    let embedded = describe(registration).await?;
    let Embedded { id, platform, runtime_version, created_at, launch_hash, channel } = &embedded;
    let channel = channel.as_deref().unwrap_or("not known; --channel says it");
    let done = format!(
        "Registered embedded update {id}\n  platform: {platform}\n  runtime version: {runtime_version}\n  \
         created at: {created_at}\n  channel: {channel}\n  bundle: {}",
        launch_hash.as_deref().unwrap_or_default()
    );
    operate(connection, Operation::post(&["embedded"], &embedded, done), Consent::Given, printer).await
}

async fn describe(registration: Registration) -> Result<Embedded, Failure> {
    let Registration { source, platform, runtime_version, channel } = registration;
    let path = source.path().to_owned();
    // A bundle of many megabytes is unpacked and hashed.
    let found = match tokio::task::spawn_blocking(move || source.read()).await {
        Ok(found) => found?,
        Err(stopped) => {
            return Err(Failure::File { path, verb: "read", source: std::io::Error::other(stopped) });
        }
    };
    let Found { platform: shown, id, commit_time_ms, launch_hash, runtime_version: read, channel: read_channel } =
        found;
    let platform =
        agreed("platform", platform.map(Platform::as_str), shown.map(Platform::as_str), &path)?.ok_or_else(|| {
            Failure::Usage {
                message: format!("{} does not show which platform it is for", path.display()),
                hint: "say it with `--platform ios` or `--platform android`".into(),
            }
        })?;
    let runtime_version =
        agreed("runtime version", runtime_version.as_deref(), read.as_deref(), &path)?.ok_or_else(|| {
            Failure::Usage {
                message: format!("the runtime version cannot be read from {}", path.display()),
                hint: format!(
                    "say it with `--runtime-version`: `npx expo-updates runtimeversion:resolve --platform {platform}` \
                 prints it; `--channel` can say the channel, too"
                ),
            }
        })?;
    Ok(Embedded {
        id,
        platform,
        runtime_version,
        created_at: instant(commit_time_ms),
        launch_hash: Some(launch_hash),
        channel: agreed("channel", channel.as_deref(), read_channel.as_deref(), &path)?,
    })
}

/// What was said or read. Who says something else than the binary is holding another one in mind.
fn agreed(what: &str, said: Option<&str>, read: Option<&str>, path: &Path) -> Result<Option<String>, Failure> {
    match (said, read) {
        (Some(said), Some(read)) if said != read => Err(Failure::Usage {
            message: format!("the {what} in {} is {read}, not {said}", path.display()),
            hint: format!("leave --{} out, or give the other binary", what.replace(' ', "-")),
        }),
        _ => Ok(said.or(read).map(Into::into)),
    }
}

/// RFC 3339 with milliseconds.
fn instant(milliseconds: i64) -> String {
    // The manifest was refused when this does not exist.
    jiff::Timestamp::from_millisecond(milliseconds).map(|time| format!("{time:.3}")).unwrap_or_default()
}

impl Source {
    fn path(&self) -> &Path {
        match self {
            Self::Binary(path) | Self::Files { manifest: path, .. } => path,
        }
    }

    fn read(&self) -> Result<Found, Failure> {
        let found = match self {
            Self::Binary(path) => read_binary(open(path)?),
            Self::Files { manifest, bundle } => {
                let (manifest_name, bundle_name) = (manifest.to_string_lossy(), bundle.to_string_lossy());
                read_files(&manifest_name, &mut open(manifest)?, &bundle_name, &mut open(bundle)?)
            }
        };
        found.map_err(|source: NotAnApp| Failure::NotAnApp { path: self.path().to_owned(), source })
    }
}

fn open(path: &Path) -> Result<File, Failure> {
    let failure = |source| Failure::File { path: path.to_owned(), verb: "read", source };
    let file = File::open(path).map_err(failure)?;
    // A directory opens, and a pipe never ends.
    match file.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(file),
        Ok(_) => Err(failure(std::io::Error::other("it is not a regular file"))),
        Err(source) => Err(failure(source)),
    }
}

fn in_columns(EmbeddedUpdates { embedded, .. }: &EmbeddedUpdates) -> String {
    if embedded.is_empty() {
        return "No binaries yet: register one with `updraft embedded register app.apk`".into();
    }
    let rows: Vec<[String; 6]> = embedded
        .iter()
        .map(|Embedded { id, platform, runtime_version, created_at, launch_hash, channel }| {
            let hash = launch_hash.iter().flat_map(|hash| hash.chars().take(HASH_ROOM)).collect();
            let channel = channel.clone().unwrap_or_default();
            [id.clone(), platform.clone(), runtime_version.clone(), created_at.clone(), channel, hash]
        })
        .collect();
    table::aligned(["embedded update", "platform", "runtime version", "created at", "channel", "bundle"], &rows)
}
