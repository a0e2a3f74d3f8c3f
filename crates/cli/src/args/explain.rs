//! `updraft explain`.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::shared::OperatorArgs;
use super::value::{OnePlatformArg, header, uuid};

/// `updraft explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The channel written into the binary
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub channel: String,
    /// The device's platform
    #[arg(long, value_enum)]
    pub platform: OnePlatformArg,
    /// The binary's runtime version
    #[arg(long, value_name = "VERSION", value_parser = NonEmptyStringValueParser::new())]
    pub runtime_version: String,
    /// The device's `eas-client-id`: a UUID that each installation makes for itself
    #[arg(long, value_name = "ID", value_parser = uuid)]
    pub device: Option<String>,
    /// The update that it runs
    #[arg(long, value_name = "ID", value_parser = uuid)]
    pub current: Option<String>,
    /// The update inside its binary
    #[arg(long, value_name = "ID", value_parser = uuid)]
    pub embedded: Option<String>,
    /// What the device says for rules, such as `locale=de-DE` or `param:cohort=a`; may stand many times
    #[arg(long = "fact", value_name = "NAME=VALUE", value_parser = crate::facts::said)]
    pub facts: Vec<crate::facts::Said>,
    /// A further header of the check, such as `expo-extra-params`; it overrides the other options
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = header)]
    pub headers: Vec<(String, String)>,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}
