//! `updraft publish` and `updraft roll-back`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::shared::{ConsentArgs, OperatorArgs, ReleaseArgs, TargetArgs};
use super::value::{OnRolloutArg, PlatformArg, RollBackToArg};

/// `updraft publish`
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// Where to.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Create the channel, with an equally named branch, when there is none
    #[arg(long, requires = "channel", conflicts_with = "branch")]
    pub create_channel: bool,
    /// Publish this finished export instead of exporting the project
    #[arg(long, value_name = "DIR")]
    pub input_dir: Option<PathBuf>,
    /// The Expo project
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub project: PathBuf,
    /// Which platforms
    #[arg(long, value_enum, default_value_t)]
    pub platform: PlatformArg,
    /// The runtime version, instead of the one in the app config
    #[arg(long, value_name = "VERSION", value_parser = NonEmptyStringValueParser::new())]
    pub runtime_version: Option<String>,
    /// What changed; by default the subject of the last commit
    #[arg(long, short)]
    pub message: Option<String>,
    /// Publish also when nothing changed
    #[arg(long)]
    pub force: bool,
    /// Publish also where the newest update comes from another project
    #[arg(long)]
    pub other_project: bool,
    /// To whom.
    #[command(flatten)]
    pub release: ReleaseArgs,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// `updraft roll-back`
#[derive(Debug, Args)]
pub struct RollBackArgs {
    /// Which branch.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Where to go back to: `previous` (what was served before), `embedded` (the update inside the binary), or the id
    /// of a group or update of the branch
    #[arg(long, value_name = "previous|embedded|ID")]
    pub to: RollBackToArg,
    /// Which platforms
    #[arg(long, value_enum, default_value_t)]
    pub platform: PlatformArg,
    /// Only this runtime version; by default those of the newest update
    #[arg(long, value_name = "VERSION", value_parser = NonEmptyStringValueParser::new())]
    pub runtime_version: Option<String>,
    /// What to do about a rollout that is open
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub on_rollout: OnRolloutArg,
    /// Why
    #[arg(long, short)]
    pub message: Option<String>,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}
