//! `updraft updates`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args, Subcommand};

use super::shared::{ConsentArgs, OperatorArgs, ReleaseArgs, TargetArgs};
use super::value::{PlatformArg, StateArg, segment};

/// `updraft updates`
#[derive(Debug, Subcommand)]
pub enum UpdatesCommand {
    /// List updates, newest first
    List(ListUpdatesArgs),
    /// Show a group or one update with its files
    Show(UpdateArgs),
    /// Change or take away the message
    Edit(EditUpdateArgs),
    /// Serve it to nobody any more; devices that run it stay on it
    Disable(CarefulUpdateArgs),
    /// Serve it again
    Enable(WhichUpdateArgs),
    /// Delete what nothing needs any more
    Delete(CarefulUpdateArgs),
    /// Serve it to the devices of a rule only, or to all again; nobody loses what they have
    Target(TargetUpdateArgs),
    /// Issue a group's content again on its branch
    Republish(ReissueArgs),
    /// Issue a group's content on another branch
    Promote(PromoteArgs),
}

impl UpdatesCommand {
    pub(super) fn operator(&self) -> &OperatorArgs {
        match self {
            Self::List(args) => &args.operator,
            Self::Show(args) => &args.operator,
            Self::Edit(args) => &args.operator,
            Self::Enable(args) => &args.operator,
            Self::Disable(args) | Self::Delete(args) => &args.update.operator,
            Self::Target(args) => &args.update.operator,
            Self::Republish(args) => &args.update.operator,
            Self::Promote(args) => &args.reissue.update.operator,
        }
    }
}

/// `updraft updates list`
#[derive(Debug, Args)]
pub struct ListUpdatesArgs {
    /// Only of this branch
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub branch: Option<String>,
    /// Only of the branches that this channel points at
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub channel: Option<String>,
    /// Which platforms
    #[arg(long, value_enum, default_value_t)]
    pub platform: PlatformArg,
    /// Only for this runtime version
    #[arg(long, value_name = "VERSION", value_parser = NonEmptyStringValueParser::new())]
    pub runtime_version: Option<String>,
    /// Only in this state
    #[arg(long, value_enum)]
    pub state: Option<StateArg>,
    /// At most so many: 1 to 200 [default: 50]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=200))]
    pub limit: Option<u16>,
    /// Go on where the page before ended
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub cursor: Option<String>,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// A command that needs no more than which group or update.
#[derive(Debug, Args)]
pub struct UpdateArgs {
    /// A group's id or one update's
    #[arg(value_parser = segment)]
    pub id: String,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// A command on a group, or on one platform of it.
#[derive(Debug, Args)]
pub struct WhichUpdateArgs {
    /// A group's id or one update's
    #[arg(value_parser = segment)]
    pub id: String,
    /// Which platforms of it
    #[arg(long, value_enum, default_value_t)]
    pub platform: PlatformArg,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// `updraft updates target`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").required(true).multiple(false).args(["rule", "clear"]))]
pub struct TargetUpdateArgs {
    /// Which.
    #[command(flatten)]
    pub update: WhichUpdateArgs,
    /// Serve it only to the devices of the rule in this file
    #[arg(long, value_name = "FILE")]
    pub rule: Option<PathBuf>,
    /// Take its rule away: serve it whatever devices say
    #[arg(long)]
    pub clear: bool,
}

/// `updraft updates edit`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).multiple(false).args(["message", "no_message"]))]
pub struct EditUpdateArgs {
    /// A group's id or one update's
    #[arg(value_parser = segment)]
    pub id: String,
    /// What changed
    #[arg(long, short)]
    pub message: Option<String>,
    /// Take the message away
    #[arg(long)]
    pub no_message: bool,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// A command on a group that is looked at before.
#[derive(Debug, Args)]
pub struct CarefulUpdateArgs {
    /// Which one.
    #[command(flatten)]
    pub update: WhichUpdateArgs,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
}

/// `updraft updates republish`
#[derive(Debug, Args)]
pub struct ReissueArgs {
    /// Which one.
    #[command(flatten)]
    pub update: WhichUpdateArgs,
    /// What changed; by default what the group said
    #[arg(long, short)]
    pub message: Option<String>,
    /// To whom.
    #[command(flatten)]
    pub release: ReleaseArgs,
}

/// `updraft updates promote`
#[derive(Debug, Args)]
pub struct PromoteArgs {
    /// Where to.
    #[command(flatten)]
    pub target: TargetArgs,
    /// What.
    #[command(flatten)]
    pub reissue: ReissueArgs,
}
