//! `updraft embedded`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args, Subcommand};

use super::shared::OperatorArgs;
use super::value::OnePlatformArg;

/// `updraft embedded`
#[derive(Debug, Subcommand)]
pub enum EmbeddedCommand {
    /// List the registered binaries' updates
    List(OperatorArgs),
    /// Register the update inside an .apk, .aab or .ipa
    Register(RegisterArgs),
}

impl EmbeddedCommand {
    pub(super) fn operator(&self) -> &OperatorArgs {
        match self {
            Self::List(operator) => operator,
            Self::Register(args) => &args.operator,
        }
    }
}

/// `updraft embedded register`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("source").required(true).multiple(false).args(["file", "manifest"]))]
pub struct RegisterArgs {
    /// The binary: an .apk, .aab or .ipa
    pub file: Option<PathBuf>,
    /// Instead of the binary: its `app.manifest`
    #[arg(long, value_name = "FILE", requires = "bundle", conflicts_with = "file")]
    pub manifest: Option<PathBuf>,
    /// Beside --manifest: the bundle, `main.jsbundle` or `index.android.bundle`
    #[arg(long, value_name = "FILE", requires = "manifest")]
    pub bundle: Option<PathBuf>,
    /// The platform, where the two files do not show it
    #[arg(long, value_enum, requires = "manifest")]
    pub platform: Option<OnePlatformArg>,
    /// The binary's runtime version, where it cannot be read
    #[arg(long, value_name = "VERSION", value_parser = NonEmptyStringValueParser::new())]
    pub runtime_version: Option<String>,
    /// The channel written into the binary, where it cannot be read
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub channel: Option<String>,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}
