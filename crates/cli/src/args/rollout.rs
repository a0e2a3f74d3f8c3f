//! `updraft rollout`.

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args, Subcommand};

use super::shared::{ConsentArgs, OperatorArgs};
use super::updates::WhichUpdateArgs;
use super::value::{PlatformArg, segment};
use crate::share::Percent;

/// `updraft rollout`
#[derive(Debug, Subcommand)]
pub enum RolloutCommand {
    /// Serve what a branch serves first to a share of the devices only
    Start(StartRolloutArgs),
    /// Raise the share
    Set(SetRolloutArgs),
    /// Serve it to everyone
    Finish(WhichRolloutArgs),
    /// Take it back: what was beneath is issued again
    Revert(RevertRolloutArgs),
}

impl RolloutCommand {
    pub(super) fn operator(&self) -> &OperatorArgs {
        match self {
            Self::Start(args) => &args.update.operator,
            Self::Set(args) => &args.rollout.operator,
            Self::Finish(args) => &args.operator,
            Self::Revert(args) => &args.rollout.operator,
        }
    }
}

/// Which open rollout is meant.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).multiple(false).args(["id", "channel", "branch"]))]
pub struct WhichRolloutArgs {
    /// A group's id or one update's
    #[arg(value_parser = segment)]
    pub id: Option<String>,
    /// Instead of an id: the rollout that is open on this channel's branch
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub channel: Option<String>,
    /// Instead of an id: the rollout that is open on this branch
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub branch: Option<String>,
    /// Which platforms of it
    #[arg(long, value_enum, default_value_t)]
    pub platform: PlatformArg,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// `updraft rollout set`
#[derive(Debug, Args)]
pub struct SetRolloutArgs {
    /// Which one.
    #[command(flatten)]
    pub rollout: WhichRolloutArgs,
    /// The share of the devices, such as 5, 12.5 or 0.01%
    #[arg(long)]
    pub percent: Percent,
}

/// `updraft rollout start`
#[derive(Debug, Args)]
pub struct StartRolloutArgs {
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
    pub rollout: WhichRolloutArgs,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
}
