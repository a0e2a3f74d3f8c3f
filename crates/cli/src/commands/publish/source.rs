//! Where the export, its app config and its runtime versions come from.

use protocol::Platform;
use serde_json::Value;
use tempfile::TempDir;

use super::obstacles::Obstacles;
use super::{PublishOptions, RuntimeVersions, Source, identity};
use crate::expo::{AppConfig, ExpoError, Project};
use crate::export::{EXPO_CONFIG, Export};
use crate::failure::Failure;
use crate::printer::Printer;
use crate::remote::Remote;

/// An export and what must be known about it.
pub(super) struct Publishable {
    pub(super) export: Export,
    pub(super) config: Option<Value>,
    pub(super) runtime_versions: RuntimeVersions,
    scratch: Option<TempDir>,
}

impl Publishable {
    /// Keeps a scratch export, so that a failed publish can be repeated without exporting again.
    pub(super) fn keep(self, printer: &Printer) {
        if let Some(scratch) = self.scratch {
            printer.note(&format!("the export is kept: publish it with `--input-dir {}`", scratch.keep().display()));
        }
    }
}

/// Finds it, once it is known whose it is and that nothing stands in its way.
pub(super) async fn find(
    options: &PublishOptions,
    obstacles: &Obstacles,
    remote: &Remote,
    printer: &Printer,
) -> Result<Publishable, Failure> {
    let project = Project { directory: &options.project, programs: &options.programs };
    match &options.source {
        Source::Project => export(project, options, obstacles, remote, printer).await,
        Source::Export(directory) => {
            let export = Export::open(directory, options.platform).await?;
            let config = match export.config().await? {
                Some(config) => Some(AppConfig::new(config)),
                None => ask_for_config(project, options, printer).await?,
            };
            let platforms: Vec<Platform> = export.platforms().collect();
            let runtime_versions = runtime_versions(project, options, config.as_ref(), &platforms).await?;
            obstacles.refuse(&runtime_versions)?;
            if let Some(config) = &config {
                require_same_project(config, options, remote).await?;
                obstacles.warn_of_other_binaries(config.value(), &options.target, printer);
            }
            Ok(Publishable { export, config: config.map(AppConfig::into_value), runtime_versions, scratch: None })
        }
    }
}

async fn export(
    project: Project<'_>,
    options: &PublishOptions,
    obstacles: &Obstacles,
    remote: &Remote,
    printer: &Printer,
) -> Result<Publishable, Failure> {
    let config = printer.while_waiting("`npx expo config`", project.config()).await?;
    let platforms = match options.platform {
        Some(platform) if !config.platforms()?.contains(&platform) => {
            return Err(ExpoError::NoPlatform(platform).into());
        }
        Some(platform) => vec![platform],
        None => config.platforms()?,
    };
    let asked = runtime_versions(project, options, Some(&config), &platforms);
    let runtime_versions = printer.while_waiting("the runtime version", asked).await?;
    obstacles.refuse(&runtime_versions)?;
    require_same_project(&config, options, remote).await?;
    obstacles.warn_of_other_binaries(config.value(), &options.target, printer);
    let scratch = tempfile::Builder::new().prefix("updraft-export-").tempdir().map_err(|source| Failure::File {
        path: std::env::temp_dir(),
        verb: "written",
        source,
    })?;
    project.export(&platforms, scratch.path(), printer).await?;

    // The exporter does not write it. With it, the kept export can be published without Node.
    let config_file = scratch.path().join(EXPO_CONFIG);
    tokio::fs::write(&config_file, config.value().to_string()).await.map_err(|source| Failure::File {
        path: config_file,
        verb: "written",
        source,
    })?;
    let export = Export::open(scratch.path(), options.platform).await?;
    Ok(Publishable { export, config: Some(config.into_value()), runtime_versions, scratch: Some(scratch) })
}

async fn require_same_project(config: &AppConfig, options: &PublishOptions, remote: &Remote) -> Result<(), Failure> {
    if options.other_project {
        return Ok(());
    }
    identity::require_same(remote, &options.target, config.value()).await
}

/// A missing config is fatal only when the runtime version is to come from it.
async fn ask_for_config(
    project: Project<'_>,
    options: &PublishOptions,
    printer: &Printer,
) -> Result<Option<AppConfig>, Failure> {
    match project.config().await {
        Ok(config) => Ok(Some(config)),
        Err(error) if options.runtime_version.is_some() => {
            printer.warning(&format!(
                "this update carries no app config ({error}), so `Constants.expoConfig` will be empty; put the output \
                 of `npx expo config --json --type public` into {EXPO_CONFIG} of the export"
            ));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

async fn runtime_versions(
    project: Project<'_>,
    options: &PublishOptions,
    config: Option<&AppConfig>,
    platforms: &[Platform],
) -> Result<RuntimeVersions, Failure> {
    match (&options.runtime_version, config) {
        (Some(version), _) => Ok(platforms.iter().map(|platform| (*platform, version.clone())).collect()),
        (None, Some(config)) => Ok(project.runtime_versions(config, platforms).await?),
        // `ask_for_config` has failed already; kept total rather than trusting that.
        (None, None) => match platforms.first() {
            Some(platform) => Err(ExpoError::NoRuntimeVersion(*platform).into()),
            None => Ok(RuntimeVersions::new()),
        },
    }
}
