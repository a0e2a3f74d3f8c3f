//! `updraft rollout`.

use clap::{Args, Subcommand};

use super::shared::{OperatorArgs, YesArgs};
use super::updates::WhichUpdateArgs;
use crate::share::Percent;

/// `updraft rollout`
#[derive(Debug, Subcommand)]
pub enum RolloutCommand {
    /// Serve what a branch serves first to a share of the devices only
    Start(ShareArgs),
    /// Raise the share
    Set(ShareArgs),
    /// Serve it to everyone
    Finish(WhichUpdateArgs),
    /// Take it back: what was beneath is issued again
    Revert(RevertRolloutArgs),
}

impl RolloutCommand {
    pub(super) fn operator(&self) -> &OperatorArgs {
        match self {
            Self::Start(args) | Self::Set(args) => &args.update.operator,
            Self::Finish(args) => &args.operator,
            Self::Revert(args) => &args.update.operator,
        }
    }
}

/// `updraft rollout start`, `updraft rollout set`
#[derive(Debug, Args)]
pub struct ShareArgs {
    /// Which one.
    #[command(flatten)]
    pub update: WhichUpdateArgs,
    /// The share of the devices, such as 5, 12.5 or 0.01%
    #[arg(long)]
    pub percent: Percent,
}

/// `updraft rollout revert`
#[derive(Debug, Args)]
pub struct RevertRolloutArgs {
    /// Which one.
    #[command(flatten)]
    pub update: WhichUpdateArgs,
    /// Consent.
    #[command(flatten)]
    pub consent: YesArgs,
}
