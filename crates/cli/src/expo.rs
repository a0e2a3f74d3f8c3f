//! An Expo project's own tools: its config, its runtime version, its export.
//!
//! They are run as `npx --no -- …`: what the project has installed, never something fetched on the spot.

mod config;
mod files;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use protocol::Platform;

pub(crate) use config::AppConfig;
pub(crate) use files::{Client, ProjectFiles};

use crate::printer::Printer;
use crate::programs::{self, Programs};

/// Why a project cannot be exported or asked.
#[derive(Debug, thiserror::Error)]
pub enum ExpoError {
    /// `npx` itself cannot be run.
    #[error("{} cannot be run", program.display())]
    NoNpx {
        /// What was run.
        program: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// There is no such directory.
    #[error("there is no directory {}", .0.display())]
    NoProject(PathBuf),
    /// The directory is no JavaScript project.
    #[error("{} has no package.json that can be read", directory.display())]
    NoPackage {
        /// The directory.
        directory: PathBuf,
        /// What the disk or the JSON parser said.
        source: io::Error,
    },
    /// A command ended with an error.
    #[error("`{command}` failed ({status}){}", indented(said))]
    Failed {
        /// As one would type it.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// What it said last; empty where that was shown already.
        said: String,
    },
    /// A command's output is not what it should be.
    #[error("`{command}` did not print {expected}")]
    Output {
        /// As one would type it.
        command: String,
        /// What it should have printed.
        expected: &'static str,
    },
    /// Nothing says which runtime version the export is for.
    #[error("the app config has no runtimeVersion for {0}")]
    NoRuntimeVersion(Platform),
    /// The runtime version is to be computed, and neither a policy nor a text says how.
    #[error("the app config's runtimeVersion for {0} is neither a text nor a policy")]
    OddRuntimeVersion(Platform),
    /// The project does not build for a platform that was asked for.
    #[error("the app config's platforms do not include {0}")]
    NoPlatform(Platform),
    /// The project builds neither for iOS nor for Android.
    #[error("the app config's platforms include neither ios nor android")]
    NoPlatforms,
}

impl ExpoError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoNpx { .. } => "install Node 20 or newer; or, without Node, publish a finished export with \
                                   --input-dir and --runtime-version"
                .into(),
            Self::NoProject(_) | Self::NoPackage { .. } => "name the Expo project's directory with --project".into(),
            Self::Failed { .. } | Self::Output { .. } => {
                "run that command in the project to see what is wrong; `npm ci` installs what it needs".into()
            }
            Self::NoRuntimeVersion(_) | Self::OddRuntimeVersion(_) => {
                "set `runtimeVersion` in app.json, for example to \"1.0.0\", or pass --runtime-version".into()
            }
            Self::NoPlatform(platform) => format!("add \"{platform}\" to `platforms` in app.json, or drop --platform"),
            Self::NoPlatforms => "add \"ios\" or \"android\" to `platforms` in app.json".into(),
        })
    }
}

/// A directory with an Expo project.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Project<'a> {
    pub(crate) directory: &'a Path,
    pub(crate) programs: &'a Programs,
}

impl Project<'_> {
    /// The app config as the world may see it, evaluated.
    pub(crate) async fn config(&self) -> Result<AppConfig, ExpoError> {
        self.evaluated(&["expo", "config", "--json", "--type", "public"]).await
    }

    /// The app config as binaries are built from it: the public one leaves out what it says of code signing.
    pub(crate) async fn private_config(&self) -> Result<AppConfig, ExpoError> {
        self.evaluated(&["expo", "config", "--json"]).await
    }

    async fn evaluated(&self, command: &[&str]) -> Result<AppConfig, ExpoError> {
        let printed = self.capture(command).await?;
        AppConfig::from_printed(&printed)
            .ok_or_else(|| ExpoError::Output { command: typed(command), expected: "an app config as JSON" })
    }

    /// The runtime version of each platform: what the config says, or what its policy comes to.
    pub(crate) async fn runtime_versions(
        &self,
        config: &AppConfig,
        platforms: &[Platform],
    ) -> Result<BTreeMap<Platform, String>, ExpoError> {
        let mut versions = BTreeMap::new();
        for &platform in platforms {
            let version = match config.literal_runtime_version(platform)? {
                Some(literal) => literal.to_owned(),
                None => self.resolve_runtime_version(platform).await?,
            };
            versions.insert(platform, version);
        }
        Ok(versions)
    }

    async fn resolve_runtime_version(&self, platform: Platform) -> Result<String, ExpoError> {
        let command = ["expo-updates", "runtimeversion:resolve", "--platform", platform.as_str()];
        let printed = self.capture(&command).await?;
        config::printed_object(&printed)
            .and_then(|answer| answer.get("runtimeVersion")?.as_str().map(str::to_owned))
            .filter(|version| !version.is_empty())
            .ok_or_else(|| ExpoError::Output { command: typed(&command), expected: "a runtimeVersion" })
    }

    /// Exports into a directory, which is emptied first, printing what the exporter says.
    pub(crate) async fn export(
        &self,
        platforms: &[Platform],
        directory: &Path,
        printer: &Printer,
    ) -> Result<(), ExpoError> {
        let mut command = vec!["expo".into(), "export".into()];
        for platform in platforms {
            command.extend(["--platform".into(), platform.to_string()]);
        }
        command.extend(["--output-dir".into(), directory.display().to_string()]);
        let (status, said) =
            programs::stream(self.npx(&command)?, printer).await.map_err(|error| self.not_run(error))?;
        if status.success() {
            return Ok(());
        }
        let said = if printer.mode().quiet { said } else { String::new() };
        Err(ExpoError::Failed { command: typed(&command), status, said })
    }

    async fn capture(&self, command: &[&str]) -> Result<Vec<u8>, ExpoError> {
        let output = programs::capture(self.npx(command)?).await.map_err(|error| self.not_run(error))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = programs::tail(&[output.stdout, output.stderr].concat());
        Err(ExpoError::Failed { command: typed(command), status: output.status, said })
    }

    fn npx(&self, command: &[impl AsRef<str>]) -> Result<tokio::process::Command, ExpoError> {
        // Else a missing directory would be reported as a missing program.
        if !self.directory.is_dir() {
            return Err(ExpoError::NoProject(self.directory.to_owned()));
        }
        let arguments: Vec<&str> = ["--no", "--"].into_iter().chain(command.iter().map(AsRef::as_ref)).collect();
        Ok(self.programs.child(&self.programs.npx, &arguments, self.directory))
    }

    fn not_run(&self, source: io::Error) -> ExpoError {
        ExpoError::NoNpx { program: self.programs.npx.clone(), source }
    }
}

fn typed(command: &[impl AsRef<str>]) -> String {
    command.iter().fold("npx".into(), |text, word| format!("{text} {}", word.as_ref()))
}

fn indented(said: &str) -> String {
    said.lines().flat_map(|line| ["\n  | ", line]).collect()
}
