//! `updraft channels`.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

use super::shared::{ConsentArgs, OperatorArgs};
use super::value::segment;
use crate::share::Percent;

/// `updraft channels`
#[derive(Debug, Subcommand)]
pub enum ChannelsCommand {
    /// List the channels and what they point at
    List(OperatorArgs),
    /// Show a channel: where it points, and what its devices are served
    Show(ChannelArgs),
    /// Create a channel
    Create(CreateChannelArgs),
    /// Point a channel at another branch
    Point(PointArgs),
    /// Answer "no update" to every device of a channel
    Pause(CarefulChannelArgs),
    /// End a pause
    Resume(ChannelArgs),
    /// Delete a channel: its devices are answered 404 from then on
    Delete(CarefulChannelArgs),
    /// Move the devices of a channel to another branch, share by share
    #[command(subcommand)]
    Rollout(ChannelRolloutCommand),
}

impl ChannelsCommand {
    pub(super) fn operator(&self) -> &OperatorArgs {
        match self {
            Self::List(operator) => operator,
            Self::Create(args) => &args.operator,
            Self::Point(args) => &args.operator,
            Self::Show(args) | Self::Resume(args) => &args.operator,
            Self::Pause(args) | Self::Delete(args) => &args.channel.operator,
            Self::Rollout(command) => command.operator(),
        }
    }
}

/// `updraft channels rollout`
#[derive(Debug, Subcommand)]
pub enum ChannelRolloutCommand {
    /// Serve another branch to a share of the devices
    Start(StartChannelRolloutArgs),
    /// Change the share, up or down
    Set(SetChannelRolloutArgs),
    /// Point the channel at the new branch alone
    Finish(ChannelArgs),
    /// Point the channel at the old branch alone
    Revert(CarefulChannelArgs),
}

impl ChannelRolloutCommand {
    pub(crate) fn channel(&self) -> &str {
        match self {
            Self::Start(args) => &args.name,
            Self::Set(args) => &args.name,
            Self::Finish(args) => &args.name,
            Self::Revert(args) => &args.channel.name,
        }
    }

    fn operator(&self) -> &OperatorArgs {
        match self {
            Self::Start(args) => &args.operator,
            Self::Set(args) => &args.operator,
            Self::Finish(args) => &args.operator,
            Self::Revert(args) => &args.channel.operator,
        }
    }
}

/// A command on a channel that needs no more than which.
#[derive(Debug, Args)]
pub struct ChannelArgs {
    /// The channel
    #[arg(value_parser = segment)]
    pub name: String,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// `updraft channels create`
#[derive(Debug, Args)]
pub struct CreateChannelArgs {
    /// The name that binaries will send
    #[arg(value_parser = segment)]
    pub name: String,
    /// The branch that it points at; by default the one of its own name, which is created unless it exists
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub branch: Option<String>,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// `updraft channels point`
#[derive(Debug, Args)]
pub struct PointArgs {
    /// The channel
    #[arg(value_parser = segment)]
    pub name: String,
    /// The branch to point at
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub branch: String,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// A command on a channel that is looked at before.
#[derive(Debug, Args)]
pub struct CarefulChannelArgs {
    /// Which one.
    #[command(flatten)]
    pub channel: ChannelArgs,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
}

/// `updraft channels rollout start`
#[derive(Debug, Args)]
pub struct StartChannelRolloutArgs {
    /// The channel
    #[arg(value_parser = segment)]
    pub name: String,
    /// The branch that devices move to
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub branch: String,
    /// The share of the devices, such as 5, 12.5 or 0.01%
    #[arg(long)]
    pub percent: Percent,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// `updraft channels rollout set`
#[derive(Debug, Args)]
pub struct SetChannelRolloutArgs {
    /// The channel
    #[arg(value_parser = segment)]
    pub name: String,
    /// The share of the devices, such as 5, 12.5 or 0.01%
    #[arg(long)]
    pub percent: Percent,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}
