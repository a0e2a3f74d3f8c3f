//! `updraft branches`.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

use super::shared::{ConsentArgs, OperatorArgs};
use super::value::{OnRolloutArg, PlatformArg, segment};

/// `updraft branches`
#[derive(Debug, Subcommand)]
pub enum BranchesCommand {
    /// List the branches with what each has newest
    List(OperatorArgs),
    /// Show a branch: its channels, and what it serves, rolls out and holds
    Show(NameBranchArgs),
    /// Create a branch
    Create(NameBranchArgs),
    /// Give a branch another name
    Rename(RenameBranchArgs),
    /// Delete a branch that no channel points at
    Delete(DeleteBranchArgs),
    /// Issue a good group again at the head and hold the branch there: what is published later waits
    Pin(PinArgs),
    /// End a pin: what was held is served
    Unpin(NameBranchArgs),
}

impl BranchesCommand {
    pub(super) fn operator(&self) -> &OperatorArgs {
        match self {
            Self::List(operator) => operator,
            Self::Show(args) | Self::Create(args) | Self::Unpin(args) => &args.operator,
            Self::Rename(args) => &args.operator,
            Self::Delete(args) => &args.branch.operator,
            Self::Pin(args) => &args.operator,
        }
    }
}

/// A command on a branch that needs no more than its name.
#[derive(Debug, Args)]
pub struct NameBranchArgs {
    /// The branch
    #[arg(value_parser = segment)]
    pub name: String,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// `updraft branches rename`
#[derive(Debug, Args)]
pub struct RenameBranchArgs {
    /// The branch
    #[arg(value_parser = segment)]
    pub name: String,
    /// Its new name
    #[arg(long, value_name = "NEW", value_parser = segment)]
    pub to: String,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// `updraft branches delete`
#[derive(Debug, Args)]
pub struct DeleteBranchArgs {
    /// Which one.
    #[command(flatten)]
    pub branch: NameBranchArgs,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
}

/// `updraft branches pin`
#[derive(Debug, Args)]
pub struct PinArgs {
    /// The branch
    #[arg(value_parser = segment)]
    pub name: String,
    /// The good group of the branch, or one update
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub group: String,
    /// Which platforms of it
    #[arg(long, value_enum, default_value_t)]
    pub platform: PlatformArg,
    /// What to do about a rollout that is open
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub on_rollout: OnRolloutArg,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}
