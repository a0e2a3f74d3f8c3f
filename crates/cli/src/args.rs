//! The arguments, as one types them. [`crate::settings`] turns them into what the commands take.

mod apps;
mod branches;
mod channels;
mod device;
mod doctor;
mod embedded;
mod explain;
mod init;
mod keys;
mod login;
mod publish;
mod rollout;
mod shared;
mod updates;
mod value;

use clap::builder::FalseyValueParser;
use clap::{Args, Subcommand};

pub(crate) use apps::{AppsCommand, AuditArgs};
pub(crate) use branches::BranchesCommand;
pub(crate) use channels::{ChannelRolloutCommand, ChannelsCommand};
pub(crate) use device::DeviceArgs;
pub(crate) use doctor::DoctorArgs;
pub(crate) use embedded::{EmbeddedCommand, RegisterArgs};
pub(crate) use explain::ExplainArgs;
pub(crate) use init::{CheckAutomaticallyArg, InitArgs};
pub(crate) use keys::KeysCommand;
pub(crate) use login::{LoginArgs, LogoutArgs};
pub(crate) use publish::{PublishArgs, RollBackArgs};
pub(crate) use rollout::{RolloutCommand, WhichRolloutArgs};
pub(crate) use shared::{
    AdminArgs, ConsentArgs, OperatorArgs, PlaceArgs, ReleaseArgs, ServerArgs, TargetArgs, TokenArgs, YesArgs,
};
pub(crate) use updates::{ListUpdatesArgs, ReissueArgs, TargetUpdateArgs, UpdatesCommand, WhichUpdateArgs};
pub(crate) use value::{OnRolloutArg, OnePlatformArg, PlatformArg, RollBackToArg, StateArg};

/// Options of every command.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Global {
    /// Print only results, warnings and errors
    #[arg(long, short, global = true, help_heading = "Output")]
    pub quiet: bool,
    /// Draw nothing and ask nothing, as in CI
    #[arg(long, global = true, help_heading = "Output", env = "CI", hide_env = true, value_parser = FalseyValueParser::new())]
    pub non_interactive: bool,
}

/// Everything that talks to a server. The binary flattens this beside its own subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set an Expo project up for the server: the `updates` block of its app config, and the certificate
    Init(InitArgs),
    /// Check a project against its server as phones would, and say what to do about what is wrong (1: something is)
    Doctor(DoctorArgs),
    /// Publish an update: export the project (or take a finished export), upload what is new, and make it live
    Publish(PublishArgs),
    /// Send devices back to the update before, to a named one, or to the one inside their binary
    #[command(visible_alias = "rollback")]
    RollBack(RollBackArgs),
    /// Serve an update to a share of the devices first
    #[command(subcommand)]
    Rollout(RolloutCommand),
    /// See and change what was published
    #[command(subcommand)]
    Updates(UpdatesCommand),
    /// Manage the channels that binaries ask for
    #[command(subcommand)]
    Channels(ChannelsCommand),
    /// Manage the branches that updates are published to
    #[command(subcommand)]
    Branches(BranchesCommand),
    /// Say what a device gets, and why
    Explain(ExplainArgs),
    /// Register the updates inside released binaries
    #[command(subcommand)]
    Embedded(EmbeddedCommand),
    /// Manage the server's apps
    #[command(subcommand)]
    Apps(AppsCommand),
    /// Show who changed what
    Audit(AuditArgs),
    /// Manage the app's signing keys and certificates
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Play a phone: check, verify, download and launch as strictly as the stock client does
    Device(DeviceArgs),
    /// Keep a server's address and token for the commands to come
    Login(LoginArgs),
    /// Forget a token that was kept
    Logout(LogoutArgs),
    /// Say which server commands go to, and with which token
    Whoami(AdminArgs),
}

impl Command {
    pub(crate) fn wants_json(&self) -> bool {
        self.place().0.json
    }

    /// The server, and the app where one is meant.
    pub(crate) fn place(&self) -> (&PlaceArgs, Option<&str>) {
        match self {
            Self::Init(args) => args.operator.place(),
            Self::Doctor(args) => args.operator.place(),
            Self::Publish(args) => args.operator.place(),
            Self::RollBack(args) => args.operator.place(),
            Self::Rollout(command) => command.operator().place(),
            Self::Updates(command) => command.operator().place(),
            Self::Channels(command) => command.operator().place(),
            Self::Branches(command) => command.operator().place(),
            Self::Explain(args) => args.operator.place(),
            Self::Embedded(command) => command.operator().place(),
            Self::Apps(command) => command.place(),
            Self::Audit(args) => args.operator.place(),
            Self::Keys(command) => command.operator().place(),
            Self::Device(args) => args.server.place(),
            Self::Login(args) => (&args.place, None),
            Self::Logout(args) => (&args.place, None),
            Self::Whoami(args) => (&args.place, None),
        }
    }
}
