//! Arguments that several commands have.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args};

use super::value::{OnRolloutArg, segment};
use crate::remote::{ServerUrl, Token};
use crate::share::Percent;

/// Which server, and how to answer.
#[derive(Debug, Args)]
pub struct PlaceArgs {
    /// The server's public URL.
    #[arg(long, help_heading = "Server", env = "UPDRAFT_SERVER", value_name = "URL", help = SERVER_HELP)]
    pub server: Option<ServerUrl>,
    /// Print the result as one JSON document on standard output
    #[arg(long, help_heading = "Output")]
    pub json: bool,
}

const SERVER_HELP: &str = "The server's public URL [default: the one logged in to, else http://localhost:8080]";

/// Which server and app.
#[derive(Debug, Args)]
pub struct ServerArgs {
    /// The server.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// The app's name in URLs.
    #[arg(long, help_heading = "Server", env = "UPDRAFT_APP", value_parser = segment, help = APP_HELP)]
    pub app: Option<String>,
}

impl ServerArgs {
    pub(super) fn place(&self) -> (&PlaceArgs, Option<&str>) {
        (&self.place, self.app.as_deref())
    }
}

const APP_HELP: &str =
    "The app's name in URLs [default: the one that `updates.url` in the project's app.json names, else `default`]";

/// As whom.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// The admin token, instead of the one of `updraft login`; better in the environment, where other users cannot
    /// see it
    #[arg(long, help_heading = "Server", env = "UPDRAFT_TOKEN", hide_env_values = true)]
    pub token: Option<Token>,
}

/// Which server and app, and as whom.
#[derive(Debug, Args)]
pub struct OperatorArgs {
    /// The server and the app.
    #[command(flatten)]
    pub server: ServerArgs,
    /// As whom.
    #[command(flatten)]
    pub token: TokenArgs,
}

impl OperatorArgs {
    pub(super) fn place(&self) -> (&PlaceArgs, Option<&str>) {
        self.server.place()
    }
}

/// Which server, and as whom, where no app is meant.
#[derive(Debug, Args)]
pub struct AdminArgs {
    /// The server.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// As whom.
    #[command(flatten)]
    pub token: TokenArgs,
}

/// Which branch is meant.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("target").required(true).multiple(false).args(["channel", "branch"]))]
pub struct TargetArgs {
    /// The channel whose branch is meant
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub channel: Option<String>,
    /// The branch itself, instead of a channel
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub branch: Option<String>,
}

/// To whom a new entry is served, and what becomes of the one that is rolling out.
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    /// Serve it to this share of the devices first: opens a rollout
    #[arg(long, value_name = "PERCENT")]
    pub rollout: Option<Percent>,
    /// Serve it only to the devices of the rule in this file; by default to all
    #[arg(long, value_name = "FILE", help = RULE_HELP)]
    pub rule: Option<PathBuf>,
    /// What to do about a rollout that is open
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub on_rollout: OnRolloutArg,
}

const RULE_HELP: &str =
    r#"Serve it only to the devices of the rule in this file, such as {"device_in": ["<device id>"]}"#;

/// Consent given in advance.
#[derive(Debug, Args)]
pub struct YesArgs {
    /// Do it without asking
    #[arg(long, short)]
    pub yes: bool,
}

/// Consent to what changes what devices run, or a look at it first.
#[derive(Debug, Args)]
pub struct ConsentArgs {
    /// Do it without asking, as a terminal would; elsewhere only what cannot be taken back needs it
    #[arg(long, short)]
    pub yes: bool,
    /// Only say what it would mean for devices
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
}
