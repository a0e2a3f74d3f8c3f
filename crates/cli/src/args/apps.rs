//! `updraft apps` and `updraft audit`.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

use super::shared::{AdminArgs, OperatorArgs, PlaceArgs};

/// `updraft apps`
#[derive(Debug, Subcommand)]
pub enum AppsCommand {
    /// List the server's apps
    List(AdminArgs),
    /// Create an app with a channel and an equally named branch
    Create(CreateAppArgs),
    /// Show the app: its update URL and its channels
    Show(OperatorArgs),
}

impl AppsCommand {
    pub(super) fn place(&self) -> (&PlaceArgs, Option<&str>) {
        match self {
            Self::List(admin) => (&admin.place, None),
            Self::Create(args) => (&args.admin.place, None),
            Self::Show(operator) => operator.place(),
        }
    }
}

/// `updraft apps create`
#[derive(Debug, Args)]
pub struct CreateAppArgs {
    /// Its name in URLs: a-z, 0-9 and `-`
    #[arg(value_name = "SLUG", value_parser = NonEmptyStringValueParser::new())]
    pub slug: String,
    /// Its first channel [default: production]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub channel: Option<String>,
    /// The server.
    #[command(flatten)]
    pub admin: AdminArgs,
}

/// `updraft audit`
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// At most so many lines, newest first: 1 to 1000 [default: 100]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: Option<u16>,
    /// Only lines that are older than the one with this id
    #[arg(long, value_name = "ID")]
    pub before: Option<u64>,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}
